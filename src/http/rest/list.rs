//! Lists of the REST interface: which part is asked for, and how the answer looks.

use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::query::integer;
use crate::domain::{Error, Result};
use crate::http::params::Params;
use crate::ops::listing::{Listed, Wanted};

/// A page of a list, as every list of the interface is answered.
#[derive(Serialize, ToSchema)]
pub(crate) struct List<T> {
    /// Always `list`.
    #[schema(value_type = String, pattern = "^list$")]
    object: &'static str,
    /// The page.
    data: Vec<T>,
    /// Whether there are more rows behind it.
    has_more: bool,
    /// Rows that match every filter.
    #[schema(minimum = 0)]
    total_count: i64,
    /// The list's path.
    url: String,
}

impl<T> List<T> {
    /// A page of rows, each as it is shown.
    pub(crate) fn of<R>(listed: Listed<R>, url: impl Into<String>, show: impl FnMut(R) -> T) -> Self {
        List {
            object: "list",
            data: listed.rows.into_iter().map(show).collect(),
            has_more: listed.has_more,
            total_count: listed.total_count,
            url: url.into(),
        }
    }
}

/// The parameters by which a part of a list is asked for, as the reference has them; [`part`] reads them.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "describes what `part` reads")]
pub(crate) struct PageParams {
    /// Rows at most.
    #[param(minimum = 1, maximum = 100, default = 10)]
    limit: Option<i64>,
    /// Rows to pass over.
    #[param(minimum = 0, default = 0)]
    offset: Option<i64>,
    /// The id of the last row seen, for walks that must not slow down. Excludes `offset`.
    after: Option<String>,
}

/// The parameter by which the order of a list is asked for; [`part`] reads it.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "describes what `part` reads")]
pub(crate) struct OrderParams {
    /// `desc`: the newest first. Also `order` and `order_direction`.
    #[param(pattern = "^(asc|desc)$", default = "desc")]
    sort_order: Option<String>,
}

/// In which order a list is when nothing is said of it.
#[derive(Clone, Copy)]
pub(crate) enum Usually {
    /// The newest, or the largest, comes first.
    Descending,
    /// The oldest comes first.
    Ascending,
}

/// Reads which part of a list by time is asked for, the newest rows first unless it is asked otherwise.
pub(crate) fn wanted(params: &Params) -> Result<Wanted> {
    if params.get("sort_by").is_some_and(|by| by != "created_at") {
        return Err(Error::refused("sort_by", "must be created_at"));
    }
    part(params, Usually::Descending)
}

/// The part that is asked for of rows that were all found, the oldest first unless it is asked otherwise. They are few
/// and belong together, so without a limit it is all of them; without an id of their own they have no cursor.
pub(crate) fn cut<R>(mut rows: Vec<R>, params: &Params) -> Result<Listed<R>> {
    let total_count = i64::try_from(rows.len()).map_err(Error::internal)?;
    if params.get("after").is_some() {
        return Err(Error::refused("after", "is not there for this list: its rows have no ids"));
    }
    let mut wanted = part(params, Usually::Ascending)?;
    if params.get("limit").is_none() {
        wanted.limit = total_count;
    }
    if wanted.descending {
        rows.reverse();
    }
    let passed = usize::try_from(wanted.offset).unwrap_or(usize::MAX);
    Ok(wanted.listed(rows.into_iter().skip(passed).collect(), total_count))
}

/// Reads which part of a list in whatever order is asked for.
pub(crate) fn part(params: &Params, usually: Usually) -> Result<Wanted> {
    let after = params.get("after").map(str::to_owned);
    if after.is_some() && params.get("offset").is_some() {
        return Err(Error::refused("after", "excludes offset"));
    }
    let descending = match params.first_of(&["sort_order", "order", "order_direction"]) {
        None => matches!(usually, Usually::Descending),
        Some((_, "desc")) => true,
        Some((_, "asc")) => false,
        Some((name, _)) => return Err(Error::refused(name, "must be asc or desc")),
    };
    let limit = params.get("limit").map_or(Ok(10), |text| integer("limit", text, 1, 100))?;
    let offset = params.get("offset").map_or(Ok(0), |text| integer("offset", text, 0, i64::MAX))?;
    Ok(Wanted { descending, limit, offset, after })
}
