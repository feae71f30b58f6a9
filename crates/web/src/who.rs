//! Who asks: a person in a browser, or a program on behalf of one.

use std::sync::Arc;

use whomade_store::{Person, Role};

use crate::scope::Scope;

/// Who asks.
#[derive(Debug, Clone)]
pub(crate) struct Who {
    pub(crate) person: Arc<Person>,
    /// The session of a browser; none of a program.
    pub(crate) session: Option<i64>,
    /// What they may do where.
    pub(crate) scope: Arc<Scope>,
}

impl Who {
    /// What they are called in the trail.
    pub(crate) fn name(&self) -> &str {
        &self.person.login
    }

    /// Whether they may do what a role may, in the whole estate.
    pub(crate) fn may_everywhere(&self, role: Role) -> bool {
        self.scope.everywhere.is_some_and(|own| own >= role)
    }

    /// Whether they may do what a role may anywhere at all.
    pub(crate) fn may_somewhere(&self, role: Role) -> bool {
        self.scope.most().is_some_and(|own| own >= role)
    }
}
