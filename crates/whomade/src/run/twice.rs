//! Files that were given twice: their devices would be counted twice, and nobody would see it. They
//! are read once.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use whomade_core::diagnostic::Diagnostic;

use crate::run::names::Names;
use crate::run::servers::is_server;

/// Bytes of each file that are looked at before files are held against one another.
const HEAD_BYTES: u64 = 512;

/// Copies of one file that are named.
const NAMED_MAX: usize = 3;

/// Files of which the copies are named, one in a sentence; the others are counted.
const GROUPS_MAX: usize = 8;

/// Leaves out each file that is the same as one before it, and says so: the same place, or the
/// same bytes under another name.
pub(crate) fn twice(files: &mut Vec<PathBuf>) -> Vec<Diagnostic> {
    let names = Names::of(files).all();
    let mut sizes: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
    for (at, file) in files.iter().enumerate() {
        let seen = file.metadata().ok().filter(|seen| seen.is_file() && seen.len() > 0);
        if let Some(seen) = seen {
            sizes.entry(seen.len()).or_default().push(at);
        }
    }
    // Recordings that are cut at one size are many; their first bytes tell most of them apart.
    let heads = sizes.into_values().flat_map(|alike| {
        let mut heads: BTreeMap<Vec<u8>, Vec<usize>> = BTreeMap::new();
        let several = alike.len() > 1;
        for at in alike {
            let head = if several { head(&files[at]) } else { Vec::new() };
            heads.entry(head).or_default().push(at);
        }
        heads.into_values()
    });
    let mut found: Vec<(usize, usize)> = Vec::new();
    for alike in heads {
        for (place, at) in alike.iter().enumerate() {
            let mut before = alike[..place].iter();
            if let Some(one) = before.find(|one| same(&files[**one], &files[*at])) {
                found.push((*at, *one));
            }
        }
    }
    for (at, file) in files.iter().enumerate().filter(|(_, file)| is_server(file)) {
        let before = files[..at].iter().position(|one| one == file);
        found.extend(before.map(|one| (at, one)));
    }
    found.sort_unstable();
    let said = said(&found, files, &names);
    for (at, _) in found.iter().rev() {
        files.remove(*at);
    }
    said
}

/// The first bytes of a file; none of one that cannot be read.
fn head(path: &Path) -> Vec<u8> {
    let mut head = Vec::new();
    if let Ok(file) = File::open(path) {
        let _ = file.take(HEAD_BYTES).read_to_end(&mut head);
    }
    head
}

/// Says which files are left out, and for which: those for one file in one sentence.
fn said(found: &[(usize, usize)], files: &[PathBuf], names: &[String]) -> Vec<Diagnostic> {
    let mut copies: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (at, one) in found {
        copies.entry(*one).or_default().push(*at);
    }
    let each = copies.into_iter().map(|(one, copies)| {
        let first = &names[one];
        let (again, copies): (Vec<usize>, Vec<usize>) =
            copies.into_iter().partition(|at| files[*at] == files[one]);
        let mut whats = Vec::new();
        match again.len() {
            0 => {}
            1 => whats.push(format!("{first} is given twice")),
            more => whats.push(format!("{first} is given {} times", more + 1)),
        }
        if !copies.is_empty() {
            let shown: Vec<&str> =
                copies.iter().take(NAMED_MAX).map(|at| names[*at].as_str()).collect();
            let more = match copies.len() - shown.len() {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let hold = if copies.len() == 1 { "holds" } else { "hold" };
            whats.push(format!("{}{more} {hold} the same bytes as {first}", shown.join(", ")));
        }
        let message = format!("{}; it is read once", whats.join(", and "));
        Diagnostic::new("read/same-file", message)
    });
    let mut all: Vec<Diagnostic> = each.collect();
    if all.len() > GROUPS_MAX {
        let more = all.split_off(GROUPS_MAX - 1).len();
        let message =
            format!("{more} further files have copies under other names; each is read once");
        all.push(Diagnostic::new("read/same-file", message));
    }
    all
}

/// Whether two files of one size hold the same; one that cannot be read is like no other.
fn same(one: &Path, other: &Path) -> bool {
    if one == other {
        return true;
    }
    let open = |path: &Path| File::open(path).map(BufReader::new);
    let (Ok(one), Ok(other)) = (open(one), open(other)) else { return false };
    let mut other = other.bytes();
    let alike = one.bytes().all(|byte| match (byte, other.next()) {
        (Ok(byte), Some(Ok(same))) => byte == same,
        _ => false,
    });
    alike && other.next().is_none()
}
