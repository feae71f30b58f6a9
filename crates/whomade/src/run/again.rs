//! Devices again: from files, from a kept run, or from the last run of this folder.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use whomade_core::diagnostic::{Diagnostic, Severity};
use whomade_core::kb::Facts;
use whomade_core::observation::Device;
use whomade_core::report::clean_to;
use whomade_formats::read::{Sink, Understood};

use crate::cli::{Asking, Configured, Reading};
use crate::out::Out;
use crate::render::diagnostics;
use crate::run::beside::read_one;
use crate::run::inputs::Inputs;
use crate::run::names::Names;
use crate::run::screen::options;
use crate::run::servers::{Servers, is_server};
use crate::run::twice::twice;
use crate::saved::{LastRun, read_run};
use crate::settings::Configuration;
use whomade_inquiry::estate::{Joined, Joiner, judged};

/// Where the devices come from.
#[derive(Debug)]
pub(crate) struct Again {
    files: Vec<PathBuf>,
    run: Option<PathBuf>,
    reading: Reading,
    /// Whether some of the files were found in a folder or by a pattern.
    searched: bool,
    /// What the servers among them answered.
    servers: Servers,
    /// Whether files were named, rather than a run or the last run of this folder.
    named: bool,
    /// What is said of files that were given twice.
    twice: Vec<Diagnostic>,
    /// What was asked then, with what is typed now before it.
    pub(crate) asking: Asking,
}

/// A sentence about a file is told in full; only one that is no sentence any more is cut.
const SENTENCE_CHARS_MAX: usize = 2_000;

/// What was heard of the files beside their devices.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// What was understood of each table, with its file.
    pub(crate) tables: Vec<(String, Understood)>,
    /// What could not be read as it stood, in sentences.
    pub(crate) said: Vec<String>,
    /// Which records were joined.
    pub(crate) joined: Joined,
}

/// What takes devices again.
pub(crate) trait Takes {
    /// Takes a device; `false` when it has enough.
    fn device(&mut self, device: Device) -> bool;
    /// Takes what was said of a file.
    fn said(&mut self, said: &Diagnostic) {
        let _ = said;
    }
}

impl<F: FnMut(Device) -> bool> Takes for F {
    fn device(&mut self, device: Device) -> bool {
        self(device)
    }
}

struct Each<'e> {
    out: &'e mut Out,
    file: String,
    names: Names,
    seen: &'e mut Seen,
    each: &'e mut dyn Takes,
    /// Whether a column that the user named is not there.
    refused: bool,
}

impl Sink for Each<'_> {
    fn begins(&mut self, name: &str) {
        name.clone_into(&mut self.file);
    }

    fn understood(&mut self, understood: Understood) {
        self.seen.tables.push((self.file.clone(), understood));
    }

    fn device(&mut self, device: Box<Device>) -> ControlFlow<()> {
        if self.each.device(*device) { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    }

    fn diagnostic(&mut self, said: Diagnostic) {
        self.each.said(&said);
        // Warnings were said when the file was screened.
        self.refused |= said.code == "read/bad-map";
        if said.counts() > 0 {
            let line = said.place.as_ref().map(|place| match place.line {
                0 => format!("{}: ", self.names.short(&place.source)),
                line => format!("{}:{line}: ", self.names.short(&place.source)),
            });
            let sentence = line.unwrap_or_default() + &said.message;
            self.seen.said.push(clean_to(&sentence, SENTENCE_CHARS_MAX));
        }
        // What is typed beside the files is asked here for the first time.
        let typed_here = said.code == "ask/unmatched-key" || said.code == "estate/many-near";
        if said.severity == Severity::Error || typed_here {
            let _ = diagnostics::write(&mut self.out.aside, &said);
        }
    }
}

