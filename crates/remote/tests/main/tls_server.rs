//! A server on this machine that speaks TLS, with a certificate that was made just now.

use std::io::Write as _;
use std::net::TcpListener;
use std::sync::Arc;
use std::thread;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, Stream};

use crate::server::{device, interface, ok, page, question};

/// Connections that the server takes.
const CONNECTIONS_MAX: usize = 20;

/// A NetBox with a certificate of an authority that was made just now; gives its port and the
/// authority's certificate in PEM.
pub(crate) fn serve(name: &str) -> (u16, String) {
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let pem = authority.self_signed(&key).unwrap().pem();
    let issuer = Issuer::new(authority, key);
    let own_key = KeyPair::generate().unwrap();
    let own = CertificateParams::new(vec![name.to_owned()]).unwrap();
    let own = own.signed_by(&own_key, &issuer).unwrap();
    let own_key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(own_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![own.der().clone()], own_key)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming().take(CONNECTIONS_MAX) {
            let Ok(mut stream) = stream else { return };
            let mut connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut spoken = Stream::new(&mut connection, &mut stream);
            let Some(asked) = question(&mut spoken) else { continue };
            let devices = asked.line.contains("/devices/");
            let one = if devices { device(1) } else { interface(1) };
            let _ = spoken.write_all(&ok(&page(1, None, &[one])));
            spoken.conn.send_close_notify();
            let _ = spoken.flush();
        }
    });
    (port, pem)
}
