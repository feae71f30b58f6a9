//! Label by label: what it filed, what speaks for it, the rows.

use std::collections::BTreeMap;

use maud::{Markup, html};
use whomade_core::atlas::{Filer, Ground, House, LabelTally, Row, Standing, Support, house};
use whomade_core::kb::Entity;
use whomade_core::report::clean;

use super::facts::{cited, codes_of, owners_of, said_by, supplies_of};
use super::steps::{badges, house_words, houses_of};
use super::{Seen, View, count, day, products, span};

/// The labels that filed another maker's form, one section each.
pub(super) fn labels(view: &View<'_>) -> Markup {
    let mut by_label: BTreeMap<(String, &str), Vec<Seen<'_>>> = BTreeMap::new();
    for one in view.pairs(Standing::Label) {
        let key = (view.name(one.filer).to_lowercase(), view.id(one.filer));
        by_label.entry(key).or_default().push(one);
    }
    html! {
        section #labels {
            h2 { "Label by label" }
            p.note {
                "In the order of the alphabet. The number sign is the permanent address of a label."
            }
            @for pairs in by_label.values() { (label(view, pairs)) }
        }
    }
}

fn label(view: &View<'_>, pairs: &[Seen<'_>]) -> Markup {
    let Some(first) = pairs.first() else { return Markup::default() };
    let filer = first.filer;
    let (name, id) = (view.name(filer), view.id(filer));
    let facts = view.label(filer);
    html! {
        section.label id={ "label-" (id) } aria-labelledby={ "name-" (id) } {
            h3 id={ "name-" (id) } {
                span.name { (name) } " "
                a.permalink href={ "#label-" (id) } aria-label={ "Permanent address of " (name) } { "#" }
            }
            @if let Some(tally) = view.atlas.labels.get(filer) { (filed_as(view, filer, tally)) }
            @if let Some(facts) = facts {
                (owners_of(view, &facts.owners))
                (in_the_house(view, filer))
                (said_by(view, &facts.statements))
                @if let Some(note) = &facts.note { p.note { "Note: " (note) } }
            }
            @for one in pairs { (pair(view, one)) }
            @if let Some(facts) = facts {
                @if !facts.leads.is_empty() {
                    details.list {
                        summary { "Leads, never weighed: " (facts.leads.len()) }
                        ul { @for lead in &facts.leads {
                            li {
                                @let of = view.base.maker(&lead.maker);
                                (of.map_or(lead.maker.as_str(), |of| view.base.name(of)))
                                ": " (lead.why) " " (cited(view, &lead.sources))
                            }
                        } }
                    }
                }
            }
            (file_of(view, filer))
        }
    }
}

/// The way to what the label filed while it and the maker were one house.
fn in_the_house(view: &View<'_>, filer: &Filer) -> Markup {
    let kin = view.pairs(Standing::Kin);
    html! {
        @for one in kin.iter().filter(|one| one.filer == filer) {
            p.filed {
                a href={ "#" (view.rows_id(one)) } { (products(one.pair.products)) }
                " of " (view.base.name(one.family)) "’s form stand apart: on the day of the test "
                "the two were one house."
            }
        }
    }
}

fn file_of(view: &View<'_>, filer: &Filer) -> Markup {
    let file = match filer {
        Filer::Known(of @ Entity::Label(_)) => format!("kb/labels/{}.toml", view.base.id(*of)),
        Filer::Known(of) => format!("kb/makers/{}.toml", view.base.id(*of)),
        Filer::Written(_) | Filer::Further => {
            return html! {
                p.note { "The knowledge base has no file of this label yet: nobody’s account of it but its own filings was read." }
            };
        }
    };
    html! { p.note { "Wrong? Name " code { (file) } " and a source that shows it." } }
}

fn filed_as(view: &View<'_>, filer: &Filer, tally: &LabelTally) -> Markup {
    let name = view.name(filer);
    let spellings: Vec<String> = tally
        .spellings
        .keys()
        .filter(|written| **written != name)
        .map(|written| format!("“{written}”"))
        .collect();
    html! {
        p.filed {
            @if !spellings.is_empty() { "Filed as " (spellings.join(", ")) ". " }
            (products(tally.products)) " in all, " (span(tally.span)) "."
            @if tally.no_form > 0 { " " (count(tally.no_form)) " with a string of no maker’s form." }
            @if tally.no_string > 0 { " " (count(tally.no_string)) " without a string." }
        }
    }
}

