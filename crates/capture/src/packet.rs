//! From a frame to what it carries: links, tags, tunnels and networks are taken off.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use etherparse::{EtherType, IpNumber, LaxNetSlice, LaxSlicedPacket, TcpSlice, TransportSlice};

use crate::frames::Frame;
use crate::limits::TUNNELS_MAX;

/// A hardware address.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Mac(pub [u8; 6]);

impl Mac {
    /// Whether it is of one station: neither for all nor for some, nor nobody's.
    #[must_use]
    pub fn is_ones(self) -> bool {
        self.0[0] & 1 == 0 && self.0 != [0; 6]
    }
}

impl fmt::Display for Mac {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, f] = self.0;
        write!(out, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{f:02x}")
    }
}

impl fmt::Debug for Mac {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

/// A packet, down to the transport.
#[derive(Debug, Clone, Copy)]
pub struct Packet<'p> {
    /// Its frame's place in the file, counted from 1.
    pub number: u64,
    /// Nanoseconds since 1970.
    pub time: Option<i64>,
    /// Who sent it on the link.
    pub source: Option<Mac>,
    /// Whom it was sent to on the link.
    pub target: Option<Mac>,
    /// The innermost tag of a virtual network.
    pub vlan: Option<u16>,
    /// Bytes of it on the wire, from the network on; more than was recorded where it was cut.
    pub length: u32,
    /// Of how many pieces it was put together: 1 unless it came in pieces.
    pub pieces: u32,
    /// The place of the first of them in the file.
    pub began: u64,
    /// What it carries.
    pub body: Body<'p>,
}

/// What a packet carries.
#[derive(Debug, Clone, Copy)]
pub enum Body<'p> {
    /// An address asked for or told: the sender's addresses.
    Arp(Mac, Ipv4Addr),
    /// Something over the internet protocol.
    Ip(Ip<'p>),
    /// Something straight over the link, with its number.
    Link(u16, &'p [u8]),
}

/// Something over the internet protocol.
#[derive(Debug, Clone, Copy)]
pub struct Ip<'p> {
    /// From.
    pub from: IpAddr,
    /// To.
    pub to: IpAddr,
    /// Over how many more routers it may pass (the time to live, or the hop limit).
    pub hops: u8,
    /// What tells it from the packets beside it; nothing where nothing does.
    pub mark: Option<Mark>,
    /// How.
    pub transport: Transport<'p>,
}

/// What two recordings of one packet have in common, and two packets of one flow hardly ever,
/// whatever links and routers lie between: its number, its length, and the checksum of what it
/// carries (RFC 791, 9293, 768).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// The number that the sender gave it, where it gave one.
    pub id: u16,
    /// Whether it has a place in a stream.
    pub is_placed: bool,
    /// All of that in one.
    pub of: u64,
}

impl Mark {
    /// That of a packet of so many bytes.
    fn new(
        net: &LaxNetSlice<'_>,
        carries: Option<&TransportSlice<'_>>,
        length: u32,
    ) -> Option<Self> {
        let id = match net {
            LaxNetSlice::Ipv4(ip) => ip.header().identification(),
            LaxNetSlice::Ipv6(_) | LaxNetSlice::Arp(_) => 0,
        };
        let (checksum, place) = match carries? {
            TransportSlice::Tcp(tcp) => (tcp.checksum(), tcp.sequence_number()),
            TransportSlice::Udp(udp) => (udp.checksum(), 0),
            _ => return None,
        };
        let is_placed = matches!(carries, Some(TransportSlice::Tcp(_)));
        // Streams are told apart by the place, datagrams by their length.
        let of = u64::from(id) << 48 | u64::from(checksum) << 32 | u64::from(place);
        Some(Self { id, is_placed, of: of ^ u64::from(length) << 20 })
    }

    /// That of a packet that was put together, of so many bytes, by its last piece.
    pub(crate) fn of_pieces(piece: &Piece<'_>, length: u32) -> Option<Self> {
        let of = u64::from(piece.id) << 32 | u64::from(length);
        (piece.id != 0).then_some(Self { id: piece.id as u16 | 1, is_placed: false, of })
    }
}

