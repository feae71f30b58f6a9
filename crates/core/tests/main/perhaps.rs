//! Devices that are perhaps one are said and not joined; those that have no name but one address
//! are told apart.

use std::collections::{BTreeMap, BTreeSet};

use whomade_core::assembly::{
    Judged, Key, Nearness, Sort, Traits, Why, called_by_address, is_called, join, plain_name,
    told_apart,
};
use whomade_core::observation::{Device, Field, Observation, Record, Seen};

use crate::assembly::{joined, joined_as_told, record};

use Sort::{Register, Sighting};

const LONG: &str = "serial=DS-2CD2143G2-I20200311AAWRE20938471";
const SHORT: &str = "serial=E20938471";

fn key(text: &str) -> Key {
    Key::parse(text).unwrap()
}

#[test]
fn a_serial_number_with_the_model_before_it_is_perhaps_the_same() {
    let records = [
        record(Register, 0, &["name=CAM-17", "model=DS-2CD2143G2-I", LONG]),
        record(Register, 1, &["name=CAM-17", SHORT]),
        record(Register, 1, &["name=CAM-18", "serial=E20938472"]),
    ];
    let found = joined(&records);
    assert!(found.groups.is_empty());
    let [perhaps] = found.perhaps.as_slice() else { panic!("{:?}", found.perhaps) };
    assert_eq!(perhaps.why, Nearness::Model);
    assert_eq!(perhaps.records, [vec![0], vec![1]]);
    // What is shown can be typed, and joins the two.
    let keys = perhaps.together();
    assert_eq!(keys, "serial:DS2CD2143G2I20200311AAWRE20938471+serial:E20938471");
    let together = vec![keys.split('+').map(key).collect()];
    let judged = Judged { together, ..Judged::default() };
    let told = joined_as_told(&records, &judged);
    assert_eq!((told.groups, told.perhaps), (vec![vec![0, 1]], vec![]));
    // And whoever says that the number joins nothing is not told again.
    let apart = BTreeSet::from([key("serial:E20938471")]);
    assert_eq!(joined_as_told(&records, &Judged { apart, ..Judged::default() }).perhaps, []);
}

#[test]
fn signs_that_look_alike_are_a_slip() {
    let found = joined(&[
        record(Register, 0, &["name=CAM-17", "serial=3G0A2O1PAZ"]),
        record(Sighting, 1, &["ip=10.0.0.5", "serial=3GOA201PAZ"]),
    ]);
    assert!(found.groups.is_empty());
    assert_eq!(found.perhaps[0].why, Nearness::Slip);
    // Another sign is another number.
    let found = joined(&[
        record(Register, 0, &["name=CAM-17", "serial=3G0A201PAZ"]),
        record(Sighting, 1, &["ip=10.0.0.5", "serial=3G0A201PAY"]),
    ]);
    assert_eq!(found.perhaps, []);
}

#[test]
fn an_end_alone_says_nothing_where_neither_name_nor_address_nor_model_agrees() {
    let long = "serial=XYZ720938471";
    let pair = |more: &str, other: &str| {
        joined(&[
            record(Register, 0, &["name=CAM-17", long, more]),
            record(Register, 1, &[other, "serial=20938471"]),
        ])
    };
    assert_eq!(pair("model=A-1", "name=GATE-4").perhaps, []);
    for (more, other) in
        [("model=A-1", "name=CAM-17"), ("model=A-1", "model=a-1"), ("ip=10.0.0.5", "ip=10.0.0.5")]
    {
        let found = pair(more, other);
        assert!(found.groups.is_empty());
        assert_eq!(found.perhaps[0].why, Nearness::Prefix, "{more} {other}");
    }
    // An end that is shorter than eight signs is met by chance.
    let found = joined(&[
        record(Register, 0, &["name=CAM-17", "serial=XYZ7209384"]),
        record(Register, 1, &["name=CAM-17", "serial=7209384"]),
    ]);
    assert_eq!(found.perhaps, []);
}

#[test]
fn what_cannot_be_one_is_not_perhaps_one() {
    let model = "model=DS-2CD2143G2-I";
    for (one, other) in [
        // Rows of one register.
        (record(Register, 0, &[model, LONG]), record(Register, 0, &[SHORT])),
        // Two hardware addresses.
        (
            record(Register, 0, &[model, LONG, "mac=44:19:b6:0a:1c:33"]),
            record(Register, 1, &[SHORT, "mac=44:19:b6:0a:1c:34"]),
        ),
        // Met at two addresses by one scan.
        (
            record(Sighting, 0, &[model, LONG, "ip=10.0.0.5", "seen=02T10:00"]),
            record(Sighting, 0, &[SHORT, "ip=10.0.0.6", "seen=02T10:01"]),
        ),
    ] {
        let found = joined(&[one, other]);
        assert!(found.groups.is_empty());
        assert_eq!(found.perhaps, []);
    }
    // A number that two devices have tells neither of them.
    let found = joined(&[
        record(Register, 0, &[model, LONG]),
        record(Register, 1, &["name=CAM-1", SHORT]),
        record(Register, 1, &["name=CAM-2", SHORT]),
    ]);
    assert_eq!(found.perhaps, []);
}

#[test]
fn an_end_that_a_whole_series_has_is_counted_and_not_compared() {
    let all = |count: u32| -> Vec<Traits> {
        let serial = |at: u32| format!("serial=AB{at:02}20938471");
        (0..count).map(|at| record(Register, at, &["name=CAM-17", &serial(at)])).collect()
    };
    assert_eq!(joined(&all(16)).perhaps_more, 0);
    let found = joined(&all(17));
    assert_eq!((found.perhaps.len(), found.perhaps_more), (0, 1));
}

