//! Papers: what is reported as found, what stays open, which clocks run, what a letter says.

use std::collections::BTreeMap;

use jiff::civil::{Date, date};
use whomade_core::attribution::{Certainty, attribute};
use whomade_core::deadline::Event;
use whomade_core::evidence::Reader;
use whomade_core::kb::schema::Regime;
use whomade_core::observation::{Device, Field, Observation, Record};
use whomade_core::paper::answer::{Answered, Asks, ModelSaid, folded};
use whomade_core::paper::{self, Block, Item, Looked, Matter, Paper, compare, record};
use whomade_core::report::{Named, Worked, device_report, maker_fact};
use whomade_core::ruling::{Context, Outcome, judge};

use crate::support::{base, weights};

/// What a paper is made of, owned.
struct Desk {
    regimes: Vec<Regime>,
    context: Context,
    on: Date,
    devices: Vec<Item>,
    looked: Looked,
    told: BTreeMap<String, String>,
    event: Option<Event>,
}

const SURE: &[(Field, &str)] = &[
    (Field::Label, "LTS"),
    (Field::Model, "CMIP7412-28"),
    (Field::Mac, "44:19:b6:0a:1c:33"),
    (Field::Serial, "DS-2CD2143G2-I20210101AAWRF12345678"),
    (Field::AuthRealm, "IP Camera(F1234)"),
];
const LABEL_ONLY: &[(Field, &str)] = &[(Field::Label, "LTS"), (Field::Model, "XX-1")];

impl Desk {
    fn new(context: &[(&str, &str)], on: Date, devices: &[(&str, &[(Field, &str)])]) -> Self {
        let ids = ["us.889a1A", "us.889a1B", "us.rfo.52_240_91"];
        let regimes = ids.map(|id| base().facts.regimes[id].clone()).to_vec();
        let context: Context =
            context.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect();
        let mut desk = Self {
            regimes,
            context,
            on,
            devices: Vec::new(),
            looked: Looked::default(),
            told: BTreeMap::new(),
            event: None,
        };
        for (at, (name, seen)) in devices.iter().enumerate() {
            let item = desk.item(at as u64 + 2, name, seen);
            desk.devices.push(item);
        }
        desk
    }

    fn item(&self, line: u64, name: &str, seen: &[(Field, &str)]) -> Item {
        let observations =
            seen.iter().map(|(field, value)| Observation::new(*field, *value)).collect();
        let record = Record { source: "estate.csv".into(), line, ..Record::default() };
        let device = Device { name: name.into(), record, observations, ..Device::default() };
        let read = Reader::new(base()).read(&device);
        let design = attribute(base(), weights(), &read);
        let maker = maker_fact(base(), &design);
        let rulings: Vec<_> = self
            .regimes
            .iter()
            .map(|one| judge(&base().facts, one, &maker, self.on, &self.context))
            .collect();
        let worked = Worked {
            device: &device,
            read: &read,
            design: &design,
            contradictions: &[],
            rulings: &rulings,
            suggestions: &[],
            place: None,
            exempted: &[],
        };
        let first = |field| device.first(field).unwrap_or_default().to_owned();
        Item {
            name: name.to_owned(),
            place: format!("estate.csv:{line}"),
            label: first(Field::Label),
            model: first(Field::Model),
            makers: design
                .candidates()
                .iter()
                .map(|of| Named { id: base().id(*of).into(), name: base().name(*of).into() })
                .collect(),
            certainty: design.certainty,
            class: read.class,
            site: String::new(),
            supplier: "Ashlow".to_owned(),
            outcomes: rulings.iter().map(|one| one.outcome).collect(),
            missing: rulings.iter().map(whomade_core::ruling::Ruling::missing).collect(),
            settle: Some(("the sticker", "look at it".to_owned())),
            contradictions: Vec::new(),
            exposed: None,
            report: Some(Box::new(device_report(base(), weights(), &worked))),
        }
    }

    fn matter(&self) -> Matter<'_> {
        Matter {
            base: base(),
            regimes: &self.regimes,
            context: &self.context,
            preset: Some("us-contractor"),
            open: false,
            on: self.on,
            devices: &self.devices,
            looked: &self.looked,
            told: &self.told,
            event: self.event,
            made_with: "Made by a test".to_owned(),
        }
    }

    fn form(&self, id: &str) -> Paper {
        paper::form(&self.matter(), id, &[&base().facts.forms[id]])
    }
}

const USE: [(&str, &str); 4] = [
    ("holder", "us-contractor"),
    ("act", "use"),
    ("equipment", "video-surveillance"),
    ("purpose", "critical-infrastructure"),
];

fn with(more: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'static str)> {
    USE.iter().copied().chain(more.iter().copied()).collect()
}

