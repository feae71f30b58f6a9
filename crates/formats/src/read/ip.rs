//! Addresses of the network, as they are usually written.

use std::net::IpAddr;

use compact_str::{CompactString, ToCompactString as _};

/// An address without port, mask, zone, brackets or scheme, in its usual form: `10.0.0.5` of
/// `10.0.0.5:8000`, `10.0.0.5/24` and `http://10.0.0.5/`. `None` for names and anything else, and
/// for the address that stands for none.
pub(crate) fn usual(written: &str) -> Option<CompactString> {
    let text = written.trim();
    if let Ok(address) = text.parse::<IpAddr>() {
        // Nearly every one is written as usual; only numbers with zeros before them are refused.
        return told(address).then(|| address.to_compact_string());
    }
    let text = text.split_once("://").map_or(text, |(_, rest)| rest);
    let text = text.split(['/', '%']).next().unwrap_or("");
    let bare = match text.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or(""),
        None if text.matches(':').count() == 1 => text.split(':').next().unwrap_or(""),
        None => text,
    };
    let address = bare.parse::<IpAddr>().ok().filter(|address| told(*address))?;
    Some(address.to_compact_string())
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
