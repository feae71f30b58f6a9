//! What was seen, where, unreasoned. Nothing here knows a maker.

use std::ops::Range;
use std::sync::Arc;

use compact_str::CompactString;
use jiff::Timestamp;

/// On which side of the label a field lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// Written by whoever sells it: names and model numbers.
    Label,
    /// Read from a register or a paper about it.
    Record,
    /// Comes from the device itself.
    Device,
}

macro_rules! fields {
    ($($(#[doc = $doc:literal])+ $variant:ident = $id:literal, $side:ident, $family:literal;)+) => {
        /// The closed list of fields that can be observed.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Field { $($(#[doc = $doc])+ $variant,)+ }

        impl Field {
            /// Every field.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The name as typed and as the signature file is called.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self { $(Self::$variant => $id,)+ }
            }

            /// On which side of the label it lies.
            #[must_use]
            pub const fn side(self) -> Side {
                match self { $(Self::$variant => Side::$side,)+ }
            }

            /// Fields of one family have one cause and never count as independent kinds.
            #[must_use]
            pub const fn family(self) -> &'static str {
                match self { $(Self::$variant => $family,)+ }
            }

            /// What it means, in one sentence.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc,)+).trim_ascii(),)+ }
            }
        }
    };
}

fields! {
    /// The name the equipment is sold under.
    Label = "label", Label, "label";
    /// The model number on the equipment or its paper.
    Model = "model", Label, "model";
    /// Free text that names label and model together, as on a quote or a list.
    Product = "product", Label, "model";
    /// Text of the label's own manual: an address it gives as an example, a tool it names.
    LabelManual = "label-manual", Label, "supply";
    /// The firm that stands for the product in a register.
    Company = "company", Record, "label";
    /// The FCC ID on the type plate.
    FccId = "fcc-id", Record, "fcc-id";
    /// The serial number.
    Serial = "serial", Device, "serial";
    /// The hardware (MAC) address, or its first three octets.
    Mac = "mac", Device, "mac";
    /// The firm to which the IEEE registry gives the address block; derived from the address.
    MacRegistrant = "mac-registrant", Device, "mac";
    /// The firmware version string.
    Firmware = "firmware", Device, "firmware";
    /// The Server header of an HTTP reply.
    HttpServer = "http-server", Device, "http";
    /// The realm that a digest or basic challenge names, over HTTP or RTSP.
    AuthRealm = "auth-realm", Device, "http";
    /// A whole block of HTTP reply headers, order and case kept.
    HttpHeaders = "http-headers", Device, "http";
    /// The names of the headers of an HTTP reply, order and case kept, parted by blanks.
    HttpHeaderOrder = "http-header-order", Device, "http";
    /// How the entity tag of an HTTP reply is made, as far as the same reply proves it.
    HttpEtag = "http-etag", Device, "http";
    /// The title of the start page.
    HttpTitle = "http-title", Device, "http";
    /// A path that the web server sends people to or is used with.
    HttpPath = "http-path", Device, "http";
    /// The MD5 of the favicon.
    FaviconMd5 = "favicon-md5", Device, "favicon";
    /// The MurmurHash3 of the favicon, as scanners print it.
    FaviconMmh3 = "favicon-mmh3", Device, "favicon";
    /// The Server header of an RTSP reply.
    RtspServer = "rtsp-server", Device, "rtsp";
    /// The path of a stream address.
    RtspPath = "rtsp-path", Device, "rtsp";
    /// The path of an address as a list made by users gives it, not answered by a device.
    ListedPath = "listed-path", Record, "listed";
    /// A stream's description (SDP).
    Sdp = "sdp", Device, "sdp";
    /// The kinds of lines and attributes of a stream's description, in their order.
    SdpShape = "sdp-shape", Device, "sdp";
    /// The subject of the TLS certificate.
    TlsSubject = "tls-subject", Device, "tls";
    /// The issuer of the TLS certificate.
    TlsIssuer = "tls-issuer", Device, "tls";
    /// The manufacturer that ONVIF, DHIP or ISAPI device information names.
    OnvifManufacturer = "onvif-manufacturer", Device, "onvif";
    /// The scope list of WS-Discovery, order kept, parted by blanks.
    OnvifScopes = "onvif-scopes", Device, "onvif";
    /// The names of the scopes of WS-Discovery in their order, without what is the device's own.
    OnvifScopeOrder = "onvif-scope-order", Device, "onvif";
    /// The envelope of an ONVIF or WS-Discovery reply and the prefixes declared on it, in order.
    OnvifPrefixOrder = "onvif-prefix-order", Device, "onvif";
    /// The endpoint address of WS-Discovery.
    OnvifEndpoint = "onvif-endpoint", Device, "onvif";
    /// A SADP reply.
    Sadp = "sadp", Device, "sadp";
    /// A DHIP reply.
    Dhip = "dhip", Device, "dhip";
    /// ISAPI device information, as XML or JSON.
    Isapi = "isapi", Device, "isapi";
    /// An SSDP notice or its description.
    Ssdp = "ssdp", Device, "ssdp";
    /// A multicast-DNS service record.
    Mdns = "mdns", Device, "mdns";
    /// The vendor class of a DHCP request (option 60).
    DhcpClass = "dhcp-class", Device, "dhcp";
    /// The list of options a DHCP request asks for (option 55).
    DhcpOptions = "dhcp-options", Device, "dhcp";
    /// A name the device asked DNS for.
    DnsName = "dns-name", Device, "dns";
    /// The system description of SNMP.
    Snmp = "snmp", Device, "snmp";
    /// The greeting of Telnet.
    Telnet = "telnet", Device, "telnet";
    /// The greeting of FTP.
    Ftp = "ftp", Device, "ftp";
    /// What a server of a maker's own language says before anybody asks.
    Greeting = "greeting", Device, "greeting";
    /// A SIP header that names the agent.
    Sip = "sip", Device, "sip";
    /// A hardware identifier that the device states.
    Hardware = "hardware", Device, "onvif";
    /// The host name the device gives itself.
    Hostname = "hostname", Device, "hostname";
    /// The address it has in the network. Says nothing of who made it; joins records of one device.
    Ip = "ip", Device, "address";
    /// The SHA-256 of the TLS certificate, in lower-case hex. Joins records of one device.
    TlsFingerprint = "tls-fingerprint", Device, "tls";
}

