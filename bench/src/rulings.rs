//! Rulings on one core: devices under five regimes, each with a maker, a day and a context of its
//! own, none twice; beside it a floor, a match written by hand that looks at the maker's id and
//! the day alone and tells neither whom it binds, nor an exception, nor what is missing.
//!
//! `cargo run --release -p whomade-bench --bin rulings -- [DEVICES]`, from the repository's root

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::hint::black_box;
use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use jiff::civil::Date;
use whomade_bench::core_time;
use whomade_core::kb::Facts;
use whomade_core::kb::document::File;
use whomade_core::kb::schema::{Provision, Regime};
use whomade_core::ruling::{Context, MakerFact, Outcome, judge};

/// A regime, whom it names, and the year, month and day on which it begins.
type Known = (&'static str, &'static [&'static str], (i16, i8, i8));

/// The regimes, with what the floor knows of each: whom it names, and its first day.
const REGIMES: [Known; 5] = [
    ("us.889a1A", &["huawei", "zte", "hytera", "hikvision", "dahua"], (2019, 8, 13)),
    ("us.889a1B", &["huawei", "zte", "hytera", "hikvision", "dahua"], (2020, 8, 13)),
    ("us.fcc.covered.auth", &["huawei", "zte", "hytera", "hikvision", "dahua"], (2023, 2, 6)),
    ("uk.co.2022_11_24", &["hikvision", "dahua", "uniview", "tiandy", "huawei"], (2022, 11, 24)),
    ("ca.hikvision.2025", &["hikvision"], (2025, 6, 27)),
];
/// Devices that are made, and then judged, at a time.
const CHUNK: usize = 20_000;
/// The seed of everything that is drawn.
const SEED: u64 = 0x9e37_79b9_7f4a_7c15;

struct Device<'f> {
    maker: MakerFact<'f>,
    on: Date,
    context: Context,
    /// The regime whose words its context was told for.
    told_for: usize,
}

/// Draws devices; the same for the same seed.
struct Draw<'f> {
    state: u64,
    facts: &'f Facts,
    regimes: &'f [&'f Regime],
    /// Every maker, and those that a regime names.
    makers: Vec<&'f str>,
    named: Vec<&'f str>,
    seen: HashSet<u64>,
}

impl<'f> Draw<'f> {
    fn below(&mut self, limit: usize) -> usize {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        (self.state >> 11) as usize % limit
    }

    fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())]
    }

    /// Three in four are of a maker that some regime names: the others are soon answered.
    fn id(&mut self) -> &'f str {
        if self.below(4) > 0 {
            self.pick(&self.named.clone())
        } else {
            self.pick(&self.makers.clone())
        }
    }

    fn device(&mut self) -> Device<'f> {
        loop {
            let maker = match self.below(10) {
                0 => MakerFact::Unknown,
                1 => MakerFact::Tentative(vec![self.id(), self.id()]),
                2 => MakerFact::Tentative(vec![self.id()]),
                _ => MakerFact::Firm(self.id()),
            };
            let (year, month, day) = (2018 + self.below(9), 1 + self.below(12), 1 + self.below(28));
            let on = Date::new(year as i16, month as i8, day as i8).unwrap_or(Date::ZERO);
            let told_for = self.below(self.regimes.len());
            let context = self.context(told_for);
            let mut hasher = DefaultHasher::new();
            (&maker, on, &context).hash(&mut hasher);
            if self.seen.insert(hasher.finish()) {
                return Device { maker, on, context, told_for };
            }
        }
    }

    /// Most of what one provision asks for, a little of everything else: told as people tell it,
    /// with holes and with words that do not fit.
    fn context(&mut self, told_for: usize) -> Context {
        let (facts, regime) = (self.facts, self.regimes[told_for]);
        let provisions: Vec<&Provision> = regime.provisions.iter().collect();
        let provision = self.pick(&provisions);
        let mut context = Context::new();
        for (key, values) in provision.bound.iter().chain(&provision.when) {
            if self.below(10) > 0 {
                context.insert(key.clone(), values[self.below(values.len())].clone());
            }
        }
        for key in &facts.context.keys {
            if self.below(5) == 0 {
                let value = &key.values[self.below(key.values.len())];
                context.entry(key.id.clone()).or_insert_with(|| value.id.clone());
            }
        }
        context
    }
}

