//! Searches of single makers' own tools. Several of these languages have orders beside the search,
//! which would change an address or a password: none of them stands here, so none can be sent.

use std::net::Ipv4Addr;

use super::{Over, Part, Request};

/// Hikvision's devices.
pub(super) static SADP: Request = Request {
    id: "sadp-inquiry",
    title: "devices of Hikvision's firmware (SADP)",
    over: Over::Datagram {
        port: 37_020,
        from: None,
        group: Some(Ipv4Addr::new(239, 255, 255, 250)),
    },
    parts: &[
        Part::Is(b"<?xml version=\"1.0\" encoding=\"utf-8\"?><Probe><Uuid>"),
        Part::Uuid,
        Part::Is(b"</Uuid><Types>inquiry</Types></Probe>"),
    ],
    source: "julienblitte/UniversalScanner, Hikvision.cs",
    harmless: "the inquiry of the maker's search tool; of all types of this language it alone only \
               reads",
};

/// Dahua's devices.
pub(super) static DHIP: Request = Request {
    id: "dhip-search",
    title: "devices of Dahua's firmware (DHIP)",
    over: Over::Datagram {
        port: 37_810,
        from: None,
        group: Some(Ipv4Addr::new(239, 255, 255, 251)),
    },
    parts: &[Part::Is(
        b"\x20\0\0\0DHIP\0\0\0\0\0\0\0\0\x3b\0\0\0\0\0\0\0\x3b\0\0\0\0\0\0\0\
          {\"method\":\"DHDiscover.search\",\"params\":{\"mac\":\"\",\"uni\":1}}\n",
    )],
    source: "julienblitte/UniversalScanner, Dahua2.cs",
    harmless: "the search of the maker's tool, once on a local link: strangers can make devices \
               answer others with it, so it is never sent farther",
};

/// Older devices of Dahua's.
pub(super) static DAHUA: Request = Request {
    id: "dahua-search",
    title: "older devices of Dahua's firmware",
    over: Over::Datagram { port: 5_050, from: Some(5_050), group: None },
    parts: &[Part::Is(b"\xa3\x01\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0")],
    source: "julienblitte/UniversalScanner, Dahua1.cs; NeiroNx/python-dvr",
    harmless: "the search of the maker's older tool",
};

/// Xiongmai's devices.
pub(super) static XIONGMAI: Request = Request {
    id: "xiongmai-search",
    title: "devices of Xiongmai's firmware",
    over: Over::Datagram { port: 34_569, from: Some(34_569), group: None },
    parts: &[Part::Is(b"\xff\0\0\0\0\0\0\0\0\0\0\0\0\0\xfa\x05\0\0\0\0")],
    source: "NeiroNx/python-dvr; AlexxIT/go2rtc, dvrip",
    harmless: "message 1530, which asks who is there; 1532, which would change an address, does not \
               stand in the table",
};

/// Hanwha's devices.
pub(super) static HANWHA: Request = Request {
    id: "hanwha-search",
    title: "devices of Hanwha's firmware",
    over: Over::Datagram { port: 7_701, from: Some(7_711), group: None },
    parts: &[Part::Is(b"\x01"), Part::Is(&[0; 261])],
    source: "julienblitte/UniversalScanner, Hanwha.cs",
    harmless: "the search of the maker's tool",
};

/// Bosch's devices.
pub(super) static BOSCH: Request = Request {
    id: "bosch-search",
    title: "devices of Bosch's firmware",
    over: Over::Datagram { port: 1_757, from: Some(1_758), group: None },
    parts: &[Part::Is(b"\x99\x39\xa4\x27\0\0\0\x01\xff\0\x06\xde")],
    source: "julienblitte/UniversalScanner, Bosch.cs",
    harmless: "the search of the maker's tool",
};

/// Vivotek's devices.
pub(super) static VIVOTEK: Request = Request {
    id: "vivotek-search",
    title: "devices of Vivotek's firmware",
    over: Over::Datagram { port: 10_000, from: None, group: None },
    parts: &[Part::Is(b"\x01\x4a\x5d\x8f\x1c")],
    source: "julienblitte/UniversalScanner, Vivotek.cs",
    harmless: "the search of the maker's tool",
};

/// Foscam's devices.
pub(super) static FOSCAM: Request = Request {
    id: "foscam-search",
    title: "devices of Foscam's firmware",
    over: Over::Datagram { port: 10_000, from: None, group: None },
    parts: &[Part::Is(b"MO_I\0\0\0\0\0\0\0\0\0\0\0\x04\0\0\0\x04\0\0\0\0\0\0\x01")],
    source: "NeiroNx/python-dvr",
    harmless: "the search of the maker's tool",
};

/// Ubiquiti's devices.
pub(super) static UBIQUITI: Request = Request {
    id: "ubiquiti-search",
    title: "devices of Ubiquiti's",
    over: Over::Datagram { port: 10_001, from: None, group: Some(Ipv4Addr::new(233, 89, 188, 1)) },
    parts: &[Part::Is(b"\x01\0\0\0")],
    source: "julienblitte/UniversalScanner, Ubiquiti.cs",
    harmless: "the search of the maker's tool, once on a local link",
};

/// Sony's devices.
pub(super) static SONY: Request = Request {
    id: "sony-search",
    title: "devices of Sony's",
    over: Over::Datagram { port: 2_380, from: None, group: None },
    parts: &[Part::Is(b"\x02ENQ:allinfo\xff\x03")],
    source: "julienblitte/UniversalScanner, Sony.cs",
    harmless: "the search of the maker's tool",
};

/// VStarcam's devices.
pub(super) static VSTARCAM: Request = Request {
    id: "vstarcam-search",
    title: "devices of VStarcam's firmware",
    over: Over::Datagram { port: 8_600, from: None, group: None },
    parts: &[Part::Is(b"DH\x01\x01")],
    source: "julienblitte/UniversalScanner, Vstarcam.cs",
    harmless: "the search of the maker's tool",
};

/// Panasonic's and i-PRO's devices.
pub(super) static PANASONIC: Request = Request {
    id: "panasonic-search",
    title: "devices of i-PRO's and Panasonic's firmware",
    over: Over::Datagram { port: 10_670, from: Some(10_669), group: None },
    parts: &[Part::Is(
        b"\0\x01\0\0\0\x0d\0\0\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\
          \0\x01\x20\x11\x1e\x11\x23\x1f\x1e\x19\x13\0\0\x02\0\0\0\0\0\0\0\0\0\0\0\0\xff\xff\0\0",
    )],
    source: "julienblitte/UniversalScanner, Panasonic.cs",
    harmless: "the search of the maker's tool",
};

/// Reolink's devices.
pub(super) static REOLINK: Request = Request {
    id: "reolink-search",
    title: "devices of Reolink's firmware",
    over: Over::Datagram { port: 2_000, from: Some(3_000), group: None },
    parts: &[Part::Is(b"\xaa\xaa\0\0")],
    source: "xannor/ha_reolink_discovery, discovery.py; its answer: thirtythreeforty/neolink issue \
             102",
    harmless: "the search of the maker's own programs for computers and telephones",
};
