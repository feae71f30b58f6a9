//! Text records parted by a delimiter, one after the other, with the exact bytes of every cell.
//!
//! The splitting is csv-core's. A record without quotes loses nothing but its delimiters, so the
//! places of its cells follow from their lengths; only a record with quotes is walked twice.

use std::io::{self, Read};

use csv_core::{ReadFieldResult, ReadRecordResult, Reader, ReaderBuilder};

use super::encoding::Text;
use super::report::floor_boundary;
use super::split::{split_plain, split_quoted};

/// Bytes of one record, line breaks inside quotes included.
pub(crate) const LINE_BYTES_MAX: usize = 1024 * 1024;

/// Cells of one record: as many as the widest spreadsheet has.
pub(crate) const COLUMNS_MAX: usize = 16_384;

/// Records begun by a quote that never closes, after which quotes are no longer trusted.
const OPEN_QUOTES_MAX: u32 = 16;

/// Where a cell stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CellAt {
    /// Bytes of the record's text: inside the quotes of a quoted cell.
    pub(crate) start: usize,
    /// Their end.
    pub(crate) end: usize,
    /// Bytes of the unescaped text, for a cell with doubled quotes.
    pub(crate) loose: Option<(usize, usize)>,
}

/// A record: its text and its cells.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row<'a> {
    /// The line on which it begins, counted from 1.
    pub(crate) line: u64,
    /// The record as it stood there.
    pub(crate) text: &'a str,
    /// Its cells.
    pub(crate) cells: &'a [CellAt],
    /// The text of cells with doubled quotes.
    pub(crate) loose: &'a str,
}

impl<'a> Row<'a> {
    /// The value of a cell without the blanks around it, and without what makes a text of it for
    /// Excel; empty when there is none.
    pub(crate) fn value(&self, index: usize) -> &'a str {
        let Some(cell) = self.cells.get(index) else { return "" };
        let value = match cell.loose {
            Some((start, end)) => self.loose.get(start..end),
            None => self.text.get(cell.start..cell.end),
        };
        bare(value.unwrap_or(""))
    }

    /// A cell's value and the bytes of the text in which it stands.
    pub(crate) fn cell(&self, index: usize) -> (&'a str, std::ops::Range<usize>) {
        match self.cells.get(index) {
            Some(CellAt { start, end, loose: None }) => {
                let raw = self.text.get(*start..*end).unwrap_or("");
                let value = bare(raw);
                if value.len() == raw.len() {
                    return (value, *start..*end);
                }
                (value, self.span(index))
            }
            _ => (self.value(index), self.span(index)),
        }
    }

    /// Whether a cell whose value stands at that place is written as `="text"`.
    pub(crate) fn is_unwrapped(&self, index: usize, span: &std::ops::Range<usize>) -> bool {
        let start = self.cells.get(index).map_or(span.start, |cell| cell.start);
        start < span.start && self.text.as_bytes()[start..span.start].contains(&b'=')
    }

    /// The bytes of the text in which a cell's value stands, without what [`Row::value`] takes off.
    pub(crate) fn span(&self, index: usize) -> std::ops::Range<usize> {
        let Some(cell) = self.cells.get(index) else { return 0..0 };
        let raw = self.text.get(cell.start..cell.end).unwrap_or("");
        let value = trimmed(raw);
        // A value that is all blank stands at its end, as trimming leaves it.
        let before = if value.len() == raw.len() { 0 } else { raw.len() - raw.trim_start().len() };
        let start = cell.start + before;
        // Within quotes each of its own is doubled.
        let quote = if cell.loose.is_some() { "\"\"" } else { "\"" };
        match unwrapped(value, quote) {
            Some(inner) => {
                let inner_at = value.len() - quote.len() - inner.trim_start().len();
                start + inner_at..start + inner_at + inner.trim().len()
            }
            None => start..start + value.len(),
        }
    }

    /// Whether all its cells are blank.
    pub(crate) fn is_blank(&self) -> bool {
        (0..self.cells.len()).all(|index| self.value(index).is_empty())
    }
}

