//! The kinds of the labelled form: what sort of reply `raw` is, and the fields in it.

use whomade_core::observation::{Field, Observation};
use whomade_core::shape;

use super::kinds_text::{
    REPLY_BYTES_MAX, element, json_string, line_value, percent_decoded, realm, url_path, urls,
};
use super::mac;
use super::report::cut;

/// Observations of one field taken from one reply.
const SAME_FIELD_MAX: usize = 64;

/// Header lines from which on a block of HTTP headers is a fingerprint of its own.
const HEADER_LINES_MIN: usize = 3;

/// Reads a reply of one kind.
type Reading = fn(&str, &mut Seen);

/// The kinds that are more than one field under another name.
static KINDS: &[(&str, Reading)] = &[
    ("onvif_register", onvif_register),
    ("url_template", url_template),
    ("http_headers", http_headers),
    ("isapi", isapi),
    ("sadp", sadp),
    ("dhip", dhip),
    ("ws_discovery", ws_discovery),
    ("onvif_device_info", device_information),
    ("onvif_envelope", |raw, seen| {
        seen.maybe(Field::OnvifPrefixOrder, shape::prefix_order(raw));
    }),
    ("onvif_fault", onvif_fault),
    ("sdp", sdp),
    ("rtsp", rtsp),
    ("dhcp", dhcp),
    ("ssdp", ssdp),
    ("dns", dns),
    ("tls", tls),
    ("mac", addresses),
    ("magicbox", magicbox),
    ("nmap", nmap),
    ("sip", sip),
    ("model", |raw, seen| seen.add(Field::Product, raw)),
    ("firmware_version", |raw, seen| seen.add(Field::Firmware, raw)),
];

/// What was seen so far.
#[derive(Default)]
struct Seen(Vec<Observation>);

impl Seen {
    fn add(&mut self, field: Field, value: &str) {
        let value = cut(value.trim(), REPLY_BYTES_MAX).0.trim_end();
        let same = self.0.iter().filter(|seen| seen.field == field);
        if value.is_empty()
            || same.clone().count() >= SAME_FIELD_MAX
            || same.clone().any(|seen| seen.value == value)
        {
            return;
        }
        self.0.push(Observation::new(field, value));
    }

    fn maybe(&mut self, field: Field, value: Option<String>) {
        if let Some(value) = value {
            self.add(field, &value);
        }
    }

    fn mac(&mut self, text: &str) {
        for (value, ..) in mac::find_all(text, SAME_FIELD_MAX) {
            self.add(Field::Mac, &value);
        }
    }
}

/// Whether observations of that kind can be read.
#[must_use]
pub fn is_known(kind: &str) -> bool {
    let kind = kind.trim();
    KINDS.iter().any(|(known, _)| *known == kind) || field_of(kind).is_some()
}

/// One of the kinds, for trials.
pub(super) fn kind_at(place: usize) -> &'static str {
    KINDS[place % KINDS.len()].0
}

/// A kind that is a field's own name: `favicon_md5`, `snmp`, `label`.
fn field_of(kind: &str) -> Option<Field> {
    Field::from_id(&kind.replace('_', "-"))
}

/// The observations in a reply of that kind, in the order in which the fields are described.
///
/// `kind` is one of the labelled form, or the name of a field with dashes or underscores. An
/// unknown kind gives none; [`is_known`] tells. Replies may be cut: what can be read is read.
#[must_use]
pub fn observations_of(kind: &str, raw: &str) -> Vec<Observation> {
    let kind = kind.trim();
    let raw = cut(raw, REPLY_BYTES_MAX).0;
    let mut seen = Seen::default();
    if let Some((_, reading)) = KINDS.iter().find(|(known, _)| *known == kind) {
        reading(raw, &mut seen);
    } else if let Some(field) = field_of(kind) {
        seen.add(field, raw);
    }
    seen.0
}

fn addresses(raw: &str, seen: &mut Seen) {
    seen.mac(raw);
}

/// The text between a mark and the next of some marks.
fn between<'a>(raw: &'a str, mark: &str, ends: &[&str]) -> Option<&'a str> {
    let start = if raw.starts_with(mark.trim_start()) {
        mark.trim_start().len()
    } else {
        raw.find(mark)? + mark.len()
    };
    let rest = &raw[start..];
    let end = ends.iter().filter_map(|end| rest.find(end)).min().unwrap_or(rest.len());
    Some(rest[..end].trim())
}

