//! What stations say: invented devices, in the words that real ones use.

use crate::bytes::two;

/// A request for an address, with the name and the options of a client.
pub(crate) fn dhcp(mac: [u8; 6], hostname: &str, wanted: &[u8], class: &str) -> Vec<u8> {
    let mut bytes = vec![0; 240];
    bytes[..3].copy_from_slice(&[1, 1, 6]);
    bytes[28..34].copy_from_slice(&mac);
    bytes[236..].copy_from_slice(&[99, 130, 83, 99]);
    bytes.extend([53, 1, 3]);
    for (number, inside) in [(12, hostname.as_bytes()), (55, wanted), (60, class.as_bytes())] {
        if !inside.is_empty() {
            bytes.extend([number, inside.len() as u8]);
            bytes.extend(inside);
        }
    }
    bytes.push(255);
    bytes
}

/// A name of DNS, each part with its length before it.
fn name(name: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for part in name.split('.') {
        bytes.push(part.len() as u8);
        bytes.extend(part.as_bytes());
    }
    bytes.push(0);
    bytes
}

pub(crate) fn question(host: &str) -> Vec<u8> {
    [&[0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0][..], &name(host), &[0, 1, 0, 1]].concat()
}

pub(crate) fn answer(host: &str, address: [u8; 4]) -> Vec<u8> {
    let head = [0, 7, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0];
    let record = [0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4];
    [&head[..], &name(host), &[0, 1, 0, 1], &record, &address].concat()
}

/// A service of multicast DNS: the kind, the instance and its host.
pub(crate) fn service(instance: &str, host: &str, port: u16) -> Vec<u8> {
    let head = [0, 0, 0x84, 0, 0, 0, 0, 1, 0, 0, 0, 0];
    let inside = [&[0, 0, 0, 0][..], &port.to_be_bytes(), &name(host)].concat();
    let about = [0, 33, 0x80, 1, 0, 0, 0, 120];
    [&head[..], &name(instance), &about, &two(inside.len()), &inside].concat()
}

/// What a unit of Hikvision's says on the link as it comes up.
pub(crate) fn sadp(model: &str, serial: &str, mac: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Hello><Uuid>00000000-0000-0000-0000-000000000001\
         </Uuid><Types>hello</Types><DeviceType>141945</DeviceType><DeviceDescription>{model}\
         </DeviceDescription><DeviceSN>{serial}</DeviceSN><CommandPort>8000</CommandPort>\
         <HttpPort>80</HttpPort><MAC>{mac}</MAC><DHCP>true</DHCP><SoftwareVersion>\
         V5.7.12</SoftwareVersion>\
         <Encrypt>true</Encrypt><Activated>true</Activated><DetailOEMCode>1</DetailOEMCode>\
         <Salt>00000000</Salt><HCPlatformEnable>flase</HCPlatformEnable></Hello>"
    )
}

/// What a unit of Dahua's answers to a search: a header of 32 bytes, then JSON.
pub(crate) fn dhip(kind: &str, serial: &str, mac: &str) -> Vec<u8> {
    let json = format!(
        "{{\"mac\":\"{mac}\",\"method\":\"client.notifyDevInfo\",\"params\":{{\"deviceInfo\":\
         {{\"DeviceClass\":\"IPC\",\"DeviceType\":\"{kind}\",\"Find\":\"BC\",\"HttpPort\":80,\
         \"MachineName\":\"{serial}\",\"Manufacturer\":\"Private\",\"Port\":37777,\"SerialNo\":\
         \"{serial}\",\"Vendor\":\"Private\",\"Version\":\"2.820.0000000.49.R\"}}}}}}\n\0"
    );
    let length = (json.len() as u64).to_le_bytes();
    let head = [&[0x20, 0, 0, 0][..], b"DHIP", &[0; 8], &length, &length].concat();
    [&head[..], json.as_bytes()].concat()
}

/// What a unit of Xiongmai's sends to everybody.
pub(crate) fn xiongmai(mac: &str, serial: &str) -> Vec<u8> {
    let json = format!(
        "{{\"Name\":\"NetWork.NetCommon\",\"NetWork.NetCommon\":{{\"HostName\":\"LocalHost\",\
         \"MAC\":\"{mac}\",\"SN\":\"{serial}\",\"TCPPort\":34567,\"Version\":\
         \"V4.02.R12.E7335520.12012.047502.00000\"}}}}"
    );
    let mut bytes = vec![0xFF, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFB, 5];
    bytes.extend(u32::try_from(json.len()).expect("a short text").to_le_bytes());
    bytes.extend(json.as_bytes());
    bytes
}

