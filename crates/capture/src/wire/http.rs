//! HTTP and RTSP, which are written alike: first lines, headers in their order and case, and of
//! bodies what tells who made a device. Names, passwords, cookies and tokens are dropped here.

use super::{Said, secrets, signs, text, xiongmai};

/// Bytes of the head of a message.
const HEAD_BYTES_MAX: usize = 8 << 10;
/// Bytes of a body that are read.
const BODY_BYTES_MAX: usize = 8 << 10;
/// Headers that carry secrets, of which the name stays alone.
const SECRET_HEADERS: [&str; 3] = ["authorization", "proxy-authorization", "authentication-info"];
/// What stands in the names of others that do, as makers call them.
const SECRET_WORDS: [&str; 8] =
    ["session", "cookie", "token", "secret", "passw", "credential", "csrf", "-key"];

/// A message that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Bytes of it and of the body that was there.
    pub length: usize,
    /// Whether it answers.
    pub answers: bool,
    /// Whether it is RTSP.
    pub streams: bool,
    /// The host that is asked, without a port.
    pub host: Option<String>,
    /// What it says of whoever sent it.
    pub said: Vec<Said>,
    /// The service of a maker that it goes to.
    pub sign: Option<&'static str>,
    /// Bytes of its body that are still to come.
    pub rest: u64,
}

/// What reading the beginning of bytes gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    /// It is neither.
    Other,
    /// More of it is needed.
    More,
    /// A message.
    Message(Box<Message>),
}

/// Bytes of the shortest message in a datagram: the first line alone takes more.
pub(crate) const BYTES_MIN: usize = 14;

const METHODS: [&str; 19] = [
    "GET",
    "POST",
    "PUT",
    "HEAD",
    "DELETE",
    "OPTIONS",
    "PATCH",
    "DESCRIBE",
    "SETUP",
    "PLAY",
    "PAUSE",
    "TEARDOWN",
    "ANNOUNCE",
    "RECORD",
    "GET_PARAMETER",
    "SET_PARAMETER",
    "REDIRECT",
    "DHGET",
    "DHPOST",
];

/// Whether bytes may begin a message.
#[must_use]
pub fn begins(bytes: &[u8]) -> bool {
    let starts = |word: &str| {
        let word = word.as_bytes();
        bytes.starts_with(word) || (bytes.len() < word.len() && word.starts_with(bytes))
    };
    starts("HTTP/1.")
        || starts("RTSP/1.")
        || METHODS.iter().any(|method| {
            starts(method) && bytes.get(method.len()).is_none_or(|next| *next == b' ')
        })
}

/// Reads the message that bytes begin with. `ended`: nothing more comes.
#[must_use]
pub fn read(bytes: &[u8], ended: bool) -> Reading {
    if bytes.is_empty() || !begins(bytes) {
        return Reading::Other;
    }
    let Some((head, body_at)) = head_of(bytes) else {
        return if ended || bytes.len() > HEAD_BYTES_MAX { Reading::Other } else { Reading::More };
    };
    let mut lines = head.lines();
    let Some(first) = lines.next() else { return Reading::Other };
    let answers = first.starts_with("HTTP/") || first.starts_with("RTSP/");
    let streams = first.starts_with("RTSP/") || first.ends_with("RTSP/1.0");
    let headers: Vec<(&str, &str)> = lines.filter_map(|line| line.split_once(':')).collect();
    let value = |name: &str| {
        let named = headers.iter().find(|(known, _)| known.trim().eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.trim())
    };
    // RTSP has bodies only where their length is said; an answer of HTTP without one goes on to
    // the end, of which what is there is enough.
    let length = value("content-length").and_then(|length| length.parse::<u64>().ok());
    let there = &bytes[body_at..];
    let wanted = length.unwrap_or(0);
    let within = usize::try_from(wanted).unwrap_or(usize::MAX).min(BODY_BYTES_MAX);
    if there.len() < within && !ended {
        return Reading::More;
    }
    let open = length.is_none() && answers && !streams;
    let taken = if open { there.len() } else { usize::try_from(wanted).unwrap_or(usize::MAX) };
    let body = &there[..taken.min(there.len())];
    let kept = cleaned(first, &headers);
    let mut said = Vec::new();
    if answers {
        said.push(Said::Reply(if streams { "rtsp" } else { "http_headers" }, kept));
        said.extend(of_body(body, value("content-type").unwrap_or_default(), streams));
    } else {
        said.extend(of_request(first));
        said.extend(xiongmai::read(body));
    }
    let sign = match first.split_once(' ').map(|(method, _)| method) {
        Some("DHGET" | "DHPOST") => Some(signs::DAHUA),
        _ if !answers && xiongmai::is_ours(body) => Some(signs::XIONGMAI),
        _ => None,
    };
    let host = value("host").map(|host| host.rsplit_once(':').map_or(host, |(name, _)| name));
    Reading::Message(Box::new(Message {
        length: body_at + body.len(),
        answers,
        streams,
        host: host.filter(|host| !host.is_empty()).map(str::to_ascii_lowercase),
        said,
        sign,
        rest: wanted.saturating_sub(body.len() as u64),
    }))
}

