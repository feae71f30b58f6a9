//! The shape of a raw reply: in which order and case its parts stand. A label changes the words of
//! a reply; the order in which code writes them it seldom knows of. Nothing here knows a maker.

use jiff::fmt::rfc2822;
use sha2::{Digest, Sha256};

use crate::observation::Field;

/// Header lines, scopes, prefixes or lines of a description that are read of one reply.
pub const PARTS_MAX: usize = 256;
/// Bytes of one name; a longer one is no name.
pub const NAME_BYTES_MAX: usize = 64;
/// Fewer header lines than this have no order to speak of.
pub const HEADERS_MIN: usize = 3;
/// Bytes of a start tag in which prefixes are looked for.
pub const TAG_BYTES_MAX: usize = 16 << 10;

/// Reads the shape of a raw value, if it has one.
pub type Shaping = fn(&str) -> Option<String>;

/// What can be derived from a raw value of that field: the derived field, and how.
#[must_use]
pub const fn derived(field: Field) -> &'static [(Field, Shaping)] {
    match field {
        Field::HttpHeaders => {
            &[(Field::HttpHeaderOrder, header_order), (Field::HttpEtag, checked_etag)]
        }
        Field::OnvifScopes => &[(Field::OnvifScopeOrder, scope_order)],
        Field::Sdp => &[(Field::SdpShape, sdp_shape)],
        _ => &[],
    }
}

/// Whether values of that field are such shapes.
#[must_use]
pub const fn is_shape(field: Field) -> bool {
    matches!(
        field,
        Field::HttpHeaderOrder
            | Field::HttpEtag
            | Field::OnvifScopeOrder
            | Field::OnvifPrefixOrder
            | Field::SdpShape
    )
}

/// A short name for a shape, the same everywhere: the first eight hexadecimal digits of its
/// SHA-256. For talking about it; what is matched is the shape itself.
#[must_use]
pub fn short_hash(shape: &str) -> String {
    let digest = Sha256::digest(shape.as_bytes());
    digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}

/// Name and value of a header line.
fn header(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.split_once(':')?;
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    let good = !name.is_empty() && name.len() <= NAME_BYTES_MAX && name.bytes().all(token);
    good.then_some((name, value.trim()))
}

/// The header lines of the first block of a reply, its status line left out.
fn headers(raw: &str) -> impl Iterator<Item = (&str, &str)> {
    let lines = raw.trim_start().lines().map(str::trim);
    let lines = lines.skip_while(|line| line.starts_with("HTTP/"));
    lines.take_while(|line| !line.is_empty()).filter_map(header).take(PARTS_MAX)
}

/// The names of the headers of an HTTP reply in their order and case, parted by blanks.
#[must_use]
pub fn header_order(raw: &str) -> Option<String> {
    let names: Vec<&str> = headers(raw).map(|(name, _)| name).collect();
    (names.len() >= HEADERS_MIN).then(|| names.join(" "))
}

/// How the entity tag of an HTTP reply is made, as far as the same reply proves it.
///
/// Each number in the tag is named by what it agrees with: `length` is the reply's own
/// `Content-Length`, `time` its `Last-Modified` in seconds, `microtime` the same in millionths,
/// with the base it is written in; `number` agrees with nothing. So `"1542904346:5519"` beside a
/// length of 21785 is `time(10):length(16)`. A tag of which nothing agrees gives nothing.
#[must_use]
pub fn checked_etag(raw: &str) -> Option<String> {
    let find = |wanted: &str| {
        headers(raw).find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value)
    };
    let tag = find("etag")?;
    let length = find("content-length").and_then(|length| length.parse::<u64>().ok());
    let time = find("last-modified").and_then(seconds);
    let weak = tag.starts_with("W/");
    let bare = tag.strip_prefix("W/").unwrap_or(tag);
    let inner = bare.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let quoted = inner.is_some();
    let inner = inner.unwrap_or(bare);
    let mut shape = String::new();
    for (held, flag) in [(weak, "weak "), (!quoted, "bare ")] {
        shape.push_str(if held { flag } else { "" });
    }
    let mut agrees = false;
    for part in inner.split_inclusive(['-', ':', '.']).take(PARTS_MAX) {
        let number = part.trim_end_matches(['-', ':', '.']);
        let named = named_part(number, length, time);
        agrees |= named.is_some();
        shape.push_str(&named.unwrap_or_else(|| "number".to_owned()));
        shape.push_str(&part[number.len()..]);
    }
    agrees.then_some(shape)
}

