//! `whomade.baseline` on disk, and what is compared with it: only devices that are not as they
//! stand there are held in memory.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use whomade_core::baseline::entry::LINE_BYTES_MAX;
use whomade_core::baseline::{Entry, Header};
use whomade_core::report::clean;

use crate::cli::Reading;
use crate::saved::{hashes_of, write_whole};
use whomade_inquiry::asking::Typed;
use whomade_inquiry::base::{Identity, hex};

pub(crate) mod compared;
pub(crate) mod told;

/// Devices of a baseline: their lines are sorted in memory when it is written.
pub(crate) const DEVICES_MAX: usize = 1_000_000;
/// Devices on either side that are compared one by one.
const CHANGED_MAX: usize = 100_000;

/// What was asked, as a baseline keeps it: everything on which an answer depends but for the
/// devices, the base and the day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Question {
    pub(crate) asked: Typed,
    /// The SHA-256 of each policy.
    pub(crate) policies: Vec<String>,
    /// How the files are read.
    pub(crate) reading: Reading,
}

impl Question {
    /// What is asked. Exemptions are left out: they change no answer.
    pub(crate) fn new(asked: &Typed, reading: &Reading) -> Self {
        let policies = hashes_of(&asked.policy);
        let asked = Typed { on: None, exemptions: Vec::new(), ..asked.clone() };
        // How strictly warnings are taken changes no answer either.
        Self { asked, policies, reading: Reading { strict: false, ..reading.clone() } }
    }

    /// As a baseline keeps it.
    pub(crate) fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// The base and the program, as a baseline keeps them.
pub(crate) fn base_words(base: &Identity) -> String {
    format!("{} of whomade {}", base.short(), env!("CARGO_PKG_VERSION"))
}

/// The lines of a baseline that is being taken.
#[derive(Debug, Default)]
pub(crate) struct Taken(Vec<String>);

impl Taken {
    /// Takes a device.
    ///
    /// # Errors
    /// When there are more than a baseline holds.
    pub(crate) fn device(&mut self, entry: &Entry) -> Result<()> {
        if self.0.len() >= DEVICES_MAX {
            bail!(
                "a baseline holds {DEVICES_MAX} devices; take the sites of the estate one by one"
            );
        }
        self.0.push(entry.line());
        Ok(())
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Writes the baseline; gives its SHA-256.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn write(mut self, path: &Path, header: &Header) -> Result<String> {
        self.0.sort_unstable();
        let mut text = header.text();
        for line in self.0 {
            text += &line;
            text.push('\n');
        }
        write_whole(path, text.as_bytes())?;
        Ok(hex(&Sha256::digest(text.as_bytes())))
    }
}

/// A baseline, and the devices that differ from what stands in it.
#[derive(Debug)]
pub(crate) struct Held {
    path: PathBuf,
    pub(crate) header: Header,
    /// The SHA-256 of the file as it is.
    pub(crate) sha256: String,
    /// How often each line stands there and was not yet met, by its hash.
    lines: HashMap<[u8; 16], u32>,
    /// Devices that are as they stand there.
    pub(crate) unchanged: u64,
    /// The others, with whether a finding of theirs counts.
    pub(crate) now: Vec<(Entry, bool)>,
    pub(crate) then: Vec<Entry>,
    /// Devices that differ and had no room: now, and then.
    pub(crate) beyond: [u64; 2],
    /// Whether one of those of now counts.
    pub(crate) beyond_counts: bool,
    /// Lines that are none.
    pub(crate) strange: u64,
}

fn mark(line: &str) -> [u8; 16] {
    let digest = Sha256::digest(line.as_bytes());
    let mut mark = [0; 16];
    mark.copy_from_slice(&digest[..16]);
    mark
}

/// Gives each line of a baseline, with whether it stands before the devices.
fn each_line(
    path: &Path,
    hash: &mut Sha256,
    mut each: impl FnMut(bool, &str),
) -> Result<(), String> {
    let file = File::open(path).map_err(|wrong| wrong.to_string())?;
    if !file.metadata().is_ok_and(|seen| seen.is_file()) {
        return Err("it is no plain file".to_owned());
    }
    let mut reader = BufReader::new(file);
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = reader.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut line);
        if read.map_err(|wrong| wrong.to_string())? == 0 {
            return Ok(());
        }
        hash.update(&line);
        let text = String::from_utf8_lossy(&line);
        let text = text.trim_end_matches(['\n', '\r']);
        if !text.is_empty() {
            each(text.starts_with('#'), text);
        }
    }
}

impl Held {
    /// Opens a baseline.
    ///
    /// # Errors
    /// Why it cannot be read, in words.
    pub(crate) fn open(path: &Path) -> Result<Self, String> {
        /// Lines before the devices.
        const HEAD_LINES_MAX: usize = 16;
        let mut hash = Sha256::new();
        let mut lines: HashMap<[u8; 16], u32> = HashMap::new();
        let (mut head, mut devices) = (Vec::new(), 0_usize);
        each_line(path, &mut hash, |is_head, line| {
            if !is_head {
                devices += 1;
                if devices <= DEVICES_MAX {
                    *lines.entry(mark(line)).or_default() += 1;
                }
            } else if head.len() < HEAD_LINES_MAX {
                head.push(line.to_owned());
            }
        })?;
        if devices > DEVICES_MAX {
            return Err(format!("it holds more than {DEVICES_MAX} devices"));
        }
        Ok(Self {
            path: path.to_owned(),
            header: Header::parse(&head)?,
            sha256: hex(&hash.finalize()),
            lines,
            unchanged: 0,
            now: Vec::new(),
            then: Vec::new(),
            beyond: [0; 2],
            beyond_counts: false,
            strange: 0,
        })
    }

    /// Takes a device of now. A finding that counts is one that nobody answers for.
    pub(crate) fn device(&mut self, entry: Entry, counts: bool) {
        // A baseline of an older form is compared as far as it goes.
        let entry = entry.in_form(self.header.form);
        match self.lines.get_mut(&mark(&entry.line_in(self.header.form))) {
            Some(left) if *left > 0 => {
                *left -= 1;
                self.unchanged += 1;
            }
            _ if self.now.len() >= CHANGED_MAX => {
                self.beyond[0] += 1;
                self.beyond_counts |= counts;
            }
            _ => self.now.push((entry, counts)),
        }
    }

    /// Reads those of then that were not met.
    ///
    /// # Errors
    /// When the file has gone meanwhile.
    pub(crate) fn close(&mut self) -> Result<()> {
        let Self { path, lines, then, beyond, strange, .. } = self;
        let mut again = Sha256::new();
        let read = each_line(path, &mut again, |is_head, line| {
            let Some(left) = lines.get_mut(&mark(line)).filter(|left| !is_head && **left > 0)
            else {
                return;
            };
            *left -= 1;
            match Entry::parse(line) {
                None => *strange += 1,
                Some(_) if then.len() >= CHANGED_MAX => beyond[1] += 1,
                Some(entry) => then.push(entry),
            }
        });
        if let Err(wrong) = read {
            bail!("{}: {wrong}", clean(&path.to_string_lossy()));
        }
        if hex(&again.finalize()) != self.sha256 {
            bail!("{} was changed while it was read", clean(&path.to_string_lossy()));
        }
        // Where a device stands in the files has no say in what is told of it.
        self.now.sort_unstable();
        self.then.sort_unstable();
        Ok(())
    }
}
