//! QUIC: whom a client asks for (RFC 9000, 9001 and 9369).
//!
//! The first packets of a connection are protected with keys that follow from what they carry in
//! the clear, so that whoever sees them can read them. All that comes later cannot be read.

use ring::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey, quic};
use ring::hkdf::{HKDF_SHA256, KeyType, Salt};

use super::{short, tls};

/// First packets of one flow that are tried.
const PACKETS_MAX: u8 = 16;
/// Bytes of the handshake that are put together.
const HELLO_BYTES_MAX: usize = 16 << 10;
/// Pieces of the handshake that wait for one before them; some clients part it into many.
const PIECES_MAX: usize = 128;
/// Bytes of one datagram that are looked at.
const DATAGRAM_BYTES_MAX: usize = 4 << 10;
/// Bytes of the name of a connection (RFC 9000, 17.2).
const NAME_BYTES_MAX: usize = 20;
const SAMPLE_BYTES: usize = 16;
const CLIENT_HELLO: u8 = 1;

/// What a version of the protocol has of its own.
struct Version {
    number: [u8; 4],
    salt: [u8; 20],
    /// The kind of the first packets, as their first byte bears it.
    kind: u8,
    labels: [&'static str; 3],
}

/// The versions that are read (RFC 9001, 5.2; RFC 9369, 3).
const VERSIONS: [Version; 2] = [
    Version {
        number: [0, 0, 0, 1],
        salt: [
            0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17, 0x9a, 0xe6, 0xa4, 0xc8,
            0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a,
        ],
        kind: 0,
        labels: ["quic key", "quic iv", "quic hp"],
    },
    Version {
        number: [0x6b, 0x33, 0x43, 0xcf],
        salt: [
            0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6, 0xdb, 0x81, 0x93, 0x81, 0xbe, 0x6e, 0x26,
            0x9d, 0xcb, 0xf9, 0xbd, 0x2e, 0xd9,
        ],
        kind: 1,
        labels: ["quicv2 key", "quicv2 iv", "quicv2 hp"],
    },
];

/// What reading a datagram gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    /// It is not of a beginning of QUIC, or none that can be read.
    Other,
    /// More of the beginning is needed.
    More,
    /// The beginning was read: the host that the client asks for, in small letters.
    Done(Option<String>),
}

/// Whether a datagram begins with a first packet of a version that is read.
#[must_use]
pub fn begins(bytes: &[u8]) -> bool {
    version(bytes).is_some_and(|version| kind(bytes[0]) == version.kind)
}

/// The version of a packet with a long header.
fn version(bytes: &[u8]) -> Option<&'static Version> {
    let long = bytes.first()? & 0x80 != 0;
    let number = bytes.get(1..5)?;
    VERSIONS.iter().find(|known| long && known.number == number)
}

fn kind(first: u8) -> u8 {
    first >> 4 & 3
}

/// The keys of the client's first packets.
struct Keys {
    packet: LessSafeKey,
    nonce: [u8; 12],
    header: quic::HeaderProtectionKey,
}

struct Bytes(usize);

impl KeyType for Bytes {
    fn len(&self) -> usize {
        self.0
    }
}

/// What a secret gives under a label (RFC 8446, 7.1).
fn expand<const N: usize>(secret: &ring::hkdf::Prk, label: &str) -> Option<[u8; N]> {
    let length = u16::try_from(N).ok()?.to_be_bytes();
    let named = u8::try_from("tls13 ".len() + label.len()).ok()?;
    let info: [&[u8]; 5] = [&length, &[named], b"tls13 ", label.as_bytes(), &[0]];
    let mut out = [0; N];
    secret.expand(&info, Bytes(N)).ok()?.fill(&mut out).ok()?;
    Some(out)
}

/// The secret, the iv and the key of headers of a client that began with that name.
fn derived(version: &Version, name: &[u8]) -> Option<([u8; 16], [u8; 12], [u8; 16])> {
    let initial = Salt::new(HKDF_SHA256, &version.salt).extract(name);
    let client: [u8; 32] = expand(&initial, "client in")?;
    let client = ring::hkdf::Prk::new_less_safe(HKDF_SHA256, &client);
    let [key, iv, header] = version.labels;
    Some((expand(&client, key)?, expand(&client, iv)?, expand(&client, header)?))
}

