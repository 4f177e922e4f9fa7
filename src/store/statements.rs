//! The writer's prepared statements, each found by where the program has its text: a dozen are run for a write, and a cache that compares
//! texts takes as long to find one as SQLite takes to run a short one.

use std::cell::RefCell;
use std::collections::HashMap;

use rusqlite::{Connection, PrepFlags, Statement};

use crate::domain::Result;

/// Gives statements that are prepared once.
pub(super) trait Prepared {
    /// Runs `f` with the statement of a text of the program, which has no value bound.
    fn with(&self, sql: &'static str, f: &mut dyn FnMut(&mut Statement) -> Result<()>) -> Result<()>;
}

/// The same for an `f` that runs once and has a result.
pub(super) fn run_with<T>(
    prepared: &dyn Prepared,
    sql: &'static str,
    f: impl FnOnce(&mut Statement) -> Result<T>,
) -> Result<T> {
    let (mut f, mut result) = (Some(f), None);
    prepared.with(sql, &mut |statement| {
        if let Some(f) = f.take() {
            result = Some(f(statement)?);
        }
        Ok(())
    })?;
    // `with` runs it, or fails.
    result.ok_or_else(super::writer::gone)
}

/// The statements of one connection. There are as many as the program has texts, some hundreds at most.
pub(super) struct Statements<'c> {
    conn: &'c Connection,
    /// Those that nobody runs at this moment.
    idle: RefCell<HashMap<*const str, Statement<'c>>>,
}

impl<'c> Statements<'c> {
    pub(super) fn of(conn: &'c Connection) -> Self {
        Statements { conn, idle: RefCell::default() }
    }

    pub(super) fn connection(&self) -> &'c Connection {
        self.conn
    }
}

impl Prepared for Statements<'_> {
    fn with(&self, sql: &'static str, f: &mut dyn FnMut(&mut Statement) -> Result<()>) -> Result<()> {
        let place = std::ptr::from_ref(sql);
        // Who runs one has it, so that a walk whose rows lead to the same statement prepares another.
        let idle = self.idle.borrow_mut().remove(&place);
        let mut statement = match idle {
            Some(statement) => statement,
            None => self.conn.prepare_with_flags(sql, PrepFlags::SQLITE_PREPARE_PERSISTENT)?,
        };
        let outcome = f(&mut statement);
        statement.clear_bindings();
        self.idle.borrow_mut().insert(place, statement);
        outcome
    }
}
