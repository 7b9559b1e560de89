//! The `preflight` command.

fn main() {}
