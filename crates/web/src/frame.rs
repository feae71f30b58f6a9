//! What stands around every page.

use axum::response::{Html, IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};
use whomade_store::Role;

use crate::app::App;
use crate::assets::{ICON_NAME, SCRIPT_NAME, STYLE_NAME};
use crate::trouble::Trouble;
use crate::view::shown;
use crate::who::Who;
use crate::words;

/// Where in the program a page stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Here {
    Nowhere,
    Overview,
    Devices,
    Check,
    Import,
    Sites,
    Knowledge,
    Audit,
    People,
    Settings,
    Me,
}

/// The ways through the program, with who may go them; whoever may not does not see them.
const WAYS: [(Here, &str, &str, Role, bool); 9] = [
    (Here::Overview, "/", words::OVERVIEW, Role::Viewer, false),
    (Here::Devices, "/devices", words::DEVICES, Role::Viewer, false),
    (Here::Check, "/check", words::CHECK, Role::Viewer, false),
    (Here::Import, "/import", words::IMPORT, Role::Analyst, true),
    (Here::Sites, "/sites", words::SITES, Role::Viewer, true),
    (Here::Knowledge, "/knowledge", words::KNOWLEDGE, Role::Viewer, false),
    (Here::Audit, "/audit", words::AUDIT, Role::Approver, true),
    (Here::People, "/people", words::PEOPLE, Role::Admin, true),
    (Here::Settings, "/settings", words::SETTINGS, Role::Admin, true),
];

/// A page of the program.
pub(crate) fn page(app: &App, who: &Who, here: Here, title: &str, body: &Markup) -> Response {
    Html(whole(app, Some(who), here, title, body).into_string()).into_response()
}

/// A page for somebody who has not signed in.
pub(crate) fn outside(app: &App, title: &str, body: &Markup) -> Response {
    Html(whole(app, None, Here::Nowhere, title, body).into_string()).into_response()
}

/// What went wrong, as a page.
pub(crate) fn trouble(app: &App, who: Option<&Who>, here: Here, trouble: &Trouble) -> Html<String> {
    let body = html! {
        h1 { (words::trouble(trouble.status.as_u16())) }
        p.lead { (shown(&trouble.detail)) }
        p { a href="/" { (words::BACK_HOME) } }
    };
    Html(whole(app, who, here, words::trouble(trouble.status.as_u16()), &body).into_string())
}

fn whole(app: &App, who: Option<&Who>, here: Here, title: &str, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (shown(title)) " · whomade" }
                link rel="icon" href={ "/assets/" (*ICON_NAME) } type="image/svg+xml";
                link rel="stylesheet" href={ "/assets/" (*STYLE_NAME) };
                script src={ "/assets/" (*SCRIPT_NAME) } defer {}
            }
            body.outside[who.is_none()] {
                a.skip href="#main" { (words::SKIP) }
                @if let Some(who) = who { (top(who, here)) }
                main #main tabindex="-1" { (body) }
                footer {
                    p { (words::base(&app.base_name)) }
                }
            }
        }
    }
}

fn top(who: &Who, here: Here) -> Markup {
    let may = |role: Role, everywhere: bool| match everywhere {
        true => who.may_everywhere(role),
        false => who.may_somewhere(role),
    };
    html! {
        header.top {
            a.brand href="/" { span.dot aria-hidden="true" {} "whomade" }
            nav aria-label=(words::WAYS) {
                ul {
                    @for (at, to, name, role, everywhere) in WAYS {
                        @if may(role, everywhere) {
                            li {
                                a href=(to) aria-current=[(at == here).then_some("page")] { (name) }
                            }
                        }
                    }
                }
            }
            div.person {
                a href="/me" aria-current=[(here == Here::Me).then_some("page")] {
                    (shown(&who.person.shown))
                }
                form method="post" action="/logout" {
                    button.plain type="submit" { (words::SIGN_OUT) }
                }
            }
        }
    }
}
