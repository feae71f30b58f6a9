//! `whomade scan` over real sockets, in a network of the test's own: who is there is found, who is
//! hostile is survived and named, nothing is sent that is not in the table, what was broken off
//! goes on, and the answer is that of the log.

use std::net::{IpAddr, Ipv4Addr};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use serde_json::Value;
use whomade_farm::device::{Count, Stand};
use whomade_farm::kinds;
use whomade_farm::serve::Farm;

use crate::room::Room;
use crate::within::{ip, is_within};

/// Who stands at 10.77.0.11 and the addresses behind it.
const KINDS: [&str; 6] = ["hikvision", "dahua", "endless", "slow", "escapes", "web-server"];

/// A network in which six devices answer.
struct Network {
    over: Arc<AtomicBool>,
    serving: JoinHandle<Vec<Count>>,
}

impl Network {
    fn new() -> Self {
        ip("link set lo up");
        // All of the network is this machine's own.
        ip("addr add 10.77.0.1/24 dev lo");
        let mut random = fastrand::Rng::with_seed(1);
        let stands = KINDS.iter().zip(11..).map(|(kind, last)| {
            let address = IpAddr::V4(Ipv4Addr::new(10, 77, 0, last));
            Stand::new(kinds::find(kind).unwrap(), address, &mut random)
        });
        let mut farm = Farm::open(stands.collect(), None).unwrap();
        let over = Arc::new(AtomicBool::new(false));
        let is_over = Arc::clone(&over);
        let serving = thread::spawn(move || {
            farm.run(&|| is_over.load(Ordering::Relaxed)).unwrap();
            farm.counts().map(|(.., count)| count).collect()
        });
        Self { over, serving }
    }

    /// Ends it; what each device counted.
    fn end(self) -> Vec<Count> {
        self.over.store(true, Ordering::Relaxed);
        self.serving.join().unwrap()
    }
}

fn devices(text: &str) -> Vec<Value> {
    let all = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    all.filter(|one| one.get("device").is_some()).collect()
}

#[test]
fn who_is_there_is_found_and_nothing_else_is_sent_than_the_table_holds() {
    if !is_within("scanning::who_is_there_is_found_and_nothing_else_is_sent_than_the_table_holds") {
        return;
    }
    let network = Network::new();
    let room = Room::new("scan");
    let words = "--rate 5000 --stations --json --on 2026-11-22 --no-config -q";
    let done = room.run(&format!("whomade scan 10.77.0.0/26 --log site.ndjson {words}"));
    let answer = String::from_utf8(done.bytes).unwrap();
    assert_eq!(done.status, Some(1), "{answer}");
    let found = devices(&answer);
    let maker = |device: &str| -> String {
        let one = found.iter().find(|one| one["device"] == device);
        one.unwrap_or_else(|| panic!("{device} was not found"))["design"]["maker"]["id"]
            .as_str()
            .unwrap_or("nobody")
            .to_owned()
    };
    assert_eq!(maker("10.77.0.11"), "hikvision");
    assert_eq!(maker("10.77.0.12"), "dahua");
    for control in ["10.77.0.13", "10.77.0.14", "10.77.0.15", "10.77.0.16"] {
        assert_eq!(maker(control), "nobody", "{control}");
    }
    assert!(!answer.contains('\u{1b}') && !answer.contains('\u{202e}'), "an escape came through");

    let log = String::from_utf8(room.read("site.ndjson")).unwrap();
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let odd = |host: &str| -> Vec<Value> {
        let done = lines.iter().find(|line| line["host"] == host && line.get("open").is_some());
        done.unwrap()["odd"].as_array().cloned().unwrap_or_default()
    };
    assert_eq!(odd("10.77.0.13"), ["endless"]);
    assert_eq!(odd("10.77.0.14"), ["slow"]);
    assert_eq!(odd("10.77.0.15"), ["escapes"]);
    assert!(odd("10.77.0.11").is_empty() && odd("10.77.0.16").is_empty());

    let counts = network.end();
    assert!(counts.iter().all(|one| one.asked > 0 && one.strange == 0), "{counts:?}");
    // The log says what was said while it was made.
    let again = room.run("whomade screen site.ndjson --json --on 2026-11-22 --no-config -q");
    assert_eq!(devices(&String::from_utf8(again.bytes).unwrap()), found);
}

