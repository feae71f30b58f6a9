//! Whole packets, made up, and what stations come out of them.

use std::net::Ipv4Addr;

use super::*;
use crate::packet::Mac;
use crate::station::{Nodes, Peer, PeerKey, Seen};
use crate::wire::quic::tests::{crypto, message, sealed};
use crate::wire::{Said, signs};

pub(super) const CAMERA: ([u8; 6], [u8; 4]) = ([0x44, 0x19, 0xB6, 1, 2, 3], [10, 0, 0, 7]);
pub(super) const OTHER: ([u8; 6], [u8; 4]) = ([0x44, 0x19, 0xB6, 9, 9, 9], [10, 0, 0, 1]);
pub(super) const FAR: [u8; 4] = [198, 51, 100, 9];
const ETHERNET: i32 = 1;

/// A frame from the camera, or to it, with what stands behind the network header.
pub(super) fn ethernet(from_camera: bool, far: [u8; 4], protocol: u8, inside: &[u8]) -> Vec<u8> {
    let macs = if from_camera { [OTHER.0, CAMERA.0] } else { [CAMERA.0, OTHER.0] };
    let ends = if from_camera { [CAMERA.1, far] } else { [far, CAMERA.1] };
    let length = u16::try_from(20 + inside.len()).unwrap().to_be_bytes();
    let ip = [0x45, 0, length[0], length[1], 0, 0, 0x40, 0, 64, protocol, 0, 0];
    [&macs.concat()[..], &[8, 0], &ip, &ends.concat(), inside].concat()
}

fn ports(from_camera: bool, own: u16, far: u16) -> Vec<u8> {
    let both = if from_camera { [own, far] } else { [far, own] };
    both.map(u16::to_be_bytes).concat()
}

pub(super) fn udp(from_camera: bool, far: [u8; 4], own: u16, port: u16, inside: &[u8]) -> Vec<u8> {
    let length = u16::try_from(8 + inside.len()).unwrap().to_be_bytes();
    let udp = [&ports(from_camera, own, port)[..], &length, &[0, 0], inside].concat();
    ethernet(from_camera, far, UDP, &udp)
}

pub(super) const BEGINS: u8 = 0x02;
pub(super) const ANSWERS: u8 = 0x10;

pub(super) fn tcp(
    from_camera: bool,
    ends: (u16, u16),
    place: u32,
    flags: u8,
    inside: &[u8],
) -> Vec<u8> {
    let [own, port] = [ends.0, ends.1];
    let head = [0, 0, 0, 0, 0x50, flags, 0, 0, 0, 0, 0, 0];
    let tcp = [&ports(from_camera, own, port)[..], &place.to_be_bytes(), &head, inside].concat();
    ethernet(from_camera, FAR, TCP, &tcp)
}

/// Takes frames, each a second behind the one before.
pub(super) fn taken(capture: &mut Capture, frames: &[Vec<u8>]) {
    for bytes in frames {
        let number = capture.tally.frames + 1;
        let time = i64::try_from(number).ok().map(|second| second * 1_000_000_000);
        let length = u32::try_from(bytes.len()).unwrap();
        capture.take(&Frame { number, time, link: ETHERNET, bytes, length });
    }
}

/// The camera, once all frames were taken.
pub(super) fn camera(frames: &[Vec<u8>]) -> Station {
    let mut capture = Capture::default();
    taken(&mut capture, frames);
    let (stations, _) = capture.finish();
    stations.into_iter().find(|one| one.mac == Some(Mac(CAMERA.0))).unwrap()
}

pub(super) fn only(station: &Station) -> &Peer {
    assert_eq!(station.peers.len(), 1, "{station:?}");
    &station.peers[0]
}

pub(super) fn says(station: &Station, kind: &'static str, what: &str) -> bool {
    station.traces.iter().any(|trace| trace.said == Said::Reply(kind, what.to_owned()))
}

