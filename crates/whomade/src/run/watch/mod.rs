//! `whomade watch`: round after round over a network, and what is otherwise than it was.

mod cover;
mod round;
mod schedule;
mod sighting;
mod state;

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result};
use jiff::{SignedDuration, Timestamp};
use whomade_core::diagnostic::{Diagnostic, Severity};
use whomade_core::report::clean;
use whomade_core::watch::{Ledger, Manner, Round, Told};
use whomade_listen::Until;

use crate::baseline::base_words;
use crate::cli::{Asking, Watch};
use crate::kept::identity;
use crate::out::Out;
use crate::render::{diagnostics, watch as render};
use crate::run::scan;
use round::Held;
use schedule::{Next, Schedule};
use state::State;
use whomade_inquiry::asking::Asked;
use whomade_inquiry::base::{Known, load};

/// How much of the time between two rounds is waited at once, for a clock that was set back.
const WAIT_MAX: Duration = Duration::from_secs(600);

/// The shortest window of listening.
const WINDOW_MIN: Duration = Duration::from_millis(100);

/// By how much a round may begin late without a word: what ends one takes a little time.
const LATE_MIN: Duration = Duration::from_secs(1);

/// What all rounds came to, for the exit status.
#[derive(Default)]
struct Sum {
    /// Whether something is otherwise.
    changed: bool,
    /// Whether a round failed, or was not finished.
    failed: bool,
    /// Rounds that were finished.
    finished: u64,
}

impl Sum {
    fn code(&self) -> ExitCode {
        match (self.changed, self.failed) {
            (true, _) => ExitCode::from(1),
            (false, true) => ExitCode::from(2),
            (false, false) => ExitCode::SUCCESS,
        }
    }
}

/// What every round needs.
struct Watching<'w> {
    known: &'w Known,
    asked: &'w Asked,
    typed: &'w Watch,
    until: &'w Until,
}

/// Runs `whomade watch`.
///
/// # Errors
/// When nothing can be asked or heard, or what is known can neither be read nor kept.
pub(crate) fn run(out: &mut Out, overlay: Option<&Path>, mut typed: Watch) -> Result<ExitCode> {
    let (known, said) = load(overlay)?;
    for one in said.iter().filter(|one| one.severity == Severity::Error || !out.quiet) {
        diagnostics::write(&mut out.aside, one)?;
    }
    let asked = Asked::check(&known.base, &Asking::default())?;
    if let (Some(before), Some(after)) = (&typed.before, &typed.after) {
        return once(out, (&known, &asked), &typed, [before, after]);
    }
    if let Some(folder) = &typed.logs {
        let shown = clean(&folder.to_string_lossy());
        fs::create_dir_all(folder)
            .with_context(|| format!("[watch/no-folder] {shown} cannot be made"))?;
    }
    scan::read_once(&mut typed.whom)?;
    let manner = if typed.listen.is_some() { Manner::Heard } else { Manner::Asked };
    let base = base_words(&identity(&known, overlay)?);
    let mut state = State::open(typed.state.as_deref(), manner, typed.listen.as_deref())?;
    tell_base(out, &mut state, base)?;
    let until = Until::lasting(None).or_interrupted().context("[watch/failed]")?;
    let watching = Watching { known: &known, asked: &asked, typed: &typed, until: &until };
    watching.rounds(out, &mut state)
}

/// Says that another base thinks now than did in the last round.
fn tell_base(out: &mut Out, state: &mut State, base: String) -> Result<()> {
    let before = std::mem::replace(&mut state.base, base);
    if !before.is_empty() && before != state.base && !out.quiet {
        let message = format!("the last round was worked out with base {}", clean(&before));
        let said = Diagnostic::new("watch/other-base", message)
            .note(format!("this one with {}", state.base))
            .note("another maker without another sign is the base's word, not the device's");
        diagnostics::write(&mut out.aside, &said)?;
    }
    Ok(())
}

