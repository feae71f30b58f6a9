//! Reports of OpenVAS and Greenbone as XML: the hosts with their details, and the results. A host
//! is a device; a result is a record of its own, as it stands far from its host and a report may
//! hold more of them than memory should. What a test concludes is an opinion; a few quote the
//! device's own reply in a form that is sure, and these are observed, by the number of the test.

use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::ControlFlow;

use compact_str::CompactString;
use whomade_core::assembly::Sort;
use whomade_core::observation::{Field, Seen};

use crate::read::format::{Format, Input};
use crate::read::host::Host;
use crate::read::report::Report;
use crate::read::xml::{self, Element, Record};
use crate::read::{moments, said};

/// Reports of OpenVAS and Greenbone.
pub(crate) const FORMAT: Format = Format {
    word: "openvas",
    title: "a report of OpenVAS or Greenbone (XML)",
    sort: Sort::Sighting,
    recognises: |head| match head.root() {
        Some("get_reports_response") => true,
        Some("report") => ["<omp>", "<gmp>", "format_id=", "<nvt oid="]
            .iter()
            .any(|sign| head.text.contains(sign)),
        _ => false,
    },
    read,
};

/// The tests that quote a device's own reply.
const QUOTING: [&str; 6] = ["10107", "108708", "10092", "10281", "10762", "103692"];

/// Before the number of every test.
const OIDS: &str = "1.3.6.1.4.1.25623.1.0.";

/// Addresses of results that are kept in mind, so that each is told once.
const ADDRESSES_MAX: usize = 65_536;

fn read(input: Input<'_>, report: &mut Report<'_>) {
    said::tell_format(FORMAT, report);
    let mut told: HashSet<CompactString> = HashSet::new();
    xml::each(
        input,
        &["host", "result"],
        report,
        &mut |record, report| match record.element.name() {
            "result" => result(record, &mut told, report),
            _ => host(record, report),
        },
    );
}

fn host(record: &Record<'_>, report: &mut Report<'_>) -> ControlFlow<()> {
    let element = record.element;
    // Ports name their host too, in an element that holds nothing but the address.
    let Some(address) = element.child("ip") else { return ControlFlow::Continue(()) };
    let mut host = Host::new(record.line, record.text);
    host.ip(&address.text());
    let moment = |name: &str| moments::of_text(&element.child(name)?.text());
    let (start, end) = (moment("start"), moment("end"));
    let seen = start.zip(end).map(|(start, end)| Seen::between(start, end));
    host.seen(seen.or(start.or(end).map(Seen::at)));
    // `PORT:NAME:HASH,HASH`: the first is the host's own, the others are of who signed it.
    let mut own: Vec<String> = vec![];
    for (_, value) in details(element).filter(|(name, _)| name == "SSLInfo") {
        let first = value.rsplit(':').next().and_then(|all| all.split(',').next()).unwrap_or("");
        host.observe(Field::TlsFingerprint, first);
        own.push(format!("Cert:{first}"));
    }
    for (name, value) in details(element) {
        match &*name {
            "MAC" => host.mac(&value),
            "hostname" => host.observe(Field::Hostname, &value),
            "best_os_txt" => host.note("openvas: system", &value),
            _ if own.iter().any(|one| *one == name) => {
                host.certificate(value.strip_prefix("x509:").unwrap_or(""));
            }
            _ => {}
        }
    }
    host.give(report)
}

/// What is told of a host, each with its name.
fn details(host: Element<'_>) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    host.all("detail")
        .filter_map(|one| Some((one.child("name")?.text(), one.child("value")?.text())))
}

fn result(
    record: &Record<'_>,
    told: &mut HashSet<CompactString>,
    report: &mut Report<'_>,
) -> ControlFlow<()> {
    let element = record.element;
    let mut host = Host::new(record.line, record.text);
    let address = element.child("host").map(Element::text).unwrap_or_default();
    host.ip(&address);
    let oid = element.child("nvt").and_then(|test| test.attribute("oid")).unwrap_or("");
    let test = oid.strip_prefix(OIDS).filter(|test| QUOTING.contains(test));
    if let (Some(test), Some(said)) = (test, element.child("description")) {
        quoted(test, &said.text(), &mut host);
    }
    // Most results conclude something and quote nothing. That the host was there is all they say,
    // and once is enough; reports without details say it nowhere else.
    let news = told.len() < ADDRESSES_MAX && told.insert(CompactString::from(&*address));
    if !host.says_something() && !news {
        return ControlFlow::Continue(());
    }
    let moment = element.child("creation_time").and_then(|one| moments::of_text(&one.text()));
    host.seen(moment.map(Seen::at));
    host.give(report)
}

/// What a test quotes of the device's own reply.
fn quoted(test: &str, said: &str, host: &mut Host<'_>) {
    let behind = |words: &str| said.split_once(words).map_or("", |(_, rest)| rest.trim());
    match test {
        "10107" => {
            let old = behind("The remote web server type is :").lines().next();
            host.maybe(Field::HttpServer, old.map(|line| header(line, "Server")));
            let new = behind("The remote HTTP Server banner is:").lines().next();
            host.maybe(Field::HttpServer, new.map(|line| header(line, "Server")));
            let all = behind("Full HTTP headers:");
            if !all.is_empty() {
                host.reply("http_headers", all);
            }
        }
        "108708" => banners(said, host),
        "10092" => host.observe(Field::Ftp, greeting(said, &["Remote FTP server banner"])),
        "10281" => {
            let words = ["Remote Telnet banner", "Remote telnet banner"];
            host.observe(Field::Telnet, greeting(said, &words));
        }
        "10762" => host.reply("rtsp", behind("'OPTIONS *' method:")),
        "103692" => certificate(said, host),
        _ => {}
    }
}

/// What stands behind the words of a test, before what it takes that for.
fn greeting<'s>(said: &'s str, words: &[&str]) -> &'s str {
    let rest = words.iter().find_map(|words| Some(said.split_once(words)?.1)).unwrap_or("");
    let rest = rest.trim_start_matches([' ', ':', '\n']);
    &rest[..rest.find("\n\nThis is probably").unwrap_or(rest.len())]
}

/// The value of a line that may or may not begin with the name of its header.
fn header<'l>(line: &'l str, name: &str) -> &'l str {
    let rest = line.get(..name.len()).filter(|start| start.eq_ignore_ascii_case(name));
    let value = rest.and_then(|_| line[name.len()..].trim_start().strip_prefix(':'));
    value.unwrap_or(line).trim()
}

/// A table of banners and of how each was got: `Server: DNVRS-Webs | Valid HTTP 1.1 GET request`.
fn banners(said: &str, host: &mut Host<'_>) {
    for line in said.lines() {
        let Some((banner, _)) = line.rsplit_once(" | ") else { continue };
        if let Some((name, value)) = banner.split_once(':')
            && name.trim().eq_ignore_ascii_case("server")
        {
            host.observe(Field::HttpServer, value);
        }
    }
}

/// Lines `key | value` of a certificate.
fn certificate(said: &str, host: &mut Host<'_>) {
    for line in said.lines() {
        let Some((key, value)) = line.split_once(" | ") else { continue };
        match key.trim() {
            "subject" => host.observe(Field::TlsSubject, value),
            "issued by" => host.observe(Field::TlsIssuer, value),
            "fingerprint (SHA-256)" => host.observe(Field::TlsFingerprint, value),
            _ => {}
        }
    }
}
