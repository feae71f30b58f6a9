//! What a capture shows of each station: what it says of itself, and with whom it talks.

use std::hash::{Hash as _, Hasher as _};
use std::net::IpAddr;

use rustc_hash::{FxHashMap, FxHashSet, FxHasher};

use crate::flowrecords::Record;
use crate::limits::{PEERS_MAX, STATIONS_MAX, TRACES_MAX};
use crate::packet::Mac;
use crate::wire::Said;

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
    /// By TLS.
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
    /// The port that was asked, of the peer or of the station.
    pub port: u16,
    /// How it is carried, by the number of the protocol: 6 segments, 17 datagrams.
    pub protocol: u8,
    /// Whether the station was the one that was asked.
    pub serves: bool,
    /// How it was seen; what was seen in different ways stands apart, and may be the same.
    pub seen: Seen,
    /// The names under which the peer was asked, in the order in which they were seen.
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
    /// The first and the last packet that it sent, in nanoseconds since 1970.
    pub time: Option<(i64, i64)>,
    /// The number of its first packet.
    pub number: u64,
    /// Packets that it sent.
    pub packets: u64,
    /// Things that it showed beyond [`TRACES_MAX`].
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

impl Peer {
    /// Adds a name under which it was asked.
    pub(crate) fn name(&mut self, name: &str) {
        if self.names.len() < NAMES_MAX && !self.names.iter().any(|known| known == name) {
            self.names.push(name.to_owned());
        }
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
}

/// The stations as they are collected: one for each pair of addresses.
#[derive(Debug, Default)]
pub(crate) struct Nodes {
    known: FxHashMap<NodeKey, u32>,
    all: Vec<Node>,
    peers: Vec<(u32, Peer)>,
    /// Stations for which there was no room.
    pub(crate) left: u64,
}

#[derive(Debug)]
struct Node {
    key: NodeKey,
    /// Whether the station itself said that the address is its own.
    own: bool,
    station: Station,
    shown: FxHashSet<u64>,
    peers: FxHashMap<PeerKey, u32>,
}

impl Nodes {
    /// The station with those addresses. Where there are too many, all others are one.
    pub(crate) fn find(&mut self, key: NodeKey, number: u64) -> u32 {
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        if self.all.len() >= STATIONS_MAX {
            self.left += 1;
            return STATIONS_MAX as u32 - 1;
        }
        let new = self.all.len() as u32;
        let (mac, address) = key;
        let addresses = address.into_iter().collect();
        let station = Station { mac, addresses, number, ..Station::default() };
        let (shown, peers) = (FxHashSet::default(), FxHashMap::default());
        // An address on the link alone is that of whoever sends, and so is one made from it.
        let own = address.is_none_or(|address| mac.is_some_and(|mac| is_made_of(address, mac)));
        self.all.push(Node { key, own, station, shown, peers });
        self.known.insert(key, new);
        new
    }

    /// A station said that its address is its own: it asked for it, was given it, or told others.
    pub(crate) fn own(&mut self, node: u32) {
        self.all[node as usize].own = true;
    }

    /// Counts a packet that a station sent.
    pub(crate) fn sent(&mut self, node: u32, time: Option<i64>) {
        let station = &mut self.all[node as usize].station;
        station.packets += 1;
        widen(&mut station.time, time);
    }

    /// Counts a flow that an exporter reports.
    pub(crate) fn reported(&mut self, record: &Record, number: u64) {
        let ([from, to], [port, other]) = (record.ends, record.ports);
        if !is_one(from) || !is_one(to) {
            return;
        }
        let [source, target] = record.macs;
        let sender = self.find((source, Some(from)), number);
        let getter = self.find((target, Some(to)), number);
        let station = &mut self.all[sender as usize].station;
        station.packets = station.packets.saturating_add(record.packets);
        let serves = port < other;
        let key = |address, serves| PeerKey {
            address,
            port: port.min(other),
            protocol: record.protocol,
            serves,
            seen: Seen::Reported(record.one_in),
        };
        let ends = [(sender, key(to, serves), true), (getter, key(from, !serves), false)];
        for (node, key, sends) in ends {
            for time in record.time.into_iter().flat_map(|(one, other)| [one, other]) {
                if sends {
                    widen(&mut self.all[node as usize].station.time, Some(time));
                }
            }
            let Some(peer) = self.peer(node, key) else { continue };
            let peer = self.peer_at(peer);
            let bytes = if sends { &mut peer.sent } else { &mut peer.got };
            *bytes = bytes.saturating_add(record.bytes);
            peer.packets = peer.packets.saturating_add(record.packets);
            for time in record.time.into_iter().flat_map(|(one, other)| [one, other]) {
                widen(&mut peer.time, Some(time));
            }
        }
    }