impl Watching<'_> {
    /// Round after round, until there were enough or somebody ends it.
    fn rounds(&self, out: &mut Out, state: &mut State) -> Result<ExitCode> {
        let mut sum = Sum::default();
        let began = Timestamp::now();
        let mut schedule = Schedule::new(self.typed.every);
        for number in 1_u64.. {
            match self.hold(out, schedule.left(passed(began))) {
                Ok(held) => self.take(out, (state, &mut sum), held)?,
                // What was typed is wrong, or the way there was never up: the first round tells.
                Err(wrong) if number == 1 => return Err(wrong),
                Err(wrong) => {
                    sum.failed = true;
                    let said = Diagnostic::new("watch/round-failed", clean(&format!("{wrong:#}")))
                        .note("nothing is known of this round; the next is waited for");
                    diagnostics::write(&mut out.aside, &said)?;
                }
            }
            if self.until.is_stopped() || self.typed.rounds == Some(number) {
                break;
            }
            let next = schedule.next(passed(began));
            tell_late(out, &next, self.typed.every)?;
            self.wait(began, next.at);
            if self.until.is_stopped() {
                break;
            }
        }
        // Who ends it ends a round; those before gave their answer.
        sum.failed &= !(self.until.is_stopped() && sum.finished > 0);
        Ok(sum.code())
    }

    /// Holds a round; `left` is how long it is until the next is due.
    fn hold(&self, out: &mut Out, left: Duration) -> Result<Held> {
        match &self.typed.listen {
            None => round::ask(out, (self.known, self.asked), self.typed, self.until),
            Some(interface) => {
                // One that lasts until the next is due is listening without a break.
                let lasting = self.typed.lasting.unwrap_or(left).max(WINDOW_MIN);
                let until = self.until.anew(Some(lasting));
                round::listen(out, (self.known, self.asked), interface, until)
            }
        }
    }

    /// Takes what a round met, tells what is otherwise, and keeps what is known.
    fn take(&self, out: &mut Out, (state, sum): (&mut State, &mut Sum), held: Held) -> Result<()> {
        sum.finished += u64::from(held.over);
        sum.failed |= !held.over;
        let gone_after = self.typed.gone_after;
        let (told, summary) = taken(&mut state.ledger, &state.covered, held, gone_after);
        state.covers(summary.held.cover.clone().filter(|_| summary.held.over));
        sum.changed |= tell(out, self.typed, &told, &summary)?;
        state.write()
    }

    /// Waits until so long after the beginning, or until somebody ends it.
    fn wait(&self, began: Timestamp, at: Duration) {
        loop {
            let left = at.saturating_sub(passed(began));
            if left.is_zero() || self.until.is_stopped() {
                return;
            }
            self.until.anew(Some(left.min(WAIT_MAX))).pass();
        }
    }
}

/// How long ago something was.
fn passed(began: Timestamp) -> Duration {
    Duration::try_from(Timestamp::now().duration_since(began)).unwrap_or_default()
}

/// Says that a round took longer than the way to the next.
fn tell_late(out: &mut Out, next: &Next, every: Duration) -> Result<()> {
    let Some(late) = next.late.filter(|late| !out.quiet && *late >= LATE_MIN) else {
        return Ok(());
    };
    let words = |long: Duration| {
        let long = SignedDuration::from_secs(i64::try_from(long.as_secs()).unwrap_or(i64::MAX));
        format!("{long:#}")
    };
    let message = format!(
        "the round took longer than the {} from one to the next; the next begins {} late",
        words(every),
        words(late)
    );
    let mut said = Diagnostic::new("watch/late", message)
        .help("--every longer, --rate higher, or fewer targets");
    if next.skipped > 0 {
        let rounds = if next.skipped == 1 { "round was" } else { "rounds were" };
        said = said.note(format!("{} {rounds} left out", next.skipped));
    }
    Ok(diagnostics::write(&mut out.aside, &said)?)
}

