//! Names of the base are found as the makers and labels they belong to.

use std::collections::BTreeMap;

use proptest::prelude::*;
use whomade_core::attribution::Certainty;
use whomade_core::kb::names::NameMatch;
use whomade_core::kb::{Base, Entity};
use whomade_core::observation::{Field, Observation};
use whomade_core::report::evidence_label;

use crate::support::{answer, base, device};

/// Names shorter than this are too near to others for one letter to be forgiven.
const LONG: usize = 8;

/// Every name and alias, labels first, with the one it belongs to.
fn all(base: &Base) -> Vec<(String, Entity)> {
    let mut all = Vec::new();
    for (id, label) in &base.facts.labels {
        let of = base.label(id).unwrap();
        all.extend(std::iter::once(&label.name).chain(&label.also).map(|n| (n.clone(), of)));
    }
    for (id, maker) in &base.facts.makers {
        let of = base.maker(id).unwrap();
        let own = std::iter::once(&maker.name).chain(&maker.legal_name);
        let names = own.chain(&maker.also).chain(&maker.local_names);
        all.extend(names.map(|name| (name.clone(), of)));
    }
    all
}

/// Whether one is the other's label file, or they are the same.
fn same(base: &Base, one: Entity, other: Entity) -> bool {
    one == other || base.id(one) == base.id(other)
}

/// A label whose file names the maker as a supplier.
fn supplied(base: &Base, one: Entity, other: Entity) -> bool {
    let by = |label: Entity, maker: Entity| {
        base.supplies(label).iter().any(|supply| supply.maker == maker)
    };
    by(one, other) || by(other, one)
}

#[test]
fn every_name_finds_the_one_it_belongs_to() {
    let base = base();
    let all = all(base);
    assert!(all.len() > 500, "only {} names", all.len());
    let mut taken = Vec::new();
    for (name, of) in &all {
        let (found, how) = base.names.find(name).expect("a name of the base is found");
        assert_eq!(how, NameMatch::Same, "{name}");
        if !same(base, found, *of) && !supplied(base, found, *of) {
            taken.push(format!("{name}: {} takes it from {}", base.id(found), base.id(*of)));
        }
        // A label comes before a maker of the same name; nobody else comes before anybody.
        if found != *of {
            assert!(matches!((found, of), (Entity::Label(_), Entity::Maker(_))), "{name}");
        }
    }
    assert!(taken.is_empty(), "{}", taken.join("\n"));
}

#[test]
fn names_are_found_in_other_dress() {
    let base = base();
    for (name, of) in all(base) {
        let found = |written: &str| base.names.find(written).map(|(found, _)| found);
        let as_written = found(&name);
        assert_eq!(found(&name.to_uppercase()), as_written, "{name} in capitals");
        assert_eq!(found(&format!("  {name}, Ltd.")), as_written, "{name} with a legal form");
        assert!(as_written.is_some_and(|found| same(base, found, of) || supplied(base, found, of)));
    }
}

/// All the texts that are one letter away.
fn typos(name: &str) -> Vec<String> {
    let letters: Vec<char> = name.to_lowercase().chars().collect();
    let mut all = Vec::new();
    for at in 0..letters.len() {
        if !letters[at].is_alphanumeric() {
            continue;
        }
        let (head, tail) = (&letters[..at], &letters[at + 1..]);
        let with = |middle: &[char]| [head, middle, tail].concat().iter().collect::<String>();
        all.push(with(&[]));
        all.push(with(&[letters[at], letters[at]]));
        all.push(with(&['x']));
        if let Some((next, tail)) = tail.split_first().filter(|(next, _)| next.is_alphanumeric()) {
            all.push([head, &[*next, letters[at]], tail].concat().iter().collect());
        }
    }
    all
}

/// Collisions that were looked at: a typo of the first reads as the second, rightly.
const SEEN: &[(&str, &str)] = &[];

#[test]
fn a_typo_in_a_long_name_never_names_somebody_else() {
    let base = base();
    let mut wrong: BTreeMap<(String, String), String> = BTreeMap::new();
    let (mut tried, mut found_again) = (0_usize, 0_usize);
    for (name, of) in all(base).iter().filter(|(name, _)| name.chars().count() >= LONG) {
        let of = base.names.find(name).map_or(*of, |(found, _)| found);
        for typo in typos(name) {
            tried += 1;
            let Some((found, _)) = base.names.find(&typo) else { continue };
            if same(base, found, of) {
                found_again += 1;
                continue;
            }
            let pair = (base.id(of), base.id(found));
            if !supplied(base, found, of) && !SEEN.contains(&pair) {
                let example = format!("{typo:?} (of {name:?})");
                wrong.insert((pair.0.to_owned(), pair.1.to_owned()), example);
            }
        }
    }
    let lines: Vec<String> =
        wrong.iter().map(|((of, found), typo)| format!("{of} → {found}: {typo}")).collect();
    assert!(lines.is_empty(), "{}", lines.join("\n"));
    assert!(found_again * 10 > tried * 9, "only {found_again} of {tried} typos are forgiven");
}

