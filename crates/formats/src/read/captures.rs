//! Captures: pcap and pcapng. Each station of the network that was recorded is a device, with its
//! addresses; what it showed of itself stands in records of its own, at the number of the packet
//! that completes it and at its time. With whom it talked is no observation of it, but for the
//! names that it asked for.
//!
//! The files are described by the drafts draft-ietf-opsawg-pcap and draft-ietf-opsawg-pcapng.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::ops::ControlFlow;

use compact_str::CompactString;
use jiff::Timestamp;
use whomade_capture::limits::{PEERS_MAX, PEERS_OF_ALL_MAX, STATIONS_MAX};
use whomade_capture::wire::Said;
use whomade_capture::{Capture, Mac, Station, Tally, Trace, Trouble, each_frame, is_capture};
use whomade_core::assembly::Sort;
use whomade_core::diagnostic::{Diagnostic, Severity};
use whomade_core::observation::{Field, Record, Seen};

use super::format::{Format, Input};
use super::host::Host;
use super::kinds::observations_of;
use super::report::{Report, floor_boundary};
use super::{Live, Understood};
use super::{certificate, said, talks};

/// Bytes that are kept of one thing that a station says; what is read of a message is less, unless
/// much of it is no text.
const TRACE_BYTES_MAX: usize = 16 << 10;

/// Stations that are told as they are heard; the others are told at the end with all.
const TOLD_MAX: usize = 1_000;

/// Packets after which it is told how far the reading is.
const TICK_PACKETS: u64 = 4_096;

/// Captures of packets.
pub(crate) const FORMAT: Format = Format {
    word: "pcap",
    title: "a capture (pcap or pcapng)",
    sort: Sort::Sighting,
    recognises: |head| is_capture(head.bytes),
    read,
};

fn read(input: Input<'_>, report: &mut Report<'_>) {
    if !is_capture(&input.head) {
        tell_other(report);
        return;
    }
    report.understood(Understood {
        format: FORMAT,
        // It is no text.
        encoding: "",
        delimiter: None,
        sheet: None,
        header_line: None,
        columns: vec![],
    });
    let live = input.options.live;
    let capture = match live {
        Some(Live::Network) => Capture::telling(),
        Some(Live::Reports) => Capture::of_reports(),
        None | Some(Live::Scan) => Capture::default(),
    };
    let mut capture = capture.within(input.options.networks.clone());
    let mut told = Told::default();
    let done = each_frame(input.stream, &mut |frame| {
        capture.take(&frame);
        capture.fresh().for_each(|station| told.tell(station, report));
        if frame.number.is_multiple_of(TICK_PACKETS) {
            report.tick();
        }
        ControlFlow::Continue(())
    });
    let (stations, tally) = capture.finish();
    report.recorded(talks::recording(&report.source, &tally, done.is_err()));
    tell(done, (&stations, &tally), live, report);
    for mut station in stations {
        let source = std::sync::Arc::clone(&report.source);
        report.talked(&mut talks::flows(
            (&source, &input.options.networks),
            std::mem::take(&mut station.peers),
        ));
        report.answered(&mut talks::answers(std::mem::take(&mut station.answers)));
        report.asked(std::mem::take(&mut station.questions));
        if give(&station, live != Some(Live::Reports), report).is_break() {
            return;
        }
    }
}

/// Stations that were told as they were heard.
#[derive(Default)]
struct Told(BTreeSet<Mac>);

impl Told {
    fn tell(&mut self, (mac, address): (Option<Mac>, Option<IpAddr>), report: &mut Report<'_>) {
        // What a router passes on is told when all is read, and so is what is beyond the limit.
        let Some(mac) = mac else { return };
        if self.0.len() < TOLD_MAX && self.0.insert(mac) {
            let address = address.map(|one| format!(" {one}")).unwrap_or_default();
            report.heard(&format!("{mac}{address}"));
        }
    }
}

/// Gives a station as a device. `kept`: its packets can be looked up; what is kept nowhere has no
/// place.
fn give(station: &Station, kept: bool, report: &mut Report<'_>) -> ControlFlow<()> {
    // The address that people know it by stands first.
    let (four, six): (Vec<&IpAddr>, Vec<&IpAddr>) =
        station.addresses.iter().partition(|address| address.is_ipv4());
    let mac = station.mac.map(|mac| mac.to_string());
    let addresses: Vec<String> = four.into_iter().chain(six).map(IpAddr::to_string).collect();
    let all: Vec<&str> = mac.iter().chain(&addresses).map(String::as_str).collect();
    let mut host =
        Host::in_place_of(report.spare(), if kept { station.number } else { 0 }, all.join(" "));
    host.maybe(Field::Mac, mac.as_ref());
    for address in &addresses {
        host.ip(address);
    }
    host.seen(
        station.time.and_then(|(from, until)| Some(Seen::between(moment(from)?, moment(until)?))),
    );
    for packet in station.traces.chunk_by(|one, next| one.number == next.number) {
        add(&mut host, kept, packet);
    }
    host.give(report)
}

