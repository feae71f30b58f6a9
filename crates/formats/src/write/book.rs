//! A workbook of several sheets, written row by row however many there are: a row that was written
//! is held no longer. Headings are frozen and filtered, numbers and days are what they are, words
//! that weigh are coloured, and a sheet that is full goes on in another one.
//!
//! Text is text: nothing of the input becomes a formula, and the only addresses that become links
//! are those of [`Cell::Address`] that begin with `http://` or `https://`.

use std::io::{Seek, Write};

use jiff::civil::Date;
use rust_xlsxwriter::{
    ConditionalFormatCell, ConditionalFormatCellRule, DocProperties, ExcelDateTime, Format,
    FormatAlign, FormatBorder, Url, Workbook, Worksheet, XlsxError,
};

use super::printed::printed;
use super::workbook::{SHEET_ROWS_MAX, WriteError, fitting};

/// Links of one sheet: a spreadsheet program takes 65,530 and lets go of those behind them.
const LINKS_MAX: u32 = 60_000;

/// Characters of an address that is a link; a spreadsheet takes 2,079 and no more.
const ADDRESS_CHARS_MAX: usize = 2_000;

/// Lines of a cell up to which its row is as high as they are; more are seen when it is drawn open.
const LINES_MAX: usize = 12;

/// Points of the row of a title.
const TITLE_POINTS: f64 = 24.0;

/// Points of a line of text.
const LINE_POINTS: f64 = 15.0;

/// How a word is coloured. It is always there in words as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Something forbids it.
    Grave,
    /// Somebody has to look.
    Warning,
    /// It is established.
    Firm,
    /// It is likely.
    Likely,
    /// Nothing is known, or nothing follows.
    Faint,
}

impl Tone {
    /// Ink and ground: of each the contrast is 4.5 to 1 or more.
    const fn colours(self) -> (u32, u32) {
        match self {
            Self::Grave => (0x009C_0006, 0x00FF_C7CE),
            Self::Warning => (0x007F_4F00, 0x00FF_EB9C),
            Self::Firm => (0x0000_5A1E, 0x00C6_EFCE),
            Self::Likely => (0x001F_3864, 0x00DD_EBF7),
            Self::Faint => (0x0059_5959, 0x00F2_F2F2),
        }
    }
}

/// A column of a sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its heading.
    pub heading: String,
    /// Its width, in characters.
    pub width: u16,
    /// The words that are coloured in it.
    pub tones: &'static [(&'static str, Tone)],
}

impl Column {
    /// A column without colours.
    #[must_use]
    pub fn new(heading: impl Into<String>, width: u16) -> Self {
        Self { heading: heading.into(), width, tones: &[] }
    }

    /// The same with words that are coloured.
    #[must_use]
    pub const fn toned(mut self, tones: &'static [(&'static str, Tone)]) -> Self {
        self.tones = tones;
        self
    }
}

/// What stands in a cell.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Nothing.
    Blank,
    /// A text.
    Text(String),
    /// A number.
    Number(f64),
    /// A day.
    Day(Date),
    /// An address of the web, which is a link.
    Address(String),
    /// A text that leads to a row of this book.
    To(RowAt, String),
    /// A text in bold, a heading among rows.
    Strong(String),
    /// The same over numbers.
    StrongNumber(String),
    /// The title of a page.
    Title(String),
    /// A text that runs over the cells beside it, which are blank.
    Over(String),
}

impl Cell {
    /// A text, or nothing where it is empty.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        if text.is_empty() { Self::Blank } else { Self::Text(text) }
    }

    /// A count.
    #[must_use]
    pub fn count(count: u64) -> Self {
        Self::Number(count as f64)
    }
}

/// A row of a book: of which of its sheets, counted from 0, and which row there, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowAt {
    sheet: usize,
    row: u32,
}

/// One of the sheets that a book was asked for, in the order of the asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SheetId(usize);

/// A sheet as it was asked for, and where it has got to.
#[derive(Debug, Default)]
struct Series {
    name: String,
    columns: Vec<Column>,
    /// Whether its first row is headings.
    headed: bool,
    /// Which sheet of the workbook holds its last rows.
    at: usize,
    /// How many sheets it has.
    parts: u32,
    /// Rows of the last one, with its headings.
    rows: u32,
    links: u32,
}

