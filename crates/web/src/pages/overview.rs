//! The estate at a glance.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};
use whomade_core::report::clean;
use whomade_core::suggest::ASKS;
use whomade_store::{CERTAINTIES, Facet, Listing, Matches, Query, Run, RunState};

use crate::app::{App, Shared};
use crate::frame::{self, Here};
use crate::pages::flow::flow;
use crate::trouble::Trouble;
use crate::view::{count, encoded, ruling, shown, when};
use crate::who::Who;
use crate::words;

/// Between what the picture flows, and what its colours say.
const FLOWS: [Facet; 3] = [Facet::Label, Facet::Maker, Facet::Certainty];
/// What is told of each site.
const SITES: [Facet; 3] = [Facet::Place, Facet::Ruling, Facet::Certainty];
/// Sites that are shown.
const SITES_MAX: usize = 12;
/// Runs that are shown.
const RUNS_MAX: i64 = 6;
/// Rulings that say that something has to be done, or might have to be.
const FOUND: [&str; 5] =
    ["barred", "restricted", "would-be-barred", "might-be-barred", "undetermined"];

/// The page.
pub(crate) async fn page(
    State(app): State<Shared>,
    Extension(who): Extension<Who>,
) -> Result<Response, Trouble> {
    let name = app.store.name().await?;
    let query = Query { places: who.scope.places(), ..Query::default() };
    let glance = |listing: &Listing, found: Matches| {
        let flows = listing.together(&found.rows, FLOWS);
        let sites = listing.together(&found.rows, SITES);
        (found, flows, sites)
    };
    let (found, flows, sites) = app.found(query, glance).await?;
    let runs = match who.may_everywhere(whomade_store::Role::Viewer) {
        true => app.store.runs(None, RUNS_MAX).await?,
        false => Vec::new(),
    };
    let title = if name.is_empty() { words::OVERVIEW.to_owned() } else { clean(&name) };
    let body = html! {
        h1 { (title) }
        @if found.rows.is_empty() {
            (empty(&who))
        } @else {
            (lead(&app, &found).await?)
            (sureness(&found))
            section.picture {
                h2 { (words::FLOW) }
                (flow(&app, &flows))
                (legend())
            }
            div.columns {
                (by_ruling(&found))
                (by_hole(&found))
                (settles(&found))
            }
            (by_site(&found, sites))
        }
        (changes(&runs))
    };
    Ok(frame::page(&app, &who, Here::Overview, &title, &body))
}

fn empty(who: &Who) -> Markup {
    html! {
        section.empty {
            p.lead { (words::EMPTY_LEAD) }
            @if who.may_everywhere(whomade_store::Role::Analyst) {
                p { a.button href="/import" { (words::EMPTY_IMPORT) } }
            }
            p { (words::EMPTY_CHECK) " " a href="/check" { (words::CHECK_ONE) } "." }
        }
    }
}

/// How many devices of a facet bear a word.
pub(crate) fn of(found: &Matches, facet: Facet, word: &str) -> u64 {
    let counts = found.facets.iter().find(|(own, _)| *own == facet);
    let value = counts.and_then(|(_, counts)| counts.iter().find(|(own, _)| **own == *word));
    value.map_or(0, |(_, count)| *count)
}

async fn lead(app: &App, found: &Matches) -> Result<Markup, Trouble> {
    let asked = app.thinker().await?.asked.clone();
    let all = found.rows.len() as u64;
    let behind = of(found, Facet::Standing, "behind-another-label");
    let who = match (&asked.preset, asked.open) {
        (Some(preset), _) => words::asked_as(preset, asked.on),
        (None, true) => words::asked_open(asked.on),
        (None, false) => words::asked_told(asked.on),
    };
    Ok(html! {
        p.lead {
            (words::lead(all)) " "
            a href="/devices?standing=behind-another-label" { (words::behind(behind)) } "."
        }
        p.note { (who) }
    })
}

fn sureness(found: &Matches) -> Markup {
    let all = (found.rows.len() as u64).max(1);
    let parts = CERTAINTIES.iter().rev().map(|word| (*word, of(found, Facet::Certainty, word)));
    let parts: Vec<(&str, u64)> = parts.collect();
    let mut at = 0.0;
    html! {
        section.sure aria-label=(words::CERTAINTY) {
            svg.strip viewBox="0 0 1000 14" preserveAspectRatio="none" aria-hidden="true" {
                @for (word, many) in &parts {
                    @let wide = *many as f64 * 1000.0 / all as f64;
                    rect class=(word) x=(format!("{at:.2}")) y="0" width=(format!("{wide:.2}"))
                        height="14" {}
                    @let () = at += wide;
                }
            }
            ul.tiles {
                @for (word, many) in &parts {
                    li {
                        a href={ "/devices?certainty=" (word) } {
                            strong { (count(*many)) }
                            span class={ "dot " (word) } aria-hidden="true" {}
                            span { (words::certainty(word)) }
                        }
                    }
                }
            }
        }
    }
}

