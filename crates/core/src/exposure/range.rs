//! One range and one firmware.

use std::cmp::Ordering;

use jiff::civil::Date;

use super::version::{Gap, Stamp, plain};
use crate::kb::schema::{Advisory, Affected, After, Verdict};

/// What one range says of a firmware.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Said {
    /// The verdict.
    pub(super) verdict: Verdict,
    /// Why, in one sentence.
    pub(super) why: String,
    /// Whether its numbers count in another branch than those of the device.
    pub(super) other_branch: bool,
}

/// Where a firmware lies to one end of a range.
enum Side {
    Inside,
    Outside(String),
    Open(Gap, String),
}

/// The bounds of one range, read once.
#[derive(Debug, Clone, Default)]
pub(super) struct Bounds {
    /// Whether one cannot be read, or none ends the range.
    unread: bool,
    from: Option<Stamp>,
    before: Option<Stamp>,
    until: Option<Stamp>,
    fixed: Vec<Option<Stamp>>,
    /// The single versions that are listed, as versions are written.
    exact: Vec<String>,
}

impl Bounds {
    pub(super) fn of(advisory: &Advisory, row: &Affected) -> Self {
        let read = |text: &String| Stamp::read(advisory.form, text);
        // An overlay may hold a bound that the linter refused: what cannot be read accuses nobody.
        let unread = row.bounds().any(|text| Stamp::read(advisory.form, text).is_none());
        Self {
            unread: unread || !row.ends(),
            from: row.from.as_ref().and_then(read),
            before: row.before.as_ref().and_then(read),
            until: row.until.as_ref().and_then(read),
            fixed: row.fixed.iter().map(read).collect(),
            exact: row.exact.iter().map(|one| plain(one)).collect(),
        }
    }
}

/// The verdict of one range of an advisory on a firmware, which is written as [`plain`] writes it.
pub(super) fn said_of(
    row: &Affected,
    bounds: &Bounds,
    stamp: Option<&Stamp>,
    firmware: &str,
) -> Said {
    if row.all {
        return say(Verdict::Affected, "every firmware of it is affected");
    }
    if row.unstated {
        return say(Verdict::CannotTell, "the model is named without any version");
    }
    if firmware.is_empty() {
        return say(Verdict::CannotTell, "no firmware is known");
    }
    if !row.exact.is_empty() {
        return if bounds.exact.iter().any(|one| one == firmware) {
            say(Verdict::Affected, "this very version is listed")
        } else {
            say(Verdict::CannotTell, "only single versions are listed, and this is none of them")
        };
    }
    if bounds.unread {
        return say(Verdict::CannotTell, "the range of the advisory cannot be read");
    }
    let Some(stamp) = stamp else {
        return say(Verdict::CannotTell, "the firmware has no version that could be compared");
    };
    let starts = [
        both(&bounds.from, &row.from).map(|(bound, text)| start(stamp, bound, text)),
        row.built_from.map(|day| built(stamp, day, |mine| mine >= day, "built before")),
    ];
    for side in starts.into_iter().flatten() {
        match side {
            Side::Inside => {}
            Side::Outside(why) => return say(Verdict::NotAffected, why),
            Side::Open(gap, why) => return open(gap, why),
        }
    }
    let late = "built on or after";
    let until = |bound, text: &_, inside| end(stamp, bound, text, inside);
    let ends = [
        both(&bounds.before, &row.before).map(|(bound, text)| until(bound, text, Ordering::is_lt)),
        both(&bounds.until, &row.until).map(|(bound, text)| until(bound, text, Ordering::is_le)),
        row.built_before.map(|day| built(stamp, day, |mine| mine < day, late)),
        row.built_until.map(|day| built(stamp, day, |mine| mine <= day, "built after")),
    ];
    ended(row, bounds, stamp, ends)
}

/// A bound and how it is written.
fn both<'b>(bound: &'b Option<Stamp>, text: &'b Option<String>) -> Option<(&'b Stamp, &'b String)> {
    bound.as_ref().zip(text.as_ref())
}