/// The beginning of a client of TLS, which asks for a host.
pub(crate) fn hello(host: &str) -> Vec<u8> {
    let host = [&[0][..], &two(host.len()), host.as_bytes()].concat();
    let host = [&two(host.len())[..], &host].concat();
    // As long as those with keys against quantum computers are.
    let share = [&[0, 51][..], &two(1_216), &[7; 1_216]].concat();
    let extensions = [&share[..], &[0, 0], &two(host.len()), &host].concat();
    let before = [&[3, 3][..], &[9; 32], &[0, 0, 2, 0x13, 1, 1, 0]].concat();
    let body = [&before[..], &two(extensions.len()), &extensions].concat();
    record(&message(1, &body))
}

/// The beginning of a server of TLS 1.2, which shows its certificate.
pub(crate) fn shown(certificate: &[u8]) -> Vec<u8> {
    let server = [&[3, 3][..], &[9; 32], &[0, 0, 0x2F, 0]].concat();
    let one = [&three(certificate.len())[..], certificate].concat();
    let all = [&three(one.len())[..], &one].concat();
    record(&[message(2, &server), message(11, &all)].concat())
}

fn three(number: usize) -> [u8; 3] {
    let [.., a, b, c] = number.to_be_bytes();
    [a, b, c]
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    [&[kind][..], &three(body.len()), body].concat()
}

fn record(inside: &[u8]) -> Vec<u8> {
    [&[22, 3, 1][..], &two(inside.len()), inside].concat()
}

/// A certificate for that name and house, signed by nobody.
pub(crate) fn certificate(common: &str, house: &str) -> Vec<u8> {
    const SEQUENCE: u8 = 0x30;
    const TEXT: u8 = 0x0C;
    let part = |oid: u8, text: &str| {
        let id = der(6, &[0x55, 4, oid]);
        der(0x31, &der(SEQUENCE, &[id, der(TEXT, text.as_bytes())].concat()))
    };
    let name = der(SEQUENCE, &[part(6, "CN"), part(10, house), part(3, common)].concat());
    let signed_with = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 1];
    let algorithm = |last: u8| {
        let id = der(6, &[&signed_with[..], &[last]].concat());
        der(SEQUENCE, &[id, vec![5, 0]].concat())
    };
    let validity = [der(0x17, b"200101000000Z"), der(0x17, b"400101000000Z")].concat();
    let key = der(SEQUENCE, &[der(2, &[0x55; 64]), der(2, &[1, 0, 1])].concat());
    let key = [algorithm(1), der(3, &[&[0][..], &key].concat())].concat();
    let body = [
        der(0xA0, &der(2, &[2])),
        der(2, &[7]),
        algorithm(11),
        name.clone(),
        der(SEQUENCE, &validity),
        name,
        der(SEQUENCE, &key),
    ];
    let all = [der(SEQUENCE, &body.concat()), algorithm(11), der(3, &[0; 65])];
    der(SEQUENCE, &all.concat())
}

fn der(tag: u8, inside: &[u8]) -> Vec<u8> {
    let length = match inside.len() {
        short @ 0..128 => vec![short as u8],
        long @ 128..256 => vec![0x81, long as u8],
        long => [&[0x82][..], &two(long)].concat(),
    };
    [&[tag][..], &length, inside].concat()
}

/// The description of a stream, as a server of RTSP answers.
pub(crate) fn described() -> Vec<u8> {
    let body = "v=0\r\no=- 2251938202 2251938202 IN IP4 0.0.0.0\r\ns=RTSP Session/2.0\r\n\
        c=IN IP4 0.0.0.0\r\nt=0 0\r\na=control:*\r\na=range:npt=now-\r\n\
        a=packetization-supported:DH\r\n\
        m=video 0 RTP/AVP 96\r\na=control:trackID=0\r\na=framerate:25.000000\r\n\
        a=rtpmap:96 H264/90000\r\na=recvonly\r\n";
    format!(
        "RTSP/1.0 200 OK\r\nCSeq: 2\r\nServer: Rtsp Server/3.0\r\nContent-Type: application/sdp\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}
