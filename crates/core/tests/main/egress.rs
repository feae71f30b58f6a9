//! To whom a device sends: services by their names alone, and nobody operates what is not known.

use whomade_core::egress::compared::{Change, Party, Period, compare};
use whomade_core::egress::{Counted, Cover, Flow, Known, Recipient, Whose, recipients};
use whomade_core::kb::Entity;

use crate::support::base;

fn flow(names: &[&str], address: &str, port: u16, sent: u64) -> Flow {
    Flow {
        names: names.iter().map(|name| (*name).to_owned()).collect(),
        unsure: false,
        address: address.parse().unwrap(),
        port,
        protocol: 17,
        serves: false,
        guessed: false,
        unanswered: false,
        local: address.starts_with("192.168."),
        cover: Cover::Plain,
        sign: None,
        sent,
        got: 1,
        packets: 2,
        seen: None,
        first: ("gate.pcap".into(), 1),
        counted: Counted::Packets,
    }
}

fn made_by(id: &str, sure: bool) -> Known {
    Known { maker: base().maker(id), sure, label: None }
}

fn one(known: &Known, flow: Flow) -> Recipient {
    let mut all = recipients(base(), known, vec![flow]);
    assert_eq!(all.len(), 1);
    all.remove(0)
}

fn whose(known: &Known, name: &str) -> Whose {
    one(known, flow(&[name], "203.0.113.7", 443, 5)).whose
}

#[test]
fn a_service_is_its_operator_s_and_the_device_s_maker_decides_whose_that_is() {
    let name = "dev.Hik-Connect.com.";
    assert_eq!(whose(&made_by("hikvision", true), name), Whose::Maker);
    assert_eq!(whose(&made_by("hikvision", false), name), Whose::PossibleMaker);
    assert_eq!(whose(&made_by("dahua", true), name), Whose::OtherMaker);
    // A maker who is only possible rules nobody out.
    assert_eq!(whose(&made_by("dahua", false), name), Whose::SomeMaker);
    assert_eq!(whose(&Known::default(), name), Whose::SomeMaker);
    let sold = Known { label: base().maker("hikvision"), ..made_by("dahua", true) };
    assert_eq!(whose(&sold, name), Whose::Label);
    // A house that only sells may operate a cloud, too.
    let name = "config.amcrestcloud.com";
    let sold = Known { label: base().label("amcrest"), ..made_by("dahua", true) };
    assert_eq!(whose(&sold, name), Whose::Label);
    assert_eq!(whose(&made_by("dahua", true), name), Whose::OtherLabel);
    let name = "dev.Hik-Connect.com.";
    let seen = one(&made_by("dahua", true), flow(&[name], "203.0.113.7", 443, 5));
    assert_eq!(
        seen.sentence(base(), None),
        "sends to dev.hik-connect.com (203.0.113.7): Hik-Connect, which Hikvision operates, \
         which is not the maker of the device"
    );
}

#[test]
fn who_holds_an_address_operates_nothing_and_a_lead_is_no_fact() {
    let known = made_by("dahua", true);
    let seen = one(&known, flow(&["p2p.camera-cloud.example"], "52.29.54.151", 8800, 199));
    assert_eq!((seen.whose, seen.operator()), (Whose::Unknown, None));
    assert_eq!(
        seen.sentence(base(), Some("registered to A in DE")),
        "sends to p2p.camera-cloud.example (52.29.54.151, registered to A in DE): who operates the \
         service is not known"
    );
    let lead = one(&made_by("uniview", true), flow(&["a.star4live.com"], "203.0.113.9", 443, 1));
    assert_eq!((lead.whose, lead.operator()), (Whose::Unknown, None));
    assert_eq!(lead.leads.len(), 1);
    let says = lead.sentence(base(), None);
    assert!(says.contains("is not known; a lead, and no more"), "{says}");
    // A sign says what is spoken there, and a name that only ends alike is another's.
    let signed = Flow { sign: Some("dahua-p2p"), ..flow(&[], "203.0.113.9", 8800, 1) };
    assert_eq!(one(&known, signed).operator(), None);
    let alike =
        one(&known, flow(&["notstar4live.com", "noteasy4ipcloud.com"], "203.0.113.9", 1, 1));
    assert!(alike.leads.is_empty() && alike.services.is_empty());
}

