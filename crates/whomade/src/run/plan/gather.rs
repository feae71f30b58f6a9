//! What has to go, found: every device judged, its holes looked up, its traffic put beside it.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, bail};
use whomade_core::assembly::KeyKind;
use whomade_core::attribution::Certainty;
use whomade_core::baseline::Entry;
use whomade_core::diagnostic::Diagnostic;
use whomade_core::egress::Whose;
use whomade_core::exposure::{OpenHole, open_holes};
use whomade_core::observation::{Device, Field};
use whomade_core::plan::removal::{DEVICES_MAX, Interim, Subject};
use whomade_core::plan::terms::{Egress, Exposed, Standing, Terms};
use whomade_core::report::{clean, headline};
use whomade_core::ruling::{Outcome, Ruling};
use whomade_formats::read;

use crate::cli::Plan;
use crate::out::Out;
use crate::render::finding::place_in;
use crate::run::again::{Again, Takes};
use crate::run::egress::gather::gather as gather_traffic;
use crate::run::names::Names;
use whomade_inquiry::asking::Asked;
use whomade_inquiry::base::Known;
use whomade_inquiry::judgement::Would;
use whomade_inquiry::worker::{Found, Worker};

/// Answers about holes that are kept; beyond that all are forgotten at once.
const KEPT_MAX: usize = 8_192;
/// Services that are named of one device.
const SERVICES_MAX: usize = 8;
/// Holes that are named of one device.
const CVES_MAX: usize = 6;
/// The context key that tells the class of a site.
const SITE_CLASS: &str = "site-class";

/// What does not go, and why.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Staying {
    /// Nothing that was asked wants them gone, and their maker is known.
    pub(crate) clear: u64,
    /// The terms give no weight to what is said of them.
    pub(crate) weightless: u64,
    /// Their maker is not known, or where it is seated: nobody has cleared them.
    pub(crate) unknown: u64,
    /// A rule would speak of them, and their maker is only possible.
    pub(crate) possible: u64,
    /// Somebody answers for what was found.
    pub(crate) exempted: u64,
}

/// Everything that was gathered.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    /// What has to go.
    pub(crate) subjects: Vec<Subject>,
    /// All devices, and whether each has to go: only where an earlier plan asks.
    pub(crate) all: Vec<(Entry, bool)>,
    pub(crate) staying: Staying,
    /// The facts that rules ask for which are not settled.
    pub(crate) missing: BTreeSet<String>,
    pub(crate) devices: u64,
    /// What was heard of the files that counts.
    pub(crate) said: usize,
    /// Devices of captures that are none, or several, of these.
    pub(crate) strangers: usize,
}

struct Taking<'t> {
    known: &'t Known,
    asked: &'t Asked,
    terms: &'t Terms,
    worker: Worker<'t>,
    names: Names,
    sites: read::Sites,
    recorders: read::Recorders,
    /// Whether every device is kept, for an earlier plan.
    all: bool,
    holes: BTreeMap<[String; 4], Vec<OpenHole>>,
    gathered: Gathered,
    /// Whether there are more devices than a plan holds.
    full: bool,
}

impl Takes for Taking<'_> {
    fn device(&mut self, device: Device) -> bool {
        let gathered = &mut self.gathered;
        gathered.devices += 1;
        if gathered.subjects.len() >= DEVICES_MAX {
            self.full = true;
            return false;
        }
        let found = self.worker.work(device);
        let goes = self.goes(&found);
        if self.all {
            let entry = self.worker.entry(&found).in_form(1);
            self.gathered.all.push((entry, goes.is_some()));
        }
        if let Some(standing) = goes {
            let subject = self.subject(&found, standing);
            self.gathered.subjects.push(subject);
        }
        self.worker.take_back(found);
        true
    }

    fn said(&mut self, said: &Diagnostic) {
        self.gathered.said += usize::try_from(said.counts()).unwrap_or(usize::MAX);
    }
}

