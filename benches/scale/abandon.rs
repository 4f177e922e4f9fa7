//! The clock's job over many carts that fell due at once, and what a writer beside it waits; the same beside bare statements,
//! and with nothing beside it.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};
use std::time::{Duration, Instant};

use cartwright::app::{App, ManualClock};
use cartwright::domain::Timestamp;
use cartwright::store::FILE_NAME;
use cartwright::{jobs, ops};
use rusqlite::{Connection, named_params};

use crate::offline::config;
use crate::report::Table;
use crate::shop::{FLOOR_FILE, SITE};
use crate::{floor, shop};

/// Carts that the clock's job finds idle at once.
const IDLE: i64 = 100_000;

/// How long the writer writes with nothing beside it.
const ALONE: Duration = Duration::from_secs(10);

/// The pause between two writes of the one who waits.
const PAUSE: Duration = Duration::from_millis(3);

/// A page that takes the disk longer than this is a stall of the disk, seconds: hundreds of pages go in that time.
const STALL: f64 = 0.02;

/// What somebody waited for each write, from the shortest to the longest: when it began, and seconds.
struct Waits(Vec<(Instant, f64)>);

impl Waits {
    /// Writes until it is told to stop, a change at a time, each on disk before the next.
    fn of(stop: impl Fn() -> bool, mut write: impl FnMut(usize)) -> Self {
        let mut waits = Vec::new();
        while !stop() {
            let began = Instant::now();
            write(waits.len());
            waits.push((began, began.elapsed().as_secs_f64()));
            std::thread::sleep(PAUSE);
        }
        waits.sort_by(|(_, one), (_, other)| one.total_cmp(other));
        Waits(waits)
    }

    /// The longest in milliseconds, less the time in which the disk stalled for somebody else too.
    fn longest_without(&self, disk: &Waits) -> f64 {
        let end = |(began, secs): &(Instant, f64)| *began + Duration::from_secs_f64(*secs);
        let both = |one: &(Instant, f64), other: &(Instant, f64)| {
            end(one).min(end(other)).saturating_duration_since(one.0.max(other.0)).as_secs_f64()
        };
        let stalls: Vec<_> = disk.0.iter().filter(|(_, secs)| *secs > STALL).collect();
        let own = |wait: &(Instant, f64)| wait.1 - stalls.iter().map(|stall| both(wait, stall)).sum::<f64>();
        1e3 * self.0.iter().map(own).fold(0.0, f64::max)
    }

    /// The longest, and what one in a hundred exceeds, in milliseconds.
    fn text(&self) -> String {
        let at = |share: f64| {
            self.0.get((self.0.len() as f64 * share) as usize).or(self.0.last()).map_or(0.0, |(_, secs)| secs * 1e3)
        };
        format!("{:.0} ms at most, p99 {:.0}, p50 {:.1}, of {} writes", at(1.0), at(0.99), at(0.5), self.0.len())
    }
}

/// Abandons many carts that fell due at once, while somebody writes. Returns the instant that it happened at.
pub fn measure(folder: &Path, table: &mut Table) -> Timestamp {
    let now = shop::clock()();
    let idle = fall_due(&folder.join(FILE_NAME), now);
    fall_due(&folder.join(FLOOR_FILE), now);
    let app = App::open_with_manual_clock(config(folder), ManualClock::starting_at(now)).expect("the store");
    let began = Instant::now();
    let (alone, disk_alone) =
        beside_the_disk(folder, || Waits::of(|| began.elapsed() >= ALONE, |number| write(&app, number)));
    let ((secs, beside), disk_beside) = beside_the_disk(folder, || abandon(&app));
    drop(app);
    let ((bare, beside_bare), disk_bare) = beside_the_disk(folder, || abandon_bare(&folder.join(FLOOR_FILE), now));
    let (ours, floor) = (idle as f64 / secs, idle as f64 / bare);
    table.say(format!(
        "abandonment of {idle} idle carts: {ours:.0} a second, {:.0} % of the bare statements (goal: 50 %)",
        100.0 * ours / floor
    ));
    table.say(format!(
        "what a writer waits beside it: {} (goal: 50 at most), {:.0} at most outside stalls of the disk; beside the bare statements: {}; with nothing beside it: {}",
        beside.text(),
        beside.longest_without(&disk_beside),
        beside_bare.text(),
        alone.text()
    ));
    table.say(format!(
        "what the disk alone took for one page of another file meanwhile: beside the job {}; beside the bare statements {}; beside the writer {}",
        disk_beside.text(),
        disk_bare.text(),
        disk_alone.text()
    ));
    now
}

/// Runs `f`, and beside it somebody who has nothing to do with any database: what a page of a file of its own takes to be on disk. What
/// the disk, and the load on it, make anybody wait is in that, and what a writer waits for others is not.
fn beside_the_disk<T>(folder: &Path, f: impl FnOnce() -> T) -> (T, Waits) {
    let path = folder.join("page");
    let file = File::create(&path).expect("a file");
    let done = AtomicBool::new(false);
    let outcome = std::thread::scope(|scope| {
        let disk = scope.spawn(|| {
            Waits::of(
                || done.load(Ordering::Relaxed),
                |number| {
                    file.write_all_at(&[number as u8; 4_096], 0).expect("a page");
                    file.sync_data().expect("on disk");
                },
            )
        });
        let answer = f();
        done.store(true, Ordering::Relaxed);
        (answer, disk.join().expect("a thread beside"))
    });
    drop(std::fs::remove_file(path));
    outcome
}

