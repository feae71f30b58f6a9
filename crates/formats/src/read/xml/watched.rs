//! A document that is read as it comes, event by event.

use std::io::{self, BufRead, BufReader, Read};

use super::EVENT_BYTES_MAX;

/// A document of which no tag or text goes on beyond the limit.
pub(crate) struct Watched<R> {
    inner: BufReader<R>,
    lines: u64,
    /// Bytes since the last event.
    since: usize,
}

impl<R: Read> Watched<R> {
    /// A document of which nothing passed yet.
    pub(crate) fn new(input: R) -> Self {
        Self { inner: BufReader::with_capacity(64 << 10, input), lines: 0, since: 0 }
    }

    /// The line that is read, counted from 1.
    pub(crate) fn line(&self) -> u64 {
        self.lines + 1
    }

    /// A tag or text begins.
    pub(crate) fn begin_event(&mut self) {
        self.since = 0;
    }
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.inner.read(buffer)
    }
}

impl<R: Read> BufRead for Watched<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.since > EVENT_BYTES_MAX {
            return Err(io::Error::other("a tag or text is longer than the limit"));
        }
        self.inner.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        let passed = &self.inner.buffer()[..amount];
        self.lines += memchr::memchr_iter(b'\n', passed).count() as u64;
        self.since += amount;
        self.inner.consume(amount);
    }
}
