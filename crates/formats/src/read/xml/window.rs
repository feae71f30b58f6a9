//! The part of a document that is looked at: parsers take slices, so that nothing is copied that
//! nobody asks for.

use std::io::{self, Read};

use crate::read::encoding::Text;

/// Bytes that are asked for at once.
const WINDOW_BYTES: usize = 64 << 10;

/// A part of a document, as long as what is looked for in it needs.
pub(super) struct Window<R> {
    /// All of it.
    pub(super) input: Text<R>,
    text: String,
    /// Bytes of the text that are done with.
    done: usize,
    /// Line breaks in all that is done with.
    lines: u64,
    /// Whether nothing comes any more.
    pub(super) whole: bool,
    /// Why nothing comes any more, where that is not the end.
    pub(super) error: Option<io::Error>,
}

impl<R: Read> Window<R> {
    /// The part before the first byte.
    pub(super) fn new(input: Text<R>) -> Self {
        Self { input, text: String::new(), done: 0, lines: 0, whole: false, error: None }
    }

    /// What is not done with.
    pub(super) fn rest(&self) -> &str {
        &self.text[self.done..]
    }

    /// So many bytes more are done with.
    pub(super) fn pass(&mut self, bytes: usize) {
        self.lines += line_breaks(&self.rest()[..bytes]);
        self.done += bytes;
    }

    /// The line, counted from 1, of the first byte that is not done with.
    pub(super) fn line(&self) -> u64 {
        self.lines + 1
    }

    /// Reads on: as much as is held already, so that what is long is not looked at over and over.
    /// What cannot be read ends the document; what came before it is still looked at.
    pub(super) fn more(&mut self) {
        self.text.drain(..std::mem::take(&mut self.done));
        let wanted = self.text.len() + self.text.len().max(WINDOW_BYTES);
        while self.text.len() < wanted && !self.whole {
            match self.input.fill(&mut self.text) {
                Ok(more) => self.whole = !more,
                Err(error) => {
                    self.error = Some(error);
                    self.whole = true;
                }
            }
        }
    }
}

pub(super) fn line_breaks(text: &str) -> u64 {
    memchr::memchr_iter(b'\n', text.as_bytes()).count() as u64
}
