//! Laws of the verdicts: later never makes worse, nothing unread accuses, any text is survived.

use jiff::ToSpan as _;
use jiff::civil::{Date, date};
use proptest::prelude::*;
use whomade_core::exposure::{Stamp, Target, foreign, inheriting, is_rebadge, verdict};
use whomade_core::kb::schema::{Advisory, RangeGrade, Verdict, VersionForm};

use crate::support::base;

fn advisory(id: &str) -> Advisory {
    base().facts.advisories.get(id).expect("an advisory of the base").clone()
}

fn camera(firmware: &str) -> Target<'_> {
    Target { model: "DS-2CD2346G2-IU", firmware, ..Target::default() }
}

fn build(day: Date) -> String {
    format!("V5.5.800 build {}", day.strftime("%y%m%d"))
}

#[test]
fn the_day_of_the_fix_decides() {
    let one = advisory("cve-2021-36260");
    let of = |day: Date| verdict(&one, &camera(&build(day))).0;
    let fix = date(2021, 6, 25);
    assert_eq!(of(fix), Verdict::Fixed);
    assert_eq!(of(fix.checked_sub(1.day()).unwrap()), Verdict::Affected);
}

#[test]
fn a_label_that_is_not_named_is_only_probably_fixed() {
    let one = advisory("cve-2021-36260");
    let target = Target { label: Some("lts"), rebadge: true, ..camera("V5.5.800 build 210625") };
    assert_eq!(verdict(&one, &target).0, Verdict::ProbablyFixed);
    // Under a name of its own the maker's notice holds.
    let target = Target { label: Some("hikvision"), ..camera("V5.5.800 build 210625") };
    assert_eq!(verdict(&one, &target).0, Verdict::Fixed);
    // A label never makes an affected build better.
    let target = Target { label: Some("lts"), rebadge: true, ..camera("V5.5.800 build 210624") };
    assert_eq!(verdict(&one, &target).0, Verdict::Affected);
}

#[test]
fn a_list_of_single_models_says_nothing_of_a_rebadge() {
    let target = Target {
        model: "CMIP1042W-28M",
        firmware: "V5.7.1 build 250101",
        label: Some("lts"),
        rebadge: true,
        foreign: None,
    };
    for id in ["cve-2018-6413", "cve-2021-32941", "cve-2025-66176", "cve-2022-2471"] {
        assert_eq!(verdict(&advisory(id), &target).0, Verdict::CannotTell, "{id}");
    }
}

#[test]
fn another_maker_s_firmware_is_not_affected() {
    let version = "2.800.0000000.16.R.20190711";
    let other = foreign(base(), version, "hikvision");
    assert_eq!(other, Some("Dahua"));
    let target =
        Target { model: "IPC-HFW4431R-Z", firmware: version, foreign: other, ..Target::default() };
    assert_eq!(verdict(&advisory("cve-2021-36260"), &target).0, Verdict::NotAffected);
    assert_eq!(foreign(base(), version, "dahua"), None);
    assert_eq!(foreign(base(), "no version", "dahua"), None);
}

#[test]
fn what_nobody_read_or_can_read_decides_nothing() {
    let mut one = advisory("cve-2021-36260");
    one.grade = RangeGrade::Recalled;
    assert_eq!(verdict(&one, &camera("V5.5.800 build 200101")).0, Verdict::CannotTell);
    let mut one = advisory("cve-2024-29949");
    for row in &mut one.affected {
        row.before = Some("V5.02.006（not including V5.02.006）".to_owned());
    }
    let target = Target { model: "DS-7608NI-M2/8P", firmware: "V5.02.005", ..Target::default() };
    assert_eq!(verdict(&one, &target).0, Verdict::CannotTell);
}

#[test]
fn labels_inherit_by_their_supplies() {
    let of_maker = inheriting(base(), "hikvision");
    assert!(of_maker.iter().any(|(id, _)| *id == "lts"), "{of_maker:?}");
    assert!(!of_maker.iter().any(|(id, _)| *id == "hilook"), "the maker's own label");
    assert!(is_rebadge(base(), "lts", "hikvision"));
    assert!(!is_rebadge(base(), "hilook", "hikvision"));
}

proptest! {
    #[test]
    fn later_never_makes_worse(start in 0_i32..3000, more in 0_i32..3000) {
        let rank = |one: Verdict| match one {
            Verdict::NotAffected => 0,
            Verdict::Affected => 1,
            Verdict::CannotTell => 2,
            Verdict::ProbablyFixed | Verdict::Fixed => 3,
        };
        let first = date(2015, 1, 1).checked_add(start.days()).unwrap();
        let then = first.checked_add(more.days()).unwrap();
        for one in base().facts.advisories.values().filter(|one| one.form == VersionForm::Build) {
            let of = |day: Date| rank(verdict(one, &camera(&build(day))).0);
            prop_assert!(of(first) <= of(then), "{} {first} {then}", one.cve);
        }
    }

    #[test]
    fn any_text_is_survived(model in ".{0,40}", firmware in ".{0,60}") {
        for one in base().facts.advisories.values() {
            let target = Target { model: &model, firmware: &firmware, ..Target::default() };
            let (_, why) = verdict(one, &target);
            prop_assert!(!why.is_empty());
        }
        for form in [VersionForm::Build, VersionForm::Fields, VersionForm::Platform] {
            if let Some(stamp) = Stamp::read(form, &firmware) {
                prop_assert_eq!(stamp.against(&stamp), Ok(std::cmp::Ordering::Equal));
            }
        }
    }
}
