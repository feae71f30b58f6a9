//! The table itself: each request is told from all others, is whole, and is nothing but itself.

use std::collections::BTreeSet;

use super::*;

const HOSTS: [(&str, u16); 4] =
    [("192.0.2.7", 80), ("192.0.2.7", 8_080), ("2001:db8::7", 554), ("2001:db8::7", 10_554)];

#[test]
fn every_request_is_known_by_its_bytes_and_by_nothing_else() {
    let ids: BTreeSet<&str> = REQUESTS.iter().map(|one| one.id()).collect();
    assert_eq!(ids.len(), REQUESTS.len(), "two have one name");
    for request in REQUESTS {
        for (host, port) in HOSTS {
            for number in [0, 1, u64::MAX] {
                let packet = request.packet(host.parse().unwrap(), port, number);
                assert_eq!(which(packet.bytes()).map(Request::id), Some(request.id()));
                // A byte more, less or another is no request.
                let bytes = packet.bytes();
                assert!(which(&[bytes, b"x"].concat()).is_none(), "{}", request.id());
                assert!(which(&bytes[..bytes.len() - 1]).is_none(), "{}", request.id());
                let mut other = bytes.to_vec();
                other[0] ^= 0x20;
                assert!(which(&other).is_none(), "{}", request.id());
            }
        }
        assert!(!request.source().is_empty() && !request.harmless().is_empty());
        assert!(!request.title().is_empty());
    }
}

#[test]
fn nothing_in_the_table_logs_in_or_changes_anything() {
    // What would be an order in the languages that know orders, and the marks of credentials.
    const NEVER: [&str; 16] = [
        "Authorization",
        "PUT ",
        "DELETE ",
        "PATCH ",
        "SETUP ",
        "PLAY ",
        "update",
        "activate",
        "exchangecode",
        "setConfig",
        "DevInit",
        "PasswdFind",
        "SetSystem",
        "Set",
        "password",
        "auth=",
    ];
    for request in REQUESTS {
        let shown = request.shown();
        for never in NEVER {
            assert!(!shown.contains(never), "{} holds {never}", request.id());
        }
        // Xiongmai's order to change an address, and the first byte of Dahua's login.
        let packet = request.packet([192, 0, 2, 7].into(), 80, 1);
        assert!(!packet.bytes().starts_with(&[0xA0]), "{}", request.id());
        assert!(packet.bytes().get(14..16) != Some(&[0xFC, 0x05]), "{}", request.id());
    }
    let posts = REQUESTS.iter().filter(|one| one.shown().starts_with("POST"));
    let posts: Vec<&str> = posts.map(|one| one.id()).collect();
    assert_eq!(posts, ["onvif-time"], "a question, which SOAP posts");
}

#[test]
fn lengths_that_requests_tell_are_true() {
    let of = |request: &'static Request| request.packet([192, 0, 2, 7].into(), 80, 1);
    let time = of(&ONVIF_TIME);
    let text = String::from_utf8(time.bytes().to_vec()).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    assert!(head.contains(&format!("Content-Length: {}\r\n", body.len())), "{head}");
    let hello = of(&TLS);
    let bytes = hello.bytes();
    assert_eq!(usize::from(u16::from_be_bytes([bytes[3], bytes[4]])), bytes.len() - 5);
    assert_eq!(usize::from(u16::from_be_bytes([bytes[7], bytes[8]])), bytes.len() - 9);
    let search = of(&makers::DHIP);
    assert_eq!(usize::from(search.bytes()[16]), search.bytes().len() - 32);
    assert_eq!(of(&makers::PANASONIC).bytes().len(), 52);
    assert_eq!(of(&makers::HANWHA).bytes().len(), 262);
}
