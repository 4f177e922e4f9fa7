//! What the thread that writes the log back does, seen from the length of the log.

use super::*;
use crate::domain::Timestamp;
use crate::store::FILE_NAME;

/// A writer, the connection of the thread, and a log of more pages than the thread leaves alone.
fn with_a_long_log(folder: &tempfile::TempDir) -> (Connection, Connection) {
    let path = folder.path().join(FILE_NAME);
    let writer = connection::open_writer(&path, Timestamp::from_secs(0), Durability::Full).expect("a writer");
    let of_thread = connection::open_for_the_log(&path, Durability::Full).expect("a connection");
    let fill = "create table filler (bytes blob); insert into filler values (zeroblob(12000000))";
    writer.execute_batch(fill).expect("a long log");
    (writer, of_thread)
}

#[test]
fn all_of_the_log_is_written_back_once_nobody_writes() {
    let folder = tempfile::TempDir::new().expect("a temporary folder");
    let (writer, of_thread) = with_a_long_log(&folder);
    let (pages, done) = checkpoint(&writer, "noop").expect("a look");
    assert!(pages > WORTH && done == 0, "a commit wrote {done} of {pages} pages back itself");
    assert_eq!(keep_short(&of_thread, &Log::default()), Ok(0));
    let (pages, done) = checkpoint(&writer, "noop").expect("a look");
    assert_eq!(pages, done);
}

#[test]
fn a_log_that_never_rests_begins_anew_before_it_is_too_long() {
    let folder = tempfile::TempDir::new().expect("a temporary folder");
    let clock = std::sync::Arc::new(|| Timestamp::from_secs(0));
    let store = crate::store::Store::open(folder.path(), clock).expect("a store");
    store.write(|tx| tx.run("create table filler (bytes blob)", []).map(drop)).expect("a table");
    let done = AtomicBool::new(false);
    let longest = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::SeqCst) {
                store.write(|tx| tx.run("insert into filler values (zeroblob(10))", [])).expect("a small write");
            }
        });
        let log = folder.path().join(format!("{FILE_NAME}-wal"));
        let lengths = (0..80).map(|_| {
            let fill = "insert into filler values (zeroblob(2000000))";
            store.write_patiently(move |tx| tx.run(fill, [])).expect("a long write");
            std::fs::metadata(&log).map_or(0, |about| about.len())
        });
        let longest = lengths.max();
        done.store(true, Ordering::SeqCst);
        longest
    });
    assert!(longest < Some(100_000_000), "160 MB went through a log of {longest:?} bytes");
}

#[test]
fn a_log_that_a_reader_held_up_once_is_written_back_while_others_write_on() {
    let folder = tempfile::TempDir::new().expect("a temporary folder");
    let (writer, of_thread) = with_a_long_log(&folder);
    let reader = Connection::open(folder.path().join(FILE_NAME)).expect("a reader");
    reader.execute_batch("begin; select count(*) from sites").expect("a snapshot");
    let (log, mut seen) = (Log::default(), Seen::default());
    let write = || writer.execute_batch("insert into filler values (zeroblob(5000000))").expect("a write");
    write();
    // The first writes back what the reader sees, the second nothing.
    for _ in 0..2 {
        round(&of_thread, &log, &mut seen, false).expect("a round");
    }
    write();
    drop(reader);
    let began = Instant::now();
    let done_of = || checkpoint(&of_thread, "noop").expect("a look");
    while done_of().0 > done_of().1 && began.elapsed() < Duration::from_secs(20) {
        round(&of_thread, &log, &mut seen, false).expect("a round");
        std::thread::yield_now();
    }
    let (pages, done) = done_of();
    assert_eq!(pages, done, "a reader that is gone holds the log up");
}

#[test]
fn a_log_that_began_anew_is_written_back_without_a_rest() {
    let folder = tempfile::TempDir::new().expect("a temporary folder");
    let (writer, of_thread) = with_a_long_log(&folder);
    let (log, mut seen) = (Log::default(), Seen::default());
    let write = |bytes: i64| {
        writer.execute(&format!("insert into filler values (zeroblob({bytes}))"), []).expect("a write");
    };
    write(LONG * 4_096);
    round(&of_thread, &log, &mut seen, false).expect("a round");
    write(2 * WORTH * 4_096);
    round(&of_thread, &log, &mut seen, false).expect("a round");
    let (pages, done) = checkpoint(&of_thread, "noop").expect("a look");
    assert!(pages < LONG && pages == done, "{done} of {pages} pages are written back");
}

#[test]
fn the_writer_begins_the_log_anew_although_somebody_reads_all_the_time() {
    let folder = tempfile::TempDir::new().expect("a temporary folder");
    let (writer, _) = with_a_long_log(&folder);
    let path = folder.path().join(FILE_NAME);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let reader = Connection::open(&path).expect("a reader");
                while !done.load(Ordering::SeqCst) {
                    reader.execute_batch("begin; select count(*) from sqlite_schema; commit").expect("a look");
                }
            });
        }
        let anew = (0..200).any(|_| {
            finish(&writer).expect("written back");
            writer.execute_batch("insert into filler values (zeroblob(10))").expect("a write");
            checkpoint(&writer, "noop").expect("a look").0 < 100
        });
        done.store(true, Ordering::SeqCst);
        assert!(anew, "the log goes on");
    });
}

#[test]
fn a_log_that_a_reader_holds_up_is_not_left_to_the_writer() {
    let folder = tempfile::TempDir::new().expect("a temporary folder");
    let (writer, of_thread) = with_a_long_log(&folder);
    let reader = Connection::open(folder.path().join(FILE_NAME)).expect("a reader");
    reader.execute_batch("begin; select count(*) from sites").expect("a snapshot");
    let more = "insert into filler values (zeroblob(140000000))";
    writer.execute_batch(more).expect("a longer log");
    let log = Log::default();
    assert_eq!(keep_short(&of_thread, &log), Ok(0));
    let (pages, done) = checkpoint(&writer, "noop").expect("a look");
    assert!(pages > TOO_LONG && done < LONG, "{done} of {pages} pages were written back past the reader");
    assert!(!log.is_the_writers_turn(), "it could do nothing either");
    drop(reader);
    assert_eq!(keep_short(&of_thread, &log), Ok(0));
    let (pages, done) = checkpoint(&writer, "noop").expect("a look");
    assert_eq!(pages, done);
}
