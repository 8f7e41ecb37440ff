//! The configuration: defaults, then the file, then the environment, then flags; one struct for each part.
//!
//! Everything that is wrong with it is told at once. Knows nothing of what is made of it.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use figment::Figment;
use figment::providers::{Env, Format, Serialized, Toml};
use figment::value::{Dict, Value};
use serde::{Deserialize, Serialize};

/// File that is read where no other is named.
pub const DEFAULT_FILE: &str = "baoyici.toml";
/// What environment variables begin with; parts are separated by two underscores: `BAOYICI_GRPC__LISTEN`.
const ENV_PREFIX: &str = "BAOYICI_";
const ENV_SEPARATOR: &str = "__";

/// The whole configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Folder that everything is stored in, where no database is named.
    pub data: PathBuf,
    /// Address of a PostgreSQL database that everything is stored in; several servers may share one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database: Option<Secret>,
    /// The store.
    pub store: StoreConfig,
    /// The gRPC door.
    pub grpc: GrpcConfig,
    /// The metrics.
    pub metrics: MetricsConfig,
    /// The log.
    pub log: LogConfig,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data: PathBuf::from("data"),
            database: None,
            store: StoreConfig::default(),
            grpc: GrpcConfig::default(),
            metrics: MetricsConfig::default(),
            log: LogConfig::default(),
        }
    }
}

/// A text that nobody may see in a log or a listing.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// The text itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl Serialize for Secret {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("***")
    }
}

/// How the store is opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StoreConfig {
    /// Connections that read side by side.
    pub readers: u32,
    /// Connections that write side by side, on PostgreSQL; SQLite has one writer.
    pub writers: u32,
    /// Page cache of each connection to SQLite, in MiB.
    pub cache_mib: u32,
    /// How long a write waits for another one that stands in its way, in seconds.
    pub busy_timeout_seconds: u32,
    /// How long a statement may take on PostgreSQL, in seconds.
    pub statement_timeout_seconds: u32,
}

impl Default for StoreConfig {
    fn default() -> Self {
        Self { readers: 4, writers: 8, cache_mib: 16, busy_timeout_seconds: 5, statement_timeout_seconds: 60 }
    }
}

/// The gRPC door.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GrpcConfig {
    /// Address to listen on; port 0 takes a free one. Loopback only, since there is no TLS in this version.
    pub listen: SocketAddr,
    /// Connections at once.
    pub max_connections: u32,
    /// Calls at once on one connection.
    pub max_calls_per_connection: u32,
    /// Calls at once over all connections; more are refused.
    pub max_calls: u32,
    /// Largest message, in MiB.
    pub max_message_mib: u32,
    /// Largest head of a request, in KiB.
    pub max_header_kib: u32,
    /// Longest time until an answer begins, and between two pieces of a streamed answer, in seconds.
    pub request_timeout_seconds: u32,
    /// How often a silent connection is asked whether it is still there, in seconds.
    pub keepalive_interval_seconds: u32,
    /// How long it may take to say so, in seconds.
    pub keepalive_timeout_seconds: u32,
    /// How long calls under way may take after the server was told to stop, in seconds.
    pub drain_seconds: u32,
}

impl Default for GrpcConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 7400)),
            max_connections: 4_096,
            max_calls_per_connection: 128,
            max_calls: 512,
            max_message_mib: 32,
            max_header_kib: 16,
            request_timeout_seconds: 60,
            keepalive_interval_seconds: 30,
            keepalive_timeout_seconds: 20,
            drain_seconds: 10,
        }
    }
}

/// The metrics.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MetricsConfig {
    /// Address at which Prometheus may read `/metrics`; none where it is not set. Loopback only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listen: Option<SocketAddr>,
}

/// The log, which goes to standard error.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogConfig {
    /// How a line looks.
    pub format: LogFormat,
    /// What is said at least.
    pub level: LogLevel,
}

/// How a line of the log looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object each.
    Json,
}

/// What the log says at least.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// Our own faults.
    Error,
    /// And what an operator should look at.
    Warn,
    /// And refused calls.
    #[default]
    Info,
    /// And every call.
    Debug,
    /// Everything.
    Trace,
}

/// Something that is wrong with the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The file cannot be read.
    Unreadable {
        /// What was said.
        detail: String,
    },
    /// A key is unknown, or its value is of the wrong kind.
    Malformed {
        /// The key, with its part.
        key: String,
        /// Where it was set.
        source: String,
        /// What was said.
        detail: String,
    },
    /// A number is too small or too large.
    OutOfRange {
        /// The key, with its part.
        key: &'static str,
        /// The number.
        value: u32,
        /// The smallest that is taken.
        least: u32,
        /// The largest that is taken.
        most: u32,
    },
    /// The database's address is none.
    DatabaseMalformed,
    /// The database is on another machine, and its address does not ask for encryption.
    DatabaseNotEncrypted {
        /// The machine.
        host: String,
    },
    /// An address that others can reach, while there is no TLS.
    NotLoopback {
        /// The key, with its part.
        key: &'static str,
        /// The address.
        address: SocketAddr,
    },
}

