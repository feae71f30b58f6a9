//! `whomade.toml`: read strictly, so that a slip of the hand never passes for an answer.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::Deserialize;
use serde_json::Value;

use super::exemption::{EXEMPTIONS_MAX, Exemption};
use super::places::{NOT_OF_A_SITE, SITES_MAX, Site, Stretch};
use crate::assembly::Key;
use crate::diagnostic::Diagnostic;
use crate::kb::Facts;
use crate::kb::document::{self, File, Step, Way, nearest};
use crate::ruling::Context;
use crate::way;

/// The version of the form of `whomade.toml`.
pub const VERSION: u64 = 1;
/// Bytes of a `whomade.toml`.
pub const BYTES_MAX: u64 = 4 << 20;

/// Words that are listed where none is near to what was written.
const LISTED_MAX: usize = 24;

/// What stands in `whomade.toml`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The version of the form.
    pub version: u64,
    /// The estate as a whole.
    pub estate: Estate,
    /// Its places.
    #[serde(default, rename = "site")]
    pub sites: Vec<Site>,
    /// The findings that somebody answers for.
    #[serde(default, rename = "exemption")]
    pub exemptions: Vec<Exemption>,
    /// What was taken as the baseline; `whomade init` writes it.
    pub baseline: Option<Baseline>,
}

/// `[estate]`: whose it is, which files it is, what is asked of it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Estate {
    /// Whose estate it is.
    pub name: Option<String>,
    /// Its files, folders and patterns, relative to the file that names them.
    pub files: Vec<String>,
    /// Who asks, as behind `--as`.
    #[serde(rename = "as")]
    pub preset: Option<String>,
    /// Only these regimes, as behind `--under`.
    #[serde(default)]
    pub under: Vec<String>,
    /// Files of the body's own rules, as behind `--policy`; relative too.
    #[serde(default)]
    pub policy: Vec<String>,
    /// What the rules are told, as behind `--context`.
    #[serde(default)]
    pub context: Context,
    /// Which column is which field, as behind `--map`.
    #[serde(default)]
    pub map: BTreeMap<String, String>,
    /// `day-first` or `month-first`, as behind `--dates`.
    pub dates: Option<Dates>,
    /// Keys that join nothing, as behind `--apart`.
    #[serde(default)]
    pub apart: Vec<String>,
    /// Keys of one device, as behind `--together`.
    #[serde(default)]
    pub together: Vec<String>,
    /// What its lists say of equipment that is not asked about, as behind `--other`.
    #[serde(default)]
    pub other: Vec<String>,
}

/// Which number of a date is the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dates {
    /// 3/5/2022 is the third of May.
    DayFirst,
    /// It is the fifth of March.
    MonthFirst,
}

/// `[baseline]`: which devices were taken as the baseline, and with what they were worked out.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    /// The file, relative to `whomade.toml`.
    pub file: String,
    /// Its SHA-256.
    pub sha256: String,
    /// The base with which it was worked out, by its short name.
    pub base: String,
    /// The day asked about.
    pub on: Date,
    /// How many devices it holds.
    pub devices: u64,
}

impl Settings {
    /// Reads a `whomade.toml`.
    ///
    /// # Errors
    /// A diagnostic that points at the bytes: no TOML, a key that the form does not have, a value
    /// that is none, a newer version.
    pub fn read(file: &File) -> Result<Self, Diagnostic> {
        let values = file.values().map_err(|wrong| ours(file, wrong))?;
        let version = values.get("version").and_then(Value::as_u64);
        if let Some(newer) = version.filter(|version| *version > VERSION) {
            let message = format!("it has form {newer}, and this program knows up to {VERSION}");
            let place = file.place(file.span(&[Step::from("version")]), "here");
            let said = Diagnostic::new("estate/newer", message).at(place);
            return Err(ours(
                file,
                said.help("use the version of whomade that wrote it, or newer"),
            ));
        }
        file.typed().map_err(|wrong| ours(file, wrong))
    }

