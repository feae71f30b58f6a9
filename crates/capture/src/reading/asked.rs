//! Who asked whom and what came of it, whose an address is, and what was recorded twice.

use super::tests::{
    ANSWERS, BEGINS, CAMERA, FAR, OTHER, camera, ethernet, only, says, taken, tcp, udp,
};
use super::*;
use crate::station::{Networks, Peer};

const RESET: u8 = 0x04;
const RESOLVER: [u8; 4] = [10, 0, 0, 1];
/// Three minutes, of a packet a second, in which everything else was silent.
const SILENT: usize = 181;

fn asked(frames: &[Vec<u8>]) -> (u16, bool, bool) {
    let camera = camera(frames);
    let Peer { port, serves, guessed, .. } = *only(&camera);
    (port, serves, guessed)
}

#[test]
fn who_asked_is_told_by_what_tells_it_and_by_nothing_else() {
    let mid = |own, port| tcp(true, (own, port), 7, ANSWERS, b"x");
    assert_eq!(asked(&[mid(40_000, 443)]), (443, false, false), "a service");
    assert_eq!(asked(&[mid(40_000, 8_000)]), (8_000, false, false), "a registered port");
    assert_eq!(asked(&[mid(8_000, 31_006)]), (8_000, true, true), "it may be who asks");
    assert_eq!(asked(&[tcp(true, (8_000, 31_006), 7, BEGINS, b"")]), (31_006, false, false));
    let first = |own, port, bytes: &[u8]| [udp(true, FAR, own, port, bytes)];
    assert_eq!(asked(&first(6_000, 8_000, b"?")), (6_000, true, true));
    assert_eq!(asked(&first(8_000, 51_234, b"?")), (8_000, true, true), "it may ask from there");
    assert_eq!(asked(&first(8_810, 8_812, b"DHGET /probe HTTP/1.1\r\n")), (8_812, false, false));
    assert_eq!(asked(&first(8_810, 8_812, b"HTTP/1.1 200 OK\r\n\r\n")), (8_810, true, false));
    let stun = |kind: u8| [&[kind, 1, 0, 0, 0x21, 0x12, 0xA4, 0x42][..], &[0; 12]].concat();
    assert_eq!(asked(&first(6_000, 6_001, &stun(0))), (6_001, false, false));
    assert_eq!(asked(&first(6_000, 6_001, &stun(1))), (6_000, true, false));
    // Where nothing passed for so long, whoever speaks first begins.
    let mut frames = vec![udp(false, OTHER.1, 9, 9, b"x"); SILENT];
    frames.extend(first(6_000, 8_000, b"?"));
    let camera = camera(&frames);
    let peer = camera.peers.iter().find(|peer| peer.port == 8_000).unwrap();
    assert!(!peer.serves && !peer.guessed, "{peer:?}");
}

#[test]
fn what_nobody_answers_and_what_is_refused_is_known() {
    let unanswered = |frames: &[Vec<u8>]| only(&camera(frames)).unanswered;
    let begins = tcp(true, (40_000, 443), 7, BEGINS, b"");
    let back = |flags| tcp(false, (40_000, 443), 9, flags, b"");
    assert!(unanswered(&[begins.clone(), begins.clone()]));
    assert!(unanswered(&[begins.clone(), back(RESET | ANSWERS)]), "refused");
    assert!(!unanswered(&[begins.clone(), back(BEGINS | ANSWERS)]));
    assert!(!unanswered(&[tcp(true, (40_000, 443), 8, ANSWERS, b"x")]), "it goes on");
    let asks = udp(true, FAR, 50_000, 123, b"?");
    assert!(unanswered(std::slice::from_ref(&asks)));
    assert!(!unanswered(&[asks, udp(false, FAR, 50_000, 123, b"!")]));
}

/// A frame with these addresses on the link, hops and number.
fn with(mut frame: Vec<u8>, source: [u8; 6], target: [u8; 6], hops: u8, id: u16) -> Vec<u8> {
    frame[..6].copy_from_slice(&target);
    frame[6..12].copy_from_slice(&source);
    frame[14 + 8] = hops;
    frame[14 + 4..14 + 6].copy_from_slice(&id.to_be_bytes());
    frame
}

