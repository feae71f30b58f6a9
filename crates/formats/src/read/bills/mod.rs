//! Bills of materials. What they describe of equipment is a device; libraries and programs are
//! none, and how many were passed over is said once.

pub(crate) mod cyclonedx;
pub(crate) mod spdx;

use std::ops::ControlFlow;

use whomade_core::diagnostic::Diagnostic;
use whomade_core::observation::Field;

use super::content;
use super::host::Host;
use super::report::Report;
use super::walk;

/// Bytes of the record of a device whose parts stand apart from it.
const RECORD_BYTES_MAX: usize = 256 << 10;

/// Bytes of the parts of one device that are held until it is given; those beyond are left out.
const PARTS_BYTES_MAX: usize = 16 << 20;

/// Parts of one device that are noted.
const PARTS_MAX: usize = 256;

/// What sort of thing a bill lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Kind {
    /// Equipment, or a part of it.
    Device,
    /// The software that is built into equipment.
    Firmware,
    /// Anything else.
    #[default]
    Software,
}

/// A thing that a bill lists.
#[derive(Debug, Default)]
struct Thing {
    kind: Kind,
    name: String,
    version: String,
    /// Under whose name it is sold, as the bill's author wrote it.
    label: String,
    seen: Vec<(Field, String)>,
    notes: Vec<(String, String)>,
    /// What it consists of.
    within: Vec<Thing>,
}

impl Thing {
    /// Its names in one line.
    fn title(&self) -> String {
        let words = [&self.label, &self.name, &self.version];
        let words: Vec<&str> = words.into_iter().map(|word| word.trim()).collect();
        words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
    }

    /// Tells a device, or a firmware whose device the bill does not name.
    fn fill(&self, host: &mut Host<'_>) {
        host.observe(Field::Label, &self.label);
        let numbered = content::is_model(&self.name);
        match self.kind {
            Kind::Device if numbered => host.observe(Field::Model, &self.name),
            Kind::Device => host.observe(Field::Product, &self.name),
            _ => {
                host.note("firmware", &self.name);
                host.observe(Field::Firmware, &self.version);
            }
        }
        if self.kind == Kind::Device {
            host.note("version", &self.version);
        }
        for (field, value) in &self.seen {
            host.observe(*field, value);
        }
        for (heading, value) in &self.notes {
            host.note(heading, value);
        }
        for part in self.within.iter().take(PARTS_MAX) {
            match part.kind {
                Kind::Device => host.note("part", &part.title()),
                Kind::Firmware => {
                    host.observe(Field::Firmware, &part.version);
                    host.note("firmware", &part.title());
                }
                Kind::Software => {}
            }
        }
    }

    /// How many programs stand in it.
    fn software(&self) -> u64 {
        let within: u64 = self.within.iter().map(Self::software).sum();
        within + u64::from(self.kind == Kind::Software)
    }
}

/// A bill that is being read.
#[derive(Debug, Default)]
struct Bill {
    /// The device that the whole bill is of, its line and its record.
    whole: Option<(u64, String, Thing)>,
    /// Bytes of its parts.
    bytes: usize,
    software: u64,
}

impl Bill {
    /// The bill is of this: of a device everything that follows is a part.
    fn is_of(
        &mut self,
        thing: Thing,
        line: u64,
        text: &str,
        report: &mut Report<'_>,
    ) -> ControlFlow<()> {
        let given = self.give_whole(report);
        if thing.kind == Kind::Device {
            self.software += thing.software();
            self.bytes = 0;
            self.whole = Some((line, text.to_owned(), thing));
        }
        given
    }

    /// A thing of its list.
    fn take(
        &mut self,
        thing: Thing,
        line: u64,
        text: &str,
        report: &mut Report<'_>,
    ) -> ControlFlow<()> {
        if thing.kind == Kind::Software {
            self.software += 1;
            let mut within = thing.within.into_iter();
            return within.try_for_each(|part| self.take(part, line, text, report));
        }
        self.software += thing.software();
        let fits = self.bytes + text.len() <= PARTS_BYTES_MAX;
        match &mut self.whole {
            Some((_, record, whole)) if fits && whole.within.len() < PARTS_MAX => {
                self.bytes += text.len();
                if record.len() + text.len() < RECORD_BYTES_MAX {
                    record.push('\n');
                    record.push_str(text);
                }
                whole.within.push(thing);
                ControlFlow::Continue(())
            }
            Some(_) => ControlFlow::Continue(()),
            None => give(&thing, line, text, report),
        }
    }

    fn give_whole(&mut self, report: &mut Report<'_>) -> ControlFlow<()> {
        match self.whole.take() {
            Some((line, text, thing)) => give(&thing, line, &text, report),
            None => ControlFlow::Continue(()),
        }
    }

    /// Gives what is held, and says what was passed over.
    fn end(mut self, report: &mut Report<'_>) {
        if self.give_whole(report).is_break() {
            return;
        }
        if self.software > 0 {
            let what = if self.software == 1 { "part is" } else { "parts are" };
            let message = format!("{} {what} software and no equipment", self.software);
            let said = Diagnostic::new("read/software-parts", message)
                .note("they were passed over: nothing here speaks of libraries");
            report.say_of_file(said);
        }
        walk::tell_silence("the bill describes no equipment", report);
    }
}

fn give(thing: &Thing, line: u64, text: &str, report: &mut Report<'_>) -> ControlFlow<()> {
    let mut host = Host::new(line, text);
    thing.fill(&mut host);
    host.give(report)
}
