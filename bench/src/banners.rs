//! Banners against a pack in recog's form, on one core: the single-line examples of a checkout
//! that you have, shuffled, and then as many variants of them as you say, none twice; beside it
//! every expression of the same file tried one by one in recog's order, which is also the oracle:
//! each difference in the first answer is listed.
//!
//! `cargo run --release -p whomade-bench --bin banners -- --recog DIR [--count N]
//! [--against COMMAND ARGUMENT…]`
//!
//! The command behind `--against` is run as `COMMAND ARGUMENT… FILE -` once for each file of the
//! pack, gets one banner a line on standard input, and prints one line of JSON for each, as recog's
//! own `recog_match -f json` does: `{"match": {"matched": "its description", …}}`, or null. No
//! other command is run, and nothing is fetched.

use std::collections::{BTreeMap, HashSet};
use std::fs::{self, File};
use std::hint::black_box;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use regex::bytes::{Regex, RegexBuilder};
use whomade_bench::core_time;
use whomade_core::pack::{Fingerprint, PackFile, Packs, Rule, RuleSet, Scratch};
use whomade_formats::read::pack_file;

#[path = "banners/against.rs"]
mod against;

/// Variants when nothing else is asked.
const COUNT: usize = 1_000_000;
/// Variants that the linear scan tries: it takes a thousand times as long.
const SCANNED: usize = 20_000;
/// Differences that are listed of each case.
const LISTED_MAX: usize = 500;
/// Times that short lists are run: the clock of a core may tell no less than four milliseconds.
const ROUNDS: u32 = 20;
/// Banners below which a list is short.
const SHORT: usize = 100_000;
/// The seed of everything that is drawn.
const SEED: u64 = 0x9e37_79b9_7f4a_7c15;

/// A banner, and with which of the files it goes.
struct Banner {
    file: usize,
    value: Vec<u8>,
}

/// The expressions of one file, tried one by one: nothing of ours but the XML is in them.
struct Linear {
    file: PackFile,
    /// By bytes, and by characters for texts beyond ASCII.
    expressions: Vec<[Option<Regex>; 2]>,
}

impl Linear {
    fn new(file: PackFile) -> Self {
        let all = file.fingerprints.iter();
        let both = |wide| move |one: &Fingerprint| linear(&one.pattern, &one.flags, wide);
        let expressions = all.map(|one| [false, true].map(|wide| both(wide)(one))).collect();
        Self { file, expressions }
    }

    /// The place of the first that matches.
    fn first(&self, value: &[u8]) -> Option<usize> {
        let wide = usize::from(!value.is_ascii() && std::str::from_utf8(value).is_ok());
        let matches = |one: &Regex| one.is_match(value);
        self.expressions.iter().position(|one| one[wide].as_ref().is_some_and(matches))
    }

    fn line(&self, value: &[u8]) -> Option<u64> {
        self.first(value).map(|at| self.file.fingerprints[at].line)
    }
}

/// An expression for the engine, by the plainest means: in packs `m` lets a dot take line breaks.
fn linear(pattern: &str, flags: &str, wide: bool) -> Option<Regex> {
    let mut text = pattern.to_owned();
    for (theirs, ours) in [("(?m", "(?s"), ("(?im", "(?is"), ("(?mi", "(?si")] {
        for end in [":", ")"] {
            text = text.replace(&format!("{theirs}{end}"), &format!("{ours}{end}"));
        }
    }
    if wide {
        for (class, of_ascii) in [(r"\d", "[0-9]"), (r"\w", "[0-9A-Za-z_]"), (r"\s", "[\\t-\\r ]")]
        {
            text = text.replace(class, of_ascii);
        }
    }
    let all_lines = ["REG_DOT_NEWLINE", "REG_MULTILINE", "REG_LINE_ANY_CRLF"];
    let built = RegexBuilder::new(&text)
        .unicode(wide || !pattern.is_ascii())
        .multi_line(true)
        .case_insensitive(flags.contains("ICASE") || flags.contains("IGNORECASE"))
        .dot_matches_new_line(all_lines.iter().any(|flag| flags.contains(flag)))
        .build();
    built.ok()
}

