//! What is asked of a NetBox, and what is written down of its answers.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use whomade_core::diagnostic::{Diagnostic, Severity};
use whomade_remote::{Access, Address, Token, receive};

use crate::server::{Server, answer, device, interface, ok, page};

/// A token of the older kind; it opens nothing.
pub(crate) const TOKEN: &str = "0123456789abcdef0123456789abcdef01234567";

/// What came of asking.
pub(crate) struct Came {
    pub(crate) lines: Vec<String>,
    pub(crate) devices: u64,
    pub(crate) said: Vec<Diagnostic>,
}

impl Came {
    /// The codes that were said.
    pub(crate) fn codes(&self) -> Vec<&str> {
        self.said.iter().map(|said| said.code).collect()
    }
}

/// The usual access, with the token.
pub(crate) fn access() -> Access {
    let token = Some(Token::new(TOKEN).unwrap());
    Access { token, token_from: "the variable".to_owned(), ..Access::default() }
}

/// Asks; whatever is said must not hold the token.
pub(crate) fn ask(address: &str, access: &Access) -> Came {
    let address = Address::parse(address).unwrap().unwrap();
    let mut bytes = Vec::new();
    let received = receive(&address, access, &mut bytes, &mut |_, _| {}).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let whole = format!("{text}{:?}{access:?}{address:?}", received.said);
    assert!(!whole.contains(TOKEN), "the token stands in {whole}");
    Came {
        lines: text.lines().map(str::to_owned).collect(),
        devices: received.devices,
        said: received.said,
    }
}

/// A NetBox with so many devices, so many a page, each with an interface.
fn answering(count: usize, a_page: usize) -> Server {
    Server::start(move |asked, _| {
        if asked.line.contains("/interfaces/") {
            let query = asked.line.split_whitespace().nth(1).unwrap().split_once('?').unwrap().1;
            let ids = query.split('&').filter_map(|pair| pair.strip_prefix("device_id="));
            let all: Vec<String> = ids.map(|id| interface(id.parse().unwrap())).collect();
            return ok(&page(all.len(), None, &all));
        }
        let from: usize = asked.parameter("offset").map_or(0, |text| text.parse().unwrap());
        let to = (from + a_page).min(count);
        let all: Vec<String> = (from..to).map(|one| device(one + 1)).collect();
        let rest = "site=hq&exclude=config_context&limit=500&ordering=id";
        let next = (to < count).then(|| format!("/api/dcim/devices/?{rest}&offset={to}"));
        ok(&page(count, next.as_deref(), &all))
    })
}

#[test]
fn pages_are_followed_and_interfaces_come_first() {
    let server = answering(120, 50);
    let came = ask(&format!("netbox:http://{}/?site=hq", server.at), &access());
    assert_eq!(came.codes(), Vec::<&str>::new());
    assert_eq!((came.devices, came.lines.len()), (120, 240));
    assert_eq!(came.lines[0], interface(1));
    assert_eq!(came.lines[119], interface(120));
    assert_eq!(came.lines[120], device(1));
    assert_eq!(came.lines[239], device(120));
    let asked = server.asked();
    // Three pages of devices, and their interfaces fifty devices at a time.
    assert_eq!(asked.len(), 6);
    assert!(asked.iter().all(|one| one.line.starts_with("GET /api/dcim/")), "{asked:?}");
    let shown = format!("Token {TOKEN}");
    assert!(asked.iter().all(|one| one.shown.as_deref() == Some(&shown)), "{asked:?}");
    assert_eq!(asked[0].parameter("site").as_deref(), Some("hq"));
    assert_eq!(asked[0].parameter("exclude").as_deref(), Some("config_context"));
}

#[test]
fn a_server_may_lie_in_a_folder_and_show_things_to_everybody() {
    let server = answering(2, 50);
    let came = ask(&format!("netbox:http://{}/netbox/api/", server.at), &Access::default());
    assert_eq!((came.devices, came.lines.len(), came.codes().len()), (2, 4, 0));
    let asked = server.asked();
    assert!(asked[0].line.starts_with("GET /netbox/api/dcim/devices/?"), "{asked:?}");
    assert!(asked.iter().all(|one| one.shown.is_none()), "{asked:?}");
}

#[test]
fn packed_answers_are_unpacked() {
    let server = Server::start(|asked, _| {
        let devices = asked.line.contains("/devices/");
        let body = page(1, None, &[if devices { device(1) } else { interface(1) }]);
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(body.as_bytes()).unwrap();
        answer("200 OK", "Content-Encoding: gzip\r\n", &packed.finish().unwrap())
    });
    let came = ask(&format!("netbox:http://{}/", server.at), &access());
    assert_eq!(came.lines, [interface(1), device(1)]);
    assert!(came.said.is_empty(), "{:?}", came.said);
}

