//! One round: a scan, a window of listening, or a file of one that was held before.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use jiff::Timestamp;
use whomade_core::assembly::Judged;
use whomade_core::diagnostic::Severity;
use whomade_core::report::clean;
use whomade_core::watch::{Manner, Sight};
use whomade_formats::read;
use whomade_listen::Until;

use super::cover::{Cover, Log};
use super::sighting::Sighting;
use crate::cli::{Access, Reading, Watch};
use crate::out::Out;
use crate::run::beside;
use crate::run::heard::Heard;
use crate::run::live::{Live, opened};
use crate::run::scan::{self, now};
use crate::run::screen::options;
use crate::run::servers::Servers;
use whomade_inquiry::asking::Asked;
use whomade_inquiry::base::Known;
use whomade_inquiry::worker::Worker;

/// What a round met.
pub(crate) struct Held {
    pub(crate) manner: Manner,
    /// When it was over.
    pub(crate) at: Timestamp,
    pub(crate) sights: Vec<Sight>,
    /// Where it asked; none where that is not known.
    pub(crate) cover: Option<Cover>,
    /// Whether it came to its end.
    pub(crate) over: bool,
    /// Why nobody's absence is proven, though it did.
    pub(crate) lost: Option<String>,
    /// Whether all on the links were searched.
    pub(crate) searched: bool,
}

/// Asks whom it may.
///
/// # Errors
/// When nobody may be asked, or the scan cannot begin or be kept.
pub(super) fn ask(
    out: &mut Out,
    known: (&Known, &Asked),
    typed: &Watch,
    until: &Until,
) -> Result<Held> {
    let aside = tempfile::tempdir().context("[watch/failed] a scan cannot be put aside")?;
    let folder = typed.logs.as_deref().unwrap_or(aside.path());
    let name = format!("scan-{}.ndjson", Timestamp::now().strftime("%Y%m%dT%H%M%S%.3fZ"));
    let log = folder.join(name);
    scan::into_log(out, &typed.whom, &log, until.clone())?;
    let mut held = read(out, known, &log)?;
    held.at = now();
    Ok(held)
}

/// Listens at an interface.
///
/// # Errors
/// When nothing can be heard there.
pub(super) fn listen(
    out: &mut Out,
    known: (&Known, &Asked),
    interface: &str,
    until: Until,
) -> Result<Held> {
    let wire = opened(interface, until.clone())?;
    let own = wire.own().map(str::to_owned);
    let name = format!("heard on {}", clean(interface));
    let live = Live::new(name, own, read::Live::Network, wire);
    let met = met(out, known, (Some(live), PathBuf::new()), None)?;
    let over = !until.is_stopped() && !met.failed;
    let (manner, at, lost) = (Manner::Heard, now(), met.beyond());
    Ok(Held { manner, at, sights: met.sights, cover: None, over, lost, searched: false })
}

/// Reads a log of a scan, or whatever else shows devices of a network.
///
/// # Errors
/// When it cannot be read, or holds nothing.
pub(super) fn read(out: &mut Out, known: (&Known, &Asked), path: &Path) -> Result<Held> {
    let shown = || format!("[watch/no-log] {}", clean(&path.to_string_lossy()));
    // A pipe gives its bytes once, and it is looked at twice.
    if !path.metadata().with_context(shown)?.is_file() {
        bail!("{} is no plain file", shown());
    }
    let log = Log::read(path);
    if log.as_ref().is_some_and(|log| log.ports_only) {
        bail!(
            "{}: a scan of --ports-only tells nothing of makers to hold against another",
            shown()
        );
    }
    let met = met(out, known, (None, path.to_owned()), log.as_ref())?;
    let beyond = met.beyond();
    let Met { sights, failed, latest, .. } = met;

    match log {
        Some(log) => {
            let Log { cover, over, lost, searched, at, .. } = log;
            let (manner, cover, lost) = (Manner::Asked, Some(cover), beyond.or(lost));
            Ok(Held { manner, at, sights, cover, over: over && !failed, lost, searched })
        }
        None if sights.is_empty() => {
            bail!("{} shows no device", shown())
        }
        None => {
            let (manner, cover, lost) = (Manner::Heard, None, beyond);
            let at = latest.unwrap_or_else(now);
            Ok(Held { manner, at, sights, cover, over: !failed, lost, searched: false })
        }
    }
}

/// The devices of an input.
struct Met {
    sights: Vec<Sight>,
    /// Devices beyond those that a round holds.
    beyond: u64,
    /// Whether not all of it could be read.
    failed: bool,
    /// When the last of them was met, where that is known.
    latest: Option<Timestamp>,
}

impl Met {
    /// Why nobody's absence is proven, where there were too many.
    fn beyond(&self) -> Option<String> {
        (self.beyond > 0)
            .then(|| format!("{} devices were met beyond those that a round holds", self.beyond))
    }
}

/// Reads an input and works its devices out.
fn met(
    out: &mut Out,
    (known, asked): (&Known, &Asked),
    (live, path): (Option<Live>, PathBuf),
    log: Option<&Log>,
) -> Result<Met> {
    let options = options(&Reading::default())?;
    let files = vec![live.as_ref().map_or(path, |live| live.name.clone())];
    let heard = Heard::new(true, 1, &[]).of_live(live.as_ref());
    let own = live.as_ref().and_then(|live| live.own.clone());
    let servers = match live {
        Some(live) => Servers::heard_or_asked(out, Some(live), &files, &Access::default())?,
        None => Servers::default(),
    };
    let worker = Worker::new(known, asked);
    let (sights, spare, beyond) = (Vec::new(), Vec::new(), 0);
    let mut sighting =
        Sighting { worker, out, heard, log, own, sights, beyond, spare, latest: None };
    let judged = Judged::default();
    beside::read((&files, &servers), &options, judged, &known.base, &mut sighting);
    let Sighting { heard, sights, beyond, latest, .. } = sighting;
    Ok(Met { sights, beyond, latest, failed: heard.worst >= Some(Severity::Error) })
}
