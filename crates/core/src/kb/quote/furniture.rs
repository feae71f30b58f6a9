//! What stands before an item on a list: bullets, counts, positions.

use super::{edge, like_a_model};
use crate::kb::names::Names;

/// Words of a list that stand before a number of it.
const NUMBERED: &[&str] = &[
    "item", "pos", "position", "line", "lot", "clin", "sku", "part", "pn", "art", "artikel",
    "article", "qty", "quantity", "menge", "anzahl", "qté", "ref", "cat", "row", "zeile", "no",
    "nr", "nos", "number",
];
/// Words of a list that stand behind a count.
const COUNTED: &[&str] = &[
    "x", "ea", "each", "pc", "pcs", "piece", "pieces", "unit", "units", "off", "stk", "stck",
    "stück", "st", "pièces", "pièce", "uds", "ud", "pz", "szt", "set", "sets", "lot", "lots", "no",
    "nos", "box", "boxes", "pack", "packs", "pk",
];

/// A text without the furniture of a list before it: bullets, `(2)`, `4x`, `1 ea.`, `Qty 4`,
/// `Item 4:`, `SKU 10023`. A name of the base is never read as furniture (`360 Vision`), nor is
/// any other word: a name in the middle of prose names nobody.
#[must_use]
pub fn past_furniture<'t>(names: &Names, text: &'t str) -> &'t str {
    let mut text = text.trim();
    while names.split(text).is_none() {
        match piece_of_furniture(text) {
            Some(rest) if rest.len() < text.len() && !rest.is_empty() => text = rest,
            _ => break,
        }
    }
    text
}

/// The text behind one piece of furniture, if it begins with one.
fn piece_of_furniture(text: &str) -> Option<&str> {
    let bare = text.trim_start_matches(['-', '*', '•', '–', '#', ' ', '\t']);
    if bare.len() < text.len() {
        return Some(bare);
    }
    let after = |rest: &'_ str| {
        let rest = rest.trim_start_matches(|c: char| c.is_whitespace() || ".:)]-–|,".contains(c));
        &text[text.len() - rest.len()..]
    };
    let inner = text.trim_start_matches(['(', '[']);
    let digits = inner.trim_start_matches(|c: char| c.is_ascii_digit());
    if digits.len() < inner.len() {
        let bracket = inner.len() < text.len();
        if bracket {
            return digits.starts_with([')', ']']).then(|| after(digits));
        }
        let next = digits.trim_start();
        let unit = next.trim_start_matches(char::is_alphanumeric);
        let unit_word = next[..next.len() - unit.len()].to_lowercase();
        // In `3xLOGIC` the letter is the name's.
        let counts = COUNTED.contains(&unit_word.as_str()) && !unit.starts_with('-');
        let times = next.strip_prefix('×');
        return match (times, counts) {
            (Some(rest), _) => Some(after(rest)),
            (None, true) => Some(after(unit)),
            (None, false) => digits.starts_with([' ', '\t', '.', ')', ':']).then(|| after(digits)),
        };
    }
    numbered(text)
}

/// The text behind `Item 4:`, `SKU 10023`, `Part no.` and the like.
fn numbered(text: &str) -> Option<&str> {
    let marks = |c: char| c.is_whitespace() || ".:#-–".contains(c);
    let word_of = |text: &str| {
        let rest = text.trim_start_matches(char::is_alphabetic);
        let word = text[..text.len() - rest.len()].to_lowercase();
        (NUMBERED.contains(&word.as_str()) && rest.starts_with(marks))
            .then_some(text.len() - rest.len())
    };
    let pn = ["P/N", "p/n"].iter().find_map(|pn| text.strip_prefix(pn));
    let mut rest = match (pn, word_of(text)) {
        (Some(rest), _) => rest,
        (None, Some(length)) => &text[length..],
        (None, None) => return None,
    };
    // Lines of a federal contract are numbered 0001AA.
    let letters = if text.starts_with("CLIN") { 2 } else { 1 };
    // `Part no. …`, `Item number: …`
    let second = rest.trim_start_matches(marks);
    if let Some(length) = word_of(second) {
        rest = &second[length..];
    }
    let told = rest.trim_start().starts_with([':', '#']);
    let rest = rest.trim_start_matches(marks);
    let number = rest.split(|c: char| c.is_whitespace() || ":),;".contains(c)).next()?;
    let digits = number.bytes().filter(u8::is_ascii_digit).count();
    let plain = number.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    // A number with a letter behind it at most is the list's; another may be the model's.
    let of_list = digits > 0
        && number.len() <= plain.len() + letters
        && plain.bytes().all(|c| c.is_ascii_digit() || b".-/".contains(&c));
    if of_list {
        let behind = |c: char| c.is_whitespace() || ".:)]-–,;|".contains(c);
        let counted = piece_of_furniture(rest).filter(|_| digits == number.len());
        return Some(counted.unwrap_or(rest[number.len()..].trim_start_matches(behind)));
    }
    // "No Hikvision" is no number of a list.
    (told || like_a_model(number.trim_matches(edge))).then_some(rest)
}
