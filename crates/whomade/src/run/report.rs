//! `whomade report`: what was worked out as a paper for whoever signs, answers or decides.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Result, bail};
use jiff::civil::Date;
use whomade_core::assembly::is_called;
use whomade_core::deadline::Event;
use whomade_core::diagnostic::Diagnostic;
use whomade_core::kb::Facts;
use whomade_core::kb::document::{File, nearest};
use whomade_core::kb::schema::{Form, PaperKind};
use whomade_core::paper::{self, LetterRecord, Matter, Paper};
use whomade_core::report::clean;

use crate::bundle::record::{Keeping, Run};
use crate::cli::{Asking, Report};
use crate::kept::identity;
use crate::out::Out;
use crate::render::diagnostics;
use crate::run::again::Again;
use crate::run::details::{Keys, told};
use crate::run::explain::same_name;
use crate::run::gather::{Gathered, event, give, has_ending, small};
use crate::run::letter::{answered, supplier_name};
use crate::run::names::file_name;
use whomade_inquiry::asking::Asked;
use whomade_inquiry::base::{Known, load};

/// Papers that are no form.
const OTHERS: [&str; 4] = ["supplier", "device", "summary", "importer"];
/// What a paper is told that is made of captures alone.
const OF_CAPTURES: &str = "[ask/unknown-paper] this paper is made of captures: whomade egress FILE \
                           --paper transfer-record";
/// Letters of one folder that are read.
const LETTERS_MAX: usize = 1_000;
/// A record of a letter is small.
const RECORD_BYTES_MAX: u64 = 1 << 20;

/// What was asked for.
enum Wanted<'f> {
    Forms(Vec<&'f Form>),
    Supplier(String),
    Device(String),
    Summary,
    Importer,
}

