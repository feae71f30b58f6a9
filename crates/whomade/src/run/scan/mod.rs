//! `whomade scan`: whom to ask and on what ground, then the scan as an input that comes while it is
//! read.

mod feed;
mod lock;
mod table;

use std::fs;
use std::io::{BufRead as _, Write as _};
use std::net::ToSocketAddrs as _;
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
use whomade_scan::net::real::{Link, attached};
use whomade_scan::ports;
use whomade_scan::scanner::Plan;
use whomade_scan::scope::{Scope, parse_network};
use whomade_scan::targets::{Many, RANGES_MAX, Range, TARGETS_MAX, Targets};

use crate::cli::{Lists, Reading, Scan, Screen, ScreenOutput};
use crate::out::Out;
use crate::render::diagnostics;
use crate::run::live::Live;
use crate::run::screen;
use crate::today::today;
use feed::{Feed, Log, Past};

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
    links: Vec<Link>,
    past: Past,
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
    let asked = asked(&mut typed)?;
    let outside = tell_outside(out, &asked)?;
    let (admitted, _) = asked.targets.admitted(&asked.scope);
    if admitted == 0 {
        bail!(
            "[scan/nobody] of {} named none may be asked; a scope file says who answers for \
             networks beside this machine's own private ones: `whomade scan --help` shows one",
            addresses(asked.targets.len())
        );
    }
    if typed.dry_run {
        return dry(out, &asked, &typed, admitted);
    }
    let _lock = lock::of(&asked.named, &asked.targets)?;
    let until = Until::lasting(None).or_interrupted().context("[scan/failed]")?;
    let plan = Plan {
        rate: typed.rate,
        parallel: typed.parallel.max(1),
        search: !typed.no_search && !asked.links.is_empty() && asked.past.place == 0,
        all_ports: typed.all_ports,
        from: asked.past.place,
        seed: feed::seed(),
    };
    let log = Log::open(&typed, &asked.past)?;
    let (name, log_path) = (log.name(), log.path());
    begins(out, &asked, &typed, admitted, &name)?;
    let head = head(&asked, &typed);
    let quiet = out.quiet;
    let feed = Feed::new(asked, head, plan, log, until, quiet).context("[scan/failed]")?;
    let tally = feed.tally();
    let path = log_path.clone().unwrap_or_else(|| PathBuf::from(name));
    let live = Live::new(path, None, read::Live::Scan, feed).kept(log_path.is_some());
    let live = Some(live);
    let Scan { stations, strict, asking, packs, configured, output, .. } = typed;
    let reading = Reading { strict, ..Reading::default() };
    let named = !output.summary;
    let output = ScreenOutput { cameras: !stations, ..output };
    let (files, lists) = (Vec::new(), Lists::default());
    let screened = Screen { files, live, asking, reading, packs, configured, output, lists };
    let code = screen::run(out, overlay, screened)?;
    tally.tell(out, named)?;
    let failed = tally.is_starved() || strict && outside;
    Ok(if failed { ExitCode::from(2) } else { code })
}

/// What was typed, understood: whom to ask, and who of them may be.
fn asked(typed: &mut Scan) -> Result<Asked> {
    let own = attached().context("[scan/failed] the system does not tell its networks")?;
    let mut scope = Scope::attached(own.iter().copied(), today());
    for file in &typed.scope {
        let text = small(file)?;
        scope = scope.with_file(&text).map_err(|why| {
            anyhow::anyhow!("[scan/bad-scope] {}: {}", shown(file), clean(&why.to_string()))
        })?;
    }
    let past = match &typed.resume {
        Some(log) => Past::read(log)?,
        None => Past::default(),
    };
    if typed.exclude.is_empty() {
        typed.exclude.clone_from(&past.excluded);
    }
    let excluded = typed.exclude.iter().map(|one| {
        parse_network(one)
            .with_context(|| format!("[scan/bad-target] --exclude: `{}` is no network", clean(one)))
    });
    let scope = scope.without(excluded.collect::<Result<Vec<IpNet>>>()?);
    let named = named(typed, &past, &scope)?;
    let mut said = Vec::new();
    let mut ranges = Vec::new();
    for one in &named {
        ranges.extend(ranges_of(one, &mut said)?);
    }
    let targets = targets_of(ranges)?;
    // All of a link is searched only where all of it was named.
    let whole = |one: &IpNet| match one {
        IpNet::V4(four) if targets.holds_all(*one) && !four.addr().is_loopback() => {
            scope.own().contains(&one.trunc()).then_some(Link { network: *four })
        }
        _ => None,
    };
    let links = own.iter().filter_map(whole).collect();
    let excluded = typed.exclude.clone();
    Ok(Asked { named, targets, scope, excluded, links, past, said })
}

