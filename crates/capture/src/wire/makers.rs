//! What devices answer to the searches of their makers' own tools, beside the protocols of
//! [`super::discovery`]. The layouts are those that UniversalScanner (julienblitte) reads, but for
//! Reolink's, and of Ethernet frames those of hiktools (MatrixEditor). Of each answer only what
//! tells one model from another stays: the names that people give to a device are out of it.

use std::net::Ipv4Addr;

use super::{Said, short, text};
use crate::packet::Mac;

/// Bytes of one value that are kept.
const VALUE_BYTES_MAX: usize = 64;
/// Values of one answer that are read.
const VALUES_MAX: usize = 64;
/// Bytes of one answer that are read.
const ANSWER_BYTES_MAX: usize = 4 << 10;

/// The ports of Reolink's search, which many others use for much else.
pub const REOLINK: [u16; 2] = [2_000, 3_000];

/// Whether devices are found on a port.
#[must_use]
pub fn is_known(port: u16) -> bool {
    matches!(
        port,
        1_757
            | 1_758
            | 2_000
            | 2_380
            | 3_000
            | 5_050
            | 7_701
            | 7_711
            | 8_600
            | 10_000
            | 10_001
            | 10_669
            | 10_670
    )
}

/// Reads a datagram by the ports that it goes between.
#[must_use]
pub fn read(from: u16, to: u16, bytes: &[u8]) -> Vec<Said> {
    let bytes = &bytes[..bytes.len().min(ANSWER_BYTES_MAX)];
    let by = |port| match port {
        1_757 | 1_758 => bosch(bytes),
        2_000 | 3_000 => reolink(bytes),
        2_380 => sony(bytes),
        5_050 => dahua(bytes),
        7_701 | 7_711 => hanwha(bytes),
        8_600 => vstarcam(bytes),
        10_000 => vivotek(bytes).or_else(|| foscam(bytes)),
        10_001 => ubiquiti(bytes),
        10_669 | 10_670 => panasonic(bytes),
        _ => None,
    };
    by(from).or_else(|| by(to)).unwrap_or_default()
}

/// A value as it is kept: to the first zero, without blanks, of plain letters.
fn value(kind: &'static str, bytes: &[u8]) -> Option<Said> {
    let bytes = bytes.split(|byte| *byte == 0).next()?;
    let said = text(bytes, VALUE_BYTES_MAX);
    let said = said.trim();
    let plain = !said.contains(|letter: char| letter.is_control() || letter == '\u{fffd}');
    (plain && !said.is_empty()).then(|| Said::Reply(kind, said.to_owned()))
}

/// A hardware address of six bytes.
fn mac(bytes: Option<&[u8]>) -> Option<Said> {
    let mac = Mac(bytes?.try_into().ok()?);
    mac.is_ones().then(|| Said::Reply("mac", mac.to_string()))
}

/// A hardware address that is written out.
fn written_mac(bytes: &[u8]) -> Option<Said> {
    let said = value("mac", bytes)?;
    let Said::Reply(_, written) = &said else { return None };
    let digits = written.bytes().filter(u8::is_ascii_hexdigit).count();
    let plain = written.bytes().all(|byte| byte.is_ascii_hexdigit() || b":-".contains(&byte));
    (plain && digits == 12).then_some(said)
}

/// What is there of several, where anything is.
fn some<const N: usize>(all: [Option<Said>; N]) -> Option<Vec<Said>> {
    let all: Vec<Said> = all.into_iter().flatten().collect();
    (!all.is_empty()).then_some(all)
}

/// Dahua's older answer: three parts, of which the second begins with the hardware address and
/// the third has lines. What stands between them means different things to those who read it.
fn dahua(bytes: &[u8]) -> Option<Vec<Said>> {
    const FIRST_BYTES: usize = 0x78;
    const WRITTEN_MAC_BYTES: usize = 17;
    let is_answer = *bytes.first()? == 0xB3 && bytes.get(4..8)? == [0x58, 0, 0, 0];
    let second = usize::from(*bytes.get(2)?);
    let third = usize::from(u16::from_le_bytes(bytes.get(0x14..0x16)?.try_into().ok()?));
    if !is_answer || bytes.len() != FIRST_BYTES + second + third {
        return None;
    }
    let (second, third) = bytes[FIRST_BYTES..].split_at(second);
    let (written, model) = second.split_at(WRITTEN_MAC_BYTES.min(second.len()));
    let lines = text(third, ANSWER_BYTES_MAX);
    let serial = lines.lines().find_map(|line| line.strip_prefix("SerialNo:"));
    some([
        written_mac(written),
        value("model", model),
        serial.and_then(|serial| value("serial", serial.as_bytes())),
    ])
}

