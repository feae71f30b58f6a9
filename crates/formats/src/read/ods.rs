//! Workbooks of OpenDocument (ODS): `content.xml` holds every sheet, row by row, and says of what
//! is alike how often it is repeated. It is read as it comes, for what is repeated without end
//! must not be held; the library that reads newer workbooks holds it all.

use std::io::{Read, Seek};
use std::ops::ControlFlow;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use whomade_core::diagnostic::Diagnostic;
use zip::ZipArchive;

use super::Options;
use super::records::{COLUMNS_MAX, LINE_BYTES_MAX};
use super::report::{Report, cut};
use super::rows::CELL_BYTES_MAX;
use super::sheet::{Book, Cell, Merge, Sheet, Stop};
use super::workbook::{self, SHEETS_MAX};
use super::xml::{Watched, resolved, unescaped};

/// Rows that a sheet may have by repeating rows that hold something. Writers repeat the blank rows
/// below a table by the million; of these none is counted.
pub(super) const REPEATED_ROWS_MAX: u32 = 10_000;

/// Bytes of the list of parts, which says whether they are encrypted.
const MANIFEST_BYTES_MAX: u64 = 1 << 20;

/// Reads every sheet of a workbook whose container was looked through.
pub(crate) fn read<R: Read + Seek>(reader: R, options: &Options, report: &mut Report<'_>) {
    let mut archive = match ZipArchive::new(reader) {
        Ok(archive) => archive,
        Err(error) => return report.say_of_file(workbook::broken(None, &error.to_string())),
    };
    if is_encrypted(&mut archive) {
        return report.say_of_file(workbook::password());
    }
    let content = match archive.by_name("content.xml") {
        Ok(content) => content,
        Err(error) => return report.say_of_file(workbook::broken(None, &error.to_string())),
    };
    let mut book = Book::new(options, report);
    let mut reading = Reading::default();
    let mut reader = Reader::from_reader(Watched::new(content));
    reader.config_mut().allow_unmatched_ends = true;
    let mut buffer = vec![];
    let ended = loop {
        buffer.clear();
        reader.get_mut().begin_event();
        let flow = match reader.read_event_into(&mut buffer) {
            Ok(Event::Eof) => break Ok(()),
            Ok(event) => reading.take(&event, &mut book),
            Err(error) => break Err(error.to_string()),
        };
        if flow.is_break() {
            break Ok(());
        }
    };
    // A sheet that is cut is read as far as it goes.
    if let Some(mut sheet) = reading.sheet.take() {
        let _ = sheet.end(&mut book);
        if ended.is_ok() && !reading.stopped {
            book.report.say_of_file(workbook::broken(None, "it ends within a sheet"));
        }
    }
    if let Err(why) = ended {
        book.report.say_of_file(workbook::broken(None, &why));
    }
    book.end();
}

fn is_encrypted<R: Read + Seek>(archive: &mut ZipArchive<R>) -> bool {
    if archive.index_for_name("encrypted-package").is_some() {
        return true;
    }
    let Ok(manifest) = archive.by_name("META-INF/manifest.xml") else { return false };
    let mut bytes = vec![];
    let _ = manifest.take(MANIFEST_BYTES_MAX).read_to_end(&mut bytes);
    memchr::memmem::find(&bytes, b"encryption-data").is_some()
}

/// Where in the document the reading is.
#[derive(Default)]
struct Reading {
    sheets: usize,
    sheet: Option<Sheet>,
    /// Whether more cells than can be read made it skip the rest of the sheet.
    full: bool,
    /// Whether nobody wants more.
    stopped: bool,
    /// The row that comes next, counted from 0.
    row: u32,
    row_repeats: u32,
    /// Rows given more than once so far.
    repeated: u32,
    cells: Vec<Open>,
    column: u32,
    bytes: usize,
    open: Option<Open>,
    /// Elements open within the cell.
    depth: usize,
    /// The depth below which nothing is read: a comment, a picture.
    skipped: Option<usize>,
}

