//! Captures read: devices with what they exchanged, each worked out.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Result;
use jiff::Timestamp;
use whomade_core::assembly::{Sort, whole};
use whomade_core::baseline::Places;
use whomade_core::diagnostic::{Diagnostic, Severity};
use whomade_core::egress::compared::{Party, Period};
use whomade_core::egress::named::name;
use whomade_core::egress::recording::{seconds, series};
use whomade_core::egress::{
    Answer, Counted, Flow, Known as KnownOf, Recipient, Recording, Whose, recipients,
};
use whomade_core::kb::Base;
use whomade_core::observation::{Device, Field, Seen};
use whomade_core::report::clean;
use whomade_core::ruling::Context;
use whomade_formats::read::{Format, Sink, Understood};

use crate::cli::{Access, Networks, Reading};
use crate::out::Out;
use crate::render::diagnostics;
use crate::render::finding::place_in;
use crate::run::beside::read_one;
use crate::run::heard::Heard;
use crate::run::inputs::Inputs;
use crate::run::live::Live;
use crate::run::names::Names;
use crate::run::screen::options;
use crate::run::servers::Servers;
use crate::run::twice::twice;
use whomade_inquiry::asking::Asked;
use whomade_inquiry::base::Known;
use whomade_inquiry::worker::{Found, Worker};

/// A device, and to whom it sends.
pub(crate) struct Talking {
    pub(crate) found: Found,
    pub(crate) recipients: Vec<Recipient>,
    /// Names that it asked for, and nothing exchanged with them was seen.
    pub(crate) asked_only: Vec<String>,
    /// Where it stands, or the capture in which it was met.
    pub(crate) site: String,
    /// Where it was first read, without the folders above the file.
    pub(crate) place: String,
    /// The captures that hold it.
    captures: BTreeSet<String>,
}

impl Talking {
    /// Whether there was at least what was counted of it, and perhaps more.
    pub(crate) fn is_lower_bound(&self) -> bool {
        self.recipients.iter().any(Recipient::is_lower_bound)
    }

    /// Why that is a lower bound, in words.
    pub(crate) fn bound(&self) -> Option<&'static str> {
        let flows = || self.recipients.iter().flat_map(|one| &one.flows);
        let sampled = flows().any(|one| matches!(one.counted, Counted::OneOf(2..)));
        let unsaid = flows().any(|one| one.counted == Counted::Unsaid);
        self.is_lower_bound().then_some(match (sampled, unsaid) {
            (true, false) => "not every packet was counted",
            (true, true) => {
                "not every packet was counted, and of some it was not said whether every one was"
            }
            (false, _) => "whether every packet was counted was not said",
        })
    }
}

/// Addresses of one device, and flows between two ends, that are held against one another.
const OWN_MAX: usize = 4;
const COMPARED_MAX: usize = 64;

/// A device as it was met in one capture after the other.
#[derive(Default)]
struct Met {
    records: Vec<(Sort, Device)>,
    flows: Vec<Flow>,
    answers: Vec<Answer>,
    /// Questions about names that nobody answered in the same capture.
    questions: BTreeSet<u64>,
    /// By what each is the same, with its place.
    known: BTreeMap<Sameness, usize>,
}

/// What makes two flows the same packets: recorded twice, or in two copies of one capture.
type Sameness = (IpAddr, u16, u8, bool, Seen, u64, u64);

impl Met {
    fn add(&mut self, device: Device, talked: Talked) {
        self.records.push((Sort::Sighting, device));
        self.join(talked);
    }

    /// Takes what it asked and was answered: the capture before may hold the question.
    fn answered(&mut self) -> Vec<Answer> {
        let mut answers = std::mem::take(&mut self.answers);
        answers.retain(|one| one.unasked.is_none_or(|question| self.questions.contains(&question)));
        answers.iter_mut().for_each(|one| one.unasked = None);
        answers
    }

