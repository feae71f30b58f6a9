//! Files of packs in recog's form: read, or refused with a place.

use whomade_core::diagnostic::Diagnostic;
use whomade_core::pack::{PackFile, Packs, Param};
use whomade_formats::read::pack_file;

fn read(text: &str) -> (PackFile, Vec<Diagnostic>) {
    match pack_file("mine/gate.xml", "gate", text.as_bytes()) {
        Ok(read) => read,
        Err(why) => panic!("{}", why.message),
    }
}

fn refused(text: &[u8]) -> String {
    match pack_file("mine/gate.xml", "gate", text) {
        Ok(_) => "read".to_owned(),
        Err(why) => {
            assert_eq!(why.code, "kb/pack-file");
            assert_eq!(&*why.place.as_ref().unwrap().source, "mine/gate.xml");
            why.message
        }
    }
}

const GATE: &str = r#"<?xml version="1.0"?>
<!-- Northgate does not exist. -->
<fingerprints matches="http_header.server" protocol="http" preference="0.75">
  <fingerprint pattern="^Gate(?:/(\d+\.\d+))? &quot;NG&quot;$" flags="REG_ICASE">
    <description>  Northgate
      cameras </description>
    <example service.version="1.2">GATE/1.2 "NG"</example>
    <example _encoding="base64">R2F0
      ZSAiTkci</example>
    <example _filename="../../secret"/>
    <example><![CDATA[Gate "NG"]]></example>
    <param pos="0" name="hw.vendor" value="Northgate"/>
    <param pos="1" name="service.version"/>
    <strange><deeper/></strange>
  </fingerprint>
  <fingerprint pattern="a&#10;b"><description>x</description></fingerprint>
</fingerprints>
"#;

