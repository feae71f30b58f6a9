//! The dossier of a supplier: what it sold here, under which names, who made it, what it says.

use std::collections::BTreeMap;

use super::answer::{Comparison, LetterRecord, compare};
use super::common::{self, count, names};
use super::filled::lead;
use super::matter::samples;
use super::reach::named;
use super::{Blocks, Fact, Item, Matter, Paper, VERSION, bound, days};
use crate::kb::schema::{Conduct, ConductStatus};

/// The devices that a supplier sold, by the column of suppliers or, where it names no such
/// seller, by the label.
#[must_use]
pub fn sold_by<'m>(matter: &Matter<'m>, name: &str) -> Vec<&'m Item> {
    let by = |is: &dyn Fn(&Item) -> bool| -> Vec<&'m Item> {
        matter.devices.iter().filter(|item| is(item)).collect()
    };
    let sold = by(&|item| item.supplier.eq_ignore_ascii_case(name.trim()));
    if !sold.is_empty() {
        return sold;
    }
    let found = matter.base.names.find(name).map(|(of, _)| of);
    by(&|item| {
        !item.label.is_empty()
            && (item.label.eq_ignore_ascii_case(name.trim())
                || found.is_some() && matter.base.names.find(&item.label).map(|one| one.0) == found)
    })
}

/// Composes the dossier.
#[must_use]
pub fn supplier(matter: &Matter<'_>, name: &str, letters: &[LetterRecord]) -> Paper {
    let mut out = Blocks::default();
    let sold = sold_by(matter, name);
    let title = sold.first().map(|item| {
        let by_column = item.supplier.eq_ignore_ascii_case(name.trim());
        if by_column { item.supplier.clone() } else { item.label.clone() }
    });
    let title = title.unwrap_or_else(|| name.to_owned());
    glance(matter, &sold, &title, &mut out);
    what(&sold, &mut out);
    companies(matter, &sold, &mut out);
    conduct(matter, &sold, &mut out);
    words(matter, &sold, letters, &mut out);
    let all: Vec<&str> = matter.regimes.iter().map(|one| one.id.as_str()).collect();
    common::open(matter, &open(matter, &sold, &all), &all, &mut out);
    common::not_looked(matter, &mut out);
    common::sources(matter, &sold, &[], &mut out);
    common::method(&mut out);
    Paper {
        v: VERSION,
        kind: "supplier".to_owned(),
        over: "Dossier of a supplier".to_owned(),
        title,
        lead: lead(matter, "What it sold here, who made that, and what it says."),
        on: matter.on,
        made_with: matter.made_with.clone(),
        blocks: out.0,
    }
}

fn open<'m>(matter: &Matter<'m>, sold: &[&'m Item], all: &[&str]) -> Vec<&'m Item> {
    let open = matter.open_under(all);
    let mine = |item: &&&Item| open.iter().any(|one| std::ptr::eq(*one, **item));
    sold.iter().filter(mine).copied().collect()
}

fn glance(matter: &Matter<'_>, sold: &[&Item], title: &str, out: &mut Blocks) {
    let all: Vec<&str> = matter.regimes.iter().map(|one| one.id.as_str()).collect();
    let spoken = named(matter, &all);
    let of_rule = sold.iter().filter(|item| spoken.iter().any(|one| std::ptr::eq(*one, **item)));
    let found = sold.iter().filter(|item| item.is_found()).count();
    out.0.push(super::Block::Numbers {
        numbers: vec![
            (sold.len() as u64, "devices sold here".to_owned()),
            (found as u64, "maker established".to_owned()),
            (of_rule.count() as u64, "of a maker that a rule names".to_owned()),
            ((sold.len() - found) as u64, "maker open".to_owned()),
        ],
    });
    days::say(matter, &all, out);
    bound::say(matter, &all, out);
    let by_column = sold.iter().any(|item| item.supplier.eq_ignore_ascii_case(title));
    if !by_column {
        out.note(format!(
            "No column of the records says who sold these; they stand here because they bear the \
             name {title}. Who sold them may be somebody else."
        ));
    }
    let alike = like_suppliers(matter, title);
    if by_column && !alike.is_empty() {
        out.note(format!(
            "Other names in the records are close to it and may be the same firm; their devices are \
             not counted here: {}.",
            alike.join(", ")
        ));
    }
    out.note(
        "Who sells a device answers for neither its maker nor the rule: a seller may not know \
         what is inside.",
    );
}

/// Other suppliers whose names are close to this one and may be the same firm, each with its
/// devices.
#[must_use]
pub fn like_suppliers(matter: &Matter<'_>, title: &str) -> Vec<String> {
    let others = common::suppliers_of(matter.devices).into_iter();
    let others = others.filter(|(name, _)| !name.eq_ignore_ascii_case(title));
    let same = others.filter(|(name, _)| common::alike(name, title));
    same.map(|(name, devices)| format!("{name} ({devices})")).collect()
}

fn what(sold: &[&Item], out: &mut Blocks) {
    out.heading("What it sold here");
    let rows = samples(sold).into_iter().take(common::ROWS_MAX).map(|one| {
        vec![
            common::or_blank(&one.item.label),
            common::or_blank(&one.item.model),
            one.all.len().to_string(),
            one.item.maker_words(),
            one.item.certainty.word().to_owned(),
            names(&one.all),
        ]
    });
    let columns = ["Sold as", "Model", "Devices", "Maker", "Certainty", "Which"];
    out.table(count(sold.len(), "device", "devices"), &columns, rows.collect());
}

/// The makers established, the surest certainty of each.
fn makers_of<'i>(sold: &[&'i Item]) -> BTreeMap<&'i str, (&'i str, usize)> {
    let mut makers: BTreeMap<&str, (&str, usize)> = BTreeMap::new();
    for item in sold.iter().filter(|item| item.is_found()) {
        for maker in &item.makers {
            makers.entry(maker.id.as_str()).or_insert((maker.name.as_str(), 0)).1 += 1;
        }
    }
    makers
}

