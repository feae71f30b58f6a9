//! Packets and files, byte by byte. Sums are left at nothing: nobody here looks at them.

/// Numbers of what follows a link header.
pub(crate) mod ether {
    pub(crate) const IPV4: u16 = 0x0800;
    pub(crate) const ARP: u16 = 0x0806;
    pub(crate) const VLAN: u16 = 0x8100;
    pub(crate) const QINQ: u16 = 0x88A8;
    pub(crate) const IPV6: u16 = 0x86DD;
}

pub(crate) const UDP: u8 = 17;
pub(crate) const TCP: u8 = 6;
pub(crate) const GRE: u8 = 47;
pub(crate) const ICMP_6: u8 = 58;
pub(crate) const EVERYBODY: [u8; 6] = [0xFF; 6];

/// A station: where it is on the link and in the network.
#[derive(Clone, Copy)]
pub(crate) struct Host {
    pub(crate) mac: [u8; 6],
    pub(crate) ip: [u8; 4],
}

pub(crate) fn two(number: usize) -> [u8; 2] {
    u16::try_from(number).expect("a short number").to_be_bytes()
}

pub(crate) fn ethernet(to: [u8; 6], from: [u8; 6], carries: u16, inside: &[u8]) -> Vec<u8> {
    [&to[..], &from, &carries.to_be_bytes(), inside].concat()
}

/// A tag in front of what a frame carries.
pub(crate) fn tagged(id: u16, carries: u16, inside: &[u8]) -> Vec<u8> {
    [&id.to_be_bytes()[..], &carries.to_be_bytes(), inside].concat()
}

/// A packet of the fourth version; `piece`: its number, its place in bytes, whether more follow.
pub(crate) fn ipv4_piece(
    (from, to): ([u8; 4], [u8; 4]),
    carries: u8,
    piece: (u16, usize, bool),
    inside: &[u8],
) -> Vec<u8> {
    let (number, place, more) = piece;
    let flags = two((place / 8) | if more { 0x2000 } else { 0 });
    let head = [&[0x45, 0][..], &two(20 + inside.len()), &number.to_be_bytes(), &flags].concat();
    [&head[..], &[64, carries, 0, 0], &from, &to, inside].concat()
}

pub(crate) fn ipv4(ends: ([u8; 4], [u8; 4]), carries: u8, inside: &[u8]) -> Vec<u8> {
    ipv4_piece(ends, carries, (0, 0, false), inside)
}

pub(crate) fn ipv6(from: [u8; 16], to: [u8; 16], carries: u8, inside: &[u8]) -> Vec<u8> {
    let head = [&[0x60, 0, 0, 0][..], &two(inside.len()), &[carries, 255]].concat();
    [&head[..], &from, &to, inside].concat()
}

pub(crate) fn udp(from: u16, to: u16, inside: &[u8]) -> Vec<u8> {
    let length = two(8 + inside.len());
    [&from.to_be_bytes()[..], &to.to_be_bytes(), &length, &[0, 0], inside].concat()
}

/// Flags of a segment.
pub(crate) const SYN: u8 = 2;
pub(crate) const SYN_ACK: u8 = 18;
pub(crate) const ACK: u8 = 16;
pub(crate) const FIN: u8 = 17;

pub(crate) fn tcp((from, to): (u16, u16), place: u32, flags: u8, inside: &[u8]) -> Vec<u8> {
    let ends = [from.to_be_bytes(), to.to_be_bytes()].concat();
    let rest = [5 << 4, flags, 0xFF, 0xFF, 0, 0, 0, 0];
    [&ends[..], &place.to_be_bytes(), &[0; 4], &rest, inside].concat()
}

/// A datagram between two stations of one link.
pub(crate) fn said(from: Host, to: Host, ports: (u16, u16), inside: &[u8]) -> Vec<u8> {
    let packet = ipv4((from.ip, to.ip), UDP, &udp(ports.0, ports.1, inside));
    ethernet(to.mac, from.mac, ether::IPV4, &packet)
}

/// A segment between two stations of one link.
pub(crate) fn segment(
    (from, to): (Host, Host),
    ports: (u16, u16),
    (place, flags): (u32, u8),
    inside: &[u8],
) -> Vec<u8> {
    let packet = ipv4((from.ip, to.ip), TCP, &tcp(ports, place, flags, inside));
    ethernet(to.mac, from.mac, ether::IPV4, &packet)
}

