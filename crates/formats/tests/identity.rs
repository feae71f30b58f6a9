//! Reading undoes writing: devices written as observations are the same devices when they are
//! read, and written again they are the same bytes.

use std::sync::Arc;

use jiff::{Timestamp, civil::Date};
use proptest::prelude::*;
use whomade_core::assembly::Sort;
use whomade_core::observation::{At, Device, Field, Observation, Record, Seen};
use whomade_formats::read::{Options, read_file, read_stream};
use whomade_formats::write::ndjson::Observations;

use crate::golden::inputs;
use crate::show::Show;

/// Sections of devices, each with what its records are of.
type Sections = Vec<(Sort, Vec<Device>)>;

fn written(sections: &Sections) -> Vec<u8> {
    let (mut lines, mut out) = (Observations::default(), Vec::new());
    for (sort, devices) in sections {
        lines.section(*sort);
        for device in devices {
            lines.device(&mut out, device).unwrap();
        }
    }
    out
}

fn read(bytes: &[u8]) -> (Sections, Show) {
    let mut show = Show::default();
    read_stream("again.ndjson", &mut &*bytes, &Options::default(), &mut show);
    (show.sections(), show)
}

/// A device without what only tells where its text stands: of each record where it was first read
/// and when it was seen, of each observation field, value and record.
fn bare(device: &Device) -> Device {
    let mut bare = device.clone();
    for record in std::iter::once(&mut bare.record).chain(&mut bare.others) {
        let origin = record.origin.clone().unwrap_or_else(|| record.place().into());
        *record = Record { seen: record.seen, origin: Some(origin), ..Record::default() };
    }
    for seen in &mut bare.observations {
        seen.at = At { of: seen.at.of, ..At::default() };
    }
    bare
}

fn bares(sections: &Sections) -> Sections {
    let kept = sections.iter().filter(|(_, devices)| !devices.is_empty());
    kept.map(|(sort, devices)| (*sort, devices.iter().map(bare).collect())).collect()
}

/// Writes and reads twice: the devices are those that were written, and the second round changes
/// nothing at all.
fn twice(sections: &Sections, what: &str) {
    let first = written(sections);
    let (once, show) = read(&first);
    assert_eq!(bares(&once), bares(sections), "{what}");
    assert!(show.diagnostics.is_empty(), "{what}: {:?}", show.codes());
    let second = written(&once);
    assert_eq!(String::from_utf8_lossy(&second), String::from_utf8_lossy(&first), "{what}");
    let (again, _) = read(&second);
    assert_eq!(again, once, "{what}");
    for device in once.iter().flat_map(|(_, devices)| devices) {
        assert!(!device.record.text.is_empty(), "{what}: {device:?} has no line");
    }
}

#[test]
fn every_golden_input_written_as_observations_is_read_as_it_was() {
    let mut with = [0; 4];
    for input in inputs() {
        let mut show = Show::default();
        read_file(&input, &Options::default(), &mut show);
        if show.devices.is_empty() {
            continue;
        }
        for device in &show.devices {
            with[0] += 1;
            with[1] += usize::from(!device.context.is_empty());
            with[2] += usize::from(device.record.seen.is_some());
            with[3] += usize::from(device.installed.is_some());
        }
        twice(&show.sections(), &input.display().to_string());
    }
    assert!(with[0] > 200 && with[1..].iter().all(|count| *count >= 10), "{with:?}");
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~]{1,24}",
        "\\PC{1,12}",
        "[\\x00-\\x1f\\x7f-\\u{9f}\\u{202a}-\\u{202e}\\u{2066}\"\\\\{}:,é😀]{1,16}",
        Just("line 7".to_owned()),
        Just("\"value\":\"x\"".to_owned()),
    ]
}

fn observation(records: u32) -> impl Strategy<Value = Observation> {
    let field = prop::sample::select(Field::ALL);
    (field, text(), any::<[u8; 6]>(), 0..records).prop_map(|(field, text, bytes, of)| {
        let value = match field {
            // Readers give addresses in their usual form.
            Field::Mac => bytes.map(|byte| format!("{byte:02x}")).join(":"),
            Field::Ip => format!("10.{}.{}.{}", bytes[0], bytes[1], bytes[2]),
            _ => text,
        };
        Observation { field, value: value.into(), at: At { of, ..At::default() } }
    })
}

