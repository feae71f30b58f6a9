//! The base the program works with: the embedded one, with an overlay if the user has one, or
//! one on disk for those who write facts.

use std::borrow::Cow;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use whomade_core::diagnostic::Diagnostic;
use whomade_core::kb::facts::IMPORTED;
use whomade_core::kb::{Base, Facts, File, Registry, lint_over};
use whomade_core::weights::{Fit, Weights};

static PACKED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/base.json"));
static ADDRESSES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/oui.tsv"));

/// A file of the base may be this large: a hundred thousand signatures fit, a dump does not.
const FACT_BYTES_MAX: u64 = 64 << 20;
/// All files of a base together: what they say is kept in memory several times over.
const BASE_BYTES_MAX: u64 = 128 << 20;
/// Folders between a base and its files. A link may lead back to where it starts.
const FOLDERS_DEEP_MAX: usize = 1;

#[derive(Deserialize)]
struct Packed {
    facts: Facts,
    fit: Option<Fit>,
}

/// A base with its weights.
pub struct Known {
    /// The facts, and what matches them.
    pub base: Base,
    /// The fit laid over them.
    pub weights: Weights,
}

/// Loads the embedded base, and the overlay if one is given.
///
/// # Errors
/// When the overlay cannot be read. Facts of it that are wrong come back as diagnostics.
pub fn load(overlay: Option<&Path>) -> Result<(Known, Vec<Diagnostic>)> {
    let Some(dir) = overlay else { return built(PACKED, Cow::Borrowed(ADDRESSES), &[]) };
    let (files, mut said) = files_of(dir)?;
    let (known, wrong) = built(PACKED, Cow::Borrowed(ADDRESSES), &files)?;
    said.extend(wrong);
    located(dir, &mut said);
    Ok((known, said))
}

/// A base out of its packed form, its address registry, and what is laid over it.
///
/// # Errors
/// When the packed form cannot be read.
pub fn built(
    packed: &[u8],
    addresses: Cow<'static, [u8]>,
    overlay: &[File],
) -> Result<(Known, Vec<Diagnostic>)> {
    let packed: Packed =
        serde_json::from_slice(packed).context("the packed knowledge base is damaged")?;
    let (mut facts, mut fit) = (packed.facts, packed.fit.unwrap_or_default());
    let mut said = Vec::new();
    if !overlay.is_empty() {
        let (own, wrong) = lint_over(overlay, &facts);
        said = wrong;
        // What was counted of a built-in signature says nothing of one that takes its id.
        own.pattern_ids().for_each(|id| _ = fit.features.remove(id));
        facts.overlay(own);
    }
    let base = Base::new(facts, Registry::new(addresses));
    let weights = Weights::new(&base, fit);
    Ok((Known { base, weights }, said))
}

/// The packed base and the address registry that this program carries.
pub fn embedded() -> (&'static [u8], &'static [u8]) {
    (PACKED, ADDRESSES)
}

/// Which base an answer was worked out with, by the SHA-256 of its parts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// Of the packed facts and their fit.
    pub facts: String,
    /// Of the address registry.
    pub addresses: String,
    /// Of the fit as it was used.
    pub weights: String,
    /// Of the user's own facts, where some were laid over the base.
    pub overlay: Option<String>,
}

impl Identity {
    /// The identity of a base out of its parts.
    ///
    /// # Errors
    /// When its fit cannot be written.
    pub fn of(packed: &[u8], addresses: &[u8], overlay: &[File], known: &Known) -> Result<Self> {
        let mut hash = Sha256::new();
        for file in overlay {
            hash.update(format!("{} {}\n{}", file.path, file.text.len(), file.text));
        }
        let (facts, addresses) = Self::parts(packed, addresses);
        Ok(Self {
            facts,
            addresses,
            weights: sha256(&serde_json::to_vec(&known.weights.fit)?),
            overlay: (!overlay.is_empty()).then(|| hex(&hash.finalize())),
        })
    }

    /// What a base and its registry are known by.
    pub fn parts(packed: &[u8], addresses: &[u8]) -> (String, String) {
        (sha256(packed), sha256(addresses))
    }

