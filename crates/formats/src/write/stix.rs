//! A STIX 2.1 bundle: what equipment there is, whose it is and which holes reach it.
//!
//! Only standard objects stand in it, and none that speaks of an attack: no threat actor, no
//! malware, no indicator. A device is `infrastructure` without a type, since all types of the
//! vocabulary but `unknown` are an attacker's; who made it is an `identity`, tied to it only where
//! that is probable or better. What is merely possible is said in a `note`.

use std::collections::BTreeSet;
use std::io;
use std::net::IpAddr;

use serde_json::{Value, json};
use uuid::Uuid;
use whomade_core::diagnostic::Diagnostic;
use whomade_core::kb::schema::{Advisory, Verdict};
use whomade_core::observation::{Device, Field};
use whomade_core::report::{DeviceReport, Named, Standing, clean, clean_to, join_or};
use whomade_core::ruling::Outcome;

use super::format::{Ending, Finding, Format, Run, Sink, Target};
use super::json::{Stream, Unread, VALUE_CHARS_MAX, id_of};

pub(crate) const FORMAT: Format = Format {
    word: "stix",
    title: "devices, makers, labels and holes as a STIX 2.1 bundle",
    endings: &[".stix.json", ".stix"],
    open,
};

/// Makers, labels, addresses and certificates that are remembered, so that each stands in the
/// bundle once. Beyond that one that several devices share may stand there again, which STIX
/// allows: it is the same object with the same id.
const SHARED_MAX: usize = 1_000_000;
/// Devices that the grouping names.
const GROUPED_MAX: usize = 200_000;
/// Files read that the grouping names.
const INPUTS_MAX: usize = 200;
/// Pieces of evidence that a note tells.
const EVIDENCE_MAX: usize = 12;

/// The namespace that STIX prescribes for the ids of observables.
const OBSERVABLES: Uuid = Uuid::from_u128(0x00ab_edb4_aa42_466c_9c01_fed2_3315_a9b7);

fn open<'r>(target: Target, run: &'r Run<'r>) -> io::Result<Box<dyn Sink + 'r>> {
    let mut out = Stream::new(target);
    out.text("{\"type\":\"bundle\",\n")?;
    out.list("objects")?;
    let mut bundle = Bundle {
        out,
        run,
        moment: format!("{}T00:00:00.000Z", run.on),
        creator: String::new(),
        shared: BTreeSet::new(),
        grouped: Vec::new(),
        ungrouped: 0,
        unread: Unread::default(),
    };
    let creator = json!({
        "name": "whomade", "identity_class": "system",
        "description": format!("whomade {}, base {}", run.program, run.base_name),
    });
    bundle.creator = bundle.shared("identity", creator)?;
    if let Some(body) = run.body {
        let body = json!({ "name": clean(body), "identity_class": "organization" });
        let id = bundle.shared("identity", body)?;
        bundle.grouped.push(id);
    }
    Ok(Box::new(bundle))
}

/// The id of an observable, which of the device's records gave it, and its value in lower case:
/// what several records say is kept of the first.
type Observable = (String, u32, String);

struct Bundle<'r> {
    out: Stream,
    run: &'r Run<'r>,
    /// The beginning of the day asked about, which every object was made at.
    moment: String,
    /// Who made the objects: the program.
    creator: String,
    shared: BTreeSet<u128>,
    grouped: Vec<String>,
    ungrouped: u64,
    unread: Unread,
}

