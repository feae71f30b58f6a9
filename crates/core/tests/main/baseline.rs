//! Devices are told again a month later, and what cannot be told is said; exemptions change no
//! ruling; `whomade.toml` is read strictly.

use proptest::prelude::*;
use whomade_core::assembly::Key;
use whomade_core::attribution::Certainty;
use whomade_core::baseline::cause::{Again, Now, of_maker, of_place, of_ruling};
use whomade_core::baseline::exemption::State;
use whomade_core::baseline::{
    Cause, Change, Entry, Exemption, Exemptions, Places, Settings, Site, Subject, Turned, changes,
    tell,
};
use whomade_core::kb::document::File;
use whomade_core::observation::{Device, Field, Observation};
use whomade_core::ruling::{Context, MakerFact, Outcome, judge};

use crate::support::base;

/// An entry of keys, with a name, model or site behind `=`.
fn entry(parts: &[&str]) -> Entry {
    let mut entry = Entry {
        keys: Vec::new(),
        name: String::new(),
        label: "LTS".to_owned(),
        model: String::new(),
        site: String::new(),
        place: String::new(),
        makers: vec!["hikvision".to_owned()],
        certainty: Certainty::Probable,
        rulings: vec![("us.889a1A".to_owned(), Outcome::Undetermined)],
        seen: "0123".to_owned(),
        observed: Vec::new(),
    };
    for part in parts {
        match part.split_once('=') {
            Some(("name", name)) => {
                entry.name = name.to_owned();
                entry.keys.extend(Key::parse(&format!("name:{name}")));
            }
            Some(("model", model)) => entry.model = model.to_owned(),
            Some(("site", site)) => entry.site = site.to_owned(),
            Some(("seen", seen)) => entry.seen = seen.to_owned(),
            _ => entry.keys.push(Key::parse(part).unwrap()),
        }
    }
    entry.keys.sort();
    entry
}

const S1: &str = "serial:D12345671";
const S2: &str = "serial:D12345672";
const M1: &str = "mac:44:19:b6:0a:1c:33";
const M2: &str = "mac:44:19:b6:0a:1c:34";

#[test]
fn what_was_renamed_or_moved_is_the_same_device() {
    let then = [entry(&[S1, "name=GATE-1", "ip:10.0.0.1", "site=Depot"])];
    let now = [entry(&[S1, "name=YARD-9", "ip:10.0.0.9", "site=Yard"])];
    let told = tell(&then, &now);
    assert_eq!(told.same, [(0, 0)]);
    let all = changes(&then[0], &now[0]);
    let is = |change: &Change| match change {
        Change::Renamed { .. } => "renamed",
        Change::Moved { .. } => "moved",
        Change::Address { .. } => "address",
        _ => "other",
    };
    assert_eq!(all.iter().map(is).collect::<Vec<_>>(), ["renamed", "moved", "address"]);
}

#[test]
fn another_camera_on_the_old_nail_is_gone_and_new() {
    for (then, now) in [
        (vec![S1, "name=GATE-1"], vec![S2, "name=GATE-1"]),
        (vec![M1, "name=GATE-1"], vec![M2, "name=GATE-1"]),
        (vec!["name=GATE-1", "model=A-1"], vec!["name=GATE-1", "model=B-2"]),
        (vec!["ip:10.0.0.1", "model=A-1"], vec!["ip:10.0.0.1", "model=B-2"]),
        (vec![S1, M1], vec![S2, M1]),
    ] {
        let told = tell(&[entry(&then)], &[entry(&now)]);
        assert_eq!((told.gone, told.new), (vec![0], vec![0]), "{then:?} {now:?}");
        assert!(told.same.is_empty() && told.unclear.is_empty());
    }
}

#[test]
fn a_device_whose_keys_lead_to_two_is_said_and_not_guessed() {
    let then = [entry(&[S1, "name=A1"]), entry(&[M1, "name=A2"])];
    let now = [entry(&[S1, M1, "name=A1"])];
    let told = tell(&then, &now);
    assert!(told.same.is_empty() && told.gone.is_empty() && told.new.is_empty());
    assert_eq!((&told.unclear[0].then, &told.unclear[0].now), (&vec![0, 1], &vec![0]));
}

