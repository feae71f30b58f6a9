//! What somebody has for themselves: a password, a second factor, sessions, tokens.

use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use jiff::SignedDuration;
use maud::{Markup, html};
use whomade_store::{Role, Session, Token, now};

use crate::app::{App, Shared};
use crate::frame::{self, Here};
use crate::secret::{
    Link, PASSWORD_CHARS_MIN, bad_password, hashed, is_right, later, totp_secret, totp_step,
};
use crate::trouble::Trouble;
use crate::view::{Fields, Id, shown, when};
use crate::who::Who;
use crate::words;

/// Days that a token may last.
const DAYS: [i64; 4] = [7, 30, 90, 365];

/// The page.
pub(crate) async fn page(
    State(app): State<Shared>,
    Extension(who): Extension<Who>,
) -> Result<Response, Trouble> {
    render(&app, &who, None, None).await
}

async fn render(
    app: &App,
    who: &Who,
    token: Option<&str>,
    secret: Option<&str>,
) -> Result<Response, Trouble> {
    let sessions = app.store.sessions_of(who.person.id).await?;
    let tokens = app.store.tokens(Some(who.person.id)).await?;
    let body = html! {
        h1 { (shown(&who.person.shown)) }
        p.lead {
            (shown(&who.person.login)) ", "
            (words::seat(who.scope.most().unwrap_or(Role::Viewer)))
        }
        section {
            h2 { (words::TOKENS) }
            p.note { (words::TOKENS_NOTE) }
            @if let Some(token) = token {
                div.good role="status" { p { (words::TOKEN_MADE) } p { code.secret { (token) } } }
            }
            (tokens_list(&tokens))
            form.grid method="post" action="/me/tokens" {
                label { (words::TOKEN_FOR) input name="name" required maxlength="200"; }
                label { (words::MAY_AT_MOST)
                    select name="role" { @for role in Role::ALL {
                        @if who.may_somewhere(role) {
                            option value=(role.word()) { (words::seat(role)) }
                        }
                    } }
                }
                label { (words::LASTS)
                    select name="days" {
                        @for days in DAYS {
                            option value=(days) selected[days == 90] { (words::days(days)) }
                        }
                    }
                }
                button type="submit" { (words::MAKE_TOKEN) }
            }
        }
        section {
            h2 { (words::SECOND_FACTOR) }
            (factor(who, secret))
        }
        section {
            h2 { (words::CHANGE_PASSWORD) }
            form.grid method="post" action="/me/password" {
                label {
                    (words::OLD_PASSWORD)
                    input type="password" name="old" autocomplete="current-password" required;
                }
                label { (words::NEW_PASSWORD)
                    span.hint { (words::password_hint(PASSWORD_CHARS_MIN)) }
                    input type="password" name="password" autocomplete="new-password" required
                        minlength=(PASSWORD_CHARS_MIN); }
                button type="submit" { (words::CHANGE_PASSWORD) }
            }
        }
        section { h2 { (words::SESSIONS) } (sessions_list(who, &sessions)) }
    };
    Ok(frame::page(app, who, Here::Me, words::ME, &body))
}

fn tokens_list(tokens: &[Token]) -> Markup {
    let moment = now();
    html! {
        @if !tokens.is_empty() {
            div.scroll tabindex="0" role="region" aria-label=(words::TOKENS) {
                table.list { tbody { @for one in tokens {
                    tr {
                        th scope="row" { (shown(&one.name)) } td { (words::seat(one.role)) }
                        td { (words::MADE) " " (when(&one.made_at)) }
                        td {
                            @match &one.seen_at {
                                Some(at) => { (words::USED) " " (when(at)) }
                                , None => (words::NEVER_USED)
                            }
                        }
                        td {
                            @if one.ended_at.is_some() || one.ends_at <= moment { (words::ENDED) }
                            @else {
                                (words::ENDS) " " (when(&one.ends_at)) " "
                                form.inline method="post" action={ "/me/tokens/" (one.id) "/end" } {
                                    button.plain type="submit" { (words::END) }
                                }
                            }
                        }
                    }
                } } }
            }
        }
    }
}

fn factor(who: &Who, secret: Option<&str>) -> Markup {
    html! {
        @match (&who.person.totp, secret) {
            (_, Some(secret)) => {
                p { (words::FACTOR_SCAN) }
                p { code.secret { (spaced(secret)) } }
                form.grid method="post" action="/me/second-factor" {
                    input type="hidden" name="secret" value=(secret);
                    label {
                        (words::CODE)
                        input name="code" inputmode="numeric" autocomplete="one-time-code" required;
                    }
                    button type="submit" { (words::FACTOR_SET) }
                }
            },
            (Some(_), None) => {
                p.good { (words::FACTOR_ON) }
                form.grid method="post" action="/me/second-factor" {
                    input type="hidden" name="off" value="1";
                    label {
                        (words::CODE)
                        input name="code" inputmode="numeric" autocomplete="one-time-code" required;
                    }
                    button.plain type="submit" { (words::FACTOR_OFF) }
                }
            },
            (None, None) => {
                p.note { (words::FACTOR_NONE) }
                form method="post" action="/me/second-factor" {
                    button type="submit" { (words::FACTOR_BEGIN) }
                }
            },
        }
    }
}

