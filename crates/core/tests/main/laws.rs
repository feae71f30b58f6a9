//! Laws of the thinking, over the repository's own base.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use proptest::prelude::*;
use proptest::sample::Index;
use whomade_core::attribution::{Certainty, Design, attribute};
use whomade_core::evidence::{Evidence, Feature, Read, Reason};
use whomade_core::kb::schema::{Grade, Polarity};
use whomade_core::kb::{Base, Entity};
use whomade_core::observation::{Device, Field, Observation, Side};
use whomade_core::role::Role;
use whomade_core::suggest::{ASKS, Suggester};
use whomade_core::weights::{Fit, Weights};

use crate::support::{answer, base, device, pool, some_observations, weights};

/// A design without its places in the list of evidence.
fn said(read: &Read, design: &Design) -> impl PartialEq + std::fmt::Debug + use<> {
    let feature = |at: &usize| (read.evidence[*at].feature, read.evidence[*at].of);
    let against: BTreeSet<(Feature, Entity)> = design.against.iter().map(feature).collect();
    (
        (design.ranked.clone(), design.unknown, design.certainty, design.one_of.clone()),
        (design.kinds.clone(), design.record, design.held_back),
        (against, design.strongest.as_ref().map(feature)),
    )
}

fn sum(design: &Design) -> f64 {
    design.ranked.iter().map(|one| one.p).sum::<f64>() + design.unknown
}

/// What must hold of any answer.
fn consistent(device: &Device, read: &Read, design: &Design) {
    assert!((sum(design) - 1.0).abs() < 1e-9, "{design:?}");
    assert!(design.ranked.windows(2).all(|pair| pair[0].p >= pair[1].p - 1e-12), "{design:?}");
    assert!(read.evidence.iter().all(|one| one.observation < device.observations.len()));
    let leading: Vec<&Evidence> = read
        .evidence
        .iter()
        .filter(|one| one.speaks_to_design() && one.polarity == Polarity::For)
        .filter(|one| design.ranked.first().is_some_and(|first| first.of == one.of))
        .collect();
    let families: BTreeSet<&str> = leading.iter().map(|one| one.family).collect();
    assert!(design.kinds.iter().all(|kind| families.contains(kind)), "{design:?}");
    match design.certainty {
        Certainty::Unknown => {
            assert!(design.candidates().is_empty() && design.kinds.is_empty(), "{design:?}");
        }
        Certainty::Possible => assert!(!leading.is_empty(), "{design:?}"),
        Certainty::Probable => assert!(design.one_of.is_empty() && !design.kinds.is_empty()),
        Certainty::Confirmed => {
            assert!(design.against.is_empty() && design.held_back.is_empty(), "{design:?}");
            assert!(leading.iter().any(|one| structural(one)), "{design:?}");
        }
    }
    if design.certainty < Certainty::Confirmed {
        assert!(!design.held_back.is_empty(), "{design:?}");
    }
    assert_ne!(design.one_of.len(), 1);
    let makers = design.candidates();
    assert!(makers.iter().all(|of| matches!(of, Entity::Maker(_))), "{design:?}");
}

fn structural(one: &Evidence) -> bool {
    let Reason::Signature(number) = one.reason else { return false };
    let signature = &base().signatures[number as usize];
    signature.grade == Grade::Structural && !signature.copied && one.side == Side::Device
}

/// A piece of evidence from a random signature, for or against.
fn made_up(signature: &Index, polarity: Polarity) -> Evidence {
    let number = signature.index(base().signatures.len());
    let signature = &base().signatures[number];
    Evidence {
        observation: 0,
        derived: None,
        reason: Reason::Signature(number as u32),
        role: signature.role,
        of: signature.of,
        polarity,
        family: signature.field.family(),
        side: signature.field.side(),
        feature: Feature::Signature(number as u32),
    }
}

