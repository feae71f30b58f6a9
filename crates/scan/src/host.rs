//! One host while it is asked: a connection at a time, a pause between them, and what it says.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;

use whomade_capture::wire::{http, tls};

use crate::net::{Key, Moment};
use crate::ports::{self, Port, Talk};
use crate::probe::{self, Request};
use crate::scope::Target;

/// Bytes that are taken of one answer. A page that goes on is no page.
pub const ANSWER_BYTES_MAX: usize = 64 << 10;
/// Bytes that are taken of what a server says first.
pub const GREETING_BYTES_MAX: usize = 1 << 10;
/// How long a connection may take to open. The system asks a second time after one second, and
/// would a third time after three.
pub const OPEN_WAIT: Moment = Moment::from_millis(1_900);
/// How long an answer may take, however slowly it comes.
pub const TALK_WAIT: Moment = Moment::from_millis(5_000);
/// How long a server is listened to that may speak first.
pub const GREETING_WAIT: Moment = Moment::from_millis(1_500);
/// How long the answer to a datagram may take.
pub const ASK_WAIT: Moment = Moment::from_millis(1_500);
/// How long a host may take altogether, without the time in which others are asked.
pub const HOST_WAIT: Moment = Moment::from_secs(90);
/// The shortest pause between two connections to a host.
pub const PAUSE_MIN: Moment = Moment::from_millis(50);
/// The longest.
pub const PAUSE_MAX: Moment = Moment::from_millis(2_000);
/// How often a host may break off what it had accepted, before it is left alone.
pub const BREAKS_MAX: u32 = 2;
/// Requests in a row that may stay without a byte of an answer, before nothing more is asked over
/// connections: the other ports are only looked at, so that who takes every connection and says
/// nothing is known for it soon.
pub const MUTE_MAX: u32 = 3;
/// Answers that are kept of one host.
pub const ANSWERS_MAX: usize = 64;
/// Of so many ports that are looked at, fewer are open at any camera: a host that accepts more
/// accepts all.
pub const OPEN_MAX: usize = 16;

/// Answers of one host to one search from which on it is a storm. A device repeats what it says up
/// to four times (WS-Discovery 1.0), and does so on each of its networks.
pub const STORM: u32 = 32;

mod odd;

/// Something that is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// Look at a port, and talk where it is open.
    Look(Port),
    /// Read the page within TLS at a port that is open.
    Page(Port),
    /// Ask the time over ONVIF at a port that gave a page.
    Time(Port),
    /// Ask with a datagram.
    Ask(&'static Request),
}

impl Step {
    /// The port at which it is done, over a connection.
    pub(crate) const fn port(self) -> Option<Port> {
        match self {
            Self::Look(port) | Self::Page(port) | Self::Time(port) => Some(port),
            Self::Ask(_) => None,
        }
    }
}

/// How an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// As it should.
    Whole,
    /// The other end closed, or said all that it would.
    Closed,
    /// Time was up.
    Late,
    /// It was longer than [`ANSWER_BYTES_MAX`], or its head than any head is.
    Long,
    /// The other end broke it off.
    Broken,
}

impl Ending {
    /// The word for it in a log.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Closed => "closed",
            Self::Late => "late",
            Self::Long => "long",
            Self::Broken => "broken",
        }
    }
}

/// What a host said to one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// What was asked; nothing where the server spoke first.
    pub to: Option<&'static str>,
    /// The host's port.
    pub port: u16,
    /// When it was whole.
    pub at: Moment,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// How it ended.
    pub ending: Ending,
}

/// Stands for what was asked where a certificate was shown while keys were agreed on.
pub const SHOWN: &str = "tls-handshake";

/// What is odd about a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Oddity {
    /// An answer did not end.
    Endless,
    /// An answer came so slowly that time was up.
    Slow,
    /// It breaks off what it had accepted; it was left alone.
    Breaks,
    /// It accepts every connection.
    Tarpit,
    /// All of it took too long; the rest was not asked.
    Unfinished,
    /// Somebody on the way forbids to ask it; it was left alone.
    Forbidden,
    /// The head of an answer holds control characters.
    Escapes,
    /// An answer says a length that cannot be.
    Lengths,
    /// It answered one search again and again.
    Storm,
}

impl Oddity {
    /// The word for it in a log.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Endless => "endless",
            Self::Slow => "slow",
            Self::Breaks => "breaks",
            Self::Tarpit => "tarpit",
            Self::Unfinished => "unfinished",
            Self::Forbidden => "forbidden",
            Self::Escapes => "escapes",
            Self::Lengths => "lengths",
            Self::Storm => "storm",
        }
    }
}

