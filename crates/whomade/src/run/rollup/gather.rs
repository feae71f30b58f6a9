//! Runs and bundles of many bodies, each read to the end and counted.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use serde::Serialize;
use serde_json::Value;
use whomade_core::baseline::{Exemption, Site};
use whomade_core::report::device_report;

use crate::bundle::bag::PAYLOAD;
use crate::bundle::check::check;
use crate::bundle::container::Container;
use crate::bundle::record::{ANSWERS, About, OBSERVATIONS, POLICIES, SAID};
use crate::bundle::rework::about;
use crate::bundle::told::{Estate, Told};
use crate::saved::{Header, read_lines};
use whomade_inquiry::asking::Typed;
use whomade_inquiry::base::Identity;
use whomade_inquiry::spelled::from_json;
use whomade_inquiry::worker::Worker;

/// Bytes of a line of a bundle.
const LINE_BYTES_MAX: u64 = 16 << 20;

/// With what a run was made. Only runs of which all this is the same are summed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct Setting {
    /// The version of the program.
    pub(crate) program: String,
    /// The base; absent in runs of older programs.
    pub(crate) base: Option<Identity>,
    /// The day.
    pub(crate) on: String,
    /// Who asked, and of which rules; policies by name.
    pub(crate) asked: Typed,
    /// The SHA-256 of each policy.
    pub(crate) policies: Vec<String>,
}

/// Whether a run is in a sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    /// It is.
    Summed,
    /// It holds no device.
    NoAnswer,
    /// It was given twice.
    SameRun,
    /// Another run of this body holds other devices.
    SameBody,
    /// It could not be read.
    Unreadable,
}

impl State {
    /// In words.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Summed => "",
            Self::NoAnswer => "answered nothing",
            Self::SameRun => "given twice, not summed again",
            Self::SameBody => "two runs of this body, not summed",
            Self::Unreadable => "could not be read, not summed",
        }
    }
}

/// One run.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    /// Whose estate it is.
    pub(crate) body: String,
    /// The file.
    pub(crate) file: PathBuf,
    /// With what it was made; absent when it could not be read.
    pub(crate) setting: Option<Setting>,
    /// What its devices are known by.
    pub(crate) estate: String,
    pub(crate) told: Told,
    pub(crate) state: State,
    /// Why it could not be read.
    pub(crate) why: Option<String>,
}

/// Counts the devices of one run.
struct Counting<'w, 'k> {
    told: Told,
    estate: Estate,
    again: Option<&'w mut Worker<'k>>,
}

impl Counting<'_, '_> {
    fn device(&mut self, device: &Value, answer: &Value) -> Result<()> {
        if device.is_null() || answer["design"].is_null() {
            bail!("a device without its answer");
        }
        self.estate.device(device);
        let Some(worker) = &mut self.again else {
            self.told.device(device, answer);
            return Ok(());
        };
        let owned = from_json(device).context("a device is not as this program writes it")?;
        let found = worker.work(owned);
        let known = worker.known;
        let worked = found.worked(found.suggestions());
        let report = device_report(&known.base, &known.weights, &worked);
        self.told.device(device, &serde_json::to_value(&report)?);
        worker.take_back(found);
        Ok(())
    }
}

/// With what a run was made, before it is read to the end.
///
/// # Errors
/// When it is no run and no bundle.
pub(crate) fn setting_of(path: &Path) -> Result<Setting> {
    if is_bundle(path) {
        let mut container = opened(path)?;
        let about = about(&mut container)?;
        return of_bundle(&mut container, about);
    }
    let (header, _) = read_lines(path, |_| Ok(false))?;
    Ok(of_run(header))
}

/// The sites and exemptions of the estate that a run is of.
///
/// # Errors
/// When it is no run and no bundle.
pub(crate) fn of_the_estate(path: &Path) -> Result<(Vec<Site>, Vec<Exemption>)> {
    let asked = match is_bundle(path) {
        true => about(&mut opened(path)?)?.asked,
        false => read_lines(path, |_| Ok(false))?.0.asked,
    };
    Ok((asked.sites, asked.exemptions))
}

fn opened(path: &Path) -> Result<Container> {
    Container::open(path).map_err(|said| anyhow::anyhow!(said.message))
}

