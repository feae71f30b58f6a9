//! One device after the other: read, weighed, judged.

use std::collections::HashMap;
use std::rc::Rc;

use whomade_core::attribution::{Certainty, Design, attribute};
use whomade_core::contradiction::{Contradiction, contradictions};
use whomade_core::evidence::{Read, Reader};
use whomade_core::observation::Device;
use whomade_core::report::{Worked, maker_fact};
use whomade_core::ruling::{MakerFact, Outcome, Ruling};
use whomade_core::suggest::{Suggester, Suggestion};

use crate::base::Known;
use crate::run::asking::{Asked, names_it};

/// Everything that was worked out about one device, owned.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    pub(crate) device: Device,
    pub(crate) read: Read,
    pub(crate) design: Design,
    pub(crate) contradictions: Vec<Contradiction>,
    pub(crate) rulings: Rc<[Ruling]>,
}

impl Found {
    /// Borrowed, with the suggestions.
    pub(crate) fn worked<'d>(&'d self, suggestions: &'d [Suggestion]) -> Worked<'d> {
        Worked {
            device: &self.device,
            read: &self.read,
            design: &self.design,
            contradictions: &self.contradictions,
            rulings: &self.rulings,
            suggestions,
        }
    }

    /// What each regime says, for not saying its words twice.
    pub(crate) fn rulings_said(&self) -> Vec<(String, Outcome)> {
        self.rulings.iter().map(|one| (one.regime.clone(), one.outcome)).collect()
    }

    /// Whether a regime names it.
    pub(crate) fn is_named(&self) -> bool {
        self.design.certainty >= Certainty::Possible
            && self.rulings.iter().any(|ruling| names_it(ruling.outcome))
    }
}

/// Works devices out, one after the other.
pub(crate) struct Worker<'k> {
    /// The base and its weights.
    pub(crate) known: &'k Known,
    asked: &'k Asked,
    reader: Reader<'k>,
    suggester: Suggester<'k>,
    /// A ruling is a function of the maker, the day and the context; the latter two stand.
    judged: HashMap<MakerFact<'k>, Rc<[Ruling]>>,
}

impl<'k> Worker<'k> {
    pub(crate) fn new(known: &'k Known, asked: &'k Asked) -> Self {
        let reader = Reader::new(&known.base);
        let suggester = Suggester::new(&known.base, &known.weights);
        Self { known, asked, reader, suggester, judged: HashMap::new() }
    }

    /// Works one device out.
    pub(crate) fn work(&mut self, device: Device) -> Found {
        let read = self.reader.read(&device);
        let design = attribute(&self.known.base, &self.known.weights, &read);
        let contradictions = contradictions(&self.known.base, &device, &read, &design);
        let maker = maker_fact(&self.known.base, &design);
        let judged = self.judged.entry(maker);
        let rulings =
            judged.or_insert_with_key(|maker| self.asked.judge(&self.known.base, maker).into());
        Found { device, read, design, contradictions, rulings: Rc::clone(rulings) }
    }

    /// What would settle it.
    pub(crate) fn suggest(&self, found: &Found) -> Vec<Suggestion> {
        let Found { device, read, design, .. } = found;
        self.suggester.suggest(device, read, design)
    }
}
