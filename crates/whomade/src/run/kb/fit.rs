//! `whomade kb fit`: from labelled observations to `calibration/`.

use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use whomade_core::calibration::fit;
use whomade_core::calibration::score::{Answer, reliability};
use whomade_core::calibration::stability::{Stability, stability};
use whomade_core::calibration::{
    Example, FEATURES_HEADING, Sample, example, from_line, read_all, to_line,
};
use whomade_core::diagnostic::{Diagnostic, Place};
use whomade_core::kb::{Base, Facts};
use whomade_core::observation::Device;
use whomade_core::weights::{Counts, Fit};

use crate::out::Out;
use crate::render::diagnostics;
use crate::run::eval::samples_of;
use crate::saved::cannot_write;
use whomade_inquiry::base::{files_of, registry_of};

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
    resample: usize,
) -> Result<ExitCode> {
    let (facts, _) = Facts::read(&files_of(dir)?.0);
    let base = Base::new(facts, registry_of(dir));
    let examples = match truth {
        Some(file) => {
            let samples = samples_of(out, &base, file)?;
            let reads = read_all(&base, &samples);
            samples.iter().zip(&reads).map(|(one, read)| example(&one.truth, read)).collect()
        }
        None => features(out, &base, to)?,
    };
    if examples.is_empty() {
        bail!("there is no labelled observation to fit on");
    }
    let all: Vec<&Example> = examples.iter().collect();
    let mut fitted = fit::fit(&base, &all);
    let answers = fit::answers_left_out(&base, &examples);
    fitted.words = fit::words(&examples, &answers);
    let mut files = vec![("weights.toml", weights_text(&fitted))];
    if truth.is_some() {
        let lines: String = examples.iter().map(|one| to_line(&base, one) + "\n").collect();
        files.push(("features.tsv", format!("{FEATURES_HEADING}\n{lines}")));
    }
    let samples: Vec<Sample> = examples
        .iter()
        .map(|one| Sample { truth: one.truth.clone(), device: Device::default() })
        .collect();
    files.push(("reliability.tsv", reliability_text(&samples, &answers)));
    files.push(("confusion.tsv", confusion_text(&base, &samples, &answers)));
    let steady = (resample > 0).then(|| stability(&base, &examples, resample));
    files.extend(steady.as_ref().map(|steady| ("stability.tsv", steady.to_text())));
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
            std::fs::write(&path, text).with_context(|| cannot_write(&path))?;
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
    if let Some(steady) = &steady {
        out.line(stability_text(steady))?;
    }
    Ok(if check && changed > 0 { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

fn features(out: &mut Out, base: &Base, dir: &Path) -> Result<Vec<Example>> {
    let path = dir.join("features.tsv");
    let text = std::fs::read_to_string(&path)
        .with_context(|| format!("cannot read {}; give --truth FILE", path.display()))?;
    let mut examples = Vec::new();
    for (number, line) in (1..).zip(text.lines()).skip(1) {
        match from_line(base, line) {
            Some(example) => examples.push(example),
            None => {
                let place = Place {
                    source: path.display().to_string().into(),
                    line: number,
                    text: line.to_owned(),
                    span: 0..line.len(),
                    label: "left out".to_owned(),
                };
                let said = Diagnostic::new("read/bad-features", "the line has not eight cells");
                diagnostics::write(&mut out.aside, &said.at(place))?;
            }
        }
    }
    Ok(examples)
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
    let _ = writeln!(text, "clusters = {}", fit.clusters);
    text +=
        "\n# Answers of fits that had not seen the cluster, by the word they earned.\n[words]\n";
    for (name, counts) in &fit.words {
        let _ = writeln!(text, "{name} = {}", counts_text(counts));
    }
    text += "\n[features]\n";
    for (name, counts) in &fit.features {
        let _ = writeln!(text, "{name} = {}", counts_text(counts));
    }
    text
}

/// What a reader should know of the report without opening it.
fn stability_text(steady: &Stability) -> String {
    let weights = || steady.spreads.iter().filter(|one| one.is_weight);
    let of = |verdict: &str| weights().filter(|one| one.verdict() == verdict).count();
    let moved: usize = steady.rows.iter().map(|row| row.moved).sum();
    let accused = steady.rows.iter().filter(|row| row.accused > 0).count();
    format!(
        "fitted again on {} draws of the clusters: of {} weights {} stable, {} thin, {} unstable; \
         the word was another in {moved} of {} answers; {accused} rows falsely accused at probable \
         in any draw",
        steady.draws,
        weights().count(),
        of("stable"),
        of("thin"),
        of("unstable"),
        steady.rows.len() * steady.draws,
    )
}

fn counts_text(counts: &Counts) -> String {
    format!(
        "{{ fired = {}, right = {}, clusters = {}, fired_weight = {:?}, right_weight = {:?} }}",
        counts.fired, counts.right, counts.clusters, counts.fired_weight, counts.right_weight
    )
}

fn reliability_text(samples: &[Sample], answers: &[Answer]) -> String {
    let mut text = String::from("stated\tright\tclusters\trows\n");
    for bin in reliability(samples, answers) {
        let _ =
            writeln!(text, "{:.3}\t{:.3}\t{:.1}\t{}", bin.stated, bin.right, bin.weight, bin.rows);
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
