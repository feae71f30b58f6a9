//! DHCP: what a client asks for and calls itself, and which address it was given (RFC 2131, 2132).

use std::net::Ipv4Addr;

use super::text;
use crate::packet::Mac;

/// Where the options begin, behind what is known of them.
const OPTIONS_AT: usize = 240;
const COOKIE: [u8; 4] = [99, 130, 83, 99];
/// Bytes of one option that are kept.
const OPTION_BYTES_MAX: usize = 255;

/// A message of a client, or one to it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Message {
    /// The client's hardware address.
    pub client: Option<Mac>,
    /// Whether the client sent it.
    pub asks: bool,
    /// The address that the client has, or is told that it has.
    pub address: Option<Ipv4Addr>,
    /// What it calls itself (option 12).
    pub hostname: Option<String>,
    /// The class of its maker (option 60).
    pub class: Option<String>,
    /// The options that it asks for (option 55), `1,3,6`.
    pub wanted: Option<String>,
}

impl Message {
    /// The message as its options are written down: `Option 55: 1,3,6; Option 60: udhcp 1.2`.
    #[must_use]
    pub fn words(&self) -> Option<String> {
        let plain = |value: &String| value.replace([';', '\n', '\r'], " ");
        let options = [("12", &self.hostname), ("55", &self.wanted), ("60", &self.class)];
        let all: Vec<String> = options
            .into_iter()
            .filter_map(|(number, value)| {
                Some(format!("Option {number}: {}", plain(value.as_ref()?)))
            })
            .collect();
        (self.wanted.is_some() || self.class.is_some()).then(|| all.join("; "))
    }
}

/// Reads a message; nothing where it is none.
#[must_use]
pub fn read(bytes: &[u8]) -> Option<Message> {
    if bytes.get(OPTIONS_AT - 4..OPTIONS_AT)? != COOKIE {
        return None;
    }
    let four = |at: usize| -> Option<Ipv4Addr> {
        let bytes: [u8; 4] = bytes.get(at..at + 4)?.try_into().ok()?;
        (bytes != [0; 4]).then(|| Ipv4Addr::from(bytes))
    };
    let is_ethernet = bytes[1] == 1 && bytes[2] == 6;
    let client = is_ethernet.then(|| bytes.get(28..34)?.try_into().ok().map(Mac)).flatten();
    let mut message = Message {
        client: client.filter(|mac| mac.is_ones()),
        asks: bytes[0] == 1,
        address: four(12),
        ..Message::default()
    };
    let mut kind = 0;
    let mut options = &bytes[OPTIONS_AT..];
    while let Some((number, rest)) = options.split_first() {
        options = rest;
        match number {
            0 => continue,
            255 => break,
            _ => {}
        }
        let Some((length, rest)) = options.split_first() else { break };
        let Some((inside, rest)) = rest.split_at_checked(usize::from(*length)) else { break };
        options = rest;
        let said = || {
            let said = text(inside, OPTION_BYTES_MAX).trim_matches(['\0', ' ']).to_owned();
            (!said.is_empty()).then_some(said)
        };
        match number {
            12 => message.hostname = said(),
            53 => kind = inside.first().copied().unwrap_or(0),
            55 => {
                let all: Vec<String> = inside.iter().map(u8::to_string).collect();
                message.wanted = (!all.is_empty()).then(|| all.join(","));
            }
            60 => message.class = said(),
            _ => {}
        }
    }
    // Only the last word of a server (5) gives an address; an offer (2) is none yet.
    if !message.asks {
        message.address = if kind == 5 { four(16) } else { None };
    }
    Some(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(op: u8, options: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0; OPTIONS_AT];
        bytes[..3].copy_from_slice(&[op, 1, 6]);
        bytes[16..20].copy_from_slice(&[192, 0, 2, 9]);
        bytes[28..34].copy_from_slice(&[0x44, 0x19, 0xb6, 1, 2, 3]);
        bytes[236..240].copy_from_slice(&COOKIE);
        bytes.extend(options);
        bytes
    }

    #[test]
    fn what_a_client_asks_for_is_written_down_as_people_do() {
        let asked =
            read(&message(1, b"\x35\x01\x03\x0c\x03cam\x37\x03\x01\x03\x06\x3c\x04ab;c\xff"));
        let asked = asked.unwrap();
        assert_eq!(asked.words().unwrap(), "Option 12: cam; Option 55: 1,3,6; Option 60: ab c");
        assert_eq!(asked.client.unwrap().to_string(), "44:19:b6:01:02:03");
        assert_eq!(asked.address, None);
    }

    #[test]
    fn an_address_is_given_by_the_last_word_only() {
        let told = |kind: u8| read(&message(2, &[53, 1, kind, 255])).unwrap().address;
        assert_eq!(told(2), None);
        assert_eq!(told(5), Some(Ipv4Addr::new(192, 0, 2, 9)));
        let whole = message(2, &[53, 1, 5, 255]);
        for end in 0..whole.len() {
            let _ = read(&whole[..end]);
        }
    }
}
