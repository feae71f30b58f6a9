//! The captures that the readers' tests read are those that the generator writes, and what of them
//! is whose.

#![allow(clippy::expect_used, reason = "a test that cannot set itself up should stop")]

#[path = "../examples/cases/all.rs"]
mod all;
#[path = "../examples/cases/bytes.rs"]
mod bytes;
#[path = "../examples/cases/said.rs"]
mod said;

use std::ops::ControlFlow;
use std::path::Path;

use whomade_capture::limits::{STATIONS_MAX, TRACES_MAX};
use whomade_capture::{Capture, Frame, Station, Tally, Trouble, each_frame};

use bytes::{EVERYBODY, Host, Pcap, arp, ether, ethernet, ipv4};

const ROUTER: [u8; 6] = [0x00, 0x1B, 0x21, 0, 0, 1];

fn read(bytes: &[u8]) -> (Result<(), Trouble>, Vec<Station>, Tally) {
    let mut capture = Capture::default();
    let done = each_frame(bytes, &mut |frame| {
        capture.take(&frame);
        ControlFlow::Continue(())
    });
    let (stations, tally) = capture.finish();
    (done, stations, tally)
}

#[test]
fn the_cases_are_those_that_are_written() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../formats/tests/data/pcap");
    for (case, ending, bytes) in all::all() {
        let file = folder.join(case).join("input").with_extension(ending);
        let there = std::fs::read(&file).unwrap_or_default();
        assert!(there == bytes, "{case} differs: write it again, as examples/cases says");
        assert!(bytes.len() < 20 << 10, "{case} is of {} bytes", bytes.len());
    }
    let example = folder.join("../../../../../examples/gate.pcap");
    assert!(std::fs::read(example).unwrap_or_default() == all::all().remove(0).2, "the example");
}

#[test]
fn wherever_a_capture_is_cut_what_stands_before_is_read() {
    let (_, _, estate) = all::all().remove(0);
    let (_, whole, all) = read(&estate);
    let mut before = 0;
    for end in (24..estate.len()).step_by(9).chain([estate.len() - 1]) {
        let (done, stations, tally) = read(&estate[..end]);
        assert!(matches!(done, Ok(()) | Err(Trouble::Cut)), "{end}: {done:?}");
        assert!(tally.frames >= before && stations.len() <= whole.len(), "{end}");
        before = tally.frames;
    }
    assert_eq!(before, all.frames - 1);
}

#[test]
fn a_frame_longer_than_what_is_read_at_once_is_read() {
    let mut file = Pcap::new(1);
    file.add(&vec![0; 700_000]);
    file.add(&sends([10, 20, 0, 3]));
    let (done, stations, tally) = read(&file.bytes);
    assert!(done.is_ok() && tally.frames == 2 && stations.len() == 1, "{done:?} {tally:?}");
    let mut long = Pcap::new(1);
    long.add(&vec![0; 3 << 20]);
    assert!(matches!(read(&long.bytes).0, Err(Trouble::Long)));
}

#[test]
fn a_block_of_a_process_that_is_shorter_than_any_block_is_damage() {
    let words = |all: &[u32], write: fn(u32) -> [u8; 4]| -> Vec<u8> {
        all.iter().flat_map(|word| write(*word)).collect()
    };
    for write in [u32::to_le_bytes, u32::to_be_bytes] {
        let section = [0x0A0D_0D0A, 28, 0x1A2B_3C4D, 0x0001_0000, u32::MAX, u32::MAX, 28];
        for length in [0, 4, 11] {
            let bytes =
                [words(&section, write), words(&[0x8000_0001, length, 0, 0], write)].concat();
            assert!(matches!(read(&bytes).0, Err(Trouble::Damaged)), "{length}");
        }
    }
}

fn sends(from: [u8; 4]) -> Vec<u8> {
    let inside = bytes::udp(9, 9, b"x");
    ethernet(EVERYBODY, ROUTER, ether::IPV4, &ipv4((from, [10, 20, 0, 9]), bytes::UDP, &inside))
}

#[test]
fn what_a_router_passes_on_is_not_its_own() {
    let own = Host { mac: ROUTER, ip: [10, 20, 0, 1] };
    let mut file = Pcap::new(1);
    for frame in [arp(own, [10, 20, 0, 9]), sends([198, 51, 100, 7]), sends([10, 30, 0, 7])] {
        file.add(&frame);
    }
    let (_, stations, _) = read(&file.bytes);
    let seen: Vec<(bool, String)> =
        stations.iter().map(|one| (one.mac.is_some(), format!("{:?}", one.addresses))).collect();
    // The router's own address, which it told; and of those behind it the one that is nearby.
    assert_eq!(seen, [(true, "[10.20.0.1]".into()), (false, "[10.30.0.7]".into())]);
}

