//! A folder of everything that people have about the same fifty devices: a list, scans of several
//! makes, leases, tables of neighbours and of a switch, logs. It yields fifty devices.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::room::{Printed, Room};

/// Devices of the estate.
const DEVICES: usize = 50;

/// 2026-11-02 at 08:00 UTC.
const MORNING: usize = 1_793_606_400;

/// A make: its label, a model whose last number is counted, its address block, what its web server
/// says, and whose design it is.
struct Make {
    label: &'static str,
    model: fn(usize) -> String,
    block: &'static str,
    header: (&'static str, &'static str),
    maker: &'static str,
}

const MAKES: [Make; 5] = [
    Make {
        label: "Hikvision",
        model: |_| "DS-2CD2143G2-I".to_owned(),
        block: "44:19:b6",
        header: ("Server", "DNVRS-Webs"),
        maker: "Hikvision",
    },
    Make {
        label: "LTS",
        model: |_| "CMIP7422N-28M".to_owned(),
        block: "44:19:b6",
        header: ("Server", "DNVRS-Webs"),
        maker: "Hikvision",
    },
    Make {
        label: "Lorex",
        model: |_| "LNB4321B".to_owned(),
        block: "a0:bd:1d",
        header: ("WWW-Authenticate", "Digest realm=\"Login to 4K01FD2PAJ6E3FF\", nonce=\"1\""),
        maker: "Dahua",
    },
    Make {
        label: "Axis",
        model: |_| "P3245-LVE".to_owned(),
        block: "ac:cc:8e",
        header: ("WWW-Authenticate", "Digest realm=\"AXIS_ACCC8E010203\", nonce=\"1\""),
        maker: "Axis",
    },
    Make {
        label: "Hanwha",
        model: |_| "QNV-8080R".to_owned(),
        block: "00:09:18",
        header: ("Server", "none"),
        maker: "Hanwha Vision",
    },
];

fn make(device: usize) -> &'static Make {
    &MAKES[device % MAKES.len()]
}

fn mac(device: usize) -> String {
    format!("{}:00:00:{device:02x}", make(device).block)
}

fn ip(device: usize) -> String {
    format!("192.0.2.{}", device + 1)
}

/// A folder that is being filled, and which device each record of it is of.
#[derive(Default)]
struct Folder {
    files: BTreeMap<&'static str, String>,
    truth: BTreeMap<String, usize>,
}

impl Folder {
    /// Text that is of no device.
    fn text(&mut self, file: &'static str, text: &str) {
        let all = self.files.entry(file).or_default();
        all.push_str(text);
        all.push('\n');
    }

    /// A line that is a record of a device.
    fn record(&mut self, file: &'static str, device: usize, line: &str) {
        self.text(file, line);
        let number = self.files[file].lines().count();
        self.truth.insert(format!("all/{file}:{number}"), device);
    }
}

fn folder() -> Folder {
    let mut all = Folder::default();
    lists(&mut all);
    scans(&mut all);
    leases(&mut all);
    logs(&mut all);
    all
}

/// Forty of them stand in a list: half with their hardware address, half with where they are.
fn lists(all: &mut Folder) {
    all.text("inventory.csv", "Camera,Make,Model,MAC,IP address,Site");
    for device in 0..40 {
        let (make, name) = (make(device), format!("CAM-{device:03}"));
        let (mac, ip) = if device % 2 == 0 {
            (mac(device), String::new())
        } else {
            (String::new(), ip(device))
        };
        let model = (make.model)(device);
        let row = format!("{name},{},{model},{mac},{ip},Depot", make.label);
        all.record("inventory.csv", device, &row);
    }
    all.text(
        "devices.json",
        "{\"version\":1,\"key\":\"core.device_registry\",\"data\":{\"devices\":[",
    );
    for device in 40..50 {
        let (make, model) = (make(device), (make(device).model)(device));
        let one = json!({
            "name": format!("Yard {device}"), "manufacturer": make.label, "model": model,
            "connections": [["mac", mac(device)]], "entry_type": null,
        });
        let comma = if device < 49 { "," } else { "" };
        all.record("devices.json", device, &format!("{one}{comma}"));
    }
    all.text("devices.json", "]}}");
}

