//! Old workbooks (XLS of Excel 97 to 2003): a container of streams, in one of which every sheet is
//! a row of records (BIFF8, described in MS-XLS). They are read one by one here: the library that
//! reads newer workbooks sets memory aside for as many cells as an old one announces, which no
//! guard around it can catch.

mod container;
mod records;
mod strings;

use std::io::{BufReader, Read, Seek};
use std::ops::ControlFlow;
use std::panic::AssertUnwindSafe;

use jiff::ToSpan as _;
use jiff::civil::{Date, date};
use whomade_core::diagnostic::Diagnostic;

use self::records::{Records, long, short};
use self::strings::{Strings, text_of};
use super::report::Report;
use super::sheet::{self, Book, Cell, Merge, Sheet, Stop};
use super::workbook::{self, SHEETS_MAX};
use super::{Options, dispatch};

/// Bytes of an office container in which the word that tells of encryption is sought.
const OLE_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Formats of cells that a workbook may have; the program that writes them allows 64,000.
const FORMATS_MAX: usize = 1 << 16;

/// Records of all sheets together, which may lie over one another in a damaged file.
const RECORDS_MAX: u64 = sheet::CELLS_MAX;

// Types of records, as MS-XLS numbers them.
const FORMULA: u16 = 0x0006;
const END: u16 = 0x000A;
const EPOCH: u16 = 0x0022;
const ENCRYPTION: u16 = 0x002F;
const SHEET: u16 = 0x0085;
const NUMBERS: u16 = 0x00BD;
const RICH_LABEL: u16 = 0x00D6;
const STYLE: u16 = 0x00E0;
const MERGES: u16 = 0x00E5;
const STRINGS: u16 = 0x00FC;
const LABEL_OF_STRINGS: u16 = 0x00FD;
const NUMBER: u16 = 0x0203;
const LABEL: u16 = 0x0204;
const TRUTH: u16 = 0x0205;
const STRING: u16 = 0x0207;
const SMALL_NUMBER: u16 = 0x027E;
const FORMAT: u16 = 0x041E;
const BEGIN: u16 = 0x0809;

/// The version that Excel 97 to 2003 write.
const BIFF8: u16 = 0x0600;

/// Reads every sheet of an old workbook.
pub(crate) fn read<R: Read + Seek>(mut reader: R, options: &Options, report: &mut Report<'_>) {
    let mut start = vec![];
    let looked = reader
        .rewind()
        .and_then(|()| reader.by_ref().take(OLE_BYTES_MAX as u64).read_to_end(&mut start));
    let names = |name: &str| {
        let word: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        memchr::memmem::find(&start, &word).is_some()
    };
    if names("EncryptedPackage") {
        return report.say_of_file(workbook::password());
    }
    let named = names("Workbook");
    drop(start);
    if !looked.and_then(|_| container::is_honest(&mut reader)).unwrap_or(true) {
        return report.say_of_file(workbook::broken(None, "its container names more than it has"));
    }
    let rewound = reader.rewind().is_ok();
    // Whatever the container does to the library must not end the program.
    let opened = std::panic::catch_unwind(AssertUnwindSafe(|| {
        let mut container = cfb::CompoundFile::open(reader).ok()?;
        let name = ["/Workbook", "/Book"].into_iter().find(|name| container.is_stream(name))?;
        let stream = container.open_stream(name).ok()?;
        Some((container, stream))
    }));
    // A stream can be read as long as its container is there.
    let Some((_container, stream)) = opened.ok().flatten().filter(|_| rewound) else {
        if named {
            return report.say_of_file(workbook::broken(None, "its container is damaged"));
        }
        return dispatch::tell_other("an old office file (XLS, DOC)", report);
    };
    let mut book = Book::new(options, report);
    let read = std::panic::catch_unwind(AssertUnwindSafe(|| {
        read_stream(BufReader::new(stream), &mut book)
    }));
    match read.unwrap_or(Err(Wrong::Damaged("its container is damaged"))) {
        Ok(()) => book.end(),
        Err(Wrong::Password) => book.report.say_of_file(workbook::password()),
        Err(Wrong::Older) => {
            dispatch::tell_other("a workbook of Excel 95 or before (XLS)", book.report);
        }
        Err(Wrong::Large) => {
            let said =
                Diagnostic::new("read/bomb", "its table of strings is larger than the limit")
                    .note(format!("{} bytes", strings::BYTES_MAX))
                    .help("save it as XLSX or CSV");
            book.report.say_of_file(said);
        }
        Err(Wrong::Damaged(why)) => book.report.say_of_file(workbook::broken(None, why)),
    }
}

