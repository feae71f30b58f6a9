//! One device after the other: read, weighed, judged.

use std::cell::{Cell, OnceCell};
use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};
use std::rc::Rc;

use whomade_core::attribution::{Certainty, Design, attribute};
use whomade_core::baseline::{Entry, Exempted, Place, Subject};
use whomade_core::contradiction::{self, Contradiction};
use whomade_core::evidence::{Aside, Reach, Read, Reader, Reason};
use whomade_core::kb::Entity;
use whomade_core::kb::fast::FastMap;
use whomade_core::kb::names::NameMatch;
use whomade_core::observation::{Device, Field};
use whomade_core::report::{Worked, maker_fact, written_label};
use whomade_core::ruling::{Context, MakerFact, Outcome, Ruling};
use whomade_core::suggest::{Suggester, Suggestion};
use whomade_formats::read::Sites;

use crate::asking::{Asked, names_it};
use crate::base::Known;
use crate::judgement::Judgement;

/// Answers that are kept; beyond that all are forgotten at once.
const ANSWERS_MAX: usize = 8_192;

/// What follows from the evidence: a function of which facts spoke on which fields, whatever the
/// values were. However large an estate is, it holds only some hundreds of these.
#[derive(Debug)]
pub struct Answer {
    /// Whose design it is.
    pub design: Design,
    /// What does not fit together, whatever the values are.
    contradictions: Rc<[Contradiction]>,
    /// What the rules say of its maker, and what they would say.
    pub judgement: Rc<Judgement>,
    /// What would settle it; empty when it is confirmed.
    pub suggestions: Vec<Suggestion>,
    /// Whether a regime names it.
    pub named: bool,
    /// Its group in the tally, where the label is known.
    pub group: Cell<Option<usize>>,
    /// What its rows end with, once one was written.
    tail: OnceCell<Tail>,
}

/// What the rows of one answer end with.
#[derive(Debug, Default)]
pub struct Tail {
    /// Before the contradictions.
    pub before: Vec<u8>,
    /// After them.
    pub after: Vec<u8>,
}

/// Everything that was worked out about one device, owned.
#[derive(Debug, Clone)]
pub struct Found {
    /// What was seen of it and where.
    pub device: Box<Device>,
    /// What the base says of that.
    pub read: Box<Read>,
    /// What follows; devices of which the same facts speak share it.
    pub answer: Rc<Answer>,
    /// What does not fit together.
    pub contradictions: Rc<[Contradiction]>,
    /// Where it stands, if the owner of the estate told its sites.
    pub place: Option<Rc<Place>>,
    /// The findings that somebody answers for.
    pub exempted: Vec<Exempted>,
}

impl Found {
    /// The answer about whose design it is.
    pub fn design(&self) -> &Design {
        &self.answer.design
    }

    /// What each regime says.
    pub fn rulings(&self) -> &[Ruling] {
        &self.answer.judgement.rulings
    }

    /// Why a regime finds no rule because it was not asked, in the order of the rulings.
    pub fn unasked(&self) -> &[Option<String>] {
        &self.answer.judgement.unasked
    }

    /// Whether a regime names it in a finding that nobody answers for: the exit status is about
    /// these.
    pub fn counts(&self) -> bool {
        let open = |ruling: &Ruling| {
            names_it(ruling.outcome) && self.exempted.iter().all(|one| one.regime != ruling.regime)
        };
        self.answer.named && (self.exempted.is_empty() || self.rulings().iter().any(open))
    }

    /// What would settle it.
    pub fn suggestions(&self) -> &[Suggestion] {
        &self.answer.suggestions
    }

    /// Borrowed, with the suggestions.
    pub fn worked<'d>(&'d self, suggestions: &'d [Suggestion]) -> Worked<'d> {
        Worked {
            device: &self.device,
            read: &self.read,
            design: self.design(),
            contradictions: &self.contradictions,
            rulings: self.rulings(),
            suggestions,
            place: self.place.as_deref(),
            exempted: &self.exempted,
        }
    }

    /// Writes a row that has been begun, and what the rows of its answer end with: they end alike
    /// but for the contradictions, which may lie in the values themselves. Each part is worked
    /// out once for all rows; it is long, and goes out from where it lies.
    pub fn write_row(
        &self,
        out: &mut impl Write,
        row: &mut Vec<u8>,
        tail: impl Fn() -> Tail,
        contradictions: impl Fn(&mut Vec<u8>, &[Contradiction]),
    ) -> io::Result<()> {
        let tail = self.answer.tail.get_or_init(tail);
        out.write_all(row)?;
        out.write_all(&tail.before)?;
        row.clear();
        contradictions(row, &self.contradictions);
        out.write_all(row)?;
        out.write_all(&tail.after)
    }

