//! The scanner: who is asked next, and what follows from what happens. It knows no socket and no
//! clock but those of the [`Net`] that it is given, so that the same network and the same order
//! give the same bytes.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::{IpAddr, SocketAddr};

use serde::{Deserialize, Serialize};
use whomade_capture::Mac;

use crate::host::{
    ANSWER_BYTES_MAX, ASK_WAIT, Answer, BREAKS_MAX, Doing, Ending, GREETING_WAIT, HOST_WAIT, Heard,
    Host, OPEN_MAX, OPEN_WAIT, Oddity, Step, TALK_WAIT, Talking,
};
use crate::net::{Event, Key, Moment, Net, Trouble};
use crate::pace::Pace;
use crate::ports::Talk;
use crate::probe::{self, Over, Packet, Request};
use crate::scope::Scope;
use crate::targets::Targets;

/// How long answers to the last search are waited for.
pub const SEARCH_WAIT: Moment = Moment::from_secs(4);
/// Between two searches on the local links.
pub const SEARCH_GAP: Moment = Moment::from_millis(250);
/// Hosts whose answers to searches are kept until they are asked themselves.
pub const HEARD_MAX: usize = 65_536;
/// Hosts that are asked at once, unless this is said.
pub const PARALLEL: usize = 256;
/// The most hosts that may be asked at once: each needs a port of this machine's for itself.
pub const PARALLEL_MAX: usize = 16_384;
/// How long a step is put off because this machine has no socket left.
const PUT_OFF: Moment = Moment::from_millis(200);
/// How often in a row that may be while no connection of ours is open, before the scan gives up.
const STARVED_MAX: u32 = 10;
/// Addresses in a row to which this machine has no way, before the scan gives up: its link is down.
const NO_WAY_MAX: u32 = 64;

/// How a scan is made.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Askings a second.
    pub rate: u32,
    /// Hosts that are asked at once.
    pub parallel: usize,
    /// Whether all on the local links are searched.
    pub search: bool,
    /// Whether every port is looked at, also of hosts at which none of the first is open.
    pub all_ports: bool,
    /// Whether nothing is said to anybody: whether ports are open is all that is wanted.
    pub ports_only: bool,
    /// The place in the order at which it begins.
    pub from: u64,
    /// Makes the numbers of searches others than those of the last scan.
    pub seed: u64,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            rate: crate::pace::RATE,
            parallel: PARALLEL,
            search: true,
            all_ports: false,
            ports_only: false,
            from: 0,
            seed: 0,
        }
    }
}

/// What was found at one host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its address.
    pub address: IpAddr,
    /// Its hardware address, where it is on the link.
    pub mac: Option<Mac>,
    /// When it was asked first, and when it was done with.
    pub time: [Moment; 2],
    /// The ports that are open.
    pub open: Vec<u16>,
    /// Ports at which it refused, and at which nothing answered.
    pub closed: [u32; 2],
    /// What it said.
    pub answers: Vec<Answer>,
    /// What is odd about it.
    pub odd: Vec<Oddity>,
    /// Askings, and bytes sent and got beside what opens and closes connections.
    pub cost: [u64; 3],
}

/// What was done so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// Addresses that were begun, of those that were named.
    pub begun: u64,
    /// Addresses that were named, but may not be asked.
    pub outside: u64,
    /// Hosts that answered something and are done with.
    pub there: u64,
    /// Hosts that answered something and are not, since the scan was broken off.
    #[serde(default)]
    pub unfinished: u64,
    /// Connections begun and datagrams sent.
    pub askings: u64,
    /// Bytes of requests, and of answers.
    pub bytes: [u64; 2],
    /// Answers to searches from addresses that may not be asked or were not named, which are passed
    /// over.
    pub strangers: u64,
    /// Answers to searches that came when their host was done with.
    pub late: u64,
    /// How often it became slower because it was too much.
    pub steps_down: u64,
    /// Searches that could not be made.
    pub unsearched: u64,
    /// Whether it gave up because this machine had no socket for it.
    #[serde(default)]
    pub starved: bool,
    /// Addresses that could not be asked, since this machine has no way there.
    #[serde(default)]
    pub no_way: u64,
}

