//! From a path or a stream to the reader of its format.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::Path;
use std::rc::Rc;

use whomade_core::diagnostic::{Diagnostic, Severity};

use super::encoding::Text;
use super::format::{Format, Input};
use super::gzip::{self, Opened};
use super::head::Head;
use super::report::Report;
use super::said;
use super::sniff::{self, Guess};
use super::{Live, Options, Sink, broken, captures, encoding, scan};

/// Bytes of the header of a capture, which is there before its first packet.
const PCAP_HEADER_BYTES: usize = 24;

/// Reads a file: finds its format, tells what it understood, gives the devices one by one.
///
/// Nothing is returned: every failure is a diagnostic. Text formats stream, so that memory stays
/// flat however long the file is.
pub fn read_file(path: &Path, options: &Options, sink: &mut dyn Sink) {
    let name = path.to_string_lossy().into_owned();
    sink.begins(&name);
    let read = Rc::new(Cell::new(0));
    let opened = std::fs::metadata(path).and_then(|about| File::open(path).map(|f| (about, f)));
    let (about, file) = match opened {
        Ok(opened) => opened,
        Err(error) => {
            let mut report = Report::new(sink, &name, read, None);
            let said = Diagnostic::new("read/cannot-open", format!("{name}: {error}"))
                .help("check the name and the right to read it");
            report.say_of_file(said);
            return;
        }
    };
    if !about.is_file() && !is_stream(&about) {
        let mut report = Report::new(sink, &name, read, None);
        let said = match std::fs::read_dir(path) {
            Err(error) if about.is_dir() => {
                Diagnostic::new("read/cannot-open", format!("{name}: {error}"))
                    .help("check the right to look into the folder")
            }
            listed => {
                let what = if listed.is_ok() { "a directory" } else { "no regular file" };
                Diagnostic::new("read/not-a-file", format!("{name} is {what}"))
                    .help("name the files in it")
            }
        };
        report.say_of_file(said);
        return;
    }
    let total = about.is_file().then_some(about.len());
    let mut report = Report::new(sink, &name, read, total);
    report.searched = options.searched;
    let again = about.is_file().then(|| file.try_clone().ok()).flatten();
    read_input(Box::new(file), again, options, &mut report);
    report.finish();
}

/// Whether it is a pipe, as shells make for `<(command)`.
#[cfg(unix)]
fn is_stream(about: &std::fs::Metadata) -> bool {
    std::os::unix::fs::FileTypeExt::is_fifo(&about.file_type())
}

/// Other systems have no such files.
#[cfg(not(unix))]
fn is_stream(_: &std::fs::Metadata) -> bool {
    false
}

/// Reads a stream, as [`read_file`] reads a file. `name` is what diagnostics call it.
pub fn read_stream(name: &str, input: &mut dyn Read, options: &Options, sink: &mut dyn Sink) {
    sink.begins(name);
    let mut report = Report::new(sink, name, Rc::default(), None);
    report.searched = options.searched;
    read_input(Box::new(input), None, options, &mut report);
    report.finish();
}

/// Reads a capture while it is recorded, or the log of a scan while it is made: nothing waits for
/// more than the next packet or line. The stream is not packed.
pub fn read_live(
    name: &str,
    (live, input): (Live, &mut dyn Read),
    options: &Options,
    sink: &mut dyn Sink,
) {
    sink.begins(name);
    let mut report = Report::new(sink, name, Rc::default(), None);
    let (format, head) = match live {
        Live::Network | Live::Reports => (captures::FORMAT, first_bytes(input, PCAP_HEADER_BYTES)),
        Live::Scan => (scan::whomade::FORMAT, first_line(input)),
    };
    let head = match head {
        Ok(head) => head,
        Err(error) => {
            said::tell_read_error(&error, &mut report);
            return;
        }
    };
    let stream: Box<dyn Read + '_> = Box::new(input);
    let input = Cursor::new(head.clone()).chain(stream);
    let opened = Opened { head, input, packed: false, error: None };
    let options = Options { live: Some(live), ..options.clone() };
    (format.read)(Input::new(opened, None, &options), &mut report);
    report.finish();
}