/// Hanwha's answer: places that are counted out.
fn hanwha(bytes: &[u8]) -> Option<Vec<Said>> {
    const ANSWER: u8 = 0x0B;
    const BYTES: usize = 262;
    if *bytes.first()? != ANSWER || bytes.len() < BYTES {
        return None;
    }
    let model = value("model", &bytes[0x6D..0x77]);
    written_mac(&bytes[0x13..0x25]).and_then(|mac| some([Some(mac), model]))
}

/// Bosch's answer: 32 bytes, or a description. The name in that is the owner's.
fn bosch(bytes: &[u8]) -> Option<Vec<Said>> {
    const MAGIC: [u8; 4] = [0x99, 0x39, 0xA4, 0x27];
    const BYTES: usize = 32;
    if bytes.starts_with(&MAGIC) {
        return (bytes.len() == BYTES).then(|| some([mac(bytes.get(8..14))])).flatten();
    }
    let said = text(bytes, ANSWER_BYTES_MAX);
    if !said.contains("OEMExt00:device-1-0") {
        return None;
    }
    let within = |element: &str| {
        let behind = said.split_once(&format!("<{element}>"))?.1;
        Some(behind.split_once(&format!("</{element}>"))?.0)
    };
    some([
        within("physAddress").and_then(|mac| written_mac(mac.as_bytes())),
        within("serialNumber").and_then(|serial| value("serial", serial.as_bytes())),
    ])
}

/// Vivotek's answer: a number, a mark, then values with a byte for what they are and one for how
/// long, but for one that has no length. The longer name is the owner's.
fn vivotek(bytes: &[u8]) -> Option<Vec<Said>> {
    const MAGIC: [u8; 4] = [0x4A, 0x5D, 0x8F, 0x1C];
    const BARE: u8 = 4;
    let mut rest = bytes.get(1..)?.strip_prefix(&MAGIC)?;
    let mut found = [None, None];
    for _ in 0..VALUES_MAX {
        let [kind, length, behind @ ..] = rest else { break };
        if *kind == BARE {
            rest = behind;
            continue;
        }
        let Some((inside, behind)) = behind.split_at_checked(usize::from(*length)) else { break };
        rest = behind;
        match kind {
            2 => found[0] = mac(Some(inside)),
            9 => found[1] = value("model", inside),
            _ => {}
        }
    }
    some(found)
}

/// The answer of i-PRO, which was Panasonic's: a hardware address, then from a fixed place on
/// values with two bytes for what they are and two for how long. Of its two names no source says
/// which one the owner writes.
fn panasonic(bytes: &[u8]) -> Option<Vec<Said>> {
    const VALUES_AT: usize = 53;
    const FIRMWARE: u16 = 0xA9;
    // A search bears the same head and ends before the values.
    if bytes.get(..2)? != [0, 1] || bytes.len() <= VALUES_AT {
        return None;
    }
    let mut at = VALUES_AT;
    for _ in 0..VALUES_MAX {
        let length = usize::from(short(bytes, at + 2)?);
        let inside = bytes.get(at + 4..at + 4 + length)?;
        if short(bytes, at)? == FIRMWARE {
            return some([mac(bytes.get(6..12)), value("firmware", inside)]);
        }
        at += 4 + length;
    }
    None
}