/// How something is carried over the internet protocol.
#[derive(Debug, Clone, Copy)]
pub enum Transport<'p> {
    /// A datagram: its ports and what it carries.
    Udp(u16, u16, &'p [u8]),
    /// A segment.
    Tcp(Segment<'p>),
    /// A piece of a packet: what knows it, where it begins, whether more come, and its bytes.
    Piece(Piece<'p>),
    /// Anything else, by its number.
    Other(u8, &'p [u8]),
}

/// A segment of a stream.
#[derive(Debug, Clone, Copy)]
pub struct Segment<'p> {
    /// The port that it comes from.
    pub from: u16,
    /// The port that it goes to.
    pub to: u16,
    /// The place of its first byte.
    pub place: u32,
    /// Whether it begins a stream.
    pub begins: bool,
    /// Whether it answers a beginning.
    pub answers: bool,
    /// Whether it ends its direction.
    pub ends: bool,
    /// Whether it refuses the stream, or breaks it off.
    pub refuses: bool,
    /// What it carries.
    pub bytes: &'p [u8],
}

impl<'p> Segment<'p> {
    /// A segment as its header tells.
    pub(crate) fn of(tcp: &TcpSlice<'p>) -> Self {
        Self {
            from: tcp.source_port(),
            to: tcp.destination_port(),
            place: tcp.sequence_number(),
            begins: tcp.syn(),
            answers: tcp.ack(),
            ends: tcp.fin() || tcp.rst(),
            refuses: tcp.rst(),
            bytes: tcp.payload(),
        }
    }

    /// A segment of which not even the whole header was recorded: between whom it passed, and
    /// whether it begins or ends a stream, stands before the options (RFC 9293, 3.1).
    fn of_cut(bytes: &[u8]) -> Option<Self> {
        const FIN_OR_RST: u8 = 0b101;
        const RST: u8 = 0b100;
        const SYN: u8 = 0b10;
        const ACK: u8 = 0b1_0000;
        let flags = *bytes.get(13)?;
        Some(Self {
            from: short(bytes, 0)?,
            to: short(bytes, 2)?,
            place: u32::from_be_bytes(bytes.get(4..8)?.try_into().ok()?),
            begins: flags & SYN != 0,
            answers: flags & ACK != 0,
            ends: flags & FIN_OR_RST != 0,
            refuses: flags & RST != 0,
            bytes: &[],
        })
    }
}

/// A piece of a packet that was parted.
#[derive(Debug, Clone, Copy)]
pub struct Piece<'p> {
    /// What the pieces of a packet have in common beside their addresses.
    pub id: u32,
    /// What the packet carries, by its number.
    pub protocol: u8,
    /// Bytes before it.
    pub offset: u32,
    /// Whether more follow.
    pub more: bool,
    /// Its bytes.
    pub bytes: &'p [u8],
}

/// The link types that are read, by their numbers in the registry (`LINKTYPE_…`).
mod link {
    pub(super) const NULL: i32 = 0;
    pub(super) const ETHERNET: i32 = 1;
    pub(super) const RAW: [i32; 5] = [12, 14, 101, 228, 229];
    pub(super) const LOOP: i32 = 108;
    pub(super) const LINUX_SLL: i32 = 113;
    pub(super) const LINUX_SLL2: i32 = 276;
}

/// What follows a link header, by the numbers of Ethernet.
mod ether {
    pub(super) const IPV4: u16 = 0x0800;
    pub(super) const IPV6: u16 = 0x86DD;
    pub(super) const BRIDGED: u16 = 0x6558;
    pub(super) const ERSPAN_2: u16 = 0x88BE;
    pub(super) const ERSPAN_3: u16 = 0x22EB;
}

/// The port of VXLAN (RFC 7348), whose header is eight bytes.
const VXLAN_PORT: u16 = 4789;
const VXLAN_HEADER: usize = 8;

fn short(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn mac(bytes: &[u8], at: usize) -> Option<Mac> {
    Some(Mac(bytes.get(at..at + 6)?.try_into().ok()?))
}

/// A frame after its link header.
struct Linked<'p> {
    source: Option<Mac>,
    target: Option<Mac>,
    ether: u16,
    rest: &'p [u8],
}

impl<'p> Linked<'p> {
    fn bare(ether: u16, rest: &'p [u8]) -> Self {
        Self { source: None, target: None, ether, rest }
    }

    fn ethernet(bytes: &'p [u8]) -> Option<Self> {
        let (target, source) = (mac(bytes, 0), mac(bytes, 6));
        Some(Self { source, target, ether: short(bytes, 12)?, rest: bytes.get(14..)? })
    }

    /// A packet that begins with the version of its protocol.
    fn raw(bytes: &'p [u8]) -> Option<Self> {
        match bytes.first()? >> 4 {
            4 => Some(Self::bare(ether::IPV4, bytes)),
            6 => Some(Self::bare(ether::IPV6, bytes)),
            _ => None,
        }
    }

    fn of(link: i32, bytes: &'p [u8]) -> Option<Self> {
        match link {
            link::ETHERNET => Self::ethernet(bytes),
            // Four bytes with the family, in the order of the machine that recorded.
            link::NULL | link::LOOP => Self::raw(bytes.get(4..)?),
            link::LINUX_SLL => {
                let source = (short(bytes, 4)? == 6).then(|| mac(bytes, 6)).flatten();
                let (ether, rest) = (short(bytes, 14)?, bytes.get(16..)?);
                Some(Self { source, target: None, ether, rest })
            }
            link::LINUX_SLL2 => {
                let source = (*bytes.get(11)? == 6).then(|| mac(bytes, 12)).flatten();
                let (ether, rest) = (short(bytes, 0)?, bytes.get(20..)?);
                Some(Self { source, target: None, ether, rest })
            }
            link if link::RAW.contains(&link) => Self::raw(bytes),
            _ => None,
        }
    }
}

/// Whether frames of a link type are read.
#[must_use]
pub fn is_known_link(link: i32) -> bool {
    use link::{ETHERNET, LINUX_SLL, LINUX_SLL2, LOOP, NULL};
    [NULL, ETHERNET, LOOP, LINUX_SLL, LINUX_SLL2].contains(&link) || link::RAW.contains(&link)
}

/// What a frame carries, out of all tunnels; nothing where it is cut before that or not known.
#[must_use]
pub fn packet<'p>(frame: &Frame<'p>) -> Option<Packet<'p>> {
    let mut linked = Linked::of(frame.link, frame.bytes)?;
    let cut = frame.length.saturating_sub(u32::try_from(frame.bytes.len()).unwrap_or(u32::MAX));
    for _ in 0..TUNNELS_MAX {
        let Linked { source, target, ether, rest } = linked;
        let whole = |vlan, length, body| {
            let (number, time) = (frame.number, frame.time);
            Packet { number, time, source, target, vlan, length, pieces: 1, began: number, body }
        };
        let sliced = LaxSlicedPacket::from_ether_type(EtherType(ether), rest);
        let vlan = sliced.vlan_ids().last().map(|id| id.value());
        let Some(net) = &sliced.net else {
            // Tags are taken off already; what is left bears its own number.
            let (ether, rest) = match sliced.ether_payload() {
                Some(inner) => (inner.ether_type.0, inner.payload),
                None => (ether, rest),
            };
            let length = u32::try_from(rest.len()).ok()?.saturating_add(cut);
            let body = Body::Link(ether, rest);
            return Some(whole(vlan, length, body));
        };
        let (from, to, hops): (IpAddr, IpAddr, u8) = match net {
            LaxNetSlice::Arp(arp) => {
                let from = mac(arp.sender_hw_addr(), 0)?;
                let own: [u8; 4] = arp.sender_protocol_addr().try_into().ok()?;
                let length = u32::try_from(rest.len()).ok()?;
                let body = Body::Arp(from, Ipv4Addr::from(own));
                return Some(whole(vlan, length, body));
            }
            LaxNetSlice::Ipv4(ip) => {
                let header = ip.header();
                (header.source_addr().into(), header.destination_addr().into(), header.ttl())
            }
            LaxNetSlice::Ipv6(ip) => {
                let header = ip.header();
                (header.source_addr().into(), header.destination_addr().into(), header.hop_limit())
            }
        };
        if let Some(inner) = within(&sliced) {
            linked = inner;
            continue;
        }
        let transport = transport(net, sliced.transport.as_ref())?;
        // A short packet is filled up to the least that the link carries; a network card that cuts
        // long ones later leaves their length out.
        let there = u32::try_from(rest.len()).ok()?.saturating_add(cut);
        let told = told_length(net).filter(|told| *told > 0);
        let length = told.map_or(there, |told| told.min(there));
        let mark = Mark::new(net, sliced.transport.as_ref(), length);
        let body = Body::Ip(Ip { from: usual(from), to: usual(to), hops, mark, transport });
        return Some(whole(vlan, length, body));
    }
    None
}

