//! When the next round begins: on a grid from the first one on, so that nothing adds up to a drift.

use std::time::Duration;

/// Rounds at equal distances.
pub(super) struct Schedule {
    every: Duration,
    /// The place on the grid of the last round that began.
    place: u128,
}

/// The next round.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Next {
    /// How long after the first it begins.
    pub(super) at: Duration,
    /// By how much later than it should have, where the one before took too long.
    pub(super) late: Option<Duration>,
    /// How many rounds had no time at all.
    pub(super) skipped: u128,
}

impl Schedule {
    /// Rounds that begin so long after one another; the first began just now.
    pub(super) fn new(every: Duration) -> Self {
        Self { every: every.max(Duration::from_millis(1)), place: 0 }
    }

    /// How long it is until the next one is due, when so much time has passed.
    pub(super) fn left(&self, passed: Duration) -> Duration {
        nanos((self.place + 1) * self.every.as_nanos()).saturating_sub(passed)
    }

    /// The next one, when so much time has passed since the first began.
    pub(super) fn next(&mut self, passed: Duration) -> Next {
        let every = self.every.as_nanos();
        let planned = self.place + 1;
        let due = planned * every;
        if passed.as_nanos() <= due {
            self.place = planned;
            return Next { at: nanos(due), late: None, skipped: 0 };
        }
        // It begins right away, in the place on the grid of the last that is due.
        self.place = passed.as_nanos() / every;
        let late = passed.saturating_sub(nanos(due));
        Next { at: passed, late: Some(late), skipped: self.place - planned }
    }
}

fn nanos(all: u128) -> Duration {
    let second = 1_000_000_000;
    let seconds = u64::try_from(all / second).unwrap_or(u64::MAX);
    Duration::new(seconds, u32::try_from(all % second).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn rounds_keep_to_the_grid_however_long_each_takes() {
        let mut schedule = Schedule::new(at(100));
        for (passed, begins) in [(30, 100), (199, 200), (200, 300), (399, 400)] {
            let next = schedule.next(at(passed));
            assert_eq!(next, Next { at: at(begins), late: None, skipped: 0 });
        }
    }

    #[test]
    fn a_round_that_lasts_until_the_next_never_drifts() {
        let mut schedule = Schedule::new(at(100));
        let mut now = Duration::ZERO;
        for number in 1..1_000 {
            // What ends a round takes a little time of its own.
            now += schedule.left(now) + Duration::from_millis(150);
            let next = schedule.next(now);
            assert_eq!((next.skipped, next.at), (0, now));
            assert_eq!(now, at(100 * number) + Duration::from_millis(150));
        }
    }

    #[test]
    fn a_round_that_took_too_long_is_followed_at_once_and_then_by_the_grid() {
        let mut schedule = Schedule::new(at(100));
        let next = schedule.next(at(130));
        assert_eq!(next, Next { at: at(130), late: Some(at(30)), skipped: 0 });
        assert_eq!(schedule.next(at(150)).at, at(200));
        let next = schedule.next(at(555));
        assert_eq!(next, Next { at: at(555), late: Some(at(255)), skipped: 2 });
        assert_eq!(schedule.next(at(556)).at, at(600));
    }
}
