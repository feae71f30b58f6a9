//! One device that stands on no list: somebody types what they see, and is answered as they type.

use axum::Extension;
use axum::extract::State;
use axum::response::{Html, IntoResponse, Response};
use maud::{Markup, html};
use whomade_core::observation::{Device, Field, Observation};
use whomade_core::report::DeviceReport;

use crate::app::{App, Shared};
use crate::frame::{self, Here};
use crate::pages::device::{Worked, worked};
use crate::trouble::Trouble;
use crate::view::{Asks, Fields, certainty, ruling, shown};
use crate::who::Who;
use crate::words;

/// Bytes of what somebody types into a field.
const VALUE_BYTES_MAX: usize = 20_000;
/// The fields that are asked for, in the order of the form.
const FIELDS: [Field; 5] = [Field::Label, Field::Model, Field::Mac, Field::Serial, Field::Firmware];
/// What a reply may be of.
const REPLIES: [Field; 8] = [
    Field::HttpServer,
    Field::AuthRealm,
    Field::HttpTitle,
    Field::HttpHeaders,
    Field::Sadp,
    Field::Dhip,
    Field::TlsIssuer,
    Field::FccId,
];

/// What was typed, as a device; none where nothing was.
pub(crate) fn device(fields: &Fields) -> Result<Option<Device>, Trouble> {
    let mut device = Device { name: words::THIS_DEVICE.into(), ..Device::default() };
    for (name, value) in &fields.0 {
        let Some(field) = Field::from_id(name) else { continue };
        let value = value.trim();
        if value.len() > VALUE_BYTES_MAX {
            return Err(Trouble::unprocessable(words::VALUE_LONG));
        }
        if !value.is_empty() {
            device.observations.push(Observation::new(field, value));
        }
    }
    let reply = fields.get("reply").trim();
    if reply.len() > VALUE_BYTES_MAX {
        return Err(Trouble::unprocessable(words::VALUE_LONG));
    }
    if !reply.is_empty() {
        let of = Field::from_id(fields.get("of")).unwrap_or(Field::HttpServer);
        device.observations.push(Observation::new(of, reply));
    }
    Ok((!device.observations.is_empty()).then_some(device))
}

/// The page.
pub(crate) async fn page(
    State(app): State<Shared>,
    Extension(who): Extension<Who>,
    Asks(asks): Asks,
) -> Result<Response, Trouble> {
    let answer = match device(&asks)? {
        Some(device) => answer(&app, &worked(&app, device).await?),
        None => html! { p.note { (words::CHECK_HINT) } },
    };
    if asks.get("part") == "1" {
        return Ok(Html(answer.into_string()).into_response());
    }
    let body = html! {
        h1 { (words::CHECK) }
        p.lead { (words::CHECK_LEAD) }
        div.columns.two {
            form.check method="get" action="/check" data-live="answer" {
                @for field in FIELDS {
                    label { (words::field(field))
                        input name=(field.id()) value=(shown(asks.get(field.id())))
                            autocomplete="off"
                            spellcheck="false" placeholder=(words::field_example(field));
                    }
                }
                label { (words::REPLY)
                    select name="of" {
                        @for field in REPLIES {
                            option value=(field.id()) selected[asks.get("of") == field.id()] {
                                (words::field(field))
                            }
                        }
                    }
                }
                label { span.hidden { (words::REPLY_TEXT) }
                    textarea name="reply" rows="3" spellcheck="false"
                        placeholder=(words::REPLY_EXAMPLE) {
                        (shown(asks.get("reply")))
                    }
                }
                button type="submit" { (words::CHECK_NOW) }
            }
            div #answer.answer aria-live="polite" { (answer) }
        }
    };
    Ok(frame::page(&app, &who, Here::Check, words::CHECK, &body))
}

fn answer(app: &App, worked: &Worked) -> Markup {
    let report: &DeviceReport = &worked.report;
    let worst = report.rulings.iter().min_by_key(|one| one.outcome);
    html! {
        p.headline { (shown(&report.headline)) }
        p.marks {
            (certainty(report.design.certainty))
            @if let Some(worst) = worst { (ruling(worst.outcome.word())) }
        }
        @if !report.design.held_back.is_empty() { p.note { (shown(report.design.held_back)) } }
        @if !report.evidence.is_empty() {
            h2 { (words::EVIDENCE) }
            ul.said {
                @for one in &report.evidence {
                    li { strong { (one.of.name) } " " span.dim { (words::role(one.role)) } ": "
                        code { (shown(&one.value)) } " " (shown(&one.why)) }
                }
            }
        }
        @if !report.contradictions.is_empty() {
            h2 { (words::CONTRADICTIONS) }
            ul.said { @for one in &report.contradictions { li { (shown(&one.says)) } } }
        }
        @if !report.would_settle.is_empty() {
            h2 { (words::WOULD_SETTLE) }
            ul.asks {
                @for one in &report.would_settle { li { strong { (one.what) } " " (one.how) } }
            }
        }
        @if let Some(maker) = &report.design.maker {
            p { a href={ "/knowledge/" (maker.id) } { (words::about(app.maker_name(&maker.id))) } }
        }
    }
}
