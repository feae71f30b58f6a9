//! Answers of Dahua's web interface (`magicBox.cgi`, `configManager.cgi`): lines `key=value`, as
//! people fetch them one after the other into a file. Of the lines only those are kept that are
//! read: a configuration holds passwords as well.

use std::ops::ControlFlow;

use whomade_core::assembly::Sort;
use whomade_core::observation::Field;

use super::Part;
use crate::read::format::{Format, Input};
use crate::read::report::Report;
use crate::read::{ip, mac, said, walk};

/// Bytes of the lines of one device that are kept.
const KEPT_BYTES_MAX: usize = 16 << 10;

/// Lines of the head that are looked at.
const LOOKED_AT: usize = 60;

/// Keys that no other program writes so.
const SIGNS: [&str; 7] = [
    "deviceType",
    "updateSerial",
    "hardwareVersion",
    "serialNumber",
    "appAutoStart",
    "table.General.MachineName",
    "table.Network.",
];

/// Keys of the answers themselves; each is of one device.
const READ: [&str; 12] = [
    "deviceType",
    "updateSerial",
    "type",
    "serialNumber",
    "sn",
    "version",
    "softwareVersion",
    "hardwareVersion",
    "processor",
    "vendor",
    "name",
    "table.General.MachineName",
];

/// Answers of `magicBox.cgi`.
pub(crate) const FORMAT: Format = Format {
    word: "magicbox",
    title: "answers of magicBox.cgi (key=value)",
    sort: Sort::Sighting,
    recognises: |head| {
        let keys = || head.start().lines().take(LOOKED_AT).filter_map(key);
        let signs = SIGNS.iter().filter(|sign| keys().any(|key| key.starts_with(**sign)));
        let own = keys().next().is_some() && walk::most(head, |line| key(line).is_some());
        own && signs.count() >= 2
    },
    read,
};

/// The key of a line `key=value`; of one that is none nothing.
fn key(line: &str) -> Option<&str> {
    let (key, _) = line.split_once('=')?;
    let key = key.trim();
    let good = |byte: u8| byte.is_ascii_alphanumeric() || b".[]_".contains(&byte);
    (!key.is_empty() && key.bytes().all(good)).then_some(key)
}

fn read(input: Input<'_>, report: &mut Report<'_>) {
    said::tell_format(FORMAT, report);
    let mut open = Part::default();
    walk::each(input, report, &mut |number, line, report| {
        let Some(name) = key(line) else { return ControlFlow::Continue(()) };
        let value = line.split_once('=').map_or("", |(_, value)| value.trim());
        if !is_read(name) || value.is_empty() {
            return ControlFlow::Continue(());
        }
        if begins_another(&open, name, value) {
            give(std::mem::take(&mut open), report)?;
        }
        if open.text.is_empty() {
            open.line = number;
        }
        if open.text.len() + line.len() < KEPT_BYTES_MAX {
            open.text.push_str(line.trim());
            open.text.push('\n');
        }
        ControlFlow::Continue(())
    });
    let _ = give(open, report);
    walk::tell_silence("no line names a device", report);
}

fn is_read(name: &str) -> bool {
    READ.contains(&name) || network(name).is_some()
}

/// What a line of the network's configuration holds: `table.Network.eth0.PhysicalAddress`.
fn network(name: &str) -> Option<Field> {
    let (_, last) = name.strip_prefix("table.Network.")?.split_once('.')?;
    match last {
        "PhysicalAddress" => Some(Field::Mac),
        "IPAddress" => Some(Field::Ip),
        _ => None,
    }
}

/// Whether a line gives another value to what the open device has one of already.
fn begins_another(open: &Part, name: &str, value: &str) -> bool {
    let one = ["serialNumber", "sn", "deviceType", "table.General.MachineName"];
    let single = one.contains(&name) || network(name).is_some();
    let before = open.text.lines().filter(|line| key(line) == Some(name));
    let other = |line: &str| line.split_once('=').is_some_and(|(_, old)| old.trim() != value);
    single && before.into_iter().any(other)
}

fn give(mut part: Part, report: &mut Report<'_>) -> ControlFlow<()> {
    let text = std::mem::take(&mut part.text);
    part.reply("magicbox", &text);
    for line in text.lines() {
        let Some((name, value)) = line.split_once('=') else { continue };
        match (name.trim(), network(name.trim())) {
            // Many have the name that their maker gave them.
            ("table.General.MachineName" | "name", _) => {
                part.notes.push(("machine name", value.trim().to_owned()));
            }
            (_, Some(Field::Mac)) => part.see(Field::Mac, &mac::exact(value).unwrap_or_default()),
            (_, Some(field)) => part.see(field, &ip::usual(value).unwrap_or_default()),
            _ => {}
        }
    }
    text.trim_end().clone_into(&mut part.text);
    part.give(report)
}
