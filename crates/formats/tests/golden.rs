//! Golden cases: `data/<format>/<case>/{input.*,expected,WHY.md}`. `UPDATE=1` rewrites `expected`.

use std::fs;
use std::path::{Path, PathBuf};

use whomade_formats::read::{Format, Options, Use, read_file, read_stream};

use crate::show::Show;

fn cases() -> Vec<PathBuf> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let mut cases: Vec<PathBuf> =
        folders(&data).iter().flat_map(|format| folders(format)).collect();
    cases.sort();
    cases
}

fn folders(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the folder of cases");
    entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect()
}

pub(crate) fn input_of(case: &Path) -> PathBuf {
    let entries = fs::read_dir(case).unwrap().map(|entry| entry.unwrap().path());
    let mut inputs: Vec<PathBuf> = entries
        .filter(|path| {
            path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("input."))
        })
        .collect();
    inputs.sort();
    inputs.into_iter().next().expect("an input in the case")
}

/// Every input of the cases, for the tests that damage them.
pub(crate) fn inputs() -> Vec<PathBuf> {
    cases().iter().map(|case| input_of(case)).filter(|path| path.is_file()).collect()
}

/// A file `map` beside the input holds lines `field=column`.
fn options(case: &Path) -> Options {
    let map = fs::read_to_string(case.join("map")).unwrap_or_default();
    let entry = |line: &str| {
        let (field, column) = line.split_once('=')?;
        Some((Use::from_word(field)?, column.to_owned()))
    };
    Options { map: map.lines().filter_map(entry).collect(), ..Options::default() }
}

#[test]
fn every_case_reads_as_expected() {
    let update = std::env::var_os("UPDATE").is_some();
    let mut wrong = vec![];
    let all = cases();
    assert!(all.len() >= 20, "only {} cases", all.len());
    for case in &all {
        assert!(case.join("WHY.md").is_file(), "{} says not why", case.display());
        let input = input_of(case);
        let mut show = Show::default();
        read_file(&input, &options(case), &mut show);
        let folder = case.to_string_lossy().into_owned();
        let text = show.text.replace(&format!("{folder}/"), "");
        let expected = case.join("expected");
        if update {
            fs::write(&expected, &text).unwrap();
        } else if fs::read_to_string(&expected).unwrap_or_default() != text {
            wrong.push(format!("{}:\n{text}", case.display()));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} cases differ (UPDATE=1 rewrites):\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// A folder of cases is called as the format that must recognise them, whatever the file's name.
#[test]
fn every_case_is_recognised_by_its_own_format() {
    let formats: Vec<&str> = Format::all().map(|format| format.word).collect();
    for case in cases() {
        let folder = case.parent().and_then(Path::file_name).unwrap().to_string_lossy();
        if !formats.contains(&&*folder) {
            continue;
        }
        let bytes = fs::read(input_of(&case)).unwrap();
        let mut show = Show::default();
        read_stream("no name", &mut bytes.as_slice(), &options(&case), &mut show);
        let told: Vec<&str> = show.understood.iter().map(|told| told.format.word).collect();
        // What bears no sign may be a table or a list.
        let signless = ["table", "list"];
        let own =
            |word: &str| word == folder || [word, &*folder].iter().all(|w| signless.contains(w));
        assert!(told.iter().all(|word| own(word)), "{}: {told:?}", case.display());
    }
}

#[test]
fn what_only_looks_like_a_log_stays_a_table_or_a_list() {
    for text in [
        "192.0.2.17 CAMERA\n192.0.2.18 RECORDER\n",
        "192.0.2.17 44:19:b6:0a:1c:33\n192.0.2.18 a0:bd:1d:11:22:33\n",
        "MAC Address,Port,VLAN\n44:19:b6:0a:1c:33,5,10\n",
        "Vlan\tMac Address\tType\tPorts\n10\t44:19:b6:0a:1c:33\tDYNAMIC\tGi1/0/5\n",
        "Date,Domain,Client,Type,Status\n2026-11-02,shop.example,Baker & Sons,hosting,paid\n",
        "IP Address,MAC,Hostname,Lease\n192.0.2.17,44:19:b6:0a:1c:33,IPC,2026-11-02\n",
        "# our cameras\nDS-2CD2143G2-I\nIPC-HDW2831\n",
        "Hostname;IPAddress;Model\nipc;192.0.2.17;DS-2CD2143G2-I\n",
    ] {
        let mut show = Show::default();
        read_stream("no name", &mut text.as_bytes(), &Options::default(), &mut show);
        let told = show.understood.first().map(|told| told.format.word);
        assert!(matches!(told, Some("table" | "list")), "{text}: {told:?}");
    }
    for text in [
        "{\"ts\":1,\"host\":\"a\",\"level\":\"info\",\"msg\":\"x\"}\n",
        "{\"device\":\"a\",\"mac\":\"44:19:b6:0a:1c:33\"}\n",
    ] {
        let mut show = Show::default();
        read_stream("no name", &mut text.as_bytes(), &Options::default(), &mut show);
        let told = show.understood.first().map(|told| told.format.word);
        assert_eq!(told, Some("ndjson"), "{text}");
    }
}
