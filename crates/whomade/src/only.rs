//! `--only`: the devices that somebody wants to see, of all that were read; and `--other`: those
//! that a list calls other equipment. Of these one is left out only while nothing at all is known
//! of its maker: what a list says of a device clears none.

use anyhow::{Result, bail};
use clap::builder::PossibleValuesParser;
use serde_json::{Value, json};
use whomade_core::attribution::Certainty;
use whomade_core::baseline::places::Pattern;
use whomade_core::observation::Field;
use whomade_core::report::{clean, counted};
use whomade_core::ruling::Outcome;

use whomade_inquiry::judgement::Would;
use whomade_inquiry::worker::Found;

/// Devices of which something does not fit together.
const CONTRADICTORY: &str = "contradictory";
/// What a rule would do that does not as things are.
const WOULD: [Would; 2] = [Would::Barred, Would::Perhaps];
/// Words of certainty, as printed.
const CERTAINTIES: [Certainty; 4] =
    [Certainty::Unknown, Certainty::Possible, Certainty::Probable, Certainty::Confirmed];

/// What cameras and recorders show in a network and little else does. WS-Discovery alone is not
/// among it: printers and computers answer to it too.
const OF_CAMERAS: [Field; 9] = [
    Field::Sadp,
    Field::Dhip,
    Field::Isapi,
    Field::OnvifScopes,
    Field::OnvifManufacturer,
    Field::Sdp,
    Field::RtspServer,
    Field::RtspPath,
    Field::Sip,
];

/// Whether a device shows something of a camera, or anything that speaks for somebody as its maker.
pub(crate) fn shows_something(found: &Found) -> bool {
    let shows = |field: Field| OF_CAMERAS.contains(&field);
    !found.read.evidence.is_empty()
        || found.device.observations.iter().any(|seen| shows(seen.field))
}

/// The words that `--only` takes: as they are printed everywhere else.
pub(crate) fn words() -> PossibleValuesParser {
    let certainties = CERTAINTIES.map(Certainty::word);
    let outcomes = Outcome::ALL.map(Outcome::word);
    let would = WOULD.map(Would::word);
    let words = std::iter::once(CONTRADICTORY).chain(certainties).chain(outcomes).chain(would);
    PossibleValuesParser::new(words.collect::<Vec<_>>())
}

/// What a list says of equipment that is not asked about: `type=switch*`.
#[derive(Debug, Clone)]
struct Other {
    /// As typed.
    typed: String,
    heading: String,
    says: Pattern,
    /// Devices that it fits and that were left out.
    left_out: u64,
}

impl Other {
    fn fits(&self, found: &Found) -> bool {
        let mut notes = found.device.context.iter();
        notes.any(|(heading, value)| {
            heading.trim().eq_ignore_ascii_case(&self.heading) && self.says.fits(value)
        })
    }
}

/// Reads `HEADING=PATTERN`.
///
/// # Errors
/// When it is none.
fn other(typed: &str) -> Result<Other> {
    let parts = typed.split_once('=').map(|(heading, says)| (heading.trim(), says.trim()));
    let Some((heading, says)) = parts.filter(|(heading, says)| {
        // A pattern that fits everything would leave out an estate.
        !heading.is_empty() && says.contains(|c: char| c.is_alphanumeric())
    }) else {
        bail!(
            "[ask/bad-other] `{}` is no HEADING=PATTERN, as in --other 'type=switch*'",
            clean(typed)
        );
    };
    let (heading, says) = (heading.to_owned(), Pattern::new(says));
    Ok(Other { typed: clean(typed), heading, says, left_out: 0 })
}

/// What is wanted, and what was passed over.
#[derive(Debug, Clone, Default)]
pub(crate) struct Only {
    words: Vec<String>,
    others: Vec<Other>,
    /// Devices of other equipment that are shown all the same.
    kept: u64,
    /// Whether only devices are wanted that show something of a camera or of their maker.
    cameras: bool,
    /// Devices passed over.
    pub(crate) hidden: u64,
    /// Of these, those that a regime names and nobody answers for: the exit status is about all.
    pub(crate) hidden_named: u64,
}

impl Only {
    /// The devices that these words name, without the equipment that those call other.
    ///
    /// # Errors
    /// When one of the latter is no heading with a pattern.
    pub(crate) fn new(words: &[String], others: &[String], cameras: bool) -> Result<Self> {
        let others = others.iter().map(|typed| other(typed)).collect::<Result<_>>()?;
        Ok(Self { words: words.to_vec(), others, cameras, ..Self::default() })
    }

