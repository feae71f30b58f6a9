//! The tests of the readers and writers: one binary, so that it links once.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot set itself up should stop"
)]

mod archive;
mod bad_input;
mod captures;
mod catalogue;
mod containers;
mod golden;
mod identity;
mod inventories;
mod limits;
mod mutation;
mod packs;
mod papers;
mod scans;
mod shared;
mod show;
mod tables;
mod trials;
mod units;
mod windows;
mod writing;
