//! What does not fit together is said by its kind, and a honeypot is said to be nobody's.

use std::collections::BTreeSet;

use proptest::prelude::*;
use whomade_core::attribution::{Certainty, Design};
use whomade_core::contradiction::{Contradiction, ContradictionKind, contradictions, everybodys};
use whomade_core::evidence::Read;
use whomade_core::observation::{Device, Field, Observation, Record, Side};

use crate::support::{answer, base, device, pool, some_observations};

fn worked(device: &Device) -> (Read, Design, Vec<Contradiction>) {
    let (read, design) = answer(device);
    let found = contradictions(base(), device, &read, &design);
    (read, design, found)
}

/// The contradictions of a device of these fields, as kind and sentence.
fn found(seen: &[(Field, &str)]) -> Vec<(ContradictionKind, String)> {
    let seen = seen.iter().map(|(field, value)| Observation::new(*field, *value));
    let (.., found) = worked(&device(seen.collect()));
    found.into_iter().map(|one| (one.kind, one.says)).collect()
}

fn kinds(seen: &[(Field, &str)]) -> Vec<ContradictionKind> {
    found(seen).into_iter().map(|(kind, _)| kind).collect()
}

const LURE: [(Field, &str); 4] = [
    (Field::HttpServer, "DNVRS-Webs"),
    (Field::RtspServer, "Dahua Rtsp Server"),
    (Field::DhcpClass, "AXIS,Network Camera,P3225-LV Mk II,9.70.1.5"),
    (Field::Label, "Hikvision"),
];

#[test]
fn a_name_against_what_the_device_says() {
    let own_name = [(Field::Label, "Axis"), (Field::HttpServer, "DNVRS-Webs")];
    let said = found(&own_name);
    assert_eq!(said.len(), 1, "{said:?}");
    assert_eq!(said[0].0, ContradictionKind::LabelAgainstWire);
    assert!(said[0].1.contains("Axis") && said[0].1.contains("Hikvision"), "{said:?}");
    // A label that another maker supplies is against the wire too.
    let supplied =
        [(Field::Label, "Lorex"), (Field::Model, "LNB8005-C"), (Field::HttpServer, "DNVRS-Webs")];
    assert!(kinds(&supplied).contains(&ContradictionKind::LabelAgainstWire));
}

/// Panasonic's camera business became i-PRO: both names, an address block of the one and a
/// stream address of the other are one maker's.
#[test]
fn a_predecessor_s_name_is_no_second_maker() {
    let seen = [
        (Field::Label, "Panasonic"),
        (Field::Model, "WV-S3531L"),
        (Field::Mac, "00:80:f0:2e:90:4d"),
        (Field::RtspPath, "/Src/MediaInput/stream_1"),
    ];
    let seen = device(seen.iter().map(|(f, value)| Observation::new(*f, *value)).collect());
    let (_, design, found) = worked(&seen);
    assert_eq!(found, [], "{found:?}");
    assert_eq!(design.candidates().iter().map(|of| base().id(*of)).collect::<Vec<_>>(), ["i-pro"]);
    assert!(design.certainty >= Certainty::Probable);
    // What Panasonic sold beside that line is not said to be i-PRO's.
    let other = [(Field::Label, "Panasonic"), (Field::Model, "K-EW214L")];
    let other = other.iter().map(|(f, value)| Observation::new(*f, *value)).collect();
    let (_, design, _) = worked(&device(other));
    assert_eq!(design.certainty, Certainty::Unknown);
}

#[test]
fn a_rebadge_that_the_base_knows_contradicts_nothing() {
    for seen in [
        [(Field::Label, "HiLook"), (Field::HttpServer, "DNVRS-Webs")],
        [(Field::Label, "LTS"), (Field::Mac, "44:19:b6:2e:90:4d")],
        [(Field::Label, "Amcrest"), (Field::Mac, "9c:8e:cd:41:77:0b")],
        // Nothing is known of who supplies this label: what the device says contradicts nothing.
        [(Field::Label, "Zyxwvutsrq"), (Field::HttpServer, "DNVRS-Webs")],
    ] {
        assert_eq!(found(&seen), [], "{seen:?}");
    }
}