    fn join(&mut self, talked: Talked) {
        self.answers.extend(talked.answers);
        self.questions.extend(talked.questions);
        for flow in talked.flows {
            let Flow { address, port, protocol, serves, sent, got, .. } = flow;
            let key = |seen| (address, port, protocol, serves, seen, sent, got);
            let known = flow.seen.map(|seen| self.known.entry(key(seen)));
            match known {
                // A copy of which more was recorded says more of the same.
                Some(Entry::Occupied(at)) => self.flows[*at.get()].learn(flow),
                Some(Entry::Vacant(free)) => {
                    free.insert(self.flows.len());
                    self.flows.push(flow);
                }
                None => self.flows.push(flow),
            }
        }
    }
}

/// What one capture shows of a device beside itself.
#[derive(Default)]
struct Talked {
    flows: Vec<Flow>,
    answers: Vec<Answer>,
    questions: Vec<u64>,
}

/// Takes devices with what they exchanged. Those of several captures are one device where they have
/// one hardware address; an address of the network alone may be another's the next day.
struct Taking<'o> {
    out: &'o mut Out,
    heard: Heard,
    next: Talked,
    all: Vec<Met>,
    by_mac: BTreeMap<String, usize>,
    recordings: Vec<Recording>,
}

impl Sink for Taking<'_> {
    fn begins(&mut self, name: &str) {
        self.heard.begins(name);
    }

    fn opens(&mut self, files: usize) {
        self.heard.opens(files);
    }

    fn recorded(&mut self, recording: Recording) {
        self.recordings.push(recording);
    }

    fn understood(&mut self, understood: Understood) {
        self.heard.understood(self.out, &understood);
    }

    fn talked(&mut self, flows: &mut dyn Iterator<Item = Flow>) {
        self.next.flows = flows.collect();
    }

    fn answered(&mut self, answers: &mut dyn Iterator<Item = Answer>) {
        self.next.answers = answers.collect();
    }

    fn asked(&mut self, questions: Vec<u64>) {
        self.next.questions = questions;
    }

    fn device(&mut self, device: Box<Device>) -> ControlFlow<()> {
        let talked = std::mem::take(&mut self.next);
        let mac = device.first(Field::Mac).map(str::to_ascii_lowercase);
        let known = mac.as_ref().and_then(|mac| self.by_mac.get(mac)).copied();
        let place = known.unwrap_or_else(|| {
            self.by_mac.extend(mac.map(|mac| (mac, self.all.len())));
            self.all.push(Met::default());
            self.all.len() - 1
        });
        self.all[place].add(*device, talked);
        ControlFlow::Continue(())
    }

    fn diagnostic(&mut self, said: Diagnostic) {
        self.heard.diagnostic(self.out, &said);
    }

    fn progress(&mut self, bytes_read: u64, bytes_total: Option<u64>) {
        self.heard.progress.tick(bytes_read, bytes_total, self.all.len() as u64);
    }
}

/// What came of captures.
pub(crate) struct Gathered {
    pub(crate) talking: Vec<Talking>,
    pub(crate) recordings: Vec<Recording>,
    /// The files, for their hashes.
    pub(crate) files: Vec<PathBuf>,
    /// Whether sites are told, by the user's own file; else devices stand by capture.
    pub(crate) sited: bool,
    /// Of each capture the one with which its recording begins, in one file or several.
    beginnings: BTreeMap<String, String>,
    /// Devices that were left out because they exchanged nothing outside.
    pub(crate) left_out: usize,
    /// Devices at addresses that two captures show with the same peer at the same time.
    pub(crate) overlapping: usize,
    /// The worst that was said of them.
    pub(crate) worst: Option<Severity>,
}

impl Gathered {
    /// The first address of each device in the network, with its hardware address, if it shows one.
    fn hardware(&self) -> BTreeMap<String, Option<String>> {
        let mut all = BTreeMap::new();
        for one in &self.talking {
            let device = &one.found.device;
            if let Some(address) = device.first(Field::Ip) {
                let mac = device.first(Field::Mac).map(str::to_ascii_lowercase);
                all.insert(address.to_owned(), mac);
            }
        }
        all
    }

