//! The `whomade` program.
fn main(){}
