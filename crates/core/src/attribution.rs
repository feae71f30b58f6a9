//! Evidence → attribution: per role, hypotheses ranked, `unknown` among them.

use crate::contradiction::everybodys;
use crate::evidence::{Evidence, Reach, Read, Reason};
use crate::kb::schema::{Grade, Polarity};
use crate::kb::{Base, Entity};
use crate::observation::{Field, Side};
use crate::role::Role;
use crate::weights::{Counts, Weights, lower_bound};

/// How sure an answer is. The words are earned by rules, not typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Certainty {
    /// Nobody leads.
    Unknown,
    /// Somebody leads; more cannot be said.
    Possible,
    /// Two independent kinds, one from the device or from a supply that names the model, and
    /// nine in ten labelled observations like it held.
    Probable,
    /// The device itself writes it in a form that only this maker's code writes.
    Confirmed,
}

impl Certainty {
    /// The word as printed.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Possible => "possible",
            Self::Probable => "probable",
            Self::Confirmed => "confirmed",
        }
    }

    /// The certainty of that word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        let all = [Self::Unknown, Self::Possible, Self::Probable, Self::Confirmed];
        all.into_iter().find(|one| one.word() == word)
    }
}

impl std::fmt::Display for Certainty {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.pad(self.word())
    }
}

/// Below this calibrated probability nothing is called probable.
pub const PROBABLE_MIN: f64 = 0.90;
/// A second hypothesis this near to the first makes the answer "one of".
const ONE_OF_SHARE: f64 = 0.5;
/// Why an answer stays possible whose evidence nobody has counted yet.
const UNFITTED: &str = "no labelled observation stands behind this evidence yet";
/// Evidence for another maker below this many nats is noise, not a contradiction.
const CONTRADICTION_MIN: f64 = 2.0;

/// A structural sign seen in fewer clusters confirms only beside another kind of evidence.
const CLUSTERS_ALONE_MIN: u32 = 3;

/// Somebody who may stand in the role.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hypothesis {
    /// Who.
    pub of: Entity,
    /// The probability, calibrated.
    pub p: f64,
}

/// The answer about whose hardware and platform it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Design {
    /// The hypotheses, likeliest first.
    pub ranked: Vec<Hypothesis>,
    /// The probability that it is somebody else or that nothing can be said.
    pub unknown: f64,
    /// How sure the leading one is.
    pub certainty: Certainty,
    /// The hypotheses that cannot be told apart; empty when one leads.
    pub one_of: Vec<Entity>,
    /// Families of evidence that speak for the leading one.
    pub kinds: Vec<&'static str>,
    /// Pieces of evidence that speak for somebody else: their places in [`Read::evidence`].
    pub against: Vec<usize>,
    /// The piece of evidence that carries most: its place in [`Read::evidence`].
    pub strongest: Option<usize>,
    /// How often labelled observations that earned the same word were right, answered by fits
    /// that had not seen them.
    pub record: Counts,
    /// Why it is not surer, in a few words; empty when it is confirmed.
    pub held_back: &'static str,
}

impl Design {
    /// The one maker stated, if one is.
    #[must_use]
    pub fn stated(&self) -> Option<Entity> {
        let leads = self.certainty > Certainty::Unknown && self.one_of.is_empty();
        if leads { self.ranked.first().map(|first| first.of) } else { None }
    }

    /// The makers stated: one, or those it is one of.
    #[must_use]
    pub fn candidates(&self) -> Vec<Entity> {
        let one = || self.stated().into_iter().collect();
        if self.one_of.is_empty() { one() } else { self.one_of.clone() }
    }

    /// The lower bound of being right, over the clusters behind the strongest evidence.
    #[must_use]
    pub fn lower_bound(&self) -> f64 {
        lower_bound(self.record.right_weight, self.record.fired_weight)
    }
}

/// One piece of evidence as the sum sees it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Signal {
    /// Who it speaks about.
    pub of: Entity,
    /// Its cause: of one cause only the strongest counts.
    pub family: &'static str,
    /// Log-odds; negative when it speaks against.
    pub log_odds: f64,
}

