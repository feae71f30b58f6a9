//! Answers made up after the layouts, with names and passwords where such stand.

use proptest::prelude::*;

use super::*;

const OWNER: &[u8] = b"Bob's bedroom";

fn put(bytes: &mut [u8], at: usize, inside: &[u8]) {
    bytes[at..at + inside.len()].copy_from_slice(inside);
}

fn of_dahua() -> Vec<u8> {
    let second = b"00:11:22:33:44:55IPC-X1";
    let third = [b"Name:", OWNER, b"\r\nDevice:IPC\r\n\r\nSerialNo:4A05EC0PAN00001\r\n"].concat();
    let mut bytes = vec![0; 0x78];
    bytes[0] = 0xB3;
    bytes[2] = u8::try_from(second.len()).unwrap();
    bytes[4] = 0x58;
    put(&mut bytes, 0x14, &u16::try_from(third.len()).unwrap().to_le_bytes());
    put(&mut bytes, 0x28, OWNER);
    [bytes, second.to_vec(), third].concat()
}

fn of_hanwha() -> Vec<u8> {
    let mut bytes = vec![0; 262];
    bytes[0] = 0x0B;
    put(&mut bytes, 0x13, b"00:11:22:33:44:55");
    put(&mut bytes, 0x6D, b"XNV-1");
    put(&mut bytes, 0x85, b"http://192.0.2.1/?p=secret");
    bytes
}

fn of_bosch() -> Vec<u8> {
    [
        &b"<?xml version=\"1.0\"?><root xmlns=\"OEMExt00:device-1-0\"><device><friendlyName>"[..],
        OWNER,
        b"</friendlyName><serialNumber>0441</serialNumber>\
          <physAddress>00-11-22-33-44-55</physAddress></device></root>",
    ]
    .concat()
}

fn of_bosch_short() -> Vec<u8> {
    let mut bytes = vec![0; 32];
    put(&mut bytes, 0, &[0x99, 0x39, 0xA4, 0x27]);
    put(&mut bytes, 8, &[0, 0x11, 0x22, 0x33, 0x44, 0x55]);
    bytes
}

fn of_vivotek() -> Vec<u8> {
    let mut bytes = vec![7, 0x4A, 0x5D, 0x8F, 0x1C, 1, u8::try_from(OWNER.len()).unwrap()];
    bytes.extend(OWNER);
    bytes.extend([4, 0x1B, 2, 6, 0, 0x11, 0x22, 0x33, 0x44, 0x55, 9, 5]);
    bytes.extend(b"FD-01");
    bytes
}

fn of_panasonic() -> Vec<u8> {
    let mut bytes = vec![0; 53];
    put(&mut bytes, 0, &[0, 1, 1, 0x75, 0, 0x0E, 0, 0x11, 0x22, 0x33, 0x44, 0x55]);
    bytes.extend([0, 0xA7, 0, 13]);
    bytes.extend(OWNER);
    bytes.extend(b"\0\xA8\0\x08WV-S1\0\0\0\0\xA9\0\x041.46");
    bytes
}

fn of_ubiquiti() -> Vec<u8> {
    let mut inside = vec![2, 0, 10, 0, 0x11, 0x22, 0x33, 0x44, 0x55, 192, 0, 2, 1, 0x0B, 0, 13];
    inside.extend(OWNER);
    inside.extend(b"\x0C\0\x03UVC\x03\0\x021.\x15\0\x03xyz");
    let length = u8::try_from(inside.len()).unwrap();
    [&[2, 6, 0, length][..], &inside].concat()
}

fn of_foscam(key: u8) -> Vec<u8> {
    let mut bytes = vec![0; 0x57];
    put(&mut bytes, 0, b"MO_I\x01\x00");
    put(&mut bytes, 0x17, b"001122334455\0");
    put(&mut bytes, 0x24, OWNER);
    if key != 0 {
        bytes[6] = 1;
        bytes[7..15].fill(key);
        bytes[0x17..].iter_mut().for_each(|byte| *byte ^= key);
    }
    bytes
}

fn of_vstarcam() -> Vec<u8> {
    let mut bytes = vec![0; 0x100];
    put(&mut bytes, 0, &[0x44, 0x48, 1, 8]);
    put(&mut bytes, 0x54, &[0, 0x11, 0x22, 0x33, 0x44, 0x55]);
    put(&mut bytes, 0x5C, b"VSTA000001ABCDE");
    put(&mut bytes, 0x7C, OWNER);
    put(&mut bytes, 0xCC, b"48.53.75.1");
    bytes
}

fn of_sony() -> Vec<u8> {
    let mut bytes = b"\x02MAC:00-11-22-33-44-55\xffMODEL:SNC-1\xffSERIAL:100\xffTITLE:".to_vec();
    bytes.extend(OWNER);
    bytes.extend(b"\xffPASS:secret\xffSOFTVERSION:3.0.0\xff\x03");
    bytes
}

fn of_reolink() -> Vec<u8> {
    let mut bytes = vec![0; 388];
    put(&mut bytes, 80, &[0, 0x11, 0x22, 0x33, 0x44, 0x55]);
    put(&mut bytes, 104, b"\xaa\xaa");
    put(&mut bytes, 108, b"192.0.2.1");
    put(&mut bytes, 132, OWNER);
    put(&mut bytes, 164, b"00:11:22:33:44:55");
    put(&mut bytes, 228, b"95270000secret00");
    bytes
}

