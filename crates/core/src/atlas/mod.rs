//! The atlas: labels × firmware families as filed, and what else supports each pair.
//!
//! A family is the maker whose grammar a firmware string has. The string alone says what was
//! filed, never who made it; a relation named by a second source is told apart from it, and so is
//! a relation that one side disputes.

mod filing;
mod house;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::civil::Date;

use crate::evidence::Read;
use crate::kb::schema::Relation;
use crate::kb::{Base, Entity};
use crate::observation::{Device, Field};
use crate::report::clean;

pub use filing::{Filed, Filing, Form, Ground, Standing, Support, file, is_second_source};
pub use house::{House, house, houses};

/// Further labels are counted together: a file of a million labels must not fill the memory.
pub const LABELS_MAX: usize = 5_000;
/// Rows kept of one label for one family; the rest is counted.
pub const ROWS_OF_PAIR_MAX: usize = 1_000;
/// Rows kept of a maker's own filings, as examples; the rest is counted.
pub const ROWS_OF_OWN_MAX: usize = 12;
/// Rows kept of all labels together.
pub const ROWS_MAX: usize = 20_000;
/// Strings that makers filed themselves, kept to be found again under a label.
pub const OWN_STRINGS_MAX: usize = 50_000;
/// Spellings kept of one label.
pub const SPELLINGS_MAX: usize = 8;
/// Strings of no known form kept of one label, as examples.
pub const FORMLESS_MAX: usize = 3;

/// Before this year nothing was tested or built that this is about: such a day is a clock that
/// nobody set.
const YEAR_MIN: i16 = 1990;

/// The day of a product, where it has one that can be.
fn day_of(device: &Device) -> Option<Date> {
    device.installed.filter(|day| day.year() >= YEAR_MIN)
}

/// First and last day on record.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Span {
    /// The first day.
    pub first: Option<Date>,
    /// The last day.
    pub last: Option<Date>,
}

impl Span {
    fn take(&mut self, day: Option<Date>) {
        let Some(day) = day else { return };
        self.first = Some(self.first.map_or(day, |first| first.min(day)));
        self.last = Some(self.last.map_or(day, |last| last.max(day)));
    }
}

/// A label as the atlas keeps it: one of the base, or the letters that were written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Filer {
    /// A label or maker of the base.
    Known(Entity),
    /// A name that the base does not know, without case.
    Written(String),
    /// Labels beyond [`LABELS_MAX`], counted together.
    Further,
}

/// One product, as it was filed; texts are cleaned and cut, so that a row is small.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Row {
    /// The model as filed.
    pub model: String,
    /// The firmware string as filed.
    pub string: String,
    /// The day of the test or record.
    pub day: Option<Date>,
    /// What the file calls it.
    pub name: String,
    /// The file.
    pub source: Arc<str>,
    /// The line or row in it.
    pub line: u64,
    /// The grammar that the string has: a number of [`Base::signatures`].
    pub grammar: u32,
    /// What supports it.
    pub support: Support,
    /// The second source, where there is one.
    pub ground: Option<Ground>,
}

/// What one label filed of one family's form.
#[derive(Debug, Clone, Default)]
pub struct Pair {
    /// Products.
    pub products: u64,
    /// Products by support, in the order of [`Support::ALL`].
    pub by_support: [u64; 4],
    /// First and last day.
    pub span: Span,
    /// Grammars, with the products that have them.
    pub forms: BTreeMap<u32, u64>,
    /// The second sources that its products rest on.
    pub grounds: BTreeSet<Ground>,
    /// The rows kept, in the order of the files.
    pub rows: Vec<Row>,
    /// Products whose rows were not kept.
    pub left_out: u64,
}

impl Pair {
    /// Products with that support.
    #[must_use]
    pub const fn with(&self, support: Support) -> u64 {
        self.by_support[support as usize]
    }
}

