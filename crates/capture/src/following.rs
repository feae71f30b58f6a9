//! What the first messages of a flow show, and nothing of what comes behind them.

use std::cmp::Ordering;
use std::net::IpAddr;

use crate::flows::{Flow, Flows, Key};
use crate::limits::MESSAGES_MAX;
use crate::packet::{Ip, Mac, Packet};
use crate::station::{Cover, Networks, Nodes, PeerKey, Seen, WELL_KNOWN_END, is_one, served};
use crate::wire::{Said, dns, greeting, http, quic, signs, snmp, tls};

/// What systems give a packet of theirs to pass over; a router takes one away.
const HOPS_FIRST: [u8; 3] = [64, 128, 255];

const TCP: u8 = 6;

const DNS_PORT: u16 = 53;
const SIP_PORTS: [u16; 2] = [5_060, 5_080];
const SNMP_PORTS: [u16; 2] = [161, 162];

/// What was read of a flow.
pub(crate) enum Found {
    /// Something that the sender says of itself.
    Said(Said),
    /// The name of whom the sender asks.
    Asked(String),
    /// How the flow is protected.
    Cover(Cover),
    /// The service of a maker that the flow belongs to.
    Sign(&'static str),
    /// Names that are asked, or their addresses.
    Names(dns::Message),
}

/// How a packet lies in its flow.
pub(crate) struct Sight<'p> {
    /// The port that it comes from.
    pub(crate) from: u16,
    /// The port that it goes to.
    pub(crate) to: u16,
    /// The number of how it is carried.
    pub(crate) protocol: u8,
    /// Whether the sender is the one that was asked, where the packet itself tells.
    pub(crate) serves: Option<bool>,
    /// What a datagram carries: its words may tell the same.
    pub(crate) says: &'p [u8],
    /// Whether it shows that who was asked answers: nobody goes on who was refused.
    pub(crate) open: bool,
    /// Whether the recording has run so long that what was silent in it begins now.
    pub(crate) runs: bool,
}

/// Counts a packet with its sender and its flow; gives the place of the flow, and which of its ends
/// sent. Nothing of one that was counted before: mirrors of what comes and of what goes copy what
/// passes between two of their ports twice.
pub(crate) fn counted(
    flows: &mut Flows,
    nodes: &mut Nodes,
    packet: &Packet<'_>,
    ip: &Ip<'_>,
    sight: &Sight<'_>,
) -> Option<(usize, usize)> {
    let (key, is_low) = Key::of((ip.from, sight.from), (ip.to, sight.to), sight.protocol);
    let (this, other) = if is_low { (0, 1) } else { (1, 0) };
    let mut at = flows.find(key, packet.number, || begun(nodes, packet, ip, sight, is_low));
    let flow = flows.at(at);
    let source = packet.source.filter(|mac| mac.is_ones());
    let target = packet.target.filter(|mac| mac.is_ones());
    // Recorded first where links have no addresses, it is known later whose it is.
    let known = source.is_some() && nodes.is_bare(flow.nodes[this]);
    if known {
        flow.nodes[this] = nodes.find((source, Some(ip.from)), packet.number);
    }
    let mark = ip.mark.and_then(|mark| nodes.numbered(flow.nodes[this], mark));
    if flow.is_again(this, mark, packet.time) {
        nodes.sent(flow.nodes[this], u32::from(known), packet.time);
        return None;
    }
    let sender = flow.links[this];
    if sender.is_none() && is_begun(ip) {
        nodes.near(flow.nodes[this]);
    }
    flow.links[this] = sender.or(source);
    if source.is_some() && source != flow.links[this] && nodes.own.is_local(ip.from) && is_begun(ip)
    {
        // Nobody passed it on, so that another device has that address: a later one, or one of
        // another network. Ways through several routers differ, too, and those say so.
        flow.shared = true;
        if let Some(mac) = source {
            let key = key.of_device(mac);
            at = flows.find(key, packet.number, || begun(nodes, packet, ip, sight, is_low));
            flows.at(at).links[this] = source;
        }
    } else if flow.shared && target.is_some() && target != flow.links[other] {
        let known = target.and_then(|mac| flows.known(key.of_device(mac)));
        at = known.unwrap_or(at);
    }
    let flow = flows.at(at);
    let length = u64::from(packet.length);
    nodes.sent(flow.nodes[this], packet.pieces, packet.time);
    for (peer, sends) in [(flow.peers[this], true), (flow.peers[other], false)] {
        let Some(peer) = peer else { continue };
        nodes.peer_at(peer).count(sends, length, sight.open, packet);
    }
    Some((at, this))
}

