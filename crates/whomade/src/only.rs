//! `--only`: the devices that somebody wants to see, of all that were read.

use clap::builder::PossibleValuesParser;
use whomade_core::attribution::Certainty;
use whomade_core::report::counted;
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
    /// Devices passed over.
    pub(crate) hidden: u64,
    /// Of these, those that a regime names and nobody answers for: the exit status is about all.
    pub(crate) hidden_named: u64,
}

impl Only {
    pub(crate) fn new(words: &[String]) -> Self {
        Self { words: words.to_vec(), ..Self::default() }
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
        let takes = self.words.is_empty() || self.words.iter().any(fits);
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

    /// The words, as typed.
    pub(crate) fn words(&self) -> &[String] {
        &self.words
    }

    /// What a reader must know who sees only these; none when all are shown.
    pub(crate) fn said(&self, shown: u64) -> Option<String> {
        let all = shown + self.hidden;
        let words = self.words.join(", ");
        (!self.words.is_empty()).then(|| format!("only {words}: {shown} of {all} devices"))
    }
}
