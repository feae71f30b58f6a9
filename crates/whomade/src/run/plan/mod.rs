//! `whomade plan`: what has to go, in which order, when, for how much.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use whomade_core::baseline::places::Pattern;
use whomade_core::diagnostic::Diagnostic;
use whomade_core::kb::document::{File, nearest};
use whomade_core::kb::glob::squeeze;
use whomade_core::plan::removal::Removal;
use whomade_core::plan::terms::{BYTES_MAX, Change, Terms, changed};
use whomade_core::report::{clean, counted};

use crate::cli::Plan;
use crate::out::Out;
use crate::render::{self, diagnostics};
use crate::run::again::Again;
use crate::run::gather::{has_ending, in_form_of, write as write_file};
use whomade_inquiry::asking::Asked;
use whomade_inquiry::base::load;

pub(crate) mod candidates;
pub(crate) mod gather;
pub(crate) mod held;
pub(crate) mod solved;

use candidates::rule;
use gather::gather;
use solved::{Answer, Solved};

/// What the terms are called where nobody names them.
const NAME: &str = "plan.toml";
/// Terms to begin with.
const EXAMPLE: &str = include_str!("../../../../../examples/plan.toml");

/// Runs `whomade plan`.
///
/// # Errors
/// When there is nothing to read or to plan, the terms are unsound, or an output cannot be written.
pub(crate) fn run(out: &mut Out, overlay: Option<&Path>, typed: Plan) -> Result<ExitCode> {
    if typed.example {
        out.line(EXAMPLE.trim_end())?;
        return Ok(ExitCode::SUCCESS);
    }
    typed.output.as_deref().map(has_ending).transpose()?;
    let (file, terms) = terms(out, &typed)?;
    let others = what_ifs(out, &file, &typed)?;
    let kept = typed.against.as_deref().map(held::read).transpose()?;
    let (known, said) = load(overlay)?;
    for one in said.iter().filter(|_| !out.quiet) {
        diagnostics::write(&mut out.aside, one)?;
    }
    let again = Again::new(
        out,
        typed.files.clone(),
        typed.run.clone(),
        typed.reading.clone(),
        &typed.asking,
    )?
    .configured(out, &typed.configured, &known.base.facts)?;
    spare(&again, &typed)?;
    let asked = Asked::check(&known.base, &again.asking)?;
    for one in asked.diagnostics().iter().filter(|_| !out.quiet) {
        diagnostics::write(&mut out.aside, one)?;
    }
    if terms.stretches(asked.on).is_empty() {
        bail!(
            "[plan/over] all periods of {} have begun before {}; write a later `from`, or more \
             `periods`",
            file.path,
            asked.on
        );
    }
    let mut gathered = gather(out, &known, (&again, &asked, &terms), &typed)?;
    let ruled = rule(&known, &asked, &terms);
    let usable: Vec<bool> = ruled.iter().map(|one| one.usable).collect();
    let subjects = std::mem::take(&mut gathered.subjects);
    let removal = Removal::new(&terms, asked.on, subjects, &usable);
    let header = held::header(&known, overlay, (&again, &asked), (&file, &removal))?;
    let progress = match kept {
        Some(kept) => Some(held::hold(out, kept, &gathered.all, &header)?),
        None => None,
    };
    let solved = Solved::of(&removal);
    let curve = match typed.output.is_some() || typed.pictures.is_some() || typed.json {
        true => solved::curve(&removal),
        false => Vec::new(),
    };
    let others = others.iter().map(|(name, terms)| {
        let other = Removal::new(terms, asked.on, removal.subjects.clone(), &usable);
        solved::Other::of(name, &other, (&removal, &solved.plan))
    });
    let others = others.collect();
    let answer = Answer {
        asked: &asked,
        removal: &removal,
        solved,
        ruled,
        gathered,
        others,
        curve,
        progress,
        terms_name: clean(&file.path),
        names: clean(&again.names()),
        made_with: format!("Made with whomade {}, base {}", env!("CARGO_PKG_VERSION"), header.base),
    };
    doubts(out, &answer)?;
    write(out, &again, &typed, &answer, &header)?;
    Ok(ExitCode::from(u8::from(answer.is_wanting())))
}

