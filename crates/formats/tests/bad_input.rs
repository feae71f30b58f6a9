//! Input that was made to hurt, or that a machine without a clock wrote: to every reader that it
//! could reach.

use std::io::{Cursor, Read};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use serde_json::Value;
use whomade_core::diagnostic::Diagnostic;
use whomade_core::observation::Device;
use whomade_formats::read::{Format, Options, Sink, Understood, read_stream};

use crate::golden;
use crate::show::Show;

fn read_as(bytes: &[u8], from: Option<Format>) -> Show {
    let mut show = Show::default();
    read_stream("input", &mut &bytes[..], &Options { from, ..Options::default() }, &mut show);
    show
}

fn read(bytes: &[u8]) -> Show {
    read_as(bytes, None)
}

/// The inputs of the cases that begin so.
fn beginning_with(sign: u8) -> Vec<(PathBuf, Vec<u8>)> {
    let inputs = golden::inputs().into_iter().map(|path| {
        let bytes = std::fs::read(&path).unwrap();
        (path, bytes)
    });
    let own = |bytes: &[u8]| bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&sign);
    let all: Vec<_> = inputs.filter(|(_, bytes)| own(bytes)).collect();
    assert!(all.len() > 3, "{} inputs", all.len());
    all
}

fn format_of(path: &Path) -> String {
    let folder = path.parent().and_then(Path::parent).and_then(Path::file_name);
    folder.unwrap().to_string_lossy().into_owned()
}

/// Entities that grow a thousandfold at each of ten steps, and one that names a file.
fn declared() -> String {
    let mut text =
        "<!DOCTYPE x [<!ENTITY e0 \"grown\"><!ENTITY file SYSTEM \"file:///etc/passwd\">"
            .to_owned();
    for step in 1..10 {
        let before = format!("&e{};", step - 1).repeat(10);
        text.push_str(&format!("<!ENTITY e{step} \"{before}\">"));
    }
    text + "]>"
}

#[test]
fn no_reader_of_xml_expands_what_a_document_declares() {
    let mut readers = std::collections::BTreeSet::new();
    for (path, bytes) in beginning_with(b'<') {
        let text = String::from_utf8(bytes.clone()).unwrap();
        let before = read(&bytes);
        // The prompt of a switch begins like an element.
        let is_xml = before.understood.iter().all(|told| told.format.word != "switch-table");
        if before.devices.is_empty() || !is_xml {
            continue;
        }
        // Behind the declaration of XML and any other, before the outermost element.
        let mut root = 0;
        while text[root..].starts_with("<?") || text[root..].starts_with("<!") {
            root += text[root..].find('>').unwrap() + 1;
            root += text[root..].find('<').unwrap();
        }
        let inner = root + text[root..].find('>').unwrap() + 1;
        let (head, tail) = (&text[..root], &text[inner..]);
        let hurt = format!("{head}{}{}&e9;&file;{tail}", declared(), &text[root..inner])
            .replacen("80", "80&e9;", 40);
        let show = read(hurt.as_bytes());
        assert!(show.codes().contains(&"read/entities"), "{}: {}", path.display(), show.text);
        assert_eq!(show.devices.len(), before.devices.len(), "{}", path.display());
        assert!(!show.text.contains("growngrown"), "{} expands", path.display());
        assert!(!show.text.contains("root:"), "{} names a file", path.display());
        readers.insert(format_of(&path));
    }
    let all: Vec<&str> = readers.iter().map(String::as_str).collect();
    assert_eq!(
        all,
        [
            "cyclonedx",
            "isapi",
            "masscan",
            "nessus",
            "nmap-xml",
            "onvif",
            "openvas",
            "sadp",
            "servicenow",
            "ssdp",
        ]
    );
}

/// So much nesting that who follows it by calling himself runs out of room.
fn nested(open: &str, close: &str) -> String {
    const DEEP: usize = 100_000;
    open.repeat(DEEP) + &close.repeat(DEEP)
}

/// Reads on a thread with little room for calls.
fn read_with_little_room(bytes: Vec<u8>, from: Option<Format>) -> Show {
    const STACK_BYTES: usize = 2 << 20;
    let work = move || read_as(&bytes, from);
    std::thread::Builder::new().stack_size(STACK_BYTES).spawn(work).unwrap().join().unwrap()
}