/// The head of a message, and where its body begins.
fn head_of(bytes: &[u8]) -> Option<(String, usize)> {
    let looked = &bytes[..bytes.len().min(HEAD_BYTES_MAX)];
    let by = |mark: &[u8]| {
        looked.windows(mark.len()).position(|part| part == mark).map(|at| (at, at + mark.len()))
    };
    let (end, body) = by(b"\r\n\r\n").into_iter().chain(by(b"\n\n")).min()?;
    Some((text(&looked[..end], HEAD_BYTES_MAX), body))
}

/// Whether a header of that name carries a secret. Every header is asked, so that words are looked
/// for only where a letter of a name begins one.
fn is_secret(name: &str) -> bool {
    let begins = |at: usize, word: &str| {
        let part = name.as_bytes().get(at..at + word.len());
        part.is_some_and(|part| part.eq_ignore_ascii_case(word.as_bytes()))
    };
    let begun = |byte: u8| matches!(byte | 0x20, b's' | b'c' | b't' | b'p' | b'-');
    let places = name.bytes().enumerate().filter(|(_, byte)| begun(*byte)).map(|(at, _)| at);
    SECRET_HEADERS.iter().any(|word| name.eq_ignore_ascii_case(word))
        || places.into_iter().any(|at| SECRET_WORDS.iter().any(|word| begins(at, word)))
}

/// The head without what is secret in it, order and case kept.
fn cleaned(first: &str, headers: &[(&str, &str)]) -> String {
    let mut kept = first.to_owned();
    for (name, value) in headers {
        kept.push_str("\r\n");
        kept.push_str(name);
        kept.push(':');
        if is_secret(name.trim()) {
            kept.push_str(" \u{2026}");
        } else {
            kept.push_str(&secrets::without(value, false));
        }
    }
    kept
}

/// What a body tells of the device that sent it.
fn of_body(body: &[u8], of: &str, streams: bool) -> Vec<Said> {
    let said = text(body, BODY_BYTES_MAX);
    let said = said.trim_start_matches('\u{feff}').trim();
    let kind = if streams && (of.contains("sdp") || said.starts_with("v=0")) {
        "sdp"
    } else if said.contains("<DeviceInfo") || said.contains("\"DeviceInfo\"") {
        "isapi"
    } else if said.contains("GetDeviceInformationResponse") {
        "onvif_device_info"
    } else if said.contains("multicastSearchResult") {
        "ssdp"
    } else if let Some(tag) = envelope(said) {
        return vec![Said::Reply("onvif_envelope", tag.to_owned())];
    } else {
        let lower = said.to_ascii_lowercase();
        let title = lower.find("<title>").zip(lower.find("</title>"));
        let title = title.and_then(|(from, to)| said.get(from + "<title>".len()..to));
        let title = title.map(str::trim).filter(|title| !title.is_empty());
        return title
            .map(|title| Said::Reply("http_title", title.to_owned()))
            .into_iter()
            .collect();
    };
    vec![Said::Reply(kind, secrets::without(said, true))]
}

/// The start tag of the envelope that a body is: the namespaces in it are those of whoever wrote
/// the firmware, whatever the answer says, and nothing else of the answer is kept.
fn envelope(said: &str) -> Option<&str> {
    let name = said.find(":Envelope")?;
    let from = said[..name].rfind('<')?;
    let to = from + said[from..].find('>')?;
    said.get(from..=to)
}

