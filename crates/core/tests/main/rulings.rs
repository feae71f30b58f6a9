//! Laws of the ruling, over the repository's own regimes.

use std::collections::BTreeMap;

use jiff::civil::{Date, date};
use proptest::prelude::*;
use proptest::sample::Index;
use whomade_core::attribution::Certainty;
use whomade_core::deadline::{deadlines, is_business_day};
use whomade_core::kb::schema::{Conditions, Effect, Regime};
use whomade_core::kb::{Facts, schema};
use whomade_core::observation::{Field, Observation};
use whomade_core::report::maker_fact;
use whomade_core::ruling::{Context, MAKER, MakerFact, Outcome, Ruling, SEAT, SHARE, judge};

use crate::support::{answer, base, device, pool};

const DAYS: [Date; 4] = [date(2018, 1, 1), date(2019, 9, 1), date(2022, 12, 1), date(2026, 1, 1)];

fn regime(id: &str) -> &'static Regime {
    &base().facts.regimes[id]
}

/// A context under which every condition of one provision holds.
fn as_it_wants(conditions: [&Conditions; 2]) -> Context {
    conditions
        .into_iter()
        .flatten()
        .filter_map(|(key, values)| Some((key.clone(), values.first()?.clone())))
        .collect()
}

/// Every regime with every context that one of its provisions that bar would bite in.
fn biting() -> Vec<(&'static Regime, Context)> {
    let mut all = Vec::new();
    for regime in base().facts.regimes.values() {
        let barring = regime.provisions.iter().filter(|one| one.effect == Effect::Barred);
        all.extend(barring.map(|one| (regime, as_it_wants([&one.bound, &one.when]))));
    }
    all
}

fn names() -> Vec<&'static String> {
    let facts = &base().facts;
    let labels = facts.labels.values();
    let makers = facts.makers.values();
    labels
        .flat_map(|label| std::iter::once(&label.name).chain(&label.also))
        .chain(makers.flat_map(|maker| std::iter::once(&maker.name).chain(&maker.also)))
        .collect()
}

#[test]
fn a_label_alone_never_exceeds_possible_and_is_never_barred() {
    let base = base();
    let mut facts: BTreeMap<String, MakerFact<'_>> = BTreeMap::new();
    for name in names() {
        for field in [Field::Label, Field::Product, Field::Company] {
            let (_, design) = answer(&device(vec![Observation::new(field, name)]));
            assert!(design.certainty <= Certainty::Possible, "{field} {name}: {design:?}");
            let fact = maker_fact(base, &design);
            assert!(!matches!(fact, MakerFact::Firm(_)), "{field} {name}");
            facts.insert(format!("{fact:?}"), fact);
        }
    }
    assert!(facts.len() > 10, "labels alone lead nowhere");
    let presets =
        base.facts.context.presets.iter().flat_map(|preset| {
            preset.regimes.iter().map(|id| (regime(id), preset.context.clone()))
        });
    let asked: Vec<_> = presets.chain(biting()).collect();
    for fact in facts.values() {
        for (regime, context) in &asked {
            for on in DAYS {
                let ruling = judge(&base.facts, regime, fact, on, context);
                assert_ne!(ruling.outcome, Outcome::Barred, "{fact:?} {}", regime.id);
                assert_ne!(ruling.outcome, Outcome::Restricted, "{fact:?} {}", regime.id);
            }
        }
    }
}

#[test]
fn a_firm_maker_is_barred_where_a_possible_one_is_not() {
    let mut bitten = 0;
    for (regime, context) in biting() {
        for id in base().facts.makers.keys() {
            let on = regime.read_until;
            let rule = |fact| judge(&base().facts, regime, &fact, on, &context);
            if rule(MakerFact::Firm(id)).outcome != Outcome::Barred {
                continue;
            }
            bitten += 1;
            let possible = rule(MakerFact::Tentative(vec![id]));
            assert_eq!(possible.outcome, Outcome::Undetermined, "{id} {}", regime.id);
            assert!(possible.missing().iter().any(|key| key == MAKER), "{id} {}", regime.id);
            assert_eq!(possible.would(), Some(Outcome::Barred), "{id} {}", regime.id);
            let nobody = rule(MakerFact::Unknown);
            assert!(nobody.outcome > Outcome::Restricted, "{}", regime.id);
            assert_ne!(nobody.outcome, Outcome::NoRule, "{} clears nobody", regime.id);
        }
    }
    assert!(bitten > 0, "no regime bars anybody");
}