    /// Whether amounts or times may be otherwise than they seem: captures overlap, or one of them
    /// has gaps or a clock that jumped.
    pub(crate) fn is_doubted(&self) -> bool {
        self.overlapping > 0 || self.recordings.iter().any(|one| one.stretches.len() > 1)
    }

    /// Where devices stand: at their site, or in the recordings that hold them.
    pub(crate) fn sites<'g>(&'g self, one: &'g Talking) -> BTreeSet<&'g str> {
        match self.sited {
            true => BTreeSet::from([one.site.as_str()]),
            false => one.captures.iter().map(|one| self.beginning(one)).collect(),
        }
    }

    /// Where a flow of a device was seen: at its site, or in that recording.
    pub(crate) fn site_of<'g>(&'g self, one: &'g Talking, flow: &'g Flow) -> &'g str {
        // What was heard and not kept is one.
        let first = (!self.sited && !flow.first.0.is_empty()).then_some(&*flow.first.0);
        first.map_or(one.site.as_str(), |source| self.beginning(source))
    }

    fn beginning<'g>(&'g self, source: &'g str) -> &'g str {
        self.beginnings.get(source).map_or(source, String::as_str)
    }

    /// Leaves out the devices that exchanged nothing outside, and counts them.
    pub(crate) fn keep_outside(&mut self) {
        let before = self.talking.len();
        let outside = |one: &Recipient| one.whose != Whose::OwnNetwork;
        self.talking.retain(|one| one.recipients.iter().any(outside));
        self.left_out = before - self.talking.len();
    }

    /// As one period, to be held against the other: a device of which only one of them shows the
    /// hardware address is known again by its address in the network.
    pub(crate) fn period(&self, other: &Self) -> Period<'_> {
        let (own, others) = (self.hardware(), other.hardware());
        let by_address = |one: &Talking| {
            let address = one.found.device.first(Field::Ip);
            let bare = |all: &BTreeMap<String, Option<String>>| {
                address.is_some_and(|address| matches!(all.get(address), Some(None)))
            };
            // Where both periods show hardware, that decides.
            bare(&own) || bare(&others)
        };
        let key = |one: &Talking| {
            let mac = one.found.device.first(Field::Mac).map(str::to_ascii_lowercase);
            let address = one.found.device.first(Field::Ip).map(str::to_owned);
            match (by_address(one), address, mac) {
                (true, Some(address), _) => address,
                (_, _, Some(mac)) => mac,
                _ => clean(&one.found.device.name),
            }
        };
        // A device that shows no hardware address stands there once a capture.
        let mut captures: BTreeMap<String, BTreeSet<&String>> = BTreeMap::new();
        for one in &self.talking {
            captures.entry(key(one)).or_default().extend(&one.captures);
        }
        let long = |key: &String| {
            let of = captures.get(key);
            let holds = |one: &&Recording| of.is_some_and(|all| all.contains(&one.source));
            seconds(&self.recordings.iter().filter(holds).cloned().collect::<Vec<_>>())
        };
        let devices = self.talking.iter().map(|one| {
            let (key, name) = (key(one), clean(&one.found.device.name));
            let seconds = long(&key);
            let by_address = by_address(one);
            Party { key, by_address, name, recipients: &one.recipients, seconds }
        });
        Period {
            seconds: seconds(&self.recordings),
            lacks: self.recordings.iter().any(|one| one.lacks),
            devices: devices.collect(),
        }
    }
}

