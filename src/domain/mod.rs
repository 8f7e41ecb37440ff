//! Pure meaning: the words of the field (DESIGN section 3) as types, with their rules.
//!
//! Knows nothing of the other layers; no async, no IO, no clock, no randomness: what varies is passed in.

pub mod audit;
pub mod balance;
pub mod calendar;
pub mod caller;
pub mod clock;
pub mod decision;
pub mod dispute;
pub mod draft;
pub mod element;
pub mod facet;
pub mod figure;
pub mod id;
pub mod measure;
pub mod message;
pub mod observation;
pub mod organisation;
pub mod period;
pub mod problem;
pub mod registry;
pub mod relation;
pub mod rule;
pub mod template;
pub mod unit;