/// Adds what a station said with one packet, as a record of its own.
fn add(host: &mut Host<'_>, kept: bool, packet: &[Trace]) {
    let mut record = Record::default();
    let mut said: Vec<(Field, CompactString)> = Vec::new();
    for trace in packet {
        record.line = if kept { trace.number } else { 0 };
        record.seen = trace.time.and_then(moment).map(Seen::at);
        if !record.text.is_empty() {
            record.text.push('\n');
        }
        match &trace.said {
            Said::Reply(kind, text) => {
                let text = &text[..floor_boundary(text, TRACE_BYTES_MAX)];
                record.text.push_str(text);
                let seen = observations_of(kind, text).into_iter();
                let seen =
                    seen.filter(|one| one.field != Field::RtspPath || !is_track(text, &one.value));
                said.extend(seen.map(|one| (one.field, one.value)));
            }
            Said::Certificate(bytes) => {
                let Some(read) = certificate::of_der(bytes) else { continue };
                for (field, value) in [
                    (Field::TlsSubject, read.subject),
                    (Field::TlsIssuer, read.issuer),
                    (Field::TlsFingerprint, read.fingerprint),
                ] {
                    let value = &value[..floor_boundary(&value, TRACE_BYTES_MAX)];
                    record.text.push_str(&format!("{field}: {value}\n"));
                    said.push((field, value.into()));
                }
            }
        }
    }
    host.elsewhere(record, said.iter().map(|(field, value)| (*field, value.as_str())));
}

/// Whether a path of a stream's description is only the server's own name of one of its tracks:
/// the stream's address has no path, and the track's continues it. Such names are not kept apart
/// by makers.
fn is_track(description: &str, path: &str) -> bool {
    let controls = || description.lines().filter_map(|line| line.trim().strip_prefix("a=control:"));
    let is_bare = |one: &&str| {
        one.split_once("://")
            .is_some_and(|(_, rest)| rest.strip_suffix('/').is_some_and(|host| !host.contains('/')))
    };
    let Some(bare) = controls().find(is_bare) else { return false };
    controls().any(|one| one.strip_prefix(bare) == path.strip_prefix('/'))
}

fn moment(nanoseconds: i64) -> Option<Timestamp> {
    Timestamp::from_nanosecond(i128::from(nanoseconds)).ok()
}

fn tell_other(report: &mut Report<'_>) {
    let mut said = Diagnostic::new("read/unknown-format", "the content is no capture")
        .note("pcap and pcapng are read, also packed as .gz, .zst or .zip")
        .help("`whomade screen` reads every other format");
    if report.searched {
        said.severity = Severity::Warning;
    }
    report.say_of_file(said);
}

/// Says what of a capture was not read as it should be.
fn tell(
    done: Result<(), Trouble>,
    (stations, tally): (&[Station], &Tally),
    live: Option<Live>,
    report: &mut Report<'_>,
) {
    let before = format!("{} before it", packets(tally.frames, "was read", "were read"));
    match done {
        Ok(()) => {}
        Err(Trouble::Read(error)) => said::tell_read_error_after(&error, before, report),
        Err(Trouble::NoCapture) => tell_other(report),
        Err(why @ Trouble::Cut) => report.say_of_file(
            Diagnostic::new("read/cut-capture", format!("the capture is cut: {why}"))
                .note(before)
                .help("end the recording before the file is copied"),
        ),
        Err(why @ (Trouble::Damaged | Trouble::Long)) => report.say_of_file(
            Diagnostic::new("read/damaged-capture", format!("the capture is damaged: {why}"))
                .note(before)
                .help("fetch the file again"),
        ),
    }
    if tally.frames == 0 {
        tell_nothing(live, report);
        return;
    }
    tell_counts(stations, tally, report);
    if stations.is_empty() {
        let said = match live {
            Some(Live::Reports) => {
                let all = counted(
                    tally.frames,
                    "message of exporters reports",
                    "messages of exporters report",
                );
                format!("{all} no flow of a station of this network")
            }
            _ => {
                let all = packets(tally.frames, "shows", "show");
                format!("{all} no station of the network that was recorded")
            }
        };
        report.say_of_file(Diagnostic::new("read/says-nothing", said));
    }
}