/// The formats of cells.
#[derive(Debug)]
struct Formats {
    heading: Format,
    text: Format,
    number: Format,
    day: Format,
    link: Format,
    strong: Format,
    strong_number: Format,
    over: Format,
    blank: Format,
    title: Format,
}

impl Formats {
    fn new() -> Self {
        let plain = || Format::new().set_align(FormatAlign::Top);
        let line = 0x00D9_D9D9;
        let cell = || plain().set_border_bottom(FormatBorder::Thin).set_border_bottom_color(line);
        Self {
            heading: cell()
                .set_bold()
                .set_text_wrap()
                .set_font_color(0x00FF_FFFF)
                .set_background_color(0x001F_3864)
                .set_border_bottom(FormatBorder::Thin),
            text: cell().set_text_wrap(),
            blank: cell(),
            number: cell().set_align(FormatAlign::Right).set_indent(1),
            day: cell().set_num_format("yyyy-mm-dd").set_align(FormatAlign::Left),
            link: cell()
                .set_text_wrap()
                .set_font_color(0x0005_63C1)
                .set_underline(rust_xlsxwriter::FormatUnderline::Single),
            strong: plain().set_bold().set_text_wrap().set_border_bottom(FormatBorder::Thin),
            strong_number: plain()
                .set_bold()
                .set_text_wrap()
                .set_align(FormatAlign::Right)
                .set_indent(1)
                .set_border_bottom(FormatBorder::Thin),
            over: plain(),
            title: Format::new().set_bold().set_font_size(16).set_font_color(0x001F_3864),
        }
    }
}

/// A workbook that is being written.
pub struct Book {
    workbook: Workbook,
    series: Vec<Series>,
    formats: Formats,
    rows_max: u32,
    sheets: usize,
}

impl RowAt {
    /// The number of the row in its sheet, counted from 1.
    #[must_use]
    pub const fn row(self) -> u32 {
        self.row
    }
}

impl Book {
    /// An empty one.
    ///
    /// # Errors
    /// Never, as long as the year 2000 has a first day.
    pub fn new() -> Result<Self, WriteError> {
        let mut workbook = Workbook::new();
        // Without this the library would write the time of day.
        let day = ExcelDateTime::from_ymd(2000, 1, 1)?;
        workbook.set_properties(&DocProperties::new().set_creation_datetime(&day));
        let (series, formats) = (Vec::new(), Formats::new());
        Ok(Self { workbook, series, formats, rows_max: SHEET_ROWS_MAX, sheets: 0 })
    }

    /// The same with sheets of at most so many rows, their headings among them.
    #[must_use]
    pub fn with_rows_max(mut self, rows: u32) -> Self {
        self.rows_max = rows.clamp(2, SHEET_ROWS_MAX);
        self
    }

    /// Adds a sheet with its headings.
    ///
    /// # Errors
    /// When the name is no sheet's name, or the system has no room.
    pub fn sheet(&mut self, name: &str, columns: Vec<Column>) -> Result<SheetId, WriteError> {
        self.add(Series { name: name.to_owned(), columns, headed: true, ..Series::default() })
    }

