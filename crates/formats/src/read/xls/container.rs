//! The head of a container, looked at before a library trusts it (MS-CFB).

use std::io::{self, Read, Seek, SeekFrom};

use super::records::{long, short};

/// Bytes of the head; of larger sectors it fills the first alone.
const HEAD_BYTES: usize = 512;

/// Tables of sectors that the head itself names.
const NAMED_IN_HEAD: u64 = 109;

/// Whether the container names no more tables of sectors than a file of its length needs. Each
/// name takes four bytes and makes the library keep a whole sector, which may be one and the same
/// for all; nothing guards the memory of a machine against that.
///
/// # Errors
/// When it cannot be read or ends within what it names.
pub(super) fn is_honest(reader: &mut (impl Read + Seek)) -> io::Result<bool> {
    let length = reader.seek(SeekFrom::End(0))?;
    reader.rewind()?;
    let mut head = [0; HEAD_BYTES];
    reader.read_exact(&mut head)?;
    let size: u64 = match short(&head, 30) {
        Some(9) => 512,
        Some(12) => 4096,
        // The library refuses every other size.
        _ => return Ok(true),
    };
    let names_a_sector = size / 4;
    let tables = (length / size + 1).div_ceil(names_a_sector);
    // The last name of such a sector is that of the next.
    let needed = tables.saturating_sub(NAMED_IN_HEAD).div_ceil(names_a_sector - 1);
    let mut next = long(&head, 68).map_or(u64::MAX, u64::from);
    let sectors = length / size;
    let mut count = 0;
    while next < sectors {
        count += 1;
        if count > needed {
            return Ok(false);
        }
        reader.seek(SeekFrom::Start((next + 2) * size - 4))?;
        let mut name = [0; 4];
        reader.read_exact(&mut name)?;
        next = u64::from(u32::from_le_bytes(name));
    }
    Ok(true)
}
