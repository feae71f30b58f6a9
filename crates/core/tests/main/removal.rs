//! Terms, what they make of devices, days, and plans held against a later day.

use jiff::civil::{Date, date};
use proptest::prelude::*;
use whomade_core::baseline::Entry;
use whomade_core::kb::document::File;
use whomade_core::kb::schema::EquipmentClass;
use whomade_core::plan::removal::{Interim, Kept, KeptDevice, Removal, Stage, Subject, progress};
use whomade_core::plan::terms::{Change, Egress, Exposed, Standing, Terms, changed, grouped};
use whomade_core::plan::{Resource, Shortage};

const ON: Date = date(2026, 11, 23);

fn file(text: &str) -> File {
    File { path: "plan.toml".to_owned(), text: text.to_owned() }
}

fn terms(text: &str) -> Terms {
    Terms::read(&file(&format!("version = 1\n{text}"))).unwrap()
}

fn codes(text: &str) -> Vec<&'static str> {
    Terms::read(&file(text)).unwrap_err().iter().map(|one| one.code).collect()
}

fn entry(name: &str) -> Entry {
    let line = format!("name:{name}\t{name}\tLTS\tX-1\t\t\thikvision\tprobable\tr=barred\t0000");
    Entry::parse(&line).unwrap()
}

fn subject(name: &str, site: Option<&str>, recorder: Option<&str>) -> Subject {
    Subject {
        entry: entry(name),
        place: String::new(),
        headline: String::new(),
        class: Some(EquipmentClass::Camera),
        site: site.map(str::to_owned),
        site_class: None,
        recorder: recorder.map(str::to_owned),
        installed: None,
        standing: Standing::Barred,
        regimes: vec!["r".to_owned()],
        exposed: Exposed::Nothing,
        egress: Egress::NotLooked,
        interim: vec![Interim::Isolate],
    }
}

#[test]
fn terms_are_read_strictly_and_say_what_holds_where_they_say_nothing() {
    let plain = terms("");
    assert_eq!((plain.periods, plain.crews, plain.life_years), (24, 1, 7.0));
    assert_eq!(plain.begins(ON), date(2026, 12, 1));
    assert_eq!(terms("budget = 12_000").budget, Some(12_000.0));
    for (text, code) in [
        ("", "plan/bad-value"),
        ("version = 2", "plan/newer"),
        ("version = 1\nbugdet = 1", "plan/unknown-key"),
        ("version = 1\nbudget = nan", "plan/bad-value"),
        ("version = 1\nbudget = -0.1", "plan/bad-value"),
        ("version = 1\nbudget = inf", "plan/bad-value"),
        ("version = 1\nbudget = 99999999999999999999", "plan/bad-value"),
        ("version = 1\nperiods = 0", "plan/bad-value"),
        ("version = 1\nperiods = 601", "plan/bad-value"),
        ("version = 1\ncrews = -1", "plan/bad-value"),
        ("version = 1\nworkdays = []", "plan/bad-value"),
        ("version = 1\nfrom = 2027-02-30", "plan/syntax"),
        ("version = 1\n[risk.ruling]\nbarred = -1", "plan/bad-value"),
        (
            "version = 1\n[[candidate]]\nlabel = 'A'\nprice = 1\nobserved = { x = 'y' }",
            "plan/bad-value",
        ),
        ("version = 1\n[[closed]]\nfrom = 2027-02-02\nuntil = 2027-02-01", "plan/bad-value"),
        ("version = ", "plan/syntax"),
    ] {
        assert_eq!(codes(text), [code], "{text}");
    }
}

