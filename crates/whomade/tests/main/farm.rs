//! `whomade scan` of `whomade farm`, in two networks of the test's own that a cable joins: every
//! device is found, every maker under another name is named rightly, nobody is accused who is none
//! of theirs, who is hostile is survived and named, and no device is asked more than it should be.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use whomade_farm::kinds::{KINDS, Kind, find};
use whomade_scan::probe;

use crate::room::Room;
use crate::schema::{part, schema};
use crate::within::{ip, is_within};

/// Three of each kind.
const EACH: usize = 3;

/// How often it is looked whether the farm has opened its doors, and the time between.
const LOOKS: u32 = 600;
const LOOK: Duration = Duration::from_millis(50);

/// The longest that the scan takes by its own log.
const ENOUGH: SignedDuration = SignedDuration::from_secs(40);

/// Requests and searches that reach one device, at most.
const ASKED_MAX: u64 = 8;

/// Sold under another name, and to be named all the same.
const RELABELLED: [&str; 5] = [
    "hikvision-relabelled",
    "dahua-intelbras",
    "dahua-amcrest",
    "dahua-lorex",
    "uniview-relabelled",
];

/// Which kinds answer which searches; what the two searches of SSDP bring cannot be told apart.
const SEARCHED: [(&str, &str); 18] = [
    ("axis", "mdns-video"),
    ("bosch", "bosch-search"),
    ("dahua", "dhip-search"),
    ("dahua-amcrest", "ws-discovery-video"),
    ("dahua-intelbras", "dhip-search"),
    ("dahua-lorex", "ws-discovery-video"),
    ("escapes", "sadp-inquiry"),
    ("hanwha", "hanwha-search"),
    ("hikvision", "sadp-inquiry"),
    ("hikvision", "ws-discovery-video"),
    ("hikvision-relabelled", "sadp-inquiry"),
    ("reolink", "reolink-search"),
    ("router", "ssdp-root"),
    ("storm", "ssdp-root"),
    ("tvt", "ssdp-root"),
    ("uniview-relabelled", "ws-discovery-video"),
    ("vivotek", "vivotek-search"),
    ("xiongmai", "xiongmai-search"),
];

/// A farm in a network beside this one, at the other end of a cable.
struct Farm<'a> {
    room: &'a Room,
    process: Child,
}

impl<'a> Farm<'a> {
    /// Begins one, and waits until it serves.
    fn open(room: &'a Room, words: &str) -> Self {
        ip("link add wmv0 type veth peer name wmv1");
        // It waits for its end of the cable. What it has at those addresses it answers for.
        let begins = format!(
            "echo ready && read go && ip link set lo up && ip addr add 10.99.128.254/24 dev wmv1 && \
             ip addr add 192.0.2.66/32 dev wmv1 && \
             ip link set wmv1 up && ip route add local 10.99.128.0/25 dev lo && \
             exec '{}' farm {words}",
            env!("CARGO_BIN_EXE_whomade")
        );
        let file = |name: &str| File::create(room.dir().join(name)).unwrap();
        let mut process = Command::new("unshare")
            .args(["-n", "sh", "-c", &format!("{begins} > counts.ndjson")])
            .current_dir(room.dir())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(file("farm.txt"))
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n");
        ip(&format!("link set wmv1 netns {}", process.id()));
        process.stdin.take().unwrap().write_all(b"go\n").unwrap();
        ip("link set lo up");
        ip("addr add 10.99.128.253/24 dev wmv0");
        ip("link set wmv0 up");
        ip("route add 192.0.2.0/24 dev wmv0");
        let mut farm = Self { room, process };
        for looked in 0.. {
            if farm.said().contains("[farm/serves]") {
                break;
            }
            let is_there = farm.process.try_wait().unwrap().is_none();
            assert!(is_there && looked < LOOKS, "{}", farm.said());
            thread::sleep(LOOK);
        }
        farm
    }

    fn said(&self) -> String {
        String::from_utf8(self.room.read("farm.txt")).unwrap()
    }

    /// Ends it; what each device counted.
    fn end(mut self) -> Vec<Value> {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
        assert!(self.process.wait().unwrap().success(), "{}", self.said());
        json(&self.room.read("counts.ndjson"))
    }
}

impl Drop for Farm<'_> {
    fn drop(&mut self) {
        let _ = self.process.kill();
    }
}

fn json(lines: &[u8]) -> Vec<Value> {
    let text = std::str::from_utf8(lines).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The kind of the device at each address, as the farm wrote it down.
fn truth(room: &Room) -> BTreeMap<String, &'static Kind> {
    let text = String::from_utf8(room.read("truth.csv")).unwrap();
    let rows = text.lines().skip(1).map(|row| row.split(',').collect::<Vec<_>>());
    rows.map(|row| (row[0].to_owned(), find(row[1]).unwrap())).collect()
}

