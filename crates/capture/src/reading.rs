//! From frames to stations: every packet is taken once, in the order of the file.

use std::net::IpAddr;
use std::sync::Arc;

use crate::flowrecords::{self, FlowRecords, Record};
use crate::flows::{End, Flows};
use crate::following::{Found, Sight, counted, is_host, is_odd, read_datagram, read_stream};
use crate::fragment::{Fragments, Spent, carried};
use crate::frames::Frame;
use crate::limits::MESSAGES_MAX;
use crate::packet::{Body, Ip, Mac, Mark, Packet, Segment, Transport, is_known_link, packet};
use crate::station::{Answer, Cover, Networks, Nodes, Questions, Settled, Station, is_one, widen};
use crate::wire::{Said, dhcp, discovery, dns, makers};

const TCP: u8 = 6;
const UDP: u8 = 17;
const ICMP: u8 = 1;
const ICMP_6: u8 = 58;
/// Echo requests and their answers, by how they are carried (RFC 792, RFC 4443).
const ECHO_ASKS: [(u8, u8); 2] = [(ICMP, 8), (ICMP_6, 128)];
const ECHO_ANSWERS: [(u8, u8); 2] = [(ICMP, 0), (ICMP_6, 129)];
/// For so long a conversation of datagrams is silent, at most, in nanoseconds: systems that follow
/// them forget one earlier (RFC 4787, 4.3, and what Linux does).
const RUNS: i64 = 180_000_000_000;
/// Neighbour solicitation and advertisement.
const NEIGHBOUR_ASKS: u8 = 135;
const NEIGHBOUR_TELLS: u8 = 136;
const ROUTER_TELLS: u8 = 134;
/// What stays on a link: queries of group members, routers, neighbours, their reports.
const OF_LINK: [std::ops::RangeInclusive<u8>; 2] = [130..=137, 143..=143];
/// Stretches of one capture that are kept.
const STRETCHES_MAX: usize = 256;
/// By so much packets lie in another order; what lies further back was recorded by another clock,
/// in nanoseconds.
const BACK: i64 = 10_000_000_000;
/// A silence of which nobody knows whether it was recorded, in nanoseconds: on networks with
/// cameras hardly a minute passes without a packet.
const SILENCE: i64 = 3_600_000_000_000;
const DNS_PORT: u16 = 53;
const DHCP_PORTS: [u16; 2] = [67, 68];

/// Takes note of a moment: it goes on with the last stretch, or begins another.
fn stretch(all: &mut Vec<(i64, i64)>, time: i64) {
    let is_room = all.len() < STRETCHES_MAX;
    match all.last_mut() {
        Some((from, until)) if !is_room || time >= *until - BACK && time <= *until + SILENCE => {
            (*from, *until) = ((*from).min(time), (*until).max(time));
        }
        _ => all.push((time, time)),
    }
}

/// Whether a message of ICMP is of those that no router passes on (RFC 4861, RFC 3810).
fn is_of_link(bytes: &[u8]) -> bool {
    bytes.first().is_some_and(|kind| OF_LINK.iter().any(|all| all.contains(kind)))
}

/// The prefixes that a router says are on the link (RFC 4861, 4.2 and 4.6.2): how long, and which.
fn prefixes(bytes: &[u8]) -> impl Iterator<Item = (u8, u128)> + '_ {
    const OPTIONS_AT: usize = 16;
    const PREFIX: u8 = 3;
    const PREFIX_BYTES: usize = 32;
    const ON_LINK: u8 = 0x80;
    let mut rest = bytes.get(OPTIONS_AT..).unwrap_or_default();
    std::iter::from_fn(move || {
        loop {
            let [kind, length, ..] = *rest else { return None };
            let (option, behind) = rest.split_at_checked(8 * usize::from(length.max(1)))?;
            rest = behind;
            if kind == PREFIX && option.len() == PREFIX_BYTES && option[3] & ON_LINK != 0 {
                let prefix: [u8; 16] = option[16..].try_into().ok()?;
                return Some((option[2], u128::from_be_bytes(prefix)));
            }
        }
    })
}

