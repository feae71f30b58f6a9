//! Text tables with any delimiter: CSV, TSV and their relatives.

use std::io::Read;
use std::ops::ControlFlow;

use whomade_core::assembly::Sort;
use whomade_core::diagnostic::Diagnostic;

use super::columns::{self, Plan};
use super::days;
use super::encoding::Text;
use super::format::{Format, Input};
use super::records::{COLUMNS_MAX, LINE_BYTES_MAX, OwnedRow, Records, Row, Trouble};
use super::report::{Report, SAME_CODE_MAX};
use super::said;
use super::{Options, Understood, rows, sniff};

/// Rows looked at before the columns are decided.
const SAMPLE_ROWS: usize = 200;

/// Cells looked at before the columns are decided, so that wide tables stay small.
const SAMPLE_CELLS: usize = 200_000;

/// Bytes looked at to find the delimiter.
const SNIFF_BYTES: usize = 32 * 1024;

/// Rows of the first that were not as they should be and of which the text is kept: of each of
/// the three kinds as many as are said in full.
const SHOWN_TROUBLES: usize = 3 * SAME_CODE_MAX as usize;

/// Rows between two reports of progress.
const TICK_ROWS: u64 = 4096;

/// Rows with other numbers of cells than the header.
#[derive(Default)]
struct Ragged {
    count: u64,
    first: u64,
}

/// Text tables with any delimiter: CSV, TSV.
pub(crate) const FORMAT: Format = Format {
    word: "table",
    title: "a text table (CSV, TSV)",
    sort: Sort::Register,
    recognises: |head| sniff::is_table(head.text),
    read,
};

/// Reads a table.
pub(crate) fn read(input: Input<'_>, report: &mut Report<'_>) {
    read_as(FORMAT, input, report);
}

/// Reads a table that is one of a format of its own.
pub(crate) fn read_as(format: Format, input: Input<'_>, report: &mut Report<'_>) {
    let options = input.options;
    let mut records = Records::new(Text::new(input.stream, &input.head));
    let delimiter = choose_delimiter(&mut records);
    records.set_delimiter(delimiter);
    let (sample, troubles) = sample(&mut records);
    if sample.is_empty() {
        if records.error.is_none() {
            said::tell_empty(report);
        }
        end(&records, report);
        return;
    }
    let plan = columns::plan(&sample, options, report);
    tell_plan((format, delimiter), &plan, &sample, &records, options, report);
    for (row, trouble) in &troubles {
        tell_trouble(&row.view(), *trouble, &plan, report);
    }
    // Nothing of such a table could be answered, or a column that the user named is not there;
    // that was said, and its rows are not read.
    if !columns::tells_something(&plan) || plan.mapped.contains(&false) {
        return;
    }
    let mut ragged = Ragged::default();
    let _ = read_rows(&mut records, &sample, &plan, &mut ragged, report);
    tell_ragged(&ragged, &plan, report);
    let header_alone = plan.header.is_some_and(|header| header + 1 == sample.len());
    if header_alone && report.devices == 0 && records.error.is_none() {
        said::tell_empty(report);
    }
    end(&records, report);
}

/// A `sep=` line decides; otherwise what the first records look like.
fn choose_delimiter<R: Read>(records: &mut Records<R>) -> u8 {
    let ahead = records.ahead(SNIFF_BYTES);
    if let Some(delimiter) = sniff::separator_line(ahead) {
        records.skip_line();
        return delimiter;
    }
    sniff::delimiter(ahead).unwrap_or(b',')
}

/// The first rows, and what was the matter with some of them: that is said when it is known which
/// cells nobody may see.
fn sample<R: Read>(records: &mut Records<R>) -> (Vec<OwnedRow>, Vec<(OwnedRow, Trouble)>) {
    let (mut sample, mut troubles) = (vec![], vec![]);
    let mut cells = 0;
    while sample.len() < SAMPLE_ROWS && cells < SAMPLE_CELLS && records.advance() {
        let row = records.row();
        if records.trouble.any() {
            // Of what is only counted, no text is kept.
            let shown = troubles.len() < SHOWN_TROUBLES;
            let line = OwnedRow { line: row.line, ..OwnedRow::default() };
            let kept = if shown { OwnedRow::of(&row) } else { line };
            troubles.push((kept, records.trouble));
        }
        cells += row.cells.len();
        if !row.is_blank() {
            sample.push(OwnedRow::of(&row));
        }
        if records.trouble.long {
            records.drop_rest_of_line();
        }
    }
    (sample, troubles)
}

