//! Answers as the standards have them, around what a kind says in them.

use std::fmt::Write as _;
use std::net::IpAddr;

use crate::device::Service;

/// Digits.
pub(super) fn digits(random: &mut fastrand::Rng, count: usize) -> String {
    (0..count).map(|_| random.digit(10)).collect()
}

/// Digits to the base sixteen, in capitals.
pub(super) fn hexadecimal(random: &mut fastrand::Rng, count: usize) -> String {
    (0..count).map(|_| random.digit(16).to_ascii_uppercase()).collect()
}

/// A hardware address that begins so, `44-19-b6` with the mark between its bytes.
pub(super) fn mac(random: &mut fastrand::Rng, begins: &str, mark: char) -> String {
    let mut all = begins.replace('-', &mark.to_string());
    for _ in 0..3 {
        let _ = write!(all, "{mark}{:02x}", random.u8(..));
    }
    all
}

/// A message of HTTP: the first line and the heads as they stand, then how long the body is.
pub(super) fn page(heads: &str, length: &str, body: &str) -> Vec<u8> {
    format!("{heads}{length}{}\r\n\r\n{body}", body.len()).into_bytes()
}

/// The same with `Content-Length`, as the standard writes it.
pub(super) fn plain(heads: &str, body: &str) -> Vec<u8> {
    page(heads, "Content-Length: ", body)
}

/// A web server that gives a page and nothing else.
pub(super) fn web(page: Vec<u8>) -> Service {
    Service::Web { page, time: None }
}

/// A server of streams that lets nobody look who does not log in.
pub(super) fn guarded(server: &str, asks: &str) -> Service {
    let server = if server.is_empty() { String::new() } else { format!("Server: {server}\r\n") };
    let options = format!(
        "RTSP/1.0 200 OK\r\nCSeq: {{CSeq}}\r\n{server}Public: OPTIONS, DESCRIBE, SETUP, PLAY, \
         TEARDOWN\r\n\r\n"
    );
    let describe = format!(
        "RTSP/1.0 401 Unauthorized\r\nCSeq: {{CSeq}}\r\n{server}WWW-Authenticate: {asks}\r\n\r\n"
    );
    Service::Streams { options: options.into(), describe: describe.into() }
}

/// A server of streams that describes them to everybody.
pub(super) fn described(server: &str, description: &str) -> Service {
    let options = format!(
        "RTSP/1.0 200 OK\r\nCSeq: {{CSeq}}\r\nServer: {server}\r\nPublic: OPTIONS, DESCRIBE\r\n\r\n"
    );
    let describe = format!(
        "RTSP/1.0 200 OK\r\nCSeq: {{CSeq}}\r\nServer: {server}\r\nContent-Type: \
         application/sdp\r\nContent-Length: {}\r\n\r\n{description}",
        description.len()
    );
    Service::Streams { options: options.into(), describe: describe.into() }
}

/// The answer to the question for the time (ONVIF Core Specification), with the prefixes of the
/// firmware.
pub(super) fn time(heads: &str, prefix: &str) -> Vec<u8> {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{prefix}:Envelope \
         xmlns:{prefix}=\"http://www.w3.org/2003/05/soap-envelope\" \
         xmlns:tds=\"http://www.onvif.org/ver10/device/wsdl\" \
         xmlns:tt=\"http://www.onvif.org/ver10/schema\"><{prefix}:Body>\
         <tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime>\
         <tt:DateTimeType>NTP</tt:DateTimeType></tds:SystemDateAndTime>\
         </tds:GetSystemDateAndTimeResponse></{prefix}:Body></{prefix}:Envelope>"
    );
    plain(heads, &body)
}

/// The answer to a search by WS-Discovery: the scopes in their order, and under which name the
/// device answers.
pub(super) fn found(address: IpAddr, endpoint: &str, scopes: &[&str]) -> String {
    let scopes: Vec<String> =
        scopes.iter().map(|one| format!("onvif://www.onvif.org/{one}")).collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<s:Envelope \
         xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\" \
         xmlns:a=\"http://schemas.xmlsoap.org/ws/2004/08/addressing\" \
         xmlns:d=\"http://schemas.xmlsoap.org/ws/2005/04/discovery\" \
         xmlns:dn=\"http://www.onvif.org/ver10/network/wsdl\"><s:Header/><s:Body><d:ProbeMatches>\
         <d:ProbeMatch><a:EndpointReference><a:Address>{endpoint}</a:Address>\
         </a:EndpointReference><d:Types>dn:NetworkVideoTransmitter</d:Types><d:Scopes>{}\
         </d:Scopes><d:XAddrs>http://{address}/onvif/device_service</d:XAddrs>\
         <d:MetadataVersion>1</d:MetadataVersion></d:ProbeMatch></d:ProbeMatches></s:Body>\
         </s:Envelope>",
        scopes.join(" ")
    )
}

/// A random endpoint.
pub(super) fn uuid(random: &mut fastrand::Rng) -> String {
    let part = |random: &mut fastrand::Rng, count| hexadecimal(random, count).to_lowercase();
    format!(
        "{}-{}-4{}-8{}-{}",
        part(random, 8),
        part(random, 4),
        part(random, 3),
        part(random, 3),
        part(random, 12)
    )
}
