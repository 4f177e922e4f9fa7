//! The schema of a fresh file, and the way of an older one to it: in one transaction, with a copy kept before.
//!
//! `schema.sql` is always the whole of today's schema. From the first release on, `migrations/` has what that release began with
//! and each step since; tests/schema.rs holds that all the steps lead to `schema.sql`.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};
use rusqlite_migration::{Error as Failed, M, MigrationDefinitionError, Migrations};

use super::restore;
use crate::domain::{Error, Result, Timestamp};

/// A schema with its past.
struct Versions {
    /// Today's, whole.
    schema: &'static str,
    /// Each brings a file one version further; the first one from 1 to 2.
    steps: &'static [&'static str],
}

const VERSIONS: Versions = Versions { schema: include_str!("../../schema.sql"), steps: &[] };

/// The version of the schema that this program writes.
pub(super) fn current() -> i64 {
    VERSIONS.current()
}

/// Makes the schema of a fresh file, or brings that of an older one up to date. Refuses one that a newer version wrote.
pub(super) fn bring_up(conn: &mut Connection, path: &Path, now: Timestamp) -> Result<()> {
    VERSIONS.bring_up(conn, path, now)
}

/// The refusal of a file that a newer version wrote.
pub(super) fn too_new(path: &Path) -> Error {
    Error::Conflict(format!(
        "{} was written by a newer cartwright; install that version, or restore a backup of this one \
         (`cartwright restore --rollback` takes back what was kept before the upgrade)",
        path.display()
    ))
}

/// The version that a file says it has; 0 is a file without a schema.
pub(super) fn user_version(conn: &Connection) -> rusqlite::Result<i64> {
    conn.pragma_query_value(None, "user_version", |row| row.get(0))
}

impl Versions {
    fn current(&self) -> i64 {
        // There are as many steps as somebody wrote.
        i64::try_from(self.steps.len()).map_or(i64::MAX, |steps| 1 + steps)
    }

    fn bring_up(&self, conn: &mut Connection, path: &Path, now: Timestamp) -> Result<()> {
        let failed = |e: &dyn std::fmt::Display| {
            Error::internal(format!("cannot bring the schema of {} up to date: {e}", path.display()))
        };
        // A migration that waits for its lock is not told that its snapshot is stale.
        conn.set_transaction_behavior(TransactionBehavior::Immediate);
        let version = user_version(conn).map_err(|e| failed(&e))?;
        if version == 0 {
            self.make(conn).map_err(|e| failed(&e))?;
        } else if version < self.current() {
            let kept = restore::keep_before_upgrade(conn, path, version, now)?;
            log::warn!(
                "the schema of {} is brought from version {version} to {}; what was there is kept in {}",
                path.display(),
                self.current(),
                kept.display()
            );
        }
        self.upgrade(conn).map_err(|e| match e {
            Failed::MigrationDefinition(MigrationDefinitionError::DatabaseTooFarAhead) => too_new(path),
            // The error's own text is the whole statement, which may be long.
            Failed::RusqliteError { err, .. } => failed(&err),
            other => failed(&other),
        })
    }

    /// Makes everything at once. Of two processes that do this at the same moment, the second finds it done.
    fn make(&self, conn: &mut Connection) -> rusqlite::Result<()> {
        let tx = conn.transaction()?;
        if user_version(&tx)? == 0 {
            tx.execute_batch(self.schema)?;
            tx.pragma_update(None, "user_version", self.current())?;
        }
        tx.commit()
    }

