//! What servers greet with before anybody says anything: FTP, Telnet, TVT's own language; and the
//! names of agents in SIP (RFC 959, 854, 3261). What comes behind a prompt is a login, and is not
//! read.

use super::{Said, text};

/// Bytes of a greeting that are read.
const GREETING_BYTES_MAX: usize = 1 << 10;
/// Bytes of a head of SIP that are read.
const HEAD_BYTES_MAX: usize = 4 << 10;

/// What reading the beginning of what a server sends gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    /// It is no greeting.
    Other,
    /// More of it is needed.
    More,
    /// The greeting.
    Done(Said),
}

/// Reads what the server at a port sends first. `ended`: nothing more comes.
#[must_use]
pub fn read(port: u16, bytes: &[u8], ended: bool) -> Reading {
    match port {
        21 => ftp(bytes, ended),
        23 | 2_323 => telnet(bytes, ended),
        6_036 | 9_000 | 9_008 => own(bytes, ended),
        _ => Reading::Other,
    }
}

fn ftp(bytes: &[u8], ended: bool) -> Reading {
    const READY: &[u8] = b"220";
    let known = READY.len().min(bytes.len());
    if bytes[..known] != READY[..known] {
        return Reading::Other;
    }
    let said = text(bytes, GREETING_BYTES_MAX);
    // Several lines have a hyphen behind the number, but for the last.
    let mut end = 0;
    for line in said.split_inclusive('\n') {
        if !line.ends_with('\n') && !ended {
            break;
        }
        end += line.len();
        if !line.starts_with("220-") && line.starts_with("220") {
            // The number and what parts it from the words are the same for all.
            let words = said[..end].lines().map(|line| {
                let line = line.strip_prefix("220").unwrap_or(line);
                line.strip_prefix(['-', ' ']).unwrap_or(line)
            });
            let words: Vec<&str> = words.collect();
            let greeting = words.join("\n").trim().to_owned();
            let said = (!greeting.is_empty()).then_some(Said::Reply("ftp", greeting));
            return said.map_or(Reading::Other, Reading::Done);
        }
    }
    if ended || bytes.len() >= GREETING_BYTES_MAX { Reading::Other } else { Reading::More }
}

/// The greeting of TVT's own language: 64 bytes that begin with four letters (pytvt, protocol.py).
/// What else they hold is numbers of the device, of which no source says what all mean.
fn own(bytes: &[u8], ended: bool) -> Reading {
    const LETTERS: &[u8] = b"head";
    const BYTES: usize = 64;
    let known = LETTERS.len().min(bytes.len());
    if bytes[..known] != LETTERS[..known] {
        return Reading::Other;
    }
    match bytes.len() >= BYTES {
        true => Reading::Done(Said::Reply("greeting", format!("head, {BYTES} bytes"))),
        false if ended => Reading::Other,
        false => Reading::More,
    }
}

/// Words with which a server asks for a name or a password, in small letters.
const PROMPTS: [&str; 5] = ["login:", "username:", "user name:", "user:", "password:"];

fn telnet(bytes: &[u8], ended: bool) -> Reading {
    let looked = &bytes[..bytes.len().min(GREETING_BYTES_MAX)];
    let said = without_orders(looked);
    let said = String::from_utf8_lossy(&said);
    let lower = said.to_ascii_lowercase();
    let prompt = PROMPTS.iter().filter_map(|word| Some(lower.find(word)? + word.len())).min();
    // Without a prompt nobody knows where the greeting ends and what it protects begins.
    let Some(end) = prompt else {
        let full = looked.len() == GREETING_BYTES_MAX;
        return if ended || full { Reading::Other } else { Reading::More };
    };
    let kept: String =
        said[..end].chars().filter(|one| !one.is_control() || "\r\n".contains(*one)).collect();
    let kept = kept.trim();
    if kept.is_empty() { Reading::Other } else { Reading::Done(Said::Reply("telnet", kept.into())) }
}

/// The bytes without the orders among them that are not for people (RFC 854, 855).
fn without_orders(bytes: &[u8]) -> Vec<u8> {
    const ORDER: u8 = 0xFF;
    const WITHIN: u8 = 0xFA;
    const END: u8 = 0xF0;
    let mut kept = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let [first, behind @ ..] = rest {
        rest = match (first, behind) {
            (&ORDER, [ORDER, behind @ ..]) => behind,
            (&ORDER, [WITHIN, behind @ ..]) => {
                let end = behind.windows(2).position(|two| two == [ORDER, END]);
                end.map_or(&[][..], |end| &behind[end + 2..])
            }
            (&ORDER, [0xFB..=0xFE, _, behind @ ..]) => behind,
            (&ORDER, [_, behind @ ..]) => behind,
            (&ORDER, []) => behind,
            _ => {
                kept.push(*first);
                behind
            }
        };
    }
    kept
}

