//! The names that stations asked for, with the addresses that were the answer.

use std::hash::{Hash as _, Hasher as _};
use std::net::IpAddr;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHasher};

use crate::flows::End;
use crate::limits::{ANSWERS_MAX, NAMES_BYTES_MAX};
use crate::wire::dns;

/// That an address was the answer when a station asked for a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The address.
    pub address: IpAddr,
    /// The name that was asked for.
    pub name: Arc<str>,
    /// When it was said, in nanoseconds since 1970.
    pub time: Option<i64>,
    /// The number of the question, where nobody was seen to ask it: the capture before may hold it.
    pub unasked: Option<u64>,
}

/// What all stations were told, in the order in which it was said.
#[derive(Debug, Default)]
pub(super) struct Answers {
    all: Vec<(u32, Answer)>,
    /// Of each station and address the answer that came last.
    last: FxHashMap<(u32, IpAddr), u32>,
    bytes: usize,
    /// Answers for which there was no room.
    left: u64,
}

impl Answers {
    /// Adds one that a station got. What is said again with nothing else in between is one.
    pub(super) fn add(&mut self, node: u32, answer: Answer) {
        let key = (node, answer.address);
        let known = self.last.get(&key).map(|last| &mut self.all[*last as usize].1);
        if let Some(known) =
            known.filter(|known| (&known.name, known.unasked) == (&answer.name, answer.unasked))
        {
            known.time = known.time.min(answer.time);
        } else if self.all.len() < ANSWERS_MAX && self.bytes + answer.name.len() <= NAMES_BYTES_MAX
        {
            self.bytes += answer.name.len();
            self.last.insert(key, self.all.len() as u32);
            self.all.push((node, answer));
        } else {
            self.left += 1;
        }
    }

    pub(super) const fn left(&self) -> u64 {
        self.left
    }

    pub(super) fn into_all(self) -> Vec<(u32, Answer)> {
        self.all
    }
}

/// Questions that are kept at once; half of them, the older ones, make room for others.
const QUESTIONS_MAX: usize = 1 << 16;

/// The names that were asked for last, so that an answer is known to be one.
#[derive(Debug, Default)]
pub(crate) struct Questions {
    now: FxHashMap<u64, Asked>,
    before: FxHashMap<u64, Asked>,
}

/// Who asked, and whether an answer came.
#[derive(Debug, Clone, Copy)]
struct Asked {
    node: u32,
    answered: bool,
}

impl Questions {
    /// Takes note of a question of a station: who asked whom.
    pub(crate) fn ask(&mut self, node: u32, ends: (End, End), message: &dns::Message) {
        if self.now.len() >= QUESTIONS_MAX / 2 {
            self.before = std::mem::take(&mut self.now);
        }
        let asked = Asked { node, answered: false };
        self.now.extend(question(ends, message).map(|number| (number, asked)));
    }

    /// The number of the question to which an answer belongs, and whether the same end asked it of
    /// the same other.
    pub(crate) fn answer(&mut self, ends: (End, End), message: &dns::Message) -> (u64, bool) {
        let number = question(ends, message).unwrap_or_default();
        let all = [self.now.get_mut(&number), self.before.get_mut(&number)];
        let asked = all.into_iter().flatten().map(|asked| asked.answered = true).count();
        (number, asked > 0)
    }

    /// Those that nobody answered, in ascending order of who asked.
    pub(crate) fn open(self) -> Vec<(u32, u64)> {
        let open = self.before.into_iter().chain(self.now).filter(|(_, asked)| !asked.answered);
        let mut open: Vec<(u32, u64)> = open.map(|(number, asked)| (asked.node, number)).collect();
        open.sort_unstable();
        open
    }
}

/// What a question is known by.
fn question(ends: (End, End), message: &dns::Message) -> Option<u64> {
    let mut hasher = FxHasher::default();
    (ends, message.id, message.asked.first()?).hash(&mut hasher);
    Some(hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_belongs_to_the_question_of_the_same_ends_number_and_name() {
        let (own, far): (End, End) = (([10, 0, 0, 7].into(), 50_000), ([9, 9, 9, 9].into(), 53));
        let of = |id, name: &str| dns::Message {
            id,
            asked: vec![name.to_owned()],
            ..dns::Message::default()
        };
        let mut questions = Questions::default();
        questions.ask(3, (own, far), &of(7, "a.example"));
        assert!(questions.answer((own, far), &of(7, "a.example")).1);
        let other = (own.0, 50_001);
        let others = [((own, far), of(8, "a.example")), ((own, far), of(7, "b.example")), {
            ((other, far), of(7, "a.example"))
        }];
        assert!(others.iter().all(|(ends, message)| !questions.answer(*ends, message).1));
        let number = questions.answer((own, far), &of(9, "b.example")).0;
        assert_ne!(questions.answer((own, far), &of(9, "c.example")).0, number);
        let mut few = Questions::default();
        few.ask(4, (own, far), &of(9, "b.example"));
        assert_eq!(few.open(), [(4, number)], "nobody answered");
        for id in 0..=u16::MAX {
            questions.ask(3, (own, far), &of(id, "many.example"));
        }
        assert!(!questions.answer((own, far), &of(7, "a.example")).1, "it gave way");
        assert!(questions.now.len() + questions.before.len() <= QUESTIONS_MAX);
    }
}
