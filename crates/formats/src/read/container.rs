//! The container of a workbook, looked through before anything in it is trusted.

use std::io::{Read, Seek};

use zip::ZipArchive;

/// Bytes to which a workbook may unpack, all its parts together.
pub const EXPANSION_BYTES_MAX: u64 = 1024 * 1024 * 1024;

/// Parts that a workbook may have.
pub(crate) const ENTRIES_MAX: usize = 10_000;

/// The attribute by which a table of strings announces its size.
const COUNT: &[u8] = b"uniqueCount";

/// Bytes of a piece kept before the next one, so that the attribute is found across both.
const OVERLAP: usize = 64;

/// What the container is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Container {
    /// A workbook that unpacks within the limits.
    Workbook,
    /// The same in OpenDocument's form.
    OpenDocument,
    /// An archive of files.
    Archive,
    /// An office file of another kind; these words name it.
    Other(&'static str),
    /// It unpacks to more than the limit, or has more parts.
    Bomb(String),
    /// It is damaged.
    Broken(String),
    /// Its parts are encrypted.
    Encrypted,
}

/// Unpacks everything once, counting, keeping nothing.
pub(crate) fn look(reader: impl Read + Seek, bytes_max: u64) -> Container {
    let mut archive = match ZipArchive::new(reader) {
        Ok(archive) => archive,
        Err(error) => return Container::Broken(error.to_string()),
    };
    if archive.len() > ENTRIES_MAX {
        return Container::Bomb(format!("it has {} parts", archive.len()));
    }
    let kind = match other_kind(&mut archive) {
        None => Container::Workbook,
        Some(Container::OpenDocument) => Container::OpenDocument,
        Some(other) => return other,
    };
    // An honest bomb says how large it is; a lying one is counted below.
    if archive.decompressed_size().is_some_and(|size| size > u128::from(bytes_max)) {
        return Container::Bomb(format!("it unpacks to more than {bytes_max} bytes"));
    }
    let mut left = bytes_max;
    for index in 0..archive.len() {
        let mut entry = match archive.by_index(index) {
            Ok(entry) => entry,
            Err(zip::result::ZipError::UnsupportedArchive(why)) if why.contains("assword") => {
                return Container::Encrypted;
            }
            Err(error) => return Container::Broken(error.to_string()),
        };
        let strings = entry.name_raw().to_ascii_lowercase().ends_with(b"sharedstrings.xml");
        let size = match drain(&mut entry, left, strings) {
            Ok(size) => size,
            Err(container) => return container,
        };
        left -= size;
    }
    kind
}

/// The content of the part `mimetype` of a spreadsheet, and the start of that of its template.
const SPREADSHEET: &[u8] = b"application/vnd.oasis.opendocument.spreadsheet";

/// Whether it is a spreadsheet of OpenDocument.
fn is_spreadsheet<R: Read + Seek>(archive: &mut ZipArchive<R>) -> bool {
    let Ok(entry) = archive.by_name("mimetype") else { return false };
    let mut kind = vec![];
    let read = entry.take(SPREADSHEET.len() as u64).read_to_end(&mut kind);
    read.is_ok() && kind == SPREADSHEET
}

fn other_kind<R: Read + Seek>(archive: &mut ZipArchive<R>) -> Option<Container> {
    if is_spreadsheet(archive) {
        return Some(Container::OpenDocument);
    }
    let has = |name: &str| archive.index_for_name(name).is_some();
    if archive.file_names_raw().any(|name| name.ends_with(b"workbook.xml")) {
        None
    } else if has("xl/workbook.bin") {
        Some(Container::Other("a binary workbook (XLSB)"))
    } else if has("mimetype") {
        Some(Container::Other("an OpenDocument file"))
    } else if has("word/document.xml") {
        Some(Container::Other("a text document (DOCX)"))
    } else if has("ppt/presentation.xml") {
        Some(Container::Other("a presentation (PPTX)"))
    } else if has("[Content_Types].xml") {
        Some(Container::Broken("it has no workbook part".to_owned()))
    } else {
        Some(Container::Archive)
    }
}

/// Unpacks one part and returns its size.
fn drain(entry: &mut impl Read, left: u64, strings: bool) -> Result<u64, Container> {
    let mut piece = vec![0; OVERLAP + 64 * 1024];
    let (mut size, mut announced) = (0_u64, 0_u64);
    loop {
        let read = match entry.read(&mut piece[OVERLAP..]) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) => return Err(Container::Broken(error.to_string())),
        };
        size += read as u64;
        if size > left {
            return Err(Container::Bomb(format!("it unpacks to more than {left} bytes")));
        }
        if strings {
            announced = announced.max(count_in(&piece[..OVERLAP + read]));
            piece.copy_within(read..OVERLAP + read, 0);
        }
    }
    // Every string takes some bytes; who announces more wants memory set aside for nothing.
    if announced > size {
        return Err(Container::Broken(format!("it announces {announced} strings")));
    }
    Ok(size)
}

fn count_in(piece: &[u8]) -> u64 {
    let mut most = 0;
    for at in memchr::memmem::find_iter(piece, COUNT) {
        let digits = piece[at + COUNT.len()..]
            .iter()
            .skip_while(|byte| matches!(byte, b'=' | b'"' | b'\'') || byte.is_ascii_whitespace())
            .take_while(|byte| byte.is_ascii_digit())
            .take(20);
        let number = digits
            .fold(0_u64, |sum, byte| sum.saturating_mul(10).saturating_add(u64::from(byte - b'0')));
        most = most.max(number);
    }
    most
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write};

    use super::*;

    fn packed(bytes: usize) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(Cursor::new(vec![]));
        let options = zip::write::SimpleFileOptions::default();
        writer.start_file("xl/workbook.xml", options).unwrap();
        writer.write_all(&vec![b' '; bytes]).unwrap();
        writer.finish().unwrap().into_inner()
    }

    #[test]
    fn a_container_is_measured_whatever_it_says_of_itself() {
        let bytes = packed(100_000);
        assert_eq!(look(Cursor::new(&bytes), 100_000), Container::Workbook);
        assert!(matches!(look(Cursor::new(&bytes), 99_999), Container::Bomb(_)));
        // The same, with the size in the directory changed to three.
        let size = 100_000_u32.to_le_bytes();
        let mut lying = bytes;
        let places: Vec<usize> = memchr::memmem::find_iter(&lying, &size).collect();
        assert!(!places.is_empty());
        for place in places {
            lying[place..place + 4].copy_from_slice(&3_u32.to_le_bytes());
        }
        let told = look(Cursor::new(&lying), 99_999);
        assert!(matches!(told, Container::Bomb(_) | Container::Broken(_)), "{told:?}");
    }
}
