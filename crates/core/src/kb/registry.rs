//! The registry of hardware addresses: which firm an address block was given to.

use std::borrow::Cow;
use std::sync::OnceLock;

/// The IEEE registry as an imported table: `PREFIX<tab>REGISTRANT` a line, prefixes of 6, 7 or
/// 9 capital hex digits, sorted by byte. Only where its lines begin is worked out, at the first
/// look-up.
#[derive(Debug, Clone, Default)]
pub struct Registry {
    table: Cow<'static, [u8]>,
    starts: OnceLock<Vec<u32>>,
}

/// A hardware address as 12 capital hex digits, or the 6 of its first half.
#[must_use]
pub fn hex_digits(address: &str) -> Option<String> {
    let digits: String =
        address.chars().filter(char::is_ascii_hexdigit).map(|c| c.to_ascii_uppercase()).collect();
    let clean = address.chars().all(|c| c.is_ascii_hexdigit() || ":-. ".contains(c));
    (clean && (digits.len() == 12 || digits.len() == 6)).then_some(digits)
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
        Self { table: table.into(), starts: OnceLock::new() }
    }

    /// Whether it holds anything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    /// The firm that the block of this address was given to; `digits` as [`hex_digits`] gives.
    #[must_use]
    pub fn registrant(&self, digits: &str) -> Option<&str> {
        if is_local_or_group(digits) {
            return None;
        }
        [9, 7, 6]
            .into_iter()
            .filter(|length| digits.len() >= *length)
            .find_map(|length| self.line(&digits.as_bytes()[..length]))
            .filter(|name| !name.eq_ignore_ascii_case("private"))
    }

    fn line(&self, key: &[u8]) -> Option<&str> {
        let starts = self.starts.get_or_init(|| line_starts(&self.table));
        let tail = |start: &u32| self.table.get(*start as usize..).unwrap_or_default();
        let at = starts
            .binary_search_by(|start| {
                let line = tail(start);
                // The tab ends a prefix and sorts before every digit.
                let prefix = &line[..line.len().min(key.len())];
                prefix.cmp(key).then_with(|| line.get(key.len()).map_or(0, |c| *c).cmp(&b'\t'))
            })
            .ok()?;
        let name = tail(&starts[at]).get(key.len() + 1..)?;
        let end = name.iter().position(|c| *c == b'\n').unwrap_or(name.len());
        str::from_utf8(&name[..end]).ok()
    }
}

/// Where the lines begin. A table beyond four gigabytes is no registry and is cut there.
fn line_starts(table: &[u8]) -> Vec<u32> {
    let after = table.iter().zip(1_usize..).filter(|(c, _)| **c == b'\n').map(|(_, at)| at);
    std::iter::once(0)
        .chain(after)
        .filter(|at| *at < table.len())
        .map_while(|at| u32::try_from(at).ok())
        .collect()
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
