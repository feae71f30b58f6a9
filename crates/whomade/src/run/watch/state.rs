//! What a watch knows, on disk: written whole after each round, and never over what it cannot read
//! or what somebody else wrote meanwhile.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use serde::{Deserialize, Serialize};
use whomade_core::report::clean;
use whomade_core::watch::{Ledger, Manner};

use super::cover::Cover;
use crate::saved::{writable, write_whole};
use whomade_inquiry::base::sha256;

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
    /// When the file is there and cannot be read, is of another watch, or cannot be written later.
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
        if let Some(path) = path {
            writable(path)?;
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn text(error: &anyhow::Error) -> String {
        format!("{error:#}")
    }

    #[test]
    fn what_is_known_is_kept_and_never_laid_over_what_somebody_else_wrote() {
        let room = tempfile::tempdir().unwrap();
        let path = room.path().join("site.watch");
        let open = || State::open(Some(&path), Manner::Asked, None);
        let mut mine = open().unwrap();
        mine.ledger.rounds = 3;
        mine.write().unwrap();
        mine.write().unwrap();
        let mut other = open().unwrap();
        assert_eq!(other.ledger.rounds, 3);
        other.ledger.rounds = 4;
        other.write().unwrap();
        let refused = mine.write().unwrap_err();
        assert!(text(&refused).contains("[watch/state-changed]"), "{refused:#}");
        assert_eq!(open().unwrap().ledger.rounds, 4);
        // One that came where there was none is somebody's, too.
        fs::remove_file(&path).unwrap();
        let mut late = open().unwrap();
        fs::write(&path, "notes").unwrap();
        assert!(late.write().is_err());
        assert_eq!(fs::read(&path).unwrap(), b"notes");
    }

    #[test]
    fn a_damaged_state_is_named_and_left_as_it_is() {
        let room = tempfile::tempdir().unwrap();
        let path = room.path().join("site.watch");
        let open = || State::open(Some(&path), Manner::Asked, None);
        let mut state = open().unwrap();
        state.covers(Some(serde_json::from_str(COVER).unwrap()));
        state.write().unwrap();
        let whole = fs::read(&path).unwrap();
        for length in 0..whole.len() - 2 {
            fs::write(&path, &whole[..length]).unwrap();
            let refused = open().unwrap_err();
            assert!(text(&refused).contains("[watch/bad-state]"), "{refused:#}");
            assert_eq!(fs::read(&path).unwrap(), &whole[..length]);
        }
        for at in 0..whole.len() {
            let mut wrong = whole.clone();
            wrong[at] = wrong[at].wrapping_add(1);
            fs::write(&path, &wrong).unwrap();
            // Some other letter in a name is another name; nothing else may come of it.
            let _ = open();
        }
        let deep = format!("{{\"whomade-watch\":1,\"ledger\":{}", "[".repeat(100_000));
        fs::write(&path, deep).unwrap();
        assert!(open().is_err());
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        assert!(open().is_err());
    }

    const COVER: &str = r#"{"targets":["10.20.0.0/24"],"excluded":[],"within":["10.0.0.0/8"]}"#;

    #[test]
    fn where_rounds_asked_is_kept_once_each() {
        let mut state = State::open(None, Manner::Asked, None).unwrap();
        for number in (0..200).chain([199, 199]) {
            let cover = COVER.replace("10.20.0.0", &format!("10.20.{number}.0"));
            state.covers(Some(serde_json::from_str(&cover).unwrap()));
        }
        assert_eq!(state.covered.len(), COVERED_MAX);
        assert!(state.covered.last().unwrap().asked().holds("10.20.199.7"));
        assert!(!state.covered.last().unwrap().asked().holds("10.20.198.7"));
    }
}
