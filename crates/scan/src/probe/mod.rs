//! The table of requests: everything that the scanner can ever send.
//!
//! A [`Request`] is made here and nowhere else, and a [`Packet`] comes from a request alone: its
//! bytes are written down in this folder, but for the address of the host that is asked and a
//! number that makes one search another than the last. There is no login among them, no order that
//! changes anything, and nothing that asks for more than a device tells everybody.

mod discovery;
mod makers;
mod streams;

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr};

pub use discovery::{MDNS, SSDP, TVT, WS_DISCOVERY, WS_DISCOVERY_DEVICE};
pub use streams::{HTTP, ONVIF_TIME, RTSP_DESCRIBE, RTSP_OPTIONS, TLS};

/// Letters of a number that makes a search another than the last: `8-4-4-4-12`.
const UUID_CHARS: usize = 36;

/// Something that may be asked.
#[derive(Debug)]
pub struct Request {
    id: &'static str,
    title: &'static str,
    over: Over,
    parts: &'static [Part],
    source: &'static str,
    harmless: &'static str,
}

/// How a request travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Over {
    /// Over a connection that was opened to a port.
    Stream,
    /// As one datagram.
    Datagram {
        /// The port that it goes to.
        port: u16,
        /// The port that answers come to, where devices answer to a fixed one.
        from: Option<u16>,
        /// The group that hears it on a local link; without one, all do.
        group: Option<Ipv4Addr>,
    },
}

/// A part of a request.
#[derive(Debug, Clone, Copy)]
enum Part {
    /// These bytes.
    Is(&'static [u8]),
    /// The address of the host that is asked, with its port where it is not that of the protocol:
    /// `192.0.2.1:8080`, `[2001:db8::1]`.
    Host {
        /// The port that need not be said.
        usual: u16,
    },
    /// A number in the form of a UUID, which is none of anybody's.
    Uuid,
}

/// Requests are told apart by their names, of which a test holds that no two are one.
impl PartialEq for Request {
    fn eq(&self, other: &Self) -> bool {
        self.id() == other.id()
    }
}

impl Eq for Request {}

impl Request {
    /// Its name in answers: `http-start-page`.
    #[must_use]
    pub fn id(&self) -> &'static str {
        self.id
    }

    /// What it asks, in words.
    #[must_use]
    pub fn title(&self) -> &'static str {
        self.title
    }

    /// How it travels.
    #[must_use]
    pub fn over(&self) -> Over {
        self.over
    }

    /// Where its form was learnt.
    #[must_use]
    pub fn source(&self) -> &'static str {
        self.source
    }

    /// Why it does no harm.
    #[must_use]
    pub fn harmless(&self) -> &'static str {
        self.harmless
    }

    /// The packet that asks a host at a port. `number` makes it another than the last.
    #[must_use]
    pub fn packet(&'static self, host: IpAddr, port: u16, number: u64) -> Packet {
        let mut bytes = Vec::new();
        for part in self.parts {
            match part {
                Part::Is(these) => bytes.extend_from_slice(these),
                Part::Host { usual } => {
                    let mut written = String::new();
                    let _ = match host {
                        IpAddr::V4(four) => write!(written, "{four}"),
                        IpAddr::V6(six) => write!(written, "[{six}]"),
                    };
                    if port != *usual {
                        let _ = write!(written, ":{port}");
                    }
                    bytes.extend_from_slice(written.as_bytes());
                }
                Part::Uuid => bytes.extend_from_slice(uuid(number).as_bytes()),
            }
        }
        Packet { request: self, bytes }
    }

    /// Whether bytes are this request, whatever host and number stand in it: what the tests of the
    /// closed table ask of everything that was sent.
    #[must_use]
    pub fn is(&self, bytes: &[u8]) -> bool {
        let mut rest = bytes;
        for (at, part) in self.parts.iter().enumerate() {
            let taken = match part {
                Part::Is(these) => rest.starts_with(these).then_some(these.len()),
                Part::Uuid => rest
                    .get(..UUID_CHARS)
                    .is_some_and(|text| text.iter().all(|one| is_of_uuid(*one)))
                    .then_some(UUID_CHARS),
                Part::Host { .. } => {
                    // A host is never the last part; the bytes behind it end it.
                    let Some(Part::Is([end, ..])) = self.parts.get(at + 1) else { return false };
                    rest.iter().position(|byte| byte == end).filter(|end| is_host(&rest[..*end]))
                }
            };
            let Some(taken) = taken else { return false };
            rest = &rest[taken..];
        }
        rest.is_empty()
    }

    /// What it looks like, for people: letters as they are, other bytes as `\x00`, the parts that
    /// change in angle brackets.
    #[must_use]
    pub fn shown(&self) -> String {
        let mut shown = String::new();
        for part in self.parts {
            match part {
                Part::Is(bytes) => shown.push_str(&bytes.escape_ascii().to_string()),
                Part::Host { .. } => shown.push_str("<host>"),
                Part::Uuid => shown.push_str("<uuid>"),
            }
        }
        shown
    }
}

