//! What goes wrong, as pages and programs are told it (RFC 9457).

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use whomade_store::Wrong;

/// Why something was not done, in words for whoever asked.
#[derive(Debug, Clone)]
pub(crate) struct Trouble {
    pub(crate) status: StatusCode,
    pub(crate) detail: String,
}

impl Trouble {
    pub(crate) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, detail: detail.into() }
    }

    pub(crate) fn nothing(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("There is no {what}."))
    }

    pub(crate) fn bad(why: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, why)
    }

    pub(crate) fn unprocessable(why: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, why)
    }

    pub(crate) fn forbidden() -> Self {
        Self::new(StatusCode::FORBIDDEN, crate::words::FORBIDDEN)
    }

    pub(crate) fn broken() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, crate::words::BROKEN)
    }

    /// The title of a page or problem.
    pub(crate) fn title(&self) -> &'static str {
        self.status.canonical_reason().unwrap_or("Error")
    }

    pub(crate) fn problem(&self) -> Value {
        json!({
            "type": "about:blank",
            "title": self.title(),
            "status": self.status.as_u16(),
            "detail": self.detail,
        })
    }
}

impl From<Wrong> for Trouble {
    fn from(wrong: Wrong) -> Self {
        let status = match &wrong {
            Wrong::Nothing(_) => StatusCode::NOT_FOUND,
            Wrong::Stale(_) => StatusCode::CONFLICT,
            Wrong::Refused(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Wrong::Full => StatusCode::INSUFFICIENT_STORAGE,
            Wrong::ReadOnly | Wrong::Database(_) => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        let told = wrong.to_string();
        // What a database says in its own words is for whoever runs it.
        let detail = match &wrong {
            Wrong::Database(_) => crate::words::NO_DATABASE.to_owned(),
            _ => told.split_once("] ").map_or(told.clone(), |(_, words)| sentence(words)),
        };
        if matches!(wrong, Wrong::Database(_)) {
            crate::serve::log("store", &told);
        }
        Self { status, detail }
    }
}

/// Words as a sentence.
fn sentence(words: &str) -> String {
    let mut signs = words.chars();
    let first = signs.next().into_iter().flat_map(char::to_uppercase);
    first.chain(signs).chain(std::iter::once('.')).collect()
}

impl IntoResponse for Trouble {
    /// An empty answer that carries the trouble: the door knows whether a page or a program asked.
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}
