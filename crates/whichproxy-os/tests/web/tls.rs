//! Certificates, made here.

use std::sync::Arc;
use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair,
};
use rustls::ServerConfig;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::PrivateKeyDer;
use url::Url;
use whichproxy::machine::Fetch;
use whichproxy_os::Web;

use crate::LIMIT;
use crate::server::{Server, answer, write};

/// A root of our own.
pub(crate) fn root() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    CertifiedIssuer::self_signed(params, key).unwrap()
}

/// What a server with a certificate for `name` by `root` needs.
fn config(
    name: &str,
    root: &CertifiedIssuer<'static, KeyPair>,
) -> ServerConfig {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new([name.to_owned()]).unwrap();
    let certificate = params.signed_by(&key, root).unwrap();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap()
}

fn serve(config: ServerConfig) -> Server {
    Server::tls(config, |request, stream| {
        let location = match &*request.path {
            "/here" => "Location: /\r\n",
            "/down" => "Location: http://127.0.0.1/\r\n",
            _ => "",
        };
        let bytes = match location {
            "" => answer("200 OK", "", "hello"),
            location => answer("302 Found", location, ""),
        };
        write(stream, &bytes);
    })
}

fn get(web: Web, url: &str) -> Result<Vec<u8>, String> {
    let page = web.get(&Url::parse(url).unwrap(), LIMIT);
    page.map(|page| page.body).map_err(|fault| fault.to_string())
}

pub(crate) fn believes(root: &CertifiedIssuer<'static, KeyPair>) -> Web {
    Web::builder()
        .timeout(Duration::from_secs(30))
        .roots(root.pem().as_bytes())
        .unwrap()
        .build()
}

#[test]
fn a_certificate_of_nobody_is_refused() {
    let server = serve(config("127.0.0.1", &root()));
    let fault = get(crate::web(), &server.url("/")).unwrap_err();
    assert!(fault.starts_with("TLS: "), "{fault}");
    assert!(server.asked().is_empty());
    let other = root();
    let fault = get(believes(&other), &server.url("/")).unwrap_err();
    assert!(fault.starts_with("TLS: "), "{fault}");
}

#[test]
fn a_root_that_was_given_is_believed() {
    let root = root();
    let server = serve(config("127.0.0.1", &root));
    let found = get(believes(&root), &server.url("/"));
    assert_eq!(found, Ok(b"hello".to_vec()));
    let found = get(believes(&root), &server.url("/here"));
    assert_eq!(found, Ok(b"hello".to_vec()));
    let fault = get(believes(&root), &server.url("/down")).unwrap_err();
    assert_eq!(fault, "a redirect from https: to http:");
}

#[test]
fn a_certificate_for_another_is_refused() {
    let root = root();
    let server = serve(config("pac.example", &root));
    let fault = get(believes(&root), &server.url("/")).unwrap_err();
    assert!(fault.contains("127.0.0.1"), "{fault}");
}

#[test]
fn a_server_without_tls() {
    // It takes the greeting for a request that is none.
    let server = Server::bytes(answer("200 OK", "", "hello"));
    let url = server.url("/").replace("http:", "https:");
    let fault = get(crate::web(), &url).unwrap_err();
    let why = "the server ends the connection before it has answered";
    assert_eq!(fault, why);
}
