//! A VEX document in CSAF 2.0, profile 5: which products of the estate a hole reaches, which are
//! fixed, of which nobody can tell. A product is a maker, label, model and firmware, whatever the
//! number of devices; `vendor` of its branch is the house under whose name it is sold.
//!
//! Form and profile by <https://docs.oasis-open.org/csaf/csaf/v2.0/os/csaf-v2.0-os.html>: 4.5 asks
//! for an action beside every affected product, and for a reason beside every one that is not.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use serde_json::{Value, json};
use whomade_core::diagnostic::Diagnostic;
use whomade_core::kb::schema::{Advisory, After, Verdict};
use whomade_core::observation::Field;
use whomade_core::report::{clean_to, counted};

use super::format::{Ending, Finding, Format, Run, Sink, Target};
use super::json::{Stream, Unread, VALUE_CHARS_MAX, id_of};
use super::told::label;

pub(crate) const FORMAT: Format = Format {
    word: "csaf-vex",
    title: "a CSAF 2.0 VEX document",
    endings: &[".csaf.json", ".vex.json"],
    open,
};

/// Products of one document.
const PRODUCTS_MAX: usize = 100_000;
/// What stands where a record does not say it.
const NOT_KNOWN: &str = "not known";
/// Where whoever writes it would be found; the format wants an address, and nobody gave one.
const NAMESPACE: &str = "https://whomade.invalid";

fn open<'r>(target: Target, run: &'r Run<'r>) -> io::Result<Box<dyn Sink + 'r>> {
    Ok(Box::new(Vex {
        out: Stream::new(target),
        run,
        products: BTreeMap::new(),
        holes: BTreeMap::new(),
        devices: 0,
        cannot_tell: 0,
        left_out: 0,
        unread: Unread::default(),
    }))
}

/// What tells a product: maker, label, model, firmware.
type Product = [String; 4];

struct Vex<'r> {
    out: Stream,
    run: &'r Run<'r>,
    /// Products with how many devices are of each.
    products: BTreeMap<Product, u64>,
    /// By advisory: the products by verdict, with the reason.
    holes: BTreeMap<String, BTreeMap<Verdict, BTreeMap<Product, String>>>,
    devices: u64,
    cannot_tell: u64,
    left_out: u64,
    unread: Unread,
}

impl Sink for Vex<'_> {
    fn device(&mut self, finding: &Finding<'_>) -> io::Result<()> {
        self.devices += 1;
        let exposures = &finding.report.exposures;
        self.cannot_tell += u64::from(exposures.cannot_tell > 0);
        if exposures.stated.is_empty() {
            return Ok(());
        }
        let product = product(finding);
        if self.products.len() >= PRODUCTS_MAX && !self.products.contains_key(&product) {
            self.left_out += 1;
            return Ok(());
        }
        *self.products.entry(product.clone()).or_default() += 1;
        for one in &exposures.stated {
            let by_verdict = self.holes.entry(one.advisory.clone()).or_default();
            by_verdict
                .entry(one.verdict)
                .or_default()
                .entry(product.clone())
                .or_insert_with(|| one.why.clone());
        }
        Ok(())
    }

    fn said(&mut self, said: &Diagnostic) -> io::Result<()> {
        self.unread.said(said);
        Ok(())
    }

    fn finish(mut self: Box<Self>, ending: &Ending<'_>) -> io::Result<Vec<Diagnostic>> {
        let mut said = Vec::new();
        if !self.run.advisories {
            said.push(
                Diagnostic::new(
                    "write/no-advisories",
                    "a VEX document without --advisories is empty",
                )
                .help("add --advisories, so that the devices are held against them"),
            );
        }
        if self.left_out > 0 {
            let message = format!(
                "a VEX document names at most {PRODUCTS_MAX} products; {} of further ones are left \
                 out",
                counted(self.left_out, "device")
            );
            said.push(Diagnostic::new("write/limit", message));
        }
        let tree = self.tree();
        let holes: Vec<Value> = self.holes.iter().filter_map(|one| self.hole(one)).collect();
        let content = serde_json::to_vec(&json!([&tree, &holes]))?;
        let id = id_of("csaf", &content);
        let document = self.document(&format!("whomade-{}-{id}", self.run.on), ending);
        let mut whole = json!({ "document": document });
        // The format wants neither a tree without products nor a list without holes.
        if !holes.is_empty() {
            whole["product_tree"] = tree;
            whole["vulnerabilities"] = json!(holes);
        }
        self.out.value(&whole)?;
        self.out.text("\n")?;
        self.out.finish()?;
        Ok(said)
    }
}