/// The rows of the table with that heading among its columns.
fn rows<'p>(paper: &'p Paper, column: &str) -> Vec<&'p Vec<String>> {
    let tables = paper.blocks.iter().filter_map(|block| match block {
        Block::Table { columns, rows, .. } if columns.iter().any(|one| one == column) => Some(rows),
        _ => None,
    });
    tables.flatten().collect()
}

fn text(paper: &Paper) -> String {
    serde_json::to_string(paper).expect("a paper is JSON")
}

#[test]
fn only_what_is_probable_is_reported_and_the_rest_stays_open() {
    let desk = Desk::new(&with(&[]), date(2026, 5, 4), &[("A1", SURE), ("A2", LABEL_ONLY)]);
    assert_eq!(desk.devices[0].certainty, Certainty::Confirmed);
    assert!(desk.devices[1].certainty < Certainty::Probable);
    let paper = desk.form("far-52.204-25");
    let reported = rows(&paper, "Model number");
    assert_eq!(reported.len(), 1, "{reported:?}");
    assert!(reported[0].iter().any(|cell| cell.contains("CMIP7412-28")));
    let open = rows(&paper, "What would settle it");
    assert_eq!(open.len(), 1);
    assert!(open[0].contains(&"XX-1".to_owned()));
    // Its evidence and the steps of the rule stand with their place.
    let evidence = rows(&paper, "Where");
    assert!(evidence.iter().any(|row| row[1] == "estate.csv:2"), "{evidence:?}");
    assert!(!rows(&paper, "Relied on").is_empty());
}

#[test]
fn fields_that_nobody_told_are_blanks_that_name_whom_to_ask() {
    let mut desk = Desk::new(&with(&[]), date(2026, 5, 4), &[("A1", SURE)]);
    let facts = |paper: &Paper| -> Vec<(String, Option<String>, String)> {
        let lists = paper.blocks.iter().filter_map(|block| match block {
            Block::Facts { facts } => Some(facts),
            _ => None,
        });
        lists.flatten().map(|f| (f.name.clone(), f.value.clone(), f.hint.clone())).collect()
    };
    let blank = facts(&desk.form("far-52.204-25"));
    let contract = blank.iter().find(|(name, ..)| name == "Contract number").expect("the field");
    assert_eq!((contract.1.as_deref(), contract.2.as_str()), (None, "your contracts office"));
    desk.told.insert("contract".to_owned(), "W91-1".to_owned());
    let told = facts(&desk.form("far-52.204-25"));
    assert!(told.contains(&(
        "Contract number".to_owned(),
        Some("W91-1".to_owned()),
        "your contracts office".to_owned()
    )));
}

#[test]
fn both_clauses_run_both_clocks_and_the_earlier_stands_first() {
    let mut desk = Desk::new(&with(&[("clause", "both")]), date(2026, 11, 22), &[("A1", SURE)]);
    let found = date(2026, 11, 20);
    desk.event = Some(Event { hour: Some(found.at(15, 0, 0, 0)), ..Event::from(found) });
    let paper = desk.form("far-52.204-25");
    let due: Vec<&str> = rows(&paper, "Due").iter().map(|row| row[0].as_str()).collect();
    let expected = [
        "Monday 2026-11-23 at 15:00",
        "Monday 2026-11-23",
        // Thanksgiving lies between.
        "Monday 2026-12-07",
        "Tuesday 2026-12-08",
    ];
    assert_eq!(due, expected);
    assert!(text(&paper).contains("FAR 52.240-91"));
}

#[test]
fn a_clause_that_nobody_told_is_named_with_its_clock() {
    let mut desk = Desk::new(&with(&[]), date(2026, 11, 22), &[("A1", SURE)]);
    desk.event = Some(Event::from(date(2026, 11, 20)));
    let paper = desk.form("far-52.204-25");
    let clocks = rows(&paper, "Due");
    let other = clocks.iter().find(|row| row[1].starts_with("(h)")).expect("the other clock");
    assert!(other[2].starts_with("only if clause is 52.240-91"), "{other:?}");
}

#[test]
fn the_new_clause_alone_rules_the_old_form_out() {
    let desk = Desk::new(&with(&[("clause", "52.240-91")]), date(2026, 5, 4), &[("A1", SURE)]);
    let paper = desk.form("far-52.204-25");
    let said = text(&paper);
    assert!(said.contains("is not asked for by what was told: clause = 52.240-91"), "{said}");
    assert!(!said.contains("(d)(2)(i) First report"));
    assert!(said.contains("(h) The one report"));
}

#[test]
fn the_day_before_the_rules_reports_nothing_and_says_why() {
    let desk = Desk::new(&with(&[]), date(2019, 8, 12), &[("A1", SURE)]);
    assert!(desk.devices[0].outcomes.iter().all(|one| *one != Outcome::Barred));
    let paper = desk.form("far-52.204-25");
    assert!(rows(&paper, "Model number").is_empty());
    assert!(text(&paper).contains("begins on 2020-08-13"));
}

