//! Rounds are held against each other: the same both ways, in whatever order devices come; nobody
//! is missed who was not asked for; what a round did not show did not change.

use jiff::Timestamp;
use proptest::prelude::*;
use whomade_core::assembly::Key;
use whomade_core::attribution::Certainty;
use whomade_core::baseline::Entry;
use whomade_core::watch::{
    Change, Conclusion, Diff, Ledger, Maker, Manner, Ports, Presence, Round, Sight, Sign, Told,
    What, diff,
};

const M1: &str = "mac:44:19:b6:0a:1c:33";
const M2: &str = "mac:3c:ef:8c:10:20:32";
const S1: &str = "serial:D12345671";
const A1: &str = "ip:10.20.0.11";
const A2: &str = "ip:10.20.0.12";

/// A device of keys, with what else is seen of it behind `=`.
fn sight(parts: &[&str]) -> Sight {
    let mut entry = Entry {
        keys: Vec::new(),
        name: String::new(),
        label: String::new(),
        model: String::new(),
        site: String::new(),
        place: String::new(),
        makers: Vec::new(),
        certainty: Certainty::Unknown,
        rulings: Vec::new(),
        seen: String::new(),
        observed: Vec::new(),
    };
    let mut ports = Ports { open: vec![80], asked: vec![80, 443, 554], refuses: false };
    let (mut maker, mut firmware) = ("", Vec::new());
    let (mut odd, mut partial) = (Vec::new(), false);
    for part in parts {
        match part.split_once('=') {
            Some(("label", label)) => label.clone_into(&mut entry.label),
            Some(("model", model)) => model.clone_into(&mut entry.model),
            Some(("maker", of)) => maker = of,
            Some(("firmware", version)) => firmware.push(version.to_owned()),
            Some(("odd", word)) => odd.push(word.to_owned()),
            Some(("cut", _)) => partial = true,
            Some(("refuses", _)) => ports.refuses = true,
            Some(("open", all)) => {
                ports.open = all.split(',').filter_map(|port| port.parse().ok()).collect();
            }
            Some(("asked", all)) => {
                ports.asked = all.split(',').filter_map(|port| port.parse().ok()).collect();
            }
            _ => entry.keys.push(Key::parse(part).unwrap()),
        }
    }
    entry.keys.sort();
    let sign = |of: &str| Sign {
        field: "http-server".to_owned(),
        of: of.to_owned(),
        fact: format!("kb/{of}#web"),
        value: "a server".to_owned(),
    };
    let conclusion = |of: &str| Conclusion {
        makers: vec![Maker { id: of.to_owned(), name: of.to_owned() }],
        certainty: Certainty::Probable,
    };
    let known = !maker.is_empty();
    Sight {
        entry,
        maker: if known { conclusion(maker) } else { Conclusion::default() },
        signs: if known { vec![sign(maker)] } else { Vec::new() },
        firmware,
        ports: Some(ports),
        odd,
        shows: known,
        partial,
    }
}

/// A round that asked everywhere and lost nothing.
fn round(number: i64, sights: &[Sight]) -> Round<'static> {
    Round {
        at: Timestamp::from_second(number * 3_600).unwrap(),
        manner: Manner::Asked,
        proves: true,
        searched: true,
        gone_after: 2,
        covers: &|_| true,
        covered: &|_| true,
        sights: sights.to_vec(),
    }
}

/// The words of what is told.
fn words(told: &[Told]) -> Vec<String> {
    let word = |one: &Told| {
        let value = serde_json::to_value(one).unwrap();
        value["event"].as_str().unwrap().to_owned()
    };
    told.iter().map(word).collect()
}

fn ledger(sights: &[Sight]) -> Ledger {
    let mut ledger = Ledger::default();
    let told = ledger.take(round(0, sights));
    assert!(told.iter().all(|one| matches!(one.what, What::Device(Presence::Present(_)))));
    ledger
}

