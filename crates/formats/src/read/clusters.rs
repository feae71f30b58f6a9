//! What labelled observations say of their own grouping. A fit is asked about clusters that it has
//! not seen; where one device stands in two clusters, or one cluster in two halves, it is asked
//! what it was told.

use std::collections::HashMap;

use whomade_core::diagnostic::Diagnostic;

use super::labelled::{Labelled, locate};
use super::report::Report;

/// What was seen of the lines before. Looked up only, never walked.
#[derive(Debug, Default)]
pub(crate) struct Clusters {
    /// The line of each id.
    ids: HashMap<String, u64>,
    /// Fold or half that each cluster was put in, and by which line.
    parts: HashMap<String, (String, u64)>,
    /// Cluster and line of each kind and text.
    texts: HashMap<(String, String), (String, u64)>,
}

impl Clusters {
    /// Says what is wrong with the grouping of this line; a line without a cluster gets its own.
    pub(crate) fn check(&mut self, one: &mut Labelled, report: &mut Report<'_>) {
        if one.cluster.is_empty() {
            // Together they would count as one device.
            one.cluster = format!("line {}", one.line);
            let said = Diagnostic::new("read/no-cluster", "the observation names no cluster");
            let said = said.help("give all rows of one device, model or thread the same cluster");
            tell(one, "", "counted as a device of its own", said, report);
        }
        self.id(one, report);
        self.part(one, report);
        self.text(one, report);
    }

    fn id(&mut self, one: &Labelled, report: &mut Report<'_>) {
        if one.id.is_empty() {
            return;
        }
        let first = *self.ids.entry(one.id.clone()).or_insert(one.line);
        if first != one.line {
            let said = Diagnostic::new("read/same-id", format!("the id `{}` is taken", one.id))
                .note(format!("it stands in line {first} too; both are counted"))
                .help("give each observation an id of its own");
            tell(one, &one.id, "again", said, report);
        }
    }

    fn part(&mut self, one: &Labelled, report: &mut Report<'_>) {
        if one.part.is_empty() {
            return;
        }
        let here = (one.part.clone(), one.line);
        let (part, line) = self.parts.entry(one.cluster.clone()).or_insert(here);
        if *part != one.part {
            let said = Diagnostic::new(
                "read/split-cluster",
                format!("the cluster `{}` is put in `{part}` and in `{}`", one.cluster, one.part),
            )
            .note(format!("line {line} puts it in `{part}`"))
            .note("it was kept whole: its name alone chooses its fold")
            .help("put all rows of a cluster in one fold");
            tell(one, &one.part, "another one", said, report);
        }
    }

    fn text(&mut self, one: &Labelled, report: &mut Report<'_>) {
        let here = (one.cluster.clone(), one.line);
        let text = (one.kind.clone(), one.raw.clone());
        let (cluster, line) = self.texts.entry(text).or_insert(here);
        if *cluster != one.cluster {
            let said = Diagnostic::new(
                "read/same-text",
                format!("the same text stands in the clusters `{cluster}` and `{}`", one.cluster),
            )
            .note(format!("line {line} has it first; both are counted"))
            .help("if it is one device, model or thread, give both the same cluster");
            tell(one, &one.raw, "again", said, report);
        }
    }
}

fn tell(one: &Labelled, value: &str, label: &str, said: Diagnostic, report: &mut Report<'_>) {
    if report.wants(said.code) {
        let text = &one.device.record.text;
        let span = if value.is_empty() { 0..text.len().min(60) } else { locate(text, value) };
        let place = report.place(one.line, text, span, label);
        report.say_counted(said.at(place));
    }
}
