//! Records of one device are joined, and what cannot be one device is not.

use whomade_core::assembly::{Assembly, Judged, Key, Sort, Traits, Why, join, whole};
use whomade_core::observation::{Device, Field, Observation, Record, Seen};

/// A record: its sort and source, then `field=value`, `name=…`, `seen=FROM/UNTIL` or
/// `lease=UNTIL`.
pub(crate) fn record(sort: Sort, source: u32, parts: &[&str]) -> Traits {
    record_at(sort, source, None, parts)
}

/// The same at a site.
fn record_at(sort: Sort, source: u32, site: Option<&str>, parts: &[&str]) -> Traits {
    let mut device = Device::default();
    for part in parts {
        let (key, value) = part.split_once('=').unwrap();
        match key {
            "name" => device.name = value.into(),
            "seen" => {
                let (from, until) = value.split_once('/').unwrap_or((value, value));
                let moment = |time: &str| format!("2026-11-{time}:00Z").parse().unwrap();
                let seen = Seen::between(moment(from), moment(until));
                device.record = Record { seen: Some(seen), ..Record::default() };
            }
            "lease" => {
                let until = format!("2026-11-{value}:00Z").parse().unwrap();
                device.record =
                    Record { seen: Some(Seen::lease(None, until)), ..Record::default() };
            }
            id => {
                let field = Field::from_id(id).unwrap();
                device.observations.push(Observation::new(field, value));
            }
        }
    }
    Traits::of(&device, sort, source, site)
}

pub(crate) fn joined(records: &[Traits]) -> Assembly {
    joined_as_told(records, &Judged::default())
}

/// Joins, and the same from behind: the order of records must not matter.
pub(crate) fn joined_as_told(records: &[Traits], judged: &Judged) -> Assembly {
    let numbered: Vec<(u32, Traits)> = (0..).zip(records.iter().cloned()).collect();
    let mut backwards = numbered.clone();
    backwards.reverse();
    let found = join(&numbered, judged);
    assert_eq!(join(&backwards, judged).groups, found.groups, "the order of records matters");
    found
}

pub(crate) fn whys(found: &Assembly) -> Vec<String> {
    found.refused.iter().map(|one| format!("{}: {}", one.key, one.why)).collect()
}

use Sort::{Lease, Register, Sighting};

const HIK: &str = "mac=44:19:b6:0a:1c:33";
const HIK_TWO: &str = "mac=44:19:b6:0a:1c:34";
const DAHUA: &str = "mac=a0:bd:1d:11:22:33";

#[test]
fn an_inventory_a_scan_and_a_lease_of_one_device_are_joined() {
    let found = joined(&[
        record(Register, 0, &["name=CAM-17", "label=LTS", "model=CMIP7422", HIK]),
        record(Lease, 1, &[HIK, "ip=10.0.0.5", "seen=02T08:00/02T20:00"]),
        record(Sighting, 2, &["ip=10.0.0.5", "http-server=DNVRS-Webs", "seen=02T10:00"]),
        record(Register, 0, &["name=CAM-18", "label=LTS", DAHUA]),
    ]);
    assert_eq!(found.groups, [[0, 1, 2]]);
    assert_eq!(found.refused, []);
}

#[test]
fn a_table_of_interfaces_is_joined_by_the_name_that_one_site_knows() {
    let at = |site, parts: &[&str]| record_at(Register, 0, Some(site), parts);
    let interfaces = |parts: &[&str]| record(Register, 1, parts);
    let depot = at("Depot", &["name=CAM-1", "model=CMIP7422"]);
    let found = joined(&[depot.clone(), interfaces(&["name=CAM-1", HIK, HIK_TWO])]);
    assert_eq!(found.groups, [[0, 1]]);
    // Where two sites know it, nobody says which is meant.
    let hall = at("Town Hall", &["name=CAM-1", "model=CMIP7422"]);
    assert!(joined(&[depot.clone(), hall, interfaces(&["name=CAM-1", HIK])]).groups.is_empty());
    // Another register's row has more to say than a name, and stays its own device.
    for more in ["model=CMIP7422", "serial=DS2CD2020123", "ip=10.0.0.5"] {
        let other = interfaces(&["name=CAM-1", HIK, more]);
        assert!(joined(&[depot.clone(), other]).groups.is_empty(), "{more}");
    }
}

