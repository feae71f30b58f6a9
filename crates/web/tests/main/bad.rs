//! Whatever comes in: hostile names, foreign forms, wrong hosts, files that are none.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use whomade_store::Role;

use crate::house::{As, House};

const HOSTILE: &str = "<script>x()</script>\u{1b}[31m\u{202e}'; DROP TABLE device; --\" onload=\"x";

#[tokio::test]
async fn what_devices_and_people_call_themselves_reaches_no_page_raw() {
    let house = House::new().await;
    let ann = house.somebody(Role::Admin).await;
    let quoted = HOSTILE.replace('"', "\"\"");
    let rows = format!(
        "Camera,Site,Make,Model,Server,Notes\n\"{quoted}\",\"{quoted}\",\"{quoted}\",\"{quoted}\",\
         \"{quoted}\",\"{quoted}\"\n"
    );
    house.import(&ann, HOSTILE, &[("<script>x()</script>.csv", rows.as_bytes())]).await;
    let form = HOSTILE.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
    house.post(&ann, "/devices/1/judge", &format!("kind=dispute&reason={form}&about={form}")).await;
    house.post(&ann, "/sites", &format!("name={form}")).await;
    house.post(&ann, "/settings", &format!("name={form}&preset=&context=")).await;
    house.post(&ann, "/people", &format!("login=eve&shown={form}&role=viewer&site=0")).await;
    house.post(&ann, "/me/tokens", &format!("name={form}&role=viewer&days=7")).await;
    for path in [
        "/",
        "/devices",
        "/devices/1",
        "/import",
        "/runs/1",
        "/jobs/1",
        "/sites",
        "/audit",
        "/people",
        "/settings",
        "/me",
        &format!("/devices?q={form}&site={form}&maker={form}"),
        &format!("/check?model={form}&reply={form}"),
        &format!("/knowledge?q={form}"),
        &format!("/audit?about={form}&head={form}&verify=1"),
        &format!("/login?next={form}"),
    ] {
        let page = house.get(&ann, path).await;
        assert!(page.status.is_success() || page.status.is_redirection(), "{path}: {}", page.text);
        let text = page.text.replace("<script src=\"/assets/", "");
        assert!(!text.contains("<script"), "{path}: {text}");
        // What a form sends back goes back as it is, and is not shown.
        let shown: String = text
            .split("<input type=\"hidden\"")
            .enumerate()
            .map(
                |(at, part)| {
                    if at == 0 { part } else { part.split_once('>').map_or("", |(_, rest)| rest) }
                },
            )
            .collect();
        assert!(!shown.contains(['\u{1b}', '\u{202e}']), "{path}: {shown}");
        assert!(!text.contains("\" onload=\"x"), "{path}: {text}");
    }
    let csv = house.get(&ann, "/devices.csv").await.text;
    assert_eq!(csv.lines().count(), 2, "{csv}");
    assert_eq!(house.get(&ann, "/api/v1/devices").await.json()["total"], 1);
}

#[tokio::test]
async fn forms_of_other_pages_and_calls_under_other_names_change_nothing() {
    let house = House::new().await;
    let ann = house.somebody(Role::Admin).await;
    let form = |name: &str, value: &str| {
        Request::post("/sites")
            .header(name, value)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from("name=North"))
            .unwrap()
    };
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("x-nothing", "said"),
    ] {
        let answer = house.send(&ann, form(name, value)).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{name}: {value}");
    }
    assert!(house.store.sites().await.unwrap().is_empty());
    let own = house.send(&ann, form("origin", "http://localhost:8470")).await;
    assert_eq!(own.status, StatusCode::SEE_OTHER);
    let rebound = Request::get("/").header(header::HOST, "evil.example").body(Body::empty());
    let rebound = house.send(&ann, rebound.unwrap()).await;
    assert_eq!(rebound.status, StatusCode::MISDIRECTED_REQUEST);
}