/// What one label filed.
#[derive(Debug, Clone, Default)]
pub struct LabelTally {
    /// The spellings, with the products that bear them.
    pub spellings: BTreeMap<String, u64>,
    /// Products.
    pub products: u64,
    /// Products without any firmware string.
    pub no_string: u64,
    /// Products whose string has no form that belongs to one maker.
    pub no_form: u64,
    /// Some of those strings.
    pub formless: BTreeSet<String>,
    /// First and last day.
    pub span: Span,
    /// The families, by what the label was to them on the day.
    pub pairs: BTreeMap<(Standing, Entity), Pair>,
}

/// The first product under which a maker filed a string itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnFiling {
    /// Its model.
    pub model: String,
    /// The file.
    pub source: Arc<str>,
    /// The line or row in it.
    pub line: u64,
}

/// How all products are accounted for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Account {
    /// Makers that filed a form of their own.
    pub own: u64,
    /// Companies of one house that filed a form of the house.
    pub kin: u64,
    /// Firms known to make their own equipment that filed another's form.
    pub control: u64,
    /// Labels that filed a form of a maker.
    pub labels: u64,
    /// Strings of no form, or of several makers' forms.
    pub no_form: u64,
    /// No firmware string.
    pub no_string: u64,
    /// No label.
    pub no_label: u64,
}

/// The counts, filled while products pass by.
#[derive(Debug, Default)]
pub struct Atlas {
    /// Products.
    pub products: u64,
    /// Where they went.
    pub account: Account,
    /// First and last day of all of them.
    pub span: Span,
    /// The labels.
    pub labels: BTreeMap<Filer, LabelTally>,
    own_strings: BTreeMap<Entity, BTreeMap<String, OwnFiling>>,
    own_strings_kept: usize,
    rows_kept: usize,
}

impl Atlas {
    /// Takes one product.
    pub fn add(&mut self, base: &Base, device: &Device, read: &Read) {
        self.products += 1;
        self.span.take(day_of(device));
        let Some(filing) = file(base, device, read) else {
            self.account.no_label += 1;
            return;
        };
        if let Filed::Form(form) = &filing.filed
            && form.standing == Standing::Own
        {
            self.keep_own(device, form);
        }
        let room = self.labels.len() < LABELS_MAX || self.labels.contains_key(&filing.filer);
        let key = if room { filing.filer } else { Filer::Further };
        let label = self.labels.entry(key).or_default();
        label.take(filing.written, day_of(device));
        match filing.filed {
            Filed::Nothing => {
                label.no_string += 1;
                self.account.no_string += 1;
            }
            Filed::Formless(string) => {
                label.no_form += 1;
                self.account.no_form += 1;
                if label.formless.len() < FORMLESS_MAX {
                    label.formless.insert(clean(string));
                }
            }
            Filed::Form(form) => {
                *self.account.of(form.standing) += 1;
                let pair = label.pairs.entry((form.standing, form.family)).or_default();
                self.rows_kept += usize::from(pair.take(device, &form, self.rows_kept));
            }
        }
    }

    fn keep_own(&mut self, device: &Device, form: &Form<'_>) {
        let kept = self.own_strings.entry(form.family).or_default();
        let string = clean(form.string);
        if self.own_strings_kept < OWN_STRINGS_MAX && !kept.contains_key(&string) {
            self.own_strings_kept += 1;
            let record = &device.record;
            let source = Arc::clone(&record.source);
            let filing = OwnFiling { model: model_of(device), source, line: record.line };
            kept.insert(string, filing);
        }
    }

    /// The product under which a maker filed this very string itself.
    #[must_use]
    pub fn own_filing(&self, family: Entity, string: &str) -> Option<&OwnFiling> {
        self.own_strings.get(&family)?.get(string)
    }

