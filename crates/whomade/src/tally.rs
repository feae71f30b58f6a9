//! What is counted while devices pass by: bounded, however many there are.

use std::collections::BTreeMap;
use std::rc::Rc;

use whomade_core::attribution::Certainty;
use whomade_core::contradiction::ContradictionKind;
use whomade_core::kb::Base;
use whomade_core::observation::Field;
use whomade_core::report::{Standing, clean, standing};
use whomade_core::ruling::Outcome;

use crate::only::Only;
use crate::render::finding::leading;
use whomade_inquiry::asking::names_it;
use whomade_inquiry::holes::Holes;
use whomade_inquiry::judgement::{IfBound, Judgement};
use whomade_inquiry::worker::Found;

/// Further groups are counted under "others": a file of a million different labels must not
/// fill the memory.
const GROUPS_MAX: usize = 5_000;
/// Findings kept in full when all are asked for.
const ALL_MAX: u64 = 20_000;

/// Devices that are told together: same maker, same label, same answer of the rules.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    /// The strongest outcome and its regime; absent when no regime names it.
    pub(crate) ruling: Option<(Outcome, String)>,
    /// How the maker stands to the label.
    pub(crate) standing: Standing,
    /// The maker, or makers, by name; empty: unknown.
    pub(crate) maker: String,
    /// The label by name, or as written.
    pub(crate) label: String,
}

/// A group of devices.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    pub(crate) key: Key,
    pub(crate) devices: u64,
    /// Devices by certainty: unknown, possible, probable, confirmed.
    pub(crate) certainties: [u64; 4],
    /// The surest device, in full; all of them when all were asked for.
    pub(crate) examples: Vec<Found>,
}

impl Group {
    /// How many of each certainty: `36 confirmed, 43 probable`.
    pub(crate) fn words(&self) -> String {
        let [unknown, possible, probable, confirmed] = self.certainties;
        let counts = [
            (confirmed, "confirmed"),
            (probable, "probable"),
            (possible, "possible"),
            (unknown, "unknown"),
        ];
        let some = counts.into_iter().filter(|(count, _)| *count > 0);
        some.map(|(count, word)| format!("{count} {word}")).collect::<Vec<_>>().join(", ")
    }
}

/// The counts of a screening.
#[derive(Debug)]
pub(crate) struct Tally {
    pub(crate) devices: u64,
    /// Devices that a regime names.
    pub(crate) named: u64,
    /// Devices that a regime names in a finding that nobody answers for.
    pub(crate) counting: u64,
    /// Devices by regime of which the finding is exempted.
    pub(crate) exempted: BTreeMap<String, u64>,
    /// Devices with such a finding that another regime names all the same.
    pub(crate) exempted_and_named: u64,
    /// Devices that two sites of the estate claim, by the sites' names.
    pub(crate) claimed_twice: BTreeMap<String, u64>,
    /// Files that could not be read, or not whole, and why.
    pub(crate) unread: Vec<(String, String)>,
    /// Tables, sheets and lists read.
    pub(crate) sources: u64,
    /// Devices by certainty: unknown, possible, probable, confirmed.
    pub(crate) certainties: [u64; 4],
    /// Devices by regime and outcome, once the counting is closed.
    pub(crate) outcomes: BTreeMap<(String, Outcome), u64>,
    /// Of those whose maker a regime calls unknown, the devices of which somebody is possible.
    pub(crate) tentative: BTreeMap<String, u64>,
    /// For each ask, the devices for which it is the best next step.
    pub(crate) asks: BTreeMap<&'static str, (&'static str, u64)>,
    /// Devices of which something does not fit together.
    pub(crate) contradictions: u64,
    /// The same by kind; a device with two kinds counts under both.
    pub(crate) contradiction_kinds: BTreeMap<ContradictionKind, u64>,
    /// Which devices are told of; the others are counted in it.
    pub(crate) only: Only,
    /// Which advisories reach the devices, if that was asked.
    pub(crate) holes: Option<Holes>,
    /// For each regime that does not bind the holder, what it would mean if it did.
    pub(crate) if_bound: BTreeMap<String, IfBound>,
    pub(crate) keeps_all: bool,
    kept: u64,
    groups: Vec<Group>,
    group_of: BTreeMap<Key, usize>,
    /// Devices by judgement: of these there are as many as makers.
    judgements: Vec<(Option<Rc<Judgement>>, u64)>,
    /// Labels that the base does not know, by their letters: the spelling seen first stands for
    /// all that differ in case only.
    spellings: BTreeMap<String, String>,
}

impl Tally {
    pub(crate) fn new(keeps_all: bool) -> Self {
        Self {
            devices: 0,
            named: 0,
            counting: 0,
            exempted: BTreeMap::new(),
            exempted_and_named: 0,
            claimed_twice: BTreeMap::new(),
            unread: Vec::new(),
            sources: 0,
            certainties: [0; 4],
            outcomes: BTreeMap::new(),
            tentative: BTreeMap::new(),
            asks: BTreeMap::new(),
            contradictions: 0,
            contradiction_kinds: BTreeMap::new(),
            only: Only::default(),
            if_bound: BTreeMap::new(),
            holes: None,
            keeps_all,
            kept: 0,
            groups: Vec::new(),
            group_of: BTreeMap::new(),
            judgements: Vec::new(),
            spellings: BTreeMap::new(),
        }
    }