impl fmt::Display for Oddity {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Endless => "an answer of it does not end",
            Self::Slow => "an answer of it was not whole when time was up",
            Self::Breaks => "it breaks off what it had accepted, and was left alone",
            Self::Tarpit => "it accepts connections at every port that is looked at",
            Self::Unfinished => "it took too long, and the rest was not asked",
            Self::Forbidden => "somebody on the way forbids to ask it, and it was left alone",
            Self::Escapes => "the head of an answer holds control characters",
            Self::Lengths => "an answer says a length that cannot be",
            Self::Storm => "it answered one search again and again",
        })
    }
}

/// What is being done.
#[derive(Debug)]
pub(crate) enum Doing {
    /// Nothing, until a moment.
    Waiting,
    /// A connection is being opened.
    Opening { key: Key, step: Step, since: Moment },
    /// An answer is awaited.
    Talking(Talking),
    /// The answer to a datagram is awaited.
    Asked,
}

/// A connection on which something is awaited.
#[derive(Debug)]
pub(crate) struct Talking {
    pub(crate) key: Key,
    pub(crate) step: Step,
    pub(crate) asked: Option<&'static Request>,
    pub(crate) bytes: Vec<u8>,
    pub(crate) since: Moment,
}

impl Talking {
    /// How the answer ended, once what came is all that is wanted, or too much. `ended`: nothing
    /// more comes.
    pub(crate) fn ending(&self, ended: bool) -> Option<Ending> {
        let whole = |is_whole: bool| is_whole.then_some(Ending::Whole);
        let Some(asked) = self.asked else {
            return whole(self.bytes.len() >= GREETING_BYTES_MAX);
        };
        if asked == &probe::TLS {
            return whole(!matches!(tls::read(&self.bytes, ended), tls::Reading::More));
        }
        match http::read(&self.bytes, ended) {
            http::Reading::More => None,
            // What begins well and is no message in the end has a head that does not end.
            http::Reading::Other if http::begins(&self.bytes) => Some(Ending::Long),
            http::Reading::Other => whole(!self.bytes.is_empty()),
            // A page without a length goes on until the connection ends, or is enough.
            http::Reading::Message(message) => {
                whole(message.rest == 0 && (message.streams || ended || has_length(&self.bytes)))
            }
        }
    }
}

/// Whether the head of an answer says how long its body is.
fn has_length(bytes: &[u8]) -> bool {
    let head = bytes.windows(4).position(|end| end == b"\r\n\r\n").unwrap_or(bytes.len());
    let name = b"content-length";
    bytes[..head].windows(name.len()).any(|part| part.eq_ignore_ascii_case(name))
}

/// Whether a page only says where another lies.
fn sends_elsewhere(page: &[u8]) -> bool {
    page.get(8..11).is_some_and(|status| status.starts_with(b" 3"))
}

/// What a host answered to searches, before it is asked itself.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    /// What it said, each thing once.
    pub(crate) answers: Vec<Answer>,
    /// How often it answered each search.
    times: BTreeMap<Option<&'static str>, u32>,
}

impl Heard {
    /// Takes an answer; whether it says something new.
    pub(crate) fn take(&mut self, answer: &Answer) -> bool {
        let times = self.times.entry(answer.to).or_default();
        *times = times.saturating_add(1);
        let is_known = self.answers.iter().any(|one| one.bytes == answer.bytes);
        let is_new = self.answers.len() < ANSWERS_MAX && !is_known;
        if is_new {
            self.answers.push(answer.clone());
        }
        is_new
    }

    /// What is odd about it.
    fn odd(&self) -> BTreeSet<Oddity> {
        let storms = self.times.values().any(|times| *times > STORM);
        let storm = storms.then_some(Oddity::Storm);
        self.answers.iter().flat_map(odd::of).chain(storm).collect()
    }
}

/// A host that is being asked.
#[derive(Debug)]
pub(crate) struct Host {
    pub(crate) target: Target,
    /// Its place in the order.
    pub(crate) place: u64,
    pub(crate) todo: VecDeque<Step>,
    pub(crate) doing: Doing,
    /// When it is looked at again, whatever happens.
    pub(crate) wake: Moment,
    pub(crate) began: Moment,
    /// When the last step was begun, and how long all before it took.
    pub(crate) since: Moment,
    pub(crate) spent: Moment,
    pub(crate) pause: Moment,
    pub(crate) open: Vec<u16>,
    pub(crate) refused: u32,
    pub(crate) silent: u32,
    pub(crate) breaks: u32,
    /// Requests in a row to which not a byte was said.
    mute: u32,
    pub(crate) askings: u64,
    pub(crate) sent: u64,
    pub(crate) got: u64,
    pub(crate) answers: Vec<Answer>,
    /// How many of them were told already.
    pub(crate) told: usize,
    pub(crate) odd: BTreeSet<Oddity>,
    /// Whether the other ports are among what is to be done.
    pub(crate) is_wide: bool,
    /// Whether it was asked for the time.
    timed: bool,
}

