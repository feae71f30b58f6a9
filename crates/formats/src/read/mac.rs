//! Hardware addresses in every notation, normalised to lower-case pairs with colons.

/// Octets of a whole address.
const OCTETS: usize = 6;

/// Octets of the block that a registry gives to a firm.
const BLOCK_OCTETS: usize = 3;

/// What stands in a text that should be an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// An address, or its first three octets, normalised: `44:19:b6:0a:1c:33`.
    Mac {
        /// The normalised form.
        value: String,
        /// Bytes of the text in which it stands.
        start: usize,
        /// End of these bytes.
        end: usize,
        /// Whether it is locally administered or a group address, of which no registry knows.
        private: bool,
    },
    /// Something that was meant as an address and is none.
    Damaged(Damage),
    /// Nothing like an address.
    Nothing,
}

/// What is wrong with an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Damage {
    /// So many hex digits, where twelve (or six, for the block) are wanted.
    Length(usize),
    /// The letter O stands where a zero may be meant.
    LetterO,
    /// This character is no hex digit.
    NotHex(char),
}

impl std::fmt::Display for Damage {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Length(digits) => write!(out, "{digits} hex digits instead of 12"),
            Self::LetterO => out.write_str("the letter O instead of the digit 0"),
            Self::NotHex(other) => write!(out, "{:?} is no hex digit", other),
        }
    }
}

/// Finds the first address in a text, in any notation, with or without text around it.
///
/// Read are pairs (`44:19:b6:0a:1c:33`, also with dashes, dots, blanks or underscores, also with
/// leading zeros left out between colons), fours (`4419.b60a.1c33`), sixes (`4419b6-0a1c33`), bare
/// digits (`4419B60A1C33`) and the three first octets alone.
#[must_use]
pub fn find(text: &str) -> Found {
    if let Some(found) = usual(text) {
        return found;
    }
    let mut first_damage = None;
    let mut from = 0;
    while let Some((start, end)) = next_run(text, from) {
        match read_run(text, start, end) {
            Found::Nothing => {}
            Found::Damaged(damage) => first_damage = first_damage.or(Some(damage)),
            found @ Found::Mac { .. } => return found,
        }
        from = end;
    }
    first_damage.map_or(Found::Nothing, Found::Damaged)
}

/// The normal form of an address that a text consists of. It lies so that the standard library
/// sees in two steps that it is text, not byte by byte.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(16))]
pub(crate) struct Usual {
    pairs: [u8; OCTETS * 3 - 1],
    /// As [`Found::Mac::private`].
    pub(crate) private: bool,
}

impl Usual {
    /// Reads the notations in which nearly all addresses stand, pairs with colons or dashes and
    /// twelve bare digits, without looking for groups.
    pub(crate) fn of(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let step = match bytes.len() {
            17 if matches!(bytes[2], b':' | b'-') => 3,
            12 => 2,
            _ => return None,
        };
        let mut pairs = [b':'; OCTETS * 3 - 1];
        let mut good = true;
        for octet in 0..OCTETS {
            let [high, low] = [0, 1].map(|at| HEX[usize::from(bytes[octet * step + at])]);
            good &= high != 0 && low != 0;
            good &= step == 2 || octet == 0 || bytes[octet * step - 1] == bytes[2];
            (pairs[octet * 3], pairs[octet * 3 + 1]) = (high, low);
        }
        good.then(|| Self { pairs, private: is_private(pairs[1]) })
    }

    /// As text.
    pub(crate) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.pairs).unwrap_or_default()
    }
}

fn usual(text: &str) -> Option<Found> {
    let found = Usual::of(text)?;
    let (value, end) = (found.as_str().to_owned(), text.len());
    Some(Found::Mac { value, start: 0, end, private: found.private })
}

/// Each hexadecimal digit in lower case; 0 where a byte is none.
static HEX: [u8; 256] = {
    let mut all = [0; 256];
    let mut at = 0_u8;
    loop {
        if at.is_ascii_hexdigit() {
            all[at as usize] = at.to_ascii_lowercase();
        }
        if at == u8::MAX {
            break all;
        }
        at += 1;
    }
};

/// Whether an address whose second digit that is is a group's or locally administered: the two
/// lowest bits of its first octet.
fn is_private(second: u8) -> bool {
    char::from(second).to_digit(16).unwrap_or(0) & 0b11 != 0
}

/// Finds every address in a text: value and place. A damaged one is passed over.
pub(crate) fn find_all(text: &str, max: usize) -> Vec<(String, usize, usize, bool)> {
    if let Some(Found::Mac { value, start, end, private }) = usual(text) {
        return vec![(value, start, end, private)];
    }
    let mut all = vec![];
    let mut from = 0;
    while let Some((start, end)) = next_run(text, from) {
        if let Found::Mac { value, start, end, private } = read_run(text, start, end) {
            all.push((value, start, end, private));
        }
        from = end;
        if all.len() == max {
            break;
        }
    }
    all
}

/// The normal form of an address that a text consists of, blanks aside.
pub(crate) fn exact(text: &str) -> Option<String> {
    let text = text.trim();
    match find(text) {
        Found::Mac { value, start: 0, end, .. } if end == text.len() => Some(value),
        _ => None,
    }
}

/// Whether a character may part the digits of an address.
const fn is_separator(character: char) -> bool {
    matches!(
        character,
        ':' | '-' | '.' | '_' | ' ' | '\u{A0}' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{FF1A}'
    )
}