    /// What is wrong in it though it could be read: keys, values and days that name nothing.
    #[must_use]
    pub fn lint(&self, file: &File, facts: &Facts) -> Vec<Diagnostic> {
        let mut checked = Checked { file, facts, said: Vec::new() };
        checked.settings(self);
        checked.said.into_iter().map(|said| ours(file, said)).collect()
    }
}

/// A diagnostic of the base's reader as one of an estate's file.
fn ours(file: &File, mut said: Diagnostic) -> Diagnostic {
    said.code = match said.code {
        "kb/syntax" => "estate/syntax",
        "kb/unknown-key" if said.message.starts_with(document::MISSING) => "estate/missing-key",
        "kb/unknown-key" if said.message.starts_with("unknown field") => "estate/unknown-key",
        "kb/typed-weight" => "estate/unknown-key",
        "kb/unknown-key" => "estate/bad-value",
        code => code,
    };
    if let Some(place) = &mut said.place {
        place.source = file.path.as_str().into();
    }
    said
}

/// Whether it is the bare name of a baseline, and no way to somewhere else.
fn is_baseline(file: &str) -> bool {
    let odd = |c: char| c.is_control() || matches!(c, '/' | '\\' | ':');
    file.strip_suffix(".baseline").is_some_and(|stem| !stem.is_empty()) && !file.contains(odd)
}

struct Checked<'c> {
    file: &'c File,
    facts: &'c Facts,
    said: Vec<Diagnostic>,
}

