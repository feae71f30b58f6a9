//! The page around the tables: what it shows and what it does not, before any number.

use std::fmt::Write as _;

use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest as _, Sha256};
use whomade_core::atlas::{
    OWN_STRINGS_MAX, ROWS_MAX, ROWS_OF_OWN_MAX, ROWS_OF_PAIR_MAX, Standing, Support,
};
use whomade_formats::write::page::head;

use super::facts::{forms, sources, statements};
use super::flow::{NARROW, WIDE, flow};
use super::labels::{apart, labels};
use super::steps::{badge, class, meaning, plain, totals};
use super::tables::{none, own, pairs};
use super::{View, count, span};

static STYLE: &str = include_str!("atlas.css");
static SCRIPT: &str = include_str!("atlas.js");

/// The page as text.
pub(crate) fn page(view: &View<'_>) -> String {
    let policy = format!(
        "default-src 'none'; style-src '{}'; script-src '{}'; base-uri 'none'; form-action 'none'",
        digest(STYLE),
        digest(SCRIPT)
    );
    let title = "Labels, and the makers whose firmware form they filed";
    html! {
        (DOCTYPE)
        html lang="en" {
            (head(title, &policy, STYLE))
            body {
                a.skip href="#picture" { "To the picture" }
                header {
                    p.eyebrow { "whomade atlas · " time datetime=(view.on) { (view.on) } }
                    h1 { (title) }
                    p.lead { (lead(view)) }
                    (find())
                    (contents(view))
                }
                main {
                    (terms())
                    (account(view))
                    (picture(view))
                    (pairs(view))
                    (statements(view))
                    (about(view))
                    (labels(view))
                    (apart(view))
                    (own(view))
                    (none(view))
                    (forms(view))
                    (sources(view))
                }
                (foot(view))
                script { (PreEscaped(SCRIPT)) }
            }
        }
    }
    .into_string()
}

fn lead(view: &View<'_>) -> String {
    let atlas = view.atlas;
    let dates = match (atlas.span.first, atlas.span.last) {
        (None, _) | (_, None) => String::new(),
        _ => format!(", {}", span(atlas.span)),
    };
    let known = format!(
        "{} products of {} labels in {}{dates}.",
        count(atlas.products),
        count(atlas.labels.len() as u64),
        view.files.join(", "),
    );
    if atlas.account.labels == 0 {
        return format!("{known} No label filed firmware of another maker’s form.");
    }
    let [model, label, string, disputed] = totals(view).map(count);
    format!(
        "{known} {} of them, under {} labels, were filed with firmware of another maker’s form. For \
         {model} a second source names the very model, for {label} only the label or a line of it; \
         {disputed} are disputed; for {string} the form of the string is all there is, and nobody \
         is called the maker.",
        count(atlas.account.labels),
        count(super::steps::labels(atlas)),
    )
}

/// The way to one label; without the script the table's links do the same.
fn find() -> Markup {
    html! {
        form.find role="search" hidden {
            label for="find" { "Find a label" }
            input #find type="search" name="label" list="known" autocomplete="off"
                placeholder="name on the equipment";
            datalist #known {}
            button type="submit" { "Show" }
            output aria-live="polite" {}
        }
    }
}

fn contents(view: &View<'_>) -> Markup {
    html! {
        nav aria-label="On this page" {
            a href="#picture" { "Picture" }
            a href="#pairs" { "Table" }
            a href="#statements" { "What makers say themselves" }
            a href="#about" { "To dispute or correct" }
            a href="#labels" { "Label by label" }
            @if !view.pairs(Standing::Kin).is_empty() { a href="#kin" { "Within one house" } }
            @if !view.pairs(Standing::Control).is_empty() { a href="#control" { "Makers of their own" } }
            a href="#own" { "Own names" }
            a href="#none" { "No form" }
            a href="#forms" { "Forms" }
            a href="#sources" { "Sources" }
        }
    }
}

fn terms() -> Markup {
    html! {
        section.terms aria-label="How to read this page" {
            div {
                h2 { "What this shows" }
                p {
                    "For each label, whose " em { "firmware form" } " the strings have that were "
                    "filed under it: the way a maker writes its version numbers. And whether "
                    "anything else says so, in three steps and a warning:"
                }
                dl.words {
                    @for step in Support::ALL {
                        div { dt { (badge(step)) } dd { (meaning(step)) } }
                    }
                }
            }
            div {
                h2 { "What it does not show" }
                p {
                    "Who made a product. A string is what somebody typed into a form; it may be "
                    "wrong, copied, or common to two firms. “String only” never names a maker: it "
                    "says that a label " em { "files firmware of X’s form" } ", no more. “Label "
                    "named elsewhere” does not reach the single model."
                }
                p {
                    "Companies of one house on the day of a test stand apart: that is no "
                    "relabelling. The page says nothing of people, of quality, of a product that is "
                    "not in the list, or of units bought before or after the dates given. Short "
                    "forms such as 5.1 belong to nobody. It is not legal advice."
                }
                p {
                    a href="#statements" { "What makers and labels say themselves" }
                    " stands after the table, and each label’s own words at its name."
                }
            }
        }
    }
}

