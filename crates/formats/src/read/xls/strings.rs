//! Texts of old workbooks: characters of one byte or of two, as a flag before them says, and the
//! table that holds those of all sheets.

use std::io::{Read, Seek};

use super::records::{Records, short};
use crate::read::report::cut;
use crate::read::rows::CELL_BYTES_MAX;

/// Bytes of all texts of the table together.
pub(super) const BYTES_MAX: usize = 128 << 20;

/// Characters are of two bytes.
const WIDE: u8 = 1;

/// Marks for how it is pronounced follow.
const PRONOUNCED: u8 = 4;

/// Marks for how it is written follow.
const STYLED: u8 = 8;

/// The table of texts.
#[derive(Default)]
pub(super) struct Strings {
    all: String,
    ends: Vec<usize>,
}

impl Strings {
    /// The text at a place, counted from 0.
    pub(super) fn get(&self, place: u32) -> Option<&str> {
        let place = usize::try_from(place).ok()?;
        let start = match place.checked_sub(1) {
            Some(before) => *self.ends.get(before)?,
            None => 0,
        };
        self.all.get(start..*self.ends.get(place)?)
    }

    /// Reads the table, of which the first record was read. What is damaged ends it; `None` where
    /// it is larger than the limit.
    pub(super) fn read<R: Read + Seek>(records: &mut Records<R>) -> Option<Self> {
        let mut strings = Self::default();
        let mut at = Place { records, at: 8 };
        while let Some(text) = at.string() {
            strings.all.push_str(cut(&text, CELL_BYTES_MAX).0);
            strings.ends.push(strings.all.len());
            if strings.all.len() + strings.ends.len() * size_of::<usize>() > BYTES_MAX {
                return None;
            }
        }
        Some(strings)
    }
}

/// A place within records that go on with one another.
struct Place<'r, R: Read + Seek> {
    records: &'r mut Records<R>,
    at: usize,
}

impl<R: Read + Seek> Place<'_, R> {
    /// The next byte, if need be of the next record.
    fn byte(&mut self) -> Option<u8> {
        while self.at >= self.records.record().len() {
            if !self.records.go_on() {
                return None;
            }
            self.at = 0;
        }
        let byte = self.records.record().get(self.at).copied();
        self.at += 1;
        byte
    }

    fn short(&mut self) -> Option<u16> {
        Some(u16::from_le_bytes([self.byte()?, self.byte()?]))
    }

    fn skip(&mut self, mut bytes: usize) -> Option<()> {
        while bytes > 0 {
            let here = self.records.record().len().saturating_sub(self.at).min(bytes);
            self.at += here;
            bytes -= here;
            if bytes > 0 {
                self.byte()?;
                bytes -= 1;
            }
        }
        Some(())
    }

    /// A text with all that follows it (XLUnicodeRichExtendedString, MS-XLS 2.5.293). Where its
    /// characters go on in the next record, that begins with a flag of its own.
    fn string(&mut self) -> Option<String> {
        let mut left = usize::from(self.short()?);
        let mut flags = self.byte()?;
        let styles = if flags & STYLED == 0 { 0 } else { usize::from(self.short()?) };
        let marks = if flags & PRONOUNCED == 0 {
            0
        } else {
            let (low, high) = (self.short()?, self.short()?);
            (usize::from(high) << 16) | usize::from(low)
        };
        let mut units: Vec<u16> = Vec::with_capacity(left);
        while left > 0 {
            if self.at >= self.records.record().len() {
                if !self.records.go_on() {
                    return None;
                }
                flags = *self.records.record().first()?;
                self.at = 1;
                continue;
            }
            let width = if flags & WIDE == 0 { 1 } else { 2 };
            let here = &self.records.record()[self.at..];
            let count = (here.len() / width).min(left);
            if count == 0 {
                return None;
            }
            units.extend(here.chunks_exact(width).take(count).map(unit));
            self.at += count * width;
            left -= count;
        }
        self.skip(styles * 4 + marks)?;
        Some(String::from_utf16_lossy(&units))
    }
}

