//! Under which names a device asked for whom it talks with: by the answers that it got itself, in
//! the order of time, whichever capture holds them. One address may serve many names, so that what
//! another device asked for names nobody.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use jiff::Timestamp;

use super::Flow;

/// Names of one flow that are kept.
const NAMES_MAX: usize = 8;

/// That an address was the answer when a device asked for a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The address.
    pub address: IpAddr,
    /// The name that was asked for.
    pub name: Arc<str>,
    /// When it was said, where that is told.
    pub at: Option<Timestamp>,
    /// The number of the question, where the capture does not show that it was asked. Whatever
    /// nobody asked for names nobody: anybody can send an answer.
    pub unasked: Option<u64>,
}

/// Gives the flows of a device the names that it asked for: those for which the address was the
/// answer before the last packet, the one that was asked last before the first packet first. Where
/// a flow itself says whom it asks, that alone stands.
pub fn name(flows: &mut [Flow], mut answers: Vec<Answer>) {
    answers.retain(|one| one.unasked.is_none());
    // Of what has no time nobody knows that it came too late.
    answers.sort_by_key(|one| one.at);
    let mut by_address: BTreeMap<IpAddr, Vec<&Answer>> = BTreeMap::new();
    for one in &answers {
        by_address.entry(one.address).or_default().push(one);
    }
    for flow in flows.iter_mut().filter(|flow| flow.names.is_empty()) {
        let Some(of) = by_address.get(&flow.address) else { continue };
        let (first, last) = (flow.seen.map(|seen| seen.from), flow.seen.map(|seen| seen.until));
        let is_before = |one: &Answer, end| match (one.at, end) {
            (Some(at), Some(end)) => at <= end,
            _ => true,
        };
        let known = of.partition_point(|one| is_before(one, last));
        let before = of[..known].partition_point(|one| is_before(one, first));
        // What was asked last is the likeliest, and still only one of them.
        let (earlier, later) = of[..known].split_at(before);
        for one in earlier.iter().rev().chain(later).map(|one| one.name.to_string()) {
            if flow.names.len() < NAMES_MAX && !flow.names.contains(&one) {
                flow.names.push(one);
            }
        }
        flow.unsure = flow.names.len() > 1;
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::super::{Counted, Cover};
    use super::*;
    use crate::observation::Seen;

    const FAR: IpAddr = IpAddr::V4(Ipv4Addr::new(198, 51, 100, 9));

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn answer(name: &str, second: Option<i64>) -> Answer {
        Answer { address: FAR, name: name.into(), at: second.map(at), unasked: None }
    }

    fn named(seen: Option<(i64, i64)>, own: &[&str], answers: &[Answer]) -> Vec<String> {
        let mut flow = Flow {
            unsure: false,
            names: own.iter().map(|one| (*one).to_owned()).collect(),
            address: FAR,
            port: 443,
            protocol: 6,
            serves: false,
            guessed: false,
            unanswered: false,
            local: false,
            cover: Cover::Unknown,
            sign: None,
            sent: 1,
            got: 1,
            packets: 2,
            seen: seen.map(|(from, until)| Seen::between(at(from), at(until))),
            first: ("one.pcap".into(), 1),
            counted: Counted::Packets,
        };
        name(std::slice::from_mut(&mut flow), answers.to_vec());
        flow.names
    }

    #[test]
    fn a_flow_has_the_name_that_was_asked_for_last_before_it_whatever_was_read_first() {
        let answers = [answer("later.example", Some(90)), answer("b.example", Some(20)), {
            answer("a.example", Some(10))
        }];
        assert_eq!(named(Some((30, 60)), &[], &answers), ["b.example", "a.example"]);
        assert_eq!(named(Some((15, 60)), &[], &answers), ["a.example", "b.example"]);
        assert_eq!(named(Some((20, 20)), &["own.example"], &answers), ["own.example"]);
        assert!(named(Some((1, 5)), &[], &answers).is_empty());
    }

    #[test]
    fn without_times_every_answer_may_be_the_one() {
        let answers = [answer("a.example", None), answer("b.example", None)];
        assert_eq!(named(Some((30, 60)), &[], &answers), ["b.example", "a.example"]);
        assert_eq!(named(None, &[], &answers), ["b.example", "a.example"]);
    }

    #[test]
    fn names_have_a_limit_and_another_address_has_none_of_them() {
        let many: Vec<Answer> =
            (0..20).map(|at| answer(&format!("{at}.example"), Some(at))).collect();
        assert_eq!(named(Some((0, 30)), &[], &many).len(), NAMES_MAX);
        let mut other = answer("a.example", Some(1));
        other.address = Ipv4Addr::new(198, 51, 100, 10).into();
        assert!(named(Some((5, 6)), &[], &[other]).is_empty());
    }
}
