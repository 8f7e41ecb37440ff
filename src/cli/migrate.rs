//! `baoyici migrate`: brings the database up to date without serving.

use std::path::PathBuf;
use std::process::ExitCode;

use crate::cli::serve::store::{self, DataFolder};
use crate::config::StoreConfig;
use crate::store::Store;

/// Arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Folder that everything is stored in (数据目录)
    #[arg(long, default_value = "data")]
    data: PathBuf,
}

/// Opens the store, which brings its schema up to date. Refused while a server has the folder.
pub(super) async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let folder = DataFolder::open(&args.data)?;
    let _lock = folder.lock()?;
    let store = store::open_engine(&folder, &StoreConfig::default()).await?;
    let version = store.schema_version().await?;
    store.close().await;
    println!("数据库结构版本 / schema version: {version}");
    Ok(ExitCode::SUCCESS)
}