#[test]
fn terms_are_changed_by_values_steps_and_shares() {
    let file = file("version = 1\nbudget = 1000\n[visit]\ncost = 50\n");
    let of = |text: &str| changed(&file, &Change::parse(text).unwrap());
    let all = of("budget=+20%,crews=+2,visit.cost=-10,risk.ruling.advised=0,period=week").unwrap();
    assert_eq!((all.budget, all.crews, all.visit.cost), (Some(1200.0), 3, 40.0));
    assert_eq!((all.risk.ruling.advised, all.stretches(ON)[0].from), (0.0, date(2026, 12, 1)));
    for wrong in ["budget=much", "bugdet=1", "visits=+1", "crews=-2", "budget.x=1"] {
        let said = of(wrong).unwrap_err();
        assert_eq!(said[0].code, "plan/what-if", "{wrong}");
    }
    for wrong in ["budget", "=1", "budget=", ""] {
        assert!(Change::parse(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn what_has_begun_before_the_day_is_spent() {
    let all = terms("from = 2026-09-15\nperiods = 4");
    let periods = all.stretches(ON);
    assert_eq!(periods.len(), 1);
    assert_eq!((periods[0].from, periods[0].until), (date(2026, 12, 15), date(2027, 1, 14)));
    assert_eq!(terms("from = 2020-01-01\nperiods = 4").stretches(ON), []);
}

#[test]
fn sites_are_one_however_they_are_spelt_and_what_has_none_is_alone() {
    let all = terms("");
    let names = [Some("Town Hall"), Some("TOWN  HALL"), Some("Town Hall"), None, None];
    let subjects = names.iter().enumerate().map(|(at, site)| subject(&at.to_string(), *site, None));
    let removal = Removal::new(&all, ON, subjects.collect(), &[]);
    let names: Vec<&str> = removal.problem.sites.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["Town Hall", "site not told", "site not told"]);
    assert_eq!(removal.no_site, 2);
}

#[test]
fn a_recorder_goes_with_its_cameras_where_a_period_takes_them_and_is_parted_else() {
    let all =
        |budget: u32| terms(&format!("budget = {budget}\nperiods = 6\n[device]\nprice = 100"));
    let subjects: Vec<Subject> = (0..6)
        .map(|at| subject(&format!("C{at}"), Some("S"), Some(["N1", "n1", "N2"][at % 3])))
        .chain([subject("N1", Some("S"), None), subject("N3", Some("S"), None)])
        .collect();
    for (budget, parted) in [(500, 0), (150, 2)] {
        let all = all(budget);
        let removal = Removal::new(&all, ON, subjects.clone(), &[]);
        let recorders: Vec<Option<usize>> =
            removal.problem.devices.iter().map(|one| one.recorder).collect();
        let (n1, n2) = (Some(0), Some(1));
        assert_eq!(recorders, [n1, n1, n2, n1, n1, n2, n1, None]);
        let plan = removal.plan().unwrap();
        assert_eq!(removal.parted(&plan), parted, "{budget}");
    }
}

#[test]
fn a_day_that_has_passed_is_kept_by_no_plan_and_weighs_more() {
    let all = terms(
        "deadline = 2028-01-01\n[[due]]\nby = 2026-11-30\nsite = 'A*'\n[[due]]\nby = 2027-06-30\nclass = 'camera'",
    );
    let subjects = vec![subject("1", Some("Annex"), None), subject("2", Some("B"), None)];
    let removal = Removal::new(&all, ON, subjects, &[]);
    assert_eq!(removal.overdue, 1);
    let [first, second] = &removal.problem.devices[..] else { panic!() };
    assert_eq!((first.due, first.risk), (None, 20.0));
    assert_eq!((second.due, second.risk), (Some(date(2027, 6, 30)), 10.0));
    assert_eq!(removal.due[0], Some(date(2026, 11, 30)));
}

#[test]
fn money_of_a_year_carries_over_and_outside_of_it_there_is_none() {
    let all = terms(
        "from = 2027-01-01\nperiods = 6\n[device]\nprice = 100\n[[fund]]\nfrom = 2027-02-01\n\
         until = 2027-03-31\namount = 300",
    );
    let subjects = (0..5).map(|at| subject(&at.to_string(), Some(&format!("S{at}")), None));
    let removal = Removal::new(&all, ON, subjects.collect(), &[]);
    let plan = removal.plan().unwrap();
    let periods: Vec<Option<usize>> = plan.visits.iter().map(|one| one.period).collect();
    assert_eq!(periods, [Some(1), Some(1), Some(1), None, None], "all at once, as early as it may");
    let money = removal.problem.limits.iter().filter(|one| one.of == Resource::Money);
    assert_eq!(money.map(|one| one.most).sum::<f64>(), 300.0);
}

#[test]
fn a_candidate_that_may_not_be_used_replaces_nothing() {
    let all = terms(
        "[device]\nprice = 7\n[[candidate]]\nlabel = 'A'\nprice = 1\n[[candidate]]\nlabel = 'B'\n\
         price = 2\nfor = ['recorder']\n[[candidate]]\nlabel = 'C'\nprice = 3\nhours = 9\n\
         replaces = ['X-*']",
    );
    let subjects = vec![subject("1", Some("S"), None)];
    let chosen = |usable: &[bool]| {
        let removal = Removal::new(&all, ON, subjects.clone(), usable);
        (removal.replaced_by[0], removal.problem.devices[0].cost, removal.problem.devices[0].hours)
    };
    assert_eq!(chosen(&[true, true, true]), (Some(0), 1.0, 1.5));
    assert_eq!(chosen(&[false, true, true]), (Some(2), 3.0, 9.0));
    assert_eq!(chosen(&[false, true, false]), (None, 7.0, 1.5));
}

#[test]
fn days_are_working_days_on_which_the_site_is_open_and_no_crew_is_at_two_places() {
    let all = terms(
        "from = 2027-01-01\nperiods = 2\nhours-per-day = 8\nworkdays = ['mon', 'wed']\n\
         [visit]\nhours = 0\n[device]\nhours = 8\n[[closed]]\nsite = 'A'\nfrom = 2027-01-01\n\
         until = 2027-01-12\nwhy = 'x'\n[[closed]]\nfrom = 2027-01-20\nuntil = 2027-01-20",
    );
    let subjects = ["A", "B", "B", "C"].iter().enumerate();
    let subjects = subjects.map(|(at, site)| subject(&at.to_string(), Some(site), None));
    let removal = Removal::new(&all, ON, subjects.collect(), &[]);
    let plan = removal.plan().unwrap();
    let days = removal.days(&plan);
    let told: Vec<(usize, Date, Date)> = plan
        .visits
        .iter()
        .zip(&days)
        .map(|(visit, days)| (visit.site, days.unwrap().0, days.unwrap().1))
        .collect();
    // Mondays and Wednesdays of January 2027: 4, 6, 11, 13, 18, 25, 27 (the 20th is closed).
    let day = |day| date(2027, 1, day);
    assert_eq!(told, [(0, day(13), day(13)), (1, day(4), day(6)), (2, day(11), day(11))]);
    // Nobody is expected between the days on which somebody comes.
    let over = removal.stretches(0, (day(6), day(25)));
    assert_eq!(over, [13, 18, 25].map(|at| (day(at), day(at))));
}

#[test]
fn a_visit_over_a_weekend_is_two_stretches() {
    let all = terms("from = 2027-01-01\nperiods = 1");
    let removal = Removal::new(&all, ON, vec![subject("0", Some("A"), None)], &[]);
    let day = |day| date(2027, 1, day);
    let told = removal.stretches(0, (day(7), day(12)));
    assert_eq!(told, [(day(7), day(8)), (day(11), day(12))]);
}

#[test]
fn what_would_be_enough_is_enough_and_hardly_more() {
    let text = |budget: f64| {
        format!("budget = {budget}\ndeadline = 2027-03-31\nperiods = 6\n[device]\nprice = 100")
    };
    let subjects: Vec<Subject> =
        (0..40).map(|at| subject(&at.to_string(), Some(&format!("S{at}")), None)).collect();
    let short = terms(&text(500.0));
    let removal = Removal::new(&short, ON, subjects.clone(), &[]);
    let said = removal.plan().unwrap_err();
    assert!(matches!(said[..], [Shortage::Due { of: Resource::Money, .. }]), "{said:?}");
    let enough = removal.enough();
    let money = enough.iter().find(|one| one.of == Resource::Money).unwrap();
    let times = money.times.unwrap();
    let plan = |times: f64| {
        let more = terms(&text(500.0 * times));
        Removal::new(&more, ON, subjects.clone(), &[]).plan().is_ok()
    };
    assert!(plan(times) && !plan(times - 0.03), "{times}");
    let hours = enough.iter().find(|one| one.of == Resource::Hours).unwrap();
    assert_eq!(hours.times, None);
    assert_eq!(removal.late(&removal.plan_without_days().unwrap()), 20);
}

#[test]
fn a_plan_is_held_against_a_later_day() {
    let wave = |month| Some((date(2027, month, 1), date(2027, month, 28)));
    let kept = |name: &str, wave| KeptDevice {
        entry: entry(name),
        site: "S".to_owned(),
        wave,
        risk: 2.0,
        cost: 1.0,
    };
    let then = [
        kept("gone", wave(1)),
        kept("early", wave(5)),
        kept("late", wave(1)),
        kept("soon", wave(5)),
        kept("left", None),
        kept("cleared", wave(1)),
    ];
    for one in &then {
        assert_eq!(KeptDevice::parse(&one.line().unwrap()).as_ref(), Some(one));
    }
    let now = ["late", "soon", "left", "cleared", "new", "fine"].map(entry);
    let goes = [true, true, true, false, true, false];
    let told = progress(&then, &now, &goes, date(2027, 3, 1));
    use Stage::{Gone, Late, Left, NoLonger, ToCome};
    assert_eq!(told.stages, [Gone, Gone, Late, ToCome, Left, NoLonger]);
    assert_eq!((told.new.as_slice(), told.planned, told.early), (&[4][..], 3, 1));
    assert_eq!((told.risk_planned, told.risk_there), (6.0, 6.0));
    assert_eq!(told.count(Gone), 2);
}

#[test]
fn amounts_are_read_by_people() {
    for (number, text) in
        [(0.0, "0"), (-0.2, "0"), (999.4, "999"), (1000.0, "1,000"), (-1234567.0, "-1,234,567")]
    {
        assert_eq!(grouped(number), text);
    }
    let told = terms("currency = \"G\\u001bBP\"").money(1234.5);
    assert!(told.starts_with("1,234 ") && !told.contains('\u{1b}'), "{told}");
}

proptest! {
    #[test]
    fn no_text_is_too_odd_for_the_reader_of_plans(text in ".{0,200}") {
        let _ = Kept::parse(&text);
        let _ = KeptDevice::parse(&text);
        let _ = Terms::read(&file(&text));
        let _ = Change::parse(&text).map(|change| changed(&file("version = 1"), &change));
    }
}
