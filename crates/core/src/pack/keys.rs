//! Which of our fields holds the text that a key of a pack is matched with.

use std::borrow::Cow;

use crate::observation::Field;

/// The keys of recog whose texts are observed here, each with the field that holds them. A file
/// without a key of its own is called by its name, as recog does: its Telnet greetings are.
pub const KEYS: &[(&str, Field)] = &[
    ("http_header.server", Field::HttpServer),
    ("http_header.server", Field::HttpHeaders),
    ("http_header.wwwauth", Field::HttpHeaders),
    ("http_header.cookie", Field::HttpHeaders),
    ("http_header.x-powered-by", Field::HttpHeaders),
    ("html_title", Field::HttpTitle),
    ("favicon.md5", Field::FaviconMd5),
    ("rtsp_header.server", Field::RtspServer),
    ("ftp.banner", Field::Ftp),
    ("telnet.banner", Field::Telnet),
    ("telnet_banners", Field::Telnet),
    ("snmp.sys_description", Field::Snmp),
    ("sip_header.server", Field::Sip),
    ("sip_header.user_agent", Field::Sip),
    ("x509.subject", Field::TlsSubject),
    ("x509.issuer", Field::TlsIssuer),
    ("mdns.device-info.txt", Field::Mdns),
    ("mdns.workstation.txt", Field::Mdns),
    ("dhcp_vendor_class", Field::DhcpClass),
];

/// Texts of one value that are matched at most: a reply may set cookies without end.
const TEXTS_MAX: usize = 32;

/// The name of the header that a key is about, in small letters.
fn header_of(key: &str) -> Option<&'static str> {
    Some(match key {
        "http_header.server" | "sip_header.server" => "server",
        "http_header.wwwauth" => "www-authenticate",
        "http_header.cookie" => "set-cookie",
        "http_header.x-powered-by" => "x-powered-by",
        "sip_header.user_agent" => "user-agent",
        _ => return None,
    })
}

/// The texts that a value of a field holds for a key, as packs want them: a header without its
/// name, a greeting of FTP without its number, one of Telnet without blanks around it.
#[must_use]
pub fn key_words<'v>(key: &str, field: Field, value: &'v str) -> Vec<Cow<'v, str>> {
    let trimmed = value.trim();
    match field {
        Field::HttpHeaders => headers(header_of(key), value).map(Cow::Borrowed).collect(),
        Field::Sip if ["server", "user-agent"].iter().any(|name| has(trimmed, name)) => {
            headers(header_of(key), trimmed).map(Cow::Borrowed).collect()
        }
        Field::Ftp => vec![without_codes(trimmed)],
        Field::FaviconMd5 => vec![Cow::Owned(trimmed.to_ascii_lowercase())],
        _ => vec![Cow::Borrowed(trimmed)],
    }
}

/// The values of a header in a block of them.
fn headers<'v>(wanted: Option<&'static str>, block: &'v str) -> impl Iterator<Item = &'v str> {
    let value = move |line: &'v str| {
        let (name, value) = line.split_once(':')?;
        let same = wanted.is_some_and(|wanted| name.trim().eq_ignore_ascii_case(wanted));
        same.then(|| value.trim())
    };
    block.lines().filter_map(value).take(TEXTS_MAX)
}

fn has(block: &str, name: &'static str) -> bool {
    headers(Some(name), block).next().is_some()
}

/// A greeting without the number of the reply: `220 ready`, `220-Welcome`.
fn without_codes(greeting: &str) -> Cow<'_, str> {
    const NUMBER: &str = "220";
    let plain = |line: &'_ str| -> Option<usize> {
        let rest = line.strip_prefix(NUMBER)?;
        rest.starts_with([' ', '-']).then_some(NUMBER.len() + 1)
    };
    if !greeting.contains('\n') {
        return Cow::Borrowed(&greeting[plain(greeting).unwrap_or(0)..]);
    }
    let lines: Vec<&str> = greeting.lines().map(|line| &line[plain(line).unwrap_or(0)..]).collect();
    Cow::Owned(lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_out_as_packs_want_them() {
        let block = "HTTP/1.1 401 No\r\nServer: Acme\r\nWWW-Authenticate: Basic realm=\"a: b\"\r\n";
        let of = |key, field, value| key_words(key, field, value);
        assert_eq!(of("http_header.server", Field::HttpHeaders, block), ["Acme"]);
        let realm = of("http_header.wwwauth", Field::HttpHeaders, block);
        assert_eq!(realm, ["Basic realm=\"a: b\""]);
        assert!(of("http_header.cookie", Field::HttpHeaders, block).is_empty());
        assert_eq!(of("ftp.banner", Field::Ftp, "220 Acme ready"), ["Acme ready"]);
        assert_eq!(of("ftp.banner", Field::Ftp, "2205 x"), ["2205 x"]);
        assert_eq!(of("ftp.banner", Field::Ftp, "220-a\r\n220 b"), ["a\nb"]);
        assert_eq!(of("sip_header.user_agent", Field::Sip, "Acme 1"), ["Acme 1"]);
        assert_eq!(of("sip_header.user_agent", Field::Sip, "User-Agent: Acme 1"), ["Acme 1"]);
        assert_eq!(of("sip_header.user_agent", Field::Sip, "Acme: 1"), ["Acme: 1"]);
        assert!(of("sip_header.server", Field::Sip, "User-Agent: Acme 1").is_empty());
        assert_eq!(of("favicon.md5", Field::FaviconMd5, "AB\n"), ["ab"]);
    }
}
