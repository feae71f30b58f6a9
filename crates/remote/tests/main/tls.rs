//! Over TLS: who is not trusted is told nothing, and an authority of one's own can be named.

use std::io::Write as _;
use std::net::TcpListener;
use std::sync::Arc;
use std::thread;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, Stream};
use whomade_remote::Authorities;

use crate::netbox::{access, ask};
use crate::server::{device, interface, ok, page, question};

/// Connections that the server takes.
const CONNECTIONS_MAX: usize = 20;

/// A NetBox with a certificate of an authority that was made just now; gives its port and the
/// authority's certificate in PEM.
fn serve(name: &str) -> (u16, String) {
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

#[test]
fn an_unknown_authority_is_refused_and_accepted_when_it_is_named() {
    let (port, pem) = serve("localhost");
    let address = format!("netbox:https://localhost:{port}/");
    let came = ask(&address, &access());
    assert_eq!((came.codes(), came.lines.len()), (vec!["remote/untrusted"], 0), "{:?}", came.said);
    assert!(came.said[0].help.as_ref().unwrap().contains("--ca"), "{:?}", came.said);
    let mut trusting = access();
    trusting.authorities = Authorities::of_pem(pem.as_bytes()).unwrap();
    let came = ask(&address, &trusting);
    assert_eq!((came.codes().len(), came.lines.len()), (0, 2), "{:?}", came.said);
}

#[test]
fn a_certificate_of_another_name_is_refused_whoever_made_it() {
    let (port, pem) = serve("elsewhere.example");
    let mut trusting = access();
    trusting.authorities = Authorities::of_pem(pem.as_bytes()).unwrap();
    let came = ask(&format!("netbox:https://localhost:{port}/"), &trusting);
    assert_eq!(came.codes(), ["remote/untrusted"]);
    assert!(came.said[0].message.contains("another name"), "{:?}", came.said);
}

#[test]
fn a_file_of_authorities_that_holds_none_is_refused() {
    for pem in ["", "no PEM", "-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n"] {
        assert!(Authorities::of_pem(pem.as_bytes()).is_err(), "{pem}");
    }
}
