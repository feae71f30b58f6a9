//! `whomade kb lint --pack`: whether a pack can be used, and whether it does what it says.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use serde_json::json;
use whomade_core::diagnostic::Severity;

use crate::out::Out;
use crate::packs::{is_used, load_whole};
use crate::render::diagnostics;

fn counted(count: usize, what: &str) -> String {
    whomade_core::report::counted(count as u64, what)
}

/// Checks packs: every expression, every example on its own fingerprint.
///
/// # Errors
/// When a folder cannot be read.
pub(super) fn lint(out: &mut Out, dirs: &[PathBuf], as_json: bool) -> Result<ExitCode> {
    let loaded = load_whole(dirs)?;
    let (tried, missed) = loaded.packs.tried();
    let said: Vec<_> = loaded.said.iter().chain(&missed).collect();
    let sets = loaded.packs.sets();
    let used: usize = sets.iter().map(|set| set.rules.len()).sum();
    let left_out = loaded.fingerprints - used;
    let fields = sets.iter().filter(|set| is_used(&set.key)).count();
    let of = |code: &str| -> u64 {
        let all = said.iter().filter(|one| one.code == code);
        all.map(|one| one.counts()).sum()
    };
    let (missed, errors) = (of("kb/pack-example"), of("kb/pack-file"));
    if as_json {
        let list: Vec<_> = said.iter().map(|one| diagnostics::json(one)).collect();
        let keys: Vec<_> = sets
            .iter()
            .map(|set| {
                let fingerprints = set.rules.len();
                json!({ "key": set.key, "fingerprints": fingerprints, "used": is_used(&set.key) })
            })
            .collect();
        let totals = json!({
            "files": loaded.files, "refused": errors, "fingerprints": loaded.fingerprints,
            "left_out": left_out, "examples": tried, "missed": missed,
            "examples_elsewhere": loaded.examples_elsewhere,
        });
        out.line(
            json!({ "v": 1, "totals": totals, "keys": keys, "diagnostics": list }).to_string(),
        )?;
    } else {
        for one in &said {
            diagnostics::write(&mut out.answers, one)?;
        }
        out.line(format!(
            "{}, {errors} refused; {}, {left_out} left out; {}, {fields} with a field here",
            counted(loaded.files, "file"),
            counted(loaded.fingerprints, "fingerprint"),
            counted(sets.len(), "key"),
        ))?;
        let elsewhere = match loaded.examples_elsewhere {
            0 => String::new(),
            count => format!(", {count} in files of their own not tried"),
        };
        out.line(format!("{tried} examples tried, {missed} missed{elsewhere}"))?;
    }
    let warned = said.iter().any(|one| one.severity == Severity::Error);
    let sound = !warned && left_out == 0 && missed == 0;
    Ok(if sound { ExitCode::SUCCESS } else { ExitCode::from(1) })
}
