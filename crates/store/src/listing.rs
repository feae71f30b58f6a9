//! Every device of the estate in memory, a column for each thing that lists and facets ask: search
//! as somebody types goes over all of them at once. A million devices are some 150 MB; a search is
//! one pass over their words, a page of facets one pass over the columns.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use futures_util::TryStreamExt as _;
use memchr::memmem::Finder;
use sqlx::Row as _;

use crate::open::Store;
use crate::rework::GONE;
use crate::text::kept;
use crate::wrong::Result;

/// Words of a search; further ones are left out.
const TERMS_MAX: usize = 12;
/// Parts the words of neighbouring devices, and those of one device; nobody can type it.
const END: char = '\u{1}';
const PART: char = '\n';

/// By what devices are told apart in lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Facet {
    /// Where it hangs, as its record has it.
    Place,
    /// Whose design it is.
    Maker,
    /// The name it is sold under.
    Label,
    /// How sure that is.
    Certainty,
    /// What the regimes say at worst.
    Ruling,
    /// What the advisories say at worst.
    Holes,
    /// How label and maker stand to each other.
    Standing,
    /// What would settle it best.
    Settles,
}

/// How many facets there are.
const FACETS: usize = Facet::ALL.len();

impl Facet {
    /// Every facet, in the order in which they are shown.
    pub const ALL: [Self; 8] = [
        Self::Place,
        Self::Maker,
        Self::Label,
        Self::Certainty,
        Self::Ruling,
        Self::Holes,
        Self::Standing,
        Self::Settles,
    ];

    /// The word by which it is asked for.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Place => "site",
            Self::Maker => "maker",
            Self::Label => "label",
            Self::Certainty => "certainty",
            Self::Ruling => "ruling",
            Self::Holes => "advisory",
            Self::Standing => "standing",
            Self::Settles => "settles",
        }
    }

    /// The facet of that word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|facet| facet.word() == word)
    }
}

/// The words of certainty, by their numbers.
pub const CERTAINTIES: [&str; 4] = ["unknown", "possible", "probable", "confirmed"];

/// A column whose values are few: each device has the number of its own.
#[derive(Debug, Clone, Default)]
struct Column {
    values: Vec<Arc<str>>,
    numbers: HashMap<Arc<str>, u32>,
    rows: Vec<u32>,
}

impl Column {
    fn number(&mut self, value: &str) -> u32 {
        if let Some(number) = self.numbers.get(value) {
            return *number;
        }
        let (value, number) = (Arc::<str>::from(value), self.values.len() as u32);
        self.values.push(Arc::clone(&value));
        self.numbers.insert(value, number);
        number
    }

    fn set(&mut self, row: usize, value: &str) {
        let number = self.number(value);
        match self.rows.get_mut(row) {
            Some(at) => *at = number,
            None => self.rows.push(number),
        }
    }
}

/// What is asked of the list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// Words that each must occur, as typed.
    pub words: String,
    /// Values of facets: of each facet named here, one of its values must hold.
    pub chosen: Vec<(Facet, Vec<String>)>,
    /// Places beyond which nothing is found, as [`squeezed`] writes them; none: everywhere.
    pub places: Option<BTreeSet<String>>,
}

/// The values of a facet, each with a number of devices.
pub type Counts = Vec<(Arc<str>, u64)>;

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Matches {
    /// The rows, in the order of the estate.
    pub rows: Vec<u32>,
    /// Of each facet its values with how many devices they would show, the most first: those of a
    /// facet from which something was chosen are counted as if nothing were.
    pub facets: Vec<(Facet, Counts)>,
}

/// A device in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its number.
    pub device: i64,
    /// What it is called.
    pub name: String,
    /// Its model number.
    pub model: String,
    /// Its values, in the order of [`Facet::ALL`].
    pub values: [Arc<str>; FACETS],
}

/// Every device of the estate.
#[derive(Debug, Clone, Default)]
pub struct Listing {
    /// Up to which published run it goes.
    pub published: i64,
    devices: Vec<i64>,
    names: Vec<Box<str>>,
    models: Vec<Box<str>>,
    columns: [Column; FACETS],
    /// The words of all, one device after the other.
    words: String,
    /// Where the words of each begin.
    starts: Vec<u32>,
}

/// What the regimes say at worst, the worst first: how [`Listing`] calls it, and which outcome or
/// which word of what would be it is.
const WORST: [&str; 9] = [
    "barred",
    "restricted",
    "would-be-barred",
    "might-be-barred",
    "undetermined",
    "advised",
    "unknown_maker",
    "excepted",
    "not_yet",
];

/// The worst of what the regimes say, out of how a run keeps it.
fn worst(rulings: &str) -> &'static str {
    let said: Vec<[String; 3]> = serde_json::from_str(rulings).unwrap_or_default();
    let met =
        |word: &&&str| said.iter().any(|[_, outcome, would]| outcome == **word || would == **word);
    WORST.iter().find(met).copied().unwrap_or("no_rule")
}

