//! The reference of the REST interface, as OpenAPI: what all its calls have in common is said once, here, and put into each
//! call that the dialects describe beside their code.

use serde::Serialize;
use utoipa::ToSchema;

/// What is said of a thing that is gone.
#[derive(Serialize, ToSchema)]
pub(crate) struct Deleted {
    id: String,
    /// What it was.
    #[schema(value_type = String)]
    object: &'static str,
    /// Always true.
    deleted: bool,
}

impl Deleted {
    pub(crate) fn of(id: String, object: &'static str) -> Self {
        Deleted { id, object, deleted: true }
    }
}