#[test]
fn an_address_that_two_cameras_bear_tells_nothing_where_something_else_does() {
    // Firmware that gives every camera the same hardware address: their serial numbers tell.
    let then = [entry(&[S1, M1, "seen=a"]), entry(&[S2, M1, "seen=a"])];
    let now = [entry(&[S2, M1, "seen=b"]), entry(&[S1, M1, "seen=b"])];
    assert_eq!(tell(&then, &now).same, [(0, 1), (1, 0)]);
    // Without them their names do.
    let then = [entry(&[M1, "name=A1", "seen=a"]), entry(&[M1, "name=A2", "seen=a"])];
    let now = [entry(&[M1, "name=A2", "seen=b"]), entry(&[M1, "name=A1", "seen=b"])];
    assert_eq!(tell(&then, &now).same, [(0, 1), (1, 0)]);
    // Without names nobody can tell, and nobody is said to be gone.
    let then = [entry(&[M1, "seen=a"]), entry(&[M1, "seen=b"])];
    let now = [entry(&[M1, "seen=c"]), entry(&[M1, "seen=d"])];
    let told = tell(&then, &now);
    assert_eq!((told.gone.len(), told.new.len(), told.unclear.len()), (0, 0, 1));
}

fn some_entry() -> impl Strategy<Value = Entry> {
    let keys = prop::collection::btree_set(
        prop::sample::select(vec![
            S1,
            S2,
            M1,
            M2,
            "name=A1",
            "name=A2",
            "ip:10.0.0.1",
            "ip:10.0.0.2",
            "model=A-1",
            "model=B-2",
            "site=Yard",
            "seen=b",
            "certificate:ab",
        ]),
        0..5,
    );
    keys.prop_map(|parts| entry(&parts.into_iter().collect::<Vec<_>>()))
}

fn some_entries() -> impl Strategy<Value = Vec<Entry>> {
    prop::collection::vec(some_entry(), 0..8)
}

proptest! {
    #[test]
    fn nothing_changed_since_now(entries in some_entries()) {
        let told = tell(&entries, &entries);
        prop_assert_eq!(told.same.len(), entries.len());
        prop_assert!(told.gone.is_empty() && told.new.is_empty() && told.unclear.is_empty());
        for (one, other) in told.same {
            prop_assert!(changes(&entries[one], &entries[other]).is_empty());
        }
    }

    #[test]
    fn new_and_gone_change_places_with_then_and_now(
        then in some_entries(),
        now in some_entries(),
    ) {
        let (one, other) = (tell(&then, &now), tell(&now, &then));
        prop_assert_eq!(&one.new, &other.gone);
        prop_assert_eq!(&one.gone, &other.new);
        let mut swapped: Vec<_> = other.same.iter().map(|(now, then)| (*then, *now)).collect();
        swapped.sort_unstable();
        prop_assert_eq!(&one.same, &swapped);
        prop_assert_eq!(one.unclear.len(), other.unclear.len());
        // Everybody is told of exactly once.
        let unclear: usize = one.unclear.iter().map(|one| one.then.len()).sum();
        prop_assert_eq!(one.same.len() + one.gone.len() + unclear, then.len());
        let unclear: usize = one.unclear.iter().map(|one| one.now.len()).sum();
        prop_assert_eq!(one.same.len() + one.new.len() + unclear, now.len());
    }

    #[test]
    fn any_line_is_an_entry_or_none(line in "[\\PC\t|%=:]{0,120}") {
        if let Some(entry) = Entry::parse(&line) {
            let again = Entry::parse(&entry.line());
            prop_assert_eq!(again, Some(entry));
        }
    }

    #[test]
    fn any_text_is_settings_or_a_diagnostic(text in "\\PC{0,200}") {
        let file = File { path: "whomade.toml".to_owned(), text };
        if let Ok(settings) = Settings::read(&file) {
            let said = settings.lint(&file, &base().facts);
            prop_assert!(said.iter().all(|one| one.code == "estate/bad-value"));
        }
    }
}

