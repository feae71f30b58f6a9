//! What papers are made of, gathered: devices worked out, columns understood, details told.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use jiff::civil::{Date, DateTime};
use whomade_core::assembly::is_called;
use whomade_core::deadline::Event;
use whomade_core::diagnostic::Diagnostic;
use whomade_core::kb::schema::Regime;
use whomade_core::observation::{Device, Field};
use whomade_core::paper::{Item, Looked, Matter, Paper, Table, names_maker};
use whomade_core::report::{Exposed, Named, clean, device_report};
use whomade_core::ruling::{Outcome, Ruling};
use whomade_formats::read::{self, Understood, Use};
use whomade_formats::write::{markdown::markdown, page::page};

use crate::bundle::record::Keeping;
use crate::cli::Gathering;
use crate::kept::identity;
use crate::out::Out;
use crate::render::diagnostics;
use crate::render::finding::place_in;
use crate::run::again::{Again, Takes};
use crate::run::names::Names;
use crate::saved::write_whole;
use crate::typesetter;
use whomade_inquiry::asking::{Asked, day};
use whomade_inquiry::base::Known;
use whomade_inquiry::worker::{Found, Worker};

/// Devices that a paper can speak of; further ones are counted.
const DEVICES_MAX: usize = 200_000;
/// Devices of which all is kept, so that a paper can show them in full.
const FULL_MAX: usize = 500;

/// Devices of one name of which all is kept, for the one that is chosen among them.
const SAME_MAX: usize = 20;

/// Everything that was gathered.
pub(crate) struct Gathered {
    pub(crate) asked: Asked,
    pub(crate) devices: Vec<Item>,
    pub(crate) looked: Looked,
    pub(crate) told: BTreeMap<String, String>,
    pub(crate) made_with: String,
}

/// Works devices out as they come.
struct Taking<'t> {
    known: &'t Known,
    worker: Worker<'t>,
    /// The device of which all is kept, whatever is found: its name or its place.
    wanted: Option<&'t str>,
    /// How many bear that name.
    same: usize,
    /// The evidence that is handed on with the paper.
    bundle: Option<&'t mut Keeping>,
    devices: Vec<Item>,
    count: usize,
    full: usize,
    sites: read::Sites,
    suppliers: read::Suppliers,
    broken: Option<anyhow::Error>,
    regimes: &'t [Regime],
    on: Date,
    /// Whether a rule names a maker, for each maker that was met.
    named: BTreeMap<String, bool>,
    names: Names,
    /// Whether the paper asks which holes reach each device.
    holes: bool,
}

impl Taking<'_> {
    /// Whether a rule speaks of a device, or names its maker and is kept off by what was told.
    fn is_spoken_of(&mut self, item: &Item) -> bool {
        let Some(maker) = item.makers.first() else { return false };
        if item.outcomes.iter().any(speaks) {
            return true;
        }
        let known = self.known;
        *self.named.entry(maker.id.clone()).or_insert_with(|| {
            self.regimes.iter().any(|one| names_maker(&known.base, one, &maker.id, self.on))
        })
    }
}

impl Takes for Taking<'_> {
    fn device(&mut self, device: Device) -> bool {
        self.count += 1;
        if self.devices.len() >= DEVICES_MAX && self.bundle.is_none() {
            return true;
        }
        let found = self.worker.work(device);
        let mut item =
            item(self.known, &found, &self.names, (&mut self.sites, &mut self.suppliers));
        if self.holes {
            let (base, read) = (&self.known.base, &found.read);
            let exposed = Exposed::of(base, &found.device, read, found.design());
            item.exposed = Some(Box::new(exposed));
        }
        let is = |name: &str| is_called(&item.name, name) || item.place == name;
        let named = self.wanted.is_some_and(is) && self.same < SAME_MAX;
        self.same += usize::from(named);
        let told = item.is_found() && self.full < FULL_MAX && self.is_spoken_of(&item);
        if told || named || self.bundle.is_some() {
            let worked = found.worked(found.suggestions());
            let report = device_report(&self.known.base, &self.known.weights, &worked);
            if let Some(Err(broken)) =
                self.bundle.as_mut().map(|bundle| bundle.device(&found.device, &report))
            {
                self.broken = Some(broken);
                return false;
            }
            if told || named {
                self.full += usize::from(told);
                item.report = Some(Box::new(report));
            }
        }
        if self.devices.len() < DEVICES_MAX {
            self.devices.push(item);
        }
        self.worker.take_back(found);
        true
    }

    fn said(&mut self, said: &Diagnostic) {
        if let Some(Err(broken)) = self.bundle.as_mut().map(|bundle| bundle.said(said)) {
            self.broken = Some(broken);
        }
    }
}

