//! Datagrams made up after the standards.

use std::net::Ipv4Addr;

use proptest::prelude::*;

use super::*;

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
const FROM: [u8; 4] = [10, 0, 0, 7];
const TO: [u8; 4] = [198, 51, 100, 9];

fn wide(number: u32) -> [u8; 4] {
    number.to_be_bytes()
}

fn two(number: usize) -> [u8; 2] {
    u16::try_from(number).unwrap().to_be_bytes()
}

fn read(all: &mut FlowRecords, bytes: &[u8]) -> Vec<Record> {
    let mut found = Vec::new();
    all.take(HERE, bytes, Some(5), &mut |record| found.push(record));
    found
}

fn record(bytes: u64, packets: u64, one_in: Option<u32>) -> Record {
    Record {
        ends: [FROM.into(), TO.into()],
        ports: [50_000, 443],
        macs: [None; 2],
        protocol: 6,
        bytes,
        packets,
        time: None,
        one_in,
        asks: None,
    }
}

/// A datagram of version 5 with one record, of 7 packets and 900 bytes.
fn five(sampling: u16) -> Vec<u8> {
    let head = [&[0, 5, 0, 1][..], &wide(10_000), &wide(1_000), &wide(0), &[0; 6]].concat();
    let mut record = vec![0; 48];
    record[..4].copy_from_slice(&FROM);
    record[4..8].copy_from_slice(&TO);
    record[16..20].copy_from_slice(&wide(7));
    record[20..24].copy_from_slice(&wide(900));
    record[24..28].copy_from_slice(&wide(4_000));
    record[28..32].copy_from_slice(&wide(9_000));
    record[32..34].copy_from_slice(&50_000_u16.to_be_bytes());
    record[34..36].copy_from_slice(&443_u16.to_be_bytes());
    record[38] = 6;
    [head, sampling.to_be_bytes().to_vec(), record].concat()
}

#[test]
fn version_5_says_of_how_many_packets_one_is_counted() {
    let time = Some((994 * SECOND, 999 * SECOND));
    let mut all = FlowRecords::default();
    let wanted = |one_in| vec![Record { time, ..record(900, 7, one_in) }];
    assert_eq!(read(&mut all, &five(0x4064)), wanted(Some(100)), "the upper bits say how");
    assert_eq!(read(&mut all, &five(0)), wanted(None), "nothing is said");
    assert_eq!(all.read(), 2);
    for end in 0..five(0).len() {
        assert!(read(&mut all, &five(0)[..end]).is_empty(), "{end}");
    }
}

fn set(id: usize, inside: &[u8]) -> Vec<u8> {
    [&two(id)[..], &two(4 + inside.len()), inside].concat()
}

fn fields(all: &[(u16, u16)]) -> Vec<u8> {
    all.iter()
        .flat_map(|(number, length)| [number.to_be_bytes(), length.to_be_bytes()])
        .flatten()
        .collect()
}

/// Addresses, ports, how, bytes and packets.
const PLAIN: [(u16, u16); 7] = [(8, 4), (12, 4), (7, 2), (11, 2), (4, 1), (1, 4), (2, 4)];

fn plain(bytes: u32, packets: u32) -> Vec<u8> {
    let ports = [50_000_u16.to_be_bytes(), 443_u16.to_be_bytes()].concat();
    [&FROM[..], &TO, &ports, &[6], &wide(bytes), &wide(packets)].concat()
}

fn nine(domain: u32, sets: &[Vec<u8>]) -> Vec<u8> {
    let head = [&[0, 9, 0, 1][..], &wide(10_000), &wide(1_000), &wide(1), &wide(domain)].concat();
    [head, sets.concat()].concat()
}

fn ten(sets: &[Vec<u8>]) -> Vec<u8> {
    let length = 16 + sets.iter().map(Vec::len).sum::<usize>();
    let head = [&[0, 10][..], &two(length), &wide(1_000), &wide(1), &wide(3)].concat();
    [head, sets.concat()].concat()
}

fn template(id: usize, all: &[(u16, u16)]) -> Vec<u8> {
    [&two(id)[..], &two(all.len()), &fields(all)].concat()
}

