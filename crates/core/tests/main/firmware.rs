//! Firmware versions: what is read out of them, and laws of their order.

use std::cmp::Ordering;

use proptest::prelude::*;
use proptest::sample::Index;
use whomade_core::firmware::{Firmware, PARTS_MAX, compare_parts, numbers};
use whomade_core::kb::schema::GROUPS;
use whomade_core::observation::Field;

use crate::support::{base, pool};

/// Maker, numbers, day, customer, branch.
type Parts<'p> = (&'p str, &'p [u64], Option<&'p str>, Option<&'p str>, Option<&'p str>);

const VERSIONS: &[(&str, Parts<'_>)] = &[
    ("V5.5.80 build 190220", ("hikvision", &[5, 5, 80], Some("2019-02-20"), None, None)),
    (
        "2.800.0000000.16.R, build: 2020-08-05",
        ("dahua", &[2, 800, 0, 16], Some("2020-08-05"), None, Some("2.800.0000000")),
    ),
    (
        "2.800.0000000.7.R 2022-6-3",
        ("dahua", &[2, 800, 0, 7], Some("2022-06-03"), None, Some("2.800.0000000")),
    ),
    ("V2.420.AC00.18.R", ("dahua", &[2, 420, 0, 18], None, Some("AC"), Some("2.420.AC00"))),
    (
        "2.640.00LR000.20.R, Build Date 2018-09-14",
        ("dahua", &[2, 640, 0, 20], Some("2018-09-14"), Some("LR"), Some("2.640.00LR000")),
    ),
    (
        "3.000.19AV000.0.R, Build Date 2022-02-26",
        ("dahua", &[3, 0, 0, 0], Some("2022-02-26"), Some("19AV"), Some("3.000.19AV000")),
    ),
    (
        "2.420.General 00.1.R, build: 2016-05-13",
        ("dahua", &[2, 420, 0, 1], Some("2016-05-13"), None, Some("2.420.General 00")),
    ),
    (
        "GIPC-B6202.13.2.C00798.NB.240905",
        ("uniview", &[13, 2], Some("2024-09-05"), Some("007"), Some("GIPC-B6202")),
    ),
    (
        "IPC_D1202-B0007P10D1904C40",
        ("uniview", &[7, 10, 1904], None, Some("40"), Some("IPC_D1202-B")),
    ),
    ("IPC_HCMN2105-B0005D1611", ("uniview", &[5, 0, 1611], None, None, Some("IPC_HCMN2105-B"))),
    ("1.4.5.43021B201217", ("tvt", &[1, 4, 5, 43021], Some("2020-12-17"), None, None)),
    ("v3.1.0.3419_2404261146", ("reolink", &[3, 1, 0, 3419], Some("2024-04-26"), None, None)),
    (
        "v3.6.1603.1006.157.0.18.13.5.D01",
        ("sunell", &[3, 6, 1603, 1006, 0, 18, 13, 5], None, Some("157"), None),
    ),
    (
        "V4.02.R12.D5210850.10012.132000..ONVIF 2.41",
        ("xiongmai", &[4, 2, 12], None, None, Some("D5210850")),
    ),
    (
        "7.1.2.149 Feb 25 2015 21:32:11",
        ("kedacom", &[7, 1, 2, 149], Some("2015-02-25"), None, None),
    ),
    ("V100_2019_01_30", ("geovision", &[], Some("2019-01-30"), None, None)),
    ("NVSS_V13.6.1.20200723", ("tiandy", &[13, 6, 1], Some("2020-07-23"), None, Some("NVSS"))),
    (
        "2.420.AC00.18.R.20200217",
        ("dahua", &[2, 420, 0, 18], Some("2020-02-17"), Some("AC"), Some("2.420.AC00")),
    ),
    (
        "2.800.0000000.3.R.200314",
        ("dahua", &[2, 800, 0, 3], Some("2020-03-14"), None, Some("2.800.0000000")),
    ),
    ("NVR-B3801.20.17.240507", ("uniview", &[20, 17], Some("2024-05-07"), None, Some("NVR-B3801"))),
    (
        "1.3.4.22966B181219.D00.U1(4A21S)",
        ("tvt", &[1, 3, 4, 22966], Some("2018-12-19"), None, Some("D00.U1")),
    ),
    ("V5.7.13_230822", ("hikvision", &[5, 7, 13], Some("2023-08-22"), None, None)),
    ("V9.004B01_T100", ("truen", &[9, 4, 1], None, Some("100"), None)),
];

fn only(text: &str) -> Firmware {
    let read = Firmware::read(base(), text);
    let [one] = &read[..] else { panic!("{text}: {read:?}") };
    one.clone()
}

#[test]
fn each_maker_writes_its_parts_where_its_grammar_says() {
    for (text, (maker, version, build, customer, branch)) in VERSIONS {
        let one = only(text);
        assert_eq!(base().id(one.of), *maker, "{text}");
        assert_eq!(one.version, *version, "{text}");
        assert_eq!(one.build.map(|day| day.to_string()).as_deref(), *build, "{text}");
        assert_eq!(one.customer.as_deref(), *customer, "{text}");
        assert_eq!(one.branch.as_deref(), *branch, "{text}");
        assert_eq!(one.raw, *text);
    }
}

#[test]
fn a_customers_code_is_one_fact_for_the_label_and_for_the_version() {
    let known = |text: &str| {
        let one = only(text);
        let code = one.customer.expect("a code");
        base().customers_of(one.of, &code).map(|of| base().id(of)).collect::<Vec<_>>()
    };
    assert_eq!(known("V2.420.AC00.18.R"), ["amcrest"]);
    assert_eq!(known("2.640.00LR000.20.R, Build Date 2018-09-14"), ["lorex"]);
    assert_eq!(known("GIPC-B6202.13.2.C00798.NB.240905"), ["alibi"]);
    assert!(known("2.840.00VD002.0.R, Build Date 2022-12-12").is_empty());
    let mut hits = Vec::new();
    base().fire(Field::Firmware, "V2.420.AC00.18.R", &mut hits);
    let ids: Vec<&str> =
        hits.iter().map(|at| base().signatures[*at as usize].id.as_str()).collect();
    assert_eq!(ids, ["amcrest-firmware-code", "dahua-firmware-short-code"]);
}

#[test]
fn order_is_by_number_then_by_build_and_only_among_its_own() {
    let order = |one: &str, other: &str| only(one).compare(&only(other));
    let less = Some(Ordering::Less);
    assert_eq!(order("V5.5.9 build 190220", "V5.5.80 build 180220"), less);
    assert_eq!(order("V5.5.80 build 190219", "V5.5.80 build 190220"), less);
    assert_eq!(order("V5.5.0 build 190220", "V5.5.0 build 190220"), Some(Ordering::Equal));
    // Only one of the two says when it was built.
    assert_eq!(order("2.800.0000000.7.R", "2.800.0000000.7.R 2022-06-13"), None);
    assert_eq!(order("2.800.0000000.6.R", "2.800.0000000.7.R 2022-06-13"), less);
    assert_eq!(order("NVR-B3801.20.17.240506", "NVR-B3801.20.17.240507"), less);
    // Another customer's build, another branch, another maker.
    assert_eq!(order("NVR-B3801.20.17.240507", "NVR-B3811.20.18.240601"), None);
    assert_eq!(order("2.420.AC00.18.R.20200217", "2.520.AC00.18.R.20200217"), None);
    assert_eq!(order("2.400.AC02.15.R", "2.460.LR00.2.R, Build Date 2018-03-12"), None);
    assert_eq!(order("DIPC-B1230.1.80.230420", "CIPC-B2501.1.76.230213"), None);
    assert_eq!(order("V5.4.6 build 170908", "1.4.5.43021B201217"), None);
}

#[test]
fn numbers_too_long_for_a_version_are_none() {
    assert_eq!(numbers("5.4.10 build"), Some(vec![5, 4, 10]));
    assert_eq!(numbers(&"9".repeat(19)), None);
    assert_eq!(numbers(&"1.".repeat(100)).map(|all| all.len()), Some(PARTS_MAX));
    assert_eq!(compare_parts(&[5, 4], &[5, 4, 0]), Ordering::Equal);
    assert_eq!(compare_parts(&[5, 4], &[5, 4, 1]), Ordering::Less);
}

#[test]
fn every_grammar_with_an_expression_reads_more_than_its_form() {
    let grammars = base().facts.models.values().flat_map(|file| &file.firmwares);
    for one in grammars {
        let Some(expression) = &one.regex else { continue };
        let named = GROUPS.iter().any(|(name, _)| expression.contains(&format!("(?P<{name}>")));
        assert!(named, "{} reads nothing", one.id);
        assert_eq!(expression.contains("(?P<date"), one.date.is_some(), "{}", one.id);
        for text in &one.example {
            let read = Firmware::read(base(), text);
            let by = read.iter().find(|read| read.grammar == one.id);
            let by = by.unwrap_or_else(|| panic!("{text} is not read by {}", one.id));
            assert!(!by.version.is_empty() || by.build.is_some(), "{}: {text}", one.id);
        }
    }
}

fn firmware_texts() -> Vec<&'static str> {
    let firmware = pool().iter().filter(|seen| seen.field == Field::Firmware);
    firmware.map(|seen| seen.value.as_str()).collect()
}

