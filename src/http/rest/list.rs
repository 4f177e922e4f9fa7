//! Lists of the REST interface: which part is asked for, and how the answer looks.

use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::query;
use crate::domain::{Error, Result};
use crate::http::params::Params;
use crate::ops::listing::{Listed, Wanted};

/// A page of a list.
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

/// The parameters by which a part of a list is asked for, as the reference has them; [`wanted`] reads them.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code, reason = "describes what `wanted` reads")]
pub(crate) struct PageParams {
    /// Rows at most.
    #[param(minimum = 1, maximum = 100, default = 10)]
    limit: Option<i64>,
    /// Rows to pass over.
    #[param(minimum = 0, default = 0)]
    offset: Option<i64>,
    /// The id of the last row seen, for walks that must not slow down. Excludes `offset`.
    after: Option<String>,
    /// `desc`: the newest first. Also `order` and `order_direction`.
    #[param(pattern = "^(asc|desc)$", default = "desc")]
    sort_order: Option<String>,
}

/// Reads which part of a list is asked for.
pub(crate) fn wanted(params: &Params) -> Result<Wanted> {
    let after = params.get("after").map(str::to_owned);
    if after.is_some() && params.get("offset").is_some() {
        return Err(Error::refused("after", "excludes offset"));
    }
    if params.get("sort_by").is_some_and(|by| by != "created_at") {
        return Err(Error::refused("sort_by", "must be created_at"));
    }
    let descending = query::descending(params)?;
    Ok(Wanted { descending, limit: query::limit(params)?, offset: query::offset(params)?, after })
}
