//! That `whomade listen` hears what is said to everybody and sends nothing: on an interface that
//! counts, in a network of the test's own, where nobody else sends either.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use pnet_datalink::{Channel, Config, DataLinkSender};
use whomade_capture::each_frame;

use crate::room::{Room, root};
use crate::within::{ip, is_within};

/// The end that is listened on, and the one from which is sent.
pub(crate) const HERE: &str = "whomade0";
pub(crate) const THERE: &str = "whomade1";
/// The address of the end that is listened on.
const ADDRESS: &str = "192.0.2.2";
/// Frames are heard long before; whoever hangs is ended.
const LONG: &str = "60s";

/// Two ends of one wire, on which the system itself says nothing.
pub(crate) fn wire() {
    ip(&format!("link add {HERE} type veth peer name {THERE}"));
    for end in [HERE, THERE] {
        let quiet = format!("/proc/sys/net/ipv6/conf/{end}/disable_ipv6");
        std::fs::write(quiet, "1").unwrap();
        ip(&format!("link set {end} up"));
    }
    // With an address of its own this end would answer, announce and report, if anybody made it.
    ip(&format!("addr add {ADDRESS}/24 dev {HERE}"));
}

/// Packets that an interface got and sent, as the system counts them.
fn counted(interface: &str) -> [u64; 2] {
    let all = std::fs::read_to_string("/proc/self/net/dev").unwrap();
    let line = all.lines().find_map(|line| line.trim().strip_prefix(&format!("{interface}:")));
    let numbers: Vec<u64> =
        line.unwrap().split_whitespace().map(|one| one.parse().unwrap()).collect();
    [numbers[1], numbers[9]]
}

/// Whether the interface hands on what is for others.
fn hands_on() -> bool {
    let shown = Command::new("ip").args(["-d", "link", "show", HERE]).output().unwrap();
    String::from_utf8_lossy(&shown.stdout).contains("promiscuity 1")
}

pub(crate) fn sender(interface: &str) -> Box<dyn DataLinkSender> {
    let all = pnet_datalink::interfaces();
    let found = all.into_iter().find(|one| one.name == interface).unwrap();
    #[expect(clippy::disallowed_methods, reason = "somebody has to send what is heard")]
    let opened = pnet_datalink::channel(&found, Config::default()).unwrap();
    let Channel::Ethernet(sender, _) = opened else { unreachable!("another kind of channel") };
    sender
}

pub(crate) fn send(sender: &mut dyn DataLinkSender, frame: &[u8]) {
    sender.send_to(frame, None).unwrap().unwrap();
}

/// A datagram of a station to a group.
pub(crate) fn datagram(mac: u8, group: [u8; 4], port: u16, inside: &[u8]) -> Vec<u8> {
    let length = |more: usize| u16::try_from(inside.len() + more).unwrap().to_be_bytes();
    let to = [1, 0, 0x5E, group[1] & 0x7F, group[2], group[3]];
    let from = [0x00, 0x40, 0x8C, 0x10, 0x20, mac];
    let ports = [port.to_be_bytes(), port.to_be_bytes()].concat();
    let head = [&[0x45, 0][..], &length(28), &[0, 0, 0, 0, 4, 17, 0, 0, 10, 20, 0, mac]].concat();
    [&to[..], &from, &[8, 0], &head, &group, &ports, &length(8), &[0, 0], inside].concat()
}

/// What is said of WS-Discovery, SSDP and mDNS, which the capture of the other tests does not hold.
pub(crate) fn announced() -> [Vec<u8>; 3] {
    let hello = b"<?xml version=\"1.0\"?><s:Envelope \
        xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\" \
        xmlns:d=\"http://schemas.xmlsoap.org/ws/2005/04/discovery\"><s:Body><d:Hello>\
        <d:Types>dn:NetworkVideoTransmitter</d:Types><d:Scopes>\
        onvif://www.onvif.org/name/INVENTED onvif://www.onvif.org/hardware/INVENTED-1</d:Scopes>\
        <d:XAddrs>http://10.20.0.61/onvif/device_service</d:XAddrs></d:Hello></s:Body>\
        </s:Envelope>";
    let notify = b"NOTIFY * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nNTS: ssdp:alive\r\n\
        NT: upnp:rootdevice\r\nSERVER: Linux UPnP/1.0 Invented/1\r\n\
        LOCATION: http://10.20.0.62/description.xml\r\nUSN: uuid:1\r\n\r\n";
    let name = |parts: &[&str]| {
        let parts = parts.iter().map(|part| [&[part.len() as u8], part.as_bytes()].concat());
        [parts.collect::<Vec<_>>().concat(), vec![0]].concat()
    };
    let host = [&[0, 0, 0, 0, 0, 80][..], &name(&["invented-3", "local"])].concat();
    let service = [
        &[0, 0, 0x84, 0, 0, 0, 0, 1, 0, 0, 0, 0][..],
        &name(&["INVENTED-3", "_axis-video", "_tcp", "local"]),
        &[0, 33, 0x80, 1, 0, 0, 0, 120, 0, host.len() as u8],
        &host,
    ]
    .concat();
    [
        datagram(61, [239, 255, 255, 250], 3_702, hello),
        datagram(62, [239, 255, 255, 250], 1_900, notify),
        datagram(63, [224, 0, 0, 251], 5_353, &service),
    ]
}

