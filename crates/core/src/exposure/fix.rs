//! Which firmware closes the holes that a device has.

use std::cmp::Ordering;

use super::{Asked, Prepared, Stamp, target_of};
use crate::attribution::Design;
use crate::evidence::Read;
use crate::kb::Base;
use crate::kb::schema::{Advisory, Affected, After, Verdict};
use crate::observation::Device;

/// A hole that is open on a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenHole {
    /// Its number.
    pub cve: String,
    /// Whether it is known to be exploited.
    pub exploited: bool,
    /// The first version of the device's own branch that closes it, where its maker says so.
    pub fixed: Option<String>,
    /// Whether somebody other than the maker sells the device: the maker's file may not fit it.
    pub rebadge: bool,
}

/// The holes that are open on a device, by number. None where the maker is not at least probable.
#[must_use]
pub fn open_holes(base: &Base, device: &Device, read: &Read, design: &Design) -> Vec<OpenHole> {
    let Some((maker, target)) = target_of(base, device, read, design) else {
        return Vec::new();
    };
    let asked = Asked::of(&target);
    let all = base.advisories_of(maker);
    let open = all.filter(|(_, one, ready)| ready.verdict(one, &asked).0 == Verdict::Affected);
    open.map(|(_, one, ready)| OpenHole {
        cve: one.cve.clone(),
        exploited: base.facts.kev.added.contains_key(&one.cve),
        fixed: ready.fix(one, &asked),
        rebadge: target.rebadge,
    })
    .collect()
}

impl Prepared {
    /// The first version that closes the hole on the device that is asked about; none where the
    /// maker states none for its branch, or several ranges say different things.
    fn fix(&self, advisory: &Advisory, asked: &Asked<'_>) -> Option<String> {
        let stamp = asked.stamp(advisory.form)?;
        let later = |text: &&String| {
            let bound = Stamp::read(advisory.form, text);
            bound.is_some_and(|bound| stamp.against(&bound) == Ok(Ordering::Less))
        };
        let mut fixes = self.rows_of(advisory, asked).into_iter().map(|(row, _)| {
            let told = (row.after == After::Fixed).then(|| versions(row)).into_iter().flatten();
            let built = row.fixed_built.filter(|day| stamp.build.is_none_or(|mine| mine < *day));
            let built = built.map(|day| format!("built from {day} on"));
            told.filter(later).map(|text| text.to_owned()).next().or(built)
        });
        let first = fixes.next()??;
        fixes.all(|one| one.as_ref() == Some(&first)).then_some(first)
    }
}

/// The versions that a range says are fixed: those listed, or the first behind it.
fn versions(row: &Affected) -> impl Iterator<Item = &String> {
    let behind = row.before.iter().filter(|_| row.fixed.is_empty());
    row.fixed.iter().chain(behind)
}
