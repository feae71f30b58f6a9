//! What is known of a network over the rounds: each device as it was last seen, and how many rounds
//! in a row missed it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::diff::{Change, Replaced, addresses, diff};
use super::{Conclusion, Manner, Met, Ports, Sight};
use crate::assembly::{Key, KeyKind};
use crate::attribution::Certainty;
use crate::baseline::{Entry, Unclear};

/// Signs of an unclear key that are kept.
const UNCLEAR_MAX: usize = 10_000;

/// Devices that are kept; beyond them those that are gone are forgotten, and new when they return.
const KNOWN_MAX: usize = 400_000;

/// A device that was met in some round.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// As it was last seen.
    pub sight: Sight,
    /// When it was.
    pub met: Met,
    /// How many rounds missed it since.
    pub missed: u32,
    /// Whether it was told to be gone.
    pub gone: bool,
}

/// One round.
pub struct Round<'r> {
    /// When it was over.
    pub at: Timestamp,
    /// How it learnt what it knows.
    pub manner: Manner,
    /// Whether it was finished and lost nothing: otherwise who is missing may be there.
    pub proves: bool,
    /// Whether those were searched that have no open port.
    pub searched: bool,
    /// How many rounds in a row have to miss a device.
    pub gone_after: u32,
    /// Whether it asked at an address.
    pub covers: &'r dyn Fn(&str) -> bool,
    /// Whether an earlier round did, to its end.
    pub covered: &'r dyn Fn(&str) -> bool,
    /// Who was there.
    pub sights: Vec<Sight>,
}

impl Round<'_> {
    /// Whether whoever was met could show all of itself: nothing was lost, and it was asked.
    fn shows_all(&self) -> bool {
        self.manner == Manner::Asked && self.proves
    }
}

/// What tells a device from others, as it is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Who {
    /// The surest thing that tells it: `mac:44:19:b6:0a:1c:33`; an address alone may be another's
    /// tomorrow.
    pub known_by: Option<String>,
    /// Its addresses.
    pub addresses: Vec<String>,
    /// Its maker, as now known.
    pub maker: Conclusion,
    /// Its label and model, as far as they were seen.
    pub label: String,
    /// See there.
    pub model: String,
}

impl Who {
    fn of(sight: &Sight) -> Self {
        let entry = &sight.entry;
        Self {
            known_by: surest(entry),
            addresses: addresses(entry),
            maker: sight.maker.clone(),
            label: entry.label.clone(),
            model: entry.model.clone(),
        }
    }
}

/// The hardware address first, else a serial number, a certificate, a name, an address.
fn surest(entry: &Entry) -> Option<String> {
    const KINDS: [KeyKind; 5] =
        [KeyKind::Mac, KeyKind::Serial, KeyKind::Certificate, KeyKind::Name, KeyKind::Address];
    KINDS.into_iter().find_map(|kind| entry.keys_of(kind).next()).map(ToString::to_string)
}

/// Something that is told of a device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Told {
    /// Of which.
    pub device: Who,
    /// Whether it shows something of a camera or of a maker, now or before.
    #[serde(skip)]
    pub shows: bool,
    /// What.
    #[serde(flatten)]
    pub what: What,
}

/// What is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum What {
    /// Something that no comparison of one device tells.
    Device(Presence),
    /// Something is otherwise of it.
    Change(Change),
}

/// Who is there, and who is not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Presence {
    /// It is there in the first round.
    Present(Seen),
    /// It was not there when an earlier round asked at its address.
    NewDevice(Seen),
    /// It is met for the first time, where no earlier round asked.
    FirstSeen(Seen),
    /// It stands at an address at which another did.
    OtherDevice {
        /// The address.
        address: String,
        /// Who stood there.
        was: Box<Who>,
        /// What is seen of it.
        #[serde(flatten)]
        seen: Seen,
    },
    /// It stands at the address of another, shows nothing of what told that one, and somebody else
    /// is seen to have made it: it may be another.
    PerhapsOtherDevice {
        /// Who stood there.
        was: Box<Who>,
        /// What is seen of it.
        #[serde(flatten)]
        seen: Seen,
    },
    /// So many rounds in a row asked for it, and it did not answer.
    Gone(Missed),
    /// So many rounds in a row did not hear it, which may be there and silent.
    NotHeard(Missed),
    /// It is there again.
    Back {
        /// When it was last seen before.
        last: Timestamp,
    },
    /// Several devices bear what should tell one: which is which cannot be told.
    Unclear {
        /// What they bear.
        key: String,
        /// How many did, and how many do.
        devices: [usize; 2],
    },
}

