//! TLS by the process itself: who connects sees the configured certificate, the one after it once the process was told, and
//! the commands that ask the server go the same way.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use super::Folder;
use super::processes::Server;

/// Whoever waits longer than this waits in vain.
const PATIENCE: Duration = Duration::from_secs(10);
const FILES: &[(&str, &str)] =
    &[("CARTWRIGHT_TLS_CERTIFICATE", "certificate.pem"), ("CARTWRIGHT_TLS_KEY", "certificate.key")];

/// Writes a certificate for these names and its key, with an end in this year. Returns what trusts its authority alone.
fn papers(folder: &Folder, names: &[&str], until: i32) -> RootCertStore {
    let mut authority = CertificateParams::new(Vec::<String>::new()).expect("parameters");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().expect("a key")).expect("an authority");
    let key = KeyPair::generate().expect("a key");
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).expect("parameters");
    params.not_after = date_time_ymd(until, 1, 1);
    let certificate = params.signed_by(&key, &authority).expect("a certificate");
    folder.write("certificate.pem", &certificate.pem());
    folder.write("certificate.key", &key.serialize_pem());
    let path = folder.path().join("certificate.key");
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).expect("for nobody else");
    let mut trusted = RootCertStore::empty();
    trusted.add(authority.der().clone()).expect("an authority");
    trusted
}

/// Gets a page by TLS, from a server that one of these vouches for.
fn get(server: &Server, trusted: &RootCertStore, target: &str) -> Result<String, String> {
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(trusted.clone())
        .with_no_client_auth();
    let name = "localhost".try_into().expect("a name");
    let connection = ClientConnection::new(std::sync::Arc::new(config), name).expect("a connection");
    server.ask(|stream| StreamOwned::new(connection, stream), target).map_err(|e| e.to_string())
}

fn serve(folder: &Folder) -> Server {
    Server::start(folder, &["serve", "--listen", "127.0.0.1:0"], FILES)
}

#[test]
fn a_server_with_a_certificate_speaks_tls_and_nothing_else() {
    let folder = Folder::new();
    let trusted = papers(&folder, &["localhost"], 2100);
    let server = serve(&folder);
    let answer = get(&server, &trusted, "/healthz").expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.to_lowercase().contains("strict-transport-security: max-age=31536000\r\n"), "{answer}");
    let stranger = get(&server, &RootCertStore::empty(), "/healthz");
    assert!(stranger.as_ref().is_err_and(|e| e.contains("UnknownIssuer")), "{stranger:?}");
    let plain = server.ask(|stream| stream, "/healthz");
    assert!(plain.as_ref().map_or(true, |answer| !answer.contains("HTTP/1.1 200")), "{plain:?}");
    // Whoever signs in by it gets a cookie that travels by TLS alone.
    let link = server.lines.iter().find(|line| line.contains("/dashboard/set-up/")).expect("a link");
    assert!(link.trim().starts_with(&format!("https://{}/", server.address)), "{link}");
    assert_eq!(server.end("-TERM").0, Some(0));
}

#[test]
fn a_certificate_is_exchanged_while_the_server_runs() {
    let folder = Folder::new();
    let old = papers(&folder, &["localhost"], 2100);
    let server = serve(&folder);
    let reaches = |trusted: &RootCertStore| get(&server, trusted, "/healthz").is_ok();
    assert!(reaches(&old));
    let new = papers(&folder, &["localhost"], 2100);
    assert!(reaches(&old) && !reaches(&new), "files that were changed are nothing until it is told");
    server.signal("-HUP");
    let begun = Instant::now();
    while !reaches(&new) {
        assert!(begun.elapsed() < PATIENCE, "the new one is not shown");
    }
    assert!(!reaches(&old));
    // What cannot be used changes nothing.
    folder.write("certificate.pem", "not a certificate");
    server.signal("-HUP");
    assert!(reaches(&new));
    let (code, log) = server.end("-TERM");
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains("could not be read anew, and the old one stays"), "{log}");
    assert!(log.contains("the certificate was read anew; it counts until 2100-01-01T00:00:00Z"), "{log}");
}

