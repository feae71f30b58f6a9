//! Workbooks: XLSX and XLSM here, and the way to the readers of ODS and of old XLS.

use std::io::{self, Cursor, Read, Seek};
use std::ops::ControlFlow;
use std::panic::AssertUnwindSafe;

use calamine::{DataRef, Reader, Xlsx, XlsxCellReader, XlsxError};
use whomade_core::assembly::Sort;
use whomade_core::diagnostic::Diagnostic;

use super::Options;
use super::container::{self, Container, EXPANSION_BYTES_MAX};
use super::format::{Format, Input};
use super::report::Report;
use super::sheet::{Book, Cell, Merge, Sheet, Stop};
use super::{ods, said, xls, zipped};

/// Sheets of one workbook.
pub(crate) const SHEETS_MAX: usize = 1000;

/// Bytes of a workbook that arrives as a stream and has to be kept to be read.
pub(super) const WORKBOOK_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// The sign of an office file of before 2007, and of an encrypted one of after.
const OLE: [u8; 4] = [0xD0, 0xCF, 0x11, 0xE0];

/// A workbook: XLSX, XLSM, ODS or XLS.
pub(crate) const FORMAT: Format = Format {
    word: "workbook",
    title: "a workbook (XLSX, XLS, ODS)",
    sort: Sort::Register,
    recognises: |head| {
        let signs = [b"PK\x03\x04", b"PK\x05\x06", &OLE];
        signs.iter().any(|sign| head.bytes.starts_with(*sign))
    },
    read,
};

/// Reads every sheet of a workbook.
fn read(mut input: Input<'_>, report: &mut Report<'_>) {
    let options = input.options;
    // An unpacked file can be read in place; anything else has to be kept.
    if let Some(mut file) = input.file.take()
        && file.rewind().is_ok()
    {
        read_book(io::BufReader::new(file), options, report);
        return;
    }
    match input.whole(WORKBOOK_BYTES_MAX) {
        Ok(Some(bytes)) => read_book(Cursor::new(bytes), options, report),
        Ok(None) => {
            let said = Diagnostic::new(
                "read/bomb",
                format!("the workbook is larger than {WORKBOOK_BYTES_MAX} bytes"),
            );
            report.say_of_file(said.help("save it unpacked and name the file"));
        }
        Err(error) => said::tell_read_error(&error, report),
    }
}

fn read_book<R: Read + Seek>(mut reader: R, options: &Options, report: &mut Report<'_>) {
    let mut sign = [0; OLE.len()];
    if reader.read_exact(&mut sign).is_ok() && sign == OLE {
        xls::read(reader, options, report);
        return;
    }
    if reader.rewind().is_err() {
        tell_container(&Container::Workbook, report);
        return;
    }
    let container = container::look(&mut reader, EXPANSION_BYTES_MAX);
    if container == Container::OpenDocument {
        ods::read(reader, options, report);
        return;
    }
    if container == Container::Archive {
        zipped::read(reader, options, report);
        return;
    }
    if container != Container::Workbook || reader.rewind().is_err() {
        tell_container(&container, report);
        return;
    }
    if let Err(error) = read_sheets(reader, options, report) {
        tell_broken(None, &error, report);
    }
}

/// Calls the library. What it does over a hostile file must not end the program: a panic in it is
/// a broken workbook, and what was read until then stays read.
fn guarded<T>(call: impl FnOnce() -> Result<T, XlsxError>) -> Result<T, XlsxError> {
    std::panic::catch_unwind(AssertUnwindSafe(call))
        .unwrap_or(Err(XlsxError::Unexpected("a number out of range")))
}

fn read_sheets<R: Read + Seek>(
    reader: R,
    options: &Options,
    report: &mut Report<'_>,
) -> Result<(), XlsxError> {
    let mut xlsx: Xlsx<R> = guarded(|| Xlsx::new(reader))?;
    let names = xlsx.sheet_names();
    let mut book = Book::new(options, report);
    for name in names.iter().take(SHEETS_MAX) {
        let mut sheet = Sheet::new(name);
        merges_of(&mut xlsx, name).into_iter().for_each(|merge| sheet.merge(merge));
        let mut cells = match guarded(|| xlsx.worksheet_cells_reader(name)) {
            Ok(cells) => cells,
            // A sheet of charts has no cells.
            Err(XlsxError::NotAWorksheet(_)) => continue,
            Err(error) => {
                tell_broken(Some(name), &error, book.report);
                continue;
            }
        };
        let failed = match read_cells(&mut cells, &mut sheet, &mut book) {
            Ok(Some(Stop::Book)) => break,
            Ok(_) => None,
            Err(error) => Some(error),
        };
        if sheet.end(&mut book).is_break() {
            break;
        }
        if let Some(error) = failed {
            tell_broken(Some(name), &error, book.report);
        }
    }
    book.end();
    Ok(())
}

