//! Zeek's logs, of versions 2.5 to 8.0, as tables with `#fields` and as JSON. Which log it is says
//! `#path` or `_path`, otherwise the fields that it has; a field is found by its name, for each
//! version adds some. What a host asked or sent is observed of that host; `conn` and all that only
//! tells that hosts spoke gives nothing.

mod fields;

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use jiff::{SignedDuration, Timestamp};
use whomade_core::assembly::Sort;
use whomade_core::observation::{Field, Seen};

use self::fields::{Fields, Table};
use super::asked::{Asked, Question};
use crate::read::format::{Format, Input};
use crate::read::head::Head;
use crate::read::host::Host;
use crate::read::report::Report;
use crate::read::{ip, json, moments, said, walk};

/// Zeek's logs.
pub(crate) const FORMAT: Format = Format {
    word: "zeek",
    title: "Zeek's logs (TSV, JSON)",
    sort: Sort::Sighting,
    recognises: |head| head.start().starts_with("#separator ") || is_json(head),
    read,
};

/// Logs named in what is said of those that give nothing.
const SILENT_MAX: usize = 8;

/// The hex digits of a SHA-256.
const SHA256_DIGITS: usize = 64;

/// Fields under which sites that add it log the Server header of a reply; Zeek itself does not.
const SERVER: [&str; 3] = ["server", "server_header", "resp_server"];

/// Fields of every record about a connection.
const CONNECTION: [&str; 4] = ["ts", "uid", "id.orig_h", "id.resp_h"];

fn is_json(head: &Head<'_>) -> bool {
    let all = head.objects();
    let own = |object: &&serde_json::Map<String, serde_json::Value>| {
        object.contains_key("ts")
            && log_of(object.len(), |name| object.contains_key(name)).is_some()
    };
    let named = |object: &&serde_json::Map<String, serde_json::Value>| {
        object.contains_key("_path") && object.contains_key("ts")
    };
    // What every record of a connection has, however few of its log's own fields are set.
    let connected = |object: &&serde_json::Map<String, serde_json::Value>| {
        CONNECTION.iter().all(|name| object.contains_key(*name))
    };
    let ours = all.iter().filter(|object| own(object) || named(object) || connected(object));
    ours.count() * 2 > all.len()
}

/// The log that has so many fields and such.
fn log_of(count: usize, has: impl Fn(&str) -> bool) -> Option<&'static str> {
    const SIGNS: &[(&str, &[&str])] = &[
        ("x509", &["certificate.subject"]),
        ("software", &["software_type", "host"]),
        ("known_certs", &["host", "port_num", "issuer_subject"]),
        ("known_services", &["host", "port_num", "service"]),
        ("known_devices", &["mac", "dhcp_host_name"]),
        ("ssl", &["uid", "version", "cipher"]),
        ("ssl", &["uid", "established", "resumed"]),
        ("http", &["uid", "trans_depth", "request_body_len"]),
        ("dns", &["uid", "query", "qclass_name"]),
        ("dns", &["uid", "query", "rejected"]),
        ("dhcp", &["uids", "msg_types"]),
        ("dhcp", &["mac", "assigned_ip", "trans_id"]),
        ("conn", &["uid", "conn_state"]),
        ("snmp", &["uid", "get_requests", "set_requests"]),
        ("sip", &["uid", "call_id", "request_from"]),
        // As JSON a field that is not set is left out, so that a record may have few.
        ("dns", &["uid", "id.orig_h", "query"]),
        ("http", &["uid", "id.orig_h", "host"]),
        ("ssl", &["uid", "id.orig_h", "server_name"]),
    ];
    let found = SIGNS.iter().find(|(_, names)| names.iter().all(|name| has(name)));
    let lone = count == 2 && has("ts") && has("host");
    found.map(|(log, _)| *log).or_else(|| lone.then_some("known_hosts"))
}

/// What is remembered from record to record.
#[derive(Default)]
struct Reading {
    asked: Asked,
    silent: BTreeSet<String>,
}

/// A record of a log.
struct Entry<'e> {
    fields: Fields<'e>,
    line: u64,
    text: &'e str,
}