    /// Adds a page: a sheet without headings or filter, with columns so wide, in which these words
    /// are coloured wherever they stand alone.
    ///
    /// # Errors
    /// When the name is no sheet's name, or the system has no room.
    pub fn page(
        &mut self,
        name: &str,
        widths: &[u16],
        tones: &'static [(&'static str, Tone)],
    ) -> Result<SheetId, WriteError> {
        let columns = widths.iter().map(|width| Column::new("", *width).toned(tones)).collect();
        self.add(Series { name: name.to_owned(), columns, ..Series::default() })
    }

    fn add(&mut self, mut series: Series) -> Result<SheetId, WriteError> {
        self.begin(&mut series)?;
        self.series.push(series);
        Ok(SheetId(self.series.len() - 1))
    }

    /// The row that is or will be the one of that number, counted from 0, behind the headings of a
    /// sheet that does not go on in another one.
    #[must_use]
    pub fn nth(&self, id: SheetId, number: u32) -> RowAt {
        let series = &self.series[id.0];
        let before = if series.headed { 2 } else { 1 };
        RowAt { sheet: series.at, row: number.saturating_add(before) }
    }

    /// Begins a sheet of a series: its first one, or the next when that is full.
    fn begin(&mut self, series: &mut Series) -> Result<(), WriteError> {
        series.parts += 1;
        (series.at, series.rows, series.links) = (self.sheets, u32::from(series.headed), 0);
        self.sheets += 1;
        let sheet = self.workbook.add_worksheet_with_constant_memory()?;
        match series.parts {
            1 => sheet.set_name(&series.name)?,
            part => sheet.set_name(format!("{} {part}", series.name))?,
        };
        for (column, one) in (0_u16..).zip(&series.columns) {
            sheet.set_column_width(column, f64::from(one.width))?;
        }
        printed(sheet, series.columns.iter().map(|one| u32::from(one.width)).sum())?;
        if !series.headed {
            // A page of tables is longer than wide: upright none of them stands alone on a second.
            sheet.set_screen_gridlines(false).set_portrait();
            return Ok(());
        }
        let height = series.columns.iter().map(|one| lines(&one.heading, one.width)).max();
        sheet.set_row_height(0, LINE_POINTS * height.unwrap_or(1) as f64)?;
        for (column, one) in (0_u16..).zip(&series.columns) {
            let heading = fitting(&one.heading);
            sheet.write_string_with_format(0, column, heading, &self.formats.heading)?;
        }
        sheet.set_freeze_panes(1, 1)?;
        sheet.set_repeat_rows(0, 0)?;
        Ok(())
    }

    /// Where the next row of a sheet will stand.
    ///
    /// # Errors
    /// When a further sheet is wanted and cannot be begun.
    pub fn next(&mut self, id: SheetId) -> Result<RowAt, WriteError> {
        if self.series[id.0].rows >= self.rows_max {
            self.close(id)?;
            let mut series = std::mem::take(&mut self.series[id.0]);
            let begun = self.begin(&mut series);
            self.series[id.0] = series;
            begun?;
        }
        let series = &self.series[id.0];
        Ok(RowAt { sheet: series.at, row: series.rows + 1 })
    }

    /// Writes a row, and says where it stands.
    ///
    /// # Errors
    /// When the system has no room.
    pub fn row(&mut self, id: SheetId, cells: &[Cell]) -> Result<RowAt, WriteError> {
        let at = self.next(id)?;
        let row = at.row - 1;
        let mut height = 1;
        let named = cells.iter().map(|cell| match cell {
            Cell::To(to, _) => self.workbook.worksheet_from_index(to.sheet).map(|to| to.name()),
            _ => Ok(String::new()),
        });
        let named = named.collect::<Result<Vec<String>, XlsxError>>()?;
        let series = &mut self.series[id.0];
        let sheet = self.workbook.worksheet_from_index(series.at)?;
        for ((column, cell), name) in (0_u16..).zip(cells).zip(&named) {
            let width = series.columns.get(usize::from(column)).map_or(10, |one| one.width);
            let links = &mut series.links;
            height = height.max(
                write(sheet, &self.formats, (row, column), cell, name, links)?
                    .map_or(1, |text| lines(text, width)),
            );
        }
        if height > 1 {
            sheet.set_row_height(row, LINE_POINTS * height.min(LINES_MAX) as f64)?;
        }
        self.series[id.0].rows += 1;
        Ok(at)
    }

    /// Puts the filter and the colours over the last sheet of a series, whose rows are now known.
    fn close(&mut self, id: SheetId) -> Result<(), WriteError> {
        let series = &self.series[id.0];
        let sheet = self.workbook.worksheet_from_index(series.at)?;
        let (last, columns) = (series.rows.saturating_sub(1), series.columns.len());
        let width = u16::try_from(columns).ok().and_then(|count| count.checked_sub(1));
        if let Some(width) = width.filter(|_| series.headed) {
            sheet.autofilter(0, 0, last, width)?;
        }
        for (column, one) in (0_u16..).zip(&series.columns) {
            for (word, tone) in one.tones.iter().filter(|_| last > 0) {
                let (ink, ground) = tone.colours();
                let format = Format::new().set_font_color(ink).set_background_color(ground);
                let rule = ConditionalFormatCellRule::EqualTo(*word);
                let rule = ConditionalFormatCell::new().set_rule(rule).set_format(format);
                let first = u32::from(series.headed);
                sheet.add_conditional_format(first, column, last, column, &rule)?;
            }
        }
        Ok(())
    }

    /// Writes the workbook.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn save(mut self, to: impl Write + Seek + Send) -> Result<(), WriteError> {
        for id in 0..self.series.len() {
            self.close(SheetId(id))?;
        }
        Ok(self.workbook.save_to_writer(to)?)
    }
}