#[test]
fn who_comes_is_new_and_who_leaves_is_gone_after_two_rounds() {
    let (gate, yard) = (sight(&[M1, A1, "maker=hikvision"]), sight(&[M2, A2]));
    let mut ledger = ledger(std::slice::from_ref(&gate));
    assert_eq!(words(&ledger.take(round(1, &[gate.clone(), yard.clone()]))), ["new-device"]);
    assert!(ledger.take(round(2, std::slice::from_ref(&gate))).is_empty());
    assert_eq!(ledger.waited_for(), 1);
    let told = ledger.take(round(3, std::slice::from_ref(&gate)));
    assert_eq!(words(&told), ["gone"]);
    assert_eq!(told[0].device.known_by.as_deref(), Some(M2));
    assert!(ledger.take(round(4, std::slice::from_ref(&gate))).is_empty(), "it is told once");
    assert_eq!(words(&ledger.take(round(5, &[gate, yard]))), ["back"]);
    assert_eq!((ledger.there(), ledger.known.len()), (2, 2));
}

#[test]
fn who_refused_everything_and_then_is_silent_is_gone() {
    let gate = sight(&[M1, A1, "maker=hikvision"]);
    let closed = sight(&[A1, "open=", "refuses="]);
    let mut ledger = ledger(std::slice::from_ref(&gate));
    assert_eq!(words(&ledger.take(round(1, &[closed]))), ["maker-changed", "ports-changed"]);
    let quiet = |number| Round { searched: false, ..round(number, &[sight(&[M2, A2])]) };
    assert_eq!(words(&ledger.take(quiet(2))), ["new-device"]);
    assert_eq!(words(&ledger.take(quiet(3))), ["gone"]);
}

#[test]
fn what_a_round_that_lost_packets_did_not_see_counts_for_nothing() {
    let gate = sight(&[M1, A1, "maker=hikvision", "open=80,554"]);
    let mut ledger = ledger(std::slice::from_ref(&gate));
    let lossy = |number, sights: &[Sight]| Round { proves: false, ..round(number, sights) };
    let less = sight(&[M1, A1, "open=80", "odd=slow", "odd=endless"]);
    assert!(ledger.take(lossy(1, &[less])).is_empty());
    let mut weaker = gate.clone();
    weaker.maker.certainty = Certainty::Possible;
    weaker.signs[0].fact = "kb/hikvision#other".to_owned();
    assert!(ledger.take(lossy(2, &[weaker])).is_empty());
    assert!(ledger.take(round(3, std::slice::from_ref(&gate))).is_empty(), "nothing is taken back");
    // What is new was seen all the same.
    let other = sight(&[M1, A1, "maker=dahua", "open=80,554,8000", "asked=80,443,554,8000"]);
    assert_eq!(words(&ledger.take(lossy(4, &[other]))), ["maker-changed"]);
}

#[test]
fn who_is_slow_is_not_hostile() {
    let gate = sight(&[M1, A1]);
    let mut ledger = ledger(std::slice::from_ref(&gate));
    let slow = sight(&[M1, A1, "odd=slow", "odd=unfinished"]);
    assert!(ledger.take(round(1, &[slow])).is_empty());
    let endless = sight(&[M1, A1, "odd=endless"]);
    assert_eq!(words(&ledger.take(round(2, &[endless]))), ["manner-changed"]);
}

#[test]
fn who_shows_nothing_of_what_told_the_last_and_another_maker_is_perhaps_another() {
    let gate = sight(&[M1, A1, "maker=hikvision"]);
    let mut ledger = ledger(std::slice::from_ref(&gate));
    // Who only shows less is who it was.
    assert!(ledger.take(round(1, &[sight(&[A1, "maker=hikvision"])])).is_empty());
    let other = sight(&[A1, "maker=dahua"]);
    let told = ledger.take(round(2, std::slice::from_ref(&other)));
    assert_eq!(words(&told), ["perhaps-other-device"]);
    let What::Device(Presence::PerhapsOtherDevice { was, .. }) = &told[0].what else { panic!() };
    assert_eq!((was.known_by.as_deref(), told[0].device.known_by.as_deref()), (Some(M1), Some(A1)));
    assert_eq!(ledger.known.len(), 1);
    assert_eq!(ledger.known[0].sight.entry, other.entry, "nothing of the last is left");
    assert!(ledger.take(round(3, &[other])).is_empty());
}

