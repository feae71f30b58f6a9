//! Servers that are slow, broken or hostile.

use std::io::Write as _;
use std::sync::mpsc::channel;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use whomade_core::diagnostic::Severity;
use whomade_remote::Access;

use crate::netbox::{Came, access, ask};
use crate::server::{Server, answer, device, interface, ok, page};

/// The usual access with waits that no test has to wait for.
fn hurried() -> Access {
    let mut access = access();
    access.limits.first_wait = Duration::from_millis(1);
    access
}

fn asked_of(server: &Server, access: &Access) -> Came {
    ask(&format!("netbox:http://{}/", server.at), access)
}

#[test]
fn a_server_that_fails_for_a_while_is_asked_again() {
    for status in ["429 Too Many Requests", "500 Oops", "502 Bad Gateway", "503 Unavailable"] {
        let server = Server::start(move |asked, number| {
            if number % 2 == 0 {
                return answer(status, "Retry-After: 0\r\n", b"<h1>Server Error (500)</h1>");
            }
            let devices = asked.line.contains("/devices/");
            ok(&page(1, None, &[if devices { device(1) } else { interface(1) }]))
        });
        let came = asked_of(&server, &hurried());
        assert_eq!((came.lines.len(), came.codes().len()), (2, 0), "{status}: {:?}", came.said);
        assert_eq!(server.asked().len(), 4);
    }
}

#[test]
fn a_server_that_always_fails_is_left_after_so_many_tries() {
    let server = Server::start(|_, _| answer("500 Oops", "", b""));
    let access = hurried();
    let came = asked_of(&server, &access);
    assert_eq!(came.codes(), ["remote/busy"]);
    assert_eq!(came.said[0].severity, Severity::Error);
    assert_eq!(server.asked().len(), access.limits.tries as usize);
}

#[test]
fn what_came_before_a_failure_is_kept() {
    let server = Server::start(|asked, _| match asked.parameter("offset") {
        None if asked.line.contains("/devices/") => {
            let next = "/api/dcim/devices/?limit=500&offset=1";
            ok(&page(2, Some(next), &[device(1)]))
        }
        None => ok(&page(1, None, &[interface(1)])),
        Some(_) => answer("404 Not Found", "", b""),
    });
    let came = asked_of(&server, &hurried());
    assert_eq!(came.lines, [interface(1), device(1)]);
    assert_eq!(came.codes(), ["remote/status"]);
}

#[test]
fn a_server_that_drips_meets_the_limit_of_time() {
    // The head comes at once, then a byte now and then for as long as anybody listens.
    let (end, ended) = channel::<()>();
    let server = Server::writing(
        |_, _| ok(&page(1, None, &[device(1)])),
        move |bytes, to| {
            let head = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
            let _ = to.write_all(&bytes[..head]);
            for byte in &bytes[head..] {
                if to.write_all(&[*byte]).is_err() {
                    return;
                }
                let _ = ended.recv_timeout(Duration::from_millis(50));
            }
        },
    );
    let mut access = hurried();
    access.limits.page_time = Duration::from_millis(200);
    let came = asked_of(&server, &access);
    assert_eq!((came.codes(), came.lines.len()), (vec!["remote/slow"], 0), "{:?}", came.said);
    drop(end);
}

#[test]
fn a_server_that_says_nothing_meets_the_limit_of_time_in_all() {
    let (end, ended) = channel::<()>();
    let server = Server::writing(
        |_, _| Vec::new(),
        move |_, _| {
            let _ = ended.recv();
        },
    );
    let mut access = hurried();
    access.limits.all_time = Duration::from_millis(100);
    assert_eq!(asked_of(&server, &access).codes(), ["remote/slow"]);
    // Waiting for a better time counts, too.
    let busy = Server::start(|_, _| answer("503 Unavailable", "Retry-After: 3600\r\n", b""));
    assert_eq!(asked_of(&busy, &access).codes(), ["remote/slow"]);
    drop(end);
}

