//! The captures that the tests read. Every device in them is invented.

use crate::bytes::{
    self, ACK, Blocks, EVERYBODY, FIN, GRE, Host, ICMP_6, MORNING, Pcap, SYN, SYN_ACK, UDP, arp,
    ether, ethernet, ipv4, ipv4_piece, ipv6, segment, tagged, udp,
};
use crate::said;

/// A camera whose blocks and words are Hikvision's.
const GATE: Host = Host { mac: [0x44, 0x19, 0xB6, 0x10, 0x20, 0x31], ip: [10, 20, 0, 11] };
/// One whose words are Dahua's.
const YARD: Host = Host { mac: [0x3C, 0xEF, 0x8C, 0x10, 0x20, 0x32], ip: [10, 20, 0, 12] };
/// One whose words are Xiongmai's.
const DOOR: Host = Host { mac: [0x00, 0x12, 0x31, 0x10, 0x20, 0x33], ip: [10, 20, 0, 13] };
/// Somebody's computer, which only asks.
const DESK: Host = Host { mac: [0xB8, 0x27, 0xEB, 0x10, 0x20, 0x34], ip: [10, 20, 0, 50] };
/// The router, and two that stand behind it.
const ROUTER: Host = Host { mac: [0x00, 0x1B, 0x21, 0x10, 0x20, 0x35], ip: [10, 20, 0, 1] };
const CLOUD: Host = Host { mac: ROUTER.mac, ip: [198, 51, 100, 7] };
const NAMES: Host = Host { mac: ROUTER.mac, ip: [203, 0, 113, 53] };
/// Everybody who listens to a group.
const GROUP: Host = Host { mac: [0x01, 0, 0x5E, 0x7F, 0xFF, 0xFA], ip: [239, 255, 255, 250] };
const ALL: Host = Host { mac: EVERYBODY, ip: [255; 4] };
const NOBODY: [u8; 4] = [0; 4];

const ETHERNET: u32 = 1;

/// Each: the case, how its file ends, and what is in it.
pub(crate) fn all() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    let estate = estate();
    let cut = estate[..estate.len() - 30].to_vec();
    vec![
        ("estate", "pcap", estate),
        ("cut", "pcap", cut),
        ("damaged", "pcap", damaged()),
        ("blocks", "pcapng", blocks()),
        ("mirror", "pcap", mirror()),
        ("thousand-interfaces", "pcapng", thousand()),
        ("backwards", "pcap", backwards()),
        ("overlaps", "pcap", overlaps()),
        ("zero-length", "pcap", nothing()),
        ("snaplen-64", "pcap", short()),
        ("strange-link", "pcap", strange()),
        ("big-endian", "pcap", big()),
    ]
}

fn hello() -> Vec<u8> {
    let serial = "DS-2CD2143G2-I20260101AAWRZ00000001";
    let text = said::sadp("DS-2CD2143G2-I", serial, "44-19-b6-10-20-31");
    bytes::said(GATE, GROUP, (37_020, 37_020), text.as_bytes())
}

fn found() -> Vec<u8> {
    let reply = said::dhip("IPC-HDW1431T1-S4", "0A00000PAG00001", "3c:ef:8c:10:20:32");
    bytes::said(YARD, ALL, (37_810, 37_810), &reply)
}

/// What one end sends, in segments of so many bytes, from the beginning to the end.
fn stream(file: &mut Pcap, ends: (Host, Host), ports: (u16, u16), each: usize, bytes: &[u8]) {
    let mut place = 1_001;
    for part in bytes.chunks(each) {
        file.add(&segment(ends, ports, (place, ACK), part));
        place += u32::try_from(part.len()).expect("a segment");
    }
}

