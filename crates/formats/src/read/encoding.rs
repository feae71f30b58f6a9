//! Bytes in any usual encoding in, UTF-8 out, as a stream.
//!
//! A byte order mark decides. Without one, NULs at every other byte mean UTF-16; otherwise the
//! text is taken as UTF-8 until a byte cannot be, and as Windows-1252 from there on if nothing
//! but ASCII stood before: then the two readings agree on all that was already given out.

use std::io::{self, Read};

use encoding_rs::{Decoder, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// Bytes asked of the input at once.
const CHUNK_BYTES: usize = 128 * 1024;

/// Bytes looked at to tell UTF-16 without a mark.
const LOOK_BYTES: usize = 4096;

enum State {
    /// UTF-8; `certain` once a mark or a character beyond ASCII was seen.
    Utf8 { certain: bool },
    /// Any other encoding.
    Other(Box<Decoder>),
}

/// A stream of text.
pub(crate) struct Text<R> {
    inner: R,
    raw: Vec<u8>,
    /// Bytes at the start of `raw` that began a character and wait for its rest.
    carried: usize,
    /// Bytes of the mark still to be skipped.
    skip: usize,
    state: State,
    name: &'static str,
    ended: bool,
    /// NUL bytes taken out so far.
    pub(crate) nuls: u64,
    /// Byte sequences replaced so far because they are no text.
    pub(crate) replaced: u64,
}

impl<R: Read> Text<R> {
    /// A stream whose first bytes are known; `inner` gives them again.
    pub(crate) fn new(inner: R, head: &[u8]) -> Self {
        let (state, name, skip) = match head {
            [0xEF, 0xBB, 0xBF, ..] => (State::Utf8 { certain: true }, "UTF-8", 3),
            [0xFF, 0xFE, ..] => (other(UTF_16LE), "UTF-16LE", 2),
            [0xFE, 0xFF, ..] => (other(UTF_16BE), "UTF-16BE", 2),
            _ => match utf16_without_mark(head) {
                Some(encoding) => (other(encoding), encoding.name(), 0),
                None => (State::Utf8 { certain: false }, first_look(head), 0),
            },
        };
        Self {
            inner,
            raw: vec![0; CHUNK_BYTES],
            carried: 0,
            skip,
            state,
            name,
            ended: false,
            nuls: 0,
            replaced: 0,
        }
    }

    /// The name of the encoding, as far as known.
    pub(crate) const fn name(&self) -> &'static str {
        self.name
    }

    /// Reads more as [`Self::fill`] does, and keeps what ended it; `false` where nothing follows.
    pub(crate) fn more(&mut self, out: &mut String, error: &mut Option<io::Error>) -> bool {
        self.fill(out).unwrap_or_else(|wrong| {
            *error = Some(wrong);
            false
        })
    }

    /// Appends the next piece of text; `false` at the end.
    ///
    /// # Errors
    /// What the input says; everything before it was given out.
    pub(crate) fn fill(&mut self, out: &mut String) -> io::Result<bool> {
        if self.ended {
            return Ok(false);
        }
        let read = match self.inner.read(&mut self.raw[self.carried..]) {
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(true),
            Err(error) => {
                self.ended = true;
                self.take(self.carried, true, out);
                return Err(error);
            }
        };
        self.ended = read == 0;
        self.take(self.carried + read, self.ended, out);
        Ok(!self.ended)
    }

    fn take(&mut self, filled: usize, last: bool, out: &mut String) {
        let skipped = self.skip.min(filled);
        self.skip -= skipped;
        let start = out.len();
        let mut raw = std::mem::take(&mut self.raw);
        let used = match &mut self.state {
            State::Utf8 { .. } => self.take_utf8(&raw[skipped..filled], last, out),
            State::Other(decoder) => {
                self.replaced += decode(decoder, &raw[skipped..filled], last, out);
                filled - skipped
            }
        };
        raw.copy_within(skipped + used..filled, 0);
        self.carried = filled - skipped - used;
        self.raw = raw;
        if memchr::memchr(0, &out.as_bytes()[start..]).is_some() {
            self.drop_nuls(start, out);
        }
    }

    /// Takes what is UTF-8 and returns how many bytes were used up.
    fn take_utf8(&mut self, bytes: &[u8], last: bool, out: &mut String) -> usize {
        let mut at = 0;
        loop {
            let rest = &bytes[at..];
            let (text, bad) = match utf8(rest) {
                Ok(text) => (text, None),
                Err(error) => {
                    let text = std::str::from_utf8(&rest[..error.valid_up_to()]);
                    (text.unwrap_or_default(), Some(error.error_len()))
                }
            };
            out.push_str(text);
            if let State::Utf8 { certain } = &mut self.state
                && !*certain
                && !text.is_ascii()
            {
                *certain = true;
                self.name = "UTF-8";
            }
            at += text.len();
            match bad {
                None => return at,
                // The character may go on in the next piece.
                Some(None) if !last => return at,
                Some(length) => {
                    if matches!(self.state, State::Utf8 { certain: false }) {
                        let mut decoder = WINDOWS_1252.new_decoder_without_bom_handling();
                        self.replaced += decode(&mut decoder, &bytes[at..], last, out);
                        self.state = State::Other(Box::new(decoder));
                        self.name = "Windows-1252";
                        return bytes.len();
                    }
                    out.push(char::REPLACEMENT_CHARACTER);
                    self.replaced += 1;
                    at += length.unwrap_or(bytes.len() - at);
                }
            }
        }
    }

    fn drop_nuls(&mut self, start: usize, out: &mut String) {
        let with = out.split_off(start);
        let nuls = memchr::memchr_iter(0, with.as_bytes()).count();
        self.nuls += nuls as u64;
        out.extend(with.split('\0'));
    }
}

