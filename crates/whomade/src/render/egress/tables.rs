//! What the pictures show, in numbers.

use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, html};

use super::View;
use super::flow::capital;
use super::sums::{Sum, bytes, many};
use super::world::WORLD;
use whomade_core::egress::recording::{long_words, seconds};

/// Names that a cell lists; the rest is counted.
const NAMES_MAX: usize = 4;
/// Rows of a table.
const ROWS_MAX: usize = 500;

/// A part of a whole, in per cent; what is not nothing is never told as nothing.
pub(super) fn share(part: u64, whole: u64) -> String {
    let per_cent = part as f64 * 100.0 / whole.max(1) as f64;
    match part {
        0 => "0\u{a0}%".to_owned(),
        _ if per_cent < 1.0 => "under 1\u{a0}%".to_owned(),
        _ if part < whole && per_cent > 99.0 => "over 99\u{a0}%".to_owned(),
        _ => format!("{per_cent:.0}\u{a0}%"),
    }
}

/// A few names, and how many more.
fn listed(names: &BTreeSet<String>) -> String {
    let mut all: Vec<String> = names.iter().take(NAMES_MAX).cloned().collect();
    if names.len() > NAMES_MAX {
        all.push(format!("{} more", names.len() - NAMES_MAX));
    }
    all.join(", ")
}

/// The same of recipients, those first that were sent most.
fn most(recipients: &BTreeMap<String, u64>) -> String {
    let mut all: Vec<(&String, &u64)> = recipients.iter().collect();
    all.sort_by_key(|(name, sent)| (std::cmp::Reverse(**sent), *name));
    let mut told: Vec<String> =
        all.iter().take(NAMES_MAX).map(|(name, _)| (*name).clone()).collect();
    if all.len() > NAMES_MAX {
        told.push(format!("{} more", all.len() - NAMES_MAX));
    }
    told.join(", ")
}

fn numbers(sum: &Sum, of: u64) -> Markup {
    html! {
        td.n { (bytes(sum.sent)) }
        td.n { (share(sum.sent, of)) }
        td.n { (bytes(sum.got)) }
        td.n { (sum.devices.len()) }
    }
}

fn number_heads() -> Markup {
    html! {
        th.n scope="col" { "Sent" }
        th.n scope="col" { "Share" }
        th.n scope="col" { "Got" }
        th.n scope="col" { "Devices" }
    }
}

/// Whether anybody is known to hold an address: without a table of holders there is no column.
fn holders(view: &View<'_>) -> bool {
    !view.sums.all.holders.is_empty()
}

/// A table that scrolls by itself where it is wider than the page.
fn scrolled(name: &str, table: &Markup) -> Markup {
    html! { div.scroll tabindex="0" role="region" aria-label=(name) { (table) } }
}

pub(super) fn countries(view: &View<'_>) -> Markup {
    let mut rows: Vec<(&String, &Sum)> = view.sums.countries.iter().collect();
    rows.sort_by_key(|(code, sum)| (std::cmp::Reverse(sum.sent), *code));
    let nowhere = &view.sums.nowhere;
    let whole = view.sums.all.sent;
    let table = html! {
        table {
            caption { "Bytes by the country in which an address is registered, most sent first" }
            thead {
                tr {
                    th scope="col" { "Registered in" }
                    (number_heads())
                    @if holders(view) { th scope="col" { "Held by" } }
                    th scope="col" { "Recipients" }
                }
            }
            tbody {
                @for (code, sum) in &rows {
                    tr {
                        th scope="row" {
                            @match WORLD.find(code) {
                                Some(country) => { (country.name) " " span.code { (code) } }
                                None => { (code) span.dim { " (not on the map)" } }
                            }
                        }
                        (numbers(sum, whole))
                        @if holders(view) { td { (listed(&sum.holders)) } }
                        td.names { (most(&sum.recipients)) }
                    }
                }
                @if !nowhere.recipients.is_empty() {
                    tr {
                        th scope="row" { "The tables do not tell one" }
                        (numbers(nowhere, whole))
                        @if holders(view) { td { (listed(&nowhere.holders)) } }
                        td.names { (most(&nowhere.recipients)) }
                    }
                }
            }
        }
    };
    scrolled("Countries of registration", &table)
}

pub(super) fn parties(view: &View<'_>) -> Markup {
    let mut rows: Vec<(&String, &Sum)> = view.sums.parties.iter().collect();
    rows.sort_by_key(|(name, sum)| (std::cmp::Reverse(sum.sent), *name));
    let more = rows.len().saturating_sub(ROWS_MAX);
    let table = html! {
        table {
            caption { "Who operates what was sent to, most sent first" }
            thead {
                tr {
                    th scope="col" { "Operated by" }
                    th scope="col" { "To the devices" }
                    (number_heads())
                    @if holders(view) { th scope="col" { "Held by" } }
                    th scope="col" { "Recipients" }
                }
            }
            tbody {
                @for (name, sum) in rows.iter().take(ROWS_MAX) {
                    tr {
                        th scope="row" { (capital(name)) }
                        td {
                            @for (at, kind) in sum.kinds.iter().enumerate() {
                                @if at > 0 { ", " }
                                (kind.short())
                            }
                        }
                        (numbers(sum, view.sums.all.sent))
                        @if holders(view) { td { (listed(&sum.holders)) } }
                        td.names { (most(&sum.recipients)) }
                    }
                }
            }
        }
        @if more > 0 { p.note { (more) " further ones are counted above and left out here." } }
    };
    scrolled("Operators", &table)
}