#[test]
fn what_was_not_told_is_asked_for() {
    let context = [("holder", "us-contractor"), ("equipment", "video-surveillance")];
    let desk = Desk::new(&context, date(2026, 5, 4), &[("A1", SURE)]);
    let said = text(&desk.form("far-52.204-25"));
    assert!(said.contains("Nothing is reported as found. That clears nothing"), "{said}");
    assert!(said.contains("--context purpose="));
}

#[test]
fn every_paper_says_what_was_not_looked_at() {
    let desk = Desk::new(&with(&[]), date(2026, 5, 4), &[("A1", SURE), ("A2", LABEL_ONLY)]);
    let matter = desk.matter();
    let mut papers = vec![
        paper::summary(&matter),
        paper::supplier(&matter, "Ashlow", &[]),
        paper::device(&matter, &desk.devices[0]),
    ];
    papers.extend(base().facts.forms.keys().map(|id| desk.form(id)));
    for paper in papers {
        let heading = Block::Heading { text: "What was looked at, and what was not".to_owned() };
        assert!(paper.blocks.contains(&heading), "{} does not", paper.kind);
    }
}

fn answer(model: &str, producer: &str) -> Answered {
    let said = |text: &str| Some(text.to_owned());
    let pairs = [
        (Asks::Supplier, "Ashlow"),
        (Asks::Date, "2026-10-01"),
        (Asks::Signer, "J. Doe"),
        (Asks::Clause, "FAR 52.204-25"),
        (Asks::Expires, "2027-10-01"),
        (Asks::Signature, "J. Doe"),
    ];
    Answered {
        file: "answer.md".to_owned(),
        pairs: pairs.map(|(asks, value)| (asks, value.to_owned())).to_vec(),
        models: vec![ModelSaid {
            model: model.to_owned(),
            producer: said(producer),
            soc: said("not ours to say"),
            ..ModelSaid::default()
        }],
        ..Answered::default()
    }
}

#[test]
fn a_letter_for_other_models_covers_none_of_those_asked() {
    let asked = ["CMIP7412-28".to_owned()];
    let day = date(2026, 11, 22);
    let record_of = |model| record(&answer(model, "Ashlow"), Some(&asked), day);
    let other = record_of("CMIP7412-28M");
    assert_eq!(other.covered_but_not_asked, ["CMIP7412-28M"]);
    assert_eq!(other.asked_but_not_covered, ["CMIP7412-28"]);
    assert!(other.leaves_open(day));
    // Dashes and case are how people type; the number is the same.
    let same = record_of("cmip7412–28");
    assert!(same.asked_but_not_covered.is_empty() && !same.leaves_open(day), "{same:?}");
    assert!(same.leaves_open(date(2027, 10, 2)), "it has expired");
    assert_ne!(folded("CMIP7412-28"), folded("CMIP7412-28M"));
}

#[test]
fn a_letter_that_the_device_contradicts_is_laid_beside_it() {
    let desk = Desk::new(&with(&[]), date(2026, 11, 22), &[("A1", SURE), ("A2", LABEL_ONLY)]);
    let matter = desk.matter();
    let items: Vec<&Item> = desk.devices.iter().collect();
    let compared = |producer: &str| {
        let letter = record(&answer("CMIP7412-28", producer), None, desk.on);
        compare(&matter, &letter, &items)
    };
    let own = compared("made by us");
    assert_eq!(own.contradictions, 1, "{own:?}");
    assert!(own.rows[0][3].starts_with("they contradict each other; both stand"));
    assert_eq!(own.not_covered, ["XX-1"]);
    // Where the device is no surer than probable, the two only differ.
    let less = &SURE[..3];
    let probable = Desk::new(&with(&[]), date(2026, 11, 22), &[("A1", less)]);
    assert_eq!(probable.devices[0].certainty, Certainty::Probable);
    let letter = record(&answer("CMIP7412-28", "made by us"), None, desk.on);
    let items: Vec<&Item> = probable.devices.iter().collect();
    let differ = compare(&probable.matter(), &letter, &items);
    assert_eq!(differ.contradictions, 0);
    assert!(differ.rows[0][3].starts_with("they differ"), "{differ:?}");
    assert_eq!(compared("Hikvision").contradictions, 0);
    assert_eq!(
        compared("Hangzhou Hikvision Digital Technology Co., Ltd.").rows[0][3],
        "they agree"
    );
    // A name that the base does not know may be a factory of the same maker.
    assert_eq!(compared("Somebody Else Ltd").contradictions, 0);
}

