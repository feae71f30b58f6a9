//! Workbooks: the user's own with columns added, or a new one.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, Write};
use std::path::{Path, PathBuf};

use quick_xml::Reader;
use quick_xml::events::Event;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, XlsxError};
use zip::{ZipArchive, ZipWriter};

use super::csv::cell_safe;
use super::printed::printed;
use super::sheet;
use super::xlsx::FIRST_HEADINGS;

/// Rows of a sheet.
pub const SHEET_ROWS_MAX: u32 = 1_048_576;

/// Characters of a cell.
const CELL_CHARS_MAX: usize = 32_767;

/// Bytes of one part that is rewritten.
const PART_BYTES_MAX: u64 = crate::read::EXPANSION_BYTES_MAX;

/// The widest column, in characters, so that one long text does not push all else away.
const WIDTH_MAX: usize = 60;

/// Columns to add to one sheet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SheetColumns {
    /// The name of the sheet.
    pub sheet: String,
    /// The row of its header, counted from 1, if it has one.
    pub header_row: Option<u64>,
    /// What is written in the header row.
    pub headings: Vec<String>,
    /// Rows, counted from 1, and what is written in each; an empty text writes no cell.
    pub rows: Vec<(u64, Vec<String>)>,
}

/// A new workbook.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewWorkbook {
    /// The name of the first sheet.
    pub sheet: String,
    /// Its headings: the user's columns, then ours.
    pub headings: Vec<String>,
    /// How many of the headings are the user's.
    pub theirs: usize,
    /// The rows of the second sheet.
    pub summary: Vec<Vec<String>>,
}

/// Why a workbook could not be written.
#[derive(Debug)]
pub enum WriteError {
    /// The system says no.
    Io(io::Error),
    /// The input is no workbook that can be added to; why.
    Broken(String),
    /// The workbook has no sheet of that name.
    NoSheet(String),
    /// The sheet of that name has no columns left.
    NoRoom(String),
    /// There are more rows than a sheet holds.
    TooManyRows,
    /// What is called so is a pipe, a device or a folder.
    NoFile,
}

impl std::fmt::Display for WriteError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Io(error) => write!(out, "{error}"),
            Self::Broken(why) => write!(out, "the workbook cannot be added to: {why}"),
            Self::NoSheet(name) => write!(out, "the workbook has no sheet {name:?}"),
            Self::NoRoom(name) => write!(out, "the sheet {name:?} has no columns left"),
            Self::NoFile => out.write_str("there is no file of that name, but something else"),
            Self::TooManyRows => write!(out, "a sheet holds {SHEET_ROWS_MAX} rows and no more"),
        }
    }
}

impl std::error::Error for WriteError {}

impl From<io::Error> for WriteError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<zip::result::ZipError> for WriteError {
    fn from(error: zip::result::ZipError) -> Self {
        Self::Broken(error.to_string())
    }
}

impl From<XlsxError> for WriteError {
    fn from(error: XlsxError) -> Self {
        Self::Broken(error.to_string())
    }
}

/// Gives the user's workbook back with our columns right of the used range of its sheets.
///
/// Every other part is copied as it is packed, and in the sheets concerned every byte of the
/// user's cells, styles and formulas stays. What is written are strings that no spreadsheet
/// runs. Returned is the first new column of each entry of `sheets`, counted from 1. `output` may
/// be the input: it is replaced only when all went well.
///
/// # Errors
/// When the input is no workbook, a sheet is missing or full, or the output cannot be written.
pub fn append_columns(
    input: &Path,
    output: &Path,
    sheets: &[SheetColumns],
) -> Result<Vec<u32>, WriteError> {
    // To take the place of a pipe or a device would be the end of it.
    if std::fs::metadata(output).is_ok_and(|seen| !seen.is_file()) {
        return Err(WriteError::NoFile);
    }
    let part = part_of(output);
    let result = append_to(input, &part, sheets)
        .and_then(|first| std::fs::rename(&part, output).map(|()| first).map_err(Into::into));
    if result.is_err() {
        // The message about what went wrong matters; a rest that cannot be removed does not.
        let _ = std::fs::remove_file(&part);
    }
    result
}

/// Where the output is written before it is whole.
fn part_of(output: &Path) -> PathBuf {
    let mut name = output.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    output.with_file_name(name)
}

/// That a workbook of another form is read and cannot be added to.
fn other_form(form: &str) -> WriteError {
    WriteError::Broken(format!("it is an {form}; save it as XLSX and screen that"))
}

/// Whether a file is a workbook of before 2007: it begins as an office file of that time.
fn is_old(input: &Path) -> io::Result<bool> {
    let mut start = vec![];
    File::open(input)?.take(4).read_to_end(&mut start)?;
    Ok(start == [0xD0, 0xCF, 0x11, 0xE0])
}

