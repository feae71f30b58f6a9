//! How firmly the fit stands: it is made again on clusters drawn with replacement, and what moves
//! is told. A weight that hangs on one cluster is gone wherever that cluster was not drawn.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::fit::{Drawn, fit, fit_drawn};
use super::{Example, feature_named};
use crate::attribution::{Certainty, Design, attribute};
use crate::evidence::{Feature, Read};
use crate::kb::{Base, Entity};
use crate::weights::{Fit, Weights};

/// Draws of a report, unless told otherwise.
pub const DRAWS: usize = 100;
/// An interval wider than this, in decibans, makes a weight unstable: three are a factor of two.
pub const WIDE_DECIBANS: f64 = 3.0;
/// A weight behind which nothing was drawn in more than this share of draws is thin.
pub const THIN_SHARE: f64 = 0.05;
/// Rows are listed whose word or maker changes in more than this share of draws.
pub const MOVED_SHARE: f64 = 0.05;
/// Where the drawing begins: the same draws on every machine.
const SEED: u64 = 0x9e37_79b9_7f4a_7c15;

/// One number of the fit over all draws.
#[derive(Debug, Clone, PartialEq)]
pub struct Spread {
    /// Signature, class, or `discount`, `slope`, `intercept`.
    pub name: String,
    /// Whether it is a weight in decibans.
    pub is_weight: bool,
    /// Clusters behind it in the fit on all.
    pub clusters: u32,
    /// Its value in the fit on all.
    pub whole: f64,
    /// Its median over the draws.
    pub median: f64,
    /// The end that 5 % of the draws lie below.
    pub low: f64,
    /// The end that 5 % of the draws lie above.
    pub high: f64,
    /// Draws in which no observation stood behind it, so that only its grade's prior spoke.
    pub absent: usize,
    /// Draws in all.
    pub draws: usize,
}

impl Spread {
    /// `unstable`, `thin` or `stable`.
    #[must_use]
    pub fn verdict(&self) -> &'static str {
        if self.is_weight && self.high - self.low > WIDE_DECIBANS {
            "unstable"
        } else if self.absent as f64 > THIN_SHARE * self.draws as f64 {
            "thin"
        } else {
            "stable"
        }
    }
}

/// One labelled observation over all draws.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Its id.
    pub id: String,
    /// The word that the fit on all gives it.
    pub word: Certainty,
    /// Draws in which the word was another.
    pub moved: usize,
    /// Draws that did not hold its cluster.
    pub unseen: usize,
    /// Of these, how often the word was another.
    pub moved_unseen: usize,
    /// Draws in which another maker was stated than by the fit on all.
    pub other_maker: usize,
    /// Draws in which a control or unknown device was given to a maker at `probable` or better.
    pub accused: usize,
    /// How often each word came: unknown, possible, probable, confirmed.
    pub words: [usize; 4],
}

/// The report.
#[derive(Debug, Clone, PartialEq)]
pub struct Stability {
    /// Draws.
    pub draws: usize,
    /// Clusters that a draw takes.
    pub clusters: usize,
    /// Every fitted number.
    pub spreads: Vec<Spread>,
    /// Every labelled observation.
    pub rows: Vec<Row>,
}

/// Fits on so many draws of clusters and compares with the fit on all.
#[must_use]
pub fn stability(base: &Base, examples: &[Example], draws: usize) -> Stability {
    let strong = examples.iter().filter(|one| !one.truth.weak);
    let clusters: BTreeSet<&str> = strong.map(|one| one.truth.cluster.as_str()).collect();
    let clusters: Vec<&str> = clusters.into_iter().collect();
    let whole = fit(base, &examples.iter().collect::<Vec<_>>());
    let features: Vec<(&String, Feature)> =
        whole.features.keys().filter_map(|name| Some((name, feature_named(base, name)?))).collect();
    let reads: Vec<Read> = examples.iter().map(Example::read).collect();
    let answers = |weights: &Weights| -> Vec<Design> {
        reads.iter().map(|read| attribute(base, weights, read)).collect()
    };
    let weights = Weights::new(base, whole.clone());
    let first = answers(&weights);
    let mut rows: Vec<Row> =
        examples.iter().zip(&first).map(|(one, said)| row(one, said)).collect();
    let mut values = vec![numbers(&weights, &features)];
    let mut absent = vec![0; features.len()];
    let mut state = SEED;
    for _ in 0..draws {
        let times = draw(&clusters, &mut state);
        let drawn = |one| Drawn { one, times: times_of(&times, one) };
        let fitted: Fit = fit_drawn(base, &examples.iter().map(drawn).collect::<Vec<_>>());
        for (count, (name, _)) in absent.iter_mut().zip(&features) {
            *count += usize::from(!fitted.features.contains_key(*name));
        }
        let weights = Weights::new(base, fitted);
        values.push(numbers(&weights, &features));
        for (((row, one), said), whole) in
            rows.iter_mut().zip(examples).zip(answers(&weights)).zip(&first)
        {
            row.add(one, &said, whole.stated(), times_of(&times, one) > 0);
        }
    }
    let names = ["discount", "slope", "intercept"].map(str::to_owned);
    let names = names.into_iter().chain(features.iter().map(|(name, _)| (*name).clone()));
    let spreads = names.enumerate().map(|(at, name)| {
        let feature = at.checked_sub(3);
        let clusters = whole.features.get(&name).map_or(whole.clusters, |counts| counts.clusters);
        let absent = feature.map_or(0, |at| absent[at]);
        let column = values.iter().map(|row| row[at]).collect();
        spread(name, feature.is_some(), clusters, absent, column)
    });
    Stability { draws, clusters: clusters.len(), spreads: spreads.collect(), rows }
}

