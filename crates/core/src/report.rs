//! What is said about a device: one shape, from which every output is written.

use serde::Serialize;

use crate::attribution::{Certainty, Design};
use crate::baseline::{Exempted, Place};
use crate::contradiction::Contradiction;
use crate::evidence::{Aside, Evidence, Read, Reason};
use crate::kb::names::NameMatch;
use crate::kb::schema::{Grade, Polarity};
use crate::kb::{Base, Entity};
use crate::observation::{Device, Field, Record};
use crate::pack::PackSaid;
use crate::role::Role;
use crate::ruling::{MakerFact, Ruling};
use crate::suggest::Suggestion;
use crate::weights::Weights;

mod depth;
mod exposed;
mod readings;
mod roles;
mod standing;
mod words;

pub use depth::{Deeper, Depth, Ground, Level, LookedAt, depth};
pub use exposed::{Exposed, ExposureReport, Untold};
pub use readings::{CustomerReport, FirmwareReport, Readings, ShapeReport};
pub use roles::{RoleAnswer, role_answers};
pub use standing::{Standing, standing};
pub use words::{
    clean, clean_to, counted, evidence_label, headline, join_or, missing_words, record_sentence,
    spoken_of, turns_text, written_label,
};

/// Somebody, by id and name.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Named {
    /// Id in the base.
    pub id: String,
    /// Name.
    pub name: String,
}

/// One hypothesis.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Candidate {
    /// Id of the maker.
    pub maker: String,
    /// Name of the maker.
    pub name: String,
    /// Probability, two decimals.
    pub p: f64,
}

/// What labelled observations say of evidence like this.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RecordOf {
    /// Right.
    pub right: u32,
    /// Of so many.
    pub of: u32,
    /// In so many clusters.
    pub clusters: u32,
    /// Lower bound of the share at 95 %, over the clusters.
    pub lower_bound: f64,
}

/// Whose hardware and platform it is.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DesignReport {
    /// The maker stated; absent: unknown or one of several.
    pub maker: Option<Named>,
    /// The makers that cannot be told apart.
    pub one_of: Vec<Named>,
    /// `unknown`, `possible`, `probable`, `confirmed`.
    pub certainty: &'static str,
    /// Why it is not surer.
    pub held_back: &'static str,
    /// The hypotheses.
    pub candidates: Vec<Candidate>,
    /// Probability of somebody else or nobody, two decimals.
    pub unknown: f64,
    /// The counts behind the strongest evidence; absent where nothing was counted.
    pub record: Option<RecordOf>,
}

/// One piece of evidence, with its way back.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EvidenceReport {
    /// The field observed.
    pub field: &'static str,
    /// The value as it stood there.
    pub value: String,
    /// What was derived from it.
    pub derived: Option<String>,
    /// Bytes of the record's text.
    pub span: Option<(u32, u32)>,
    /// Which of the device's records; absent where it is the first or only one.
    #[serde(skip_serializing_if = "is_first")]
    pub record: u32,
    /// `for` or `against`.
    pub polarity: &'static str,
    /// The role.
    pub role: Role,
    /// Who.
    pub of: Named,
    /// The fact relied on: file and id.
    pub fact: String,
    /// Why it says that.
    pub why: String,
    /// Ids of its sources.
    pub sources: Vec<String>,
    /// Family of evidence: one family counts once.
    pub family: &'static str,
    /// Weight in decibans; absent where the role is not weighed.
    pub decibans: Option<f64>,
    /// Whether labelled observations stand behind the weight.
    pub fitted: bool,
    /// Whether only this maker's code writes it.
    pub structural: bool,
    /// Whether it contradicts the answer.
    pub contradicts: bool,
}

/// Two things seen of the device that do not fit together.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ContradictionReport {
    /// What kind, such as `label-against-wire`.
    pub kind: &'static str,
    /// In one sentence.
    pub says: String,
    /// The observations it lies between.
    pub between: Vec<SeenReport>,
}

/// One observation, by its field and value.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SeenReport {
    /// The field observed.
    pub field: &'static str,
    /// The value as it stood there.
    pub value: String,
}

/// A lead or a supply that does not speak for this device.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AsideReport {
    /// `lead`, `other-models` or `other-time`.
    pub kind: &'static str,
    /// The maker it points to.
    pub maker: Named,
    /// In words.
    pub says: String,
    /// Ids of its sources.
    pub sources: Vec<String>,
}

/// Where the record stands.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SourceReport {
    /// The file.
    pub file: String,
    /// The sheet.
    pub sheet: Option<String>,
    /// Line or row, from 1; 0: none.
    pub line: u64,
    /// Where it was first read, when a file of observations says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
}

