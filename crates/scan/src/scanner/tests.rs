//! The laws of the scanner, kept on networks that are thought up: never above the rate, never
//! outside the scope, never again after a refusal, never a byte that is not in the table, and the
//! same bytes for the same seed.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::host::SHOWN;
use crate::net::simulated::{Act, Device, Door, Sent, Simulated, Weather};
use crate::ports;
use crate::targets::Range;

const SECOND: Moment = Moment::from_secs(1);
const MILLI: Moment = Moment::from_millis(1);

/// How a device behaves at one of its ports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manner {
    /// It answers as it should.
    Plain,
    /// It sends a page that never ends.
    Endless,
    /// It sends a byte a second.
    Slow,
    /// It sends a head of ten million bytes.
    Head,
    /// It says nothing.
    Mute,
    /// It breaks off whatever it is asked.
    Breaks,
    /// It sends what makes no sense, with lengths that are not true.
    Noise,
    /// It closes at once.
    Ends,
}

const MANNERS: [Manner; 8] = [
    Manner::Plain,
    Manner::Endless,
    Manner::Slow,
    Manner::Head,
    Manner::Mute,
    Manner::Breaks,
    Manner::Noise,
    Manner::Ends,
];

#[derive(Debug)]
struct Made {
    address: IpAddr,
    open: Vec<u16>,
    silent: Vec<u16>,
    manner: Manner,
    /// Whether it takes one connection at a time, and breaks when it gets more, or too fast.
    is_weak: bool,
    lines: usize,
    busy_until: Moment,
    broke: bool,
}

impl Made {
    fn new(address: IpAddr, open: &[u16], manner: Manner) -> Self {
        let (open, silent) = (open.to_vec(), Vec::new());
        let busy_until = Moment::ZERO;
        Self { address, open, silent, manner, is_weak: false, lines: 0, busy_until, broke: false }
    }
}

const PAGE: &[u8] = b"HTTP/1.1 200 OK\r\nServer: DNVRS-Webs\r\nContent-Length: 5\r\n\r\n<p>ok";

impl Device for Made {
    fn door(&mut self, port: u16, now: Moment) -> Door {
        if self.is_weak && self.lines > 0 {
            self.broke = true;
            return Door::Silent;
        }
        if self.is_weak && now < self.busy_until {
            self.broke = true;
        }
        if self.open.contains(&port) {
            self.lines += 1;
            Door::Open
        } else if self.silent.contains(&port) {
            Door::Silent
        } else {
            Door::Closed
        }
    }