impl Sink for Bundle<'_> {
    fn device(&mut self, finding: &Finding<'_>) -> io::Result<()> {
        let report = finding.report;
        let of = self.infrastructure(finding)?;
        if self.grouped.len() < GROUPED_MAX {
            self.grouped.push(of.clone());
        } else {
            self.ungrouped += 1;
        }
        let observables = self.observables(finding.device)?;
        let ids: BTreeSet<&String> = observables.iter().map(|(id, ..)| id).collect();
        for one in ids {
            self.relation(&of, "consists-of", one, None, None)?;
        }
        self.observed(finding.device, &observables)?;
        let stated = stated(report);
        if let Some(maker) = stated {
            let id = self.maker(maker)?;
            let word = if report.design.certainty == "confirmed" { "" } else { "probably " };
            let says = format!("{word}designed by {}; {}", maker.name, finding.certainty);
            self.relation(&of, "related-to", &id, Some(&says), confidence(report))?;
        }
        let label = report.label.as_ref();
        if let Some(label) = label.filter(|label| stated.is_none_or(|maker| maker.id != label.id)) {
            let id = self.label(label)?;
            let sold = match report.standing {
                Standing::Contradictory => "entered as",
                _ => "sold as",
            };
            self.relation(&of, "related-to", &id, Some(&format!("{sold} {}", label.name)), None)?;
        }
        if self.run.advisories {
            self.holes(&of, report)?;
        }
        self.note(&of, finding)
    }

    fn said(&mut self, said: &Diagnostic) -> io::Result<()> {
        self.unread.said(said);
        Ok(())
    }

    fn finish(mut self: Box<Self>, ending: &Ending<'_>) -> io::Result<Vec<Diagnostic>> {
        let plural = if ending.devices == 1 { "" } else { "s" };
        let mut says = vec![format!(
            "{} device{plural} as of {}. It tells whose equipment it is and accuses nobody of \
             an attack.",
            ending.devices, self.run.on
        )];
        says.extend(ending.said.map(str::to_owned));
        for input in self.run.inputs.iter().take(INPUTS_MAX) {
            let hash = input.sha256.as_ref().map(|hash| format!(", SHA-256 {hash}"));
            let name = clean_to(&input.name, VALUE_CHARS_MAX);
            says.push(format!("Read: {name}{}", hash.unwrap_or_default()));
        }
        if self.run.inputs.len() > INPUTS_MAX {
            says.push(format!("and {} further files", self.run.inputs.len() - INPUTS_MAX));
        }
        says.extend(self.unread.all().map(|line| format!("Not read: {line}")));
        let mut refs = std::mem::take(&mut self.grouped);
        if refs.is_empty() {
            // The format wants one at least: an empty estate is told of by whoever looked.
            refs.push(self.creator.clone());
        }
        let grouping = json!({
            "name": format!("Equipment as of {}", self.run.on),
            "description": says.join("\n"),
            "context": "unspecified",
            "object_refs": refs,
        });
        self.object("grouping", grouping)?;
        let id = self.out.id("stix");
        self.out.text(&format!("\n],\n\"id\":\"bundle--{id}\"}}\n"))?;
        self.out.finish()?;
        let said = (self.ungrouped > 0).then(|| {
            let message = format!(
                "the bundle's grouping names {GROUPED_MAX} objects; {} devices stand in the \
                 bundle and not in the grouping",
                self.ungrouped
            );
            Diagnostic::new("write/limit", message)
        });
        Ok(said.into_iter().collect())
    }
}

