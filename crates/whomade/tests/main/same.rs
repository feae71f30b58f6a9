//! The same run gives the same bytes: under other locales, in other time zones, on one core and on
//! several, wherever it is started.

use crate::room::Room;

/// Environments: a locale, a zone, and on which cores it may run.
const ROUNDS: [(&str, &str, &str); 3] = [
    ("C", "UTC", ""),
    ("tr_TR.UTF-8", "Pacific/Kiritimati", "0"),
    ("de_DE.UTF-8", "America/St_Johns", "0,1"),
];

/// Everything that a screening writes.
const WRITTEN: [&str; 8] = [
    "lines.json",
    "page.html",
    "back.xlsx",
    "own.xlsx",
    "run.whomade",
    "own.whomade",
    "evidence.zip",
    "evidence/tagmanifest-sha256.txt",
];

/// What one round writes, file by file.
fn round(at: usize, locale: &str, zone: &str, cores: &str) -> Vec<Vec<u8>> {
    let room = Room::new(&format!("same-{at}"));
    // Where there is no such tool, the system chooses the cores as it did before.
    let bound = if cores.is_empty() {
        String::new()
    } else {
        format!("$(taskset -c {cores} true 2>&- && echo taskset -c {cores}) ")
    };
    let whomade =
        format!("export LC_ALL={locale} LANG={locale} TZ={zone}; {bound}whomade --quiet screen");
    let asked = "--on 2026-11-22 --as uk-council --body 'Northshire'";
    let commands = [
        format!(
            "{whomade} examples/council.csv {asked} --json \
             --html page.html --save run.whomade --bundle evidence.zip --with-inputs > lines.json"
        ),
        format!(
            "head -30 examples/council.csv > few.csv; {whomade} few.csv {asked} --xlsx back.xlsx \
             --bundle evidence > a.txt"
        ),
        format!(
            "{whomade} examples/contractor.xlsx {asked} --xlsx own.xlsx --save own.whomade > b.txt"
        ),
    ];
    for command in &commands {
        let printed = room.run(command);
        let text = String::from_utf8_lossy(&printed.bytes).into_owned();
        assert!(matches!(printed.status, Some(0 | 1)), "{command}: {text}");
    }
    WRITTEN.iter().map(|name| room.read(name)).collect()
}

#[test]
fn the_same_run_gives_the_same_bytes_everywhere() {
    let rounds: Vec<Vec<Vec<u8>>> = std::thread::scope(|scope| {
        let threads: Vec<_> = ROUNDS
            .iter()
            .enumerate()
            .map(|(at, (locale, zone, cores))| scope.spawn(move || round(at, locale, zone, cores)))
            .collect();
        threads.into_iter().map(|thread| thread.join().expect("a round")).collect()
    });
    for (name, first) in WRITTEN.iter().zip(&rounds[0]) {
        assert!(first.len() > 100, "{name} holds nothing");
    }
    for (other, (locale, zone, cores)) in rounds.iter().zip(ROUNDS).skip(1) {
        let pairs = WRITTEN.iter().zip(rounds[0].iter().zip(other));
        let differ: Vec<&str> =
            pairs.filter(|(_, (one, two))| one != two).map(|(name, _)| *name).collect();
        assert_eq!(differ, [] as [&str; 0], "under {locale}, {zone}, cores {cores:?}");
    }
}
