//! What is written as JSON keeps to the schema that ships: every command that answers as JSON is
//! run on real input, and each answer and line is held against its part of the schema.

use std::collections::BTreeSet;
use std::fs;

use jsonschema::Validator;
use serde_json::{Value, json};

use crate::room::{Room, root};

const ESTATE: &str = "Asset,Site,Make,Model,MAC,IP,Supplier,Installed\n\
    CAM-017,Gate 4,LTS,CMIP7422N-28M,44:19:b6:0a:1c:33,192.0.2.17,Ashlow Ltd,2021-03-01\n\
    CAM-018,Hall,,DS-2CD2143G2-I,,192.0.2.18,Ashlow Ltd,\n\
    CAM-019,Hall,,DS-2CD2143G2-I,,192.0.2.18,Ashlow Ltd,\n";

const SEEN: &str = concat!(
    r#"{"device":"a","mac":"44:19:b6:0a:1c:33","seen":"2026-11-02T08:00:00Z"}"#,
    "\n",
    r#"{"device":"b","ip":"192.0.2.18","http-server":"DNVRS-Webs"}"#,
    "\n",
);

const LABELLED: &str = concat!(
    r#"{"id":"t1","kind":"http_headers","raw":"Server: DNVRS-Webs","label_brand":"HiLook","#,
    r#""true_maker":"Hikvision","actual_maker":"Hikvision","role":"rebadged","#,
    r#""strength":"strong","cluster":"c1"}"#,
    "\n"
);

const CASES: &str = r#"{"cases": [{"id": "friday", "title": "On a Friday",
    "context": {"jurisdiction": "US-federal", "holder": "prime_contractor",
        "act": "provide_to_government", "purpose": "security_of_government_facilities",
        "clauses": ["52.204-25 (Nov 2021)"], "agency": "civilian", "day": "2026-10-09",
        "identified_at": "2026-10-09T14:30:00-04:00"},
    "device": {"true_maker": [{"id": "dahua", "p": 0.92}, {"id": "unknown", "p": 0.08}],
        "class": "video_camera"},
    "expect": [{"regime": "us.889a1A", "outcome": "barred"}]}]}"#;

const ADVISE: &str = "cve\tfirmware\tmodel\texpected\n\
    CVE-2021-36260\tV5.5.800 build 210624\tDS-2CD2346G2-IU\tfixed\n";

const ANSWER: &str = "Supplier: Brackwater Ltd\nDated: 2026-12-01\nClause: FAR 52.204-25\n\
    Models: XX-1, XX-2\nProducer: Somebody Else Ltd\nSigned: B. Roe\n";

/// Terms that cannot be kept, with a candidate that a rule speaks against and one that none does.
const TIGHT: &str = "version = 1\nbudget = 300\ndeadline = 2027-03-31\n\
    [device]\nprice = 250\n\
    [[candidate]]\nlabel = \"HiLook\"\nmodel = \"IPC-T240H\"\nprice = 90\n\
    [[candidate]]\nlabel = \"Axis Communications\"\nmodel = \"P3265-LVE\"\nprice = 200\n";

/// The logs of two scans, between which devices came, left and changed.
fn scans() -> [String; 2] {
    let log = |day: &str, hosts: &[(&str, &str, &str, &str)]| {
        let at = format!("2026-{day}T08:00:00Z");
        let mut lines = vec![json!({
            "whomade-scan": 1, "began": at, "targets": ["192.0.2.0/24"], "own": ["192.0.2.0/24"],
            "rate": 50, "all_ports": false,
        })];
        for (last, mac, server, odd) in hosts {
            let host = format!("192.0.2.{last}");
            let said = format!("HTTP/1.1 200 OK\r\nServer: {server}");
            let odd: Vec<&str> = odd.split_whitespace().collect();
            let port = if odd.is_empty() { 80 } else { 443 };
            lines.push(json!({
                "host": host, "at": at, "port": 80, "kind": "http_headers", "said": said,
            }));
            lines.push(json!({
                "host": host, "mac": mac, "time": [at, at], "open": [port], "closed": [21, 0],
                "odd": odd, "cost": [23, 0, 0],
            }));
        }
        let zero = json!({
            "begun": 256, "outside": 0, "there": 0, "askings": 0, "bytes": [0, 0], "strangers": 0,
            "late": 0, "steps_down": 0, "unsearched": 0,
        });
        lines.push(json!({ "place": 256, "count": zero, "over": true }));
        lines.iter().map(|line| format!("{line}\n")).collect::<String>()
    };
    [
        log(
            "10-01",
            &[
                ("1", "44:19:b6:0a:1c:31", "DNVRS-Webs", ""),
                ("2", "44:19:b6:0a:1c:32", "DNVRS-Webs", ""),
                ("3", "44:19:b6:0a:1c:33", "DNVRS-Webs", ""),
            ],
        ),
        log(
            "11-01",
            &[
                ("1", "44:19:b6:0a:1c:31", "nginx", "slow"),
                ("3", "44:19:b6:0a:1c:39", "DNVRS-Webs", ""),
                ("4", "44:19:b6:0a:1c:34", "DNVRS-Webs", ""),
            ],
        ),
    ]
}