impl Host {
    /// A host of which nothing is known but perhaps what it answered to searches.
    pub(crate) fn new((target, place): (Target, u64), now: Moment, heard: Heard) -> Self {
        Self {
            target,
            place,
            todo: ports::FIRST.into_iter().map(Step::Look).collect(),
            doing: Doing::Waiting,
            wake: now,
            began: now,
            since: now,
            spent: Moment::ZERO,
            pause: PAUSE_MIN,
            open: Vec::new(),
            refused: 0,
            silent: 0,
            breaks: 0,
            mute: 0,
            askings: 0,
            sent: 0,
            got: heard.answers.iter().map(|one| one.bytes.len() as u64).sum(),
            odd: heard.odd(),
            told: heard.answers.len(),
            answers: heard.answers,
            is_wide: false,
            timed: false,
        }
    }

    /// Has the other ports looked at, too, and, where more is wanted than `ports_only`, asks for
    /// what it tells by WS-Discovery where it has not yet.
    pub(crate) fn widen(&mut self, ports_only: bool) {
        if self.is_wide {
            return;
        }
        self.is_wide = true;
        self.todo.extend(ports::THEN.into_iter().map(Step::Look));
        let told = |answer: &Answer| answer.to == Some(probe::WS_DISCOVERY.id());
        if !ports_only && !self.answers.iter().any(told) {
            self.todo.push_back(Step::Ask(&probe::WS_DISCOVERY));
        }
    }

    /// Whether anything answered at all.
    pub(crate) fn is_there(&self) -> bool {
        !self.open.is_empty() || self.refused > 0 || !self.answers.is_empty()
    }

    /// Takes an answer.
    pub(crate) fn answered(&mut self, answer: Answer) {
        match answer.ending {
            Ending::Long => drop(self.odd.insert(Oddity::Endless)),
            Ending::Late if answer.to.is_some() => drop(self.odd.insert(Oddity::Slow)),
            _ => {}
        }
        self.odd.extend(odd::of(&answer));
        self.count_silence(&answer);
        if !answer.bytes.is_empty() && self.answers.len() < ANSWERS_MAX {
            self.answers.push(answer);
        }
    }

    /// Counts requests that nothing was said to until time was up; whatever is said begins anew.
    fn count_silence(&mut self, answer: &Answer) {
        if self.is_mute() {
            return;
        }
        if !answer.bytes.is_empty() {
            self.mute = 0;
        } else if answer.to.is_some() && answer.ending == Ending::Late {
            self.mute += 1;
        }
        if self.is_mute() {
            self.todo.retain(|step| !matches!(step, Step::Page(_) | Step::Time(_)));
        }
    }

    /// Whether it was silent so often that nothing more is asked of it over connections.
    pub(crate) fn is_mute(&self) -> bool {
        self.mute >= MUTE_MAX
    }

    /// Has the time asked once, where there is a page and the host seems to stream: no web server
    /// that is no camera's is asked.
    pub(crate) fn time_at(&mut self, port: Port) {
        let streams = |one: &u16| ports::find(*one).is_some_and(|one| one.talk == Talk::Stream);
        let told = |one: &Answer| one.to == Some(probe::WS_DISCOVERY.id());
        let is_camera = self.open.iter().any(streams) || self.answers.iter().any(told);
        if !self.timed && is_camera {
            self.timed = true;
            self.todo.push_back(Step::Time(port));
        }
    }

    /// Has the page read within TLS at a port that speaks it, where no plain one was given: a page
    /// that only sends elsewhere is none.
    pub(crate) fn page_at(&mut self, port: Port) {
        let is_page = |one: &Answer| {
            let asked = one.to == Some(probe::HTTP.id());
            asked && one.bytes.starts_with(b"HTTP/") && !sends_elsewhere(&one.bytes)
        };
        if !self.is_mute() && !self.answers.iter().any(is_page) {
            self.todo.push_front(Step::Page(port));
        }
    }

    /// Keeps a certificate that was shown, unless it is known already.
    pub(crate) fn shown(&mut self, port: u16, at: Moment, bytes: Vec<u8>) {
        let holds = |one: &Answer| one.bytes.windows(bytes.len().max(1)).any(|part| part == bytes);
        if bytes.len() <= ANSWER_BYTES_MAX && !self.answers.iter().any(holds) {
            self.answered(Answer { to: Some(SHOWN), port, at, bytes, ending: Ending::Whole });
        }
    }

    /// Nothing more is done with it.
    pub(crate) fn leave(&mut self, why: Oddity) {
        self.odd.insert(why);
        self.todo.clear();
    }

    /// How long to wait before it is asked again, after something that took so long: a small
    /// device gets twice its own time.
    pub(crate) fn rest(&mut self, took: Moment) -> Moment {
        self.pause = (took * 2).clamp(PAUSE_MIN, PAUSE_MAX);
        self.pause
    }
}