fn append_to(input: &Path, part: &Path, sheets: &[SheetColumns]) -> Result<Vec<u32>, WriteError> {
    if is_old(input)? {
        return Err(other_form("XLS"));
    }
    let mut archive = ZipArchive::new(BufReader::new(File::open(input)?))?;
    // No XLSX has such a part; of what is read, only an ODS has.
    if archive.index_for_name("mimetype").is_some() {
        return Err(other_form("ODS"));
    }
    let parts = sheet_parts(&mut archive)?;
    let mut wanted = vec![];
    for ours in sheets {
        let found = parts.iter().find(|(name, _)| *name == ours.sheet);
        let (_, path) = found.ok_or_else(|| WriteError::NoSheet(ours.sheet.clone()))?;
        wanted.push(path.clone());
    }
    let mut firsts = vec![0; sheets.len()];
    let mut writer = ZipWriter::new(BufWriter::new(File::create(part)?));
    for index in 0..archive.len() {
        let name = archive.by_index_raw(index)?.name_raw().to_vec();
        let ours = wanted.iter().position(|path| path.as_bytes() == name);
        let Some(ours) = ours else {
            writer.raw_copy_file(archive.by_index_raw(index)?)?;
            continue;
        };
        let mut entry = archive.by_index(index)?;
        let options = entry.options();
        let mut xml = vec![];
        entry.by_ref().take(PART_BYTES_MAX).read_to_end(&mut xml)?;
        drop(entry);
        if xml.starts_with(&[0xFF, 0xFE]) || xml.starts_with(&[0xFE, 0xFF]) {
            return Err(WriteError::Broken("its sheets are UTF-16".to_owned()));
        }
        let (new, first) = sheet::with_columns(&xml, &sheets[ours])?;
        firsts[ours] = first;
        writer.start_file(wanted[ours].as_str(), options)?;
        writer.write_all(&new)?;
    }
    writer.finish()?.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
    Ok(firsts)
}

/// The sheets' names and the parts in which they stand.
fn sheet_parts<R: Read + Seek>(
    archive: &mut ZipArchive<R>,
) -> Result<Vec<(String, String)>, WriteError> {
    let book = text_part(archive, "xl/workbook.xml")?;
    let relations = text_part(archive, "xl/_rels/workbook.xml.rels")?;
    let targets = elements(&relations, "Relationship", &["Id", "Target"])?;
    let mut parts = vec![];
    for [name, id] in elements(&book, "sheet", &["name", "id"])? {
        let target = targets.iter().find(|[known, _]| *known == id).map(|[_, target]| target);
        if let Some(target) = target {
            let path = match target.strip_prefix('/') {
                Some(whole) => whole.to_owned(),
                None => format!("xl/{}", target.trim_start_matches("./")),
            };
            parts.push((name, path));
        }
    }
    Ok(parts)
}

fn text_part<R: Read + Seek>(
    archive: &mut ZipArchive<R>,
    name: &str,
) -> Result<String, WriteError> {
    let mut text = String::new();
    archive.by_name(name)?.take(PART_BYTES_MAX).read_to_string(&mut text)?;
    Ok(text)
}

/// Two attributes of every element of a name, whatever their prefix.
fn elements(xml: &str, element: &str, names: &[&str; 2]) -> Result<Vec<[String; 2]>, WriteError> {
    let mut reader = Reader::from_str(xml);
    let mut all = vec![];
    loop {
        match reader.read_event().map_err(|error| WriteError::Broken(error.to_string()))? {
            Event::Start(found) | Event::Empty(found) if found.local_name().as_ref() == element => {
                let mut values = [String::new(), String::new()];
                for attribute in found.attributes().with_checks(false).flatten() {
                    let key = attribute.key.local_name();
                    if let Some(at) = names.iter().position(|name| *name == key.as_ref()) {
                        values[at] = crate::read::unescape(attribute.value.as_ref());
                    }
                }
                all.push(values);
            }
            Event::Eof => return Ok(all),
            _ => {}
        }
    }
}

