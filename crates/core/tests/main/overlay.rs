//! Facts laid over facts: what is added, what takes whose place, and that it is said.

use std::fmt::Write as _;

use whomade_core::diagnostic::Diagnostic;
use whomade_core::evidence::Reader;
use whomade_core::kb::lint::SAID_MAX;
use whomade_core::kb::{Base, Facts, File, Registry, lint, lint_over};
use whomade_core::observation::{Field, Observation};

use crate::support::{base, device};

fn file(path: &str, text: impl Into<String>) -> File {
    File { path: path.to_owned(), text: text.into() }
}

fn signature(id: &str, equals: &str, of: &str) -> String {
    format!(
        "[[signature]]\nid = \"{id}\"\nequals = [\"{equals}\"]\n\
         claim = {{ role = \"firmware\", of = \"{of}\" }}\ngrade = \"strong\"\nwhy = \"It is so.\"\n\
         sources = [\"seen\"]\nexample = [\"{equals}\"]\ncounter_example = [\"nothing\"]\n"
    )
}

fn seen() -> File {
    file("sources/seen.toml", "title = \"Seen\"\nreading = \"primary\"\n")
}

/// The repository's facts with these files over them, and what was said.
fn laid(files: &[File]) -> (Base, Vec<Diagnostic>) {
    let mut facts = base().facts.clone();
    let (own, said) = lint_over(files, &facts);
    facts.overlay(own);
    (Base::new(facts, Registry::default()), said)
}

fn pointed_at(one: &Diagnostic) -> (&str, u64, &str) {
    let place = one.place.as_ref().expect("a place");
    (&place.source, place.line, &place.text[place.span.clone()])
}

fn makers_of(base: &Base, server: &str) -> Vec<String> {
    let device = device(vec![Observation::new(Field::HttpServer, server)]);
    let read = Reader::new(base).read(&device);
    read.evidence.iter().map(|one| base.id(one.of).to_owned()).collect()
}

#[test]
fn a_signature_of_an_overlay_stands_beside_those_built_in() {
    let text = signature("mine", "Mine-Webs", "dahua");
    let (base, said) = laid(&[seen(), file("signatures/http-server.toml", text)]);
    assert!(said.is_empty(), "{said:?}");
    assert_eq!(makers_of(&base, "Mine-Webs"), ["dahua"]);
    assert_eq!(makers_of(&base, "DNVRS-Webs"), ["hikvision"], "the built-in one is gone");
}

#[test]
fn a_signature_that_takes_a_built_in_id_is_said_and_counts_alone() {
    let text = signature("dnvrs-webs", "Other-Webs", "dahua");
    let (base, said) = laid(&[seen(), file("signatures/http-server.toml", text)]);
    assert_eq!(said.len(), 1, "{said:?}");
    assert_eq!(said[0].code, "kb/redefined");
    assert_eq!(pointed_at(&said[0]), ("kb/signatures/http-server.toml", 2, "\"dnvrs-webs\""));
    assert_eq!(makers_of(&base, "Other-Webs"), ["dahua"]);
    assert!(makers_of(&base, "DNVRS-Webs").is_empty());
    // Also from another field, or as a grammar.
    let grammar = "[[model]]\nid = \"dnvrs-webs\"\nequals = [\"M-1\"]\ngrade = \"strong\"\n\
                   why = \"It is so.\"\nsources = [\"seen\"]\nexample = [\"M-1\"]\n\
                   counter_example = [\"M-2\"]\n";
    let (base, said) = laid(&[seen(), file("models/dahua.toml", grammar)]);
    let codes: Vec<&str> = said.iter().map(|one| one.code).collect();
    assert_eq!(codes, ["kb/redefined"]);
    assert!(makers_of(&base, "DNVRS-Webs").is_empty());
    assert!(base.facts.models["dahua"].models.len() > 1, "the other grammars are gone");
}

#[test]
fn a_file_that_takes_a_built_in_one_s_place_is_said() {
    let label = "name = \"LTS\"\n\n[[lead]]\nmaker = \"dahua\"\nwhy = \"Heard.\"\n\
                 sources = [\"seen\"]\n";
    let maker = "name = \"Hikvision\"\nkind = \"maker\"\nsources = [\"seen\"]\n";
    let (base, said) =
        laid(&[seen(), file("labels/lts.toml", label), file("makers/hikvision.toml", maker)]);
    let told: Vec<_> =
        said.iter().map(|one| (one.code, pointed_at(one).0, one.notes.len())).collect();
    assert_eq!(
        told,
        [
            ("kb/redefined", "kb/labels/lts.toml", 1),
            ("kb/redefined", "kb/makers/hikvision.toml", 1)
        ]
    );
    assert!(base.facts.labels["lts"].supplies.is_empty());
    assert!(base.facts.labels.len() > 200);
}

