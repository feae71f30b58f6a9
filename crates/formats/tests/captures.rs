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