#[test]
fn a_record_that_has_several_places_keeps_them_when_it_is_joined() {
    let device = |line: u64, others: &[u64], seen: &[(&str, u32)]| {
        let of = |line: u64| Record { line, ..Record::default() };
        let mut device = Device { record: of(line), ..Device::default() };
        device.others = others.iter().map(|line| of(*line)).collect();
        for (mac, record) in seen {
            let mut seen = Observation::new(Field::Mac, *mac);
            seen.at.of = *record;
            device.observations.push(seen);
        }
        device
    };
    let one = device(10, &[11], &[("44:19:b6:0a:1c:01", 1)]);
    let other = device(20, &[21, 22], &[("44:19:b6:0a:1c:02", 0), ("44:19:b6:0a:1c:03", 2)]);
    let (joined, _) = whole(vec![(Register, one), (Sighting, other)]);
    let places: Vec<u64> = joined.records().map(|record| record.line).collect();
    assert_eq!(places, [10, 11, 20, 21, 22]);
    let lines = joined.observations.iter().map(|seen| places[seen.at.of as usize]);
    assert_eq!(lines.collect::<Vec<_>>(), [11, 20, 22]);
}

#[test]
fn a_label_s_model_beside_its_maker_s_is_no_reason_to_part_them() {
    let found = joined(&[
        record(Register, 0, &["name=CAM-17", "model=CMIP7422", "ip=10.0.0.5"]),
        record(Sighting, 1, &["ip=10.0.0.5", "model=DS-2CD2142FWD-I", "seen=02T10:00"]),
    ]);
    assert_eq!(found.groups, [[0, 1]]);
}

#[test]
fn rows_of_one_register_are_devices_of_their_own() {
    let found = joined(&[
        record(Register, 0, &["name=CAM-1", HIK]),
        record(Register, 0, &["name=CAM-2", HIK]),
        record(Sighting, 1, &[HIK, "ip=10.0.0.5"]),
    ]);
    assert!(found.groups.is_empty());
    let why = "mac:44:19:b6:0a:1c:33: rows of one register are devices of their own";
    assert_eq!(whys(&found), [why]);
}

#[test]
fn two_cameras_whose_firmware_returns_the_same_address_are_two() {
    // By their serial numbers.
    let found = joined(&[
        record(Sighting, 0, &["mac=00:12:41:00:00:01", "serial=DS2CD2020123", "ip=10.0.0.5"]),
        record(Sighting, 0, &["mac=00:12:41:00:00:01", "serial=DS2CD2020124", "ip=10.0.0.6"]),
    ]);
    assert!(found.groups.is_empty());
    assert!(matches!(found.refused[0].why, Why::Serials(..)), "{:?}", whys(&found));
    // And where they say none, because one scan met the address at two places.
    let found = joined(&[
        record(Sighting, 0, &["mac=00:12:41:00:00:01", "ip=10.0.0.5", "seen=02T10:00"]),
        record(Sighting, 0, &["mac=00:12:41:00:00:01", "ip=10.0.0.6", "seen=02T10:01"]),
    ]);
    assert!(found.groups.is_empty());
    assert!(matches!(found.refused[0].why, Why::Addresses(..)), "{:?}", whys(&found));
}

#[test]
fn no_address_and_a_random_address_join_nothing() {
    for mac in ["mac=00:00:00:00:00:00", "mac=02:11:22:33:44:55", "mac=ff:ff:ff:ff:ff:ff"] {
        let found = joined(&[
            record(Sighting, 0, &[mac, "ip=10.0.0.5"]),
            record(Sighting, 1, &[mac, "ip=10.0.0.6"]),
        ]);
        assert_eq!(found, Assembly::default(), "{mac}");
    }
}

