//! With whom the devices of a capture talk: a small one, and a real one where it is at hand.

use serde_json::Value;

use crate::room::{Room, root};

/// A capture that is made up, of a camera that asks for three services and the time: the same as in
/// the scenario.
const SMALL: &str = concat!(
    "H4sIAAAAAAACA92Uz2/SYBjHn5Y6oKzqCAeNHrroYdFQKBvLRqZxUOIyl60wMhdjVH5UwGE7oXJRE/0H+Af0",
    "4s2zB89Lmnjx6mkHz/4HO06e9gG6FozsaMk3bULfz/d5v33e56f19TMLHAyu01MABh9yv1/gbZmkXP3GX19k",
    "4QkAG4I8wAK+dm/mpHH0hWH7ilkqqECLVdYhMh6Ks95h+SgxJIFqDSisGnUoLFEek3y1bBMl66mFtSlXHMr9",
    "fElMiBulkpqQJVngN4yOmRHl1ZQkL69IspRKCrzAB8jrkOSruEJekqdi9Lo18Bq4iKlkUtx5IPC7WrurtTOi",
    "sr1X3I0/1Codgc8ZuqnpZnxL0+tmIyPa/hz575Bsf8blv277z53kyZ/5tA5piGNmDKUPEKhp3UijeRCvGrqu",
    "Vc1A1XiJfzIXCP+U5IqSsfEFwqcRjRaQ7hvcQfyH90j4K/5oll5ZA+4HvArOjPv+jP/7v4ugFa6wCvPH3i4K",
    "Tu5F5iwFCUiaP7YK3i4KESXKOPLWwnAO5W3CU8uZLmpr9WbH1NqizP93j2FKaJXky/k25Rzy5IwJ/RokZBzw",
    "PIFUku+zZ6nLlGETZ/tNLOGroyaeqbeMSrkV7pjl9lKr2dWGbRYh/jOSr9Ai8ZdcXZyFu8gfdfFkvruNvy/W",
    "wrPk95zk28++49f7iF64wipe2wcFz+T5L4FcN0k+1zXa5eYwxVw/xQU8oKMU2VoqWH5tGnp5dEwvEvkRyZff",
    "FpEzrvxysILkUX7jyJ7kYpc8Tr49kFMvTcm9Afz1nW7AdNflf9xTL40u9p7I6eaUTnPTj2iFRjTnGtHlw+bY",
    "GRo9z4hW7BHNuUb0JLx3RP8ByWT4fwEIAAA=",
);

/// Writes the small capture as `gate.pcap`.
pub(crate) fn small(room: &Room) {
    room.write("gate.b64", SMALL.as_bytes());
    let printed = room.run("base64 -d gate.b64 | gzip -d > gate.pcap");
    assert_eq!(printed.status, Some(0));
}