    /// Adds what a station shows of itself.
    pub(crate) fn show(&mut self, node: u32, said: Said, number: u64, time: Option<i64>) {
        let Node { station, shown, .. } = &mut self.all[node as usize];
        if !shown.contains(&sameness(&said)) {
            if station.traces.len() < TRACES_MAX {
                shown.insert(sameness(&said));
                station.traces.push(Trace { said, number, time });
            } else {
                station.left += 1;
            }
        }
    }

    /// What a station has with a peer; nothing where it has too many.
    pub(crate) fn peer(&mut self, node: u32, key: PeerKey) -> Option<u32> {
        let known = &mut self.all[node as usize].peers;
        if let Some(known) = known.get(&key) {
            return Some(*known);
        }
        if known.len() >= PEERS_MAX {
            return None;
        }
        let new = self.peers.len() as u32;
        known.insert(key, new);
        let PeerKey { address, port, protocol, serves, seen } = key;
        let peer = Peer {
            address,
            port,
            protocol,
            serves,
            seen,
            names: Vec::new(),
            cover: Cover::Unknown,
            sign: None,
            sent: 0,
            got: 0,
            packets: 0,
            time: None,
        };
        self.peers.push((node, peer));
        Some(new)
    }

    /// The peer of that number.
    pub(crate) fn peer_at(&mut self, peer: u32) -> &mut Peer {
        &mut self.peers[peer as usize].1
    }

    /// The stations: addresses on one link address together, unless that one passes on what others
    /// send; then only those that it said are its own. What stands beyond a router and is nobody's
    /// private address is no station of this network.
    pub(crate) fn finish(self) -> Vec<Station> {
        let mut behind: FxHashMap<Mac, Behind> = FxHashMap::default();
        for node in &self.all {
            if let (Some(mac), Some(address)) = node.key
                && node.station.packets > 0
            {
                let one = behind.entry(mac).or_default();
                one.four += usize::from(address.is_ipv4());
                one.told += usize::from(address.is_ipv4() && node.own);
                one.strange |= !node.own && !is_local(address);
            }
        }
        let is_own = |mac: &Mac, own: bool| match behind.get(mac) {
            None => true,
            Some(all) if own => all.told <= ADDRESSES_MAX,
            Some(all) => !all.strange && all.four <= ADDRESSES_MAX,
        };
        let mut all: Vec<Station> = Vec::new();
        let mut places: FxHashMap<NodeKey, usize> = FxHashMap::default();
        let mut of: Vec<Option<usize>> = Vec::new();
        for Node { key: (mac, address), own, station, .. } in self.all {
            let own = mac.filter(|mac| is_own(mac, own || address.is_none()));
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
        for (node, peer) in self.peers {
            if let Some(place) = of[node as usize] {
                all[place].peers.push(peer);
            }
        }
        all.retain(|station| station.packets > 0 || !station.traces.is_empty());
        all.sort_by_key(|station| station.number);
        all
    }
}

/// Addresses of the fourth version that one station has; one with more passes on others' packets.
const ADDRESSES_MAX: usize = 4;

/// Addresses of one station that are kept: it may choose as many of the sixth version as it likes.
const ADDRESSES_KEPT_MAX: usize = 64;

/// From which addresses one address on the link sends.
#[derive(Default)]
struct Behind {
    /// Those of the fourth version.
    four: usize,
    /// Those of them that it said are its own.
    told: usize,
    /// Whether one is of no network nearby, and nothing says that it is its own.
    strange: bool,
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
        let again = into.traces.iter().any(|known| known.said == trace.said);
        if !again && into.traces.len() < TRACES_MAX {
            into.traces.push(trace);
        }
    }
    into.traces.sort_by_key(|trace| trace.number);
}

/// Whether an address is of one station.
pub(crate) fn is_one(address: IpAddr) -> bool {
    let everybody = matches!(address, IpAddr::V4(four) if four.is_broadcast());
    !address.is_multicast() && !address.is_unspecified() && !everybody
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

/// What makes two things that a station shows the same: of headers their names and who serves,
/// since moments and numbers of use once stand in them.
fn sameness(said: &Said) -> u64 {
    const KEPT: [&str; 3] = ["server", "www-authenticate", "location"];
    let mut hasher = FxHasher::default();
    match said {
        Said::Reply(kind @ ("http_headers" | "rtsp"), head) => {
            kind.hash(&mut hasher);
            for line in head.lines() {
                let (name, value) = line.split_once(':').unwrap_or((line, ""));
                name.hash(&mut hasher);
                if KEPT.iter().any(|kept| name.trim().eq_ignore_ascii_case(kept)) {
                    // A realm stays, the number beside it that is used once does not.
                    value.split("nonce").next().hash(&mut hasher);
                }
            }
        }
        Said::Reply(kind, text) => (kind, text).hash(&mut hasher),
        Said::Certificate(bytes) => bytes.hash(&mut hasher),
    }
    hasher.finish()
}