/// Adds signals up: for each maker the strongest of each family, the further ones discounted;
/// then shares between the makers and `unknown` that sum to one.
#[must_use]
pub fn add_up(signals: &[Signal], log_odds_before: f64, discount: f64) -> (Vec<Hypothesis>, f64) {
    let mut sums: Vec<(Entity, f64)> = Vec::with_capacity(4);
    let mut strongest: Vec<Signal> = Vec::with_capacity(signals.len());
    for one in signals {
        match strongest.iter_mut().find(|s| s.of == one.of && s.family == one.family) {
            Some(kept) if kept.log_odds.abs() > one.log_odds.abs() => {}
            // As strong for as against: what speaks against is heard.
            Some(kept) if kept.log_odds == -one.log_odds => {
                kept.log_odds = -kept.log_odds.abs();
            }
            Some(kept) => *kept = *one,
            None => strongest.push(*one),
        }
    }
    // Order of arrival must not matter: strongest first, then by name.
    strongest.sort_by(|one, other| {
        other
            .log_odds
            .total_cmp(&one.log_odds)
            .then(one.of.cmp(&other.of))
            .then(one.family.cmp(other.family))
    });
    for one in &strongest {
        match sums.iter_mut().find(|(of, _)| *of == one.of) {
            // The first counts in full; what speaks against always does.
            Some((_, sum)) if one.log_odds > 0.0 => *sum += discount * one.log_odds,
            Some((_, sum)) => *sum += one.log_odds,
            None => sums.push((one.of, log_odds_before + one.log_odds)),
        }
    }
    let total: f64 = 1.0 + sums.iter().map(|(_, sum)| sum.exp()).sum::<f64>();
    let mut ranked: Vec<Hypothesis> =
        sums.iter().map(|(of, sum)| Hypothesis { of: *of, p: sum.exp() / total }).collect();
    ranked.sort_by(|one, other| other.p.total_cmp(&one.p).then(one.of.cmp(&other.of)));
    (ranked, 1.0 / total)
}

/// Maps a share to a probability as fitted, and the rest with it, so that all sum to one.
pub fn calibrate(ranked: &mut [Hypothesis], unknown: &mut f64, slope: f64, intercept: f64) {
    let Some((first, others)) = ranked.split_first_mut() else { return };
    let p = first.p.clamp(1e-9, 1.0 - 1e-9);
    let mapped = 1.0 / (1.0 + (-(intercept + slope * (p / (1.0 - p)).ln())).exp());
    let left = *unknown + others.iter().map(|one| one.p).sum::<f64>();
    if left <= 0.0 {
        (first.p, *unknown) = (mapped, 1.0 - mapped);
        return;
    }
    // The map may draw the first down to the second, never below it.
    let second = others.first().map_or(0.0, |one| one.p / (left + one.p));
    first.p = mapped.max(second);
    let rest = (1.0 - first.p) / left;
    for one in others {
        one.p *= rest;
    }
    *unknown *= rest;
}

/// Under which head answers of a word are counted: what bears the maker's own name is right far
/// more easily than what is sold under another.
#[must_use]
pub const fn record_key(certainty: Certainty, own_name: bool) -> &'static str {
    match (certainty, own_name) {
        (Certainty::Unknown, _) => "unknown",
        (Certainty::Possible, true) => "possible-own",
        (Certainty::Possible, false) => "possible-other",
        (Certainty::Probable, true) => "probable-own",
        (Certainty::Probable, false) => "probable-other",
        (Certainty::Confirmed, true) => "confirmed-own",
        (Certainty::Confirmed, false) => "confirmed-other",
    }
}

/// Whose hardware and platform a device is, by the evidence read from it.
#[must_use]
pub fn attribute(base: &Base, weights: &Weights, read: &Read) -> Design {
    let signals: Vec<Signal> = read
        .evidence
        .iter()
        .filter(|one| one.speaks_to_design())
        .map(|one| Signal {
            of: one.of,
            family: one.family,
            log_odds: match one.polarity {
                Polarity::For => weights.log_odds(one.feature, one.family),
                Polarity::Against => -weights.log_odds(one.feature, one.family),
            },
        })
        .collect();
    let (mut ranked, mut unknown) = add_up(&signals, weights.log_odds_before, weights.fit.discount);
    let leads = ranked.first().is_some_and(|first| first.p > unknown);
    calibrate(&mut ranked, &mut unknown, weights.fit.slope, weights.fit.intercept);
    let mut design = Design {
        ranked,
        unknown,
        certainty: Certainty::Unknown,
        one_of: Vec::new(),
        kinds: Vec::new(),
        against: Vec::new(),
        strongest: None,
        record: Counts::default(),
        held_back: "nothing that was seen tells whose design it is",
    };
    if leads && !everybodys(base, read).is_empty() {
        // Whoever answers as everybody is nobody: no sum of banners makes a maker of it.
        design.held_back = "it carries the banners of three or more makers, as a honeypot or a laboratory device \
             does";
    } else if leads {
        word(base, weights, read, &mut design);
        let stated = design.stated();
        let own =
            |one: &Evidence| matches!(one.reason, Reason::OwnName(_)) && Some(one.of) == stated;
        let key = record_key(design.certainty, read.evidence.iter().any(own));
        // Of records that contradict themselves nobody counted how many were right.
        let alike = design.against.is_empty();
        let backed = stated.is_some() && design.held_back != UNFITTED && alike;
        let counts = weights.fit.words.get(key).filter(|_| backed);
        design.record = counts.copied().unwrap_or_default();
    } else if !design.ranked.is_empty() {
        design.held_back = "what was seen is too weak to name anybody";
    }
    design
}

