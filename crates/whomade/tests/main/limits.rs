//! Files and folders that were made to hurt, at the command line: the program neither waits for
//! ever nor falls over, and what else was given is read.

use crate::room::{Printed, Room};

const TABLE: &[u8] = b"Make,Model\nHiLook,IPC-B460HA-LU\n";

/// Runs a command that has a minute: one that waits for ever ends with status 124.
fn in_time(room: &Room, command: &str) -> (String, Option<i32>) {
    let Printed { bytes, status } = room.run(&format!("timeout 60 sh -c '{command}'"));
    let text = String::from_utf8(bytes).expect("no UTF-8 was written");
    assert_ne!(status, Some(124), "{command}: waits for ever: {text}");
    assert!(!text.contains("panicked"), "{command}: {text}");
    let raw = text.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\r'));
    assert_eq!(raw, None, "{command}: a control byte was written: {text:?}");
    (text, status)
}

const ONE: &str = "1 device: maker confirmed for 0, probable for 0, possible for 1, unknown for 0";

#[test]
fn pipes_and_devices_in_a_folder_are_passed_over() {
    let room = Room::new("limits-pipes");
    room.write("folder/good.csv", TABLE);
    let made =
        room.run("mkfifo folder/pipe && ln -s /dev/zero folder/zero && ln -s . folder/round");
    assert_eq!(made.status, Some(0));
    let (text, status) = in_time(&room, "whomade screen folder --quiet --on 2025-05-01");
    assert!(text.contains(ONE), "{text}");
    assert_eq!(status, Some(1));
    let (text, status) = in_time(&room, "whomade screen /dev/zero");
    assert!(text.contains("error[read/not-a-file]"), "{text}");
    assert_eq!(status, Some(2));
}

#[test]
fn a_pipe_is_read_once_and_nobody_waits_for_it_afterwards() {
    let room = Room::new("limits-pipe");
    room.write("good.csv", TABLE);
    assert_eq!(room.run("mkfifo pipe").status, Some(0));
    for more in ["", " --save run.whomade", " --bundle evidence.zip"] {
        let command =
            format!("cat good.csv > pipe & whomade screen pipe --quiet --on 2025-05-01{more}");
        let (text, status) = in_time(&room, &command);
        assert!(text.contains(ONE), "{more}: {text}");
        assert_eq!(status, Some(1), "{more}");
    }
    let (text, _) = in_time(&room, "whomade explain \"line 2\" --run run.whomade");
    assert!(text.contains("IPC-B460HA-LU"), "{text}");
}

#[test]
fn a_folder_of_what_cannot_be_read_takes_no_other_with_it() {
    let room = Room::new("limits-unreadable");
    room.write("folder/good.csv", TABLE);
    room.write("folder/locked/a.csv", TABLE);
    // Who may read everything still cannot read these: a loop leads nowhere, and the memory of a
    // program has nothing at its beginning.
    let made = room.run(
        "ln -s loop-b folder/loop-a && ln -s loop-a folder/loop-b && ln -s gone folder/dangling \
         && for n in 1 2 3; do ln -s /proc/self/mem folder/memory-$n; done \
         && chmod 0 folder/locked",
    );
    assert_eq!(made.status, Some(0));
    let (text, status) = in_time(&room, "whomade screen folder --on 2025-05-01");
    room.run("chmod 755 folder/locked");
    assert!(text.contains("good.csv"), "{text}");
    assert!(text.contains("IPC-B460HA-LU"), "{text}");
    if std::path::Path::new("/proc/self/mem").exists() {
        assert!(text.matches("error[read/cannot-open]").count() >= 3, "{text}");
    }
    assert_eq!(status, Some(1));
    let (text, status) = in_time(&room, "whomade screen folder/loop-a");
    assert!(text.contains("error[read/cannot-open]"), "{text}");
    assert_eq!(status, Some(2));
}

