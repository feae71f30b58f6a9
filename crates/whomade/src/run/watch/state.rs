//! What a watch knows, on disk: written whole after each round, and never over what it cannot read
//! or what somebody else wrote meanwhile.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use serde::{Deserialize, Serialize};
use whomade_core::report::clean;
use whomade_core::watch::{Ledger, Manner};

use super::cover::Cover;
use crate::base::sha256;
use crate::saved::write_whole;

/// The version of the file.
const VERSION: u32 = 1;

/// Bytes of the file.
const BYTES_MAX: u64 = 1 << 30;

/// Ranges that were asked in earlier rounds and are kept; the oldest goes first.
const COVERED_MAX: usize = 64;

/// What is kept.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct State {
    /// [`VERSION`].
    #[serde(rename = "whomade-watch")]
    version: u32,
    manner: Manner,
    /// The interface that is listened to.
    interface: Option<String>,
    /// The base with which the last round was worked out.
    pub(super) base: String,
    /// Where rounds asked that came to their end.
    pub(super) covered: Vec<Cover>,
    pub(super) ledger: Ledger,
    #[serde(skip)]
    path: Option<PathBuf>,
    /// The SHA-256 of the file as it was read or written last; none: there was none.
    #[serde(skip)]
    hash: Option<String>,
}

impl State {
    /// What is known of a network, or nothing yet.
    ///
    /// # Errors
    /// When the file is there and cannot be read, or is of another watch.
    pub(super) fn open(
        path: Option<&Path>,
        manner: Manner,
        interface: Option<&str>,
    ) -> Result<Self> {
        let new = Self {
            version: VERSION,
            manner,
            interface: interface.map(str::to_owned),
            base: String::new(),
            covered: Vec::new(),
            ledger: Ledger::default(),
            path: path.map(Path::to_owned),
            hash: None,
        };
        let Some(path) = path.filter(|path| path.exists()) else { return Ok(new) };
        let bytes = bytes_of(path)?;
        let state = parse(&bytes).with_context(|| {
            format!(
                "[watch/bad-state] {} was not touched; move it away to begin anew, or name \
                 another with --state",
                shown(path)
            )
        })?;
        if (state.manner, &state.interface) != (new.manner, &new.interface) {
            bail!(
                "[watch/other-state] {} is {}, and this is {}; what is heard and what is asked \
                 are not compared: name another with --state",
                shown(path),
                state.of(),
                new.of()
            );
        }
        Ok(Self { path: new.path, hash: Some(sha256(&bytes)), ..state })
    }

    /// Of what kind of watch it is.
    fn of(&self) -> String {
        match &self.interface {
            Some(interface) => format!("of listening at {}", clean(interface)),
            None => "of asking".to_owned(),
        }
    }

    /// Notes where a round asked.
    pub(super) fn covers(&mut self, cover: Option<Cover>) {
        let Some(cover) = cover else { return };
        self.covered.retain(|one| *one != cover);
        self.covered.push(cover);
        let over = self.covered.len().saturating_sub(COVERED_MAX);
        self.covered.drain(..over);
    }

    /// Keeps it.
    ///
    /// # Errors
    /// When it cannot be written, or somebody else wrote it meanwhile.
    pub(super) fn write(&mut self) -> Result<()> {
        let Some(path) = &self.path else { return Ok(()) };
        let there = if path.exists() { Some(sha256(&bytes_of(path)?)) } else { None };
        if there != self.hash {
            bail!(
                "[watch/state-changed] {} was written by somebody else since this watch read it; \
                 it was left as it is. Two watches need a file each",
                shown(path)
            );
        }
        let mut bytes = serde_json::to_vec(self).context("[watch/failed]")?;
        bytes.push(b'\n');
        write_whole(path, &bytes)?;
        self.hash = Some(sha256(&bytes));
        Ok(())
    }
}

/// Reads a state.
fn parse(bytes: &[u8]) -> Result<State> {
    #[derive(Deserialize)]
    struct Version {
        #[serde(rename = "whomade-watch")]
        version: u32,
    }
    let version = serde_json::from_slice::<Version>(bytes)
        .context("it is no state of a watch, or damaged")?
        .version;
    if version != VERSION {
        bail!("it has form {version}, and this program knows {VERSION}");
    }
    serde_json::from_slice(bytes).context("it is damaged")
}

fn bytes_of(path: &Path) -> Result<Vec<u8>> {
    let read = || -> Result<Vec<u8>> {
        let seen = fs::metadata(path)?;
        if !seen.is_file() || seen.len() > BYTES_MAX {
            bail!("it is no plain file, or longer than {BYTES_MAX} bytes");
        }
        Ok(fs::read(path)?)
    };
    read().with_context(|| format!("[watch/bad-state] {} cannot be read", shown(path)))
}

fn shown(path: &Path) -> String {
    clean(&path.to_string_lossy())
}
