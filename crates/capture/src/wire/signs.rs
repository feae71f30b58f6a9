//! Signs of the services through which makers reach devices from outside. What only says which
//! service it is names no maker: many labels' devices use the same one. Of what such messages carry
//! nothing is kept, since the names that they use for a device open it.

use super::{Said, http};

/// The service of Dahua's firmware, whose messages are written like HTTP (`DHGET`, `DHPOST`).
pub const DAHUA: &str = "dahua-p2p";
/// The service of Xiongmai's firmware: messages in JSON, posted in the clear.
pub const XIONGMAI: &str = "xmeye";
/// PPPP, which CS2 Network and Yunni (iLnkP2P) sell to many.
pub const PPPP: &str = "pppp";
/// Kalay, which ThroughTek sells to many.
pub const KALAY: &str = "kalay";
/// What Reolink's devices speak, on the network and beyond.
pub const REOLINK: &str = "reolink";
/// What Dahua's devices speak with their own programs.
pub const DAHUA_PRIVATE: &str = "dahua-private";
/// What Xiongmai's devices speak with their own programs (DVRIP).
pub const XIONGMAI_PRIVATE: &str = "dvrip";
/// What TVT's devices greet with, and those of others that do alike (ZOSI, Uniden).
pub const HEAD: &str = "head-banner";

/// What datagrams of Dahua's service begin with: words of its own, and since 2022 at the latest
/// those of HTTP (as seen of an Amcrest IP2M-841), which nobody else sends in datagrams.
const DAHUA_BEGINS: [&[u8]; 4] =
    [b"DHGET ", b"DHPOST ", b"GET /p2p/stun/", b"GET /heartbeat/device/"];

/// The sign that a datagram bears.
#[must_use]
pub fn of_datagram(from: u16, to: u16, bytes: &[u8]) -> Option<&'static str> {
    if DAHUA_BEGINS.iter().any(|begins| bytes.starts_with(begins)) {
        Some(DAHUA)
    } else if is_pppp(from, to, bytes) {
        Some(PPPP)
    } else if is_kalay(bytes) {
        Some(KALAY)
    } else if is_reolink(bytes) {
        Some(REOLINK)
    } else {
        None
    }
}

/// Whether a datagram asks or answers, where its own words tell: those of HTTP, which Dahua's
/// service speaks too, and of STUN (RFC 8489, 5). True: it answers.
#[must_use]
pub fn answers(bytes: &[u8]) -> Option<bool> {
    const COOKIE: [u8; 4] = [0x21, 0x12, 0xA4, 0x42];
    const CLASS: u16 = 0x0110;
    if bytes.len() >= http::BYTES_MIN && http::begins(bytes) {
        return Some(bytes.starts_with(b"HTTP/") || bytes.starts_with(b"RTSP/"));
    }
    if DAHUA_BEGINS.iter().any(|begins| bytes.starts_with(begins)) {
        return Some(false);
    }
    let (head, cookie) = (bytes.first_chunk::<2>()?, bytes.get(4..8)?);
    match u16::from_be_bytes(*head) {
        _ if cookie != COOKIE => None,
        kind @ ..0x4000 if kind & CLASS == 0 => Some(false),
        kind @ ..0x4000 if kind & CLASS != 0x0010 => Some(true),
        _ => None,
    }
}

/// The sign that the first bytes of a direction of a stream bear. `serves`: whether they are of the
/// end that was asked, at this port.
#[must_use]
pub fn of_stream(port: u16, serves: bool, bytes: &[u8]) -> Option<&'static str> {
    // pytvt reads 64 bytes at once, which begin so.
    const HEAD_BYTES: usize = 64;
    // neolink reads headers of 20 or 24 bytes behind this.
    const REOLINK_MAGIC: [u8; 4] = [0xF0, 0xDE, 0xBC, 0x0A];
    // DahuaConsole and python-dvr each read headers of that length.
    const DAHUA_BYTES: usize = 32;
    const DVRIP_BYTES: usize = 20;
    match port {
        6_036 | 9_008 | 9_000
            if serves && bytes.len() >= HEAD_BYTES && bytes.starts_with(b"head") =>
        {
            Some(HEAD)
        }
        9_000 if bytes.starts_with(&REOLINK_MAGIC) => Some(REOLINK),
        37_777 if bytes.len() >= DAHUA_BYTES && is_dahua(bytes) => Some(DAHUA_PRIVATE),
        34_567 if bytes.len() >= DVRIP_BYTES && bytes[0] == 0xFF && bytes[1] <= 1 => {
            Some(XIONGMAI_PRIVATE)
        }
        _ => None,
    }
}

/// Whether streams that go to a port may bear a sign.
#[must_use]
pub fn is_port(port: u16) -> bool {
    matches!(port, 6_036 | 9_000 | 9_008 | 34_567 | 37_777)
}

/// A frame of Dahua's own: what it is stands in its first byte, or DHIP behind the length of the
/// header (DahuaConsole).
fn is_dahua(bytes: &[u8]) -> bool {
    matches!(bytes[0], 0xA0 | 0xA3 | 0xB0 | 0xB3 | 0xF6)
        || bytes.starts_with(b"\x20\x00\x00\x00DHIP")
}

