//! The labels that no matcher of names resolves: each is led to its makers by its supplies.

use std::fmt::Write as _;
use std::fs;

use whomade_core::attribution::Certainty;
use whomade_core::evidence::Aside;
use whomade_core::kb::Entity;
use whomade_core::kb::schema::{Relation, Support};
use whomade_core::observation::{Field, Observation};

use crate::support::{answer, base, device, shared};

/// What the table says of one label.
#[derive(Default)]
struct Row {
    supplies: Vec<String>,
    leads: usize,
    wrong: Vec<String>,
    has_supply: bool,
}

fn asked(written: &str, model: Option<&str>) -> Vec<Observation> {
    let mut seen = vec![Observation::new(Field::Label, written)];
    seen.extend(model.map(|model| Observation::new(Field::Model, model)));
    seen
}

fn judge_supplies(row: &mut Row, written: &str, id: &str) {
    let base = base();
    for supply in &base.facts.labels[id].supplies {
        if supply.withdrawn.is_some() {
            continue;
        }
        row.has_supply = true;
        let whole = supply.models.is_empty();
        if whole && matches!(supply.relation, Relation::Partial | Relation::Former) {
            // Some lines, and nobody tells which: a lead for whoever reads it, no finding.
            let (_, design) = answer(&device(asked(written, None)));
            row.supplies.push(format!("{} (some lines) → {}", supply.maker, design.certainty));
            if design.certainty != Certainty::Unknown {
                row.wrong.push(format!("{written}: named by lines that nobody tells"));
            }
            continue;
        }
        let model = supply.example.first().map(String::as_str).filter(|_| !whole);
        let (_, design) = answer(&device(asked(written, model)));
        let makers: Vec<&str> = design.candidates().iter().map(|of| base.id(*of)).collect();
        let support = if supply.support == Support::High { "high" } else { "medium" };
        row.supplies.push(format!(
            "{} ({support}, {}) → {} {}",
            supply.maker,
            model.unwrap_or("label alone"),
            design.certainty,
            makers.join(" | "),
        ));
        // What is contested by one side may leave the answer open.
        let open = supply.relation == Relation::Disputed && makers.is_empty();
        let led = design.certainty >= Certainty::Possible && makers.contains(&&*supply.maker);
        if !led && !open {
            row.wrong.push(format!("{written} {model:?}: not {} but {design:?}", supply.maker));
        }
    }
}

fn judge_leads(row: &mut Row, written: &str, of: Entity) {
    let (read, design) = answer(&device(asked(written, None)));
    let led = |aside: &&Aside| matches!(aside, Aside::Lead { label, .. } if *label == of);
    row.leads = read.asides.iter().filter(led).count();
    if row.has_supply {
        return;
    }
    if design.certainty != Certainty::Unknown {
        row.wrong.push(format!("{written}: leads alone name {:?}", design.candidates()));
    }
    if row.leads == 0 {
        row.wrong.push(format!("{written}: neither a supply nor a lead"));
    }
}

#[test]
#[expect(clippy::print_stdout, reason = "the table is what the test is read for")]
fn the_known_relabels_are_led_to_their_makers() {
    let Some(path) = shared("names/relabel_brands.tsv") else { return };
    let text = fs::read_to_string(path).unwrap();
    let (mut table, mut wrong) = (String::new(), Vec::new());
    let (mut labels, mut supplied) = (0, 0);
    for written in text.lines().skip(1).filter_map(|line| line.split('\t').next()) {
        labels += 1;
        let Some((of, _)) = base().names.find(written) else {
            wrong.push(format!("{written}: nobody bears the name"));
            continue;
        };
        let id = base().id(of);
        let mut row = Row::default();
        match of {
            Entity::Label(_) => {
                judge_supplies(&mut row, written, id);
                judge_leads(&mut row, written, of);
            }
            Entity::Maker(_) => wrong.push(format!("{written}: found as a maker")),
        }
        supplied += usize::from(row.has_supply);
        let first = if row.has_supply { row.supplies.remove(0) } else { "lead only".to_owned() };
        let _ = writeln!(table, "{written:<30} {id:<22} {} leads  {first}", row.leads);
        for more in &row.supplies {
            let _ = writeln!(table, "{:<30} {:<22} {:<7}  {more}", "", "", "");
        }
        wrong.append(&mut row.wrong);
    }
    println!("{table}{supplied} of {labels} labels have a supply");
    assert_eq!(labels, 25);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // Of IndigoVision one named source speaks, and it was read in a mirror: a lead.
    assert!(supplied >= 18, "only {supplied} have a supply");
}
