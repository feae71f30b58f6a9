//! The knowledge base: its format, its loader that is also its linter, its index.

pub mod document;
pub mod facts;
pub mod fast;
mod folders;
pub mod glob;
pub mod index;
pub mod lint;
pub mod matcher;
pub mod names;
pub mod near;
pub mod quote;
pub mod registry;
pub mod schema;
mod shape;

pub use document::File;
pub use facts::Facts;
pub use folders::FOLDERS;
pub use index::Base;
pub use lint::{lint, lint_over};
pub use names::Entity;
pub use registry::Registry;
