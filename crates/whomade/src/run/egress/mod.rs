//! `whomade egress`: with whom each device of a capture talks, who operates that, and whose it is.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use whomade_core::assembly::{Sort, whole};
use whomade_core::diagnostic::{Diagnostic, Severity};
use whomade_core::egress::{Flow, Known as KnownOf, Recipient, recipients};
use whomade_core::observation::{Device, Field, Seen};
use whomade_formats::read::{Format, Sink, Understood};

use crate::base::load;
use crate::cli::{Asking, Egress};
use crate::out::Out;
use crate::render;
use crate::render::diagnostics;
use crate::run::asking::Asked;
use crate::run::beside::read_one;
use crate::run::heard::Heard;
use crate::run::inputs::Inputs;
use crate::run::screen::options;
use crate::run::servers::Servers;
use crate::run::twice::twice;
use crate::worker::{Found, Worker};

mod blocklist;
pub(crate) mod held;

use held::Tables;

/// A device, and to whom it sends.
pub(crate) struct Talking {
    pub(crate) found: Found,
    pub(crate) recipients: Vec<Recipient>,
    /// Names that it asked for, and nothing exchanged with them was seen.
    pub(crate) asked_only: Vec<String>,
}

impl Talking {
    /// Whether there was at least what was counted of it, and perhaps more.
    pub(crate) fn is_lower_bound(&self) -> bool {
        self.recipients.iter().any(Recipient::is_lower_bound)
    }
}

/// A device as it was met in one capture after the other.
#[derive(Default)]
struct Met {
    records: Vec<(Sort, Device)>,
    flows: Vec<Flow>,
    known: BTreeSet<Sameness>,
}

/// What makes two flows the same packets: recorded twice, or in two copies of one capture.
type Sameness = (IpAddr, u16, u8, bool, Seen, u64, u64);

impl Met {
    fn add(&mut self, device: Device, flows: Vec<Flow>) {
        self.records.push((Sort::Sighting, device));
        for flow in flows {
            let Flow { address, port, protocol, serves, sent, got, .. } = flow;
            let key = |seen| (address, port, protocol, serves, seen, sent, got);
            if flow.seen.is_none_or(|seen| self.known.insert(key(seen))) {
                self.flows.push(flow);
            }
        }
    }
}

/// Takes devices with what they exchanged. Those of several captures are one device where they have
/// one hardware address; an address of the network alone may be another's the next day.
struct Taking<'o> {
    out: &'o mut Out,
    heard: Heard,
    next: Vec<Flow>,
    all: Vec<Met>,
    by_mac: BTreeMap<String, usize>,
}

impl Sink for Taking<'_> {
    fn understood(&mut self, understood: Understood) {
        self.heard.understood(self.out, &understood);
    }

    fn talked(&mut self, flows: &mut dyn Iterator<Item = Flow>) {
        self.next = flows.collect();
    }

    fn device(&mut self, device: Box<Device>) -> ControlFlow<()> {
        let flows = std::mem::take(&mut self.next);
        let mac = device.first(Field::Mac).map(str::to_ascii_lowercase);
        let known = mac.as_ref().and_then(|mac| self.by_mac.get(mac)).copied();
        let place = known.unwrap_or_else(|| {
            self.by_mac.extend(mac.map(|mac| (mac, self.all.len())));
            self.all.push(Met::default());
            self.all.len() - 1
        });
        self.all[place].add(*device, flows);
        ControlFlow::Continue(())
    }

    fn diagnostic(&mut self, said: Diagnostic) {
        self.heard.diagnostic(self.out, &said);
    }

    fn progress(&mut self, bytes_read: u64, bytes_total: Option<u64>) {
        self.heard.progress.tick(bytes_read, bytes_total, self.all.len() as u64);
    }
}

/// Runs `whomade egress`.
///
/// # Errors
/// When there is nothing to read, or a table is of another kind.
pub(crate) fn run(out: &mut Out, overlay: Option<&Path>, typed: &Egress) -> Result<ExitCode> {
    let tables = Tables::open(&typed.mmdb)?;
    let (known, said) = load(overlay)?;
    for one in &said {
        diagnostics::write(&mut out.aside, one)?;
    }
    let base = &known.base;
    let asked = Asked::check(base, &Asking::default())?;
    let mut inputs = Inputs::heard_or_found(typed.live.as_ref(), &typed.files)?;
    for one in twice(&mut inputs.files).iter().filter(|_| !out.quiet) {
        diagnostics::write(&mut out.aside, one)?;
    }
    let mut options = options(&typed.reading)?;
    options.searched = inputs.searched;
    // Only captures tell who talked with whom.
    options.from = options.from.or_else(|| Format::from_word("pcap"));
    let (live, access) = (typed.live.clone(), &typed.reading.access);
    let servers = Servers::heard_or_asked(out, live, &inputs.files, access)?;
    let heard = Heard::new(out.quiet, inputs.files.len(), &said);
    let (next, all, by_mac) = (Vec::new(), Vec::new(), BTreeMap::new());
    let mut taking = Taking { out, heard, next, all, by_mac };
    for file in &inputs.files {
        read_one(file, &servers, &options, &mut taking);
    }
    taking.heard.progress.clear();
    let Taking { heard, all, .. } = taking;
    let mut worker = Worker::new(&known, &asked);
    let mut talking = Vec::new();
    for Met { records, flows, .. } in all {
        let (device, _) = whole(records);
        let found = worker.work(device);
        talking.push(told(&known.base, found, flows));
    }
    let failed = heard.worst == Some(Severity::Error) || talking.is_empty();
    if let Some(form) = typed.shown.blocklist {
        blocklist::write(out, base, &tables, &talking, form)?;
    } else if typed.shown.json {
        render::egress::json(out, base, &tables, &talking)?;
    } else if typed.shown.csv {
        render::egress::csv(out, base, &tables, &talking)?;
    } else {
        render::egress::write(out, base, &tables, &talking)?;
    }
    let strict = typed.reading.strict && heard.worst >= Some(Severity::Warning);
    Ok(ExitCode::from(if failed || strict { 2 } else { 0 }))
}

fn told(base: &whomade_core::kb::Base, found: Found, flows: Vec<Flow>) -> Talking {
    let label = found.read.label.as_ref().map(|label| label.of);
    let recipients = recipients(base, &KnownOf::of(found.design(), label), flows);
    let met: BTreeSet<&str> =
        recipients.iter().flat_map(|one| &one.names).map(String::as_str).collect();
    let asked = found.device.observations.iter().filter(|one| one.field == Field::DnsName);
    let asked_only: BTreeSet<String> = asked
        .map(|one| one.value.trim_end_matches('.').to_ascii_lowercase())
        .filter(|name| !met.contains(name.as_str()))
        .collect();
    let asked_only = asked_only.into_iter().collect();
    Talking { found, recipients, asked_only }
}
