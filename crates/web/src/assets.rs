//! Style and script, named by their hash so that a browser keeps them and never has old ones.

use std::sync::LazyLock;

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use whomade_inquiry::base::sha256;

use crate::view::Named;

static STYLE: &str = include_str!("../assets/app.css");
static SCRIPT: &str = include_str!("../assets/app.js");
static ICON: &str = include_str!("../assets/icon.svg");

fn versioned(name: &str, text: &str, ending: &str) -> String {
    format!("{name}-{}.{ending}", &sha256(text.as_bytes())[..12])
}

/// Their names.
pub(crate) static STYLE_NAME: LazyLock<String> = LazyLock::new(|| versioned("app", STYLE, "css"));
pub(crate) static SCRIPT_NAME: LazyLock<String> = LazyLock::new(|| versioned("app", SCRIPT, "js"));
pub(crate) static ICON_NAME: LazyLock<String> = LazyLock::new(|| versioned("icon", ICON, "svg"));

/// One of them.
pub(crate) async fn asset(Named(name): Named) -> Response {
    let (text, kind) = if name == *STYLE_NAME {
        (STYLE, "text/css; charset=utf-8")
    } else if name == *SCRIPT_NAME {
        (SCRIPT, "text/javascript; charset=utf-8")
    } else if name == *ICON_NAME {
        (ICON, "image/svg+xml")
    } else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    (headers, text).into_response()
}