/// A cell while it is read, and afterwards.
#[derive(Default, Clone)]
struct Open {
    column: u32,
    repeats: u32,
    last_row_further: u32,
    formula: bool,
    is_error: bool,
    /// The value by its attribute, where that says more than the text.
    value: Option<String>,
    text: String,
    paragraphs: usize,
}

impl Reading {
    fn take(&mut self, event: &Event<'_>, book: &mut Book<'_, '_>) -> ControlFlow<()> {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::Empty(tag) => {
                self.start(tag);
                return self.end(tag.name().as_ref(), book);
            }
            Event::End(tag) => return self.end(tag.name().as_ref(), book),
            Event::Text(text) => self.text(text),
            Event::CData(text) => self.text(text),
            Event::GeneralRef(name) => self.text(&resolved(name)),
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn start(&mut self, tag: &BytesStart<'_>) {
        let name = tag.name();
        let name = name.as_ref();
        if let Some(open) = &mut self.open {
            self.depth += 1;
            match name {
                _ if self.skipped.is_some() => {}
                "text:p" if self.depth == 1 => {
                    if open.paragraphs > 0 {
                        open.text.push('\n');
                    }
                    open.paragraphs += 1;
                }
                "text:s" => (0..count(tag, "text:c").min(64)).for_each(|_| open.text.push(' ')),
                "text:tab" => open.text.push('\t'),
                "text:line-break" => open.text.push('\n'),
                "text:span" | "text:a" => {}
                _ => self.skipped = Some(self.depth),
            }
            return;
        }
        match name {
            "table:table" if self.sheet.is_none() && self.sheets < SHEETS_MAX => {
                self.sheets += 1;
                let name = attribute(tag, "table:name").unwrap_or_default();
                *self =
                    Self { sheets: self.sheets, sheet: Some(Sheet::new(&name)), ..Self::default() };
            }
            "table:table-row" if self.sheet.is_some() => {
                self.row_repeats = count(tag, "table:number-rows-repeated");
                self.cells.clear();
                (self.column, self.bytes) = (0, 0);
            }
            "table:table-cell" | "table:covered-table-cell" if self.sheet.is_some() => {
                self.open = Some(Open::of(tag, self.column));
                self.depth = 0;
            }
            _ => {}
        }
    }

    fn text(&mut self, text: &str) {
        if let Some(open) = self.open.as_mut().filter(|open| open.paragraphs > 0)
            && self.skipped.is_none()
            && self.depth > 0
        {
            let room = CELL_BYTES_MAX.saturating_sub(open.text.len());
            open.text.push_str(cut(text, room).0);
        }
    }

