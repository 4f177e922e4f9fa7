//! A mail server with a certificate: letters leave over a connection that is checked, or not at all.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use cartwright::config::Config;
use cartwright::domain::messages::MessageStatus;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use tempfile::TempDir;

use super::support::{SITE, World};
use super::{cart, first};

/// A server whose certificate an authority of its own vouches for.
struct Guarded {
    port: u16,
    got: Arc<Mutex<Vec<String>>>,
    authority: PathBuf,
    _folder: TempDir,
}

impl Guarded {
    /// One for this name, that speaks TLS from the first byte or from STARTTLS on.
    fn new(name: &str, from_the_first_byte: bool) -> Self {
        let folder = TempDir::new().expect("a folder");
        let (authority_pem, config) = papers(name);
        let authority = folder.path().join("authority.pem");
        std::fs::write(&authority, authority_pem).expect("a file");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("its address").port();
        let got = Arc::new(Mutex::new(Vec::new()));
        let shared = got.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (config, got) = (config.clone(), shared.clone());
                // A client that does not trust us goes away, and that is all.
                std::thread::spawn(move || drop(serve(stream, config, from_the_first_byte, &got)));
            }
        });
        Guarded { port, got, authority, _folder: folder }
    }

    /// A world whose letters go there; `trusting`: it knows the authority.
    fn world(&self, tls: &str, trusting: bool) -> World {
        let (port, authority) = (self.port.to_string(), self.authority.display().to_string());
        let mut variables = vec![
            ("CARTWRIGHT_PUBLIC_URL", "https://carts.example"),
            ("CARTWRIGHT_MAIL_TRANSPORT", "smtp"),
            ("CARTWRIGHT_MAIL_SMTP_HOST", "127.0.0.1"),
            ("CARTWRIGHT_MAIL_SMTP_PORT", port.as_str()),
            ("CARTWRIGHT_MAIL_SMTP_TLS", tls),
            ("CARTWRIGHT_MAIL_SMTP_TIMEOUT_SECONDS", "5"),
        ];
        if trusting {
            variables.push(("CARTWRIGHT_MAIL_SMTP_CA_FILE", authority.as_str()));
        }
        let world = World::with_environment(&variables);
        world.add_shop();
        world.set(SITE, "postal_address", "1 Mill Lane, Hudson NY");
        world.set(SITE, "letters.from", "shop@example.com");
        world.go_live(SITE);
        world
    }

    fn got(&self) -> usize {
        self.got.lock().expect("the letters").len()
    }
}

/// An authority, and what a server needs that it vouches for under a name.
fn papers(name: &str) -> (String, Arc<ServerConfig>) {
    let mut authority = CertificateParams::new(Vec::<String>::new()).expect("parameters");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().expect("a key")).expect("an authority");
    let key = KeyPair::generate().expect("a key");
    let params = CertificateParams::new(vec![name.to_owned()]).expect("parameters");
    let certificate = params.signed_by(&key, &authority).expect("a certificate");
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .expect("a configuration");
    (authority.pem(), Arc::new(config))
}

fn serve(
    mut stream: TcpStream,
    config: Arc<ServerConfig>,
    at_once: bool,
    got: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    let guarded = |stream| -> std::io::Result<_> {
        let connection = ServerConnection::new(config.clone()).map_err(std::io::Error::other)?;
        Ok(StreamOwned::new(connection, stream))
    };
    if at_once {
        let mut stream = guarded(stream)?;
        stream.write_all(b"220 postman\r\n")?;
        return converse(stream, got);
    }
    stream.write_all(b"220 postman\r\n")?;
    loop {
        let line = line(&mut stream)?;
        match line.get(..4).unwrap_or_default() {
            "EHLO" => stream.write_all(b"250-postman\r\n250 STARTTLS\r\n")?,
            "STAR" => {
                stream.write_all(b"220 go on\r\n")?;
                return converse(guarded(stream)?, got);
            }
            "QUIT" => return stream.write_all(b"221 bye\r\n"),
            _ => stream.write_all(b"530 5.7.0 must issue a STARTTLS command first\r\n")?,
        }
    }
}