impl fmt::Display for Fault {
    /// Says it in both languages, since nobody was asked for one yet.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { detail } => write!(f, "配置文件读不了：{detail} / The configuration file cannot be read: {detail}"),
            Self::Malformed { key, source, detail } => {
                write!(f, "{key}（{source}）：填写有误，{detail} / {key} ({source}): not accepted, {detail}")
            }
            Self::OutOfRange { key, value, least, most } => {
                write!(f, "{key} = {value}：须在 {least} 到 {most} 之间 / {key} = {value}: must be between {least} and {most}")
            }
            Self::DatabaseMalformed => f.write_str(
                "database：不是 PostgreSQL 地址，应如 postgres://用户@主机/库名 / database: no address of a PostgreSQL database; it looks like \
                 postgres://user@host/name",
            ),
            Self::DatabaseNotEncrypted { host } => write!(
                f,
                "database：{host} 不是本机，地址须加 sslmode=verify-full（或 verify-ca、require）以加密连接 / database: {host} is another machine; \
                 ask for encryption with sslmode=verify-full (or verify-ca, require) in the address"
            ),
            Self::NotLoopback { key, address } => write!(
                f,
                "{key} = {address}：本版本没有 TLS，只能监听本机回环地址（如 127.0.0.1:7400）；要对外服务，请在前面放一个带 TLS 的反向代理 / \
                 {key} = {address}: this version has no TLS and listens on loopback addresses only (as 127.0.0.1:7400); to serve others, put a \
                 reverse proxy with TLS before it"
            ),
        }
    }
}

/// Reads the configuration: defaults, the file, the environment, then `flags` (key with its part, value). Without a named file
/// [`DEFAULT_FILE`] is read where it exists. The error side holds every fault.
pub fn read(file: Option<&Path>, flags: &[(&str, Value)]) -> Result<Config, Vec<Fault>> {
    if let Some(missing) = file.filter(|f| !f.is_file()) {
        return Err(vec![Fault::Unreadable { detail: format!("{}: no such file", missing.display()) }]);
    }
    let environment = Env::prefixed(ENV_PREFIX).filter(|key| key == "data" || key.as_str().contains(ENV_SEPARATOR)).split(ENV_SEPARATOR);
    let found = file.or(Some(Path::new(DEFAULT_FILE)).filter(|f| f.is_file()));
    let given = found.map_or_else(Figment::new, |file| Figment::from(Toml::file_exact(file))).merge(environment);
    let given = flags.iter().fold(given, |figment, (key, value)| figment.merge(Serialized::default(key, value.clone())));
    let config = match Figment::from(Serialized::defaults(Config::default())).merge(given.clone()).extract::<Config>() {
        Ok(config) => config,
        Err(first) => return Err(faults_by_key(&given, &first)),
    };
    let faults = config.faults();
    if faults.is_empty() { Ok(config) } else { Err(faults) }
}

/// Takes every key by itself, because reading as a whole stops at the first fault.
fn faults_by_key(given: &Figment, first: &figment::Error) -> Vec<Fault> {
    let Ok(parts) = given.extract::<Dict>() else { return vec![Fault::Unreadable { detail: first.kind.to_string() }] };
    let mut faults = Vec::new();
    for (part, value) in &parts {
        let keys: Vec<(String, &Value)> = match value {
            Value::Dict(_, keys) => keys.iter().map(|(key, value)| (format!("{part}.{key}"), value)).collect(),
            _ => vec![(part.clone(), value)],
        };
        for (key, value) in keys {
            let alone = Figment::from(Serialized::defaults(Config::default())).merge(Serialized::default(&key, value.clone()));
            if let Err(error) = alone.extract::<Config>() {
                // A flag was merged as a bare value; file and environment have names.
                let metadata = given.find_metadata(&key).filter(|m| !m.name.contains("::"));
                let source = metadata.map_or_else(|| "命令行 / command line".to_owned(), |m| m.name.to_string());
                faults.push(Fault::Malformed { source, detail: error.kind.to_string(), key });
            }
        }
    }
    if faults.is_empty() { vec![Fault::Unreadable { detail: first.kind.to_string() }] } else { faults }
}

impl Config {
    /// Everything that is wrong with values which are of the right kind.
    pub fn faults(&self) -> Vec<Fault> {
        let (grpc, store) = (&self.grpc, &self.store);
        let ranges = [
            ("store.readers", store.readers, 1, 64),
            ("store.writers", store.writers, 1, 256),
            ("store.statement_timeout_seconds", store.statement_timeout_seconds, 1, 3_600),
            ("store.cache_mib", store.cache_mib, 1, 4_096),
            ("store.busy_timeout_seconds", store.busy_timeout_seconds, 0, 600),
            ("grpc.max_connections", grpc.max_connections, 1, 100_000),
            ("grpc.max_calls_per_connection", grpc.max_calls_per_connection, 1, 10_000),
            ("grpc.max_calls", grpc.max_calls, 1, 100_000),
            ("grpc.max_message_mib", grpc.max_message_mib, 1, 64),
            ("grpc.max_header_kib", grpc.max_header_kib, 4, 1_024),
            ("grpc.request_timeout_seconds", grpc.request_timeout_seconds, 1, 3_600),
            ("grpc.keepalive_interval_seconds", grpc.keepalive_interval_seconds, 1, 3_600),
            ("grpc.keepalive_timeout_seconds", grpc.keepalive_timeout_seconds, 1, 3_600),
            ("grpc.drain_seconds", grpc.drain_seconds, 0, 600),
        ];
        let outside = ranges.into_iter().filter(|(_, value, least, most)| !(least..=most).contains(&value));
        let mut faults: Vec<Fault> = outside.map(|(key, value, least, most)| Fault::OutOfRange { key, value, least, most }).collect();
        for (key, address) in [("grpc.listen", Some(grpc.listen)), ("metrics.listen", self.metrics.listen)] {
            faults.extend(address.filter(|a| !a.ip().is_loopback()).map(|address| Fault::NotLoopback { key, address }));
        }
        faults
    }
}

#[cfg(test)]
mod tests;