/// The length that a packet says it has.
fn told_length(net: &LaxNetSlice<'_>) -> Option<u32> {
    const HEADER_OF_SIX: u32 = 40;
    match net {
        LaxNetSlice::Ipv4(ip) => Some(u32::from(ip.header().total_len())),
        LaxNetSlice::Ipv6(ip) => match ip.header().payload_length() {
            0 => None,
            length => Some(HEADER_OF_SIX + u32::from(length)),
        },
        LaxNetSlice::Arp(_) => None,
    }
}

/// An address of the fourth version written as one of the sixth, as the fourth.
fn usual(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(six) => Ipv6Addr::to_ipv4_mapped(&six).map_or(address, IpAddr::V4),
        IpAddr::V4(_) => address,
    }
}

/// The frame within a tunnel.
fn within<'p>(sliced: &LaxSlicedPacket<'p>) -> Option<Linked<'p>> {
    if let Some(TransportSlice::Udp(udp)) = &sliced.transport {
        if udp.destination_port() != VXLAN_PORT {
            return None;
        }
        // The flag says that a network is named; without it this is something else.
        let header = udp.payload().get(..VXLAN_HEADER)?;
        return (header[0] & 0x08 != 0)
            .then(|| Linked::ethernet(&udp.payload()[VXLAN_HEADER..]))
            .flatten();
    }
    let inner = sliced.ip_payload()?;
    if inner.fragmented || sliced.transport.is_some() {
        return None;
    }
    match inner.ip_number {
        IpNumber::IPV4 | IpNumber::IPV6 => Linked::raw(inner.payload),
        IpNumber::GRE => generic(inner.payload),
        _ => None,
    }
}