fn devices(room: &Room, command: &str) -> Vec<Value> {
    let printed = room.run(command);
    assert_eq!(printed.status, Some(0), "{}", String::from_utf8_lossy(&printed.bytes));
    let lines = String::from_utf8(printed.bytes).unwrap();
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
#[expect(clippy::print_stderr, reason = "a test that was skipped says so")]
fn the_clouds_of_a_real_camera_are_listed_and_only_a_sourced_operator_is_named() {
    let capture = root().join("../shared/samples/pcap/amcrest_ip2m841_boot.pcap");
    if !capture.exists() {
        eprintln!("skipped: no ../shared");
        return;
    }
    let room = Room::new("egress-real");
    room.write("boot.pcap", &std::fs::read(capture).unwrap());
    let all = devices(&room, "whomade egress boot.pcap --json -q");
    let camera = all.iter().find(|one| one["maker"]["id"] == "dahua").unwrap();
    let recipients = camera["recipients"].as_array().unwrap();
    let of = |name: &str| recipients.iter().find(|one| one["name"] == name).unwrap();
    for (name, sign) in [
        ("command-3.amcrestcloud.com", Value::Null),
        ("config.amcrestcloud.com", Value::Null),
        ("amcrestview.com", Value::Null),
        ("p2p.amcrestview.com", Value::from("dahua-p2p")),
    ] {
        let cloud = of(name);
        assert!(cloud["sent"].as_u64().unwrap() > 0, "{cloud}");
        assert!(cloud["got"].as_u64().unwrap() > 0, "{cloud}");
        let covers = cloud["cover"].as_array().unwrap();
        let cover = if sign.is_null() { "tls" } else { "plain" };
        assert!(covers.contains(&Value::from(cover)), "{cloud}");
        let signs: Vec<&Value> =
            cloud["flows"].as_array().unwrap().iter().map(|flow| &flow["sign"]).collect();
        assert!(signs.contains(&&sign), "{cloud}");
        assert_eq!(cloud["whose"], "label", "{cloud}");
        assert_eq!(cloud["services"][0]["operator"]["id"], "amcrest", "{cloud}");
    }
    // Its pictures go to hosts of which nobody can be named.
    let pictures = recipients.iter().filter(|one| one["whose"] == "unknown");
    assert!(pictures.clone().count() > 0);
    for one in pictures {
        assert_eq!(one["services"], Value::Array(vec![]), "{one}");
        let says = one["says"].as_str().unwrap();
        assert!(says.contains("who operates the service is not known"), "{says}");
    }
    let barred = room.lines("whomade egress boot.pcap --blocklist hosts -q");
    let named = barred.iter().filter(|line| !line.starts_with('#'));
    assert!(named.clone().count() > 0);
    assert!(named.clone().all(|line| line.contains(".amcrest") || line.contains(" amcrest")));
}

/// An answer without the places of packets, which are called by the files that hold them.
fn unplaced(value: &Value) -> Value {
    match value {
        Value::Array(all) => all.iter().map(unplaced).collect(),
        Value::Object(all) => {
            let kept = all.iter().filter(|(key, _)| *key != "first");
            kept.map(|(key, value)| (key.clone(), unplaced(value))).collect()
        }
        other => other.clone(),
    }
}

/// Where the packets of a pcap begin, and where it ends.
fn packets(capture: &[u8]) -> Vec<usize> {
    let mut all = vec![24];
    while let Some(length) = all.last().and_then(|at| capture.get(at + 8..at + 12)) {
        let length = u32::from_le_bytes(length.try_into().unwrap()) as usize;
        all.push(all.last().unwrap() + 16 + length);
    }
    all
}

/// What the camera exchanged outside, without the files in which that was met.
fn whole_of(room: &Room, files: &str) -> Value {
    let all = devices(room, &format!("whomade egress {files} --json -q"));
    let camera = all.iter().find(|one| one["device"] == "192.168.1.20").unwrap();
    assert_eq!(all.iter().filter(|one| one["device"] == "192.168.1.20").count(), 1);
    // Who sent nothing in one file is no station of it; of peers outside nothing may be missing.
    let recipients = camera["recipients"].as_array().unwrap().iter();
    let outside: Vec<&Value> = recipients.filter(|one| one["whose"] != "own-network").collect();
    unplaced(&serde_json::json!([outside, camera["asked_only"]]))
}

/// As `tcpdump -C` and `-G` write it: names are asked in one file, and used in the next.
#[test]
fn a_recording_in_several_files_says_the_same_wherever_it_is_cut_and_whatever_is_read_first() {
    let room = Room::new("egress-cut");
    small(&room);
    let whole = whole_of(&room, "gate.pcap");
    let bytes = room.read("gate.pcap");
    let places = packets(&bytes);
    for at in &places[1..places.len() - 1] {
        room.write("part1.pcap", &bytes[..*at]);
        room.write("part2.pcap", &[&bytes[..24], &bytes[*at..]].concat());
        assert_eq!(whole_of(&room, "part1.pcap part2.pcap"), whole, "cut at {at}");
        assert_eq!(whole_of(&room, "part2.pcap part1.pcap"), whole, "cut at {at}, turned round");
    }
}

#[test]
fn what_two_captures_recorded_at_once_is_told_and_a_capture_is_not_written_over() {
    let room = Room::new("egress-overlap");
    small(&room);
    let bytes = room.read("gate.pcap");
    let places = packets(&bytes);
    // It ends within what the camera exchanges with its cloud.
    let part = &bytes[..places[8]];
    room.write("part.pcap", part);
    let told = |files: &str| room.lines(&format!("whomade egress {files} -q")).join("\n");
    let twice = "Captures overlap: what two of them recorded of 1 device may count twice.";
    assert!(told("gate.pcap part.pcap").contains(twice));
    room.write("copy.pcap", &bytes);
    assert!(!told("gate.pcap copy.pcap").contains(twice), "copies count once");
    let refused = room.run("whomade egress gate.pcap --html part.pcap -q 2>&1");
    assert_eq!(refused.status, Some(2));
    assert!(String::from_utf8_lossy(&refused.bytes).contains("is a capture, and would be lost"));
    assert_eq!(room.read("part.pcap"), part);
    // What is cut is said where nothing else is, in words and in JSON.
    room.write("cut.pcap", &bytes[..bytes.len() - 5]);
    assert!(told("cut.pcap").contains("cut.pcap: not all could be read or kept"));
    let summary = devices(&room, "whomade egress cut.pcap --json -q").pop().unwrap();
    let lacks = summary["summary"]["recordings"][0]["lacks"].as_str().unwrap();
    assert!(lacks.starts_with("not all could be read"), "{summary}");
}

#[test]
fn each_device_counts_what_it_exchanged_once_however_it_is_packed() {
    let room = Room::new("egress-small");
    small(&room);
    let all = devices(&room, "whomade egress gate.pcap --json -q");
    room.run("gzip -k gate.pcap");
    let packed = devices(&room, "whomade egress gate.pcap.gz --json -q");
    let camera = |all: &[Value]| {
        all.iter().find(|one| one["device"] == "192.168.1.20").unwrap()["recipients"].clone()
    };
    assert_eq!(unplaced(&camera(&all)), unplaced(&camera(&packed)));
    assert_eq!(camera(&all)[0]["flows"][0]["first"], "gate.pcap:7");
    assert_eq!(camera(&packed)[0]["flows"][0]["first"], "gate.pcap.gz:7");
    let first = &camera(&all)[0];
    assert_eq!(first["services"][0]["operator"]["id"], "hikvision");
    assert_eq!((&first["sent"], &first["got"]), (&Value::from(300), &Value::from(83)));
    // The same packets in two copies count once; an hour later they are others.
    let copies = devices(&room, "whomade egress gate.pcap gate.pcap.gz --json -q");
    assert_eq!(camera(&copies), camera(&all));
    room.write("later.pcap", &later(&room.read("gate.pcap"), 3_600));
    let hours = devices(&room, "whomade egress gate.pcap later.pcap --json -q");
    assert_eq!(hours.len(), all.len(), "who shows a hardware address is one device");
    let both = &camera(&hours)[0];
    assert_eq!((&both["sent"], &both["got"]), (&Value::from(600), &Value::from(166)));
}

/// A capture whose packets lie so many seconds later.
fn later(capture: &[u8], seconds: u32) -> Vec<u8> {
    let mut all = capture.to_vec();
    for at in packets(capture).into_iter().filter(|at| *at < capture.len()) {
        let time = u32::from_le_bytes(all[at..at + 4].try_into().unwrap());
        all[at..at + 4].copy_from_slice(&(time + seconds).to_le_bytes());
    }
    all
}

#[test]
fn bytes_stand_with_the_capture_that_shows_them_and_doubt_counts_where_it_is_asked() {
    let room = Room::new("egress-by-file");
    small(&room);
    let bytes = room.read("gate.pcap");
    room.write("next.pcap", &later(&bytes, 10_000));
    room.run("whomade egress gate.pcap next.pcap --no-config --html page.html -q");
    let page = String::from_utf8(room.read("page.html")).unwrap();
    let sites = &page[page.find("id=\"sites\"").unwrap()..];
    let sites = &sites[..sites.find("</section>").unwrap()];
    for name in ["gate.pcap", "next.pcap"] {
        let row = &sites[sites.find(name).unwrap()..];
        let row = &row[..row.find("</tr>").unwrap()];
        assert!(row.contains(">3<") && row.contains("464 B"), "{row}");
    }
    // A capture with a gap of hours, and two that overlap.
    room.write("gap.pcap", &[&bytes[..], &later(&bytes, 10_000)[24..]].concat());
    room.write("other.pcap", &later(&bytes, 1));
    for (files, status) in [("gate.pcap", 0), ("gap.pcap", 2), ("gate.pcap other.pcap", 2)] {
        let said = room.run(&format!("whomade egress {files} --no-config --strict"));
        let text = String::from_utf8(said.bytes).unwrap();
        assert_eq!(said.status, Some(status), "{files}: {text}");
        assert_eq!(text.contains("[egress/doubted]"), status == 2, "{text}");
        let plain = room.run(&format!("whomade egress {files} --no-config"));
        assert_eq!(plain.status, Some(0), "{files}");
    }
}

#[test]
fn what_was_never_answered_is_no_exchange_in_any_answer() {
    let room = Room::new("egress-vain");
    small(&room);
    // Of the connection to the cloud only its first packet stays.
    let bytes = room.read("gate.pcap");
    let places = packets(&bytes);
    let with_cloud = |frame: &&[u8]| frame.windows(4).any(|four| four == [203, 0, 113, 7]);
    let frames: Vec<&[u8]> = places.windows(2).map(|two| &bytes[two[0]..two[1]]).collect();
    let tcp = |frame: &&&[u8]| with_cloud(frame) && frame[16 + 23] == 6;
    let first = *frames.iter().find(tcp).unwrap();
    let kept = frames.iter().filter(|frame| !tcp(frame) || std::ptr::eq(**frame, first));
    let all = [&bytes[..24], &kept.copied().collect::<Vec<_>>().concat()].concat();
    room.write("vain.pcap", &all);
    let said = room.lines("whomade egress vain.pcap --no-config -q").join("\n");
    assert!(said.contains("tries in vain to reach dev.hik-connect.com"), "{said}");
    let paper = "whomade egress vain.pcap --no-config --paper transfer-record -q";
    let paper = room.lines(paper).join("\n");
    assert!(paper.contains("Tried in vain, nothing was exchanged: dev.hik-connect.com"), "{paper}");
    assert!(!paper.contains("in vain to reach"), "{paper}");
    room.run("whomade egress vain.pcap --no-config --html page.html -q");
    let page = String::from_utf8(room.read("page.html")).unwrap();
    let (parties, below) = page.split_at(page.find("id=\"devices\"").unwrap());
    assert!(!parties.contains("dev.hik-connect.com"), "nothing reached it");
    assert!(below.contains("tries in vain to reach dev.hik-connect.com"), "{below}");
    room.run("whomade egress vain.pcap --no-config --mud open --mud-outside -q");
    let open = String::from_utf8(room.read("open/44-19-b6-0a-1c-33.json")).unwrap();
    assert!(!open.contains("dev.hik-connect.com"), "{open}");
    let all = devices(&room, "whomade egress vain.pcap --no-config --json -q");
    assert_eq!(all.last().unwrap()["summary"]["devices_outside"], 1, "it still asks others");
}

#[test]
fn a_full_disk_behind_standard_output_is_named() {
    let room = Room::new("egress-full");
    small(&room);
    for form in ["", "--csv", "--json"] {
        let said = room.run(&format!("whomade egress gate.pcap --no-config -q {form} > /dev/full"));
        let text = String::from_utf8(said.bytes).unwrap();
        assert_eq!(said.status, Some(2), "{text}");
        assert!(text.contains("standard output is not whole"), "{text}");
    }
}

/// Tables that are made up: of 203.0.113.0/24 and 198.51.100.0/24, in the scenario too.
const COUNTRIES: &str = concat!(
    "H4sIAAAAAAACA13OSU4CQRQG4F9ExXlWnHEeSLyAO9QQGVYuXVSK7gKL0FWdHox4HLZew62HYKcrr2Dzx45KpfLl",
    "z3tVLw8oAiMYmAFGGbI0D4wB48zJnaA5YJJhik7TGTpL5+g8XaCL6YQlukxXgFWGNbqevrmiG3QT2GLYpjvpm126",
    "BxQY9tP6AT0EjtLKMT0BThnO0vo5cMFQo/9Pv+bY2ERBVzjWVaX78lDh5vb1/asun+vauJeO9T4fGtrIpNu0gScj",
    "4cm2DcSTCkJtTQ+Z4bY2f9uoNmLdcYXyrfOYywwWaH9co+7KSDZkqETU9VX5Z4Gqq0In0H6UfO2XlCl70lWF2K9o",
    "/3di9q4jTSuWLRUiWzHJyoLf35LRxWqgHBu4ItQvqof8N6qCy6v+AQAA",
);

#[test]
fn a_page_stands_alone_and_shows_no_map_of_guesses() {
    let room = Room::new("egress-page");
    small(&room);
    room.write("country.b64", COUNTRIES.as_bytes());
    room.run("base64 -d country.b64 | gzip -d > country.mmdb");
    room.write(
        "sites.toml",
        b"version = 1\n[estate]\nfiles = [\"x\"]\n[[site]]\nname = \"A<script>&\"\n\
          addresses = [\"192.168.1.20\"]\n",
    );
    room.run("whomade egress gate.pcap --mmdb country.mmdb --config sites.toml --html page.html");
    let page = String::from_utf8(room.read("page.html")).unwrap();
    assert!(page.contains("A&lt;script&gt;&amp;") && !page.contains("<script"));
    // Nothing is loaded: no address but the names of languages, no image, no style from elsewhere.
    let addresses = page.matches("://").count();
    assert_eq!(addresses, page.matches("http://www.w3.org/2000/svg").count());
    assert!(!page.contains(" src=") && !page.contains("@import"));
    assert_eq!(page.matches("url(").count(), page.matches("url(#").count());
    assert!(page.contains("default-src 'none'"));
    // Both pictures, each with the words that say the same.
    for part in ["class=\"map wide\"", "class=\"flow wide\"", "registered in", "<caption>"] {
        assert!(page.contains(part), "{part}");
    }
    assert!(page.contains("<th scope=\"row\">Singapore"), "the country of one address");
    assert!(!page.contains("located"), "nobody knows where a machine is");
    room.run("whomade egress gate.pcap --no-config --html bare.html");
    let bare = String::from_utf8(room.read("bare.html")).unwrap();
    assert!(bare.contains("No map:") && !bare.contains("class=\"map"));
    let again = room
        .run("whomade egress gate.pcap --mmdb country.mmdb --config sites.toml --html again.html");
    assert_eq!(again.status, Some(0));
    assert_eq!(room.read("again.html"), page.as_bytes(), "the same input gives the same bytes");
}

#[test]
fn a_transfer_record_says_what_was_seen_and_leaves_the_rest_blank() {
    let room = Room::new("egress-record");
    small(&room);
    room.write("country.b64", COUNTRIES.as_bytes());
    room.run("base64 -d country.b64 | gzip -d > country.mmdb");
    let record = "whomade egress gate.pcap --paper transfer-record --on 2026-11-22 -q";
    let paper = |more: &str| -> Value {
        let printed = room.run(&format!("{record} --json {more}"));
        assert_eq!(printed.status, Some(0), "{}", String::from_utf8_lossy(&printed.bytes));
        serde_json::from_slice(&printed.bytes).unwrap()
    };
    let tables = |paper: &Value, about: &str| -> Vec<Vec<String>> {
        let blocks = paper["blocks"].as_array().unwrap();
        let is = |block: &&Value| {
            block["caption"].as_str().is_some_and(|caption| caption.starts_with(about))
        };
        let table = blocks.iter().find(is).unwrap_or_else(|| panic!("{about}"));
        serde_json::from_value(table["rows"].clone()).unwrap()
    };
    let plain = paper("");
    let recipients = tables(&plain, "Recipients as seen");
    assert_eq!(recipients.len(), 3);
    assert_eq!(
        recipients[0][..3],
        ["dev.hik-connect.com", "Hik-Connect, run by Hikvision; maker of the device", "1"]
    );
    assert!(recipients.iter().all(|row| row[6] == "________"), "the category is the controller's");
    assert_eq!(recipients[1][1], "not known", "a lead names no operator");
    let countries = tables(&plain, "Where the addresses");
    let unknown = |row: &Vec<String>| row[0].starts_with("not known");
    assert!(countries.iter().all(unknown), "without a table no country is guessed");
    let told = paper("--mmdb country.mmdb --set controller='A | B'");
    let countries = tables(&told, "Where the addresses");
    let names: Vec<&str> = countries.iter().map(|row| row[0].as_str()).collect();
    let plumbing = "Germany (DE): names and the time, by their ports";
    assert_eq!(names, ["Germany (DE)", plumbing, "Singapore (SG)"]);
    assert!(countries.iter().all(|row| row[4].starts_with("not known from traffic")));
    // The hashes are those of the files, tables of addresses among them.
    let files = tables(&told, "Files that were read");
    let hash = |name: &str| room.lines(&format!("sha256sum {name} | cut -c1-64"))[0].clone();
    let expected = ["gate.pcap", "country.mmdb"].map(|name| vec![name.to_owned(), hash(name)]);
    assert_eq!(files, expected);
    let text = told.to_string();
    for never in ["located in", "transferred to", "adequa"] {
        assert!(!text.contains(never), "{never}");
    }
    // Every part of the form stands on it, in its order.
    let headings: Vec<&str> = told["blocks"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|block| block["block"] == "heading")
        .filter_map(|block| block["text"].as_str()?.split(' ').next())
        .collect();
    let mut parts: Vec<String> = ["a", "b", "c", "d", "e", "f", "g"]
        .iter()
        .map(|letter| format!("30(1)({letter})"))
        .collect();
    parts.extend(["a", "b", "c", "d"].map(|letter| format!("35(7)({letter})")));
    assert_eq!(headings[..parts.len()], parts.iter().map(String::as_str).collect::<Vec<_>>());
    for name in ["record.html", "record.md"] {
        room.run(&format!("{record} -o {name}"));
        let written = String::from_utf8(room.read(name)).unwrap();
        assert!(written.contains("Transfer record") && written.contains("30(1)(e)"), "{name}");
    }
    assert_eq!(room.run(&format!("{record} --set recipients=none")).status, Some(2));
}

#[test]
fn an_archive_of_captures_is_read_like_a_folder_of_them() {
    let room = Room::new("egress-archive");
    small(&room);
    room.run(
        "mkdir both && cp gate.pcap both/ && gzip -k gate.pcap && mv gate.pcap.gz both/b.pcap.gz",
    );
    assert_eq!(room.run("zip -q -X -r both.zip both").status, Some(0));
    let recipients = |all: Vec<Value>| -> Vec<Value> {
        all.into_iter().map(|one| unplaced(&one["recipients"])).collect()
    };
    let folder = recipients(devices(&room, "whomade egress both --json -q"));
    let archive = recipients(devices(&room, "whomade egress both.zip --json -q"));
    assert!(folder.len() > 3);
    assert_eq!(folder, archive);
}

/// A capture of packets of which only the first piece was ever sent.
fn pieces(count: u32) -> Vec<u8> {
    let mut all =
        [&0xA1B2_C3D4_u32.to_le_bytes()[..], &2_u16.to_le_bytes(), &4_u16.to_le_bytes()].concat();
    for field in [0, 0, 65_535, 1_u32] {
        all.extend(field.to_le_bytes());
    }
    for number in 0..count {
        let id = u16::try_from(number).unwrap().to_be_bytes();
        // The flag says that more pieces follow.
        let head = [0x45, 0, 0, 28, id[0], id[1], 0x20, 0, 64, 17, 0, 0];
        let packet = [&head[..], &[192, 168, 1, 9], &[203, 0, 113, 9], &[0; 8]].concat();
        let ends = [0x44, 0x19, 0xB6, 1, 2, 3, 0x44, 0x19, 0xB6, 4, 5, 6, 8, 0];
        let frame = [&ends[..], &packet].concat();
        let length = u32::try_from(frame.len()).unwrap();
        for field in [1_793_606_400 + number, 0, length, length] {
            all.extend(field.to_le_bytes());
        }
        all.extend(frame);
    }
    all
}

#[test]
fn what_is_let_go_at_a_limit_is_said_and_makes_amounts_lower_bounds() {
    let room = Room::new("egress-pieces");
    small(&room);
    room.write("few.pcap", &pieces(1_024));
    room.write("many.pcap", &pieces(1_100));
    let said = |name: &str| room.lines(&format!("whomade egress {name} gate.pcap")).join("\n");
    assert!(!said("few.pcap").contains("read/many-pieces"));
    let many = said("many.pcap");
    assert!(many.contains("[read/many-pieces]") && many.contains(": 76 were given up"), "{many}");
    room.run("whomade egress many.pcap gate.pcap --html page.html -q");
    let page = String::from_utf8(room.read("page.html")).unwrap();
    assert!(page.contains("amounts are lower bounds"), "the page says so, too");
    assert!(said("few.pcap").contains("read/missing-pieces"), "what never came is said");
    room.run("whomade egress gate.pcap --html page.html -q");
    let page = String::from_utf8(room.read("page.html")).unwrap();
    assert!(!page.contains("amounts are lower bounds"));
}

#[test]
fn what_is_read_is_never_written_over() {
    let room = Room::new("egress-over");
    small(&room);
    let before = room.read("gate.pcap");
    room.run("mkdir box && cp gate.pcap box/");
    for command in [
        "egress gate.pcap --html gate.pcap",
        "egress gate.pcap --html ./box/../gate.pcap",
        "egress box --html box/gate.pcap",
        "egress gate.pcap --before box --html box/gate.pcap",
    ] {
        assert_eq!(room.run(&format!("whomade {command}")).status, Some(2), "{command}");
    }
    assert_eq!(room.read("gate.pcap"), before);
    assert_eq!(room.read("box/gate.pcap"), before);
    // What cannot be read before is no clearance.
    assert_eq!(room.run("whomade egress gate.pcap --before none.pcap").status, Some(2));
    let over = "whomade egress gate.pcap --paper transfer-record -o gate.pcap";
    assert_eq!(room.run(over).status, Some(2));
    assert_eq!(room.read("gate.pcap"), before);
}
