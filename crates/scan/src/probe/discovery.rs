//! Searches that standards define: WS-Discovery, SSDP, multicast DNS.

use std::net::Ipv4Addr;

use super::{Over, Part, Request};

const ALL: Ipv4Addr = Ipv4Addr::new(239, 255, 255, 250);

/// How an envelope of WS-Discovery begins, up to the number of the search.
const ENVELOPE: &[u8] = b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
    <e:Envelope xmlns:e=\"http://www.w3.org/2003/05/soap-envelope\" \
    xmlns:w=\"http://schemas.xmlsoap.org/ws/2004/08/addressing\" \
    xmlns:d=\"http://schemas.xmlsoap.org/ws/2005/04/discovery\"><e:Header><w:MessageID>uuid:";

/// How it goes on behind the number, up to what is searched for.
const SEARCH: &[u8] = b"</w:MessageID>\
    <w:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</w:To>\
    <w:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</w:Action>\
    </e:Header><e:Body><d:Probe>";

/// Cameras and recorders by WS-Discovery, as ONVIF has it.
pub static WS_DISCOVERY: Request = Request {
    id: "ws-discovery-video",
    title: "cameras and recorders, by WS-Discovery",
    over: Over::Datagram { port: 3_702, from: None, group: Some(ALL) },
    parts: &[
        Part::Is(ENVELOPE),
        Part::Uuid,
        Part::Is(SEARCH),
        Part::Is(
            b"\
              <d:Types xmlns:n=\"http://www.onvif.org/ver10/network/wsdl\">\
              n:NetworkVideoTransmitter</d:Types></d:Probe></e:Body></e:Envelope>",
        ),
    ],
    source: "WS-Discovery 1.0 (April 2005), 5.2; ONVIF Core Specification, 7.3",
    harmless: "the search that every viewer sends; devices answer with what they tell everybody",
};

/// Everything that calls itself a device of ONVIF: in a message of its own, since two types in one
/// ask for what is both.
pub static WS_DISCOVERY_DEVICE: Request = Request {
    id: "ws-discovery-device",
    title: "other devices of ONVIF, by WS-Discovery",
    over: Over::Datagram { port: 3_702, from: None, group: Some(ALL) },
    parts: &[
        Part::Is(ENVELOPE),
        Part::Uuid,
        Part::Is(SEARCH),
        Part::Is(
            b"\
              <d:Types xmlns:n=\"http://www.onvif.org/ver10/device/wsdl\">n:Device</d:Types>\
              </d:Probe></e:Body></e:Envelope>",
        ),
    ],
    source: "WS-Discovery 1.0 (April 2005), 5.2; that two types ask for both: vicmaeg/onvif-discovery \
             issue 49",
    harmless: "the search that every viewer sends; devices answer with what they tell everybody",
};

/// Root devices of UPnP.
pub static SSDP: Request = Request {
    id: "ssdp-root",
    title: "root devices of UPnP",
    over: Over::Datagram { port: 1_900, from: None, group: Some(ALL) },
    parts: &[Part::Is(
        b"M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: \"ssdp:discover\"\r\nMX: 2\r\n\
          ST: upnp:rootdevice\r\n\r\n",
    )],
    source: "UPnP Device Architecture 2.0, 1.3.2",
    harmless: "the search of every player and printer driver; the description that an answer points \
               to is never fetched, since some recorders fail at that",
};

/// TVT's recorders by the search of their own.
pub static TVT: Request = Request {
    id: "tvt-search",
    title: "recorders of TVT's firmware",
    over: Over::Datagram { port: 1_900, from: None, group: Some(ALL) },
    parts: &[Part::Is(
        b"M-SEARCH * HTTP/1.1\r\nHOST:239.255.255.250:1900\r\nMan:\"ssdp:discover\"\r\n\
          ST:urn:schemas-upnp-org:service:EmbeddedNetDeviceControl:1\r\nMX:3\r\n\r\n",
    )],
    source: "pytvt, discovery.py",
    harmless: "a search of SSDP for one kind of device, which the maker's own tool sends",
};

/// Axis' cameras and recorders by multicast DNS, in one question for both.
pub static MDNS: Request = Request {
    id: "mdns-video",
    title: "cameras and recorders, by multicast DNS",
    over: Over::Datagram { port: 5_353, from: None, group: Some(Ipv4Addr::new(224, 0, 0, 251)) },
    parts: &[Part::Is(
        b"\0\0\0\0\0\x02\0\0\0\0\0\0\
          \x0b_axis-video\x04_tcp\x05local\0\0\x0c\0\x01\
          \x09_axis-nvr\x04_tcp\x05local\0\0\x0c\0\x01",
    )],
    source: "RFC 6762, 5.1; the names as Axis' devices announce them",
    harmless: "a question for names, which every telephone asks many times an hour",
};
