//! What is counted of packets that are no datagram and no segment, that come in pieces, or that
//! nobody can be given.

use super::tests::{CAMERA, FAR, OTHER, camera, ethernet, only, says, taken, udp};
use super::*;
use crate::station::Peer;

const ESP: u8 = 50;
const V6: [u8; 2] = [0x86, 0xDD];

/// A piece of a datagram of 100 bytes, of which it carries these from there on.
fn piece(at: u16, more: bool, inside: &[u8]) -> Vec<u8> {
    let mut frame = ethernet(true, FAR, UDP, inside);
    let flags = (at / 8) | (u16::from(more) << 13);
    frame[14 + 4..14 + 6].copy_from_slice(&[0, 7]);
    frame[14 + 6..14 + 8].copy_from_slice(&flags.to_be_bytes());
    frame
}

fn pieces() -> [Vec<u8>; 3] {
    let whole = [&[0xC3, 0x50, 0x22, 0x60, 0, 100, 0, 0][..], &[7; 92]].concat();
    [piece(0, true, &whole[..40]), piece(40, true, &whole[40..80]), piece(80, false, &whole[80..])]
}

#[test]
fn all_pieces_of_a_packet_are_counted_whatever_their_order() {
    let [one, two, three] = pieces();
    for frames in [[one.clone(), two.clone(), three.clone()], [three, one, two]] {
        let camera = camera(&frames);
        let Peer { sent, packets, port, first, .. } = *only(&camera);
        assert_eq!((sent, packets, port, first), (160, 3, 8_800, 1));
    }
}

#[test]
fn a_packet_of_which_a_piece_is_missing_is_told() {
    let [one, two, _] = pieces();
    let mut capture = Capture::default();
    taken(&mut capture, &[one, two]);
    let (stations, tally) = capture.finish();
    assert_eq!((tally.pieces_missing, tally.pieces_let_go), (1, 0));
    assert!(stations.iter().all(|one| one.peers.is_empty()), "{stations:?}");
}

#[test]
fn tunnels_and_pings_are_counted_by_their_number() {
    for protocol in [ESP, 1, 132] {
        let frames =
            [ethernet(true, FAR, protocol, &[8; 64]), ethernet(false, FAR, protocol, &[0; 64])];
        let camera = camera(&frames);
        let Peer { protocol: told, port, sent, got, serves, .. } = *only(&camera);
        assert_eq!((told, port, sent, got, serves), (protocol, 0, 84, 84, false));
    }
}

#[test]
fn what_goes_to_all_on_the_link_goes_to_no_peer() {
    let mut frame = udp(true, [10, 0, 0, 255], 1_900, 1_900, b"?");
    frame[..6].fill(0xFF);
    let frames = [udp(true, OTHER.1, 50_000, 9, b"?"), frame];
    assert_eq!(only(&camera(&frames)).address, IpAddr::from(OTHER.1));
}

#[test]
fn a_name_of_other_letters_is_nobodys() {
    let name = b"\x18cloud.example,evil\x2eexample\x07example\x00\x00\x01\x00\x01";
    let asks = [&[0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0][..], name].concat();
    let camera = camera(&[udp(true, [192, 0, 2, 53], 50_000, 53, &asks)]);
    assert!(camera.traces.is_empty(), "{:?}", camera.traces);
    assert!(!says(&camera, "dns", "cloud.example"));
}

/// A datagram between two global addresses of the sixth version.
fn six(from_camera: bool, hops: u8) -> Vec<u8> {
    let macs = if from_camera { [OTHER.0, CAMERA.0] } else { [CAMERA.0, OTHER.0] };
    let address = |last: u8| [&[0x20, 1, 0xD, 0xB8][..], &[0; 11], &[last]].concat();
    let ends = if from_camera { [20, 5] } else { [5, 20] };
    let ports: [u8; 4] =
        if from_camera { [0xC3, 0x50, 0x22, 0x60] } else { [0x22, 0x60, 0xC3, 0x50] };
    let udp = [&ports[..], &[0, 9, 0, 0, b'?']].concat();
    let head = [0x60, 0, 0, 0, 0, 9, UDP, hops];
    [&macs.concat()[..], &V6, &head, &address(ends[0]), &address(ends[1]), &udp].concat()
}

#[test]
fn a_global_address_is_its_who_sends_from_it_where_no_router_passed_it_on() {
    let mut capture = Capture::default();
    taken(&mut capture, &[six(true, 64), six(false, 57)]);
    let (stations, tally) = capture.finish();
    let [camera] = &stations[..] else { panic!("{stations:?}") };
    assert_eq!((camera.mac, tally.nobody), (Some(Mac(CAMERA.0)), 0));
    assert_eq!((only(camera).sent, only(camera).got), (49, 49));
    // One hop later nobody can tell, and that is said.
    let mut capture = Capture::default();
    taken(&mut capture, &[six(true, 63), six(false, 56)]);
    let (stations, tally) = capture.finish();
    assert_eq!((stations.len(), tally.nobody), (0, 2));
}

#[test]
fn a_clock_that_jumps_and_a_long_silence_begin_another_stretch() {
    let mut all = Vec::new();
    const HOUR: i64 = 3_600;
    for second in [100, 101, 99, 102, 102 - 2 * HOUR, 103 - 2 * HOUR, 104, 104 + HOUR + 1] {
        stretch(&mut all, second * 1_000_000_000);
    }
    let seconds: Vec<(i64, i64)> =
        all.iter().map(|(from, until)| (from / 1_000_000_000, until / 1_000_000_000)).collect();
    let back = 102 - 2 * HOUR;
    assert_eq!(seconds, [(99, 102), (back, back + 1), (104, 104), (105 + HOUR, 105 + HOUR)]);
}
