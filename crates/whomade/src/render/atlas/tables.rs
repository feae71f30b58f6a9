//! The tables: labels × families, makers under their own names, labels of no form.

use maud::{Markup, html};
use whomade_core::atlas::{Filer, LabelTally, Standing, Support};

use super::labels::rows;
use super::steps::{badges, class, plain, totals};
use super::{Seen, View, count, day, products, span};

/// Labels × families.
pub(super) fn pairs(view: &View<'_>) -> Markup {
    html! {
        section #pairs {
            h2 { "Labels × firmware families" }
            form.filter hidden aria-label="Filter the table" {
                label { "Find " input type="search" name="text" placeholder="label or maker"; }
                label { "Support "
                    select name="support" {
                        option value="" { "all" }
                        @for support in &Support::ALL {
                            option value=(class(*support)) { (plain(*support)) }
                        }
                    }
                }
                output aria-live="polite" {}
            }
            (pairs_table(view))
        }
    }
}

fn pairs_table(view: &View<'_>) -> Markup {
    let pairs = view.pairs(Standing::Label);
    let [model, label, string, disputed] = totals(view);
    html! {
        div.scroll tabindex="0" role="region" aria-label="Labels and families" {
            table.sortable {
                caption {
                    "Products filed by a label with firmware of another maker’s form. "
                    "“By model”: a second named source names the very model. “By label”: it names "
                    "the label or a line of it. “String only”: nothing but the form of the string."
                }
                thead { tr {
                    th scope="col" { "Label" } th scope="col" { "Files the form of" }
                    th.n scope="col" aria-sort="descending" { "Products" }
                    th.n scope="col" { "By model" } th.n scope="col" { "By label" }
                    th.n scope="col" { "String only" }
                    th scope="col" { "First test" } th scope="col" { "Last test" }
                    th.support scope="col" { "Support" }
                } }
                tbody { @for one in &pairs { (pairs_row(view, one)) } }
                tfoot { tr {
                    th scope="row" colspan="2" { "All labels" }
                    td.n { (count(model + label + string + disputed)) }
                    @for step in [Support::Model, Support::Label, Support::StringOnly] {
                        td.n { (count(pairs.iter().map(|one| one.pair.with(step)).sum())) }
                    }
                    td colspan="2" {}
                    td.support { (count(disputed)) " of them in disputed rows" }
                } }
            }
        }
    }
}

fn pairs_row(view: &View<'_>, one: &Seen<'_>) -> Markup {
    let rows = format!("#{}", view.rows_id(one));
    let steps = [Support::Model, Support::Label, Support::StringOnly];
    html! {
        tr data-support=(class(one.support)) {
            th scope="row" {
                a href={ "#label-" (view.id(one.filer)) } { (view.name(one.filer)) }
                span.beside { " " (badges(one)) }
            }
            td { (view.base.name(one.family)) }
            td.n { a href=(rows) { (count(one.pair.products)) } }
            @for step in steps {
                td.n {
                    @let some = one.pair.with(step);
                    @if some > 0 { a href=(rows) { (count(some)) } } @else { "–" }
                }
            }
            td.day { (day(one.pair.span.first)) }
            td.day { (day(one.pair.span.last)) }
            td.support { (badges(one)) }
        }
    }
}

/// Makers that filed a form of their own.
pub(super) fn own(view: &View<'_>) -> Markup {
    let pairs = view.pairs(Standing::Own);
    html! {
        section #own {
            h2 { "Makers under their own names" }
            p.note {
                "A maker whose own string has its own form: what one would expect, and what the "
                "forms are known by. Nothing follows from it for anybody else."
            }
            @if pairs.is_empty() { p { "None in these files." } }
            @else { div.scroll tabindex="0" role="region" aria-label="Own names" { table.sortable {
                caption { "Products that makers filed themselves with firmware of their own form" }
                thead { tr {
                    th scope="col" { "Maker" }
                    th.n scope="col" aria-sort="descending" { "Own form" }
                    th scope="col" { "First test" } th scope="col" { "Last test" }
                    th.n scope="col" { "Other strings" } th.n scope="col" { "No string" }
                } }
                tbody {
                    @for (at, one) in pairs.iter().enumerate() {
                        @let label = view.atlas.labels.get(one.filer);
                        tr id=[view.anchor(Standing::Own, &pairs, at)] {
                            th scope="row" { (view.name(one.filer)) }
                            td.n { a href={ "#" (view.rows_id(one)) } {
                                (count(one.pair.products))
                            } }
                            td.day { (day(one.pair.span.first)) }
                            td.day { (day(one.pair.span.last)) }
                            td.n { (count(label.map_or(0, |label| label.no_form))) }
                            td.n { (count(label.map_or(0, |label| label.no_string))) }
                        }
                    }
                }
            } } }
            @for one in &pairs {
                details.list {
                    summary { (view.name(one.filer)) ": " (products(one.pair.products)) ", the first of them" }
                    (rows(view, one))
                }
            }
        }
    }
}

/// Labels without any recognised family, in a closed list.
pub(super) fn none(view: &View<'_>) -> Markup {
    let mut labels: Vec<(&Filer, &LabelTally)> =
        view.atlas.labels.iter().filter(|(_, label)| label.pairs.is_empty()).collect();
    labels.sort_by_cached_key(|(filer, _)| view.name(filer).to_lowercase());
    html! {
        section #none {
            h2 { "Labels without a recognised form" }
            p.note {
                "Their strings have no form that belongs to one maker, or they filed none. That "
                "clears nobody and accuses nobody."
            }
            details.list {
                summary { (count(labels.len() as u64)) " labels" }
                div.scroll tabindex="0" role="region" aria-label="Labels without a form" {
                    table.sortable {
                        caption { "Labels none of whose strings has a form of one maker" }
                        thead { tr {
                            th scope="col" aria-sort="ascending" { "Label" }
                            th.n scope="col" { "Products" } th.n scope="col" { "No string" }
                            th scope="col" { "Tested" } th scope="col" { "Strings, for example" }
                        } }
                        tbody {
                            @for (filer, label) in &labels {
                                tr id={ "label-" (view.id(filer)) } {
                                    th scope="row" { (view.name(filer)) }
                                    td.n { (count(label.products)) }
                                    td.n { (count(label.no_string)) }
                                    td.day { (span(label.span)) }
                                    @let strings: Vec<&str> =
                                        label.formless.iter().map(String::as_str).collect();
                                    td.code { (strings.join(" · ")) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