#[test]
fn no_reader_follows_json_a_hundred_thousand_deep() {
    let deep = [nested("[", "]"), nested("{\"a\":", "}").replace(":}", ":1}")];
    for format in Format::all() {
        for nested in &deep {
            for text in [
                nested.clone(),
                format!("{{\"ip\":\"10.0.0.1\",\"data\":{nested}}}"),
                format!("{{\"data\":{{\"devices\":[{nested}]}}}}"),
                nested[..nested.len() / 2].to_owned(),
            ] {
                let show = read_with_little_room(text.into_bytes(), Some(format));
                assert!(show.diagnostics.len() < 20, "{}: {}", format.word, show.text);
            }
        }
    }
}

#[test]
fn a_line_too_deep_takes_no_other_line_with_it() {
    let mut readers = std::collections::BTreeSet::new();
    for (path, bytes) in beginning_with(b'{') {
        let before = read(&bytes);
        let text = String::from_utf8(bytes).unwrap();
        let of_lines = text.lines().all(|line| serde_json::from_str::<Value>(line).is_ok());
        if !of_lines || before.devices.is_empty() || text.lines().count() < 2 {
            continue;
        }
        let hurt = text.clone() + &nested("{\"a\":", "}").replace(":}", ":1}") + "\n" + &text;
        let show = read_with_little_room(hurt.into_bytes(), None);
        // Where only what stands under certain keys is looked at, the line is passed over unread.
        let said = show.codes().contains(&"read/bad-json");
        let unread = show.devices.len() > before.devices.len();
        assert!(said || unread, "{}: {}", path.display(), show.text);
        assert!(show.devices.len() >= before.devices.len(), "{}", path.display());
        readers.insert(format_of(&path));
    }
    assert!(readers.len() > 5, "{readers:?}");
}

#[test]
fn an_element_of_half_a_million_values_is_left_out() {
    let many = "{\"\":0},".repeat(600_000);
    let hosts = |inner: &str| {
        let host = |x: &str| {
            format!(
                "{{ \"ip\": \"10.0.0.1\", \"timestamp\": \"1793606401\", \"x\": [{x}0], \
                     \"ports\": [ {{\"port\": 80, \"proto\": \"tcp\", \"service\": {{\"name\": \
                     \"title\", \"banner\": \"WEB SERVICE\"}} }} ] }}"
            )
        };
        format!("[\n{},\n{}]", host(""), host(inner))
    };
    let masscan = Format::from_word("masscan");
    assert_eq!(read_as(hosts("").as_bytes(), masscan).devices.len(), 2);
    let show = read_as(hosts(&many).as_bytes(), masscan);
    assert_eq!(show.codes(), ["read/large-record"], "{}", show.text.len());
    assert_eq!(show.devices.len(), 1);
}

/// A stream of one byte, without memory behind it.
fn endless(byte: u8, bytes: u64) -> impl Read {
    std::io::repeat(byte).take(bytes)
}

/// Keeps nothing.
#[derive(Default)]
struct Counting {
    devices: u64,
    longest: usize,
    codes: Vec<&'static str>,
}

impl Sink for Counting {
    fn understood(&mut self, _: Understood) {}
    fn device(&mut self, device: Box<Device>) -> ControlFlow<()> {
        self.devices += 1;
        let values = device.observations.iter().map(|seen| seen.value.len());
        self.longest = self.longest.max(device.record.text.len()).max(values.max().unwrap_or(0));
        ControlFlow::Continue(())
    }
    fn diagnostic(&mut self, said: Diagnostic) {
        self.codes.push(said.code);
    }
}

/// The most memory that this program held so far, in bytes; none where the system does not say.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().trim_end_matches(" kB").parse::<u64>().ok()? << 10)
}

