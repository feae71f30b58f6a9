//! With whom a device talks: which service that is, who operates it, and whose it is for the
//! device. Who holds an address, and where it is registered, is told by tables of the user; it says
//! nothing of who operates the service, nor where anything is kept.
//!
//! Services are those of `kb/endpoints`: they are recognised by the names that a device asked for,
//! never by an address. A lead of theirs is shown as one.

use std::collections::BTreeMap;
use std::net::IpAddr;

use jiff::Timestamp;

use crate::attribution::{Certainty, Design};
use crate::kb::{Base, Entity};
use crate::observation::{Field, Seen};

pub mod compared;
mod flow;
pub mod named;
pub mod recording;

pub use flow::{Asked, Counted, Cover, Flow};
pub use named::Answer;
pub use recording::Recording;

/// A service of the base to which a name belongs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Service {
    /// Its id in `kb/endpoints`.
    pub id: String,
    /// The name by which it was recognised.
    pub host: String,
    /// Who operates it, a maker.
    pub operator: Entity,
}

/// A service to which a name is said to belong, without enough support to say so.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ServiceLead {
    /// Its id in `kb/endpoints`.
    pub id: String,
    /// Why there is a lead, and why it is no more.
    pub why: String,
}

/// Whose a recipient is, for the device that sends to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Whose {
    /// It is of the network that was recorded.
    OwnNetwork,
    /// The house under whose name the device is sold operates it, and did not make the device.
    Label,
    /// The maker of the device operates it.
    Maker,
    /// A maker operates it who is only possibly the maker of the device.
    PossibleMaker,
    /// A maker operates it who did not make the device.
    OtherMaker,
    /// A maker operates it; who made the device is not known.
    SomeMaker,
    /// A house operates it that sells equipment of others, under another name than the device's.
    OtherLabel,
    /// Names are asked there, by its port.
    NamesService,
    /// The time is asked there, by its port.
    TimeService,
    /// Nobody knows.
    Unknown,
}

impl Whose {
    /// The word that is printed.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::OwnNetwork => "own-network",
            Self::Label => "label",
            Self::Maker => "maker",
            Self::PossibleMaker => "possible-maker",
            Self::OtherMaker => "other-maker",
            Self::SomeMaker => "some-maker",
            Self::OtherLabel => "other-label",
            Self::NamesService => "names",
            Self::TimeService => "time",
            Self::Unknown => "unknown",
        }
    }
}

/// What is known of the device itself.
#[derive(Debug, Clone, Copy, Default)]
pub struct Known {
    /// Its maker, as far as one is stated.
    pub maker: Option<Entity>,
    /// Whether that maker is more than possible.
    pub sure: bool,
    /// The house under whose name it is sold.
    pub label: Option<Entity>,
}

impl Known {
    /// What the answer about a device says; `label` is what its record names.
    #[must_use]
    pub fn of(design: &Design, label: Option<Entity>) -> Self {
        let sure = design.certainty >= Certainty::Probable;
        Self { maker: design.stated(), sure, label }
    }
}

/// To whom a device sends: all that has one name, or one address without a name.
#[derive(Debug, Clone)]
pub struct Recipient {
    /// What it is called: the first name that was asked for, or its address.
    pub name: String,
    /// All names, the first first.
    pub names: Vec<String>,
    /// What was exchanged, in the order of addresses and ports.
    pub flows: Vec<Flow>,
    /// The services of the base to which the names belong.
    pub services: Vec<Service>,
    /// What else is said of the names.
    pub leads: Vec<ServiceLead>,
    /// Whose it is.
    pub whose: Whose,
}

impl Recipient {
    /// Bytes that the device sent there.
    #[must_use]
    pub fn sent(&self) -> u64 {
        self.flows.iter().fold(0, |sum, flow| sum.saturating_add(flow.sent))
    }

