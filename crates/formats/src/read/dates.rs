//! Days as people write them in sheets.

use jiff::civil::Date;

/// The day that Excel counts as 1, less two: one for counting from 1, one for the 29 February 1900
/// that never was.
const EXCEL_DAY_ZERO: (i16, i8, i8) = (1899, 12, 30);

/// The years in which a piece of equipment can have been bought.
const YEARS: std::ops::RangeInclusive<i16> = 1970..=2100;

/// Which number of `3/5/2022` is the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DayOrder {
    /// 3 May, as most of the world writes it.
    #[default]
    DayFirst,
    /// 5 March, as the United States write it.
    MonthFirst,
}

impl DayOrder {
    /// In words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::DayFirst => "day first",
            Self::MonthFirst => "month first",
        }
    }

    const fn other(self) -> Self {
        match self {
            Self::DayFirst => Self::MonthFirst,
            Self::MonthFirst => Self::DayFirst,
        }
    }
}

/// How the days of a column are written, as far as its first rows tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Column {
    /// No day in it could be read in two ways.
    Plain,
    /// A day that is one only in this order stands in it.
    Seen(DayOrder),
    /// Nothing tells; the day shown is one of those that could be read in two ways.
    Open(String),
    /// Days of both orders stand in it: two of them.
    Mixed(String, String),
}

impl Column {
    /// Looks at the values of a column.
    pub(crate) fn of<'v>(values: impl Iterator<Item = &'v str>) -> Self {
        let (mut first, mut months, mut open) = (None, None, None);
        for value in values {
            match orders(value) {
                (true, false) => first = first.or(Some(value)),
                (false, true) => months = months.or(Some(value)),
                (true, true) => open = open.or(Some(value)),
                (false, false) => {}
            }
        }
        match (first, months, open) {
            (Some(one), Some(other), _) => Self::Mixed(one.to_owned(), other.to_owned()),
            (Some(_), None, _) => Self::Seen(DayOrder::DayFirst),
            (None, Some(_), _) => Self::Seen(DayOrder::MonthFirst),
            (None, None, Some(value)) => Self::Open(value.to_owned()),
            (None, None, None) => Self::Plain,
        }
    }
}

/// Whether a text of three numbers, the year last, is a day with the day first, and with the month
/// first. Where both give the same day it does not matter, and neither is said.
fn orders(text: &str) -> (bool, bool) {
    let text = text.trim();
    let mut parts = text.split(['/', '.', '-', ' ']);
    let number = |part: Option<&str>| part.and_then(|part| part.parse::<u32>().ok());
    let (one, other, year) = (number(parts.next()), number(parts.next()), parts.next());
    let year = year.is_some_and(|year| matches!(year.len(), 2 | 4));
    match (one, other) {
        (Some(one), Some(other)) if year && one != other => {
            let possible = |day, month| (1..=31).contains(&day) && (1..=12).contains(&month);
            // Nobody parts the month from the day by a dot and puts it first.
            let first = possible(one, other);
            (first, possible(other, one) && !(first && text.contains('.')))
        }
        _ => (false, false),
    }
}

/// What a text says of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum When {
    /// A day; the first of the month when only the month stands there.
    Day(Date),
    /// A day, but only if day and month stand the other way round than asked.
    Otherwise(Date),
    /// A year alone, of which no day is invented.
    Year,
    /// No day that can be read.
    Unread,
}

/// Reads ISO days, `dd/mm/yyyy`, `dd.mm.yyyy`, `Mar 2019`, `12 March 2019`, `2019`, Excel serials;
/// a time after the day is passed over. Where day and month could change places, `order` says
/// which is meant.
pub(crate) fn read(text: &str, order: DayOrder) -> When {
    if let Some(read) = usual(text, order) {
        return read;
    }
    let text = text.trim();
    let lower = text.to_lowercase();
    let numbers: Vec<&str> =
        lower.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty()).collect();
    if let Some(month) = numbers.iter().position(|part| month_of(part).is_some()) {
        return with_month_name(&numbers, month);
    }
    match numbers.as_slice() {
        [one] => one_number(one),
        [_, _] if text.parse::<f64>().is_ok() => serial(text),
        [month, year] if year.len() == 4 && month.len() <= 2 => day(year, month, "1"),
        [year, month] if year.len() == 4 && month.len() <= 2 => day(year, month, "1"),
        [year, month, rest, ..] if year.len() == 4 => day(year, month, day_digits(rest)),
        [first, second, year, ..] => {
            let year = &full_year(year);
            let in_order = |order| match order {
                DayOrder::DayFirst => day(year, second, first),
                DayOrder::MonthFirst => day(year, first, second),
            };
            match (in_order(order), in_order(order.other())) {
                (When::Unread, When::Day(read)) => When::Otherwise(read),
                (read, _) => read,
            }
        }
        _ => When::Unread,
    }
}

