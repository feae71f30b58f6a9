//! Text tables, safe to open in a spreadsheet.

use std::borrow::Cow;
use std::io::{self, Write};

use whomade_core::report::turns_text;

/// A cell's text as it may be written: no formula, no control characters.
///
/// A spreadsheet runs a cell that begins with `=`, `+`, `-`, `@`, a tab or a carriage return (also
/// after blanks, also in their full-width forms); an apostrophe before it makes it text. A plain
/// negative number is what it is: `-12.5` stays. Control characters other than line feeds and tabs
/// are dropped; one that turns the direction of the text around it is made visible.
#[must_use]
pub fn cell_safe(text: &str) -> Cow<'_, str> {
    let control = |c: char| c.is_control() && !matches!(c, '\n' | '\t' | '\r');
    let cleaned: Cow<'_, str> = if text.contains(|c| control(c) || turns_text(c)) {
        let kept = text.chars().filter(|c| !control(*c));
        Cow::Owned(kept.map(|c| if turns_text(c) { '\u{fffd}' } else { c }).collect())
    } else {
        Cow::Borrowed(text)
    };
    let begins = cleaned.starts_with(['\t', '\r', '\n'])
        || cleaned.trim_start().starts_with([
            '=', '+', '-', '@', '\u{FF1D}', '\u{FF0B}', '\u{FF0D}', '\u{FF20}', '\u{2212}',
        ]);
    if begins && !is_negative_number(&cleaned) {
        Cow::Owned(format!("'{cleaned}"))
    } else {
        cleaned
    }
}

/// A minus, digits, and single points or commas between them: nothing that a spreadsheet runs. A
/// plus is not spared: it may begin a telephone number, which would lose it.
fn is_negative_number(text: &str) -> bool {
    text.strip_prefix('-').is_some_and(|number| {
        number
            .split(['.', ','])
            .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
    })
}

/// Writes one cell as [`CsvWriter`] writes it among others: safe, in quotes where it needs them.
pub fn push_cell(out: &mut Vec<u8>, text: &str) {
    let bytes = text.as_bytes();
    let plain = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b' ' | b'-' | b'.' | b'/' | b'_');
    if bytes.first().is_none_or(u8::is_ascii_alphanumeric) && bytes.iter().all(|c| plain(*c)) {
        out.extend_from_slice(bytes);
        return;
    }
    let safe = cell_safe(text);
    if !safe.contains([',', '"', '\r', '\n']) {
        out.extend_from_slice(safe.as_bytes());
        return;
    }
    out.push(b'"');
    for (at, part) in safe.split('"').enumerate() {
        out.extend_from_slice(if at > 0 { b"\"\"" } else { b"" });
        out.extend_from_slice(part.as_bytes());
    }
    out.push(b'"');
}

/// Writes rows as CSV: commas, quotes where needed, CRLF as the standard has it.
pub struct CsvWriter<W: Write> {
    inner: csv::Writer<W>,
}

impl<W: Write> CsvWriter<W> {
    /// A writer of rows that may differ in length.
    pub fn new(output: W) -> Self {
        let inner = csv::WriterBuilder::new()
            .flexible(true)
            .terminator(csv::Terminator::CRLF)
            .from_writer(output);
        Self { inner }
    }

    /// Writes a row; every cell goes through [`cell_safe`].
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn row<'a>(&mut self, cells: impl IntoIterator<Item = &'a str>) -> io::Result<()> {
        for cell in cells {
            self.inner.write_field(cell_safe(cell).as_bytes()).map_err(io::Error::from)?;
        }
        self.inner.write_record(None::<&[u8]>).map_err(io::Error::from)
    }

    /// Writes what is still held back.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn finish(mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// The cells of one record, as a table's own writer parted them.
#[must_use]
pub fn split_record(text: &str, delimiter: u8) -> Vec<String> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(text.as_bytes());
    let record = reader.records().next().and_then(Result::ok).unwrap_or_default();
    record.iter().map(str::to_owned).collect()
}
