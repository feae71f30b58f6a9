//! One device of several records.

use std::collections::BTreeSet;

use compact_str::CompactString;

use super::Sort;
use crate::observation::{Device, Field};

/// Observations of one device; further ones are counted.
pub const OBSERVATIONS_MAX: usize = 4_096;

/// Notes of one device.
const NOTES_MAX: usize = 256;

/// One device of several records, each with what it is of. The first row of a register names it,
/// or the first record of all; what was seen twice is kept where it was seen first. Gives the
/// number of observations for which there was no room.
///
/// # Panics
/// Never; without a record the device is blank.
#[must_use]
pub fn whole(records: Vec<(Sort, Device)>) -> (Device, usize) {
    let first = records.iter().position(|(sort, _)| *sort == Sort::Register).unwrap_or(0);
    let mut records: Vec<Device> = records.into_iter().map(|(_, device)| device).collect();
    if records.is_empty() {
        return (Device::default(), 0);
    }
    let mut device = records.remove(first);
    let mut known: BTreeSet<(Field, CompactString)> =
        device.observations.iter().map(|seen| (seen.field, seen.value.clone())).collect();
    let mut left_out = 0;
    for record in records {
        let of = u32::try_from(device.others.len() + 1).unwrap_or(u32::MAX);
        for mut seen in record.observations {
            if !known.insert((seen.field, seen.value.clone())) {
                continue;
            }
            if device.observations.len() >= OBSERVATIONS_MAX {
                left_out += 1;
                continue;
            }
            seen.at.of = seen.at.of.saturating_add(of);
            device.observations.push(seen);
        }
        device.installed = device.installed.or(record.installed);
        for note in record.context {
            if device.context.len() < NOTES_MAX && !device.context.contains(&note) {
                device.context.push(note);
            }
        }
        device.others.push(record.record);
        device.others.extend(record.others);
    }
    (device, left_out)
}
