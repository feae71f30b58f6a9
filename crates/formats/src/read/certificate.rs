//! What a certificate says of its device: names in the one form in which they are compared, and
//! the hash that joins the records of one device.

use std::borrow::Cow;

use sha2::{Digest as _, Sha256};
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer as _;

/// Parts of a name that are looked at.
const PARTS_MAX: usize = 32;

/// Bytes of the key of a part: `serialNumber`, `1.3.6.1.4.1.311.60.2.1.3`.
const KEY_BYTES_MAX: usize = 40;

/// Hex digits of a SHA-256.
const HASH_DIGITS: usize = 64;

/// Bytes of a certificate; a longer one is read by nobody.
const DER_BYTES_MAX: usize = 64 << 10;

/// What is read of a certificate.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Certificate {
    /// Whose it is.
    pub(crate) subject: String,
    /// Who signed it.
    pub(crate) issuer: String,
    /// Its SHA-256 in lower-case hex.
    pub(crate) fingerprint: String,
}

/// The certificate that these bytes are; what follows it is not looked at.
pub(crate) fn of_der(bytes: &[u8]) -> Option<Certificate> {
    let bytes = bytes.get(..bytes.len().min(DER_BYTES_MAX))?;
    let (rest, read) = X509Certificate::from_der(bytes).ok()?;
    let own = &bytes[..bytes.len() - rest.len()];
    let digest = Sha256::digest(own);
    Some(Certificate {
        subject: usual_name(&read.subject().to_string()).into_owned(),
        issuer: usual_name(&read.issuer().to_string()).into_owned(),
        fingerprint: data_encoding::HEXLOWER.encode(&digest),
    })
}

/// The bytes that a text in base64 stands for, with or without its filling at the end and with
/// line breaks in it.
pub(crate) fn of_base64(text: &str) -> Option<Vec<u8>> {
    let bare: Cow<'_, str> = match text.contains(char::is_whitespace) {
        true => text.split_whitespace().collect(),
        false => Cow::Borrowed(text),
    };
    data_encoding::BASE64_NOPAD.decode(bare.trim_end_matches('=').as_bytes()).ok()
}

/// A SHA-256 in lower-case hex of what people and programs write: with colons, blanks or capitals.
/// What has another number of digits is another hash and none of ours.
pub(crate) fn fingerprint(written: &str) -> Option<Cow<'_, str>> {
    let written = written.trim();
    let usual = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    if written.len() == HASH_DIGITS && written.as_bytes().iter().all(usual) {
        return Some(Cow::Borrowed(written));
    }
    let digits: String = written.chars().filter(|c| !matches!(c, ':' | ' ' | '-')).collect();
    let all_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    (digits.len() == HASH_DIGITS && all_hex).then(|| Cow::Owned(digits.to_ascii_lowercase()))
}

/// A name of a certificate as the knowledge base writes it: from the device up to its country,
/// parted by commas alone, `CN=gate-4,O=A & B,C=GB`. Programs write it from either end, with blanks
/// behind the commas and around the equals signs, or with slashes. What is no such name stays.
pub(crate) fn usual_name(written: &str) -> Cow<'_, str> {
    let Some(mut parts) = parts(written) else { return Cow::Borrowed(written) };
    let place = |wanted: &str| {
        let mut keys = parts.iter().map(|part| key(part));
        keys.position(|key| key.is_some_and(|key| key.eq_ignore_ascii_case(wanted)))
    };
    let (common, country) = (place("CN"), place("C"));
    let country_first = common.zip(country).is_some_and(|(common, country)| country < common);
    if parts.len() > 1 && (country_first || common == Some(parts.len() - 1)) {
        parts.reverse();
    }
    let plain = |part: &&str| !part.contains(" = ");
    if let ([one], true) = (&parts[..], parts.iter().all(plain)) {
        return Cow::Borrowed(one);
    }
    let mut name = String::with_capacity(written.len());
    for part in parts {
        if !name.is_empty() {
            name.push(',');
        }
        let (key, value) = part.split_once('=').unwrap_or((part, ""));
        name.push_str(key.trim());
        name.push('=');
        name.push_str(value.trim());
    }
    Cow::Owned(name)
}

/// The key of a part: `CN` of `CN=gate-4`. Not looked for further than a key can reach, as this is
/// asked at every comma.
fn key(part: &str) -> Option<&str> {
    let good = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'.';
    let mut bytes = part.bytes().take(KEY_BYTES_MAX + 2);
    let end = bytes.position(|byte| !good(byte) && byte != b' ')?;
    let key = part[..end].trim();
    let fits = part[end..].starts_with('=') && !key.is_empty();
    (fits && key.bytes().all(good)).then_some(key)
}

/// The parts of a name, each with its key. A comma or slash that no key follows belongs to a value:
/// `O=Zhejiang Dahua Technology Co.,Ltd.`
fn parts(written: &str) -> Option<Vec<&str>> {
    let (written, sign) = match written.strip_prefix('/') {
        Some(rest) => (rest, '/'),
        None => (written, ','),
    };
    key(written)?;
    let mut parts = Vec::with_capacity(6);
    let mut start = 0;
    for (at, _) in written.match_indices(sign) {
        let escaped = written[..at].ends_with('\\');
        if !escaped && parts.len() < PARTS_MAX && key(&written[at + 1..]).is_some() {
            parts.push(written[start..at].trim());
            start = at + 1;
        }
    }
    parts.push(written[start..].trim());
    Some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_brought_into_one_form() {
        for (written, usual) in [
            ("CN=General", "CN=General"),
            ("C=CN, O=Dahua, CN=General", "CN=General,O=Dahua,C=CN"),
            ("C = CN, ST = Zhejiang, CN = General", "CN=General,ST=Zhejiang,C=CN"),
            ("C=CN, O=Dahua, CN=NVR, emailAddress=a@b", "emailAddress=a@b,CN=NVR,O=Dahua,C=CN"),
            ("CN=NVR, C=CN, O=Dahua, OU=NVR", "CN=NVR,C=CN,O=Dahua,OU=NVR"),
            ("/C=CN/O=Dahua/CN=General", "CN=General,O=Dahua,C=CN"),
            (
                "CN=NVR, O=Dahua Technology Co.,Ltd., C=CN",
                "CN=NVR,O=Dahua Technology Co.,Ltd.,C=CN",
            ),
            ("CN=axis-1,O=Axis Communications AB", "CN=axis-1,O=Axis Communications AB"),
            ("O=A\\, B,C=GB", "O=A\\, B,C=GB"),
            ("gate-4", "gate-4"),
            ("", ""),
            ("=,=", "=,="),
        ] {
            assert_eq!(usual_name(written), usual, "{written}");
        }
    }

    #[test]
    fn only_a_sha256_is_a_fingerprint() {
        let hash = "ab".repeat(32);
        let with_colons = vec!["AB"; 32].join(":");
        assert_eq!(fingerprint(&hash).as_deref(), Some(hash.as_str()));
        assert_eq!(fingerprint(&with_colons).as_deref(), Some(hash.as_str()));
        assert_eq!(fingerprint(&"ab".repeat(20)), None);
        assert_eq!(fingerprint(&"xy".repeat(32)), None);
    }

    #[test]
    fn no_bytes_are_taken_for_a_certificate() {
        assert_eq!(of_der(b""), None);
        assert_eq!(of_der(&[0x30, 0x82, 0xFF, 0xFF, 0x30]), None);
        assert_eq!(of_base64("TW FuIQ=="), Some(b"Man!".to_vec()));
        assert_eq!(of_base64("not base64!"), None);
    }
}
