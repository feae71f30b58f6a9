//! The places of the estate, in a tree: by them seats are given.

use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use whomade_store::{Facet, Query, Role, Site, squeezed};

use crate::app::Shared;
use crate::frame::{self, Here};
use crate::trouble::Trouble;
use crate::view::{Fields, Id, count, encoded, shown};
use crate::who::Who;
use crate::words;

/// Places that registers name and nobody has put into the tree yet, that are offered.
const OFFERED_MAX: usize = 200;

/// The page.
pub(crate) async fn page(
    State(app): State<Shared>,
    Extension(who): Extension<Who>,
) -> Result<Response, Trouble> {
    let sites = app.store.sites().await?;
    let listing = app.listing().await?;
    let found = listing.find(&Query::default());
    let places = found.facets.into_iter().find(|(facet, _)| *facet == Facet::Place);
    let places = places.map(|(_, counts)| counts).unwrap_or_default();
    let known: std::collections::BTreeSet<String> =
        sites.iter().map(|site| squeezed(&site.name)).collect();
    let others = places.iter().filter(|(place, _)| !known.contains(&squeezed(place)));
    let others: Vec<_> = others.take(OFFERED_MAX).collect();
    let many = |name: &str| {
        let here = places.iter().filter(|(place, _)| squeezed(place) == squeezed(name));
        here.map(|(_, many)| many).sum::<u64>()
    };
    let admin = who.may_everywhere(Role::Admin);
    let body = html! {
        h1 { (words::SITES) }
        p.lead { (words::SITES_LEAD) }
        (branch(&sites, None, &many, admin))
        @if admin {
            section {
                h2 { (words::ADD_SITE) }
                form.grid method="post" action="/sites" {
                    label { (words::NAME) span.hint { (words::SITE_HINT) }
                        input name="name" list="places" required maxlength="200" autocomplete="off";
                    }
                    datalist #places {
                        @for (place, _) in others.iter().filter(|(place, _)| !place.is_empty()) {
                            option value=(shown(place)) {}
                        }
                    }
                    label { (words::LIES_IN)
                        select name="parent" {
                            option value="" { (words::NOWHERE) }
                            @for site in &sites { option value=(site.id) { (shown(&site.name)) } }
                        }
                    }
                    button type="submit" { (words::ADD_SITE) }
                }
            }
        }
        section {
            h2 { (words::OTHER_PLACES) }
            p.note { (words::OTHER_PLACES_NOTE) }
            ul.places {
                @for (place, many) in &others {
                    li { a href={ "/devices?site=" (encoded(place)) } {
                        @if place.is_empty() {
                            (words::NO_SITE)
                        } @else {
                            (shown(place))
                        } } " " span.n { (count(*many)) } }
                }
            }
        }
    };
    Ok(frame::page(&app, &who, Here::Sites, words::SITES, &body))
}

fn branch(sites: &[Site], of: Option<i64>, many: &dyn Fn(&str) -> u64, admin: bool) -> Markup {
    let here: Vec<&Site> = sites.iter().filter(|site| site.parent == of).collect();
    html! {
        @if !here.is_empty() {
            ul.tree {
                @for site in here {
                    li {
                        a href={ "/devices?site=" (encoded(&site.name)) } { (shown(&site.name)) }
                        " " span.n { (count(many(&site.name))) }
                        @if admin {
                            form method="post" action={ "/sites/" (site.id) "/retire" } {
                                button.plain type="submit" aria-label=(words::retire(&site.name)) {
                                    (words::RETIRE)
                                }
                            }
                        }
                        (branch(sites, Some(site.id), many, admin))
                    }
                }
            }
        }
    }
}

/// Names a place.
pub(crate) async fn add(
    State(app): State<Shared>,
    Extension(who): Extension<Who>,
    fields: Fields,
) -> Result<Response, Trouble> {
    let names = [fields.get("name"), fields.get("class")];
    app.store.add_site(fields.number("parent"), names, who.name()).await?;
    Ok(Redirect::to("/sites").into_response())
}

/// Takes a place out of use.
pub(crate) async fn retire(
    State(app): State<Shared>,
    Extension(who): Extension<Who>,
    Id(id): Id,
) -> Result<Response, Trouble> {
    app.store.retire_site(id, who.name()).await?;
    Ok(Redirect::to("/sites").into_response())
}
