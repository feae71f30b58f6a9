//! Asks the devices of a network who made them, without a login, without writing anything, and
//! without disturbing them: the only crate that sends a packet.
//!
//! What may be sent stands in [`probe`], and cannot be made elsewhere; whom it may be sent to comes
//! from [`scope`], and cannot be made elsewhere either. The [`scanner`] decides who is asked when;
//! the network under it is the real one or a simulated one.

#![expect(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "the room that asks: its sockets send what the table holds, its clock paces them"
)]

pub mod host;
pub mod log;
pub mod net;
pub mod pace;
pub mod ports;
pub mod probe;
pub mod said;
pub mod scanner;
pub mod scope;
pub mod targets;
pub mod trials;
