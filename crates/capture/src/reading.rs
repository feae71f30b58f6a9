//! From frames to stations: every packet is taken once, in the order of the file.

use std::net::IpAddr;

use rustc_hash::FxHashMap;

use crate::flows::{Flow, Flows, Key};
use crate::fragment::{Fragments, carried};
use crate::frames::Frame;
use crate::limits::MESSAGES_MAX;
use crate::packet::{Body, Ip, Packet, Segment, Transport, is_known_link, packet};
use crate::station::{Cover, Nodes, Station, widen};
use crate::wire::{Said, dhcp, discovery, dns, http, tls};

const TCP: u8 = 6;
const UDP: u8 = 17;
const ICMP_6: u8 = 58;
/// Neighbour solicitation and advertisement.
const NEIGHBOUR_ASKS: u8 = 135;
const NEIGHBOUR_TELLS: u8 = 136;
const DNS_PORT: u16 = 53;
const DHCP_PORTS: [u16; 2] = [67, 68];
/// Addresses of which the names are remembered.
const NAMES_MAX: usize = 1 << 16;

/// What was counted on the way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Frames that were recorded.
    pub frames: u64,
    /// Bytes that were recorded of them.
    pub bytes: u64,
    /// Frames of which not all was recorded.
    pub cut: u64,
    /// Frames of links that are not read.
    pub strange: u64,
    /// Frames in which nothing could be read.
    pub unread: u64,
    /// Frames that are older than one before them.
    pub backwards: u64,
    /// The first and the last moment, in nanoseconds since 1970.
    pub time: Option<(i64, i64)>,
    /// Packets of stations for which there was no room.
    pub left: u64,
}

/// Reads a capture.
#[derive(Debug, Default)]
pub struct Capture {
    tally: Tally,
    last: Option<i64>,
    fragments: Fragments,
    flows: Flows,
    nodes: Nodes,
    /// The name for which an address was the answer, the last of several.
    names: FxHashMap<IpAddr, String>,
}

impl Capture {
    /// Takes a frame.
    pub fn take(&mut self, frame: &Frame<'_>) {
        let tally = &mut self.tally;
        tally.frames += 1;
        tally.bytes += frame.bytes.len() as u64;
        tally.cut += u64::from((frame.bytes.len() as u64) < u64::from(frame.length));
        widen(&mut tally.time, frame.time);
        tally.backwards += u64::from(frame.time.is_some() && frame.time < self.last);
        self.last = frame.time.max(self.last);
        if !is_known_link(frame.link) {
            tally.strange += 1;
            return;
        }
        let Some(packet) = packet(frame) else {
            tally.unread += 1;
            return;
        };
        match packet.body {
            Body::Arp(mac, address) => {
                if mac.is_ones() && !address.is_unspecified() {
                    let node = self.nodes.find((Some(mac), Some(address.into())), packet.number);
                    self.nodes.own(node);
                    self.nodes.sent(node, packet.time);
                }
            }
            Body::Link(discovery::SADP_LINK, _) => self.seen_on_link(&packet),
            Body::Link(..) => {}
            Body::Ip(Ip { from, to, transport: Transport::Piece(piece) }) => {
                let whole = self.fragments.take(from, to, &piece);
                if let Some((protocol, bytes)) = whole
                    && let Some(transport) = carried(protocol, &bytes)
                {
                    self.ip(&packet, Ip { from, to, transport });
                }
            }
            Body::Ip(ip) => self.ip(&packet, ip),
        }
    }

    /// What was seen, once all frames were taken.
    #[must_use]
    pub fn finish(self) -> (Vec<Station>, Tally) {
        let mut tally = self.tally;
        tally.left = self.nodes.left;
        (self.nodes.finish(), tally)
    }

    fn seen_on_link(&mut self, packet: &Packet<'_>) {
        if let Some(mac) = packet.source.filter(|mac| mac.is_ones()) {
            let node = self.nodes.find((Some(mac), None), packet.number);
            self.nodes.sent(node, packet.time);
        }
    }

    fn ip(&mut self, packet: &Packet<'_>, ip: Ip<'_>) {
        match ip.transport {
            Transport::Udp(from, to, bytes) => self.datagram(packet, &ip, (from, to), bytes),
            Transport::Tcp(segment) => self.segment(packet, &ip, &segment),
            Transport::Other(ICMP_6, bytes) => self.neighbour(packet, &ip, bytes),
            Transport::Piece(_) | Transport::Other(..) => {}
        }
    }

