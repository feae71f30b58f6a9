//! Which device of now is which device of then. Conservative, as joining is: a key that stands on
//! one side twice tells nothing, and a device whose keys lead to two is said and not guessed.
//!
//! Whatever is decided does not change when both sides are swapped.

use std::collections::{BTreeMap, BTreeSet};

use super::entry::Entry;
use crate::assembly::{Key, KeyKind};
use crate::kb::glob;

/// Devices whose keys lead to several on the other side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unclear {
    /// Places among those of then.
    pub then: Vec<usize>,
    /// Places among those of now.
    pub now: Vec<usize>,
    /// A key that is at stake.
    pub key: Key,
}

/// What was told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    /// The same device then and now.
    pub same: Vec<(usize, usize)>,
    /// Devices of then that are not there now.
    pub gone: Vec<usize>,
    /// Devices of now that were not there then.
    pub new: Vec<usize>,
    /// Devices of which nobody can tell which is which.
    pub unclear: Vec<Unclear>,
}

/// The entries of both sides under one key.
type Under<'e> = BTreeMap<&'e Key, [Vec<usize>; 2]>;

struct Telling<'e> {
    sides: [&'e [Entry]; 2],
    settled: [Vec<bool>; 2],
    told: Told,
}

/// Tells the devices of then and of now apart.
#[must_use]
pub fn tell(then: &[Entry], now: &[Entry]) -> Told {
    let settled = [vec![false; then.len()], vec![false; now.len()]];
    let mut telling = Telling { sides: [then, now], settled, told: Told::default() };
    telling.equal();
    // What was burnt in tells first, and together: a serial number that leads to one device and
    // an address that leads to another are a doubt.
    telling.by(&[KeyKind::Serial, KeyKind::Mac]);
    telling.by(&[KeyKind::Certificate]);
    telling.by(&[KeyKind::Name]);
    telling.by(&[KeyKind::Address]);
    telling.shared();
    let Telling { settled, mut told, .. } = telling;
    let open = |side: usize| {
        let all = settled[side].iter().enumerate();
        all.filter(|(_, settled)| !**settled).map(|(at, _)| at).collect::<Vec<_>>()
    };
    told.gone = open(0);
    told.new = open(1);
    told.same.sort_unstable();
    told
}

impl<'e> Telling<'e> {
    /// Settles what is on both sides to the letter, as often as it is there.
    fn equal(&mut self) {
        let mut equal: BTreeMap<&Entry, [Vec<usize>; 2]> = BTreeMap::new();
        for (side, entries) in self.sides.into_iter().enumerate() {
            for (at, entry) in entries.iter().enumerate() {
                equal.entry(entry).or_default()[side].push(at);
            }
        }
        for [then, now] in equal.into_values() {
            for (one, other) in then.into_iter().zip(now) {
                self.settled[0][one] = true;
                self.settled[1][other] = true;
                self.told.same.push((one, other));
            }
        }
    }

