//! Files come in: they are kept as evidence, read in the queue, and can be taken back.

use std::io::Write as _;

use axum::Extension;
use axum::extract::multipart::{Field, Multipart, MultipartError};
use axum::extract::{FromRequest as _, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde_json::{Value, json};
use tempfile::NamedTempFile;
use whomade_store::{Job, Role, Run, RunState};

use crate::app::{App, Shared};
use crate::frame::{self, Here};
use crate::trouble::Trouble;
use crate::view::{Fields, Id, count, shown, when};
use crate::who::Who;
use crate::words;
use crate::work;

/// Files of one upload.
const FILES_MAX: usize = 500;
/// Signs of a name.
const NAME_CHARS_MAX: usize = 200;
/// Runs and jobs that are shown.
const SHOWN_MAX: i64 = 30;

/// The page.
pub(crate) async fn page(
    State(app): State<Shared>,
    Extension(who): Extension<Who>,
) -> Result<Response, Trouble> {
    let runs = app.store.runs(None, SHOWN_MAX).await?;
    let jobs = app.store.jobs(None, SHOWN_MAX).await?;
    let feeds: std::collections::BTreeSet<&str> =
        runs.iter().map(|run| run.feed.as_str()).filter(|feed| *feed != work::REWORK).collect();
    let body = html! {
        h1 { (words::IMPORT) }
        p.lead { (words::IMPORT_LEAD) }
        form.drop method="post" action="/import" enctype="multipart/form-data" data-drop="" {
            label.files { strong { (words::FILES) } span.hint { (words::FILES_HINT) }
                input type="file" name="files" multiple required;
            }
            label { (words::FEED) span.hint { (words::FEED_HINT) }
                input name="feed" list="feeds" maxlength=(NAME_CHARS_MAX);
            }
            datalist #feeds { @for feed in feeds { option value=(shown(feed)) {} } }
            progress.hidden value="0" max="1" {}
            button type="submit" { (words::IMPORT_NOW) }
        }
        (jobs_table(&jobs))
        (runs_table(&runs))
    };
    Ok(frame::page(&app, &who, Here::Import, words::IMPORT, &body))
}

pub(super) fn jobs_table(jobs: &[Job]) -> Markup {
    html! {
        @if jobs.iter().any(|job| !job.state.is_over()) {
            section {
                h2 { (words::UNDER_WAY) }
                ul.changes {
                    @for job in jobs.iter().filter(|job| !job.state.is_over()) {
                        li { a href={ "/jobs/" (job.id) } { (words::job_title(job)) } " "
                            (words::job_state(job.state)) " " (words::job_gist(job)) }
                    }
                }
            }
        }
    }
}

fn runs_table(runs: &[Run]) -> Markup {
    html! {
        @if !runs.is_empty() {
            section {
                h2 { (words::RUNS) }
                div.scroll tabindex="0" role="region" aria-label=(words::RUNS) {
                    table.list {
                        thead { tr {
                            th scope="col" { (words::RUN) } th scope="col" { (words::WHEN) }
                            th scope="col" { (words::BY) }
                            th.n scope="col" { (words::DEVICES) } th.n scope="col" { (words::NEW) }
                            th.n scope="col" { (words::OBSERVATIONS) }
                            th scope="col" { (words::STATE) }
                        } }
                        tbody {
                            @for run in runs {
                                tr {
                                    th scope="row" {
                                        a href={ "/runs/" (run.id) } { (words::run_title(run)) }
                                    }
                                    td { (when(&run.began_at)) }
                                    td { (shown(&run.who)) }
                                    td.n { (count(run.devices)) } td.n { (count(run.new_devices)) }
                                    td.n { (count(run.observations)) }
                                    td { (words::run_state(run.state)) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// What was uploaded, before it is kept.
#[derive(Default)]
struct Upload {
    feed: String,
    files: Vec<(String, NamedTempFile)>,
    bytes: u64,
}

/// Files come in. Without script the next page is the job; script is told where it is.
pub(crate) async fn upload(
    State(app): State<Shared>,
    Extension(who): Extension<Who>,
    request: Request,
) -> Result<Response, Trouble> {
    let multipart = Multipart::from_request(request, &()).await;
    let mut multipart = multipart.map_err(|_| Trouble::bad(words::BAD_FORM))?;
    let mut upload = Upload::default();
    while let Some(field) = multipart.next_field().await.map_err(|it| broke_off(&it))? {
        take(&app, &mut upload, field).await?;
    }
    if upload.files.is_empty() {
        return Err(Trouble::unprocessable(words::NO_FILES));
    }
    let mut inputs: Vec<Value> = Vec::new();
    for (name, file) in &upload.files {
        let blob = app.store.put_blob(file.path()).await?;
        inputs.push(json!({ "name": name, "sha256": blob.sha256, "size": blob.size }));
    }
    let feed = match upload.feed.trim() {
        "" => upload.files.first().map_or_else(String::new, |(name, _)| name.clone()),
        feed => feed.to_owned(),
    };
    let asked = json!({ "feed": feed, "inputs": inputs });
    let job = app.store.ask(work::IMPORT, who.name(), &asked).await?;
    app.bell.notify_one();
    Ok(Redirect::to(&format!("/jobs/{job}")).into_response())
}

fn broke_off(wrong: &MultipartError) -> Trouble {
    match wrong.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Trouble::new(wrong.status(), words::UPLOAD_LARGE),
        _ => Trouble::bad(words::UPLOAD_BROKEN),
    }
}

async fn take(app: &App, upload: &mut Upload, mut field: Field<'_>) -> Result<(), Trouble> {
    let is_nameless = field.file_name() == Some("");
    let Some(name) = field.file_name().map(|name| plain(name, upload.files.len())) else {
        let is_feed = field.name() == Some("feed");
        let mut text = Vec::new();
        while let Some(some) = field.chunk().await.map_err(|it| broke_off(&it))? {
            if text.len() + some.len() > 4 * NAME_CHARS_MAX {
                return Err(Trouble::bad(words::BAD_FORM));
            }
            text.extend_from_slice(&some);
        }
        if is_feed {
            let text = String::from_utf8_lossy(&text);
            upload.feed = text.chars().take(NAME_CHARS_MAX).collect();
        }
        return Ok(());
    };
    if upload.files.len() >= FILES_MAX {
        return Err(Trouble::new(StatusCode::PAYLOAD_TOO_LARGE, words::too_many_files(FILES_MAX)));
    }
    let no_room = |_| Trouble::new(StatusCode::INSUFFICIENT_STORAGE, words::NO_ROOM);
    let mut file = NamedTempFile::new_in(&app.folder).map_err(no_room)?;
    let mut own = 0;
    while let Some(some) = field.chunk().await.map_err(|it| broke_off(&it))? {
        upload.bytes += some.len() as u64;
        own += some.len();
        if upload.bytes > app.upload_bytes_max {
            return Err(Trouble::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                words::upload_large(app.upload_bytes_max),
            ));
        }
        file.write_all(&some).map_err(no_room)?;
    }
    // A form in which no file was chosen sends one without a name.
    if own > 0 || !is_nameless {
        upload.files.push((name, file));
    }
    Ok(())
}

/// The name of a file without a way to it: what a browser sends is no path of ours.
fn plain(name: &str, at: usize) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let fits = |sign: &char| !sign.is_control();
    let name: String = last.chars().filter(fits).take(NAME_CHARS_MAX).collect();
    match name.trim() {
        "" | "." | ".." => format!("file-{}", at + 1),
        name => name.to_owned(),
    }
}

/// A run: what was read, what came of it, and how to take it back.
pub(crate) async fn run(
    State(app): State<Shared>,
    Extension(who): Extension<Who>,
    Id(id): Id,
) -> Result<Response, Trouble> {
    let run = app.store.run(id).await?;
    let answers = app.store.answers_in(id).await?;
    let title = words::run_title(&run);
    let inputs = run.inputs.as_array().cloned().unwrap_or_default();
    let body = html! {
        p.crumbs { a href="/import" { (words::IMPORT) } " / " (words::run_number(run.id)) }
        h1 { (title) }
        p.lead { (words::run_gist(&run)) }
        table.pairs { tbody {
            tr { th scope="row" { (words::STATE) } td { (words::run_state(run.state)) } }
            tr { th scope="row" { (words::BY) } td { (shown(&run.who)) } }
            tr { th scope="row" { (words::WHEN) } td { (when(&run.began_at)) } }
            tr { th scope="row" { (words::ASKED_ON) } td { (run.day) } }
            tr { th scope="row" { (words::BASE) } td { (shown(&run.base)) } }
            tr { th scope="row" { (words::ANSWERS) } td { (words::answers(answers)) } }
            @for input in &inputs {
                tr { th scope="row" { (words::FILE) }
                    td { (shown(input["name"].as_str().unwrap_or_default()))
                        br; code.origin { (input["sha256"].as_str().unwrap_or_default()) } } }
            }
        } }
        @if run.state != RunState::Undone && who.may_everywhere(Role::Analyst) && run.kind ==
            work::IMPORT {
            section {
                h2 { (words::UNDO) }
                p.note { (words::UNDO_NOTE) }
                form.inline method="post" action={ "/runs/" (id) "/undo" } {
                    label { (words::REASON) input name="reason" required maxlength="4000"; }
                    button.danger type="submit" { (words::UNDO) }
                }
            }
        }
    };
    Ok(frame::page(&app, &who, Here::Import, &title, &body))
}

/// Takes a run back; what else was told of its devices is worked out again.
pub(crate) async fn undo(
    State(app): State<Shared>,
    Extension(who): Extension<Who>,
    Id(id): Id,
    fields: Fields,
) -> Result<Response, Trouble> {
    let Some(reason) = fields.told("reason") else {
        return Err(Trouble::unprocessable(words::REASON_WANTED));
    };
    if app.store.run(id).await?.kind != work::IMPORT {
        return Err(Trouble::unprocessable(words::NO_IMPORT));
    }
    app.store.undo(id, who.name(), reason).await?;
    let job = app.store.ask(work::REWORK, who.name(), &json!({ "of_run": id })).await?;
    app.bell.notify_one();
    Ok(Redirect::to(&format!("/jobs/{job}")).into_response())
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn what_a_browser_calls_a_file_leads_nowhere() {
        assert_eq!(plain("../../etc/passwd", 0), "passwd");
        assert_eq!(plain("C:\\data\\estate.csv", 0), "estate.csv");
        assert_eq!(plain("..", 2), "file-3");
        assert_eq!(plain("a\r\nb\u{1b}.csv", 0), "ab.csv");
    }
}
