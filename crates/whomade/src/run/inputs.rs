//! From what was typed to what is read: a file, standard input or a server; folders and patterns
//! are looked through.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use whomade_core::report::clean;

use crate::run::live::Live;
use crate::run::servers::typed;
use crate::settings::is_ours;

/// Files that are read at once.
const FILES_MAX: usize = 10_000;

/// Folders within one another.
const DEPTH_MAX: usize = 32;

/// The files that are read.
#[derive(Debug, Default)]
pub(crate) struct Inputs {
    /// Each once, those of a folder in the order of their names.
    pub(crate) files: Vec<PathBuf>,
    /// Whether some were found in a folder or by a pattern: nobody says that all of them can be
    /// read.
    pub(crate) searched: bool,
}

impl Inputs {
    /// What is heard while it is read, which is no file, whatever lies in this folder under its
    /// name; else what [`Self::find`] finds.
    ///
    /// # Errors
    /// When nothing is heard and nothing is found.
    pub(crate) fn heard_or_found(live: Option<&Live>, all: &[PathBuf]) -> Result<Self> {
        match live {
            Some(live) => Ok(Self { files: vec![live.name.clone()], searched: false }),
            None => Self::find(all),
        }
    }

    /// Finds the files behind what was typed: files, servers and `-` as they are, what is in a
    /// folder, what a pattern of `*`, `?` and `[…]` matches. Hidden files, links to folders, and
    /// `whomade.toml` with its baseline are passed over.
    ///
    /// # Errors
    /// When a folder cannot be looked through, a pattern matches nothing, or there are too many.
    pub(crate) fn find(all: &[PathBuf]) -> Result<Self> {
        let mut inputs = Self::default();
        for path in all {
            if let Some(server) = typed(path)? {
                inputs.add(server)?;
            } else if path != Path::new("-") && path.is_dir() {
                inputs.searched = true;
                let before = inputs.files.len();
                inputs.folder(path, 0)?;
                if inputs.files.len() == before {
                    bail!("[ask/no-files] there is no file in {}", shown(path));
                }
            } else if !path.exists() && is_pattern(path) {
                inputs.searched = true;
                inputs.pattern(path)?;
            } else {
                inputs.add(path.clone())?;
            }
        }
        Ok(inputs)
    }

    fn add(&mut self, file: PathBuf) -> Result<()> {
        if self.files.len() >= FILES_MAX {
            bail!("[ask/many-files] more than {FILES_MAX} files; name folders one by one");
        }
        self.files.push(file);
        Ok(())
    }

    fn folder(&mut self, folder: &Path, depth: usize) -> Result<()> {
        if depth > DEPTH_MAX {
            return Ok(());
        }
        let entries = fs::read_dir(folder).and_then(Iterator::collect::<std::io::Result<_>>);
        let mut entries: Vec<fs::DirEntry> = match entries {
            Ok(entries) => entries,
            // One within may be nobody's business; it is said like a file that cannot be read.
            Err(_) if depth > 0 => return self.add(folder.to_owned()),
            Err(error) => return Err(error).with_context(|| shown(folder)),
        };
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            if entry.file_name().to_string_lossy().starts_with('.') || is_ours(&entry.path()) {
                continue;
            }
            // What went away meanwhile is no file; pipes and devices never end and are passed over.
            let Ok(kind) = entry.file_type() else { continue };
            if kind.is_dir() {
                self.folder(&entry.path(), depth + 1)?;
            } else if kind.is_file() || entry.path().is_file() {
                self.add(entry.path())?;
            }
        }
        Ok(())
    }

    fn pattern(&mut self, pattern: &Path) -> Result<()> {
        let text = pattern.to_string_lossy();
        let found = glob::glob(&text).with_context(|| shown(pattern))?;
        // The library gives them in the order of their names.
        let files: Vec<PathBuf> =
            found.flatten().filter(|path| path.is_file() && !is_ours(path)).collect();
        if files.is_empty() {
            bail!("[ask/no-files] no file is called as {} says", shown(pattern));
        }
        files.into_iter().try_for_each(|file| self.add(file))
    }
}

fn is_pattern(path: &Path) -> bool {
    path.to_string_lossy().contains(['*', '?', '['])
}

fn shown(path: &Path) -> String {
    clean(&path.to_string_lossy())
}