    /// What each regime says, for not saying its words twice.
    pub fn rulings_said(&self) -> Vec<(String, Outcome)> {
        self.rulings().iter().map(|one| (one.regime.clone(), one.outcome)).collect()
    }
}

/// What the rules are told where sites of the estate claim a device.
#[derive(Clone)]
struct There {
    /// Which of the places met so far it is, from 1; 0 where no site claims it.
    number: u32,
    context: Rc<Context>,
    place: Option<Rc<Place>>,
}

/// Works devices out, one after the other.
pub struct Worker<'k> {
    /// The base and its weights.
    pub known: &'k Known,
    asked: &'k Asked,
    reader: Reader<'k>,
    suggester: Suggester<'k>,
    /// A ruling is a function of the maker, the day and the context; the day stands, and the
    /// context does but for the place.
    judged: HashMap<(u32, MakerFact<'k>), Rc<Judgement>>,
    /// What is asked of devices that sites of the estate claim, by the sites' numbers.
    there: BTreeMap<Vec<u16>, There>,
    /// What they are told of the estate.
    context: Rc<Context>,
    columns: Sites,
    answers: FastMap<Box<[u8]>, Rc<Answer>>,
    key: Vec<u8>,
    spare: Vec<Box<Read>>,
}

impl<'k> Worker<'k> {
    /// A worker with that base for that question.
    #[must_use]
    pub fn new(known: &'k Known, asked: &'k Asked) -> Self {
        Self {
            known,
            asked,
            reader: Reader::new(&known.base),
            suggester: Suggester::new(&known.base, &known.weights),
            judged: HashMap::new(),
            there: BTreeMap::new(),
            context: Rc::new(asked.context.clone()),
            columns: Sites::default(),
            answers: FastMap::default(),
            key: Vec::new(),
            spare: Vec::new(),
        }
    }

    /// Works one device out.
    pub fn work(&mut self, device: impl Into<Box<Device>>) -> Found {
        self.work_on(device.into(), None)
    }

    /// Works one device out of which somebody may have looked up what the base says.
    pub fn work_on(&mut self, device: Box<Device>, read: Option<Box<Read>>) -> Found {
        let read = match read {
            Some(read) => read,
            None => {
                let mut read = self.spare_read();
                self.reader.read_into(&device, &mut read);
                read
            }
        };
        let there = self.there(&device);
        self.key.clear();
        self.key.extend_from_slice(&there.number.to_le_bytes());
        spell(&device, &read, &mut self.key);
        let answer = match self.answers.get(self.key.as_slice()) {
            Some(answer) => Rc::clone(answer),
            None => self.answer(&device, &read, &there),
        };
        let in_values = contradiction::of_values(&self.known.base, &device, &read);
        let contradictions = if in_values.is_empty() {
            Rc::clone(&answer.contradictions)
        } else {
            contradiction::joined(&answer.contradictions, in_values).into()
        };
        let exempted = if self.asked.exemptions.is_empty() {
            Vec::new()
        } else {
            let label = read.label.as_ref().map(|label| self.known.base.name(label.of));
            let subject = Subject { device: &device, label, place: there.place.as_deref() };
            self.asked.exemptions.of(&subject, &answer.judgement.rulings, self.asked.on)
        };
        Found { device, read, answer, contradictions, place: there.place, exempted }
    }

    /// A device as a baseline has it.
    pub fn entry(&mut self, found: &Found) -> Entry {
        let base = &self.known.base;
        let makers = match maker_fact(base, found.design()) {
            MakerFact::Unknown => Vec::new(),
            MakerFact::Firm(id) => vec![id.to_owned()],
            MakerFact::Tentative(ids) => ids.into_iter().map(str::to_owned).collect(),
        };
        let place = found.place.as_ref().map(|place| place.words()).unwrap_or_default();
        let column = self.columns.of(&found.device);
        let certainty = found.design().certainty;
        let label = written_label(&found.device, &found.read);
        Entry::of((&found.device, label), column, &place, makers, certainty, found.rulings())
    }

