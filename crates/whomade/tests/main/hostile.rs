//! Hostile values at the command line: never a panic, never a raw control byte on a terminal.

use crate::room::Room;

/// Rows of the hostile file.
const ROWS: usize = 2_000;

/// Numbers from a seed: the same on every machine.
struct Seeded(u64);

impl Seeded {
    fn next(&mut self) -> u64 {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        word ^ (word >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit as u64).unwrap()
    }

    fn pick<'a>(&mut self, list: &[&'a [u8]]) -> &'a [u8] {
        list[self.below(list.len())]
    }
}

/// Real values, and pieces that have hurt other programs.
const PIECES: &[&[u8]] = &[
    b"DS-2CD2143G2-I",
    b"Hikvision",
    b"44:19:b6:0a:1c:33",
    b"DNVRS-Webs",
    b"LTS",
    b"\x1b[31m",
    b"\x1b]0;title\x07",
    b"\x1bP1$r\x1b\\",
    b"\x00",
    b"\x08\x08",
    b"\x7f",
    b"\x9b31m",
    "\u{9b}31m".as_bytes(),
    "\u{202e}".as_bytes(),
    "\u{2028}".as_bytes(),
    "\u{feff}".as_bytes(),
    "\u{e0041}".as_bytes(),
    "ｅ́".as_bytes(),
    b"\xff\xfe",
    b"\xf0\x9f",
    b"\"",
    b"\"\"\"",
    b"'",
    b"=HYPERLINK(\"http://example.invalid\")",
    b"@SUM(A1)",
    b"-1+1",
    b"{\"sadp\":\"",
    b"<script>alert(1)</script>",
    b"<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY b \"c\">]>",
    b"%s%n",
    b"../../etc/passwd",
    b"\\",
    b";",
    b"\t",
    b"\r",
    b"9999-99-99",
];

/// A cell: pieces and bytes, without the comma and the line break that would end it.
fn cell(seeded: &mut Seeded) -> Vec<u8> {
    let mut bytes = Vec::new();
    for _ in 0..seeded.below(5) {
        if seeded.below(3) == 0 {
            let count = seeded.below(12);
            bytes.extend((0..count).map(|_| u8::try_from(seeded.below(256)).unwrap()));
        } else {
            bytes.extend(seeded.pick(PIECES));
        }
    }
    bytes.retain(|byte| !matches!(byte, b',' | b'\n'));
    bytes
}

fn file(seed: u64) -> Vec<u8> {
    let mut seeded = Seeded(seed);
    let mut bytes = b"Ref,Make,Model,Serial,MAC,Server,Installed\n".to_vec();
    for _ in 0..ROWS {
        for column in 0..7 {
            if column > 0 {
                bytes.push(b',');
            }
            bytes.extend(cell(&mut seeded));
        }
        bytes.push(b'\n');
    }
    bytes
}

fn harmless(room: &Room, command: &str) {
    let printed = room.run(command);
    let text = String::from_utf8(printed.bytes).unwrap_or_else(|wrong| {
        panic!("{command}: no UTF-8 was written: {wrong}");
    });
    assert!(!text.contains("panicked"), "{command}: {text}");
    assert!(matches!(printed.status, Some(0..=2)), "{command}: ended with {:?}", printed.status);
    let raw = text.lines().find_map(|line| {
        let at = line.find(char::is_control)?;
        Some((line.to_owned(), at))
    });
    assert!(raw.is_none(), "{command}: a control byte reached the terminal: {raw:?}");
}

#[test]
fn hostile_cells_neither_stop_nor_reach_the_terminal() {
    let room = Room::new("hostile");
    for seed in [1, 889] {
        room.write("hostile.csv", &file(seed));
        harmless(&room, "whomade screen hostile.csv --on 2026-11-22 --all");
        harmless(&room, "whomade screen hostile.csv --on 2026-11-22 --csv --html page.html");
        harmless(&room, "whomade screen hostile.csv --on 2026-11-22 --json --xlsx back.xlsx");
        let deep = "--on 2026-11-22 --json --evidence --depth cloud --advisories";
        harmless(&room, &format!("whomade screen hostile.csv {deep}"));
        harmless(&room, "whomade suggest hostile.csv");
        harmless(&room, "whomade check --on 2026-11-22 < hostile.csv");
        harmless(&room, "whomade check --on 2026-11-22 --json - < hostile.csv");
        harmless(&room, "cat page.html");
    }
    // Control characters of two bytes are legal text, and JSON allows them raw.
    let legal = "a\u{9b}31m,LTS\u{85}\u{7f},CM\u{9c}IP7422N-28M,44:19:b6:0a:1c:33\n".repeat(20);
    room.write("legal.csv", format!("Camera,Make,Model,MAC\n{legal}").as_bytes());
    let keeps = "--save legal.whomade --body \u{9b}31m";
    harmless(&room, &format!("whomade screen legal.csv {keeps} --json --quiet"));
    for command in [
        "screen legal.csv --json --evidence",
        "suggest legal.csv --json",
        "screen legal.csv --csv",
        "rollup legal.whomade --json",
    ] {
        harmless(&room, &format!("whomade {command} --quiet"));
    }
}