fn row(one: &Example, said: &Design) -> Row {
    Row {
        id: one.truth.id.clone(),
        word: said.certainty,
        moved: 0,
        unseen: 0,
        moved_unseen: 0,
        other_maker: 0,
        accused: 0,
        words: [0; 4],
    }
}

impl Row {
    fn add(&mut self, one: &Example, said: &Design, whole: Option<Entity>, seen: bool) {
        let moved = said.certainty != self.word;
        self.moved += usize::from(moved);
        self.unseen += usize::from(!seen);
        self.moved_unseen += usize::from(moved && !seen);
        self.other_maker +=
            usize::from(whole.is_some() && said.stated().is_some_and(|of| Some(of) != whole));
        let sure = said.stated().filter(|_| said.certainty >= Certainty::Probable);
        let accused = one.truth.is_accusable() && sure.is_some_and(|of| !one.truth.is(of));
        self.accused += usize::from(accused);
        self.words[said.certainty as usize] += 1;
    }
}

fn times_of(times: &BTreeMap<&str, u32>, one: &Example) -> u32 {
    times.get(one.truth.cluster.as_str()).copied().unwrap_or(0)
}

/// As many clusters as there are, with replacement.
fn draw<'c>(clusters: &[&'c str], state: &mut u64) -> BTreeMap<&'c str, u32> {
    let mut times = BTreeMap::new();
    for _ in 0..clusters.len() {
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        let at = (*state % clusters.len() as u64) as usize;
        *times.entry(clusters[at]).or_insert(0) += 1;
    }
    times
}

fn numbers(weights: &Weights, features: &[(&String, Feature)]) -> Vec<f64> {
    let fit = &weights.fit;
    let shared = [fit.discount, fit.slope, fit.intercept];
    let each = features.iter().map(|(_, feature)| weights.of(*feature).decibans());
    shared.into_iter().chain(each).collect()
}

/// The first value is that of the fit on all; the others are the draws.
fn spread(name: String, is_weight: bool, clusters: u32, absent: usize, all: Vec<f64>) -> Spread {
    let mut drawn = all[1..].to_vec();
    drawn.sort_by(f64::total_cmp);
    let at = |share: f64| {
        let last = drawn.len().saturating_sub(1);
        drawn.get((share * last as f64).round() as usize).copied().unwrap_or(all[0])
    };
    Spread {
        whole: all[0],
        median: at(0.5),
        low: at(0.05),
        high: at(0.95),
        draws: drawn.len(),
        name,
        is_weight,
        clusters,
        absent,
    }
}

impl Stability {
    /// Rows of that word, draws of them in which it was another, and the same among draws without
    /// the row's cluster.
    #[must_use]
    pub fn of_word(&self, word: Certainty) -> (usize, usize, usize, usize) {
        let rows = self.rows.iter().filter(|row| row.word == word);
        rows.fold((0, 0, 0, 0), |(rows, moved, unseen, moved_unseen), row| {
            (rows + 1, moved + row.moved, unseen + row.unseen, moved_unseen + row.moved_unseen)
        })
    }

    /// The report as `stability.tsv`.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = format!(
            "# {} fits on {} clusters drawn with replacement. Weights in decibans. unstable: the \
             90 % interval is wider than {WIDE_DECIBANS} decibans; thin: in more than {} % of \
             draws nothing stood behind it and only its grade's prior spoke.\n\
             number\tclusters\twhole\tmedian\tlow\thigh\tabsent\tverdict\n",
            self.draws,
            self.clusters,
            100.0 * THIN_SHARE,
        );
        for one in &self.spreads {
            let digits = if one.is_weight { 1 } else { 2 };
            let numbers = [one.whole, one.median, one.low, one.high];
            let numbers = numbers.map(|number| format!("{number:.digits$}")).join("\t");
            let Spread { name, clusters, absent, .. } = one;
            let _ = writeln!(text, "{name}\t{clusters}\t{numbers}\t{absent}\t{}", one.verdict());
        }
        text += "\n# How often a row's word was another than that of the fit on all, in all draws \
                 and in those that did not hold its cluster.\n\
                 word\trows\tanswers\tmoved\tunseen\tmoved unseen\n";
        for word in WORDS {
            let (rows, moved, unseen, moved_unseen) = self.of_word(word);
            let answers = rows * self.draws;
            let _ = writeln!(text, "{word}\t{rows}\t{answers}\t{moved}\t{unseen}\t{moved_unseen}");
        }
        let _ = write!(
            text,
            "\n# Rows whose word or maker was another in more than {} % of draws.\n\
             row\tword\tunknown\tpossible\tprobable\tconfirmed\tother maker\taccused\n",
            100.0 * MOVED_SHARE
        );
        let most = MOVED_SHARE * self.draws as f64;
        let moved = |row: &&Row| (row.moved + row.other_maker) as f64 > most || row.accused > 0;
        for row in self.rows.iter().filter(moved) {
            let words = row.words.map(|count| count.to_string()).join("\t");
            let Row { id, word, other_maker, accused, .. } = row;
            let _ = writeln!(text, "{id}\t{word}\t{words}\t{other_maker}\t{accused}");
        }
        text
    }
}

/// The words, weakest first.
const WORDS: [Certainty; 4] =
    [Certainty::Unknown, Certainty::Possible, Certainty::Probable, Certainty::Confirmed];
