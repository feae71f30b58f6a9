//! `whomade kb fit`: from labelled observations to `calibration/`.

use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use whomade_core::attribution::Certainty;
use whomade_core::calibration::fit::{self, fold};
use whomade_core::calibration::score::{Answer, reliability};
use whomade_core::calibration::{
    Example, FEATURES_HEADING, Sample, example, from_line, read_all, to_line,
};
use whomade_core::kb::{Base, Facts};
use whomade_core::observation::Device;
use whomade_core::weights::{Fit, Weights};

use crate::base::{files_of, registry_of};
use crate::out::Out;
use crate::run::eval::samples_of;

/// Fits and writes; with `check` only says whether the files would change.
///
/// # Errors
/// When files cannot be read or written.
pub(crate) fn fit(
    out: &mut Out,
    truth: Option<&Path>,
    dir: &Path,
    to: &Path,
    check: bool,
) -> Result<ExitCode> {
    let (facts, _) = Facts::read(&files_of(dir)?);
    let base = Base::new(facts, registry_of(dir));
    let examples = match truth {
        Some(file) => {
            let samples = samples_of(out, &base, file)?;
            let reads = read_all(&base, &samples);
            samples.iter().zip(&reads).map(|(one, read)| example(&one.truth, read)).collect()
        }
        None => features(&base, to)?,
    };
    if examples.is_empty() {
        bail!("there is no labelled observation to fit on");
    }
    let all: Vec<&Example> = examples.iter().collect();
    let fitted = fit::fit(&base, &all);
    let mut files = vec![("weights.toml", weights_text(&fitted))];
    if truth.is_some() {
        let lines: String = examples.iter().map(|one| to_line(&base, one) + "\n").collect();
        files.push(("features.tsv", format!("{FEATURES_HEADING}\n{lines}")));
    }
    let (samples, answers) = left_out(&base, &examples);
    files.push(("reliability.tsv", reliability_text(&samples, &answers)));
    files.push(("confusion.tsv", confusion_text(&base, &samples, &answers)));
    let mut changed = 0;
    for (name, text) in &files {
        let path = to.join(name);
        if std::fs::read_to_string(&path).is_ok_and(|before| before == *text) {
            continue;
        }
        changed += 1;
        if check {
            out.line(format!("{} would change", path.display()))?;
        } else {
            std::fs::create_dir_all(to)?;
            std::fs::write(&path, text)
                .with_context(|| format!("cannot write {}", path.display()))?;
            out.line(format!("{} written", path.display()))?;
        }
    }
    out.line(format!(
        "fitted on {} observations in {} clusters: {} features, discount {}, slope {}, \
         intercept {}",
        fitted.observations,
        fitted.clusters,
        fitted.features.len(),
        fitted.discount,
        fitted.slope,
        fitted.intercept
    ))?;
    Ok(if check && changed > 0 { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

fn features(base: &Base, dir: &Path) -> Result<Vec<Example>> {
    let path = dir.join("features.tsv");
    let text = std::fs::read_to_string(&path)
        .with_context(|| format!("cannot read {}; give --truth FILE", path.display()))?;
    Ok(text.lines().skip(1).filter_map(|line| from_line(base, line)).collect())
}

/// Answers by fits that have not seen the cluster, from the features alone.
fn left_out(base: &Base, examples: &[Example]) -> (Vec<Sample>, Vec<Answer>) {
    let mut answers = vec![Answer { stated: None, certainty: Certainty::Unknown, p: 0.0 }; examples.len()];
    for number in 0..fit::FOLDS {
        let here = |one: &Example| fold(&one.truth.cluster, fit::FOLDS) == number;
        let others: Vec<&Example> = examples.iter().filter(|one| !here(one)).collect();
        let weights = Weights::new(base, fit::fit(base, &others));
        for (one, answer) in examples.iter().zip(&mut answers).filter(|(one, _)| here(one)) {
            *answer = fit::answer(&weights, one);
        }
    }
    let samples = examples
        .iter()
        .map(|one| Sample { truth: one.truth.clone(), device: Device::default() })
        .collect();
    (samples, answers)
}

/// The fit as a file whose lines change only where a number does.
fn weights_text(fit: &Fit) -> String {
    let mut text = String::from(
        "# Written by `whomade kb fit`; never edited by hand. Counts of labelled observations by\n\
         # signature or class: how often it spoke, how often the maker it named was the maker, in\n\
         # how many clusters; the last two numbers count each cluster as one.\n\n",
    );
    let _ = writeln!(text, "discount = {:?}", fit.discount);
    let _ = writeln!(text, "slope = {:?}", fit.slope);
    let _ = writeln!(text, "intercept = {:?}", fit.intercept);
    let _ = writeln!(text, "base_rate_unknown = {:?}", fit.base_rate_unknown);
    let _ = writeln!(text, "observations = {}", fit.observations);
    let _ = writeln!(text, "clusters = {}\n\n[features]", fit.clusters);
    for (name, counts) in &fit.features {
        let _ = writeln!(
            text,
            "{name} = {{ fired = {}, right = {}, clusters = {}, fired_weight = {:?}, \
             right_weight = {:?} }}",
            counts.fired, counts.right, counts.clusters, counts.fired_weight, counts.right_weight
        );
    }
    text
}

fn reliability_text(samples: &[Sample], answers: &[Answer]) -> String {
    let mut text = String::from("stated\tright\tclusters\trows\n");
    for bin in reliability(samples, answers) {
        let _ = writeln!(
            text,
            "{:.3}\t{:.3}\t{:.1}\t{}",
            bin.stated, bin.right, bin.weight, bin.rows
        );
    }
    text
}

/// True maker against stated maker, rows that a fit without their cluster answered.
fn confusion_text(base: &Base, samples: &[Sample], answers: &[Answer]) -> String {
    let mut counts: std::collections::BTreeMap<(String, String), usize> = Default::default();
    for (sample, answer) in samples.iter().zip(answers) {
        let truth = &sample.truth;
        let is = match (truth.maker, truth.own) {
            (Some(of), _) | (None, Some(of)) => base.id(of),
            (None, None) => truth.role.as_str(),
        };
        let stated = answer.stated.map_or("-", |of| base.id(of));
        *counts.entry((is.to_owned(), stated.to_owned())).or_default() += 1;
    }
    let mut text = String::from("is\tstated\trows\n");
    for ((is, stated), rows) in counts {
        let _ = writeln!(text, "{is}\t{stated}\t{rows}");
    }
    text
}