/// Lets the open carts of a year's future fall due now, and says how many they are.
fn fall_due(file: &Path, now: Timestamp) -> i64 {
    let conn = floor::open(file);
    let sql = "update carts set last_activity = :now - 2592100 - no % 1000, due_at = :now - 100 - no % 1000
               where no in (select no from carts where site = 1 and status = 'active' and last_activity > :now limit :most)";
    let made = conn.execute(sql, named_params! { ":now": now.secs(), ":most": IDLE }).expect("idle carts");
    i64::try_from(made).expect("few")
}

/// The write that waits: a setting of the shop.
fn write(app: &App, number: usize) {
    let name = format!("A shop of some size, {number}");
    let written = app.store.write(move |tx| {
        let site = ops::sites::find(tx, SITE)?;
        ops::sites::set(tx, &site, "name", &name).map(drop)
    });
    written.expect("a write");
}

/// Seconds that the job took, and what a writer beside it waited.
fn abandon(app: &App) -> (f64, Waits) {
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let writing = scope.spawn(|| Waits::of(|| done.load(Ordering::Relaxed), |number| write(app, number)));
        let began = Instant::now();
        jobs::run_due(app).expect("the job");
        let secs = began.elapsed().as_secs_f64();
        done.store(true, Ordering::Relaxed);
        (secs, writing.join().expect("a writing thread"))
    })
}

/// The same beside bare statements.
fn abandon_bare(file: &Path, now: Timestamp) -> (f64, Waits) {
    let done = AtomicBool::new(false);
    let (jobs, queue) = channel::<SyncSender<()>>();
    std::thread::scope(|scope| {
        let done = &done;
        let writing = scope.spawn(move || {
            Waits::of(
                || done.load(Ordering::Relaxed),
                |_| {
                    let (sender, answer) = sync_channel(1);
                    // Once the statements are through nobody answers.
                    if jobs.send(sender).is_ok() {
                        let _ = answer.recv();
                    }
                },
            )
        });
        let secs = abandon_rows(file, now, &queue);
        drop(queue);
        done.store(true, Ordering::Relaxed);
        (secs, writing.join().expect("a writing thread"))
    })
}

/// A cart that fell due: its number, when, its owner's address as shown and as matched, its currency.
type Due = (i64, i64, Option<String>, Option<String>, String);

/// The same rows written by bare statements, in transactions of two hundred carts. Who waits by then has a row of its own changed
/// in the same transaction.
fn abandon_rows(file: &Path, now: Timestamp, queue: &Receiver<SyncSender<()>>) -> f64 {
    let conn = floor::open(file);
    let began = Instant::now();
    loop {
        conn.execute_batch("begin immediate").expect("a transaction");
        let mut due = conn
            .prepare_cached("select no, due_at, email, address, currency from carts where due_at <= :now order by due_at, no limit 200")
            .expect("a statement");
        let rows = due.query_map(named_params! { ":now": now.secs() }, |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
        });
        let rows: Vec<Due> = rows.expect("rows").map(|row| row.expect("a row")).collect();
        for (no, at, email, address, currency) in &rows {
            abandon_one(&conn, (*no, *at), email.as_deref(), address.as_deref(), currency).expect("a cart");
        }
        let waiting: Vec<_> = queue.try_iter().collect();
        for _ in &waiting {
            conn.prepare_cached("update carts set item_count = item_count + 1 where no = 1")
                .expect("a statement")
                .execute([])
                .expect("a row");
        }
        conn.execute_batch("commit").expect("on disk");
        waiting.iter().for_each(|sender| sender.send(()).unwrap_or_default());
        if rows.is_empty() {
            return began.elapsed().as_secs_f64();
        }
    }
}

fn abandon_one(
    conn: &Connection,
    (no, at): (i64, i64),
    email: Option<&str>,
    address: Option<&str>,
    currency: &str,
) -> rusqlite::Result<()> {
    conn.prepare_cached(
        "update carts set status = 'abandoned', abandoned_at = :at, first_abandoned_at = :at, updated_at = :at, due_at = expires_at
         where no = :no",
    )?
    .execute(named_params! { ":no": no, ":at": at })?;
    conn.prepare_cached(
        "insert into daily_stats (site, day, currency, abandoned) values (1, date(:at, 'unixepoch'), :currency, 1)
         on conflict (site, day, currency) do update set abandoned = abandoned + 1",
    )?
    .execute(named_params! { ":at": at, ":currency": currency })?;
    if email.is_some() {
        conn.prepare_cached(
            "insert into messages (site, id, cart, sequence_id, step, email, address, subject, status, created_at, due_at)
             values (1, :id, :cart, 'default', 1, :email, :address, '', 'queued', :at, :at + 3600)",
        )?
        .execute(named_params! { ":id": format!("msg_bench_{no}"), ":cart": no, ":email": email, ":address": address, ":at": at })?;
    }
    Ok(())
}
