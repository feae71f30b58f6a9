//! What is asked over a connection: one page, two words of RTSP, the beginning of TLS, the time.

use super::{Over, Part, Request};

/// The start page of a web server; within TLS, where no plain one is given. The connection is made
/// as every browser makes it, without a certificate of ours.
pub static HTTP: Request = Request {
    id: "http-start-page",
    title: "the start page",
    over: Over::Stream,
    parts: &[
        Part::Is(b"GET / HTTP/1.1\r\nHost: "),
        Part::Host { usual: 80 },
        Part::Is(b"\r\nUser-Agent: whomade\r\nAccept: */*\r\nConnection: close\r\n\r\n"),
    ],
    source: "RFC 9110 and RFC 9112",
    harmless: "reads the page that every browser is shown first; nothing is sent that a form, a \
               login or a script would send, and no link is followed",
};

/// What a server of streams can do.
pub static RTSP_OPTIONS: Request = Request {
    id: "rtsp-options",
    title: "what a server of streams can do",
    over: Over::Stream,
    parts: &[
        Part::Is(b"OPTIONS rtsp://"),
        Part::Host { usual: 554 },
        Part::Is(b"/ RTSP/1.0\r\nCSeq: 1\r\nUser-Agent: whomade\r\n\r\n"),
    ],
    source: "RFC 2326, 10.1",
    harmless: "lists methods; it opens no session and changes none",
};

/// The description of a stream, without a name or a password.
pub static RTSP_DESCRIBE: Request = Request {
    id: "rtsp-describe",
    title: "the description of its stream",
    over: Over::Stream,
    parts: &[
        Part::Is(b"DESCRIBE rtsp://"),
        Part::Host { usual: 554 },
        Part::Is(
            b"/ RTSP/1.0\r\nCSeq: 2\r\nUser-Agent: whomade\r\nAccept: application/sdp\r\n\r\n",
        ),
    ],
    source: "RFC 2326, 10.2",
    harmless: "asked once and without credentials: a camera that guards its stream refuses, and \
               says of whom it would ask them; no stream is set up",
};

/// The beginning of TLS 1.2 and older, to which a server shows its certificate before any key is
/// agreed.
pub static TLS: Request = Request {
    id: "tls-hello",
    title: "its certificate",
    over: Over::Stream,
    parts: &[Part::Is(&HELLO)],
    source: "RFC 5246, 7.4.1.2; RFC 8422, 5.1",
    harmless: "the first message that every client sends; this connection is closed as soon as the \
               certificate was read, without a key or a request",
};

/// The time of a device, which ONVIF lets everybody ask.
pub static ONVIF_TIME: Request = Request {
    id: "onvif-time",
    title: "its time, in the words of ONVIF",
    over: Over::Stream,
    parts: &[
        Part::Is(b"POST /onvif/device_service HTTP/1.1\r\nHost: "),
        Part::Host { usual: 80 },
        Part::Is(
            b"\r\nUser-Agent: whomade\r\nContent-Type: application/soap+xml; charset=utf-8\r\n\
              Content-Length: 200\r\nConnection: close\r\n\r\n\
              <?xml version=\"1.0\" encoding=\"UTF-8\"?>\
              <s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\"><s:Body>\
              <GetSystemDateAndTime xmlns=\"http://www.onvif.org/ver10/device/wsdl\"/>\
              </s:Body></s:Envelope>",
        ),
    ],
    source: "ONVIF Core Specification, access class PRE_AUTH of GetSystemDateAndTime",
    harmless: "a question that the standard lets everybody ask before a login, so that clocks can \
               be compared; it changes nothing",
};

/// A ClientHello of TLS 1.2 inside a record of TLS 1.0, as old devices want it. Its random number
/// is no secret, since no key is ever made from it.
const HELLO: [u8; 144] = *b"\
\x16\x03\x01\x00\x8b\
\x01\x00\x00\x87\x03\x03\
whomade reads the certificate\x00\x00\x00\
\x00\
\x00\x26\
\xc0\x2f\xc0\x30\xc0\x2b\xc0\x2c\xcc\xa8\xcc\xa9\xc0\x13\xc0\x14\xc0\x09\xc0\x0a\
\x00\x9c\x00\x9d\x00\x2f\x00\x35\x00\x3c\x00\x3d\x00\x0a\x00\x05\x00\xff\
\x01\x00\
\x00\x38\
\x00\x0a\x00\x08\x00\x06\x00\x1d\x00\x17\x00\x18\
\x00\x0b\x00\x02\x01\x00\
\x00\x0d\x00\x1a\x00\x18\
\x04\x03\x05\x03\x06\x03\x08\x04\x08\x05\x08\x06\x04\x01\x05\x01\x06\x01\x02\x03\x02\x01\x02\x02\
\x00\x17\x00\x00\
\x00\x16\x00\x00\
";
