//! The atlas: what is filed is counted once, and a form alone is never more than a form.

use jiff::civil::{Date, date};
use proptest::prelude::*;
use whomade_core::atlas::{
    Atlas, Filed, Filer, Ground, House, Standing, Support, file, house, is_second_source,
    support_of,
};
use whomade_core::evidence::Reader;
use whomade_core::kb::Entity;
use whomade_core::observation::{Device, Field, Observation};

use crate::support::{base, device, some_observations};

fn filed(company: &str, model: &str, firmware: &str) -> Device {
    let mut made = device(vec![
        Observation::new(Field::Company, company),
        Observation::new(Field::Model, model),
    ]);
    if !firmware.is_empty() {
        made.observations.push(Observation::new(Field::Firmware, firmware));
    }
    made.installed = Some(date(2019, 6, 7));
    made
}

fn filed_on(day: Option<Date>, company: &str, model: &str, firmware: &str) -> Device {
    let mut made = filed(company, model, firmware);
    made.installed = day;
    made
}

/// A day after every sale that the tests speak of.
const LATER: Option<Date> = Some(date(2023, 5, 1));

fn atlas(devices: &[Device]) -> Atlas {
    let mut atlas = Atlas::default();
    for one in devices {
        atlas.add(base(), one, &Reader::new(base()).read(one));
    }
    atlas
}

/// Standing, family, support of one product.
fn stands(made: &Device) -> Option<(Standing, &'static str, Support)> {
    let read = Reader::new(base()).read(made);
    match file(base(), made, &read)?.filed {
        Filed::Form(form) => Some((form.standing, base().id(form.family), form.support)),
        _ => None,
    }
}

#[test]
fn a_string_alone_is_never_more_than_a_form() {
    let norden =
        filed("Norden Communication UK Ltd", "ENV-HVD5F-30R-20", "IPC_G6103-B0008P10D1711C39");
    assert_eq!(stands(&norden), Some((Standing::Label, "uniview", Support::StringOnly)));
    // A known label does not help where no supply names the model.
    let vsip = filed("LT Security, Inc.", "VSIP7182W-28", "IPC_G6107-B0001P89D1806C89");
    assert_eq!(stands(&vsip), Some((Standing::Label, "uniview", Support::StringOnly)));
    let cmip = filed("LT Security, Inc.", "CMIP1112", "V5.3.0 build 151202");
    // The study names another CMIP model: this one stands in the register, as one of its line.
    assert_eq!(stands(&cmip), Some((Standing::Label, "hikvision", Support::Label)));
}

#[test]
fn a_model_is_named_only_where_a_second_source_names_it() {
    let hikvision = "V5.3.0 build 151202";
    let cases = [
        // Both stand in the register; the study and the customer's unit name only the first.
        ("TRENDnet", "TV-IP312PI", hikvision, Support::Model),
        ("TRENDnet", "TV-IP326PI", hikvision, Support::Label),
        ("LT Security, Inc.", "CMIP3032-28", hikvision, Support::Model),
        // What was said of this one is withdrawn: it stands as one of its line.
        ("LT Security, Inc.", "CMIP8242WB", hikvision, Support::Label),
        ("LT Security, Inc.", "CMIP3032", hikvision, Support::Label),
        // The guide prints the maker's address for a series and names no number.
        ("Honeywell Security", "HBW2GR3", "2.420.HW00.6.R, Build Date 2017-03-13", Support::Label),
        // A number that is written with other dashes and blanks is the same number.
        (
            "Intelbras S/A",
            "VIP 5550 D Z IA",
            "2.800.00IB000.0.T, Build Date 2019-05-22",
            Support::Model,
        ),
    ];
    for (company, model, firmware, step) in cases {
        assert_eq!(
            stands(&filed(company, model, firmware)).map(|one| one.2),
            Some(step),
            "{model}"
        );
    }
}

