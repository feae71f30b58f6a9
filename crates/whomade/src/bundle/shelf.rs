//! Where the files of a bundle are put while it is made: in a folder beside its place, or nowhere
//! when only their hashes are wanted.

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use sha2::{Digest as _, Sha256};
use whomade_formats::read::archive::name_stays_inside;
use whomade_formats::write::archive::{ArchiveWriter, crc_of};

use super::bag::{self, PAYLOAD, Sum, Sums};
use super::sign::Signer;
use crate::saved::cannot_write;
use whomade_inquiry::base::{hex, sha256};

/// The one folder at the top of a ZIP, as the standard for bags wants it.
pub(crate) const ZIP_FOLDER: &str = "evidence/";

/// Files by name, with what each is known by.
#[derive(Debug)]
pub(crate) struct Shelf {
    dir: Option<PathBuf>,
    /// The payload so far.
    pub(crate) sums: Sums,
}

/// A file that is being written.
pub(crate) struct Sheet {
    name: String,
    out: Option<BufWriter<File>>,
    hash: Sha256,
    bytes: u64,
}

impl Write for Sheet {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Some(out) = &mut self.out {
            out.write_all(bytes)?;
        }
        self.hash.update(bytes);
        self.bytes += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.as_mut().map_or(Ok(()), Write::flush)
    }
}

impl Shelf {
    /// A shelf that keeps hashes only.
    pub(crate) fn nowhere() -> Self {
        Self { dir: None, sums: Sums::new() }
    }

    /// A shelf in a new folder beside the place of the bundle.
    ///
    /// # Errors
    /// When the folder cannot be made.
    fn beside(target: &Path) -> Result<Self> {
        let name = target.file_name().context("a bundle needs a name")?.to_string_lossy();
        let dir = target.with_file_name(format!(".{name}.whomade-part"));
        // Left behind by a run that was killed; the name is ours.
        if dir.is_dir() {
            fs::remove_dir_all(&dir).with_context(|| format!("cannot clear {}", dir.display()))?;
        }
        fs::create_dir_all(&dir).with_context(|| cannot_write(&dir))?;
        Ok(Self { dir: Some(dir), sums: Sums::new() })
    }

    /// Begins a file of the payload.
    ///
    /// # Errors
    /// When it cannot be made, or its name does not stay inside.
    pub(crate) fn begin(&self, name: &str) -> Result<Sheet> {
        if !name_stays_inside(name) || name.contains('%') {
            bail!("{name:?} is no name for a file of a bundle");
        }
        let name = format!("{PAYLOAD}{name}");
        let out = match &self.dir {
            Some(dir) => {
                let path = dir.join(&name);
                let what = || cannot_write(&path);
                fs::create_dir_all(path.parent().unwrap_or(dir)).with_context(what)?;
                Some(BufWriter::new(File::create(&path).with_context(what)?))
            }
            None => None,
        };
        Ok(Sheet { name, out, hash: Sha256::new(), bytes: 0 })
    }

    /// Takes a file that was written.
    ///
    /// # Errors
    /// When it cannot be written to its end.
    pub(crate) fn end(&mut self, mut sheet: Sheet) -> Result<()> {
        sheet.flush()?;
        let sum = Sum { bytes: sheet.bytes, sha256: hex(&sheet.hash.finalize()) };
        self.sums.insert(sheet.name, sum);
        Ok(())
    }

    /// Puts a whole file of the payload.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn put(&mut self, name: &str, content: &mut dyn Read) -> Result<()> {
        let mut sheet = self.begin(name)?;
        io::copy(content, &mut sheet).with_context(|| format!("cannot keep {name}"))?;
        self.end(sheet)
    }

    /// The files beside the payload but for the signature: what they are called, and their text.
    pub(crate) fn tags(
        &self,
        program: &str,
        public_key: Option<String>,
    ) -> Vec<(&'static str, String)> {
        let mut tags = bag::tags(&self.sums, program);
        tags.extend(public_key.map(|key| (bag::PUBLIC_KEY, key)));
        let sums = tags.iter().map(|(name, text)| {
            let sum = Sum { bytes: text.len() as u64, sha256: sha256(text.as_bytes()) };
            ((*name).to_owned(), sum)
        });
        let last = bag::manifest(&sums.collect());
        tags.push((bag::TAG_MANIFEST, last));
        tags
    }
}

/// A bundle that is being made at its place.
pub(crate) struct Making {
    target: PathBuf,
    dir: PathBuf,
    /// What it holds.
    pub(crate) shelf: Shelf,
    signer: Option<Signer>,
    done: bool,
}

/// Whether a path names the ZIP form.
fn is_zip(target: &Path) -> bool {
    target.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("zip"))
}

impl Making {
    /// Begins a bundle: a ZIP where the name ends so, else a folder.
    ///
    /// # Errors
    /// When something is there already that is not ours to replace.
    pub(crate) fn new(target: &Path, signer: Option<Signer>) -> Result<Self> {
        if !is_zip(target) && target.symlink_metadata().is_ok() {
            bail!("[bundle/exists] {} is there already; name a new folder", target.display());
        }
        let shelf = Shelf::beside(target)?;
        let dir = shelf.dir.clone().unwrap_or_default();
        Ok(Self { target: target.to_owned(), dir, shelf, signer, done: false })
    }

    /// The shelf, to be filled elsewhere and brought back.
    pub(crate) fn take(&mut self) -> Shelf {
        std::mem::replace(&mut self.shelf, Shelf::nowhere())
    }

    /// Ends the bundle and gives its seal: the hash that stands for every byte of it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn finish(mut self, program: &str) -> Result<String> {
        let dir = self.dir.clone();
        let key = self.signer.as_ref().map(Signer::public).transpose()?;
        let mut tags = self.shelf.tags(program, key);
        let last = tags.last().map(|(_, text)| text.clone()).unwrap_or_default();
        if let Some(signer) = &self.signer {
            tags.push((bag::SIGNATURE, signer.sign(last.as_bytes())?));
        }
        for (name, text) in &tags {
            fs::write(dir.join(name), text).with_context(|| format!("cannot write {name}"))?;
        }
        let mut names: Vec<String> = self.shelf.sums.keys().cloned().collect();
        names.extend(tags.iter().map(|(name, _)| (*name).to_owned()));
        names.sort();
        let what = || cannot_write(&self.target);
        if is_zip(&self.target) {
            let part = dir.with_extension("whomade-zip");
            let packed = pack(&dir, &names, &part).with_context(what);
            let moved = packed.and_then(|()| fs::rename(&part, &self.target).with_context(what));
            if moved.is_err() {
                let _ = fs::remove_file(&part);
            }
            moved?;
        } else {
            fs::rename(&dir, &self.target).with_context(what)?;
            self.done = true;
        }
        Ok(sha256(last.as_bytes()))
    }
}

impl Drop for Making {
    fn drop(&mut self) {
        if !self.done {
            let _ = fs::remove_dir_all(&self.dir);
        }
    }
}

fn pack(dir: &Path, names: &[String], to: &Path) -> Result<()> {
    let mut archive = ArchiveWriter::new(BufWriter::new(File::create(to)?));
    for name in names {
        let path = dir.join(name);
        let (crc, bytes) = crc_of(&mut BufReader::new(File::open(&path)?))?;
        let mut content = BufReader::new(File::open(&path)?);
        archive.file(&format!("{ZIP_FOLDER}{name}"), bytes, crc, &mut content)?;
    }
    archive.finish()?;
    Ok(())
}
