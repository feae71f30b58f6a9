//! Holes of an estate: how many of its devices each advisory reaches. Counted only when asked,
//! for every device is matched against every advisory of its maker.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value, json};
use whomade_core::attribution::Certainty;
use whomade_core::exposure::exposures;
use whomade_core::kb::Base;
use whomade_core::kb::schema::Verdict;
use whomade_core::observation::Field;

use crate::worker::Found;

/// Verdicts that are kept; beyond that all are forgotten at once. An estate has few models and
/// builds, each many times over.
const KEPT_MAX: usize = 8_192;

/// What one advisory says of the devices, by verdict.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reached {
    /// Devices that it reaches.
    pub affected: u64,
    /// Devices whose build under another label is probably fixed.
    pub probably_fixed: u64,
    /// Devices whose build is fixed.
    pub fixed: u64,
    /// Devices that it never reached.
    pub not_affected: u64,
    /// Devices of which nobody can tell.
    pub cannot_tell: u64,
}

/// The counts.
#[derive(Debug, Clone, Default)]
pub struct Holes {
    /// By number.
    pub by_cve: BTreeMap<String, Reached>,
    /// Devices whose maker is at least probable and whose firmware version is known.
    pub looked_at: u64,
    /// Devices whose maker is at least probable, without a firmware version: nothing is told.
    pub no_firmware: u64,
    /// Devices that an advisory reaches.
    pub affected: u64,
    /// Those of them that a hole reaches which is known to be exploited.
    pub exploited: u64,
    /// What was said of a maker, label, model and firmware version.
    kept: HashMap<String, Vec<(String, Verdict)>>,
}

impl Holes {
    /// Counts a device.
    pub fn add(&mut self, base: &Base, found: &Found) {
        if found.design().certainty < Certainty::Probable {
            return;
        }
        if found.device.first(Field::Firmware).is_none() {
            self.no_firmware += 1;
            return;
        }
        self.looked_at += 1;
        let (mut affected, mut exploited) = (false, false);
        let key = spell(base, found);
        if !self.kept.contains_key(&key) && self.kept.len() >= KEPT_MAX {
            self.kept.clear();
        }
        let said = self.kept.entry(key).or_insert_with(|| {
            let all = exposures(base, &found.device, &found.read, found.design());
            all.into_iter().map(|one| (one.cve, one.verdict)).collect()
        });
        for (cve, verdict) in said {
            if *verdict == Verdict::Affected {
                affected = true;
                exploited |= base.facts.kev.added.contains_key(cve);
            }
            let reached = match self.by_cve.get_mut(cve) {
                Some(reached) => reached,
                None => self.by_cve.entry(cve.clone()).or_default(),
            };
            *match verdict {
                Verdict::Affected => &mut reached.affected,
                Verdict::ProbablyFixed => &mut reached.probably_fixed,
                Verdict::Fixed => &mut reached.fixed,
                Verdict::NotAffected => &mut reached.not_affected,
                Verdict::CannotTell => &mut reached.cannot_tell,
            } += 1;
        }
        self.affected += u64::from(affected);
        self.exploited += u64::from(exploited);
    }

    /// Those that reach a device, most devices first; of equals the exploited first.
    pub fn worst<'h>(&'h self, base: &Base) -> Vec<(&'h str, &'h Reached)> {
        let mut all: Vec<(&str, &Reached)> = self
            .by_cve
            .iter()
            .filter(|(_, one)| one.affected + one.probably_fixed > 0)
            .map(|(cve, one)| (cve.as_str(), one))
            .collect();
        let quiet = |cve: &str| !base.facts.kev.added.contains_key(cve);
        all.sort_by_key(|(cve, one)| {
            (std::cmp::Reverse((one.affected, one.probably_fixed)), quiet(cve), *cve)
        });
        all
    }

    /// The counts as JSON.
    pub fn json(&self, base: &Base) -> Value {
        let kev = &base.facts.kev;
        let all: Vec<Value> = self
            .by_cve
            .iter()
            .map(|(cve, one)| {
                json!({
                    "cve": cve, "affected": one.affected, "probably_fixed": one.probably_fixed,
                    "fixed": one.fixed, "not_affected": one.not_affected,
                    "cannot_tell": one.cannot_tell, "exploited_since": kev.added.get(cve),
                    "epss": base.facts.epss.scores.get(cve).map(|(score, _)| score),
                })
            })
            .collect();
        json!({
            "devices_looked_at": self.looked_at, "devices_without_firmware": self.no_firmware,
            "devices_affected": self.affected, "devices_affected_exploited": self.exploited,
            "kev_of": kev.catalogue, "epss_of": base.facts.epss.day, "by_advisory": all,
        })
    }
}

/// Spells out all that the verdicts on a device depend on.
fn spell(base: &Base, found: &Found) -> String {
    let device = &found.device;
    let maker = found.design().stated().map(|of| base.id(of));
    let label = found.read.label.as_ref().map(|label| base.id(label.of));
    let model = device.first(Field::Model).or_else(|| device.first(Field::Product));
    let parts = [maker, label, model, device.first(Field::Firmware)];
    // With its length before it, no value is taken for the end of one and the start of another.
    let spelled = parts.map(Option::unwrap_or_default).map(|one| format!("{}:{one}", one.len()));
    spelled.concat()
}
