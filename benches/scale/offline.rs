//! What is measured beside HTTP: the start, the clock's jobs, and the archive.

use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use cartwright::app::{App, ManualClock};
use cartwright::config::Config;
use cartwright::domain::Timestamp;
use cartwright::store::FILE_NAME;
use cartwright::{jobs, ops};
use rusqlite::types::Value;
use rusqlite::{Connection, named_params};

use crate::child::{self, Server};
use crate::load::{Load, get, ok};
use crate::report::Table;
use crate::shop::{FLOOR_FILE, KEY, SITE};
use crate::{floor, load, shop};

/// Carts that the clock's job finds idle at once.
const IDLE: i64 = 100_000;

/// How long a start takes until the first page of carts is answered, and what an idle server holds.
pub fn start(folder: &Path, table: &mut Table) {
    let mut best = f64::MAX;
    let mut idle = 0.0;
    for _ in 0..3 {
        let began = Instant::now();
        let server = Server::program(folder);
        let once = Load { connections: 1, time: Duration::from_secs(5), most: 1, per_second: None };
        let bearer = format!("Authorization: Bearer {KEY}\r\n");
        let request: load::Request = std::sync::Arc::new(move |_, out: &mut Vec<u8>| get(out, "/v1/carts", &bearer));
        let seen = load::run(&server, once, &Default::default(), &request, ok);
        assert_eq!(seen.micros.len(), 1, "the first answer: {:?}", seen.example);
        best = began.elapsed().as_secs_f64().min(best);
        std::thread::sleep(Duration::from_millis(1_200));
        idle = server.memory().0;
    }
    table.say(format!(
        "start to the first page of carts: {best:.3} s (goal: under 0.3); idle memory {idle:.0} MB (goal: under 40)"
    ));
}

/// Abandons many carts that fell due at once, while others write; then writes to their owners.
pub fn clockwork(folder: &Path, table: &mut Table) {
    let now = shop::clock()();
    let idle = fall_due(&folder.join(FILE_NAME), now);
    fall_due(&folder.join(FLOOR_FILE), now);
    let (secs, longest) = abandon(folder, now);
    let bare = abandon_bare(&folder.join(FLOOR_FILE), now);
    let (ours, floor) = (idle as f64 / secs, idle as f64 / bare);
    table.say(format!(
        "abandonment of {idle} idle carts: {ours:.0} a second, {:.0} % of the bare statements (goal: 50 %); \
         the longest wait of a writer meanwhile {:.0} ms (goal: 50)",
        100.0 * ours / floor,
        longest * 1_000.0
    ));
    letters(folder, now, table);
}

/// Lets the open carts of a year's future fall due now, and says how many they are.
fn fall_due(file: &Path, now: Timestamp) -> i64 {
    let conn = floor::open(file);
    let sql = "update carts set last_activity = :now - 2592100 - no % 1000, due_at = :now - 100 - no % 1000
               where no in (select no from carts where site = 1 and status = 'active' and last_activity > :now limit :most)";
    let made = conn.execute(sql, named_params! { ":now": now.secs(), ":most": IDLE }).expect("idle carts");
    i64::try_from(made).expect("few")
}

fn config(folder: &Path) -> Config {
    let flags = [("data", folder.display().to_string()), ("listen", "127.0.0.1:0".to_owned())];
    Config::load(&flags, |_| None, None).expect("a configuration")
}

/// Seconds that the job took, and the longest that a writer beside it waited.
fn abandon(folder: &Path, now: Timestamp) -> (f64, f64) {
    let app = App::open_with_manual_clock(config(folder), ManualClock::starting_at(now)).expect("the store");
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let (app, done) = (&app, &done);
        let writing = scope.spawn(move || {
            let mut longest = 0.0_f64;
            while !done.load(Ordering::Relaxed) {
                let began = Instant::now();
                app.store.write(|tx| ops::sites::find(tx, SITE).map(drop)).expect("a write");
                longest = began.elapsed().as_secs_f64().max(longest);
                std::thread::sleep(Duration::from_millis(3));
            }
            longest
        });
        let began = Instant::now();
        jobs::run_due(app).expect("the job");
        let secs = began.elapsed().as_secs_f64();
        done.store(true, Ordering::Relaxed);
        (secs, writing.join().expect("a writing thread"))
    })
}

/// A cart that fell due: its number, when, its owner's address as shown and as matched, its currency.
type Due = (i64, i64, Option<String>, Option<String>, String);