#[test]
fn whom_a_client_of_quic_asks_for_is_a_name_of_the_peer() {
    let whole = message("cloud.example.test", 1_200);
    let (one, two) = whole.split_at(900);
    let name: &[u8] = b"firstname";
    let first = sealed(false, [name, name], 0, &crypto(0, one));
    let second = sealed(false, [name, name], 1, &crypto(900, two));
    let frames = [first, second].map(|bytes| udp(true, FAR, 50_000, 443, &bytes));
    assert_eq!(only(&camera(&frames[..1])).cover, Cover::Quic, "the first alone tells");
    let camera = camera(&frames);
    assert_eq!(only(&camera).names, ["cloud.example.test"]);
    assert_eq!(only(&camera).cover, Cover::Quic);
    assert!(says(&camera, "dns", "cloud.example.test"));
}

#[test]
fn a_service_of_a_maker_is_a_sign_of_the_peer() {
    let asks = |line: &str| udp(true, FAR, 50_000, 8_802, line.as_bytes());
    let camera_ = camera(&[asks("GET /heartbeat/device/4A05EC0PAN00001 HTTP/1.1\r\n\r\n")]);
    assert_eq!(only(&camera_).sign, Some(signs::DAHUA));
    assert_eq!(only(&camera_).cover, Cover::Plain);
    assert!(says(&camera_, "serial", "4A05EC0PAN00001"));
    let covered = |bytes: &[u8]| only(&camera(&[udp(true, FAR, 50_000, 7_000, bytes)])).cover;
    assert_eq!(covered(b"HTTP/1.1 401 Unauthorized\r\n\r\n"), Cover::Plain);
    assert_eq!(covered(&[&[22, 0xFE, 0xFD][..], &[0; 40]].concat()), Cover::Tls);
    for nothing in [&b""[..], b"P", b"GET", &[0x80; 40]] {
        assert_eq!(covered(nothing), Cover::Unknown, "{nothing:?}");
    }
    let searches = udp(true, FAR, 50_000, 32_108, &[0xF1, 0x30, 0, 0]);
    let camera_ = camera(&[searches]);
    assert_eq!(only(&camera_).sign, Some(signs::PPPP));
    assert!(camera_.traces.is_empty(), "it names nobody");
}

