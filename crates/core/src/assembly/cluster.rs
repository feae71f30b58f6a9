//! Records that were joined so far, and why two such clusters cannot be one device.

use std::collections::BTreeSet;
use std::fmt;

use compact_str::CompactString;
use jiff::{SignedDuration, Timestamp};

use super::{HELD, Key, KeyKind, Sort, Traits};
use crate::observation::Seen;

/// Apart by more than that, two times may just as well be one time and a clock that is years off.
const YEARS: SignedDuration = SignedDuration::from_hours(2 * 366 * 24);

/// Pairs of places that are compared only to say whether two devices are perhaps one.
const PLACES_MAX: usize = 1_000_000;

/// Why a key joins nothing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// They are rows of one register, whose author counts them as different devices.
    OneRegister,
    /// Their serial numbers differ.
    Serials(CompactString, CompactString),
    /// Their hardware addresses differ.
    Macs(CompactString, CompactString),
    /// Both sides of one kind name other models.
    Models(CompactString, CompactString),
    /// They were met at different addresses at the same time.
    Addresses(CompactString, CompactString),
    /// The address was held by several, and nothing tells by whom at that time.
    Hands,
    /// They were met so far apart in time that the address may have changed hands: what stands
    /// before and behind the longest time in which nobody was met there.
    Apart(Seen, Seen),
    /// The clock of one of them cannot have been set, so that no time tells who held the address.
    Clock(Timestamp),
    /// The record of that number lists several keys, and what they lead to cannot be one device.
    Several(u32),
    /// A person said so.
    Told,
}

impl fmt::Display for Why {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OneRegister => out.write_str("rows of one register are devices of their own"),
            Self::Serials(one, other) => write!(out, "serial numbers {one} and {other}"),
            Self::Macs(one, other) => write!(out, "hardware addresses {one} and {other}"),
            Self::Models(one, other) => write!(out, "models {one} and {other}"),
            Self::Addresses(one, other) => {
                write!(out, "met at {one} and at {other} at the same time")
            }
            Self::Hands => {
                out.write_str("several held this address; nothing tells who did at that time")
            }
            Self::Apart(one, other) => {
                let (hours, end, begin) = (HELD.as_hours(), one.until, other.from);
                match (one.lease_end(), other.met()) {
                    (None, Some(_)) => write!(out, "seen at {end} and at {begin}"),
                    (None, None) => write!(out, "seen at {end} and a lease until {begin}"),
                    (Some(_), Some(_)) => write!(out, "a lease until {end} and seen at {begin}"),
                    (Some(_), None) => write!(out, "a lease until {end} and one until {begin}"),
                }?;
                write!(out, ", more than {hours} hours apart")?;
                if begin.duration_since(end) > YEARS {
                    return out.write_str("; or a clock is years off");
                }
                out.write_str(", and no lease tells whether the address was kept")
            }
            Self::Clock(moment) => {
                write!(
                    out,
                    "a clock told {moment}, which no clock that was set tells; so no time says "
                )?;
                out.write_str("who held the address")
            }
            Self::Several(record) => {
                write!(out, "record {record} lists several, and they lead to different devices")
            }
            Self::Told => out.write_str("you said that it joins nothing"),
        }
    }
}

/// Where somebody was met.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) key: Key,
    pub(super) sort: Sort,
    source: u32,
    pub(super) seen: Option<Seen>,
}

/// Records joined so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Cluster {
    pub(super) members: Vec<u32>,
    serials: BTreeSet<CompactString>,
    macs: BTreeSet<CompactString>,
    /// Models as people wrote them, and as devices said them: a label's number beside its maker's
    /// is what is looked for, no reason to part them.
    written: BTreeSet<CompactString>,
    said: BTreeSet<CompactString>,
    registers: BTreeSet<u32>,
    names: BTreeSet<CompactString>,
    pub(super) places: Vec<Place>,
}

impl Cluster {
    pub(super) fn of(number: u32, record: &Traits) -> Self {
        let values = |kind| record.keys_of(kind).map(|key| key.value.clone()).collect();
        let (mut written, mut said, mut registers) = <_>::default();
        match record.sort {
            Sort::Register => {
                written = record.models.clone();
                registers = BTreeSet::from([record.source]);
            }
            Sort::Lease | Sort::Sighting => said = record.models.clone(),
        }
        let place = |key: &Key| Place {
            key: key.clone(),
            sort: record.sort,
            source: record.source,
            seen: record.seen,
        };
        Self {
            members: vec![number],
            serials: values(KeyKind::Serial),
            macs: values(KeyKind::Mac),
            written,
            said,
            registers,
            names: values(KeyKind::Name),
            places: record.keys_of(KeyKind::Address).map(place).collect(),
        }
    }

    /// Whether anything but its address and name tells which device it is.
    pub(super) fn is_known(&self) -> bool {
        !self.serials.is_empty() || !self.macs.is_empty()
    }

