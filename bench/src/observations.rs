//! Observations without repetition, matched against the whole base on one core; beside it a linear
//! scan: the regex crate's `RegexSet` of each field over the same patterns. Both must say the
//! same of every value.
//!
//! `cargo run --release -p whomade-bench --bin observations -- [OBSERVATIONS]`, from the
//! repository's root

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use regex::bytes::{RegexSet, RegexSetBuilder};
use whomade_bench::{core_time, files_of};
use whomade_core::evidence::{Read, Reader};
use whomade_core::kb::registry::Registry;
use whomade_core::kb::{Base, Facts, glob};
use whomade_core::observation::{Device, Field, Observation};

/// Memory that the automata of one field's set may take.
const SET_BYTES_MAX: usize = 256 << 20;

fn main() -> io::Result<()> {
    let count: usize =
        std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(1_000_000);
    let mut out = io::stdout().lock();
    let files = files_of(Path::new("kb"))?;
    let (facts, said) = Facts::read(&files);
    if facts.signatures.is_empty() || !said.is_empty() {
        return Err(io::Error::other("run from the repository's root, on a base without errors"));
    }
    let templates = templates(&facts);
    let mut hits = Vec::new();
    // What is made at the first value of a field, or at the first that fits, is made here.
    let mut sets = Sets::default();
    let sets_ready = core_time(|| {
        sets = Sets::of(&facts);
        for (field, value) in &templates {
            sets.matches(*field, value, &mut hits);
        }
    });
    let base = Base::new(facts, Registry::new(fs::read("kb/imported/oui.tsv")?));
    let ours_ready = core_time(|| {
        for (field, value) in &templates {
            base.fire(*field, value, &mut hits);
        }
    });
    let seen = unique(&templates, count);
    writeln!(
        out,
        "{} observations, each value once, made from {} examples and counter-examples of {} fields",
        seen.len(),
        templates.len(),
        sets.by_field.len()
    )?;

    writeln!(
        out,
        "every field's patterns ready: the base {:.0} ms, the sets {:.0} ms",
        1e3 * ours_ready.as_secs_f64(),
        1e3 * sets_ready.as_secs_f64()
    )?;
    let mut fired = 0;
    let ours = core_time(|| {
        for (field, value) in &seen {
            base.fire(*field, value, &mut hits);
            fired += hits.len();
        }
    });
    let mut scanned = 0;
    let linear = core_time(|| {
        for (field, value) in &seen {
            sets.matches(*field, value, &mut hits);
            scanned += hits.len();
        }
    });
    agree(&base, &sets, &seen)?;
    let devices: Vec<Device> = seen.iter().map(device).collect();
    let mut reader = Reader::new(&base);
    let mut read = Read::default();
    let mut evidence = 0;
    let whole = core_time(|| {
        for device in &devices {
            reader.read_into(device, &mut read);
            evidence += read.evidence.len();
        }
    });
    report(&mut out, "matched by the base", seen.len(), ours, linear, fired)?;
    report(&mut out, "read into evidence, one device each", seen.len(), whole, linear, evidence)?;
    report(&mut out, "linear: a RegexSet for each field", seen.len(), linear, linear, scanned)
}

fn device((field, value): &(Field, String)) -> Device {
    let observations = vec![Observation::new(*field, value.as_str())];
    Device { observations, ..Device::default() }
}

/// Whether both say the same of every value.
fn agree(base: &Base, sets: &Sets, seen: &[(Field, String)]) -> io::Result<()> {
    let (mut hits, mut theirs) = (Vec::new(), Vec::new());
    for (field, value) in seen {
        base.fire(*field, value, &mut hits);
        sets.matches(*field, value, &mut theirs);
        let id = |hit: &u32| base.signatures[*hit as usize].id.as_str();
        // A customer's code is looked up in what a grammar found; it is no pattern.
        let ids: HashSet<&str> =
            hits.iter().map(id).filter(|id| !sets.codes.contains(*id)).collect();
        let theirs: HashSet<&str> = theirs.iter().map(|at| sets.id(*field, *at)).collect();
        if ids != theirs {
            return Err(io::Error::other(format!("{field} {value:?}: {ids:?}, {theirs:?}")));
        }
    }
    Ok(())
}

fn report(
    out: &mut dyn Write,
    name: &str,
    count: usize,
    took: Duration,
    linear: Duration,
    hits: usize,
) -> io::Result<()> {
    writeln!(
        out,
        "{name:<40} {:>7.2} s {:>10.0} observations/s {:>6.1} × linear, {hits} hits",
        took.as_secs_f64(),
        count as f64 / took.as_secs_f64(),
        linear.as_secs_f64() / took.as_secs_f64()
    )
}

/// The same patterns as expressions, a set for each field.
#[derive(Default)]
struct Sets {
    /// The ids of customers' codes.
    codes: HashSet<String>,
    by_field: BTreeMap<Field, (RegexSet, Vec<String>)>,
}

