//! A server under `strace`, and clients that make carts until each has made its share.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use cartwright::app::{App, ManualClock};
use cartwright::config::Config;
use cartwright::domain::keys::Scopes;
use cartwright::domain::settings::Settings;
use cartwright::domain::sites::SiteStatus;
use cartwright::domain::{Currency, Timestamp, Zone};
use cartwright::ops::sites::NewSite;
use cartwright::store::{Durability, Store};
use cartwright::{ops, server};
use tempfile::TempDir;

use super::trace::{self, Event};

/// The shop.
pub const SITE: &str = "my-shop";
/// When all of it happens.
pub const NOW: i64 = 1_780_000_000;

const KEY: &str = "key-of-my-shop";

/// Carts of a run, and the pauses between them in which the log is written back into the database: a trace without any
/// would never cut the power there.
const CARTS: usize = 480;
const BURSTS: usize = 4;
const PAUSE: Duration = Duration::from_millis(400);

/// What a client waits for an answer, at most: a traced server is slow.
const PATIENCE: Duration = Duration::from_secs(60);

/// The system calls that files and answers are made of.
const CALLS: &str = "trace=pwrite64,ftruncate,unlink,fsync,fdatasync,write,writev,sendto,sendmsg";

/// A run: the files as they were before it, and what happened to them.
pub struct Traced {
    pub before: Vec<(PathBuf, Vec<u8>)>,
    pub events: Vec<Event>,
}

/// What this program does when it is run as the server: serves the folder until it is killed.
pub fn serve(folder: &Path, durability: Durability) {
    let hand = ManualClock::starting_at(Timestamp::from_secs(NOW));
    let mut app = open(folder, hand.clone());
    app.store = Store::open_with(folder, hand.clock(), durability).expect("a store");
    let bound = server::bind(app.config.listen).expect("a port");
    println!("{} {}", std::process::id(), bound.address);
    std::io::stdout().flush().expect("somebody reads");
    actix_web::rt::System::new().block_on(async move {
        server::run(Arc::new(app), bound, 2).expect("a server").await.expect("it serves");
    });
}

fn open(folder: &Path, hand: ManualClock) -> App {
    let flags = [("data", folder.display().to_string()), ("listen", "127.0.0.1:0".to_owned())];
    let config = Config::load(&flags, |_| None, None).expect("a configuration");
    App::open_with_manual_clock(config, hand).expect("a store")
}

/// Traces a server while this many clients write to it.
pub fn run(durability: Durability, clients: usize) -> Traced {
    let folder = TempDir::new().expect("a temporary folder");
    // Traces name files by their real paths.
    let data = folder.path().canonicalize().expect("it is there").join("data");
    set_up(&data);
    let before = files_of(&data);
    let log = folder.path().join("trace");
    let mut strace = start(&data, durability, &log);
    let mut told = String::new();
    let mut stdout = BufReader::new(strace.stdout.take().expect("its output"));
    stdout.read_line(&mut told).expect("where it listens");
    let (server, address) = told.trim().split_once(' ').expect("its number and where it listens");
    let address: SocketAddr = address.parse().expect("an address");
    for burst in 0..BURSTS {
        std::thread::scope(|scope| {
            for client in 0..clients {
                scope.spawn(move || make_carts(address, client, burst, CARTS / BURSTS / clients));
            }
        });
        std::thread::sleep(PAUSE);
    }
    // strace ends with what it traces. The shell's own `kill`: a bare machine has no other.
    Command::new("sh").args(["-c", &format!("kill -KILL {server}")]).status().expect("a shell");
    strace.wait().expect("it is over");
    let text = std::fs::read_to_string(&log).expect("a trace");
    Traced { before, events: trace::read(&text, &data) }
}

/// A shop with a key, closed again, so that its files are whole before the trace begins.
fn set_up(data: &Path) {
    let app = open(data, ManualClock::starting_at(Timestamp::from_secs(NOW)));
    let new = NewSite {
        site_id: SITE.into(),
        account_id: "my_shop".into(),
        name: "My shop".into(),
        currency: Currency::parse("USD").expect("a currency"),
        zone: Zone::parse("UTC").expect("a zone"),
        status: SiteStatus::Paid,
        settings: Settings::default(),
    };
    let written = app.store.write(move |tx| {
        let site = ops::sites::add(tx, new)?;
        ops::keys::import(tx, &site, KEY, Scopes::parse("all")?, None)
    });
    written.expect("a shop");
}

fn files_of(data: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let entries = std::fs::read_dir(data).expect("the folder").map(|entry| entry.expect("an entry").path());
    entries.map(|path| (path.clone(), std::fs::read(path).expect("a file"))).collect()
}

fn start(data: &Path, durability: Durability, log: &Path) -> Child {
    let word = if durability == Durability::Weak { "weak" } else { "full" };
    Command::new("strace")
        .args(["-f", "-y", "-xx", "-s", "1048576", "-e", CALLS, "-o"])
        .arg(log)
        .arg(std::env::current_exe().expect("this program"))
        .arg("serve")
        .arg(data)
        .arg(word)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("strace (apt-get install strace)")
}

/// Makes carts one after the other, over one connection. Each has an address of its own, which its answer repeats.
fn make_carts(address: SocketAddr, client: usize, burst: usize, count: usize) {
    let mut stream = TcpStream::connect(address).expect("a connection");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    for at in 0..count {
        let body = format!(
            r#"{{"email":"c{client}-{burst}-{at}@example.com","items":[{{"product_id":"mug","quantity":2,"unit_price":1450}}]}}"#
        );
        write!(
            stream,
            "POST /v1/carts HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer {KEY}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .expect("the request is taken");
        let answer = answer(&mut stream);
        assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    }
}

/// One answer of a connection that stays open.
fn answer(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&bytes);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length =
                head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
            if length.is_some_and(|length: usize| body.len() >= length) {
                return text.into_owned();
            }
        }
        let read = stream.read(&mut chunk).expect("an answer");
        assert!(read > 0, "the connection was closed after {text:?}");
        bytes.extend_from_slice(&chunk[..read]);
    }
}
