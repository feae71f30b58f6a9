//! What the user thinks of buying, ruled on as any other device. None is recommended: the first
//! that the terms name and no rule speaks against is reckoned with.

use whomade_core::attribution::Certainty;
use whomade_core::observation::{Device, Field, Observation, Record};
use whomade_core::plan::terms::{Candidate, Standing, Terms};
use whomade_core::report::{clean, headline};
use whomade_formats::read::observed_as;

use super::gather::standings;
use whomade_inquiry::asking::Asked;
use whomade_inquiry::base::Known;
use whomade_inquiry::judgement::Would;
use whomade_inquiry::worker::Worker;

/// What is said of a candidate.
#[derive(Debug, Clone)]
pub(crate) struct Ruled {
    /// Label and model.
    pub(crate) name: String,
    /// What it costs.
    pub(crate) price: f64,
    /// Who made it, in a sentence.
    pub(crate) headline: String,
    /// How sure that is.
    pub(crate) certainty: Certainty,
    /// The strongest that a regime says of it, and which regime.
    pub(crate) standing: (Standing, Option<String>),
    /// Whether a rule might speak against it, if its maker were who it may be.
    pub(crate) perhaps: bool,
    /// Whether the plan reckons with it.
    pub(crate) usable: bool,
    /// What would settle who made it.
    pub(crate) settle: Option<&'static str>,
}

impl Ruled {
    /// What follows, in a few words.
    pub(crate) fn words(&self) -> String {
        match (&self.standing, self.perhaps) {
            ((Standing::Nothing, _), true) => {
                "might be barred, its maker is only possible: not reckoned with".to_owned()
            }
            ((Standing::Nothing, _), _) if self.certainty < Certainty::Probable => {
                "its maker is not settled: ask before you buy".to_owned()
            }
            ((Standing::Nothing, _), _) => "no rule that was asked speaks against it".to_owned(),
            ((standing, regime), _) => {
                let by = regime.as_deref().unwrap_or_default();
                let used = if self.usable { "" } else { ": not reckoned with" };
                format!("{} under {by}{used}", standing.word())
            }
        }
    }
}

/// Rules on all candidates of the terms.
pub(crate) fn rule(known: &Known, asked: &Asked, terms: &Terms) -> Vec<Ruled> {
    let mut worker = Worker::new(known, asked);
    terms.candidates.iter().map(|one| ruled(known, &mut worker, one)).collect()
}

fn ruled(known: &Known, worker: &mut Worker<'_>, candidate: &Candidate) -> Ruled {
    let found = worker.work(device(candidate));
    let mut standings = standings(&found);
    standings.sort();
    let standing = match standings.into_iter().next() {
        Some((Standing::Nothing, _)) | None => (Standing::Nothing, None),
        Some((standing, regime)) => (standing, Some(regime)),
    };
    let perhaps = found.answer.judgement.any(Would::Perhaps);
    let against = !matches!(standing.0, Standing::Nothing | Standing::Excepted);
    let certainty = found.design().certainty;
    let settle = found.suggestions().first().map(|one| one.what);
    Ruled {
        name: called(candidate),
        price: candidate.price,
        headline: headline(&known.base, &found.worked(&[])),
        certainty,
        standing,
        perhaps,
        usable: !against && !perhaps,
        settle: settle.filter(|_| certainty < Certainty::Probable),
    }
}

/// Label and model.
fn called(candidate: &Candidate) -> String {
    let both = [candidate.label.trim(), candidate.model.trim()];
    clean(both.join(" ").trim())
}

fn device(candidate: &Candidate) -> Device {
    let mut observations = Vec::new();
    for (field, value) in [(Field::Label, &candidate.label), (Field::Model, &candidate.model)] {
        if !value.trim().is_empty() {
            observations.push(Observation::new(field, value.trim()));
        }
    }
    for (field, value) in &candidate.observed {
        if let Some(field) = Field::from_id(field).filter(|_| !value.trim().is_empty()) {
            observations.extend(observed_as(field, value.trim()));
        }
    }
    let record = Record { source: "the terms".into(), ..Record::default() };
    Device { name: called(candidate).into(), record, observations, ..Device::default() }
}