#[test]
fn records_wait_for_what_they_look_like() {
    let mut all = FlowRecords::default();
    let told = set(0, &template(256, &PLAIN));
    let records = set(256, &[plain(900, 7), plain(40, 1), vec![0; 3]].concat());
    assert!(read(&mut all, &nine(1, std::slice::from_ref(&records))).is_empty());
    assert_eq!(all.untold(), 1);
    let other = nine(2, std::slice::from_ref(&told));
    assert!(read(&mut all, &other).is_empty(), "another domain says nothing of this");
    assert_eq!(all.untold(), 1);
    let wanted = vec![record(900, 7, None), record(40, 1, None)];
    assert_eq!(read(&mut all, &nine(1, &[told])), wanted, "now it is told");
    assert_eq!(all.untold(), 0);
    assert_eq!(read(&mut all, &nine(1, &[records])), wanted);
}

#[test]
fn version_9_tells_apart_how_it_counts() {
    let mut all = FlowRecords::default();
    // A scope of four bytes, then the number of the sampler and its interval.
    let option = [&two(300)[..], &two(4), &two(8), &fields(&[(1, 4), (48, 1), (50, 4)])].concat();
    let sampled: Vec<(u16, u16)> = PLAIN.into_iter().chain([(48, 1)]).collect();
    let told = [set(1, &option), set(0, &template(257, &sampled))];
    assert!(read(&mut all, &nine(1, &told)).is_empty());
    let samplers = set(300, &[&wide(0)[..], &[4], &wide(1_000)].concat());
    assert!(read(&mut all, &nine(1, &[samplers])).is_empty());
    let records = [plain(900, 7), vec![4], plain(40, 1), vec![9]].concat();
    let wanted = vec![record(900, 7, Some(1_000)), record(40, 1, None)];
    assert_eq!(read(&mut all, &nine(1, &[set(257, &records)])), wanted);
}

#[test]
fn ipfix_has_fields_of_others_of_any_length_and_both_directions() {
    let mut all = FlowRecords::default();
    let mut told = template(400, &PLAIN);
    told[2..4].copy_from_slice(&two(PLAIN.len() + 3));
    // A field of another maker, of any length; what was counted back.
    told.extend([&fields(&[(0x8000 | 5, 65_535)])[..], &wide(9)].concat());
    told.extend([&fields(&[(0x8000 | 1, 4)])[..], &wide(29_305)].concat());
    told.extend([&fields(&[(0x8000 | 2, 4)])[..], &wide(29_305)].concat());
    let named = |length: &[u8], name: &[u8]| [length, name, &wide(70), &wide(2)].concat();
    let short = [plain(900, 7), named(&[3], b"bob")].concat();
    let long = [plain(40, 1), named(&[255, 1, 0], &[b'x'; 256])].concat();
    let found = read(&mut all, &ten(&[set(2, &told), set(400, &[short, long].concat())]));
    let back =
        Record { ends: [TO.into(), FROM.into()], ports: [443, 50_000], ..record(70, 2, None) };
    assert_eq!(found, [record(900, 7, None), back, record(40, 1, None), back]);
    // Counted is one, passed over are 99; the scope is the number of the selector.
    let option =
        [&two(401)[..], &two(3), &two(1), &fields(&[(302, 2), (305, 4), (306, 4)])].concat();
    let one = set(401, &[&two(0)[..], &wide(1), &wide(99)].concat());
    let plain_told = set(2, &template(402, &PLAIN));
    let again = ten(&[set(3, &option), one, plain_told, set(402, &plain(900, 7))]);
    assert_eq!(read(&mut all, &again), [record(900, 7, Some(100))]);
    let taken_back = set(2, &[two(402), two(0)].concat());
    assert!(read(&mut all, &ten(&[taken_back, set(402, &plain(1, 1))])).is_empty());
    assert_eq!(all.untold(), 1);
}

#[test]
fn cisco_says_in_its_own_fields_who_is_asked() {
    let mut all = FlowRecords::default();
    let mut told = [&two(267)[..], &two(7)].concat();
    for (number, length) in [(12_236, 4), (12_237, 4), (12_241, 2)] {
        told.extend([&fields(&[(0x8000 | number, length)])[..], &wide(9)].concat());
    }
    told.extend(fields(&[(4, 1), (231, 4), (232, 4), (299, 4)]));
    let inside = [&FROM[..], &TO, &443_u16.to_be_bytes(), &[6], &wide(900), &wide(70), &wide(2)];
    let there = Record { ports: [0, 443], asks: Some(true), ..record(900, 0, None) };
    let back = Record {
        ends: [TO.into(), FROM.into()],
        ports: [443, 0],
        asks: Some(false),
        ..record(70, 2, None)
    };
    let found = read(&mut all, &ten(&[set(2, &told), set(267, &inside.concat())]));
    assert_eq!(found, [there, back]);
    let counts = [set(2, &template(300, &[(10, 4), (1, 4)])), set(300, &[0; 16])];
    assert!(read(&mut all, &ten(&counts)).is_empty());
    assert_eq!((all.read(), all.unnamed()), (2, 2), "what says no addresses is counted");
}

