//! A ZIP that somebody hands over, opened without trusting anything in it: names, sizes and links
//! are looked at before a byte is unpacked, and nothing is ever written to the disk.

use std::fmt;
use std::io::{self, Read, Seek, Write};

use zip::ZipArchive;

use crate::write::archive::ArchiveWriter;

/// Files that an archive may have.
pub const FILES_MAX: usize = 65_534;
/// Bytes to which it may unpack, all its files together.
pub const UNPACKED_BYTES_MAX: u64 = 4 << 30;
/// Bytes of a name in it.
pub const NAME_BYTES_MAX: usize = 512;

/// Why an archive is not opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unfit {
    /// It is no ZIP, cut short, or damaged.
    Damaged(String),
    /// It has more files, or unpacks to more, than the limits.
    TooMuch(String),
    /// A name that leads out of it, or that two systems would read differently.
    BadName(String),
    /// An entry that is no plain file: a link, a device, an encrypted one.
    NoFile(String),
}

impl fmt::Display for Unfit {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Damaged(why) | Self::TooMuch(why) | Self::BadName(why) | Self::NoFile(why)) =
            self;
        out.write_str(why)
    }
}

/// A file in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name, with `/`.
    pub name: String,
    /// Bytes of its content.
    pub bytes: u64,
    /// Bytes that it takes in the archive, as that says.
    pub(crate) packed: u64,
    at: usize,
    crc: u32,
}

/// An archive that was looked through.
pub struct Archive<R> {
    zip: ZipArchive<R>,
    entries: Vec<Entry>,
}

/// Whether a name stays where it is unpacked, on every system.
#[must_use]
pub fn name_stays_inside(name: &str) -> bool {
    let odd = |c: char| c.is_control() || matches!(c, '\\' | ':');
    let parts = || name.split('/');
    name.len() <= NAME_BYTES_MAX
        && !name.chars().any(odd)
        && parts().all(|part| !matches!(part, "" | "." | ".."))
}

impl<R: Read + Seek> Archive<R> {
    /// Looks an archive through, unpacking nothing.
    ///
    /// # Errors
    /// When something in it is not as a heap of plain files should be.
    pub fn open(reader: R, bytes_max: u64) -> Result<Self, Unfit> {
        let (archive, refused) = Self::look_through(reader, FILES_MAX, |_| true)?;
        if let Some((_, unfit)) = refused.into_iter().next() {
            return Err(unfit);
        }
        match archive.unpacked() > bytes_max {
            true => Err(Unfit::TooMuch(format!("it unpacks to more than {bytes_max} bytes"))),
            false => Ok(archive),
        }
    }

    /// The same of an archive that anybody packed: what in it is no plain file is refused, each
    /// with its name, and the others can be read. Names that are not `wanted` are passed over.
    ///
    /// # Errors
    /// When it is no archive, or has more than so many files.
    pub(crate) fn look_through(
        reader: R,
        files_max: usize,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<(Self, Vec<(String, Unfit)>), Unfit> {
        let damaged = |wrong: &dyn fmt::Display| Unfit::Damaged(wrong.to_string());
        let mut zip = ZipArchive::new(reader).map_err(|wrong| damaged(&wrong))?;
        if zip.len() > files_max {
            return Err(Unfit::TooMuch(format!("it has {} files", zip.len())));
        }
        let (mut entries, mut refused) = (Vec::with_capacity(zip.len()), Vec::new());
        for at in 0..zip.len() {
            let entry = zip.by_index_raw(at).map_err(|wrong| damaged(&wrong))?;
            let name = entry.name().map_err(|wrong| damaged(&wrong))?.into_owned();
            if !wanted(&name) {
                continue;
            }
            let plain =
                entry.unix_mode().is_none_or(|mode| matches!(mode & 0o170_000, 0 | 0o100_000));
            let unfit = if !name_stays_inside(&name) {
                Some(Unfit::BadName(format!("an entry is called {name:?}")))
            } else if !plain || entry.is_symlink() || !entry.is_file() {
                Some(Unfit::NoFile(format!("{name:?} is no plain file")))
            } else if entry.encrypted() {
                Some(Unfit::NoFile(format!("{name:?} is no plain file: it is encrypted")))
            } else {
                None
            };
            let (bytes, packed, crc) = (entry.size(), entry.compressed_size(), entry.crc32());
            match unfit {
                Some(unfit) => refused.push((name, unfit)),
                None => entries.push(Entry { name, bytes, packed, at, crc }),
            }
        }
        entries.sort_by(|one, other| one.name.cmp(&other.name));
        entries.dedup_by(|later, first| {
            let same = later.name == first.name;
            if same {
                let why = Unfit::BadName(format!("two entries are called {:?}", later.name));
                refused.push((later.name.clone(), why));
            }
            same
        });
        Ok((Self { zip, entries }, refused))
    }

    /// Bytes to which all its files together unpack, as they announce it.
    #[must_use]
    pub fn unpacked(&self) -> u64 {
        self.entries.iter().fold(0, |sum, entry| sum.saturating_add(entry.bytes))
    }

    /// The files, in the order of their names.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// A file's content, never more than it announced.
    ///
    /// # Errors
    /// When there is no such file, or it cannot be unpacked.
    pub fn content(&mut self, name: &str) -> io::Result<impl Read + '_> {
        let found = self.entries.binary_search_by(|entry| entry.name.as_str().cmp(name));
        let entry = found.map(|at| &self.entries[at]).map_err(|_| io::ErrorKind::NotFound)?;
        let reader = self.zip.by_index(entry.at).map_err(io::Error::other)?;
        // One byte more, so that a file that lies of its size is seen to.
        Ok(reader.take(entry.bytes.saturating_add(1)))
    }

    /// Whether the archive is, byte for byte, what our own writer makes of its files.
    ///
    /// # Errors
    /// When a file cannot be unpacked.
    pub fn is_canonical(&mut self, original: impl Read) -> io::Result<bool> {
        let mut writer = ArchiveWriter::new(Compare { original, equal: true });
        for entry in &self.entries {
            let mut content = self.zip.by_index(entry.at).map_err(io::Error::other)?;
            writer.file(&entry.name, entry.bytes, entry.crc, &mut content)?;
        }
        let mut compare = writer.finish()?;
        let more = compare.original.read(&mut [0])?;
        Ok(compare.equal && more == 0)
    }
}

/// Compares what is written with what is there.
struct Compare<R> {
    original: R,
    equal: bool,
}

impl<R: Read> Write for Compare<R> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut there = vec![0; bytes.len()];
        match self.original.read_exact(&mut there) {
            Ok(()) => self.equal &= there == bytes,
            Err(wrong) if wrong.kind() == io::ErrorKind::UnexpectedEof => self.equal = false,
            Err(wrong) => return Err(wrong),
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