#[test]
fn stations_behind_one_address_on_the_link_are_not_made_one() {
    let mut file = Pcap::new(1);
    file.add(&sends([10, 30, 0, 7]));
    let (_, one, _) = read(&file.bytes);
    assert!(one.len() == 1 && one[0].mac.is_some(), "it may well be its own");
    file.add(&sends([10, 30, 0, 8]));
    let (_, two, _) = read(&file.bytes);
    assert!(two.len() == 2 && two.iter().all(|one| one.mac.is_none()), "{two:?}");
    // No router passes on what is of the link alone.
    file.add(&sends([169, 254, 0, 9]));
    let (_, three, _) = read(&file.bytes);
    assert_eq!(three.iter().filter(|one| one.mac.is_some()).count(), 1);
}

#[test]
fn an_address_that_was_told_is_ones_own_wherever_it_is_from() {
    let own = Host { mac: ROUTER, ip: [198, 51, 100, 7] };
    let mut file = Pcap::new(1);
    file.add(&sends(own.ip));
    assert!(read(&file.bytes).1.is_empty(), "nothing says whose it is");
    file.add(&arp(own, [198, 51, 100, 1]));
    let (_, stations, _) = read(&file.bytes);
    assert_eq!(stations.len(), 1);
    assert_eq!((stations[0].packets, stations[0].addresses.len()), (2, 1));
}

#[test]
fn stations_without_room_are_nobody() {
    let mut capture = Capture::default();
    let mut take = |number: usize, bytes: &[u8]| {
        let (number, length) = (number as u64, u32::try_from(bytes.len()).expect("a frame"));
        capture.take(&Frame { number, time: None, link: 1, bytes, length });
    };
    for at in 0..STATIONS_MAX {
        let [.., a, b, c] = at.to_be_bytes();
        take(at, &arp(Host { mac: [2, 0, 0, a, b, c], ip: [10, a, b, c] }, [10, 0, 0, 1]));
    }
    let (_, _, estate) = all::all().remove(0);
    each_frame(&estate[..], &mut |frame| {
        take(STATIONS_MAX, frame.bytes);
        ControlFlow::Continue(())
    })
    .expect("the estate");
    let (stations, tally) = capture.finish();
    assert!(tally.left > 0 && stations.len() < STATIONS_MAX);
    assert!(stations.iter().all(|one| one.traces.is_empty() && one.packets < 3), "another's");
}

#[test]
fn what_is_said_every_minute_is_one_thing() {
    let camera = Host { mac: [0x44, 0x19, 0xB6, 0, 0, 1], ip: [10, 20, 0, 2] };
    let group = Host { mac: [0x01, 0, 0x5E, 0x7F, 0xFF, 0xFA], ip: [239, 255, 255, 250] };
    let mut file = Pcap::new(1);
    for at in 0..10 {
        let notice = format!("NOTIFY * HTTP/1.1\r\nDate: {at}\r\nServer: A/1\r\nNT: x\r\n\r\n");
        file.add(&bytes::said(camera, group, (1_900, 1_900), notice.as_bytes()));
        let hello = format!(
            "<e:Envelope><w:MessageID>{at}</w:MessageID><d:AppSequence MessageNumber=\"{at}\"/>\
             <d:Hello><d:XAddrs>http://10.20.0.2/</d:XAddrs></d:Hello></e:Envelope>"
        );
        file.add(&bytes::said(camera, group, (3_702, 3_702), hello.as_bytes()));
    }
    let other = "NOTIFY * HTTP/1.1\r\nDate: 0\r\nServer: B/1\r\nNT: x\r\n\r\n";
    file.add(&bytes::said(camera, group, (1_900, 1_900), other.as_bytes()));
    let (_, stations, _) = read(&file.bytes);
    let numbers: Vec<u64> = stations[0].traces.iter().map(|trace| trace.number).collect();
    assert_eq!(numbers, [1, 2, 21], "the first of each, and what differs");
}

#[test]
fn what_a_station_says_without_end_is_kept_within_limits() {
    let camera = Host { mac: [0x44, 0x19, 0xB6, 0, 0, 1], ip: [10, 20, 0, 2] };
    let names = Host { mac: ROUTER, ip: [10, 20, 0, 1] };
    let mut file = Pcap::new(1);
    for at in 0..2 * TRACES_MAX {
        let asked = said::question(&format!("n{at}.example.test"));
        file.add(&bytes::said(camera, names, (40_000, 53), &asked));
    }
    let (_, stations, _) = read(&file.bytes);
    assert_eq!((stations[0].traces.len(), stations[0].left), (TRACES_MAX, TRACES_MAX as u64));
}