#[test]
fn an_address_block_of_somebody_else() {
    let maker = [(Field::Label, "Axis"), (Field::Mac, "44:19:b6:2e:90:4d")];
    assert_eq!(kinds(&maker), [ContradictionKind::OuiAgainstLabel]);
    let label = [(Field::Label, "Axis"), (Field::Mac, "9c:8e:cd:41:77:0b")];
    let said = found(&label);
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].1.ends_with("its address block is Amcrest’s own"), "{said:?}");
    // The same maker stands behind both labels.
    let kin = [(Field::Label, "Hikvision"), (Field::Mac, "54:d6:0d:01:02:03")];
    assert_eq!(found(&kin), []);
}

#[test]
fn a_serial_number_younger_than_the_record_or_of_another_model() {
    let serial = Observation::new(Field::Serial, "IPC-B620H-Z20250102BBWRC78686147");
    let mut device = device(vec![serial, Observation::new(Field::Model, "IPC-B620H-Z")]);
    device.installed = Some(jiff::civil::date(2025, 1, 2));
    assert_eq!(worked(&device).2, [], "the day itself is no contradiction");
    device.installed = Some(jiff::civil::date(2024, 12, 31));
    let said = worked(&device).2;
    assert_eq!(said.len(), 1, "{said:?}");
    assert_eq!(said[0].kind, ContradictionKind::ModelAgainstSerialDate);
    assert_eq!(said[0].between, [0]);
    assert!(said[0].says.contains("2025-01-02") && said[0].says.contains("2024-12-31"));
    device.installed = None;
    device.observations[1].value = "ipc b62OH z".into();
    assert_eq!(worked(&device).2, [], "the same number, as people write it");
    device.observations[1].value = "DS-2CD2143G0-I".into();
    let said = worked(&device).2;
    assert_eq!(said[0].between, [0, 1], "{said:?}");
    assert!(said[0].says.contains("IPC-B620H-Z") && said[0].says.contains("DS-2CD2143G0-I"));
}

#[test]
fn firmware_younger_than_the_record_has_an_innocent_reading() {
    let firmware = Observation::new(Field::Firmware, "V5.5.52 build 190114");
    let mut device = device(vec![firmware]);
    device.installed = Some(jiff::civil::date(2018, 6, 1));
    let said = worked(&device).2;
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].says.contains("2019-01-14") && said[0].says.contains("updated since"));
}

#[test]
fn a_copied_sign_without_the_rest_of_its_maker() {
    let alone = [(Field::RtspPath, "/cam/realmonitor?channel=1&subtype=0")];
    assert_eq!(kinds(&alone), [ContradictionKind::CopiedSignAlone]);
    let beside = [alone[0], (Field::RtspServer, "Dahua Rtsp Server")];
    assert_eq!(found(&beside), []);
}

#[test]
fn what_carries_everybodys_banners_is_nobodys() {
    let seen = LURE.map(|(field, value)| Observation::new(field, value));
    let device = device(seen.to_vec());
    let (read, design, said) = worked(&device);
    assert_eq!(said[0].kind, ContradictionKind::EverybodysBanners, "{said:?}");
    assert_eq!(said[0].between, [0, 1, 2], "the name on it is no banner");
    assert_eq!(everybodys(base(), &read).len(), 3);
    assert_eq!(design.certainty, Certainty::Unknown);
    assert_eq!(design.candidates(), []);
    assert!(design.held_back.contains("honeypot"));
    // With two of the three it is a contradiction like others, and somebody's.
    let two = Device { observations: seen[..2].to_vec(), ..device };
    let (read, design, said) = worked(&two);
    assert_eq!(everybodys(base(), &read), []);
    assert!(design.certainty > Certainty::Unknown);
    assert!(said.iter().any(|one| one.kind == ContradictionKind::TwoMakers), "{said:?}");
}

#[test]
fn one_example_of_the_base_contradicts_nothing_but_by_being_copied() {
    for seen in pool() {
        let (.., said) = worked(&device(vec![seen.clone()]));
        let other = said.iter().find(|one| {
            !matches!(one.kind, ContradictionKind::CopiedSignAlone | ContradictionKind::TwoMakers)
        });
        assert_eq!(other, None, "{seen:?}");
    }
}

