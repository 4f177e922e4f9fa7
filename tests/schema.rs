//! The schema and the file that a fresh store makes of it.

use std::path::Path;
use std::sync::{Arc, Barrier};

use cartwright::domain::{Error, Timestamp};
use cartwright::store::{FILE_NAME, Store};
use rusqlite::{Connection, named_params};
use tempfile::TempDir;

/// Foreign keys whose child columns no index begins with, as `table.column`, with the reason.
const WITHOUT_INDEX: &[(&str, &str)] = &[];

#[test]
fn the_bundled_sqlite_takes_the_schema() {
    let conn = fresh_schema();
    let objects: i64 = one(&conn, "select count(*) from sqlite_schema");
    assert!(objects > 40, "only {objects} tables and indexes");
}

#[test]
fn every_table_is_strict() {
    let conn = fresh_schema();
    let loose = texts(
        &conn,
        "select name from pragma_table_list
         where schema = 'main' and type = 'table' and not strict and name not like 'sqlite_%'",
    );
    assert_eq!(loose, Vec::<String>::new());
}

#[test]
fn every_table_is_explained_where_it_is_made() {
    let schema = schema();
    let lines: Vec<&str> = schema.lines().collect();
    let mut tables = 0;
    for (at, line) in lines.iter().enumerate().filter(|(_, line)| line.starts_with("create table")) {
        tables += 1;
        assert!(at > 0 && lines[at - 1].starts_with("-- "), "no comment before `{line}`");
    }
    assert!(tables > 10, "only {tables} tables were found");
}

#[test]
fn every_foreign_key_can_be_followed_backwards() {
    let conn = fresh_schema();
    let mut unused: Vec<&str> = WITHOUT_INDEX.iter().map(|(key, _)| *key).collect();
    let mut missing = Vec::new();
    for table in tables(&conn) {
        let columns = texts(&conn, &format!("select \"from\" from pragma_foreign_key_list('{table}') where seq = 0"));
        for column in columns {
            let key = format!("{table}.{column}");
            if has_index(&conn, &table, &column) {
                continue;
            }
            if WITHOUT_INDEX.iter().any(|(known, _)| *known == key) {
                unused.retain(|known| *known != key);
            } else {
                missing.push(key);
            }
        }
    }
    assert_eq!(missing, Vec::<String>::new(), "deleting a parent row would read these tables whole");
    assert_eq!(unused, Vec::<&str>::new(), "these need no exception any more");
}

#[test]
fn the_ledger_takes_neither_changes_nor_deletions() {
    let conn = fresh_schema();
    add_an_entry(&conn);
    for sql in ["update loyalty_entries set amount = 6", "delete from loyalty_entries"] {
        let refusal = conn.execute(sql, []).expect_err("an append-only ledger");
        assert!(refusal.to_string().contains("append-only"), "{refusal}");
    }
    assert_eq!(one::<i64>(&conn, "select sum(amount) from loyalty_entries"), 5);
}

#[test]
fn an_entry_of_the_ledger_is_undone_once_at_most() {
    let conn = fresh_schema();
    add_an_entry(&conn);
    let undo =
        "insert into loyalty_entries (site, id, campaign, customer, at, cause, amount, redeemed, delta, reverses)
                values (1, :id, 1, 1, 0, 'reverse', 5, 0, -5, 1)";
    conn.execute(undo, named_params! { ":id": "undo-1" }).expect("the first undo");
    conn.execute(undo, named_params! { ":id": "undo-2" }).expect_err("a second undo");
}

#[test]
fn columns_hold_what_they_say_and_nothing_else() {
    let conn = fresh_schema();
    add_an_entry(&conn);
    let wrong = [
        "update sites set created_at = 'yesterday'",
        "update sites set status = 'open'",
        "update sites set suppression_key = x'00'",
        "insert into daily_stats (site, day, currency, sealed) values (1, '2026-01-01', 'USD', 2)",
        "insert into customers (site, id, created_at) values (99, 'c2', 0)",
    ];
    for sql in wrong {
        conn.execute(sql, []).expect_err(sql);
    }
}