fn other(encoding: &'static encoding_rs::Encoding) -> State {
    State::Other(Box::new(encoding.new_decoder_without_bom_handling()))
}

/// Bytes as text. Most are: what says no more than that is asked first, being the quicker.
///
/// # Errors
/// Where the first byte lies that is none.
pub(crate) fn utf8(bytes: &[u8]) -> Result<&str, std::str::Utf8Error> {
    simdutf8::basic::from_utf8(bytes).or_else(|_| std::str::from_utf8(bytes))
}

/// What the head alone lets one say; the stream corrects it when it meets other bytes.
fn first_look(head: &[u8]) -> &'static str {
    match utf8(head) {
        Ok(_) => "UTF-8",
        Err(error) if error.error_len().is_none() => "UTF-8",
        Err(error) if head[..error.valid_up_to()].is_ascii() => "Windows-1252",
        Err(_) => "UTF-8",
    }
}

fn utf16_without_mark(head: &[u8]) -> Option<&'static encoding_rs::Encoding> {
    let look = &head[..head.len().min(LOOK_BYTES)];
    if look.len() < 4 {
        return None;
    }
    let even = look.iter().step_by(2).filter(|byte| **byte == 0).count();
    let odd = look.iter().skip(1).step_by(2).filter(|byte| **byte == 0).count();
    let half = look.len() / 2;
    // Latin text in UTF-16 has a NUL in nearly every pair, and on one side only.
    if odd * 10 > half * 7 && even * 10 < half {
        Some(UTF_16LE)
    } else if even * 10 > half * 7 && odd * 10 < half {
        Some(UTF_16BE)
    } else {
        None
    }
}

/// Decodes a piece and returns how many sequences had to be replaced.
fn decode(decoder: &mut Decoder, bytes: &[u8], last: bool, out: &mut String) -> u64 {
    let needed = decoder.max_utf8_buffer_length(bytes.len()).unwrap_or(bytes.len() * 3 + 16);
    out.reserve(needed);
    let (_, _, replaced) = decoder.decode_to_string(bytes, out, last);
    u64::from(replaced)
}

/// The head as text, for looking only.
pub(crate) fn decode_head(head: &[u8]) -> String {
    let mut text = Text::new(head, head);
    let mut out = String::with_capacity(head.len());
    while let Ok(true) = text.fill(&mut out) {}
    out
}
