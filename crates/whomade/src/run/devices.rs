//! `whomade devices`: which records are one device, and why.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::process::ExitCode;

use anyhow::{Result, bail};
use serde_json::json;
use whomade_core::assembly::{Assembly, Perhaps, is_called};
use whomade_core::kb::document::nearest;
use whomade_core::observation::Device;
use whomade_core::report::{clean, clean_to, counted};

use crate::cli::{Asking, Devices};
use crate::out::Out;
use crate::render::finding::{place_of, place_of_record, shell_word};
use crate::run::again::Again;
use whomade_inquiry::estate::Joined;

/// Records named in a line.
const NAMED_MAX: usize = 6;

/// Keys that joined nothing, and devices that are perhaps one, told at the end.
const REFUSED_MAX: usize = 20;

/// Two serial numbers, as typed.
const KEYS_CHARS_MAX: usize = 400;

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
        let of_name: Vec<&Listed> =
            devices.iter().filter(|one| is_called(&one.name, name)).collect();
        if of_name.is_empty() {
            let near = nearest(name, devices.iter().map(|one| one.name.as_str()));
            let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            let (name, files) = (clean(name), again.names());
            bail!("[ask/unknown-device] no device is called `{name}` in {files}{near}");
        }
        for device in of_name {
            why(out, device, (&devices, &joined), typed.json)?;
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
    let called = called(devices);
    let perhaps = joined.assembly.perhaps.iter().map(|one| perhaps_json(joined, &called, one));
    json!({
        "devices": devices.len(), "records": records, "not_joined": refused,
        "perhaps_the_same": perhaps.collect::<Vec<_>>(),
        "perhaps_only_counted": joined.assembly.perhaps_more,
    })
}

/// What the devices are called, by the place of each that names it.
fn called(devices: &[Listed]) -> HashMap<&str, &str> {
    devices.iter().map(|one| (one.place.as_str(), one.name.as_str())).collect()
}

/// The names of two devices that are perhaps one.
fn names_of<'d>(
    joined: &Joined,
    called: &HashMap<&'d str, &'d str>,
    one: &Perhaps,
) -> [&'d str; 2] {
    let name = |records: &Vec<u32>| {
        let mut places = records.iter().filter_map(|number| joined.places.get(number));
        places.find_map(|place| called.get(place.as_str()).copied()).unwrap_or_default()
    };
    one.records.each_ref().map(name)
}

fn perhaps_json(joined: &Joined, called: &HashMap<&str, &str>, one: &Perhaps) -> serde_json::Value {
    let records = one.records.each_ref().map(|all| placed(joined, all).collect::<Vec<_>>());
    json!({
        "devices": names_of(joined, called, one),
        "keys": one.serials.each_ref().map(ToString::to_string),
        "why": one.why.to_string(),
        "records": records,
        "settled_by": Perhaps::SETTLED_BY,
        "together": one.together(),
    })
}

/// Two devices that are perhaps one: what speaks for it, what would settle it, what to type.
fn perhaps_lines(joined: &Joined, called: &HashMap<&str, &str>, one: &Perhaps) -> Vec<String> {
    let [first, second] = names_of(joined, called, one);
    let [here, there] = one.records.each_ref().map(|all| few(placed(joined, all)));
    let [key, _] = &one.serials;
    vec![
        format!("  {first} and {second}: {}", one.why),
        format!("    {here}; {there}"),
        format!("    would settle it: {}", Perhaps::SETTLED_BY),
        format!(
            "    one device: --together {}; two: --apart {}",
            clean_to(&one.together(), KEYS_CHARS_MAX),
            clean_to(&key.to_string(), KEYS_CHARS_MAX)
        ),
    ]
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
    let perhaps = &joined.assembly.perhaps;
    if !perhaps.is_empty() {
        let called = called(devices);
        out.line("\nPerhaps the same")?;
        let shown = perhaps.iter().take(REFUSED_MAX);
        for line in shown.flat_map(|one| perhaps_lines(joined, &called, one)) {
            out.line(line)?;
        }
        if perhaps.len() > REFUSED_MAX {
            out.line(format!("  … and {} more; --json lists them", perhaps.len() - REFUSED_MAX))?;
        }
    }
    if joined.assembly.perhaps_more > 0 {
        out.line(format!(
            "  {} further likenesses of serial numbers were only counted",
            joined.assembly.perhaps_more
        ))?;
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

fn why(
    out: &mut Out,
    device: &Listed,
    (devices, joined): (&[Listed], &Joined),
    as_json: bool,
) -> Result<()> {
    let assembly = &joined.assembly;
    let group = group_of(assembly, joined, device);
    let ours = |records: &[u32]| records.iter().any(|one| group.contains(one));
    let joins: Vec<_> = assembly.joins.iter().filter(|one| ours(&one.records)).collect();
    let refused: Vec<_> = assembly.refused.iter().filter(|one| ours(&one.records)).collect();
    let is_ours = |one: &&Perhaps| one.records.iter().any(|records| ours(records));
    let perhaps: Vec<_> = assembly.perhaps.iter().filter(is_ours).collect();
    let called = called(devices);
    if as_json {
        let perhaps = perhaps.iter().map(|one| perhaps_json(joined, &called, one));
        let perhaps: Vec<_> = perhaps.collect();
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
            "joined_by": joins, "not_joined": refused, "perhaps_the_same": perhaps,
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
    if !perhaps.is_empty() {
        out.line("\nPerhaps the same")?;
    }
    for line in perhaps.iter().flat_map(|one| perhaps_lines(joined, &called, one)) {
        out.line(line)?;
    }
    // Each key joins by itself: one that is left would hold the records together.
    let keys = joins.iter().filter_map(|one| one.key.as_ref());
    let keys: BTreeSet<String> =
        keys.map(|key| shell_word(&clean(&format!("{}:{}", key.kind.word(), key.value)))).collect();
    if !keys.is_empty() {
        let apart: Vec<String> = keys.iter().map(|key| format!("--apart {key}")).collect();
        let apart = apart.join(" ");
        out.line(format!("\nTo undo the joins: {apart}; to join what was not: --together A+B"))?;
    }
    out.line("")?;
    Ok(())
}
