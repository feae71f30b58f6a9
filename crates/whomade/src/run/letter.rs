//! `whomade letter`: a question to a supplier, and its answer read back as a record.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Result, bail};
use whomade_core::diagnostic::{Diagnostic, Severity};
use whomade_core::kb::document::nearest;
use whomade_core::paper::answer::Answered;
use whomade_core::paper::{self, LetterRecord, Matter, suppliers_of};
use whomade_core::report::clean;
use whomade_formats::read::{LETTER_BYTES_MAX, letter as read_letter};

use crate::cli::Letter;
use crate::out::Out;
use crate::render::diagnostics;
use crate::run::again::Again;
use crate::run::details::{Keys, told};
use crate::run::gather::{Gathered, give, small, write};
use crate::run::names::file_name;
use whomade_inquiry::asking::Asked;
use whomade_inquiry::base::{Known, load};

/// Runs `whomade letter`.
///
/// # Errors
/// When nobody bears the name, or an answer cannot be read.
pub(crate) fn run(out: &mut Out, overlay: Option<&Path>, typed: Letter) -> Result<ExitCode> {
    let (known, said) = load(overlay)?;
    for one in said.iter().filter(|_| !out.quiet) {
        diagnostics::write(&mut out.aside, one)?;
    }
    if let Some(answer) = typed.read.clone() {
        return read(out, (&known, overlay), &typed, &answer);
    }
    let Some((name, files)) = typed.rest.split_first() else {
        bail!("[ask/unknown-supplier] a letter wants the NAME of a supplier");
    };
    let told = told(out, &known.base.facts, typed.gathering.told(), &Keys::default())?;
    let again = again(out, &typed, files.iter().map(PathBuf::from).collect())?.configured(
        out,
        &typed.gathering.configured,
        &known.base.facts,
    )?;
    let asked = Asked::check(&known.base, &again.asking)?;
    let mut gathered = Gathered::new(out, (&known, overlay), &again, asked, (None, false), None)?;
    gathered.told = told;
    let matter = gathered.matter(&known, None);
    let name = supplier_name(&matter, name)?;
    let like: Vec<String> =
        paper::like_suppliers(&matter, &name).iter().map(|one| clean(one)).collect();
    if !like.is_empty() && !out.quiet {
        let message = format!("the records also name {}", like.join(", "));
        let said = Diagnostic::new("ask/like-supplier", message);
        let help =
            "where these are one firm, write to each name, or write the name alike in the list";
        diagnostics::write(&mut out.aside, &said.help(help))?;
    }
    give(out, &typed.gathering, &again, &paper::letter(&matter, &name))?;
    Ok(ExitCode::SUCCESS)
}

fn again(out: &mut Out, typed: &Letter, files: Vec<PathBuf>) -> Result<Again> {
    let gathering = &typed.gathering;
    if gathering.run.is_some() && !files.is_empty() {
        bail!("--run and files cannot be given together");
    }
    Again::new(out, files, gathering.run.clone(), gathering.reading.clone(), &gathering.asking)
}

/// The supplier as the records write it.
///
/// # Errors
/// When neither a column of suppliers nor a label bears the name.
pub(crate) fn supplier_name(matter: &Matter<'_>, typed: &str) -> Result<String> {
    let suppliers = suppliers_of(matter.devices);
    if let Some((name, _)) =
        suppliers.iter().find(|(one, _)| one.eq_ignore_ascii_case(typed.trim()))
    {
        return Ok(name.clone());
    }
    let found = matter.base.names.find(typed).map(|(of, _)| of);
    let label = matter.devices.iter().map(|item| item.label.as_str()).find(|label| {
        !label.is_empty()
            && (label.eq_ignore_ascii_case(typed.trim())
                || found.is_some() && matter.base.names.find(label).map(|one| one.0) == found)
    });
    if let Some(label) = label {
        return Ok(label.to_owned());
    }
    let mut labels: Vec<&str> = matter.devices.iter().map(|item| item.label.as_str()).collect();
    labels.sort_unstable();
    labels.dedup();
    let all = suppliers.iter().map(|(name, _)| name.as_str()).chain(labels);
    let near = nearest(typed, all).map(|near| format!("; did you mean `{}`?", clean(near)));
    let near = near.unwrap_or_else(|| {
        let names: Vec<&str> = suppliers.iter().take(8).map(|(name, _)| name.as_str()).collect();
        if names.is_empty() {
            "; no column names who sold a device".to_owned()
        } else {
            format!("; the records name {}", names.join(", "))
        }
    });
    bail!(
        "[ask/unknown-supplier] nobody called `{}` sold or labels a device of the records{near}",
        clean(typed)
    )
}

