//! Reports of exporters over this machine's own loopback: what `whomade collect` makes of them is
//! what `whomade egress` makes of a recording of them, and nobody is answered.
#![expect(clippy::disallowed_types, reason = "somebody has to report")]

use std::io::{BufRead as _, BufReader, Lines};
use std::net::{SocketAddr, UdpSocket};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::room::Room;

/// A camera of the network, and a host beyond it.
const CAMERA: [u8; 4] = [10, 20, 0, 11];
const CLOUD: [u8; 4] = [198, 51, 100, 7];

/// A collector of its own, with what it says aside, and where it waits.
struct Collecting {
    child: Child,
    said: Lines<BufReader<ChildStderr>>,
    at: SocketAddr,
}

impl Collecting {
    fn begin(room: &Room, words: &str) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_whomade"))
            .args(["collect", "--bind", "127.0.0.1:0"])
            .args(words.split(' '))
            .current_dir(room.dir())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(child.stderr.take().unwrap()).lines();
        let begins = said.next().unwrap().unwrap();
        let at = begins.strip_prefix("collecting at ").unwrap().split(' ').next().unwrap();
        Self { at: at.parse().unwrap(), child, said }
    }

    /// Its answer, what it said aside, and how it ended.
    fn end(self) -> (Vec<Value>, String, Option<i32>) {
        let said: Vec<String> = self.said.map(Result::unwrap).collect();
        let done = self.child.wait_with_output().unwrap();
        let lines = String::from_utf8(done.stdout).unwrap();
        let lines = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        (lines, said.join("\n"), done.status.code())
    }
}

fn two(number: usize) -> [u8; 2] {
    u16::try_from(number).unwrap().to_be_bytes()
}

/// NetFlow 5: so many packets and bytes from the camera to the host, one of `one_in` counted.
fn five(one_in: u16, packets: u32, bytes: u32) -> Vec<u8> {
    let head = [&[0, 5, 0, 1][..], &10_000_u32.to_be_bytes(), &1_700_000_000_u32.to_be_bytes()];
    let mut record = vec![0; 48];
    record[..4].copy_from_slice(&CAMERA);
    record[4..8].copy_from_slice(&CLOUD);
    record[16..20].copy_from_slice(&packets.to_be_bytes());
    record[20..24].copy_from_slice(&bytes.to_be_bytes());
    record[24..28].copy_from_slice(&4_000_u32.to_be_bytes());
    record[28..32].copy_from_slice(&9_000_u32.to_be_bytes());
    record[32..36].copy_from_slice(&[0xC3, 0x50, 0x01, 0xBB]);
    record[38] = 6;
    [head.concat(), vec![0; 10], one_in.to_be_bytes().to_vec(), record].concat()
}

/// NetFlow 9 or IPFIX with those sets.
fn later(version: u8, sets: &[Vec<u8>]) -> Vec<u8> {
    let all = sets.concat();
    let seconds = 1_700_000_000_u32.to_be_bytes();
    let head = match version {
        9 => [&[0, 9, 0, 1][..], &10_000_u32.to_be_bytes(), &seconds, &[0; 8]].concat(),
        _ => [&[0, 10][..], &two(16 + all.len()), &seconds, &[0; 8]].concat(),
    };
    [head, all].concat()
}

fn set(id: usize, inside: &[u8]) -> Vec<u8> {
    [&two(id)[..], &two(4 + inside.len()), inside].concat()
}

/// The form of records with addresses, ports, protocol, bytes and packets.
fn form(version: u8) -> Vec<u8> {
    let fields = [[8_usize, 4], [12, 4], [7, 2], [11, 2], [4, 1], [1, 4], [2, 4]];
    let fields: Vec<u8> = fields.as_flattened().iter().flat_map(|one| two(*one)).collect();
    let id = if version == 9 { 0 } else { 2 };
    set(id, &[&two(256)[..], &two(7), &fields].concat())
}

