//! SARIF 2.1.0: what the rules say of each device, for the viewers and gates that read results of
//! static analysis.
//!
//! Rules are the provisions of the regimes asked. The format gives a level to what failed alone
//! (SARIF 2.1.0, 3.27.9 and 3.27.10): `error` is only what a regime bars, which never happens on a
//! maker that is only possible. What cannot be told, for want of a fact or of the maker, is `open`,
//! which is no pass; what a regime says that does not bind is `informational`. All of them have a
//! `rank`, which puts them in one order, however sure they are.

use std::io;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use whomade_core::attribution::Certainty;
use whomade_core::contradiction::ContradictionKind;
use whomade_core::diagnostic::{Diagnostic, Severity};
use whomade_core::kb::schema::Effect;
use whomade_core::observation::{Field, Record};
use whomade_core::report::{clean, clean_to};
use whomade_core::ruling::{Outcome, Ruling};

use super::format::{Ending, Finding, Format, Run, Sink, Target};
use super::json::{Stream, VALUE_CHARS_MAX};

pub(crate) const FORMAT: Format = Format {
    word: "sarif",
    title: "results of the rules, as SARIF 2.1.0",
    endings: &[".sarif", ".sarif.json"],
    open,
};

/// Notices of what could not be read; the format wants them behind the results, so they wait.
const NOTICES_MAX: usize = 1_000;
/// Characters of a message.
const MESSAGE_CHARS_MAX: usize = 2_000;

/// The rule of devices that would be barred, where nobody said who asks.
const WOULD: &str = "would-be-barred";
/// The rule of devices whose maker is not known surely enough for the regimes asked.
const UNKNOWN: &str = "unknown-maker";

fn open<'r>(target: Target, run: &'r Run<'r>) -> io::Result<Box<dyn Sink + 'r>> {
    let mut out = Stream::new(target);
    out.text(
        "{\"$schema\":\"https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/\
         sarif-schema-2.1.0.json\",\"version\":\"2.1.0\",\"runs\":[{\n\"tool\":{\"driver\":",
    )?;
    out.text("{\"name\":\"whomade\",\"semanticVersion\":")?;
    out.value(&json!(run.program))?;
    out.text(",\n")?;
    out.list("rules")?;
    for rule in rules(run) {
        out.item(&rule)?;
    }
    out.text("\n]}},\n\"columnKind\":\"unicodeCodePoints\",\n")?;
    out.list("artifacts")?;
    for input in run.inputs {
        let mut one = json!({
            "location": { "uri": uri(&input.name) },
            "roles": ["analysisTarget"],
        });
        if let Some(hash) = &input.sha256 {
            one["hashes"] = json!({ "sha-256": hash });
        }
        out.item(&one)?;
    }
    out.text("\n],\n")?;
    out.list("results")?;
    Ok(Box::new(Log { out, run, notices: Vec::new(), more: 0, failed: false }))
}

struct Log<'r> {
    out: Stream,
    run: &'r Run<'r>,
    notices: Vec<Value>,
    more: u64,
    /// Whether something could not be read at all.
    failed: bool,
}

