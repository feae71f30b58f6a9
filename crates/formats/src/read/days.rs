//! Which number is the day in the dates of a column: decided from the first rows, and said.

use whomade_core::diagnostic::Diagnostic;

use super::columns::Plan;
use super::dates::{Column, DayOrder, When, read};
use super::records::{OwnedRow, Row};
use super::report::{Report, cut};
use super::{Options, Use, words};

/// Characters of a date that is shown.
const SHOWN_BYTES: usize = 40;

/// Decides it for every column of days; what the user said comes first.
pub(crate) fn decide(plan: &mut Plan, rows: &[OwnedRow], options: &Options) {
    for step in plan.steps.iter_mut().filter(|step| step.used_as == Use::Installed) {
        let rows: Vec<Row<'_>> = rows.iter().map(OwnedRow::view).collect();
        let mut seen = Column::of(rows.iter().map(|row| row.value(step.index)));
        // Only English is written in both orders.
        if matches!(seen, Column::Open(_)) && !words::may_be_english(&step.heading) {
            seen = Column::Seen(DayOrder::DayFirst);
        }
        step.days = match (options.days, &seen) {
            (Some(order), _) => order,
            (None, Column::Seen(order)) => *order,
            _ => DayOrder::default(),
        };
        let column = plan.columns.iter_mut().find(|one| one.index as usize == step.index);
        if let Some(column) = column {
            column.days = (seen != Column::Plain).then_some(step.days);
        }
        if options.days.is_none() {
            plan.open.extend(doubt(&seen, &step.heading));
        }
    }
}

/// What cannot be known of a column.
fn doubt(seen: &Column, heading: &str) -> Option<Diagnostic> {
    let shown = |text: &str| cut(text, SHOWN_BYTES).0.to_owned();
    match seen {
        Column::Plain | Column::Seen(_) => None,
        Column::Open(value) => {
            let (one, other) = (read(value, DayOrder::DayFirst), read(value, DayOrder::MonthFirst));
            let (When::Day(one), When::Day(other)) = (one, other) else { return None };
            let message = format!(
                "\u{201C}{}\u{201D} under \u{201C}{heading}\u{201D} is {one} or {other}; days \
                 there are read day first, as {one}",
                shown(value)
            );
            Some(Diagnostic::new("read/open-day-order", message).help(
                "say which with --dates day-first or --dates month-first, or write days as \
                 2019-08-13",
            ))
        }
        Column::Mixed(first, months) => {
            let message = format!(
                "under \u{201C}{heading}\u{201D} some days stand before the month, as \
                 \u{201C}{}\u{201D}, and others behind it, as \u{201C}{}\u{201D}",
                shown(first),
                shown(months)
            );
            let said = Diagnostic::new("read/mixed-day-order", message);
            let said = said.note("those that could be read in two ways are read day first");
            Some(said.help("write days as 2019-08-13"))
        }
    }
}

/// Says what could not be decided, of days and of models.
pub(crate) fn tell(plan: &Plan, report: &mut Report<'_>) {
    for said in &plan.open {
        report.say_of_file(said.clone());
    }
}

/// Says that a day does not stand as the others of its column.
pub(crate) fn tell_otherwise(
    value: &str,
    order: DayOrder,
    row: &Row<'_>,
    at: usize,
    report: &mut Report<'_>,
) {
    if !report.wants("read/mixed-day-order") {
        return;
    }
    let said = Diagnostic::new(
        "read/mixed-day-order",
        format!(
            "\u{201C}{}\u{201D} is a day only the other way round; the column is read {}",
            cut(value, SHOWN_BYTES).0,
            order.words()
        ),
    )
    .help("say --dates month-first if all are so, or write days as 2019-08-13");
    let place = report.place(row.line, row.text, row.span(at), "not as the others");
    report.say_counted(said.at(place));
}
