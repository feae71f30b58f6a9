//! Inventories and dumps: what must not be kept of them, and what their size must not do.

use std::fmt::Write as _;
use std::path::Path;

use whomade_core::observation::Field;
use whomade_formats::read::{Options, read_file, read_stream};

use crate::show::Show;

fn read(text: &str) -> Show {
    let mut show = Show::default();
    read_stream("export", &mut text.as_bytes(), &Options::default(), &mut show);
    show
}

fn case(name: &str) -> Show {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name);
    let mut show = Show::default();
    read_file(&path, &Options::default(), &mut show);
    show
}

#[test]
fn what_somebody_logs_in_with_is_neither_kept_nor_shown() {
    let secrets = ["Swordfish", "Hunter2", "1234-AB-77", "se;cret"];
    for name in [
        "table/milestone-report/input.csv",
        "table/milestone-import/input.csv",
        "table/device-manager/input.csv",
        "magicbox/answers/input.txt",
        "onvif/damaged/input.xml",
        "snipe-it/rows/input.json",
    ] {
        let show = case(name);
        assert!(!show.devices.is_empty(), "{name}");
        let said = format!("{:?} {:?}", show.devices, show.diagnostics);
        for secret in secrets {
            assert!(!said.contains(secret), "{name} keeps {secret}");
        }
    }
}

#[test]
fn a_password_that_looks_like_a_model_is_none() {
    let show = read("Name,IP,Password\nGate,192.0.2.21,DS-2CD2143G2-I\n");
    assert_eq!(show.devices[0].first(Field::Model), None, "{}", show.text);
    let text = show.devices[0].record.text.as_str();
    assert_eq!(text, "Gate,192.0.2.21,**************");
}

#[test]
fn an_export_of_sadp_is_no_reply_of_a_device() {
    let show = case("table/sadp-export/input.csv");
    assert_eq!(show.devices.len(), 3);
    for device in &show.devices {
        assert_eq!(device.first(Field::Sadp), None);
        assert!(device.first(Field::Serial).is_some() && device.first(Field::Model).is_some());
        // Its number in the list is nobody's name.
        assert!(device.name.starts_with("line "), "{}", device.name);
    }
}

#[test]
fn streets_are_no_addresses_of_the_network() {
    let show = read("Name,Model,Address\nGate,DS-2CD2143G2-I,4 Mill Lane\n");
    assert_eq!(show.devices[0].first(Field::Ip), None, "{}", show.text);
}

#[test]
fn replies_of_very_many_devices_stay_apart() {
    let mut text = String::new();
    for number in 0..2000 {
        writeln!(
            text,
            "<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\" \
             xmlns:tds=\"http://www.onvif.org/ver10/device/wsdl\"><s:Body>\
             <tds:GetDeviceInformationResponse><tds:Model>N864A6</tds:Model><tds:SerialNumber>\
             7A01234PAG{number:05}</tds:SerialNumber></tds:GetDeviceInformationResponse>\
             </s:Body></s:Envelope>"
        )
        .unwrap();
    }
    let show = read(&text);
    assert_eq!(show.devices.len(), 2000);
    let serials = show.devices.iter().filter(|one| {
        one.observations.iter().filter(|seen| seen.field == Field::Serial).count() == 1
    });
    assert_eq!(serials.count(), 2000);
}

#[test]
fn a_recorder_with_two_cards_is_one_device() {
    let card = |number: u8| {
        format!(
            "<NetworkInterface><IPAddress><ipAddress>192.0.2.{number}</ipAddress></IPAddress>\
             <Link><MACAddress>44:19:b6:0a:1c:{number}</MACAddress></Link></NetworkInterface>"
        )
    };
    let space = "xmlns=\"http://www.hikvision.com/ver20/XMLSchema\"";
    let (one, other) = (card(40), card(41));
    let show = read(&format!(
        "<DeviceInfo {space}><model>DS-7608NI-K2</model><macAddress>44:19:b6:0a:1c:40</macAddress>\
         </DeviceInfo>\n<NetworkInterfaceList {space}>{one}{other}</NetworkInterfaceList>"
    ));
    assert_eq!(show.devices.len(), 1, "{}", show.text);
    let macs = show.devices[0].observations.iter().filter(|seen| seen.field == Field::Mac);
    assert_eq!(macs.count(), 2);
}

#[test]
fn libraries_are_counted_once_however_many() {
    let mut text = String::from("{\"bomFormat\":\"CycloneDX\",\"components\":[");
    for number in 0..5000 {
        write!(text, "{{\"type\":\"library\",\"name\":\"lib{number}\"}},").unwrap();
    }
    text.push_str("{\"type\":\"device\",\"name\":\"DS-2CD2143G2-I\"}]}");
    let show = read(&text);
    assert_eq!(show.devices.len(), 1);
    assert_eq!(show.codes(), ["read/software-parts"]);
    assert!(show.diagnostics[0].message.starts_with("5000 parts are software"));
}

#[test]
fn a_bill_of_libraries_alone_says_so() {
    let show = read("{\"spdxVersion\":\"SPDX-2.2\",\"packages\":[{\"name\":\"zlib\"}]}");
    assert!(show.devices.is_empty());
    assert_eq!(show.codes(), ["read/software-parts", "read/says-nothing"]);
}

#[test]
fn a_bill_nested_without_end_is_told_and_left() {
    let depth = 100_000;
    let text = format!(
        "{{\"bomFormat\":\"CycloneDX\",\"components\":[{}{}]}}",
        "{\"components\":[".repeat(depth),
        "]}".repeat(depth)
    );
    let show = read(&text);
    assert!(show.devices.is_empty());
    assert_eq!(show.codes().first(), Some(&"read/bad-json"));
}

#[test]
fn searches_alone_are_no_devices() {
    let show = read(
        "M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: \"ssdp:discover\"\r\n\
         ST: ssdp:all\r\n\r\n",
    );
    assert!(show.devices.is_empty(), "{}", show.text);
    assert_eq!(show.codes(), ["read/says-nothing"]);
}

#[test]
fn what_waits_for_more_lines_is_held_within_a_limit() {
    let mut text = String::new();
    let padding = "x".repeat(4000);
    for number in 0..1250 {
        let (high, low) = (number / 250, number % 250 + 1);
        writeln!(
            text,
            "NOTIFY * HTTP/1.1\nLOCATION: http://198.51.{high}.{low}/d.xml\nNT: {padding}\nUSN: u\n"
        )
        .unwrap();
    }
    let show = read(&text);
    assert_eq!(show.devices.len(), 1250);
    let line = |number: u32| format!("=;eth0;IPv4;{padding}{number};_http._tcp;local;h;::1;80;\n");
    let lines: String = (0..1500).map(line).collect();
    let show = read(&lines);
    // One host whose lines are more than are held is told of twice.
    assert_eq!(show.devices.len(), 2, "{}", show.devices.len());
}