    fn answers(&mut self, _: u16, asked: &[u8], now: Moment) -> Vec<(Moment, Act)> {
        let says = |bytes: &[u8]| (MILLI, Act::Says(bytes.to_vec()));
        if self.is_weak {
            assert!(!self.broke, "it was pushed");
            self.busy_until = now + 50 * MILLI;
            return vec![(50 * MILLI, Act::Says(PAGE.to_vec())), (MILLI, Act::Ends)];
        }
        match self.manner {
            Manner::Plain if asked.starts_with(b"GET") => vec![says(PAGE), (MILLI, Act::Ends)],
            Manner::Plain
                if asked.ends_with(b"RTSP/1.0\r\nCSeq: 1\r\nUser-Agent: whomade\r\n\r\n") =>
            {
                vec![says(b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nPublic: OPTIONS, DESCRIBE\r\n\r\n")]
            }
            Manner::Plain if asked.starts_with(b"DESCRIBE") => vec![says(
                b"RTSP/1.0 401 Unauthorized\r\nCSeq: 2\r\n\
                  WWW-Authenticate: Digest realm=\"Login to 5C02D41PAG3B7E2\"\r\n\r\n",
            )],
            Manner::Plain => vec![says(b"\x15\x03\x01\0\x02\x02\x28"), (MILLI, Act::Ends)],
            Manner::Endless => {
                let mut all = vec![says(b"HTTP/1.1 200 OK\r\n\r\n")];
                all.extend((0..200).map(|_| says(&[b'a'; 16 << 10])));
                all
            }
            Manner::Slow => PAGE.iter().map(|one| (SECOND, Act::Says(vec![*one]))).collect(),
            Manner::Head => {
                let mut all = vec![says(b"HTTP/1.1 200 OK\r\nX-Long: ")];
                all.extend((0..600).map(|_| says(&[b'H'; 16 << 10])));
                all
            }
            Manner::Mute => Vec::new(),
            Manner::Breaks => vec![(MILLI, Act::Breaks)],
            Manner::Noise => vec![
                says(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n\xff\0"),
                says(b"\x16\x03\x01\xff\xff\x02"),
                (MILLI, Act::Ends),
            ],
            Manner::Ends => vec![(MILLI, Act::Ends)],
        }
    }

    fn hears(&mut self, port: u16, _: &[u8]) -> Vec<(Moment, SocketAddr, u16, Vec<u8>)> {
        if port != 3_702 || self.manner == Manner::Mute {
            return Vec::new();
        }
        let from = SocketAddr::new(self.address, port);
        vec![(5 * MILLI, from, 40_000, b"<ProbeMatches/>".to_vec())]
    }

    fn closed(&mut self, _: u16) {
        self.lines -= 1;
    }
}

fn at(last: u8) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(10, 9, 0, last))
}

fn scope() -> Scope {
    Scope::attached(["10.9.0.0/24".parse().unwrap()], date(2026, 11, 22))
}

fn targets(text: &str) -> Targets {
    Targets::new([Range::parse(text).unwrap()]).unwrap()
}

/// Scans to the end; what was found, and what was sent.
fn scan(
    net: Simulated,
    plan: Plan,
    scope: Scope,
    targets: Targets,
) -> (Vec<Found>, Count, Vec<(Moment, Sent)>) {
    let mut scanner = Scanner::new(net, scope, targets, plan);
    let mut found = Vec::new();
    while let Some(one) = scanner.advance(Moment::from_secs(100_000)) {
        found.push(one);
    }
    assert!(scanner.is_over(), "it ended early");
    let sent = std::mem::take(&mut scanner.net().sent);
    (found, scanner.count(), sent)
}

/// What every scan must keep, whatever the network does.
fn keeps_the_laws(sent: &[(Moment, Sent)], rate: u32, scope: &Scope, named: &Targets) {
    let mut askings = Vec::new();
    for (when, one) in sent {
        let (to, bytes) = match one {
            Sent::Open(to, _) => {
                askings.push(*when);
                (Some(*to), None)
            }
            Sent::Secure(to, _) => (Some(*to), None),
            Sent::Stream(to, _, bytes) => (Some(*to), Some(bytes)),
            Sent::Datagram(to, _, bytes) => {
                askings.push(*when);
                (Some(*to), Some(bytes))
            }
            Sent::Search(_, bytes) => {
                askings.push(*when);
                (None, Some(bytes))
            }
        };
        assert!(to.is_none_or(|to| scope.admit(to).is_ok() && named.holds(to)), "{to:?}");
        assert!(bytes.is_none_or(|bytes| probe::which(bytes).is_some()), "{one:?}");
    }
    // In no second more than the rate, but for the little that may follow at once.
    let burst = (f64::from(rate) * 0.02).max(1.0);
    for (first, begin) in askings.iter().enumerate() {
        let within = askings[first..].iter().take_while(|one| **one < *begin + SECOND).count();
        assert!(within as f64 <= f64::from(rate) + burst + 1.0, "{within} in a second");
    }
}

#[test]
fn a_camera_is_found_and_asked_once_each() {
    let mut net = Simulated::new(1, Weather::default());
    net.put(at(7), Made::new(at(7), &[80, 554], Manner::Plain));
    let (found, count, sent) = scan(net, Plan::default(), scope(), targets("10.9.0.0/28"));
    let [camera] = &found[..] else { panic!("{found:?}") };
    assert_eq!((camera.address, &camera.open[..]), (at(7), &[80, 554][..]));
    let told: Vec<Option<&str>> = camera.answers.iter().map(|one| one.to).collect();
    let all = [
        Some("ws-discovery-video"),
        Some("http-start-page"),
        Some("rtsp-options"),
        Some("rtsp-describe"),
        Some("onvif-time"),
    ];
    for one in all {
        assert_eq!(told.iter().filter(|told| **told == one).count(), 1, "{one:?}: {told:?}");
    }
    assert!(camera.odd.is_empty());
    assert_eq!((count.begun, count.outside, count.there), (16, 1, 1), "the network's own name");
    keeps_the_laws(&sent, Plan::default().rate, &scope(), &targets("10.9.0.0/28"));
}

/// Gives its page over TLS alone, and sends whoever asks without there.
#[derive(Debug)]
struct Guarded {
    plain: &'static [u8],
    shows: bool,
}

impl Device for Guarded {
    fn door(&mut self, port: u16, _: Moment) -> Door {
        if [80, 443].contains(&port) { Door::Open } else { Door::Closed }
    }