#[test]
fn what_is_asked_of_dns_in_the_clear_is_plain_and_who_asked_has_the_answer() {
    let name = b"\x05cloud\x07example\x00\x00\x01\x00\x01";
    let asks = [&[0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0][..], name].concat();
    let answer = [&[0, 1, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0][..], name].concat();
    let record = [&b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04"[..], &FAR].concat();
    let answer = [answer, record].concat();
    let resolver = [192, 0, 2, 53];
    let frames = [
        udp(true, resolver, 50_000, 53, &asks),
        udp(false, resolver, 50_000, 53, &answer),
        udp(true, FAR, 50_001, 7_000, b"?"),
        udp(true, [192, 0, 2, 54], 50_002, 53, b"?"),
    ];
    let camera = camera(&frames);
    assert!(says(&camera, "dns", "cloud.example"));
    let peers: Vec<_> = camera.peers.iter().map(|peer| (peer.port, peer.cover)).collect();
    assert_eq!(peers, [(53, Cover::Plain), (7_000, Cover::Unknown), (53, Cover::Unknown)]);
    let answers: Vec<_> = camera.answers.iter().map(|one| (one.address, &*one.name)).collect();
    assert_eq!(answers, [(camera.peers[1].address, "cloud.example")]);
}

#[test]
fn what_another_says_at_the_same_address_and_ports_is_its_own() {
    let asks = |name: &[u8]| {
        let head = [0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        [&head[..], name, b"\x00\x00\x01\x00\x01"].concat()
    };
    let next: [u8; 6] = [0x00, 0x40, 0x8C, 1, 2, 3];
    let of_next = |mut frame: Vec<u8>, at: usize| {
        frame[at..at + 6].copy_from_slice(&next);
        frame
    };
    let resolver = [192, 0, 2, 53];
    let first = udp(true, resolver, 50_000, 53, &asks(b"\x05first\x07example"));
    let second = of_next(udp(true, resolver, 50_000, 53, &asks(b"\x06second\x07example")), 6);
    // The one may leave for good, or both may be there, on networks of their own.
    for frames in [[&first, &first, &second], [&first, &second, &first]] {
        let frames: Vec<Vec<u8>> = frames.into_iter().cloned().collect();
        let mut capture = Capture::default();
        taken(&mut capture, &frames);
        taken(&mut capture, &[of_next(udp(false, resolver, 50_000, 53, b"?"), 0)]);
        let (stations, _) = capture.finish();
        let of = |mac: [u8; 6]| stations.iter().find(|one| one.mac == Some(Mac(mac))).unwrap();
        let (camera, next) = (of(CAMERA.0), of(next));
        assert!(says(camera, "dns", "first.example") && !says(camera, "dns", "second.example"));
        assert!(says(next, "dns", "second.example") && !says(next, "dns", "first.example"));
        let got = |one: &Station| one.peers.iter().map(|peer| peer.got).sum::<u64>();
        assert!(got(camera) == 0 && got(next) > 0, "the answer went to the other");
    }
}

#[test]
fn where_both_ports_are_one_the_peer_outside_was_asked_whoever_is_recorded_first() {
    for camera_first in [true, false] {
        let frames = [
            udp(camera_first, FAR, 123, 123, &[0; 48]),
            udp(!camera_first, FAR, 123, 123, &[0; 48]),
        ];
        let camera = camera(&frames);
        assert_eq!((only(&camera).port, only(&camera).serves), (123, false));
    }
}

#[test]
fn what_xiongmai_posts_is_a_sign_and_says_who_posts() {
    let body = r#"{"DssProtocol": {"Body": {"AuthCode": "secret", "SerialNumber": "00112233"},
        "Header": {"MessageType": "MSG_DEV_REGISTER_REQ"}}}"#;
    let post = format!(
        "POST / HTTP/1.1\r\nHost:dss.example\r\nContent-Length:{}\r\n\r\n{body}",
        body.len()
    );
    let ends = (50_000, 6_601);
    let (one, two) = post.as_bytes().split_at(90);
    let frames = [
        tcp(true, ends, 9, BEGINS, b""),
        tcp(true, ends, 100, ANSWERS, two),
        tcp(true, ends, 10, ANSWERS, one),
    ];
    let camera = camera(&frames);
    assert_eq!(only(&camera).sign, Some(signs::XIONGMAI));
    assert_eq!(only(&camera).names, ["dss.example"]);
    assert!(says(&camera, "serial", "00112233"));
    assert!(!format!("{camera:?}").contains("secret"));
}

#[test]
fn greetings_are_read_where_the_beginning_was_recorded() {
    let ends = (23, 50_000);
    let greeting = b"\xff\xfd\x01DVR-1 login: ";
    let began = [
        tcp(false, ends, 3, BEGINS, b""),
        tcp(true, ends, 9, BEGINS | ANSWERS, b""),
        tcp(true, ends, 10, ANSWERS, greeting),
        tcp(false, ends, 4, ANSWERS, b"bob\r\nsecret\r\n"),
        tcp(true, ends, 26, ANSWERS, b"bob\r\nPassword: \r\nsecret.txt login: "),
    ];
    let camera_ = camera(&began);
    assert!(says(&camera_, "telnet", "DVR-1 login:"), "{camera_:?}");
    assert_eq!(only(&camera_).cover, Cover::Plain);
    // Of a session that was under way, anything may be a secret.
    let camera_ = camera(&began[4..]);
    assert!(camera_.traces.is_empty(), "{camera_:?}");
    let banner = [&b"head"[..], &[7; 60]].concat();
    let ends = (9_008, 50_000);
    let parts = [
        tcp(true, ends, 9, BEGINS | ANSWERS, b""),
        tcp(true, ends, 10, ANSWERS, &banner[..30]),
        tcp(true, ends, 40, ANSWERS, &banner[30..]),
    ];
    assert_eq!(only(&camera(&parts)).sign, Some(signs::HEAD));
}