impl Checked<'_> {
    fn wrong(&mut self, way: Way, message: String, help: Option<String>) {
        let place = self.file.place(self.file.span(&way), "here");
        let said = Diagnostic::new("estate/bad-value", message).at(place);
        self.said.push(match help {
            Some(help) => said.help(help),
            None => said,
        });
    }

    /// Says that a word is none of those that there are.
    fn one_of<'w>(
        &mut self,
        way: Way,
        what: &str,
        word: &str,
        words: impl Iterator<Item = &'w str> + Clone,
    ) {
        if words.clone().any(|one| one == word) {
            return;
        }
        let near = nearest(word, words.clone()).map(|near| format!("did you mean `{near}`?"));
        let all = words.take(LISTED_MAX).collect::<Vec<_>>().join(", ");
        let help = near.or_else(|| (!all.is_empty()).then(|| format!("there are: {all}")));
        self.wrong(way, format!("there is no {what} `{word}`"), help);
    }

    fn settings(&mut self, all: &Settings) {
        let facts = self.facts;
        let estate = &all.estate;
        if estate.files.is_empty() {
            let help = "name the estate's files: files = [\"exports/*.csv\"]";
            self.wrong(way!["estate", "files"], "no file is named".to_owned(), Some(help.into()));
        }
        if let Some(preset) = &estate.preset {
            let ids = facts.context.presets.iter().map(|one| one.id.as_str());
            self.one_of(way!["estate", "as"], "preset", preset, ids);
        }
        for (at, id) in estate.under.iter().enumerate() {
            let ids = facts.regimes.keys().map(String::as_str);
            self.one_of(way!["estate", "under", at], "regime", id, ids);
        }
        self.context(way!["estate", "context"], &estate.context, false);
        for (at, key) in estate.apart.iter().enumerate() {
            self.key(way!["estate", "apart", at], key);
        }
        for (at, keys) in estate.together.iter().enumerate() {
            keys.split('+').for_each(|key| self.key(way!["estate", "together", at], key));
        }
        self.sites(&all.sites);
        self.exemptions(all);
        // It is written to: a file of settings that came from elsewhere must not say where.
        let baseline = all.baseline.as_ref().map(|baseline| baseline.file.as_str());
        if let Some(file) = baseline.filter(|file| !is_baseline(file)) {
            let help = "it lies beside this file, and its name ends in .baseline".to_owned();
            let message = format!("`{file}` is no name of a baseline");
            self.wrong(way!["baseline", "file"], message, Some(help));
        }
    }

    fn key(&mut self, way: Way, text: &str) {
        if Key::parse(text).is_none() {
            let help = "a key is serial:, mac:, certificate:, name: or ip: and a value, as in \
                        ip:192.0.2.17; together, keys of one device are parted by +";
            self.wrong(way, format!("`{text}` is no key of a device"), Some(help.to_owned()));
        }
    }

    fn context(&mut self, way: Way, context: &Context, of_a_site: bool) {
        let keys = &self.facts.context.keys;
        for (key, value) in context {
            let mut at = way.clone();
            at.push(Step::from(key.as_str()));
            let Some(known) = keys.iter().find(|one| one.id == *key) else {
                let ids = keys.iter().map(|one| one.id.as_str());
                self.one_of(at, "context key", key, ids);
                continue;
            };
            let what = format!("value of `{key}`");
            self.one_of(at.clone(), &what, value, known.values.iter().map(|one| one.id.as_str()));
            if of_a_site && NOT_OF_A_SITE.contains(&key.as_str()) {
                let help = "say it in the context of [estate]".to_owned();
                let message = format!("`{key}` is about who asks, and no matter of a site");
                self.wrong(at, message, Some(help));
            }
        }
    }

    fn sites(&mut self, sites: &[Site]) {
        if sites.len() > SITES_MAX {
            self.wrong(way!["site"], format!("more than {SITES_MAX} sites"), None);
        }
        let mut names = BTreeSet::new();
        for (at, site) in sites.iter().enumerate() {
            let way = way!["site", at];
            if site.name.trim().is_empty() || site.name.contains(" or ") {
                let message = "a site needs a name, without ` or ` in it".to_owned();
                self.wrong(way!["site", at, "name"], message, None);
            }
            if !names.insert(site.name.to_lowercase()) {
                let message = format!("two sites are called `{}`", site.name);
                self.wrong(way!["site", at, "name"], message, None);
            }
            if site.values.is_empty() && site.addresses.is_empty() && site.names.is_empty() {
                let message = format!("nothing tells which devices stand at `{}`", site.name);
                let help = "say values, addresses or names".to_owned();
                self.wrong(way, message, Some(help));
            }
            for (number, address) in site.addresses.iter().enumerate() {
                if Stretch::parse(address).is_none() {
                    let help = "write 10.1.0.0/16, 10.2.0.5-10.2.0.20 or 10.3.0.1".to_owned();
                    let message = format!("`{address}` is no stretch of addresses");
                    self.wrong(way!["site", at, "addresses", number], message, Some(help));
                }
            }
            self.context(way!["site", at, "context"], &site.context, true);
        }
    }

    fn exemptions(&mut self, all: &Settings) {
        let facts = self.facts;
        if all.exemptions.len() > EXEMPTIONS_MAX {
            let message = format!("more than {EXEMPTIONS_MAX} exemptions");
            self.wrong(way!["exemption"], message, None);
        }
        for (at, one) in all.exemptions.iter().enumerate() {
            for (key, value) in [("reason", &one.reason), ("by", &one.by)] {
                if value.trim().is_empty() {
                    let message = format!("an exemption without its `{key}` is none");
                    self.wrong(way!["exemption", at, key], message, None);
                }
            }
            if !one.is_about_something() {
                let message = "an exemption that names no device, label, model or site";
                let help = "say device, label, model or site".to_owned();
                self.wrong(way!["exemption", at], message.to_owned(), Some(help));
            }
            if let Some(key) = &one.device {
                self.key(way!["exemption", at, "device"], key);
            }
            if let Some(site) = &one.site {
                let names = all.sites.iter().map(|site| site.name.as_str());
                self.one_of(way!["exemption", at, "site"], "site", site, names);
            }
            // A regime that is none of the base's is the body's own: its file is not at hand here.
            let own = !all.estate.policy.is_empty();
            match facts.regimes.get(&one.regime) {
                Some(regime) => {
                    if let Some(id) = &one.provision {
                        let ids = regime.provisions.iter().map(|one| one.id.as_str());
                        self.one_of(way!["exemption", at, "provision"], "provision", id, ids);
                    }
                }
                None if own => {}
                None => {
                    let ids = facts.regimes.keys().map(String::as_str);
                    self.one_of(way!["exemption", at, "regime"], "regime", &one.regime, ids);
                }
            }
        }
    }
}