    /// Neighbours of the sixth version tell one another what ARP tells in the fourth (RFC 4861, 4.3
    /// and 4.4): who asks has the address that it asks from, or wants the one that it asks for, and
    /// who answers has the one that it names.
    fn neighbour(&mut self, packet: &Packet<'_>, ip: &Ip<'_>, bytes: &[u8]) {
        let named =
            || -> Option<IpAddr> { Some(<[u8; 16]>::try_from(bytes.get(8..24)?).ok()?.into()) };
        let address = match bytes.first() {
            Some(&NEIGHBOUR_ASKS) if !ip.from.is_unspecified() => Some(ip.from),
            Some(&(NEIGHBOUR_ASKS | NEIGHBOUR_TELLS)) => named(),
            _ => None,
        };
        let mac = packet.source.filter(|mac| mac.is_ones());
        if let (Some(mac), Some(address)) = (mac, address.filter(|one| is_one(*one))) {
            let node = self.nodes.find((Some(mac), Some(address)), packet.number);
            self.nodes.own(node);
            self.nodes.sent(node, packet.time);
        }
    }

    fn datagram(&mut self, packet: &Packet<'_>, ip: &Ip<'_>, (from, to): (u16, u16), bytes: &[u8]) {
        let (number, time) = (packet.number, packet.time);
        if DHCP_PORTS.contains(&from) && DHCP_PORTS.contains(&to) {
            self.dhcp(packet, bytes);
            return;
        }
        let (key, is_low) = Key::of((ip.from, from), (ip.to, to), UDP);
        let (node, peer) = self.counted(packet, ip, (from, to), key, is_low, UDP, false);
        if from == DNS_PORT || to == DNS_PORT {
            if let Some(message) = dns::read(bytes) {
                self.names_of(node, &message, number, time);
            }
            return;
        }
        for said in discovery::read(from, to, bytes) {
            self.nodes.show(node, said, number, time);
        }
        // Dahua's firmware asks its cloud in datagrams written like HTTP.
        if bytes.starts_with(b"DH")
            && let http::Reading::Message(message) = http::read(bytes, true)
        {
            message.said.into_iter().for_each(|said| self.nodes.show(node, said, number, time));
            if let Some(peer) = peer {
                self.nodes.peer_at(peer).cover = Cover::Plain;
            }
        }
    }

    /// Counts a packet with its sender and its flow; gives the sender and what it has with the
    /// other.
    #[expect(clippy::too_many_arguments, reason = "each is another part of one packet")]
    fn counted(
        &mut self,
        packet: &Packet<'_>,
        ip: &Ip<'_>,
        (from, to): (u16, u16),
        key: Key,
        is_low: bool,
        protocol: u8,
        answers: bool,
    ) -> (u32, Option<u32>) {
        let number = packet.number;
        let nodes = &mut self.nodes;
        let flow = match self.flows.known(key, number) {
            Some(flow) => flow,
            None => {
                let source = packet.source.filter(|mac| mac.is_ones());
                let target = packet.target.filter(|mac| mac.is_ones());
                let ends = [
                    nodes.find((source, Some(ip.from)), number),
                    nodes.find((target, Some(ip.to)), number),
                ];
                // Whoever answers was asked; else the end with the lower port is.
                let sender_serves = answers || from < to;
                let (low, high) = if is_low { (ends[0], ends[1]) } else { (ends[1], ends[0]) };
                let mut flow = Flow::new([low, high]);
                if is_one(ip.from) && is_one(ip.to) {
                    let port = if sender_serves { from } else { to };
                    let mut of =
                        |node, other, serves| nodes.peer(node, (other, port), protocol, serves);
                    let sender = of(ends[0], ip.to, sender_serves);
                    let other = of(ends[1], ip.from, !sender_serves);
                    flow.peers = if is_low { [sender, other] } else { [other, sender] };
                    for (peer, address) in [(sender, ip.to), (other, ip.from)] {
                        if let (Some(peer), Some(name)) = (peer, self.names.get(&address)) {
                            nodes.peer_at(peer).name(name);
                        }
                    }
                }
                self.flows.find(key, number, || flow)
            }
        };
        let (this, other) = if is_low { (0, 1) } else { (1, 0) };
        let length = u64::from(packet.length);
        let (node, own, theirs) = (flow.nodes[this], flow.peers[this], flow.peers[other]);
        nodes.sent(node, packet.time);
        if let Some(peer) = own {
            let peer = nodes.peer_at(peer);
            peer.sent += length;
            peer.packets += 1;
            widen(&mut peer.time, packet.time);
        }
        if let Some(peer) = theirs {
            let peer = nodes.peer_at(peer);
            peer.got += length;
            peer.packets += 1;
            widen(&mut peer.time, packet.time);
        }
        (node, own)
    }

    fn segment(&mut self, packet: &Packet<'_>, ip: &Ip<'_>, segment: &Segment<'_>) {
        let ends = ((ip.from, segment.from), (ip.to, segment.to));
        let (key, is_low) = Key::of(ends.0, ends.1, TCP);
        let answers = segment.begins && segment.answers;
        let begins_asking = segment.begins && !segment.answers;
        let ports = if begins_asking { (u16::MAX, segment.to) } else { (segment.from, segment.to) };
        let ports = if begins_asking && segment.to == u16::MAX { (1, 0) } else { ports };
        let (node, _) = self.counted(packet, ip, ports, key, is_low, TCP, answers);
        let Some(flow) = self.flows.known(key, packet.number) else { return };
        let this = usize::from(!is_low);
        let stream = &mut flow.streams[this];
        if stream.is_done() {
            return;
        }
        if segment.begins {
            stream.begin(segment.place);
        }
        let before = stream.kept();
        let fresh = stream.take(segment.place, segment.bytes);
        let more = stream.kept().saturating_sub(before);
        let mut found = Vec::new();
        if fresh || segment.ends {
            read_stream(flow, this, segment.ends, &mut found);
        }
        let peers = flow.peers;
        self.flows.keep(more, packet.number);
        for one in found {
            self.found(node, peers, this, one, packet);
        }
    }