    /// Where a device stands, and what the rules are told there.
    fn there(&mut self, device: &Device) -> There {
        let sites = match self.asked.places.is_empty() {
            true => Vec::new(),
            false => self.asked.places.of(device, self.columns.of(device)),
        };
        if sites.is_empty() {
            let context = Rc::clone(&self.context);
            return There { number: 0, context, place: None };
        }
        let next = u32::try_from(self.there.len()).unwrap_or(u32::MAX - 1) + 1;
        let asked = self.asked;
        let there = self.there.entry(sites).or_insert_with_key(|sites| There {
            number: next,
            context: Rc::new(asked.places.context(sites, &asked.context).0),
            place: asked.places.place(sites, &asked.context).map(Rc::new),
        });
        there.clone()
    }

    /// A reading that is done with, for its memory.
    pub fn spare_read(&mut self) -> Box<Read> {
        self.spare.pop().unwrap_or_default()
    }

    /// Takes a device back, so that its memory can be used again.
    pub fn take_back(&mut self, found: Found) -> Box<Device> {
        self.spare.push(found.read);
        found.device
    }

    fn answer(&mut self, device: &Device, read: &Read, there: &There) -> Rc<Answer> {
        let (known, asked) = (self.known, self.asked);
        let design = attribute(&known.base, &known.weights, read);
        let maker = maker_fact(&known.base, &design);
        let next = self.judged.len();
        let judgement =
            self.judged.entry((there.number, maker)).or_insert_with_key(|(_, maker)| {
                Rc::new(Judgement::new(known, asked, &there.context, maker, next))
            });
        let named = design.certainty >= Certainty::Possible
            && judgement.rulings.iter().any(|ruling| names_it(ruling.outcome));
        let answer = Rc::new(Answer {
            suggestions: self.suggester.suggest(device, read, &design),
            contradictions: contradiction::of_facts(&known.base, device, read, &design).into(),
            design,
            judgement: Rc::clone(judgement),
            named,
            group: Cell::new(None),
            tail: OnceCell::new(),
        });
        if self.answers.len() >= ANSWERS_MAX {
            self.answers.clear();
        }
        self.answers.insert(self.key.as_slice().into(), Rc::clone(&answer));
        answer
    }
}

/// Spells out everything that an answer, its words and its facts depend on: which fields were
/// seen, whose label it is, what speaks in which observation and why, and what was put aside.
fn spell(device: &Device, read: &Read, key: &mut Vec<u8>) {
    let fields = device.observations.iter().fold(0_u128, |all, seen| all | 1 << seen.field as u8);
    key.extend_from_slice(&fields.to_le_bytes());
    match &read.label {
        Some(label) => {
            spell_entity(label.of, key);
            key.extend_from_slice(&(label.observation as u32).to_le_bytes());
        }
        None => key.push(0),
    }
    for aside in &read.asides {
        let (tag, label, at) = match aside {
            Aside::Lead { label, at } => (1, label, at),
            Aside::OtherModels { label, at } => (2, label, at),
            Aside::OtherTime { label, at } => (3, label, at),
        };
        key.push(tag);
        spell_entity(*label, key);
        key.extend_from_slice(&(*at as u32).to_le_bytes());
    }
    for one in &read.evidence {
        let field = device.observations[one.observation].field;
        let derived = u8::from(one.derived.is_some());
        let (tag, number, of) = match one.reason {
            Reason::Signature(number) => (4, number, one.of),
            Reason::Supply { label, at, reach } => match reach {
                Reach::Model => (5, at as u32, label),
                Reach::Line => (10, at as u32, label),
                Reach::Label => (6, at as u32, label),
            },
            Reason::OwnName(NameMatch::Same) => (7, 0, one.of),
            Reason::OwnName(NameMatch::Begins) => (8, 0, one.of),
            Reason::OwnName(NameMatch::Typo) => (9, 0, one.of),
        };
        let mut said = [0; 16];
        said[..4].copy_from_slice(&(one.observation as u32).to_le_bytes());
        said[4..8].copy_from_slice(&[tag, field as u8, one.side as u8, derived]);
        said[8..12].copy_from_slice(&number.to_le_bytes());
        said[12..15].copy_from_slice(&spelled(of));
        key.extend_from_slice(&said);
        // The firm of an address block is named in words.
        if let (Field::Mac, Some(name)) = (field, &one.derived) {
            key.extend_from_slice(&(name.len() as u32).to_le_bytes());
            key.extend_from_slice(name.as_bytes());
        }
    }
}

fn spell_entity(of: Entity, key: &mut Vec<u8>) {
    key.extend_from_slice(&spelled(of));
}

fn spelled(of: Entity) -> [u8; 3] {
    let (tag, at) = match of {
        Entity::Maker(at) => (1, at),
        Entity::Label(at) => (2, at),
    };
    let [low, high] = at.to_le_bytes();
    [tag, low, high]
}