#[test]
fn a_fresh_file_is_in_write_ahead_mode_at_the_version_of_the_schema() {
    let folder = TempDir::new().expect("a temporary folder");
    drop(open(folder.path()).expect("a store"));
    let conn = Connection::open(folder.path().join(FILE_NAME)).expect("the file");
    assert_eq!(one::<String>(&conn, "pragma journal_mode"), "wal");
    assert_eq!(one::<i64>(&conn, "pragma user_version"), steps().len().max(1) as i64);
    assert_eq!(one::<String>(&conn, "pragma integrity_check"), "ok");
    assert_eq!(one::<String>(&conn, "pragma encoding"), "UTF-8");
}

#[test]
fn an_upgraded_file_is_what_a_fresh_one_is() {
    let steps = steps();
    for (number, (name, text)) in steps.iter().enumerate() {
        assert!(name.starts_with(&format!("{:04}_", number + 1)), "{name} is out of order");
        let folder = TempDir::new().expect("a temporary folder");
        // A file as the version before this step left it, which the program brings up to date by itself.
        let conn = Connection::open(folder.path().join(FILE_NAME)).expect("a file");
        for (_, earlier) in &steps[..=number] {
            conn.execute_batch(earlier).unwrap_or_else(|e| panic!("{name}: {e}: {text}"));
        }
        conn.pragma_update(None, "user_version", i64::try_from(number + 1).expect("few")).expect("a version");
        drop(conn);
        drop(open(folder.path()).expect("the store"));
        let upgraded = Connection::open(folder.path().join(FILE_NAME)).expect("the file");
        assert_eq!(objects(&upgraded), objects(&fresh_schema()), "upgraded from version {}", number + 1);
    }
}

#[test]
fn a_fresh_file_has_the_schema_and_nothing_else() {
    let folder = TempDir::new().expect("a temporary folder");
    drop(open(folder.path()).expect("a store"));
    let conn = Connection::open(folder.path().join(FILE_NAME)).expect("the file");
    // `optimize` keeps what it learned in tables of SQLite's own.
    let all = "select type || ' ' || name || ': ' || coalesce(sql, '') from sqlite_schema
               where name not like 'sqlite_stat%' order by type, name";
    assert_eq!(texts(&conn, all), texts(&fresh_schema(), all));
}

#[test]
fn a_store_can_be_opened_again_and_by_two_at_once() {
    let folder = TempDir::new().expect("a temporary folder");
    drop(open(folder.path()).expect("a store"));
    let first = open(folder.path()).expect("the same store");
    let second = open(folder.path()).expect("the same store beside it");
    for store in [&first, &second] {
        let sites = store.read(cartwright::store::sites::all).expect("the sites");
        assert!(sites.is_empty());
    }
}

#[test]
fn several_may_make_the_same_store_at_the_same_moment() {
    for _ in 0..5 {
        let folder = TempDir::new().expect("a temporary folder");
        let together = Barrier::new(4);
        let outcomes: Vec<Option<String>> = std::thread::scope(|scope| {
            let openers: Vec<_> = (0..4)
                .map(|_| {
                    scope.spawn(|| {
                        together.wait();
                        open(folder.path()).err().map(|e| e.chain())
                    })
                })
                .collect();
            openers.into_iter().map(|opener| opener.join().expect("no panic")).collect()
        });
        assert_eq!(outcomes, [None, None, None, None]);
    }
}

#[test]
fn a_file_of_a_newer_version_is_refused_and_left_as_it_is() {
    let folder = TempDir::new().expect("a temporary folder");
    drop(open(folder.path()).expect("a store"));
    let conn = Connection::open(folder.path().join(FILE_NAME)).expect("the file");
    conn.pragma_update(None, "user_version", 999).expect("a version of the future");
    match open(folder.path()) {
        Err(Error::Conflict(text)) => {
            assert!(text.contains("newer cartwright") && text.contains("backup"), "{text}");
        }
        Err(other) => panic!("another refusal: {other}"),
        Ok(_) => panic!("it was opened"),
    }
    assert_eq!(one::<i64>(&conn, "pragma user_version"), 999);
}

