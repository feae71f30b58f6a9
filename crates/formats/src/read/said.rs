//! What several readers say of their input in the same words.

use std::io;

use whomade_core::diagnostic::Diagnostic;
use whomade_core::report::counted;

use super::Understood;
use super::format::Format;
use super::lines::Line;
use super::mac;
use super::report::{Report, cut};
use super::unpack::Bomb;

/// Tells that an input is of a format that has no columns.
pub(crate) fn tell_format(format: Format, report: &mut Report<'_>) {
    report.understood(Understood {
        format,
        encoding: "UTF-8",
        delimiter: None,
        sheet: None,
        header_line: None,
        columns: vec![],
    });
}

/// Says that there is nothing to read.
pub(crate) fn tell_empty(report: &mut Report<'_>) {
    let said = Diagnostic::new("read/empty", "the file holds no record")
        .help("check that the export was finished");
    report.say_of_file(said);
}

/// That a value is not the address it should be, and in a few words why.
pub(crate) fn bad_mac(value: &str) -> (Diagnostic, String) {
    const SHOWN_BYTES: usize = 60;
    let why = match mac::find(value) {
        mac::Found::Damaged(damage) => damage.to_string(),
        _ => "not twelve hex digits".to_owned(),
    };
    let shown = cut(value, SHOWN_BYTES).0;
    let message = format!("\u{201C}{shown}\u{201D} is not a MAC address: {why}");
    let said = Diagnostic::new("read/bad-mac", message)
        .help("look at the sticker of the device; the value was not used");
    (said, why)
}

/// How many devices were read before a place at which the reading ended.
pub(crate) fn read_before(devices: u64) -> String {
    let were = if devices == 1 { "was" } else { "were" };
    format!("{} {were} read before", counted(devices, "device"))
}

/// Says that an input unpacks to too much.
pub(crate) fn tell_bomb(bomb: Bomb, report: &mut Report<'_>) {
    let devices = report.devices;
    let said = Diagnostic::new("read/bomb", format!("{bomb}; it was not read further"))
        .note(read_before(devices))
        .help("if it is honest, unpack it and name what is in it");
    report.say_of_file(said);
}

/// Says why the reading ended before the end.
pub(crate) fn tell_read_error(error: &io::Error, report: &mut Report<'_>) {
    tell_broken_off(error, false, report);
}

/// The same of an input whose devices are given when all of it is read: `before` says how much was
/// read before.
pub(crate) fn tell_read_error_after(error: &io::Error, before: String, report: &mut Report<'_>) {
    tell_broken(error, before, report);
}

/// The same of a text, with whether its last line was left out because it was cut.
pub(crate) fn tell_broken_off(error: &io::Error, torn: bool, report: &mut Report<'_>) {
    let torn = if torn { "; the last line was cut and is left out" } else { "" };
    tell_broken(error, read_before(report.devices) + torn, report);
}

fn tell_broken(error: &io::Error, before: String, report: &mut Report<'_>) {
    if let Some(bomb) = error.get_ref().and_then(|inner| inner.downcast_ref::<Bomb>()) {
        tell_bomb(*bomb, report);
        return;
    }
    if error.kind() == io::ErrorKind::NetworkDown {
        let said =
            Diagnostic::new("listen/interface-down", format!("the listening ended: {error}"))
                .note("what was heard until then is told")
                .help("look with `ip link` whether it is there and up, and listen again");
        report.say_of_file(said);
        return;
    }
    // The unpacker's own complaints; the system never says these of a file.
    let damaged = matches!(
        error.kind(),
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof
    );
    let said = if damaged {
        Diagnostic::new("read/damaged-gz", format!("the compressed data is damaged: {error}"))
            .note(before)
            .help("fetch the file again")
    } else {
        Diagnostic::new("read/cannot-open", format!("the reading broke off: {error}"))
    };
    report.say_of_file(said);
}

/// Says that a line is not what it should be.
pub(crate) fn tell_bad_line(number: u64, text: &str, why: &str, report: &mut Report<'_>) {
    report.skip("read/bad-json", |report| {
        Diagnostic::new("read/bad-json", format!("the line was skipped: {why}"))
            .help("every line is one JSON object")
            .at(report.place(number, text, 0..text.len().min(60), "not read"))
    });
}

/// Says that a line is none of those that the format has. `what` is what it should be.
pub(crate) fn tell_other_line(number: u64, text: &str, what: &str, report: &mut Report<'_>) {
    report.skip("read/bad-line", |report| {
        Diagnostic::new("read/bad-line", format!("the line was skipped: no {what}"))
            .help("check that the file was copied whole")
            .at(report.place(number, text, 0..text.len().min(60), "not read"))
    });
}

/// Says that a line was cut.
pub(crate) fn tell_cut(line: &Line<'_>, report: &mut Report<'_>) {
    if line.cut && report.wants("read/long-line") {
        let said = Diagnostic::new("read/long-line", "a line is longer than the limit and was cut")
            .help("check that the file kept its line breaks");
        report.say_counted(said.at(report.place(line.number, line.text, 0..0, "")));
    }
}

/// Says what was wrong with the bytes of a text.
pub(crate) fn tell_text(nuls: u64, replaced: u64, encoding: &str, report: &mut Report<'_>) {
    if nuls > 0 {
        let said = Diagnostic::new("read/nul", format!("{nuls} NUL bytes were taken out"))
            .help("the file may be damaged: export it again");
        report.say_of_file(said);
    }
    if replaced > 0 {
        let said = Diagnostic::new(
            "read/encoding",
            format!("bytes that are no {encoding} text were replaced in {replaced} places"),
        )
        .help("save the file as UTF-8");
        report.say_of_file(said);
    }
}