/// The answer of the scan, its log, what the farm counted, and who is who.
struct Came {
    devices: Vec<Value>,
    log: Vec<Value>,
    counts: Vec<Value>,
    truth: BTreeMap<String, &'static Kind>,
}

impl Came {
    fn device(&self, address: &str) -> &Value {
        let one = self.devices.iter().find(|one| one["device"] == address);
        one.unwrap_or_else(|| panic!("{address} ({}) was not found", self.truth[address].id))
    }

    /// The words for what is odd about a host.
    fn odd(&self, address: &str) -> Vec<&str> {
        let ends = |line: &&Value| line["host"] == address && line.get("open").is_some();
        let end = self.log.iter().find(ends).unwrap_or_else(|| panic!("{address} has no line"));
        end["odd"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
    }

    /// What each device is wrongly said to be.
    fn wrong(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        for (address, kind) in &self.truth {
            let got = self.device(address)["design"]["maker"]["id"].as_str();
            let may_be_unknown = kind.maker.is_none() || !RELABELLED.contains(&kind.id);
            if got != kind.maker && !(got.is_none() && may_be_unknown) {
                wrong.push(format!("{address} {}: {got:?} was named", kind.id));
            }
            let odd = self.odd(address);
            // A tarpit is slow as well.
            if kind.odd.map_or(!odd.is_empty(), |word| !odd.contains(&word)) {
                wrong.push(format!("{address} {}: {odd:?} is odd", kind.id));
            }
        }
        wrong
    }

    /// What was asked of devices that should not have been.
    fn disturbed(&self) -> Vec<&Value> {
        let is_zero = |one: &Value, what: &str| one[what] == 0;
        let zero = |one: &Value| ["strange", "resets", "described"].iter().all(|w| is_zero(one, w));
        let most = |one: &Value, what: &str, most| one[what].as_u64().unwrap() <= most;
        let few = |one: &Value| most(one, "most_at_once", 1) && most(one, "asked", ASKED_MAX);
        self.counts.iter().filter(|one| !zero(one) || !few(one)).collect()
    }

    /// From the beginning of the scan to the end of the last host.
    fn took(&self) -> SignedDuration {
        let time = |value: &Value| value.as_str()?.parse::<Timestamp>().ok();
        let began = time(&self.log[0]["began"]).unwrap();
        let ends = self.log.iter().filter_map(|line| time(&line["time"][1]));
        ends.max().unwrap().duration_since(began)
    }

    /// Which kinds answered which searches.
    fn searched(&self) -> BTreeSet<(&str, &str)> {
        let is_search = |to: &&str| {
            let asked = probe::find(to).map(probe::Request::over);
            asked.is_some_and(|over| matches!(over, probe::Over::Datagram { .. }))
        };
        let each = self.log.iter().filter_map(|line| {
            let kind = self.truth.get(line["host"].as_str()?)?;
            Some((kind.id, line["to"].as_str().filter(is_search)?))
        });
        each.collect()
    }
}

#[test]
fn every_device_of_the_farm_is_found_and_nobody_is_accused() {
    if !is_within("farm::every_device_of_the_farm_is_found_and_nobody_is_accused") {
        return;
    }
    let room = Room::new("farm");
    let count = EACH * KINDS.len();
    let words = format!("--count {count} --truth truth.csv --json --for 100s");
    let farm = Farm::open(&room, &format!("--hostile --at 10.99.128.0/25 {words}"));
    let scan = "whomade scan 10.99.128.0/24 --rate 2000 --stations --json --log s.ndjson";
    let done = room.run(&format!("{scan} --on 2026-11-22 --no-config -q"));
    let devices = json(&done.bytes);
    let (log, counts) = (json(&room.read("s.ndjson")), farm.end());
    let came = Came { devices, log, counts, truth: truth(&room) };

    assert_eq!(came.truth.len(), count);
    assert_eq!(came.wrong(), [""; 0]);
    let counted = part(&schema(), "farm");
    assert!(came.counts.iter().all(|one| counted.is_valid(one)), "{:?}", came.counts);
    assert_eq!(came.disturbed(), [&Value::Null; 0]);
    assert!(came.counts.iter().all(|one| one["asked"] != 0), "each was asked something");
    assert_eq!(came.searched().into_iter().collect::<Vec<_>>(), SEARCHED);
    // Among thousands of answers of a storm the system may drop some of theirs.
    let count = |line: &Value| line["count"]["strangers"].as_u64();
    let strangers = came.log.last().and_then(count).unwrap();
    assert!((1..=EACH as u64).contains(&strangers), "{strangers}");
    assert!(came.took() < ENOUGH, "{:?}", came.took());
}
