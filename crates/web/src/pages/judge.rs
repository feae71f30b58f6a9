//! What people say of devices: that an answer is right, that it is not, that a finding is answered
//! for.

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use whomade_store::{Judgement, JudgementKind, NewJudgement, Role, Wrong};

use crate::app::{App, Shared};
use crate::pages::device::Known;
use crate::trouble::Trouble;
use crate::view::{Fields, Id, shown, when};
use crate::who::Who;
use crate::words;

/// Devices that are judged at once.
const DEVICES_MAX: usize = 500;

/// What was said of a device, and the form to say more.
pub(super) fn section(app: &App, who: &Who, id: i64, known: &Known) -> Markup {
    let role = who.scope.role_at(&known.place);
    let may = |least: Role| role.is_some_and(|own| own >= least);
    let last = known.judgements.iter().map(|one| one.id).max().unwrap_or_default();
    html! {
        section.judgements {
            h2 { (words::JUDGEMENTS) }
            @if known.judgements.is_empty() { p.note { (words::NO_JUDGEMENT) } }
            @for one in &known.judgements { (judged(app, who, one, role)) }
            @if may(Role::Analyst) {
                details {
                    summary { (words::JUDGE) }
                    form method="post" action={ "/devices/" (id) "/judge" } {
                        input type="hidden" name="seen" value=(last);
                        (kinds(may(Role::Approver)))
                        label { (words::ABOUT) span.hint { (words::ABOUT_HINT) }
                            input name="about" list="about" autocomplete="off" value=(maker(known));
                        }
                        (abouts(known))
                        label { (words::UNTIL) span.hint { (words::UNTIL_HINT) }
                            input type="date" name="until";
                        }
                        label { (words::REASON)
                            textarea name="reason" rows="3" maxlength="4000" required {}
                        }
                        button type="submit" { (words::JUDGE) }
                    }
                }
            }
        }
    }
}

fn maker(known: &Known) -> &str {
    known.worked.report.design.maker.as_ref().map_or("", |maker| maker.id.as_str())
}

fn kinds(exempts: bool) -> Markup {
    html! {
        fieldset.kinds {
            legend { (words::JUDGEMENT) }
            label { input type="radio" name="kind" value="confirm" required; (words::CONFIRM) }
            label { input type="radio" name="kind" value="dispute"; (words::DISPUTE) }
            @if exempts { label { input type="radio" name="kind" value="exempt"; (words::EXEMPT) } }
        }
    }
}

/// What can be spoken of here: the makers in question and the regimes that ask.
fn abouts(known: &Known) -> Markup {
    let report = &known.worked.report;
    html! {
        datalist #about {
            @for one in &report.design.candidates { option value=(one.maker) { (one.name) } }
            @for one in &report.rulings { option value=(one.regime) {} }
        }
    }
}

fn judged(app: &App, who: &Who, one: &Judgement, role: Option<Role>) -> Markup {
    let may = |least: Role| role.is_some_and(|own| own >= least);
    let is_own = one.passed.0 == who.name();
    let about =
        app.known.base.facts.makers.get(&one.about).map_or(one.about.as_str(), |it| &it.name);
    html! {
        article.judged.over[one.withdrawn.is_some()] {
            p {
                strong { (words::judgement(one.kind)) } " " (shown(about))
                @if let Some(until) = &one.until { " " (words::until(until)) }
            }
            blockquote { (shown(&one.reason)) }
            p.dim { (shown(&one.passed.0)) ", " (when(&one.passed.1))
                @if let Some((by, at)) = &one.seconded {
                    "; " (words::SECONDED) " " (shown(by))
                    ", " (when(at))
                }
                @if let Some((by, at)) = &one.withdrawn {
                    "; " (words::WITHDRAWN) " " (shown(by))
                    ", " (when(at))
                }
            }
            @if one.withdrawn.is_none() {
                div.actions {
                    @if one.seconded.is_none() && may(Role::Approver) && !is_own {
                        form method="post" action={ "/judgements/" (one.id) "/second" } {
                            button type="submit" { (words::SECOND) }
                        }
                    }
                    @if may(Role::Approver) || is_own && may(Role::Analyst) {
                        form.inline method="post" action={ "/judgements/" (one.id) "/withdraw" } {
                            label { span.hidden { (words::REASON) }
                                input name="reason" required maxlength="4000"
                                    placeholder=(words::REASON);
                            }
                            button.plain type="submit" { (words::WITHDRAW) }
                        }
                    }
                }
            }
        }
    }
}

/// What a form says, as a judgement on a device.
pub(crate) fn of_form(
    fields: &Fields,
    device: i64,
    who: &Who,
    seen: Option<i64>,
) -> Result<NewJudgement, Trouble> {
    let kind = JudgementKind::from_word(fields.get("kind"));
    let kind = kind.ok_or_else(|| Trouble::unprocessable(words::NO_KIND))?;
    Ok(NewJudgement {
        device,
        kind,
        about: fields.get("about").trim().to_owned(),
        reason: fields.get("reason").trim().to_owned(),
        until: fields.told("until").map(str::to_owned),
        who: who.name().to_owned(),
        seen,
    })
}

