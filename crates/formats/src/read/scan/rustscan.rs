//! RustScan's greppable output: `192.0.2.17 -> [80,554]`.

use std::net::IpAddr;
use std::ops::ControlFlow;

use whomade_core::assembly::Sort;

use super::lines_are;
use crate::read::format::{Format, Input};
use crate::read::host::Host;
use crate::read::lines::Line;
use crate::read::report::Report;
use crate::read::{said, walk};

/// RustScan's greppable output.
pub(crate) const FORMAT: Format = Format {
    word: "rustscan",
    title: "RustScan's greppable output",
    sort: Sort::Sighting,
    recognises: |head| lines_are(head, 6, |line| entry(line).is_some()),
    read,
};

fn read(input: Input<'_>, report: &mut Report<'_>) {
    said::tell_format(FORMAT, report);
    walk::lines(input, report, &mut host);
}

/// The address and its open ports.
fn entry(line: &str) -> Option<(&str, &str)> {
    let (address, ports) = line.trim().split_once(" -> ")?;
    let ports = ports.trim().strip_prefix('[')?.strip_suffix(']')?;
    let is_number = |port: &str| port.trim().parse::<u16>().is_ok();
    (address.parse::<IpAddr>().is_ok() && ports.split(',').all(is_number))
        .then_some((address, ports))
}

fn host(line: &Line<'_>, report: &mut Report<'_>) -> ControlFlow<()> {
    let Some((address, ports)) = entry(line.text) else {
        said::tell_other_line(line.number, line.text, "line `ADDRESS -> [PORT,PORT]`", report);
        return ControlFlow::Continue(());
    };
    let mut host = Host::new(line.number, line.text);
    host.ip(address);
    host.note("rustscan: open ports", ports);
    host.give(report)
}
