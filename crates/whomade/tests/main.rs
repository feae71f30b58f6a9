//! The tests of the program as its users meet it: one binary, so that it links once.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot set itself up should stop"
)]

#[path = "main/captures.rs"]
mod captures;
#[path = "main/collect.rs"]
mod collect;
#[path = "main/compare.rs"]
mod compare;
#[path = "main/docs.rs"]
mod docs;
#[path = "main/egress.rs"]
mod egress;
#[cfg(target_os = "linux")]
#[path = "main/farm.rs"]
mod farm;
#[path = "main/hostile.rs"]
mod hostile;
#[path = "main/limits.rs"]
mod limits;
#[cfg(target_os = "linux")]
#[path = "main/listen.rs"]
mod listen;
#[path = "main/mixed.rs"]
mod mixed;
#[path = "main/netbox.rs"]
mod netbox;
#[path = "main/packs.rs"]
mod packs;
#[path = "main/page.rs"]
mod page;
#[path = "main/papers.rs"]
mod papers;
#[path = "main/pdf.rs"]
mod pdf;
#[path = "main/planning.rs"]
mod planning;
#[path = "main/profiles.rs"]
mod profiles;
#[path = "main/room.rs"]
mod room;
#[path = "main/same.rs"]
mod same;
#[cfg(target_os = "linux")]
#[path = "main/scanning.rs"]
mod scanning;
#[path = "main/schema.rs"]
mod schema;
#[path = "main/stories.rs"]
mod stories;
#[path = "main/story.rs"]
mod story;
#[path = "main/tables.rs"]
mod tables;
#[cfg(target_os = "linux")]
#[path = "main/watching.rs"]
mod watching;
#[cfg(target_os = "linux")]
#[path = "main/within.rs"]
mod within;
#[path = "main/writers.rs"]
mod writers;

// Servers on this machine, as the room that asks them has them.
#[path = "../../remote/tests/main/server.rs"]
mod server;
#[path = "../../remote/tests/main/tls_server.rs"]
mod tls_server;