/// Writes a cell, and gives the text in it where it may need several lines.
fn write<'c>(
    sheet: &mut Worksheet,
    formats: &Formats,
    (row, column): (u32, u16),
    cell: &'c Cell,
    name: &str,
    links: &mut u32,
) -> Result<Option<&'c str>, WriteError> {
    let text = match cell {
        Cell::Blank => {
            sheet.write_blank(row, column, &formats.blank)?;
            return Ok(None);
        }
        Cell::Number(number) => {
            sheet.write_number_with_format(row, column, *number, &formats.number)?;
            return Ok(None);
        }
        Cell::Day(day) => {
            match ExcelDateTime::from_ymd(
                u16::try_from(day.year()).unwrap_or_default(),
                day.month().unsigned_abs(),
                day.day().unsigned_abs(),
            ) {
                Ok(moment) => {
                    sheet.write_datetime_with_format(row, column, moment, &formats.day)?
                }
                // Before 1900 a sheet knows no days.
                Err(_) => sheet.write_string(row, column, day.to_string())?,
            };
            return Ok(None);
        }
        Cell::Text(text) => {
            sheet.write_string_with_format(row, column, fitting(text), &formats.text)?;
            text
        }
        Cell::Strong(text) => {
            sheet.write_string_with_format(row, column, fitting(text), &formats.strong)?;
            text
        }
        Cell::StrongNumber(text) => {
            sheet.write_string_with_format(row, column, fitting(text), &formats.strong_number)?;
            text
        }
        // Both run over the cells beside them.
        Cell::Title(text) => {
            sheet.write_string_with_format(row, column, fitting(text), &formats.title)?;
            sheet.set_row_height(row, TITLE_POINTS)?;
            return Ok(None);
        }
        Cell::Over(text) => {
            sheet.write_string_with_format(row, column, fitting(text), &formats.over)?;
            return Ok(None);
        }
        Cell::Address(address) => {
            match web(address).filter(|_| *links < LINKS_MAX) {
                Some(url) => {
                    *links += 1;
                    sheet.write_url_with_format(row, column, url, &formats.link)?;
                }
                None => {
                    let address = fitting(address);
                    sheet.write_string_with_format(row, column, address, &formats.text)?;
                }
            }
            address
        }
        Cell::To(to, text) if *links < LINKS_MAX => {
            *links += 1;
            let url = Url::new(format!("internal:'{name}'!A{}", to.row)).set_text(fitting(text));
            sheet.write_url_with_format(row, column, url, &formats.link)?;
            text
        }
        Cell::To(_, text) => {
            sheet.write_string_with_format(row, column, fitting(text), &formats.text)?;
            text
        }
    };
    Ok(Some(text))
}

/// An address that a link may lead to: of the web, of plain characters, not too long.
fn web(address: &str) -> Option<Url> {
    let of_the_web = address.starts_with("https://") || address.starts_with("http://");
    let plain = address.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"<>'".contains(&byte));
    (of_the_web && plain && address.len() <= ADDRESS_CHARS_MAX).then(|| Url::new(address))
}

/// How many lines a text takes in a column so wide: as many words as fit stand on one, and a word
/// that is longer is broken.
fn lines(text: &str, width: u16) -> usize {
    let width = usize::from(width.max(4));
    let of_line = |line: &str| {
        let (mut lines, mut used) = (1, 0);
        for word in line.split(' ') {
            let length = word.chars().count();
            if used > 0 && used + 1 + length <= width {
                used += 1 + length;
                continue;
            }
            lines += usize::from(used > 0) + length.saturating_sub(1) / width;
            used = length.saturating_sub(1) % width + usize::from(length > 0);
        }
        lines
    };
    text.lines().map(of_line).sum()
}
