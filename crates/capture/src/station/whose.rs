//! Whose an address is: which of them stand for one station, and which are passed on by another.

use std::collections::hash_map::Entry;
use std::net::IpAddr;

use rustc_hash::{FxHashMap, FxHashSet};

use super::{Node, NodeKey, Nodes, PeerKey, Seen, Station, widen};
use crate::limits::TRACES_MAX;
use crate::packet::Mac;

/// The stations of a recording, and what of it is nobody's.
#[derive(Debug, Default)]
pub(crate) struct Settled {
    /// In the order in which they were heard.
    pub(crate) stations: Vec<Station>,
    /// Packets that passed between addresses that are no station's.
    pub(crate) nobody: u64,
    /// Stations of which the hardware address is not known, since it sends for others, too.
    pub(crate) unsettled: u64,
}

const TCP: u8 = 6;

impl Nodes {
    /// The stations: addresses on one link address together where it said that they are its own, or
    /// where there is no other that it could pass on. What stands beyond a router and is nobody's
    /// private address is no station of this network.
    /// `open`: the questions about names that nobody answered, by who asked.
    pub(crate) fn finish(mut self, open: Vec<(u32, u64)>) -> Settled {
        self.settle();
        self.claim();
        self.claim_four();
        let keys = self.keys();
        let own = std::mem::take(&mut self.own);
        let mut all: Vec<Station> = Vec::new();
        let mut places: FxHashMap<NodeKey, usize> = FxHashMap::default();
        let mut of: Vec<Option<usize>> = Vec::new();
        let mut unsettled: FxHashSet<IpAddr> = FxHashSet::default();
        for (Node { key: (mac, address), station, .. }, key) in self.all.into_iter().zip(keys) {
            let is_station = key.0.is_some() || key.1.is_some_and(|one| own.is_local(one));
            if !is_station {
                of.push(None);
                continue;
            }
            if key.0.is_none() && mac.is_some() && station.packets > 0 {
                unsettled.extend(address);
            }
            let place = *places.entry(key).or_insert_with(|| {
                all.push(Station { mac: key.0, number: station.number, ..Station::default() });
                all.len() - 1
            });
            of.push(Some(place));
            merge(&mut all[place], station);
        }
        let known: FxHashSet<IpAddr> =
            all.iter().flat_map(|station| &station.addresses).copied().collect();
        let mut nobody = 0;
        let mut peers: FxHashMap<(usize, PeerKey), usize> = FxHashMap::default();
        for (node, mut peer) in self.peers {
            if peer.protocol != TCP && peer.seen == Seen::Packets {
                peer.unanswered = peer.sent == 0 || peer.got == 0;
            }
            let Some(place) = of[node as usize] else {
                nobody += if known.contains(&peer.address) { 0 } else { peer.packets };
                continue;
            };
            let station = &mut all[place];
            match peers.entry((place, PeerKey::of(&peer))) {
                Entry::Occupied(at) => station.peers[*at.get()].join(&peer),
                Entry::Vacant(free) => {
                    free.insert(station.peers.len());
                    station.peers.push(peer);
                }
            }
        }
        for (node, answer) in self.answers.into_all() {
            if let Some(place) = of[node as usize] {
                all[place].answers.push(answer);
            }
        }
        for (node, question) in open {
            if let Some(place) = of[node as usize] {
                all[place].questions.push(question);
            }
        }
        all.retain(|station| station.packets > 0 || !station.traces.is_empty());
        all.sort_by_key(|station| station.number);
        // Each such packet was counted at both of its ends.
        Settled { stations: all, nobody: nobody / 2, unsettled: unsettled.len() as u64 }
    }

    /// By what each node is one with others: by its hardware address where that is its own, else by
    /// its address in the network.
    fn keys(&self) -> Vec<NodeKey> {
        let mut behind: FxHashMap<Mac, Behind> = FxHashMap::default();
        for node in self.all.iter().filter(|node| node.station.packets > 0) {
            let (Some(mac), Some(address)) = node.key else { continue };
            let one = behind.entry(mac).or_default();
            match address {
                IpAddr::V4(_) if node.own => one.told += 1,
                _ if node.own || is_on_link(address) => {}
                IpAddr::V4(_) => one.four += 1,
                IpAddr::V6(_) => one.six += 1,
            }
            one.strange |= !node.own && !self.own.is_local(address);
        }
        let is_own = |node: &Node, mac: &Mac| {
            let Some(address) = node.key.1 else { return true };
            let none = Behind::default();
            let all = behind.get(mac).unwrap_or(&none);
            let alone = match address {
                IpAddr::V4(_) => all.four == 1 && all.told == 0,
                IpAddr::V6(_) => all.six == 1,
            };
            match node.own {
                true => all.told <= ADDRESSES_MAX,
                // Who is sent something that nobody answers may be far behind whoever got it.
                false => {
                    let sends = node.station.packets > 0;
                    is_on_link(address) || sends && alone && !all.strange
                }
            }
        };
        let own = self.all.iter().map(|node| node.key.0.filter(|mac| is_own(node, mac)));
        let own: Vec<Option<Mac>> = own.collect();
        // Whoever alone sends from an address has it where no hardware address was recorded, too.
        let mut owners: FxHashMap<IpAddr, Option<Mac>> = FxHashMap::default();
        for (node, own) in self.all.iter().zip(&own) {
            if let (Some(address), Some(mac)) = (node.key.1, own)
                && node.station.packets > 0
            {
                let known = owners.entry(address).or_insert(*own);
                *known = known.filter(|known| known == mac);
            }
        }
        let key = |(node, own): (&Node, Option<Mac>)| {
            let (mac, address) = node.key;
            let bare = mac.is_none() || node.station.packets == 0;
            let owner = || address.filter(|_| bare).and_then(|one| owners.get(&one).copied())?;
            match own.or_else(owner) {
                Some(mac) => (Some(mac), None),
                None => (None, address),
            }
        };
        self.all.iter().zip(own).map(key).collect()
    }