/// Reads a text of two gigabytes between a head and a tail.
fn huge(head: &str, tail: &str) -> Counting {
    const BYTES: u64 = 2 << 30;
    // A quarter of what is read; the other tests of this program have their part in it.
    const MEMORY_BYTES_MAX: u64 = 512 << 20;
    let mut counting = Counting::default();
    let text = Cursor::new(head.to_owned()).chain(endless(b'x', BYTES));
    let mut input = text.chain(Cursor::new(tail.to_owned()));
    read_stream("input", &mut input, &Options::default(), &mut counting);
    assert!(peak().is_none_or(|peak| peak < MEMORY_BYTES_MAX), "{:?} bytes held", peak());
    assert!(counting.longest <= (1 << 20) + 1024, "a record of {} bytes", counting.longest);
    counting
}

#[test]
fn a_cell_of_two_gigabytes_is_cut_and_the_next_row_read() {
    let read = huge("Make,Model,Note\nLTS,CMIP7422N-28M,", "\nAxis,P3245-LVE,\n");
    assert!(read.codes.contains(&"read/long-line"), "{:?}", read.codes);
    assert_eq!(read.devices, 2);
}

#[test]
fn a_line_of_json_of_two_gigabytes_is_cut_and_the_next_read() {
    let line = "{\"device\":\"a\",\"field\":\"model\",\"value\":\"CMIP7422N-28M\"}\n";
    let read =
        huge(&format!("{line}{line}{{\"device\":\"b\",\"value\":\""), &format!("\"}}\n{line}"));
    assert!(read.codes.contains(&"read/long-line"), "{:?}", read.codes);
    assert!(read.devices >= 1);
}

#[test]
fn a_text_of_two_gigabytes_in_a_document_is_left_out_and_the_next_read() {
    let host = "{ \"ip\": \"10.0.0.1\", \"timestamp\": \"1793606401\", \"ports\": [ {\"port\": 80, \
                \"proto\": \"tcp\", \"service\": {\"name\": \"title\", \"banner\": \"WEB SERVICE\"} \
                } ] }";
    let hosts = format!("{host},\n").repeat(3);
    let head = format!("[\n{hosts}{{ \"ip\": \"10.0.0.2\", \"ports\": [ {{\"port\": 80, \"x\": \"");
    let read = huge(&head, &format!("\"}}]}},\n{host}]"));
    assert_eq!(read.codes, ["read/large-record"]);
    assert_eq!(read.devices, 4);
}

#[test]
fn an_attribute_of_two_gigabytes_ends_the_document() {
    let host = "<host><address addr=\"10.0.0.1\" addrtype=\"ipv4\"/></host>";
    let head = format!("<nmaprun scanner=\"nmap\">\n{host}\n<host><address addr=\"");
    let read = huge(&head, &format!("\"/></host>{host}</nmaprun>"));
    assert_eq!(read.codes, ["read/bad-xml"]);
    assert_eq!(read.devices, 1);
}

#[test]
fn bytes_that_are_no_text_cost_no_other_record_in_any_reader() {
    let mut readers = std::collections::BTreeSet::new();
    for input in golden::inputs() {
        let bytes = std::fs::read(&input).unwrap();
        let Ok(text) = std::str::from_utf8(&bytes) else { continue };
        let before = read(&bytes);
        let word = format_of(&input);
        // In very short ones, a few such bytes are too many for a text.
        if before.devices.len() < 2 || bytes.contains(&0) || bytes.len() < 200 {
            continue;
        }
        // Text beyond ASCII first, so that it is UTF-8 for certain and the bytes can be nothing.
        let mid = text[text.len() / 2..].find('\n').map_or(text.len(), |at| text.len() / 2 + at);
        let (head, tail) = text.split_at(mid);
        // Within a value where values are marked: in the name of a tag they would be another tag.
        let value = head.rfind("=\"").or_else(|| head.rfind("\": \"").map(|at| at + 2));
        let Some(at) = value.map(|at| at + 2).or(head.rfind(|c: char| c.is_ascii_lowercase()))
        else {
            continue;
        };
        let hurt = [&head.as_bytes()[..at], b"\xC3\xA9\xFF\xFE\xC3", &head.as_bytes()[at..]];
        let hurt = [&hurt.concat()[..], tail.as_bytes()].concat();
        let show = read(&hurt);
        let codes = show.codes();
        assert!(codes.contains(&"read/encoding"), "{}: {codes:?}", input.display());
        // The record with the bytes in it may say something else or nothing now.
        let left = show.devices.len() + 2 >= before.devices.len();
        assert!(left, "{}: {} of {}", input.display(), show.devices.len(), before.devices.len());
        assert!(!show.text.contains('\0'));
        readers.insert(word);
    }
    assert!(readers.len() > 20, "{}: {readers:?}", readers.len());
}

