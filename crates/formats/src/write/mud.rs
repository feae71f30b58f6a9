//! Profiles of devices as RFC 8520 has them (MUD): what a network may let a device do. The modules
//! `ietf-mud`, `ietf-acldns` and `ietf-access-control-list` say how such a file is built; the
//! examples of section 9 show one.
//!
//! A profile is meant to come from the maker. One made of traffic allows what was seen, no more:
//! what the device did not do while it was recorded is barred by it.

use std::collections::BTreeSet;
use std::net::IpAddr;

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use whomade_core::egress::{Flow, Recipient, Whose};

/// What is shown of a device at most, by section 3.7: characters.
const SHOWN_CHARS_MAX: usize = 60;
/// Entries of one list; a device that talks with more is no camera.
const ENTRIES_MAX: usize = 2_000;
/// For how many hours a file holds, the most that section 3.5 allows: none of these changes by
/// itself.
const HOURS: u8 = 168;
const TCP: u8 = 6;
const UDP: u8 = 17;

/// A device, and what it may do.
#[derive(Debug)]
pub struct Profile<'p> {
    /// By which lists are called: letters, digits, dots and dashes.
    pub id: String,
    /// The address of the file, by which it is identified.
    pub url: String,
    /// When the last was seen of which it is made.
    pub at: Timestamp,
    /// What is shown to whoever admits the device.
    pub shown: String,
    /// Who made it, where that is more than possible.
    pub maker: Option<String>,
    /// Its model, as it says itself.
    pub model: Option<String>,
    /// What it exchanged.
    pub recipients: &'p [Recipient],
    /// Whether hosts outside stand in it, too.
    pub outside: bool,
}

/// With whom, as far as a list tells.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum With {
    /// Any address of the network.
    Local,
    /// A server that the network's own administrator names, by a standard URN.
    Class(&'static str),
    /// A host by name.
    Name(String),
    /// One address: of a group, or a host without a name.
    Address(IpAddr),
}

/// What is allowed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    with: With,
    protocol: u8,
    port: u16,
    /// Whether the port is the device's.
    serves: bool,
    /// Whether the other side begins, where that is known.
    begun: Option<bool>,
    six: bool,
}

/// A profile as it is written, and how many recipients were left out of it.
#[must_use]
pub fn mud(profile: &Profile<'_>) -> (Value, usize) {
    let (entries, left) = entries(profile);
    let mut lists = Vec::new();
    let mut policies = [Vec::new(), Vec::new()];
    for (six, family) in [(false, "v4"), (true, "v6")] {
        let of: Vec<&Entry> = entries.iter().filter(|one| one.six == six).collect();
        if of.is_empty() {
            continue;
        }
        for (policy, from) in policies.iter_mut().zip([true, false]) {
            let name = format!("{}-{family}-{}", profile.id, if from { "fr" } else { "to" });
            policy.push(json!({ "name": name }));
            lists.push(list(&name, &of, six, from));
        }
    }
    let [from, to] = policies.map(|lists| json!({ "access-lists": { "access-list": lists } }));
    let mut mud = Map::new();
    mud.insert("mud-version".into(), 1.into());
    mud.insert("mud-url".into(), profile.url.clone().into());
    mud.insert("last-update".into(), format!("{:.0}", profile.at).into());
    mud.insert("cache-validity".into(), HOURS.into());
    // Section 3.6: not supported is what its maker will never issue a newer file for.
    mud.insert("is-supported".into(), false.into());
    let shown: String = profile.shown.chars().take(SHOWN_CHARS_MAX).collect();
    mud.insert("systeminfo".into(), shown.into());
    if let Some(maker) = &profile.maker {
        mud.insert("mfg-name".into(), maker.clone().into());
    }
    if let Some(model) = &profile.model {
        mud.insert("model-name".into(), model.clone().into());
    }
    mud.insert("from-device-policy".into(), from);
    mud.insert("to-device-policy".into(), to);
    let file = json!({
        "ietf-mud:mud": mud,
        "ietf-access-control-list:acls": { "acl": lists },
    });
    (file, left)
}