impl Count {
    /// What was done so far, with what an earlier part of the same scan did.
    #[must_use]
    pub fn behind(self, before: Self) -> Self {
        Self {
            begun: self.begun + before.begun,
            outside: self.outside + before.outside,
            there: self.there + before.there,
            askings: self.askings + before.askings,
            bytes: [self.bytes[0] + before.bytes[0], self.bytes[1] + before.bytes[1]],
            strangers: self.strangers + before.strangers,
            late: self.late + before.late,
            steps_down: self.steps_down + before.steps_down,
            // What could not be done before may have been done now.
            ..self
        }
    }
}

/// Asks the targets of a scan.
#[derive(Debug)]
pub struct Scanner<N> {
    net: N,
    scope: Scope,
    targets: Targets,
    plan: Plan,
    pace: Pace,
    /// The place of the next target.
    next: u64,
    hosts: BTreeMap<u64, Host>,
    /// Where to look when something happens at a connection, or time passes.
    of_key: BTreeMap<Key, u64>,
    of_address: BTreeMap<IpAddr, u64>,
    wakes: BTreeSet<(Moment, u64)>,
    ready: VecDeque<u64>,
    numbers: u64,
    searches: VecDeque<&'static Request>,
    /// When the next search may be made, or when the last was heard out.
    search_at: Moment,
    heard: BTreeMap<IpAddr, Heard>,
    /// Those that answered a search, before all others.
    first: VecDeque<IpAddr>,
    /// Hosts that answered a search or were found otherwise.
    named: BTreeSet<IpAddr>,
    /// Answers that were not fetched yet.
    said: VecDeque<(IpAddr, Answer)>,
    done: VecDeque<Found>,
    count: Count,
    stopped: bool,
    /// How often in a row there was no socket, though none of ours was open.
    starved: u32,
    /// How many addresses in a row there was no way to.
    no_way: u32,
    /// The place of the first address to which there was none.
    missed: Option<u64>,
    /// Whether the sockets of the searches are there.
    hears: bool,
}

impl<N: Net> Scanner<N> {
    /// A scan of these targets, as far as they may be asked.
    pub fn new(net: N, scope: Scope, targets: Targets, plan: Plan) -> Self {
        let searches = if plan.search { probe::searches().collect() } else { VecDeque::new() };
        let search_at = net.now();
        Self {
            pace: Pace::new(plan.rate),
            next: plan.from,
            numbers: plan.seed,
            net,
            scope,
            targets,
            plan,
            hosts: BTreeMap::new(),
            of_key: BTreeMap::new(),
            of_address: BTreeMap::new(),
            wakes: BTreeSet::new(),
            ready: VecDeque::new(),
            searches,
            search_at,
            heard: BTreeMap::new(),
            first: VecDeque::new(),
            named: BTreeSet::new(),
            said: VecDeque::new(),
            done: VecDeque::new(),
            count: Count::default(),
            stopped: false,
            starved: 0,
            no_way: 0,
            missed: None,
            hears: true,
        }
    }

    /// What was done so far.
    pub fn count(&self) -> Count {
        Count { steps_down: self.pace.steps_down(), ..self.count }
    }

    /// The place in the order before which every target was done with: where a scan that was
    /// stopped goes on.
    pub fn place(&self) -> u64 {
        // Hosts are begun in order; what is still being asked is asked again.
        let asked = self.hosts.values().map(|host| host.place).chain(self.missed);
        asked.min().unwrap_or(self.next)
    }

    /// Whether nothing is left that should have been asked and was not.
    pub fn is_whole(&self) -> bool {
        self.next >= self.targets.len() && self.missed.is_none() && !self.stopped
    }

    /// Addresses that were named and are done with.
    pub fn past(&self) -> u64 {
        self.next.saturating_sub(self.hosts.len() as u64)
    }