#[test]
fn nobody_is_gone_who_was_not_asked_for_to_the_end() {
    let all = [sight(&[M1, A1]), sight(&[M2, A2]), sight(&[S1, "ip:10.20.0.13", "open="])];
    let left = &all[..1];
    let none = |change: fn(&mut Round<'static>)| {
        let mut ledger = ledger(&all);
        for number in 1..9 {
            let mut next = round(number, left);
            change(&mut next);
            let told = ledger.take(next);
            assert!(told.is_empty(), "{told:?}");
        }
    };
    none(|round| round.proves = false);
    none(|round| round.covers = &|at| at == "10.20.0.11");
    // Who has no open port is found by a search alone.
    let mut kept = ledger(&all);
    let told: Vec<Told> = (1..4)
        .flat_map(|number| kept.take(Round { searched: false, ..round(number, left) }))
        .collect();
    assert_eq!(words(&told), ["gone"]);
    // Where nobody answers at all, the way there may be down.
    let mut kept = ledger(&all);
    assert!(kept.is_silence(&round(1, &[])));
    assert!((1..4).all(|number| kept.take(round(number, &[])).is_empty()));
    // Who is not heard may be silent.
    let mut kept = ledger(&all);
    let heard = |number| Round { manner: Manner::Heard, ..round(number, left) };
    assert!(kept.take(heard(1)).is_empty());
    assert_eq!(words(&kept.take(heard(2))), ["not-heard", "not-heard"]);
}

#[test]
fn what_is_otherwise_of_a_device_is_told_with_both_sides() {
    let then = sight(&[M1, A1, "maker=hikvision", "firmware=V5.5", "label=LTS", "open=80,554"]);
    let now = sight(&[
        M1,
        A2,
        "maker=dahua",
        "firmware=V5.6",
        "label=Alula",
        "open=80,443",
        "odd=endless",
    ]);
    let told = ledger(&[then]).take(round(1, &[now]));
    let expected = [
        "address-changed",
        "maker-changed",
        "label-changed",
        "firmware-changed",
        "ports-changed",
        "manner-changed",
    ];
    assert_eq!(words(&told), expected);
    let What::Change(Change::MakerChanged { signs, missing, .. }) = &told[1].what else { panic!() };
    assert_eq!((signs[0].of.as_str(), missing[0].of.as_str()), ("dahua", "hikvision"));
    let What::Change(Change::PortsChanged { opened, closed }) = &told[4].what else { panic!() };
    assert_eq!((opened.as_slice(), closed.as_slice()), (&[443][..], &[554][..]));
}

#[test]
fn what_a_round_did_not_show_or_ask_did_not_change() {
    let then = sight(&[M1, A1, "firmware=V5.5", "label=LTS", "model=X1", "open=80,8080"]);
    let less = sight(&[M1, A1, "open="]);
    let mut kept = ledger(std::slice::from_ref(&then));
    let told = kept.take(round(1, std::slice::from_ref(&less)));
    // Port 8080 was not among those that were asked.
    assert_eq!(words(&told), ["ports-changed"]);
    let What::Change(Change::PortsChanged { closed, .. }) = &told[0].what else { panic!() };
    assert_eq!(closed, &[80]);
    // A version that was not shown for a round is still the one before.
    let later = sight(&[M1, A1, "firmware=V5.6", "open="]);
    assert_eq!(words(&kept.take(round(2, &[later]))), ["firmware-changed"]);
    // What was lost on the way is not closed, and not open anew the next time.
    let mut kept = ledger(std::slice::from_ref(&then));
    assert!(kept.take(Round { proves: false, ..round(1, &[less]) }).is_empty());
    assert!(kept.take(round(2, &[then])).is_empty());
}

#[test]
fn who_is_heard_less_of_is_still_who_it_was() {
    let then = sight(&[M1, A1, "maker=hikvision"]);
    let less = sight(&[M1, A1]);
    let heard = |number, sights: &[Sight]| Round { manner: Manner::Heard, ..round(number, sights) };
    let mut kept = ledger(std::slice::from_ref(&then));
    assert!(kept.take(heard(1, std::slice::from_ref(&less))).is_empty());
    assert!(kept.take(heard(2, std::slice::from_ref(&then))).is_empty());
    let other = sight(&[M1, A1, "maker=dahua"]);
    assert_eq!(words(&kept.take(heard(3, &[other]))), ["maker-changed"]);
    // Who was asked and no longer shows it is told.
    assert_eq!(words(&ledger(&[then]).take(round(1, &[less]))), ["maker-changed"]);
}

