//! Copies of the database: made beside a running server, checked, put in the place of the one that is there, taken back.

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use rusqlite::Connection;

use super::Folder;
use super::processes::Server;

fn sites(folder: &Folder) -> String {
    folder.run(&["site", "list"]).expect_code(0).out
}

fn add_site(folder: &Folder, id: &str) {
    folder.run(&["site", "add", "--site-id", id, "--account-id", id]).expect_code(0);
}

/// The folders of what was kept aside, in order.
fn kept(folder: &Folder) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder.path().join("data/replaced"))
        .map_or(Vec::new(), |all| all.map(|entry| entry.expect("an entry").path()).collect());
    found.sort();
    found
}

/// The copies in a folder, in order.
fn copies(folder: &Folder, name: &str) -> Vec<String> {
    let mut found: Vec<String> = std::fs::read_dir(folder.path().join(name)).map_or(Vec::new(), |all| {
        all.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
    });
    found.sort();
    found
}

#[test]
fn a_copy_is_made_checked_restored_and_taken_back() {
    let folder = Folder::with_shop();
    let made = folder.run(&["backup", "copy.db", "--json"]).expect_code(0).json(&["file", "bytes", "rows"]);
    assert!(made["bytes"].as_u64().expect("a length") > 0);
    assert_eq!(made["rows"], 1);
    folder.refuses(&["backup", "copy.db"], "exists already");
    add_site(&folder, "later");

    let dry = folder.run(&["restore", "copy.db", "--dry-run"]).expect_code(0).out;
    assert!(
        dry.contains("copy.db is whole") && dry.contains("1 shops") && dry.contains("nothing was changed"),
        "{dry}"
    );
    assert!(sites(&folder).contains("later"));
    assert_eq!(kept(&folder), Vec::<PathBuf>::new());

    let done = folder.run(&["restore", "copy.db"]).expect_code(0).out;
    assert!(done.contains("restore --rollback"), "{done}");
    assert!(!sites(&folder).contains("later") && sites(&folder).contains("my-shop"));
    assert_eq!(kept(&folder).len(), 1);

    // One command takes it back, and the same command takes that back.
    folder.run(&["restore", "--rollback"]).expect_code(0);
    assert!(sites(&folder).contains("later"));
    assert_eq!(kept(&folder).len(), 1);
    folder.run(&["restore", "--rollback"]).expect_code(0);
    assert!(!sites(&folder).contains("later"));
}

#[test]
fn nothing_is_restored_beside_a_server_or_another_command() {
    let folder = Folder::with_shop();
    folder.run(&["backup", "copy.db"]).expect_code(0);
    let server = Server::on(&folder);
    folder.refuses(&["restore", "copy.db"], "another cartwright already serves");
    // To look at a copy nobody has to stop.
    let dry = folder.run(&["restore", "copy.db", "--dry-run"]).expect_code(0).out;
    assert!(dry.contains("copy.db is whole") && dry.contains("nothing was changed"), "{dry}");
    assert_eq!(server.end("-TERM").0, Some(0));
    // As a command that is still at work would have it open.
    let other = Connection::open(folder.path().join("data/cartwright.db")).expect("the database");
    other.query_row("select count(*) from sites", [], |row| row.get::<_, i64>(0)).expect("a row");
    folder.refuses(&["restore", "copy.db"], "another process has");
    drop(other);
    folder.run(&["restore", "copy.db"]).expect_code(0);
}

#[test]
fn what_is_damaged_newer_or_no_database_of_ours_is_refused_and_changes_nothing() {
    let folder = Folder::with_shop();
    folder.run(&["backup", "copy.db"]).expect_code(0);
    let copy = std::fs::read(folder.path().join("copy.db")).expect("the copy");
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).expect("a file");
    // Cut short, as by a disk that was full.
    write("short.db", &copy[..copy.len() - 4096]);
    let mut torn = copy.clone();
    for byte in &mut torn[4096 * 3..4096 * 3 + 512] {
        *byte = 0xa5;
    }
    write("torn.db", &torn);
    write("text.db", b"these are not the pages you are looking for\n".repeat(200).as_slice());
    write("empty.db", b"");
    let stranger = Connection::open(folder.path().join("stranger.db")).expect("a database");
    stranger.execute_batch("create table things (no integer); pragma user_version = 1;").expect("a table");
    drop(stranger);
    write("newer.db", &copy);
    let newer = Connection::open(folder.path().join("newer.db")).expect("the copy");
    newer.pragma_update(None, "user_version", 999).expect("a version of the future");
    drop(newer);
    for (name, words) in [
        ("short.db", "short.db cannot be used"),
        ("torn.db", "torn.db cannot be used"),
        ("text.db", "text.db cannot be used"),
        ("empty.db", "no database of cartwright's"),
        ("stranger.db", "no database of cartwright's"),
        ("newer.db", "newer cartwright"),
        ("absent.db", "cannot read absent.db"),
    ] {
        folder.refuses(&["restore", name], words);
        folder.refuses(&["restore", name, "--dry-run"], words);
    }
    folder.refuses(&["restore", "--rollback"], "nothing was kept aside");
    assert!(sites(&folder).contains("my-shop"));
    let left: Vec<String> = copies(&folder, "data").into_iter().filter(|name| name.starts_with('.')).collect();
    assert_eq!(left, Vec::<String>::new());
}