/// A piece of evidence and its place in [`Read::evidence`].
type Placed<'r> = (usize, &'r Evidence);

/// Whether it speaks for somebody's design.
fn speaks(one: &Evidence) -> bool {
    one.speaks_to_design() && one.polarity == Polarity::For
}

/// Finds the word that the leading hypothesis has earned.
fn word(base: &Base, weights: &Weights, read: &Read, design: &mut Design) {
    let first = design.ranked[0];
    let weight = |one: &Evidence| weights.log_odds(one.feature, one.family);
    let placed = || read.evidence.iter().enumerate().filter(|(_, one)| speaks(one));
    let leading: Vec<Placed<'_>> = placed().filter(|(_, one)| one.of == first.of).collect();
    let (kinds, causes) = kinds_of(read, &leading);
    let independent = kinds.len().min(causes);
    design.kinds = kinds;
    let strongest = leading.iter().max_by(|(_, one), (_, other)| {
        // Of equals the first by number, so that the order of evidence does not matter.
        weight(one).total_cmp(&weight(other)).then(other.feature.cmp(&one.feature))
    });
    design.strongest = strongest.map(|(at, _)| *at);
    design.against = placed()
        .filter(|(_, one)| one.of != first.of && weight(one) >= CONTRADICTION_MIN)
        .filter(|(_, one)| !explained(read, &leading, one))
        .map(|(at, _)| at)
        .collect();
    if let Some(why) = left_open(base, weights, read, design, (&leading, causes)) {
        design.one_of.insert(0, first.of);
        (design.certainty, design.held_back) = (Certainty::Possible, why);
        return;
    }
    let from_device = leading.iter().any(|(_, one)| one.side == Side::Device);
    // A structural sign that few devices have shown yet wants a second kind beside it.
    let structural = leading.iter().any(|(_, one)| {
        is_structural(base, weights, one)
            && (weights.of(one.feature).counts.clusters >= CLUSTERS_ALONE_MIN || independent > 1)
    });
    let known_model = leading.iter().any(|(_, one)| names_model(base, one));
    let fitted = leading.iter().any(|(_, one)| weights.of(one.feature).fitted);
    (design.certainty, design.held_back) = if structural && design.against.is_empty() {
        (Certainty::Confirmed, "")
    } else if !fitted {
        (Certainty::Possible, UNFITTED)
    } else if independent < 2 {
        (Certainty::Possible, "only one kind of evidence speaks for it")
    } else if !from_device && !known_model {
        (Certainty::Possible, "nothing from the device itself, and no supply names the model")
    } else if !structural && !design.against.is_empty() {
        (Certainty::Possible, "something else contradicts it")
    } else if design.ranked[0].p < PROBABLE_MIN {
        (Certainty::Possible, "fewer than nine in ten observations like it were right")
    } else if design.against.is_empty() {
        (Certainty::Probable, "no structural evidence of the device itself")
    } else {
        (Certainty::Probable, "something else contradicts it")
    };
}