fn read_rows<R: Read>(
    records: &mut Records<R>,
    sample: &[OwnedRow],
    plan: &Plan,
    ragged: &mut Ragged,
    report: &mut Report<'_>,
) -> ControlFlow<()> {
    let header = plan.header.map(|place| sample[place].text.as_str());
    for row in &sample[plan.header.map_or(0, |place| place + 1)..] {
        read_row(&row.view(), plan, header, ragged, report)?;
    }
    let mut count = 0_u64;
    while records.advance() {
        tell_trouble(&records.row(), records.trouble, plan, report);
        read_row(&records.row(), plan, header, ragged, report)?;
        if records.trouble.long {
            records.drop_rest_of_line();
        }
        count += 1;
        if count.is_multiple_of(TICK_ROWS) && records.took_bytes() {
            report.tick();
        }
    }
    ControlFlow::Continue(())
}

fn read_row(
    row: &Row<'_>,
    plan: &Plan,
    header: Option<&str>,
    ragged: &mut Ragged,
    report: &mut Report<'_>,
) -> ControlFlow<()> {
    // Exports of many pages repeat their header.
    if header == Some(row.text) {
        return ControlFlow::Continue(());
    }
    if row.cells.len() != plan.width && is_ragged(row, plan) {
        if ragged.count == 0 {
            ragged.first = row.line;
        }
        ragged.count += 1;
    }
    match rows::device_of(row, plan, None, report) {
        Some(device) => report.device(device),
        None => ControlFlow::Continue(()),
    }
}

/// Whether a row has too few cells, or too many that are not blank.
fn is_ragged(row: &Row<'_>, plan: &Plan) -> bool {
    let more = (plan.width..row.cells.len()).any(|index| !row.value(index).is_empty());
    more || (row.cells.len() < plan.width && !row.is_blank())
}

fn tell_plan<R: Read>(
    (format, delimiter): (Format, u8),
    plan: &Plan,
    sample: &[OwnedRow],
    records: &Records<R>,
    options: &Options,
    report: &mut Report<'_>,
) {
    report.understood(Understood {
        format,
        encoding: records.text.name(),
        delimiter: Some(delimiter),
        sheet: None,
        header_line: plan.header.map(|place| sample[place].line),
        columns: plan.columns.clone(),
    });
    columns::tell_unmapped(options, &plan.mapped, &plan.columns, report);
    days::tell(plan, report);
    if plan.header.is_none() {
        let mut said = Diagnostic::new(
            "read/no-header",
            "no row looks like a header; columns were recognised by content",
        );
        said = said.help("name columns by letter or number: --map model=C");
        report.say_of_file(said);
    }
    if !columns::tells_something(plan) {
        let said = Diagnostic::new(
            "read/no-columns",
            "no column was recognised as label, model, MAC address, serial number or firmware",
        )
        .help("say which is which: --map label=HEADING,model=HEADING");
        report.say_of_file(said);
    }
}

/// Says what was the matter with a row. In a table of passwords the row is not shown: where its
/// quotes or its length are broken nobody knows which cell stands under which heading.
fn tell_trouble(row: &Row<'_>, trouble: Trouble, plan: &Plan, report: &mut Report<'_>) {
    let text = if plan.secrets.is_empty() { row.text } else { "" };
    if trouble.long && report.wants("read/long-line") {
        let said = Diagnostic::new(
            "read/long-line",
            format!("a line is longer than {LINE_BYTES_MAX} bytes and was cut there"),
        )
        .help("check that the file kept its line breaks");
        report.say_counted(said.at(report.place(row.line, text, 0..0, "")));
    }
    if trouble.open_quote && report.wants("read/open-quote") {
        let said = Diagnostic::new(
            "read/open-quote",
            "a quote opens here and never closes; the line was read without quoting",
        );
        let span = text.find('"').map_or(0..0, |at| at..at + 1);
        let label = match plan.secrets.is_empty() {
            true => "opened around here",
            false => "not shown: passwords stand in this table",
        };
        let place = report.place(row.line, text, span, label);
        report.say_counted(said.at(place));
    }
    if trouble.wide && report.wants("read/many-columns") {
        let said = Diagnostic::new(
            "read/many-columns",
            format!("a row has more than {COLUMNS_MAX} cells; those beyond were skipped"),
        )
        .help("check that the delimiter is right and the line breaks are kept");
        report.say_counted(said.at(report.place(row.line, text, 0..0, "")));
    }
}

fn tell_ragged(ragged: &Ragged, plan: &Plan, report: &mut Report<'_>) {
    if ragged.count == 0 {
        return;
    }
    let rows = if ragged.count == 1 { "row does" } else { "rows do" };
    let said = Diagnostic::new(
        "read/ragged",
        format!("{} {rows} not have the {} cells of the header", ragged.count, plan.width),
    )
    .note(format!("the first stands on line {}", ragged.first));
    report.say_of_file(said);
}

/// Says what came to light about the stream as a whole.
fn end<R: Read>(records: &Records<R>, report: &mut Report<'_>) {
    said::tell_text(records.text.nuls, records.text.replaced, records.text.name(), report);
    if let Some(error) = &records.error {
        said::tell_broken_off(error, records.torn, report);
    }
}