impl SourceReport {
    fn of(record: &Record) -> Self {
        Self {
            file: record.source.to_string(),
            sheet: record.sheet.as_ref().map(ToString::to_string),
            line: record.line,
            origin: record.origin.as_ref().map(ToString::to_string),
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_first(record: &u32) -> bool {
    *record == 0
}

/// Everything said about one device.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DeviceReport {
    /// The version of this shape.
    pub v: u32,
    /// Its name.
    pub device: String,
    /// Where its record stands.
    pub source: SourceReport,
    /// Where its further records stand, counted from 1, when it was joined from several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<SourceReport>,
    /// In one sentence.
    pub headline: String,
    /// How its maker stands to the name on it.
    pub standing: Standing,
    /// The label, if one was recognised.
    pub label: Option<Named>,
    /// The label and model as written.
    pub written: Written,
    /// The day of the record: of installation or purchase, as the sheet gives it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub installed: Option<jiff::civil::Date>,
    /// What it is, as far as the model number tells.
    pub class: Option<crate::kb::schema::EquipmentClass>,
    /// Whose hardware and platform it is.
    pub design: DesignReport,
    /// The other roles.
    pub roles: Vec<RoleAnswer>,
    /// What was read out of its values; absent where nothing was.
    #[serde(skip_serializing_if = "Readings::is_empty")]
    pub readings: Readings,
    /// The evidence.
    pub evidence: Vec<EvidenceReport>,
    /// What does not fit together.
    pub contradictions: Vec<ContradictionReport>,
    /// What exists but does not speak for this device.
    pub asides: Vec<AsideReport>,
    /// What packs of others read out of its values; absent where none was asked or none speaks.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub packs: Vec<PackSaid>,
    /// Where it stands, as the owner of the estate tells the sites; absent where no site claims it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// The regimes' answers.
    pub rulings: Vec<Ruling>,
    /// Which of them somebody answers for, until when and why; they stand as they are.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exempted: Vec<Exempted>,
    /// Which vulnerabilities reach it; absent where no advisory is of its maker.
    #[serde(skip_serializing_if = "Exposed::is_empty")]
    pub exposures: Exposed,
    /// What would settle it.
    pub would_settle: Vec<Suggestion>,
}

/// Label and model as written.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Written {
    /// The label's cell.
    pub label: Option<String>,
    /// The model's cell.
    pub model: Option<String>,
}

/// Everything that was worked out about one device, still in the thinking's own terms.
#[derive(Debug)]
pub struct Worked<'d> {
    /// The device.
    pub device: &'d Device,
    /// What the base has to say about it.
    pub read: &'d Read,
    /// The answer.
    pub design: &'d Design,
    /// What does not fit together.
    pub contradictions: &'d [Contradiction],
    /// The rulings.
    pub rulings: &'d [Ruling],
    /// The suggestions.
    pub suggestions: &'d [Suggestion],
    /// Where it stands, if the owner of the estate told its sites.
    pub place: Option<&'d Place>,
    /// The findings that somebody answers for.
    pub exempted: &'d [Exempted],
}

/// The maker as far as a ruling may rely on it.
#[must_use]
pub fn maker_fact<'b>(base: &'b Base, design: &Design) -> MakerFact<'b> {
    match design.stated() {
        Some(of) if design.certainty >= Certainty::Probable => MakerFact::Firm(base.id(of)),
        _ => {
            let ids: Vec<&str> = design.candidates().iter().map(|of| base.id(*of)).collect();
            if ids.is_empty() { MakerFact::Unknown } else { MakerFact::Tentative(ids) }
        }
    }
}

/// Writes the report of one device.
#[must_use]
pub fn device_report(base: &Base, weights: &Weights, worked: &Worked<'_>) -> DeviceReport {
    let Worked { device, read, design, contradictions, rulings, suggestions, place, exempted } =
        worked;
    let label = read.label.as_ref().map(|label| named(base, label.of));
    DeviceReport {
        v: 1,
        device: device.name.to_string(),
        source: SourceReport::of(&device.record),
        others: device.others.iter().map(SourceReport::of).collect(),
        headline: headline(base, worked),
        standing: standing(base, read, design, contradictions),
        label,
        written: Written {
            label: written_label(device, read).map(str::to_owned),
            model: [Field::Model, Field::Product]
                .into_iter()
                .find_map(|field| device.first(field).map(str::to_owned)),
        },
        installed: device.installed,
        class: read.class,
        design: design_report(base, design),
        roles: role_answers(base, device, read, design),
        readings: Readings::of(base, device),
        exposures: Exposed::of(base, device, read, design),
        evidence: read
            .evidence
            .iter()
            .enumerate()
            .map(|(at, one)| {
                let against = design.against.contains(&at);
                let named = design.one_of.contains(&one.of);
                evidence_report(base, weights, device, one, against && !named)
            })
            .collect(),
        contradictions: contradictions
            .iter()
            .map(|one| contradiction_report(device, one))
            .collect(),
        asides: read.asides.iter().filter_map(|aside| aside_report(base, aside)).collect(),
        packs: Vec::new(),
        place: place.cloned(),
        rulings: rulings.to_vec(),
        exempted: exempted.to_vec(),
        would_settle: suggestions.to_vec(),
    }
}

