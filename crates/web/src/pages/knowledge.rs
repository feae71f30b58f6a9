//! What the base knows: makers and labels, with everything that speaks of them and its sources.

use axum::Extension;
use axum::extract::State;
use axum::response::{Html, IntoResponse, Response};
use maud::{Markup, html};
use whomade_core::kb::schema::{Label, Lead, Maker, Owner, Statement, Supply};
use whomade_store::squeezed;

use crate::app::{App, Shared};
use crate::frame::{self, Here};
use crate::pages::device::source;
use crate::trouble::Trouble;
use crate::view::{Asks, Named, count, encoded, shown};
use crate::who::Who;
use crate::words;

/// The list of makers and labels.
pub(crate) async fn page(
    State(app): State<Shared>,
    Extension(who): Extension<Who>,
    Asks(asks): Asks,
) -> Result<Response, Trouble> {
    let facts = &app.known.base.facts;
    let sought = squeezed(asks.get("q"));
    let fits = |names: &[&str]| names.iter().any(|name| squeezed(name).contains(&sought));
    let of_maker = |id: &str, one: &Maker| {
        let mut names = vec![id, one.name.as_str()];
        names.extend(one.local_names.iter().chain(&one.also).map(String::as_str));
        fits(&names)
    };
    let of_label = |id: &str, one: &Label| {
        let mut names = vec![id, one.name.as_str()];
        names.extend(one.also.iter().map(String::as_str));
        fits(&names)
    };
    let makers: Vec<_> = facts.makers.iter().filter(|(id, one)| of_maker(id, one)).collect();
    let labels: Vec<_> = facts.labels.iter().filter(|(id, one)| of_label(id, one)).collect();
    let part = html! {
        section {
            h2 { (words::LABELS) " " span.n { (count(labels.len() as u64)) } }
            ul.names { @for (id, one) in &labels {
                li {
                    a href={ "/knowledge/" (id) } { (one.name) }
                    " " span.dim { (supplied(&app, one)) }
                }
            } }
        }
        section {
            h2 { (words::MAKERS) " " span.n { (count(makers.len() as u64)) } }
            ul.names { @for (id, one) in &makers {
                li {
                    a href={ "/knowledge/" (id) } { (one.name) }
                    " "
                    span.dim { (one.country.as_deref().unwrap_or_default()) }
                }
            } }
        }
    };
    if asks.get("part") == "1" {
        return Ok(Html(part.into_string()).into_response());
    }
    let body = html! {
        h1 { (words::KNOWLEDGE) }
        p.lead { (words::knowledge(facts.makers.len(), facts.labels.len(), facts.sources.len())) }
        form.search method="get" action="/knowledge" role="search" data-live="found" {
            label.hidden for="q" { (words::SEARCH) }
            input #q name="q" type="search" value=(shown(asks.get("q")))
                placeholder=(words::KNOWLEDGE_HINT)
                autocomplete="off" spellcheck="false" data-key="/";
            button type="submit" { (words::SEARCH) }
        }
        div #found { (part) }
    };
    Ok(frame::page(&app, &who, Here::Knowledge, words::KNOWLEDGE, &body))
}

/// Who is known to supply a label.
fn supplied(app: &App, label: &Label) -> String {
    let held = label.supplies.iter().filter(|one| one.withdrawn.is_none());
    let mut makers: Vec<&str> = held.map(|one| app.maker_name(&one.maker)).collect();
    makers.sort_unstable();
    makers.dedup();
    makers.join(", ")
}

/// A maker or a label.
pub(crate) async fn one(
    State(app): State<Shared>,
    Extension(who): Extension<Who>,
    Named(id): Named,
) -> Result<Response, Trouble> {
    let facts = &app.known.base.facts;
    let (maker, label) = (facts.makers.get(&id), facts.labels.get(&id));
    let name = maker.map(|it| &it.name).or(label.map(|it| &it.name));
    let name = name.ok_or_else(|| Trouble::nothing("such maker or label"))?;
    let body = html! {
        p.crumbs { a href="/knowledge" { (words::KNOWLEDGE) } " / " (name) }
        h1 { (name) }
        p { a href={ "/devices?q=" (encoded(name)) } { (words::devices_of(name)) } }
        @if let Some(maker) = maker { (of_maker(&app, &id, maker)) }
        @if let Some(label) = label { (of_label(&app, label)) }
        (conduct(&app, &id))
        p.note { (words::SHOWN_NOT_WEIGHED) }
    };
    Ok(frame::page(&app, &who, Here::Knowledge, name, &body))
}

fn sources(app: &App, ids: &[String]) -> Markup {
    html! { ul.sources { @for id in ids { (source(app, id)) } } }
}

