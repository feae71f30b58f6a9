//! How signals add up and how a share becomes a probability: laws of plain numbers.

use proptest::prelude::*;
use whomade_core::attribution::{Hypothesis, Signal, add_up, calibrate};
use whomade_core::kb::Entity;

const FAMILIES: [&str; 6] = ["label", "model", "http", "mac", "supply", "serial"];
const NEARLY: f64 = 1e-9;

fn signal() -> impl Strategy<Value = Signal> {
    let weight = prop_oneof![
        8 => -9.0..9.0_f64,
        // Weights that are equal to each other or each other's opposite.
        2 => prop::sample::select(vec![-3.0, 0.0, 3.0]),
    ];
    (0_u16..5, prop::sample::select(&FAMILIES[..]), weight)
        .prop_map(|(of, family, log_odds)| Signal { of: Entity::Maker(of), family, log_odds })
}

fn signals() -> impl Strategy<Value = Vec<Signal>> {
    prop::collection::vec(signal(), 0..12)
}

fn p_of(ranked: &[Hypothesis], of: Entity) -> Option<f64> {
    ranked.iter().find(|one| one.of == of).map(|one| one.p)
}

fn sum(ranked: &[Hypothesis], unknown: f64) -> f64 {
    ranked.iter().map(|one| one.p).sum::<f64>() + unknown
}

fn is_sorted(ranked: &[Hypothesis]) -> bool {
    ranked.windows(2).all(|pair| pair[0].p >= pair[1].p - NEARLY)
}

