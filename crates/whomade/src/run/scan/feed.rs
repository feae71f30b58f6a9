//! The scan as a stream of the lines of its log: reading them is what drives it.

use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Read, Write as _};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use whomade_core::diagnostic::Diagnostic;
use whomade_core::report::{clean, counted};
use whomade_listen::Until;
use whomade_scan::host::Oddity;
use whomade_scan::log::{Answers, Head, Line, Place, done, told};
use whomade_scan::net::real::{Real, is_down};
use whomade_scan::scanner::{Count, Plan, Scanner};
use whomade_scan::scope::{Scope, parse_network};

use super::{Asked, addresses, shown};
use crate::out::Out;
use crate::render::diagnostics;

/// Between two looks at whether to end, and two moves of the progress.
const LOOK: Duration = Duration::from_millis(200);

/// Between two notes of how far the scan is.
const NOTE: Duration = Duration::from_secs(10);

/// Between two looks at whether the links are up.
const LINK_LOOK: Duration = Duration::from_secs(1);

/// Bytes of one line of a log.
const LINE_BYTES_MAX: u64 = 4 << 20;

/// Hosts of which something is odd that are named at the end.
const ODD_SHOWN_MAX: usize = 20;

/// Hosts of a log that are remembered as done with.
const DONE_MAX: usize = 1 << 20;

/// What time it is.
pub(crate) fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
}

/// Makes the searches of this scan others than those of the last.
pub(super) fn seed() -> u64 {
    // Token numbers of sockets count on from it.
    u64::try_from(Timestamp::now().as_millisecond()).unwrap_or(0) & 0xFFFF_FFFF
}

/// What a log says of a scan that was broken off.
#[derive(Default)]
pub(super) struct Past {
    pub(super) log: Option<PathBuf>,
    pub(super) targets: Vec<String>,
    pub(super) excluded: Vec<String>,
    pub(super) place: u64,
    pub(super) all_ports: bool,
    pub(super) ports_only: bool,
    /// Who answered for what when it began.
    scope: Vec<Answers>,
    /// What was done so far.
    count: Count,
    done: Vec<IpAddr>,
    lines: Vec<String>,
}

impl Past {
    /// Reads a log.
    ///
    /// # Errors
    /// When it is none, or its scan is over.
    pub(super) fn read(path: &Path) -> Result<Self> {
        let file = File::open(path).with_context(|| format!("[scan/no-log] {}", shown(path)))?;
        let mut reader = BufReader::new(file);
        let mut past = Self { log: Some(path.to_owned()), ..Self::default() };
        let mut number = 0_u64;
        loop {
            let mut line = Vec::new();
            let count = (&mut reader).take(LINE_BYTES_MAX).read_until(b'\n', &mut line)?;
            if count == 0 {
                break;
            }
            number += 1;
            let read = serde_json::from_slice::<Line>(&line);
            match read {
                Ok(Line::Head(head)) if number == 1 => {
                    (past.targets, past.excluded) = (head.targets, head.excluded);
                    (past.all_ports, past.ports_only) = (head.all_ports, head.ports_only);
                    past.scope = head.scope;
                }
                Ok(Line::Place(Place { over: true, .. })) => bail!(
                    "[scan/is-over] the scan of {} is over; nothing is left to go on with",
                    shown(path)
                ),
                Ok(Line::Place(place)) => (past.place, past.count) = (place.place, place.count),
                Ok(Line::Done(done)) if past.done.len() < DONE_MAX => past.done.push(done.host),
                // The last line of a scan that was killed may be cut.
                _ if number > 1 => {}
                _ => bail!("[scan/no-log] {} is no log of a scan", shown(path)),
            }
            if line.last() == Some(&b'\n') {
                past.lines.push(String::from_utf8_lossy(&line).into_owned());
            }
        }
        if past.targets.is_empty() {
            bail!("[scan/no-log] {} names no targets", shown(path));
        }
        Ok(past)
    }

