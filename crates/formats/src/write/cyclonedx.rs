//! A CycloneDX bill of materials: each device is a component, its firmware one inside it.
//!
//! `manufacturer` is whose design it is, and stands there only where that is probable or better
//! and nothing in the record speaks against it; whoever else may have made it is named in
//! `evidence.identity` with a confidence and in a property with the word. An unknown maker stays
//! unknown.

use std::collections::BTreeMap;
use std::io;

use serde_json::{Map, Value, json};
use whomade_core::diagnostic::Diagnostic;
use whomade_core::kb::schema::{Advisory, Verdict};
use whomade_core::observation::{Field, Side};
use whomade_core::report::{
    DeviceReport, EvidenceReport, Named, SourceReport, Standing, clean, clean_to,
};
use whomade_core::ruling::Outcome;

use super::format::{Ending, Finding, Format, Run, Sink, Target};
use super::json::{Stream, Unread, VALUE_CHARS_MAX};

pub(crate) const FORMAT: Format = Format {
    word: "cyclonedx",
    title: "a CycloneDX 1.6 bill of materials, in JSON",
    endings: &[".cdx.json", ".cdx"],
    open,
};

/// Devices that vulnerabilities name: all of them are kept until the end, since the format lists
/// devices under the vulnerability.
const AFFECTED_MAX: usize = 500_000;

fn open<'r>(target: Target, run: &'r Run<'r>) -> io::Result<Box<dyn Sink + 'r>> {
    let mut out = Stream::new(target);
    out.text(
        "{\"$schema\":\"http://cyclonedx.org/schema/bom-1.6.schema.json\",\
         \"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.6\",\"version\":1,\n",
    )?;
    out.list("components")?;
    let (holes, unread) = (BTreeMap::new(), Unread::default());
    Ok(Box::new(Bill { out, run, devices: 0, holes, affected: 0, left_out: 0, unread }))
}

/// A device that a vulnerability reaches or reached.
struct Reached {
    /// Its component.
    component: String,
    /// The firmware by which that was told.
    firmware: String,
}

struct Bill<'r> {
    out: Stream,
    run: &'r Run<'r>,
    devices: u64,
    /// By advisory and verdict.
    holes: BTreeMap<(String, Verdict), Vec<Reached>>,
    affected: usize,
    left_out: u64,
    unread: Unread,
}

impl Sink for Bill<'_> {
    fn device(&mut self, finding: &Finding<'_>) -> io::Result<()> {
        self.devices += 1;
        let id = format!("device-{}", self.devices);
        let component = component(self.run, &id, finding);
        self.out.item(&component)?;
        if self.run.advisories {
            self.holes(&id, finding);
        }
        Ok(())
    }

    fn said(&mut self, said: &Diagnostic) -> io::Result<()> {
        self.unread.said(said);
        Ok(())
    }

    fn finish(mut self: Box<Self>, ending: &Ending<'_>) -> io::Result<Vec<Diagnostic>> {
        self.out.text("\n],\n")?;
        if self.run.advisories {
            self.out.list("vulnerabilities")?;
            for ((advisory, verdict), reached) in &self.holes {
                if let Some(facts) = self.run.base.facts.advisories.get(advisory) {
                    self.out.item(&vulnerability(self.run, facts, *verdict, reached))?;
                }
            }
            self.out.text("\n],\n")?;
        }
        if ending.hidden > 0 || !self.unread.lines.is_empty() {
            // Whoever reads only the components must not take them for the whole estate.
            self.out.text("\"compositions\":[{\"aggregate\":\"incomplete\"}],\n")?;
        }
        let metadata = metadata(self.run, ending, &self.unread);
        self.out.text("\"metadata\":")?;
        self.out.value(&metadata)?;
        let serial = self.out.id("cyclonedx");
        self.out.text(&format!(",\n\"serialNumber\":\"urn:uuid:{serial}\"}}\n"))?;
        self.out.finish()?;
        let said = (self.left_out > 0).then(|| {
            let message = format!(
                "vulnerabilities name at most {AFFECTED_MAX} devices together; {} more are named \
                 only in the properties of their components",
                self.left_out
            );
            Diagnostic::new("write/limit", message)
        });
        Ok(said.into_iter().collect())
    }
}