proptest! {
    #[test]
    fn the_sum_does_not_depend_on_the_order(
        (signals, shuffled) in signals()
            .prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle())),
        discount in 0.0..=1.0_f64,
    ) {
        prop_assert_eq!(add_up(&signals, -4.0, discount), add_up(&shuffled, -4.0, discount));
    }

    #[test]
    fn shares_and_unknown_sum_to_one(
        signals in signals(),
        before in -8.0..0.0_f64,
        discount in 0.0..=1.0_f64,
    ) {
        let (ranked, unknown) = add_up(&signals, before, discount);
        prop_assert!((sum(&ranked, unknown) - 1.0).abs() < NEARLY);
        prop_assert!(ranked.iter().all(|one| (0.0..=1.0).contains(&one.p)));
        prop_assert!(is_sorted(&ranked));
        prop_assert!((0.0..=1.0).contains(&unknown));
    }

    #[test]
    fn evidence_against_somebody_never_raises_the_share(
        signals in signals(),
        against in signal(),
        discount in 0.0..=1.0_f64,
    ) {
        let against = Signal { log_odds: -against.log_odds.abs(), ..against };
        let (before, _) = add_up(&signals, -4.0, discount);
        let (after, _) = add_up(&[&signals[..], &[against]].concat(), -4.0, discount);
        if let Some(p) = p_of(&before, against.of) {
            let now = p_of(&after, against.of).expect("nobody is forgotten");
            prop_assert!(now <= p + 1e-12, "{p} became {now}");
        }
    }

    #[test]
    fn evidence_for_somebody_never_lowers_the_share(
        signals in signals(),
        more in signal(),
        discount in 0.0..=1.0_f64,
    ) {
        let more = Signal { log_odds: more.log_odds.abs(), ..more };
        let (before, _) = add_up(&signals, -4.0, discount);
        let (after, _) = add_up(&[&signals[..], &[more]].concat(), -4.0, discount);
        let now = p_of(&after, more.of).expect("it was just named");
        let p = p_of(&before, more.of).unwrap_or(0.0);
        prop_assert!(now >= p - 1e-12, "{p} became {now}");
    }

    #[test]
    fn one_family_counts_once_at_its_strongest(
        signals in signals(),
        at in any::<prop::sample::Index>(),
        weaker in 0.0..=1.0_f64,
        discount in 0.0..=1.0_f64,
    ) {
        if signals.is_empty() {
            return Ok(());
        }
        let one = *at.get(&signals);
        let again = Signal { log_odds: weaker * one.log_odds, ..one };
        let more = [&signals[..], &[again, again]].concat();
        prop_assert_eq!(add_up(&signals, -4.0, discount), add_up(&more, -4.0, discount));
    }

    #[test]
    fn a_further_kind_counts_less_than_the_first(
        first in 0.5..9.0_f64,
        second in 0.5..9.0_f64,
        discount in 0.0..=1.0_f64,
    ) {
        let (most, least) = (first.max(second), first.min(second));
        let of = Entity::Maker(0);
        let both = [
            Signal { of, family: "http", log_odds: first },
            Signal { of, family: "mac", log_odds: second },
        ];
        let (ranked, _) = add_up(&both, -4.0, discount);
        let expected = 1.0 / (1.0 + (4.0 - most - discount * least).exp());
        prop_assert!((ranked[0].p - expected).abs() < NEARLY);
    }

    #[test]
    fn the_map_keeps_sum_and_order(
        signals in signals(),
        slope in 0.05..3.0_f64,
        intercept in -3.0..3.0_f64,
    ) {
        let (mut ranked, mut unknown) = add_up(&signals, -4.0, 0.5);
        let order: Vec<Entity> = ranked.iter().map(|one| one.of).collect();
        let one = !ranked.is_empty();
        calibrate(&mut ranked, &mut unknown, slope, intercept);
        prop_assert!(!one || (sum(&ranked, unknown) - 1.0).abs() < NEARLY);
        prop_assert!(is_sorted(&ranked), "{ranked:?}");
        prop_assert_eq!(order, ranked.iter().map(|one| one.of).collect::<Vec<_>>());
        prop_assert!(ranked.iter().all(|one| one.p.is_finite() && one.p >= 0.0));
        prop_assert!(unknown >= 0.0);
    }

    #[test]
    fn evidence_against_the_first_never_raises_it_through_the_map(
        signals in signals(),
        less in 0.0..6.0_f64,
        slope in 0.05..3.0_f64,
        intercept in -3.0..3.0_f64,
    ) {
        let map = |signals: &[Signal]| {
            let (mut ranked, mut unknown) = add_up(signals, -4.0, 0.5);
            calibrate(&mut ranked, &mut unknown, slope, intercept);
            ranked
        };
        let before = map(&signals);
        if before.is_empty() {
            return Ok(());
        }
        let first = before[0];
        let against = Signal { of: first.of, family: "realm", log_odds: -less };
        let after = map(&[&signals[..], &[against]].concat());
        let now = p_of(&after, first.of).unwrap();
        prop_assert!(now <= first.p + NEARLY, "{} became {now}", first.p);
    }
}

#[test]
fn nothing_known_is_unknown() {
    assert_eq!(add_up(&[], -4.0, 0.5), (vec![], 1.0));
    let (mut ranked, mut unknown) = (vec![], 1.0);
    calibrate(&mut ranked, &mut unknown, 1.3, 0.3);
    assert!(unknown == 1.0);
}

#[test]
fn the_map_survives_what_is_all_but_certain() {
    for p in [1.0, 1.0 - 1e-16, 1.0 - 1e-12, 1e-12, 0.0] {
        let mut ranked = vec![Hypothesis { of: Entity::Maker(0), p }];
        let mut unknown = 1.0 - p;
        calibrate(&mut ranked, &mut unknown, 0.05, 0.0);
        assert!((sum(&ranked, unknown) - 1.0).abs() < NEARLY, "{p}: {ranked:?} {unknown}");
    }
}

#[test]
fn as_strong_for_as_against_is_heard_as_against() {
    let of = Entity::Maker(0);
    let one = Signal { of, family: "http", log_odds: 3.0 };
    let other = Signal { log_odds: -3.0, ..one };
    let (ranked, _) = add_up(&[one, other], -4.0, 0.5);
    assert_eq!(add_up(&[other, one], -4.0, 0.5).0, ranked);
    assert!(ranked[0].p < 0.01);
}
