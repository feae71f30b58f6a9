//! One file's way to the sink: counts what is said, so that a bad file does not flood the user.

use std::cell::Cell;
use std::ops::{ControlFlow, Range};
use std::rc::Rc;
use std::sync::Arc;

use whomade_core::diagnostic::{Diagnostic, Place, Severity};
use whomade_core::egress::{Answer, Flow, Recording};
use whomade_core::observation::Device;
use whomade_core::report::counted;

use super::{Sink, Understood};

/// How often one code is reported in full per file; the rest is counted.
pub(crate) const SAME_CODE_MAX: u64 = 5;

/// The bytes of a record that a diagnostic shows at most.
pub(crate) const EXCERPT_BYTES_MAX: usize = 400;

/// Where devices and diagnostics of one file go.
pub(crate) struct Report<'a> {
    sink: &'a mut dyn Sink,
    /// The name of the file.
    pub(crate) source: Arc<str>,
    counts: Vec<(&'static str, u64)>,
    read: Rc<Cell<u64>>,
    total: Option<u64>,
    /// Devices given so far.
    pub(crate) devices: u64,
    /// Whether the file was found in a folder: nobody said that it can be read.
    pub(crate) searched: bool,
    /// Archives in which it lies.
    pub(crate) depth: u32,
    stopped: bool,
    /// Whether the user named the format: then all of its lines may be of another.
    pub(crate) forced: bool,
    /// Of lines that were skipped of such a file the first, and how many there are.
    skipped: Option<(Diagnostic, u64)>,
    /// Records whose time no clock can have told that was set.
    odd_clocks: u64,
    /// Cells that are written as `="text"`.
    pub(crate) unwrapped: u64,
}

impl<'a> Report<'a> {
    /// A report on a file of which `read` bytes were read so far.
    pub(crate) fn new(
        sink: &'a mut dyn Sink,
        source: &str,
        read: Rc<Cell<u64>>,
        total: Option<u64>,
    ) -> Self {
        Self {
            sink,
            source: source.into(),
            counts: vec![],
            read,
            total,
            devices: 0,
            searched: false,
            depth: 0,
            stopped: false,
            forced: false,
            skipped: None,
            odd_clocks: 0,
            unwrapped: 0,
        }
    }

    /// What counts the bytes that are read of the file.
    pub(crate) fn counter(&self) -> Rc<Cell<u64>> {
        Rc::clone(&self.read)
    }

    /// Tells that the file is an archive of so many.
    pub(crate) fn opens(&mut self, files: usize) {
        self.sink.opens(files);
    }