#[test]
fn what_a_router_passes_on_and_nobody_answers_is_not_the_routers() {
    let mut capture = Capture::default();
    let own = udp(false, RESOLVER, 50_000, 53, b"?");
    taken(&mut capture, &[own, tcp(true, (40_000, 443), 7, BEGINS, b"")]);
    let (stations, _) = capture.finish();
    let router = stations.iter().find(|one| one.mac == Some(Mac(OTHER.0))).unwrap();
    let with: Vec<IpAddr> = router.peers.iter().map(|peer| peer.address).collect();
    assert_eq!(with, [IpAddr::from(CAMERA.1)], "the far side is no address of it");
}

/// So many datagrams of the camera from one of its addresses.
fn from(last: u8, count: usize) -> Vec<Vec<u8>> {
    let mut frame = udp(true, FAR, 50_000, 7_000, b"?");
    frame[14 + 15] = last;
    vec![frame; count]
}

#[test]
fn who_uses_one_address_after_the_other_is_one_station_and_who_takes_turns_may_be_several() {
    let stations = |frames: &[Vec<u8>]| {
        let mut capture = Capture::default();
        taken(&mut capture, frames);
        let (stations, tally) = capture.finish();
        (stations.len(), stations.iter().filter(|one| one.mac.is_some()).count(), tally.unsettled)
    };
    assert_eq!(stations(&[from(7, 4), from(8, 4)].concat()), (1, 1, 0));
    assert_eq!(stations(&[from(7, 4), from(8, 4), from(7, 1)].concat()), (2, 0, 2));
    assert_eq!(stations(&[from(7, 4), from(8, 1)].concat()), (2, 0, 2), "once may be another's");
}

#[test]
fn an_address_is_of_who_has_it_also_where_links_show_no_addresses() {
    const RAW: i32 = 101;
    for bare_first in [true, false] {
        let mut capture = Capture::default();
        let frame = udp(true, FAR, 50_000, 7_000, b"?");
        for (at, bare) in [bare_first, !bare_first].into_iter().enumerate() {
            let bytes = if bare { &frame[14..] } else { &frame };
            let link = if bare { RAW } else { 1 };
            let (number, length) = (at as u64 + 1, u32::try_from(bytes.len()).unwrap());
            capture.take(&Frame { number, time: Some(number as i64), link, bytes, length });
        }
        let (stations, _) = capture.finish();
        assert_eq!(stations.len(), 1, "{stations:?}");
        assert_eq!((stations[0].mac, only(&stations[0]).packets), (Some(Mac(CAMERA.0)), 2));
    }
}

/// Takes frames, each 50 ms behind the one before.
fn close(frames: &[Vec<u8>]) -> (Vec<Station>, Tally) {
    let mut capture = Capture::default();
    for (at, bytes) in frames.iter().enumerate() {
        let (number, length) = (at as u64 + 1, u32::try_from(bytes.len()).unwrap());
        let time = Some(1_700_000_000_000_000_000 + number as i64 * 50_000_000);
        capture.take(&Frame { number, time, link: 1, bytes, length });
    }
    capture.finish()
}

#[test]
fn what_a_mirror_or_a_router_copies_counts_once_and_what_is_said_twice_counts_twice() {
    let router: [u8; 6] = [2, 0, 0, 0, 0, 9];
    let frame = |id| with(udp(true, FAR, 50_000, 7_000, b"?"), CAMERA.0, OTHER.0, 64, id);
    let copy = |id| with(udp(true, FAR, 50_000, 7_000, b"?"), router, OTHER.0, 63, id);
    let (stations, tally) = close(&[frame(1), frame(2), frame(2), frame(3), copy(3)]);
    assert_eq!((stations.len(), only(&stations[0]).packets, tally.twice), (1, 3, 2));
    // Some systems give every packet the same number, or none.
    for id in [0, 7] {
        let (stations, tally) = close(&[frame(id), frame(id), frame(id)]);
        assert_eq!((only(&stations[0]).packets, tally.twice), (3, 0));
    }
    // What is lost is sent again with another number; a copy of a segment comes at once.
    let segment = |id| with(tcp(true, (40_000, 443), 7, ANSWERS, b"x"), CAMERA.0, OTHER.0, 64, id);
    let (stations, tally) = close(&[segment(1), segment(2), segment(0), segment(0)]);
    assert_eq!((only(&stations[0]).packets, tally.twice), (4, 0));
    // The counter of numbers comes round.
    let mut capture = Capture::default();
    taken(&mut capture, &[frame(1), frame(2), frame(2)]);
    let (stations, tally) = capture.finish();
    assert_eq!((only(&stations[0]).packets, tally.twice), (3, 0), "a second later it is another");
}

