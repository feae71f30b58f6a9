//! A ZIP of files, read as a folder of them: each entry like a file of its own, by the name
//! `archive.zip:folder/file.csv`. Nothing is written to the disk, and an archive within an archive
//! is not opened.

use std::io::{self, ErrorKind, Read, Seek, SeekFrom};

use whomade_core::diagnostic::{Diagnostic, Severity};

use super::Options;
use super::archive::{Archive, Unfit};
use super::container::ENTRIES_MAX;
use super::dispatch::read_input;
use super::report::Report;
use super::said;
use super::unpack::Bomb;

/// Archives within one another.
pub(crate) const ARCHIVE_DEPTH_MAX: u32 = 1;

/// Reads every file of an archive, in the order of their names.
pub(crate) fn read<R: Read + Seek>(mut reader: R, options: &Options, report: &mut Report<'_>) {
    if report.depth >= ARCHIVE_DEPTH_MAX {
        let said = Diagnostic::new("read/nested-archive", "an archive within an archive")
            .note(format!("{ARCHIVE_DEPTH_MAX} is opened, none within it"))
            .help("unpack the outer one and name the files in it");
        report.say_of_file(said);
        return;
    }
    let length = reader.seek(SeekFrom::End(0)).and_then(|end| reader.rewind().map(|()| end));
    let opened = match length {
        Ok(length) => Archive::look_through(reader, ENTRIES_MAX, is_wanted)
            .map(|(archive, refused)| (archive, refused, length)),
        Err(error) => Err(Unfit::Damaged(error.to_string())),
    };
    let (mut archive, refused, length) = match opened {
        Ok(opened) => opened,
        Err(unfit) => {
            let said = Diagnostic::new("read/bad-archive", format!("the archive: {unfit}"));
            report.say_of_file(said.help("fetch it again, or unpack it and name the files in it"));
            return;
        }
    };
    if is_bundle(&archive) {
        tell_bundle(report);
        return;
    }
    for (_, unfit) in refused {
        tell_passed_over(&unfit.to_string(), report);
    }
    let packed = archive.entries().iter().fold(0_u64, |sum, one| sum.saturating_add(one.packed));
    if packed > length {
        // The other way to build one: a few bytes that are the content of thousands of files.
        said::tell_bomb(Bomb::Shared, report);
        return;
    }
    if archive.entries().is_empty() {
        said::tell_empty(report);
        return;
    }
    report.opens(archive.entries().len());
    let mut unpacked = 0_u64;
    let entries = archive.entries().to_vec();
    for entry in entries {
        let all = unpacked.saturating_add(entry.bytes);
        if let Some(bomb) = Bomb::of(entry.bytes, entry.packed) {
            tell_passed_over(&format!("{:?}: {bomb}", entry.name), report);
        } else if let Some(bomb) = Bomb::of(all, length) {
            said::tell_bomb(bomb, report);
            return;
        } else {
            unpacked = all;
            match archive.content(&entry.name) {
                Ok(content) => {
                    let content = Announced { inner: content, left: entry.bytes };
                    let mut within = report.within(&entry.name, entry.bytes);
                    read_input(Box::new(content), None, options, &mut within);
                    within.finish();
                    let (devices, stopped) = (within.devices, within.is_stopped());
                    report.add(devices, stopped);
                }
                Err(error) => tell_passed_over(&format!("{:?}: {error}", entry.name), report),
            }
        }
        if report.is_stopped() {
            return;
        }
    }
}

/// Whether an entry is a file that somebody put there: no folder, nothing hidden, none of the
/// files that a system adds for itself.
fn is_wanted(name: &str) -> bool {
    let hidden = |part: &str| part.starts_with('.') && !matches!(part, "." | "..");
    !name.ends_with(['/', '\\']) && !name.starts_with("__MACOSX/") && !name.split('/').any(hidden)
}

/// Whether it is evidence that this program sealed.
fn is_bundle<R: Read + Seek>(archive: &Archive<R>) -> bool {
    let has = |name: &str| {
        let is = |whole: &str| whole.rsplit('/').next() == Some(name);
        archive.entries().iter().any(|entry| is(&entry.name))
    };
    has("bagit.txt") && has("tagmanifest-sha256.txt")
}

fn tell_bundle(report: &mut Report<'_>) {
    let mut said = Diagnostic::new("read/unknown-format", "the content is a bundle of evidence")
        .help("`whomade verify` checks it and works its conclusions out again");
    if report.searched {
        said.severity = Severity::Warning;
    }
    report.say_of_file(said);
}

fn tell_passed_over(why: &str, report: &mut Report<'_>) {
    let said = Diagnostic::new("read/archive-entry", format!("passed over: {why}"))
        .help("unpack the archive with care and name the file");
    report.say_of_file(said);
}

/// What an entry holds. More than it announced is damage, and so is whatever the library says.
struct Announced<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Announced<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let damage = |why: String| io::Error::new(ErrorKind::InvalidData, why);
        let read = self.inner.read(buffer).map_err(|error| match error.kind() {
            ErrorKind::Other => damage(error.to_string()),
            _ => error,
        })?;
        self.left = self
            .left
            .checked_sub(read as u64)
            .ok_or_else(|| damage("it holds more than it announces".to_owned()))?;
        Ok(read)
    }
}