/// What is within GRE (RFC 2784 and 2890), mirrored traffic (ERSPAN) among it.
fn generic(bytes: &[u8]) -> Option<Linked<'_>> {
    const CHECKED: u16 = 0x8000;
    const KEYED: u16 = 0x2000;
    const NUMBERED: u16 = 0x1000;
    let (flags, carries) = (short(bytes, 0)?, short(bytes, 2)?);
    let options = [CHECKED, KEYED, NUMBERED].iter().filter(|flag| flags & *flag != 0).count();
    let rest = bytes.get(4 + 4 * options..)?;
    match carries {
        ether::IPV4 | ether::IPV6 => Some(Linked::bare(carries, rest)),
        ether::BRIDGED => Linked::ethernet(rest),
        // Without a number it is the first form, which has no header of its own.
        ether::ERSPAN_2 if flags & NUMBERED == 0 => Linked::ethernet(rest),
        ether::ERSPAN_2 => Linked::ethernet(rest.get(8..)?),
        ether::ERSPAN_3 => {
            // The last bit says that eight bytes of the platform's own follow the twelve.
            let own = if rest.get(11)? & 1 == 1 { 20 } else { 12 };
            Linked::ethernet(rest.get(own..)?)
        }
        _ => None,
    }
}

fn transport<'p>(
    net: &LaxNetSlice<'p>,
    sliced: Option<&TransportSlice<'p>>,
) -> Option<Transport<'p>> {
    Some(match sliced {
        Some(TransportSlice::Udp(udp)) => {
            Transport::Udp(udp.source_port(), udp.destination_port(), udp.payload())
        }
        Some(TransportSlice::Tcp(tcp)) => Transport::Tcp(Segment::of(tcp)),
        _ => match carried(net)? {
            Transport::Other(protocol, bytes) if protocol == IpNumber::TCP.0 => {
                let cut = Segment::of_cut(bytes).map(Transport::Tcp);
                cut.unwrap_or(Transport::Other(protocol, bytes))
            }
            other => other,
        },
    })
}

/// The number of no header at all (RFC 8200, 4.7).
const NO_HEADER: u8 = 59;

/// Of which packet a piece is, where it begins, and whether more follow.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Part {
    id: u32,
    offset: u32,
    more: bool,
}

/// What the header of pieces says, among those that follow one another (RFC 8200, 4.1 and 4.5; RFC
/// 4302, 2.2). The library walks through them without looking whether they are whole, which those
/// of a damaged packet are not.
fn part_of(mut number: u8, mut bytes: &[u8]) -> Option<Part> {
    const OPTIONS: [u8; 3] = [0, 43, 60];
    const PIECE: u8 = 44;
    const AUTHENTICATION: u8 = 51;
    let mut part = None;
    loop {
        let (next, length) = (*bytes.first()?, usize::from(*bytes.get(1)?));
        let length = match number {
            PIECE => {
                let place = short(bytes, 2)?;
                let id = u32::from_be_bytes(bytes.get(4..8)?.try_into().ok()?);
                part = Some(Part { id, offset: u32::from(place & !7), more: place & 1 == 1 });
                8
            }
            number if OPTIONS.contains(&number) => 8 * (length + 1),
            AUTHENTICATION => 4 * (length + 2),
            _ => return part,
        };
        let Some(behind) = bytes.get(length..).filter(|behind| !behind.is_empty()) else {
            return part;
        };
        (number, bytes) = (next, behind);
    }
}

