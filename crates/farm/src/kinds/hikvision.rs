//! Hikvision's firmware, under its own name and under another.

use super::Kind;
use super::said::{digits, found, guarded, hexadecimal, mac, plain, time, uuid};
use crate::device::{Service, Stand};

/// A camera of Hikvision's.
pub(super) static CAMERA: Kind = Kind {
    id: "hikvision",
    title: "a camera of Hikvision's under its own name",
    maker: Some("hikvision"),
    label: Some("Hikvision"),
    odd: None,
    is_hostile: false,
    source: "the answer of a DS-2CD2385G1-I to SADP as it was posted, its fields in their order; \
             heads of HTTP by nmap-service-probes and recog; the realm of RTSP by webrtc-streamer \
             issue 138; scopes of ONVIF in the order of three samples",
    make: |stand, random| {
        let serial = format!("DS-2CD2385G1-I20200414AAWRE{}", digits(random, 8));
        camera(stand, random, "DS-2CD2385G1-I", &serial, "<DetailOEMCode>1</DetailOEMCode>");
        let mac = mac(random, "58-50-ed", ':');
        let endpoint = format!("urn:uuid:{}", uuid(random));
        let mac = format!("MAC/{mac}");
        let scopes = [
            "type/video_encoder",
            "Profile/Streaming",
            "Profile/G",
            "Profile/T",
            &mac,
            "hardware/DS-2CD2385G1-I",
            "name/HIKVISION%20DS-2CD2385G1-I",
            "location/city/hangzhou",
        ];
        let says = found(stand.address, &endpoint, &scopes);
        stand.hear("ws-discovery-video", says);
    },
};

/// A camera that Hikvision makes for others, under a model number that is none of its own.
pub(super) static RELABELLED: Kind = Kind {
    id: "hikvision-relabelled",
    title: "a camera of Hikvision's that is sold under another name",
    maker: Some("hikvision"),
    label: None,
    odd: None,
    is_hostile: false,
    source: "the same firmware; ECI-T24F2 and the form of its serial number as an owner posted \
             them. No answer to SADP of such a unit is known with its code of the customer: none \
             stands in this one",
    make: |stand, random| {
        let serial = format!("ECI-T24F220230615AAWRAC{}", digits(random, 7));
        camera(stand, random, "ECI-T24F2", &serial, "");
    },
};

fn camera(stand: &mut Stand, random: &mut fastrand::Rng, model: &str, serial: &str, code: &str) {
    let (address, mac) = (stand.address, mac(random, "58-50-ed", '-'));
    stand.hear(
        "sadp-inquiry",
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<ProbeMatch>\r\n<Uuid>{}</Uuid>\r\n\
             <Types>inquiry</Types>\r\n<DeviceType>141945</DeviceType>\r\n\
             <DeviceDescription>{model}</DeviceDescription>\r\n<DeviceSN>{serial}</DeviceSN>\r\n\
             <CommandPort>8000</CommandPort>\r\n<HttpPort>80</HttpPort>\r\n<MAC>{mac}</MAC>\r\n\
             <IPv4Address>{address}</IPv4Address>\r\n<DHCP>true</DHCP>\r\n\
             <AnalogChannelNum>0</AnalogChannelNum>\r\n\
             <DigitalChannelNum>1</DigitalChannelNum>\r\n\
             <SoftwareVersion>V5.6.2build 190701</SoftwareVersion>\r\n\
             <DSPVersion>V7.3 build 190626</DSPVersion>\r\n<Encrypt>true</Encrypt>\r\n\
             <ResetAbility>false</ResetAbility>\r\n<DiskNumber>0</DiskNumber>\r\n\
             <Activated>true</Activated>\r\n<PasswordResetAbility>true</PasswordResetAbility>\r\n\
             {code}<SupportHCPlatform>true</SupportHCPlatform>\r\n\
             <HCPlatformEnable>flase</HCPlatformEnable>\r\n<DeviceLock>flase</DeviceLock>\r\n\
             <SDKOverTLSPort>8443</SDKOverTLSPort>\r\n</ProbeMatch>",
            uuid(random).to_uppercase()
        ),
    );
    let heads = "HTTP/1.1 200 OK\r\nServer: App-webs/\r\nContent-Type: text/html\r\n\
                 Connection: close\r\n";
    let page = plain(heads, "<!doctype html>\r\n<html>\r\n<head></head>\r\n</html>");
    let said = time("HTTP/1.1 200 OK\r\nContent-Type: application/soap+xml\r\n", "env");
    stand.serve(80, Service::Web { page, time: Some(said) });
    let tail = serial[serial.len() - 4..].to_owned();
    let nonce = hexadecimal(random, 32).to_lowercase();
    let asks = format!("Digest realm=\"IP Camera(E{tail})\", nonce=\"{nonce}\", stale=\"FALSE\"");
    stand.serve(554, guarded("", &asks));
    stand.serve(8_000, Service::Mute);
}