fn main() -> io::Result<()> {
    let asked = Asked::typed()?;
    let files = files_of(&asked.recog)?;
    let fingerprints: usize = files.iter().map(|file| file.fingerprints.len()).sum();
    let mut out = io::stdout().lock();
    let mut packs = Packs::default();
    let mut said = Vec::new();
    let ready = core_time(|| (packs, said) = Packs::new(files.clone()));
    for one in &said {
        writeln!(out, "{}: {}", one.code, one.message)?;
    }
    let (tried, wrong) = packs.tried();
    writeln!(
        out,
        "{} files, {fingerprints} fingerprints, made ready in {ready:.1?}; {tried} examples, {} of \
         them not as the pack says; tried on every banner: {}",
        files.len(),
        wrong.len(),
        packs.sets().iter().map(RuleSet::always_tried).sum::<usize>(),
    )?;
    for one in &wrong {
        let place = one.place.as_deref();
        let place = place.map(|place| format!("{}:{}", place.source, place.line));
        writeln!(out, "  {}: {}", place.unwrap_or_default(), one.message)?;
    }
    let banners = examples(&files);
    let variants = variants(&banners, asked.count);
    // Expressions are compiled and indexed at their first use; a second pass has them all.
    let (first, _) = run(&packs, &files, &banners, 1);
    let mut linear: Vec<Linear> = Vec::new();
    let compiled = core_time(|| linear = files.iter().cloned().map(Linear::new).collect());
    writeln!(out, "one by one: every expression compiled in {compiled:.1?}")?;
    told(&mut out, "each example once, nothing compiled before", banners.len(), first)?;
    for (case, list) in [("each example once", &banners), ("variants, none twice", &variants)] {
        let rounds = if list.len() < SHORT { ROUNDS } else { 1 };
        let (ours, hits) = run(&packs, &files, list, rounds);
        let params = core_time(|| (0..rounds).for_each(|_| given(&packs, &files, list))) / rounds;
        let scanned = &list[..list.len().min(SCANNED)];
        let theirs = core_time(|| {
            for one in scanned {
                black_box(linear[one.file].first(&one.value));
            }
        });
        told(&mut out, case, list.len(), ours)?;
        told(&mut out, "  the same with all that is read out of them", list.len(), params)?;
        told(&mut out, "  one by one", scanned.len(), theirs)?;
        let rate = |count: usize, time: Duration| count as f64 / time.as_secs_f64();
        let times = rate(list.len(), ours) / rate(scanned.len(), theirs);
        writeln!(out, "  {times:.0} times the speed; {hits} of {} are matched", list.len())?;
        differences(&mut out, &packs, &linear, scanned)?;
    }
    if let Some(command) = &asked.against {
        against::compare(&mut out, command, &packs, &files, &asked.recog, &banners)?;
    }
    Ok(())
}

/// What was typed.
struct Asked {
    recog: PathBuf,
    count: usize,
    against: Option<Vec<String>>,
}

impl Asked {
    fn typed() -> io::Result<Self> {
        let mut typed = std::env::args().skip(1);
        let mut asked = Self { recog: PathBuf::new(), count: COUNT, against: None };
        while let Some(word) = typed.next() {
            match word.as_str() {
                "--recog" => asked.recog = typed.next().unwrap_or_default().into(),
                "--count" => {
                    asked.count = typed.next().and_then(|text| text.parse().ok()).unwrap_or(COUNT);
                }
                "--against" => asked.against = Some(typed.by_ref().collect()),
                other => return Err(io::Error::other(format!("{other} is no option"))),
            }
        }
        if asked.recog.join("xml").is_dir() {
            asked.recog.push("xml");
        }
        if !asked.recog.is_dir() {
            return Err(io::Error::other("--recog DIR names a checkout of recog"));
        }
        Ok(asked)
    }
}

/// The files of a pack, in the order of their names.
fn files_of(dir: &Path) -> io::Result<Vec<PackFile>> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(dir)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
    paths.retain(|path| path.extension().is_some_and(|end| end == "xml"));
    paths.sort();
    let mut files = Vec::new();
    for path in paths {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        match pack_file(&name, name.trim_end_matches(".xml"), File::open(&path)?) {
            Ok((file, _)) => files.push(file),
            Err(why) => return Err(io::Error::other(format!("{name}: {}", why.message))),
        }
    }
    Ok(files)
}

/// Every example of one line, each once for its key, in an order drawn from the seed.
fn examples(files: &[PackFile]) -> Vec<Banner> {
    let mut known = HashSet::new();
    let mut all = Vec::new();
    for (at, file) in files.iter().enumerate() {
        for example in file.fingerprints.iter().flat_map(|one| &one.examples) {
            let value = &example.value;
            if !value.iter().any(|byte| b"\r\n".contains(byte)) && known.insert((at, value.clone()))
            {
                all.push(Banner { file: at, value: value.clone() });
            }
        }
    }
    let mut state = SEED;
    for at in (1..all.len()).rev() {
        all.swap(at, next(&mut state) as usize % (at + 1));
    }
    all
}

