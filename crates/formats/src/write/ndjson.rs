//! Devices as observations, one JSON object a line, as the reader of such lines takes them: reading
//! what was written gives the same devices, and writing those gives the same bytes.
//!
//! Every line stands for itself: the version, the number of its device in the file, what the device
//! is called, where it was first read and when it was seen, then one observation, one thing kept
//! beside (`heading`) or the day of installation. What the records are of stands on a line of its
//! own before them.

use std::io::{self, Write};

use serde_json::Value;
use whomade_core::assembly::Sort;
use whomade_core::observation::{Device, KnownBy, Record};
use whomade_core::report::turns_text;

/// The version of the lines.
pub const VERSION: u32 = 1;

/// What each line of ours begins with.
pub(crate) const BEGINS: &str = "{\"v\":1,";

/// Writes devices as observations.
#[derive(Debug, Default)]
pub struct Observations {
    /// What the records that follow are of, until it is written.
    section: Option<Sort>,
    devices: u64,
    head: Vec<u8>,
    line: Vec<u8>,
}

impl Observations {
    /// A table, sheet or file begins whose records are of that sort.
    pub const fn section(&mut self, sort: Sort) {
        self.section = Some(sort);
    }

    /// Writes a device.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn device(&mut self, to: &mut impl Write, device: &Device) -> io::Result<()> {
        if let Some(sort) = self.section.take() {
            writeln!(to, "{BEGINS}\"records\":\"{}\"}}", sort.word())?;
        }
        self.devices += 1;
        let several = !device.others.is_empty();
        let nothing = device.observations.is_empty()
            && device.context.is_empty()
            && device.installed.is_none();
        if several || nothing {
            // Each record stands there before anything that was seen in it.
            for of in 0..=device.others.len() {
                self.begin(device, of);
                self.end(to)?;
            }
        }
        let mut begun = None;
        for seen in &device.observations {
            if begun != Some(seen.at.of) {
                self.begin(device, seen.at.of as usize);
                begun = Some(seen.at.of);
            }
            self.pair("field", seen.field.id());
            self.pair("value", &seen.value);
            self.end(to)?;
        }
        if begun != Some(0) {
            self.begin(device, 0);
        }
        for (heading, value) in &device.context {
            self.pair("heading", heading);
            self.pair("value", value);
            self.end(to)?;
        }
        if let Some(day) = device.installed {
            self.pair("installed", &day.to_string());
            self.end(to)?;
        }
        Ok(())
    }

    /// What every line of a record begins with.
    fn begin(&mut self, device: &Device, of: usize) {
        let none = Record::default();
        let record = device.records().nth(of).unwrap_or(&none);
        let line = &mut self.head;
        line.clear();
        line.extend_from_slice(BEGINS.as_bytes());
        line.extend_from_slice(format!("\"n\":{},\"device\":", self.devices).as_bytes());
        push_text(line, &device.name);
        if of > 0 {
            line.extend_from_slice(format!(",\"record\":{of}").as_bytes());
        }
        line.extend_from_slice(b",\"from\":");
        match &record.origin {
            Some(origin) => push_text(line, origin),
            None => push_text(line, &record.place()),
        }
        if let Some(seen) = record.seen {
            let (from, until) = (seen.from, seen.until);
            let told = match seen.by {
                KnownBy::Sight => format!(",\"seen\":[\"{from}\",\"{until}\"]"),
                KnownBy::Lease => format!(",\"lease\":[\"{from}\",\"{until}\"]"),
                KnownBy::LeaseEnd => format!(",\"lease\":[null,\"{until}\"]"),
            };
            line.extend_from_slice(told.as_bytes());
        }
        self.line.clone_from(&self.head);
    }

    fn pair(&mut self, key: &str, value: &str) {
        self.line.extend_from_slice(b",\"");
        self.line.extend_from_slice(key.as_bytes());
        self.line.extend_from_slice(b"\":");
        push_text(&mut self.line, value);
    }

    fn end(&mut self, to: &mut impl Write) -> io::Result<()> {
        self.line.extend_from_slice(b"}\n");
        to.write_all(&self.line)?;
        self.line.clone_from(&self.head);
        Ok(())
    }
}

/// A text as JSON. What a terminal obeys is escaped, so that a file that is looked at does nothing.
fn push_text(line: &mut Vec<u8>, text: &str) {
    let plain = |byte: u8| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\';
    if text.bytes().all(plain) {
        line.push(b'"');
        line.extend_from_slice(text.as_bytes());
        line.push(b'"');
        return;
    }
    for c in Value::from(text).to_string().chars() {
        // Such a character occurs only within the text: everything around it is plain.
        if matches!(c, '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}') || turns_text(c) {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                line.extend_from_slice(format!("\\u{unit:04x}").as_bytes());
            }
        } else {
            let mut bytes = [0; 4];
            line.extend_from_slice(c.encode_utf8(&mut bytes).as_bytes());
        }
    }
}