    /// Looks whether somebody answers today for all that somebody answered for when the scan
    /// began: what was to be asked then would be passed over, and be done with for good.
    ///
    /// # Errors
    /// When nobody does for one network.
    pub(super) fn is_answered_for(&self, scope: &Scope) -> Result<()> {
        let answered =
            |one: &&Answers| parse_network(&one.network).is_some_and(|of| scope.answers_for(&of));
        match self.scope.iter().find(|one| !answered(one)) {
            Some(Answers { network, owner, until, .. }) => bail!(
                "[scan/bad-scope] the scan of this log asked {} on the word of {} until {}, and \
                 nobody answers for it now: name the scope file again (--scope)",
                clean(network),
                clean(owner),
                clean(until)
            ),
            None => Ok(()),
        }
    }
}

/// Where lines are kept.
pub(super) struct Log {
    path: Option<PathBuf>,
    file: Option<File>,
    /// What an earlier part of the scan wrote.
    before: Vec<String>,
    done: Vec<IpAddr>,
    /// What was done in it.
    count: Count,
}

impl Log {
    /// Opens the log that was asked for, if one was; one that is there is never written over.
    ///
    /// # Errors
    /// When it cannot be written, or another scan writes it.
    pub(super) fn open(wanted: Option<PathBuf>, past: &Past) -> Result<Self> {
        let (before, done, count) = (past.lines.clone(), past.done.clone(), past.count);
        let Some(path) = past.log.clone().or(wanted) else {
            return Ok(Self { path: None, file: None, before, done, count });
        };
        let mut options = OpenOptions::new();
        let opened = match past.log {
            Some(_) => options.append(true).open(&path),
            None => options.write(true).create_new(true).open(&path),
        };
        let file = opened.map_err(|error| {
            let next = match error.kind() {
                io::ErrorKind::AlreadyExists if path.is_file() => {
                    "; go on with it by --resume, or name another with --log"
                }
                io::ErrorKind::AlreadyExists => "; name a file that is not there yet with --log",
                _ => "; --log names another, --no-log keeps none",
            };
            anyhow::anyhow!("[scan/no-log] {}: {error}{next}", shown(&path))
        })?;
        if file.try_lock().is_err() {
            bail!("[scan/twice] another scan is writing {}", shown(&path));
        }
        if past.log.is_some() {
            // What was cut is left out of what goes on.
            let whole: u64 = before.iter().map(|line| line.len() as u64).sum();
            if fs::metadata(&path).is_ok_and(|seen| seen.len() > whole) {
                file.set_len(whole).with_context(|| format!("[scan/no-log] {}", shown(&path)))?;
            }
        }
        Ok(Self { path: Some(path), file: Some(file), before, done, count })
    }

    /// Where it lies, if it is kept.
    pub(super) fn path(&self) -> Option<PathBuf> {
        self.path.clone()
    }

    /// What the input is called.
    pub(super) fn name(&self) -> String {
        match &self.path {
            Some(path) => shown(path),
            None => "the scan".to_owned(),
        }
    }
}

/// What a scan came to, for whoever reads its answer.
#[derive(Clone, Default)]
pub(super) struct Tally(Arc<Mutex<Came>>);

#[derive(Clone, Default)]
struct Came {
    count: Count,
    over: bool,
    log: Option<PathBuf>,
    /// What has to be typed again to go on with it.
    again: String,
    /// This machine's address on a link that went down.
    down: Option<IpAddr>,
    /// Why the log could not be written.
    unwritten: Option<String>,
    /// Hosts of which something is odd, the first of them, and how many there are.
    odd: Vec<(IpAddr, Vec<Oddity>)>,
    odd_all: u64,
}

impl Tally {
    fn came(&self) -> MutexGuard<'_, Came> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether it ended, or passed over addresses, for a reason of this machine's.
    pub(super) fn is_broken(&self) -> bool {
        let came = self.came();
        let Came { count, down, unwritten, .. } = &*came;
        count.starved || count.no_way > 0 || down.is_some() || unwritten.is_some()
    }

