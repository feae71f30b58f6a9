//! Packed input, gzip and zstd: unpacked as a stream, within limits, so that a small file that
//! was made to unpack without end neither fills a memory nor keeps the program for ever.

use std::cell::Cell;
use std::fmt;
use std::io::{self, BufReader, ErrorKind, Read};
use std::panic::AssertUnwindSafe;
use std::rc::Rc;

use flate2::read::MultiGzDecoder;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

/// Bytes to which one packed input may unpack: above what anybody screens, below for ever.
pub const UNPACKED_BYTES_MAX: u64 = 256 << 30;

/// Bytes unpacked for each byte packed: lines of a scan pack 10 to 60 to one, a bomb 1000 to one.
pub const UNPACKED_RATIO_MAX: u64 = 300;

/// Bytes unpacked before that ratio is looked at: a sheet with a million blank rows is no bomb.
pub const RATIO_FROM_BYTES: u64 = 64 << 20;

/// Bytes that a zstd frame may want kept: as many as its own tool grants unasked.
pub(super) const ZSTD_WINDOW_BYTES_MAX: u64 = 128 << 20;

/// Bytes of packed input asked for at once.
const CHUNK_BYTES: usize = 64 * 1024;

/// How an input is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Packing {
    /// By RFC 1952.
    Gzip,
    /// By RFC 8878.
    Zstd,
}

impl Packing {
    /// Bytes by which it is known.
    pub(crate) const SIGN_BYTES: usize = 4;

    /// How an input is packed that begins so.
    pub(crate) fn of(head: &[u8]) -> Option<Self> {
        match head {
            [0x1F, 0x8B, ..] => Some(Self::Gzip),
            // The second is that of a frame to be skipped, which may stand before any other.
            [0x28, 0xB5, 0x2F, 0xFD, ..] | [0x50..=0x5F, 0x2A, 0x4D, 0x18, ..] => Some(Self::Zstd),
            _ => None,
        }
    }

    /// What a packed input holds. `packed` counts the bytes that were read of it.
    pub(crate) fn unpack<'a>(
        self,
        input: impl Read + 'a,
        packed: Rc<Cell<u64>>,
    ) -> Box<dyn Read + 'a> {
        let input = BufReader::with_capacity(CHUNK_BYTES, input);
        match self {
            Self::Gzip => Box::new(Limited::new(MultiGzDecoder::new(input), packed)),
            Self::Zstd => Box::new(Limited::new(Zstd::new(input), packed)),
        }
    }
}

/// Why the unpacking was given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bomb {
    /// It unpacks to more than the limit.
    Bytes,
    /// It unpacks to so many bytes for each packed.
    Ratio(u64),
    /// Its files share their bytes.
    Shared,
}

impl Bomb {
    /// Whether so many bytes out of so many packed are too many.
    pub(crate) fn of(unpacked: u64, packed: u64) -> Option<Self> {
        if unpacked > UNPACKED_BYTES_MAX {
            return Some(Self::Bytes);
        }
        let ratio = unpacked / packed.max(1);
        (unpacked > RATIO_FROM_BYTES && ratio > UNPACKED_RATIO_MAX).then_some(Self::Ratio(ratio))
    }
}

impl fmt::Display for Bomb {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes => write!(out, "it unpacks to more than {UNPACKED_BYTES_MAX} bytes"),
            Self::Shared => out.write_str("its files take more bytes than it has"),
            Self::Ratio(ratio) => write!(
                out,
                "each packed byte unpacks to {ratio}, and more than {UNPACKED_RATIO_MAX} are no \
                 table or scan"
            ),
        }
    }
}

impl std::error::Error for Bomb {}

/// Ends what unpacks to too much.
struct Limited<R> {
    inner: R,
    packed: Rc<Cell<u64>>,
    unpacked: u64,
}

impl<R: Read> Limited<R> {
    fn new(inner: R, packed: Rc<Cell<u64>>) -> Self {
        Self { inner, packed, unpacked: 0 }
    }
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.unpacked += read as u64;
        match Bomb::of(self.unpacked, self.packed.get()) {
            None => Ok(read),
            Some(bomb) => Err(io::Error::other(bomb)),
        }
    }
}

