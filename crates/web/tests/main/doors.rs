//! Who may do what: every route, with every role, by every method.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use whomade_store::{Role, Seat};
use whomade_web::{Needs, table};

use crate::house::{As, COUNCIL, House};

const METHODS: [Method; 4] = [Method::GET, Method::POST, Method::DELETE, Method::PUT];

/// A path with numbers in its places.
fn filled(path: &str) -> String {
    path.replace("{id}", "999999").replace("{name}", "x").replace("{secret}", "x")
}

fn may(needs: Needs, role: Option<Role>, everywhere: bool) -> bool {
    match needs {
        Needs::Nobody => true,
        Needs::Somewhere(least) => role.is_some_and(|role| role >= least),
        Needs::Everywhere(least) => everywhere && role.is_some_and(|role| role >= least),
    }
}

#[tokio::test]
async fn every_route_lets_in_whom_it_says_and_nobody_else() {
    let house = House::new().await;
    let mut askers: Vec<(Option<Role>, bool, As)> = vec![(None, true, As::Nobody)];
    for role in Role::ALL {
        askers.push((Some(role), true, house.somebody(role).await));
        let login = format!("{}-there", role.word());
        askers.push((Some(role), false, house.seated(&login, &[Seat { site: 1, role }]).await));
    }
    let admin = house.somebody_named_admin().await;
    let site = house.post(&admin, "/sites", "name=North").await;
    assert_eq!(site.status, StatusCode::SEE_OTHER, "{}", site.text);
    let mut paths: BTreeMap<&str, BTreeMap<String, Needs>> = BTreeMap::new();
    for (method, path, needs) in table() {
        paths.entry(path).or_default().insert(method.to_string(), needs);
    }
    let mut tried = 0;
    // Whoever has signed out is nobody from then on.
    let mut order: Vec<_> = paths.iter().collect();
    order.sort_by_key(|(path, _)| **path == "/logout");
    for (path, methods) in order {
        for method in &METHODS {
            for (role, everywhere, who) in &askers {
                tried += 1;
                let request = Request::builder()
                    .method(method.clone())
                    .uri(filled(path))
                    .header("sec-fetch-site", "same-origin");
                let answer = house.send(who, request.body(Body::empty()).unwrap()).await;
                let at = format!("{method} {path} as {role:?}, everywhere: {everywhere}");
                match methods.get(method.as_str()) {
                    None => assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{at}"),
                    Some(needs) if may(*needs, *role, *everywhere) => {
                        let away = [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN];
                        assert!(!away.contains(&answer.status), "{at}: {}", answer.status);
                        assert!(!to_login(&answer) || *path == "/logout", "{at}");
                    }
                    Some(_) if role.is_none() && !path.starts_with("/api/") => {
                        assert!(to_login(&answer), "{at}: {}", answer.status);
                    }
                    Some(_) => {
                        let away = [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN];
                        assert!(away.contains(&answer.status), "{at}: {}", answer.status);
                    }
                }
            }
        }
    }
    assert!(tried > 1_000, "{tried}");
}

fn to_login(answer: &crate::house::Answer) -> bool {
    answer.status == StatusCode::SEE_OTHER && answer.header("location").starts_with("/login")
}

impl House {
    /// An admin beside those that the table is tried with.
    async fn somebody_named_admin(&self) -> As {
        let seat = Seat { site: whomade_store::EVERYWHERE, role: Role::Admin };
        self.seated("the-admin", &[seat]).await
    }
}

#[tokio::test]
async fn the_first_comes_in_by_the_link_and_signs_in_again() {
    let house = House::new().await;
    let link = whomade_web::first_link(&house.store).await.unwrap().unwrap();
    let path = format!("/join/{}", link.secret);
    assert_eq!(house.get(&As::Nobody, &path).await.status, StatusCode::OK);
    let short = house.post(&As::Nobody, &path, "login=ann&password=short&again=short").await;
    assert_eq!(short.status, StatusCode::UNPROCESSABLE_ENTITY);
    let words = "three+lamps+under+the+bridge";
    let form = format!("estate=Northshire&login=Ann&shown=Ann+Lee&password={words}&again={words}");
    let came = house.post(&As::Nobody, &path, &form).await;
    assert_eq!((came.status, came.header("location")), (StatusCode::SEE_OTHER, "/import"));
    let cookie = came.header("set-cookie");
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
    assert_eq!(house.get(&As::Nobody, &path).await.status, StatusCode::NOT_FOUND, "used up");
    let value = cookie.split(['=', ';']).nth(1).unwrap().to_owned();
    let ann = As::Cookie(value);
    let page = house.get(&ann, "/").await;
    assert!(page.text.contains("Northshire") && page.text.contains("Nothing is known yet"));
    // A wrong password says no more than that, and is let in no sooner by trying again.
    for _ in 0..5 {
        let wrong = house.post(&As::Nobody, "/login", "login=ann&password=wrong").await;
        assert_eq!(wrong.status, StatusCode::UNAUTHORIZED);
        assert!(wrong.text.contains("Name, password or code is not right"));
    }
    let right = format!("login=ann&password={words}");
    let waits = house.post(&As::Nobody, "/login", &right).await;
    assert_eq!(waits.status, StatusCode::TOO_MANY_REQUESTS);
    let out = house.post(&ann, "/logout", "").await;
    assert_eq!(out.status, StatusCode::SEE_OTHER);
    assert_eq!(house.get(&ann, "/").await.header("location"), "/login?next=/");
}

