//! Values bound to the parameters of a statement, by their names. SQLite finds a name by comparing it with all others, which
//! for a row of thirty columns costs more than the row; so the place is tried first that the name has in the list.

use rusqlite::{Statement, ToSql};

/// What a statement is run with: names with their values, or nothing.
pub(super) trait Named {
    /// Binds each value. A statement from the cache has no other bound.
    fn bind(&self, statement: &mut Statement) -> rusqlite::Result<()>;
}

impl Named for &[(&str, &dyn ToSql)] {
    fn bind(&self, statement: &mut Statement) -> rusqlite::Result<()> {
        for (place, (name, value)) in (1..).zip(*self) {
            let at = match statement.parameter_name(place) {
                Some(there) if there == *name => place,
                _ => statement
                    .parameter_index(name)?
                    .ok_or_else(|| rusqlite::Error::InvalidParameterName((*name).to_owned()))?,
            };
            statement.raw_bind_parameter(at, value)?;
        }
        Ok(())
    }
}

impl<const N: usize> Named for &[(&str, &dyn ToSql); N] {
    fn bind(&self, statement: &mut Statement) -> rusqlite::Result<()> {
        self.as_slice().bind(statement)
    }
}

/// No parameters at all.
impl Named for [&(dyn ToSql + Send + Sync); 0] {
    fn bind(&self, _: &mut Statement) -> rusqlite::Result<()> {
        Ok(())
    }
}