fn scans(all: &mut Folder) {
    all.text(
        "scan.xml",
        "<?xml version=\"1.0\"?><nmaprun scanner=\"nmap\" xmloutputversion=\"1.05\">",
    );
    for device in 0..20 {
        let (at, ip, mac) = (MORNING + device, ip(device), mac(device));
        let (name, value) = make(device).header;
        let script = if name == "Server" {
            format!("<script id=\"http-server-header\" output=\"{value}\"/>")
        } else {
            let value = value.replace('"', "&quot;");
            format!("<script id=\"http-auth\" output=\"{value}\"/>")
        };
        all.record(
            "scan.xml",
            device,
            &format!(
                "<host starttime=\"{at}\" endtime=\"{}\"><status state=\"up\"/><address \
                 addr=\"{ip}\" addrtype=\"ipv4\"/><address addr=\"{mac}\" addrtype=\"mac\"/>\
                 <ports><port protocol=\"tcp\" portid=\"80\"><state state=\"open\"/>{script}\
                 </port></ports></host>",
                at + 60
            ),
        );
    }
    all.text("scan.xml", "</nmaprun>");
    for device in 20..35 {
        let (name, value) = make(device).header;
        let key = name.to_lowercase().replace('-', "_");
        let one = json!({ "ip": ip(device), "data": { "http": {
            "status": "success", "protocol": "http", "port": 80, "timestamp": "2026-11-02T08:10:00Z",
            "result": { "response": { "status_line": "401 Unauthorized", "status_code": 401,
                "protocol": { "name": "HTTP/1.1", "major": 1, "minor": 1 },
                "headers": { key: [value] } } } } } });
        all.record("banners.jsonl", device, &one.to_string());
    }
    for device in 30..45 {
        let (name, value) = make(device).header;
        let banner = format!("HTTP/1.1 401 Unauthorized\r\n{name}: {value}\r\n\r\n");
        let one = json!({ "_shodan": { "module": "http" }, "ip_str": ip(device), "port": 80,
            "transport": "tcp", "timestamp": "2026-11-02T08:20:00.000000", "data": banner });
        all.record("shodan.jsonl", device, &one.to_string());
    }
    all.text("masscan.json", "[");
    for device in 44..50 {
        let (name, value) = make(device).header;
        let banner = format!("HTTP/1.1 401 Unauthorized\r\n{name}: {value}\r\n\r\n");
        let one = json!({ "ip": ip(device), "timestamp": (MORNING + 600).to_string(), "ports":
            [{ "port": 80, "proto": "tcp", "service": { "name": "http", "banner": banner } }] });
        let comma = if device < 49 { "," } else { "" };
        all.record("masscan.json", device, &format!("{one}{comma}"));
    }
    all.text("masscan.json", "]");
    all.text(
        "scan.gnmap",
        "# Nmap 7.95 scan initiated Mon Nov  2 08:00:00 2026 as: nmap -oG scan.gnmap",
    );
    for device in 0..50 {
        let line = format!("Host: {} ()\tPorts: 80/open/tcp//http///", ip(device));
        all.record("scan.gnmap", device, &line);
    }
}

fn leases(all: &mut Folder) {
    for device in 0..50 {
        let (until, mac, ip) = (MORNING + 40_000, mac(device), ip(device));
        all.record("dnsmasq.leases", device, &format!("{until} {mac} {ip} ipc-{device} *"));
    }
    for device in 10..40 {
        let (mac, ip) = (mac(device), ip(device));
        all.record("neighbours.txt", device, &format!("{ip} dev eth0 lladdr {mac} REACHABLE"));
    }
    let ruled = "-".repeat(43);
    let head = "Vlan    Mac Address       Type        Ports";
    all.text(
        "switch.txt",
        &format!(
            "sw-gate-4#show mac address-table\n          Mac Address Table\n{ruled}\n\n{head}\n\
             ----    -----------       --------    -----"
        ),
    );
    for device in 0..50 {
        let digits = mac(device).replace(':', "");
        let dotted = [&digits[..4], &digits[4..8], &digits[8..]].join(".");
        let line = format!("  10    {dotted}    DYNAMIC     Gi1/0/{}", device + 1);
        all.record("switch.txt", device, &line);
    }
}

fn logs(all: &mut Folder) {
    for device in 5..25 {
        let asked = json!({ "timestamp": "2026-11-02T08:30:00.000000+0000", "event_type": "dhcp",
            "dhcp": { "type": "request", "client_mac": mac(device), "requested_ip": ip(device) } });
        all.record("eve.json", device, &asked.to_string());
    }
    for device in 25..45 {
        let seen = json!({ "timestamp": "2026-11-02T08:31:00.000000+0000", "event_type": "dns",
            "src_ip": ip(device), "dns": { "type": "query", "rrname": "time.example.net" } });
        all.record("eve.json", device, &seen.to_string());
    }
    all.text(
        "dhcp.log",
        "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n\
        #unset_field\t-\n#path\tdhcp\n\
        #fields\tts\tuids\tmac\thost_name\tassigned_addr\tlease_time\tmsg_types\n\
        #types\ttime\tset[string]\tstring\tstring\taddr\tinterval\tvector[string]",
    );
    for device in 0..30 {
        let (at, mac, ip) = (MORNING + 60, mac(device), ip(device));
        let line = format!("{at}.0\tC{device}\t{mac}\tipc-{device}\t{ip}\t3600.0\tREQUEST,ACK");
        all.record("dhcp.log", device, &line);
    }
    for device in 0..10 {
        let line = format!(
            "Nov  2 08:40:0{device} dnsmasq[7]: query[A] a{device}.example.net from {}",
            ip(device)
        );
        all.record("pihole.log", device, &line);
    }
}

