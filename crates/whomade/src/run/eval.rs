//! `whomade eval`: the program scored against labelled observations.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Result, bail};
use whomade_core::attribution::{Certainty, attribute, permits_probable};
use whomade_core::calibration::fit::{self, fold};
use whomade_core::calibration::score::{Answer, ByCertainty, Score, bootstrap, reliability, score};
use whomade_core::calibration::{
    Example, Sample, Truth, by_cluster, example, keeps_device_clue, maker_named, mask_label,
    read_all, stands_in_base, without_part,
};
use whomade_core::diagnostic::{Diagnostic, Place, Severity};
use whomade_core::kb::Base;
use whomade_core::kb::document::nearest;
use whomade_core::weights::Weights;
use whomade_formats::read::{Labelled, read_labelled};

use crate::cli::Eval;
use crate::out::Out;
use crate::render::diagnostics;
use whomade_inquiry::base::{Known, load};

/// Runs `whomade eval`.
///
/// # Errors
/// When the file cannot be read or holds no labelled observation.
pub(crate) fn run(out: &mut Out, overlay: Option<&Path>, asked: &Eval) -> Result<ExitCode> {
    let (known, said) = load(overlay)?;
    for one in &said {
        diagnostics::write(&mut out.aside, one)?;
    }
    let plain = samples_of(out, &known.base, &asked.file)?;
    if plain.is_empty() {
        bail!("{} holds no labelled observation", asked.file.display());
    }
    let mut samples = plain.clone();
    if asked.mask_label {
        for sample in &mut samples {
            sample.device = mask_label(&known.base, &sample.device);
        }
    }
    if asked.by_cluster {
        samples = by_cluster(samples);
    }
    let answers = answers(&known, &plain, &samples, asked.cv);
    let score = score(&known.base, &samples, &answers);
    if asked.json {
        let mut answer = serde_json::to_value(&score)?;
        answer["v"] = serde_json::json!(1);
        out.line(answer.to_string())?;
    } else {
        print(out, &known, asked, &samples, &answers, &score)?;
        if asked.curve {
            curve(out, &known, &plain, &samples, asked.cv)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Reads a labelled file, and says what could not be read.
///
/// # Errors
/// When the file cannot be read.
pub(crate) fn samples_of(out: &mut Out, base: &Base, file: &Path) -> Result<Vec<Sample>> {
    let (rows, said) = read_labelled(file);
    for one in &said {
        if one.severity == Severity::Error || !out.quiet {
            diagnostics::write(&mut out.aside, one)?;
        }
    }
    if rows.is_empty() && said.iter().any(|one| one.severity == Severity::Error) {
        bail!("{} cannot be read", file.display());
    }
    let mut samples = Vec::with_capacity(rows.len());
    for row in rows {
        let known = !matches!(row.role.as_str(), "control" | "unknown");
        let maker = if known { maker_named(base, &row.true_maker) } else { None };
        if known && maker.is_none() && !out.quiet {
            diagnostics::write(&mut out.aside, &no_such_maker(base, &row))?;
        }
        let own = if row.role == "control" { maker_named(base, &row.actual_maker) } else { None };
        let truth = Truth {
            id: row.id,
            cluster: row.cluster,
            kind: row.kind,
            role: row.role,
            weak: row.strength == "weak",
            maker,
            own,
        };
        samples.push(Sample { truth, device: row.device });
    }
    Ok(samples)
}

fn no_such_maker(base: &Base, row: &Labelled) -> Diagnostic {
    let record = &row.device.record;
    let start = record.text.find(&row.true_maker).unwrap_or(0);
    let place = Place {
        source: Arc::clone(&record.source),
        line: record.line,
        text: record.text.clone(),
        span: start..start + row.true_maker.len(),
        label: "not found".to_owned(),
    };
    let message = format!("there is no maker `{}`", row.true_maker);
    let mut said = Diagnostic::new("read/no-such-maker", message).at(place);
    let ids = base.facts.makers.iter().flat_map(|(id, maker)| [id.as_str(), &maker.name]);
    said.help = nearest(&row.true_maker, ids).map(|near| format!("did you mean `{near}`?"));
    said
}

/// Answers about each sample; with `cv` by a fit that has not seen its cluster.
fn answers(known: &Known, plain: &[Sample], samples: &[Sample], cv: bool) -> Vec<Answer> {
    let base = &known.base;
    let reads = read_all(base, samples);
    if !cv {
        let each = reads.iter().map(|read| Answer::from(&attribute(base, &known.weights, read)));
        return each.collect();
    }
    // A fit learns from the rows as they are; only what is asked about is masked or joined.
    let seen: Vec<Example> = plain
        .iter()
        .zip(read_all(base, plain))
        .map(|(sample, read)| example(&sample.truth, &read))
        .collect();
    let mut answers =
        vec![Answer { stated: None, certainty: Certainty::Unknown, p: 0.0 }; samples.len()];
    for number in 0..fit::FOLDS {
        let here = |cluster: &str| fold(cluster, fit::FOLDS) == number;
        let others: Vec<&Example> = seen.iter().filter(|one| !here(&one.truth.cluster)).collect();
        let weights = Weights::new(base, fit::fit(base, &others));
        for ((sample, read), answer) in samples.iter().zip(&reads).zip(&mut answers) {
            if here(&sample.truth.cluster) {
                *answer = Answer::from(&attribute(base, &weights, read));
            }
        }
    }
    answers
}

fn print(
    out: &mut Out,
    known: &Known,
    asked: &Eval,
    samples: &[Sample],
    answers: &[Answer],
    score: &Score,
) -> Result<()> {
    out.line(format!(
        "{} rows, {} of them accusable{}{}{}",
        score.n,
        score.accusable,
        if asked.cv { "; fits that have not seen the cluster" } else { "; the built-in fit" },
        if asked.mask_label { "; labels masked" } else { "" },
        if asked.by_cluster { "; clusters as devices" } else { "" },
    ))?;
    out.line("")?;
    out.line("clusters count one          right   wrong  unknown   right, 95 % interval")?;
    let lines: [(&str, &ByCertainty, Line); 3] = [
        ("rebadged, strong", &score.rebadged_strong, |t| t.role == "rebadged" && !t.weak),
        ("rebadged, weak", &score.rebadged_weak, |t| t.role == "rebadged" && t.weak),
        ("own label", &score.own, |t| t.role == "own_brand"),
    ];
    for (name, tallies, line) in lines {
        let rows = [
            (Certainty::Possible, tallies.possible),
            (Certainty::Probable, tallies.probable),
            (Certainty::Confirmed, tallies.confirmed),
        ];
        for (certainty, tally) in rows {
            let (low, high) =
                bootstrap(samples, answers, |drawn| share_right(drawn, certainty, line));
            out.line(format!(
                "{:<17}{:<10}{:>6.1}{:>8.1}{:>9.1}   {:>3.0} %  [{:.0} to {:.0} %]",
                if certainty == Certainty::Possible { name } else { "" },
                certainty,
                tally.right,
                tally.wrong,
                tally.unknown,
                100.0 * tally.right / tally.total().max(1e-9),
                100.0 * low,
                100.0 * high,
            ))?;
        }
    }
    accusations(out, samples, answers, score)?;
    ceiling(out, known, samples, answers)?;
    unseen(out, known, samples, answers)?;
    if asked.mask_label {
        masked(out, samples, answers)?;
    }
    out.line("")?;
    out.line(format!(
        "ECE {:.3}, Brier {:.3}; reliability (stated, right, clusters):",
        score.ece, score.brier
    ))?;
    for bin in reliability(samples, answers) {
        out.line(format!("  {:.2}  {:.2}  {:.1}", bin.stated, bin.right, bin.weight))?;
    }
    if !score.wrong.is_empty() {
        out.line(format!("wrong: {}", score.wrong.join(" ")))?;
    }
    Ok(())
}

/// Which rows belong to a line of the report.
type Line = fn(&Truth) -> bool;

/// Share of a line's clusters that are right, of resampled rows.
fn share_right(drawn: &[(&Truth, &Answer, f64)], certainty: Certainty, line: Line) -> f64 {
    let (mut right, mut all) = (0.0, 0.0);
    for (truth, answer, weight) in drawn.iter().filter(|(truth, ..)| line(truth)) {
        all += weight;
        let stated = answer.stated.filter(|_| answer.certainty >= certainty);
        if stated.is_some_and(|of| truth.is(of)) {
            right += weight;
        }
    }
    if all > 0.0 { right / all } else { 0.0 }
}

fn accusations(out: &mut Out, samples: &[Sample], answers: &[Answer], score: &Score) -> Result<()> {
    out.line("")?;
    let lines = [
        (Certainty::Probable, &score.false_accusations.probable),
        (Certainty::Possible, &score.false_accusations.possible),
    ];
    for (certainty, ids) in lines {
        let (_, high) = bootstrap(samples, answers, |drawn| {
            let accusable = drawn.iter().filter(|(truth, ..)| truth.is_accusable());
            let accused = accusable.clone().filter(|(truth, answer, _)| {
                let stated = answer.stated.filter(|_| answer.certainty >= certainty);
                stated.is_some_and(|of| !truth.is(of))
            });
            let weigh = |rows: &mut dyn Iterator<Item = f64>| rows.sum::<f64>();
            let all = weigh(&mut accusable.map(|(.., weight)| *weight));
            weigh(&mut accused.map(|(.., weight)| *weight)) / all.max(1e-9)
        });
        // With none of n, the bound is about 3/n: a zero alone says too much.
        let bound = if ids.is_empty() { 3.0 / score.accusable.max(1) as f64 } else { high };
        let bound = bound.min(1.0);
        out.line(format!(
            "false accusations at {certainty} or better: {} of {} (95 % below {:.1} %) {}",
            ids.len(),
            score.accusable,
            100.0 * bound,
            ids.join(" "),
        ))?;
    }
    Ok(())
}

/// How many of the clusters whose evidence permits `probable` reach it.
fn ceiling(out: &mut Out, known: &Known, samples: &[Sample], answers: &[Answer]) -> Result<()> {
    let reads = read_all(&known.base, samples);
    let (mut permitted, mut reached, mut asked) = (0, 0, 0);
    for ((sample, read), answer) in samples.iter().zip(&reads).zip(answers) {
        let Some(of) = sample.truth.maker else { continue };
        asked += 1;
        if permits_probable(&known.base, read, of) {
            permitted += 1;
            reached += usize::from(answer.certainty >= Certainty::Probable);
        }
    }
    out.line(format!(
        "of {asked} rows with a true maker the evidence permits probable for {permitted}; \
         {reached} reach it"
    ))?;
    Ok(())
}

/// The score where no value of the row stands as an example in the base.
fn unseen(out: &mut Out, known: &Known, samples: &[Sample], answers: &[Answer]) -> Result<()> {
    let mut marks = [0_usize; 3];
    for (sample, answer) in samples.iter().zip(answers) {
        let truth = &sample.truth;
        if truth.maker.is_none() || stands_in_base(&known.base, &sample.device) {
            continue;
        }
        let mark = match answer.stated {
            Some(of) if truth.is(of) => 0,
            Some(_) => 1,
            None => 2,
        };
        marks[mark] += 1;
    }
    let [right, wrong, unknown] = marks;
    out.line(format!(
        "rows with a true maker none of whose values is an example of the base: {right} right, \
         {wrong} wrong, {unknown} unknown"
    ))?;
    Ok(())
}

/// How the answer holds when clues are missing: each cluster one device, clues taken away.
fn curve(
    out: &mut Out,
    known: &Known,
    plain: &[Sample],
    samples: &[Sample],
    cv: bool,
) -> Result<()> {
    const SEEDS: u64 = 5;
    out.line("\nclues removed   right   wrong  unknown   (rows with a true maker, five draws)")?;
    for share in [0.0, 0.25, 0.5, 0.75] {
        let mut marks = [0_usize; 3];
        for seed in 0..SEEDS {
            let mut thinned = samples.to_vec();
            for sample in &mut thinned {
                sample.device = without_part(&sample.device, share, seed);
            }
            for (sample, answer) in thinned.iter().zip(answers(known, plain, &thinned, cv)) {
                let truth = &sample.truth;
                match answer.stated {
                    _ if truth.maker.is_none() || sample.device.observations.is_empty() => {}
                    Some(of) if truth.is(of) => marks[0] += 1,
                    Some(_) => marks[1] += 1,
                    None => marks[2] += 1,
                }
            }
        }
        let all = marks.iter().sum::<usize>().max(1) as f64;
        let share_of = |count: usize| 100.0 * count as f64 / all;
        out.line(format!(
            "{:>11.0} % {:>6.1} % {:>5.1} % {:>6.1} %",
            100.0 * share,
            share_of(marks[0]),
            share_of(marks[1]),
            share_of(marks[2])
        ))?;
    }
    Ok(())
}

/// The masked question is only fair where the device itself said something.
fn masked(out: &mut Out, samples: &[Sample], answers: &[Answer]) -> Result<()> {
    let mut clusters: std::collections::BTreeMap<&str, (bool, bool)> = Default::default();
    for (sample, answer) in samples.iter().zip(answers) {
        let truth = &sample.truth;
        if truth.role != "rebadged" || truth.weak || !keeps_device_clue(&sample.device) {
            continue;
        }
        let (right, wrong) = clusters.entry(&truth.cluster).or_default();
        *right |= answer.stated.is_some_and(|of| truth.is(of));
        *wrong |= answer.stated.is_some_and(|of| !truth.is(of));
    }
    let right = clusters.values().filter(|(right, _)| *right).count();
    let wrong = clusters.values().filter(|(_, wrong)| *wrong).count();
    out.line(format!(
        "masked, of {} strong clusters that keep a device clue: {right} right, {wrong} wrong",
        clusters.len()
    ))?;
    Ok(())
}
