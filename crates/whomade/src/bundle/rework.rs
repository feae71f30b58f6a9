//! The conclusions of a bundle, each worked out again from what was seen.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader, Read};
use std::ops::ControlFlow;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use whomade_core::diagnostic::Diagnostic;
use whomade_core::kb::File;
use whomade_core::observation::Device;
use whomade_core::report::device_report;
use whomade_formats::read::{Format, Options, Sink, Understood, read_stream};

use super::bag::{PAYLOAD, Sums};
use super::check::Checked;
use super::container::Container;
use super::record::{
    ABOUT, ADDRESSES, ANSWERS, About, BASE, INPUTS, Names, OBSERVATIONS, OVERLAY, POLICIES,
    Recorder, SAID, VERSION, said_line,
};
use super::shelf::Shelf;
use crate::run::screen::options;
use whomade_inquiry::asking::{Asked, Typed};
use whomade_inquiry::base::{Identity, Known, built, embedded};
use whomade_inquiry::estate::{Joiner, judged};
use whomade_inquiry::spelled::{from_json, to_json};
use whomade_inquiry::worker::Worker;

/// Bytes of a line: as much as a kept run may have.
const LINE_BYTES_MAX: u64 = 16 << 20;
/// Bytes of a carried base, and of its registry.
const BASE_BYTES_MAX: u64 = 128 << 20;
/// Devices whose differences are told.
const TOLD_MAX: usize = 100;

/// With which base the conclusions were worked out again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum With {
    /// This program's own, which is the one the bundle was made with. It comes first, because
    /// nobody could have changed it with the bundle.
    Own,
    /// The one that the bundle carries; this program has another.
    Carried,
    /// This program's, though the bundle was made with another: a comparison, no check.
    Another,
}

/// A device of which something comes out otherwise.
#[derive(Debug)]
pub(crate) struct Difference {
    /// The line in the bundle, from 1.
    pub(crate) line: u64,
    /// The device.
    pub(crate) device: String,
    /// The parts of the answer, such as `design` or `rulings`.
    pub(crate) parts: Vec<String>,
}

/// Whether the inputs give the same observations again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reread {
    /// They are not all in the bundle.
    NotCarried,
    /// They do.
    Equal,
    /// They do not, first in this line.
    Differs(u64),
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct Reworked {
    pub(crate) about: About,
    pub(crate) with: With,
    /// The base it was worked out with.
    pub(crate) base: Identity,
    /// Devices whose answer comes out to the byte.
    pub(crate) equal: u64,
    /// Devices whose answer does not.
    pub(crate) differ: u64,
    /// The first of them.
    pub(crate) differences: Vec<Difference>,
    /// Files that come out otherwise: counts, facts, the record of the run.
    pub(crate) files: Vec<String>,
    pub(crate) inputs: Reread,
}

impl Reworked {
    /// Whether the same program made it.
    pub(crate) fn same_program(&self) -> bool {
        self.about.program == env!("CARGO_PKG_VERSION")
    }

    /// Whether the program and the base are those that it was made with, so that whatever comes
    /// out otherwise was changed.
    pub(crate) fn binding(&self) -> bool {
        self.with != With::Another && self.same_program()
    }

    /// Whether everything comes out as it stands there.
    pub(crate) fn all_equal(&self) -> bool {
        self.differ == 0
            && self.files.is_empty()
            && matches!(self.inputs, Reread::NotCarried | Reread::Equal)
    }
}

/// The lines of a file of a bundle, none longer than the limit.
struct Limited<'c> {
    content: BufReader<Box<dyn Read + 'c>>,
}

impl Limited<'_> {
    fn next(&mut self) -> Result<Option<String>> {
        let mut line = Vec::new();
        self.content.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut line)?;
        if line.is_empty() {
            return Ok(None);
        }
        if line.pop() != Some(b'\n') {
            bail!("a line does not end, or is longer than {LINE_BYTES_MAX} bytes");
        }
        Ok(Some(String::from_utf8(line).context("a line is no text")?))
    }
}

