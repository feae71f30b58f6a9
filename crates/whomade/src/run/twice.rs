//! Files that were given twice: their devices would be counted twice, and nobody would see it. They
//! are read once.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use whomade_core::diagnostic::Diagnostic;

use crate::run::names::Names;
use crate::run::servers::is_server;

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
    let mut found: Vec<(usize, usize)> = Vec::new();
    for alike in sizes.values() {
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
    let said = found.iter().map(|(at, one)| {
        let (name, first) = (&names[*at], &names[*one]);
        let what = if files[*at] == files[*one] {
            format!("{name} is given twice")
        } else {
            format!("{name} holds the same bytes as {first}")
        };
        Diagnostic::new("read/same-file", format!("{what}; it is read once"))
    });
    let said = said.collect();
    for (at, _) in found.iter().rev() {
        files.remove(*at);
    }
    said
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
