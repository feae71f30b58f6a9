//! What a host answered to nmap's scripts, as their text says it. The same scripts run for the XML
//! and for the output that people paste.

use std::borrow::Cow;

use whomade_core::observation::Field;

use crate::read::host::Host;
use crate::read::kinds_text::realm;

/// What the host answered to the script of that name.
pub(super) fn answered(id: &str, output: &str, host: &mut Host<'_>) {
    match id {
        "http-title" => title(output, host),
        "http-server-header" => {
            let lines = output.lines().map(str::trim);
            lines.for_each(|line| host.observe(Field::HttpServer, line));
        }
        "http-headers" => headers(output, host),
        "http-auth" | "rtsp-auth" => {
            output.lines().for_each(|line| host.maybe(Field::AuthRealm, realm(line)));
        }
        "http-favicon" => {
            let hash = output.rsplit("MD5: ").next().filter(|_| output.contains("MD5: "));
            host.maybe(Field::FaviconMd5, hash.map(str::to_ascii_lowercase));
        }
        "ssl-cert" => certificate(output, &[], host),
        "snmp-sysdescr" => host.maybe(Field::Snmp, output.trim().lines().next()),
        "upnp-info" => host.reply("ssdp", output),
        _ => {}
    }
}

/// The first line, unless nmap says in words of its own that there is no title.
fn title(output: &str, host: &mut Host<'_>) {
    let line = output.trim().lines().next().unwrap_or("");
    let of_nmap =
        ["Did not follow redirect", "Site doesn't have a title", "Requested resource was"];
    if !of_nmap.iter().any(|words| line.starts_with(words)) {
        host.observe(Field::HttpTitle, line);
    }
}

/// Header lines, indented; the last line says in brackets how nmap asked.
fn headers(output: &str, host: &mut Host<'_>) {
    let lines = output.lines().map(str::trim).filter(|line| !line.is_empty());
    let lines: Vec<&str> = lines.filter(|line| !line.starts_with("(Request type:")).collect();
    host.reply("http_headers", &lines.join("\r\n"));
}

/// `Subject: commonName=gate-4/countryName=GB`, the issuer alike, and hashes; but what is known
/// better.
pub(super) fn certificate(output: &str, known: &[Field], host: &mut Host<'_>) {
    for line in output.lines() {
        let Some((before, rest)) = line.trim().split_once(':') else { continue };
        let field = match before {
            "Subject" => Field::TlsSubject,
            "Issuer" => Field::TlsIssuer,
            "SHA-256" => Field::TlsFingerprint,
            _ => continue,
        };
        match field {
            _ if known.contains(&field) => {}
            Field::TlsFingerprint => host.observe(field, rest),
            _ => host.observe(field, &named(parts(rest.trim()).into_iter())),
        }
    }
}

/// Bytes of the key of a part.
const KEY_BYTES_MAX: usize = 40;

/// The parts of a name; a slash that no key follows belongs to a value.
fn parts(name: &str) -> Vec<(&str, Cow<'_, str>)> {
    // Asked at every slash, so that it looks no further than a key can reach.
    let opens = |rest: &[u8]| {
        let key = rest.iter().take(KEY_BYTES_MAX + 1).position(|byte| *byte == b'=');
        let good = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'.';
        key.is_some_and(|end| end > 0 && rest[..end].iter().all(good))
    };
    let mut parts = vec![];
    let mut start = 0;
    let ends = name.match_indices('/').map(|(at, _)| at).chain([name.len()]);
    for end in ends {
        if end < name.len() && !opens(&name.as_bytes()[end + 1..]) {
            continue;
        }
        parts.extend(name[start..end].split_once('=').map(|(key, value)| (key, value.into())));
        start = end + 1;
    }
    parts
}

/// The parts of a name in a certificate, as nmap spells them out and as everybody else writes them,
/// from the device up to its country.
const PARTS: [(&str, &str); 6] = [
    ("commonName", "CN"),
    ("organizationalUnitName", "OU"),
    ("organizationName", "O"),
    ("localityName", "L"),
    ("stateOrProvinceName", "ST"),
    ("countryName", "C"),
];

/// A name as everybody writes it.
pub(super) fn named<'p>(parts: impl Iterator<Item = (&'p str, Cow<'p, str>)>) -> String {
    let mut found: Vec<(usize, &str, Cow<'_, str>)> = parts
        .map(|(key, value)| {
            let place = PARTS.iter().position(|(long, _)| *long == key);
            let short = place.map_or(key, |place| PARTS[place].1);
            (place.unwrap_or(PARTS.len()), short, value)
        })
        .collect();
    found.sort_by_key(|(place, ..)| *place);
    let mut name = String::new();
    for (_, short, value) in found {
        if !name.is_empty() {
            name.push(',');
        }
        name.push_str(short);
        name.push('=');
        name.push_str(&value);
    }
    name
}
