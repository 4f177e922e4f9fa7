//! What is measured beside HTTP: the start, the clock's jobs, and the archive.

use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use cartwright::app::{App, ManualClock};
use cartwright::config::Config;
use cartwright::domain::Timestamp;
use cartwright::jobs;
use cartwright::store::FILE_NAME;
use rusqlite::types::Value;
use rusqlite::{Connection, named_params};

use crate::child::{self, Server};
use crate::load::{Load, get, ok};
use crate::report::Table;
use crate::shop::{KEY, SITE};
use crate::{floor, load, shop};

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

/// How a store in this process is set up.
pub fn config(folder: &Path) -> Config {
    let flags = [("data", folder.display().to_string()), ("listen", "127.0.0.1:0".to_owned())];
    Config::load(&flags, |_| None, None).expect("a configuration")
}

/// Letters about the carts that were abandoned, captured in the store.
pub fn letters(folder: &Path, now: Timestamp, table: &mut Table) {
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

/// Tables whose rows are lines of the archive, or parts of lines, each behind those that it names.
const NOUNS: &[&str] =
    &["sites", "customers", "carts", "cart_items", "messages", "purchases", "loyalty_campaigns", "loyalty_entries"];
/// Tables that an import fills besides: what is counted and summed up.
const KEPT: &[&str] = &["daily_stats", "cart_counts", "hourly_counts", "member_counts", "loyalty_balances"];

/// Inserts every row of a file into a fresh one with the same tables and indexes. Returns how many are of the archive, and the seconds.
fn insert_bare(from: &Path, to: &Path) -> (usize, f64) {
    let source = Connection::open(from).expect("the file");
    let conn = floor::open(to);
    let makers = "select sql from sqlite_schema where type in ('table', 'index') and sql is not null and name not like 'sqlite_%'
                  order by type desc";
    let mut statement = source.prepare(makers).expect("a statement");
    let makers = statement.query_map([], |row| row.get::<_, String>(0)).expect("rows");
    makers.for_each(|sql| conn.execute_batch(&sql.expect("a text")).expect("a table or an index"));
    let (mut rows, mut secs) = (0, 0.0);
    for table in NOUNS.iter().chain(KEPT) {
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
        if NOUNS.contains(table) {
            rows += read.len();
        }
    }
    (rows, secs)
}
