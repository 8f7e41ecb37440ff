//! `baoyici check`: reads the configuration as `serve` would and names everything that is wrong with it.

use std::process::ExitCode;

use crate::cli::serve;

/// Prints the configuration that holds, as TOML; with faults it prints those.
pub(super) fn run(args: serve::Args) -> anyhow::Result<ExitCode> {
    let config = args.config()?;
    print!("{}", toml::to_string(&config)?);
    eprintln!("配置无误 / the configuration is without fault");
    Ok(ExitCode::SUCCESS)
}