/// The terms that were named, or that lie in this folder.
fn terms(out: &mut Out, typed: &Plan) -> Result<(File, Terms)> {
    let here = Path::new(NAME);
    let path = match &typed.terms {
        Some(path) => path.as_path(),
        None if here.exists() => here,
        None => bail!(
            "[plan/no-terms] nobody said how much money, how many crews, which days: write them \
             down with `whomade plan --example > {NAME}`, or name a file with --terms"
        ),
    };
    let shown = clean(&path.to_string_lossy());
    let seen = path.metadata().with_context(|| format!("cannot read {shown}"))?;
    if seen.is_dir() || seen.len() > BYTES_MAX {
        bail!("{shown} is no plain file, or larger than {BYTES_MAX} bytes");
    }
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {shown}"))?;
    let file = File { path: shown.clone(), text };
    match Terms::read(&file) {
        Ok(terms) => Ok((file, terms)),
        Err(wrong) => {
            for one in &wrong {
                diagnostics::write(&mut out.aside, one)?;
            }
            bail!("{shown} cannot be used")
        }
    }
}

/// The terms with each change made to them.
fn what_ifs(out: &mut Out, file: &File, typed: &Plan) -> Result<Vec<(String, Terms)>> {
    let mut all = Vec::new();
    for text in &typed.what_if {
        let change = Change::parse(text).map_err(|wrong| {
            anyhow::anyhow!("[plan/what-if] `{}` is no KEY=VALUE", clean(&wrong))
        })?;
        match changed(file, &change) {
            Ok(terms) => all.push((clean(text), terms)),
            Err(wrong) => {
                for one in &wrong {
                    diagnostics::write(&mut out.aside, one)?;
                }
                bail!("--what-if {} cannot be planned", clean(text));
            }
        }
    }
    Ok(all)
}

/// Refuses to write over what is read.
fn spare(again: &Again, typed: &Plan) -> Result<()> {
    let same = |path: &PathBuf, file: &PathBuf| match (path.canonicalize(), file.canonicalize()) {
        (Ok(path), Ok(file)) => path == file,
        _ => path == file,
    };
    let mut read: Vec<PathBuf> = typed.terms.iter().chain(&typed.against).cloned().collect();
    read.push(PathBuf::from(NAME));
    read.extend(typed.traffic.iter().cloned());
    let outputs: Vec<&PathBuf> =
        [&typed.save, &typed.output, &typed.csv, &typed.ics].into_iter().flatten().collect();
    for (at, path) in outputs.iter().enumerate() {
        let shown = clean(&path.to_string_lossy());
        if again.reads(path) || read.iter().any(|file| same(path, file)) {
            bail!("{shown} is one of the files read; write to another name");
        }
        if outputs[..at].iter().any(|other| same(path, other)) {
            bail!("{shown} is named for two outputs; give each its own name");
        }
    }
    Ok(())
}

