//! Captures as inputs: packed, named wrongly, of devices that say more than is kept.

use std::io::Write as _;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use whomade_core::observation::{Device, Field};
use whomade_formats::read::{Format, Options, read_stream};

use crate::show::Show;

fn case(name: &str) -> Vec<u8> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/pcap");
    std::fs::read(data.join(name)).expect("a case")
}

fn read(bytes: &[u8], options: &Options) -> Show {
    let mut show = Show::default();
    read_stream("input", &mut &bytes[..], options, &mut show);
    show
}

fn named(show: &Show, name: &str) -> Device {
    show.devices.iter().find(|one| one.name == name).expect("a device of that name").clone()
}

#[test]
fn a_packed_capture_is_the_same_capture() {
    let bytes = case("estate/input.pcap");
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(&bytes).unwrap();
    let packed = packed.finish().unwrap();
    let (plain, again) = (read(&bytes, &Options::default()), read(&packed, &Options::default()));
    assert_eq!((plain.text, plain.devices.len()), (again.text, 5));
    // What is packed ends early: what was unpacked is read, and it is said.
    let cut = read(&packed[..packed.len() / 2], &Options::default());
    assert_eq!(cut.codes(), ["read/damaged-gz"]);
    assert!(!cut.devices.is_empty());
}

#[test]
fn what_is_no_capture_is_not_read_as_one() {
    let options = Options { from: Format::from_word("pcap"), ..Options::default() };
    for text in ["Make,Model\nLTS,CMIP7422N-28M\n", "\u{a}", "\r\n\r"] {
        let show = read(text.as_bytes(), &options);
        assert_eq!(show.codes(), ["read/unknown-format"], "{text:?}");
    }
    let nothing = read(&case("estate/input.pcap")[..24], &Options::default());
    assert_eq!(nothing.codes(), ["read/empty"]);
}

#[test]
fn what_a_station_said_keeps_its_packet_its_moment_and_no_secret() {
    let show = read(&case("estate/input.pcap"), &Options::default());
    let camera = named(&show, "10.20.0.11");
    let server = camera.observations.iter().find(|one| one.field == Field::HttpServer).unwrap();
    let record = camera.records().nth(server.at.of as usize).unwrap();
    let start = show.devices[0].record.seen.unwrap().from;
    let since = record.seen.unwrap().from.duration_since(start).as_secs();
    assert_eq!((record.line, since), (17, 16));
    let span = server.at.span.start as usize..server.at.span.end as usize;
    assert_eq!(&record.text[span], "DNVRS-Webs");
    for record in show.devices.iter().flat_map(Device::records) {
        for secret in ["secret", "c2VjcmV0", "Salt"] {
            assert!(!record.text.contains(secret), "{secret}: {}", record.text);
        }
    }
    // What the cloud shows, and what was only asked of the camera, is of no device here.
    let all = show.devices.iter().flat_map(|one| &one.observations);
    assert!(all.clone().all(|one| !one.value.contains("Example Cloud")));
    assert!(named(&show, "10.20.0.50").others.is_empty(), "who only asks says nothing");
}

/// A capture of IP packets, each a datagram between two ends.
fn datagrams(all: impl Iterator<Item = ([u8; 4], u16, [u8; 4], u16, Vec<u8>)>) -> Vec<u8> {
    let mut file = vec![0xD4, 0xC3, 0xB2, 0xA1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0];
    file.extend(101_u32.to_le_bytes());
    for (from, port, to, other, inside) in all {
        let length = u16::try_from(28 + inside.len()).unwrap();
        let lengths = u32::from(length).to_le_bytes();
        let seconds = 1_700_000_000_u32.to_le_bytes();
        file.extend([&seconds[..], &[0; 4], &lengths, &lengths, &[0x45, 0]].concat());
        file.extend([&length.to_be_bytes()[..], &[0, 0, 0, 0, 9, 17, 0, 0], &from, &to].concat());
        file.extend([port, other, length - 20, 0].map(u16::to_be_bytes).concat());
        file.extend(inside);
    }
    file
}

