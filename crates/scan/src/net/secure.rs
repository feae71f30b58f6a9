//! TLS over a connection of ours, to read a page that is given over nothing else. Whatever
//! certificate is shown is taken, since it is written down and not trusted: no secret is sent.

use std::fmt;
use std::io::{self, ErrorKind, Read, Write};
use std::net::IpAddr;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, Error, SignatureScheme};

/// Bytes that are taken of what is within TLS and around it. What goes on has no end.
const TAKEN_BYTES_MAX: usize = 512 << 10;

/// How connections are made: without a certificate of ours, and without anything of an earlier one.
#[derive(Debug, Clone)]
pub(super) struct Client(Arc<ClientConfig>);

impl Client {
    /// # Errors
    /// When the library has no way to agree on keys.
    pub(super) fn new() -> Result<Self, Error> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let any = Arc::new(Any(Arc::clone(&provider)));
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(any)
            .with_no_client_auth();
        config.resumption = rustls::client::Resumption::disabled();
        Ok(Self(Arc::new(config)))
    }

    /// A connection to a host, which is named by its address.
    ///
    /// # Errors
    /// When the library cannot make one.
    pub(super) fn connect(&self, host: IpAddr) -> Result<Secure, Error> {
        let connection = ClientConnection::new(Arc::clone(&self.0), ServerName::from(host))?;
        Ok(Secure { connection, is_open: false, taken: 0 })
    }
}

/// What came of a look at a connection.
#[derive(Debug, Default)]
pub(super) struct Came {
    /// The certificate that is shown, once both ends agreed on keys.
    pub(super) opened: Option<Vec<u8>>,
    /// What was said within.
    pub(super) bytes: Vec<u8>,
    /// Whether nothing more comes.
    pub(super) ended: bool,
    /// Whether something came at all, so that more may be there.
    pub(super) more: bool,
}

/// TLS within a connection.
pub(super) struct Secure {
    connection: ClientConnection,
    is_open: bool,
    taken: usize,
}

impl fmt::Debug for Secure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Secure").field("is_open", &self.is_open).finish_non_exhaustive()
    }
}

impl Secure {
    /// Sends what waits to be sent.
    ///
    /// # Errors
    /// When the connection is broken.
    pub(super) fn flush(&mut self, line: &mut impl Write) -> io::Result<()> {
        while self.connection.wants_write() {
            match self.connection.write_tls(line) {
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Sends a request within.
    ///
    /// # Errors
    /// When the connection is broken.
    pub(super) fn send(&mut self, line: &mut impl Write, request: &[u8]) -> io::Result<()> {
        self.connection.writer().write_all(request)?;
        self.flush(line)
    }

    /// Reads once from the connection.
    ///
    /// # Errors
    /// When it is broken, speaks no TLS, or says more than is taken.
    pub(super) fn read(&mut self, line: &mut (impl Read + Write)) -> io::Result<Came> {
        let mut came = Came::default();
        match self.connection.read_tls(line) {
            Ok(0) => came.ended = true,
            Ok(count) => {
                came.more = true;
                self.taken += count;
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(came),
            Err(error) => return Err(error),
        }
        if self.taken > TAKEN_BYTES_MAX {
            return Err(ErrorKind::InvalidData.into());
        }
        let state = self
            .connection
            .process_new_packets()
            .map_err(|error| io::Error::new(ErrorKind::InvalidData, error))?;
        came.bytes.resize(state.plaintext_bytes_to_read(), 0);
        if !came.bytes.is_empty() {
            self.connection.reader().read_exact(&mut came.bytes)?;
        }
        came.ended |= state.peer_has_closed();
        self.flush(line)?;
        if !self.is_open && !self.connection.is_handshaking() {
            self.is_open = true;
            let shown = self.connection.peer_certificates().and_then(<[_]>::first);
            came.opened = Some(shown.map(|shown| shown.to_vec()).unwrap_or_default());
        }
        Ok(came)
    }

    /// Whether both ends agreed on keys.
    pub(super) const fn is_open(&self) -> bool {
        self.is_open
    }
}

/// Takes whatever is shown.
#[derive(Debug)]
struct Any(Arc<CryptoProvider>);

impl ServerCertVerifier for Any {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, TcpListener, TcpStream};
    use std::thread;
    use std::time::Duration;

    use rcgen::{CertificateParams, KeyPair};
    use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
    use rustls::{ServerConfig, ServerConnection, SupportedProtocolVersion};

    use super::*;

    const PAGE: &[u8] = b"HTTP/1.1 200 OK\r\nServer: DNVRS-Webs\r\nContent-Length: 0\r\n\r\n";

    /// A server that speaks one version alone, and what it shows.
    fn server(version: &'static SupportedProtocolVersion) -> (TcpListener, Vec<u8>) {
        let key = KeyPair::generate().unwrap();
        let shown = CertificateParams::new(vec![]).unwrap().self_signed(&key).unwrap();
        let der = shown.der().to_vec();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config =
            ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
                .with_protocol_versions(&[version])
                .unwrap()
                .with_no_client_auth()
                .with_single_cert(vec![der.clone().into()], key)
                .unwrap();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let serving = listener.try_clone().unwrap();
        thread::spawn(move || {
            let (mut stream, _) = serving.accept().unwrap();
            let mut connection = ServerConnection::new(Arc::new(config)).unwrap();
            let mut tls = rustls::Stream::new(&mut connection, &mut stream);
            let mut asked = [0; 256];
            let count = tls.read(&mut asked).unwrap();
            assert!(asked[..count].starts_with(b"GET / "));
            tls.write_all(PAGE).unwrap();
            tls.conn.send_close_notify();
            let _ = tls.flush();
        });
        (listener, der)
    }

    fn line(listener: &TcpListener) -> TcpStream {
        let line = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        line.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        line
    }

    #[test]
    fn the_certificate_and_the_page_of_both_versions_are_read() {
        for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
            let (listener, der) = server(version);
            let mut line = line(&listener);
            let client = Client::new().unwrap();
            let mut secure = client.connect(Ipv4Addr::LOCALHOST.into()).unwrap();
            secure.flush(&mut line).unwrap();
            let (mut shown, mut page) = (None, Vec::new());
            loop {
                let came = secure.read(&mut line).unwrap();
                if came.opened.is_some() {
                    shown = came.opened;
                    secure.send(&mut line, b"GET / HTTP/1.1\r\n\r\n").unwrap();
                }
                page.extend(came.bytes);
                if came.ended {
                    break;
                }
            }
            assert_eq!((shown, &page[..]), (Some(der), PAGE), "{version:?}");
        }
    }

    #[test]
    fn what_is_no_tls_and_what_has_no_end_is_an_error() {
        // Records of nothing, one after the other, are allowed and would go on for ever.
        for (first, many) in [(&b"HTTP/1.0 400 Bad Request\r\n\r\n"[..], 1), (&[21; 4_000], 400)] {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
            let serving = listener.try_clone().unwrap();
            thread::spawn(move || {
                let (mut stream, _) = serving.accept().unwrap();
                for _ in 0..many {
                    let _ = stream.write_all(first);
                }
            });
            let mut line = line(&listener);
            let mut secure = Client::new().unwrap().connect(Ipv4Addr::LOCALHOST.into()).unwrap();
            let _ = secure.flush(&mut line);
            let mut taken = 0;
            while secure.read(&mut line).is_ok_and(|came| !came.ended) {
                taken += 1;
                assert!(taken < 1_000, "it goes on");
            }
            assert!(!secure.is_open());
        }
    }
}