fn pair(view: &View<'_>, one: &Seen<'_>) -> Markup {
    let maker = view.base.name(one.family);
    html! {
        article.pair {
            h4 {
                "Files firmware of " (maker) "’s form: " (products(one.pair.products)) " "
                (badges(one))
            }
            p.filed { "Tested " (span(one.pair.span)) ". " (in_words(view, one)) }
            (supplies_of(view, one))
            (codes_of(view, one))
            (closed(view, one))
        }
    }
}

/// What may be said of it, and no more.
fn in_words(view: &View<'_>, one: &Seen<'_>) -> Markup {
    let pair = one.pair;
    let model = pair.with(Support::Model);
    let label = pair.with(Support::Label);
    let contested = pair.with(Support::Disputed);
    let only = pair.with(Support::StringOnly);
    let maker = view.base.name(one.family);
    html! {
        @if model > 0 {
            "A second named source names the very model of " b { (count(model)) } ". "
        }
        @if label > 0 {
            "For " b { (count(label)) } " a second named source names the label, a line of it or "
            "its code, not the model itself. "
        }
        @if contested > 0 {
            "For " b { (count(contested)) } " the supply on file is itself contested. "
        }
        @if only > 0 {
            @if only == pair.products { "There" } @else { "For " b { (count(only)) } " there" }
            " is the form of the string alone: who made them is not said here. "
        }
        @let same = same(view, one);
        @if same > 0 {
            (count(same)) @if same == 1 { " row has" } @else { " rows have" }
            " a string that " (maker) " filed, letter for letter, under its own name; that is no "
            "second source. "
        }
    }
}

/// Rows kept whose string the maker itself filed.
fn same(view: &View<'_>, one: &Seen<'_>) -> u64 {
    let own = |string: &str| view.atlas.own_filing(one.family, string).is_some();
    one.pair.rows.iter().filter(|row| own(&row.string)).count() as u64
}

fn closed(view: &View<'_>, one: &Seen<'_>) -> Markup {
    html! {
        details.list {
            summary {
                @if one.pair.rows.len() == 1 { "The row" } @else {
                    "The " (count(one.pair.rows.len() as u64)) " rows"
                }
                " as filed"
            }
            (rows(view, one))
        }
    }
}

/// The rows of a pair.
pub(super) fn rows(view: &View<'_>, one: &Seen<'_>) -> Markup {
    let pair = one.pair;
    let maker = view.base.name(one.family);
    let beside: Vec<Option<Markup>> = pair.rows.iter().map(|row| beside(view, one, row)).collect();
    let any = beside.iter().any(Option::is_some);
    let caption = format!("{}, firmware of {maker}’s form", view.name(one.filer));
    html! {
        div.scroll id=(view.rows_id(one)) tabindex="0" role="region"
            aria-label=(caption) {
            table.rows {
                caption { (caption) }
                thead { tr {
                    th scope="col" { "Model" } th scope="col" { "Firmware as filed" }
                    th scope="col" { "Tested" } th scope="col" { "Form" }
                    @if any { th scope="col" { "Beside the form" } }
                    th.n scope="col" {
                        "Name · " @if view.files.len() > 1 { "file, line" } @else { "line" }
                    }
                } }
                tbody { @for (row, beside) in pair.rows.iter().zip(&beside) {
                    tr {
                        td { (row.model) }
                        td.code { (row.string) }
                        td.day { (day(row.day)) }
                        td { (form_link(view, row.grammar)) }
                        @if any { td { @if let Some(beside) = beside { (beside) } @else { "–" } } }
                        td.n {
                            @if row.name != format!("line {}", row.line) { (row.name) " · " }
                            (place(view, &row.source, row.line))
                        }
                    }
                } }
            }
            @if pair.left_out > 0 {
                p.note { "… and " (products(pair.left_out)) " more, counted but not listed." }
            }
        }
    }
}

