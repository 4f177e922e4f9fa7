//! What machines do to a shop that nobody watches: a disk that is full, a file that cannot be written, another process in
//! the way, a clock that jumps, a log that was torn. The process says what is wrong, keeps answering what it can, and once
//! the fault is gone everything that it acknowledged is there.

mod support;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use cartwright::domain::{Clock, Timestamp};
use cartwright::ops;
use cartwright::store::{FILE_NAME, Store};
use rusqlite::Connection;
use serde_json::{Value, json};
use support::{KEY, SITE, World};
use tempfile::TempDir;

fn cart(email: &str) -> Value {
    json!({ "email": email, "items": [{ "product_id": "p", "quantity": 1, "unit_price": 500 }] })
}

fn differences(world: &World) -> usize {
    let site = world.site(SITE);
    world.app.store.read(|tx| ops::stats::verify(tx, &site)).expect("a check").len()
}

/// The addresses of a store's carts, the oldest first; the file must be whole.
fn addresses(folder: &Path) -> Vec<String> {
    let conn = Connection::open(folder.join(FILE_NAME)).expect("the file");
    let whole: String = conn.query_row("pragma integrity_check", [], |row| row.get(0)).expect("a check");
    assert_eq!(whole, "ok");
    let mut statement = conn.prepare("select email from carts order by no").expect("a statement");
    let rows = statement.query_map([], |row| row.get(0)).expect("rows");
    rows.map(|row| row.expect("an address")).collect()
}

/// The real binary, started by a shell under some restriction.
struct Process {
    child: Child,
    address: SocketAddr,
}

impl Process {
    fn start(data: &Path, restriction: &str) -> Self {
        let mut child = Command::new("sh")
            .arg("-c")
            .arg(format!("{restriction} exec \"$0\" serve --listen 127.0.0.1:0 --data \"$1\""))
            .arg(env!("CARGO_BIN_EXE_cartwright"))
            .arg(data)
            .env_clear()
            .current_dir(data)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("a shell");
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().expect("its output")).read_line(&mut line).expect("a line");
        let address = line.split_once("http://").and_then(|(_, rest)| rest.split(',').next()?.trim().parse().ok());
        Process { address: address.unwrap_or_else(|| panic!("no address in {line:?}")), child }
    }

    fn call(&self, method: &str, target: &str, body: &Value) -> (u16, String) {
        let mut stream = TcpStream::connect(self.address).expect("a connection");
        let body = if body.is_null() { String::new() } else { body.to_string() };
        write!(
            stream,
            "{method} {target} HTTP/1.1\r\nHost: test\r\nConnection: close\r\nAuthorization: Bearer {KEY}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .expect("the request is taken");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        (status, answer.split_once("\r\n\r\n").map_or("", |(_, body)| body).to_owned())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A folder with a shop and its key.
fn shop() -> TempDir {
    let folder = TempDir::new().expect("a temporary folder");
    let clock: Clock = Arc::new(|| Timestamp::from_secs(1_780_000_000));
    let store = Store::open(folder.path(), clock).expect("a store");
    let founded = store.write(|tx| {
        let new = ops::sites::NewSite {
            site_id: SITE.into(),
            account_id: "acct_shop".into(),
            name: "A shop".into(),
            currency: cartwright::domain::Currency::parse("USD")?,
            zone: cartwright::domain::Zone::UTC,
            status: cartwright::domain::sites::SiteStatus::Paid,
            settings: cartwright::domain::settings::Settings::default(),
        };
        let site = ops::sites::add(tx, new)?;
        ops::keys::import(tx, &site, KEY, cartwright::domain::keys::Scopes::parse("all")?, None)
    });
    founded.expect("a shop");
    folder
}

#[test]
fn on_a_full_disk_nothing_is_acknowledged_that_is_not_kept_and_what_was_is_there_once_there_is_room() {
    let folder = shop();
    let room = std::fs::metadata(folder.path().join(FILE_NAME)).expect("the file").len() / 512 + 400;
    // No file may grow beyond this; the signal that would say so ends the process unless it is ignored.
    let process = Process::start(folder.path(), &format!("ulimit -f {room}; trap '' 25;"));
    let mut kept = Vec::new();
    let mut refused = 0;
    for at in 0..2_000 {
        let email = format!("c{at}@example.com");
        match process.call("POST", "/v1/carts", &cart(&email)) {
            (201, _) => kept.push(email),
            (500, body) => {
                assert!(body.contains("INTERNAL_ERROR") && !body.contains("disk"), "{body}");
                refused += 1;
            }
            other => panic!("{other:?}"),
        }
        if refused == 20 {
            break;
        }
    }
    assert!(!kept.is_empty() && refused == 20, "{} kept, {refused} refused", kept.len());
    let confirmed = process.call("GET", &format!("/ss/v1/?key={KEY}&siteid={SITE}&email=c0@example.com"), &Value::Null);
    assert_eq!(confirmed.1, r#"{"resp":102,"err_txt":"Purchase Insert Failed"}"#);
    let (status, list) = process.call("GET", "/v1/carts?limit=1", &Value::Null);
    assert_eq!(status, 200, "what can be read is answered: {list}");
    drop(process);
    assert_eq!(addresses(folder.path()), kept);
    let process = Process::start(folder.path(), "");
    assert_eq!(process.call("POST", "/v1/carts", &cart("later@example.com")).0, 201);
    drop(process);
    assert_eq!(addresses(folder.path()).len(), kept.len() + 1);
}

#[test]
fn a_database_that_cannot_be_written_is_named_and_nothing_is_served() {
    let folder = shop();
    let binary = folder.path().join("cartwright");
    std::fs::copy(env!("CARGO_BIN_EXE_cartwright"), &binary).expect("a copy");
    let mode =
        |path: &Path, mode| std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("a mode");
    mode(&folder.path().join(FILE_NAME), 0o444);
    mode(folder.path(), 0o555);
    // Nothing is forbidden to root, so this runs as nobody where the test runs as root.
    let output = Command::new("sh")
        .arg("-c")
        .arg("as=; [ \"$(id -u)\" = 0 ] && as='setpriv --reuid 65534 --regid 65534 --clear-groups'; exec $as \"$0\" serve --listen 127.0.0.1:0 --data \"$1\"")
        .arg(&binary)
        .arg(folder.path())
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .current_dir("/")
        .output()
        .expect("a shell");
    mode(folder.path(), 0o755);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(3), "{told}");
    assert!(told.contains(&folder.path().display().to_string()) && !told.contains("panicked"), "{told}");
}

#[test]
fn another_process_in_the_way_is_waited_for_and_a_stubborn_one_is_told_about() {
    let world = World::new();
    let other = Connection::open(world.app.store.path()).expect("the file");
    other.execute_batch("begin immediate").expect("the lock");
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| world.rest("POST", "/v1/carts", &cart("ann@example.com")));
        // It gives up by itself after the five seconds of its patience.
        let refused = waiting.join().expect("an answer");
        assert_eq!((refused.status, refused.json()["error"]["code"].as_str()), (500, Some("INTERNAL_ERROR")));
        let confirmed = scope.spawn(|| world.rest("POST", "/v1/carts", &cart("bob@example.com")));
        let other = &other;
        while !confirmed.is_finished() {
            if !other.is_autocommit() {
                other.execute_batch("rollback").expect("the lock is given back");
            }
            std::thread::yield_now();
        }
        assert_eq!(confirmed.join().expect("an answer").status, 201);
    });
    let list = world.rest("GET", "/v1/carts", &Value::Null).json();
    assert_eq!((list["total_count"].as_i64(), list["data"][0]["email"].as_str()), (Some(1), Some("bob@example.com")));
}