    fn end(&mut self, name: &str, book: &mut Book<'_, '_>) -> ControlFlow<()> {
        if self.open.is_some() && self.depth > 0 {
            if self.skipped == Some(self.depth) {
                self.skipped = None;
            }
            self.depth -= 1;
            return ControlFlow::Continue(());
        }
        match name {
            "table:table-cell" | "table:covered-table-cell" => {
                if let Some(open) = self.open.take() {
                    self.close(open);
                }
            }
            "table:table-row" => return self.end_row(book),
            "table:table" => {
                if let Some(mut sheet) = self.sheet.take() {
                    self.stopped = sheet.end(book).is_break();
                    if self.stopped {
                        return ControlFlow::Break(());
                    }
                }
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }

    /// Keeps a cell that holds something, as far as a row may go.
    fn close(&mut self, cell: Open) {
        self.column = self.column.saturating_add(cell.repeats);
        let size = cell.text.len() + cell.value.as_ref().map_or(0, String::len);
        let blank = cell.is_error || size == 0;
        if !blank && self.cells.len() < COLUMNS_MAX && self.bytes < LINE_BYTES_MAX {
            self.bytes += size;
            self.cells.push(cell);
        }
    }

    fn end_row(&mut self, book: &mut Book<'_, '_>) -> ControlFlow<()> {
        let Some(sheet) = self.sheet.as_mut().filter(|_| !self.full) else {
            return ControlFlow::Continue(());
        };
        let repeats = std::mem::take(&mut self.row_repeats);
        let first = self.row;
        self.row = self.row.saturating_add(repeats);
        if self.cells.is_empty() {
            return ControlFlow::Continue(());
        }
        let asked = repeats.saturating_sub(1);
        let further = asked.min(REPEATED_ROWS_MAX - self.repeated);
        self.repeated += further;
        if further < asked {
            let said = Diagnostic::new(
                "read/many-cells",
                format!("a sheet repeats rows more than {REPEATED_ROWS_MAX} times"),
            );
            let place = book.report.place(u64::from(first) + 1, "", 0..0, "not read from here");
            book.report.say(said.at(place));
        }
        for row in first..=first.saturating_add(further) {
            for cell in &self.cells {
                if cell.last_row_further > 0 && row == first {
                    let last_row = row.saturating_add(cell.last_row_further);
                    sheet.merge(Merge { row, last_row, column: cell.column });
                }
                match cell.give(row, sheet, book) {
                    ControlFlow::Continue(()) => {}
                    ControlFlow::Break(Stop::Sheet) => {
                        self.full = true;
                        return ControlFlow::Continue(());
                    }
                    ControlFlow::Break(Stop::Book) => {
                        self.stopped = true;
                        return ControlFlow::Break(());
                    }
                }
            }
        }
        self.cells.clear();
        ControlFlow::Continue(())
    }
}

impl Open {
    fn of(tag: &BytesStart<'_>, column: u32) -> Self {
        let kind = attribute(tag, "office:value-type").unwrap_or_default();
        let value = match kind.as_str() {
            "float" => attribute(tag, "office:value").map(number),
            "date" => attribute(tag, "office:date-value")
                .map(|day| day.split('T').next().unwrap_or_default().to_owned()),
            "boolean" => attribute(tag, "office:boolean-value"),
            "string" => attribute(tag, "office:string-value"),
            _ => None,
        };
        let is_error = attribute(tag, "calcext:value-type").is_some_and(|kind| kind == "error");
        Self {
            column,
            repeats: count(tag, "table:number-columns-repeated"),
            last_row_further: count(tag, "table:number-rows-spanned") - 1,
            formula: attribute(tag, "table:formula").is_some(),
            is_error,
            value: value.map(|value| cut(&value, CELL_BYTES_MAX).0.to_owned()),
            ..Self::default()
        }
    }

    /// Gives the cell as often as it is repeated, as far as a row may go.
    fn give(&self, row: u32, sheet: &mut Sheet, book: &mut Book<'_, '_>) -> ControlFlow<Stop> {
        let text = self.value.as_ref().unwrap_or(&self.text);
        let places = (LINE_BYTES_MAX / text.len().max(1)).min(COLUMNS_MAX);
        let places = u32::try_from(places).unwrap_or(u32::MAX).min(self.repeats);
        for column in self.column..self.column.saturating_add(places) {
            let value = (!text.trim().is_empty()).then(|| text.clone());
            sheet.take(Cell { row, column, value, formula: self.formula }, book)?;
        }
        ControlFlow::Continue(())
    }
}

/// A number as other workbooks give it: `43690`, not `43690.0`.
fn number(text: String) -> String {
    text.parse::<f64>().map_or(text, |number| number.to_string())
}

/// A count that an attribute says; one where it says none.
fn count(tag: &BytesStart<'_>, name: &str) -> u32 {
    attribute(tag, name).and_then(|text| text.parse().ok()).unwrap_or(1).max(1)
}

fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    let mut all = tag.attributes();
    let found =
        all.with_checks(false).flatten().find(|attribute| attribute.key.as_ref() == name)?;
    Some(unescaped(&found.value).into_owned())
}
