//! A page for a board: how many, whose, what follows, what to decide.

use std::collections::BTreeMap;

use super::common::{self, count};
use super::days;
use super::filled::lead;
use super::reach::{self, named, not_asked};
use super::{Bar, Block, Blocks, Matter, Paper, VERSION};
use crate::ruling::Outcome;

/// Bars of one picture.
const BARS_MAX: usize = 9;
/// Next steps that are told.
const STEPS_MAX: usize = 5;

/// Composes the page.
#[must_use]
pub fn summary(matter: &Matter<'_>) -> Paper {
    let mut out = Blocks::default();
    numbers(matter, &mut out);
    short(matter, &mut out);
    out.heading("Whose hardware it is");
    picture(matter, &mut out);
    rules(matter, &mut out);
    decide(matter, &mut out);
    out.0.push(Block::NewPage);
    sites(matter, &mut out);
    settle(matter, &mut out);
    out.heading("Makers and the names they are sold under");
    labels(matter, &mut out);
    common::not_looked(matter, &mut out);
    common::method(&mut out);
    Paper {
        v: VERSION,
        kind: "summary".to_owned(),
        over: "Who really made it, behind the label".to_owned(),
        title: "Cameras and recorders: who made them, and what follows".to_owned(),
        lead: lead(matter, ""),
        on: matter.on,
        made_with: matter.made_with.clone(),
        blocks: out.0,
    }
}

/// Unknown, possible, probable, confirmed.
fn certainties(matter: &Matter<'_>) -> [usize; 4] {
    let mut counts = [0; 4];
    for item in matter.devices {
        counts[item.certainty as usize] += 1;
    }
    counts
}

fn numbers(matter: &Matter<'_>, out: &mut Blocks) {
    let [unknown, possible, probable, confirmed] = certainties(matter);
    let numbers = [
        (matter.devices.len(), "devices"),
        (confirmed, "maker confirmed"),
        (probable, "probable"),
        (possible, "possible"),
        (unknown, "unknown"),
    ];
    let numbers = numbers.map(|(number, name)| (number as u64, name.to_owned())).to_vec();
    out.0.push(Block::Numbers { numbers });
    common::beyond(matter, out);
}

fn short(matter: &Matter<'_>, out: &mut Blocks) {
    let all = matter.devices.len();
    let found = matter.devices.iter().filter(|item| item.is_found()).count();
    let behind = matter.devices.iter().filter(|item| {
        let own = |maker: &crate::report::Named| maker.name.eq_ignore_ascii_case(&item.label);
        item.is_found() && !item.label.is_empty() && !item.makers.iter().any(own)
    });
    let behind = behind.count();
    out.paragraph(format!(
        "Of {} the maker is established for {found}; {behind} of these are sold under a name \
         that is not the maker's. For {} it is open.",
        count(all, "device", "devices"),
        all - found
    ));
    let odd = matter.devices.iter().filter(|item| !item.contradictions.is_empty()).count();
    if odd > 0 {
        let verb = if odd == 1 { "does" } else { "do" };
        out.paragraph(format!(
            "Of {} the records {verb} not fit together: look at these before the list is relied \
             on.",
            count(odd, "device", "devices")
        ));
    }
}

/// Bars and a table of the makers.
pub(super) fn makers(matter: &Matter<'_>, out: &mut Blocks) {
    picture(matter, out);
    lighter(matter, out);
    labels(matter, out);
}

/// Why a bar is longer than the number of the field below it: it counts what is possible as well.
fn lighter(matter: &Matter<'_>, out: &mut Blocks) {
    let mut counts: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for item in matter.devices.iter().filter(|item| !item.makers.is_empty()) {
        let entry = counts.entry(item.maker_words()).or_default();
        entry.0 += 1;
        entry.1 += usize::from(item.is_found());
    }
    let all: usize = counts.values().map(|(all, found)| all - found).sum();
    let most = counts.iter().filter(|(_, (all, found))| all > found);
    let Some((name, (led, found))) = most.max_by_key(|(_, (all, found))| all - found) else {
        return;
    };
    out.note(format!(
        "The bars count every device that a maker leads, {all} of them no more than possibly; the \
         fields count as a maker's only what is probable or surer. So {name} has {led} here and \
         {found} there."
    ));
}

fn is_unknown(name: &str) -> bool {
    name == "unknown"
}

