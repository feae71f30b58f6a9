//! Addresses of the network, as they are usually written.

use std::borrow::Cow;
use std::net::IpAddr;

/// An address without port, mask, zone, brackets or scheme, in its usual form: `10.0.0.5` of
/// `10.0.0.5:8000`, `10.0.0.5/24` and `http://10.0.0.5/`. `None` for names and anything else, and
/// for the address that stands for none.
pub(crate) fn usual(written: &str) -> Option<Cow<'_, str>> {
    if is_usual_v4(written.as_bytes()) {
        return (written != "0.0.0.0").then_some(Cow::Borrowed(written));
    }
    let text = written.trim();
    if let Ok(address) = text.parse::<IpAddr>() {
        return told(address).then(|| Cow::Owned(address.to_string()));
    }
    let text = text.split_once("://").map_or(text, |(_, rest)| rest);
    let text = text.split(['/', '%']).next().unwrap_or("");
    let bare = match text.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or(""),
        None if text.matches(':').count() == 1 => text.split(':').next().unwrap_or(""),
        None => text,
    };
    let address = bare.parse::<IpAddr>().ok().filter(|address| told(*address))?;
    Some(Cow::Owned(address.to_string()))
}

/// Bytes of the longest address of four numbers.
const V4_BYTES_MAX: usize = 15;

/// Whether it is four numbers up to 255 without zeros before them: how nearly every one is written.
fn is_usual_v4(text: &[u8]) -> bool {
    /// By the digits of a number the least one that has no zero before it.
    const LEAST: [u64; 4] = [u64::MAX, 0, 10, 100];
    if text.len() > V4_BYTES_MAX {
        return false;
    }
    let (mut parts, mut number, mut digits) = (1, 0_u64, 0);
    let good = |number: u64, digits: usize| {
        number < 256 && LEAST.get(digits).is_some_and(|least| number >= *least)
    };
    for byte in text {
        match byte {
            b'0'..=b'9' => (number, digits) = (number * 10 + u64::from(byte - b'0'), digits + 1),
            b'.' if good(number, digits) => (parts, number, digits) = (parts + 1, 0, 0),
            _ => return false,
        }
    }
    parts == 4 && good(number, digits)
}

/// `0.0.0.0` and `::` stand for no address.
fn told(address: IpAddr) -> bool {
    !address.is_unspecified()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_found_in_what_stands_around_them() {
        for (written, usual_form) in [
            ("10.0.0.5", Some("10.0.0.5")),
            (" 10.0.0.5:8000 ", Some("10.0.0.5")),
            ("10.0.0.5/24", Some("10.0.0.5")),
            ("http://10.0.0.5/doc", Some("10.0.0.5")),
            ("http://10.0.0.5:81/doc", Some("10.0.0.5")),
            ("2001:DB8::1", Some("2001:db8::1")),
            ("[2001:db8::1]:443", Some("2001:db8::1")),
            ("fe80::1%eth0", Some("fe80::1")),
            ("255.0.10.1", Some("255.0.10.1")),
            ("10.0.0.256", None),
            ("10.0.0.05", None),
            ("10.0.0.5.6", None),
            ("0.0.0.0", None),
            ("::", None),
            ("10.0.0", None),
            ("camera-7", None),
            ("", None),
        ] {
            assert_eq!(usual(written).as_deref(), usual_form, "{written}");
        }
    }
}
