//! Pi-hole's questions as a table: what the page of its long-term log exports, and its table
//! `queries` (or the view of that name) written out by sqlite3. The columns are found by name.

use std::ops::ControlFlow;

use whomade_core::assembly::Sort;
use whomade_core::observation::Seen;

use super::asked::{Asked, Question};
use crate::read::format::{Format, Input};
use crate::read::head::Head;
use crate::read::report::Report;
use crate::read::walk::{self, Heading};
use crate::read::{ip, moments, said};

/// Pi-hole's questions.
pub(crate) const FORMAT: Format = Format {
    word: "pihole",
    title: "Pi-hole's questions (CSV)",
    sort: Sort::Sighting,
    recognises,
    read,
};

/// Rows looked at for an address: a table of contracts has domains and clients, too.
const ROWS_LOOKED_AT: usize = 20;

fn recognises(head: &Head<'_>) -> bool {
    let mut lines = head.start().lines();
    let Some(heading) = lines.next().and_then(heading) else { return false };
    lines.take(ROWS_LOOKED_AT).any(|line| {
        let row = heading.row(line);
        row.get("Client").is_some_and(|who| ip::usual(address_of(who)).is_some())
    })
}

/// Columns that every such table has, and one of those that hold the moment.
const COLUMNS: [&str; 4] = ["Domain", "Client", "Type", "Status"];
const MOMENTS: [&str; 3] = ["Time", "Timestamp", "Date"];

fn heading(line: &str) -> Option<Heading> {
    let heading = Heading::with(line, &COLUMNS)?;
    MOMENTS.iter().any(|name| heading.has(name)).then_some(heading)
}

fn read(input: Input<'_>, report: &mut Report<'_>) {
    said::tell_format(FORMAT, report);
    let mut known: Option<Heading> = None;
    let mut asked = Asked::default();
    walk::each(input, report, &mut |number, line, report| {
        let Some(under) = &known else {
            known = heading(line);
            return ControlFlow::Continue(());
        };
        let row = under.row(line);
        let Some((who, name)) = row.get("Client").zip(row.get("Domain")) else {
            said::tell_other_line(number, line, "question of Pi-hole", report);
            return ControlFlow::Continue(());
        };
        if row.repeats_heading() {
            return ControlFlow::Continue(());
        }
        let moment = MOMENTS.iter().find_map(|name| row.get(name));
        let question = Question {
            line: number,
            text: line,
            who: address_of(who),
            name,
            seen: moment.and_then(moments::of_text).map(Seen::at),
            logged: "",
        };
        asked.give(&question, report)
    });
    asked.tell(report);
    walk::tell_silence("nobody asked for a name", report);
}

/// `camera.lan (192.0.2.17)` has the address in brackets.
fn address_of(client: &str) -> &str {
    let within = client.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
    within.filter(|within| ip::usual(within).is_some()).unwrap_or(client)
}