const CAMERA: [u8; 4] = [10, 20, 0, 11];
const FAR: [u8; 4] = [198, 51, 100, 7];

/// What is said of a capture with a code.
fn told(show: &Show, code: &str) -> String {
    let said = show.diagnostics.iter().find(|one| one.code == code);
    said.map(|one| one.message.clone()).unwrap_or_default()
}

#[test]
fn peers_beyond_those_that_are_listed_are_counted() {
    let most = u32::try_from(whomade_capture::limits::PEERS_MAX).unwrap();
    let of = |many: u32| {
        let far = |number: u32| (0xC633_0000 | number).to_be_bytes();
        let all = (0..many).map(|number| (CAMERA, 50_000, far(number), 9, vec![]));
        read(&datagrams(all), &Options::default())
    };
    assert_eq!(of(most).codes(), [""; 0]);
    let show = of(most + 3);
    assert_eq!(show.codes(), ["read/many-peers"]);
    let said = told(&show, "read/many-peers");
    assert!(said.contains(" 3 ends of flows are not listed"), "{said}");
}

#[test]
fn flows_beyond_those_that_are_followed_are_counted() {
    let most = u32::try_from(whomade_capture::limits::FLOWS_MAX).unwrap();
    let of = |many: u32| {
        let port = |number: u32, of: u32, from: u32| u16::try_from(from + number % of).unwrap();
        let all = (0..many).map(|number| {
            let far = port(number / 60_000, 100, 9);
            (CAMERA, port(number, 60_000, 2_000), FAR, far, vec![])
        });
        read(&datagrams(all), &Options::default())
    };
    assert_eq!(of(most).codes(), [""; 0]);
    let show = of(most + 3);
    assert_eq!(show.codes(), ["read/many-flows"]);
    let said = told(&show, "read/many-flows");
    assert!(said.contains("that were silent longest were let go"), "{said}");
}

#[test]
fn records_that_do_not_say_between_whom_are_counted() {
    // Interfaces and bytes, and two records of them (IPFIX).
    let fields = [300_u16, 2, 10, 4, 1, 4].map(u16::to_be_bytes).concat();
    let message = |records: usize| {
        let sets = [
            [&[0, 2, 0, 16][..], &fields].concat(),
            [&[1, 44][..], &u16::try_from(4 + 8 * records).unwrap().to_be_bytes()].concat(),
            vec![7; 8 * records],
        ];
        let length = u16::try_from(16 + sets.concat().len()).unwrap().to_be_bytes();
        [&[0, 10][..], &length, &[0; 12], &sets.concat()].concat()
    };
    let of = |records| {
        let one = (CAMERA, 50_000, [10, 20, 0, 1], 4_739, message(records));
        read(&datagrams(std::iter::once(one)), &Options::default())
    };
    assert_eq!(of(2).codes(), ["read/unnamed-flows"]);
    let said = told(&of(2), "read/unnamed-flows");
    assert_eq!(said, "2 records of exporters do not say between whom");
    assert_eq!(
        told(&of(1), "read/unnamed-flows"),
        "1 record of exporters does not say between whom"
    );
}

#[test]
fn exporters_for_whose_forms_there_is_no_room_are_counted() {
    // Of each domain a form; then more domains than are kept.
    let message = |domain: u32| {
        let form = [0_u16, 12, 300, 1, 8, 4].map(u16::to_be_bytes).concat();
        [&[0, 9, 0, 1][..], &[0; 12], &domain.to_be_bytes(), &form].concat()
    };
    let of = |many| {
        let all = (0..many).map(|domain| (CAMERA, 50_000, [10, 20, 0, 1], 2_055, message(domain)));
        read(&datagrams(all), &Options::default())
    };
    assert_eq!(of(1_024).codes(), [""; 0]);
    assert_eq!(of(1_030).codes(), ["read/many-exporters"]);
    let said = told(&of(1_030), "read/many-exporters");
    assert!(said.starts_with("6 times there was no room for an exporter"), "{said}");
}
