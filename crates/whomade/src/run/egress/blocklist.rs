//! Lists for interim isolation: the services that were seen and whose operator the base names,
//! by a source. What many others use is never barred: an address only where its holder, by the
//! user's table, is the operator.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use anyhow::Result;
use whomade_core::egress::{Asked, Service, services};
use whomade_core::kb::{Base, Entity};

use super::gather::Talking;
use super::held::Tables;
use crate::cli::Blocklist;
use crate::out::Out;

/// The first number of Suricata's rules that is left to local ones.
const FIRST_RULE: u64 = 1_000_000;

/// A service that is barred.
#[derive(Default)]
struct Barred {
    names: BTreeSet<String>,
    addresses: BTreeSet<IpAddr>,
}

/// Writes the list.
///
/// # Errors
/// When the output is closed.
pub(super) fn write(
    out: &mut Out,
    base: &Base,
    tables: &Tables,
    talking: &[Talking],
    form: Blocklist,
) -> Result<()> {
    let barred = of_services(base, talking);
    let mark = if form == Blocklist::Rpz { ';' } else { '#' };
    for line in HEAD {
        out.line(format!("{mark} {line}"))?;
    }
    if form == Blocklist::Rpz {
        // A zone begins with who speaks for it.
        out.line("$TTL 300")?;
        out.line("@ SOA localhost. root.localhost. 1 3600 600 86400 300")?;
        out.line("@ NS localhost.")?;
    }
    if form == Blocklist::Nftables {
        return nftables(out, base, tables, &barred);
    }
    let mut number = FIRST_RULE;
    for (id, one) in &barred {
        let (why, hosts) = (why(base, id), &base.facts.endpoints[id].hosts);
        match form {
            Blocklist::Hosts => {
                for name in &one.names {
                    out.line(format!("0.0.0.0 {name} # {why}"))?;
                }
            }
            Blocklist::Rpz => {
                for host in hosts {
                    out.line(format!("{host} CNAME . ; {why}"))?;
                    out.line(format!("*.{host} CNAME . ; {why}"))?;
                }
            }
            Blocklist::Suricata => {
                for host in hosts {
                    out.line(format!("# {why}"))?;
                    for (app, buffer) in [("dns", "dns.query"), ("tls", "tls.sni")] {
                        let says = format!("msg:\"whomade: {id} ({app})\"");
                        let found = format!("{buffer}; dotprefix; content:\".{host}\"; endswith");
                        out.line(format!(
                            "drop {app} any any -> any any ({says}; {found}; nocase; sid:{number}; \
                             rev:1;)"
                        ))?;
                        number += 1;
                    }
                }
            }
            Blocklist::Nftables => {}
        }
    }
    if barred.is_empty() {
        out.line(format!("{mark} {NONE}"))?;
    }
    Ok(())
}

const HEAD: [&str; 2] = [
    "Services that were seen and whose operator the base names, for isolation until devices are",
    "replaced. They may fail without them, or look for other ways: read it before it is used.",
];

const NONE: &str = "none was seen: a service whose operator is not known is barred by no list";

/// The services that were seen, with the names that were asked for and where they were met.
fn of_services(base: &Base, talking: &[Talking]) -> BTreeMap<String, Barred> {
    let mut barred: BTreeMap<String, Barred> = BTreeMap::new();
    let mut add = |service: &Service, addresses: &[IpAddr]| {
        let known = base.facts.endpoints.get(&service.id);
        if known.is_some_and(|one| !one.sources.is_empty()) {
            let one = barred.entry(service.id.clone()).or_default();
            one.names.extend(is_plain(&service.host).then(|| service.host.clone()));
            one.addresses.extend(addresses);
        }
    };
    for recipient in talking.iter().flat_map(|one| &one.recipients) {
        let met =
            recipient.flows.iter().filter(|flow| !flow.local && flow.asked() != Asked::Device);
        // Where names of several services lead to one address it is of none of them alone.
        let met = met.filter(|_| recipient.services.len() == 1);
        let addresses: Vec<IpAddr> = met.map(|flow| flow.address).collect();
        recipient.services.iter().for_each(|service| add(service, &addresses));
    }
    for name in talking.iter().flat_map(|one| &one.asked_only) {
        services(base, name).iter().for_each(|service| add(service, &[]));
    }
    barred
}

/// Whether a name is nothing but one: what a stranger put into a packet may hold a line of its own.
fn is_plain(name: &str) -> bool {
    let in_it = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    !name.starts_with(['.', '-']) && name.bytes().all(in_it)
}

/// Why a line stands there: the service, its operator, and the sources.
fn why(base: &Base, id: &str) -> String {
    let service = &base.facts.endpoints[id];
    let operator = base.operator(&service.operator).map_or("", |of| base.name(of));
    format!("{}, which {operator} operates ({})", service.name, service.sources.join(", "))
}

fn nftables(
    out: &mut Out,
    base: &Base,
    tables: &Tables,
    barred: &BTreeMap<String, Barred>,
) -> Result<()> {
    let mut lines = Vec::new();
    let mut left = 0_u64;
    for (id, one) in barred {
        let operator = base.operator(&base.facts.endpoints[id].operator);
        for address in &one.addresses {
            if operator.is_some_and(|operator| is_held_by(base, tables, *address, operator)) {
                let family = if address.is_ipv4() { "ip" } else { "ip6" };
                lines.push(format!("    {family} daddr {address} drop # {}", why(base, id)));
            } else {
                left += 1;
            }
        }
    }
    let because = match tables.is_empty() {
        true => "without --mmdb nobody knows who holds them, and others may be reached there",
        false => "others than the operator hold them, and others may be reached there",
    };
    if left > 0 {
        out.line(format!("# addresses left out: {left}; {because}: bar the names"))?;
    }
    if lines.is_empty() {
        let none = if barred.is_empty() { NONE } else { "no address is left" };
        return Ok(out.line(format!("# {none}"))?);
    }
    out.line("table inet whomade {\n  chain forward {")?;
    out.line("    type filter hook forward priority filter; policy accept;")?;
    lines.iter().try_for_each(|line| out.line(line))?;
    Ok(out.line("  }\n}")?)
}

/// Whether the holder of an address, by the user's tables, is the operator under its own name.
fn is_held_by(base: &Base, tables: &Tables, address: IpAddr, operator: Entity) -> bool {
    let held = tables.of(address);
    let is = |name: &String| base.names.find(name).is_some_and(|(of, _)| of == operator);
    held.holders.len() == 1 && held.holders.iter().all(is)
}

#[cfg(test)]
mod tests {
    use super::is_plain;

    #[test]
    fn a_name_of_a_packet_writes_no_line_of_its_own() {
        assert!(is_plain("dev.hik-connect.com") && is_plain("_x._udp.secu100.net"));
        for name in [
            "192.0.2.1 www.example.org #.hik-connect.com",
            "a\n0.0.0.0.hik-connect.com",
            "a;b.hik-connect.com",
            "-x.hik-connect.com",
            ".hik-connect.com",
            "\u{202e}.hik-connect.com",
        ] {
            assert!(!is_plain(name), "{name}");
        }
    }
}