fn next(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state >> 11
}

/// So many banners, none twice: digits of the examples changed, or something put before or behind
/// them. Many of these match nothing any more, as most banners of a scan do.
fn variants(banners: &[Banner], count: usize) -> Vec<Banner> {
    const DIGITS_MIN: usize = 6;
    let mut known = HashSet::new();
    let mut all = Vec::with_capacity(count);
    let mut state = SEED;
    for turn in 0_usize.. {
        for (at, one) in banners.iter().enumerate() {
            if all.len() == count {
                return all;
            }
            let mut number = next(&mut state);
            let mut value = one.value.clone();
            let digits = value.iter().filter(|byte| byte.is_ascii_digit()).count();
            let tail = format!("{:08x}", number as u32);
            match (at + turn) % 4 {
                0 | 1 if digits >= DIGITS_MIN => {
                    for byte in value.iter_mut().filter(|byte| byte.is_ascii_digit()) {
                        *byte = b'0' + (number % 10) as u8;
                        number /= 10;
                    }
                }
                2 => value.splice(0..0, format!("{tail} ").into_bytes()).for_each(drop),
                _ => value.extend_from_slice(tail.as_bytes()),
            }
            if known.insert((one.file, value.clone())) {
                all.push(Banner { file: one.file, value });
            }
        }
    }
    all
}

fn set_of<'p>(packs: &'p Packs, file: &PackFile) -> Option<&'p RuleSet> {
    packs.set(&file.key)
}

/// The first answer to every banner: how long a round of them took, and how many had one.
fn run(packs: &Packs, files: &[PackFile], banners: &[Banner], rounds: u32) -> (Duration, usize) {
    let sets: Vec<Option<&RuleSet>> = files.iter().map(|file| set_of(packs, file)).collect();
    let mut scratch = Scratch::default();
    let mut hits = 0;
    let time = core_time(|| {
        for one in (0..rounds).flat_map(|_| banners) {
            let rule = sets[one.file].and_then(|set| set.first(&one.value, &mut scratch));
            hits += usize::from(black_box(rule).is_some());
        }
    });
    (time / rounds, hits / rounds as usize)
}

/// The same, with what each answer reads out of its banner.
fn given(packs: &Packs, files: &[PackFile], banners: &[Banner]) {
    let sets: Vec<Option<&RuleSet>> = files.iter().map(|file| set_of(packs, file)).collect();
    let mut scratch = Scratch::default();
    for one in banners {
        let Some(set) = sets[one.file] else { continue };
        if let Some(rule) = set.first(&one.value, &mut scratch) {
            black_box(set.params(rule, &one.value));
        }
    }
}

/// Lists the banners to which the pack and the linear scan give different first answers.
fn differences(
    out: &mut impl Write,
    packs: &Packs,
    linear: &[Linear],
    banners: &[Banner],
) -> io::Result<()> {
    let mut scratch = Scratch::default();
    let mut count = 0;
    for one in banners {
        let scan = &linear[one.file];
        let set = set_of(packs, &scan.file);
        let ours = set.and_then(|set| set.first(&one.value, &mut scratch));
        let (ours, theirs) = (ours.map(line), scan.line(&one.value));
        if ours == theirs {
            continue;
        }
        count += 1;
        if count <= LISTED_MAX {
            let value = one.value.escape_ascii();
            let name = &scan.file.name;
            writeln!(out, "  differs: {name} {ours:?}, one by one {theirs:?}: {value}")?;
        }
    }
    let compared = banners.len();
    writeln!(out, "  {compared} first answers compared with one by one: {count} differ")
}

fn line(rule: &Rule) -> u64 {
    rule.fingerprint.line
}

fn told(out: &mut impl Write, case: &str, count: usize, time: Duration) -> io::Result<()> {
    let rate = count as f64 / time.as_secs_f64();
    writeln!(out, "{case}: {count} banners in {time:.1?}: {rate:.0} banners/s")
}

/// What a rule gives for a value; empty where it does not match.
fn params(set: &RuleSet, rule: &Rule, value: &[u8]) -> BTreeMap<String, String> {
    set.params(rule, value).unwrap_or_default()
}
