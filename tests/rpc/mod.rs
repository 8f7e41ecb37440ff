//! The gRPC door from outside: who gets in, what refusals look like, how a server ends, and what it makes of races and bad input.

mod at_most_once;
mod bad_input;
mod callers;
mod disputes;
mod drafts;
mod due;
mod health;
mod limits;
mod process;
mod refusals;
mod registry;
mod review;
mod road;
mod rules;
mod stop;
mod values;
mod web;
