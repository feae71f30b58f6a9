//! Two rounds held against each other. Whatever is found does not change when both are swapped, but
//! for its direction, nor when their devices come in another order.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{Conclusion, Ports, Sight, Sign};
use crate::assembly::{Key, KeyKind};
use crate::baseline::{Entry, Told, Unclear, tell};

/// One thing that is otherwise of a device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Change {
    /// It has another address in the network.
    AddressChanged {
        /// Then.
        from: Vec<String>,
        /// Now.
        to: Vec<String>,
    },
    /// Another maker leads, or the same more or less surely.
    MakerChanged {
        /// Then.
        from: Conclusion,
        /// Now.
        to: Conclusion,
        /// Signs that were not there.
        signs: Vec<Sign>,
        /// Signs that were there, and are not seen now.
        missing: Vec<Sign>,
    },
    /// Another label is written.
    LabelChanged {
        /// Then.
        from: String,
        /// Now.
        to: String,
    },
    /// Another model is written.
    ModelChanged {
        /// Then.
        from: String,
        /// Now.
        to: String,
    },
    /// It shows another version of its firmware.
    FirmwareChanged {
        /// Then.
        from: Vec<String>,
        /// Now.
        to: Vec<String>,
    },
    /// Other ports are open, of those that were looked at both times.
    PortsChanged {
        /// Now open.
        opened: Vec<u16>,
        /// No longer.
        closed: Vec<u16>,
    },
    /// Something else is odd about how it behaves.
    MannerChanged {
        /// Newly seen.
        odd: Vec<String>,
        /// Not seen any more.
        ended: Vec<String>,
    },
}

impl Change {
    /// The same, seen from the other side.
    #[must_use]
    pub fn mirrored(self) -> Self {
        match self {
            Self::AddressChanged { from, to } => Self::AddressChanged { from: to, to: from },
            Self::MakerChanged { from, to, signs, missing } => {
                Self::MakerChanged { from: to, to: from, signs: missing, missing: signs }
            }
            Self::LabelChanged { from, to } => Self::LabelChanged { from: to, to: from },
            Self::ModelChanged { from, to } => Self::ModelChanged { from: to, to: from },
            Self::FirmwareChanged { from, to } => Self::FirmwareChanged { from: to, to: from },
            Self::PortsChanged { opened, closed } => {
                Self::PortsChanged { opened: closed, closed: opened }
            }
            Self::MannerChanged { odd, ended } => Self::MannerChanged { odd: ended, ended: odd },
        }
    }
}

/// An address at which another device is than was.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Replaced {
    /// The address.
    pub address: String,
    /// Who was there, by place among those of then.
    pub then: usize,
    /// Who is, by place among those of now.
    pub now: usize,
}

/// What is otherwise.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diff {
    /// The same device then and now, with what is otherwise of it.
    pub same: Vec<(usize, usize, Vec<Change>)>,
    /// Devices of now that were not there then, with those of [`Self::replaced`].
    pub new: Vec<usize>,
    /// Devices of then that are not there now.
    pub missing: Vec<usize>,
    /// Addresses of devices of then at which devices of now are that cannot be the same.
    pub replaced: Vec<Replaced>,
    /// Devices of which nobody can tell which is which.
    pub unclear: Vec<Unclear>,
}

/// Holds two rounds against each other.
#[must_use]
pub fn diff(then: &[Sight], now: &[Sight]) -> Diff {
    let told = told(then, now);
    let mut pairs: BTreeMap<usize, usize> = told.same.into_iter().collect();
    // Who bears no number is told by its address alone, whatever it says of itself.
    let at_address = at_address((then, &told.gone), (now, &told.new));
    let both: BTreeSet<usize> = at_address.iter().map(|(_, other)| *other).collect();
    pairs.extend(at_address);
    let mut new = told.new;
    let mut missing = told.gone;
    new.retain(|at| !both.contains(at));
    missing.retain(|at| !pairs.contains_key(at));
    let replaced = replaced(then, now, &new, &pairs);
    let same = pairs.into_iter().map(|(one, other)| {
        let changes = changes(&then[one], &now[other]);
        (one, other, changes)
    });
    Diff { same: same.collect(), new, missing, replaced, unclear: told.unclear }
}

