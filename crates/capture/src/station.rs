//! What a capture shows of each station: what it says of itself, and with whom it talks.

mod answers;
mod reported;
mod sameness;

use std::net::IpAddr;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::limits::{
    NAMES_BYTES_MAX, PEERS_MAX, PEERS_OF_ALL_MAX, STATIONS_MAX, TRACES_BYTES_MAX, TRACES_MAX,
};
use crate::packet::{Mac, Packet};
use crate::wire::Said;

pub use answers::Answer;
use answers::Answers;
use sameness::sameness;

/// Something that a station shows of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// What.
    pub said: Said,
    /// The packet that completes it, by its place in the file.
    pub number: u64,
    /// When, in nanoseconds since 1970.
    pub time: Option<i64>,
}

/// How what is exchanged with a peer is protected, as far as it was seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cover {
    /// That cannot be told.
    #[default]
    Unknown,
    /// Anybody on the way can read it.
    Plain,
    /// By TLS, over a stream or over datagrams.
    Tls,
    /// By QUIC.
    Quic,
}

/// How what is counted of a peer was seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Seen {
    /// Its packets were recorded.
    #[default]
    Packets,
    /// An exporter reports it, and counted one of so many packets. Where it does not say of how
    /// many, there was at least what is counted. What is counted is not multiplied.
    Reported(Option<u32>),
}

/// With whom a station talks: one address, one service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// The address.
    pub address: IpAddr,
    /// The port that was asked, of the peer or of the station; the lower of both where that is not
    /// known; 0 where there is none.
    pub port: u16,
    /// How it is carried, by the number of the protocol: 6 segments, 17 datagrams.
    pub protocol: u8,
    /// Whether the port is the station's, which then was asked.
    pub serves: bool,
    /// Whether nobody knows which of both was asked: an exporter reports a direction, and nothing
    /// in it tells.
    pub guessed: bool,
    /// How it was seen; what was seen in different ways stands apart, and may be the same.
    pub seen: Seen,
    /// The names under which the station asked it, in the order in which they were seen.
    pub names: Vec<String>,
    /// How it is protected.
    pub cover: Cover,
    /// The service or language of a maker that was recognised, one of [`crate::wire::signs`]. It
    /// says what is spoken there, not who made the station: many use the same.
    pub sign: Option<&'static str>,
    /// Bytes that the station sent and got, from the network header on, as they were on the wire.
    pub sent: u64,
    /// The same of what it got.
    pub got: u64,
    /// Packets both ways.
    pub packets: u64,
    /// The first and the last packet, in nanoseconds since 1970.
    pub time: Option<(i64, i64)>,
    /// The number of the oldest packet, counted from 1.
    pub first: u64,
}

impl Peer {
    /// Counts that a packet was exchanged at that time.
    fn seen_at(&mut self, number: u64, time: Option<i64>) {
        // Clocks may go backwards, and files may lie in another order.
        if self.time.is_some_and(|(from, _)| time.is_some_and(|time| time < from)) {
            self.first = number;
        }
        widen(&mut self.time, time);
    }

    /// Counts a packet in one direction.
    pub(crate) fn count(&mut self, sends: bool, bytes: u64, packet: &Packet<'_>) {
        *(if sends { &mut self.sent } else { &mut self.got }) += bytes;
        self.packets += u64::from(packet.pieces);
        self.seen_at(packet.began, packet.time);
    }

    /// Adds what was counted of the same peer elsewhere.
    fn join(&mut self, other: &Self) {
        self.sent = self.sent.saturating_add(other.sent);
        self.got = self.got.saturating_add(other.got);
        self.packets = self.packets.saturating_add(other.packets);
        match other.time {
            None => self.first = self.first.min(other.first),
            Some((from, until)) => {
                [from, until].into_iter().for_each(|time| self.seen_at(other.first, Some(time)))
            }
        }
    }
}

