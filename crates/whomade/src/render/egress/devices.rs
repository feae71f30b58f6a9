//! Device by device: what each exchanged with whom.

use maud::{Markup, html};
use whomade_core::egress::{Recipient, Whose};
use whomade_core::report::{clean, clean_to, headline};

use super::sums::{bytes, many};
use super::{SENTENCE_CHARS_MAX, View, signs};
use crate::run::egress::gather::Talking;

/// Devices that are shown with all of their recipients.
const DEVICES_MAX: usize = 500;
/// Recipients of one device that are shown.
const RECIPIENTS_MAX: usize = 200;
/// Devices that stand open; of more than these each is opened by whoever reads.
const OPEN_MAX: usize = 6;

pub(super) fn devices(view: &View<'_>) -> Markup {
    let all = &view.gathered.talking;
    let outside = |one: &&Talking| one.recipients.iter().any(super::is_outside);
    let sending: Vec<&Talking> = all.iter().filter(outside).collect();
    let silent = all.len() - sending.len();
    html! {
        section #devices {
            h2 { "Device by device" }
            @for one in sending.iter().take(DEVICES_MAX) {
                (device(view, one, sending.len() <= OPEN_MAX))
            }
            @if sending.len() > DEVICES_MAX {
                p.note {
                    (many(sending.len() - DEVICES_MAX, "further device"))
                    " are counted above and left out here; " code { "--csv" } " has every row."
                }
            }
            @if silent > 0 {
                p.note {
                    "Of " (many(silent, "device")) " nothing exchanged outside was seen in what was "
                    "recorded."
                }
            }
        }
    }
}

fn device(view: &View<'_>, one: &Talking, open: bool) -> Markup {
    let found = &one.found;
    let hardware = super::hardware(&found.device);
    let outside: Vec<&Recipient> =
        one.recipients.iter().filter(|one| super::is_outside(one)).collect();
    let sent = outside.iter().fold(0_u64, |sum, one| sum.saturating_add(one.sent()));
    html! {
        details open[open] {
            summary {
                b { (headline(view.base, &found.worked(&[]))) }
                " · " (bytes(sent)) " to " (many(outside.len(), "recipient"))
            }
            p.note {
                (one.place)
                @if !hardware.is_empty() { "; " (hardware) }
                "; certainty: " (found.design().certainty.word())
                @if view.gathered.sited { "; " (one.site) }
                @if let Some(why) = one.bound() { "; a lower bound: " (why) }
            }
            div.scroll tabindex="0" role="region"
                aria-label={ "Recipients of " (clean(&found.device.name)) } {
                table {
                    thead {
                        tr {
                            th scope="col" { "Recipient, and what is known of it" }
                            th.n scope="col" { "Sent" }
                            th.n scope="col" { "Got" }
                            th scope="col" { "Seen" }
                            th scope="col" { "Protection" }
                        }
                    }
                    tbody {
                        @for one in outside.iter().take(RECIPIENTS_MAX) { (row(view, one)) }
                    }
                }
            }
            @if outside.len() > RECIPIENTS_MAX {
                p.note { (many(outside.len() - RECIPIENTS_MAX, "further recipient")) " not listed." }
            }
            @if !one.asked_only.is_empty() {
                p.note {
                    "Asked for, nothing exchanged was seen: "
                    (one.asked_only.iter().take(12).map(|name| clean(name)).collect::<Vec<_>>()
                        .join(", "))
                    @if one.asked_only.len() > 12 { " and " (one.asked_only.len() - 12) " more" }
                }
            }
        }
    }
}

fn row(view: &View<'_>, one: &Recipient) -> Markup {
    let held = view.tables.of_recipient(one).words();
    let sentence = one.sentence(view.base, held.as_deref());
    let seen = one.seen();
    let plain = one.covers().contains(&whomade_core::egress::Cover::Plain);
    html! {
        tr class=[(one.whose == Whose::Unknown).then_some("open")] {
            td { (clean_to(&sentence, SENTENCE_CHARS_MAX)) }
            td.n { (bytes(one.sent())) }
            td.n { (bytes(one.got())) }
            td.day {
                @if let Some(seen) = seen {
                    (format!("{:.0}", seen.from)) @if seen.until != seen.from {
                        " to " (format!("{:.0}", seen.until))
                    }
                } @else { "not told" }
            }
            td {
                @if plain { b { "plain text" } @if one.covers().len() > 1 { " and others" } }
                @else {
                    (one.covers().iter().map(|cover| cover.words()).collect::<Vec<_>>()
                        .join(" and "))
                }
                " " span.dim { (one.ports_words(", ")) }
                @for sign in signs(one) { " " span.dim { "speaks " (sign) } }
            }
        }
    }
}
