//! What `--write` writes: valid by the official schemas, the same bytes every time, and nobody
//! accused on what is only possible.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::room::{Room, root};

/// An estate of every kind: surely made, possible, unknown, contradictory, with a hole, with
/// names that would end a string, a line or a page anywhere, and a row that cannot be read.
const ESTATE: &str = "Camera,Make,Model,MAC,Firmware,Serial,IP
\"G\"\"1 <b>&'é\",HiLook,IPC-B460HA-LU,44:19:b6:0a:1c:33,V5.5.0 build 170725,,192.0.2.7
G2,\"=HYPERLINK(\"\"x\"\",\"\"Hik\\vision\"\")\",DS-2CD2143G2-I,44:19:b6:0a:1c:34,,,2001:db8::7
G3,Axis,P3225-LV,44:19:b6:0a:1c:35,,,
G4,Söhne & 摄像机 [a](http://x.invalid) {0},,,,,
,,,,V5.4.0 build 160530,,
G6,Lorex,E841CA,,,,
G7,\u{1b}[31mred\u{7},\u{202e}evil\u{9b}x,,,,
G8,Axis,P3225-LV,00:40:8c:0a:1c:35,,,
G9,HiLook,,44:19:b6:0a:1c,,,
";

/// What a scanner saw of one of them, and when.
const SCAN: &str = "<?xml version=\"1.0\"?><nmaprun scanner=\"nmap\" xmloutputversion=\"1.05\">
<host starttime=\"1793606400\" endtime=\"1793606460\"><status state=\"up\"/>\
<address addr=\"192.0.2.7\" addrtype=\"ipv4\"/>\
<address addr=\"44:19:B6:0A:1C:33\" addrtype=\"mac\"/>\
<ports><port protocol=\"tcp\" portid=\"80\"><state state=\"open\"/>\
<script id=\"http-server-header\" output=\"DNVRS-Webs\"/></port></ports></host></nmaprun>
";

/// Certificates of two devices, one of which is none; addresses written otherwise.
const SEEN: &str = concat!(
    r#"{"device":"C1","field":"tls-fingerprint","value":"00112233445566778899AABBCCDDEEFF"#,
    r#"00112233445566778899aabbccddeeff"}"#,
    "\n",
    r#"{"device":"C1","field":"tls-subject","value":"CN=\"x\", O=\u001bHik"}"#,
    "\n",
    r#"{"device":"C2","field":"tls-fingerprint","value":"none"}"#,
    "\n",
    r#"{"device":"C2","field":"ip","value":"2001:DB8:0:0::1"}"#,
    "\n",
    r#"{"device":"C2","field":"ip","value":"192.0.2.300"}"#,
    "\n",
);

/// Formats of JSON, with the file that a test writes.
const JSON: [(&str, &str); 3] =
    [("cyclonedx", "a.cdx.json"), ("sarif", "a.sarif"), ("stix", "a.stix.json")];

fn estate(name: &str) -> Room {
    let room = Room::new(name);
    room.write("estate.csv", ESTATE.as_bytes());
    room.write("scan.xml", SCAN.as_bytes());
    room.write("seen.ndjson", SEEN.as_bytes());
    room
}

/// Screens the estate into every format, with further options.
fn write(room: &Room, options: &str) {
    let printed = room.run(&format!(
        "whomade screen estate.csv scan.xml seen.ndjson --on 2025-05-01 -q {options} --write a.cdx.json \
         --write a.sarif --write a.stix.json --write a.dot --write graphviz=b.txt > /dev/null"
    ));
    let said = String::from_utf8_lossy(&printed.bytes).into_owned();
    assert!(printed.status.is_some_and(|status| status < 2), "{options}: {said}");
}

fn json(room: &Room, name: &str) -> Value {
    serde_json::from_slice(&room.read(name)).unwrap_or_else(|wrong| panic!("{name}: {wrong}"))
}

fn list<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value[key].as_array().unwrap_or_else(|| panic!("no list `{key}`"))
}

/// Each device's name, certainty, maker and standing, as `--json --evidence` has them.
fn answers(room: &Room) -> BTreeMap<String, (String, Option<String>, String)> {
    let lines = room.lines(
        "whomade screen estate.csv scan.xml seen.ndjson --on 2025-05-01 -q --json --evidence --as us-agency",
    );
    let reports = lines.iter().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let reports = reports.filter(|one| one.get("device").is_some());
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let answers: BTreeMap<_, _> = reports
        .map(|one| {
            let certainty = text(&one["design"]["certainty"]).unwrap();
            let maker = text(&one["design"]["maker"]["name"]);
            let standing = text(&one["standing"]).unwrap();
            // As the writers show it: cleaned of what turns or ends text.
            let name = text(&one["device"]).unwrap();
            (name, (certainty, maker, standing))
        })
        .collect();
    let words: BTreeSet<&str> = answers.values().map(|(word, ..)| word.as_str()).collect();
    assert!(words.contains("probable") && words.contains("possible"), "{words:?}");
    assert!(words.contains("unknown"), "{words:?}");
    assert!(answers.values().any(|(.., standing)| standing == "contradictory"));
    answers
}

fn property<'v>(component: &'v Value, name: &str) -> Option<&'v str> {
    list(component, "properties").iter().find(|one| one["name"] == name)?["value"].as_str()
}

