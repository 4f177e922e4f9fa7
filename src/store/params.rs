//! Values bound to the parameters of a statement, by their names. SQLite finds a name by comparing it with all others, which
//! for a row of thirty columns costs more than the row; so the place is tried first that the name has in the list, and of a
//! statement whose text is part of the program it is remembered that all names were there.

use std::cell::RefCell;
use std::collections::HashMap;

use rusqlite::{Statement, ToSql};

/// What a statement is run with: names with their values, or nothing.
pub(super) trait Named {
    /// Binds each value. A statement from the cache has no other bound.
    fn bind(&self, statement: &mut Statement) -> rusqlite::Result<()>;

    /// The same for a statement of this text.
    fn bind_to(&self, sql: &'static str, statement: &mut Statement) -> rusqlite::Result<()>;
}

thread_local! {
    /// Names that a statement has in this order, by where the program has its text: that is there for as long as the program, and
    /// nothing else ever is.
    static IN_ORDER: RefCell<HashMap<*const str, Vec<&'static str>>> = RefCell::default();
}

/// Whether these names, and no copies of them, are known to be in the order of a statement's.
fn are_in_order(sql: &'static str, names: &[(&'static str, &dyn ToSql)]) -> bool {
    IN_ORDER.with_borrow(|known| {
        known.get(&std::ptr::from_ref(sql)).is_some_and(|known| {
            known.len() == names.len() && known.iter().zip(names).all(|(known, (name, _))| std::ptr::eq(*known, *name))
        })
    })
}

impl Named for &[(&'static str, &dyn ToSql)] {
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

    fn bind_to(&self, sql: &'static str, statement: &mut Statement) -> rusqlite::Result<()> {
        if are_in_order(sql, self) {
            return (1..).zip(*self).try_for_each(|(place, (_, value))| statement.raw_bind_parameter(place, value));
        }
        self.bind(statement)?;
        let mut places = (1..).zip(*self);
        if places.all(|(place, (name, _))| statement.parameter_name(place) == Some(*name)) {
            let names = self.iter().map(|(name, _)| *name).collect();
            IN_ORDER.with_borrow_mut(|known| known.insert(std::ptr::from_ref(sql), names));
        }
        Ok(())
    }
}

impl<const N: usize> Named for &[(&'static str, &dyn ToSql); N] {
    fn bind(&self, statement: &mut Statement) -> rusqlite::Result<()> {
        self.as_slice().bind(statement)
    }

    fn bind_to(&self, sql: &'static str, statement: &mut Statement) -> rusqlite::Result<()> {
        self.as_slice().bind_to(sql, statement)
    }
}

/// No parameters at all.
impl Named for [&(dyn ToSql + Send + Sync); 0] {
    fn bind(&self, _: &mut Statement) -> rusqlite::Result<()> {
        Ok(())
    }

    fn bind_to(&self, _: &'static str, _: &mut Statement) -> rusqlite::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::{Connection, named_params};

    use super::*;

    #[test]
    fn values_go_to_their_names_however_often_and_in_whatever_order_they_are_named() {
        const SQL: &str = "select :one || ',' || :two || ',' || :three";
        let conn = Connection::open_in_memory().expect("a database");
        let said = |names: &[(&'static str, &dyn ToSql)]| -> String {
            let mut statement = conn.prepare(SQL).expect("a statement");
            names.bind_to(SQL, &mut statement).expect("values");
            let mut rows = statement.raw_query();
            rows.next().expect("a row").expect("one").get(0).expect("a text")
        };
        for _ in 0..3 {
            assert_eq!(said(named_params! { ":one": 1, ":two": 2, ":three": 3 }), "1,2,3");
            assert_eq!(said(named_params! { ":three": 3, ":two": 2, ":one": 1 }), "1,2,3");
        }
        let mut statement = conn.prepare(SQL).expect("a statement");
        let unknown: &[(&'static str, &dyn ToSql)] = named_params! { ":one": 1, ":two": 2, ":four": 4 };
        assert!(unknown.bind_to(SQL, &mut statement).is_err());
    }
}