/// The same rows written by bare statements, in transactions of the same size.
fn abandon_bare(file: &Path, now: Timestamp) -> f64 {
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
        conn.execute_batch("commit").expect("on disk");
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

/// Letters about the carts that were abandoned, captured in the store.
fn letters(folder: &Path, now: Timestamp, table: &mut Table) {
    let conn = floor::open(&folder.join(FILE_NAME));
    // A fifth of them is enough to tell.
    conn.execute("delete from messages where status = 'queued' and no % 5 <> 0", []).expect("fewer letters");
    let sent = || -> i64 {
        let sql = "select count(*) from messages where site = 1 and sent_at >= :now";
        conn.query_row(sql, named_params! { ":now": now.secs() }, |row| row.get(0)).expect("a count")
    };
    let before = sent();
    let hand = ManualClock::starting_at(now.plus(7_200));
    let app = App::open_with_manual_clock(config(folder), hand).expect("the store");
    let began = Instant::now();
    jobs::run_due(&app).expect("the job");
    let secs = began.elapsed().as_secs_f64();
    let count = sent() - before;
    table.say(format!(
        "letters claimed, rendered and settled: {count} in {secs:.1} s, {:.0} a second (goal: 2 000)",
        count as f64 / secs
    ));
}

/// A shop out as an archive and in again, beside the same rows inserted bare.
pub fn archive(folder: &Path, table: &mut Table) {
    let scratch = folder.with_extension("archive");
    drop(std::fs::remove_dir_all(&scratch));
    std::fs::create_dir_all(&scratch).expect("a folder");
    let shown = |path: &Path| path.display().to_string();
    let (file, target) = (shown(&scratch.join("shop.ndjson")), shown(&scratch.join("imported")));
    let (out, out_memory) = child::run(&["export", "--data", &shown(folder), "--site", SITE, "--output", &file]);
    let (into, in_memory) = child::run(&["import", "--data", &target, "--site", SITE, &file]);
    let (rows, bare) = insert_bare(&Path::new(&target).join(FILE_NAME), &scratch.join("bare.db"));
    table.say(format!(
        "archive of {rows} rows: export {:.0} rows a second with {out_memory:.0} MB, import {:.0} rows a second with {in_memory:.0} MB, \
         {:.0} % of the bare inserts (goal: 50 %; export no slower than import)",
        rows as f64 / out,
        rows as f64 / into,
        100.0 * bare / into
    ));
    drop(std::fs::remove_dir_all(&scratch));
}

/// The most memory of importing ten times as many lines, which are made up: carts with a line, three letters about each, and one
/// purchase in three carts.
pub fn flat(folder: &Path, lines: u64, table: &mut Table) {
    let scratch = folder.with_extension("flat");
    let mut most = Vec::new();
    for lines in [lines / 10, lines] {
        drop(std::fs::remove_dir_all(&scratch));
        std::fs::create_dir_all(&scratch).expect("a folder");
        let shown = |name: &str| scratch.join(name).display().to_string();
        write_lines(&scratch.join("lines.ndjson"), lines).expect("an archive");
        let (secs, megabytes) =
            child::run(&["import", "--data", &shown("imported"), "--site", SITE, &shown("lines.ndjson")]);
        most.push(format!("{megabytes:.0} MB for {lines} lines ({:.0} a second)", lines as f64 / secs));
    }
    table.say(format!("most memory of an import: {} (goal: flat)", most.join(", ")));
    drop(std::fs::remove_dir_all(&scratch));
}

fn write_lines(file: &Path, lines: u64) -> std::io::Result<()> {
    let mut out = std::io::BufWriter::new(std::fs::File::create(file)?);
    writeln!(out, r#"{{"type":"site","site_id":"{SITE}","account_id":"{SITE}"}}"#)?;
    let mut written = 1;
    for i in 0.. {
        if written + 5 > lines {
            return out.flush();
        }
        let at = Timestamp::from_secs(1_700_000_000 + i as i64 * 30).rfc3339();
        writeln!(
            out,
            r#"{{"type":"cart","id":"cart_{i:016x}","email":"shopper{i}@example.com","currency":"USD","items":[{{"product_id":"product-{}","name":"A thing of some length","quantity":2,"unit_price":950}}],"total":1900,"created_at":"{at}"}}"#,
            i % 5_000
        )?;
        for step in 1..=3 {
            writeln!(
                out,
                r#"{{"type":"message","id":"msg_{i:016x}_{step}","cart_id":"cart_{i:016x}","sequence_id":"default","step":{step},"email":"shopper{i}@example.com","subject":"You left something in your cart","sent_at":"{at}"}}"#
            )?;
        }
        written += 4;
        if i % 3 == 0 {
            writeln!(
                out,
                r#"{{"type":"purchase","id":"pur_{i:016x}","order_id":"order-{i}","email":"shopper{i}@example.com","cart_id":"cart_{i:016x}","currency":"USD","total":1900,"at":"{at}"}}"#
            )?;
            written += 1;
        }
    }
    Ok(())
}

/// Inserts every row of a file into a fresh one with the same tables and indexes. Returns how many, and the seconds.
fn insert_bare(from: &Path, to: &Path) -> (usize, f64) {
    let source = Connection::open(from).expect("the file");
    let conn = floor::open(to);
    let makers = "select sql from sqlite_schema where type in ('table', 'index') and sql is not null and name not like 'sqlite_%'
                  order by type desc";
    let mut statement = source.prepare(makers).expect("a statement");
    let makers = statement.query_map([], |row| row.get::<_, String>(0)).expect("rows");
    makers.for_each(|sql| conn.execute_batch(&sql.expect("a text")).expect("a table or an index"));
    let (mut rows, mut secs) = (0, 0.0);
    for table in
        ["sites", "customers", "carts", "cart_items", "messages", "purchases", "loyalty_campaigns", "loyalty_entries"]
    {
        let names = shop::columns(&source, table);
        let mut all = source.prepare(&format!("select {names} from {table}")).expect("a statement");
        let columns = all.column_count();
        let read =
            all.query_map([], |row| (0..columns).map(|at| row.get(at)).collect::<rusqlite::Result<Vec<Value>>>());
        let read: Vec<Vec<Value>> = read.expect("rows").map(|row| row.expect("a row")).collect();
        let marks = vec!["?"; columns].join(", ");
        let began = Instant::now();
        let mut insert = conn.prepare(&format!("insert into {table} ({names}) values ({marks})")).expect("a statement");
        for batch in read.chunks(1_000) {
            conn.execute_batch("begin immediate").expect("a transaction");
            for row in batch {
                insert.execute(rusqlite::params_from_iter(row)).expect("a row");
            }
            conn.execute_batch("commit").expect("on disk");
        }
        secs += began.elapsed().as_secs_f64();
        rows += read.len();
    }
    (rows, secs)
}
