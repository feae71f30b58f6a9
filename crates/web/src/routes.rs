//! Every route with who may: the one table from which the router is made. What is not in it is
//! reached by nobody.

use std::collections::BTreeMap;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::Method;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodRouter, delete, get, post};
use whomade_store::Role;

use crate::app::Shared;
use crate::{api, assets, door, pages};

/// Who may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Anybody, before they have signed in.
    Nobody,
    /// Whoever has that role at some site; what they see and do is bounded by their sites.
    Somewhere(Role),
    /// Whoever has that role in the whole estate.
    Everywhere(Role),
}

/// In what a route answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Speaks {
    /// Pages, for people.
    Pages,
    /// JSON, for programs.
    Json,
}

/// A route.
#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    pub(crate) needs: Needs,
    pub(crate) speaks: Speaks,
    to: fn() -> MethodRouter<Shared>,
}

/// Bytes of the body of a form.
const FORM_BYTES_MAX: usize = 1 << 20;

macro_rules! routes {
    ($($speaks:ident $method:ident $path:literal $needs:expr => $to:expr;)*) => {
        pub(crate) fn entries() -> Vec<Entry> {
            vec![$(Entry {
                method: method(stringify!($method)),
                path: $path,
                needs: $needs,
                speaks: Speaks::$speaks,
                to: || $method($to),
            }),*]
        }
    };
}

fn method(word: &str) -> Method {
    match word {
        "post" => Method::POST,
        "delete" => Method::DELETE,
        _ => Method::GET,
    }
}

use Needs::{Everywhere, Nobody, Somewhere};
use Role::{Admin, Analyst, Approver, Viewer};

routes! {
    Pages get "/assets/{name}" Nobody => assets::asset;
    Pages get "/health" Nobody => api::health;
    Pages get "/login" Nobody => pages::login::form;
    Pages post "/login" Nobody => pages::login::sign_in;
    Pages get "/join/{secret}" Nobody => pages::login::invitation;
    Pages post "/join/{secret}" Nobody => pages::login::accept;
    Pages post "/logout" Somewhere(Viewer) => pages::login::sign_out;
    Pages get "/" Somewhere(Viewer) => pages::overview::page;
    Pages get "/devices" Somewhere(Viewer) => pages::devices::page;
    Pages get "/devices.csv" Somewhere(Viewer) => pages::devices::export;
    Pages post "/devices/judge" Somewhere(Analyst) => pages::judge::many;
    Pages get "/devices/{id}" Somewhere(Viewer) => pages::device::page;
    Pages post "/devices/{id}/judge" Somewhere(Analyst) => pages::judge::one;
    Pages post "/judgements/{id}/second" Somewhere(Approver) => pages::judge::second;
    Pages post "/judgements/{id}/withdraw" Somewhere(Analyst) => pages::judge::withdraw;
    Pages get "/import" Everywhere(Analyst) => pages::import::page;
    Pages post "/import" Everywhere(Analyst) => pages::import::upload;
    Pages get "/runs/{id}" Everywhere(Viewer) => pages::import::run;
    Pages post "/runs/{id}/undo" Everywhere(Analyst) => pages::import::undo;
    Pages get "/jobs/{id}" Everywhere(Viewer) => pages::jobs::page;
    Pages post "/jobs/{id}/cancel" Everywhere(Analyst) => pages::jobs::cancel;
    Pages post "/jobs/{id}/retry" Everywhere(Analyst) => pages::jobs::retry;
    Pages get "/check" Somewhere(Viewer) => pages::check::page;
    Pages get "/knowledge" Somewhere(Viewer) => pages::knowledge::page;
    Pages get "/knowledge/{id}" Somewhere(Viewer) => pages::knowledge::one;
    Pages get "/audit" Everywhere(Approver) => pages::audit::page;
    Pages get "/people" Everywhere(Admin) => pages::people::page;
    Pages post "/people" Everywhere(Admin) => pages::people::invite;
    Pages post "/people/{id}/seats" Everywhere(Admin) => pages::people::seats;
    Pages post "/people/{id}/reset" Everywhere(Admin) => pages::people::reset;
    Pages post "/people/{id}/remove" Everywhere(Admin) => pages::people::remove;
    Pages get "/sites" Everywhere(Viewer) => pages::sites::page;
    Pages post "/sites" Everywhere(Admin) => pages::sites::add;
    Pages post "/sites/{id}/retire" Everywhere(Admin) => pages::sites::retire;
    Pages get "/settings" Everywhere(Admin) => pages::settings::page;
    Pages post "/settings" Everywhere(Admin) => pages::settings::save;
    Pages get "/me" Somewhere(Viewer) => pages::me::page;
    Pages post "/me/password" Somewhere(Viewer) => pages::me::password;
    Pages post "/me/second-factor" Somewhere(Viewer) => pages::me::second_factor;
    Pages post "/me/tokens" Somewhere(Viewer) => pages::me::make_token;
    Pages post "/me/tokens/{id}/end" Somewhere(Viewer) => pages::me::end_token;
    Pages post "/me/sessions/{id}/end" Somewhere(Viewer) => pages::me::end_session;
    Json get "/api/v1/devices" Somewhere(Viewer) => api::devices;
    Json get "/api/v1/devices/{id}" Somewhere(Viewer) => api::device;
    Json post "/api/v1/devices/{id}/judgements" Somewhere(Analyst) => api::judge;
    Json post "/api/v1/judgements/{id}/second" Somewhere(Approver) => api::second;
    Json delete "/api/v1/judgements/{id}" Somewhere(Analyst) => api::withdraw;
    Json post "/api/v1/check" Somewhere(Viewer) => api::check;
    Json get "/api/v1/runs" Everywhere(Viewer) => api::runs;
    Json get "/api/v1/runs/{id}" Everywhere(Viewer) => api::run;
    Json get "/api/v1/jobs" Everywhere(Viewer) => api::jobs;
    Json get "/api/v1/jobs/{id}" Everywhere(Viewer) => api::job;
    Json get "/api/v1/audit" Everywhere(Approver) => api::audit;
    Json get "/api/v1/me" Somewhere(Viewer) => api::me;
}

/// Every route: method, path, and who may.
#[must_use]
pub fn table() -> Vec<(Method, &'static str, Needs)> {
    entries().into_iter().map(|one| (one.method, one.path, one.needs)).collect()
}

/// The router, made of the table.
pub fn router(app: &Shared) -> Router {
    let mut paths: BTreeMap<&str, MethodRouter<Shared>> = BTreeMap::new();
    for entry in entries() {
        let guard = from_fn_with_state((app.clone(), entry.clone()), door::guard);
        let mut guarded = (entry.to)().route_layer(guard);
        // What is uploaded has a limit of its own, and is never held in memory.
        if entry.path != "/import" {
            guarded = guarded.layer(DefaultBodyLimit::max(FORM_BYTES_MAX));
        } else {
            guarded = guarded.layer(DefaultBodyLimit::disable());
        }
        let path = paths.entry(entry.path).or_default();
        *path = std::mem::take(path).merge(guarded);
    }
    let mut router = Router::new();
    for (path, methods) in paths {
        router = router.route(path, methods);
    }
    router
        .fallback(door::nowhere)
        .layer(from_fn_with_state(app.clone(), door::around))
        .with_state(app.clone())
}
