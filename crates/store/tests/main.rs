//! The store, on both databases: what is true of one is true of the other.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stderr,
    clippy::panic,
    reason = "a test that cannot set itself up should stop, and one that is skipped says so"
)]

#[path = "main/databases.rs"]
mod databases;
#[path = "main/estate.rs"]
mod estate;
#[path = "main/jobs.rs"]
mod jobs;
#[path = "main/people.rs"]
mod people;
#[path = "main/rework.rs"]
mod rework;
#[path = "main/storm.rs"]
mod storm;
#[path = "main/trail.rs"]
mod trail;