/// A secret in groups of four, as people copy it.
fn spaced(secret: &str) -> String {
    let signs: Vec<char> = secret.chars().collect();
    let groups = signs.chunks(4).map(|some| some.iter().collect::<String>());
    groups.collect::<Vec<_>>().join(" ")
}

fn sessions_list(who: &Who, sessions: &[Session]) -> Markup {
    html! {
        ul.changes { @for one in sessions {
            li {
                (shown(&one.agent)) ", " (words::USED) " " (when(&one.seen_at)) " "
                @if Some(one.id) == who.session { span.mark { (words::THIS_SESSION) } }
                form.inline method="post" action={ "/me/sessions/" (one.id) "/end" } {
                    button.plain type="submit" { (words::END) }
                }
            }
        } }
    }
}

/// Changes a password.
pub(crate) async fn password(
    State(app): State<Shared>,
    Extension(who): Extension<Who>,
    fields: Fields,
) -> Result<Response, Trouble> {
    by_hand(&who)?;
    let old = fields.get("old").to_owned();
    if !is_right(old, who.person.password.clone()).await {
        return Err(Trouble::unprocessable(words::OLD_WRONG));
    }
    let new = fields.get("password");
    if let Some(why) = bad_password(new, who.name()) {
        return Err(Trouble::unprocessable(why));
    }
    let kept = hashed(new.to_owned()).await?;
    app.store.set_password(who.person.id, &kept, who.name()).await?;
    Ok(Redirect::to("/login").into_response())
}

/// Begins, sets or takes away a second factor.
pub(crate) async fn second_factor(
    State(app): State<Shared>,
    Extension(who): Extension<Who>,
    fields: Fields,
) -> Result<Response, Trouble> {
    by_hand(&who)?;
    let wrong = || Trouble::unprocessable(words::CODE_WRONG);
    let id = who.person.id;
    match (&who.person.totp, fields.told("secret")) {
        (Some(secret), _) => {
            let step = totp_step(secret, fields.get("code")).ok_or_else(wrong)?;
            if !app.store.use_totp_step(id, step).await? {
                return Err(wrong());
            }
            app.store.set_totp(id, None, who.name()).await?;
        }
        (None, Some(secret)) => {
            totp_step(secret, fields.get("code")).ok_or_else(wrong)?;
            app.store.set_totp(id, Some(secret), who.name()).await?;
        }
        (None, None) => return render(&app, &who, None, Some(&totp_secret()?)).await,
    }
    Ok(Redirect::to("/me").into_response())
}

/// That a person asks, and no program of theirs: a token makes no further tokens.
fn by_hand(who: &Who) -> Result<(), Trouble> {
    if who.session.is_some() { Ok(()) } else { Err(Trouble::forbidden()) }
}

/// Makes a token.
pub(crate) async fn make_token(
    State(app): State<Shared>,
    Extension(who): Extension<Who>,
    fields: Fields,
) -> Result<Response, Trouble> {
    by_hand(&who)?;
    let role = Role::from_word(fields.get("role")).filter(|role| who.may_somewhere(*role));
    let role = role.ok_or_else(|| Trouble::unprocessable(words::NO_ROLE))?;
    let days = fields.number("days").filter(|days| DAYS.contains(days)).unwrap_or(DAYS[0]);
    let Some(name) = fields.told("name") else {
        return Err(Trouble::unprocessable(words::TOKEN_NAMELESS));
    };
    let link = Link::new()?;
    let ends = later(SignedDuration::from_hours(24 * days));
    app.store.make_token(&who.person, (name, role), [&link.sha256, &ends]).await?;
    render(&app, &who, Some(&link.secret), None).await
}

/// Ends a token of one's own.
pub(crate) async fn end_token(
    State(app): State<Shared>,
    Extension(who): Extension<Who>,
    Id(id): Id,
) -> Result<Response, Trouble> {
    by_hand(&who)?;
    let own = app.store.tokens(Some(who.person.id)).await?;
    if own.iter().all(|one| one.id != id) {
        return Err(Trouble::nothing("such token"));
    }
    app.store.end_token(id, who.name()).await?;
    Ok(Redirect::to("/me").into_response())
}

/// Ends a session of one's own.
pub(crate) async fn end_session(
    State(app): State<Shared>,
    Extension(who): Extension<Who>,
    Id(id): Id,
) -> Result<Response, Trouble> {
    by_hand(&who)?;
    app.store.end_session(id, who.person.id, who.name()).await?;
    Ok(Redirect::to("/me").into_response())
}
