//! `whomade watch` over real sockets, in a network of the test's own: who comes, who changes and
//! who leaves between two rounds is told, and nothing else.

#![expect(clippy::disallowed_types, reason = "somebody has to be asked")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use serde_json::Value;

use crate::listen::{HERE, THERE, announced, send, sender, wire};
use crate::room::Room;
use crate::within::{ip, is_within};

/// How a server behaves.
type Manner = fn(&mut TcpStream, &[u8]) -> std::io::Result<()>;

fn of_hikvision(stream: &mut TcpStream, _: &[u8]) -> std::io::Result<()> {
    stream.write_all(b"HTTP/1.1 200 OK\r\nServer: DNVRS-Webs\r\nContent-Length: 2\r\n\r\nok")
}

fn of_dahua(stream: &mut TcpStream, asked: &[u8]) -> std::io::Result<()> {
    stream.write_all(match asked.starts_with(b"OPTIONS") {
        true => b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nServer: Rtsp Server/3.0\r\n\r\n",
        false => {
            b"RTSP/1.0 401 Unauthorized\r\nCSeq: 2\r\n\
              WWW-Authenticate: Digest realm=\"Login to 5C02D41PAG3B7E2\", nonce=\"1\"\r\n\r\n"
        }
    })
}

fn of_linux(stream: &mut TcpStream, _: &[u8]) -> std::io::Result<()> {
    stream.write_all(b"HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Length: 2\r\n\r\nok")
}

/// A device that can be taken away.
struct Device {
    address: &'static str,
    gone: Arc<AtomicBool>,
    serving: Vec<JoinHandle<()>>,
}

impl Device {
    /// Puts a device into the network.
    fn put(address: &'static str, ports: &[(u16, Manner)]) -> Self {
        ip(&format!("addr add {address}/32 dev whomade2"));
        let gone = Arc::new(AtomicBool::new(false));
        let serving = ports.iter().map(|(port, manner)| {
            let listener = TcpListener::bind((address, *port)).unwrap();
            listener.set_nonblocking(true).unwrap();
            let (gone, manner) = (Arc::clone(&gone), *manner);
            thread::spawn(move || serve(&listener, &gone, manner))
        });
        Self { address, serving: serving.collect(), gone }
    }

    /// Takes it away.
    fn take(self) {
        self.gone.store(true, Ordering::Relaxed);
        self.serving.into_iter().for_each(|one| one.join().unwrap());
        ip(&format!("addr del {}/32 dev whomade2", self.address));
    }
}

fn serve(listener: &TcpListener, gone: &AtomicBool, manner: Manner) {
    while !gone.load(Ordering::Relaxed) {
        let Ok((mut stream, _)) = listener.accept() else {
            thread::sleep(Duration::from_millis(10));
            continue;
        };
        stream.set_nonblocking(false).unwrap();
        thread::spawn(move || {
            let mut buffer = [0; 4_096];
            while let Ok(count @ 1..) = stream.read(&mut buffer) {
                if manner(&mut stream, &buffer[..count]).is_err() {
                    return;
                }
            }
        });
    }
}

/// A network in which nobody is there yet, and who is not there is unreachable at once.
fn network() {
    ip("link set lo up");
    ip("link add whomade2 type veth peer name whomade3");
    ip("link set whomade3 up");
    ip("addr add 10.77.0.1/26 dev whomade2");
    ip("link set whomade2 up");
    ip("route add unreachable 10.77.0.8/29");
}

/// What a round told, each with the device's address; and how the program ended.
fn round(room: &Room, words: &str) -> (Vec<(String, String)>, Vec<Value>, Option<i32>) {
    let asked = "whomade watch 10.77.0.8/29 --rate 5000 --rounds 1 --json -q";
    let done = room.run(&format!("{asked} {words}"));
    let text = String::from_utf8(done.bytes).unwrap();
    let lines: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    let told = lines.iter().filter(|line| line.get("event").is_some());
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let told = told.map(|line| (word(&line["device"]["addresses"][0]), word(&line["event"])));
    let mut told: Vec<(String, String)> = told.collect();
    told.sort();
    (told, lines, done.status)
}

fn pairs(all: &[(&str, &str)]) -> Vec<(String, String)> {
    all.iter().map(|(at, event)| ((*at).to_owned(), (*event).to_owned())).collect()
}

