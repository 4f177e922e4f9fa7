//! A transaction as the floors above see it: a snapshot or a savepoint, and the one instant that it happens at.

use std::ops::Deref;

use rusqlite::{Connection, OptionalExtension, Params, Row};

use crate::domain::{Result, Timestamp};

/// A consistent view of the store.
pub struct ReadTx<'a> {
    conn: &'a Connection,
    now: Timestamp,
}

impl<'a> ReadTx<'a> {
    pub(super) fn new(conn: &'a Connection, now: Timestamp) -> Self {
        ReadTx { conn, now }
    }

    /// The instant of this transaction: the same however often it is asked.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Every row, mapped.
    pub(super) fn all<T>(
        &self,
        sql: &str,
        params: impl Params,
        map: impl FnMut(&Row) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>> {
        let mut statement = self.conn.prepare_cached(sql)?;
        let rows = statement.query_map(params, map)?;
        Ok(rows.collect::<rusqlite::Result<Vec<T>>>()?)
    }

    /// The first row, mapped, where there is one.
    pub(super) fn first<T>(
        &self,
        sql: &str,
        params: impl Params,
        map: impl FnOnce(&Row) -> rusqlite::Result<T>,
    ) -> Result<Option<T>> {
        Ok(self.conn.prepare_cached(sql)?.query_row(params, map).optional()?)
    }

    /// The only row of a statement that always has one, such as a count.
    pub(super) fn one<T>(
        &self,
        sql: &str,
        params: impl Params,
        map: impl FnOnce(&Row) -> rusqlite::Result<T>,
    ) -> Result<T> {
        Ok(self.conn.prepare_cached(sql)?.query_row(params, map)?)
    }

    /// Hands every row to `each` as it is read, so that a walk over millions holds one.
    pub(super) fn walk(&self, sql: &str, params: impl Params, mut each: impl FnMut(&Row) -> Result<()>) -> Result<()> {
        let mut statement = self.conn.prepare_cached(sql)?;
        let mut rows = statement.query(params)?;
        while let Some(row) = rows.next()? {
            each(row)?;
        }
        Ok(())
    }
}

/// A transaction that may write. Reading works through it as through a [`ReadTx`]; the reverse does not compile.
pub struct WriteTx<'a>(ReadTx<'a>);

impl<'a> WriteTx<'a> {
    pub(super) fn new(conn: &'a Connection, now: Timestamp) -> Self {
        WriteTx(ReadTx::new(conn, now))
    }

    /// The same transaction at another instant, for history that is replayed: an archive, a demo's past.
    pub fn at(&self, now: Timestamp) -> WriteTx<'a> {
        WriteTx(ReadTx { conn: self.0.conn, now })
    }

    /// Runs a statement and says how many rows it changed.
    pub(super) fn run(&self, sql: &str, params: impl Params) -> Result<usize> {
        Ok(self.0.conn.prepare_cached(sql)?.execute(params)?)
    }

    /// Inserts a row and returns its number.
    pub(super) fn insert(&self, sql: &str, params: impl Params) -> Result<i64> {
        Ok(self.0.conn.prepare_cached(sql)?.insert(params)?)
    }
}

impl<'a> Deref for WriteTx<'a> {
    type Target = ReadTx<'a>;

    fn deref(&self) -> &ReadTx<'a> {
        &self.0
    }
}