fn record() -> impl Strategy<Value = Record> {
    // Of a time that no set clock can have told something is said, which is no part of a device.
    let since_2000 = 946_684_800..4_000_000_000_i64;
    let seen = prop::option::of((since_2000, 0..1_000_000_i64, 0..1_000_000_000_i64));
    let sheet = prop::option::of(text());
    (text(), sheet, 0..u64::from(u32::MAX), seen, prop::option::of(text())).prop_map(
        |(source, sheet, line, seen, origin)| Record {
            source: source.into(),
            sheet: sheet.map(Arc::from),
            line,
            text: "not kept".to_owned(),
            seen: seen.map(|(from, length, nanos)| {
                let moment = |second| {
                    Timestamp::from_nanosecond(
                        i128::from(second) * 1_000_000_000 + i128::from(nanos),
                    )
                };
                Seen::between(moment(from).unwrap(), moment(from + length).unwrap())
            }),
            origin: origin.map(Arc::from),
        },
    )
}

fn device() -> impl Strategy<Value = Device> {
    (
        prop::collection::vec(record(), 1..4),
        prop::option::of((1970..2100_i16, 1..=12_i8, 1..=28_i8)),
    )
        .prop_flat_map(|(records, day)| {
            let count = u32::try_from(records.len()).unwrap();
            let name = prop_oneof![text(), Just("CAM-1".to_owned())];
            let seen = prop::collection::vec(observation(count), 0..8);
            let context = prop::collection::vec((text(), text()), 0..4);
            (Just(records), Just(day), name, seen, context)
        })
        .prop_map(|(mut records, day, name, observations, context)| Device {
            name: name.into(),
            record: records.remove(0),
            others: records,
            observations,
            installed: day.map(|(year, month, day)| Date::new(year, month, day).unwrap()),
            context: context.into_iter().map(|(k, v)| (Arc::from(k), v.into())).collect(),
        })
}

fn sections() -> impl Strategy<Value = Sections> {
    let sort = prop_oneof![Just(Sort::Register), Just(Sort::Lease), Just(Sort::Sighting)];
    prop::collection::vec((sort, prop::collection::vec(device(), 1..5)), 1..4)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn whatever_is_written_as_observations_is_read_as_it_was(sections in sections()) {
        twice(&sections, "made up");
    }
}

#[test]
fn two_devices_of_one_name_stay_two() {
    let named = |value: &str| Device {
        name: "CAM".into(),
        observations: vec![Observation::new(Field::Label, value)],
        ..Device::default()
    };
    let (again, _) = read(&written(&vec![(Sort::Lease, vec![named("LTS"), named("LTS")])]));
    assert_eq!(again.len(), 1);
    assert_eq!((again[0].0, again[0].1.len()), (Sort::Lease, 2));
}

#[test]
fn a_line_that_only_looks_like_ours_is_read_as_any_other() {
    let lines = [
        r#"{"v":1,"n":1,"device":"a","from":"x:1","mac":"44-19-B6-0A-1C-33"}"#,
        r#"{"v":1,"n":2,"device":"b","field":"mac","value":"no address"}"#,
        r#"{"v":1,"n":3,"device":"c","field":"colour","value":"red"}"#,
        r#"{"v":1,"records":"dream"}"#,
        r#"{"v":1,"n":4,"device":"d","record":900,"field":"label","value":"LTS"}"#,
    ]
    .join("\n");
    let (sections, show) = read(lines.as_bytes());
    let devices = &sections[0].1;
    assert_eq!(devices[0].first(Field::Mac), Some("44:19:b6:0a:1c:33"));
    assert_eq!(devices[1].observations, []);
    assert_eq!(devices[1].context[0].1, "no address");
    assert!(show.codes().contains(&"read/unknown-field"), "{:?}", show.codes());
    let last = devices.last().unwrap();
    assert_eq!(
        (last.name.as_str(), last.others.len(), last.first(Field::Label)),
        ("d", 1, Some("LTS"))
    );
}