    fn certificate(&mut self, port: u16) -> Option<Vec<u8>> {
        (self.shows && port == 443).then(|| vec![0x30; 40])
    }

    fn answers(&mut self, port: u16, asked: &[u8], _: Moment) -> Vec<(Moment, Act)> {
        let says = match (port, asked.starts_with(b"GET ")) {
            (80, true) => self.plain,
            (443, true) => PAGE,
            // It speaks no older TLS.
            _ => b"\x15\x03\x01\0\x02\x02\x46",
        };
        vec![(MILLI, Act::Says(says.to_vec())), (MILLI, Act::Ends)]
    }
}

#[test]
fn a_page_is_read_over_tls_where_no_plain_one_is_given_and_nowhere_else() {
    let moved = b"HTTP/1.1 302 Found\r\nLocation: https://x/\r\nContent-Length: 0\r\n\r\n";
    for (plain, shows, wanted) in
        [(&moved[..], true, true), (PAGE, true, false), (&moved[..], false, false)]
    {
        let mut net = Simulated::new(1, Weather::default());
        net.put(at(7), Guarded { plain, shows });
        let plan = Plan { search: false, ..Plan::default() };
        let (found, _, sent) = scan(net, plan, scope(), targets("10.9.0.7"));
        let told: Vec<_> = found[0].answers.iter().map(|one| (one.to, one.port)).collect();
        let has = |to| told.contains(&(Some(to), 443));
        assert_eq!((has("http-start-page"), has(SHOWN)), (wanted, wanted), "{told:?}");
        let begun = sent.iter().filter(|(_, one)| matches!(one, Sent::Secure(..))).count();
        assert_eq!(begun, usize::from(plain != PAGE), "{sent:?}");
        assert!(found[0].odd.is_empty() && found[0].open == [80, 443], "{:?}", found[0]);
        keeps_the_laws(&sent, Plan::default().rate, &scope(), &targets("10.9.0.7"));
    }
}

#[test]
fn whoever_is_hostile_is_survived_and_named() {
    let expected = [
        (Manner::Endless, Oddity::Endless),
        (Manner::Slow, Oddity::Slow),
        (Manner::Head, Oddity::Endless),
        (Manner::Mute, Oddity::Slow),
        (Manner::Breaks, Oddity::Breaks),
    ];
    for (manner, odd) in expected {
        let mut net = Simulated::new(1, Weather::default());
        net.put(at(7), Made::new(at(7), &[80, 554, 443], manner));
        let plan = Plan { search: false, ..Plan::default() };
        let (found, _, _) = scan(net, plan, scope(), targets("10.9.0.7"));
        assert!(found[0].odd.contains(&odd), "{manner:?}: {:?}", found[0].odd);
        let kept: usize = found[0].answers.iter().map(|one| one.bytes.len()).sum();
        assert!(kept <= 8 * ANSWER_BYTES_MAX, "{manner:?}: {kept} bytes");
    }
    let all: Vec<u16> = ports::all().map(|port| port.number).collect();
    let mut net = Simulated::new(1, Weather::default());
    net.put(at(7), Made::new(at(7), &all, Manner::Mute));
    let (found, _, _) = scan(net, Plan::default(), scope(), targets("10.9.0.7"));
    assert!(found[0].odd.contains(&Oddity::Tarpit), "{:?}", found[0].odd);
}

/// Takes every connection, and says something at some ports.
#[derive(Debug)]
struct Pit(&'static [u16]);

impl Device for Pit {
    fn door(&mut self, _: u16, _: Moment) -> Door {
        Door::Open
    }

    fn answers(&mut self, port: u16, _: &[u8], _: Moment) -> Vec<(Moment, Act)> {
        match self.0.contains(&port) {
            true => vec![(MILLI, Act::Says(PAGE.to_vec())), (MILLI, Act::Ends)],
            false => Vec::new(),
        }
    }
}

#[test]
fn who_says_nothing_three_times_is_only_looked_at() {
    let asked = |says: &'static [u16]| {
        let mut net = Simulated::new(1, Weather::default());
        net.put(at(7), Pit(says));
        let plan = Plan { search: false, ..Plan::default() };
        let (found, _, sent) = scan(net, plan, scope(), targets("10.9.0.7"));
        assert!(found[0].odd.contains(&Oddity::Tarpit), "{:?}", found[0].odd);
        let asked = |one: &&(Moment, Sent)| matches!(one.1, Sent::Stream(..) | Sent::Secure(..));
        (sent.iter().filter(asked).count(), found[0].time[1] - found[0].time[0])
    };
    let (requests, took) = asked(&[]);
    assert_eq!(requests, 3);
    assert!(took < 25 * SECOND, "{took:?}");
    // Who says something between them is asked further.
    let (requests, _) = asked(&[443, 82, 8_080]);
    assert!(requests > 9, "{requests}");
}

#[test]
fn a_weak_device_is_never_pushed() {
    for rate in [10, 50, 10_000] {
        let mut net = Simulated::new(1, Weather::default());
        let all: Vec<u16> = ports::all().map(|port| port.number).take(12).collect();
        let weak = Made { is_weak: true, ..Made::new(at(7), &all, Manner::Plain) };
        net.put(at(7), weak);
        let plan = Plan { rate, ..Plan::default() };
        let (found, _, _) = scan(net, plan, scope(), targets("10.9.0.0/24"));
        assert_eq!(found.len(), 1);
        assert!(found[0].answers.len() >= 5, "{:?}", found[0]);
    }
}

#[test]
fn a_machine_without_sockets_goes_on_with_those_it_has() {
    let mut net = Simulated::new(1, Weather { sockets: 3, ..Weather::default() });
    for last in 1..=40 {
        net.put(at(last), Made::new(at(last), &[80], Manner::Plain));
    }
    let plan = Plan { search: false, rate: 1_000, ..Plan::default() };
    let (found, count, _) = scan(net, plan, scope(), targets("10.9.0.0/24"));
    assert_eq!(found.len(), 40);
    assert!(count.steps_down > 0);
}

#[test]
fn a_machine_that_gives_no_socket_ends_the_scan_and_says_so() {
    let mut net = Simulated::new(1, Weather { sockets: 0, ..Weather::default() });
    net.put(at(7), Made::new(at(7), &[80], Manner::Plain));
    let (_, count, sent) = scan(net, Plan::default(), scope(), targets("10.9.0.0/24"));
    assert!(count.starved);
    assert!(!sent.iter().any(|(_, one)| matches!(one, Sent::Open(..))));
}

#[test]
fn answers_from_elsewhere_are_counted_and_passed_over() {
    #[derive(Debug)]
    struct Forger;
    impl Device for Forger {
        fn door(&mut self, _: u16, _: Moment) -> Door {
            Door::Closed
        }
        fn answers(&mut self, _: u16, _: &[u8], _: Moment) -> Vec<(Moment, Act)> {
            Vec::new()
        }
        fn hears(&mut self, port: u16, _: &[u8]) -> Vec<(Moment, SocketAddr, u16, Vec<u8>)> {
            let forged = SocketAddr::new("203.0.113.9".parse().unwrap(), port);
            (0..100).map(|_| (MILLI, forged, 40_000, b"x".to_vec())).collect()
        }
    }
    let mut net = Simulated::new(1, Weather::default());
    net.put(at(7), Forger);
    let (found, count, sent) = scan(net, Plan::default(), scope(), targets("10.9.0.0/28"));
    assert_eq!(found.len(), 1, "the forger itself refused");
    assert!(found[0].answers.is_empty());
    assert!(count.strangers > 100);
    keeps_the_laws(&sent, Plan::default().rate, &scope(), &targets("10.9.0.0/28"));
}

/// Answers a search so often.
#[derive(Debug)]
struct Often(IpAddr, usize);

impl Device for Often {
    fn door(&mut self, _: u16, _: Moment) -> Door {
        Door::Closed
    }

