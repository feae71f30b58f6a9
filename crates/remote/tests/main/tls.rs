//! Over TLS: who is not trusted is told nothing, and an authority of one's own can be named.

use whomade_remote::Authorities;

use crate::netbox::{access, ask};
use crate::tls_server::serve;

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