fn onvif_register(raw: &str, seen: &mut Seen) {
    const KEYS: [&str; 6] =
        ["; company=", "; product=", "; firmware=", "; profiles=", "; category=", "; test_date="];
    let value = |key: &str| {
        let key_at_start = key.trim_start_matches("; ");
        match raw.strip_prefix(key_at_start) {
            Some(rest) => {
                let end = KEYS.iter().filter_map(|end| rest.find(end)).min().unwrap_or(rest.len());
                Some(rest[..end].trim())
            }
            None => between(raw, key, &KEYS),
        }
    };
    for (key, field) in
        [(KEYS[0], Field::Company), (KEYS[1], Field::Model), (KEYS[2], Field::Firmware)]
    {
        seen.add(field, value(key).unwrap_or(""));
    }
}

fn url_template(raw: &str, seen: &mut Seen) {
    const KEYS: [&str; 7] =
        [" company=", " type=", " model=", " oui=", " rtsp_url=", " http_url=", " url="];
    if raw.starts_with("company=") {
        seen.add(Field::Company, between(raw, KEYS[0], &KEYS).unwrap_or(""));
        for model in between(raw, KEYS[2], &KEYS).unwrap_or("").split(';') {
            seen.add(Field::Model, model);
        }
        let blocks = between(raw, KEYS[3], &KEYS).unwrap_or("");
        for block in blocks.split(['(', ')', '|', ',']) {
            seen.mac(block);
        }
    }
    seen.maybe(Field::Product, line_value(raw, "title"));
    seen.maybe(Field::Firmware, line_value(raw, "firmwareRevision"));
    for url in urls(raw) {
        // These addresses come from lists that users made: nobody saw a device answer them.
        seen.maybe(Field::ListedPath, url_path(url));
    }
}

/// A line `Name: value` of HTTP; people also write `Name -> value`.
fn header(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.split_once(':').or_else(|| line.split_once("->"))?;
    let (name, value) = match name.split_once("->") {
        Some((name, _)) => (name, line.split_once("->")?.1),
        None => (name, value),
    };
    let name = name.trim();
    let is_token = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    (!name.is_empty() && is_token).then_some((name, value.trim()))
}

fn http_headers(raw: &str, seen: &mut Seen) {
    headers_of(raw, Field::HttpServer, Field::HttpPath, seen);
    let status = raw.trim_start().starts_with("HTTP/");
    let lines = raw.lines().filter(|line| header(line).is_some()).count();
    if status || lines >= HEADER_LINES_MIN {
        seen.add(Field::HttpHeaders, raw);
    }
}

fn headers_of(raw: &str, server: Field, path: Field, seen: &mut Seen) {
    for (name, value) in raw.lines().filter_map(header) {
        if name.eq_ignore_ascii_case("server") {
            seen.add(server, value);
        } else if name.eq_ignore_ascii_case("location") {
            let path_of = if value.starts_with('/') { Some(value.into()) } else { url_path(value) };
            seen.maybe(path, path_of);
        }
    }
    for line in raw.lines() {
        seen.maybe(Field::AuthRealm, realm(line));
        if let Some(at) = line.find("uri=\"") {
            let uri = line[at + 5..].split('"').next().unwrap_or("");
            let uri = if uri.starts_with('/') { Some(uri.to_owned()) } else { url_path(uri) };
            seen.maybe(path, uri);
        }
    }
}

/// A value by XML element or by JSON key.
fn named(raw: &str, name: &str) -> Option<String> {
    if raw.contains('<') { element(raw, name) } else { json_string(raw, name) }
}

fn isapi(raw: &str, seen: &mut Seen) {
    seen.add(Field::Isapi, raw);
    seen.maybe(Field::Model, named(raw, "model"));
    seen.maybe(Field::Serial, named(raw, "serialNumber"));
    seen.mac(&named(raw, "macAddress").unwrap_or_default());
    // The version is printed in two parts; everybody quotes them as one.
    let firmware =
        named(raw, "firmwareVersion").map(|version| match named(raw, "firmwareReleasedDate") {
            Some(build) => format!("{version} {build}"),
            None => version,
        });
    seen.maybe(Field::Firmware, firmware);
    seen.maybe(Field::OnvifManufacturer, named(raw, "manufacturer"));
}

