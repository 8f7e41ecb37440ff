//! The services as a client sees them.

mod at_most_once;
mod bad_input;
