//! DNS, and multicast DNS, which is written alike (RFC 1035, 6762, 6763).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::short;

/// Records of one message that are read.
const RECORDS_MAX: usize = 64;
/// Pointers within one name.
const POINTERS_MAX: usize = 16;
/// Bytes of a name (RFC 1035, 2.3.4).
const NAME_BYTES_MAX: usize = 255;
/// Bytes of the texts of one record that are kept.
const TEXT_BYTES_MAX: usize = 1_024;
const HEADER_BYTES: usize = 12;

/// A message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Message {
    /// The number by which an answer belongs to its question.
    pub id: u16,
    /// Whether it answers.
    pub answers: bool,
    /// The names that it asks for, in small letters.
    pub asked: Vec<String>,
    /// What it answers.
    pub records: Vec<Record>,
}

/// A record: a name, in small letters, and what stands under it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The name.
    pub name: String,
    /// What stands there.
    pub holds: Holds,
}

/// What stands under a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holds {
    /// An address.
    Address(IpAddr),
    /// The name that it is another name of.
    Alias(String),
    /// Of a service an instance (`PTR`), letters as they are written.
    Instance(String),
    /// Where a service is: host and port.
    Service(String, u16),
    /// Texts, `key=value` one after the other, parted by blanks.
    Texts(String),
}

/// Reads a message; nothing where it is none.
#[must_use]
pub fn read(bytes: &[u8]) -> Option<Message> {
    let flags = short(bytes, 2)?;
    // Only plain questions and their answers: no transfer, no change.
    if flags & 0x7800 != 0 {
        return None;
    }
    let counts: Vec<usize> =
        (0..4).map(|at| short(bytes, 4 + 2 * at).map(usize::from)).collect::<Option<_>>()?;
    let id = short(bytes, 0)?;
    let mut message = Message { id, answers: flags & 0x8000 != 0, ..Message::default() };
    let mut at = HEADER_BYTES;
    for _ in 0..counts[0].min(RECORDS_MAX) {
        let (name, end) = name(bytes, at)?;
        bytes.get(end..end + 4)?;
        at = end + 4;
        if !name.is_empty() {
            message.asked.push(name.to_lowercase());
        }
    }
    if counts[0] > RECORDS_MAX {
        return Some(message);
    }
    let others = counts[1] + counts[2] + counts[3];
    for _ in 0..others.min(RECORDS_MAX) {
        // What is cut off is missing; what stands before it was said.
        let Some(end) = record(bytes, at, &mut message) else { break };
        at = end;
    }
    let said = !message.asked.is_empty() || !message.records.is_empty();
    said.then_some(message)
}

/// Reads a record and gives where the next begins.
fn record(bytes: &[u8], at: usize, message: &mut Message) -> Option<usize> {
    let (owner, at) = name(bytes, at)?;
    let kind = short(bytes, at)?;
    let length = usize::from(short(bytes, at + 8)?);
    let start = at + 10;
    let inside = bytes.get(start..start + length)?;
    let holds = match kind {
        1 => {
            <[u8; 4]>::try_from(inside).ok().map(|four| Holds::Address(Ipv4Addr::from(four).into()))
        }
        28 => {
            <[u8; 16]>::try_from(inside).ok().map(|six| Holds::Address(Ipv6Addr::from(six).into()))
        }
        5 => name(bytes, start).map(|(name, _)| Holds::Alias(name.to_lowercase())),
        12 => name(bytes, start).map(|(name, _)| Holds::Instance(name)),
        16 => Some(Holds::Texts(texts(inside))),
        33 => {
            let port = short(inside, 4);
            let host = name(bytes, start + 6);
            host.zip(port).map(|((host, _), port)| Holds::Service(host, port))
        }
        _ => None,
    };
    if let Some(holds) = holds {
        message.records.push(Record { name: owner, holds });
    }
    Some(start + length)
}

/// A name and where the bytes behind it begin.
fn name(bytes: &[u8], mut at: usize) -> Option<(String, usize)> {
    let mut name = Vec::new();
    let mut behind = None;
    let mut pointers = 0;
    loop {
        let length = usize::from(*bytes.get(at)?);
        match length {
            0 => break,
            1..=0x3F => {
                let label = bytes.get(at + 1..at + 1 + length)?;
                if name.len() + length + 1 > NAME_BYTES_MAX {
                    return None;
                }
                if !name.is_empty() {
                    name.push(b'.');
                }
                name.extend_from_slice(label);
                at += 1 + length;
            }
            0xC0.. => {
                pointers += 1;
                behind.get_or_insert(at + 2);
                // A name that points at itself would be read for ever.
                if pointers > POINTERS_MAX {
                    return None;
                }
                at = usize::from(short(bytes, at)? & 0x3FFF);
            }
            _ => return None,
        }
    }
    let end = behind.unwrap_or(at + 1);
    Some((String::from_utf8_lossy(&name).into_owned(), end))
}

/// The texts of a record, each with its length before it.
fn texts(mut inside: &[u8]) -> String {
    let mut all = String::new();
    while let Some((length, rest)) = inside.split_first() {
        let Some((text, rest)) = rest.split_at_checked(usize::from(*length)) else { break };
        inside = rest;
        if all.len() + text.len() > TEXT_BYTES_MAX {
            break;
        }
        if !all.is_empty() && !text.is_empty() {
            all.push(' ');
        }
        all.push_str(&String::from_utf8_lossy(text));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A message of one question and one answer that points back at it.
    fn answer() -> Vec<u8> {
        let mut bytes = vec![0, 1, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0];
        bytes.extend(b"\x03WWW\x07example\x04test\x00\x00\x01\x00\x01");
        bytes.extend(b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\xc0\x00\x02\x07");
        bytes
    }

    #[test]
    fn questions_and_answers_are_read() {
        let message = read(&answer()).unwrap();
        assert_eq!(message.asked, ["www.example.test"]);
        let address = Holds::Address(Ipv4Addr::new(192, 0, 2, 7).into());
        assert_eq!(message.records, [Record { name: "WWW.example.test".into(), holds: address }]);
        for end in 0..answer().len() {
            let _ = read(&answer()[..end]);
        }
    }

    #[test]
    fn a_name_that_points_at_itself_is_none() {
        let bytes = b"\0\x01\0\0\0\x01\0\0\0\0\0\0\xc0\x0c\0\x01\0\x01";
        assert_eq!(read(bytes), None);
    }
}
