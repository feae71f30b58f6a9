//! One device of a baseline, as a line of text: sorted, and the same for the same estate, base and
//! day, so that a version control system shows what changed.

use std::fmt::Write as _;

use jiff::civil::Date;
use sha2::{Digest as _, Sha256};

use super::observed::{Value, observed};
use crate::assembly::{Key, KeyKind, Sort, Traits, plain_name};
use crate::attribution::Certainty;
use crate::observation::{Device, Field};
use crate::report::clean;
use crate::ruling::{MakerFact, Outcome, Ruling};

/// The version of the form.
pub const VERSION: u32 = 2;
/// The first form that keeps what was observed; those before keep only a number of it.
const WITH_OBSERVED: u32 = 2;
/// What a baseline begins with.
pub const BEGINS: &str = "# whomade baseline ";
/// Names of the columns.
pub const COLUMNS: &str =
    "#keys\tname\tlabel\tmodel\tsite\tstands at\tmaker\tcertainty\trulings\tseen\tobserved";
/// Bytes of a line; the longest says what was asked, with all sites.
pub const LINE_BYTES_MAX: u64 = 16 << 20;
/// Keys of one device; a recorder that speaks for more cameras keeps the surest.
const KEYS_MAX: usize = 32;
/// Signs of the number of what was seen.
const SEEN_CHARS: usize = 16;

/// What a baseline was worked out with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The version of its form.
    pub form: u32,
    /// The day asked about.
    pub on: Date,
    /// The base, by its short name.
    pub base: String,
    /// What was asked, as text that the program reads again.
    pub asked: String,
}

impl Header {
    /// As it stands before the devices.
    #[must_use]
    pub fn text(&self) -> String {
        let Self { form, on, base, asked } = self;
        format!("{BEGINS}{form}\n# on {on}\n# base {base}\n# asked {asked}\n{COLUMNS}\n")
    }

    /// The same read again, out of the lines before the devices.
    ///
    /// # Errors
    /// Why it is none.
    pub fn parse(lines: &[String]) -> Result<Self, String> {
        let value = |word: &str| {
            let begins = format!("# {word} ");
            lines.iter().find_map(|line| line.strip_prefix(&begins)).map(str::to_owned)
        };
        let first = lines.first().and_then(|line| line.strip_prefix(BEGINS));
        let Some(version) = first.and_then(|one| one.trim().parse::<u32>().ok()) else {
            return Err("it does not begin as a baseline does".to_owned());
        };
        if version > VERSION {
            return Err(format!("it has form {version}, and this program knows up to {VERSION}"));
        }
        let on = value("on").and_then(|day| day.trim().parse().ok());
        let on = on.ok_or("it does not say for which day it was asked")?;
        let base = value("base").ok_or("it does not say with which base it was worked out")?;
        let asked = value("asked").unwrap_or_default();
        Ok(Self { form: version, on, base, asked })
    }
}

/// A device of a baseline.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// What tells it from others, the surest first, without sites.
    pub keys: Vec<Key>,
    /// What its owner calls it.
    pub name: String,
    /// The label as written.
    pub label: String,
    /// The model as written.
    pub model: String,
    /// What the column of sites says.
    pub site: String,
    /// The sites of `whomade.toml` that claim it.
    pub place: String,
    /// Ids of the makers that lead.
    pub makers: Vec<String>,
    /// How sure that is.
    pub certainty: Certainty,
    /// Of each regime asked its answer, by the regimes' ids.
    pub rulings: Vec<(String, Outcome)>,
    /// The number of everything that was seen of it.
    pub seen: String,
    /// What was seen of it, as far as there is room; empty in the first form.
    pub observed: Vec<Value>,
}

impl Entry {
    /// A device with its answers. `label` is the label as written, `column` what the column of
    /// sites says.
    #[must_use]
    pub fn of(
        (device, label): (&Device, Option<&str>),
        column: Option<&str>,
        place: &str,
        makers: Vec<String>,
        certainty: Certainty,
        rulings: &[Ruling],
    ) -> Self {
        let first = |one, other| {
            let value = device.first(one).or_else(|| device.first(other));
            value.map(clean).unwrap_or_default()
        };
        let mut rulings: Vec<(String, Outcome)> =
            rulings.iter().map(|one| (one.regime.clone(), one.outcome)).collect();
        rulings.sort_unstable();
        Self {
            keys: keys(device),
            name: clean(plain_name(device)),
            label: label.map(clean).unwrap_or_default(),
            model: first(Field::Model, Field::Product),
            site: column.map(clean).unwrap_or_default(),
            place: place.to_owned(),
            makers,
            certainty,
            rulings,
            seen: seen(device),
            observed: observed(device),
        }
    }