/// What is no datagram and no segment: a piece of a packet, or something else.
fn carried<'p>(net: &LaxNetSlice<'p>) -> Option<Transport<'p>> {
    let (inner, id, offset, more) = match net {
        LaxNetSlice::Ipv4(ip) => {
            let header = ip.header();
            let offset = u32::from(header.fragments_offset().byte_offset());
            (ip.payload(), u32::from(header.identification()), offset, header.more_fragments())
        }
        LaxNetSlice::Ipv6(ip) => {
            let extensions = ip.extensions();
            let first = extensions.first_header().map_or(NO_HEADER, |number| number.0);
            let part = part_of(first, extensions.slice()).unwrap_or_default();
            (ip.payload(), part.id, part.offset, part.more)
        }
        LaxNetSlice::Arp(_) => return None,
    };
    let protocol = inner.ip_number.0;
    let bytes = inner.payload;
    Some(if inner.fragmented {
        Transport::Piece(Piece { id, protocol, offset, more, bytes })
    } else {
        Transport::Other(protocol, bytes)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_segment_whose_options_are_cut_and_one_that_is_filled_up_count_what_they_say() {
        let mut bytes = vec![0_u8; 14];
        bytes[12..].copy_from_slice(&[8, 0]);
        // 20 bytes of IP and 32 of TCP with its options, without anything behind them.
        bytes.extend([0x45, 0, 0, 52, 0, 1, 0, 0, 64, 6, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2]);
        bytes.extend([0x30, 0x39, 0x01, 0xbb, 0, 0, 0, 7, 0, 0, 0, 0, 0x80, 0x12, 0, 0]);
        bytes.extend([0; 16]);
        let on_wire = u32::try_from(bytes.len()).unwrap();
        for recorded in [64, bytes.len()] {
            let bytes = &bytes[..recorded];
            let frame = Frame { number: 1, time: None, link: 1, bytes, length: on_wire + 8 };
            let read = packet(&frame).unwrap();
            assert_eq!(read.length, 52, "not what fills the frame up");
            let Body::Ip(Ip { transport: Transport::Tcp(tcp), .. }) = read.body else {
                panic!("{read:?}")
            };
            assert_eq!((tcp.from, tcp.to, tcp.place), (12_345, 443, 7));
            assert!(tcp.begins && tcp.answers && !tcp.ends && tcp.bytes.is_empty());
        }
    }

    /// A packet of the sixth version with these headers behind its own.
    fn six(first: u8, headers: &[u8]) -> Vec<u8> {
        let length = u16::try_from(headers.len()).unwrap().to_be_bytes();
        let addresses = [[0xFD; 16], [0xFE; 16]].concat();
        [&[0x60, 0, 0, 0], &length[..], &[first, 64], &addresses, headers].concat()
    }

    fn read(bytes: &[u8]) -> Option<Transport<'_>> {
        let length = u32::try_from(bytes.len()).unwrap();
        let frame = Frame { number: 1, time: None, link: 101, bytes, length };
        match packet(&frame)?.body {
            Body::Ip(ip) => Some(ip.transport),
            _ => None,
        }
    }

    #[test]
    fn a_piece_is_found_behind_other_headers() {
        let options = [44, 0, 1, 4, 0, 0, 0, 0];
        let piece = [17, 0, 0x05, 0xA9, 0, 0, 0, 7];
        let bytes = six(60, &[&options[..], &piece, b"carried"].concat());
        let Some(Transport::Piece(found)) = read(&bytes) else { panic!("it is a piece") };
        assert_eq!((found.id, found.offset, found.more), (7, 1_448, true));
        assert_eq!((found.protocol, found.bytes), (17, &b"carried"[..]));
    }

    #[test]
    fn headers_in_the_wrong_order_are_not_walked_beyond_their_end() {
        // Options for every hop stand first, or nowhere: the library reads no further.
        let options = [0, 0, 1, 4, 0, 0, 0, 0];
        for rest in [&[][..], &[17], &[17, 255, 0, 0, 0, 0, 0, 0]] {
            let _ = read(&six(60, &[&options[..], rest].concat()));
        }
        assert_eq!(part_of(60, &options), None);
        assert_eq!(part_of(44, &[17, 0, 0, 1]), None, "it is cut");
    }

    proptest! {
        #[test]
        fn no_bytes_bring_it_down(
            first in prop::sample::select(vec![0_u8, 6, 17, 43, 44, 51, 60, 135]),
            headers in proptest::collection::vec(
                prop::sample::select(vec![0_u8, 1, 2, 17, 43, 44, 51, 60, 255]), 0..60),
        ) {
            let _ = part_of(first, &headers);
            let _ = read(&six(first, &headers));
            let _ = read(&[&[0x60, 0, 0, 0, 0, 9, first, 1][..], &headers].concat());
        }
    }
}
