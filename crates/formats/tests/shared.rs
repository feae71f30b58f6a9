//! The real observations, when they lie beside the repository.

use std::path::{Path, PathBuf};

use whomade_core::diagnostic::Severity;
use whomade_core::observation::Field;
use whomade_formats::read::{Options, read_file, read_labelled};

use crate::show::Show;

fn shared(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared").join(name);
    if path.is_file() {
        return Some(path);
    }
    // Tests may print; this is how they say that they did not run.
    eprintln_skipped();
    None
}

#[expect(clippy::print_stderr, reason = "a test that was skipped says so")]
fn eprintln_skipped() {
    eprintln!("skipped: no ../shared");
}

#[test]
fn the_open_set_reads_without_a_diagnostic() {
    let Some(path) = shared("truth/dev.jsonl") else { return };
    let (all, said) = read_labelled(&path);
    assert_eq!(all.len(), 520);
    assert!(said.is_empty(), "{said:?}");
    let silent: Vec<&str> = all
        .iter()
        .filter(|labelled| labelled.device.observations.is_empty())
        .map(|labelled| labelled.raw.as_str())
        .collect();
    assert!(silent.len() <= 3, "{} records say nothing: {silent:?}", silent.len());
    let isapi = all.iter().filter(|labelled| labelled.kind == "isapi");
    for labelled in isapi {
        assert!(labelled.device.first(Field::Mac).is_none());
        assert!(labelled.device.first(Field::Firmware).is_some());
    }
    let mut show = Show::default();
    read_file(&path, &Options::default(), &mut show);
    assert_eq!(show.devices.len(), 520);
}

#[test]
fn the_register_reads_without_an_error() {
    let Some(path) = shared("samples/onvif-register/products.tsv.gz") else { return };
    let mut show = Show::default();
    read_file(&path, &Options::default(), &mut show);
    let errors = show.diagnostics.iter().filter(|said| said.severity == Severity::Error);
    assert_eq!(errors.count(), 0, "{:?}", show.codes());
    assert_eq!(show.devices.len(), 31_755);
    let with = |field: Field| show.devices.iter().filter(|d| d.first(field).is_some()).count();
    assert_eq!(with(Field::Company), 31_755);
    assert_eq!(with(Field::Model), 31_755);
    assert_eq!(with(Field::Firmware), 28_317);
    assert!(show.devices.iter().filter(|device| device.installed.is_some()).count() > 31_000);
}

#[test]
fn the_dumps_of_isapi_name_their_device() {
    let names = [
        ("DS-2CD2346G2-ISU", "DS-2CD2346G2-ISU/SL", "V5.7.18 build 240826"),
        ("DS-2CD2386G2-IU", "DS-2CD2386G2-IU", "V5.7.15 build 240201"),
        ("DS-2CD2443G0-IW", "DS-2CD2443G0-IW", "V5.6.5 build 200316"),
        ("DS-2CD2532F-IWS", "DS-2CD2532F-IWS", "V5.2.0 build 140721"),
        ("DS-2SE4C425MWG-E-26", "DS-2SE4C425MWG-E-26", "V5.8.1 build 240929"),
        ("DS-7608NXI-I2", "DS-7608NXI-I2/8P/S", "V4.62.210 build 230619"),
        ("DS-7732NI-M4", "DS-7732NI-M4", "V5.03.020 build 240904"),
    ];
    for (file, model, firmware) in names {
        let Some(path) = shared(&format!("samples/isapi/{file}.json")) else { return };
        let mut show = Show::default();
        read_file(&path, &Options::default(), &mut show);
        let told = show.understood.first().map(|told| told.format.word);
        assert_eq!(told, Some("isapi"), "{file}");
        assert!(show.diagnostics.is_empty(), "{file}: {:?}", show.codes());
        // Serial numbers and addresses there were made up by the publisher.
        let own: Vec<_> =
            show.devices.iter().filter(|one| one.first(Field::Isapi).is_some()).collect();
        assert_eq!(own.len(), 1, "{file}");
        assert_eq!(own[0].first(Field::Model), Some(model), "{file}");
        assert_eq!(own[0].first(Field::Firmware), Some(firmware), "{file}");
    }
}

#[test]
fn a_recorder_names_the_cameras_behind_it() {
    let Some(path) = shared("samples/isapi/DS-7608NXI-I2.json") else { return };
    let mut show = Show::default();
    read_file(&path, &Options::default(), &mut show);
    let behind = show.devices.iter().filter(|one| one.first(Field::Isapi).is_none());
    let models: Vec<Option<&str>> = behind.map(|one| one.first(Field::Model)).collect();
    // The fourth tells the recorder nothing that names it.
    let camera = Some("DS-2CD2386G2-IU");
    assert_eq!(models[..3], [camera, camera, Some("IPC")]);
    assert!(models[3..].iter().all(Option::is_none), "{models:?}");
}

#[test]
fn what_nmap_found_elsewhere_is_read() {
    for (file, hosts) in [
        ("libnmap_1_hosts_banner", 1),
        ("libnmap_2_hosts_version", 2),
        ("defectdojo_nmap_v6.40", 1),
    ] {
        let Some(path) = shared(&format!("samples/nmap/{file}.xml")) else { return };
        let mut show = Show::default();
        read_file(&path, &Options::default(), &mut show);
        assert_eq!(show.devices.len(), hosts, "{file}: {:?}", show.codes());
        assert!(show.devices.iter().all(|one| one.first(Field::Ip).is_some()), "{file}");
        assert!(show.diagnostics.is_empty(), "{file}: {:?}", show.codes());
    }
}

#[test]
fn what_captures_show_is_of_whom_it_shows() {
    let Some(boot) = shared("samples/pcap/amcrest_ip2m841_boot.pcap") else { return };
    let mut show = Show::default();
    read_file(&boot, &Options::default(), &mut show);
    assert!(show.diagnostics.is_empty(), "{:?}", show.codes());
    let camera = show.devices.iter().find(|one| one.name == "10.0.0.150").expect("the camera");
    let has = |field: Field, value: &str| {
        let seen = |one: &whomade_core::observation::Observation| {
            one.field == field && one.value.contains(value)
        };
        assert!(camera.observations.iter().any(seen), "{field}: {value}");
    };
    has(Field::Mac, "9c:8e:cd:");
    has(Field::DhcpOptions, "1,3,4,5,6,12,15,28,42");
    has(Field::Mdns, "IPC_DM368._psia._tcp.local");
    has(Field::DnsName, "config.amcrestcloud.com");
    has(Field::OnvifScopes, "onvif://");
    assert!(camera.others.len() > 10 && camera.others.iter().all(|one| one.seen.is_some()));
    // A client's addresses are its own though they are no network's nearby.
    let Some(dhcp) = shared("samples/pcap/zeek_dhcp.pcap") else { return };
    let mut show = Show::default();
    read_file(&dhcp, &Options::default(), &mut show);
    let [client] = &show.devices[..] else { panic!("{:?}", show.devices) };
    assert_eq!(client.first(Field::Hostname), Some("btest.is.cool"));
    // The tracks of a stream that has no path are no path of it.
    let Some(stream) = shared("samples/pcap/ndpi_rtsp.pcap") else { return };
    let mut show = Show::default();
    read_file(&stream, &Options::default(), &mut show);
    let served = show.devices.iter().find(|one| one.first(Field::Sdp).is_some());
    let served = served.expect("who streams");
    assert_eq!(served.first(Field::RtspServer), Some("VLC/3.0.12"));
    assert_eq!(served.first(Field::RtspPath), None);
}
