//! The trail of what everybody did.

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};
use whomade_store::Verified;

use crate::app::Shared;
use crate::frame::{self, Here};
use crate::trouble::Trouble;
use crate::view::{Asks, count, shown, when};
use crate::who::Who;
use crate::words;

/// Lines of a page.
const LINES: i64 = 100;

/// The page.
pub(crate) async fn page(
    State(app): State<Shared>,
    Extension(who): Extension<Who>,
    Asks(asks): Asks,
) -> Result<Response, Trouble> {
    let before = asks.number("before");
    let lines = app.store.audit_lines(before, asks.told("about"), LINES).await?;
    let verified = match asks.get("verify") {
        "1" => Some(app.store.verify_audit(asks.told("head")).await?),
        _ => None,
    };
    let body = html! {
        h1 { (words::AUDIT) }
        p.lead { (words::AUDIT_LEAD) }
        form.inline method="get" action="/audit" {
            input type="hidden" name="verify" value="1";
            label { (words::HEAD) span.hint { (words::HEAD_HINT) }
                input name="head" value=(shown(asks.get("head"))) spellcheck="false"
                    autocomplete="off";
            }
            button type="submit" { (words::VERIFY) }
        }
        @if let Some(verified) = &verified { (outcome(verified)) }
        div.scroll tabindex="0" role="region" aria-label=(words::AUDIT) {
            table.list {
                thead { tr {
                    th.n scope="col" { (words::NUMBER) } th scope="col" { (words::WHEN) }
                    th scope="col" { (words::WHO) } th scope="col" { (words::DID) }
                    th scope="col" { (words::TO_WHAT) } th scope="col" { (words::WITH) }
                } }
                tbody {
                    @for line in &lines {
                        tr {
                            td.n { (count(line.n)) }
                            td { (when(&line.at)) }
                            td { (shown(&line.who)) }
                            td { (words::act(&line.act)) } td { (link(&line.about)) }
                            td.details { code { (shown(&line.details)) } }
                        }
                    }
                }
            }
        }
        @if let Some(last) = lines.last().filter(|_| lines.len() as i64 == LINES) {
            nav.pager { a rel="next" href={ "/audit?before=" (last.n) } { (words::EARLIER_LINES) } }
        }
    };
    Ok(frame::page(&app, &who, Here::Audit, words::AUDIT, &body))
}

/// What was done something to, with a way there.
fn link(about: &str) -> Markup {
    let to = about.split_once(':').and_then(|(kind, id)| {
        let page = match kind {
            "device" => "devices",
            "run" => "runs",
            "job" => "jobs",
            _ => return None,
        };
        id.parse::<i64>().ok().map(|id| format!("/{page}/{id}"))
    });
    html! {
        @match to {
            Some(to) => a href=(to) { (shown(about)) },
            None => (shown(about)),
        }
    }
}

fn outcome(verified: &Verified) -> Markup {
    html! {
        @match verified {
            Verified::Whole { lines, head, clock_set_back } => {
                p.good role="status" { (words::whole(*lines)) }
                p.note { (words::NOTE_HEAD) " " code { (head) } }
                @if *clock_set_back > 0 { p.note { (words::set_back(*clock_set_back)) } }
            },
            Verified::Broken { at } => p.wrong role="alert" { (words::broken_at(*at)) },
            Verified::NotTheNoted { lines } => p.wrong role="alert" { (words::not_noted(*lines)) },
        }
    }
}
