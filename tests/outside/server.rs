//! Starts, stops and kills the real binary.

use std::fs::OpenOptions;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A running server; killed when it is dropped.
pub struct Server {
    child: Child,
    /// Where it listens, as `127.0.0.1:4711`.
    pub address: String,
    data: PathBuf,
    database: Option<String>,
}

impl Server {
    /// Starts the binary on a data folder and waits for the line by which it says that it is ready. Its log goes to `server.log` there.
    pub fn start(data: &Path) -> Self {
        Self::start_on(data, None)
    }

    /// The same with everything stored in a PostgreSQL database; the folder has the log only.
    pub fn start_on(data: &Path, database: Option<&str>) -> Self {
        let log_path = data.join("server.log");
        let log = OpenOptions::new().create(true).append(true).open(&log_path).expect("the log can be opened");
        let mut child = binary()
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(data)
            .args(database.iter().flat_map(|url| ["--database", url]))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .expect("the binary starts");
        let mut lines = BufReader::new(child.stdout.take().expect("stdout is piped")).lines();
        let address = loop {
            let Some(Ok(line)) = lines.next() else {
                let _ = child.wait();
                panic!("the server ended before it listened:\n{}", std::fs::read_to_string(&log_path).unwrap_or_default());
            };
            if let Some(address) = line.strip_prefix("listening on ") {
                break address.trim().to_owned();
            }
        };
        // Whatever it prints later must not fill the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, address, data: data.to_owned(), database: database.map(str::to_owned) }
    }

    /// Makes a token on the server's folder while it runs, and returns its secret.
    pub fn token(&self, account: &str, role: &str, scope: &[&str]) -> String {
        make_token_on(&self.data, self.database.as_deref(), account, role, scope)
    }

    /// Kills it as `kill -9` does, and waits until it is gone.
    pub fn kill(&mut self) {
        self.child.kill().expect("the server runs until it is killed");
        self.child.wait().expect("the killed server can be waited for");
    }

    /// Kills it where it was not killed yet.
    pub fn kill_if_running(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Asks it to stop as an operator does, and expects it to end well.
    pub fn stop(mut self) {
        let id = self.child.id().to_string();
        let is_sent = Command::new("kill").args(["-TERM", &id]).status().is_ok_and(|status| status.success());
        assert!(is_sent, "the server runs until it is stopped");
        let status = self.child.wait().expect("the stopped server can be waited for");
        assert!(status.success(), "a graceful stop ends with {status}");
    }

    /// Resident memory now and at its highest, in KiB.
    pub fn memory_kib(&self) -> (u64, u64) {
        let text = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("the server runs");
        let of = |key: &str| -> u64 {
            let line = text.lines().find_map(|line| line.strip_prefix(key)).expect("the kernel tells the memory");
            line.trim().trim_end_matches(" kB").parse().expect("a number of KiB")
        };
        (of("VmRSS:"), of("VmHWM:"))
    }

    /// The last lines of its log, for a failure's message.
    pub fn log_tail(&self) -> String {
        let text = std::fs::read_to_string(self.data.join("server.log")).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines.get(lines.len().saturating_sub(40)..).unwrap_or_default().join("\n")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The binary, without the settings of this run: it would take them for its own.
fn binary() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_baoyici"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("BAOYICI_")) {
        command.env_remove(name);
    }
    command
}

/// Makes a token on a data folder and returns its secret. `scope` is `--organisation ID`, `--unit CODE` or nothing.
fn make_token_on(data: &Path, database: Option<&str>, account: &str, role: &str, scope: &[&str]) -> String {
    let output = binary()
        .arg("token")
        .arg("--data")
        .arg(data)
        .args(database.iter().flat_map(|url| ["--database", url]))
        .args(["--account", account, "--role", role])
        .args(scope)
        .output()
        .expect("the binary runs");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "no token for {account}: {error}");
    let secret = String::from_utf8(output.stdout).expect("a secret is ASCII");
    secret.trim().to_owned()
}

/// The database file: the one file in the folder that says of itself that it is one.
pub fn database_of(data: &Path) -> PathBuf {
    let entries = std::fs::read_dir(data).expect("the data folder").flatten().map(|e| e.path());
    let mut found: Vec<PathBuf> = entries
        .filter(|path| {
            let mut head = [0_u8; 15];
            let read = std::fs::File::open(path).and_then(|mut f| std::io::Read::read_exact(&mut f, &mut head));
            read.is_ok() && &head == b"SQLite format 3"
        })
        .collect();
    assert_eq!(found.len(), 1, "one database in {}", data.display());
    found.remove(0)
}
