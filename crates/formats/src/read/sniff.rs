//! What an input is, by its first bytes.

use super::format::Format;
use super::head::Head;
use super::records::cells_per_record;
use super::{content, list, prose, replies, words};

/// Records looked at to find the delimiter.
const SNIFF_RECORDS: usize = 60;

/// The delimiters that are tried.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// What the first bytes tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Guess {
    /// Nothing but blanks.
    Empty,
    /// A format that can be read.
    Format(Format),
    /// Something else; these words name it.
    Other(&'static str),
    /// Something packed that is not unpacked here; what it is, and what unpacks it.
    Packed(&'static str, &'static str),
}

/// What is packed in a way that is not read: where which bytes stand, what it is, what unpacks it.
const PACKED: &[(usize, &[u8], &str, &str)] = &[
    (4, b"1AY&SY", "packed with bzip2", "bunzip2 FILE"),
    (0, b"\xFD7zXZ\0", "packed with xz", "unxz FILE"),
    (0, b"\x04\x22\x4D\x18", "packed with lz4", "unlz4 FILE"),
    (0, b"\x1F\x8B", "packed twice", "gunzip FILE"),
    (0, b"\x28\xB5\x2F\xFD", "packed twice", "unzstd FILE"),
    (0, b"Rar!", "an archive (RAR)", "unrar x FILE"),
    (0, b"7z\xBC\xAF", "an archive (7z)", "7z x FILE"),
    (257, b"ustar", "an archive (tar)", "tar xf FILE"),
];

fn packed(head: &Head<'_>) -> Option<Guess> {
    let is = |(at, sign, ..): &&(usize, &[u8], &str, &str)| {
        head.bytes.get(*at..).is_some_and(|rest| rest.starts_with(sign))
    };
    PACKED.iter().find(is).map(|(_, _, what, how)| Guess::Packed(what, how))
}

/// Whether it is a container of whichever kind: no format of text can be meant.
pub(crate) fn is_packed(head: &Head<'_>) -> bool {
    head.bytes.starts_with(b"PK\x03\x04") || packed(head).is_some()
}

/// Guesses from the first bytes and the same bytes as text.
pub(crate) fn guess(head: &Head<'_>) -> Guess {
    const MAGIC: &[(&[u8], &str)] = &[
        (b"%PDF", "a PDF"),
        (b"\x89PNG", "a picture (PNG)"),
        (b"\xFF\xD8\xFF", "a picture (JPEG)"),
        (b"GIF8", "a picture (GIF)"),
        (b"\x7FELF", "a program (ELF)"),
        (b"MZ\x90", "a program (Windows)"),
        (b"SQLite format 3", "a database (SQLite)"),
        (b"masscan/1.", "a masscan binary file: `masscan --readscan FILE -oX OUT` converts it"),
        (b"{\\rtf", "an RTF document"),
    ];
    if let Some((_, what)) = MAGIC.iter().find(|(magic, _)| head.bytes.starts_with(magic)) {
        return Guess::Other(what);
    }
    if let Some(packed) = packed(head) {
        return packed;
    }
    if let Some(format) = Format::by_sign(head) {
        return Guess::Format(format);
    }
    if is_binary(head.text) {
        return Guess::Other("no text");
    }
    let start = head.start();
    if start.is_empty() {
        return Guess::Empty;
    }
    if head.is_json() {
        return Guess::Other("JSON of a form that is not known");
    }
    if head.root().is_some() || start.starts_with("<?xml") || start.starts_with("<!DOCTYPE") {
        return Guess::Other("XML or HTML");
    }
    match Format::of_text(head) {
        Some(format) if format == list::FORMAT && prose::is_prose(head.text) => {
            Guess::Other("running text; --from list takes every line of it for a device")
        }
        found => found.map_or(Guess::Empty, Guess::Format),
    }
}

/// Whether too many characters are none that people write. NULs are counted by the caller's
/// decoder and do not reach this text.
fn is_binary(text: &str) -> bool {
    let (mut strange, mut all) = (0, 0);
    for character in text.chars() {
        let control = character.is_control() && !matches!(character, '\t' | '\r' | '\n' | '\u{C}');
        strange += usize::from(control || character == '\u{FFFD}');
        all += 1;
    }
    strange * 20 > all
}

/// Text without a delimiter is a list, unless it begins with a heading.
pub(crate) fn is_table(text: &str) -> bool {
    // A raw reply has commas in its days and is no table for that.
    if replies::opened_by(text).is_some() {
        return false;
    }
    if separator_line(text).is_some() || delimiter(text).is_some() {
        return true;
    }
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or("");
    words::claim(first).is_some_and(|claim| !claim.weak)
        && !content::is_model(first.trim())
        && text.lines().filter(|line| !line.trim().is_empty()).count() > 1
}

/// The delimiter that a first line `sep=;` names.
pub(crate) fn separator_line(text: &str) -> Option<u8> {
    let line = text.lines().next()?.trim_matches('"').trim_end();
    let rest = line.strip_prefix("sep=").or_else(|| line.strip_prefix("SEP="));
    match (rest, text.starts_with("sep=\t")) {
        (_, true) => Some(b'\t'),
        (Some(rest), _) if rest.len() == 1 => rest.bytes().next(),
        _ => None,
    }
}

/// The delimiter that parts most records into the same number of cells, more than one.
pub(crate) fn delimiter(text: &str) -> Option<u8> {
    let mut best: Option<(u8, usize)> = None;
    for delimiter in DELIMITERS {
        let counts = cells_per_record(text, delimiter, SNIFF_RECORDS);
        let score = score(text, delimiter, &counts);
        if score > best.map_or(0, |(_, score)| score) {
            best = Some((delimiter, score));
        }
    }
    best.map(|(delimiter, _)| delimiter)
}

/// How well a delimiter fits, in thousandths; 0: not at all.
fn score(text: &str, delimiter: u8, counts: &[usize]) -> usize {
    let mut usual = (0, 0);
    for count in counts.iter().filter(|count| **count > 1) {
        let same = counts.iter().filter(|other| *other == count).count();
        if (same, *count) > usual {
            usual = (same, *count);
        }
    }
    let parted = counts.iter().filter(|count| **count > 1).count();
    if parted * 3 < counts.len() || parted == 0 {
        return 0;
    }
    let steady = usual.0 * 1000 / counts.len();
    // A lone comma now and then is prose or a list, not a table.
    if counts.len() >= 3 && steady < 250 && parted * 2 < counts.len() {
        return 0;
    }
    let known = text
        .lines()
        .take(super::columns::HEADER_ROWS_MAX)
        .map(|line| {
            line.split(char::from(delimiter))
                .take(64)
                .filter(|cell| words::claim(cell.trim_matches(['"', ' '])).is_some())
                .count()
        })
        .max()
        .unwrap_or(0);
    steady + usual.1.min(20) * 10 + known.min(6) * 150
}