#[test]
fn plain_infrastructure_is_told_by_its_port_unless_the_name_is_a_service_s() {
    let known = made_by("dahua", true);
    let at = |names: &[&str], port| one(&known, flow(names, "203.0.113.7", port, 1)).whose;
    assert_eq!(at(&[], 53), Whose::NamesService);
    assert_eq!(at(&["pool.ntp.org"], 123), Whose::TimeService);
    assert_eq!(at(&["www.easy4ipcloud.com"], 123), Whose::Maker);
    assert_eq!(at(&[], 124), Whose::Unknown);
    // Who asks the device at that port is no such service.
    let asks = Flow { serves: true, ..flow(&[], "203.0.113.7", 53, 1) };
    let asks = one(&known, asks);
    assert_eq!(asks.whose, Whose::Unknown);
    assert!(asks.sentence(base(), None).starts_with("is asked by 203.0.113.7"));
    assert_eq!(one(&known, flow(&[], "192.168.1.2", 53, 1)).whose, Whose::OwnNetwork);
}

#[test]
fn where_nobody_knows_who_asked_only_the_way_is_told_that_was_counted() {
    let known = made_by("dahua", true);
    let guess = |serves, sent, got| {
        let guessed = Flow { guessed: true, serves, got, ..flow(&[], "203.0.113.7", 1_234, sent) };
        let says = one(&known, guessed).sentence(base(), None);
        says.split(" 203").next().unwrap_or_default().to_owned()
    };
    for serves in [true, false] {
        assert_eq!(guess(serves, 5, 0), "sends to");
        assert_eq!(guess(serves, 0, 5), "gets from");
        assert_eq!(guess(serves, 5, 5), "talks with");
    }
    // What is known stands apart from it, whichever end has the port.
    let plain = flow(&[], "203.0.113.7", 443, 5);
    let other = Flow { guessed: true, serves: true, ..plain.clone() };
    assert_eq!(recipients(base(), &known, vec![plain, other]).len(), 2);
}

#[test]
fn a_name_is_one_recipient_and_what_is_counted_in_part_is_a_lower_bound() {
    let sampled = |one_in| Flow {
        counted: one_in,
        ..flow(&["www.example.org"], "203.0.113.8", 443, u64::MAX)
    };
    let all = vec![
        flow(&[], "198.51.100.1", 9, 3),
        flow(&["b.example.org"], "203.0.113.9", 443, 3),
        flow(&["WWW.example.org"], "203.0.113.7", 80, 4),
        sampled(Counted::OneOf(100)),
    ];
    let mut turned = all.clone();
    turned.reverse();
    let names = |all: Vec<Flow>| -> Vec<(String, u64, bool)> {
        let all = recipients(base(), &Known::default(), all);
        all.iter().map(|one| (one.name.clone(), one.sent(), one.is_lower_bound())).collect()
    };
    let expected = [
        ("www.example.org".to_owned(), u64::MAX, true),
        ("198.51.100.1".to_owned(), 3, false),
        ("b.example.org".to_owned(), 3, false),
    ];
    assert_eq!(names(all), expected);
    assert_eq!(names(turned), expected);
    assert!(Counted::Unsaid.is_lower_bound() && !Counted::Reported.is_lower_bound());
}

#[test]
fn an_address_of_several_operators_is_nobody_s() {
    let names = ["dev.hik-connect.com", "www.easy4ipcloud.com"];
    let seen = one(&made_by("dahua", true), flow(&names, "203.0.113.7", 443, 1));
    assert_eq!((seen.whose, seen.operator()), (Whose::Unknown, None::<Entity>));
    assert_eq!(seen.services.len(), 2);
    assert!(seen.sentence(base(), None).contains("several operators"));
}

fn period<'p>(hours: i64, devices: &[(&str, &'p [Recipient])]) -> Period<'p> {
    let devices = devices.iter().map(|(key, recipients)| Party {
        by_address: false,
        key: (*key).to_owned(),
        name: format!("camera {key}"),
        recipients,
        seconds: hours * 3_600,
    });
    Period { seconds: hours * 3_600, lacks: false, devices: devices.collect() }
}

