//! What is heard, written as a capture (draft-ietf-opsawg-pcap) for whoever reads it at once.

use std::time::SystemTime;

/// Times are in nanoseconds.
const MAGIC: u32 = 0xA1B2_3C4D;
/// Bytes of the longest frame that is heard.
pub(crate) const FRAME_BYTES_MAX: usize = 256 << 10;
/// The link of Ethernet, by its number in the registry of link types.
#[cfg(target_os = "linux")]
pub(crate) const ETHERNET: u32 = 1;
/// Packets without a link.
pub(crate) const RAW: u32 = 101;

/// Bytes on their way to the reader: at most the header and one frame.
#[derive(Debug)]
pub(crate) struct Written {
    bytes: Vec<u8>,
    at: usize,
}

impl Written {
    /// The header of a capture of such a link.
    pub(crate) fn new(link: u32) -> Self {
        let mut bytes = MAGIC.to_le_bytes().to_vec();
        bytes.extend([2, 0, 4, 0]);
        bytes.extend([0; 8]);
        bytes.extend((FRAME_BYTES_MAX as u32).to_le_bytes());
        bytes.extend(link.to_le_bytes());
        Self { bytes, at: 0 }
    }

    /// Puts a frame of several parts that came just now behind all that was given.
    pub(crate) fn put(&mut self, parts: &[&[u8]]) {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let length = parts.iter().map(|part| part.len()).sum::<usize>();
        let seconds = u32::try_from(since.as_secs()).unwrap_or(u32::MAX);
        self.bytes.clear();
        self.at = 0;
        for number in [seconds, since.subsec_nanos(), length as u32, length as u32] {
            self.bytes.extend(number.to_le_bytes());
        }
        parts.iter().for_each(|part| self.bytes.extend_from_slice(part));
    }

    /// Gives what is there; nothing where a frame is wanted.
    pub(crate) fn give(&mut self, buffer: &mut [u8]) -> usize {
        let rest = &self.bytes[self.at..];
        let given = rest.len().min(buffer.len());
        buffer[..given].copy_from_slice(&rest[..given]);
        self.at += given;
        given
    }
}
