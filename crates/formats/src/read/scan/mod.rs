//! What scanners and scan services write. Files only: nothing here runs a scanner, asks a service
//! or reads what one ships with.

pub(crate) mod censys;
mod clock;
pub(crate) mod masscan;
pub(crate) mod nessus;
pub(crate) mod nmap_grepable;
mod nmap_scripts;
pub(crate) mod nmap_text;
pub(crate) mod nmap_xml;
pub(crate) mod openvas;
mod quoted;
pub(crate) mod runzero;
pub(crate) mod rustscan;
pub(crate) mod shodan;
pub(crate) mod zgrab2;
pub(crate) mod zmap;

use std::ops::ControlFlow;

use super::encoding::Text;
use super::format::Input;
use super::head::Head;
use super::json::{self, Take};
use super::lines::{Line, Lines};
use super::report::Report;
use super::said;

/// Lines between two reports of progress.
const TICK_LINES: u64 = 4096;

/// Lines of the head that tell whether a text is of a form.
const LINES_LOOKED_AT: usize = 40;

/// Takes a line.
type TakeLine<'t> = dyn FnMut(&Line<'_>, &mut Report<'_>) -> ControlFlow<()> + 't;

/// Gives every line that is not blank.
fn each_text_line(input: Input<'_>, report: &mut Report<'_>, take: &mut TakeLine<'_>) {
    let mut lines = Lines::new(Text::new(input.stream, &input.head));
    while let Some(line) = lines.next() {
        if line.text.trim().is_empty() {
            continue;
        }
        said::tell_cut(&line, report);
        if take(&line, report).is_break() {
            break;
        }
        if line.number.is_multiple_of(TICK_LINES) {
            report.tick();
        }
    }
    let text = &lines.text;
    said::tell_text(text.nuls, text.replaced, text.name(), report);
    if let Some(error) = &lines.error {
        said::tell_read_error(error, report);
    }
}

/// Gives every object of a file of JSON: one a line, the elements of the list at a path of keys,
/// or whole documents one behind the other.
fn each_object(input: Input<'_>, path: &[&str], report: &mut Report<'_>, take: &mut Take<'_>) {
    let text = input.text_of_head();
    let head = Head::new(&input.head, &text);
    let listed = path.first().is_some_and(|first| match head.objects() {
        [] => head.names(&[first]),
        [one, ..] => one.contains_key(*first),
    });
    if head.objects().is_empty() || listed {
        json::each_at(input, if listed { path } else { &[] }, report, take);
    } else {
        json::each_line(input, report, take);
    }
}

/// Whether JSON has these keys: each object of it, where they stand one a line, or a document at
/// any depth.
fn has_keys(head: &Head<'_>, keys: &[&str]) -> bool {
    if head.objects().is_empty() { head.names(keys) } else { head.lines_have(keys) }
}

/// Whether so many of ten of the first lines that are no comment are of a form, the first among
/// them.
fn lines_are(head: &Head<'_>, tenths: usize, is: impl Fn(&str) -> bool) -> bool {
    let plain = |line: &&str| !line.is_empty() && !line.starts_with('#');
    let mut lines = head.start().lines().map(str::trim).filter(plain).take(LINES_LOOKED_AT);
    if !lines.next().is_some_and(&is) {
        return false;
    }
    let (mut of_form, mut all) = (1, 1);
    for line in lines {
        of_form += usize::from(is(line));
        all += 1;
    }
    of_form * 10 >= all * tenths
}
