//! Workbooks (XLSX, XLSM): every sheet is a table; its header need not be the first row.

use std::io::{self, Cursor, Read, Seek};
use std::ops::ControlFlow;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use calamine::{DataRef, Dimensions, Reader, Xlsx, XlsxCellReader, XlsxError};
use whomade_core::assembly::Sort;
use whomade_core::diagnostic::Diagnostic;

use super::columns::{self, Plan};
use super::container::{self, Container};
use super::days;
use super::records::{COLUMNS_MAX, CellAt, LINE_BYTES_MAX, OwnedRow};
use super::report::{Report, cut};
use super::rows::CELL_BYTES_MAX;
use super::said;
use crate::write::workbook::OUR_SUMMARY;

use super::format::{Format, Input};
use super::{ColumnUse, Options, Understood, Use, rows};

use container::EXPANSION_BYTES_MAX;

/// Cells of one sheet.
pub(crate) const CELLS_MAX: u64 = 50_000_000;

/// Sheets of one workbook.
const SHEETS_MAX: usize = 1000;

/// Merged regions of one sheet.
const MERGES_MAX: usize = 100_000;

/// Rows looked at before the columns are decided.
const SAMPLE_ROWS: usize = 200;

/// What stands between two cells in the text of a row.
const BETWEEN: &str = " | ";