pub(super) fn sites(view: &View<'_>) -> Markup {
    let mut rows: Vec<(&String, &usize)> = view.sums.devices_at.iter().collect();
    let none = Sum::default();
    let of = |name: &String| view.sums.sites.get(name).unwrap_or(&none);
    rows.sort_by_key(|(name, _)| (std::cmp::Reverse(of(name).sent), *name));
    let more = rows.len().saturating_sub(ROWS_MAX);
    let table = html! {
        table {
            caption {
                "Where the devices are, most sent first"
                @if !view.gathered.sited { ". A device that several hold counts in each; what goes on in the next file of one recording counts in its first" }
            }
            thead {
                tr {
                    th scope="col" { (view.where_words()) }
                    th.n scope="col" { "Devices" }
                    th.n scope="col" { "of them outside" }
                    th.n scope="col" { "Sent" }
                    th.n scope="col" { "Got" }
                    th scope="col" { "Sent to" }
                }
            }
            tbody {
                @for (name, devices) in rows.iter().take(ROWS_MAX) {
                    @let sum = of(name);
                    tr {
                        th scope="row" { (name) }
                        td.n { (devices) }
                        td.n { (sum.devices.len()) }
                        td.n { (bytes(sum.sent)) }
                        td.n { (bytes(sum.got)) }
                        td.names { (largest(view, name)) }
                    }
                }
            }
        }
        @if more > 0 { p.note { (more) " further ones are counted above and left out here." } }
    };
    html! {
        section #sites {
            h2 { (view.sites_words()) }
            (scrolled("Sites", &table))
        }
    }
}

/// To whom most is sent from a site.
fn largest(view: &View<'_>, site: &String) -> String {
    let mut all: Vec<(&String, u64)> = Vec::new();
    let from = (site.clone(), String::new(), super::sums::Kind::Maker);
    let links = view.sums.links.range(from..).take_while(|((one, ..), _)| one == site);
    for ((_, party, _), sent) in links {
        match all.last_mut() {
            Some((last, sum)) if *last == party => *sum = sum.saturating_add(*sent),
            _ => all.push((party, *sent)),
        }
    }
    all.sort_by_key(|(party, sent)| (std::cmp::Reverse(*sent), *party));
    let told = all.iter().take(NAMES_MAX).filter(|(_, sent)| *sent > 0);
    let mut told: Vec<String> =
        told.map(|(party, sent)| format!("{} {}", capital(party), bytes(*sent))).collect();
    if all.len() > NAMES_MAX {
        told.push(format!("{} more", all.len() - NAMES_MAX));
    }
    told.join("; ")
}

pub(super) fn recordings(view: &View<'_>) -> Markup {
    let all = &view.gathered.recordings;
    let table = html! {
        table {
            caption {
                "What was read. Of what lies between two captures nothing is known; within one "
                "nobody can tell whether it was interrupted."
            }
            thead {
                tr {
                    th scope="col" { "Capture" }
                    th scope="col" { "From" }
                    th scope="col" { "Until" }
                    th.n scope="col" { "Covers" }
                    th.n scope="col" { "Packets" }
                    th scope="col" { "What it lacks" }
                }
            }
            tbody {
                @for one in all.iter().take(ROWS_MAX) {
                    tr {
                        th scope="row" { (one.source) }
                        @match one.seen {
                            Some(seen) => {
                                td.day { (format!("{:.0}", seen.from)) }
                                td.day { (format!("{:.0}", seen.until)) }
                                td.n {
                                    (long_words(seconds(std::slice::from_ref(one))))
                                }
                            }
                            None => { td { "not told" } td { "not told" } td.n { "not told" } }
                        }
                        td.n { (one.packets) }
                        td { (one.lacks_words()) }
                    }
                }
            }
        }
        @if all.len() > ROWS_MAX {
            p.note { (many(all.len() - ROWS_MAX, "further capture")) " not listed." }
        }
    };
    html! {
        section #recordings {
            h2 { "What was recorded" }
            (scrolled("Captures", &table))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::share;

    #[test]
    fn what_is_not_nothing_is_not_told_as_nothing_nor_as_all() {
        assert_eq!(share(0, 0), "0\u{a0}%");
        assert_eq!(share(1, 1_000_000), "under 1\u{a0}%");
        assert_eq!(share(999_999, 1_000_000), "over 99\u{a0}%");
        assert_eq!(share(1, 2), "50\u{a0}%");
        assert_eq!(share(7, 7), "100\u{a0}%");
    }
}
