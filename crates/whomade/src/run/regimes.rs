//! `whomade regimes`: the rules, the presets, and everything a ruling may be told.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Result, bail};
use serde_json::json;
use whomade_core::kb::document::nearest;

use crate::cli::Regimes;
use crate::kept::identity;
use crate::out::Out;
use crate::run::gather::{has_ending, in_form_of};
use crate::run::kb::{matrix_page, regime_page, regime_text};
use crate::saved::write_whole;
use crate::settings::written;
use whomade_inquiry::base::{Known, load};

mod leaf;

/// Runs `whomade regimes`.
///
/// # Errors
/// When there is no such regime.
pub(crate) fn run(out: &mut Out, overlay: Option<&Path>, typed: &Regimes) -> Result<ExitCode> {
    typed.output.as_deref().map(has_ending).transpose()?;
    let (known, _) = load(overlay)?;
    let facts = &known.base.facts;
    if typed.matrix {
        let text = matrix_page(facts);
        return give(out, (&known, overlay), typed, ("matrix", &text));
    }
    if let Some(id) = &typed.id {
        let Some(regime) = facts.regimes.get(id) else {
            match nearest(id, facts.regimes.keys().map(String::as_str)) {
                Some(near) => {
                    bail!("[ask/unknown-regime] there is no regime `{id}`; did you mean `{near}`?")
                }
                None => bail!(
                    "[ask/unknown-regime] there is no regime `{id}`; `whomade regimes` lists them"
                ),
            }
        };
        if typed.output.is_some() {
            let text = regime_page(facts, regime);
            return give(out, (&known, overlay), typed, ("regime", &text));
        }
        let text = if typed.json {
            json!({ "v": 1, "regime": regime }).to_string()
        } else {
            regime_text(regime)
        };
        out.line(text)?;
        return Ok(ExitCode::SUCCESS);
    }
    if typed.output.is_some() {
        bail!("[ask/unknown-regime] -o wants the page of one regime, or --matrix");
    }
    if typed.json {
        let regimes: Vec<_> = facts.regimes.values().collect();
        out.line(json!({ "v": 1, "regimes": regimes, "context": facts.context }).to_string())?;
        return Ok(ExitCode::SUCCESS);
    }
    out.line("Regimes (--under), more with `whomade regimes ID`")?;
    for (id, regime) in &facts.regimes {
        out.line(format!("  {id:<20} {}", regime.summary))?;
    }
    out.line("\nPresets (--as)")?;
    for preset in &facts.context.presets {
        let sets: Vec<String> =
            preset.context.iter().map(|(key, value)| format!("{key}={value}")).collect();
        out.line(format!("  {:<20} {}", preset.id, preset.meaning))?;
        out.line(format!(
            "  {:<20}   {}; sets {}",
            "",
            preset.regimes.join(", "),
            sets.join(", ")
        ))?;
    }
    out.line("\nContext (--context key=value,…)")?;
    for key in &facts.context.keys {
        out.line(format!("  {}: {}", key.id, key.meaning))?;
        for value in &key.values {
            out.line(format!("      {:<28} {}", value.id, value.meaning))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Gives a page: to a file in the form that its ending means, or as it is.
/// A page of the handbook for a terminal: without links into the handbook, and without the note of
/// who wrote it.
fn unlinked(page: &str) -> String {
    let mut text = String::with_capacity(page.len());
    let own = |line: &&str| !line.starts_with("<!--") && !line.starts_with("[All regimes]");
    for line in page.lines().filter(own) {
        let mut rest = line;
        while let Some((before, behind)) = rest.split_once("](")
            && let (Some(from), Some(until)) = (before.rfind('['), behind.find(')'))
        {
            text += &before[..from];
            text += &before[from + 1..];
            rest = &behind[until + 1..];
        }
        text += rest;
        text.push('\n');
    }
    text
}

fn give(
    out: &mut Out,
    (known, overlay): (&Known, Option<&Path>),
    typed: &Regimes,
    (kind, text): (&str, &str),
) -> Result<ExitCode> {
    let Some(path) = &typed.output else {
        out.line(unlinked(text).trim())?;
        return Ok(ExitCode::SUCCESS);
    };
    let base = identity(known, overlay)?.short();
    let made_with = format!("Made with whomade {}, base {base}", env!("CARGO_PKG_VERSION"));
    let on = known.base.facts.regimes.values().map(|one| one.read_until).max();
    let paper = leaf::paper(text, kind, on.unwrap_or_default(), made_with);
    let bytes = in_form_of(out, path, &paper)?;
    write_whole(path, &bytes)?;
    written(out, path)?;
    Ok(ExitCode::SUCCESS)
}