/// Passes a judgement, if somebody may say that of this device.
pub(crate) async fn pass(app: &App, who: &Who, new: &NewJudgement) -> Result<i64, Trouble> {
    let least = match new.kind {
        JudgementKind::Exempt => Role::Approver,
        JudgementKind::Confirm | JudgementKind::Dispute => Role::Analyst,
    };
    let facts = &app.known.base.facts;
    let known = match new.kind {
        JudgementKind::Confirm => facts.makers.contains_key(&new.about),
        JudgementKind::Exempt => facts.regimes.contains_key(&new.about),
        JudgementKind::Dispute => true,
    };
    may_at(app, who, new.device, least).await?;
    if !known {
        return Err(Trouble::unprocessable(words::unknown_about(new.kind)));
    }
    Ok(app.store.judge(new).await?)
}

/// That somebody may do what a role may with a device.
async fn may_at(app: &App, who: &Who, device: i64, least: Role) -> Result<(), Trouble> {
    let listing = app.listing().await?;
    let listed = listing.row_of(device).and_then(|row| listing.listed(row));
    let listed = listed.ok_or_else(|| Trouble::nothing("such device"))?;
    match who.scope.role_at(&listed.values[0]) {
        None => Err(Trouble::nothing("such device")),
        Some(role) if role >= least => Ok(()),
        Some(_) => Err(Trouble::forbidden()),
    }
}

/// Judges one device.
pub(crate) async fn one(
    State(app): State<Shared>,
    Extension(who): Extension<Who>,
    Id(id): Id,
    fields: Fields,
) -> Result<Response, Trouble> {
    let seen = fields.number("seen").filter(|seen| *seen > 0);
    let new = of_form(&fields, id, &who, seen)?;
    pass(&app, &who, &new).await.map_err(stale)?;
    Ok(Redirect::to(&format!("/devices/{id}")).into_response())
}

/// What is said to somebody whose page was older than what somebody else did.
fn stale(trouble: Trouble) -> Trouble {
    match trouble.status {
        StatusCode::CONFLICT => Trouble::new(trouble.status, words::STALE),
        _ => trouble,
    }
}

/// Judges many devices at once; those that somebody else judged meanwhile are told.
pub(crate) async fn many(
    State(app): State<Shared>,
    Extension(who): Extension<Who>,
    fields: Fields,
) -> Result<Response, Trouble> {
    let devices: Vec<i64> = fields.all("device").iter().filter_map(|id| id.parse().ok()).collect();
    if devices.is_empty() {
        return Err(Trouble::unprocessable(words::NONE_PICKED));
    }
    if devices.len() > DEVICES_MAX {
        return Err(Trouble::unprocessable(words::too_many(DEVICES_MAX)));
    }
    for id in devices {
        // Whoever picks from a list has seen no judgement: the last one of each holds on.
        let last = app.store.judgements_on(id).await?.iter().map(|one| one.id).max();
        let new = of_form(&fields, id, &who, last)?;
        pass(&app, &who, &new).await.map_err(stale)?;
    }
    let back = fields.get("back");
    let back = if back.chars().all(|sign| sign.is_ascii_graphic()) { back } else { "" };
    Ok(Redirect::to(&format!("/devices?{back}")).into_response())
}

/// A judgement's device, if somebody may do that with it.
pub(crate) async fn settled(
    app: &App,
    who: &Who,
    id: i64,
    reason: Option<&str>,
) -> Result<i64, Trouble> {
    let judgement = app.store.judgement(id).await?;
    let is_own = judgement.passed.0 == who.name();
    let least = if reason.is_some() && is_own { Role::Analyst } else { Role::Approver };
    may_at(app, who, judgement.device, least).await?;
    match reason {
        None => app.store.second(id, who.name()).await?,
        Some(reason) if reason.trim().is_empty() => {
            return Err(Wrong::Refused(words::REASON_WANTED.to_owned()).into());
        }
        Some(reason) => app.store.withdraw(id, who.name(), reason).await?,
    }
    Ok(judgement.device)
}

/// Agrees, as a second person.
pub(crate) async fn second(
    State(app): State<Shared>,
    Extension(who): Extension<Who>,
    Id(id): Id,
) -> Result<Response, Trouble> {
    let device = settled(&app, &who, id, None).await.map_err(stale)?;
    Ok(Redirect::to(&format!("/devices/{device}")).into_response())
}

/// Takes a judgement back.
pub(crate) async fn withdraw(
    State(app): State<Shared>,
    Extension(who): Extension<Who>,
    Id(id): Id,
    fields: Fields,
) -> Result<Response, Trouble> {
    let reason = fields.get("reason");
    let device = settled(&app, &who, id, Some(reason)).await.map_err(stale)?;
    Ok(Redirect::to(&format!("/devices/{device}")).into_response())
}
