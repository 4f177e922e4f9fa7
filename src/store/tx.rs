//! A transaction as the floors above see it: a snapshot or a savepoint, and the one instant that it happens at.

use std::cell::{Cell, RefCell};
use std::hash::Hash;
use std::ops::Deref;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OptionalExtension, Row, Statement};

use super::params::Named;
use super::readers::{MOST, Memory, Reader, data_version};
use super::recent::{Moment, Recent};
use super::statements::{self, Prepared, Statements};
use crate::domain::{Result, SiteNo, Timestamp};

/// A consistent view of the store.
pub struct ReadTx<'a> {
    conn: &'a Connection,
    /// The writer's statements. A reader's are in the cache of its connection.
    statements: Option<&'a dyn Prepared>,
    now: Timestamp,
    /// Of a reader, with whether it was held against the store in this transaction. The writer has none: what it sees
    /// changes while it works.
    memory: Option<(&'a RefCell<Memory>, Cell<bool>)>,
    /// Of a reader, what all of them read of shops a moment ago, and the moment of this transaction.
    recent: Option<(&'a Recent, Moment)>,
    /// Of the writer, whether a shop was changed in the transaction.
    changed_shop: Option<&'a Cell<bool>>,
    /// A key that was used, to be noted afterwards: whoever reads cannot write.
    used_key: Cell<Option<(SiteNo, i64)>>,
}

impl<'a> ReadTx<'a> {
    pub(super) fn of_reader(reader: &'a Reader, now: Timestamp, recent: &'a Recent, begun: Moment) -> Self {
        let memory = Some((&reader.memory, Cell::new(false)));
        let recent = Some((recent, begun));
        ReadTx {
            conn: &reader.conn,
            statements: None,
            now,
            memory,
            recent,
            changed_shop: None,
            used_key: Cell::new(None),
        }
    }

    /// The instant of this transaction: the same however often it is asked.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Has it noted, once this transaction is over, that a key was used. Nobody waits for that.
    pub fn note_key(&self, site: SiteNo, key: i64) {
        self.used_key.set(Some((site, key)));
    }

    /// The key that is to be noted.
    pub(super) fn noted_key(&self) -> Option<(SiteNo, i64)> {
        self.used_key.take()
    }

    /// What `f` works out, or what it worked out before from the same state of the store. What is remembered is gone
    /// with the next commit, by whichever process; `None` is not remembered, so that nobody fills the memory by asking
    /// for what is not there. `key` names everything that the answer depends on besides the rows: the site, the
    /// parameters, and [`ReadTx::now`] where it counts. A kind has one type of keys and one of answers.
    pub fn remember<K, T>(
        &self,
        kind: &'static str,
        key: K,
        f: impl FnOnce(&ReadTx) -> Result<Option<T>>,
    ) -> Result<Option<T>>
    where
        K: Hash + Eq + Send + 'static,
        T: Clone + Send + 'static,
    {
        self.remember_at_most(MOST, kind, key, f)
    }

    /// The same for a kind of which a connection remembers so many and no more, for answers that take some room.
    pub fn remember_at_most<K, T>(
        &self,
        most: usize,
        kind: &'static str,
        key: K,
        f: impl FnOnce(&ReadTx) -> Result<Option<T>>,
    ) -> Result<Option<T>>
    where
        K: Hash + Eq + Send + 'static,
        T: Clone + Send + 'static,
    {
        let Some(memory) = self.memory()? else { return f(self) };
        let kept = memory.borrow().get::<K, T>(kind, &key).cloned();
        if kept.is_some() {
            return Ok(kept);
        }
        let answer = f(self)?;
        if let Some(answer) = &answer {
            memory.borrow_mut().put(kind, key, answer.clone(), most);
        }
        Ok(answer)
    }

    /// The same as [`ReadTx::remember`] for an answer that depends on no row but a shop's. [`super::Store::recall`] finds it without a
    /// transaction, for a moment and until this process changes a shop.
    pub fn remember_of_shop<K, T>(
        &self,
        kind: &'static str,
        key: K,
        f: impl FnOnce(&ReadTx) -> Result<Option<T>>,
    ) -> Result<Option<T>>
    where
        K: Hash + Eq + Clone + Send + 'static,
        T: Clone + Send + 'static,
    {
        let answer = self.remember(kind, key.clone(), f)?;
        if let Some((recent, begun)) = &self.recent
            && let Some(answer) = &answer
        {
            recent.put(*begun, kind, key, answer.clone());
        }
        Ok(answer)
    }

    /// Whether an answer of type `T` is remembered under a key.
    pub fn remembers<K: Hash + Eq + 'static, T: 'static>(&self, kind: &str, key: &K) -> Result<bool> {
        let Some(memory) = self.memory()? else { return Ok(false) };
        Ok(memory.borrow().get::<K, T>(kind, key).is_some())
    }

    /// What the reader remembers of the state of the store that this transaction sees.
    fn memory(&self) -> Result<Option<&RefCell<Memory>>> {
        let Some((memory, held)) = &self.memory else { return Ok(None) };
        if !held.get() {
            // This also takes the snapshot, so the version is of what the transaction sees.
            memory.borrow_mut().hold_against(data_version(self.conn)?);
            held.set(true);
        }
        Ok(Some(memory))
    }

    /// The version of the schema.
    pub(super) fn version(&self) -> Result<i64> {
        Ok(super::upgrade::user_version(self.conn)?)
    }

    /// Every row, mapped.
    pub(super) fn all<T>(
        &self,
        sql: &'static str,
        params: impl Named,
        map: impl FnMut(&Row) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>> {
        self.with(sql, params, |statement| {
            Ok(statement.raw_query().mapped(map).collect::<rusqlite::Result<Vec<T>>>()?)
        })
    }

    /// The same for a statement that was put together.
    pub(super) fn all_made<T>(
        &self,
        sql: &str,
        params: impl Named,
        map: impl FnMut(&Row) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>> {
        self.with_made(sql, params, |statement| {
            Ok(statement.raw_query().mapped(map).collect::<rusqlite::Result<Vec<T>>>()?)
        })
    }

    /// The first row, mapped, where there is one.
    pub(super) fn first<T>(
        &self,
        sql: &'static str,
        params: impl Named,
        map: impl FnOnce(&Row) -> rusqlite::Result<T>,
    ) -> Result<Option<T>> {
        self.with(sql, params, |statement| Ok(row(statement, map).optional()?))
    }

    /// The same for a statement that was put together.
    pub(super) fn first_made<T>(
        &self,
        sql: &str,
        params: impl Named,
        map: impl FnOnce(&Row) -> rusqlite::Result<T>,
    ) -> Result<Option<T>> {
        self.with_made(sql, params, |statement| Ok(row(statement, map).optional()?))
    }

    /// The only row of a statement that always has one, such as a count.
    pub(super) fn one<T>(
        &self,
        sql: &'static str,
        params: impl Named,
        map: impl FnOnce(&Row) -> rusqlite::Result<T>,
    ) -> Result<T> {
        self.with(sql, params, |statement| Ok(row(statement, map)?))
    }

    /// The same for a statement that was put together.
    pub(super) fn one_made<T>(
        &self,
        sql: &str,
        params: impl Named,
        map: impl FnOnce(&Row) -> rusqlite::Result<T>,
    ) -> Result<T> {
        self.with_made(sql, params, |statement| Ok(row(statement, map)?))
    }

    /// Hands every row to `each` as it is read, so that a walk over millions holds one.
    pub(super) fn walk(
        &self,
        sql: &'static str,
        params: impl Named,
        each: impl FnMut(&Row) -> Result<()>,
    ) -> Result<()> {
        self.with(sql, params, |statement| walked(statement, each))
    }

    /// The same for a statement that was put together.
    pub(super) fn walk_made(&self, sql: &str, params: impl Named, each: impl FnMut(&Row) -> Result<()>) -> Result<()> {
        self.with_made(sql, params, |statement| walked(statement, each))
    }

    /// Runs `f` with the statement of a text, its values bound.
    fn with<T>(&self, sql: &'static str, params: impl Named, f: impl FnOnce(&mut Statement) -> Result<T>) -> Result<T> {
        let bound = |statement: &mut Statement| {
            params.bind_to(sql, statement)?;
            f(statement)
        };
        match self.statements {
            Some(statements) => statements::run_with(statements, sql, bound),
            None => bound(&mut *self.conn.prepare_cached(sql)?),
        }
    }

    /// The same for a statement that was put together.
    fn with_made<T>(&self, sql: &str, params: impl Named, f: impl FnOnce(&mut Statement) -> Result<T>) -> Result<T> {
        let mut statement = self.conn.prepare_cached(sql)?;
        params.bind(&mut statement)?;
        f(&mut statement)
    }
}

fn row<T>(statement: &mut Statement, map: impl FnOnce(&Row) -> rusqlite::Result<T>) -> rusqlite::Result<T> {
    match statement.raw_query().next()? {
        Some(row) => map(row),
        None => Err(rusqlite::Error::QueryReturnedNoRows),
    }
}

fn walked(statement: &mut Statement, mut each: impl FnMut(&Row) -> Result<()>) -> Result<()> {
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next()? {
        each(row)?;
    }
    Ok(())
}

/// A transaction that may write. Reading works through it as through a [`ReadTx`]; the reverse does not compile.
pub struct WriteTx<'a>(ReadTx<'a>);

impl<'a> WriteTx<'a> {
    pub(super) fn new(statements: &'a Statements<'_>, now: Timestamp, changed_shop: &'a Cell<bool>) -> Self {
        WriteTx(ReadTx {
            conn: statements.connection(),
            statements: Some(statements),
            now,
            memory: None,
            recent: None,
            changed_shop: Some(changed_shop),
            used_key: Cell::new(None),
        })
    }

    /// The same transaction at another instant, for history that is replayed: an archive, a demo's past.
    pub fn at(&self, now: Timestamp) -> WriteTx<'a> {
        WriteTx(ReadTx { now, memory: None, used_key: Cell::new(None), ..self.0 })
    }

    /// Runs a statement and says how many rows it changed.
    pub(super) fn run(&self, sql: &'static str, params: impl Named) -> Result<usize> {
        self.0.with(sql, params, |statement| Ok(statement.raw_execute()?))
    }

    /// The same for a statement that was put together.
    pub(super) fn run_made(&self, sql: &str, params: impl Named) -> Result<usize> {
        self.0.with_made(sql, params, |statement| Ok(statement.raw_execute()?))
    }

    /// Says that a shop is changed in this transaction, so that what is remembered of shops ends with its commit.
    pub(super) fn note_changed_shop(&self) {
        if let Some(changed) = self.0.changed_shop {
            changed.set(true);
        }
    }

    /// Whether the schema's triggers run.
    pub(super) fn has_triggers(&self) -> Result<bool> {
        Ok(self.0.conn.db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER)?)
    }

    /// No trigger runs while this is held. Statements are prepared anew where it begins and where it ends.
    pub(super) fn without_triggers(&self) -> Result<WithoutTriggers<'a>> {
        self.0.conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
        Ok(WithoutTriggers(self.0.conn))
    }

    /// Writes the version of the schema, as it is: the smallest write that there is.
    pub(super) fn rewrite_version(&self) -> Result<()> {
        let version = self.version()?;
        Ok(self.0.conn.pragma_update(None, "user_version", version)?)
    }

    /// Has the writer keep so many kilobytes of pages from here on. For a process that does one long piece of work.
    pub fn keep_pages(&self, kilobytes: u32) -> Result<()> {
        Ok(self.0.conn.pragma_update(None, "cache_size", -i64::from(kilobytes))?)
    }

    /// Inserts a row and returns its number.
    pub(super) fn insert(&self, sql: &'static str, params: impl Named) -> Result<i64> {
        inserted(self.insert_new(sql, params)?)
    }

    /// The same where the statement does nothing about a row that is there already; then there is no number.
    pub(super) fn insert_new(&self, sql: &'static str, params: impl Named) -> Result<Option<i64>> {
        match self.run(sql, params)? {
            0 => Ok(None),
            1 => Ok(Some(self.0.conn.last_insert_rowid())),
            changed => Err(rusqlite::Error::StatementChangedRows(changed).into()),
        }
    }
}

impl<'a> Deref for WriteTx<'a> {
    type Target = ReadTx<'a>;

    fn deref(&self) -> &ReadTx<'a> {
        &self.0
    }
}

/// Lets the triggers run again when it is dropped, also by a failure or a panic.
pub(super) struct WithoutTriggers<'a>(&'a Connection);

impl Drop for WithoutTriggers<'_> {
    fn drop(&mut self) {
        if let Err(e) = self.0.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, true) {
            log::error!("the triggers that count do not run: {e}");
        }
    }
}

/// The number of a row that cannot have been there before, for its id was made just now.
pub(super) fn inserted(no: Option<i64>) -> Result<i64> {
    no.ok_or_else(|| rusqlite::Error::StatementChangedRows(0).into())
}