    pub(super) fn add(&mut self, other: Self) {
        self.members.extend(other.members);
        self.members.sort_unstable();
        self.serials.extend(other.serials);
        self.macs.extend(other.macs);
        self.written.extend(other.written);
        self.said.extend(other.said);
        self.registers.extend(other.registers);
        self.names.extend(other.names);
        self.places.extend(other.places);
    }

    /// The number of its first record.
    pub(super) fn number(&self) -> u32 {
        self.members.first().copied().unwrap_or(u32::MAX)
    }

    /// Its models, as people wrote them and as devices said them.
    pub(super) fn models(&self) -> impl Iterator<Item = &CompactString> {
        self.written.iter().chain(&self.said)
    }

    /// Whether a name, an address or a model is the same of both.
    pub(super) fn agrees(&self, other: &Self) -> bool {
        let addresses = |one: &Self| -> BTreeSet<CompactString> {
            one.places.iter().map(|place| place.key.value.clone()).collect()
        };
        let mut models = self.models();
        !self.names.is_disjoint(&other.names)
            || models.any(|one| other.models().any(|model| model == one))
            || !addresses(self).is_disjoint(&addresses(other))
    }

    /// Whether the two cannot be one device, whatever their serial numbers are. Of two that were
    /// met so often that the times cannot be compared, nothing is known by them.
    pub(super) fn is_against_beside_serials(&self, other: &Self) -> bool {
        let pairs = self.places.len().saturating_mul(other.places.len());
        !self.registers.is_disjoint(&other.registers)
            || differ(&self.macs, &other.macs).is_some()
            || pairs <= PLACES_MAX && self.met_elsewhere(other, KeyKind::Mac).is_some()
    }

    /// Why the two cannot be one device, if a key of that kind would join them.
    pub(super) fn against(&self, other: &Self, kind: KeyKind) -> Option<Why> {
        if self.registers.intersection(&other.registers).next().is_some() {
            return Some(Why::OneRegister);
        }
        if let Some((one, other)) = differ(&self.serials, &other.serials) {
            return Some(Why::Serials(one, other));
        }
        // A recorder with two network cards has two addresses, and one serial number.
        if kind != KeyKind::Serial
            && let Some((one, other)) = differ(&self.macs, &other.macs)
        {
            return Some(Why::Macs(one, other));
        }
        if kind > KeyKind::Mac {
            let models = differ(&self.written, &other.written);
            if let Some((one, other)) = models.or_else(|| differ(&self.said, &other.said)) {
                return Some(Why::Models(one, other));
            }
        }
        if kind == KeyKind::Serial || kind == KeyKind::Address {
            return None;
        }
        let (one, other) = self.met_elsewhere(other, kind)?;
        Some(Why::Addresses(one, other))
    }

    /// Two addresses at which the two were met at the same time, where none of theirs is the same.
    fn met_elsewhere(&self, other: &Self, kind: KeyKind) -> Option<(CompactString, CompactString)> {
        let pairs = || {
            let with = |one| other.places.iter().map(move |other| (one, other));
            self.places.iter().flat_map(with)
        };
        if pairs().any(|(one, other)| one.key == other.key) {
            return None;
        }
        pairs()
            .find(|(one, other)| one.key.site == other.key.site && one.is_met_with(other, kind))
            .map(|(one, other)| (one.key.value.clone(), other.key.value.clone()))
    }
}

impl Place {
    /// Whether it was so at the time of the other, as far as a key of that kind asks: an
    /// inventory's address may be an old one beside the same hardware address, but hardly beside
    /// the same name or certificate.
    fn is_met_with(&self, other: &Self, kind: KeyKind) -> bool {
        let one_scan = self.source == other.source
            && self.sort == Sort::Sighting
            && other.sort == Sort::Sighting;
        match (self.seen, other.seen) {
            (Some(one), Some(other)) => {
                one_scan || one.from < other.until && other.from < one.until
            }
            _ => one_scan || kind > KeyKind::Mac,
        }
    }

    /// Whether who was met here still held the address at another time: within a lease, or a day.
    pub(super) fn holds_at(&self, seen: Seen) -> bool {
        let Some(own) = self.seen else { return false };
        if !own.is_plausible() || !seen.is_plausible() {
            return false;
        }
        match self.sort {
            // Of some only the end is written down; they go on for no longer than a day before.
            Sort::Lease if own.from == own.until => {
                seen.from <= own.until && gap(own, seen) <= HELD
            }
            Sort::Lease => own.meets(&seen),
            Sort::Sighting | Sort::Register => gap(own, seen) <= HELD,
        }
    }
}

/// The time between two stretches.
pub(super) fn gap(one: Seen, other: Seen) -> SignedDuration {
    if one.meets(&other) {
        return SignedDuration::ZERO;
    }
    let (first, second) = if one.from < other.from { (one, other) } else { (other, one) };
    second.from.duration_since(first.until)
}

/// A value of each, where both have some and none is the same.
fn differ(
    one: &BTreeSet<CompactString>,
    other: &BTreeSet<CompactString>,
) -> Option<(CompactString, CompactString)> {
    let (first, second) = (one.first()?, other.first()?);
    one.is_disjoint(other).then(|| (first.clone(), second.clone()))
}