/// A question about a name with that number, or its answer.
fn names(id: u8, name: &[u8], answers: bool) -> Vec<u8> {
    let flags = if answers { [0x81, 0x80, 0, 1, 0, 1] } else { [1, 0, 0, 1, 0, 0] };
    let record = [&b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04"[..], &FAR].concat();
    let record = if answers { record } else { Vec::new() };
    [&[0, id][..], &flags, &[0, 0, 0, 0], name, &[0, 0, 1, 0, 1], &record].concat()
}

const CLOUD: &[u8] = b"\x05cloud\x07example";

#[test]
fn an_answer_that_nobody_asked_for_names_nobody() {
    let given = |id, port, from| udp(false, from, port, 53, &names(id, CLOUD, true));
    let asks = || udp(true, RESOLVER, 50_000, 53, &names(1, CLOUD, false));
    let told = |frames: &[Vec<u8>]| {
        let mut capture = Capture::default();
        taken(&mut capture, frames);
        let (stations, tally) = capture.finish();
        let camera = stations.into_iter().find(|one| one.mac == Some(Mac(CAMERA.0))).unwrap();
        let asked = camera.answers.iter().filter(|one| one.unasked.is_none()).count();
        (asked, camera.answers.len() - asked, tally.unasked, camera.questions.len())
    };
    assert_eq!(told(&[asks(), given(1, 50_000, RESOLVER)]), (1, 0, 0, 0));
    assert_eq!(told(&[asks(), given(2, 50_000, RESOLVER)]), (0, 1, 1, 1), "another number");
    assert_eq!(told(&[asks(), given(1, 50_001, RESOLVER)]), (0, 1, 1, 1), "another port");
    assert_eq!(told(&[asks(), given(1, 50_000, FAR)]), (0, 1, 1, 1), "another server");
    assert_eq!(told(&[given(1, 50_000, RESOLVER), asks()]), (0, 1, 1, 1), "it came first");
}

#[test]
fn names_that_are_asked_over_a_stream_are_read_however_it_is_cut() {
    let whole = |answers| {
        let message = names(1, CLOUD, answers);
        [&u16::try_from(message.len()).unwrap().to_be_bytes()[..], &message].concat()
    };
    let (question, answer) = (whole(false), whole(true));
    for cut in 1..question.len() {
        let camera = camera(&[
            tcp(true, (40_000, 53), 6, BEGINS, b""),
            tcp(true, (40_000, 53), 7, ANSWERS, &question[..cut]),
            tcp(true, (40_000, 53), 7 + u32::try_from(cut).unwrap(), ANSWERS, &question[cut..]),
            tcp(false, (40_000, 53), 1, ANSWERS, &answer),
        ]);
        assert!(says(&camera, "dns", "cloud.example"), "{cut}");
        assert_eq!(camera.answers.len(), 1);
        assert_eq!((camera.answers[0].unasked, only(&camera).cover), (None, Cover::Plain));
    }
}

#[test]
fn names_of_other_letters_are_counted() {
    let mut capture = Capture::default();
    let odd = names(1, b"\x09evil,name\x07example", false);
    taken(&mut capture, &[udp(true, RESOLVER, 50_000, 53, &odd)]);
    assert_eq!(capture.finish().1.odd_names, 1);
}

#[test]
fn stations_of_networks_that_are_ones_own_are_devices_whatever_their_addresses() {
    let mut frame = ethernet(true, [203, 0, 113, 7], UDP, &[0xC3, 0x50, 1, 0xBB, 0, 9, 0, 0, 1]);
    frame[14 + 12..14 + 16].copy_from_slice(&[198, 51, 100, 20]);
    let read = |own: &[&str]| {
        let own = Networks(own.iter().map(|one| one.parse().unwrap()).collect());
        let mut capture = Capture::default().within(own);
        taken(&mut capture, std::slice::from_ref(&frame));
        let (stations, tally) = capture.finish();
        (stations.len(), tally.nobody)
    };
    assert_eq!(read(&["198.51.100.0/24"]), (1, 0));
    assert_eq!(read(&["192.0.2.0/24"]), read(&[]));
}
