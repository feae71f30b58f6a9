//! Coming in: by password and second factor, or by an invitation.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, extract::FromRequest};
use maud::{Markup, html};
use whomade_inquiry::base::sha256;
use whomade_store::{Person, now};

use crate::app::{App, Shared};
use crate::door::{COOKIE, address};
use crate::frame;
use crate::secret::{
    Link, PASSWORD_BYTES_MAX, PASSWORD_CHARS_MIN, SESSION_LASTS, bad_password, hashed, is_right,
    later, totp_step, wait,
};
use crate::trouble::Trouble;
use crate::view::{Asks, Fields, Named, shown};
use crate::who::Who;
use crate::words;

/// The form by which people sign in.
pub(crate) async fn form(
    State(app): State<Shared>,
    Extension(who): Extension<Option<Who>>,
    Asks(asks): Asks,
) -> Response {
    match who {
        Some(_) => Redirect::to(safe(asks.get("next"))).into_response(),
        None => sign_in_page(&app, &asks, None),
    }
}

fn sign_in_page(app: &App, asks: &Fields, wrong: Option<&str>) -> Response {
    let body = html! {
        section.door {
            h1 { (words::SIGN_IN) }
            @if let Some(wrong) = wrong { p.wrong role="alert" { (wrong) } }
            form method="post" action="/login" {
                input type="hidden" name="next" value=(safe(asks.get("next")));
                label { (words::LOGIN_NAME)
                    input name="login" value=(shown(asks.get("login"))) autocomplete="username"
                        autocapitalize="none" spellcheck="false" required autofocus;
                }
                label { (words::PASSWORD)
                    input type="password" name="password" autocomplete="current-password" required;
                }
                label { (words::CODE) span.hint { (words::CODE_HINT) }
                    input name="code" inputmode="numeric" autocomplete="one-time-code";
                }
                button type="submit" { (words::SIGN_IN) }
            }
            p.hint { (words::FORGOTTEN) }
        }
    };
    frame::outside(app, words::SIGN_IN, &body)
}

/// An address of this program; anything else leads home.
fn safe(next: &str) -> &str {
    let is_own = next.starts_with('/')
        && !next.starts_with("//")
        && !next.contains(|sign: char| sign == '\\' || sign.is_control());
    if is_own { next } else { "/" }
}