fn holds(ruling: &Ruling) {
    let strongest = ruling.steps.iter().map(|step| step.outcome).min();
    assert_eq!(ruling.outcome, strongest.unwrap_or(Outcome::NoRule));
    assert!(ruling.steps.is_sorted_by_key(|step| step.outcome), "{ruling:?}");
    for step in &ruling.steps {
        assert!(!step.sources.is_empty(), "{} has no source", step.provision);
        assert_eq!(step.would.is_some(), step.outcome == Outcome::Undetermined, "{step:?}");
        // A maker whose seat nobody filed is the one answer that is missing something else.
        let seat = step.outcome == Outcome::UnknownMaker && step.missing == [SEAT];
        let missing = step.outcome == Outcome::Undetermined || seat;
        assert_eq!(!step.missing.is_empty(), missing, "{step:?}");
    }
    if ruling.outcome == Outcome::Barred {
        let decisive = ruling.decisive().expect("a step that decides");
        assert_eq!(decisive.outcome, Outcome::Barred);
        assert!(decisive.from <= ruling.on, "{ruling:?}");
        assert!(!decisive.text.is_empty() && !decisive.citation.is_empty());
    }
}

/// A context of some keys with some of their values.
fn context() -> impl Strategy<Value = Context> {
    let keys = &base().facts.context.keys;
    prop::collection::vec(prop::option::weighted(0.8, any::<Index>()), keys.len()).prop_map(|at| {
        keys.iter()
            .zip(at)
            .filter_map(|(key, at)| Some((key.id.clone(), at?.get(&key.values).id.clone())))
            .collect()
    })
}

/// A context near to one that bites: a key less, or one with another value.
fn near_biting() -> impl Strategy<Value = Context> {
    (any::<Index>(), any::<Index>(), context(), any::<bool>()).prop_map(|(of, key, other, drop)| {
        let mut context = of.get(&biting()).1.clone();
        let keys: Vec<String> = context.keys().cloned().collect();
        if let Some(key) = keys.get(key.index(keys.len() + 1)) {
            match other.get(key) {
                Some(value) if !drop => _ = context.insert(key.clone(), value.clone()),
                _ => _ = context.remove(key),
            }
        }
        context
    })
}

fn day() -> impl Strategy<Value = Date> {
    (2015_i16..2030, 1_i8..=12, 1_i8..=28).prop_map(|(year, month, day)| date(year, month, day))
}

fn maker() -> impl Strategy<Value = &'static str> {
    any::<Index>().prop_map(|at| {
        let makers: Vec<&str> = base().facts.makers.keys().map(String::as_str).collect();
        *at.get(&makers)
    })
}

proptest! {
    #[test]
    fn a_ruling_is_a_function_of_what_it_is_told(
        context in prop_oneof![context(), near_biting()],
        on in day(),
        one in maker(),
        other in maker(),
        facts in 0_usize..3,
    ) {
        let fact = match facts {
            0 => MakerFact::Unknown,
            1 => MakerFact::Firm(one),
            _ => MakerFact::Tentative(vec![one, other]),
        };
        for regime in base().facts.regimes.values() {
            let ruling = judge(&base().facts, regime, &fact, on, &context);
            holds(&ruling);
            prop_assert_eq!(&ruling, &judge(&base().facts, regime, &fact, on, &context));
            if !matches!(fact, MakerFact::Firm(_)) {
                prop_assert_ne!(ruling.outcome, Outcome::Barred);
                // A duty of who sells it may ask for no maker at all.
                let step = ruling.decisive();
                let decides = step.and_then(|step| {
                    regime.provisions.iter().find(|one| one.id == step.provision)
                });
                let asks = decides.is_some_and(|one| !one.makers.whoever);
                prop_assert!(ruling.outcome != Outcome::Restricted || !asks, "{}", regime.id);
            }
        }
    }

    #[test]
    fn makers_in_another_order_are_ruled_the_same(
        context in prop_oneof![context(), near_biting()],
        on in day(),
        one in maker(),
        other in maker(),
    ) {
        for regime in base().facts.regimes.values() {
            let rule = |ids: Vec<&'static str>| {
                judge(&base().facts, regime, &MakerFact::Tentative(ids), on, &context)
            };
            prop_assert_eq!(rule(vec![one, other]), rule(vec![other, one]));
        }
    }

    #[test]
    fn telling_what_was_missing_never_leaves_it_missing(
        context in near_biting(),
        more in context(),
        on in day(),
        of in maker(),
    ) {
        for regime in base().facts.regimes.values() {
            let before = judge(&base().facts, regime, &MakerFact::Firm(of), on, &context);
            let mut told = context.clone();
            for key in before.missing() {
                if let Some(value) = more.get(&key) {
                    told.insert(key, value.clone());
                }
            }
            let after = judge(&base().facts, regime, &MakerFact::Firm(of), on, &told);
            prop_assert!(after.missing().iter().all(|key| !told.contains_key(key)));
        }
    }

    #[test]
    fn what_is_only_possible_is_never_barred(
        seen in crate::support::some_observations(4),
        context in near_biting(),
        on in day(),
    ) {
        let (_, design) = answer(&device(seen));
        let fact = maker_fact(base(), &design);
        let firm = matches!(fact, MakerFact::Firm(_));
        prop_assert_eq!(firm, design.certainty >= Certainty::Probable);
        for regime in base().facts.regimes.values() {
            let ruling = judge(&base().facts, regime, &fact, on, &context);
            prop_assert!(firm || ruling.outcome != Outcome::Barred, "{design:?} {ruling:?}");
        }
    }
}

