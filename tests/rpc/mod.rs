//! The gRPC door from outside: who gets in, what refusals look like, and how a server ends.

mod callers;
mod health;
mod limits;
mod process;
mod refusals;
mod registry;
mod road;
mod stop;
mod web;
