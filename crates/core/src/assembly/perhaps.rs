//! Devices that are perhaps one: their serial numbers are nearly the same, so that no key joins
//! them, and nothing else speaks against it. That is said and joins nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use compact_str::CompactString;

use super::cluster::Cluster;
use super::{Key, KeyKind};

/// Signs at the end of a serial number by which those that may be nearly the same are found. No
/// shorter one is taken for the end of another: an end of six digits is soon met twice.
const END_CHARS: usize = 8;

/// Signs that a model must have to be known again at the beginning of a serial number.
const MODEL_CHARS_MIN: usize = 4;

/// Different serial numbers with the same end that are compared: where more have it, it is no
/// number of one device, but what all of a series end with.
const OF_END_MAX: usize = 16;

/// Pairs that are told; further ones are counted.
pub const PERHAPS_MAX: usize = 10_000;

/// In what two serial numbers differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Nearness {
    /// Only in signs that look alike: O and 0, I and 1.
    Slip,
    /// The one has the model before it, as makers often print it.
    Model,
    /// The one has something else before it, and both have the same name, address or model.
    Prefix,
}

impl fmt::Display for Nearness {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Slip => {
                "the serial numbers differ only in signs that look alike (O and 0, I and 1)"
            }
            Self::Model => "the one serial number is the other with the model before it",
            Self::Prefix => "the one serial number is the other with more before it",
        })
    }
}

/// Two devices that are perhaps one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Perhaps {
    /// The serial number of each.
    pub serials: [Key; 2],
    /// The records of each, by their numbers.
    pub records: [Vec<u32>; 2],
    /// In what the serial numbers differ.
    pub why: Nearness,
}

impl Perhaps {
    /// What would settle whether they are one, in words.
    pub const SETTLED_BY: &'static str =
        "the hardware address of both, or the serial number that the device itself gives";

    /// Both keys, as somebody types them who says that they are one: `serial:A+serial:B`.
    #[must_use]
    pub fn together(&self) -> String {
        let [one, other] = &self.serials;
        format!("{one}+{other}")
    }
}

/// A serial number in which signs that look alike are one sign.
fn folded(serial: &str) -> CompactString {
    let plain = |c: char| match c {
        'O' => '0',
        'I' | 'L' => '1',
        c => c,
    };
    serial.chars().map(plain).collect()
}

/// By what those serial numbers are found that may be nearly the same: the last signs of it.
pub(super) fn end_of(serial: &str) -> CompactString {
    let folded = folded(serial);
    let before = folded.chars().count().saturating_sub(END_CHARS);
    folded.chars().skip(before).collect()
}

/// In what two serial numbers of one end differ, if they are nearly the same.
fn nearness(one: (&str, &Cluster), other: (&str, &Cluster)) -> Option<Nearness> {
    let (first, second) = (folded(one.0), folded(other.0));
    if first == second {
        return Some(Nearness::Slip);
    }
    let (long, short) = if first.len() > second.len() { (first, second) } else { (second, first) };
    if short.chars().count() < END_CHARS {
        return None;
    }
    let before = long.strip_suffix(short.as_str())?;
    let models = || one.1.models().chain(other.1.models()).map(squeezed);
    if models().any(|model| model.len() >= MODEL_CHARS_MIN && before.starts_with(&*model)) {
        return Some(Nearness::Model);
    }
    one.1.agrees(other.1).then_some(Nearness::Prefix)
}

/// A model as a serial number would begin with it.
fn squeezed(model: &CompactString) -> CompactString {
    folded(&model.chars().filter(|c| c.is_alphanumeric()).collect::<CompactString>())
}

/// What was found of devices that are perhaps one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) pairs: Vec<Perhaps>,
    pub(super) left_out: u64,
}

/// Finds them among clusters. `bearers` are the serial numbers, each with the cluster that has it,
/// as far as only one has it.
pub(super) fn find(bearers: &BTreeMap<&Key, &Cluster>) -> Found {
    let mut ends: BTreeMap<CompactString, Vec<(&Key, &Cluster)>> = BTreeMap::new();
    for (key, cluster) in bearers {
        ends.entry(end_of(&key.value)).or_default().push((key, cluster));
    }
    let mut found = Found::default();
    let mut told: BTreeSet<(u32, u32)> = BTreeSet::new();
    for serials in ends.values() {
        if serials.len() > OF_END_MAX {
            found.left_out += 1;
            continue;
        }
        for (at, (one, first)) in serials.iter().enumerate() {
            for (other, second) in &serials[at + 1..] {
                let pair = (first.number(), second.number());
                if pair.0 == pair.1 || first.is_against_beside_serials(second) {
                    continue;
                }
                let Some(why) = nearness((&one.value, first), (&other.value, second)) else {
                    continue;
                };
                if !told.insert((pair.0.min(pair.1), pair.0.max(pair.1))) {
                    continue;
                }
                if found.pairs.len() >= PERHAPS_MAX {
                    found.left_out += 1;
                    continue;
                }
                let serials = [(*one).clone(), (*other).clone()];
                let records = [first.members.clone(), second.members.clone()];
                found.pairs.push(Perhaps { serials, records, why });
            }
        }
    }
    found
}

/// The numbers by which records are found whose serial numbers may be nearly the same.
pub(super) fn ends(keys: &[Key]) -> impl Iterator<Item = CompactString> + '_ {
    let serials = keys.iter().filter(|key| key.kind == KeyKind::Serial);
    serials.map(|key| end_of(&key.value))
}
