//! The holes of an estate as people read them.

use std::io::{self, Write};

use whomade_core::kb::Base;

use crate::holes::Holes;

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
    writeln!(
        out,
        "  {:<16} affected  probably fixed  fixed  cannot tell  exploited since",
        "advisory"
    )?;
    for (cve, one) in worst.iter().take(SHOWN_MAX) {
        let since = kev.added.get(*cve).map_or("·", String::as_str);
        writeln!(
            out,
            "  {cve:<16} {:>8}  {:>14}  {:>5}  {:>11}  {since}",
            one.affected, one.probably_fixed, one.fixed, one.cannot_tell
        )?;
    }
    if worst.len() > SHOWN_MAX {
        writeln!(out, "  … and {} further advisories", worst.len() - SHOWN_MAX)?;
    }
    Ok(())
}
