//! One question after the other: `GET`, nothing else, to the one server that was named.

use std::io::Read;
use std::net::IpAddr;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use ureq::Agent;
use ureq::Body;
use ureq::http::{Response, StatusCode, Uri, header};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use whomade_core::diagnostic::Diagnostic;

use crate::address::Origin;
use crate::clock::Clock;
use crate::trouble;
use crate::{Access, Address};

/// Redirects from one question; more are a circle.
const REDIRECTS_MAX: u32 = 3;

/// Certificates that a file of authorities may hold.
const AUTHORITIES_MAX: usize = 1_000;

/// Authorities beside those that the machine trusts.
#[derive(Clone, Default)]
pub struct Authorities(Vec<Certificate<'static>>);

impl std::fmt::Debug for Authorities {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Authorities({})", self.0.len())
    }
}

impl Authorities {
    /// The certificates of a text in PEM.
    ///
    /// # Errors
    /// Why there are none.
    pub fn of_pem(pem: &[u8]) -> Result<Self, &'static str> {
        let mut all = Vec::new();
        for item in parse_pem(pem).take(AUTHORITIES_MAX) {
            match item {
                Ok(PemItem::Certificate(one)) => all.push(one),
                Ok(_) => {}
                Err(_) => return Err("it is damaged"),
            }
        }
        if all.is_empty() { Err("it holds no certificate in PEM") } else { Ok(Self(all)) }
    }
}

/// Whether a host is this machine itself, by its address or the name that every machine has.
#[must_use]
pub fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Asks the server of an address.
pub(crate) struct Asker<'a> {
    agent: Agent,
    access: &'a Access,
    own: &'a Origin,
    clock: Clock,
    pages: u64,
    bytes: u64,
    /// Whether the token came back in an answer.
    pub(crate) echoed: bool,
}