#[test]
fn who_was_not_asked_to_the_end_did_not_change() {
    let whole = sight(&[M1, A1, "maker=hikvision", "odd=slow"]);
    let cut = sight(&[M1, A1, "cut="]);
    let mut kept = ledger(std::slice::from_ref(&cut));
    assert!(kept.take(round(1, std::slice::from_ref(&whole))).is_empty());
    assert!(kept.take(round(2, std::slice::from_ref(&cut))).is_empty());
    assert!(kept.take(round(3, std::slice::from_ref(&whole))).is_empty());
    // Another maker's sign is one, however much was asked.
    let other = sight(&[M1, A1, "maker=dahua", "cut="]);
    assert_eq!(words(&kept.take(round(4, &[other]))), ["maker-changed"]);
}

#[test]
fn another_hardware_address_at_a_known_address_is_another_device() {
    let (then, now) = (sight(&[M1, A1]), sight(&[M2, A1]));
    let mut kept = ledger(std::slice::from_ref(&then));
    let told = kept.take(round(1, std::slice::from_ref(&now)));
    assert_eq!(words(&told), ["other-device"]);
    let What::Device(Presence::OtherDevice { address, was, .. }) = &told[0].what else { panic!() };
    assert_eq!((address.as_str(), was.known_by.as_deref()), ("10.20.0.11", Some(M1)));
    assert_eq!(words(&kept.take(round(2, &[now]))), ["gone"]);
    // Who is gone stands nowhere: the third there took the place of the second.
    let third = sight(&["mac:3c:ef:8c:10:20:33", A1]);
    let told = kept.take(round(3, std::slice::from_ref(&third)));
    assert_eq!(words(&told), ["other-device"]);
    let What::Device(Presence::OtherDevice { was, .. }) = &told[0].what else { panic!() };
    assert_eq!(was.known_by.as_deref(), Some(M2));
    assert_eq!(words(&kept.take(round(4, &[third, sight(&[M1, A2])]))), ["back", "gone"]);
    // One that only moved is not replaced; who took its place is another.
    let mut kept = ledger(&[then]);
    let told = kept.take(round(1, &[sight(&[M1, A2]), sight(&[M2, A1])]));
    assert_eq!(words(&told), ["address-changed", "other-device"]);
    // Where no number tells, the address does, and what it says is otherwise.
    let mut kept = ledger(&[sight(&[A1, "label=LTS"])]);
    let told = kept.take(round(1, &[sight(&[A1, "label=Alula"])]));
    assert_eq!(words(&told), ["label-changed"]);
    assert_eq!(told[0].device.known_by.as_deref(), Some(A1));
}

#[test]
fn who_stands_where_nobody_asked_before_is_not_called_new() {
    let mut kept = ledger(&[sight(&[M1, A1])]);
    let wider = Round { covered: &|at| at == "10.20.0.11", ..round(1, &[sight(&[M2, A2])]) };
    assert_eq!(words(&kept.take(wider)), ["first-seen"]);
}

#[test]
fn a_ledger_is_read_again_as_it_was_written() {
    let all = [sight(&[M1, A1, "maker=hikvision", "label=L|1\t%"]), sight(&[A2])];
    let kept = ledger(&all);
    let text = serde_json::to_string(&kept).unwrap();
    assert_eq!(serde_json::from_str::<Ledger>(&text).unwrap(), kept);
    for wrong in [text.replace("probable", "sure"), text.replace("ip:", "at:")] {
        assert!(serde_json::from_str::<Ledger>(&wrong).is_err(), "{wrong}");
    }
}

/// Any device of a small network, so that keys meet.
fn any_sight() -> impl Strategy<Value = Sight> {
    let maybe = |all: &'static [&'static str]| prop::option::of(prop::sample::select(all));
    let parts = (
        maybe(&[M1, M2, "mac:44:19:b6:0a:1c:34"]),
        maybe(&[S1, "serial:D12345672"]),
        prop::sample::subsequence(vec![A1, A2, "ip:10.20.0.13", "ip:fe80::1"], 0..3),
        maybe(&["label=LTS", "label=Alula"]),
        maybe(&["maker=hikvision", "maker=dahua"]),
        maybe(&["firmware=V5.5", "firmware=V5.6"]),
        maybe(&["open=80", "open=80,554", "open=8080"]),
        maybe(&["asked=80", "asked=80,443,554,8080"]),
        maybe(&["odd=endless"]),
        maybe(&["cut="]),
    );
    parts.prop_map(|(mac, serial, at, label, maker, firmware, open, asked, odd, cut)| {
        let one = [mac, serial, label, maker, firmware, open, asked, odd, cut];
        let all: Vec<&str> = one.into_iter().flatten().chain(at).collect();
        sight(&all)
    })
}

