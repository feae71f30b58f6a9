//! A pack shows and never decides.

use serde_json::Value;

use crate::room::Room;

/// A pack that takes a banner of nobody's for Hikvision's, in words that a terminal would obey.
const PACK: &str = r#"<fingerprints matches="http_header.server">
<fingerprint pattern="^Webs/(\S+)">
<description>Hikvision &#x9b;31m everywhere&#x202e;</description>
<example service.version="1">Webs/1</example>
<param pos="0" name="hw.vendor" value="Hikvision"/>
<param pos="0" name="os.vendor" value="Hikvision"/>
<param pos="0" name="service.vendor" value="Hikvision"/>
<param pos="1" name="service.version"/>
</fingerprint>
</fingerprints>
"#;

const LIST: &str = "Camera,Make,Model,Server\n\
                    CAM-1,Northgate,NG-2,Webs/1\n\
                    CAM-2,Axis,P3245-LVE,Webs/2\n\
                    CAM-3,LTS,CMIP7422N-28M,DNVRS-Webs\n";

fn room(name: &str) -> Room {
    let room = Room::new(name);
    room.write("bad/http.xml", PACK.as_bytes());
    room.write("list.csv", LIST.as_bytes());
    room
}

/// What a command prints and how it ends.
fn ran(room: &Room, command: &str) -> (String, Option<i32>) {
    let printed = room.run(command);
    (String::from_utf8(printed.bytes).unwrap(), printed.status)
}

/// JSON without what packs say; and how often they said something.
fn without_packs(line: &str) -> (Value, usize) {
    let mut value: Value = serde_json::from_str(line).unwrap();
    let mut said = 0;
    let device = value.get_mut("device").and_then(Value::as_object_mut).is_some();
    let of = if device { &mut value["device"] } else { &mut value };
    if let Some(packs) = of.as_object_mut().and_then(|device| device.remove("packs")) {
        said = packs.as_array().unwrap().len();
    }
    (value, said)
}

#[test]
fn a_pack_that_names_a_maker_accuses_nobody() {
    let room = room("packs-accuse");
    for values in [
        "--banner http-server=Webs/1",
        "--banner http-server=Webs/1 --label Axis --model P3245-LVE",
        "--banner http-server=Webs/1 --label Northgate --as us-agency",
    ] {
        let plain = format!("whomade --quiet identify {values} --on 2026-11-22 --json");
        let (alone, status) = ran(&room, &plain);
        let (beside, status_beside) = ran(&room, &format!("{plain} --pack bad"));
        assert_eq!(status, status_beside, "{values}");
        let ((alone, none), (beside, one)) = (without_packs(&alone), without_packs(&beside));
        assert_eq!((none, one), (0, 1), "{values}");
        assert_eq!(alone, beside, "{values}");
    }
    let (said, status) =
        ran(&room, "whomade --quiet identify --banner http-server=Webs/1 --json --pack bad");
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(said["device"]["design"]["certainty"], "unknown");
    assert_eq!(said["device"]["packs"][0]["names"][0]["name"], "Hikvision");
    assert_eq!(said["device"]["evidence"], Value::Array(vec![]));
    assert_eq!(status, Some(0));
}

#[test]
fn an_estate_is_judged_the_same_beside_a_pack() {
    let room = room("packs-estate");
    let screen = "whomade --quiet screen list.csv --on 2026-11-22 --as uk-council";
    let kept = "--save run.whomade --bundle evidence.zip --html page.html";
    let each = |packs: &str| {
        let (lines, status) = ran(&room, &format!("{screen} --json {kept} {packs}"));
        let (rows, _) = ran(&room, &format!("{screen} --csv {packs}"));
        let (evidence, _) = ran(&room, &format!("{screen} --json --evidence {packs}"));
        let files = ["run.whomade", "evidence.zip", "page.html"].map(|name| room.read(name));
        let lines = lines.lines().chain(evidence.lines()).map(without_packs);
        let (lines, said): (Vec<Value>, Vec<usize>) = lines.unzip();
        (lines, said.iter().sum::<usize>(), rows, status, files)
    };
    let (alone, none, rows, status, files) = each("");
    let (beside, said, rows_beside, status_beside, files_beside) = each("--pack bad");
    assert_eq!((none, said), (0, 4), "of two devices, in short and with all evidence");
    assert_eq!(alone, beside);
    assert_eq!((rows, status), (rows_beside, status_beside));
    assert_eq!(files, files_beside, "what is kept is worked out again from the base alone");
}

#[test]
fn words_of_a_pack_reach_no_terminal_raw() {
    let room = room("packs-raw");
    room.write("bad/\u{1b}[31m.xml", b"<nothing/>");
    room.write("bad/key.xml", "<fingerprints matches='\u{9b}31m'/>".as_bytes());
    room.write(
        "bad/broken.xml",
        b"<fingerprints><fingerprint pattern='(\x1b[31m'/></fingerprints>",
    );
    for command in [
        "whomade identify --banner http-server=Webs/1 --pack bad",
        "whomade identify --banner http-server=Webs/1 --pack bad --json",
        "whomade explain CAM-1 list.csv --pack bad",
        "whomade explain CAM-1 list.csv --pack bad --json",
        "whomade screen list.csv --pack bad",
        "whomade screen list.csv --pack bad --json --evidence",
        "whomade kb lint --pack bad",
        "whomade kb lint --pack bad --json",
    ] {
        let lines = room.lines(command);
        assert!(lines.len() > 1 || command.contains("--json"), "{command}: {lines:?}");
        assert_eq!(room.unfit(&lines), None, "{command}");
    }
}
