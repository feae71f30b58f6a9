//! The list of devices: search as somebody types, facets, and exactly what is shown as a file.

use axum::Extension;
use axum::extract::State;
use axum::http::header;
use axum::response::{Html, IntoResponse, Response};
use maud::{Markup, html};
use whomade_core::report::clean;
use whomade_core::suggest::ASKS;
use whomade_formats::write::csv::CsvWriter;
use whomade_store::{Counts, Facet, Listed, Listing, Matches, Query, Role};

use crate::app::{App, Shared};
use crate::frame::{self, Here};
use crate::trouble::Trouble;
use crate::view::{Asks, Fields, certainty, count, ruling, shown};
use crate::who::Who;
use crate::words;

/// Devices of a page.
const ROWS: usize = 100;
/// Values of a facet that are shown before the rest is folded away, and those that are shown at
/// all: of ten thousand sites nobody picks one from a list.
const VALUES_OPEN: usize = 7;
const VALUES_MAX: usize = 60;

/// What an address asks of the list.
pub(crate) fn query(asks: &Fields, who: &Who) -> Query {
    let chosen = Facet::ALL.into_iter().filter_map(|facet| {
        let values: Vec<String> = asks.all(facet.word()).iter().map(|&it| it.to_owned()).collect();
        (!values.is_empty()).then_some((facet, values))
    });
    Query { words: clean(asks.get("q")), chosen: chosen.collect(), places: who.scope.places() }
}

/// The address of the list with that query.
pub(crate) fn address(query: &Query, after: usize) -> String {
    let mut pairs = Vec::new();
    if !query.words.trim().is_empty() {
        pairs.push(("q".to_owned(), query.words.clone()));
    }
    for (facet, values) in &query.chosen {
        pairs.extend(values.iter().map(|value| (facet.word().to_owned(), value.clone())));
    }
    if after > 0 {
        pairs.push(("after".to_owned(), after.to_string()));
    }
    Fields(pairs).address()
}

/// The list.
pub(crate) async fn page(
    State(app): State<Shared>,
    Extension(who): Extension<Who>,
    Asks(asks): Asks,
) -> Result<Response, Trouble> {
    let query = query(&asks, &who);
    let after = asks.number("after").and_then(|at| usize::try_from(at).ok()).unwrap_or_default();
    let shown = move |listing: &Listing, found: Matches| {
        let rows = found.rows.iter().skip(after).take(ROWS);
        let rows: Vec<Listed> = rows.filter_map(|row| listing.listed(*row)).collect();
        (found, rows)
    };
    let (found, rows) = app.found(query.clone(), shown).await?;
    let part = part(&app, &who, &query, &found, (after, &rows));
    // Script asks for what changes while somebody types.
    if asks.get("part") == "1" {
        return Ok(Html(part.into_string()).into_response());
    }
    let body = html! {
        h1 { (words::DEVICES) }
        form.search method="get" action="/devices" role="search" data-live="found" {
            label.hidden for="q" { (words::SEARCH) }
            input #q name="q" type="search" value=(query.words) placeholder=(words::SEARCH_HINT)
                autocomplete="off" spellcheck="false" data-key="/";
            @for (facet, values) in &query.chosen {
                @for value in values { input type="hidden" name=(facet.word()) value=(value); }
            }
            button type="submit" { (words::SEARCH) }
        }
        div #found { (part) }
    };
    Ok(frame::page(&app, &who, Here::Devices, words::DEVICES, &body))
}

fn part(
    app: &App,
    who: &Who,
    query: &Query,
    found: &Matches,
    (after, rows): (usize, &[Listed]),
) -> Markup {
    html! {
        div.split {
            aside.facets aria-label=(words::FACETS) {
                @for (facet, counts) in &found.facets { (facet_box(app, query, *facet, counts)) }
            }
            section.results {
                (summary(query, found, after, rows.len(), app))
                @if rows.is_empty() {
                    p.empty { (words::NOTHING_FOUND) }
                } @else {
                    form method="post" action="/devices/judge" data-bulk="" {
                        (table(app, rows))
                        @if who.may_somewhere(Role::Analyst) { (bulk(app, query)) }
                    }
                    (pager(query, found.rows.len(), after))
                }
            }
        }
    }
}