impl Bill<'_> {
    /// Keeps which vulnerabilities reach a device, for the end of the file.
    fn holes(&mut self, id: &str, finding: &Finding<'_>) {
        let firmware = finding.device.first(Field::Firmware).unwrap_or_default();
        for one in &finding.report.exposures.stated {
            if self.affected >= AFFECTED_MAX {
                self.left_out += 1;
                continue;
            }
            self.affected += 1;
            let reached = Reached { component: firmware_id(id), firmware: clean(firmware) };
            self.holes.entry((one.advisory.clone(), one.verdict)).or_default().push(reached);
        }
    }
}

fn firmware_id(device: &str) -> String {
    format!("{device}-firmware")
}

/// The maker that may stand as manufacturer.
fn manufacturer(report: &DeviceReport) -> Option<&Named> {
    let firm = matches!(report.design.certainty, "probable" | "confirmed");
    let whole = report.standing != Standing::Contradictory;
    report.design.maker.as_ref().filter(|_| firm && whole)
}

fn component(run: &Run<'_>, id: &str, finding: &Finding<'_>) -> Value {
    let (device, report) = (finding.device, finding.report);
    let model = report.written.model.as_deref().filter(|model| !model.trim().is_empty());
    let mut out = json!({
        "type": "device",
        "bom-ref": id,
        "name": clean(model.unwrap_or(&report.device)),
        "description": report.headline,
        "properties": properties(run, finding),
    });
    if let Some(maker) = manufacturer(report) {
        out["manufacturer"] = json!({ "name": maker.name });
        out["group"] = json!(maker.name);
    }
    let label = report.label.as_ref().map(|label| label.name.clone());
    let label = label.or_else(|| report.written.label.as_deref().map(clean));
    if let Some(label) = label {
        out["supplier"] = json!({ "name": label });
    }
    if let Some(firmware) = device.first(Field::Firmware) {
        out["version"] = json!(clean(firmware));
        out["components"] = json!([{
            "type": "firmware",
            "bom-ref": firmware_id(id),
            "name": format!("firmware of {}", clean(model.unwrap_or(&report.device))),
            "version": clean(firmware),
        }]);
    }
    let identity = identity(report);
    let mut evidence = json!({ "occurrences": occurrences(report) });
    if !identity.is_empty() {
        evidence["identity"] = json!(identity);
    }
    out["evidence"] = evidence;
    out
}

/// Where its records stand.
fn occurrences(report: &DeviceReport) -> Vec<Value> {
    let place = |at: &SourceReport| {
        let file = clean_to(&at.file, VALUE_CHARS_MAX);
        let mut one = json!({
            "location": match &at.sheet {
                Some(sheet) => format!("{file}#{}", clean(sheet)),
                None => file,
            },
            "additionalContext": clean(&report.device),
        });
        if at.line > 0 {
            one["line"] = json!(at.line);
        }
        one
    };
    std::iter::once(&report.source).chain(&report.others).map(place).collect()
}

/// Whose design it may be, each with what speaks for it. Only what may be stated is concluded,
/// and a confidence is what was counted: the lower bound of the share of labelled observations
/// like it that held. Where nothing was counted there is none.
fn identity(report: &DeviceReport) -> Vec<Value> {
    let design = &report.design;
    let stated = manufacturer(report);
    let counted = design.record.as_ref().filter(|_| design.maker.is_some());
    let counted = counted.map(|record| record.lower_bound);
    let makers = design.maker.iter().chain(&design.one_of);
    let one = |maker: &Named| {
        let methods = report.evidence.iter().filter(|one| speaks_for(one, maker));
        let methods = methods.map(|one| method(one, counted.unwrap_or(UNCOUNTED)));
        let mut one = json!({ "field": "group", "methods": methods.collect::<Vec<_>>() });
        if let Some(counted) = counted {
            one["confidence"] = json!(counted);
        }
        if stated.is_some_and(|stated| stated.id == maker.id) {
            one["concludedValue"] = json!(maker.name);
        }
        one
    };
    makers.map(one).collect()
}

/// The most that a piece of evidence is given where nobody has counted answers like it, or where
/// several makers are as likely.
const UNCOUNTED: f64 = 0.5;

fn speaks_for(one: &EvidenceReport, maker: &Named) -> bool {
    one.of.id == maker.id && one.polarity == "for" && one.decibans.is_some()
}

