//! The tests of the readers and writers: one binary, so that it links once.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot set itself up should stop"
)]

mod archive;
mod golden;
mod identity;
mod limits;
mod mutation;
mod papers;
mod scans;
mod shared;
mod show;
mod tables;
mod units;
mod writing;
