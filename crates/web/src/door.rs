//! The door: who asks is known, and may, before any handler sees a request. What comes back bears
//! the headers that keep a browser from doing more with it than show it.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use whomade_inquiry::base::sha256;
use whomade_store::Role;

use crate::app::{App, Shared};
use crate::frame::{self, Here};
use crate::routes::{Entry, Needs, Speaks};
use crate::scope::Scope;
use crate::trouble::Trouble;
use crate::who::Who;
use crate::words;

/// The cookie of a session.
pub(crate) const COOKIE: &str = "whomade";
/// Where a proxy says for whom it speaks.
const FORWARDED: &str = "x-forwarded-for";
/// What stands before a token.
const BEARER: &str = "Bearer ";

/// What a page may load and do: nothing but its own style, script and pictures.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; \
                      connect-src 'self'; form-action 'self'; base-uri 'none'; \
                      frame-ancestors 'none'";

/// Lets a request through to the handler of a route, or turns it away.
pub(crate) async fn guard(
    State((app, entry)): State<(Shared, Entry)>,
    mut request: Request,
    next: Next,
) -> Response {
    let target = request.uri().path_and_query().map_or("/", |it| it.as_str()).to_owned();
    // A body is nobody's but the handler's.
    let (method, headers) = (request.method().clone(), request.headers().clone());
    let who = match let_in(&app, &entry, &method, &headers).await {
        Ok(who) => who,
        Err(trouble) if trouble.status == StatusCode::UNAUTHORIZED => {
            return turned_away(&entry, &method, &target, &trouble);
        }
        Err(trouble) => return told(&app, &entry, None, &trouble),
    };
    if let Some(who) = &who {
        request.extensions_mut().insert(who.clone());
    }
    request.extensions_mut().insert(who.clone());
    // A handler that comes to grief takes its own request along and no other.
    let response = match tokio::spawn(next.run(request)).await {
        Ok(response) => response,
        Err(_) => Trouble::broken().into_response(),
    };
    match response.extensions().get::<Trouble>() {
        Some(trouble) => told(&app, &entry, who.as_ref(), trouble),
        None => response,
    }
}

/// Who asks, if they may.
async fn let_in(
    app: &Shared,
    entry: &Entry,
    method: &Method,
    headers: &HeaderMap,
) -> Result<Option<Who>, Trouble> {
    let by_token = headers.contains_key(header::AUTHORIZATION);
    let changes = !matches!(*method, Method::GET | Method::HEAD);
    if changes && !by_token && !is_of_ours(headers) {
        return Err(Trouble::new(StatusCode::FORBIDDEN, words::FOREIGN_FORM));
    }
    let who = known(app, headers).await?;
    let unknown = || Trouble::new(StatusCode::UNAUTHORIZED, words::NOT_SIGNED_IN);
    match entry.needs {
        Needs::Nobody => Ok(who),
        Needs::Somewhere(role) => match who {
            None => Err(unknown()),
            Some(who) if who.may_somewhere(role) => Ok(Some(who)),
            Some(_) => Err(Trouble::forbidden()),
        },
        Needs::Everywhere(role) => match who {
            None => Err(unknown()),
            Some(who) if who.may_everywhere(role) => Ok(Some(who)),
            Some(_) => Err(Trouble::forbidden()),
        },
    }
}

/// Whether a request that changes something was made by one of our own pages: browsers say so, and
/// a page of somebody else cannot make them say otherwise.
fn is_of_ours(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    match text("sec-fetch-site") {
        Some("same-origin" | "none") => true,
        Some(_) => false,
        None => match (text("origin"), text("host")) {
            (Some(origin), Some(host)) => {
                origin.split_once("://").is_some_and(|(_, from)| from == host)
            }
            _ => false,
        },
    }
}

async fn known(app: &Shared, headers: &HeaderMap) -> Result<Option<Who>, Trouble> {
    let (person, most, session) = if let Some(said) = headers.get(header::AUTHORIZATION) {
        let token = said.to_str().ok().and_then(|said| said.strip_prefix(BEARER));
        let unknown = || Trouble::new(StatusCode::UNAUTHORIZED, words::NO_TOKEN);
        let token = token.ok_or_else(unknown)?;
        let found = app.store.token(&sha256(token.as_bytes())).await?;
        let (token, person) = found.ok_or_else(unknown)?;
        (person, token.role, None)
    } else {
        let Some(secret) = cookie(headers) else { return Ok(None) };
        match app.store.session(&sha256(secret.as_bytes())).await? {
            Some((session, person)) => (person, Role::Admin, Some(session.id)),
            None => return Ok(None),
        }
    };
    let everywhere = person.seats.iter().all(|seat| seat.site == whomade_store::EVERYWHERE);
    let sites = if everywhere { Vec::new() } else { app.store.sites().await? };
    let scope = Scope::of(&person, most, &sites);
    Ok(Some(Who { person: Arc::new(person), session, scope: Arc::new(scope) }))
}

