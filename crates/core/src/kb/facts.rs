//! All facts of a base, as read: nothing checked beyond their form, nothing made fast.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::document::{File, nearest};
use super::folders::FOLDERS;
use super::schema::{
    Advisory, Conduct, ContextFile, Endpoint, Form, Label, Maker, ModelFile, Regime, SignatureFile,
    Source, Statement,
};
use crate::diagnostic::Diagnostic;
use crate::observation::Field;

/// The facts of a base, by kind and id.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Facts {
    /// `makers/<id>.toml`
    pub makers: BTreeMap<String, Maker>,
    /// `labels/<id>.toml`
    pub labels: BTreeMap<String, Label>,
    /// `models/<maker>.toml`
    pub models: BTreeMap<String, ModelFile>,
    /// `signatures/<field>.toml`
    pub signatures: BTreeMap<String, SignatureFile>,
    /// `regimes/<id>.toml`
    pub regimes: BTreeMap<String, Regime>,
    /// `forms/<id>.toml`
    pub forms: BTreeMap<String, Form>,
    /// `advisories/<id>.toml`
    pub advisories: BTreeMap<String, Advisory>,
    /// `endpoints/<id>.toml`
    pub endpoints: BTreeMap<String, Endpoint>,
    /// `conduct/<id>.toml`
    pub conduct: BTreeMap<String, Conduct>,
    /// `sources/<id>.toml`
    pub sources: BTreeMap<String, Source>,
    /// `context.toml`
    pub context: ContextFile,
    /// `imported/kev.tsv`
    pub kev: Kev,
    /// `imported/epss.tsv`, which is the user's own.
    pub epss: Epss,
}

/// Scores of EPSS, as imported: how likely a hole is exploited in the thirty days behind the day.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Epss {
    /// The day of the scores.
    pub day: Option<String>,
    /// The model that gave them.
    pub model: Option<String>,
    /// Probability and percentile, 0 to 1, of each number.
    pub scores: BTreeMap<String, (f64, f64)>,
}

/// Tables of an overlay that are facts like its files.
pub const IMPORTED: [&str; 2] = ["imported/kev.tsv", "imported/epss.tsv"];

/// CISA's catalogue of vulnerabilities that are known to be exploited, as imported.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Kev {
    /// The day of the catalogue.
    pub catalogue: Option<String>,
    /// When each number was added.
    pub added: BTreeMap<String, String>,
}

impl Facts {
    /// Reads files into facts. What cannot be read is said; the rest loads.
    #[must_use]
    pub fn read(files: &[File]) -> (Self, Vec<Diagnostic>) {
        let mut facts = Self::default();
        let mut said = Vec::new();
        for file in files {
            if let Err(wrong) = facts.take(file) {
                said.push(wrong);
            }
        }
        (facts, said)
    }

    /// Lays other facts over these. A file of the overlay replaces the file of the same name; but
    /// signatures and grammars are facts of their own, many in a file: those of the overlay stand
    /// beside these, and only one with the same id takes its place.
    pub fn overlay(&mut self, other: Self) {
        let taken: BTreeSet<&str> = other.pattern_ids().collect();
        for file in self.signatures.values_mut() {
            file.signatures.retain(|one| !taken.contains(one.id.as_str()));
        }
        for file in self.models.values_mut() {
            for list in [&mut file.models, &mut file.serials, &mut file.firmwares] {
                list.retain(|one| !taken.contains(one.id.as_str()));
            }
        }
        for (field, file) in other.signatures {
            self.signatures.entry(field).or_default().signatures.extend(file.signatures);
        }
        for (maker, file) in other.models {
            let here = self.models.entry(maker).or_default();
            here.models.extend(file.models);
            here.serials.extend(file.serials);
            here.firmwares.extend(file.firmwares);
        }
        self.makers.extend(other.makers);
        self.labels.extend(other.labels);
        self.regimes.extend(other.regimes);
        self.forms.extend(other.forms);
        self.advisories.extend(other.advisories);
        self.endpoints.extend(other.endpoints);
        self.conduct.extend(other.conduct);
        self.sources.extend(other.sources);
        // Of two catalogues the later one holds; days are written so that they sort. What was
        // exploited once was exploited, whichever list leaves it out.
        if other.kev.catalogue > self.kev.catalogue {
            let before = std::mem::replace(&mut self.kev, other.kev);
            for (cve, day) in before.added {
                self.kev.added.entry(cve).or_insert(day);
            }
        }
        if other.epss.day > self.epss.day {
            self.epss = other.epss;
        }
        let context = &mut self.context;
        context.keys.retain(|one| !other.context.keys.iter().any(|new| new.id == one.id));
        context.presets.retain(|one| !other.context.presets.iter().any(|new| new.id == one.id));
        self.context.keys.extend(other.context.keys);
        self.context.presets.extend(other.context.presets);
        self.context.contradictions.extend(other.context.contradictions);
        let calendars = &mut self.context.calendars;
        calendars.retain(|one| !other.context.calendars.iter().any(|new| new.id == one.id));
        calendars.extend(other.context.calendars);
    }

