//! How things are measured here: the time of a thread or of the clock, and the memory of a child.

use std::io;
use std::process::Child;
use std::time::{Duration, Instant};

/// How often a child's memory is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// How long the work kept this thread's core; where the system does not tell, the time that
/// passed. On a machine that others share, a clock on the wall would count their work too.
pub fn on_core<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let kept = || {
        let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
        text.split(' ').next()?.parse().ok().map(Duration::from_nanos)
    };
    let before = kept();
    let (passed, done) = passed(work);
    match (before, kept()) {
        (Some(before), Some(after)) => (after - before, done),
        _ => (passed, done),
    }
}

/// The same for work that gives nothing.
pub fn core_time(work: impl FnOnce()) -> Duration {
    on_core(work).0
}

/// How much time passed meanwhile: what work of several threads or programs is measured by.
#[expect(clippy::disallowed_methods, reason = "measuring is what this is for")]
pub fn passed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let start = Instant::now();
    let done = work();
    (start.elapsed(), done)
}

/// Waits for a program; the most memory that it held, in KiB.
///
/// # Errors
/// Where the system cannot wait for it.
pub fn watch(mut child: Child) -> io::Result<u64> {
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    while child.try_wait()?.is_none() {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
        peak = peak.max(kib.unwrap_or(0));
        std::thread::sleep(LOOK_EVERY);
    }
    Ok(peak)
}
