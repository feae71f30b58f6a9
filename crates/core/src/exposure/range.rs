//! One range and one firmware.

use std::cmp::Ordering;

use jiff::civil::Date;

use super::version::{Gap, Stamp, plain};
use crate::kb::schema::{Advisory, Affected, After, Verdict};

/// What one range says of a firmware.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// The verdict.
    pub verdict: Verdict,
    /// Why, in one sentence.
    pub why: String,
    /// Whether its numbers count in another branch than those of the device.
    pub other_branch: bool,
}

/// Where a firmware lies to one end of a range.
enum Side {
    Inside,
    Outside(String),
    Open(Gap, String),
}

/// The verdict of one range of an advisory on a firmware.
#[must_use]
pub fn said_of(advisory: &Advisory, row: &Affected, stamp: Option<&Stamp>, firmware: &str) -> Said {
    if row.all {
        return say(Verdict::Affected, "every firmware of it is affected");
    }
    if row.unstated {
        return say(Verdict::CannotTell, "the model is named without any version");
    }
    if firmware.trim().is_empty() {
        return say(Verdict::CannotTell, "no firmware is known");
    }
    if !row.exact.is_empty() {
        let written = plain(firmware);
        return if row.exact.iter().any(|one| plain(one) == written) {
            say(Verdict::Affected, "this very version is listed")
        } else {
            say(Verdict::CannotTell, "only single versions are listed, and this is none of them")
        };
    }
    // An overlay may hold a bound that the linter refused: what cannot be read accuses nobody.
    let unread = row.bounds().any(|text| Stamp::read(advisory.form, text).is_none());
    if unread || !row.ends() {
        return say(Verdict::CannotTell, "the range of the advisory cannot be read");
    }
    let Some(stamp) = stamp else {
        return say(Verdict::CannotTell, "the firmware has no version that could be compared");
    };
    let read = |text: &Option<String>| {
        let text = text.as_ref()?;
        Some((Stamp::read(advisory.form, text)?, text.clone()))
    };
    let starts = [
        read(&row.from).map(|(bound, text)| start(stamp, &bound, &text)),
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
    let ends = [
        read(&row.before).map(|(bound, text)| end(stamp, &bound, &text, Ordering::is_lt)),
        read(&row.until).map(|(bound, text)| end(stamp, &bound, &text, Ordering::is_le)),
        row.built_before.map(|day| built(stamp, day, |mine| mine < day, late)),
        row.built_until.map(|day| built(stamp, day, |mine| mine <= day, "built after")),
    ];
    ended(advisory, row, stamp, ends.into_iter().flatten().collect())
}

fn ended(advisory: &Advisory, row: &Affected, stamp: &Stamp, ends: Vec<Side>) -> Said {
    let count = ends.len();
    let mut past = Vec::new();
    for side in ends {
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
    after(advisory, row, stamp, past.swap_remove(0))
}

/// Whether the end of a range is, or has, a day of build.
pub(super) fn has_day(advisory: &Advisory, row: &Affected) -> bool {
    let day = |text: &String| Stamp::read(advisory.form, text).is_some_and(|it| it.build.is_some());
    row.built_before.is_some()
        || row.built_until.is_some()
        || row.before.iter().chain(&row.until).any(day)
}

/// Behind the end of the range.
fn after(advisory: &Advisory, row: &Affected, stamp: &Stamp, past: String) -> Said {
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
    let reached = row.fixed.iter().find(|text| {
        let bound = Stamp::read(advisory.form, text);
        bound.is_some_and(|bound| stamp.against(&bound).is_ok_and(Ordering::is_ge))
    });
    if let Some(text) = reached {
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