#[test]
fn a_copy_brings_back_a_shop_whose_database_is_lost_or_damaged() {
    for damage in ["gone", "damaged"] {
        let folder = Folder::with_shop();
        folder.run(&["backup"]).expect_code(0);
        let name = format!("data/backups/{}", copies(&folder, "data/backups")[0]);
        let database = folder.path().join("data/cartwright.db");
        match damage {
            "gone" => std::fs::remove_file(&database).expect("a file to delete"),
            _ => std::fs::write(&database, "not a database\n".repeat(1_000)).expect("a file"),
        }
        folder.run(&["restore", &name]).expect_code(0);
        assert!(sites(&folder).contains("my-shop"), "{damage}");
    }
}

#[test]
fn a_server_copies_by_itself_and_keeps_the_newest() {
    let folder = Folder::with_shop();
    let old = ["20200101T000000Z", "20200102T000000Z", "20200103T000000Z"].map(|at| format!("cartwright-{at}.db"));
    std::fs::create_dir_all(folder.path().join("copies")).expect("a folder");
    for name in old.iter().map(String::as_str).chain(["cartwright-mine.db", "notes.txt"]) {
        folder.write(&format!("copies/{name}"), "");
    }
    let environment = [("CARTWRIGHT_BACKUP_FOLDER", "copies"), ("CARTWRIGHT_BACKUP_KEEP", "2")];
    let server = Server::start(&folder, &["serve", "--listen", "127.0.0.1:0"], &environment);
    let deadline = std::time::Instant::now() + super::PATIENCE;
    while copies(&folder, "copies").contains(&old[1]) {
        assert!(std::time::Instant::now() < deadline, "no copy was made: {:?}", copies(&folder, "copies"));
        server.get("/healthz");
    }
    assert_eq!(server.end("-TERM").0, Some(0));
    let found = copies(&folder, "copies");
    assert_eq!(found.len(), 4, "{found:?}");
    // What is not ours stays, and of ours the newest two.
    assert!(
        found.contains(&old[2]) && found.contains(&"notes.txt".to_owned()) && !found.contains(&old[0]),
        "{found:?}"
    );
    let newest = found.iter().filter(|name| name.starts_with("cartwright-20")).max().expect("a copy");
    folder.run(&["restore", &format!("copies/{newest}"), "--dry-run"]).expect_code(0);
    // One that is fresh is enough: the next start makes none.
    let server = Server::start(&folder, &["serve", "--listen", "127.0.0.1:0"], &environment);
    assert_eq!(server.end("-TERM").0, Some(0));
    assert_eq!(copies(&folder, "copies"), found);
}

/// Writes one customer and one key in each commit until it is dropped, so every moment has as many of these as of those.
struct Writing {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<u32>>,
}

impl Writing {
    fn into(path: PathBuf) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let thread = std::thread::spawn(move || {
            let conn = Connection::open(&path).expect("the database");
            conn.busy_timeout(super::PATIENCE).expect("patience");
            let mut count = 0;
            while !stopped.load(Ordering::Relaxed) {
                count += 1;
                conn.execute_batch(&format!(
                    "begin immediate;
                     insert into customers (site, id, created_at) values (1, 'c{count}', 0);
                     insert into api_keys (site, id, key_hash, scopes, created_at)
                     values (1, 'k{count}', randomblob(32), 'all', 0);
                     commit;"
                ))
                .expect("a write");
            }
            count
        });
        Writing { stop, thread: Some(thread) }
    }

    fn end(&mut self) -> u32 {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.take().map_or(0, |thread| thread.join().expect("the writing thread"))
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

#[test]
fn copies_of_a_shop_that_is_written_to_are_whole_and_of_one_moment() {
    let folder = Folder::with_shop();
    let mut writing = Writing::into(folder.path().join("data/cartwright.db"));
    for number in 0..10 {
        let name = format!("copy-{number}.db");
        folder.run(&["backup", &name]).expect_code(0);
        let copy = Connection::open(folder.path().join(&name)).expect("the copy");
        let counts =
            copy.query_row("select (select count(*) from customers), (select count(*) from api_keys)", [], |row| {
                Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))
            });
        let (customers, keys) = counts.expect("counts");
        assert_eq!(customers, keys);
    }
    assert!(writing.end() > 10, "nothing was written meanwhile");
}

#[test]
fn a_copy_belongs_to_its_owner_alone() {
    let folder = Folder::with_shop();
    folder.run(&["backup", "copy.db"]).expect_code(0);
    let listed = Command::new("ls").args(["-l", "copy.db"]).current_dir(folder.path()).output().expect("ls");
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    assert!(listed.starts_with("-rw-------"), "{listed}");
}