impl Sink for Log<'_> {
    fn device(&mut self, finding: &Finding<'_>) -> io::Result<()> {
        let mut unknown: Vec<&str> = Vec::new();
        let mut would: Vec<(&Ruling, &str)> = Vec::new();
        for (at, ruling) in finding.report.rulings.iter().enumerate() {
            if ruling.outcome == Outcome::UnknownMaker {
                unknown.push(&ruling.regime);
                continue;
            }
            let word = finding.would.get(at).copied().unwrap_or_default();
            let asked = !self.run.open && named(ruling.outcome);
            if asked {
                self.out.item(&ruled(self.run, finding, ruling))?;
            } else if !word.is_empty() {
                would.push((ruling, word));
            }
        }
        if !would.is_empty() {
            self.out.item(&would_be(self.run, finding, &would))?;
        }
        if !unknown.is_empty() {
            self.out.item(&not_known(finding, &unknown))?;
        }
        for one in &finding.report.contradictions {
            let rule = format!("contradiction/{}", one.kind);
            let said = format!("it does not fit together: {}", one.says);
            self.out.item(&result(finding, &rule, CONTRADICTION, &said))?;
        }
        Ok(())
    }

    fn said(&mut self, said: &Diagnostic) -> io::Result<()> {
        self.failed |= said.severity == Severity::Error;
        if self.notices.len() >= NOTICES_MAX {
            self.more += said.counts();
        } else {
            self.notices.push(notice(said));
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>, ending: &Ending<'_>) -> io::Result<Vec<Diagnostic>> {
        let invocation = json!([{
            "executionSuccessful": !self.failed,
            "toolExecutionNotifications": self.notices,
        }]);
        self.out.text("\n],\n\"invocations\":")?;
        self.out.value(&invocation)?;
        let run = self.run;
        let about = json!({
            "on": run.on, "base": run.base_name, "as": run.preset, "context": run.context,
            "regimes": run.regimes.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(),
            "body": run.body, "only": ending.said,
            "devices": ending.devices, "devicesNotShown": ending.hidden,
            "noticesNotShown": self.more,
        });
        self.out.text(",\n\"properties\":")?;
        self.out.value(&about)?;
        let id = self.out.id("sarif");
        let details = json!({ "id": format!("whomade/{}", run.on), "guid": id.to_string() });
        self.out.text(",\n\"automationDetails\":")?;
        self.out.value(&details)?;
        self.out.text("}]}\n")?;
        self.out.finish()?;
        let said = (self.more > 0).then(|| {
            let message = format!(
                "it holds {NOTICES_MAX} notices of what could not be read, and {} fewer than there \
                 were",
                self.more
            );
            Diagnostic::new("write/limit", message)
        });
        Ok(said.into_iter().collect())
    }
}

/// Whether a result is written for the outcome, where somebody asked.
fn named(outcome: Outcome) -> bool {
    matches!(
        outcome,
        Outcome::Barred
            | Outcome::Restricted
            | Outcome::Undetermined
            | Outcome::Advised
            | Outcome::Excepted
    )
}

/// How a result weighs: its kind, its level, and its rank where the maker is probable.
#[derive(Clone, Copy)]
struct Weight {
    kind: &'static str,
    level: &'static str,
    rank: u8,
}

impl Weight {
    /// A problem of that level.
    const fn fail(level: &'static str, rank: u8) -> Self {
        Self { kind: "fail", level, rank }
    }

    /// What has no level, because it is no problem that was found.
    const fn other(kind: &'static str, rank: u8) -> Self {
        Self { kind, level: "none", rank }
    }

    /// The rank, of 0 to 100, with how sure the maker is.
    fn ranked(self, certainty: &str) -> u8 {
        if certainty == Certainty::Confirmed.word() {
            self.rank + CONFIRMED_MORE
        } else if certainty == Certainty::Probable.word() {
            self.rank
        } else {
            self.rank.saturating_sub(POSSIBLE_LESS)
        }
    }
}

/// What a confirmed maker adds to a rank: less than lies between two outcomes.
const CONFIRMED_MORE: u8 = 4;
/// What a maker that is not even probable takes from a rank: such a result stands behind every
/// finding on a probable one.
const POSSIBLE_LESS: u8 = 50;

/// Of a device that does not fit together.
const CONTRADICTION: Weight = Weight::fail("note", 50);
/// That a regime would bar it, where nobody said who asks.
const WOULD_IF_ASKED: Weight = Weight::other("open", 60);
/// The same where the regime does not bind the holder.
const WOULD_IF_BOUND: Weight = Weight::other("informational", 50);
/// That its maker is not known surely enough.
const NOT_KNOWN: Weight = Weight::other("open", 60);

/// How an outcome weighs.
fn weight(outcome: Outcome) -> Weight {
    match outcome {
        Outcome::Barred => Weight::fail("error", 95),
        Outcome::Restricted => Weight::fail("warning", 85),
        Outcome::Undetermined => Weight::other("open", 75),
        Outcome::Advised => Weight::fail("note", 65),
        _ => Weight::other("informational", 50),
    }
}

