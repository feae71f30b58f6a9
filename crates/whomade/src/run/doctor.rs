//! `whomade doctor`: whether the program, its base and its place on this machine are sound, each
//! with the next step where something is not.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;
use jiff::civil::Date;
use serde_json::json;
use whomade_core::diagnostic::Severity;
use whomade_core::evidence::{CLASSES, Reader, Reason};
use whomade_core::kb::{Base, Facts};
use whomade_core::observation::{Device, Field, Observation};
use whomade_core::report::clean;
use whomade_core::ruling::judge_case;

use crate::cli::Doctor;
use crate::kept::identity;
use crate::out::Out;
use crate::saved::state_folder;
use whomade_inquiry::asking::day;
use whomade_inquiry::base::{Known, load};

/// A base whose newest source is older is said to be old: rules changed more often than that.
const OLD_DAYS: i32 = 180;
/// Wrong examples that are named.
const NAMED_MAX: usize = 3;

/// What came of a check.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Ok,
    Warn,
    Broken,
}

impl State {
    const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Broken => "broken",
        }
    }
}

/// One check.
struct Check {
    name: &'static str,
    state: State,
    says: String,
    /// What to do where it is not sound.
    next: Option<String>,
}

impl Check {
    fn ok(name: &'static str, says: impl Into<String>) -> Self {
        Self { name, state: State::Ok, says: says.into(), next: None }
    }

    fn bad(name: &'static str, state: State, says: impl Into<String>, next: &str) -> Self {
        Self { name, state, says: says.into(), next: Some(next.to_owned()) }
    }
}

/// Runs `whomade doctor`.
///
/// # Errors
/// When the overlay cannot be read, or the day is none.
pub(crate) fn run(out: &mut Out, overlay: Option<&Path>, typed: &Doctor) -> Result<ExitCode> {
    let on = day(typed.on.as_deref())?;
    let (known, said) = load(overlay)?;
    let worst = said.iter().map(|one| one.severity).max();
    // The same mark that papers and bundles bear.
    let base = identity(&known, overlay)?.short();
    let mut checks = vec![
        Check::ok("version", format!("whomade {}, base {base}", crate_version())),
        facts(&known.base),
        cases(&known.base.facts),
        examples(&known.base),
        supplies(&known.base),
        age(&known.base.facts, on),
        tables(&known.base),
        calibration(&known),
    ];
    if let Some(dir) = overlay {
        let says = format!("{}: {} diagnostics", clean(&dir.display().to_string()), said.len());
        checks.push(match worst {
            Some(Severity::Error) => {
                Check::bad("overlay", State::Broken, says, "whomade kb lint DIR says where")
            }
            Some(Severity::Warning) => {
                Check::bad("overlay", State::Warn, says, "whomade kb lint DIR says where")
            }
            _ => Check::ok("overlay", says),
        });
    }
    checks.extend([state(), locale(), terminal(), completions(), manual()]);
    write(out, &checks, &base, typed.json)?;
    let broken = checks.iter().any(|one| one.state == State::Broken);
    Ok(ExitCode::from(if broken { 2 } else { 0 }))
}

const fn crate_version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

fn write(out: &mut Out, checks: &[Check], base: &str, as_json: bool) -> Result<()> {
    if as_json {
        let all: Vec<_> = checks
            .iter()
            .map(|one| {
                json!({
                    "name": one.name, "state": one.state.word(), "says": one.says,
                    "next": one.next,
                })
            })
            .collect();
        let version = crate_version();
        out.line(json!({ "v": 1, "version": version, "base": base, "checks": all }).to_string())?;
        return Ok(());
    }
    for one in checks {
        out.line(format!("{:<7} {:<12} {}", one.state.word(), one.name, one.says))?;
        if let Some(next) = &one.next {
            out.line(format!("{:<7} {:<12} next: {next}", "", ""))?;
        }
    }
    let count = |state| checks.iter().filter(|one| one.state == state).count();
    let (warnings, broken) = (count(State::Warn), count(State::Broken));
    Ok(out.line(format!("{} checks, {warnings} warnings, {broken} broken", checks.len()))?)
}

const DAMAGED: &str = "the program is damaged: install it anew";

fn facts(base: &Base) -> Check {
    let facts = &base.facts;
    let says = format!(
        "{} makers, {} labels, {} signatures, {} regimes, {} advisories, {} sources",
        facts.makers.len(),
        facts.labels.len(),
        facts.signatures.values().map(|file| file.signatures.len()).sum::<usize>(),
        facts.regimes.len(),
        facts.advisories.len(),
        facts.sources.len(),
    );
    if facts.makers.is_empty() || base.signatures.is_empty() || facts.regimes.is_empty() {
        return Check::bad("base", State::Broken, says, DAMAGED);
    }
    Check::ok("base", says)
}

