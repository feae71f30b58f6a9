//! What dnsmasq logs (`pihole.log`, `log-queries` and `log-dhcp`, on its own or within a syslog):
//! the names that hosts asked for, and the addresses that it gave, with what the client said of
//! itself where that is logged. Syslog's old form of a day has no year, and is kept as it stands.

use std::ops::ControlFlow;

use jiff::Timestamp;
use whomade_core::assembly::Sort;
use whomade_core::observation::{Field, Seen};

use super::asked::{Asked, Question};
use crate::read::format::{Format, Input};
use crate::read::host::Host;
use crate::read::leases::station;
use crate::read::report::Report;
use crate::read::{moments, said, walk};

/// What dnsmasq logs.
pub(crate) const FORMAT: Format = Format {
    word: "dnsmasq-log",
    title: "dnsmasq's log (pihole.log)",
    sort: Sort::Sighting,
    recognises: |head| walk::most(head, |line| entry(line).is_some()),
    read,
};

/// A line of the log.
struct Entry<'l> {
    /// What stands before the name of the program: the day, and perhaps the machine.
    before: &'l str,
    /// Whether the part of dnsmasq that gives addresses says it.
    of_dhcp: bool,
    said: &'l str,
}

fn entry(line: &str) -> Option<Entry<'_>> {
    let at = line.find("dnsmasq")?;
    let (program, said) = line[at..].split_once(": ")?;
    let name = program.split('[').next()?;
    let of_dhcp = name == "dnsmasq-dhcp";
    let known = of_dhcp || matches!(name, "dnsmasq" | "dnsmasq-tftp" | "dnsmasq-script");
    known.then(|| Entry { before: line[..at].trim(), of_dhcp, said: said.trim() })
}

/// The moment of a line, or the text that stands for it.
fn when(before: &str) -> (Option<Timestamp>, &str) {
    let first = before.split(' ').next().unwrap_or("");
    match moments::of_text(first).filter(|_| first.contains('T')) {
        Some(moment) => (Some(moment), ""),
        None => (None, syslog_day(before)),
    }
}

/// `Nov  2 08:00:01` at the start of a text.
fn syslog_day(before: &str) -> &str {
    const BYTES: usize = 15;
    let day = before.get(..BYTES).unwrap_or("");
    let is_day = day.starts_with(|c: char| c.is_ascii_uppercase()) && day.matches(':').count() == 2;
    if is_day { day } else { "" }
}

/// What a client said of itself, until the address that it got is logged.
#[derive(Default)]
struct Client {
    transaction: String,
    class: Option<String>,
    name: Option<String>,
    options: Options,
}

/// The list of options that a client asks for, which takes several lines where it is long.
#[derive(Default)]
struct Options {
    numbers: Vec<u8>,
    is_whole: bool,
}

impl Options {
    /// Takes `1:netmask, 3:router, 6:dns-server,`: a comma at the end says that more follows.
    fn take(&mut self, text: &str) {
        if self.is_whole {
            *self = Self::default();
        }
        let own = text.split(',').map(|one| one.split(':').next().unwrap_or("").trim());
        let own = own.filter_map(|number| number.parse::<u8>().ok());
        self.numbers.extend(own.take(OPTIONS_MAX.saturating_sub(self.numbers.len())));
        self.is_whole = !text.trim_end().ends_with(',');
    }

    /// As it is usually written: `1,3,6`.
    fn list(&self) -> Option<String> {
        let numbers: Vec<String> = self.numbers.iter().map(u8::to_string).collect();
        self.is_whole.then(|| numbers.join(","))
    }
}

/// Options that a client can ask for.
const OPTIONS_MAX: usize = 256;

fn read(input: Input<'_>, report: &mut Report<'_>) {
    said::tell_format(FORMAT, report);
    let mut asked = Asked::default();
    let mut client = Client::default();
    walk::each(input, report, &mut |number, line, report| {
        let Some(entry) = entry(line) else { return ControlFlow::Continue(()) };
        let (moment, logged) = when(entry.before);
        let seen = moment.map(Seen::at);
        if entry.of_dhcp {
            return match client.says(entry.said, number, line) {
                Some(mut host) => {
                    host.seen(seen);
                    host.note("logged", logged);
                    host.give(report)
                }
                None => ControlFlow::Continue(()),
            };
        }
        let Some((who, name)) = question(entry.said) else { return ControlFlow::Continue(()) };
        asked.give(&Question { line: number, text: line, who, name, seen, logged }, report)
    });
    asked.tell(report);
    walk::tell_silence("nobody asked for a name or got an address", report);
}

/// `query[A] name from 192.0.2.17`, behind a number and the asker where more is logged.
fn question(said: &str) -> Option<(&str, &str)> {
    let at = said.find("query[")?;
    if at > 0 && !said[..at].ends_with(' ') {
        return None;
    }
    let (_, rest) = said[at..].split_once("] ")?;
    let (name, who) = rest.rsplit_once(" from ")?;
    Some((who, name))
}

impl Client {
    /// Takes what is said of a client; gives it once it has its address.
    fn says<'l>(&mut self, said: &'l str, number: u64, line: &'l str) -> Option<Host<'l>> {
        let (first, rest) = said.split_once(' ')?;
        let numbered = first.bytes().all(|byte| byte.is_ascii_digit());
        let (transaction, said) = if numbered { (first, rest.trim()) } else { ("", said) };
        if self.transaction != transaction {
            *self = Self { transaction: transaction.to_owned(), ..Self::default() };
        }
        if let Some(class) = said.strip_prefix("vendor class: ") {
            self.class = Some(class.to_owned());
        } else if let Some(name) = said.strip_prefix("client provides name: ") {
            self.name = Some(name.to_owned());
        } else if let Some(options) = said.strip_prefix("requested options: ") {
            self.options.take(options);
        }
        let ack = said.strip_prefix("DHCPACK(")?;
        let mut words = ack.split_once(") ")?.1.split(' ');
        let (address, hardware) = (words.next()?, words.next()?);
        let mut host = Host::new(number, line);
        host.ip(address);
        host.maybe(Field::Mac, station(hardware));
        host.maybe(Field::Hostname, words.next().map(str::to_owned).or(self.name.take()));
        // Without numbers two clients cannot be told apart.
        host.maybe(Field::DhcpClass, self.class.take().filter(|_| numbered));
        host.maybe(Field::DhcpOptions, self.options.list().filter(|_| numbered));
        host.says_something().then_some(host)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_are_told_from_answers() {
        assert_eq!(question("query[A] a.example from 192.0.2.1"), Some(("192.0.2.1", "a.example")));
        let more = "5 192.0.2.1/53412 query[HTTPS] a.example from 192.0.2.1";
        assert_eq!(question(more), Some(("192.0.2.1", "a.example")));
        assert_eq!(question("forwarded a.example to 198.51.100.1"), None);
        assert_eq!(question("reply a.example is 198.51.100.1"), None);
    }
}
