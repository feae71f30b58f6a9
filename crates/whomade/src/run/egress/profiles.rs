//! `--mud`: a profile of each device, of what it was seen to do, for a network that admits no more.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use whomade_core::attribution::Certainty;
use whomade_core::egress::recording::span;
use whomade_core::kb::Base;
use whomade_core::observation::Field;
use whomade_core::report::{clean, counted};
use whomade_formats::write::markdown::escaped;
use whomade_formats::write::mud::{Profile, mud};

use super::gather::{Gathered, Talking};
use crate::cli::Egress;
use crate::out::Out;
use crate::saved::{cannot_write, write_whole};
use crate::settings::written;
use whomade_inquiry::asking::day;

/// Where a file is said to be that nobody serves: a name that RFC 6761 keeps from ever leading
/// anywhere, so that no network fetches from a stranger what identifies the file only.
const NOWHERE: &str = "https://whomade.invalid/";
/// A longer address is none of a folder.
const URL_BYTES_MAX: usize = 500;
/// Devices without a profile that are named.
const NAMED_MAX: usize = 6;
/// What the folder says of itself.
const NOTE: &str = "README.md";

/// The address of the folder, as it was typed.
///
/// # Errors
/// When it is none by https.
pub(super) fn base_url(typed: Option<&str>) -> Result<String> {
    let Some(typed) = typed else { return Ok(NOWHERE.to_owned()) };
    let host = typed.strip_prefix("https://").unwrap_or_default();
    let plain =
        typed.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte));
    let whole = !host.is_empty() && !host.starts_with('/') && !typed.contains(['?', '#', '@']);
    if !plain || !whole || typed.len() > URL_BYTES_MAX {
        bail!(
            "[ask/mud-url] `{}` is no address of a folder that begins with https://",
            clean(typed)
        );
    }
    Ok(if typed.ends_with('/') { typed.to_owned() } else { format!("{typed}/") })
}

/// When the last packet was recorded; of captures that tell no time the beginning of the day that
/// was named.
///
/// # Errors
/// When that is no day.
pub(super) fn moment(gathered: &Gathered, typed: &Egress) -> Result<Timestamp> {
    match span(&gathered.recordings) {
        Some((_, until)) => Ok(until),
        None => Ok(day(typed.on.as_deref())?.to_zoned(TimeZone::UTC)?.timestamp()),
    }
}

/// Writes a file a device, and one that says what they are.
///
/// # Errors
/// When the folder cannot be made or written.
pub(super) fn write(
    out: &mut Out,
    base: &Base,
    (folder, url, at): (&Path, &str, Timestamp),
    gathered: &Gathered,
    typed: &Egress,
) -> Result<()> {
    // One folder is made, and none above it: a slip of the pen makes none elsewhere.
    if !folder.is_dir() {
        std::fs::create_dir(folder).with_context(|| cannot_write(folder))?;
    }
    let mut lines = String::new();
    let mut names: Vec<String> = Vec::new();
    for one in gathered.talking.iter().filter(|one| !one.recipients.is_empty()) {
        let name = file_name(one, &names);
        let (value, left) = mud(&Profile {
            url: format!("{url}{name}.json"),
            at,
            shown: shown(base, one, typed.mud_outside),
            maker: sure(one).map(|of| base.name(of).to_owned()),
            model: sure(one).and(one.found.device.first(Field::Model)).map(clean),
            recipients: &one.recipients,
            outside: typed.mud_outside,
            id: name.clone(),
        });
        let text = format!("{}\n", serde_json::to_string_pretty(&value)?);
        write_whole(&folder.join(format!("{name}.json")), text.as_bytes())?;
        let called = escaped(&clean(&one.found.device.name));
        let _ = writeln!(lines, "| {name}.json | {called} | {left} |");
        names.push(name);
    }
    let outside = if typed.mud_outside { OUTSIDE } else { INSIDE };
    let text = format!(
        "{HEAD}\n{outside}\n\n| file | device | recipients left out |\n|---|---|---|\n{lines}"
    );
    write_whole(&folder.join(NOTE), text.as_bytes())?;
    written(out, folder)?;
    tell(out, gathered, names.len())
}

/// Says how many profiles there are, and who got none.
fn tell(out: &mut Out, gathered: &Gathered, made: usize) -> Result<()> {
    if out.quiet {
        return Ok(());
    }
    let made = counted(made as u64, "profile");
    let without = gathered.talking.iter().filter(|one| one.recipients.is_empty());
    let without: Vec<String> = without.map(|one| clean(&one.found.device.name)).collect();
    if without.is_empty() {
        return Ok(writeln!(out.aside, "{made}")?);
    }
    let shown = without[..without.len().min(NAMED_MAX)].join(", ");
    let more = match without.len().saturating_sub(NAMED_MAX) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    Ok(writeln!(
        out.aside,
        "{made}; none where nothing that was exchanged was seen: {shown}{more}"
    )?)
}

const HEAD: &str = "# Profiles of what was seen

Files as RFC 8520 has them (MUD), made of recorded traffic by somebody who did not make the \
devices. They allow what was seen while it was recorded, no more: a function that was not \
used then is barred by them. Connections that nobody answered are not allowed. Read them \
before they are used. `is-supported` is false, \
because no maker will ever issue a newer one of these; `last-update` is the last packet. \
Names and the time are asked of the servers that your network names \
(`urn:ietf:params:mud:dns`, `urn:ietf:params:mud:ntp`), whomever the device asked.
";
const INSIDE: &str = "Hosts outside are left out, the makers' clouds among them: these are profiles \
                      for isolation. `--mud-outside` allows what was seen there, too.";
const OUTSIDE: &str = "Hosts outside are allowed as they were seen, the makers' clouds among them.";

/// The maker, where it is more than possible: nobody else is called the manufacturer.
fn sure(one: &Talking) -> Option<whomade_core::kb::Entity> {
    let design = one.found.design();
    design.stated().filter(|_| design.certainty >= Certainty::Probable)
}

/// What is shown to whoever admits the device, in sixty characters.
fn shown(base: &Base, one: &Talking, outside: bool) -> String {
    let of = match sure(one) {
        Some(of) => format!("{}, {}", base.name(of), one.found.design().certainty.word()),
        None => "Maker not established".to_owned(),
    };
    format!("{of}; as seen, clouds {}", if outside { "allowed" } else { "left out" })
}

/// A name of letters, digits and dashes: of the hardware address, else of what it is called.
fn file_name(one: &Talking, taken: &[String]) -> String {
    let device = &one.found.device;
    let called = device.first(Field::Mac).unwrap_or(device.name.as_str()).to_lowercase();
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' };
    let name: String = called.chars().take(60).map(plain).collect();
    let name = name.trim_matches(['-', '.']).to_owned();
    let name = if name.is_empty() { "device".to_owned() } else { name };
    let same = taken.iter().filter(|one| one.split("..").next() == Some(name.as_str())).count();
    if same == 0 { name } else { format!("{name}..{}", same + 1) }
}