/// Whether bytes may be of SIP.
#[must_use]
pub fn is_sip(bytes: &[u8]) -> bool {
    bytes.starts_with(b"SIP/2.0 ")
        || bytes
            .iter()
            .take(HEAD_BYTES_MAX)
            .position(|byte| *byte == b'\n')
            .is_some_and(|end| bytes[..end].trim_ascii_end().ends_with(b" SIP/2.0"))
}

/// The name of the agent that sends a message of SIP; who calls whom is not kept.
#[must_use]
pub fn sip(bytes: &[u8]) -> Option<Said> {
    if !is_sip(bytes) {
        return None;
    }
    let head = text(bytes, HEAD_BYTES_MAX);
    let answers = head.starts_with("SIP/");
    let agent = head.lines().take_while(|line| !line.is_empty()).find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let name = name.trim();
        let wanted = name.eq_ignore_ascii_case("user-agent")
            || (answers && name.eq_ignore_ascii_case("server"));
        wanted.then(|| value.trim().to_owned())
    })?;
    // An address in it may name somebody.
    (!agent.is_empty() && !agent.contains('@')).then_some(Said::Reply("sip", agent))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn said(kind: &'static str, what: &str) -> Reading {
        Reading::Done(Said::Reply(kind, what.to_owned()))
    }

    #[test]
    fn a_greeting_of_ftp_may_have_several_lines() {
        let one = b"220 NET-1 FTP server ready.\r\n331 Password required for bob.\r\n";
        assert_eq!(read(21, one, false), said("ftp", "NET-1 FTP server ready."));
        assert_eq!(read(21, &one[..20], false), Reading::More);
        let several = b"220-first\r\nsecond\r\n220 third\r\n";
        assert_eq!(read(21, several, false), said("ftp", "first\nsecond\nthird"));
        assert_eq!(read(21, b"331 Password", false), Reading::Other);
        assert_eq!(read(21, b"220 \r\n", true), Reading::Other, "it says nothing");
        assert_eq!(read(25, one, false), Reading::Other, "others greet with that number too");
    }

    #[test]
    fn a_greeting_of_telnet_ends_with_its_prompt() {
        let bytes = b"\xff\xfd\x01\xff\xfb\x1f\xff\xfa\x18\x01\xff\xf0\r\nDVR-1 login: bob\r\n\
            Password: secret\r\n";
        assert_eq!(read(23, bytes, false), said("telnet", "DVR-1 login:"));
        for end in 0..bytes.len() {
            if let Reading::Done(Said::Reply(_, got)) = read(23, &bytes[..end], true) {
                assert!(!got.contains("bob") && !got.contains("secret"), "{got}");
            }
        }
        assert_eq!(read(23, b"\xff\xfd\x01", false), Reading::More);
        assert_eq!(read(23, b"# cat /etc/passwd", true), Reading::Other);
    }

    #[test]
    fn a_language_of_a_makers_own_begins_with_letters_of_its_own() {
        let bytes = [b"head", &[7; 60][..]].concat();
        for port in [6_036, 9_000, 9_008] {
            assert_eq!(read(port, &bytes, false), said("greeting", "head, 64 bytes"));
            assert_eq!(read(port, &bytes[..63], false), Reading::More);
            assert_eq!(read(port, &bytes[..63], true), Reading::Other);
            assert_eq!(read(port, b"HTTP/1.1 400", false), Reading::Other);
        }
        assert_eq!(read(8_000, &bytes, false), Reading::Other);
    }

    #[test]
    fn of_sip_the_agent_alone_is_kept() {
        let bytes = b"REGISTER sip:pbx.example SIP/2.0\r\nFrom: <sip:bob@pbx.example>\r\n\
            Authorization: Digest username=\"bob\", response=\"secret\"\r\n\
            User-Agent: Door Station 1.2\r\n\r\n";
        assert_eq!(sip(bytes), Some(Said::Reply("sip", "Door Station 1.2".to_owned())));
        let answer = b"SIP/2.0 200 OK\r\nServer: PBX 3\r\n\r\nUser-Agent: not me";
        assert_eq!(sip(answer), Some(Said::Reply("sip", "PBX 3".to_owned())));
        assert_eq!(sip(b"GET / HTTP/1.1\r\nUser-Agent: x\r\n\r\n"), None);
        for end in 0..bytes.len() {
            let got = format!("{:?}", sip(&bytes[..end]));
            assert!(!got.contains("bob") && !got.contains("secret"), "{got}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_bring_it_down(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            for port in [21, 23, 9_008] {
                let _ = read(port, &bytes, false);
                let _ = read(port, &[b"220-", &bytes[..]].concat(), true);
            }
            let _ = sip(&[b"SIP/2.0 ", &bytes[..]].concat());
        }
    }
}
