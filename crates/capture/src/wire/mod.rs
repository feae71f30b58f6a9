//! What single messages say: pure readers of bytes, one for each protocol.

pub mod dhcp;
pub mod discovery;
pub mod dns;
pub mod greeting;
pub mod http;
pub mod makers;
pub mod quic;
pub mod signs;
pub mod snmp;
pub mod tls;
pub mod xiongmai;

/// What a message says of whoever sent it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// A reply of a kind of the labelled form (`sadp`, `http_headers`, `mdns`), as it is read
    /// there; names of people, passwords and tokens are out of it.
    Reply(&'static str, String),
    /// A certificate that the sender shows, as it is encoded (DER).
    Certificate(Vec<u8>),
}

/// Bytes as text, what is none replaced; of at most so many bytes.
pub(crate) fn text(bytes: &[u8], most: usize) -> String {
    String::from_utf8_lossy(&bytes[..bytes.len().min(most)]).into_owned()
}

/// Two bytes, the higher first.
pub(crate) fn short(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?))
}
