//! Whose shop a call of the integration interface is about: the key is the parameter `k`.

use super::Fault;
use crate::domain::keys::Scope;
use crate::domain::{Result, Site};
use crate::ops::access::{self, Refusal};
use crate::store::ReadTx;

/// The site of a key. The outer error is ours, the inner one the caller's.
pub(super) fn site(tx: &ReadTx, key: &str) -> Result<std::result::Result<Site, Fault>> {
    Ok(match access::by_key(tx, key, Scope::SubscribersWrite)? {
        Ok(caller) => Ok(caller.site),
        Err(Refusal::ClosedAccount { allowed: true }) => Err(Fault::InactiveAccount),
        Err(
            Refusal::UnknownKey
            | Refusal::ExpiredKey
            | Refusal::ClosedAccount { allowed: false }
            | Refusal::MissingScope(_),
        ) => Err(Fault::IncorrectIntegrationKey),
    })
}
