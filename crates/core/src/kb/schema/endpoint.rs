//! The format of clouds: what devices call, and who operates it.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::Grade;

/// `kb/endpoints/<id>.toml`: a cloud that devices call. A device that asks for one of its hosts
/// shows who operates its cloud; that speaks for the role `cloud`, not for the factory.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Endpoint {
    /// What it is called, such as `Hik-Connect`.
    pub name: String,
    /// Id of the maker that operates it, or of the label whose house does.
    pub operator: String,
    /// Domain names: each stands for itself and for every name under it. May be empty where
    /// there are only leads.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// Ports that the sources saw in use.
    #[serde(default, rename = "port")]
    pub ports: Vec<Port>,
    /// What devices send there, in one sentence of ours.
    #[serde(default)]
    pub sends: Option<String>,
    /// A prior only.
    pub grade: Grade,
    /// Why its hosts are the operator's, in one sentence of ours.
    pub why: String,
    /// Ids of `kb/sources`.
    pub sources: Vec<String>,
    /// Host names that are its own.
    #[serde(default)]
    pub example: Vec<String>,
    /// Host names that are not.
    #[serde(default)]
    pub counter_example: Vec<String>,
    /// Hosts that are said to belong to it without enough support: shown, never weighed.
    #[serde(default, rename = "lead")]
    pub leads: Vec<HostLead>,
    /// What a reader should mind.
    #[serde(default)]
    pub note: Option<String>,
    /// The day we withdrew it, instead of deleting it.
    #[serde(default)]
    pub withdrawn: Option<Date>,
    /// Why we withdrew it.
    #[serde(default)]
    pub withdrawn_because: Option<String>,
}

/// A port of a cloud.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Port {
    /// Its number.
    pub number: u16,
    /// What carries it.
    pub over: Transport,
    /// What it is for, in a few words.
    pub does: String,
}

/// What carries a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
}

impl Transport {
    /// The word as written in a file and as printed.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
        }
    }
}

/// Hosts that may not support a finding.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HostLead {
    /// The domain names.
    pub hosts: Vec<String>,
    /// Who says so, and why that is not enough.
    pub why: String,
    /// Ids of `kb/sources`; may be empty when the source is not named.
    #[serde(default)]
    pub sources: Vec<String>,
}

impl Endpoint {
    /// The expression that finds its hosts and every name under them; none without hosts. What is
    /// no domain name is left out: the linter says so.
    #[must_use]
    pub fn expression(&self) -> Option<String> {
        let hosts = self.hosts.iter().filter(|host| is_domain(host));
        let hosts: Vec<String> = hosts.map(|host| host.replace('.', r"\.")).collect();
        (!hosts.is_empty()).then(|| format!(r"(?:^|\.)(?:{})\.?$", hosts.join("|")))
    }
}

/// Whether it is a plain domain name: letters, digits and dashes between dots, no port, no path,
/// no address.
#[must_use]
pub fn is_domain(host: &str) -> bool {
    let part = |part: &str| {
        let inside = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        !part.is_empty() && part.chars().all(inside) && !part.starts_with('-')
    };
    let letters = |last: &str| last.chars().any(|c| c.is_ascii_lowercase());
    host.contains('.') && host.split('.').all(part) && host.rsplit('.').next().is_some_and(letters)
}
