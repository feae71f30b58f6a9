//! What a command puts into a bundle. The same code makes a bundle and, when one is verified,
//! makes it again to be compared.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use whomade_core::diagnostic::Diagnostic;
use whomade_core::kb;
use whomade_core::observation::Device;
use whomade_core::report::DeviceReport;
use whomade_formats::read::archive::name_stays_inside;

use super::cited::Cited;
use super::shelf::{Making, Sheet, Shelf};
use super::sign::Signer;
use super::told::Told;
use crate::cli::{BundleArgs, Reading};
use crate::run::servers::{Servers, address_of};
use crate::saved::hash_of;
use whomade_inquiry::asking::{Asked, Typed};
use whomade_inquiry::base::{Identity, embedded, files_of};
use whomade_inquiry::spelled::to_json;

/// The newest version of the form of bundles: since 2 the rules may be told other things at each
/// site, and findings may be exempted. A bundle without either is of form 1, which older programs
/// read; one that they would work out otherwise they refuse.
pub(crate) const VERSION: u32 = 2;
/// What the run was, in a bundle.
pub(crate) const ABOUT: &str = "run.json";
/// The devices with their observations, a line each.
pub(crate) const OBSERVATIONS: &str = "observations.ndjson";
/// What was concluded of each, in the same order.
pub(crate) const ANSWERS: &str = "answers.ndjson";
/// The counts.
pub(crate) const COUNTS: &str = "counts.json";
/// What was said of the files while they were read.
pub(crate) const SAID: &str = "said.ndjson";
/// The base as the program carried it.
pub(crate) const BASE: &str = "base/base.json";
/// Its address registry.
pub(crate) const ADDRESSES: &str = "base/oui.tsv";
/// The user's own facts.
pub(crate) const OVERLAY: &str = "overlay/";
/// The user's own rules.
pub(crate) const POLICIES: &str = "policies/";
/// The inputs.
pub(crate) const INPUTS: &str = "inputs/";
/// Letters of an input's name.
const NAME_CHARS_MAX: usize = 120;
/// For whoever opens a bundle without this program.
const READ_ME: &str = "This is evidence of who made surveillance equipment, put together by the program whomade.\n\
\n\
run.json            what was asked, with which program and base, of which inputs (by SHA-256)\n\
observations.ndjson what was seen of each device, raw, and where it stood: one device a line\n\
answers.ndjson      what was concluded of each, with evidence, rulings and steps: same order\n\
counts.json         the same, counted\n\
said.ndjson         what was said of the inputs while they were read\n\
facts/              the facts of the base that the answers rely on, with their sources\n\
overlay/ policies/  the user's own facts and rules, where there were some\n\
inputs/             the inputs themselves, where the user wanted them in\n\
base/               the whole base, where the user wanted it in\n\
\n\
It is a bag by RFC 8493: `sha256sum --check manifest-sha256.txt` in the folder above checks every\n\
file here, and tagmanifest-sha256.txt the files there. `whomade verify` also works every\n\
conclusion out again. A hash shows that nothing changed since it was noted; who made the bundle\n\
is shown only by a signature with a key that you know.\n";

/// What a run was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct About {
    /// The version of the form.
    pub(crate) v: u32,
    /// The command.
    pub(crate) command: String,
    /// The version of the program.
    pub(crate) program: String,
    /// The base.
    pub(crate) base: Identity,
    /// Whose estate it is, where that was said.
    pub(crate) body: Option<String>,
    /// The day asked about.
    pub(crate) on: Date,
    /// What was asked; policies by name.
    pub(crate) asked: Typed,
    /// How the inputs were to be read.
    pub(crate) reading: Reading,
    /// How many devices it holds.
    pub(crate) devices: u64,
    /// What was read.
    pub(crate) inputs: Vec<Piece>,
    /// What was written beside the bundle: a page or workbook can be known again by its hash.
    pub(crate) outputs: Vec<Piece>,
}

