//! `whomade init`: an estate is taken as the baseline that later runs are held against.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Result, bail};
use whomade_core::baseline::entry::VERSION;
use whomade_core::baseline::{Baseline, Header};
use whomade_core::diagnostic::{Diagnostic, Severity};
use whomade_core::evidence::Read;
use whomade_core::observation::Device;
use whomade_core::report::clean;
use whomade_formats::read::{Sink, Understood};

use crate::baseline::{Question, Taken, base_words};
use crate::cli::{Configured, Init, Reading};
use crate::kept::identity;
use crate::out::Out;
use crate::render::diagnostics;
use crate::run::against::Against;
use crate::run::beside::{self, Taker};
use crate::run::heard::Heard;
use crate::run::inputs::Inputs;
use crate::run::screen::options;
use crate::run::servers::Servers;
use crate::run::twice::twice;
use crate::saved::write_whole;
use crate::settings::{self, BASELINE_ENDING, Configuration, NAME};
use whomade_inquiry::asking::Asked;
use whomade_inquiry::base::{Known, load};
use whomade_inquiry::estate::judged;
use whomade_inquiry::worker::Worker;

/// Takes every device into the baseline.
struct Taking<'k, 'o> {
    worker: Worker<'k>,
    out: &'o mut Out,
    heard: Heard,
    taken: Taken,
    /// The baseline of before, to show what is accepted.
    before: Option<Against>,
    /// Devices that a regime names.
    named: u64,
    /// Whether a file of a folder or pattern was passed over, such as a picture.
    passed_over: bool,
    spare: Vec<Box<Device>>,
    broken: Option<anyhow::Error>,
}

impl Sink for Taking<'_, '_> {
    fn begins(&mut self, name: &str) {
        self.heard.begins(name);
    }

    fn opens(&mut self, files: usize) {
        self.heard.opens(files);
    }

    fn understood(&mut self, understood: Understood) {
        self.heard.understood(self.out, &understood);
    }

    fn device(&mut self, device: Box<Device>) -> ControlFlow<()> {
        self.take(device, None)
    }

    fn spare(&mut self) -> Box<Device> {
        self.spare.pop().unwrap_or_default()
    }

    fn diagnostic(&mut self, said: Diagnostic) {
        self.heard.diagnostic(self.out, &said);
    }

    fn progress(&mut self, bytes_read: u64, bytes_total: Option<u64>) {
        self.heard.progress.tick(bytes_read, bytes_total, self.taken.len() as u64);
    }
}

impl Taker for Taking<'_, '_> {
    fn take(&mut self, device: Box<Device>, read: Option<Box<Read>>) -> ControlFlow<()> {
        let found = self.worker.work_on(device, read);
        let entry = self.worker.entry(&found);
        self.named += u64::from(found.answer.named);
        let taken = self.taken.device(&entry);
        if let Some(before) = &mut self.before {
            before.device(entry, found.counts());
        }
        self.spare.push(self.worker.take_back(found));
        match taken {
            Ok(()) => ControlFlow::Continue(()),
            Err(wrong) => {
                self.broken = Some(wrong);
                ControlFlow::Break(())
            }
        }
    }

    fn spare_read(&mut self) -> Box<Read> {
        self.worker.spare_read()
    }
}

