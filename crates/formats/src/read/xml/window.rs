//! The part of a document that is looked at: parsers take slices, so that nothing is copied that
//! nobody asks for.

use std::io::{self, ErrorKind, Read};

/// Bytes that are asked for at once.
const CHUNK_BYTES: usize = 128 << 10;

/// Bytes of a character at most.
const CHARACTER_BYTES: usize = 4;

/// A part of a document, as long as what is looked for in it needs.
pub(super) struct Window<R> {
    input: R,
    text: String,
    /// Bytes of the text that are done with.
    done: usize,
    /// Line breaks in all that is done with.
    lines: u64,
    /// What was read last; it begins with the bytes of a character that was cut.
    chunk: Vec<u8>,
    cut: usize,
    /// Whether nothing comes any more.
    pub(super) whole: bool,
    /// Whether that is so because what follows is not UTF-8.
    pub(super) broken: bool,
}

impl<R: Read> Window<R> {
    /// The part before the first byte.
    pub(super) fn new(input: R) -> Self {
        let (text, chunk) = (String::new(), Vec::new());
        Self { input, text, done: 0, lines: 0, chunk, cut: 0, whole: false, broken: false }
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
    ///
    /// # Errors
    /// When the input cannot be read.
    pub(super) fn more(&mut self) -> io::Result<()> {
        self.text.drain(..std::mem::take(&mut self.done));
        let wanted = self.text.len().max(CHUNK_BYTES);
        self.chunk.resize(self.cut + wanted, 0);
        let mut filled = self.cut;
        while filled < self.chunk.len() {
            match self.input.read(&mut self.chunk[filled..]) {
                Ok(0) => {
                    self.whole = true;
                    break;
                }
                Ok(read) => filled += read,
                Err(why) if why.kind() == ErrorKind::Interrupted => {}
                Err(why) => return Err(why),
            }
        }
        let read = &self.chunk[..filled];
        let valid = match std::str::from_utf8(read) {
            Ok(text) => text,
            Err(why) => std::str::from_utf8(&read[..why.valid_up_to()]).unwrap_or_default(),
        };
        self.text.push_str(valid);
        let cut = valid.len()..filled;
        self.cut = cut.len();
        self.broken = self.cut >= CHARACTER_BYTES || self.whole && self.cut > 0;
        self.whole |= self.broken;
        self.chunk.copy_within(cut, 0);
        Ok(())
    }
}

pub(super) fn line_breaks(text: &str) -> u64 {
    memchr::memchr_iter(b'\n', text.as_bytes()).count() as u64
}
