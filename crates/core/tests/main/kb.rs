//! The base lints clean, and a broken base is told what is wrong, where.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use whomade_core::diagnostic::{Diagnostic, KB, Severity};
use whomade_core::evidence::Reader;
use whomade_core::kb::schema::ConductStatus;
use whomade_core::kb::{Base, Facts, File, Registry, lint};
use whomade_core::observation::{Field, Observation};
use whomade_core::role::Role;

use crate::support::{base, device, files, files_of, pool, root};

/// Said by the program that reads the files and imported tables, of overlays only, or of packs.
const SAID_ELSEWHERE: &[&str] = &[
    "kb/lock",
    "kb/redefined",
    "kb/unreadable",
    "kb/pack-file",
    "kb/pack-pattern",
    "kb/pack-param",
    "kb/pack-example",
    "kb/pack-large",
    "kb/pack-key",
];

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/lint")
}

fn broken() -> (Vec<File>, Facts, Vec<Diagnostic>) {
    let files = files_of(&data().join("base"));
    let (facts, said) = lint(&files);
    (files, facts, said)
}

/// `code file:line:column message`, and the help behind it.
fn line(one: &Diagnostic) -> String {
    let place = one.place.as_ref().expect("every diagnostic of the base has a place");
    let before = &place.text[..place.span.start];
    let column = if place.line == 0 { 0 } else { before.chars().count() + 1 };
    let mut line = format!("{} {}:{}:{column} {}", one.code, place.source, place.line, one.message);
    if let Some(help) = &one.help {
        let _ = write!(line, " ({help})");
    }
    line
}

#[test]
fn the_repository_s_base_lints_without_a_word() {
    assert!(files().len() > 300, "only {} files", files().len());
    let (facts, said) = lint(files());
    let lines: Vec<String> = said.iter().map(line).collect();
    assert!(said.is_empty(), "{}", lines.join("\n"));
    assert!(facts.makers.len() > 50);
    assert!(facts.labels.len() > 200);
    assert!(!facts.regimes.is_empty());
}

#[test]
fn a_broken_base_is_told_everything_that_is_wrong() {
    let (_, _, said) = broken();
    let text: String = said.iter().map(|one| line(one) + "\n").collect();
    let expected = data().join("expected.txt");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&expected, &text).unwrap();
    }
    let before = fs::read_to_string(&expected).unwrap_or_default();
    assert!(before == text, "UPDATE=1 rewrites; found:\n{text}");
}

#[test]
fn every_code_of_the_base_has_a_file_that_earns_it() {
    let (_, _, said) = broken();
    let earned: BTreeSet<&str> = said.iter().map(|one| one.code).collect();
    let known: BTreeSet<&str> = KB.iter().map(|code| code.id).collect();
    let silent: Vec<&&str> =
        known.difference(&earned).filter(|code| !SAID_ELSEWHERE.contains(code)).collect();
    assert!(silent.is_empty(), "no broken file for {silent:?}");
    assert!(earned.is_subset(&known), "codes of another room: {earned:?}");
}

#[test]
fn every_place_lies_in_its_file() {
    let (files, _, said) = broken();
    for one in &said {
        let place = one.place.as_ref().unwrap();
        let path = place.source.strip_prefix("kb/").expect("a file of the base");
        let file = files.iter().find(|file| file.path == path).expect("a file that exists");
        if place.line == 0 {
            assert!(place.text.is_empty(), "{one:?}");
            continue;
        }
        let there = file.text.lines().nth(place.line as usize - 1);
        assert_eq!(there, Some(place.text.as_str()), "{}", line(one));
        assert!(place.text.get(place.span.clone()).is_some(), "{}", line(one));
    }
}

