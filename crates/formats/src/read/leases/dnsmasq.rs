//! dnsmasq's leases (`dnsmasq.leases`): a line is the end of the lease in seconds of the epoch, the
//! hardware address, the address, the name and the client's identifier; behind a line `duid` the
//! same of version 6 of the protocol, with a number of the client's where the hardware address
//! stood. The beginning of a lease is not written down, so that it was held is known of its end.

use std::ops::ControlFlow;

use jiff::Timestamp;
use whomade_core::assembly::Sort;
use whomade_core::observation::{Field, Seen};

use super::{of_duid, station};
use crate::read::format::{Format, Input};
use crate::read::host::Host;
use crate::read::report::Report;
use crate::read::{ip, said, walk};

/// dnsmasq's leases.
pub(crate) const FORMAT: Format = Format {
    word: "dnsmasq-leases",
    title: "dnsmasq's leases",
    sort: Sort::Lease,
    recognises: |head| walk::most(head, is_lease),
    read,
};

/// Where dnsmasq was built for a clock that forgets, the length of a lease stands in place of its
/// end; nothing shorter than this is a moment in which dnsmasq wrote.
const SECONDS_MIN: i64 = 946_684_800;

fn is_lease(line: &str) -> bool {
    line.starts_with("duid ") || parts(line).is_some()
}

/// A line.
struct Lease<'l> {
    until: i64,
    hardware: &'l str,
    address: &'l str,
    name: Option<&'l str>,
    client: Option<&'l str>,
}

fn parts(line: &str) -> Option<Lease<'_>> {
    let mut words = line.split_ascii_whitespace();
    let mut next = || words.next();
    let (until, hardware, address) = (next()?.parse().ok()?, next()?, next()?);
    ip::usual(address)?;
    let known = |word: &&str| *word != "*";
    let (name, client) = (next().filter(known), next().filter(known));
    let number = hardware.trim_start_matches('T');
    let of_client = number.bytes().all(|byte| byte.is_ascii_digit()) && !number.is_empty();
    let fits = of_client || hardware_of(hardware).is_some();
    fits.then_some(Lease { until, hardware, address, name, client })
}

/// The address without the kind of hardware that stands before it where it is not Ethernet.
fn hardware_of(text: &str) -> Option<String> {
    station(text).or_else(|| station(text.split_once('-')?.1))
}

fn read(input: Input<'_>, report: &mut Report<'_>) {
    said::tell_format(FORMAT, report);
    walk::each(input, report, &mut |number, line, report| {
        if line.starts_with("duid ") {
            return ControlFlow::Continue(());
        }
        let Some(lease) = parts(line) else {
            said::tell_other_line(number, line, "lease of dnsmasq", report);
            return ControlFlow::Continue(());
        };
        let mut host = Host::new(number, line);
        host.ip(lease.address);
        let of_client = lease.client.and_then(of_duid);
        host.maybe(Field::Mac, hardware_of(lease.hardware).or(of_client));
        host.maybe(Field::Hostname, lease.name);
        if !host.says_something() {
            return ControlFlow::Continue(());
        }
        let moment = Some(lease.until).filter(|seconds| *seconds >= SECONDS_MIN);
        let end = moment.and_then(|at| Timestamp::from_second(at).ok());
        host.seen(end.map(|until| Seen::lease(None, until)));
        host.give(report)
    });
    walk::tell_silence("dnsmasq holds no lease", report);
}
