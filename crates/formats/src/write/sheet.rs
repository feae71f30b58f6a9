//! The XML of one sheet with cells added to the right; every other byte as it was.

use std::ops::Range;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::csv::cell_safe;
use super::workbook::{SheetColumns, WriteError};

/// Columns of a sheet.
pub(crate) const SHEET_COLUMNS_MAX: u32 = 16_384;

/// Characters that our columns are wide, so that their words can be read without dragging.
const WIDTHS: std::ops::RangeInclusive<usize> = 10..=46;

/// What was learnt of a sheet before anything is written.
struct Survey {
    /// Columns used, from 1.
    used: u32,
    /// The style of the last cell of the header row.
    header_style: Option<String>,
    /// The last column that the sheet gives a width, if it gives any.
    widths_to: Option<u32>,
}

/// Adds the columns and returns the new XML and the first column used, counted from 1.
///
/// # Errors
/// When the XML cannot be read or no column is left.
pub(crate) fn with_columns(xml: &[u8], ours: &SheetColumns) -> Result<(Vec<u8>, u32), WriteError> {
    // The library passes over a mark of the order of bytes and does not count it.
    const MARK: &[u8] = "\u{feff}".as_bytes();
    let (mark, xml) = xml.strip_prefix(MARK).map_or((&[][..], xml), |rest| (MARK, rest));
    let survey = survey(xml, ours.header_row.unwrap_or(0))?;
    let width = ours.rows.iter().map(|(_, cells)| cells.len()).max().unwrap_or(0);
    let width = u32::try_from(width.max(ours.headings.len())).unwrap_or(u32::MAX);
    let last = survey.used.saturating_add(width);
    if last > SHEET_COLUMNS_MAX {
        return Err(WriteError::NoRoom(ours.sheet.clone()));
    }
    let mut rows: Vec<(u64, &[String], bool)> =
        ours.rows.iter().map(|(row, cells)| (*row, cells.as_slice(), false)).collect();
    if let Some(row) = ours.header_row {
        rows.push((row, &ours.headings, true));
    }
    rows.sort_by_key(|(row, ..)| *row);
    rows.dedup_by_key(|(row, ..)| *row);
    let mut out = Vec::with_capacity(xml.len() + rows.len() * 64);
    out.extend_from_slice(mark);
    let mut writer = Writer {
        xml,
        out,
        copied: 0,
        rows,
        next: 0,
        first: survey.used + 1,
        last,
        header_style: survey.header_style,
        widths: widths(ours, width),
        widths_to: survey.widths_to,
    };
    writer.run()?;
    Ok((writer.out, survey.used + 1))
}

/// How wide each of our columns is, by its longest text.
fn widths(ours: &SheetColumns, columns: u32) -> Vec<usize> {
    let rows = || ours.rows.iter().map(|(_, cells)| cells).chain([&ours.headings]);
    let of = |column: usize| {
        let longest = rows().filter_map(|cells| cells.get(column)).map(|text| text.chars().count());
        longest.max().unwrap_or(0).clamp(*WIDTHS.start(), *WIDTHS.end()) + 1
    };
    (0..columns as usize).map(of).collect()
}

fn broken(error: &dyn std::fmt::Display) -> WriteError {
    WriteError::Broken(error.to_string())
}

/// The value of an attribute, as it stands there.
fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    let mut attributes = element.attributes();
    for attribute in attributes.with_checks(false).flatten() {
        if attribute.key.as_ref() == name {
            return Some(attribute.value.as_ref().to_owned());
        }
    }
    None
}

/// Column (from 1) and row of a reference such as `AB12`.
fn reference(text: &str) -> Option<(u32, u64)> {
    let digits = text.find(|c: char| c.is_ascii_digit())?;
    let (letters, number) = text.split_at(digits);
    if letters.is_empty() || letters.len() > 3 {
        return None;
    }
    let mut column = 0;
    for letter in letters.bytes() {
        if !letter.is_ascii_alphabetic() {
            return None;
        }
        column = column * 26 + u32::from(letter.to_ascii_uppercase() - b'A') + 1;
    }
    Some((column, number.parse().ok()?))
}

/// The letters of a column counted from 1.
pub(crate) fn letters(mut column: u32) -> String {
    let mut letters = vec![];
    while column > 0 {
        column -= 1;
        letters.push(char::from(b'A' + u8::try_from(column % 26).unwrap_or(0)));
        column /= 26;
    }
    letters.iter().rev().collect()
}