impl Gathered {
    /// Works out every device of the files or the run.
    ///
    /// # Errors
    /// When nothing can be read, or no device is in it.
    pub(crate) fn new(
        out: &mut Out,
        (known, overlay): (&Known, Option<&Path>),
        again: &Again,
        asked: Asked,
        (wanted, holes): (Option<&str>, bool),
        bundle: Option<&mut Keeping>,
    ) -> Result<Self> {
        let mut taking = Taking {
            known,
            worker: Worker::new(known, &asked),
            wanted,
            same: 0,
            bundle,
            devices: Vec::new(),
            count: 0,
            full: 0,
            sites: read::Sites::default(),
            suppliers: read::Suppliers::default(),
            broken: None,
            regimes: &asked.regimes,
            on: asked.on,
            named: BTreeMap::new(),
            names: Names::of(&again.inputs()),
            holes,
        };
        let seen = again.all(out, &mut taking)?;
        let Taking { devices, count, broken, names, .. } = taking;
        if let Some(broken) = broken {
            return Err(broken);
        }
        if devices.is_empty() {
            bail!(
                "[ask/no-device] {} holds no device; a paper about nothing would look like a \
                 clearance",
                again.names()
            );
        }
        let twice = again.twice();
        for said in twice.iter().filter(|_| !out.quiet) {
            diagnostics::write(&mut out.aside, said)?;
        }
        let looked = Looked {
            twice: twice.iter().map(|said| clean(&said.message)).collect(),
            files: vec![clean(&again.names())],
            tables: seen.tables.iter().map(|(file, one)| table(&names.short(file), one)).collect(),
            unread: seen.said,
            beyond: (count - devices.len()) as u64,
            kept_run: again.is_kept_run(),
        };
        let base = identity(known, overlay)?.short();
        let made_with = format!("Made with whomade {}, base {base}", env!("CARGO_PKG_VERSION"));
        Ok(Self { asked, devices, looked, told: BTreeMap::new(), made_with })
    }

    /// As papers take it.
    pub(crate) fn matter<'g>(&'g self, known: &'g Known, event: Option<Event>) -> Matter<'g> {
        Matter {
            base: &known.base,
            regimes: &self.asked.regimes,
            context: &self.asked.context,
            preset: self.asked.preset.as_deref(),
            open: self.asked.open,
            on: self.asked.on,
            devices: &self.devices,
            looked: &self.looked,
            told: &self.told,
            event,
            made_with: self.made_with.clone(),
        }
    }
}

/// Whether a paper may have to show the steps to such an answer.
fn speaks(outcome: &Outcome) -> bool {
    !matches!(outcome, Outcome::NoRule | Outcome::UnknownMaker)
}

fn item(
    known: &Known,
    found: &Found,
    names: &Names,
    (sites, suppliers): (&mut read::Sites, &mut read::Suppliers),
) -> Item {
    let (base, device) = (&known.base, &found.device);
    let first = |fields: [Field; 2]| {
        let mut values = fields.into_iter().filter_map(|field| device.first(field));
        values.next().map(clean).unwrap_or_default()
    };
    let label = match &found.read.label {
        Some(label) => base.name(label.of).to_owned(),
        None => first([Field::Label, Field::Company]),
    };
    let makers = found.design().candidates();
    Item {
        name: clean(&device.name),
        place: clean(&place_in(&names.short(&device.record.source), device)),
        label,
        model: first([Field::Model, Field::Product]),
        makers: makers
            .iter()
            .map(|of| Named { id: base.id(*of).to_owned(), name: base.name(*of).to_owned() })
            .collect(),
        certainty: found.design().certainty,
        class: found.read.class,
        site: sites.of(device).map(clean).unwrap_or_default(),
        supplier: suppliers.of(device).map(clean).unwrap_or_default(),
        outcomes: found.rulings().iter().map(|ruling| ruling.outcome).collect(),
        missing: found.rulings().iter().map(Ruling::missing).collect(),
        settle: found.suggestions().first().map(|one| (one.what, one.how.to_owned())),
        exposed: None,
        contradictions: found.contradictions.iter().map(|one| one.says.clone()).collect(),
        report: None,
    }
}