/// What is read of an answer: kinds and values.
type Wanted = Vec<(&'static str, &'static str)>;

/// Each answer, the port that it goes to, and what it says.
fn answers() -> Vec<(u16, Vec<u8>, Wanted)> {
    let (colons, dashes) = (("mac", "00:11:22:33:44:55"), ("mac", "00-11-22-33-44-55"));
    let serial = |serial| ("serial", serial);
    vec![
        (5_050, of_dahua(), vec![colons, ("model", "IPC-X1"), serial("4A05EC0PAN00001")]),
        (7_711, of_hanwha(), vec![colons, ("model", "XNV-1")]),
        (1_758, of_bosch(), vec![dashes, serial("0441")]),
        (1_758, of_bosch_short(), vec![colons]),
        (10_000, of_vivotek(), vec![colons, ("model", "FD-01")]),
        (10_669, of_panasonic(), vec![colons, ("firmware", "1.46")]),
        (10_001, of_ubiquiti(), vec![colons, ("firmware", "1."), ("model", "UVC")]),
        (10_000, of_foscam(0), vec![serial("001122334455")]),
        (10_000, of_foscam(0x5F), vec![serial("001122334455")]),
        (8_600, of_vstarcam(), vec![colons, serial("VSTA000001ABCDE"), ("firmware", "48.53.75.1")]),
        (3_000, of_reolink(), vec![colons]),
        (2_380, of_sony(), vec![dashes, ("model", "SNC-1"), serial("100"), ("firmware", "3.0.0")]),
    ]
}

#[test]
fn answers_say_what_their_places_hold() {
    for (port, bytes, wanted) in answers() {
        let wanted: Vec<Said> =
            wanted.into_iter().map(|(kind, said)| Said::Reply(kind, said.to_owned())).collect();
        assert_eq!(read(port, 50_000, &bytes), wanted, "from {port}");
        assert_eq!(read(50_000, port, &bytes), wanted, "to {port}");
        assert!(read(4_000, 50_000, &bytes).is_empty(), "of another port");
    }
}

#[test]
fn what_owners_write_is_not_kept() {
    for (port, bytes, _) in answers() {
        let all = format!("{:?}", read(port, port, &bytes));
        assert!(!all.contains("Bob") && !all.contains("secret"), "{all}");
    }
}

#[test]
fn what_is_cut_is_no_worse_than_nothing() {
    for (port, bytes, wanted) in answers() {
        for end in 0..bytes.len() {
            let said = read(port, port, &bytes[..end]);
            assert!(said.len() <= wanted.len(), "{port} {end}");
        }
    }
}

#[test]
fn who_searches_says_nothing() {
    let mut of_hanwha = vec![0; 262];
    of_hanwha[0] = 1;
    assert!(read(7_711, 7_701, &of_hanwha).is_empty());
    let mut of_dahua = vec![0; 32];
    of_dahua[0] = 0xA3;
    assert!(read(5_050, 5_050, &of_dahua).is_empty());
    assert!(read(8_600, 8_600, b"DH\x01\x01").is_empty());
    assert!(read(2_380, 2_380, b"\x02ENQ:allinfo\xff\x03").is_empty());
    assert!(read(10_001, 10_001, &[1, 0, 0, 0]).is_empty());
    assert!(read(3_000, 2_000, &[0xAA, 0xAA, 0, 0]).is_empty());
    let mut of_panasonic = vec![0; 52];
    of_panasonic[1] = 1;
    assert!(read(10_669, 10_670, &of_panasonic).is_empty());
}

#[test]
fn what_is_as_long_as_an_answer_of_reolinks_is_none_without_an_address() {
    let mut bytes = of_reolink();
    put(&mut bytes, 108, b"192.0.2.256");
    assert!(read(2_000, 3_000, &bytes).is_empty());
    assert!(read(2_000, 3_000, &[0x41; 388]).is_empty());
}

#[test]
fn a_frame_on_the_link_says_whose_it_is() {
    let mut bytes = vec![0; 60];
    put(&mut bytes, 0, &[0x21, 1]);
    put(&mut bytes, 14, &[0x44, 0x19, 0xB6, 1, 2, 3]);
    assert_eq!(sadp_frame(&bytes), Some(Said::Reply("mac", "44:19:b6:01:02:03".to_owned())));
    bytes[1] = 2;
    assert_eq!(sadp_frame(&bytes), None, "who asks says nothing");
    assert_eq!(sadp_frame(&bytes[..10]), None);
}

proptest! {
    #[test]
    fn no_bytes_bring_it_down(
        bytes in proptest::collection::vec(any::<u8>(), 0..400),
        which in 0..12_usize,
        cut in any::<prop::sample::Index>(),
    ) {
        let _ = sadp_frame(&bytes);
        let (port, answer, _) = answers().swap_remove(which);
        let _ = read(port, port, &bytes);
        // The beginning of an answer, then anything.
        let mixed = [&answer[..cut.index(answer.len())], &bytes].concat();
        let _ = read(port, port, &mixed);
    }
}
