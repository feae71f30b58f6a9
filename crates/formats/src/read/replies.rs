//! Raw replies among what people paste and export: a status line, headers, perhaps a body.
//!
//! Nothing in them is a label: a line of a reply that says nothing of the maker says nothing.

use whomade_core::observation::{Field, Observation};

use super::kinds::observations_of;
use super::{content, kinds_text};

/// Lower-case names of headers by which a line alone is known to be of a reply.
static NAMES: &[&str] = &[
    "accept-ranges",
    "access-control-allow-origin",
    "allow",
    "authorization",
    "cache-control",
    "connection",
    "content-base",
    "content-encoding",
    "content-language",
    "content-length",
    "content-security-policy",
    "content-type",
    "cseq",
    "date",
    "etag",
    "expires",
    "keep-alive",
    "last-modified",
    "location",
    "mime-version",
    "p3p",
    "pragma",
    "public",
    "referrer-policy",
    "rtp-info",
    "server",
    "set-cookie",
    "strict-transport-security",
    "transfer-encoding",
    "upgrade",
    "vary",
    "via",
    "www-authenticate",
];

/// Of the names above those that only RTSP has.
static NAMES_OF_RTSP: [&str; 4] = ["cseq", "content-base", "public", "rtp-info"];

/// The kind of reply that a line opens: `HTTP/1.1 401 Unauthorized`.
pub(crate) fn opened_by(line: &str) -> Option<&'static str> {
    const KINDS: [(&str, &str); 3] =
        [("HTTP/", "http_headers"), ("RTSP/", "rtsp"), ("SIP/", "sip")];
    let line = line.trim_start();
    KINDS.iter().find_map(|(word, kind)| {
        let version = line.strip_prefix(word)?;
        version.starts_with(|c: char| c.is_ascii_digit()).then_some(*kind)
    })
}

/// The name of a header that a line bears, in lower case: `Server: App-webs/`.
fn name_of(line: &str) -> Option<String> {
    let (name, value) = line.trim_start().split_once(':')?;
    let token = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let good = name.len() > 1
        && name.bytes().all(token)
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        // An address of the network card has no blank behind its colons.
        && (value.trim().is_empty() || value.starts_with([' ', '\t']));
    good.then(|| name.to_ascii_lowercase())
}

/// Whether a line is a header of a reply beyond doubt.
pub(crate) fn is_header(line: &str) -> bool {
    name_of(line).is_some_and(|name| NAMES.contains(&name.as_str()) || name.starts_with("x-"))
}

/// Whether a line goes on with the headers of a reply that was opened.
fn goes_on(line: &str) -> bool {
    let folded = line.starts_with([' ', '\t']) && !line.trim().is_empty();
    folded || is_header(line) || (name_of(line).is_some() && !content::is_announced(line))
}

/// Whether a text is a raw reply, or the headers of one.
fn is_reply(text: &str) -> bool {
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or("");
    opened_by(first).is_some() || is_header(first)
}

/// What somebody typed or pasted: a value a line, and raw replies as they came.
#[must_use]
pub fn observed_text(text: &str) -> Vec<Observation> {
    let mut seen = Vec::new();
    let lines: Vec<&str> = text.lines().collect();
    let mut at = 0;
    while let Some(line) = lines.get(at).copied() {
        if opened_by(line).is_none() && !is_header(line) {
            seen.extend(content::observed(line));
            at += 1;
            continue;
        }
        let taken = reply(&lines[at..], &mut seen);
        at += taken.max(1);
    }
    seen
}

/// The observations in one raw reply with its body.
pub(crate) fn observations(text: &str) -> Vec<Observation> {
    let lines: Vec<&str> = text.lines().collect();
    let mut seen = Vec::new();
    reply(&lines, &mut seen);
    seen
}

/// Reads the reply with which the lines begin; gives how many of them it has.
fn reply(lines: &[&str], seen: &mut Vec<Observation>) -> usize {
    let opened = lines.first().and_then(|line| opened_by(line));
    let first = usize::from(opened.is_some());
    let headers = first + lines[first..].iter().take_while(|line| goes_on(line)).count();
    let head = &lines[..headers];
    let of_rtsp = |line: &&str| name_of(line).is_some_and(|n| NAMES_OF_RTSP.contains(&&*n));
    let kind = opened.unwrap_or(if head.iter().any(of_rtsp) { "rtsp" } else { "http_headers" });
    seen.extend(observations_of(kind, &head.join("\n")));
    let end = headers + body_lines(head, &lines[headers..]);
    let body = lines[headers..end].join("\n");
    // What a body says by its own form is read as if it had come alone.
    if body.contains("<DeviceInfo") || body.contains("\"DeviceInfo\"") {
        seen.extend(observations_of("isapi", &body));
    } else if let (true, Some(start)) = (kind == "rtsp", body.find("v=0")) {
        seen.extend(observations_of("sdp", &body[start..]));
    } else if let Some(title) = kinds_text::element(&body, "title") {
        seen.push(Observation::new(Field::HttpTitle, title));
    }
    end
}

/// How many lines behind its headers belong to a reply: none where it says that it has no body,
/// and nothing looks like one.
fn body_lines(head: &[&str], rest: &[&str]) -> usize {
    if rest.first().is_none_or(|line| !line.trim().is_empty()) {
        return 0;
    }
    let value = |wanted: &str| {
        let line = head.iter().find(|line| name_of(line).is_some_and(|name| name == wanted))?;
        Some(line.split_once(':')?.1.trim())
    };
    let length = value("content-length").is_some_and(|length| length != "0");
    let first = rest.iter().map(|line| line.trim_start()).find(|line| !line.is_empty());
    let formed = first.is_some_and(|line| line.starts_with(['<', '{']) || line.starts_with("v="));
    if !length && !formed && value("transfer-encoding").is_none() {
        return 0;
    }
    rest.iter().position(|line| opened_by(line).is_some()).unwrap_or(rest.len())
}

/// What a value of a field holds beside itself, where it is a raw reply or a line of one; none
/// where the value is the observation.
#[inline]
pub(crate) fn within(field: Field, value: &str) -> Option<Vec<Observation>> {
    let may = matches!(
        field,
        Field::AuthRealm | Field::HttpServer | Field::RtspServer | Field::HttpHeaders
    );
    if may { of_reply(field, value) } else { None }
}

fn of_reply(field: Field, value: &str) -> Option<Vec<Observation>> {
    match field {
        Field::AuthRealm if value.contains("realm=") => {
            let realm = kinds_text::realm(value)?;
            Some(vec![Observation::new(Field::AuthRealm, realm)])
        }
        Field::HttpServer | Field::RtspServer | Field::HttpHeaders => {
            // Exports that have no line breaks in a cell write them in two characters.
            let written = !value.contains('\n') && value.contains("\\n");
            let text = match written {
                true => &value.replace("\\r", "").replace("\\n", "\n"),
                false => value,
            };
            let raw = field == Field::HttpHeaders;
            if !raw && !is_reply(text) {
                return None;
            }
            let mut seen = observations(text.trim_start());
            let has = |field: Field| seen.iter().any(|one| one.field == field);
            if raw && !has(Field::HttpHeaders) && !has(Field::RtspServer) {
                seen.insert(0, Observation::new(field, text));
            }
            (!seen.is_empty()).then_some(seen)
        }
        _ => None,
    }
}

/// The observations in a value that was given for a field: the value itself, or what is in it
/// where it is a raw reply.
#[must_use]
pub fn observed_as(field: Field, value: &str) -> Vec<Observation> {
    within(field, value).unwrap_or_else(|| vec![Observation::new(field, value)])
}
