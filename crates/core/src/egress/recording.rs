//! What a recording covers: nothing is said of what lies outside of it.

use jiff::Timestamp;

use crate::observation::Seen;

/// One capture that was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recording {
    /// The file, as its devices name it.
    pub source: String,
    /// The first and the last packet, where their times are told.
    pub seen: Option<Seen>,
    /// Packets that were read.
    pub packets: u64,
    /// Packets of which only the beginning was recorded.
    pub cut: u64,
    /// Whether something was let go at a limit, or could not be read: then what is counted is a
    /// lower bound.
    pub lacks: bool,
}

/// Stretches of time that several recordings cover together, each hour once.
#[must_use]
pub fn stretches(recordings: &[Recording]) -> Vec<Seen> {
    let mut all: Vec<Seen> = recordings.iter().filter_map(|one| one.seen).collect();
    all.sort_by_key(|one| (one.from, one.until));
    let mut together: Vec<Seen> = Vec::new();
    for one in all {
        match together.last_mut() {
            Some(last) if one.from <= last.until => last.until = last.until.max(one.until),
            _ => together.push(one),
        }
    }
    together
}

/// Seconds that recordings cover together. Within one nobody knows of gaps.
#[must_use]
pub fn seconds(recordings: &[Recording]) -> i64 {
    let long = |one: &Seen| (one.until.as_second() - one.from.as_second()).max(0);
    stretches(recordings).iter().map(long).sum()
}

/// The first and the last moment of all of them.
#[must_use]
pub fn span(recordings: &[Recording]) -> Option<(Timestamp, Timestamp)> {
    let all = stretches(recordings);
    Some((all.first()?.from, all.last()?.until))
}

/// How long something was, in words: `40 hours`, `25 minutes`, `16 seconds`.
#[must_use]
pub fn long_words(seconds: i64) -> String {
    const UNITS: [(i64, &str); 3] = [(3_600, "hour"), (60, "minute"), (1, "second")];
    // A unit is used from two of it on, so that 100 minutes are not one hour.
    let (of, unit) = UNITS.into_iter().find(|(of, _)| seconds >= 2 * of).unwrap_or(UNITS[2]);
    let count = seconds / of;
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recording(from: i64, until: i64) -> Recording {
        let at = |second| Timestamp::from_second(second).unwrap();
        Recording { seen: Some(Seen::between(at(from), at(until))), ..Recording::default() }
    }

    #[test]
    fn an_hour_that_two_recordings_cover_counts_once_and_a_gap_not_at_all() {
        let all = [recording(7_200, 10_800), recording(0, 3_600), recording(1_800, 5_400)];
        assert_eq!(seconds(&all), 5_400 + 3_600);
        assert_eq!(stretches(&all).len(), 2);
        assert_eq!(span(&all).map(|(from, until)| (from.as_second(), until.as_second())), {
            Some((0, 10_800))
        });
        assert_eq!(seconds(&[Recording::default()]), 0);
    }

    #[test]
    fn how_long_is_said_in_a_unit_that_rounds_little_away() {
        let words = [0, 1, 16, 100, 6_000, 7_199, 7_200, 144_000].map(long_words);
        assert_eq!(
            words,
            [
                "0 seconds",
                "1 second",
                "16 seconds",
                "100 seconds",
                "100 minutes",
                "119 minutes",
                "2 hours",
                "40 hours"
            ]
        );
    }
}