fn sadp(raw: &str, seen: &mut Seen) {
    seen.add(Field::Sadp, raw);
    seen.maybe(Field::Model, element(raw, "DeviceDescription"));
    seen.maybe(Field::Serial, element(raw, "DeviceSN"));
    seen.mac(&element(raw, "MAC").unwrap_or_default());
    seen.maybe(Field::Firmware, element(raw, "SoftwareVersion"));
}

fn dhip(raw: &str, seen: &mut Seen) {
    seen.add(Field::Dhip, raw);
    seen.maybe(Field::Model, json_string(raw, "DeviceType"));
    seen.maybe(Field::Serial, json_string(raw, "SerialNo"));
    seen.maybe(Field::Firmware, json_string(raw, "Version"));
    seen.mac(&json_string(raw, "mac").unwrap_or_default());
    let maker = json_string(raw, "Vendor").or_else(|| json_string(raw, "Manufacturer"));
    seen.maybe(Field::OnvifManufacturer, maker);
}

fn ws_discovery(raw: &str, seen: &mut Seen) {
    seen.maybe(Field::OnvifPrefixOrder, shape::prefix_order(raw));
    let scopes: Vec<&str> = raw
        .split(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"' | ','))
        .filter(|word| word.starts_with("onvif://"))
        .collect();
    seen.add(Field::OnvifScopes, &scopes.join(" "));
    let endpoint = element(raw, "Address").filter(|address| address.starts_with("urn:"));
    let endpoint = endpoint.or_else(|| {
        let at = raw.find("urn:uuid:")?;
        let end = raw[at..].find(|c: char| c.is_whitespace() || matches!(c, '<' | '"'));
        Some(raw[at..].get(..end.unwrap_or(raw.len() - at))?.to_owned())
    });
    seen.maybe(Field::OnvifEndpoint, endpoint);
    let values = |key: &'static str| {
        scopes.iter().filter_map(move |scope| {
            let (_, value) = scope.split_once(key)?;
            let value = percent_decoded(value.trim_end_matches('/'));
            (!value.is_empty()).then_some(value)
        })
    };
    let hardware: Vec<String> = values("/hardware/").collect();
    hardware.iter().for_each(|model| seen.add(Field::Model, model));
    for name in values("/name/").chain(values("/manufacturer/")) {
        // Some devices give their model for a name; it is no maker.
        if !hardware.contains(&name) {
            seen.add(Field::OnvifManufacturer, &name);
        }
    }
    for address in values("/MAC/").chain(values("/mac/")) {
        seen.mac(&address);
    }
}

fn device_information(raw: &str, seen: &mut Seen) {
    seen.maybe(Field::OnvifPrefixOrder, shape::prefix_order(raw));
    let fields: [(Field, &str, &str); 5] = [
        (Field::OnvifManufacturer, "Manufacturer", "manufacturer"),
        (Field::Model, "Model", "model"),
        (Field::Firmware, "FirmwareVersion", "firmware_version"),
        (Field::Serial, "SerialNumber", "serial_number"),
        (Field::Hardware, "HardwareId", "hardware_id"),
    ];
    for (field, tag, key) in fields {
        let value = element(raw, tag)
            .or_else(|| json_string(raw, tag))
            .or_else(|| json_string(raw, key))
            .or_else(|| line_value(raw, tag))
            .or_else(|| line_value(raw, key));
        seen.maybe(field, value);
    }
}

/// A fault names nobody; only the headers that came with it speak.
fn onvif_fault(raw: &str, seen: &mut Seen) {
    headers_of(raw, Field::HttpServer, Field::HttpPath, seen);
    seen.maybe(Field::OnvifPrefixOrder, shape::prefix_order(raw));
}

fn sdp(raw: &str, seen: &mut Seen) {
    seen.add(Field::Sdp, raw);
    headers_of(raw, Field::RtspServer, Field::RtspPath, seen);
    for control in raw.lines().filter_map(|line| line.trim().strip_prefix("a=control:")) {
        if control.starts_with("rtsp") {
            seen.maybe(Field::RtspPath, url_path(control));
        }
    }
}

fn rtsp(raw: &str, seen: &mut Seen) {
    headers_of(raw, Field::RtspServer, Field::RtspPath, seen);
    if seen.0.is_empty() && !raw.contains('\n') {
        seen.add(Field::RtspServer, raw);
    }
}