impl Again {
    /// Finds out where the devices come from.
    ///
    /// # Errors
    /// When nothing was given and nothing was screened in this folder.
    pub(crate) fn new(
        out: &mut Out,
        files: Vec<PathBuf>,
        run: Option<PathBuf>,
        reading: Reading,
        asking: &Asking,
    ) -> Result<Self> {
        if let Some(run) = run {
            let header = read_run(&run, |_| false)?;
            let mut asking = Asking::from(header.asked.under(asking));
            asking.on = asking.on.or_else(|| Some(header.on.to_string()));
            return Ok(Self {
                files,
                run: Some(run),
                reading,
                searched: false,
                servers: Servers::default(),
                named: false,
                twice: Vec::new(),
                asking,
            });
        }
        if !files.is_empty() {
            let Inputs { mut files, searched } = Inputs::find(&files)?;
            let twice = twice(&mut files);
            let servers = Servers::ask(out, &files, &reading.access)?;
            let asking = asking.clone();
            return Ok(Self { files, run, reading, searched, servers, named: true, twice, asking });
        }
        let last = LastRun::recall()?;
        if let Some(server) = last.files.iter().find(|file| is_server(file)) {
            bail!(
                "[ask/no-run] the last run of this folder read from a server, which is asked only \
                 where it is named: add {}, or keep a run with --save and give it with --run",
                clean_to(&server.to_string_lossy(), SENTENCE_CHARS_MAX)
            );
        }
        for file in last.changed() {
            let said = Diagnostic::new(
                "ask/input-changed",
                format!("{} has changed since it was screened", file.display()),
            );
            diagnostics::write(&mut out.aside, &said)?;
        }
        let map = if reading.map.is_empty() { last.reading.map.clone() } else { reading.map };
        let dates = reading.dates.or(last.reading.dates);
        let reading = Reading { map, dates, ..reading };
        let asking = last.asked.under(asking).into();
        let (files, searched) = (last.files, true);
        let (servers, named, twice) = (Servers::default(), false, Vec::new());
        Ok(Self { files, run: None, reading, searched, servers, named, twice, asking })
    }

    /// The same, asked as `whomade.toml` says, its sites and exemptions among it: files that are
    /// named are judged as `screen` judges them. A run keeps what it was asked.
    ///
    /// # Errors
    /// When what stands in it is not as it should be.
    pub(crate) fn configured(
        mut self,
        out: &mut Out,
        configured: &Configured,
        facts: &Facts,
    ) -> Result<Self> {
        if self.named {
            if let Some(configuration) = Configuration::find(out, configured, facts)? {
                configuration.ask(&mut self.asking);
                configuration.tell(out)?;
            }
        } else if configured.no_config {
            self.asking.sites.clear();
            self.asking.exemptions.clear();
        }
        Ok(self)
    }

    /// Gives each device, until `each` says that it has enough.
    ///
    /// # Errors
    /// When a run is damaged.
    pub(crate) fn each(&self, out: &mut Out, mut each: impl FnMut(Device) -> bool) -> Result<()> {
        self.all(out, &mut each).map(|_| ())
    }

    /// The same, with what was heard of the files beside their devices.
    ///
    /// # Errors
    /// When a run is damaged.
    pub(crate) fn all(&self, out: &mut Out, each: &mut dyn Takes) -> Result<Seen> {
        let mut seen = Seen::default();
        if let Some(run) = &self.run {
            read_run(run, |device| each.device(device))?;
            return Ok(seen);
        }
        let mut options = options(&self.reading)?;
        // What could not be read was said when the files were screened, or is a picture among them.
        options.searched = self.searched;
        let file = String::new();
        let names = Names::of(&self.files);
        let mut sink = Each { out, file, names, seen: &mut seen, each, refused: false };
        let mut joiner = Joiner::new(
            &mut sink,
            self.files.len(),
            judged(&self.reading.apart, &self.reading.together)?,
        );
        for file in &self.files {
            read_one(file, &self.servers, &options, &mut joiner);
        }
        let joined = joiner.finish();
        if sink.refused {
            bail!("a column that --map names is not there; nothing is answered");
        }
        seen.joined = joined;
        Ok(seen)
    }

    /// The files that are read: those of the estate, or the kept run.
    pub(crate) fn inputs(&self) -> Vec<PathBuf> {
        match &self.run {
            Some(run) => vec![run.clone()],
            None => self.files.clone(),
        }
    }

    /// What the servers among them answered.
    pub(crate) fn servers(&self) -> &Servers {
        &self.servers
    }

    /// How they are read.
    pub(crate) fn reading(&self) -> &Reading {
        &self.reading
    }

    /// Whether the devices come from a run that was kept.
    pub(crate) fn is_kept_run(&self) -> bool {
        self.run.is_some()
    }

    /// What is said of files that were given twice.
    pub(crate) fn twice(&self) -> Vec<Diagnostic> {
        self.twice.clone()
    }

    /// Whether it is one of the files that are read.
    pub(crate) fn reads(&self, path: &Path) -> bool {
        let real = |path: &Path| path.canonicalize().ok();
        let all = self.files.iter().chain(&self.run);
        real(path).is_some_and(|to| all.into_iter().any(|one| real(one).as_ref() == Some(&to)))
    }

    /// The files or the run, for messages.
    pub(crate) fn names(&self) -> String {
        Names::of(&self.inputs()).all().join(", ")
    }
}