    /// A report on a file in the archive, which holds so many bytes.
    pub(crate) fn within(&mut self, name: &str, bytes: u64) -> Report<'_> {
        let source = format!("{}:{name}", self.source);
        self.sink.begins(&source);
        let mut report = Report::new(&mut *self.sink, &source, Rc::default(), Some(bytes));
        report.searched = true;
        report.depth = self.depth + 1;
        report.forced = self.forced;
        report
    }

    /// Takes what came of a file in the archive: its devices, and whether nobody takes any more.
    pub(crate) fn add(&mut self, devices: u64, stopped: bool) {
        self.devices += devices;
        self.stopped |= stopped;
    }

    /// Whether nobody takes any more.
    pub(crate) const fn is_stopped(&self) -> bool {
        self.stopped
    }

    /// Counts a code and tells whether it is still said in full.
    pub(crate) fn wants(&mut self, code: &'static str) -> bool {
        let place = self.counts.iter().position(|(known, _)| *known == code);
        let count = match place {
            Some(place) => &mut self.counts[place].1,
            None => {
                self.counts.push((code, 0));
                let last = self.counts.len() - 1;
                &mut self.counts[last].1
            }
        };
        *count += 1;
        *count <= SAME_CODE_MAX
    }

    /// Says that a line was skipped. Where the user named the format all of them are one.
    pub(crate) fn skip(&mut self, code: &'static str, said: impl FnOnce(&Self) -> Diagnostic) {
        if !self.forced {
            if self.wants(code) {
                let said = said(self);
                self.say_counted(said);
            }
            return;
        }
        match &mut self.skipped {
            Some((_, count)) => *count += 1,
            None => self.skipped = Some((said(self), 1)),
        }
    }

    /// Says how many lines were skipped of a file whose format the user named.
    fn tell_skipped(&mut self) {
        let Some((mut said, count)) = self.skipped.take() else { return };
        if count > 1 {
            let lines = format!("{count} lines were skipped");
            said.message = said.message.replacen("the line was skipped", &lines, 1);
            said = said.note("the first of them is shown");
            said.more = Some(count);
        }
        if self.devices == 0 {
            said.help = Some(
                "it is not of the format that --from names; without --from the content tells"
                    .to_owned(),
            );
        }
        self.say_counted(said);
    }

    /// Whether nothing came of the input so far: no device, and no word of what is wrong with it.
    pub(crate) fn is_silent(&self) -> bool {
        self.devices == 0 && self.counts.is_empty() && self.skipped.is_none()
    }

    /// Says something, unless its code was said often enough.
    pub(crate) fn say(&mut self, diagnostic: Diagnostic) {
        if self.wants(diagnostic.code) {
            self.sink.diagnostic(diagnostic);
        }
    }

    /// Says something that [`Self::wants`] was already asked for.
    pub(crate) fn say_counted(&mut self, diagnostic: Diagnostic) {
        self.sink.diagnostic(diagnostic);
    }

    /// Says something of the whole file.
    pub(crate) fn say_of_file(&mut self, diagnostic: Diagnostic) {
        let source = Arc::clone(&self.source);
        self.say(diagnostic.in_file(source));
    }

    /// Tells what was understood.
    pub(crate) fn understood(&mut self, understood: Understood) {
        self.sink.understood(understood);
    }

    /// Tells what a capture covers.
    pub(crate) fn recorded(&mut self, recording: Recording) {
        self.sink.recorded(recording);
    }

    /// Tells with whom the device talked that is given next.
    pub(crate) fn talked(&mut self, flows: &mut dyn Iterator<Item = Flow>) {
        self.sink.talked(flows);
    }

    /// Tells what the device was answered that is given next.
    pub(crate) fn answered(&mut self, answers: &mut dyn Iterator<Item = Answer>) {
        self.sink.answered(answers);
    }

    /// Tells what the device asked that is given next, and nobody answered.
    pub(crate) fn asked(&mut self, questions: Vec<u64>) {
        self.sink.asked(questions);
    }

    /// Tells that a station was heard for the first time.
    pub(crate) fn heard(&mut self, addresses: &str) {
        self.sink.heard(addresses);
    }

    /// Gives a device on.
    pub(crate) fn device(&mut self, device: impl Into<Box<Device>>) -> ControlFlow<()> {
        self.devices += 1;
        let device = device.into();
        if device.record.seen.is_some_and(|seen| !seen.is_plausible()) {
            self.odd_clocks += 1;
        }
        let taken = self.sink.device(device);
        self.stopped |= taken.is_break();
        taken
    }

    /// A device to fill, with whatever was in it.
    pub(crate) fn spare(&mut self) -> Box<Device> {
        self.sink.spare()
    }

    /// Tells how far the reading is.
    pub(crate) fn tick(&mut self) {
        self.sink.progress(self.read.get(), self.total);
    }

    /// A place in the file: the part of the record around the bytes meant.
    pub(crate) fn place(&self, line: u64, text: &str, span: Range<usize>, label: &str) -> Place {
        let (text, span) = excerpt(text, span);
        Place { source: Arc::clone(&self.source), line, text, span, label: label.into() }
    }

    /// Says how many diagnostics were held back. Called once, at the end of the file.
    pub(crate) fn finish(&mut self) {
        self.tell_skipped();
        if self.odd_clocks > 0 {
            let count = std::mem::take(&mut self.odd_clocks);
            let records = if count == 1 { "record is" } else { "records are" };
            let message = format!("{count} {records} dated before 2000 or after 2100");
            let said = Diagnostic::new("read/odd-clock", message)
                .note("no address is given to a device by such a time")
                .help("set the clock of what wrote the file");
            self.say_of_file(said);
        }
        if self.unwrapped > 0 {
            let cells = counted(std::mem::take(&mut self.unwrapped), "cell");
            let message =
                format!("{cells} written as Excel's formula =\"text\"; the text was read");
            self.say_of_file(Diagnostic::new("read/unwrapped", message));
        }
        let counts = std::mem::take(&mut self.counts);
        for (code, count) in counts {
            if count > SAME_CODE_MAX {
                let mut more = Diagnostic::new(
                    code,
                    format!("\u{2026} and {} more of the same kind", count - SAME_CODE_MAX),
                );
                more.severity = Severity::Note;
                more.more = Some(count - SAME_CODE_MAX);
                self.sink.diagnostic(more.in_file(Arc::clone(&self.source)));
            }
        }
        self.tick();
    }
}

/// The part of a text around a span, so that a record of a megabyte is not shown whole.
fn excerpt(text: &str, span: Range<usize>) -> (String, Range<usize>) {
    let span = floor_boundary(text, span.start)..floor_boundary(text, span.end);
    if text.len() <= EXCERPT_BYTES_MAX {
        return (text.to_owned(), span.start.min(span.end)..span.end);
    }
    let wanted = span.start.saturating_sub(EXCERPT_BYTES_MAX / 4);
    let from = floor_boundary(text, wanted);
    let to = floor_boundary(text, (from + EXCERPT_BYTES_MAX).min(text.len()));
    let start = span.start.clamp(from, to) - from;
    let end = span.end.clamp(from, to) - from;
    (text[from..to].to_owned(), start..end.max(start))
}

/// The nearest start of a character at or before a byte.
pub(crate) fn floor_boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// A text cut to a number of bytes; tells whether it was cut.
pub(crate) fn cut(text: &str, max: usize) -> (&str, bool) {
    if text.len() <= max { (text, false) } else { (&text[..floor_boundary(text, max)], true) }
}

/// A place in a record as the shared types hold it.
pub(crate) fn span32(range: Range<usize>) -> Range<u32> {
    let start = u32::try_from(range.start).unwrap_or(u32::MAX);
    let end = u32::try_from(range.end).unwrap_or(u32::MAX);
    start..end
}
