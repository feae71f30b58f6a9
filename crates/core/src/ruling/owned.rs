//! Who owns a maker, on a day: all the way up, or as far as shares of a size go.

use jiff::civil::Date;

use crate::kb::Facts;

/// Companies above one another that are walked through; a longer row is none of a real house.
const LEVELS_MAX: usize = 32;

/// The makers that own this one on that day, directly or through others.
#[must_use]
pub fn owners<'f>(facts: &'f Facts, id: &str, on: Date) -> Vec<&'f str> {
    let mut found: Vec<&str> = Vec::new();
    let mut here: Vec<&str> = vec![];
    let mut next = Some(id);
    while let Some(id) = next {
        let owners = facts.makers.get(id).map(|maker| maker.owners.as_slice()).unwrap_or_default();
        for owner in owners {
            let holds = owner.holds_on(on);
            if let Some(holder) = owner.maker.as_deref()
                && holds
                && !found.contains(&holder)
            {
                found.push(holder);
                here.push(holder);
            }
        }
        next = here.pop();
    }
    found
}

/// Whether makers that a rule reaches hold at least so many percent of this one together, each of
/// them reached itself or held in the same way. Nothing where shares that are not on file decide.
///
/// So the US export rule on affiliates of 29 September 2025 counts: what listed companies hold,
/// alone or together, of a company, and that of another.
pub(super) fn held_by(
    facts: &Facts,
    is_reached: &dyn Fn(&str) -> bool,
    least: f64,
    id: &str,
    on: Date,
) -> Option<bool> {
    let mut above = vec![id.to_owned()];
    held(facts, is_reached, least, (&mut above, on))
}

/// The same of the last of those that are being looked at, which are not looked at again: two that
/// hold each other would go round for ever.
fn held(
    facts: &Facts,
    is_reached: &dyn Fn(&str) -> bool,
    least: f64,
    (above, on): (&mut Vec<String>, Date),
) -> Option<bool> {
    let owners = above.last().and_then(|id| facts.makers.get(id)).map(|maker| &maker.owners)?;
    let (mut sum, mut unknown) = (0.0, false);
    for owner in owners.iter().filter(|owner| owner.holds_on(on)) {
        let Some(holder) = owner.maker.as_ref() else { continue };
        let counts = if is_reached(holder) {
            Some(true)
        } else if above.contains(holder) || above.len() >= LEVELS_MAX {
            Some(false)
        } else {
            above.push(holder.clone());
            let counts = held(facts, is_reached, least, (above, on));
            above.pop();
            counts
        };
        match (counts, owner.percent) {
            (Some(false), _) => {}
            (Some(true), Some(percent)) => sum += percent,
            _ => unknown = true,
        }
    }
    if sum >= least { Some(true) } else { (!unknown).then_some(false) }
}