/// Gives the cells of a sheet on; what stopped it, if it was not its end.
fn read_cells<R: Read + Seek>(
    cells: &mut XlsxCellReader<'_, R>,
    sheet: &mut Sheet,
    book: &mut Book<'_, '_>,
) -> Result<Option<Stop>, XlsxError> {
    while let Some(cell) = guarded(|| cells.next_cell_with_formula_metadata())? {
        let (row, column) = cell.pos;
        let (value, formula) = (text_of(&cell.value), cell.formula.is_some());
        if let ControlFlow::Break(stop) = sheet.take(Cell { row, column, value, formula }, book) {
            return Ok(Some(stop));
        }
    }
    Ok(None)
}

fn merges_of<R: Read + Seek>(book: &mut Xlsx<R>, name: &str) -> Vec<Merge> {
    let mut merges = guarded(|| book.merge_cells_by_sheet_name(name)).unwrap_or_default();
    merges.sort_by_key(|merge| merge.start);
    let merges = merges.into_iter().map(|merge| Merge {
        row: merge.start.0,
        last_row: merge.end.0,
        column: merge.start.1,
    });
    merges.collect()
}

/// The text of a cell as its user reads it; none when it is empty or an error.
fn text_of(value: &DataRef<'_>) -> Option<String> {
    let text = match value {
        DataRef::Empty | DataRef::Error(_) => return None,
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => number.to_string(),
        DataRef::Bool(yes) => yes.to_string(),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
            text.clone()
        }
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::DateTime(when) if when.is_datetime() => match day_of(when) {
            Some(day) => day.to_string(),
            None => when.as_f64().to_string(),
        },
        DataRef::DateTime(when) => when.as_f64().to_string(),
    };
    (!text.trim().is_empty()).then_some(text)
}

/// The day, by whichever of its two calendars the workbook counts.
fn day_of(when: &calamine::ExcelDateTime) -> Option<jiff::civil::Date> {
    let (year, month, day, ..) = when.to_ymd_hms_milli();
    let (year, month, day) = (i16::try_from(year), i8::try_from(month), i8::try_from(day));
    jiff::civil::Date::new(year.ok()?, month.ok()?, day.ok()?).ok()
}

fn tell_container(container: &Container, report: &mut Report<'_>) {
    let said = match container {
        Container::Bomb(why) => {
            Diagnostic::new("read/bomb", format!("{why}, and was not read further"))
                .help("if the workbook is honest, save its sheets as CSV")
        }
        Container::Encrypted => password(),
        Container::Other(what) => {
            Diagnostic::new("read/unknown-format", format!("the content is {what}"))
                .help("save the sheet as XLSX or CSV")
        }
        Container::Broken(why) => broken(None, why),
        Container::Workbook | Container::OpenDocument | Container::Archive => {
            broken(None, "it cannot be read twice")
        }
    };
    report.say_of_file(said);
}

fn tell_broken(sheet: Option<&str>, error: &XlsxError, report: &mut Report<'_>) {
    let said = match error {
        XlsxError::Password => password(),
        error => broken(sheet, &error.to_string()),
    };
    report.say_of_file(said);
}

/// That a workbook is protected.
pub(crate) fn password() -> Diagnostic {
    Diagnostic::new("read/encrypted", "the workbook is protected with a password")
        .help("open it and save a copy without a password")
}

/// That a workbook, or one sheet of it, cannot be read.
pub(crate) fn broken(sheet: Option<&str>, why: &str) -> Diagnostic {
    let what = sheet.map_or("the workbook".to_owned(), |sheet| format!("the sheet {sheet}"));
    Diagnostic::new("read/broken-workbook", format!("{what} cannot be read: {why}"))
        .help("open it in the program that made it and save it again")
}
