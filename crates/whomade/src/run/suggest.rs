//! `whomade suggest`: what to look at in two minutes.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use serde_json::json;
use whomade_core::assembly::is_called;
use whomade_core::attribution::Certainty;
use whomade_core::observation::Field;
use whomade_core::report::{clean, counted};
use whomade_core::suggest::Suggestion;

use crate::cli::{Asking, Suggest};
use crate::only::shows_something;
use crate::out::Out;
use crate::render::finding::place_of;
use crate::run::again::Again;
use whomade_inquiry::asking::Asked;
use whomade_inquiry::base::load;
use whomade_inquiry::worker::{Found, Worker};

/// Devices named under each suggestion on a terminal.
const NAMES_MAX: usize = 6;

/// A next step: what, how, in how many minutes, for how many devices, and some of their names.
type Best = (&'static str, &'static str, u32, u64, Vec<String>);

/// Runs `whomade suggest`.
///
/// # Errors
/// When there is nothing to read.
pub(crate) fn run(out: &mut Out, overlay: Option<&Path>, typed: Suggest) -> Result<ExitCode> {
    let (known, _) = load(overlay)?;
    let again = Again::new(out, typed.files, typed.run, typed.reading, &Asking::default())?;
    let asked = Asked::check(&known.base, &again.asking)?;
    let mut worker = Worker::new(&known, &asked);
    let mut best: BTreeMap<&'static str, Best> = BTreeMap::new();
    let mut lines = Vec::new();
    let (mut devices, mut settled, mut stuck, mut bare) = (0_u64, 0_u64, 0_u64, 0_u64);
    again.each(out, |device| {
        if typed.device.as_ref().is_some_and(|name| !is_called(&device.name, name)) {
            return true;
        }
        devices += 1;
        let found = worker.work(device);
        if found.design().certainty >= Certainty::Probable {
            settled += 1;
            return true;
        }
        let suggestions = found.suggestions();
        stuck += u64::from(suggestions.is_empty());
        bare += u64::from(is_bare(&found));
        if typed.json || typed.all || typed.device.is_some() {
            lines.push((clean(&found.device.name), place_of(&found.device), suggestions.to_vec()));
        } else if let Some(first) = suggestions.first() {
            let entry = best.entry(first.id).or_insert((
                first.what,
                first.how,
                first.minutes,
                0,
                Vec::new(),
            ));
            entry.3 += 1;
            if entry.4.len() < NAMES_MAX {
                entry.4.push(clean(&found.device.name));
            }
        }
        typed.device.is_none()
    })?;
    if typed.json {
        for (device, place, all) in &lines {
            let line = json!({ "v": 1, "device": device, "place": place, "would_settle": all });
            out.line(line.to_string())?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    write_all(out, &lines)?;
    if typed.device.is_some() {
        return Ok(if devices == 0 { ExitCode::from(2) } else { ExitCode::SUCCESS });
    }
    if typed.all && !lines.is_empty() {
        out.line("")?;
    }
    out.line(format!(
        "{}, {settled} of them settled (probable or better)",
        counted(devices, "device")
    ))?;
    write_best(out, best.into_values().collect())?;
    if bare > 0 {
        let of = counted(bare, "device");
        out.line(format!(
            "\nof {of} only addresses are known, and they tell no maker: whether it is a camera or a \
             recorder at all comes first"
        ))?;
    }
    if stuck > 0 && !typed.all {
        out.line(format!("\nfor {stuck} nothing that the base knows of would say more"))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// All that would settle each device.
fn write_all(out: &mut Out, lines: &[(String, String, Vec<Suggestion>)]) -> Result<()> {
    for (device, place, suggestions) in lines {
        out.line(format!("{device} ({place})"))?;
        for one in suggestions {
            out.line(format!("  {} (about {} min): {}", one.what, one.minutes, one.how))?;
        }
        if suggestions.is_empty() {
            out.line("  nothing that the base knows of would say more")?;
        }
    }
    Ok(())
}

/// Whether nothing is known of a device but its addresses, and these speak for no maker: it may be
/// a router, or a telephone.
fn is_bare(found: &Found) -> bool {
    let addresses = [Field::Mac, Field::Ip];
    let mut seen = found.device.observations.iter();
    !shows_something(found)
        && found.device.context.is_empty()
        && seen.all(|one| addresses.contains(&one.field))
}

fn write_best(out: &mut Out, mut best: Vec<Best>) -> Result<()> {
    best.sort_by_key(|(what, .., count, _)| (std::cmp::Reverse(*count), *what));
    for (what, how, minutes, count, names) in best {
        out.line(format!("\n{what}, about {minutes} min each: the best next step for {count}"))?;
        out.line(format!("  {how}"))?;
        let more = count.saturating_sub(names.len() as u64);
        let more = if more > 0 { format!(" … and {more} more") } else { String::new() };
        out.line(format!("  {}{more}", names.join(", ")))?;
    }
    Ok(())
}