/// Reads captures and works their devices out.
///
/// # Errors
/// When there is nothing to read.
pub(crate) fn gather(
    out: &mut Out,
    (known, asked): (&Known, &Asked),
    (live, typed, own): (Option<&Live>, &[PathBuf], &Networks),
    said: &[Diagnostic],
) -> Result<Gathered> {
    let mut inputs = Inputs::heard_or_found(live, typed)?;
    for one in twice(&mut inputs.files).iter().filter(|_| !out.quiet) {
        diagnostics::write(&mut out.aside, one)?;
    }
    let mut options = options(&Reading { own: own.clone(), ..Reading::default() })?;
    options.searched = inputs.searched;
    // Only captures tell who talked with whom.
    options.from = Format::from_word("pcap");
    let servers = Servers::heard_or_asked(out, live.cloned(), &inputs.files, &Access::default())?;
    let names = Names::of(&inputs.files);
    let heard = Heard::new(out.quiet, inputs.files.len(), said).of_live(live);
    let (next, all, by_mac, recordings) = Default::default();
    let mut taking = Taking { out, heard, next, all, by_mac, recordings };
    for file in &inputs.files {
        read_one(file, &servers, &options, &mut taking);
    }
    taking.heard.progress.clear();
    let Taking { heard, all, mut recordings, .. } = taking;
    let parts: BTreeMap<String, usize> =
        recordings.iter().map(|one| one.source.clone()).zip(series(&recordings)).collect();
    let all = joined(all, &parts);
    for one in &mut recordings {
        one.source = clean(&names.short(&one.source));
    }
    let shown = |at: usize| recordings.get(at).map(|one| one.source.clone()).unwrap_or_default();
    let beginnings =
        parts.iter().map(|(source, at)| (clean(&names.short(source)), shown(*at))).collect();
    let mut worker = Worker::new(known, asked);
    let (mut talking, mut everybody) = (Vec::new(), Overlaps::default());
    for mut met in all {
        let answers = met.answered();
        let Met { mut records, flows, .. } = met;
        // It stands where it was met first, whatever was read first.
        records.sort_by_key(|(_, one)| one.record.seen.map_or(Timestamp::MAX, |seen| seen.from));
        let mut flows = in_one(flows, &parts);
        let met = met_names(&flows, &answers);
        name(&mut flows, answers);
        everybody.add(talking.len(), &records, &flows);
        for flow in &mut flows {
            // What was heard and not kept can be looked up nowhere.
            let kept = if live.is_some() { String::new() } else { names.short(&flow.first.0) };
            flow.first.0 = clean(&kept).into();
        }
        let (device, _) = whole(records);
        let site = site(&asked.places, &names, &device);
        let place = clean(&place_in(&names.short(&device.record.source), &device));
        let sources = device.records().map(|record| clean(&names.short(&record.source)));
        let captures = sources.collect();
        let found = worker.work(device);
        talking.push(told(&known.base, found, (flows, met), (site, place, captures)));
    }
    let sited = !asked.places.is_empty();
    Ok(Gathered {
        talking,
        recordings,
        files: inputs.files,
        sited,
        beginnings,
        left_out: 0,
        overlapping: everybody.count(),
        worst: heard.worst,
    })
}

/// Puts together what is one station in several files of one recording, and shows no hardware
/// address: it stands beyond a router.
fn joined(all: Vec<Met>, parts: &BTreeMap<String, usize>) -> Vec<Met> {
    let mut places: BTreeMap<(usize, String), usize> = BTreeMap::new();
    let mut kept: Vec<Met> = Vec::new();
    for met in all {
        let key = met.records.first().and_then(|(_, device)| {
            let address = device.first(Field::Ip).filter(|_| device.first(Field::Mac).is_none())?;
            Some((*parts.get(&*device.record.source)?, address.to_owned()))
        });
        let place = key.map_or(kept.len(), |key| *places.entry(key).or_insert(kept.len()));
        match kept.get_mut(place) {
            Some(known) => {
                known.records.extend(met.records);
                let Met { flows, answers, questions, .. } = met;
                let questions = questions.into_iter().collect();
                known.join(Talked { flows, answers, questions });
            }
            None => kept.push(met),
        }
    }
    kept
}

/// Puts together what goes on in the next file of one recording.
fn in_one(flows: Vec<Flow>, parts: &BTreeMap<String, usize>) -> Vec<Flow> {
    let mut places: BTreeMap<(Option<usize>, IpAddr, u16), Vec<usize>> = BTreeMap::new();
    let mut kept: Vec<Flow> = Vec::new();
    for flow in flows {
        let of = parts.get(&*flow.first.0).copied();
        let same = places.entry((of, flow.address, flow.port)).or_default();
        match same.iter().find(|at| of.is_some() && kept[**at].goes_on_in(&flow)) {
            Some(at) => kept[*at].go_on(flow),
            None => {
                same.push(kept.len());
                kept.push(flow);
            }
        }
    }
    kept
}