proptest! {
    #[test]
    fn contradictions_do_not_depend_on_the_order_of_observations(
        (seen, shuffled) in some_observations(8)
            .prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle())),
    ) {
        let plain = |device: &Device| -> Vec<(ContradictionKind, String)> {
            let (.., found) = worked(device);
            let mut plain: Vec<_> = found.into_iter().map(|one| (one.kind, one.says)).collect();
            plain.sort();
            plain
        };
        prop_assert_eq!(plain(&device(seen)), plain(&device(shuffled)));
    }

    #[test]
    fn contradictions_lie_between_what_was_seen(seen in some_observations(9)) {
        let device = device(seen);
        let (read, design, found) = worked(&device);
        for one in &found {
            prop_assert!(!one.says.is_empty() && !one.between.is_empty(), "{one:?}");
            prop_assert!(one.between.iter().all(|at| *at < device.observations.len()));
            prop_assert!(one.between.windows(2).all(|pair| pair[0] < pair[1]), "{one:?}");
        }
        prop_assert!(found.windows(2).all(|pair| pair[0].kind <= pair[1].kind));
        // Whatever attribution holds against its answer is said.
        if !design.against.is_empty() {
            prop_assert!(!found.is_empty(), "{:?}", design.against);
        }
        let banners = found.iter().any(|one| one.kind == ContradictionKind::EverybodysBanners);
        prop_assert_eq!(banners, !everybodys(base(), &read).is_empty());
    }

    #[test]
    fn a_honeypot_stays_nobodys_whatever_else_is_seen(more in some_observations(6)) {
        let lure = LURE.map(|(field, value)| Observation::new(field, value)).to_vec();
        // A further banner in the same place may only add to the crowd.
        let device = device([lure, more].concat());
        let (read, design, _) = worked(&device);
        let makers = everybodys(base(), &read);
        prop_assert!(makers.len() >= 3, "{makers:?}");
        prop_assert!(design.certainty <= Certainty::Possible);
        prop_assert_eq!(design.stated(), None);
    }

    #[test]
    fn a_paper_is_no_honeypot(seen in some_observations(9)) {
        let papers = seen.into_iter().filter(|one| one.field.side() != Side::Device);
        let (read, ..) = worked(&device(papers.collect()));
        prop_assert!(everybodys(base(), &read).is_empty());
    }
}

#[test]
fn kinds_are_told_apart() {
    let words: BTreeSet<&str> = ContradictionKind::ALL.iter().map(|kind| kind.word()).collect();
    assert_eq!(words.len(), ContradictionKind::ALL.len());
}

/// A device of two records: each a label, and the address that joins them.
fn of_two(first: &str, second: &str) -> Device {
    let mut all = vec![
        Observation::new(Field::Label, first),
        Observation::new(Field::Model, "CMIP7422N-28M"),
        Observation::new(Field::Mac, "44:19:b6:01:02:03"),
        Observation::new(Field::Label, second),
    ];
    all[3].at.of = 1;
    let mut made = device(all);
    made.record.source = "register.csv".into();
    made.others = vec![Record { source: "other.csv".into(), line: 7, ..Record::default() }];
    made
}

#[test]
fn of_two_labels_the_register_s_row_counts_and_the_other_is_said() {
    // Whatever comes first in the alphabet.
    for other in ["Annke", "Swann", "Uniview"] {
        let (read, design, said) = worked(&of_two("LTS", other));
        let label = read.label.as_ref().unwrap();
        assert_eq!(base().name(label.of), "LTS", "beside {other}");
        assert!(design.certainty >= Certainty::Possible);
        let said: Vec<&Contradiction> =
            said.iter().filter(|one| one.kind == ContradictionKind::TwoLabels).collect();
        assert_eq!(said.len(), 1, "{other}: {said:?}");
        assert!(said[0].says.contains(other) && said[0].says.contains("other.csv:7"), "{said:?}");
    }
}

#[test]
fn a_label_and_its_own_supplier_are_no_two_labels() {
    // A list that knows the maker alone does not take the label away, whichever is the register.
    for (first, second) in [("LTS", "HIKVISION"), ("HIKVISION", "LTS")] {
        let (read, design, said) = worked(&of_two(first, second));
        assert_eq!(base().name(read.label.unwrap().of), "LTS", "{first}, {second}");
        assert_eq!(design.certainty, Certainty::Probable);
        assert!(said.is_empty(), "{said:?}");
    }
}
