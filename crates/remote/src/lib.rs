//! Reads from a server that the user names. This is the only room that asks one: it sends nothing
//! but `GET`, to no other host, port or scheme than the one that was typed, and a token of the
//! user goes there and nowhere else.
//!
//! What is received is written down as it came, an element a line, so that it can be hashed, kept,
//! and read as a saved file is. Failures are diagnostics; what came before them is kept.

mod address;
mod ask;
mod clock;
mod limits;
mod netbox;
mod page;
mod token;
mod trouble;

use std::io::{self, Write};

use whomade_core::diagnostic::Diagnostic;

pub use address::{Address, Service};
pub use ask::{Authorities, is_loopback};
pub use limits::Limits;
pub use token::{TOKEN_BYTES_MAX, Token};

/// With what a server is asked.
#[derive(Debug, Clone, Default)]
pub struct Access {
    /// The token, if there is one: some servers show things to everybody.
    pub token: Option<Token>,
    /// Where the token would come from, in words for somebody who has to look: `the variable X`.
    pub token_from: String,
    /// Authorities beside those that the machine trusts.
    pub authorities: Authorities,
    /// How long and how much.
    pub limits: Limits,
}

/// What came of asking.
#[derive(Debug, Default)]
pub struct Received {
    /// Devices that were written down.
    pub devices: u64,
    /// What was not as it should be.
    pub said: Vec<Diagnostic>,
}

/// Asks a server for everything that its address asks for, and writes it down, an element a line:
/// first what belongs to devices, then the devices. `told` hears how many devices there are so
/// far, and of how many.
///
/// # Errors
/// When it cannot be written down. What the server does wrong is said in [`Received::said`].
pub fn receive(
    address: &Address,
    access: &Access,
    to: &mut dyn Write,
    told: &mut dyn FnMut(u64, Option<u64>),
) -> io::Result<Received> {
    match address.service() {
        Service::NetBox => netbox::receive(address, access, to, told),
    }
}