/// Reads the records of a workbook without its container, for trials; whether all could be read.
pub(super) fn try_records<R: Read + Seek>(stream: BufReader<R>, book: &mut Book<'_, '_>) -> bool {
    read_stream(stream, book).is_ok()
}

/// Why a workbook is not read.
enum Wrong {
    Password,
    Older,
    Large,
    Damaged(&'static str),
}

/// What holds for all sheets.
#[derive(Default)]
struct Globals {
    /// Names, and where in the stream they begin.
    sheets: Vec<(String, u64)>,
    strings: Strings,
    /// Formats of a number that a workbook declares: whether they are of a day.
    formats: Vec<(u16, bool)>,
    /// The format of each style.
    styles: Vec<u16>,
    since_1904: bool,
}

fn read_stream<R: Read + Seek>(stream: BufReader<R>, book: &mut Book<'_, '_>) -> Result<(), Wrong> {
    let mut records = Records::new(stream);
    let globals = globals(&mut records)?;
    let mut left = RECORDS_MAX;
    for (name, place) in &globals.sheets {
        let mut sheet = Sheet::new(name);
        // A merge is told behind the cells to which it belongs.
        merges(&mut records, *place, &mut sheet, &mut left);
        let flow = cells(&mut records, *place, &globals, &mut sheet, &mut left, book);
        if matches!(flow, ControlFlow::Break(Stop::Book)) || sheet.end(book).is_break() {
            break;
        }
        if left == 0 {
            return Err(Wrong::Damaged("its sheets lie over one another"));
        }
    }
    if records.cut { Err(Wrong::Damaged("it ends within a sheet")) } else { Ok(()) }
}

fn globals<R: Read + Seek>(records: &mut Records<R>) -> Result<Globals, Wrong> {
    let mut all = Globals::default();
    let mut begun = false;
    while let Some(kind) = records.next() {
        let record = records.record();
        match kind {
            BEGIN if !begun => {
                begun = true;
                if short(record, 0) != Some(BIFF8) {
                    return Err(Wrong::Older);
                }
            }
            _ if !begun => return Err(Wrong::Older),
            ENCRYPTION if short(record, 0) != Some(0) => return Err(Wrong::Password),
            EPOCH => all.since_1904 = short(record, 0) == Some(1),
            FORMAT if all.formats.len() < FORMATS_MAX => {
                let code = record.get(2..).and_then(|rest| text_of(rest, false));
                let format = short(record, 0).zip(code.map(|code| is_day(&code)));
                all.formats.extend(format);
            }
            STYLE if all.styles.len() < FORMATS_MAX => {
                all.styles.push(short(record, 2).unwrap_or(0));
            }
            // Of type 0 are sheets of cells; the others are of charts and macros.
            SHEET if record.get(5) == Some(&0) && all.sheets.len() < SHEETS_MAX => {
                let name = record.get(6..).and_then(|rest| text_of(rest, true));
                let place = long(record, 0).map(u64::from);
                all.sheets.extend(name.zip(place));
            }
            STRINGS => {
                all.strings = Strings::read(records).ok_or(Wrong::Large)?;
            }
            END => break,
            _ => {}
        }
    }
    if begun { Ok(all) } else { Err(Wrong::Damaged("its stream is empty")) }
}

/// Takes the merged regions of the sheet that begins there.
fn merges<R: Read + Seek>(records: &mut Records<R>, place: u64, sheet: &mut Sheet, left: &mut u64) {
    let mut all = vec![];
    let _ = each(records, place, left, |kind, record| {
        if kind == MERGES {
            let count = usize::from(short(record, 0).unwrap_or(0));
            for region in record.get(2..).unwrap_or_default().chunks_exact(8).take(count) {
                let at = |place| u32::from(short(region, place).unwrap_or(0));
                all.push(Merge { row: at(0), last_row: at(2), column: at(4) });
            }
        }
        if all.len() < sheet::MERGES_MAX {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(Stop::Sheet)
        }
    });
    all.sort_by_key(|merge| (merge.row, merge.column));
    all.into_iter().for_each(|merge| sheet.merge(merge));
}

/// Gives the records of the sheet that begins there, without those of the charts within it.
fn each<R: Read + Seek>(
    records: &mut Records<R>,
    place: u64,
    left: &mut u64,
    mut take: impl FnMut(u16, &[u8]) -> ControlFlow<Stop>,
) -> ControlFlow<Stop> {
    if !records.go(place) {
        return ControlFlow::Continue(());
    }
    let mut depth = 0_u32;
    while let Some(kind) = records.next() {
        if *left == 0 {
            return ControlFlow::Break(Stop::Sheet);
        }
        *left -= 1;
        match kind {
            BEGIN => depth += 1,
            END if depth <= 1 => break,
            END => depth -= 1,
            _ if depth > 1 => {}
            kind => take(kind, records.record())?,
        }
    }
    ControlFlow::Continue(())
}

fn cells<R: Read + Seek>(
    records: &mut Records<R>,
    place: u64,
    globals: &Globals,
    sheet: &mut Sheet,
    left: &mut u64,
    book: &mut Book<'_, '_>,
) -> ControlFlow<Stop> {
    // The place of a formula whose value is the text of the record that follows.
    let mut open: Option<(u32, u32)> = None;
    each(records, place, left, |kind, record| {
        if kind == STRING {
            let Some((row, column)) = open.take() else { return ControlFlow::Continue(()) };
            let value = text_of(record, false).filter(|text| !text.trim().is_empty());
            return sheet.take(Cell { row, column, value, formula: true }, book);
        }
        let at = |place| short(record, place).map(u32::from);
        let Some((row, column)) = at(0).zip(at(2)) else { return ControlFlow::Continue(()) };
        let style = short(record, 4).unwrap_or(0);
        let value = match kind {
            NUMBER => double(record, 6).map(|number| globals.shown(number, style)),
            SMALL_NUMBER => long(record, 6).map(|packed| globals.shown(unpacked(packed), style)),
            LABEL_OF_STRINGS => {
                long(record, 6).and_then(|place| globals.strings.get(place)).map(str::to_owned)
            }
            LABEL | RICH_LABEL => record.get(6..).and_then(|rest| text_of(rest, false)),
            TRUTH => truth(record.get(6), record.get(7) == Some(&0)),
            FORMULA => match (record.get(6), short(record, 12)) {
                (Some(0), Some(0xFFFF)) => {
                    open = Some((row, column));
                    return ControlFlow::Continue(());
                }
                (Some(1), Some(0xFFFF)) => truth(record.get(8), true),
                (_, Some(0xFFFF)) => None,
                _ => double(record, 6).map(|number| globals.shown(number, style)),
            },
            NUMBERS => return numbers(record, row, column, globals, sheet, book),
            _ => return ControlFlow::Continue(()),
        };
        let value = value.filter(|text| !text.trim().is_empty());
        sheet.take(Cell { row, column, value, formula: kind == FORMULA }, book)
    })
}

/// Several small numbers beside one another.
fn numbers(
    record: &[u8],
    row: u32,
    first: u32,
    globals: &Globals,
    sheet: &mut Sheet,
    book: &mut Book<'_, '_>,
) -> ControlFlow<Stop> {
    // Behind the last stands the number of its column once more.
    let all = record.get(4..record.len().saturating_sub(2)).unwrap_or_default();
    for (column, one) in (first..).zip(all.chunks_exact(6)) {
        let style = short(one, 0).unwrap_or(0);
        let value = long(one, 2).map(|packed| globals.shown(unpacked(packed), style));
        sheet.take(Cell { row, column, value, formula: false }, book)?;
    }
    ControlFlow::Continue(())
}

fn truth(byte: Option<&u8>, is_one: bool) -> Option<String> {
    byte.filter(|_| is_one).map(|byte| (*byte != 0).to_string())
}

fn double(record: &[u8], at: usize) -> Option<f64> {
    let bytes = record.get(at..at + 8)?;
    Some(f64::from_le_bytes(bytes.try_into().ok()?))
}

/// A number that was packed into four bytes: the upper part of one with a fraction, or a whole one,
/// either perhaps a hundred times as large (RkNumber, MS-XLS 2.5.217).
fn unpacked(packed: u32) -> f64 {
    let number = if packed & 2 == 0 {
        f64::from_bits(u64::from(packed & !3) << 32)
    } else {
        f64::from(packed.cast_signed() >> 2)
    };
    if packed & 1 == 0 { number } else { number / 100.0 }
}

impl Globals {
    /// A number as its user reads it: a day where its style says so.
    fn shown(&self, number: f64, style: u16) -> String {
        let format = self.styles.get(usize::from(style)).copied().unwrap_or(0);
        let own = self.formats.iter().find(|(known, _)| *known == format);
        // The numbers of those that every program knows: days, and days with an hour.
        let known = matches!(format, 14..=17 | 22 | 27..=31 | 36 | 50..=54 | 57 | 58);
        let is_day = own.map_or(known, |(_, is_day)| *is_day);
        let day = self.day(number).filter(|_| is_day);
        day.map_or_else(|| number.to_string(), |day| day.to_string())
    }

