//! Shapes of replies: what is read, what is not, and that a shape is nobody's proof alone.

use proptest::prelude::*;
use whomade_core::attribution::Certainty;
use whomade_core::observation::{Field, Observation, Side};
use whomade_core::report::Readings;
use whomade_core::shape::{
    checked_etag, derived, header_order, is_shape, prefix_order, scope_order, sdp_shape, short_hash,
};

use crate::support::{answer, base, device};

/// A recorder's reply, its times moved.
const RECORDER: &str = "HTTP/1.1 200 OK\r\nCONNECTION: close\r\n\
    Date: Sun, 22 Mar 2020 02:23:27 GMT\r\nLast-Modified: Thu, 22 Nov 2018 16:32:26 GMT\r\n\
    Etag: \"1542904346:5519\"\r\nCONTENT-LENGTH: 21785\r\nP3P: CP=CAO PSA OUR\r\n\r\n\
    <html>Server: nobody</html>";

#[test]
fn the_order_of_headers_keeps_their_case_and_ends_where_the_page_begins() {
    let order = "CONNECTION Date Last-Modified Etag CONTENT-LENGTH P3P";
    assert_eq!(header_order(RECORDER).as_deref(), Some(order));
    assert_eq!(header_order("Server: x\nDigest realm y"), None);
    assert_eq!(header_order("a b: 1\n: 2\n<c>: 3\nd: 4"), None);
}

#[test]
fn a_tag_is_believed_only_where_the_same_reply_proves_it() {
    let tag = |tag: &str, length: &str, changed: &str| {
        checked_etag(&format!("ETag: {tag}\nContent-Length: {length}\nLast-Modified: {changed}"))
    };
    let day = "Thu, 22 Nov 2018 16:32:26 GMT"; // 1542904346 = 0x5bf6da1a
    assert_eq!(checked_etag(RECORDER).as_deref(), Some("time(10):length(16)"));
    assert_eq!(tag("\"5bf6da1a-5519\"", "21785", day).as_deref(), Some("time(16)-length(16)"));
    assert_eq!(tag("\"5bf6da1a.21785\"", "21785", day).as_deref(), Some("time(16).length(10)"));
    let micro = format!("W/\"5519-{:x}\"", 1_542_904_346_000_000_u64);
    let micro = tag(&micro, "21785", day);
    assert_eq!(micro.as_deref(), Some("weak length(16)-microtime(16)"));
    assert_eq!(tag("0-9a5-1e0", "480", "").as_deref(), Some("bare number-number-length(16)"));
    // Nothing agrees: the form alone says nothing.
    assert_eq!(tag("\"1542904346:5519\"", "1", "Thu, 22 Nov 2018 16:32:27 GMT"), None);
    assert_eq!(tag("\"\"", "0", ""), None);
    assert_eq!(checked_etag("Content-Length: 5"), None);
}

#[test]
fn scopes_keep_words_of_the_standard_and_leave_out_the_devices_own() {
    let scopes = "onvif://www.onvif.org/location/country/China onvif://www.onvif.org/name/Any \
        onvif://www.onvif.org/hardware/X1 onvif://www.onvif.org/Profile/Streaming \
        onvif://www.onvif.org/type/Network_Video_Transmitter other://x onvif://broken";
    let order = "location/country name hardware Profile/Streaming type/Network_Video_Transmitter";
    assert_eq!(scope_order(scopes).as_deref(), Some(order));
    assert_eq!(scope_order("onvif://www.onvif.org/name/Any"), None);
}

#[test]
fn prefixes_stand_in_the_order_in_which_they_are_declared() {
    let xml = "<?xml version=\"1.0\"?><s:Envelope xmlns:sc=\"http://a\"\n xmlns:s='http://b' \
        xmlns=\"http://c\" s:encodingStyle=\"x\"><s:Body/></s:Envelope>";
    assert_eq!(prefix_order(xml).as_deref(), Some("s:Envelope sc s xmlns"));
    assert_eq!(prefix_order("<s:Envelope xmlns:sc=\"http://a\" xmlns:s=\"cut"), None);
    assert_eq!(prefix_order("<s:Envelope><s:Body/>"), None);
    assert_eq!(prefix_order("an Envelope xmlns:a=\"b\">"), None);
}

#[test]
fn a_description_is_a_shape_only_from_its_beginning() {
    let sdp = "RTSP/1.0 200 OK\r\n\r\nv=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=Any\r\nt=0 0\r\n\
        a=control:rtsp://192.0.2.1/x\r\nm=video 0 RTP/AVP 96\r\na=control:trackID=12\r\n\
        a=control:*\r\nrealm=\"no line\"\r\na=tool:any\r\n";
    let shape = "v o s t a:control=url m a:control=trackID=# a:control=* a:tool";
    assert_eq!(sdp_shape(sdp).as_deref(), Some(shape));
    assert_eq!(sdp_shape("m=video 0 RTP/AVP 96\na=recvonly"), None);
}

