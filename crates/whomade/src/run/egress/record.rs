//! `--paper`: what was seen, as a record that somebody keeps and signs.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Result, bail};
use jiff::civil::Date;
use whomade_core::egress::Whose;
use whomade_core::kb::document::nearest;
use whomade_core::kb::schema::{Form, PaperKind};
use whomade_core::kb::{Base, Facts};
use whomade_core::paper::{Exchange, Paper, Receiver, Sender, transfer};
use whomade_core::report::{clean, headline};

use super::gather::{Gathered, Talking};
use super::held::Tables;
use crate::cli::Egress;
use crate::kept::identity;
use crate::out::Out;
use crate::render::egress::country_words;
use crate::run::details::{Keys, told};
use crate::run::gather::has_ending;
use crate::run::names::Names;
use crate::run::servers::is_server;
use crate::saved::hash_of;
use whomade_inquiry::asking::day;
use whomade_inquiry::base::Known;

/// What was asked for, checked before anything is read.
pub(super) struct Asked<'f> {
    form: &'f Form,
    told: BTreeMap<String, String>,
    on: Date,
}

/// Checks what was typed.
///
/// # Errors
/// When there is no such paper, or a key that it does not take.
pub(super) fn asked<'f>(
    out: &mut Out,
    facts: &'f Facts,
    typed: &Egress,
) -> Result<Option<Asked<'f>>> {
    let Some(word) = &typed.paper else { return Ok(None) };
    if let Some(path) = &typed.output {
        has_ending(path)?;
    }
    let kind = PaperKind::TransferRecord;
    let forms = || facts.forms.values().filter(|form| form.paper == kind);
    let Some(form) = forms().find(|form| form.id == *word || kind.word() == word) else {
        let words = forms().map(|form| form.id.as_str()).chain([kind.word()]);
        let near = nearest(word, words).map(|near| format!("did you mean `{near}`?"));
        let near = near.unwrap_or_else(|| format!("there is: {}", kind.word()));
        let elsewhere = match facts.forms.contains_key(word) {
            true => "; `whomade report` fills that one in",
            false => "",
        };
        bail!(
            "[ask/unknown-paper] there is no paper `{}` of captures; {near}{elsewhere}",
            clean(word)
        );
    };
    let mut keys = Keys::default();
    keys.take(form);
    keys.put_in_order();
    let told = told(out, facts, (typed.details.as_deref(), &typed.set), &keys)?;
    Ok(Some(Asked { form, told, on: day(typed.on.as_deref())? }))
}

/// Composes the paper.
///
/// # Errors
/// When no device was read: an empty paper would look like a clearance.
pub(super) fn paper(
    (known, overlay): (&Known, Option<&Path>),
    (tables, typed): (&Tables, &Egress),
    gathered: &Gathered,
    asked: &Asked<'_>,
) -> Result<Paper> {
    if gathered.talking.is_empty() {
        bail!(
            "[ask/no-device] no device was read; a paper about nothing would look like a clearance"
        );
    }
    let base = &known.base;
    let senders = gathered.talking.iter().map(|one| sender(base, tables, one));
    let paths: Vec<_> = gathered.files.iter().chain(&typed.mmdb).cloned().collect();
    let names = Names::of(&paths).all();
    let files = paths.iter().zip(names).map(|(path, name)| {
        let stays = path.is_file() && !is_server(path);
        (name, if stays { hash_of(path).ok() } else { None })
    });
    let made_with = identity(known, overlay)?.short();
    Ok(transfer(&Exchange {
        base,
        form: asked.form,
        on: asked.on,
        told: &asked.told,
        senders: senders.collect(),
        recordings: &gathered.recordings,
        files: files.collect(),
        tables: !tables.is_empty(),
        made_with: format!("Made with whomade {}, base {made_with}", env!("CARGO_PKG_VERSION")),
    }))
}

fn sender<'x>(base: &Base, tables: &Tables, one: &'x Talking) -> Sender<'x> {
    let outside = one.recipients.iter().filter(|one| one.whose != Whose::OwnNetwork);
    // Whom nothing reached is no recipient of anything.
    let (tried, reached): (Vec<_>, Vec<_>) = outside.partition(|one| one.is_in_vain());
    let receivers = reached.into_iter().map(|recipient| {
        let held = tables.of_recipient(recipient);
        Receiver {
            recipient,
            held: held.words(),
            countries: held.countries.iter().map(|code| country_words(code)).collect(),
            holders: held.holders,
        }
    });
    Sender {
        headline: headline(base, &one.found.worked(&[])),
        place: one.place.clone(),
        receivers: receivers.collect(),
        tried: tried.into_iter().map(|one| clean(&one.name)).collect(),
        asked_only: &one.asked_only,
    }
}