/// A file outside the bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Piece {
    /// Its name without the folders above it.
    pub(crate) name: String,
    /// Its SHA-256; absent when it was standard input.
    pub(crate) sha256: Option<String>,
    /// Whether the bundle holds it.
    pub(crate) carried: bool,
    /// The address, where it is what a server answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) address: Option<String>,
}

/// Paths as typed, and what a bundle calls them: folders above a file tell who ran it and where.
#[derive(Debug, Default)]
pub(crate) struct Names {
    short: BTreeMap<String, String>,
}

impl Names {
    /// Names for these paths, each its own.
    pub(crate) fn new(paths: &[PathBuf]) -> Self {
        let mut names = Self::default();
        for path in paths {
            let typed = path.to_string_lossy().into_owned();
            let plain = short(&typed);
            let taken = |name: &String| names.short.values().any(|one| one == name);
            let free = (2..).map(|n| format!("{n}-{plain}")).find(|name| !taken(name));
            let name = if taken(&plain) { free.unwrap_or_default() } else { plain };
            names.short.entry(typed).or_insert(name);
        }
        names
    }

    /// What a path is called.
    pub(crate) fn of(&self, typed: &str) -> String {
        if let Some(name) = self.short.get(typed) {
            return name.clone();
        }
        // A file in an archive is called by the name of both.
        let inside = self.short.iter().find_map(|(path, name)| {
            let rest = typed.strip_prefix(path.as_str())?.strip_prefix(':')?;
            Some(format!("{name}:{rest}"))
        });
        // One that was read out of a bundle is called so already.
        let is_short = typed
            .split_once(':')
            .is_some_and(|(archive, rest)| archive == short(archive) && name_stays_inside(rest));
        inside.unwrap_or_else(|| if is_short { typed.to_owned() } else { short(typed) })
    }

    /// A sentence with every path in it as it is called.
    fn within(&self, text: &str) -> String {
        let longer = self.short.iter().filter(|(typed, name)| typed != name && !typed.is_empty());
        longer.fold(text.to_owned(), |text, (typed, name)| text.replace(typed.as_str(), name))
    }
}

/// What was said of a file, as a line.
pub(crate) fn said_line(names: &Names, said: &Diagnostic) -> String {
    let place = said.place.as_ref();
    let notes = said.notes.iter().map(|note| names.within(note));
    let mut line = json!({
        "code": said.code,
        "severity": said.severity.word(),
        "message": names.within(&said.message),
        "file": place.map(|place| names.of(&place.source)),
        "line": place.map(|place| place.line),
        "notes": notes.collect::<Vec<_>>(),
    });
    if let Some(more) = said.more {
        line["more"] = json!(more);
    }
    line.to_string()
}

fn short(typed: &str) -> String {
    let server = address_of(Path::new(typed)).and_then(Result::ok).map(|one| one.file_name());
    let last = || Path::new(typed).file_name().map(|name| name.to_string_lossy().into_owned());
    let last = server.or_else(last);
    let odd = |c: char| c.is_control() || matches!(c, '\\' | ':' | '%' | '/');
    let name: String = last
        .unwrap_or_else(|| typed.to_owned())
        .chars()
        .map(|c| if odd(c) { '_' } else { c })
        .take(NAME_CHARS_MAX)
        .collect();
    if matches!(name.as_str(), "" | "." | "..") { "_".to_owned() } else { name }
}

/// Writes what is told of devices.
pub(crate) struct Recorder {
    /// Where the files go.
    pub(crate) shelf: Shelf,
    names: Names,
    observations: Sheet,
    answers: Sheet,
    said: Sheet,
    cited: Cited,
    /// The counts so far.
    pub(crate) told: Told,
}

