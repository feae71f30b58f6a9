//! Which vulnerabilities reach a device, as every output shows it: those that can be stated by
//! number, the rest as a count.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::attribution::Design;
use crate::evidence::Read;
use crate::exposure::exposures;
use crate::kb::Base;
use crate::kb::schema::Verdict;
use crate::observation::{Device, Field};

/// What advisories say of one device.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Exposed {
    /// Those that reach it, or reached it before its firmware.
    pub stated: Vec<ExposureReport>,
    /// So many do not concern it: other firmware, or older than the fault.
    pub not_affected: usize,
    /// Of so many it cannot be told.
    pub cannot_tell: usize,
    /// Which those are, by why; the most first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub untold: Vec<Untold>,
    /// Whether no firmware version is known, so that most cannot be told.
    pub no_firmware: bool,
    /// The day of CISA's catalogue that was asked for exploited ones; absent without a table.
    pub kev_of: Option<String>,
    /// The day of the scores of EPSS that the user brought; absent without any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub epss_of: Option<String>,
}

/// One vulnerability.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ExposureReport {
    /// Id of the advisory.
    pub advisory: String,
    /// Its number.
    pub cve: String,
    /// The verdict.
    pub verdict: Verdict,
    /// Why, in one sentence.
    pub why: String,
    /// The CVSS base score that a source prints.
    pub score: Option<f64>,
    /// The day since which CISA's catalogue knows it exploited.
    pub exploited_since: Option<String>,
    /// How likely it is exploited in the thirty days behind that day, 0 to 1, by EPSS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub epss: Option<f64>,
}

/// Vulnerabilities of which the same is missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Untold {
    /// Why it cannot be told, in one sentence.
    pub why: String,
    /// Their numbers; those known exploited first.
    pub cves: Vec<String>,
}

/// Numbers of vulnerabilities that a line names.
const NAMED_MAX: usize = 3;
/// Reasons that have a line of their own.
const REASONS_MAX: usize = 4;

impl Exposed {
    /// What the advisories of the base say of a device.
    #[must_use]
    pub fn of(base: &Base, device: &Device, read: &Read, design: &Design) -> Self {
        let facts = &base.facts;
        let mut out = Self {
            kev_of: facts.kev.catalogue.clone(),
            epss_of: facts.epss.day.clone(),
            ..Self::default()
        };
        out.no_firmware = device.first(Field::Firmware).is_none();
        let mut untold: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for one in exposures(base, device, read, design) {
            match one.verdict {
                Verdict::NotAffected => out.not_affected += 1,
                Verdict::CannotTell => {
                    out.cannot_tell += 1;
                    untold.entry(one.why).or_default().push(one.cve);
                }
                _ => out.stated.push(ExposureReport {
                    score: facts.advisories.get(&one.advisory).and_then(|found| found.score),
                    epss: facts.epss.scores.get(&one.cve).map(|(score, _)| *score),
                    exploited_since: facts.kev.added.get(&one.cve).cloned(),
                    advisory: one.advisory,
                    cve: one.cve,
                    verdict: one.verdict,
                    why: one.why,
                }),
            }
        }
        out.stated.sort_by_key(|one| one.verdict);
        out.untold = untold.into_iter().map(|(why, cves)| Untold { why, cves }).collect();
        for one in &mut out.untold {
            one.cves.sort_by_key(|cve| !facts.kev.added.contains_key(cve));
        }
        out.untold.sort_by_key(|one| std::cmp::Reverse(one.cves.len()));
        out
    }

    /// Whether no advisory speaks of its maker.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.stated.is_empty() && self.not_affected == 0 && self.cannot_tell == 0
    }

    /// The lines that people read.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for one in &self.stated {
            let score = one.score.map(|score| format!(", CVSS {score:.1}")).unwrap_or_default();
            let since = one.exploited_since.as_ref();
            let known = since.map(|day| format!(", known exploited since {day}"));
            let known = known.unwrap_or_default();
            let words = one.verdict.words();
            let likely = one.epss.map(|score| format!(", EPSS {score:.3}")).unwrap_or_default();
            lines.push(format!("{words} [{}]: {}{score}{likely}{known}", one.cve, one.why));
        }
        for one in self.untold.iter().take(REASONS_MAX) {
            let mut named = one.cves.iter().take(NAMED_MAX).cloned().collect::<Vec<_>>();
            let rest = one.cves.len() - named.len();
            named.extend((rest > 0).then(|| format!("{rest} more")));
            lines.push(format!("cannot tell [{}]: {}", named.join(", "), one.why));
        }
        let rest = self.untold.iter().skip(REASONS_MAX).map(|one| one.cves.len()).sum::<usize>();
        if rest > 0 {
            lines.push(format!("cannot tell of {rest} more, for other reasons"));
        }
        if let Some(day) = self.kev_of.as_ref().filter(|_| !self.stated.is_empty()) {
            lines.push(format!("exploited ones by CISA's catalogue of {day}"));
        }
        let scored = self.stated.iter().any(|one| one.epss.is_some());
        if let Some(day) = self.epss_of.as_ref().filter(|_| scored) {
            lines.push(format!("how likely each is exploited by EPSS of {day}"));
        }
        lines
    }
}