impl Sets {
    fn of(facts: &Facts) -> Self {
        let mut all: BTreeMap<Field, Vec<(String, String)>> = BTreeMap::new();
        let mut codes = HashSet::new();
        for (name, file) in &facts.signatures {
            let Some(field) = Field::from_id(name) else { continue };
            for one in file.signatures.iter().filter(|one| one.withdrawn.is_none()) {
                if one.customer.is_some() {
                    codes.insert(one.id.clone());
                    continue;
                }
                let forms = Forms {
                    equals: &one.equals,
                    prefix: &one.prefix,
                    contains: &one.contains,
                    regex: one.regex.as_deref(),
                };
                let expression = forms.expression(one.ignore_case, str::to_owned);
                all.entry(field).or_default().push((one.id.clone(), expression));
            }
        }
        for file in facts.models.values() {
            let fields = [Field::Model, Field::Serial, Field::Firmware];
            for (field, list) in
                fields.into_iter().zip([&file.models, &file.serials, &file.firmwares])
            {
                for one in list.iter().filter(|one| one.withdrawn.is_none()) {
                    let forms = Forms {
                        equals: &one.equals,
                        prefix: &one.prefix,
                        contains: &[],
                        regex: one.regex.as_deref(),
                    };
                    let plain = |text: &str| match field {
                        Field::Model => glob::squeeze(text),
                        _ => text.to_owned(),
                    };
                    let expression = forms.expression(false, plain);
                    all.entry(field).or_default().push((one.id.clone(), expression));
                }
            }
        }
        let set = |list: Vec<(String, String)>| {
            let (ids, expressions): (Vec<_>, Vec<_>) = list.into_iter().unzip();
            let mut builder = RegexSetBuilder::new(expressions);
            let builder = builder.unicode(false).size_limit(SET_BYTES_MAX);
            // A cache too small would make its automaton anew all the time.
            let set = builder.dfa_size_limit(SET_BYTES_MAX).build();
            (set.unwrap_or_else(|_| RegexSet::empty()), ids)
        };
        let by_field = all.into_iter().map(|(field, list)| (field, set(list))).collect();
        Self { codes, by_field }
    }

    fn matches(&self, field: Field, value: &str, hits: &mut Vec<u32>) {
        hits.clear();
        if let Some((set, _)) = self.by_field.get(&field) {
            hits.extend(set.matches(value.as_bytes()).iter().map(|at| at as u32));
        }
    }

    fn id(&self, field: Field, at: u32) -> &str {
        self.by_field.get(&field).map_or("", |(_, ids)| ids[at as usize].as_str())
    }
}

/// The forms of one pattern.
struct Forms<'f> {
    equals: &'f [String],
    prefix: &'f [String],
    contains: &'f [String],
    regex: Option<&'f str>,
}

impl Forms<'_> {
    fn expression(&self, ignore_case: bool, plain: impl Fn(&str) -> String) -> String {
        let escape = |text: &String| regex::escape(&plain(text));
        let equals = self.equals.iter().map(|one| format!("^(?:{})$", escape(one)));
        let prefix = self.prefix.iter().map(|one| format!("^(?:{})", escape(one)));
        let contains = self.contains.iter().map(escape);
        let regex = self.regex.iter().map(|one| format!("(?:{one})"));
        let all: Vec<String> = equals.chain(prefix).chain(contains).chain(regex).collect();
        let case = if ignore_case { "(?i)" } else { "" };
        format!("{case}(?:{})", all.join("|"))
    }
}

/// Every example and counter-example with its field.
fn templates(facts: &Facts) -> Vec<(Field, String)> {
    let mut all = Vec::new();
    for (name, file) in &facts.signatures {
        let Some(field) = Field::from_id(name) else { continue };
        for one in &file.signatures {
            let values = one.example.iter().chain(&one.counter_example);
            all.extend(values.map(|value| (field, value.clone())));
        }
    }
    for file in facts.models.values() {
        let lists = [&file.models, &file.serials, &file.firmwares];
        for (field, list) in [Field::Model, Field::Serial, Field::Firmware].into_iter().zip(lists) {
            for one in list {
                let values = one.example.iter().chain(&one.counter_example);
                all.extend(values.map(|value| (field, value.clone())));
            }
        }
    }
    for (field, value) in &mut all {
        if *field == Field::Model {
            *value = glob::squeeze(value);
        }
    }
    all
}

/// So many values, none twice: digits of the examples changed, or a number put behind where an
/// example has too few.
fn unique(templates: &[(Field, String)], count: usize) -> Vec<(Field, String)> {
    const DIGITS: u32 = 6;
    let mut known = HashSet::new();
    let mut all = Vec::with_capacity(count);
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    while all.len() < count {
        for (field, template) in templates {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let mut number = state;
            let digits = template.bytes().filter(u8::is_ascii_digit).count();
            let mut value: String = template
                .chars()
                .map(|c| {
                    if !c.is_ascii_digit() {
                        return c;
                    }
                    let digit = (number % 10) as u8;
                    number /= 10;
                    char::from(b'0' + digit)
                })
                .collect();
            if digits < DIGITS as usize {
                value.push_str(&(state % 10_u64.pow(DIGITS)).to_string());
            }
            if known.insert((*field, value.clone())) {
                all.push((*field, value));
            }
        }
    }
    all.truncate(count);
    all
}
