//! A NetBox as input: read like a file, kept with its address and a hash, and its token nowhere.

use crate::room::Room;
use crate::server::{Answer, Asked, Server, answer, device, interface, ok, page};
use crate::tls_server::serve;

/// A token of the newer kind; it opens nothing.
const TOKEN: &str = "nbt_AbCdEfGhIjKl.0123456789abcdef0123456789abcdef01234567";

/// Three devices on two pages, and their interfaces.
fn answers(asked: &Asked, _: usize) -> Answer {
    if asked.line.contains("/interfaces/") {
        return ok(&page(3, None, &[interface(1), interface(2), interface(3)]));
    }
    match asked.parameter("offset") {
        None => {
            let next = "/api/dcim/devices/?role=camera&offset=2&limit=500";
            ok(&page(3, Some(next), &[device(1), device(2)]))
        }
        Some(_) => ok(&page(3, None, &[device(3)])),
    }
}

/// Runs a command with the token in its variable, and gives what it printed.
fn with_token(room: &Room, command: &str) -> (String, Option<i32>) {
    let printed = room.run(&format!("export WHOMADE_NETBOX_TOKEN={TOKEN}\n{command}"));
    let text = String::from_utf8(printed.bytes).unwrap();
    assert!(!text.contains(secret()), "{command}: the token was printed: {text}");
    (text, printed.status)
}

/// The part of the token that opens something.
fn secret() -> &'static str {
    TOKEN.split_once('.').unwrap().1
}

#[test]
fn a_netbox_is_screened_and_kept_without_its_token() {
    let room = Room::new("netbox");
    let server = Server::start(answers);
    let address = format!("'netbox:http://{}/?role=camera'", server.at);
    let kept = "--save run.whomade --bundle evidence --with-inputs --html page.html";
    let (text, status) =
        with_token(&room, &format!("whomade screen {address} --on 2026-11-22 {kept} --all"));
    assert_eq!(status, Some(1), "{text}");
    assert!(text.contains("3 devices"), "{text}");
    // Two pages of devices and one of interfaces, each with the token, in the newer way.
    let asked = server.asked();
    assert_eq!(asked.len(), 3, "{asked:?}");
    let shown = format!("Bearer {TOKEN}");
    assert!(asked.iter().all(|one| one.shown.as_deref() == Some(&shown)), "{asked:?}");
    // It is in no file of ours, packed or not.
    let found = room.lines(&format!("gzip -dc run.whomade > run.txt; grep -rlF {} .", secret()));
    assert_eq!(found, ["[exit 1]"], "the token was kept");
    // The address and the hash of what was received are.
    let run = String::from_utf8(room.read("run.txt")).unwrap();
    let about = String::from_utf8(room.read("evidence/data/run.json")).unwrap();
    let bare = address.trim_matches('\'');
    let name = format!("netbox-{}_role=camera", server.at.replace(':', "_"));
    let received = room.lines(&format!("sha256sum 'evidence/data/inputs/{name}'"));
    let hash = received[0].split_whitespace().next().unwrap();
    for kept in [&run, &about] {
        assert!(kept.contains(bare) && kept.contains(hash), "{kept}");
    }
    let lines = String::from_utf8(room.read(&format!("evidence/data/inputs/{name}"))).unwrap();
    assert_eq!(lines.lines().count(), 6, "{lines}");
    // And it is worked out again from there, the observations too.
    let (text, status) = with_token(&room, "whomade verify evidence --json");
    assert_eq!(status, Some(0), "{text}");
    assert_eq!(server.asked().len(), 3, "something else asked the server");
}

#[test]
fn what_a_server_did_wrong_does_not_change_what_its_bundle_shows() {
    let room = Room::new("netbox-verify");
    let server = Server::start(|asked, number| {
        if asked.line.contains("/interfaces/") {
            return answer("403 Forbidden", "", b"{}");
        }
        answers(asked, number)
    });
    let command = format!(
        "whomade screen netbox:http://{}/ --on 2026-11-22 --bundle kept --with-inputs --quiet",
        server.at
    );
    with_token(&room, &command);
    let said = String::from_utf8(room.read("kept/data/said.ndjson")).unwrap();
    assert!(said.contains("remote/no-interfaces"), "{said}");
    let (text, status) = with_token(&room, "whomade verify kept");
    assert_eq!(status, Some(0), "{text}");
}

