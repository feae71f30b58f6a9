//! `whomade screen`: every device of the user's files, one after the other.

use std::io::Write as _;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use serde_json::json;
use whomade_core::diagnostic::{Diagnostic, Severity};
use whomade_core::evidence::Read;
use whomade_core::kb::document::nearest;
use whomade_core::observation::Device;
use whomade_core::report::{clean, counted, depth, device_report};
use whomade_core::ruling::Outcome;
use whomade_formats::read::{DayOrder, Format, Options, Sink, Understood};

use crate::baseline::compared::Compared;
use crate::cli::{Days, Reading, Screen, ScreenOutput};
use crate::kept::{Kept, identity};
use crate::only::Only;
use crate::out::{Out, harmless};
use crate::packs::{Loaded, heard};
use crate::render::{csv, diagnostics, estate, finding, html, line, summary};
use crate::run::against::Against;
use crate::run::beside::{self, Taker};
use crate::run::heard::Heard;
use crate::run::inputs::Inputs;
use crate::run::servers::{Servers, is_server};
use crate::run::twice::twice;
use crate::run::write::{self, Wanted, Writers};
use crate::saved::{self, LastRun};
use crate::settings::{Configuration, NAME};
use crate::tally::Tally;
use crate::workbook::Appended;
use whomade_inquiry::asking::{Asked, Typed};
use whomade_inquiry::base::{Known, load};
use whomade_inquiry::estate::judged;
use whomade_inquiry::holes::Holes;
use whomade_inquiry::worker::{Found, Worker};

/// Takes what is read, works it out, and hands it to every output.
struct Screening<'k, 'o> {
    worker: Worker<'k>,
    out: &'o mut Out,
    output: &'o ScreenOutput,
    tally: Tally,
    asked: &'k Asked,
    kept: Kept,
    /// What is compared with the baseline.
    watch: Option<Against>,
    csv: Option<csv::Table<'k>>,
    lines: line::Lines,
    /// Devices done with, for the reading to fill again.
    spare: Vec<Box<Device>>,
    html: Option<html::Page>,
    workbook: Option<Appended>,
    writers: Writers<'k>,
    heard: Heard,
    broken: Option<anyhow::Error>,
    packs: Loaded,
}

impl Sink for Screening<'_, '_> {
    fn begins(&mut self, name: &str) {
        self.heard.begins(name);
    }

    fn opens(&mut self, files: usize) {
        self.heard.opens(files);
    }

    fn understood(&mut self, understood: Understood) {
        self.heard.understood(self.out, &understood);
        self.tally.sources += 1;
        if let Some(workbook) = &mut self.workbook {
            workbook.understood(&understood);
        }
    }

    fn device(&mut self, device: Box<Device>) -> ControlFlow<()> {
        self.take(device, None)
    }

    fn heard(&mut self, addresses: &str) {
        self.heard.station(self.out, &self.worker.known.base, addresses);
    }

    fn spare(&mut self) -> Box<Device> {
        self.spare.pop().unwrap_or_default()
    }

    fn diagnostic(&mut self, said: Diagnostic) {
        self.kept.said(&said);
        if let Err(wrong) = self.writers.said(&said) {
            self.broken = Some(wrong);
        }
        self.heard.diagnostic(self.out, &said);
    }

    fn progress(&mut self, bytes_read: u64, bytes_total: Option<u64>) {
        self.heard.progress.tick(bytes_read, bytes_total, self.tally.devices);
    }
}