#[test]
fn who_comes_changes_and_leaves_is_told() {
    if !is_within("watching::who_comes_changes_and_leaves_is_told") {
        return;
    }
    network();
    let room = Room::new("watch");
    let gate = Device::put("10.77.0.11", &[(80, of_hikvision)]);
    let yard = Device::put("10.77.0.12", &[(554, of_dahua)]);
    let (told, lines, status) = round(&room, "--state site.watch");
    assert_eq!(told, pairs(&[("10.77.0.11", "present"), ("10.77.0.12", "present")]));
    assert_eq!(status, Some(0));
    assert_eq!(lines.last().unwrap()["summary"]["devices"], 2);

    gate.take();
    yard.take();
    let gate = Device::put("10.77.0.11", &[(80, of_linux), (8080, of_linux)]);
    let hall = Device::put("10.77.0.13", &[(80, of_hikvision)]);
    let (told, lines, status) = round(&room, "--state site.watch");
    let expected = pairs(&[
        ("10.77.0.11", "maker-changed"),
        ("10.77.0.11", "ports-changed"),
        ("10.77.0.13", "new-device"),
    ]);
    assert_eq!((told, status), (expected, Some(1)), "{lines:?}");
    let changed = |event: &str| lines.iter().find(|line| line["event"] == event).unwrap();
    let maker = changed("maker-changed");
    assert_eq!(maker["from"]["makers"][0]["id"], "hikvision");
    assert_eq!(maker["to"]["certainty"], "unknown");
    assert_eq!(maker["missing"][0]["field"], "http-server", "{maker}");
    let ports = changed("ports-changed");
    assert_eq!((&ports["opened"][0], &ports["closed"]), (&Value::from(8080), &Value::from([0; 0])));
    assert_eq!(changed("new-device")["device"]["maker"]["makers"][0]["id"], "hikvision");
    assert_eq!(lines.last().unwrap()["summary"]["waited_for"], 1);

    let (told, _, status) = round(&room, "--state site.watch");
    assert_eq!((told, status), (pairs(&[("10.77.0.12", "gone")]), Some(1)));
    let yard = Device::put("10.77.0.12", &[(554, of_dahua)]);
    let (told, _, status) = round(&room, "--state site.watch");
    assert_eq!((told, status), (pairs(&[("10.77.0.12", "back")]), Some(1)));

    // Where nobody answers any more, the way there may be down.
    [gate, hall, yard].into_iter().for_each(Device::take);
    for _ in 0..2 {
        let (told, lines, status) = round(&room, "--state site.watch --gone-after 1");
        assert_eq!((told, status), (Vec::new(), Some(0)));
        assert_eq!(lines.last().unwrap()["summary"]["nobody"], true);
    }
}

#[test]
fn rounds_follow_one_another_until_somebody_ends_it_and_what_is_known_is_kept() {
    if !is_within(
        "watching::rounds_follow_one_another_until_somebody_ends_it_and_what_is_known_is_kept",
    ) {
        return;
    }
    network();
    let room = Room::new("watch-on");
    let gate = Device::put("10.77.0.11", &[(80, of_hikvision)]);
    let mut watch = Command::new(env!("CARGO_BIN_EXE_whomade"))
        .args(["watch", "10.77.0.8/29", "--rate", "5000", "--every", "1s"])
        .args(["--state", "site.watch", "--json", "--logs", "logs"])
        .env("XDG_STATE_HOME", room.dir().join("state"))
        .current_dir(room.dir())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(watch.stdout.take().unwrap()).lines();
    let mut lines = lines.map(|line| serde_json::from_str::<Value>(&line.unwrap()).unwrap());
    let mut until = |wanted: &dyn Fn(&Value) -> bool| lines.find(|line| wanted(line)).unwrap();
    let first = until(&|line| line.get("summary").is_some());
    assert_eq!(first["round"], 1);
    let yard = Device::put("10.77.0.12", &[(554, of_dahua)]);
    let new = until(&|line| line["event"] == "new-device");
    assert_eq!(new["device"]["addresses"][0], "10.77.0.12");
    let round = until(&|line| line.get("summary").is_some())["round"].as_u64().unwrap();
    let id = watch.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    let ended = watch.wait().unwrap();
    assert_eq!(ended.code(), Some(1), "something changed while it watched");
    let kept: Value = serde_json::from_slice(&room.read("site.watch")).unwrap();
    assert!(kept["ledger"]["rounds"].as_u64().unwrap() >= round);
    assert_eq!(kept["ledger"]["known"].as_array().unwrap().len(), 2);
    let logs = std::fs::read_dir(room.dir().join("logs")).unwrap().count() as u64;
    assert!(logs >= round, "{logs} logs of {round} rounds");
    [gate, yard].into_iter().for_each(Device::take);
}

#[test]
fn who_is_heard_for_the_first_time_is_told() {
    if !is_within("watching::who_is_heard_for_the_first_time_is_told") {
        return;
    }
    wire();
    let room = Room::new("watch-listen");
    let mut watch = Command::new(env!("CARGO_BIN_EXE_whomade"))
        .args(["watch", "--listen", HERE, "--every", "3s", "--for", "2s", "--rounds", "3"])
        .args(["--json", "--stations", "-q", "--gone-after", "1"])
        .current_dir(room.dir())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let [first, second, _] = announced();
    let (also, over) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let sending = {
        let (also, over, mut sender) = (Arc::clone(&also), Arc::clone(&over), sender(THERE));
        thread::spawn(move || {
            while !over.load(Ordering::Relaxed) {
                let frame = if also.load(Ordering::Relaxed) { &second } else { &first };
                send(&mut *sender, frame);
                thread::sleep(Duration::from_millis(50));
            }
        })
    };
    let mut told = Vec::new();
    for line in BufReader::new(watch.stdout.take().unwrap()).lines() {
        let line: Value = serde_json::from_str(&line.unwrap()).unwrap();
        if let Some(event) = line["event"].as_str() {
            told.push((line["round"].as_u64().unwrap(), event.to_owned()));
        } else {
            also.store(true, Ordering::Relaxed);
        }
    }
    over.store(true, Ordering::Relaxed);
    sending.join().unwrap();
    assert_eq!(watch.wait().unwrap().code(), Some(1));
    // Who was silent is not called gone.
    let expected = [(1, "present"), (2, "new-device"), (2, "not-heard")];
    assert_eq!(told, expected.map(|(round, event)| (round, event.to_owned())));
}
