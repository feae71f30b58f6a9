//! The linter, which is the loader with its eyes open: it reads the files as the program does
//! and says what is wrong, where, and what to do.

use std::collections::{BTreeMap, BTreeSet};

use super::document::{File, Step, Way, nearest};
use super::facts::Facts;
use super::glob;
use super::index::Base;
use super::matcher::{self, compile};
use super::names::Entity;
use super::registry::Registry;
use super::schema::{Endpoint, Grade, Grammar, Reading, Signature, Supply, Support};
use crate::diagnostic::Diagnostic;
use crate::observation::Field;
use crate::role::Role;
use crate::way;

mod conduct;
mod endpoints;
mod laws;
mod patterns;
mod references;

/// What is being linted: the files, what they say, and what was found so far.
struct Lint<'f> {
    files: BTreeMap<&'f str, &'f File>,
    /// The facts that are checked.
    facts: &'f Facts,
    /// The facts that may be named: these, and those of the base they are laid over.
    known: &'f Facts,
    said: Vec<Diagnostic>,
    cited: BTreeSet<String>,
}

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
    };
    lint.references();
    lint.patterns();
    lint.laws();
    lint.endpoints();
    lint.conduct();
    lint.unused_sources();
    let mut said = lint.said;
    said.sort_by_key(|one| {
        let place = one.place.as_ref();
        (place.map(|at| at.source.clone()), place.map(|at| at.line), one.code)
    });
    (facts, said)
}

impl Lint<'_> {
    fn say(&mut self, path: &str, way: &Way, label: &str, said: Diagnostic) {
        let said = match self.files.get(path) {
            Some(file) => said.at(file.place_of(way, label)),
            None => said.in_file(format!("kb/{path}")),
        };
        self.said.push(said);
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