#[test]
fn a_mixed_folder_about_fifty_devices_yields_fifty_devices() {
    let room = Room::new("mixed");
    let folder = folder();
    assert!(folder.files.len() >= 12, "{} kinds", folder.files.len());
    for (name, text) in &folder.files {
        room.write(&format!("all/{name}"), text.as_bytes());
    }
    let listed = text_of(room.run("whomade devices all --json -q"));
    let mut devices = Vec::new();
    for line in listed.lines() {
        let one: Value = serde_json::from_str(line).unwrap();
        if let Some(records) = one.get("records").and_then(Value::as_array) {
            devices.push((one["device"].as_str().unwrap().to_owned(), records.clone()));
        }
    }
    let mut wrong = String::new();
    let mut seen: BTreeSet<usize> = BTreeSet::new();
    let mut records_seen = 0;
    for (name, records) in &devices {
        let places = records.iter().map(|place| place.as_str().unwrap());
        let of: BTreeSet<Option<usize>> =
            places.clone().map(|place| folder.truth.get(place).copied()).collect();
        records_seen += records.len();
        match of.iter().copied().collect::<Vec<_>>().as_slice() {
            [Some(device)] if seen.insert(*device) => {}
            other => writeln!(wrong, "{name}: {other:?} {:?}", places.collect::<Vec<_>>()).unwrap(),
        }
    }
    assert!(wrong.is_empty(), "wrongly joined or parted:\n{wrong}");
    assert_eq!(devices.len(), DEVICES);
    assert_eq!(records_seen, folder.truth.len(), "records were lost or made up");
    let table = text_of(room.run("whomade screen all --csv -q --on 2026-11-22"));
    let mut rows = csv_rows(&table).into_iter();
    let header = rows.next().unwrap();
    let column = |name: &str| header.iter().position(|one| one == name).unwrap();
    let (place, maker, line) = (column("file"), column("maker"), column("line"));
    let mut judged = 0;
    for row in rows {
        let at = format!("{}:{}", row[place], row[line]);
        let device = folder.truth[&at];
        assert_eq!(row[maker], make(device).maker, "{at} {row:?}");
        judged += 1;
    }
    assert_eq!(judged, DEVICES);
}

fn text_of(printed: Printed) -> String {
    String::from_utf8(printed.bytes).unwrap()
}

/// The cells of a table without line breaks in cells.
fn csv_rows(text: &str) -> Vec<Vec<String>> {
    text.lines()
        .map(|line| {
            let mut cells = vec![String::new()];
            let mut quoted = false;
            for c in line.trim_end_matches('\r').chars() {
                match c {
                    '"' => quoted = !quoted,
                    ',' if !quoted => cells.push(String::new()),
                    c => cells.last_mut().unwrap().push(c),
                }
            }
            cells
        })
        .collect()
}

#[test]
fn a_label_of_several_records_is_one_in_every_output() {
    let room = Room::new("mixed-labels");
    let head = "Camera,Make,Model,MAC\n";
    let row = |label: &str| format!("{head}CAM-1,{label},IPC-B460HA-LU,44:19:b6:0a:1c:33\n");
    room.write("all/a.csv", row("house brand").as_bytes());
    room.write("all/b.csv", row("HiLook").as_bytes());
    let screen = |more: &str| {
        text_of(room.run(&format!("whomade screen all -q --on 2025-05-01 {more} 2>/dev/null")))
    };
    let table = screen("--csv");
    let rows: Vec<&str> = table.lines().skip(1).collect();
    assert_eq!(rows.len(), 1, "the two records are no longer one device: {table}");
    assert_eq!(rows[0].split(',').nth(4), Some("HiLook"), "{table}");
    for more in ["--json", "--json --evidence"] {
        let line = screen(more);
        let line: Value = serde_json::from_str(line.lines().next().unwrap()).unwrap();
        assert_eq!(line["written"]["label"], "HiLook", "{more}");
    }
    let sold = screen("--write markdown=-");
    assert!(sold.contains("HiLook") && !sold.contains("sold as house brand"), "{sold}");
    let _ = screen("--html page.html");
    let page = String::from_utf8(room.read("page.html")).unwrap();
    assert!(page.contains("HiLook") && !page.contains("<td>house brand</td>"), "{page}");
}