/// A round, with what was known when it was over.
pub(crate) struct Summary {
    pub(crate) number: u64,
    pub(crate) held: Held,
    /// Devices that are there, and those that were missed and are waited for.
    pub(crate) there: usize,
    pub(crate) waited_for: usize,
    /// Whether nobody answered where several were known.
    pub(crate) silence: bool,
}

/// Takes a round into the ledger.
fn taken(
    ledger: &mut Ledger,
    covered: &[cover::Cover],
    mut held: Held,
    gone_after: u32,
) -> (Vec<Told>, Summary) {
    let covering = held.cover.as_ref().map(cover::Cover::asked);
    let before: Vec<cover::Asked> = covered.iter().map(cover::Cover::asked).collect();
    let heard = held.manner == Manner::Heard;
    let covers = |at: &str| covering.as_ref().map_or(heard, |one| one.holds(at));
    let covers_before = |at: &str| match before.is_empty() {
        true => heard,
        false => before.iter().any(|one| one.holds(at)),
    };
    let round = Round {
        at: held.at,
        manner: held.manner,
        proves: held.over && held.lost.is_none(),
        searched: heard || held.searched,
        gone_after,
        covers: &covers,
        covered: &covers_before,
        sights: std::mem::take(&mut held.sights),
    };
    let silence = ledger.is_silence(&round);
    let told = ledger.take(round);
    let (there, waited_for) = (ledger.there(), ledger.waited_for());
    (told, Summary { number: ledger.rounds, held, there, waited_for, silence })
}

/// Tells a round: each change, then its sum. Gives whether something is otherwise.
fn tell(out: &mut Out, typed: &Watch, told: &[Told], summary: &Summary) -> Result<bool> {
    let (shown, hidden): (Vec<&Told>, Vec<&Told>) =
        told.iter().partition(|one| typed.stations || one.shows);
    for one in &shown {
        match typed.json {
            true => out.line(render::json(one, summary))?,
            false => out.line(render::text(one, summary))?,
        }
    }
    let changes = shown.iter().filter(|one| !render::is_present(one)).count();
    match typed.json {
        true => out.line(render::json_sum(summary, changes, hidden.len()))?,
        false => out.line(render::sum(summary, changes, hidden.len()))?,
    }
    out.answers.flush()?;
    if !out.quiet {
        for one in render::notes(summary) {
            diagnostics::write(&mut out.aside, &one)?;
        }
    }
    Ok(changes > 0)
}

/// Holds two logs against each other, once.
fn once(
    out: &mut Out,
    known: (&Known, &Asked),
    typed: &Watch,
    [before, after]: [&Path; 2],
) -> Result<ExitCode> {
    let mut ledger = Ledger::default();
    let before = round::read(out, known, before)?;
    let after = round::read(out, known, after)?;
    if before.at > after.at && !out.quiet {
        let said = Diagnostic::new("watch/turned", "what was named as earlier was heard later")
            .note("a device that came between them is told as gone, and the other way round");
        diagnostics::write(&mut out.aside, &said)?;
    }
    let both = [before.manner, after.manner];
    // Of what one of them only heard, nothing is gone.
    let manner = if both.contains(&Manner::Heard) { Manner::Heard } else { Manner::Asked };
    let whole = before.over;
    let covered: Vec<cover::Cover> = before.cover.clone().filter(|_| whole).into_iter().collect();
    let (_, first) = taken(&mut ledger, &[], Held { manner, ..before }, 1);
    let over = after.over;
    let (told, summary) = taken(&mut ledger, &covered, Held { manner, ..after }, 1);
    if !out.quiet {
        for one in render::notes(&first) {
            diagnostics::write(&mut out.aside, &one)?;
        }
    }
    let changed = tell(out, typed, &told, &summary)?;
    Ok(Sum { changed, failed: !over || !whole, finished: 0 }.code())
}
