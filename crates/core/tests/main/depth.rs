//! Laws of the levels behind a label.

use jiff::civil::date;
use proptest::prelude::*;
use proptest::sample::Index;
use whomade_core::attribution::Certainty;
use whomade_core::observation::{Field, Observation};
use whomade_core::report::{Depth, Worked, depth};
use whomade_core::role::Role;

use crate::support::{answer, base, device, some_observations};

fn deep(observations: Vec<Observation>, to: Role) -> (Depth, Certainty) {
    let device = device(observations);
    let (read, design) = answer(&device);
    let worked = Worked {
        device: &device,
        read: &read,
        design: &design,
        contradictions: &[],
        rulings: &[],
        suggestions: &[],
        place: None,
        exempted: &[],
    };
    let regimes: Vec<_> = base().facts.regimes.values().cloned().collect();
    (depth(base(), &worked, &regimes, date(2026, 1, 1), to), design.certainty)
}

proptest! {
    #[test]
    fn every_level_is_answered_or_says_what_would_tell(
        observations in some_observations(5),
        to in any::<Index>(),
    ) {
        let to = *to.get(&Role::ALL);
        let (deep, certainty) = deep(observations, to);
        let told: Vec<Role> = deep.levels.iter().map(|one| one.level).collect();
        let rest: Vec<Role> = deep.deeper.iter().map(|one| one.level).collect();
        prop_assert_eq!([told, rest].concat(), Role::ALL.to_vec());
        prop_assert_eq!(deep.levels.last().map(|one| one.level), Some(to));
        for level in &deep.levels {
            if level.is_known() {
                prop_assert!(!level.grounds.is_empty(), "{level:?}");
                prop_assert!(level.sure != "not known", "{level:?}");
            } else if level.level != Role::Design {
                prop_assert!(level.would_tell.is_some(), "{level:?}");
            }
            // What is not known of the design is not known of what follows from it.
            let follows = [Role::Design, Role::Producer, Role::Owner].contains(&level.level);
            if follows && certainty == Certainty::Unknown {
                prop_assert!(!level.is_known(), "{level:?}");
            }
        }
    }
}

#[test]
fn every_provision_of_the_base_looks_somewhere_and_its_words_stand_there() {
    let mut levels = 0;
    for regime in base().facts.regimes.values() {
        assert!(regime.looks.is_empty() == regime.none.is_some(), "{}", regime.id);
        for provision in &regime.provisions {
            let mut looks = regime.looks.iter().filter(|one| one.is_of(&provision.id));
            assert!(looks.any(|one| !one.words.is_empty()), "{} {}", regime.id, provision.id);
        }
        levels += regime.looks.len();
    }
    assert!(levels > 20, "only {levels}");
}

#[test]
fn owners_are_those_of_the_day() {
    let base = base();
    let mut dated = 0;
    for (id, maker) in &base.facts.makers {
        for owner in maker.owners.iter().filter(|owner| owner.until.is_some()) {
            let (deep, certainty) =
                deep(vec![Observation::new(Field::Label, &maker.name)], Role::Owner);
            let owners = deep.levels.last().unwrap();
            let ended = owner.until.is_some_and(|until| until < date(2026, 1, 1));
            if certainty > Certainty::Unknown && ended {
                dated += 1;
                assert!(!owners.written.contains(&owner.holder), "{id}: {owners:?}");
            }
        }
    }
    let any = base.facts.makers.values().any(|one| one.owners.iter().any(|o| o.until.is_some()));
    assert!(dated > 0 || !any, "no owner of old was tried");
}
