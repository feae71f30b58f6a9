//! `whomade plan` on whatever is given: hostile names, files that changed, outputs that are inputs.

use crate::room::Room;

const ASK: &str = "--policy examples/council-motion.toml --on 2026-11-23";
const TERMS: &str = "version = 1\nbudget = 900\n[device]\nprice = 260\n";
/// Every output at once.
const OUTPUTS: &str =
    "--csv plan.csv --ics plan.ics --pictures pictures -o plan.html --save kept.plan";

fn room(name: &str, rows: &str) -> Room {
    let room = Room::new(name);
    room.write("plan.toml", TERMS.as_bytes());
    room.write(
        "estate.csv",
        format!("Camera,Site,NVR,Make,Model,MAC,Installed\n{rows}").as_bytes(),
    );
    room
}

fn text(room: &Room, name: &str) -> String {
    String::from_utf8(room.read(name)).expect("what is written is UTF-8")
}

#[test]
fn hostile_names_reach_no_output_raw() {
    let bad = "</text><script>x()</script>\u{1b}[31m\u{202e}]]>&\"'";
    let quoted = bad.replace('"', "\"\"");
    let rows: String = (0..4)
        .map(|at| {
            format!(
                "\"=A{at}{quoted}\",\"{quoted}\",\"N{quoted}\",Hikvision,DS-2CD2143G2-I,\
                 44:19:b6:0a:1c:3{at},2023-01-0{}\n",
                at + 1
            )
        })
        .collect();
    let room = room("plan-hostile", &rows);
    room.write(
        "plan.toml",
        br#"version = 1
budget = 900
currency = "</svg>\u001b""#
            .as_slice(),
    );
    let printed = room.lines(&format!("whomade plan estate.csv {ASK} {OUTPUTS} -q --all"));
    assert!(printed.iter().any(|line| line.contains("4 of 4 devices")), "{printed:#?}");
    assert_eq!(room.unfit(&printed), None);
    for name in ["pictures/waves.svg", "pictures/burn-down.svg", "pictures/cost-curve.svg"] {
        let svg = text(&room, name);
        let drawn = quick_check(&svg);
        assert!(drawn.is_ok(), "{name}: {drawn:?}\n{svg}");
    }
    for name in ["plan.html", "plan.ics", "plan.csv", "pictures/waves.svg"] {
        let text = text(&room, name);
        let odd = |c: char| c == '\u{1b}' || c == '\u{202e}';
        assert!(!text.contains(odd), "{name}");
        let is_markup = name.ends_with("html") || name.ends_with("svg");
        assert!(!is_markup || !text.contains("<script"), "{name}");
    }
    let csv = text(&room, "plan.csv");
    assert!(csv.contains("'=A0"), "a formula stands there as text: {csv}");
}

/// Whether a drawing is whole: every element is closed in its order.
fn quick_check(svg: &str) -> Result<(), String> {
    let mut open: Vec<&str> = Vec::new();
    for part in svg.split('<').skip(1) {
        let (tag, _) = part.split_once('>').ok_or_else(|| format!("not closed: {part}"))?;
        if tag.starts_with('?') || tag.ends_with('/') {
            continue;
        }
        let name = tag.split_whitespace().next().unwrap_or_default();
        match name.strip_prefix('/') {
            Some(name) if open.last() == Some(&name) => drop(open.pop()),
            Some(name) => return Err(format!("{name} closes {open:?}")),
            None => open.push(name),
        }
    }
    if open.is_empty() { Ok(()) } else { Err(format!("{open:?} stay open")) }
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let room = Room::new("plan-same");
    room.write(
        "plan.toml",
        &std::fs::read(crate::room::root().join("examples/plan.toml")).unwrap(),
    );
    let run = || {
        let printed = room.lines(&format!("whomade plan examples/council.csv {ASK} {OUTPUTS} -q"));
        let files = ["plan.csv", "plan.ics", "plan.html", "kept.plan", "pictures/waves.svg"];
        (printed, files.map(|name| text(&room, name)))
    };
    assert_eq!(run(), run());
}