/// The forms in which nearly all days stand, `2019-08-13` and `13/08/2019`, read without parts.
fn usual(text: &str, order: DayOrder) -> Option<When> {
    let bytes = text.as_bytes();
    if bytes.len() != 10 {
        return None;
    }
    let number = |range: std::ops::Range<usize>| {
        bytes.get(range)?.iter().try_fold(0_i16, |sum, byte| {
            byte.is_ascii_digit().then(|| sum * 10 + i16::from(byte - b'0'))
        })
    };
    let (year, month, day) = match (bytes[2], bytes[4], bytes[5], bytes[7]) {
        (_, b'-', _, b'-') => (number(0..4)?, number(5..7)?, number(8..10)?),
        (b'/' | b'.', _, b'/' | b'.', _) => match order {
            DayOrder::DayFirst => (number(6..10)?, number(3..5)?, number(0..2)?),
            DayOrder::MonthFirst => (number(6..10)?, number(0..2)?, number(3..5)?),
        },
        _ => return None,
    };
    if !YEARS.contains(&year) {
        return None;
    }
    // A twelfth month at most: otherwise the longer reading tries the other order.
    let (month, day) = (i8::try_from(month).ok()?, i8::try_from(day).ok()?);
    Date::new(year, month, day).ok().map(When::Day)
}

/// The digits of a day that a time may follow: `05t10`.
fn day_digits(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    &text[..end]
}

fn one_number(text: &str) -> When {
    if text.len() == 8
        && let (Some(year), Some(month), Some(rest)) =
            (text.get(..4), text.get(4..6), text.get(6..))
        && let When::Day(read) = day(year, month, rest)
    {
        return When::Day(read);
    }
    match text.parse::<i16>() {
        Ok(year) if YEARS.contains(&year) => When::Year,
        _ => serial(text),
    }
}

/// A day number as Excel stores it. Small numbers would be quantities.
fn serial(text: &str) -> When {
    let Ok(number) = text.parse::<f64>() else { return When::Unread };
    if !(25_569.0..73_415.0).contains(&number) {
        return When::Unread;
    }
    from_serial(number).map_or(When::Unread, When::Day)
}

/// The day of an Excel serial, in days since the end of 1899.
pub(crate) fn from_serial(number: f64) -> Option<Date> {
    if !(1.0..2_958_466.0).contains(&number) {
        return None;
    }
    let (year, month, first) = EXCEL_DAY_ZERO;
    let zero = Date::new(year, month, first).ok()?;
    #[expect(clippy::cast_possible_truncation, reason = "the range was checked above")]
    let days = number.floor() as i32;
    zero.checked_add(jiff::Span::new().try_days(days).ok()?).ok()
}

fn with_month_name(parts: &[&str], at: usize) -> When {
    let month = parts.get(at).and_then(|part| month_of(part)).unwrap_or_default();
    let year = parts.iter().find(|part| part.len() == 4 && part.parse::<i16>().is_ok());
    let other = |place: usize| parts.get(place).map(|part| day_digits(part));
    let year = match (year, other(at + 1)) {
        (Some(year), _) => (*year).to_owned(),
        (None, Some(short)) if short.len() == 2 => full_year(short),
        _ => return When::Unread,
    };
    let number = at.checked_sub(1).and_then(other).filter(|digits| is_day(digits));
    let after = other(at + 1).filter(|digits| is_day(digits) && parts.len() > at + 2);
    day(&year, &month.to_string(), number.or(after).unwrap_or("1"))
}

fn is_day(digits: &str) -> bool {
    digits.len() <= 2 && digits.parse::<i8>().is_ok_and(|day| (1..=31).contains(&day))
}

fn full_year(year: &str) -> String {
    match (year.len(), year.parse::<u32>()) {
        (2, Ok(short)) if short < 70 => format!("20{short:02}"),
        (2, Ok(short)) => format!("19{short:02}"),
        _ => year.to_owned(),
    }
}

fn day(year: &str, month: &str, day: &str) -> When {
    let parsed = (year.parse::<i16>(), month.parse::<i8>(), day.parse::<i8>());
    match parsed {
        (Ok(year), Ok(month), Ok(day)) if YEARS.contains(&year) => {
            Date::new(year, month, day).map_or(When::Unread, When::Day)
        }
        _ => When::Unread,
    }
}

/// The number of a month by the start of its name.
fn month_of(word: &str) -> Option<i8> {
    const MONTHS: [&[&str]; 12] = [
        &["jan", "jän", "ene", "gen", "sty"],
        &["feb", "fev", "fév", "lut"],
        &["mar", "mär", "maer", "mrz", "mrt", "maa"],
        &["apr", "avr", "abr", "kwi"],
        &["may", "mai", "mag", "mei", "maj"],
        &["jun", "juin", "giu", "cze"],
        &["jul", "juil", "lug", "lip"],
        &["aug", "aou", "aoû", "ago", "sie"],
        &["sep", "set", "wrz"],
        &["oct", "okt", "ott", "out", "paz", "paź"],
        &["nov", "lis"],
        &["dec", "dez", "déc", "dic", "gru"],
    ];
    if !word.chars().all(char::is_alphabetic) {
        return None;
    }
    let place = MONTHS.iter().position(|starts| starts.iter().any(|s| word.starts_with(s)))?;
    i8::try_from(place + 1).ok()
}