/// Runs `whomade init`.
///
/// # Errors
/// When there is a `whomade.toml` already, or none to take a new baseline for, or the estate
/// cannot be read whole.
pub(crate) fn run(out: &mut Out, overlay: Option<&Path>, mut typed: Init) -> Result<ExitCode> {
    let path = typed.config.clone().unwrap_or_else(|| PathBuf::from(NAME));
    let (known, said) = load(overlay)?;
    let configuration = known_estate(out, &known, &path, &mut typed)?;
    let asked = Asked::check(&known.base, &typed.asking)?;
    for one in said.iter().chain(&asked.diagnostics()) {
        if one.severity == Severity::Error || !out.quiet {
            diagnostics::write(&mut out.aside, one)?;
        }
    }
    let before = match &configuration {
        Some(configuration) => Against::new(out, configuration)?,
        None => None,
    };
    let taking = take(out, &known, &asked, &typed, before)?;
    let Taking { out, taken, before, named, passed_over, .. } = taking;
    let identity = identity(&known, overlay)?;
    if let Some(before) = before {
        let compared = before.compare(&known, &identity, &asked, &typed.reading, passed_over)?;
        compared.write(&mut out.answers, &known.base, false)?;
        out.line("")?;
    }
    let named_file = configuration.as_ref().and_then(|one| one.settings.baseline.as_ref());
    let file = match named_file {
        Some(baseline) => baseline.file.clone(),
        None => {
            let beside = path.with_extension(BASELINE_ENDING);
            beside.file_name().unwrap_or_default().to_string_lossy().into_owned()
        }
    };
    let folder = path.parent().unwrap_or(Path::new("")).to_owned();
    let to = folder.join(&file);
    if to.exists() && !settings::is_ours(&to) {
        bail!("{} is there and no baseline; move it away", clean(&to.to_string_lossy()));
    }
    let header = Header {
        form: VERSION,
        on: asked.on,
        base: base_words(&identity),
        asked: Question::new(&asked.typed, &typed.reading).text(),
    };
    let devices = taken.len() as u64;
    let made = |sha256: String| Baseline {
        file: file.clone(),
        sha256,
        base: header.base.clone(),
        on: asked.on,
        devices,
    };
    let text = |baseline: &Baseline| match &configuration {
        Some(configuration) => Ok(configuration.with_baseline(baseline)),
        None => {
            let body = typed.body.as_deref();
            settings::new(&folder, body, &typed.files, &typed.asking, &typed.reading, baseline)
        }
    };
    // What cannot be said in the one file must not be written into the other.
    text(&made(String::new()))?;
    let baseline = made(taken.write(&to, &header)?);
    write_whole(&path, text(&baseline)?.as_bytes())?;
    settings::written(out, &path)?;
    settings::written(out, &to)?;
    let plural = if devices == 1 { "" } else { "s" };
    out.line(format!(
        "baseline of {}: {devices} device{plural}, of which a regime names {named}",
        asked.on
    ))?;
    if configuration.is_none() {
        let shown = clean(&path.to_string_lossy());
        out.line(format!("next: tell sites and exemptions in {shown}, then whomade screen"))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// What is asked of which files: as typed, or as the `whomade.toml` says that gets a new baseline.
fn known_estate(
    out: &mut Out,
    known: &Known,
    path: &Path,
    typed: &mut Init,
) -> Result<Option<Configuration>> {
    let shown = clean(&path.to_string_lossy());
    if !typed.update {
        if path.exists() {
            bail!(
                "[estate/exists] there is a {shown} already; `whomade init --update` takes the \
                 present as its baseline"
            );
        }
        return Ok(None);
    }
    if !path.exists() {
        bail!("[estate/no-settings] there is no {shown}; `whomade init FILES` writes one");
    }
    if !typed.asking.is_blank() || typed.reading != Reading::default() {
        bail!(
            "--update asks and reads as {shown} says; edit [estate] there, so that later runs do \
             the same"
        );
    }
    let named = Configured { config: Some(path.to_owned()), no_config: false };
    let configuration = Configuration::find(out, &named, &known.base.facts)?;
    if let Some(configuration) = &configuration {
        typed.files = configuration.files();
        configuration.ask(&mut typed.asking);
        configuration.read(&mut typed.reading);
    }
    Ok(configuration)
}

/// Reads the whole estate.
///
/// # Errors
/// When not all of it could be read: what is missing would later look as if it were new.
fn take<'k, 'o>(
    out: &'o mut Out,
    known: &'k Known,
    asked: &'k Asked,
    typed: &Init,
    before: Option<Against>,
) -> Result<Taking<'k, 'o>> {
    let inputs = Inputs::find(&typed.files)?;
    let mut files = inputs.files;
    let given_twice = twice(&mut files);
    let mut options = options(&typed.reading)?;
    options.searched = inputs.searched;
    let servers = Servers::ask(out, &files, &typed.reading.access)?;
    let quiet = out.quiet;
    let mut taking = Taking {
        worker: Worker::new(known, asked),
        out,
        heard: Heard::new(quiet, files.len(), &[]),
        taken: Taken::default(),
        before,
        named: 0,
        passed_over: false,
        spare: Vec::new(),
        broken: None,
    };
    for said in given_twice {
        taking.heard.diagnostic(taking.out, &said);
    }
    let joining = judged(&typed.reading.apart, &typed.reading.together)?;
    let joined = beside::read((&files, &servers), &options, joining, &known.base, &mut taking);
    taking.heard.progress.clear();
    taking.passed_over = joined.files.iter().any(|file| file.unread.is_some());
    if !quiet {
        joined.tell(&mut taking.out.aside)?;
    }
    if let Some(broken) = taking.broken.take() {
        return Err(broken);
    }
    let cut = joined.files.iter().find(|file| file.cut);
    if let Some(file) = cut {
        let why = file.unread.as_deref().unwrap_or_default();
        let (name, why) = (clean(&file.name), clean(why));
        bail!(
            "[estate/not-read] {name} could not be read whole ({why}), so nothing was taken as \
             baseline"
        );
    }
    if taking.heard.refused || taking.heard.worst == Some(Severity::Error) {
        bail!("[estate/not-read] not all files could be read, so nothing was taken as baseline");
    }
    if taking.taken.len() == 0 {
        bail!("[estate/not-read] the files hold no device, so nothing was taken as baseline");
    }
    Ok(taking)
}
