//! What exporters report of flows: between whom, and which end was asked, where that can be told;
//! and the same of flows of which the recording does not show how they began.
//!
//! A record of one direction does not say who began. Other collectors turn flows round by the lower
//! port (`-B` of nfdump), or leave them as they are until packets of both directions were seen
//! (ntopng). Here an end is the one that was asked if the exporter says so, if its port alone is
//! one of services, or if it kept its port while those of the others changed as a system changes
//! them. Flags of TCP are those of all packets of a record together, and no sign of its first one.
//! Of all else is said that nobody knows, and the lower port is told as what it is.

use std::net::IpAddr;

use rustc_hash::{FxHashMap, FxHashSet};

use super::{Nodes, Peer, PeerKey, Seen, is_one, widen};
use crate::flowrecords::{self, Record};
use crate::wire::{discovery, makers, signs};

const TCP: u8 = 6;
/// What carries ports: TCP, UDP, DCCP, SCTP and UDP-Lite. Others have none, and exporters put the
/// kind of a message there.
const WITH_PORTS: [u8; 5] = [6, 17, 33, 132, 136];
/// Ports below are of services, and a system gives none of them to who asks (RFC 6335, 6).
pub(crate) const WELL_KNOWN_END: u16 = 1_024;
/// Ports from here on are what systems give to who asks: Linux from 32768, others from 49152.
const GIVEN_MIN: u16 = 32_768;
/// Different ports of others after which an end is known to keep its own.
const GIVEN_ENOUGH: usize = 3;
/// Ends that are watched for that.
const ENDS_MAX: usize = 1 << 18;

/// Ports of services above the first thousand by IANA's register of service names: OpenVPN, PPTP,
/// MQTT, RTMP, NFS, MySQL, RDP, STUN, NAT of IPsec, SIP, XMPP, LLMNR, AMQP, CWMP, HTTP and RTSP
/// beside their own. 8000 is there for another service, and the one at which Hikvision's recorders
/// are reached by its programs.
const SERVICES: [u16; 22] = [
    1_194, 1_723, 1_883, 1_935, 2_049, 3_306, 3_389, 3_478, 4_500, 5_060, 5_061, 5_222, 5_349,
    5_355, 5_671, 5_672, 7_547, 8_000, 8_080, 8_443, 8_554, 8_883,
];

/// How well a port is known as one of services.
fn rank(port: u16) -> u8 {
    let is_known = || {
        SERVICES.contains(&port)
            || flowrecords::PORTS.contains(&port)
            || discovery::is_known(port) && !makers::REOLINK.contains(&port)
            || signs::is_port(port)
    };
    match port {
        0 => 0,
        1..WELL_KNOWN_END => 2,
        _ => u8::from(is_known()),
    }
}

/// Which of both ends was asked by its port: 0 the first, 1 the second; nothing where that does not
/// tell. Registered ports are used by who asks, too, so that one of these tells only where the
/// other is one that systems give.
pub(crate) fn served([from, to]: [u16; 2]) -> Option<usize> {
    let [first, second] = [rank(from), rank(to)];
    let (end, best, other) = if second > first { (1, second, from) } else { (0, first, to) };
    (first != second && (best > 1 || other >= GIVEN_MIN)).then_some(end)
}

/// What is known of the ends of flows of which nobody says who was asked.
#[derive(Debug, Default)]
pub(super) struct Unsure {
    /// The other port of a peer of which the lower is told, by the number of the peer; nothing
    /// where there were several.
    others: FxHashMap<u32, Option<u16>>,
    /// The ports with which an address and port of TCP was met.
    ends: FxHashMap<(IpAddr, u16), Met>,
}

/// The ports with which an end was met.
#[derive(Debug, Default)]
struct Met {
    /// The first of those that systems give.
    given: [u16; GIVEN_ENOUGH],
    count: usize,
    /// Whether there was one that no system gives, as who looks for open ports has them.
    other: bool,
}

impl Met {
    fn with(&mut self, port: u16) {
        if port < GIVEN_MIN {
            self.other = true;
        } else if self.count < GIVEN_ENOUGH && !self.given[..self.count].contains(&port) {
            self.given[self.count] = port;
            self.count += 1;
        }
    }
}

impl Unsure {
    fn meet(&mut self, [from, to]: [(IpAddr, u16); 2]) {
        for (end, with) in [(from, to.1), (to, from.1)] {
            if self.ends.len() < ENDS_MAX || self.ends.contains_key(&end) {
                self.ends.entry(end).or_default().with(with);
            }
        }
    }

    /// Notes the other port of a flow with a peer that is told by the lower.
    fn other_of(&mut self, peer: u32, other: u16) {
        let known = self.others.entry(peer).or_insert(Some(other));
        *known = known.filter(|known| *known == other);
    }