/// Runs `whomade report`.
///
/// # Errors
/// When there is no such paper, supplier or device, or nothing to make it of.
pub(crate) fn run(out: &mut Out, overlay: Option<&Path>, typed: Report) -> Result<ExitCode> {
    typed.gathering.output.as_deref().map(has_ending).transpose()?;
    let (known, said) = load(overlay)?;
    let facts = &known.base.facts;
    let (wanted, files) = wanted(facts, &typed.paper, &typed.rest)?;
    let told = told(out, facts, typed.gathering.told(), &keys(facts, &wanted))?;
    let event = event(typed.found.as_deref(), typed.reported.as_deref())?;
    let (again, asked) = asked(out, &known, &typed, files, &wanted)?;
    for one in said.iter().chain(&asked.diagnostics()) {
        if !out.quiet {
            diagnostics::write(&mut out.aside, one)?;
        }
    }
    let name = match &wanted {
        Wanted::Device(name) => Some(clean(name)),
        _ => None,
    };
    let name = (name.as_deref(), matches!(wanted, Wanted::Importer));
    later(out, event, asked.on)?;
    let mut bundle = bundle(&known, overlay, &typed, &again, &asked)?;
    let mut gathered = Gathered::new(out, (&known, overlay), &again, asked, name, bundle.as_mut())?;
    gathered.told = told;
    let matter = gathered.matter(&known, event);
    let paper = compose(out, &typed, &again, &matter, &wanted)?;
    give(out, &typed.gathering, &again, &paper)?;
    if let (Some(bundle), Some(path)) = (bundle, &typed.bundle.bundle) {
        let written: Vec<&PathBuf> = typed.gathering.output.iter().collect();
        let seal = bundle.finish(&written)?;
        if !out.quiet {
            writeln!(out.aside, "written: {}, seal {seal}", path.display())?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Warns where something is said to have been found or reported behind the day that is asked.
fn later(out: &mut Out, event: Option<Event>, on: Date) -> Result<()> {
    let Some(event) = event else { return Ok(()) };
    let days = [("found", Some(event.day)), ("reported", event.reported)];
    for (what, day) in days.into_iter().filter_map(|(what, day)| Some((what, day?))) {
        if day > on {
            let said = format!("--{what} {day} lies behind the day that is asked about, {on}");
            let help = "the clocks are counted from it as typed; --on names the day that is asked";
            diagnostics::write(
                &mut out.aside,
                &Diagnostic::new("ask/late-event", said).help(help),
            )?;
        }
    }
    Ok(())
}

/// The evidence that is handed on with the paper, if it is wanted.
///
/// # Errors
/// When its place is taken, or its key does not open.
fn bundle(
    known: &Known,
    overlay: Option<&Path>,
    typed: &Report,
    again: &Again,
    asked: &Asked,
) -> Result<Option<Keeping>> {
    if typed.bundle.bundle.is_none() {
        return Ok(None);
    }
    if typed.bundle.with_inputs && again.is_kept_run() {
        bail!("a kept run holds what was observed, not the files; --with-inputs wants the files");
    }
    let run = Run {
        command: "report",
        inputs: &again.inputs(),
        typed: asked.typed.clone(),
        asked,
        reading: again.reading(),
        body: None,
        base: &identity(known, overlay)?,
        overlay,
        servers: again.servers(),
    };
    Keeping::new(&typed.bundle, run)
}

fn compose(
    out: &mut Out,
    typed: &Report,
    again: &Again,
    matter: &Matter<'_>,
    wanted: &Wanted<'_>,
) -> Result<Paper> {
    Ok(match wanted {
        Wanted::Forms(forms) => paper::form(matter, &typed.paper, forms),
        Wanted::Summary => paper::summary(matter),
        Wanted::Importer => paper::importer(matter),
        Wanted::Supplier(name) => {
            let name = supplier_name(matter, name)?;
            let letters = match &typed.letters {
                Some(dir) => letters(out, matter, dir, &name)?,
                None => Vec::new(),
            };
            paper::supplier(matter, &name, &letters)
        }
        Wanted::Device(name) => {
            let name = &clean(name);
            let mut named = matter.devices.iter().filter(|item| is_called(&item.name, name));
            let first = named.next();
            let others: Vec<String> = named.map(|item| item.place.clone()).collect();
            if let Some(first) = first.filter(|_| !others.is_empty() && !out.quiet) {
                let said = same_name(name, &first.place, &others, "report device");
                diagnostics::write(&mut out.aside, &said)?;
            }
            let item = first.or_else(|| matter.devices.iter().find(|item| item.place == *name));
            let Some(item) = item else {
                let names = matter.devices.iter().map(|item| item.name.as_str());
                let near = nearest(name, names).map(|near| format!("; did you mean `{near}`?"));
                bail!(
                    "[ask/unknown-device] no device is called `{}` in {}{}",
                    clean(name),
                    again.names(),
                    near.unwrap_or_default()
                );
            };
            paper::device(matter, item)
        }
    })
}

/// What paper it is, and the files behind it.
fn wanted<'f>(facts: &'f Facts, word: &str, rest: &[String]) -> Result<(Wanted<'f>, Vec<PathBuf>)> {
    let files = |from: usize| rest.iter().skip(from).map(PathBuf::from).collect();
    let first = || match rest.first() {
        Some(name) => Ok(name.clone()),
        None => bail!("[ask/unknown-paper] `report {word}` wants a NAME"),
    };
    match word {
        "summary" => return Ok((Wanted::Summary, files(0))),
        "importer" => return Ok((Wanted::Importer, files(0))),
        "supplier" => return Ok((Wanted::Supplier(first()?), files(1))),
        "device" => return Ok((Wanted::Device(first()?), files(1))),
        _ => {}
    }
    if let Some(form) = facts.forms.get(word) {
        if form.paper == PaperKind::TransferRecord {
            bail!("{OF_CAPTURES}");
        }
        return Ok((Wanted::Forms(vec![form]), files(0)));
    }
    let kind = PaperKind::ALL.into_iter().find(|kind| kind.word() == word);
    if kind == Some(PaperKind::TransferRecord) {
        bail!("{OF_CAPTURES}");
    }
    let forms: Vec<&Form> = facts.forms.values().filter(|form| Some(form.paper) == kind).collect();
    if !forms.is_empty() && kind != Some(PaperKind::Report) {
        return Ok((Wanted::Forms(forms), files(0)));
    }
    let kinds = PaperKind::ALL.iter().map(|kind| kind.word()).filter(|kind| *kind != "report");
    let all: Vec<&str> =
        facts.forms.keys().map(String::as_str).chain(kinds).chain(OTHERS).collect();
    let near = nearest(word, all.iter().copied()).map(|near| format!("did you mean `{near}`?"));
    let near = near.unwrap_or_else(|| format!("there are: {}", all.join(", ")));
    bail!("[ask/unknown-paper] there is no paper `{}`; {near}", clean(word))
}

/// The keys that may be told for a paper, and those whose value is worked out.
fn keys(facts: &Facts, wanted: &Wanted<'_>) -> Keys {
    let mut keys = Keys::default();
    if let Wanted::Forms(forms) = wanted {
        let beside = forms.iter().flat_map(|form| &form.beside);
        let beside = beside.filter_map(|id| facts.forms.get(id));
        for form in forms.iter().copied().chain(beside) {
            keys.take(form);
        }
    }
    keys.put_in_order();
    keys
}

/// Who asks: as typed, as in the last run, or as the form has it where nobody said.
fn asked(
    out: &mut Out,
    known: &Known,
    typed: &Report,
    files: Vec<PathBuf>,
    wanted: &Wanted<'_>,
) -> Result<(Again, Asked)> {
    let gathering = &typed.gathering;
    let run = gathering.run.clone();
    if run.is_some() && !files.is_empty() {
        bail!("--run and files cannot be given together");
    }
    let again = Again::new(out, files, run, gathering.reading.clone(), &gathering.asking)?
        .configured(out, &gathering.configured, &known.base.facts)?;
    let Wanted::Forms(forms) = wanted else {
        let asked = Asked::check(&known.base, &again.asking)?;
        return Ok((again, asked));
    };
    let names = |asking: &Asking| asking.preset.is_some() || !asking.under.is_empty();
    let own = |asking: &Asking| Asking {
        preset: forms.first().and_then(|form| form.preset.clone()),
        under: Vec::new(),
        ..asking.clone()
    };
    let asking = if names(&again.asking) { again.asking.clone() } else { own(&again.asking) };
    let asked = Asked::check(&known.base, &asking)?;
    let speaks = |asked: &Asked| {
        let mut ids = forms.iter().flat_map(|form| &form.regimes);
        ids.any(|id| asked.regime(id).is_some())
    };
    if speaks(&asked) {
        return Ok((again, asked));
    }
    if names(&gathering.asking) {
        let ids: Vec<&str> =
            forms.iter().flat_map(|form| &form.regimes).map(String::as_str).collect();
        let preset = forms.iter().find_map(|form| form.preset.as_ref());
        let preset = preset.map_or_else(String::new, |id| format!(" with --as {id}"));
        bail!(
            "[ask/form-not-asked] this form is filled in by {}; ask about one of them{preset}",
            ids.join(", ")
        );
    }
    // The last run was asked about something else.
    let asking = own(&Asking { context: Vec::new(), ..asking });
    let asked = Asked::check(&known.base, &asking)?;
    Ok((again, asked))
}

/// The letters of a supplier that a folder holds: records, or answers as they came.
fn letters(
    out: &mut Out,
    matter: &Matter<'_>,
    dir: &Path,
    name: &str,
) -> Result<Vec<LetterRecord>> {
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(dir)
        .map_err(|wrong| anyhow::anyhow!("cannot read {}: {wrong}", dir.display()))?
        .take(LETTERS_MAX)
    {
        paths.push(entry?.path());
    }
    paths.sort();
    let (mut letters, mut left_out) = (Vec::new(), Vec::new());
    for path in paths.iter().filter(|path| path.is_file()) {
        let record = if path.extension().is_some_and(|ending| ending == "toml") {
            let text = String::from_utf8_lossy(&small(path, RECORD_BYTES_MAX)?).into_owned();
            let file = File { path: path.display().to_string(), text };
            match file.typed::<LetterRecord>() {
                Ok(record) => record,
                Err(wrong) => {
                    bail!("[read/no-answer] {}: {}", path.display(), wrong.message)
                }
            }
        } else {
            let (answered, said) = answered(path)?;
            for one in &said {
                diagnostics::write(&mut out.aside, one)?;
            }
            let mut record = paper::record(&answered, None, matter.on);
            record.check_clause(&matter.base.facts);
            record
        };
        let same = |one: &str| one.trim().eq_ignore_ascii_case(name.trim());
        match record.supplier.as_deref() {
            Some(supplier) if same(supplier) => letters.push(record),
            supplier => left_out.push(why_left_out(path, supplier)),
        }
    }
    // A letter that is silently left out would look like one that was never sent.
    for one in left_out.into_iter().filter(|_| !out.quiet) {
        diagnostics::write(&mut out.aside, &one)?;
    }
    letters.sort_by_key(|one| std::cmp::Reverse(one.date));
    Ok(letters)
}

fn why_left_out(path: &Path, supplier: Option<&str>) -> Diagnostic {
    let file = clean(&file_name(path));
    let (why, help) = match supplier {
        Some(other) => (
            format!("{file} is left out: it is the answer of {}", clean(other)),
            "if that is the same firm, write its name in the file as the records have it",
        ),
        None => (
            format!("{file} is left out: it does not say who answers"),
            "write supplier = \"NAME\" into the record, as the records have the name",
        ),
    };
    Diagnostic::new("read/letter-left-out", why).help(help)
}
