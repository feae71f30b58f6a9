//! Records of one device, found and joined: an inventory's row, a scan's host, a lease, a line of
//! a log. What joins them tells one device from another and says nothing of who made it.
//!
//! Joining is conservative. A key that would join what cannot be one device joins nothing, and
//! that is said: two devices wrongly made one would hide one of them, and lend the evidence of
//! one to the other.

use std::collections::BTreeSet;
use std::fmt;
use std::hash::{Hash, Hasher as _};

use compact_str::{CompactString, ToCompactString as _};
use jiff::SignedDuration;

use crate::kb::fast::Quick;
use crate::kb::glob;
use crate::kb::registry::{hex_digits, is_local_or_group};
use crate::observation::{Device, Field, Seen};

pub mod again;
mod called;
mod cluster;
mod join;
mod perhaps;
mod whole;

pub use called::{called_by_address, is_called, plain_name, told_apart};
pub use cluster::Why;
pub use join::{Assembly, Join, Judged, Refusal, join};
pub use perhaps::{Nearness, PERHAPS_MAX, Perhaps};
pub use whole::{OBSERVATIONS_MAX, whole};

/// Signs of a serial number: shorter ones are numbers of a list.
const SERIAL_CHARS_MIN: usize = 6;

/// Serial numbers that stand where none was burnt in.
const NO_SERIALS: [&str; 6] =
    ["123456789", "0123456789", "1234567890", "DEFAULT", "UNKNOWN", "SERIALNUMBER"];

/// How long an address of the network is taken to be held by who was seen at it, where no lease
/// says so.
pub const HELD: SignedDuration = SignedDuration::from_hours(24);

/// What a record is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sort {
    /// A row of a list that somebody keeps: each row is a device of its own.
    Register,
    /// An address held from one moment to another.
    Lease,
    /// Something met in the network.
    Sighting,
}

impl Sort {
    /// The word by which a file of observations names it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::Lease => "lease",
            Self::Sighting => "sighting",
        }
    }

    /// The sort of that word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Register, Self::Lease, Self::Sighting].into_iter().find(|sort| sort.word() == word)
    }
}

/// The kinds of keys, the surest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyKind {
    /// The serial number.
    Serial,
    /// A hardware address that a maker gave.
    Mac,
    /// The fingerprint of a certificate.
    Certificate,
    /// What its owner calls it.
    Name,
    /// An address of the network, at a site and a time.
    Address,
}

impl KeyKind {
    /// The word before a key as typed and printed: `mac:44:19:b6:0a:1c:33`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Serial => "serial",
            Self::Mac => "mac",
            Self::Certificate => "certificate",
            Self::Name => "name",
            Self::Address => "ip",
        }
    }

    /// The kind of that word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Serial, Self::Mac, Self::Certificate, Self::Name, Self::Address]
            .into_iter()
            .find(|kind| kind.word() == word)
    }
}

/// What tells a device from others.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// Its kind.
    pub kind: KeyKind,
    /// Its value, in the one form in which it is compared.
    pub value: CompactString,
    /// The site within which it tells anything; empty where it tells everywhere, or no site is
    /// known.
    pub site: CompactString,
}

impl Key {
    /// A key as [`fmt::Display`] writes it, without a site.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (word, value) = text.split_once(':')?;
        let kind = KeyKind::from_word(word.trim())?;
        let value = value.trim();
        let value = match kind {
            KeyKind::Serial => serial(value)?,
            KeyKind::Mac => mac(value)?,
            KeyKind::Name => value.to_lowercase().into(),
            KeyKind::Certificate | KeyKind::Address => value.to_ascii_lowercase().into(),
        };
        Some(Self { kind, value, site: CompactString::default() })
    }
}

impl fmt::Display for Key {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}", self.kind.word(), self.value)?;
        if self.site.is_empty() { Ok(()) } else { write!(out, " ({})", self.site) }
    }
}

/// A serial number without blanks and dashes, in capitals; `None` when it is none, as it is with
/// control characters in it: whoever writes such wants to be taken for somebody else.
fn serial(written: &str) -> Option<CompactString> {
    if written.trim().contains(|c: char| c.is_control() || c == char::REPLACEMENT_CHARACTER) {
        return None;
    }
    let kept: CompactString =
        written.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect();
    let mut chars = kept.chars();
    let first = chars.next()?;
    let same = chars.all(|c| c == first);
    let none =
        same || NO_SERIALS.contains(&kept.as_str()) || !kept.contains(|c: char| c.is_ascii_digit());
    (kept.chars().count() >= SERIAL_CHARS_MIN && !none).then_some(kept)
}