/// The worst of what the advisories say.
const fn reached(bits: i64) -> &'static str {
    if bits & crate::EXPLOITED != 0 {
        "exploited"
    } else if bits & crate::AFFECTED != 0 {
        "affected"
    } else if bits & crate::CANNOT_TELL != 0 {
        "cannot-tell"
    } else {
        "none-known"
    }
}

/// Words as they are sought: small letters and digits only, so that an address is found however it
/// is parted.
#[must_use]
pub fn squeezed(text: &str) -> String {
    text.chars().filter(|sign| sign.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

impl Listing {
    /// Reads every device that a visible run speaks of.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn load(store: &Store) -> Result<Self> {
        let mut listing = Self::default();
        let mut worst_of: HashMap<i64, &'static str> = HashMap::new();
        for row in sqlx::query("SELECT id, said FROM rulings").fetch_all(&store.read).await? {
            worst_of.insert(row.try_get(0)?, worst(row.try_get(1)?));
        }
        let mut rows = sqlx::query(
            "SELECT a.device, a.name, a.place, a.label, a.model, a.maker, a.certainty, \
             a.rulings, a.holes, a.standing, a.settles, a.words, r.published \
             FROM answer a JOIN run r ON r.id = a.run \
             WHERE r.state = 'whole' AND NOT EXISTS (SELECT 1 FROM answer b \
             JOIN run s ON s.id = b.run WHERE b.device = a.device AND s.state = 'whole' \
             AND (s.published > r.published OR s.published = r.published AND b.id > a.id)) \
             ORDER BY a.device",
        )
        .fetch(&store.read);
        while let Some(row) = rows.try_next().await? {
            let certainty: i64 = row.try_get(6)?;
            let certainty = usize::try_from(certainty).ok().and_then(|at| CERTAINTIES.get(at));
            let rulings = worst_of.get(&row.try_get(7)?).copied();
            let [place, maker, label] = [row.try_get(2)?, row.try_get(5)?, row.try_get(3)?];
            let [place, label] = [kept(place), kept(label)];
            let maker: String = maker;
            let holes = reached(row.try_get(8)?);
            let (standing, settles): (String, String) = (row.try_get(9)?, row.try_get(10)?);
            listing.published = listing.published.max(row.try_get(12)?);
            if standing == GONE {
                continue;
            }
            listing.push(
                row.try_get(0)?,
                [kept(row.try_get(1)?), kept(row.try_get(4)?), kept(row.try_get(11)?)],
                [
                    &place,
                    &maker,
                    &label,
                    certainty.unwrap_or(&CERTAINTIES[0]),
                    rulings.unwrap_or("no_rule"),
                    holes,
                    &standing,
                    &settles,
                ],
            );
        }
        Ok(listing)
    }

    fn push(&mut self, device: i64, [name, model, words]: [String; 3], values: [&str; FACETS]) {
        let row = self.devices.len();
        self.devices.push(device);
        self.names.push(name.into());
        self.models.push(model.into());
        for (column, value) in self.columns.iter_mut().zip(values) {
            column.set(row, value);
        }
        self.starts.push(u32::try_from(self.words.len()).unwrap_or(u32::MAX));
        self.words.push_str(&words);
        self.words.push(END);
    }

    /// How many devices there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.devices.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.devices.is_empty()
    }

    /// The device of a row.
    #[must_use]
    pub fn listed(&self, row: u32) -> Option<Listed> {
        let at = row as usize;
        let value = |column: &Column| {
            column.rows.get(at).and_then(|number| column.values.get(*number as usize)).cloned()
        };
        Some(Listed {
            device: *self.devices.get(at)?,
            name: self.names[at].to_string(),
            model: self.models[at].to_string(),
            values: self.columns.each_ref().map(|one| value(one).unwrap_or_default()),
        })
    }

    /// Of each value of the facet of places, whether it is one of these.
    fn seen_from(&self, places: &BTreeSet<String>) -> Vec<bool> {
        let values = &self.columns[Facet::Place as usize].values;
        values.iter().map(|value| places.contains(&squeezed(value))).collect()
    }

    /// The row of a device.
    #[must_use]
    pub fn row_of(&self, device: i64) -> Option<u32> {
        let at = self.devices.binary_search(&device).ok()?;
        u32::try_from(at).ok()
    }

    /// Every device, in the order of the rows.
    #[must_use]
    pub fn devices(&self) -> &[i64] {
        &self.devices
    }

    /// How many of these rows bear two values of two facets and a third beside them, the most
    /// first.
    #[must_use]
    pub fn together(&self, rows: &[u32], facets: [Facet; 3]) -> Vec<([Arc<str>; 3], u64)> {
        let columns = facets.map(|facet| &self.columns[facet as usize]);
        let mut counts: BTreeMap<[u32; 3], u64> = BTreeMap::new();
        for row in rows {
            let key = columns.map(|column| column.rows[*row as usize]);
            *counts.entry(key).or_default() += 1;
        }
        let name = |key: [u32; 3]| {
            let mut at = columns.iter().zip(key);
            std::array::from_fn(|_| match at.next() {
                Some((column, number)) => Arc::clone(&column.values[number as usize]),
                None => Arc::from(""),
            })
        };
        let mut named: Vec<([Arc<str>; 3], u64)> =
            counts.into_iter().map(|(key, count)| (name(key), count)).collect();
        named.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
        named
    }

    /// The words of a row.
    fn words_of(&self, row: usize) -> &str {
        let from = self.starts[row] as usize;
        let until = self.starts.get(row + 1).map_or(self.words.len(), |next| *next as usize);
        &self.words[from..until]
    }

    /// The rows in which all terms occur; nothing where there are no terms.
    fn sought(&self, words: &str) -> Option<Vec<u32>> {
        let mut terms: Vec<String> = words.split_whitespace().map(squeezed).collect();
        terms.retain(|term| !term.is_empty());
        // The longest is the rarest, as a rule.
        terms.sort_by_key(|term| std::cmp::Reverse(term.len()));
        terms.truncate(TERMS_MAX);
        let (first, others) = terms.split_first()?;
        let (finder, text) = (Finder::new(first.as_bytes()), self.words.as_bytes());
        let others: Vec<Finder<'_>> = others.iter().map(Finder::new).collect();
        let (mut rows, mut from) = (Vec::new(), 0);
        let mut row = 0;
        while let Some(at) = finder.find(&text[from..]).map(|at| at + from) {
            // Behind the row that was met last; most rows of a rare word are far off.
            row += self.starts[row..].partition_point(|start| *start as usize <= at) - 1;
            let within = self.words_of(row).as_bytes();
            if others.iter().all(|one| one.find(within).is_some()) {
                rows.push(row as u32);
            }
            let Some(next) = self.starts.get(row + 1) else { break };
            from = *next as usize;
            row += 1;
        }
        Some(rows)
    }

    /// What a query finds.
    #[must_use]
    pub fn find(&self, query: &Query) -> Matches {
        // Of each facet from which something was chosen, which values hold.
        let mut wanted: [Option<Vec<bool>>; FACETS] = Default::default();
        for (facet, values) in &query.chosen {
            let column = &self.columns[*facet as usize];
            let mut holds = vec![false; column.values.len()];
            for value in values {
                if let Some(number) = column.numbers.get(value.as_str()) {
                    holds[*number as usize] = true;
                }
            }
            wanted[*facet as usize] = Some(holds);
        }
        let seen = query.places.as_ref().map(|places| self.seen_from(places));
        let mut counts: Vec<Vec<u64>> =
            self.columns.iter().map(|column| vec![0; column.values.len()]).collect();
        let mut rows = Vec::new();
        let mut count = |row: u32| {
            let at = row as usize;
            let place = || self.columns[Facet::Place as usize].rows[at] as usize;
            if seen.as_ref().is_some_and(|seen| !seen[place()]) {
                return;
            }
            let mut missing = None;
            for (facet, holds) in wanted.iter().enumerate() {
                let Some(holds) = holds else { continue };
                if holds[self.columns[facet].rows[at] as usize] {
                    continue;
                }
                if missing.replace(facet).is_some() {
                    return;
                }
            }
            match missing {
                // Only this facet speaks against it: without it the row would be shown.
                Some(facet) => counts[facet][self.columns[facet].rows[at] as usize] += 1,
                None => {
                    rows.push(row);
                    for (column, counts) in self.columns.iter().zip(&mut counts) {
                        counts[column.rows[at] as usize] += 1;
                    }
                }
            }
        };
        match self.sought(&query.words) {
            Some(rows) => rows.into_iter().for_each(&mut count),
            None => (0..self.devices.len() as u32).for_each(&mut count),
        }
        let facets = Facet::ALL.into_iter().zip(counts).map(|(facet, counts)| {
            let values = &self.columns[facet as usize].values;
            let mut of: Counts =
                values.iter().cloned().zip(counts).filter(|(_, count)| *count > 0).collect();
            of.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
            (facet, of)
        });
        Matches { facets: facets.collect(), rows }
    }
}

/// The words of a device as the list keeps them, each once.
pub(crate) fn words_of<'w>(words: impl Iterator<Item = &'w str>) -> String {
    let mut all: Vec<String> = Vec::new();
    for word in words.map(squeezed).filter(|word| !word.is_empty()) {
        if !all.contains(&word) {
            all.push(word);
        }
    }
    all.join(PART.encode_utf8(&mut [0; 4]))
}
