//! The facts that the page relies on: why they are believed, and who says so.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use maud::{Markup, html};
use whomade_core::atlas::{Filer, Ground, Standing, is_second_source};
use whomade_core::kb::Entity;
use whomade_core::kb::schema::{
    Owner, Reading, Relation, Source, Statement, Supply, Support as Level,
};

use super::{Seen, View, count};

/// What makers and labels of this page say themselves, before what is said of them.
pub(super) fn statements(view: &View<'_>) -> Markup {
    let mut said: BTreeMap<(String, &str), &[Statement]> = BTreeMap::new();
    let facts = &view.base.facts;
    let standings = [Standing::Label, Standing::Kin, Standing::Control, Standing::Own];
    for one in standings.into_iter().flat_map(|standing| view.pairs(standing)) {
        let mut of = vec![one.family];
        if let Filer::Known(known) = one.filer {
            of.push(*known);
        }
        for of in of {
            let id = view.base.id(of);
            let own = match of {
                Entity::Maker(_) => facts.makers.get(id).map(|maker| &maker.statements),
                Entity::Label(_) => facts.labels.get(id).map(|label| &label.statements),
            };
            if let Some(own) = own.filter(|own| !own.is_empty()) {
                said.insert((view.base.name(of).to_owned(), id), own);
            }
        }
    }
    html! {
        section.statements #statements {
            h2 { "What makers and labels say themselves" }
            @if said.is_empty() { p { "No statement of theirs is on file. One is added for whoever asks." } }
            div.columns {
                @for ((name, _), own) in said {
                    div.says {
                        h3 { (name) }
                        ul { @for one in own { li { (statement(view, one)) } } }
                    }
                }
            }
        }
    }
}

fn statement(view: &View<'_>, one: &Statement) -> Markup {
    html! {
        (one.says)
        @if let Some(date) = &one.date { " " span.when { "(" (date) ")" } }
        " " (cited(view, &one.sources))
    }
}

/// A label's own statements, in its section.
pub(super) fn said_by(view: &View<'_>, own: &[Statement]) -> Markup {
    html! {
        @if !own.is_empty() {
            div.own-words {
                p { b { "It says itself:" } }
                ul { @for one in own { li { (statement(view, one)) } } }
            }
        }
    }
}

/// Who owned the label's company, and when.
pub(super) fn owners_of(view: &View<'_>, owners: &[Owner]) -> Markup {
    html! {
        @if !owners.is_empty() {
            p.filed {
                "Owners: "
                @for (at, owner) in owners.iter().enumerate() {
                    @if at > 0 { "; " }
                    (owner.holder) (time(owner.from, owner.until)) " "
                    (cited(view, &owner.sources))
                }
                ". An owner is no supplier."
            }
        }
    }
}

/// Sources by id, each a link into the list at the end.
pub(super) fn cited(view: &View<'_>, ids: &[String]) -> Markup {
    html! {
        span.cited {
            "["
            @for (at, id) in ids.iter().enumerate() {
                @if at > 0 { ", " }
                a href={ "#source-" (id) } title=(source_title(view, id)) { (id) }
            }
            "]"
        }
    }
}

fn source_title<'v>(view: &View<'v>, id: &str) -> &'v str {
    view.base.facts.sources.get(id).map_or("", |source| source.title.as_str())
}

/// The supplies of the label for the family, with how many of its products they speak for.
pub(super) fn supplies_of(view: &View<'_>, one: &Seen<'_>) -> Markup {
    let Some(label) = view.label(one.filer) else { return Markup::default() };
    let maker = view.base.id(one.family);
    let supplies = label.supplies.iter().enumerate();
    let supplies: Vec<(usize, &Supply)> = supplies
        .filter(|(_, supply)| supply.maker == maker && supply.withdrawn.is_none())
        .collect();
    let rows = |at: usize| {
        one.pair.rows.iter().filter(|row| row.ground == Some(Ground::Supply(at))).count() as u64
    };
    html! {
        @if !supplies.is_empty() {
            ul.facts { @for (at, supply) in supplies {
                li id={ "supply-" (view.id(one.filer)) "-" (at) (one.ending()) } {
                    b { "Supply " (at + 1) }
                    span.when {
                        " " (relation(supply.relation)) ", support " (level(supply.support))
                        (time(supply.from, supply.until))
                    }
                    @let rows = rows(at);
                    @if rows > 0 { " · " (count(rows)) @if rows == 1 { " row" } @else { " rows" } " here" }
                    @if rows == 0 && supply.relation != Relation::Own { " · none of the rows here" }
                    br;
                    (supply.why) " " (cited(view, &supply.sources))
                    @if !supply.models.is_empty() {
                        br; span.models { "Models: " (supply.models.join(", ")) }
                    }
                    @if !supply.named.is_empty() {
                        br; span.when { "Named by a second source: " (supply.named.join(", ")) }
                    } @else if !supply.models.is_empty() && rests_on_a_register(view, supply) {
                        br; span.when {
                            "The numbers stand in the register; the second source names the label "
                            "or a line of it."
                        }
                    }
                    @if !supply.sources.iter().any(|id| is_second_source(view.base, id)) {
                        br; span.when { "Its only source is the register: it supports no row." }
                    }
                }
            } }
        }
    }
}

fn time(from: Option<Date>, until: Option<Date>) -> String {
    match (from, until) {
        (None, None) => String::new(),
        (Some(from), None) => format!(", from {from}"),
        (None, Some(until)) => format!(", until {until}"),
        (Some(from), Some(until)) => format!(", {from} to {until}"),
    }
}

