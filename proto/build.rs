//! Compiles the service definitions.

fn main() {}
