//! The help of every client command, word for word, and how their arguments are read.

use clap::{Args, Command};

use crate::cli::client::{
    correct, disputes, extract, form, lists, overlaps, question, queue, receipts, register, report, submit, vocabulary,
};

/// The help of a command and of the commands below it.
pub(crate) fn help_of<A: Args>(name: &'static str) -> String {
    // The environment of whoever runs the tests must not show.
    let hide = |arg: clap::Arg| arg.hide_env_values(true);
    let mut command = A::augment_args(Command::new(name)).mut_args(hide).mut_subcommands(|s| s.mut_args(hide));
    let mut text = command.render_long_help().to_string();
    let inner: Vec<String> = command.get_subcommands().map(|s| s.get_name().to_owned()).collect();
    for sub in inner {
        if let Some(found) = command.find_subcommand_mut(&sub) {
            text.push_str(&format!("\n--- {name} {sub}\n{}", found.render_long_help()));
        }
    }
    text
}

#[test]
fn help_of_every_command() {
    insta::assert_snapshot!("help_register", help_of::<register::RegisterArgs>("register"));
    insta::assert_snapshot!("help_form", help_of::<form::FormArgs>("form"));
    insta::assert_snapshot!("help_submit", help_of::<submit::SubmitArgs>("submit"));
    insta::assert_snapshot!("help_correct", help_of::<correct::CorrectArgs>("correct"));
    insta::assert_snapshot!("help_receipts", help_of::<receipts::ReceiptsArgs>("receipts"));
    insta::assert_snapshot!("help_history", help_of::<receipts::HistoryArgs>("history"));
    insta::assert_snapshot!("help_extract", help_of::<extract::ExtractArgs>("extract"));
    insta::assert_snapshot!("help_report", help_of::<report::ReportArgs>("report"));
    insta::assert_snapshot!("help_overlaps", help_of::<overlaps::OverlapsArgs>("overlaps"));
    insta::assert_snapshot!("help_relations", help_of::<overlaps::RelationsArgs>("relations"));
    insta::assert_snapshot!("help_queue", help_of::<queue::QueueArgs>("queue"));
    insta::assert_snapshot!("help_question", help_of::<question::QuestionArgs>("question"));
    insta::assert_snapshot!("help_decide", help_of::<queue::DecideArgs>("decide"));
    insta::assert_snapshot!("help_undo", help_of::<queue::UndoArgs>("undo"));
    insta::assert_snapshot!("help_decisions", help_of::<queue::DecisionsArgs>("decisions"));
    insta::assert_snapshot!("help_disagreements", help_of::<disputes::DisagreementsArgs>("disagreements"));
    insta::assert_snapshot!("help_conflicts", help_of::<disputes::ConflictsArgs>("conflicts"));
    insta::assert_snapshot!("help_vocabulary", help_of::<vocabulary::VocabularyArgs>("vocabulary"));
    insta::assert_snapshot!("help_templates", help_of::<lists::TemplatesArgs>("templates"));
    insta::assert_snapshot!("help_units", help_of::<lists::UnitsArgs>("units"));
    insta::assert_snapshot!("help_organisations", help_of::<lists::OrganisationsArgs>("organisations"));
}

#[test]
fn a_token_in_the_arguments_is_not_shown_when_they_are_logged() {
    use clap::FromArgMatches;
    let line = ["receipts", "--unit", "980121100200", "--token", "byc_secret"];
    let matches = receipts::ReceiptsArgs::augment_args(Command::new("receipts")).try_get_matches_from(line).unwrap();
    let shown = format!("{:?}", receipts::ReceiptsArgs::from_arg_matches(&matches).unwrap());
    assert!(shown.contains("***") && !shown.contains("byc_secret"), "{shown}");
}

#[test]
fn a_negative_correction_is_a_value() {
    let line = ["correct", "--unit", "1", "--element", "e", "--period", "2026", "--value", "-3.5", "--reason", "x"];
    assert!(correct::CorrectArgs::augment_args(Command::new("correct")).try_get_matches_from(line).is_ok());
}