fn summary(query: &Query, found: &Matches, after: usize, on_page: usize, app: &App) -> Markup {
    let all = found.rows.len();
    html! {
        div.summary {
            p #count role="status" {
                strong { (words::devices(all as u64)) }
                @if all > on_page { " " (words::range(after + 1, after + on_page)) }
            }
            p.chosen {
                @for (facet, values) in &query.chosen {
                    @for value in values {
                        a.chip href={ "/devices?" (address(&without(query, *facet, value), 0)) }
                            aria-label=(words::take_out(&value_name(app, *facet, value))) {
                            (words::facet(*facet)) ": " (value_name(app, *facet, value)) " ✕"
                        }
                    }
                }
            }
            a.export href={ "/devices.csv?" (address(query, 0)) } download="devices.csv" {
                (words::EXPORT)
            }
        }
    }
}

fn without(query: &Query, facet: Facet, value: &str) -> Query {
    let mut less = query.clone();
    for (own, values) in &mut less.chosen {
        if *own == facet {
            values.retain(|one| one != value);
        }
    }
    less.chosen.retain(|(_, values)| !values.is_empty());
    less
}

fn with(query: &Query, facet: Facet, value: &str) -> Query {
    let mut more = query.clone();
    match more.chosen.iter_mut().find(|(own, _)| *own == facet) {
        Some((_, values)) => values.push(value.to_owned()),
        None => more.chosen.push((facet, vec![value.to_owned()])),
    }
    more
}

/// A value of a facet as people read it.
pub(crate) fn value_name(app: &App, facet: Facet, value: &str) -> String {
    match facet {
        Facet::Place if value.is_empty() => words::NO_SITE.to_owned(),
        Facet::Label if value.is_empty() => words::NO_LABEL.to_owned(),
        Facet::Maker if value.is_empty() => words::NOT_KNOWN.to_owned(),
        Facet::Maker => clean(&app.maker_names(value)),
        Facet::Certainty => words::certainty(value).to_owned(),
        Facet::Ruling => words::ruling(value).to_owned(),
        Facet::Holes => words::hole(value).to_owned(),
        Facet::Standing => words::standing(value).to_owned(),
        Facet::Settles if value.is_empty() => words::NOTHING_TO_SETTLE.to_owned(),
        Facet::Settles => {
            let ask = ASKS.iter().find(|ask| ask.id == value);
            ask.map_or_else(|| clean(value), |ask| ask.what.to_owned())
        }
        Facet::Place | Facet::Label => clean(value),
    }
}

fn facet_box(app: &App, query: &Query, facet: Facet, counts: &Counts) -> Markup {
    let chosen: &[String] = query
        .chosen
        .iter()
        .find(|(own, _)| *own == facet)
        .map(|(_, values)| values.as_slice())
        .unwrap_or_default();
    let is_folded = |own: &str| chosen.iter().any(|one| one == own);
    let folded = counts.iter().skip(VALUES_OPEN).any(|(own, _)| is_folded(own));
    let value = |(value, many): &(std::sync::Arc<str>, u64)| {
        let is_chosen = chosen.iter().any(|one| **one == **value);
        let to = if is_chosen { without(query, facet, value) } else { with(query, facet, value) };
        html! {
            li {
                a href={ "/devices?" (address(&to, 0)) }
                    aria-current=[is_chosen.then_some("true")] {
                    span.name { (value_name(app, facet, value)) }
                    span.n { (count(*many)) }
                }
            }
        }
    };
    html! {
        @if counts.len() > 1 || !chosen.is_empty() {
            section {
                h2 { (words::facet(facet)) }
                ul { @for one in counts.iter().take(VALUES_OPEN) { (value(one)) } }
                @if counts.len() > VALUES_OPEN {
                    details open[folded] {
                        summary { (words::more(counts.len() - VALUES_OPEN)) }
                        ul {
                            @for one in counts.iter().take(VALUES_MAX).skip(VALUES_OPEN) {
                                (value(one))
                            }
                        }
                        @if counts.len() > VALUES_MAX { p.note { (words::SEARCH_REST) } }
                    }
                }
            }
        }
    }
}

fn table(app: &App, rows: &[Listed]) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label=(words::DEVICES) {
            table.list.devices data-rows="" {
                thead { tr {
                    th.pick scope="col" {
                        label {
                            span.hidden { (words::PICK_ALL) }
                            input type="checkbox" data-all="";
                        }
                    }
                    th scope="col" { (words::DEVICE) }
                    th scope="col" { (words::SITE) }
                    th scope="col" { (words::SOLD_AS) }
                    th scope="col" { (words::MODEL) }
                    th scope="col" { (words::MADE_BY) }
                    th scope="col" { (words::CERTAINTY) }
                    th scope="col" { (words::RULING) }
                    th scope="col" { (words::ADVISORIES) }
                } }
                tbody { @for row in rows { (line(app, row)) } }
            }
        }
    }
}