    /// Lets stations have the addresses of the fourth version from which they send packets that
    /// nobody passed on, where there is one at a time and it is used: who sends from one and then
    /// from another was given another, and who sends from several by turns may pass others on
    /// unseen, as what extends a wireless network does.
    fn claim_four(&mut self) {
        let mut sent: FxHashMap<Mac, Vec<(i64, i64, usize)>> = FxHashMap::default();
        for (at, node) in self.all.iter().enumerate() {
            if let (Some(mac), Some(address @ IpAddr::V4(_))) = node.key
                && node.station.packets > 0
                && (node.own || node.near && self.own.is_local(address))
            {
                // Without times nobody knows whether one came after the other.
                let (from, until) = node.station.time.unwrap_or((i64::MIN, i64::MAX));
                sent.entry(mac).or_default().push((from, until, at));
            }
        }
        for mut all in sent.into_values() {
            all.sort_unstable();
            let in_turn = all.windows(2).all(|two| two[0].1 < two[1].0);
            let used = |at: usize| self.all[at].own || self.all[at].station.packets >= USED_MIN;
            let all_used = all.len() == 1 || all.iter().all(|(.., at)| used(*at));
            if in_turn && all_used && all.len() <= ADDRESSES_MAX {
                all.into_iter().for_each(|(.., at)| self.all[at].own = true);
            }
        }
    }

    /// Lets stations have the global addresses of the sixth version that they use: those on the
    /// prefix of a link, and those from which a packet came that no router passed on. Who has too
    /// many passes others on all the same.
    fn claim(&mut self) {
        let on_link = |address: u128| {
            let mask = |length: u8| u128::MAX.checked_shl(128 - u32::from(length)).unwrap_or(0);
            self.prefixes.iter().any(|(length, prefix)| {
                (1..=128).contains(length) && (address ^ prefix) & mask(*length) == 0
            })
        };
        let mut claimed: FxHashMap<Mac, Vec<usize>> = FxHashMap::default();
        for (at, node) in self.all.iter().enumerate() {
            if let (Some(mac), Some(IpAddr::V6(six))) = node.key
                && !node.own
                && !self.own.is_local(six.into())
                && (node.begins || on_link(six.to_bits()))
            {
                claimed.entry(mac).or_default().push(at);
            }
        }
        for all in claimed.into_values().filter(|all| all.len() <= CLAIMED_MAX) {
            all.into_iter().for_each(|at| self.all[at].own = true);
        }
    }
}

/// Packets from which on an address is one that a station uses: a few may be passed on.
const USED_MIN: u64 = 4;

/// Global addresses of the sixth version that one station uses: it changes them from day to day.
const CLAIMED_MAX: usize = 16;

/// Addresses of the fourth version that one station says are its own; one that says so of more
/// answers for others.
const ADDRESSES_MAX: usize = 4;

/// Addresses of one station that are kept: it may choose as many of the sixth version as it likes.
const ADDRESSES_KEPT_MAX: usize = 64;

/// From which addresses one address on the link sends.
#[derive(Default)]
struct Behind {
    /// Addresses of the fourth version that it said are its own.
    told: usize,
    /// Others of the fourth version, and of the sixth. One of them may be its own; of several
    /// nobody knows which, and they may be as many stations behind a router.
    four: usize,
    six: usize,
    /// Whether one is of no network nearby, and nothing says that it is its own.
    strange: bool,
}

/// Whether an address is of the link itself, so that no router passes it on.
fn is_on_link(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(four) => four.is_link_local(),
        IpAddr::V6(six) => six.is_unicast_link_local(),
    }
}

fn merge(into: &mut Station, one: Station) {
    into.number = into.number.min(one.number);
    into.packets = into.packets.saturating_add(one.packets);
    into.left += one.left;
    for address in one.addresses {
        let room = into.addresses.len() < ADDRESSES_KEPT_MAX;
        if room && one.packets > 0 && !into.addresses.contains(&address) {
            into.addresses.push(address);
        }
    }
    if let Some((from, until)) = one.time {
        widen(&mut into.time, Some(from));
        widen(&mut into.time, Some(until));
    }
    for trace in one.traces {
        if into.traces.iter().any(|known| known.said == trace.said) {
            continue;
        }
        if into.traces.len() < TRACES_MAX {
            into.traces.push(trace);
        } else {
            into.left += 1;
        }
    }
    into.traces.sort_by_key(|trace| trace.number);
}
