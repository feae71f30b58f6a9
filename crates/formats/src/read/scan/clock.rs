//! Moments that a scanner wrote by its own clock, without saying in which zone that stands.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use whomade_core::observation::Seen;

/// Clocks ahead of UTC are so by fourteen hours at most, those behind it by twelve.
const AHEAD: SignedDuration = SignedDuration::from_hours(14);
const BEHIND: SignedDuration = SignedDuration::from_hours(12);

/// The stretch in which a moment lies that is written as C programs do, `Tue Nov  7 10:00:00 2023`,
/// by a clock of which only the machine knew the zone.
pub(super) fn of_c(text: &str) -> Option<Seen> {
    somewhere(civil(text)?)
}

/// The same of day and minute, `2023-11-07 10:00 CET`; letters of a zone stand for several.
pub(super) fn of_minute(text: &str) -> Option<Seen> {
    let minute = text.trim().get(..16)?;
    somewhere(DateTime::strptime("%Y-%m-%d %H:%M", minute).ok()?)
}

/// Where on the line of time a day and hour may lie.
fn somewhere(civil: DateTime) -> Option<Seen> {
    let as_utc = civil.to_zoned(TimeZone::UTC).ok()?.timestamp();
    let from = as_utc.checked_sub(AHEAD).ok()?;
    let until = as_utc.checked_add(BEHIND).ok()?;
    Some(Seen::between(from, until))
}

/// Day of the week, month, day, time and year; days below ten have a blank before them.
fn civil(text: &str) -> Option<DateTime> {
    let mut words = text.split_whitespace().skip(1);
    let (month, day) = (words.next()?, words.next()?);
    let (time, year) = (words.next()?, words.next()?);
    DateTime::strptime("%b %d %H:%M:%S %Y", format!("{month} {day} {time} {year}")).ok()
}

/// Seconds of the epoch.
pub(super) fn of_seconds(text: &str) -> Option<Seen> {
    let seconds = text.trim().parse().ok().filter(|seconds| *seconds > 0)?;
    Timestamp::from_second(seconds).ok().map(Seen::at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_without_a_zone_gives_a_stretch() {
        let seen = of_c("Tue Nov  7 10:00:00 2023").unwrap_or_else(|| unreachable!());
        assert_eq!(seen.from.to_string(), "2023-11-06T20:00:00Z");
        assert_eq!(seen.until.to_string(), "2023-11-07T22:00:00Z");
        assert_eq!(of_minute("2023-11-07 10:00 CET"), of_c("Tue Nov  7 10:00:00 2023"));
        assert_eq!(of_c("soon"), None);
        assert_eq!(of_c("Tue Nov 77 10:00:00 2023"), None);
        assert_eq!(of_seconds("0"), None);
    }
}
