//! Hears what a network says of itself, and what exporters of flows report.
//!
//! Nothing here sends: no packet, no answer, and no membership of a group, which would be announced
//! to the network. What is heard is given as a capture, byte by byte as a file of packets would be,
//! so that whoever reads files reads it too; nothing of it is kept here.

#![expect(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "the room that listens: its sockets only receive, its clock says when"
)]

mod collector;
mod pcap;
mod senders;
mod until;
#[cfg(target_os = "linux")]
mod wire;
#[cfg(not(target_os = "linux"))]
#[path = "nowhere.rs"]
mod wire;

pub use collector::{Collected, Collector, EXPORTERS_MAX, Exporter, SAMPLINGS_MAX};
pub use senders::{Net, SENDERS_MAX, Senders};
pub use until::Until;
pub use wire::{Wire, interfaces};

use std::fmt;
use std::io;

/// Why nothing is heard.
#[derive(Debug)]
pub enum Silence {
    /// There is no interface of that name.
    NoInterface,
    /// It is there, and down.
    Down,
    /// This process has no right to open a raw socket.
    NoPermission,
    /// Its frames are of a kind that is not read, by the system's number of it.
    UnknownKind(u32),
    /// This system has no such sockets.
    OtherSystem,
    /// The system says why.
    System(io::Error),
}

impl fmt::Display for Silence {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoInterface => out.write_str("there is no interface of that name"),
            Self::Down => out.write_str("the interface is down"),
            Self::NoPermission => out.write_str("no right to open a raw socket"),
            Self::UnknownKind(kind) => write!(out, "frames of kind {kind} are not read"),
            Self::OtherSystem => out.write_str("listening is there on Linux only"),
            Self::System(error) => error.fmt(out),
        }
    }
}

impl std::error::Error for Silence {}