/// The families that make each other surer, and on how many values of the device they rest.
fn kinds_of(read: &Read, leading: &[Placed<'_>]) -> (Vec<&'static str>, usize) {
    let mut kinds: Vec<&'static str> = Vec::new();
    let mut causes: Vec<usize> = Vec::new();
    for (_, one) in leading.iter().filter(|(_, one)| is_kind(one)) {
        if !kinds.contains(&one.family) {
            kinds.push(one.family);
        }
        let cause = cause(read, one);
        if !causes.contains(&cause) {
            causes.push(cause);
        }
    }
    kinds.sort_unstable();
    (kinds, causes.len())
}

/// Finds those who cannot be told from the leading one, and why.
fn left_open(
    base: &Base,
    weights: &Weights,
    read: &Read,
    design: &mut Design,
    (leading, causes): (&[Placed<'_>], usize),
) -> Option<&'static str> {
    let first = design.ranked[0];
    let from_device = leading.iter().any(|(_, one)| one.side == Side::Device);
    // The name on it may be the very thing that misleads: where only label and model number lead
    // and the device itself speaks for somebody else, neither is stated alone.
    let device_says = |of: Entity| {
        let mut against = design.against.iter().map(|at| &read.evidence[*at]);
        !from_device && against.any(|one| one.of == of && one.side == Side::Device)
    };
    // So it is where one name leads and the model number is another's, and where a single value
    // leads and the name is another maker's own, or one that is supplied with this very model.
    let by_name = |one: &Evidence| match one.reason {
        Reason::Supply { reach, .. } => reach > Reach::Label,
        Reason::OwnName(_) => true,
        Reason::Signature(_) => false,
    };
    let alone = leading.iter().all(|(_, one)| matches!(one.reason, Reason::OwnName(_)));
    let paper_says = |of: Entity| {
        let other = |one: &&Evidence| speaks(one) && one.of == of && !base.kin(of, first.of);
        let strong =
            |one: &&Evidence| weights.log_odds(one.feature, one.family) >= CONTRADICTION_MIN;
        read.evidence.iter().filter(other).filter(strong).any(|one| {
            alone && one.family == "model" && !matches!(one.reason, Reason::Supply { .. })
                || causes < 2 && by_name(one)
        })
    };
    let rivals = design.ranked.iter().skip(1);
    let rivals = rivals
        .filter(|one| one.p >= ONE_OF_SHARE * first.p || device_says(one.of) || paper_says(one.of));
    let rivals: Vec<Entity> = rivals.map(|one| one.of).collect();
    let why = if rivals.iter().any(|of| device_says(*of)) {
        "the name on it says one maker and the device another"
    } else if rivals.iter().any(|of| paper_says(*of)) {
        "the name or the model number says one maker and the rest another"
    } else {
        "more than one maker fits what was seen"
    };
    design.one_of = rivals;
    (!design.one_of.is_empty()).then_some(why)
}

/// The observation that a piece of evidence rests on: a serial number that holds a model number
/// is one thing seen, not two. A supply rests on the name, whatever number it names.
pub(crate) fn cause(read: &Read, one: &Evidence) -> usize {
    match (&one.reason, &read.label) {
        (Reason::Supply { .. }, Some(label)) => label.observation,
        _ => one.observation,
    }
}

/// Whether the rules of the words would let this evidence earn `probable` for that maker, however
/// it is weighed: the ceiling of what a fit can reach.
#[must_use]
pub fn permits_probable(base: &Base, read: &Read, of: Entity) -> bool {
    let all = read.evidence.iter().enumerate();
    let speaking: Vec<Placed<'_>> = all.filter(|(_, one)| speaks(one) && one.of == of).collect();
    let (kinds, causes) = kinds_of(read, &speaking);
    let any = |holds: &dyn Fn(&Evidence) -> bool| speaking.iter().any(|(_, one)| holds(one));
    let from_device = any(&|one| one.side == Side::Device);
    let known_model = any(&|one| names_model(base, one));
    let structural = any(&|one| one.side == Side::Device && is_structural_sign(base, one));
    structural || (kinds.len() > 1 && causes > 1 && (from_device || known_model))
}

/// Whether it makes others surer. What a manual says speaks of the label's supply in general: it
/// leads like a supply that nobody named, and no word beyond `possible` rests on it.
fn is_kind(one: &Evidence) -> bool {
    one.family != Field::LabelManual.family() || matches!(one.reason, Reason::Supply { .. })
}

/// Evidence for another maker is no contradiction where the leading one's supply explains it:
/// a label that makes some of its equipment itself still bears its own name on the rest.
fn explained(read: &Read, leading: &[(usize, &Evidence)], other: &Evidence) -> bool {
    let supplied = leading.iter().any(|(_, one)| matches!(one.reason, Reason::Supply { .. }));
    let by_label = matches!(other.reason, Reason::Supply { .. } | Reason::OwnName(_));
    by_label && (supplied || read.label.as_ref().is_some_and(|label| label.of != other.of))
}

fn is_structural(base: &Base, weights: &Weights, one: &Evidence) -> bool {
    is_structural_sign(base, one) && one.side == Side::Device && weights.of(one.feature).fitted
}

/// A serial number is copied from a sticker by hand: it is of the maker's form, but nothing shows
/// that it is this device's, so that it confirms nothing.
fn is_structural_sign(base: &Base, one: &Evidence) -> bool {
    let Reason::Signature(number) = one.reason else { return false };
    let signature = &base.signatures[number as usize];
    signature.grade == Grade::Structural && !signature.copied && signature.field != Field::Serial
}

/// Whether it names this very model with a named source: a supply, or the maker's own grammar.
fn names_model(base: &Base, one: &Evidence) -> bool {
    match one.reason {
        Reason::Supply { reach, .. } => reach > Reach::Label,
        Reason::Signature(number) => {
            let signature = &base.signatures[number as usize];
            signature.role == Role::Design && one.family == "model" && !signature.copied
        }
        Reason::OwnName(_) => false,
    }
}