/// Bars of the makers, what is not known last.
fn picture(matter: &Matter<'_>, out: &mut Blocks) {
    let mut counts: BTreeMap<String, [u64; 4]> = BTreeMap::new();
    for item in matter.devices {
        counts.entry(item.maker_words()).or_default()[item.certainty as usize] += 1;
    }
    let mut bars: Vec<(String, [u64; 4])> = counts.into_iter().collect();
    bars.sort_by_key(|(name, numbers)| {
        (is_unknown(name), std::cmp::Reverse(numbers.iter().sum::<u64>()), name.clone())
    });
    let last = bars.pop_if(|(name, _)| is_unknown(name));
    let rest: u64 = bars.iter().skip(BARS_MAX).flat_map(|(_, numbers)| numbers).sum();
    bars.truncate(BARS_MAX);
    bars.extend(last);
    let caption = if rest > 0 {
        format!("Devices by maker; {rest} of further makers stand in the table")
    } else {
        "Devices by maker".to_owned()
    };
    let parts = ["confirmed", "probable", "possible", "unknown"].map(str::to_owned).to_vec();
    let bars = bars
        .into_iter()
        .map(|(name, numbers)| Bar { name, numbers: numbers.into_iter().rev().collect() });
    out.0.push(Block::Bars { caption, parts, bars: bars.collect() });
}

/// The makers and the names they are sold under.
fn labels(matter: &Matter<'_>, out: &mut Blocks) {
    let mut labels: BTreeMap<(String, String), [u64; 4]> = BTreeMap::new();
    for item in matter.devices {
        let label = if item.label.is_empty() { "no label" } else { &item.label };
        let key = (item.maker_words(), label.to_owned());
        labels.entry(key).or_default()[item.certainty as usize] += 1;
    }
    let mut labels: Vec<_> = labels.into_iter().collect();
    labels.sort_by_key(|((maker, label), numbers)| {
        (
            is_unknown(maker),
            maker.clone(),
            std::cmp::Reverse(numbers.iter().sum::<u64>()),
            label.clone(),
        )
    });
    let rows = labels.into_iter().take(common::ROWS_MAX).map(|((maker, label), numbers)| {
        let all: u64 = numbers.iter().sum();
        let mut row = vec![maker, label, all.to_string()];
        let shown = |n: &u64| if *n == 0 { String::new() } else { n.to_string() };
        row.extend(numbers.iter().rev().map(shown));
        row
    });
    let columns = ["Maker", "Sold as", "Devices", "Confirmed", "Probable", "Possible", "Unknown"];
    out.table("Devices by maker and label", &columns, rows.collect());
}

fn rules(matter: &Matter<'_>, out: &mut Blocks) {
    out.heading("What follows");
    if matter.open {
        out.paragraph(
            "Nobody said who asks, so nothing is called barred here; each rule says for whom it \
             would be (--as names who asks).",
        );
    }
    let mut rows = Vec::new();
    for (at, regime) in matter.regimes.iter().enumerate() {
        let of = |outcome: Outcome| {
            let is = |item: &&super::Item| item.outcomes.get(at) == Some(&outcome);
            matter.devices.iter().filter(is).count()
        };
        let act = not_asked(regime, matter.context);
        // Of a named producer, and no provision reaches it by what was told: never just "no rule".
        let mut outside = reach::outside(matter, &[regime.id.as_str()]);
        outside.retain(|item| act.is_none() && item.outcomes.get(at) == Some(&Outcome::NoRule));
        let said = Outcome::ALL.iter().filter_map(|outcome| match of(*outcome) {
            0 => None,
            devices if *outcome == Outcome::NoRule && act.is_some() => {
                Some(format!("{devices} ({})", reach::not_asked_words(act.unwrap_or_default())))
            }
            devices => Some(format!("{devices} ({})", outcome.meaning())),
        });
        let mut said: Vec<String> = said.collect();
        if !outside.is_empty() {
            let why = reach::why(matter, &[regime.id.as_str()], &outside);
            said.push(format!("of these {} of a named producer, {why}", outside.len()));
        }
        let unbound = of(Outcome::NotBound) > 0;
        let followed = if unbound || matter.open {
            let would = named(matter, &[regime.id.as_str()]).len();
            format!("{would} of an established maker, as for {}", regime.would_bar)
        } else {
            String::new()
        };
        rows.push(vec![regime.title.clone(), said.join("; "), followed]);
    }
    let mut columns = vec!["Rule", "Devices", "If it bound you, or were followed"];
    if rows.iter().all(|row| row.last().is_some_and(String::is_empty)) {
        columns.pop();
        rows.iter_mut().for_each(|row| drop(row.pop()));
    }
    if matter.open {
        // Who has not said who asks reads one short line a rule, not every outcome.
        for row in &mut rows {
            row.remove(1);
        }
        let columns = ["Rule", "Whom it would bar"];
        return out.table(format!("The rules on {}", matter.on), &columns, rows);
    }
    out.table(format!("The rules on {}", matter.on), &columns, rows);
}

