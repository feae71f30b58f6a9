//! AdGuard Home's log of questions (`querylog.json`, of versions 0.93 to 0.107): an object a line,
//! with the moment, the name, its kind and who asked.

use whomade_core::assembly::Sort;
use whomade_core::observation::Seen;

use super::asked::{Asked, Question};
use crate::read::format::{Format, Input};
use crate::read::json::{self, text_at};
use crate::read::report::Report;
use crate::read::{moments, said, walk};

/// AdGuard Home's log.
pub(crate) const FORMAT: Format = Format {
    word: "adguard-home",
    title: "AdGuard Home's log of questions",
    sort: Sort::Sighting,
    recognises: |head| head.lines_have(&["T", "QH", "QT", "IP"]),
    read,
};

fn read(input: Input<'_>, report: &mut Report<'_>) {
    said::tell_format(FORMAT, report);
    let mut asked = Asked::default();
    json::each_line(input, report, &mut |line, report| {
        let text = |key: &str| text_at(line.value, key).unwrap_or_default();
        let question = Question {
            line: line.line,
            text: line.text,
            who: &text("IP"),
            name: &text("QH"),
            seen: line.value.get("T").and_then(moments::of_value).map(Seen::at),
            logged: "",
        };
        asked.give(&question, report)
    });
    asked.tell(report);
    walk::tell_silence("nobody asked for a name", report);
}