#[test]
fn every_command_that_reads_files_reads_a_netbox() {
    let room = Room::new("netbox-commands");
    let server = Server::start(answers);
    let address = format!("netbox:http://{}/", server.at);
    for (command, shows) in [
        (format!("whomade read {address}"), "44:19:b6:00:00:03"),
        (format!("whomade devices {address}"), "3 devices"),
        (format!("whomade explain CAM-2 {address}"), "44:19:b6:00:00:02"),
        (format!("whomade suggest {address}"), "3 devices"),
    ] {
        let (text, status) = with_token(&room, &command);
        assert!(text.contains(shows), "{command}: {text}");
        assert_eq!(status, Some(0), "{command}: {text}");
    }
    // Given twice it is read once.
    let before = server.asked().len();
    let (text, _) = with_token(&room, &format!("whomade devices {address} {address}"));
    assert!(text.contains("3 devices"), "{text}");
    assert_eq!(server.asked().len(), before + 3);
    let (text, _) = with_token(&room, &format!("whomade screen {address} {address}"));
    assert!(text.contains("given twice"), "{text}");
    // A later command asks nobody unless the server is named again.
    let before = server.asked().len();
    let (text, status) = with_token(&room, "whomade explain CAM-2");
    assert!(text.contains("asked only where it is named") && text.contains(&address), "{text}");
    assert_eq!((status, server.asked().len()), (Some(2), before));
}

#[test]
fn other_files_are_read_whatever_a_server_does() {
    let room = Room::new("netbox-beside");
    room.write("estate.csv", b"Camera,Make,Model\nCAM-9,LTS,CMIP7422N-28M\n");
    let server = Server::start(|_, _| answer("403 Forbidden", "", b"{\"detail\":\"no\"}"));
    let command = format!("whomade screen estate.csv netbox:http://{}/", server.at);
    let (text, _) = with_token(&room, &format!("{command} --all"));
    assert!(text.contains("remote/denied") && text.contains("WHOMADE_NETBOX_TOKEN"), "{text}");
    assert!(text.contains("view devices"), "{text}");
    assert!(text.contains("CAM-9"), "{text}");
    // Alone it answers nothing, which is no clearance.
    let (text, status) = with_token(&room, &format!("whomade screen netbox:http://{}/", server.at));
    assert_eq!(status, Some(2), "{text}");
}

#[test]
fn the_token_may_stand_in_a_file_and_is_not_repeated_where_it_is_none() {
    let room = Room::new("netbox-token");
    room.write("token.txt", format!("{TOKEN}\n").as_bytes());
    room.write("two.txt", format!("Token {TOKEN}\n").as_bytes());
    let server = Server::start(answers);
    let read = format!("whomade read netbox:http://{}/ --token-file", server.at);
    let text = room.lines(&format!("{read} token.txt")).join("\n");
    assert!(text.contains("CAM-3") && !text.contains(secret()), "{text}");
    let shown = format!("Bearer {TOKEN}");
    assert!(server.asked().iter().all(|one| one.shown.as_deref() == Some(&shown)));
    let before = server.asked().len();
    let text = room.lines(&format!("{read} two.txt")).join("\n");
    assert!(text.contains("remote/token") && !text.contains(secret()), "{text}");
    assert_eq!(server.asked().len(), before);
}

#[test]
fn an_authority_of_ones_own_is_named() {
    let room = Room::new("netbox-ca");
    let (port, pem) = serve("localhost");
    room.write("ca.pem", pem.as_bytes());
    let read = format!("whomade read netbox:https://localhost:{port}/");
    let (text, status) = with_token(&room, &read);
    assert!(text.contains("remote/untrusted") && text.contains("--ca"), "{text}");
    assert_eq!(status, Some(2), "{text}");
    let (text, status) = with_token(&room, &format!("{read} --ca ca.pem"));
    assert!(text.contains("CAM-1") && text.contains("44:19:b6:00:00:01"), "{text}");
    assert_eq!(status, Some(0), "{text}");
}