/// Names for which an address was the answer with which something was exchanged behind it: of
/// these nobody can say that nothing was.
fn met_names(flows: &[Flow], answers: &[Answer]) -> BTreeSet<String> {
    let mut last: BTreeMap<IpAddr, Option<Timestamp>> = BTreeMap::new();
    for flow in flows {
        let until = flow.seen.map_or(Timestamp::MAX, |seen| seen.until);
        let known = last.entry(flow.address).or_default();
        *known = (*known).max(Some(until));
    }
    let met = answers.iter().filter(|one| {
        let last = last.get(&one.address).copied().flatten();
        last.is_some_and(|last| one.at.is_none_or(|at| at <= last))
    });
    met.map(|one| one.name.to_ascii_lowercase()).collect()
}

/// The address of a device, that of its peer, the port, and how it is carried.
type Ends = (String, IpAddr, u16, u8);

/// Who talked with whom from which address: two captures that show the same at the same time may
/// have recorded the same packets at two places, whatever the hardware addresses there are. Copies
/// of a capture were left out before.
#[derive(Default)]
struct Overlaps {
    by_ends: BTreeMap<Ends, Vec<(Seen, Arc<str>, usize)>>,
    devices: BTreeSet<usize>,
}

impl Overlaps {
    fn add(&mut self, device: usize, records: &[(Sort, Device)], flows: &[Flow]) {
        let own = records.iter().flat_map(|(_, one)| &one.observations);
        let own: BTreeSet<&str> =
            own.filter(|one| one.field == Field::Ip).map(|one| one.value.as_str()).collect();
        for flow in flows.iter().filter(|flow| !flow.local) {
            let Some(seen) = flow.seen else { continue };
            for address in own.iter().take(OWN_MAX) {
                let ends = ((*address).to_owned(), flow.address, flow.port, flow.protocol);
                let known = self.by_ends.entry(ends).or_default();
                let both = known.iter().filter(|(other, source, _)| {
                    *source != flow.first.0 && other.from < seen.until && seen.from < other.until
                });
                let others: Vec<usize> = both.map(|(.., other)| *other).collect();
                self.devices.extend(others.iter().copied());
                if !others.is_empty() {
                    self.devices.insert(device);
                }
                if known.len() < COMPARED_MAX {
                    known.push((seen, Arc::clone(&flow.first.0), device));
                }
            }
        }
    }

    fn count(&self) -> usize {
        self.devices.len()
    }
}

/// Where a device stands: the site that claims it, by the user's own file; where there is none, the
/// capture in which it was first met.
fn site(places: &Places, names: &Names, device: &Device) -> String {
    if places.is_empty() {
        return clean(&names.short(&device.record.source));
    }
    let at = places.of(device, None);
    let place = places.place(&at, &Context::new());
    place.map_or_else(|| "at no site".to_owned(), |place| clean(&place.words()))
}

fn told(
    base: &Base,
    found: Found,
    (flows, mut met): (Vec<Flow>, BTreeSet<String>),
    (site, place, captures): (String, String, BTreeSet<String>),
) -> Talking {
    let label = found.read.label.as_ref().map(|label| label.of);
    let recipients = recipients(base, &KnownOf::of(found.design(), label), flows);
    met.extend(recipients.iter().flat_map(|one| &one.names).cloned());
    let asked = found.device.observations.iter().filter(|one| one.field == Field::DnsName);
    let asked_only: BTreeSet<String> = asked
        .map(|one| one.value.trim_end_matches('.').to_ascii_lowercase())
        .filter(|name| !met.contains(name))
        .collect();
    let asked_only = asked_only.into_iter().collect();
    Talking { found, recipients, asked_only, site, place, captures }
}
