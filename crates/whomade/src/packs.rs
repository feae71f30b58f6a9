//! The packs that the user brings: folders of files in recog's form, read at every run.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use whomade_core::diagnostic::{Diagnostic, Severity};
use whomade_core::observation::Device;
use whomade_core::pack::{KEYS, PackFile, PackSaid, Packs};
use whomade_core::report::clean;
use whomade_formats::read::{PACK_FILE_BYTES_MAX, pack_file};

use crate::cli::PackArgs;
use crate::out::Out;
use crate::render::diagnostics;

/// Files of all packs together; recog has 50.
const FILES_MAX: usize = 1_000;
/// Bytes of all files together.
const PACK_BYTES_MAX: u64 = 128 << 20;
/// Keys that are named when they are no field here.
const KEYS_SHOWN_MAX: usize = 6;

/// What was read of the packs.
#[derive(Debug, Default)]
pub(crate) struct Loaded {
    /// The packs, made ready.
    pub(crate) packs: Packs,
    /// What of them cannot be used.
    pub(crate) said: Vec<Diagnostic>,
    /// Files read.
    pub(crate) files: usize,
    /// Fingerprints in them.
    pub(crate) fingerprints: usize,
    /// Examples that stand in files of their own.
    pub(crate) examples_elsewhere: u64,
}

impl Loaded {
    /// What they say of a device.
    pub(crate) fn said_of(&self, device: &Device) -> Vec<PackSaid> {
        if self.packs.is_empty() { Vec::new() } else { self.packs.said(device) }
    }
}

/// What packs say, a line each, fit to be shown.
pub(crate) fn lines(said: &[PackSaid]) -> impl Iterator<Item = String> + '_ {
    said.iter().map(|one| format!("pack, not weighed: {}", one.sentence()))
}

/// Whether a key is about a text that is observed here.
pub(crate) fn is_used(key: &str) -> bool {
    KEYS.iter().any(|(known, _)| *known == key)
}

/// Reads the packs that were typed and says what of them cannot be used.
///
/// # Errors
/// When a folder is none, holds no pack, or cannot be read; or the stream is closed.
pub(crate) fn heard(out: &mut Out, typed: &PackArgs) -> Result<Loaded> {
    if typed.pack.is_empty() {
        return Ok(Loaded::default());
    }
    let loaded = load(&typed.pack)?;
    // What is wrong within a fingerprint that is used is for the pack's keepers: `kb lint`.
    let told =
        loaded.said.iter().filter(|one| !["kb/pack-param", "kb/pack-example"].contains(&one.code));
    for one in told.filter(|one| one.severity == Severity::Error || !out.quiet) {
        diagnostics::write(&mut out.aside, one)?;
    }
    Ok(loaded)
}

/// Reads packs, as far as they are about what is observed here.
///
/// # Errors
/// When a folder is none, holds no pack, or cannot be read.
fn load(dirs: &[PathBuf]) -> Result<Loaded> {
    read(dirs, false)
}

/// The same with every file, for their keepers.
///
/// # Errors
/// The same.
pub(crate) fn load_whole(dirs: &[PathBuf]) -> Result<Loaded> {
    read(dirs, true)
}

fn read(dirs: &[PathBuf], whole: bool) -> Result<Loaded> {
    let mut loaded = Loaded::default();
    let (mut files, mut strange): (Vec<PackFile>, Vec<String>) = (Vec::new(), Vec::new());
    let mut bytes = 0;
    for path in dirs.iter().map(|dir| files_of(dir)).collect::<Result<Vec<_>>>()?.concat() {
        let size = path.metadata().map_or(0, |seen| seen.len());
        if loaded.files == FILES_MAX || bytes + size > PACK_BYTES_MAX {
            let message = format!(
                "the packs have more than {FILES_MAX} files or {PACK_BYTES_MAX} bytes; the rest \
                 is not used"
            );
            loaded.said.push(Diagnostic::new("kb/pack-large", message).in_file(shown(&path)));
            break;
        }
        bytes += size;
        loaded.files += 1;
        match one(&path) {
            Ok((file, said)) => {
                loaded.said.extend(said);
                loaded.examples_elsewhere += file.examples_elsewhere;
                loaded.fingerprints += file.fingerprints.len();
                if !is_used(&file.key) {
                    strange.push(file.key.clone());
                }
                if whole || is_used(&file.key) {
                    files.push(file);
                }
            }
            Err(said) => loaded.said.push(*said),
        }
    }
    loaded.said.extend(unused(&strange, loaded.files));
    let (packs, said) = Packs::new(files);
    loaded.packs = packs;
    loaded.said.extend(said);
    Ok(loaded)
}

/// That some files are about texts that are no field here.
fn unused(strange: &[String], files: usize) -> Option<Diagnostic> {
    let first = strange.first()?;
    let are = if strange.len() == 1 { "is" } else { "are" };
    let rest = match strange.len().saturating_sub(KEYS_SHOWN_MAX) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let named = strange.iter().take(KEYS_SHOWN_MAX).map(|key| clean(key)).collect::<Vec<_>>();
    let message = format!(
        "{} of {files} files of packs {are} about what is no field here and not used: {}{rest}",
        strange.len(),
        if named.is_empty() { clean(first) } else { named.join(", ") },
    );
    Some(Diagnostic::new("kb/pack-key", message))
}

/// The files of a pack in the order of their names: those of the folder, or of the folder `xml` in
/// it, as a checkout of recog has them; or the file itself.
fn files_of(dir: &Path) -> Result<Vec<PathBuf>> {
    if dir.is_file() {
        return Ok(vec![dir.to_owned()]);
    }
    if !dir.is_dir() {
        bail!("{} is no folder; --pack names a folder of recog's XML files", shown(dir));
    }
    for folder in [dir.to_owned(), dir.join("xml")] {
        if !folder.is_dir() {
            continue;
        }
        let wrong = || format!("cannot read {}", shown(&folder));
        let mut paths = Vec::new();
        for entry in std::fs::read_dir(&folder).with_context(wrong)? {
            let path = entry.with_context(wrong)?.path();
            if path.extension().is_some_and(|end| end == "xml") {
                paths.push(path);
            }
        }
        paths.sort();
        if !paths.is_empty() {
            return Ok(paths);
        }
    }
    bail!("{} holds no XML file; --pack names a folder of recog's", shown(dir));
}

fn one(path: &Path) -> Result<(PackFile, Vec<Diagnostic>), Box<Diagnostic>> {
    let name = shown(path);
    let refuse = |why: String| Box::new(Diagnostic::new("kb/pack-file", why).in_file(name.clone()));
    let seen = path.metadata().map_err(|wrong| refuse(wrong.to_string()))?;
    // A pipe would be waited for without end.
    if !seen.is_file() {
        return Err(refuse("it is no plain file".to_owned()));
    }
    if seen.len() > PACK_FILE_BYTES_MAX {
        return Err(refuse(format!("it is larger than {PACK_FILE_BYTES_MAX} bytes")));
    }
    let file = std::fs::File::open(path).map_err(|wrong| refuse(wrong.to_string()))?;
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    pack_file(&name, &stem, file)
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