fn survey(xml: &[u8], header_row: u64) -> Result<Survey, WriteError> {
    let mut reader = Reader::from_reader(xml);
    let mut survey = Survey { used: 0, header_style: None, widths_to: None };
    let (mut row, mut column) = (0_u64, 0_u32);
    loop {
        let event = reader.read_event().map_err(|error| broken(&error))?;
        match event {
            Event::Start(element) | Event::Empty(element) => match element.local_name().as_ref() {
                "col" => {
                    let to = attribute(&element, "max").and_then(|to| to.parse().ok());
                    survey.widths_to = survey.widths_to.max(to);
                }
                "row" => {
                    let number = attribute(&element, "r").and_then(|r| r.parse().ok());
                    row = number.unwrap_or(row + 1);
                    column = 0;
                }
                "c" => {
                    let place = attribute(&element, "r").and_then(|r| reference(&r));
                    column = place.map_or(column + 1, |(column, _)| column);
                    survey.used = survey.used.max(column);
                    if row == header_row {
                        survey.header_style = attribute(&element, "s");
                    }
                }
                _ => {}
            },
            Event::Eof => return Ok(survey),
            _ => {}
        }
    }
}

struct Writer<'a> {
    xml: &'a [u8],
    out: Vec<u8>,
    copied: usize,
    /// Rows to be added to, in order: number, cells, whether it is the header.
    rows: Vec<(u64, &'a [String], bool)>,
    next: usize,
    first: u32,
    last: u32,
    header_style: Option<String>,
    widths: Vec<usize>,
    widths_to: Option<u32>,
}

