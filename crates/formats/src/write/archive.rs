//! A ZIP in one form only: the same files give the same bytes, whoever writes them and when.
//!
//! What this writes is an agreement with those who verify it years later, so it must not move with
//! a release of a library: entries are stored, in the order of their names, at the first moment
//! that a ZIP can name, as plain files, without extra fields and without comments. Nothing is
//! compressed, because compressors differ between releases and between machines.

use std::io::{self, Read, Write};

/// Bytes of a whole archive: beyond this its directory would need the wider form of ZIP.
pub const ARCHIVE_BYTES_MAX: u64 = 0xffff_0000;
/// Files of an archive, for the same reason.
pub const ARCHIVE_FILES_MAX: usize = 0xfffe;

/// 1 January 1980, the first day of a ZIP, as its two numbers.
const DAY: u16 = 0x0021;
const TIME: u16 = 0;
/// Names are UTF-8.
const FLAGS: u16 = 0x0800;
/// The version of the form that a reader needs for plain stored files.
const NEEDED: u16 = 10;
/// Written as Unix does, so that the mode below counts.
const MADE_BY: u16 = 0x0314;
/// A plain file that everybody may read.
const MODE: u32 = 0o100_644 << 16;

/// Writes such an archive.
pub struct ArchiveWriter<W> {
    out: W,
    at: u64,
    directory: Vec<u8>,
    files: u16,
    last: String,
}

impl<W: Write> ArchiveWriter<W> {
    /// Begins an archive.
    pub fn new(out: W) -> Self {
        Self { out, at: 0, directory: Vec::new(), files: 0, last: String::new() }
    }

    /// Writes a file of so many bytes with that CRC-32. Files come in the order of their names.
    ///
    /// # Errors
    /// When the stream is closed, a name is out of order, a limit is reached, or the content is
    /// not as long as was said.
    pub fn file(
        &mut self,
        name: &str,
        bytes: u64,
        crc: u32,
        content: &mut dyn Read,
    ) -> io::Result<()> {
        let refuse = |why: &str| io::Error::new(io::ErrorKind::InvalidInput, why.to_owned());
        if self.files > 0 && name <= self.last.as_str() {
            return Err(refuse("the files of an archive are not in the order of their names"));
        }
        let after = self.at + bytes + 2 * (name.len() as u64 + 128) + self.directory.len() as u64;
        if after > ARCHIVE_BYTES_MAX || usize::from(self.files) >= ARCHIVE_FILES_MAX {
            return Err(refuse("it is too large for a ZIP; write a folder"));
        }
        let (Ok(length), Ok(size), Ok(offset)) =
            (u16::try_from(name.len()), u32::try_from(bytes), u32::try_from(self.at))
        else {
            return Err(refuse("a name is too long for a ZIP"));
        };
        let mut common = Vec::with_capacity(26);
        for half in [NEEDED, FLAGS, 0, TIME, DAY] {
            common.extend_from_slice(&half.to_le_bytes());
        }
        for word in [crc, size, size] {
            common.extend_from_slice(&word.to_le_bytes());
        }
        common.extend_from_slice(&length.to_le_bytes());
        common.extend_from_slice(&0_u16.to_le_bytes());
        self.write(b"PK\x03\x04")?;
        self.write(&common)?;
        self.write(name.as_bytes())?;
        let copied = io::copy(&mut content.take(bytes + 1), &mut self.out)?;
        if copied != bytes {
            return Err(refuse("a file changed while it was written"));
        }
        self.at += copied;
        self.directory.extend_from_slice(b"PK\x01\x02");
        self.directory.extend_from_slice(&MADE_BY.to_le_bytes());
        self.directory.extend_from_slice(&common);
        // No comment, the first disk, nothing said of the content.
        self.directory.extend_from_slice(&[0; 6]);
        self.directory.extend_from_slice(&MODE.to_le_bytes());
        self.directory.extend_from_slice(&offset.to_le_bytes());
        self.directory.extend_from_slice(name.as_bytes());
        self.files += 1;
        name.clone_into(&mut self.last);
        Ok(())
    }

    /// Ends the archive.
    ///
    /// # Errors
    /// When the stream is closed, or the archive is too large.
    pub fn finish(mut self) -> io::Result<W> {
        let (Ok(offset), Ok(size)) = (u32::try_from(self.at), u32::try_from(self.directory.len()))
        else {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "too large for a ZIP"));
        };
        let directory = std::mem::take(&mut self.directory);
        self.write(&directory)?;
        self.write(b"PK\x05\x06\0\0\0\0")?;
        self.write(&self.files.to_le_bytes())?;
        self.write(&self.files.to_le_bytes())?;
        self.write(&size.to_le_bytes())?;
        self.write(&offset.to_le_bytes())?;
        self.write(&[0; 2])?;
        self.out.flush()?;
        Ok(self.out)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.at += bytes.len() as u64;
        self.out.write_all(bytes)
    }
}

/// The CRC-32 of a stream, and its length.
///
/// # Errors
/// When it cannot be read.
pub fn crc_of(content: &mut dyn Read) -> io::Result<(u32, u64)> {
    let mut crc = flate2::Crc::new();
    let mut buffer = vec![0; 1 << 16];
    let mut bytes = 0;
    loop {
        let count = content.read(&mut buffer)?;
        if count == 0 {
            return Ok((crc.sum(), bytes));
        }
        bytes += count as u64;
        crc.update(&buffer[..count]);
    }
}
