//! The list of everything that the scanner can send.

use anyhow::Result;
use whomade_scan::ports::{FIRST, Port, THEN};
use whomade_scan::probe::{Over, REQUESTS};

use crate::out::Out;

/// Letters of a request that are shown.
const SHOWN_CHARS_MAX: usize = 400;

/// Writes the list.
///
/// # Errors
/// When the output is closed.
pub(super) fn write(out: &mut Out) -> Result<()> {
    out.line("Everything that a scan can send. <host> is the address asked, <uuid> a number.")?;
    for request in REQUESTS {
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
        let shown: String = request.shown().chars().take(SHOWN_CHARS_MAX).collect();
        out.line(format!("  sends    {shown}"))?;
        out.line(format!("  harmless {}", request.harmless()))?;
        out.line(format!("  source   {}", request.source()))?;
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