fn suggester() -> &'static Suggester<'static> {
    static SUGGESTER: OnceLock<Suggester<'static>> = OnceLock::new();
    SUGGESTER.get_or_init(|| Suggester::new(base(), weights()))
}

fn p_of(design: &Design, of: Entity) -> Option<f64> {
    design.ranked.iter().find(|one| one.of == of).map(|one| one.p)
}

proptest! {
    #[test]
    fn the_order_of_observations_does_not_matter(
        (seen, shuffled) in some_observations(7)
            .prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle())),
    ) {
        let (read, design) = answer(&device(seen));
        let (other_read, other) = answer(&device(shuffled));
        prop_assert_eq!(said(&read, &design), said(&other_read, &other));
        prop_assert_eq!(read.label.map(|label| label.of), other_read.label.map(|label| label.of));
        prop_assert_eq!(read.class, other_read.class);
        prop_assert_eq!(read.dated.map(|(day, _)| day), other_read.dated.map(|(day, _)| day));
        prop_assert_eq!(read.asides, other_read.asides);
    }

    #[test]
    fn the_order_of_evidence_does_not_matter(
        seen in some_observations(7),
        signatures in prop::collection::vec(any::<Index>(), 0..4),
        seed in any::<u64>(),
    ) {
        let (mut read, _) = answer(&device(seen));
        read.evidence.extend(signatures.iter().map(|one| made_up(one, Polarity::For)));
        let design = attribute(base(), weights(), &read);
        let mut other = read.clone();
        let mut state = seed | 1;
        for at in (1..other.evidence.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            other.evidence.swap(at, (state >> 33) as usize % (at + 1));
        }
        let shuffled = attribute(base(), weights(), &other);
        prop_assert_eq!(said(&read, &design), said(&other, &shuffled));
    }

    #[test]
    fn evidence_against_a_maker_never_raises_its_probability(
        seen in some_observations(7),
        signature in any::<Index>(),
        of in any::<Index>(),
    ) {
        let (mut read, before) = answer(&device(seen));
        if before.ranked.is_empty() {
            return Ok(());
        }
        let of = of.get(&before.ranked).of;
        let against = made_up(&signature, Polarity::Against);
        read.evidence.push(Evidence { of, role: Role::Design, ..against });
        let after = attribute(base(), weights(), &read);
        let (was, is) = (p_of(&before, of).unwrap(), p_of(&after, of).unwrap());
        prop_assert!(is <= was + 1e-12, "{was} became {is}");
        if before.stated() != Some(of) {
            prop_assert_ne!(after.stated(), Some(of));
        }
    }

    #[test]
    fn evidence_for_a_maker_never_lowers_its_share(
        seen in some_observations(7),
        signature in any::<Index>(),
    ) {
        let raw = Fit { slope: 1.0, intercept: 0.0, ..weights().fit.clone() };
        let plain = Weights::new(base(), raw);
        let (mut read, _) = answer(&device(seen));
        let before = attribute(base(), &plain, &read);
        let more = made_up(&signature, Polarity::For);
        if !more.speaks_to_design() {
            return Ok(());
        }
        let of = more.of;
        read.evidence.push(more);
        let after = attribute(base(), &plain, &read);
        let (was, is) = (p_of(&before, of).unwrap_or(0.0), p_of(&after, of).unwrap());
        prop_assert!(is >= was - 1e-9, "{was} became {is}");
    }

    #[test]
    fn one_cause_counts_once(seen in some_observations(5), again in any::<Index>()) {
        if seen.is_empty() {
            return Ok(());
        }
        let one = again.get(&seen).clone();
        // Addresses vote, so that a second one is more than the first said again.
        if one.field == Field::Mac {
            return Ok(());
        }
        let (_, before) = answer(&device(seen.clone()));
        let (_, after) = answer(&device([seen, vec![one]].concat()));
        prop_assert_eq!(before.ranked, after.ranked);
        prop_assert_eq!(before.certainty, after.certainty);
        prop_assert_eq!(before.kinds, after.kinds);
    }

    #[test]
    fn answers_about_examples_of_the_base_are_consistent(seen in some_observations(9)) {
        let device = device(seen);
        let (read, design) = answer(&device);
        consistent(&device, &read, &design);
    }

    #[test]
    fn any_text_in_any_field_gets_an_answer(
        seen in prop::collection::vec((any::<Index>(), ".{0,60}"), 0..6),
    ) {
        let seen = seen.iter().map(|(of, value)| Observation::new(*of.get(Field::ALL), value));
        let device = device(seen.collect());
        let (read, design) = answer(&device);
        consistent(&device, &read, &design);
        let asked = suggester().suggest(&device, &read, &design);
        let known = |id: &str| ASKS.iter().any(|ask| ask.id == id);
        prop_assert!(asked.iter().all(|one| known(one.id) && one.could_add > 0.0), "{asked:?}");
    }

    #[test]
    fn a_damaged_example_gets_an_answer(
        of in any::<Index>(),
        field in any::<Index>(),
        cut in any::<Index>(),
        with in "\\PC{0,3}|[\\x00-\\x1f]{1,2}| |\u{202e}|[0-9]{1,40}",
    ) {
        let value = &of.get(pool()).value;
        let at = (0..=cut.index(value.len() + 1)).rev().find(|at| value.is_char_boundary(*at));
        let (head, tail) = value.split_at(at.unwrap_or(0));
        let seen = Observation::new(*field.get(Field::ALL), format!("{head}{with}{tail}"));
        let device = device(vec![seen]);
        let (read, design) = answer(&device);
        consistent(&device, &read, &design);
    }
}