/// Bytes of a workbook that arrives as a stream and has to be kept to be read.
const WORKBOOK_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// A workbook: XLSX or XLSM.
pub(crate) const FORMAT: Format = Format {
    word: "workbook",
    title: "a workbook (XLSX)",
    sort: Sort::Register,
    recognises: |head| {
        [b"PK\x03\x04", b"PK\x05\x06"].iter().any(|sign| head.bytes.starts_with(*sign))
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
    let container = container::look(&mut reader, EXPANSION_BYTES_MAX);
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
    let mut book: Xlsx<R> = guarded(|| Xlsx::new(reader))?;
    let names = book.sheet_names();
    let mut found = Found { mapped: vec![false; options.map.len()], ..Found::default() };
    for name in names.iter().take(SHEETS_MAX) {
        let merges = merges_of(&mut book, name);
        let mut cells = match guarded(|| book.worksheet_cells_reader(name)) {
            Ok(cells) => cells,
            // A sheet of charts has no cells.
            Err(XlsxError::NotAWorksheet(_)) => continue,
            Err(error) => {
                tell_broken(Some(name), &error, report);
                continue;
            }
        };
        let mut sheet = Sheet::new(name, merges);
        let flow = sheet.read(&mut cells, options, &mut found, report);
        report.tick();
        if flow.is_break() {
            break;
        }
    }
    if !found.rows {
        said::tell_empty(report);
        return Ok(());
    }
    columns::tell_unmapped(options, &found.mapped, &found.columns, report);
    if !found.telling {
        let said = Diagnostic::new(
            "read/no-columns",
            "no sheet has a column recognised as label, model, MAC address, serial number or \
             firmware",
        );
        report.say_of_file(said.help("say which is which: --map label=HEADING,model=HEADING"));
    }
    Ok(())
}

/// What was found in any sheet.
#[derive(Default)]
struct Found {
    rows: bool,
    telling: bool,
    mapped: Vec<bool>,
    columns: Vec<ColumnUse>,
}

fn merges_of<R: Read + Seek>(book: &mut Xlsx<R>, name: &str) -> Vec<Dimensions> {
    let mut merges = guarded(|| book.merge_cells_by_sheet_name(name)).unwrap_or_default();
    merges.truncate(MERGES_MAX);
    // Only a merge over several rows gives its value to other rows.
    merges.retain(|merge| merge.end.0 > merge.start.0);
    merges.sort_by_key(|merge| merge.start);
    merges
}

/// A value that a merge gives to the rows below its first.
struct Held {
    column: u32,
    last_row: u32,
    value: String,
}

/// A row while its cells come in.
#[derive(Default)]
struct Cells {
    row: u32,
    values: Vec<(u32, String)>,
    formulas: Vec<u32>,
}

/// One sheet while it is read.
struct Sheet {
    name: Arc<str>,
    merges: Vec<Dimensions>,
    next_merge: usize,
    held: Vec<Held>,
    sample: Vec<(OwnedRow, Vec<u32>)>,
    plan: Option<Plan>,
    header: Option<String>,
    count: u64,
}

impl Sheet {
    fn new(name: &str, merges: Vec<Dimensions>) -> Self {
        Self {
            name: Arc::from(name),
            merges,
            next_merge: 0,
            held: vec![],
            sample: vec![],
            plan: None,
            header: None,
            count: 0,
        }
    }

    fn read<R: Read + Seek>(
        &mut self,
        cells: &mut XlsxCellReader<'_, R>,
        options: &Options,
        found: &mut Found,
        report: &mut Report<'_>,
    ) -> ControlFlow<()> {
        let mut current = Cells::default();
        let mut failed = None;
        loop {
            match guarded(|| cells.next_cell_with_formula_metadata()) {
                Ok(Some(cell)) => {
                    let (row, column) = cell.pos;
                    if row != current.row {
                        self.end_row(&mut current, options, found, report)?;
                        current.row = row;
                    }
                    if !self.counts(column, row, report) {
                        break;
                    }
                    if let Some(value) = text_of(&cell.value) {
                        current.values.push((column, value));
                    }
                    if cell.formula.is_some() {
                        current.formulas.push(column);
                    }
                }
                Ok(None) => break,
                Err(error) => {
                    failed = Some(error);
                    break;
                }
            }
        }
        self.end_row(&mut current, options, found, report)?;
        if self.plan.is_none() && !self.sample.is_empty() {
            self.decide(options, found, report)?;
        }
        if let Some(error) = failed {
            tell_broken(Some(&self.name), &error, report);
        }
        ControlFlow::Continue(())
    }

    /// Counts a cell; `false` when the sheet has more than can be read.
    fn counts(&mut self, column: u32, row: u32, report: &mut Report<'_>) -> bool {
        self.count += 1;
        if self.count > CELLS_MAX {
            let said = Diagnostic::new(
                "read/many-cells",
                format!("the sheet {} has more than {CELLS_MAX} cells", self.name),
            )
            .help("split the workbook");
            report.say(said.at(report.place(u64::from(row) + 1, "", 0..0, "not read from here")));
            return false;
        }
        let inside = (column as usize) < COLUMNS_MAX;
        if !inside && report.wants("read/many-columns") {
            let said = Diagnostic::new(
                "read/many-columns",
                format!("a cell stands beyond column {COLUMNS_MAX}"),
            );
            report.say_counted(said.at(report.place(u64::from(row) + 1, "", 0..0, "")));
        }
        true
    }

    /// A row is complete: merges are filled in, and it is read or kept for the decision.
    fn end_row(
        &mut self,
        current: &mut Cells,
        options: &Options,
        found: &mut Found,
        report: &mut Report<'_>,
    ) -> ControlFlow<()> {
        let mut cells = std::mem::take(current);
        cells.values.retain(|(column, _)| (*column as usize) < COLUMNS_MAX);
        if cells.values.is_empty() {
            return ControlFlow::Continue(());
        }
        found.rows = true;
        self.fill_merges(&mut cells);
        cells.values.sort_by_key(|(column, _)| *column);
        let (row, was_cut) = joined(&cells);
        if was_cut && report.wants("read/long-line") {
            let said = Diagnostic::new("read/long-line", "a row is longer than the limit");
            report.say_counted(said.at(report.place(row.line, &row.text, 0..0, "")));
        }
        if self.plan.is_some() {
            return self.read_row(&row, &cells.formulas, report);
        }
        self.sample.push((row, cells.formulas));
        if self.sample.len() >= SAMPLE_ROWS {
            return self.decide(options, found, report);
        }
        ControlFlow::Continue(())
    }

    /// The value of a merge belongs to each of its rows, in its first column.
    fn fill_merges(&mut self, cells: &mut Cells) {
        let row = cells.row;
        self.held.retain(|held| held.last_row >= row);
        for held in &self.held {
            let blank = cells.values.iter().all(|(column, _)| *column != held.column);
            if blank {
                cells.values.push((held.column, held.value.clone()));
            }
        }
        while let Some(merge) = self.merges.get(self.next_merge).filter(|m| m.start.0 <= row) {
            let value = cells.values.iter().find(|(column, _)| *column == merge.start.1);
            if let Some((column, value)) = value.filter(|_| merge.start.0 == row) {
                let (column, value) = (*column, value.clone());
                self.held.push(Held { column, last_row: merge.end.0, value });
            }
            self.next_merge += 1;
        }
    }

    fn decide(
        &mut self,
        options: &Options,
        found: &mut Found,
        report: &mut Report<'_>,
    ) -> ControlFlow<()> {
        let (sample, formulas): (Vec<OwnedRow>, Vec<Vec<u32>>) =
            std::mem::take(&mut self.sample).into_iter().unzip();
        if sample.first().is_some_and(|row| row.view().value(0) == OUR_SUMMARY) {
            self.plan = Some(Plan::default());
            return ControlFlow::Continue(());
        }
        let plan = columns::plan(&sample, options, report);
        for (known, mapped) in found.mapped.iter_mut().zip(&plan.mapped) {
            *known |= *mapped;
        }
        let telling = columns::tells_something(&plan);
        found.telling |= telling;
        let free = COLUMNS_MAX.saturating_sub(found.columns.len());
        found.columns.extend(plan.columns.iter().take(free).cloned());
        report.understood(Understood {
            format: FORMAT,
            encoding: "UTF-8",
            delimiter: None,
            sheet: Some(self.name.to_string()),
            header_line: plan.header.map(|place| sample[place].line),
            columns: plan.columns.clone(),
        });
        days::tell(&plan, report);
        if telling && plan.header.is_none() {
            let said = Diagnostic::new(
                "read/no-header",
                format!("no row of the sheet {} looks like a header", self.name),
            );
            report.say_of_file(said.note("columns were recognised by content"));
        }
        let body = plan.header.map_or(0, |place| place + 1);
        self.header = plan.header.map(|place| sample[place].text.clone());
        self.plan = Some(plan);
        for (row, formulas) in sample.iter().zip(&formulas).skip(body) {
            self.read_row(row, formulas, report)?;
        }
        ControlFlow::Continue(())
    }

    fn read_row(
        &self,
        row: &OwnedRow,
        formulas: &[u32],
        report: &mut Report<'_>,
    ) -> ControlFlow<()> {
        let Some(plan) = self.plan.as_ref().filter(|plan| columns::tells_something(plan)) else {
            return ControlFlow::Continue(());
        };
        if self.header.as_deref() == Some(row.text.as_str()) {
            return ControlFlow::Continue(());
        }
        let view = row.view();
        for column in formulas {
            let index = *column as usize;
            let used = plan.steps.iter().find(|step| step.index == index);
            if used.is_some_and(|step| step.used_as != Use::Context) && report.wants("read/formula")
            {
                let said = Diagnostic::new(
                    "read/formula",
                    format!("a cell of the sheet {} holds a formula", self.name),
                );
                let place = report.place(row.line, &row.text, view.span(index), "value as stored");
                report.say_counted(said.at(place));
            }
        }
        match rows::device_of(&view, plan, Some(&self.name), report) {
            Some(device) => report.device(device),
            None => ControlFlow::Continue(()),
        }
    }
}

/// A row as text, its cells parted, and whether some did not fit.
fn joined(cells: &Cells) -> (OwnedRow, bool) {
    let mut row = OwnedRow { line: u64::from(cells.row) + 1, ..OwnedRow::default() };
    let mut was_cut = false;
    for (column, value) in &cells.values {
        let index = *column as usize;
        // Two cells that claim one place: the first stands.
        if index < row.cells.len() {
            continue;
        }
        while row.cells.len() <= index {
            if !row.cells.is_empty() {
                row.text.push_str(BETWEEN);
            }
            let at = row.text.len();
            row.cells.push(CellAt { start: at, end: at, loose: None });
        }
        let room = LINE_BYTES_MAX.saturating_sub(row.text.len());
        let (value, shortened) = cut(value, room.min(CELL_BYTES_MAX));
        was_cut |= shortened;
        row.text.push_str(value);
        row.cells[index].end = row.text.len();
    }
    (row, was_cut)
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
        Container::Encrypted => {
            Diagnostic::new("read/encrypted", "the workbook is protected with a password")
                .help("open it and save a copy without a password")
        }
        Container::Other(what) => {
            Diagnostic::new("read/unknown-format", format!("the content is {what}"))
                .help("save the sheet as XLSX or CSV")
        }
        Container::Broken(why) => broken(None, why),
        Container::Workbook => broken(None, "it cannot be read twice"),
    };
    report.say_of_file(said);
}

fn tell_broken(sheet: Option<&str>, error: &XlsxError, report: &mut Report<'_>) {
    let said = match error {
        XlsxError::Password => tell_password(),
        error => broken(sheet, &error.to_string()),
    };
    report.say_of_file(said);
}

fn tell_password() -> Diagnostic {
    Diagnostic::new("read/encrypted", "the workbook is protected with a password")
        .help("open it and save a copy without a password")
}

fn broken(sheet: Option<&str>, why: &str) -> Diagnostic {
    let what = sheet.map_or("the workbook".to_owned(), |sheet| format!("the sheet {sheet}"));
    Diagnostic::new("read/broken-workbook", format!("{what} cannot be read: {why}"))
        .help("open it in the program that made it and save it again")
}