impl Taking<'_> {
    /// Whether a device has to go: how it stands, and under which regimes. Others are counted.
    fn goes(&mut self, found: &Found) -> Option<(Standing, Vec<String>)> {
        let staying = &mut self.gathered.staying;
        let certainty = found.design().certainty;
        let standings = standings(found);
        let weight = |one: &Standing| self.terms.risk.ruling.of(*one);
        let spoken = standings.iter().any(|(one, _)| *one != Standing::Nothing);
        if certainty < Certainty::Probable {
            // What is only possible accuses nobody, and is cleared of nothing either.
            let leads = certainty == Certainty::Possible && spoken;
            *(if leads { &mut staying.possible } else { &mut staying.unknown }) += 1;
            return None;
        }
        if spoken && !found.exempted.is_empty() && !found.counts() {
            staying.exempted += 1;
            return None;
        }
        let most = standings
            .iter()
            .map(|(one, _)| *one)
            .max_by(|one, other| weight(one).total_cmp(&weight(other)).then(other.cmp(one)))?;
        if weight(&most) <= 0.0 {
            // Who made it is known, and where that maker is seated, or whose it is, is not.
            let open = found.rulings().iter().any(|one| one.outcome == Outcome::UnknownMaker);
            *(match (spoken, open) {
                (true, _) => &mut staying.weightless,
                (false, true) => &mut staying.unknown,
                (false, false) => &mut staying.clear,
            }) += 1;
            return None;
        }
        if most == Standing::Undetermined {
            let open = found.rulings().iter().filter(|one| one.outcome == Outcome::Undetermined);
            self.gathered.missing.extend(open.flat_map(Ruling::missing));
        }
        let regimes = standings.into_iter().filter(|(one, _)| *one == most);
        Some((most, regimes.map(|(_, id)| id).collect()))
    }

    fn subject(&mut self, found: &Found, (standing, regimes): (Standing, Vec<String>)) -> Subject {
        let base = &self.known.base;
        let device = &found.device;
        let column = self.sites.of(device).map(clean);
        let at = self.asked.places.of(device, column.as_deref());
        let context = self.asked.places.context(&at, &self.asked.context).0;
        let place = found.place.as_ref().map(|place| clean(&place.words()));
        let holes = self.holes(found);
        let exposed = match holes.iter().map(|one| one.exploited).max() {
            Some(true) => Exposed::Exploited,
            Some(false) => Exposed::Affected,
            None => Exposed::Nothing,
        };
        Subject {
            place: clean(&place_in(&self.names.short(&device.record.source), device)),
            headline: headline(base, &found.worked(&[])),
            class: found.read.class,
            site: place.or(column).filter(|site| !site.is_empty()),
            site_class: context.get(SITE_CLASS).cloned(),
            recorder: self.recorders.of(device).map(clean),
            installed: device.installed,
            standing,
            regimes,
            exposed,
            egress: Egress::NotLooked,
            interim: interim(&holes),
            entry: self.worker.entry(found).in_form(1),
        }
    }

    /// The open holes of a device. An estate has few models and builds, each many times over.
    fn holes(&mut self, found: &Found) -> Vec<OpenHole> {
        let base = &self.known.base;
        let value = |fields: &[Field]| {
            let first = fields.iter().find_map(|field| found.device.first(*field));
            first.unwrap_or_default().to_owned()
        };
        let key = [
            found.design().stated().map(|of| base.id(of).to_owned()).unwrap_or_default(),
            found.read.label.as_ref().map(|one| base.id(one.of).to_owned()).unwrap_or_default(),
            value(&[Field::Model, Field::Product]),
            value(&[Field::Firmware]),
        ];
        if let Some(known) = self.holes.get(&key) {
            return known.clone();
        }
        if self.holes.len() >= KEPT_MAX {
            self.holes.clear();
        }
        let open = open_holes(base, &found.device, &found.read, found.design());
        self.holes.insert(key, open.clone());
        open
    }
}

/// How a device stands under each regime that was asked.
pub(super) fn standings(found: &Found) -> Vec<(Standing, String)> {
    let judgement = &found.answer.judgement;
    let pairs = judgement.rulings.iter().zip(&judgement.would);
    let each = pairs.map(|(ruling, would)| {
        let standing = match (Standing::of(ruling.outcome), would) {
            (Standing::Nothing, Would::Barred) => Standing::WouldBeBarred,
            (standing, _) => standing,
        };
        (standing, ruling.regime.clone())
    });
    each.collect()
}

