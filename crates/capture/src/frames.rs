//! Frames out of pcap and pcapng files, as a stream.

use std::fmt;
use std::io::{self, Read};
use std::ops::ControlFlow;

use pcap_parser::pcapng::Block;
use pcap_parser::traits::{PcapNGPacketBlock as _, PcapReaderIterator};
use pcap_parser::{LegacyPcapReader, Linktype, PcapBlockOwned, PcapError, PcapNGReader};

use crate::limits::{FRAME_BYTES_MAX, INTERFACES_MAX};

/// Bytes read at once: many frames of the usual length.
const BUFFER_BYTES: usize = 256 << 10;
/// The same once a frame is longer: one of the longest, and what follows.
const GROWN_BYTES: usize = 2 * FRAME_BYTES_MAX;
/// Bytes of the longest header of a file.
const HEADER_BYTES: usize = 64;
/// Nanoseconds of a second.
const SECOND: i128 = 1_000_000_000;

/// A frame as it was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<'f> {
    /// Its place in the file, counted from 1.
    pub number: u64,
    /// Nanoseconds since 1970; nothing where the file does not say.
    pub time: Option<i64>,
    /// The link type, by its number in the registry of link types.
    pub link: i32,
    /// What was recorded of it.
    pub bytes: &'f [u8],
    /// How long it was, in bytes; more than was recorded where it was cut.
    pub length: u32,
}

/// Why a capture ends before its end.
#[derive(Debug)]
pub enum Trouble {
    /// It is neither pcap nor pcapng.
    NoCapture,
    /// It ends within a frame.
    Cut,
    /// What stands behind the frames given so far is none.
    Damaged,
    /// A frame is longer than [`FRAME_BYTES_MAX`].
    Long,
    /// It could not be read.
    Read(io::Error),
}

impl fmt::Display for Trouble {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoCapture => out.write_str("it is no capture"),
            Self::Cut => out.write_str("it ends within a packet or its header"),
            Self::Damaged => out.write_str("what follows is no packet"),
            Self::Long => write!(out, "a packet is longer than {FRAME_BYTES_MAX} bytes"),
            Self::Read(error) => error.fmt(out),
        }
    }
}

impl std::error::Error for Trouble {}

/// How the times and frames of an interface are meant.
#[derive(Debug, Clone, Copy)]
struct Interface {
    link: i32,
    /// Units of a second; 0 where the file names no unit that there is.
    units: u64,
    /// Seconds to be added.
    offset: i64,
    snaplen: u32,
}

/// Whether the first bytes are those of a capture.
#[must_use]
pub fn is_capture(head: &[u8]) -> bool {
    const MAGICS: [[u8; 4]; 5] = [
        [0xA1, 0xB2, 0xC3, 0xD4],
        [0xD4, 0xC3, 0xB2, 0xA1],
        [0xA1, 0xB2, 0x3C, 0x4D],
        [0x4D, 0x3C, 0xB2, 0xA1],
        SECTION,
    ];
    MAGICS.iter().any(|magic| head.starts_with(magic))
}

/// What a section of pcapng begins with.
const SECTION: [u8; 4] = [0x0A, 0x0D, 0x0D, 0x0A];

/// Remembers why the system could not read, which the library does not tell.
struct Kept<'k, R> {
    input: R,
    /// Whether the header was read.
    begun: bool,
    error: &'k std::cell::Cell<Option<io::Error>>,
}

impl<R: Read> Read for Kept<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        // The library wants the whole header of a file at its first reading.
        // Later what is there is given at once: the next frame of a network may come in an hour.
        let wanted = if self.begun { 1 } else { HEADER_BYTES };
        while filled < wanted.min(buffer.len()) {
            match self.input.read(&mut buffer[filled..]) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    // What was said first stays whole: it may hold why an unpacker stopped.
                    let again = io::Error::from(error.kind());
                    self.error.set(Some(error));
                    return Err(again);
                }
            }
        }
        self.begun = true;
        Ok(filled)
    }
}

/// Gives every frame of a capture until nobody wants more.
///
/// # Errors
/// Why it ends early; all frames before were given.
pub fn each_frame(
    mut input: impl Read,
    give: &mut dyn FnMut(Frame<'_>) -> ControlFlow<()>,
) -> Result<(), Trouble> {
    let mut magic = [0; 4];
    input.read_exact(&mut magic).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => Trouble::NoCapture,
        _ => Trouble::Read(error),
    })?;
    if !is_capture(&magic) {
        return Err(Trouble::NoCapture);
    }
    let error = std::cell::Cell::new(None);
    let input = Kept { input: Read::chain(&magic[..], input), begun: false, error: &error };
    let done = if magic == SECTION {
        match PcapNGReader::new(BUFFER_BYTES, input) {
            Ok(mut reader) => read(&mut reader, is_readable, give),
            Err(why) => Err(trouble(&why)),
        }
    } else {
        match LegacyPcapReader::new(BUFFER_BYTES, input) {
            Ok(mut reader) => read(&mut reader, |_| true, give),
            Err(why) => Err(trouble(&why)),
        }
    };
    match error.take() {
        Some(error) => Err(Trouble::Read(error)),
        None => done,
    }
}