/// What people send and type must not be found in anything that is kept, whatever carries it.
#[test]
fn no_secret_is_kept_of_any_protocol() {
    let stream = |own: u16, asks: &[u8], answers: &[u8]| {
        let ends = (own, 50_000);
        [
            tcp(false, ends, 3, BEGINS, b""),
            tcp(true, ends, 9, BEGINS | ANSWERS, b""),
            tcp(false, ends, 4, ANSWERS, asks),
            tcp(true, ends, 10, ANSWERS, answers),
        ]
    };
    let asks_http =
        b"GET /cgi?user=bob&password=secret HTTP/1.1\r\nHost: bob.secret@cam.example\r\n\
        Authorization: Basic secret\r\nCookie: bob=secret\r\n\r\n";
    let answers_http = b"HTTP/1.1 200 OK\r\nSet-Cookie: bob=secret\r\nLocation: \
        http://bob:secret@10.0.0.7/x?token=secret\r\nContent-Length: 0\r\n\r\n";
    let asks_rtsp = b"DESCRIBE rtsp://bob:secret@10.0.0.7/s?auth=secret RTSP/1.0\r\n\
        Authorization: Digest username=\"bob\", response=\"secret\"\r\n\r\n";
    let sip = b"REGISTER sip:bob@pbx SIP/2.0\r\nFrom: <sip:bob@pbx>\r\nUser-Agent: Door 1\r\n\
        Authorization: Digest response=\"secret\"\r\n\r\n";
    let ftp = b"220 NET-1 ready\r\n331 Password required for bob\r\n";
    let private = [&[0xA0][..], &[0; 31], b"bob&&secret"].concat();
    let answer = [&[0xB0][..], &[0; 31], b"Realm:Login to 1\r\nRandom:secret\r\n"].concat();
    let snmp =
        b"\x30\x1c\x02\x01\x01\x04\x06secret\xa0\x0f\x02\x01\x01\x02\x01\x00\x02\x01\x00\x30\x04\
        \x30\x02\x06\x00";
    let dhip = b"\x20\0\0\0DHIP{\"method\":\"global.login\",\"params\":{\"password\":\"secret\"}}";
    let sadp = b"<ProbeMatch><Types>activate</Types><Password>secret</Password></ProbeMatch>";
    let mut frames = vec![
        udp(false, OTHER.1, 5_060, 5_060, sip),
        udp(true, OTHER.1, 5_060, 5_060, sip),
        udp(false, OTHER.1, 161, 50_000, snmp),
        udp(true, OTHER.1, 161, 50_000, snmp),
        udp(false, OTHER.1, 37_810, 37_810, dhip),
        udp(false, OTHER.1, 37_020, 37_020, sadp),
        udp(true, FAR, 50_000, 8_800, b"DHGET /x?token=secret HTTP/1.1\r\nX-WSSE: secret\r\n\r\n"),
        udp(true, FAR, 50_001, 32_100, b"\xf1\x10\x00\x14VSTA\0\0\0\0\0\x01\x02\x03SECRET\0\0"),
    ];
    frames.extend(stream(80, asks_http, answers_http));
    let answers_rtsp = b"RTSP/1.0 200 OK\r\nSession: secret\r\nContent-Base: \
        rtsp://10.0.0.7/user=bob_password=secret_channel=1\r\nContent-Type: application/sdp\r\n\
        Content-Length: 59\r\n\r\nv=0\r\na=control:rtsp://10.0.0.7/user=bob_password=secret_x=1";
    frames.extend(stream(554, asks_rtsp, answers_rtsp));
    frames.extend(stream(21, b"USER bob\r\nPASS secret\r\n", ftp));
    frames.extend(stream(37_777, &private, &answer));
    frames.extend(stream(34_567, b"\xff\x01\0\0{\"PassWord\":\"secret\"}______", b"\xff\x01\0\0"));
    let mut capture = Capture::default();
    taken(&mut capture, &frames);
    let (stations, _) = capture.finish();
    let all = format!("{stations:?}");
    for secret in ["secret", "SECRET", "bob"] {
        let around = all.find(secret).map(|at| all.get(at.saturating_sub(90)..at + 20));
        assert_eq!(around, None, "{secret}");
    }
    let camera = stations.iter().find(|one| one.mac == Some(Mac(CAMERA.0))).unwrap();
    assert!(says(camera, "auth_realm", "Login to 1"), "{all}");
    assert!(says(camera, "ftp", "NET-1 ready") && says(camera, "sip", "Door 1"), "{all}");
}

