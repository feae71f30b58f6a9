//! The estate in a browser, and for programs: pages and an API over the same calls. Nothing is
//! judged here; what is shown was worked out by the inquiry and kept by the store.
//!
//! Everything is denied unless the table of routes says who may: no handler is reached but through
//! it.

mod api;
mod app;
mod assets;
mod clock;
mod demo;
mod door;
mod frame;
mod pages;
mod routes;
mod scope;
mod secret;
mod serve;
mod shelf;
mod thinker;
mod trouble;
mod view;
mod who;
mod words;
mod work;

pub use app::{App, Doors};
pub use demo::demo;
pub use routes::{Needs, router, table};
pub use secret::{Link, first_link};
pub use serve::{Serving, serve};
pub use work::{Worked, work_once};
