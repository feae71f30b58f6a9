//! The pages and the API as browsers and programs meet them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stderr,
    clippy::panic,
    reason = "a test that cannot set itself up should stop"
)]

#[path = "main/bad.rs"]
mod bad;
#[path = "main/doors.rs"]
mod doors;
#[path = "main/house.rs"]
mod house;
#[path = "main/shown.rs"]
mod shown;
