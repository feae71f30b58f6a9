//! The ports that are looked at, and what is asked at each. A port that is open and not asked
//! anything is still a fact.

/// What is asked where a port is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Talk {
    /// The start page, and the time of ONVIF where the host streams.
    Web,
    /// Two words of RTSP.
    Stream,
    /// The beginning of TLS.
    Certificate,
    /// Nothing: the server speaks first, or not at all.
    Greeting,
}

/// A port that is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Port {
    /// Its number.
    pub number: u16,
    /// What is asked there.
    pub talk: Talk,
    /// Whose it is.
    pub of: &'static str,
}

const fn port(number: u16, talk: Talk, of: &'static str) -> Port {
    Port { number, talk, of }
}

/// The ports by which a host is found: every camera and recorder that is known here has one of
/// them open as it is delivered.
pub const FIRST: [Port; 6] = [
    port(80, Talk::Web, "web pages"),
    port(554, Talk::Stream, "streams (RTSP)"),
    port(443, Talk::Certificate, "web pages over TLS"),
    port(8_000, Talk::Greeting, "Hikvision's own language; TVT's web pages"),
    port(37_777, Talk::Greeting, "Dahua's own language"),
    port(34_567, Talk::Greeting, "Xiongmai's own language"),
];

/// The ports that are looked at where one of [`FIRST`] is open, or where the host answered a
/// search.
pub const THEN: [Port; 16] = [
    port(81, Talk::Web, "web pages"),
    port(82, Talk::Web, "web pages"),
    port(88, Talk::Web, "Foscam's web pages"),
    port(8_080, Talk::Web, "web pages"),
    port(8_899, Talk::Web, "Xiongmai's ONVIF"),
    port(8_554, Talk::Stream, "streams (RTSP)"),
    port(10_554, Talk::Stream, "streams (RTSP)"),
    port(8_443, Talk::Certificate, "web pages or Hikvision's own language over TLS"),
    port(6_036, Talk::Greeting, "TVT's own language"),
    port(9_008, Talk::Greeting, "TVT's own language"),
    port(9_000, Talk::Greeting, "TVT's, Raysharp's or Reolink's own language"),
    port(1_756, Talk::Greeting, "Bosch's own language"),
    port(10_000, Talk::Greeting, "GeoVision's own language"),
    port(21, Talk::Greeting, "files (FTP)"),
    port(22, Talk::Greeting, "SSH"),
    port(23, Talk::Greeting, "Telnet"),
];

/// All of them.
pub fn all() -> impl Iterator<Item = Port> {
    FIRST.into_iter().chain(THEN)
}

/// The port of a number, where it is looked at.
#[must_use]
pub fn find(number: u16) -> Option<Port> {
    all().find(|port| port.number == number)
}