    /// The day of a number, by whichever of two calendars the workbook counts.
    fn day(&self, number: f64) -> Option<Date> {
        let days = Some(number).filter(|number| (0.0..3_000_000.0).contains(number))? as i32;
        // One calendar has a 29th of February in 1900, which was none.
        let first = match days {
            _ if self.since_1904 => date(1904, 1, 1),
            ..60 => date(1899, 12, 31),
            _ => date(1899, 12, 30),
        };
        first.checked_add(days.days()).ok()
    }
}

/// Whether a format is of a day: it names years or days, outside of what it shows as it stands.
fn is_day(code: &str) -> bool {
    let (mut quoted, mut bracket, mut escaped) = (false, false, false);
    code.chars().any(|character| {
        let plain = !quoted && !bracket && !escaped;
        let was_escaped = std::mem::take(&mut escaped);
        match character {
            _ if was_escaped => {}
            '"' => quoted = !quoted,
            '\\' | '_' | '*' if !quoted => escaped = true,
            '[' if !quoted => bracket = true,
            ']' => bracket = false,
            'y' | 'Y' | 'd' | 'D' => return plain,
            _ => {}
        }
        false
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_numbers_and_days_are_read() {
        assert_eq!(unpacked(0x3FF0_0000).to_string(), "1");
        assert_eq!(unpacked(0x3FF0_0001).to_string(), "0.01");
        assert_eq!(unpacked((43_690 << 2) | 2).to_string(), "43690");
        assert_eq!(unpacked(0xFFFF_FFFE).to_string(), "-1");
        let globals = Globals::default();
        assert_eq!(globals.day(43_690.5).map(|day| day.to_string()).as_deref(), Some("2019-08-13"));
        assert_eq!(globals.day(1.0).map(|day| day.to_string()).as_deref(), Some("1900-01-01"));
        assert_eq!(globals.day(-1.0), None);
        let other = Globals { since_1904: true, ..Globals::default() };
        assert_eq!(other.day(42_228.0).map(|day| day.to_string()).as_deref(), Some("2019-08-13"));
        assert_eq!(globals.day(f64::NAN), None);
        for (code, day) in [
            ("YYYY\\-MM\\-DD", true),
            ("dd/mm/yy hh:mm", true),
            ("[$-409]d-mmm-yy;@", true),
            ("0.00", false),
            ("[Red]0", false),
            ("0\" days\"", false),
            ("hh:mm:ss", false),
        ] {
            assert_eq!(is_day(code), day, "{code}");
        }
    }
}