/// What is allowed, each once, and how many recipients are not.
fn entries(profile: &Profile<'_>) -> (BTreeSet<Entry>, usize) {
    let (mut all, mut left) = (BTreeSet::new(), 0);
    for one in profile.recipients {
        let local = one.whose == Whose::OwnNetwork;
        let class = match one.whose {
            Whose::NamesService => Some("urn:ietf:params:mud:dns"),
            Whose::TimeService => Some("urn:ietf:params:mud:ntp"),
            _ => None,
        };
        if !local && class.is_none() && !profile.outside {
            left += 1;
            continue;
        }
        // What nobody answered is no use of the device: whoever looks for open ports makes these.
        left += usize::from(one.is_in_vain());
        for flow in one.flows.iter().filter(|flow| !flow.is_in_vain()) {
            for with in with(flow, class, one) {
                let Flow { protocol, port, serves, guessed, address, .. } = *flow;
                let begun = (!guessed).then_some(serves);
                let entry = Entry { with, protocol, port, serves, begun, six: address.is_ipv6() };
                if all.len() < ENTRIES_MAX {
                    all.insert(entry);
                }
            }
        }
    }
    (all, left)
}

fn with(flow: &Flow, class: Option<&'static str>, one: &Recipient) -> Vec<With> {
    let many = match flow.address {
        IpAddr::V4(four) => four.is_multicast() || four.is_broadcast(),
        IpAddr::V6(six) => six.is_multicast(),
    };
    if let Some(class) = class {
        return vec![With::Class(class)];
    }
    if many {
        return vec![With::Address(flow.address)];
    }
    if flow.local {
        return vec![With::Local];
    }
    let names = one.names.iter().filter(|name| is_host(name));
    let names: Vec<With> = names.map(|name| With::Name(name.clone())).collect();
    if names.is_empty() { vec![With::Address(flow.address)] } else { names }
}

/// Whether a name out of a packet is a host's name and nothing else.
fn is_host(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    !name.is_empty() && !name.starts_with(['.', '-']) && name.bytes().all(plain)
}

/// The entries of one direction as a list.
fn list(name: &str, entries: &[&Entry], six: bool, from: bool) -> Value {
    let aces = entries.iter().enumerate().map(|(at, one)| {
        json!({
            "name": format!("ace{at}-{}", if from { "frdev" } else { "todev" }),
            "matches": matches(one, from),
            "actions": { "forwarding": "accept" },
        })
    });
    json!({
        "name": name,
        "type": if six { "ipv6-acl-type" } else { "ipv4-acl-type" },
        "aces": { "ace": aces.collect::<Vec<_>>() },
    })
}

fn matches(one: &Entry, from: bool) -> Value {
    let mut all = Map::new();
    let (version, bits) = if one.six { ("ipv6", 128) } else { ("ipv4", 32) };
    let mut network = Map::new();
    network.insert("protocol".into(), one.protocol.into());
    match &one.with {
        With::Local => drop(all.insert("ietf-mud:mud".into(), json!({ "local-networks": [null] }))),
        With::Class(urn) => drop(all.insert("ietf-mud:mud".into(), json!({ "controller": urn }))),
        With::Name(name) => {
            let key = if from { "ietf-acldns:dst-dnsname" } else { "ietf-acldns:src-dnsname" };
            network.insert(key.into(), name.clone().into());
        }
        With::Address(address) => {
            let end = if from { "destination" } else { "source" };
            let key = format!("{end}-{version}-network");
            network.insert(key, format!("{address}/{bits}").into());
        }
    }
    all.insert(version.into(), network.into());
    // The port that was asked is the other's, unless the device was asked.
    let end = if from == one.serves { "source-port" } else { "destination-port" };
    let mut carried = Map::new();
    if one.port != 0 {
        carried.insert(end.into(), json!({ "operator": "eq", "port": one.port }));
    }
    // Where nobody knows who begins, either may.
    if let (TCP, Some(to_device)) = (one.protocol, one.begun) {
        let begins = if to_device { "to-device" } else { "from-device" };
        carried.insert("ietf-mud:direction-initiated".into(), begins.into());
    }
    match one.protocol {
        _ if carried.is_empty() => {}
        TCP => drop(all.insert("tcp".into(), carried.into())),
        UDP => drop(all.insert("udp".into(), carried.into())),
        _ => {}
    }
    all.into()
}