    /// Whether a device is left out as other equipment, which is counted.
    fn leaves_out(&mut self, found: &Found) -> bool {
        let Some(other) = self.others.iter_mut().find(|other| other.fits(found)) else {
            return false;
        };
        let nothing_known = found.design().certainty == Certainty::Unknown
            && found.contradictions.is_empty()
            && !found.rulings().iter().any(|ruling| ruling.outcome.is_finding())
            && !WOULD.iter().any(|would| found.answer.judgement.any(*would));
        if nothing_known {
            other.left_out += 1;
        } else {
            self.kept += 1;
        }
        nothing_known
    }

    /// Whether a device is wanted: one of the words fits it. One that is not is counted.
    pub(crate) fn takes(&mut self, found: &Found) -> bool {
        if self.leaves_out(found) {
            self.hidden += 1;
            return false;
        }
        let fits = |word: &String| {
            let word = word.as_str();
            word == CONTRADICTORY && !found.contradictions.is_empty()
                || word == found.design().certainty.word()
                || found.rulings().iter().any(|ruling| ruling.outcome.word() == word)
                || WOULD.iter().any(|one| one.word() == word && found.answer.judgement.any(*one))
        };
        let takes = (self.words.is_empty() || self.words.iter().any(fits))
            && (!self.cameras || shows_something(found));
        if !takes {
            self.hidden += 1;
            self.hidden_named += u64::from(found.counts());
        }
        takes
    }

    /// Why the exit status is 1 where none of the devices shown is named by a regime; none where
    /// no other device is.
    pub(crate) fn why(&self) -> Option<String> {
        let are = if self.hidden_named == 1 { "is" } else { "are" };
        (self.hidden_named > 0).then(|| {
            let devices = counted(self.hidden_named, "device");
            format!("exit status 1: a regime names {devices} that {are} not among those shown")
        })
    }

    /// What is said where no device is shown.
    pub(crate) fn none(&self) -> &'static str {
        match (self.hidden, self.cameras && self.words.is_empty()) {
            (0, _) => "no device was read",
            (_, true) => "no device is shown that is a camera or has a maker",
            (_, false) => "no device is one of them",
        }
    }

    /// The words, as typed.
    pub(crate) fn words(&self) -> &[String] {
        &self.words
    }

    /// What a reader must know who sees only these; none when all are shown.
    pub(crate) fn said(&self, shown: u64) -> Option<String> {
        let all = shown + self.hidden;
        let words = self.words.join(", ");
        let only =
            (!self.words.is_empty()).then(|| format!("only {words}: {shown} of {all} devices"));
        let stations =
            (self.cameras && self.words.is_empty()).then(|| self.stations(shown)).flatten();
        let said = only.into_iter().chain(stations).chain(self.others_said());
        let said: Vec<String> = said.collect();
        (!said.is_empty()).then(|| said.join("; "))
    }

    /// The stations of a capture that are not shown.
    fn stations(&self, shown: u64) -> Option<String> {
        let others: u64 = self.others.iter().map(|one| one.left_out).sum();
        let other = if shown == 0 { "" } else { "other " };
        let stations = match self.hidden - others {
            0 => return None,
            1 => format!("1 {other}station shows"),
            many => format!("{many} {other}stations show"),
        };
        Some(format!(
            "{stations} nothing of a camera or of a maker, which clears none; --stations lists them"
        ))
    }

    /// What was left out as other equipment.
    pub(crate) fn others_said(&self) -> Option<String> {
        if self.others.is_empty() {
            return None;
        }
        let each = self.others.iter().map(|one| format!("{} {}", one.typed, one.left_out));
        let each = each.collect::<Vec<_>>().join(", ");
        let kept = match self.kept {
            0 => String::new(),
            1 => {
                "; 1 more that they call so is shown, because something speaks for its maker".into()
            }
            many => format!(
                "; {many} more that they call so are shown, because something speaks for a maker"
            ),
        };
        let devices: u64 = self.others.iter().map(|one| one.left_out).sum();
        let plural = if devices == 1 { "" } else { "s" };
        Some(format!(
            "without {devices} device{plural} that the lists call other equipment and of whose \
             maker nothing is known ({each}){kept}"
        ))
    }

    /// How many devices each pattern of other equipment left out; none where none was given.
    pub(crate) fn others(&self) -> Option<Value> {
        let each = self.others.iter().map(|one| (one.typed.clone(), json!(one.left_out)));
        (!self.others.is_empty()).then(|| Value::Object(each.collect()))
    }
}