impl Keys {
    fn of(version: &Version, name: &[u8]) -> Option<Self> {
        let (key, nonce, header) = derived(version, name)?;
        Some(Self {
            packet: LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &key).ok()?),
            nonce,
            header: quic::HeaderProtectionKey::new(&quic::AES_128, &header).ok()?,
        })
    }

    /// What a packet carries, in `opened`. `number_at`: where its number begins.
    fn open<'o>(
        &self,
        packet: &[u8],
        number_at: usize,
        opened: &'o mut [u8; DATAGRAM_BYTES_MAX],
    ) -> Option<&'o [u8]> {
        let sample = packet.get(number_at + 4..number_at + 4 + SAMPLE_BYTES)?;
        let mask = self.header.new_mask(sample).ok()?;
        let opened = opened.get_mut(..packet.len())?;
        opened.copy_from_slice(packet);
        opened[0] ^= mask[0] & 0x0F;
        let length = usize::from(opened[0] & 3) + 1;
        let mut number = 0_u64;
        for (at, mask) in (number_at..number_at + length).zip(&mask[1..]) {
            opened[at] ^= mask;
            number = number << 8 | u64::from(opened[at]);
        }
        let mut nonce = self.nonce;
        for (byte, of) in nonce[4..].iter_mut().zip(number.to_be_bytes()) {
            *byte ^= of;
        }
        let (head, body) = opened.split_at_mut(number_at + length);
        let nonce = Nonce::assume_unique_for_key(nonce);
        self.packet.open_in_place(nonce, Aad::from(&*head), body).ok().map(|inside| &*inside)
    }
}

/// The beginning of one flow, as its datagrams come.
#[derive(Debug, Default)]
pub struct Beginning {
    /// The name with which the client began, from which all keys follow.
    name: Option<Vec<u8>>,
    /// Where each piece of the handshake begins, and its bytes.
    pieces: Vec<(usize, Vec<u8>)>,
    kept: usize,
    tried: u8,
}

/// A first packet within a datagram.
struct First<'b> {
    version: &'static Version,
    /// The name of the connection that it goes to.
    name: &'b [u8],
    packet: &'b [u8],
    number_at: usize,
}

impl Beginning {
    /// Takes a datagram of the flow.
    pub fn take(&mut self, datagram: &[u8]) -> Reading {
        let mut rest = &datagram[..datagram.len().min(DATAGRAM_BYTES_MAX)];
        let mut opened = [0; DATAGRAM_BYTES_MAX];
        let mut read = false;
        while let Some((first, behind)) = packet(rest) {
            rest = behind;
            let Some(first) = first else { continue };
            self.tried += 1;
            if self.tried > PACKETS_MAX {
                return Reading::Other;
            }
            // Later packets go to the name that the server chose; the keys stay those of the first.
            // After a Retry the client begins anew, with a name that is in the packet.
            let known = self.name.clone();
            for name in known.as_deref().into_iter().chain([first.name]) {
                let Some(keys) = Keys::of(first.version, name) else { continue };
                let inside = keys.open(first.packet, first.number_at, &mut opened);
                let Some(inside) = inside else { continue };
                if self.name.as_deref() != Some(name) {
                    self.pieces.clear();
                    self.kept = 0;
                    self.name = Some(name.to_vec());
                }
                self.frames(inside);
                read = true;
                break;
            }
        }
        match self.hello() {
            Some(body) => Reading::Done(tls::server_name(&body)),
            None if self.kept >= HELLO_BYTES_MAX || self.pieces.len() >= PIECES_MAX => {
                Reading::Other
            }
            None if read || self.name.is_some() => Reading::More,
            None => Reading::Other,
        }
    }

    /// Bytes of the handshake that are kept.
    #[must_use]
    pub fn kept(&self) -> usize {
        self.kept
    }