#[test]
fn what_an_exporter_reports_stands_apart_from_what_was_recorded() {
    let mut record = vec![0; 48];
    record[..4].copy_from_slice(&CAMERA.1);
    record[4..8].copy_from_slice(&FAR);
    record[16..20].copy_from_slice(&7_u32.to_be_bytes());
    record[20..24].copy_from_slice(&900_u32.to_be_bytes());
    record[32..36].copy_from_slice(&[0xC3, 0x50, 0x01, 0xBB]);
    record[38] = TCP;
    let datagram = |number: u8, sampling: [u8; 2]| {
        let head = [&[0, 5, 0, 1][..], &[0; 15], &[number, 0, 0], &sampling].concat();
        udp(false, OTHER.1, 2_055, 50_000, &[head, record.clone()].concat())
    };
    let mut capture = Capture::default();
    taken(&mut capture, &[datagram(1, [0, 100]), datagram(2, [0, 100])]);
    // One that comes again counts once.
    taken(&mut capture, &[datagram(3, [0, 0]), datagram(3, [0, 0]), datagram(1, [0, 100])]);
    let template_never_came = [&[0, 9, 0, 1][..], &[0; 16], &[1, 0, 0, 8, 1, 2, 3, 4]].concat();
    taken(&mut capture, &[udp(false, OTHER.1, 2_055, 50_000, &template_never_came)]);
    let (stations, tally) = capture.finish();
    assert_eq!((tally.reported, tally.untold, tally.again), (3, 1, 2));
    let here = stations.iter().find(|one| one.addresses.contains(&Ipv4Addr::from(CAMERA.1).into()));
    let far: Vec<_> = stations
        .iter()
        .flat_map(|one| &one.peers)
        .filter(|peer| peer.address == IpAddr::from(FAR))
        .collect();
    assert!(here.is_some());
    let counted = far.iter().map(|peer| (peer.seen, peer.sent, peer.packets, peer.port));
    let wanted = [(Seen::Reported(Some(100)), 1_800, 14, 443), (Seen::Reported(None), 900, 7, 443)];
    assert_eq!(counted.collect::<Vec<_>>(), wanted, "{stations:?}");
}

#[test]
fn who_reports_to_a_collector_is_no_station_for_that() {
    let waiting = [&[0, 9, 0, 1][..], &[0; 16], &[1, 0, 0, 8, 1, 2, 3, 4]].concat();
    let frames = [udp(false, OTHER.1, 2_055, 50_000, &waiting)];
    let of = |mut capture: Capture| {
        taken(&mut capture, &frames);
        let (stations, tally) = capture.finish();
        (stations.len(), tally.untold)
    };
    // Recorded on a network it is one, like all that sends there.
    let frames_to_it = [udp(true, OTHER.1, 50_000, 2_055, &waiting)];
    let mut capture = Capture::default();
    taken(&mut capture, &frames_to_it);
    assert_eq!(capture.finish().0.len(), 1);
    assert_eq!(of(Capture::of_reports()), (0, 1));
}

