//! Joining, key by key: the surest kinds first, and within a kind in the order of the keys, so
//! that the order of files and rows does not matter.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use compact_str::CompactString;

use super::cluster::{Cluster, Place, Why, gap};
use super::perhaps::{self, Perhaps};
use super::{Key, KeyKind, Sort, Traits};
use crate::observation::Seen;

/// What a person decided about joining.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Judged {
    /// Keys that join nothing.
    pub apart: BTreeSet<Key>,
    /// Keys of one device, whatever speaks against it.
    pub together: Vec<BTreeSet<Key>>,
}

/// A key that joined records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Join {
    /// The key; none where a person said so.
    pub key: Option<Key>,
    /// All records that it leads to, by their numbers.
    pub records: Vec<u32>,
}

/// A key that would have joined records and did not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The key.
    pub key: Key,
    /// The records that it leads to, by their numbers.
    pub records: Vec<u32>,
    /// Why not.
    pub why: Why,
}

/// Which records are one device, and why.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Assembly {
    /// The records of each device that has several, by their numbers, in order.
    pub groups: Vec<Vec<u32>>,
    /// What joined them.
    pub joins: Vec<Join>,
    /// What joined nothing, and why.
    pub refused: Vec<Refusal>,
    /// Devices that are perhaps one, which nothing joined.
    pub perhaps: Vec<Perhaps>,
    /// Further ones that were only counted, and ends of serial numbers that too many have.
    pub perhaps_more: u64,
}

impl Judged {
    /// Whether nothing was decided.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.apart.is_empty() && self.together.is_empty()
    }

    /// Every key that it names, each once.
    #[must_use]
    pub fn keys(&self) -> BTreeSet<&Key> {
        self.apart.iter().chain(self.together.iter().flatten()).collect()
    }
}

/// Joins records. Each has a number; only those need be given that share a key with another, or
/// the end of a serial number, or have a key that is judged.
#[must_use]
pub fn join(records: &[(u32, Traits)], judged: &Judged) -> Assembly {
    let records = &beside_their_names(at_one_site(records));
    let mut joining = Joining::new(records);
    joining.told(judged);
    for kind in [KeyKind::Serial, KeyKind::Mac, KeyKind::Certificate, KeyKind::Name] {
        joining.kind(kind, judged);
    }
    joining.addresses(judged);
    joining.perhaps(judged);
    joining.done()
}

/// The same records, in which an address that only one site is known to use has no site: a scan
/// does not say where it was made. Where several sites use it, those without one stand alone.
fn at_one_site(records: &[(u32, Traits)]) -> Vec<(u32, Traits)> {
    let mut sites: BTreeMap<CompactString, BTreeSet<CompactString>> = BTreeMap::new();
    let all = || records.iter().flat_map(|(_, record)| record.keys_of(KeyKind::Address));
    for key in all().filter(|key| !key.site.is_empty()) {
        sites.entry(key.value.clone()).or_default().insert(key.site.clone());
    }
    let mut records = records.to_vec();
    for key in records.iter_mut().flat_map(|(_, record)| &mut record.keys) {
        let alone = sites.get(&key.value).is_none_or(|sites| sites.len() < 2);
        if key.kind == KeyKind::Address && alone {
            key.site = CompactString::default();
        }
    }
    records
}

/// The same records, in which one that has nothing but a name and hardware addresses stands where
/// the only site stands that knows the name: a table of interfaces names its devices and no sites.
/// Where several sites know the name, nobody says which is meant.
fn beside_their_names(mut records: Vec<(u32, Traits)>) -> Vec<(u32, Traits)> {
    let mut sites: BTreeMap<CompactString, BTreeSet<CompactString>> = BTreeMap::new();
    let all = || records.iter().flat_map(|(_, record)| record.keys_of(KeyKind::Name));
    for key in all().filter(|key| !key.site.is_empty()) {
        sites.entry(key.value.clone()).or_default().insert(key.site.clone());
    }
    let bare = |kind| matches!(kind, KeyKind::Name | KeyKind::Mac);
    for (_, record) in &mut records {
        let only = record.models.is_empty() && record.keys.iter().all(|key| bare(key.kind));
        let names = record.keys.iter_mut().filter(|key| key.kind == KeyKind::Name);
        for key in names.filter(|key| only && key.site.is_empty()) {
            if let Some(site) = sites.get(&key.value).filter(|sites| sites.len() == 1) {
                key.site = site.first().cloned().unwrap_or_default();
            }
        }
    }
    records
}

