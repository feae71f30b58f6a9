//! How long is listened.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Between two looks at whether to end.
pub(crate) const LOOK: Duration = Duration::from_millis(200);

/// Until a moment, or until somebody stops it, whichever comes first.
#[derive(Debug, Clone)]
pub struct Until {
    moment: Option<Instant>,
    stopped: Arc<AtomicBool>,
}

impl Until {
    /// For so long from now on; without it, until it is stopped.
    #[must_use]
    pub fn lasting(how_long: Option<Duration>) -> Self {
        let moment = how_long.and_then(|long| Instant::now().checked_add(long));
        Self { moment, stopped: Arc::default() }
    }

    /// Stops at Ctrl-C, and when the system asks the program to end.
    ///
    /// # Errors
    /// When the system does not tell of it.
    pub fn or_interrupted(self) -> io::Result<Self> {
        let stopped = Arc::clone(&self.stopped);
        ctrlc::set_handler(move || stopped.store(true, Ordering::Relaxed))
            .map_err(io::Error::other)?;
        Ok(self)
    }

    /// For so long from now on, or until whoever stops the other stops both.
    #[must_use]
    pub fn anew(&self, how_long: Option<Duration>) -> Self {
        Self { stopped: Arc::clone(&self.stopped), ..Self::lasting(how_long) }
    }

    /// Whether somebody stopped it.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// Waits until it is over.
    pub fn pass(&self) {
        while !self.is_over() {
            std::thread::sleep(self.wait());
        }
    }

    /// Whether it is over.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.is_stopped() || self.moment.is_some_and(|moment| Instant::now() >= moment)
    }

    /// How long to wait before the next look.
    pub(crate) fn wait(&self) -> Duration {
        let left = self.moment.map(|moment| moment.saturating_duration_since(Instant::now()));
        // A wait of nothing would be one without end.
        left.map_or(LOOK, |left| left.clamp(Duration::from_millis(1), LOOK))
    }
}