fn about(view: &View<'_>) -> Markup {
    html! {
        section.terms #about aria-label="Where it comes from, and how to dispute it" {
            div {
                h2 { "Where it comes from" }
                p {
                    "The rows: " b { (view.files.join(", ")) } ", as they stood there, "
                    "as of " (view.on) ". The facts: the knowledge base of whomade "
                    (env!("CARGO_PKG_VERSION")) "; each stands below with why it is believed, "
                    "its file and its " a href="#sources" { "sources" } "."
                }
                p { "Nothing was asked of any network, and this page loads nothing." }
            }
            div {
                h2 { "To dispute or correct" }
                p {
                    "Open an issue in the project’s repository with the file of the fact, what is "
                    "wrong, and a source that shows it. A wrong fact is withdrawn with a date and "
                    "a note, never silently deleted."
                }
                p {
                    "A maker’s or label’s own statement is added beside what others say, whoever "
                    "asks. CONTRIBUTING, “To dispute a fact”, has the way."
                }
            }
        }
    }
}

/// Every product, accounted for.
fn account(view: &View<'_>) -> Markup {
    let account = view.atlas.account;
    let parts = [
        ("own", "#own", account.own, "filed by a maker in a form of its own"),
        ("labels", "#pairs", account.labels, "filed by a label in another maker’s form"),
        ("kin", "#kin", account.kin, "filed within one house"),
        (
            "control",
            "#control",
            account.control,
            "filed in another’s form by a maker of its own equipment",
        ),
        ("noform", "#none", account.no_form, "a string whose form belongs to nobody"),
        ("nostring", "#none", account.no_string, "without any firmware string"),
        ("nolabel", "#none", account.no_label, "without a label"),
    ];
    let parts: Vec<_> = parts.into_iter().filter(|(_, _, number, _)| *number > 0).collect();
    let all = view.atlas.products.max(1) as f64;
    let share = |products: u64| products as f64 * 1000.0 / all;
    let bars = parts.iter().scan(0, |before, (class, _, number, _)| {
        let from = share(*before);
        *before += number;
        Some((class, from, (share(*number) - 1.0).max(0.6)))
    });
    html! {
        section.account {
            h2 { "Every product, accounted for" }
            svg.whole viewBox="0 0 1000 20" preserveAspectRatio="none" role="img"
                aria-label="The parts, as the list below says in numbers" {
                @for (class, from, width) in bars {
                    rect class=(class) x=(format!("{from:.2}")) y="0" height="20"
                        width=(format!("{width:.2}")) {}
                }
            }
            ul.parts {
                @for (class, link, number, words) in &parts {
                    li {
                        i class=(class) {}
                        @if number == &account.no_label { b { (count(*number)) } }
                        @else { a href=(link) { b { (count(*number)) } } }
                        " " (words)
                    }
                }
            }
        }
    }
}

fn picture(view: &View<'_>) -> Markup {
    html! {
        section #picture {
            h2 { "From labels to firmware forms" }
            @if view.pairs(Standing::Label).is_empty() {
                p { "No label filed firmware of another maker’s form." }
            } @else {
                @let totals = totals(view);
                ul.legend {
                    @for (step, products) in Support::ALL.into_iter().zip(totals) {
                        li {
                            i class=(class(step)) {}
                            (plain(step)) " " a href="#pairs" { b { (count(products)) } }
                        }
                    }
                }
                (flow(view, &WIDE))
                (flow(view, &NARROW))
                p.note {
                    "Width is the number of products filed; a name on the left leads to its rows. "
                    "Makers’ own names, companies of one "
                    "house and makers of their own equipment are not drawn: they stand apart below."
                }
            }
        }
    }
}

fn foot(view: &View<'_>) -> Markup {
    html! {
        footer {
            p {
                "Limits: at most " (count(ROWS_OF_PAIR_MAX as u64)) " rows are listed of a label "
                "with a family, " (count(ROWS_OF_OWN_MAX as u64)) " of a maker’s own, "
                (count(ROWS_MAX as u64)) " in all, the first of the files; and "
                (count(OWN_STRINGS_MAX as u64)) " strings of makers’ own are compared. Every "
                "product is counted; where rows are left out, their number stands there. On paper, "
                "only lists that are open are printed."
            }
            p { "Made with whomade " (env!("CARGO_PKG_VERSION")) " for " (view.on) "." }
        }
    }
}

/// The hash by which the page's policy knows a part of it.
fn digest(part: &str) -> String {
    let mut out = String::from("sha256-");
    let _ = write!(out, "{}", base64(&Sha256::digest(part.as_bytes())));
    out
}

/// Base64 as RFC 4648 has it, with padding.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for three in bytes.chunks(3) {
        let byte = |at: usize| u32::from(three.get(at).copied().unwrap_or_default());
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for at in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * at) & 63) as usize];
            out.push(if at > three.len() { '=' } else { char::from(letter) });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::base64;

    #[test]
    fn base64_is_that_of_the_standard() {
        let cases =
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")];
        for (bytes, text) in cases {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
    }
}
