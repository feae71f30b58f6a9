//! Plans that are kept, and an earlier one held against what is there now.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use serde_json::json;
use whomade_core::baseline::Entry;
use whomade_core::diagnostic::Diagnostic;
use whomade_core::kb::document::File as Text;
use whomade_core::plan::removal::{
    DEVICES_MAX, KEPT_VERSION, Kept, KeptDevice, LINE_BYTES_MAX, Progress, Removal, Stage, progress,
};
use whomade_core::report::clean;

use super::solved::Answer;
use crate::kept::identity;
use crate::out::Out;
use crate::render::diagnostics;
use crate::run::again::Again;
use crate::run::names::Names;
use crate::saved::hashes_of;
use whomade_inquiry::asking::Asked;
use whomade_inquiry::base::{Known, sha256};

/// What stands before the devices of a plan that is kept.
pub(crate) type Header = Kept;

/// An earlier plan, and how far it has come.
pub(crate) struct Held {
    pub(crate) kept: Kept,
    pub(crate) devices: Vec<KeptDevice>,
    pub(crate) progress: Progress,
    /// What was otherwise then: the question, the base, the terms.
    pub(crate) otherwise: Vec<&'static str>,
}

impl Held {
    /// Whether something is still there whose wave has passed.
    pub(crate) fn is_late(&self) -> bool {
        self.progress.count(Stage::Late) > 0
    }
}

/// Reads a plan that was kept.
///
/// # Errors
/// When it is none, or damaged.
pub(super) fn read(path: &Path) -> Result<(Kept, Vec<KeptDevice>)> {
    let shown = clean(&path.to_string_lossy());
    let file = File::open(path).with_context(|| format!("cannot read {shown}"))?;
    let mut lines = BufReader::new(file);
    let mut next = |line: &mut String| -> Result<bool> {
        line.clear();
        let count = lines.by_ref().take(LINE_BYTES_MAX).read_line(line).with_context(|| {
            format!("[plan/no-plan] {shown} is no plan that --save wrote, or damaged")
        })?;
        Ok(count > 0)
    };
    let mut line = String::new();
    next(&mut line)?;
    let kept = Kept::parse(&line).map_err(|why| {
        anyhow::anyhow!("[plan/no-plan] {shown}: {why}; --against wants what --save wrote")
    })?;
    let mut devices = Vec::new();
    while next(&mut line)? {
        let device = KeptDevice::parse(line.trim_end());
        let Some(device) = device.filter(|_| devices.len() < DEVICES_MAX) else {
            bail!("[plan/no-plan] {shown}: line {} is damaged", devices.len() + 2);
        };
        devices.push(device);
    }
    // A plan of which the end is missing would call what it lacks unplanned.
    if devices.len() != kept.devices {
        bail!(
            "[plan/no-plan] {shown} holds {} devices of {}: it is not whole",
            devices.len(),
            kept.devices
        );
    }
    Ok((kept, devices))
}

/// What stands before the devices of this plan.
pub(super) fn header(
    known: &Known,
    overlay: Option<&Path>,
    (again, asked): (&Again, &Asked),
    (file, removal): (&Text, &Removal<'_>),
) -> Result<Header> {
    let paths = again.inputs();
    let names = Names::of(&paths).all();
    let hashes = hashes_of(&paths).into_iter().map(|hash| (!hash.is_empty()).then_some(hash));
    let periods = &removal.problem.periods;
    let first = periods.first().map_or(asked.on, |one| one.from);
    let last = periods.last().map_or(asked.on, |one| one.until);
    Ok(Kept {
        v: KEPT_VERSION,
        kind: "plan".to_owned(),
        on: asked.on,
        base: identity(known, overlay)?.short(),
        asked: json!(asked.typed),
        inputs: names.into_iter().zip(hashes).collect(),
        terms: sha256(file.text.as_bytes()),
        days: (first, last),
        risk_days: 0.0,
        cost: 0.0,
        devices: removal.subjects.len(),
    })
}

/// The plan as it is kept.
///
/// # Errors
/// When a number is none that can be written.
pub(super) fn text(header: &Header, answer: &Answer<'_>) -> Result<Vec<u8>> {
    let (removal, plan) = (answer.removal, &answer.solved.plan);
    let header = Kept { risk_days: plan.risk_days, cost: plan.cost, ..header.clone() };
    let mut waves = vec![None; removal.subjects.len()];
    for visit in &plan.visits {
        let period = visit.period.and_then(|at| removal.problem.periods.get(at));
        for at in &visit.devices {
            waves[*at] = period.map(|one| (one.from, one.until));
        }
    }
    let mut text = serde_json::to_string(&header)?;
    text.push('\n');
    for ((subject, device), wave) in
        removal.subjects.iter().zip(&removal.problem.devices).zip(waves)
    {
        let kept = KeptDevice {
            entry: subject.entry.clone(),
            site: removal.problem.sites[device.site].name.clone(),
            wave,
            risk: device.risk,
            cost: device.cost,
        };
        text += &kept.line()?;
        text.push('\n');
    }
    Ok(text.into_bytes())
}

/// Holds an earlier plan against the devices of now.
///
/// # Errors
/// When the stream is closed, or the plan was made for a later day.
pub(super) fn hold(
    out: &mut Out,
    (kept, devices): (Kept, Vec<KeptDevice>),
    all: &[(Entry, bool)],
    now: &Header,
) -> Result<Held> {
    if kept.on > now.on {
        bail!(
            "[plan/later] the plan was made for {}, and the day asked about is {}; --on names it",
            kept.on,
            now.on
        );
    }
    let entries: Vec<Entry> = all.iter().map(|(entry, _)| entry.clone()).collect();
    let goes: Vec<bool> = all.iter().map(|(_, goes)| *goes).collect();
    let progress = progress(&devices, &entries, &goes, now.on);
    let question = |asked: &serde_json::Value| {
        let mut asked = asked.clone();
        if let Some(asked) = asked.as_object_mut() {
            asked.remove("on");
        }
        asked
    };
    let otherwise = [
        (question(&kept.asked) != question(&now.asked), "who asks and what"),
        (kept.base != now.base, "the base"),
        (kept.terms != now.terms, "the terms"),
    ];
    let otherwise: Vec<&'static str> =
        otherwise.into_iter().filter(|(is, _)| *is).map(|(_, what)| what).collect();
    if !otherwise.is_empty() && !out.quiet {
        let message = format!("since the plan of {} changed: {}", kept.on, otherwise.join(", "));
        let said = Diagnostic::new("plan/otherwise", message)
            .help("what has to go now is told by the present ones, and the waves by the plan");
        diagnostics::write(&mut out.aside, &said)?;
    }
    Ok(Held { kept, devices, progress, otherwise })
}
