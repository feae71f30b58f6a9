//! What scanners quote of a device's own replies, in the ways in which they write it down.

use std::borrow::Cow;

use serde_json::Value;
use whomade_core::observation::Field;

use crate::read::host::Host;
use crate::read::kinds_text::{REPLY_BYTES_MAX, element, realm, url_path};
use crate::read::report::cut;
use crate::read::{certificate, json, replies};

/// The text that stands under keys within one another, borrowed: `tls.subject`.
pub(super) fn text_at<'v>(value: &'v Value, path: &str) -> Option<&'v str> {
    json::at(value, path)?.as_str().filter(|text| !text.trim().is_empty())
}

/// The texts that stand there: of a list each, of a text that one.
pub(super) fn texts_at<'v>(value: &'v Value, path: &str) -> impl Iterator<Item = &'v str> {
    let found = json::at(value, path);
    let list = found.and_then(Value::as_array).into_iter().flatten();
    let one = found.filter(|found| found.is_string());
    list.chain(one).filter_map(Value::as_str).filter(|text| !text.trim().is_empty())
}

/// The elements of the list that stands there.
pub(super) fn list_at<'v>(value: &'v Value, path: &str) -> impl Iterator<Item = &'v Value> {
    json::at(value, path).and_then(Value::as_array).into_iter().flatten()
}

/// A reply with its headers and perhaps its body.
pub(super) fn http(raw: &str, host: &mut Host<'_>) {
    let raw = raw.trim_start();
    let end = memchr::memmem::find(raw.as_bytes(), b"\r\n\r\n").map(|at| (at, at + 4));
    let end = end.or_else(|| memchr::memmem::find(raw.as_bytes(), b"\n\n").map(|at| (at, at + 2)));
    let (headers, body) = end.map_or((raw, ""), |(end, body)| (&raw[..end], &raw[body..]));
    host.reply("http_headers", headers);
    page(body, host);
}

/// The title of a page, if it stands there to its end: pages are cut anywhere.
pub(super) fn page(body: &str, host: &mut Host<'_>) {
    let body = cut(body, REPLY_BYTES_MAX).0;
    for (name, end) in [("title", "</title"), ("TITLE", "</TITLE")] {
        if let Some(end) = memchr::memmem::find(body.as_bytes(), end.as_bytes()) {
            host.maybe(Field::HttpTitle, element(&body[..end], name));
            return;
        }
    }
}

/// What greeted whoever connected, where its own form or the protocol says what it is. Whether it
/// was taken.
pub(super) fn banner(protocol: &str, raw: &str, host: &mut Host<'_>) -> bool {
    match replies::opened_by(raw) {
        Some("http_headers") => http(raw, host),
        Some(_) => {
            let raw = cut(raw, REPLY_BYTES_MAX).0;
            for seen in replies::observations(raw) {
                host.observe(seen.field, &seen.value);
            }
        }
        None => match protocol {
            "telnet" => host.observe(Field::Telnet, raw),
            "ftp" => host.observe(Field::Ftp, raw),
            _ => return false,
        },
    }
    true
}

/// A header of a reply whose headers come as keys and values: what speaks of them for itself. The
/// order and case of the others is lost, so that they are no block of headers.
pub(super) fn header(name: &str, value: &str, host: &mut Host<'_>) {
    let is = |known: &str| {
        name.len() == known.len()
            && name.bytes().zip(known.bytes()).all(|(one, other)| {
                one.eq_ignore_ascii_case(&other) || (one == b'_' && other == b'-')
            })
    };
    if is("server") {
        host.observe(Field::HttpServer, value);
    } else if is("www-authenticate") {
        host.maybe(Field::AuthRealm, realm(value));
    } else if is("location") {
        location(value, host);
    }
}

/// Where a server sends people to: the path on the same server.
pub(super) fn location(value: &str, host: &mut Host<'_>) {
    match value.strip_prefix('/') {
        // Its start page is everybody's.
        Some("") => {}
        Some(_) => host.observe(Field::HttpPath, value),
        None => host.maybe(Field::HttpPath, url_path(value)),
    }
}

/// A block of headers in base64, as it came over the wire.
pub(super) fn headers_in_base64(encoded: &str) -> Option<String> {
    let bytes = certificate::of_base64(encoded)?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// A text in which every byte that is no plain character is written `\x0d`.
pub(super) fn unescaped(text: &str) -> Cow<'_, str> {
    if !text.contains("\\x") {
        return Cow::Borrowed(text);
    }
    let bytes = text.as_bytes();
    let digit = |at: usize| char::from(*bytes.get(at)?).to_digit(16);
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let written = bytes[at..].starts_with(b"\\x");
        match (digit(at + 2), digit(at + 3)) {
            (Some(high), Some(low)) if written => {
                plain.push((high * 16 + low) as u8);
                at += 4;
            }
            _ => {
                plain.push(bytes[at]);
                at += 1;
            }
        }
    }
    Cow::Owned(String::from_utf8_lossy(&plain).into_owned())
}

/// A text in which every character stands for one byte, as the text that the bytes are.
pub(super) fn of_single_bytes(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let bytes: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
    match bytes {
        Some(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
        None => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_were_written_as_digits_are_bytes_again() {
        assert_eq!(
            unescaped("HTTP/1.1 200 OK\\x0d\\x0aServer: a\\x5cb"),
            "HTTP/1.1 200 OK\r\nServer: a\\b"
        );
        assert_eq!(unescaped("plain"), "plain");
        assert_eq!(unescaped("\\x4"), "\\x4");
        assert_eq!(unescaped("caf\\xc3\\xa9 \\xff"), "caf\u{e9} \u{fffd}");
        assert_eq!(of_single_bytes("caf\u{c3}\u{a9}"), "caf\u{e9}");
        assert_eq!(of_single_bytes("\u{4e2d}"), "\u{4e2d}");
    }
}
