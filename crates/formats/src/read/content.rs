//! What a value is, by its own form: for columns without a heading, lists, and typed values.

use whomade_core::observation::{Field, Observation};

use super::mac;

/// What somebody typed or a list holds, when its form alone tells.
///
/// Words without digits are taken as a label, a number with letters as a model, words with such a
/// number among them as a product. `None` for what could be anything: a bare number, an address
/// of the network, an empty text.
#[must_use]
pub fn recognise(value: &str) -> Option<Field> {
    observed(value).map(|seen| seen.field)
}

/// The observation in a typed value: as [`recognise`], with the value freed from what announced
/// it (`Server: DNVRS-Webs` gives `DNVRS-Webs`) and addresses in their normal form.
#[must_use]
pub fn observed(value: &str) -> Option<Observation> {
    let value = value.trim();
    if value.is_empty() || is_blank_word(value) {
        return None;
    }
    announced(value).or_else(|| structured(value)).or_else(|| by_form(value))
}

/// Values that a word before them announces.
fn announced(value: &str) -> Option<Observation> {
    const WORDS: &[(&str, Field)] = &[
        ("server:", Field::HttpServer),
        ("rtsp server:", Field::RtspServer),
        ("www-authenticate:", Field::AuthRealm),
        ("user-agent:", Field::Sip),
        ("fcc id:", Field::FccId),
        ("fccid:", Field::FccId),
        ("fcc id ", Field::FccId),
        ("s/n:", Field::Serial),
        ("sn:", Field::Serial),
        ("serial:", Field::Serial),
        ("serial number:", Field::Serial),
        ("model:", Field::Model),
        ("firmware:", Field::Firmware),
        ("firmware version:", Field::Firmware),
        ("mac:", Field::Mac),
        ("mac address:", Field::Mac),
        ("label:", Field::Label),
        ("brand:", Field::Label),
        ("make:", Field::Label),
        ("title:", Field::HttpTitle),
    ];
    let lower = value.to_ascii_lowercase();
    let (word, field) = WORDS.iter().find(|(word, _)| lower.starts_with(word))?;
    let rest = value.get(word.len()..)?.trim();
    let rest = match field {
        Field::AuthRealm => super::kinds_text::realm(value).unwrap_or_else(|| rest.to_owned()),
        Field::Mac => return mac::exact(rest).map(|mac| Observation::new(Field::Mac, mac)),
        _ => rest.to_owned(),
    };
    (!rest.is_empty()).then(|| Observation::new(*field, rest))
}

/// Whether a word of a person announces the value: `Model: CMIP7422`. What a reply's own headers
/// announce is not meant.
pub(crate) fn is_announced(value: &str) -> bool {
    let of_replies = [Field::HttpServer, Field::RtspServer, Field::AuthRealm, Field::Sip];
    announced(value.trim()).is_some_and(|seen| !of_replies.contains(&seen.field))
}

/// Values of a known outer form.
fn structured(value: &str) -> Option<Observation> {
    let whole = |field| Some(Observation::new(field, value));
    let lower = value.to_ascii_lowercase();
    if lower.starts_with("rtsp://") {
        return super::kinds_text::url_path(value).map(|p| Observation::new(Field::RtspPath, p));
    }
    if lower.starts_with("http://") || lower.starts_with("https://") {
        return super::kinds_text::url_path(value).map(|p| Observation::new(Field::HttpPath, p));
    }
    if lower.contains("realm=\"") {
        let realm = super::kinds_text::realm(value)?;
        return Some(Observation::new(Field::AuthRealm, realm));
    }
    if value.starts_with('/') {
        let stream = ["stream", "channel", "live", "media", "/cam/", "h264", "h265", ".sdp"];
        let is_stream = stream.iter().any(|word| lower.contains(word));
        return whole(if is_stream { Field::RtspPath } else { Field::HttpPath });
    }
    if value.starts_with("onvif://") {
        return whole(Field::OnvifScopes);
    }
    if lower.starts_with("urn:uuid:") {
        return whole(Field::OnvifEndpoint);
    }
    if value.starts_with("CN=") || lower.contains(",cn=") || lower.starts_with("subject:") {
        return whole(Field::TlsSubject);
    }
    if value.starts_with("v=0") {
        return whole(Field::Sdp);
    }
    if value.starts_with("DHIP") || value.contains("client.notifyDevInfo") {
        return whole(Field::Dhip);
    }
    if value.contains("<ProbeMatch") && value.contains("<DeviceDescription") {
        return whole(Field::Sadp);
    }
    if value.contains("<DeviceInfo") || value.contains("\"DeviceInfo\"") {
        return whole(Field::Isapi);
    }
    None
}