#[test]
fn a_next_without_end_is_left() {
    // The same page for ever, and pages for ever.
    let same = Server::start(|asked, _| {
        let path = asked.line.split_whitespace().nth(1).unwrap().to_owned();
        ok(&page(9, Some(&path), &[device(1)]))
    });
    let came = asked_of(&same, &hurried());
    assert_eq!(came.codes()[0], "remote/loop", "{:?}", came.said);
    assert_eq!(came.devices, 1);
    let ever = |_: &crate::server::Asked, number: usize| {
        let next = format!("/api/dcim/devices/?offset={number}");
        ok(&page(usize::MAX, Some(&next), &[device(number + 1)]))
    };
    let mut access = hurried();
    access.limits.pages = 20;
    let came = asked_of(&Server::start(ever), &access);
    assert_eq!((came.codes()[0], came.devices), ("remote/large", 20));
    access.limits.devices = 5;
    let came = asked_of(&Server::start(ever), &access);
    assert_eq!((came.codes()[0], came.devices, came.lines.len() >= 5), ("remote/large", 5, true));
}

#[test]
fn bytes_are_counted_as_they_are_unpacked() {
    let server = Server::start(|_, _| {
        let mut packed = GzEncoder::new(Vec::new(), Compression::best());
        packed.write_all(&vec![b' '; 8 << 20]).unwrap();
        answer("200 OK", "Content-Encoding: gzip\r\n", &packed.finish().unwrap())
    });
    let mut access = hurried();
    access.limits.page_bytes = 1 << 20;
    assert_eq!(asked_of(&server, &access).codes(), ["remote/large"]);
    access.limits.page_bytes = 16 << 20;
    access.limits.all_bytes = 1 << 20;
    assert_eq!(asked_of(&server, &access).codes(), ["remote/large"]);
}

#[test]
fn what_is_no_page_is_told() {
    let cut = {
        let whole = page(1, None, &[device(1)]);
        whole[..whole.len() / 2].to_owned()
    };
    for (bytes, code) in [
        (ok("<!doctype html><title>Log in</title>"), "remote/no-json"),
        (ok(""), "remote/no-json"),
        (ok("\u{1b}[31m"), "remote/no-json"),
        (answer("200 OK", "", &[0xFF, 0xFE, 0xFD]), "remote/no-json"),
        (ok(&cut), "remote/cut"),
        (ok(r#"{"count": 1, "next": null, "results": [{"name": "no number"}]}"#), "remote/cut"),
        (answer("200 OK", "Content-Encoding: gzip\r\n", b"no gzip"), "remote/cut"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"cou".to_vec(), "remote/cut"),
        (b"SSH-2.0-OpenSSH_9.9\r\n".to_vec(), "remote/unreachable"),
        (Vec::new(), "remote/cut"),
        (answer("418 Teapot", "", b""), "remote/status"),
        (ok(&page(0, None, &[])), "remote/nothing"),
        (answer("200 OK", &format!("X: {}\r\n", "x".repeat(1 << 20)), b""), "remote/large"),
    ] {
        let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(300)]).into_owned();
        let server = Server::start(move |_, _| bytes.clone());
        let came = asked_of(&server, &hurried());
        assert_eq!(came.codes(), [code], "{shown}: {:?}", came.said);
        assert!(came.lines.is_empty());
    }
}

#[test]
fn a_count_that_does_not_hold_is_told() {
    for (count, severity) in [(3, Severity::Error), (1, Severity::Warning)] {
        let server = Server::start(move |asked, _| {
            if asked.line.contains("/interfaces/") {
                return ok(&page(0, None, &[]));
            }
            ok(&page(count, None, &[device(1), device(2)]))
        });
        let came = asked_of(&server, &hurried());
        assert_eq!((came.codes(), came.devices), (vec!["remote/miscounted"], 2));
        assert_eq!(came.said[0].severity, severity);
    }
}

#[test]
fn interfaces_that_change_meanwhile_are_told_once_and_the_rest_is_read() {
    let server = Server::start(|asked, _| {
        if asked.line.contains("/devices/") {
            return ok(&page(60, None, &(1..=60).map(device).collect::<Vec<_>>()));
        }
        let of: usize = asked.parameter("device_id").unwrap().parse().unwrap();
        ok(&page(9, None, &[interface(of)]))
    });
    let came = asked_of(&server, &hurried());
    // Sixty devices, and of each of two questions one interface.
    assert_eq!((came.codes(), came.lines.len()), (vec!["remote/miscounted"], 62));
}

#[test]
fn nobody_there_is_told() {
    // A port that was just given back is nobody's.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let came = ask(&format!("netbox:http://127.0.0.1:{port}/"), &hurried());
    assert_eq!((came.codes(), came.lines.len()), (vec!["remote/unreachable"], 0));
}