#[test]
fn every_outcome_has_its_own_word_and_place() {
    assert!(Outcome::ALL.is_sorted());
    let words: std::collections::BTreeSet<&str> =
        Outcome::ALL.iter().map(|outcome| outcome.word()).collect();
    assert_eq!(words.len(), Outcome::ALL.len());
    for outcome in Outcome::ALL {
        let json = serde_json::to_string(&outcome).unwrap();
        assert_eq!(json, format!("{:?}", outcome.word()));
    }
    assert!(pool().len() > 1);
}

#[test]
fn clocks_end_after_they_start_and_on_days_when_somebody_works() {
    let facts = &base().facts;
    let mut counted = 0;
    for (regime, context) in biting() {
        for number in 0..800_i64 {
            let day = date(2025, 8, 14) + jiff::Span::new().days(number);
            let all = deadlines(facts, regime, Outcome::Barred, &context, Some(day.into()));
            for one in all.iter().filter(|one| one.start.is_some()) {
                counted += 1;
                assert!(one.due > day, "{one:?}");
                assert!(!one.sources.is_empty() && !one.rule.is_empty(), "{one:?}");
                let duty = regime.duties.iter().find(|duty| duty.what == one.what).unwrap();
                let calendar = duty.clock.as_ref().and_then(|clock| clock.calendar.as_ref());
                let all = &facts.context.calendars;
                if let Some(calendar) = calendar.and_then(|id| all.iter().find(|it| it.id == *id)) {
                    assert!(is_business_day(Some(calendar), one.due), "{one:?}");
                }
            }
        }
    }
    assert!(counted > 0, "no clock runs");
}

#[test]
fn words_that_nobody_read_never_bar() {
    let mut seen = 0;
    for regime in base().facts.regimes.values() {
        for one in &regime.provisions {
            if one.reading != whomade_core::kb::schema::Reading::Recalled {
                continue;
            }
            let context = as_it_wants([&one.bound, &one.when]);
            for id in base().facts.makers.keys() {
                let ruling = judge(&base().facts, regime, &MakerFact::Firm(id), one.from, &context);
                let step = ruling.steps.iter().find(|step| step.provision == one.id).unwrap();
                assert!(step.outcome >= Outcome::Undetermined, "{} {id}", one.id);
                seen += u32::from(step.outcome == Outcome::Undetermined);
            }
        }
    }
    assert!(seen > 0, "no such provision reaches anybody");
}

#[test]
fn a_maker_whose_seat_is_not_filed_is_not_cleared_by_a_rule_that_asks_for_it() {
    let facts = &base().facts;
    let (mut open, mut seated) = (0, 0);
    for regime in facts.regimes.values() {
        for one in regime.provisions.iter().filter(|one| one.makers.subject_to.is_some()) {
            let context = as_it_wants([&one.bound, &one.when]);
            for (id, maker) in &facts.makers {
                let ruling = judge(facts, regime, &MakerFact::Firm(id), one.from, &context);
                let step = ruling.steps.iter().find(|step| step.provision == one.id).unwrap();
                let unknown = maker.country.is_none() && maker.subject_to.is_empty();
                assert_eq!(step.outcome == Outcome::UnknownMaker, unknown, "{} {id}", one.id);
                open += u32::from(unknown);
                seated += u32::from(!unknown);
            }
        }
    }
    assert!(open > 0 && seated > 0);
}

