//! The registry of hardware addresses: which firm an address block was given to.

use std::borrow::Cow;
use std::sync::OnceLock;

/// The IEEE registry as an imported table: `PREFIX<tab>REGISTRANT` a line, prefixes of 6, 7 or
/// 9 capital hex digits, sorted by byte. Only where its lines begin is worked out, at the first
/// look-up.
#[derive(Debug, Clone, Default)]
pub struct Registry {
    table: Cow<'static, [u8]>,
    lines: OnceLock<Lines>,
}

/// The lines of the table by their prefixes.
#[derive(Debug, Clone, Default)]
struct Lines {
    /// Each prefix as [`key`] makes it, in the order of the table.
    keys: Vec<u64>,
    /// Where each line begins.
    starts: Vec<u32>,
    /// For each first four digits the first line that does not come before them.
    first: Vec<u32>,
}

/// The lengths that a prefix may have, in digits, longest first.
const LENGTHS: [usize; 3] = [9, 7, 6];
/// Digits of the longest prefix.
const DIGITS_MAX: usize = LENGTHS[0];
/// Digits that choose a stretch of lines; one holds hardly more than a line or two.
const STRETCH_DIGITS: usize = 4;

/// So few lines are looked through one by one.
const FEW: usize = 8;

/// The prefix of so many digits as a number: the digits from the left, then how many there are,
/// so that numbers stand in the order of the lines.
const fn key(digits: u64, length: usize) -> u64 {
    let left = 4 * (DIGITS_MAX - length);
    (digits >> left << left) << 4 | length as u64
}

/// The first digits as a number, filled up with zeros; `None` where there are fewer.
fn number(digits: &[u8], count: usize) -> Option<u64> {
    let value = digits.get(..count)?.iter().try_fold(0, |sum, digit| {
        let value = VALUES[usize::from(*digit)];
        (value != NO_DIGIT && !digit.is_ascii_lowercase()).then_some(sum << 4 | u64::from(value))
    })?;
    Some(value << (4 * (DIGITS_MAX - count)))
}

const fn stretch(key: u64) -> usize {
    (key >> (4 * (DIGITS_MAX + 1 - STRETCH_DIGITS))) as usize
}

/// Stands for a byte that is no hexadecimal digit.
const NO_DIGIT: u8 = 0xf0;

/// What each byte is worth as a hexadecimal digit.
static VALUES: [u8; 256] = {
    let mut all = [NO_DIGIT; 256];
    let mut at = 0;
    while at < 16 {
        let digit = b"0123456789abcdef"[at];
        all[digit as usize] = at as u8;
        all[digit.to_ascii_uppercase() as usize] = at as u8;
        at += 1;
    }
    all
};

/// Digits of a whole address, and of the half that names its block.
const WHOLE: usize = 12;
const HALF: usize = 6;

/// A hardware address, or the first half of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Digits {
    /// As the number of a whole one; what a half lacks is zero.
    number: u64,
    length: usize,
}

impl Digits {
    /// The 12 digits of an address, or the 6 of its first half.
    #[must_use]
    pub fn of(address: &str) -> Option<Self> {
        if let Some(usual) = Self::of_pairs(address.as_bytes()) {
            return Some(usual);
        }
        let (mut number, mut length) = (0, 0);
        for c in address.bytes() {
            let value = VALUES[usize::from(c)];
            if value != NO_DIGIT {
                number = number << 4 | u64::from(value);
                length += 1;
                if length > WHOLE {
                    return None;
                }
            } else if !b":-. ".contains(&c) {
                return None;
            }
        }
        let whole = number << (4 * (WHOLE - length));
        matches!(length, WHOLE | HALF).then_some(Self { number: whole, length })
    }

    /// The digits of six pairs with a colon between them, as readers write an address. Nothing
    /// is decided before all of them are read: nearly every one is good.
    fn of_pairs(address: &[u8]) -> Option<Self> {
        let address: &[u8; 17] = address.try_into().ok()?;
        let (mut number, mut seen, mut parted) = (0, 0, true);
        for pair in 0..6 {
            let [high, low] = [3 * pair, 3 * pair + 1].map(|at| VALUES[usize::from(address[at])]);
            seen |= high | low;
            number = number << 8 | u64::from(high << 4 | low);
            parted &= pair == 5 || address[3 * pair + 2] == b':';
        }
        (seen & NO_DIGIT == 0 && parted).then_some(Self { number, length: WHOLE })
    }

    /// Whether the address was chosen by its user, or is a group address: its first octet says
    /// so.
    const fn is_local_or_group(self) -> bool {
        self.number >> (4 * (WHOLE - 2)) & 0b11 != 0
    }

    /// As capital digits.
    fn capitals(self) -> String {
        let digit = |at: usize| {
            let value = self.number >> (4 * (WHOLE - 1 - at)) & 0xf;
            char::from(b"0123456789ABCDEF"[value as usize])
        };
        (0..self.length).map(digit).collect()
    }
}

