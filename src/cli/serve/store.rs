//! The data folder and the store in it.

use std::fs::{DirBuilder, File, TryLockError};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};

use crate::config::StoreConfig;
use crate::store::Store;
use crate::store::observed::observe;
use crate::store::sqlite::{SqliteOptions, SqliteStore};

/// The folder that everything is stored in.
pub(in crate::cli) struct DataFolder {
    path: PathBuf,
}

/// Says that this process alone serves a folder, for as long as it lives.
pub(in crate::cli) struct FolderLock {
    _file: File,
}

impl DataFolder {
    /// Takes the folder; one that does not exist is made for its owner alone.
    pub(in crate::cli) fn open(path: &Path) -> anyhow::Result<Self> {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
        made.with_context(|| format!("数据目录 {0} 建不了 / cannot make the data folder {0}", path.display()))?;
        let mode = path.metadata()?.permissions().mode();
        if mode & 0o077 != 0 {
            tracing::warn!(path = %path.display(), mode = format!("{:o}", mode & 0o777), "data folder can be read by others");
        }
        Ok(Self { path: path.to_owned() })
    }

    /// Its path.
    pub(in crate::cli) fn path(&self) -> &Path {
        &self.path
    }

    /// The file that the embedded database is in.
    pub(in crate::cli) fn database(&self) -> PathBuf {
        self.path.join("baoyici.sqlite")
    }

    /// Locks the folder against a second server, whose memory of forms and units would not follow ours.
    pub(in crate::cli) fn lock(&self) -> anyhow::Result<FolderLock> {
        let path = self.path.join("lock");
        let file = File::options().create(true).write(true).truncate(false).open(&path);
        let file = file.with_context(|| format!("cannot open {}", path.display()))?;
        match file.try_lock() {
            Ok(()) => Ok(FolderLock { _file: file }),
            Err(TryLockError::WouldBlock) => {
                bail!("数据目录 {0} 已有服务在用 / another server has the data folder {0}", self.path.display())
            }
            Err(TryLockError::Error(error)) => Err(error).with_context(|| format!("cannot lock {}", path.display())),
        }
    }
}

/// Opens the store in the folder, measured.
pub(in crate::cli) async fn open(folder: &DataFolder, config: &StoreConfig) -> anyhow::Result<Arc<dyn Store>> {
    Ok(Arc::new(observe(Arc::new(open_engine(folder, config).await?))))
}

/// Opens the engine itself, which brings its schema up to date.
pub(in crate::cli) async fn open_engine(folder: &DataFolder, config: &StoreConfig) -> anyhow::Result<SqliteStore> {
    let options = SqliteOptions {
        n_readers: config.readers,
        busy_timeout: Duration::from_secs(config.busy_timeout_seconds.into()),
        cache_kib: config.cache_mib << 10,
        ..SqliteOptions::default()
    };
    let path = folder.database();
    let opened = SqliteStore::open(&path, options).await;
    opened.with_context(|| format!("数据库 {0} 打不开 / cannot open the database {0}", path.display()))
}
