//! Moments, as machines write them: RFC 3339, seconds of the epoch, and a few forms of their own.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::Value;
use whomade_core::observation::Seen;

/// Seconds of the epoch are read up to the year 2200; beyond that they are milliseconds.
const SECONDS_MAX: f64 = 7_258_118_400.0;

/// A moment as a text gives it. One without a zone is taken as UTC, as logs of machines are.
pub(crate) fn of_text(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    // Each try that fails costs more than the one that does not: what is surely of a form is read
    // as that at once.
    if text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return of_number(text.parse().ok()?);
    }
    if is_civil(text)
        && let Ok(civil) = text.parse::<DateTime>()
    {
        return civil.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp());
    }
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Some(moment);
    }
    if let Ok(number) = text.parse::<f64>() {
        return of_number(number);
    }
    // `2026-11-22T10:00:00+0000` has no colon in its zone.
    if let Ok(moment) = Timestamp::strptime("%Y-%m-%dT%H:%M:%S%.f%z", text) {
        return Some(moment);
    }
    let plain = text.strip_suffix(" UTC").or_else(|| text.strip_suffix('Z')).unwrap_or(text);
    let plain = plain.replacen('/', "-", 2);
    let civil: DateTime = plain.parse().ok()?;
    civil.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

/// Whether a text is day and time without any zone: `2026-11-22T10:00:00.5`.
fn is_civil(text: &str) -> bool {
    let bytes = text.as_bytes();
    let parted = |at: usize, signs: &[u8]| bytes.get(at).is_some_and(|byte| signs.contains(byte));
    let time = || bytes[11..].iter().all(|byte| byte.is_ascii_digit() || b":.".contains(byte));
    parted(4, b"-") && parted(10, b"T ") && bytes.len() > 11 && time()
}

/// A moment as seconds of the epoch, or milliseconds where seconds would lie too far ahead.
pub(crate) fn of_number(number: f64) -> Option<Timestamp> {
    if !number.is_finite() || number < 0.0 {
        return None;
    }
    let seconds = if number > SECONDS_MAX { number / 1000.0 } else { number };
    // Microseconds are what logs hold; finer digits of a float are noise.
    Timestamp::from_microsecond((seconds * 1e6).round() as i64).ok().filter(|_| number <= 1e13)
}

/// A moment as JSON gives it.
pub(crate) fn of_value(value: &Value) -> Option<Timestamp> {
    match value {
        Value::String(text) => of_text(text),
        Value::Number(number) => of_number(number.as_f64()?),
        _ => None,
    }
}

/// A moment, or a list of a first and a last one.
pub(crate) fn seen_of(value: &Value) -> Option<Seen> {
    match value {
        Value::Array(ends) => match ends.as_slice() {
            [one, other] => Some(Seen::between(of_value(one)?, of_value(other)?)),
            _ => None,
        },
        one => of_value(one).map(Seen::at),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms_of_machines_are_read() {
        for written in [
            "2026-11-22T10:00:00Z",
            "2026-11-22T11:00:00+01:00",
            "2026-11-22T11:00:00.000000+0100",
            "2026-11-22 10:00:00",
            "2026-11-22T10:00:00.000000",
            "2026/11/22 10:00:00",
            "2026-11-22 10:00:00 UTC",
            "1795341600",
            "1795341600.0",
            "1795341600000",
        ] {
            let read = of_text(written).map(|moment| moment.to_string());
            assert_eq!(read.as_deref(), Some("2026-11-22T10:00:00Z"), "{written}");
        }
        for written in ["", "soon", "-5", "inf", "NaN", "99999999999999999999", "2026-13-40"] {
            assert_eq!(of_text(written), None, "{written}");
        }
    }
}
