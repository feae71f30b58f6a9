//! A sheet of a workbook while its cells come in, whatever the workbook is written in: every sheet
//! is a table, and its header need not be the first row.

use std::ops::ControlFlow;
use std::sync::Arc;

use whomade_core::diagnostic::Diagnostic;

use super::columns::{self, Plan};
use super::records::{COLUMNS_MAX, CellAt, LINE_BYTES_MAX, OwnedRow};
use super::report::{Report, cut};
use super::rows::{self, CELL_BYTES_MAX};
use super::{ColumnUse, Options, Understood, Use, days, said, workbook};
use crate::write::workbook::is_ours;

/// Cells of one sheet.
pub(crate) const CELLS_MAX: u64 = 50_000_000;

/// Merged regions of one sheet.
pub(crate) const MERGES_MAX: usize = 100_000;

/// Rows looked at before the columns are decided.
const SAMPLE_ROWS: usize = 200;

/// Bytes of rows looked at before the columns are decided.
const SAMPLE_BYTES: usize = 16 << 20;

/// Bytes of all values that merges hold for rows below.
const HELD_BYTES_MAX: usize = LINE_BYTES_MAX;

/// What stands between two cells in the text of a row.
const BETWEEN: &str = " | ";

/// A workbook while its sheets are read.
pub(crate) struct Book<'a, 'r> {
    options: &'a Options,
    found: Found,
    /// Where its devices go.
    pub(crate) report: &'a mut Report<'r>,
}

/// What ends the reading.
pub(crate) enum Stop {
    /// The sheet holds more than can be read.
    Sheet,
    /// Nobody wants more.
    Book,
}

/// A cell.
pub(crate) struct Cell {
    /// Its row, counted from 0.
    pub(crate) row: u32,
    /// Its column, counted from 0.
    pub(crate) column: u32,
    /// Its text as its user reads it; none when it is empty or an error.
    pub(crate) value: Option<String>,
    /// Whether it holds a formula.
    pub(crate) formula: bool,
}

/// A region over several rows whose first cell speaks for all of them.
pub(crate) struct Merge {
    /// Its first row, counted from 0.
    pub(crate) row: u32,
    /// Its last row.
    pub(crate) last_row: u32,
    /// Its first column.
    pub(crate) column: u32,
}

/// What was found in any sheet.
#[derive(Default)]
struct Found {
    rows: bool,
    telling: bool,
    mapped: Vec<bool>,
    columns: Vec<ColumnUse>,
}

impl<'a, 'r> Book<'a, 'r> {
    /// A workbook of which nothing is read yet.
    pub(crate) fn new(options: &'a Options, report: &'a mut Report<'r>) -> Self {
        let found = Found { mapped: vec![false; options.map.len()], ..Found::default() };
        Self { options, found, report }
    }

    /// Says what came to light about the workbook as a whole, once its sheets are read.
    pub(crate) fn end(&mut self) {
        if !self.found.rows {
            said::tell_empty(self.report);
            return;
        }
        let found = &self.found;
        columns::tell_unmapped(self.options, &found.mapped, &found.columns, self.report);
        if !found.telling {
            let said = Diagnostic::new(
                "read/no-columns",
                "no sheet has a column recognised as label, model, MAC address, serial number or \
                 firmware",
            );
            let help = "say which is which: --map label=HEADING,model=HEADING";
            self.report.say_of_file(said.help(help));
        }
    }
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
    /// Bytes of the values.
    bytes: usize,
    /// Whether more stood there than a row may hold.
    long: bool,
}

impl Cells {
    /// Keeps a cell, as far as a row may go: a row can claim its cells again and again, and one
    /// text of the table of strings as often.
    fn keep(&mut self, cell: Cell) {
        if cell.formula && self.formulas.len() < COLUMNS_MAX {
            self.formulas.push(cell.column);
        }
        let Some(mut value) = cell.value else { return };
        if self.bytes > LINE_BYTES_MAX || self.values.len() >= COLUMNS_MAX {
            self.long = true;
            return;
        }
        value.truncate(cut(&value, CELL_BYTES_MAX).0.len());
        self.bytes += value.len();
        self.values.push((cell.column, value));
    }
}