    /// Bytes that it got from there.
    #[must_use]
    pub fn got(&self) -> u64 {
        self.flows.iter().fold(0, |sum, flow| sum.saturating_add(flow.got))
    }

    /// Packets both ways.
    #[must_use]
    pub fn packets(&self) -> u64 {
        self.flows.iter().fold(0, |sum, flow| sum.saturating_add(flow.packets))
    }

    /// The first and the last packet.
    #[must_use]
    pub fn seen(&self) -> Option<Seen> {
        let all = self.flows.iter().filter_map(|flow| flow.seen);
        all.reduce(|one, other| Seen::between(one.from.min(other.from), one.until.max(other.until)))
    }

    /// Its addresses, each once.
    #[must_use]
    pub fn addresses(&self) -> Vec<IpAddr> {
        let mut all: Vec<IpAddr> = self.flows.iter().map(|flow| flow.address).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// How it is protected, each way once.
    #[must_use]
    pub fn covers(&self) -> Vec<Cover> {
        let mut all: Vec<Cover> = self.flows.iter().map(|flow| flow.cover).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Ports, each with how it is carried, once: `tcp/8666`.
    #[must_use]
    pub fn ports(&self) -> Vec<String> {
        let mut all: Vec<(u16, u8)> =
            self.flows.iter().map(|flow| (flow.port, flow.protocol)).collect();
        all.sort_unstable();
        all.dedup();
        let words = |(port, protocol)| match port {
            0 => carried(protocol),
            _ => format!("{}/{port}", carried(protocol)),
        };
        all.into_iter().map(words).collect()
    }

    /// The same in words, one after the other, and whether nobody knows whose they are.
    #[must_use]
    pub fn ports_words(&self, between: &str) -> String {
        let ports = self.ports().join(between);
        match self.asked() {
            Asked::Unknown => format!("{ports} (who asked whom is not known)"),
            Asked::Peer | Asked::Device => ports,
        }
    }

    /// The oldest packet that shows it, `gate.pcap:7`; nothing where the capture is kept nowhere.
    #[must_use]
    pub fn first(&self) -> Option<String> {
        let age = |flow: &&Flow| flow.seen.map_or(Timestamp::MAX, |seen| seen.from);
        let (source, packet) =
            &self.flows.iter().min_by_key(|flow| (age(flow), flow.first.1))?.first;
        (!source.is_empty()).then(|| format!("{source}:{packet}"))
    }

    /// Whether there was at least what was counted, and perhaps more.
    #[must_use]
    pub fn is_lower_bound(&self) -> bool {
        self.flows.iter().any(|flow| flow.counted.is_lower_bound())
    }

    /// Whether nothing came of all of it.
    #[must_use]
    pub fn is_in_vain(&self) -> bool {
        !self.flows.is_empty() && self.flows.iter().all(Flow::is_in_vain)
    }

    /// Which end was asked, as far as it is known of all.
    #[must_use]
    pub fn asked(&self) -> Asked {
        let first = self.flows.first().map_or(Asked::Peer, Flow::asked);
        let mut others = self.flows.iter().map(Flow::asked);
        if others.all(|one| one == first) { first } else { Asked::Unknown }
    }

    /// Who operates it, where the base knows one.
    #[must_use]
    pub fn operator(&self) -> Option<Entity> {
        let first = self.services.first()?.operator;
        self.services.iter().all(|one| one.operator == first).then_some(first)
    }

    /// One sentence: what was seen, and no more. `held`: in words who holds its addresses and where
    /// they are registered, as far as the user's tables say.
    #[must_use]
    pub fn sentence(&self, base: &Base, held: Option<&str>) -> String {
        let addresses = self.addresses();
        let shown = match addresses.as_slice() {
            [one] => one.to_string(),
            [one, more @ ..] => format!("{one} and {} more", more.len()),
            [] => String::new(),
        };
        let held = held.map(|held| format!(", {held}")).unwrap_or_default();
        let named = if self.names.is_empty() {
            format!("{shown}{held}")
        } else {
            format!("{} ({shown}{held})", self.name)
        };
        // Who began is not said where nobody knows; which way it went was counted.
        let does = match (self.asked(), self.sent(), self.got()) {
            (Asked::Device, ..) if self.is_in_vain() => "is asked in vain by",
            _ if self.is_in_vain() => "tries in vain to reach",
            (Asked::Device, ..) => "is asked by",
            (Asked::Unknown, 0, 0) | (Asked::Unknown, 1.., 1..) => "talks with",
            (_, 0, _) => "gets from",
            _ => "sends to",
        };
        format!("{does} {named}: {}", self.of_whom(base))
    }

    fn of_whom(&self, base: &Base) -> String {
        let lead = |lead: &ServiceLead| match base.facts.endpoints.get(&lead.id) {
            Some(service) => {
                format!("; a lead, and no more, counts the name to {}", service.name)
            }
            None => String::new(),
        };
        let lead = self.leads.first().map(lead).unwrap_or_default();
        let known = match self.whose {
            Whose::OwnNetwork => "within the network that was recorded".to_owned(),
            Whose::NamesService => "a port at which names are asked".to_owned(),
            Whose::TimeService => "a port at which the time is asked".to_owned(),
            _ => self.operated(base),
        };
        known + &lead
    }

    /// Which service it is, who operates it, and what he is to the device.
    fn operated(&self, base: &Base) -> String {
        let (Some(service), Some(operator)) = (self.services.first(), self.operator()) else {
            return match self.services.len() {
                0 => "who operates the service is not known".to_owned(),
                _ => "the address serves names of several operators".to_owned(),
            };
        };
        let title = base.facts.endpoints.get(&service.id).map_or("", |one| one.name.as_str());
        let to_it = match self.whose {
            Whose::Maker => ", the maker of the device",
            Whose::PossibleMaker => ", possibly the maker of the device",
            Whose::OtherMaker => ", which is not the maker of the device",
            Whose::Label => ", under whose name the device is sold",
            Whose::OtherLabel => ", which sells equipment under its own name",
            _ => "",
        };
        format!("{title}, which {} operates{to_it}", base.name(operator))
    }
}

/// The recipients of a device: by whom they are to it, most sent first.
#[must_use]
pub fn recipients(base: &Base, known: &Known, flows: Vec<Flow>) -> Vec<Recipient> {
    // A name stands for all its addresses; what was asked the other way stands apart.
    let mut by_name: BTreeMap<(String, Asked), Vec<Flow>> = BTreeMap::new();
    for flow in flows {
        let name = flow.names.first().map_or_else(|| flow.address.to_string(), |one| plain(one));
        by_name.entry((name, flow.asked())).or_default().push(flow);
    }
    let mut all: Vec<Recipient> =
        by_name.into_iter().map(|((name, _), flows)| recipient(base, known, name, flows)).collect();
    // The order of names stands where as much was sent.
    all.sort_by_key(|one| {
        (one.whose == Whose::OwnNetwork, std::cmp::Reverse(one.sent()), one.name.clone())
    });
    all
}

fn recipient(base: &Base, known: &Known, name: String, mut flows: Vec<Flow>) -> Recipient {
    flows.sort_by_key(|flow| (flow.address, flow.port, flow.protocol, flow.counted));
    let mut names: Vec<String> = Vec::new();
    for one in flows.iter().flat_map(|flow| &flow.names).map(|one| plain(one)) {
        if !names.contains(&one) {
            names.push(one);
        }
    }
    let mut services: Vec<Service> = names.iter().flat_map(|one| services(base, one)).collect();
    services.dedup_by(|one, other| one.id == other.id);
    let mut leads: Vec<ServiceLead> = names.iter().flat_map(|one| leads(base, one)).collect();
    if flows.iter().any(|flow| flow.unsure && !is_one_operator(base, &flow.names)) {
        // Some of the names may not have been meant, so that none of them says who operates it.
        let may_be = services.drain(..).map(|one| ServiceLead {
            id: one.id,
            why: format!("the address was the answer for {}, too", one.host),
        });
        leads.extend(may_be);
    }
    let mut one = Recipient { name, names, flows, services, leads, whose: Whose::Unknown };
    one.whose = whose(base, known, &one);
    one
}

/// Whether one operator is known of all names, or of none.
fn is_one_operator(base: &Base, names: &[String]) -> bool {
    let of = |name: &String| services(base, &plain(name)).first().map(|one| base.id(one.operator));
    let first = names.first().and_then(of);
    names.iter().all(|name| of(name) == first)
}

fn plain(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase()
}

/// The services of the base to which a name belongs.
#[must_use]
pub fn services(base: &Base, name: &str) -> Vec<Service> {
    let mut hits = Vec::new();
    base.fire(Field::DnsName, name, &mut hits);
    let fired = hits.iter().map(|hit| &base.signatures[*hit as usize]);
    fired
        .filter(|one| base.facts.endpoints.contains_key(&one.id))
        .map(|one| Service { id: one.id.clone(), host: name.to_owned(), operator: one.of })
        .collect()
}

/// What is said of a name without enough support.
#[must_use]
pub fn leads(base: &Base, name: &str) -> Vec<ServiceLead> {
    let under = |host: &String| {
        let before = name.strip_suffix(host.as_str());
        before.is_some_and(|before| before.is_empty() || before.ends_with('.'))
    };
    let mut found = Vec::new();
    for (id, service) in base.facts.endpoints.iter().filter(|(_, one)| one.withdrawn.is_none()) {
        for lead in service.leads.iter().filter(|lead| lead.hosts.iter().any(under)) {
            found.push(ServiceLead { id: id.clone(), why: lead.why.clone() });
        }
    }
    found
}

/// Ports of plain infrastructure, by the register of service names: 53 and 853 for names, 123 for
/// the time.
const NAMES_PORTS: [u16; 2] = [53, 853];
const TIME_PORT: u16 = 123;

fn whose(base: &Base, known: &Known, one: &Recipient) -> Whose {
    if one.flows.iter().all(|flow| flow.local) {
        return Whose::OwnNetwork;
    }
    if let Some(operator) = one.operator() {
        return of_operator(base, known, operator);
    }
    let all = |is: fn(u16) -> bool| one.flows.iter().all(|flow| !flow.serves && is(flow.port));
    if !one.services.is_empty() {
        Whose::Unknown
    } else if all(|port| NAMES_PORTS.contains(&port)) {
        Whose::NamesService
    } else if all(|port| port == TIME_PORT) {
        Whose::TimeService
    } else {
        Whose::Unknown
    }
}

fn of_operator(base: &Base, known: &Known, operator: Entity) -> Whose {
    match known.maker {
        // A house and what it holds are one here: neither is somebody else.
        Some(maker) if base.kin(maker, operator) && known.sure => Whose::Maker,
        Some(maker) if base.kin(maker, operator) => Whose::PossibleMaker,
        _ if known.label.is_some_and(|label| base.id(label) == base.id(operator)) => Whose::Label,
        _ if matches!(operator, Entity::Label(_)) => Whose::OtherLabel,
        Some(_) if known.sure => Whose::OtherMaker,
        _ => Whose::SomeMaker,
    }
}

/// How something is carried, by the number of the protocol.
#[must_use]
pub fn carried(protocol: u8) -> String {
    match protocol {
        1 | 58 => "icmp".to_owned(),
        6 => "tcp".to_owned(),
        17 => "udp".to_owned(),
        47 => "gre".to_owned(),
        50 => "esp (IPsec)".to_owned(),
        132 => "sctp".to_owned(),
        other => format!("protocol {other}"),
    }
}
