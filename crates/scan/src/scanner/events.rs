//! What follows from what happens at a connection, and from answers to searches.

use super::{
    ANSWER_BYTES_MAX, Answer, BREAKS_MAX, Doing, Ending, GREETING_WAIT, HEARD_MAX, Key, Moment,
    NO_WAY_MAX, Net, OPEN_MAX, Oddity, Over, PUT_OFF, Request, STARVED_MAX, Scanner, SocketAddr,
    Step, TALK_WAIT, Talk, Talking, Trouble, probe,
};

impl<N: Net> Scanner<N> {
    /// A connection is open: whoever is asked there is asked.
    pub(super) fn opened(&mut self, key: Key) {
        let Some(id) = self.of_key.get(&key).copied() else { return };
        let now = self.net.now();
        let Some(host) = self.hosts.get_mut(&id) else { return };
        let Doing::Opening { step, .. } = host.doing else { return };
        (self.starved, self.no_way) = (0, 0);
        if let Step::Look(port) = step {
            host.open.push(port.number);
            host.widen(self.plan.ports_only);
        }
        let is_tarpit = host.open.len() > OPEN_MAX;
        if is_tarpit {
            host.leave(Oddity::Tarpit);
        }
        if is_tarpit || host.is_mute() || self.plan.ports_only {
            self.drop_key(key);
            self.rest(id, Moment::ZERO);
            return;
        }
        let asked = match step {
            Step::Time(_) => Some(&probe::ONVIF_TIME),
            Step::Page(_) => Some(&probe::HTTP),
            Step::Look(port) => match port.talk {
                Talk::Web => Some(&probe::HTTP),
                Talk::Stream => Some(&probe::RTSP_OPTIONS),
                Talk::Certificate => Some(&probe::TLS),
                Talk::Greeting => None,
            },
            Step::Ask(_) => None,
        };
        let bytes = Vec::new();
        host.doing = Doing::Talking(Talking { key, step, asked, bytes, since: now });
        self.wake_at(id, now + if asked.is_some() { TALK_WAIT } else { GREETING_WAIT });
        if let Some(asked) = asked {
            self.say(id, key, asked);
        }
    }

    /// Sends a request over a host's connection.
    fn say(&mut self, id: u64, key: Key, request: &'static Request) {
        let number = self.number();
        let Some(host) = self.hosts.get(&id) else { return };
        let Doing::Talking(talking) = &host.doing else { return };
        let Some(port) = talking.step.port() else { return };
        let packet = request.packet(host.target.address(), port.number, number);
        self.sent(Some(id), &packet);
        if self.net.send(key, &packet).is_err() {
            self.failed(key, Trouble::Other);
        }
    }

    /// A connection did not come about, or broke.
    pub(super) fn failed(&mut self, key: Key, trouble: Trouble) {
        let Some(id) = self.of_key.get(&key).copied() else { return };
        if trouble == Trouble::NoWay {
            return self.no_way(id, key);
        }
        self.no_way = 0;
        let now = self.net.now();
        let Some(host) = self.hosts.get_mut(&id) else { return };
        match &host.doing {
            Doing::Opening { step, since, .. } => {
                let (step, took) = (*step, now.saturating_sub(*since));
                match trouble {
                    // That both ends agree on no keys says nothing of the port, which is open.
                    Trouble::Refused | Trouble::Unreachable | Trouble::Other
                        if matches!(step, Step::Page(_)) => {}
                    Trouble::Refused => host.refused += 1,
                    Trouble::Unreachable | Trouble::Other | Trouble::NoWay => {
                        host.silent += 1;
                        // Who does not answer for its address answers at no port of it.
                        if !host.is_there() {
                            host.todo.clear();
                        }
                    }
                    Trouble::Forbidden => host.leave(Oddity::Forbidden),
                    Trouble::Exhausted => host.todo.push_front(step),
                }
                self.drop_key(key);
                if trouble == Trouble::Exhausted && self.is_starved() {
                    if let Some(host) = self.hosts.get_mut(&id) {
                        host.leave(Oddity::Unfinished);
                    }
                    self.rest(id, took);
                } else if trouble == Trouble::Exhausted {
                    self.pace.back_off(now);
                    if let Some(host) = self.hosts.get_mut(&id) {
                        host.doing = Doing::Waiting;
                    }
                    self.wake_at(id, now + PUT_OFF);
                } else {
                    self.rest(id, took);
                }
            }
            Doing::Talking(talking) => {
                // Servers that speak first close as they like; who was asked and breaks off has
                // too much to do, or wants to be left alone.
                if talking.asked.is_some() && talking.bytes.is_empty() {
                    host.breaks += 1;
                    if host.breaks >= BREAKS_MAX {
                        host.leave(Oddity::Breaks);
                    }
                    self.pace.back_off(now);
                }
                self.talked(id, Ending::Broken, now);
            }
            Doing::Waiting | Doing::Asked => {}
        }
    }

    /// This machine has no way to a host: it is not asked, and not done with.
    fn no_way(&mut self, id: u64, key: Key) {
        self.drop_key(key);
        self.tell(id);
        let Some(host) = self.hosts.remove(&id) else { return };
        self.wakes.remove(&(host.wake, id));
        self.of_address.remove(&host.target.address());
        self.missed = Some(self.missed.map_or(host.place, |place| place.min(host.place)));
        self.count.unfinished += u64::from(host.is_there());
        self.count.no_way += 1;
        self.no_way += 1;
        if self.no_way >= NO_WAY_MAX {
            self.stop();
        }
    }

