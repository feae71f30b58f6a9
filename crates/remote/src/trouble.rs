//! What can go wrong with a server, in the one shape of everything that is said. Nothing that the
//! server wrote stands in it but addresses that it leads to, and of these the host alone.

use std::io;

use ureq::Error;
use ureq::http::StatusCode;
use whomade_core::diagnostic::Diagnostic;

/// Hosts of addresses that are shown; a longer one is no host.
const HOST_CHARS_MAX: usize = 120;

/// Says that asking failed before there was an answer, or while it was read.
pub(crate) fn of_asking(error: &Error, host: &str) -> Diagnostic {
    match error {
        Error::Timeout(_) => slow(host),
        Error::Rustls(error) => untrusted(error, host),
        Error::Io(error) => of_io(error, host),
        Error::HostNotFound => unreachable(format!("the name {host} is not known"))
            .help("check the name, and that this machine may ask for names"),
        Error::Decompress(..) => cut("the compressed page is damaged".to_owned()),
        Error::LargeResponseHeader(..) => large("the headers of an answer".to_owned()),
        Error::Protocol(_) => {
            unreachable(format!("{host} does not speak HTTP as it should, or broke off"))
        }
        _ => unreachable(format!("{host} cannot be asked")),
    }
}

/// The same of an error within a stream.
pub(crate) fn of_io(error: &io::Error, host: &str) -> Diagnostic {
    let inner = error.get_ref();
    if let Some(error) = inner.and_then(|inner| inner.downcast_ref::<Error>()) {
        return of_asking(error, host);
    }
    if let Some(error) = inner.and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        return untrusted(error, host);
    }
    match error.kind() {
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => slow(host),
        io::ErrorKind::ConnectionRefused => {
            unreachable(format!("nobody listens there: {host} refused the connection"))
        }
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => {
            cut("the compressed page is damaged".to_owned())
        }
        io::ErrorKind::UnexpectedEof => cut("the page ends early".to_owned()),
        kind => unreachable(format!("the connection to {host} broke: {kind}")),
    }
}

fn untrusted(error: &rustls::Error, host: &str) -> Diagnostic {
    use rustls::{CertificateError, Error};
    let Error::InvalidCertificate(why) = error else {
        return unreachable(format!("{host} and this machine found no common way of TLS"));
    };
    let why = match why {
        CertificateError::UnknownIssuer => "no authority that this machine trusts made it",
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "it has expired",
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "it is not valid yet"
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "it is of another name"
        }
        _ => "it is not as it should be",
    };
    let message = format!("the certificate of {host} is not trusted: {why}");
    Diagnostic::new("remote/untrusted", message)
        .note("nothing was sent to it, the token neither")
        .help("if it is your own authority's: --ca FILE names the authority's certificate")
}

/// Says that it took too long.
pub(crate) fn slow(host: &str) -> Diagnostic {
    Diagnostic::new("remote/slow", format!("{host} took longer than the limit of time"))
        .help("ask again, or for less: filters stand behind a `?`")
}

fn unreachable(message: String) -> Diagnostic {
    Diagnostic::new("remote/unreachable", message).help(
        "check address and port, and that this machine may reach it; a page saved as JSON is \
         read, too",
    )
}

/// Says that a page is not whole.
pub(crate) fn cut(why: String) -> Diagnostic {
    Diagnostic::new("remote/cut", why).help("ask again")
}

/// Says that a limit was met; these words name of what.
pub(crate) fn large(what: String) -> Diagnostic {
    Diagnostic::new("remote/large", format!("more than the limit: {what}"))
        .help("ask for less: filters stand behind a `?`, such as role=camera")
}

/// Says that the server leads elsewhere. `by` is what did, `to` the address.
pub(crate) fn elsewhere(by: &str, to: Option<String>, own: &str) -> Diagnostic {
    let to = to.map_or_else(
        || "what is no address".to_owned(),
        |to| to.chars().filter(|c| c.is_ascii_graphic()).take(HOST_CHARS_MAX).collect(),
    );
    let message = format!("{by} leads to {to}, and only {own} was named: it is not followed");
    Diagnostic::new("remote/elsewhere", message)
        .note("the token was not sent there")
        .help("if both are yours, name the other, or tell the server its own address")
}

/// Says what a status means that is none of a page.
pub(crate) fn of_status(status: StatusCode, host: &str, tries: u32) -> Diagnostic {
    let number = status.as_u16();
    match number {
        429 | 500 | 502 | 503 | 504 => {
            let message = format!("{host} answered {number}, {tries} times");
            Diagnostic::new("remote/busy", message).help("ask again later")
        }
        404 => Diagnostic::new("remote/status", format!("{host} has no such page (404)"))
            .help("name the folder in which the program lies: https://HOST/netbox/"),
        _ => Diagnostic::new("remote/status", format!("{host} answered {number}")),
    }
}

/// Whether a status says that something may go well a little later.
pub(crate) fn is_passing(status: StatusCode) -> bool {
    matches!(status.as_u16(), 429 | 500 | 502 | 503 | 504)
}
