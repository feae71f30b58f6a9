//! `whomade farm`: devices that are modelled, on this machine, to try a scan on.

use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr};
use std::process::ExitCode;

use anyhow::{Context as _, Result, anyhow, bail};
use ipnet::{IpNet, Ipv4Net};
use serde_json::json;
use whomade_core::diagnostic::Diagnostic;
use whomade_core::report::counted;
use whomade_farm::device::{Count, Stand};
use whomade_farm::kinds::{KINDS, Kind, find};
use whomade_farm::serve::{self, sockets};
use whomade_formats::write::csv::push_cell;
use whomade_listen::Until;
use whomade_scan::net::real::attached;
use whomade_scan::scope::is_private;

use crate::cli::Farm;
use crate::out::Out;
use crate::render::diagnostics;
use crate::saved::write_whole;

/// Sockets that are kept free for connections.
const SPARE_SOCKETS: u64 = 2_000;

/// Devices that are listed one by one.
const SHOWN_MAX: usize = 40;

/// Runs `whomade farm`.
///
/// # Errors
/// When a kind is not known, the network is not this machine's own, or a port cannot be opened.
pub(crate) fn run(out: &mut Out, typed: &Farm) -> Result<ExitCode> {
    if typed.list {
        list(out, typed.json)?;
        return Ok(ExitCode::SUCCESS);
    }
    let network = network(&typed.at)?;
    let stands = stands(typed, network)?;
    if let Some(path) = &typed.truth {
        write_whole(path, &truth(&stands))?;
    }
    let wanted = sockets(&stands) as u64 + SPARE_SOCKETS;
    let room = room_for(wanted);
    if room < wanted {
        bail!(
            "[farm/no-sockets] {} need {wanted} sockets, and the system gives {room}: raise the \
             limit (`ulimit -n {wanted}`), or serve fewer (--count)",
            counted(stands.len() as u64, "device")
        );
    }
    let until = Until::lasting(typed.lasting).or_interrupted().context("[farm/failed]")?;
    let link = link(network)?;
    let mut farm = serve::Farm::open(stands, link).map_err(|error| refused(&error))?;
    if !out.quiet {
        tell(out, farm.stands(), typed, network)?;
    }
    farm.run(&|| until.is_over()).context("[farm/failed]")?;
    let counts: Vec<_> = farm.counts().collect();
    came(out, &counts, typed.json)?;
    Ok(ExitCode::SUCCESS)
}

fn refused(error: &std::io::Error) -> anyhow::Error {
    let next = match error.kind() {
        std::io::ErrorKind::PermissionDenied => {
            "ports below 1024 are an administrator's: run it with sudo, or let everybody open them \
             (`sudo sysctl net.ipv4.ip_unprivileged_port_start=21`)"
        }
        std::io::ErrorKind::AddrNotAvailable => {
            "its address is none of this machine's: add it first (`sudo ip addr add …`)"
        }
        std::io::ErrorKind::AddrInUse => "something else holds that port; another --at may be free",
        _ => "the device is named before the error",
    };
    anyhow!("[farm/refused] {error}; {next}")
}

/// The network at whose addresses devices stand: of this machine's own or a private one, never a
/// public one.
fn network(text: &str) -> Result<Ipv4Net> {
    let network = text.parse::<Ipv4Net>().ok().map(|network| network.trunc());
    let Some(network) = network else {
        bail!("[farm/network] {text:?} is no network: --at 127.77.0.0/16");
    };
    if !network.network().is_loopback() && !is_private(&IpNet::V4(network)) {
        bail!("[farm/network] {network} is public; the farm stands in private networks only");
    }
    Ok(network)
}

/// This machine's address on the link of that network, where searches of all are heard.
fn link(network: Ipv4Net) -> Result<Option<Ipv4Net>> {
    let own = attached().context("[farm/failed]")?;
    let holds = |one: &IpNet| match one {
        IpNet::V4(four) => four.contains(&network.network()).then_some(*four),
        IpNet::V6(_) => None,
    };
    Ok(own.iter().find_map(holds))
}

/// Lets this program open so many files, as far as the system does; gives how many it may.
fn room_for(wanted: u64) -> u64 {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let most = limit.maximum.unwrap_or(u64::MAX);
    if limit.current.is_none_or(|current| current >= wanted) {
        return limit.current.unwrap_or(u64::MAX);
    }
    let current = wanted.min(most);
    let raised = Rlimit { current: Some(current), maximum: limit.maximum };
    match setrlimit(Resource::Nofile, raised) {
        Ok(()) => current,
        Err(_) => limit.current.unwrap_or(0),
    }
}