/// What was counted on the way.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
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
    /// Stretches without a jump of the clock backwards and without a long silence, each with its
    /// first and last moment; from many on the last goes on.
    pub stretches: Vec<(i64, i64)>,
    /// Packets of stations for which there was no room.
    pub left: u64,
    /// Ends of flows whose peers are not listed, since there are too many.
    pub peers_left: u64,
    /// Answers about names for which there was no room: peers may lack the name that was asked.
    pub answers_left: u64,
    /// Packets that were recorded twice, on their way or by a mirror, and counted once.
    pub twice: u64,
    /// Answers that name an address and that nobody was seen to ask for: they name nobody.
    pub unasked: u64,
    /// Names that were asked for and are none of a host: they are told nowhere.
    pub odd_names: u64,
    /// Stations whose hardware address sends for others, too: it is not known to be theirs.
    pub unsettled: u64,
    /// Flows that were let go since there were too many: of one that goes on, what is said behind
    /// its beginning is not read, and its packets are still counted.
    pub flows_let_go: u64,
    /// Packets that passed between addresses of which none is known to be a station's here: what
    /// they exchanged is counted nowhere.
    pub nobody: u64,
    /// Packets of which some pieces never came: nothing of them is counted.
    pub pieces_missing: u64,
    /// Packets in pieces that were given up while they waited: nothing of them is counted.
    pub pieces_let_go: u64,
    /// Flows that exporters report.
    pub reported: u64,
    /// Reports that do not say between whom.
    pub unnamed: u64,
    /// Sets of such reports that could not be read: what they look like was never said.
    pub untold: u64,
    /// How often there was no room for an exporter, or for what one says of its reports.
    pub crowded: u64,
    /// Messages of exporters that came again, and were counted once.
    pub again: u64,
    /// Exporters that reported flows.
    pub exporters: usize,
    /// In how many places messages of exporters are missing, by their numbers.
    pub gaps: u64,
    /// Reports whose numbers cannot be: nothing of them is counted.
    pub odd: u64,
}

/// Reads a capture.
#[derive(Debug, Default)]
pub struct Capture {
    tally: Tally,
    last: Option<i64>,
    fragments: Fragments,
    flows: Flows,
    nodes: Nodes,
    records: FlowRecords,
    questions: Questions,
    /// Whether only what exporters report is read.
    reports: bool,
}

impl Capture {
    /// One that remembers which stations were heard since [`Self::fresh`] was asked last.
    #[must_use]
    pub fn telling() -> Self {
        Self { nodes: Nodes::telling(), ..Self::default() }
    }

    /// One of what a collector was sent: only the flows that are reported count, and neither who
    /// reports nor who collects is a station of it for that.
    #[must_use]
    pub fn of_reports() -> Self {
        Self { reports: true, ..Self::default() }
    }

    /// The same where these networks are the user's own, whatever their addresses.
    #[must_use]
    pub fn within(mut self, own: Networks) -> Self {
        self.nodes.own = own;
        self
    }

