//! SSDP, as text: answers and notices one after the other, each a block of header lines (UPnP
//! Device Architecture 2.0, chapter 1); what `gssdp-discover` and `upnpc -l` print; and a device's
//! description in XML. What leads to one address is one device. Searches are questions and say
//! nothing of a device.

use std::ops::ControlFlow;

use whomade_core::assembly::Sort;
use whomade_core::observation::Field;

use super::{Held, Part};
use crate::read::format::{Format, Input};
use crate::read::head::Head;
use crate::read::report::Report;
use crate::read::xml::{self, Element, Record};
use crate::read::{ip, mac, said, walk};

/// Bytes of one block.
const BLOCK_BYTES_MAX: usize = 16 << 10;

/// Bytes of the blocks of one device.
const DEVICE_BYTES_MAX: usize = 64 << 10;

/// Lines of the head that are looked at.
const LOOKED_AT: usize = 40;

/// SSDP as text.
pub(crate) const FORMAT: Format = Format {
    word: "ssdp",
    title: "SSDP: answers, notices, gssdp-discover, upnpc, descriptions",
    sort: Sort::Sighting,
    recognises: |head| is_description(head) || is_printed(head) || is_raw(head),
    read,
};

fn is_description(head: &Head<'_>) -> bool {
    head.root() == Some("root") && head.text.contains("schemas-upnp-org:device-1-0")
}

fn is_printed(head: &Head<'_>) -> bool {
    let lines = || head.text.lines().take(LOOKED_AT).map(str::trim);
    let upnpc = lines().any(|line| line.starts_with("List of UPNP devices found on the network"));
    let gssdp = lines().any(|line| line.starts_with("resource available"))
        && lines().any(|line| line.starts_with("USN:"));
    upnpc || gssdp
}

/// Blocks of headers that only this protocol has.
fn is_raw(head: &Head<'_>) -> bool {
    let first = head.start().lines().next().unwrap_or("");
    let names = |wanted: &str| {
        let mut lines = head.start().lines().take(LOOKED_AT);
        lines.any(|line| header(line).is_some_and(|(name, _)| name.eq_ignore_ascii_case(wanted)))
    };
    let kind = || names("ST") || names("NT");
    opens(first) && (names("USN") && kind() || names("MAN") && names("ST"))
}

/// Whether a line opens a message.
fn opens(line: &str) -> bool {
    let line = line.trim();
    line.starts_with("HTTP/1.")
        || line.starts_with("NOTIFY * HTTP/1.")
        || line.starts_with("M-SEARCH * HTTP/1.")
}

/// A header line; nothing for others.
fn header(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.trim().split_once(':')?;
    let good = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    (!name.is_empty() && name.bytes().all(good)).then_some((name, value.trim()))
}

/// The devices, and the block that is being read.
#[derive(Default)]
struct Devices {
    held: Held,
    open: Option<(u64, String)>,
}

fn read(input: Input<'_>, report: &mut Report<'_>) {
    said::tell_format(FORMAT, report);
    let text = input.text_of_head();
    if Head::new(&input.head, &text).root().is_some() {
        xml::each(input, &["root"], report, &mut description);
        walk::tell_silence("no description names a device", report);
        return;
    }
    let mut devices = Devices::default();
    let mut last = 0;
    walk::each(input, report, &mut |number, line, report| {
        let trimmed = line.trim();
        // Blank lines do not come here: a gap in the numbers is the end of a block.
        let gap = number > last + 1;
        last = number;
        let begins = opens(line) || trimmed.starts_with("resource available");
        let begins = begins || trimmed.starts_with("desc:");
        if begins || gap {
            devices.end_block(report)?;
        }
        if begins {
            devices.open = Some((number, line.trim_end().to_owned()));
        } else if let Some((_, block)) = &mut devices.open
            && block.len() + line.len() < BLOCK_BYTES_MAX
        {
            block.push('\n');
            block.push_str(line.trim_end());
        }
        ControlFlow::Continue(())
    });
    let given = devices.end_block(report);
    if given.is_continue() && devices.held.give(&|_| true, report).is_continue() {
        walk::tell_silence("only questions stand there, no answers", report);
    }
}

impl Devices {
    /// Adds the block that is open to its device.
    fn end_block(&mut self, report: &mut Report<'_>) -> ControlFlow<()> {
        let Some((line, block)) = self.open.take() else { return ControlFlow::Continue(()) };
        if block.trim_start().starts_with("M-SEARCH") {
            return ControlFlow::Continue(());
        }
        let value = |names: [&str; 2]| {
            let mut all = block.lines().filter_map(header);
            let found = all.find(|(name, _)| names.iter().any(|n| n.eq_ignore_ascii_case(name)));
            found.map(|(_, value)| value)
        };
        let address = value(["LOCATION", "desc"]).filter(|address| !address.is_empty());
        let Some(address) = address else {
            // A farewell, or an answer that leads nowhere.
            return ControlFlow::Continue(());
        };
        let address = ip::usual(address).map_or_else(|| address.to_owned(), |ip| ip.into_owned());
        if self.held.is_full(block.len()) {
            self.held.give(&|_| true, report)?;
        }
        let part = self.held.part(address.clone(), block.len());
        if part.text.is_empty() {
            part.line = line;
        }
        fill(part, &address, &block);
        ControlFlow::Continue(())
    }
}

fn fill(part: &mut Part, address: &str, block: &str) {
    if part.text.len() + block.len() > DEVICE_BYTES_MAX {
        return;
    }
    if !part.text.is_empty() {
        part.text.push('\n');
    }
    part.text.push_str(block);
    part.see(Field::Ip, &ip::usual(address).unwrap_or_default());
    part.reply("ssdp", block);
}

/// A device's description. Its manufacturer is the name that it bears.
fn description(record: &Record<'_>, report: &mut Report<'_>) -> ControlFlow<()> {
    let mut part = Part::new("description", record.line, record.text);
    let Some(device) = record.element.child("device") else { return ControlFlow::Continue(()) };
    let text = |name: &str| device.child(name).map(Element::text).unwrap_or_default();
    part.see(Field::Label, &text("manufacturer"));
    // The number tells more than the name, where both are given.
    let number = text("modelNumber");
    let is_number = number.bytes().any(|byte| byte.is_ascii_alphabetic());
    let model = if is_number { number.clone() } else { text("modelName") };
    part.see(Field::Model, &model);
    part.reply("ssdp", record.text);
    for name in ["presentationURL", "URLBase"] {
        let base = record.element.child(name).map(Element::text).unwrap_or_default();
        part.see(Field::Ip, &text(name));
        part.see(Field::Ip, &base);
    }
    part.see(Field::Mac, &mac::exact(&text("physAddress")).unwrap_or_default());
    // Makers give all their devices one name; nobody called this one so.
    for (name, heading) in
        [("friendlyName", "friendly name"), ("modelDescription", "description"), ("UDN", "UDN")]
    {
        part.notes.push((heading, text(name).into_owned()));
    }
    part.give(report)
}
