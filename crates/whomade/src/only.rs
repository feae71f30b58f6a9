//! `--only`: the devices that somebody wants to see, of all that were read.

use clap::builder::PossibleValuesParser;
use whomade_core::attribution::Certainty;
use whomade_core::observation::Field;
use whomade_core::ruling::Outcome;

use crate::judgement::Would;
use crate::worker::Found;

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
fn shows_something(found: &Found) -> bool {
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

/// What is wanted, and what was passed over.
#[derive(Debug, Clone, Default)]
pub(crate) struct Only {
    words: Vec<String>,
    /// Whether only devices are wanted that show something of a camera or of their maker.
    cameras: bool,
    /// Devices passed over.
    pub(crate) hidden: u64,
    /// Of these, those that a regime names and nobody answers for: the exit status is about all.
    pub(crate) hidden_named: u64,
}

impl Only {
    pub(crate) fn new(words: &[String], cameras: bool) -> Self {
        Self { words: words.to_vec(), cameras, ..Self::default() }
    }

    /// Whether a device is wanted: one of the words fits it. One that is not is counted.
    pub(crate) fn takes(&mut self, found: &Found) -> bool {
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

    /// The words, as typed.
    pub(crate) fn words(&self) -> &[String] {
        &self.words
    }

    /// What a reader must know who sees only these; none when all are shown.
    pub(crate) fn said(&self, shown: u64) -> Option<String> {
        let all = shown + self.hidden;
        if !self.words.is_empty() {
            let words = self.words.join(", ");
            return Some(format!("only {words}: {shown} of {all} devices"));
        }
        let stations = match self.hidden {
            0 => return None,
            1 => "1 other station shows".to_owned(),
            many => format!("{many} other stations show"),
        };
        Some(format!(
            "{stations} nothing of a camera or of a maker, which clears none; --stations lists them"
        ))
    }
}