/// Judges every case of every regime, as the linter does.
fn cases(facts: &Facts) -> Check {
    let all = facts.regimes.values().flat_map(|one| one.cases.iter().map(move |case| (one, case)));
    let count = all.clone().count();
    let wrong: Vec<&str> = all
        .filter(|(regime, case)| judge_case(facts, regime, case).outcome != case.expect)
        .map(|(regime, _)| regime.id.as_str())
        .collect();
    if wrong.is_empty() {
        return Check::ok("rules", format!("{count} cases come out as their files say"));
    }
    let says = format!("{} of {count} cases come out otherwise: {}", wrong.len(), named(&wrong));
    Check::bad("rules", State::Broken, says, DAMAGED)
}

fn named(wrong: &[&str]) -> String {
    wrong.iter().take(NAMED_MAX).copied().collect::<Vec<_>>().join(", ")
}

/// Fires every signature on its own examples.
fn examples(base: &Base) -> Check {
    let (mut count, mut hits) = (0, Vec::new());
    let mut wrong: Vec<&str> = Vec::new();
    for (field, file) in &base.facts.signatures {
        let Some(field) = Field::from_id(field) else { continue };
        for one in file.signatures.iter().filter(|one| one.withdrawn.is_none()) {
            for value in &one.example {
                count += 1;
                base.fire(field, value, &mut hits);
                if !hits.iter().any(|hit| base.signatures[*hit as usize].id == one.id) {
                    wrong.push(&one.id);
                }
            }
        }
    }
    if wrong.is_empty() {
        return Check::ok("signatures", format!("{count} examples are found"));
    }
    let says = format!("{} of {count} examples are not found: {}", wrong.len(), named(&wrong));
    Check::bad("signatures", State::Broken, says, DAMAGED)
}

/// Identifies every label and model that stands as the example of a supply.
fn supplies(base: &Base) -> Check {
    let mut reader = Reader::new(base);
    let (mut count, mut wrong) = (0, Vec::new());
    for (id, label) in &base.facts.labels {
        for supply in label.supplies.iter().filter(|one| one.withdrawn.is_none()) {
            let Some(model) = supply.example.first() else { continue };
            let device = Device {
                observations: vec![
                    Observation::new(Field::Label, &label.name),
                    Observation::new(Field::Model, model),
                ],
                installed: supply.from.or(supply.until),
                ..Device::default()
            };
            count += 1;
            let read = reader.read(&device);
            let maker = base.maker(&supply.maker);
            let mut said = read.evidence.iter();
            let found = said
                .any(|one| matches!(one.reason, Reason::Supply { .. }) && Some(one.of) == maker);
            if !found {
                wrong.push(id.as_str());
            }
        }
    }
    if wrong.is_empty() {
        return Check::ok("supplies", format!("{count} labels and models find their supplier"));
    }
    let says = format!("{} of {count} do not find their supplier: {}", wrong.len(), named(&wrong));
    Check::bad("supplies", State::Broken, says, DAMAGED)
}

/// The newest source, and the regime whose sources end first.
fn age(facts: &Facts, on: Date) -> Check {
    let days = facts.sources.values().filter_map(|one| one.date.as_ref()?.parse::<Date>().ok());
    let read = facts.regimes.values().map(|one| (one.read_until, one.id.as_str()));
    let newest = days.chain(read.clone().map(|(day, _)| day)).max();
    let (Some(newest), Some((oldest, regime))) = (newest, read.min()) else {
        return Check::bad("age", State::Broken, "no source bears a day", DAMAGED);
    };
    let says = format!("newest source {newest}; first to end: {regime}, read to {oldest}");
    let days = on.since(newest).map_or(0, |span| span.get_days());
    if days > OLD_DAYS {
        let next = "install a newer version, and check the rules for changes since";
        return Check::bad("age", State::Warn, format!("{says}; {days} days ago"), next);
    }
    Check::ok("age", says)
}

fn tables(base: &Base) -> Check {
    let kev = &base.facts.kev;
    let day = kev.catalogue.as_deref().unwrap_or("unknown");
    let says = format!("address registry; exploited holes as of {day}, {}", kev.added.len());
    if base.registry.is_empty() || kev.added.is_empty() {
        let next = "whomade kb import in a clone, then build; or install anew";
        return Check::bad("tables", State::Warn, format!("incomplete: {says}"), next);
    }
    Check::ok("tables", says)
}