#[tokio::test]
async fn a_seat_at_a_site_shows_that_site_and_no_other() {
    let house = House::new().await;
    let admin = house.somebody(Role::Admin).await;
    house.import(&admin, "register", &[("council.csv", COUNCIL)]).await;
    house.post(&admin, "/sites", "name=North").await;
    house.post(&admin, "/sites", "name=civic+offices&parent=1").await;
    let seat = Seat { site: 1, role: Role::Analyst };
    let local = house.seated("local", &[seat]).await;
    let all = house.get(&admin, "/api/v1/devices?limit=500").await.json();
    let own = house.get(&local, "/api/v1/devices?limit=500").await.json();
    assert_eq!(all["total"], 308);
    let devices = own["devices"].as_array().unwrap();
    assert!(!devices.is_empty() && devices.len() < 60, "{}", devices.len());
    assert!(devices.iter().all(|one| one["site"] == "Civic Offices"), "{devices:?}");
    let other = all["devices"].as_array().unwrap();
    let other = other.iter().find(|one| one["site"] != "Civic Offices").unwrap();
    let path = format!("/devices/{}", other["id"]);
    assert_eq!(house.get(&local, &path).await.status, StatusCode::NOT_FOUND);
    let judged = house.post(&local, &format!("{path}/judge"), "kind=dispute&reason=x").await;
    assert_eq!(judged.status, StatusCode::NOT_FOUND);
    let csv = house.get(&local, "/devices.csv").await.text;
    assert_eq!(csv.lines().count(), devices.len() + 1);
    let mine = format!("/devices/{}", devices[0]["id"]);
    let exempt = "kind=exempt&about=us.889a1A&reason=x&until=2027-01-01";
    let exempt = house.post(&local, &format!("{mine}/judge"), exempt).await;
    assert_eq!(exempt.status, StatusCode::FORBIDDEN, "only an approver exempts");
}

#[tokio::test]
async fn a_token_does_no_more_than_it_may_and_ends_with_its_person() {
    let house = House::new().await;
    let admin = house.somebody(Role::Admin).await;
    house.somebody(Role::Analyst).await;
    house
        .import(&admin, "register", &[("a.csv", b"Camera,Make,Model\nA,LTS,CMIP7422N-28M\n")])
        .await;
    let reads = house.token("analyst", Role::Viewer).await;
    let told = house.get(&reads, "/api/v1/me").await.json();
    assert_eq!((&told["login"], &told["role"]), (&"analyst".into(), &"viewer".into()));
    let body = r#"{"kind":"dispute","reason":"x","seen":0}"#;
    let path = "/api/v1/devices/1/judgements";
    let refused = house.call(&reads, Method::POST, path, body).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert_eq!(refused.header("content-type"), "application/problem+json");
    let writes = house.token("analyst", Role::Admin).await;
    assert_eq!(house.call(&writes, Method::POST, path, body).await.status, StatusCode::CREATED);
    assert_eq!(house.get(&writes, "/people").await.status, StatusCode::FORBIDDEN);
    let made = house.post(&writes, "/me/tokens", "name=more&role=viewer&days=7").await;
    assert_eq!(made.status, StatusCode::FORBIDDEN, "a token makes no tokens");
    let analyst = house.store.person_called("analyst").await.unwrap().unwrap();
    house.post(&admin, &format!("/people/{}/remove", analyst.id), "").await;
    assert_eq!(house.get(&writes, "/api/v1/me").await.status, StatusCode::UNAUTHORIZED);
}
