//! A row read from left to right. Mappers name what they read, and a test build holds each name against the column that
//! stands there; looking columns up by name would compare half of them for every value of every row.

use rusqlite::Row;
use rusqlite::types::FromSql;

/// The columns of a row, from the first on.
pub(super) struct Cells<'row, 'stmt> {
    row: &'row Row<'stmt>,
    at: usize,
}

impl<'row, 'stmt> Cells<'row, 'stmt> {
    pub(super) fn of(row: &'row Row<'stmt>) -> Self {
        Cells { row, at: 0 }
    }

    /// The next column, which has this name.
    pub(super) fn get<T: FromSql>(&mut self, name: &'static str) -> rusqlite::Result<T> {
        let at = self.at;
        self.at += 1;
        debug_assert_eq!(
            self.row.as_ref().column_name(at).ok(),
            Some(name),
            "columns are read in the order of the list"
        );
        self.row.get(at)
    }
}