/// Every provision of the regimes asked, and the rules of our own.
fn rules(run: &Run<'_>) -> Vec<Value> {
    let mut rules = Vec::new();
    for regime in run.regimes {
        for provision in &regime.provisions {
            let ids = provision.sources.iter().chain(&regime.sources);
            let url = ids.filter_map(|id| run.base.facts.sources.get(id)?.url.clone()).next();
            let effect = match provision.effect {
                Effect::Barred => "barred",
                Effect::Restricted => "restricted",
                Effect::Advised => "advised",
            };
            let mut rule = json!({
                "id": format!("{}/{}", regime.id, provision.id),
                "name": clean(&provision.citation),
                "shortDescription": { "text": message(&format!("{}: {}", provision.citation, regime.title)) },
                "fullDescription": { "text": message(&provision.text) },
                "help": { "text": message(&format!(
                    "{} It would bar the equipment for {}.", regime.summary, regime.would_bar
                )) },
                "properties": {
                    "effect": effect, "from": provision.from, "until": provision.until,
                    "jurisdiction": regime.jurisdiction,
                },
            });
            if let Some(url) = url {
                rule["helpUri"] = json!(url);
            }
            rules.push(rule);
        }
    }
    let own = |id: String, says: &str| json!({ "id": id, "shortDescription": { "text": says } });
    rules.push(own(WOULD.to_owned(), "A regime would bar it, or might, if it bound the holder."));
    rules.push(own(
        UNKNOWN.to_owned(),
        "Its maker is not known surely enough for a rule to speak: it is cleared of nothing.",
    ));
    for kind in ContradictionKind::ALL {
        rules.push(own(
            format!("contradiction/{}", kind.word()),
            &format!("Two things seen of the device do not fit together: {}.", kind.plain()),
        ));
    }
    rules
}

/// What one regime says of a device.
fn ruled(run: &Run<'_>, finding: &Finding<'_>, ruling: &Ruling) -> Value {
    let step = ruling.decisive();
    let rule = step.map_or_else(
        || ruling.regime.clone(),
        |step| format!("{}/{}", ruling.regime, step.provision),
    );
    let mut said = format!("{}: {} ({})", ruling.regime, ruling.outcome, ruling.outcome.meaning());
    if let Some(step) = step {
        said += &format!(", {}, since {}", step.citation, step.from);
    }
    let missing = ruling.missing();
    if !missing.is_empty() {
        said += &format!("; not known: {}", missing.join(", "));
    }
    let regime = run.regimes.iter().find(|one| one.id == ruling.regime);
    if let Some(regime) = regime.filter(|one| ruling.on > one.read_until) {
        said += &format!("; our sources on it reach to {}", regime.read_until);
    }
    let mut result = result(finding, &rule, weight(ruling.outcome), &said);
    result["properties"]["outcome"] = json!(ruling.outcome.word());
    result["properties"]["missing"] = json!(missing);
    // Somebody answers for it: the ruling stands, and gates need not stop for it.
    let ours = finding.report.exempted.iter().filter(|one| one.regime == ruling.regime);
    let suppressed: Vec<Value> = ours
        .map(|one| {
            json!({ "kind": "external", "status": "accepted",
                "justification": message(&one.words()) })
        })
        .collect();
    if !suppressed.is_empty() {
        result["suppressions"] = json!(suppressed);
    }
    result
}