/// Without blanks around it; most cells have none, and that shows in two bytes.
fn trimmed(value: &str) -> &str {
    match value.as_bytes() {
        [first, .., last] if first.is_ascii_graphic() && last.is_ascii_graphic() => value,
        _ => value.trim(),
    }
}

/// Without blanks around it, and as the text that Excel shows: whoever wants Excel to leave a
/// number as it is writes `="00123"`.
fn bare(value: &str) -> &str {
    let value = trimmed(value);
    unwrapped(value, "\"").map_or(value, str::trim)
}

/// The text in a cell `="text"`, whose quotes are written so; none where it is another formula.
fn unwrapped<'v>(value: &'v str, quote: &str) -> Option<&'v str> {
    let inner = value.strip_prefix('=')?.strip_prefix(quote)?.strip_suffix(quote)?;
    (!inner.contains('"')).then_some(inner)
}

/// A record that owns its text, for those looked at before the columns are known.
#[derive(Debug, Clone, Default)]
pub(crate) struct OwnedRow {
    /// As [`Row::line`].
    pub(crate) line: u64,
    /// As [`Row::text`].
    pub(crate) text: String,
    /// As [`Row::cells`].
    pub(crate) cells: Vec<CellAt>,
    /// As [`Row::loose`].
    pub(crate) loose: String,
}

impl OwnedRow {
    /// A copy.
    pub(crate) fn of(row: &Row<'_>) -> Self {
        Self {
            line: row.line,
            text: row.text.to_owned(),
            cells: row.cells.to_vec(),
            loose: row.loose.to_owned(),
        }
    }

    /// A view.
    pub(crate) fn view(&self) -> Row<'_> {
        Row { line: self.line, text: &self.text, cells: &self.cells, loose: &self.loose }
    }
}

/// What was not as it should be in the record just read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Trouble {
    /// The record was longer than the limit and was cut.
    pub(crate) long: bool,
    /// A quote was opened and never closed; the line was read without quoting.
    pub(crate) open_quote: bool,
    /// There were more cells than the limit.
    pub(crate) wide: bool,
}

impl Trouble {
    /// Whether anything was.
    pub(crate) const fn any(self) -> bool {
        self.long || self.open_quote || self.wide
    }
}

/// The records of a stream.
pub(crate) struct Records<R> {
    /// The stream.
    pub(crate) text: Text<R>,
    /// What ended the stream before its end.
    pub(crate) error: Option<io::Error>,
    /// What was wrong with the record just read.
    pub(crate) trouble: Trouble,
    buffer: String,
    at: usize,
    ended: bool,
    after_cr: bool,
    line: u64,
    delimiter: u8,
    core: Reader,
    /// Walks a record with quotes a second time; building one for each would cost more than that.
    walker: Reader,
    out: Vec<u8>,
    ends: Vec<usize>,
    open_quotes: u32,
    // The record just read.
    start: usize,
    end: usize,
    first_line: u64,
    cells: Vec<CellAt>,
    plain: bool,
    loose_len: usize,
    filled: bool,
    /// Whether the last record was left out, because the stream broke off within it.
    pub(crate) torn: bool,
}

impl<R: Read> Records<R> {
    /// The records of a text. The delimiter is set before the first one is read.
    pub(crate) fn new(text: Text<R>) -> Self {
        Self {
            text,
            error: None,
            trouble: Trouble::default(),
            buffer: String::with_capacity(512 * 1024),
            at: 0,
            ended: false,
            after_cr: false,
            line: 1,
            delimiter: b',',
            core: core(b',', true),
            walker: core(b',', true),
            out: vec![0; 64 * 1024],
            ends: vec![0; 256],
            open_quotes: 0,
            start: 0,
            end: 0,
            first_line: 1,
            cells: vec![],
            plain: true,
            loose_len: 0,
            filled: false,
            torn: false,
        }
    }