fn read(input: Input<'_>, report: &mut Report<'_>) {
    said::tell_format(FORMAT, report);
    let mut reading = Reading::default();
    if input.text_of_head().trim_start().starts_with('{') {
        json::each_line(input, report, &mut |element, report| {
            let fields = Fields::Object(element.value);
            let named = json::text_at(element.value, "_path");
            let log = named
                .or_else(|| log_of(fields.count(), |name| fields.has(name)).map(str::to_owned));
            let entry = Entry { fields, line: element.line, text: element.text };
            reading.take(log.as_deref().unwrap_or("of an unknown name"), &entry, report)
        });
    } else {
        let mut table = Table::default();
        let mut log = String::new();
        walk::each(input, report, &mut |line, text, report| {
            if text.starts_with('#') {
                table.says(text);
                let guess = || log_of(table.count(), |name| table.has(name)).map(str::to_owned);
                log = table.path().or_else(guess).unwrap_or_default();
                return ControlFlow::Continue(());
            }
            // A log of connections is long, and none of its rows is looked at.
            if !reading.reads(&log) {
                return ControlFlow::Continue(());
            }
            let Some(fields) = table.row(text) else {
                said::tell_other_line(line, text, "record with the fields of its log", report);
                return ControlFlow::Continue(());
            };
            reading.take(&log, &Entry { fields, line, text }, report)
        });
    }
    reading.asked.tell(report);
    let names = reading.silent.iter().map(String::as_str).filter(|name| !name.is_empty());
    let names: Vec<&str> = names.collect();
    let why = match names.as_slice() {
        [] => "the log holds no record that does".to_owned(),
        [one] => format!("the log {one} tells of connections and not of devices"),
        more => format!("the logs {} tell of connections and not of devices", more.join(", ")),
    };
    walk::tell_silence(&why, report);
}

/// Gives what a record says.
type Gives = fn(&mut Reading, &Entry<'_>, &mut Report<'_>) -> ControlFlow<()>;

/// The logs that say something of a device.
const LOGS: &[(&str, Gives)] = &[
    ("dns", dns),
    ("ssl", ssl),
    ("x509", x509),
    ("http", http),
    ("dhcp", dhcp),
    ("known_hosts", known_host),
    ("known_services", known_service),
    ("known_certs", known_certificate),
    ("known_devices", known_device),
    ("software", software),
    ("snmp", |reading, entry, report| {
        reading.said(entry, "id.resp_h", Field::Snmp, "display_string", report)
    }),
    ("sip", |reading, entry, report| {
        reading.said(entry, "id.orig_h", Field::Sip, "user_agent", report)
    }),
];

impl Reading {
    /// Whether anything is read of a log; if not, it is remembered.
    fn reads(&mut self, log: &str) -> bool {
        let reads = LOGS.iter().any(|(known, _)| *known == log);
        if !reads && self.silent.len() < SILENT_MAX && !self.silent.contains(log) {
            self.silent.insert(log.to_owned());
        }
        reads
    }

    fn take(&mut self, log: &str, entry: &Entry<'_>, report: &mut Report<'_>) -> ControlFlow<()> {
        if !self.reads(log) {
            return ControlFlow::Continue(());
        }
        match LOGS.iter().find(|(known, _)| *known == log) {
            Some((_, gives)) => gives(self, entry, report),
            None => ControlFlow::Continue(()),
        }
    }

    /// One field that one side said, once.
    fn said(
        &mut self,
        entry: &Entry<'_>,
        side: &str,
        field: Field,
        name: &str,
        report: &mut Report<'_>,
    ) -> ControlFlow<()> {
        let said = entry.fields.get(side).zip(entry.fields.get(name));
        let Some((host, value)) = said.filter(|(host, value)| self.asked.is_new(host, value))
        else {
            return ControlFlow::Continue(());
        };
        let mut device = entry.device(&host);
        device.observe(field, &value);
        device.give(report)
    }
}

impl<'e> Entry<'e> {
    fn moment(&self) -> Option<Timestamp> {
        moments::of_text(&self.fields.get("ts")?)
    }

    /// The device at an address, at the time of the record.
    fn device(&self, address: &str) -> Host<'e> {
        let mut host = Host::new(self.line, self.text);
        host.ip(address);
        host.seen(self.moment().map(Seen::at));
        host
    }
}

