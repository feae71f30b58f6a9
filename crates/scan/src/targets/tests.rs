//! Each address once, in an order that spreads.

use std::collections::BTreeSet;

use jiff::civil::date;
use proptest::prelude::*;

use super::*;

fn targets(words: &[&str]) -> Targets {
    Targets::new(words.iter().map(|one| Range::parse(one).unwrap())).unwrap()
}

#[test]
fn ranges_are_read_as_people_type_them() {
    for (text, count) in [
        ("10.0.0.0/24", 256),
        ("10.0.0.5", 1),
        ("10.0.0.5-9", 5),
        ("10.0.0.250-10.0.1.5", 12),
        (" 2001:db8::1-2001:db8::ff ", 255),
        ("2001:db8::/112", 65_536),
    ] {
        assert_eq!(Range::parse(text).map(|one| one.count()), Some(count), "{text}");
    }
    for wrong in ["", "10.0.0", "10.0.0.9-5", "10.0.0.1-2001:db8::1", "camera", "10.0.0.0/33"] {
        assert_eq!(Range::parse(wrong), None, "{wrong}");
    }
}

#[test]
fn more_than_can_be_asked_is_refused_without_being_listed() {
    let of = |text: &str| Targets::new([Range::parse(text).unwrap()]);
    assert_eq!(of("10.0.0.0/8").map(|all| all.len()).ok(), Some(TARGETS_MAX));
    assert_eq!(of("10.0.0.0/7").err(), Some(Many::Addresses(1 << 25)));
    assert_eq!(of("2001:db8::/32").err(), Some(Many::Addresses(u64::MAX)));
}

#[test]
fn a_range_is_the_networks_that_hold_it_and_no_others() {
    let of = |text: &str| -> Vec<String> {
        Range::parse(text).unwrap().networks().map(|one| one.to_string()).collect()
    };
    assert_eq!(of("10.0.0.5-9"), ["10.0.0.5/32", "10.0.0.6/31", "10.0.0.8/31"]);
    assert_eq!(of("10.0.0.0/24"), ["10.0.0.0/24"]);
    assert_eq!(of("2001:db8::-2001:db8::3"), ["2001:db8::/126"]);
}

#[test]
fn those_outside_are_named_with_the_reason() {
    let scope = Scope::attached(["10.0.0.0/24".parse().unwrap()], date(2026, 11, 22));
    let all = targets(&["10.0.0.0/24", "10.0.1.0/30", "10.0.0.9", "198.51.100.7"]);
    let (admitted, left) = all.admitted(&scope);
    assert_eq!(admitted, 254);
    let [(why, left)] = left.iter().collect::<Vec<_>>()[..] else { panic!("{left:?}") };
    assert_eq!(*why, Outside::NotInScope);
    assert_eq!(left.to_string(), "10.0.1.0 to 10.0.1.3, 198.51.100.7");
    let many: Vec<String> = (0..40).map(|one| format!("198.51.100.{}", one * 3)).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let (_, left) = targets(&many).admitted(&scope);
    let told = left[&Outside::NotInScope].to_string();
    assert!(told.starts_with("198.51.100.0, 198.51.100.3, "), "{told}");
    assert!(told.ends_with(" and 32 others"), "{told}");
}

#[test]
fn neighbours_are_not_asked_one_after_the_other() {
    let all = targets(&["10.0.0.0/16"]);
    let first: BTreeSet<[u8; 3]> = (0..100)
        .filter_map(|place| match all.at(place)? {
            IpAddr::V4(four) => Some([four.octets()[0], four.octets()[1], four.octets()[2]]),
            IpAddr::V6(_) => None,
        })
        .collect();
    assert!(first.len() > 90, "the first hundred lie in {} of 256 parts", first.len());
}

proptest! {
    #[test]
    fn every_address_comes_once(
        ranges in proptest::collection::vec((0_u32..2_000, 0_u32..60), 1..12)
    ) {
        let range = |(first, more): &(u32, u32)| {
            let at = |number: u32| Ipv4Addr::from(0x0A00_0000 + number);
            Range::parse(&format!("{}-{}", at(*first), at(first + more))).unwrap()
        };
        let all = Targets::new(ranges.iter().map(range)).unwrap();
        let named: BTreeSet<u32> =
            ranges.iter().flat_map(|(first, more)| *first..=first + more).collect();
        let given: BTreeSet<IpAddr> = (0..all.len()).filter_map(|place| all.at(place)).collect();
        prop_assert_eq!(given.len() as u64, all.len());
        prop_assert_eq!(given.len(), named.len());
        prop_assert!(given.iter().all(|one| all.holds(*one)));
        prop_assert_eq!(all.at(all.len()), None);
    }
}
