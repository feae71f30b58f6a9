//! The same for programs: JSON, with an entity tag so that nothing is sent twice.

use std::collections::BTreeMap;

use axum::Extension;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use whomade_inquiry::base::sha256;
use whomade_store::{
    Facet, Job, Judgement, JudgementKind, Line, Listed, Listing, Matches, NewJudgement, Run,
    RunState,
};

use crate::app::Shared;
use crate::pages::{check as checked, device as devices_page, devices as list, judge as judging};
use crate::trouble::Trouble;
use crate::view::{Asks, Fields, Id};
use crate::who::Who;
use crate::words;

/// Rows of a page, where nobody asks for fewer.
const ROWS_MAX: usize = 500;
/// The same of what is read from the store one after the other.
const LINES_MAX: i64 = 200;

/// An answer in JSON; nothing but its tag where the program has it already.
fn answer(headers: &HeaderMap, value: &Value) -> Response {
    let text = value.to_string();
    let tag = format!("\"{}\"", &sha256(text.as_bytes())[..32]);
    let has = headers.get(header::IF_NONE_MATCH).and_then(|tags| tags.to_str().ok());
    if has.is_some_and(|tags| tags.split(',').any(|one| one.trim() == tag)) {
        return (StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response();
    }
    let kind = "application/json".to_owned();
    let cache = "private, no-cache".to_owned();
    let fields =
        [(header::CONTENT_TYPE, kind), (header::ETAG, tag), (header::CACHE_CONTROL, cache)];
    (fields, text).into_response()
}

fn body<T: DeserializeOwned>(bytes: &Bytes) -> Result<T, Trouble> {
    serde_json::from_slice(bytes)
        .map_err(|wrong| Trouble::unprocessable(format!("{}: {wrong}", words::BAD_JSON)))
}

/// Whether the program is there.
pub(crate) async fn health(State(app): State<Shared>) -> Result<Response, Trouble> {
    app.store.state().await?;
    Ok((StatusCode::OK, "ok\n").into_response())
}

fn listed(one: &Listed) -> Value {
    let mut device = json!({ "id": one.device, "name": one.name, "model": one.model });
    for (facet, value) in Facet::ALL.into_iter().zip(&one.values) {
        device[facet.word()] = json!(&**value);
    }
    device
}

/// Devices, as the list finds them; behind a cursor.
pub(crate) async fn devices(
    State(app): State<Shared>,
    Extension(who): Extension<Who>,
    headers: HeaderMap,
    Asks(asks): Asks,
) -> Result<Response, Trouble> {
    let query = list::query(&asks, &who);
    let after = match asks.told("cursor") {
        Some(text) => text.parse::<i64>().map_err(|_| Trouble::bad(words::BAD_CURSOR))?,
        None => 0,
    };
    let limit = asks.number("limit").and_then(|many| usize::try_from(many).ok());
    let limit = limit.unwrap_or(100).clamp(1, ROWS_MAX);
    let paged = move |listing: &Listing, found: Matches| {
        let rows = found.rows.iter().filter_map(|row| listing.listed(*row));
        let page: Vec<Listed> =
            rows.skip_while(|one| one.device <= after).take(limit + 1).collect();
        (found, page)
    };
    let (found, page) = app.found(query, paged).await?;
    let next = (page.len() > limit).then(|| page[limit - 1].device.to_string());
    let facets: BTreeMap<&str, BTreeMap<&str, u64>> = found
        .facets
        .iter()
        .map(|(facet, counts)| {
            (facet.word(), counts.iter().map(|(value, many)| (&**value, *many)).collect())
        })
        .collect();
    let devices: Vec<Value> = page.iter().take(limit).map(listed).collect();
    let value = json!({
        "total": found.rows.len(), "devices": devices, "next": next, "facets": facets,
    });
    Ok(answer(&headers, &value))
}

fn judged(one: &Judgement) -> Value {
    let by = |pair: &Option<(String, String)>| {
        pair.as_ref().map(|(who, at)| json!({ "who": who, "at": at }))
    };
    json!({
        "id": one.id, "device": one.device, "kind": one.kind.word(), "about": one.about,
        "reason": one.reason, "until": one.until, "who": one.passed.0, "at": one.passed.1,
        "seconded": by(&one.seconded), "withdrawn": by(&one.withdrawn),
    })
}

/// One device: everything that is said of it.
pub(crate) async fn device(
    State(app): State<Shared>,
    Extension(who): Extension<Who>,
    headers: HeaderMap,
    Id(id): Id,
) -> Result<Response, Trouble> {
    let known = devices_page::known(&app, &who, id, None).await?;
    let judgements: Vec<Value> = known.judgements.iter().map(judged).collect();
    let runs: Vec<i64> = known.history.parts.iter().map(|part| part.run).collect();
    let report = serde_json::to_value(&known.worked.report).map_err(|_| Trouble::broken())?;
    let value = json!({ "id": id, "report": report, "judgements": judgements, "runs": runs });
    Ok(answer(&headers, &value))
}

/// What a program says of a device.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    kind: String,
    #[serde(default)]
    about: String,
    reason: String,
    until: Option<String>,
    /// The last judgement that was seen; 0 where there was none.
    seen: i64,
}

/// Judges a device.
pub(crate) async fn judge(
    State(app): State<Shared>,
    Extension(who): Extension<Who>,
    Id(id): Id,
    bytes: Bytes,
) -> Result<Response, Trouble> {
    let said: Said = body(&bytes)?;
    let kind = JudgementKind::from_word(&said.kind);
    let new = NewJudgement {
        device: id,
        kind: kind.ok_or_else(|| Trouble::unprocessable(words::NO_KIND))?,
        about: said.about,
        reason: said.reason,
        until: said.until,
        who: who.name().to_owned(),
        seen: Some(said.seen).filter(|seen| *seen > 0),
    };
    let made = judging::pass(&app, &who, &new).await?;
    let judgement = app.store.judgement(made).await?;
    Ok((StatusCode::CREATED, axum::Json(judged(&judgement))).into_response())
}