fn of_run(header: Header) -> Setting {
    let Header { program, base, on, asked, policies, .. } = header;
    Setting { program, base, on: on.to_string(), asked: by_name(asked), policies }
}

fn of_bundle(container: &mut Container, about: About) -> Result<Setting> {
    let policies = about.asked.policy.iter().map(|name| {
        let sum = container.sum(&format!("{PAYLOAD}{POLICIES}{}", name.display()));
        sum.map(|sum| sum.sha256)
    });
    Ok(Setting {
        policies: policies.collect::<std::io::Result<_>>()?,
        program: about.program,
        base: Some(about.base),
        on: about.on.to_string(),
        asked: by_name(about.asked),
    })
}

/// What was asked, but for the day, and for the folders in which policies lay.
pub(super) fn by_name(asked: Typed) -> Typed {
    let name = |path: &PathBuf| path.file_name().map_or_else(|| path.clone(), PathBuf::from);
    // An exemption changes no ruling, so that what is summed does not depend on it.
    let policy = asked.policy.iter().map(name).collect();
    Typed { on: None, policy, exemptions: Vec::new(), ..asked }
}

/// Reads a run or a bundle to its end.
pub(crate) fn row(path: &Path, again: Option<&mut Worker<'_>>) -> Row {
    let mut counting = Counting { told: Told::default(), estate: Estate::default(), again };
    let read = if is_bundle(path) { bundle(path, &mut counting) } else { run(path, &mut counting) };
    let Counting { told, estate, .. } = counting;
    let plain = || {
        let stem = path.file_stem().unwrap_or_default();
        stem.to_string_lossy().into_owned()
    };
    let mut row = Row {
        body: plain(),
        file: path.to_owned(),
        setting: None,
        estate: estate.finish(),
        told,
        state: State::Summed,
        why: None,
    };
    match read {
        Ok((setting, body)) => {
            row.setting = Some(setting);
            row.body = body.unwrap_or(row.body);
            if row.told.devices == 0 {
                row.state = State::NoAnswer;
            }
        }
        Err(wrong) => {
            row.state = State::Unreadable;
            row.why = Some(format!("{wrong:#}"));
            row.told = Told::default();
        }
    }
    row
}

/// A run is one compressed file; everything else that is given should be a bundle.
fn is_bundle(path: &Path) -> bool {
    let mut head = [0; 2];
    let read = std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut head));
    path.is_dir() || read.is_ok() && head == *b"PK"
}

fn run(path: &Path, counting: &mut Counting<'_, '_>) -> Result<(Setting, Option<String>)> {
    let (header, said) = read_lines(path, |line| {
        counting.device(&line["device"], &line["report"])?;
        Ok(true)
    })?;
    counting.told.said = said.context("[rollup/cut-short] the run does not end as a whole one")?;
    let body = header.body.clone();
    Ok((of_run(header), body))
}

fn bundle(path: &Path, counting: &mut Counting<'_, '_>) -> Result<(Setting, Option<String>)> {
    let mut checked = check(path, None).map_err(|said| anyhow::anyhow!(said.message))?;
    if let Some(first) = checked.differs.first() {
        bail!("it is not as it was sealed: {}", first.message);
    }
    let about = about(&mut checked.container)?;
    let mut beside = opened(path)?;
    let mut seen = BufReader::new(checked.container.content(&format!("{PAYLOAD}{OBSERVATIONS}"))?);
    let mut answers = BufReader::new(beside.content(&format!("{PAYLOAD}{ANSWERS}"))?);
    loop {
        let mut lines = [String::new(), String::new()];
        let [device, answer] = &mut lines;
        seen.by_ref().take(LINE_BYTES_MAX).read_line(device)?;
        answers.by_ref().take(LINE_BYTES_MAX).read_line(answer)?;
        if device.is_empty() && answer.is_empty() {
            break;
        }
        counting.device(&serde_json::from_str(device)?, &serde_json::from_str(answer)?)?;
    }
    drop((seen, answers));
    for line in beside.text(&format!("{PAYLOAD}{SAID}"))?.lines() {
        counting.told.said_line(line)?;
    }
    let body = about.body.clone();
    Ok((of_bundle(&mut beside, about)?, body))
}
