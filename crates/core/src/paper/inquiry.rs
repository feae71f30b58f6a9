//! The file of a reasonable inquiry: scope, records searched, suppliers asked, what is open.

use super::common::{self, count, suppliers_of};
use super::{BLANK, Blocks, Fact, Item, Matter, days, reach};

/// Writes the file behind a representation.
pub(super) fn file(
    matter: &Matter<'_>,
    regimes: &[&str],
    found: &[&Item],
    open: &[&Item],
    out: &mut Blocks,
) {
    out.0.push(super::Block::NewPage);
    out.heading("The file of the inquiry");
    let words = matter.regimes.iter().filter(|one| regimes.contains(&one.id.as_str()));
    let mut defined: Vec<&str> = Vec::new();
    for word in words.flat_map(|regime| &regime.definitions) {
        if word.term.contains("inquiry") && !defined.contains(&word.citation.as_str()) {
            defined.push(&word.citation);
            out.quote(format!("{}: {}", word.term, word.text), word.citation.clone());
        }
    }
    out.subheading("Scope");
    let told = |key: &str, name: &str, ask: &str| match matter.told(key) {
        Some(value) => Fact::known(name, value),
        None => Fact::blank(name, ask),
    };
    out.facts(vec![
        told("entity", "Entity that signs", "whoever signs"),
        told("affiliates", "Affiliates within the scope", "your counsel"),
        told("sites", "Sites, leased space among them", "your facilities office"),
        told("asked-on", "Days of the inquiry", "whoever made it"),
        told("asked-by", "Made by", "whoever made it"),
    ]);
    out.subheading("Records searched");
    // The day asked about is not the day on which somebody searched: that one only they know.
    let files = matter.looked.files.iter();
    let mut rows: Vec<Vec<String>> =
        files.map(|file| vec!["inventory".to_owned(), file.clone(), BLANK.to_owned()]).collect();
    for what in [
        "purchase orders and invoices",
        "network address tables or a scan",
        "leases: the landlord's cameras and network",
        "carriers, hosting, hotels, monitoring and guarding services",
        "exclusions in SAM for covered equipment",
    ] {
        rows.push(vec![what.to_owned(), BLANK.to_owned(), BLANK.to_owned()]);
    }
    out.table("What was searched, where it lies, when", &["Records", "Where", "Day"], rows);
    asked(matter, found, open, out);
    out.subheading("What it came to");
    let outside = reach::outside(matter, regimes);
    let aside = match outside.len() {
        0 => String::new(),
        n => format!(" {n} {};", reach::outside_words(matter, regimes, &outside)),
    };
    out.paragraph(format!(
        "{} in the records; {} of a maker that a rule bars on what was told;{aside} {} open. The \
         sections below list them, with the evidence.",
        count(matter.devices.len(), "device", "devices"),
        found.len(),
        open.len()
    ));
    days::say(matter, regimes, out);
    out.note(
        "Use counts whoever owns the equipment: a landlord's, a hotel's or a carrier's can be \
         used too. Ask for the rows above that stay blank, or say that they were not searched.",
    );
}

fn asked(matter: &Matter<'_>, found: &[&Item], open: &[&Item], out: &mut Blocks) {
    out.subheading("Suppliers asked");
    let suppliers = suppliers_of(matter.devices);
    if suppliers.is_empty() {
        out.paragraph(
            "No column of the records says who sold or installed a device, so no supplier can be \
             asked from them.",
        );
        return;
    }
    let of = |items: &[&Item], name: &str| {
        items.iter().filter(|item| item.supplier.eq_ignore_ascii_case(name)).count()
    };
    let blank = || BLANK.to_owned();
    let row = |name: &str, devices: usize, (sent, kept): (String, String)| {
        let (barred, unsettled) = (of(found, name), of(open, name));
        let shown = if name.is_empty() { "supplier not in the records" } else { name };
        vec![
            shown.to_owned(),
            devices.to_string(),
            barred.to_string(),
            unsettled.to_string(),
            sent,
            kept,
        ]
    };
    let rows = suppliers.iter().map(|(name, devices)| row(name, *devices, (blank(), blank())));
    let mut rows: Vec<Vec<String>> = rows.collect();
    let named: usize = suppliers.iter().map(|(_, devices)| devices).sum();
    if named < matter.devices.len() {
        let nobody = || "nobody to ask yet".to_owned();
        rows.push(row("", matter.devices.len() - named, (nobody(), nobody())));
    }
    let columns = ["Supplier", "Devices", "Barred", "Open", "Letter sent", "Answer kept"];
    let caption = format!("Who supplied {}", count(matter.devices.len(), "device", "devices"));
    out.table(caption, &columns, rows);
    for names in alike(&suppliers) {
        out.note(format!(
            "{} may be one firm: the names are close. Ask before a letter goes to each.",
            names.join(" and ")
        ));
    }
    out.note("`whomade letter NAME` writes the letter; `letter --read` keeps its answer.");
}

/// Names of suppliers that are close enough to be those of one firm, group by group.
fn alike(suppliers: &[(String, usize)]) -> Vec<Vec<&str>> {
    let mut groups: Vec<Vec<&str>> = Vec::new();
    for (name, _) in suppliers {
        let near = |group: &&mut Vec<&str>| group.iter().any(|one| common::alike(one, name));
        match groups.iter_mut().find(near) {
            Some(group) => group.push(name),
            None => groups.push(vec![name]),
        }
    }
    groups.retain(|group| group.len() > 1);
    groups
}
