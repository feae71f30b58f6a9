//! What is otherwise since earlier captures: for people, as JSON, on the page.

use std::collections::BTreeMap;

use anyhow::Result;
use maud::{Markup, html};
use serde_json::{Value, json};
use whomade_core::egress::compared::{Change, Compared, Row};
use whomade_core::egress::recording::long_words;
use whomade_core::kb::Base;
use whomade_core::report::{clean, clean_to, headline};

use super::sums::{bytes, many};
use super::{SENTENCE_CHARS_MAX, View};
use crate::out::Out;
use crate::run::egress::gather::Talking;
use crate::run::egress::held::Tables;

/// Rows of the page's table.
const ROWS_MAX: usize = 1_000;

/// Writes for people.
///
/// # Errors
/// When the output is closed.
pub(crate) fn compared(
    out: &mut Out,
    base: &Base,
    tables: &Tables,
    (all, compared): (&[Talking], &Compared),
) -> Result<()> {
    let (before, since) = (long_words(compared.seconds.0), long_words(compared.seconds.1));
    out.line(format!("recorded: {before} before, {since} since"))?;
    for (at, one) in all.iter().enumerate() {
        let rows: Vec<&Row> = compared.rows.iter().filter(|row| row.at == Some(at)).collect();
        if rows.is_empty() {
            continue;
        }
        out.line("")?;
        out.line(headline(base, &one.found.worked(&[])))?;
        rows.iter().try_for_each(|row| said(out, base, tables, compared, row))?;
    }
    let gone: Vec<&Row> = compared.of(Change::NotRecorded).collect();
    for (at, row) in gone.iter().enumerate() {
        if at == 0 || gone[at - 1].device != row.device {
            out.line(format!("\n{}, of the earlier captures", clean(&row.device)))?;
        }
        said(out, base, tables, compared, row)?;
    }
    out.line("")?;
    let count = |change| compared.of(change).count();
    out.line(format!(
        "{} new, {} of new devices, {} grown, {} in both; {} not seen in the later captures, {} of \
         devices that they do not hold",
        count(Change::New),
        count(Change::NewDevice),
        count(Change::Grown),
        count(Change::Both),
        count(Change::NotSeen),
        count(Change::NotRecorded),
    ))?;
    let said = "Of what was not recorded nothing is known: a device may send when nobody records.";
    Ok(out.line(Out::wrapped(said, 0))?)
}

fn said(out: &mut Out, base: &Base, tables: &Tables, compared: &Compared, row: &Row) -> Result<()> {
    let held = tables.of_recipient(&row.recipient).words();
    let sentence = row.recipient.sentence(base, held.as_deref());
    let sentence = clean_to(&sentence, SENTENCE_CHARS_MAX);
    out.line(format!("  {}", Out::wrapped(&sentence, 2)))?;
    Ok(out.line(format!("    {}", compared.sentence(row)))?)
}

/// The rows of a device of the later captures; without one those of devices that they do not hold.
pub(super) fn json(compared: &Compared, at: Option<usize>) -> Value {
    let rows = compared.rows.iter().filter(|row| row.at == at).map(|row| {
        json!({
            "device": row.device,
            "recipient": row.recipient.name,
            "change": row.change.word(),
            "before": row.before,
            "since": row.since,
            "says": compared.sentence(row),
        })
    });
    rows.collect()
}

/// What one line of the page's table says.
struct Line {
    device: String,
    recipient: String,
    before: Option<u64>,
    since: Option<u64>,
    says: String,
}

/// The lines of the page's table. Devices that only one of the periods holds are one line each:
/// that all they have with anybody is new, or not recorded, says nothing of whom they send to.
fn lines(compared: &Compared) -> Vec<Line> {
    let mut all: Vec<Line> = Vec::new();
    for change in [Change::New, Change::Grown, Change::NotSeen] {
        all.extend(compared.of(change).map(|row| Line {
            device: clean(&row.device),
            recipient: clean(&row.recipient.name),
            before: row.before,
            since: row.since,
            says: compared.sentence(row),
        }));
    }
    for (change, says) in [
        (Change::NewDevice, "the device is not in the earlier captures"),
        (Change::NotRecorded, "the device is not in the later captures"),
    ] {
        let mut devices: BTreeMap<&str, (usize, u64)> = BTreeMap::new();
        for row in compared.of(change) {
            let (count, sent) = devices.entry(row.device.as_str()).or_default();
            *count += 1;
            *sent = sent.saturating_add(row.since.or(row.before).unwrap_or_default());
        }
        all.extend(devices.into_iter().map(|(device, (count, sent))| Line {
            device: clean(device),
            recipient: many(count, "recipient"),
            before: (change == Change::NotRecorded).then_some(sent),
            since: (change == Change::NewDevice).then_some(sent),
            says: says.to_owned(),
        }));
    }
    all
}

/// The part of the page; nothing where nothing is compared.
pub(super) fn section(view: &View<'_>) -> Markup {
    let Some(compared) = view.compared else { return Markup::default() };
    let rows = lines(compared);
    let amount = |sent: Option<u64>| sent.map_or_else(|| "–".to_owned(), bytes);
    let both = compared.of(Change::Both).count();
    html! {
        section #since {
            h2 { "Since the captures before" }
            p {
                "The earlier captures cover " (long_words(compared.seconds.0)) ", the later ones "
                (long_words(compared.seconds.1)) ". Of what was not recorded nothing is known. "
                (both) " recipients are in both and are not said to have grown."
            }
            div.scroll tabindex="0" role="region" aria-label="What is otherwise" {
                table {
                    caption { "What is new, grown, or not seen since" }
                    thead {
                        tr {
                            th scope="col" { "Device" }
                            th scope="col" { "Recipient" }
                            th.n scope="col" { "Sent before" }
                            th.n scope="col" { "Sent since" }
                            th scope="col" { "What can be said" }
                        }
                    }
                    tbody {
                        @for row in rows.iter().take(ROWS_MAX) {
                            tr {
                                th scope="row" { (row.device) }
                                td { (row.recipient) }
                                td.n { (amount(row.before)) }
                                td.n { (amount(row.since)) }
                                td { (row.says) }
                            }
                        }
                    }
                }
            }
            @if rows.len() > ROWS_MAX {
                p.note { (rows.len() - ROWS_MAX) " further rows are left out here." }
            }
        }
    }
}