/// Whether nobody passed a packet on: it comes as systems send theirs.
fn is_begun(ip: &Ip<'_>) -> bool {
    HOPS_FIRST.contains(&ip.hops)
}

/// A flow of which this is the first packet.
fn begun(
    nodes: &mut Nodes,
    packet: &Packet<'_>,
    ip: &Ip<'_>,
    sight: &Sight<'_>,
    is_low: bool,
) -> Flow {
    let source = packet.source.filter(|mac| mac.is_ones());
    let target = packet.target.filter(|mac| mac.is_ones());
    let ends = [
        nodes.find((source, Some(ip.from)), packet.number),
        nodes.find((target, Some(ip.to)), packet.number),
    ];
    if is_begun(ip) {
        nodes.begins(ends[0]);
    }
    let (sender_serves, guessed) = asked(&nodes.own, ip, sight);
    let port = if sender_serves { sight.from } else { sight.to };
    let of_low = |low, other| if is_low { [low, other] } else { [other, low] };
    let mut flow = Flow::new(of_low(ends[0], ends[1]), port, usize::from(sender_serves != is_low));
    // What goes to all on a link goes to nobody, whatever its address looks like.
    let is_to_one = packet.target.is_none_or(Mac::is_ones);
    if is_one(ip.from) && is_one(ip.to) && is_to_one {
        let (protocol, seen) = (sight.protocol, Seen::Packets);
        let mut of = |node, address, serves| {
            let key = PeerKey { address, port, protocol, serves, seen, guessed };
            nodes.peer(node, key, packet.began)
        };
        let sender = of(ends[0], ip.to, sender_serves);
        let other = of(ends[1], ip.from, !sender_serves);
        flow.peers = if is_low { [sender, other] } else { [other, sender] };
        if guessed {
            let ends = [(ip.from, sight.from), (ip.to, sight.to)];
            nodes.unsure_of(sight.protocol, ends, [sender, other]);
        }
    }
    flow
}

/// Whether the sender of the first packet of a flow is the one that was asked, and whether that is
/// a guess: nothing tells where no port is one of services and the conversation may have begun
/// before the recording.
fn asked(own: &Networks, ip: &Ip<'_>, sight: &Sight<'_>) -> (bool, bool) {
    if let Some(serves) = sight.serves.or_else(|| signs::answers(sight.says)) {
        return (serves, false);
    }
    let served_of = served([sight.from, sight.to]);
    // Datagrams begin with a question, so that whoever sends the first from a registered port may
    // ask from there.
    let is_odd = |end| end == 0 && sight.protocol != TCP && sight.from >= WELL_KNOWN_END;
    if let Some(end) = served_of.filter(|end| !is_odd(*end)) {
        return (end == 0, false);
    }
    // What begins a conversation of datagrams asks.
    let begins = sight.runs && sight.protocol != TCP;
    match sight.from.cmp(&sight.to) {
        // Where both ends have one port of a service, the one outside is asked: the recording may
        // begin with its answer.
        Ordering::Equal => {
            let outside = own.is_local(ip.to) && !own.is_local(ip.from);
            (outside, !begins && served([sight.from, u16::MAX]).is_none())
        }
        _ if begins => (false, false),
        order => (order.is_lt(), true),
    }
}

/// Whether a name is one of a host (RFC 952, and the mark that services begin with): of any other
/// letters whoever asks could make a list of names that nobody asked for.
pub(crate) fn is_host(name: &str) -> bool {
    name.contains('.') && !is_odd(name)
}