fn converse(mut stream: impl Read + Write, got: &Mutex<Vec<String>>) -> std::io::Result<()> {
    loop {
        let said = line(&mut stream)?;
        match said.get(..4).unwrap_or_default() {
            "EHLO" => stream.write_all(b"250-postman\r\n250 8BITMIME\r\n")?,
            "DATA" => {
                stream.write_all(b"354 go on\r\n")?;
                let mut letter = String::new();
                while let Some(part) = Some(line(&mut stream)?).filter(|part| part != ".") {
                    letter.push_str(&part);
                }
                got.lock().expect("the letters").push(letter);
                stream.write_all(b"250 2.0.0 taken\r\n")?;
            }
            "QUIT" => return stream.write_all(b"221 bye\r\n"),
            _ => stream.write_all(b"250 2.0.0 ok\r\n")?,
        }
    }
}

/// A line without its end, byte by byte: what follows it may be meant for somebody else.
fn line(stream: &mut impl Read) -> std::io::Result<String> {
    let mut bytes = Vec::new();
    loop {
        let mut byte = [0];
        if stream.read(&mut byte)? == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        if byte == *b"\n" {
            let text = String::from_utf8_lossy(&bytes);
            return Ok(text.trim_end_matches('\r').to_owned());
        }
        bytes.push(byte[0]);
    }
}

#[test]
fn a_letter_leaves_over_both_kinds_of_tls_once_the_authority_is_known() {
    for (tls, from_the_first_byte) in [("tls", true), ("starttls", false)] {
        let server = Guarded::new("127.0.0.1", from_the_first_byte);
        let world = server.world(tls, true);
        let cart = cart(&world, "ann@example.com");
        world.advance("60m");
        let letter = first(&world, &cart);
        assert_eq!((letter.status, server.got()), (MessageStatus::Sent, 1), "{tls}: {:?}", letter.detail);
    }
}

#[test]
fn a_server_that_nobody_known_vouches_for_gets_no_letter() {
    for (tls, from_the_first_byte) in [("tls", true), ("starttls", false)] {
        let server = Guarded::new("127.0.0.1", from_the_first_byte);
        let world = server.world(tls, false);
        let cart = cart(&world, "ann@example.com");
        world.advance("60m");
        let letter = first(&world, &cart);
        assert_eq!((letter.status, server.got()), (MessageStatus::Queued, 0), "{tls}");
        assert!(letter.detail.as_deref().is_some_and(|said| said.contains("certificate")), "{:?}", letter.detail);
    }
}

#[test]
fn a_certificate_for_another_name_is_none_for_this_server() {
    let server = Guarded::new("mail.elsewhere.example", true);
    let world = server.world("tls", true);
    let cart = cart(&world, "ann@example.com");
    world.advance("60m");
    assert_eq!((first(&world, &cart).status, server.got()), (MessageStatus::Queued, 0));
}

#[test]
fn a_server_that_offers_no_tls_gets_no_letter_where_it_is_asked_for() {
    let plain = super::Postman::new();
    let world = super::world_with(&plain, &[("CARTWRIGHT_MAIL_SMTP_TLS", "starttls")]);
    let cart = cart(&world, "ann@example.com");
    world.advance("60m");
    assert_eq!((first(&world, &cart).status, plain.got().len()), (MessageStatus::Queued, 0));
}

#[test]
fn a_file_of_authorities_that_is_none_is_refused_when_the_process_starts() {
    let folder = TempDir::new().expect("a folder");
    let (absent, wrong) = (folder.path().join("absent.pem"), folder.path().join("wrong.pem"));
    std::fs::write(&wrong, "not a certificate").expect("a file");
    for file in [absent, wrong] {
        let set = |name: &str| match name {
            "CARTWRIGHT_MAIL_TRANSPORT" => Some("smtp".to_owned()),
            "CARTWRIGHT_MAIL_SMTP_HOST" => Some("mail.example".to_owned()),
            "CARTWRIGHT_MAIL_SMTP_CA_FILE" => Some(file.display().to_string()),
            _ => None,
        };
        let refusal = Config::load(&[], set, None).expect_err("a refusal");
        assert!(refusal.to_string().starts_with("mail.smtp.ca_file: "), "{refusal}");
    }
}
