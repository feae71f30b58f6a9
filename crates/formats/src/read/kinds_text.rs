//! Small readings out of replies that may be cut anywhere: no parser that wants a whole document.

/// Bytes of a reply that are searched and kept.
pub(crate) const REPLY_BYTES_MAX: usize = 64 * 1024;

/// The text of the first element of that local name, whatever its prefix; entities resolved.
pub(crate) fn element(raw: &str, name: &str) -> Option<String> {
    let mut from = 0;
    while let Some(found) = raw[from..].find(name) {
        let start = from + found;
        let end = start + name.len();
        from = end;
        let opens = opens_element(&raw[..start]);
        let rest = &raw[end..];
        let named = rest.starts_with(['>', ' ', '\t', '\r', '\n']);
        if !opens || !named {
            continue;
        }
        let Some(close) = rest.find('>') else { continue };
        if rest[..close].ends_with('/') {
            continue;
        }
        let content = &rest[close + 1..];
        let stop = content.find('<').unwrap_or(content.len());
        let text = unescape(content[..stop].trim());
        if !text.is_empty() {
            return Some(text);
        }
    }
    None
}

/// Whether `<` or `<prefix:` stands at the end of a text.
fn opens_element(before: &str) -> bool {
    let Some(at) = before.rfind('<') else { return false };
    let prefix = &before[at + 1..];
    prefix.is_empty()
        || prefix.strip_suffix(':').is_some_and(|prefix| {
            prefix.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
        })
}

/// The five entities of XML, and numbered ones.
pub(crate) fn unescape(text: &str) -> String {
    if !text.contains('&') {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        // Longer names are none of the five.
        let end = rest.bytes().take(12).position(|byte| byte == b';');
        let resolved = end.and_then(|end| Some((entity(rest.get(1..end)?)?, end)));
        match resolved {
            Some((character, end)) => {
                out.push(character);
                rest = &rest[end + 1..];
            }
            None => {
                out.push('&');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
    out
}

fn entity(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
}

/// The string after a JSON key, wherever it stands and whether or not the document is whole.
pub(crate) fn json_string(raw: &str, key: &str) -> Option<String> {
    let mut from = 0;
    while let Some(found) = raw[from..].find(key) {
        let start = from + found;
        from = start + key.len();
        if !raw[..start].ends_with('"') {
            continue;
        }
        let Some(rest) = raw[from..].strip_prefix('"') else { continue };
        let Some(rest) = rest.trim_start().strip_prefix(':') else { continue };
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<serde_json::Value>();
        if let Some(Ok(serde_json::Value::String(text))) = values.next()
            && !text.trim().is_empty()
        {
            return Some(text.trim().to_owned());
        }
    }
    None
}

/// The value of a line `key: value` or `key = value`, without quotes around it; case of the key
/// does not matter.
pub(crate) fn line_value(raw: &str, key: &str) -> Option<String> {
    raw.lines().find_map(|line| {
        let line = line.trim_start();
        let rest = line.get(..key.len()).filter(|start| start.eq_ignore_ascii_case(key));
        let rest = line.get(rest?.len()..)?.trim_start();
        let value = rest.strip_prefix([':', '='])?.trim();
        let value = value.trim_end_matches(',').trim_matches('"').trim();
        (!value.is_empty()).then(|| value.to_owned())
    })
}

/// The realm of a digest or basic challenge.
pub(crate) fn realm(text: &str) -> Option<String> {
    // Nearly no line has one, and an `m` is rare.
    let bytes = text.as_bytes();
    memchr::memchr2_iter(b'm', b'M', bytes)
        .find(|at| *at >= 4 && bytes[at - 4..*at].eq_ignore_ascii_case(b"real"))?;
    let lower = text.to_ascii_lowercase();
    if let Some(at) = lower.find("realm=") {
        let rest = text.get(at + 6..)?;
        let value = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split('"').next(),
            None => rest.split([',', ' ', '\r', '\n']).next(),
        };
        return value.map(str::trim).filter(|value| !value.is_empty()).map(str::to_owned);
    }
    // Notes of people: "Digest realm DVRNVRDVS".
    let at = lower.find("realm ")?;
    let value = text.get(at + 6..)?.lines().next()?.trim().trim_matches('"');
    (!value.is_empty()).then(|| value.to_owned())
}

/// Path and query of an address, without the server and who logs in there.
pub(crate) fn url_path(url: &str) -> Option<String> {
    let (_, rest) = url.trim().split_once("://")?;
    let at = rest.find('/')?;
    let path = rest.get(at..)?.split_whitespace().next()?;
    (path.len() > 1).then(|| path.to_owned())
}

/// The addresses in a text that begin with one of these schemes.
pub(crate) fn urls(raw: &str) -> impl Iterator<Item = &str> {
    raw.split(|c: char| c.is_whitespace() || matches!(c, '"' | '<' | '>')).filter_map(|word| {
        let at = ["rtsp://", "rtsps://", "http://", "https://"]
            .iter()
            .filter_map(|scheme| word.find(scheme))
            .min()?;
        word.get(at..)
    })
}

/// What `%41` stands for.
pub(crate) fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let code = (bytes[at] == b'%')
            .then(|| text.get(at + 1..at + 3).and_then(|hex| u8::from_str_radix(hex, 16).ok()))
            .flatten();
        match code {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8(out).unwrap_or_else(|_| text.to_owned())
}