    /// The same as a baseline of that form keeps it.
    #[must_use]
    pub fn in_form(mut self, form: u32) -> Self {
        if form < WITH_OBSERVED {
            self.observed.clear();
        }
        self
    }

    /// As a line of a form, without its end.
    #[must_use]
    pub fn line_in(&self, form: u32) -> String {
        let mut line = self.begin();
        if form >= WITH_OBSERVED {
            let observed = self.observed.iter();
            let observed: Vec<String> =
                observed.map(|(field, value)| escaped(&format!("{field}={value}"))).collect();
            line.push('\t');
            line += &observed.join("|");
        }
        line
    }

    /// As a line of the present form, without its end.
    #[must_use]
    pub fn line(&self) -> String {
        self.line_in(VERSION)
    }

    /// What all forms have.
    fn begin(&self) -> String {
        let mut line = String::new();
        let keys: Vec<String> = self.keys.iter().map(|key| escaped(&key.to_string())).collect();
        line += &keys.join("|");
        for text in [&self.name, &self.label, &self.model, &self.site, &self.place] {
            line.push('\t');
            line += &escaped(text);
        }
        let makers: Vec<String> = self.makers.iter().map(|one| escaped(one)).collect();
        let rulings = self.rulings.iter().map(|(id, outcome)| format!("{}={outcome}", escaped(id)));
        let rulings: Vec<String> = rulings.collect();
        let (makers, rulings) = (makers.join("|"), rulings.join("|"));
        let _ = write!(line, "\t{makers}\t{}\t{rulings}\t{}", self.certainty, self.seen);
        line
    }

    /// The same read again; none when it is no such line.
    #[must_use]
    pub fn parse(line: &str) -> Option<Self> {
        let mut cells: Vec<&str> = line.split('\t').collect();
        // The first form ends before it.
        let observed = if cells.len() > 10 { cells.pop() } else { None };
        let [keys, name, label, model, site, place, makers, certainty, rulings, seen] =
            <[&str; 10]>::try_from(cells).ok()?;
        let list = |cell: &str| -> Option<Vec<String>> {
            if cell.is_empty() {
                return Some(Vec::new());
            }
            cell.split('|').map(unescaped).collect()
        };
        let keys = list(keys)?.iter().map(|key| Key::parse(key)).collect::<Option<_>>()?;
        let ruling = |text: String| {
            let (id, word) = text.rsplit_once('=')?;
            Some((id.to_owned(), Outcome::from_word(word)?))
        };
        Some(Self {
            keys,
            name: unescaped(name)?,
            label: unescaped(label)?,
            model: unescaped(model)?,
            site: unescaped(site)?,
            place: unescaped(place)?,
            makers: list(makers)?,
            certainty: Certainty::from_word(certainty)?,
            rulings: list(rulings)?.into_iter().map(ruling).collect::<Option<_>>()?,
            seen: seen.to_owned(),
            observed: list(observed.unwrap_or_default())?
                .into_iter()
                .map(|text| {
                    text.split_once('=').map(|(id, value)| (id.to_owned(), value.to_owned()))
                })
                .collect::<Option<_>>()?,
        })
    }

    /// What a regime said; none where it was not asked.
    #[must_use]
    pub fn ruling(&self, regime: &str) -> Option<Outcome> {
        self.rulings.iter().find(|(id, _)| id == regime).map(|(_, outcome)| *outcome)
    }

    /// Whether any regime names its maker.
    #[must_use]
    pub fn named(&self) -> bool {
        let found = self.rulings.iter().any(|(_, outcome)| outcome.is_finding());
        found && self.certainty >= Certainty::Possible
    }

    /// Its maker, as far as a ruling may rely on it.
    #[must_use]
    pub fn maker(&self) -> MakerFact<'_> {
        match self.makers.as_slice() {
            [] => MakerFact::Unknown,
            [one] if self.certainty >= Certainty::Probable => MakerFact::Firm(one),
            all => MakerFact::Tentative(all.iter().map(String::as_str).collect()),
        }
    }

    /// Its keys of a kind.
    pub fn keys_of(&self, kind: KeyKind) -> impl Iterator<Item = &Key> {
        self.keys.iter().filter(move |key| key.kind == kind)
    }

    /// What it is called where there is room for a few words: its name, or its surest key.
    #[must_use]
    pub fn called(&self) -> String {
        let numbered =
            self.name.strip_prefix("line ").is_some_and(|rest| rest.parse::<u64>().is_ok());
        match self.keys.first() {
            Some(key) if self.name.is_empty() || numbered => key.to_string(),
            _ => self.name.clone(),
        }
    }
}