fn flow(bytes: u32) -> Vec<u8> {
    let counts = [bytes.to_be_bytes(), 3_u32.to_be_bytes()].concat();
    set(256, &[&CAMERA[..], &CLOUD, &[0xC3, 0x50, 0x01, 0xBB, 6], &counts].concat())
}

/// sFlow 5: a sample of one packet in 400, by its addresses.
fn sampled() -> Vec<u8> {
    let wide = |number: usize| u32::try_from(number).unwrap().to_be_bytes();
    let told = [&wide(1_488)[..], &wide(6), &CAMERA, &CLOUD, &wide(50_000), &wide(443), &[0; 8]];
    let told = told.concat();
    let head = [&wide(1)[..], &[0; 4], &wide(400), &[0; 16], &wide(1), &wide(3)].concat();
    let sample = [&head[..], &wide(told.len()), &told].concat();
    let agent = [&wide(5)[..], &wide(1), &[192, 0, 2, 1], &[0; 12], &wide(1)].concat();
    [&agent[..], &wide(1), &wide(sample.len()), &sample].concat()
}

/// A capture of datagrams that one exporter sends from such a port.
fn recorded(port: u16, datagrams: &[Vec<u8>]) -> Vec<u8> {
    let mut file = vec![0xD4, 0xC3, 0xB2, 0xA1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0];
    file.extend(101_u32.to_le_bytes());
    for datagram in datagrams {
        let length = u32::try_from(28 + datagram.len()).unwrap().to_le_bytes();
        file.extend([&[0; 8][..], &length, &length].concat());
        file.extend([&[0x45, 0][..], &two(28 + datagram.len()), &[0, 0, 0, 0, 9, 17]].concat());
        file.extend([0, 0, 127, 0, 0, 1, 127, 0, 0, 1]);
        file.extend([&port.to_be_bytes()[..], &2_055_u16.to_be_bytes()].concat());
        file.extend([&two(8 + datagram.len())[..], &[0, 0], datagram].concat());
    }
    file
}

/// The same without times: sFlow has none of its own, so that they are those of the hearing.
fn timeless(value: &Value) -> Value {
    match value {
        Value::Array(all) => all.iter().map(timeless).collect(),
        Value::Object(all) => {
            let kept =
                all.iter().filter(|(key, _)| !["from", "until", "first"].contains(&key.as_str()));
            kept.map(|(key, value)| (key.clone(), timeless(value))).collect()
        }
        other => other.clone(),
    }
}

#[test]
fn reports_of_all_forms_give_what_a_recording_of_them_gives() {
    let room = Room::new("collect");
    let collecting = Collecting::begin(&room, "--for 60s --records 6 --json");
    let exporter = UdpSocket::bind("127.0.0.1:0").unwrap();
    let datagrams = [
        five(0x4064, 7, 900),
        five(0, 2, 80),
        // Its form comes after it.
        later(9, &[flow(700)]),
        later(9, &[form(9)]),
        later(10, &[form(10), flow(500)]),
        // Of these nobody ever says what they look like.
        later(10, &[set(999, &[0; 40])]),
        sampled(),
        five(0x4064, 1, 60),
    ];
    for datagram in &datagrams {
        exporter.send_to(datagram, collecting.at).unwrap();
    }
    let (live, said, code) = collecting.end();
    assert_eq!(code, Some(0), "{said}");
    let port = exporter.local_addr().unwrap().port();
    room.write("reports.pcap", &recorded(port, &datagrams));
    let printed = room.run("whomade egress reports.pcap --json -q");
    let text = String::from_utf8(printed.bytes).unwrap();
    let from_file: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let recipients = |all: &[Value]| {
        let camera = all.iter().find(|one| one["device"] == "10.20.0.11").unwrap();
        timeless(&camera["recipients"])
    };
    assert_eq!(recipients(&live), recipients(&from_file));
    let recipients = recipients(&live);
    let [to] = &recipients.as_array().unwrap()[..] else { panic!("{live:?}") };
    assert_eq!(to["sent"], 900 + 80 + 700 + 500 + 1_488 + 60, "{to}");

    assert!(said.contains("1 exporter reported 6 flows"), "{said}");
    for way in ["one of 100 packets is counted", "one of 400", "does not say of how many"] {
        assert!(said.contains(way), "{way}: {said}");
    }
    assert!(said.contains("warning[read/untold-flows]: 1 set of flows was reported"), "{said}");

    exporter.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    assert!(exporter.recv(&mut [0; 64]).is_err(), "the exporter was answered");
}