    /// Says why it ended, or passed over addresses, where the reason is this machine's.
    ///
    /// # Errors
    /// When the output is closed.
    pub(super) fn tell_broken(&self, out: &mut Out) -> Result<()> {
        let came = self.came();
        let mut all = Vec::new();
        if came.count.starved {
            let said = "this machine gives the program no sockets";
            let next = "let it open more files: `ulimit -n 4096`";
            all.push(Diagnostic::new("scan/no-sockets", said).help(next));
        }
        if let Some(end) = came.down {
            let said = format!("the link of this machine's address {end} went down");
            all.push(Diagnostic::new("scan/link-down", said));
        } else if came.count.no_way > 0 {
            let many = addresses(came.count.no_way);
            let said = format!("this machine has no way to {many}, which were not asked");
            let next = "look at its links and routes (`ip route`), or leave them out (--exclude)";
            all.push(Diagnostic::new("scan/no-way", said).help(next));
        }
        if let Some(why) = &came.unwritten {
            let log = came.log.as_deref().map(shown).unwrap_or_default();
            let said = format!("{log} can no longer be written: {why}");
            let next = "what was heard until then is told; make room, and go on with it";
            all.push(Diagnostic::new("scan/no-log", said).help(next));
        }
        for said in all {
            diagnostics::write(&mut out.aside, &said)?;
        }
        Ok(())
    }

    /// Says what was asked, and what that cost; with the names of hosts that are odd, or without.
    ///
    /// # Errors
    /// When the output is closed.
    pub(super) fn tell(&self, out: &mut Out, named: bool) -> Result<()> {
        let came = self.came().clone();
        let Came { count, over, log, again, odd, odd_all, .. } = came;
        if out.quiet {
            return Ok(());
        }
        let hosts = counted(count.there + count.unfinished, "host");
        let askings = count.askings;
        writeln!(
            out.aside,
            "{hosts} answered; {askings} connections and datagrams, {} B of requests, {} B of \
             answers",
            count.bytes[0], count.bytes[1]
        )?;
        for (address, why) in odd.iter().filter(|_| named) {
            let why: Vec<String> = why.iter().map(ToString::to_string).collect();
            writeln!(out.aside, "  {address}: {}", why.join("; "))?;
        }
        if !named && odd_all > 0 {
            writeln!(out.aside, "  {} of which something is odd", counted(odd_all, "host"))?;
        } else if odd_all > odd.len() as u64 {
            writeln!(out.aside, "  … and {} more that are odd", odd_all - odd.len() as u64)?;
        }
        if count.steps_down > 0 {
            writeln!(
                out.aside,
                "slowed down {} times, as devices or this machine had too much to do",
                count.steps_down
            )?;
        }
        if count.strangers > 0 {
            let all = counted(count.strangers, "datagram");
            writeln!(out.aside, "{all} from addresses that were not asked were passed over")?;
        }
        if count.unsearched > 0 {
            let plural = if count.unsearched == 1 { "" } else { "es" };
            let all = format!("{} search{plural}", count.unsearched);
            writeln!(
                out.aside,
                "{all} could not be made: something else holds its port, or the link is down"
            )?;
        }
        self.tell_broken(out)?;
        match log {
            Some(log) if over => writeln!(out.aside, "kept in {}", shown(&log))?,
            Some(log) => writeln!(
                out.aside,
                "broken off; go on with it: whomade scan --resume {}{again}",
                shown(&log)
            )?,
            None => {}
        }
        Ok(())
    }
}

/// A scan that goes on while its lines are read.
pub(super) struct Feed {
    scanner: Scanner<Real>,
    began: Timestamp,
    lines: VecDeque<u8>,
    log: Log,
    until: Until,
    tally: Tally,
    bar: Option<ProgressBar>,
    noted: Duration,
    /// This machine's addresses on the links that are asked on, and when they were looked at.
    ends: Vec<IpAddr>,
    looked: Duration,
    /// What an earlier part of the scan did.
    before: Count,
    over: bool,
}

impl Feed {
    /// A scan that is about to begin.
    ///
    /// # Errors
    /// When the system gives no sockets.
    pub(super) fn new(
        asked: Asked,
        head: Head,
        plan: Plan,
        log: Log,
        until: Until,
        quiet: bool,
    ) -> Result<Self> {
        let Asked { targets, scope, links, ends, again, .. } = asked;
        let began = head.began;
        let count = targets.len();
        let from = plan.from;
        let mut scanner = Scanner::new(Real::new(links)?, scope, targets, plan);
        scanner.skip(log.done.iter().copied());
        let (lines, noted) = (VecDeque::new(), Duration::ZERO);
        let bar = (!quiet).then(|| bar(count, from));
        let tally = Tally::default();
        tally.came().again = again;
        let (looked, before) = (Duration::ZERO, log.count);
        let mut feed = Self {
            scanner,
            began,
            lines,
            log,
            until,
            tally,
            bar,
            noted,
            ends,
            looked,
            before,
            over: false,
        };
        if feed.log.before.is_empty() {
            feed.put(&Line::Head(head))?;
        } else {
            // What was heard before is part of the answer; it stands in the log already.
            let before = std::mem::take(&mut feed.log.before);
            before.iter().for_each(|line| feed.lines.extend(line.as_bytes()));
        }
        Ok(feed)
    }