#[test]
fn a_name_that_a_built_in_label_bears_is_said_at_the_overlay() {
    for (id, name) in [("aaa-mine", "L.T.S."), ("zzz-mine", "lts")] {
        let path = format!("labels/{id}.toml");
        let (_, said) = laid(&[file(&path, format!("name = \"{name}\"\n"))]);
        let told: Vec<_> = said.iter().map(|one| (one.code, pointed_at(one).0)).collect();
        assert_eq!(told, [("kb/same-name", format!("kb/{path}").as_str())]);
        assert_eq!(pointed_at(&said[0]).2, format!("\"{name}\""));
    }
}

#[test]
fn a_circle_through_a_built_in_maker_is_said_where_the_overlay_closes_it() {
    let owner = |holder: &str| {
        format!("\n[[owner]]\nholder = \"Them\"\nmaker = \"{holder}\"\nsources = [\"seen\"]\n")
    };
    let maker = |name: &str, holder: &str| {
        format!("name = \"{name}\"\nkind = \"maker\"\nsources = [\"seen\"]\n{}", owner(holder))
    };
    let files = [
        seen(),
        file("makers/one-mine.toml", maker("One", "two-mine")),
        file("makers/two-mine.toml", maker("Two", "one-mine")),
        file("makers/three-mine.toml", maker("Three", "three-mine")),
        // It hangs on a circle and is none itself.
        file("makers/four-mine.toml", maker("Four", "one-mine")),
    ];
    let (base, said) = laid(&files);
    let told: Vec<_> = said.iter().map(|one| (one.code, pointed_at(one))).collect();
    assert_eq!(
        told,
        [
            ("kb/owner-cycle", ("kb/makers/one-mine.toml", 7, "\"two-mine\"")),
            ("kb/owner-cycle", ("kb/makers/three-mine.toml", 7, "\"three-mine\"")),
        ]
    );
    let on = jiff::civil::date(2026, 1, 1);
    let owners = whomade_core::ruling::owners(&base.facts, "four-mine", on);
    assert_eq!(owners, ["one-mine", "two-mine"]);
}

#[test]
fn the_same_mistake_a_hundred_thousand_times_is_pointed_at_a_few_times_and_counted() {
    const MANY: usize = 100_000;
    let mut text = String::new();
    for at in 0..MANY {
        let _ = writeln!(text, "{}", signature(&format!("m-{at}"), &format!("M-{at}-x"), "dahuaa"));
    }
    let (base, said) = laid(&[seen(), file("signatures/http-server.toml", text)]);
    assert_eq!(said.len(), SAID_MAX, "{:?}", said.first());
    assert!(said.iter().all(|one| one.code == "kb/unknown-id"));
    let counted = format!("and {} more like it in this file", MANY - SAID_MAX);
    let notes: Vec<&String> = said.iter().flat_map(|one| &one.notes).collect();
    assert_eq!(notes, [&counted]);
    assert_eq!(makers_of(&base, "DNVRS-Webs"), ["hikvision"]);
}

#[test]
fn of_two_with_one_id_the_first_stands_and_the_second_is_pointed_at() {
    let text =
        signature("twice", "First-Webs", "acme") + &signature("twice", "Second-Webs", "acme");
    let maker = "name = \"Acme\"\nkind = \"maker\"\nsources = [\"seen\"]\n";
    let files =
        [seen(), file("makers/acme.toml", maker), file("signatures/http-server.toml", text)];
    let (facts, said) = lint(&files);
    let told: Vec<_> = said.iter().map(|one| (one.code, pointed_at(one))).collect();
    assert_eq!(told, [("kb/duplicate-id", ("kb/signatures/http-server.toml", 11, "\"twice\""))]);
    let base = Base::new(facts, Registry::default());
    assert_eq!(base.signatures.len(), 1);
    assert_eq!(makers_of(&base, "First-Webs"), ["acme"]);
    assert!(makers_of(&base, "Second-Webs").is_empty());
}

#[test]
fn facts_laid_over_nothing_are_themselves() {
    let mut none = Facts::default();
    none.overlay(base().facts.clone());
    let ids = |facts: &Facts| facts.pattern_ids().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(ids(&none), ids(&base().facts));
    assert!(ids(&none).len() > 300);
}

#[test]
fn a_later_catalogue_of_exploited_holes_takes_the_mark_from_none_that_had_it() {
    let (known, since) = ("CVE-2021-36260".to_owned(), "2022-01-10".to_owned());
    let mut facts = Facts::default();
    facts.kev.catalogue = Some("2026-08-07".to_owned());
    facts.kev.added.insert(known.clone(), since.clone());
    let mut later = Facts::default();
    later.kev.catalogue = Some("2999-01-01".to_owned());
    later.kev.added.insert("CVE-2999-0001".to_owned(), "2998-12-31".to_owned());
    facts.overlay(later);
    assert_eq!(facts.kev.catalogue.as_deref(), Some("2999-01-01"));
    assert_eq!(facts.kev.added.get(&known), Some(&since), "what was exploited once, was");
    assert!(facts.kev.added.contains_key("CVE-2999-0001"));
    let mut earlier = Facts::default();
    earlier.kev.catalogue = Some("2001-01-01".to_owned());
    facts.overlay(earlier);
    assert_eq!(facts.kev.catalogue.as_deref(), Some("2999-01-01"));
}
