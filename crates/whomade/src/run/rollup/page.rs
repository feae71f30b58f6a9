//! The table as one page that can be mailed and printed.

use maud::{DOCTYPE, Markup, html};
use whomade_core::report::{clean, counted};

use super::gather::{Row, State};
use super::table::{COLUMNS, by_count, exempted, makers, outcomes, setting_words};
use super::{Group, Table};
use whomade_formats::write::page::{CLOSED, head};

use crate::bundle::told::Told;
use crate::render::html::STYLE;

/// The page as text.
pub(super) fn page(table: &Table) -> String {
    let title = "Who made it, body by body";
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            (head(title, CLOSED, STYLE))
            body {
                header {
                    p.eyebrow { "Who really made it, behind the label" }
                    h1 { (title) }
                    p.lead {
                        (counted(table.rows.len() as u64, "run")) ". Runs made with another base, program, day or "
                        "question are never added to each other."
                    }
                }
                main {
                    @for (at, one) in table.groups.iter().enumerate() { (group(table, one, at)) }
                    (said(table))
                }
            }
        }
    };
    page.into_string()
}

fn group(table: &Table, group: &Group, at: usize) -> Markup {
    let rows: Vec<&Row> = group.rows.iter().map(|at| &table.rows[*at]).collect();
    html! {
        section {
            h2 { "Sum " (at + 1) }
            p { (setting_words(&group.setting)) }
            div.wide {
                table {
                    thead { tr {
                        th { "Body" }
                        @for (heading, _) in COLUMNS { th.n { (heading) } }
                        th { "" }
                    } }
                    tbody {
                        @for row in &rows { (line(&row.body, &row.told, row.state)) }
                        (line("Sum", &group.sum, State::Summed))
                    }
                }
            }
            h3.part { "Makers" }
            table.narrow {
                thead { tr { th { "Maker" } th.n { "devices" } } }
                tbody {
                    @for (name, devices) in makers(&group.sum) {
                        tr { td { (clean(name)) } td.n { (devices) } }
                    }
                }
            }
            h3.part { "Rules" }
            @for (regime, words) in &group.sum.rulings {
                p {
                    strong { (clean(regime)) } ": " (outcomes(words))
                    (exempted(&group.sum, regime))
                }
                ul {
                    @for row in rows.iter().filter(|row| row.state == State::Summed) {
                        @if let Some(words) = row.told.rulings.get(regime) {
                            li {
                                (clean(&row.body)) ": " (outcomes(words))
                                (exempted(&row.told, regime))
                            }
                        }
                    }
                }
                @if let Some(missing) = group.sum.missing.get(regime) {
                    p { "Not told: " (clean(&by_count(missing))) }
                }
            }
        }
    }
}

fn line(name: &str, told: &Told, state: State) -> Markup {
    html! {
        tr {
            td { (clean(name)) }
            @for (_, count) in COLUMNS {
                @let devices = count(told);
                td.n { @if devices > 0 { (devices) } }
            }
            td { (state.words()) }
        }
    }
}

fn said(table: &Table) -> Markup {
    html! {
        @if !table.said.is_empty() {
            section {
                h2 { "What to know of these runs" }
                ul {
                    @for one in &table.said {
                        li {
                            @if let Some(place) = &one.place { (clean(&place.source)) ": " }
                            (clean(&one.message))
                            @for note in &one.notes { "; " (clean(note)) }
                            @if let Some(help) = &one.help { ". Next: " (clean(help)) }
                        }
                    }
                }
            }
        }
    }
}
