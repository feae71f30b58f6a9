//! An imported advisory as the file it becomes.

use std::collections::{BTreeMap, BTreeSet};

use whomade_core::exposure::Stamp;
use whomade_core::kb::Base;
use whomade_core::kb::lint::scored;
use whomade_core::kb::schema::VersionForm;
use whomade_core::report::clean_to;
use whomade_formats::read::catalogue::{Hole, Kind, Product, Range, Told};

use super::short_hash;

/// What stands at the head of every such file: one without it is somebody's own.
pub(super) const MARK: &str = "# Written by `whomade kb import advisories`";
/// Signs of a title.
const TITLE_CHARS_MAX: usize = 160;
/// Signs of a model number, and of a version.
const MODEL_CHARS_MAX: usize = 64;
/// Models of one range.
const MODELS_MAX: usize = 5_000;

/// Where a record comes from.
#[derive(Debug, Clone)]
pub(super) struct Source {
    pub(super) id: String,
    kind: Kind,
    name: String,
    day: Option<String>,
    edition: Option<String>,
    hash: String,
}

impl Source {
    pub(super) fn of(name: &str, hash: &str, told: &Told) -> Self {
        let day = told.day.as_deref().filter(|day| is_day(day)).map(str::to_owned);
        let when = day.as_deref().unwrap_or("undated");
        Self {
            id: format!("imported-{}-{when}-{}", told.kind.word(), short_hash(hash)),
            kind: told.kind,
            name: name.to_owned(),
            edition: told.edition.clone(),
            hash: hash.to_owned(),
            day,
        }
    }

    /// As a file of `sources/`.
    pub(super) fn text(&self) -> String {
        let title = format!("{}: {}", self.kind.words(), self.name);
        let mut text = format!("{MARK}.\ntitle = {}\n", quoted(&clean_to(&title, TITLE_CHARS_MAX)));
        text +=
            &self.day.as_ref().map(|day| format!("date = {}\n", quoted(day))).unwrap_or_default();
        text += "reading = \"secondary\"\n";
        let edition =
            self.edition.as_ref().map(|one| format!("edition {one}; ")).unwrap_or_default();
        let note =
            format!("{edition}SHA-256 {}. Taken over by a program; nobody read it.", self.hash);
        text + &format!("note = {}\n", quoted(&clean_to(&note, TITLE_CHARS_MAX * 2)))
    }
}

fn is_day(text: &str) -> bool {
    text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
}

/// An advisory that is to be written.
#[derive(Debug, Clone)]
pub(super) struct Written {
    cve: String,
    title: String,
    maker: String,
    form: VersionForm,
    score: Option<f64>,
    vector: Option<String>,
    published: Option<String>,
    prefix: BTreeSet<String>,
    /// Ranges with the models of each.
    rows: BTreeMap<Row, BTreeSet<String>>,
    pub(super) source: Source,
}

/// A range as it is written; all empty: no version is stated.
type Row = Range;

impl Written {
    pub(super) fn of(
        base: &Base,
        hole: &Hole,
        (maker, products): (&str, &[&Product]),
        source: &Source,
    ) -> Self {
        let form = form_of(base, maker, products);
        let mut rows: BTreeMap<Row, BTreeSet<String>> = BTreeMap::new();
        for product in products {
            let (model, precise) = model(&product.name);
            for range in &product.ranges {
                // A range of something that is no model would be one of all that the maker makes.
                let row = if precise { readable(range, form) } else { Row::default() };
                let models = rows.entry(row).or_default();
                if models.len() < MODELS_MAX {
                    models.insert(model.clone());
                }
            }
        }
        let siblings = base.facts.advisories.values().filter(|one| one.maker == maker);
        let name = base.maker(maker).map_or(maker, |of| base.name(of));
        let title = clean_to(hole.title.trim(), TITLE_CHARS_MAX);
        let title = if title.is_empty() { format!("Hole in {name}'s firmware") } else { title };
        let vector = hole.vector.as_ref().filter(|text| is_vector(text)).cloned();
        Self {
            cve: hole.cve.clone(),
            title,
            maker: maker.to_owned(),
            form,
            // The vector gives the score, whatever the record says beside it.
            score: match &vector {
                Some(vector) => scored(vector),
                None => hole.score.filter(|score| (0.0..=10.0).contains(score)),
            },
            vector,
            published: hole.published.map(|day| day.to_string()),
            prefix: siblings.flat_map(|one| one.prefix.iter().cloned()).collect(),
            rows,
            source: source.clone(),
        }
    }

    /// How much it says: its ranges, then whose record it is.
    pub(super) fn rank(&self) -> (usize, usize) {
        let ranged = self.rows.keys().filter(|row| **row != Row::default()).count();
        let kind = match self.source.kind {
            Kind::Csaf => 3,
            Kind::Cve => 2,
            _ => 1,
        };
        (ranged, kind)
    }