impl Bundle<'_> {
    /// Writes an object of the domain: its id follows from all that it says.
    fn object(&mut self, kind: &str, object: Value) -> io::Result<String> {
        let (id, object) = self.made(kind, object);
        self.out.item(&object)?;
        Ok(id)
    }

    /// The same, once for all devices that share it.
    fn shared(&mut self, kind: &str, object: Value) -> io::Result<String> {
        let (id, object) = self.made(kind, object);
        self.once(&id, &object)?;
        Ok(id)
    }

    fn made(&self, kind: &str, mut object: Value) -> (String, Value) {
        object["type"] = json!(kind);
        object["spec_version"] = json!("2.1");
        object["created"] = json!(self.moment);
        object["modified"] = json!(self.moment);
        if !self.creator.is_empty() {
            object["created_by_ref"] = json!(self.creator);
        }
        let id = format!("{kind}--{}", id_of(kind, object.to_string().as_bytes()));
        object["id"] = json!(id);
        (id, object)
    }

    fn once(&mut self, id: &str, object: &Value) -> io::Result<()> {
        let number = id.rsplit_once("--").and_then(|(_, id)| Uuid::parse_str(id).ok());
        let number = number.unwrap_or_default().as_u128();
        if self.shared.contains(&number) {
            return Ok(());
        }
        if self.shared.len() < SHARED_MAX {
            self.shared.insert(number);
        }
        self.out.item(object)
    }

    /// Writes an observable, whose id follows from what the format says tells it from others.
    fn observable(&mut self, kind: &str, tells: Value, more: Value) -> io::Result<String> {
        let id = Uuid::new_v5(&OBSERVABLES, tells.to_string().as_bytes());
        let id = format!("{kind}--{id}");
        let mut object = tells;
        for (key, value) in more.as_object().into_iter().flatten() {
            object[key] = value.clone();
        }
        object["type"] = json!(kind);
        object["spec_version"] = json!("2.1");
        object["id"] = json!(id);
        self.once(&id, &object)?;
        Ok(id)
    }

    fn relation(
        &mut self,
        from: &str,
        kind: &str,
        to: &str,
        says: Option<&str>,
        sure: Option<u64>,
    ) -> io::Result<()> {
        let mut object = json!({ "relationship_type": kind, "source_ref": from, "target_ref": to });
        if let Some(says) = says {
            object["description"] = json!(says);
        }
        if let Some(sure) = sure {
            object["confidence"] = json!(sure);
        }
        self.object("relationship", object)?;
        Ok(())
    }

    fn infrastructure(&mut self, finding: &Finding<'_>) -> io::Result<String> {
        let report = finding.report;
        let mut places =
            vec![place(&report.source.file, report.source.sheet.as_deref(), report.source.line)];
        places.extend(report.others.iter().map(|at| place(&at.file, at.sheet.as_deref(), at.line)));
        let class = report.class.map(|class| format!(" It is {}.", class.words()));
        let says = format!(
            "{}.{} Recorded in {}.",
            report.headline,
            class.unwrap_or_default(),
            places.join(", ")
        );
        let mut object = json!({ "name": clean(&report.device), "description": says });
        let names = [&report.written.label, &report.written.model];
        let names: Vec<String> = names.into_iter().flatten().map(|name| clean(name)).collect();
        if !names.is_empty() {
            object["aliases"] = json!([names.join(" ")]);
        }
        self.object("infrastructure", object)
    }

    /// The addresses, certificates and firmware that were seen.
    fn observables(&mut self, device: &Device) -> io::Result<Vec<Observable>> {
        let mut ids = Vec::new();
        let (mut subjects, mut issuers, mut prints) = (Vec::new(), Vec::new(), Vec::new());
        for seen in &device.observations {
            let value = seen.value.as_str();
            let of = seen.at.of;
            match seen.field {
                Field::Mac => {
                    if let Some(mac) = whole_mac(value) {
                        let tells = json!({ "value": mac });
                        let id = self.observable("mac-addr", tells, json!({}))?;
                        ids.push((id, of, value.to_lowercase()));
                    }
                }
                Field::Ip => {
                    let Ok(ip) = value.parse::<IpAddr>() else { continue };
                    let kind = if ip.is_ipv4() { "ipv4-addr" } else { "ipv6-addr" };
                    let tells = json!({ "value": ip.to_string() });
                    let id = self.observable(kind, tells, json!({}))?;
                    ids.push((id, of, value.to_lowercase()));
                }
                Field::Firmware => {
                    let tells = json!({ "name": "device firmware", "version": clean(value) });
                    let id = self.observable("software", tells, json!({}))?;
                    ids.push((id, of, value.to_lowercase()));
                }
                Field::TlsSubject => subjects.push(value),
                Field::TlsIssuer => issuers.push(value),
                Field::TlsFingerprint if is_sha256(value) => {
                    prints.push((value.to_lowercase(), of));
                }
                _ => {}
            }
        }
        for (print, of) in &prints {
            let mut more = json!({});
            // Of several certificates nobody knows whose subject is whose.
            if let ([subject], [_]) = (subjects.as_slice(), prints.as_slice()) {
                more["subject"] = json!(clean_to(subject, VALUE_CHARS_MAX));
            }
            if let ([issuer], [_]) = (issuers.as_slice(), prints.as_slice()) {
                more["issuer"] = json!(clean_to(issuer, VALUE_CHARS_MAX));
            }
            let tells = json!({ "hashes": { "SHA-256": print } });
            let id = self.observable("x509-certificate", tells, more)?;
            ids.push((id, *of, print.clone()));
        }
        ids.sort();
        ids.dedup();
        Ok(ids)
    }

    /// When they were seen, for those whose record tells.
    fn observed(&mut self, device: &Device, observables: &[Observable]) -> io::Result<()> {
        for (at, record) in (0_u32..).zip(device.records()) {
            let Some([first, last]) = record.seen.and_then(|seen| seen.met()) else { continue };
            let text = record.text.to_lowercase();
            let here = |one: &&Observable| one.1 == at || text.contains(&one.2);
            let refs: BTreeSet<&String> =
                observables.iter().filter(here).map(|(id, ..)| id).collect();
            if refs.is_empty() {
                continue;
            }
            let object = json!({
                "first_observed": first.to_string(),
                "last_observed": last.to_string(),
                "number_observed": 1,
                "object_refs": refs,
            });
            self.object("observed-data", object)?;
        }
        Ok(())
    }

    /// The identity of a maker, with what the base says of it.
    fn maker(&mut self, maker: &Named) -> io::Result<String> {
        let facts = self.run.base.facts.makers.get(&maker.id);
        let mut object = json!({ "name": maker.name, "identity_class": "organization" });
        if let Some(facts) = facts {
            let also = facts.legal_name.iter().chain(&facts.local_names);
            let also: Vec<&str> = also.map(String::as_str).collect();
            if !also.is_empty() {
                object["description"] = json!(format!("Also {}.", also.join(", ")));
            }
            let links = facts.sources.iter().filter_map(|id| self.run.base.facts.sources.get(id));
            let links: Vec<Value> = links.filter_map(reference).collect();
            if !links.is_empty() {
                object["external_references"] = json!(links);
            }
        }
        self.shared("identity", object)
    }

    /// The identity behind a label: a name, of which only its bearer knows what it is; a maker's
    /// own name is the maker.
    fn label(&mut self, label: &Named) -> io::Result<String> {
        let facts = &self.run.base.facts;
        if facts.makers.contains_key(&label.id) && !facts.labels.contains_key(&label.id) {
            return self.maker(label);
        }
        let object = json!({
            "name": label.name, "identity_class": "unspecified",
            "description": "A name that equipment is sold under.",
        });
        self.shared("identity", object)
    }

    /// The holes in whose stated range a device's firmware lies.
    fn holes(&mut self, of: &str, report: &DeviceReport) -> io::Result<()> {
        for one in &report.exposures.stated {
            let facts = self.run.base.facts.advisories.get(&one.advisory);
            let Some(facts) = facts.filter(|_| one.verdict == Verdict::Affected) else { continue };
            let object = self.vulnerability(facts);
            let id = self.shared("vulnerability", object)?;
            let says = format!("{}; nothing was tried on the device", one.why);
            self.relation(of, "has", &id, Some(&says), None)?;
        }
        Ok(())
    }

    fn vulnerability(&self, advisory: &Advisory) -> Value {
        let cve = json!({ "source_name": "cve", "external_id": advisory.cve });
        let links = advisory.sources.iter().filter_map(|id| self.run.base.facts.sources.get(id));
        let links: Vec<Value> = std::iter::once(cve).chain(links.filter_map(reference)).collect();
        json!({
            "name": advisory.cve,
            "description": advisory.title,
            "external_references": links,
        })
    }

    /// The answer in words: how sure, why, what the rules say, what would settle it.
    fn note(&mut self, of: &str, finding: &Finding<'_>) -> io::Result<()> {
        let report = finding.report;
        let mut object = json!({
            "abstract": format!("whose design: {}", answer(report)),
            "content": note_text(finding).join("\n"),
            "authors": ["whomade"],
            "object_refs": [of],
        });
        if let Some(sure) = confidence(report) {
            object["confidence"] = json!(sure);
        }
        self.object("note", object)?;
        Ok(())
    }
}

