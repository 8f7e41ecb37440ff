//! Where the store is, and opening it: a data folder with an embedded database, or a PostgreSQL database.

use std::fmt;
use std::fs::{DirBuilder, File, TryLockError};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};

use crate::cli::failure::ConfigFaults;
use crate::config::{Fault, StoreConfig};
use crate::store::Store;
use crate::store::observed::observe;
use crate::store::postgres::{AddressFault, PostgresAddress, PostgresOptions, PostgresStore};
use crate::store::sqlite::{SqliteOptions, SqliteStore};

/// The arguments by which an operator's command finds the store.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct PlaceArgs {
    /// Folder that everything is stored in
    #[arg(long, value_name = "DIR", default_value = "data")]
    data: PathBuf,
    /// PostgreSQL database in place of the folder, as postgres://user@host/name?sslmode=verify-full
    #[arg(long, value_name = "URL", env = "BAOYICI_DATABASE", hide_env_values = true)]
    database: Option<String>,
}

impl PlaceArgs {
    /// The place.
    pub(in crate::cli) fn place(&self) -> anyhow::Result<Place> {
        Place::find(&self.data, self.database.as_deref())
    }
}

/// Where everything is stored.
pub(in crate::cli) enum Place {
    /// A folder with an embedded database.
    Folder(DataFolder),
    /// A PostgreSQL database, which several servers may share.
    Database(Box<PostgresAddress>),
}

impl Place {
    /// The database where one is named, else the folder, which is made where it does not exist.
    pub(in crate::cli) fn find(data: &Path, database: Option<&str>) -> anyhow::Result<Self> {
        match database {
            Some(address) => Ok(Self::Database(Box::new(address_of(address).map_err(|fault| ConfigFaults(vec![fault]))?))),
            None => Ok(Self::Folder(DataFolder::open(data)?)),
        }
    }

    /// Takes a folder for this process alone; a database needs no such thing.
    pub(in crate::cli) fn lock(&self) -> anyhow::Result<Option<FolderLock>> {
        match self {
            Self::Folder(folder) => folder.lock().map(Some),
            Self::Database(_) => Ok(None),
        }
    }

    /// Opens the engine, which brings its schema up to date.
    pub(in crate::cli) async fn open_engine(&self, config: &StoreConfig) -> anyhow::Result<Engine> {
        match self {
            Self::Folder(folder) => {
                let path = folder.database();
                let opened = SqliteStore::open(&path, sqlite_options(config)).await;
                let opened = opened.with_context(|| format!("数据库 {0} 打不开 / cannot open the database {0}", path.display()))?;
                Ok(Engine::Sqlite(Arc::new(opened)))
            }
            Self::Database(address) => {
                let opened = PostgresStore::open(address, postgres_options(config)).await;
                let opened = opened.with_context(|| format!("数据库 {address} 打不开 / cannot open the database {address}"))?;
                Ok(Engine::Postgres(Arc::new(opened)))
            }
        }
    }

    /// Opens the store, measured.
    pub(in crate::cli) async fn open(&self, config: &StoreConfig) -> anyhow::Result<Arc<dyn Store>> {
        Ok(Arc::new(observe(self.open_engine(config).await?.store())))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(folder) => folder.path.display().fmt(f),
            Self::Database(address) => address.fmt(f),
        }
    }
}

/// An open engine, for what its operator asks of it besides the traits.
pub(in crate::cli) enum Engine {
    /// SQLite.
    Sqlite(Arc<SqliteStore>),
    /// PostgreSQL.
    Postgres(Arc<PostgresStore>),
}

impl Engine {
    /// The store.
    pub(in crate::cli) fn store(&self) -> Arc<dyn Store> {
        match self {
            Self::Sqlite(store) => Arc::clone(store) as Arc<dyn Store>,
            Self::Postgres(store) => Arc::clone(store) as Arc<dyn Store>,
        }
    }

    /// Number of the newest migration.
    pub(in crate::cli) async fn schema_version(&self) -> anyhow::Result<i64> {
        match self {
            Self::Sqlite(store) => Ok(store.schema_version().await?),
            Self::Postgres(store) => Ok(store.schema_version().await?),
        }
    }
}

/// Reads the address of a database.
pub(in crate::cli) fn address_of(text: &str) -> Result<PostgresAddress, Fault> {
    PostgresAddress::parse(text).map_err(|fault| match fault {
        AddressFault::Malformed | AddressFault::NoDatabase => Fault::DatabaseMalformed,
        AddressFault::NotEncrypted { host } => Fault::DatabaseNotEncrypted { host },
    })
}

fn sqlite_options(config: &StoreConfig) -> SqliteOptions {
    SqliteOptions {
        n_readers: config.readers,
        busy_timeout: Duration::from_secs(config.busy_timeout_seconds.into()),
        cache_kib: config.cache_mib << 10,
        ..SqliteOptions::default()
    }
}

fn postgres_options(config: &StoreConfig) -> PostgresOptions {
    PostgresOptions {
        n_readers: config.readers,
        n_writers: config.writers,
        lock_timeout: Duration::from_secs(config.busy_timeout_seconds.max(1).into()),
        statement_timeout: Duration::from_secs(config.statement_timeout_seconds.into()),
        ..PostgresOptions::default()
    }
}

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
    fn open(path: &Path) -> anyhow::Result<Self> {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
        made.with_context(|| format!("数据目录 {0} 建不了 / cannot make the data folder {0}", path.display()))?;
        let mode = path.metadata()?.permissions().mode();
        if mode & 0o077 != 0 {
            tracing::warn!(path = %path.display(), mode = format!("{:o}", mode & 0o777), "data folder can be read by others");
        }
        Ok(Self { path: path.to_owned() })
    }

    /// The file that the embedded database is in.
    fn database(&self) -> PathBuf {
        self.path.join("baoyici.sqlite")
    }

    /// Locks the folder against a second server.
    fn lock(&self) -> anyhow::Result<FolderLock> {
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