#[test]
fn stations_and_peers_without_end_are_bounded() {
    use crate::limits::{NAMES_BYTES_MAX, PEERS_MAX, PEERS_OF_ALL_MAX, STATIONS_MAX};
    let mut capture = Capture::default();
    let far = |number: u32| (0xC000_0000 | number).to_be_bytes();
    for number in 0..u32::try_from(PEERS_MAX).unwrap() + 9 {
        taken(&mut capture, &[udp(true, far(number), 5_000, 9, b"")]);
    }
    let (stations, tally) = capture.finish();
    assert_eq!((tally.peers_left, tally.left), (9, 0));
    assert_eq!(stations.iter().map(|one| one.peers.len()).max(), Some(PEERS_MAX));
    let mut nodes = Nodes::default();
    for number in 0..u32::try_from(STATIONS_MAX).unwrap() + 9 {
        nodes.find((None, Some(Ipv4Addr::from(0x0A00_0000 + number).into())), 1);
    }
    // One of them is nobody, for all that have no room.
    assert_eq!(nodes.left, 10);
    let (protocol, serves, seen) = (UDP, false, Seen::Packets);
    let mut peers = 0;
    for number in 0..u32::try_from(PEERS_OF_ALL_MAX).unwrap() + 5 {
        let address = Ipv4Addr::from(number).into();
        let key = PeerKey { address, port: 9, protocol, serves, seen, guessed: false };
        peers += usize::from(nodes.peer(number % 100, key, 1).is_some());
    }
    assert_eq!((peers, nodes.peers_left), (PEERS_OF_ALL_MAX, 5));
    let long = "y".repeat(200);
    for peer in 0..u32::try_from(NAMES_BYTES_MAX / 1_600).unwrap() + 9 {
        (0..9).for_each(|number| nodes.name(peer, &format!("{number}{long}")));
    }
    let peers = u32::try_from(PEERS_OF_ALL_MAX).unwrap();
    let names: usize =
        (0..peers).flat_map(|peer| nodes.peer_at(peer).names.clone()).map(|name| name.len()).sum();
    assert!(names <= NAMES_BYTES_MAX && names > NAMES_BYTES_MAX - 201, "{names}");
    let large = "x".repeat(1 << 20);
    for number in 0..70 {
        nodes.show(number, Said::Reply("sdp", large.clone()), 1, None);
    }
    let kept: usize = nodes.finish(Vec::new()).stations.iter().map(|one| one.traces.len()).sum();
    assert_eq!(kept, 64, "of a mebibyte each");
}

/// Whoever watches a whole network sees millions of packets of flows that are long known.
#[test]
fn a_packet_of_a_known_flow_takes_no_memory() {
    let mut capture = Capture::default();
    let (web, ends) = ((50_000, 80), (50_001, 443));
    let head = b"PUT /clip HTTP/1.1\r\nHost: c.example\r\nContent-Length: 99000\r\n\r\n";
    let length = u32::try_from(head.len()).unwrap();
    let unknown = [0x17; 1_000];
    let mut frames = vec![
        tcp(true, web, 9, BEGINS, b""),
        tcp(true, web, 10, ANSWERS, head),
        tcp(true, ends, 9, BEGINS, b""),
        tcp(true, ends, 10, ANSWERS, &unknown),
    ];
    let before_body = u32::try_from(8 << 10).unwrap();
    frames.push(tcp(true, web, 10 + length, ANSWERS, &vec![1; 8 << 10]));
    frames.extend(vec![udp(true, FAR, 50_002, 7_000, &unknown); 40]);
    taken(&mut capture, &frames);
    let at = |part: u32| 10 + length + before_body + 1_000 * part;
    let known = [
        tcp(true, web, at(0), ANSWERS, &unknown),
        tcp(true, web, at(1), ANSWERS, &unknown),
        tcp(true, ends, 1_010, ANSWERS, &unknown),
        tcp(false, ends, 77, ANSWERS, b""),
        udp(true, FAR, 50_002, 7_000, &unknown),
    ];
    for (place, bytes) in known.iter().enumerate() {
        let frame = |bytes| Frame { number: 99, time: Some(1), link: ETHERNET, bytes, length: 9 };
        let taken = allocation_counter::measure(|| capture.take(&frame(bytes)));
        assert_eq!(taken.count_total, 0, "{place}");
    }
}