/// The realm in the answer of a device of Dahua's to whoever begins a login, which holds its serial
/// number (mcw0, "Dahua DH P2P", 2020). The number to be used once that follows is passed over.
#[must_use]
pub fn dahua_realm(bytes: &[u8]) -> Option<Said> {
    const HEADER_BYTES: usize = 32;
    const ANSWER: u8 = 0xB0;
    const REALM: &[u8] = b"Realm:";
    const REALM_BYTES_MAX: usize = 64;
    let behind = bytes.get(HEADER_BYTES..).filter(|_| bytes[0] == ANSWER)?;
    let realm = behind.strip_prefix(REALM)?;
    let end = realm.iter().take(REALM_BYTES_MAX).position(|byte| *byte == b'\r')?;
    let realm = std::str::from_utf8(&realm[..end]).ok()?;
    let plain = realm.starts_with("Login to ") && !realm.contains(char::is_control);
    plain.then(|| Said::Reply("auth_realm", realm.to_owned()))
}

/// PPPP: a mark, a kind, and the length of what follows. The kinds are those of the dissector of
/// Paul Marrapese (pmarrapese/iot).
fn is_pppp(from: u16, to: u16, bytes: &[u8]) -> bool {
    const PORTS: [u16; 2] = [32_100, 32_108];
    const MARK: u8 = 0xF1;
    const HEAD_BYTES: usize = 4;
    let [MARK, kind, high, low, behind @ ..] = bytes else { return false };
    if usize::from(u16::from_be_bytes([*high, *low])) != bytes.len() - HEAD_BYTES {
        return false;
    }
    let known = matches!(kind,
        0x00..=0x03 | 0x08..=0x09 | 0x10..=0x19 | 0x20..=0x26 | 0x30..=0x32 | 0x40..=0x43
        | 0x60..=0x69 | 0x70..=0x78 | 0x80..=0x87 | 0x90..=0x94 | 0xA0..=0xA2 | 0xD0..=0xD1
        | 0xD8 | 0xE0..=0xE1 | 0xF0 | 0xF4..=0xF8);
    let named = PORTS.contains(&from) || PORTS.contains(&to);
    // Two that found one another use other ports: there both name the device first.
    known && (named || matches!(kind, 0x41 | 0x42) && is_pppp_name(behind))
}

/// The name of a device: letters, a number, letters, in twenty bytes or with four behind them.
fn is_pppp_name(bytes: &[u8]) -> bool {
    let letters = |bytes: &[u8]| {
        let count = bytes.iter().take_while(|byte| byte.is_ascii_uppercase()).count();
        count >= 3 && bytes[count..].iter().all(|byte| *byte == 0)
    };
    matches!(bytes.len(), 20 | 24) && letters(&bytes[..8]) && letters(&bytes[12..20])
}

/// Kalay: the first sixteen bytes are shuffled, always alike; put in order they begin with a mark,
/// and the length of what follows stands in them. How, is told by "Hacking Reolink cameras for fun
/// and profit" (thirtythreeforty.net) and done by go2rtc.
fn is_kalay(bytes: &[u8]) -> bool {
    const HEAD_BYTES: usize = 16;
    const MARK: [u8; 2] = [4, 2];
    let Some(head) = bytes.first_chunk::<HEAD_BYTES>() else { return false };
    let head = in_order(head);
    let length = usize::from(u16::from_le_bytes([head[4], head[5]]));
    head.starts_with(&MARK) && length == bytes.len() - HEAD_BYTES
}

/// Each word turned, the bytes shuffled and changed by a phrase, and each word turned again.
fn in_order(head: &[u8; 16]) -> [u8; 16] {
    const PHRASE: &[u8; 16] = b"Charlie is the d";
    const FROM: [usize; 16] = [11, 9, 8, 15, 13, 10, 12, 14, 2, 1, 5, 0, 6, 4, 7, 3];
    let first = turned(head, [3, 7, 11, 15]);
    let shuffled = std::array::from_fn(|at| first[FROM[at]] ^ PHRASE[at]);
    turned(&shuffled, [1, 5, 9, 13])
}

/// The four words, each with its bits turned to the left.
fn turned(bytes: &[u8; 16], by: [u32; 4]) -> [u8; 16] {
    let mut all = [0; 16];
    for (at, by) in by.into_iter().enumerate() {
        let word: [u8; 4] = std::array::from_fn(|byte| bytes[4 * at + byte]);
        let word = u32::from_le_bytes(word).rotate_left(by).to_le_bytes();
        all[4 * at..4 * at + 4].copy_from_slice(&word);
    }
    all
}