impl Field {
    /// Whether it can speak for anybody. What cannot only tells one device from another.
    #[must_use]
    pub const fn speaks(self) -> bool {
        !matches!(self, Self::Ip | Self::TlsFingerprint)
    }

    /// The field of that name.
    #[must_use]
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|field| field.id() == id)
    }
}

impl std::fmt::Display for Field {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(self.id())
    }
}

/// Where a value was read: the record's text and the bytes in it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct At {
    /// Bytes of [`Record::text`]; empty when the value stands in no text.
    pub span: Range<u32>,
    /// Column of the record, counted from 1; 0 when it has no columns.
    pub column: u32,
    /// Which of the device's records: 0 for [`Device::record`], then those of [`Device::others`].
    pub of: u32,
}

impl At {
    /// Bytes of a record's text and its column, counted from 1; 0 when it has no columns.
    #[must_use]
    pub const fn new(span: Range<u32>, column: u32) -> Self {
        Self { span, column, of: 0 }
    }
}

/// One value of one field, as it stood there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observation {
    /// What was observed.
    pub field: Field,
    /// The value, raw but for surrounding blanks.
    pub value: CompactString,
    /// Where.
    pub at: At,
}

impl Observation {
    /// A value given without a place, as on the command line.
    #[must_use]
    pub fn new(field: Field, value: impl Into<CompactString>) -> Self {
        Self { field, value: value.into(), at: At::default() }
    }
}

/// Where a device's record stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Record {
    /// The file, or `command line`, or `standard input`.
    pub source: Arc<str>,
    /// The sheet of a workbook.
    pub sheet: Option<Arc<str>>,
    /// Line of the file, or row of the sheet, counted from 1.
    pub line: u64,
    /// The record as it stood there; for a sheet its cells, parted by ` | `.
    pub text: String,
    /// When what it says was so, where the record tells.
    pub seen: Option<Seen>,
    /// Where it was first read, `estate.csv:2`, when it stands in a file of observations that
    /// says so.
    pub origin: Option<Arc<str>>,
}

impl Record {
    /// Where it stands: `estate.csv:2`, `estate.xlsx [Gate 4]:2`.
    #[must_use]
    pub fn place(&self) -> String {
        self.place_in(&self.source)
    }