fn contradiction_report(device: &Device, one: &Contradiction) -> ContradictionReport {
    let seen = one.between.iter().filter_map(|at| device.observations.get(*at));
    ContradictionReport {
        kind: one.kind.word(),
        says: one.says.clone(),
        between: seen
            .map(|seen| SeenReport { field: seen.field.id(), value: seen.value.to_string() })
            .collect(),
    }
}

pub(crate) fn named(base: &Base, of: Entity) -> Named {
    Named { id: base.id(of).to_owned(), name: base.name(of).to_owned() }
}

fn two_decimals(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}

/// The answer about the design, in names.
#[must_use]
pub fn design_report(base: &Base, design: &Design) -> DesignReport {
    DesignReport {
        maker: design.stated().map(|of| named(base, of)),
        one_of: design.one_of.iter().map(|of| named(base, *of)).collect(),
        certainty: design.certainty.word(),
        held_back: design.held_back,
        candidates: design
            .ranked
            .iter()
            .map(|one| Candidate {
                maker: base.id(one.of).to_owned(),
                name: base.name(one.of).to_owned(),
                p: two_decimals(one.p),
            })
            .collect(),
        unknown: two_decimals(design.unknown),
        record: (design.record.fired > 0).then(|| RecordOf {
            right: design.record.right,
            of: design.record.fired,
            clusters: design.record.clusters,
            lower_bound: two_decimals(design.lower_bound()),
        }),
    }
}

fn evidence_report(
    base: &Base,
    weights: &Weights,
    device: &Device,
    one: &Evidence,
    contradicts: bool,
) -> EvidenceReport {
    let seen = &device.observations[one.observation];
    let weight = weights.of(one.feature);
    let (fact, why, sources) = fact_of(base, one);
    let structural = match one.reason {
        Reason::Signature(number) => {
            let signature = &base.signatures[number as usize];
            signature.grade == Grade::Structural
                && !signature.copied
                && signature.field != Field::Serial
        }
        _ => false,
    };
    EvidenceReport {
        field: seen.field.id(),
        value: seen.value.to_string(),
        derived: one.derived.as_deref().map(str::to_owned),
        span: (!seen.at.span.is_empty()).then_some((seen.at.span.start, seen.at.span.end)),
        record: seen.at.of,
        polarity: if one.polarity == Polarity::For { "for" } else { "against" },
        role: one.role,
        of: named(base, one.of),
        fact,
        why,
        sources,
        family: one.family,
        decibans: one.speaks_to_design().then(|| (weight.decibans() * 10.0).round() / 10.0),
        fitted: weight.fitted,
        structural,
        contradicts,
    }
}

/// The fact that a piece of evidence relies on: where it stands, why it holds, its sources.
#[must_use]
pub fn fact_of(base: &Base, one: &Evidence) -> (String, String, Vec<String>) {
    match one.reason {
        Reason::Signature(number) => {
            let signature = &base.signatures[number as usize];
            let place = format!("kb/{}#{}", signature.file, signature.id);
            (place, signature.why.clone(), signature.sources.clone())
        }
        Reason::Supply { label, at, .. } => {
            let supply = base.supply(label, at);
            let place = format!("kb/labels/{}.toml#supply-{}", base.id(label), at + 1);
            let why = supply.map(|supply| supply.why.clone()).unwrap_or_default();
            (place, why, supply.map(|supply| supply.sources.clone()).unwrap_or_default())
        }
        Reason::OwnName(how) => {
            let id = base.id(one.of);
            let sources = base.facts.makers.get(id).map(|maker| maker.sources.clone());
            let name = base.name(one.of);
            let why = match how {
                NameMatch::Typo => {
                    format!(
                        "It bears a name one letter away from {name}, read as a slip of the pen."
                    )
                }
                NameMatch::Same | NameMatch::Begins => {
                    format!("It bears the name of {name} itself.")
                }
            };
            (format!("kb/makers/{id}.toml"), why, sources.unwrap_or_default())
        }
    }
}

fn aside_report(base: &Base, aside: &Aside) -> Option<AsideReport> {
    let supply = |kind, label, at: usize, text: &str| {
        let supply = base.supply(label, at)?;
        let maker = named(base, base.maker(&supply.maker)?);
        Some(AsideReport {
            kind,
            says: format!("{} {text}: {}", maker.name, supply.why),
            maker,
            sources: supply.sources.clone(),
        })
    };
    match aside {
        Aside::Lead { label, at } => {
            let lead = base.facts.labels.get(base.id(*label))?.leads.get(*at)?;
            Some(AsideReport {
                kind: "lead",
                maker: named(base, base.maker(&lead.maker)?),
                says: lead.why.clone(),
                sources: lead.sources.clone(),
            })
        }
        Aside::OtherModels { label, at } => {
            supply("other-models", *label, *at, "supplies certain models of this label")
        }
        Aside::OtherTime { label, at } => {
            supply("other-time", *label, *at, "supplied this label at another time")
        }
    }
}
