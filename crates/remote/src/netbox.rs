//! NetBox: its devices, then the interfaces of these, for their hardware addresses.
//!
//! Pages are those of NetBox 3 and 4 (`netbox/netbox/api/pagination.py`): `count`, `next` and
//! `results`. The number of elements asked for is a wish; the server may give fewer a page.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Seek as _, Write};

use ureq::http::Uri;
use whomade_core::diagnostic::{Diagnostic, Severity};

use crate::ask::Asker;
use crate::page::{Element, Page, line_of};
use crate::{Access, Address, Received, trouble};

/// Elements of a page that are asked for: NetBox gives at most 1000 unless it is told otherwise.
const PAGE_ELEMENTS: u32 = 500;

/// Devices whose interfaces are asked for at once: the address stays short enough for every
/// server in between.
const DEVICES_AT_ONCE: usize = 50;

/// Where devices are.
const DEVICES: &str = "api/dcim/devices/";

/// Where interfaces are.
const INTERFACES: &str = "api/dcim/interfaces/";

/// Takes the elements of a list: what asking needs of it, of how many it is one by the server's
/// count, and the element on a line. `false` when it has enough.
type Take<'t> = dyn FnMut(&Element, Option<u64>, String) -> io::Result<bool> + 't;

/// What ends a list before its end: it cannot be written down, or the server did something.
enum Stop {
    Io(io::Error),
    Said(Box<Diagnostic>),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<Box<Diagnostic>> for Stop {
    fn from(said: Box<Diagnostic>) -> Self {
        Self::Said(said)
    }
}

/// Reads NetBox.
pub(crate) fn receive(
    address: &Address,
    access: &Access,
    to: &mut dyn Write,
    told: &mut dyn FnMut(u64, Option<u64>),
) -> io::Result<Received> {
    let mut reading = Reading {
        asker: Asker::new(address, access),
        address,
        devices_max: access.limits.devices,
        received: Received::default(),
    };
    let mut waiting = BufWriter::new(tempfile::tempfile()?);
    let with_interfaces = reading.devices(&mut waiting, told)?;
    reading.interfaces(&with_interfaces, to)?;
    let mut devices: File = waiting.into_inner().map_err(io::IntoInnerError::into_error)?;
    devices.rewind()?;
    io::copy(&mut BufReader::new(devices), to)?;
    if reading.asker.echoed {
        let message = "the server wrote the token into its answer; it was taken out";
        reading.received.said.push(Diagnostic::new("remote/echo", message));
    }
    Ok(reading.received)
}

struct Reading<'a> {
    asker: Asker<'a>,
    address: &'a Address,
    devices_max: u64,
    received: Received,
}

impl Reading<'_> {
    /// Writes down the devices; gives the numbers of those that have interfaces.
    fn devices(
        &mut self,
        out: &mut dyn Write,
        told: &mut dyn FnMut(u64, Option<u64>),
    ) -> io::Result<Vec<u64>> {
        // What is configured is no business of ours, may be long and may hold secrets.
        let filters = format!("{}&exclude=config_context", self.address.filters());
        let mut with_interfaces = Vec::new();
        let (mut count, devices_max) = (0, self.devices_max);
        let mut many = false;
        let stopped = self.list(DEVICES, filters.trim_start_matches('&'), &mut |one, of, line| {
            many = count >= devices_max;
            if many {
                return Ok(false);
            }
            count += 1;
            told(count, of);
            let has = one.interface_count != Some(0);
            with_interfaces.extend(one.id.filter(|_| has));
            writeln!(out, "{line}").map(|()| true)
        });
        self.received.devices = count;
        match stopped {
            Err(Stop::Io(error)) => return Err(error),
            Err(Stop::Said(said)) => self.received.said.push(*said),
            Ok(()) if many => {
                let said = trouble::large(format!("{devices_max} devices"));
                self.received.said.push(said);
            }
            Ok(()) if count == 0 => {
                let message = format!("{} has no such device", self.address.host());
                let said = Diagnostic::new("remote/nothing", message)
                    .help("look at the filters, and at what the token's owner may view");
                self.received.said.push(said);
            }
            Ok(()) => {}
        }
        Ok(with_interfaces)
    }

    /// Writes down the interfaces of devices. What goes wrong is said once, and ends it.
    fn interfaces(&mut self, of: &[u64], out: &mut dyn Write) -> io::Result<()> {
        for some in of.chunks(DEVICES_AT_ONCE) {
            let filters: Vec<String> = some.iter().map(|id| format!("device_id={id}")).collect();
            let stopped = self.list(INTERFACES, &filters.join("&"), &mut |_, _, line| {
                writeln!(out, "{line}").map(|()| true)
            });
            match stopped {
                Ok(()) => {}
                Err(Stop::Io(error)) => return Err(error),
                // Some came or went while they were asked for: that is said once.
                Err(Stop::Said(said)) if said.code == "remote/miscounted" => {
                    let again = self.received.said.iter().any(|one| one.code == said.code);
                    self.received.said.extend((!again).then_some(*said));
                }
                Err(Stop::Said(said)) => {
                    let said = if said.code == "remote/denied" {
                        let message = "the token's owner may view devices, but not their \
                                       interfaces: hardware addresses are missing";
                        Diagnostic::new("remote/no-interfaces", message)
                            .help("give the permission to view interfaces, and ask again")
                    } else {
                        said.note("some devices are without their hardware addresses")
                    };
                    self.received.said.push(said);
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}

impl Reading<'_> {
    /// Gives every element of a list, each once, page by page.
    fn list(&mut self, path: &str, filters: &str, take: &mut Take<'_>) -> Result<(), Stop> {
        let host = self.address.host();
        let endpoint = self.address.below(path);
        let mut at = format!("{endpoint}?{filters}&limit={PAGE_ELEMENTS}&ordering=id");
        let mut seen: BTreeSet<u64> = BTreeSet::new();
        loop {
            let text = self.asker.page(&at)?;
            let page = Page::of(&text, host)?;
            let before = seen.len();
            for raw in &page.results {
                let element = Element::of(raw);
                let Some(id) = element.id else {
                    let why = "an element of a page has no number, as those of NetBox have";
                    return Err(Stop::Said(Box::new(trouble::cut(why.to_owned()))));
                };
                if seen.insert(id) && !take(&element, page.count, line_of(raw))? {
                    return Ok(());
                }
            }
            let Some(next) = page.next else {
                return counted(page.count, seen.len() as u64, host);
            };
            if seen.len() == before {
                let message = format!("{host} leads to further pages that hold nothing new");
                return Err(Stop::Said(Box::new(Diagnostic::new("remote/loop", message))));
            }
            at = self.asker.within(&next, "the next page")?;
            let path = path_of(&at);
            if path != path_of(&endpoint) {
                let path = path.map(|path| self.asker.without_token(&path));
                let said = trouble::elsewhere("the next page", path, &endpoint);
                return Err(Stop::Said(Box::new(said)));
            }
        }
    }
}

/// The path of a whole address.
fn path_of(at: &str) -> Option<String> {
    Some(at.parse::<Uri>().ok()?.path().to_owned())
}

/// Holds the server to its own count.
fn counted(count: Option<u64>, given: u64, host: &str) -> Result<(), Stop> {
    let Some(count) = count.filter(|count| *count != given) else { return Ok(()) };
    let message = format!("{host} counts {count} and gave {given}");
    let mut said = Diagnostic::new("remote/miscounted", message)
        .help("ask again; if it stays so, the server is damaged");
    if count < given {
        said.severity = Severity::Warning;
    }
    Err(Stop::Said(Box::new(said)))
}