/// Writes a new workbook: a sheet with frozen, filtered headings and a sheet “Summary”.
///
/// All cells are text that no spreadsheet runs. The file is the same for the same input: no clock
/// is read.
///
/// # Errors
/// When there are more rows than a sheet holds, a name is no sheet's name, or the output cannot be
/// written.
pub fn new_workbook<'r>(
    output: &Path,
    book: &NewWorkbook,
    rows: impl IntoIterator<Item = &'r [String]>,
) -> Result<(), WriteError> {
    let mut workbook = Workbook::new();
    // Without this the library would write the time of day.
    let day = ExcelDateTime::from_ymd(2000, 1, 1)?;
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&day));
    let theirs = Format::new().set_bold().set_background_color(0x00E7_E6E6);
    let ours = Format::new().set_bold().set_background_color(0x00DD_EBF7);
    let sheet = workbook.add_worksheet();
    sheet.set_name(sheet_name(&book.sheet))?;
    let mut widths = vec![];
    for (column, heading) in (0_u16..).zip(&book.headings) {
        let format = if usize::from(column) < book.theirs { &theirs } else { &ours };
        let text = fitting(heading);
        sheet.write_string_with_format(0, column, &text, format)?;
        widths.push(text.chars().count() + 3);
    }
    let mut last = 0;
    for (row, cells) in (1_u32..).zip(rows) {
        if row >= SHEET_ROWS_MAX {
            return Err(WriteError::TooManyRows);
        }
        last = row;
        for (column, cell) in (0_u16..).zip(cells) {
            if cell.is_empty() {
                continue;
            }
            let text = fitting(cell);
            if let Some(width) = widths.get_mut(usize::from(column)) {
                *width = (*width).max(text.chars().count() + 1);
            }
            sheet.write_string(row, column, text)?;
        }
    }
    for (column, width) in (0_u16..).zip(&widths) {
        let width = u16::try_from((*width).min(WIDTH_MAX)).unwrap_or(u16::MAX);
        sheet.set_column_width(column, f64::from(width))?;
    }
    sheet.set_freeze_panes(1, 0)?;
    sheet.set_repeat_rows(0, 0)?;
    printed(sheet, chars(&widths))?;
    if let Some(column) = u16::try_from(book.headings.len()).ok().and_then(|n| n.checked_sub(1)) {
        sheet.autofilter(0, 0, last, column)?;
    }
    write_summary(&mut workbook, &book.summary)?;
    workbook.save(output)?;
    Ok(())
}

/// What the sheet of counts begins with, so that it is not read as an estate when the workbook
/// comes back.
pub(crate) const OUR_SUMMARY: &str = "whomade: summary";

/// Whether a sheet that begins so is one of ours: a result, and no estate.
pub(crate) fn is_ours(first: &str) -> bool {
    first == OUR_SUMMARY || FIRST_HEADINGS.contains(&first)
}

fn write_summary(workbook: &mut Workbook, rows: &[Vec<String>]) -> Result<(), WriteError> {
    let sheet = workbook.add_worksheet();
    sheet.set_name("Summary")?;
    sheet.write_string(0, 0, OUR_SUMMARY)?;
    let mut widths: Vec<usize> = vec![];
    for (row, cells) in (2_u32..).zip(rows) {
        for (column, cell) in (0_u16..).zip(cells) {
            let text = fitting(cell);
            let place = usize::from(column);
            widths.resize(widths.len().max(place + 1), 8);
            widths[place] = widths[place].max(text.chars().count() + 1);
            // Counts are numbers, so that a reader can add them up.
            match cell.parse::<u32>() {
                Ok(count) => sheet.write_number(row, column, f64::from(count))?,
                Err(_) => sheet.write_string(row, column, text)?,
            };
        }
    }
    for (column, width) in (0_u16..).zip(&widths) {
        let width = u16::try_from((*width).min(WIDTH_MAX)).unwrap_or(u16::MAX);
        sheet.set_column_width(column, f64::from(width))?;
    }
    printed(sheet, chars(&widths))?;
    Ok(())
}

/// How many characters all columns together are wide.
fn chars(widths: &[usize]) -> u32 {
    let all = widths.iter().map(|width| (*width).min(WIDTH_MAX)).sum::<usize>();
    u32::try_from(all).unwrap_or(u32::MAX)
}

/// A cell's text, safe and no longer than a cell holds.
pub(super) fn fitting(text: &str) -> String {
    cell_safe(text)
        .chars()
        .filter(|c| !matches!(c, '\u{FFFE}' | '\u{FFFF}'))
        .take(CELL_CHARS_MAX)
        .collect()
}

/// A name that a sheet may have: 31 characters, none of those that Excel keeps to itself.
fn sheet_name(name: &str) -> String {
    let name: String = name
        .chars()
        .filter(|c| !c.is_control() && !matches!(c, '[' | ']' | ':' | '*' | '?' | '/' | '\\'))
        .take(31)
        .collect();
    let name = name.trim_matches(['\'', ' ']);
    if name.is_empty() || name.eq_ignore_ascii_case("summary") {
        "Devices".to_owned()
    } else {
        name.to_owned()
    }
}