#[test]
fn a_pair_is_called_by_its_best_step_and_keeps_every_count() {
    let counted = atlas(&[
        filed("TRENDnet", "TV-IP312PI", "V5.3.0 build 151202"),
        filed("TRENDnet", "TV-IP326PI", "V5.3.0 build 151202"),
        filed("TRENDnet", "TV-IP999X", "V5.3.0 build 151202"),
    ]);
    let pairs = counted.pairs(Standing::Label);
    let [(filer, family, pair)] = pairs.as_slice() else { panic!("one pair") };
    assert_eq!(pair.by_support, [1, 1, 1, 0]);
    assert_eq!(support_of(base(), filer, *family, pair), Support::Model);
}

#[test]
fn a_label_is_of_its_owners_house_from_the_first_day_to_the_last() {
    let lorex = |day| {
        let string = "2.640.00LR000.20.R, Build Date 2018-09-14";
        stands(&filed_on(day, "Lorex Technology Inc.", "LNB8921B", string)).map(|found| found.0)
    };
    assert_eq!(lorex(Some(date(2018, 2, 5))), Some(Standing::Label));
    assert_eq!(lorex(Some(date(2018, 2, 6))), Some(Standing::Kin));
    assert_eq!(lorex(Some(date(2022, 11, 23))), Some(Standing::Kin));
    assert_eq!(lorex(Some(date(2022, 11, 24))), Some(Standing::Label));
    // Without a day, or with a clock that nobody set, nothing says that it was then.
    assert_eq!(lorex(None), Some(Standing::Label));
    assert_eq!(lorex(Some(date(1970, 1, 1))), Some(Standing::Label));
}

#[test]
fn sisters_are_one_house_while_one_holder_owns_both() {
    let avigilon = base().maker("avigilon").expect("a maker");
    let pelco = Filer::Known(base().maker("pelco").expect("a maker"));
    let on = |day| house(base(), &pelco, avigilon, Some(day));
    assert!(on(date(2020, 8, 2)).is_none());
    let found = on(date(2020, 8, 3)).expect("one house");
    let House::Sisters(one, other) = found else { panic!("{found:?}") };
    assert_eq!(one.holder, other.holder);
    assert_eq!(found.time(), (Some(date(2020, 8, 3)), None));
    // Two firms that each have a holder of its own are none.
    let axis = Filer::Known(base().maker("axis").expect("a maker"));
    assert!(house(base(), &axis, avigilon, LATER).is_none());
}

#[test]
fn the_register_is_no_second_source_for_its_own_strings() {
    assert!(!is_second_source(base(), "onvif-register"));
    assert!(is_second_source(base(), "rapid7-lorex-2024"));
    assert!(!is_second_source(base(), "nobody-wrote-this"));
}

#[test]
fn own_names_and_houses_stand_apart_and_controls_are_clean() {
    let own = filed("Hangzhou Hikvision Digital Technology Co., Ltd.", "X", "V5.6.0 build 190125");
    assert_eq!(stands(&own).map(|found| found.0), Some(Standing::Own));
    let imou = filed("Imou", "IPC-A26Z", "2.800.0000000.7.R, Build Date 2019-12-04");
    assert_eq!(stands(&imou).map(|found| found.0), Some(Standing::Kin));
    for control in ["Axis Communications AB", "TP-Link Systems Inc.", "Bosch Security Systems B.V."]
    {
        let made = filed(control, "X", "V5.6.0 build 190125");
        assert_eq!(
            stands(&made),
            Some((Standing::Control, "hikvision", Support::StringOnly)),
            "{control}"
        );
    }
}

#[test]
fn short_forms_and_masked_strings_belong_to_nobody() {
    for string in ["5.1", "4.2", "1.0.0", "5.2.3", "V5.7.12", "2.460.xxxx"] {
        assert_eq!(stands(&filed("Anybody", "X", string)), None, "{string}");
    }
    let counted = atlas(&[filed("Anybody", "X", "5.1"), filed("Anybody", "Y", "")]);
    assert_eq!((counted.account.no_form, counted.account.no_string), (1, 1));
}

