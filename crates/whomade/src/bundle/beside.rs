//! The papers that were written with a bundle: no part of it, looked at where they lie beside it.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::record::Piece;
use whomade_inquiry::base::hex;

/// What became of a paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Became {
    /// It lies beside the bundle as it was written.
    Same,
    /// A file of its name lies there that is another.
    Other,
    /// Nothing of its name lies there, or nothing that can be looked at.
    NotLookedAt,
}

impl Became {
    /// The word of the answer in JSON.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Other => "other",
            Self::NotLookedAt => "not_looked_at",
        }
    }

    /// The same for a reader.
    pub(crate) const fn says(self) -> &'static str {
        match self {
            Self::Same => "beside the bundle, as it was written",
            Self::Other => "beside the bundle, and not as it was written",
            Self::NotLookedAt => "not beside the bundle, so not looked at",
        }
    }
}

/// Looks at each paper where the bundle names it: beside itself.
pub(crate) fn papers(bundle: &Path, papers: &[Piece]) -> Vec<Became> {
    // Of `.` only the system knows what it lies in.
    let whole = bundle.canonicalize().unwrap_or_else(|_| bundle.to_owned());
    let folder = whole.parent().unwrap_or(Path::new(""));
    papers.iter().map(|paper| became(folder, paper)).collect()
}

fn became(folder: &Path, paper: &Piece) -> Became {
    // A bundle may come from anybody: a name that leads elsewhere is not followed.
    let plain = Path::new(&paper.name).file_name().is_some_and(|name| name == paper.name.as_str());
    let (true, Some(noted)) = (plain, &paper.sha256) else { return Became::NotLookedAt };
    let path = folder.join(&paper.name);
    if !fs::symlink_metadata(&path).is_ok_and(|seen| seen.is_file()) {
        return Became::NotLookedAt;
    }
    match hash(&path) {
        Ok(sum) if sum == *noted => Became::Same,
        Ok(_) => Became::Other,
        Err(_) => Became::NotLookedAt,
    }
}

fn hash(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let (mut hash, mut buffer) = (Sha256::new(), vec![0; 1 << 16]);
    loop {
        let count = file.read(&mut buffer)?;
        if count == 0 {
            return Ok(hex(&hash.finalize()));
        }
        hash.update(&buffer[..count]);
    }
}