/// A piece of evidence. Its confidence, which the format asks for, is how far it moves even odds
/// by itself, and never more than that of the whole answer.
fn method(one: &EvidenceReport, whole: f64) -> Value {
    let odds = 10_f64.powf(one.decibans.unwrap_or_default() / 10.0);
    let alone = (100.0 * odds / (1.0 + odds)).floor() / 100.0;
    let value = clean(one.derived.as_deref().unwrap_or(&one.value));
    let field = Field::from_id(one.field);
    json!({
        "technique": field.map_or("other", technique),
        "confidence": alone.min(whole),
        "value": clean_to(&format!("{}: {value}: {}", one.field, one.why), VALUE_CHARS_MAX),
    })
}

/// How a field was come by, in the words of the format.
fn technique(field: Field) -> &'static str {
    match (field, field.side()) {
        (Field::FaviconMd5 | Field::FaviconMmh3 | Field::TlsFingerprint, _) => "hash-comparison",
        (_, Side::Label) => "manifest-analysis",
        (_, Side::Record) => "attestation",
        (_, Side::Device) => "dynamic-analysis",
    }
}

/// What the format has no place of its own for.
fn properties(run: &Run<'_>, finding: &Finding<'_>) -> Vec<Value> {
    let (device, report) = (finding.device, finding.report);
    let mut all: Vec<(String, String)> = Vec::new();
    let mut add = |name: &str, value: &str| all.push((name.to_owned(), value.to_owned()));
    add("whomade:device", &clean(&report.device));
    for site in report.place.iter().flat_map(|place| &place.sites) {
        add("whomade:site", &clean(site));
    }
    let design = &report.design;
    add("whomade:certainty", design.certainty);
    add("whomade:certainty-in-words", finding.certainty);
    let makers: Vec<&str> =
        design.maker.iter().chain(&design.one_of).map(|one| one.name.as_str()).collect();
    match (manufacturer(report), makers.as_slice()) {
        (Some(maker), _) => add("whomade:maker", &maker.name),
        (None, []) => add("whomade:maker", "unknown"),
        (None, makers) => {
            makers.iter().for_each(|maker| add("whomade:maker-possible", maker));
        }
    }
    add("whomade:standing", report.standing.word());
    for one in &report.contradictions {
        add("whomade:contradiction", &clean_to(&one.says, VALUE_CHARS_MAX));
    }
    for one in &report.exempted {
        add(&format!("whomade:exempted:{}", one.regime), &one.words());
    }
    for (at, ruling) in report.rulings.iter().enumerate() {
        let why = finding.unasked.get(at).and_then(Option::as_deref);
        let why = why.map(|why| format!(" ({why})")).unwrap_or_default();
        let name = format!("whomade:outcome:{}", ruling.regime);
        add(&name, &format!("{}{why}", ruling.outcome));
        let missing = ruling.missing();
        if ruling.outcome == Outcome::Undetermined && !missing.is_empty() {
            add(&format!("whomade:missing:{}", ruling.regime), &missing.join(", "));
        }
        if let Some(would) = finding.would.get(at).filter(|would| !would.is_empty()) {
            add(&format!("whomade:would:{}", ruling.regime), would);
        }
    }
    for one in report.would_settle.iter().take(1) {
        add("whomade:would-settle", &format!("{}: {}", one.what, one.how));
    }
    if run.advisories {
        for one in &report.exposures.stated {
            let said = format!("{}: {}", one.verdict.words(), one.why);
            add(&format!("whomade:advisory:{}", one.cve), &clean_to(&said, VALUE_CHARS_MAX));
        }
        if report.exposures.cannot_tell > 0 {
            add("whomade:advisories-cannot-tell", &report.exposures.cannot_tell.to_string());
        }
    }
    for seen in &device.observations {
        let name = match seen.field {
            Field::Serial => "cdx:device:serialNumber",
            Field::Mac => "cdx:device:macAddress",
            Field::Ip => "whomade:ip",
            Field::Hostname => "whomade:hostname",
            _ => continue,
        };
        add(name, &clean(&seen.value));
    }
    if let Some(class) = report.class {
        add("cdx:device:function", class.words());
    }
    all.dedup();
    all.into_iter().map(property).collect()
}

fn property((name, value): (String, String)) -> Value {
    json!({ "name": name, "value": value })
}