/// Rules asked again of a device that stands where it stood.
fn asked<'a>(outcome: &'a dyn Fn(&Entry, Now, Now) -> Option<Outcome>) -> Again<'a> {
    Again { outcome, place: &|entry, _| Some(entry.place.clone()) }
}

#[test]
fn another_site_is_put_down_to_the_settings_or_to_the_device() {
    let site = |name: &str, addresses: &str| Site {
        name: name.to_owned(),
        addresses: vec![addresses.to_owned()],
        ..Site::default()
    };
    let at = |address: &str, name: &str, place: &str| {
        let mut entry = entry(&[S1, address]);
        (entry.name, entry.place) = (name.to_owned(), place.to_owned());
        entry
    };
    let why = |before: &[Site], after: &[Site], then: &Entry, now: &Entry| {
        let sites = [Places::new(before), Places::new(after)];
        let place =
            |entry: &Entry, of: Now| Some(sites[usize::from(of == Now::Now)].of_entry(entry));
        of_place(then, now, &Again { outcome: &|_, _, _| None, place: &place })
    };
    let (yard, gate) = (site("Yard", "10.1.0.0/16"), site("Gate", "10.2.0.0/16"));
    let both = [yard.clone(), gate];
    // A new site, and a device that was renamed and moved within it.
    let (then, now) = (at("ip:10.1.0.4", "CAM-1", ""), at("ip:10.1.0.9", "CAM-9", "Yard"));
    assert_eq!(why(&[], &both, &then, &now), [Cause::Settings]);
    let (then, now) = (at("ip:10.1.0.4", "CAM-1", "Yard"), at("ip:10.2.0.4", "CAM-1", "Gate"));
    assert_eq!(why(&both, &both, &then, &now), [Cause::Device]);
    assert_eq!(why(&both[..1], &both, &then, &now), [Cause::Device, Cause::Settings]);
}

#[test]
fn a_ruling_that_turned_is_put_down_to_what_turned_it() {
    let mut then = entry(&[S1]);
    let mut now = entry(&[S1]);
    now.rulings[0].1 = Outcome::Barred;
    let both = Turned { base: false, day: true, question: true };
    // The rule began: on the day of now it says so whatever is asked.
    let by_day = |_: &Entry, day: Now, _: Now| {
        Some(if day == Now::Now { Outcome::Barred } else { Outcome::Undetermined })
    };
    assert_eq!(of_ruling(&then, &now, "us.889a1A", both, &asked(&by_day)), [Cause::Day]);
    let by_question = |_: &Entry, _: Now, question: Now| {
        (question == Now::Now).then_some(Outcome::Barred).or(Some(Outcome::Undetermined))
    };
    assert_eq!(of_ruling(&then, &now, "us.889a1A", both, &asked(&by_question)), [Cause::Question]);
    // Both were needed.
    let by_both = |_: &Entry, day: Now, question: Now| {
        let all = day == Now::Now && question == Now::Now;
        Some(if all { Outcome::Barred } else { Outcome::Undetermined })
    };
    let causes = of_ruling(&then, &now, "us.889a1A", both, &asked(&by_both));
    assert_eq!(causes, [Cause::Day, Cause::Question]);
    // The base of now would not have said then what was said.
    let base = Turned { base: true, ..Turned::default() };
    let always = |_: &Entry, _: Now, _: Now| Some(Outcome::Barred);
    assert_eq!(of_ruling(&then, &now, "us.889a1A", base, &asked(&always)), [Cause::Base]);
    // Another maker leads, because something else was seen.
    then.makers.clear();
    then.certainty = Certainty::Unknown;
    then.seen = "other".to_owned();
    let by_maker = |entry: &Entry, _: Now, _: Now| {
        let unknown = entry.maker() == MakerFact::Unknown;
        Some(if unknown { Outcome::Undetermined } else { Outcome::Barred })
    };
    let device = of_ruling(&then, &now, "us.889a1A", both, &asked(&by_maker));
    assert_eq!(device, [Cause::Device]);
    assert_eq!(of_maker(&then, &now, base), [Cause::Device, Cause::Base]);
    then.seen.clone_from(&now.seen);
    assert_eq!(of_maker(&then, &now, base), [Cause::Base]);
}