proptest! {
    #[test]
    fn any_text_is_read_without_a_panic(text in ".{0,80}", cut: Index, at: Index) {
        let all = firmware_texts();
        let known = at.get(&all);
        let cut = cut.index(known.len() + 1);
        let damaged = format!("{}{text}", known.get(..cut).unwrap_or(known));
        for text in [text.as_str(), &damaged] {
            for one in Firmware::read(base(), text) {
                prop_assert!(one.version.len() <= PARTS_MAX);
                let same = if one.version.is_empty() && one.build.is_none() {
                    None
                } else {
                    Some(Ordering::Equal)
                };
                prop_assert_eq!(one.compare(&one), same);
            }
        }
    }

    #[test]
    fn order_is_an_order(picked in prop::array::uniform3(any::<Index>())) {
        let all = firmware_texts();
        let read = |index: Index| {
            let text: &&str = index.get(&all);
            Firmware::read(base(), text).into_iter().next()
        };
        let [one, two, three] = picked.map(read);
        if let (Some(one), Some(two), Some(three)) = (one, two, three) {
            prop_assert_eq!(one.compare(&two), two.compare(&one).map(Ordering::reverse));
            if one.grammar != two.grammar {
                prop_assert_eq!(one.compare(&two), None);
            }
            let (first, second) = (one.compare(&two), two.compare(&three));
            if first.is_some() && first == second {
                prop_assert_eq!(one.compare(&three), first);
            }
        }
    }

    #[test]
    fn rows_of_numbers_are_ordered(
        rows in prop::array::uniform3(prop::collection::vec(0u64..4, 0..5)),
    ) {
        let [one, two, three] = rows;
        prop_assert_eq!(compare_parts(&one, &two), compare_parts(&two, &one).reverse());
        if compare_parts(&one, &two).is_le() && compare_parts(&two, &three).is_le() {
            prop_assert!(compare_parts(&one, &three).is_le());
        }
    }
}
