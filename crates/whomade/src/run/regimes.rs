//! `whomade regimes`: the rules, the presets, and everything a ruling may be told.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Result, bail};
use serde_json::json;
use whomade_core::kb::document::nearest;

use crate::base::load;
use crate::cli::Regimes;
use crate::out::Out;
use crate::run::kb::regime_text;

/// Runs `whomade regimes`.
///
/// # Errors
/// When there is no such regime.
pub(crate) fn run(out: &mut Out, overlay: Option<&Path>, typed: &Regimes) -> Result<ExitCode> {
    let (known, _) = load(overlay)?;
    let facts = &known.base.facts;
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
        let text = if typed.json {
            json!({ "v": 1, "regime": regime }).to_string()
        } else {
            regime_text(regime)
        };
        out.line(text)?;
        return Ok(ExitCode::SUCCESS);
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