/// One advisory and the devices of which it says the same.
fn vulnerability(
    run: &Run<'_>,
    advisory: &Advisory,
    verdict: Verdict,
    reached: &[Reached],
) -> Value {
    let (state, status, detail) = match verdict {
        Verdict::Affected => (
            "exploitable",
            "affected",
            "by the range of versions that a source states; nothing was tried on the devices",
        ),
        Verdict::Fixed => ("resolved", "unaffected", "the firmware is at or after the fix"),
        Verdict::ProbablyFixed => (
            "in_triage",
            "unknown",
            "the build is later than the maker's fix, but no notice of its label is known",
        ),
        Verdict::NotAffected => ("not_affected", "unaffected", "the firmware is outside the range"),
        Verdict::CannotTell => ("in_triage", "unknown", "what is known does not decide it"),
    };
    let affects = reached.iter().map(|one| {
        json!({
            "ref": one.component,
            "versions": [{ "version": one.firmware, "status": status }],
        })
    });
    let mut out = json!({
        "bom-ref": format!("{}-{}", advisory.cve, verdict.id()),
        "id": advisory.cve,
        "description": advisory.title,
        "analysis": { "state": state, "detail": detail },
        "affects": affects.collect::<Vec<_>>(),
    });
    let sources = advisory.sources.iter().filter_map(|id| run.base.facts.sources.get(id));
    let links = sources.filter_map(|one| one.url.as_ref().map(|url| (one, url)));
    let links: Vec<Value> =
        links.map(|(one, url)| json!({ "title": one.title, "url": url })).collect();
    if !links.is_empty() {
        out["advisories"] = json!(links);
    }
    if let Some(day) = advisory.published {
        out["published"] = json!(moment(day));
    }
    if let Some(rating) = rating(advisory) {
        out["ratings"] = json!([rating]);
    }
    if let Some(day) = run.base.facts.kev.added.get(&advisory.cve) {
        out["properties"] = json!([
            { "name": "whomade:exploited-since", "value": day },
        ]);
    }
    out
}

/// The score that a source prints, with its vector.
fn rating(advisory: &Advisory) -> Option<Value> {
    let mut rating = Map::new();
    rating.insert("score".to_owned(), json!(advisory.score?));
    if let Some(vector) = &advisory.cvss {
        let method = match vector.split('/').next() {
            Some("CVSS:4.0") => "CVSSv4",
            Some("CVSS:3.1") => "CVSSv31",
            Some("CVSS:3.0") => "CVSSv3",
            _ => "other",
        };
        rating.insert("method".to_owned(), json!(method));
        rating.insert("vector".to_owned(), json!(vector));
    }
    Some(Value::Object(rating))
}

/// The beginning of a day, as the format writes moments. It is the day asked about; when the file
/// was made nobody needs to know.
fn moment(day: jiff::civil::Date) -> String {
    format!("{day}T00:00:00Z")
}

fn metadata(run: &Run<'_>, ending: &Ending<'_>, unread: &Unread) -> Value {
    let mut all: Vec<(String, String)> = Vec::new();
    let mut add = |name: &str, value: String| all.push((name.to_owned(), value));
    if let Some(body) = run.body {
        add("whomade:body", clean(body));
    }
    add("whomade:base", run.base_name.to_owned());
    add("whomade:on", run.on.to_string());
    match run.preset {
        Some(preset) => add("whomade:as", clean(preset)),
        None if run.open => add("whomade:as", "nobody said who asks, so nothing is barred".into()),
        None => {}
    }
    for (key, value) in run.context {
        add(&format!("whomade:context:{key}"), clean(value));
    }
    for input in run.inputs {
        let name = clean_to(&input.name, VALUE_CHARS_MAX);
        let hash = input.sha256.as_ref().map(|hash| format!(" sha256:{hash}"));
        add("whomade:input", name + &hash.unwrap_or_default());
    }
    if let Some(said) = ending.said {
        add("whomade:only", said.to_owned());
    }
    unread.all().for_each(|line| add("whomade:not-read", line));
    json!({
        "timestamp": moment(run.on),
        "lifecycles": [{ "phase": "operations" }],
        "tools": { "components": [
            { "type": "application", "name": "whomade", "version": run.program },
        ] },
        "properties": all.into_iter().map(property).collect::<Vec<_>>(),
    })
}
