//! Devices that are nobody's cameras, and cameras of which nothing tells the maker: to name one of
//! the makers for these would be a false accusation.

use super::Kind;
use super::said::{digits, guarded, plain, web};
use crate::device::Service;

/// A printer.
pub(super) static PRINTER: Kind = Kind {
    id: "printer",
    title: "a printer",
    maker: None,
    label: None,
    odd: None,
    is_hostile: false,
    source: "the port of raw printing, and a page as GoAhead's library serves it (recog)",
    make: |stand, _| {
        let heads = "HTTP/1.1 200 OK\r\nServer: GoAhead-Webs\r\nContent-Type: text/html\r\n";
        stand.serve(80, web(plain(heads, "<title>Printer status</title>")));
        stand.serve(9_100, Service::Mute);
    },
};

/// A store of files.
pub(super) static NAS: Kind = Kind {
    id: "nas",
    title: "a store of files",
    maker: None,
    label: None,
    odd: None,
    is_hostile: false,
    source: "the title of its page by recog; greetings by RFC 959 and RFC 4253",
    make: |stand, _| {
        let heads = "HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Type: text/html\r\n";
        let title = "<title>OpenMediaVault web administration interface - raspberrypi</title>";
        stand.serve(80, web(plain(heads, title)));
        stand.serve(21, Service::Greets(b"220 ProFTPD Server ready.\r\n".to_vec()));
        stand.serve(22, Service::Greets(b"SSH-2.0-OpenSSH_9.2p1\r\n".to_vec()));
    },
};

/// A router, whose description must not be fetched for no reason either.
pub(super) static ROUTER: Kind = Kind {
    id: "router",
    title: "a router",
    maker: None,
    label: None,
    odd: None,
    is_hostile: false,
    source: "the name of its server by recog; the answer to a search by UPnP Device Architecture, \
             1.3.3",
    make: |stand, random| {
        let address = stand.address;
        stand.hear(
            "ssdp-root",
            format!(
                "HTTP/1.1 200 OK\r\nCACHE-CONTROL: max-age=120\r\nEXT:\r\n\
                 LOCATION: http://{address}:5000/rootDesc.xml\r\n\
                 SERVER: ipos/7.0 UPnP/1.0 TL-WR741N/1.0/2.0\r\nST: upnp:rootdevice\r\n\
                 USN: uuid:{}::upnp:rootdevice\r\n\r\n",
                digits(random, 12)
            ),
        );
        let heads = "HTTP/1.1 401 Unauthorized\r\nServer: Router Webserver\r\n\
                     WWW-Authenticate: Basic realm=\"TP-LINK Wireless Lite N Router\"\r\n";
        stand.serve(80, web(plain(heads, "")));
    },
};

/// A web server on a plain machine.
pub(super) static WEB: Kind = Kind {
    id: "web-server",
    title: "a web server on a plain machine",
    maker: None,
    label: None,
    odd: None,
    is_hostile: false,
    source: "the name of its server by recog; a greeting by RFC 4253",
    make: |stand, _| {
        let heads = "HTTP/1.1 200 OK\r\nServer: lighttpd/1.4.16\r\nContent-Type: text/html\r\n";
        stand.serve(80, web(plain(heads, "<title>It works</title>")));
        stand.serve(22, Service::Greets(b"SSH-2.0-OpenSSH_9.2p1\r\n".to_vec()));
    },
};

/// A camera whose page and stream tell nothing of who made it.
pub(super) static GUARDED: Kind = Kind {
    id: "mute-camera",
    title: "a camera that tells nothing of its maker",
    maker: None,
    label: None,
    odd: None,
    is_hostile: false,
    source: "realms that many firmwares share (recog: `Basic realm=\"camera\"`), and the server of \
             streams of a maker of chips, which says nothing of who built a camera with them",
    make: |stand, _| {
        let heads = "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"camera\"\r\n";
        stand.serve(80, web(plain(heads, "")));
        stand.serve(554, guarded("Hipcam RealServer/V1.0", "Basic realm=\"/\""));
    },
};

/// A small device that has strength for one thing at a time.
pub(super) static WEAK: Kind = Kind {
    id: "weak",
    title: "a small device: one connection at a time, 50 ms a request, and it breaks when pushed",
    maker: None,
    label: None,
    odd: None,
    is_hostile: false,
    source: "a model of what is feared of cheap cameras; no measurement of one is known",
    make: |stand, _| {
        stand.is_weak = true;
        let heads = "HTTP/1.1 200 OK\r\nServer: GoAhead-Webs\r\nContent-Type: text/html\r\n";
        stand.serve(80, web(plain(heads, "<title>camera</title>")));
        stand.serve(554, guarded("", "Basic realm=\"camera\""));
        stand.serve(8_000, Service::Mute);
    },
};
