//! Systems other than Linux: their raw sockets are not opened.

use std::io::{self, Read};

use crate::{Silence, Until};

/// A listening that is not there.
#[derive(Debug)]
pub struct Wire(());

impl Wire {
    /// Opens nothing.
    ///
    /// # Errors
    /// Always: this is not Linux.
    pub fn open(_: &str, _: Until) -> Result<Self, Silence> {
        Err(Silence::OtherSystem)
    }
}

impl Read for Wire {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Ok(0)
    }
}

/// The interfaces that could be listened on: none.
#[must_use]
pub fn interfaces() -> Vec<String> {
    Vec::new()
}