    /// The addresses, on the link and in the network, of stations that sent their first packet
    /// since this was asked last. One station may come with one address after the other.
    pub fn fresh(&mut self) -> impl Iterator<Item = (Option<Mac>, Option<IpAddr>)> + '_ {
        self.nodes.fresh()
    }

    /// Takes a frame.
    pub fn take(&mut self, frame: &Frame<'_>) {
        let tally = &mut self.tally;
        tally.frames += 1;
        tally.bytes += frame.bytes.len() as u64;
        tally.cut += u64::from((frame.bytes.len() as u64) < u64::from(frame.length));
        widen(&mut tally.time, frame.time);
        if let Some(time) = frame.time {
            stretch(&mut tally.stretches, time);
        }
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
                    self.nodes.sent(node, 1, packet.time);
                }
            }
            Body::Link(discovery::SADP_LINK, bytes) => self.seen_on_link(&packet, bytes),
            Body::Link(..) => {}
            Body::Ip(Ip { from, to, hops, transport: Transport::Piece(piece), .. }) => {
                let told = (packet.length, packet.number);
                let whole = self.fragments.take((from, to), &piece, told);
                if let Some((protocol, bytes, spent)) = whole {
                    let transport = carried(protocol, &bytes);
                    let transport = transport.unwrap_or(Transport::Other(protocol, &bytes));
                    let Spent { length, pieces, number } = spent;
                    let packet = Packet { length, pieces, began: number, ..packet };
                    let mark = Mark::of_pieces(&piece, length);
                    self.ip(&packet, Ip { from, to, hops, mark, transport });
                }
            }
            Body::Ip(ip) => self.ip(&packet, ip),
        }
    }

    /// What was seen, once all frames were taken.
    #[must_use]
    pub fn finish(self) -> (Vec<Station>, Tally) {
        let mut tally = self.tally;
        (tally.left, tally.peers_left) = (self.nodes.left, self.nodes.peers_left);
        (tally.gaps, tally.exporters) = (self.records.gaps(), self.records.exporters());
        tally.pieces_missing = self.fragments.missing();
        (tally.again, tally.odd) = (self.records.again(), self.records.odd());
        tally.answers_left = self.nodes.answers_left();
        (tally.flows_let_go, tally.pieces_let_go) = (self.flows.let_go, self.fragments.let_go());
        (tally.reported, tally.untold) = (self.records.read(), self.records.untold());
        (tally.unnamed, tally.crowded) = (self.records.unnamed(), self.records.crowded());
        let Settled { stations, nobody, unsettled } = self.nodes.finish(self.questions.open());
        (tally.nobody, tally.unsettled) = (nobody, unsettled);
        (stations, tally)
    }

    fn seen_on_link(&mut self, packet: &Packet<'_>, bytes: &[u8]) {
        if let Some(mac) = packet.source.filter(|mac| mac.is_ones()) {
            let node = self.nodes.find((Some(mac), None), packet.number);
            self.nodes.sent(node, 1, packet.time);
            if let Some(said) = makers::sadp_frame(bytes) {
                self.nodes.show(node, said, packet.number, packet.time);
            }
        }
    }

    fn ip(&mut self, packet: &Packet<'_>, ip: Ip<'_>) {
        match ip.transport {
            Transport::Udp(from, to, bytes) => self.datagram(packet, &ip, (from, to), bytes),
            Transport::Tcp(segment) => self.segment(packet, &ip, &segment),
            Transport::Other(ICMP_6, bytes) if is_of_link(bytes) => {
                self.neighbour(packet, &ip, bytes);
            }
            Transport::Other(protocol, bytes) => self.other(packet, &ip, (protocol, bytes)),
            Transport::Piece(_) => {}
        }
    }

    /// Counts what is neither a datagram nor a segment: tunnels, pings, and others.
    fn other(&mut self, packet: &Packet<'_>, ip: &Ip<'_>, (protocol, bytes): (u8, &[u8])) {
        if !self.reports {
            let kind = bytes.first().map(|kind| (protocol, *kind));
            let is_one_of = |all: [(u8, u8); 2]| kind.is_some_and(|kind| all.contains(&kind));
            let serves = match is_one_of(ECHO_ANSWERS) {
                true => Some(true),
                false => is_one_of(ECHO_ASKS).then_some(false),
            };
            let runs = self.runs(packet);
            let sight = Sight { from: 0, to: 0, protocol, serves, says: &[], open: false, runs };
            let counted = counted(&mut self.flows, &mut self.nodes, packet, ip, &sight);
            self.tally.twice += u64::from(counted.is_none());
        }
    }

    /// Whether the stretch in which a packet lies began so long before it that what was silent
    /// since begins anew.
    fn runs(&self, packet: &Packet<'_>) -> bool {
        let began = self.tally.stretches.last().map(|(from, _)| *from);
        began.zip(packet.time).is_some_and(|(from, time)| time - from >= RUNS)
    }

    /// Neighbours of the sixth version tell one another what ARP tells in the fourth (RFC 4861, 4.3
    /// and 4.4): who asks has the address that it asks from, or wants the one that it asks for, and
    /// who answers has the one that it names.
    fn neighbour(&mut self, packet: &Packet<'_>, ip: &Ip<'_>, bytes: &[u8]) {
        if bytes.first() == Some(&ROUTER_TELLS) {
            self.nodes.on_link(prefixes(bytes));
            return;
        }
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
            self.nodes.sent(node, 1, packet.time);
        }
    }

    fn datagram(&mut self, packet: &Packet<'_>, ip: &Ip<'_>, (from, to): (u16, u16), bytes: &[u8]) {
        let (number, time) = (packet.number, packet.time);
        if self.reports {
            let Self { records, nodes, .. } = self;
            let give = &mut |record: Record| nodes.reported(&record, number);
            records.take(ip.from, bytes, time, give);
            return;
        }
        if DHCP_PORTS.contains(&from) && DHCP_PORTS.contains(&to) {
            self.dhcp(packet, bytes);
            return;
        }
        let runs = self.runs(packet);
        let Self { flows, nodes, .. } = self;
        // Whether a message of DNS answers stands in it (RFC 1035, 4.1.1).
        let is_names = from == DNS_PORT || to == DNS_PORT;
        let serves = bytes.get(2).filter(|_| is_names).map(|flags| flags & 0x80 != 0);
        let sight = Sight { from, to, protocol: UDP, serves, says: bytes, open: false, runs };
        let Some((at, this)) = counted(flows, nodes, packet, ip, &sight) else {
            self.tally.twice += 1;
            return;
        };
        let flow = flows.at(at);
        let (nodes_of, peers) = (flow.nodes, flow.peers);
        if is_names {
            if let Some(message) = dns::read(bytes) {
                // What could be read can be read by anybody.
                for peer in peers.into_iter().flatten() {
                    nodes.peer_at(peer).cover = Cover::Plain;
                }
                let ends = [(ip.from, from), (ip.to, to)];
                self.names_of((nodes_of[this], nodes_of[1 - this]), ends, &message, packet);
            }
            return;
        }
        let node = nodes_of[this];
        if discovery::is_known(from) || discovery::is_known(to) {
            for said in discovery::read(from, to, bytes) {
                nodes.show(node, said, number, time);
            }
        }
        if flowrecords::PORTS.contains(&to) {
            let Self { records, nodes, .. } = self;
            let give = &mut |record: Record| nodes.reported(&record, number);
            records.take(ip.from, bytes, time, give);
            return;
        }
        // What a flow is, its first datagrams show.
        if usize::from(flow.messages[this]) >= MESSAGES_MAX {
            return;
        }
        flow.messages[this] += 1;
        let mut found = Vec::new();
        let more = read_datagram(flow, (from, to), bytes, &mut found);
        flows.keep(more, number);
        for one in found {
            self.found(node, peers, this, one, packet);
        }
    }

    fn segment(&mut self, packet: &Packet<'_>, ip: &Ip<'_>, segment: &Segment<'_>) {
        let Segment { from, to, begins, answers, refuses, .. } = *segment;
        let Self { flows, nodes, .. } = self;
        let open = !refuses && (answers || !begins);
        let serves = begins.then_some(answers);
        let sight = Sight { from, to, protocol: TCP, serves, says: &[], open, runs: false };
        let Some((at, this)) = counted(flows, nodes, packet, ip, &sight) else {
            self.tally.twice += 1;
            return;
        };
        let flow = flows.at(at);
        let stream = &mut flow.streams[this];
        if stream.is_done() || stream.pass(segment.place, segment.bytes, &mut flow.passed[this]) {
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
        let (nodes_of, peers) = (flow.nodes, flow.peers);
        flows.keep(more, packet.number);
        for one in found {
            if let Found::Names(message) = &one {
                let ends = [(ip.from, from), (ip.to, to)];
                self.names_of((nodes_of[this], nodes_of[1 - this]), ends, message, packet);
            }
            self.found(nodes_of[this], peers, this, one, packet);
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
            Found::Asked(name) if !is_host(&name) => {
                self.tally.odd_names += u64::from(is_odd(&name));
            }
            Found::Asked(name) => {
                if let Some(peer) = peers[this] {
                    self.nodes.name(peer, &name);
                }
                let said = Said::Reply("dns", name);
                self.nodes.show(node, said, packet.number, packet.time);
            }
            // What they hold was taken already.
            Found::Names(_) => {}
            Found::Cover(cover) => {
                for peer in peers.into_iter().flatten() {
                    self.nodes.peer_at(peer).cover = cover;
                }
            }
            Found::Sign(sign) => {
                for peer in peers.into_iter().flatten() {
                    self.nodes.peer_at(peer).sign = Some(sign);
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
            self.nodes.sent(node, 1, time);
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

    /// What a station asks for is a trace of it; the answers that it gets name its peers, and no
    /// other's: one address may serve many names. Whatever nobody was seen to ask for names nobody:
    /// anybody can send an answer.
    fn names_of(
        &mut self,
        (sender, other): (u32, u32),
        [from, to]: [End; 2],
        message: &dns::Message,
        packet: &Packet<'_>,
    ) {
        let (number, time) = (packet.number, packet.time);
        if !message.answers {
            for name in &message.asked {
                // Looking up an address backwards names nobody.
                if is_host(name) && !name.ends_with(".arpa") {
                    self.nodes.show(sender, Said::Reply("dns", name.clone()), number, time);
                }
                self.tally.odd_names += u64::from(is_odd(name));
            }
            self.questions.ask(sender, (from, to), message);
            return;
        }
        let Some(asked) = message.asked.first().filter(|name| is_host(name)) else { return };
        let addresses = message.records.iter().filter_map(|record| match record.holds {
            dns::Holds::Address(address) => Some(address),
            _ => None,
        });
        let (question, was_asked) = self.questions.answer((to, from), message);
        let (name, unasked) = (Arc::from(asked.as_str()), (!was_asked).then_some(question));
        let mut told = false;
        for address in addresses {
            let name = Arc::clone(&name);
            self.nodes.answered(other, Answer { address, name, time, unasked });
            told = true;
        }
        self.tally.unasked += u64::from(told && !was_asked);
    }
}

#[cfg(test)]
mod asked;
#[cfg(test)]
mod counted;
#[cfg(test)]
mod tests;