#[test]
fn a_serial_number_that_nobody_burnt_in_joins_nothing() {
    for serial in [
        "serial=000000000",
        "serial=123456789",
        "serial=12345",
        "serial=ABCDEFGH",
        "serial=\x1b[31m4A05EC0PAN\x1b[0m",
    ] {
        let found =
            joined(&[record(Sighting, 0, &[serial, HIK]), record(Sighting, 1, &[serial, DAHUA])]);
        assert_eq!(found, Assembly::default(), "{serial}");
    }
}

#[test]
fn a_recorder_that_answers_for_the_cameras_behind_it_swallows_none() {
    let found = joined(&[
        record(Sighting, 0, &["ip=10.0.0.2", "serial=REC0000001", "seen=02T10:00"]),
        record(Sighting, 0, &["ip=10.0.0.2", "serial=CAM0000007", "seen=02T10:00"]),
        record(Sighting, 0, &["ip=10.0.0.2", "serial=CAM0000008", "seen=02T10:00"]),
        record(Register, 1, &["name=CAM-8", "serial=CAM-0000008"]),
        record(Sighting, 2, &["ip=10.0.0.2", "http-server=Webs", "seen=02T11:00"]),
    ]);
    assert_eq!(found.groups, [[2, 3]]);
    assert_eq!(whys(&found).len(), 1);
}

#[test]
fn an_address_that_changed_hands_between_two_leases_is_told_by_time() {
    let found = joined(&[
        record(Lease, 0, &[HIK, "ip=10.0.0.5", "seen=02T08:00/02T10:00"]),
        record(Lease, 0, &[DAHUA, "ip=10.0.0.5", "seen=02T10:30/02T12:00"]),
        record(Sighting, 1, &["ip=10.0.0.5", "http-server=DNVRS-Webs", "seen=02T09:00"]),
        record(Sighting, 2, &["ip=10.0.0.5", "http-title=WEB SERVICE", "seen=02T11:00"]),
        record(Register, 3, &["name=CAM-5", "ip=10.0.0.5"]),
    ]);
    assert_eq!(found.groups, [[0, 2], [1, 3]]);
    let why = "ip:10.0.0.5: several held this address; nothing tells who did at that time";
    assert_eq!(whys(&found), [why]);
}

#[test]
fn a_lease_of_which_only_the_end_is_known_held_before_it() {
    let lease = |mac: &str, until: &str| record(Lease, 0, &[mac, "ip=10.0.0.5", until]);
    let met = record(Sighting, 1, &["ip=10.0.0.5", "http-server=Webs", "seen=02T09:00"]);
    let found =
        joined(&[lease(HIK, "lease=02T20:00"), lease(DAHUA, "lease=05T20:00"), met.clone()]);
    assert_eq!(found.groups, [[0, 2]]);
    let found = joined(&[lease(HIK, "lease=02T08:00"), lease(DAHUA, "lease=05T20:00"), met]);
    assert!(found.groups.is_empty());
}

#[test]
fn the_end_of_a_lease_is_told_as_no_sighting() {
    let met = record(Sighting, 0, &["ip=10.0.0.5", "http-server=Webs", "seen=02T09:00"]);
    let lease = |until: &str| record(Lease, 1, &[HIK, "ip=10.0.0.5", until]);
    let found = joined(&[met.clone(), lease("lease=20T09:00")]);
    let why = "ip:10.0.0.5: seen at 2026-11-02T09:00:00Z and a lease until 2026-11-20T09:00:00Z, \
               more than 24 hours apart, and no lease tells whether the address was kept";
    assert_eq!(whys(&found), [why]);
    let found = joined(&[met, lease("lease=01T08:00")]);
    assert!(
        whys(&found)[0].contains(": a lease until 2026-11-01T08:00:00Z and seen at 2026-11-02")
    );
}