#[test]
fn nobody_is_called_a_manufacturer_who_is_only_possible() {
    let room = estate("writers-maker");
    let answers = answers(&room);
    write(&room, "--as us-agency");
    let bill = json(&room, "a.cdx.json");
    assert_eq!(list(&bill, "components").len(), answers.len());
    for one in list(&bill, "components") {
        let name = property(one, "whomade:device").unwrap();
        let (certainty, maker, standing) = &answers[name];
        let firm = matches!(certainty.as_str(), "probable" | "confirmed");
        let firm = firm && standing != "contradictory";
        let stated = one["manufacturer"]["name"].as_str().map(str::to_owned);
        assert_eq!(stated, maker.clone().filter(|_| firm), "{name}");
        assert_eq!(property(one, "whomade:certainty"), Some(certainty.as_str()), "{name}");
        if certainty == "unknown" {
            assert_eq!(property(one, "whomade:maker"), Some("unknown"), "{name}");
        }
        for identity in one["evidence"]["identity"].as_array().into_iter().flatten() {
            assert_eq!(identity.get("concludedValue").is_some(), firm, "{name}");
            let sure = identity["confidence"].as_f64();
            assert!(sure.is_none_or(|sure| sure < 1.0), "{name}: {sure:?}");
        }
    }
    let bundle = json(&room, "a.stix.json");
    let objects = list(&bundle, "objects");
    let named: BTreeMap<&str, &str> = objects
        .iter()
        .filter_map(|one| Some((one["id"].as_str()?, one["name"].as_str()?)))
        .collect();
    let mut tied = 0;
    for one in objects.iter().filter(|one| one["relationship_type"] == "related-to") {
        let says = one["description"].as_str().unwrap();
        if says.contains("designed by") {
            let (certainty, maker, standing) = &answers[named[one["source_ref"].as_str().unwrap()]];
            assert!(matches!(certainty.as_str(), "probable" | "confirmed"), "{says}");
            assert_ne!(standing, "contradictory", "{says}");
            assert_eq!(maker.as_deref(), Some(named[one["target_ref"].as_str().unwrap()]));
            tied += 1;
        }
    }
    assert!(tied >= 2, "only {tied} devices are tied to a maker");
}

