//! Tools that every door calls: reading parameters and bodies, writing answers, limits, the access log. They know
//! the process and no dialect.

pub mod body;
pub mod limits;
pub mod metrics;
pub mod observe;
pub mod pages;
pub mod params;
pub mod render;
pub(crate) mod rest;
pub mod templates;
pub mod tree;
pub mod visitor;

use std::sync::Arc;

use actix_web::{Route, guard, web};

use crate::app::App;
use crate::domain::{Error, Result};
use crate::store::ReadTx;

/// How handlers get at the process.
pub type AppData = web::Data<Arc<App>>;

/// A route for GET, and for HEAD, which is GET without the body (RFC 9110, section 9.3.2); actix leaves the body out. Not for
/// calls that change something: whoever asks for a head wants to know, not to do.
pub fn reads() -> Route {
    web::route().guard(guard::Any(guard::Get()).or(guard::Head()))
}

/// Reads what an index answers in microseconds, on the event loop itself: no thread is woken for it. Where no reader is
/// idle it goes the way of [`read`], so it never waits here.
pub async fn read_briefly<T: Send + 'static>(
    app: &AppData,
    f: impl FnOnce(&ReadTx) -> Result<T> + Send + 'static,
) -> Result<T> {
    match app.store.try_read(f) {
        Ok(answer) => answer,
        Err(f) => read(app, f).await,
    }
}

/// Reads off the event loop: a slow reader holds up no other request.
pub async fn read<T: Send + 'static>(
    app: &AppData,
    f: impl FnOnce(&ReadTx) -> Result<T> + Send + 'static,
) -> Result<T> {
    let app = Arc::clone(app);
    web::block(move || app.store.read(f)).await.unwrap_or_else(|e| Err(Error::internal(e)))
}
