//! What a log of a scan says of the scan itself: where it asked, whether it came to its end, and
//! whether answers were lost on the way.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::net::IpAddr;
use std::path::Path;

use ipnet::IpNet;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use whomade_core::watch::Ports;
use whomade_scan::log::{Done, Head, Line, Place};
use whomade_scan::ports;
use whomade_scan::scope::parse_network;
use whomade_scan::targets::{Range, Targets};

/// Bytes of one line of a log.
const LINE_BYTES_MAX: u64 = 4 << 20;

/// Hosts of a log.
const HOSTS_MAX: usize = 1 << 20;

/// Open ports of one host that are kept.
const OPEN_MAX: usize = 64;

/// One port in so many that is silent, at hosts that refuse at others, is more than chance.
const SILENT_ONE_IN: u64 = 20;

/// What is odd about a host at which not all ports were looked at, or all seem open.
const NOT_WHOLE: [&str; 4] = ["breaks", "tarpit", "unfinished", "forbidden"];

/// Where a scan asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Cover {
    targets: Vec<String>,
    excluded: Vec<String>,
    /// Networks that may be asked.
    within: Vec<String>,
}

impl Cover {
    fn of(head: &Head) -> Self {
        let began = head.began.to_string();
        let day = began.split('T').next().unwrap_or_default().to_owned();
        // Days are compared as they are written: year, month, day.
        let answered = head.scope.iter().filter(|one| one.until >= day);
        let within = head.own.iter().cloned().chain(answered.map(|one| one.network.clone()));
        let targets = head.targets.iter().chain(&head.addresses).cloned().collect();
        Self { targets, excluded: head.excluded.clone(), within: within.collect() }
    }

    /// The same, ready to be asked.
    pub(crate) fn asked(&self) -> Asked {
        let networks = |all: &[String]| all.iter().filter_map(|one| parse_network(one)).collect();
        let ranges = self.targets.iter().filter_map(|one| Range::parse(one));
        Asked {
            // More than one scan asks is none that this program made.
            targets: Targets::new(ranges).unwrap_or_default(),
            excluded: networks(&self.excluded),
            within: networks(&self.within),
        }
    }
}

/// Where a scan asked, ready to be asked.
pub(crate) struct Asked {
    targets: Targets,
    excluded: Vec<IpNet>,
    within: Vec<IpNet>,
}

impl Asked {
    /// Whether it asked at an address.
    pub(crate) fn holds(&self, at: &str) -> bool {
        let Ok(at) = at.parse::<IpAddr>() else { return false };
        let any = |all: &[IpNet]| all.iter().any(|one| one.contains(&at));
        self.targets.holds(at) && any(&self.within) && !any(&self.excluded)
    }
}

/// What a host came to.
#[derive(Debug, Clone, Default)]
pub(super) struct Host {
    pub(super) ports: Option<Ports>,
    pub(super) odd: Vec<String>,
}

/// What a log says of its scan.
pub(super) struct Log {
    pub(super) cover: Cover,
    /// Whether it came to its end.
    pub(super) over: bool,
    /// Why nobody's absence is proven, though it did.
    pub(super) lost: Option<String>,
    /// Whether all on the links were searched.
    pub(super) searched: bool,
    /// Whether it only looked at ports.
    pub(super) ports_only: bool,
    /// When the last of it was heard.
    pub(super) at: Timestamp,
    pub(super) hosts: BTreeMap<IpAddr, Host>,
}

impl Log {
    /// Reads what a log says of its scan; nothing where it is none.
    pub(super) fn read(path: &Path) -> Option<Self> {
        let mut reader = BufReader::new(File::open(path).ok()?);
        let mut line = Vec::new();
        let mut next = move || -> Option<Vec<u8>> {
            line.clear();
            let read = (&mut reader).take(LINE_BYTES_MAX).read_until(b'\n', &mut line).ok()?;
            (read > 0).then(|| line.clone())
        };
        let Ok(Line::Head(head)) = serde_json::from_slice::<Line>(&next()?) else { return None };
        let mut log = Self {
            cover: Cover::of(&head),
            over: false,
            lost: None,
            searched: !head.searched.is_empty(),
            ports_only: head.ports_only,
            at: head.began,
            hosts: BTreeMap::new(),
        };
        let mut said = [0_u64; 2];
        while let Some(line) = next() {
            match serde_json::from_slice::<Line>(&line) {
                Ok(Line::Done(done)) => log.done(&done, head.all_ports, &mut said),
                Ok(Line::Place(place)) => log.place(&place),
                Ok(Line::Told(told)) => log.at = log.at.max(told.at),
                // The last line of a scan that was killed may be cut.
                _ => {}
            }
        }
        let [refused, silent] = said;
        if silent > 0 && silent * SILENT_ONE_IN > refused + silent {
            log.lost = Some(format!(
                "of {} ports at hosts that refuse at others {silent} were silent: packets were lost",
                refused + silent
            ));
        }
        Some(log)
    }

