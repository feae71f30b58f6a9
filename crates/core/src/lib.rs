//! The thinking of `whomade`: observation → evidence → attribution → ruling.
//!
//! Pure: no file, socket, clock or random number; a day is an argument. It knows no maker and
//! no law by name: both are facts of the knowledge base.

pub mod diagnostic;
pub mod kb;
pub mod observation;
pub mod role;
pub mod ruling;