/// Where a row stands; the file is named where there are several.
fn place(view: &View<'_>, source: &str, line: u64) -> String {
    if view.files.len() == 1 {
        return line.to_string();
    }
    let file = source.rsplit(['/', '\\']).next().unwrap_or_default();
    format!("{}, {line}", clean(file))
}

/// What there is for a row beside the form of its string: the second source, and the maker's own
/// product with the same string.
fn beside(view: &View<'_>, one: &Seen<'_>, row: &Row) -> Option<Markup> {
    let house = house(view.base, one.filer, one.family, row.day);
    let own =
        matches!(one.filer, Filer::Known(of) if view.base.id(*of) == view.base.id(one.family));
    let same = view.atlas.own_filing(one.family, &row.string).filter(|_| !own);
    if row.ground.is_none() && same.is_none() && house.is_none() {
        return None;
    }
    let id = view.id(one.filer);
    Some(html! {
        @if let Some(house) = &house {
            (house_words(view, one.family, house))
            @if row.ground.is_some() || same.is_some() { "; " }
        }
        @if row.ground.is_some() { (row.support.word()) ": " }
        @match row.ground {
            Some(Ground::Supply(at)) => {
                a href={ "#supply-" (id) "-" (at) (one.ending()) } { "supply " (at + 1) }
            },
            Some(Ground::Code(code)) => {
                @let code = &view.base.signatures[code as usize].id;
                a href={ "#code-" (id) "-" (code) (one.ending()) } { "code" }
            }
            None => {},
        }
        @if let Some(same) = same {
            @if row.ground.is_some() { ", " }
            span.when title={ (view.base.name(one.family)) " filed it for " (same.model) } {
                "same string: line " (place(view, &same.source, same.line))
            }
        }
    })
}

fn form_link(view: &View<'_>, grammar: u32) -> Markup {
    let id = &view.base.signatures[grammar as usize].id;
    html! { a href={ "#form-" (id) } { (id) } }
}

/// Companies of one house, and makers of their own equipment: apart from the labels.
pub(super) fn apart(view: &View<'_>) -> Markup {
    let (kin, control) = (view.pairs(Standing::Kin), view.pairs(Standing::Control));
    html! {
        @if !kin.is_empty() {
            section #kin {
                h2 { "Within one house" }
                p.note {
                    "On the day of the test these labels and the makers of the form had one owner, or "
                    "one was the other’s own name. They share firmware as a matter of course: that "
                    "is no relabelling by an outsider. Products tested before or after such a time "
                    "stand among the labels."
                }
                @for (at, one) in kin.iter().enumerate() {
                    (apart_one(view, one, view.anchor(Standing::Kin, &kin, at)))
                }
            }
        }
        @if !control.is_empty() {
            section #control {
                h2 { "Makers of their own equipment" }
                p.note {
                    "These firms are known to make equipment of their own. Some strings they filed "
                    "have another firm’s form. It is the form alone, and here it says even less "
                    "than elsewhere: nobody is called the maker."
                }
                @for (at, one) in control.iter().enumerate() {
                    (apart_one(view, one, view.anchor(Standing::Control, &control, at)))
                }
            }
        }
    }
}

fn apart_one(view: &View<'_>, one: &Seen<'_>, anchor: Option<String>) -> Markup {
    let maker = view.base.name(one.family);
    let houses = houses_of(view, one);
    html! {
        details.list id=[anchor] {
            summary {
                b.name { (view.name(one.filer)) } ": " (products(one.pair.products)) " of " (maker)
                "’s form, " (span(one.pair.span))
                @for house in &houses { " · " (house_words(view, one.family, house)) }
            }
            @for house in &houses { (house_sources(view, house)) }
            (supplies_of(view, one))
            (codes_of(view, one))
            (rows(view, one))
        }
    }
}

/// Who says that they are one house.
fn house_sources(view: &View<'_>, house: &House<'_>) -> Markup {
    let sources: Vec<&[String]> = match house {
        House::Name(one) => vec![&one.sources],
        House::Owned(one) | House::Owner(one) => vec![&one.sources],
        House::Sisters(one, other) => vec![&one.sources, &other.sources],
    };
    html! { p.note { "One house, say " @for some in sources { (cited(view, some)) " " } } }
}