/// What is seen of a device that is told for the first time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Seen {
    /// Its firmware.
    pub firmware: Vec<String>,
    /// Its open ports; absent where not all were looked at.
    pub open: Option<Vec<u16>>,
    /// What is odd about it.
    pub odd: Vec<String>,
    /// Ids of the facts on which its maker rests.
    pub signs: Vec<super::Sign>,
}

impl Seen {
    fn of(sight: &Sight) -> Self {
        Self {
            firmware: sight.firmware.clone(),
            open: sight.ports.as_ref().map(|ports| ports.open.clone()),
            odd: sight.odd.clone(),
            signs: sight.signs.clone(),
        }
    }
}

/// Since when a device is missed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Missed {
    /// How many rounds missed it.
    pub rounds: u32,
    /// When it was last seen.
    pub last: Timestamp,
}

/// What is known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    /// Rounds that were taken.
    pub rounds: u64,
    /// Every device that was met.
    pub known: Vec<Known>,
    /// Keys that several bear, which was told.
    pub unclear: BTreeSet<String>,
}

impl Ledger {
    /// Takes a round, and tells what is otherwise.
    pub fn take(&mut self, round: Round<'_>) -> Vec<Told> {
        let first = self.rounds == 0;
        self.rounds += 1;
        let then: Vec<Sight> = self.known.iter().map(|one| one.sight.clone()).collect();
        let diff = diff(&then, &round.sights);
        let mut told = Vec::new();
        for (before, after, changes) in diff.same {
            let now = &round.sights[after];
            told.extend(self.known[before].take(now, changes, &round));
        }
        let replaced: BTreeMap<usize, &Replaced> =
            diff.replaced.iter().map(|one| (one.now, one)).collect();
        for at in &diff.new {
            let sight = &round.sights[*at];
            let seen = Seen::of(sight);
            let presence = match replaced.get(at) {
                Some(one) => Presence::OtherDevice {
                    address: one.address.clone(),
                    was: Box::new(Who::of(&then[one.then])),
                    seen,
                },
                None if first => Presence::Present(seen),
                None if addresses(&sight.entry).iter().any(|at| (round.covered)(at)) => {
                    Presence::NewDevice(seen)
                }
                None => Presence::FirstSeen(seen),
            };
            told.push(tell(sight, What::Device(presence)));
            let met = Met { first: round.at, last: round.at };
            self.known.push(Known { sight: sight.clone(), met, missed: 0, gone: false });
        }
        for one in &diff.unclear {
            told.extend(self.unclear(one, &round));
        }
        told.extend(self.missed(&diff.missing, &round));
        if self.known.len() > KNOWN_MAX {
            self.known.retain(|one| !one.gone);
        }
        told
    }

    /// Says once which devices cannot be told apart.
    fn unclear(&mut self, one: &Unclear, round: &Round<'_>) -> Option<Told> {
        for at in &one.then {
            let known = &mut self.known[*at];
            (known.met.last, known.missed) = (round.at, 0);
        }
        let key = one.key.to_string();
        let sight = one.now.first().map(|at| &round.sights[*at])?;
        let told = self.unclear.contains(&key) || self.unclear.len() >= UNCLEAR_MAX;
        let devices = [one.then.len(), one.now.len()];
        (!told).then(|| {
            self.unclear.insert(key.clone());
            tell(sight, What::Device(Presence::Unclear { key, devices }))
        })
    }

