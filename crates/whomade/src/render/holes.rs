//! The holes of an estate as people read them.

use std::io::{self, Write};

use maud::{Markup, html};
use whomade_core::kb::Base;

use whomade_inquiry::holes::Holes;

/// Advisories that are listed; the rest are counted.
const SHOWN_MAX: usize = 5;

/// Writes the section.
///
/// # Errors
/// When the stream is closed.
pub(crate) fn write(out: &mut dyn Write, base: &Base, holes: &Holes) -> io::Result<()> {
    let Holes { looked_at, no_firmware, affected, exploited, .. } = holes;
    writeln!(out, "\nDevices by advisory: {affected} of {looked_at} are affected by one or more")?;
    if *no_firmware > 0 {
        writeln!(out, "  {no_firmware} more have a maker and no firmware version: cannot tell")?;
    }
    let worst = holes.worst(base);
    if worst.is_empty() {
        return writeln!(out, "  no range of an advisory holds any of them");
    }
    let kev = &base.facts.kev;
    let day = kev.catalogue.as_deref().unwrap_or("an unknown day");
    writeln!(out, "  {exploited} by a hole that CISA's catalogue of {day} knows exploited")?;
    let epss = &base.facts.epss;
    let scored = epss.day.as_ref().map(|day| format!("  EPSS of {day}")).unwrap_or_default();
    writeln!(
        out,
        "  {:<16} affected  probably fixed  fixed  cannot tell  exploited since{scored}",
        "advisory"
    )?;
    for (cve, one) in worst.iter().take(SHOWN_MAX) {
        let since = kev.added.get(*cve).map_or("·", String::as_str);
        writeln!(
            out,
            "  {cve:<16} {:>8}  {:>14}  {:>5}  {:>11}  {since}{}",
            one.affected,
            one.probably_fixed,
            one.fixed,
            one.cannot_tell,
            likely(base, cve, since)
        )?;
    }
    if worst.len() > SHOWN_MAX {
        writeln!(out, "  … and {} further advisories", worst.len() - SHOWN_MAX)?;
    }
    Ok(())
}

/// The score of EPSS under its heading, where the user brought any.
fn likely(base: &Base, cve: &str, since: &str) -> String {
    let wide = "exploited since".len() - since.chars().count();
    let score = base.facts.epss.scores.get(cve);
    score.map(|(score, _)| format!("{:wide$}  {score:.3}", "")).unwrap_or_default()
}

/// The same as a section of the page; nothing where it was not asked.
pub(crate) fn section(base: &Base, holes: Option<&Holes>) -> Markup {
    let Some(holes) = holes else { return Markup::default() };
    let kev = &base.facts.kev;
    let day = kev.catalogue.as_deref().unwrap_or("an unknown day");
    let worst = holes.worst(base);
    html! {
        section {
            h2 { "Devices by advisory" }
            p {
                b { (holes.affected) } " of " (holes.looked_at) " are affected by one or more, "
                b { (holes.exploited) } " by a hole that CISA's catalogue of " (day)
                " knows exploited. Of " (holes.no_firmware)
                " more the firmware version is not known: nothing is told of them."
            }
            @if !worst.is_empty() {
                table {
                    thead {
                        tr {
                            th scope="col" { "Advisory" }
                            th scope="col" { "Affected" }
                            th scope="col" { "Probably fixed" }
                            th scope="col" { "Fixed" }
                            th scope="col" { "Cannot tell" }
                            th scope="col" { "Exploited since" }
                            @if let Some(day) = &base.facts.epss.day {
                                th scope="col" { "EPSS of " (day) }
                            }
                        }
                    }
                    tbody {
                        @for (cve, one) in worst {
                            tr {
                                td { (cve) }
                                td { (one.affected) }
                                td { (one.probably_fixed) }
                                td { (one.fixed) }
                                td { (one.cannot_tell) }
                                td { (kev.added.get(cve).map_or("", String::as_str)) }
                                @if base.facts.epss.day.is_some() {
                                    td { (epss(base, cve)) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The score of EPSS, or nothing.
fn epss(base: &Base, cve: &str) -> String {
    let score = base.facts.epss.scores.get(cve);
    score.map(|(score, _)| format!("{score:.3}")).unwrap_or_default()
}
