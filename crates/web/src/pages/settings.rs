//! What the estate is called, and who asks: by that every device is answered.

use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use maud::html;
use serde_json::json;
use whomade_inquiry::asking::{Asked, Typed};

use crate::app::Shared;
use crate::frame::{self, Here};
use crate::trouble::Trouble;
use crate::view::{Fields, shown};
use crate::who::Who;
use crate::{words, work};

/// The page.
pub(crate) async fn page(
    State(app): State<Shared>,
    Extension(who): Extension<Who>,
) -> Result<Response, Trouble> {
    let (name, asked) = (app.store.name().await?, app.store.asked().await?);
    let context = &app.known.base.facts.context;
    let body = html! {
        h1 { (words::SETTINGS) }
        form.settings method="post" action="/settings" {
            label { (words::ESTATE_NAME) input name="name" value=(shown(&name)) maxlength="200"; }
            fieldset {
                legend { (words::WHO_ASKS) }
                p.note { (words::WHO_ASKS_NOTE) }
                label.radio {
                    input type="radio" name="preset" value="" checked[asked.preset.is_none()];
                    span { (words::NOBODY_ASKS) }
                }
                @for preset in &context.presets {
                    label.radio {
                        input type="radio" name="preset" value=(preset.id)
                            checked[asked.preset.as_deref() == Some(preset.id.as_str())];
                        span { strong { (preset.id) } " " (preset.meaning) }
                    }
                }
            }
            label { (words::CONTEXT) span.hint { (words::CONTEXT_HINT) }
                textarea name="context" rows="4" spellcheck="false" { (asked.context.join("\n")) }
            }
            details {
                summary { (words::CONTEXT_KEYS) }
                dl.keys {
                    @for key in &context.keys {
                        dt { code { (key.id) } }
                        dd { (key.meaning) }
                    }
                }
            }
            button type="submit" { (words::SAVE) }
        }
    };
    Ok(frame::page(&app, &who, Here::Settings, words::SETTINGS, &body))
}

/// Keeps what was said; where somebody else asks now, every device is answered again.
pub(crate) async fn save(
    State(app): State<Shared>,
    Extension(who): Extension<Who>,
    fields: Fields,
) -> Result<Response, Trouble> {
    let before = app.store.asked().await?;
    let context = fields.get("context").lines().map(str::trim).filter(|line| !line.is_empty());
    let typed = Typed {
        preset: fields.told("preset").map(str::to_owned),
        context: context.map(str::to_owned).collect(),
        ..before.clone()
    };
    Asked::check(&app.known.base, typed.clone())
        .map_err(|wrong| Trouble::unprocessable(format!("{wrong:#}")))?;
    if fields.get("name").trim() != app.store.name().await? {
        app.store.set_name(fields.get("name"), who.name()).await?;
    }
    if typed == before {
        return Ok(Redirect::to("/settings").into_response());
    }
    app.store.set_asked(&typed, who.name()).await?;
    app.ask_anew().await?;
    let job = app.store.ask(work::REWORK, who.name(), &json!({ "why": "who asks" })).await?;
    app.bell.notify_one();
    Ok(Redirect::to(&format!("/jobs/{job}")).into_response())
}