fn legend() -> Markup {
    html! {
        p.legend {
            @for word in CERTAINTIES.iter().rev() {
                span { span class={ "dot " (word) } aria-hidden="true" {} (words::certainty(word)) }
            }
        }
    }
}

/// Values of a facet as bars that lead to their devices.
fn bars(found: &Matches, facet: Facet, shown: impl Fn(&str) -> Option<Markup>, id: &str) -> Markup {
    let counts = found.facets.iter().find(|(own, _)| *own == facet);
    let counts = counts.map(|(_, counts)| counts.as_slice()).unwrap_or_default();
    let most = counts.iter().map(|(_, many)| *many).max().unwrap_or(1).max(1);
    html! {
        table.bars aria-labelledby=(id) {
            tbody {
                @for (value, many) in counts {
                    @if let Some(name) = shown(value) {
                        tr {
                            th scope="row" {
                                a href={ "/devices?" (facet.word()) "=" (encoded(value)) } {
                                    (name)
                                }
                            }
                            td.bar {
                                svg viewBox="0 0 100 10" preserveAspectRatio="none"
                                    aria-hidden="true" {
                                    rect x="0" y="0" height="10" width=(share(*many, most)) {}
                                }
                            }
                            td.n { (count(*many)) }
                        }
                    }
                }
            }
        }
    }
}

/// How much of the most a number is, in a hundred.
fn share(many: u64, most: u64) -> String {
    format!("{:.1}", many as f64 * 100.0 / most as f64)
}

fn by_ruling(found: &Matches) -> Markup {
    html! {
        section {
            h2 #rulings { (words::BY_RULING) }
            (bars(found, Facet::Ruling, |word| Some(ruling(word)), "rulings"))
        }
    }
}

fn by_hole(found: &Matches) -> Markup {
    html! {
        section {
            h2 #holes { (words::BY_HOLE) }
            (bars(found, Facet::Holes, |word| Some(html! { (words::hole(word)) }), "holes"))
        }
    }
}

/// What would settle most: which look at the devices would answer for how many.
fn settles(found: &Matches) -> Markup {
    let name = |id: &str| {
        let ask = ASKS.iter().find(|ask| ask.id == id)?;
        Some(html! { (ask.what) })
    };
    html! {
        section {
            h2 #settles { (words::SETTLES) }
            p.note { (words::SETTLES_NOTE) }
            (bars(found, Facet::Settles, name, "settles"))
        }
    }
}

fn by_site(found: &Matches, told: Vec<([Arc<str>; 3], u64)>) -> Markup {
    let mut sites: BTreeMap<Arc<str>, BTreeMap<Arc<str>, u64>> = BTreeMap::new();
    for ([site, ruling, _], many) in told {
        *sites.entry(site).or_default().entry(ruling).or_default() += many;
    }
    let all = sites.len();
    let sum = |of: &BTreeMap<Arc<str>, u64>| of.values().sum::<u64>();
    let met = |of: &BTreeMap<Arc<str>, u64>, word: &str| of.get(word).copied().unwrap_or_default();
    let worst = |of: &BTreeMap<Arc<str>, u64>| FOUND.map(|word| met(of, word));
    let mut rows: Vec<_> = sites.into_iter().collect();
    rows.sort_by_key(|(_, of)| std::cmp::Reverse((worst(of), sum(of))));
    let columns: Vec<&str> =
        FOUND.into_iter().filter(|word| of(found, Facet::Ruling, word) > 0).collect();
    html! {
        section {
            h2 { (words::BY_SITE) }
            div.scroll tabindex="0" role="region" aria-label=(words::BY_SITE) {
                table.list {
                    thead { tr {
                        th scope="col" { (words::SITE) }
                        th.n scope="col" { (words::DEVICES) }
                        @for word in &columns { th.n scope="col" { (words::ruling(word)) } }
                    } }
                    tbody {
                        @for (site, rulings) in rows.iter().take(SITES_MAX) {
                            tr {
                                th scope="row" {
                                    a href={ "/devices?site=" (encoded(site)) } {
                                        @if site.is_empty() {
                                            (words::NO_SITE)
                                        } @else {
                                            (shown(site))
                                        }
                                    }
                                }
                                td.n { (count(sum(rulings))) }
                                @for word in &columns {
                                    td.n { (blank(met(rulings, word))) }
                                }
                            }
                        }
                    }
                }
            }
            @if all > SITES_MAX { p.note { (words::more_sites(all - SITES_MAX)) } }
        }
    }
}

/// A number, or nothing where it is none.
fn blank(number: u64) -> String {
    if number == 0 { "·".to_owned() } else { count(number) }
}

fn changes(runs: &[Run]) -> Markup {
    html! {
        @if !runs.is_empty() {
            section {
                h2 { (words::CHANGES) }
                ul.changes {
                    @for run in runs {
                        li {
                            (when(&run.began_at)) " "
                            a href={ "/runs/" (run.id) } { (words::run_title(run)) }
                            " " (words::run_gist(run))
                            @if run.state == RunState::Undone { " " span.mark { (words::UNDONE) } }
                        }
                    }
                }
            }
        }
    }
}
