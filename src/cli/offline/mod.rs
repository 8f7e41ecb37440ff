//! Commands that need no server: for a person with files, and for the scorers.
//!
//! They use the same readers, matcher and planner as the server, over a catalogue that lives as long as the command.

pub mod answers;
mod decisions;
pub mod files;
pub mod learn;
pub mod learned;
pub mod overlap;
pub mod plan;
pub mod read;
pub mod rules;
