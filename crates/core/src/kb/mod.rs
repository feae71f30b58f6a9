//! The knowledge base: its format, its loader that is also its linter, its index.

pub mod schema;
