//! What devices say of themselves when somebody looks for them, or when they come up: SADP, DHIP,
//! Xiongmai's notices, SSDP, WS-Discovery and multicast DNS. What only asks says nothing.

use super::dns::{self, Holds};
use super::{Said, makers, text, xiongmai};

/// Bytes of one message that are read.
const MESSAGE_BYTES_MAX: usize = 8 << 10;
/// Services of one message of multicast DNS that are given.
const SERVICES_MAX: usize = 16;

/// The ports on which devices are found.
mod port {
    pub(super) const SSDP: u16 = 1900;
    pub(super) const WS_DISCOVERY: u16 = 3702;
    pub(super) const MDNS: u16 = 5353;
    pub(super) const XIONGMAI: u16 = 34_569;
    pub(super) const XIONGMAI_SEARCH: u16 = 34_571;
    pub(super) const SADP: u16 = 37_020;
    pub(super) const DHIP: u16 = 37_810;
}

/// The number of SADP straight over the link.
pub const SADP_LINK: u16 = 0x8033;

/// Whether devices are found on a port.
#[must_use]
pub fn is_known(at: u16) -> bool {
    matches!(
        at,
        port::SSDP
            | port::WS_DISCOVERY
            | port::MDNS
            | port::XIONGMAI
            | port::XIONGMAI_SEARCH
            | port::SADP
            | port::DHIP
    ) || makers::is_known(at)
}

/// Reads a datagram by the ports that it goes between.
#[must_use]
pub fn read(from: u16, to: u16, bytes: &[u8]) -> Vec<Said> {
    let any = |ports: &[u16]| ports.contains(&from) || ports.contains(&to);
    let reply = |kind, said: Option<String>| -> Vec<Said> {
        said.map(|said| Said::Reply(kind, said)).into_iter().collect()
    };
    if any(&[port::SADP]) {
        reply("sadp", sadp(bytes))
    } else if any(&[port::DHIP]) {
        reply("dhip", dhip(bytes))
    } else if any(&[port::XIONGMAI, port::XIONGMAI_SEARCH]) {
        xiongmai::notice(bytes)
    } else if any(&[port::SSDP]) {
        reply("ssdp", ssdp(bytes))
    } else if any(&[port::WS_DISCOVERY]) {
        reply("ws_discovery", ws_discovery(bytes))
    } else if any(&[port::MDNS]) {
        multicast_dns(bytes)
    } else {
        makers::read(from, to, bytes)
    }
}

/// What stands between a mark and the next of another, marks and all, is replaced by nothing.
fn without(text: &str, element: &str) -> String {
    let (open, close) = (format!("<{element}>"), format!("</{element}>"));
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once(&open) {
        kept.push_str(before);
        rest = behind.split_once(&close).map_or("", |(_, behind)| behind);
    }
    kept.push_str(rest);
    kept
}

/// The answer to a search, or what a device says as it comes up; a search and every order to
/// change something say nothing, and what such orders carry is not kept.
fn sadp(bytes: &[u8]) -> Option<String> {
    const SECRETS: [&str; 5] = ["Salt", "Password", "Code", "SecurityCode", "EncryptString"];
    let said = text(bytes, MESSAGE_BYTES_MAX);
    let said = said.get(said.find('<')?..)?.trim_end_matches(['\0', '\n', '\r', ' ']);
    let told = said.contains("<ProbeMatch>") || said.contains("<Hello>");
    let plain = ["inquiry", "hello", "inquiry_v31", "inquiry_v32"];
    let about = said.split_once("<Types>")?.1.split_once("</Types>")?.0.trim();
    if !told || !plain.contains(&about) {
        return None;
    }
    Some(SECRETS.iter().fold(said.to_owned(), |said, one| without(&said, one)))
}

/// The answer to a search: a header of 32 bytes or of another length, then JSON.
fn dhip(bytes: &[u8]) -> Option<String> {
    let at = bytes.iter().position(|byte| *byte == b'{')?;
    let said = text(&bytes[at..], MESSAGE_BYTES_MAX);
    let said = said.trim_end_matches(['\0', '\n', '\r', ' ']);
    said.contains("client.notifyDevInfo").then(|| said.to_owned())
}

/// A notice, or the answer to a search; TVT's comes with a description in it.
fn ssdp(bytes: &[u8]) -> Option<String> {
    let said = text(bytes, MESSAGE_BYTES_MAX);
    let first = said.lines().next()?;
    let tells = first.starts_with("NOTIFY ") || first.starts_with("HTTP/1.");
    // What goes says nothing of itself any more.
    (tells && !said.contains("ssdp:byebye")).then(|| said.trim_end().to_owned())
}

/// What a device says as it comes up, or the answer to a search.
fn ws_discovery(bytes: &[u8]) -> Option<String> {
    let said = text(bytes, MESSAGE_BYTES_MAX);
    let said = said.trim_matches(['\0', '\n', '\r', ' ']);
    let tells = ["ProbeMatches", "ResolveMatches", "Hello"].iter().any(|word| said.contains(word));
    (tells && said.starts_with('<') && said.contains("XAddrs")).then(|| said.to_owned())
}

/// The services of a message of multicast DNS, as they are written down: `NAME SRV 0 0 PORT HOST`.
fn multicast_dns(bytes: &[u8]) -> Vec<Said> {
    let Some(message) = dns::read(bytes).filter(|message| message.answers) else {
        return Vec::new();
    };
    let mut all = Vec::new();
    for record in &message.records {
        let said = match &record.holds {
            Holds::Service(host, port) => format!("{} SRV 0 0 {port} {host}", record.name),
            // What begins so is a kind of service, not one of them.
            Holds::Instance(one) if one.contains("._") && !one.starts_with('_') => one.clone(),
            Holds::Texts(texts) if !texts.is_empty() => format!("{} TXT {texts}", record.name),
            _ => continue,
        };
        let said = Said::Reply("mdns", said);
        if all.len() < SERVICES_MAX && !all.contains(&said) {
            all.push(said);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_answers_is_read_and_who_asks_is_not() {
        let said = |port, bytes: &[u8]| read(port, port, bytes);
        let asked = b"<?xml version=\"1.0\"?><Probe><Uuid>1</Uuid><Types>inquiry</Types></Probe>";
        assert!(said(37_020, asked).is_empty());
        let told = b"<?xml version=\"1.0\"?><ProbeMatch><Types>inquiry</Types><Salt>ab</Salt>\
            <DeviceDescription>DS-1</DeviceDescription></ProbeMatch>";
        let [Said::Reply("sadp", told)] = &said(37_020, told)[..] else { panic!("one reply") };
        assert!(told.contains("DS-1") && !told.contains("Salt"), "{told}");
        let order = b"<ProbeMatch><Types>update</Types><Password>secret</Password></ProbeMatch>";
        assert!(said(37_020, order).is_empty());
        assert!(said(1900, b"M-SEARCH * HTTP/1.1\r\nST: ssdp:all\r\n\r\n").is_empty());
        assert_eq!(said(1900, b"NOTIFY * HTTP/1.1\r\nNT: x\r\n\r\n").len(), 1);
        assert!(said(3702, b"<Envelope><Probe/></Envelope>").is_empty());
    }
}
