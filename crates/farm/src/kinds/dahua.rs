//! Dahua's firmware, under its own name and under those of customers.

use super::Kind;
use super::said::{digits, found, guarded, hexadecimal, mac, page, uuid, web};
use crate::device::{Service, Stand};

/// A camera without a name on it.
pub(super) static CAMERA: Kind = Kind {
    id: "dahua",
    title: "a camera of Dahua's firmware that names nobody",
    maker: Some("dahua"),
    label: None,
    odd: None,
    is_hostile: false,
    source: "the answer of an IPC-HDW1431T1-S4 to DHIP as it was posted; heads of HTTP by \
             nmap-service-probes and Plum-Island issue 204; the realm of RTSP by retina issue 62",
    make: |stand, random| {
        let serial = serial(random);
        camera(stand, random, &serial, ["Private", "IPC-HDW1431T1-S4", "IPC", "08-ed-ed"]);
    },
};

/// One that Dahua makes for Intelbras, with that customer's code in its firmware version.
pub(super) static INTELBRAS: Kind = Kind {
    id: "dahua-intelbras",
    title: "a door station that Dahua makes for Intelbras",
    maker: Some("dahua"),
    label: Some("Intelbras"),
    odd: None,
    is_hostile: false,
    source: "the answer of an SS 3530 MF FACE W to DHIP as it was posted: vendor, class, and the \
             customer's code in the version",
    make: |stand, random| {
        let serial = format!("K3LJ34{}RH", digits(random, 5));
        camera(stand, random, &serial, ["Intelbras", "SS 3530 MF FACE W", "BSC", "b4-4c-3b"]);
    },
};

/// One that Dahua makes for Amcrest, found by its scopes.
pub(super) static AMCREST: Kind = Kind {
    id: "dahua-amcrest",
    title: "a camera that Dahua makes for Amcrest",
    maker: Some("dahua"),
    label: Some("Amcrest"),
    odd: None,
    is_hostile: false,
    source: "scopes of an IP2M-841B in their order, as recorded (SeryioGonzalez/onvif_scripts; the \
             same in Practical IoT Hacking, listing 6-4)",
    make: |stand, random| by_scopes(stand, random, ["china", "Amcrest", "IP2M-841B", ""]),
};

/// One that Dahua makes for Lorex, under the name General.
pub(super) static LOREX: Kind = Kind {
    id: "dahua-lorex",
    title: "a recorder that Dahua makes for Lorex, under the name General",
    maker: Some("dahua"),
    label: None,
    odd: None,
    is_hostile: false,
    source: "scopes of an N864A6 in their order (a test of the library ExOnvif)",
    make: |stand, random| by_scopes(stand, random, ["China", "General", "N864A6", "/1"]),
};

/// Fifteen letters and digits in the form of those that are known.
fn serial(random: &mut fastrand::Rng) -> String {
    format!("{}P{}{}", hexadecimal(random, 7), "AG", hexadecimal(random, 5))
}

/// What the firmware serves whoever sells it.
fn served(stand: &mut Stand, random: &mut fastrand::Rng, serial: &str) {
    let body = "\u{feff}<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0 Transitional//EN\" \
                \"http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd\">\n<html>\
                <head><title>WEB</title></head><body></body></html>";
    let heads = format!(
        "HTTP/1.1 200 OK\r\nCONNECTION: close\r\nCACHE-CONTROL: max-age=0\r\n\
         P3P: CP=CAO PSA OUR\r\nEtag: \"17{}:{:x}\"\r\nCONTENT-TYPE: text/html\r\n",
        digits(random, 8),
        body.len()
    );
    stand.serve(80, web(page(&heads, "CONTENT-LENGTH: ", body)));
    let nonce = hexadecimal(random, 32).to_lowercase();
    let asks = format!("Digest realm=\"Login to {serial}\", nonce=\"{nonce}\"");
    stand.serve(554, guarded("Rtsp Server/3.0", &asks));
    stand.serve(37_777, Service::Mute);
}

fn camera(
    stand: &mut Stand,
    random: &mut fastrand::Rng,
    serial: &str,
    [vendor, model, class, oui]: [&str; 4],
) {
    let (address, mac) = (stand.address, mac(random, oui, ':'));
    let version = match vendor {
        "Intelbras" => "2.000.00IB004.0.R",
        _ => "2.800.0000000.13.R",
    };
    let json = format!(
        "{{\"mac\":\"{mac}\",\"method\":\"client.notifyDevInfo\",\"params\":{{\"deviceInfo\":{{\
         \"AlarmInputChannels\":0,\"AlarmOutputChannels\":0,\"DeviceClass\":\"{class}\",\
         \"DeviceID\":\"\",\"DeviceType\":\"{model}\",\"Find\":\"BC\",\"FindVersion\":1,\
         \"HttpPort\":80,\"IPv4Address\":{{\"DhcpEnable\":true,\"IPAddress\":\"{address}\"}},\
         \"Init\":2714,\"MachineName\":\"{serial}\",\"Manufacturer\":\"{vendor}\",\"Port\":37777,\
         \"RemoteVideoInputChannels\":0,\"SerialNo\":\"{serial}\",\"UnLoginFuncMask\":1,\
         \"Vendor\":\"{vendor}\",\"Version\":\"{version}\",\"VideoInputChannels\":1,\
         \"VideoOutputChannels\":0}}}}}}\n\0"
    );
    let length = (json.len() as u64).to_le_bytes();
    let head = [&b"\x20\0\0\0DHIP\0\0\0\0\0\0\0\0"[..], &length, &length].concat();
    stand.hear("dhip-search", [head, json.into_bytes()].concat());
    served(stand, random, serial);
}

fn by_scopes(
    stand: &mut Stand,
    random: &mut fastrand::Rng,
    [country, name, model, number]: [&str; 4],
) {
    let endpoint = format!("uuid:{}", uuid(random));
    let all = [
        format!("location/country/{country}"),
        format!("name/{name}"),
        format!("hardware/{model}"),
        "Profile/Streaming".to_owned(),
        "type/Network_Video_Transmitter".to_owned(),
        format!("extension/unique_identifier{number}"),
    ];
    let scopes: Vec<&str> = all.iter().map(String::as_str).collect();
    let says = found(stand.address, &endpoint, &scopes);
    stand.hear("ws-discovery-video", says);
    let serial = serial(random);
    served(stand, random, &serial);
}
