//! What a format that can be read is, and what its reader is given.

use std::fs::File;
use std::io::{self, Read};

use whomade_core::assembly::Sort;

use super::gzip::{Headed, Opened};
use super::head::Head;
use super::report::Report;
use super::{Options, encoding};

/// A format that can be read.
#[derive(Clone, Copy)]
pub struct Format {
    /// The word as typed behind `--from` and printed.
    pub word: &'static str,
    /// What it is called in a sentence: `a workbook (XLSX)`.
    pub title: &'static str,
    /// What its records are of.
    pub sort: Sort,
    /// Whether the first bytes are of it.
    pub(crate) recognises: fn(&Head<'_>) -> bool,
    /// Reads an input of it.
    pub(crate) read: fn(Input<'_>, &mut Report<'_>),
}

impl PartialEq for Format {
    fn eq(&self, other: &Self) -> bool {
        self.word == other.word
    }
}

impl Eq for Format {}

impl std::fmt::Debug for Format {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Format({})", self.word)
    }
}

/// What the reader of a format is given.
pub(crate) struct Input<'a> {
    /// The first bytes, unpacked; [`Self::stream`] gives them again.
    pub(crate) head: Vec<u8>,
    /// All of it, unpacked, from the first byte on.
    pub(crate) stream: Headed<'a>,
    /// The file itself, where it can be read anew from any place: it is one and is not packed.
    pub(crate) file: Option<File>,
    /// How to read.
    pub(crate) options: &'a Options,
}

impl<'a> Input<'a> {
    /// An opened input; `again` is the same file once more.
    pub(crate) fn new(opened: Opened<'a>, again: Option<File>, options: &'a Options) -> Self {
        let Opened { head, input: stream, packed, .. } = opened;
        Self { head, stream, file: again.filter(|_| !packed), options }
    }

    /// Its first bytes as text.
    pub(crate) fn text_of_head(&self) -> String {
        encoding::decode_head(&self.head)
    }

    /// All of it, of at most so many bytes; `None` when there are more.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(crate) fn whole(self, bytes_max: u64) -> io::Result<Option<Vec<u8>>> {
        let mut bytes = vec![];
        self.stream.take(bytes_max + 1).read_to_end(&mut bytes)?;
        Ok((bytes.len() as u64 <= bytes_max).then_some(bytes))
    }
}