fn table(file: &str, understood: &Understood) -> Table {
    let name = match &understood.sheet {
        Some(sheet) => format!("{file} [{sheet}]"),
        None => file.to_owned(),
    };
    let mut table = Table { name: clean(&name), ..Table::default() };
    for column in &understood.columns {
        let heading = match column.header.trim() {
            "" => format!("column {}", column.index + 1),
            heading => clean(heading),
        };
        match column.used_as {
            Use::Field(field) => table.used.push((heading, field.id().to_owned())),
            Use::Name => table.used.push((heading, "name".to_owned())),
            Use::Installed => table.used.push((heading, "installed".to_owned())),
            Use::Context => table.beside.push(heading),
            Use::Ignored => table.unused.push(heading),
        }
    }
    table
}

/// A file that is small.
///
/// # Errors
/// When it is not, or cannot be read.
pub(crate) fn small(path: &Path, bytes_max: u64) -> Result<Vec<u8>> {
    let shown = path.display();
    let seen = path.metadata().with_context(|| format!("cannot read {shown}"))?;
    if !seen.is_file() || seen.len() > bytes_max {
        bail!("{shown} is no plain file, or larger than {bytes_max} bytes");
    }
    std::fs::read(path).with_context(|| format!("cannot read {shown}"))
}

/// When it was found, and when the first report went out.
///
/// # Errors
/// When it is no day.
pub(crate) fn event(found: Option<&str>, reported: Option<&str>) -> Result<Option<Event>> {
    let Some(found) = found else { return Ok(None) };
    let reported = reported.map(|text| day(Some(text))).transpose()?;
    let mut event = match found.parse::<DateTime>() {
        Ok(at) if found.contains(['T', ' ', ':']) => {
            let date: Date = day(Some(&at.date().to_string()))?;
            Event { hour: Some(at), ..Event::from(date) }
        }
        Err(_) if found.contains(['T', ':']) => bail!(
            "[ask/day-out-of-range] `{}` is no moment; write YYYY-MM-DD or YYYY-MM-DDTHH:MM",
            clean(found)
        ),
        _ => Event::from(day(Some(found))?),
    };
    if reported.is_some_and(|reported| reported < event.day) {
        bail!("[ask/day-out-of-range] the first report cannot have gone out before it was found");
    }
    event.reported = reported;
    Ok(Some(event))
}

/// Gives a paper to whoever asked: a file by its ending, JSON, or Markdown.
///
/// # Errors
/// When the ending is none that is written, or the file cannot be written.
pub(crate) fn give(out: &mut Out, typed: &Gathering, again: &Again, paper: &Paper) -> Result<()> {
    if let Some(path) = &typed.output {
        let bytes = in_form_of(out, path, paper)?;
        write(out, again, path, &bytes)
    } else if typed.json {
        Ok(out.line(serde_json::to_string(paper)?)?)
    } else {
        Ok(out.line(markdown(paper).trim_end())?)
    }
}

/// Whether the ending of a file means a form in which papers are written, and it can be.
///
/// # Errors
/// When it does not.
pub(crate) fn has_ending(path: &Path) -> Result<()> {
    match path.extension().and_then(|ending| ending.to_str()) {
        Some("md" | "html" | "htm" | "json") => Ok(()),
        Some("pdf") => typesetter::is_there(),
        _ => bail!("[ask/paper-ending] {}: end in .md, .html, .pdf or .json", path.display()),
    }
}

/// A paper in the form that the ending of a file means.
///
/// # Errors
/// When it means none that is written, or the helper that sets PDF fails.
pub(crate) fn in_form_of(out: &mut Out, path: &Path, paper: &Paper) -> Result<Vec<u8>> {
    has_ending(path)?;
    Ok(match path.extension().and_then(|ending| ending.to_str()) {
        Some("md") => markdown(paper).into_bytes(),
        Some("json") => format!("{}\n", serde_json::to_string_pretty(paper)?).into_bytes(),
        Some("pdf") => {
            let (pdf, said) = typesetter::pdf(paper)?;
            if !said.is_empty() && !out.quiet {
                use std::io::Write as _;
                writeln!(out.aside, "{}", clean(&said))?;
            }
            pdf
        }
        _ => page(paper).into_bytes(),
    })
}

/// Writes a file that is none of those read.
///
/// # Errors
/// When it is one of them, or cannot be written.
pub(crate) fn write(out: &mut Out, again: &Again, path: &Path, bytes: &[u8]) -> Result<()> {
    if again.reads(path) {
        bail!("{} is one of the files read; write to another name", path.display());
    }
    write_whole(path, bytes)?;
    if !out.quiet {
        use std::io::Write as _;
        writeln!(out.aside, "written: {}", path.display())?;
    }
    Ok(())
}