    /// Counts a device.
    pub(crate) fn add(&mut self, base: &Base, found: &Found) {
        let answer = &found.answer;
        let certainty = answer.design.certainty;
        self.devices += 1;
        self.named += u64::from(answer.named);
        self.counting += u64::from(found.counts());
        self.exempted_and_named += u64::from(!found.exempted.is_empty() && found.counts());
        for one in &found.exempted {
            *self.exempted.entry(one.regime.clone()).or_default() += 1;
        }
        if let Some(place) = found.place.as_ref().filter(|place| place.sites.len() > 1) {
            *self.claimed_twice.entry(place.words()).or_default() += 1;
        }
        self.certainties[certainty as usize] += 1;
        if !found.contradictions.is_empty() {
            self.contradictions += 1;
            for kind in ContradictionKind::ALL {
                if found.contradictions.iter().any(|one| one.kind == kind) {
                    *self.contradiction_kinds.entry(kind).or_default() += 1;
                }
            }
        }
        let number = answer.judgement.number;
        if self.judgements.len() <= number {
            self.judgements.resize(number + 1, (None, 0));
        }
        let (judgement, devices) = &mut self.judgements[number];
        judgement.get_or_insert_with(|| Rc::clone(&answer.judgement));
        *devices += 1;
        if certainty < Certainty::Probable
            && let Some(first) = answer.suggestions.first()
        {
            self.asks.entry(first.id).or_insert((first.what, 0)).1 += 1;
        }
        if let Some(holes) = &mut self.holes {
            holes.add(base, found);
        }
        self.group(base, found);
    }

    /// Adds up what is counted by ruling.
    pub(crate) fn close(&mut self) {
        for (judgement, devices) in self.judgements.drain(..) {
            let Some(judgement) = judgement else { continue };
            for (ruling, would) in judgement.rulings.iter().zip(&judgement.would) {
                let regime = &ruling.regime;
                *self.outcomes.entry((regime.clone(), ruling.outcome)).or_default() += devices;
                if ruling.outcome == Outcome::NotBound {
                    self.if_bound.entry(regime.clone()).or_default().add(*would, devices);
                }
                if ruling.outcome == Outcome::UnknownMaker && judgement.tentative {
                    *self.tentative.entry(regime.clone()).or_default() += devices;
                }
            }
        }
    }

    fn group(&mut self, base: &Base, found: &Found) {
        let place = match found.answer.group.get() {
            Some(place) => place,
            None => self.place(base, found),
        };
        let certainty = found.design().certainty;
        let keep = self.keeps_all && self.kept < ALL_MAX;
        let group = &mut self.groups[place];
        group.devices += 1;
        group.certainties[certainty as usize] += 1;
        let surest = group.examples.first().map(|one| one.design().certainty);
        if keep {
            self.kept += 1;
            group.examples.push(found.clone());
        } else if !self.keeps_all && surest.is_none_or(|surest| certainty > surest) {
            group.examples = vec![found.clone()];
        }
    }

    /// The place of a device's group. Where the label is known the answer knows its group.
    fn place(&mut self, base: &Base, found: &Found) -> usize {
        let mut key = key_of(base, found);
        if found.read.label.is_none() && self.spellings.len() < GROUPS_MAX {
            let first = self.spellings.entry(key.label.to_lowercase()).or_insert(key.label);
            key.label = first.clone();
        }
        if self.groups.len() >= GROUPS_MAX && !self.group_of.contains_key(&key) {
            "others".clone_into(&mut key.label);
            "others".clone_into(&mut key.maker);
        }
        let place = match self.group_of.get(&key) {
            Some(place) => *place,
            None => {
                self.group_of.insert(key.clone(), self.groups.len());
                self.groups.push(Group {
                    key,
                    devices: 0,
                    certainties: [0; 4],
                    examples: Vec::new(),
                });
                self.groups.len() - 1
            }
        };
        if found.read.label.is_some() {
            found.answer.group.set(Some(place));
        }
        place
    }

    /// The groups: what the rules say first, then the largest.
    pub(crate) fn groups(&self) -> Vec<&Group> {
        let mut groups: Vec<&Group> = self.groups.iter().collect();
        groups.sort_by_key(|group| {
            let outcome =
                group.key.ruling.as_ref().map_or(Outcome::NoRule, |(outcome, _)| *outcome);
            let unknown = group.key.maker.is_empty();
            (outcome, unknown, std::cmp::Reverse(group.devices), &group.key)
        });
        groups
    }
}

fn key_of(base: &Base, found: &Found) -> Key {
    let makers: Vec<&str> = found.design().candidates().iter().map(|of| base.name(*of)).collect();
    let label = match &found.read.label {
        Some(label) => base.name(label.of).to_owned(),
        None => {
            let written = [Field::Label, Field::Company].map(|field| found.device.first(field));
            written.into_iter().flatten().next().map(clean).unwrap_or_default()
        }
    };
    let strongest = leading(found.rulings()).filter(|ruling| names_it(ruling.outcome));
    Key {
        standing: standing(base, &found.read, found.design(), &found.contradictions),
        ruling: strongest.map(|ruling| (ruling.outcome, ruling.regime.clone())),
        maker: whomade_core::report::join_or(&makers),
        label,
    }
}
