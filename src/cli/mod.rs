//! The command line: one module for each command, each with its `Args` and its `run`.

mod check;
mod clock;
mod failure;
mod migrate;
mod serve;
mod token;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub use clock::SystemClock;

/// Baoyici (报一次): every base figure is reported at most once.
#[derive(Debug, Parser)]
#[command(name = "baoyici", version, about, max_term_width = 120)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve with an embedded database until SIGTERM or SIGINT (启动服务)
    Serve(serve::Args),
    /// Make an API token and print its secret (签发访问令牌)
    Token(token::Args),
    /// Check the configuration and name everything that is wrong with it (检查配置)
    Check(check::Args),
    /// Bring the database up to date without serving (升级数据库结构)
    Migrate(migrate::Args),
}

/// Runs the command that the process was started with.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
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
    }
}