    /// Chooses the delimiter.
    pub(crate) fn set_delimiter(&mut self, delimiter: u8) {
        self.delimiter = delimiter;
        self.core = core(delimiter, self.open_quotes < OPEN_QUOTES_MAX);
        self.walker = core(delimiter, true);
    }

    /// Whether new bytes came since this was last asked.
    pub(crate) fn took_bytes(&mut self) -> bool {
        std::mem::take(&mut self.filled)
    }

    /// What lies ahead, up to so many bytes, without reading it.
    pub(crate) fn ahead(&mut self, bytes: usize) -> &str {
        while self.buffer.len() - self.at < bytes && self.fill() {}
        let rest = &self.buffer[self.at..];
        &rest[..floor_boundary(rest, bytes)]
    }

    /// Skips the line ahead.
    pub(crate) fn skip_line(&mut self) {
        loop {
            if let Some(end) = memchr::memchr2(b'\n', b'\r', &self.buffer.as_bytes()[self.at..]) {
                self.at += end;
                return;
            }
            self.at = self.buffer.len();
            if !self.fill() {
                return;
            }
        }
    }

    fn fill(&mut self) -> bool {
        if self.ended {
            return false;
        }
        self.filled = true;
        self.ended = !self.text.more(&mut self.buffer, &mut self.error);
        true
    }

    /// Reads the next record; `false` at the end. What a stream that broke off leaves of its last
    /// record is none: half a number is another number.
    pub(crate) fn advance(&mut self) -> bool {
        let found = self.next_record();
        let to_the_end = self.ended && self.at >= self.buffer.len();
        self.torn |= found && to_the_end && self.error.is_some();
        found && !self.torn
    }

