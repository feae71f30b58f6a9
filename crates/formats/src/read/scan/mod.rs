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
pub(crate) mod whomade;
pub(crate) mod zgrab2;
pub(crate) mod zmap;

use super::format::Input;
use super::head::Head;
use super::json::{self, Take};
use super::report::Report;

/// Lines of the head that tell whether a text is of a form.
const LINES_LOOKED_AT: usize = 40;

/// A host whose lines are being read.
struct Open {
    line: u64,
    text: String,
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
