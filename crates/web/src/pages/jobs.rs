//! A job: how far it is, what came of it.

use axum::Extension;
use axum::extract::State;
use axum::response::{Html, IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde_json::Value;
use whomade_store::{Job, JobState, Role};

use crate::app::Shared;
use crate::frame::{self, Here};
use crate::trouble::Trouble;
use crate::view::{Asks, Id, count, shown, when};
use crate::who::Who;
use crate::words;

/// Diagnostics that are shown.
const SAID_MAX: usize = 40;

/// The page.
pub(crate) async fn page(
    State(app): State<Shared>,
    Extension(who): Extension<Who>,
    Id(id): Id,
    Asks(asks): Asks,
) -> Result<Response, Trouble> {
    let job = app.store.job(id).await?;
    let part = part(&who, &job);
    if asks.get("part") == "1" {
        return Ok(Html(part.into_string()).into_response());
    }
    let title = words::job_title(&job);
    let body = html! {
        p.crumbs { a href="/import" { (words::IMPORT) } " / " (title) }
        h1 { (title) }
        @if !job.state.is_over() { noscript { meta http-equiv="refresh" content="2"; } }
        div #job data-poll=[(!job.state.is_over()).then(|| format!("/jobs/{id}?part=1"))] { (part) }
    };
    Ok(frame::page(&app, &who, Here::Import, &title, &body))
}

fn part(who: &Who, job: &Job) -> Markup {
    let share = if job.of_all > 0 { Some(job.done as f64 / job.of_all as f64) } else { None };
    html! {
        p.lead role="status" data-over=[job.state.is_over().then_some("")] {
            (words::job_state(job.state)) " " (words::job_gist(job))
        }
        @if job.state == JobState::Running || job.state == JobState::Waiting {
            @match share {
                Some(share) => progress value=(format!("{:.3}", share.min(1.0))) max="1"
                    aria-label=(words::PROGRESS) {},
                None => progress aria-label=(words::PROGRESS) {},
            }
        }
        p.dim { (shown(&job.who)) ", " (when(&job.made_at)) }
        (came(&job.said))
        @if let Some(run) = job.run { p { a href={ "/runs/" (run) } { (words::TO_RUN) } } }
        @if job.state == JobState::Done { p { a.button href="/" { (words::TO_OVERVIEW) } } }
        @if who.may_everywhere(Role::Analyst) {
            @if !job.state.is_over() {
                form method="post" action={ "/jobs/" (job.id) "/cancel" } {
                    button.plain type="submit" { (words::CANCEL) }
                }
            } @else if job.state != JobState::Done {
                form method="post" action={ "/jobs/" (job.id) "/retry" } {
                    button type="submit" { (words::RETRY) }
                }
            }
        }
    }
}

/// What came of a job: what each file was taken for, and what was not read as it should be.
fn came(said: &Value) -> Markup {
    let list = |key: &str| said[key].as_array().cloned().unwrap_or_default();
    let (files, diagnostics) = (list("files"), list("said"));
    html! {
        @if let Some(wrong) = said["wrong"].as_str() { p.wrong role="alert" { (shown(wrong)) } }
        @if !files.is_empty() {
            section {
                h2 { (words::UNDERSTOOD) }
                table.list {
                    thead { tr {
                        th scope="col" { (words::FILE) } th scope="col" { (words::TAKEN_FOR) }
                        th.n scope="col" { (words::RECORDS) } th.n scope="col" { (words::DEVICES) }
                        th scope="col" { (words::NOT_READ) }
                    } }
                    tbody { @for file in &files { tr {
                        th scope="row" { (shown(&text(&file["name"]))) }
                        td { (shown(&text(&file["taken_for"]))) }
                        td.n { (count(file["records"].as_u64().unwrap_or_default())) }
                        td.n { (count(file["devices"].as_u64().unwrap_or_default())) }
                        td { (shown(&text(&file["unread"]))) }
                    } } }
                }
                @for columns in list("columns") { (used(&columns)) }
            }
        }
        @if !diagnostics.is_empty() {
            section {
                h2 { (words::SAID) }
                ul.said {
                    @for one in diagnostics.iter().take(SAID_MAX) { (one_said(one)) }
                }
                @if diagnostics.len() > SAID_MAX {
                    p.note { (words::more(diagnostics.len() - SAID_MAX)) }
                }
            }
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// What the columns of a table were used as.
fn used(columns: &Value) -> Markup {
    html! {
        details {
            summary { (words::COLUMNS_OF) " " (shown(&text(&columns["of"]))) }
            table.pairs {
                tbody {
                    @for one in columns["uses"].as_array().into_iter().flatten() {
                        tr {
                            th scope="row" { (shown(&text(&one[0]))) }
                            td { (shown(&text(&one[1]))) }
                        }
                    }
                }
            }
        }
    }
}

fn one_said(one: &Value) -> Markup {
    let severity = text(&one["severity"]);
    html! {
        li {
            span class={ "mark " (severity) } { (severity) } " " (shown(&text(&one["message"])))
            @if let Some(at) = one["at"].as_str() { " " span.origin { (shown(at)) } }
            @if let Some(help) = one["help"].as_str() { br; span.dim { (shown(help)) } }
        }
    }
}

/// Calls a job off.
pub(crate) async fn cancel(
    State(app): State<Shared>,
    Extension(who): Extension<Who>,
    Id(id): Id,
) -> Result<Response, Trouble> {
    app.store.cancel_job(id, who.name()).await?;
    Ok(Redirect::to(&format!("/jobs/{id}")).into_response())
}

/// Puts a job back into the queue.
pub(crate) async fn retry(
    State(app): State<Shared>,
    Extension(who): Extension<Who>,
    Id(id): Id,
) -> Result<Response, Trouble> {
    app.store.retry_job(id, who.name()).await?;
    app.bell.notify_one();
    Ok(Redirect::to(&format!("/jobs/{id}")).into_response())
}