#[test]
fn records_of_no_bytes_and_templates_without_end_are_bounded() {
    let mut all = FlowRecords::default();
    let none = [set(0, &template(256, &[(1, 0)])), set(256, &[0; 100])];
    assert!(read(&mut all, &nine(1, &none)).is_empty());
    for domain in 0..20_000_u32 {
        read(&mut all, &nine(domain, &[set(0, &template(256, &PLAIN)), set(999, &[0; 999])]));
    }
    assert_eq!(all.untold(), 20_000, "those that were let go count too");
    let mut all = FlowRecords::default();
    let small = [set(999, &[0]), set(998, &[])].concat().repeat(500);
    for _ in 0..200 {
        read(&mut all, &nine(1, std::slice::from_ref(&small)));
    }
    assert_eq!(all.untold(), 100_000, "a set of no bytes holds no record");
}

/// An sFlow datagram with one sample of a packet, of which the head is there.
fn sampled(expanded: bool, kind: u32, record: &[u8]) -> Vec<u8> {
    let record = [&wide(kind)[..], &wide(u32::try_from(record.len()).unwrap()), record].concat();
    let source = if expanded { 8 } else { 4 };
    let ports = if expanded { 16 } else { 8 };
    let head = [&wide(1)[..], &vec![0; source], &wide(400), &[0; 8], &vec![0; ports]].concat();
    let sample = [head, wide(1).to_vec(), record].concat();
    let kind = if expanded { 3 } else { 1 };
    let counters = [wide(2), wide(4), wide(0)].concat();
    let length = wide(u32::try_from(sample.len()).unwrap());
    let agent = [&wide(5)[..], &wide(1), &[192, 0, 2, 1], &[0; 12], &wide(2)].concat();
    [&agent[..], &counters, &wide(kind), &length, &sample].concat()
}

#[test]
fn of_sflow_the_packets_are_counted_that_were_sampled() {
    let mut all = FlowRecords::default();
    let mut frame = vec![0, 0x11, 0x22, 0x33, 0x44, 0x55, 0x44, 0x19, 0xB6, 1, 2, 3, 8, 0];
    frame.extend([0x45, 0, 5, 0xD0, 0, 0, 0x40, 0, 64, 6, 0, 0]);
    frame.extend([&FROM[..], &TO, &50_000_u16.to_be_bytes(), &443_u16.to_be_bytes()].concat());
    frame.extend([0, 0, 0, 1, 0, 0, 0, 0, 0x50, 0x10, 0, 0, 0, 0, 0, 0]);
    let length = u32::try_from(frame.len()).unwrap();
    let head = [wide(1), wide(1_506), wide(4), wide(length)].concat();
    let record_of = |macs| Record { macs, time: Some((5, 5)), ..record(1_488, 1, Some(400)) };
    let macs = [Mac([0x44, 0x19, 0xB6, 1, 2, 3]), Mac([0, 0x11, 0x22, 0x33, 0x44, 0x55])];
    let wanted = record_of(macs.map(Some));
    for expanded in [false, true] {
        let bytes = sampled(expanded, 1, &[&head[..], &frame].concat());
        assert_eq!(read(&mut all, &bytes), [wanted]);
        for end in 0..bytes.len() {
            assert!(read(&mut all, &bytes[..end]).is_empty());
        }
    }
    // A packet that begins a stream says who asks, and one that answers it.
    for (flags, asks) in [(0x02, Some(true)), (0x12, Some(false)), (0x11, None)] {
        frame[14 + 20 + 13] = flags;
        let bytes = sampled(false, 1, &[&head[..], &frame].concat());
        assert_eq!(read(&mut all, &bytes)[0].asks, asks, "{flags:#x}");
    }
    let told =
        [&wide(1_488)[..], &wide(6), &FROM, &TO, &wide(50_000), &wide(443), &[0; 8]].concat();
    assert_eq!(read(&mut all, &sampled(false, 3, &told)), [record_of([None; 2])]);
}