    /// Keeps what the frames of a packet carry of the handshake (RFC 9000, 12.4).
    fn frames(&mut self, mut rest: &[u8]) {
        const PADDING: u8 = 0;
        const PING: u8 = 1;
        const CRYPTO: u8 = 6;
        while let Some((kind, behind)) = rest.split_first() {
            rest = behind;
            match *kind {
                PADDING | PING => {}
                2 | 3 => match acknowledged(rest, *kind == 3) {
                    Some(behind) => rest = behind,
                    None => return,
                },
                CRYPTO => {
                    let Some((at, behind)) = number(rest) else { return };
                    let Some((length, behind)) = number(behind) else { return };
                    let (Ok(at), Ok(length)) = (usize::try_from(at), usize::try_from(length))
                    else {
                        return;
                    };
                    let Some((inside, behind)) = behind.split_at_checked(length) else { return };
                    rest = behind;
                    let room = at < HELLO_BYTES_MAX
                        && self.kept + length <= HELLO_BYTES_MAX
                        && self.pieces.len() < PIECES_MAX;
                    let known = self
                        .pieces
                        .iter()
                        .any(|(from, piece)| *from <= at && at + length <= from + piece.len());
                    if room && !known {
                        self.kept += length;
                        self.pieces.push((at, inside.to_vec()));
                    }
                }
                _ => return,
            }
        }
    }

    /// The body of the client's hello, once all of it is there.
    fn hello(&mut self) -> Option<Vec<u8>> {
        self.pieces.sort_by_key(|(at, _)| *at);
        let mut whole: Vec<u8> = Vec::with_capacity(self.kept);
        for (at, piece) in &self.pieces {
            let Some(known) = whole.len().checked_sub(*at) else { break };
            whole.extend_from_slice(piece.get(known..).unwrap_or_default());
        }
        let length = usize::from(*whole.get(1)?) << 16 | usize::from(short(&whole, 2)?);
        if whole[0] != CLIENT_HELLO || whole.len() < 4 + length {
            return None;
        }
        whole.truncate(4 + length);
        whole.drain(..4);
        Some(whole)
    }
}

/// A number of one, two, four or eight bytes, and what follows it (RFC 9000, 16).
fn number(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let length = 1_usize << (bytes.first()? >> 6);
    let (own, rest) = bytes.split_at_checked(length)?;
    let value =
        own[1..].iter().fold(u64::from(own[0] & 0x3F), |all, one| all << 8 | u64::from(*one));
    Some((value, rest))
}

/// What follows an acknowledgement (RFC 9000, 19.3).
fn acknowledged(bytes: &[u8], counts: bool) -> Option<&[u8]> {
    let (_, rest) = number(bytes)?;
    let (_, rest) = number(rest)?;
    let (ranges, rest) = number(rest)?;
    let (_, mut rest) = number(rest)?;
    // Each number takes at least one byte: what says more than there is, is none.
    let ranges = usize::try_from(ranges).ok().filter(|ranges| *ranges <= DATAGRAM_BYTES_MAX)?;
    for _ in 0..2 * ranges + if counts { 3 } else { 0 } {
        (_, rest) = number(rest)?;
    }
    Some(rest)
}