/// Whether a name has letters that no host's has.
pub(crate) fn is_odd(name: &str) -> bool {
    !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

/// Whether a host is a name, not an address, and nothing stands before it.
fn is_name(host: &str) -> bool {
    is_host(host) && host.parse::<IpAddr>().is_err()
}

/// Reads one of the first datagrams of a flow; gives the bytes that are kept of it.
pub(crate) fn read_datagram(
    flow: &mut Flow,
    (from, to): (u16, u16),
    bytes: &[u8],
    found: &mut Vec<Found>,
) -> usize {
    let any = |ports: [u16; 2]| ports.contains(&from) || ports.contains(&to);
    if any(SIP_PORTS) {
        if greeting::is_sip(bytes) {
            found.push(Found::Cover(Cover::Plain));
            found.extend(greeting::sip(bytes).map(Found::Said));
        }
        return 0;
    }
    if any(SNMP_PORTS) {
        found.extend(snmp::read(bytes).map(Found::Said));
        return 0;
    }
    if let Some(sign) = signs::of_datagram(from, to, bytes) {
        found.push(Found::Sign(sign));
        if sign == signs::DAHUA {
            found.push(Found::Cover(Cover::Plain));
            found.extend(dahua(bytes));
        }
        return 0;
    }
    // What is shorter may only seem to be the beginning of words.
    let is_http = bytes.len() >= http::BYTES_MIN && http::begins(bytes);
    if is_http || is_dtls(bytes) {
        let cover = if is_dtls(bytes) { Cover::Tls } else { Cover::Plain };
        found.push(Found::Cover(cover));
        return 0;
    }
    if !quic::begins(bytes) {
        return 0;
    }
    let beginning = flow.quic.get_or_insert_default();
    let before = beginning.kept();
    match beginning.take(bytes) {
        quic::Reading::More => {
            // A packet could be opened, so that it is what it seems.
            found.push(Found::Cover(Cover::Quic));
            return beginning.kept().saturating_sub(before);
        }
        quic::Reading::Done(asked) => {
            found.push(Found::Cover(Cover::Quic));
            found.extend(asked.map(Found::Asked));
            flow.messages = [u16::MAX; 2];
        }
        quic::Reading::Other => {}
    }
    flow.quic = None;
    0
}

/// Whether a datagram is of the handshake of TLS over datagrams (RFC 9147, 4.1).
fn is_dtls(bytes: &[u8]) -> bool {
    const HANDSHAKE: u8 = 22;
    matches!(bytes, [HANDSHAKE, 0xFE, 0xFD | 0xFF, ..])
}

/// What a request of Dahua's firmware to its service says of the device: its serial number, which
/// stands in the path.
fn dahua(bytes: &[u8]) -> Option<Found> {
    const LINE_BYTES_MAX: usize = 256;
    let line = bytes[..bytes.len().min(LINE_BYTES_MAX)].split(|byte| *byte == b'\r').next()?;
    http::serial_in(std::str::from_utf8(line).ok()?).map(Found::Said)
}

/// Reads what came in order of one direction.
pub(crate) fn read_stream(flow: &mut Flow, this: usize, ended: bool, found: &mut Vec<Found>) {
    let (port, serves) = (flow.port, flow.server == this);
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
        if port == DNS_PORT {
            // Each message has its length before it (RFC 1035, 4.2.2).
            let Some((length, behind)) = bytes.split_first_chunk::<2>() else { return };
            let length = usize::from(u16::from_be_bytes(*length));
            let Some(message) = behind.get(..length) else { return };
            let Some(message) = dns::read(message) else { return stream.finish() };
            found.extend([Found::Cover(Cover::Plain), Found::Names(message)]);
            stream.read(2 + length);
            continue;
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
                let is_first = stream.began() && flow.messages[this] == 0;
                if !is_first || !others(port, serves, bytes, ended, found) {
                    stream.finish();
                }
                return;
            }
            http::Reading::Message(message) => {
                found.push(Found::Cover(Cover::Plain));
                if !message.answers {
                    found.extend(message.host.filter(|host| is_name(host)).map(Found::Asked));
                }
                found.extend(message.sign.map(Found::Sign));
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

/// Bytes in which a sign of a stream lies.
const SIGN_BYTES: usize = 64;

/// Reads the first bytes of a direction that begin neither TLS nor HTTP; whether more of them are
/// needed. Only where the beginning of the stream was recorded, nothing lies before them: what
/// comes behind a login is not read.
fn others(port: u16, serves: bool, bytes: &[u8], ended: bool, found: &mut Vec<Found>) -> bool {
    if let Some(sign) = signs::of_stream(port, serves, bytes) {
        found.push(Found::Sign(sign));
        if sign == signs::DAHUA_PRIVATE && serves {
            found.extend(signs::dahua_realm(bytes).map(Found::Said));
        }
        return false;
    }
    if SIP_PORTS.contains(&port) && greeting::is_sip(bytes) {
        found.push(Found::Cover(Cover::Plain));
        found.extend(greeting::sip(bytes).map(Found::Said));
        return false;
    }
    if serves {
        match greeting::read(port, bytes, ended) {
            greeting::Reading::More => return true,
            greeting::Reading::Done(said) => {
                found.push(Found::Cover(Cover::Plain));
                found.push(Found::Said(said));
                return false;
            }
            greeting::Reading::Other => {}
        }
    }
    signs::is_port(port) && bytes.len() < SIGN_BYTES && !ended
}