    /// What it will have come to.
    pub(super) fn tally(&self) -> Tally {
        self.tally.clone()
    }

    fn put(&mut self, line: &Line) -> io::Result<()> {
        let mut text = serde_json::to_string(line).map_err(io::Error::other)?;
        text.push('\n');
        // What cannot be kept is told all the same.
        self.lines.extend(text.as_bytes());
        self.keep(&text)
    }

    fn keep(&mut self, text: &str) -> io::Result<()> {
        self.log.file.as_mut().map_or(Ok(()), |file| file.write_all(text.as_bytes()))
    }

    /// Goes on for a little while.
    fn go_on(&mut self) -> io::Result<()> {
        if self.until.is_over() || self.is_cut_off() {
            self.scanner.stop();
        }
        let now = self.scanner.now();
        let found = self.scanner.advance(now + LOOK);
        for (host, answer) in self.scanner.said() {
            for line in told(self.began, host, &answer) {
                self.put(&line)?;
            }
        }
        if let Some(found) = found {
            self.put(&done(self.began, &found))?;
            if !found.odd.is_empty() {
                let mut came = self.tally.came();
                came.odd_all += 1;
                if came.odd.len() < ODD_SHOWN_MAX {
                    came.odd.push((found.address, found.odd));
                }
            }
        }
        let over = self.scanner.is_over();
        if over || now >= self.noted + NOTE {
            self.noted = now;
            self.note(over)?;
        }
        if let Some(bar) = &self.bar {
            let count = self.scanner.count();
            bar.set_position(self.scanner.past());
            bar.set_message(format!("{} there", counted(count.there, "host")));
        }
        if over && let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
        Ok(())
    }

    /// Keeps how far it is.
    fn note(&mut self, over: bool) -> io::Result<()> {
        let count = self.scanner.count().behind(self.before);
        let whole = over && self.scanner.is_whole();
        let line = Line::Place(Place { place: self.scanner.place(), count, over: whole });
        if over {
            self.over = true;
            let mut came = self.tally.came();
            (came.count, came.over, came.log) = (count, whole, self.log.path.clone());
            drop(came);
            return self.put(&line);
        }
        let text = serde_json::to_string(&line).map_err(io::Error::other)?;
        self.keep(&(text + "\n"))
    }

    /// Whether a link that is asked on is down, which is looked at from time to time.
    fn is_cut_off(&mut self) -> bool {
        let now = self.scanner.now();
        if now < self.looked + LINK_LOOK {
            return false;
        }
        self.looked = now;
        let down = self.ends.iter().copied().find(|end| is_down(*end));
        let mut came = self.tally.came();
        came.down = came.down.or(down);
        down.is_some()
    }

    /// Ends, since the log cannot be written: what was heard is told all the same.
    fn unwritten(&mut self, why: &io::Error) {
        self.scanner.stop();
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
        self.over = true;
        let count = self.scanner.count().behind(self.before);
        let mut came = self.tally.came();
        (came.count, came.over, came.log) = (count, false, self.log.path.clone());
        came.unwritten = Some(why.to_string());
    }
}

fn bar(count: u64, from: u64) -> ProgressBar {
    let bar = ProgressBar::new(count).with_position(from);
    let style = ProgressStyle::with_template(
        "{bar:24} {human_pos} of {human_len} addresses, {msg}, {eta} left",
    );
    bar.set_message("0 hosts there");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}

impl Read for Feed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.lines.is_empty() && !self.over {
            if let Err(why) = self.go_on() {
                self.unwritten(&why);
            }
        }
        self.lines.read(buffer)
    }
}
