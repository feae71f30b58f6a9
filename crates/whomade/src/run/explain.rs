//! `whomade explain`: the whole way from what was seen to what is said.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Result, bail};
use serde_json::json;
use whomade_core::assembly::is_called;
use whomade_core::diagnostic::Diagnostic;
use whomade_core::kb::document::nearest;
use whomade_core::observation::Device;
use whomade_core::report::{DeviceReport, clean, depth, device_report, record_sentence};

use crate::cli::Explain;
use crate::out::Out;
use crate::packs::heard;
use crate::render::finding::place_in;
use crate::render::{self, diagnostics, finding};
use crate::run::again::Again;
use crate::run::names::Names;
use whomade_inquiry::asking::Asked;
use whomade_inquiry::base::{Known, load};
use whomade_inquiry::worker::{Found, Worker};

/// Names remembered to suggest one when a device is not found.
const NAMES_MAX: usize = 20_000;

/// Runs `whomade explain`.
///
/// # Errors
/// When there is no such device.
pub(crate) fn run(out: &mut Out, overlay: Option<&Path>, typed: Explain) -> Result<ExitCode> {
    let (known, _) = load(overlay)?;
    let again = Again::new(out, typed.files, typed.run, typed.reading, &typed.asking)?.configured(
        out,
        &typed.configured,
        &known.base.facts,
    )?;
    let asked = Asked::check(&known.base, &again.asking)?;
    let mut worker = Worker::new(&known, &asked);
    let short = Names::of(&again.inputs());
    let place = |device: &Device| clean(&place_in(&short.short(&device.record.source), device));
    let (mut wanted, mut placed) = (None, None);
    let (mut names, mut others) = (Vec::new(), Vec::new());
    again.each(out, |device| {
        if is_called(&device.name, &typed.device) {
            if wanted.is_some() {
                others.push(place(&device));
            } else {
                wanted = Some(device);
            }
        } else if placed.is_none() && place(&device) == typed.device {
            placed = Some(device);
        } else if names.len() < NAMES_MAX {
            names.push(device.name);
        }
        true
    })?;
    if let Some(first) = wanted.as_ref().filter(|_| !others.is_empty() && !out.quiet) {
        let said = same_name(&clean(&typed.device), &place(first), &others, "explain");
        diagnostics::write(&mut out.aside, &said)?;
    }
    let Some(device) = wanted.or(placed) else {
        let near = nearest(&typed.device, names.iter().map(AsRef::as_ref));
        let such = names.first().map(|one| format!("; its devices are called as `{}`", clean(one)));
        let near = near.map(|near| format!("; did you mean `{}`?", clean(near))).or(such);
        let near = near.unwrap_or_default();
        bail!(
            "[ask/unknown-device] no device is called `{}` in {}{near}",
            clean(&typed.device),
            again.names()
        );
    };
    let found = worker.work(device);
    let suggestions = found.suggestions();
    let mut report = device_report(&known.base, &known.weights, &found.worked(suggestions));
    report.packs = heard(out, &typed.packs)?.said_of(&found.device);
    let deep = typed.deep.depth.map(|to| {
        let worked = found.worked(suggestions);
        depth(&known.base, &worked, &asked.regimes, asked.on, to.role())
    });
    if typed.json {
        let mut answer = json!({ "v": 1, "on": asked.on, "device": report });
        if let Some(deep) = deep {
            answer["depth"] = json!(deep);
        }
        out.line(answer.to_string())?;
        return Ok(ExitCode::SUCCESS);
    }
    finding::write(
        &mut out.answers,
        &known.base,
        &asked,
        (&found.worked(suggestions), &report.packs),
        finding::Detail::Explained,
    )?;
    let deep = deep.map(|deep| render::depth::lines(&known.base, &asked, &deep));
    for line in steps(&known, &found, &report, deep) {
        out.line(line)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// That several devices bear a name, which of them is shown, and how to choose another.
pub(crate) fn same_name(name: &str, shown: &str, others: &[String], command: &str) -> Diagnostic {
    const PLACES_MAX: usize = 6;
    let more = others.len().saturating_sub(PLACES_MAX);
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    let places = others[..others.len() - more].join(", ");
    let message = format!(
        "{} devices are called `{name}`: the one at {shown} is shown; others stand at {places}{rest}",
        others.len() + 1
    );
    let first = others.first().map(String::as_str).unwrap_or_default();
    Diagnostic::new("ask/same-name", message)
        .help(format!("its place chooses another: whomade {command} \"{first}\" …"))
}

/// The walk back, room by room.
///
/// Where a depth was asked for, the levels stand in the place of the roles.
fn steps(
    known: &Known,
    found: &Found,
    report: &DeviceReport,
    deep: Option<Vec<String>>,
) -> Vec<String> {
    let mut lines = vec!["Seen".to_owned()];
    for seen in &found.device.observations {
        lines.push(format!("  {:<18} {}", seen.field.id(), clean(&seen.value)));
    }
    for (heading, value) in found.device.context.iter().filter(|(_, value)| !value.is_empty()) {
        lines.push(format!("  {:<18} {}", clean(heading), clean(value)));
    }
    if let Some(day) = report.installed {
        lines.push(format!("  {:<18} {day}", "day of the record"));
    }
    if !report.readings.is_empty() {
        lines.push("\nRead out of it".to_owned());
        let firmware = report.readings.firmware_lines();
        let all = firmware.into_iter().chain(report.readings.shape_lines());
        lines.extend(all.map(|line| format!("  {line}")));
    }
    lines.push("\nEvidence (10 decibans: ten times as likely; 20: a hundred times)".to_owned());
    for one in &report.evidence {
        lines.extend(evidence_lines(known, one));
    }
    if report.evidence.is_empty() {
        lines.push("  nothing that the base knows".to_owned());
    }
    lines.push("\nHypotheses, whose design it is".to_owned());
    for one in &report.design.candidates {
        lines.push(format!("  {:<22} {:.2}", one.name, one.p));
    }
    lines.push(format!("  {:<22} {:.2}", "unknown", report.design.unknown));
    lines.push(format!("  {}", record_sentence(found.design())));
    match deep {
        Some(deep) => {
            lines.push(String::new());
            lines.extend(deep);
        }
        None => lines.extend(role_lines(report)),
    }
    for one in &report.contradictions {
        lines.push(format!("\nDoes not fit together ({}): {}", one.kind, one.says));
        for seen in &one.between {
            lines.push(format!("  {:<18} {}", seen.field, clean(&seen.value)));
        }
    }
    for aside in &report.asides {
        lines.push(format!("\nNot weighed ({}): {}", aside.kind, aside.says));
    }
    for said in &report.packs {
        lines.push(format!("\nNot weighed (pack): {}", said.sentence()));
        let given = said.params.iter();
        lines.extend(given.map(|(name, value)| format!("  {} {}", clean(name), clean(value))));
    }
    lines.extend(ruling_lines(report, found.unasked()));
    lines.push("\nWould settle it".to_owned());
    for one in &report.would_settle {
        lines.push(format!("  {} (about {} min): {}", one.what, one.minutes, one.how));
    }
    if report.would_settle.is_empty() {
        lines.push("  nothing is open".to_owned());
    }
    lines
}

fn role_lines(report: &DeviceReport) -> Vec<String> {
    let mut lines = Vec::new();
    if !report.design.one_of.is_empty() {
        // The figures above would let the reader ask why both are named.
        lines.push(
            "  they add up what spoke; where the name and the device speak for two makers, both \
             stand until somebody looks"
                .to_owned(),
        );
    }
    lines.push("\nRoles".to_owned());
    for role in &report.roles {
        let mut who: Vec<&str> = role.who.iter().map(|named| named.name.as_str()).collect();
        who.extend(role.written.as_deref());
        let who = if who.is_empty() { "not known".to_owned() } else { who.join(", ") };
        lines.push(format!("  {:<14} {who} ({})", role.role.word(), role.ground));
    }
    lines
}

fn evidence_lines(known: &Known, one: &whomade_core::report::EvidenceReport) -> Vec<String> {
    let weight = match one.decibans {
        Some(weight) => {
            format!("{weight:.1} decibans{}", if one.fitted { "" } else { ", unfitted" })
        }
        None => "not weighed".to_owned(),
    };
    let structural = if one.structural { ", structural" } else { "" };
    let contradicts = if one.contradicts { ", CONTRADICTS the answer" } else { "" };
    let derived =
        one.derived.as_ref().map(|text| format!(" → {}", clean(text))).unwrap_or_default();
    let mut lines = vec![
        format!("  {} {}{derived}", one.field, clean(&one.value)),
        format!(
            "      {} {} as {}: {weight}{structural}{contradicts}",
            one.polarity, one.of.name, one.role
        ),
        format!("      {} [{}]", one.why, one.fact),
    ];
    for id in &one.sources {
        let source = known.base.facts.sources.get(id);
        let text = source.map_or_else(String::new, |source| {
            let url = source.url.as_deref().unwrap_or("no address");
            format!("{}, {url}", source.title)
        });
        lines.push(format!("      source {id}: {text}"));
    }
    lines
}

fn ruling_lines(report: &DeviceReport, unasked: &[Option<String>]) -> Vec<String> {
    let mut lines = Vec::new();
    for (ruling, why) in report.rulings.iter().zip(unasked) {
        let why = why.as_ref().map(|why| format!(" ({why})")).unwrap_or_default();
        lines.push(format!("\nRuling {} on {}: {}{why}", ruling.regime, ruling.on, ruling.outcome));
        for step in &ruling.steps {
            lines.push(format!(
                "  {} ({}), from {}: {}",
                step.provision, step.citation, step.from, step.outcome
            ));
            lines.push(format!("      “{}”", step.text));
            for (key, value) in &step.relied_on {
                lines.push(format!("      relied on {key} = {value}"));
            }
            if !step.missing.is_empty() {
                lines.push(format!(
                    "      missing: {}",
                    whomade_core::report::missing_words(&step.missing)
                ));
            }
        }
    }
    lines
}