#[test]
fn commands_ask_a_server_with_a_certificate_by_tls() {
    let folder = Folder::new();
    papers(&folder, &["carts.shop.example"], 2100);
    let server = serve(&folder);
    let listen = server.address.to_string();
    let environment = [FILES, &[("CARTWRIGHT_LISTEN", listen.as_str())]].concat();
    assert_eq!(folder.run_with(&["healthcheck"], &environment, "").expect_code(0).out, "ok\n");
    // By plain HTTP it does not answer, so the probe has to know.
    folder.run(&["healthcheck", "--listen", &listen]).expect_code(1);
    server.end("-TERM");
    let gone = folder.run_with(&["healthcheck"], &environment, "").expect_code(1);
    assert!(gone.out.starts_with(&format!("https://{listen}/healthz does not answer: ")), "{gone:?}");
}

#[test]
fn doctor_looks_at_the_certificate() {
    let folder = Folder::new();
    let environment = [FILES, &[("CARTWRIGHT_PUBLIC_URL", "https://carts.shop.example")]].concat();
    let says = || {
        let told = folder.run_with(&["doctor", "--resolver", "127.0.0.1:9"], &environment, "").out;
        let line =
            told.lines().find(|line| line.split_whitespace().nth(1) == Some("tls")).unwrap_or_else(|| panic!("{told}"));
        line.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    papers(&folder, &["*.shop.example"], 2100);
    assert_eq!(says(), "ok tls the certificate counts until 2100-01-01T00:00:00Z");
    let key = folder.path().join("certificate.key");
    fs::set_permissions(key, fs::Permissions::from_mode(0o644)).expect("for anybody");
    assert!(says().starts_with("warning tls anybody on this machine can read certificate.key"), "{}", says());
    papers(&folder, &["elsewhere.example"], 2100);
    assert!(says().ends_with("is for elsewhere.example, not for carts.shop.example of public_url"), "{}", says());
    papers(&folder, &["carts.shop.example"], 2020);
    assert!(says().starts_with("fault tls the certificate ended on 2020-01-01"), "{}", says());
    folder.write("certificate.pem", "");
    assert!(says().starts_with("fault tls tls.certificate: certificate.pem holds no certificate"), "{}", says());
}

#[test]
fn files_that_are_no_certificate_and_its_key_are_refused_at_once() {
    let folder = Folder::new();
    papers(&folder, &["localhost"], 2100);
    let serve = |environment: &[(&str, &str)], words: &str| {
        folder.run_with(&["serve", "--listen", "127.0.0.1:0"], environment, "").expect_refusal(words);
    };
    serve(&FILES[..1], "tls.key: is required");
    serve(&FILES[1..], "tls.certificate: is required");
    serve(&[FILES[0], ("CARTWRIGHT_TLS_KEY", "absent.key")], "tls.key: cannot read absent.key");
    serve(&[FILES[0], ("CARTWRIGHT_TLS_KEY", "certificate.pem")], "certificate.pem holds no private key in PEM");
    let key = fs::read_to_string(folder.path().join("certificate.key")).expect("a key");
    papers(&folder, &["localhost"], 2100);
    folder.write("other.key", &key);
    serve(&[FILES[0], ("CARTWRIGHT_TLS_KEY", "other.key")], "is not the key of the certificate in certificate.pem");
}

#[test]
fn without_a_certificate_a_hang_up_ends_nothing_that_runs_by_itself() {
    let folder = Folder::new();
    let server = Server::on(&folder);
    server.signal("-HUP");
    assert!(server.get("/healthz").starts_with("HTTP/1.1 200"));
    let (code, log) = server.end("-TERM");
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains("there are none here"), "{log}");
}