#[test]
fn names_with_line_breaks_and_escapes_reach_no_terminal() {
    let room = Room::new("limits-names");
    for name in ["folder/a\nb.csv", "folder/\u{1b}[31mred.csv", "folder/\u{202e}vsc.csv"] {
        room.write(name, TABLE);
    }
    room.write("folder/\u{7}bell.csv", b"\x7FELF");
    for command in [
        "whomade screen folder --on 2025-05-01 --all",
        "whomade screen folder --on 2025-05-01 --csv",
        "whomade screen folder --on 2025-05-01 --json",
        "whomade devices folder",
        "whomade read folder",
    ] {
        let (text, _) = in_time(&room, command);
        assert!(!text.contains('\u{202e}'), "{command}: {text}");
    }
}

#[test]
fn one_archive_is_several_sources_and_one_input() {
    let room = Room::new("limits-archive");
    room.write(
        "box/list.csv",
        b"Camera,Make,Model,MAC\nCAM-1,LTS,CMIP7422N-28M,44:19:b6:0a:1c:33\n",
    );
    room.write(
        "box/scan.csv",
        b"Asset,IP,MAC,Firmware\nscan-1,192.0.2.5,44:19:b6:0a:1c:33,V5.4.5 build 170124\n",
    );
    assert_eq!(room.run("cd box && zip -q -X ../box.zip list.csv scan.csv").status, Some(0));
    let command = "whomade screen box.zip box.zip --on 2025-05-01 --save run.whomade \
                   --bundle evidence.zip --with-inputs";
    let (text, _) = in_time(&room, command);
    assert!(text.contains("[read/same-file]: box.zip is given twice"), "{text}");
    assert!(text.contains("box.zip:list.csv  table"), "{text}");
    assert!(text.contains("1 device of 2 records"), "{text}");
    let run = room.run("gzip -dc run.whomade | head -1");
    let header: serde_json::Value = serde_json::from_slice(&run.bytes).unwrap();
    let inputs = header["inputs"].as_array().unwrap();
    assert_eq!((inputs.len(), &inputs[0]["file"]), (1, &"box.zip".into()));
    let sum = room.run("sha256sum box.zip");
    let sum = String::from_utf8(sum.bytes).unwrap();
    assert!(sum.starts_with(inputs[0]["sha256"].as_str().unwrap()));
    let (text, status) = in_time(&room, "whomade verify evidence.zip");
    assert_eq!(status, Some(0), "{text}");
    let (text, _) = in_time(&room, "whomade explain CAM-1 box.zip");
    assert!(text.contains("--> box.zip:list.csv:2"), "{text}");
    // The bundle itself is no input.
    let (text, status) = in_time(&room, "whomade screen evidence.zip");
    assert!(text.contains("bundle of evidence") && text.contains("whomade verify"), "{text}");
    assert_eq!(status, Some(2));
}

/// A lease of a machine whose clock was not set joins nothing by its time.
#[test]
fn an_address_is_given_to_nobody_by_a_clock_that_was_not_set() {
    let room = Room::new("limits-clock");
    let seen = |moment: &str, server: &str| {
        let line =
            format!("{{\"ip\":\"10.0.0.5\",\"seen\":\"{moment}\",\"http-server\":\"{server}\"}}\n");
        line.into_bytes()
    };
    for (moment, devices) in [("2026-11-02T08:00:00Z", 1), ("1970-01-01T00:02:00Z", 2)] {
        room.write("a.json", &seen(moment, "DNVRS-Webs"));
        room.write("b.json", &seen(moment, "App-webs/"));
        let (text, _) = in_time(&room, "whomade screen a.json b.json --on 2026-11-22");
        let plural = if devices == 1 { "" } else { "s" };
        let told = format!("{devices} device{plural} of 2 records");
        assert!(text.contains(&told), "{moment}: {text}");
        assert_eq!(text.contains("read/odd-clock"), devices == 2, "{moment}: {text}");
    }
}
