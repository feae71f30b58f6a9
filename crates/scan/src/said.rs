//! What answers say: read by the parsers that read the same languages off the wire, so that
//! passwords, names and tokens are dropped here as they are there.

use whomade_capture::wire::{Said, discovery, greeting, http, tls};

use crate::host::{Answer, SHOWN};
use crate::probe::{self, Over};

/// Messages of one answer that are read.
const MESSAGES_MAX: usize = 4;

/// What an answer says of whoever gave it.
#[must_use]
pub fn said(answer: &Answer) -> Vec<Said> {
    let bytes = &answer.bytes[..];
    if answer.to == Some(SHOWN) {
        return vec![Said::Certificate(bytes.to_vec())];
    }
    let Some(asked) = answer.to.and_then(probe::find) else {
        return match greeting::read(answer.port, bytes, true) {
            greeting::Reading::Done(said) => vec![said],
            greeting::Reading::More | greeting::Reading::Other => Vec::new(),
        };
    };
    match asked.over() {
        Over::Datagram { port, from, .. } => discovery::read(port, from.unwrap_or(port), bytes),
        Over::Stream if asked == &probe::TLS => match tls::read(bytes, true) {
            tls::Reading::Done(beginning) => {
                beginning.certificate.map(Said::Certificate).into_iter().collect()
            }
            tls::Reading::More | tls::Reading::Other => Vec::new(),
        },
        Over::Stream => messages(bytes),
    }
}

/// What messages of HTTP or RTSP say, one behind the other.
fn messages(bytes: &[u8]) -> Vec<Said> {
    let mut all = Vec::new();
    let mut rest = bytes;
    for _ in 0..MESSAGES_MAX {
        let http::Reading::Message(message) = http::read(rest, true) else { break };
        all.extend(message.said);
        rest = rest.get(message.length.max(1)..).unwrap_or_default();
    }
    all
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::host::Ending;
    use crate::net::Moment;
    use crate::probe::REQUESTS;

    fn answer(to: Option<&'static str>, port: u16, bytes: &[u8]) -> Answer {
        let (at, bytes, ending) = (Moment::ZERO, bytes.to_vec(), Ending::Whole);
        Answer { to, port, at, bytes, ending }
    }

    #[test]
    fn answers_are_read_in_their_language() {
        let kinds = |to: Option<&'static str>, port, bytes: &[u8]| -> Vec<String> {
            said(&answer(to, port, bytes))
                .into_iter()
                .map(|one| match one {
                    Said::Reply(kind, text) => format!("{kind}: {text}"),
                    Said::Certificate(bytes) => format!("certificate of {} bytes", bytes.len()),
                })
                .collect()
        };
        let page = b"HTTP/1.1 200 OK\r\nServer: DNVRS-Webs\r\nSet-Cookie: id=5\r\n\
                     Content-Length: 0\r\n\r\n";
        let read = kinds(Some("http-start-page"), 8_080, page);
        assert!(
            read[0].starts_with("http_headers: ") && read[0].contains("DNVRS-Webs"),
            "{read:?}"
        );
        assert!(!read[0].contains("id=5"), "a cookie is nobody's business: {read:?}");
        let refused = b"RTSP/1.0 401 Unauthorized\r\nCSeq: 2\r\n\
                        WWW-Authenticate: Digest realm=\"Login to X\", nonce=\"1\"\r\n\r\n";
        assert!(kinds(Some("rtsp-describe"), 554, refused)[0].contains("Login to X"));
        let hello = b"<?xml version=\"1.0\"?><ProbeMatch><Uuid>1</Uuid><Types>inquiry</Types>\
                      <DeviceSN>X</DeviceSN><Salt>secret</Salt></ProbeMatch>";
        let read = kinds(Some("sadp-inquiry"), 37_020, hello);
        assert!(read[0].starts_with("sadp: ") && !read[0].contains("secret"), "{read:?}");
        assert_eq!(kinds(None, 21, b"220 ready\r\n"), ["ftp: ready"]);
        assert!(kinds(None, 8_000, b"anything").is_empty());
        assert!(kinds(Some("tls-hello"), 443, b"\x15\x03\x01\0\x02\x02\x28").is_empty());
    }

    proptest! {
        #[test]
        fn no_answer_ends_the_reading(
            which in 0..REQUESTS.len(),
            port in any::<u16>(),
            bytes in proptest::collection::vec(any::<u8>(), 0..600),
        ) {
            let _ = said(&answer(Some(REQUESTS[which].id()), port, &bytes));
            let _ = said(&answer(None, port, &bytes));
        }
    }
}