#[test]
fn what_was_not_recorded_did_not_stop() {
    let of = |all: &[(&str, u64)]| {
        let flows = all.iter().map(|(name, sent)| flow(&[name], "203.0.113.9", 443, *sent));
        recipients(base(), &Known::default(), flows.collect())
    };
    let (one, other) = (of(&[("a.example.org", 4_000), ("b.example.org", 90)]), of(&[]));
    let (later, alone) = (of(&[("a.example.org", 500)]), of(&[("c.example.org", 1)]));
    let before = period(40, &[("aa", &one), ("bb", &one), ("cc", &other)]);
    let since = period(3, &[("aa", &later), ("cc", &alone), ("dd", &alone)]);
    let compared = compare(&before, &since);
    let told: Vec<(&str, &str, Change)> = compared
        .rows
        .iter()
        .map(|row| (row.device.as_str(), row.recipient.name.as_str(), row.change))
        .collect();
    assert_eq!(
        told,
        [
            // An eighth of it in less than a twelfth of the time is more an hour, and less in all.
            ("camera aa", "a.example.org", Change::Both),
            ("camera aa", "b.example.org", Change::NotSeen),
            ("camera cc", "c.example.org", Change::New),
            ("camera dd", "c.example.org", Change::NewDevice),
            ("camera bb", "a.example.org", Change::NotRecorded),
            ("camera bb", "b.example.org", Change::NotRecorded),
        ]
    );
    let says: Vec<String> = compared.rows.iter().map(|row| compared.sentence(row)).collect();
    assert_eq!(
        says[1],
        "not seen in the later captures, which cover 3 hours; before, 90 B in 40 hours"
    );
    assert!(says[4].starts_with("the device is not in the later captures"), "{}", says[4]);
    assert!(says.iter().all(|one| !one.contains("stop") && !one.contains("ended")));
    // The other way round the shorter recording may have missed what looks new.
    let turned = compare(&since, &before);
    let new = turned.of(Change::New).next().unwrap();
    assert!(turned.sentence(new).ends_with("3 hours recorded before, which may have missed it"));
    let grown = turned.of(Change::Grown).next();
    assert!(grown.is_none(), "eight times as much in thirteen times the time is no growth");
}

#[test]
fn a_device_is_measured_by_the_recordings_that_hold_it() {
    let of = |sent| {
        recipients(base(), &Known::default(), vec![flow(&["a.org"], "203.0.113.9", 443, sent)])
    };
    let (one, other) = (of(100), of(300));
    let before = period(40, &[("aa", &one)]);
    // Another site was recorded for forty hours, and this device for two of them, in two parts.
    let mut since = period(40, &[("aa", &one), ("aa", &other)]);
    since.devices.iter_mut().for_each(|one| one.seconds = 7_200);
    let compared = compare(&before, &since);
    assert_eq!(compared.rows.len(), 1, "one device, however often it was met");
    assert_eq!(compared.rows[0].change, Change::Grown);
    assert_eq!(
        compared.sentence(&compared.rows[0]),
        "grown: 400 B in 2 hours, before 100 B in 40 hours"
    );
}

#[test]
fn growth_is_more_in_all_and_twice_as_much_an_hour() {
    let of = |sent| {
        recipients(base(), &Known::default(), vec![flow(&["a.org"], "203.0.113.9", 443, sent)])
    };
    let change = |(before, hours): (u64, i64), (since, later): (u64, i64)| {
        let (before, since) = (of(before), of(since));
        let (one, other) = (period(hours, &[("a", &before)]), period(later, &[("a", &since)]));
        compare(&one, &other).rows[0].change
    };
    assert_eq!(change((100, 10), (200, 10)), Change::Grown);
    assert_eq!(change((100, 10), (199, 10)), Change::Both);
    assert_eq!(change((100, 10), (300, 20)), Change::Both);
    assert_eq!(change((100, 10), (90, 1)), Change::Both, "a short burst is no growth");
    assert_eq!(change((100, 0), (900, 10)), Change::Both, "without times nobody can tell");
    assert_eq!(change((0, 10), (u64::MAX, 10)), Change::Grown);
}
