//! What no file can know, told by `--details` and `--set`, and which keys a paper takes.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use whomade_core::diagnostic::Diagnostic;
use whomade_core::kb::Facts;
use whomade_core::kb::document::{File, nearest};
use whomade_core::kb::schema::{Form, FormField};
use whomade_core::report::clean;

use crate::out::Out;
use crate::render::diagnostics;
use crate::run::gather::small;

/// A file of details is a page at most.
const DETAILS_BYTES_MAX: u64 = 1 << 20;

/// Keys that every paper takes beside the fields of its form.
const COMMON: [&str; 14] = [
    "address",
    "affiliates",
    "answer-by",
    "asked-by",
    "asked-on",
    "clause",
    "entity",
    "organisation",
    "position",
    "reference",
    "signed-on",
    "signer",
    "sites",
    "supplier",
];

/// The keys of a paper.
#[derive(Debug)]
pub(crate) struct Keys {
    /// Those that may be told.
    told: Vec<String>,
    /// Those whose value is worked out, each with the context key that decides it, if one does.
    worked_out: BTreeMap<String, Option<String>>,
}

impl Default for Keys {
    fn default() -> Self {
        let told = COMMON.iter().map(|key| (*key).to_owned()).collect();
        Self { told, worked_out: BTreeMap::new() }
    }
}

impl Keys {
    /// Adds the fields of a form.
    pub(crate) fn take(&mut self, form: &Form) {
        for field in fields(form) {
            if field.from.is_worked_out() {
                self.worked_out.insert(field.id.clone(), field.key.clone());
            } else {
                self.told.push(field.id.clone());
            }
        }
    }

    /// Each key once, by the letter; what one form works out cannot be told for another.
    pub(crate) fn put_in_order(&mut self) {
        self.told.retain(|key| !self.worked_out.contains_key(key));
        self.told.sort();
        self.told.dedup();
    }

    /// Refuses a key that this paper does not take.
    fn check(&self, key: &str) -> Result<()> {
        if let Some(context) = self.worked_out.get(key) {
            let instead = context.as_ref().map_or_else(String::new, |context| {
                format!(" and the context; --context {context}=… tells it to the rules as well")
            });
            bail!("[ask/unknown-detail] `{}` is worked out from the records{instead}", clean(key));
        }
        if !self.told.iter().any(|one| one == key) {
            let near = nearest(key, self.told.iter().map(String::as_str));
            let near = near.map(|near| format!("; did you mean `{near}`?"));
            let near = near.unwrap_or_else(|| format!("; there are: {}", self.told.join(", ")));
            bail!("[ask/unknown-detail] this paper has no `{}`{near}", clean(key));
        }
        Ok(())
    }
}

fn fields(form: &Form) -> impl Iterator<Item = &FormField> {
    form.parts.iter().flat_map(|part| &part.fields)
}

/// What was told of that no file can know: `--details` first, `--set` over it. A file of details
/// may serve several papers: keys of other papers are left out, and that is said.
///
/// # Errors
/// When a key is none of these, or its value is worked out.
pub(crate) fn told(
    out: &mut Out,
    facts: &Facts,
    (details, set): (Option<&Path>, &[String]),
    keys: &Keys,
) -> Result<BTreeMap<String, String>> {
    let mut told = BTreeMap::new();
    let mut elsewhere: Vec<String> = Vec::new();
    if let Some(path) = details {
        let text = small(path, DETAILS_BYTES_MAX)?;
        let text = String::from_utf8(text)
            .with_context(|| format!("[ask/unknown-detail] {} is no text", path.display()))?;
        let file = File { path: path.display().to_string(), text };
        let values = file.values().map_err(|wrong| {
            anyhow::anyhow!("[ask/unknown-detail] {}: {}", path.display(), wrong.message)
        })?;
        for (key, value) in values.as_object().into_iter().flatten() {
            let value = match value {
                Value::String(text) => text.clone(),
                Value::Object(_) | Value::Array(_) => {
                    bail!("[ask/unknown-detail] `{}` is no single value", clean(key))
                }
                other => other.to_string(),
            };
            match keys.check(key) {
                Ok(()) => drop(told.insert(key.clone(), value)),
                Err(_) if is_of_another(facts, key) => elsewhere.push(clean(key)),
                Err(wrong) => return Err(wrong),
            }
        }
    }
    for pair in set {
        let Some((key, value)) = pair.split_once('=') else {
            bail!("[ask/unknown-detail] `{}` is no KEY=VALUE", clean(pair));
        };
        keys.check(key.trim())?;
        let value = value.trim();
        // Quotes around a value are the shell's way of writing; one alone is part of it.
        let bare = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
        told.insert(key.trim().to_owned(), bare.unwrap_or(value).to_owned());
    }
    if !elsewhere.is_empty() && !out.quiet {
        let said = format!("of other papers, and left out here: {}", elsewhere.join(", "));
        diagnostics::write(&mut out.aside, &Diagnostic::new("ask/other-detail", said))?;
    }
    Ok(told)
}

/// Whether some form lets somebody tell that key.
fn is_of_another(facts: &Facts, key: &str) -> bool {
    let mut all = facts.forms.values().flat_map(fields);
    all.any(|field| field.id == key && !field.from.is_worked_out())
}
