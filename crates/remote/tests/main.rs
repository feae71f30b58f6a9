//! The tests of asking, against servers on this machine: one binary, so that it links once.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot set itself up should stop"
)]

#[path = "main/limits.rs"]
mod limits;
#[path = "main/netbox.rs"]
mod netbox;
#[path = "main/server.rs"]
mod server;
#[path = "main/tls.rs"]
mod tls;
#[path = "main/tls_server.rs"]
mod tls_server;
