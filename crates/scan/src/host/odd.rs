//! What is odd about what a host says, whoever it is: only what no standard allows.

use super::{Answer, Oddity};

/// Bytes of a head that are looked at.
const HEAD_BYTES_MAX: usize = 8 << 10;

/// Bytes of what stands before the text of DHIP: its own length, its name, numbers, the length of
/// the text.
const DHIP_HEAD: usize = 32;

/// What is odd about an answer.
pub(super) fn of(answer: &Answer) -> impl Iterator<Item = Oddity> + use<> {
    let bytes = &answer.bytes[..];
    let is_page = bytes.starts_with(b"HTTP/") || bytes.starts_with(b"RTSP/");
    let head = if is_page { head(bytes) } else { &[] };
    let escapes = head.iter().any(|byte| is_control(*byte));
    let is_dhip = bytes.starts_with(b"\x20\0\0\0DHIP");
    let lengths = has_wrong_length(head) || (is_dhip && is_longer_than_it_is(bytes));
    let odd = [escapes.then_some(Oddity::Escapes), lengths.then_some(Oddity::Lengths)];
    odd.into_iter().flatten()
}

/// The head of a message, without the empty line behind it.
fn head(bytes: &[u8]) -> &[u8] {
    let bytes = &bytes[..bytes.len().min(HEAD_BYTES_MAX)];
    let end = bytes.windows(4).position(|end| end == b"\r\n\r\n");
    &bytes[..end.unwrap_or(bytes.len())]
}

/// Whether a byte stands in no head (RFC 9110, 5.5): a control character, but for the tabulator
/// and what ends a line.
fn is_control(byte: u8) -> bool {
    byte.is_ascii_control() && !matches!(byte, b'\t' | b'\r' | b'\n')
}

/// Whether a head says a length of its body that is no number which a length can be.
fn has_wrong_length(head: &[u8]) -> bool {
    const NAME: &[u8] = b"content-length:";
    let is_length =
        |line: &&[u8]| line.get(..NAME.len()).is_some_and(|name| name.eq_ignore_ascii_case(NAME));
    // The standard lets the same length stand there twice, with a comma between.
    let is_number = |value: &[u8]| {
        let value = value.trim_ascii();
        let digits = value.iter().all(u8::is_ascii_digit);
        digits && std::str::from_utf8(value).is_ok_and(|text| text.parse::<u64>().is_ok())
    };
    let mut lengths = head.split(|byte| *byte == b'\n').filter(is_length);
    lengths.any(|line| !line[NAME.len()..].split(|byte| *byte == b',').all(is_number))
}

/// Whether a datagram of DHIP says that its text is longer than what came.
fn is_longer_than_it_is(bytes: &[u8]) -> bool {
    let says = bytes.get(16..20).and_then(|four| four.try_into().ok()).map(u32::from_le_bytes);
    let came = bytes.len().saturating_sub(DHIP_HEAD);
    says.is_some_and(|says| says as usize > came)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::Ending;
    use crate::net::Moment;

    fn odd(to: &'static str, bytes: &[u8]) -> Vec<Oddity> {
        let (at, bytes, ending) = (Moment::ZERO, bytes.to_vec(), Ending::Whole);
        of(&Answer { to: Some(to), port: 80, at, bytes, ending }).collect()
    }

    #[test]
    fn only_what_no_standard_allows_is_odd() {
        let page = |head: &str| odd("http-start-page", format!("{head}\r\n\r\n\x1b").as_bytes());
        for usual in [
            "HTTP/1.1 200 OK\r\nServer: App-webs/\r\nContent-Length: 12",
            "HTTP/1.1 200 OK\r\nServer:\tCaf\u{e9}\r\ncontent-length:0 ",
            "HTTP/1.0 200 OK\nContent-Length: 5, 5",
            "RTSP/1.0 401 Unauthorized\r\nCSeq: 2",
        ] {
            assert_eq!(page(usual), [], "{usual:?}");
        }
        assert_eq!(page("HTTP/1.1 200 OK\r\nServer: \x1b[2J"), [Oddity::Escapes]);
        assert_eq!(page("RTSP/1.0 200 OK\r\nServer: \x07"), [Oddity::Escapes]);
        for length in ["99999999999999999999", "-1", "+5", "", "five", "5, x"] {
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}");
            assert_eq!(page(&head), [Oddity::Lengths], "{length:?}");
        }
        // What is no head may hold whatever it likes: TLS, greetings, the makers' own languages.
        assert_eq!(odd("tls-hello", b"\x15\x03\x01\0\x02\x02\x46"), []);
        assert_eq!(odd("hanwha-search", &[0x1b; 40]), []);
    }

    #[test]
    fn a_datagram_of_dhip_is_as_long_as_it_says() {
        let says = |length: u8, text: &[u8]| {
            let head = [&b"\x20\0\0\0DHIP\0\0\0\0\0\0\0\0"[..], &[length], &[0; 7]].concat();
            odd("dhip-search", &[&head[..], &[length], &[0; 7], text].concat())
        };
        assert_eq!(says(2, b"{}"), []);
        assert_eq!(says(2, b"{}\n"), [], "a line more");
        assert_eq!(says(3, b"{}"), [Oddity::Lengths]);
        assert_eq!(odd("dhip-search", b"\x20\0\0\0DHIP"), [], "too short to say a length");
    }
}