fn dns(reading: &mut Reading, entry: &Entry<'_>, report: &mut Report<'_>) -> ControlFlow<()> {
    let Some(name) = entry.fields.get("query") else { return ControlFlow::Continue(()) };
    let who = entry.fields.get("id.orig_h").unwrap_or_default();
    let question = Question {
        line: entry.line,
        text: entry.text,
        who: &who,
        name: &name,
        seen: entry.moment().map(Seen::at),
        logged: "",
    };
    reading.asked.give(&question, report)
}

/// The certificates of both sides; the name that the one asked the other for is kept beside.
fn ssl(reading: &mut Reading, entry: &Entry<'_>, report: &mut Report<'_>) -> ControlFlow<()> {
    const SIDES: [(&str, [&str; 3]); 2] = [
        ("id.resp_h", ["subject", "issuer", "cert_chain_fps"]),
        ("id.orig_h", ["client_subject", "client_issuer", "client_cert_chain_fps"]),
    ];
    for (side, [subject, issuer, chain]) in SIDES {
        let Some(address) = entry.fields.get(side) else { continue };
        let (subject, issuer) = (entry.fields.get(subject), entry.fields.get(issuer));
        // The first of a chain is the certificate of the host itself.
        let print = entry.fields.list(chain).into_iter().next().and_then(fingerprint);
        let key = [&subject, &issuer, &print].map(|part| part.as_deref().unwrap_or_default());
        let key = key.join("\n");
        if key.len() <= 2 || !reading.asked.is_new(&address, &key) {
            continue;
        }
        let mut host = entry.device(&address);
        certificate(&mut host, subject, issuer, print);
        if side == "id.resp_h" {
            host.note("server name", &entry.fields.get("server_name").unwrap_or_default());
        }
        host.give(report)?;
    }
    ControlFlow::Continue(())
}

fn certificate(
    host: &mut Host<'_>,
    subject: Option<String>,
    issuer: Option<String>,
    print: Option<String>,
) {
    host.maybe(Field::TlsSubject, subject);
    host.maybe(Field::TlsIssuer, issuer);
    host.maybe(Field::TlsFingerprint, print);
}

/// A SHA-256; other sums are configured here and there.
fn fingerprint(text: String) -> Option<String> {
    let is_sum = text.len() == SHA256_DIGITS && text.bytes().all(|b| b.is_ascii_hexdigit());
    is_sum.then(|| text.to_ascii_lowercase())
}

/// A certificate of no host that is named. Its fingerprint ties it to the one that sent it, which
/// `ssl` tells; old versions give none, and their records say nothing. Nor does one that only
/// signed another.
fn x509(_: &mut Reading, entry: &Entry<'_>, report: &mut Report<'_>) -> ControlFlow<()> {
    let flag = |name: &str| entry.fields.get(name).map(|flag| flag == "T" || flag == "true");
    let own = [flag("host_cert"), flag("client_cert")];
    let signs = own.iter().all(|own| *own == Some(false));
    let Some(print) = entry.fields.get("fingerprint").and_then(fingerprint).filter(|_| !signs)
    else {
        return ControlFlow::Continue(());
    };
    let mut host = Host::new(entry.line, entry.text);
    host.name(&print);
    host.seen(entry.moment().map(Seen::at));
    let subject = entry.fields.get("certificate.subject");
    let issuer = entry.fields.get("certificate.issuer");
    if subject.is_none() && issuer.is_none() {
        return ControlFlow::Continue(());
    }
    certificate(&mut host, subject, issuer, Some(print));
    host.give(report)
}

fn http(reading: &mut Reading, entry: &Entry<'_>, report: &mut Report<'_>) -> ControlFlow<()> {
    for name in SERVER {
        reading.said(entry, "id.resp_h", Field::HttpServer, name, report)?;
    }
    let agent = entry.fields.get("id.orig_h").zip(entry.fields.get("user_agent"));
    let Some((host, agent)) = agent.filter(|(host, agent)| reading.asked.is_new(host, agent))
    else {
        return ControlFlow::Continue(());
    };
    let mut device = entry.device(&host);
    device.note("user agent", &agent);
    device.give(report)
}