    /// Whether an end kept its port while those of the others changed.
    fn keeps(&self, address: IpAddr, port: u16) -> bool {
        let met = self.ends.get(&(address, port));
        met.is_some_and(|met| !met.other && met.count == GIVEN_ENOUGH)
    }
}

impl Nodes {
    /// A flow between two ends of which nobody knows which was asked: looked at once more when all
    /// were seen. `peers`: what each has with the other, told by the lower port.
    pub(crate) fn unsure_of(
        &mut self,
        protocol: u8,
        ends: [(IpAddr, u16); 2],
        peers: [Option<u32>; 2],
    ) {
        if protocol == TCP {
            self.unsure.meet(ends);
        }
        let higher = ends[0].1.max(ends[1].1);
        peers.into_iter().flatten().for_each(|peer| self.unsure.other_of(peer, higher));
    }

    /// Counts a flow that an exporter reports.
    pub(crate) fn reported(&mut self, record: &Record, number: u64) {
        let [from, to] = record.ends;
        if !is_one(from) || !is_one(to) {
            return;
        }
        let [source, target] = record.macs;
        let sender = self.find((source, Some(from)), number);
        let getter = self.find((target, Some(to)), number);
        let station = &mut self.all[sender as usize].station;
        station.packets = station.packets.saturating_add(record.packets);
        for time in record.time.into_iter().flat_map(|(one, other)| [one, other]) {
            widen(&mut station.time, Some(time));
        }
        let ports = if WITH_PORTS.contains(&record.protocol) { record.ports } else { [0; 2] };
        let asked = record.asks.map(usize::from).or_else(|| served(ports));
        if asked.is_none() && record.protocol == TCP {
            self.unsure.meet([(from, ports[0]), (to, ports[1])]);
        }
        let [port, other] = ports;
        // A port that is not told is 0: then the other stands there.
        let lower = if port == 0 || other == 0 { port.max(other) } else { port.min(other) };
        let served = asked.map_or(lower, |end| ports[end]);
        for (end, node) in [(0, sender), (1, getter)] {
            // Where both ends have the same port it is told as the other's.
            let own = ports[end] == served && port != other;
            let key = PeerKey {
                address: record.ends[1 - end],
                port: served,
                protocol: record.protocol,
                serves: asked.map_or(own, |asked| asked == end),
                seen: Seen::Reported(record.one_in),
                guessed: asked.is_none(),
            };
            let Some(peer) = self.peer(node, key, number) else { continue };
            if asked.is_none() {
                self.unsure.other_of(peer, if ports[0] == served { ports[1] } else { ports[0] });
            }
            let peer = self.peer_at(peer);
            let bytes = if end == 0 { &mut peer.sent } else { &mut peer.got };
            *bytes = bytes.saturating_add(record.bytes);
            peer.packets = peer.packets.saturating_add(record.packets);
            for time in record.time.into_iter().flat_map(|(one, other)| [one, other]) {
                peer.seen_at(number, Some(time));
            }
        }
    }

    /// Looks once more at the flows of which nobody said who was asked, when all were seen.
    pub(super) fn settle(&mut self) {
        let unsure = std::mem::take(&mut self.unsure);
        let mut gone: FxHashSet<usize> = FxHashSet::default();
        for at in 0..self.peers.len() {
            let (node, peer) = &self.peers[at];
            let other = u32::try_from(at).ok().and_then(|at| unsure.others.get(&at));
            let (Some(other), (_, Some(own))) = (other, self.all[*node as usize].key) else {
                continue;
            };
            let Some((port, serves)) = settled(&unsure, own, peer, *other) else { continue };
            let node = *node;
            let (protocol, seen, address) = (peer.protocol, peer.seen, peer.address);
            let key = PeerKey { address, port, protocol, serves, seen, guessed: false };
            let known = *self.all[node as usize].peers.entry(key).or_insert(at as u32) as usize;
            let (_, peer) = &mut self.peers[at];
            (peer.port, peer.serves, peer.guessed) = (port, serves, false);
            if known != at {
                let peer = peer.clone();
                self.peers[known].1.join(&peer);
                gone.insert(at);
            }
        }
        let mut at = 0;
        self.peers.retain(|_| {
            at += 1;
            !gone.contains(&(at - 1))
        });
    }
}

