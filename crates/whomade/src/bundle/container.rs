//! A bundle that somebody hands over, in a folder or a ZIP: its files by name, nothing trusted.

use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use anyhow::Result;
use sha2::{Digest as _, Sha256};
use whomade_core::diagnostic::Diagnostic;
use whomade_formats::read::archive::{
    Archive, FILES_MAX, UNPACKED_BYTES_MAX, Unfit, name_stays_inside,
};

use super::bag::{Sum, Sums};
use super::shelf::ZIP_FOLDER;
use whomade_inquiry::base::hex;

/// Folders between a bundle and its files: `data/facts/makers/` is three.
const DEEP_MAX: usize = 8;
/// A file beside the payload is read whole up to so many bytes.
pub(crate) const TAG_BYTES_MAX: u64 = 16 << 20;

/// An opened bundle.
pub(crate) struct Container {
    path: PathBuf,
    zip: Option<Archive<BufReader<File>>>,
    /// Names and lengths, in the order of the names.
    pub(crate) files: Vec<(String, u64)>,
}

fn said(code: &'static str, path: &Path, why: impl Into<String>) -> Box<Diagnostic> {
    Box::new(Diagnostic::new(code, why).in_file(path.display().to_string()))
}

impl Container {
    /// Opens a bundle.
    ///
    /// # Errors
    /// When it is none, damaged, beyond the limits, or holds what no bundle does.
    pub(crate) fn open(path: &Path) -> Result<Self, Box<Diagnostic>> {
        let seen = path.metadata().map_err(|wrong| {
            said("bundle/not-a-bundle", path, format!("cannot be read: {wrong}"))
        })?;
        if seen.is_dir() { Self::folder(path) } else { Self::archive(path, seen.is_file()) }
    }

    fn folder(path: &Path) -> Result<Self, Box<Diagnostic>> {
        let mut files = Vec::new();
        walk(path, "", 0, &mut files)?;
        files.sort();
        if !files.iter().any(|(name, _)| name == super::bag::DECLARATION) {
            let why = "the folder is no bundle: it has no bagit.txt";
            return Err(said("bundle/not-a-bundle", path, why));
        }
        Ok(Self { path: path.to_owned(), zip: None, files })
    }

    fn archive(path: &Path, plain: bool) -> Result<Self, Box<Diagnostic>> {
        let not = |why: String| said("bundle/not-a-bundle", path, why);
        if !plain {
            return Err(not("it is neither a folder nor a plain file".to_owned()));
        }
        let mut file = File::open(path).map_err(|wrong| not(wrong.to_string()))?;
        let mut head = [0; 4];
        let read = file.read_exact(&mut head);
        if read.is_err() || head[..2] != *b"PK" {
            return Err(not("it is neither a ZIP nor the folder of a bundle".to_owned()));
        }
        let zip = Archive::open(BufReader::new(file), UNPACKED_BYTES_MAX).map_err(|unfit| {
            let code = match unfit {
                Unfit::Damaged(_) => "bundle/damaged",
                Unfit::TooMuch(_) => "bundle/too-large",
                Unfit::BadName(_) => "bundle/bad-name",
                Unfit::NoFile(_) => "bundle/no-file",
            };
            said(code, path, unfit.to_string())
        })?;
        let entries = zip.entries().iter();
        let files: Vec<(String, u64)> = entries
            .map(|entry| {
                let inside = entry.name.strip_prefix(ZIP_FOLDER).unwrap_or(&entry.name);
                (inside.to_owned(), entry.bytes)
            })
            .collect();
        if let Some(entry) = zip.entries().iter().find(|one| !one.name.starts_with(ZIP_FOLDER)) {
            let why = format!("it is no bundle: {:?} does not lie in {ZIP_FOLDER}", entry.name);
            return Err(not(why));
        }
        if !files.iter().any(|(name, _)| name == super::bag::DECLARATION) {
            return Err(not("the ZIP is no bundle: it has no bagit.txt".to_owned()));
        }
        Ok(Self { path: path.to_owned(), zip: Some(zip), files })
    }

    /// Whether it is a ZIP.
    pub(crate) fn is_zip(&self) -> bool {
        self.zip.is_some()
    }

