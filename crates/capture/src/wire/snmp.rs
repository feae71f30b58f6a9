//! SNMP: how a device describes itself (RFC 1157, 1901, 3416, 3418). The community string is a
//! password and is passed over.

use super::{Said, text};

/// Bytes of one message that are read.
const MESSAGE_BYTES_MAX: usize = 4 << 10;
/// Values of one message that are looked at.
const VALUES_MAX: usize = 64;
/// Bytes of a description that are kept; the standard allows 255.
const DESCRIPTION_BYTES_MAX: usize = 255;

const NUMBER: u8 = 0x02;
const TEXT: u8 = 0x04;
const NAME: u8 = 0x06;
const LIST: u8 = 0x30;
/// What answers, and what reports unasked in the second version; all are written alike.
const TELLS: [u8; 3] = [0xA2, 0xA6, 0xA7];
/// 1.3.6.1.2.1.1.1.0, the description of the system, as it is encoded.
const DESCRIPTION: [u8; 8] = [0x2B, 6, 1, 2, 1, 1, 1, 0];

/// A value: what it is, what it holds, and what follows it.
fn part(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let [kind, length, rest @ ..] = bytes else { return None };
    let (length, rest) = match *length {
        short @ 0..=0x7F => (usize::from(short), rest),
        0x81 => (usize::from(*rest.first()?), rest.get(1..)?),
        0x82 => (usize::from(super::short(rest, 0)?), rest.get(2..)?),
        _ => return None,
    };
    let (inside, behind) = rest.split_at_checked(length)?;
    Some((*kind, inside, behind))
}

/// A value that has to be of a kind.
fn of(kind: u8, bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (found, inside, behind) = part(bytes)?;
    (found == kind).then_some((inside, behind))
}

/// How the device that sends a message describes itself.
#[must_use]
pub fn read(bytes: &[u8]) -> Option<Said> {
    let (message, _) = of(LIST, &bytes[..bytes.len().min(MESSAGE_BYTES_MAX)])?;
    let (version, rest) = of(NUMBER, message)?;
    // The first version and the second; the third hides what it says, or names somebody.
    if !matches!(version, [0 | 1]) {
        return None;
    }
    let (_community, rest) = of(TEXT, rest)?;
    let (tells, mut rest, _) = part(rest)?;
    if !TELLS.contains(&tells) {
        return None;
    }
    // Its number, and how and where it failed.
    for _ in 0..3 {
        (_, rest) = of(NUMBER, rest)?;
    }
    let (mut values, _) = of(LIST, rest)?;
    for _ in 0..VALUES_MAX {
        let (value, behind) = of(LIST, values)?;
        values = behind;
        let (name, held) = of(NAME, value)?;
        if name == DESCRIPTION {
            let (described, _) = of(TEXT, held)?;
            let said = text(described, DESCRIPTION_BYTES_MAX);
            let said = said.trim_matches(['\0', ' ', '\r', '\n']);
            return (!said.is_empty()).then(|| Said::Reply("snmp", said.to_owned()));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn held(kind: u8, inside: &[u8]) -> Vec<u8> {
        [&[kind, u8::try_from(inside.len()).unwrap()][..], inside].concat()
    }

    fn message(version: u8, tells: u8, name: &[u8], described: &[u8]) -> Vec<u8> {
        let other = held(LIST, &[held(NAME, &[0x2B, 6, 1]), held(NUMBER, &[5])].concat());
        let value = held(LIST, &[held(NAME, name), held(TEXT, described)].concat());
        let values = held(LIST, &[other, value].concat());
        let numbers = [held(NUMBER, &[1, 2, 3]), held(NUMBER, &[0]), held(NUMBER, &[0])].concat();
        let inside = held(tells, &[numbers, values].concat());
        let head = [held(NUMBER, &[version]), held(TEXT, b"secret")].concat();
        held(LIST, &[head, inside].concat())
    }

    #[test]
    fn a_description_is_read_and_the_password_is_not() {
        let wanted = Some(Said::Reply("snmp", "Network Camera 1".to_owned()));
        for version in [0, 1] {
            let bytes = message(version, 0xA2, &DESCRIPTION, b"Network Camera 1\0");
            assert_eq!(read(&bytes), wanted);
            for end in 0..bytes.len() {
                assert_eq!(read(&bytes[..end]), None, "{end}");
            }
        }
        let asks = message(1, 0xA0, &DESCRIPTION, b"Network Camera 1");
        assert_eq!(read(&asks), None, "who asks describes nothing");
        assert_eq!(read(&message(3, 0xA2, &DESCRIPTION, b"x")), None);
        assert_eq!(read(&message(1, 0xA2, &[0x2B, 6, 1, 2, 1, 1, 6, 0], b"Bob's room")), None);
    }

    proptest! {
        #[test]
        fn no_bytes_bring_it_down(
            bytes in proptest::collection::vec(any::<u8>(), 0..200),
            at in any::<prop::sample::Index>(),
            with in any::<u8>(),
        ) {
            let _ = read(&bytes);
            let mut changed = message(1, 0xA2, &DESCRIPTION, b"Network Camera 1");
            let at = at.index(changed.len());
            changed[at] = with;
            let got = format!("{:?}", read(&changed));
            prop_assert!(!got.contains("secret"));
        }
    }
}