fn stands(typed: &Farm, network: Ipv4Net) -> Result<Vec<Stand>> {
    let unknown = |id: &String| {
        anyhow!("[farm/kind] there is no kind {id:?}; `whomade farm --list` names them")
    };
    let named: Vec<&'static Kind> =
        typed.kind.iter().map(|id| find(id).ok_or_else(|| unknown(id))).collect::<Result<_>>()?;
    let kinds: Vec<&'static Kind> = match named.is_empty() {
        false => named,
        true => KINDS.iter().copied().filter(|kind| typed.hostile || !kind.is_hostile).collect(),
    };
    let count = typed.count.map_or(kinds.len(), |count| count as usize);
    let addresses: Vec<Ipv4Addr> = network.hosts().take(count).collect();
    if addresses.len() < count {
        bail!("[farm/network] {network} has room for {} of {count} devices", addresses.len());
    }
    let mut random = fastrand::Rng::with_seed(typed.seed);
    let each = kinds.iter().cycle().zip(addresses);
    Ok(each.map(|(kind, address)| Stand::new(kind, address.into(), &mut random)).collect())
}

/// Who really made each, as CSV.
fn truth(stands: &[Stand]) -> Vec<u8> {
    let mut rows = b"address,kind,maker,label,odd\n".to_vec();
    for stand in stands {
        let kind = stand.kind;
        let address = stand.address.to_string();
        let cells = [Some(kind.id), kind.maker, kind.label, kind.odd];
        push_cell(&mut rows, &address);
        for cell in cells.map(|cell| cell.unwrap_or_default()) {
            rows.push(b',');
            push_cell(&mut rows, cell);
        }
        rows.push(b'\n');
    }
    rows
}

fn list(out: &mut Out, as_json: bool) -> Result<()> {
    for kind in KINDS {
        if as_json {
            let Kind { id, title, maker, label, odd, source, .. } = kind;
            let line = json!({
                "v": 1, "kind": id, "title": title, "maker": maker, "label": label, "odd": odd,
                "source": source, "hostile": kind.is_hostile,
            });
            out.line(line.to_string())?;
            continue;
        }
        let made = kind.maker.map_or_else(String::new, |maker| format!("; made by {maker}"));
        out.line(format!("{}: {}{made}", kind.id, kind.title))?;
        out.line(format!("  {}", Out::wrapped(kind.source, 2)))?;
    }
    Ok(())
}

fn tell(out: &mut Out, stands: &[Stand], typed: &Farm, network: Ipv4Net) -> Result<()> {
    for stand in stands.iter().take(SHOWN_MAX) {
        writeln!(out.aside, "  {:<15} {}", stand.address, stand.kind.title)?;
    }
    if stands.len() > SHOWN_MAX {
        writeln!(out.aside, "  … and {} more", stands.len() - SHOWN_MAX)?;
    }
    let prefix = tight(stands, network);
    let until = if typed.lasting.is_some() { "" } else { "; Ctrl-C ends it" };
    let said = Diagnostic::new(
        "farm/serves",
        format!("{} on this machine alone{until}", counted(stands.len() as u64, "modelled device")),
    )
    .help(format!("in another window: whomade scan {prefix} --rate 2000 --stations"));
    Ok(diagnostics::write(&mut out.aside, &said)?)
}

/// The smallest network that holds all of them.
fn tight(stands: &[Stand], network: Ipv4Net) -> Ipv4Net {
    let last = stands.last().map(|stand| stand.address);
    let holds = |one: &Ipv4Net| matches!(last, Some(IpAddr::V4(last)) if one.contains(&last));
    let all = (network.prefix_len()..=24).rev();
    all.filter_map(|length| Ipv4Net::new(network.network(), length).ok())
        .find(holds)
        .unwrap_or(network)
}

/// What was asked of whom.
fn came(out: &mut Out, counts: &[(IpAddr, &'static Kind, Count)], as_json: bool) -> Result<()> {
    if as_json {
        for (address, kind, count) in counts {
            let line = json!({
                "v": 1, "address": address.to_string(), "kind": kind.id, "maker": kind.maker,
                "label": kind.label, "odd": kind.odd, "connections": count.connections,
                "most_at_once": count.most, "asked": count.asked, "strange": count.strange,
                "bytes_in": count.bytes[0], "bytes_out": count.bytes[1], "resets": count.resets,
                "described": count.described,
            });
            out.line(line.to_string())?;
        }
        return Ok(());
    }
    let sum = |of: fn(&Count) -> u64| counts.iter().map(|(.., count)| of(count)).sum::<u64>();
    let asked = counts.iter().filter(|(.., count)| count.connections + count.asked > 0).count();
    out.line(format!(
        "{asked} of {} were asked: {} connections, {} requests and searches, {} B; {} B answered",
        counted(counts.len() as u64, "device"),
        sum(|one| one.connections),
        sum(|one| one.asked),
        sum(|one| one.bytes[0]),
        sum(|one| one.bytes[1]),
    ))?;
    out.line(format!(
        "at most {} connections to one device at once; {} requests that are not in the list of a \
         scan; {} times a weak device was pushed; {} descriptions of UPnP fetched",
        counts.iter().map(|(.., count)| count.most).max().unwrap_or(0),
        sum(|one| one.strange),
        sum(|one| one.resets),
        sum(|one| one.described),
    ))?;
    Ok(())
}