#[tokio::test]
async fn addresses_that_somebody_typed_are_told_so() {
    let house = House::new().await;
    let ann = house.somebody(Role::Admin).await;
    for path in [
        "/devices/0",
        "/devices/-1",
        "/devices/9223372036854775807",
        "/devices/x",
        "/runs/1",
        "/jobs/99",
        "/knowledge/nobody",
        "/nowhere",
        "/devices/1/judge/2",
        "/devices/99999999999999999999",
        "/assets/app.css",
        "/assets/..%2f..%2fCargo.toml",
    ] {
        let answer = house.get(&ann, path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
    for path in ["/devices?after=-5&q=%ff%fe", "/devices?after=99999999", "/audit?before=x"] {
        assert_eq!(house.get(&ann, path).await.status, StatusCode::OK, "{path}");
    }
    assert_eq!(house.get(&ann, "/devices?certainty=none").await.status, StatusCode::OK);
}

#[tokio::test]
async fn files_that_are_none_take_only_their_job_along() {
    let house = House::new().await;
    let ann = house.somebody(Role::Admin).await;
    let none = house.upload(&ann, "x", &[]).await;
    assert_eq!(none.status, StatusCode::UNPROCESSABLE_ENTITY);
    // A zip of zips, deeper than is read, and noise.
    let mut packed = b"Camera,Make\nA,LTS\n".to_vec();
    for _ in 0..12 {
        packed = zipped(&packed);
    }
    let noise: Vec<u8> =
        (0..50_000_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let files: [(&str, &[u8]); 3] =
        [("deep.zip", &packed), ("noise.bin", &noise), ("empty.csv", b"")];
    let said = house.import(&ann, "odd", &files).await;
    assert_eq!(said["devices"], 0, "{said}");
    assert!(!said["said"].as_array().unwrap().is_empty(), "{said}");
    assert!(!said.to_string().contains(&std::env::temp_dir().display().to_string()), "{said}");
    assert!(house.get(&ann, "/jobs/1").await.text.contains("deep.zip"));
    // The next job is not the worse for it.
    house.import(&ann, "good", &[("a.csv", b"Camera,Make,Model\nA,LTS,CMIP7422N-28M\n")]).await;
    assert_eq!(house.get(&ann, "/api/v1/devices").await.json()["total"], 1);
    let broken = Request::post("/import")
        .header("sec-fetch-site", "same-origin")
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=edge")
        .body(Body::from(
            "--edge\r\nContent-Disposition: form-data; name=\"files\"; filename=\"a\"\r\n\r\nhalf",
        ))
        .unwrap();
    assert_eq!(house.send(&ann, broken).await.status, StatusCode::BAD_REQUEST);
    let blank = house.upload(&ann, "x", &[("", b"")]).await;
    assert_eq!(blank.status, StatusCode::UNPROCESSABLE_ENTITY, "no file was chosen");
    let odd = "device=1&kind=dispute&reason=x&back=%0d%0aSet-Cookie:+a";
    let odd = house.post(&ann, "/devices/judge", odd).await;
    assert_eq!(odd.header("location"), "/devices?", "{}", odd.text);
    let plain = house.post(&ann, "/import", "files=a").await;
    assert_eq!(plain.status, StatusCode::BAD_REQUEST);
}

/// Bytes as the one file of an archive, stored.
fn zipped(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let name = if bytes.starts_with(b"PK") { "inner.zip" } else { "a.csv" };
    writer.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap().into_inner()
}

#[tokio::test]
async fn too_much_at_once_is_refused_before_it_is_kept() {
    let house = House::new().await;
    let ann = house.somebody(Role::Admin).await;
    let long = "x".repeat(2 << 20);
    let answer = house.post(&ann, "/sites", &format!("name={long}")).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    let many: Vec<(String, Vec<u8>)> =
        (0..501).map(|at| (format!("{at}.csv"), b"Make\nLTS\n".to_vec())).collect();
    let files: Vec<(&str, &[u8])> =
        many.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    let answer = house.upload(&ann, "many", &files).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(house.store.jobs(None, 10).await.unwrap().is_empty());
    let nobody = house.upload(&As::Nobody, "x", &[("a.csv", b"Make\nLTS\n")]).await;
    assert_eq!(nobody.header("location"), "/login?next=/");
}