/// The maker that may be tied to a device.
fn stated(report: &DeviceReport) -> Option<&Named> {
    let firm = matches!(report.design.certainty, "probable" | "confirmed");
    let whole = report.standing != Standing::Contradictory;
    report.design.maker.as_ref().filter(|_| firm && whole)
}

/// The answer in a few words.
fn answer(report: &DeviceReport) -> String {
    let design = &report.design;
    let makers = design.maker.iter().chain(&design.one_of);
    let makers: Vec<&str> = makers.map(|one| one.name.as_str()).collect();
    match makers.as_slice() {
        [] => "unknown, and cleared of nothing".to_owned(),
        makers => format!("{} {}", design.certainty, join_or(makers)),
    }
}

fn note_text(finding: &Finding<'_>) -> Vec<String> {
    let report = finding.report;
    let mut lines = vec![format!("{}.", report.headline)];
    lines.push(format!("Certainty: {}", finding.certainty));
    for one in report.evidence.iter().take(EVIDENCE_MAX) {
        let value = clean(one.derived.as_deref().unwrap_or(&one.value));
        let side = if one.contradicts { "against it" } else { one.polarity };
        lines.push(format!("Evidence, {side}: {} {value}: {}", one.field, one.why));
    }
    for one in &report.contradictions {
        lines.push(format!("Does not fit together: {}", clean_to(&one.says, VALUE_CHARS_MAX)));
    }
    for (at, ruling) in report.rulings.iter().enumerate() {
        if matches!(ruling.outcome, Outcome::NoRule | Outcome::NotYet | Outcome::Expired) {
            continue;
        }
        let missing = ruling.missing();
        let missing = if missing.is_empty() || ruling.outcome != Outcome::Undetermined {
            String::new()
        } else {
            format!("; not known: {}", missing.join(", "))
        };
        let would = finding.would.get(at).filter(|would| !would.is_empty());
        let would = would.map(|would| format!("; {}", would.replace('-', " ")));
        let would = would.unwrap_or_default();
        lines.push(format!(
            "Rule {} on {}: {} ({}){missing}{would}",
            ruling.regime,
            ruling.on,
            ruling.outcome,
            ruling.outcome.meaning()
        ));
    }
    lines.extend(report.exempted.iter().map(|one| clean(&one.words())));
    if let Some(first) = report.would_settle.first() {
        lines.push(format!("Would settle it: {}: {}", first.what, first.how));
    }
    lines
}