fn by_form(value: &str) -> Option<Observation> {
    let whole = |field| Some(Observation::new(field, value));
    if let Some(mac) = mac::exact(value).filter(|_| !is_number(value)) {
        return Some(Observation::new(Field::Mac, mac));
    }
    if value.len() == 32 && value.bytes().all(|b| b.is_ascii_hexdigit()) {
        return whole(Field::FaviconMd5);
    }
    if value.strip_prefix('-').is_some_and(|rest| rest.len() >= 6 && is_number(rest)) {
        return whole(Field::FaviconMmh3);
    }
    if is_fcc_id(value) {
        return whole(Field::FccId);
    }
    if is_firmware(value) {
        return whole(Field::Firmware);
    }
    if is_serial(value) {
        return whole(Field::Serial);
    }
    if is_host_name(value) {
        return whole(Field::DnsName);
    }
    if is_model(value) {
        return whole(Field::Model);
    }
    let words = value.split_whitespace();
    let digits = value.bytes().any(|byte| byte.is_ascii_digit());
    let letters = value.chars().filter(|c| c.is_alphabetic()).count();
    if letters < 2 || is_dotted_number(value) {
        return None;
    }
    match (words.clone().count(), digits) {
        (1..=4, false) => whole(Field::Label),
        (1, true) => whole(Field::Model),
        (2.., true) => whole(Field::Product),
        _ => None,
    }
}

fn is_number(value: &str) -> bool {
    !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit())
}

/// An address of the network, or a bare version of it: digits and dots only.
fn is_dotted_number(value: &str) -> bool {
    value.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'/' | b':' | b'-'))
}

/// Whether a value is a hardware address beyond doubt: with separators or with letters.
pub(crate) fn is_mac(value: &str) -> bool {
    mac::exact(value).is_some_and(|mac| mac.len() == 17) && !is_number(value)
}

/// Grantee codes given since 2013 begin with the digit 2 and a letter and have five characters.
fn is_fcc_id(value: &str) -> bool {
    let bytes = value.as_bytes();
    (9..=19).contains(&bytes.len())
        && bytes[0] == b'2'
        && bytes[1] == b'A'
        && bytes[..5].iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
        && bytes.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'-')
        && bytes[1..5].iter().filter(|b| b.is_ascii_uppercase()).count() >= 3
}

/// Version strings: `V5.5.53 build 180716`, `2.800.00LR002.13.R`, `V4.30.097`.
pub(crate) fn is_firmware(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    if lower.contains("build") && value.bytes().any(|byte| byte.is_ascii_digit()) {
        return lower.split_whitespace().count() <= 6;
    }
    let rest = lower.strip_prefix('v').unwrap_or(&lower);
    let numbered = rest.bytes().next().is_some_and(|byte| byte.is_ascii_digit());
    let dots = rest.bytes().filter(|byte| *byte == b'.').count();
    let marked = lower.len() > rest.len() || rest.bytes().any(|byte| byte.is_ascii_alphabetic());
    numbered
        && !rest.contains(' ')
        && (dots >= 2 || (dots == 1 && lower.len() > rest.len()))
        && (marked || dots != 3)
        && rest.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
        && !is_day_like(rest)
}

fn is_day_like(value: &str) -> bool {
    let parts: Vec<&str> = value.split('.').collect();
    parts.len() == 3 && parts.iter().all(|part| is_number(part)) && parts[2].len() == 4
}

/// Serial numbers as they are printed: long, capitals and digits mixed, no blanks.
pub(crate) fn is_serial(value: &str) -> bool {
    let bytes = value.as_bytes();
    let digits = bytes.iter().filter(|byte| byte.is_ascii_digit()).count();
    let capitals = bytes.iter().filter(|byte| byte.is_ascii_uppercase()).count();
    let plain = digits + capitals == bytes.len();
    let dated = longest_digits(bytes) >= 8 && bytes.len() >= 20;
    (plain && (13..=24).contains(&bytes.len()) && digits >= 4 && capitals >= 2)
        || (dated && capitals >= 4 && !value.contains(' '))
}