pub(crate) fn arp(from: Host, wanted: [u8; 4]) -> Vec<u8> {
    let head = [0, 1, 8, 0, 6, 4, 0, 1];
    let inside = [&head[..], &from.mac, &from.ip, &[0; 6], &wanted].concat();
    ethernet(EVERYBODY, from.mac, ether::ARP, &inside)
}

/// A file of pcap, its numbers in one order or the other.
pub(crate) struct Pcap {
    pub(crate) bytes: Vec<u8>,
    big: bool,
    /// Of the next record: seconds of 1970, and microseconds or nanoseconds.
    pub(crate) time: (u32, u32),
}

/// 2026-11-22 at 10:00.
pub(crate) const MORNING: u32 = 1_795_341_600;

impl Pcap {
    pub(crate) fn new(link: u32) -> Self {
        Self::of(link, false, 0xA1B2_C3D4, 65_535)
    }

    pub(crate) fn of(link: u32, big: bool, magic: u32, snaplen: u32) -> Self {
        let mut file = Self { bytes: Vec::new(), big, time: (MORNING, 0) };
        file.number(magic);
        // The version is two short numbers, 2 and 4.
        file.number(if big { 0x0002_0004 } else { 0x0004_0002 });
        [0, 0, snaplen, link].into_iter().for_each(|number| file.number(number));
        file
    }

    fn number(&mut self, number: u32) {
        let bytes = if self.big { number.to_be_bytes() } else { number.to_le_bytes() };
        self.bytes.extend(bytes);
    }

    /// Adds a frame of which so many bytes were recorded.
    pub(crate) fn cut(&mut self, frame: &[u8], recorded: usize) {
        let kept = &frame[..frame.len().min(recorded)];
        let (seconds, parts) = self.time;
        let lengths = [kept.len(), frame.len()].map(|one| u32::try_from(one).expect("a frame"));
        [seconds, parts, lengths[0], lengths[1]].into_iter().for_each(|one| self.number(one));
        self.bytes.extend(kept);
        self.time = (seconds + 1, parts);
    }

    pub(crate) fn add(&mut self, frame: &[u8]) {
        self.cut(frame, frame.len());
    }
}

/// A file of pcapng, its numbers the lower byte first.
pub(crate) struct Blocks(pub(crate) Vec<u8>);

impl Blocks {
    pub(crate) fn new() -> Self {
        let mut file = Self(Vec::new());
        let section = [&0x1A2B_3C4D_u32.to_le_bytes()[..], &[1, 0, 0, 0], &[0xFF; 8]].concat();
        file.block(0x0A0D_0D0A, &section);
        file
    }

    pub(crate) fn block(&mut self, kind: u32, inside: &[u8]) {
        let filling = inside.len().next_multiple_of(4) - inside.len();
        let length = u32::try_from(12 + inside.len() + filling).expect("a block").to_le_bytes();
        let all = [&kind.to_le_bytes()[..], &length, inside, &[0, 0, 0][..filling], &length];
        self.0.extend(all.concat());
    }

    /// An interface; where asked, its times are nanoseconds.
    pub(crate) fn interface(&mut self, link: u16, nanoseconds: bool) {
        let head = [&link.to_le_bytes()[..], &[0; 6]].concat();
        let options: &[u8] = if nanoseconds { &[9, 0, 1, 0, 9, 0, 0, 0, 0, 0, 0, 0] } else { &[] };
        self.block(1, &[&head[..], options].concat());
    }

    /// A frame of that interface, at a time in its own units.
    pub(crate) fn frame(&mut self, interface: u32, time: u64, frame: &[u8]) {
        let length = u32::try_from(frame.len()).expect("a frame").to_le_bytes();
        let high = u32::try_from(time >> 32).expect("a time").to_le_bytes();
        let low = (time as u32).to_le_bytes();
        let head = [interface.to_le_bytes(), high, low, length, length].concat();
        self.block(6, &[&head[..], frame].concat());
    }

    /// A frame of the first interface of which nothing but its length is told.
    pub(crate) fn simple(&mut self, frame: &[u8]) {
        let length = u32::try_from(frame.len()).expect("a frame").to_le_bytes();
        self.block(3, &[&length[..], frame].concat());
    }
}