    /// Runs the steps that are missing, in one transaction. Two processes may begin this at the same moment, since each reads the
    /// version before it takes the lock; the second then fails on what is there already, and has nothing to do when it looks again.
    fn upgrade(&self, conn: &mut Connection) -> Result<(), Failed> {
        // Rows that refer to a table stay while a step makes it anew; each step's end checks that they lead somewhere.
        let steps = self.steps.iter().map(|step| M::up(step).foreign_key_check());
        let migrations = Migrations::new([M::up(self.schema)].into_iter().chain(steps).collect());
        loop {
            let version = user_version(conn)?;
            conn.pragma_update(None, "foreign_keys", version >= self.current())?;
            let outcome = migrations.to_latest(conn);
            conn.pragma_update(None, "foreign_keys", true)?;
            match outcome {
                Err(_) if user_version(conn)? > version => {}
                outcome => return outcome,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::FILE_NAME;

    const FIRST: Versions = Versions {
        schema: "create table shops (no integer primary key, name text not null) strict;
                 create table carts (no integer primary key, shop integer not null references shops (no)) strict;",
        steps: &[],
    };
    const RENAME: &str = "create table shops_2 (no integer primary key, name text not null check (name <> '')) strict;
                          insert into shops_2 (no, name) select no, name from shops;
                          drop table shops;
                          alter table shops_2 rename to shops;";
    const THIRD: Versions = Versions {
        schema: "create table \"shops\" (no integer primary key, name text not null check (name <> '')) strict;
                 create table carts (no integer primary key, shop integer not null references shops (no), at integer) strict;",
        steps: &[RENAME, "alter table carts add column at integer"],
    };

    struct File(tempfile::TempDir);

    impl File {
        fn new() -> Self {
            File(tempfile::TempDir::new().expect("a temporary folder"))
        }

        fn open(&self, versions: &Versions) -> Result<Connection> {
            let path = self.0.path().join(FILE_NAME);
            let mut conn = Connection::open(&path)?;
            conn.pragma_update(None, "foreign_keys", true)?;
            versions.bring_up(&mut conn, &path, Timestamp::from_secs(1_773_576_000))?;
            Ok(conn)
        }

        fn kept(&self) -> Vec<String> {
            let folders = std::fs::read_dir(self.0.path().join("replaced"));
            folders.map_or(Vec::new(), |all| {
                all.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
            })
        }
    }

    fn objects(conn: &Connection) -> Vec<String> {
        let sql = "select name || ': ' || coalesce(sql, '') from sqlite_schema
                   where name not like 'sqlite%' and substr(name, 1, 12) <> '_litestream_' order by name";
        let mut statement = conn.prepare(sql).expect("a statement");
        let rows = statement.query_map([], |row| row.get::<_, String>(0)).expect("rows");
        rows.map(|row| row.expect("a text").split_whitespace().collect::<Vec<_>>().join(" ")).collect()
    }

    #[test]
    fn an_older_file_becomes_what_a_fresh_one_is_and_keeps_its_rows() {
        let file = File::new();
        let conn = file.open(&FIRST).expect("the first version");
        conn.execute_batch("insert into shops values (1, 'A shop'); insert into carts values (7, 1);").expect("rows");
        conn.execute_batch("create table _litestream_seq (id integer primary key, seq integer)").expect("its table");
        drop(conn);
        let upgraded = file.open(&THIRD).expect("the third version");
        let fresh = File::new().open(&THIRD).expect("a fresh file");
        assert_eq!(objects(&upgraded), objects(&fresh));
        assert_eq!(user_version(&upgraded), user_version(&fresh));
        let row = upgraded.query_row(
            "select shops.name, carts.at from carts join shops on shops.no = carts.shop",
            [],
            |row| Ok((row.get::<_, String>(0)?, row.get::<_, Option<i64>>(1)?)),
        );
        assert_eq!(row, Ok(("A shop".to_owned(), None)));
        assert_eq!(file.kept(), ["20260315T120000Z-upgrade-from-1"]);
        drop(upgraded);
        // Once it is there, nothing is kept or done again.
        file.open(&THIRD).expect("the same file");
        assert_eq!(file.kept().len(), 1);
    }

    #[test]
    fn what_was_kept_is_the_file_before_the_upgrade() {
        let file = File::new();
        drop(file.open(&FIRST).expect("the first version"));
        drop(file.open(&THIRD).expect("the third version"));
        let kept = file.0.path().join("replaced/20260315T120000Z-upgrade-from-1").join(FILE_NAME);
        let kept = Connection::open(kept).expect("the copy");
        assert_eq!(user_version(&kept), Ok(1));
        let first = File::new().open(&FIRST).expect("a fresh file");
        assert_eq!(objects(&kept), objects(&first));
    }

    #[test]
    fn a_step_that_fails_leaves_the_file_at_its_version() {
        let broken = Versions { schema: THIRD.schema, steps: &[RENAME, "alter table nowhere add column at integer"] };
        // This one leaves a cart whose shop is gone.
        let orphans = Versions { schema: THIRD.schema, steps: &["delete from shops"] };
        for versions in [broken, orphans] {
            let file = File::new();
            let conn = file.open(&FIRST).expect("the first version");
            conn.execute_batch("insert into shops values (1, 'A shop'); insert into carts values (7, 1);")
                .expect("rows");
            let before = objects(&conn);
            drop(conn);
            let refusal = file.open(&versions).expect_err("a refusal");
            assert!(refusal.chain().contains(FILE_NAME), "{}", refusal.chain());
            let conn = Connection::open(file.0.path().join(FILE_NAME)).expect("the file");
            assert_eq!((objects(&conn), user_version(&conn)), (before, Ok(1)));
            let shops = conn.query_row("select count(*) from shops", [], |row| row.get::<_, i64>(0));
            assert_eq!(shops, Ok(1));
        }
    }

    #[test]
    fn a_newer_file_is_refused_with_a_sentence() {
        let file = File::new();
        drop(file.open(&THIRD).expect("the third version"));
        let refusal = file.open(&FIRST).expect_err("a refusal");
        assert!(refusal.to_string().contains("newer cartwright"), "{refusal}");
        assert_eq!(file.kept(), Vec::<String>::new());
    }
}