fn lines<'c>(container: &'c mut Container, name: &str) -> Result<Limited<'c>> {
    let content = container.content(&format!("{PAYLOAD}{name}"));
    let content = content.with_context(|| format!("{name} cannot be read"))?;
    Ok(Limited { content: BufReader::new(content) })
}

/// What the run was.
///
/// # Errors
/// When it is not told, or told in the form of a newer version.
pub(crate) fn about(container: &mut Container) -> Result<About> {
    let text = container.text(&format!("{PAYLOAD}{ABOUT}"))?;
    let told: Value = serde_json::from_str(&text).context("run.json is no JSON")?;
    let version = told["v"].as_u64().unwrap_or(0);
    if version > u64::from(VERSION) {
        bail!(
            "[bundle/newer] the bundle has form {version}, and this program knows up to {VERSION}; \
             verify it with whomade {} or newer",
            told["program"].as_str().unwrap_or("of its day")
        );
    }
    serde_json::from_value(told).context("run.json is not as this program writes it")
}

/// Works everything out again. The bytes should have been checked before.
///
/// # Errors
/// When it cannot be worked out.
pub(crate) fn rework(path: &Path, checked: &mut Checked) -> Result<Reworked> {
    let container = &mut checked.container;
    let about = about(container)?;
    let overlay = texts(container, OVERLAY)?;
    let overlay: Vec<File> = overlay.into_iter().map(|(path, text)| File { path, text }).collect();
    let policies = texts(container, POLICIES)?;
    let (packed, addresses, with) = base_of(container, &about)?;
    let (known, _) = built(&packed, Cow::Owned(addresses.clone()), &overlay)?;
    let base = Identity::of(&packed, &addresses, &overlay, &known)?;
    let asking = about.asked.under(Typed::default());
    let asked = Asked::check_told(&known.base, &asking, &policies)
        .context("what was asked cannot be asked of this base")?;
    let mut out = Reworked {
        about,
        with,
        base,
        equal: 0,
        differ: 0,
        differences: Vec::new(),
        files: Vec::new(),
        inputs: Reread::NotCarried,
    };
    let mut recorder = Recorder::new(Shelf::nowhere(), Names::default())?;
    devices(path, container, &known, &asked, &mut recorder, &mut out)?;
    let mut said = lines(container, SAID)?;
    while let Some(line) = said.next()? {
        recorder.said_again(&line)?;
    }
    drop(said);
    let shelf = recorder.finish(&packed, out.about.clone())?;
    if out.binding() {
        out.files = files(&shelf.sums, &checked.payload(), &out);
    }
    out.inputs = reread(path, checked, &out.about)?;
    Ok(out)
}

/// The base to work with, and whose it is.
fn base_of(container: &mut Container, about: &About) -> Result<(Vec<u8>, Vec<u8>, With)> {
    let (packed, addresses) = embedded();
    let own = Identity::parts(packed, addresses);
    let wanted = (about.base.facts.clone(), about.base.addresses.clone());
    if own == wanted {
        return Ok((packed.to_vec(), addresses.to_vec(), With::Own));
    }
    if container.has(&format!("{PAYLOAD}{BASE}")) {
        let [carried, registry] = [BASE, ADDRESSES].map(|name| {
            let mut bytes = Vec::new();
            let content = container.content(&format!("{PAYLOAD}{name}"));
            let limited = content.map(|content| content.take(BASE_BYTES_MAX));
            limited.and_then(|mut content| content.read_to_end(&mut bytes)).map(|_| bytes)
        });
        let (carried, registry) = (carried?, registry?);
        if Identity::parts(&carried, &registry) == wanted {
            return Ok((carried, registry, With::Carried));
        }
    }
    Ok((packed.to_vec(), addresses.to_vec(), With::Another))
}