#[test]
fn what_does_not_add_up_is_no_message() {
    let told = || set(0, &template(256, &PLAIN));
    let good = [
        five(0),
        nine(1, &[told(), set(256, &plain(900, 7))]),
        ten(&[set(2, &template(256, &PLAIN)), set(256, &plain(900, 7))]),
        sampled(false, 3, &[0; 24]),
    ];
    let is_taken = |bytes: &[u8]| FlowRecords::default().take(HERE, bytes, None, &mut |_| {});
    for one in &good {
        assert!(is_taken(one), "{one:?}");
        for end in 0..one.len() {
            // A whole set less is a message still, of version 9, which does not say its length.
            let is_set = one[1] == 9 && end == 20 + told().len();
            assert_eq!(is_taken(&one[..end]), is_set, "{end} of {one:?}");
        }
        assert!(!is_taken(&[&one[..], &[1, 2, 3, 4]].concat()), "{one:?}");
    }
    assert!(is_taken(&[nine(1, &[told()]), vec![0; 3]].concat()), "zeros fill it up");
    let none = |bytes: Vec<u8>| assert!(!is_taken(&bytes), "{bytes:?}");
    none([&[0, 9][..], b" sent to a wrong port by somebody"].concat());
    none([&[0, 9, 0, 1][..], &[0; 60]].concat());
    none(nine(1, &[set(17, &plain(900, 7))]));
    none(nine(1, &[set(0, &[1, 0, 0, 9, 0])]));
    none(ten(&[]));
    none([&[0, 5, 0, 31][..], &vec![0; 20 + 31 * 48]].concat());
    let mut all = FlowRecords::default();
    assert!(read(&mut all, &nine(1, &[set(256, &[7; 9]), set(17, &[7; 9])])).is_empty());
    assert_eq!(all.untold(), 0, "nothing of such a message waits");
}

#[test]
fn who_delivers_is_not_crowded_out_by_who_is_new() {
    let mut all = FlowRecords::default();
    let told = || set(0, &template(256, &PLAIN));
    let forged = |number: u32| IpAddr::from(Ipv4Addr::from(0xC633_0000 | number));
    let records = |bytes| nine(1, &[set(256, &plain(bytes, 7))]);
    assert_eq!(read(&mut all, &nine(1, &[told(), set(256, &plain(900, 7))])).len(), 1);
    let waiting = nine(1, &[set(301, &[7; 50])]);
    assert!(read(&mut all, &waiting).is_empty());
    // Of each a template, and sets that wait; there are more of them than are kept, and then they
    // take more room than there is.
    for (floods, bytes) in [(1_u32, 50), (2, 9_000)] {
        for number in 0..3_000_u32 {
            let forgery = nine(number, &[told(), set(300, &vec![7; bytes])]);
            assert!(all.take(forged(number), &forgery, None, &mut |_| {}));
        }
        assert!(all.crowded() > 1_900 * u64::from(floods), "{}", all.crowded());
        assert_eq!(read(&mut all, &records(900 + floods)).len(), 1, "it keeps its template");
        assert_eq!(all.untold(), 1 + 3_000 * u64::from(floods));
    }
    let told_late = nine(1, &[set(0, &template(301, &PLAIN))]);
    assert_eq!(read(&mut all, &told_late).len(), 2, "and what waits");
    // One that is new comes in still, and stays once it delivered.
    let late = forged(9_000);
    let mut found = 0;
    for number in 0..2_000_u32 {
        let sets = [told(), set(256, &plain(1 + number, 1))];
        let sets = if number == 0 { &sets[..] } else { &sets[1..] };
        all.take(late, &nine(1, sets), None, &mut |_| found += 1);
        all.take(forged(number), &nine(number, &[told()]), None, &mut |_| {});
    }
    assert_eq!(found, 2_000);
}

#[test]
fn one_exporter_has_its_share_and_no_more() {
    let mut all = FlowRecords::default();
    let long: Vec<(u16, u16)> = (0..200).map(|number| (1_000 + number, 4)).collect();
    for id in 0..1_000_usize {
        read(&mut all, &nine(1, &[set(0, &template(256 + id, &long))]));
    }
    assert!(all.crowded() > 900, "{}", all.crowded());
    let before = all.crowded();
    let told = [set(0, &template(256, &PLAIN)), set(256, &plain(900, 7))];
    assert_eq!(read(&mut all, &nine(2, &told)).len(), 1, "another domain has its own");
    assert_eq!(all.crowded(), before);
    // Half a mebibyte of sets waits for one, and the others are let go.
    (0..100).for_each(|_| drop(read(&mut all, &nine(3, &[set(256, &[7; 9_000])]))));
    assert!(!read(&mut all, &nine(3, &[set(0, &template(256, &PLAIN))])).is_empty());
    assert_eq!(all.untold(), 100 - 57);
    // Taken back, there is room again.
    let back: Vec<u8> = (0..80).flat_map(|id| [two(256 + id), two(0)]).flatten().collect();
    let ten_told = |id| ten(&[set(2, &template(id, &long))]);
    (0..1_000).for_each(|id| drop(read(&mut all, &ten_told(256 + id))));
    let full = all.crowded();
    assert!(full > before);
    read(&mut all, &ten(&[set(2, &back)]));
    read(&mut all, &ten_told(9_000));
    assert_eq!(all.crowded(), full);
}