fn companies(matter: &Matter<'_>, sold: &[&Item], out: &mut Blocks) {
    let makers = makers_of(sold);
    if makers.is_empty() {
        return;
    }
    out.heading("Who made it, and who owns them");
    for (id, (name, devices)) in makers {
        let Some(maker) = matter.base.facts.makers.get(id) else { continue };
        out.subheading(format!("{name}: {}", count(devices, "device", "devices")));
        let legal = maker.legal_name.clone().unwrap_or_else(|| maker.name.clone());
        let mut facts = vec![Fact::known("Registered as", legal)];
        facts.push(match &maker.country {
            Some(country) => Fact::known("Seat", country.as_str()),
            None => Fact::blank("Seat", "a company register"),
        });
        for owner in maker.owners.iter().filter(|owner| owner.until.is_none()) {
            let stake = owner.stake.as_ref().map(|stake| format!(", {stake}")).unwrap_or_default();
            let sources = out.cite(&owner.sources);
            facts.push(Fact::known("Owner", format!("{}{stake} [{sources}]", owner.holder)));
        }
        if maker.owners.iter().all(|owner| owner.until.is_some()) {
            facts.push(Fact::blank("Owner", "a company register: the base names none"));
        }
        out.facts(facts);
        for one in &maker.statements {
            let date = one.date.as_ref().map(|date| format!(", {date}")).unwrap_or_default();
            let sources = out.cite(&one.sources);
            out.quote(one.says.clone(), format!("{name}{date}; [{sources}]"));
        }
    }
}

fn conduct(matter: &Matter<'_>, sold: &[&Item], out: &mut Blocks) {
    let makers = makers_of(sold);
    let label = |item: &&&Item| {
        let found = matter.base.names.find(&item.label)?.0;
        Some(matter.base.id(found))
    };
    let mut ids: Vec<&str> = makers.keys().copied().collect();
    ids.extend(sold.iter().filter_map(|item| label(&item)));
    ids.sort_unstable();
    ids.dedup();
    let all = matter.base.facts.conduct.values().filter(|one| {
        one.withdrawn.is_none() && one.about.iter().any(|id| ids.contains(&id.as_str()))
    });
    let all: Vec<&Conduct> = all.collect();
    if all.is_empty() {
        return;
    }
    out.heading("What is said of these companies, and their answer");
    out.note("Shown, never weighed: nothing here says who made a device.");
    for one in all {
        let stands = one.stands().map_or("listed", ConductStatus::word);
        out.subheading(format!("{} ({stands})", one.title));
        let mut facts = vec![Fact::known("Who says it", format!("{}, {}", one.by, one.date))];
        if let Some(court) = &one.court {
            facts.push(Fact::known("Before", court.as_str()));
        }
        facts.push(Fact::known("What is said", one.says.as_str()));
        if let Some(outcome) = &one.outcome {
            facts.push(Fact::known("What came of it", outcome.as_str()));
        }
        for answer in &one.answers {
            facts.push(Fact::known(format!("Answer of {}", answer.by), answer.says.as_str()));
        }
        if one.answers.is_empty() {
            facts.push(Fact::known("The other side", "no answer to it is known to us"));
        }
        facts.push(Fact::known("Sources", out.cite(&one.sources)));
        out.facts(facts);
    }
}

fn words(matter: &Matter<'_>, sold: &[&Item], letters: &[LetterRecord], out: &mut Blocks) {
    out.heading("Its letters");
    if letters.is_empty() {
        out.paragraph(
            "No letter of this supplier was kept. `whomade letter NAME` writes one that asks for \
             exact models, producer, design, main chip and clause; `letter --read` keeps the \
             answer.",
        );
        return;
    }
    for letter in letters {
        out.subheading(letter.title());
        out.facts(letter.facts(matter.on));
        comparison(&compare(matter, letter, sold), out);
    }
}

/// What a letter says beside what the devices show.
pub(super) fn comparison(compared: &Comparison, out: &mut Blocks) {
    let columns = ["Model", "The letter says", "The devices show", "Together"];
    out.table("The letter beside the devices", &columns, compared.rows.clone());
    if !compared.not_covered.is_empty() {
        out.note(format!(
            "Models here that the letter does not cover: {}.",
            compared.not_covered.join(", ")
        ));
    }
    if !compared.not_here.is_empty() {
        out.note(format!(
            "Models that the letter covers and that are not here: {}.",
            compared.not_here.join(", ")
        ));
    }
}
