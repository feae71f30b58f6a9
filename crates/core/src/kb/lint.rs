//! The linter, which is the loader with its eyes open: it reads the files as the program does
//! and says what is wrong, where, and what to do.

use std::collections::{BTreeMap, BTreeSet};

use super::document::{File, Parsed, Step, Way, nearest};
use super::facts::Facts;
use super::glob;
use super::index::Base;
use super::matcher::{self, compile};
use super::names::Entity;
use super::registry::Registry;
use super::schema::{
    CustomerCode, Endpoint, GROUPS, Grade, Grammar, Owner, Reading, Signature, Supply, Support,
};
use crate::diagnostic::Diagnostic;
use crate::observation::Field;
use crate::role::Role;
use crate::way;

mod advisories;
mod conduct;
mod endpoints;
mod forms;
mod laws;
mod overlay;
mod patterns;
mod references;

pub use advisories::scored;

/// What is being linted: the files, what they say, and what was found so far.
struct Lint<'f> {
    files: BTreeMap<&'f str, &'f File>,
    /// The facts that are checked.
    facts: &'f Facts,
    /// The facts that may be named: these, and those of the base they are laid over.
    known: &'f Facts,
    said: Vec<Diagnostic>,
    cited: BTreeSet<String>,
    /// How often each code was said of each file, and where its last diagnostic lies in `said`.
    counted: BTreeMap<(String, &'static str), (usize, usize)>,
    /// Files that were pointed into, taken apart once.
    parsed: BTreeMap<&'f str, Option<Parsed<'f>>>,
}

/// Diagnostics of one code in one file that are pointed at; further ones are only counted. A file
/// written by a machine has the same mistake a hundred thousand times.
pub const SAID_MAX: usize = 20;

/// Reads the files of a base and checks every rule of `kb/README.md`.
#[must_use]
pub fn lint(files: &[File]) -> (Facts, Vec<Diagnostic>) {
    lint_over(files, &Facts::default())
}

/// The same for an overlay: its facts may name those of the base under it.
#[must_use]
pub fn lint_over(files: &[File], under: &Facts) -> (Facts, Vec<Diagnostic>) {
    let (facts, said) = Facts::read(files);
    let mut known = under.clone();
    known.overlay(facts.clone());
    let mut lint = Lint {
        files: files.iter().map(|file| (file.path.as_str(), file)).collect(),
        facts: &facts,
        known: &known,
        said,
        cited: BTreeSet::new(),
        counted: BTreeMap::new(),
        parsed: BTreeMap::new(),
    };
    lint.redefined(under);
    lint.names();
    lint.references();
    lint.patterns();
    lint.laws();
    lint.forms();
    lint.advisories();
    lint.endpoints();
    lint.conduct();
    lint.unused_sources();
    lint.count_the_rest();
    let mut said = lint.said;
    said.sort_by_key(|one| {
        let place = one.place.as_ref();
        (place.map(|at| at.source.clone()), place.map(|at| at.line), one.code)
    });
    (facts, said)
}

impl<'f> Lint<'f> {
    fn say(&mut self, path: &str, way: &Way, label: &str, said: Diagnostic) {
        let (times, last) = self.counted.entry((path.to_owned(), said.code)).or_default();
        *times += 1;
        if *times > SAID_MAX {
            return;
        }
        *last = self.said.len();
        let said = match self.files.get(path) {
            Some(file) => {
                let parsed = self.parsed.entry(&file.path).or_insert_with(|| file.parsed());
                let place = parsed.as_ref().map(|parsed| file.place_in(parsed, way, label));
                said.at(place.unwrap_or_else(|| file.place(0..0, label)))
            }
            None => said.in_file(format!("kb/{path}")),
        };
        self.said.push(said);
    }

    /// Whether a further diagnostic of this code in this file would only be counted.
    fn is_counted_only(&self, path: &str, code: &'static str) -> bool {
        self.counted.get(&(path.to_owned(), code)).is_some_and(|(times, _)| *times >= SAID_MAX)
    }

    /// Says under the last diagnostic that was pointed at how many were not.
    fn count_the_rest(&mut self) {
        for (times, last) in std::mem::take(&mut self.counted).into_values() {
            if let Some(more) = times.checked_sub(SAID_MAX).filter(|more| *more > 0)
                && let Some(said) = self.said.get_mut(last)
            {
                said.notes.push(format!("and {more} more like it in this file"));
            }
        }
    }

    fn cite(&mut self, path: &str, way: &Way, sources: &[String]) {
        if sources.is_empty() {
            let said = Diagnostic::new("kb/no-source", "no source is given")
                .help("add `sources = [\"…\"]` with ids of kb/sources");
            self.say(path, way, "this fact", said);
        }
        for (at, source) in sources.iter().enumerate() {
            if self.known.sources.contains_key(source) {
                self.cited.insert(source.clone());
                continue;
            }
            let mut to = way.clone();
            to.extend(way!["sources", at]);
            let known = self.known.sources.keys().map(String::as_str);
            self.unknown_id(path, &to, "source", source, known.collect());
        }
    }

    fn unknown_id(&mut self, path: &str, way: &Way, kind: &str, id: &str, known: Vec<&str>) {
        let mut said = Diagnostic::new("kb/unknown-id", format!("there is no {kind} `{id}`"));
        if self.is_counted_only(path, said.code) {
            return self.say(path, way, "not found", said);
        }
        said.help = nearest(id, known.into_iter()).map(|near| format!("did you mean `{near}`?"));
        self.say(path, way, "not found", said);
    }

    fn maker_id(&mut self, path: &str, way: &Way, id: &str) {
        if !self.known.makers.contains_key(id) {
            let known = self.known.makers.keys().map(String::as_str).collect();
            self.unknown_id(path, way, "maker", id, known);
        }
    }

    fn label_id(&mut self, path: &str, way: &Way, id: &str) {
        if !self.known.labels.contains_key(id) {
            let known = self.known.labels.keys().map(String::as_str).collect();
            self.unknown_id(path, way, "label", id, known);
        }
    }

    fn unused_sources(&mut self) {
        let unused: Vec<String> =
            self.facts.sources.keys().filter(|id| !self.cited.contains(*id)).cloned().collect();
        for id in unused {
            let said = Diagnostic::new("kb/unused-source", format!("nobody cites `{id}`"))
                .help("cite it or take the file away");
            self.say(&format!("sources/{id}.toml"), &way![], "this source", said);
        }
    }
}
