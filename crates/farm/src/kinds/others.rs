//! Other makers' devices, some of them under other names.

use std::net::IpAddr;

use super::Kind;
use super::said::{described, digits, found, guarded, hexadecimal, mac, page, plain, web};
use crate::device::Service;

/// A camera that Uniview makes for others: its scopes name no manufacturer.
pub(super) static UNIVIEW: Kind = Kind {
    id: "uniview-relabelled",
    title: "a camera of Uniview's that is sold under another name",
    maker: Some("uniview"),
    label: None,
    odd: None,
    is_hostile: false,
    source: "scopes of a relabelled camera in their order, as posted; the description of its \
             stream by retina's samples",
    make: |stand, random| {
        let mac = hexadecimal(random, 6).to_lowercase();
        let endpoint = format!("urn:uuid:00010010-0001-1020-8000-48ea63{mac}");
        let serial = format!("serial/210235UEDW32470{}", digits(random, 5));
        let own = format!("macaddr/48ea63{mac}");
        let scopes = [
            "Profile/G",
            "Profile/Streaming",
            "Profile/T",
            "type/video_encoder",
            "type/audio_encoder",
            "max_resolution/2688*1520",
            "register_status/offline",
            "register_server/0.0.0.0:5060",
            "regist_id/34020000001320000001",
            "type/IPC",
            "manufacturer/NONE",
            "VideoSourceNumber/1",
            "version/GIPC-B6215.1.68.NB.240617",
            &serial,
            &own,
            "hardware/SC-3243-IWPS-F28",
            "location/",
            "name/SC-3243-IWPS-F28",
        ];
        let says = found(stand.address, &endpoint, &scopes);
        stand.hear("ws-discovery-video", says);
        stand.serve(80, web(plain("HTTP/1.1 200 OK\r\nConnection: close\r\n", "<html></html>")));
        let stream = "v=0\r\no=- 1001 1 IN IP4 0.0.0.0\r\ns=VCP IPC Realtime stream\r\n\
                      t=0 0\r\nm=video 0 RTP/AVP 105\r\na=rtpmap:105 H264/90000\r\n\
                      a=fmtp:105 DecoderTag=h3c-v3\r\na=recvonly\r\n";
        stand.serve(554, described("Rtsp Server", stream));
    },
};

/// A recorder of TVT's: it speaks first.
pub(super) static TVT: Kind = Kind {
    id: "tvt",
    title: "a recorder of TVT's, as many houses sell it",
    maker: Some("tvt"),
    label: None,
    odd: None,
    is_hostile: false,
    source: "the search of its own and the first bytes of its language by pytvt; the name of its \
             web server by Kerner (2016). Of its description by UPnP it is known that asking for \
             it brings some of the family down",
    make: |stand, random| {
        let (address, mac) = (stand.address, mac(random, "58-5b-69", ':').to_uppercase());
        stand.hear(
            "tvt-search",
            format!(
                "HTTP/1.1 200 OK\r\nST:urn:schemas-upnp-org:service:EmbeddedNetDeviceControl:1\r\n\
                 LOCATION:http://{address}:49152/devicedesc.xml\r\n\r\n<multicastSearchResult>\
                 <tcpIp><devName/><ipAddr>{address}</ipAddr><macAddr>{mac}</macAddr></tcpIp>\
                 <port><dataPort>9008</dataPort><httpPort>80</httpPort></port><productInfo>\
                 <devName>NVR</devName><productModel>TD-2708TS-C</productModel>\
                 <productSeries>N9000</productSeries><softwareVer>V5.2.0</softwareVer><kernelVer/>\
                 </productInfo></multicastSearchResult>"
            ),
        );
        let mut first = b"head".to_vec();
        first.resize(64, 0);
        stand.serve(9_008, Service::Greets(first));
        let heads = "HTTP/1.1 200 OK\r\nServer:Cross Web Server\r\nContent-Type: text/html\r\n";
        stand.serve(80, web(plain(heads, "<html></html>")));
    },
};

