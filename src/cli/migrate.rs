//! `baoyici migrate`: brings the database up to date without serving.

use std::process::ExitCode;

use crate::cli::serve::store::PlaceArgs;
use crate::config::StoreConfig;

/// Arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    place: PlaceArgs,
}

/// Opens the store, which brings its schema up to date. Refused while a server has the folder; of several that bring a PostgreSQL database up to
/// date at once, one does it while the others wait.
pub(super) async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let place = args.place.place()?;
    let _lock = place.lock()?;
    let engine = place.open_engine(&StoreConfig::default()).await?;
    let version = engine.schema_version().await?;
    engine.store().close().await;
    println!("数据库结构版本 / schema version: {version}");
    Ok(ExitCode::SUCCESS)
}