/// A station of the network that was recorded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Station {
    /// Its hardware address, unless it stands behind a router.
    pub mac: Option<Mac>,
    /// Its addresses, in the order in which they were seen.
    pub addresses: Vec<IpAddr>,
    /// What it showed of itself, each thing once.
    pub traces: Vec<Trace>,
    /// With whom it talked.
    pub peers: Vec<Peer>,
    /// What it was answered when it asked for names, in the order in which it was said.
    pub answers: Vec<Answer>,
    /// The first and the last packet that it sent, in nanoseconds since 1970.
    pub time: Option<(i64, i64)>,
    /// The number of its first packet.
    pub number: u64,
    /// Packets that it sent.
    pub packets: u64,
    /// Things that it showed for which there was no room: [`TRACES_MAX`] of its own,
    /// [`TRACES_BYTES_MAX`] of all.
    pub left: u64,
}

/// Names of one peer that are kept.
const NAMES_MAX: usize = 8;

/// Widens a stretch of time.
pub(crate) fn widen(all: &mut Option<(i64, i64)>, time: Option<i64>) {
    if let Some(time) = time {
        let (from, until) = all.get_or_insert((time, time));
        (*from, *until) = ((*from).min(time), (*until).max(time));
    }
}

/// By what a node is found: its addresses on the link and in the network, one of which is there.
pub(crate) type NodeKey = (Option<Mac>, Option<IpAddr>);

/// By what a peer of a node is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct PeerKey {
    pub(crate) address: IpAddr,
    pub(crate) port: u16,
    pub(crate) protocol: u8,
    /// Whether the node is the one that is asked.
    pub(crate) serves: bool,
    pub(crate) seen: Seen,
    /// Whether that is only guessed.
    pub(crate) guessed: bool,
}

/// The stations as they are collected: one for each pair of addresses.
#[derive(Debug, Default)]
pub(crate) struct Nodes {
    known: FxHashMap<NodeKey, u32>,
    all: Vec<Node>,
    peers: Vec<(u32, Peer)>,
    /// Stations for which there was no room.
    pub(crate) left: u64,
    /// Flows with peers for which there was no room.
    pub(crate) peers_left: u64,
    /// Bytes of what all stations show.
    shown_bytes: usize,
    /// Bytes of the names of all peers.
    names_bytes: usize,
    answers: Answers,
    /// Prefixes that are on the link: how long, and which.
    prefixes: Vec<(u8, u128)>,
    /// Stations that were heard first and of which nobody was told yet, where somebody is.
    fresh: Option<Vec<u32>>,
    /// What exporters report without saying who was asked.
    unsure: reported::Unsure,
}

#[derive(Debug)]
struct Node {
    key: NodeKey,
    /// Whether the station itself said that the address is its own.
    own: bool,
    /// Whether a packet came from it as whoever makes it sends it.
    begins: bool,
    station: Station,
    shown: FxHashSet<u64>,
    peers: FxHashMap<PeerKey, u32>,
}

impl Nodes {
    /// Such that remember which stations were heard since somebody was told.
    pub(crate) fn telling() -> Self {
        Self { fresh: Some(Vec::new()), ..Self::default() }
    }

    /// The station with those addresses. Where there are too many, all others are nobody: what they
    /// show is not given, least of all as another's.
    pub(crate) fn find(&mut self, key: NodeKey, number: u64) -> u32 {
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        let key = if self.all.len() + 1 < STATIONS_MAX {
            key
        } else {
            self.left += 1;
            if let Some(nobody) = self.known.get(&(None, None)) {
                return *nobody;
            }
            (None, None)
        };
        let new = self.all.len() as u32;
        let (mac, address) = key;
        let addresses = address.into_iter().collect();
        let station = Station { mac, addresses, number, ..Station::default() };
        let (shown, peers) = (FxHashSet::default(), FxHashMap::default());
        // An address on the link alone is that of whoever sends, and so is one made from it.
        let own = address.is_none_or(|address| mac.is_some_and(|mac| is_made_of(address, mac)));
        self.all.push(Node { key, own, begins: false, station, shown, peers });
        self.known.insert(key, new);
        new
    }

