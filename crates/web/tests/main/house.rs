//! An estate in memory with people in it, and requests to it without a socket.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, Response, StatusCode, header};
use http_body_util::BodyExt as _;
use serde_json::Value;
use tower::ServiceExt as _;
use whomade_inquiry::base::{load, sha256};
use whomade_store::{Address, EVERYWHERE, Role, Seat, Store};
use whomade_web::{App, Doors, Worked, router, work_once};

const LATER: &str = "2999-01-01T00:00:00.000000Z";

/// Who asks.
#[derive(Clone)]
pub(crate) enum As {
    Nobody,
    Cookie(String),
    Token(String),
}

/// An estate, its people and its router.
pub(crate) struct House {
    pub(crate) app: Arc<App>,
    pub(crate) store: Store,
    router: Router,
    _folder: tempfile::TempDir,
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: axum::http::HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {}", self.text))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

impl House {
    pub(crate) async fn new() -> Self {
        let store = Store::open(&Address::Memory).await.unwrap();
        let (known, _) = load(None).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let doors = Doors { hosts: vec!["localhost".to_owned()], is_secure: false };
        let path = folder.path().to_owned();
        let app = App::new(store.clone(), known, "of the test".to_owned(), doors, path);
        let app = app.await.unwrap();
        let router = router(&app);
        Self { app, store, router, _folder: folder }
    }

    /// Somebody of that role in the whole estate, signed in.
    pub(crate) async fn somebody(&self, role: Role) -> As {
        self.seated(role.word(), &[Seat { site: EVERYWHERE, role }]).await
    }

    /// Somebody with those seats, signed in.
    pub(crate) async fn seated(&self, login: &str, seats: &[Seat]) -> As {
        let link = sha256(login.as_bytes());
        let id = self.store.invite([login, login], seats, [&link, LATER], "test").await.unwrap();
        self.store.accept(&link, ["", ""], "no hash").await.unwrap();
        let person = self.store.person(id).await.unwrap();
        let cookie = format!("cookie of {login}").replace(' ', "-");
        let hash = sha256(cookie.as_bytes());
        self.store.begin_session(&person, [&hash, LATER, "test"]).await.unwrap();
        As::Cookie(cookie)
    }

    /// A token of somebody who is there.
    pub(crate) async fn token(&self, login: &str, role: Role) -> As {
        let person = self.store.person_called(login).await.unwrap().unwrap();
        let secret = format!("token-of-{login}-{}", role.word());
        let hash = sha256(secret.as_bytes());
        self.store.make_token(&person, ("t", role), [&hash, LATER]).await.unwrap();
        As::Token(secret)
    }

    pub(crate) async fn send(&self, who: &As, request: Request<Body>) -> Answer {
        let (mut parts, body) = request.into_parts();
        let headers = &mut parts.headers;
        headers.entry(header::HOST).or_insert("localhost:8470".parse().unwrap());
        match who {
            As::Nobody => {}
            As::Cookie(cookie) => {
                headers.insert(header::COOKIE, format!("whomade={cookie}").parse().unwrap());
            }
            As::Token(token) => {
                let said = format!("Bearer {token}").parse().unwrap();
                headers.insert(header::AUTHORIZATION, said);
            }
        }
        let request = Request::from_parts(parts, body);
        let response: Response<Body> = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Answer { status: parts.status, headers: parts.headers, text }
    }

    pub(crate) async fn get(&self, who: &As, path: &str) -> Answer {
        self.send(who, Request::get(path).body(Body::empty()).unwrap()).await
    }

    /// A form of one of our own pages.
    pub(crate) async fn post(&self, who: &As, path: &str, form: &str) -> Answer {
        let request = Request::post(path)
            .header("sec-fetch-site", "same-origin")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(form.to_owned()))
            .unwrap();
        self.send(who, request).await
    }

    /// What a program sends.
    pub(crate) async fn call(&self, who: &As, method: Method, path: &str, body: &str) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("sec-fetch-site", "same-origin")
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body.to_owned()))
            .unwrap();
        self.send(who, request).await
    }

    /// Uploads files under a feed; gives what came back.
    pub(crate) async fn upload(&self, who: &As, feed: &str, files: &[(&str, &[u8])]) -> Answer {
        let mut body = Vec::new();
        let mut part = |head: String, bytes: &[u8]| {
            body.extend_from_slice(format!("--edge\r\n{head}\r\n\r\n").as_bytes());
            body.extend_from_slice(bytes);
            body.extend_from_slice(b"\r\n");
        };
        for (name, bytes) in files {
            let head =
                format!("Content-Disposition: form-data; name=\"files\"; filename=\"{name}\"");
            part(head, bytes);
        }
        part("Content-Disposition: form-data; name=\"feed\"".to_owned(), feed.as_bytes());
        body.extend_from_slice(b"--edge--\r\n");
        let request = Request::post("/import")
            .header("sec-fetch-site", "same-origin")
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=edge")
            .body(Body::from(body))
            .unwrap();
        self.send(who, request).await
    }

    /// Works until nothing is left to do.
    pub(crate) async fn work(&self) {
        while work_once(&self.app, "test").await.unwrap() == Worked::One {}
    }

    /// Uploads and reads; the job must come to something.
    pub(crate) async fn import(&self, who: &As, feed: &str, files: &[(&str, &[u8])]) -> Value {
        let answer = self.upload(who, feed, files).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        self.work().await;
        let job = answer.header("location").rsplit('/').next().unwrap().parse().unwrap();
        let job = self.store.job(job).await.unwrap();
        assert_eq!(job.state, whomade_store::JobState::Done, "{}", job.said);
        job.said
    }
}

/// The council of the examples.
pub(crate) const COUNCIL: &[u8] = include_bytes!("../../../../examples/council.csv");