/// One sheet while it is read.
pub(crate) struct Sheet {
    name: Arc<str>,
    current: Cells,
    merges: Vec<Merge>,
    next_merge: usize,
    held: Vec<Held>,
    sample: Vec<(OwnedRow, Vec<u32>)>,
    sample_bytes: usize,
    plan: Option<Plan>,
    header: Option<String>,
    count: u64,
}

impl Sheet {
    /// A sheet of that name of which no cell is read yet.
    pub(crate) fn new(name: &str) -> Self {
        Self {
            name: Arc::from(name),
            current: Cells::default(),
            merges: vec![],
            next_merge: 0,
            held: vec![],
            sample: vec![],
            sample_bytes: 0,
            plan: None,
            header: None,
            count: 0,
        }
    }

    /// Takes a merged region, in the order of their rows and before the row after its first.
    pub(crate) fn merge(&mut self, merge: Merge) {
        // Only a merge over several rows gives its value to other rows.
        if merge.last_row > merge.row && self.merges.len() < MERGES_MAX {
            self.merges.push(merge);
        }
    }

    /// Takes the next cell, in the order of their rows.
    pub(crate) fn take(&mut self, cell: Cell, book: &mut Book<'_, '_>) -> ControlFlow<Stop> {
        if cell.row != self.current.row {
            if self.end_row(book).is_break() {
                return ControlFlow::Break(Stop::Book);
            }
            self.current.row = cell.row;
        }
        if !self.counts(cell.column, cell.row, book.report) {
            return ControlFlow::Break(Stop::Sheet);
        }
        self.current.keep(cell);
        ControlFlow::Continue(())
    }

    /// All its cells are taken.
    pub(crate) fn end(&mut self, book: &mut Book<'_, '_>) -> ControlFlow<()> {
        self.end_row(book)?;
        if self.plan.is_none() && !self.sample.is_empty() {
            self.decide(book)?;
        }
        book.report.tick();
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
    fn end_row(&mut self, book: &mut Book<'_, '_>) -> ControlFlow<()> {
        let mut cells = std::mem::take(&mut self.current);
        cells.values.retain(|(column, _)| (*column as usize) < COLUMNS_MAX);
        if cells.values.is_empty() {
            return ControlFlow::Continue(());
        }
        book.found.rows = true;
        self.fill_merges(&mut cells);
        cells.values.sort_by_key(|(column, _)| *column);
        let (row, was_cut) = joined(&cells);
        if (was_cut || cells.long) && book.report.wants("read/long-line") {
            let said = Diagnostic::new("read/long-line", "a row is longer than the limit");
            // Which of its cells nobody may see is not known yet.
            let place = book.report.place(row.line, "", 0..0, "");
            book.report.say_counted(said.at(place));
        }
        if self.plan.is_some() {
            return self.read_row(&row, &cells.formulas, book.report);
        }
        self.sample_bytes += row.text.len();
        self.sample.push((row, cells.formulas));
        if self.sample.len() >= SAMPLE_ROWS || self.sample_bytes > SAMPLE_BYTES {
            return self.decide(book);
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
        while let Some(merge) = self.merges.get(self.next_merge).filter(|m| m.row <= row) {
            let value = cells.values.iter().find(|(column, _)| *column == merge.column);
            if let Some((column, value)) = value.filter(|_| merge.row == row) {
                let (column, value) = (*column, value.clone());
                self.held.retain(|held| held.column != column);
                let bytes: usize = self.held.iter().map(|held| held.value.len()).sum();
                if bytes + value.len() <= HELD_BYTES_MAX {
                    self.held.push(Held { column, last_row: merge.last_row, value });
                }
            }
            self.next_merge += 1;
        }
    }

    fn decide(&mut self, book: &mut Book<'_, '_>) -> ControlFlow<()> {
        let Book { options, found, report } = book;
        let (sample, formulas): (Vec<OwnedRow>, Vec<Vec<u32>>) =
            std::mem::take(&mut self.sample).into_iter().unzip();
        if sample.first().is_some_and(|row| is_ours(row.view().value(0))) {
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
            format: workbook::FORMAT,
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
                let text = rows::masked(&view, &plan.secrets);
                let place = report.place(row.line, &text, view.span(index), "value as stored");
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
