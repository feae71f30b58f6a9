//! A scan as lines of JSON: what was asked of whom on what ground, what each host said, what is odd
//! about it, how far it is. It is written as it happens, so that lines of several hosts stand among
//! each other; it is read by `whomade screen` as any other input, and gone on with where it was
//! broken off.

use std::net::IpAddr;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use whomade_capture::wire::Said;

use crate::host::Answer;
use crate::net::Moment;
use crate::said::said;
use crate::scanner::{Count, Found};
use crate::scope::Scope;

/// The version of these lines.
pub const VERSION: u32 = 1;

/// The first line: what the scan is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// [`VERSION`].
    #[serde(rename = "whomade-scan")]
    pub version: u32,
    /// When it began.
    pub began: Timestamp,
    /// What was named, as typed.
    pub targets: Vec<String>,
    /// What was left out of that, as typed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub excluded: Vec<String>,
    /// Private networks of this machine.
    pub own: Vec<String>,
    /// Who answers for what else, on what ground, and until when.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scope: Vec<Answers>,
    /// Askings a second, at most.
    pub rate: u32,
    /// Whether every port was looked at everywhere.
    pub all_ports: bool,
    /// Whether nothing was said to anybody, and only ports were looked at.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ports_only: bool,
    /// Addresses that names among the targets stand for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<String>,
    /// Links on which all were searched.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub searched: Vec<String>,
}

/// Who answers for a network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answers {
    /// The network.
    pub network: String,
    /// Who answers for it.
    pub owner: String,
    /// On what ground.
    pub basis: String,
    /// Until which day.
    pub until: String,
}

impl Answers {
    /// All entries of a scope's files.
    #[must_use]
    pub fn of(scope: &Scope) -> Vec<Self> {
        let each = scope.entries().map(|entry| Self {
            network: entry.network.to_string(),
            owner: entry.owner.clone(),
            basis: entry.basis.clone(),
            until: entry.until.to_string(),
        });
        each.collect()
    }
}

/// Something that a host said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// Its address.
    pub host: IpAddr,
    /// When it was heard.
    pub at: Timestamp,
    /// Its port.
    pub port: u16,
    /// What was asked; nothing where it spoke first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// What kind of text it is: `http_headers`, `sadp`, `certificate`.
    pub kind: String,
    /// What it says; a certificate in hexadecimal.
    pub said: String,
}

/// The kind of a certificate, whose bytes are hexadecimal.
pub const CERTIFICATE: &str = "certificate";

/// A host that is done with: the last of its lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// Its address.
    pub host: IpAddr,
    /// Its hardware address, where it is on the link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mac: Option<String>,
    /// When it was asked first, and when it was done with.
    pub time: [Timestamp; 2],
    /// The ports that are open.
    pub open: Vec<u16>,
    /// At how many ports it refused, and at how many nothing answered.
    pub closed: [u32; 2],
    /// What is odd about it, in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub odd: Vec<String>,
    /// Askings, bytes of requests, bytes of answers.
    pub cost: [u64; 3],
}

/// How far the scan is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Before this place in the order all targets are done with.
    pub place: u64,
    /// What was done so far.
    pub count: Count,
    /// Whether it is over.
    pub over: bool,
}

/// A line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Line {
    /// What the scan is.
    Head(Head),
    /// What a host said.
    Told(Told),
    /// A host that is done with.
    Done(Done),
    /// How far it is.
    Place(Place),
}

/// When a moment of a scan was.
#[must_use]
pub fn when(began: Timestamp, moment: Moment) -> Timestamp {
    let passed = SignedDuration::try_from(moment).unwrap_or(SignedDuration::ZERO);
    // Thousandths of a second tell more than anybody asks.
    let at = began.checked_add(passed).unwrap_or(began);
    Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at)
}

/// The lines of something that a host said.
#[must_use]
pub fn told(began: Timestamp, host: IpAddr, answer: &Answer) -> Vec<Line> {
    let each = said(answer).into_iter().map(|one| {
        let (kind, said) = match one {
            Said::Reply(kind, text) => (kind, text),
            Said::Certificate(bytes) => (CERTIFICATE, hexadecimal(&bytes)),
        };
        Line::Told(Told {
            host,
            at: when(began, answer.at),
            port: answer.port,
            to: answer.to.map(str::to_owned),
            kind: kind.to_owned(),
            said,
        })
    });
    each.collect()
}

/// The line that ends a host: what is known of it beside what it said.
#[must_use]
pub fn done(began: Timestamp, found: &Found) -> Line {
    Line::Done(Done {
        host: found.address,
        mac: found.mac.map(|mac| mac.to_string()),
        time: found.time.map(|moment| when(began, moment)),
        open: found.open.clone(),
        closed: found.closed,
        odd: found.odd.iter().map(|odd| odd.word().to_owned()).collect(),
        cost: found.cost,
    })
}

fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
