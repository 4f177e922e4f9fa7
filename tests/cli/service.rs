//! What a service manager hears of the process (sd_notify(3)).

use std::os::unix::net::UnixDatagram;
use std::time::{Duration, Instant};

use super::processes::Server;
use super::{Folder, PATIENCE};

#[test]
fn a_service_manager_hears_that_it_answers_that_it_lives_and_that_it_ends() {
    let folder = Folder::new();
    let manager = UnixDatagram::bind(folder.path().join("notify")).expect("a socket");
    manager.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    let hear = || {
        let mut bytes = [0; 256];
        let length = manager.recv(&mut bytes).expect("a word");
        String::from_utf8_lossy(&bytes[..length]).trim().to_owned()
    };
    let path = folder.path().join("notify").display().to_string();
    let environment = [("NOTIFY_SOCKET", path.as_str()), ("WATCHDOG_USEC", "300000")];
    let server = Server::start(&folder, &["serve", "--listen", "127.0.0.1:0"], &environment);
    assert_eq!(hear(), "READY=1");
    assert!(server.get("/healthz").starts_with("HTTP/1.1 200"), "it answers when it says so");
    for sign in 0..5 {
        assert_eq!(hear(), "WATCHDOG=1", "sign {sign}");
    }
    let (code, log) = server.end("-TERM");
    assert_eq!(code, Some(0), "{log}");
    while hear() != "STOPPING=1" {}
}

#[test]
fn a_server_whose_writer_hangs_gives_no_sign_of_life_until_it_writes_again() {
    let folder = Folder::new();
    let manager = UnixDatagram::bind(folder.path().join("notify")).expect("a socket");
    let path = folder.path().join("notify").display().to_string();
    let environment = [("NOTIFY_SOCKET", path.as_str()), ("WATCHDOG_USEC", "300000")];
    let server = Server::start(&folder, &["serve", "--listen", "127.0.0.1:0"], &environment);
    let hear_within = |time: Duration| {
        manager.set_read_timeout(Some(time)).expect("a timeout");
        manager.recv(&mut [0; 256]).is_ok()
    };
    assert!(hear_within(PATIENCE), "it is ready");
    assert!(hear_within(PATIENCE), "it lives");
    // The writer waits for whoever has the database, at most five seconds; a sign is due every tenth of one.
    let other = rusqlite::Connection::open(folder.path().join("data").join(cartwright::store::FILE_NAME))
        .expect("the database");
    other.busy_timeout(PATIENCE).expect("a timeout");
    other.execute_batch("begin immediate").expect("the lock");
    let begun = Instant::now();
    while hear_within(Duration::from_secs(1)) {
        assert!(begun.elapsed() < Duration::from_secs(4), "it says that it lives while its writer waits");
    }
    other.execute_batch("rollback").expect("the lock is given back");
    assert!(hear_within(PATIENCE), "it lives again");
    let (code, log) = server.end("-TERM");
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains("the writer hangs"), "{log}");
}

#[test]
fn a_server_without_a_service_manager_runs_all_the_same() {
    let folder = Folder::new();
    let server = Server::start(&folder, &["serve", "--listen", "127.0.0.1:0"], &[("NOTIFY_SOCKET", "/nowhere/at/all")]);
    assert!(server.get("/healthz").starts_with("HTTP/1.1 200"));
    let (code, log) = server.end("-TERM");
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains("the service manager could not be told"), "{log}");
}