/// Which device of now is which of then. Those that bear the same are told by what else was seen
/// of them, so that it does not matter in which order they came.
fn told(then: &[Sight], now: &[Sight]) -> Told {
    let sorted = |all: &[Sight]| {
        let mut order: Vec<usize> = (0..all.len()).collect();
        order.sort_by(|one, other| all[*one].cmp(&all[*other]));
        let entries: Vec<Entry> = order.iter().map(|at| all[*at].entry.clone()).collect();
        (order, entries)
    };
    let ((before, then), (after, now)) = (sorted(then), sorted(now));
    let mut told = tell(&then, &now);
    for (one, other) in &mut told.same {
        (*one, *other) = (before[*one], after[*other]);
    }
    for one in &mut told.unclear {
        one.then.iter_mut().for_each(|at| *at = before[*at]);
        one.now.iter_mut().for_each(|at| *at = after[*at]);
    }
    told.gone.iter_mut().for_each(|at| *at = before[*at]);
    told.new.iter_mut().for_each(|at| *at = after[*at]);
    told.gone.sort_unstable();
    told.new.sort_unstable();
    told
}

/// Devices that stand alone at an address on both sides, and may be the same.
fn at_address(
    (then, missing): (&[Sight], &[usize]),
    (now, new): (&[Sight], &[usize]),
) -> Vec<(usize, usize)> {
    let (there, here) = (at_addresses(then, missing), at_addresses(now, new));
    let mut pairs: BTreeSet<(usize, usize)> = BTreeSet::new();
    for (address, one) in &there {
        if let (Some(one), Some(Some(other))) = (one, here.get(address))
            && !is_another(&then[*one].entry, &now[*other].entry)
        {
            pairs.insert((*one, *other));
        }
    }
    // A device at two addresses that lead to two others is none of both.
    let mut met: [BTreeMap<usize, usize>; 2] = Default::default();
    for (one, other) in &pairs {
        *met[0].entry(*one).or_default() += 1;
        *met[1].entry(*other).or_default() += 1;
    }
    let alone = |pair: &(usize, usize)| met[0][&pair.0] == 1 && met[1][&pair.1] == 1;
    pairs.into_iter().filter(alone).collect()
}

/// Which of these devices stands at each address; none where several do.
fn at_addresses<'s>(sights: &'s [Sight], of: &[usize]) -> BTreeMap<&'s Key, Option<usize>> {
    let mut at: BTreeMap<&Key, Option<usize>> = BTreeMap::new();
    for one in of {
        for key in sights[*one].entry.keys_of(KeyKind::Address) {
            at.entry(key).and_modify(|several| *several = None).or_insert(Some(*one));
        }
    }
    at
}

/// Addresses at which a device is that was not there, and another was.
fn replaced(
    then: &[Sight],
    now: &[Sight],
    new: &[usize],
    pairs: &BTreeMap<usize, usize>,
) -> Vec<Replaced> {
    let all: Vec<usize> = (0..then.len()).collect();
    let there = at_addresses(then, &all);
    let mut found: Vec<Replaced> = Vec::new();
    for (key, other) in at_addresses(now, new) {
        let (Some(other), Some(Some(one))) = (other, there.get(key)) else { continue };
        // Who still answers at the address is there beside the new one: the round heard both.
        let stays = pairs
            .get(one)
            .is_some_and(|after| now[*after].entry.keys_of(KeyKind::Address).any(|at| at == key));
        if !stays && is_another(&then[*one].entry, &now[other].entry) {
            let address = key.value.to_string();
            found.push(Replaced { address, then: *one, now: other });
        }
    }
    found.sort_unstable();
    found
}

