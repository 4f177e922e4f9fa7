//! Making, bringing along and taking back keys.

use super::ids;
use crate::domain::keys::{ApiKey, Scopes, check_imported, hash_key, spell_key};
use crate::domain::{Error, OrNotFound, Result, Site, Timestamp};
use crate::store::{ReadTx, WriteTx, keys};

/// Makes a key. Its text is returned this once and is nowhere kept.
pub fn create(tx: &WriteTx, site: &Site, scopes: Scopes, expires_at: Option<Timestamp>) -> Result<(ApiKey, String)> {
    let text = spell_key(&ids::secret()?);
    Ok((keep(tx, site, &text, scopes, expires_at)?, text))
}

/// Takes a key that the shop already uses, so that only the host name changes for its plugins.
pub fn import(tx: &WriteTx, site: &Site, key: &str, scopes: Scopes, expires_at: Option<Timestamp>) -> Result<ApiKey> {
    check_imported(key)?;
    keep(tx, site, key, scopes, expires_at)
}

fn keep(tx: &WriteTx, site: &Site, text: &str, scopes: Scopes, expires_at: Option<Timestamp>) -> Result<ApiKey> {
    let hash = hash_key(text);
    if keys::by_hash(tx, &hash)?.is_some() {
        return Err(Error::Conflict("this key is in use already; a key belongs to one site, once".into()));
    }
    if expires_at.is_some_and(|at| at <= tx.now()) {
        return Err(Error::refused("expires", "must lie in the future"));
    }
    let mut key = ApiKey {
        no: 0,
        site: site.no,
        id: ids::fresh("key", tx.now()),
        hash,
        scopes,
        created_at: tx.now(),
        expires_at,
        revoked_at: None,
        last_used_at: None,
    };
    key.no = keys::insert(tx, &key)?;
    Ok(key)
}

/// A site's keys, oldest first.
pub fn list(tx: &ReadTx, site: &Site) -> Result<Vec<ApiKey>> {
    keys::all(tx, site.no)
}

/// Takes a key back: from this transaction on it is unknown. Taking it back twice is no error.
pub fn revoke(tx: &WriteTx, site: &Site, id: &str) -> Result<ApiKey> {
    keys::revoke(tx, site.no, id, tx.now())?;
    keys::by_id(tx, site.no, id)?.or_not_found("key", id)
}
