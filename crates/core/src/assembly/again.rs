//! Which device of an estate a device is that was read today. Conservative, as joining is: where
//! its keys lead to several, or to one that something speaks against, it is told apart and that is
//! said.

use std::collections::BTreeSet;

use compact_str::CompactString;

use super::{Key, KeyKind, Traits};

/// By what a device of the estate is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Held {
    /// Its keys, of all that was ever told of it.
    pub keys: BTreeSet<Key>,
    /// Its model numbers, squeezed.
    pub models: BTreeSet<CompactString>,
}

impl Held {
    /// By what a device that was read is known.
    #[must_use]
    pub fn of(traits: &Traits) -> Self {
        Self { keys: traits.keys.iter().cloned().collect(), models: traits.models.clone() }
    }

    fn values(&self, kind: KeyKind) -> BTreeSet<&str> {
        self.keys.iter().filter(|key| key.kind == kind).map(|key| key.value.as_str()).collect()
    }

    /// Whether both have keys of a kind, and none in common.
    fn parted(&self, other: &Self, kind: KeyKind) -> bool {
        let (mine, theirs) = (self.values(kind), other.values(kind));
        !mine.is_empty() && !theirs.is_empty() && mine.is_disjoint(&theirs)
    }

    /// Whether something speaks against their being one device, if a key of that kind would make
    /// them one.
    fn against(&self, other: &Self, kind: KeyKind) -> bool {
        if self.parted(other, KeyKind::Serial) {
            return true;
        }
        if kind <= KeyKind::Mac {
            return false;
        }
        let models = !self.models.is_empty()
            && !other.models.is_empty()
            && self.models.is_disjoint(&other.models);
        // An address is lent out again; only who keeps a list means it to stay.
        let lent = kind == KeyKind::Address
            && self.values(KeyKind::Name).is_empty()
            && other.values(KeyKind::Name).is_empty();
        // Another camera on the old nail bears the old name, and answers at the old address.
        lent || self.parted(other, KeyKind::Mac) || kind >= KeyKind::Name && models
    }
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Again {
    /// It is this one.
    Same(i64),
    /// The estate does not have it.
    New,
    /// It may be any of these, and nobody can tell which.
    Unclear(Vec<i64>),
}

/// Kinds of keys that tell together, the surest first: a serial number that leads to one device
/// and an address that leads to another are a doubt.
const TOGETHER: [&[KeyKind]; 4] = [
    &[KeyKind::Serial, KeyKind::Mac],
    &[KeyKind::Certificate],
    &[KeyKind::Name],
    &[KeyKind::Address],
];

/// Which of the devices that share a key with it a device is.
///
/// ```
/// use std::collections::BTreeMap;
/// use whomade_core::assembly::Key;
/// use whomade_core::assembly::again::{Again, Held, again};
///
/// let held = |keys: &[&str]| Held {
///     keys: keys.iter().filter_map(|key| Key::parse(key)).collect(),
///     ..Held::default()
/// };
/// let estate = BTreeMap::from([(7, held(&["serial:D1234567", "name:CAM-1"]))]);
/// assert_eq!(again(&held(&["name:CAM-1"]), &estate), Again::Same(7));
/// // Another camera on the old nail.
/// assert_eq!(again(&held(&["serial:E7654321", "name:CAM-1"]), &estate), Again::New);
/// ```
#[must_use]
pub fn again<'h>(
    now: &Held,
    estate: impl IntoIterator<Item = (&'h i64, &'h Held)> + Clone,
) -> Again {
    for kinds in TOGETHER {
        let shares = |held: &Held| {
            let mine = now.keys.iter().filter(|key| kinds.contains(&key.kind));
            let mut theirs = mine.filter(|key| held.keys.iter().any(|other| meets(key, other)));
            theirs.next().is_some_and(|key| !now.against(held, key.kind))
        };
        let same = estate.clone().into_iter().filter(|(_, held)| shares(held));
        let same: Vec<i64> = same.map(|(id, _)| *id).collect();
        match same.as_slice() {
            [] => {}
            [one] => return Again::Same(*one),
            _ => return Again::Unclear(same),
        }
    }
    Again::New
}

/// Whether two keys are one: of those that tell within a site only, both sites are the same or
/// one of them is not known.
fn meets(one: &Key, other: &Key) -> bool {
    let site = one.site == other.site || one.site.is_empty() || other.site.is_empty();
    one.kind == other.kind && one.value == other.value && site
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn held(keys: &[&str], models: &[&str]) -> Held {
        Held {
            keys: keys.iter().map(|key| Key::parse(key).unwrap()).collect(),
            models: models.iter().map(|model| (*model).into()).collect(),
        }
    }

    #[test]
    fn what_was_burnt_in_tells_before_what_was_written_on_it() {
        let estate = BTreeMap::from([
            (1, held(&["serial:D1234567", "name:CAM-1"], &["a"])),
            (2, held(&["mac:44:19:b6:0a:1c:33", "name:CAM-2"], &["b"])),
        ]);
        // Moved to another nail.
        let moved = held(&["serial:D1234567", "name:CAM-2"], &["a"]);
        assert_eq!(again(&moved, &estate), Again::Same(1));
        // A serial number of the one and the address of the other.
        let both = held(&["serial:D1234567", "mac:44:19:b6:0a:1c:33"], &[]);
        assert_eq!(again(&both, &estate), Again::Unclear(vec![1, 2]));
        assert_eq!(again(&held(&["name:CAM-3"], &[]), &estate), Again::New);
    }

    #[test]
    fn another_model_under_the_old_name_is_another_device() {
        let estate = BTreeMap::from([(1, held(&["name:CAM-1", "ip:192.0.2.7"], &["a"]))]);
        assert_eq!(again(&held(&["name:CAM-1"], &["b"]), &estate), Again::New);
        assert_eq!(again(&held(&["ip:192.0.2.7"], &["b"]), &estate), Again::New);
        assert_eq!(again(&held(&["ip:192.0.2.7"], &[]), &estate), Again::Same(1));
    }

    #[test]
    fn an_address_tells_only_where_a_list_names_it() {
        let seen = held(&["ip:192.0.2.7"], &[]);
        assert_eq!(again(&seen, &BTreeMap::from([(1, seen.clone())])), Again::New);
        let listed = held(&["ip:192.0.2.7", "name:CAM-1"], &[]);
        assert_eq!(again(&seen, &BTreeMap::from([(1, listed)])), Again::Same(1));
    }

    #[test]
    fn a_name_of_one_site_is_none_of_another() {
        let mut here = held(&["name:CAM-1"], &[]);
        here.keys = here.keys.into_iter().map(|key| Key { site: "north".into(), ..key }).collect();
        let mut there = here.clone();
        there.keys =
            there.keys.into_iter().map(|key| Key { site: "south".into(), ..key }).collect();
        assert_eq!(again(&there, &BTreeMap::from([(1, here.clone())])), Again::New);
        assert_eq!(again(&here, &BTreeMap::from([(1, here.clone())])), Again::Same(1));
        assert_eq!(
            again(&held(&["name:CAM-1"], &[]), &BTreeMap::from([(1, here)])),
            Again::Same(1)
        );
    }
}
