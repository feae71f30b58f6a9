//! Takes names, passwords and tokens out of text in which addresses stand.

/// What stands before a secret in an address, in small letters; some firmware writes it into the
/// path (`/user=…_password=…_channel=1`).
const KEYS: [&str; 13] = [
    "user=",
    "username=",
    "usr=",
    "loginuse=",
    "loginpas=",
    "password=",
    "passwd=",
    "pass=",
    "pwd=",
    "token=",
    "auth=",
    "session=",
    "sessionid=",
];

/// What ends an address in text.
fn ends(letter: char) -> bool {
    letter.is_whitespace() || letter.is_control() || matches!(letter, '"' | '\'' | '<' | '>')
}

/// Text without the names and passwords before the hosts of its addresses, and without what stands
/// behind a key for a secret, up to the end of the address. `queries`: whether what else addresses
/// carry behind a question mark stays.
#[must_use]
pub(crate) fn without(text: &str, queries: bool) -> String {
    // Every key ends so, and most texts have neither it nor an address.
    if !text.contains('=') && place_of_host(text).is_none() {
        return text.to_owned();
    }
    let mut kept = String::with_capacity(text.len());
    for part in text.split_inclusive(ends) {
        let (address, end) = match part.chars().next_back().filter(|last| ends(*last)) {
            Some(last) => part.split_at(part.len() - last.len_utf8()),
            None => (part, ""),
        };
        let mut clean = String::with_capacity(address.len());
        let mut rest = address;
        while let Some(at) = place_of_host(rest) {
            let (before, behind) = rest.split_at(at + 3);
            clean.push_str(before);
            // What names a host ends with its path; a password may hold anything else.
            let host_end = behind.find(['/', '?', '#', ',']).unwrap_or(behind.len());
            let named = behind[..host_end].rfind('@').map_or(0, |at| at + 1);
            rest = &behind[named..];
            if !queries && let Some(at) = rest.find('?') {
                rest = &rest[..at];
            }
        }
        clean.push_str(rest);
        kept.push_str(up_to_key(&clean));
        kept.push_str(end);
    }
    kept
}

/// Where `://` stands; most colons stand alone.
fn place_of_host(text: &str) -> Option<usize> {
    text.match_indices(':').map(|(at, _)| at).find(|at| text[*at..].starts_with("://"))
}

/// What stands before the first key for a secret that begins a part of an address.
fn up_to_key(address: &str) -> &str {
    if !address.contains('=') {
        return address;
    }
    // No letter gets longer or shorter: places are those of the address.
    let lower = address.to_ascii_lowercase();
    let begins = |at: usize| {
        matches!(lower.as_bytes()[..at].last(), None | Some(b'/' | b'?' | b'&' | b'_' | b';'))
    };
    let found = KEYS
        .iter()
        .filter_map(|key| lower.match_indices(key).map(|(at, _)| at).find(|at| begins(*at)));
    found.min().map_or(address, |at| &address[..at])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_address_in_a_text_loses_its_secrets() {
        let text = "url=rtsp://bob:s3c@192.0.2.1/a;seq=1,url=rtsp://bob:s3c@192.0.2.1/b x";
        assert_eq!(without(text, false), "url=rtsp://192.0.2.1/a;seq=1,url=rtsp://192.0.2.1/b x");
        let text = "a=control:rtsp://192.0.2.1/user=bob_password=s3c_channel=1.sdp\r\na=x:1";
        assert_eq!(without(text, true), "a=control:rtsp://192.0.2.1/\r\na=x:1");
        let text = "http://192.0.2.1/x?model=1&Token=s3c \"http://h/?p=1\"";
        assert_eq!(without(text, true), "http://192.0.2.1/x?model=1& \"http://h/?p=1\"");
        assert_eq!(without(text, false), "http://192.0.2.1/x \"http://h/\"");
        let plain = "Digest realm=\"Login to 1\", qop=\"auth\", nonce=\"1\"";
        assert_eq!(without(plain, false), plain);
    }

    proptest! {
        #[test]
        fn no_text_brings_it_down(text in "(\\PC|://|[/?@&_=]|user=|\\s){0,40}") {
            let kept = without(&text, true);
            prop_assert!(kept.len() <= text.len());
            prop_assert!(!kept.contains("/user="));
        }
    }
}
