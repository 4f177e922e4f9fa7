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

use std::future::ready;
use std::sync::Arc;

use actix_web::{Route, guard, web};
use futures_util::FutureExt as _;
use futures_util::future::Either;

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
pub fn read_briefly<T: Send + 'static>(
    app: &AppData,
    f: impl FnOnce(&ReadTx) -> Result<T> + Send + 'static,
) -> impl Future<Output = Result<T>> {
    match app.store.try_read(f) {
        Ok(answer) => Either::Left(ready(answer)),
        Err(f) => Either::Right(read(app, f)),
    }
}

/// Reads off the event loop: a slow reader holds up no other request. It has begun when this returns: whoever waits for it keeps no
/// closure.
pub fn read<T: Send + 'static>(
    app: &AppData,
    f: impl FnOnce(&ReadTx) -> Result<T> + Send + 'static,
) -> impl Future<Output = Result<T>> {
    let app = Arc::clone(app);
    web::block(move || app.store.read(f)).map(|read| read.unwrap_or_else(|e| Err(Error::internal(e))))
}

/// What keeps the future of a hot handler small. actix boxes it with what its call came with, and a box of more than 1 032 bytes is none
/// that glibc's malloc has at hand: it tidies up all small pieces first, at every call.
#[cfg(test)]
pub(crate) mod at_hand {
    use actix_web::{FromRequest, Handler};

    /// What actix adds, in bytes: the request, its payload, and the arguments once more.
    const OF_ACTIX: usize = 160;

    /// Whether the future of a handler and what actix adds fit into a piece that malloc has at hand.
    pub(crate) fn fits<Args: FromRequest, H: Handler<Args>>(_: &H) -> bool {
        size_of::<H::Future>() + OF_ACTIX <= 1_032
    }
}