/// The cookie of a session.
fn cookie(headers: &HeaderMap) -> Option<&str> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|one| one.to_str().ok());
    let pairs = all.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.filter(|(name, _)| *name == COOKIE).map(|(_, value)| value).next()
}

/// The address somebody asks from. A proxy of ours says whom it speaks for; of what others may
/// have written before it, only its own word, the last one, counts.
pub(crate) fn address(app: &App, request: &Request) -> IpAddr {
    let info = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let peer = info.map_or(Ipv4Addr::LOCALHOST.into(), |info| info.0.ip());
    if app.doors.is_secure { spoken_for(request.headers()).unwrap_or(peer) } else { peer }
}

/// For whom a proxy says that it speaks.
fn spoken_for(headers: &HeaderMap) -> Option<IpAddr> {
    let said = headers.get_all(FORWARDED).iter().next_back()?;
    said.to_str().ok()?.rsplit(',').next()?.trim().parse().ok()
}

/// Somebody who is not known is asked to sign in, and comes back to where they were.
fn turned_away(entry: &Entry, method: &Method, target: &str, trouble: &Trouble) -> Response {
    if entry.speaks == Speaks::Json {
        let mut response = problem(trouble);
        let ask = HeaderValue::from_static("Bearer");
        response.headers_mut().insert(header::WWW_AUTHENTICATE, ask);
        return response;
    }
    let back = if *method == Method::GET { target } else { "/" };
    Redirect::to(&format!("/login?next={}", crate::view::encoded(back))).into_response()
}

fn problem(trouble: &Trouble) -> Response {
    let kind = [(header::CONTENT_TYPE, "application/problem+json")];
    (trouble.status, kind, trouble.problem().to_string()).into_response()
}

/// Trouble in the words of whoever asked.
fn told(app: &Shared, entry: &Entry, who: Option<&Who>, trouble: &Trouble) -> Response {
    match entry.speaks {
        Speaks::Json => problem(trouble),
        Speaks::Pages => {
            let page = frame::trouble(app, who, Here::Nowhere, trouble);
            (trouble.status, page).into_response()
        }
    }
}

/// What is nobody's route.
pub(crate) async fn nowhere(State(app): State<Shared>, request: Request) -> Response {
    let trouble = Trouble::nothing("such page");
    if request.uri().path().starts_with("/api/") {
        return problem(&trouble);
    }
    let headers = request.headers().clone();
    drop(request);
    let who = known(&app, &headers).await.ok().flatten();
    let page = frame::trouble(&app, who.as_ref(), Here::Nowhere, &trouble);
    (StatusCode::NOT_FOUND, page).into_response()
}

/// What holds for every answer, whoever gave it.
pub(crate) async fn around(State(app): State<Shared>, request: Request, next: Next) -> Response {
    let mut response = if is_called_rightly(&app, request.headers()) {
        next.run(request).await
    } else {
        (StatusCode::MISDIRECTED_REQUEST, words::WRONG_HOST).into_response()
    };
    let headers = response.headers_mut();
    let fixed = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_FRAME_OPTIONS, "DENY"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert("cross-origin-opener-policy", HeaderValue::from_static("same-origin"));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
    if app.doors.is_secure {
        let year = HeaderValue::from_static("max-age=31536000");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, year);
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}

/// Whether a request names a host under which the program is called.
fn is_called_rightly(app: &Shared, headers: &HeaderMap) -> bool {
    let Some(host) = headers.get(header::HOST).and_then(|host| host.to_str().ok()) else {
        return false;
    };
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.chars().all(|sign| sign.is_ascii_digit()) => name,
        _ => host,
    };
    app.doors.hosts.iter().any(|one| one.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_those_a_proxy_speaks_for_only_its_own_word_counts() {
        let told = |lines: &[&str]| {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(FORWARDED, HeaderValue::from_str(line).unwrap());
            }
            spoken_for(&headers).map(|at| at.to_string())
        };
        assert_eq!(told(&["192.0.2.1"]).as_deref(), Some("192.0.2.1"));
        assert_eq!(told(&["10.0.0.1, 192.0.2.2"]).as_deref(), Some("192.0.2.2"));
        assert_eq!(told(&["10.0.0.1", "2001:db8::1"]).as_deref(), Some("2001:db8::1"));
        assert_eq!(told(&["somebody"]), None);
        assert_eq!(told(&[]), None);
    }
}
