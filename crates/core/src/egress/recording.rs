//! What a recording covers: nothing is said of what lies outside of it.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::observation::Seen;

/// One capture that was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recording {
    /// The file, as its devices name it.
    pub source: String,
    /// The first and the last packet, where their times are told.
    pub seen: Option<Seen>,
    /// The stretches within, where a clock went back or where there was silence for more than an
    /// hour, of which nobody knows whether it was recorded.
    pub stretches: Vec<Seen>,
    /// Whether the times that are told cannot be.
    pub odd_clock: bool,
    /// Packets that were read.
    pub packets: u64,
    /// Packets of which only the beginning was recorded.
    pub cut: u64,
    /// Whether something was let go at a limit, or could not be read: then what is counted is a
    /// lower bound.
    pub lacks: bool,
}

impl Recording {
    /// What of it is missing, in words; nothing where nothing is.
    #[must_use]
    pub fn lacks_words(&self) -> String {
        let told = [
            (self.lacks, "not all could be read or kept: amounts are lower bounds"),
            (self.cut > 0, "packets were recorded in part: names may be missing"),
            (self.odd_clock, "its clock was wrong: no time is told"),
            (
                self.stretches.len() > 1,
                "its clock jumped, or nothing passed for more than an hour: what lies between is \
                 not counted as recorded",
            ),
        ];
        let told = told.into_iter().filter(|(is_so, _)| *is_so).map(|(_, words)| words);
        told.collect::<Vec<_>>().join("; ")
    }
}

/// Seconds between the last packet of one file and the first of the next within which both may be
/// one recording.
const NEXT_SECONDS_MAX: i64 = 60;

/// Which recordings are one in several files, as `tcpdump -C` and `-G` write them: each has a
/// number, those of one the same. Their names differ in nothing but digits, and one goes on soon
/// after the other ends; what overlaps may be of two networks that use the same addresses.
#[must_use]
pub fn series(recordings: &[Recording]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..recordings.len()).collect();
    order.sort_by_key(|at| recordings[*at].seen.map(|seen| (seen.from, seen.until)));
    let mut of: Vec<usize> = (0..recordings.len()).collect();
    // Of each name without its digits the recording that was met last.
    let mut last: BTreeMap<String, usize> = BTreeMap::new();
    for at in order {
        let stem = recordings[at].source.replace(|one: char| one.is_ascii_digit(), "");
        let before = last.insert(stem, at);
        if let Some(before) = before
            && let (Some(one), Some(next)) = (recordings[before].seen, recordings[at].seen)
            && next.from >= one.until
            && next.from.as_second() - one.until.as_second() <= NEXT_SECONDS_MAX
        {
            of[at] = of[before];
        }
    }
    of
}

/// Stretches of time that several recordings cover together, each hour once.
#[must_use]
pub fn stretches(recordings: &[Recording]) -> Vec<Seen> {
    let of = |one: &Recording| match one.stretches.is_empty() {
        true => one.seen.into_iter().collect(),
        false => one.stretches.clone(),
    };
    let mut all: Vec<Seen> = recordings.iter().flat_map(of).collect();
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

/// Seconds that recordings cover together. Within a stretch nobody knows of gaps.
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

/// How long something was, in words: `40 hours`, `2 hours 31 minutes`, `16 seconds`.
#[must_use]
pub fn long_words(seconds: i64) -> String {
    const UNITS: [(i64, &str); 3] = [(3_600, "hour"), (60, "minute"), (1, "second")];
    /// From so many of a unit on, what is left of it is little.
    const MANY: i64 = 10;
    // A unit is used from two of it on, so that 100 minutes are not one hour.
    let at = UNITS.iter().position(|(of, _)| seconds >= 2 * of).unwrap_or(UNITS.len() - 1);
    let words = |count: i64, unit| format!("{count} {unit}{}", if count == 1 { "" } else { "s" });
    let (of, unit) = UNITS[at];
    let count = seconds / of;
    let rest = UNITS.get(at + 1).map(|(small, unit)| (seconds % of / small, *unit));
    match rest.filter(|(left, _)| *left > 0 && count < MANY) {
        Some((left, small)) => format!("{} {}", words(count, unit), words(left, small)),
        None => words(count, unit),
    }
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
    fn files_of_one_recording_follow_one_another_under_names_that_differ_in_digits() {
        let named = |name: &str, from, until| {
            let source = name.to_owned();
            Recording { source, ..recording(from, until) }
        };
        let all = [
            named("a/gate2.pcap", 100, 200),
            named("a/gate1.pcap", 0, 90),
            named("b/gate3.pcap", 201, 300),
            named("a/gate3.pcap", 150, 300),
            named("a/gate4.pcap", 361, 400),
            named("a/gate5.pcap", 400, 500),
        ];
        assert_eq!(series(&all), [1, 1, 2, 3, 4, 4]);
        assert_eq!(series(&[Recording::default(), Recording::default()]), [0, 1]);
    }

    #[test]
    fn how_long_is_said_in_a_unit_that_rounds_little_away() {
        let words =
            [0, 1, 16, 100, 150, 6_000, 7_199, 7_200, 9_100, 36_060, 144_000].map(long_words);
        assert_eq!(
            words,
            [
                "0 seconds",
                "1 second",
                "16 seconds",
                "100 seconds",
                "2 minutes 30 seconds",
                "100 minutes",
                "119 minutes",
                "2 hours",
                "2 hours 31 minutes",
                "10 hours",
                "40 hours"
            ]
        );
    }
}
