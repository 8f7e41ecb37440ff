//! The command line: one module for each command, each with its `Args` and its `run`.

mod check;
pub mod client;
mod clock;
pub mod demo;
mod failure;
mod help;
mod migrate;
pub mod offline;
mod serve;
mod token;
mod verify;

use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

pub use clock::SystemClock;

/// Baoyici: every base figure is reported at most once.
#[derive(Debug, Parser)]
#[command(name = "baoyici", version, about, max_term_width = 120)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve with an embedded database until SIGTERM or SIGINT
    Serve(serve::Args),
    /// Make an API token and print its secret
    Token(token::Args),
    /// Check the configuration and name everything that is wrong with it
    Check(serve::Args),
    /// Bring the database up to date without serving
    Migrate(migrate::Args),
    /// Check every receipt, figure and audit record against the others
    Verify(verify::Args),
    Register(client::register::RegisterArgs),
    Due(client::due::DueArgs),
    Form(client::form::FormArgs),
    Submit(client::submit::SubmitArgs),
    Correct(client::correct::CorrectArgs),
    Draft(client::draft::DraftArgs),
    Dispute(client::dispute::DisputeArgs),
    Receipts(client::receipts::ReceiptsArgs),
    History(client::receipts::HistoryArgs),
    Extract(client::extract::ExtractArgs),
    Report(client::report::ReportArgs),
    Overlaps(client::overlaps::OverlapsArgs),
    Relations(client::overlaps::RelationsArgs),
    Values(client::values::ValuesArgs),
    Queue(client::queue::QueueArgs),
    Question(client::question::QuestionArgs),
    Decide(client::queue::DecideArgs),
    Undo(client::queue::UndoArgs),
    Decisions(client::queue::DecisionsArgs),
    Disagreements(client::disputes::DisagreementsArgs),
    Conflicts(client::disputes::ConflictsArgs),
    Vocabulary(client::vocabulary::VocabularyArgs),
    Templates(client::lists::TemplatesArgs),
    Units(client::lists::UnitsArgs),
    Organisations(client::lists::OrganisationsArgs),
    Read(offline::read::ReadArgs),
    Overlap(offline::overlap::OverlapArgs),
    Plan(offline::plan::PlanArgs),
    Learn(offline::learn::LearnArgs),
    Rules(offline::rules::RulesArgs),
    Demo(demo::DemoArgs),
}

/// Runs the command that the process was started with.
pub fn run() -> ExitCode {
    let language = help::language(std::env::args_os(), std::env::var_os("BAOYICI_LANGUAGE"));
    let matches = help::in_language(Cli::command(), language).get_matches();
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failure::tell(&error.into()),
    };
    runtime.block_on(dispatch(cli.command)).unwrap_or_else(|error| failure::tell(&error))
}

async fn dispatch(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Serve(args) => serve::run(args).await,
        Command::Token(args) => token::run(args).await,
        Command::Check(args) => check::run(args),
        Command::Migrate(args) => migrate::run(args).await,
        Command::Verify(args) => verify::run(args).await,
        Command::Register(args) => client::register::run(args).await,
        Command::Due(args) => client::due::run(args).await,
        Command::Form(args) => client::form::run(args).await,
        Command::Submit(args) => client::submit::run(args).await,
        Command::Correct(args) => client::correct::run(args).await,
        Command::Draft(args) => client::draft::run(args).await,
        Command::Dispute(args) => client::dispute::run(args).await,
        Command::Receipts(args) => client::receipts::run_receipts(args).await,
        Command::History(args) => client::receipts::run_history(args).await,
        Command::Extract(args) => client::extract::run(args).await,
        Command::Report(args) => client::report::run(args).await,
        Command::Overlaps(args) => client::overlaps::run_overlaps(args).await,
        Command::Relations(args) => client::overlaps::run_relations(args).await,
        Command::Values(args) => client::values::run(args).await,
        Command::Queue(args) => client::queue::run_queue(args).await,
        Command::Question(args) => client::question::run(args).await,
        Command::Decide(args) => client::queue::run_decide(args).await,
        Command::Undo(args) => client::queue::run_undo(args).await,
        Command::Decisions(args) => client::queue::run_decisions(args).await,
        Command::Disagreements(args) => client::disputes::run_disagreements(args).await,
        Command::Conflicts(args) => client::disputes::run_conflicts(args).await,
        Command::Vocabulary(args) => client::vocabulary::run(args).await,
        Command::Templates(args) => client::lists::run_templates(args).await,
        Command::Units(args) => client::lists::run_units(args).await,
        Command::Organisations(args) => client::lists::run_organisations(args).await,
        Command::Read(args) => offline::read::run(args).await,
        Command::Overlap(args) => offline::overlap::run(args).await,
        Command::Plan(args) => offline::plan::run(args).await,
        Command::Learn(args) => offline::learn::run(args).await,
        Command::Rules(args) => offline::rules::run(args),
        Command::Demo(args) => demo::run(args).await,
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn commands_fit_together() {
        super::Cli::command().debug_assert();
    }
}
