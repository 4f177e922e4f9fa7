//! What lists of rows have in common: further conditions of their statement, and which part of them is wanted.

use rusqlite::ToSql;

use crate::domain::Timestamp;

/// Which part of a list is wanted. Lists go by time, ties by id, both in the same direction.
#[derive(Clone, Debug)]
pub struct Page {
    /// Newest first.
    pub descending: bool,
    /// Rows at most.
    pub limit: i64,
    /// Rows to pass over.
    pub offset: i64,
    /// Time and id of the last row of the page before; excludes `offset`.
    pub after: Option<(Timestamp, String)>,
}

impl Page {
    /// The order, as SQL has it.
    pub(super) fn direction(&self) -> &'static str {
        if self.descending { "desc" } else { "asc" }
    }
}

/// Conditions of a list's statement behind `site = :site`, with the values that they name. Each begins with `and`.
#[derive(Default)]
pub(super) struct Conditions<'a> {
    pub(super) text: String,
    params: Vec<(&'static str, Box<dyn ToSql + 'a>)>,
}

impl<'a> Conditions<'a> {
    /// A condition that names one value, where there is one.
    pub(super) fn when(mut self, value: Option<impl ToSql + 'a>, name: &'static str, condition: &str) -> Self {
        if let Some(value) = value {
            self = self.always(condition);
            self.params.push((name, Box::new(value)));
        }
        self
    }

    /// A condition that names none.
    pub(super) fn always(mut self, condition: &str) -> Self {
        self.text.push_str(" and ");
        self.text.push_str(condition);
        self
    }

    /// A value that the statement names anyway.
    pub(super) fn with(mut self, name: &'static str, value: impl ToSql + 'a) -> Self {
        self.params.push((name, Box::new(value)));
        self
    }

    /// The part that a page wants, in the order of a column and the one that breaks ties.
    pub(super) fn of(self, page: &Page, column: &str, tie: &str) -> Self {
        let further = if page.descending { "<" } else { ">" };
        let (at, id) = page.after.clone().unzip();
        self.when(at, ":last_at", &format!("({column}, {tie}) {further} (:last_at, :last_id)"))
            .with_some(":last_id", id)
            .with(":limit", page.limit)
            .with(":offset", page.offset)
    }

    pub(super) fn with_some(self, name: &'static str, value: Option<impl ToSql + 'a>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    pub(super) fn bind(&self) -> Vec<(&'static str, &dyn ToSql)> {
        self.params.iter().map(|(name, value)| (*name, value.as_ref())).collect()
    }
}