    fn next_record(&mut self) -> bool {
        self.trouble = Trouble::default();
        if !self.skip_line_ends() {
            return false;
        }
        self.start = self.at;
        self.first_line = self.line;
        if self.plain_record() || self.quoted_record() {
            return true;
        }
        let (mut taken, mut out_len, mut ends_len) = (0, 0, 0);
        loop {
            let input = &self.buffer.as_bytes()[self.start + taken..];
            if input.is_empty() && !self.ended {
                if taken > LINE_BYTES_MAX {
                    return self.give_up_record();
                }
                self.make_room();
                self.fill();
                continue;
            }
            let (result, read, wrote, ended) =
                self.core.read_record(input, &mut self.out[out_len..], &mut self.ends[ends_len..]);
            taken += read;
            out_len += wrote;
            ends_len += ended;
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => self.out.resize(self.out.len() * 2, 0),
                ReadRecordResult::OutputEndsFull => self.ends.resize(self.ends.len() * 2, 0),
                ReadRecordResult::Record => break,
                ReadRecordResult::End => return false,
            }
        }
        if taken > LINE_BYTES_MAX || self.is_open(taken) {
            return self.give_up_record();
        }
        self.finish_record(taken, out_len, ends_len);
        true
    }

    /// Reads a record that lies whole in the buffer and has no quote in it: nearly every one.
    fn plain_record(&mut self) -> bool {
        let ahead = &self.buffer.as_bytes()[self.at..];
        let ahead = &ahead[..ahead.len().min(LINE_BYTES_MAX)];
        let end = match memchr::memchr3(b'\n', b'\r', b'"', ahead) {
            Some(end) if ahead[end] != b'"' => end,
            _ => return false,
        };
        self.cells.clear();
        split_plain(&ahead[..end], 0, self.delimiter, &mut self.cells);
        if self.cells.len() > COLUMNS_MAX {
            return false;
        }
        self.end = self.start + end;
        self.at = self.end;
        (self.plain, self.loose_len) = (true, 0);
        true
    }

    /// Reads a record that lies whole in the buffer and whose quotes stand around whole cells,
    /// with neither quotes nor line ends inside. Anything else is left to csv-core.
    fn quoted_record(&mut self) -> bool {
        if self.open_quotes >= OPEN_QUOTES_MAX {
            return false;
        }
        let ahead = &self.buffer.as_bytes()[self.at..];
        let ahead = &ahead[..ahead.len().min(LINE_BYTES_MAX)];
        let Some(end) = memchr::memchr2(b'\n', b'\r', ahead) else { return false };
        self.cells.clear();
        if !split_quoted(&ahead[..end], self.delimiter, &mut self.cells) {
            return false;
        }
        self.end = self.start + end;
        self.at = self.end;
        (self.plain, self.loose_len) = (true, 0);
        true
    }

    /// Whether the input ended inside quotes that opened on an earlier line.
    fn is_open(&self, taken: usize) -> bool {
        if !self.ended || self.start + taken < self.buffer.len() {
            return false;
        }
        let raw = &self.buffer.as_bytes()[self.start..self.start + taken];
        let body = raw.trim_ascii_end();
        memchr::memchr2(b'\n', b'\r', body).is_some()
            && memchr::memchr_iter(b'"', body).count() % 2 == 1
    }

    fn skip_line_ends(&mut self) -> bool {
        loop {
            while let Some(byte) = self.buffer.as_bytes().get(self.at) {
                match byte {
                    b'\n' if self.after_cr => self.after_cr = false,
                    b'\n' => self.line += 1,
                    b'\r' => {
                        self.line += 1;
                        self.after_cr = true;
                    }
                    _ => {
                        self.after_cr = false;
                        return true;
                    }
                }
                self.at += 1;
            }
            self.make_room();
            if !self.fill() {
                return false;
            }
        }
    }

    /// Forgets what was read before the record that is being read.
    fn make_room(&mut self) {
        let keep = self.start.max(self.at).min(self.buffer.len());
        if keep > 0 {
            self.buffer.drain(..keep);
            self.at -= keep;
            self.start = 0;
        }
    }

    fn finish_record(&mut self, taken: usize, out_len: usize, ends_len: usize) {
        let raw = &self.buffer.as_bytes()[self.start..self.start + taken];
        let body = match raw.last() {
            Some(b'\n' | b'\r') => &raw[..raw.len() - 1],
            _ => raw,
        };
        self.end = self.start + body.len();
        self.at = self.end;
        let cells = ends_len.min(COLUMNS_MAX);
        self.trouble.wide = ends_len > COLUMNS_MAX;
        self.cells.clear();
        self.plain = out_len + ends_len == body.len() + 1;
        if self.plain {
            let mut start = 0;
            for (index, end) in self.ends[..cells].iter().enumerate() {
                self.cells.push(CellAt { start, end: end + index, loose: None });
                start = end + index + 1;
            }
        } else {
            let text = &self.buffer.as_bytes()[self.start..self.end];
            walk(&mut self.walker, text, self.delimiter, &self.ends[..cells], &mut self.cells);
            self.count_lines_inside();
        }
        self.loose_len = out_len;
    }

    fn count_lines_inside(&mut self) {
        let text = &self.buffer.as_bytes()[self.start..self.end];
        let mut before = 0;
        for byte in text {
            if *byte == b'\r' || (*byte == b'\n' && before != b'\r') {
                self.line += 1;
            }
            before = *byte;
        }
    }

    /// Takes the first line of a record that does not end, without quoting.
    fn give_up_record(&mut self) -> bool {
        let limit = floor_boundary(&self.buffer, self.start + LINE_BYTES_MAX);
        let ahead = &self.buffer.as_bytes()[self.start..limit];
        let line_end = memchr::memchr2(b'\n', b'\r', ahead);
        if line_end.is_some() {
            self.trouble.open_quote = true;
            self.open_quotes += 1;
        } else {
            self.trouble.long = self.buffer.len() - self.start > LINE_BYTES_MAX;
        }
        self.end = self.start + line_end.unwrap_or(ahead.len());
        self.at = self.end;
        let text = &self.buffer.as_bytes()[self.start..self.end];
        self.cells.clear();
        split_plain(text, 0, self.delimiter, &mut self.cells);
        self.trouble.wide = self.cells.len() > COLUMNS_MAX;
        self.cells.truncate(COLUMNS_MAX);
        self.plain = true;
        self.core = core(self.delimiter, self.open_quotes < OPEN_QUOTES_MAX);
        true
    }

    /// The record just read.
    pub(crate) fn row(&self) -> Row<'_> {
        let loose = if self.plain { "" } else { valid(&self.out[..self.loose_len]) };
        let text = self.buffer.get(self.start..self.end).unwrap_or_default();
        Row { line: self.first_line, text, cells: &self.cells, loose }
    }

    /// After a record that was cut: skips the rest of its line.
    pub(crate) fn drop_rest_of_line(&mut self) {
        loop {
            if let Some(end) = memchr::memchr2(b'\n', b'\r', &self.buffer.as_bytes()[self.at..]) {
                self.at += end;
                return;
            }
            self.buffer.clear();
            self.at = 0;
            self.start = 0;
            self.end = 0;
            if !self.fill() {
                return;
            }
        }
    }
}

