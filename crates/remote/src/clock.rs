//! The one clock of this room: a limit of time needs one. Nothing that is read depends on it.

use std::time::{Duration, Instant};

/// How long something has taken so far.
pub(crate) struct Clock(Instant);

impl Clock {
    /// Begins.
    #[expect(clippy::disallowed_methods, reason = "a server that never ends must be left")]
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    /// What is left of so much time; none when it is over.
    pub(crate) fn left_of(&self, time: Duration) -> Option<Duration> {
        time.checked_sub(self.0.elapsed()).filter(|left| !left.is_zero())
    }
}