#[test]
fn two_do_not_ask_at_once_and_what_was_broken_off_goes_on() {
    if !is_within("scanning::two_do_not_ask_at_once_and_what_was_broken_off_goes_on") {
        return;
    }
    let network = Network::new();
    let room = Room::new("scan-twice");
    let state = room.dir().join("state");
    let scan = |words: &str| -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_whomade"));
        command.args(["scan", "--no-config", "--on", "2026-11-22"]).args(words.split(' '));
        command.current_dir(room.dir()).env("XDG_STATE_HOME", &state);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    };
    let first = scan("10.77.0.0/24 --rate 40 --log site.ndjson").spawn().unwrap();
    // It has begun once its lock is there and its log holds a line.
    let log = room.dir().join("site.ndjson");
    let begun = || std::fs::metadata(&log).is_ok_and(|seen| seen.len() > 0);
    for _ in 0..200 {
        if begun() {
            break;
        }
        thread::sleep(Duration::from_millis(50));
    }
    assert!(begun(), "it did not begin");
    let second = scan("10.77.0.128/25 --log other.ndjson").output().unwrap();
    let said = String::from_utf8_lossy(&second.stderr);
    assert!(second.status.code() == Some(2) && said.contains("[scan/twice]"), "{said}");
    let elsewhere = scan("127.0.0.1 --no-log --rate 1000").output().unwrap();
    let said = String::from_utf8_lossy(&elsewhere.stderr);
    assert!(said.contains("0 hosts answered"), "another network is another scan's: {said}");

    let id = first.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    let first = first.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&first.stderr);
    assert!(said.contains("--resume site.ndjson"), "{said}");
    let rest = scan("--resume site.ndjson --rate 5000 --stations --csv").output().unwrap();
    let said = String::from_utf8_lossy(&rest.stderr);
    assert!(said.contains("kept in site.ndjson"), "{said}");
    let rows = String::from_utf8_lossy(&rest.stdout);
    for device in ["10.77.0.11", "10.77.0.12", "10.77.0.13", "10.77.0.14", "10.77.0.15"] {
        let of = rows.lines().filter(|row| row.split(',').nth(3) == Some(device)).count();
        assert_eq!(of, 1, "{device} in {rows}");
    }
    let counts = network.end();
    assert!(counts.iter().all(|one| one.most == 1 && one.resets == 0), "{counts:?}");
}

#[test]
fn a_link_that_goes_down_ends_the_scan_and_nobody_is_done_with() {
    if !is_within("scanning::a_link_that_goes_down_ends_the_scan_and_nobody_is_done_with") {
        return;
    }
    ip("link add scan0 type veth peer name scan1");
    ip("addr add 10.88.0.1/24 dev scan0");
    let room = Room::new("scan-link");
    let words = "--no-config --on 2026-11-22 --rate 20 --stations";
    let log = "10.88.0.0/24 --log site.ndjson";
    let before = room.run(&format!("whomade scan {log} {words} -q"));
    let said = String::from_utf8_lossy(&before.bytes);
    assert!(said.contains("[scan/link-down]") && before.status == Some(2), "{said}");

    ip("link set scan0 up");
    ip("link set scan1 up");
    let scan = Command::new(env!("CARGO_BIN_EXE_whomade"))
        .args(format!("scan {log} {words}").split(' '))
        .env("XDG_STATE_HOME", room.dir().join("state"))
        .current_dir(room.dir())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let log = room.dir().join("site.ndjson");
    let begun = || std::fs::metadata(&log).is_ok_and(|seen| seen.len() > 0);
    (0..200).take_while(|_| !begun()).for_each(|_| thread::sleep(Duration::from_millis(50)));
    ip("link set scan0 down");
    let done = scan.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    assert_eq!(done.status.code(), Some(2), "{said}");
    assert!(said.contains("[scan/link-down]"), "{said}");
    assert!(said.contains("go on with it: whomade scan --resume site.ndjson"), "{said}");
    let kept = std::fs::read_to_string(&log).unwrap();
    let last: Value = serde_json::from_str(kept.lines().last().unwrap()).unwrap();
    assert_eq!(last["over"], false, "{last}");
}

#[test]
fn a_name_that_nobody_knows_is_passed_over_and_few_sockets_are_enough() {
    if !is_within("scanning::a_name_that_nobody_knows_is_passed_over_and_few_sockets_are_enough") {
        return;
    }
    let network = Network::new();
    let room = Room::new("scan-few");
    let words = "--no-config --no-log --on 2026-11-22 --rate 5000 --no-search --csv";
    let scan = format!("whomade scan gate.invalid 10.77.0.0/27 {words}");
    let few = room.run(&format!("(ulimit -n 9; {scan})"));
    let said = String::from_utf8_lossy(&few.bytes);
    assert!(said.contains("[scan/unknown-name]") && said.contains("gate.invalid"), "{said}");
    assert!(said.contains("slowed down"), "its askings wait for a socket: {said}");
    for device in ["10.77.0.11", "10.77.0.12"] {
        assert!(said.lines().any(|row| row.split(',').nth(3) == Some(device)), "{said}");
    }
    network.end();
}
