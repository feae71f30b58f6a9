//! Leases of Windows' DHCP server: what `netsh dhcp server scope … show clients 1` prints (also 0,
//! without names), and `Get-DhcpServerv4Lease` as a table of text. Moments are written as the
//! user's culture has them and in the zone of their clock: what could be read with the day first
//! and with the month first is no moment unless the user says which, and stays a note.

use std::ops::ControlFlow;

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use whomade_core::assembly::Sort;
use whomade_core::observation::{Field, Seen};

use super::station;
use crate::read::format::{Format, Input};
use crate::read::host::Host;
use crate::read::report::Report;
use crate::read::walk::{self, Heading};
use crate::read::{DayOrder, ip, said};

/// Leases of Windows' DHCP server.
pub(crate) const FORMAT: Format = Format {
    word: "windows-leases",
    title: "leases of Windows' DHCP server (netsh, PowerShell)",
    sort: Sort::Lease,
    recognises: |head| {
        let mut lines = head.start().lines().map(str::trim).take(LINES_LOOKED_AT);
        lines.any(|line| is_title(line) || is_heading(line))
    },
    read,
};

/// Lines looked at for the heading.
const LINES_LOOKED_AT: usize = 40;

/// What the server calls the holder of an address that somebody else answers at.
const TAKEN: &str = "BAD_ADDRESS";

/// Columns that every table of leases has.
const COLUMNS: [&str; 4] = ["IPAddress", "ScopeId", "ClientId", "LeaseExpiryTime"];

fn is_title(line: &str) -> bool {
    let line = line.to_ascii_lowercase();
    line.starts_with("ip address") && line.contains("unique id")
}

fn is_heading(line: &str) -> bool {
    Heading::with(line, &COLUMNS).is_some()
}

fn read(input: Input<'_>, report: &mut Report<'_>) {
    said::tell_format(FORMAT, report);
    let days = input.options.days;
    let mut heading: Option<Heading> = None;
    walk::each(input, report, &mut |number, line, report| {
        if is_heading(line) {
            heading = Heading::with(line, &COLUMNS);
            return ControlFlow::Continue(());
        }
        let host = match &heading {
            Some(heading) => of_row(heading, number, line, days),
            None => of_line(number, line, days),
        };
        match host {
            Some(host) => host.give(report),
            None => ControlFlow::Continue(()),
        }
    });
    walk::tell_silence("the server holds no lease", report);
}

fn of_row<'l>(
    heading: &Heading,
    number: u64,
    line: &'l str,
    days: Option<DayOrder>,
) -> Option<Host<'l>> {
    let row = heading.row(line);
    if row.get("HostName") == Some(TAKEN) {
        return None;
    }
    let mut host = Host::new(number, line);
    host.maybe(Field::Mac, row.get("ClientId").and_then(station));
    host.maybe(Field::Hostname, row.get("HostName"));
    if !host.says_something() {
        return None;
    }
    host.maybe(Field::Ip, row.get("IPAddress"));
    host.note("lease", row.get("AddressState").unwrap_or_default());
    host.note("scope", row.get("ScopeId").unwrap_or_default());
    host.note("description", row.get("Description").unwrap_or_default());
    ends(&mut host, row.get("LeaseExpiryTime").unwrap_or_default(), days);
    Some(host)
}

/// A line of netsh: its parts are parted by dashes, which addresses and names have too. The first
/// is the address, then the mask, then the client, the end and the kind, which one letter tells.
fn of_line(number: u64, line: &str, days: Option<DayOrder>) -> Option<Host<'_>> {
    let (address, rest) = parted(line)?;
    ip::usual(address)?;
    let (mask, rest) = parted(rest)?;
    ip::usual(mask)?;
    let rest = rest.trim_start();
    let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
    let (client, rest) = rest.split_at(end);
    let mut host = Host::new(number, line);
    host.maybe(Field::Mac, station(client.trim_end_matches('-')));
    let rest = rest.trim_start().trim_start_matches('-').trim_start();
    let kind = ["-D", "-B", "-U", "-R", "-N"].iter().filter_map(|mark| kind_at(rest, mark)).min();
    let (until, name) = match kind {
        Some(at) => (&rest[..at], rest[at + 2..].trim_start().trim_start_matches('-').trim()),
        None => (rest, ""),
    };
    host.observe(Field::Hostname, name.trim_end_matches('.'));
    if name == TAKEN || !host.says_something() {
        return None;
    }
    host.ip(address);
    ends(&mut host, until.trim().trim_end_matches('-').trim_end(), days);
    Some(host)
}

