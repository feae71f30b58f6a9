//! Advisories: ranges that can be compared, scores that agree, and cases that come out.

use super::*;
use crate::exposure::{Target, is_bound, verdict};
use crate::kb::schema::{Advisory, Affected, RangeGrade, VersionForm};

impl Lint<'_> {
    pub(super) fn advisories(&mut self) {
        let facts = self.facts;
        let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
        for (id, one) in &facts.advisories {
            let path = format!("advisories/{id}.toml");
            self.maker_id(&path, &way!["maker"], &one.maker);
            self.cite(&path, &way![], &one.sources);
            if !is_cve(&one.cve) {
                let said = Diagnostic::new("kb/bad-cve", format!("`{}` is no number", one.cve))
                    .help("write it as CVE-2021-36260");
                self.say(&path, &way!["cve"], "this number", said);
            }
            if let Some(first) = seen.insert(&one.cve, id) {
                let what = format!("{} stands in kb/advisories/{first}.toml already", one.cve);
                let said = Diagnostic::new("kb/duplicate-id", what)
                    .help("one file for each: write the further ranges into it");
                self.say(&path, &way!["cve"], "again", said);
            }
            self.score(&path, one);
            for (at, row) in one.affected.iter().enumerate() {
                self.range(&path, at, one, row);
            }
            let decides = one.grade == RangeGrade::Read;
            if decides && one.affected.is_empty() {
                let said =
                    Diagnostic::new("kb/no-range", "it says of no model that it is affected")
                        .help("add an [[affected]] with models and a range");
                self.say(&path, &way!["cve"], "no range", said);
            }
            if decides && one.cases.is_empty() {
                let said = Diagnostic::new("kb/no-example", "an advisory without a case")
                    .help("add a [[case]] at each edge: model, firmware, expect");
                self.say(&path, &way!["cve"], "no case", said);
            }
            self.verdicts(&path, one);
        }
    }

    fn score(&mut self, path: &str, one: &Advisory) {
        let Some(vector) = &one.cvss else { return };
        let wrong = match scored(vector) {
            None => Some("this is no CVSS vector".to_owned()),
            Some(said) => one
                .score
                .filter(|score| (score - said).abs() > 0.05)
                .map(|score| format!("the vector gives {said:.1}, the file says {score:.1}")),
        };
        if let Some(wrong) = wrong {
            let said = Diagnostic::new("kb/bad-score", wrong)
                .help("copy the vector from the source; the score follows from it");
            self.say(path, &way!["cvss"], "this vector", said);
        }
    }

    fn range(&mut self, path: &str, at: usize, one: &Advisory, row: &Affected) {
        for label in &row.labels {
            if !self.known.makers.contains_key(label) {
                self.label_id(path, &way!["affected", at, "labels"], label);
            }
        }
        let bounds = row.bounds().chain(&row.exact);
        for text in bounds.filter(|text| one.form != VersionForm::Whole && !is_bound(one, text)) {
            let said = Diagnostic::new("kb/bad-range", format!("`{text}` cannot be compared"))
                .help(
                    "write one bare version in the advisory's form; `from` and `until` hold \
                       it, `before` does not: no sentence, no brackets",
                );
            self.say(path, &way!["affected", at], "in this range", said);
        }
        let kinds = [row.all, row.unstated, !row.exact.is_empty(), row.ends()];
        let kinds = kinds.into_iter().filter(|kind| *kind).count();
        let open = row.models.iter().any(|glob| glob == "*");
        let bare = open && row.labels.is_empty() && !row.unstated;
        let unordered = row.ends() && one.form == VersionForm::Whole;
        if kinds != 1 || row.models.is_empty() || bare || unordered {
            let said =
                Diagnostic::new("kb/no-range", "an entry needs models and one kind of range").help(
                    "give before, until, built_before or built_until; or exact, all, unstated; \
                       models = [\"*\"] only with labels",
                );
            self.say(path, &way!["affected", at], "this entry", said);
        }
        let ends = row.built_before.or(row.built_until);
        if row.built_from.zip(ends).is_some_and(|(from, end)| from > end) {
            let said = Diagnostic::new("kb/date-order", "the range ends before it begins");
            self.say(path, &way!["affected", at], "this range", said);
        }
    }

    fn verdicts(&mut self, path: &str, one: &Advisory) {
        for (at, case) in one.cases.iter().enumerate() {
            let label = case.label.as_deref();
            let target = Target {
                model: &case.model,
                firmware: &case.firmware,
                label,
                rebadge: label.is_some_and(|label| label != one.maker),
                foreign: None,
            };
            let (found, why) = verdict(one, &target);
            if found != case.expect {
                let what = format!("expected {}, found {}", case.expect.words(), found.words());
                let said = Diagnostic::new("kb/case-failed", what).note(why);
                self.say(path, &way!["case", at], "this case", said);
            }
        }
    }
}

fn is_cve(text: &str) -> bool {
    let Some((year, number)) = text.strip_prefix("CVE-").and_then(|rest| rest.split_once('-'))
    else {
        return false;
    };
    let digits = |part: &str| part.bytes().all(|c| c.is_ascii_digit());
    year.len() == 4 && digits(year) && number.len() >= 4 && digits(number)
}

/// The base score of a vector of any edition.
/// The base score that a CVSS vector gives; none where it is no vector.
#[must_use]
pub fn scored(vector: &str) -> Option<f64> {
    vector.parse::<cvss::Cvss>().ok().map(|parsed| parsed.score())
}