    /// Whether there is no socket and none that could become free: then nothing more is begun.
    fn is_starved(&mut self) -> bool {
        if !self.of_key.is_empty() {
            self.starved = 0;
            return false;
        }
        self.starved += 1;
        if self.starved >= STARVED_MAX {
            self.count.starved = true;
            self.stop();
        }
        self.count.starved
    }

    /// Whoever is asked shows a certificate.
    pub(super) fn shown(&mut self, key: Key, bytes: Vec<u8>) {
        let Some(id) = self.of_key.get(&key).copied() else { return };
        let now = self.net.now();
        let Some(host) = self.hosts.get_mut(&id) else { return };
        let Doing::Opening { step, .. } = host.doing else { return };
        if let Some(port) = step.port() {
            host.shown(port.number, now, bytes);
        }
    }

    /// The other end sent something.
    pub(super) fn bytes(&mut self, key: Key, bytes: &[u8]) {
        let Some(id) = self.of_key.get(&key).copied() else { return };
        let now = self.net.now();
        let Some(host) = self.hosts.get_mut(&id) else { return };
        host.got += bytes.len() as u64;
        self.count.bytes[1] += bytes.len() as u64;
        let Doing::Talking(talking) = &mut host.doing else { return };
        let room = ANSWER_BYTES_MAX - talking.bytes.len();
        talking.bytes.extend_from_slice(&bytes[..bytes.len().min(room)]);
        if let Some(ending) = talking.ending(false) {
            self.talked(id, ending, now);
        } else if bytes.len() > room || talking.bytes.len() == ANSWER_BYTES_MAX {
            self.talked(id, Ending::Long, now);
        }
    }

    /// The other end sends nothing more.
    pub(super) fn ended(&mut self, key: Key) {
        let Some(id) = self.of_key.get(&key).copied() else { return };
        let now = self.net.now();
        self.talked(id, Ending::Closed, now);
    }

    /// An answer is all that comes of it: it is kept, and what follows from it is done.
    pub(super) fn talked(&mut self, id: u64, ending: Ending, now: Moment) {
        let Some(host) = self.hosts.get_mut(&id) else { return };
        let doing = std::mem::replace(&mut host.doing, Doing::Waiting);
        let Doing::Talking(talking) = doing else {
            host.doing = doing;
            return;
        };
        let Talking { key, step, asked, bytes, since } = talking;
        let Some(port) = step.port() else { return };
        let said = !bytes.is_empty();
        let to = asked.map(Request::id);
        host.answered(Answer { to, port: port.number, at: now, bytes, ending });
        self.tell(id);
        let Some(host) = self.hosts.get_mut(&id) else { return };
        let goes_on = said && ending == Ending::Whole;
        if goes_on && asked == Some(&probe::RTSP_OPTIONS) {
            let asked = Some(&probe::RTSP_DESCRIBE);
            let bytes = Vec::new();
            host.doing = Doing::Talking(Talking { key, step, asked, bytes, since: now });
            self.wake_at(id, now + TALK_WAIT);
            self.say(id, key, &probe::RTSP_DESCRIBE);
            return;
        }
        if said && asked == Some(&probe::HTTP) && matches!(step, Step::Look(_)) {
            host.time_at(port);
        }
        if asked == Some(&probe::TLS) {
            host.page_at(port);
        }
        self.drop_key(key);
        // Silence where nobody need speak takes no time of the host's.
        let took = if asked.is_some() { now.saturating_sub(since) } else { Moment::ZERO };
        self.rest(id, took);
    }

    /// Somebody answers a search, or speaks unasked where answers are awaited.
    pub(super) fn heard(&mut self, from: SocketAddr, at: u16, bytes: Vec<u8>) {
        let address = from.ip().to_canonical();
        let length = bytes.len() as u64;
        self.count.bytes[1] += length;
        let now = self.net.now();
        let Ok(target) = self.scope.admit(address) else {
            self.count.strangers += 1;
            return;
        };
        if !self.targets.holds(address) {
            self.count.strangers += 1;
            return;
        }
        let mut bytes = bytes;
        bytes.truncate(ANSWER_BYTES_MAX);
        let to = language(from.port(), at);
        let ending = Ending::Whole;
        let answer = Answer { to, port: from.port(), at: now, bytes, ending };
        if let Some(id) = self.of_address.get(&address).copied() {
            let Some(host) = self.hosts.get_mut(&id) else { return };
            host.got += length;
            let awaited = matches!(host.doing, Doing::Asked);
            if !host.answers.iter().any(|one| one.bytes == answer.bytes) {
                host.answered(answer);
                host.widen(self.plan.ports_only);
                self.tell(id);
            }
            if awaited {
                self.rest(id, Moment::ZERO);
            }
            return;
        }
        if self.named.contains(&address) && !self.heard.contains_key(&address) {
            self.count.late += 1;
            return;
        }
        if self.named.len() >= HEARD_MAX && !self.named.contains(&address) {
            return;
        }
        if self.heard.entry(target.address()).or_default().take(&answer) {
            self.said.push_back((address, answer));
        }
        if self.named.insert(address) {
            self.first.push_back(address);
        }
    }
}

/// Which search a datagram answers, by the ports between which it goes.
fn language(from: u16, at: u16) -> Option<&'static str> {
    let of = |number: u16| {
        probe::searches().find(|one| match one.over() {
            Over::Datagram { port, from, .. } => port == number || from == Some(number),
            Over::Stream => false,
        })
    };
    of(at).or_else(|| of(from)).map(Request::id)
}