/// What stands before a dash with blanks around it, and what behind.
fn parted(line: &str) -> Option<(&str, &str)> {
    let (before, after) = line.split_once('-')?;
    Some((before.trim(), after))
}

/// Where a kind stands: the letter alone, between dashes or blanks.
fn kind_at(text: &str, mark: &str) -> Option<usize> {
    text.match_indices(mark).map(|(at, _)| at).find(|at| {
        let behind = text[at + mark.len()..].chars().next();
        behind.is_none_or(|c| c == '-' || c.is_whitespace())
    })
}

/// The end of the lease, as a moment where it is one.
fn ends(host: &mut Host<'_>, text: &str, days: Option<DayOrder>) {
    match moment(text, days) {
        Some(moment) => host.seen(Some(Seen::lease(None, moment))),
        None => host.note("lease ends", text),
    }
}

fn moment(text: &str, days: Option<DayOrder>) -> Option<Timestamp> {
    let (day, time) = text.trim().split_once(' ')?;
    let day = day_of(day, days)?;
    let upper = time.trim().to_ascii_uppercase();
    let half = ["AM", "PM"].iter().position(|half| upper.ends_with(half));
    let digits = upper.trim_end_matches(|c: char| !c.is_ascii_digit());
    let mut parts = digits.split([':', '.']).map(|part| part.parse::<i8>().ok());
    let (hour, minute) = (parts.next()??, parts.next()??);
    let second = parts.next().flatten().unwrap_or(0);
    let hour = match half {
        Some(half) => hour.checked_rem(12)? + if half == 1 { 12 } else { 0 },
        None => hour,
    };
    let time = Time::new(hour, minute, second, 0).ok()?;
    day.to_datetime(time).to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

fn day_of(text: &str, days: Option<DayOrder>) -> Option<Date> {
    let parts: Vec<i16> = text.split(['/', '.', '-']).map_while(|part| part.parse().ok()).collect();
    let [first, second, third] = *parts.as_slice() else { return None };
    let (year, month, day) = match days {
        _ if first > 31 => (first, second, third),
        _ if first > 12 || text.contains('.') => (third, second, first),
        _ if second > 12 => (third, first, second),
        Some(DayOrder::DayFirst) => (third, second, first),
        Some(DayOrder::MonthFirst) => (third, first, second),
        // The fifth of May is the same in both.
        None if first == second => (third, first, second),
        None => return None,
    };
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_of_several_cultures_are_read_where_they_are_certain() {
        for (written, days, read) in [
            ("11/29/2026 4:05:06 PM", None, Some("2026-11-29T16:05:06Z")),
            ("11/29/2026 12:05:06 AM", None, Some("2026-11-29T00:05:06Z")),
            ("29.11.2026 16:05:06", None, Some("2026-11-29T16:05:06Z")),
            ("3.5.2026 16:05:06", None, Some("2026-05-03T16:05:06Z")),
            ("2026-11-29 16:05:06", None, Some("2026-11-29T16:05:06Z")),
            ("3/5/2026 4:05:06 PM", None, None),
            ("3/5/2026 4:05 PM", Some(DayOrder::MonthFirst), Some("2026-03-05T16:05:00Z")),
            ("3/5/2026 4:05 PM", Some(DayOrder::DayFirst), Some("2026-05-03T16:05:00Z")),
            ("NEVER EXPIRES", None, None),
            ("INACTIVE", None, None),
            ("29/29/2026 99:05:06", None, None),
        ] {
            let moment = moment(written, days).map(|moment| moment.to_string());
            assert_eq!(moment.as_deref(), read, "{written}");
        }
    }
}
