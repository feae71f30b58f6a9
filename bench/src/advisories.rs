//! Advisories on one core: pairs of a model and a firmware, none twice, each asked of all that is
//! known against its maker. Beside it the same verdicts with every pattern and bound read anew for
//! each pair, and a floor: whether the record's own field of products names model and version.
//!
//! `cargo run --release -p whomade-bench --bin advisories -- [PAIRS]`, from the repository's root

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::hint::black_box;
use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use whomade_bench::{core_time, files_of};
use whomade_core::exposure::{Asked, Target, record_says, verdict};
use whomade_core::kb::schema::{Advisory, VersionForm};
use whomade_core::kb::{Base, Facts, Registry};

/// Pairs that are made, and then asked, at a time.
const CHUNK: usize = 20_000;
/// Pairs that are also asked with everything read anew.
const ANEW: usize = 20_000;
/// The seed of everything that is drawn.
const SEED: u64 = 0x9e37_79b9_7f4a_7c15;

struct Pair<'f> {
    maker: &'f str,
    model: String,
    firmware: String,
    /// Whether it bears the label of somebody else.
    rebadge: bool,
}

impl Pair<'_> {
    fn target(&self) -> Target<'_> {
        let Self { model, firmware, rebadge, .. } = self;
        Target { model, firmware, rebadge: *rebadge, ..Target::default() }
    }
}

/// Draws pairs; the same for the same seed.
struct Draw<'f> {
    state: u64,
    advisories: Vec<&'f Advisory>,
    seen: HashSet<(String, String)>,
}

impl<'f> Draw<'f> {
    fn below(&mut self, limit: usize) -> usize {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        (self.state >> 11) as usize % limit
    }

    /// A model that a pattern means, or that is near to one that it does.
    fn model(&mut self, pattern: &str) -> String {
        let mut model = String::new();
        for letter in pattern.chars() {
            match letter {
                '#' => model.push(self.digit()),
                '@' => model.push(self.letter()),
                '?' if self.below(2) == 0 => model.push(self.digit()),
                '?' => model.push(self.letter()),
                '*' => (0..self.below(7)).for_each(|_| model.push(self.letter())),
                other => model.push(other),
            }
        }
        if self.below(4) == 0 {
            model.push('-');
            model.push(self.letter());
            model.push(self.digit());
        }
        model
    }

    fn digit(&mut self) -> char {
        char::from(b'0' + self.below(10) as u8)
    }

    fn letter(&mut self) -> char {
        char::from(b'A' + self.below(26) as u8)
    }

    /// A version in the form of an advisory, of some day of the last ten years.
    fn firmware(&mut self, form: VersionForm) -> String {
        let (year, month, day) = (15 + self.below(11), 1 + self.below(12), 1 + self.below(28));
        let mut number = |limit| self.below(limit);
        match form {
            VersionForm::Build | VersionForm::Whole => format!(
                "V{}.{}.{} build {year:02}{month:02}{day:02}",
                4 + number(2),
                number(9),
                number(900)
            ),
            VersionForm::Fields => format!(
                "2.{}.{:07}.{}.R.{year:02}{month:02}{day:02}",
                400 + number(500),
                number(40),
                number(40)
            ),
            VersionForm::Platform => format!(
                "NVR-B{}.{}.{}.{year:02}{month:02}{day:02}",
                3_000 + number(900),
                number(40),
                number(40)
            ),
        }
    }

    fn pair(&mut self) -> Pair<'f> {
        loop {
            let at = self.below(self.advisories.len());
            let one = self.advisories[at];
            let row = self.below(one.affected.len());
            let models = &one.affected[row].models;
            let pattern = &models[self.below(models.len())];
            let (model, firmware) = (self.model(pattern), self.firmware(one.form));
            if self.seen.insert((model.clone(), firmware.clone())) {
                let rebadge = self.below(5) == 0;
                return Pair { maker: &one.maker, model, firmware, rebadge };
            }
        }
    }
}

fn main() -> io::Result<()> {
    let count: usize =
        std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(1_000_000);
    let mut out = io::stdout().lock();
    let (facts, said) = Facts::read(&files_of(Path::new("kb"))?);
    if let Some(wrong) = said.first() {
        let why = format!("run from the repository's root, on a base without errors: {wrong:?}");
        return Err(io::Error::other(why));
    }
    let base = Base::new(facts, Registry::new(fs::read("kb/imported/oui.tsv")?));
    let advisories: Vec<&Advisory> =
        base.facts.advisories.values().filter(|one| !one.affected.is_empty()).collect();
    let mut draw = Draw { state: SEED, advisories, seen: HashSet::new() };
    let (mut ready, mut anew, mut floor) = (Duration::ZERO, Duration::ZERO, Duration::ZERO);
    let (mut asked, mut differ, mut done) = (0_u64, 0_u64, 0);
    let mut verdicts: BTreeMap<String, u64> = BTreeMap::new();
    while done < count {
        let pairs: Vec<Pair<'_>> = (0..CHUNK.min(count - done)).map(|_| draw.pair()).collect();
        ready += core_time(|| {
            for pair in &pairs {
                let target = Asked::of(&pair.target());
                for (_, one, ready) in base.advisories_of(pair.maker) {
                    black_box(ready.verdict(one, &target));
                }
            }
        });
        floor += core_time(|| {
            for pair in &pairs {
                for (_, one, _) in base.advisories_of(pair.maker) {
                    black_box(record_says(one, &pair.model, &pair.firmware));
                }
            }
        });
        if done < ANEW {
            anew += core_time(|| {
                for pair in &pairs {
                    for (_, one, _) in base.advisories_of(pair.maker) {
                        black_box(verdict(one, &pair.target()));
                    }
                }
            });
        }
        for pair in &pairs {
            let target = Asked::of(&pair.target());
            for (_, one, ready) in base.advisories_of(pair.maker) {
                let said = ready.verdict(one, &target);
                asked += 1;
                *verdicts.entry(said.0.words().to_owned()).or_default() += 1;
                differ += u64::from(done < ANEW && said != verdict(one, &pair.target()));
            }
        }
        done += pairs.len();
    }
    let rate = |time: Duration, pairs: usize| pairs as f64 / time.as_secs_f64();
    let each = asked as f64 / done as f64;
    writeln!(out, "{done} pairs, none twice; {each:.1} advisories each; aim: 200,000 pairs/s")?;
    writeln!(out, "made ready once        {:>10.0} pairs/s", rate(ready, done))?;
    writeln!(out, "read anew for each     {:>10.0} pairs/s", rate(anew, ANEW.min(done)))?;
    writeln!(out, "floor: record's fields {:>10.0} pairs/s", rate(floor, done))?;
    writeln!(out, "verdicts that differ between the first two: {differ}")?;
    for (word, many) in verdicts {
        writeln!(out, "  {word:<16} {:5.1} %", 100.0 * many as f64 / asked as f64)?;
    }
    Ok(())
}