    /// The same, with its file called so. What is kept nowhere has no line.
    #[must_use]
    pub fn place_in(&self, file: &str) -> String {
        match (&self.sheet, self.line) {
            (Some(sheet), line) => format!("{file} [{sheet}]:{line}"),
            (None, 0) => file.to_owned(),
            (None, line) => format!("{file}:{line}"),
        }
    }
}

/// The first second of 2000: nothing that is read was seen before.
pub const CLOCK_FROM_SECOND: i64 = 946_684_800;

/// The first second of 2100, beyond which no clock is right.
pub const CLOCK_UNTIL_SECOND: i64 = 4_102_444_800;

/// How a stretch of time is known: the end of a lease is no sighting, and may lie ahead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum KnownBy {
    /// Something was met at its beginning and at its end.
    Sight,
    /// Somebody was met at its beginning, and given an address until its end.
    Lease,
    /// Somebody holds an address until its end, and was met then or before; nobody wrote down when.
    LeaseEnd,
}

/// A stretch of time in which something was seen or held; a moment when both ends are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seen {
    /// Its beginning.
    pub from: Timestamp,
    /// Its end, not before the beginning.
    pub until: Timestamp,
    /// How it is known.
    pub by: KnownBy,
}

impl Seen {
    /// A moment.
    #[must_use]
    pub const fn at(moment: Timestamp) -> Self {
        Self { from: moment, until: moment, by: KnownBy::Sight }
    }

    /// From one moment to another, whichever comes first.
    #[must_use]
    pub fn between(one: Timestamp, other: Timestamp) -> Self {
        Self { from: one.min(other), until: one.max(other), by: KnownBy::Sight }
    }

    /// A lease, of which some write down no more than the end.
    #[must_use]
    pub fn lease(from: Option<Timestamp>, until: Timestamp) -> Self {
        match from {
            Some(from) => Self { by: KnownBy::Lease, ..Self::between(from, until) },
            None => Self { by: KnownBy::LeaseEnd, ..Self::at(until) },
        }
    }

    /// The first and the last moment in which something was met, as far as that is known.
    #[must_use]
    pub const fn met(&self) -> Option<[Timestamp; 2]> {
        match self.by {
            KnownBy::Sight => Some([self.from, self.until]),
            KnownBy::Lease => Some([self.from, self.from]),
            KnownBy::LeaseEnd => None,
        }
    }

    /// The end of the lease, where it is one.
    #[must_use]
    pub fn lease_end(&self) -> Option<Timestamp> {
        (self.by != KnownBy::Sight).then_some(self.until)
    }

    /// Whether the clock that told it can have been set: it begins in this century, and does not
    /// end before. Small devices begin at 1970 whenever they start, so two such moments have
    /// nothing to do with one another.
    #[must_use]
    pub fn is_plausible(&self) -> bool {
        let told = CLOCK_FROM_SECOND..CLOCK_UNTIL_SECOND;
        told.contains(&self.from.as_second()) && self.until.as_second() >= CLOCK_FROM_SECOND
    }

    /// Whether both stretches have a moment in common.
    #[must_use]
    pub fn meets(&self, other: &Self) -> bool {
        self.from <= other.until && other.from <= self.until
    }
}

/// One device: what was seen of it and where.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Device {
    /// What its owner calls it, or `line N`.
    pub name: CompactString,
    /// Where its record stands; of several the one that names it.
    pub record: Record,
    /// Its further records, when it was joined from several.
    pub others: Vec<Record>,
    /// What was seen.
    pub observations: Vec<Observation>,
    /// The day of the record, purchase or installation, when the record has one.
    pub installed: Option<jiff::civil::Date>,
    /// Where it hangs, who sold it and the like: heading and value, for reports and grouping.
    pub context: Vec<(Arc<str>, CompactString)>,
}

impl Device {
    /// All its records, the one that names it first.
    pub fn records(&self) -> impl Iterator<Item = &Record> {
        std::iter::once(&self.record).chain(&self.others)
    }

    /// The first value of a field.
    #[must_use]
    pub fn first(&self, field: Field) -> Option<&str> {
        self.observations.iter().find(|seen| seen.field == field).map(|seen| seen.value.as_str())
    }
}