    /// The ids of all signatures and grammars.
    pub fn pattern_ids(&self) -> impl Iterator<Item = &str> {
        let signatures = self.signatures.values().flat_map(|file| &file.signatures);
        let grammars = self
            .models
            .values()
            .flat_map(|file| file.models.iter().chain(&file.serials).chain(&file.firmwares));
        signatures.map(|one| one.id.as_str()).chain(grammars.map(|one| one.id.as_str()))
    }

    /// Whether the label or the maker contests, in words of its own, that the one supplies the
    /// other.
    #[must_use]
    pub fn contested(&self, label: &str, maker: &str) -> bool {
        let says = |statements: &[Statement], of: &str| {
            statements.iter().any(|one| one.disputes.iter().any(|id| id == of))
        };
        self.labels.get(label).is_some_and(|one| says(&one.statements, maker))
            || self.makers.get(maker).is_some_and(|one| says(&one.statements, label))
    }

    fn take(&mut self, file: &File) -> Result<(), Diagnostic> {
        if file.path == "context.toml" {
            self.context = file.typed()?;
            return Ok(());
        }
        if IMPORTED.contains(&file.path.as_str()) {
            self.imported(file);
            return Ok(());
        }
        let unknown = || Diagnostic::new("kb/unknown-file", format!("{} has no place", file.path));
        let Some((folder, name)) = file.path.split_once('/') else {
            return Err(unknown().in_file(format!("kb/{}", file.path)));
        };
        let Some(id) = name.strip_suffix(".toml").filter(|id| good_id(folder, id)) else {
            return Err(Diagnostic::new("kb/bad-id", format!("`{name}` is no good file name"))
                .in_file(format!("kb/{}", file.path))
                .help("use lower-case letters, digits and dashes, and end in .toml"));
        };
        let id = id.to_owned();
        match folder {
            "makers" => _ = self.makers.insert(id, file.typed()?),
            "labels" => _ = self.labels.insert(id, file.typed()?),
            "models" => _ = self.models.insert(id, file.typed()?),
            "regimes" => _ = self.regimes.insert(id, file.typed()?),
            "forms" => _ = self.forms.insert(id, file.typed()?),
            "advisories" => _ = self.advisories.insert(id, file.typed()?),
            "endpoints" => _ = self.endpoints.insert(id, file.typed()?),
            "conduct" => _ = self.conduct.insert(id, file.typed()?),
            "sources" => _ = self.sources.insert(id, file.typed()?),
            "signatures" => {
                if Field::from_id(&id).is_none() {
                    let near = nearest(&id, Field::ALL.iter().map(|field| field.id()));
                    let mut said =
                        Diagnostic::new("kb/unknown-file", format!("there is no field `{id}`"))
                            .in_file(format!("kb/{}", file.path));
                    said.help = near.map(|near| format!("did you mean `{near}`?"));
                    return Err(said);
                }
                _ = self.signatures.insert(id, file.typed()?);
            }
            _ => {
                let mut said = unknown().in_file(format!("kb/{}", file.path));
                said.help = nearest(folder, FOLDERS.into_iter())
                    .map(|near| format!("did you mean the folder `{near}`?"));
                return Err(said);
            }
        }
        Ok(())
    }
}

impl Facts {
    /// Takes a table that `whomade kb import` wrote. A line that is none is passed over: the lock
    /// tells whether the table is as it was written.
    fn imported(&mut self, file: &File) {
        let mut rows = file.text.lines().filter_map(|line| line.split_once('\t'));
        let Some((_, head)) = rows.next() else { return };
        if file.path == IMPORTED[0] {
            let added = rows.map(|(cve, day)| (cve.to_owned(), day.to_owned())).collect();
            self.kev = Kev { catalogue: Some(head.to_owned()), added };
            return;
        }
        let (day, model) = head.split_once('\t').unwrap_or((head, ""));
        let share = |text: &str| text.parse().ok().filter(|share| (0.0..=1.0).contains(share));
        let score = |(cve, rest): (&str, &str)| {
            let (score, rank) = rest.split_once('\t')?;
            Some((cve.to_owned(), (share(score)?, share(rank)?)))
        };
        self.epss = Epss {
            day: Some(day.to_owned()),
            model: (!model.is_empty()).then(|| model.to_owned()),
            scores: rows.filter_map(score).collect(),
        };
    }
}

/// Regime ids keep the letters of their law (`us.889a1A`); all others are plain kebab-case.
fn good_id(folder: &str, id: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-._".contains(c);
    let law = |c: char| plain(c) || c.is_ascii_uppercase();
    !id.is_empty() && id.chars().all(|c| if folder == "regimes" { law(c) } else { plain(c) })
}