/// Somebody signs in.
pub(crate) async fn sign_in(
    State(app): State<Shared>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Trouble> {
    let from = address(&app, &request);
    let fields = Fields::from_request(request, &()).await?;
    let refuse = |status: StatusCode, why: &str| {
        let page = sign_in_page(&app, &fields, Some(why));
        Ok((status, page).into_response())
    };
    if !app.throttle.may_try(from) {
        return refuse(StatusCode::TOO_MANY_REQUESTS, words::TOO_OFTEN);
    }
    let password = fields.get("password").to_owned();
    if password.len() > PASSWORD_BYTES_MAX {
        return refuse(StatusCode::UNAUTHORIZED, words::NOT_LET_IN);
    }
    let person = app.store.person_called(fields.get("login")).await?;
    if person.as_ref().is_some_and(|one| one.wait_until.as_deref() > Some(&now())) {
        return refuse(StatusCode::TOO_MANY_REQUESTS, words::TOO_OFTEN);
    }
    let kept = person.as_ref().and_then(|one| one.password.clone());
    let is_right = is_right(password, kept).await;
    let Some(person) = person else {
        return refuse(StatusCode::UNAUTHORIZED, words::NOT_LET_IN);
    };
    let is_right = is_right && second_factor(&app, &person, fields.get("code")).await?;
    if !is_right {
        app.store.login_failed(person.id, wait(person.failed).as_deref()).await?;
        return refuse(StatusCode::UNAUTHORIZED, words::NOT_LET_IN);
    }
    let agent = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
    let cookie = begin(&app, &person, agent.unwrap_or_default()).await?;
    let mut response = Redirect::to(safe(fields.get("next"))).into_response();
    response.headers_mut().insert(header::SET_COOKIE, cookie);
    Ok(response)
}

/// Whether the second factor is right; of somebody who has none it is.
async fn second_factor(app: &App, person: &Person, code: &str) -> Result<bool, Trouble> {
    let Some(secret) = &person.totp else { return Ok(true) };
    match totp_step(secret, code) {
        Some(step) => Ok(app.store.use_totp_step(person.id, step).await?),
        None => Ok(false),
    }
}

/// Begins a session; gives its cookie.
async fn begin(app: &App, person: &Person, agent: &str) -> Result<HeaderValue, Trouble> {
    let link = Link::new()?;
    app.store.begin_session(person, [&link.sha256, &later(SESSION_LASTS), agent]).await?;
    cookie(app, &link.secret, SESSION_LASTS.as_secs())
}

fn cookie(app: &App, value: &str, lasts: i64) -> Result<HeaderValue, Trouble> {
    let secure = if app.doors.is_secure { "; Secure" } else { "" };
    let text = format!("{COOKIE}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={lasts}{secure}");
    HeaderValue::from_str(&text).map_err(|_| Trouble::broken())
}

/// Somebody signs out.
pub(crate) async fn sign_out(
    State(app): State<Shared>,
    Extension(who): Extension<Who>,
) -> Result<Response, Trouble> {
    if let Some(session) = who.session {
        app.store.end_session(session, who.person.id, who.name()).await?;
    }
    let mut response = Redirect::to("/login").into_response();
    response.headers_mut().insert(header::SET_COOKIE, cookie(&app, "", 0)?);
    Ok(response)
}

/// An invitation, or the link of the first start.
pub(crate) async fn invitation(
    State(app): State<Shared>,
    Named(secret): Named,
) -> Result<Response, Trouble> {
    let person = app.store.invited(&sha256(secret.as_bytes())).await.map_err(|_| gone())?;
    Ok(join_page(&app, person.as_ref(), &secret, &Fields::default(), None))
}

fn gone() -> Trouble {
    Trouble::new(StatusCode::NOT_FOUND, words::INVITATION_GONE)
}

fn join_page(
    app: &App,
    person: Option<&Person>,
    secret: &str,
    fields: &Fields,
    wrong: Option<&str>,
) -> Response {
    let title = if person.is_some() { words::WELCOME } else { words::FIRST_START };
    let body = html! {
        section.door {
            h1 { (title) }
            @match person {
                Some(person) => p.lead { (words::joins(&person.shown)) },
                None => p.lead { (words::FIRST_LEAD) },
            }
            @if let Some(wrong) = wrong { p.wrong role="alert" { (shown(wrong)) } }
            form method="post" action={ "/join/" (secret) } {
                (names(person, fields))
                label { (words::PASSWORD)
                    span.hint { (words::password_hint(PASSWORD_CHARS_MIN)) }
                    input type="password" name="password" autocomplete="new-password" required
                        minlength=(PASSWORD_CHARS_MIN);
                }
                label { (words::PASSWORD_AGAIN)
                    input type="password" name="again" autocomplete="new-password" required;
                }
                button type="submit" { (words::COME_IN) }
            }
        }
    };
    frame::outside(app, title, &body)
}

fn names(person: Option<&Person>, fields: &Fields) -> Markup {
    html! {
        @match person {
            // Password keepers want to know for which name it is.
            Some(person) => input type="hidden" name="login" value=(person.login)
                autocomplete="username";,
            None => {
                label { (words::ESTATE_NAME) span.hint { (words::ESTATE_HINT) }
                    input name="estate" value=(shown(fields.get("estate"))) maxlength="200";
                }
                label { (words::LOGIN_NAME)
                    input name="login" value=(shown(fields.get("login"))) autocomplete="username"
                        autocapitalize="none" spellcheck="false" required autofocus;
                }
                label { (words::SHOWN_NAME) span.hint { (words::SHOWN_HINT) }
                    input name="shown" value=(shown(fields.get("shown"))) autocomplete="name";
                }
            },
        }
    }
}

/// Somebody uses an invitation up.
pub(crate) async fn accept(
    State(app): State<Shared>,
    Named(secret): Named,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Trouble> {
    if !app.throttle.may_try(address(&app, &request)) {
        return Err(Trouble::new(StatusCode::TOO_MANY_REQUESTS, words::TOO_OFTEN));
    }
    let fields = Fields::from_request(request, &()).await?;
    let hash = sha256(secret.as_bytes());
    let person = app.store.invited(&hash).await.map_err(|_| gone())?;
    let [login, shown, password] = ["login", "shown", "password"].map(|name| fields.get(name));
    let refuse = |why: &str| {
        let page = join_page(&app, person.as_ref(), &secret, &fields, Some(why));
        Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
    };
    if let Some(why) = bad_password(password, login) {
        return refuse(why);
    }
    if password != fields.get("again") {
        return refuse(words::NOT_THE_SAME);
    }
    let kept = hashed(password.to_owned()).await?;
    let id = match app.store.accept(&hash, [login, shown], &kept).await {
        Ok(id) => id,
        Err(whomade_store::Wrong::Refused(why)) => return refuse(&why),
        Err(wrong) => return Err(wrong.into()),
    };
    let made = app.store.person(id).await?;
    if person.is_none()
        && let Some(name) = fields.told("estate")
    {
        app.store.set_name(name, &made.login).await?;
    }
    let agent = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
    let cookie = begin(&app, &made, agent.unwrap_or_default()).await?;
    let to = if person.is_none() { "/import" } else { "/" };
    let mut response = Redirect::to(to).into_response();
    response.headers_mut().insert(header::SET_COOKIE, cookie);
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::safe;

    #[test]
    fn signing_in_leads_nowhere_else() {
        assert_eq!(safe("/devices?q=a"), "/devices?q=a");
        for bad in ["", "//evil.example", "https://evil.example", "/\\evil.example", "/a\r\nb"] {
            assert_eq!(safe(bad), "/", "{bad}");
        }
    }
}
