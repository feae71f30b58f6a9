//! How fast is asked: never above a rate, less as soon as the network or a device shows that it is
//! too much, and slowly more again.

use crate::net::Moment;

/// Askings a second, unless the user says otherwise: connections begun and datagrams sent.
pub const RATE: u32 = 50;

/// The fastest that may be asked for.
pub const RATE_MAX: u32 = 100_000;

/// The slowest that is gone down to.
const RATE_MIN: f64 = 1.0;

/// Askings that may follow each other at once: a rate is kept over this part of a second.
const BURST_SECONDS: f64 = 0.02;

/// What a calm second adds, as a part of the user's rate.
const RECOVERY: f64 = 0.1;

/// Between two steps down nothing is learnt that was not known at the first.
const PATIENCE: Moment = Moment::from_millis(1_000);

/// Who may ask when.
#[derive(Debug, Clone)]
pub struct Pace {
    most: f64,
    rate: f64,
    /// Askings that may be made at once.
    tokens: f64,
    /// When `tokens` was worked out.
    at: Moment,
    backed_off: Option<Moment>,
    steps_down: u64,
}

impl Pace {
    /// At most so many askings a second.
    #[must_use]
    pub fn new(rate: u32) -> Self {
        let most = f64::from(rate.clamp(1, RATE_MAX));
        Self { most, rate: most, tokens: 0.0, at: Moment::ZERO, backed_off: None, steps_down: 0 }
    }

    /// Takes the right to ask once, if it is there.
    pub fn take(&mut self, now: Moment) -> bool {
        self.fill(now);
        let there = self.tokens >= 1.0;
        if there {
            self.tokens -= 1.0;
        }
        there
    }

    /// When the next asking may be made.
    #[must_use]
    pub fn next(&self) -> Moment {
        let missing = (1.0 - self.tokens).max(0.0) / self.rate;
        // A moment is rounded down; a little later is not too early.
        self.at + Moment::from_secs_f64(missing) + Moment::from_micros(1)
    }

    /// Something shows that it was too much: half as fast from now on.
    pub fn back_off(&mut self, now: Moment) {
        if self.backed_off.is_some_and(|before| now < before + PATIENCE) {
            return;
        }
        self.fill(now);
        self.backed_off = Some(now);
        self.rate = (self.rate / 2.0).max(RATE_MIN);
        self.steps_down += 1;
    }

    /// How often it became slower.
    #[must_use]
    pub fn steps_down(&self) -> u64 {
        self.steps_down
    }

    /// Askings a second at present.
    #[must_use]
    pub fn rate(&self) -> f64 {
        self.rate
    }

    fn fill(&mut self, now: Moment) {
        let passed = now.saturating_sub(self.at).as_secs_f64();
        self.at = self.at.max(now);
        let calm = self.backed_off.is_none_or(|before| now >= before + PATIENCE);
        if calm && self.rate < self.most {
            self.rate = (self.rate + self.most * RECOVERY * passed).min(self.most);
        }
        let burst = (self.rate * BURST_SECONDS).max(1.0);
        self.tokens = (self.tokens + passed * self.rate).min(burst);
    }
}
