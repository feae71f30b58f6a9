//! What was seen of a device, as a baseline keeps it: short enough to be kept of every device, and
//! long enough to say what is otherwise.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::observation::{Device, Field};
use crate::report::clean_to;

/// Signs of a value; of a longer one the beginning is kept, and a number of all of it.
const VALUE_CHARS_MAX: usize = 80;

/// Values of one field.
const OF_FIELD_MAX: usize = 4;

/// Bytes of one device's values: a baseline's lines are sorted in memory.
const BYTES_MAX: usize = 1_024;

/// What stands for the fields from which on there was no room.
const CUT: &str = "…";

/// The day of installation, which is no field and beside them.
const INSTALLED: &str = "installed";

/// Fields that stand in a line of their own accord: as keys.
const KEYS: [Field; 5] =
    [Field::Serial, Field::Mac, Field::MacRegistrant, Field::TlsFingerprint, Field::Ip];

/// A field with one of its values.
pub type Value = (String, String);

/// A field of which something else was seen than then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Otherwise {
    /// Its id, or `installed`.
    pub field: String,
    /// Values that are no longer seen; long ones are cut, and a number of the whole stands behind.
    pub from: Vec<String>,
    /// Values that are new.
    pub to: Vec<String>,
}

/// The place of a field in the order in which they are kept.
fn rank(id: &str) -> Option<usize> {
    if id == INSTALLED {
        return Some(0);
    }
    Field::ALL.iter().position(|field| field.id() == id).map(|at| at + 1)
}

/// A value as it is kept.
fn short(value: &str) -> String {
    let mut short = clean_to(value, VALUE_CHARS_MAX);
    if short != value {
        short.push_str(" #");
        for byte in Sha256::digest(value).iter().take(4) {
            let _ = write!(short, "{byte:02x}");
        }
    }
    short
}

/// What was seen of a device, field by field in a fixed order.
pub(super) fn observed(device: &Device) -> Vec<Value> {
    let mut fields: BTreeMap<usize, (&str, BTreeSet<String>)> = BTreeMap::new();
    let mut add = |id: &'static str, value: String| {
        if let Some(rank) = rank(id) {
            fields.entry(rank).or_insert((id, BTreeSet::new())).1.insert(value);
        }
    };
    if let Some(day) = device.installed {
        add(INSTALLED, day.to_string());
    }
    for one in device.observations.iter().filter(|one| !KEYS.contains(&one.field)) {
        add(one.field.id(), short(&one.value));
    }
    let (mut kept, mut bytes) = (Vec::new(), 0);
    for (id, values) in fields.into_values() {
        let mut of_field: Vec<String> = values.into_iter().collect();
        if of_field.len() > OF_FIELD_MAX {
            let all = of_field.split_off(OF_FIELD_MAX - 1);
            let words = format!("and {} more", all.len());
            let number = short(&format!("{words}\n{}", all.join("\n")));
            let number = number.rsplit_once(" #").map_or("", |(_, number)| number);
            of_field.push(format!("{words} #{number}"));
        }
        bytes += of_field.iter().map(|value| id.len() + value.len() + 2).sum::<usize>();
        if bytes > BYTES_MAX {
            kept.push((CUT.to_owned(), id.to_owned()));
            break;
        }
        kept.extend(of_field.into_iter().map(|value| (id.to_owned(), value)));
    }
    kept
}

/// The fields by their places, and the place from which on there was no room.
fn by_rank(values: &[Value]) -> (BTreeMap<usize, BTreeSet<&String>>, usize) {
    let mut fields: BTreeMap<usize, BTreeSet<&String>> = BTreeMap::new();
    let mut end = usize::MAX;
    for (id, value) in values {
        match rank(id) {
            Some(rank) => {
                fields.entry(rank).or_default().insert(value);
            }
            None if id == CUT => end = rank(value).unwrap_or(0),
            None => {}
        }
    }
    (fields, end)
}

/// What was seen otherwise, field by field, as far as both sides had room for it.
pub(super) fn otherwise(then: &[Value], now: &[Value]) -> Vec<Otherwise> {
    let ((then, then_end), (now, now_end)) = (by_rank(then), by_rank(now));
    let end = then_end.min(now_end);
    let ranks: BTreeSet<usize> = then.keys().chain(now.keys()).copied().collect();
    let none = BTreeSet::new();
    let mut all = Vec::new();
    for rank in ranks.into_iter().take_while(|rank| *rank < end) {
        let (from, to) = (then.get(&rank).unwrap_or(&none), now.get(&rank).unwrap_or(&none));
        if from == to {
            continue;
        }
        let field = rank.checked_sub(1).and_then(|at| Field::ALL.get(at));
        let id = field.map_or(INSTALLED, |field| field.id());
        let without = |one: &BTreeSet<&String>, other: &BTreeSet<&String>| {
            one.difference(other).map(|value| (*value).clone()).collect()
        };
        all.push(Otherwise {
            field: id.to_owned(),
            from: without(from, to),
            to: without(to, from),
        });
    }
    all
}
