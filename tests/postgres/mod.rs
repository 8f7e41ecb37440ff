//! The real binary over PostgreSQL: several servers that are one service, and a database that is killed under load.

mod kills;
mod two_servers;
