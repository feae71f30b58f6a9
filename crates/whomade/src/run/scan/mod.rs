//! `whomade scan`: whom to ask and on what ground, then the scan as an input that comes while it is
//! read.

mod feed;
mod lock;
mod table;

use std::fs;
use std::io::{BufRead as _, Write as _};
use std::net::{IpAddr, ToSocketAddrs as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use ipnet::IpNet;
use jiff::SignedDuration;
use whomade_core::diagnostic::Diagnostic;
use whomade_core::report::clean;
use whomade_formats::read;
use whomade_listen::Until;
use whomade_scan::log::{Answers, Head, VERSION};
use whomade_scan::net::real::{Link, attached, is_down};
use whomade_scan::ports;
use whomade_scan::scanner::Plan;
use whomade_scan::scope::{Outside, Scope};
use whomade_scan::targets::{Many, RANGES_MAX, Range, TARGETS_MAX, Targets};

use crate::cli::{Scan, Whom};
use crate::out::Out;
use crate::render::diagnostics;
use crate::run::live::Live;
use crate::run::screen;
use feed::{Feed, Log, Past};
use whomade_inquiry::today::today;

pub(crate) use feed::now;

/// Bytes of a scope file or a list of targets.
const FILE_BYTES_MAX: u64 = 64 << 20;

/// Bytes of a name (RFC 1035, 2.3.4).
const NAME_BYTES_MAX: usize = 253;

/// Reasons that are listed one by one.
const REASONS_SHOWN_MAX: usize = 20;

/// A scan as it was asked for.
struct Asked {
    named: Vec<String>,
    targets: Targets,
    scope: Scope,
    excluded: Vec<String>,
    /// Addresses that names stand for.
    resolved: Vec<String>,
    links: Vec<Link>,
    /// This machine's addresses on the links on which some are asked.
    ends: Vec<IpAddr>,
    /// Links of which only a part was named.
    parts: Vec<IpNet>,
    /// Whether only ports are looked at.
    ports_only: bool,
    past: Past,
    /// What has to be typed again to go on with it: ` --scope scope.toml`.
    again: String,
    /// What was not as it should be.
    said: Vec<Diagnostic>,
}

/// Runs `whomade scan`.
///
/// # Errors
/// When nobody may be asked, or the answer cannot be given.
pub(crate) fn run(out: &mut Out, overlay: Option<&Path>, mut typed: Scan) -> Result<ExitCode> {
    if typed.requests {
        table::write(out)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut asked = asked(&mut typed.whom, typed.resume.as_deref())?;
    if typed.ports_only || asked.past.ports_only {
        asked.ports_only = true;
        asked.links.clear();
    }
    let ports_only = asked.ports_only;
    let (admitted, outside) = admitted(out, &asked)?;
    if typed.dry_run {
        dry(out, &asked, &typed.whom, admitted)?;
        let failed = typed.stations.strict && outside;
        return Ok(if failed { ExitCode::from(2) } else { ExitCode::SUCCESS });
    }
    asked.up()?;
    let until = Until::lasting(None).or_interrupted().context("[scan/failed]")?;
    let log = (!typed.no_log).then(|| typed.log.clone().unwrap_or_else(usual_log));
    let left = asked.targets.len().saturating_sub(asked.past.place).min(admitted);
    let begun = begin(asked, &typed.whom, log, until, out.quiet)?;
    begins(out, left, &typed.whom, begun.log.as_deref())?;
    let Begun { feed, name, log, _lock } = begun;
    let tally = feed.tally();
    let path = log.clone().unwrap_or_else(|| PathBuf::from(name));
    let live = Live::new(path, None, read::Live::Scan, feed).kept(log.is_some());
    let mut stations = typed.stations;
    let (named, strict) = (!stations.output.summary, stations.strict);
    // Ports alone show no camera.
    stations.every_station |= ports_only;
    let code = screen::run(out, overlay, stations.of_live(Some(live), <_>::default()))?;
    tally.tell(out, named)?;
    let failed = tally.is_broken() || strict && outside;
    Ok(if failed { ExitCode::from(2) } else { code })
}

/// A scan that is about to begin: reading its lines is what drives it.
struct Begun {
    feed: Feed,
    /// What it is called, and where its lines are kept, if they are.
    name: String,
    log: Option<PathBuf>,
    /// Keeps others from asking the same addresses as long as it is held.
    _lock: Option<fs::File>,
}

/// Begins a scan.
///
/// # Errors
/// When another asks the same, or the system gives no log or sockets.
fn begin(
    asked: Asked,
    whom: &Whom,
    log: Option<PathBuf>,
    until: Until,
    quiet: bool,
) -> Result<Begun> {
    let lock = lock::of(&asked.named, &asked.targets)?;
    let plan = Plan {
        rate: whom.rate,
        parallel: whom.parallel as usize,
        search: !whom.no_search && !asked.links.is_empty() && asked.past.place == 0,
        all_ports: whom.all_ports,
        ports_only: asked.ports_only,
        from: asked.past.place,
        seed: feed::seed(),
    };
    let log = Log::open(log, &asked.past)?;
    let (name, path) = (log.name(), log.path());
    let head = head(&asked, whom);
    let feed = Feed::new(asked, head, plan, log, until, quiet).context("[scan/failed]")?;
    Ok(Begun { feed, name, log: path, _lock: lock })
}

/// A whole scan whose lines are only kept, for whoever reads them then.
///
/// # Errors
/// When nobody may be asked, or it cannot begin or be kept.
pub(crate) fn into_log(out: &mut Out, whom: &Whom, log: &Path, until: Until) -> Result<()> {
    let mut whom = whom.clone();
    let asked = asked(&mut whom, None)?;
    admitted(out, &asked)?;
    asked.up()?;
    let mut begun = begin(asked, &whom, Some(log.to_owned()), until, out.quiet)?;
    std::io::copy(&mut begun.feed, &mut std::io::sink()).context("[scan/failed]")?;
    begun.feed.tally().tell_broken(out)
}

/// How many may be asked, and whether some that were named may not be, which is said.
///
/// # Errors
/// When nobody may.
fn admitted(out: &mut Out, asked: &Asked) -> Result<(u64, bool)> {
    let outside = tell_outside(out, asked)?;
    let (admitted, left) = asked.targets.admitted(&asked.scope);
    if admitted == 0 {
        let next = match left.keys().next() {
            Some(Outside::Expired(_)) if left.len() == 1 => {
                "the entry of the scope file has run out: have who answers for the network renew it"
            }
            Some(Outside::Excluded) if left.len() == 1 => "--exclude leaves all of them out",
            Some(Outside::OnLink | Outside::NoHost) if left.len() == 1 => "name other addresses",
            _ => {
                "a scope file says who answers for networks beside this machine's own private \
                 ones: `whomade scan --help` shows one"
            }
        };
        bail!(
            "[scan/nobody] of {} named none may be asked; {next}",
            addresses(asked.targets.len())
        );
    }
    Ok((admitted, outside))
}

impl Asked {
    /// Looks whether the links on which addresses are to be asked are up.
    ///
    /// # Errors
    /// When one is down.
    fn up(&self) -> Result<()> {
        match self.ends.iter().find(|one| is_down(**one)) {
            Some(end) => bail!(
                "[scan/link-down] the link of this machine's address {end} is down; nothing was \
                 asked"
            ),
            None => Ok(()),
        }
    }
}

/// What was typed, understood: whom to ask, and who of them may be.
fn asked(typed: &mut Whom, resume: Option<&Path>) -> Result<Asked> {
    let own = attached().context("[scan/failed] the system does not tell its networks")?;
    let mut scope = Scope::attached(own.iter().copied(), today());
    for file in &typed.scope {
        let text = small(file)?;
        scope = scope.with_file(&text).map_err(|why| {
            anyhow::anyhow!("[scan/bad-scope] {}: {}", shown(file), clean(&why.to_string()))
        })?;
    }
    let past = match resume {
        Some(log) => Past::read(log)?,
        None => Past::default(),
    };
    past.is_answered_for(&scope)?;
    if typed.exclude.is_empty() {
        typed.exclude.clone_from(&past.excluded);
    }
    let mut excluded: Vec<IpNet> = Vec::new();
    for one in &typed.exclude {
        let range = Range::parse(one).with_context(|| {
            format!("[scan/bad-target] --exclude: `{}` is no network or range", clean(one))
        })?;
        excluded.extend(range.networks());
    }
    typed.all_ports |= past.all_ports;
    let without = excluded.iter().copied();
    let scope = scope.without(without);
    let excluded = excluded.iter().map(IpNet::to_string).collect();
    let named = named(typed, &past, &scope)?;
    let mut said = Vec::new();
    let mut ranges = Vec::new();
    let mut resolved = Vec::new();
    for Named { text, place } in &named {
        match Range::parse(text) {
            Some(range) => ranges.push(range),
            None => resolved.extend(resolve(text, place, &mut said)?),
        }
    }
    let named = named.into_iter().map(|one| one.text).collect();
    ranges.extend(resolved.iter().map(|one| Range::of((*one).into())));
    let resolved = resolved.iter().map(IpAddr::to_string).collect();
    let targets = targets_of(ranges)?;
    let Links { links, ends, parts } = Links::of(&own, &targets, &scope);
    let again = typed.scope.iter().map(|file| format!(" --scope {}", shown(file))).collect();
    let ports_only = false;
    Ok(Asked {
        named,
        targets,
        scope,
        excluded,
        resolved,
        links,
        ends,
        parts,
        ports_only,
        past,
        again,
        said,
    })
}

/// The links of this machine on which some are asked.
struct Links {
    /// Those on which all are searched.
    links: Vec<Link>,
    /// This machine's addresses on all of them.
    ends: Vec<IpAddr>,
    /// Those of which only a part was named.
    parts: Vec<IpNet>,
}

impl Links {
    fn of(own: &[IpNet], targets: &Targets, scope: &Scope) -> Self {
        let mut found = Self { links: Vec::new(), ends: Vec::new(), parts: Vec::new() };
        for one in own.iter().filter(|one| !one.addr().is_loopback()) {
            let network = Targets::new([Range::of(one.trunc())]);
            if !network.is_ok_and(|network| network.meets(targets)) {
                continue;
            }
            found.ends.push(one.addr());
            let IpNet::V4(four) = one else { continue };
            if !scope.own().contains(&one.trunc()) {
                continue;
            }
            // All of a link is searched only where all of it was named.
            match targets.holds_all(*one) {
                true => found.links.push(Link { network: *four }),
                false => found.parts.push(one.trunc()),
            }
        }
        found.parts.dedup();
        found
    }
}

/// The addresses that a name stands for: this machine's resolver is asked.
fn resolve(typed: &str, place: &str, said: &mut Vec<Diagnostic>) -> Result<Vec<IpAddr>> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let is_name = typed.len() <= NAME_BYTES_MAX
        && typed.bytes().all(plain)
        && typed.bytes().any(|byte| byte.is_ascii_alphabetic());
    if let Some((address, _)) = typed.split_once('%')
        && address.parse::<IpAddr>().is_ok()
    {
        let why = Outside::OnLink;
        bail!("[scan/bad-target] {place}`{}` is {why}", clean(typed));
    }
    if !is_name {
        bail!("[scan/bad-target] {place}`{}` is no address, network, range or name", clean(typed));
    }
    match (typed, 0_u16).to_socket_addrs() {
        Ok(all) => Ok(all.map(|one| one.ip()).collect()),
        Err(error) => {
            let message = format!("{place}no address is known of {typed}: {error}");
            said.push(Diagnostic::new("scan/unknown-name", message));
            Ok(Vec::new())
        }
    }
}

fn targets_of(ranges: Vec<Range>) -> Result<Targets> {
    Targets::new(ranges).map_err(|many| match many {
        Many::Addresses(count) => anyhow::anyhow!(
            "[scan/many-targets] {count} addresses; one scan asks at most {TARGETS_MAX}, a /8"
        ),
        Many::Ranges => anyhow::anyhow!(
            "[scan/many-targets] more than {RANGES_MAX} targets; name networks and ranges instead \
             of single addresses, or scan them in parts"
        ),
    })
}

/// A target as it was typed.
struct Named {
    text: String,
    /// Where it stands in a file, as it stands before what is said of it: `list.txt:7: `.
    place: String,
}

impl From<String> for Named {
    fn from(text: String) -> Self {
        Self { text, place: String::new() }
    }
}

/// Everything that was named.
fn named(typed: &Whom, past: &Past, scope: &Scope) -> Result<Vec<Named>> {
    let mut named: Vec<Named> = typed.targets.iter().cloned().map(Named::from).collect();
    for file in &typed.targets_from {
        named.extend(listed(file)?);
    }
    if past.log.is_some() {
        named = past.targets.iter().cloned().map(Named::from).collect();
    }
    if named.is_empty() && typed.targets_from.is_empty() {
        // A whole /64 can be asked by nobody.
        let own = scope.own().iter().filter(|one| {
            matches!(one, IpNet::V4(four)
                if !four.addr().is_loopback() && !four.addr().is_link_local())
        });
        named.extend(own.map(|one| Named::from(one.to_string())));
        if named.is_empty() {
            bail!(
                "[scan/nobody] this machine is attached to no private network; name targets, and \
                 with --scope who answers for them"
            );
        }
    }
    Ok(named)
}

/// The targets of a list.
fn listed(file: &Path) -> Result<Vec<Named>> {
    const MARK: char = '\u{feff}';
    let text = small(file)?;
    let text = text.strip_prefix(MARK).unwrap_or(&text);
    let shown = if file == Path::new("-") { "standard input".to_owned() } else { shown(file) };
    let lines = text.lines().zip(1_u64..).map(|(line, number)| Named {
        text: line.split('#').next().unwrap_or_default().trim().to_owned(),
        place: format!("{shown}:{number}: "),
    });
    Ok(lines.filter(|line| !line.text.is_empty()).collect())
}

/// Takes from standard input what is asked for from there, for who asks several times: it gives
/// its lines once.
///
/// # Errors
/// When it cannot be read, or names nobody: no list means this machine's own networks, and an empty
/// one does not.
pub(crate) fn read_once(whom: &mut Whom) -> Result<()> {
    let before = whom.targets_from.len();
    whom.targets_from.retain(|file| file != Path::new("-"));
    if whom.targets_from.len() < before {
        let named = listed(Path::new("-"))?;
        if named.is_empty() {
            bail!("[scan/nobody] standard input names no targets");
        }
        whom.targets.extend(named.into_iter().map(|one| one.text));
    }
    Ok(())
}

fn small(file: &Path) -> Result<String> {
    if file == Path::new("-") {
        let mut text = String::new();
        for line in std::io::stdin().lock().lines() {
            text.push_str(&line.context("[scan/cannot-read] standard input")?);
            text.push('\n');
            if text.len() as u64 > FILE_BYTES_MAX {
                bail!("[scan/cannot-read] standard input: longer than {FILE_BYTES_MAX} bytes");
            }
        }
        return Ok(text);
    }
    let read = || -> Result<String> {
        if fs::metadata(file)?.len() > FILE_BYTES_MAX {
            bail!("longer than {FILE_BYTES_MAX} bytes");
        }
        Ok(fs::read_to_string(file)?)
    };
    read().with_context(|| format!("[scan/cannot-read] {}", shown(file)))
}

fn shown(path: &Path) -> String {
    clean(&path.to_string_lossy())
}

/// Says what was named and may not be asked; whether there is any.
fn tell_outside(out: &mut Out, asked: &Asked) -> Result<bool> {
    let (_, outside) = asked.targets.admitted(&asked.scope);
    for said in asked.said.iter().filter(|_| !out.quiet) {
        diagnostics::write(&mut out.aside, said)?;
    }
    for (why, left) in outside.iter().take(REASONS_SHOWN_MAX) {
        let message = format!("{left}: {why}");
        let said = Diagnostic::new("scan/outside", message).help("they are passed over");
        if !out.quiet {
            diagnostics::write(&mut out.aside, &said)?;
        }
    }
    for part in asked.parts.iter().filter(|_| !out.quiet && !asked.ports_only) {
        let message = format!("nobody is searched on {part}: only a part of it was named");
        let said = Diagnostic::new("scan/not-searched", message)
            .help("name all of it to search it too: some devices tell who made them to that alone");
        diagnostics::write(&mut out.aside, &said)?;
    }
    Ok(!outside.is_empty() || !asked.said.is_empty())
}

fn addresses(count: u64) -> String {
    if count == 1 { "1 address".to_owned() } else { format!("{count} addresses") }
}

/// Says what is going to be asked.
fn begins(out: &mut Out, left: u64, typed: &Whom, log: Option<&Path>) -> Result<()> {
    if out.quiet {
        return Ok(());
    }
    let kept = log.map_or("kept nowhere".to_owned(), |log| format!("kept in {}", shown(log)));
    writeln!(
        out.aside,
        "asking {}, at most {} times a second; {kept}; Ctrl-C ends with the report",
        addresses(left),
        typed.rate
    )?;
    Ok(())
}

/// Says what would be asked, and how long that would take.
fn dry(out: &mut Out, asked: &Asked, typed: &Whom, admitted: u64) -> Result<()> {
    let every = if typed.all_ports { ports::all().count() } else { ports::FIRST.len() } as u64;
    let askings = admitted * every;
    let seconds = askings / u64::from(typed.rate);
    let long = SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX));
    out.line(format!("of {} {admitted} may be asked", addresses(asked.targets.len())))?;
    let more = match asked.ports_only {
        true => "for the other ports of each device that is there; nothing is said to it",
        false => "for each device that is there",
    };
    out.line(format!(
        "{every} ports each, {askings} connections, {} a second: about {long:#}, and more {more}",
        typed.rate
    ))?;
    for link in asked.links.iter().filter(|_| !typed.no_search) {
        out.line(format!("all on {} are searched", link.network.trunc()))?;
    }
    let looked = if asked.resolved.is_empty() { "" } else { " but questions for names" };
    out.line(format!("nothing was sent{looked}"))?;
    Ok(())
}

/// The first line of the log.
fn head(asked: &Asked, typed: &Whom) -> Head {
    Head {
        version: VERSION,
        began: feed::now(),
        targets: asked.named.clone(),
        excluded: asked.excluded.clone(),
        own: asked.scope.own().iter().map(IpNet::to_string).collect(),
        scope: Answers::of(&asked.scope),
        rate: typed.rate,
        all_ports: typed.all_ports,
        ports_only: asked.ports_only,
        addresses: asked.resolved.clone(),
        searched: match typed.no_search {
            true => Vec::new(),
            false => asked.links.iter().map(|link| link.network.trunc().to_string()).collect(),
        },
    }
}

/// Where a log lies unless that is said.
fn usual_log() -> PathBuf {
    PathBuf::from(format!("scan-{}.ndjson", feed::now().strftime("%Y%m%dT%H%M%SZ")))
}