fn exemption(device: &str, until: &str) -> Exemption {
    Exemption {
        device: Some(device.to_owned()),
        label: None,
        model: None,
        site: None,
        regime: "us.889a1A".to_owned(),
        provision: None,
        reason: "goes in March".to_owned(),
        by: "estates".to_owned(),
        until: until.parse().unwrap(),
    }
}

#[test]
fn an_exemption_holds_to_its_day_and_never_for_an_unknown_maker() {
    let device = Device {
        name: "Gate 4".into(),
        observations: vec![Observation::new(Field::Serial, "D 1234 5671")],
        ..Device::default()
    };
    let subject = Subject { device: &device, label: None, place: None };
    let facts = &base().facts;
    let on = "2026-11-22".parse().unwrap();
    let context: Context =
        facts.context.presets.iter().find(|one| one.id == "us-agency").unwrap().context.clone();
    let regime = &facts.regimes["us.889a1A"];
    let ruling = |maker: &MakerFact<'_>| vec![judge(facts, regime, maker, on, &context)];
    let firm = ruling(&MakerFact::Firm("hikvision"));
    let all = Exemptions::new(&[
        exemption(S1, "2026-11-22"),
        exemption("name:gate 4", "2026-11-21"),
        exemption(S2, "2027-01-01"),
    ]);
    let before = firm.clone();
    let found = all.of(&subject, &firm, on);
    assert_eq!(firm, before, "an exemption changes no ruling");
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].until, on, "the last day is a day on which it holds");
    let states: Vec<State> = all.outturns(on).map(|one| one.state).collect();
    assert_eq!(states, [State::Used, State::Expired, State::NoDevice]);
    let unknown = ruling(&MakerFact::Unknown);
    assert_eq!(unknown[0].outcome, Outcome::UnknownMaker);
    let all = Exemptions::new(&[exemption(S1, "2027-01-01")]);
    assert!(all.of(&subject, &unknown, on).is_empty());
    assert_eq!(all.outturns(on).next().unwrap().state, State::NothingFound);
    // Of one provision it exempts nothing while another finds something too.
    let of_one = |provision: &str| Exemption {
        provision: Some(provision.to_owned()),
        ..exemption(S1, "2027-01-01")
    };
    let finding = |id: &str| {
        firm[0].steps.iter().any(|step| step.outcome.is_finding() && step.provision == id)
    };
    let ids: Vec<&str> = regime.provisions.iter().map(|one| one.id.as_str()).collect();
    let (with, without): (Vec<&str>, Vec<&str>) = ids.into_iter().partition(|id| finding(id));
    for id in without {
        assert!(!of_one(id).covers(&firm[0]), "{id}");
    }
    for id in &with {
        assert_eq!(of_one(id).covers(&firm[0]), with.len() == 1, "{id}");
    }
}

/// The code of what is wrong in a text, the text it points at, and the help.
fn wrong(text: &str) -> Vec<(&'static str, String, String)> {
    let file = File { path: "whomade.toml".to_owned(), text: text.to_owned() };
    let said = match Settings::read(&file) {
        Err(said) => vec![said],
        Ok(settings) => settings.lint(&file, &base().facts),
    };
    let of = |said: whomade_core::diagnostic::Diagnostic| {
        let place = said.place.expect("a place");
        assert_eq!(&*place.source, "whomade.toml");
        let at = place.text.get(place.span.clone()).unwrap_or_default().to_owned();
        (said.code, at, said.help.unwrap_or(said.message))
    };
    said.into_iter().map(of).collect()
}

const HEAD: &str = "version = 1\n[estate]\nfiles = [\"a.csv\"]\n";