/// The short files of a folder of the payload, by their names in it.
fn texts(container: &mut Container, folder: &str) -> Result<BTreeMap<String, String>> {
    let folder = format!("{PAYLOAD}{folder}");
    let names: Vec<String> = container
        .files
        .iter()
        .filter_map(|(name, _)| name.strip_prefix(&folder).map(str::to_owned))
        .collect();
    let mut texts = BTreeMap::new();
    for name in names {
        let text = container.text(&format!("{folder}{name}"));
        texts.insert(name.clone(), text.with_context(|| format!("{name} cannot be read"))?);
    }
    Ok(texts)
}

fn devices(
    path: &Path,
    container: &mut Container,
    known: &Known,
    asked: &Asked,
    recorder: &mut Recorder,
    out: &mut Reworked,
) -> Result<()> {
    // A ZIP is read in two places at once.
    let mut beside = Container::open(path).map_err(|said| anyhow::anyhow!(said.message))?;
    let mut seen = lines(container, OBSERVATIONS)?;
    let mut answers = lines(&mut beside, ANSWERS)?;
    let mut worker = Worker::new(known, asked);
    let mut number = 0;
    loop {
        let (line, answer) = (seen.next()?, answers.next()?);
        let (Some(line), Some(answer)) = (&line, &answer) else {
            if line.is_some() || answer.is_some() {
                bail!("there are not as many answers as devices");
            }
            return Ok(());
        };
        number += 1;
        let value: Value =
            serde_json::from_str(line).with_context(|| format!("device {number} is no JSON"))?;
        let device = from_json(&value)
            .with_context(|| format!("device {number} is not as this program writes it"))?;
        let found = worker.work(device);
        let worked = found.worked(found.suggestions());
        let report = device_report(&known.base, &known.weights, &worked);
        let (line_again, answer_again) = recorder.device(&found.device, &report)?;
        if line_again == *line && answer_again == *answer {
            out.equal += 1;
        } else {
            out.differ += 1;
            if out.differences.len() < TOLD_MAX {
                let mut parts = parts(answer, &answer_again);
                if line_again != *line {
                    parts.insert(0, "observations".to_owned());
                }
                let device = found.device.name.to_string();
                out.differences.push(Difference { line: number, device, parts });
            }
        }
        worker.take_back(found);
    }
}

/// The parts of an answer that are not the same.
fn parts(one: &str, other: &str) -> Vec<String> {
    let read = |text: &str| serde_json::from_str::<BTreeMap<String, Value>>(text).ok();
    let (Some(one), Some(other)) = (read(one), read(other)) else {
        return vec!["the answer".to_owned()];
    };
    let keys: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
    let differs = keys.into_iter().filter(|key| one.get(*key) != other.get(*key));
    let mut parts: Vec<String> = differs.cloned().collect();
    if parts.is_empty() && one != other {
        parts.push("the answer".to_owned());
    }
    parts
}

/// The files of the payload that do not come out again, and those that nothing speaks for.
fn files(again: &Sums, there: &Sums, out: &Reworked) -> Vec<String> {
    let about = &out.about;
    let carried = carried(about, there);
    let worked = [OBSERVATIONS, ANSWERS].map(|name| format!("{PAYLOAD}{name}"));
    let names: BTreeSet<&String> = again.keys().chain(there.keys()).chain(carried.keys()).collect();
    let mut wrong: Vec<String> = names
        .into_iter()
        .filter(|name| !(out.differ > 0 && worked.contains(name)))
        .filter(|name| match carried.get(*name) {
            Some(Some(sum)) => there.get(*name).is_none_or(|one| one.sha256 != *sum),
            Some(None) => !there.contains_key(*name),
            None => again.get(*name) != there.get(*name),
        })
        .cloned()
        .collect();
    if out.base != about.base {
        wrong.push(format!("{PAYLOAD}{ABOUT}: the base"));
    }
    wrong
}