fn dhcp(raw: &str, seen: &mut Seen) {
    let lower = raw.to_ascii_lowercase();
    let after = |mark: &str, ends: &[char]| {
        let at = lower.find(mark)? + mark.len();
        let rest = raw.get(at..)?.trim_start_matches([':', '=', ' ', '"']);
        Some(rest.split(ends).next()?.trim().to_owned())
    };
    let options = after("option 55", &['\n', ';', ' ']);
    let class = after("option 60", &['\n', ';']).or_else(|| after("vendor class", &['\n', ';']));
    if options.is_none() && class.is_none() {
        seen.add(Field::DhcpClass, raw);
        return;
    }
    seen.mac(raw);
    seen.maybe(Field::DhcpClass, class);
    seen.maybe(Field::DhcpOptions, options);
    seen.maybe(Field::Hostname, after("option 12", &['\n', ';', ' ']));
}

fn ssdp(raw: &str, seen: &mut Seen) {
    seen.add(Field::Ssdp, raw);
    seen.maybe(Field::Model, element(raw, "modelName"));
    seen.maybe(Field::Serial, element(raw, "serialNumber"));
}

fn dns(raw: &str, seen: &mut Seen) {
    const WORDS: [&str; 9] = ["cname", "a", "aaaa", "in", "query", "txt", "ptr", "srv", "ns"];
    for word in raw.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '"')) {
        let host = word.trim_matches(['.', '\u{2192}', '>', '-', '(', ')']).to_lowercase();
        let numbers = host.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        if host.contains('.') && !numbers && !WORDS.contains(&host.as_str()) {
            seen.add(Field::DnsName, &host);
        }
    }
}

fn tls(raw: &str, seen: &mut Seen) {
    let value = |keys: &[&str]| keys.iter().find_map(|key| line_value(raw, key));
    let subject = value(&["subject"]);
    let issuer = value(&["issuer"]);
    if subject.is_none() && issuer.is_none() {
        seen.add(Field::TlsSubject, raw);
    }
    seen.maybe(Field::TlsSubject, subject);
    seen.maybe(Field::TlsIssuer, issuer);
}

/// Answers of `magicBox.cgi`: lines `key=value`.
fn magicbox(raw: &str, seen: &mut Seen) {
    // A rebadge may change the type and forget the name under which it is updated.
    for key in ["deviceType", "updateSerial", "type"] {
        seen.maybe(Field::Model, line_value(raw, key));
    }
    for key in ["serialNumber", "sn"] {
        seen.maybe(Field::Serial, line_value(raw, key));
    }
    for key in ["version", "softwareVersion"] {
        seen.maybe(Field::Firmware, line_value(raw, key));
    }
    for key in ["hardwareVersion", "processor"] {
        seen.maybe(Field::Hardware, line_value(raw, key));
    }
    seen.maybe(Field::OnvifManufacturer, line_value(raw, "vendor"));
}

/// The text output of nmap.
fn nmap(raw: &str, seen: &mut Seen) {
    for line in raw.lines() {
        let line = line.trim_start_matches(['|', '_', ' ']);
        if let Some(rest) = line.strip_prefix("MAC Address:") {
            seen.mac(rest);
        } else if let Some(rest) = line.strip_prefix("http-title:") {
            if !rest.contains("doesn't have a title") {
                seen.add(Field::HttpTitle, rest);
            }
        } else if let Some(rest) = line.strip_prefix("http-server-header:") {
            seen.add(Field::HttpServer, rest);
        } else if let Some(rest) = line.strip_prefix("ssl-cert: Subject:") {
            seen.add(Field::TlsSubject, rest);
        } else if let Some(rest) = line.strip_prefix("Server:") {
            seen.add(Field::HttpServer, rest);
        } else {
            seen.maybe(Field::AuthRealm, line.contains("realm=").then(|| realm(line)).flatten());
        }
    }
}

fn sip(raw: &str, seen: &mut Seen) {
    let agent = |line: &str| {
        let (name, value) = header(line)?;
        let named = name.eq_ignore_ascii_case("user-agent") || name.eq_ignore_ascii_case("server");
        named.then(|| value.to_owned())
    };
    let agents: Vec<String> = raw.lines().filter_map(agent).collect();
    if agents.is_empty() {
        seen.add(Field::Sip, raw);
    }
    agents.iter().for_each(|agent| seen.add(Field::Sip, agent));
    raw.lines().for_each(|line| seen.maybe(Field::AuthRealm, realm(line)));
}
