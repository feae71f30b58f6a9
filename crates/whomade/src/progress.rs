//! A bar on standard error for whatever takes longer than a second.

use indicatif::{ProgressBar, ProgressStyle};

/// Ticks are looked at so seldom that they cost nothing.
const DEVICES_BETWEEN: u64 = 512;
/// Below this many bytes nothing takes a second.
const BYTES_MIN: u64 = 8 << 20;

/// The bar, drawn only on a terminal and only for large inputs.
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    quiet: bool,
    seen: u64,
}

impl Progress {
    pub(crate) const fn new(quiet: bool) -> Self {
        Self { bar: None, quiet, seen: 0 }
    }

    /// Says how far the reading is.
    pub(crate) fn tick(&mut self, bytes_read: u64, bytes_total: Option<u64>, devices: u64) {
        if self.quiet || devices < self.seen + DEVICES_BETWEEN {
            return;
        }
        self.seen = devices;
        let Some(total) = bytes_total.filter(|total| *total >= BYTES_MIN) else { return };
        let bar = self.bar.get_or_insert_with(|| {
            let style = "{bar:32} {bytes}/{total_bytes}  {msg}  {eta} left";
            let bar = ProgressBar::new(total);
            bar.set_style(
                ProgressStyle::with_template(style)
                    .unwrap_or_else(|_| ProgressStyle::default_bar()),
            );
            bar
        });
        bar.set_position(bytes_read);
        bar.set_message(format!("{devices} devices"));
    }

    /// Takes the bar off the screen, so that something can be said.
    pub(crate) fn clear(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}