#[test]
fn what_is_wrong_in_the_settings_is_pointed_at() {
    let one = |text: &str| wrong(&format!("{HEAD}{text}")).remove(0);
    assert_eq!(wrong(HEAD), []);
    let near = |word: &str| format!("did you mean `{word}`?");
    for (text, code, at, help) in [
        ("fils = []", "estate/unknown-key", "fils", near("files")),
        ("as = \"uk-counsil\"", "estate/bad-value", "\"uk-counsil\"", near("uk-council")),
        ("under = [\"us.889a1\"]", "estate/bad-value", "\"us.889a1\"", near("us.889a1A")),
        ("context = { purpos = \"x\" }", "estate/bad-value", "\"x\"", near("purpose")),
        (
            "[[site]]\nname = \"A\"\nnames = [\"A*\"]\ncontext = { site-class = \"sensitiv\" }",
            "estate/bad-value",
            "\"sensitiv\"",
            near("sensitive"),
        ),
    ] {
        assert_eq!(one(text), (code, at.to_owned(), help), "{text}");
    }
    let (code, at, _) = one("[[site]]\nname = \"A\"\naddresses = [\"10.0.0.0/99\"]");
    assert_eq!((code, at.as_str()), ("estate/bad-value", "\"10.0.0.0/99\""));
    let (_, at, help) = one("[[site]]\nname = \"A\"\nnames = [\"A\"]\ncontext = { act = \"use\" }");
    assert_eq!((at.as_str(), help.as_str()), ("\"use\"", "say it in the context of [estate]"));
    let twice = "[[site]]\nname = \"A\"\nnames = [\"A\"]\n[[site]]\nname = \"a\"\nnames = [\"B\"]";
    assert_eq!(one(twice).1, "\"a\"");
    for file in ["../x.baseline", "/etc/passwd", "a\\\\b.baseline", "notes.txt", ".baseline"] {
        let text = format!("file = \"{file}\"");
        let rest = "sha256 = \"\"\nbase = \"\"\non = 2026-10-01\ndevices = 1";
        let said = one(&format!("[baseline]\n{text}\n{rest}"));
        assert_eq!(said.0, "estate/bad-value", "{file}");
        assert!(text.ends_with(&said.1), "{file}");
    }
    assert_eq!(wrong("version = 9\n[estat]")[0].0, "estate/newer");
    assert_eq!(wrong("version = 1\n[estate")[0].0, "estate/syntax");
    assert_eq!(wrong("version = 1\n[estate]\nfiles = []")[0].0, "estate/bad-value");
}

#[test]
fn an_exemption_that_lacks_anything_does_not_load() {
    let full = [
        ("device", "\"serial:D12345671\""),
        ("regime", "\"us.889a1A\""),
        ("reason", "\"x\""),
        ("by", "\"y\""),
        ("until", "2027-01-01"),
    ];
    let text = |without: &str, other: Option<(&str, &str)>| {
        let lines = full.iter().filter(|(key, _)| *key != without);
        let lines: String = lines.chain(&other).map(|(k, v)| format!("{k} = {v}\n")).collect();
        format!("{HEAD}[[exemption]]\n{lines}")
    };
    assert_eq!(wrong(&text("", None)), []);
    for key in ["reason", "by", "until", "regime"] {
        assert_eq!(wrong(&text(key, None))[0].0, "estate/missing-key", "{key}");
    }
    for (key, value) in [
        ("reason", "\" \""),
        ("by", "\"\""),
        ("until", "\"2027-02-30\""),
        ("until", "\"soon\""),
        ("device", "\"gate\""),
        ("regime", "\"us.889\""),
        ("provision", "\"nothing\""),
        ("site", "\"Nowhere\""),
    ] {
        let said = wrong(&text(key, Some((key, value))));
        assert_eq!((said[0].0, said[0].1.as_str()), ("estate/bad-value", value), "{key}");
    }
    assert_eq!(wrong(&text("until", Some(("until", "2027-02-30"))))[0].0, "estate/syntax");
    assert_eq!(wrong(&text("device", None))[0].0, "estate/bad-value");
}

/// An entry of a device of which that was seen.
fn seen_as(values: &[(Field, &str)]) -> Entry {
    let all = values.iter().map(|(field, value)| Observation::new(*field, *value));
    let device = Device { name: "GATE-1".into(), observations: all.collect(), ..Device::default() };
    Entry::of((&device, None), None, "", Vec::new(), Certainty::Unknown, &[])
}

/// What changed of it, as `field: gone -> new`.
fn seen_otherwise(then: &Entry, now: &Entry) -> Vec<String> {
    let fields = changes(then, now).into_iter().flat_map(|change| match change {
        Change::Seen { fields } => fields,
        other => panic!("{other:?}"),
    });
    fields
        .map(|one| format!("{}: {} -> {}", one.field, one.from.join("+"), one.to.join("+")))
        .collect()
}