fn first_bytes(input: &mut dyn Read, count: usize) -> io::Result<Vec<u8>> {
    let mut head = vec![0; count];
    input.read_exact(&mut head)?;
    Ok(head)
}

/// The first line, and nothing behind it: that comes later.
fn first_line(input: &mut dyn Read) -> io::Result<Vec<u8>> {
    const LINE_BYTES_MAX: usize = 1 << 20;
    let (mut head, mut byte) = (Vec::new(), [0]);
    while head.last() != Some(&b'\n') && head.len() < LINE_BYTES_MAX {
        if input.read(&mut byte)? == 0 {
            break;
        }
        head.push(byte[0]);
    }
    Ok(head)
}

/// Reads an input of a file; `again` is that file once more.
pub(crate) fn read_input<'a>(
    input: Box<dyn Read + 'a>,
    again: Option<File>,
    options: &Options,
    report: &mut Report<'_>,
) {
    let opened = match gzip::open(input, report.counter()) {
        Ok(opened) => opened,
        Err(error) => {
            let said = Diagnostic::new("read/cannot-open", error.to_string());
            report.say_of_file(said);
            return;
        }
    };
    // What stopped the head stops the stream at the same byte; only an empty head is told here.
    if let (Some(error), true) = (&opened.error, opened.head.is_empty()) {
        said::tell_read_error(error, report);
        return;
    }
    if opened.head.is_empty() {
        said::tell_empty(report);
        return;
    }
    report.forced = options.from.is_some();
    let text = encoding::decode_head(&opened.head);
    let head = Head::new(&opened.head, &text);
    let guess = match options.from {
        // What is packed can be nothing else, whatever the user named: that is for the files in it.
        Some(format) if !sniff::is_packed(&head) => Guess::Format(format),
        _ => sniff::guess(&head),
    };
    match guess {
        Guess::Empty => said::tell_empty(report),
        Guess::Other(what) => {
            let broken =
                head.is_json() && broken::tell(Text::new(opened.input, &opened.head), report);
            if !broken {
                tell_other(what, report);
            }
        }
        Guess::Packed(what, how) => tell_packed(what, how, report),
        Guess::Format(format) => {
            let other =
                options.from.filter(|from| !(from.recognises)(&head)).map(|_| sniff::guess(&head));
            (format.read)(Input::new(opened, again, options), report);
            if let Some(other) = other.filter(|_| report.is_silent()) {
                tell_not_of(format, &other, report);
            }
        }
    }
}

/// Says that nothing came of reading an input as the format that the user named, and what it
/// looks like.
fn tell_not_of(format: Format, other: &Guess, report: &mut Report<'_>) {
    let word = format.word;
    let message = format!("no device: the content does not look like {}", format.title);
    let help = match other {
        Guess::Format(other) => {
            format!("without --from {word} it is read as {} ({})", other.word, other.title)
        }
        _ => format!("`whomade read FILE` without --from {word} says what it is taken for"),
    };
    report.say_of_file(Diagnostic::new("read/says-nothing", message).help(help));
}

/// Says that the content is something else; these words name it.
pub(crate) fn tell_other(what: &str, report: &mut Report<'_>) {
    let mut said = Diagnostic::new("read/unknown-format", format!("the content is {what}"))
        .note("`whomade read --formats` lists what is read")
        .help("export it as one of these, a table as CSV or XLSX");
    if report.searched {
        said.severity = Severity::Warning;
    }
    report.say_of_file(said);
}

/// Says that the content is packed as it is not read, and how to unpack it.
fn tell_packed(what: &str, how: &str, report: &mut Report<'_>) {
    let mut said = Diagnostic::new("read/unknown-format", format!("the content is {what}"))
        .note("files packed as .gz, .zst and .zip are read as they are")
        .help(format!("unpack it first: {how}"));
    if report.searched {
        said.severity = Severity::Warning;
    }
    report.say_of_file(said);
}