/// What the first line of a request tells of who sends it: Dahua's firmware asks its cloud with
/// words of its own and its serial number in the path.
fn of_request(first: &str) -> Option<Said> {
    let (method, _) = first.split_once(' ')?;
    matches!(method, "DHGET" | "DHPOST").then(|| serial_in(first)).flatten()
}

/// The serial number in the path of the first line of a request.
pub(crate) fn serial_in(first: &str) -> Option<Said> {
    let (_, rest) = first.split_once(' ')?;
    let mut parts = rest.split(' ').next()?.split('/').filter(|part| !part.is_empty());
    let serial = parts.rfind(|part| {
        part.len() >= SERIAL_BYTES_MIN && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })?;
    serial
        .bytes()
        .any(|byte| byte.is_ascii_digit())
        .then(|| Said::Reply("serial", serial.to_owned()))
}

/// Dahua's serial numbers have fifteen characters; some labels' have fewer.
const SERIAL_BYTES_MIN: usize = 12;

#[cfg(test)]
mod tests {
    use super::*;

    fn message(bytes: &[u8]) -> Message {
        match read(bytes, true) {
            Reading::Message(message) => *message,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn headers_keep_their_order_and_case_and_lose_their_secrets() {
        let got = message(
            b"HTTP/1.1 302 Found\r\nCONNECTION: close\r\nserver:X\r\nSet-Cookie: id=secret\r\n\
              X-Token: secret\r\nDevice-API-Key: secret\r\nKeep-Alive: 5\r\n\
              Location: http://admin:pw@192.0.2.1/doc/login.asp?token=secret\r\n\r\n",
        );
        let [Said::Reply("http_headers", kept)] = &got.said[..] else { panic!("{got:?}") };
        assert_eq!(
            kept,
            "HTTP/1.1 302 Found\r\nCONNECTION: close\r\nserver:X\r\nSet-Cookie: \u{2026}\r\n\
             X-Token: \u{2026}\r\nDevice-API-Key: \u{2026}\r\nKeep-Alive: 5\r\n\
             Location: http://192.0.2.1/doc/login.asp"
        );
    }

    #[test]
    fn of_an_answer_of_onvif_only_the_start_of_its_envelope_is_kept() {
        let got = message(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/soap+xml\r\n\r\n\
              <?xml version=\"1.0\"?><s:Envelope xmlns:sc=\"a\" xmlns:s=\"b\"><s:Body>\
              <tds:User>admin</tds:User></s:Body></s:Envelope>",
        );
        let kept = "<s:Envelope xmlns:sc=\"a\" xmlns:s=\"b\">".to_owned();
        assert_eq!(got.said.last(), Some(&Said::Reply("onvif_envelope", kept)));
        let asked = message(
            b"POST /onvif/device_service HTTP/1.1\r\nContent-Length: 20\r\n\r\n\
              <s:Envelope a=\"b\"/> ",
        );
        assert_eq!(asked.said, [], "what is asked tells nothing of the device");
    }

    #[test]
    fn a_stream_is_described_in_the_body() {
        let got = message(
            b"RTSP/1.0 200 OK\r\nCSeq: 2\r\nContent-Length: 5\r\n\
              Content-Type: application/sdp\r\n\r\nv=0\r\nRTSP/1.0 200 OK",
        );
        assert_eq!(got.said[1], Said::Reply("sdp", "v=0".to_owned()));
        assert!(got.streams && got.rest == 0);
        let again = b"RTSP/1.0 200 OK\r\nContent-Length: 9\r\n\r\nv=0";
        assert_eq!(read(again, false), Reading::More);
    }

    #[test]
    fn what_asks_says_nothing_but_what_its_firmware_shows() {
        let got = message(
            b"GET /a?user=u HTTP/1.1\r\nHost: Cam.example:80\r\n\
            Authorization: Basic x\r\n\r\n",
        );
        assert_eq!((got.said.len(), got.host.as_deref()), (0, Some("cam.example")));
        let got = message(b"DHGET /online/p2psrv/4A05EC0PAN00001 HTTP/1.1\r\n\r\n");
        assert_eq!(got.said, [Said::Reply("serial", "4A05EC0PAN00001".to_owned())]);
        assert_eq!(read(b"\x16\x03\x01", true), Reading::Other);
        assert_eq!(read(b"HT", false), Reading::More);
    }
}
