//! A sink that writes down everything, for comparing with what is expected.

use std::fmt::Write as _;
use std::ops::ControlFlow;

use whomade_core::assembly::Sort;
use whomade_core::diagnostic::Diagnostic;
use whomade_core::observation::{Device, KnownBy, Seen};
use whomade_formats::read::{Sink, Understood, Use};

/// Everything a reader said, as text.
#[derive(Default)]
pub(crate) struct Show {
    /// The text.
    pub(crate) text: String,
    /// Devices seen.
    pub(crate) devices: Vec<Device>,
    /// Diagnostics seen.
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// What was understood.
    pub(crate) understood: Vec<Understood>,
    /// How many devices came before each of these.
    before: Vec<usize>,
}

impl Show {
    /// What the records of each table are of, and its devices.
    pub(crate) fn sections(&self) -> Vec<(Sort, Vec<Device>)> {
        let ends = self.before.iter().skip(1).copied().chain([self.devices.len()]);
        let parts = self.understood.iter().zip(self.before.iter().zip(ends));
        parts
            .map(|(told, (from, to))| (told.format.sort, self.devices[*from..to].to_vec()))
            .collect()
    }

    /// The codes said, in order.
    pub(crate) fn codes(&self) -> Vec<&'static str> {
        self.diagnostics.iter().map(|said| said.code).collect()
    }
}

impl Sink for Show {
    fn understood(&mut self, understood: Understood) {
        let text = &mut self.text;
        let delimiter = understood.delimiter.map(char::from);
        write!(text, "understood {}", understood.format.word).unwrap();
        if !understood.encoding.is_empty() {
            write!(text, " {}", understood.encoding).unwrap();
        }
        if let Some(delimiter) = delimiter {
            write!(text, " delimiter {delimiter:?}").unwrap();
        }
        if let Some(sheet) = &understood.sheet {
            write!(text, " sheet {sheet:?}").unwrap();
        }
        if let Some(line) = understood.header_line {
            write!(text, " header line {line}").unwrap();
        }
        text.push('\n');
        for column in &understood.columns {
            let used_as = match column.used_as {
                Use::Field(field) => field.id().to_owned(),
                other => format!("{other:?}"),
            };
            let (index, header, because) = (column.index, &column.header, column.because);
            writeln!(text, "  column {index} {header:?}: {used_as} ({because:?})").unwrap();
        }
        self.before.push(self.devices.len());
        self.understood.push(understood);
    }

    fn device(&mut self, device: Box<Device>) -> ControlFlow<()> {
        let text = &mut self.text;
        let line = device.record.line;
        write!(text, "device {:?} line {line}", device.name).unwrap();
        if let Some(day) = device.installed {
            write!(text, " installed {day}").unwrap();
        }
        match device.record.seen {
            Some(Seen { until, by: KnownBy::LeaseEnd, .. }) => {
                write!(text, " lease until {until}").unwrap();
            }
            Some(Seen { from, until, by: KnownBy::Lease }) => {
                write!(text, " at {from} lease until {until}").unwrap();
            }
            Some(Seen { from, until, .. }) if from == until => {
                write!(text, " at {from}").unwrap();
            }
            Some(Seen { from, until, .. }) => {
                write!(text, " from {from} until {until}").unwrap();
            }
            None => {}
        }
        text.push('\n');
        for seen in &device.observations {
            let span = seen.at.span.start as usize..seen.at.span.end as usize;
            let record = device.records().nth(seen.at.of as usize).expect("a record of it");
            let there = record.text.get(span).expect("a span inside the record");
            write!(text, "  {} = {:?}", seen.field, seen.value).unwrap();
            if seen.at.of > 0 {
                write!(text, " in line {}", record.line).unwrap();
            }
            if there != seen.value {
                write!(text, " at {there:?}").unwrap();
            }
            text.push('\n');
        }
        for (heading, value) in &device.context {
            writeln!(text, "  [{heading}] {value:?}").unwrap();
        }
        self.devices.push(*device);
        ControlFlow::Continue(())
    }

    fn diagnostic(&mut self, diagnostic: Diagnostic) {
        let text = &mut self.text;
        let (word, code) = (diagnostic.severity.word(), diagnostic.code);
        write!(text, "{word}[{code}]: {}", diagnostic.message).unwrap();
        if let Some(place) = diagnostic.place.as_ref().filter(|place| place.line > 0) {
            let meant = place.text.get(place.span.clone()).expect("a span inside the text");
            write!(text, " (line {} {meant:?} {})", place.line, place.label).unwrap();
        }
        text.push('\n');
        for note in &diagnostic.notes {
            writeln!(text, "  note: {note}").unwrap();
        }
        self.diagnostics.push(diagnostic);
    }
}