#[test]
fn an_address_met_weeks_apart_may_have_changed_hands() {
    let apart = [
        record(Sighting, 0, &["ip=10.0.0.5", "http-server=Webs", "seen=02T09:00"]),
        record(Sighting, 1, &["ip=10.0.0.5", "http-title=Login", "seen=20T09:00"]),
    ];
    let found = joined(&apart);
    assert!(found.groups.is_empty());
    let why = "ip:10.0.0.5: seen at 2026-11-02T09:00:00Z and at 2026-11-20T09:00:00Z, more than 24 \
               hours apart, and no lease tells whether the address was kept";
    assert_eq!(whys(&found), [why]);
    // A register that gives the address to a device says that it stayed.
    let mut with_register = apart.to_vec();
    with_register.push(record(Register, 2, &["name=CAM-5", "ip=10.0.0.5"]));
    assert_eq!(joined(&with_register).groups, [[0, 1, 2]]);
    // And a lease that goes on so long.
    let mut with_lease = apart.to_vec();
    with_lease.push(record(Lease, 2, &[HIK, "ip=10.0.0.5", "seen=01T00:00/25T00:00"]));
    assert_eq!(joined(&with_lease).groups, [[0, 1, 2]]);
}

#[test]
fn a_recorder_with_two_network_cards_is_one_by_its_serial_number() {
    let found = joined(&[
        record(Sighting, 0, &[HIK, "ip=10.0.0.5", "serial=REC0000001"]),
        record(Sighting, 0, &[HIK_TWO, "ip=10.9.0.5", "serial=REC0000001"]),
        record(Register, 1, &["name=NVR-1", HIK, HIK_TWO]),
    ]);
    assert_eq!(found.groups, [[0, 1, 2]]);
    // Without it nothing says that the row is not two cameras.
    let found = joined(&[
        record(Sighting, 0, &[HIK, "ip=10.0.0.5"]),
        record(Sighting, 0, &[HIK_TWO, "ip=10.9.0.5"]),
        record(Register, 1, &["name=NVR-1", HIK, HIK_TWO]),
    ]);
    assert!(found.groups.is_empty());
    assert!(found.refused.iter().all(|one| one.why == Why::Several(2)), "{:?}", whys(&found));
}

#[test]
fn one_row_with_three_addresses_is_not_the_three_devices() {
    let found = joined(&[
        record(Register, 0, &["name=Lobby 1-3", HIK, HIK_TWO, DAHUA]),
        record(Lease, 1, &[HIK, "ip=10.0.0.5", "seen=02T08:00/02T20:00"]),
        record(Lease, 1, &[HIK_TWO, "ip=10.0.0.6", "seen=02T08:00/02T20:00"]),
        record(Lease, 1, &[DAHUA, "ip=10.0.0.7", "seen=02T08:00/02T20:00"]),
        record(Sighting, 2, &["ip=10.0.0.6", "http-server=Webs", "seen=02T09:00"]),
    ]);
    assert_eq!(found.groups, [[2, 4]]);
    assert_eq!(found.refused.len(), 3);
}

#[test]
fn a_certificate_that_a_whole_series_carries_joins_nothing() {
    let certificate = "tls-fingerprint=00112233445566778899aabbccddeeff";
    let found = joined(&[
        record(Sighting, 0, &[certificate, "ip=10.0.0.5", "seen=02T10:00"]),
        record(Sighting, 0, &[certificate, "ip=10.0.0.6", "seen=02T10:05"]),
    ]);
    assert!(found.groups.is_empty());
    let found = joined(&[
        record(Sighting, 0, &[certificate, "ip=10.0.0.5", "seen=02T10:00"]),
        record(Sighting, 1, &[certificate, "ip=10.0.0.9", "seen=20T10:00"]),
    ]);
    assert_eq!(found.groups, [[0, 1]]);
}