    /// The open entries of both sides by their keys of these kinds.
    fn under(&self, kinds: &[KeyKind]) -> Under<'e> {
        let mut under = Under::new();
        for (side, entries) in self.sides.into_iter().enumerate() {
            for (at, entry) in entries.iter().enumerate().filter(|(at, _)| !self.settled[side][*at])
            {
                for key in kinds.iter().flat_map(|kind| entry.keys_of(*kind)) {
                    under.entry(key).or_default()[side].push(at);
                }
            }
        }
        under
    }

    /// Settles what keys of these kinds tell.
    fn by(&mut self, kinds: &[KeyKind]) {
        let under = self.under(kinds);
        let mut pairs: BTreeMap<(usize, usize), &Key> = BTreeMap::new();
        for (key, [then, now]) in &under {
            if let ([one], [other]) = (then.as_slice(), now.as_slice())
                && !against(&self.sides[0][*one], &self.sides[1][*other], key.kind)
            {
                pairs.entry((*one, *other)).or_insert(key);
            }
        }
        for (pairs, key) in clusters(&pairs) {
            if let [(one, other)] = pairs.as_slice() {
                self.settled[0][*one] = true;
                self.settled[1][*other] = true;
                self.told.same.push((*one, *other));
                continue;
            }
            let then: BTreeSet<usize> = pairs.iter().map(|(one, _)| *one).collect();
            let now: BTreeSet<usize> = pairs.iter().map(|(_, other)| *other).collect();
            self.unclear(then.into_iter().collect(), now.into_iter().collect(), key);
        }
    }

    fn unclear(&mut self, then: Vec<usize>, now: Vec<usize>, key: &Key) {
        then.iter().for_each(|at| self.settled[0][*at] = true);
        now.iter().for_each(|at| self.settled[1][*at] = true);
        self.told.unclear.push(Unclear { then, now, key: key.clone() });
    }

    /// What is left on both sides under one hardware address or serial number that several bear:
    /// nobody can tell which is which.
    fn shared(&mut self) {
        let under = self.under(&[KeyKind::Serial, KeyKind::Mac]);
        for (key, sides) in under {
            let open = |side: usize| -> Vec<usize> {
                sides[side].iter().copied().filter(|at| !self.settled[side][*at]).collect()
            };
            let (then, now) = (open(0), open(1));
            let apart = |(one, other): (&usize, &usize)| {
                against(&self.sides[0][*one], &self.sides[1][*other], key.kind)
            };
            let mut both = then.iter().flat_map(|one| now.iter().map(move |other| (one, other)));
            if !then.is_empty() && !now.is_empty() && !both.all(apart) {
                self.unclear(then, now, key);
            }
        }
    }
}

/// Pairs that hang together, each with a key of theirs.
fn clusters<'k>(pairs: &BTreeMap<(usize, usize), &'k Key>) -> Vec<(Vec<(usize, usize)>, &'k Key)> {
    let mut of: [BTreeMap<usize, Vec<(usize, usize)>>; 2] = Default::default();
    for pair in pairs.keys() {
        of[0].entry(pair.0).or_default().push(*pair);
        of[1].entry(pair.1).or_default().push(*pair);
    }
    let mut done: BTreeSet<(usize, usize)> = BTreeSet::new();
    let mut found = Vec::new();
    for (first, key) in pairs {
        let mut open = vec![*first];
        let mut cluster = BTreeSet::new();
        while let Some(pair) = open.pop() {
            if !done.insert(pair) {
                continue;
            }
            cluster.insert(pair);
            open.extend(of[0].get(&pair.0).into_iter().flatten());
            open.extend(of[1].get(&pair.1).into_iter().flatten());
        }
        if !cluster.is_empty() {
            found.push((cluster.into_iter().collect(), *key));
        }
    }
    found
}

/// Whether two entries cannot be one device, if a key of that kind would make them one.
fn against(one: &Entry, other: &Entry, kind: KeyKind) -> bool {
    let apart = |kind: KeyKind| {
        let mine: BTreeSet<&Key> = one.keys_of(kind).collect();
        let theirs: BTreeSet<&Key> = other.keys_of(kind).collect();
        !mine.is_empty() && !theirs.is_empty() && mine.is_disjoint(&theirs)
    };
    let differ = |mine: &str, theirs: &str| {
        let (mine, theirs) = (glob::squeeze(mine), glob::squeeze(theirs));
        !mine.is_empty() && !theirs.is_empty() && mine != theirs
    };
    if apart(KeyKind::Serial) || kind != KeyKind::Serial && apart(KeyKind::Mac) {
        return true;
    }
    // Another camera on the old nail bears the old name, and answers at the old address.
    kind >= KeyKind::Name && differ(&one.model, &other.model)
        || kind == KeyKind::Address && differ(&one.label, &other.label)
}