/// The port that was asked, and whether it is the station's own.
fn settled(unsure: &Unsure, own: IpAddr, peer: &Peer, other: Option<u16>) -> Option<(u16, bool)> {
    if peer.protocol != TCP {
        return None;
    }
    let (of_port, of_other) = if peer.serves { (own, peer.address) } else { (peer.address, own) };
    let keeps = unsure.keeps(of_port, peer.port);
    let other = other.filter(|other| unsure.keeps(of_other, *other));
    match (keeps, other) {
        (true, None) => Some((peer.port, peer.serves)),
        (false, Some(other)) => Some((other, !peer.serves)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CAMERA: [u8; 4] = [10, 0, 0, 7];
    const FAR: [u8; 4] = [198, 51, 100, 9];

    fn record(from: ([u8; 4], u16), to: ([u8; 4], u16), protocol: u8) -> Record {
        Record {
            ends: [from.0.into(), to.0.into()],
            ports: [from.1, to.1],
            macs: [None; 2],
            protocol,
            bytes: 100,
            packets: 1,
            time: None,
            one_in: None,
            asks: None,
        }
    }

    /// Of the camera's peers: port, whether it serves, whether that is guessed, sent and got.
    fn peers(records: &[Record]) -> Vec<(u16, bool, bool, u64, u64)> {
        let mut nodes = Nodes::default();
        records.iter().for_each(|record| nodes.reported(record, 1));
        let all = nodes.finish(Vec::new()).stations;
        let camera = all.into_iter().find(|one| one.addresses.contains(&CAMERA.into()));
        let peers = camera.into_iter().flat_map(|one| one.peers);
        peers.map(|one| (one.port, one.serves, one.guessed, one.sent, one.got)).collect()
    }

    #[test]
    fn a_port_of_a_service_says_who_was_asked_and_no_other_does() {
        let of = |own, far, protocol| peers(&[record((CAMERA, own), (FAR, far), protocol)]);
        assert_eq!(of(50_000, 443, TCP), [(443, false, false, 100, 0)]);
        assert_eq!(of(554, 1_234, TCP), [(554, true, false, 100, 0)]);
        assert_eq!(of(40_000, 8_883, TCP), [(8_883, false, false, 100, 0)], "registered");
        assert_eq!(
            of(8_000, 31_006, TCP),
            [(8_000, true, true, 100, 0)],
            "whoever asks may use it"
        );
        assert_eq!(of(37_777, 33_000, TCP), [(37_777, true, false, 100, 0)], "a maker's own");
        assert_eq!(of(8_080, 443, TCP), [(443, false, false, 100, 0)]);
        assert_eq!(of(1_234, 50_000, TCP), [(1_234, true, true, 100, 0)], "the lower, and a guess");
        assert_eq!(of(50_000, 1_234, 17), [(1_234, false, true, 100, 0)]);
        assert_eq!(of(123, 123, 17), [(123, false, true, 100, 0)], "both alike");
        // Of ICMP exporters tell the kind of the message where others have a port.
        assert_eq!(of(0, 2_048, 1), [(0, false, true, 100, 0)]);
    }

    #[test]
    fn what_the_exporter_says_of_who_asked_goes_before_ports() {
        let one = record((CAMERA, 1_234), (FAR, 50_000), TCP);
        let of = |asks| peers(&[Record { asks, ..one }]);
        assert_eq!(of(Some(true)), [(50_000, false, false, 100, 0)]);
        assert_eq!(of(Some(false)), [(1_234, true, false, 100, 0)]);
    }

    #[test]
    fn both_directions_are_one_and_say_nothing_of_who_asked() {
        let there = record((CAMERA, 50_000), (FAR, 1_234), TCP);
        let back = record((FAR, 1_234), (CAMERA, 50_000), TCP);
        assert_eq!(peers(&[there, back]), [(1_234, false, true, 100, 100)]);
    }

    #[test]
    fn an_end_that_keeps_its_port_while_others_change_was_asked() {
        let from = |far| record((FAR, far), (CAMERA, 1_234), TCP);
        let back = |far| record((CAMERA, 1_234), (FAR, far), TCP);
        let both = |far: &[u16]| -> Vec<Record> {
            far.iter().flat_map(|far| [from(*far), back(*far)]).collect()
        };
        let sure = [(1_234, true, false, 300, 300)];
        assert_eq!(peers(&both(&[50_000, 50_001, 40_000])), sure);
        assert!(peers(&both(&[50_000, 50_001, 50_000])).iter().all(|one| one.2), "two are few");
        let odd = both(&[50_000, 50_001, 40_000, 2_000]);
        assert!(peers(&odd).iter().all(|one| one.2), "so does who looks for open ports");
        // One socket of datagrams may ask many.
        let many = [50_000, 50_001, 50_002].map(|far| record((CAMERA, 1_234), (FAR, far), 17));
        assert!(peers(&many).iter().all(|one| one.2));
        // The port that is kept may be the higher one.
        let higher = [40_000, 40_001, 40_002].map(|own| record((CAMERA, own), (FAR, 45_000), TCP));
        assert_eq!(peers(&higher), [(45_000, false, false, 300, 0)]);
    }

    #[test]
    fn ends_that_are_watched_are_bounded() {
        let mut unsure = Unsure::default();
        for number in 0..u32::try_from(ENDS_MAX).unwrap_or(0) {
            let one = record((number.to_be_bytes(), 1_234), (FAR, 50_000), TCP);
            unsure.meet([(one.ends[0], one.ports[0]), (one.ends[1], one.ports[1])]);
        }
        assert_eq!(unsure.ends.len(), ENDS_MAX);
    }
}
