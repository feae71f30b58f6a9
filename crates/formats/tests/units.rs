//! Single values: what they are taken for.

use whomade_core::observation::Field;
use whomade_formats::read::{
    Damage, FoundMac, find_mac, is_known_kind, labelled_line, observations_of, observed, recognise,
};

fn mac(text: &str) -> Option<String> {
    match find_mac(text) {
        FoundMac::Mac { value, .. } => Some(value),
        _ => None,
    }
}

#[test]
fn addresses_in_every_notation_are_one() {
    for text in [
        "44:19:b6:0a:1c:33",
        "44-19-B6-0A-1C-33",
        "4419.b60a.1c33",
        "4419-b60a-1c33",
        "4419b6-0a1c33",
        "4419B60A1C33",
        "44 19 b6 0a 1c 33",
        "44.19.b6.0a.1c.33",
        "44_19_b6_0a_1c_33",
        "44\u{2011}19\u{2011}b6\u{2011}0a\u{2011}1c\u{2011}33",
        "MAC: 44:19:B6:0A:1C:33 (eth0)",
        "eth0 4419.b60a.1c33",
        "(44:19:b6:0a:1c:33)",
    ] {
        assert_eq!(mac(text).as_deref(), Some("44:19:b6:0a:1c:33"), "{text}");
    }
    assert_eq!(mac("44:19:B6").as_deref(), Some("44:19:b6"));
}

#[test]
fn damaged_addresses_say_what_is_wrong() {
    let damage = |text: &str| match find_mac(text) {
        FoundMac::Damaged(damage) => Some(damage),
        _ => None,
    };
    assert_eq!(damage("44:19:b6:0a:1c"), Some(Damage::Length(10)));
    assert_eq!(damage("44:19:b6:0a:1c:33:44"), Some(Damage::Length(14)));
    assert_eq!(damage("44:19:B6:OA:1C:33"), Some(Damage::LetterO));
    assert_eq!(damage("44:19:b6:0a:1g:33"), Some(Damage::NotHex('g')));
    assert_eq!(damage("4419b60a1c3"), Some(Damage::Length(11)));
}

#[test]
fn what_is_no_address_is_none() {
    for text in ["", "camera 1", "2019-08-13", "12:30:45 h", "DS-2CD2143G2-I", "V5.5.53", "Gate"] {
        assert_eq!(mac(text), None, "{text}");
    }
}

#[test]
fn typed_values_are_recognised() {
    let cases = [
        ("44:19:b6:0a:1c:33", Some(Field::Mac)),
        ("44:19:B6", Some(Field::Mac)),
        ("Server: DNVRS-Webs", Some(Field::HttpServer)),
        ("WWW-Authenticate: Digest realm=\"Login to 4K049EBPAG1D7E7\"", Some(Field::AuthRealm)),
        ("V5.5.53 build 180716", Some(Field::Firmware)),
        ("2.800.00LR002.13.R", Some(Field::Firmware)),
        ("4K049EBPAG1D7E7", Some(Field::Serial)),
        ("DS-2CD2346G2-ISU/SL20230101AAWRJ12345678", Some(Field::Serial)),
        ("S/N: 123", Some(Field::Serial)),
        ("DS-2CD2143G2-I(2.8mm)", Some(Field::Model)),
        ("IPC-HFW1320S-W", Some(Field::Model)),
        ("CMIP7422N-28M", Some(Field::Model)),
        ("Hikvision DS-2CD2143G2-I", Some(Field::Product)),
        ("Amcrest", Some(Field::Label)),
        ("Digital Watchdog", Some(Field::Label)),
        ("842c79ab11f38323fc554afbea5c990a", Some(Field::FaviconMd5)),
        ("-1234567890", Some(Field::FaviconMmh3)),
        ("FCC ID: 2AHH6-DS2CD2143", Some(Field::FccId)),
        ("rtsp://u:p@10.0.0.1:554/cam/realmonitor?channel=1", Some(Field::RtspPath)),
        ("/Streaming/Channels/101", Some(Field::RtspPath)),
        ("/doc/page/login.asp", Some(Field::HttpPath)),
        ("p2p.amcrestview.com", Some(Field::DnsName)),
        ("onvif://www.onvif.org/name/Amcrest", Some(Field::OnvifScopes)),
        ("CN=www.hikvision.com,O=HIKVISION", Some(Field::TlsSubject)),
        ("10.0.0.17", None),
        ("42", None),
        ("", None),
    ];
    for (value, field) in cases {
        assert_eq!(recognise(value), field, "{value}");
    }
    assert_eq!(observed("Server: DNVRS-Webs").unwrap().value, "DNVRS-Webs");
    let path = observed("rtsp://u:p@10.0.0.1:554/cam/realmonitor?channel=1").unwrap();
    assert_eq!(path.value, "/cam/realmonitor?channel=1");
}

#[test]
fn the_prefixes_of_an_answer_are_read_with_its_scopes() {
    let raw = "<?xml version=\"1.0\"?><s:Envelope xmlns:sc=\"http://a\" xmlns:s=\"http://b\">\
               <d:Scopes>onvif://www.onvif.org/name/Any onvif://www.onvif.org/hardware/X1\
               </d:Scopes></s:Envelope>";
    let seen = observations_of("ws_discovery", raw);
    let value = |field| seen.iter().find(|one| one.field == field).map(|one| one.value.as_str());
    assert_eq!(value(Field::OnvifPrefixOrder), Some("s:Envelope sc s"));
    let scopes = "onvif://www.onvif.org/name/Any onvif://www.onvif.org/hardware/X1";
    assert_eq!(value(Field::OnvifScopes), Some(scopes));
    // A reply that was cut inside the start tag has no order to tell.
    let cut = observations_of("ws_discovery", &raw[..60]);
    assert!(cut.iter().all(|one| one.field != Field::OnvifPrefixOrder));
    for kind in ["onvif_device_info", "onvif_fault"] {
        assert_eq!(observations_of(kind, raw)[0].field, Field::OnvifPrefixOrder, "{kind}");
    }
}

#[test]
fn unknown_kinds_say_nothing_and_fail_nowhere() {
    assert!(!is_known_kind("tarot"));
    assert!(observations_of("tarot", "the tower").is_empty());
    assert!(is_known_kind("favicon_mmh3") && is_known_kind("http-server"));
    assert!(labelled_line("{\"kind\":1,\"raw\":null}").is_ok());
    assert!(labelled_line("{\"id\":\"a\"}").is_err());
    assert!(labelled_line("").is_err());
}

#[test]
fn invented_addresses_of_isapi_dumps_are_dropped_in_the_labelled_form_only() {
    let raw = "<DeviceInfo><model>DS-1</model><serialNumber>DS-1ABC</serialNumber>\
               <macAddress>44:19:b6:0a:1c:33</macAddress></DeviceInfo>";
    assert!(observations_of("isapi", raw).iter().any(|seen| seen.field == Field::Mac));
    let line = format!("{{\"kind\":\"isapi\",\"raw\":\"{raw}\"}}");
    let labelled = labelled_line(&line).unwrap();
    assert!(labelled.device.first(Field::Mac).is_none());
    assert!(labelled.device.first(Field::Serial).is_none());
    assert_eq!(labelled.device.first(Field::Model), Some("DS-1"));
}
