//! Devices that have no name but their address, told apart where several were met at one.

use std::collections::BTreeMap;

use compact_str::CompactString;

use super::{KeyKind, Sort, Traits};
use crate::observation::{Device, Field};

/// Signs of a certificate's fingerprint, which tell it among the devices of one address.
const FINGERPRINT_CHARS: usize = 12;

/// What stands behind an address to tell who is meant.
const TOLD_BY: [&str; 6] = ["serial:", "mac:", "certificate:", "seen ", "lease until ", "record "];

/// What a device is called, without what tells it from others at its address.
#[must_use]
pub fn plain_name(device: &Device) -> &str {
    let name = device.name.as_str();
    let Some((address, sign)) = name.strip_suffix(')').and_then(|name| name.split_once(" ("))
    else {
        return name;
    };
    let own = || device.observations.iter().filter(|seen| seen.field == Field::Ip);
    let ours = TOLD_BY.iter().any(|word| sign.starts_with(word));
    if ours && own().any(|seen| seen.value == address) { address } else { name }
}

/// Whether a device of that name is meant by what somebody asks for: its name, or the address by
/// which it and others are called.
#[must_use]
pub fn is_called(name: &str, asked: &str) -> bool {
    let sign = || name.strip_prefix(asked)?.strip_prefix(" (")?.strip_suffix(')');
    name == asked || sign().is_some_and(|sign| TOLD_BY.iter().any(|word| sign.starts_with(word)))
}

/// The address by which a record is called, if it has no other name.
#[must_use]
pub fn called_by_address(device: &Device) -> Option<&str> {
    let name = plain_name(device);
    let mut own = device.observations.iter().filter(|seen| seen.field == Field::Ip);
    own.any(|seen| seen.value == name).then_some(name)
}

/// A device of some records: their places in the list.
struct One<'r> {
    first: u32,
    records: Vec<&'r Traits>,
    place: &'r str,
}

impl One<'_> {
    /// What may tell it from others at its address, the surest first.
    fn signs(&self) -> Vec<String> {
        let mut signs = Vec::new();
        for kind in [KeyKind::Serial, KeyKind::Mac, KeyKind::Certificate] {
            let values = self.records.iter().flat_map(|one| one.keys_of(kind));
            if let Some(key) = values.min() {
                let most =
                    if kind == KeyKind::Certificate { FINGERPRINT_CHARS } else { usize::MAX };
                let value: String = key.value.chars().take(most).collect();
                signs.push(format!("{}:{value}", kind.word()));
            }
        }
        let seen = self.records.iter().filter_map(|one| one.seen).min();
        signs.extend(seen.map(|seen| match seen.met() {
            Some([first, _]) => format!("seen {first}"),
            None => format!("lease until {}", seen.until),
        }));
        signs.push(format!("record {}", self.place));
        signs
    }
}

/// Names for the devices that are called by an address which others are called by too, by the
/// number of each device's first record. `called` are the addresses of those records that have no
/// other name, `places` where the records stand.
#[must_use]
pub fn told_apart(
    records: &[(u32, Traits)],
    groups: &[Vec<u32>],
    called: &BTreeMap<u32, CompactString>,
    places: &BTreeMap<u32, String>,
) -> BTreeMap<u32, String> {
    let by_number: BTreeMap<u32, &Traits> = records.iter().map(|(at, one)| (*at, one)).collect();
    let grouped: BTreeMap<u32, usize> = groups
        .iter()
        .enumerate()
        .flat_map(|(at, group)| group.iter().map(move |number| (*number, at)))
        .collect();
    let mut of_address: BTreeMap<&CompactString, Vec<One<'_>>> = BTreeMap::new();
    for number in by_number.keys() {
        let alone = [*number];
        let members = grouped.get(number).map_or(alone.as_slice(), |at| groups[*at].as_slice());
        if members.first() != Some(number) {
            continue;
        }
        let known = |number: &u32| by_number.get(number).copied();
        let is_row = |number: &&u32| known(number).is_some_and(|one| one.sort == Sort::Register);
        // It is called as the first row of a register calls it, or its first record.
        let naming = members.iter().find(is_row).unwrap_or(number);
        if let Some(address) = called.get(naming) {
            let records = members.iter().filter_map(known).collect();
            let place = places.get(number).map_or("", String::as_str);
            of_address.entry(address).or_default().push(One { first: *number, records, place });
        }
    }
    let mut names = BTreeMap::new();
    for (address, devices) in of_address.iter().filter(|(_, devices)| devices.len() > 1) {
        let mut borne: BTreeMap<String, usize> = BTreeMap::new();
        let signs: Vec<Vec<String>> = devices.iter().map(One::signs).collect();
        for sign in signs.iter().flatten() {
            *borne.entry(sign.clone()).or_default() += 1;
        }
        for (device, signs) in devices.iter().zip(&signs) {
            let own = signs.iter().find(|sign| borne.get(*sign) == Some(&1));
            if let Some(sign) = own.or(signs.last()) {
                names.insert(device.first, format!("{address} ({sign})"));
            }
        }
    }
    names
}