/// Remembers why the system could not read, which the library would tell as damage.
struct Watched<R> {
    inner: R,
    error: Option<io::Error>,
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.inner.read(buffer).inspect_err(|error| {
            if error.kind() != ErrorKind::Interrupted {
                self.error = Some(io::Error::new(error.kind(), error.to_string()));
            }
        })
    }
}

/// Frames of zstd, one behind the other.
struct Zstd<R> {
    input: Watched<BufReader<R>>,
    decoder: FrameDecoder,
    /// Whether a frame is begun and not yet given out.
    within: bool,
    /// What is told once all that was unpacked before it is given out.
    failed: Option<io::Error>,
}

impl<R: Read> Zstd<R> {
    fn new(input: BufReader<R>) -> Self {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(ZSTD_WINDOW_BYTES_MAX);
        Self { input: Watched { inner: input, error: None }, decoder, within: false, failed: None }
    }

    /// Calls the library. A panic in it over a hostile file is damage like any other.
    fn guarded<T, F>(&mut self, call: F) -> Result<T, Failed>
    where
        F: FnOnce(&mut FrameDecoder, &mut Watched<BufReader<R>>) -> Result<T, FrameDecoderError>,
    {
        let (decoder, input) = (&mut self.decoder, &mut self.input);
        match std::panic::catch_unwind(AssertUnwindSafe(|| call(decoder, input))) {
            Ok(done) => done.map_err(Failed::Told),
            Err(_) => Err(Failed::Panicked),
        }
    }

    /// Begins the next frame; `false` at the end of all.
    fn begin(&mut self) -> Result<bool, io::Error> {
        use std::io::BufRead as _;
        loop {
            if self.input.inner.fill_buf()?.is_empty() {
                return Ok(false);
            }
            match self.guarded(|decoder, input| decoder.reset(input)) {
                Ok(()) => {
                    self.within = true;
                    return Ok(true);
                }
                Err(Failed::Told(FrameDecoderError::ReadFrameHeaderError(
                    ReadFrameHeaderError::SkipFrame { length, .. },
                ))) => {
                    let mut skipped = (&mut self.input).take(u64::from(length));
                    io::copy(&mut skipped, &mut io::sink())?;
                }
                Err(failed) => return Err(self.told(&failed)),
            }
        }
    }

    fn told(&mut self, failed: &Failed) -> io::Error {
        if let Some(error) = self.input.error.take() {
            return error;
        }
        match failed {
            Failed::Told(error) => io::Error::new(ErrorKind::InvalidData, error.to_string()),
            Failed::Panicked => io::Error::new(ErrorKind::InvalidData, "the frame is damaged"),
        }
    }

    /// Unpacks a block more. Where it cannot be, what stood before it is given out first.
    fn block(&mut self) {
        let one = BlockDecodingStrategy::UptoBlocks(1);
        if let Err(failed) = self.guarded(|decoder, input| decoder.decode_blocks(input, one)) {
            self.failed = Some(self.told(&failed));
            // The library keeps back what a later block may repeat, until the last has come: an
            // empty block that says it is the last, and a sum that nobody compares.
            let mut last: &[u8] = &[1, 0, 0, 0, 0, 0, 0];
            let all = BlockDecodingStrategy::All;
            let ended = self.guarded(|decoder, _| decoder.decode_blocks(&mut last, all));
            self.within &= ended.is_ok();
        }
    }

    /// Whether the frame that was given out is the one that was packed.
    fn check(&mut self) -> io::Result<()> {
        let noted = self.decoder.get_checksum_from_data();
        if noted.is_some() && noted != self.decoder.get_calculated_checksum() {
            return Err(io::Error::new(ErrorKind::InvalidData, "its sum is another"));
        }
        Ok(())
    }
}

/// What the library says, or that it gave up.
enum Failed {
    Told(FrameDecoderError),
    Panicked,
}