fn any_round() -> impl Strategy<Value = Vec<Sight>> {
    prop::collection::vec(any_sight(), 0..7)
}

/// The devices of a round, and the same in another order.
fn twice() -> impl Strategy<Value = (Vec<Sight>, Vec<Sight>)> {
    any_round().prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle()))
}

type Said = (Vec<(Sight, Sight, Vec<Change>)>, Vec<Sight>, Vec<Sight>, usize);

/// What is found, by devices and not by their places.
fn said(then: &[Sight], now: &[Sight], diff: &Diff) -> Said {
    let of = |all: &[Sight], at: &[usize]| {
        let mut some: Vec<Sight> = at.iter().map(|at| all[*at].clone()).collect();
        some.sort();
        some
    };
    let mut same: Vec<(Sight, Sight, Vec<Change>)> = diff
        .same
        .iter()
        .map(|(one, other, changes)| (then[*one].clone(), now[*other].clone(), changes.clone()))
        .collect();
    same.sort_by(|one, other| (&one.0, &one.1).cmp(&(&other.0, &other.1)));
    (same, of(now, &diff.new), of(then, &diff.missing), diff.unclear.len())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_otherwise_than_itself(all in any_round()) {
        let found = diff(&all, &all);
        prop_assert!(found.new.is_empty() && found.missing.is_empty());
        prop_assert!(found.replaced.is_empty() && found.unclear.is_empty());
        prop_assert!(found.same.iter().all(|(_, _, changes)| changes.is_empty()));
        prop_assert_eq!(found.same.len(), all.len());
    }

    #[test]
    fn both_ways_are_mirrored(then in any_round(), now in any_round()) {
        let (there, back) = (diff(&then, &now), diff(&now, &then));
        let (same, new, missing, unclear) = said(&now, &then, &back);
        let mut turned: Vec<_> = same
            .into_iter()
            .map(|(one, other, changes)| {
                (other, one, changes.into_iter().map(Change::mirrored).collect::<Vec<_>>())
            })
            .collect();
        turned.sort_by(|one, other| (&one.0, &one.1).cmp(&(&other.0, &other.1)));
        prop_assert_eq!(said(&then, &now, &there), (turned, missing, new, unclear));
    }

    #[test]
    fn the_order_of_devices_does_not_matter(
        (then, then_again) in twice(),
        (now, now_again) in twice(),
    ) {
        let one = said(&then, &now, &diff(&then, &now));
        prop_assert_eq!(one, said(&then_again, &now_again, &diff(&then_again, &now_again)));
    }

    #[test]
    fn every_device_is_told_once(then in any_round(), now in any_round()) {
        let found = diff(&then, &now);
        let of = |first: bool| {
            let same = found.same.iter().map(|(one, other, _)| if first { *one } else { *other });
            let alone = if first { &found.missing } else { &found.new };
            let unclear =
                found.unclear.iter().flat_map(|one| if first { &one.then } else { &one.now });
            let open = alone.iter().chain(unclear).copied();
            let mut all: Vec<usize> = same.chain(open).collect();
            all.sort_unstable();
            all
        };
        prop_assert_eq!(of(true), (0..then.len()).collect::<Vec<_>>());
        prop_assert_eq!(of(false), (0..now.len()).collect::<Vec<_>>());
    }

    /// However rounds go, nothing is told of a network that stays as it is.
    #[test]
    fn a_network_that_stays_says_nothing(all in any_round(), heard in any::<bool>()) {
        let manner = if heard { Manner::Heard } else { Manner::Asked };
        let mut ledger = Ledger::default();
        ledger.take(Round { manner, ..round(0, &all) });
        for number in 1..4 {
            let told = ledger.take(Round { manner, ..round(number, &all) });
            prop_assert!(told.is_empty(), "{told:?}");
        }
    }
}