/// Code, file, and the bytes that must be pointed at.
const POINTED_AT: &[(&str, &str, &str)] = &[
    ("kb/unknown-key", "makers/unknown-key.toml", "contry"),
    ("kb/unknown-key", "makers/wrong-type.toml", "\"makr\""),
    ("kb/unknown-id", "makers/unknown-holder.toml", "\"acmee\""),
    ("kb/unknown-id", "makers/unknown-holder.toml", "\"sean\""),
    ("kb/unknown-id", "labels/supplies.toml", "\"blot\""),
    ("kb/unknown-id", "labels/supplies.toml", "\"boltt\""),
    ("kb/unknown-id", "labels/supplies.toml", "\"blott\""),
    ("kb/example-missed", "labels/supplies.toml", "\"BV-1\""),
    ("kb/unknown-id", "signatures/http-server.toml", "\"acmme\""),
    ("kb/unknown-id", "signatures/http-server.toml", "\"suplies\""),
    ("kb/unknown-id", "regimes/xx.test.toml", "\"acne\""),
    ("kb/unknown-id", "regimes/xx.test.toml", "\"nmaed\""),
    ("kb/unknown-id", "context.toml", "\"xx.tset\""),
    ("kb/low-supply", "labels/supplies.toml", "\"low\""),
    ("kb/weak-ground", "labels/supplies.toml", "[[supply]]"),
    ("kb/no-source", "labels/supplies.toml", "[[supply]]"),
    ("kb/no-source", "signatures/http-server.toml", "[[signature]]"),
    ("kb/date-order", "labels/owned.toml", "2020-05-31"),
    ("kb/date-order", "labels/supplies.toml", "2020-01-01"),
    ("kb/date-order", "makers/cycle-two.toml", "2019-12-31"),
    ("kb/date-order", "regimes/xx.test.toml", "2020-01-01"),
    ("kb/unknown-id", "labels/owned.toml", "\"nowhere-maker\""),
    ("kb/owner-cycle", "makers/cycle-one.toml", "\"cycle-two\""),
    ("kb/bad-share", "makers/shared.toml", "120.0"),
    ("kb/no-source", "labels/supplies.toml", "[[lead]]"),
    ("kb/example-missed", "labels/supplies.toml", "\"BZ-1\""),
    ("kb/counter-example-hit", "labels/supplies.toml", "\"by-2\""),
    ("kb/example-missed", "signatures/http-server.toml", "\"Wrong\""),
    ("kb/counter-example-hit", "signatures/http-server.toml", "\"Righteous\""),
    ("kb/cross-match", "signatures/http-server.toml", "\"Acme-Webs\""),
    ("kb/duplicate-id", "signatures/http-server.toml", "\"acme-webs\""),
    ("kb/no-pattern", "signatures/http-server.toml", "[[signature]]"),
    ("kb/plainer-pattern", "signatures/http-server.toml", r"'^Plain\.Server$'"),
    ("kb/bad-regex", "signatures/http-server.toml", "'(a{1000}){1000}'"),
    ("kb/bad-regex", "models/acme.toml", r"'^AS(\d'"),
    ("kb/typed-weight", "signatures/http-title.toml", "weight"),
    ("kb/bad-id", "regimes/xx.test.toml", "\"xx.tests\""),
    ("kb/case-failed", "regimes/xx.test.toml", "\"not_bound\""),
    ("kb/bad-context", "regimes/xx.test.toml", "[\"agency\", \"agensy\"]"),
    ("kb/bad-context", "regimes/xx.test.toml", "[\"frim\"]"),
    ("kb/bad-context", "context.toml", "\"agancy\""),
    ("kb/bad-field", "forms/odd.toml", "[[part.field]]"),
    ("kb/duplicate-id", "forms/odd.toml", "\"1\""),
    ("kb/unknown-id", "forms/odd.toml", "\"xx.tets\""),
    ("kb/unknown-id", "forms/odd.toml", "\"odds\""),
    ("kb/unknown-id", "forms/odd.toml", "\"report.nothing\""),
    ("kb/unknown-id", "forms/odd.toml", "\"hodler\""),
    ("kb/unknown-id", "conduct/open-case.toml", "\"bollt\""),
    ("kb/unknown-id", "endpoints/cloud.toml", "\"acmme\""),
    ("kb/bad-host", "endpoints/cloud.toml", "\"https://cloud.example.com:443\""),
    ("kb/example-missed", "endpoints/missed.toml", "\"notmissed.example.com\""),
    ("kb/counter-example-hit", "endpoints/missed.toml", "\"eu.missed.example.com\""),
    ("kb/unknown-id", "labels/supplies.toml", "\"supplies\""),
    ("kb/unknown-id", "makers/acme.toml", "\"suplies\""),
    ("kb/bad-date", "conduct/open-case.toml", "\"2025-02-30\""),
    ("kb/no-subject", "conduct/nobody.toml", "[]"),
    ("kb/odd-status", "conduct/odd.toml", "\"listed\""),
    ("kb/date-order", "conduct/odd.toml", "\"2024\""),
    ("kb/unknown-key", "advisories/unknown-key.toml", "fixd"),
    ("kb/bad-cve", "advisories/cve-2000-0001.toml", "\"2000-0001\""),
    (
        "kb/bad-score",
        "advisories/cve-2000-0001.toml",
        "\"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H\"",
    ),
    ("kb/bad-range", "advisories/cve-2000-0001.toml", "[[affected]]"),
    ("kb/no-range", "advisories/cve-2000-0001.toml", "[[affected]]"),
    ("kb/unknown-id", "advisories/cve-2000-0001.toml", "\"acmme\""),
    ("kb/case-failed", "advisories/cve-2000-0001.toml", "[[case]]"),
    ("kb/bad-date", "conduct/odd.toml", "\"spring\""),
    ("kb/no-source", "conduct/odd.toml", "[[answer]]"),
    ("kb/withdrawn-silent", "labels/supplies.toml", "[[supply]]"),
    ("kb/bad-date", "labels/supplies.toml", "\"yesterday\""),
    ("kb/same-name", "labels/twin.toml", "\"SUPPLIES\""),
];

