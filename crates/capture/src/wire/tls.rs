//! TLS: whom a client asks for, and the certificate that a server shows (RFC 8446, 6066, 5246).
//!
//! A beginning that is split over several records or segments is read once all of it is there:
//! those with keys against quantum computers always are.

use super::short;

/// What a record is.
const HANDSHAKE: u8 = 22;
const CHANGE: u8 = 20;
const ALERT: u8 = 21;
const RECORD_HEADER: usize = 5;
/// Bytes of a record at most, with what its protection adds (RFC 5246, 6.2.3).
const RECORD_BYTES_MAX: usize = (1 << 14) + 2048;
const CLIENT_HELLO: u8 = 1;
const SERVER_HELLO: u8 = 2;
const CERTIFICATE: u8 = 11;
/// Bytes of the handshake that are looked at.
const HANDSHAKE_BYTES_MAX: usize = 16 << 10;

/// What the beginning of a direction says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Beginning {
    /// Whether it is the client's.
    pub is_client: bool,
    /// The host that the client asks for, in small letters.
    pub asked: Option<String>,
    /// The server's own certificate, as it is encoded (DER); with TLS 1.3 none can be seen.
    pub certificate: Option<Vec<u8>>,
}

/// What reading the beginning of bytes gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    /// It is no TLS.
    Other,
    /// More of it is needed.
    More,
    /// All that can be read.
    Done(Beginning),
}

/// Whether bytes may begin a direction of TLS.
#[must_use]
pub fn begins(bytes: &[u8]) -> bool {
    match bytes {
        [HANDSHAKE] | [HANDSHAKE, 3] => true,
        [HANDSHAKE, 3, minor, ..] => *minor <= 4,
        _ => false,
    }
}

/// Reads the beginning of a direction. `ended`: nothing more comes.
#[must_use]
pub fn read(bytes: &[u8], ended: bool) -> Reading {
    if !begins(bytes) {
        return Reading::Other;
    }
    let (handshake, more) = joined(bytes);
    let mut found = Beginning::default();
    let mut rest = &handshake[..];
    let mut complete = false;
    while let Some((kind, body, behind)) = message(rest) {
        match kind {
            CLIENT_HELLO => {
                found.is_client = true;
                found.asked = server_name(body);
                complete = true;
            }
            // The certificate follows, unless it is hidden: then nothing in the clear does.
            SERVER_HELLO => complete = is_hidden(body),
            CERTIFICATE => {
                found.certificate = first_certificate(body);
                complete = true;
            }
            _ => {}
        }
        if complete {
            return Reading::Done(found);
        }
        rest = behind;
    }
    let full = handshake.len() >= HANDSHAKE_BYTES_MAX;
    if more && !ended && !full { Reading::More } else { Reading::Done(found) }
}

/// The handshake out of its records, and whether more of it may come.
fn joined(bytes: &[u8]) -> (Vec<u8>, bool) {
    let mut handshake = Vec::new();
    let mut rest = bytes;
    while let (Some(kind), Some(length)) = (rest.first(), short(rest, 3)) {
        let length = usize::from(length);
        let known = matches!(*kind, HANDSHAKE | CHANGE | ALERT);
        if !known || length > RECORD_BYTES_MAX || handshake.len() >= HANDSHAKE_BYTES_MAX {
            return (handshake, false);
        }
        let inside = &rest[RECORD_HEADER..];
        // What follows a change of keys cannot be read.
        if *kind == CHANGE {
            return (handshake, false);
        }
        if *kind == HANDSHAKE {
            handshake.extend_from_slice(&inside[..length.min(inside.len())]);
        }
        if inside.len() < length {
            return (handshake, true);
        }
        rest = &inside[length..];
    }
    (handshake, true)
}

/// A number of three bytes.
fn three(bytes: &[u8], at: usize) -> Option<usize> {
    let bytes = bytes.get(at..at + 3)?;
    Some(usize::from(bytes[0]) << 16 | usize::from(bytes[1]) << 8 | usize::from(bytes[2]))
}

/// A message that is whole: its kind, its body and what follows.
fn message(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let length = three(bytes, 1)?;
    let (body, behind) = bytes.get(4..)?.split_at_checked(length)?;
    Some((bytes[0], body, behind))
}

/// The extensions of a hello, behind what each kind of it has before them.
fn extensions(body: &[u8], is_client: bool) -> Option<&[u8]> {
    let session_at = 2 + 32;
    let mut at = session_at + 1 + usize::from(*body.get(session_at)?);
    if is_client {
        at += 2 + usize::from(short(body, at)?);
        at += 1 + usize::from(*body.get(at)?);
    } else {
        at += 3;
    }
    let length = usize::from(short(body, at)?);
    let all = body.get(at + 2..)?;
    Some(&all[..length.min(all.len())])
}