fn core(delimiter: u8, quoting: bool) -> Reader {
    ReaderBuilder::new().delimiter(delimiter).quoting(quoting).build()
}

/// The bytes that are text from the first one on.
fn valid(bytes: &[u8]) -> &str {
    match super::encoding::utf8(bytes) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or(""),
    }
}

/// Finds the cells of a record with quotes.
fn walk(reader: &mut Reader, text: &[u8], delimiter: u8, ends: &[usize], cells: &mut Vec<CellAt>) {
    reader.reset();
    let mut scratch = [0_u8; 4096];
    let (mut at, mut loose_start) = (0, 0);
    for loose_end in ends {
        let from = at;
        loop {
            let (result, read, _) = reader.read_field(&text[at..], &mut scratch);
            at += read;
            match result {
                ReadFieldResult::Field { .. } | ReadFieldResult::End => break,
                ReadFieldResult::InputEmpty | ReadFieldResult::OutputFull => {}
            }
        }
        let mut end = at;
        if end > from && text[end - 1] == delimiter && (end < text.len() || !is_last(ends, cells)) {
            end -= 1;
        }
        cells.push(cell_of(&text[from..end], from, loose_start, *loose_end));
        loose_start = *loose_end;
    }
}

/// Whether the cell about to be pushed is the last one of the record.
const fn is_last(ends: &[usize], cells: &[CellAt]) -> bool {
    cells.len() + 1 == ends.len()
}

/// The place of a cell, inside its quotes.
fn cell_of(raw: &[u8], from: usize, loose_start: usize, loose_end: usize) -> CellAt {
    let (mut start, mut end) = (from, from + raw.len());
    if raw.first() == Some(&b'"') {
        start += 1;
        if raw.len() > 1 && raw.last() == Some(&b'"') {
            end -= 1;
        }
    }
    let same = end - start == loose_end - loose_start;
    CellAt { start, end, loose: (!same).then_some((loose_start, loose_end)) }
}

/// A piece of text in so many cells, for trying out a delimiter: the cells of each record.
pub(crate) fn cells_per_record(text: &str, delimiter: u8, records_max: usize) -> Vec<usize> {
    let mut reader = core(delimiter, true);
    let mut scratch = [0_u8; 8192];
    let mut counts = vec![];
    let (mut at, mut count) = (0, 0);
    let bytes = text.as_bytes();
    while counts.len() < records_max && at < bytes.len() {
        let (result, read, _) = reader.read_field(&bytes[at..], &mut scratch);
        at += read;
        if let ReadFieldResult::Field { record_end } = result {
            count += 1;
            if record_end {
                counts.push(count);
                count = 0;
            }
        }
    }
    // The last record of the piece counts only when it is the only one: it may be cut.
    if counts.is_empty() && count > 0 {
        counts.push(count + 1);
    }
    counts
}