    /// A station said that its address is its own: it asked for it, was given it, or told others.
    pub(crate) fn own(&mut self, node: u32) {
        self.all[node as usize].own = true;
    }

    /// A packet of a station came as whoever makes it sends it: no router passed it on.
    pub(crate) fn begins(&mut self, node: u32) {
        self.all[node as usize].begins = true;
    }

    /// Prefixes that a router says are on the link.
    pub(crate) fn on_link(&mut self, prefixes: impl Iterator<Item = (u8, u128)>) {
        for one in prefixes {
            if self.prefixes.len() < PREFIXES_MAX && !self.prefixes.contains(&one) {
                self.prefixes.push(one);
            }
        }
    }

    /// Counts packets that a station sent.
    pub(crate) fn sent(&mut self, node: u32, packets: u32, time: Option<i64>) {
        let station = &mut self.all[node as usize].station;
        if station.packets == 0
            && let Some(fresh) = &mut self.fresh
        {
            fresh.push(node);
        }
        station.packets += u64::from(packets);
        widen(&mut station.time, time);
    }

    /// The addresses of the stations that were heard for the first time since this was asked last.
    pub(crate) fn fresh(&mut self) -> impl Iterator<Item = NodeKey> + '_ {
        let Self { fresh, all, .. } = self;
        fresh.iter_mut().flat_map(|fresh| fresh.drain(..)).map(|node| all[node as usize].key)
    }

    /// Adds what a station shows of itself.
    pub(crate) fn show(&mut self, node: u32, said: Said, number: u64, time: Option<i64>) {
        let Node { station, shown, .. } = &mut self.all[node as usize];
        if !shown.contains(&sameness(&said)) {
            let bytes = match &said {
                Said::Reply(_, text) => text.len(),
                Said::Certificate(bytes) => bytes.len(),
            };
            let room = self.shown_bytes + bytes <= TRACES_BYTES_MAX;
            if room && station.traces.len() < TRACES_MAX {
                self.shown_bytes += bytes;
                shown.insert(sameness(&said));
                station.traces.push(Trace { said, number, time });
            } else {
                station.left += 1;
            }
        }
    }

    /// What a station has with a peer; nothing where it has too many.
    pub(crate) fn peer(&mut self, node: u32, key: PeerKey, packet: u64) -> Option<u32> {
        let known = &mut self.all[node as usize].peers;
        if let Some(known) = known.get(&key) {
            return Some(*known);
        }
        if known.len() >= PEERS_MAX || self.peers.len() >= PEERS_OF_ALL_MAX {
            self.peers_left += 1;
            return None;
        }
        let new = self.peers.len() as u32;
        known.insert(key, new);
        let PeerKey { address, port, protocol, serves, seen, guessed } = key;
        let peer = Peer {
            address,
            port,
            protocol,
            serves,
            guessed,
            seen,
            names: Vec::new(),
            cover: Cover::Unknown,
            sign: None,
            sent: 0,
            got: 0,
            packets: 0,
            time: None,
            first: packet,
        };
        self.peers.push((node, peer));
        Some(new)
    }

    /// Adds a name under which a peer was asked.
    pub(crate) fn name(&mut self, peer: u32, name: &str) {
        let names = &mut self.peers[peer as usize].1.names;
        let room = names.len() < NAMES_MAX && self.names_bytes + name.len() <= NAMES_BYTES_MAX;
        if room && !names.iter().any(|known| known == name) {
            self.names_bytes += name.len();
            names.push(name.to_owned());
        }
    }

    /// Adds that an address was the answer when a station asked for a name.
    pub(crate) fn answered(&mut self, node: u32, answer: Answer) {
        self.answers.add(node, answer);
    }

    /// Answers for which there was no room.
    pub(crate) const fn answers_left(&self) -> u64 {
        self.answers.left()
    }

    /// The peer of that number.
    pub(crate) fn peer_at(&mut self, peer: u32) -> &mut Peer {
        &mut self.peers[peer as usize].1
    }

    /// The stations: addresses on one link address together where it said that they are its own, or
    /// where there is no other that it could pass on. What stands beyond a router and is nobody's
    /// private address is no station of this network; with them comes how many packets passed
    /// between such alone.
    pub(crate) fn finish(mut self) -> (Vec<Station>, u64) {
        self.settle();
        self.claim();
        let mut behind: FxHashMap<Mac, Behind> = FxHashMap::default();
        for node in &self.all {
            if let (Some(mac), Some(address)) = node.key
                && node.station.packets > 0
            {
                let one = behind.entry(mac).or_default();
                match address {
                    IpAddr::V4(_) if node.own => one.told += 1,
                    _ if node.own || is_on_link(address) => {}
                    IpAddr::V4(_) => one.four += 1,
                    IpAddr::V6(_) => one.six += 1,
                }
                one.strange |= !node.own && !is_local(address);
            }
        }
        let is_own = |mac: &Mac, address: Option<IpAddr>, told: bool| {
            let (Some(address), Some(all)) = (address, behind.get(mac)) else { return true };
            let alone = match address {
                IpAddr::V4(_) => all.four == 1 && all.told == 0,
                IpAddr::V6(_) => all.six == 1,
            };
            match told {
                true => all.told <= ADDRESSES_MAX,
                false => is_on_link(address) || alone && !all.strange,
            }
        };
        let mut all: Vec<Station> = Vec::new();
        let mut places: FxHashMap<NodeKey, usize> = FxHashMap::default();
        let mut of: Vec<Option<usize>> = Vec::new();
        for Node { key: (mac, address), own, station, .. } in self.all {
            let own = mac.filter(|mac| is_own(mac, address, own));
            let key = if own.is_some() { (own, None) } else { (None, address) };
            let is_station = own.is_some() || address.is_some_and(is_local);
            if !is_station {
                of.push(None);
                continue;
            }
            let place = *places.entry(key).or_insert_with(|| {
                all.push(Station { mac: own, number: station.number, ..Station::default() });
                all.len() - 1
            });
            of.push(Some(place));
            merge(&mut all[place], station);
        }
        let known: FxHashSet<IpAddr> =
            all.iter().flat_map(|station| &station.addresses).copied().collect();
        let mut nobody = 0;
        for (node, peer) in self.peers {
            if let Some(place) = of[node as usize] {
                all[place].peers.push(peer);
            } else if !known.contains(&peer.address) {
                nobody += peer.packets;
            }
        }
        for (node, answer) in self.answers.into_all() {
            if let Some(place) = of[node as usize] {
                all[place].answers.push(answer);
            }
        }
        all.retain(|station| station.packets > 0 || !station.traces.is_empty());
        all.sort_by_key(|station| station.number);
        // Each such packet was counted at both of its ends.
        (all, nobody / 2)
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
                && !is_local(six.into())
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

/// Prefixes of links that are kept.
const PREFIXES_MAX: usize = 64;

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

/// Whether the second half of an address is made of the one on the link (RFC 4291, appendix A).
fn is_made_of(address: IpAddr, Mac([a, b, c, d, e, f]): Mac) -> bool {
    let made = [a ^ 2, b, c, 0xFF, 0xFE, d, e, f];
    matches!(address, IpAddr::V6(six) if six.octets()[8..] == made)
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

/// Whether an address is of one station.
pub(crate) fn is_one(address: IpAddr) -> bool {
    // The first network is this one, and the last is kept for later (RFC 6890).
    let nobody = matches!(address, IpAddr::V4(four) if matches!(four.octets()[0], 0 | 240..));
    !address.is_multicast() && !address.is_unspecified() && !address.is_loopback() && !nobody
}

/// Whether an address is of the network that was recorded, or of one beside it.
#[must_use]
pub fn is_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(four) => four.is_private() || four.is_link_local() || is_shared(four.octets()),
        IpAddr::V6(six) => six.is_unicast_link_local() || six.is_unique_local(),
    }
}

/// Addresses that providers share out among their customers (RFC 6598).
fn is_shared([a, b, ..]: [u8; 4]) -> bool {
    a == 100 && b & 0xC0 == 64
}
