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

/// Where the lines of the table begin.
#[derive(Debug, Clone, Default)]
struct Lines {
    starts: Vec<u32>,
    /// For each first four digits the first line that does not come before them.
    first: Vec<u32>,
}

/// Digits that choose a stretch of lines; one holds hardly more than a line or two.
const STRETCH_DIGITS: usize = 4;

/// A hardware address as capital hex digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Digits {
    digits: [u8; 12],
    length: usize,
}

impl Digits {
    /// The 12 digits of an address, or the 6 of its first half.
    #[must_use]
    pub fn of(address: &str) -> Option<Self> {
        let mut made = Self { digits: [0; 12], length: 0 };
        for c in address.bytes() {
            if c.is_ascii_hexdigit() {
                *made.digits.get_mut(made.length)? = c.to_ascii_uppercase();
                made.length += 1;
            } else if !b":-. ".contains(&c) {
                return None;
            }
        }
        (made.length == 12 || made.length == 6).then_some(made)
    }

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.digits[..self.length]).unwrap_or_default()
    }
}

/// A hardware address as 12 capital hex digits, or the 6 of its first half.
#[must_use]
pub fn hex_digits(address: &str) -> Option<String> {
    Digits::of(address).map(|digits| digits.as_str().to_owned())
}

/// Whether the address was chosen by its user (or is a group address), so that the registry
/// says nothing about it.
#[must_use]
pub fn is_local_or_group(digits: &str) -> bool {
    let second = digits.as_bytes().get(1).and_then(|c| char::from(*c).to_digit(16));
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
        self.name(self.line(digits)?)
    }

    /// The line of the block that this address belongs to: one firm's lines say the same, and
    /// there are no more of them than the table has.
    #[must_use]
    pub fn line(&self, digits: &str) -> Option<u32> {
        if is_local_or_group(digits) {
            return None;
        }
        let lines = self.lines.get_or_init(|| Lines::new(&self.table));
        let keys = [9, 7, 6].into_iter().filter_map(|length| digits.as_bytes().get(..length));
        keys.filter_map(|key| lines.find(&self.table, key)).next()
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
    /// A table beyond four gigabytes is no registry and is cut there.
    fn new(table: &[u8]) -> Self {
        let after = table.iter().zip(1_usize..).filter(|(c, _)| **c == b'\n').map(|(_, at)| at);
        let starts: Vec<u32> = std::iter::once(0)
            .chain(after)
            .filter(|at| *at < table.len())
            .map_while(|at| u32::try_from(at).ok())
            .collect();
        let mut first = vec![starts.len() as u32; (1 << (4 * STRETCH_DIGITS)) + 1];
        let mut upto = 0;
        for (start, number) in starts.iter().zip(0_u32..) {
            // A line that begins otherwise is no line of a registry; it is never looked for.
            let Some(stretch) = stretch(&table[*start as usize..]) else { continue };
            while upto <= stretch {
                first[upto] = number;
                upto += 1;
            }
        }
        Self { starts, first }
    }

    fn find(&self, table: &[u8], key: &[u8]) -> Option<u32> {
        let stretch = stretch(key)?;
        let (from, to) = (self.first[stretch] as usize, self.first[stretch + 1] as usize);
        let tail = |start: &u32| table.get(*start as usize..).unwrap_or_default();
        let starts = self.starts.get(from..to)?;
        let at = starts
            .binary_search_by(|start| {
                let line = tail(start);
                // The tab ends a prefix and sorts before every digit.
                let prefix = &line[..line.len().min(key.len())];
                prefix.cmp(key).then_with(|| line.get(key.len()).map_or(0, |c| *c).cmp(&b'\t'))
            })
            .ok()?;
        Some(starts[at])
    }
}

/// The first digits as a number.
fn stretch(digits: &[u8]) -> Option<usize> {
    digits.get(..STRETCH_DIGITS)?.iter().try_fold(0, |sum, digit| {
        let value = match digit {
            b'0'..=b'9' => digit - b'0',
            b'A'..=b'F' => digit - b'A' + 10,
            _ => return None,
        };
        Some(sum << 4 | usize::from(value))
    })
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
