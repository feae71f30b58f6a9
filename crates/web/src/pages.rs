//! The pages.

pub(crate) mod audit;
pub(crate) mod check;
pub(crate) mod device;
pub(crate) mod devices;
pub(crate) mod flow;
pub(crate) mod import;
pub(crate) mod jobs;
pub(crate) mod judge;
pub(crate) mod knowledge;
pub(crate) mod login;
pub(crate) mod me;
pub(crate) mod overview;
pub(crate) mod people;
pub(crate) mod settings;
pub(crate) mod sites;
