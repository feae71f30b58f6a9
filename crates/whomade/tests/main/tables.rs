//! Tables of addresses of other kinds: what they tell is taken for no more than it is.

use serde_json::{Value, json};

use crate::room::Room;

/// A value as the format of MaxMind DBs writes it: maps, texts and numbers in maps only.
fn encoded(value: &Value) -> Vec<u8> {
    let sized = |kind: u8, size: usize| {
        let size = u8::try_from(size).expect("a small value");
        assert!(size < 200);
        if size < 29 { vec![kind << 5 | size] } else { vec![kind << 5 | 29, size - 29] }
    };
    match value {
        Value::Object(map) => {
            let inside = map.iter().flat_map(|(key, value)| {
                let value =
                    value.as_u64().map_or_else(|| encoded(value), |value| whole(key, value));
                [encoded(&Value::from(key.as_str())), value].concat()
            });
            sized(7, map.len()).into_iter().chain(inside).collect()
        }
        Value::String(text) => [sized(2, text.len()), text.clone().into_bytes()].concat(),
        // An array is of the kinds that are written in a second byte.
        Value::Array(all) => [vec![u8::try_from(all.len()).expect("few"), 4], Vec::new()].concat(),
        _ => Vec::new(),
    }
}

/// A number without a sign, of as many bytes as stand under its name.
fn whole(key: &str, number: u64) -> Vec<u8> {
    let bytes = number.to_be_bytes();
    match key {
        "build_epoch" => [&[8, 2][..], &bytes].concat(),
        "node_count" | "autonomous_system_number" => [&[6 << 5 | 4][..], &bytes[4..]].concat(),
        _ => [&[5 << 5 | 2][..], &bytes[6..]].concat(),
    }
}

/// A table that says the same of every address of the fourth version.
fn table(room: &Room, name: &str, kind: &str, row: &Value) {
    let node = (1 + 16_u32).to_be_bytes();
    let tree = [&node[1..], &node[1..]].concat();
    let about = json!({
        "binary_format_major_version": 2, "binary_format_minor_version": 0,
        "build_epoch": 1, "database_type": kind, "description": {}, "ip_version": 4,
        "languages": [], "node_count": 1, "record_size": 24,
    });
    let bytes =
        [tree, vec![0; 16], encoded(row), b"\xab\xcd\xefMaxMind.com".to_vec(), encoded(&about)]
            .concat();
    room.write(name, &bytes);
}

#[test]
fn a_table_is_taken_for_what_it_tells_and_for_nothing_else() {
    let room = Room::new("egress-tables");
    crate::egress::small(&room);
    let held = |kind: &str, row: Value| -> Result<(Value, Value), String> {
        table(&room, "some.mmdb", kind, &row);
        let printed = room.run("whomade egress gate.pcap --mmdb some.mmdb --json -q");
        let text = String::from_utf8(printed.bytes).unwrap();
        if printed.status != Some(0) {
            return Err(text);
        }
        let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let all: Vec<Value> = lines.collect();
        let camera = all.iter().find(|one| one["device"] == "192.168.1.20").unwrap();
        let first = &camera["recipients"][0];
        Ok((first["countries"].clone(), first["holders"].clone()))
    };
    let country = |row: Value| held("x", row).map(|(countries, _)| countries);
    assert_eq!(country(json!({ "country_code": "SG" })), Ok(json!(["SG"])));
    assert_eq!(country(json!({ "country": "DE" })), Ok(json!(["DE"])));
    // Where an address is used is another thing than where it is registered.
    let both =
        json!({ "country": { "iso_code": "FR" }, "registered_country": { "iso_code": "DE" } });
    assert_eq!(country(both), Ok(json!(["DE"])));
    let used = json!({ "city": { "names": { "en": "Paris" } }, "country": { "iso_code": "FR" } });
    let said = held("City", used).unwrap_err();
    assert!(
        said.contains("ask/mmdb-kind") && said.contains("used, not where it is registered"),
        "{said}"
    );
    let holder =
        json!({ "autonomous_system_number": 64500, "autonomous_system_organization": "A" });
    assert_eq!(held("ASN", holder), Ok((json!([]), json!(["A"]))));
    for row in [json!({ "connection_type": "Cable" }), json!({ "country": "Germany" })] {
        let key = row.as_object().unwrap().keys().next().unwrap().clone();
        let said = held("GeoIP2-Connection-Type", row).unwrap_err();
        assert!(said.contains("GeoIP2-Connection-Type") && said.contains(&key), "{said}");
        assert!(said.contains("tells neither country nor holder"), "{said}");
    }
    assert_eq!(country(json!({ "country_code": "ZZ" })).unwrap_err().matches("neither").count(), 1);
}
