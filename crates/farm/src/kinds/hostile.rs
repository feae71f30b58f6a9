//! Hosts that do what no device should: a scan has to survive them, leave them, and say what is
//! odd.

use std::net::{IpAddr, Ipv4Addr};

use miniz_oxide::deflate::compress_to_vec;
use whomade_scan::net::Moment;
use whomade_scan::net::simulated::Act;

use super::Kind;
use super::said::{digits, guarded, plain, web};
use crate::device::{Service, Stand};

const MILLI: Moment = Moment::from_millis(1);
const SECOND: Moment = Moment::from_secs(1);

/// Bytes of one piece of what is long.
const PIECE_BYTES: usize = 64 << 10;

const fn hostile(
    id: &'static str,
    title: &'static str,
    odd: Option<&'static str>,
    make: fn(&mut Stand, &mut fastrand::Rng),
) -> Kind {
    let source = "made up, as a scan may meet it";
    Kind { id, title, maker: None, label: None, odd, is_hostile: true, source, make }
}

/// The beginning of an answer, and then the same piece again and again.
fn goes_on(begins: &[u8], piece: &[u8], times: usize, pause: Moment) -> Service {
    let mut acts = vec![(MILLI, Act::Says(begins.to_vec()))];
    acts.extend((0..times).map(|_| (pause, Act::Says(piece.to_vec()))));
    Service::Acts(acts)
}

pub(super) static ENDLESS: Kind =
    hostile("endless", "a page that does not end", Some("endless"), |stand, _| {
        let page = goes_on(b"HTTP/1.1 200 OK\r\n\r\n", &[b'a'; PIECE_BYTES], 160, Moment::ZERO);
        stand.serve(80, page);
    });

pub(super) static SLOW: Kind = hostile("slow", "one byte a second", Some("slow"), |stand, _| {
    let says = b"HTTP/1.1 200 OK\r\nServer: Slow\r\nContent-Length: 2\r\n\r\nok";
    let acts = says.iter().map(|byte| (SECOND, Act::Says(vec![*byte])));
    stand.serve(80, Service::Acts(acts.collect()));
});

/// A page of 64 MiB that is packed to a thousandth; whoever unpacks it had better count. Nothing is
/// odd to a scan that unpacks nothing: it asks for no packed page, and reads heads and titles as
/// they come.
pub(super) static BOMB: Kind =
    hostile("gzip-bomb", "a page that unpacks to a thousand times its size", None, |stand, _| {
        const BEST: u8 = 9;
        let mut body = b"\x1f\x8b\x08\0\0\0\0\0\0\xff".to_vec();
        body.extend(compress_to_vec(&vec![b'a'; 64 << 20], BEST));
        // What checks the end is not true: nobody should get there.
        body.extend_from_slice(&[0; 8]);
        let heads = format!(
            "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        stand.serve(80, web([heads.into_bytes(), body].concat()));
    });

pub(super) static HEAD: Kind =
    hostile("long-head", "a head of ten million bytes", Some("endless"), |stand, _| {
        let begins = b"HTTP/1.1 200 OK\r\nX-Long: ";
        stand.serve(80, goes_on(begins, &[b'H'; PIECE_BYTES], 153, Moment::ZERO));
    });

/// Begins to agree on keys, and never comes to an end of it.
pub(super) static TLS: Kind =
    hostile("tls-without-end", "TLS that never ends", Some("slow"), |stand, _| {
        let begins = b"\x16\x03\x03\x40\x00\x02\x00\xff\xff";
        stand.serve(443, goes_on(begins, &[0], 60, SECOND));
    });

pub(super) static LENGTHS: Kind =
    hostile("lengths", "lengths that are not true", Some("lengths"), |stand, _| {
        let says =
            b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n\xff\0".to_vec();
        stand.serve(80, Service::Acts(vec![(MILLI, Act::Says(says)), (MILLI, Act::Ends)]));
        let says = b"\x16\x03\x01\xff\xff\x02\0\0\0".to_vec();
        stand.serve(443, Service::Acts(vec![(MILLI, Act::Says(says)), (MILLI, Act::Ends)]));
        let says =
            b"\x20\0\0\0DHIP\0\0\0\0\0\0\0\0\xff\xff\xff\xff\0\0\0\0\xff\xff\xff\xff\0\0\0\0{";
        stand.hear("dhip-search", says.to_vec());
    });

/// What a terminal would obey, in every field.
pub(super) static ESCAPES: Kind =
    hostile("escapes", "escape codes in every field", Some("escapes"), |stand, random| {
        let trick = "\u{1b}]0;owned\u{7}\u{1b}[2J\u{202e}";
        let heads = format!("HTTP/1.1 200 OK\r\nServer: {trick}\r\n");
        let page = format!("<title>{trick}</title><script>alert(1)</script>=cmd()");
        stand.serve(80, web(plain(&heads, &page)));
        stand.serve(554, guarded(trick, &format!("Digest realm=\"{trick}\", nonce=\"0\"")));
        stand.serve(21, Service::Greets(format!("220 {trick}\r\n").into_bytes()));
        let number = digits(random, 9);
        stand.hear(
            "sadp-inquiry",
            format!(
                "<ProbeMatch><Types>inquiry</Types><DeviceDescription>{trick}</DeviceDescription>\
                 <DeviceSN>{trick}{number}</DeviceSN></ProbeMatch>"
            ),
        );
    });

/// Answers a search in another's name, who was not named to the scan. That answer is counted as a
/// stranger's and passed over: nothing in it tells who sent it, so this host is not blamed for it.
pub(super) static ELSEWHERE: Kind =
    hostile("other-address", "an answer that comes from another address", None, |stand, _| {
        stand.serve(80, web(plain("HTTP/1.1 200 OK\r\n", "<html></html>")));
        stand.hear("ssdp-root", "HTTP/1.1 200 OK\r\nSERVER: elsewhere\r\n\r\n");
        if let Some(ear) = stand.ears.last_mut() {
            ear.from = Some(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 66)));
        }
    });

pub(super) static STORM: Kind =
    hostile("storm", "a thousand answers to one search", Some("storm"), |stand, _| {
        stand.serve(80, web(plain("HTTP/1.1 200 OK\r\n", "<html></html>")));
        stand.hear("ssdp-root", "HTTP/1.1 200 OK\r\nSERVER: storm\r\n\r\n");
        if let Some(ear) = stand.ears.last_mut() {
            ear.times = 1_000;
        }
    });

pub(super) static BREAKS: Kind =
    hostile("breaks", "breaks off whatever it is asked", Some("breaks"), |stand, _| {
        for port in [80, 554, 443] {
            stand.serve(port, Service::Acts(vec![(MILLI, Act::Breaks)]));
        }
    });

pub(super) static TARPIT: Kind = hostile(
    "tarpit",
    "takes connections at every port and says nothing",
    Some("tarpit"),
    |stand, _| {
        stand.is_tarpit = true;
    },
);