fn product(finding: &Finding<'_>) -> Product {
    let first = |fields: [Field; 2]| {
        let mut values = fields.iter().filter_map(|field| finding.device.first(*field));
        values.next().unwrap_or_default().to_owned()
    };
    let said = |text: String| {
        let text = clean_to(text.trim(), VALUE_CHARS_MAX);
        if text.is_empty() { NOT_KNOWN.to_owned() } else { text }
    };
    let maker = finding.report.design.maker.as_ref().map(|one| one.name.clone());
    let maker = maker.unwrap_or_default();
    let label = label(finding.report).to_owned();
    let label = if label.is_empty() { maker.clone() } else { label };
    [
        said(maker),
        said(label),
        said(first([Field::Model, Field::Product])),
        said(first([Field::Firmware, Field::Firmware])),
    ]
}

/// The id of a product: the same in every document.
fn id(product: &Product) -> String {
    let content = product.iter().map(|part| format!("{}:{part}", part.len())).collect::<String>();
    format!("P-{}", id_of("csaf-product", content.as_bytes()))
}

impl Vex<'_> {
    fn document(&self, id: &str, ending: &Ending<'_>) -> Value {
        let run = self.run;
        let moment = format!("{}T00:00:00Z", run.on);
        let body = run.body.map(|body| clean_to(body, VALUE_CHARS_MAX));
        let mut notes = vec![json!({
            "category": "summary", "title": "What this says",
            "text": format!(
                "Of {}, those that an advisory reaches or reached by the ranges that sources \
                 state, with the base {}. Nothing was tried on a device. Of {} some advisories \
                 cannot be told; what is not listed here is not said to be safe.",
                counted(self.devices, "device"), run.base_name,
                counted(self.cannot_tell, "device"),
            ),
        })];
        let mut note = |title: &str, text: String| {
            notes.push(json!({ "category": "other", "title": title, "text": text }));
        };
        if let Some(said) = ending.said {
            note("Not the whole estate", said.to_owned());
        }
        self.unread.all().for_each(|line| note("Not read", line));
        json!({
            "category": "csaf_vex",
            "csaf_version": "2.0",
            "lang": "en",
            "title": match &body {
                Some(body) => format!("Holes in the surveillance equipment of {body}"),
                None => "Holes in surveillance equipment".to_owned(),
            },
            "notes": notes,
            "publisher": {
                "category": "user",
                "name": body.unwrap_or_else(|| "whoever ran whomade".to_owned()),
                "namespace": NAMESPACE,
            },
            "tracking": {
                "id": id,
                "status": "final",
                "version": "1",
                "initial_release_date": moment,
                "current_release_date": moment,
                "revision_history": [{ "date": moment, "number": "1", "summary": "As of that day." }],
                "generator": { "engine": { "name": "whomade", "version": run.program } },
            },
        })
    }

    /// Label, model, firmware: a branch each.
    fn tree(&self) -> Value {
        let mut tree: BTreeMap<&str, BTreeMap<&str, Vec<&Product>>> = BTreeMap::new();
        for product in self.products.keys() {
            let models = tree.entry(&product[1]).or_default();
            models.entry(&product[2]).or_default().push(product);
        }
        let branches = tree.into_iter().map(|(label, models)| {
            let models = models.into_iter().map(|(model, products)| {
                let mut versions = Vec::new();
                let mut names = BTreeSet::new();
                for product in products {
                    let [maker, _, _, firmware] = product;
                    // Two makers under one label with one model and firmware are two products.
                    let plain = names.insert(firmware.clone());
                    let name =
                        if plain { firmware.clone() } else { format!("{firmware} ({maker})") };
                    versions.push(json!({
                        "category": "product_version", "name": name,
                        "product": {
                            "name": format!("{label} {model}, firmware {firmware}, by {maker}"),
                            "product_id": id(product),
                        },
                    }));
                }
                json!({ "category": "product_name", "name": model, "branches": versions })
            });
            json!({ "category": "vendor", "name": label, "branches": models.collect::<Vec<_>>() })
        });
        json!({ "branches": branches.collect::<Vec<_>>() })
    }

    fn hole(
        &self,
        (advisory, by_verdict): (&String, &BTreeMap<Verdict, BTreeMap<Product, String>>),
    ) -> Option<Value> {
        let facts = self.run.base.facts.advisories.get(advisory)?;
        let ids = |verdict: Verdict| -> Vec<String> {
            by_verdict.get(&verdict).into_iter().flatten().map(|(one, _)| id(one)).collect()
        };
        let mut status = serde_json::Map::new();
        for (key, verdict) in [
            ("known_affected", Verdict::Affected),
            ("fixed", Verdict::Fixed),
            ("known_not_affected", Verdict::NotAffected),
            // A later build under another's label: likely, and nobody said so.
            ("under_investigation", Verdict::ProbablyFixed),
        ] {
            let ids = ids(verdict);
            if !ids.is_empty() {
                status.insert(key.to_owned(), json!(ids));
            }
        }
        let mut hole = json!({
            "cve": facts.cve,
            "title": facts.title,
            "notes": [{ "category": "summary", "text": facts.title }],
            "product_status": status,
        });
        let threats = self.threats(facts, by_verdict);
        if !threats.is_empty() {
            hole["threats"] = json!(threats);
        }
        let affected = ids(Verdict::Affected);
        if !affected.is_empty() {
            hole["remediations"] = json!([remediation(facts, &affected)]);
            if let Some(score) = score(facts) {
                hole["scores"] = json!([{ "products": affected, "cvss_v3": score }]);
            }
        }
        let sources = facts.sources.iter().filter_map(|id| self.run.base.facts.sources.get(id));
        let links = sources.filter_map(|one| Some((one.title.as_str(), one.url.as_ref()?)));
        let links: Vec<Value> = links
            .map(|(title, url)| json!({ "category": "external", "summary": title, "url": url }))
            .collect();
        if !links.is_empty() {
            hole["references"] = json!(links);
        }
        Some(hole)
    }

    /// Why a product is not affected, and that a hole is exploited.
    fn threats(
        &self,
        facts: &Advisory,
        by_verdict: &BTreeMap<Verdict, BTreeMap<Product, String>>,
    ) -> Vec<Value> {
        let mut reasons: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (product, why) in by_verdict.get(&Verdict::NotAffected).into_iter().flatten() {
            reasons.entry(why).or_default().push(id(product));
        }
        let impact = |(why, ids): (&str, Vec<String>)| json!({ "category": "impact", "details": why, "product_ids": ids });
        let mut all: Vec<Value> = reasons.into_iter().map(impact).collect();
        let kev = &self.run.base.facts.kev;
        if let Some((day, of)) = kev.added.get(&facts.cve).zip(kev.catalogue.as_ref()) {
            let details =
                format!("Known to be exploited since {day}, by CISA's catalogue of {of}.");
            all.push(json!({ "category": "exploit_status", "details": details }));
        }
        all
    }
}