/// A character of one byte or of two.
fn unit(bytes: &[u8]) -> u16 {
    match bytes {
        [low, high] => u16::from_le_bytes([*low, *high]),
        [byte, ..] => u16::from(*byte),
        [] => 0,
    }
}

/// A text within one record: its length, of one byte where it is a name and of two otherwise, its
/// flag, its characters.
pub(super) fn text_of(bytes: &[u8], is_name: bool) -> Option<String> {
    let (count, rest) = match is_name {
        true => (usize::from(*bytes.first()?), bytes.get(1..)?),
        false => (usize::from(short(bytes, 0)?), bytes.get(2..)?),
    };
    let (flags, mut rest) = rest.split_first()?;
    if flags & STYLED != 0 {
        rest = rest.get(2..)?;
    }
    if flags & PRONOUNCED != 0 {
        rest = rest.get(4..)?;
    }
    let width = if flags & WIDE == 0 { 1 } else { 2 };
    let units: Vec<u16> = rest.chunks_exact(width).take(count).map(unit).collect();
    Some(cut(&String::from_utf16_lossy(&units), CELL_BYTES_MAX).0.to_owned())
}

#[cfg(test)]
mod tests {
    use std::io::{BufReader, Cursor};

    use super::super::records::CONTINUED;
    use super::*;

    fn record(kind: u16, bytes: &[u8]) -> Vec<u8> {
        let length = u16::try_from(bytes.len()).unwrap();
        [&kind.to_le_bytes()[..], &length.to_le_bytes(), bytes].concat()
    }

    fn table(parts: &[&[u8]]) -> Option<Strings> {
        let mut stream = record(0xFC, &[&[0; 8], parts[0]].concat());
        for part in &parts[1..] {
            stream.extend(record(CONTINUED, part));
        }
        stream.extend(record(0x0A, &[]));
        let mut records = Records::new(BufReader::new(Cursor::new(stream)));
        assert_eq!(records.next(), Some(0xFC));
        Strings::read(&mut records)
    }

    #[test]
    fn a_text_goes_on_in_the_next_record_in_characters_of_another_width() {
        let first = [4, 0, 0, b'a', b'b'];
        let second = [1, b'c', 0, 0x2d, 0x4e, 1, 0, 0, b'x'];
        let strings = table(&[&first, &second]).unwrap();
        assert_eq!(strings.get(0), Some("abc\u{4e2d}"));
        assert_eq!(strings.get(1), Some("x"));
        assert_eq!(strings.get(2), None);
        assert_eq!(strings.get(u32::MAX), None);
    }

    #[test]
    fn marks_behind_a_text_are_passed_over_and_may_lie_in_the_next_record() {
        let first = [1, 0, STYLED | PRONOUNCED, 1, 0, 3, 0, 0, 0, b'a', 9, 9];
        let second = [9, 9, 9, 9, 9, 2, 0, 0, b'o', b'k'];
        let strings = table(&[&first, &second]).unwrap();
        assert_eq!((strings.get(0), strings.get(1)), (Some("a"), Some("ok")));
    }

    #[test]
    fn a_text_that_ends_too_early_ends_the_table() {
        let strings = table(&[&[1, 0, 0, b'a', 200, 0, 0, b'b']]).unwrap();
        assert_eq!((strings.get(0), strings.get(1)), (Some("a"), None));
        assert!(table(&[&[]]).is_some());
    }

    #[test]
    fn names_and_labels_are_read() {
        assert_eq!(text_of(&[2, 0, b'a', b'b', b'c'], true).as_deref(), Some("ab"));
        assert_eq!(text_of(&[1, 0, 1, 0x2d, 0x4e], false).as_deref(), Some("\u{4e2d}"));
        assert_eq!(text_of(&[9], false), None);
    }
}