/// What a number of an entity tag agrees with; base 16 comes first, as most servers write it.
fn named_part(part: &str, length: Option<u64>, time: Option<u64>) -> Option<String> {
    [16, 10].into_iter().find_map(|base| {
        let number = u64::from_str_radix(part, base).ok()?;
        let name = match number {
            _ if Some(number) == length => "length",
            _ if Some(number) == time => "time",
            _ if number > 0 && Some(number / 1_000_000) == time => "microtime",
            _ => return None,
        };
        Some(format!("{name}({base})"))
    })
}

/// Seconds since 1970 of an HTTP date.
fn seconds(date: &str) -> Option<u64> {
    static PARSER: rfc2822::DateTimeParser = rfc2822::DateTimeParser::new();
    let moment = PARSER.parse_timestamp(date).ok()?;
    u64::try_from(moment.as_second()).ok()
}

/// The names of ONVIF scopes in their order, parted by blanks. Of `type`, `Profile`, `location`
/// and `extension` the second part is a word of the standard and stands too; of all others it is
/// the device's own and is left out.
#[must_use]
pub fn scope_order(scopes: &str) -> Option<String> {
    let mut names: Vec<String> = Vec::new();
    for word in scopes.split_whitespace().take(PARTS_MAX) {
        let Some(path) = word.strip_prefix("onvif://").and_then(|rest| rest.split_once('/')) else {
            continue;
        };
        let mut parts = path.1.split('/');
        let name = parts.next().unwrap_or_default();
        let second = parts.next().filter(|second| {
            matches!(name, "type" | "Profile" | "location" | "extension") && is_name(second)
        });
        if is_name(name) {
            names.push(second.map_or_else(|| name.to_owned(), |second| format!("{name}/{second}")));
        }
    }
    (names.len() > 1).then(|| names.join(" "))
}

fn is_name(text: &str) -> bool {
    let good = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    !text.is_empty() && text.len() <= NAME_BYTES_MAX && text.bytes().all(good)
}

/// The name of the SOAP envelope with its prefix, then the namespace prefixes declared on it, in
/// their order; a default namespace is `xmlns`. Nothing where the start tag is cut off.
#[must_use]
pub fn prefix_order(xml: &str) -> Option<String> {
    let (before, after) = xml.split_once("Envelope")?;
    let open = before.rfind('<')?;
    let prefix = &before[open + 1..];
    let own = prefix.strip_suffix(':').is_some_and(is_name);
    if !(prefix.is_empty() || own) || !after.starts_with([' ', '\t', '\r', '\n', '>']) {
        return None;
    }
    let end = after.bytes().take(TAG_BYTES_MAX).position(|byte| byte == b'>')?;
    let mut order = vec![format!("{prefix}Envelope")];
    let attributes = after[..end].split_whitespace().filter_map(|word| word.split_once('='));
    for (name, _) in attributes.take(PARTS_MAX) {
        match name.strip_prefix("xmlns") {
            Some("") => order.push(name.to_owned()),
            Some(rest) => {
                let declared = rest.strip_prefix(':').filter(|rest| is_name(rest));
                order.extend(declared.map(str::to_owned));
            }
            None => {}
        }
    }
    (order.len() > 1).then(|| order.join(" "))
}

/// The kinds of the lines of a stream's description (SDP) and the names of its attributes, in
/// their order: `v o s e b t a:control=url m …`. Nothing where its beginning is cut off.
#[must_use]
pub fn sdp_shape(raw: &str) -> Option<String> {
    let lines = raw.lines().map(str::trim).skip_while(|line| !line.starts_with("v="));
    let mut kinds: Vec<String> = Vec::new();
    for line in lines.take(PARTS_MAX) {
        let Some((kind, value)) = line.split_once('=') else { continue };
        if kind.len() != 1 || !kind.bytes().all(|byte| byte.is_ascii_lowercase()) {
            continue;
        }
        if kind != "a" {
            kinds.push(kind.to_owned());
            continue;
        }
        let (name, value) = value.split_once(':').unwrap_or((value, ""));
        match name {
            "control" => kinds.push(format!("a:control={}", control_form(value))),
            name if is_name(name) => kinds.push(format!("a:{name}")),
            _ => {}
        }
    }
    (kinds.len() > 1).then(|| kinds.join(" "))
}

/// How a track is addressed: `*`, `url` where the whole address stands, else the word with `#`
/// for its digits.
fn control_form(value: &str) -> String {
    if value.contains("://") {
        return "url".to_owned();
    }
    let mut form = String::new();
    for c in value.chars().take(NAME_BYTES_MAX).filter(|c| c.is_ascii_graphic()) {
        match c {
            '0'..='9' if form.ends_with('#') => {}
            '0'..='9' => form.push('#'),
            c => form.push(c),
        }
    }
    form
}