/// What to do about an affected product.
fn remediation(facts: &Advisory, products: &[String]) -> Value {
    let fixed = facts.affected.iter().filter(|row| row.after == After::Fixed);
    let fixed = fixed.clone().any(|row| row.before.is_some() || row.built_before.is_some())
        || fixed.clone().any(|row| !row.fixed.is_empty() || row.fixed_built.is_some());
    let (category, details) = if fixed {
        (
            "vendor_fix",
            "Install the firmware in which its maker closed the hole; under another's label ask \
             that label for it, because the maker's own may not fit. Until then let only its \
             recorder reach it.",
        )
    } else {
        (
            "mitigation",
            "No source states a fix. Put it on a network of its own that only its recorder \
             reaches, or replace it.",
        )
    };
    json!({ "category": category, "details": details, "product_ids": products })
}

/// The score as the format wants it: whole, or not at all.
fn score(facts: &Advisory) -> Option<Value> {
    let (vector, score) = facts.cvss.as_ref().zip(facts.score)?;
    let version = match vector.split('/').next()? {
        "CVSS:3.1" => "3.1",
        "CVSS:3.0" => "3.0",
        _ => return None,
    };
    // Bounds by the specification of CVSS 3.1, 5.
    let severity = match score {
        score if score <= 0.0 => "NONE",
        score if score < 4.0 => "LOW",
        score if score < 7.0 => "MEDIUM",
        score if score < 9.0 => "HIGH",
        _ => "CRITICAL",
    };
    Some(json!({
        "version": version, "vectorString": vector, "baseScore": score, "baseSeverity": severity,
    }))
}