#[test]
fn a_clock_that_was_not_set_is_said() {
    let lease = |second: &str| format!("{second} 44:19:b6:0a:1c:33 10.0.0.5 cam *\n").repeat(3);
    for (second, odd) in [("1795341600", false), ("4294967295", true), ("4102444799", false)] {
        let show = read(lease(second).as_bytes());
        assert_eq!(show.devices.len(), 3, "{}", show.text);
        assert_eq!(show.codes().contains(&"read/odd-clock"), odd, "{second}: {}", show.text);
    }
    let line =
        |moment: &str| format!("{{\"device\":\"a\",\"ip\":\"10.0.0.5\",\"seen\":\"{moment}\"}}\n");
    for (moment, odd) in [
        ("1970-01-01T00:02:00Z", true),
        ("1999-12-31T23:59:59Z", true),
        ("2000-01-01T00:00:00Z", false),
        ("2026-11-22T10:00:00Z", false),
        ("2106-02-07T06:28:15Z", true),
    ] {
        let show = read(line(moment).as_bytes());
        assert!(show.devices[0].record.seen.is_some(), "{moment}: {}", show.text);
        assert_eq!(show.codes().contains(&"read/odd-clock"), odd, "{moment}: {}", show.text);
    }
}

#[test]
fn of_a_key_that_stands_twice_the_last_counts_and_of_lists_both() {
    let twice = b"{\"device\":\"a\",\"model\":\"DS-2CD2143G2-I\",\"model\":\"CMIP7422N-28M\"}\n";
    let show = read(twice);
    let models: Vec<&str> = show.devices[0].observations.iter().map(|one| &*one.value).collect();
    assert_eq!(models, ["CMIP7422N-28M"]);
    let kea = |host: &str| {
        format!(
            "\"leases\":[{{\"ip-address\":\"{host}\",\"hw-address\":\"44:19:b6:0a:1c:33\",\
                 \"cltt\":1795341600,\"valid-lft\":3600}}]"
        )
    };
    let both = format!(
        "{{\"result\":0,\"arguments\":{{{},{}}},\"arguments\":{{{}}}}}",
        kea("10.0.0.1"),
        kea("10.0.0.2"),
        kea("10.0.0.3")
    );
    let show = read_as(both.as_bytes(), Format::from_word("kea-leases"));
    assert_eq!(show.devices.len(), 3, "{}", show.text);
}

#[test]
fn a_file_that_is_two_formats_is_read_as_the_one_that_it_begins_as() {
    let table = [&b"Make,Model\n"[..], &b"LTS,CMIP7422N-28M\n".repeat(400)].concat();
    let mut writer = zip::ZipWriter::new(Cursor::new(vec![]));
    writer.start_file("inner.csv", zip::write::SimpleFileOptions::default()).unwrap();
    std::io::Write::write_all(&mut writer, b"Make,Model\nAxis,P3245-LVE\n").unwrap();
    let archive = writer.finish().unwrap().into_inner();
    // A table with an archive behind it: programs that unpack look from the end.
    let show = read(&[&table[..], &archive[..]].concat());
    assert_eq!(show.devices[0].observations[1].value, "CMIP7422N-28M", "{}", show.text);
    assert!(!show.text.contains("inner.csv:"), "{}", show.text);
    assert!(show.devices.iter().all(|device| &*device.record.source == "input"));
    // A page with a table behind it, and a picture with an archive behind it.
    for start in [&b"<html><body>"[..], b"%PDF-1.7\n", b"\xFF\xD8\xFF\xE0"] {
        let show = read(&[start, &table[..], &archive[..]].concat());
        assert_eq!(show.codes(), ["read/unknown-format"], "{}", show.text);
        assert!(show.devices.is_empty());
    }
}
