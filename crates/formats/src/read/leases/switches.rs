//! What a switch has learnt, as pasted from its console: which hardware address is seen at which
//! port (`show mac address-table` of Cisco IOS and NX-OS, `show mac-address` of ArubaOS-Switch and
//! ProCurve, `show mac-address-table` of ArubaOS-CX, `display mac-address` of Comware, `show
//! ethernet-switching table` of Junos), and its table of neighbours (`show ip arp`, `show arp`).
//! Which word of a row is what follows from the heading above it. Groups, and the switch's own
//! addresses, give nothing.

use std::ops::ControlFlow;

use whomade_core::assembly::Sort;
use whomade_core::observation::Field;

use super::station;
use crate::read::format::{Format, Input};
use crate::read::host::Host;
use crate::read::report::Report;
use crate::read::{said, walk};

/// Tables of switches.
pub(crate) const FORMAT: Format = Format {
    word: "switch-table",
    title: "a switch's table of addresses (show mac address-table, show ip arp)",
    sort: Sort::Sighting,
    recognises: |head| head.text.lines().take(LINES_LOOKED_AT).any(|line| layout(line).is_some()),
    read,
};

/// Lines looked at for a heading: legends stand before some.
const LINES_LOOKED_AT: usize = 100;

/// Bytes of a name before a prompt.
const PROMPT_BYTES_MAX: usize = 64;

/// What a word of a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word {
    Vlan,
    Mac,
    Ip,
    /// The port, and whatever follows where it is the last.
    Port,
    /// The interface behind which an address lies.
    Interface,
    Name,
    Kind,
    Other,
}

use Word::{Interface, Ip, Kind, Mac, Name, Other, Port, Vlan};

/// How a heading begins, in small letters and with single blanks, and what stands under it.
const LAYOUTS: &[(&str, &[Word])] = &[
    // Cisco IOS: of Catalyst 2960 to 9000, then of 6500 and 4500.
    ("vlan mac address type ports", &[Vlan, Mac, Kind, Port]),
    ("vlan mac address type learn age ports", &[Vlan, Mac, Kind, Other, Other, Port]),
    ("vlan mac address type protocols port", &[Vlan, Mac, Kind, Other, Port]),
    // Cisco NX-OS.
    ("vlan mac address type age secure ntfy", &[Vlan, Mac, Kind, Other, Other, Other, Port]),
    // Junos before and with enhanced layer 2; the heading of the latter takes two lines.
    ("vlan mac address type age interfaces", &[Vlan, Mac, Kind, Other, Port]),
    ("vlan mac mac age logical", &[Vlan, Mac, Other, Other, Port, Other, Other]),
    ("vlan mac mac logical", &[Vlan, Mac, Other, Port, Other, Other]),
    // ArubaOS-CX, ArubaOS-Switch, Comware.
    ("mac address vlan type port", &[Mac, Vlan, Kind, Port]),
    ("mac address port vlan", &[Mac, Port, Vlan]),
    ("mac address located on port", &[Mac, Port]),
    ("mac address vlan id state port", &[Mac, Vlan, Kind, Port, Other]),
    ("mac addr vlan id state port", &[Mac, Vlan, Kind, Port, Other]),
    // Neighbours: Cisco IOS and NX-OS, Junos, ArubaOS-Switch, ArubaOS-CX.
    ("protocol address age (min) hardware addr", &[Other, Ip, Other, Mac, Other, Interface]),
    ("address age mac address interface", &[Ip, Other, Mac, Interface, Other]),
    ("mac address address name interface", &[Mac, Ip, Name, Interface, Other]),
    ("mac address address interface", &[Mac, Ip, Interface, Other]),
    ("ip address mac address type port", &[Ip, Mac, Kind, Port]),
    ("ipv4 address mac port physical port", &[Ip, Mac, Interface, Port, Kind]),
];

