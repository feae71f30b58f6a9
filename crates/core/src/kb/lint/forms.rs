//! Forms: their regimes and keys exist, and each field says where its value comes from.

use super::*;
use crate::kb::schema::{FieldFrom, Form, PaperKind};

impl Lint<'_> {
    pub(super) fn forms(&mut self) {
        let facts = self.facts;
        for (id, form) in &facts.forms {
            let path = format!("forms/{id}.toml");
            if form.id != *id {
                let said = Diagnostic::new("kb/bad-id", format!("the file is called `{id}`"));
                self.say(&path, &way!["id"], "another id", said);
            }
            self.cite(&path, &way![], &form.sources);
            self.conditions(&path, &way!["when"], &form.when);
            self.form_names(&path, form);
            self.form_fields(&path, form);
        }
    }

    fn form_names(&mut self, path: &str, form: &Form) {
        let known = self.known;
        for (at, id) in form.regimes.iter().enumerate() {
            if !known.regimes.contains_key(id) {
                let ids = known.regimes.keys().map(String::as_str).collect();
                self.unknown_id(path, &way!["regimes", at], "regime", id, ids);
            }
        }
        for (at, id) in form.beside.iter().enumerate() {
            if !known.forms.contains_key(id) {
                let ids = known.forms.keys().map(String::as_str).collect();
                self.unknown_id(path, &way!["beside", at], "form", id, ids);
            }
        }
        let presets = &known.context.presets;
        if let Some(id) = &form.preset
            && !presets.iter().any(|one| one.id == *id)
        {
            let ids = presets.iter().map(|one| one.id.as_str()).collect();
            self.unknown_id(path, &way!["preset"], "preset", id, ids);
        }
        let clocks: Vec<&str> = known
            .regimes
            .values()
            .flat_map(|regime| &regime.duties)
            .filter_map(|duty| Some(duty.clock.as_ref()?.form.as_str()))
            .collect();
        if let Some(clock) = &form.clock
            && !clocks.contains(&clock.as_str())
        {
            self.unknown_id(path, &way!["clock"], "clock of a duty", clock, clocks);
        }
    }

    fn form_fields(&mut self, path: &str, form: &Form) {
        let keys: Vec<&str> = self.known.context.keys.iter().map(|one| one.id.as_str()).collect();
        for (at, part) in form.parts.iter().enumerate() {
            for (place, id) in part.regimes.iter().enumerate() {
                if !form.regimes.contains(id) {
                    let ids = form.regimes.iter().map(String::as_str).collect();
                    let way = way!["part", at, "regimes", place];
                    self.unknown_id(path, &way, "regime of the form", id, ids);
                }
            }
            let again = form.parts[..at].iter().any(|other| other.id == part.id);
            if again {
                let said = Diagnostic::new("kb/duplicate-id", format!("`{}` twice", part.id));
                self.say(path, &way!["part", at, "id"], "again", said);
            }
            for (place, field) in part.fields.iter().enumerate() {
                let way = way!["part", at, "field", place];
                if part.fields[..place].iter().any(|other| other.id == field.id) {
                    let said = Diagnostic::new("kb/duplicate-id", format!("`{}` twice", field.id));
                    self.say(path, &way, "again", said);
                }
                if field.from.is_of_captures() && form.paper != PaperKind::TransferRecord {
                    let message = format!("`{}` comes out of captures", field.id);
                    let said = Diagnostic::new("kb/bad-field", message)
                        .help("only paper = \"transfer-record\" is made of them");
                    self.say(path, &way, "this field", said);
                }
                let context = field.from == FieldFrom::Context;
                let key = field.key.as_deref();
                if context != key.is_some() {
                    let message = format!("`{}`: `key` goes with from = \"context\"", field.id);
                    let said = Diagnostic::new("kb/bad-field", message);
                    self.say(path, &way, "this field", said);
                }
                if let Some(key) = key.filter(|key| !keys.contains(key)) {
                    let to: Way = way.iter().cloned().chain(way!["key"]).collect();
                    self.unknown_id(path, &to, "context key", key, keys.clone());
                }
                // A blank that names nobody to ask stays blank.
                if field.from == FieldFrom::Told && field.required && field.ask.is_none() {
                    let message =
                        format!("`{}` is told by somebody, and nobody is named", field.id);
                    let said =
                        Diagnostic::new("kb/bad-field", message).help("say in `ask` who knows it");
                    self.say(path, &way, "this field", said);
                }
            }
        }
    }
}