#[test]
fn the_bytes_that_are_meant_are_pointed_at() {
    let (_, _, said) = broken();
    let mut missing = Vec::new();
    for (code, file, bytes) in POINTED_AT {
        let here = said.iter().filter(|one| one.code == *code).filter_map(|one| {
            let place = one.place.as_ref().filter(|at| *at.source == *format!("kb/{file}"))?;
            place.text.get(place.span.clone())
        });
        let here: Vec<&str> = here.collect();
        if !here.contains(bytes) {
            missing.push(format!("{code} {file}: not {bytes} but {here:?}"));
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn likely_words_are_suggested() {
    let (_, _, said) = broken();
    for word in [
        "country",
        "acme",
        "seen",
        "bolt",
        "supplies",
        "named",
        "xx.test",
        "agency",
        "holder",
        "http-server",
        "firm",
    ] {
        let wanted = format!("did you mean `{word}`?");
        let found = said.iter().any(|one| one.help.as_deref() == Some(wanted.as_str()));
        assert!(found, "nobody was asked: {wanted}");
    }
}

#[test]
fn severities_are_those_of_the_handbook() {
    let (_, _, said) = broken();
    for one in &said {
        let known = KB.iter().find(|code| code.id == one.code).unwrap();
        assert_eq!(one.severity, known.severity, "{}", line(one));
    }
    let warnings: Vec<&str> =
        said.iter().filter(|one| one.severity < Severity::Error).map(|one| one.code).collect();
    assert_eq!(warnings, ["kb/same-name", "kb/no-depth", "kb/unused-source"]);
}

#[test]
fn the_rest_of_a_broken_base_loads() {
    let (_, facts, _) = broken();
    for id in ["acme", "bolt", "no-source", "cycle-one", "unknown-holder"] {
        assert!(facts.makers.contains_key(id), "{id} was lost");
    }
    for id in ["syntax", "unknown-key", "wrong-type", "Capital"] {
        assert!(!facts.makers.contains_key(id), "{id} was believed");
    }
    let base = Base::new(facts, Registry::default());
    let device = device(vec![
        Observation::new(Field::HttpServer, "Acme-Webs"),
        Observation::new(Field::Model, "AX-1234"),
        Observation::new(Field::Serial, "AS(1"),
    ]);
    let read = Reader::new(&base).read(&device);
    let facts: BTreeSet<&str> = read.evidence.iter().map(|one| base.id(one.of)).collect();
    assert_eq!(facts, BTreeSet::from(["acme", "bolt"]));
}

#[test]
fn a_fact_that_is_taken_back_stays_and_is_silent() {
    let (mut files, ..) = broken();
    files.retain(|file| !file.path.starts_with("signatures/http-servr"));
    let withdrawn = "grade = \"strong\"\nwithdrawn = 2025-01-01\nwhy = \"Good.\"";
    for file in &mut files {
        file.text = file.text.replace("grade = \"strong\"\nwhy = \"Good.\"", withdrawn);
    }
    let (facts, said) = lint(&files);
    let crossed = said.iter().any(|one| one.code == "kb/cross-match");
    assert!(!crossed, "a signature that was withdrawn still matches");
    assert_eq!(facts.signatures["http-server"].signatures[0].id, "acme-webs");
}

#[test]
fn what_is_said_of_a_company_weighs_nothing() {
    let mut facts = base().facts.clone();
    assert!(facts.conduct.len() > 20);
    facts.conduct.clear();
    for maker in facts.makers.values_mut() {
        maker.statements.clear();
    }
    for label in facts.labels.values_mut() {
        label.statements.clear();
    }
    let table = fs::read(root().join("kb/imported/oui.tsv")).unwrap();
    let silent = Base::new(facts, Registry::new(table));
    for seen in pool().iter().step_by(7) {
        let device = device(vec![seen.clone()]);
        let (said, other) = (Reader::new(base()).read(&device), Reader::new(&silent).read(&device));
        assert_eq!(said, other, "{seen:?}");
    }
}

#[test]
fn a_case_is_open_until_somebody_decided_it() {
    for (id, one) in base().facts.conduct.iter().filter(|(_, one)| one.court.is_some()) {
        let decided = one.stands() == Some(ConductStatus::Decided);
        assert_eq!(one.is_open_case(), !decided, "{id}");
        assert!(decided || one.is_disputed(), "{id}");
        assert!(one.outcome.is_some(), "{id} does not say what came of it");
    }
    // Nobody is shown alone: there is an answer, or a note that none was found or looked up.
    for (id, one) in &base().facts.conduct {
        let told = [&one.note, &one.outcome].into_iter().flatten().any(|note| !note.is_empty());
        assert!(told || !one.answers.is_empty(), "{id} shows one side only");
    }
}

#[test]
fn files_in_any_order_say_the_same() {
    let (mut files, _, said) = broken();
    files.reverse();
    let (_, other) = lint(&files);
    assert_eq!(said, other);
}

/// Who operates the cloud is an answer of its own, and a lead is none at all.
#[test]
fn a_host_of_a_cloud_speaks_for_the_cloud_alone() {
    let asked = |host: &str| device(vec![Observation::new(Field::DnsName, host)]);
    for (host, operator) in [
        ("WWW.easy4ipcloud.com", "dahua"),
        ("d2.autonat.com.", "tvt"),
        ("apiieu.hik-connect.com", "hikvision"),
    ] {
        let read = Reader::new(base()).read(&asked(host));
        let said: Vec<(Role, &str)> =
            read.evidence.iter().map(|one| (one.role, base().id(one.of))).collect();
        assert_eq!(said, [(Role::Cloud, operator)], "{host}");
        assert!(!read.evidence[0].speaks_to_design());
    }
    for host in ["global.star4live.com", "easy4ipcloud.com.example.org", "noteasy4ipcloud.com"] {
        let read = Reader::new(base()).read(&asked(host));
        assert!(read.evidence.is_empty(), "{host}");
    }
}