    /// Takes what was said since this was asked last, as it came: also by those who are not done
    /// with.
    pub fn said(&mut self) -> Vec<(IpAddr, Answer)> {
        self.said.drain(..).collect()
    }

    /// Has what a host said told.
    fn tell(&mut self, id: u64) {
        let Some(host) = self.hosts.get_mut(&id) else { return };
        let address = host.target.address();
        self.said.extend(host.answers[host.told..].iter().map(|one| (address, one.clone())));
        host.told = host.answers.len();
    }

    /// Leaves hosts out that are done with already.
    pub fn skip(&mut self, hosts: impl IntoIterator<Item = IpAddr>) {
        self.named.extend(hosts);
    }

    /// What time it is on the network.
    pub fn now(&self) -> Moment {
        self.net.now()
    }

    /// The network.
    pub fn net(&mut self) -> &mut N {
        &mut self.net
    }

    /// Ends at once: hosts that are being asked are let go, and asked again when the scan is gone
    /// on with.
    pub fn stop(&mut self) {
        if self.is_over() || std::mem::replace(&mut self.stopped, true) {
            return;
        }
        let asked = self.hosts.values().filter(|host| host.is_there()).count();
        self.count.unfinished += (asked + self.heard.len()) as u64;
        self.next = self.place();
        self.searches.clear();
        for key in std::mem::take(&mut self.of_key).into_keys() {
            self.net.close(key);
        }
        self.hosts.clear();
        self.of_address.clear();
        self.wakes.clear();
        self.ready.clear();
    }

    /// Goes on until the next host is done with, or until that moment; nothing when the moment has
    /// come, or all is done: [`Self::is_over`] tells.
    pub fn advance(&mut self, until: Moment) -> Option<Found> {
        loop {
            if let Some(found) = self.done.pop_front() {
                return Some(found);
            }
            self.search();
            self.begin_hosts();
            self.begin_steps();
            if self.is_over() && self.done.is_empty() {
                return None;
            }
            if self.net.now() >= until {
                return None;
            }
            let wait = self.wait().min(until);
            if let Some(event) = self.net.next(wait) {
                self.event(event);
            }
            self.wake();
        }
    }

    /// Whether nothing more will come.
    pub fn is_over(&self) -> bool {
        let all = self.stopped || (self.next >= self.targets.len() && self.first.is_empty());
        all && self.hosts.is_empty() && self.done.is_empty() && !self.is_searching()
    }

    fn is_searching(&self) -> bool {
        !self.stopped
            && self.plan.search
            && (!self.searches.is_empty() || self.net.now() < self.search_at)
    }

    /// Makes the next search, once its time has come.
    fn search(&mut self) {
        let now = self.net.now();
        if self.searches.is_empty() || now < self.search_at || !self.pace.take(now) {
            return;
        }
        let Some(request) = self.searches.pop_front() else { return };
        let Over::Datagram { port, .. } = request.over() else { return };
        // The group stands where a host would; no search names one.
        let packet = request.packet(IpAddr::from([0, 0, 0, 0]), port, self.number());
        self.sent(None, &packet);
        if self.net.search(&packet).is_err() {
            self.count.unsearched += 1;
        }
        self.search_at = now + if self.searches.is_empty() { SEARCH_WAIT } else { SEARCH_GAP };
    }

    /// Begins with hosts until so many are asked at once: first those that answered a search.
    fn begin_hosts(&mut self) {
        if self.is_searching() || self.stopped {
            return;
        }
        if std::mem::take(&mut self.hears) {
            self.net.end_search();
        }
        while self.hosts.len() < self.plan.parallel {
            let place = self.next;
            let target = if let Some(address) = self.first.pop_front() {
                self.scope.admit(address)
            } else if let Some(address) = self.targets.at(self.next) {
                self.next += 1;
                self.count.begun += 1;
                if self.named.contains(&address) {
                    continue;
                }
                self.scope.admit(address)
            } else {
                return;
            };
            let Ok(target) = target else {
                self.count.outside += 1;
                continue;
            };
            let now = self.net.now();
            let id = self.number();
            let heard = self.heard.remove(&target.address()).unwrap_or_default();
            self.of_address.insert(target.address(), id);
            let wide = self.plan.all_ports || !heard.answers.is_empty();
            let mut host = Host::new((target, place), now, heard);
            if wide {
                host.widen(self.plan.ports_only);
            }
            self.hosts.insert(id, host);
            self.ready.push_back(id);
        }
    }

