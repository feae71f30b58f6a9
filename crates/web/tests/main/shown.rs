//! What pages show, of a real register.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use whomade_store::Role;

use crate::house::{As, COUNCIL, House};

/// Bytes of a page at most.
const PAGE_BYTES_MAX: usize = 200_000;

#[tokio::test]
async fn a_register_comes_in_is_looked_at_judged_and_taken_back() {
    let house = House::new().await;
    let ann = house.somebody(Role::Admin).await;
    let ben = house.somebody(Role::Approver).await;
    let said = house.import(&ann, "register", &[("council.csv", COUNCIL)]).await;
    assert_eq!((&said["devices"], &said["files"][0]["name"]), (&308.into(), &"council.csv".into()));
    let overview = house.get(&ann, "/").await.text;
    assert!(overview.contains("Of 308 devices") && overview.contains("Hikvision"), "{overview}");
    let found = house.get(&ann, "/devices?q=hilook&certainty=probable").await.text;
    assert!(found.contains("HiLook") && found.contains("/devices.csv?q=hilook"), "{found}");
    let device = house.get(&ann, "/devices/1").await.text;
    for part in ["was probably designed by", "council.csv:2", "What would settle it", "decibans"] {
        assert!(device.contains(part), "{part}");
    }
    let back = house.post(&ann, "/devices/1/judge", "kind=dispute&reason=Sticker&seen=0").await;
    assert_eq!(back.status, StatusCode::SEE_OTHER, "{}", back.text);
    // Whoever had the page open before is told, and nothing of theirs is kept.
    let stale = house.post(&ben, "/devices/1/judge", "kind=dispute&reason=Mine&seen=0").await;
    assert_eq!(stale.status, StatusCode::CONFLICT);
    assert!(stale.text.contains("Somebody else judged this"), "{}", stale.text);
    let own = house.post(&ann, "/judgements/1/second", "").await;
    assert_eq!(own.status, StatusCode::UNPROCESSABLE_ENTITY, "not by whoever said it");
    assert_eq!(house.post(&ben, "/judgements/1/second", "").await.status, StatusCode::SEE_OTHER);
    let judgements = house.get(&ben, "/api/v1/devices/1").await.json()["judgements"].clone();
    assert_eq!(judgements.as_array().unwrap().len(), 1);
    assert_eq!(judgements[0]["seconded"]["who"], "approver");
    house.post(&ann, "/runs/1/undo", "reason=the+wrong+file").await;
    house.work().await;
    assert!(house.get(&ann, "/").await.text.contains("Nothing is known yet"));
    assert_eq!(house.get(&ann, "/devices/1").await.status, StatusCode::NOT_FOUND);
    let audit = house.get(&ann, "/audit?verify=1").await.text;
    assert!(audit.contains("The trail is whole"), "{audit}");
}

#[tokio::test]
async fn who_asks_is_said_and_every_device_answered_again() {
    let house = House::new().await;
    let ann = house.somebody(Role::Admin).await;
    house.import(&ann, "register", &[("council.csv", COUNCIL)]).await;
    let barred = |answer: crate::house::Answer| answer.json()["facets"]["ruling"]["barred"].clone();
    assert!(barred(house.get(&ann, "/api/v1/devices").await).is_null(), "nobody asks yet");
    let form = "name=&preset=us-agency&context=purpose%3Dpublic-safety%0Aact%3Dprocure";
    let saved = house.post(&ann, "/settings", form).await;
    assert!(saved.header("location").starts_with("/jobs/"), "{} {}", saved.status, saved.text);
    house.work().await;
    let now = barred(house.get(&ann, "/api/v1/devices").await);
    assert!(now.as_u64().is_some_and(|many| many > 100), "{now}");
    let wrong = house.post(&ann, "/settings", "name=&preset=us-agencee&context=").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text.contains("did you mean `us-agency`"), "{}", wrong.text);
}

#[tokio::test]
async fn every_page_is_small_and_says_what_a_browser_may_do_with_it() {
    let house = House::new().await;
    let ann = house.somebody(Role::Admin).await;
    house.import(&ann, "register", &[("council.csv", COUNCIL)]).await;
    for path in [
        "/",
        "/devices",
        "/devices?q=a",
        "/devices/1",
        "/check",
        "/check?model=DS-2CD2143G2-I",
        "/import",
        "/runs/1",
        "/jobs/1",
        "/sites",
        "/knowledge",
        "/knowledge/hikvision",
        "/knowledge/lts",
        "/audit",
        "/people",
        "/settings",
        "/me",
        "/login",
    ] {
        let page = house.get(&ann, path).await;
        let well = page.status == StatusCode::OK || path == "/login";
        assert!(well, "{path}: {}", page.status);
        assert!(page.text.len() < PAGE_BYTES_MAX, "{path}: {} bytes", page.text.len());
        let policy = page.header("content-security-policy");
        assert!(policy.contains("default-src 'none'"), "{path}: {policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        assert!(!page.text.contains(" style="), "{path} has a style that its policy forbids");
    }
}

#[tokio::test]
async fn one_device_is_checked_by_hand_and_by_programs_alike() {
    let house = House::new().await;
    let ann = house.somebody(Role::Viewer).await;
    let asks = "label=LTS&model=CMIP7422N-28M&mac=44:19:b6:0a:1c:33&part=1";
    let page = house.get(&ann, &format!("/check?{asks}")).await.text;
    assert!(page.contains("probably designed by Hikvision") && !page.contains("<html"), "{page}");
    let body = r#"{"label":"LTS","model":"CMIP7422N-28M","mac":"44:19:b6:0a:1c:33"}"#;
    let told = house.call(&ann, Method::POST, "/api/v1/check", body).await.json();
    assert_eq!(told["design"]["maker"]["id"], "hikvision");
    let none = house.call(&ann, Method::POST, "/api/v1/check", r#"{"modell":"x"}"#).await;
    assert_eq!(none.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(none.json()["detail"].as_str().unwrap().contains("modell"), "{}", none.text);
}

#[tokio::test]
async fn a_program_pages_through_and_is_not_sent_twice_what_it_has() {
    let house = House::new().await;
    let ann = house.somebody(Role::Admin).await;
    house.import(&ann, "register", &[("council.csv", COUNCIL)]).await;
    let (mut cursor, mut seen) = (String::new(), Vec::new());
    loop {
        let path = format!("/api/v1/devices?limit=100&cursor={cursor}");
        let page = house.get(&ann, &path).await.json();
        seen.extend(page["devices"].as_array().unwrap().iter().map(|one| one["id"].as_i64()));
        match page["next"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => break,
        }
    }
    let first = house.get(&ann, "/api/v1/devices/1").await;
    seen.dedup();
    assert_eq!(seen.len(), 308);
    let again = Request::get("/api/v1/devices/1").header("if-none-match", first.header("etag"));
    let again = house.send(&ann, again.body(Body::empty()).unwrap()).await;
    assert_eq!((again.status, again.text.as_str()), (StatusCode::NOT_MODIFIED, ""));
    let bad = house.get(&ann, "/api/v1/devices?cursor=x").await;
    assert_eq!(bad.status, StatusCode::BAD_REQUEST);
    assert_eq!(house.get(&As::Nobody, "/api/v1/nothing").await.status, StatusCode::NOT_FOUND);
}
