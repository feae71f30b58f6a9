//! Every paper names the sources behind it: an id that it prints stands among its "Sources".

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use crate::room::Room;

/// Papers of the examples: each form and kind of form, and what is no form.
const PAPERS: &str = "
    use='--context act=use,purpose=government-facilities'
    as='--as us-contractor'
    for paper in far-52.204-24 far-52.204-26 far-52.204-25 far-52.240-91 far-4.2104 representation
    do
        r $paper contractor.xlsx $as $use,clause=both --found 2026-11-20
        r $paper contractor.xlsx $as $use,waiver=agency-head --on 2019-09-01
        r $paper contractor.xlsx $as
    done
    r grant council.csv --context purpose=public-safety
    r return council.csv --as uk-council
    r return council.csv --as uk-department --context act=install,site-class=sensitive
    r summary council.csv
    r summary contractor.xlsx $as $use
    for name in 'Tri-Cities Low Voltage LLC' Honeywell LTS Axis Speco Lorex Amcrest
    do r supplier \"$name\" contractor.xlsx $as $use; done
    for name in 'Ashlow Fire and Security' Hikvision Dahua Uniview
    do r supplier \"$name\" council.csv --as uk-council; done
    for name in 1001 1013 1017 1023 1027 1032 1036 WH-044 WH-063
    do r device $name contractor.xlsx $as $use,clause=both; done
    r device 1023 contractor.xlsx
    r device NBC-092 council.csv --as uk-council
";

/// The sentences of a paper, and the ids under its "Sources".
fn gather(value: &Value, texts: &mut Vec<String>, sources: &mut BTreeSet<String>) {
    match value {
        Value::Object(block) if block.get("caption") == Some(&"What the facts rest on".into()) => {
            let rows = block["rows"].as_array().expect("a table has rows");
            sources.extend(rows.iter().map(|row| row[0].as_str().expect("an id").to_owned()));
        }
        Value::Object(map) => map.values().for_each(|one| gather(one, texts, sources)),
        Value::Array(all) => all.iter().for_each(|one| gather(one, texts, sources)),
        Value::String(text) => texts.push(text.clone()),
        _ => {}
    }
}

#[test]
fn every_id_that_a_paper_prints_stands_among_its_sources() {
    let room = Room::new("papers");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../kb/sources");
    let known: BTreeSet<String> = std::fs::read_dir(folder)
        .expect("the base has sources")
        .filter_map(|one| Some(one.ok()?.path().file_stem()?.to_str()?.to_owned()))
        .collect();
    let printed = room.run(&format!(
        "cd examples; r() {{ paper=$1; shift; whomade report $paper \"$@\" -q --json; }}
        {PAPERS}"
    ));
    let text = String::from_utf8(printed.bytes).expect("papers are text");
    let (mut papers, mut cited) = (0, 0);
    for line in text.lines() {
        let paper: Value =
            serde_json::from_str(line).unwrap_or_else(|_| panic!("no paper: {line}"));
        let (mut texts, mut sources) = (Vec::new(), BTreeSet::new());
        gather(&paper["blocks"], &mut texts, &mut sources);
        let sign = |c: char| !c.is_ascii_alphanumeric() && !"-._".contains(c);
        let words = texts.iter().flat_map(|text| text.split(sign));
        let words = words.map(|word| word.trim_end_matches('.'));
        let named: BTreeSet<&str> = words.filter(|word| known.contains(*word)).collect();
        let absent: Vec<&&str> = named.iter().filter(|id| !sources.contains(**id)).collect();
        assert!(absent.is_empty(), "{} {}: {absent:?}", paper["kind"], paper["title"]);
        papers += 1;
        cited += named.len();
    }
    assert!(papers == 45 && cited > 600, "{papers} papers, {cited} ids");
}

#[test]
fn a_moment_that_is_none_is_refused_in_the_form_that_is_wanted() {
    let room = Room::new("paper-moment");
    let report = "whomade report far-52.204-25 examples/contractor.xlsx --as us-contractor";
    for moment in ["2026-11-20T25:00", "2026-11-20T", "12:00"] {
        let ran = room.run(&format!("{report} --context act=use --found {moment}"));
        assert_eq!(ran.status, Some(2), "{moment}");
        assert!(ran.text().contains("YYYY-MM-DDTHH:MM"), "{}", ran.text());
    }
}
