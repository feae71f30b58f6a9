//! A bar on standard error for whatever takes longer than a second.

use indicatif::{ProgressBar, ProgressStyle};

/// Ticks are looked at so seldom that they cost nothing.
const DEVICES_BETWEEN: u64 = 512;
/// Below this many bytes nothing takes a second.
const BYTES_MIN: u64 = 8 << 20;

/// Devices between two looks at a server's counter.
const RECEIVED_BETWEEN: u64 = 25;

/// A line while a server is asked, drawn only on a terminal.
pub(crate) struct Waiting {
    bar: Option<ProgressBar>,
}

impl Waiting {
    /// Begins to wait for that host.
    pub(crate) fn new(quiet: bool, host: &str) -> Self {
        let bar = (!quiet).then(|| {
            let bar = ProgressBar::new_spinner();
            let style = ProgressStyle::with_template("{prefix} {msg}  {elapsed}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
            bar.set_prefix(format!("asking {host}"));
            bar.tick();
            bar
        });
        Self { bar }
    }

    /// Says how many devices there are so far, and of how many.
    pub(crate) fn tick(&mut self, devices: u64, of: Option<u64>) {
        if let Some(bar) = self.bar.as_ref().filter(|_| devices.is_multiple_of(RECEIVED_BETWEEN)) {
            let of = of.map(|of| format!(" of {of}")).unwrap_or_default();
            bar.set_message(format!("{devices}{of} devices"));
            bar.tick();
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

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