/// The addresses that something typed stands for. A name is asked of this machine's resolver.
fn ranges_of(typed: &str, said: &mut Vec<Diagnostic>) -> Result<Vec<Range>> {
    if let Some(range) = Range::parse(typed) {
        return Ok(vec![range]);
    }
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    let is_name = typed.len() <= NAME_BYTES_MAX
        && typed.bytes().all(plain)
        && typed.bytes().any(|byte| byte.is_ascii_alphabetic());
    if !is_name {
        bail!("[scan/bad-target] `{}` is no address, network, range or name", clean(typed));
    }
    match (typed, 0_u16).to_socket_addrs() {
        Ok(all) => Ok(all.map(|one| Range::of(one.ip().into())).collect()),
        Err(error) => {
            let message = format!("no address is known of {typed}: {error}");
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
        Many::Ranges => anyhow::anyhow!("[scan/many-targets] more than {RANGES_MAX} targets"),
    })
}

/// Everything that was named.
fn named(typed: &Scan, past: &Past, scope: &Scope) -> Result<Vec<String>> {
    let mut named = typed.targets.clone();
    for file in &typed.targets_from {
        let text = small(file)?;
        let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
        named.extend(lines.filter(|line| !line.is_empty()).map(str::to_owned));
    }
    if typed.resume.is_some() {
        named.clone_from(&past.targets);
    }
    if named.is_empty() && typed.targets_from.is_empty() {
        // A whole /64 can be asked by nobody.
        let own = scope.own().iter().filter(|one| {
            matches!(one, IpNet::V4(four)
                if !four.addr().is_loopback() && !four.addr().is_link_local())
        });
        named.extend(own.map(IpNet::to_string));
        if named.is_empty() {
            bail!(
                "[scan/nobody] this machine is attached to no private network; name targets, and \
                 with --scope who answers for them"
            );
        }
    }
    Ok(named)
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
    for (why, (count, first)) in outside.iter().take(REASONS_SHOWN_MAX) {
        let others = match count - 1 {
            0 => String::new(),
            1 => " and 1 other".to_owned(),
            many => format!(" and {many} others"),
        };
        let message = format!("{first}{others}: {why}");
        let said = Diagnostic::new("scan/outside", message).help("they are passed over");
        if !out.quiet {
            diagnostics::write(&mut out.aside, &said)?;
        }
    }
    Ok(!outside.is_empty() || !asked.said.is_empty())
}

fn addresses(count: u64) -> String {
    if count == 1 { "1 address".to_owned() } else { format!("{count} addresses") }
}

/// Says what is going to be asked.
fn begins(out: &mut Out, asked: &Asked, typed: &Scan, admitted: u64, name: &str) -> Result<()> {
    if out.quiet {
        return Ok(());
    }
    let left = asked.targets.len().saturating_sub(asked.past.place).min(admitted);
    writeln!(
        out.aside,
        "asking {}, at most {} times a second; {name}; Ctrl-C ends with the report",
        addresses(left),
        typed.rate
    )?;
    Ok(())
}

/// Says what would be asked, and how long that would take.
fn dry(out: &mut Out, asked: &Asked, typed: &Scan, admitted: u64) -> Result<ExitCode> {
    let every = if typed.all_ports { ports::all().count() } else { ports::FIRST.len() } as u64;
    let askings = admitted * every;
    let seconds = askings / u64::from(typed.rate);
    let long = SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX));
    out.line(format!("of {} {admitted} may be asked", addresses(asked.targets.len())))?;
    out.line(format!(
        "{every} ports each, {askings} connections, {} a second: about {long:#}, and more for each \
         device that is there",
        typed.rate
    ))?;
    for link in asked.links.iter().filter(|_| !typed.no_search) {
        out.line(format!("all on {} are searched", link.network.trunc()))?;
    }
    out.line("nothing was sent")?;
    Ok(ExitCode::SUCCESS)
}

/// The first line of the log.
fn head(asked: &Asked, typed: &Scan) -> Head {
    Head {
        version: VERSION,
        began: feed::now(),
        targets: asked.named.clone(),
        excluded: asked.excluded.clone(),
        own: asked.scope.own().iter().map(IpNet::to_string).collect(),
        scope: Answers::of(&asked.scope),
        rate: typed.rate,
        all_ports: typed.all_ports,
    }
}

/// Where a log lies unless that is said.
fn usual_log() -> PathBuf {
    PathBuf::from(format!("scan-{}.ndjson", feed::now().strftime("%Y%m%dT%H%M%SZ")))
}