impl<'a> Asker<'a> {
    /// Makes ready; asks nothing yet.
    pub(crate) fn new(address: &'a Address, access: &'a Access) -> Self {
        let mut trusted = access.authorities.0.clone();
        let system = rustls_native_certs::load_native_certs().certs;
        trusted.extend(system.iter().map(|one| Certificate::from_der(one).to_owned()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::new_with_certs(&trusted))
            .unversioned_rustls_crypto_provider(provider)
            .build();
        let config = Agent::config_builder()
            .tls_config(tls)
            // A status is an answer; where a redirect leads is looked at before it is followed.
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            // What is named is asked, and nobody between.
            .proxy(None)
            .user_agent(concat!("whomade/", env!("CARGO_PKG_VERSION")))
            .accept("application/json")
            .build();
        Self {
            agent: config.into(),
            access,
            own: address.origin(),
            clock: Clock::start(),
            pages: 0,
            bytes: 0,
            echoed: false,
        }
    }

    /// A page as text, without the token where it stood in it.
    ///
    /// # Errors
    /// What went wrong, to be said.
    pub(crate) fn page(&mut self, at: &str) -> Result<String, Box<Diagnostic>> {
        let limits = &self.access.limits;
        self.pages += 1;
        if self.pages > limits.pages {
            return Err(Box::new(trouble::large(format!("{} pages", limits.pages))));
        }
        let mut wait = limits.first_wait;
        let mut tried = 1;
        loop {
            let response = self.follow(at)?;
            let status = response.status();
            if trouble::is_passing(status) && tried < limits.tries {
                let asked = seconds_asked(&response).unwrap_or_default();
                self.wait(wait.max(asked).min(limits.longest_wait))?;
                wait *= 2;
                tried += 1;
                continue;
            }
            return match status {
                StatusCode::OK => self.body(response),
                StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(Box::new(self.denied())),
                _ => Err(Box::new(trouble::of_status(status, self.own.host(), tried))),
            };
        }
    }

    /// Asks, and follows redirects within the server.
    fn follow(&self, at: &str) -> Result<Response<Body>, Box<Diagnostic>> {
        let mut at = at.to_owned();
        for _ in 0..=REDIRECTS_MAX {
            let response = self.get(&at)?;
            if !response.status().is_redirection() {
                return Ok(response);
            }
            let to = response.headers().get(header::LOCATION).and_then(|to| to.to_str().ok());
            at = self.within(to.unwrap_or_default(), "a redirect")?;
        }
        let why = format!("{} redirects in a circle", self.own.host());
        Err(Box::new(Diagnostic::new("remote/loop", why)))
    }

    fn get(&self, at: &str) -> Result<Response<Body>, Box<Diagnostic>> {
        let time = self.time_left()?.min(self.access.limits.page_time);
        let mut request = self.agent.get(at);
        if let Some(value) = self.access.token.as_ref().and_then(crate::Token::header) {
            request = request.header(header::AUTHORIZATION, value);
        }
        let asked = request.config().timeout_global(Some(time)).build().call();
        asked.map_err(|error| Box::new(trouble::of_asking(&error, self.own.host())))
    }

    /// The whole of an address that the server gave, where it is one of this server; one that
    /// begins with `/` is. `by` is what gave it.
    ///
    /// # Errors
    /// When it is another's.
    pub(crate) fn within(&self, to: &str, by: &str) -> Result<String, Box<Diagnostic>> {
        if to.starts_with('/') && !to.starts_with("//") {
            return Ok(format!("{}{to}", self.own));
        }
        let origin = to.parse::<Uri>().ok().and_then(|uri| Origin::of(&uri));
        if origin.as_ref() == Some(self.own) {
            return Ok(to.to_owned());
        }
        let shown = origin.map(|origin| self.without_token(&origin.to_string()));
        Err(Box::new(trouble::elsewhere(by, shown, &self.own.to_string())))
    }

    /// A text of the server, to be shown.
    pub(crate) fn without_token(&self, text: &str) -> String {
        let token = self.access.token.as_ref();
        token.and_then(|token| token.taken_out_of(text)).unwrap_or_else(|| text.to_owned())
    }

    fn body(&mut self, response: Response<Body>) -> Result<String, Box<Diagnostic>> {
        let limits = &self.access.limits;
        let host = self.own.host();
        let mut bytes = Vec::new();
        // One byte more than the limit shows that there is more.
        let body = response.into_body().into_with_config().limit(u64::MAX).reader();
        let read = body.take(limits.page_bytes + 1).read_to_end(&mut bytes);
        read.map_err(|error| Box::new(trouble::of_io(&error, host)))?;
        if bytes.len() as u64 > limits.page_bytes {
            let what = format!("{} bytes of a page", limits.page_bytes);
            return Err(Box::new(trouble::large(what)));
        }
        self.bytes += bytes.len() as u64;
        if self.bytes > limits.all_bytes {
            return Err(Box::new(trouble::large(format!("{} bytes", limits.all_bytes))));
        }
        let Ok(text) = String::from_utf8(bytes) else {
            let why = format!("what {host} answered is no text");
            return Err(Box::new(Diagnostic::new("remote/no-json", why)));
        };
        let without = self.access.token.as_ref().and_then(|token| token.taken_out_of(&text));
        self.echoed |= without.is_some();
        Ok(without.unwrap_or(text))
    }

    fn wait(&self, time: Duration) -> Result<(), Box<Diagnostic>> {
        let left = self.time_left()?;
        thread::sleep(time.min(left));
        Ok(())
    }

    fn time_left(&self) -> Result<Duration, Box<Diagnostic>> {
        let left = self.clock.left_of(self.access.limits.all_time);
        left.ok_or_else(|| Box::new(trouble::slow(self.own.host())))
    }

    fn denied(&self) -> Diagnostic {
        let (host, from) = (self.own.host(), &self.access.token_from);
        let message = match self.access.token {
            Some(_) => format!("{host} does not accept the token, or its owner may not view this"),
            None => format!("{host} wants a token, and none was given"),
        };
        let look = match self.access.token {
            Some(_) => format!("look at {from}"),
            None => format!("give one: {from}"),
        };
        Diagnostic::new("remote/denied", message)
            .note("its owner needs the permissions to view devices and to view interfaces")
            .help(look)
    }
}

/// How long the server asks us to wait, where it says so in seconds.
fn seconds_asked(response: &Response<Body>) -> Option<Duration> {
    let asked = response.headers().get(header::RETRY_AFTER)?.to_str().ok()?;
    asked.trim().parse().ok().map(Duration::from_secs)
}