impl Taker for Screening<'_, '_> {
    fn take(&mut self, device: Box<Device>, read: Option<Box<Read>>) -> ControlFlow<()> {
        let found = self.worker.work_on(device, read);
        match self.give(found) {
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

impl Screening<'_, '_> {
    fn give(&mut self, found: Found) -> Result<()> {
        let known = self.worker.known;
        // A kept run and the user's own workbook hold every device, whatever is shown.
        let shown = self.tally.only.takes(&found);
        let whole = self.output.evidence && shown;
        let written = self.writers.any() && shown;
        if self.kept.any() || whole || written {
            let worked = found.worked(found.suggestions());
            let mut report = device_report(&known.base, &known.weights, &worked);
            if whole {
                report.packs = self.packs.said_of(&found.device);
                let line = match self.output.depth {
                    Some(to) => {
                        let (regimes, on) = (&self.asked.regimes, self.asked.on);
                        let deep = depth(&known.base, &worked, regimes, on, to.role());
                        let mut value = json!(report);
                        value["depth"] = json!(deep);
                        value.to_string()
                    }
                    None => serde_json::to_string(&report)?,
                };
                writeln!(self.out.rows, "{}", harmless(&line))?;
            }
            // What is kept is worked out again from the base alone.
            report.packs.clear();
            self.kept.device(&found.device, &report)?;
            if written {
                self.writers.device(&found, &report)?;
            }
        }
        if let Some(watch) = &mut self.watch {
            watch.device(self.worker.entry(&found), found.counts());
        }
        if let Some(workbook) = &mut self.workbook {
            workbook.device(&known.base, self.asked, &found);
        }
        if shown {
            self.show(&found)?;
        }
        self.spare.push(self.worker.take_back(found));
        Ok(())
    }

    /// Hands a device to every output but those that hold all.
    fn show(&mut self, found: &Found) -> Result<()> {
        let known = self.worker.known;
        if self.output.json && !self.output.evidence && !self.output.summary {
            let packs = self.packs.said_of(&found.device);
            self.lines.write(&mut self.out.rows, &known.base, found, &packs)?;
        }
        if let Some(table) = &mut self.csv {
            table.row(&mut self.out.rows, &known.base, found)?;
        }
        if let Some(page) = &mut self.html {
            page.device(&known.base, found);
        }
        self.tally.add(&known.base, found);
        Ok(())
    }
}

/// Runs `whomade screen`.
///
/// # Errors
/// When what was asked cannot be understood, or an output cannot be written.
pub(crate) fn run(out: &mut Out, overlay: Option<&Path>, mut typed: Screen) -> Result<ExitCode> {
    typed.output.lists = std::mem::take(&mut typed.lists);
    if typed.output.formats {
        write::list(out)?;
        return Ok(ExitCode::SUCCESS);
    }
    let (known, said) = load(overlay)?;
    let configuration = Configuration::find(out, &typed.configured, &known.base.facts)?;
    let whole = configured(out, &mut typed, configuration.as_ref())?;
    let inputs = Inputs::heard_or_found(typed.live.as_ref(), &typed.files)?;
    typed.files = inputs.files;
    let given_twice = twice(&mut typed.files);
    let asked = Asked::check(&known.base, &typed.asking)?;
    for one in &said {
        if one.severity == Severity::Error || !out.quiet {
            diagnostics::write(&mut out.aside, one)?;
        }
    }
    let mut options = options(&typed.reading)?;
    options.searched = inputs.searched;
    let output = &typed.output;
    keep_inputs(&typed.files, output)?;
    if let Some(said) = not_an_output(&typed.files, output).filter(|_| !out.quiet) {
        diagnostics::write(&mut out.aside, &said)?;
    }
    let about = write::About::new(&known, &typed, overlay)?;
    let about = about.run(&known, &asked, output);
    let packs = heard(out, &typed.packs)?;
    let mut last = LastRun::new(&typed.files, &typed.reading, &Typed::from(&typed.asking), overlay);
    let (live, access) = (typed.live.take(), &typed.reading.access);
    last.servers = Servers::heard_or_asked(out, live.clone(), &typed.files, access)?;
    let quiet = out.quiet;
    let watch = watching(out, configuration.as_ref().filter(|_| whole), output)?;
    let mut screening = Screening {
        worker: Worker::new(&known, &asked),
        tally: tally_of(output)?,
        asked: &asked,
        kept: Kept::new(&typed, &last, &known, &asked, overlay)?,
        watch,
        csv: output.csv.then(|| csv::Table::new(&asked, output.rulings)),
        lines: line::Lines::default(),
        spare: Vec::new(),
        html: output.html.is_some().then(html::Page::default),
        workbook: match &output.lists.xlsx {
            Some(_) => Some(Appended::new(&typed.files, &asked)?),
            None => None,
        },
        writers: Writers::open(&about, &typed)?,
        heard: Heard::new(quiet, typed.files.len(), &said).of_live(live.as_ref()),
        broken: None,
        packs,
        out,
        output,
    };
    for said in given_twice {
        screening.writers.said(&said)?;
        screening.heard.diagnostic(screening.out, &said);
    }
    let joining = judged(&typed.reading.apart, &typed.reading.together)?;
    let joined =
        beside::read((&typed.files, &last.servers), &options, joining, &known.base, &mut screening);
    screening.heard.progress.clear();
    if !quiet {
        joined.tell(&mut screening.out.aside)?;
    }
    screening.tally.close();
    if !screening.heard.refused {
        last.remember();
    }
    screening.tally.unread = joined.unread();
    finish(screening, &known, &typed, (overlay, joined.is_cut()))
}

/// What the devices are counted into.
///
/// # Errors
/// When `--other` names no heading and pattern.
fn tally_of(output: &ScreenOutput) -> Result<Tally> {
    let mut tally = Tally::new(output.all);
    tally.only = Only::new(&output.only, &output.lists.other, output.cameras)?;
    tally.holes = output.advisories.then(Holes::default);
    Ok(tally)
}

/// What the estate is held against, if it is read as `whomade.toml` names it.
///
/// # Errors
/// When only changes count and there is nothing to compare with.
fn watching(
    out: &mut Out,
    configuration: Option<&Configuration>,
    output: &ScreenOutput,
) -> Result<Option<Against>> {
    let watch = match configuration {
        Some(configuration) => Against::new(out, configuration)?,
        None => None,
    };
    if output.changed && watch.is_none() {
        bail!("[estate/no-settings] --changed compares with a baseline, and there is none");
    }
    Ok(watch)
}

/// Takes from `whomade.toml` what was not typed. Gives whether its whole estate is read, so that
/// it can be held against the baseline.
fn configured(
    out: &mut Out,
    typed: &mut Screen,
    configuration: Option<&Configuration>,
) -> Result<bool> {
    let whole = typed.files.is_empty() && typed.live.is_none();
    if let Some(configuration) = configuration.filter(|_| typed.output.lists.other.is_empty()) {
        typed.output.lists.other.clone_from(&configuration.settings.estate.other);
    }
    match configuration {
        None if whole => bail!(
            "[estate/no-settings] no file was named, and there is no {NAME} in this folder; \
             `whomade init FILES` writes one"
        ),
        None => {}
        Some(configuration) if whole => {
            typed.files = configuration.files();
            configuration.ask(&mut typed.asking);
            configuration.read(&mut typed.reading);
            let kept = typed.output.save.is_some() || typed.output.bundle.bundle.is_some();
            if kept && typed.output.body.is_none() {
                typed.output.body.clone_from(&configuration.settings.estate.name);
            }
        }
        Some(configuration) => {
            configuration.ask(&mut typed.asking);
            configuration.tell(out)?;
        }
    }
    Ok(whole && configuration.is_some())
}

/// Refuses to write over what is read.
fn keep_inputs(files: &[PathBuf], output: &ScreenOutput) -> Result<()> {
    let real = |path: &PathBuf| path.canonicalize().ok();
    for path in written_files(output) {
        if real(path).is_some_and(|to| files.iter().any(|file| real(file).as_ref() == Some(&to))) {
            bail!("{} is one of the files read; write to another name", path.display());
        }
    }
    Ok(())
}

/// Says where rows go, when a name was typed behind `--csv` or `--json` for them to be written to.
fn not_an_output(files: &[PathBuf], output: &ScreenOutput) -> Option<Diagnostic> {
    let flag = if output.csv { "--csv" } else { "--json" };
    let [_, .., last] = files else { return None };
    ((output.csv || output.json) && !last.exists() && !is_server(last)).then(|| {
        let last = clean(&last.to_string_lossy());
        let message = format!("{flag} takes no file: {last} is taken for one to be read");
        Diagnostic::new("ask/rows-to-output", message)
            .help(format!("rows go to standard output: {flag} > {last}"))
    })
}

/// The reading options as typed.
///
/// # Errors
/// When `--map` names a field that does not exist.
pub(crate) fn options(reading: &Reading) -> Result<Options> {
    use whomade_core::observation::Field;
    use whomade_formats::read::Use;
    let mut map = Vec::new();
    for pair in &reading.map {
        let Some((id, column)) = pair.split_once('=') else {
            bail!("[read/bad-map] `{pair}` is no FIELD=COLUMN");
        };
        let Some(used_as) = Use::from_word(id.trim()) else {
            let words = Field::ALL.iter().map(|field| field.id());
            let near = nearest(id, words.chain(["name", "installed"]));
            let help = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            bail!("[read/bad-map] there is no field `{id}`{help}");
        };
        map.push((used_as, column.trim_matches('"').to_owned()));
    }
    let days = reading.dates.map(|order| match order {
        Days::DayFirst => DayOrder::DayFirst,
        Days::MonthFirst => DayOrder::MonthFirst,
    });
    let from = match &reading.from {
        Some(word) => Some(Format::from_word(word).with_context(|| {
            let words = || Format::all().map(|format| format.word);
            let begins = words().find(|one| one.starts_with(word.as_str()));
            let near = begins.or_else(|| nearest(word, words()));
            let next = match near {
                Some(near) => format!("; did you mean `{near}`?"),
                None => "; `whomade read --formats` lists them".to_owned(),
            };
            format!("[read/no-format] there is no format `{}`{next}", clean(word))
        })?),
        None => None,
    };
    let networks = whomade_formats::read::Networks(reading.own.networks.clone());
    Ok(Options { map, days, from, strict: reading.strict, networks, ..Options::default() })
}

/// Says of what was asked what the sources do not cover.
fn beyond_sources(out: &mut Out, asked: &Asked) -> Result<()> {
    for one in asked.diagnostics().iter().filter(|_| !out.quiet) {
        diagnostics::write(&mut out.aside, one)?;
    }
    Ok(())
}

/// Gives what was found, as was asked for.
fn answer(
    out: &mut Out,
    (known, asked, output): (&Known, &Asked, &ScreenOutput),
    (tally, compared): (&Tally, Option<&Compared>),
    packs: &Loaded,
) -> Result<()> {
    if output.json {
        let mut summary = summary::json(&known.base, asked, tally);
        if !output.summary {
            estate::json(asked, tally, compared, &mut summary);
        }
        return Ok(out.line(json!({ "v": 1, "on": asked.on, "summary": summary }).to_string())?);
    }
    if output.csv || write::takes_output(output) {
        return Ok(());
    }
    summary::write(out, known, asked, tally)?;
    if output.summary {
        return Ok(());
    }
    estate::write(out, &known.base, asked, tally, compared, output.all)?;
    findings(out, known, asked, tally, packs)
}

fn finish(
    screening: Screening<'_, '_>,
    known: &Known,
    typed: &Screen,
    (overlay, cut): (Option<&Path>, bool),
) -> Result<ExitCode> {
    let Screening { out, tally, kept, watch, workbook, writers, mut heard, broken, packs, .. } =
        screening;
    let (asked, output, page) = (screening.asked, screening.output, screening.html);
    if let Some(broken) = broken {
        return Err(broken);
    }
    out.rows.flush()?;
    if heard.refused {
        return Ok(ExitCode::from(2));
    }
    let error = heard.worst == Some(Severity::Error);
    let compared = match watch {
        Some(watch) => {
            let identity = identity(known, overlay)?;
            // A file that was passed over may hold what seems to be gone.
            let unread = error || !tally.unread.is_empty();
            Some(watch.compare(known, &identity, asked, &typed.reading, unread)?)
        }
        None => None,
    };
    // Files first: a reader who closes the terminal early, as `head` does, still has them.
    if let (Some(page), Some(path)) = (page, &output.html) {
        let page = page.render(known, asked, &tally, &typed.files, compared.as_ref());
        saved::write_whole(path, page.as_bytes())?;
    }
    if let (Some(workbook), Some(path)) = (workbook, &output.lists.xlsx) {
        let mut rows = summary::rows(&known.base, asked, &tally);
        rows.extend(estate::rows(asked, &known.base, compared.as_ref()));
        workbook.write(path, &rows)?;
    }
    let summary = || summary::json(&known.base, asked, &tally);
    for said in writers.finish(&tally, summary, &mut out.rows)? {
        heard.diagnostic(out, &said);
    }
    let worst = heard.worst;
    let beside = [&output.html, &output.lists.xlsx].into_iter().flatten();
    let beside: Vec<&PathBuf> =
        beside.chain(output.write.iter().filter_map(Wanted::file)).collect();
    let seal = kept.finish(summary, &beside)?;
    answer(out, (known, asked, output), (&tally, compared.as_ref()), &packs)?;
    estate::warn(out, asked, &tally, compared.as_ref())?;
    left_out(out, output, &tally)?;
    written(out, output, seal.as_deref())?;
    beyond_sources(out, asked)?;
    let strict = typed.reading.strict && worst >= Some(Severity::Warning);
    // Where a file could not be read or held nothing, "names none" would say too much.
    let named = match &compared {
        Some(compared) if output.changed => {
            u64::from(compared.counts || !compared.ran_out.is_empty())
        }
        _ => tally.counting + tally.only.hidden_named,
    };
    // A pipeline that waits for changes must not stay green on half a file, nor on a baseline into
    // which somebody wrote what would have been news.
    let doubt = output.changed && (cut || compared.as_ref().is_some_and(|one| one.edited));
    let unread = tally.devices + tally.only.hidden == 0 || error || doubt;
    if strict {
        writeln!(out.aside, "error: --strict: something said of the input is an error")?;
    }
    if strict || named == 0 && unread {
        return Ok(ExitCode::from(2));
    }
    let why = tally.only.why().filter(|_| tally.counting == 0 && !output.changed);
    // Who is shown no device at all is told it however quiet it should be.
    if let Some(why) = why.filter(|_| !out.quiet || tally.devices == 0) {
        writeln!(out.aside, "{why}")?;
    }
    Ok(ExitCode::from(u8::from(named > 0)))
}

/// One finding of each group in full, then counts.
fn findings(
    out: &mut Out,
    known: &Known,
    asked: &Asked,
    tally: &Tally,
    packs: &Loaded,
) -> Result<()> {
    let groups = tally.groups();
    if groups.is_empty() {
        return Ok(());
    }
    out.line("")?;
    let shown = if tally.keeps_all { groups.len() } else { summary::GROUPS_SHOWN_MAX };
    let mut told: Vec<Vec<(String, Outcome)>> = Vec::new();
    for group in groups.iter().take(shown) {
        for found in &group.examples {
            let said = found.rulings_said();
            let again = told.contains(&said);
            let detail = if again { finding::Detail::Brief } else { finding::Detail::Full };
            told.push(said);
            let worked = found.worked(found.suggestions());
            let said = packs.said_of(&found.device);
            finding::write(&mut out.answers, &known.base, asked, (&worked, &said), detail)?;
        }
        let more = group.devices - group.examples.len() as u64;
        if more > 0 {
            out.line(format!("… and {more} more like it: {} in all\n", group.words()))?;
        }
    }
    if groups.len() > shown {
        let rest: u64 = groups[shown..].iter().map(|group| group.devices).sum();
        out.line(format!(
            "… and {} with {}; --all shows every finding, --html and --csv every device",
            counted((groups.len() - shown) as u64, "further group"),
            counted(rest, "device")
        ))?;
    }
    Ok(())
}

/// The files that a screening writes.
fn written_files(output: &ScreenOutput) -> impl Iterator<Item = &PathBuf> {
    let bundle = &output.bundle.bundle;
    let named = [&output.html, &output.lists.xlsx, &output.save, bundle].into_iter().flatten();
    named.chain(output.write.iter().filter_map(Wanted::file))
}

/// Says what was left out as other equipment, where rows have no place to say it. It is said
/// however quiet the run should be: whoever has the rows alone would take them for all.
fn left_out(out: &mut Out, output: &ScreenOutput, tally: &Tally) -> Result<()> {
    if let Some(said) = tally.only.others_said().filter(|_| output.csv) {
        writeln!(out.aside, "{said}")?;
    }
    Ok(())
}

fn written(out: &mut Out, output: &ScreenOutput, seal: Option<&str>) -> Result<()> {
    if !out.quiet {
        for path in written_files(output) {
            writeln!(out.aside, "written: {}", path.display())?;
        }
        if let Some(seal) = seal {
            writeln!(out.aside, "seal: {seal}")?;
        }
    }
    Ok(())
}
