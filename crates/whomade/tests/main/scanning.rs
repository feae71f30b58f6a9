//! `whomade scan` over real sockets, in a network of the test's own: who is there is found, who is
//! hostile is survived and named, nothing is sent that is not in the table, what was broken off
//! goes on, and the answer is that of the log.

#![expect(clippy::disallowed_types, reason = "somebody has to be asked")]

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::Value;
use whomade_scan::probe;

use crate::room::Room;
use crate::within::{ip, is_within};

/// Everything that was asked of anybody.
type Asked = Arc<Mutex<Vec<Vec<u8>>>>;

/// How a server behaves.
pub(crate) type Manner = fn(&mut TcpStream, &[u8]) -> std::io::Result<()>;

/// Serves at an address and port: each thing asked is written down and answered.
fn serve(asked: &Asked, at: &str, manner: Manner) {
    let listener = TcpListener::bind(at).unwrap();
    let asked = Arc::clone(asked);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (asked, mut stream) = (Arc::clone(&asked), stream.unwrap());
            thread::spawn(move || {
                let mut buffer = [0; 4_096];
                while let Ok(count @ 1..) = stream.read(&mut buffer) {
                    asked.lock().unwrap().push(buffer[..count].to_vec());
                    if manner(&mut stream, &buffer[..count]).is_err() {
                        return;
                    }
                }
            });
        }
    });
}

pub(crate) fn of_hikvision(stream: &mut TcpStream, _: &[u8]) -> std::io::Result<()> {
    stream.write_all(b"HTTP/1.1 200 OK\r\nServer: DNVRS-Webs\r\nContent-Length: 2\r\n\r\nok")
}

pub(crate) fn of_dahua(stream: &mut TcpStream, asked: &[u8]) -> std::io::Result<()> {
    stream.write_all(match asked.starts_with(b"OPTIONS") {
        true => b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nServer: Rtsp Server/3.0\r\n\r\n",
        false => {
            b"RTSP/1.0 401 Unauthorized\r\nCSeq: 2\r\n\
              WWW-Authenticate: Digest realm=\"Login to 5C02D41PAG3B7E2\", nonce=\"1\"\r\n\r\n"
        }
    })
}

pub(crate) fn of_linux(stream: &mut TcpStream, _: &[u8]) -> std::io::Result<()> {
    stream.write_all(b"HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Length: 2\r\n\r\nok")
}

fn endless(stream: &mut TcpStream, _: &[u8]) -> std::io::Result<()> {
    stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
    loop {
        stream.write_all(&[b'a'; 1 << 16])?;
    }
}

fn slow(stream: &mut TcpStream, _: &[u8]) -> std::io::Result<()> {
    for byte in b"HTTP/1.1 200 OK\r\nServer: Slow\r\n" {
        stream.write_all(&[*byte])?;
        thread::sleep(Duration::from_secs(1));
    }
    Ok(())
}

fn escapes(stream: &mut TcpStream, _: &[u8]) -> std::io::Result<()> {
    let page = "<title>\u{1b}]0;owned\u{7}\u{202e}</title>";
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nServer: \u{1b}[31mred\r\nContent-Length: {}\r\n\r\n{page}",
        page.len()
    )
}

/// A network in which eight programs answer.
fn network(asked: &Asked) {
    ip("link set lo up");
    // All of the network is this machine's own.
    ip("addr add 10.77.0.1/24 dev lo");
    serve(asked, "10.77.0.11:80", of_hikvision);
    serve(asked, "10.77.0.12:554", of_dahua);
    serve(asked, "10.77.0.13:80", endless);
    serve(asked, "10.77.0.14:80", slow);
    serve(asked, "10.77.0.15:80", escapes);
    serve(asked, "10.77.0.16:80", of_linux);
    serve(asked, "10.77.0.16:8080", of_linux);
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
    let asked = Asked::default();
    network(&asked);
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
    assert!(odd("10.77.0.11").is_empty() && odd("10.77.0.16").is_empty());

    let asked = asked.lock().unwrap();
    assert!(asked.len() > 6, "{} requests", asked.len());
    for one in asked.iter() {
        assert!(
            probe::which(one).is_some(),
            "{:?} is not in the table",
            String::from_utf8_lossy(one)
        );
    }
    // The log says what was said while it was made.
    let again = room.run("whomade screen site.ndjson --json --on 2026-11-22 --no-config -q");
    assert_eq!(devices(&String::from_utf8(again.bytes).unwrap()), found);
}

#[test]
fn two_do_not_ask_at_once_and_what_was_broken_off_goes_on() {
    if !is_within("scanning::two_do_not_ask_at_once_and_what_was_broken_off_goes_on") {
        return;
    }
    let asked = Asked::default();
    network(&asked);
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
    assert_ne!(elsewhere.status.code(), Some(2), "another network is another scan's");

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
}