/// Agrees to a judgement.
pub(crate) async fn second(
    State(app): State<Shared>,
    Extension(who): Extension<Who>,
    headers: HeaderMap,
    Id(id): Id,
) -> Result<Response, Trouble> {
    judging::settled(&app, &who, id, None).await?;
    Ok(answer(&headers, &judged(&app.store.judgement(id).await?)))
}

/// Takes a judgement back.
pub(crate) async fn withdraw(
    State(app): State<Shared>,
    Extension(who): Extension<Who>,
    headers: HeaderMap,
    Id(id): Id,
    Asks(asks): Asks,
) -> Result<Response, Trouble> {
    judging::settled(&app, &who, id, Some(asks.get("reason"))).await?;
    Ok(answer(&headers, &judged(&app.store.judgement(id).await?)))
}

/// Answers for a device that stands on no list: fields and what was seen in each.
pub(crate) async fn check(
    State(app): State<Shared>,
    Extension(_): Extension<Who>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Result<Response, Trouble> {
    let said: BTreeMap<String, String> = body(&bytes)?;
    let unknown =
        said.keys().find(|name| whomade_core::observation::Field::from_id(name).is_none());
    if let Some(name) = unknown {
        return Err(Trouble::unprocessable(words::no_field(name)));
    }
    let fields = Fields(said.into_iter().collect());
    let device = checked::device(&fields)?;
    let device = device.ok_or_else(|| Trouble::unprocessable(words::CHECK_HINT))?;
    let worked = devices_page::worked(&app, device).await?;
    let value = serde_json::to_value(&worked.report).map_err(|_| Trouble::broken())?;
    Ok(answer(&headers, &value))
}

fn ran(run: &Run) -> Value {
    json!({
        "id": run.id, "feed": run.feed, "kind": run.kind, "began_at": run.began_at,
        "state": match run.state {
            RunState::Open => "open", RunState::Whole => "whole", RunState::Undone => "undone",
        },
        "ended_at": run.ended_at, "who": run.who, "inputs": run.inputs, "base": run.base,
        "day": run.day, "devices": run.devices, "new_devices": run.new_devices,
        "observations": run.observations,
    })
}

fn worked(job: &Job) -> Value {
    json!({
        "id": job.id, "kind": job.kind, "state": job.state.word(), "who": job.who,
        "made_at": job.made_at, "done": job.done, "of_all": job.of_all, "said": job.said,
        "run": job.run, "ended_at": job.ended_at,
    })
}

fn lined(line: &Line) -> Value {
    let details: Value = serde_json::from_str(&line.details).unwrap_or_default();
    json!({
        "n": line.n, "at": line.at, "who": line.who, "act": line.act, "about": line.about,
        "details": details, "hash": line.hash,
    })
}

fn before(asks: &Fields) -> Result<Option<i64>, Trouble> {
    match asks.told("cursor") {
        Some(text) => text.parse().map(Some).map_err(|_| Trouble::bad(words::BAD_CURSOR)),
        None => Ok(None),
    }
}

/// A page of what is counted down, and the cursor behind it.
fn page(name: &str, all: Vec<Value>, key: &str) -> Value {
    let full = i64::try_from(all.len()).is_ok_and(|many| many == LINES_MAX);
    let next = all.last().filter(|_| full).map(|last| last[key].to_string());
    json!({ name: all, "next": next })
}

/// Runs, the newest first.
pub(crate) async fn runs(
    State(app): State<Shared>,
    headers: HeaderMap,
    Asks(asks): Asks,
) -> Result<Response, Trouble> {
    let runs = app.store.runs(before(&asks)?, LINES_MAX).await?;
    Ok(answer(&headers, &page("runs", runs.iter().map(ran).collect(), "id")))
}

/// One run.
pub(crate) async fn run(
    State(app): State<Shared>,
    headers: HeaderMap,
    Id(id): Id,
) -> Result<Response, Trouble> {
    Ok(answer(&headers, &ran(&app.store.run(id).await?)))
}

/// Jobs, the newest first.
pub(crate) async fn jobs(
    State(app): State<Shared>,
    headers: HeaderMap,
    Asks(asks): Asks,
) -> Result<Response, Trouble> {
    let jobs = app.store.jobs(before(&asks)?, LINES_MAX).await?;
    Ok(answer(&headers, &page("jobs", jobs.iter().map(worked).collect(), "id")))
}

/// One job.
pub(crate) async fn job(
    State(app): State<Shared>,
    headers: HeaderMap,
    Id(id): Id,
) -> Result<Response, Trouble> {
    Ok(answer(&headers, &worked(&app.store.job(id).await?)))
}

/// The trail, the newest line first.
pub(crate) async fn audit(
    State(app): State<Shared>,
    headers: HeaderMap,
    Asks(asks): Asks,
) -> Result<Response, Trouble> {
    let lines = app.store.audit_lines(before(&asks)?, asks.told("about"), LINES_MAX).await?;
    Ok(answer(&headers, &page("lines", lines.iter().map(lined).collect(), "n")))
}

/// Who asks.
pub(crate) async fn me(
    Extension(who): Extension<Who>,
    headers: HeaderMap,
) -> Result<Response, Trouble> {
    let role = who.scope.most().map(whomade_store::Role::word);
    let value = json!({
        "login": who.person.login, "shown": who.person.shown, "role": role,
        "everywhere": who.scope.everywhere.is_some(),
    });
    Ok(answer(&headers, &value))
}