/// The packet that a datagram begins with, where it is a first one, and what follows it. Packets
/// with a short header have no length: they are the last.
fn packet(bytes: &[u8]) -> Option<(Option<First<'_>>, &[u8])> {
    const RETRY: [u8; 2] = [3, 0];
    let version = version(bytes)?;
    let at = VERSIONS.iter().position(|known| known.number == version.number)?;
    let mut at_byte = 5;
    let mut named = || -> Option<&[u8]> {
        let length = usize::from(*bytes.get(at_byte)?);
        let name = bytes.get(at_byte + 1..at_byte + 1 + length)?;
        at_byte += 1 + length;
        (length <= NAME_BYTES_MAX).then_some(name)
    };
    let name = named()?;
    named()?;
    let mut rest = bytes.get(at_byte..)?;
    let kind = kind(bytes[0]);
    if kind == RETRY[at] {
        return None;
    }
    let is_first = kind == version.kind;
    if is_first {
        let (length, behind) = number(rest)?;
        rest = behind.get(usize::try_from(length).ok()?..)?;
    }
    let (length, behind) = number(rest)?;
    let number_at = bytes.len() - behind.len();
    // A packet that is cut short cannot be opened, and nothing follows it.
    let end = number_at.checked_add(usize::try_from(length).ok()?)?;
    let packet = bytes.get(..end)?;
    let first = is_first.then_some(First { version, name, packet, number_at });
    Some((first, &bytes[end..]))
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::wire::tls::tests::hello;

    pub(crate) fn unhex(text: &str) -> Vec<u8> {
        let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
        let pair = |two: &[u8]| u8::from_str_radix(std::str::from_utf8(two).unwrap(), 16).unwrap();
        digits.chunks(2).map(pair).collect()
    }

    /// A client's first packet with these frames, as it goes over the wire.
    pub(crate) fn sealed(v2: bool, names: [&[u8]; 2], number: u32, frames: &[u8]) -> Vec<u8> {
        let version = &VERSIONS[usize::from(v2)];
        let keys = Keys::of(version, names[0]).unwrap();
        let mut packet = vec![0xC3 | version.kind << 4];
        packet.extend(version.number);
        packet.push(u8::try_from(names[1].len()).unwrap());
        packet.extend(names[1]);
        packet.extend([0, 0]);
        let length = u16::try_from(4 + frames.len() + 16).unwrap();
        packet.extend((0x4000 | length).to_be_bytes());
        let number_at = packet.len();
        packet.extend(number.to_be_bytes());
        let mut nonce = keys.nonce;
        for (byte, of) in nonce[8..].iter_mut().zip(number.to_be_bytes()) {
            *byte ^= of;
        }
        let nonce = Nonce::assume_unique_for_key(nonce);
        let mut body = frames.to_vec();
        let tag = keys.packet.seal_in_place_separate_tag(nonce, Aad::from(&packet), &mut body);
        packet.extend(body);
        packet.extend(tag.unwrap().as_ref());
        let mask = keys.header.new_mask(&packet[number_at + 4..number_at + 20]).unwrap();
        packet[0] ^= mask[0] & 0x0F;
        for (byte, of) in packet[number_at..number_at + 4].iter_mut().zip(&mask[1..]) {
            *byte ^= of;
        }
        packet
    }

    /// A frame that carries a piece of the handshake.
    pub(crate) fn crypto(at: usize, inside: &[u8]) -> Vec<u8> {
        let word = |number: usize| (0x4000 | u16::try_from(number).unwrap()).to_be_bytes();
        [&[6][..], &word(at), &word(inside.len()), inside].concat()
    }

    /// A client's hello with the header of its message.
    pub(crate) fn message(host: &str, padding: usize) -> Vec<u8> {
        let body = hello(host, padding);
        let length = u32::try_from(body.len()).unwrap().to_be_bytes();
        [&[CLIENT_HELLO][..], &length[1..], &body].concat()
    }

    /// RFC 9001, appendix A: the keys, then the packet, of which the ends are given here; the tag
    /// at its end holds only where every byte before it is right.
    #[test]
    fn the_example_of_the_standard_is_read() {
        let name = unhex("8394c8f03e515708");
        let (key, iv, header) = derived(&VERSIONS[0], &name).unwrap();
        assert_eq!(key.to_vec(), unhex("1f369613dd76d5467730efcbe3b1a22d"));
        assert_eq!(iv.to_vec(), unhex("fa044b2f42a3fd3b46fb255c"));
        assert_eq!(header.to_vec(), unhex("9f50449e04a0e810283a1e9933adedd2"));
        let mut frames = unhex(
            "060040f1010000ed0303ebf8fa56f12939b9584a3896472ec40bb863cfd3e868
             04fe3a47f06a2b69484c00000413011302010000c000000010000e00000b6578
             616d706c652e636f6dff01000100000a00080006001d00170018001000070005
             04616c706e000500050100000000003300260024001d00209370b2c9caa47fba
             baf4559fedba753de171fa71f50f1ce15d43e994ec74d748002b000302030400
             0d0010000e0403050306030203080408050806002d00020101001c0002400100
             3900320408ffffffffffffffff05048000ffff07048000ffff08011001048000
             75300901100f088394c8f03e51570806048000ffff",
        );
        frames.resize(1_162, 0);
        let packet = sealed(false, [&name, &name], 2, &frames);
        let begins_with = unhex(
            "c000000001088394c8f03e5157080000449e7b9aec34d1b1c98dd7689fb8ec11
             d242b123dc9bd8bab936b47d92ec356c",
        );
        assert_eq!(packet.len(), 1_200);
        assert_eq!(packet[..begins_with.len()], begins_with);
        assert_eq!(packet[1_184..], unhex("e221af44860018ab0856972e194cd934"));
        assert!(begins(&packet));
        let asked = Some("example.com".to_owned());
        assert_eq!(Beginning::default().take(&packet), Reading::Done(asked));
    }

    /// RFC 9369, appendix A.
    #[test]
    fn the_second_version_has_keys_of_its_own() {
        let name = unhex("8394c8f03e515708");
        let (key, iv, header) = derived(&VERSIONS[1], &name).unwrap();
        assert_eq!(key.to_vec(), unhex("8b1a0bc121284290a29e0971b5cd045d"));
        assert_eq!(iv.to_vec(), unhex("91f73e2351d8fa91660e909f"));
        assert_eq!(header.to_vec(), unhex("45b95e15235d6f45a6b19cbcb0294ba9"));
        let packet = sealed(true, [&name, &name], 0, &crypto(0, &message("a.example", 10)));
        let asked = Some("a.example".to_owned());
        assert_eq!(Beginning::default().take(&packet), Reading::Done(asked));
    }

    #[test]
    fn a_hello_is_put_together_out_of_several_packets_in_any_order() {
        let whole = message("cam.example.test", 1_300);
        let (one, two) = whole.split_at(700);
        let (first, second): (&[u8], &[u8]) = (b"firstname", b"chosen");
        let acknowledged = [2, 5, 0, 1, 0, 1, 1];
        let late = [&acknowledged[..], &crypto(700, two), &[0; 9]].concat();
        let asked = Some("cam.example.test".to_owned());
        let early = sealed(false, [first, first], 0, &[&[1][..], &crypto(0, one)].concat());
        // The second goes to the name that the server chose.
        let late = sealed(false, [first, second], 1, &late);
        let mut beginning = Beginning::default();
        assert_eq!(beginning.take(&early), Reading::More);
        assert_eq!(beginning.take(&late), Reading::Done(asked.clone()));
        let parts =
            [crypto(100, &whole[100..]), crypto(0, &whole[..60]), crypto(50, &whole[50..120])];
        let all = sealed(false, [first, first], 7, &parts.concat());
        assert_eq!(Beginning::default().take(&all), Reading::Done(asked.clone()));
        let both = [early, sealed(false, [first, first], 1, &crypto(700, two))].concat();
        assert_eq!(Beginning::default().take(&both), Reading::Done(asked));
    }

    #[test]
    fn what_is_changed_or_cut_is_no_beginning() {
        let name: &[u8] = b"firstname";
        let packet = sealed(false, [name, name], 0, &crypto(0, &message("a.example", 900)));
        for end in 0..packet.len() {
            assert_eq!(Beginning::default().take(&packet[..end]), Reading::Other, "{end}");
        }
        let mut changed = packet.clone();
        changed[500] ^= 1;
        assert_eq!(Beginning::default().take(&changed), Reading::Other);
        assert!(!begins(b"DHGET /probe/p2psrv HTTP/1.1"));
    }

    #[test]
    fn what_never_ends_is_given_up() {
        let name: &[u8] = b"firstname";
        let mut beginning = Beginning::default();
        let mut given_up = false;
        for at in 0..200 {
            let packet = sealed(false, [name, name], at, &crypto(1 + at as usize, b"x"));
            given_up |= beginning.take(&packet) == Reading::Other;
        }
        assert!(given_up && beginning.kept() <= HELLO_BYTES_MAX);
    }

    proptest! {
        #[test]
        fn no_bytes_bring_it_down(
            bytes in proptest::collection::vec(any::<u8>(), 0..300),
            frames in proptest::collection::vec(any::<u8>(), 4..300),
        ) {
            let _ = Beginning::default().take(&bytes);
            let long = [&[0xC0, 0, 0, 0, 1][..], &bytes].concat();
            let _ = Beginning::default().take(&long);
            let _ = Beginning::default().take(&sealed(false, [b"name", b"name"], 0, &frames));
        }
    }
}