#[test]
fn a_file_that_is_no_database_is_refused_with_its_name() {
    let folder = TempDir::new().expect("a temporary folder");
    std::fs::write(folder.path().join(FILE_NAME), "these are not the pages you are looking for\n".repeat(40))
        .expect("a file");
    let refusal = open(folder.path()).err().expect("a refusal");
    assert!(refusal.chain().contains(FILE_NAME), "{}", refusal.chain());
}

fn open(folder: &Path) -> Result<Store, Error> {
    Store::open(folder, Arc::new(|| Timestamp::from_secs(0)))
}

fn schema() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("schema.sql")).expect("schema.sql")
}

/// The steps in `migrations/`, in order; the first is what the first release began with.
fn steps() -> Vec<(String, String)> {
    let folder = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations")).expect("migrations/");
    let paths = folder.map(|entry| entry.expect("an entry").path());
    let mut found: Vec<(String, String)> = paths
        .filter(|path| path.extension().is_some_and(|extension| extension == "sql"))
        .map(|path| {
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            (name, std::fs::read_to_string(&path).expect("a step"))
        })
        .collect();
    found.sort();
    found
}

/// What a schema is made of, spelled alike. What Litestream keeps in a database is its own.
fn objects(conn: &Connection) -> Vec<String> {
    let all = "select name || ': ' || coalesce(sql, '') from sqlite_schema
               where name not like 'sqlite%' and substr(name, 1, 12) <> '_litestream_' order by type, name";
    texts(conn, all).iter().map(|sql| sql.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

fn fresh_schema() -> Connection {
    let conn = Connection::open_in_memory().expect("a database");
    conn.pragma_update(None, "foreign_keys", true).expect("foreign keys");
    conn.execute_batch(&schema()).expect("the schema");
    conn
}

fn add_an_entry(conn: &Connection) {
    conn.execute_batch(
        "insert into sites (no, site_id, account_id, name, currency, timezone, status, created_at, suppression_key)
         values (1, 's', 'acct1', 'A shop', 'USD', 'UTC', 'paid', 0, zeroblob(32));
         insert into customers (no, site, id, created_at) values (1, 1, 'c1', 0);
         insert into loyalty_campaigns (no, site, id, name, kind, active, created_at, earns_from_purchases)
         values (1, 1, 'points', 'Points', 'points', 1, 0, 0);
         insert into loyalty_entries (no, site, id, campaign, customer, at, cause, amount, redeemed, delta)
         values (1, 1, 'e1', 1, 1, 0, 'earn', 5, 0, 5);",
    )
    .expect("an entry");
}

fn tables(conn: &Connection) -> Vec<String> {
    texts(conn, "select name from sqlite_schema where type = 'table' and name not like 'sqlite_%'")
}

/// Whether an index begins with this column. One that leaves out nulls will do, for no foreign key is followed to
/// a null; one that leaves out more will not.
fn has_index(conn: &Connection, table: &str, column: &str) -> bool {
    let is_key = format!("select name from pragma_table_info('{table}') where pk = 1");
    if texts(conn, &is_key).iter().any(|first| first == column) {
        return true;
    }
    let indexes = texts(conn, &format!("select name from pragma_index_list('{table}')"));
    indexes.iter().any(|index| {
        let first = texts(conn, &format!("select name from pragma_index_info('{index}') where seqno = 0"));
        let sql = texts(conn, &format!("select coalesce(sql, '') from sqlite_schema where name = '{index}'"));
        let condition = sql.first().and_then(|sql| sql.split_once(" where ")).map(|(_, condition)| condition.trim());
        first.first().is_some_and(|first| first == column)
            && condition.is_none_or(|condition| condition == format!("{column} is not null"))
    })
}

fn texts(conn: &Connection, sql: &str) -> Vec<String> {
    let mut statement = conn.prepare(sql).expect("a statement");
    let rows = statement.query_map([], |row| row.get(0)).expect("rows");
    rows.map(|row| row.expect("a text")).collect()
}

fn one<T: rusqlite::types::FromSql>(conn: &Connection, sql: &str) -> T {
    conn.query_row(sql, [], |row| row.get(0)).expect("an answer")
}