/// That a device would be barred under regimes that nobody asked for, or that do not bind.
fn would_be(run: &Run<'_>, finding: &Finding<'_>, would: &[(&Ruling, &str)]) -> Value {
    let of = |wanted: &str| {
        let all = would.iter().filter(|(_, word)| *word == wanted);
        all.map(|(ruling, _)| ruling.regime.as_str()).collect::<Vec<_>>().join(", ")
    };
    let (surely, perhaps) = (of("would-be-barred"), of("might-be-barred"));
    let mut said = Vec::new();
    if !surely.is_empty() {
        said.push(format!("would be barred for whom these bind: {surely}"));
    }
    if !perhaps.is_empty() {
        said.push(format!(
            "its maker is only possible; if it is so, it would be barred for whom these bind: \
             {perhaps}"
        ));
    }
    let weight = if run.open { WOULD_IF_ASKED } else { WOULD_IF_BOUND };
    result(finding, WOULD, weight, &said.join("; "))
}

fn not_known(finding: &Finding<'_>, regimes: &[&str]) -> Value {
    let said = format!("not cleared: {} cannot be answered", regimes.join(", "));
    result(finding, UNKNOWN, NOT_KNOWN, &said)
}

/// A result about a device: the answer, what was said, how sure it is and what would settle it.
fn result(finding: &Finding<'_>, rule: &str, weight: Weight, said: &str) -> Value {
    let report = finding.report;
    let mut text = format!("{}. {said}. Certainty: {}.", report.headline, finding.certainty);
    if let Some(first) = report.would_settle.first() {
        text += &format!(" Would settle it: {} ({}).", first.what, first.how);
    }
    let device = finding.device;
    let related: Vec<Value> = device
        .others
        .iter()
        .map(|record| {
            let mut place = location(record, None);
            place["message"] = json!({ "text": "a further record of the same device" });
            place
        })
        .collect();
    let mut here = location(&device.record, columns(finding));
    if let Some(place) = &report.place {
        let sites = place.sites.iter().map(|site| json!({ "name": clean(site), "kind": "site" }));
        let row = here["logicalLocations"].as_array().cloned().unwrap_or_default();
        here["logicalLocations"] = row.into_iter().chain(sites).collect();
    }
    let mut out = json!({
        "ruleId": rule,
        "kind": weight.kind,
        "level": weight.level,
        "rank": f64::from(weight.ranked(report.design.certainty)),
        "message": { "text": message(&text) },
        "locations": [here],
        "partialFingerprints": { "whomadeDevice/v1": fingerprint(finding, rule) },
        "properties": {
            "device": clean(&report.device),
            "certainty": report.design.certainty,
            "standing": report.standing.word(),
        },
    });
    if let Some(place) = &report.place {
        out["properties"]["site"] = json!(clean(&place.words()));
    }
    if !related.is_empty() {
        out["relatedLocations"] = json!(related);
    }
    out
}

/// Where a record stands: a line of a text, a row of a sheet.
fn location(record: &Record, columns: Option<(usize, usize)>) -> Value {
    let mut physical = json!({ "artifactLocation": { "uri": uri(&record.source) } });
    let mut out = json!({});
    match &record.sheet {
        Some(sheet) => {
            let name = format!("{}!{}", clean(sheet), record.line);
            out["logicalLocations"] = json!([{ "fullyQualifiedName": name, "kind": "row" }]);
        }
        None if record.line > 0 => {
            let mut region = json!({ "startLine": record.line });
            if let Some((start, end)) = columns {
                region["startColumn"] = json!(start);
                region["endColumn"] = json!(end);
            }
            physical["region"] = region;
        }
        None => {}
    }
    out["physicalLocation"] = physical;
    out
}

/// The columns of what speaks first for the answer, where it stands in the first line of a row of
/// a table: only there the record's text begins where its line does.
fn columns(finding: &Finding<'_>) -> Option<(usize, usize)> {
    let design = &finding.report.design;
    let makers: Vec<&str> =
        design.maker.iter().chain(&design.one_of).map(|one| one.id.as_str()).collect();
    let device = finding.device;
    finding.report.evidence.iter().find_map(|one| {
        let (start, end) = one.span.filter(|_| one.record == 0 && !one.contradicts)?;
        let of_row = |at: &whomade_core::observation::At| {
            at.of == 0 && at.column > 0 && (at.span.start, at.span.end) == (start, end)
        };
        let speaks = makers.contains(&one.of.id.as_str())
            && device.observations.iter().any(|seen| of_row(&seen.at));
        let before = device.record.text.get(..start as usize).filter(|_| speaks)?;
        let value = device.record.text.get(start as usize..end as usize)?;
        let one_line = !before.contains('\n') && !value.contains('\n');
        let column = 1 + before.chars().count();
        one_line.then(|| (column, column + value.chars().count()))
    })
}