#[test]
fn a_wrong_token_says_where_to_look() {
    for status in ["401 Unauthorized", "403 Forbidden"] {
        let server =
            Server::start(move |_, _| answer(status, "", b"{\"detail\": \"Invalid token\"}"));
        let came = ask(&format!("netbox:http://{}/", server.at), &access());
        assert_eq!((came.codes(), came.lines.len()), (vec!["remote/denied"], 0));
        let said = &came.said[0];
        assert!(said.help.as_ref().unwrap().contains("the variable"), "{said:?}");
        assert!(said.notes[0].contains("view devices"), "{said:?}");
        assert_eq!(server.asked().len(), 1, "it was asked again");
    }
}

#[test]
fn devices_are_read_without_their_interfaces_where_these_may_not_be_viewed() {
    let server = Server::start(|asked, _| {
        if asked.line.contains("/interfaces/") {
            return answer("403 Forbidden", "", b"{}");
        }
        ok(&page(1, None, &[device(1)]))
    });
    let came = ask(&format!("netbox:http://{}/", server.at), &access());
    assert_eq!(came.lines, [device(1)]);
    assert_eq!(came.codes(), ["remote/no-interfaces"]);
    assert_eq!(came.said[0].severity, Severity::Warning);
}

#[test]
fn devices_without_interfaces_are_not_asked_for_any() {
    let server =
        Server::start(|_, _| ok(&page(1, None, &[device(1).replace("count\":1", "count\":0")])));
    let came = ask(&format!("netbox:http://{}/", server.at), &access());
    assert_eq!((came.lines.len(), came.codes().len(), server.asked().len()), (1, 0, 1));
}

#[test]
fn another_server_is_never_asked() {
    let other = answering(1, 1);
    let there = other.at.clone();
    for by in ["redirect", "next"] {
        for to in [
            format!("http://{there}/api/dcim/devices/"),
            format!("//{there}/api/dcim/devices/"),
            format!("http://127.0.0.1@{there}/api/dcim/devices/"),
            "https://netbox.example/api/dcim/devices/".to_owned(),
            "file:///etc/passwd".to_owned(),
            "nowhere at all".to_owned(),
            String::new(),
        ] {
            let server = Server::start(move |_, _| match by {
                "redirect" => answer("302 Found", &format!("Location: {to}\r\n"), b""),
                _ => ok(&page(2, Some(&to), &[device(1)])),
            });
            let mut access = access();
            access.limits.tries = 1;
            let came = ask(&format!("netbox:http://{}/", server.at), &access);
            assert_eq!(came.codes()[0], "remote/elsewhere", "{by}: {:?}", came.said);
            assert_eq!(came.devices, u64::from(by == "next"));
        }
    }
    assert!(other.asked().is_empty(), "{:?}", other.asked());
}

#[test]
fn a_redirect_within_the_server_is_followed_and_a_circle_ends() {
    let server = Server::start(|asked, _| {
        if !asked.line.contains("moved") {
            let path = asked.line.split_whitespace().nth(1).unwrap();
            return answer("301 Moved", &format!("Location: {path}&moved=1\r\n"), b"");
        }
        let devices = asked.line.contains("/devices/");
        ok(&page(1, None, &[if devices { device(1) } else { interface(1) }]))
    });
    let came = ask(&format!("netbox:http://{}/", server.at), &access());
    assert_eq!((came.lines.len(), came.codes().len()), (2, 0), "{:?}", came.said);
    let circle = Server::start(|_, _| answer("302 Found", "Location: /login/\r\n", b""));
    assert_eq!(ask(&format!("netbox:http://{}/", circle.at), &access()).codes(), ["remote/loop"]);
}

#[test]
fn a_token_that_comes_back_is_taken_out() {
    let server = Server::start(|asked, _| {
        if asked.line.contains("/interfaces/") {
            return ok(&page(0, None, &[]));
        }
        ok(&page(1, None, &[device(1).replace("CAM-1", TOKEN)]))
    });
    let came = ask(&format!("netbox:http://{}/", server.at), &access());
    assert_eq!(came.codes(), ["remote/echo"]);
    assert!(came.lines[0].contains("\"name\":\"[token]\""), "{:?}", came.lines);
    let leads = format!("http://{TOKEN}.example/");
    let server = Server::start(move |_, _| ok(&page(2, Some(&leads), &[device(1)])));
    let came = ask(&format!("netbox:http://{}/", server.at), &access());
    assert!(came.codes().contains(&"remote/elsewhere"), "{:?}", came.said);
}
