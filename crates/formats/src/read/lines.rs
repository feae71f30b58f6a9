//! Lines of a text, each within a limit.

use std::io::{self, Read};

use super::encoding::Text;
use super::records::LINE_BYTES_MAX;
use super::report::floor_boundary;

/// The lines of a stream.
pub(crate) struct Lines<R> {
    /// The stream.
    pub(crate) text: Text<R>,
    /// What ended the stream before its end.
    pub(crate) error: Option<io::Error>,
    buffer: String,
    at: usize,
    searched: usize,
    ended: bool,
    number: u64,
    /// Whether the last line was left out, because the stream broke off within it.
    pub(crate) torn: bool,
}

/// One line.
pub(crate) struct Line<'a> {
    /// Its number, counted from 1.
    pub(crate) number: u64,
    /// Its text without the line break.
    pub(crate) text: &'a str,
    /// Whether it was longer than the limit and was cut.
    pub(crate) cut: bool,
}

impl<R: Read> Lines<R> {
    /// The lines of a text.
    pub(crate) fn new(text: Text<R>) -> Self {
        Self {
            text,
            error: None,
            buffer: String::new(),
            at: 0,
            searched: 0,
            ended: false,
            number: 0,
            torn: false,
        }
    }

    /// The next line; none at the end.
    pub(crate) fn next(&mut self) -> Option<Line<'_>> {
        let mut cut_length = None;
        let end = loop {
            let from = self.at + self.searched;
            if let Some(found) = memchr::memchr(b'\n', &self.buffer.as_bytes()[from..]) {
                break from + found;
            }
            self.searched = self.buffer.len() - self.at;
            if self.searched > LINE_BYTES_MAX {
                // The start is kept, the rest is forgotten as it comes.
                self.buffer.drain(..self.at);
                self.at = 0;
                self.buffer.truncate(floor_boundary(&self.buffer, LINE_BYTES_MAX));
                self.searched = self.buffer.len();
                cut_length = Some(self.buffer.len());
            }
            if !self.fill() {
                // Half a line may tell another number than the whole one would.
                self.torn |= self.error.is_some() && self.buffer.len() > self.at;
                if self.buffer.len() == self.at || self.torn {
                    return None;
                }
                break self.buffer.len();
            }
        };
        let start = self.at;
        self.number += 1;
        self.at = (end + 1).min(self.buffer.len());
        self.searched = 0;
        let long = end - start > LINE_BYTES_MAX;
        let stop = cut_length.map_or(end, |length| end.min(length)).min(start + LINE_BYTES_MAX);
        let text = &self.buffer[start..floor_boundary(&self.buffer, stop)];
        let text = text.strip_suffix('\r').unwrap_or(text);
        Some(Line { number: self.number, text, cut: cut_length.is_some() || long })
    }

    fn fill(&mut self) -> bool {
        if self.ended {
            return false;
        }
        if self.at > 0 {
            self.buffer.drain(..self.at);
            self.at = 0;
        }
        self.ended = !self.text.more(&mut self.buffer, &mut self.error);
        true
    }
}