    /// Whether a file is there.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.files.binary_search_by(|(one, _)| one.as_str().cmp(name)).is_ok()
    }

    /// A file's content.
    ///
    /// # Errors
    /// When it is not there or cannot be read.
    pub(crate) fn content(&mut self, name: &str) -> io::Result<Box<dyn Read + '_>> {
        match &mut self.zip {
            Some(zip) => Ok(Box::new(zip.content(&format!("{ZIP_FOLDER}{name}"))?)),
            None => {
                let at = self.files.binary_search_by(|(one, _)| one.as_str().cmp(name));
                let (name, bytes) =
                    at.map(|at| &self.files[at]).map_err(|_| io::ErrorKind::NotFound)?;
                let file = File::open(self.path.join(name))?;
                Ok(Box::new(BufReader::new(file).take(bytes.saturating_add(1))))
            }
        }
    }

    /// A short file as text.
    ///
    /// # Errors
    /// When it is not there, too long, or no text.
    pub(crate) fn text(&mut self, name: &str) -> io::Result<String> {
        let mut text = String::new();
        self.content(name)?.take(TAG_BYTES_MAX + 1).read_to_string(&mut text)?;
        if text.len() as u64 > TAG_BYTES_MAX {
            return Err(io::Error::other(format!("{name} is longer than {TAG_BYTES_MAX} bytes")));
        }
        Ok(text)
    }

    /// The hash of every file, and which could not be read and why.
    pub(crate) fn sums(&mut self) -> (Sums, Vec<(String, io::Error)>) {
        let (mut sums, mut unread) = (Sums::new(), Vec::new());
        for (name, _) in self.files.clone() {
            match self.sum(&name) {
                Ok(sum) => _ = sums.insert(name, sum),
                Err(wrong) => unread.push((name, wrong)),
            }
        }
        (sums, unread)
    }

    /// The hash of a file.
    ///
    /// # Errors
    /// When it is not there or cannot be read.
    pub(crate) fn sum(&mut self, name: &str) -> io::Result<Sum> {
        let mut buffer = vec![0; 1 << 16];
        let (mut hash, mut bytes) = (Sha256::new(), 0);
        let mut content = self.content(name)?;
        loop {
            let count = content.read(&mut buffer)?;
            if count == 0 {
                return Ok(Sum { bytes, sha256: hex(&hash.finalize()) });
            }
            bytes += count as u64;
            hash.update(&buffer[..count]);
        }
    }

    /// Whether a ZIP is in the one form in which it is written, to the last byte. A folder has no
    /// bytes beside its files.
    pub(crate) fn is_canonical(&mut self) -> bool {
        let Some(zip) = &mut self.zip else { return true };
        let Ok(original) = File::open(&self.path) else { return false };
        zip.is_canonical(BufReader::new(original)).unwrap_or(false)
    }
}

fn walk(
    root: &Path,
    inside: &str,
    deep: usize,
    files: &mut Vec<(String, u64)>,
) -> Result<(), Box<Diagnostic>> {
    let dir = if inside.is_empty() { root.to_owned() } else { root.join(inside) };
    let unread = |wrong: io::Error| {
        said("bundle/not-a-bundle", root, format!("{inside:?} cannot be read: {wrong}"))
    };
    for entry in fs::read_dir(&dir).map_err(unread)? {
        let entry = entry.map_err(unread)?;
        let kind = entry.file_type().map_err(unread)?;
        let Some(name) = entry.file_name().to_str().map(str::to_owned) else {
            return Err(said("bundle/bad-name", root, "a file's name is no text"));
        };
        let name = if inside.is_empty() { name } else { format!("{inside}/{name}") };
        if !name_stays_inside(&name) {
            return Err(said("bundle/bad-name", root, format!("a file is called {name:?}")));
        }
        if kind.is_dir() {
            if deep >= DEEP_MAX {
                return Err(said("bundle/too-large", root, format!("{name:?} lies too deep")));
            }
            let before = files.len();
            walk(root, &name, deep + 1, files)?;
            if files.len() == before {
                // A bag lists files only, so nothing would speak of an empty folder.
                return Err(said("bundle/extra", root, format!("{name:?} is an empty folder")));
            }
        } else if kind.is_file() {
            files.push((name, entry.metadata().map_err(unread)?.len()));
        } else {
            return Err(said("bundle/no-file", root, format!("{name:?} is no plain file")));
        }
        if files.len() > FILES_MAX {
            return Err(said("bundle/too-large", root, format!("more than {FILES_MAX} files")));
        }
    }
    Ok(())
}
