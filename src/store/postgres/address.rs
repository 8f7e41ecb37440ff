//! Where a PostgreSQL database is, checked before anything is sent there.

use sqlx::postgres::{PgConnectOptions, PgSslMode};
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// The address of a database, which may hold a password.
#[derive(Clone)]
pub struct PostgresAddress(PgConnectOptions);

/// What is wrong with an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AddressFault {
    /// It is none of `postgres://user:password@host:port/database?…`.
    Malformed,
    /// It names no database.
    NoDatabase,
    /// It is on another machine, and nothing says that the connection must be encrypted.
    NotEncrypted {
        /// The host.
        host: String,
    },
}

impl PostgresAddress {
    /// Reads an address. What it does not say comes from the environment that PostgreSQL's own programs read (`PGPASSWORD`, `PGSSLROOTCERT` …)
    /// and from `.pgpass`. A database on another machine must be asked for with `sslmode=verify-full`, `verify-ca` or `require`.
    pub fn parse(text: &str) -> Result<Self, AddressFault> {
        if !["postgres://", "postgresql://"].iter().any(|scheme| text.starts_with(scheme)) {
            return Err(AddressFault::Malformed);
        }
        let options = PgConnectOptions::from_str(text).map_err(|_| AddressFault::Malformed)?.application_name("baoyici");
        if options.get_database().is_none_or(str::is_empty) {
            return Err(AddressFault::NoDatabase);
        }
        let is_encrypted = matches!(options.get_ssl_mode(), PgSslMode::Require | PgSslMode::VerifyCa | PgSslMode::VerifyFull);
        if is_encrypted || is_here(&options) {
            Ok(Self(options))
        } else {
            Err(AddressFault::NotEncrypted { host: options.get_host().to_owned() })
        }
    }

    pub(super) fn connect_options(&self) -> &PgConnectOptions {
        &self.0
    }
}

/// Whether the database is on this machine: behind a socket file or a loopback address.
fn is_here(options: &PgConnectOptions) -> bool {
    let host = options.get_host();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    options.get_socket().is_some() || host.starts_with('/') || host == "localhost" || bare.parse::<IpAddr>().is_ok_and(|a| a.is_loopback())
}

impl fmt::Display for PostgresAddress {
    /// Says where it is and not how one gets in.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = self.0.get_socket().map_or_else(|| self.0.get_host().to_owned(), |s| s.display().to_string());
        write!(f, "{}@{place}:{}/{}", self.0.get_username(), self.0.get_port(), self.0.get_database().unwrap_or_default())
    }
}

impl fmt::Debug for PostgresAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PostgresAddress({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_here_or_encrypted_is_taken() {
        let check = |text: &str, expected: Result<(), AddressFault>| assert_eq!(PostgresAddress::parse(text).map(drop), expected, "{text}");
        let bare = |host: &str| Err(AddressFault::NotEncrypted { host: host.to_owned() });
        check("postgres://u@127.0.0.1/d", Ok(()));
        check("postgresql://u@localhost:5433/d", Ok(()));
        check("postgres://u@[::1]/d", Ok(()));
        check("postgres://u@localhost/d?host=/run/postgresql", Ok(()));
        check("postgres://u@db.example/d", bare("db.example"));
        check("postgres://u@192.0.2.1/d?sslmode=prefer", bare("192.0.2.1"));
        check("postgres://u@db.example/d?sslmode=verify-full", Ok(()));
        check("postgres://u@db.example/d?sslmode=require", Ok(()));
        check("postgres://u@127.0.0.1", Err(AddressFault::NoDatabase));
        check("mysql://u@127.0.0.1/d", Err(AddressFault::Malformed));
        check("postgres://u@127.0.0.1:many/d", Err(AddressFault::Malformed));
    }

    #[test]
    fn a_password_is_not_printed() {
        let address = PostgresAddress::parse("postgres://u:secret@127.0.0.1/d").unwrap();
        assert_eq!(address.to_string(), "u@127.0.0.1:5432/d");
        assert!(!format!("{address:?}").contains("secret"));
    }
}
