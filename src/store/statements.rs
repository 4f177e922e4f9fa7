//! The writer's prepared statements, each found by where the program has its text: a dozen are run for a write, and a cache that compares
//! texts takes as long to find one as SQLite takes to run a short one.

use std::cell::RefCell;
use std::collections::BTreeMap;

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
    /// By where their text begins and how long it is; none where somebody runs it at this moment.
    idle: RefCell<BTreeMap<(usize, usize), Option<Statement<'c>>>>,
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
        let place = (sql.as_ptr().addr(), sql.len());
        // Who runs one has it, so that a walk whose rows lead to the same statement prepares another.
        let idle = self.idle.borrow_mut().get_mut(&place).and_then(Option::take);
        let mut statement = match idle {
            Some(statement) => statement,
            None => self.conn.prepare_with_flags(sql, PrepFlags::SQLITE_PREPARE_PERSISTENT)?,
        };
        let outcome = f(&mut statement);
        statement.clear_bindings();
        *self.idle.borrow_mut().entry(place).or_default() = Some(statement);
        outcome
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::named_params;

    use super::super::params::Named as _;
    use super::*;

    const SQL: &str = "select :one, :two";

    fn values(prepared: &dyn Prepared, one: i64, two: Option<i64>, meanwhile: impl FnOnce()) -> (i64, Option<i64>) {
        let found = run_with(prepared, SQL, |statement| {
            match two {
                Some(two) => named_params! { ":one": one, ":two": two }.bind(statement)?,
                None => named_params! { ":one": one }.bind(statement)?,
            }
            let mut rows = statement.raw_query();
            let row = rows.next()?.expect("a row");
            meanwhile();
            Ok((row.get(0)?, row.get(1)?))
        });
        found.expect("values")
    }

    #[test]
    fn a_statement_that_is_run_within_itself_has_its_own_values_and_leaves_none_behind() {
        let conn = Connection::open_in_memory().expect("a database");
        let statements = Statements::of(&conn);
        let outer = values(&statements, 1, Some(2), || {
            assert_eq!(values(&statements, 3, Some(4), || {}), (3, Some(4)));
        });
        assert_eq!(outer, (1, Some(2)));
        assert_eq!(values(&statements, 5, None, || {}), (5, None));
        assert_eq!(statements.idle.borrow().len(), 1);
    }

    #[test]
    fn a_statement_whose_user_failed_or_panicked_is_there_the_next_time() {
        let conn = Connection::open_in_memory().expect("a database");
        let statements = Statements::of(&conn);
        let failed: Result<()> = run_with(&statements, SQL, |_| Err(super::super::writer::gone()));
        assert!(failed.is_err());
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            drop(run_with(&statements, SQL, |_| -> Result<()> { panic!("a fault of ours") }));
        }));
        assert!(panicked.is_err());
        assert_eq!(values(&statements, 1, None, || {}), (1, None));
    }
}