    fn answers(&mut self, _: u16, _: &[u8], _: Moment) -> Vec<(Moment, Act)> {
        Vec::new()
    }

    fn hears(&mut self, port: u16, _: &[u8]) -> Vec<(Moment, SocketAddr, u16, Vec<u8>)> {
        // Two searches go there, which cannot be told apart by their answers.
        let times = if port == 1_900 { self.1 / 2 } else { 0 };
        let from = SocketAddr::new(self.0, port);
        (0..times).map(|_| (MILLI, from, 1_900, b"HTTP/1.1 200 OK\r\n\r\n".to_vec())).collect()
    }
}

#[test]
fn who_answers_a_search_again_and_again_is_named() {
    for (times, odd) in [(8, vec![]), (1_000, vec![Oddity::Storm])] {
        let mut net = Simulated::new(1, Weather::default());
        net.put(at(7), Often(at(7), times));
        let (found, _, _) = scan(net, Plan::default(), scope(), targets("10.9.0.7"));
        assert_eq!((found[0].odd.clone(), found[0].answers.len()), (odd, 1));
    }
}

#[test]
fn it_stops_and_says_where_it_was() {
    let run = |stop_at: Option<Moment>, from: u64| {
        let mut net = Simulated::new(1, Weather::default());
        for last in 1..=200 {
            net.put(at(last), Made::new(at(last), &[80], Manner::Plain));
        }
        let plan = Plan { search: false, from, parallel: 16, ..Plan::default() };
        let mut scanner = Scanner::new(net, scope(), targets("10.9.0.0/24"), plan);
        let mut found = Vec::new();
        let mut until = stop_at.unwrap_or(Moment::MAX);
        loop {
            while let Some(one) = scanner.advance(until) {
                found.push(one.address);
            }
            if scanner.is_over() {
                return (found, scanner.place());
            }
            scanner.stop();
            scanner.stop();
            assert!(scanner.is_over(), "it ends at once");
            until = Moment::MAX;
        }
    };
    let (mut found, place) = run(Some(Moment::from_secs(20)), 0);
    assert!(place > 0 && found.len() < 200, "{place}");
    let (more, _) = run(None, place);
    found.extend(more);
    found.sort_unstable();
    let whole = found.len();
    found.dedup();
    assert_eq!((found.len(), whole), (200, 200), "each once, none forgotten");
}

#[test]
fn what_is_said_is_told_before_its_host_is_done_with() {
    let mut net = Simulated::new(1, Weather::default());
    net.put(at(1), Made::new(at(1), &[80, 554], Manner::Plain));
    let plan = Plan { search: false, ..Plan::default() };
    let mut scanner = Scanner::new(net, scope(), targets("10.9.0.1"), plan);
    let mut told = Vec::new();
    let mut early = 0;
    let found = loop {
        let until = scanner.now() + Moment::from_millis(100);
        let found = scanner.advance(until);
        told.extend(scanner.said().into_iter().map(|(_, answer)| answer));
        match found {
            Some(found) => break found,
            None => early = told.len(),
        }
    };
    assert!(early > 0, "nothing was told before the end");
    assert_eq!(told, found.answers, "each once, in order");
}

#[test]
fn where_this_machine_has_no_way_nobody_is_done_with() {
    let mut net = Simulated::new(1, Weather::default());
    for last in 1..=20 {
        net.put(at(last), Made::new(at(last), &[80], Manner::Plain));
    }
    net.cut(at(9));
    let plan = || Plan { search: false, parallel: 1, ..Plan::default() };
    let (found, count, _) = scan(net, plan(), scope(), targets("10.9.0.1-20"));
    assert_eq!((found.len(), count.no_way), (19, 1), "one is left out");

    let mut net = Simulated::new(1, Weather::default());
    (1..=254).for_each(|last| net.cut(at(last)));
    let mut scanner = Scanner::new(net, scope(), targets("10.9.0.0/24"), plan());
    assert!(scanner.advance(Moment::from_secs(1_000)).is_none());
    assert!(scanner.is_over() && !scanner.is_whole());
    assert_eq!((scanner.place(), scanner.count().no_way), (1, u64::from(NO_WAY_MAX)));
}

#[test]
fn that_this_machine_refuses_shows_nobody() {
    let mut net = Simulated::new(1, Weather::default());
    for last in [7, 8, 9] {
        net.put(at(last), Made::new(at(last), if last == 9 { &[80] } else { &[] }, Manner::Plain));
    }
    let networks = ["10.9.0.7/24", "10.9.0.9/24"].map(|one| one.parse().unwrap());
    let scope = Scope::attached(networks, date(2026, 11, 22));
    let plan = Plan { search: false, ..Plan::default() };
    let (found, _, _) = scan(net, plan, scope, targets("10.9.0.7-9"));
    let found: BTreeSet<IpAddr> = found.iter().map(|one| one.address).collect();
    assert_eq!(found, [at(8), at(9)].into(), "its own ports that are open are told");
}

#[test]
fn ports_alone_are_looked_at_and_nothing_is_said() {
    let mut net = Simulated::new(1, Weather::default());
    net.put(at(1), Made::new(at(1), &[80, 554, 8_443], Manner::Plain));
    let every: Vec<u16> = ports::all().map(|port| port.number).collect();
    net.put(at(2), Made::new(at(2), &every, Manner::Plain));
    let plan = Plan { search: false, ports_only: true, ..Plan::default() };
    let (found, count, sent) = scan(net, plan, scope(), targets("10.9.0.0/29"));
    assert!(sent.iter().all(|(_, one)| matches!(one, Sent::Open(..))), "nothing but openings");
    assert_eq!(count.bytes, [0, 0]);
    let one = |last: u8| found.iter().find(|one| one.address == at(last)).unwrap();
    assert_eq!(one(1).open, [80, 554, 8_443]);
    assert!(one(2).odd.contains(&Oddity::Tarpit));
    assert!(found.iter().all(|one| one.answers.is_empty()));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn every_scan_keeps_the_laws(
        seed in any::<u64>(),
        loss in 0_u32..500,
        rate in 5_u32..2_000,
        parallel in 1_usize..64,
        jitter in 0_u64..400,
        made in proptest::collection::vec(
            (1_u8..255, 0_usize..8, any::<u32>(), any::<u32>()),
            0..24,
        ),
        all_ports in any::<bool>(),
    ) {
        let run = || {
            let jitter = Moment::from_millis(jitter);
            let mut net = Simulated::new(seed, Weather { loss, jitter, ..Weather::default() });
            for (last, manner, open, silent) in &made {
                let some = |mask: u32| -> Vec<u16> {
                    let all = ports::all().enumerate().filter(|(bit, _)| mask & (1 << bit) != 0);
                    all.map(|(_, port)| port.number).collect()
                };
                // Few ports are open: of the bits that two numbers share.
                let device = Made::new(at(*last), &some(open & silent), MANNERS[*manner]);
                net.put(at(*last), Made { silent: some(silent & !open), ..device });
            }
            let plan = Plan { rate, parallel, all_ports, ..Plan::default() };
            scan(net, plan, scope(), targets("10.9.0.0/25"))
        };
        let (found, count, sent) = run();
        keeps_the_laws(&sent, rate, &scope(), &targets("10.9.0.0/25"));
        for one in &found {
            for port in ports::all().map(|port| port.number) {
                let opens = sent
                    .iter()
                    .filter(|(_, sent)| *sent == Sent::Open(one.address, port))
                    .count();
                // Once to look, and once for the time; a port that refused is never asked again.
                let most = if one.open.contains(&port) { 2 } else { 1 };
                prop_assert!(opens <= most, "{port} of {} was opened {opens} times", one.address);
            }
        }
        prop_assert_eq!(count.begun, 128);
        let again = run();
        prop_assert_eq!(found, again.0);
        prop_assert_eq!(sent, again.2, "the same seed gives the same bytes");
    }
}
