//! The base the program works with: the embedded one, with an overlay if the user has one, or
//! one on disk for those who write facts.

use std::path::Path;

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use whomade_core::diagnostic::Diagnostic;
use whomade_core::kb::{Base, Facts, File, Registry, lint_over};
use whomade_core::weights::{Fit, Weights};

static PACKED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/base.json"));
static ADDRESSES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/oui.tsv"));

/// A file of the base larger than this is no fact that a person wrote.
const FACT_BYTES_MAX: u64 = 4 << 20;

#[derive(Deserialize)]
struct Packed {
    facts: Facts,
    fit: Option<Fit>,
}

/// A base with its weights.
pub(crate) struct Known {
    pub(crate) base: Base,
    pub(crate) weights: Weights,
}

/// Loads the embedded base, and the overlay if one is given.
///
/// # Errors
/// When the overlay cannot be read. Facts of it that are wrong come back as diagnostics.
pub(crate) fn load(overlay: Option<&Path>) -> Result<(Known, Vec<Diagnostic>)> {
    let packed: Packed =
        serde_json::from_slice(PACKED).context("the embedded knowledge base is damaged")?;
    let mut facts = packed.facts;
    let mut said = Vec::new();
    if let Some(dir) = overlay {
        let (own, wrong) = lint_over(&files_of(dir)?, &facts);
        said = wrong;
        located(dir, &mut said);
        facts.overlay(own);
    }
    let base = Base::new(facts, Registry::new(ADDRESSES));
    let weights = Weights::new(&base, packed.fit.unwrap_or_default());
    Ok((Known { base, weights }, said))
}

/// Diagnostics of a base on disk, pointing at its files where they are.
pub(crate) fn located(dir: &Path, said: &mut [Diagnostic]) {
    for place in said.iter_mut().filter_map(|one| one.place.as_mut()) {
        if let Some(file) = place.source.strip_prefix("kb/") {
            place.source = dir.join(file).display().to_string().into();
        }
    }
}

/// The files of a base on disk, in the order of their paths.
///
/// # Errors
/// When the folder cannot be read.
pub(crate) fn files_of(dir: &Path) -> Result<Vec<File>> {
    if !dir.is_dir() {
        bail!("{} is no folder; name the folder of the knowledge base", dir.display());
    }
    let mut files = Vec::new();
    collect(dir, dir, &mut files)?;
    files.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(files)
}

fn collect(root: &Path, dir: &Path, files: &mut Vec<File>) -> Result<()> {
    let entries =
        std::fs::read_dir(dir).with_context(|| format!("cannot read {}", dir.display()))?;
    for entry in entries {
        let path = entry?.path();
        let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
        if path.is_dir() {
            if name != "imported" {
                collect(root, &path, files)?;
            }
        } else if name.ends_with(".toml") {
            if path.metadata()?.len() > FACT_BYTES_MAX {
                bail!("{} is larger than {FACT_BYTES_MAX} bytes", path.display());
            }
            let text = std::fs::read_to_string(&path)
                .with_context(|| format!("cannot read {}", path.display()))?;
            files.push(File { path: name, text });
        }
    }
    Ok(())
}

/// The imported address registry of a base on disk.
pub(crate) fn registry_of(dir: &Path) -> Registry {
    Registry::new(std::fs::read(dir.join("imported/oui.tsv")).unwrap_or_default())
}

/// The SHA-256 of some bytes, as hex digits.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Bytes as hex digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}
