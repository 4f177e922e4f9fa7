//! Answers to writes that their callers marked with a key.

use rusqlite::{Row, named_params};

use super::{ReadTx, WriteTx};
use crate::domain::idempotency::{Fingerprint, Marked};
use crate::domain::{Result, SiteNo, Timestamp};

/// A kept answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    /// Of the call that came first.
    pub fingerprint: Fingerprint,
    /// Status code of its answer.
    pub status: u16,
    /// The answer's body; absent once erased.
    pub body: Option<String>,
}

const COLUMNS: &str = "fingerprint, status, body";

fn from_row(row: &Row) -> rusqlite::Result<Kept> {
    Ok(Kept { fingerprint: row.get("fingerprint")?, status: row.get("status")?, body: row.get("body")? })
}

/// The answer kept under a key later than an instant.
pub fn by_key(tx: &ReadTx, site: SiteNo, key: &str, after: Timestamp) -> Result<Option<Kept>> {
    tx.first(
        sql!("select {COLUMNS} from idempotency_keys where site = :site and key = :key and created_at > :after"),
        named_params! { ":site": site, ":key": key, ":after": after },
        from_row,
    )
}

/// Keeps an answer, in the place of one whose day is over.
pub fn put(tx: &WriteTx, site: SiteNo, marked: &Marked, status: u16, body: &str) -> Result<()> {
    tx.run(
        "insert into idempotency_keys (site, key, fingerprint, status, body, created_at)
         values (:site, :key, :fingerprint, :status, :body, :now)
         on conflict (site, key) do update set
             fingerprint = excluded.fingerprint, status = excluded.status, body = excluded.body,
             created_at = excluded.created_at",
        named_params! {
            ":site": site,
            ":key": marked.key,
            ":fingerprint": marked.fingerprint,
            ":status": status,
            ":body": body,
            ":now": tx.now(),
        },
    )?;
    Ok(())
}

/// Erases the bodies of a site's answers that hold a text. There is a day's worth of them.
pub fn erase_bodies_with(tx: &WriteTx, site: SiteNo, text: &str) -> Result<()> {
    tx.run(
        "update idempotency_keys set body = null where site = :site and instr(body, :text) > 0",
        named_params! { ":site": site, ":text": text },
    )?;
    Ok(())
}

/// Whether any site has answers from up to an instant.
pub fn has_before(tx: &ReadTx, until: Timestamp) -> Result<bool> {
    tx.one(
        "select exists (select 1 from idempotency_keys where created_at <= :until) as has",
        named_params! { ":until": until },
        |row| row.get("has"),
    )
}

/// Deletes up to `limit` answers of all sites from up to an instant.
pub fn delete_before(tx: &WriteTx, until: Timestamp, limit: i64) -> Result<usize> {
    tx.run(
        "delete from idempotency_keys
         where (site, key) in (
             select site, key from idempotency_keys where created_at <= :until order by created_at limit :limit
         )",
        named_params! { ":until": until, ":limit": limit },
    )
}