impl Recorder {
    /// Begins.
    ///
    /// # Errors
    /// When its files cannot be made.
    pub(crate) fn new(shelf: Shelf, names: Names) -> Result<Self> {
        Ok(Self {
            observations: shelf.begin(OBSERVATIONS)?,
            answers: shelf.begin(ANSWERS)?,
            said: shelf.begin(SAID)?,
            shelf,
            names,
            cited: Cited::default(),
            told: Told::default(),
        })
    }

    /// Takes a device and what was concluded of it; gives the two lines that were written.
    ///
    /// # Errors
    /// When they cannot be written.
    pub(crate) fn device(
        &mut self,
        device: &Device,
        report: &DeviceReport,
    ) -> Result<(String, String)> {
        let source = self.names.of(&device.record.source);
        let (mut seen, mut answer) = (to_json(device), serde_json::to_value(report)?);
        seen["source"] = json!(source);
        answer["source"]["file"] = json!(source);
        for (at, record) in device.others.iter().enumerate() {
            let source = self.names.of(&record.source);
            seen["others"][at]["source"] = json!(source);
            answer["others"][at]["file"] = json!(source);
        }
        self.cited.walk(&answer);
        self.told.device(&seen, &answer);
        let (seen, answer) = (seen.to_string(), answer.to_string());
        writeln!(self.observations, "{seen}")?;
        writeln!(self.answers, "{answer}")?;
        Ok((seen, answer))
    }

    /// Takes what was said of a file.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn said(&mut self, said: &Diagnostic) -> Result<()> {
        let line = said_line(&self.names, said);
        self.told.code(said.code, said.counts());
        Ok(writeln!(self.said, "{line}")?)
    }

    /// Takes a line of what was said of a file, as it was kept.
    ///
    /// # Errors
    /// When it is no such line.
    pub(crate) fn said_again(&mut self, line: &str) -> Result<()> {
        self.told.said_line(line)?;
        Ok(writeln!(self.said, "{line}")?)
    }

    /// Puts what follows from all devices: the counts, the facts that were used, what the run was.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn finish(self, packed: &[u8], mut about: About) -> Result<Shelf> {
        let Self { mut shelf, observations, answers, said, cited, told, .. } = self;
        about.devices = told.devices;
        for sheet in [observations, answers, said] {
            shelf.end(sheet)?;
        }
        let packed: Value = serde_json::from_slice(packed).context("the packed base is damaged")?;
        cited.put(&packed, &mut shelf)?;
        let counts = serde_json::to_string_pretty(&told)? + "\n";
        shelf.put(COUNTS, &mut counts.as_bytes())?;
        let about = serde_json::to_string_pretty(&about)? + "\n";
        shelf.put(ABOUT, &mut about.as_bytes())?;
        shelf.put("READ-ME.txt", &mut READ_ME.as_bytes())?;
        Ok(shelf)
    }
}

/// A bundle that a command is making.
pub(crate) struct Keeping {
    making: Making,
    recorder: Recorder,
    about: About,
    options: BundleArgs,
    inputs: Vec<PathBuf>,
    servers: Servers,
    policies: Vec<PathBuf>,
    overlay: Vec<kb::File>,
}

/// What a command says of itself before its first device.
pub(crate) struct Run<'r> {
    /// Its name.
    pub(crate) command: &'static str,
    /// The files it reads.
    pub(crate) inputs: &'r [PathBuf],
    /// What was asked, as typed and as understood.
    pub(crate) typed: Typed,
    /// The same, checked.
    pub(crate) asked: &'r Asked,
    /// How the inputs are to be read.
    pub(crate) reading: &'r Reading,
    /// Whose estate it is.
    pub(crate) body: Option<&'r str>,
    /// The base.
    pub(crate) base: &'r Identity,
    /// The user's own facts, if they were laid over it.
    pub(crate) overlay: Option<&'r Path>,
    /// What the servers among the inputs answered.
    pub(crate) servers: &'r Servers,
}