fn line(app: &App, row: &Listed) -> Markup {
    let [place, maker, label, sure, rules, holes, _, _] = &row.values;
    let name = if row.name.trim().is_empty() { words::NAMELESS } else { &row.name };
    html! {
        tr {
            td.pick {
                label {
                    span.hidden { (words::PICK) " " (shown(name)) }
                    input type="checkbox" name="device" value=(row.device);
                }
            }
            th scope="row" { a href={ "/devices/" (row.device) } { (shown(name)) } }
            td { (shown(place)) }
            td { (shown(label)) }
            td.code { (shown(&row.model)) }
            td {
                @if maker.is_empty() {
                    span.dim { (words::NOT_KNOWN) }
                } @else {
                    (app.maker_names(maker))
                }
            }
            td { (certainty(sure)) }
            td { (ruling(rules)) }
            td class=[(&**holes == "exploited").then_some("strong")] {
                @if matches!(&**holes, "none-known" | "cannot-tell") {
                    span.dim { (words::hole(holes)) }
                }
                @else { (words::hole(holes)) }
            }
        }
    }
}

fn bulk(app: &App, query: &Query) -> Markup {
    html! {
        fieldset.bulk {
            legend { (words::BULK) }
            input type="hidden" name="back" value=(address(query, 0));
            label { (words::JUDGEMENT)
                select name="kind" {
                    option value="dispute" { (words::DISPUTE) }
                    option value="confirm" { (words::CONFIRM) }
                    option value="exempt" { (words::EXEMPT) }
                }
            }
            label { (words::ABOUT) span.hint { (words::ABOUT_HINT) }
                input name="about" list="about" autocomplete="off";
            }
            datalist #about {
                @for id in app.known.base.facts.makers.keys() { option value=(id) {} }
                @for id in app.known.base.facts.regimes.keys() { option value=(id) {} }
            }
            label { (words::UNTIL) input type="date" name="until"; }
            label.wide { (words::REASON) input name="reason" maxlength="4000"; }
            button type="submit" { (words::JUDGE_PICKED) }
        }
    }
}

fn pager(query: &Query, all: usize, after: usize) -> Markup {
    html! {
        @if all > ROWS {
            nav.pager aria-label=(words::PAGES) {
                @if after > 0 {
                    a rel="prev" data-key="p"
                        href={ "/devices?" (address(query, after.saturating_sub(ROWS))) } {
                        (words::EARLIER)
                    }
                }
                @if after + ROWS < all {
                    a rel="next" data-key="n" href={ "/devices?" (address(query, after + ROWS)) } {
                        (words::FURTHER)
                    }
                }
            }
        }
    }
}

/// What stands above the rows of a file.
const HEADS: [&str; 13] = [
    "number",
    "device",
    "site",
    "label",
    "model",
    "made_by",
    "maker",
    "certainty",
    "ruling",
    "advisories",
    "standing",
    "settled_by",
    "address",
];

/// Exactly what the list shows, as rows for a spreadsheet.
pub(crate) async fn export(
    State(app): State<Shared>,
    Extension(who): Extension<Who>,
    Asks(asks): Asks,
) -> Result<Response, Trouble> {
    let shared = Shared::clone(&app);
    let made = move |listing: &Listing, found: Matches| rows(&shared, listing, &found);
    let text = app.found(query(&asks, &who), made).await?.map_err(|_| Trouble::broken())?;
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"devices.csv\""),
    ];
    Ok((headers, text).into_response())
}

fn rows(app: &App, listing: &Listing, found: &Matches) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut out = CsvWriter::new(&mut bytes);
    out.row(HEADS)?;
    for row in &found.rows {
        let Some(row) = listing.listed(*row) else { continue };
        let [place, maker, label, sure, rules, holes, standing, settles] = &row.values;
        let (number, path) = (row.device.to_string(), format!("/devices/{}", row.device));
        let names = app.maker_names(maker);
        let cells: [&str; 13] = [
            &number, &row.name, place, label, &row.model, &names, maker, sure, rules, holes,
            standing, settles, &path,
        ];
        out.row(cells)?;
    }
    out.finish()?;
    Ok(bytes)
}
