//! Raw replies of Hikvision's discovery (SADP): `<ProbeMatch>` documents, one after the other. Each
//! is a device. A reply is what its sender says; the table that the program SADP exports is read
//! as a table.

use std::ops::ControlFlow;

use whomade_core::assembly::Sort;
use whomade_core::observation::Field;

use super::Part;
use crate::read::format::{Format, Input};
use crate::read::report::Report;
use crate::read::xml::{self, Element, Record};
use crate::read::{said, walk};

/// Raw replies of SADP.
pub(crate) const FORMAT: Format = Format {
    word: "sadp",
    title: "raw replies of SADP (XML)",
    sort: Sort::Sighting,
    recognises: |head| {
        let root = head.root();
        // Programs put the replies into an element of their own.
        root.is_some() && root != Some("Envelope") && {
            let has = |name: &str| head.text.contains(name);
            has("<ProbeMatch>") && (has("<DeviceSN>") || has("<DeviceDescription>"))
        }
    },
    read,
};

fn read(input: Input<'_>, report: &mut Report<'_>) {
    said::tell_format(FORMAT, report);
    xml::each(input, &["ProbeMatch"], report, &mut matched);
    walk::tell_silence("no reply names its device", report);
}

fn matched(record: &Record<'_>, report: &mut Report<'_>) -> ControlFlow<()> {
    let mut part = Part::new("sadp", record.line, record.text);
    let text = |name: &str| record.element.child(name).map(Element::text);
    // A packet that only asks has none of these.
    let said = ["DeviceDescription", "DeviceSN", "MAC", "SoftwareVersion"];
    if !said.iter().any(|name| text(name).is_some_and(|text| !text.is_empty())) {
        return ControlFlow::Continue(());
    }
    part.reply("sadp", record.text);
    for name in ["IPv4Address", "IPv6Address"] {
        part.see(Field::Ip, &text(name).unwrap_or_default());
    }
    for (name, heading) in [
        ("Activated", "activated"),
        ("DSPVersion", "DSP version"),
        ("AnalogChannelNum", "analogue channels"),
        ("DigitalChannelNum", "digital channels"),
        ("BootTime", "started"),
    ] {
        part.notes.push((heading, text(name).unwrap_or_default().into_owned()));
    }
    part.give(report)
}
