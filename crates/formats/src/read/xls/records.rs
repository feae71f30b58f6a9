//! The records of a stream: a type, a length, and so many bytes.

use std::io::{BufReader, Read, Seek, SeekFrom};

/// The record that goes on with the one before it.
pub(super) const CONTINUED: u16 = 0x003C;

/// A stream of records, of which the last read is held.
pub(super) struct Records<R: Read + Seek> {
    stream: BufReader<R>,
    record: Vec<u8>,
    /// Type and length of the record that comes next.
    ahead: Option<(u16, u16)>,
    /// Whether the stream ended within a record.
    pub(super) cut: bool,
}

impl<R: Read + Seek> Records<R> {
    /// The records of a stream from its beginning.
    pub(super) fn new(stream: BufReader<R>) -> Self {
        let mut records = Self { stream, record: vec![], ahead: None, cut: false };
        records.look();
        records
    }

    /// Goes to a place of the stream; `false` where there is none.
    pub(super) fn go(&mut self, place: u64) -> bool {
        let there = self.stream.seek(SeekFrom::Start(place)).is_ok();
        self.look();
        there
    }

    fn look(&mut self) {
        let mut head = [0; 4];
        let read = self.stream.read_exact(&mut head).is_ok();
        let [a, b, c, d] = head;
        self.ahead = read.then(|| (u16::from_le_bytes([a, b]), u16::from_le_bytes([c, d])));
    }

    /// The type of the next record, which is read; none at the end.
    pub(super) fn next(&mut self) -> Option<u16> {
        let (kind, length) = self.ahead?;
        self.record.resize(usize::from(length), 0);
        if self.stream.read_exact(&mut self.record).is_err() {
            self.cut = true;
            self.ahead = None;
            return None;
        }
        self.look();
        Some(kind)
    }

    /// The bytes of the record that was read last.
    pub(super) fn record(&self) -> &[u8] {
        &self.record
    }

    /// Reads the next record if it goes on with this one.
    pub(super) fn go_on(&mut self) -> bool {
        self.ahead.is_some_and(|(kind, _)| kind == CONTINUED) && self.next().is_some()
    }
}

/// Two bytes of a record as a number.
pub(super) fn short(record: &[u8], at: usize) -> Option<u16> {
    let bytes = record.get(at..at + 2)?;
    Some(u16::from_le_bytes(bytes.try_into().ok()?))
}

/// Four bytes of a record as a number.
pub(super) fn long(record: &[u8], at: usize) -> Option<u32> {
    let bytes = record.get(at..at + 4)?;
    Some(u32::from_le_bytes(bytes.try_into().ok()?))
}