/// Whether text is an address, perhaps with a port.
fn is_host(text: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(text) else { return false };
    let bare = |text: &str| text.trim_matches(['[', ']']).parse::<IpAddr>().is_ok();
    bare(text)
        || text
            .rsplit_once(':')
            .is_some_and(|(host, port)| bare(host) && port.parse::<u16>().is_ok())
}

/// Whether a letter stands in a UUID.
fn is_of_uuid(byte: u8) -> bool {
    byte.is_ascii_hexdigit() || byte == b'-'
}

/// A number in the form of a UUID of version 8, which is free to be anything (RFC 9562, 5.8).
fn uuid(number: u64) -> String {
    let (high, low) = (number >> 32, number & 0xFFFF_FFFF);
    format!("{high:08x}-0000-8000-8000-0000{low:08x}")
}

/// A request as it is sent. Only [`Request::packet`] makes one, so that nothing can be sent that
/// does not stand in the table.
///
/// ```compile_fail
/// let forged = whomade_scan::probe::Packet { bytes: b"DELETE / HTTP/1.1\r\n\r\n".to_vec() };
/// ```
///
/// ```compile_fail
/// let forged = whomade_scan::probe::Request { id: "mine", ..*whomade_scan::probe::REQUESTS[0] };
/// ```
#[derive(Debug, Clone)]
pub struct Packet {
    request: &'static Request,
    bytes: Vec<u8>,
}

impl Packet {
    /// What is asked with it.
    #[must_use]
    pub fn request(&self) -> &'static Request {
        self.request
    }

    /// Its bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// Everything that may be asked.
pub static REQUESTS: &[&Request] = &[
    &HTTP,
    &RTSP_OPTIONS,
    &RTSP_DESCRIBE,
    &TLS,
    &ONVIF_TIME,
    &WS_DISCOVERY,
    &WS_DISCOVERY_DEVICE,
    &SSDP,
    &TVT,
    &MDNS,
    &makers::SADP,
    &makers::DHIP,
    &makers::DAHUA,
    &makers::XIONGMAI,
    &makers::HANWHA,
    &makers::BOSCH,
    &makers::VIVOTEK,
    &makers::FOSCAM,
    &makers::UBIQUITI,
    &makers::SONY,
    &makers::VSTARCAM,
    &makers::PANASONIC,
    &makers::REOLINK,
];

/// What is asked of everybody on a local link, in this order.
pub fn searches() -> impl Iterator<Item = &'static Request> {
    REQUESTS.iter().copied().filter(|one| matches!(one.over, Over::Datagram { .. }))
}

/// The request of a name.
#[must_use]
pub fn find(id: &str) -> Option<&'static Request> {
    REQUESTS.iter().copied().find(|one| one.id == id)
}

/// The request that bytes are, if they are any.
#[must_use]
pub fn which(bytes: &[u8]) -> Option<&'static Request> {
    REQUESTS.iter().copied().find(|one| one.is(bytes))
}

#[cfg(test)]
mod tests;
