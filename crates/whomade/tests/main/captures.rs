//! Real captures, when they lie beside the repository: what is a rebadge comes out, and nobody else
//! is accused.

use std::path::PathBuf;

use serde_json::Value;

use crate::room::{Room, root};

/// Words of rulings that are said against somebody.
const ACCUSING: [&str; 4] = ["barred", "undetermined", "restricted", "advised"];

fn samples() -> Option<PathBuf> {
    let folder = root().join("../shared/samples/pcap");
    if folder.is_dir() {
        return Some(folder);
    }
    skipped();
    None
}

#[expect(clippy::print_stderr, reason = "a test that was skipped says so")]
fn skipped() {
    eprintln!("skipped: no ../shared");
}

/// The devices of a capture, and the summary.
fn captured(room: &Room, folder: &std::path::Path, name: &str) -> (Vec<Value>, Value) {
    let file = folder.join(name);
    let command = format!(
        "whomade capture '{}' --stations --on 2026-11-22 --no-config --json -q",
        file.display()
    );
    let text = String::from_utf8(room.run(&command).bytes).unwrap();
    let parse = |line: &str| -> Value {
        serde_json::from_str(line).unwrap_or_else(|_| panic!("{name}: {line}"))
    };
    let mut all: Vec<Value> = text.lines().map(parse).collect();
    let summary = all.pop().expect("a summary");
    (all, summary)
}

#[test]
fn a_rebadge_comes_out_as_its_makers_design() {
    let Some(folder) = samples() else { return };
    let room = Room::new("captures-rebadge");
    for name in ["amcrest_ip2m841_boot.pcap", "amcrest_ip2m841_discovery.pcap"] {
        let (devices, _) = captured(&room, &folder, name);
        let camera = devices.iter().find(|one| one["device"] == "10.0.0.150").expect("the camera");
        assert_eq!(camera["design"]["maker"]["id"], "dahua", "{name}: {camera}");
        assert_eq!(camera["design"]["certainty"], "probable", "{name}: {camera}");
        assert_eq!(camera["label"]["id"], "amcrest", "{name}: {camera}");
    }
}

#[test]
fn no_station_of_another_capture_is_accused() {
    let Some(folder) = samples() else { return };
    let room = Room::new("captures-controls");
    let mut names: Vec<String> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| name.starts_with("ndpi_") || name.starts_with("zeek_"))
        .collect();
    names.sort();
    assert!(names.len() >= 10, "only {} captures", names.len());
    for name in names {
        let (devices, summary) = captured(&room, &folder, &name);
        assert!(!devices.is_empty(), "{name} shows no station");
        assert_eq!(summary["summary"]["named"], 0, "{name}: {summary}");
        for device in devices {
            let rulings = device["rulings"].as_array().expect("rulings");
            let against = |one: &Value| {
                ACCUSING.iter().any(|word| one["outcome"] == *word)
                    || one["outcome"].as_str().is_none()
            };
            assert!(!rulings.iter().any(against), "{name}: {device}");
        }
    }
}