/// What stands under a line, if it is a heading.
fn layout(line: &str) -> Option<&'static [Word]> {
    // A table of text has such headings too.
    if line.contains(['\t', ',', ';', '|', '"']) {
        return None;
    }
    let words = line.split_ascii_whitespace().filter(|word| word.chars().any(char::is_alphabetic));
    let mut heading = String::new();
    for word in words.take(16) {
        if !heading.is_empty() {
            heading.push(' ');
        }
        heading.push_str(&word.to_ascii_lowercase());
    }
    LAYOUTS.iter().find(|(begins, _)| heading.starts_with(begins)).map(|(_, words)| *words)
}

/// The name before the prompt of a console, where a command stands behind it.
fn prompt(line: &str) -> Option<&str> {
    let (name, command) = line.trim().split_once(['#', '>'])?;
    let command = command.trim_start();
    let shows = command.starts_with("sh") || command.starts_with("dis");
    let name = name.rsplit('@').next()?.trim_start_matches('<');
    let is_name = !name.is_empty() && name.len() <= PROMPT_BYTES_MAX && !name.contains(' ');
    (shows && is_name).then_some(name)
}

fn read(input: Input<'_>, report: &mut Report<'_>) {
    said::tell_format(FORMAT, report);
    let mut switch = String::new();
    let mut under: Option<&[Word]> = None;
    walk::each(input, report, &mut |number, line, report| {
        if let Some(name) = prompt(line) {
            name.clone_into(&mut switch);
            under = None;
        } else if let Some(words) = layout(line) {
            under = Some(words);
        } else if let Some(mut host) = under.and_then(|words| of_row(number, line, words)) {
            host.note("switch", &switch);
            return host.give(report);
        }
        ControlFlow::Continue(())
    });
    walk::tell_silence("the switch has learnt no address of a device", report);
}

/// A row under a heading. Signs before the first column are passed over: the hardware address,
/// which nothing else looks like, tells where the columns begin.
fn of_row<'l>(number: u64, line: &'l str, layout: &[Word]) -> Option<Host<'l>> {
    let words: Vec<&str> = line.split_ascii_whitespace().collect();
    let found = words.iter().position(|word| station(word).is_some())?;
    let expected = layout.iter().position(|word| *word == Mac)?;
    let row = words.get(found.checked_sub(expected)?..)?;
    let at = |wanted: Word| {
        let place = layout.iter().position(|word| *word == wanted)?;
        row.get(place).copied().filter(|word| *word != "-" && *word != "---")
    };
    let port = match layout.last() {
        Some(Port) => row.get(layout.len() - 1..).map(|rest| rest.join(" ")),
        _ => at(Port).map(str::to_owned),
    };
    let port = port.unwrap_or_default();
    if is_of_switch(&port) {
        return None;
    }
    let mut host = Host::new(number, line);
    host.maybe(Field::Mac, at(Mac));
    host.maybe(Field::Ip, at(Ip));
    // Junos gives the address once more where it knows no name.
    host.maybe(Field::Hostname, at(Name).filter(|name| Some(*name) != at(Ip)));
    host.note("port", &port);
    host.note("interface", at(Interface).unwrap_or_default());
    host.note("vlan", at(Vlan).unwrap_or_default());
    host.note("entry", &at(Kind).unwrap_or_default().to_ascii_lowercase());
    Some(host)
}

/// Whether an address behind that port is the switch's own.
fn is_of_switch(port: &str) -> bool {
    let port = port.to_ascii_lowercase();
    ["cpu", "router", "switch", "sup-eth", "self", "drop"].iter().any(|own| port.starts_with(own))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prompt_names_its_switch() {
        assert_eq!(prompt("sw-gate-4#show mac address-table"), Some("sw-gate-4"));
        assert_eq!(prompt("admin@ex-core> show arp no-resolve"), Some("ex-core"));
        assert_eq!(prompt("<hpe>display mac-address"), Some("hpe"));
        assert_eq!(prompt("sw-gate-4#configure terminal"), None);
        assert_eq!(prompt("* - primary entry, # - none"), None);
    }

    #[test]
    fn a_table_of_text_is_no_console() {
        assert!(layout("MAC Address,Port,VLAN").is_none());
        assert!(layout("  MAC Address   Port  VLAN").is_some());
    }
}