/// Says that no packet came.
fn tell_nothing(live: Option<Live>, report: &mut Report<'_>) {
    if live == Some(Live::Reports) {
        let said = Diagnostic::new("listen/nothing", "no flow records came")
            .note("that none came does not say that nothing is sent")
            .help(
                "look whether exporters send to this address and port, and whether a packet \
                 filter lets them through",
            );
        report.say_of_file(said);
    } else if live.is_some() {
        let said = Diagnostic::new("listen/nothing", "nothing was heard")
            .note("that nothing was heard does not say that nothing is there")
            .help("listen longer: many devices speak once in a few minutes, or when they start");
        report.say_of_file(said);
    } else {
        said::tell_empty(report);
    }
}

fn tell_counts(stations: &[Station], tally: &Tally, report: &mut Report<'_>) {
    let of = tally.frames;
    let mut say = |count: u64, code: &'static str, what: &str, help: &str| {
        if count > 0 {
            let mut said = Diagnostic::new(code, format!("{count} of {of} packets {what}"));
            if !help.is_empty() {
                said = said.help(help);
            }
            report.say_of_file(said);
        }
    };
    say(
        tally.strange,
        "read/unknown-link",
        "come from a kind of link that is not read",
        "record on the wire",
    );
    say(
        tally.cut,
        "read/short-snaplen",
        "were recorded in part; what devices say of themselves may be missing",
        "record whole packets: tcpdump -s 0",
    );
    say(tally.unread, "read/unread-packets", "could not be read", "");
    say(
        tally.backwards,
        "read/clock-backwards",
        "are older than one before them; each was taken at its own time",
        "what a connection says is read in the order of the file: reordercap puts it right",
    );
    if tally.left > 0 {
        let message = format!("stations beyond the first {STATIONS_MAX} were left out");
        let said = Diagnostic::new("read/many-stations", message);
        report.say_of_file(said.help("split the capture by network"));
    }
    tell_doubts(tally, report);
    tell_let_go(tally, report);
    tell_flows(tally, report);
    let left: u64 = stations.iter().map(|station| station.left).sum();
    if left > 0 {
        let said = format!("stations say more of themselves than is kept: {left} things are left");
        report.say_of_file(Diagnostic::new("read/many-observations", said));
    }
}

/// Says what was seen and told nowhere, or counted otherwise than it was recorded.
fn tell_doubts(tally: &Tally, report: &mut Report<'_>) {
    let mut say = |count: u64, code: &'static str, words: (&str, &str), help: &str| {
        if count > 0 {
            let said = Diagnostic::new(code, counted(count, words.0, words.1));
            report.say_of_file(if help.is_empty() { said } else { said.help(help) });
        }
    };
    say(
        tally.twice,
        "read/packets-twice",
        (
            "packet was recorded before, elsewhere on its way or by a mirror, and counts once",
            "packets were recorded before, elsewhere on their way or by a mirror, and count once",
        ),
        "",
    );
    say(
        tally.unasked,
        "read/unasked-names",
        (
            "answer about a name was not seen to be asked for; it names nobody",
            "answers about names were not seen to be asked for; they name nobody",
        ),
        "record both directions, and from before the devices start; else somebody may forge them",
    );
    say(
        tally.odd_names,
        "read/odd-names",
        (
            "name that was asked for has letters that no host's has; it is told nowhere",
            "names that were asked for have letters that no host's has; they are told nowhere",
        ),
        "",
    );
    say(
        tally.unsettled,
        "read/behind-another",
        (
            "station is told by its address alone: its packets came from a hardware address that \
             passes on those of others",
            "stations are told by their addresses alone: their packets came from hardware \
             addresses that pass on those of others",
        ),
        "record on their own link, where ARP and DHCP tell whose an address is",
    );
}

