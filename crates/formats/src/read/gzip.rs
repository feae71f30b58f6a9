//! Input that counts what was read of it and unpacks itself when it is packed.

use std::cell::Cell;
use std::io::{self, Cursor, Read};
use std::rc::Rc;

use super::unpack::Packing;

/// Bytes of the input that are looked at to tell its format.
pub(crate) const HEAD_BYTES: usize = 64 * 1024;

/// Counts the bytes that pass.
pub(crate) struct Counted<R> {
    inner: R,
    count: Rc<Cell<u64>>,
}

impl<R: Read> Counted<R> {
    /// Counts into `count`.
    pub(crate) const fn new(inner: R, count: Rc<Cell<u64>>) -> Self {
        Self { inner, count }
    }
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.count.set(self.count.get() + read as u64);
        Ok(read)
    }
}

/// An input whose first bytes were looked at and are given again.
pub(crate) type Headed<'a> = io::Chain<Cursor<Vec<u8>>, Box<dyn Read + 'a>>;

/// The opened input.
pub(crate) struct Opened<'a> {
    /// Its first bytes, unpacked.
    pub(crate) head: Vec<u8>,
    /// All of it, unpacked, from the first byte on.
    pub(crate) input: Headed<'a>,
    /// Whether it was packed.
    pub(crate) packed: bool,
    /// What stopped the reading within the head.
    pub(crate) error: Option<io::Error>,
}

/// Looks at the start of an input and unpacks it when it is packed. `read` counts what is read
/// of it.
///
/// # Errors
/// When not even the first bytes can be read.
pub(crate) fn open<'a>(input: Box<dyn Read + 'a>, read: Rc<Cell<u64>>) -> io::Result<Opened<'a>> {
    let mut input = Counted::new(input, Rc::clone(&read));
    let (sign, error) = read_up_to(&mut input, Packing::SIGN_BYTES);
    if let Some(error) = error {
        return Err(error);
    }
    let packing = Packing::of(&sign);
    let whole = Cursor::new(sign).chain(input);
    let mut plain: Box<dyn Read + 'a> = match packing {
        Some(packing) => packing.unpack(whole, read),
        None => Box::new(whole),
    };
    let (head, error) = read_up_to(&mut plain, HEAD_BYTES);
    // What failed within the head fails again after it: an unpacker may not say it twice.
    let rest: Box<dyn Read + 'a> = match &error {
        Some(error) => Box::new(Failing(io::Error::new(error.kind(), error.to_string()))),
        None => plain,
    };
    let input = Cursor::new(head.clone()).chain(rest);
    Ok(Opened { head, input, packed: packing.is_some(), error })
}

/// An input that fails.
struct Failing(io::Error);

impl Read for Failing {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::Error::new(self.0.kind(), self.0.to_string()))
    }
}

/// Reads until so many bytes are there, the input ends or fails.
fn read_up_to(input: &mut dyn Read, wanted: usize) -> (Vec<u8>, Option<io::Error>) {
    let mut bytes = vec![0; wanted];
    let mut filled = 0;
    let mut error = None;
    while filled < wanted {
        match input.read(&mut bytes[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(why) if why.kind() == io::ErrorKind::Interrupted => {}
            Err(why) => {
                error = Some(why);
                break;
            }
        }
    }
    bytes.truncate(filled);
    (bytes, error)
}
