//! Firmware versions as advisories compare them: read more loosely than the grammars of the base
//! read them, because a range is about an order and a grammar is about whose it is.

use std::cmp::Ordering;

use jiff::civil::Date;

use crate::firmware::{compare_parts, date};
use crate::kb::schema::{DateForm, VersionForm};

/// A longer text is no version.
pub const VERSION_BYTES_MAX: usize = 200;
/// Digits of one number of a version; a longer run is a date or a code.
const NUMBER_DIGITS_MAX: usize = 6;

/// A firmware version, as far as it has an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// What its numbers count inside of; absent where they count for themselves.
    pub branch: Option<String>,
    /// The numbers, the one that counts most first.
    pub version: Vec<u64>,
    /// The day of build.
    pub build: Option<Date>,
}

/// Why two versions have no order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gap {
    /// Their numbers count in different branches.
    OtherBranch,
    /// The bound has a day of build, the firmware has none.
    NoBuild,
    /// The numbers say one thing and the days of build another.
    Conflict,
}

impl Stamp {
    /// Reads a version of that form; nothing where it is not written so.
    #[must_use]
    pub fn read(form: VersionForm, text: &str) -> Option<Self> {
        Self::of_plain(form, &plain(text))
    }

    /// The same of a version that [`plain`] wrote.
    pub(super) fn of_plain(form: VersionForm, text: &str) -> Option<Self> {
        if text.len() > VERSION_BYTES_MAX {
            return None;
        }
        match form {
            VersionForm::Build => build(text),
            VersionForm::Fields => fields(text),
            VersionForm::Platform => platform(text),
            VersionForm::Whole => None,
        }
    }

    /// Where this version lies to a bound.
    ///
    /// # Errors
    /// Why that cannot be told. A lower number with an earlier day is before; a lower number with
    /// a later day is a maker's older branch kept alive, and nobody's order holds for it.
    pub fn against(&self, bound: &Self) -> Result<Ordering, Gap> {
        if bound.branch.is_some() && self.branch != bound.branch {
            return Err(Gap::OtherBranch);
        }
        let version = compare_parts(&self.version, &bound.version);
        match (self.build, bound.build) {
            (_, None) => Ok(version),
            (None, Some(_)) if version == Ordering::Less => Ok(version),
            (None, Some(_)) => Err(Gap::NoBuild),
            (Some(day), Some(bound)) => match (version, day.cmp(&bound)) {
                (Ordering::Equal, day) => Ok(day),
                (Ordering::Less, Ordering::Less | Ordering::Equal) => Ok(Ordering::Less),
                (Ordering::Greater, Ordering::Greater) => Ok(Ordering::Greater),
                _ => Err(Gap::Conflict),
            },
        }
    }
}

/// A version as people copy it: capitals, plain brackets and blanks, no leading V, no file ending.
#[must_use]
pub fn plain(text: &str) -> String {
    let mut out: String = text
        .trim()
        .chars()
        .map(|c| match c {
            // The full-width forms that stand in Chinese tables.
            '\u{ff01}'..='\u{ff5e}' => u8::try_from(c as u32 - 0xfee0).map_or(c, char::from),
            c if c.is_whitespace() => ' ',
            c => c.to_ascii_uppercase(),
        })
        .collect();
    if let Some(shorter) = out.strip_suffix(".BIN") {
        out.truncate(shorter.len());
    }
    match out.strip_prefix('V') {
        Some(rest) if rest.starts_with(|c: char| c.is_ascii_digit()) => rest.to_owned(),
        _ => out,
    }
}

fn is_number(part: &str, digits: usize) -> bool {
    !part.is_empty() && part.len() <= digits && part.bytes().all(|c| c.is_ascii_digit())
}

/// A day of six or eight digits.
fn day(digits: &str) -> Option<Date> {
    let form = match digits.len() {
        6 => DateForm::Yymmdd,
        8 => DateForm::Yyyymmdd,
        _ => return None,
    };
    digits.bytes().all(|c| c.is_ascii_digit()).then(|| date(digits, form)).flatten()
}

/// `5.4.0 BUILD 160530`, `5.7.13_230822`, `5.7.7BUILD241203`, `1.3.4.22966B181219.D00`.
fn build(text: &str) -> Option<Stamp> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (numbers, rest) = text.split_at(end);
    let parts: Vec<&str> = numbers.split('.').collect();
    let good = parts.len() > 1 && parts.iter().all(|part| is_number(part, NUMBER_DIGITS_MAX));
    if !good {
        return None;
    }
    let mut version: Vec<u64> = parts.iter().filter_map(|part| part.parse().ok()).collect();
    let blank = |c: char| " ,_:".contains(c);
    // A patch behind a dash is one more number: `2.3.8-10` comes after `2.3.8-8`.
    let patch = rest.strip_prefix('-').filter(|patch| is_number(patch, 3));
    if let Some(patch) = patch {
        version.push(patch.parse().ok()?);
        return Some(Stamp { branch: None, version, build: None });
    }
    let rest = rest.trim_start_matches(blank);
    let said = rest.strip_prefix("BUILD").or_else(|| rest.strip_prefix('B')).unwrap_or(rest);
    let said = said.trim_start_matches(blank);
    if said.is_empty() {
        return Some(Stamp { branch: None, version, build: None });
    }
    let end = said.find(|c: char| !c.is_ascii_digit()).unwrap_or(said.len());
    let (digits, tail) = said.split_at(end);
    let ends = tail.is_empty() || tail.starts_with([' ', '.', '(', ',', '_']);
    let build = day(digits).filter(|_| ends)?;
    Some(Stamp { branch: None, version, build: Some(build) })
}