fn main() -> io::Result<()> {
    let count: usize =
        std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(1_000_000);
    let mut out = io::stdout().lock();
    let (facts, said) = Facts::read(&files_of(Path::new("kb"))?);
    let regimes: Vec<&Regime> =
        REGIMES.iter().filter_map(|(id, ..)| facts.regimes.get(*id)).collect();
    if regimes.len() != REGIMES.len() || !said.is_empty() {
        return Err(io::Error::other("run from the repository's root, on a base without errors"));
    }
    let mut named: Vec<&str> = REGIMES.iter().flat_map(|(_, ids, _)| ids.iter().copied()).collect();
    named.sort_unstable();
    named.dedup();
    let makers = facts.makers.keys().map(String::as_str).collect();
    let mut draw =
        Draw { state: SEED, facts: &facts, regimes: &regimes, makers, named, seen: HashSet::new() };
    let (mut ours, mut own, mut floor) = (Duration::ZERO, Duration::ZERO, Duration::ZERO);
    let mut own_outcomes: BTreeMap<Outcome, u64> = BTreeMap::new();
    let mut outcomes: BTreeMap<Outcome, u64> = BTreeMap::new();
    let mut bitten = 0_u64;
    for start in (0..count).step_by(CHUNK) {
        let devices: Vec<Device<'_>> =
            (start..count.min(start + CHUNK)).map(|_| draw.device()).collect();
        ours += core_time(|| {
            for device in &devices {
                for regime in &regimes {
                    let ruling = judge(&facts, regime, &device.maker, device.on, &device.context);
                    *outcomes.entry(black_box(&ruling).outcome).or_default() += 1;
                }
            }
        });
        own += core_time(|| {
            for device in &devices {
                let regime = regimes[device.told_for];
                let ruling = judge(&facts, regime, &device.maker, device.on, &device.context);
                *own_outcomes.entry(black_box(&ruling).outcome).or_default() += 1;
            }
        });
        floor += core_time(|| {
            for device in &devices {
                for at in 0..REGIMES.len() {
                    bitten += u64::from(black_box(by_hand(at, &device.maker, device.on)));
                }
            }
        });
    }
    let rulings = (count * REGIMES.len()) as f64;
    writeln!(
        out,
        "{count} devices under {} regimes, no maker, day and context twice",
        REGIMES.len()
    )?;
    let rate = |times: f64, took: Duration| times / took.as_secs_f64();
    let judged = rate(rulings, ours);
    let own = rate(count as f64, own);
    let by_hand = rate(rulings, floor);
    writeln!(out, "judge, every regime on every device {judged:>12.0} rulings/s on one core")?;
    writeln!(out, "    {}", shares(&outcomes))?;
    writeln!(out, "judge, the regime it was told for   {own:>12.0} rulings/s on one core")?;
    writeln!(out, "    {}", shares(&own_outcomes))?;
    writeln!(out, "floor: a match by hand              {by_hand:>12.0} answers/s, {bitten} yes")?;
    writeln!(out, "a ruling costs {:.0} answers of the floor", by_hand / judged)
}

fn shares(outcomes: &BTreeMap<Outcome, u64>) -> String {
    let all: u64 = outcomes.values().sum();
    let share = |times: &u64| 100.0 * *times as f64 / all as f64;
    let told = outcomes.iter().map(|(outcome, times)| format!("{outcome} {:.1} %", share(times)));
    told.collect::<Vec<_>>().join(", ")
}

/// What somebody would write who knows no more than who is named and since when.
fn by_hand(at: usize, maker: &MakerFact<'_>, on: Date) -> bool {
    let (_, ids, (year, month, day)) = REGIMES[at];
    match maker {
        MakerFact::Firm(id) => {
            ids.contains(id) && (on.year(), on.month(), on.day()) >= (year, month, day)
        }
        _ => false,
    }
}

/// The files of a base on disk, in the order of their paths.
fn files_of(dir: &Path) -> io::Result<Vec<File>> {
    let mut files = Vec::new();
    for folder in ["makers", "regimes", "."] {
        for entry in fs::read_dir(dir.join(folder))? {
            let path = entry?.path();
            let name = path.strip_prefix(dir.join(".")).or_else(|_| path.strip_prefix(dir));
            let name = name.unwrap_or(&path).to_string_lossy().into_owned();
            if name.ends_with(".toml") {
                files.push(File { path: name, text: fs::read_to_string(&path)? });
            }
        }
    }
    files.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(files)
}