/// How sure, on the scale of the format: the lower bound of the share of labelled observations
/// like it that held, in percent. Where nothing was counted there is none.
fn confidence(report: &DeviceReport) -> Option<u64> {
    let record = report.design.record.as_ref().filter(|_| report.design.maker.is_some())?;
    let percent = (100.0 * record.lower_bound).round().clamp(0.0, 100.0);
    (0_u32..=100).find(|whole| f64::from(*whole) >= percent).map(u64::from)
}

/// A source of the base, where it has an address.
fn reference(source: &whomade_core::kb::schema::Source) -> Option<Value> {
    let url = source.url.as_ref()?;
    Some(json!({ "source_name": source.title, "url": url }))
}

/// A hardware address as the format writes it; none where only its first octets are known.
fn whole_mac(value: &str) -> Option<String> {
    let digits: String = value.chars().filter(char::is_ascii_hexdigit).collect();
    let other =
        value.chars().any(|c| !c.is_ascii_hexdigit() && !matches!(c, ':' | '-' | '.' | ' '));
    if digits.len() != 12 || other {
        return None;
    }
    let digits = digits.to_ascii_lowercase();
    let pairs: Vec<&str> = (0..6).map(|at| &digits[2 * at..2 * at + 2]).collect();
    Some(pairs.join(":"))
}

/// Whether a text is a SHA-256 in hex: what a user's file calls one may be anything.
fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn place(file: &str, sheet: Option<&str>, line: u64) -> String {
    let file = clean_to(file, VALUE_CHARS_MAX);
    match sheet {
        Some(sheet) => format!("{file} [{}]:{line}", clean(sheet)),
        None => format!("{file}:{line}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_observable_has_the_id_that_the_format_prescribes() {
        // As the reference library of OASIS computes it.
        let id =
            Uuid::new_v5(&OBSERVABLES, json!({ "value": "198.51.100.3" }).to_string().as_bytes());
        assert_eq!(id.to_string(), "28bb3599-77cd-5a82-a950-b5bc3caf07c4");
    }

    #[test]
    fn an_address_is_whole_or_none() {
        assert_eq!(whole_mac("4419.B60A.1C33").as_deref(), Some("44:19:b6:0a:1c:33"));
        assert_eq!(whole_mac("44:19:b6"), None);
        assert_eq!(whole_mac("44:19:b6:0a:1c:3g"), None);
    }
}