    /// As a file of `advisories/`.
    pub(super) fn text(&self) -> String {
        let (ranged, kind) = self.rank();
        let mut text =
            format!("{MARK}; says {ranged} {kind}. Make it yours by taking this line out.\n");
        let mut line = |key: &str, value: String| text += &format!("{key} = {value}\n");
        line("cve", quoted(&self.cve));
        line("title", quoted(&self.title));
        line("maker", quoted(&self.maker));
        line("form", quoted(form_word(self.form)));
        if let Some(score) = self.score {
            line("score", format!("{score:.1}"));
        }
        if let Some(vector) = &self.vector {
            line("cvss", quoted(vector));
        }
        if let Some(day) = &self.published {
            line("published", day.clone());
        }
        line("grade", quoted("imported"));
        if !self.prefix.is_empty() {
            line("prefix", list(&self.prefix));
        }
        line("sources", list([&self.source.id]));
        for (row, models) in &self.rows {
            text += &format!("\n[[affected]]\nmodels = {}\n", list(models));
            text += &bounds(row);
        }
        text
    }
}

/// The rank that a written file says of itself.
pub(super) fn rank_of(text: &str) -> (usize, usize) {
    let said = || {
        let rest = text.strip_prefix(MARK)?.strip_prefix("; says ")?;
        let mut numbers = rest.split(['.', ' ']).map(str::parse);
        Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
    };
    said().unwrap_or_default()
}

fn bounds(row: &Row) -> String {
    let Range { from, before, until, exact } = row;
    if let Some(exact) = exact {
        return format!("exact = [{}]\n", quoted(exact));
    }
    if before.is_none() && until.is_none() {
        return "unstated = true\n".to_owned();
    }
    let pairs = [("from", from), ("before", before), ("until", until)];
    let line = |(key, value): (&str, &Option<String>)| {
        value.as_ref().map(|value| format!("{key} = {}\n", quoted(value)))
    };
    let mut text: String = pairs.into_iter().filter_map(line).collect();
    // A record that names the last affected version says nothing of what closes the hole.
    if before.is_none() {
        text += "after = \"unknown\"\n";
    }
    text
}

/// How the maker writes versions: as in what was read of it, where all bounds can be read so.
fn form_of(base: &Base, maker: &str, products: &[&Product]) -> VersionForm {
    let ranges = || products.iter().flat_map(|one| &one.ranges);
    let bounds: Vec<&String> =
        ranges().flat_map(|one| [&one.from, &one.before, &one.until]).flatten().collect();
    let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
    let forms = [VersionForm::Build, VersionForm::Fields, VersionForm::Platform];
    let place = |form: VersionForm| forms.iter().position(|one| *one == form);
    for one in base.facts.advisories.values().filter(|one| one.maker == maker) {
        if let Some(at) = place(one.form) {
            *counts.entry(at).or_default() += 1;
        }
    }
    // Only a form that somebody found to be this maker's: an order that is guessed accuses.
    let mut known: Vec<(usize, usize)> =
        counts.into_iter().map(|(at, count)| (count, at)).collect();
    known.sort_by(|one, other| other.0.cmp(&one.0).then(one.1.cmp(&other.1)));
    let reads = |at: usize| bounds.iter().any(|text| Stamp::read(forms[at], text).is_some());
    let chosen = known.iter().find(|(_, at)| reads(*at)).or(known.first());
    match chosen {
        Some((_, at)) if !bounds.is_empty() => forms[*at],
        _ => VersionForm::Whole,
    }
}

/// A range of which every bound can be read and which does not end before it begins; else one that
/// says nothing.
fn readable(range: &Range, form: VersionForm) -> Row {
    let fits = |text: &Option<String>| {
        text.as_ref().is_none_or(|text| {
            text.chars().count() <= MODEL_CHARS_MAX && Stamp::read(form, text).is_some()
        })
    };
    if let Some(exact) = &range.exact {
        let plain = exact.chars().count() <= MODEL_CHARS_MAX
            && exact.split_whitespace().count() <= 3
            && exact.chars().any(|c| c.is_ascii_digit())
            && (form == VersionForm::Whole || Stamp::read(form, exact).is_some());
        return if plain { range.clone() } else { Row::default() };
    }
    if form == VersionForm::Whole
        || ![&range.from, &range.before, &range.until].into_iter().all(fits)
    {
        return Row::default();
    }
    let stamp = |text: &Option<String>| text.as_ref().and_then(|text| Stamp::read(form, text));
    let (from, end) = (stamp(&range.from), stamp(&range.before).or_else(|| stamp(&range.until)));
    let end_text = range.before.as_ref().or(range.until.as_ref());
    let numbers = range.from.as_deref().map(numbers).zip(end_text.map(|text| numbers(text)));
    let turned = from.zip(end).is_some_and(|(from, end)| match from.against(&end) {
        Ok(order) => order == std::cmp::Ordering::Greater,
        // Of versions that are not written alike the numbers in front say enough.
        Err(_) => numbers.is_some_and(|(from, end)| from > end),
    });
    if turned { Row::default() } else { range.clone() }
}

