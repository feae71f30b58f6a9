//! How things are measured here: the time of a thread or of the clock, and the memory of a child.

use std::fs;
use std::io;
use std::path::Path;
use std::process::Child;
use std::time::{Duration, Instant};

use whomade_core::kb::document::File;

/// How often a child's memory is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// How long the work kept this thread's core; where the system does not tell, the time that
/// passed. On a machine that others share, a clock on the wall would count their work too.
pub fn on_core<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let kept = || core_time_in(Path::new("/proc/thread-self/schedstat"));
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

/// What was seen of a program while it ran.
#[derive(Debug, Clone, Copy, Default)]
pub struct Watched {
    /// The most memory that it held, in KiB.
    pub peak: u64,
    /// How long its busiest thread had a core: the time that the program would take if nobody
    /// else wanted the cores. Nothing where the system does not tell.
    pub busiest: Option<Duration>,
}

/// Waits for a program and watches it.
///
/// # Errors
/// Where the system cannot wait for it.
pub fn watch(mut child: Child) -> io::Result<Watched> {
    let folder = format!("/proc/{}", child.id());
    let mut seen = Watched::default();
    while child.try_wait()?.is_none() {
        let text = std::fs::read_to_string(format!("{folder}/status")).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
        seen.peak = seen.peak.max(kib.unwrap_or(0));
        let threads = std::fs::read_dir(format!("{folder}/task")).into_iter().flatten().flatten();
        let times = threads.filter_map(|thread| core_time_in(&thread.path().join("schedstat")));
        seen.busiest = seen.busiest.max(times.max());
        std::thread::sleep(LOOK_EVERY);
    }
    Ok(seen)
}

/// The time that a thread had a core, as the system writes it down.
fn core_time_in(file: &Path) -> Option<Duration> {
    let text = std::fs::read_to_string(file).ok()?;
    text.split(' ').next()?.parse().ok().map(Duration::from_nanos)
}

/// The files of a base on disk, in the order of their paths.
///
/// # Errors
/// When one cannot be read.
pub fn files_of(dir: &Path) -> io::Result<Vec<File>> {
    let mut files = Vec::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            let name = path.strip_prefix(dir).unwrap_or(&path).to_string_lossy().into_owned();
            if path.is_dir() && name != "imported" {
                folders.push(path);
            } else if name.ends_with(".toml") {
                files.push(File { path: name, text: fs::read_to_string(&path)? });
            }
        }
    }
    files.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(files)
}