#[test]
fn names_join_two_registers_but_not_what_they_contradict() {
    let found = joined(&[
        record(Register, 0, &["name=CAM-17", "label=LTS"]),
        record(Register, 1, &["name=cam-17", "serial=A1234567"]),
        record(Register, 1, &["name=Lobby", "serial=A1234568"]),
        record(Register, 0, &["name=Lobby", "label=LTS"]),
    ]);
    assert_eq!(found.groups, [[0, 1]]);
    let found = joined(&[
        record(Register, 0, &["name=CAM-17", "ip=10.0.0.5"]),
        record(Register, 1, &["name=CAM-17", "ip=10.0.0.6"]),
    ]);
    assert!(found.groups.is_empty());
}

#[test]
fn sites_that_use_the_same_addresses_are_not_mixed_up() {
    let at = |site: &str, source: u32, parts: &[&str]| {
        let mut device = Device::default();
        device.observations.push(Observation::new(Field::Ip, "192.168.1.64"));
        for part in parts {
            let (id, value) = part.split_once('=').unwrap();
            device.observations.push(Observation::new(Field::from_id(id).unwrap(), value));
        }
        Traits::of(&device, Sighting, source, Some(site))
    };
    let found = joined(&[
        at("Depot", 0, &["http-server=Webs"]),
        at("Town hall", 1, &["http-server=Webs"]),
        at("depot ", 2, &["http-title=Login"]),
    ]);
    assert_eq!(found.groups, [[0, 2]]);
}

#[test]
fn a_scan_that_knows_no_site_meets_the_one_site_that_uses_its_addresses() {
    let row = |site: &str, name: &str, source: u32| {
        let mut device = Device { name: name.into(), ..Device::default() };
        device.observations.push(Observation::new(Field::Ip, "10.0.0.5"));
        Traits::of(&device, Register, source, Some(site))
    };
    let scan = record(Sighting, 9, &["ip=10.0.0.5", "http-server=Webs", "seen=02T10:00"]);
    let found = joined(&[row("Depot", "CAM-1", 0), scan.clone()]);
    assert_eq!(found.groups, [[0, 1]]);
    let found = joined(&[row("Depot", "CAM-1", 0), row("Town hall", "CAM-2", 0), scan]);
    assert!(found.groups.is_empty());
}

#[test]
fn what_was_met_within_a_day_is_one_though_it_was_met_a_year_before_too() {
    let found = joined(&[
        record(Sighting, 0, &["ip=10.0.0.5", "http-server=Webs", "seen=02T10:00"]),
        record(Sighting, 0, &["ip=10.0.0.5", "dns-name=example.net", "seen=02T11:00"]),
        record(Sighting, 1, &["ip=10.0.0.5", "http-title=Login", "seen=20T10:00"]),
    ]);
    assert_eq!(found.groups, [[0, 1]]);
    let apart = |time: &str| Seen::at(format!("2026-11-{time}:00:00Z").parse().unwrap());
    assert_eq!(found.refused[0].why, Why::Apart(apart("02T11"), apart("20T10")));
}

#[test]
fn what_a_person_said_comes_first() {
    let records = [
        record(Register, 0, &["name=CAM-17", HIK]),
        record(Sighting, 1, &[HIK, "ip=10.0.0.5"]),
        record(Sighting, 2, &["ip=10.0.0.9", "serial=A1234567"]),
    ];
    let key = |text: &str| Key::parse(text).unwrap();
    let apart = Judged { apart: [key("mac:44-19-B6-0A-1C-33")].into(), ..Judged::default() };
    let found = joined_as_told(&records, &apart);
    assert!(found.groups.is_empty());
    assert_eq!(found.refused[0].why, Why::Told);
    let together = Judged {
        together: vec![[key("name:CAM-17"), key("serial:A1234567")].into()],
        ..<_>::default()
    };
    assert_eq!(joined_as_told(&records, &together).groups, [[0, 1, 2]]);
    assert_eq!(Key::parse("mac:none"), None);
    assert_eq!(Key::parse("colour:red"), None);
}