    fn number(&mut self) -> u64 {
        self.numbers = self.numbers.wrapping_add(1);
        self.numbers
    }

    fn sent(&mut self, id: Option<u64>, packet: &Packet) {
        let bytes = packet.bytes().len() as u64;
        self.count.askings += u64::from(matches!(packet.request().over(), Over::Datagram { .. }));
        self.count.bytes[0] += bytes;
        if let Some(host) = id.and_then(|id| self.hosts.get_mut(&id)) {
            host.sent += bytes;
        }
    }

    /// Begins the next step of hosts that wait for nothing else, as far as the pace allows.
    fn begin_steps(&mut self) {
        while let Some(id) = self.ready.front().copied() {
            let now = self.net.now();
            let Some(host) = self.hosts.get_mut(&id) else {
                self.ready.pop_front();
                continue;
            };
            if host.spent >= HOST_WAIT && !host.todo.is_empty() {
                host.leave(Oddity::Unfinished);
            }
            let Some(step) = host.todo.front().copied() else {
                self.ready.pop_front();
                self.finish(id);
                continue;
            };
            if !self.pace.take(now) {
                return;
            }
            self.ready.pop_front();
            host.todo.pop_front();
            host.askings += 1;
            host.since = now;
            self.begin(id, step, now);
        }
    }

    fn begin(&mut self, id: u64, step: Step, now: Moment) {
        let number = self.number();
        let Some(host) = self.hosts.get_mut(&id) else { return };
        let target = host.target;
        match step {
            Step::Look(port) | Step::Page(port) | Step::Time(port) => {
                let key = Key(number);
                self.count.askings += 1;
                host.doing = Doing::Opening { key, step, since: now };
                self.of_key.insert(key, id);
                let is_secure = matches!(step, Step::Page(_));
                // Small devices take their time to agree on keys.
                self.wake_at(id, now + if is_secure { TALK_WAIT } else { OPEN_WAIT });
                let opened = match is_secure {
                    true => self.net.open_secure(key, target, port.number),
                    false => self.net.open(key, target, port.number),
                };
                if let Err(trouble) = opened {
                    self.failed(key, trouble);
                }
            }
            Step::Ask(request) => {
                let Over::Datagram { port, .. } = request.over() else { return };
                let packet = request.packet(target.address(), port, number);
                host.doing = Doing::Asked;
                self.sent(Some(id), &packet);
                self.wake_at(id, now + ASK_WAIT);
                if self.net.ask(target, &packet).is_err() {
                    self.rest(id, Moment::ZERO);
                }
            }
        }
    }

    fn wake_at(&mut self, id: u64, at: Moment) {
        if let Some(host) = self.hosts.get_mut(&id) {
            self.wakes.remove(&(host.wake, id));
            host.wake = at;
            self.wakes.insert((at, id));
        }
    }

    /// When something has to be done, whatever happens.
    fn wait(&self) -> Moment {
        let wake = self.wakes.first().map(|(at, _)| *at);
        let asks = !self.ready.is_empty()
            || (!self.searches.is_empty() && self.net.now() >= self.search_at);
        let pace = asks.then(|| self.pace.next());
        let search =
            self.is_searching().then_some(self.search_at).filter(|at| *at > self.net.now());
        let all = [wake, pace, search].into_iter().flatten();
        all.min().unwrap_or(self.net.now())
    }

