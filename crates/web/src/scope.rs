//! What somebody may do where: a seat at a site holds for every site in it.

use std::collections::{BTreeMap, BTreeSet};

use whomade_store::{EVERYWHERE, Person, Role, Site, squeezed};

/// What somebody may do where.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Scope {
    /// In the whole estate.
    pub(crate) everywhere: Option<Role>,
    /// At places, by their names as they are compared.
    places: BTreeMap<String, Role>,
}

impl Scope {
    /// What a person may do, and at most what a role may.
    pub(crate) fn of(person: &Person, most: Role, sites: &[Site]) -> Self {
        let mut scope = Self::default();
        for seat in &person.seats {
            let role = seat.role.min(most);
            if seat.site == EVERYWHERE {
                scope.everywhere = scope.everywhere.max(Some(role));
                continue;
            }
            for site in within(seat.site, sites) {
                let own = scope.places.entry(squeezed(&site.name)).or_insert(role);
                *own = (*own).max(role);
            }
        }
        scope
    }

    /// The most they may do anywhere.
    pub(crate) fn most(&self) -> Option<Role> {
        self.places.values().copied().max().max(self.everywhere)
    }

    /// What they may do with what hangs at a place.
    pub(crate) fn role_at(&self, place: &str) -> Option<Role> {
        self.everywhere.max(self.places.get(&squeezed(place)).copied())
    }

    /// The places they see; none: all of them.
    pub(crate) fn places(&self) -> Option<BTreeSet<String>> {
        match self.everywhere {
            Some(_) => None,
            None => Some(self.places.keys().cloned().collect()),
        }
    }
}

/// A site and every site in it.
fn within(id: i64, sites: &[Site]) -> Vec<&Site> {
    let mut found: Vec<&Site> = sites.iter().filter(|one| one.id == id).collect();
    let mut at = 0;
    while let Some(site) = found.get(at).copied() {
        // A site lies in one that was named before it: there is no ring.
        found.extend(sites.iter().filter(|one| one.parent == Some(site.id) && one.id > site.id));
        at += 1;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use whomade_store::Seat;

    fn site(id: i64, parent: Option<i64>, name: &str) -> Site {
        Site { id, parent, name: name.to_owned(), class: String::new() }
    }

    #[test]
    fn a_seat_holds_for_the_site_and_what_lies_in_it_and_nowhere_else() {
        let sites = [
            site(1, None, "North"),
            site(2, Some(1), "Town Hall"),
            site(3, Some(2), "Town Hall, cellar"),
            site(4, None, "South"),
        ];
        let person = Person {
            id: 1,
            login: "ann".to_owned(),
            shown: "Ann".to_owned(),
            password: None,
            totp: None,
            failed: 0,
            wait_until: None,
            made_at: String::new(),
            removed_at: None,
            seats: vec![
                Seat { site: 1, role: Role::Viewer },
                Seat { site: 2, role: Role::Approver },
            ],
        };
        let scope = Scope::of(&person, Role::Admin, &sites);
        assert_eq!(scope.role_at("north"), Some(Role::Viewer));
        assert_eq!(scope.role_at("TOWN-HALL cellar"), Some(Role::Approver));
        assert_eq!(scope.role_at("South"), None);
        assert_eq!(scope.role_at(""), None);
        assert_eq!((scope.everywhere, scope.most()), (None, Some(Role::Approver)));
        // A token that may only look makes nobody more than that.
        let token = Scope::of(&person, Role::Viewer, &sites);
        assert_eq!(token.role_at("Town Hall"), Some(Role::Viewer));
        assert_eq!(Scope::default().places(), Some(BTreeSet::new()));
    }
}