/// Who holds a maker, and how much of it.
type Holder = (&'static str, Option<f64>);

/// The base with a rule of 50 percent on Hikvision, and makers that these hold, in percent.
fn held(all: &[(&str, &[Holder])]) -> (Facts, Regime) {
    let mut facts = base().facts.clone();
    for (id, owners) in all {
        let mut maker = facts.makers["hikvision"].clone();
        let owner = |(holder, percent): &Holder| schema::Owner {
            holder: (*holder).to_owned(),
            maker: Some((*holder).to_owned()),
            stake: None,
            percent: *percent,
            note: None,
            from: Some(date(2020, 1, 1)),
            until: None,
            sources: vec![],
        };
        maker.owners = owners.iter().map(owner).collect();
        facts.makers.insert((*id).to_owned(), maker);
    }
    let mut rule = regime("ca.hikvision.2025").clone();
    rule.provisions.truncate(1);
    rule.not_bound.clear();
    let one = &mut rule.provisions[0];
    (one.bound, one.when) = Default::default();
    (one.makers.affiliates, one.makers.share) = (true, Some(50.0));
    (facts, rule)
}

#[test]
fn shares_count_together_and_through_others_and_what_is_not_on_file_is_missing() {
    const ON: Date = date(2026, 1, 1);
    let (facts, rule) = held(&[
        ("half", &[("hikvision", Some(50.0))]),
        ("less", &[("hikvision", Some(49.9))]),
        ("both", &[("hikvision", Some(30.0)), ("half", Some(20.0))]),
        ("third", &[("half", Some(60.0))]),
        ("fourth", &[("less", Some(90.0))]),
        ("unsaid", &[("hikvision", None)]),
        ("beyond", &[("unsaid", Some(80.0))]),
        // Two that hold each other, one of them with a share of a listed one.
        ("round-one", &[("round-two", Some(60.0))]),
        ("round-two", &[("round-one", Some(60.0)), ("hikvision", Some(10.0))]),
    ]);
    let of = |id: &str, on| judge(&facts, &rule, &MakerFact::Firm(id), on, &Context::new());
    for id in ["hikvision", "half", "both", "third"] {
        assert_eq!(of(id, ON).outcome, Outcome::Barred, "{id}");
    }
    for id in ["less", "fourth", "round-one", "round-two", "dahua"] {
        assert_eq!(of(id, ON).outcome, Outcome::NoRule, "{id}");
    }
    for id in ["unsaid", "beyond"] {
        let ruling = of(id, ON);
        assert_eq!(ruling.outcome, Outcome::Undetermined, "{id}");
        assert_eq!((ruling.missing(), ruling.would()), (vec![SHARE.into()], Some(Outcome::Barred)));
    }
    // Whoever held it later did not hold it then.
    let (mut early, mut rule) = (facts.clone(), rule.clone());
    rule.provisions[0].from = date(2019, 1, 1);
    early.makers.get_mut("half").unwrap().owners[0].until = Some(date(2025, 12, 31));
    for (on, outcome) in [(date(2019, 12, 31), Outcome::NoRule), (ON, Outcome::NoRule)] {
        let ruling = judge(&early, &rule, &MakerFact::Firm("half"), on, &Context::new());
        assert_eq!(ruling.outcome, outcome, "{on}");
    }
}

#[test]
fn where_there_is_no_rule_the_reason_is_the_answer() {
    let mut rule = regime("ca.hikvision.2025").clone();
    rule.provisions.clear();
    rule.none = Some("Nobody made one.".to_owned());
    let firm = MakerFact::Firm("hikvision");
    let ruling = judge(&base().facts, &rule, &firm, date(2026, 1, 1), &Context::new());
    assert_eq!((ruling.outcome, ruling.steps.len()), (Outcome::NoRule, 1));
    assert_eq!(ruling.decisive().unwrap().text, "Nobody made one.");
}

#[test]
fn where_the_days_of_provisions_overlap_the_strongest_speaks_and_both_are_steps() {
    let whole = regime("us.889a1A");
    let facts = &base().facts;
    let bites = |one: &&schema::Provision| {
        let context = as_it_wants([&one.bound, &one.when]);
        let alone = Regime { provisions: vec![(*one).clone()], ..whole.clone() };
        let maker = MakerFact::Firm("hikvision");
        let said = judge(facts, &alone, &maker, date(2023, 1, 1), &context);
        said.outcome == Outcome::Barred
    };
    let first = whole.provisions.iter().find(bites).unwrap().clone();
    let context = as_it_wants([&first.bound, &first.when]);
    let mut regime = whole.clone();
    let of = |id: &str, effect, from, until| schema::Provision {
        id: id.to_owned(),
        effect,
        from,
        until,
        exceptions: Vec::new(),
        ..first.clone()
    };
    regime.provisions = vec![
        of("old", Effect::Barred, date(2019, 1, 1), Some(date(2022, 1, 1))),
        of("new", Effect::Advised, date(2021, 1, 1), Some(date(2025, 1, 1))),
    ];
    let on = |day| judge(facts, &regime, &MakerFact::Firm("hikvision"), day, &context);
    for (day, outcome) in [
        (date(2020, 6, 1), Outcome::Barred),
        (date(2021, 6, 1), Outcome::Barred),
        (date(2023, 6, 1), Outcome::Advised),
        (date(2026, 6, 1), Outcome::Expired),
    ] {
        assert_eq!(on(day).outcome, outcome, "{day}");
    }
    let steps = on(date(2021, 6, 1)).steps;
    let said: Vec<(&str, Outcome)> =
        steps.iter().map(|one| (one.provision.as_str(), one.outcome)).collect();
    assert_eq!(said, [("old", Outcome::Barred), ("new", Outcome::Advised)]);
}