/// All that is sent, as frames and as a capture of them.
fn frames() -> (Vec<Vec<u8>>, Vec<u8>) {
    let estate = root().join("crates/formats/tests/data/pcap/estate/input.pcap");
    let mut capture = std::fs::read(estate).unwrap();
    let mut frames = Vec::new();
    each_frame(&capture[..], &mut |frame| {
        frames.push(frame.bytes.to_vec());
        std::ops::ControlFlow::Continue(())
    })
    .unwrap();
    for frame in announced() {
        let length = u32::try_from(frame.len()).unwrap().to_le_bytes();
        capture.extend([&[0; 8][..], &length, &length, &frame].concat());
        frames.push(frame);
    }
    (frames, capture)
}

/// Begins to listen, and waits until the socket is open.
fn listening(room: &Room, words: &str) -> (Child, impl Iterator<Item = String> + use<>) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_whomade"))
        .args(["listen", HERE, "--on", "2026-11-22"])
        .args(words.split(' '))
        .current_dir(room.dir())
        .env("XDG_STATE_HOME", room.dir().join("state"))
        .env("TMPDIR", room.dir().join("temporary"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    let begins = said.next().unwrap();
    assert!(begins.starts_with(&format!("listening on {HERE}")), "{begins}");
    (child, said)
}

#[test]
fn it_hears_what_is_said_to_everybody_and_sends_nothing() {
    if !is_within("listen::it_hears_what_is_said_to_everybody_and_sends_nothing") {
        return;
    }
    wire();
    let room = Room::new("listen");
    room.write("temporary/empty", b"");
    let (frames, capture) = frames();
    // Every language that is to be heard is among them.
    for port in [37_020_u16, 37_810, 34_569, 3_702, 1_900, 5_353, 67] {
        let to = |frame: &Vec<u8>| frame[23] == 17 && frame[36..38] == port.to_be_bytes();
        assert!(frames.iter().any(to), "nothing is sent to {port}");
    }
    assert!(frames.iter().any(|frame| frame[12..14] == [8, 6]), "nobody asks by ARP");

    let all = "--stations --json --evidence";
    let [_, sent_before] = counted(HERE);
    let [got_there, _] = counted(THERE);
    let (child, mut said) = listening(&room, &format!("--for {LONG} {all} --write seen.ndjson"));
    let mut sender_there = sender(THERE);
    frames.iter().for_each(|frame| send(&mut *sender_there, frame));
    let mut heard = Vec::new();
    while heard.len() < 8 {
        let line = said.next().expect("it ended early");
        heard.extend(line.strip_prefix("heard: ").map(str::to_owned));
    }
    assert!(hands_on(), "what is for others would not be heard on a real wire");
    // The last frame is heard; whoever listens is asked to end, and still answers.
    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    let done = child.wait_with_output().unwrap();
    assert_eq!(done.status.code(), Some(1), "cameras are named: {}", said.collect::<String>());

    assert!(!hands_on(), "the interface was left as it was set");
    assert_eq!(counted(HERE)[1], sent_before, "it sent something");
    assert_eq!(counted(THERE)[0], got_there, "something came out at the other end");
    assert_eq!(sent_before, 0, "the system itself is silent");
    assert_eq!(counted(HERE)[0], frames.len() as u64, "all frames came in");

    for one in [
        "44:19:b6:10:20:31, an address registered to Hangzhou Hik",
        "3c:ef:8c:10:20:32 10.20.0.12",
        "00:40:8c:10:20:3f 10.20.0.63",
    ] {
        assert!(heard.iter().any(|line| line.starts_with(one)), "{one}: {heard:?}");
    }
    // What is heard is what a recording of it holds.
    room.write("heard.pcap", &capture);
    let recorded = room.run(&format!("whomade capture heard.pcap {all} -q --on 2026-11-22"));
    let recorded = String::from_utf8(recorded.bytes).unwrap();
    let live = String::from_utf8(done.stdout).unwrap();
    let live = live.replace(&format!("heard on {HERE}"), "heard.pcap");
    let (live, recorded): (Vec<&str>, Vec<&str>) =
        (live.lines().collect(), recorded.lines().collect());
    assert_eq!(live.len(), 9, "eight stations and a summary");
    assert_eq!(live, recorded);
    let seen = String::from_utf8(room.read("seen.ndjson")).unwrap();
    for said in ["INVENTED-1", "Invented/1", "INVENTED-3", "DS-2CD2143G2-I", "IPC-HDW1431T1-S4"] {
        assert!(seen.contains(said), "{said} was not heard: {seen}");
    }
    // Nothing of it lies anywhere.
    assert!(!room.dir().join("state").exists(), "a note of a run that nobody can repeat");
    assert_eq!(std::fs::read_dir(room.dir().join("temporary")).unwrap().count(), 1);

    // The counter counts: what is sent there raises it, and so does joining a group.
    send(&mut *sender(HERE), &frames[0]);
    assert_eq!(counted(HERE)[1], sent_before + 1, "the interface counts nothing");
    #[expect(clippy::disallowed_types, reason = "a listener that joins groups is told apart")]
    let joined = std::net::UdpSocket::bind("0.0.0.0:0").unwrap();
    joined.join_multicast_v4(&[239, 255, 255, 250].into(), &ADDRESS.parse().unwrap()).unwrap();
    let reported = || counted(HERE)[1] > sent_before + 1;
    let waited = (0..100).any(|_| {
        std::thread::sleep(Duration::from_millis(50));
        reported()
    });
    assert!(waited, "a join is not counted");
}

#[test]
fn it_says_why_nothing_is_heard() {
    if !is_within("listen::it_says_why_nothing_is_heard") {
        return;
    }
    wire();
    let room = Room::new("listen-silent");
    let said = room.lines("whomade listen eth99").join("\n");
    assert!(said.contains("[listen/no-interface]") && said.contains(HERE), "{said}");
    assert!(said.ends_with("[exit 2]"), "{said}");

    ip(&format!("link set {THERE} down"));
    let drop = "setpriv --bounding-set=-net_raw --inh-caps=-net_raw";
    if room.run(&format!("{drop} true")).status == Some(0) {
        let said = room.lines(&format!("{drop} whomade listen {HERE}")).join("\n");
        let line = "sudo setcap cap_net_raw+ep \"$(command -v whomade)\"";
        let record = format!("sudo tcpdump -i {HERE} -s 0 -w heard.pcap");
        for wanted in ["[listen/no-permission]", line, &record, "whomade capture heard.pcap"] {
            assert!(said.contains(wanted), "{wanted}: {said}");
        }
        assert!(said.ends_with("[exit 2]"), "{said}");
    }

    let nothing = room.lines(&format!("whomade listen {HERE} --for 1s")).join("\n");
    assert!(nothing.contains("warning[listen/nothing]: nothing was heard"), "{nothing}");
    assert!(nothing.ends_with("[exit 2]"), "{nothing}");

    let (mut child, said) = listening(&room, &format!("--for {LONG}"));
    ip(&format!("link set {HERE} down"));
    let status = child.wait().unwrap();
    let said: Vec<String> = said.collect();
    let ended = format!("the interface {HERE} went down");
    assert!(said.iter().any(|line| line.contains(&ended)), "{said:?}");
    assert_eq!(status.code(), Some(2));

    let said = room.lines(&format!("whomade listen {HERE}")).join("\n");
    let up = format!("sudo ip link set {HERE} up");
    assert!(said.contains("[listen/interface-down]") && said.contains(&up), "{said}");

    ip(&format!("link set {HERE} up"));
    let (mut child, said) = listening(&room, &format!("--for {LONG}"));
    std::thread::sleep(Duration::from_millis(100));
    ip(&format!("link del {HERE}"));
    let status = child.wait().unwrap();
    let said: Vec<String> = said.collect();
    assert!(said.iter().any(|line| line.contains("is gone")), "{said:?}");
    assert_eq!(status.code(), Some(2));
}