/// What a result is known again by when rows have moved: the rule and the device, by its name and
/// the surest number that it has. A device that its file does not name is one of that file.
fn fingerprint(finding: &Finding<'_>, rule: &str) -> String {
    let device = finding.device;
    let own = [Field::Serial, Field::Mac, Field::TlsFingerprint];
    let own = own.into_iter().find_map(|field| device.first(field)).unwrap_or_default();
    let unnamed = device.name == format!("line {}", device.record.line).as_str();
    let name: &str = match (unnamed, own) {
        (false, _) => &device.name,
        (true, "") => return short(&[rule, &device.record.source, &device.name]),
        (true, _) => "",
    };
    short(&[rule, own, name])
}

/// A short sum of some texts.
fn short(texts: &[&str]) -> String {
    let sum = Sha256::digest(texts.join("\0"));
    sum.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// Text for a message: braces are placeholders there, and brackets before a parenthesis a link.
fn message(text: &str) -> String {
    let text = clean_to(text, MESSAGE_CHARS_MAX);
    text.replace('{', "{{").replace('}', "}}").replace("](", "] (")
}

/// What is said of the input.
fn notice(said: &Diagnostic) -> Value {
    let level = match said.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    };
    let mut out = json!({
        "descriptor": { "id": said.code },
        "level": level,
        "message": { "text": message(&clean_to(&said.message, VALUE_CHARS_MAX)) },
    });
    if let Some(place) = &said.place {
        let mut physical = json!({ "artifactLocation": { "uri": uri(&place.source) } });
        if place.line > 0 {
            physical["region"] = json!({ "startLine": place.line });
        }
        out["locations"] = json!([{ "physicalLocation": physical }]);
    }
    out
}

/// A file's name as a reference: what is no plain sign of a path stands as `%20`.
fn uri(name: &str) -> String {
    let absolute = if name.starts_with('/') { "file://" } else { "" };
    let mut out = absolute.to_owned();
    for byte in name.replace('\\', "/").bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                out.push(char::from(byte));
            }
            byte => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_reference_and_a_message_has_no_link() {
        assert_eq!(uri("a b/é%.csv"), "a%20b/%C3%A9%25.csv");
        assert_eq!(uri("/srv/x"), "file:///srv/x");
        assert_eq!(message("[a](http://b) {0}"), "[a] (http://b) {{0}}");
    }

    #[test]
    fn what_is_only_possible_stands_behind_all_that_is_probable() {
        let all = [
            weight(Outcome::Barred),
            weight(Outcome::Restricted),
            weight(Outcome::Undetermined),
            weight(Outcome::Advised),
            WOULD_IF_ASKED,
            CONTRADICTION,
        ];
        let ranks = |word: &str| all.map(|one| one.ranked(word));
        let (confirmed, probable, possible) =
            (ranks("confirmed"), ranks("probable"), ranks("possible"));
        assert!(possible.iter().max() < probable.iter().min());
        for (at, rank) in probable.iter().enumerate().skip(1) {
            assert!(*rank < probable[at - 1] && confirmed[at] < probable[at - 1], "{at}");
        }
        assert!(confirmed.iter().all(|rank| *rank <= 100), "{confirmed:?}");
    }

    #[test]
    fn only_what_failed_has_a_level() {
        for outcome in Outcome::ALL {
            let weight = weight(outcome);
            assert_eq!(weight.kind == "fail", weight.level != "none", "{outcome}");
        }
        assert_eq!(weight(Outcome::NotBound).kind, "informational");
        assert_eq!(weight(Outcome::Undetermined).kind, "open");
    }
}