    /// Keeps what was read of a stream.
    fn found(
        &mut self,
        node: u32,
        peers: [Option<u32>; 2],
        this: usize,
        one: Found,
        packet: &Packet<'_>,
    ) {
        match one {
            Found::Said(said) => self.nodes.show(node, said, packet.number, packet.time),
            // The name is of whom the sender asks.
            Found::Asked(name) => {
                if let Some(peer) = peers[this] {
                    self.nodes.peer_at(peer).name(&name);
                }
                let said = Said::Reply("dns", name);
                self.nodes.show(node, said, packet.number, packet.time);
            }
            Found::Cover(cover) => {
                for peer in peers.into_iter().flatten() {
                    self.nodes.peer_at(peer).cover = cover;
                }
            }
        }
    }

    fn dhcp(&mut self, packet: &Packet<'_>, bytes: &[u8]) {
        let Some(message) = dhcp::read(bytes) else { return };
        let Some(client) = message.client else { return };
        let (number, time) = (packet.number, packet.time);
        let node = self.nodes.find((Some(client), message.address.map(IpAddr::from)), number);
        self.nodes.own(node);
        if message.asks || message.address.is_some() {
            self.nodes.sent(node, time);
        }
        if !message.asks {
            return;
        }
        if let Some(words) = message.words() {
            self.nodes.show(node, Said::Reply("dhcp", words), number, time);
        }
        if let Some(hostname) = message.hostname {
            self.nodes.show(node, Said::Reply("hostname", hostname), number, time);
        }
    }

    /// What a station asks for is a trace of it; the answers name its peers.
    fn names_of(&mut self, node: u32, message: &dns::Message, number: u64, time: Option<i64>) {
        if !message.answers {
            for name in &message.asked {
                // Looking up an address backwards names nobody.
                if name.contains('.') && !name.ends_with(".arpa") {
                    self.nodes.show(node, Said::Reply("dns", name.clone()), number, time);
                }
            }
            return;
        }
        let Some(asked) = message.asked.first() else { return };
        for record in &message.records {
            if let dns::Holds::Address(address) = record.holds
                && (self.names.len() < NAMES_MAX || self.names.contains_key(&address))
            {
                self.names.insert(address, asked.clone());
            }
        }
    }
}

/// Whether an address is of one station.
fn is_one(address: IpAddr) -> bool {
    let everybody = matches!(address, IpAddr::V4(four) if four.is_broadcast());
    !address.is_multicast() && !address.is_unspecified() && !everybody
}

/// What was read of a stream.
enum Found {
    Said(Said),
    Asked(String),
    Cover(Cover),
}

/// Reads what came in order of one direction.
fn read_stream(flow: &mut Flow, this: usize, ended: bool, found: &mut Vec<Found>) {
    let stream = &mut flow.streams[this];
    loop {
        let bytes = stream.bytes();
        let passed = flow.passed[this];
        if passed > 0 && !bytes.is_empty() {
            let count = usize::try_from(passed).unwrap_or(usize::MAX).min(bytes.len());
            flow.passed[this] -= count as u64;
            stream.read(count);
            continue;
        }
        if bytes.is_empty() {
            return;
        }
        if tls::begins(bytes) {
            match tls::read(bytes, ended) {
                tls::Reading::More => return,
                tls::Reading::Other => {}
                tls::Reading::Done(beginning) => {
                    found.push(Found::Cover(Cover::Tls));
                    found.extend(beginning.asked.map(Found::Asked));
                    let shown = beginning.certificate.map(Said::Certificate);
                    found.extend(shown.map(Found::Said));
                }
            }
            stream.finish();
            return;
        }
        match http::read(bytes, ended) {
            http::Reading::More => return,
            http::Reading::Other => {
                stream.finish();
                return;
            }
            http::Reading::Message(message) => {
                found.push(Found::Cover(Cover::Plain));
                if !message.answers {
                    found.extend(message.host.filter(|host| is_name(host)).map(Found::Asked));
                }
                found.extend(message.said.into_iter().map(Found::Said));
                stream.read(message.length);
                flow.passed[this] = message.rest;
                flow.messages[this] += 1;
                if usize::from(flow.messages[this]) >= MESSAGES_MAX {
                    stream.finish();
                    return;
                }
            }
        }
    }
}

/// Whether a host is a name, not an address.
fn is_name(host: &str) -> bool {
    host.contains('.') && host.parse::<IpAddr>().is_err()
}