/// Whether what was fitted is of this base.
fn calibration(known: &Known) -> Check {
    let fit = &known.weights.fit;
    let of_base =
        |id: &str| CLASSES.contains(&id) || known.base.signatures.iter().any(|one| one.id == id);
    let strange: Vec<&str> =
        fit.features.keys().map(String::as_str).filter(|id| !of_base(id)).collect();
    let says = format!(
        "fitted on {} labelled observations ({} clusters), {} signatures and classes counted",
        fit.observations,
        fit.clusters,
        fit.features.len()
    );
    if fit.observations == 0 {
        let next = "whomade kb fit in a clone, then build";
        return Check::bad("calibration", State::Broken, "nothing was fitted", next);
    }
    if !strange.is_empty() {
        let says = format!("{says}; of another base: {}", named(&strange));
        return Check::bad("calibration", State::Warn, says, "whomade kb fit in a clone");
    }
    Check::ok("calibration", says)
}

/// The home folder as people write it.
fn short(path: &Path) -> String {
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let inside = home.and_then(|home| path.strip_prefix(home).ok().map(Path::to_owned));
    let shown = inside.map_or_else(|| path.to_owned(), |path| Path::new("~").join(path));
    clean(&shown.display().to_string())
}

/// Whether the last run of a folder can be noted.
fn state() -> Check {
    let next = "set XDG_STATE_HOME to a folder of yours; without it name the files each time";
    let Some(dir) = state_folder() else {
        return Check::bad("state", State::Warn, "no home folder is known", next);
    };
    let probe = dir.join(".doctor");
    let written = std::fs::create_dir_all(&dir).and_then(|()| std::fs::write(&probe, b""));
    let written = written.and_then(|()| std::fs::remove_file(&probe));
    match written {
        Ok(()) => Check::ok("state", format!("{} can be written", short(&dir))),
        Err(wrong) => {
            let says = format!("{} cannot be written: {}", short(&dir), wrong.kind());
            Check::bad("state", State::Warn, says, next)
        }
    }
}

/// Whether names in other scripts will be shown.
fn locale() -> Check {
    let set = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(|key| {
        std::env::var(key).ok().filter(|value| !value.is_empty()).map(|value| (key, value))
    });
    let (key, value) = set.unwrap_or(("LANG", "not set".to_owned()));
    let says = format!("{key} is {}", clean(&value));
    let lower = value.to_lowercase();
    if lower.contains("utf-8") || lower.contains("utf8") {
        return Check::ok("locale", says);
    }
    let next = "export LC_ALL=C.UTF-8, or names in other scripts may not show";
    Check::bad("locale", State::Warn, says, next)
}

fn terminal() -> Check {
    let colour = match (std::io::stdout().is_terminal(), std::env::var_os("NO_COLOR")) {
        (_, Some(_)) => "no colour, as NO_COLOR asks",
        (false, None) => "no terminal: no colour",
        (true, None) => "colour",
    };
    Check::ok("terminal", format!("{} columns, {colour}", Out::width()))
}

/// The first of these that exists: under the home folder, or of the system.
fn installed(home: &[&str], system: &[&str]) -> Option<PathBuf> {
    let own = std::env::var_os("HOME").map(PathBuf::from);
    let own = own.into_iter().flat_map(|dir| home.iter().map(move |path| dir.join(path)));
    own.chain(system.iter().map(PathBuf::from)).find(|path| path.is_file())
}

fn completions() -> Check {
    let shell = std::env::var("SHELL").unwrap_or_default();
    let (name, home, system, next) = match shell.rsplit('/').next().unwrap_or_default() {
        "zsh" => (
            "zsh",
            ".zfunc/_whomade",
            "/usr/share/zsh/vendor-completions/_whomade",
            "whomade completions zsh > ~/.zfunc/_whomade, and put ~/.zfunc into fpath",
        ),
        "fish" => (
            "fish",
            ".config/fish/completions/whomade.fish",
            "/usr/share/fish/vendor_completions.d/whomade.fish",
            "whomade completions fish > ~/.config/fish/completions/whomade.fish",
        ),
        _ => (
            "bash",
            ".local/share/bash-completion/completions/whomade",
            "/usr/share/bash-completion/completions/whomade",
            "whomade completions bash > ~/.local/share/bash-completion/completions/whomade",
        ),
    };
    match installed(&[home], &[system]) {
        Some(path) => Check::ok("completions", format!("{name}: {}", short(&path))),
        None => Check::bad("completions", State::Warn, format!("none for {name}"), next),
    }
}

fn manual() -> Check {
    let home = [".local/share/man/man1/whomade.1", ".local/share/man/man1/whomade.1.gz"];
    let system = ["/usr/share/man/man1/whomade.1.gz", "/usr/local/share/man/man1/whomade.1"];
    match installed(&home, &system) {
        Some(path) => Check::ok("manual", short(&path)),
        None => {
            let next = "whomade man ~/.local/share/man/man1";
            Check::bad("manual", State::Warn, "no man page is installed", next)
        }
    }
}