struct Joining<'r> {
    records: &'r [(u32, Traits)],
    /// Towards the cluster of each record of the list; a cluster's own leads to itself.
    towards: Vec<Cell<usize>>,
    clusters: Vec<Option<Cluster>>,
    found: Assembly,
    /// Keys of a record that lists several, which lead to different devices.
    split: BTreeSet<(usize, Key)>,
}

impl<'r> Joining<'r> {
    fn new(records: &'r [(u32, Traits)]) -> Self {
        let clusters = records.iter().map(|(number, one)| Some(Cluster::of(*number, one)));
        Self {
            records,
            towards: (0..records.len()).map(Cell::new).collect(),
            clusters: clusters.collect(),
            found: Assembly::default(),
            split: BTreeSet::new(),
        }
    }

    /// The cluster of a record of the list.
    fn cluster_of(&self, at: usize) -> usize {
        let mut at = at;
        while self.towards[at].get() != at {
            // Half of the way is cut off for the next who asks.
            let next = self.towards[self.towards[at].get()].get();
            self.towards[at].set(next);
            at = next;
        }
        at
    }

    /// The records that have each key of a kind.
    fn by_key(&self, kind: KeyKind) -> BTreeMap<&'r Key, Vec<usize>> {
        let mut all: BTreeMap<&Key, Vec<usize>> = BTreeMap::new();
        for (at, (_, record)) in self.records.iter().enumerate() {
            for key in record.keys_of(kind) {
                all.entry(key).or_default().push(at);
            }
        }
        all.retain(|_, records| records.len() > 1);
        all
    }

    /// The clusters of some records, each once, in the order of their first records.
    fn clusters_of(&self, records: &[usize]) -> Vec<usize> {
        let all: BTreeSet<usize> = records.iter().map(|at| self.cluster_of(*at)).collect();
        all.into_iter().collect()
    }

    fn get(&self, at: usize) -> &Cluster {
        static NONE: std::sync::LazyLock<Cluster> = std::sync::LazyLock::new(Cluster::default);
        self.clusters[at].as_ref().unwrap_or(&NONE)
    }

    fn numbers(&self, records: &[usize]) -> Vec<u32> {
        records.iter().map(|at| self.records[*at].0).collect()
    }

    /// Why some clusters cannot be one device, if two of them cannot.
    fn against(&self, clusters: &[usize], kind: KeyKind) -> Option<Why> {
        clusters.iter().enumerate().find_map(|(at, one)| {
            let mut others = clusters[at + 1..].iter();
            others.find_map(|other| self.get(*one).against(self.get(*other), kind))
        })
    }

    fn unite(&mut self, clusters: &[usize]) {
        let Some((into, others)) = clusters.split_first() else { return };
        for other in others {
            let Some(cluster) = self.clusters[*other].take() else { continue };
            if let Some(whole) = &mut self.clusters[*into] {
                whole.add(cluster);
            }
            self.towards[*other].set(*into);
        }
    }

    /// What a person said is one device.
    fn told(&mut self, judged: &Judged) {
        for keys in &judged.together {
            let has = |record: &Traits| record.keys.iter().any(|key| is_named(keys, key));
            let all = self.records.iter().enumerate();
            let records: Vec<usize> =
                all.filter(|(_, (_, record))| has(record)).map(|(at, _)| at).collect();
            let clusters = self.clusters_of(&records);
            if clusters.len() > 1 {
                self.unite(&clusters);
                self.found.joins.push(Join { key: None, records: self.numbers(&records) });
            }
        }
    }

    fn refuse(&mut self, key: &Key, records: &[usize], why: Why) {
        let records = self.numbers(records);
        self.found.refused.push(Refusal { key: key.clone(), records, why });
    }

    /// Joins by every key of a kind.
    fn kind(&mut self, kind: KeyKind, judged: &Judged) {
        self.split_lists(kind);
        for (key, records) in self.by_key(kind) {
            let of_list = |at: &usize| self.split.contains(&(*at, key.clone()));
            let (lists, records): (Vec<usize>, Vec<usize>) =
                records.iter().partition(|at| of_list(at));
            if let Some(at) = lists.first() {
                let all: Vec<usize> = lists.iter().chain(&records).copied().collect();
                self.refuse(key, &all, Why::Several(self.records[*at].0));
            }
            let clusters = self.clusters_of(&records);
            if clusters.len() < 2 {
                continue;
            }
            if is_named(&judged.apart, key) {
                self.refuse(key, &records, Why::Told);
            } else if let Some(why) = self.against(&clusters, kind) {
                self.refuse(key, &records, why);
            } else {
                self.unite(&clusters);
                let records = self.numbers(&records);
                self.found.joins.push(Join { key: Some(key.clone()), records });
            }
        }
    }

    /// A record that lists several keys of a kind joins by them only if all that they lead to may
    /// be one device: a row with three addresses may be a recorder or three cameras.
    fn split_lists(&mut self, kind: KeyKind) {
        let by_key = self.by_key(kind);
        for (at, (_, record)) in self.records.iter().enumerate() {
            let keys: Vec<&Key> = record.keys_of(kind).collect();
            if keys.len() < 2 {
                continue;
            }
            let own = self.cluster_of(at);
            let led = keys.iter().filter_map(|key| by_key.get(*key)).flatten().copied();
            let led: Vec<usize> = led.filter(|other| self.cluster_of(*other) != own).collect();
            if self.against(&self.clusters_of(&led), kind).is_some() {
                self.split.extend(keys.into_iter().map(|key| (at, key.clone())));
            }
        }
    }

    /// Joins by addresses of the network, which change hands.
    fn addresses(&mut self, judged: &Judged) {
        for (key, records) in self.by_key(KeyKind::Address) {
            let clusters = self.clusters_of(&records);
            if clusters.len() < 2 {
                continue;
            }
            if is_named(&judged.apart, key) {
                self.refuse(key, &records, Why::Told);
                continue;
            }
            let whole = self.against(&clusters, KeyKind::Address);
            if whole.is_none() && self.is_one_stretch(key, &clusters) {
                self.unite(&clusters);
                let records = self.numbers(&records);
                self.found.joins.push(Join { key: Some(key.clone()), records });
                continue;
            }
            let odd = || self.odd_clock(key, &clusters);
            let why = whole.or_else(odd).unwrap_or_else(|| self.apart(key, &clusters));
            self.owners(key, &records, why);
        }
    }

    /// Whether nobody else can have held the address between those who were met at it: a
    /// register says that it is theirs, or they were met so soon after one another.
    fn is_one_stretch(&self, key: &Key, clusters: &[usize]) -> bool {
        let places = || clusters.iter().flat_map(|at| places(self.get(*at), key));
        if places().any(|place| place.seen.is_none()) {
            return true;
        }
        let mut times: Vec<&Place> = places().collect();
        times.sort_by_key(|place| place.seen);
        times.windows(2).all(|pair| pair[1].seen.is_some_and(|seen| pair[0].holds_at(seen)))
    }

    /// The longest time between those who were met at an address.
    fn apart(&self, key: &Key, clusters: &[usize]) -> Why {
        let seen = clusters.iter().flat_map(|at| places(self.get(*at), key));
        let mut times: Vec<Seen> = seen.filter_map(|place| place.seen).collect();
        times.sort_unstable();
        let pairs = times.windows(2).map(|pair| (gap(pair[0], pair[1]), pair[0], pair[1]));
        // Of equal ones the first, so that the order of records has no say.
        let longest = pairs.rev().max_by_key(|(gap, ..)| *gap);
        longest.map_or(Why::Hands, |(_, one, other)| Why::Apart(one, other))
    }

    /// The clock of somebody met at an address that cannot have been set, if there is one.
    fn odd_clock(&self, key: &Key, clusters: &[usize]) -> Option<Why> {
        let seen = clusters.iter().flat_map(|at| places(self.get(*at), key));
        let odd = seen.filter_map(|place| place.seen).filter(|seen| !seen.is_plausible());
        odd.min().map(|seen| Why::Clock(seen.from))
    }

    /// Gives what is known by its address alone to who held it at that time, if that is one.
    fn owners(&mut self, key: &Key, records: &[usize], why: Why) {
        let clusters = self.clusters_of(records);
        let (known, bare): (Vec<usize>, Vec<usize>) =
            clusters.into_iter().partition(|at| self.get(*at).is_known());
        let mut left: Vec<usize> = known.clone();
        for one in bare {
            let seen: Option<Seen> = places(self.get(one), key).find_map(|place| place.seen);
            let owners = seen.map_or(vec![], |seen| self.held_by(key, &known, seen));
            match owners.as_slice() {
                [owner] if self.get(*owner).against(self.get(one), KeyKind::Address).is_none() => {
                    let mut both = [*owner, one];
                    both.sort_unstable();
                    let records: Vec<usize> = records
                        .iter()
                        .filter(|at| both.contains(&self.cluster_of(**at)))
                        .copied()
                        .collect();
                    // The known one keeps its place, so that the list of the known stays true.
                    self.unite(&[*owner, one]);
                    let records = self.numbers(&records);
                    self.found.joins.push(Join { key: Some(key.clone()), records });
                }
                _ => left.push(one),
            }
        }
        let known_left = left.iter().filter(|at| known.contains(at)).count();
        let bare: Vec<usize> = left.drain(known_left..).collect();
        left.extend(self.stretches(key, records, bare));
        if left.len() > 1 {
            let of_left = |at: &&usize| left.contains(&self.cluster_of(**at));
            let records: Vec<usize> = records.iter().filter(of_left).copied().collect();
            let hands = known.len() > 1 && left.len() > known.len();
            let odd = hands.then(|| self.odd_clock(key, &left)).flatten();
            let why = if hands { odd.unwrap_or(Why::Hands) } else { why };
            self.refuse(key, &records, why);
        }
    }

    /// Joins what is known by its address alone and was met there soon after one another.
    fn stretches(&mut self, key: &Key, records: &[usize], mut bare: Vec<usize>) -> Vec<usize> {
        let time = |joining: &Self, at: usize| {
            places(joining.get(at), key).filter_map(|place| place.seen).min()
        };
        bare.sort_by_key(|at| (time(self, *at), *at));
        let mut stretches: Vec<Vec<usize>> = Vec::new();
        for one in bare {
            let goes_on = stretches.last().is_some_and(|stretch| {
                let last = stretch.last().copied().unwrap_or(one);
                let holds = |seen| places(self.get(last), key).any(|place| place.holds_at(seen));
                let both = || stretch.iter().chain([&one]).copied().collect::<Vec<usize>>();
                time(self, one).is_some_and(holds)
                    && self.against(&both(), KeyKind::Address).is_none()
            });
            match stretches.last_mut() {
                Some(stretch) if goes_on => stretch.push(one),
                _ => stretches.push(vec![one]),
            }
        }
        for stretch in stretches.iter_mut().filter(|stretch| stretch.len() > 1) {
            stretch.sort_unstable();
            let of_stretch = |at: &&usize| stretch.contains(&self.cluster_of(**at));
            let records: Vec<usize> = records.iter().filter(of_stretch).copied().collect();
            self.unite(stretch);
            self.found.joins.push(Join { key: Some(key.clone()), records: self.numbers(&records) });
        }
        stretches.into_iter().filter_map(|stretch| stretch.first().copied()).collect()
    }

    /// Who held the address at a time: by a lease, or where no lease says so, by having been met
    /// there on that day.
    fn held_by(&self, key: &Key, known: &[usize], seen: Seen) -> Vec<usize> {
        let by = |leased: bool| {
            let holds = |at: &&usize| {
                let mut places = places(self.get(**at), key);
                places.any(|place| (place.sort == Sort::Lease) == leased && place.holds_at(seen))
            };
            known.iter().filter(holds).copied().collect::<Vec<usize>>()
        };
        let leased = by(true);
        if leased.is_empty() { by(false) } else { leased }
    }

    /// Looks for devices that are perhaps one. A serial number that several have, or of which a
    /// person said that it joins nothing, is left out.
    fn perhaps(&mut self, judged: &Judged) {
        let mut bearers: BTreeMap<&Key, BTreeSet<usize>> = BTreeMap::new();
        for (at, (_, record)) in self.records.iter().enumerate() {
            for key in record.keys_of(KeyKind::Serial).filter(|key| !judged.apart.contains(*key)) {
                bearers.entry(key).or_default().insert(self.cluster_of(at));
            }
        }
        bearers.retain(|_, clusters| clusters.len() == 1);
        let of = |clusters: &BTreeSet<usize>| clusters.first().map(|at| self.get(*at));
        let one = bearers.iter().filter_map(|(key, clusters)| Some((*key, of(clusters)?)));
        let perhaps::Found { pairs, left_out } = perhaps::find(&one.collect());
        self.found.perhaps = pairs;
        self.found.perhaps_more = left_out;
    }

    fn done(mut self) -> Assembly {
        let groups = self.clusters.into_iter().flatten().map(|cluster| cluster.members);
        self.found.groups = groups.filter(|members| members.len() > 1).collect();
        self.found.groups.sort_unstable();
        self.found
    }
}

/// Where a cluster was met at an address.
fn places<'c>(cluster: &'c Cluster, key: &'c Key) -> impl Iterator<Item = &'c Place> {
    cluster.places.iter().filter(move |place| place.key == *key)
}

/// Whether a key is among those that a person named, who names no sites.
fn is_named(named: &BTreeSet<Key>, key: &Key) -> bool {
    named.iter().any(|one| {
        one.kind == key.kind
            && one.value == key.value
            && (one.site.is_empty() || one.site == key.site)
    })
}