#[test]
fn no_rule_fails_on_a_maker_that_is_only_possible_and_the_unknown_stays_open() {
    let room = estate("writers-sarif");
    let answers = answers(&room);
    write(&room, "--as us-agency --context purpose=public-safety");
    let log = json(&room, "a.sarif");
    let run = &log["runs"][0];
    let rules: BTreeSet<&str> = list(&run["tool"]["driver"], "rules")
        .iter()
        .filter_map(|rule| rule["id"].as_str())
        .collect();
    let (mut open, mut unknown) = (BTreeSet::new(), BTreeSet::new());
    let (mut errors, mut ranks) = (0, BTreeMap::<&str, Vec<f64>>::new());
    for one in list(run, "results") {
        let name = one["properties"]["device"].as_str().unwrap();
        assert!(rules.contains(one["ruleId"].as_str().unwrap()), "{one}");
        if one["level"] == "error" {
            let certainty = answers[name].0.as_str();
            assert!(matches!(certainty, "probable" | "confirmed"), "{one}");
            errors += 1;
        }
        assert_eq!(one["kind"] == "fail", one["level"] != "none", "{one}");
        assert_ne!(one["properties"]["outcome"], "not_bound", "{one}");
        if one["ruleId"] == "unknown-maker" {
            unknown.insert(name);
        }
        if one["properties"]["outcome"] == "undetermined" {
            assert_eq!(one["kind"], "open", "{one}");
        }
        if one["kind"] == "open" {
            open.insert(name);
        }
        let certainty = one["properties"]["certainty"].as_str().unwrap();
        ranks.entry(certainty).or_default().push(one["rank"].as_f64().unwrap());
    }
    let most = |word: &str| ranks.get(word).into_iter().flatten().copied().fold(0.0, f64::max);
    let least = ranks["probable"].iter().copied().fold(100.0, f64::min);
    assert!(most("possible") < least && most("unknown") < least, "{ranks:?}");
    assert!(errors >= 2, "only {errors} devices are barred");
    for (name, (certainty, ..)) in &answers {
        assert_eq!(unknown.contains(name.as_str()), certainty == "unknown", "{name}");
    }
    assert!(unknown.is_subset(&open), "{unknown:?} {open:?}");
    // The first row's value is pointed at, in characters.
    let first = &list(run, "results")[0]["locations"][0]["physicalLocation"]["region"];
    let (start, end) = (first["startColumn"].as_u64(), first["endColumn"].as_u64());
    let line: Vec<char> = ESTATE.lines().nth(1).unwrap().chars().collect();
    let of = |at: Option<u64>| usize::try_from(at.unwrap()).unwrap() - 1;
    let shown: String = line[of(start)..of(end)].iter().collect();
    assert!(["HiLook", "44:19:b6:0a:1c:33", "V5.5.0 build 170725"].contains(&&*shown), "{shown}");
}

#[test]
fn a_bundle_speaks_of_no_attack() {
    let room = estate("writers-stix");
    write(&room, "--advisories");
    let bundle = json(&room, "a.stix.json");
    let kinds: BTreeSet<&str> =
        list(&bundle, "objects").iter().filter_map(|one| one["type"].as_str()).collect();
    let known = [
        "grouping",
        "identity",
        "infrastructure",
        "ipv4-addr",
        "ipv6-addr",
        "mac-addr",
        "note",
        "observed-data",
        "relationship",
        "software",
        "vulnerability",
        "x509-certificate",
    ];
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), known);
    let objects = list(&bundle, "objects");
    let ids: BTreeSet<&str> = objects.iter().filter_map(|one| one["id"].as_str()).collect();
    assert_eq!(ids.len(), objects.len(), "an object stands there twice");
    let seen = objects.iter().find(|one| one["type"] == "observed-data").unwrap();
    assert_eq!(seen["first_observed"], "2026-11-02T08:00:00Z");
    for one in objects {
        for key in ["source_ref", "target_ref"] {
            let named = one[key].as_str();
            assert!(named.is_none_or(|id| ids.contains(id)), "{one}");
        }
        assert!(one.get("first_seen").is_none(), "of an attacker's equipment only: {one}");
    }
}

#[test]
fn the_same_estate_gives_the_same_bytes_and_nothing_that_a_terminal_obeys() {
    let room = estate("writers-same");
    let names = ["a.cdx.json", "a.sarif", "a.stix.json", "a.dot"];
    write(&room, "--advisories --as uk-police --body 'Böro \"x\"'");
    let first: Vec<Vec<u8>> = names.iter().map(|name| room.read(name)).collect();
    write(&room, "--advisories --as uk-police --body 'Böro \"x\"'");
    for (name, before) in names.iter().zip(&first) {
        let now = room.read(name);
        assert_eq!(&now, before, "{name}");
        let text = String::from_utf8(now).unwrap();
        let obeyed =
            |c: char| c.is_control() && c != '\n' || ('\u{202a}'..='\u{202e}').contains(&c);
        assert!(!text.contains(obeyed), "{name} holds a raw control character");
    }
    // Another day, other ids: nothing is known again that is not the same.
    room.run("whomade screen estate.csv -q --on 2025-05-02 --write b.cdx.json");
    let serial = |name: &str| json(&room, name)["serialNumber"].as_str().unwrap().to_owned();
    assert_ne!(serial("a.cdx.json"), serial("b.cdx.json"));
}