#[test]
fn a_file_is_read_as_recog_reads_it() {
    let (file, said) = read(GATE);
    assert!(said.is_empty(), "{said:#?}");
    assert_eq!((file.key.as_str(), file.preference), ("http_header.server", 0.75));
    assert_eq!(file.examples_elsewhere, 1, "a name out of a pack opens no file");
    let one = &file.fingerprints[0];
    assert_eq!(one.line, 4);
    assert_eq!(one.pattern, r#"^Gate(?:/(\d+\.\d+))? "NG"$"#);
    assert_eq!((one.flags.as_str(), one.description.as_str()), ("REG_ICASE", "Northgate cameras"));
    let values: Vec<&[u8]> = one.examples.iter().map(|example| &*example.value).collect();
    assert_eq!(values, [&b"GATE/1.2 \"NG\""[..], b"Gate \"NG\"", b"Gate \"NG\""]);
    assert_eq!(one.examples[0].expects, [("service.version".to_owned(), "1.2".to_owned())]);
    let param = |position, name: &str, value: &str| Param {
        position,
        name: name.to_owned(),
        value: value.to_owned(),
    };
    assert_eq!(one.params, [param(0, "hw.vendor", "Northgate"), param(1, "service.version", "")]);
    assert_eq!(file.fingerprints[1].pattern, "a\nb");
    let (tried, missed) = Packs::new(vec![file]).0.tried();
    assert_eq!((tried, missed.len()), (3, 0));
}

#[test]
fn a_file_without_a_key_is_called_by_its_name() {
    let (file, _) = read("<fingerprints preference='high'/>");
    assert_eq!((file.key.as_str(), file.preference), ("gate", 0.10));
}

#[test]
fn what_a_fingerprint_lacks_is_said_and_the_others_are_read() {
    let (file, said) = read(
        "<fingerprints><fingerprint><param pos='0' name='a' value='b'/></fingerprint>
         <fingerprint pattern='x'><param pos='one' name='a'/><param pos='0'/>
         <example _encoding='base64'>%%%</example><example _encoding='rot13'>a</example>
         </fingerprint></fingerprints>",
    );
    assert_eq!(file.fingerprints.len(), 1);
    let told: Vec<(&str, u64)> =
        said.iter().map(|one| (one.code, one.place.as_ref().unwrap().line)).collect();
    assert_eq!(
        told,
        [
            ("kb/pack-pattern", 1),
            ("kb/pack-param", 2),
            ("kb/pack-param", 2),
            ("kb/pack-example", 3),
            ("kb/pack-example", 3)
        ]
    );
}

#[test]
fn declared_types_and_entities_are_refused() {
    let bomb = "<!DOCTYPE a [<!ENTITY b \"cccc\"><!ENTITY c \"&b;&b;\">]>
        <fingerprints><fingerprint pattern='&c;'/></fingerprints>";
    assert!(refused(bomb.as_bytes()).contains("declares a type"));
    let unknown = "<fingerprints><fingerprint pattern='a'><description>&b;</description>";
    assert!(refused(unknown.as_bytes()).contains("nobody says what &b; stands for"));
    let in_pattern = "<fingerprints>\n<fingerprint pattern='&b;'/></fingerprints>";
    assert!(refused(in_pattern.as_bytes()).starts_with("line 2:"));
}

#[test]
fn what_is_no_pack_is_refused() {
    for (text, why) in [
        ("", "no element `fingerprints`"),
        ("plain text", "no element `fingerprints`"),
        ("<nmaprun/>", "`nmaprun` is no element"),
        ("<fingerprints/><fingerprints/>", "`fingerprints` is no element"),
        ("<fingerprints><fingerprint pattern='a'>", "ends within an element"),
        ("<fingerprints a='1' a='2'/>", "line 1:"),
        ("<fingerprints></fingerprint>", "line 1:"),
    ] {
        assert!(refused(text.as_bytes()).contains(why), "{text}: {}", refused(text.as_bytes()));
    }
    let deep = format!("<fingerprints>{}", "<a>".repeat(100_000));
    assert!(refused(deep.as_bytes()).contains("more than 16 elements"));
    assert!(refused(b"<fingerprints><fingerprint pattern='\xff'/></fingerprints>").len() > 4);
}

#[test]
fn parts_beyond_the_limits_are_said() {
    let example = "<example>a</example><param pos='0' name='n' value='v'/>".repeat(1_010);
    let text =
        format!("<fingerprints><fingerprint pattern='a'>{example}</fingerprint></fingerprints>");
    let (file, said) = read(&text);
    let one = &file.fingerprints[0];
    assert_eq!((one.examples.len(), one.params.len()), (1_000, 1_000));
    assert!(said.iter().all(|one| one.code == "kb/pack-large"));
    assert_eq!(said.len(), 5, "the same is said five times and no more");
    let many =
        format!("<fingerprints>{}</fingerprints>", "<fingerprint pattern='a'/>".repeat(100_001));
    let (file, said) = read(&many);
    assert_eq!((file.fingerprints.len(), said.len()), (100_000, 1));
}

#[test]
fn a_damaged_file_is_read_or_refused() {
    let rounds = std::env::var("WHOMADE_ROUNDS").ok().and_then(|text| text.parse().ok());
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut below = |limit: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % limit as u64).unwrap()
    };
    const PIECES: [&[u8]; 10] = [
        b"<",
        b">",
        b"&",
        b"\"",
        b"<!DOCTYPE a>",
        b"<![CDATA[",
        b"(?=",
        b"{9999}",
        b"\xff",
        b"\x00",
    ];
    for _ in 0..rounds.unwrap_or(1_000_u32) {
        let mut bytes = GATE.as_bytes().to_vec();
        for _ in 0..=below(4) {
            let at = below(bytes.len());
            match below(4) {
                0 => bytes[at] = u8::try_from(below(256)).unwrap(),
                1 => drop(bytes.splice(at..at, PIECES[below(PIECES.len())].iter().copied())),
                2 => drop(bytes.drain(at..(at + below(40)).min(bytes.len()))),
                _ => bytes.truncate(at.max(1)),
            }
            if bytes.is_empty() {
                break;
            }
        }
        if let Ok((file, _)) = pack_file("a.xml", "a", &*bytes) {
            let (packs, _) = Packs::new(vec![file]);
            let _ = packs.tried();
        }
    }
}
