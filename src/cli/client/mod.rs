//! Commands that talk gRPC to a server: the same road as any other client's, so that nobody has to write code to use it.
//!
//! Results go to standard output as a table, JSON or CSV; notes and problems go to standard error. Exit codes: 0 done, 1 wrong use or a
//! fault on this side, 2 refused, 3 the server did not answer or is at fault.

pub mod answer;
mod calls;
pub mod connection;
pub mod correct;
pub mod dispute;
pub mod disputes;
pub mod draft;
pub mod due;
pub mod extract;
pub mod failure;
mod figures_file;
pub mod form;
pub mod grid;
pub mod json;
pub mod lists;
pub mod overlaps;
pub mod question;
pub mod queue;
pub mod receipts;
pub mod register;
pub mod report;
mod review_calls;
pub mod submit;
pub mod values;
pub(crate) mod verdict;
pub mod vocabulary;
pub mod words;

#[cfg(test)]
pub(crate) mod tests;

pub use calls::Result;
