//! Keys of a shop's servers and scripts.

use rusqlite::{Row, named_params, types::Type};

use super::{ReadTx, WriteTx};
use crate::domain::keys::{ApiKey, KeyHash, Scopes};
use crate::domain::{Result, SiteNo, Timestamp};

const COLUMNS: &str = "no, site, id, key_hash, scopes, created_at, expires_at, revoked_at, last_used_at";

fn from_row(row: &Row) -> rusqlite::Result<ApiKey> {
    let scopes = Scopes::parse(&row.get::<_, String>("scopes")?)
        .map_err(|e| rusqlite::Error::FromSqlConversionFailure(4, Type::Text, e.into()))?;
    Ok(ApiKey {
        no: row.get("no")?,
        site: row.get("site")?,
        id: row.get("id")?,
        hash: row.get("key_hash")?,
        scopes,
        created_at: row.get("created_at")?,
        expires_at: row.get("expires_at")?,
        revoked_at: row.get("revoked_at")?,
        last_used_at: row.get("last_used_at")?,
    })
}

/// The key with this hash, whosever it is: this is how a caller's site becomes known.
pub fn by_hash(tx: &ReadTx, hash: &KeyHash) -> Result<Option<ApiKey>> {
    tx.remember("key by hash", *hash, |tx| {
        tx.first(
            sql!("select {COLUMNS} from api_keys where key_hash = :hash"),
            named_params! { ":hash": hash },
            from_row,
        )
    })
}

/// A site's key by its id.
pub fn by_id(tx: &ReadTx, site: SiteNo, id: &str) -> Result<Option<ApiKey>> {
    tx.first(
        sql!("select {COLUMNS} from api_keys where site = :site and id = :id"),
        named_params! { ":site": site, ":id": id },
        from_row,
    )
}

/// A site's keys, oldest first.
pub fn all(tx: &ReadTx, site: SiteNo) -> Result<Vec<ApiKey>> {
    tx.all(
        sql!("select {COLUMNS} from api_keys where site = :site order by created_at, id"),
        named_params! { ":site": site },
        from_row,
    )
}

/// Adds a key; its `no` is given by the store.
pub fn insert(tx: &WriteTx, key: &ApiKey) -> Result<i64> {
    tx.insert(
        "insert into api_keys (site, id, key_hash, scopes, created_at, expires_at, revoked_at)
         values (:site, :id, :key_hash, :scopes, :created_at, :expires_at, :revoked_at)",
        named_params! {
            ":site": key.site,
            ":id": key.id,
            ":key_hash": key.hash,
            ":scopes": key.scopes.to_string(),
            ":created_at": key.created_at,
            ":expires_at": key.expires_at,
            ":revoked_at": key.revoked_at,
        },
    )
}

/// Takes a key back from `at` on. Returns whether there was one in force.
pub fn revoke(tx: &WriteTx, site: SiteNo, id: &str, at: Timestamp) -> Result<bool> {
    let changed = tx.run(
        "update api_keys set revoked_at = :at
         where site = :site and id = :id and (revoked_at is null or revoked_at > :at)",
        named_params! { ":site": site, ":id": id, ":at": at },
    )?;
    Ok(changed > 0)
}

/// Notes a call with a key. A later one stays.
pub fn mark_used(tx: &WriteTx, site: SiteNo, no: i64) -> Result<()> {
    tx.run(
        "update api_keys set last_used_at = :now
         where site = :site and no = :no and (last_used_at is null or last_used_at < :now)",
        named_params! { ":site": site, ":no": no, ":now": tx.now() },
    )?;
    Ok(())
}