fn sites(matter: &Matter<'_>, out: &mut Blocks) {
    let all: Vec<&str> = matter.regimes.iter().map(|one| one.id.as_str()).collect();
    let spoken = named(matter, &all);
    let mut sites: BTreeMap<String, (String, [u64; 3])> = BTreeMap::new();
    let mut add = |site: &str, place: usize| {
        let entry = sites.entry(site.to_lowercase());
        entry.or_insert_with(|| (site.to_owned(), [0; 3])).1[place] += 1;
    };
    for item in matter.devices.iter().filter(|item| !item.site.is_empty()) {
        let is_named = spoken.iter().any(|one| std::ptr::eq(*one, item));
        add(
            &item.site,
            if is_named {
                0
            } else if item.is_found() {
                2
            } else {
                1
            },
        );
    }
    if sites.is_empty() {
        return;
    }
    let mut bars: Vec<(String, [u64; 3])> = sites.into_values().collect();
    bars.sort_by_key(|(name, numbers)| {
        (std::cmp::Reverse(numbers[0]), std::cmp::Reverse(numbers[1]), name.clone())
    });
    let more = bars.len().saturating_sub(BARS_MAX);
    bars.truncate(BARS_MAX);
    out.heading("Where they stand");
    let caption = if more > 0 {
        format!("Devices by site; {more} further sites are not drawn")
    } else {
        "Devices by site".to_owned()
    };
    let parts = ["of a maker that a rule names", "maker open", "other"].map(str::to_owned).to_vec();
    let bars = bars.into_iter().map(|(name, numbers)| Bar { name, numbers: numbers.to_vec() });
    out.0.push(Block::Bars { caption, parts, bars: bars.collect() });
}

fn settle(matter: &Matter<'_>, out: &mut Blocks) {
    let mut asks: BTreeMap<&str, (usize, &str)> = BTreeMap::new();
    for item in matter.devices.iter().filter(|item| !item.is_found()) {
        if let Some((what, how)) = &item.settle {
            asks.entry(what).or_insert((0, how)).0 += 1;
        }
    }
    let mut asks: Vec<(&str, (usize, &str))> = asks.into_iter().collect();
    asks.sort_by_key(|(what, (devices, _))| (std::cmp::Reverse(*devices), *what));
    if asks.is_empty() {
        return;
    }
    out.heading("What would settle most");
    let steps = asks.iter().take(STEPS_MAX).map(|(what, (devices, how))| {
        format!("{what}, for {}: {how}", count(*devices, "device", "devices"))
    });
    out.steps(steps.collect());
}

fn decide(matter: &Matter<'_>, out: &mut Blocks) {
    let all: Vec<&str> = matter.regimes.iter().map(|one| one.id.as_str()).collect();
    let barred = matter.barred(&all).len();
    let spoken = named(matter, &all).len();
    let open = matter.devices.iter().filter(|item| !item.is_found()).count();
    let devices = |n| count(n, "device", "devices");
    let mut steps = Vec::new();
    if barred > 0 {
        steps.push(format!("What happens, by which day, to {} that a rule bars", devices(barred)));
    }
    if spoken > barred {
        let rest = devices(spoken - barred);
        let dated = !days::silent(matter, &all).is_empty();
        let or =
            if dated { format!(", or were not in force on {},", matter.on) } else { String::new() };
        steps.push(format!(
            "Whether rules that do not bind{or} are followed of your own will, for {rest} they name"
        ));
    }
    if open > 0 {
        steps.push(format!("Who settles the maker of {}, and by when", devices(open)));
    }
    if !steps.is_empty() {
        out.heading("To decide");
        out.ticks(steps);
    }
}
