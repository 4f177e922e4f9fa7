//! Hashing of passwords: argon2id, off the event loop, and no more than two at once, for each takes 19 MiB.

use std::sync::LazyLock;

use actix_web::web;
use tokio::sync::Semaphore;

use crate::domain::{Error, Result};

static AT_ONCE: Semaphore = Semaphore::const_new(2);

/// What is checked for a user that is not there, so that the answer takes as long.
static NOBODYS: LazyLock<String> = LazyLock::new(|| password_auth::generate_hash("nobody has this password"));

/// Whether a password is the one of a hash; without a hash it is not, after the same time.
pub(super) async fn verify(password: String, hash: Option<String>) -> Result<bool> {
    run(move || {
        let nobodys = NOBODYS.as_str();
        let fits = password_auth::verify_password(password, hash.as_deref().unwrap_or(nobodys)).is_ok();
        fits && hash.is_some()
    })
    .await
}

/// The PHC string of a new password.
pub(super) async fn hash(password: String) -> Result<String> {
    run(move || password_auth::generate_hash(password)).await
}

async fn run<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    let permit = AT_ONCE.acquire().await.map_err(Error::internal)?;
    web::block(move || {
        let done = work();
        drop(permit);
        done
    })
    .await
    .map_err(Error::internal)
}