#[test]
fn what_was_seen_otherwise_is_named_with_both_values() {
    let then = seen_as(&[(Field::Firmware, "V5.4.0"), (Field::HttpServer, "Webs")]);
    let now = seen_as(&[(Field::Firmware, "V5.5.0"), (Field::HttpServer, "Webs")]);
    assert_eq!(seen_otherwise(&then, &now), ["firmware: V5.4.0 -> V5.5.0"]);
    // As it is read again out of a baseline, too.
    let kept = Entry::parse(&then.line()).unwrap();
    assert_eq!(seen_otherwise(&kept, &now), ["firmware: V5.4.0 -> V5.5.0"]);
    // What a baseline of the first form has not kept is not made up.
    let old = Entry::parse(&then.line_in(1)).unwrap();
    assert_eq!(changes(&old, &now.clone().in_form(1)), [Change::Seen { fields: vec![] }]);
    // What is told as another label or model is not told twice, and the rest is.
    let mut other = seen_as(&[(Field::Firmware, "V5.5.0"), (Field::Model, "A-1")]);
    other.keys.clone_from(&then.keys);
    let all = changes(&then, &other);
    assert!(matches!(&all[0], Change::Model { to, .. } if to == "A-1"), "{all:?}");
    let Change::Seen { fields } = &all[1] else { panic!("{all:?}") };
    let fields: Vec<&str> = fields.iter().map(|one| one.field.as_str()).collect();
    assert_eq!(fields, ["firmware", "http-server"]);
}

#[test]
fn a_long_text_differs_by_a_number_of_the_whole_and_many_are_counted() {
    let long = |end: &str| format!("{}{end}", "x".repeat(3_000));
    let entry = |end: &str| seen_as(&[(Field::HttpHeaders, &long(end))]);
    let told = seen_otherwise(&entry("a"), &entry("b"));
    assert!(told[0].starts_with("http-headers: xxx") && told[0].len() < 300, "{told:?}");
    let (from, to) = told[0].split_once(" -> ").unwrap();
    assert_ne!(from.rsplit_once('#').unwrap().1, to.rsplit_once('#').unwrap().1);
    // Of many values of a field a few are kept, with a number of the others.
    let names = |last: &str| {
        let mut all: Vec<String> = (0..500).map(|at| format!("n{at:03}.example")).collect();
        all.push(last.to_owned());
        let values: Vec<_> = all.iter().map(|one| (Field::DnsName, one.as_str())).collect();
        seen_as(&values)
    };
    assert!(names("y").line().len() < 400);
    assert!(seen_otherwise(&names("y"), &names("z"))[0].contains("and 498 more #"));
}

#[test]
fn what_had_no_room_on_one_side_is_not_said_to_be_gone() {
    let long = "y".repeat(80);
    let with = |first: &'static str| {
        let mut all = vec![(Field::Firmware, first)];
        let wide = Field::ALL.iter().filter(|field| field.id().starts_with("onvif"));
        all.extend(wide.map(|field| (*field, long.as_str())));
        for field in [Field::HttpTitle, Field::HttpPath, Field::HttpEtag, Field::AuthRealm] {
            all.push((field, &long));
        }
        all.push((Field::Telnet, "login"));
        all
    };
    let then = seen_as(&with("V1"));
    let more = "z".repeat(80);
    let mut wider = with("V2");
    wider.extend([(Field::HttpServer, &*more), (Field::RtspServer, &*more), (Field::Sdp, &*more)]);
    let now = seen_as(&wider);
    assert!(now.observed.iter().any(|(field, _)| field == "…"), "{:?}", now.observed);
    assert!(now.observed.iter().all(|(field, _)| field != "telnet"));
    assert!(then.observed.iter().any(|(field, _)| field == "telnet"));
    let told = seen_otherwise(&then, &now);
    assert!(told.contains(&"firmware: V1 -> V2".to_owned()), "{told:?}");
    assert!(told.iter().all(|one| !one.starts_with("telnet")), "{told:?}");
}