/// The keys of a device as [`Traits`] finds them, and its name, which here may be any: it joins
/// only where it stands once on either side.
fn keys(device: &Device) -> Vec<Key> {
    let traits = Traits::of(device, Sort::Sighting, 0, None);
    let mut keys: Vec<Key> = traits
        .keys
        .into_iter()
        .filter_map(|key| {
            // The one form in which it is read again.
            Key::parse(&clean(&key.to_string()))
        })
        .collect();
    let name = clean(plain_name(device).trim());
    let numbered = name.strip_prefix("line ").is_some_and(|rest| rest.parse::<u64>().is_ok());
    let repeats = device.observations.iter().any(|seen| seen.value.eq_ignore_ascii_case(&name));
    if !name.is_empty() && !numbered && !repeats {
        keys.extend(Key::parse(&format!("name:{name}")));
    }
    keys.sort_unstable();
    keys.dedup();
    keys.truncate(KEYS_MAX);
    keys
}

/// A number for everything that was seen of a device, in whatever order.
fn seen(device: &Device) -> String {
    let mut all: Vec<(&str, &str)> =
        device.observations.iter().map(|one| (one.field.id(), one.value.as_str())).collect();
    all.sort_unstable();
    all.dedup();
    let mut hash = Sha256::new();
    for (field, value) in all {
        hash.update(format!("{field} {} ", value.len()));
        hash.update(value);
    }
    hash.update(device.installed.map(|day| day.to_string()).unwrap_or_default());
    let digits = hash.finalize();
    let mut text = String::with_capacity(SEEN_CHARS);
    for byte in digits.iter().take(SEEN_CHARS / 2) {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// A text without the signs that part a line.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '%' | '|' | '\t' | '\n' | '\r' => {
                let _ = write!(out, "%{:02X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out
}

fn unescaped(text: impl AsRef<str>) -> Option<String> {
    let mut out = String::new();
    let mut parts = text.as_ref().split('%');
    out += parts.next()?;
    for part in parts {
        let digits = part.get(..2)?;
        out.push(char::from(u8::from_str_radix(digits, 16).ok().filter(u8::is_ascii)?));
        out += &part[2..];
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::Observation;

    #[test]
    fn a_line_is_read_again_as_it_was_written() {
        let mut device = Device { name: "Gate|4\t100%".into(), ..Device::default() };
        for (field, value) in [
            (Field::Serial, "D 1234 5678"),
            (Field::Mac, "44:19:B6:0A:1C:33"),
            (Field::Ip, "192.0.2.1"),
            (Field::Model, "A=B|C"),
            (Field::HttpTitle, "100% = |\t\u{202e}"),
        ] {
            device.observations.push(Observation::new(field, value));
        }
        let makers = vec!["hikvision".to_owned()];
        let mut entry = Entry::of(
            (&device, device.first(Field::Label)),
            Some("Depot"),
            "",
            makers,
            Certainty::Probable,
            &[],
        );
        entry.rulings = vec![("own=rule".to_owned(), Outcome::Barred)];
        let line = entry.line();
        assert!(!line.contains('\u{202e}'), "{line}");
        assert_eq!(Entry::parse(&line), Some(entry.clone()), "{line}");
        assert_eq!(entry.keys.len(), 4, "{line}");
        assert_eq!(entry.maker(), MakerFact::Firm("hikvision"));
        // An older form has no room for what was seen.
        let older = entry.clone().in_form(1);
        assert_eq!(Entry::parse(&entry.line_in(1)), Some(older.clone()));
        assert!(!entry.observed.is_empty() && older.observed.is_empty());
        for wrong in ["", "a\tb", &line.replace("probable", "sure"), &format!("{line}\t")] {
            assert_eq!(Entry::parse(wrong), None, "{wrong}");
        }
        assert_eq!(unescaped("%GG"), None);
        assert_eq!(unescaped("%é"), None);
    }

    #[test]
    fn a_header_is_read_again_and_a_newer_one_refused() {
        let on = "2026-10-01".parse().unwrap();
        let header = Header { form: VERSION, on, base: "abc".to_owned(), asked: "{}".to_owned() };
        let lines: Vec<String> = header.text().lines().map(str::to_owned).collect();
        assert_eq!(Header::parse(&lines), Ok(header));
        let newer = vec![format!("{BEGINS}9")];
        assert!(Header::parse(&newer).unwrap_err().contains("form 9"));
        assert!(Header::parse(&[]).is_err());
    }
}