/// What helps until a device with these holes is gone.
fn interim(holes: &[OpenHole]) -> Vec<Interim> {
    let mut fixes: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut asked: Vec<String> = Vec::new();
    for hole in holes {
        match &hole.fixed {
            Some(version) if !hole.rebadge => {
                fixes.entry(version).or_default().push(hole.cve.clone());
            }
            _ => asked.push(hole.cve.clone()),
        }
    }
    let first = |mut cves: Vec<String>| {
        cves.truncate(CVES_MAX);
        cves
    };
    let update = |(version, cves): (&str, Vec<String>)| Interim::Update {
        version: version.to_owned(),
        cves: first(cves),
    };
    let mut all: Vec<Interim> = fixes.into_iter().map(update).collect();
    let unfixed = !asked.is_empty();
    if unfixed {
        all.push(Interim::AskLabel { cves: first(asked) });
    }
    if unfixed || holes.iter().any(|one| one.exploited) {
        all.push(Interim::Isolate);
    }
    all
}

/// Gathers what has to go.
///
/// # Errors
/// When nothing can be read, nobody said who asks, or there is more than a plan holds.
pub(super) fn gather(
    out: &mut Out,
    known: &Known,
    (again, asked, terms): (&Again, &Asked, &Terms),
    typed: &Plan,
) -> Result<Gathered> {
    if asked.open {
        bail!(
            "[plan/who-asks] a plan needs to know whose rules ask for removal: say --as, --under \
             with --context, or --policy with your own rule; `whomade regimes` lists them"
        );
    }
    let mut taking = Taking {
        known,
        asked,
        terms,
        worker: Worker::new(known, asked),
        names: Names::of(&again.inputs()),
        sites: read::Sites::default(),
        recorders: read::Recorders::default(),
        all: typed.against.is_some(),
        holes: BTreeMap::new(),
        gathered: Gathered::default(),
        full: false,
    };
    again.all(out, &mut taking)?;
    let Taking { mut gathered, full, .. } = taking;
    if full {
        bail!("[plan/too-many] more than {DEVICES_MAX} devices have to go; plan site by site");
    }
    if gathered.devices == 0 {
        bail!("[ask/no-device] {} holds no device; there is nothing to plan", again.names());
    }
    traffic(out, (known, asked), typed, &mut gathered)?;
    Ok(gathered)
}

/// Puts beside each device what captures show of it.
fn traffic(
    out: &mut Out,
    (known, asked): (&Known, &Asked),
    typed: &Plan,
    gathered: &mut Gathered,
) -> Result<()> {
    if typed.traffic.is_empty() {
        return Ok(());
    }
    let seen = gather_traffic(out, (known, asked), (None, &typed.traffic, &typed.own), &[])?;
    let places = by_key(&gathered.subjects);
    let mut worker = Worker::new(known, asked);
    for talking in &seen.talking {
        let entry = worker.entry(&talking.found);
        let kinds = [KeyKind::Serial, KeyKind::Mac, KeyKind::Address];
        let keys = kinds.iter().flat_map(|kind| entry.keys_of(*kind));
        // The surest key that leads to one device decides.
        let found = keys.filter_map(|key| places.get(&key.to_string())).next();
        let Some(Some(at)) = found else {
            gathered.strangers += 1;
            continue;
        };
        let reached = talking.recipients.iter().filter(|one| !one.is_in_vain());
        let outside: Vec<_> = reached.filter(|one| one.whose != Whose::OwnNetwork).collect();
        let mut services: Vec<String> = outside
            .iter()
            .filter(|one| !one.services.is_empty())
            .map(|one| clean(&one.name))
            .collect();
        let subject = &mut gathered.subjects[*at];
        let now = match (outside.is_empty(), services.is_empty()) {
            (true, _) => Egress::Inside,
            (false, true) => Egress::Outside,
            (false, false) => Egress::Cloud,
        };
        subject.egress = subject.egress.min(now);
        services.truncate(SERVICES_MAX);
        if !services.is_empty() {
            subject.interim.push(Interim::Block { services });
        }
        subject.interim.sort();
        subject.interim.dedup();
    }
    Ok(())
}

/// The devices by their keys; none where two share one.
fn by_key(subjects: &[Subject]) -> BTreeMap<String, Option<usize>> {
    let mut places: BTreeMap<String, Option<usize>> = BTreeMap::new();
    for (at, subject) in subjects.iter().enumerate() {
        for key in &subject.entry.keys {
            places
                .entry(key.to_string())
                .and_modify(|one| *one = one.filter(|other| *other == at))
                .or_insert(Some(at));
        }
    }
    places
}