/// Commands, each with the part of the schema that its lines keep to, and that of a last line that
/// sums up.
const COMMANDS: [(&str, &str, &str); 48] = [
    ("identify --label LTS --model CMIP7422N-28M --mac 44:19:b6", "identify", ""),
    ("identify --firmware V2.420.AC00.18.R", "identify", ""),
    ("identify --label Swann --depth owner", "identify", ""),
    ("check 'Dahua IPC-HDW2431T or Axis P3245-LVE' --as us-agency", "check", ""),
    ("screen exports", "screen", "screen-summary"),
    ("screen examples/contractor.xlsx --as us-contractor --advisories", "screen", "screen-summary"),
    ("screen exports/estate.csv --evidence", "screen-evidence", "screen-summary"),
    ("screen examples/observations.ndjson --evidence", "screen-evidence", "screen-summary"),
    ("screen again.ndjson --evidence --depth owner", "screen-evidence", "screen-summary"),
    ("capture examples/gate.pcap", "screen", "screen-summary"),
    ("capture examples/gate.pcap --evidence", "screen-evidence", "screen-summary"),
    ("read exports/seen.ndjson", "observation", ""),
    ("read exports/estate.csv", "observation", ""),
    ("read examples/contractor.xlsx", "observation", ""),
    ("devices exports", "devices", "devices-summary"),
    ("devices exports --why CAM-017", "devices-why", ""),
    ("egress gate.pcap", "egress", "egress-summary"),
    ("watch --before then.ndjson --after now.ndjson --stations", "watch", "watch-summary"),
    ("watch --before now.ndjson --after gate.pcap --stations", "watch", "watch-summary"),
    ("egress gate.pcap --outside", "egress", "egress-summary"),
    ("egress gate.pcap --before gate.pcap", "egress", "egress-summary"),
    ("egress gate.pcap --paper transfer-record", "report", ""),
    ("collect --bind 127.0.0.1:0 --for 200ms", "egress", "egress-summary"),
    ("explain CAM-017 exports", "explain", ""),
    ("explain CAM-018 exports --depth owner --as uk-police", "explain", ""),
    ("suggest exports", "suggest", ""),
    ("plan examples/council.csv --as uk-council --terms examples/plan.toml", "plan", ""),
    ("plan examples/council.csv --as uk-council --terms tight.toml --what-if budget=1", "plan", ""),
    ("plan exports --as uk-council --terms tight.toml --against first.plan", "plan", ""),
    ("report summary exports/estate.csv --on 2026-11-22", "report", ""),
    ("report device CAM-017 exports/estate.csv", "report", ""),
    ("letter 'Ashlow Ltd' exports/estate.csv --as us-contractor", "letter", ""),
    ("letter --read answer.txt exports/estate.csv --on 2026-12-05", "letter-read", ""),
    ("atlas examples/council.csv", "atlas", ""),
    ("advise advise.tsv", "advise", ""),
    ("regimes", "regimes", ""),
    ("regimes us.889a1A", "regime", ""),
    ("judge cases.json", "judge", ""),
    ("eval labelled.jsonl", "eval", ""),
    ("doctor --on 2026-11-22", "doctor", ""),
    ("kb import advisories nvd.json --dir mine", "kb-import", ""),
    ("kb lint kb", "kb-lint", ""),
    ("kb show hikvision", "kb-show", ""),
    ("kb show us.889a1A", "kb-show", ""),
    ("kb disputes", "kb-disputes", ""),
    ("rollup one.whomade", "rollup", ""),
    ("verify proof", "verify", ""),
    ("farm --list", "farm-kind", ""),
];