/// A camera of Xiongmai's, which says who it is without being asked.
pub(super) static XIONGMAI: Kind = Kind {
    id: "xiongmai",
    title: "a camera of Xiongmai's firmware, as many houses sell it",
    maker: Some("xiongmai"),
    label: None,
    odd: None,
    is_hostile: false,
    source: "the notice of a camera as it was posted (python-dvr; go2rtc's dvrip): message 1531, \
             with an address of the link whose first half is registered to somebody else; uc-httpd \
             by recog; H264DVR by cameradar",
    make: |stand, random| {
        let mac = mac(random, "00-12-31", ':');
        let serial = hexadecimal(random, 16).to_lowercase();
        let reversed = match stand.address {
            IpAddr::V4(four) => u32::from(four).swap_bytes(),
            IpAddr::V6(_) => 0,
        };
        let json = format!(
            "{{\"Name\":\"NetWork.NetCommon\",\"NetWork.NetCommon\":{{\"DeviceType\":43,\
             \"HostIP\":\"0x{reversed:08x}\",\"HostName\":\"IPC_{}\",\"HttpPort\":80,\
             \"MAC\":\"{mac}\",\"MonMode\":\"TCP\",\"SN\":\"{serial}\",\"SSLPort\":8443,\
             \"TCPPort\":34567,\"UDPPort\":34568,\
             \"Version\":\"V4.02.R12.E7335520.12012.047502.00000\",\
             \"BuildDate\":\"2018-09-17 10:47:30\"}},\"Ret\":100,\"SessionID\":\"0x0\"}}\n\0",
            &serial[..4]
        );
        let length = u32::try_from(json.len()).unwrap_or(0).to_le_bytes();
        let head = [&b"\xff\0\0\0\0\0\0\0\0\0\0\0\0\0\xfb\x05"[..], &length].concat();
        stand.hear("xiongmai-search", [head, json.into_bytes()].concat());
        let heads = "HTTP/1.1 200 OK\r\nServer: uc-httpd 1.0.0\r\nContent-type: text/html\r\n";
        stand.serve(80, web(plain(heads, "<title>NETSurveillance WEB</title>")));
        stand.serve(34_567, Service::Mute);
    },
};

/// A camera of Reolink's.
pub(super) static REOLINK: Kind = Kind {
    id: "reolink",
    title: "a camera of Reolink's",
    maker: Some("reolink"),
    label: Some("Reolink"),
    odd: None,
    is_hostile: false,
    source: "the answer to its search by xannor/ha_reolink_discovery and neolink issue 102; the \
             description of its stream by retina's samples",
    make: |stand, random| {
        let mac = mac(random, "ec-71-db", ':');
        let mut says = vec![0; 388];
        let mut put = |at: usize, text: &[u8]| says[at..at + text.len()].copy_from_slice(text);
        for (at, pair) in mac.split(':').enumerate() {
            put(80 + at, &[u8::from_str_radix(pair, 16).unwrap_or_default()]);
        }
        put(104, b"\xaa\xaa\0\0");
        put(108, stand.address.to_string().as_bytes());
        put(128, b"\x28\x23\0\0");
        put(132, b"Camera1");
        put(164, mac.to_uppercase().as_bytes());
        stand.hear("reolink-search", says);
        let stream = format!(
            "v=0\r\no=- {} 1 IN IP4 {}\r\ns=Session streamed by \"preview\"\r\n\
             i=h264Preview_01_main\r\nt=0 0\r\na=tool:LIVE555 Streaming Media v2013.04.08\r\n\
             a=type:broadcast\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n",
            digits(random, 16),
            stand.address
        );
        stand.serve(554, described("LIVE555 Streaming Media", &stream));
        stand.serve(9_000, Service::Mute);
        stand.serve(80, web(plain("HTTP/1.1 200 OK\r\nServer: nginx\r\n", "<html></html>")));
    },
};

/// A camera of Axis', which names itself to everybody.
pub(super) static AXIS: Kind = Kind {
    id: "axis",
    title: "a camera of Axis'",
    maker: Some("axis"),
    label: Some("Axis"),
    odd: None,
    is_hostile: false,
    source: "its service of multicast DNS by RFC 6763 and the names that Axis' devices announce; \
             the realm of its page by recog",
    make: |stand, random| {
        let mac = mac(random, "ac-cc-8e", ':').replace(':', "").to_uppercase();
        let kind = b"\x0b_axis-video\x04_tcp\x05local\0";
        let one = format!("AXIS M5014 - {mac}");
        let text = format!("macaddress={mac}");
        let mut says = b"\0\0\x84\0\0\0\0\x02\0\0\0\0".to_vec();
        says.extend_from_slice(kind);
        says.extend_from_slice(b"\0\x0c\0\x01\0\0\0\x78");
        let length = 1 + one.len() + 2;
        says.extend_from_slice(&[0, length as u8, one.len() as u8]);
        says.extend_from_slice(one.as_bytes());
        // The name goes on as the question does, which begins at byte 12.
        says.extend_from_slice(&[0xC0, 12]);
        let at = 12 + kind.len() + 10;
        says.extend_from_slice(&[0xC0, at as u8]);
        says.extend_from_slice(b"\0\x10\x80\x01\0\0\0\x78");
        says.extend_from_slice(&[0, 1 + text.len() as u8, text.len() as u8]);
        says.extend_from_slice(text.as_bytes());
        stand.hear("mdns-video", says);
        let heads = format!(
            "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Digest realm=\"AXIS_{mac}\", \
             nonce=\"{}\", stale=FALSE\r\nConnection: close\r\n",
            hexadecimal(random, 32).to_lowercase()
        );
        let within = Service::Web { page: plain(&heads, ""), time: None };
        let name = format!("axis-{}", mac.to_lowercase());
        let maker = "Axis Communications AB".to_owned();
        stand.serve(443, Service::Secure(name, maker, Box::new(within)));
        stand.serve(554, guarded("", "Digest realm=\"AXIS Media Server\", nonce=\"00\""));
    },
};

