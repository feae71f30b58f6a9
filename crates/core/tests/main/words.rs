//! How sure an answer may be: what a single value, a name or a pattern must never do alone.

use whomade_core::attribution::{Certainty, Design};
use whomade_core::evidence::Aside;
use whomade_core::observation::{Field, Observation};
use whomade_core::report::evidence_label;

use crate::support::{answer, base, device};

/// A serial number of Hikvision's form, with a model number and a day inside.
const SERIAL: &str = "DS-2CD2143G2-I20180101CCWRD61817303";

fn of(seen: &[(Field, &str)]) -> Design {
    let seen = seen.iter().map(|(field, value)| Observation::new(*field, *value));
    answer(&device(seen.collect())).1
}

fn names(design: &Design) -> Vec<&'static str> {
    let mut names: Vec<&str> = design.candidates().iter().map(|of| base().id(*of)).collect();
    names.sort_unstable();
    names
}

#[test]
fn one_pasted_cell_makes_no_control_another_makers() {
    for (label, id) in [
        ("Axis", "axis"),
        ("Bosch", "bosch"),
        ("Hanwha Vision", "hanwha"),
        ("i-PRO", "i-pro"),
        ("TP-Link", "tp-link"),
    ] {
        let design = of(&[(Field::Label, label), (Field::Serial, SERIAL)]);
        assert_eq!(design.certainty, Certainty::Possible, "{label}: {design:?}");
        assert!(names(&design).contains(&id), "{label}: {design:?}");
        assert_eq!(design.record.fired, 0, "nobody counted records that contradict themselves");
    }
}

#[test]
fn what_stands_inside_a_value_is_no_second_kind_and_a_serial_confirms_nothing() {
    let alone = of(&[(Field::Serial, SERIAL)]);
    assert_eq!((alone.certainty, names(&alone)), (Certainty::Possible, vec!["hikvision"]));
    let named = of(&[(Field::Label, "Hikvision"), (Field::Serial, SERIAL)]);
    assert_eq!(named.certainty, Certainty::Probable);
    let replied = of(&[(Field::Label, "Hikvision"), (Field::AuthRealm, "IP Camera(C1234)")]);
    assert_eq!(replied.certainty, Certainty::Confirmed, "{replied:?}");
}

#[test]
fn a_name_and_a_model_number_of_two_makers_leave_it_open() {
    let design = of(&[(Field::Label, "Axis"), (Field::Model, "DS-2CD2143G0-I")]);
    assert_eq!(names(&design), ["axis", "hikvision"]);
    let design = of(&[(Field::Label, "TP-Link"), (Field::Model, "IPC-HFW1230S")]);
    assert_eq!(names(&design), ["dahua", "tp-link"]);
    // A single address block against a supply that takes the number in: neither is lost.
    let lts = [(Field::Label, "LTS"), (Field::Model, "CMIP7422N")];
    let design = of(&[lts[0], lts[1], (Field::Mac, "00:40:8c:11:22:33")]);
    assert_eq!(names(&design), ["axis", "hikvision"]);
    // Two values of the device against the name alone: they lead, and no further than possible.
    let design = of(&[
        (Field::Label, "Axis"),
        (Field::Mac, "44:19:b6:0a:1c:33"),
        (Field::Serial, SERIAL),
        (Field::Model, "DS-2CD2143G2-I"),
    ]);
    assert_eq!(design.certainty, Certainty::Possible, "{design:?}");
}

#[test]
fn what_is_only_like_a_model_is_none() {
    for written in ["DS-2CD compatible recorder", "DS-2CD recorder", "IPC-HFW1230S compatible"] {
        assert_eq!(of(&[(Field::Model, written)]).certainty, Certainty::Unknown, "{written}");
    }
    assert_eq!(of(&[(Field::Model, "DS-2CD2143G2-I")]).certainty, Certainty::Possible);
}

#[test]
fn a_pattern_is_a_line_and_a_number_is_a_model() {
    let said = |label: &str, model: &str| {
        let seen = [(Field::Label, label), (Field::Model, model)];
        let seen = seen.map(|(field, value)| Observation::new(field, value));
        let device = device(seen.to_vec());
        let (read, _) = answer(&device);
        let label = |one| evidence_label(base(), &device, one);
        read.evidence.iter().map(label).collect::<Vec<_>>().join("; ")
    };
    let line = said("LTS", "CMIP7422N-28M");
    assert!(line.contains("a number of a line that Hikvision supplies to LTS"), "{line}");
    let model = said("TRENDnet", "TV-IP312PI");
    assert!(model.contains("a model that Hikvision supplies to TRENDnet"), "{model}");
}

#[test]
fn a_lead_about_another_model_is_not_shown() {
    let leads = |model: Option<&str>| {
        let label = Observation::new(Field::Label, "Panasonic");
        let model = model.map(|model| Observation::new(Field::Model, model));
        let (read, _) = answer(&device(std::iter::once(label).chain(model).collect()));
        let facts = base().facts.labels["panasonic"].leads.clone();
        let of = |aside: &Aside| match aside {
            Aside::Lead { at, .. } => Some(facts[*at].models.clone()),
            _ => None,
        };
        read.asides.iter().filter_map(of).filter(|models| !models.is_empty()).count()
    };
    assert_eq!(leads(Some("K-EW214L")), 1);
    assert_eq!(leads(Some("WV-S3111L")), 0);
    assert_eq!(leads(None), 1, "without a number it is shown with the numbers it speaks of");
}