#[test]
fn more_pairs_than_are_told_are_counted() {
    let most = u32::try_from(whomade_core::assembly::PERHAPS_MAX).unwrap();
    let mut records = Vec::new();
    for at in 0..most + 3 {
        records.push((2 * at, record(Register, 0, &[&format!("serial=A0{at:08}")])));
        records.push((2 * at + 1, record(Register, 1, &[&format!("serial=AO{at:08}")])));
    }
    let found = join(&records, &Judged::default());
    assert_eq!((found.perhaps.len(), found.perhaps_more), (most as usize, 3));
}

/// A host that has no name but its address.
fn host(address: &str, parts: &[(Field, &str)], day: u8) -> Device {
    let moment = format!("2026-11-{day:02}T10:00:00Z").parse().unwrap();
    let record = Record { seen: Some(Seen::at(moment)), ..Record::default() };
    let mut device = Device { name: address.into(), record, ..Device::default() };
    device.observations.push(Observation::new(Field::Ip, address));
    device.observations.extend(parts.iter().map(|(field, value)| Observation::new(*field, *value)));
    device
}

fn names(devices: &[Device]) -> BTreeMap<u32, String> {
    let of = |(at, one): (u32, &Device)| (at, Traits::of(one, Sighting, 0, None));
    let records: Vec<(u32, Traits)> = (0..).zip(devices).map(of).collect();
    let called =
        (0..).zip(devices).filter_map(|(at, one)| Some((at, called_by_address(one)?.into())));
    let places = (0..).zip(devices).map(|(at, _)| (at, format!("scan.xml:{at}")));
    let groups = join(&records, &Judged::default()).groups;
    told_apart(&records, &groups, &called.collect(), &places.collect())
}

#[test]
fn devices_of_one_address_are_told_apart_by_the_surest_thing_that_differs() {
    let mac = |value| (Field::Mac, value);
    let devices = [
        host("10.20.2.77", &[(Field::Serial, "D12345678"), mac("44:19:b6:0a:1c:33")], 1),
        host("10.20.2.77", &[mac("44:19:b6:0a:1c:34")], 9),
        host("10.20.2.77", &[(Field::HttpTitle, "Login")], 20),
        host("10.20.2.78", &[(Field::HttpTitle, "Login")], 20),
    ];
    let names = names(&devices);
    let all: Vec<&str> = names.values().map(String::as_str).collect();
    assert_eq!(
        all,
        [
            "10.20.2.77 (serial:D12345678)",
            "10.20.2.77 (mac:44:19:b6:0a:1c:34)",
            "10.20.2.77 (seen 2026-11-20T10:00:00Z)",
        ]
    );
    // Who asks for the address means each of them, and a baseline has the address.
    for name in all {
        assert!(is_called(name, "10.20.2.77") && !is_called(name, "10.20.2.7"), "{name}");
        let mut device = devices[0].clone();
        device.name = name.into();
        assert_eq!(plain_name(&device), "10.20.2.77");
    }
    let mut named = devices[0].clone();
    for own in ["10.20.2.77 (gate)", "10.20.2.78 (serial:D12345678)", "CAM-1 (mac:x)"] {
        named.name = own.into();
        assert_eq!(plain_name(&named), own);
    }
}

#[test]
fn what_two_have_alike_tells_neither() {
    // Firmware that gives every camera the same hardware address: the time tells, then the place.
    let same = [(Field::Mac, "44:19:b6:0a:1c:33")];
    let one = host("10.0.0.5", &[same[0], (Field::Model, "A-1")], 1);
    let other = host("10.0.0.5", &[same[0], (Field::Model, "B-2")], 1);
    let mut records: Vec<(u32, Traits)> = Vec::new();
    for (at, device) in (0..).zip([&one, &other]) {
        records.push((at, Traits::of(device, Register, 0, None)));
    }
    let called = BTreeMap::from([(0, "10.0.0.5".into()), (1, "10.0.0.5".into())]);
    let places = BTreeMap::from([(0, "a.csv:2".to_owned()), (1, "a.csv:3".to_owned())]);
    let names = told_apart(&records, &[], &called, &places);
    assert_eq!(names[&0], "10.0.0.5 (record a.csv:2)");
    assert_eq!(names[&1], "10.0.0.5 (record a.csv:3)");
}

#[test]
fn an_odd_clock_is_said_to_be_odd() {
    let at = |time: &str, title: &str| {
        let mut device = host("10.0.0.5", &[(Field::HttpTitle, title)], 1);
        device.record.seen = Some(Seen::at(time.parse().unwrap()));
        Traits::of(&device, Sighting, 0, None)
    };
    let pair = |one: &str, other: &str| {
        let found = joined(&[at(one, "Login"), at(other, "Web")]);
        assert!(found.groups.is_empty());
        found.refused[0].why.clone()
    };
    for odd in ["1970-01-01T00:02:00Z", "2107-02-01T00:00:00Z"] {
        let why = pair(odd, "2026-11-02T10:00:00Z");
        assert_eq!(why, Why::Clock(odd.parse().unwrap()));
        assert!(why.to_string().contains(odd), "{why}");
    }
    // Years off, as a recorder without a battery begins anew, may be either.
    let why = pair("2026-11-02T10:00:00Z", "2010-01-01T00:05:00Z").to_string();
    let told = "seen at 2010-01-01T00:05:00Z and at 2026-11-02T10:00:00Z, more than 24 hours apart; \
                or a clock is years off";
    assert_eq!(why, told);
}