/// Says what was let go at a limit: nobody may take it for what did not happen.
fn tell_let_go(tally: &Tally, report: &mut Report<'_>) {
    let mut say = |count: u64, code: &'static str, message: String, help: &str| {
        if count > 0 {
            report.say_of_file(Diagnostic::new(code, message).help(help));
        }
    };
    say(
        tally.peers_left,
        "read/many-peers",
        format!(
            "with more than {PEERS_MAX} peers of one station or {PEERS_OF_ALL_MAX} of all, {} ends \
             of flows are not listed; what they exchanged is counted nowhere",
            tally.peers_left
        ),
        "split the capture by time or by network",
    );
    say(
        tally.answers_left,
        "read/many-names",
        format!(
            "more answers about names than are kept: {} were passed over, and with whom devices \
             talk may stand without the name",
            tally.answers_left
        ),
        "split the capture by time or by network",
    );
    say(
        tally.flows_let_go,
        "read/many-flows",
        format!(
            "more flows than are followed at once: {} that were silent longest were let go; their \
             bytes are counted, names said later in them may be missing",
            tally.flows_let_go
        ),
        "split the capture by time",
    );
    say(
        tally.pieces_missing,
        "read/missing-pieces",
        format!(
            "of {} packets that came in pieces some are missing; nothing of these is counted",
            tally.pieces_missing
        ),
        "record where all pieces pass, and long enough",
    );
    say(
        tally.nobody,
        "read/nobodys-packets",
        format!(
            "{} packets passed between addresses of which none is known to be a station's here; \
             what they exchanged is counted nowhere",
            tally.nobody
        ),
        "name the network of your devices if its addresses are public (whomade capture --network \
         198.51.100.0/24); else record on their link, where ARP tells whose an address is",
    );
    say(
        tally.pieces_let_go,
        "read/many-pieces",
        format!(
            "more packets in pieces than wait at once: {} were given up, and nothing of them is \
             counted",
            tally.pieces_let_go
        ),
        "record whole packets: tcpdump -s 0, and from the beginning",
    );
}

/// Says what of the flows that exporters report is missing.
fn tell_flows(tally: &Tally, report: &mut Report<'_>) {
    if tally.crowded > 0 {
        let times = counted(tally.crowded, "time", "times");
        let message = format!(
            "{times} there was no room for an exporter of flows, or for what one says of them"
        );
        let said = Diagnostic::new("read/many-exporters", message)
            .note("one that delivered flows keeps its place; a sender is easily forged")
            .help("take only what your own exporters send: whomade collect --exporter");
        report.say_of_file(said);
    }
    if tally.untold > 0 {
        let sets = counted(tally.untold, "set of flows was", "sets of flows were");
        let message = format!("{sets} reported whose form no exporter told; they were not read");
        let said = Diagnostic::new("read/untold-flows", message)
            .help("record longer: exporters tell the form of their records every few minutes");
        report.say_of_file(said);
    }
    if tally.again > 0 {
        let message = counted(
            tally.again,
            "message of an exporter came again, and was counted once",
            "messages of exporters came again, and were counted once",
        );
        report.say_of_file(Diagnostic::new("read/repeated-flows", message));
    }
    if tally.exporters > 1 {
        let message = format!(
            "{} exporters report: a flow that passes several of them counts as often",
            tally.exporters
        );
        let said = Diagnostic::new("read/several-exporters", message)
            .help("look at one exporter at a time: whomade collect --exporter");
        report.say_of_file(said);
    }
    if tally.gaps > 0 {
        let places = counted(tally.gaps, "place", "places");
        let message = format!("messages of exporters are missing in {places}, by their numbers");
        let said = Diagnostic::new("read/lost-flows", message)
            .note("what they reported is not known: amounts are lower bounds")
            .help("bring the collector nearer to the exporter, or let it sample");
        report.say_of_file(said);
    }
    if tally.odd > 0 {
        let message = counted(
            tally.odd,
            "record of an exporter tells more or fewer bytes than its packets can carry",
            "records of exporters tell more or fewer bytes than their packets can carry",
        );
        let said =
            Diagnostic::new("read/odd-flows", format!("{message}; nothing of it is counted"))
                .help("look what the exporter writes into its counters");
        report.say_of_file(said);
    }
    if tally.unnamed > 0 {
        let message = counted(
            tally.unnamed,
            "record of exporters does not say between whom",
            "records of exporters do not say between whom",
        );
        report.say_of_file(Diagnostic::new("read/unnamed-flows", message));
    }
}

/// So many packets, with what is said of one and of many.
fn packets(count: u64, one: &str, many: &str) -> String {
    counted(count, &format!("packet {one}"), &format!("packets {many}"))
}

fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tracks_of_a_stream_without_a_path_are_no_path_of_it() {
        let described = |base: &str| {
            format!("v=0\r\na=control:{base}\r\nm=video\r\na=control:{base}trackID=1\r\n")
        };
        assert!(is_track(&described("rtsp://192.0.2.7:554/"), "/trackID=1"));
        assert!(!is_track(&described("rtsp://192.0.2.7:554/"), "/live"));
        assert!(!is_track(&described("rtsp://192.0.2.7/live/"), "/live/trackID=1"));
        assert!(!is_track("v=0\r\na=control:*\r\n", "/trackID=1"));
    }
}