    /// Every label with every family whose form it filed, by standing, most products first.
    #[must_use]
    pub fn pairs(&self, standing: Standing) -> Vec<(&Filer, Entity, &Pair)> {
        let mut pairs: Vec<(&Filer, Entity, &Pair)> = self
            .labels
            .iter()
            .flat_map(|(filer, label)| label.pairs.iter().map(move |found| (filer, found)))
            .filter(|(_, ((stands, _), _))| *stands == standing)
            .map(|(filer, ((_, of), pair))| (filer, *of, pair))
            .collect();
        pairs.sort_by_key(|(filer, of, pair)| (std::cmp::Reverse(pair.products), *filer, *of));
        pairs
    }
}

impl Account {
    const fn of(&mut self, standing: Standing) -> &mut u64 {
        match standing {
            Standing::Own => &mut self.own,
            Standing::Kin => &mut self.kin,
            Standing::Control => &mut self.control,
            Standing::Label => &mut self.labels,
        }
    }

    /// All of them.
    #[must_use]
    pub const fn sum(&self) -> u64 {
        self.own
            + self.kin
            + self.control
            + self.labels
            + self.no_form
            + self.no_string
            + self.no_label
    }
}

impl LabelTally {
    fn take(&mut self, written: String, day: Option<Date>) {
        self.products += 1;
        self.span.take(day);
        if self.spellings.len() < SPELLINGS_MAX || self.spellings.contains_key(&written) {
            *self.spellings.entry(written).or_default() += 1;
        }
    }

    /// The spelling that most products bear.
    #[must_use]
    pub fn spelling(&self) -> &str {
        let most =
            self.spellings.iter().max_by_key(|(name, count)| (**count, std::cmp::Reverse(*name)));
        most.map_or("", |(name, _)| name)
    }
}

impl Pair {
    /// Counts a product, and keeps its row where there is room.
    fn take(&mut self, device: &Device, form: &Form<'_>, rows_kept: usize) -> bool {
        self.products += 1;
        self.by_support[form.support as usize] += 1;
        self.span.take(day_of(device));
        *self.forms.entry(form.grammar).or_default() += 1;
        self.grounds.extend(form.ground);
        let own = form.standing == Standing::Own;
        let most = if own { ROWS_OF_OWN_MAX } else { ROWS_OF_PAIR_MAX };
        let room = self.rows.len() < most && rows_kept < ROWS_MAX;
        if room {
            self.rows.push(Row {
                model: model_of(device),
                string: clean(form.string),
                day: day_of(device),
                name: clean(&device.name),
                source: Arc::clone(&device.record.source),
                line: device.record.line,
                grammar: form.grammar,
                support: form.support,
                ground: form.ground,
            });
        } else {
            self.left_out += 1;
        }
        room
    }
}

/// What is said of a label and a family as a whole: disputed, where one side contests the
/// relation, in a supply or in words of its own; otherwise the best step that any product has, so
/// that the counts must stand beside it.
#[must_use]
pub fn support_of(base: &Base, filer: &Filer, family: Entity, pair: &Pair) -> Support {
    let label = match filer {
        Filer::Known(of) => base.facts.labels.get(base.id(*of)).map(|words| (*of, words)),
        _ => None,
    };
    let contested = label.is_some_and(|(of, words)| {
        let mut supplies = base.supplies(of).iter().filter(|supply| supply.maker == family);
        let disputed = supplies.any(|supply| {
            words.supplies.get(supply.at).is_some_and(|one| one.relation == Relation::Disputed)
        });
        disputed || base.facts.contested(base.id(of), base.id(family))
    });
    if contested || pair.with(Support::Disputed) > 0 {
        Support::Disputed
    } else {
        let mut steps = [Support::Model, Support::Label].into_iter();
        steps.find(|step| pair.with(*step) > 0).unwrap_or(Support::StringOnly)
    }
}

fn model_of(device: &Device) -> String {
    let model = device.first(Field::Model).or_else(|| device.first(Field::Product));
    clean(model.unwrap_or_default())
}