#[test]
fn a_hash_is_short_and_the_same_everywhere() {
    // The first digits of SHA-256 of "abc", as its standard prints them.
    assert_eq!(short_hash("abc"), "ba7816bf");
}

#[test]
fn a_raw_reply_speaks_by_its_shape_and_counts_once() {
    let seen = device(vec![Observation::new(Field::HttpHeaders, RECORDER)]);
    let (read, design) = answer(&seen);
    assert_eq!(design.stated().map(|of| base().id(of)), Some("dahua"));
    assert_eq!(design.kinds, ["http"]);
    assert_eq!(design.certainty, Certainty::Possible);
    assert_eq!(read.evidence.len(), 2, "its order and its tag: {:?}", read.evidence);
    let readings = Readings::of(base(), &seen);
    let fields: Vec<&str> = readings.shapes.iter().map(|one| one.field).collect();
    assert_eq!(fields, ["http-header-order", "http-etag"]);
    // The same in other letters, and with a tag that does not agree, is nobody's.
    let other = RECORDER.replace("CONNECTION", "Connection").replace("5519", "5518");
    let (read, _) = answer(&device(vec![Observation::new(Field::HttpHeaders, other)]));
    assert!(read.evidence.is_empty(), "{:?}", read.evidence);
}

#[test]
fn another_makers_stream_that_begins_alike_accuses_nobody() {
    let sdp = "v=0\r\no=- 1542237507365806 1542237507365806 IN IP4 192.0.2.1\r\n\
        s=Media Presentation\r\ne=NONE\r\nb=AS:50032\r\nt=0 0\r\na=control:*\r\n\
        a=range:npt=0.000000-\r\nm=video 0 RTP/AVP 96\r\nc=IN IP4 0.0.0.0\r\nb=AS:50000\r\n\
        a=framerate:25.0\r\na=transform:1.0\r\na=control:trackID=1\r\na=rtpmap:96 H264/90000\r\n";
    let (read, _) = answer(&device(vec![Observation::new(Field::Sdp, sdp)]));
    assert!(read.evidence.is_empty(), "{:?}", read.evidence);
}

#[test]
fn a_manual_speaks_of_the_supply_and_never_beyond_possible() {
    let text = "Example: rtsp://192.168.1.55:554/ch1/main/av_stream. Stream: \
        rtsp://admin:x@192.0.2.64:554/Streaming/Channels/101, or with subtype";
    let manual = || Observation::new(Field::LabelManual, text);
    let (read, design) = answer(&device(vec![manual()]));
    assert_eq!(design.stated().map(|of| base().id(of)), Some("hikvision"));
    assert_eq!(design.certainty, Certainty::Possible);
    assert!(read.evidence.iter().all(|one| one.side == Side::Label && one.family == "supply"));
    let paths = read.evidence.iter().filter(|one| one.derived.is_some());
    assert!(paths.count() > 0, "the stream address in it is read");
    // With the label it stays one kind: both speak of who supplies it.
    let label = Observation::new(Field::Label, "LTS");
    let model = Observation::new(Field::Model, "CMIP8242WB");
    let (_, design) = answer(&device(vec![label.clone(), manual()]));
    assert!(design.certainty <= Certainty::Possible, "{design:?}");
    let (_, design) = answer(&device(vec![label, model, manual()]));
    assert!(design.certainty <= Certainty::Possible, "{design:?}");
    // Nor does it make an address block surer.
    let mac = Observation::new(Field::Mac, "44:19:b6:0a:1c:33");
    let (_, design) = answer(&device(vec![Observation::new(Field::Label, "Swann"), mac, manual()]));
    assert_eq!((design.certainty, &design.kinds[..]), (Certainty::Possible, &["mac"][..]));
}

#[test]
fn shapes_stand_in_the_family_of_what_they_come_from() {
    for field in Field::ALL {
        for (shape, _) in derived(*field) {
            assert!(is_shape(*shape));
            assert_eq!(shape.family(), field.family());
            assert_eq!(shape.side(), field.side());
        }
    }
}

proptest! {
    #[test]
    fn any_text_has_a_shape_or_none(
        text in "(?s).{0,200}",
        lines in prop::collection::vec("[vosetmac=:/*<> A-Za-z0-9\"-]{0,40}", 0..40),
    ) {
        let joined = lines.join("\n");
        for raw in [text.as_str(), &joined] {
            for shape in [header_order, checked_etag, scope_order, prefix_order, sdp_shape] {
                if let Some(shape) = shape(raw) {
                    prop_assert!(!shape.is_empty() && !shape.contains(['\n', '\r']));
                    prop_assert_eq!(short_hash(&shape).len(), 8);
                }
            }
        }
    }
}