/// The files that a bundle only carries along, each with its hash where the record of the run
/// notes one. Of the user's own facts it notes one hash for all of them.
fn carried(about: &About, there: &Sums) -> BTreeMap<String, Option<String>> {
    let mut carried = BTreeMap::new();
    for input in about.inputs.iter().filter(|input| input.carried) {
        let sum = input.sha256.clone().unwrap_or_default();
        carried.insert(format!("{PAYLOAD}{INPUTS}{}", input.name), Some(sum));
    }
    for policy in &about.asked.policy {
        carried.insert(format!("{PAYLOAD}{POLICIES}{}", policy.display()), None);
    }
    let overlay = format!("{PAYLOAD}{OVERLAY}");
    for name in there.keys().filter(|name| name.starts_with(&overlay)) {
        carried.insert(name.clone(), None);
    }
    for (name, sum) in [(BASE, &about.base.facts), (ADDRESSES, &about.base.addresses)] {
        let name = format!("{PAYLOAD}{name}");
        if there.contains_key(&name) {
            carried.insert(name, Some(sum.clone()));
        }
    }
    carried
}

/// Reads the inputs again and compares what they give with what was noted.
fn reread(path: &Path, checked: &mut Checked, about: &About) -> Result<Reread> {
    if about.inputs.is_empty() || about.inputs.iter().any(|input| !input.carried) {
        return Ok(Reread::NotCarried);
    }
    let options = options(&about.reading)?;
    let mut beside = Container::open(path).map_err(|said| anyhow::anyhow!(said.message))?;
    let mut third = Container::open(path).map_err(|said| anyhow::anyhow!(said.message))?;
    let mut sink = Again {
        seen: lines(&mut checked.container, OBSERVATIONS)?,
        said: lines(&mut beside, SAID)?,
        at: 0,
        wrong: None,
    };
    let mut joiner = Joiner::new(
        &mut sink,
        about.inputs.len(),
        judged(&about.reading.apart, &about.reading.together)?,
    );
    for input in &about.inputs {
        let name = format!("{PAYLOAD}{INPUTS}{}", input.name);
        let mut content = third.content(&name)?;
        // What a server answered is read as what it was asked for.
        let word = input.address.as_ref().and_then(|address| address.split(':').next());
        let from = word.and_then(Format::from_word).or(options.from);
        let options = Options { from, ..options.clone() };
        read_stream(&input.name, &mut content, &options, &mut joiner);
    }
    joiner.finish();
    let left = sink.seen.next()?.is_some() || sink.said_next()?.is_some();
    Ok(match sink.wrong {
        Some(line) => Reread::Differs(line),
        None if left => Reread::Differs(sink.at + 1),
        None => Reread::Equal,
    })
}

/// Compares what is read with what was noted.
struct Again<'c> {
    seen: Limited<'c>,
    said: Limited<'c>,
    at: u64,
    wrong: Option<u64>,
}

impl Again<'_> {
    /// What was said next. What a server did when it was asked is not done again.
    fn said_next(&mut self) -> Result<Option<String>> {
        loop {
            let line = self.said.next()?;
            let of_server = |line: &String| line.starts_with("{\"code\":\"remote/");
            if !line.as_ref().is_some_and(of_server) {
                return Ok(line);
            }
        }
    }
}

impl Sink for Again<'_> {
    fn understood(&mut self, _: Understood) {}

    fn device(&mut self, device: Box<Device>) -> ControlFlow<()> {
        self.at += 1;
        let noted = self.seen.next().ok().flatten();
        if noted != Some(to_json(&device).to_string()) {
            self.wrong.get_or_insert(self.at);
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    }

    fn diagnostic(&mut self, said: Diagnostic) {
        let noted = self.said_next().ok().flatten();
        if noted != Some(said_line(&Names::default(), &said)) {
            self.wrong.get_or_insert(self.at);
        }
    }
}