/// The numbers in front of a version, in the order in which they count.
fn numbers(version: &str) -> Vec<u64> {
    let from = version.find(|c: char| c.is_ascii_digit()).unwrap_or(version.len());
    let run = version[from..].split(|c: char| !c.is_ascii_digit() && c != '.').next();
    run.unwrap_or_default().split('.').filter_map(|part| part.parse().ok()).collect()
}

/// A product as a pattern of model numbers, and whether it is one at all. `IPC-HX5XXX` stands for
/// a series: a run of two or more X is any sign each, and more may follow.
fn model(name: &str) -> (String, bool) {
    let name = name.trim();
    let is_letter = |c: char| c.is_ascii_alphanumeric() || "-_/().+".contains(c);
    let plain = !name.is_empty()
        && name.chars().count() <= MODEL_CHARS_MAX
        && name.chars().all(is_letter)
        && name.chars().any(|c| c.is_ascii_digit())
        && name.chars().any(|c| c.is_ascii_alphabetic());
    if !plain {
        return ("*".to_owned(), false);
    }
    let name = name.to_uppercase();
    let mut pattern = String::new();
    let mut rest = name.as_str();
    while !rest.is_empty() {
        let run = rest.chars().take_while(|c| *c == 'X').count();
        match run {
            0 | 1 => {
                let next = rest.chars().next().unwrap_or_default();
                pattern.push(next);
                rest = &rest[next.len_utf8()..];
            }
            run => {
                pattern.extend(std::iter::repeat_n('?', run));
                rest = &rest[run..];
                if rest.is_empty() {
                    pattern.push('*');
                }
            }
        }
    }
    (pattern, true)
}

fn is_vector(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || ":/.".contains(c);
    text.len() <= 200 && text.starts_with("CVSS:") && text.chars().all(plain)
}

const fn form_word(form: VersionForm) -> &'static str {
    match form {
        VersionForm::Build => "build",
        VersionForm::Fields => "fields",
        VersionForm::Platform => "platform",
        VersionForm::Whole => "whole",
    }
}

/// A text as TOML writes it. JSON escapes as TOML does, but for one sign.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string().replace('\u{7f}', "\\u007F")
}

fn list<T: AsRef<str>>(all: impl IntoIterator<Item = T>) -> String {
    let all: Vec<String> = all.into_iter().map(|one| quoted(one.as_ref())).collect();
    format!("[{}]", all.join(", "))
}

#[cfg(test)]
mod tests {
    use super::{Range, Row, model, rank_of, readable};
    use whomade_core::kb::schema::VersionForm;

    #[test]
    fn a_range_that_ends_before_it_begins_decides_nothing_however_it_is_written() {
        let range = |from: &str, before: &str| Range {
            from: Some(from.to_owned()),
            before: Some(before.to_owned()),
            ..Range::default()
        };
        for (from, before) in [
            ("5.5.0", "5.2.0"),
            ("V5.5.0", "5.2.0"),
            ("V5.5.0 build 210101", "5.2"),
            ("2.800.0000000.1.R", "V2.622.0000000.3.R"),
        ] {
            let forms = [VersionForm::Fields, VersionForm::Platform, VersionForm::Build];
            for form in forms {
                assert_eq!(readable(&range(from, before), form), Row::default(), "{from} {before}");
            }
            let straight = range(before, from);
            let kept = forms.iter().filter(|form| readable(&straight, **form) == straight);
            assert!(kept.count() > 0, "{before} {from}");
        }
    }

    #[test]
    fn a_series_is_a_pattern_and_a_sentence_is_no_model() {
        for (name, pattern) in [
            ("ds-2cd2026g2-iu/sl", "DS-2CD2026G2-IU/SL"),
            ("IPC-HUM7xxx", "IPC-HUM7???*"),
            ("IPC-HX1XX-Z", "IPC-HX1??-Z"),
            ("NVR4XXX-4KS2", "NVR4???-4KS2"),
        ] {
            assert_eq!(model(name), (pattern.to_owned(), true));
        }
        for name in ["", "IP cameras", "n/a", "camera", "12", "a*1", "x\u{1b}1"] {
            assert!(!model(name).1, "{name}");
        }
        assert_eq!(rank_of("# Written by `whomade kb import advisories`; says 3 2. x"), (3, 2));
        assert_eq!(rank_of(""), (0, 0));
    }
}