#[test]
fn who_asked_is_what_the_exporter_says_of_it() {
    let mut all = FlowRecords::default();
    let told: Vec<(u16, u16)> = PLAIN.into_iter().chain([(239, 1), (61, 1)]).collect();
    let of = |direction: u8, way: u8| [plain(900, 7), vec![direction, way]].concat();
    let records = [of(1, 0), of(2, 0), of(3, 1), of(0, 1)].concat();
    let found = read(&mut all, &nine(1, &[set(0, &template(256, &told)), set(256, &records)]));
    let asks: Vec<Option<bool>> = found.iter().map(|one| one.asks).collect();
    assert_eq!(asks, [Some(true), Some(false), None, None], "the way in or out says nothing");
}

proptest! {
    #[test]
    fn no_bytes_bring_it_down(
        bytes in proptest::collection::vec(any::<u8>(), 0..300),
        at in any::<prop::sample::Index>(),
        with in any::<u8>(),
    ) {
        let mut all = FlowRecords::default();
        for head in [&[0, 5][..], &[0, 9], &[0, 10], &[0, 0, 0, 5]] {
            read(&mut all, &[head, &bytes].concat());
        }
        let told = set(0, &template(256, &PLAIN));
        let good = nine(1, &[told, set(256, &plain(900, 7)), set(1, &bytes)]);
        let mut changed = good.clone();
        let at = at.index(changed.len());
        changed[at] = with;
        read(&mut all, &changed);
        read(&mut all, &ten(&[set(2, &bytes), set(3, &bytes), set(256, &bytes)]));
        read(&mut all, &sampled(true, 1, &bytes));
    }
}

#[test]
fn numbers_that_cannot_be_are_not_counted() {
    let with = |bytes: u32, packets: u32| {
        let mut datagram = five(0);
        datagram[24 + 16..24 + 20].copy_from_slice(&wide(packets));
        datagram[24 + 20..24 + 24].copy_from_slice(&wide(bytes));
        datagram
    };
    let mut all = FlowRecords::default();
    assert_eq!(read(&mut all, &with(u32::MAX, 7)), []);
    assert_eq!(read(&mut all, &with(7 * 65_535 + 1, 7)), []);
    assert_eq!(read(&mut all, &with(7 * 65_535, 7)).len(), 1);
    // Who tells no packets may tell bytes.
    assert_eq!(read(&mut all, &with(9, 0)).len(), 1);
    assert_eq!((all.read(), all.odd(), all.again()), (2, 2, 0));
    assert!(
        !doubt::can_be(&record(u64::MAX, 0, None)) && !doubt::can_be(&record(9, 1 << 44, None))
    );
}

#[test]
fn a_message_that_comes_again_is_counted_once_and_that_of_another_exporter_is_another() {
    let mut all = FlowRecords::default();
    assert_eq!(read(&mut all, &five(0)).len(), 1);
    assert_eq!(read(&mut all, &five(0)), []);
    let mut other = 0;
    assert!(all.take(FROM.into(), &five(0), None, &mut |_| other += 1));
    assert_eq!((other, all.read(), all.again()), (1, 2, 1));
}

#[test]
fn messages_that_are_missing_leave_a_gap_and_late_ones_fill_it() {
    let numbered = |number: u32| {
        let mut datagram = five(1);
        datagram[16..20].copy_from_slice(&wide(number));
        datagram
    };
    let gaps = |numbers: &[u32]| {
        let mut all = FlowRecords::default();
        numbers.iter().for_each(|number| drop(read(&mut all, &numbered(*number))));
        all.gaps()
    };
    assert_eq!(gaps(&[7, 8, 9, 10]), 0);
    assert_eq!(gaps(&[7, 8, 5_000, 5_001]), 1);
    assert_eq!(gaps(&[7, 8, 10, 9, 11]), 0, "it came late");
    assert_eq!(gaps(&[u32::MAX, 0, 1]), 0, "the count begins anew");
    assert_eq!(gaps(&[5_000, 0, 1]), 0, "the exporter was started again");
}