#[test]
fn what_is_hidden_is_said_in_each() {
    let room = estate("writers-only");
    write(&room, "--only unknown");
    let said = "only unknown: ";
    for (_, name) in JSON {
        let text = String::from_utf8(room.read(name)).unwrap();
        assert!(text.contains(said), "{name} does not say that it holds only some");
    }
    assert!(String::from_utf8(room.read("a.dot")).unwrap().contains(said));
    let bill = json(&room, "a.cdx.json");
    assert_eq!(list(&bill, "compositions")[0]["aggregate"], "incomplete");
    let all = list(&bill, "components");
    assert!(all.iter().all(|one| property(one, "whomade:certainty") == Some("unknown")));
}

#[test]
fn a_picture_of_too_much_says_so_and_counts_every_device() {
    let room = Room::new("writers-limit");
    let rows: String = (0..500).map(|at| format!("C{at},Label {at}\n")).collect();
    room.write("many.csv", format!("Camera,Make\n{rows}").as_bytes());
    let lines = room.lines("whomade screen many.csv --on 2025-05-01 --write many.dot");
    let all = lines.join("\n");
    assert!(all.contains("write/limit") && all.contains("100 devices"), "{all}");
    let text = String::from_utf8(room.read("many.dot")).unwrap();
    assert!(text.contains("label=\"other labels\\n100 devices\""), "{text}");
    assert!(text.contains("label=\"make unknown\\n500 devices\""));
}

#[test]
fn an_output_is_whole_or_not_there_and_never_over_what_is_read() {
    let room = estate("writers-whole");
    room.write("kept.dot", b"as it was");
    let refused = [
        "--write no/such/folder.dot",
        "--write graphviz=examples",
        "--write graphviz=estate.csv",
        "--write kept.dot --write graphviz=./kept.dot",
        "--write kept.dot --html kept.dot",
        "--write graphviz=- --write sarif=-",
        "--write graphviz=- --json",
        "--write kept.dot --map mac=NoSuchColumn",
    ];
    for options in refused {
        let printed = room.run(&format!("whomade screen estate.csv -q {options}"));
        assert_eq!(printed.status, Some(2), "{options}");
        assert_eq!(room.read("kept.dot"), b"as it was", "{options}");
        assert_eq!(room.read("estate.csv"), ESTATE.as_bytes(), "{options}");
        let left = room.lines("ls -A | grep part");
        assert_eq!(left, ["[exit 1]"], "{options} leaves something behind");
    }
    // Standard output holds the format alone, and a pipe is written into.
    let printed = room.run("whomade screen estate.csv -q --on 2025-05-01 --write sarif=-");
    assert!(serde_json::from_slice::<Value>(&printed.bytes).is_ok());
    let piped = room.lines(
        "whomade screen estate.csv -q --write dot.dot --write sarif=/dev/stdout \
                            | grep -c '\"version\":\"2.1.0\"'",
    );
    assert_eq!(piped, ["1"]);
}

/// Where the validators lie: `./test` puts them there and says so, and then they must be there.
fn validators() -> Option<PathBuf> {
    std::env::var_os("WHOMADE_VALIDATORS").map(PathBuf::from)
}

#[expect(clippy::print_stderr, reason = "who reads the run must see that something was not run")]
fn skipped(why: &str) {
    eprintln!("skipped: {why}");
}

/// Holds files of a room against the schemas; gives what was printed and whether all are valid.
fn validated(room: &Room, validators: &Path, files: &[(&str, String)]) -> (String, bool) {
    let script = root().join("crates/whomade/tests/validators/validate.py");
    let files: Vec<String> =
        files.iter().map(|(format, file)| format!("{format} {file}")).collect();
    let printed = room.run(&format!(
        "'{}/bin/python' '{}' {}",
        validators.display(),
        script.display(),
        files.join(" ")
    ));
    let said = String::from_utf8_lossy(&printed.bytes).into_owned();
    assert!(matches!(printed.status, Some(0 | 1)), "the validators did not run: {said}");
    (said, printed.status == Some(0))
}