fn of_maker(app: &App, id: &str, maker: &Maker) -> Markup {
    let labels = app.known.base.facts.labels.iter();
    let sold: Vec<(&String, &Label)> = labels
        .filter(|(_, label)| {
            label.supplies.iter().any(|one| one.maker == id && one.withdrawn.is_none())
        })
        .collect();
    html! {
        table.pairs { tbody {
            @if let Some(legal) = &maker.legal_name {
                tr { th scope="row" { (words::LEGAL_NAME) } td { (legal) } }
            }
            @if !maker.local_names.is_empty() {
                tr { th scope="row" { (words::LOCAL_NAMES) } td { (maker.local_names.join(", ")) } }
            }
            @if !maker.also.is_empty() {
                tr { th scope="row" { (words::ALSO) } td { (maker.also.join(", ")) } }
            }
            @if let Some(country) = &maker.country {
                tr { th scope="row" { (words::COUNTRY) } td { (country) } }
            }
            @if let Some(note) = &maker.note {
                tr { th scope="row" { (words::NOTE) } td { (note) } }
            }
            tr { th scope="row" { (words::SOURCES) } td { (sources(app, &maker.sources)) } }
        } }
        (owners(app, &maker.owners))
        @if !sold.is_empty() {
            section {
                h2 { (words::SOLD_UNDER) " " span.n { (count(sold.len() as u64)) } }
                ul.names {
                    @for (id, label) in sold {
                        li { a href={ "/knowledge/" (id) } { (label.name) } }
                    }
                }
            }
        }
        (statements(app, &maker.statements))
    }
}

fn of_label(app: &App, label: &Label) -> Markup {
    html! {
        table.pairs { tbody {
            @if !label.also.is_empty() {
                tr { th scope="row" { (words::ALSO) } td { (label.also.join(", ")) } }
            }
            @if let Some(country) = &label.country {
                tr { th scope="row" { (words::COUNTRY) } td { (country) } }
            }
            @if let Some(note) = &label.note {
                tr { th scope="row" { (words::NOTE) } td { (note) } }
            }
        } }
        @if !label.supplies.is_empty() {
            section {
                h2 { (words::SUPPLIES) }
                @for one in &label.supplies { (supply(app, one)) }
            }
        }
        @if !label.leads.is_empty() {
            section {
                h2 { (words::LEADS) }
                p.note { (words::LEADS_NOTE) }
                @for one in &label.leads { (lead(app, one)) }
            }
        }
        (owners(app, &label.owners))
        (statements(app, &label.statements))
    }
}

fn supply(app: &App, one: &Supply) -> Markup {
    html! {
        article.fact.over[one.withdrawn.is_some()] {
            p {
                a href={ "/knowledge/" (one.maker) } { strong { (app.maker_name(&one.maker)) } }
                @if let Some(from) = one.from { " " (words::from_day(from)) }
                @if let Some(until) = one.until { " " (words::to_day(until)) }
                @if !one.models.is_empty() { " " code { (one.models.join(", ")) } }
            }
            p { (one.why) }
            div { (sources(app, &one.sources)) }
            @if let (Some(day), why) = (one.withdrawn, &one.withdrawn_because) {
                p.note { (words::withdrawn_on(day)) " " (why.as_deref().unwrap_or_default()) }
            }
        }
    }
}

fn lead(app: &App, one: &Lead) -> Markup {
    html! {
        article.fact {
            p { a href={ "/knowledge/" (one.maker) } { (app.maker_name(&one.maker)) } }
            p { (one.why) }
            div { (sources(app, &one.sources)) }
        }
    }
}

fn owners(app: &App, owners: &[Owner]) -> Markup {
    html! {
        @if !owners.is_empty() {
            section {
                h2 { (words::OWNERS) }
                @for one in owners {
                    article.fact {
                        p { strong { (one.holder) }
                            @if let Some(stake) = &one.stake { " " (stake) }
                            @if let Some(from) = one.from { " " (words::from_day(from)) }
                            @if let Some(until) = one.until { " " (words::to_day(until)) } }
                        @if let Some(note) = &one.note { p { (note) } }
                        div { (sources(app, &one.sources)) }
                    }
                }
            }
        }
    }
}

fn statements(app: &App, statements: &[Statement]) -> Markup {
    html! {
        @if !statements.is_empty() {
            section {
                h2 { (words::STATEMENTS) }
                @for one in statements {
                    article.fact {
                        p {
                            (shown(&one.says))
                            @if let Some(date) = &one.date { " " span.dim { (date) } }
                        }
                        div { (sources(app, &one.sources)) }
                    }
                }
            }
        }
    }
}

fn conduct(app: &App, id: &str) -> Markup {
    let all = app.known.base.facts.conduct.values();
    let about: Vec<_> = all
        .filter(|one| one.withdrawn.is_none() && one.about.iter().any(|own| own == id))
        .collect();
    html! {
        @if !about.is_empty() {
            section {
                h2 { (words::CONDUCT) }
                p.note { (words::CONDUCT_NOTE) }
                @for one in about {
                    article.fact {
                        p { strong { (one.title) } " " span.dim { (one.by) ", " (one.date) } }
                        p { (one.says) }
                        @if let Some(outcome) = &one.outcome { p { (outcome) } }
                        div { (sources(app, &one.sources)) }
                    }
                }
            }
        }
    }
}
