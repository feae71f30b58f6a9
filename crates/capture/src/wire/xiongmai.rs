//! What Xiongmai's firmware says of itself: in notices on its own network, and in what it posts to
//! its service in the clear. How it does is told by the notes of johndoe31415 (numenworld-ipcam,
//! 2019), and by python-dvr and go2rtc of the notices. What it posts as its authority, where it
//! stands and who may watch is passed over.

use super::{Said, text};

/// Bytes of one message that are read.
const MESSAGE_BYTES_MAX: usize = 8 << 10;
/// Bytes of one value that are kept.
const VALUE_BYTES_MAX: usize = 64;

/// A notice of what the firmware is: twenty bytes, then JSON.
#[must_use]
pub fn notice(bytes: &[u8]) -> Vec<Said> {
    const HEADER_BYTES: usize = 20;
    const ANSWER: [u8; 2] = [0xFB, 0x05];
    let is_ours = bytes.first() == Some(&0xFF) && bytes.get(14..16) == Some(&ANSWER[..]);
    if !is_ours {
        return Vec::new();
    }
    let said = text(bytes.get(HEADER_BYTES..).unwrap_or_default(), MESSAGE_BYTES_MAX);
    let keys =
        [("MAC", "mac"), ("SN", "serial"), ("Version", "firmware"), ("HostName", "hostname")];
    named(&said, &keys)
}

/// Whether what is posted is a request of the firmware to its service.
#[must_use]
pub fn is_ours(body: &[u8]) -> bool {
    const WITHIN: [&[u8]; 4] = [b"DssProtocol", b"CfgProtocol", b"AgentProtocol", b"CapsCenter"];
    // The first key of the message names its protocol.
    let Some(rest) = body.trim_ascii_start().strip_prefix(b"{") else { return false };
    let Some(rest) = rest.trim_ascii_start().strip_prefix(b"\"") else { return false };
    WITHIN.iter().any(|one| rest.starts_with(one))
        && contains(body, b"\"MessageType\"")
        && contains(body, b"_REQ\"")
}

/// What a request to the service says of the device that posts it.
#[must_use]
pub fn read(body: &[u8]) -> Vec<Said> {
    const KEYS: [(&str, &str); 5] = [
        ("SerialNumber", "serial"),
        ("OtherInfo", "firmware"),
        ("SoftWare", "firmware"),
        ("ProductID", "hardware"),
        ("HardWare", "hardware"),
    ];
    if !is_ours(body) {
        return Vec::new();
    }
    named(&text(body, MESSAGE_BYTES_MAX), &KEYS)
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes[..bytes.len().min(MESSAGE_BYTES_MAX)].windows(part.len()).any(|one| one == part)
}

/// The texts under keys, where each stands first.
fn named(said: &str, keys: &[(&'static str, &'static str)]) -> Vec<Said> {
    let found = keys.iter().filter_map(|(key, kind)| {
        let behind = said.split_once(&format!("\"{key}\""))?.1.trim_start().strip_prefix(':')?;
        let value = behind.trim_start().strip_prefix('"')?.split_once('"')?.0;
        let plain = value.len() <= VALUE_BYTES_MAX && !value.contains(char::is_control);
        (plain && !value.is_empty()).then(|| Said::Reply(kind, value.to_owned()))
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn said(wanted: &[(&'static str, &str)]) -> Vec<Said> {
        wanted.iter().map(|(kind, value)| Said::Reply(kind, (*value).to_owned())).collect()
    }

    const POSTED: &[u8] = br#"{ "CfgProtocol": { "Body": { "AuthCode": "secret-1",
        "OemID": "General", "OtherInfo": "V5.00.R02.1", "ProductID": "XM530_1",
        "SerialNumber": "0011223344556677", "UserInfo": [{"InfoUsr": "bob",
        "InfoPwd": "secret-2"}], "Area": "Europe:Bobland:Default" }, "Header": {
        "MessageType": "MSG_PMS_CFG_QUERY_REQ", "Version": "1.0" } } }"#;

    #[test]
    fn a_request_gives_serial_and_version_and_nothing_else() {
        let wanted =
            [("serial", "0011223344556677"), ("firmware", "V5.00.R02.1"), ("hardware", "XM530_1")];
        assert!(is_ours(POSTED));
        assert_eq!(read(POSTED), said(&wanted));
        for end in 0..POSTED.len() {
            let got = format!("{:?}", read(&POSTED[..end]));
            assert!(!got.contains("secret") && !got.to_lowercase().contains("bob"), "{got}");
        }
    }

    #[test]
    fn an_answer_and_what_others_post_say_nothing() {
        let answer = br#"{"DssProtocol": {"Header": {"MessageType": "MSG_DEV_REGISTER_RSP"}}}"#;
        assert!(!is_ours(answer));
        let other = br#"{"x": 1, "DssProtocol": {"MessageType": "A_REQ", "SerialNumber": "1"}}"#;
        assert!(!is_ours(other) && read(other).is_empty());
        assert!(read(b"user=bob&SerialNumber=1").is_empty());
    }

    #[test]
    fn a_notice_gives_what_it_names() {
        let mut bytes = vec![0xFF, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFB, 0x05, 0, 0, 0, 0];
        bytes.extend(br#"{"NetWork.NetCommon":{"MAC":"00:12:31:01:02:03","Version":"V4.02.R12"}}"#);
        let wanted = said(&[("mac", "00:12:31:01:02:03"), ("firmware", "V4.02.R12")]);
        assert_eq!(notice(&bytes), wanted);
        for end in 0..bytes.len() {
            assert!(notice(&bytes[..end]).len() <= wanted.len());
        }
    }

    proptest! {
        #[test]
        fn no_bytes_bring_it_down(bytes in proptest::collection::vec(any::<u8>(), 0..120)) {
            let _ = notice(&[&[0xFF; 14][..], &[0xFB, 5, 0, 0, 0, 0], &bytes].concat());
            let _ = read(&[&br#"{"CapsCenter":"MessageType""A_REQ""SoftWare":"#[..], &bytes].concat());
        }
    }
}