/// A lease; from the first of its messages on for as long as it was given.
fn dhcp(_: &mut Reading, entry: &Entry<'_>, report: &mut Report<'_>) -> ControlFlow<()> {
    let fields = &entry.fields;
    let first = |names: &[&str]| names.iter().find_map(|name| fields.get(name));
    let mut host = Host::new(entry.line, entry.text);
    host.maybe(Field::Mac, first(&["mac"]));
    host.maybe(Field::Hostname, first(&["host_name", "client_fqdn"]));
    host.maybe(Field::DhcpClass, first(&["client_software", "vendor_class"]));
    if !host.says_something() {
        return ControlFlow::Continue(());
    }
    let assigned = first(&["assigned_addr", "assigned_ip"]);
    let length = first(&["lease_time"]).filter(|_| assigned.is_some());
    host.maybe(Field::Ip, assigned.or_else(|| first(&["client_addr"])));
    let until = |from: Timestamp| {
        let seconds = length.and_then(|length| length.parse::<f64>().ok());
        let length = SignedDuration::try_from_secs_f64(seconds.unwrap_or(0.0)).unwrap_or_default();
        from.checked_add(length).unwrap_or(from)
    };
    host.seen(entry.moment().map(|from| Seen::between(from, until(from))));
    host.give(report)
}

fn known<'e>(entry: &Entry<'e>) -> Option<Host<'e>> {
    let address = entry.fields.get("host").filter(|host| ip::usual(host).is_some())?;
    Some(entry.device(&address))
}

fn known_host(_: &mut Reading, entry: &Entry<'_>, report: &mut Report<'_>) -> ControlFlow<()> {
    known(entry).map_or(ControlFlow::Continue(()), |host| host.give(report))
}

/// A port and its transport: `554/tcp`.
fn port(entry: &Entry<'_>) -> String {
    let transport = entry.fields.get("port_proto").unwrap_or_else(|| "tcp".to_owned());
    format!("{}/{transport}", entry.fields.get("port_num").unwrap_or_default())
}

fn known_service(_: &mut Reading, entry: &Entry<'_>, report: &mut Report<'_>) -> ControlFlow<()> {
    let Some(mut host) = known(entry) else { return ControlFlow::Continue(()) };
    host.note(&format!("Zeek: {}", port(entry)), &entry.fields.list("service").join(" "));
    host.give(report)
}

fn known_certificate(
    _: &mut Reading,
    entry: &Entry<'_>,
    report: &mut Report<'_>,
) -> ControlFlow<()> {
    let Some(mut host) = known(entry) else { return ControlFlow::Continue(()) };
    let (subject, issuer) = (entry.fields.get("subject"), entry.fields.get("issuer_subject"));
    certificate(&mut host, subject, issuer, None);
    host.note(&format!("Zeek: {}", port(entry)), "certificate");
    host.give(report)
}

fn known_device(_: &mut Reading, entry: &Entry<'_>, report: &mut Report<'_>) -> ControlFlow<()> {
    let mut host = Host::new(entry.line, entry.text);
    host.maybe(Field::Mac, entry.fields.get("mac"));
    host.maybe(Field::Hostname, entry.fields.get("dhcp_host_name"));
    host.seen(entry.moment().map(Seen::at));
    host.give(report)
}

/// What a host runs, as it said so itself; what Zeek made of it is kept beside.
fn software(_: &mut Reading, entry: &Entry<'_>, report: &mut Report<'_>) -> ControlFlow<()> {
    let Some(mut host) = known(entry) else { return ControlFlow::Continue(()) };
    let kind = entry.fields.get("software_type").unwrap_or_default();
    let said = entry.fields.get("unparsed_version").or_else(|| entry.fields.get("name"));
    match kind.as_str() {
        "HTTP::SERVER" => host.maybe(Field::HttpServer, said),
        "DHCP::CLIENT" => host.maybe(Field::DhcpClass, said),
        "FTP::SERVER" => host.maybe(Field::Ftp, said),
        _ => host.note(&format!("Zeek: {kind}"), &said.unwrap_or_default()),
    }
    host.give(report)
}