/// Whether a register is among the sources, beside a second one.
fn rests_on_a_register(view: &View<'_>, supply: &Supply) -> bool {
    let register =
        |id: &String| view.base.facts.sources.get(id).is_some_and(|source| source.register);
    supply.sources.iter().any(register)
        && supply.sources.iter().any(|id| is_second_source(view.base, id))
}

const fn relation(relation: Relation) -> &'static str {
    match relation {
        Relation::Own => "own sub-label",
        Relation::Rebrand => "sold under the label",
        Relation::Partial => "some lines only",
        Relation::Former => "ended",
        Relation::Disputed => "disputed",
    }
}

const fn level(level: Level) -> &'static str {
    match level {
        Level::Low => "low",
        Level::Medium => "medium",
        Level::High => "high",
    }
}

/// The customer codes inside the strings that a second source names.
pub(super) fn codes_of(view: &View<'_>, one: &Seen<'_>) -> Markup {
    let codes = one.pair.grounds.iter().filter_map(|ground| match ground {
        Ground::Code(number) => Some(&view.base.signatures[*number as usize]),
        Ground::Supply(_) => None,
    });
    html! {
        ul.facts { @for code in codes {
            li id={ "code-" (view.id(one.filer)) "-" (code.id) (one.ending()) } {
                b { "Customer code" } " " (code.why) " " (cited(view, &code.sources)) " "
                code { "kb/" (code.file) } " " (code.id)
            }
        } }
    }
}

/// Every form that occurs.
pub(super) fn forms(view: &View<'_>) -> Markup {
    let mut forms: BTreeMap<u32, u64> = BTreeMap::new();
    for label in view.atlas.labels.values() {
        for (number, products) in label.pairs.values().flat_map(|pair| &pair.forms) {
            *forms.entry(*number).or_default() += products;
        }
    }
    html! {
        section #forms {
            h2 { "The forms" }
            p.note { "How each maker writes its firmware versions, as far as these files show it." }
            dl.forms { @for (number, products) in forms {
                @let signature = &view.base.signatures[number as usize];
                div id={ "form-" (signature.id) } {
                    dt { (view.base.name(signature.of)) " " span.id { (signature.id) } }
                    dd {
                        (signature.why) " "
                        @if let Some(grammar) = view.grammar(number) {
                            @if let Some(collision) = &grammar.collision { b { "Mind: " } (collision) " " }
                            @if let Some(example) = grammar.example.first() {
                                "For example " code { (example) } ". "
                            }
                        }
                        (count(products)) " in these files. " (cited(view, &signature.sources)) " "
                        code { "kb/" (signature.file) }
                    }
                }
            } }
        }
    }
}

/// The sources that the page cites.
pub(super) fn sources(view: &View<'_>) -> Markup {
    let cited = cited_ids(view);
    html! {
        section #sources {
            h2 { "Sources" }
            p.note {
                "Addresses are written out and not linked: this page leads nowhere by itself."
            }
            ol.sources { @for id in cited {
                @if let Some(source) = view.base.facts.sources.get(id) {
                    li id={ "source-" (id) } { (source_line(id, source)) }
                }
            } }
        }
    }
}

fn source_line(id: &str, source: &Source) -> Markup {
    html! {
        @if let Some(by) = &source.by { (by) ", " }
        (source.title)
        @if let Some(date) = &source.date { " (" (date) ")" }
        ". " span.when { (reading(source.reading)) @if source.register { "; what firms filed themselves" } }
        @if let Some(url) = &source.url { " " span.url { (url) } }
        " " span.id { (id) }
        @if let Some(note) = &source.note { " " span.when { (note) } }
    }
}

const fn reading(reading: Reading) -> &'static str {
    match reading {
        Reading::Recalled => "not read",
        Reading::Quoted => "known by quotation",
        Reading::Secondary => "read, not the origin",
        Reading::Primary => "the origin, read",
    }
}

/// The ids of every source that some part of the page cites.
fn cited_ids<'v>(view: &View<'v>) -> BTreeSet<&'v str> {
    let base = view.base;
    let facts = &base.facts;
    let mut ids: BTreeSet<&str> = BTreeSet::new();
    let mut cite = |sources: &'v [String]| ids.extend(sources.iter().map(String::as_str));
    for (filer, tally) in &view.atlas.labels {
        if tally.pairs.is_empty() {
            continue;
        }
        if let Some(label) = view.label(filer) {
            label.statements.iter().for_each(|one| cite(&one.sources));
            label.leads.iter().for_each(|one| cite(&one.sources));
            label.supplies.iter().for_each(|one| cite(&one.sources));
            label.owners.iter().for_each(|one| cite(&one.sources));
        }
        for ((_, family), pair) in &tally.pairs {
            let signatures = pair.forms.keys().copied();
            let codes = pair.grounds.iter().filter_map(|ground| match ground {
                Ground::Code(number) => Some(*number),
                Ground::Supply(_) => None,
            });
            for number in signatures.chain(codes) {
                cite(&base.signatures[number as usize].sources);
            }
            let known = match filer {
                Filer::Known(of @ Entity::Maker(_)) => Some(*of),
                _ => None,
            };
            for of in [Some(*family), known].into_iter().flatten() {
                if let Some(maker) = facts.makers.get(base.id(of)) {
                    maker.statements.iter().for_each(|one| cite(&one.sources));
                    maker.owners.iter().for_each(|one| cite(&one.sources));
                }
            }
        }
    }
    ids
}