    /// Whether nobody at all was met where several were known: it may be the way there that is
    /// down, and such a round proves nothing.
    #[must_use]
    pub fn is_silence(&self, round: &Round<'_>) -> bool {
        let asked = self.known.iter().filter(|one| !one.gone && one.was_asked(round));
        round.sights.is_empty() && asked.take(2).count() > 1
    }

    /// Counts who is missed, and says who is gone.
    fn missed(&mut self, missing: &[usize], round: &Round<'_>) -> Vec<Told> {
        if !round.proves || self.is_silence(round) {
            return Vec::new();
        }
        let mut told = Vec::new();
        for at in missing {
            let known = &mut self.known[*at];
            if known.gone || !known.was_asked(round) {
                continue;
            }
            known.missed = known.missed.saturating_add(1);
            if known.missed < round.gone_after {
                continue;
            }
            known.gone = true;
            let missed = Missed { rounds: known.missed, last: known.met.last };
            let presence = match round.manner {
                Manner::Asked => Presence::Gone(missed),
                Manner::Heard => Presence::NotHeard(missed),
            };
            told.push(tell(&known.sight, What::Device(presence)));
            known.leaves();
        }
        told
    }

    /// Devices that are there, as far as is known.
    #[must_use]
    pub fn there(&self) -> usize {
        self.known.iter().filter(|one| !one.gone).count()
    }

    /// Devices that were missed, and are not yet told to be gone.
    #[must_use]
    pub fn waited_for(&self) -> usize {
        self.known.iter().filter(|one| one.missed > 0 && !one.gone).count()
    }
}

fn tell(sight: &Sight, what: What) -> Told {
    Told { device: Who::of(sight), shows: sight.shows, what }
}

impl Known {
    /// Whether a round would have met it if it were there.
    fn was_asked(&self, round: &Round<'_>) -> bool {
        let answers = |ports: &Ports| !ports.open.is_empty() || ports.refuses;
        let by_port = self.sight.ports.as_ref().is_some_and(answers);
        let all = addresses(&self.sight.entry);
        (by_port || round.searched) && all.iter().any(|at| (round.covers)(at))
    }

    /// Gives its addresses back, where something surer tells it: they may be others' from now on.
    fn leaves(&mut self) {
        let keys = &mut self.sight.entry.keys;
        let sure = [KeyKind::Serial, KeyKind::Mac, KeyKind::Certificate];
        if keys.iter().any(|key| sure.contains(&key.kind)) {
            keys.retain(|key| key.kind != KeyKind::Address);
        }
    }

    /// Takes what a round saw of it, and tells what is otherwise.
    fn take(&mut self, now: &Sight, changes: Vec<Change>, round: &Round<'_>) -> Vec<Told> {
        if may_be_another(&self.sight, now) {
            let was = Box::new(Who::of(&self.sight));
            let shows = self.sight.shows || now.shows;
            let met = Met { first: round.at, last: round.at };
            *self = Self { sight: now.clone(), met, missed: 0, gone: false };
            let presence = Presence::PerhapsOtherDevice { was, seen: Seen::of(now) };
            return vec![Told { shows, ..tell(&self.sight, What::Device(presence)) }];
        }
        let mut told = Vec::new();
        let last = self.met.last;
        let was_gone = std::mem::take(&mut self.gone);
        let shows = self.sight.shows || now.shows;
        let mut merged = merged(&self.sight, now);
        let mut changes: Vec<Change> =
            changes.into_iter().filter_map(|one| seen(one, round)).collect();
        // Who shows less this time, and had no chance to show all, is still who it was.
        let weaker = (!round.shows_all() || now.partial)
            && self.sight.maker != now.maker
            && !changes.iter().any(|one| matches!(one, Change::MakerChanged { .. }));
        if weaker {
            merged.maker = self.sight.maker.clone();
            merged.signs.clone_from(&self.sight.signs);
        }
        if let (false, Some(before), Some(ports)) =
            (round.proves, &self.sight.ports, &mut merged.ports)
        {
            *ports = together(before, ports);
        }
        if !round.shows_all() {
            merged.odd.clone_from(&self.sight.odd);
        }
        (self.sight, self.missed, self.met.last) = (merged, 0, round.at);
        if was_gone {
            told.push(What::Device(Presence::Back { last }));
        }
        told.extend(changes.drain(..).map(What::Change));
        let of = |what| Told { shows, ..tell(&self.sight, what) };
        told.into_iter().map(of).collect()
    }
}