/// Whether numbers that were burnt in say that two entries are not one device.
fn is_another(one: &Entry, other: &Entry) -> bool {
    [KeyKind::Serial, KeyKind::Mac].into_iter().any(|kind| {
        let mine: Vec<&Key> = one.keys_of(kind).collect();
        let mut theirs = other.keys_of(kind).peekable();
        !mine.is_empty() && theirs.peek().is_some() && !theirs.any(|key| mine.contains(&key))
    })
}

/// What is otherwise of one device, in a fixed order. What one side does not show did not change.
fn changes(then: &Sight, now: &Sight) -> Vec<Change> {
    let mut all = Vec::new();
    let (from, to) = (addresses(&then.entry), addresses(&now.entry));
    // Who has several is not met at all of them each time.
    let left = |is_six: bool| {
        let of = |at: &&String| at.contains(':') == is_six;
        let any = |all: &[String]| all.iter().any(|at| of(&at));
        any(&from) && any(&to) && !from.iter().filter(of).any(|at| to.contains(at))
    };
    if left(false) || left(true) {
        all.push(Change::AddressChanged { from, to });
    }
    if then.maker != now.maker {
        let without = |mine: &[Sign], theirs: &[Sign]| -> Vec<Sign> {
            let missing = |sign: &&Sign| !theirs.iter().any(|other| other.is(sign));
            mine.iter().filter(missing).cloned().collect()
        };
        let signs = without(&now.signs, &then.signs);
        let missing = without(&then.signs, &now.signs);
        // Who was not asked to the end may have shown the rest.
        let unasked = then.partial && missing.is_empty() || now.partial && signs.is_empty();
        if !unasked {
            let (from, to) = (then.maker.clone(), now.maker.clone());
            all.push(Change::MakerChanged { from, to, signs, missing });
        }
    }
    let text = |from: &String, to: &String| {
        (from != to && !from.is_empty() && !to.is_empty()).then(|| (from.clone(), to.clone()))
    };
    if let Some((from, to)) = text(&then.entry.label, &now.entry.label) {
        all.push(Change::LabelChanged { from, to });
    }
    if let Some((from, to)) = text(&then.entry.model, &now.entry.model) {
        all.push(Change::ModelChanged { from, to });
    }
    // A device may show the same version in several forms, and not every time all of them.
    let shares = then.firmware.iter().any(|one| now.firmware.contains(one));
    if !shares && !then.firmware.is_empty() && !now.firmware.is_empty() {
        let (from, to) = (then.firmware.clone(), now.firmware.clone());
        all.push(Change::FirmwareChanged { from, to });
    }
    if let (Some(before), Some(after)) = (&then.ports, &now.ports) {
        let (opened, closed) = (opened(before, after), opened(after, before));
        if !opened.is_empty() || !closed.is_empty() {
            all.push(Change::PortsChanged { opened, closed });
        }
    }
    if then.odd != now.odd && !then.partial && !now.partial {
        let without = |mine: &[String], theirs: &[String]| {
            mine.iter().filter(|one| !theirs.contains(one)).cloned().collect::<Vec<_>>()
        };
        let (odd, ended) = (without(&now.odd, &then.odd), without(&then.odd, &now.odd));
        if !odd.is_empty() || !ended.is_empty() {
            all.push(Change::MannerChanged { odd, ended });
        }
    }
    all
}

/// The addresses of an entry.
pub(super) fn addresses(entry: &Entry) -> Vec<String> {
    entry.keys_of(KeyKind::Address).map(|key| key.value.to_string()).collect()
}

/// The ports that are open on the later side and were looked at and not open on the earlier.
fn opened(before: &Ports, after: &Ports) -> Vec<u16> {
    let is = |port: &u16| before.asked.contains(port) && !before.open.contains(port);
    after.open.iter().copied().filter(is).collect()
}
