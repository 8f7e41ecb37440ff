//! `baoyici check`: reads the configuration as `serve` would and names everything that is wrong with it.

use std::process::ExitCode;

use crate::cli::serve;

/// Arguments: those of `serve`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    serve: serve::Args,
}

/// Prints the configuration that holds, as TOML; with faults it prints those.
pub(super) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let config = args.serve.config()?;
    print!("{}", toml::to_string(&config)?);
    eprintln!("配置无误 / the configuration is without fault");
    Ok(ExitCode::SUCCESS)
}