#[test]
fn a_letter_without_date_or_signature_says_so() {
    let mut answered = answer("A", "B");
    answered.pairs.retain(|(asks, _)| !matches!(asks, Asks::Date | Asks::Signature));
    answered.pairs.push((Asks::Date, "03/04/2026".to_owned()));
    let letter = record(&answered, None, date(2026, 11, 22));
    assert!(letter.lacks.contains(&"a signature is not given".to_owned()));
    let unclear = "the date `03/04/2026` is not clear; write YYYY-MM-DD".to_owned();
    assert!(letter.lacks.contains(&unclear), "{:?}", letter.lacks);
}

#[test]
fn a_paper_that_does_not_hold_every_device_says_so_beside_its_numbers() {
    let mut desk = Desk::new(&with(&[]), date(2026, 5, 4), &[("A1", SURE)]);
    desk.looked.beyond = 7;
    for paper in [desk.form("far-52.204-25"), paper::summary(&desk.matter())] {
        assert!(text(&paper).contains("The records hold 7 devices more"), "{}", paper.kind);
    }
}

#[test]
fn a_dossier_names_other_spellings_and_what_the_other_side_says() {
    let mut desk = Desk::new(&with(&[]), date(2026, 5, 4), &[("A1", SURE), ("A2", SURE)]);
    desk.devices[1].supplier = "ASHLOW LTD".to_owned();
    let said = text(&paper::supplier(&desk.matter(), "ashlow", &[]));
    assert!(said.contains("may be the same firm"), "{said}");
    assert!(said.contains("ASHLOW LTD (1)"));
    assert!(said.contains("Answer of "), "the other side is heard");
    assert!(said.contains("Shown, never weighed"));
    assert_eq!(paper::sold_by(&desk.matter(), "ashlow").len(), 1);
    // Without such a seller the label stands in, by any of its spellings.
    assert_eq!(paper::sold_by(&desk.matter(), "LT Security").len(), 2);
    assert!(paper::sold_by(&desk.matter(), "nobody").is_empty());
}

#[test]
fn no_day_act_or_clause_makes_a_paper_of_a_dirty_estate_clean() {
    let forms = ["far-52.204-24", "far-52.204-26", "far-52.204-25", "far-52.240-91", "far-4.2104"];
    let days = [
        date(2018, 1, 1),
        date(2019, 8, 12),
        date(2019, 9, 1),
        date(2020, 8, 12),
        date(2022, 8, 14),
        date(2025, 8, 13),
        date(2026, 11, 22),
    ];
    let told: [&[(&str, &str)]; 6] = [
        &[("act", "use"), ("purpose", "government-facilities")],
        &[("act", "provide-to-government"), ("clause", "neither")],
        &[("act", "import"), ("purpose", "none-of-these")],
        &[("act", "use"), ("clause", "both"), ("waiver", "agency-head")],
        &[("equipment", "other")],
        &[],
    ];
    let holder = [("holder", "us-contractor"), ("equipment", "video-surveillance")];
    for (on, told) in days.iter().flat_map(|on| told.iter().map(move |told| (*on, *told))) {
        let context: Vec<_> = holder.iter().chain(told).copied().collect();
        let desk = Desk::new(&context, on, &[("A1", SURE), ("A2", LABEL_ONLY)]);
        for form in forms {
            let paper = desk.form(form);
            let said = text(&paper);
            for clean in ["none is open", "no device is open", "No device is open"] {
                assert!(!said.contains(clean), "{form} on {on}, told {told:?}: {clean}");
            }
            for name in ["A1", "A2"] {
                // In a cell of its own, among others, or over its evidence.
                let listed = said.contains(&format!("\"{name}\""))
                    || said.contains(&format!("({name})"))
                    || said.contains(&format!("\"{name}, sold as"));
                assert!(listed, "{form} on {on}, told {told:?}: {name} dropped out");
            }
        }
    }
}

#[test]
fn a_day_frees_no_maker_and_names_nobody_anew() {
    let named = |id: &str, maker: &str, on| {
        paper::names_maker(base(), &base().facts.regimes[id], maker, on)
    };
    for on in [date(2019, 1, 1), date(2020, 8, 12), date(2020, 8, 13), date(2026, 11, 22)] {
        assert!(named("us.889a1B", "hikvision", on), "{on}");
        assert!(!named("us.889a1B", "axis", on), "{on}");
    }
}

#[test]
fn a_seat_that_nobody_filed_is_no_question_to_whoever_asks() {
    let mut desk = Desk::new(&with(&[]), date(2026, 5, 4), &[("A1", SURE)]);
    desk.devices[0].outcomes.fill(Outcome::UnknownMaker);
    desk.devices[0].missing.fill(vec!["seat".to_owned()]);
    let paper = desk.form("far-52.204-24");
    let open = rows(&paper, "What would settle it");
    assert_eq!(open[0][5], "a source that shows where Hikvision has its seat");
}