/// Whether what stands at the address of a device may be another: it bears nothing that told the
/// first, and shows signs of another maker.
fn may_be_another(then: &Sight, now: &Sight) -> bool {
    const SURE: [KeyKind; 3] = [KeyKind::Serial, KeyKind::Mac, KeyKind::Certificate];
    let sure = |key: &&Key| SURE.contains(&key.kind);
    let mut before = then.entry.keys.iter().filter(sure).peekable();
    let unlike = before.peek().is_some() && !before.any(|key| now.entry.keys.contains(key));
    let (from, to) = (&then.maker.makers, &now.maker.makers);
    let known = |of: &Conclusion| of.certainty > Certainty::Unknown && !of.makers.is_empty();
    unlike && known(&then.maker) && known(&now.maker) && !from.iter().any(|one| to.contains(one))
}

/// What is odd about a host that may only be busy, far away, or behind a bad line.
const NOT_HOSTILE: [&str; 2] = ["slow", "unfinished"];

/// A change as far as a round saw it: what was not heard did not end, and what was lost on the way
/// neither closed nor was taken back.
fn seen(change: Change, round: &Round<'_>) -> Option<Change> {
    match change {
        Change::MakerChanged { ref from, ref to, ref signs, .. } if !round.shows_all() => {
            let weaker = from.makers == to.makers && to.certainty < from.certainty;
            (!signs.is_empty() && !weaker).then_some(change)
        }
        Change::MannerChanged { .. } if !round.shows_all() => None,
        Change::MannerChanged { mut odd, ended } => {
            odd.retain(|word| !NOT_HOSTILE.contains(&word.as_str()));
            // How it no longer behaves is no news; nobody waits for it.
            (!odd.is_empty()).then_some(Change::MannerChanged { odd, ended })
        }
        Change::PortsChanged { opened, closed } => {
            let closed = if round.proves { closed } else { Vec::new() };
            let any = !opened.is_empty() || !closed.is_empty();
            any.then_some(Change::PortsChanged { opened, closed })
        }
        other => Some(other),
    }
}

/// As it is known after a round: what the round did not show stays as it was.
fn merged(then: &Sight, now: &Sight) -> Sight {
    let mut merged = now.clone();
    let entry = &mut merged.entry;
    let sort = |key: &Key| (key.kind, key.value.contains(':'));
    let there: BTreeSet<_> = entry.keys.iter().map(sort).collect();
    let kept = then.entry.keys.iter().filter(|key| !there.contains(&sort(key))).cloned();
    let kept: Vec<Key> = kept.collect();
    entry.keys.extend(kept);
    entry.keys.sort_unstable();
    for (kept, seen) in [
        (&then.entry.label, &mut entry.label),
        (&then.entry.model, &mut entry.model),
        (&then.entry.name, &mut entry.name),
    ] {
        if seen.is_empty() {
            seen.clone_from(kept);
        }
    }
    if merged.firmware.is_empty() {
        merged.firmware.clone_from(&then.firmware);
    }
    if merged.ports.is_none() {
        merged.ports.clone_from(&then.ports);
    }
    if now.partial && !then.partial {
        merged.odd.clone_from(&then.odd);
    }
    merged.partial &= then.partial;
    merged.shows |= then.shows;
    merged
}

/// The ports of two rounds, where the later may have missed some.
fn together(before: &Ports, after: &Ports) -> Ports {
    let both = |one: &[u16], other: &[u16]| -> Vec<u16> {
        one.iter().chain(other).copied().collect::<BTreeSet<u16>>().into_iter().collect()
    };
    Ports {
        open: both(&before.open, &after.open),
        asked: both(&before.asked, &after.asked),
        refuses: before.refuses || after.refuses,
    }
}