#[test]
fn a_device_of_which_nothing_is_known_is_unknown() {
    let nothing = vec![
        vec![],
        vec![Observation::new(Field::Label, "Zyxwvutsrq"), Observation::new(Field::Model, "-")],
        vec![
            Observation::new(Field::HttpServer, ""),
            Observation::new(Field::Mac, "02:00:00:00:00:01"),
        ],
    ];
    for seen in nothing {
        let (_, design) = answer(&device(seen));
        assert_eq!(design.certainty, Certainty::Unknown);
        assert!(design.ranked.is_empty() && design.unknown == 1.0, "{design:?}");
        assert!(design.candidates().is_empty());
    }
}

#[test]
fn every_example_of_the_base_alone_is_answered_without_a_panic() {
    let mut leads = 0;
    for seen in pool() {
        let device = device(vec![seen.clone()]);
        let (read, design) = answer(&device);
        consistent(&device, &read, &design);
        leads += usize::from(design.certainty > Certainty::Unknown);
    }
    // Model numbers that only a label uses say nothing without the label.
    assert!(leads * 5 > pool().len() * 2, "only {leads} of {} examples lead", pool().len());
}

#[test]
fn the_name_on_it_comes_before_the_name_in_a_register() {
    let label = Observation::new(Field::Label, "LTS");
    let company = Observation::new(Field::Company, "Hangzhou Hikvision Digital Technology");
    let named = |seen: Vec<Observation>| {
        let (read, _) = answer(&device(seen));
        read.label.map(|label| base().id(label.of).to_owned())
    };
    assert_eq!(named(vec![company.clone(), label.clone()]).as_deref(), Some("lts"));
    assert_eq!(named(vec![label, company]).as_deref(), Some("lts"));
}

#[test]
fn a_feature_that_was_never_counted_leads_to_possible_at_most() {
    let base: &Base = base();
    let unfitted = Weights::new(base, Fit::default());
    for seen in pool() {
        let device = device(vec![seen.clone()]);
        let (read, _) = answer(&device);
        let design = attribute(base, &unfitted, &read);
        assert!(design.certainty <= Certainty::Possible, "{seen:?}: {design:?}");
    }
}
