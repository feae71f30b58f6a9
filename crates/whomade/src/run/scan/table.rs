//! The list of everything that the scanner can send.

use anyhow::Result;
use whomade_scan::ports::{FIRST, Port, THEN};
use whomade_scan::probe::{self, Over, REQUESTS};

use crate::out::Out;

/// What is sent where a page is given within TLS alone: no list of bytes can say it.
const WITHIN_TLS: [&str; 5] = [
    "tls-page: the start page within TLS",
    "  over a connection, at a port that speaks TLS, where no plain page was given",
    "  sends    the greeting and the keys of TLS 1.2 or 1.3 as every client does (library rustls), \
     with numbers of their own each time; within it http-start-page",
    "  harmless what every browser does; no certificate of ours is shown, and none is trusted",
    "  source   RFC 8446 and RFC 5246",
];

/// Writes the list.
///
/// # Errors
/// When the output is closed.
pub(super) fn write(out: &mut Out) -> Result<()> {
    out.line("Everything that a scan can send. <host> is the address asked, <uuid> a number.")?;
    for request in REQUESTS.iter().copied() {
        let way = match request.over() {
            Over::Stream => "over a connection".to_owned(),
            Over::Datagram { port, group: Some(group), .. } => {
                format!("one datagram to {group} port {port}, on local links")
            }
            Over::Datagram { port, .. } => {
                format!("one datagram to all on a local link, port {port}")
            }
        };
        out.line("")?;
        out.line(format!("{}: {}", request.id(), request.title()))?;
        out.line(format!("  {way}"))?;
        out.line(format!("  sends    {}", request.shown()))?;
        out.line(format!("  harmless {}", request.harmless()))?;
        out.line(format!("  source   {}", request.source()))?;
        if request == &probe::TLS {
            out.line("")?;
            WITHIN_TLS.iter().try_for_each(|line| out.line(*line))?;
        }
    }
    out.line("")?;
    ports(out, "Ports at every address:", &FIRST)?;
    ports(out, "Ports where one of these is open, or a search was answered:", &THEN)
}

fn ports(out: &mut Out, title: &str, ports: &[Port]) -> Result<()> {
    out.line(title)?;
    for port in ports {
        out.line(format!("  {:>5}  {}", port.number, port.of))?;
    }
    Ok(())
}
