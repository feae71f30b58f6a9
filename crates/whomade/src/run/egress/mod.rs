//! `whomade egress`: with whom each device of a capture talks, who operates that, and whose it is.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Result, bail};
use whomade_core::diagnostic::{Diagnostic, Severity};
use whomade_core::egress::compared::{Compared, compare};
use whomade_core::paper::Paper;
use whomade_core::report::clean;
use whomade_formats::read::is_capture;
use whomade_formats::write::markdown::markdown;

use crate::cli::{Asking, Egress};
use crate::out::Out;
use crate::render;
use crate::render::diagnostics;
use crate::render::egress::View;
use crate::run::gather::in_form_of;
use crate::saved::write_whole;
use crate::settings::{Configuration, written};
use whomade_inquiry::asking::{Asked, day};
use whomade_inquiry::base::{Known, load};

mod blocklist;
pub(crate) mod gather;
pub(crate) mod held;
mod profiles;
mod record;

use gather::{Gathered, gather};
use held::Tables;

/// Runs `whomade egress`.
///
/// # Errors
/// When there is nothing to read, a table is of another kind, or an output cannot be written.
pub(crate) fn run(out: &mut Out, overlay: Option<&Path>, typed: &Egress) -> Result<ExitCode> {
    let tables = Tables::open(&typed.mmdb)?;
    render::egress::is_country(typed.here.as_deref())?;
    spare(typed, typed.files.iter().chain(&typed.before).chain(&typed.mmdb))?;
    day(typed.on.as_deref())?;
    let base_url = profiles::base_url(typed.mud_url.as_deref())?;
    let (known, said) = load(overlay)?;
    for one in &said {
        diagnostics::write(&mut out.aside, one)?;
    }
    let wanted = record::asked(out, &known.base.facts, typed)?;
    let (asked, own) = (asked(out, &known, typed)?, &typed.own);
    let mut gathered =
        gather(out, (&known, &asked), (typed.live.as_ref(), &typed.files, own), &said)?;
    spare(typed, gathered.files.iter())?;
    let empty = gathered.talking.is_empty();
    if let Some(folder) = &typed.mud {
        let at = profiles::moment(&gathered, typed)?;
        profiles::write(out, &known.base, (folder, &base_url, at), &gathered, typed)?;
    }
    if typed.outside {
        gathered.keep_outside();
    }
    let before = match typed.before.as_slice() {
        [] => None,
        files => Some(gather(out, (&known, &asked), (None, files, own), &said)?),
    };
    if before.as_ref().is_some_and(|before| before.talking.is_empty()) {
        bail!("[ask/no-device] --before holds no device; with nothing nothing can be compared");
    }
    if let Some(before) = &before {
        spare(typed, before.files.iter())?;
    }
    let worst = gathered.worst.max(before.as_ref().and_then(|before| before.worst));
    let compared =
        before.as_ref().map(|before| compare(&before.period(&gathered), &gathered.period(before)));
    // Files come first, so that they are whole whatever becomes of the answer.
    if let Some(path) = &typed.html {
        let beside = (typed.here.as_deref(), compared.as_ref());
        let view = View::new(&known.base, &tables, &gathered, beside);
        write_whole(path, render::egress::page(&view).as_bytes())?;
        written(out, path)?;
    }
    if let Some(wanted) = wanted {
        let paper = record::paper((&known, overlay), (&tables, typed), &gathered, &wanted)?;
        give(out, typed, &paper)?;
    } else {
        write(out, &known, &tables, (&gathered, compared.as_ref()), typed)?;
    }
    let failed = empty || worst == Some(Severity::Error);
    let doubted = gathered.is_doubted() || before.as_ref().is_some_and(Gathered::is_doubted);
    let strict = typed.strict && (doubted || worst >= Some(Severity::Warning));
    if typed.strict && doubted {
        diagnostics::write(&mut out.aside, &doubt(&gathered))?;
    }
    Ok(ExitCode::from(if failed || strict { 2 } else { 0 }))
}

/// Says that what the sums say of captures counts as an error.
fn doubt(gathered: &Gathered) -> Diagnostic {
    let why = match gathered.overlapping {
        0 => "a clock jumped, or nothing passed for more than an hour",
        _ => "captures overlap, and what two of them recorded may count twice",
    };
    Diagnostic::new("egress/doubted", format!("{why}; with --strict that is an error"))
        .help("give one recording of each network and time, without a gap")
}

/// Refuses to write over what is read, before anything is.
fn spare<'f>(typed: &Egress, read: impl Iterator<Item = &'f PathBuf> + Clone) -> Result<()> {
    let same = |path: &PathBuf, file: &PathBuf| match (path.canonicalize(), file.canonicalize()) {
        (Ok(path), Ok(file)) => path == file,
        _ => path == file,
    };
    for path in typed.html.iter().chain(&typed.output) {
        if read.clone().any(|file| same(path, file)) {
            bail!(
                "{} is one of the files read; write to another name",
                clean(&path.to_string_lossy())
            );
        }
        if is_recording(path) {
            bail!(
                "{} is a capture, and would be lost; write to another name",
                clean(&path.to_string_lossy())
            );
        }
    }
    Ok(())
}

/// Whether a file is there and begins as captures do, so that a slip of the pen cost a recording.
fn is_recording(path: &Path) -> bool {
    let mut head = [0; 4];
    let is_file = path.metadata().is_ok_and(|about| about.is_file());
    let mut read = || std::fs::File::open(path)?.read_exact(&mut head);
    is_file && read().is_ok() && is_capture(&head)
}

/// The sites of the estate, where there are any; no rule is asked here.
fn asked(out: &mut Out, known: &Known, typed: &Egress) -> Result<Asked> {
    let base = &known.base;
    let found = Configuration::find(out, &typed.configured, &base.facts)?;
    let mut asking = Asking::default();
    if let Some(found) = found {
        asking.sites.clone_from(&found.settings.sites);
        if !asking.sites.is_empty() && !out.quiet {
            let shown = clean(&found.path.to_string_lossy());
            let said = Diagnostic::new("estate/settings", format!("sites are those of {shown}"));
            diagnostics::write(&mut out.aside, &said)?;
        }
    }
    Asked::check(base, &asking)
}

/// Gives a paper: a file by its ending, JSON, or Markdown.
fn give(out: &mut Out, typed: &Egress, paper: &Paper) -> Result<()> {
    match &typed.output {
        Some(path) => {
            let bytes = in_form_of(out, path, paper)?;
            write_whole(path, &bytes)?;
            written(out, path)
        }
        None if typed.shown.json => Ok(out.line(serde_json::to_string(paper)?)?),
        None => Ok(out.line(markdown(paper).trim_end())?),
    }
}

/// Writes the answer.
fn write(
    out: &mut Out,
    known: &Known,
    tables: &Tables,
    (gathered, compared): (&Gathered, Option<&Compared>),
    typed: &Egress,
) -> Result<()> {
    let (base, talking) = (&known.base, &gathered.talking);
    if let Some(form) = typed.shown.blocklist {
        blocklist::write(out, base, tables, talking, form)
    } else if typed.shown.json {
        render::egress::json(out, base, tables, (gathered, compared))
    } else if typed.shown.csv {
        render::egress::csv(out, base, tables, talking)
    } else if let Some(compared) = compared {
        render::egress::compared(out, base, tables, (talking, compared))
    } else if typed.html.is_some() || typed.mud.is_some() {
        render::egress::sums(out, tables, gathered)
    } else {
        render::egress::write(out, base, tables, gathered)
    }
}
