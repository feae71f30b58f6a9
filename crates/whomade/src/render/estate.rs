//! What is said of an estate beside its devices: exemptions, sites that claim one device, and what
//! changed since the baseline.

use std::io::Write as _;

use anyhow::Result;
use maud::{Markup, html};
use serde_json::{Value, json};
use whomade_core::baseline::exemption::State;
use whomade_core::diagnostic::Diagnostic;
use whomade_core::kb::Base;
use whomade_core::report::{clean, clean_to, counted};

use crate::baseline::compared::Compared;
use crate::out::Out;
use crate::render::diagnostics;
use crate::tally::Tally;
use whomade_inquiry::asking::Asked;

/// A sentence with a reason in it.
const SENTENCE_CHARS_MAX: usize = 2_000;

/// The exemptions in sentences, each with whether it exempts something.
fn exemptions(asked: &Asked) -> Vec<(bool, String)> {
    let all = asked.exemptions.outturns(asked.on);
    all.map(|one| (one.state == State::Used, clean_to(&one.words(), SENTENCE_CHARS_MAX))).collect()
}

/// Writes exemptions and changes behind the summary.
///
/// # Errors
/// When the stream is closed.
pub(crate) fn write(
    out: &mut Out,
    base: &Base,
    asked: &Asked,
    tally: &Tally,
    compared: Option<&Compared>,
    all: bool,
) -> Result<()> {
    let out = &mut out.answers;
    if !asked.exemptions.is_empty() {
        let exempted: Vec<String> =
            tally.exempted.iter().map(|(regime, devices)| format!("{regime} {devices}")).collect();
        let exempted = match exempted.join(", ") {
            none if none.is_empty() => "none".to_owned(),
            some => some,
        };
        let still = match tally.exempted_and_named {
            0 => String::new(),
            devices => {
                format!("; {} still counted, named by another regime", counted(devices, "device"))
            }
        };
        writeln!(out, "\nExempted, and not counted in the exit status: {exempted}{still}")?;
        for (_, words) in exemptions(asked) {
            writeln!(out, "  {words}")?;
        }
    }
    if let Some(compared) = compared {
        compared.write(out, base, all)?;
    }
    Ok(())
}

/// Warns of exemptions that exempt nothing, and of sites that claim one device. These are said
/// whatever the output is, and however quiet it should be.
///
/// # Errors
/// When the stream is closed.
pub(crate) fn warn(
    out: &mut Out,
    asked: &Asked,
    tally: &Tally,
    compared: Option<&Compared>,
) -> Result<()> {
    if let Some([now, then]) = compared.map(|one| one.beyond).filter(|one| *one != [0; 2]) {
        let message = format!("{now} devices of now and {then} of then were only counted");
        let said = Diagnostic::new("estate/many-changes", message)
            .help("hold the sites of the estate against baselines of their own");
        diagnostics::write(&mut out.aside, &said)?;
    }
    for (used, words) in exemptions(asked) {
        if !used {
            let said = Diagnostic::new("estate/exemption", words);
            diagnostics::write(&mut out.aside, &said)?;
        }
    }
    for (sites, devices) in &tally.claimed_twice {
        let plural = if *devices == 1 { "" } else { "s" };
        let message = format!("{devices} device{plural} claimed by two sites: {}", clean(sites));
        let said = Diagnostic::new("estate/two-sites", message)
            .help("of what they say differently nothing is known; narrow one of them");
        diagnostics::write(&mut out.aside, &said)?;
    }
    Ok(())
}

/// Adds the same to the summary as JSON.
pub(crate) fn json(asked: &Asked, tally: &Tally, compared: Option<&Compared>, summary: &mut Value) {
    if !asked.exemptions.is_empty() {
        let all: Vec<_> = asked.exemptions.outturns(asked.on).collect();
        summary["counting"] = json!(tally.counting);
        summary["exempted"] = json!(tally.exempted);
        summary["exemptions"] = json!(all);
    }
    if !asked.places.is_empty() {
        summary["claimed_by_two_sites"] = json!(tally.claimed_twice);
    }
    if let Some(compared) = compared {
        summary["changes"] = compared.json();
    }
}

/// The same as rows of a sheet.
pub(crate) fn rows(asked: &Asked, base: &Base, compared: Option<&Compared>) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    let exemptions = exemptions(asked);
    if !exemptions.is_empty() {
        rows.extend([Vec::new(), vec!["exemptions".to_owned()]]);
        rows.extend(exemptions.into_iter().map(|(_, words)| vec![words]));
    }
    if let Some(compared) = compared {
        rows.push(Vec::new());
        rows.extend(lines(base, compared).into_iter().map(|line| vec![line]));
    }
    rows
}

/// The same as a part of a page.
pub(crate) fn section(asked: &Asked, base: &Base, compared: Option<&Compared>) -> Markup {
    let exemptions = exemptions(asked);
    html! {
        @if !exemptions.is_empty() {
            section {
                h2 { "Exempted" }
                p { "These findings stand as they are; somebody answers for them until a day." }
                ul { @for (_, words) in &exemptions { li { (words) } } }
            }
        }
        @if let Some(compared) = compared {
            @let lines = lines(base, compared);
            section {
                h2 { "What changed" }
                @for (at, line) in lines.iter().enumerate() {
                    @if at == 0 { p { (line) } } @else { p.note { (line.trim()) } }
                }
            }
        }
    }
}

fn lines(base: &Base, compared: &Compared) -> Vec<String> {
    let mut text = Vec::new();
    // Writing into memory cannot fail.
    let _ = compared.write(&mut text, base, false);
    let text = String::from_utf8_lossy(&text).into_owned();
    text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()
}