/// The schema that ships.
pub(crate) fn schema() -> Value {
    let text = fs::read_to_string(root().join("docs/schema/whomade.v1.schema.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// A validator of one part of the schema.
pub(crate) fn part(schema: &Value, name: &str) -> Validator {
    assert!(schema["$defs"].get(name).is_some(), "the schema has no part {name}");
    let whole = json!({ "$ref": format!("#/$defs/{name}"), "$defs": schema["$defs"] });
    jsonschema::validator_for(&whole).expect("a schema that is one")
}

fn room() -> Room {
    let room = Room::new("schema");
    for (name, text) in [
        ("exports/estate.csv", ESTATE),
        ("exports/seen.ndjson", SEEN),
        ("labelled.jsonl", LABELLED),
        ("cases.json", CASES),
        ("advise.tsv", ADVISE),
        ("answer.txt", ANSWER),
        ("tight.toml", TIGHT),
        ("nvd.json", r#"{"vulnerabilities": [{"cve": {"id": "CVE-2026-90001"}}]}"#),
    ] {
        room.write(name, text.as_bytes());
    }
    for (name, text) in ["then.ndjson", "now.ndjson"].into_iter().zip(scans()) {
        room.write(name, text.as_bytes());
    }
    crate::egress::small(&room);
    room.run("whomade read exports --json -q > again.ndjson");
    room.run("whomade plan exports -q --as uk-council --terms tight.toml --save first.plan");
    room.run("whomade screen exports -q --save one.whomade --bundle proof --on 2026-11-22");
    room
}

/// What a command printed as JSON: one answer over several lines, or one a line.
fn answers(room: &Room, command: &str) -> Vec<Value> {
    let printed = room.run(command);
    let text = String::from_utf8_lossy(&printed.bytes).into_owned();
    let told = || format!("{command}\n{text}");
    let one = serde_json::from_str(&text).map(|one| vec![one]);
    let all = one.unwrap_or_else(|_| {
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{}", told())))
            .collect()
    });
    assert!(!all.is_empty(), "{command} printed nothing");
    all
}

#[test]
fn every_answer_says_its_version_and_keeps_to_the_schema() {
    let (schema, room) = (schema(), room());
    let whole = jsonschema::validator_for(&schema).expect("a schema that is one");
    let section = part(&schema, "observation-section");
    let mut used: BTreeSet<&str> = BTreeSet::new();
    let mut wrong = Vec::new();
    for (command, name, last) in COMMANDS {
        let (each, closing) =
            (part(&schema, name), (!last.is_empty()).then(|| part(&schema, last)));
        used.extend([name, last].into_iter().filter(|name| !name.is_empty()));
        for answer in answers(&room, &format!("whomade {command} --json -q")) {
            let validator = match &closing {
                Some(closing) if answer.get("summary").is_some() => closing,
                _ if name == "observation" && answer.get("records").is_some() => &section,
                _ => &each,
            };
            assert_eq!(answer["v"], 1, "{command}: {answer}");
            let errors: Vec<String> = validator
                .iter_errors(&answer)
                .map(|error| format!("{command} at {}: {error}", error.instance_path()))
                .collect();
            wrong.extend(errors);
            if !whole.is_valid(&answer) {
                wrong.push(format!("{command}: no part of the schema fits"));
            }
        }
    }
    wrong.dedup();
    wrong.truncate(20);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let all = schema["$defs"].as_object().unwrap().keys();
    let unused: Vec<&String> = all.filter(|name| !used.contains(name.as_str())).collect();
    // What a farm counted needs a network of its own: `farm.rs` holds it against its part.
    let elsewhere = ["farm", "named", "observation-section"];
    assert_eq!(unused, elsewhere, "parts of the schema that nothing uses");
}

#[test]
fn what_is_not_said_so_is_refused() {
    let schema = schema();
    let screen = part(&schema, "screen");
    let room = room();
    let mut line = answers(&room, "whomade screen exports/estate.csv --json -q").remove(0);
    assert!(screen.is_valid(&line));
    line["design"]["certainty"] = json!("certain");
    assert!(!screen.is_valid(&line), "a certainty that there is not");
    line["design"]["certainty"] = json!("probable");
    line["v"] = json!(2);
    assert!(!screen.is_valid(&line), "another version");
    line["v"] = json!(1);
    line["further"] = json!("a key of a later release");
    assert!(screen.is_valid(&line), "further keys are allowed");
    line.as_object_mut().unwrap().remove("rulings");
    assert!(!screen.is_valid(&line), "the rulings are missing");
}

/// Commands that need a network to answer: `listen.rs` and `scanning.rs` hold that what they say is
/// what `capture` and `screen` say, line by line.
const HELD_ELSEWHERE: [&str; 2] = ["listen", "scan"];

/// No command answers as JSON that the table above does not run.
#[test]
fn every_command_that_answers_as_json_is_held_against_the_schema() {
    let room = Room::new("schema-commands");
    let commands = |of: &str| -> Vec<String> {
        let help = room.lines(&format!("whomade {of} --help"));
        let from = help.iter().position(|line| line == "Commands:").expect("commands");
        let listed = help[from + 1..].iter().take_while(|line| !line.is_empty());
        let names = listed.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
        names.filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
    };
    let mut all = commands("");
    all.retain(|name| name != "kb" && name != "help");
    all.extend(
        commands("kb").into_iter().filter(|one| one != "help").map(|one| format!("kb {one}")),
    );
    let mut answering = 0;
    for name in all {
        let help = room.lines(&format!("whomade {name} --help")).join("\n");
        if help.lines().any(|line| line.trim_start().starts_with("--json")) {
            answering += 1;
            let run = COMMANDS.iter().any(|(command, ..)| command.starts_with(name.as_str()))
                || HELD_ELSEWHERE.contains(&name.as_str());
            assert!(run, "`whomade {name} --json` is not run here");
        }
    }
    assert!(answering >= 20, "only {answering} commands");
}

/// The page about JSON names every part of the schema, and no other.
#[test]
fn the_page_about_json_names_every_part() {
    let page = fs::read_to_string(root().join("docs/json.md")).unwrap();
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `"));
    let named: BTreeSet<&str> = rows.filter_map(|row| row.split('`').next()).collect();
    let schema = schema();
    let all: BTreeSet<&str> =
        schema["$defs"].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(named, all);
}
