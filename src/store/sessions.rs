//! Sessions of the dashboard.

use rusqlite::{Row, named_params};

use super::{ReadTx, WriteTx};
use crate::domain::keys::KeyHash;
use crate::domain::sessions::Session;
use crate::domain::{Result, SiteNo, Timestamp};

const COLUMNS: &str = "token_hash, site, user, created_at, seen_at";

fn from_row(row: &Row) -> rusqlite::Result<Session> {
    Ok(Session {
        hash: row.get("token_hash")?,
        site: row.get("site")?,
        user: row.get("user")?,
        created_at: row.get("created_at")?,
        seen_at: row.get("seen_at")?,
    })
}

/// The session of a token's hash: this is how a browser's site becomes known.
pub fn by_hash(tx: &ReadTx, hash: &KeyHash) -> Result<Option<Session>> {
    tx.first(sql!("select {COLUMNS} from sessions where token_hash = :hash"), named_params! { ":hash": hash }, from_row)
}

/// Adds a session.
pub fn insert(tx: &WriteTx, session: &Session) -> Result<()> {
    tx.run(
        "insert into sessions (token_hash, site, user, created_at, seen_at)
         values (:hash, :site, :user, :created_at, :seen_at)",
        named_params! {
            ":hash": session.hash,
            ":site": session.site,
            ":user": session.user,
            ":created_at": session.created_at,
            ":seen_at": session.seen_at,
        },
    )?;
    Ok(())
}

/// Notes a request.
pub fn see(tx: &WriteTx, site: SiteNo, hash: &KeyHash, at: Timestamp) -> Result<()> {
    tx.run(
        "update sessions set seen_at = :at where site = :site and token_hash = :hash and seen_at < :at",
        named_params! { ":site": site, ":hash": hash, ":at": at },
    )?;
    Ok(())
}

/// Ends a session.
pub fn delete(tx: &WriteTx, site: SiteNo, hash: &KeyHash) -> Result<()> {
    tx.run(
        "delete from sessions where site = :site and token_hash = :hash",
        named_params! { ":site": site, ":hash": hash },
    )?;
    Ok(())
}

/// Ends every session of a user but one. Returns how many there were.
pub fn delete_others(tx: &WriteTx, site: SiteNo, user: i64, keep: Option<&KeyHash>) -> Result<usize> {
    tx.run(
        "delete from sessions where site = :site and user = :user and (:keep is null or token_hash <> :keep)",
        named_params! { ":site": site, ":user": user, ":keep": keep },
    )
}

/// Forgets a user's sessions that ended by themselves.
pub fn delete_old(tx: &WriteTx, site: SiteNo, user: i64, created: Timestamp, seen: Timestamp) -> Result<()> {
    tx.run(
        "delete from sessions
         where site = :site and user = :user and (created_at <= :created or seen_at <= :seen)",
        named_params! { ":site": site, ":user": user, ":created": created, ":seen": seen },
    )?;
    Ok(())
}
