//! A page of a list, as every noun is listed.

use crate::domain::{Error, Result, Timestamp};
use crate::store::listing::Page;

/// A page of rows with what is said of all that match.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed<T> {
    /// The page.
    pub rows: Vec<T>,
    /// Whether there are more behind it.
    pub has_more: bool,
    /// Rows that match.
    pub total_count: i64,
}

/// The part of a list that somebody asks for.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Newest first.
    pub descending: bool,
    /// Rows at most.
    pub limit: i64,
    /// Rows to pass over.
    pub offset: i64,
    /// Id of the last row of the page before.
    pub after: Option<String>,
}

impl Wanted {
    /// The newest rows.
    pub fn newest(limit: i64) -> Self {
        Wanted::from(limit, None)
    }

    /// The newest rows, or those behind the last one that was seen.
    pub fn from(limit: i64, after: Option<String>) -> Self {
        Wanted { descending: true, limit, offset: 0, after }
    }

    /// The page with one row more than is wanted, which says whether there are more. `find` looks the row of the cursor
    /// up by its id, for the time by which the list goes.
    pub(super) fn page(&self, find: impl FnOnce(&str) -> Result<Option<Timestamp>>) -> Result<Page> {
        let after = match &self.after {
            Some(id) => Some((find(id)?.ok_or_else(unlisted)?, id.clone())),
            None => None,
        };
        Ok(Page { descending: self.descending, limit: self.limit + 1, offset: self.offset, after })
    }

    /// A page of nothing, where what was asked for cannot be.
    pub fn none<T>(&self) -> Listed<T> {
        Listed { rows: Vec::new(), has_more: false, total_count: 0 }
    }

    /// The page without the row too many.
    pub fn listed<T>(&self, mut rows: Vec<T>, total_count: i64) -> Listed<T> {
        let has_more = rows.len() as i64 > self.limit;
        rows.truncate(usize::try_from(self.limit).unwrap_or(0));
        Listed { rows, has_more, total_count }
    }
}

/// The cursor names no row.
pub(super) fn unlisted() -> Error {
    Error::refused("after", "must be the id of a row that was listed")
}