#[test]
fn a_flood_of_forged_exporters_is_bounded_and_told() {
    let room = Room::new("collect-flood");
    let collecting = Collecting::begin(&room, "--for 60s --records 2 --json");
    let one = UdpSocket::bind("127.0.0.1:0").unwrap();
    // This one delivered before the flood, and is heard after it.
    one.send_to(&later(9, &[form(9), flow(500)]), collecting.at).unwrap();
    one.send_to(b"GET / HTTP/1.1\r\n\r\n", collecting.at).unwrap();
    for number in 0..300_u32 {
        // The whole of 127/8 is this machine.
        let [.., high, low] = (number + 2).to_be_bytes();
        let Ok(forged) = UdpSocket::bind((std::net::Ipv4Addr::new(127, 0, high, low), 0)) else {
            // Elsewhere only one address is; there is no flood then.
            break;
        };
        forged.send_to(&later(9, &[form(9), set(999, &[0; 400])]), collecting.at).unwrap();
        if number % 20 == 19 {
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    one.send_to(&later(9, &[flow(700)]), collecting.at).unwrap();
    let (answer, said, code) = collecting.end();
    assert_eq!(code, Some(0), "{said}");
    assert!(answer.iter().any(|one| one["device"] == "10.20.0.11"), "{answer:?}");
    assert!(said.contains("1 datagram that is no flow records, from 127.0.0.1"), "{said}");
    if cfg!(target_os = "linux") {
        assert!(said.contains("256 exporters reported 2 flows"), "{said}");
        let left = "45 datagrams of exporters beyond the 256 that are kept";
        assert!(said.contains(left), "{said}");
        assert!(said.contains("300 sets of flows were reported whose form no exporter told"));
        let lines = said.lines().filter(|line| line.starts_with("  127.")).count();
        assert_eq!(lines, 20, "the list is bounded: {said}");
    }
}

#[test]
fn who_sends_garbage_is_no_exporter_and_who_waits_is_told() {
    let room = Room::new("collect-garbage");
    let exporter = UdpSocket::bind("127.0.0.1:0").unwrap();
    let garbage = [&[0, 9][..], b" begins like a version, and nothing behind it adds up"].concat();
    let collecting = Collecting::begin(&room, "--for 3s --json");
    for _ in 0..3 {
        exporter.send_to(&garbage, collecting.at).unwrap();
    }
    let (_, said, code) = collecting.end();
    assert_eq!(code, Some(2), "{said}");
    let wanted = [
        "warning[listen/nothing]: no flow records came",
        "0 exporters reported 0 flows",
        "warning[listen/no-report]: 3 datagrams that are no flow records, from 127.0.0.1",
    ];
    for wanted in wanted {
        assert!(said.contains(wanted), "{wanted}: {said}");
    }
    assert!(!said.contains("packets show"), "these are words of a capture: {said}");

    let collecting = Collecting::begin(&room, "--for 3s --json");
    exporter.send_to(&later(9, &[flow(700)]), collecting.at).unwrap();
    let (_, said, _) = collecting.end();
    let waits = "127.0.0.1  0 flows in 1 datagram; 1 set of flows waits for its template";
    assert!(said.contains(waits) && !said.contains("no flow records"), "{said}");
    assert!(said.contains("1 message of exporters reports no flow of a station"), "{said}");
}

#[test]
fn only_who_is_named_is_taken_and_the_others_are_told() {
    let room = Room::new("collect-named");
    let exporter = UdpSocket::bind("127.0.0.1:0").unwrap();
    let words = "--for 3s --exporter 192.0.2.1 --exporter 198.51.100.0/24 --strict --json";
    let collecting = Collecting::begin(&room, words);
    exporter.send_to(&five(1, 7, 900), collecting.at).unwrap();
    let (answer, said, _) = collecting.end();
    assert!(answer.iter().all(|one| one["device"] != "10.20.0.11"), "{answer:?}");
    let others = "note[listen/other-exporters]: 1 datagram of others than --exporter names, from \
                  127.0.0.1";
    assert!(said.contains(others) && said.contains("0 exporters reported 0 flows"), "{said}");
    let collecting =
        Collecting::begin(&room, "--for 60s --records 1 --exporter 127.0.0.0/8 --json");
    exporter.send_to(&five(1, 7, 900), collecting.at).unwrap();
    let (answer, said, _) = collecting.end();
    assert!(answer.iter().any(|one| one["device"] == "10.20.0.11"), "{said}");
    assert!(!said.contains("other-exporters"), "{said}");
    let said = room.lines("whomade collect --exporter 192.0.2.7/24").join("\n");
    assert!(said.contains("192.0.2.7 is one address, and /24 means many"), "{said}");
}

/// A record of one direction between two ports of no service.
#[test]
fn where_a_record_does_not_say_who_asked_nobody_is_said_to_ask() {
    let room = Room::new("collect-guess");
    let mut there = five(1, 7, 900);
    there[24 + 32..24 + 36].copy_from_slice(&[4, 210, 0xC3, 0x50]);
    let mut back = there.clone();
    let (ends, ports) = (&mut back[24..32], [0xC3, 0x50, 4, 210]);
    ends.rotate_left(4);
    back[24 + 32..24 + 36].copy_from_slice(&ports);
    for (name, datagrams, says) in [
        ("one-way.pcap", vec![there.clone()], "sends to 198.51.100.7"),
        ("both.pcap", vec![there, back], "talks with 198.51.100.7"),
    ] {
        room.write(name, &recorded(9, &datagrams));
        let said = room.lines(&format!("whomade egress {name} -q")).join("\n");
        assert!(said.contains(says) && !said.contains("is asked by"), "{said}");
        assert!(said.contains("tcp/1234 (who asked whom is not known)"), "{said}");
        let rows = room.lines(&format!("whomade egress {name} -q --csv")).join("\n");
        assert!(rows.contains("tcp/1234 (who asked whom is not known)"), "{rows}");
        let printed = room.run(&format!("whomade egress {name} -q --json"));
        let text = String::from_utf8(printed.bytes).unwrap();
        let line: Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
        let flow = &line["recipients"][0]["flows"][0];
        assert_eq!((&flow["asked"], &flow["port_of"]), (&"unknown".into(), &"device".into()));
        room.run(&format!("whomade egress {name} -q --html page.html"));
        let page = std::fs::read_to_string(room.dir().join("page.html")).unwrap();
        assert!(page.contains("who asked whom is not known"), "{name}");
        room.run(&format!("whomade egress {name} -q --mud mud --mud-outside"));
        let profile = std::fs::read_to_string(room.dir().join("mud/10.20.0.11.json")).unwrap();
        assert!(profile.contains("\"port\": 1234") && !profile.contains("initiated"), "{profile}");
    }
}

#[test]
fn it_says_where_it_cannot_wait_and_that_nothing_came() {
    let room = Room::new("collect-silent");
    let said = room.lines("whomade collect --bind 192.0.2.1:2055").join("\n");
    assert!(said.contains("[listen/no-address] cannot wait at 192.0.2.1:2055"), "{said}");
    assert!(said.ends_with("[exit 2]"), "{said}");
    let said = room.lines("whomade collect --bind 127.0.0.1:0 --for 1s").join("\n");
    assert!(said.contains("warning[listen/nothing]: no flow records came"), "{said}");
    assert!(said.ends_with("[exit 2]"), "{said}");
    let said = room.lines("whomade collect --for soon").join("\n");
    assert!(said.contains("typed like 90s, 10m or 1h30m"), "{said}");
}