#[test]
fn a_statement_of_the_label_makes_the_pair_disputed_and_keeps_its_counts() {
    let lorex = "Lorex Technology Inc.";
    let counted = atlas(&[
        filed_on(LATER, lorex, "LNB8921B", "2.640.00LR000.20.R, Build Date 2018-09-14"),
        filed_on(LATER, lorex, "W461AS", "2.800.00LR000.0.R"),
        filed_on(LATER, lorex, "LNB8005-C", "2.640.00LR000.20.R, Build Date 2018-09-14"),
    ]);
    let pairs = counted.pairs(Standing::Label);
    let [(filer, family, pair)] = pairs.as_slice() else { panic!("one pair") };
    assert_eq!(base().id(*family), "dahua");
    assert_eq!(pair.by_support, Support::ALL.map(|step| u64::from(step != Support::StringOnly)));
    assert_eq!(support_of(base(), filer, *family, pair), Support::Disputed);
}

#[test]
fn a_statement_disputes_only_whom_it_speaks_of() {
    let aditya = "Aditya Infotech Ltd";
    let counted = atlas(&[
        filed(aditya, "CP-UNC-TC21L5C-VMD", "2.800.00AT000.0.R, Build Date 2020-05-22"),
        filed(aditya, "CP-VNC-B21-VMD", "IPC_G6107-B0001P89D1806C05"),
    ]);
    let support: Vec<(&str, Support)> = counted
        .pairs(Standing::Label)
        .iter()
        .map(|(filer, family, pair)| (base().id(*family), support_of(base(), filer, *family, pair)))
        .collect();
    assert_eq!(support.len(), 2, "{support:?}");
    assert!(support.contains(&("dahua", Support::Disputed)), "{support:?}");
    // Nothing on file contests this one: the form alone speaks, and the label's own code in it.
    assert!(!support.contains(&("uniview", Support::Disputed)), "{support:?}");
}

#[test]
fn a_code_with_a_source_of_its_own_supports_a_model_that_no_supply_names() {
    let made = filed("Intelbras S/A", "ABC-0000", "2.800.00IB000.0.T, Build Date 2019-05-22");
    let read = Reader::new(base()).read(&made);
    let Some(Filed::Form(form)) = file(base(), &made, &read).map(|one| one.filed) else {
        panic!("a form")
    };
    // The code says whose label it is; of the model it says nothing.
    assert_eq!(form.support, Support::Label);
    assert!(matches!(form.ground, Some(Ground::Code(_))));
}

#[test]
fn a_clock_that_nobody_set_is_no_day() {
    let mut made = filed("Anybody", "X", "V5.6.0 build 190125");
    made.installed = Some(date(1970, 1, 1));
    assert_eq!(atlas(&[made]).span.first, None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Every product is counted once, whatever it is; the order of the products does not matter.
    #[test]
    fn every_product_is_accounted_for(
        seen in prop::collection::vec(some_observations(4), 0..12),
    ) {
        let mut devices: Vec<Device> = seen.into_iter().map(device).collect();
        let forth = atlas(&devices);
        devices.reverse();
        let back = atlas(&devices);
        prop_assert_eq!(forth.account, back.account);
        prop_assert_eq!(forth.account.sum(), forth.products);
        for (filer, label) in &forth.labels {
            let formed: u64 = label.pairs.values().map(|pair| pair.products).sum();
            prop_assert_eq!(label.products, label.no_string + label.no_form + formed);
            for ((standing, family), pair) in &label.pairs {
                prop_assert_eq!(pair.by_support.iter().sum::<u64>(), pair.products);
                prop_assert_eq!(pair.rows.len() as u64 + pair.left_out, pair.products);
                prop_assert!(matches!(family, Entity::Maker(_)));
                let other = &back.labels[filer].pairs[&(*standing, *family)];
                prop_assert_eq!(pair.by_support, other.by_support);
                // Nothing but a named ground lifts a row above its form.
                for row in &pair.rows {
                    prop_assert_eq!(row.ground.is_none(), row.support == Support::StringOnly);
                }
                if matches!(filer, Filer::Written(_)) {
                    prop_assert_eq!(pair.with(Support::StringOnly), pair.products);
                }
            }
        }
    }
}
