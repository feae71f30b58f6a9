//! Tables of neighbours, as a machine prints them: `arp -a` and `arp -n` of Linux, the BSDs, macOS
//! and Windows (in any language), `ip neigh`, `/proc/net/arp`. An entry that nobody answered for,
//! and one of a group, gives nothing.

use std::net::IpAddr;
use std::ops::ControlFlow;

use whomade_core::assembly::Sort;
use whomade_core::observation::Field;

use super::station;
use crate::read::format::{Format, Input};
use crate::read::head::Head;
use crate::read::host::Host;
use crate::read::report::Report;
use crate::read::{said, walk};

/// Tables of neighbours.
pub(crate) const FORMAT: Format = Format {
    word: "neighbours",
    title: "a table of neighbours (arp -a, ip neigh)",
    sort: Sort::Sighting,
    recognises,
    read,
};

/// Lines looked at for a heading.
const LINES_LOOKED_AT: usize = 20;

fn recognises(head: &Head<'_>) -> bool {
    let mut lines = head.start().lines().take(LINES_LOOKED_AT);
    walk::most(head, |line| of_arp(line).is_some() || of_ip(line).is_some())
        || lines.any(|line| table(line).is_some())
}

/// A table with a heading: which word of a row, counted from either end, is the interface.
#[derive(Clone, Copy)]
enum Interface {
    /// The word at that place.
    At(usize),
    /// The last word.
    Last,
    /// None: it stands above the table.
    Above,
}

/// The table that a line is the heading of.
fn table(line: &str) -> Option<Interface> {
    let words: Vec<String> = line.split_ascii_whitespace().map(str::to_ascii_lowercase).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["ip", "address", "hw", "type", "flags", ..] | ["address", "hwtype", "hwaddress", ..] => {
            Some(Interface::Last)
        }
        ["host", "ethernet", "address", "netif", ..] => Some(Interface::At(2)),
        _ => windows_interface(line).map(|_| Interface::Above),
    }
}

/// `Interface: 192.0.2.9 --- 0x5`, whose first word is that of the language of the system.
fn windows_interface(line: &str) -> Option<&str> {
    let (before, number) = line.split_once(" --- 0x")?;
    let address = before.rsplit(' ').next()?;
    let is_number = number.trim().bytes().all(|byte| byte.is_ascii_hexdigit());
    (is_number && address.parse::<IpAddr>().is_ok()).then_some(address)
}

/// An entry.
#[derive(Default)]
struct Entry<'l> {
    address: &'l str,
    hardware: Option<String>,
    name: Option<&'l str>,
    interface: Option<&'l str>,
    state: Option<&'l str>,
}

/// `name (192.0.2.1) at 44:19:b6:a:1c:33 on en0 …`, of Linux, the BSDs and macOS.
fn of_arp(line: &str) -> Option<Entry<'_>> {
    let (name, rest) = line.trim().split_once(" (")?;
    let (address, rest) = rest.split_once(") at ")?;
    address.parse::<IpAddr>().ok()?;
    let mut words = rest.split_ascii_whitespace();
    let hardware = words.next().and_then(station);
    let interface = words.skip_while(|word| *word != "on").nth(1);
    let name = Some(name).filter(|name| *name != "?" && !name.contains(' '));
    Some(Entry { address, hardware, name, interface, state: None })
}

/// What iproute2 calls the states of an entry.
const STATES: [&str; 9] =
    ["REACHABLE", "STALE", "DELAY", "PROBE", "FAILED", "INCOMPLETE", "PERMANENT", "NOARP", "NONE"];

/// `192.0.2.1 dev eth0 lladdr 44:19:b6:0a:1c:33 REACHABLE`, of iproute2.
fn of_ip(line: &str) -> Option<Entry<'_>> {
    let words: Vec<&str> = line.split_ascii_whitespace().collect();
    let address = words.first().filter(|word| word.parse::<IpAddr>().is_ok())?;
    let behind = |mark: &str| {
        let at = words.iter().position(|word| *word == mark)?;
        words.get(at + 1).copied()
    };
    let interface = behind("dev");
    let state = words.last().copied().filter(|word| STATES.contains(word));
    interface.or(state)?;
    Some(Entry {
        address,
        hardware: behind("lladdr").and_then(station),
        name: None,
        interface,
        state,
    })
}

/// A row of a table: an address, or where names were looked up a name, and further on who has it.
fn of_row(line: &str, interface: Interface) -> Option<Entry<'_>> {
    let words: Vec<&str> = line.split_ascii_whitespace().collect();
    let first = *words.first()?;
    let hardware = words.iter().skip(1).find_map(|word| station(word))?;
    let interface = match interface {
        Interface::At(place) => words.get(place).copied(),
        Interface::Last => words.last().copied(),
        Interface::Above => None,
    };
    let name = Some(first).filter(|first| first.parse::<IpAddr>().is_err());
    Some(Entry { address: first, hardware: Some(hardware), name, interface, state: None })
}

fn read(input: Input<'_>, report: &mut Report<'_>) {
    said::tell_format(FORMAT, report);
    let mut under = None;
    let mut above = String::new();
    walk::each(input, report, &mut |number, line, report| {
        if let Some(interface) = table(line) {
            under = Some(interface);
            windows_interface(line).unwrap_or_default().clone_into(&mut above);
            return ControlFlow::Continue(());
        }
        let entry = of_arp(line).or_else(|| of_ip(line));
        let Some(entry) = entry.or_else(|| of_row(line, under?)) else {
            return ControlFlow::Continue(());
        };
        let Some(hardware) = &entry.hardware else { return ControlFlow::Continue(()) };
        let mut host = Host::new(number, line);
        host.ip(entry.address);
        host.mac(hardware);
        host.maybe(Field::Hostname, entry.name);
        host.note("interface", entry.interface.unwrap_or(&above));
        host.note("neighbour", &entry.state.unwrap_or_default().to_ascii_lowercase());
        host.give(report)
    });
    walk::tell_silence("no neighbour answered", report);
}