    fn done(&mut self, done: &Done, all_ports: bool, said: &mut [u64; 2]) {
        self.at = self.at.max(done.time[1]);
        let [refused, silent] = done.closed.map(u64::from);
        let whole = !done.odd.iter().any(|odd| NOT_WHOLE.contains(&odd.as_str()));
        if refused > 0 && whole {
            *said = [said[0] + refused, said[1] + silent];
        }
        if self.hosts.len() >= HOSTS_MAX {
            return;
        }
        let mut open: Vec<u16> = done.open.iter().copied().take(OPEN_MAX).collect();
        open.sort_unstable();
        let first = |port: &u16| ports::FIRST.iter().any(|one| one.number == *port);
        // Those behind the first are looked at where one of these is open.
        let further = all_ports || open.iter().any(first);
        let asked: Vec<u16> = match further {
            true => ports::all().map(|port| port.number).collect(),
            false => ports::FIRST.iter().map(|port| port.number).chain(open.clone()).collect(),
        };
        let refuses = refused > 0;
        let ports = whole.then_some(Ports { open, asked, refuses });
        self.hosts.insert(done.host, Host { ports, odd: done.odd.clone() });
    }

    fn place(&mut self, place: &Place) {
        self.over = place.over && !place.count.starved;
        self.searched &= place.count.unsearched == 0;
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The first line of a log.
    fn head() -> String {
        let scope = |network: &str, until: &str| json!({ "network": network, "owner": "o", "basis": "b", "until": until });
        json!({
            "whomade-scan": 1,
            "began": "2026-11-22T10:00:00Z",
            "targets": ["10.20.0.0/24", "198.51.100.0/28", "203.0.113.0/28", "camera.example"],
            "excluded": ["10.20.0.128/25"],
            "own": ["10.20.0.0/16"],
            "scope": [
                scope("198.51.100.0/28", "2026-11-22"),
                scope("203.0.113.0/28", "2026-11-21"),
            ],
            "rate": 50,
            "all_ports": false,
            "addresses": ["10.20.9.9"],
        })
        .to_string()
    }

    fn log(lines: &[&str]) -> Log {
        let room = tempfile::tempdir().unwrap();
        let path = room.path().join("log.ndjson");
        std::fs::write(&path, [&[head().as_str()], lines].concat().join("\n")).unwrap();
        Log::read(&path).unwrap()
    }

    /// The last line of a log.
    fn place(over: bool, starved: bool) -> String {
        let count = json!({
            "begun": 256, "outside": 0, "there": 1, "askings": 9, "bytes": [1, 1],
            "strangers": 0, "late": 0, "steps_down": 0, "unsearched": 0, "starved": starved,
        });
        json!({ "place": 256, "count": count, "over": over }).to_string()
    }

    fn done(last: u8, open: &[u16], closed: [u32; 2], odd: &[&str]) -> String {
        let time = ["2026-11-22T10:00:00Z", "2026-11-22T10:00:09Z"];
        json!({
            "host": format!("10.20.0.{last}"), "time": time, "open": open, "closed": closed,
            "odd": odd, "cost": [1, 1, 1],
        })
        .to_string()
    }

    #[test]
    fn only_what_was_named_and_allowed_was_asked() {
        let asked = log(&[]).cover.asked();
        for at in ["10.20.0.7", "198.51.100.3", "10.20.9.9"] {
            assert!(asked.holds(at), "{at}");
        }
        for at in ["10.20.0.200", "10.20.1.7", "203.0.113.3", "192.0.2.1", "camera.example", ""] {
            assert!(!asked.holds(at), "{at}");
        }
    }

    #[test]
    fn a_scan_is_over_where_it_says_so() {
        let (over, broken, starved) = (place(true, false), place(false, false), place(true, true));
        assert!(log(&[&over]).over && log(&[&broken, &over]).over);
        assert!(!log(&[]).over && !log(&[&broken]).over && !log(&[&starved]).over);
    }

    #[test]
    fn silence_at_hosts_that_refuse_is_loss_and_walls_are_none() {
        let calm = done(1, &[80], [21, 0], &[]);
        let walled = done(2, &[80], [0, 21], &[]);
        let lossy = done(3, &[80], [18, 3], &[]);
        assert!(log(&[&calm, &walled]).lost.is_none());
        assert!(log(&[&calm, &lossy]).lost.is_some());
    }

    #[test]
    fn a_port_was_looked_at_where_the_scan_does_so() {
        let one = done(1, &[80], [21, 0], &[]);
        let two = done(2, &[], [6, 0], &[]);
        let three = done(3, &[80], [1, 0], &["unfinished"]);
        let log = log(&[&one, &two, &three]);
        let asked = |last: u8| {
            let host = &log.hosts[&format!("10.20.0.{last}").parse::<IpAddr>().unwrap()];
            host.ports.as_ref().map(|ports| ports.asked.len())
        };
        assert_eq!((asked(1), asked(2), asked(3)), (Some(22), Some(6), None));
    }
}