/// The next run of letters, digits and separators in which an address can stand.
fn next_run(text: &str, from: usize) -> Option<(usize, usize)> {
    let tail = text.get(from..)?;
    let start = from + tail.find(|c: char| c.is_ascii_alphanumeric())?;
    let mut end = start;
    for (at, character) in text[start..].char_indices() {
        if character.is_ascii_alphanumeric() {
            end = start + at + 1;
        } else if !is_separator(character) {
            break;
        }
    }
    Some((start, end))
}

/// A group of letters and digits and the separator before it.
struct Group<'a> {
    text: &'a str,
    start: usize,
    before: Option<char>,
}

fn groups(text: &str, start: usize, end: usize) -> Vec<Group<'_>> {
    let run = &text[start..end];
    let mut groups: Vec<Group<'_>> = vec![];
    let mut before = None;
    let mut at = 0;
    while at < run.len() {
        let rest = &run[at..];
        let length = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
        if length > 0 {
            groups.push(Group { text: &rest[..length], start: start + at, before });
            before = None;
            at += length;
        } else if let Some(character) = rest.chars().next() {
            // Two different separators in a row ("- ") part words, not digits.
            before = if before.is_none() { Some(character) } else { Some('\0') };
            at += character.len_utf8();
        }
    }
    groups
}

fn read_run(text: &str, start: usize, end: usize) -> Found {
    let groups = groups(text, start, end);
    for first in 0..groups.len() {
        for (count, digits, exact) in
            [(6, 2, false), (3, 4, true), (2, 6, true), (1, 12, true), (3, 2, true)]
        {
            if let Some(found) = take(&groups, first, count, digits, exact) {
                return found;
            }
        }
    }
    if groups.len() == 1 && groups[0].text.len() == 6 && mixed_hex(groups[0].text) {
        return found_of(groups[0].text, groups[0].start, groups[0].start + 6);
    }
    damaged(&groups).map_or(Found::Nothing, Found::Damaged)
}

/// Six bare digits are an address block only when letters say that they are hex.
fn mixed_hex(text: &str) -> bool {
    is_hex(text) && text.bytes().any(|b| b.is_ascii_digit()) && text.bytes().any(|b| b > b'9')
}

/// Reads an address of so many groups with so many digits each.
fn take(
    groups: &[Group<'_>],
    first: usize,
    count: usize,
    digits: usize,
    exact: bool,
) -> Option<Found> {
    let taken = groups.get(first..first + count)?;
    let separator = taken.get(1).and_then(|group| group.before);
    let same = taken[1..].iter().all(|group| group.before == separator);
    let short = !exact && separator == Some(':');
    let fits = taken.iter().all(|group| {
        is_hex(group.text) && (group.text.len() == digits || (short && group.text.len() < digits))
    });
    if !same || !fits || separator == Some('\0') {
        return None;
    }
    // A further group with the same separator means that the whole is longer than an address.
    let fellow = |group: &Group<'_>| is_hex(group.text) && group.text.len() <= digits;
    let after = groups.get(first + count).is_some_and(|g| g.before == separator && fellow(g));
    let ahead = first > 0 && taken[0].before == separator && fellow(&groups[first - 1]);
    let longer = count > 1 && (after || ahead);
    let lone_block = count * digits == BLOCK_OCTETS * 2;
    if longer || (lone_block && !block_alone(groups, first, separator)) {
        return None;
    }
    let last = &taken[count - 1];
    let mut hex = String::with_capacity(OCTETS * 2);
    for group in taken {
        (group.text.len()..digits).for_each(|_| hex.push('0'));
        hex.push_str(group.text);
    }
    Some(found_of(&hex, taken[0].start, last.start + last.text.len()))
}

/// Three pairs are a block only when they stand alone and cannot be a date or a time.
fn block_alone(groups: &[Group<'_>], first: usize, separator: Option<char>) -> bool {
    let letters = groups[..BLOCK_OCTETS]
        .iter()
        .any(|group| group.text.bytes().any(|byte| byte.is_ascii_alphabetic()));
    let colons = separator == Some(':');
    first == 0
        && groups.len() == BLOCK_OCTETS
        && matches!(separator, Some(':' | '-'))
        && (letters || colons)
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn found_of(hex: &str, start: usize, end: usize) -> Found {
    let mut value = String::with_capacity(OCTETS * 3);
    for (place, digit) in hex.chars().enumerate() {
        if place > 0 && place % 2 == 0 {
            value.push(':');
        }
        value.push(digit.to_ascii_lowercase());
    }
    let private = value.as_bytes().get(1).copied().is_some_and(is_private);
    Found::Mac { value, start, end, private }
}

/// What is wrong with groups that were meant as an address.
fn damaged(groups: &[Group<'_>]) -> Option<Damage> {
    let pairs = groups.len() >= 4 && groups.iter().filter(|g| g.text.len() == 2).count() >= 3;
    let one = groups.len() == 1 && (10..=14).contains(&groups[0].text.len());
    let fours = groups.len() == 3 && groups.iter().filter(|g| g.text.len() == 4).count() >= 2;
    if !pairs && !one && !fours {
        return None;
    }
    let letters = || groups.iter().flat_map(|group| group.text.chars());
    let hex = letters().filter(char::is_ascii_hexdigit).count();
    let all = letters().count();
    if all - hex > 3 {
        return None;
    }
    match letters().find(|character| !character.is_ascii_hexdigit()) {
        Some('o' | 'O') => Some(Damage::LetterO),
        Some(other) => Some(Damage::NotHex(other)),
        None => Some(Damage::Length(hex)),
    }
}
