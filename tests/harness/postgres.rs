//! Databases on a private PostgreSQL server, which `.ci/postgres` starts once for all test processes and stops after the last of them.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use baoyici::store::postgres::PostgresAddress;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor};

/// A PostgreSQL server that answers for as long as this lives.
pub struct Cluster {
    /// Folder of its socket.
    pub folder: PathBuf,
    name: String,
    settings: Vec<String>,
    _in_use: File,
}

impl Cluster {
    /// The server that most tests share. It writes nothing through: only its process is ever killed, not the machine.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Cluster> = OnceLock::new();
        SHARED.get_or_init(|| Self::start("tests", &["fsync=off"]))
    }

    /// A server by name, started where it does not run.
    pub fn start(name: &str, settings: &[&str]) -> Self {
        let settings: Vec<String> = settings.iter().map(|s| (*s).to_owned()).collect();
        let folder = run("start", name, &settings);
        let in_use = File::open(folder.join("users")).expect("the server has a file for its users");
        in_use.lock_shared().expect("the file can be locked");
        // It may have stopped for want of users just before.
        run("start", name, &settings);
        Self { folder, name: name.to_owned(), settings, _in_use: in_use }
    }

    /// Kills the server's processes as `kill -9` does, and starts it again on its data.
    pub fn crash(&self) {
        let pid_file = std::fs::read_to_string(self.folder.join("data/postmaster.pid")).expect("the server runs");
        let pid = pid_file.lines().next().expect("its first line is its number");
        let children = Command::new("pgrep").args(["-P", pid]).output().expect("pgrep runs").stdout;
        let children = String::from_utf8(children).expect("numbers");
        let killed = Command::new("kill").arg("-KILL").arg(pid).args(children.split_whitespace()).status();
        killed.expect("kill runs");
        while Path::new("/proc").join(pid).exists() {
            std::thread::yield_now();
        }
        run("start", &self.name, &self.settings);
    }

    fn options(&self, database: &str) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass().socket(&self.folder).username("baoyici").database(database)
    }

    /// A fresh database.
    pub async fn database(&self) -> Database {
        let name = format!("t_{}", uuid::Uuid::new_v4().simple());
        let mut admin = self.options("postgres").connect().await.expect("the server answers");
        admin.execute(AssertSqlSafe(format!("CREATE DATABASE {name}"))).await.expect("makes a database");
        admin.close().await.expect("closes");
        Database { admin: self.options("postgres"), options: self.options(&name), folder: self.folder.clone(), name }
    }
}

fn run(act: &str, name: &str, settings: &[String]) -> PathBuf {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/.ci/postgres");
    let output = Command::new(script).args([act, name]).args(settings).output().expect("the script runs");
    assert!(output.status.success(), "no PostgreSQL: {}", String::from_utf8_lossy(&output.stderr));
    PathBuf::from(String::from_utf8(output.stdout).expect("a path").trim())
}

/// A database, removed when it is dropped.
pub struct Database {
    admin: PgConnectOptions,
    options: PgConnectOptions,
    folder: PathBuf,
    name: String,
}

impl Database {
    /// Its address, as an operator writes it.
    pub fn url(&self) -> String {
        format!("postgres://baoyici@localhost/{}?host={}", self.name, self.folder.display())
    }

    /// Its address.
    pub fn address(&self) -> PostgresAddress {
        PostgresAddress::parse(&self.url()).expect("an address")
    }

    /// A connection of its operator, who may do anything.
    pub async fn connect(&self) -> PgConnection {
        self.options.connect().await.expect("connects")
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let (admin, name) = (self.admin.clone(), self.name.clone());
        // A runtime of its own: the test's one may be gone.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                let mut admin = admin.connect().await.map_err(std::io::Error::other)?;
                let dropped = admin.execute(AssertSqlSafe(format!("DROP DATABASE {name} WITH (FORCE)"))).await;
                dropped.map(drop).map_err(std::io::Error::other)
            })
        });
        let outcome = dropping.join();
        if !matches!(outcome, Ok(Ok(()))) {
            eprintln!("database {} stays: {outcome:?}", self.name);
        }
    }
}
