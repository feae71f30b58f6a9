//! `--xlsx`: the user's own workbook back, columns untouched, ours appended; for text tables a
//! new workbook with their columns and ours.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use whomade_core::kb::Base;
use whomade_formats::read::Understood;
use whomade_formats::write::csv::split_record;
use whomade_formats::write::workbook::{NewWorkbook, SheetColumns, append_columns, new_workbook};

use crate::render::csv::{
    COLUMNS, cells, estate_cells, estate_headings, ruling_cells, ruling_headings,
};
use crate::run::servers::is_server;
use crate::saved::cannot_write;
use whomade_inquiry::asking::Asked;
use whomade_inquiry::worker::Found;

/// What is appended, gathered while devices pass by.
#[derive(Debug)]
pub(crate) struct Appended {
    input: PathBuf,
    sheets: Vec<SheetColumns>,
    table: Option<NewTable>,
    /// Our headings, the same over every sheet.
    headings: Vec<String>,
}

#[derive(Debug)]
struct NewTable {
    headings: Vec<String>,
    delimiter: Option<u8>,
    rows: Vec<(Vec<String>, Vec<String>)>,
}

impl Appended {
    /// For one file: a workbook cannot give two files back.
    ///
    /// # Errors
    /// When there are several files, or standard input.
    pub(crate) fn new(files: &[PathBuf], asked: &Asked) -> Result<Self> {
        let ours = COLUMNS.iter().map(|name| (*name).to_owned());
        let ours = ours.chain(ruling_headings(asked)).chain(estate_headings(asked));
        let headings = ours.map(|name| format!("whomade: {name}")).collect();
        match files {
            [file] if is_server(file) => bail!("--xlsx gives a file back; a server is none"),
            [file] if file != Path::new("-") => {
                Ok(Self { input: file.clone(), sheets: Vec::new(), table: None, headings })
            }
            [_] => bail!("--xlsx gives a file back; standard input is none"),
            _ => bail!("--xlsx gives one file back; screen the files one by one"),
        }
    }

    /// A sheet or table begins.
    pub(crate) fn understood(&mut self, seen: &Understood) {
        if let Some(sheet) = &seen.sheet {
            self.sheets.push(SheetColumns {
                sheet: sheet.clone(),
                header_row: seen.header_line,
                headings: self.headings.clone(),
                rows: Vec::new(),
            });
        } else {
            let headings = seen.columns.iter().map(|column| column.header.clone()).collect();
            self.table = Some(NewTable { headings, delimiter: seen.delimiter, rows: Vec::new() });
        }
    }

    /// Takes a device.
    pub(crate) fn device(&mut self, base: &Base, asked: &Asked, found: &Found) {
        let mut ours = cells(base, found, found.suggestions()).to_vec();
        ours.extend(ruling_cells(found));
        ours.extend(estate_cells(asked, found, None));
        let record = &found.device.record;
        if let Some(sheet) = record.sheet.as_deref() {
            if let Some(columns) = self.sheets.iter_mut().find(|one| one.sheet == sheet) {
                columns.rows.push((record.line, ours));
            }
        } else if let Some(table) = &mut self.table {
            let theirs = match table.delimiter {
                Some(delimiter) => split_record(&record.text, delimiter),
                None => vec![record.text.clone()],
            };
            table.rows.push((theirs, ours));
        }
    }

    /// Writes the workbook.
    ///
    /// # Errors
    /// When the input cannot be added to or the output cannot be written.
    pub(crate) fn write(self, output: &Path, summary: &[Vec<String>]) -> Result<()> {
        let what = || cannot_write(output);
        let sheets: Vec<SheetColumns> =
            self.sheets.into_iter().filter(|sheet| !sheet.rows.is_empty()).collect();
        if !sheets.is_empty() {
            append_columns(&self.input, output, &sheets).with_context(what)?;
            return Ok(());
        }
        let Some(table) = self.table else { bail!("there was no table to give back") };
        let theirs = table.rows.iter().map(|(cells, _)| cells.len()).max().unwrap_or(0);
        let theirs = theirs.max(table.headings.len());
        let mut headings = table.headings;
        headings.resize(theirs, String::new());
        headings.extend(self.headings);
        let rows: Vec<Vec<String>> = table
            .rows
            .into_iter()
            .map(|(mut row, ours)| {
                row.resize(theirs, String::new());
                row.extend(ours);
                row
            })
            .collect();
        let book =
            NewWorkbook { sheet: "Estate".to_owned(), headings, theirs, summary: summary.to_vec() };
        new_workbook(output, &book, rows.iter().map(Vec::as_slice)).with_context(what)
    }
}
