//! One house: whether a label and the maker of a form belonged together on the day of a product.

use jiff::civil::Date;

use super::Filer;
use crate::kb::schema::{Owner, Relation, Supply};
use crate::kb::{Base, Entity};

/// What makes a label and a maker one house.
#[derive(Debug, Clone, Copy)]
pub enum House<'b> {
    /// The label is a name of the maker's own.
    Name(&'b Supply),
    /// The maker owns the label's company.
    Owned(&'b Owner),
    /// The label's company owns the maker.
    Owner(&'b Owner),
    /// One holder owns both: as holder of the label's company, and as holder of the maker.
    Sisters(&'b Owner, &'b Owner),
}

impl House<'_> {
    /// Whether they were of one house on that day. A product without a day is of a house only where
    /// the facts give no day either: whether it was filed before, within or after an ownership is
    /// not known.
    #[must_use]
    pub fn holds(&self, day: Option<Date>) -> bool {
        let (from, until) = self.time();
        match day {
            Some(day) => {
                from.is_none_or(|from| day >= from) && until.is_none_or(|until| day <= until)
            }
            None => from.is_none() && until.is_none(),
        }
    }

    /// First and last day on which the facts say so; none where they give no day.
    #[must_use]
    pub fn time(&self) -> (Option<Date>, Option<Date>) {
        match self {
            Self::Name(one) => (one.from, one.until),
            Self::Owned(one) | Self::Owner(one) => (one.from, one.until),
            Self::Sisters(one, other) => {
                let until = [one.until, other.until].into_iter().flatten().min();
                (one.from.max(other.from), until)
            }
        }
    }
}

/// What made the label and the family one house on that day, if anything did.
#[must_use]
pub fn house<'b>(
    base: &'b Base,
    filer: &Filer,
    family: Entity,
    day: Option<Date>,
) -> Option<House<'b>> {
    let Filer::Known(of) = filer else { return None };
    houses(base, *of, family).find(|one| one.holds(day))
}

/// Everything that made them one house at some time, whatever the day.
pub fn houses(base: &Base, of: Entity, family: Entity) -> impl Iterator<Item = House<'_>> {
    let (id, maker) = (base.id(of), base.id(family));
    let names = base.supplies(of).iter().filter_map(move |supply| {
        let words = base.supply(of, supply.at)?;
        (supply.maker == family && words.relation == Relation::Own).then_some(House::Name(words))
    });
    let own = owners(base, id);
    let theirs = owners(base, maker);
    let owned = own.clone().filter(move |one| one.maker.as_deref() == Some(maker));
    let owns = theirs.clone().filter(move |one| one.maker.as_deref() == Some(id));
    let sisters = own.flat_map(move |one| {
        let same = theirs.clone().filter(move |other| is_same_holder(one, other));
        same.map(move |other| House::Sisters(one, other))
    });
    names.chain(owned.map(House::Owned)).chain(owns.map(House::Owner)).chain(sisters)
}

/// The owners on file, of a maker's company or of a label's: the same id may have both files.
fn owners<'b>(base: &'b Base, id: &str) -> impl Iterator<Item = &'b Owner> + Clone {
    let maker = base.facts.makers.get(id).map_or(&[][..], |maker| &maker.owners);
    let label = base.facts.labels.get(id).map_or(&[][..], |label| &label.owners);
    maker.iter().chain(label)
}

/// Whether both hold for the same: by its file, or else by its name, and then only where neither
/// holds a part: two companies of which one fund has some shares are no house.
fn is_same_holder(one: &Owner, other: &Owner) -> bool {
    match (&one.maker, &other.maker) {
        (Some(one), Some(other)) => one == other,
        (None, None) => one.holder == other.holder && one.stake.is_none() && other.stake.is_none(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn held(holder: &str, maker: Option<&str>, stake: Option<&str>) -> Owner {
        Owner {
            holder: holder.to_owned(),
            maker: maker.map(str::to_owned),
            stake: stake.map(str::to_owned),
            percent: None,
            note: None,
            from: None,
            until: None,
            sources: vec![],
        }
    }

    #[test]
    fn a_fund_with_some_shares_of_both_makes_no_house() {
        let whole = held("Group", None, None);
        assert!(is_same_holder(&whole, &held("Group", None, None)));
        assert!(!is_same_holder(&whole, &held("Group", None, Some("11 %"))));
        assert!(!is_same_holder(&whole, &held("Grove", None, None)));
        // A holder with a file is known by it, whatever it is called.
        assert!(is_same_holder(&held("A", Some("a"), None), &held("A Ltd", Some("a"), None)));
        assert!(!is_same_holder(&held("A", Some("a"), None), &held("A", None, None)));
    }

    #[test]
    fn sisters_are_so_only_while_both_are_held() {
        let mut one = held("Group", None, None);
        let mut other = one.clone();
        one.from = Some(date(2018, 3, 1));
        one.until = Some(date(2022, 3, 1));
        other.from = Some(date(2020, 8, 3));
        let both = House::Sisters(&one, &other);
        assert_eq!(both.time(), (Some(date(2020, 8, 3)), Some(date(2022, 3, 1))));
        assert!(!both.holds(Some(date(2019, 1, 1))) && both.holds(Some(date(2021, 1, 1))));
        assert!(!both.holds(None) && House::Owned(&held("Group", None, None)).holds(None));
    }
}
