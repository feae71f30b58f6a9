//! What hosts asked for or said, each once: logs repeat it by the million.

use std::collections::HashSet;
use std::net::IpAddr;
use std::ops::ControlFlow;

use compact_str::{CompactString, ToCompactString as _};
use whomade_core::diagnostic::Diagnostic;
use whomade_core::observation::{Field, Seen};

use crate::read::host::Host;
use crate::read::ip;
use crate::read::report::{Report, cut};

/// Pairs of a host and what it said that are remembered. When there are more, all are forgotten,
/// so that what was said before may be given once more, and nothing is lost.
const PAIRS_MAX: usize = 1 << 18;

/// Bytes of what a host said by which two are told apart.
const KEY_BYTES_MAX: usize = 512;

/// What was given already.
#[derive(Default)]
pub(crate) struct Asked {
    given: HashSet<(CompactString, CompactString)>,
    repeats: u64,
    forgot: u64,
}

/// A question that a log wrote down.
pub(crate) struct Question<'q> {
    /// Its line.
    pub(crate) line: u64,
    /// The line's text.
    pub(crate) text: &'q str,
    /// Who asked: an address, or what the log calls it.
    pub(crate) who: &'q str,
    /// The name that was asked for.
    pub(crate) name: &'q str,
    /// When.
    pub(crate) seen: Option<Seen>,
    /// When, as the log writes it, where that is no moment.
    pub(crate) logged: &'q str,
}

impl Asked {
    /// Whether a host says so for the first time.
    pub(crate) fn is_new(&mut self, host: &str, said: &str) -> bool {
        let said = cut(said, KEY_BYTES_MAX).0;
        let pair = (host.to_compact_string(), said.to_compact_string());
        if self.given.contains(&pair) {
            self.repeats += 1;
            return false;
        }
        if self.given.len() >= PAIRS_MAX {
            self.given.clear();
            self.forgot += 1;
        }
        self.given.insert(pair)
    }

    /// Gives a question as a device that asked it, unless it did so before. One of the log's own
    /// machine, and one for the name behind an address, say nothing of a device.
    pub(crate) fn give(
        &mut self,
        question: &Question<'_>,
        report: &mut Report<'_>,
    ) -> ControlFlow<()> {
        let name = question.name.trim().trim_end_matches('.').to_lowercase();
        let who = question.who.trim();
        let no_name = name.is_empty() || name.contains(['<', ' ', '"']);
        if no_name || is_loop(who) || name.ends_with(".arpa") || !self.is_new(who, &name) {
            return ControlFlow::Continue(());
        }
        let mut host = Host::new(question.line, question.text);
        match ip::usual(who) {
            Some(address) => host.ip(&address),
            None => host.observe(Field::Hostname, who),
        }
        host.observe(Field::DnsName, &name);
        host.seen(question.seen);
        host.note("logged", question.logged);
        host.give(report)
    }

    /// Says what was left out.
    pub(crate) fn tell(&self, report: &mut Report<'_>) {
        if self.repeats == 0 {
            return;
        }
        let message = match self.repeats {
            1 => "1 record repeats what a host said before and was left out".to_owned(),
            more => format!("{more} records repeat what a host said before and were left out"),
        };
        let mut said = Diagnostic::new("read/repeats", message);
        if self.forgot > 0 {
            said = said.note(format!(
                "{PAIRS_MAX} are remembered at once; {} times all were forgotten and may be given \
                 again",
                self.forgot
            ));
        }
        report.say_of_file(said);
    }
}

/// Whether an address is that of the machine that writes the log.
fn is_loop(who: &str) -> bool {
    who == "localhost" || who.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_is_new_once_until_too_many_are_remembered() {
        let mut asked = Asked::default();
        assert!(asked.is_new("192.0.2.1", "a.example"));
        assert!(!asked.is_new("192.0.2.1", "a.example"));
        assert!(asked.is_new("192.0.2.2", "a.example"));
        for number in 0..PAIRS_MAX {
            asked.is_new("192.0.2.3", &number.to_string());
        }
        assert!(asked.is_new("192.0.2.1", "a.example"));
        assert_eq!((asked.repeats, asked.forgot), (1, 1));
        assert!(asked.given.len() <= PAIRS_MAX);
    }
}