fn longest_digits(bytes: &[u8]) -> usize {
    bytes.split(|byte| !byte.is_ascii_digit()).map(<[u8]>::len).max().unwrap_or(0)
}

fn is_host_name(value: &str) -> bool {
    let parts: Vec<&str> = value.split('.').collect();
    parts.len() >= 2
        && parts.iter().all(|part| {
            !part.is_empty()
                && part.bytes().all(|b| {
                    b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_')
                })
        })
        && parts.last().is_some_and(|last| {
            last.len() >= 2 && last.bytes().all(|byte| byte.is_ascii_lowercase())
        })
}

/// Model numbers: no blanks, letters and digits changing at least twice. `CAM-017` is none.
pub(crate) fn is_model(value: &str) -> bool {
    let length = value.chars().count();
    if !(5..=48).contains(&length) || value.contains(char::is_whitespace) || is_mac(value) {
        return false;
    }
    let mut changes = 0;
    let mut before: Option<bool> = None;
    for character in value.chars() {
        if character.is_ascii_alphanumeric() {
            let digit = character.is_ascii_digit();
            changes += u32::from(before.is_some_and(|before| before != digit));
            before = Some(digit);
        } else if !matches!(
            character,
            '-' | '/' | '_' | '.' | '(' | ')' | '+' | '\u{2010}'..='\u{2015}'
        ) {
            return false;
        }
    }
    let lower = value.chars().filter(char::is_ascii_lowercase).count();
    changes >= 2 && lower * 2 <= length && !is_dotted_number(value)
}

/// The longest of the words below.
const BLANK_WORD_BYTES_MAX: usize = 16;

/// Words that people put where nothing is known, in the languages that headings are read in.
const BLANK_WORDS: &[&str] = &[
    "-",
    "--",
    "---",
    "?",
    "??",
    "???",
    ".",
    "x",
    "–",
    "—",
    "n/a",
    "na",
    "n.a.",
    "#n/a",
    "none",
    "null",
    "nil",
    "unknown",
    "tbc",
    "tbd",
    "not known",
    "not available",
    "n/k",
    "nk",
    "empty",
    "(blank)",
    "(unknown)",
    "k.a.",
    "k. a.",
    "keine",
    "keine angabe",
    "unbekannt",
    "ohne",
    "inconnu",
    "inconnue",
    "s/o",
    "aucun",
    "nd",
    "n.d.",
    "n/d",
    "desconocido",
    "ninguno",
    "desconhecido",
    "nenhum",
    "sconosciuto",
    "nessuno",
    "onbekend",
    "geen",
    "brak",
    "nieznany",
    "b/d",
    // A mark that says "as above" is never filled in: sheets are sorted after they were written.
    "ditto",
    "ditto.",
    "dito",
    "do.",
    "idem",
    "id.",
    "\"",
    "\"\"",
    "\u{201D}",
    "\u{3003}",
    "''",
    "-\"-",
    "\u{2013}\"\u{2013}",
    ";",
    ",",
    ":",
];

/// For the five low bits of a first byte those of the last bytes that the words have with it;
/// capitals and small letters have the same.
const BLANK_ENDS: [u32; 32] = {
    let mut ends = [0; 32];
    let mut at = 0;
    while at < BLANK_WORDS.len() {
        let word = BLANK_WORDS[at].as_bytes();
        ends[(word[0] & 31) as usize] |= 1 << (word[word.len() - 1] & 31);
        at += 1;
    }
    ends
};

/// Whether a cell holds a word for nothing.
pub(crate) fn is_blank_word(value: &str) -> bool {
    let bytes = value.as_bytes();
    let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else { return false };
    // Nearly every cell is told from these words by its first and last byte.
    if BLANK_ENDS[usize::from(first & 31)] >> (last & 31) & 1 == 0 {
        return false;
    }
    let mut lower = [0_u8; BLANK_WORD_BYTES_MAX];
    let Some(lower) = lower.get_mut(..bytes.len()) else { return false };
    lower.copy_from_slice(bytes);
    lower.make_ascii_lowercase();
    BLANK_WORDS.iter().any(|word| word.as_bytes() == lower)
}
