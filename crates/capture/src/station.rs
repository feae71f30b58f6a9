//! What a capture shows of each station: what it says of itself, and with whom it talks.

mod answers;
mod reported;
mod sameness;
mod whose;

use std::net::IpAddr;

use ipnet::IpNet;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::limits::{
    NAMES_BYTES_MAX, PEERS_MAX, PEERS_OF_ALL_MAX, STATIONS_MAX, TRACES_BYTES_MAX, TRACES_MAX,
};
use crate::packet::{Mac, Mark, Packet};
use crate::wire::Said;

pub use answers::Answer;
use answers::Answers;
pub(crate) use answers::Questions;
pub(crate) use reported::{WELL_KNOWN_END, served};
use sameness::sameness;
pub(crate) use whose::Settled;

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
    /// Whether nobody knows which of both was asked: an exporter reports a direction, or the
    /// recording begins in the middle, and nothing tells.
    pub guessed: bool,
    /// Whether it was recorded that whoever was asked gave no answer, or none but a refusal.
    pub unanswered: bool,
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
    pub(crate) fn count(&mut self, sends: bool, bytes: u64, open: bool, packet: &Packet<'_>) {
        self.unanswered &= !open;
        *(if sends { &mut self.sent } else { &mut self.got }) += bytes;
        self.packets += u64::from(packet.pieces);
        self.seen_at(packet.began, packet.time);
    }

    /// Adds what was counted of the same peer elsewhere.
    fn join(&mut self, other: &Self) {
        self.sent = self.sent.saturating_add(other.sent);
        self.got = self.got.saturating_add(other.got);
        self.unanswered &= other.unanswered;
        self.packets = self.packets.saturating_add(other.packets);
        if self.cover == Cover::Unknown {
            self.cover = other.cover;
        }
        self.sign = self.sign.or(other.sign);
        for name in &other.names {
            if self.names.len() < NAMES_MAX && !self.names.contains(name) {
                self.names.push(name.clone());
            }
        }
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
    /// The numbers of its questions about names that nobody answered.
    pub questions: Vec<u64>,
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

impl PeerKey {
    /// That of a peer.
    fn of(peer: &Peer) -> Self {
        let Peer { address, port, protocol, serves, seen, guessed, .. } = *peer;
        Self { address, port, protocol, serves, seen, guessed }
    }
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
    /// Networks that are the user's own, whatever their addresses.
    pub(crate) own: Networks,
}

#[derive(Debug)]
struct Node {
    key: NodeKey,
    /// Whether the station itself said that the address is its own.
    own: bool,
    /// Whether it began a flow with a packet that came as whoever makes it sends it.
    begins: bool,
    /// Whether any packet came from it so.
    near: bool,
    /// The number of its last packet, and whether it gives each another.
    last_id: u16,
    varies: bool,
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
        let (begins, near, last_id, varies) = Default::default();
        let node = Node { key, own, begins, near, last_id, varies, station, shown, peers };
        self.all.push(node);
        self.known.insert(key, new);
        new
    }

    /// Whether a station is known without an address on the link.
    pub(crate) fn is_bare(&self, node: u32) -> bool {
        self.all[node as usize].key.0.is_none()
    }

    /// A station said that its address is its own: it asked for it, was given it, or told others.
    pub(crate) fn own(&mut self, node: u32) {
        self.all[node as usize].own = true;
    }

    /// A station began a flow, and the packet came as whoever makes it sends it: no router passed
    /// it on.
    pub(crate) fn begins(&mut self, node: u32) {
        self.all[node as usize].begins = true;
    }

    /// Another packet of a station came so. What answers may be a gateway that speaks for somebody
    /// far away, so that this tells less.
    pub(crate) fn near(&mut self, node: u32) {
        self.all[node as usize].near = true;
    }

    /// The mark of a packet of a station, as far as it tells one from the next: some systems give
    /// every packet the same number, and what is no part of a stream may then be said twice.
    pub(crate) fn numbered(&mut self, node: u32, mark: Mark) -> Option<Mark> {
        let Node { last_id, varies, .. } = &mut self.all[node as usize];
        let last = std::mem::replace(last_id, mark.id);
        *varies |= last != 0 && mark.id != 0 && last != mark.id;
        match *varies && mark.id != 0 {
            true => Some(mark),
            false => mark.is_placed.then_some(Mark { id: 0, ..mark }),
        }
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
            // What an exporter does not say was not left without an answer for that.
            unanswered: seen == Seen::Packets,
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
}

/// Prefixes of links that are kept.
const PREFIXES_MAX: usize = 64;

/// Whether the second half of an address is made of the one on the link (RFC 4291, appendix A).
fn is_made_of(address: IpAddr, Mac([a, b, c, d, e, f]): Mac) -> bool {
    let made = [a ^ 2, b, c, 0xFF, 0xFE, d, e, f];
    matches!(address, IpAddr::V6(six) if six.octets()[8..] == made)
}

/// Whether an address is of one station.
pub(crate) fn is_one(address: IpAddr) -> bool {
    // The first network is this one, and the last is kept for later (RFC 6890).
    let nobody = matches!(address, IpAddr::V4(four) if matches!(four.octets()[0], 0 | 240..));
    !address.is_multicast() && !address.is_unspecified() && !address.is_loopback() && !nobody
}

/// Networks that somebody says are his own: those with public addresses, which nothing else tells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Networks(pub Vec<IpNet>);

impl Networks {
    /// Whether an address is of the network that was recorded, or of one beside it.
    #[must_use]
    pub fn is_local(&self, address: IpAddr) -> bool {
        is_private(address) || self.0.iter().any(|one| one.contains(&address))
    }
}

/// Whether an address is of those that networks use for themselves.
fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(four) => four.is_private() || four.is_link_local() || is_shared(four.octets()),
        IpAddr::V6(six) => six.is_unicast_link_local() || six.is_unique_local(),
    }
}

/// Addresses that providers share out among their customers (RFC 6598).
fn is_shared([a, b, ..]: [u8; 4]) -> bool {
    a == 100 && b & 0xC0 == 64
}