/// Three cameras, a computer that asks them, and a router with what stands behind it.
fn estate() -> Vec<u8> {
    let mut file = Pcap::new(ETHERNET);
    let asked = said::dhcp(GATE.mac, "gate-cam", &[1, 3, 6, 12, 15, 28, 42], "udhcp 1.20.2");
    let asks = Host { ip: NOBODY, ..GATE };
    file.add(&bytes::said(asks, ALL, (68, 67), &asked));
    for host in [GATE, YARD, DOOR, DESK, ROUTER] {
        file.add(&arp(host, ROUTER.ip));
    }
    file.add(&hello());
    file.add(&found());
    let notice = said::xiongmai("00:12:31:10:20:33", "00000000000000a1");
    file.add(&bytes::said(DOOR, ALL, (34_569, 34_569), &notice));
    let host = "dev.hik-connect.com";
    file.add(&bytes::said(GATE, NAMES, (40_000, 53), &said::question(host)));
    file.add(&bytes::said(NAMES, GATE, (53, 40_000), &said::answer(host, CLOUD.ip)));
    file.add(&segment((GATE, CLOUD), (40_001, 443), (1_000, SYN), b""));
    file.add(&segment((CLOUD, GATE), (443, 40_001), (1_000, SYN_ACK), b""));
    stream(&mut file, (GATE, CLOUD), (40_001, 443), 700, &said::hello(host));
    // What the cloud shows is nobody's of this network.
    let theirs = said::shown(&said::certificate("*.hik-connect.com", "Example Cloud"));
    stream(&mut file, (CLOUD, GATE), (443, 40_001), 1_400, &theirs);
    let page = b"HTTP/1.1 302 Found\r\nServer: DNVRS-Webs\r\nSet-Cookie: id=secret\r\n\
        Location: http://admin:secret@10.20.0.11/doc/page/login.asp?token=secret\r\n\r\n";
    stream(&mut file, (GATE, DESK), (80, 50_001), 1_400, page);
    let asks = b"GET / HTTP/1.1\r\nHost: 10.20.0.11\r\nAuthorization: Basic c2VjcmV0\r\n\r\n";
    stream(&mut file, (DESK, GATE), (50_001, 80), 1_400, asks);
    stream(&mut file, (YARD, DESK), (554, 50_002), 200, &said::described());
    let own = said::shown(&said::certificate("10.20.0.12", "Example House"));
    stream(&mut file, (YARD, DESK), (443, 50_003), 300, &own);
    file.bytes
}

fn damaged() -> Vec<u8> {
    let mut file = Pcap::new(ETHERNET);
    file.add(&hello());
    // A record that says to be longer than any frame.
    file.bytes.extend([1, 2, 3, 4, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0x7F]);
    file.bytes.extend(found());
    file.bytes
}

/// Two kinds of interfaces, times in nanoseconds, frames without a time, tags within tags.
fn blocks() -> Vec<u8> {
    let mut file = Blocks::new();
    file.interface(1, true);
    file.interface(276, false);
    let tag = |frame: &[u8]| {
        let inner = tagged(20, ether::IPV4, &frame[14..]);
        let outer = tagged(100, ether::VLAN, &inner);
        ethernet(EVERYBODY, GATE.mac, ether::QINQ, &outer)
    };
    let moment = u64::from(MORNING) * 1_000_000_000;
    file.frame(0, moment + 1, &tag(&hello()));
    let cooked = |frame: &[u8], from: Host| {
        let head = [0x08, 0, 0, 0, 0, 0, 0, 2, 0, 1, 0, 6];
        [&head[..], &from.mac, &[0, 0], &frame[14..]].concat()
    };
    file.frame(1, u64::from(MORNING + 1) * 1_000_000, &cooked(&found(), YARD));
    file.simple(&arp(DOOR, DESK.ip));
    let moment = u64::from(MORNING + 2) * 1_000_000_000;
    file.frame(0, moment, &six().0);
    file.frame(0, moment + 1, &six().1);
    file.0
}

/// A station of the sixth version: it tells that an address is its own, and names a service.
fn six() -> (Vec<u8>, Vec<u8>) {
    let mut from = [0; 16];
    from[..4].copy_from_slice(&[0x20, 1, 0x0D, 0xB8]);
    from[15] = 9;
    let mut group = [0; 16];
    (group[0], group[1], group[15]) = (0xFF, 2, 0xFB);
    let mac = [0x00, 0x40, 0x8C, 0x10, 0x20, 0x36];
    let tells = [&[136, 0, 0, 0, 0x60, 0, 0, 0][..], &from].concat();
    let service = said::service(
        "AXIS P3225-LV Mk II - 00408C102036._axis-video._tcp.local",
        "axis-00408c102036.local",
        80,
    );
    let named = ipv6(from, group, UDP, &udp(5353, 5353, &service));
    let told = ipv6(from, group, ICMP_6, &tells);
    let to = [0x33, 0x33, 0, 0, 0, 0xFB];
    (ethernet(to, mac, ether::IPV6, &told), ethernet(to, mac, ether::IPV6, &named))
}

