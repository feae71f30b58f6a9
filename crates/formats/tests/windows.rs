//! Documents that are longer than the part of them that is looked at: what is cut by its end is
//! read as if nothing had been.

use std::fmt::Write as _;

use whomade_core::observation::Field;
use whomade_formats::read::{Options, read_stream};

use crate::show::Show;

/// Hosts, so that their document is looked at in several parts.
const HOSTS: u32 = 4_000;

fn document(hosts: impl IntoIterator<Item = String>) -> String {
    let mut text = "<?xml version=\"1.0\"?>\n<nmaprun scanner=\"nmap\">\n".to_owned();
    text.extend(hosts);
    text + "</nmaprun>\n"
}

fn read(document: &str) -> Show {
    let mut show = Show::default();
    read_stream("scan.xml", &mut document.as_bytes(), &Options::default(), &mut show);
    show
}

/// A host that stands on three lines, its name in letters of two bytes.
fn host(number: u32) -> String {
    format!(
        "<host><status state=\"up\"/><address addr=\"10.1.{}.{}\" addrtype=\"ipv4\"/>\n\
         <hostnames><hostname name=\"{}{number}\"/></hostnames>\n</host>\n",
        number >> 8,
        number & 255,
        "\u{e4}".repeat((number % 60) as usize),
    )
}

#[test]
fn every_record_of_a_long_document_is_read_with_its_line() {
    let show = read(&document((0..HOSTS).map(host)));
    assert_eq!(show.codes(), Vec::<&str>::new());
    assert_eq!(show.devices.len(), HOSTS as usize);
    for (number, device) in (0..).zip(&show.devices) {
        let (own, line) = (host(number), 3 + u64::from(number) * 3);
        assert_eq!(device.record.line, line);
        assert_eq!(device.record.text, own.trim_end());
        let name = device.first(Field::Hostname).unwrap();
        assert!(own.contains(&format!("\"{name}\"")), "{name}");
        let at = device.observations.last().unwrap().at.span.clone();
        assert_eq!(&own[at.start as usize..at.end as usize], name);
    }
}

#[test]
fn a_record_longer_than_the_limit_is_left_out_and_those_around_it_are_read() {
    let mut large = String::from("<host><address addr=\"192.0.2.9\"/>");
    for number in 0..300_000 {
        write!(large, "<port portid=\"{number}\" why=\"{:060}\"/>", number).unwrap();
    }
    large += "<host><address addr=\"192.0.2.10\"/></host></host>\n";
    let show = read(&document([host(1), large, host(2)]));
    assert_eq!(show.codes(), ["read/large-record"]);
    let names: Vec<&str> = show.devices.iter().map(|device| device.name.as_str()).collect();
    assert_eq!(names, ["10.1.0.1", "10.1.0.2"]);
    assert_eq!(show.devices[1].record.line, 7);
}

#[test]
fn what_only_looks_like_an_end_ends_no_record() {
    let odd = "<host><!-- </host> --><![CDATA[</host>]]><address addr='192.0.2.9' \
               addrtype = \"ipv4\"/><hostnames><hostname name=\"it&apos;s&#x41;\"/>\
               <hostname note='name=\"no\"' name='a\"b'/></hostnames></host>\n";
    let show = read(&document([odd.to_owned(), host(2)]));
    assert_eq!(show.codes(), Vec::<&str>::new());
    let of = |field| {
        let seen = show.devices[0].observations.iter().filter(move |seen| seen.field == field);
        seen.map(|seen| seen.value.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(of(Field::Ip), ["192.0.2.9"]);
    assert_eq!(of(Field::Hostname), ["it'sA", "a\"b"]);
    assert_eq!(show.devices.len(), 2);
}

#[test]
fn what_is_no_text_is_said_and_ends_nothing() {
    let mut bytes = document((0..HOSTS).map(host)).into_bytes();
    let at = bytes.len() - 100;
    bytes[at] = 0xFF;
    let mut show = Show::default();
    read_stream("scan.xml", &mut bytes.as_slice(), &Options::default(), &mut show);
    assert_eq!(show.devices.len(), HOSTS as usize);
    assert_eq!(show.codes().len(), 1, "{:?}", show.diagnostics);
}