#[test]
fn the_official_schemas_take_what_is_written_and_refuse_what_is_broken() {
    let Some(validators) = validators() else {
        return skipped(
            "WHOMADE_VALIDATORS names no folder of the official schemas; ./test makes it",
        );
    };
    let room = estate("writers-valid");
    let asked = ["", "--advisories --body 'A & B'", "--as us-agency --only contradictory,unknown"];
    let mut files: Vec<(&str, String)> = Vec::new();
    for (at, options) in asked.iter().enumerate() {
        write(&room, options);
        for (format, name) in JSON {
            let copy = format!("{at}-{name}");
            room.write(&copy, &room.read(name));
            files.push((format, copy));
        }
    }
    let (said, valid) = validated(&room, &validators, &files);
    assert!(valid && said.matches(": valid").count() == files.len(), "{said}");
    // A check that cannot fail shows nothing.
    let broken = [
        ("cyclonedx", "\"type\":\"device\"", "\"type\":\"camera\""),
        ("sarif", "\"level\":\"none\"", "\"level\":\"grave\""),
        ("stix", "\"type\":\"mac-addr\",\"value\":\"", "\"type\":\"mac-addr\",\"value\":\"x"),
    ];
    let broken = broken.map(|(format, from, to)| {
        let (_, name) = JSON.into_iter().find(|(one, _)| *one == format).unwrap();
        let text = String::from_utf8(room.read(name)).unwrap();
        assert!(text.contains(from), "{name} has no {from}");
        let copy = format!("broken-{name}");
        room.write(&copy, text.replacen(from, to, 1).as_bytes());
        (format, copy)
    });
    let (said, valid) = validated(&room, &validators, &broken);
    assert!(!valid && said.matches(": INVALID").count() == broken.len(), "{said}");
}

#[test]
fn a_vex_document_passes_every_mandatory_test_and_a_broken_one_does_not() {
    let Some(validators) = validators() else {
        return skipped("WHOMADE_VALIDATORS names no folder of the validators; ./test makes it");
    };
    let room = Room::new("writers-vex");
    let files = ["council.csv", "contractor.xlsx", "observations.ndjson"];
    for (at, file) in files.iter().enumerate() {
        let written = room.run(&format!(
            "whomade screen examples/{file} --on 2026-11-22 --advisories --body 'A & B' -q \
             --write csaf-vex=v{at}.csaf.json > /dev/null"
        ));
        assert!(matches!(written.status, Some(0 | 1)), "{file}");
    }
    let check = format!("node '{}/csaf.mjs'", validators.display());
    let printed = room.run(&format!("{check} v0.csaf.json v1.csaf.json v2.csaf.json"));
    let said = String::from_utf8_lossy(&printed.bytes).into_owned();
    assert_eq!((printed.status, said.matches(": valid").count()), (Some(0), 3), "{said}");
    let text = String::from_utf8(room.read("v0.csaf.json")).unwrap();
    for (from, to) in
        [("\"known_affected\"", "\"affected\""), ("\"number\":\"1\"", "\"number\":\"2\"")]
    {
        assert!(text.contains(from), "{from}");
        room.write("broken.csaf.json", text.replacen(from, to, 1).as_bytes());
        assert_eq!(room.run(&format!("{check} broken.csaf.json")).status, Some(1), "{from}");
    }
}

#[test]
fn dot_draws_the_picture() {
    let room = estate("writers-dot");
    write(&room, "");
    if room.run("command -v dot").status != Some(0) {
        assert!(validators().is_none(), "GraphViz is not here, and ./test puts it here");
        return skipped("GraphViz is not here; ./test puts it here");
    }
    let drawn = room.lines("dot -Tplain a.dot");
    let nodes = drawn.iter().filter(|line| line.starts_with("node ")).count();
    assert!(nodes > 8, "{}", drawn.join("\n"));
    let edges = drawn.iter().filter(|line| line.starts_with("edge "));
    let dashed = edges.clone().filter(|line| line.contains(" dashed ")).count();
    let solid = edges.filter(|line| line.contains(" solid ")).count();
    assert!(dashed > 0 && solid > 0, "{}", drawn.join("\n"));
    assert_eq!(room.read("a.dot"), room.read("b.txt"), "the word and the ending mean one format");
}