fn ended(row: &Affected, bounds: &Bounds, stamp: &Stamp, ends: [Option<Side>; 4]) -> Said {
    let count = ends.iter().flatten().count();
    let mut past = Vec::new();
    for side in ends.into_iter().flatten() {
        match side {
            Side::Inside => {}
            Side::Outside(why) => past.push(why),
            Side::Open(gap, why) => return open(gap, why),
        }
    }
    if past.is_empty() {
        return if row.some {
            say(Verdict::CannotTell, "only some models of the series are meant")
        } else {
            say(Verdict::Affected, inside(row))
        };
    }
    if past.len() < count {
        return say(Verdict::CannotTell, "version and day of build lie on two sides of the range");
    }
    after(row, bounds, stamp, past.swap_remove(0))
}

/// Whether the end of a range is, or has, a day of build.
pub(super) fn has_day(row: &Affected, bounds: &Bounds) -> bool {
    let mut ends = [&bounds.before, &bounds.until].into_iter().flatten();
    row.built_before.is_some()
        || row.built_until.is_some()
        || ends.any(|bound| bound.build.is_some())
}

/// Behind the end of the range.
fn after(row: &Affected, bounds: &Bounds, stamp: &Stamp, past: String) -> Said {
    match row.after {
        After::NotAffected => return say(Verdict::NotAffected, past),
        After::Unknown => {
            return say(Verdict::CannotTell, format!("{past}, and no fix is stated"));
        }
        After::Fixed => {}
    }
    if row.fixed.is_empty() && row.fixed_built.is_none() {
        return say(Verdict::Fixed, past);
    }
    let reached = row.fixed.iter().zip(&bounds.fixed).find(|(_, bound)| {
        bound.as_ref().is_some_and(|bound| stamp.against(bound).is_ok_and(Ordering::is_ge))
    });
    if let Some((text, _)) = reached {
        return say(Verdict::Fixed, format!("fixed from {text} on"));
    }
    if let Some(day) = row.fixed_built.filter(|day| stamp.build.is_some_and(|mine| mine >= *day)) {
        return say(Verdict::Fixed, format!("fixed in builds from {day} on"));
    }
    say(Verdict::CannotTell, "it lies between the last affected and the first fixed one")
}

fn start(stamp: &Stamp, bound: &Stamp, text: &str) -> Side {
    match stamp.against(bound) {
        Ok(Ordering::Less) => Side::Outside(format!("older than {text}, the first affected")),
        Ok(_) => Side::Inside,
        Err(gap) => Side::Open(gap, text.to_owned()),
    }
}

fn end(stamp: &Stamp, bound: &Stamp, text: &str, inside: fn(Ordering) -> bool) -> Side {
    match stamp.against(bound) {
        Ok(order) if inside(order) => Side::Inside,
        Ok(Ordering::Equal) => Side::Outside(format!("{text} is fixed")),
        Ok(_) => Side::Outside(format!("later than {text}")),
        Err(gap) => Side::Open(gap, text.to_owned()),
    }
}

fn built(stamp: &Stamp, day: Date, inside: impl Fn(Date) -> bool, outside: &str) -> Side {
    match stamp.build {
        None => Side::Open(Gap::NoBuild, day.to_string()),
        Some(mine) if inside(mine) => Side::Inside,
        Some(_) => Side::Outside(format!("{outside} {day}")),
    }
}

fn inside(row: &Affected) -> String {
    format!("in the affected range: {}", row.in_words().join(", "))
}

fn open(gap: Gap, bound: String) -> Said {
    let why = match gap {
        Gap::OtherBranch => format!("{bound} counts in another branch of the firmware"),
        Gap::NoBuild => format!("the range depends on the day of build ({bound}); none is known"),
        Gap::Conflict => format!("to {bound}, version and day of build say opposite things"),
    };
    Said { verdict: Verdict::CannotTell, why, other_branch: gap == Gap::OtherBranch }
}

fn say(verdict: Verdict, why: impl Into<String>) -> Said {
    Said { verdict, why: why.into(), other_branch: false }
}