/// Ubiquiti's answer: values with a byte for what they are and two for how long, the higher first.
fn ubiquiti(bytes: &[u8]) -> Option<Vec<Said>> {
    const HEADS: [[u8; 2]; 2] = [[1, 0], [2, 6]];
    let head: [u8; 2] = bytes.get(..2)?.try_into().ok()?;
    let length = usize::from(short(bytes, 2)?);
    let mut rest = bytes.get(4..)?.get(..length)?;
    if !HEADS.contains(&head) {
        return None;
    }
    let mut found = [None, None, None];
    for _ in 0..VALUES_MAX {
        let [kind, high, low, behind @ ..] = rest else { break };
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        let Some((inside, behind)) = behind.split_at_checked(length) else { break };
        rest = behind;
        let (place, said) = match kind {
            1 => (0, mac(Some(inside))),
            2 => (0, mac(inside.get(..6))),
            3 => (1, value("firmware", inside)),
            0x0C | 0x15 => (2, value("model", inside)),
            _ => continue,
        };
        let known: &mut Option<Said> = &mut found[place];
        *known = known.take().or(said);
    }
    some(found)
}

/// Foscam's answer, whose values may be hidden under a key that stands before them. The name is
/// the owner's.
fn foscam(bytes: &[u8]) -> Option<Vec<Said>> {
    const ANSWER: &[u8] = b"MO_I\x01\x00";
    const BYTES: usize = 0x57;
    const HEAD_BYTES: usize = 0x17;
    const SERIAL_BYTES: usize = 13;
    if !bytes.starts_with(ANSWER) || bytes.len() < BYTES {
        return None;
    }
    let hidden = bytes[6] != 0;
    let key = &bytes[7..15];
    let mut serial = [0; SERIAL_BYTES];
    for (at, byte) in serial.iter_mut().enumerate() {
        *byte = bytes[HEAD_BYTES + at] ^ if hidden { key[at % key.len()] } else { 0 };
    }
    some([value("serial", &serial)])
}

/// VStarcam's answer. It begins with the letters DH and is not Dahua's.
fn vstarcam(bytes: &[u8]) -> Option<Vec<Said>> {
    const ANSWER: [u8; 4] = [0x44, 0x48, 0x01, 0x08];
    const BYTES: usize = 0x100;
    if !bytes.starts_with(&ANSWER) || bytes.len() < BYTES {
        return None;
    }
    some([
        mac(bytes.get(0x54..0x5A)),
        value("serial", &bytes[0x5C..0x7C]),
        value("firmware", &bytes[0xCC..0xEC]),
    ])
}

/// Sony's answer: `NAME:value`, each with a mark behind it, between a beginning and an end.
fn sony(bytes: &[u8]) -> Option<Vec<Said>> {
    let inside = bytes.strip_prefix(&[2])?.strip_suffix(&[3])?;
    let named = |name: &str| {
        let of = |part: &'_ [u8]| -> Option<Vec<u8>> {
            let (before, behind) = part.split_at_checked(name.len())?;
            let is = before.eq_ignore_ascii_case(name.as_bytes());
            Some(behind.strip_prefix(b":").filter(|_| is)?.to_vec())
        };
        inside.split(|byte| *byte == 0xFF).take(VALUES_MAX).find_map(of)
    };
    let model = value("model", &named("MODEL")?)?;
    some([
        named("MAC").and_then(|mac| written_mac(&mac)),
        Some(model),
        named("SERIAL").and_then(|serial| value("serial", &serial)),
        named("SOFTVERSION").and_then(|firmware| value("firmware", &firmware)),
    ])
}

/// Reolink's answer: 388 bytes with the hardware address at one place, and the address as text at
/// another (xannor/ha_reolink_discovery; thirtythreeforty/neolink issue 102). The name is the
/// owner's, and with its number the maker's cloud finds the device: neither is kept.
fn reolink(bytes: &[u8]) -> Option<Vec<Said>> {
    const BYTES: usize = 388;
    if bytes.len() != BYTES {
        return None;
    }
    let address = bytes[108..128].split(|byte| *byte == 0).next()?;
    std::str::from_utf8(address).ok()?.parse::<Ipv4Addr>().ok()?;
    some([mac(bytes.get(80..86))])
}

/// What a frame of SADP straight over the link says: whose it is. How what follows the head is
/// parted, no source says.
#[must_use]
pub fn sadp_frame(bytes: &[u8]) -> Option<Said> {
    const MARK: u8 = 0x21;
    const ANSWER: u8 = 1;
    let is_answer = bytes.first() == Some(&MARK) && bytes.get(1) == Some(&ANSWER);
    is_answer.then(|| mac(bytes.get(14..20))).flatten()
}

#[cfg(test)]
mod tests;
