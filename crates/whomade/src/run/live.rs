//! `whomade listen` and `whomade collect`: what is heard is read as a capture while it comes.

use std::fmt;
use std::io::{Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use jiff::SignedDuration;
use whomade_core::diagnostic::Diagnostic;
use whomade_core::report::{clean, counted};
use whomade_formats::read::{self, Options, Sink, read_live};
use whomade_listen::{
    Collected, Collector, EXPORTERS_MAX, Exporter, Silence, Until, Wire, interfaces,
};

use crate::cli::{Collect, Egress, Listen};
use crate::out::Out;
use crate::render::diagnostics;
use crate::run::{egress, screen};

/// Exporters that are told one by one.
const EXPORTERS_SHOWN_MAX: usize = 20;
/// Letters of the name of an interface that a message repeats; the system allows 15.
const NAME_CHARS_MAX: usize = 64;
/// Interfaces that a message lists.
const INTERFACES_SHOWN_MAX: usize = 20;

/// An input that is heard while it is read, once.
#[derive(Clone)]
pub(crate) struct Live {
    /// What it is called in answers.
    pub(crate) name: PathBuf,
    /// The hardware address of this machine there, where it has one.
    pub(crate) own: Option<String>,
    what: read::Live,
    /// Whether it lies in a file of its name afterwards.
    pub(crate) kept: bool,
    stream: Arc<Mutex<Option<Box<dyn Read + Send>>>>,
}

impl fmt::Debug for Live {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Live").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Live {
    pub(crate) fn new(
        name: impl Into<PathBuf>,
        own: Option<String>,
        what: read::Live,
        stream: impl Read + Send + 'static,
    ) -> Self {
        let stream: Box<dyn Read + Send> = Box::new(stream);
        let stream = Arc::new(Mutex::new(Some(stream)));
        Self { name: name.into(), own, what, kept: false, stream }
    }

    /// The same of what is written to a file of its name meanwhile.
    pub(crate) fn kept(mut self, kept: bool) -> Self {
        self.kept = kept;
        self
    }

    /// Reads it to its end.
    pub(crate) fn read(&self, options: &Options, sink: &mut dyn Sink) {
        let stream = self.stream.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(mut stream) = stream {
            let heard = (self.what, &mut stream as &mut dyn Read);
            read_live(&self.name.to_string_lossy(), heard, options, sink);
        }
    }
}

/// Runs `whomade listen`.
///
/// # Errors
/// When nothing can be heard there, or the answer cannot be given.
pub(crate) fn listen(out: &mut Out, overlay: Option<&Path>, typed: Listen) -> Result<ExitCode> {
    let Listen { interface, lasting, own, stations } = typed;
    // Systems let names hold what a terminal obeys.
    let shown = clean(&cut(&interface));
    let live = if stations.output.formats {
        None
    } else {
        let until = Until::lasting(lasting).or_interrupted().context("[listen/failed]")?;
        let wire = opened(&interface, until)?;
        if !out.quiet {
            let how_long = told(lasting);
            writeln!(
                out.aside,
                "listening on {shown}{how_long} and sending nothing; Ctrl-C ends with the \
                 report"
            )?;
        }
        let own = wire.own().map(str::to_owned);
        Some(Live::new(format!("heard on {shown}"), own, read::Live::Network, wire))
    };
    screen::run(out, overlay, stations.of_live(live, own))
}

/// For how long, in words.
fn told(lasting: Option<Duration>) -> String {
    let lasting = lasting.and_then(|long| SignedDuration::try_from(long).ok());
    lasting.map(|long| format!(" for {long:#}")).unwrap_or_default()
}

fn cut(name: &str) -> String {
    name.chars().take(NAME_CHARS_MAX).collect()
}

/// Opens an interface to listen at.
///
/// # Errors
/// Why nothing is heard there, and what works without.
pub(crate) fn opened(interface: &str, until: Until) -> Result<Wire> {
    // Systems let names hold what a terminal obeys.
    let shown = clean(&cut(interface));
    match Wire::open(interface, until) {
        Ok(wire) => Ok(wire),
        Err(why) => silent(&shown, &why),
    }
}

/// Says why nothing is heard, and what works without.
fn silent<T>(interface: &str, why: &Silence) -> Result<T> {
    match why {
        Silence::NoInterface => {
            let all: Vec<String> = interfaces().iter().map(|name| clean(name)).collect();
            let shown = all[..all.len().min(INTERFACES_SHOWN_MAX)].join(", ");
            let more = if all.len() > INTERFACES_SHOWN_MAX { ", …" } else { "" };
            bail!(
                "[listen/no-interface] there is no interface `{interface}`; there are: {shown}{more}"
            )
        }
        Silence::Down => bail!(
            "[listen/interface-down] {interface} is down; bring it up first: `sudo ip link set \
             {interface} up`"
        ),
        Silence::NoPermission => bail!(
            "[listen/no-permission] this user may not open a raw socket (CAP_NET_RAW), which only \
             receives here.\n\
             Give the right to the program once:\n  \
             sudo setcap cap_net_raw+ep \"$(command -v whomade)\"\n\
             Or without it: let an administrator record, and read that, which needs no right:\n  \
             sudo tcpdump -i {interface} -s 0 -w heard.pcap\n  \
             whomade capture heard.pcap"
        ),
        Silence::UnknownKind(kind) => bail!(
            "[listen/unknown-kind] {interface} gives frames of a kind that is not read ({kind} in \
             the system's list); listen on the wire"
        ),
        Silence::OtherSystem => bail!(
            "[listen/other-system] listening is there on Linux only; record with tcpdump, dumpcap \
             or Wireshark, and read that: `whomade capture heard.pcap`"
        ),
        Silence::System(error) => bail!("[listen/failed] {interface}: {error}"),
    }
}

/// Runs `whomade collect`.
///
/// # Errors
/// When it cannot wait at that address, or the answer cannot be given.
pub(crate) fn collect(out: &mut Out, overlay: Option<&Path>, typed: Collect) -> Result<ExitCode> {
    let Collect { bind, exporter, lasting, records, mmdb, strict, own, shown } = typed;
    let until = Until::lasting(lasting).or_interrupted().context("[listen/failed]")?;
    let collector = Collector::bind(bind, until, exporter, records).with_context(|| {
        format!("[listen/no-address] cannot wait at {bind}; --bind names an address and a port")
    })?;
    let (bound, collected) = (collector.bound(), collector.collected());
    if !out.quiet {
        writeln!(
            out.aside,
            "collecting at {bound}{} and answering nobody; Ctrl-C ends with the answer",
            told(lasting)
        )?;
    }
    let what = read::Live::Reports;
    let live = Some(Live::new(format!("collected at {bound}"), None, what, collector));
    let asked = Egress { live, mmdb, strict, own, shown, ..Egress::default() };
    let code = egress::run(out, overlay, &asked)?;
    let collected = collected.lock().unwrap_or_else(PoisonError::into_inner).clone();
    tell(out, &collected)?;
    let warned = collected.left > 0 || collected.strange.count() > 0;
    Ok(if strict && warned { ExitCode::from(2) } else { code })
}

/// Says who reported, how it was counted, and what was not read.
fn tell(out: &mut Out, collected: &Collected) -> Result<()> {
    let Collected { exporters, records, .. } = collected;
    if out.quiet {
        return Ok(());
    }
    let (many, flows) = (counted(exporters.len() as u64, "exporter"), counted(*records, "flow"));
    writeln!(out.aside, "{many} reported {flows}")?;
    for (address, one) in exporters.iter().take(EXPORTERS_SHOWN_MAX) {
        writeln!(out.aside, "  {address}  {}", told_of(one))?;
    }
    if exporters.len() > EXPORTERS_SHOWN_MAX {
        writeln!(out.aside, "  … and {} more", exporters.len() - EXPORTERS_SHOWN_MAX)?;
    }
    for said in not_taken(collected) {
        diagnostics::write(&mut out.aside, &said)?;
    }
    Ok(())
}

/// What an exporter sent, in words.
fn told_of(one: &Exporter) -> String {
    let ways: Vec<String> = one.samplings.iter().map(|one_in| sampling(*one_in)).collect();
    let ways = if ways.is_empty() { String::new() } else { format!(": {}", ways.join(", ")) };
    let waits = match one.untold {
        0 => String::new(),
        1 => "; 1 set of flows waits for its template".to_owned(),
        many => format!("; {many} sets of flows wait for their templates"),
    };
    let (records, datagrams) = (counted(one.records, "flow"), counted(one.datagrams, "datagram"));
    let gaps = match one.gaps {
        0 => String::new(),
        count => format!("; messages are missing in {}", counted(count, "place")),
    };
    format!("{records} in {datagrams}{ways}{waits}{gaps}")
}

/// What came and was not taken.
fn not_taken(Collected { left, strange, others, .. }: &Collected) -> Vec<Diagnostic> {
    let mut said = Vec::new();
    if *left > 0 {
        let message = format!(
            "{} of exporters beyond the {EXPORTERS_MAX} that are kept; no flow was read of them",
            counted(*left, "datagram")
        );
        let one = Diagnostic::new("listen/many-exporters", message)
            .note("a sender is easily forged; one of which flows were read keeps its place")
            .help("name your exporters (--exporter), and let a packet filter admit only them");
        said.push(one);
    }
    if strange.count() > 0 {
        let message = match strange.count() {
            1 => format!("1 datagram that is no flow records, from {strange}"),
            many => format!("{many} datagrams that are no flow records, from {strange}"),
        };
        let one = Diagnostic::new("listen/no-report", message)
            .note("NetFlow 5 and 9, IPFIX and sFlow 5 are read, where their lengths add up");
        said.push(one);
    }
    if others.count() > 0 {
        let count = counted(others.count(), "datagram");
        let message = format!("{count} of others than --exporter names, from {others}");
        said.push(
            Diagnostic::new("listen/other-exporters", message).note("nothing of them was read"),
        );
    }
    said
}

/// How much of what passed was counted, in words.
fn sampling(one_in: Option<u32>) -> String {
    match one_in {
        None => "it does not say of how many packets one is counted".to_owned(),
        Some(1) => "every packet is counted".to_owned(),
        Some(many) => format!("one of {many} packets is counted"),
    }
}