fn trouble<I>(why: &PcapError<I>) -> Trouble {
    match why {
        PcapError::Incomplete(_) | PcapError::UnexpectedEof | PcapError::Eof => Trouble::Cut,
        PcapError::BufferTooSmall => Trouble::Long,
        PcapError::ReadError => Trouble::Read(io::ErrorKind::Other.into()),
        PcapError::HeaderNotRecognized => Trouble::NoCapture,
        PcapError::NomError(..) | PcapError::OwnedNomError(..) => Trouble::Damaged,
    }
}

/// Whether the library can be given the next block: it counts wrong where a block of a process says
/// to be shorter than what begins and ends every block.
fn is_readable(block: &[u8]) -> bool {
    const PROCESS: u32 = 0x8000_0001;
    const BLOCK_BYTES_MIN: u32 = 12;
    let Some((head, _)) = block.split_first_chunk::<8>() else { return true };
    let [kind, length] = [0, 4].map(|at| [head[at], head[at + 1], head[at + 2], head[at + 3]]);
    let is_short = |of: fn([u8; 4]) -> u32| of(kind) == PROCESS && of(length) < BLOCK_BYTES_MIN;
    !is_short(u32::from_le_bytes) && !is_short(u32::from_be_bytes)
}

fn read(
    reader: &mut dyn PcapReaderIterator,
    is_readable: fn(&[u8]) -> bool,
    give: &mut dyn FnMut(Frame<'_>) -> ControlFlow<()>,
) -> Result<(), Trouble> {
    let mut section = Section::default();
    let mut grown = false;
    loop {
        if !is_readable(reader.data()) {
            return Err(Trouble::Damaged);
        }
        match reader.next() {
            Ok((length, block)) => {
                let wanted = section.take(&block, give)?;
                drop(block);
                // A block of no bytes would be read for ever.
                if wanted.is_break() || length == 0 {
                    return Ok(());
                }
                reader.consume(length);
                continue;
            }
            Err(PcapError::Eof) => return Ok(()),
            Err(PcapError::Incomplete(_)) => {}
            Err(PcapError::BufferTooSmall) if !grown => {
                grown = reader.grow(GROWN_BYTES);
                if grown {
                    continue;
                }
                return Err(Trouble::Long);
            }
            Err(why) => return Err(trouble(&why)),
        }
        if reader.reader_exhausted() {
            return Err(Trouble::Cut);
        }
        reader.refill().map_err(|why| trouble(&why))?;
    }
}

/// What is known of the section that is being read.
#[derive(Default)]
struct Section {
    interfaces: Vec<Interface>,
    number: u64,
}

impl Section {
    fn take(
        &mut self,
        block: &PcapBlockOwned<'_>,
        give: &mut dyn FnMut(Frame<'_>) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, Trouble> {
        let on = Ok(ControlFlow::Continue(()));
        let (of, bytes, length, time) = match block {
            PcapBlockOwned::LegacyHeader(header) => {
                let units =
                    if header.is_nanosecond_precision() { 1_000_000_000 } else { 1_000_000 };
                let Linktype(link) = header.network;
                // The upper bits say how many bytes of a check follow each frame.
                let link = link & 0xFFFF;
                let snaplen = header.snaplen;
                self.interfaces = vec![Interface { link, units, offset: 0, snaplen }];
                return on;
            }
            PcapBlockOwned::Legacy(frame) => {
                let units = self.interfaces.first().map_or(1, |one| one.units);
                let parts = i128::from(frame.ts_usec) * (SECOND / i128::from(units));
                let time = i128::from(frame.ts_sec) * SECOND + parts;
                (0, frame.data, frame.origlen, i64::try_from(time).ok())
            }
            PcapBlockOwned::NG(Block::SectionHeader(_)) => {
                self.interfaces.clear();
                return on;
            }
            PcapBlockOwned::NG(Block::InterfaceDescription(one)) => {
                if self.interfaces.len() < INTERFACES_MAX {
                    let Linktype(link) = one.linktype;
                    let units = one.ts_resolution().unwrap_or(0);
                    let (offset, snaplen) = (one.if_tsoffset, one.snaplen);
                    self.interfaces.push(Interface { link, units, offset, snaplen });
                }
                return on;
            }
            PcapBlockOwned::NG(Block::EnhancedPacket(frame)) => {
                let of = frame.if_id as usize;
                let Some(interface) = self.interfaces.get(of) else { return Err(Trouble::Damaged) };
                let ticks = u64::from(frame.ts_high) << 32 | u64::from(frame.ts_low);
                (of, frame.packet_data(), frame.origlen, time_of(interface, ticks))
            }
            PcapBlockOwned::NG(Block::SimplePacket(frame)) => {
                let Some(interface) = self.interfaces.first() else { return Err(Trouble::Damaged) };
                let whole = frame.packet_data();
                let cut = match interface.snaplen {
                    0 => whole.len(),
                    most => whole.len().min(most as usize),
                };
                (0, &whole[..cut.min(frame.origlen as usize)], frame.origlen, None)
            }
            PcapBlockOwned::NG(_) => return on,
        };
        self.number += 1;
        let link = self.interfaces.get(of).map_or(0, |one| one.link);
        Ok(give(Frame { number: self.number, time, link, bytes, length }))
    }
}

/// Nanoseconds since 1970 of a moment in an interface's own units.
fn time_of(interface: &Interface, ticks: u64) -> Option<i64> {
    let units = i128::from(interface.units);
    let offset = i128::from(interface.offset) * SECOND;
    let time = (i128::from(ticks) * SECOND).checked_div(units)? + offset;
    i64::try_from(time).ok()
}