#[test]
fn a_clock_that_jumps_an_hour_back_and_a_day_forward_doubles_and_loses_nothing() {
    let world = World::new();
    let hand = world.app.hand.clone().expect("a clock set by hand");
    let made = world.rest("POST", "/v1/carts", &cart("ann@example.com")).json();
    let id = made["id"].as_str().expect("an id").to_owned();
    world.advance("45m");
    let letters = |world: &World| {
        let site = world.site(SITE);
        world.app.store.read(|tx| ops::outbox::explain(tx, &site, &id)).expect("the cart").2.len()
    };
    let (before, here) = (letters(&world), world.app.now());
    hand.set(here.plus(-3_600));
    cartwright::jobs::run_due(&world.app).expect("the clock's doings");
    assert_eq!(letters(&world), before, "nothing is written anew");
    let again = world.rest("GET", &format!("/v1/carts/{id}"), &Value::Null).json();
    assert_eq!(again["status"], "abandoned", "what happened stays so");
    assert_eq!(world.rest("POST", "/v1/carts", &cart("bob@example.com")).status, 201);
    let target = format!("/ss/v1/?key={KEY}&siteid={SITE}&email=bob@example.com&orderid=7");
    assert_eq!(world.get(&target).json()["resp"], 100);
    assert_eq!(differences(&world), 0);
    hand.set(here.plus(86_400));
    cartwright::jobs::run_due(&world.app).expect("the clock's doings");
    assert_eq!(world.get(&target).json()["resp"], 100, "a repeat is a repeat at any hour");
    let target = format!("/ss/v1/?key={KEY}&siteid={SITE}&email=ann@example.com&orderid=8");
    assert_eq!(world.get(&target).json()["resp"], 100);
    let site = world.site(SITE);
    let purchases = Connection::open(world.app.store.path())
        .and_then(|conn| conn.query_row("select count(*) from purchases", [], |row| row.get::<_, i64>(0)))
        .expect("a count");
    assert_eq!((purchases, differences(&world), site.site_id.as_str()), (2, 0, SITE));
}

#[test]
fn a_log_that_was_torn_anywhere_holds_the_first_writes_and_none_in_part() {
    let world = World::new();
    // While somebody reads what was there before, nothing of the log is written back into the database.
    let reader = Connection::open(world.app.store.path()).expect("the file");
    reader.execute_batch("pragma wal_checkpoint(truncate); begin; select count(*) from carts").expect("a snapshot");
    let made: Vec<String> = (0..40).map(|at| format!("c{at}@example.com")).collect();
    for email in &made {
        assert_eq!(world.rest("POST", "/v1/carts", &cart(email)).status, 201);
    }
    let path = world.app.store.path().to_owned();
    let wal = std::fs::read(path.with_extension("db-wal")).expect("the log");
    let database = std::fs::read(&path).expect("the file");
    let mut lengths = Vec::new();
    for tenth in 0..=10 {
        for damaged in [false, true] {
            let folder = TempDir::new().expect("a temporary folder");
            let end = wal.len() * tenth / 10;
            let mut torn = wal[..end].to_vec();
            if damaged && end > 0 {
                let at = end / 2;
                torn[at] ^= 0x40;
            }
            std::fs::write(folder.path().join(FILE_NAME), &database).expect("a file");
            std::fs::write(folder.path().join(FILE_NAME).with_extension("db-wal"), torn).expect("a file");
            let found = addresses(folder.path());
            assert_eq!(found, made[..found.len()], "cut at {tenth} tenths, damaged: {damaged}");
            lengths.push(found.len());
        }
    }
    assert!(lengths.contains(&made.len()) && lengths.iter().any(|length| *length < made.len()), "{lengths:?}");
}