/// Reads an answer as it came.
///
/// # Errors
/// When the file cannot be read.
pub(crate) fn answered(path: &Path) -> Result<(Answered, Vec<Diagnostic>)> {
    let bytes = small(path, LETTER_BYTES_MAX)?;
    let (mut answered, said) = read_letter(&clean(&path.display().to_string()), &bytes);
    // The record is handed on; the folder in which the answer lay is nobody's business.
    answered.file = clean(&file_name(path));
    Ok((answered, said))
}

fn read(
    out: &mut Out,
    (known, overlay): (&Known, Option<&Path>),
    typed: &Letter,
    path: &Path,
) -> Result<ExitCode> {
    let (answered_now, said) = answered(path)?;
    for one in &said {
        diagnostics::write(&mut out.aside, one)?;
    }
    if said.iter().any(|one| one.severity == Severity::Error) {
        return Ok(ExitCode::from(2));
    }
    let files: Vec<PathBuf> = typed.rest.iter().map(PathBuf::from).collect();
    let given = !files.is_empty() || typed.gathering.run.is_some();
    // Where nothing was screened here, the answer stands for itself.
    let again = match again(out, typed, files) {
        Ok(again) => Some(again),
        Err(wrong) if given => return Err(wrong),
        Err(_) => None,
    };
    let asking = again.as_ref().map_or(&typed.gathering.asking, |again| &again.asking);
    let asked = Asked::check(&known.base, asking)?;
    let on = asked.on;
    let gathered = match &again {
        Some(again) => {
            Some(Gathered::new(out, (known, overlay), again, asked, (None, false), None)?)
        }
        None => None,
    };
    let matter = gathered.as_ref().map(|gathered| gathered.matter(known, None));
    let first = paper::record(&answered_now, None, on);
    let name = match (&matter, &first.supplier) {
        (Some(matter), Some(name)) => supplier_name(matter, name).ok(),
        _ => None,
    };
    let sent = typed.asked.as_ref().map(|sent| answered(sent)).transpose()?.map(|(sent, _)| sent);
    let models = asked_models(sent.as_ref(), matter.as_ref(), name.as_deref());
    let mut record = paper::record(&answered_now, models.as_deref(), on);
    record.check_clause(&known.base.facts);
    record.check_sent_to(sent.as_ref().and_then(Answered::supplier));
    record.check_parts(&known.base);
    if let (Some(_), Some(answers), None) = (&matter, &record.supplier, &name) {
        let words = format!("nobody called {answers} sold or labels a device of the records");
        record.raises.push(words);
    }
    let compared = matter
        .as_ref()
        .zip(name.as_deref())
        .map(|(matter, name)| paper::compare(matter, &record, &paper::sold_by(matter, name)));
    let contradictions = compared.as_ref().map_or(0, |compared| compared.contradictions);
    shown(out, typed, again.as_ref(), &record)?;
    told_aside(out, &record, on, compared.as_ref())?;
    Ok(ExitCode::from(u8::from(record.leaves_open(on) || contradictions > 0)))
}