    /// Lets time be up where it is.
    fn wake(&mut self) {
        let now = self.net.now();
        while let Some((at, id)) = self.wakes.first().copied() {
            if at > now {
                return;
            }
            self.wakes.pop_first();
            self.time_is_up(id, now);
        }
    }

    fn time_is_up(&mut self, id: u64, now: Moment) {
        let Some(host) = self.hosts.get_mut(&id) else { return };
        match &host.doing {
            Doing::Waiting => self.ready.push_back(id),
            Doing::Asked => self.rest(id, Moment::ZERO),
            Doing::Opening { key, step: Step::Page(_), since } => {
                let (key, took) = (*key, now.saturating_sub(*since));
                self.drop_key(key);
                self.rest(id, took);
            }
            Doing::Opening { key, since, .. } => {
                let (key, took) = (*key, now.saturating_sub(*since));
                host.silent += 1;
                // A host that answers elsewhere and is silent here may have too much to do.
                let was_there = host.is_there();
                self.drop_key(key);
                if was_there && self.is_strange_silence(id) {
                    self.pace.back_off(now);
                }
                if !was_there {
                    self.let_go_of_nobody(id);
                }
                self.rest(id, took);
            }
            Doing::Talking(talking) => {
                let greeting = talking.asked.is_none();
                let ending = if greeting { Ending::Closed } else { Ending::Late };
                self.talked(id, ending, now);
            }
        }
    }

    /// Asks nothing more at an address on the link for which nobody answers.
    fn let_go_of_nobody(&mut self, id: u64) {
        let Some(host) = self.hosts.get_mut(&id) else { return };
        if self.net.is_nobody(host.target.address()) {
            host.todo.clear();
        }
    }

    /// Whether a host has been silent at most of what it was asked though it is there.
    fn is_strange_silence(&self, id: u64) -> bool {
        self.hosts.get(&id).is_some_and(|host| !host.open.is_empty() && host.silent == 1)
    }

    fn drop_key(&mut self, key: Key) {
        self.net.close(key);
        self.of_key.remove(&key);
    }

    /// Lets a host rest, and then go on.
    fn rest(&mut self, id: u64, took: Moment) {
        let now = self.net.now();
        let Some(host) = self.hosts.get_mut(&id) else { return };
        host.doing = Doing::Waiting;
        host.spent += now.saturating_sub(host.since);
        if host.todo.is_empty() {
            self.finish(id);
            return;
        }
        let at = now + host.rest(took);
        self.wake_at(id, at);
    }

    /// Gives what was found at a host.
    fn finish(&mut self, id: u64) {
        self.tell(id);
        let Some(host) = self.hosts.remove(&id) else { return };
        self.wakes.remove(&(host.wake, id));
        self.of_address.remove(&host.target.address());
        // That this machine refuses at its own addresses shows nobody.
        let shows = !host.open.is_empty() || !host.answers.is_empty();
        let is_nobody = !shows && self.scope.is_here(host.target.address());
        if is_nobody || !host.is_there() && host.odd.is_empty() {
            return;
        }
        self.count.there += 1;
        if self.named.len() < HEARD_MAX {
            self.named.insert(host.target.address());
        }
        self.done.push_back(Found {
            address: host.target.address(),
            mac: self.net.neighbour(host.target.address()),
            time: [host.began, self.net.now()],
            open: host.open,
            closed: [host.refused, host.silent],
            answers: host.answers,
            odd: host.odd.into_iter().collect(),
            cost: [host.askings, host.sent, host.got],
        });
    }

    fn event(&mut self, event: Event) {
        match event {
            Event::Opened(key) => self.opened(key),
            Event::Shown(key, bytes) => self.shown(key, bytes),
            Event::Failed(key, trouble) => self.failed(key, trouble),
            Event::Bytes(key, bytes) => self.bytes(key, &bytes),
            Event::Ended(key) => self.ended(key),
            Event::Heard { from, at, bytes } => self.heard(from, at, bytes),
        }
    }
}

mod events;

#[cfg(test)]
mod tests;