/// What a switch mirrors: within VXLAN, and within GRE as ERSPAN of the second kind.
fn mirror() -> Vec<u8> {
    let switch = Host { mac: [0x00, 0x1B, 0x21, 0x10, 0x20, 0x40], ip: [10, 99, 0, 2] };
    let probe = Host { mac: [0x00, 0x1B, 0x21, 0x10, 0x20, 0x41], ip: [10, 99, 0, 3] };
    let mut file = Pcap::new(ETHERNET);
    let vxlan = [&[8, 0, 0, 0, 0, 0, 7, 0][..], &hello()].concat();
    file.add(&bytes::said(switch, probe, (50_000, 4_789), &vxlan));
    let erspan = [&[0x10, 0, 0x88, 0xBE, 0, 0, 0, 1, 0x10, 0, 0, 0, 0, 0, 0, 0][..], &found()];
    let packet = ipv4((switch.ip, probe.ip), GRE, &erspan.concat());
    file.add(&ethernet(probe.mac, switch.mac, ether::IPV4, &packet));
    file.bytes
}

fn thousand() -> Vec<u8> {
    let mut file = Blocks::new();
    for _ in 0..1_000 {
        file.interface(1, false);
    }
    file.frame(999, u64::from(MORNING) * 1_000_000, &arp(GATE, DESK.ip));
    file.0
}

fn backwards() -> Vec<u8> {
    let mut file = Pcap::new(ETHERNET);
    file.add(&hello());
    file.time.0 = MORNING - 86_400;
    file.add(&found());
    file.time.0 = MORNING - 90_000;
    file.add(&arp(DOOR, DESK.ip));
    file.bytes
}

/// Pieces of a packet and segments of a stream that lie over one another: what came first stays.
fn overlaps() -> Vec<u8> {
    let mut file = Pcap::new(ETHERNET);
    let whole = &hello()[34..];
    let mut other = whole.to_vec();
    other[400..].fill(b'X');
    let ends = (GATE.ip, GROUP.ip);
    let piece = |place: usize, end: usize, bytes: &[u8]| {
        let more = end < whole.len();
        let packet = ipv4_piece(ends, UDP, (7, place, more), &bytes[place..end]);
        ethernet(GROUP.mac, GATE.mac, ether::IPV4, &packet)
    };
    file.add(&piece(0, 480, whole));
    file.add(&piece(400, 480, &other));
    file.add(&piece(480, whole.len(), whole));
    let page = b"HTTP/1.1 200 OK\r\nServer: DNVRS-Webs\r\nConnection: close\r\n\r\n";
    let ends = ((GATE, DESK), (80, 50_001));
    file.add(&segment(ends.0, ends.1, (1_000, SYN_ACK), b""));
    file.add(&segment(ends.0, ends.1, (1_041, ACK), &page[40..]));
    file.add(&segment(ends.0, ends.1, (1_001, ACK), &page[..30]));
    file.add(&segment(ends.0, ends.1, (1_021, ACK), b"XXXXXXXXXX-Webs"));
    file.add(&segment(ends.0, ends.1, (1_031, ACK), &page[30..45]));
    let end = 1_001 + u32::try_from(page.len()).expect("a page");
    file.add(&segment(ends.0, ends.1, (end, FIN), b""));
    file.bytes
}

/// Records of nothing, packets that say to hold nothing, and one after them that is whole.
fn nothing() -> Vec<u8> {
    let mut file = Pcap::new(ETHERNET);
    file.add(b"");
    file.cut(&hello(), 0);
    file.add(&[0; 14]);
    let empty = ipv4((GATE.ip, DESK.ip), UDP, &[]);
    file.add(&ethernet(DESK.mac, GATE.mac, ether::IPV4, &empty));
    file.add(&segment((GATE, DESK), (80, 50_001), (1_001, ACK), b""));
    file.add(&hello());
    file.bytes
}

/// Of every packet 64 bytes.
fn short() -> Vec<u8> {
    let mut file = Pcap::of(ETHERNET, false, 0xA1B2_C3D4, 64);
    let page = b"HTTP/1.1 200 OK\r\nServer: DNVRS-Webs\r\nConnection: close\r\n\r\n";
    for frame in [
        arp(GATE, DESK.ip),
        hello(),
        found(),
        segment((GATE, DESK), (80, 50_001), (1_001, ACK), page),
    ] {
        file.cut(&frame, 64);
    }
    file.bytes
}

/// Frames of a radio, as they are in the air.
fn strange() -> Vec<u8> {
    let mut file = Pcap::new(105);
    file.add(&[0x80; 40]);
    file.add(&[0x08; 60]);
    file.bytes
}

/// Numbers the higher byte first, times in nanoseconds.
fn big() -> Vec<u8> {
    let mut file = Pcap::of(ETHERNET, true, 0xA1B2_3C4D, 65_535);
    file.time.1 = 123_456_789;
    file.add(&hello());
    file.bytes
}
