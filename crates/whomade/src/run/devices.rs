//! `whomade devices`: which records are one device, and why.

use std::collections::BTreeMap;
use std::process::ExitCode;

use anyhow::{Result, bail};
use serde_json::json;
use whomade_core::assembly::Assembly;
use whomade_core::kb::document::nearest;
use whomade_core::observation::Device;
use whomade_core::report::{clean, counted};

use crate::cli::{Asking, Devices};
use crate::estate::Joined;
use crate::out::Out;
use crate::render::finding::{place_of, place_of_record};
use crate::run::again::Again;

/// Records named in a line.
const NAMED_MAX: usize = 6;

/// Keys that joined nothing, told at the end.
const REFUSED_MAX: usize = 20;

/// A device as it is listed.
struct Listed {
    name: String,
    place: String,
    places: Vec<String>,
}

impl Listed {
    fn of(device: &Device) -> Self {
        let places = device.records().map(|record| clean(&place_of_record(record))).collect();
        Self { name: clean(&device.name), place: place_of(device), places }
    }
}

/// Runs `whomade devices`.
///
/// # Errors
/// When there is nothing to read, or no such device.
pub(crate) fn run(out: &mut Out, typed: Devices) -> Result<ExitCode> {
    let again = Again::new(out, typed.files, None, typed.reading, &Asking::default())?;
    let mut devices: Vec<Listed> = Vec::new();
    let seen = again.all(out, &mut |device: Device| {
        devices.push(Listed::of(&device));
        true
    })?;
    let joined = seen.joined;
    if !out.quiet && typed.why.is_none() {
        joined.tell(&mut out.aside)?;
    }
    if let Some(name) = &typed.why {
        let of_name: Vec<&Listed> = devices.iter().filter(|one| one.name == *name).collect();
        if of_name.is_empty() {
            let near = nearest(name, devices.iter().map(|one| one.name.as_str()));
            let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            let (name, files) = (clean(name), again.names());
            bail!("[ask/unknown-device] no device is called `{name}` in {files}{near}");
        }
        for device in of_name {
            why(out, device, &joined, typed.json)?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    if typed.json {
        for device in &devices {
            out.line(
                json!({ "v": 1, "device": device.name, "records": device.places }).to_string(),
            )?;
        }
        out.line(json!({ "v": 1, "summary": summary(&devices, &joined) }).to_string())?;
        return Ok(ExitCode::SUCCESS);
    }
    list(out, &devices, &joined)?;
    Ok(ExitCode::SUCCESS)
}

fn summary(devices: &[Listed], joined: &Joined) -> serde_json::Value {
    let records: usize = devices.iter().map(|one| one.places.len()).sum();
    let refused: Vec<_> = joined
        .assembly
        .refused
        .iter()
        .map(|one| {
            let records: Vec<String> = placed(joined, &one.records).collect();
            json!({ "key": one.key.to_string(), "why": one.why.to_string(), "records": records })
        })
        .collect();
    json!({ "devices": devices.len(), "records": records, "not_joined": refused })
}

fn list(out: &mut Out, devices: &[Listed], joined: &Joined) -> Result<()> {
    let records: usize = devices.iter().map(|one| one.places.len()).sum();
    let mut of_size: BTreeMap<usize, usize> = BTreeMap::new();
    for device in devices {
        *of_size.entry(device.places.len()).or_default() += 1;
    }
    let (count, records) = (devices.len() as u64, records as u64);
    out.line(format!("{} of {}", counted(count, "device"), counted(records, "record")))?;
    let sizes = of_size.iter().map(|(size, count)| match size {
        1 => format!("{count} of one record"),
        size => format!("{count} of {size}"),
    });
    out.line(format!("  {}\n", sizes.collect::<Vec<_>>().join(", ")))?;
    let wide = devices.iter().map(|one| one.name.chars().count()).max().unwrap_or(0).min(30);
    for device in devices {
        out.line(format!("{:<wide$}  {}", device.name, few(device.places.iter().cloned())))?;
    }
    let refused = &joined.assembly.refused;
    if !refused.is_empty() {
        out.line("\nJoined nothing")?;
        for one in refused.iter().take(REFUSED_MAX) {
            let places = few(placed(joined, &one.records));
            out.line(format!(
                "  {}: {}\n    {places}",
                clean(&one.key.to_string()),
                told(joined, &one.why)
            ))?;
        }
        if refused.len() > REFUSED_MAX {
            out.line(format!("  … and {} more; --json lists them", refused.len() - REFUSED_MAX))?;
        }
    }
    Ok(())
}

/// Some of many, and how many more there are.
fn few(all: impl Iterator<Item = String>) -> String {
    let all: Vec<String> = all.collect();
    let mut text = all[..all.len().min(NAMED_MAX)].join(", ");
    if all.len() > NAMED_MAX {
        text += &format!(" and {} more", all.len() - NAMED_MAX);
    }
    text
}

fn placed<'j>(joined: &'j Joined, records: &'j [u32]) -> impl Iterator<Item = String> + 'j {
    records.iter().filter_map(|number| joined.places.get(number)).map(|place| clean(place))
}

/// A reason, with the record it may name as a place.
fn told(joined: &Joined, why: &whomade_core::assembly::Why) -> String {
    use whomade_core::assembly::Why;
    match why {
        Why::Several(number) => {
            let place = joined.places.get(number).map_or_else(String::new, |one| clean(one));
            format!("{place} lists several, and they lead to different devices")
        }
        other => clean(&other.to_string()),
    }
}

/// The records of a device: by their numbers where it was joined.
fn group_of(assembly: &Assembly, joined: &Joined, device: &Listed) -> Vec<u32> {
    let of_group = |group: &&Vec<u32>| {
        group.iter().any(|one| joined.places.get(one).is_some_and(|place| *place == device.place))
    };
    if let Some(group) = assembly.groups.iter().find(of_group) {
        return group.clone();
    }
    let own = joined.places.iter().find(|(_, place)| **place == device.place);
    own.map(|(number, _)| *number).into_iter().collect()
}

fn why(out: &mut Out, device: &Listed, joined: &Joined, as_json: bool) -> Result<()> {
    let assembly = &joined.assembly;
    let group = group_of(assembly, joined, device);
    let ours = |records: &[u32]| records.iter().any(|one| group.contains(one));
    let joins: Vec<_> = assembly.joins.iter().filter(|one| ours(&one.records)).collect();
    let refused: Vec<_> = assembly.refused.iter().filter(|one| ours(&one.records)).collect();
    if as_json {
        let joins: Vec<_> = joins
            .iter()
            .map(|one| {
                let records: Vec<String> = placed(joined, &one.records).collect();
                json!({ "key": one.key.as_ref().map(ToString::to_string), "records": records })
            })
            .collect();
        let refused: Vec<_> = refused
            .iter()
            .map(|one| {
                let records: Vec<String> = placed(joined, &one.records).collect();
                json!({ "key": one.key.to_string(), "why": one.why.to_string(), "records": records })
            })
            .collect();
        let answer = json!({
            "v": 1, "device": device.name, "records": device.places,
            "joined_by": joins, "not_joined": refused,
        });
        out.line(answer.to_string())?;
        return Ok(());
    }
    let count = device.places.len();
    let records = if count == 1 { "one record".to_owned() } else { format!("{count} records") };
    out.line(format!("{} is {records}", device.name))?;
    for place in &device.places {
        out.line(format!("  {place}"))?;
    }
    if !joins.is_empty() {
        out.line("\nJoined by")?;
    }
    for one in &joins {
        let key = one.key.as_ref().map_or_else(|| "what you said".to_owned(), ToString::to_string);
        out.line(format!("  {}\n    {}", clean(&key), few(placed(joined, &one.records))))?;
    }
    if !refused.is_empty() {
        out.line("\nNot joined by")?;
    }
    for one in &refused {
        let key = clean(&one.key.to_string());
        let places = few(placed(joined, &one.records));
        out.line(format!("  {key}: {}\n    {places}", told(joined, &one.why)))?;
    }
    if let Some(key) = joins.iter().find_map(|one| one.key.as_ref()) {
        let key = clean(&format!("{}:{}", key.kind.word(), key.value));
        out.line(format!("\nTo undo a join: --apart {key}; to join what was not: --together A+B"))?;
    }
    out.line("")?;
    Ok(())
}