/// Each extension: its number and what it holds.
fn each(mut all: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    std::iter::from_fn(move || {
        let (number, length) = (short(all, 0)?, usize::from(short(all, 2)?));
        let (inside, rest) = all.get(4..)?.split_at_checked(length)?;
        all = rest;
        Some((number, inside))
    })
}

/// The host that a client asks for (RFC 6066, 3).
pub(crate) fn server_name(body: &[u8]) -> Option<String> {
    const SERVER_NAME: u16 = 0;
    const HOST_NAME: u8 = 0;
    let (_, inside) = each(extensions(body, true)?).find(|(number, _)| *number == SERVER_NAME)?;
    if *inside.get(2)? != HOST_NAME {
        return None;
    }
    let length = usize::from(short(inside, 3)?);
    let host = std::str::from_utf8(inside.get(5..5 + length)?).ok()?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
    (!host.is_empty() && host.bytes().all(plain)).then(|| host.to_ascii_lowercase())
}

/// Whether a server's hello is of a version that hides all that follows (RFC 8446, 4.2.1).
fn is_hidden(body: &[u8]) -> bool {
    const VERSIONS: u16 = 43;
    let hidden = |all| {
        each(all).any(|(number, inside)| {
            number == VERSIONS && short(inside, 0).is_some_and(|version| version >= 0x0304)
        })
    };
    extensions(body, false).is_some_and(hidden)
}

/// The first of the certificates, which is the server's own.
fn first_certificate(body: &[u8]) -> Option<Vec<u8>> {
    let length = three(body, 3)?;
    Some(body.get(6..6 + length)?.to_vec())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    fn counted<const N: usize>(inside: &[u8]) -> Vec<u8> {
        let length = inside.len().to_be_bytes();
        [&length[length.len() - N..], inside].concat()
    }

    /// A client's hello for a host, without the header of the message.
    pub(crate) fn hello(host: &str, padding: usize) -> Vec<u8> {
        let name = counted::<2>(&[&[0][..], &counted::<2>(host.as_bytes())].concat());
        let share = counted::<2>(&vec![7; padding]);
        let all = [&[0, 51][..], &share, &[0, 0], &counted::<2>(&name)].concat();
        let before = [&[3, 3][..], &[9; 32], &[0], &counted::<2>(&[0x13, 1]), &counted::<1>(&[0])];
        [before.concat(), counted::<2>(&all)].concat()
    }

    fn handshake(kind: u8, body: &[u8]) -> Vec<u8> {
        [&[kind][..], &counted::<3>(body)].concat()
    }

    fn record(inside: &[u8]) -> Vec<u8> {
        [&[HANDSHAKE, 3, 1][..], &counted::<2>(inside)].concat()
    }

    #[test]
    fn a_hello_is_read_once_all_of_it_is_there() {
        let bytes = record(&handshake(CLIENT_HELLO, &hello("Cam.Example.test", 1_300)));
        let whole = read(&bytes, false);
        let asked = Some("cam.example.test".to_owned());
        assert_eq!(whole, Reading::Done(Beginning { is_client: true, asked, certificate: None }));
        for end in 1..bytes.len() {
            assert_eq!(read(&bytes[..end], false), Reading::More, "{end}");
            assert!(matches!(read(&bytes[..end], true), Reading::Done(_)));
        }
        let parted = handshake(CLIENT_HELLO, &hello("cam.example.test", 10));
        let (one, two) = parted.split_at(20);
        assert_eq!(read(&[record(one), record(two)].concat(), false), whole);
    }

    #[test]
    fn a_certificate_is_seen_where_it_is_not_hidden() {
        let server = [&[3, 3][..], &[9; 32], &[0], &[0x00, 0x2F, 0]].concat();
        let shown = counted::<3>(&[counted::<3>(b"der"), counted::<3>(b"issuer")].concat());
        let bytes = [handshake(SERVER_HELLO, &server), handshake(CERTIFICATE, &shown)].concat();
        let Reading::Done(found) = read(&record(&bytes), false) else { panic!("it is whole") };
        assert_eq!(found.certificate.as_deref(), Some(&b"der"[..]));
        let version = counted::<2>(&[0, 43, 0, 2, 3, 4]);
        let hidden = handshake(SERVER_HELLO, &[&server[..], &version].concat());
        assert_eq!(read(&record(&hidden), false), Reading::Done(Beginning::default()));
    }
}
