//! Every outside format: readers and writers.
//!
//! What is read was written by others: every reader has named limits, keeps the raw text with its
//! place, says what it could not read, and never panics.

pub mod read;
pub mod write;