#[test]
fn what_is_read_is_never_written_over() {
    let room = room("plan-spare", "A1,Gate,,Hikvision,DS-2CD2143G2-I,44:19:b6:0a:1c:33,\n");
    let before = [room.read("estate.csv"), room.read("plan.toml")];
    for output in [
        "--csv estate.csv",
        "--save plan.toml",
        "-o estate.csv",
        "--csv a --ics a",
        "--ics estate.csv",
    ] {
        let printed = room.lines(&format!("whomade plan estate.csv {ASK} {output} -q"));
        assert_eq!(printed.last().map(String::as_str), Some("[exit 2]"), "{output}: {printed:#?}");
    }
    assert_eq!(before, [room.read("estate.csv"), room.read("plan.toml")]);
}

#[test]
fn a_run_that_has_changed_since_is_said_and_held_against_its_plan() {
    let row = |name: &str, last: &str| {
        format!("{name},Gate,,Hikvision,DS-2CD2143G2-I,44:19:b6:0a:1c:{last},\n")
    };
    let room = room("plan-changed", &(row("A1", "31") + &row("A2", "32")));
    room.run(&format!("whomade screen estate.csv {ASK} -q > /dev/null"));
    room.run("whomade plan --save kept.plan -q > /dev/null");
    assert!(text(&room, "kept.plan").starts_with(r#"{"v":1,"kind":"plan","on":"2026-11-23""#));
    let rows =
        format!("Camera,Site,NVR,Make,Model,MAC,Installed\n{}{}", row("A1", "31"), row("B9", "39"));
    room.write("estate.csv", rows.as_bytes());
    let printed = room.lines("whomade plan --against kept.plan");
    let has = |part: &str| printed.iter().any(|line| line.contains(part));
    assert!(has("ask/input-changed"), "{printed:#?}");
    assert!(has("     1  no longer listed") && has("     1  to come"), "{printed:#?}");
    assert!(has("     1  have to go and were not in that plan"), "{printed:#?}");
    // Other terms, another question: both are said.
    room.write("plan.toml", b"version = 1\nbudget = 800\n[device]\nprice = 260\n");
    let printed = room
        .lines("whomade plan estate.csv --as uk-police --on 2027-01-05 --against kept.plan 2>&1");
    let said = printed.iter().any(|line| line.contains("who asks and what, the terms"));
    assert!(said, "{printed:#?}");
}

#[test]
fn a_budget_of_nothing_and_a_device_dearer_than_all_leave_things_where_they_are() {
    let rows = "A1,Gate,,Hikvision,DS-2CD2143G2-I,44:19:b6:0a:1c:33,2025-01-01\n";
    let room = room("plan-poor", rows);
    for (terms, said) in [
        ("budget = 0\n[device]\nprice = 10\n", "1 of them have no room in any period"),
        ("budget = 9\nperiods = 3\n[device]\nprice = 10\n", "the least such visit takes 10"),
        ("budget = 50\nhours-per-day = 0.1\n[device]\nprice = 10\n", "1 of them have no room"),
    ] {
        room.write("plan.toml", format!("version = 1\n{terms}").as_bytes());
        let printed = room.lines(&format!("whomade plan estate.csv {ASK} {OUTPUTS} -q"));
        let has = |part: &str| printed.iter().any(|line| line.contains(part));
        assert!(has("left: 1 device at Gate") && has(said), "{terms}: {printed:#?}");
        assert!(has("[exit 1]"), "nothing could be planned: {printed:#?}");
        assert!(text(&room, "plan.csv").contains("\nleft,"), "{terms}");
        assert!(!text(&room, "plan.ics").contains("VEVENT"), "{terms}");
    }
    room.write("plan.toml", b"version = 1\nfrom = 2020-01-01\nperiods = 6\n");
    let printed = room.lines(&format!("whomade plan estate.csv {ASK} -q"));
    assert!(printed[0].contains("[plan/over]"), "{printed:#?}");
    room.write("empty.csv", b"Camera,Make\n");
    room.write("plan.toml", b"version = 1\n");
    let printed = room.lines(&format!("whomade plan empty.csv {ASK} -q"));
    assert!(printed.iter().any(|line| line.contains("[ask/no-device]")), "{printed:#?}");
}

#[test]
fn terms_that_cannot_be_are_refused_by_name() {
    let room = room("plan-terms", &cameras(3));
    for (line, says) in [
        ("crews = 0", "1 to 10000 crews"),
        ("crews = 4000000000", "1 to 10000 crews"),
        ("hours-per-day = 0", "more than 0 hours"),
        ("hours-per-day = -1", "more than 0 hours"),
        ("visits = 0", "without a visit"),
        ("workdays = [\"sat\", \"sat\"]", "named twice"),
        ("from = 9999-12-01", "begins between"),
        ("budget = nan", "`nan` stands where a number is wanted"),
        ("budget = 1e400", "stands where a number is wanted"),
    ] {
        room.write("plan.toml", format!("version = 1\n{line}\n").as_bytes());
        let ran = room.run(&format!("whomade plan estate.csv {ASK}"));
        assert_eq!(ran.status, Some(2), "{line}");
        assert!(ran.text().contains(says), "{line}: {}", ran.text());
    }
    room.write("plan.toml", b"budget = 5\n");
    let ran = room.run(&format!("whomade plan estate.csv {ASK}"));
    assert!(ran.text().contains("write `version = 1`"), "{}", ran.text());
    room.write("plan.toml", TERMS.as_bytes());
    for change in ["budget=nan", "budget=inf", "budget=+nan%", "crews=many"] {
        let ran = room.run(&format!("whomade plan estate.csv {ASK} --what-if {change}"));
        assert_eq!(ran.status, Some(2), "{change}");
    }
}

/// Rows of so many cameras at one site each.
fn cameras(many: u32) -> String {
    let row = |at: u32| {
        format!("C{at},S{at},,Hikvision,DS-2CD2143G2-I,44:19:b6:0a:1c:{at:02x},2023-01-01\n")
    };
    (0..many).map(row).collect()
}

#[test]
fn other_terms_are_compared_only_where_they_can_be() {
    let room = room("plan-beside", &cameras(6));
    let run = |change: &str| {
        let ran = room.run(&format!("whomade plan estate.csv {ASK} -q --what-if {change}"));
        assert_eq!(ran.status, Some(0), "{}", ran.text());
        let text = ran.text();
        text.lines().find(|line| line.starts_with("if ")).unwrap_or_default().to_owned()
    };
    let later = run("from=2028-01-01");
    assert!(later.contains("done by 2028-") && later.contains("another stretch"), "{later}");
    let weighed = run("risk.ruling.barred=1");
    assert!(weighed.contains("not comparable: weighed otherwise"), "{weighed}");
    let money = run("currency=EUR");
    assert!(money.contains(" EUR "), "{money}");
    // Whoever has more of everything can do at least what was planned with less.
    for more in ["crews=3", "budget=+50%", "visits=30"] {
        let line = run(more);
        assert!(line.ends_with(" 0 %") || line.contains("  -"), "{line}");
    }
}

#[test]
fn a_day_that_can_be_kept_is_kept_where_another_cannot() {
    let room = room("plan-days", &cameras(8));
    room.write(
        "plan.toml",
        b"version = 1\nbudget = 300\ndeadline = 2027-03-31\n[device]\nprice = 260\n\
          [[due]]\nby = 2027-01-31\nsite = \"S7\"\n",
    );
    let ran = room.run(&format!("whomade plan estate.csv {ASK} -q --csv plan.csv"));
    assert_eq!(ran.status, Some(1), "{}", ran.text());
    assert!(ran.text().contains("and the days that it can"), "{}", ran.text());
    assert!(ran.text().contains("by 2027-01-31 must be gone: at S7"), "{}", ran.text());
    let rows = text(&room, "plan.csv");
    let first = rows.lines().find(|row| row.contains(",S7,")).unwrap_or_default();
    assert!(first < "2027-02", "{rows}");
}

#[test]
fn work_over_a_weekend_is_two_entries_of_the_calendar() {
    let row = |at: u32| format!("C{at},A,,Hikvision,DS-2CD2143G2-I,44:19:b6:0a:1c:{at:02x},\n");
    let room = room("plan-weekend", &(0..8).map(row).collect::<String>());
    let terms = "version = 1\nhours-per-day = 8\n[device]\nhours = 8\nprice = 1\n";
    room.write("plan.toml", terms.as_bytes());
    let ran = room.run(&format!("whomade plan estate.csv {ASK} -q --ics plan.ics"));
    assert_eq!(ran.status, Some(0), "{}", ran.text());
    let calendar = text(&room, "plan.ics");
    for (from, behind, part) in [("1201", "1205", "1 of 2"), ("1207", "1212", "2 of 2")] {
        let days = format!("DTSTART;VALUE=DATE:2026{from}\r\nDTEND;VALUE=DATE:2026{behind}\r\n");
        assert!(calendar.contains(&days), "{calendar}");
        assert!(calendar.contains(&format!("part {part}")), "{calendar}");
    }
}

#[test]
fn what_may_be_a_slip_of_the_terms_or_the_list_is_said() {
    let row = |at: u32, site: &str| {
        format!("C{at},{site},,Hikvision,DS-2CD2143G2-I,44:19:b6:0a:1c:{at:02x},\n")
    };
    let rows = row(1, "Town Hall") + &row(2, "Town Hall Annexe") + &row(3, "Depot");
    let room = room("plan-slips", &rows);
    let terms = format!("{TERMS}[[due]]\nby = 2027-06-30\nregime = \"uk.cabinet\"\n");
    room.write("plan.toml", terms.as_bytes());
    let said = room.run(&format!("whomade plan estate.csv {ASK} 2>&1")).text();
    assert!(said.contains("[plan/like-sites]: `Town Hall` and `Town Hall Annexe`"), "{said}");
    assert!(!said.contains("`Depot` and"), "{said}");
    assert!(said.contains("[plan/empty-due]: a day of the terms is of the regime `uk.cabinet`"));
    room.write(
        "sold.csv",
        b"Camera,Make,Model,Supplier\nA,Hikvision,DS-2CD2143G2-I,Northway Ltd\n\
          B,Hikvision,DS-2CD2143G2-I,Northway Limited\nC,Hikvision,DS-2CD2143G2-I,Other Co\n",
    );
    let letter = format!("whomade letter 'Northway Ltd' sold.csv {ASK} -o letter.md 2>&1");
    let said = room.run(&letter).text();
    assert!(
        said.contains("[ask/like-supplier]: the records also name Northway Limited (1)"),
        "{said}"
    );
}

#[test]
fn the_columns_of_costs_add_up_to_the_plan() {
    let room = room("plan-sums", &cameras(5));
    room.write("plan.toml", b"version = 1\n[visit]\ncost = 70\n[device]\nprice = 260\ncost = 45\n");
    let ran = room.run(&format!("whomade plan estate.csv {ASK} -q --csv plan.csv --json"));
    let said: serde_json::Value = serde_json::from_slice(&ran.bytes).expect("one line of JSON");
    let rows = text(&room, "plan.csv");
    let mut lines = rows.lines().map(|row| row.split(',').collect::<Vec<_>>());
    let heads = lines.next().expect("a line of headings");
    let at = |name: &str| heads.iter().position(|one| *one == name).expect(name);
    let (cost, visit) = (at("cost"), at("cost of the visit"));
    let sum = |at: usize, row: &Vec<&str>| row[at].parse::<f64>().unwrap_or(0.0);
    let all: f64 = lines.map(|row| sum(cost, &row) + sum(visit, &row)).sum();
    assert!((all - 5.0 * (260.0 + 45.0 + 70.0)).abs() < 1e-6, "{rows}");
    assert_eq!(said["plan"]["sum"]["cost"].as_f64(), Some(all));
}

#[test]
fn a_maker_of_which_the_seat_is_not_known_is_not_called_clear() {
    let room = Room::new("plan-seat");
    room.write("plan.toml", TERMS.as_bytes());
    room.write(
        "estate.csv",
        b"Camera,Site,Make,Model\nC1,Here,360 Vision Technology,Centurion HD\n\
          C2,Here,Axis,P3245-LV\n",
    );
    let asked = room.run(&format!("whomade screen estate.csv {ASK} --json -q"));
    let unknown = asked.text().matches("unknown_maker").count() > 0;
    let ran = room.run(&format!("whomade plan estate.csv {ASK} -q"));
    assert_eq!(unknown, ran.text().contains("or its seat, is not known"), "{}", ran.text());
}

#[test]
fn nothing_to_remove_is_no_clearance() {
    let rows = "A1,Gate,,Axis,AXIS P1467-LE Bullet Camera,ac:cc:8e:39:89:f4,\nA2,Gate,,,,,\n";
    let room = room("plan-none", rows);
    let printed = room.lines(&format!("whomade plan estate.csv {ASK} {OUTPUTS} -q"));
    let has = |part: &str| printed.iter().any(|line| line.contains(part));
    assert!(has("0 of 2 devices to remove"), "{printed:#?}");
    assert!(has("1  are not planned: their maker, or its seat, is not"), "{printed:#?}");
    assert!(text(&room, "plan.html").contains("Nothing has to be removed"));
}