impl Writer<'_> {
    fn run(&mut self) -> Result<(), WriteError> {
        let mut reader = Reader::from_reader(self.xml);
        let (mut row, mut inside) = (0_u64, false);
        loop {
            let start = at(&reader);
            let event = reader.read_event().map_err(|error| broken(&error))?;
            let range = start..at(&reader);
            match event {
                Event::Eof => break,
                Event::Start(element) => match element.local_name().as_ref() {
                    "dimension" => self.dimension(range, &element),
                    "sheetData" => {
                        self.widths_before(range.start, &element);
                        inside = true;
                    }
                    "row" if inside => {
                        row = self.begin_row(row, range, &element);
                    }
                    _ => {}
                },
                Event::Empty(element) => match element.local_name().as_ref() {
                    "dimension" => self.dimension(range, &element),
                    "sheetData" => {
                        self.widths_before(range.start, &element);
                        self.empty_data(range, &element);
                    }
                    "row" if inside => {
                        row = self.begin_row(row, range.clone(), &element);
                        self.empty_row(row, range, &element);
                    }
                    _ => {}
                },
                Event::End(element) => match element.local_name().as_ref() {
                    "row" if inside => {
                        let prefix = prefix_of(element.name().as_ref());
                        self.copy_to(range.start);
                        self.cells_of(row, &prefix);
                    }
                    // A sheet that says something of our columns already is left as it is.
                    "cols" if self.widths_to.is_some_and(|to| to < self.first) => {
                        let prefix = prefix_of(element.name().as_ref());
                        self.copy_to(range.start);
                        self.write_widths(&prefix);
                    }
                    "sheetData" => {
                        inside = false;
                        let prefix = prefix_of(element.name().as_ref());
                        self.copy_to(range.start);
                        self.missing_rows(u64::MAX, &prefix);
                    }
                    _ => {}
                },
                _ => {}
            }
        }
        self.copy_to(self.xml.len());
        Ok(())
    }

    /// Gives our columns widths before the rows, where the sheet gives none to any.
    fn widths_before(&mut self, start: usize, element: &BytesStart<'_>) {
        if self.widths_to.is_some() {
            return;
        }
        let prefix = prefix_of(element.name().as_ref());
        self.copy_to(start);
        self.out.extend_from_slice(format!("<{prefix}cols>").as_bytes());
        self.write_widths(&prefix);
        self.out.extend_from_slice(format!("</{prefix}cols>").as_bytes());
    }

    fn write_widths(&mut self, prefix: &str) {
        for (column, width) in (self.first..).zip(&self.widths) {
            let col = format!(
                "<{prefix}col min=\"{column}\" max=\"{column}\" width=\"{width}\" \
                 customWidth=\"1\"/>"
            );
            self.out.extend_from_slice(col.as_bytes());
        }
    }

    /// Copies what was not copied yet up to a byte.
    fn copy_to(&mut self, end: usize) {
        if end > self.copied {
            self.out.extend_from_slice(&self.xml[self.copied..end]);
            self.copied = end;
        }
    }

    /// Writes the rows before this one that the sheet does not have, and widens its spans.
    fn begin_row(&mut self, before: u64, range: Range<usize>, element: &BytesStart<'_>) -> u64 {
        let row = attribute(element, "r").and_then(|r| r.parse().ok()).unwrap_or(before + 1);
        self.copy_to(range.start);
        self.missing_rows(row, &prefix_of(element.name().as_ref()));
        let ours = self.rows.get(self.next).is_some_and(|(number, ..)| *number == row);
        if let (true, Some(spans)) = (ours, attribute(element, "spans"))
            && let Some((from, _)) = spans.split_once(':')
        {
            self.replace(range, &spans, &format!("{from}:{}", self.last), "spans");
        }
        row
    }

    /// Replaces an attribute's value within a tag.
    fn replace(&mut self, tag: Range<usize>, old: &str, new: &str, name: &str) {
        let bytes = &self.xml[tag.clone()];
        let mark = format!("{name}=");
        let Some(found) = memchr::memmem::find(bytes, mark.as_bytes()) else { return };
        let value = tag.start + found + mark.len() + 1;
        if self.xml.get(value..value + old.len()) == Some(old.as_bytes()) {
            self.copy_to(value);
            self.out.extend_from_slice(new.as_bytes());
            self.copied = value + old.len();
        }
    }

    fn dimension(&mut self, range: Range<usize>, element: &BytesStart<'_>) {
        let Some(old) = attribute(element, "ref") else { return };
        let (from, to) = old.split_once(':').unwrap_or((&old, &old));
        let (Some((first, top)), Some((_, bottom))) = (reference(from), reference(to)) else {
            return;
        };
        let rows = || self.rows.iter().map(|(row, ..)| *row);
        let top = rows().min().map_or(top, |row| row.min(top));
        let bottom = rows().max().map_or(bottom, |row| row.max(bottom));
        let new = format!("{}{top}:{}{bottom}", letters(first), letters(self.last));
        self.replace(range, &old, &new, "ref");
    }

    fn empty_data(&mut self, range: Range<usize>, element: &BytesStart<'_>) {
        let name = element.name().as_ref().to_owned();
        self.open_empty(range);
        self.missing_rows(u64::MAX, &prefix_of(&name));
        self.out.extend_from_slice(format!("</{name}>").as_bytes());
    }

    fn empty_row(&mut self, row: u64, range: Range<usize>, element: &BytesStart<'_>) {
        if self.rows.get(self.next).is_none_or(|(number, ..)| *number != row) {
            return;
        }
        let name = element.name().as_ref().to_owned();
        self.open_empty(range);
        self.cells_of(row, &prefix_of(&name));
        self.out.extend_from_slice(format!("</{name}>").as_bytes());
    }

    /// Writes `<row …/>` as `<row …>`.
    fn open_empty(&mut self, range: Range<usize>) {
        let slash = self.xml[range.clone()].iter().rposition(|byte| *byte == b'/');
        let end = slash.map_or(range.end, |slash| range.start + slash);
        self.copy_to(end);
        self.out.push(b'>');
        self.copied = range.end;
    }

    fn missing_rows(&mut self, before: u64, prefix: &str) {
        while let Some((row, ..)) = self.rows.get(self.next).copied().filter(|r| r.0 < before) {
            self.out.extend_from_slice(format!("<{prefix}row r=\"{row}\">").as_bytes());
            self.cells_of(row, prefix);
            self.out.extend_from_slice(format!("</{prefix}row>").as_bytes());
        }
    }

    fn cells_of(&mut self, row: u64, prefix: &str) {
        let Some((_, cells, header)) = self.rows.get(self.next).copied().filter(|r| r.0 == row)
        else {
            return;
        };
        self.next += 1;
        let style = self.header_style.as_deref().filter(|_| header);
        let style = style.map_or(String::new(), |style| format!(" s=\"{style}\""));
        for (place, text) in (self.first..).zip(cells) {
            if text.is_empty() {
                continue;
            }
            let text = escaped(&cell_safe(text));
            let cell = format!(
                "<{prefix}c r=\"{}{row}\"{style} t=\"inlineStr\"><{prefix}is><{prefix}t \
                 xml:space=\"preserve\">{text}</{prefix}t></{prefix}is></{prefix}c>",
                letters(place)
            );
            self.out.extend_from_slice(cell.as_bytes());
        }
    }
}

fn at(reader: &Reader<&[u8]>) -> usize {
    usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX)
}

/// `x:` of `x:row`.
fn prefix_of(name: &str) -> String {
    name.split_once(':').map_or(String::new(), |(prefix, _)| format!("{prefix}:"))
}

/// Text for XML; characters that XML cannot hold are dropped.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\u{FFFE}' | '\u{FFFF}' => {}
            '\r' => out.push_str("&#13;"),
            other => out.push(other),
        }
    }
    out
}