proptest! {
    #[test]
    fn any_text_may_be_looked_up(text in ".{0,40}") {
        let base = base();
        let _ = base.names.find(&text);
        if let Some((_, rest)) = base.names.split(&text) {
            prop_assert!(text.ends_with(rest));
        }
    }

    #[test]
    fn what_stands_behind_a_name_is_given_back(
        at in any::<prop::sample::Index>(),
        model in "[A-Z]{2,4}-[0-9]{3,5}[A-Z]?",
    ) {
        let base = base();
        // A name that ends in its legal form or in a mark leaves that to the rest.
        let mut plain = all(base);
        plain.retain(|(name, _)| name.chars().all(char::is_alphanumeric));
        let (name, _) = at.get(&plain);
        let text = format!("{name} {model}");
        let (of, rest) = base.names.split(&text).expect("the name is there");
        prop_assert_eq!(Some(of), base.names.find(name).map(|(of, _)| of));
        prop_assert_eq!(rest, model);
    }
}

#[test]
fn a_name_that_its_own_words_take_back_names_nobody() {
    let base = base();
    for written in [
        "Hikvision compatible",
        "Dahua kompatibel",
        "Hikvision / Axis",
        "Axis / Hikvision",
        "Bosch oder Dahua",
        "Axis + Dahua NVR",
    ] {
        assert_eq!(base.names.find(written), None, "{written}");
    }
    for written in ["Hikvision Digital Technology", "Dahua NVR 16 channels", "Axis camera"] {
        assert!(base.names.find(written).is_some(), "{written}");
    }
}

/// One letter off a name of four or five letters is as often another word as a slip: a swan, a
/// link, a zone, a first name. Those stay as they were written.
#[test]
fn a_short_name_is_not_read_out_of_another_word() {
    let base = base();
    for written in ["Dahu", "Bosh", "Sonny", "Swan", "Link", "Zone", "True", "Anker", "Imo"] {
        assert_eq!(base.names.find(written), None, "{written}");
    }
}

#[test]
fn a_slip_is_told_as_one_and_carries_no_further_than_possible() {
    let base = base();
    for (written, told) in [
        ("Dahau", "read as Dahua, one letter away"),
        ("Hikvison", "read as Hikvision, one letter away"),
        ("Dahua", "Dahua's own name"),
    ] {
        let device = device(vec![Observation::new(Field::Label, written)]);
        let (read, design) = answer(&device);
        assert!(design.certainty <= Certainty::Possible, "{written}: {design:?}");
        let words: Vec<String> =
            read.evidence.iter().map(|one| evidence_label(base, &device, one)).collect();
        assert!(words.iter().any(|one| one == told), "{written}: {words:?}");
    }
}

#[test]
fn a_quoted_item_is_a_label_and_a_model() {
    let base = base();
    for (item, label, rest) in [
        ("LTS CMIP7422N-28M", Some("LTS"), "CMIP7422N-28M"),
        ("LTS-CMIP7422N-28M", Some("LTS"), "CMIP7422N-28M"),
        ("LTS: CMIP7422N-28M", Some("LTS"), "CMIP7422N-28M"),
        ("  Swann ", Some("Swann"), ""),
        ("W Box 0E-1", Some("W Box"), "0E-1"),
        // The longest name wins.
        ("Interlogix TruVision TVD-1", Some("Interlogix TruVision"), "TVD-1"),
        ("DS-2CD2143G2-I", None, "DS-2CD2143G2-I"),
        ("Hikvison DS-2CD2143G2-I", Some("Hikvison"), "DS-2CD2143G2-I"),
        ("Hikvision compatible DS-1", Some("Hikvision compatible DS-1"), ""),
        ("", None, ""),
    ] {
        assert_eq!(base.names.quoted(item), (label, rest), "{item}");
    }
}

#[test]
fn no_model_number_of_the_base_is_quoted_as_somebody_elses_label() {
    let base = base();
    let mut wrong = Vec::new();
    for (maker, file) in &base.facts.models {
        for model in file.models.iter().flat_map(|one| &one.example) {
            if let (Some(label), _) = base.names.quoted(model) {
                let of = base.names.find(label).map(|(of, _)| base.id(of).to_owned());
                if of.as_deref() != Some(maker) {
                    wrong.push(format!("{maker} {model}: {label} is {of:?}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