/// Reolink's datagrams begin with one of three marks (neolink): somebody is looked for, what came
/// is acknowledged, or something is carried.
fn is_reolink(bytes: &[u8]) -> bool {
    const HEAD_BYTES: usize = 20;
    let kind = matches!(bytes.first(), Some(0x3A | 0x20 | 0x10));
    kind && bytes.len() >= HEAD_BYTES && bytes[1..4] == [0xCF, 0x87, 0x2A]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A datagram of Kalay, as go2rtc describes one in order, shuffled as it goes over the wire.
    fn kalay() -> Vec<u8> {
        let mut all = *b"\x04\x02\x19\x0a\x08\0\0\0\x28\x04\x12\0\0\0\0\0";
        let backwards = |all: &[u8; 16], by: [u32; 4]| turned(all, by.map(|by| 32 - by));
        all = backwards(&all, [1, 5, 9, 13]);
        let from = [11, 9, 8, 15, 13, 10, 12, 14, 2, 1, 5, 0, 6, 4, 7, 3];
        let mut shuffled = [0; 16];
        for (at, from) in from.into_iter().enumerate() {
            shuffled[from] = all[at] ^ b"Charlie is the d"[at];
        }
        [&backwards(&shuffled, [3, 7, 11, 15])[..], &[0; 8]].concat()
    }

    fn pppp(kind: u8, inside: &[u8]) -> Vec<u8> {
        [&[0xF1, kind, 0, u8::try_from(inside.len()).unwrap()][..], inside].concat()
    }

    #[test]
    fn services_are_known_by_what_their_messages_begin_with() {
        let on = |port, bytes: &[u8]| of_datagram(50_000, port, bytes);
        assert_eq!(on(8_800, b"DHGET /probe/p2psrv HTTP/1.1\r\n\r\n"), Some(DAHUA));
        assert_eq!(on(8_810, b"GET /p2p/stun/probe HTTP/1.1\r\n\r\n"), Some(DAHUA));
        assert_eq!(on(32_108, &pppp(0x30, b"")), Some(PPPP));
        assert_eq!(on(32_100, &pppp(0xE0, b"")), Some(PPPP));
        let name = b"VSTA\0\0\0\0\0\x01\x02\x03ABCDE\0\0\0";
        assert_eq!(on(12_345, &pppp(0x41, name)), Some(PPPP));
        assert_eq!(on(10_240, &kalay()), Some(KALAY));
        let reolink = [&[0x3A, 0xCF, 0x87, 0x2A][..], &[0; 16]].concat();
        assert_eq!(on(2_015, &reolink), Some(REOLINK));
    }

    #[test]
    fn what_is_only_alike_is_no_sign() {
        let on = |port, bytes: &[u8]| of_datagram(50_000, port, bytes);
        assert_eq!(on(32_108, &pppp(0x55, b"")), None, "no such kind");
        assert_eq!(on(32_108, b"\xF1\x30\x00\x01"), None, "another length");
        assert_eq!(on(12_345, &pppp(0x30, b"")), None, "on another port");
        assert_eq!(on(12_345, &pppp(0x41, &[7; 20])), None, "no name");
        let mut changed = kalay();
        changed.push(0);
        assert_eq!(on(10_240, &changed), None, "another length");
        assert_eq!(on(10_240, &[0; 24]), None, "the port alone says nothing");
    }

    #[test]
    fn streams_are_known_by_their_port_and_their_first_bytes() {
        let head = [&b"head"[..], &[0; 60]].concat();
        assert_eq!(of_stream(9_008, true, &head), Some(HEAD));
        assert_eq!(of_stream(9_008, false, &head), None, "it is the server that greets");
        assert_eq!(of_stream(9_008, true, &head[..63]), None);
        assert_eq!(of_stream(80, true, &head), None);
        assert_eq!(of_stream(9_000, false, &[0xF0, 0xDE, 0xBC, 0x0A, 1]), Some(REOLINK));
        let frame = [&[0xB0][..], &[0; 31]].concat();
        assert_eq!(of_stream(37_777, true, &frame), Some(DAHUA_PRIVATE));
        assert_eq!(of_stream(37_777, true, &frame[..31]), None);
        let answer = [&frame[..], b"Realm:Login to 4A05EC0PAN00001\r\nRandom:1\r\n\r\n"].concat();
        let realm = Said::Reply("auth_realm", "Login to 4A05EC0PAN00001".to_owned());
        assert_eq!(dahua_realm(&answer), Some(realm));
        assert_eq!(dahua_realm(&answer[..60]), None, "it is cut");
        let frame = [&[0xFF, 0][..], &[0; 18]].concat();
        assert_eq!(of_stream(34_567, false, &frame), Some(XIONGMAI_PRIVATE));
    }

    proptest! {
        #[test]
        fn no_bytes_bring_it_down(
            bytes in proptest::collection::vec(any::<u8>(), 0..80),
            port in prop::sample::select(vec![32_100, 34_567, 37_777, 9_000, 6_036, 10_240]),
        ) {
            let _ = of_stream(port, true, &bytes);
            for first in [0xF1, 0x3A, b'D'] {
                let _ = of_datagram(1, port, &[&[first][..], &bytes].concat());
            }
            let _ = dahua_realm(&[&[0xB0; 32][..], b"Realm:Login to ", &bytes].concat());
            let _ = dahua_realm(&bytes);
        }
    }
}
