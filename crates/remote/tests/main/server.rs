//! A server on this machine, as small as can be: it reads a question and writes what it was told.

use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;

/// Questions that a server answers before it ends: a test that loops does not hang.
const QUESTIONS_MAX: usize = 300;

/// A question.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// The method, and what stands behind it: `GET /api/…`.
    pub(crate) line: String,
    /// The `Authorization` header.
    pub(crate) shown: Option<String>,
}

impl Asked {
    /// A parameter of the question.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        let (_, query) = self.line.split_whitespace().nth(1)?.split_once('?')?;
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find(|(key, _)| *key == name).map(|(_, value)| value.to_owned())
    }
}

/// An answer: written as it is, then the connection is closed.
pub(crate) type Answer = Vec<u8>;

/// An answer with this status, these further headers and this body.
pub(crate) fn answer(status: &str, headers: &str, body: &[u8]) -> Answer {
    let length = body.len();
    let mut bytes = format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\
         Connection: close\r\n{headers}\r\n"
    )
    .into_bytes();
    bytes.extend(body);
    bytes
}

/// A page that is there.
pub(crate) fn ok(body: &str) -> Answer {
    answer("200 OK", "", body.as_bytes())
}

/// A page of elements.
pub(crate) fn page(count: usize, next: Option<&str>, results: &[String]) -> String {
    let next = next.map_or("null".to_owned(), |next| format!("\"{next}\""));
    let results = results.join(",");
    format!("{{\"count\":{count},\"next\":{next},\"previous\":null,\"results\":[{results}]}}")
}

/// A device as the interface of version 4 writes it, as far as it matters here.
pub(crate) fn device(id: usize) -> String {
    format!(
        "{{\"id\":{id},\"url\":\"http://n.example/api/dcim/devices/{id}/\",\"name\":\"CAM-{id}\",\
         \"device_type\":{{\"manufacturer\":{{\"name\":\"LTS\"}},\"model\":\"CMIP7422N-28M\"}},\
         \"interface_count\":1}}"
    )
}

/// An interface of a device.
pub(crate) fn interface(of: usize) -> String {
    format!(
        "{{\"id\":{of}0,\"url\":\"http://n.example/api/dcim/interfaces/{of}0/\",\
         \"device\":{{\"id\":{of},\"name\":\"CAM-{of}\"}},\"name\":\"eth0\",\
         \"mac_address\":\"44:19:B6:00:00:{of:02X}\"}}"
    )
}

/// A running server.
pub(crate) struct Server {
    /// `127.0.0.1:PORT`
    pub(crate) at: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    /// Starts one. It ends with the test, at the latest after [`QUESTIONS_MAX`] questions.
    pub(crate) fn start(answers: impl FnMut(&Asked, usize) -> Answer + Send + 'static) -> Self {
        Self::writing(answers, |bytes, to| {
            let _ = to.write_all(bytes);
        })
    }

    /// The same, with a way of writing of its own.
    pub(crate) fn writing(
        mut answers: impl FnMut(&Asked, usize) -> Answer + Send + 'static,
        mut write: impl FnMut(&[u8], &mut dyn Write) + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port of this machine");
        let at = listener.local_addr().unwrap().to_string();
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let noted = Arc::clone(&asked);
        thread::spawn(move || {
            for (number, stream) in listener.incoming().take(QUESTIONS_MAX).enumerate() {
                let Ok(mut stream) = stream else { return };
                let Some(question) = question(&mut stream) else { continue };
                let bytes = answers(&question, number);
                noted.lock().unwrap().push(question);
                write(&bytes, &mut stream);
            }
        });
        Self { at, asked }
    }

    /// What it was asked so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

/// Reads the head of a question; questions here have no body.
pub(crate) fn question(stream: &mut dyn Read) -> Option<Asked> {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let line = lines.next()?;
    let headers: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
    let shown = headers.iter().find_map(|one| {
        let (name, value) = one.split_once(':')?;
        name.eq_ignore_ascii_case("authorization").then(|| value.trim().to_owned())
    });
    Some(Asked { line, shown })
}
