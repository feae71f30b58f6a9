//! Profiles as RFC 8520 has them, held against what its modules allow.

use serde_json::{Value, json};

use crate::egress::small;
use crate::room::Room;

/// An object of these keys and no other.
fn object(required: &[&str], properties: Value) -> Value {
    json!({
        "type": "object", "additionalProperties": false,
        "required": required, "properties": properties,
    })
}

/// What an entry may be about.
fn matches_form() -> Value {
    let port = object(
        &["operator", "port"],
        json!({ "operator": { "const": "eq" }, "port": { "type": "integer", "minimum": 0, "maximum": 65535 } }),
    );
    let network = |version: &str| {
        object(
            &["protocol"],
            json!({
                "protocol": { "type": "integer", "minimum": 0, "maximum": 255 },
                "ietf-acldns:dst-dnsname": { "type": "string", "pattern": "^[A-Za-z0-9_.-]+$" },
                "ietf-acldns:src-dnsname": { "type": "string", "pattern": "^[A-Za-z0-9_.-]+$" },
                format!("destination-{version}-network"): { "type": "string", "pattern": "/" },
                format!("source-{version}-network"): { "type": "string", "pattern": "/" },
            }),
        )
    };
    object(
        &[],
        json!({
            "ietf-mud:mud": object(&[], json!({
                "local-networks": { "const": [null] },
                "controller": { "enum": ["urn:ietf:params:mud:dns", "urn:ietf:params:mud:ntp"] },
            })),
            "ipv4": network("ipv4"), "ipv6": network("ipv6"),
            "tcp": object(&["ietf-mud:direction-initiated"], json!({
                "ietf-mud:direction-initiated": { "enum": ["to-device", "from-device"] },
                "source-port": port, "destination-port": port,
            })),
            "udp": object(&[], json!({ "source-port": port, "destination-port": port })),
        }),
    )
}

/// What the modules of RFC 8520 and RFC 8519 allow of what is written here, and what they want.
fn mud_form() -> Value {
    let one = |of: &str| json!({ "type": "array", "items": { "$ref": format!("#/$defs/{of}") } });
    let named = object(&["name"], json!({ "name": { "type": "string" } }));
    let policy = object(
        &["access-lists"],
        json!({ "access-lists": object(&[], json!({ "access-list": one("named") })) }),
    );
    let ace = object(
        &["name", "matches", "actions"],
        json!({
            "name": { "type": "string" },
            "matches": matches_form(),
            "actions": object(&["forwarding"], json!({ "forwarding": { "const": "accept" } })),
        }),
    );
    let acl = object(
        &["name", "type", "aces"],
        json!({
            "name": { "type": "string", "maxLength": 64 },
            "type": { "enum": ["ipv4-acl-type", "ipv6-acl-type"] },
            "aces": object(&["ace"], json!({ "ace": one("ace") })),
        }),
    );
    let mud = object(
        &["mud-version", "mud-url", "last-update", "is-supported"],
        json!({
            "mud-version": { "const": 1 },
            "mud-url": { "type": "string", "pattern": "^https://[^/]+/.*[.]json$" },
            "last-update": { "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z$" },
            "cache-validity": { "type": "integer", "minimum": 1, "maximum": 168 },
            "is-supported": { "type": "boolean" },
            "systeminfo": { "type": "string", "maxLength": 60 },
            "mfg-name": { "type": "string" }, "model-name": { "type": "string" },
            "from-device-policy": policy, "to-device-policy": policy,
        }),
    );
    let mut whole = object(
        &["ietf-mud:mud", "ietf-access-control-list:acls"],
        json!({
            "ietf-mud:mud": mud,
            "ietf-access-control-list:acls": object(&["acl"], json!({ "acl": one("acl") })),
        }),
    );
    whole["$defs"] = json!({ "named": named, "ace": ace, "acl": acl });
    whole
}

#[test]
fn profiles_keep_to_the_form_and_leave_the_clouds_out() {
    let room = Room::new("egress-mud");
    small(&room);
    room.run("whomade egress gate.pcap --mud closed --mud-url https://mud.example.org/cctv -q");
    room.run("whomade egress gate.pcap --mud open --mud-outside -q");
    let form = jsonschema::validator_for(&mud_form()).unwrap();
    let read = |name: &str| -> Value { serde_json::from_slice(&room.read(name)).unwrap() };
    for file in room.lines("ls closed/*.json open/*.json") {
        let value = read(&file);
        let wrong: Vec<String> = form.iter_errors(&value).map(|one| one.to_string()).collect();
        assert!(wrong.is_empty(), "{file}: {wrong:?}");
        // A policy names lists that stand there, each once (leafref, key).
        let lists = value["ietf-access-control-list:acls"]["acl"].as_array().unwrap();
        let mut names: Vec<&Value> = lists.iter().map(|list| &list["name"]).collect();
        let of = |policy: &str| {
            value["ietf-mud:mud"][policy]["access-lists"]["access-list"].as_array().unwrap()
        };
        let mut named: Vec<&Value> = of("from-device-policy")
            .iter()
            .chain(of("to-device-policy"))
            .map(|one| &one["name"])
            .collect();
        names.sort_by_key(|name| name.to_string());
        named.sort_by_key(|name| name.to_string());
        assert_eq!(names, named, "{file}");
        names.dedup();
        assert_eq!(names.len(), lists.len(), "{file}");
    }
    let camera = "44-19-b6-0a-1c-33.json";
    let closed = read(&format!("closed/{camera}"));
    assert_eq!(
        closed["ietf-mud:mud"]["mud-url"],
        "https://mud.example.org/cctv/44-19-b6-0a-1c-33.json"
    );
    assert_eq!(closed["ietf-mud:mud"]["last-update"], "2026-11-02T08:00:18Z");
    assert_eq!(closed["ietf-mud:mud"]["mfg-name"], "Hikvision");
    let text = closed.to_string();
    assert!(!text.contains("hik-connect") && !text.contains("203.0.113.7"), "{text}");
    assert!(
        text.contains("urn:ietf:params:mud:ntp"),
        "the time is asked of whom the network names"
    );
    let open = read(&format!("open/{camera}")).to_string();
    assert!(open.contains("\"ietf-acldns:dst-dnsname\":\"dev.hik-connect.com\""), "{open}");
    assert!(open.contains("https://whomade.invalid/"), "nobody is asked for it");
    let unknown = read("closed/02-00-5e-00-00-01.json");
    assert!(unknown["ietf-mud:mud"].get("mfg-name").is_none(), "nobody is called its maker");
    for wrong in
        ["http://mud.example.org/", "https://", "https:///x", "https://a b/", "https://u@h/"]
    {
        let printed = room.run(&format!("whomade egress gate.pcap --mud no --mud-url '{wrong}'"));
        assert_eq!(printed.status, Some(2), "{wrong}");
    }
}
