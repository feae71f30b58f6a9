//! What a firmware version says, whoever's it is: numbers in order, the day of build, the code of
//! the customer, the branch. How each maker writes them is a fact of the base.

use std::cmp::Ordering;

use jiff::civil::Date;

use crate::kb::schema::{DateForm, Polarity};
use crate::kb::{Base, Entity};
use crate::observation::Field;
use crate::role::Role;

/// Numbers that are read of one version; no maker is known to write more.
pub const PARTS_MAX: usize = 16;
/// Digits of one number; a longer one is no version's.
pub const PART_DIGITS_MAX: usize = 18;

/// One reading of a firmware version by one grammar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Firmware {
    /// Id of the grammar, an entry of `kb/models/<maker>.toml`.
    pub grammar: String,
    /// Whose grammar it is.
    pub of: Entity,
    /// The version's numbers, the one that counts most first; empty where the grammar finds none.
    pub version: Vec<u64>,
    /// The day of the build.
    pub build: Option<Date>,
    /// The code of the customer for whom it was built; absent in a maker's own build, and where
    /// the maker writes none.
    pub customer: Option<String>,
    /// The family of hardware or branch of code whose numbers count for themselves.
    pub branch: Option<String>,
    /// The model number in it.
    pub model: Option<String>,
    /// The text as it stood there.
    pub raw: String,
}

impl Firmware {
    /// Every reading of a text by the grammars of a base, the best supported grammar first.
    #[must_use]
    pub fn read(base: &Base, text: &str) -> Vec<Self> {
        let mut hits = Vec::new();
        base.fire(Field::Firmware, text, &mut hits);
        hits.retain(|hit| {
            let signature = &base.signatures[*hit as usize];
            signature.role == Role::Firmware && signature.polarity == Polarity::For
        });
        hits.sort_by_key(|hit| std::cmp::Reverse(base.signatures[*hit as usize].grade));
        hits.iter().map(|hit| Self::by(base, *hit, text)).collect()
    }

    fn by(base: &Base, hit: u32, text: &str) -> Self {
        let signature = &base.signatures[hit as usize];
        let group = |name: &str| base.group(hit, text, name);
        let owned = |name: &str| group(name).filter(|held| !held.is_empty()).map(str::to_owned);
        Self {
            grammar: signature.id.clone(),
            of: signature.of,
            version: version_of(&base.parts(hit, text, "version")),
            build: group("date").zip(signature.date).and_then(|(held, form)| date(held, form)),
            customer: owned("customer"),
            branch: owned("branch"),
            model: owned("model"),
            raw: text.to_owned(),
        }
    }

    /// Which of two is the older, by version and then by build.
    ///
    /// `None` where that cannot be told: other grammars, other branches, or builds for other
    /// customers count for themselves; nor can it be told where no version was read, or where the
    /// versions agree and only one of the two says when it was built.
    #[must_use]
    pub fn compare(&self, other: &Self) -> Option<Ordering> {
        let alike = self.grammar == other.grammar
            && self.branch == other.branch
            && self.customer == other.customer;
        let dated = !self.version.is_empty() || self.build.is_some();
        if !alike || !dated || self.version.is_empty() != other.version.is_empty() {
            return None;
        }
        match compare_parts(&self.version, &other.version) {
            Ordering::Equal => match (self.build, other.build) {
                (Some(one), Some(other)) => Some(one.cmp(&other)),
                (None, None) => Some(Ordering::Equal),
                _ => None,
            },
            order => Some(order),
        }
    }

    /// The version as people write it, parted by points; absent where none was read.
    #[must_use]
    pub fn version_text(&self) -> Option<String> {
        let parts: Vec<String> = self.version.iter().map(u64::to_string).collect();
        (!parts.is_empty()).then(|| parts.join("."))
    }
}

/// The groups of a version as one row of numbers. A part that an expression declares and a text
/// leaves out is zero, so that what follows it keeps its place.
fn version_of(groups: &[Option<&str>]) -> Vec<u64> {
    let Some(Some(_)) = groups.first() else { return Vec::new() };
    let each = groups.iter().map(|group| group.map_or(Some(vec![0]), numbers));
    let all: Option<Vec<Vec<u64>>> = each.collect();
    let mut all = all.unwrap_or_default().concat();
    all.truncate(PARTS_MAX);
    all
}

/// The numbers in a text, in order: `5.4.10` gives 5, 4, 10. Nothing where one of them is longer
/// than [`PART_DIGITS_MAX`].
#[must_use]
pub fn numbers(text: &str) -> Option<Vec<u64>> {
    let runs = text.split(|c: char| !c.is_ascii_digit()).filter(|run| !run.is_empty());
    runs.take(PARTS_MAX)
        .map(|run| if run.len() > PART_DIGITS_MAX { None } else { run.parse().ok() })
        .collect()
}

/// Which of two rows of numbers is the older; missing numbers at the end are zero.
#[must_use]
pub fn compare_parts(one: &[u64], other: &[u64]) -> Ordering {
    let part = |row: &[u64], at: usize| row.get(at).copied().unwrap_or(0);
    (0..one.len().max(other.len()))
        .map(|at| part(one, at).cmp(&part(other, at)))
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// The day that is written in this form, if it is one and not before there were such devices.
pub(crate) fn date(written: &str, form: DateForm) -> Option<Date> {
    let part = |from: usize, to: usize| written.get(from..to)?.parse::<i16>().ok();
    let mut parts = written.split(|c: char| !c.is_ascii_alphanumeric()).filter(|p| !p.is_empty());
    let (year, month, day) = match form {
        DateForm::Yymmdd => (2000 + part(0, 2)?, part(2, 4)?, part(4, 6)?),
        DateForm::Yyyymmdd => (part(0, 4)?, part(4, 6)?, part(6, 8)?),
        DateForm::Dashed if !written.contains(['-', '_']) => {
            let form = if written.len() > 6 { DateForm::Yyyymmdd } else { DateForm::Yymmdd };
            return date(written, form);
        }
        DateForm::Dashed => {
            let mut next = || parts.next()?.parse::<i16>().ok();
            (next()?, next()?, next()?)
        }
        DateForm::Words => {
            let name = parts.next()?;
            let month = MONTHS.iter().zip(1..).find(|(known, _)| **known == name)?.1;
            let day = parts.next()?.parse().ok()?;
            (parts.next()?.parse().ok()?, month, day)
        }
    };
    let date = Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    (2000..2100).contains(&year).then_some(date)
}