impl Keeping {
    /// Begins a bundle, if one is wanted.
    ///
    /// # Errors
    /// When its place is taken, or its key does not open.
    pub(crate) fn new(options: &BundleArgs, run: Run<'_>) -> Result<Option<Self>> {
        let Some(target) = &options.bundle else { return Ok(None) };
        let password = options.sign_password.as_deref();
        let signer = options.sign.as_deref().map(|key| Signer::open(key, password)).transpose()?;
        let mut making = Making::new(target, signer)?;
        let shelf = making.take();
        let recorder = Recorder::new(shelf, Names::new(run.inputs))?;
        let mut asked = run.typed;
        let policies = std::mem::take(&mut asked.policy);
        let called = Names::new(&policies);
        let name = |path: &PathBuf| called.of(&path.to_string_lossy()).into();
        asked.policy = policies.iter().map(name).collect();
        asked.on = Some(run.asked.on.to_string());
        let about = About {
            v: asked.form(),
            command: run.command.to_owned(),
            program: env!("CARGO_PKG_VERSION").to_owned(),
            base: run.base.clone(),
            body: run.body.map(str::to_owned),
            on: run.asked.on,
            asked,
            reading: run.reading.clone(),
            devices: 0,
            inputs: Vec::new(),
            outputs: Vec::new(),
        };
        let overlay = run.overlay.map(files_of).transpose()?;
        Ok(Some(Self {
            making,
            recorder,
            about,
            options: options.clone(),
            inputs: run.inputs.to_vec(),
            servers: run.servers.clone(),
            policies,
            overlay: overlay.map(|(files, _)| files).unwrap_or_default(),
        }))
    }

    /// Takes a device and what was concluded of it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn device(&mut self, device: &Device, report: &DeviceReport) -> Result<()> {
        self.recorder.device(device, report).map(|_| ())
    }

    /// Takes what was said of a file.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn said(&mut self, said: &Diagnostic) -> Result<()> {
        self.recorder.said(said)
    }

    /// Ends the bundle; gives its seal. The outputs are files that were written.
    ///
    /// # Errors
    /// When an input has gone, or the bundle cannot be written.
    pub(crate) fn finish(mut self, outputs: &[&PathBuf]) -> Result<String> {
        for input in &self.inputs {
            let stream = input == Path::new("-");
            let name = self.recorder.names.of(&input.to_string_lossy());
            let place = self.servers.place(input);
            let carried = self.options.with_inputs && !stream && place.is_file();
            if carried {
                let file = File::open(place)
                    .with_context(|| format!("cannot read {}", input.display()))?;
                let to = format!("{INPUTS}{name}");
                self.recorder.shelf.put(&to, &mut BufReader::new(file))?;
            }
            let name = if stream { "standard input".to_owned() } else { name };
            let sha256 = if stream { None } else { hash_of(place).ok() };
            let address = self.servers.address(input);
            self.about.inputs.push(Piece { name, sha256, carried, address });
        }
        let called: Vec<PathBuf> = outputs.iter().map(|path| (*path).clone()).collect();
        let called = Names::new(&called);
        for output in outputs {
            let name = called.of(&output.to_string_lossy());
            let sha256 = hash_of(output).ok();
            self.about.outputs.push(Piece { name, sha256, carried: false, address: None });
        }
        for (name, path) in self.about.asked.policy.iter().zip(&self.policies) {
            let file = File::open(path)?;
            let to = format!("{POLICIES}{}", name.display());
            self.recorder.shelf.put(&to, &mut BufReader::new(file))?;
        }
        for file in &self.overlay {
            let to = format!("{OVERLAY}{}", file.path);
            self.recorder.shelf.put(&to, &mut file.text.as_bytes())?;
        }
        let (packed, addresses) = embedded();
        if self.options.with_base {
            self.recorder.shelf.put(BASE, &mut &packed[..])?;
            self.recorder.shelf.put(ADDRESSES, &mut &addresses[..])?;
        }
        self.making.shelf = self.recorder.finish(packed, self.about)?;
        self.making.finish(env!("CARGO_PKG_VERSION"))
    }
}
