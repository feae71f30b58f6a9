//! The atlas as JSON, and in a few lines for the terminal.

use anyhow::Result;
use serde_json::{Value, json};
use whomade_core::atlas::{Ground, Standing, Support};

use super::steps::{house_words, houses_of, plain, totals};
use super::{Seen, View, count, day, products};
use crate::out::Out;

/// Pairs told on a terminal; the page has them all.
const PAIRS_SHOWN_MAX: usize = 20;

/// The atlas as one JSON value.
pub(crate) fn json(view: &View<'_>) -> Value {
    let account = view.atlas.account;
    let [model, label, string, disputed] = totals(view);
    let standings = [Standing::Label, Standing::Kin, Standing::Control, Standing::Own];
    let pairs: Vec<Value> = standings
        .into_iter()
        .flat_map(|standing| view.pairs(standing).into_iter().map(move |one| (standing, one)))
        .map(|(standing, one)| pair(view, standing, &one))
        .collect();
    json!({
        "v": 1,
        "on": view.on,
        "files": view.files,
        "products": view.atlas.products,
        "labels": view.atlas.labels.len(),
        "first": view.atlas.span.first,
        "last": view.atlas.span.last,
        "account": {
            "labels": account.labels,
            "same_house": account.kin,
            "own_equipment": account.control,
            "own_name": account.own,
            "no_form": account.no_form,
            "no_string": account.no_string,
            "no_label": account.no_label,
        },
        "steps": {
            "model": model,
            "label": label,
            "string_only": string,
            "disputed": disputed,
        },
        "pairs": pairs,
    })
}

fn pair(view: &View<'_>, standing: Standing, one: &Seen<'_>) -> Value {
    let pair = one.pair;
    let forms: serde_json::Map<String, Value> = pair
        .forms
        .iter()
        .map(|(number, products)| {
            (view.base.signatures[*number as usize].id.clone(), Value::from(*products))
        })
        .collect();
    let grounds: Vec<String> = pair
        .grounds
        .iter()
        .map(|ground| match ground {
            Ground::Supply(at) => {
                format!("kb/labels/{}.toml#supply-{}", view.id(one.filer), at + 1)
            }
            Ground::Code(number) => {
                let signature = &view.base.signatures[*number as usize];
                format!("kb/{}#{}", signature.file, signature.id)
            }
        })
        .collect();
    let named = matches!(standing, Standing::Label);
    let houses: Vec<Value> = houses_of(view, one)
        .iter()
        .map(|house| {
            let (from, until) = house.time();
            json!({ "says": house_words(view, one.family, house), "from": from, "until": until })
        })
        .collect();
    json!({
        "label": view.id(one.filer),
        "name": view.name(one.filer),
        "form_of": view.base.id(one.family),
        "standing": standing.word(),
        "support": named.then(|| one.support.word()),
        "products": pair.products,
        "by_model": pair.with(Support::Model),
        "by_label": pair.with(Support::Label),
        "string_only": pair.with(Support::StringOnly),
        "disputed": pair.with(Support::Disputed),
        "first": pair.span.first,
        "last": pair.span.last,
        "forms": forms,
        "facts": grounds,
        "house": houses,
    })
}

/// The largest pairs, in a table for the terminal.
///
/// # Errors
/// When the output is closed.
pub(crate) fn text(out: &mut Out, view: &View<'_>) -> Result<()> {
    let account = view.atlas.account;
    let labels = view.atlas.labels.len() as u64;
    out.line(format!(
        "{} of {} labels, as of {}",
        products(view.atlas.products),
        count(labels),
        view.on
    ))?;
    let parts = [
        (account.labels, "filed by a label in another maker's form"),
        (account.kin, "filed within one house"),
        (account.control, "filed in another's form by a maker of its own equipment"),
        (account.own, "filed by a maker in a form of its own"),
        (account.no_form, "a string whose form belongs to nobody"),
        (account.no_string, "without any firmware string"),
        (account.no_label, "without a label"),
    ];
    for (number, words) in parts.into_iter().filter(|(number, _)| *number > 0) {
        out.line(format!("{:>9}  {words}", count(number)))?;
    }
    let pairs = view.pairs(Standing::Label);
    if !pairs.is_empty() {
        out.line("\nOf those that a label filed in another maker's form:")?;
        for (step, number) in Support::ALL.into_iter().zip(totals(view)) {
            out.line(format!("{:>9}  {}", count(number), plain(step)))?;
        }
        largest(out, view, &pairs)?;
    }
    let kin = view.pairs(Standing::Kin);
    for (at, one) in kin.iter().take(PAIRS_SHOWN_MAX).enumerate() {
        let houses: Vec<String> =
            houses_of(view, one).iter().map(|house| house_words(view, one.family, house)).collect();
        out.line(format!(
            "{}{}, {} of {}'s form: {}",
            if at == 0 { "\n" } else { "" },
            view.name(one.filer),
            products(one.pair.products),
            view.base.name(one.family),
            houses.join("; "),
        ))?;
    }
    if !pairs.is_empty() {
        out.line(
            "\nString only: the form of the firmware string alone; nobody is called the maker.",
        )?;
    }
    Ok(())
}

/// The largest pairs, line by line.
fn largest(out: &mut Out, view: &View<'_>, pairs: &[Seen<'_>]) -> Result<()> {
    out.line(format!(
        "\n{:<24} {:<14} {:>8}  {:<10}  {:<10}  {}",
        "label", "form of", "products", "first", "last", "named elsewhere"
    ))?;
    for one in pairs.iter().take(PAIRS_SHOWN_MAX) {
        let name: String = view.name(one.filer).chars().take(24).collect();
        out.line(format!(
            "{name:<24} {:<14} {:>8}  {:<10}  {:<10}  {}",
            view.base.name(one.family),
            count(one.pair.products),
            day(one.pair.span.first),
            day(one.pair.span.last),
            one.in_words(),
        ))?;
    }
    if pairs.len() > PAIRS_SHOWN_MAX {
        out.line(format!("… and {} more; --html shows all", pairs.len() - PAIRS_SHOWN_MAX))?;
    }
    Ok(())
}