/// What of the terms or the devices makes the plan less than it seems.
fn doubts(out: &mut Out, answer: &Answer<'_>) -> Result<()> {
    let removal = answer.removal;
    let mut said = Vec::new();
    let before = answer.progress.as_ref();
    let known = |name: &str| {
        let pattern = Pattern::new(name);
        before.is_some_and(|held| held.devices.iter().any(|one| pattern.fits(&one.site)))
    };
    // What an earlier plan had there is done.
    for name in removal.empty_sites().into_iter().filter(|name| !known(name)) {
        let message = format!("no device that has to go stands at `{}`", clean(name));
        said.push(
            Diagnostic::new("plan/empty-site", message)
                .help("write the site as the list of devices has it, or take it out of the terms"),
        );
    }
    for [one, other] in like_sites(removal) {
        let message = format!("`{one}` and `{other}` are planned as two sites");
        said.push(Diagnostic::new("plan/like-sites", message).help(
            "where they are one, write them alike in the list, or as values of one [[site]] of \
             whomade.toml: one visit then does both",
        ));
    }
    if removal.no_site > 0 {
        let message = format!(
            "of {} no site is told, so each is a visit of its own",
            counted(removal.no_site as u64, "device")
        );
        said.push(Diagnostic::new("plan/no-site", message).help(
            "add a column `Site` to the list, or `[[site]]` to whomade.toml: one visit then does \
             all of a site",
        ));
    }
    let unknown = removal.terms.dues.iter().filter_map(|one| one.regime.as_deref());
    for id in unknown.filter(|id| answer.asked.regime(id).is_none()) {
        let asked = answer.asked.regimes.iter().map(|one| one.id.as_str());
        let near = nearest(id, asked).map(|near| format!("did you mean `{near}`?"));
        let message =
            format!("a day of the terms is of the regime `{}`, which was not asked", clean(id));
        said.push(Diagnostic::new("plan/empty-due", message).help(near.unwrap_or_else(|| {
            "name a regime that the plan is made for, or take the day out of the terms".to_owned()
        })));
    }
    let free = removal.replaced_by.iter().filter(|one| one.is_none()).count();
    if free > 0 && removal.terms.device.price <= 0.0 {
        let devices = counted(free as u64, "device");
        let message = format!("for {devices} the terms name no price of a replacement");
        said.push(
            Diagnostic::new("plan/no-price", message)
                .help("write price under [device], or a [[candidate]] that fits them"),
        );
    }
    if removal.overdue > 0 {
        let message = format!(
            "for {} the day by which they must be gone passes before the plan begins",
            counted(removal.overdue as u64, "device")
        );
        said.push(
            Diagnostic::new("plan/overdue", message)
                .help("no plan can keep it; they weigh more by the factor `overdue`"),
        );
    }
    for one in said.iter().filter(|_| !out.quiet) {
        diagnostics::write(&mut out.aside, one)?;
    }
    Ok(())
}

/// Sites that are compared with each other by name, and pairs that are said.
const LIKE_SITES_MAX: usize = 1_000;
const LIKE_SAID_MAX: usize = 4;
/// Signs of a name below which its standing in another says nothing.
const LIKE_SIGNS_MIN: usize = 4;

/// Pairs of sites of which one bears the whole name of the other, and more.
fn like_sites(removal: &Removal<'_>) -> Vec<[String; 2]> {
    let sites = &removal.problem.sites;
    if sites.len() > LIKE_SITES_MAX {
        return Vec::new();
    }
    let words = |name: &str| -> Vec<String> { name.split_whitespace().map(squeeze).collect() };
    let names: Vec<(Vec<String>, &str)> =
        sites.iter().map(|one| (words(&one.name), one.name.as_str())).collect();
    let mut pairs = Vec::new();
    for (short, one) in names.iter().filter(|(_, one)| one.chars().count() >= LIKE_SIGNS_MIN) {
        for (long, other) in names.iter().filter(|(long, _)| long.len() > short.len()) {
            let within = long.windows(short.len()).any(|some| some == short.as_slice());
            if within && pairs.len() < LIKE_SAID_MAX {
                pairs.push([clean(one), clean(other)]);
            }
        }
    }
    pairs
}

/// Writes every output that was asked for; files first, so that they are whole whatever becomes of
/// the answer.
fn write(
    out: &mut Out,
    again: &Again,
    typed: &Plan,
    answer: &Answer<'_>,
    header: &held::Header,
) -> Result<()> {
    if let Some(path) = &typed.save {
        write_file(out, again, path, &held::text(header, answer)?)?;
    }
    if let Some(path) = &typed.csv {
        write_file(out, again, path, &render::plan::csv(answer)?)?;
    }
    if let Some(path) = &typed.ics {
        write_file(out, again, path, render::plan::calendar(answer).as_bytes())?;
    }
    if let Some(folder) = &typed.pictures {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("cannot make {}", clean(&folder.to_string_lossy())))?;
        for picture in render::plan::pictures(answer) {
            let path = folder.join(format!("{}.svg", picture.name));
            write_file(out, again, &path, picture.file().as_bytes())?;
        }
    }
    if let Some(path) = &typed.output {
        let paper = render::plan::paper(answer);
        let bytes = in_form_of(out, path, &paper)?;
        write_file(out, again, path, &bytes)?;
    }
    if typed.json {
        out.line(render::plan::json(answer).to_string())?;
        return Ok(());
    }
    render::plan::text(out, answer, typed.all)
}
