//! What `wsdiscover` of python-ws-discovery prints: an address a device, its scopes below it.

use std::ops::ControlFlow;

use whomade_core::assembly::Sort;
use whomade_core::observation::Field;

use super::Part;
use crate::read::format::{Format, Input};
use crate::read::report::Report;
use crate::read::{ip, said, walk};

/// Bytes of the lines of one device.
const DEVICE_BYTES_MAX: usize = 64 << 10;

/// What opens a device.
const OPENS: &str = " address: ";

/// What stands before each of its scopes.
const SCOPE: &str = "  - ";

/// What `wsdiscover` prints.
pub(crate) const FORMAT: Format = Format {
    word: "wsdiscover",
    title: "what wsdiscover prints",
    sort: Sort::Sighting,
    recognises: |head| {
        let mut lines = head.text.lines().skip_while(|line| !line.starts_with(OPENS)).skip(1);
        lines.next().is_some_and(|line| line.starts_with(SCOPE) && line.contains("://"))
    },
    read,
};

fn read(input: Input<'_>, report: &mut Report<'_>) {
    said::tell_format(FORMAT, report);
    let mut open: Option<Part> = None;
    walk::each(input, report, &mut |number, line, report| {
        if let Some(address) = line.strip_prefix(OPENS) {
            let mut next = Part::new("wsdiscover", number, line);
            next.see(Field::Ip, &ip::usual(address).unwrap_or_default());
            return match open.replace(next) {
                Some(done) => give(done, report),
                None => ControlFlow::Continue(()),
            };
        }
        if let Some(part) = &mut open
            && line.starts_with(SCOPE)
            && part.text.len() + line.len() < DEVICE_BYTES_MAX
        {
            part.text.push('\n');
            part.text.push_str(line);
        }
        ControlFlow::Continue(())
    });
    if let Some(done) = open {
        let _ = give(done, report);
    }
}

fn give(mut part: Part, report: &mut Report<'_>) -> ControlFlow<()> {
    let scopes = part.text.lines().filter_map(|line| line.strip_prefix(SCOPE));
    let scopes: Vec<&str> = scopes.collect();
    let scopes = scopes.join(" ");
    part.reply("ws_discovery", &scopes);
    part.give(report)
}
