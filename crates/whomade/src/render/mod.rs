//! How things are said: to people, to programs, on paper.

pub(crate) mod atlas;
pub(crate) mod csv;
pub(crate) mod depth;
pub(crate) mod diagnostics;
pub(crate) mod egress;
pub(crate) mod estate;
pub(crate) mod finding;
pub(crate) mod holes;
pub(crate) mod html;
pub(crate) mod line;
pub(crate) mod plan;
pub(crate) mod sites;
pub(crate) mod summary;
pub(crate) mod watch;

#[cfg(test)]
mod tests;