/// `2.800.0000000.6.R.200314`, `2.420.HW01.33.20190812`,
/// `2.800.00IB000.0.T, BUILD DATE 2019-05-22`.
fn fields(text: &str) -> Option<Stamp> {
    let (dotted, tail) = text.split_at(text.find([',', ' ']).unwrap_or(text.len()));
    let mut parts = dotted.split('.');
    let (major, minor, third) = (parts.next()?, parts.next()?, parts.next()?);
    let code = third.bytes().all(|c| c.is_ascii_alphanumeric());
    let wide = minor.len() == 3 && (1..=7).contains(&third.len());
    let good = is_number(major, 1) && is_number(minor, 3) && code && wide;
    if !good {
        return None;
    }
    let mut version = Vec::new();
    let mut build = None;
    for part in parts {
        match part {
            "R" | "T" | "" => {}
            part if is_number(part, 3) => version.push(part.parse().ok()?),
            part => build = Some(day(part)?),
        }
    }
    let digits = |c: char| c.is_ascii_digit() || c == '-';
    let written = tail.split(|c: char| !digits(c)).find(|run| run.len() >= 8 && run.contains('-'));
    let build = build.or_else(|| date(written?, DateForm::Dashed));
    Some(Stamp { branch: Some(format!("{major}.{minor}.{third}")), version, build })
}

/// `NVR-B3801.20.17.240507`, `DIPC-B1213.6.5.230215`, `B6103.16.10.B25.201218`.
fn platform(text: &str) -> Option<Stamp> {
    let (branch, rest) = text.split_once('.')?;
    let number = &branch[branch.rfind('B')? + 1..];
    if !is_number(number, 4) || number.len() != 4 {
        return None;
    }
    let (rest, last) = rest.rsplit_once('.')?;
    let build = Some(day(last)?);
    let numbers = rest.split('.').filter(|part| is_number(part, 4));
    let version: Vec<u64> = numbers.filter_map(|part| part.parse().ok()).collect();
    (!version.is_empty()).then(|| Stamp { branch: Some(branch.to_owned()), version, build })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(form: VersionForm, one: &str, other: &str) -> Result<Ordering, Gap> {
        let read = |text: &str| Stamp::read(form, text).unwrap_or_else(|| panic!("{text}"));
        read(one).against(&read(other))
    }

    #[test]
    fn numbers_and_days_must_agree() {
        let of = |one, other| order(VersionForm::Build, one, other);
        assert_eq!(of("V5.4.0 build 160530", "5.4.0_160530"), Ok(Ordering::Equal));
        assert_eq!(of("V5.7.7build241203", "V5.7.7 build 20241204"), Ok(Ordering::Less));
        assert_eq!(of("V5.7.210 build 240826", "V5.7.21_240814"), Ok(Ordering::Greater));
        assert_eq!(of("V4.73.109 build 250904", "V4.76.005 build 231012"), Err(Gap::Conflict));
        assert_eq!(of("V4.31.100 build 210511", "V4.31.000 build 210511"), Err(Gap::Conflict));
        assert_eq!(of("V5.8.2", "V5.7.7 build 241203"), Err(Gap::NoBuild));
        assert_eq!(of("V5.5.0", "V5.7.7 build 241203"), Ok(Ordering::Less));
        assert_eq!(of("1.3.4.22966B181219.D00.U1(4A21S)", "1.3.4"), Ok(Ordering::Greater));
    }

    #[test]
    fn branches_have_no_order_among_them() {
        let of = |one, other| order(VersionForm::Fields, one, other);
        let bound = "2.800.0000000.6.R.200314";
        assert_eq!(of("2.800.0000000.6.R.200314.bin", bound), Ok(Ordering::Equal));
        assert_eq!(of("2.800.0000000.6.R, Build Date 2020-03-13", bound), Ok(Ordering::Less));
        assert_eq!(of("2.420.AC00.18.R.20200217", bound), Err(Gap::OtherBranch));
        assert_eq!(of("2.800.0000000.7.R.191201", bound), Err(Gap::Conflict));
        let of = |one, other| order(VersionForm::Platform, one, other);
        let bound = "DIPC-B1213.6.5.230215";
        assert_eq!(of("DIPC-B1213.6.5.230215", bound), Ok(Ordering::Equal));
        assert_eq!(of("DIPC-B1213.6.4.230301", bound), Err(Gap::Conflict));
        assert_eq!(of("CIPC-B1213.6.4.220301", bound), Err(Gap::OtherBranch));
    }

    #[test]
    fn what_is_no_version_of_the_form_is_not_read() {
        let not = |form, text| assert_eq!(Stamp::read(form, text), None, "{text}");
        not(VersionForm::Build, "2.800.0000000.16.R.20190711");
        not(VersionForm::Build, "CIPC-B2303.2.8.230105");
        not(VersionForm::Build, "after V5.00.000 (including) and before V5.02.006");
        not(VersionForm::Build, "V5.4.0 build 169930");
        not(VersionForm::Build, "");
        not(VersionForm::Fields, "V5.4.0 build 160530");
        not(VersionForm::Fields, "2.800.0000000.16.R.20199911");
        not(VersionForm::Platform, "NVR-B3801");
        not(VersionForm::Whole, "1.3.4");
        let wide = Stamp::read(VersionForm::Build, "V5.02.006（build 240115）");
        assert_eq!(wide, None);
        let wide = Stamp::read(VersionForm::Build, "Ｖ５.０２.００６ build 240115");
        assert_eq!(wide, Stamp::read(VersionForm::Build, "5.2.6_240115"));
    }
}