/// A camera of Hanwha's.
pub(super) static HANWHA: Kind = Kind {
    id: "hanwha",
    title: "a camera of Hanwha's",
    maker: Some("hanwha"),
    label: None,
    odd: None,
    is_hostile: false,
    source: "the answer to its search after the layout that UniversalScanner reads; the realm of \
             its stream by recog",
    make: |stand, random| {
        let mut says = vec![0; 262];
        says[0] = 0x0B;
        let mut put = |at: usize, text: &str| {
            says[at..at + text.len()].copy_from_slice(text.as_bytes());
        };
        put(0x13, &mac(random, "00-09-18", ':').to_uppercase());
        put(0x25, &stand.address.to_string());
        put(0x85, &format!("http://{}/", stand.address));
        stand.hear("hanwha-search", says);
        let asks = "Digest realm=\"iPOLiS\", nonce=\"00\"";
        stand.serve(554, guarded("", asks));
        stand.serve(80, web(plain("HTTP/1.1 200 OK\r\nConnection: close\r\n", "<html></html>")));
    },
};

/// A camera of Bosch's.
pub(super) static BOSCH: Kind = Kind {
    id: "bosch",
    title: "a camera of Bosch's",
    maker: Some("bosch"),
    label: None,
    odd: None,
    is_hostile: false,
    source: "the shorter answer to its search after the layout that UniversalScanner reads; the \
             realm of its page by recog",
    make: |stand, random| {
        let mut says = b"\x99\x39\xa4\x27\0\0\0\x01".to_vec();
        says.extend_from_slice(&[0x00, 0x04, 0x63, random.u8(..), random.u8(..), random.u8(..)]);
        if let IpAddr::V4(four) = stand.address {
            says.extend_from_slice(&[0, 0]);
            says.extend_from_slice(&four.octets());
        }
        says.resize(32, 0);
        stand.hear("bosch-search", says);
        let heads = "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Digest realm=\"Use 'live' as \
                     User Name in order to log in to the respective level\", nonce=\"00\", \
                     opaque=\"\", stale=FALSE, algorithm=MD5, qop=\"auth\"\r\nConnection: \
                     close\r\n";
        stand.serve(80, web(page(heads, "Content-Length: ", "")));
        stand.serve(1_756, Service::Mute);
        stand.serve(554, guarded("", "Digest realm=\"please log in\", nonce=\"00\""));
    },
};

/// A camera of Vivotek's.
pub(super) static VIVOTEK: Kind = Kind {
    id: "vivotek",
    title: "a camera of Vivotek's",
    maker: Some("vivotek"),
    label: None,
    odd: None,
    is_hostile: false,
    source: "the answer to its search after the layout that UniversalScanner reads",
    make: |stand, random| {
        let mut says = b"\x01\x4a\x5d\x8f\x1c".to_vec();
        says.extend_from_slice(&[2, 6, 0x00, 0x02, 0xD1]);
        says.extend_from_slice(&[random.u8(..), random.u8(..), random.u8(..)]);
        if let IpAddr::V4(four) = stand.address {
            says.extend_from_slice(&[3, 4]);
            says.extend_from_slice(&four.octets());
        }
        stand.hear("vivotek-search", says);
        stand.serve(80, web(plain("HTTP/1.1 200 OK\r\nConnection: close\r\n", "<html></html>")));
        stand.serve(554, guarded("", "Digest realm=\"streaming_server\", nonce=\"00\""));
    },
};
