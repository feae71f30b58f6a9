//! Who may come in, and what they may do where.

use axum::Extension;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use whomade_store::{EVERYWHERE, Person, Role, Seat, Site};

use crate::app::{App, Shared};
use crate::frame::{self, Here};
use crate::secret::{INVITATION_LASTS, Link, later};
use crate::trouble::Trouble;
use crate::view::{Fields, Id, shown, when};
use crate::who::Who;
use crate::words;

/// The page.
pub(crate) async fn page(
    State(app): State<Shared>,
    Extension(who): Extension<Who>,
) -> Result<Response, Trouble> {
    render(&app, &who, None).await
}

async fn render(app: &App, who: &Who, link: Option<&str>) -> Result<Response, Trouble> {
    let people = app.store.people().await?;
    let sites = app.store.sites().await?;
    let (in_use, gone): (Vec<&Person>, Vec<&Person>) =
        people.iter().partition(|one| one.removed_at.is_none());
    let body = html! {
        h1 { (words::PEOPLE) }
        @if let Some(link) = link {
            section.good role="status" {
                h2 { (words::LINK_MADE) }
                p { (words::LINK_NOTE) }
                p { code.secret { (link) } }
            }
        }
        div.scroll tabindex="0" role="region" aria-label=(words::PEOPLE) {
            table.list {
                thead { tr {
                    th scope="col" { (words::NAME) } th scope="col" { (words::LOGIN_NAME) }
                    th scope="col" { (words::SEATS) } th scope="col" { (words::SINCE) }
                    th scope="col" { (words::STATE) }
                    th scope="col" { span.hidden { (words::ACTIONS) } }
                } }
                tbody { @for one in &in_use { (row(one, &sites)) } }
            }
        }
        section {
            h2 { (words::INVITE) }
            form.grid method="post" action="/people" {
                label {
                    (words::LOGIN_NAME)
                    input name="login" required autocapitalize="none" spellcheck="false"
                        autocomplete="off";
                }
                label { (words::NAME) input name="shown" autocomplete="off"; }
                (seat_fields(&sites, None))
                button type="submit" { (words::INVITE) }
            }
        }
        @if !gone.is_empty() {
            details {
                summary { (words::removed(gone.len())) }
                ul {
                    @for one in gone {
                        li { (shown(&one.shown)) " " span.dim { (shown(&one.login)) } }
                    }
                }
            }
        }
    };
    Ok(frame::page(app, who, Here::People, words::PEOPLE, &body))
}

fn site_name(sites: &[Site], id: i64) -> &str {
    match sites.iter().find(|site| site.id == id) {
        Some(site) => &site.name,
        None if id == EVERYWHERE => words::EVERYWHERE,
        None => words::SITE_RETIRED,
    }
}

fn row(one: &Person, sites: &[Site]) -> Markup {
    let seats = one
        .seats
        .iter()
        .map(|seat| format!("{} ({})", words::seat(seat.role), site_name(sites, seat.site)));
    let seats: Vec<String> = seats.collect();
    html! {
        tr {
            th scope="row" { (shown(&one.shown)) }
            td { (shown(&one.login)) }
            td { (shown(&seats.join(", "))) }
            td { (when(&one.made_at)) }
            td {
                @if one.password.is_none() { (words::INVITED) }
                @else if one.totp.is_some() { (words::TWO_FACTORS) }
                @else { (words::ONE_FACTOR) }
            }
            td {
                details.menu {
                    summary { (words::CHANGE) }
                    form method="post" action={ "/people/" (one.id) "/seats" } {
                        (seat_fields(sites, one.seats.first()))
                        button type="submit" { (words::SET_SEAT) }
                    }
                    form method="post" action={ "/people/" (one.id) "/reset" } {
                        button.plain type="submit" { (words::RESET) }
                    }
                    form method="post" action={ "/people/" (one.id) "/remove" } {
                        button.danger type="submit" { (words::REMOVE) }
                    }
                }
            }
        }
    }
}

fn seat_fields(sites: &[Site], seat: Option<&Seat>) -> Markup {
    html! {
        label { (words::ROLE)
            select name="role" {
                @for role in Role::ALL {
                    option value=(role.word()) selected[seat.is_some_and(|own| own.role == role)] {
                        (words::seat(role)) ": " (words::seat_means(role))
                    }
                }
            }
        }
        label { (words::AT_SITE)
            select name="site" {
                option value="0" { (words::EVERYWHERE) }
                @for site in sites {
                    option value=(site.id) selected[seat.is_some_and(|own| own.site == site.id)] {
                        (shown(&site.name))
                    }
                }
            }
        }
    }
}

async fn seat_of(app: &App, fields: &Fields) -> Result<Seat, Trouble> {
    let role = Role::from_word(fields.get("role"));
    let role = role.ok_or_else(|| Trouble::unprocessable(words::NO_ROLE))?;
    let site = fields.number("site").unwrap_or(EVERYWHERE);
    let known = site == EVERYWHERE || app.store.sites().await?.iter().any(|one| one.id == site);
    if known { Ok(Seat { site, role }) } else { Err(Trouble::nothing("such site")) }
}

/// Where a link leads, as whoever gets it types it.
fn link_to(app: &App, headers: &HeaderMap, secret: &str) -> String {
    let host = headers.get("host").and_then(|host| host.to_str().ok()).unwrap_or_default();
    let scheme = if app.doors.is_secure { "https" } else { "http" };
    format!("{scheme}://{host}/join/{secret}")
}

/// Invites somebody.
pub(crate) async fn invite(
    State(app): State<Shared>,
    Extension(who): Extension<Who>,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, Trouble> {
    let seat = seat_of(&app, &fields).await?;
    let link = Link::new()?;
    let names = [fields.get("login"), fields.get("shown")];
    let ends = later(INVITATION_LASTS);
    app.store.invite(names, &[seat], [&link.sha256, &ends], who.name()).await?;
    render(&app, &who, Some(&link_to(&app, &headers, &link.secret))).await
}

/// Says what somebody may do.
pub(crate) async fn seats(
    State(app): State<Shared>,
    Extension(who): Extension<Who>,
    Id(id): Id,
    fields: Fields,
) -> Result<Response, Trouble> {
    let seat = seat_of(&app, &fields).await?;
    app.store.give_seats(id, &[seat], who.name()).await?;
    Ok(Redirect::to("/people").into_response())
}

/// Lets somebody choose another password.
pub(crate) async fn reset(
    State(app): State<Shared>,
    Extension(who): Extension<Who>,
    headers: HeaderMap,
    Id(id): Id,
) -> Result<Response, Trouble> {
    let link = Link::new()?;
    let ends = later(INVITATION_LASTS);
    app.store.invite_again(id, [&link.sha256, &ends], who.name()).await?;
    render(&app, &who, Some(&link_to(&app, &headers, &link.secret))).await
}

/// Removes somebody.
pub(crate) async fn remove(
    State(app): State<Shared>,
    Extension(who): Extension<Who>,
    Id(id): Id,
) -> Result<Response, Trouble> {
    app.store.remove_person(id, who.name()).await?;
    Ok(Redirect::to("/people").into_response())
}