/// A hardware address as 12 capital hex digits, or the 6 of its first half.
#[must_use]
pub fn hex_digits(address: &str) -> Option<String> {
    Digits::of(address).map(Digits::capitals)
}

/// Whether the address was chosen by its user (or is a group address), so that the registry
/// says nothing about it.
#[must_use]
pub fn is_local_or_group(digits: &[u8]) -> bool {
    let second = digits.get(1).and_then(|c| char::from(*c).to_digit(16));
    second.is_some_and(|bits| bits & 0b11 != 0)
}

impl Registry {
    /// A registry over the text of an imported table.
    #[must_use]
    pub fn new(table: impl Into<Cow<'static, [u8]>>) -> Self {
        Self { table: table.into(), lines: OnceLock::new() }
    }

    /// Whether it holds anything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    /// The firm that the block of this address was given to; `digits` as [`hex_digits`] gives.
    #[must_use]
    pub fn registrant(&self, digits: &str) -> Option<&str> {
        self.name(self.line(Digits::of(digits)?)?)
    }

    /// The line of the block that this address belongs to: one firm's lines say the same, and
    /// there are no more of them than the table has.
    #[must_use]
    pub fn line(&self, digits: Digits) -> Option<u32> {
        if digits.is_local_or_group() {
            return None;
        }
        let lines = self.lines.get_or_init(|| Lines::new(&self.table));
        lines.find(digits)
    }

    /// The firm of a line that [`Self::line`] gave; blocks kept private have none.
    #[must_use]
    pub fn name(&self, line: u32) -> Option<&str> {
        let line = self.table.get(line as usize..)?;
        let end = line.iter().position(|c| *c == b'\n').unwrap_or(line.len());
        let tab = line[..end].iter().position(|c| *c == b'\t')?;
        let name = str::from_utf8(&line[tab + 1..end]).ok()?;
        (!name.eq_ignore_ascii_case("private")).then_some(name)
    }
}

impl Lines {
    /// A table beyond four gigabytes is no registry and is cut there. A line that does not begin
    /// with a prefix is no line of a registry; it is never looked for.
    fn new(table: &[u8]) -> Self {
        let mut made = Self::default();
        let after = table.iter().zip(1_usize..).filter(|(c, _)| **c == b'\n').map(|(_, at)| at);
        for start in std::iter::once(0).chain(after) {
            let (Ok(place), line) = (u32::try_from(start), &table[start..]) else { break };
            let tab = |length: &&usize| line.get(**length) == Some(&b'\t');
            let Some(length) = LENGTHS.iter().find(tab) else { continue };
            if let Some(digits) = number(line, *length) {
                made.keys.push(key(digits, *length));
                made.starts.push(place);
            }
        }
        made.first = vec![made.keys.len() as u32; (1 << (4 * STRETCH_DIGITS)) + 1];
        let mut upto = 0;
        for (key, number) in made.keys.iter().zip(0_u32..) {
            while upto <= stretch(*key) {
                made.first[upto] = number;
                upto += 1;
            }
        }
        made
    }

    /// Where the line of the longest prefix of an address begins.
    fn find(&self, digits: Digits) -> Option<u32> {
        let count = digits.length.min(DIGITS_MAX);
        let address = digits.number >> (4 * (WHOLE - DIGITS_MAX));
        let stretch = stretch(key(address, count));
        let (from, to) = (self.first[stretch] as usize, self.first[stretch + 1] as usize);
        let keys = self.keys.get(from..to)?;
        if keys.len() <= FEW {
            // The longest prefix of several stands last.
            let begins = |one: &u64| {
                let length = (one & 0xf) as usize;
                length <= count && *one == key(address, length)
            };
            return Some(self.starts[from + keys.iter().rposition(begins)?]);
        }
        let lengths = LENGTHS.into_iter().filter(|length| *length <= count);
        let mut found = lengths.filter_map(|one| keys.binary_search(&key(address, one)).ok());
        Some(self.starts[from + found.next()?])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_of_every_length_are_found() {
        let registry = Registry::new(
            &b"00408C\tAxis Communications AB\n4419B6\tHik\n70B3D5\tIEEE\n70B3D5123\tSmall Firm\n"
                [..],
        );
        let of = |address: &str| {
            hex_digits(address).and_then(|digits| registry.registrant(&digits).map(str::to_owned))
        };
        assert_eq!(of("00:40:8c:01:02:03").as_deref(), Some("Axis Communications AB"));
        assert_eq!(of("4419.b601.0203").as_deref(), Some("Hik"));
        assert_eq!(of("70-B3-D5-12-3F-FF").as_deref(), Some("Small Firm"));
        assert_eq!(of("70B3D5FFFFFF").as_deref(), Some("IEEE"));
        assert_eq!(of("02:00:00:00:00:01"), None);
        assert_eq!(of("44:19:b6:0a:1c"), None);
        assert_eq!(Registry::default().registrant("00408C010203"), None);
    }
}