impl<R: Read> Read for Zstd<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if !self.within {
                if let Some(error) = &self.failed {
                    return Err(io::Error::new(error.kind(), error.to_string()));
                }
                match self.begin() {
                    Ok(true) => {}
                    Ok(false) => return Ok(0),
                    Err(error) => {
                        self.failed = Some(error);
                        continue;
                    }
                }
            }
            if self.decoder.can_collect() > 0 {
                return self.decoder.read(buffer);
            }
            if !self.decoder.is_finished() {
                self.block();
                continue;
            }
            self.within = false;
            if self.failed.is_none() {
                self.check()?;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use ruzstd::encoding::{CompressionLevel, compress_to_vec};

    use super::*;

    fn unpacked(bytes: &[u8]) -> (Vec<u8>, Option<io::Error>) {
        let packing = Packing::of(bytes).expect("a sign");
        let mut out = vec![];
        let counted = Rc::new(Cell::new(bytes.len() as u64));
        let read = packing.unpack(bytes, counted).read_to_end(&mut out);
        (out, read.err())
    }

    fn packed(text: &[u8]) -> Vec<u8> {
        compress_to_vec(text, CompressionLevel::Fastest)
    }

    /// Text that hardly repeats, so that a frame of it has many blocks.
    fn text(bytes: usize) -> Vec<u8> {
        let lines = (0_u64..).map(|at| at.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        lines.flat_map(|number| format!("{number:x}\n").into_bytes()).take(bytes).collect()
    }

    #[test]
    fn frames_behind_one_another_are_one_text_and_those_to_be_skipped_are_skipped() {
        let skipped = [&[0x5A, 0x2A, 0x4D, 0x18, 3, 0, 0, 0][..], b"abc"].concat();
        let all = [skipped.clone(), packed(b"one\n"), skipped, packed(b""), packed(b"two\n")];
        let (out, error) = unpacked(&all.concat());
        assert_eq!(out, b"one\ntwo\n");
        assert!(error.is_none(), "{error:?}");
    }

    #[test]
    fn what_stood_before_the_end_of_a_cut_frame_is_given_out() {
        let text = text(900_000);
        let whole = packed(&text);
        let (out, error) = unpacked(&whole[..whole.len() / 2]);
        assert_eq!(error.map(|error| error.kind()), Some(ErrorKind::InvalidData));
        assert!(out.len() > 300_000, "{} bytes", out.len());
        assert_eq!(out, text[..out.len()]);
    }

    #[test]
    fn another_sum_and_garbage_behind_a_frame_are_damage() {
        let mut other = packed(b"Make,Model\n");
        let last = other.len() - 1;
        other[last] ^= 1;
        for bytes in [other, [packed(b"Make,Model\n"), b"garbage".to_vec()].concat()] {
            let (out, error) = unpacked(&bytes);
            assert_eq!(out, b"Make,Model\n");
            assert_eq!(error.map(|error| error.kind()), Some(ErrorKind::InvalidData));
        }
    }

    #[test]
    fn a_frame_that_wants_too_much_kept_is_not_begun() {
        // No single segment, and a window of 2 to the 41.
        let (out, error) = unpacked(&[0x28, 0xB5, 0x2F, 0xFD, 0, 0xF8, 1, 0, 0]);
        assert!(out.is_empty());
        assert!(error.unwrap().to_string().to_lowercase().contains("window"));
    }

    #[test]
    fn the_ratio_is_looked_at_only_where_there_is_much() {
        assert_eq!(Bomb::of(RATIO_FROM_BYTES, 1), None);
        assert_eq!(Bomb::of(RATIO_FROM_BYTES + 1, 1 << 20), None);
        assert_eq!(Bomb::of(5 << 30, (5 << 30) / 60), None);
        assert_eq!(Bomb::of(1 << 30, 1 << 20), Some(Bomb::Ratio(1024)));
        assert_eq!(Bomb::of(UNPACKED_BYTES_MAX + 1, UNPACKED_BYTES_MAX), Some(Bomb::Bytes));
    }
}