#[test]
fn hostile_words_on_the_command_line_come_back_harmless() {
    let room = Room::new("hostile-words");
    room.write("a\u{1b}[31m.csv", b"Make,Model\nHikvision,DS-2CD2143G2-I\n");
    for command in [
        "whomade identify --label \"$(printf 'LTS\\033[31m')\" --banner http-server=x",
        "whomade identify --banner \"$(printf 'http\\033[31m=x')\"",
        "whomade identify --as \"$(printf 'us\\033]0;x\\007')\" --label LTS",
        "whomade identify --label \"$(printf 'x\\302\\23331m')\" --json",
        "whomade identify --model \"$(printf 'x\\302\\23331m')\" --json --depth cloud",
        "whomade identify --label LTS --on \"$(printf '2026\\033[31m')\"",
        "whomade identify --label LTS --context \"$(printf 'holder=\\033[31m')\"",
        "whomade identify --label LTS --policy \"$(printf 'no\\033[31m.toml')\"",
        "whomade screen *.csv",
        "whomade screen *.csv --map \"$(printf 'model=\\033[31m')\"",
        "whomade screen \"$(printf 'none\\033[31m.csv')\"",
        "whomade explain \"$(printf 'x\\033[31m')\" *.csv",
        "whomade suggest *.csv --device \"$(printf 'x\\033[31m')\"",
        "whomade kb show \"$(printf 'x\\033[31m')\"",
        "whomade check \"$(printf 'LTS \\033[31m\\033]0;x\\007 X-1\\r')\" --as us-agency",
        "whomade identify --label \"$(printf 'x\\033[31m')\" --depth cloud",
        "whomade explain \"$(printf 'x\\033[31m')\" *.csv --depth owner",
        "whomade doctor --on \"$(printf 'x\\033[31m')\"",
        "whomade kb docs \"$(printf 'x\\033[31m')\" --check",
        "whomade kb docs pages --calibration \"$(printf 'x\\033[31m')\"",
        "whomade kb lint \"$(printf 'x\\033[31m')\"",
        "whomade regimes \"$(printf 'x\\033[31m')\"",
        "whomade eval \"$(printf 'x\\033[31m')\"",
        "whomade judge \"$(printf 'x\\033[31m')\"",
    ] {
        harmless(&room, command);
    }
}

#[test]
fn hostile_cases_come_back_harmless() {
    let room = Room::new("hostile-cases");
    let bad = "\\u001b[31m\\u0007\\r\\n\\u202e";
    let row = format!(
        r#"{{"id": "{bad}", "title": "{bad}", "context": {{"{bad}": "{bad}", "holder": "{bad}",
        "regimes": ["{bad}"], "day": "{bad}", "identified_at": "{bad}", "clauses": ["{bad}"]}},
        "device": {{"true_maker": [{{"id": "{bad}", "p": 1e308}}], "parents": ["{bad}"],
        "maker_country": "{bad}", "evidence": ["{bad}"]}},
        "expect": [{{"regime": "{bad}", "outcome": "{bad}", "missing": ["{bad}"]}},
        {{"regime": "us.889a1A", "outcome": "{bad}"}}],
        "deadlines": [{{"part": "{bad}", "due": "{bad}"}}]}}"#
    );
    room.write("cases.json", format!("[{row}, 7, {{}}, {{\"facts\": 1}}]").as_bytes());
    room.write("deep.json", "[".repeat(100_000).as_bytes());
    room.write("no.json", b"{\"cases\": \"\x1b[31m\"}");
    for file in ["cases.json", "deep.json", "no.json"] {
        harmless(&room, &format!("whomade judge {file}"));
        harmless(&room, &format!("whomade judge {file} --json"));
    }
}

/// Whoever may replace anything, as root may, must not lose a pipe, a device or a link by naming it
/// as an output.
#[test]
fn an_output_that_is_no_file_is_written_into_and_never_replaced() {
    use std::os::unix::fs::FileTypeExt as _;
    let room = Room::new("no-file");
    room.write("list.csv", b"name,label\nCAM-1,LTS\n");
    let gate = crate::room::root().join("examples/gate.pcap");
    std::fs::copy(gate, room.dir().join("gate.pcap")).unwrap();
    std::fs::copy(
        crate::room::root().join("examples/contractor.xlsx"),
        room.dir().join("assets.xlsx"),
    )
    .unwrap();
    room.run("mkfifo pipe && ln -s report.html link.html && touch report.html");
    let is_pipe =
        || std::fs::symlink_metadata(room.dir().join("pipe")).unwrap().file_type().is_fifo();
    for command in [
        "screen list.csv --html pipe",
        "egress gate.pcap --html pipe",
        "screen list.csv --write sarif=pipe",
    ] {
        // Who reads the pipe gets all of it.
        let done = room.run(&format!(
            "timeout 20 cat pipe > got.txt & timeout 20 whomade {command} -q --no-config > answer.txt; \
             test $? -lt 2 && wait"
        ));
        assert_eq!(done.status, Some(0), "{command}");
        assert!(room.read("got.txt").len() > 1_000, "{command}");
        assert!(is_pipe(), "{command}");
    }
    assert_ne!(room.run("timeout 20 whomade screen assets.xlsx --xlsx pipe -q").status, Some(124));
    assert!(is_pipe(), "a workbook took its place");
    room.run("whomade screen list.csv --html link.html -q --no-config");
    let link = std::fs::symlink_metadata(room.dir().join("link.html")).unwrap();
    assert!(link.file_type().is_symlink(), "the link is gone");
    assert!(String::from_utf8(room.read("report.html")).unwrap().contains("<html"));
}
