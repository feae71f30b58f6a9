//! What a network is to the scanner: sockets that wait for nobody, a clock, and whatever happens
//! next. The real one and the simulated one are driven by the same scanner.

pub mod real;
mod secure;
pub mod simulated;

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use whomade_capture::Mac;

use crate::probe::Packet;
use crate::scope::Target;

/// Time since the scan began.
pub type Moment = Duration;

/// Bytes that are taken from a connection at once.
pub const READ_BYTES_MAX: usize = 16 << 10;

/// Which connection something is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(pub u64);

/// Why a connection did not come about, or broke.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// The host says that nobody listens there, or breaks it off.
    Refused,
    /// There is no way to the host, or it does not answer for its address.
    Unreachable,
    /// This machine itself has no way there: its link is down, or no route leads to it.
    NoWay,
    /// Somebody on the way, or this machine, forbids it.
    Forbidden,
    /// This machine has no socket left.
    Exhausted,
    /// Something else.
    Other,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A connection is open.
    Opened(Key),
    /// Whoever is at the other end of TLS shows a certificate, in DER; the connection opens next.
    Shown(Key, Vec<u8>),
    /// It did not come about, or broke.
    Failed(Key, Trouble),
    /// The other end sent something.
    Bytes(Key, Vec<u8>),
    /// The other end sends nothing more.
    Ended(Key),
    /// A datagram came to an open search.
    Heard {
        /// Who sent it.
        from: SocketAddr,
        /// The port of the search that it answers: answers may come from any.
        at: u16,
        /// What it says.
        bytes: Vec<u8>,
    },
}

/// A network.
pub trait Net {
    /// What time it is.
    fn now(&self) -> Moment;

    /// Begins to open a connection to a target's port.
    ///
    /// # Errors
    /// When that is known at once not to work.
    fn open(&mut self, key: Key, target: Target, port: u16) -> Result<(), Trouble>;

    /// Begins to open a connection to a target's port, with TLS in it: it is open once both ends
    /// agreed on keys. Nothing else is sent for that than by every client, and no certificate that
    /// is shown is trusted.
    ///
    /// # Errors
    /// When that is known at once not to work.
    fn open_secure(&mut self, key: Key, target: Target, port: u16) -> Result<(), Trouble>;

    /// Sends a request over an open connection, within TLS where it was opened so.
    ///
    /// # Errors
    /// When the connection is broken.
    fn send(&mut self, key: Key, packet: &Packet) -> Result<(), Trouble>;

    /// Closes a connection, whatever becomes of it.
    fn close(&mut self, key: Key);

    /// Asks everybody on the local links that may be asked.
    ///
    /// # Errors
    /// When it cannot be sent on any of them.
    fn search(&mut self, packet: &Packet) -> Result<(), Trouble>;

    /// Gives back what the searches needed: their answers were waited for.
    fn end_search(&mut self);

    /// Asks one target with a datagram.
    ///
    /// # Errors
    /// When it cannot be sent.
    fn ask(&mut self, target: Target, packet: &Packet) -> Result<(), Trouble>;

    /// The hardware address of a neighbour on the link, as far as this machine has learnt it by
    /// talking to it.
    fn neighbour(&self, address: IpAddr) -> Option<Mac>;

    /// Whether this machine asked on the link whose address it is, and nobody said that it is his.
    fn is_nobody(&self, address: IpAddr) -> bool;

    /// Waits until something happens, or until that moment: then nothing is given.
    fn next(&mut self, until: Moment) -> Option<Event>;
}
