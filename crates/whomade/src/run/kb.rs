//! `whomade kb`: the knowledge base as its keepers see it.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Result, bail};
use serde_json::json;
use whomade_core::diagnostic::{self, CODES, Severity};
use whomade_core::kb::schema::Label;
use whomade_core::kb::{lint, lint_over};

use crate::cli::{ImportTable, KbCommand};
use crate::out::Out;
use crate::render::diagnostics;
use whomade_inquiry::base::{files_of, load, located, registry_of};

mod advisories;
mod advisory;
mod disputes;
mod docs;
mod fit;
mod import;
mod new;
mod pack;
mod show;
mod sides;

pub(crate) use docs::{matrix_page, regime_page};
pub(crate) use show::regime_text;

/// Runs `whomade kb …`.
///
/// # Errors
/// When a file cannot be read or written.
pub(crate) fn run(out: &mut Out, overlay: Option<&Path>, command: KbCommand) -> Result<ExitCode> {
    match command {
        KbCommand::Lint { dir, packs, json } => {
            if packs.pack.is_empty() {
                lint_base(out, dir, json)
            } else if dir.is_some() {
                bail!("a base and packs are checked one by one: leave one of them out");
            } else {
                pack::lint(out, &packs.pack, json)
            }
        }
        KbCommand::Show { id, json } => {
            let (known, _) = load(overlay)?;
            show::show(out, &known, &id, json)
        }
        KbCommand::Disputes { json } => {
            let (known, _) = load(overlay)?;
            disputes::disputes(out, &known, json)
        }
        KbCommand::Docs { dir, calibration, check } => {
            docs::docs(out, overlay, &dir, calibration.as_deref(), check)
        }
        KbCommand::New { kind, id, dir } => new::new(out, kind, &id, &dir),
        KbCommand::Explain { code } => explain(out, code.as_deref()),
        KbCommand::Import { table, files, dir, json } => match table {
            ImportTable::Oui => import::oui(out, &files, &dir),
            ImportTable::Kev => import::kev(out, &files, &dir),
            ImportTable::Advisories => advisories::import(out, overlay, (&files, &dir), json),
        },
        KbCommand::Fit { truth, dir, out: to, check, resample } => {
            fit::fit(out, truth.as_deref(), &dir, &to, check, resample)
        }
    }
}

fn lint_base(out: &mut Out, dir: Option<PathBuf>, as_json: bool) -> Result<ExitCode> {
    let dir = dir.unwrap_or_else(|| PathBuf::from("kb"));
    let (files, unread) = files_of(&dir)?;
    // A folder without the context keys is an overlay: it may name what the built-in base has.
    let whole = files.iter().any(|file| file.path == "context.toml");
    let (facts, mut said) =
        if whole { lint(&files) } else { lint_over(&files, &load(None)?.0.base.facts) };
    said.splice(0..0, unread);
    said.extend(import::check_lock(&dir));
    located(&dir, &mut said);
    let count = |severity| said.iter().filter(|one| one.severity == severity).count();
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    if as_json {
        let list: Vec<_> = said.iter().map(diagnostics::json).collect();
        out.line(json!({ "v": 1, "diagnostics": list }).to_string())?;
    } else {
        for one in &said {
            diagnostics::write(&mut out.answers, one)?;
        }
        let signatures: usize = facts.signatures.values().map(|file| file.signatures.len()).sum();
        let grammars: usize = facts
            .models
            .values()
            .map(|file| file.models.len() + file.serials.len() + file.firmwares.len())
            .sum();
        let in_force =
            |label: &Label| label.supplies.iter().filter(|one| one.withdrawn.is_none()).count();
        let supplies: usize = facts.labels.values().map(in_force).sum();
        let leads: usize = facts.labels.values().map(|label| label.leads.len()).sum();
        let cases: usize = facts.regimes.values().map(|regime| regime.cases.len()).sum();
        out.line(format!(
            "{} makers, {} labels ({supplies} supplies, {leads} leads), {signatures} signatures, \
             {grammars} grammars, {} endpoints, {} advisories, {} regimes ({cases} cases), \
             {} conduct, {} sources",
            facts.makers.len(),
            facts.labels.len(),
            facts.endpoints.len(),
            facts.advisories.len(),
            facts.regimes.len(),
            facts.conduct.len(),
            facts.sources.len(),
        ))?;
        if whole && registry_of(&dir).is_empty() {
            out.line("no address registry in imported/")?;
        }
        out.line(format!("{errors} errors, {warnings} warnings"))?;
    }
    Ok(if errors > 0 { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

fn explain(out: &mut Out, code: Option<&str>) -> Result<ExitCode> {
    let Some(code) = code else {
        for code in CODES.iter().flat_map(|list| list.iter()) {
            out.line(format!("{} ({})", code.id, code.severity.word()))?;
            out.line(format!("    {}", code.meaning))?;
        }
        return Ok(ExitCode::SUCCESS);
    };
    let Some(found) = diagnostic::find(code) else {
        let known = CODES.iter().flat_map(|list| list.iter()).map(|code| code.id);
        match whomade_core::kb::document::nearest(code, known) {
            Some(near) => bail!("there is no code `{code}`; did you mean `{near}`?"),
            None => bail!("there is no code `{code}`; `whomade kb explain` lists them"),
        }
    };
    out.line(format!("{} ({})", found.id, found.severity.word()))?;
    out.line(found.meaning)?;
    Ok(ExitCode::SUCCESS)
}