    /// A short name for people.
    pub fn short(&self) -> String {
        let parts = [&self.facts, &self.addresses, &self.weights];
        let all = parts.iter().map(|part| part.as_str()).collect::<String>();
        let own = self.overlay.as_deref();
        let all = sha256((all + own.unwrap_or_default()).as_bytes());
        format!("{}{}", &all[..12], if own.is_some() { " with facts of its own" } else { "" })
    }
}

/// Diagnostics of a base on disk, pointing at its files where they are.
pub fn located(dir: &Path, said: &mut [Diagnostic]) {
    for place in said.iter_mut().filter_map(|one| one.place.as_mut()) {
        if let Some(file) = place.source.strip_prefix("kb/") {
            place.source = dir.join(file).display().to_string().into();
        }
    }
}

/// The files of a base on disk, in the order of their paths, and what could not be read of it.
///
/// # Errors
/// When it is no folder, or the folder cannot be read.
pub fn files_of(dir: &Path) -> Result<(Vec<File>, Vec<Diagnostic>)> {
    if !dir.is_dir() {
        bail!(
            "{} is no folder; name the folder of the knowledge base, or of your own facts laid \
             over it",
            dir.display()
        );
    }
    let mut found = Collected { root: dir, files: Vec::new(), said: Vec::new(), bytes: 0 };
    found.folder(dir, 0)?;
    found.files.sort_by(|one, other| one.path.cmp(&other.path));
    found.said.sort_by_key(|one| one.place.as_ref().map(|place| place.source.clone()));
    Ok((found.files, found.said))
}

/// What is found while a base is walked.
struct Collected<'d> {
    root: &'d Path,
    files: Vec<File>,
    said: Vec<Diagnostic>,
    bytes: u64,
}

impl Collected<'_> {
    fn folder(&mut self, dir: &Path, deep: usize) -> Result<()> {
        let entries =
            std::fs::read_dir(dir).with_context(|| format!("cannot read {}", dir.display()))?;
        let mut paths = Vec::new();
        for entry in entries {
            paths.push(entry?.path());
        }
        // Which files a limit leaves out must not hang on the order of the disk.
        paths.sort();
        for path in paths {
            let name = path.strip_prefix(self.root).unwrap_or(&path);
            let name = name.to_string_lossy().replace('\\', "/");
            if path.is_dir() {
                if name == "imported" {
                    for table in IMPORTED.iter().filter(|table| self.root.join(table).exists()) {
                        self.file(&self.root.join(table), (*table).to_owned());
                    }
                }
                if name.starts_with('.') || name == "imported" {
                    continue;
                }
                if deep == FOLDERS_DEEP_MAX {
                    self.leave(&name, "the files of a base lie one folder deep".to_owned());
                } else if let Err(wrong) = self.folder(&path, deep + 1) {
                    self.leave(&name, wrong.to_string());
                }
            } else if name.ends_with(".toml") {
                self.file(&path, name);
            }
        }
        Ok(())
    }

    fn file(&mut self, path: &Path, name: String) {
        let seen = path.metadata();
        let size = seen.as_ref().map_or(0, std::fs::Metadata::len);
        if seen.is_ok_and(|seen| !seen.is_file()) {
            // A pipe would be waited for without end.
            self.leave(&name, "it is no plain file".to_owned());
        } else if size > FACT_BYTES_MAX {
            self.leave(&name, format!("it is larger than {FACT_BYTES_MAX} bytes"));
        } else if self.bytes + size > BASE_BYTES_MAX {
            self.leave(&name, format!("with it the base is larger than {BASE_BYTES_MAX} bytes"));
        } else {
            match std::fs::read_to_string(path) {
                Ok(text) => {
                    self.bytes += size;
                    self.files.push(File { path: name, text });
                }
                Err(wrong) => self.leave(&name, wrong.to_string()),
            }
        }
    }

    fn leave(&mut self, name: &str, why: String) {
        let said = Diagnostic::new("kb/unreadable", format!("{name} was left out: {why}"));
        self.said.push(said.in_file(format!("kb/{name}")));
    }
}

/// The imported address registry of a base on disk.
pub fn registry_of(dir: &Path) -> Registry {
    Registry::new(std::fs::read(dir.join("imported/oui.tsv")).unwrap_or_default())
}

/// The SHA-256 of some bytes, as hex digits.
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// Bytes as hex digits.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}