/// The models that were asked about: those of the letter sent, or those found of the supplier.
fn asked_models(
    sent: Option<&Answered>,
    matter: Option<&Matter<'_>>,
    name: Option<&str>,
) -> Option<Vec<String>> {
    if let Some(sent) = sent {
        return Some(sent.models.iter().map(|one| one.model.clone()).collect());
    }
    let mut models: Vec<String> = Vec::new();
    for item in paper::sold_by(matter?, name?) {
        if paper::is_model_number(&item.model) && !models.contains(&item.model) {
            models.push(item.model.clone());
        }
    }
    Some(models)
}

fn shown(
    out: &mut Out,
    typed: &Letter,
    again: Option<&Again>,
    record: &LetterRecord,
) -> Result<()> {
    let json = || serde_json::to_string_pretty(record);
    let Some(path) = &typed.gathering.output else {
        let text = if typed.gathering.json { json()? } else { toml(record)? };
        return Ok(out.line(text.trim_end())?);
    };
    let text = match path.extension().and_then(|ending| ending.to_str()) {
        Some("toml") => toml(record)?,
        Some("json") => format!("{}\n", json()?),
        _ => bail!("[ask/paper-ending] {}: end in .toml or .json", path.display()),
    };
    match again {
        Some(again) => write(out, again, path, text.as_bytes()),
        None => crate::saved::write_whole(path, text.as_bytes()),
    }
}

/// The record as TOML: its text in JSON's quotes, which TOML reads as its own.
fn toml(record: &LetterRecord) -> Result<String> {
    let value = serde_json::to_value(record)?;
    let mut text = String::new();
    let Some(fields) = value.as_object() else { return Ok(text) };
    // As the record has them, not by the letter.
    let order = [
        "v",
        "file",
        "read_on",
        "supplier",
        "date",
        "signer",
        "position",
        "clause",
        "expires",
        "models_covered",
        "asked_but_not_covered",
        "covered_but_not_asked",
        "compared_with_asked",
        "lacks",
        "raises",
    ];
    for key in order {
        if let Some(value) = fields.get(key) {
            text += &format!("{key} = {value}\n");
        }
    }
    for model in &record.models {
        let fields: BTreeMap<String, String> =
            serde_json::from_value(serde_json::to_value(model)?)?;
        text += "\n[[model]]\n";
        for key in ["model", "producer", "design", "soc", "radio"] {
            if let Some(value) = fields.get(key) {
                text += &format!("{key} = {}\n", serde_json::to_string(value)?);
            }
        }
    }
    Ok(text)
}

/// What the answer leaves open, in sentences.
fn told_aside(
    out: &mut Out,
    record: &LetterRecord,
    on: jiff::civil::Date,
    compared: Option<&paper::Comparison>,
) -> Result<()> {
    let mut said: Vec<String> = record.lacks.iter().chain(&record.raises).cloned().collect();
    if !record.asked_but_not_covered.is_empty() {
        said.push(format!("asked, not covered: {}", record.asked_but_not_covered.join(", ")));
    }
    if !record.covered_but_not_asked.is_empty() {
        said.push(format!(
            "covers other models than asked: {}",
            record.covered_but_not_asked.join(", ")
        ));
    }
    if !record.compared_with_asked {
        said.push("what was asked is not known here: --asked LETTER, or the files".to_owned());
    }
    if let Some(day) = record.expires.filter(|_| record.expired(on)) {
        said.push(format!("expired on {day}"));
    }
    for row in compared.iter().flat_map(|compared| &compared.rows) {
        if let [model, states, shows, together] = row.as_slice() {
            said.push(format!(
                "{model}: the letter says {states}; the device shows {shows}; {together}"
            ));
        }
    }
    let covered = record.models_covered.len();
    said.insert(0, format!("models covered: {covered}"));
    for one in said {
        let one = Diagnostic::new("read/letter-says", one);
        if !out.quiet {
            diagnostics::write(&mut out.aside, &one)?;
        }
    }
    Ok(())
}