/// A hardware address that a maker gave; one that was made up at random tells nothing for long.
fn mac(written: &str) -> Option<CompactString> {
    let digits = hex_digits(written).filter(|digits| digits.len() == 12)?;
    let blank = digits.bytes().all(|digit| digit == b'0');
    if blank || is_local_or_group(digits.as_bytes()) {
        return None;
    }
    let pairs: Vec<String> = digits
        .as_bytes()
        .chunks(2)
        .map(|pair| String::from_utf8_lossy(pair).to_ascii_lowercase())
        .collect();
    Some(pairs.join(":").into())
}

/// A name that its owner gave to one device: it has a digit, and is no address or model of it.
fn name(device: &Device) -> Option<CompactString> {
    let name = plain_name(device).trim();
    let counts = name.contains(|c: char| c.is_ascii_digit());
    let same = |seen: &crate::observation::Observation| seen.value.eq_ignore_ascii_case(name);
    let repeats = device.observations.iter().any(same);
    let of_a_line = name.strip_prefix("line ").is_some_and(|rest| rest.parse::<u64>().is_ok());
    (counts && !repeats && !of_a_line).then(|| name.to_lowercase().into())
}

/// Of a record what joining looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Traits {
    /// What it is of.
    pub sort: Sort,
    /// The number of the file or sheet in which it stands.
    pub source: u32,
    /// Its keys, each once.
    pub keys: Vec<Key>,
    /// Its model numbers, squeezed.
    pub models: BTreeSet<CompactString>,
    /// When what it says was so.
    pub seen: Option<Seen>,
}

impl Traits {
    /// What joining looks at in a record of that sort, standing at a site if one is known.
    #[must_use]
    pub fn of(device: &Device, sort: Sort, source: u32, site: Option<&str>) -> Self {
        let here: CompactString = site.unwrap_or_default().trim().to_lowercase().into();
        let mut keys: BTreeSet<Key> = BTreeSet::new();
        let mut models = BTreeSet::new();
        let anywhere = CompactString::default;
        for seen in &device.observations {
            let value = seen.value.as_str();
            let key = match seen.field {
                Field::Serial => serial(value).map(|value| (KeyKind::Serial, value, anywhere())),
                Field::Mac => mac(value).map(|value| (KeyKind::Mac, value, anywhere())),
                Field::TlsFingerprint => {
                    let value = value.to_ascii_lowercase().to_compact_string();
                    Some((KeyKind::Certificate, value, anywhere()))
                }
                Field::Ip => Some((KeyKind::Address, value.into(), here.clone())),
                Field::Model => {
                    models.insert(glob::squeeze(value).into());
                    None
                }
                _ => None,
            };
            keys.extend(key.map(|(kind, value, site)| Key { kind, value, site }));
        }
        // What a scan calls a host is what it has for a name, not what its owner calls it.
        let named = (sort == Sort::Register).then(|| name(device)).flatten();
        keys.extend(named.map(|value| Key { kind: KeyKind::Name, value, site: here }));
        Self { sort, source, keys: keys.into_iter().collect(), models, seen: device.record.seen }
    }

    /// A number for each key, the same on every machine, by which keys are sorted before they are
    /// compared: equal keys have equal numbers, and hardly any others.
    pub fn numbers(&self) -> impl Iterator<Item = u64> {
        self.keys.iter().map(|key| {
            let mut hasher = Quick::default();
            // A scan knows no site, so an address is compared beyond sites.
            (key.kind, &key.value).hash(&mut hasher);
            hasher.finish()
        })
    }

    /// A number for the end of each serial number: those that are nearly the same have equal ones.
    pub fn end_numbers(&self) -> impl Iterator<Item = u64> {
        perhaps::ends(&self.keys).map(|end| {
            let mut hasher = Quick::default();
            end.hash(&mut hasher);
            hasher.finish()
        })
    }

    /// Its keys of a kind.
    pub fn keys_of(&self, kind: KeyKind) -> impl Iterator<Item = &Key> {
        self.keys.iter().filter(move |key| key.kind == kind)
    }
}
