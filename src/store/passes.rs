//! Links that open one thing once.

use rusqlite::{Row, named_params};

use super::{ReadTx, WriteTx};
use crate::domain::keys::KeyHash;
use crate::domain::passes::{Pass, Purpose};
use crate::domain::{Result, Timestamp};

const COLUMNS: &str = "token_hash, purpose, user, ends_at";

fn from_row(row: &Row) -> rusqlite::Result<Pass> {
    Ok(Pass {
        hash: row.get("token_hash")?,
        purpose: row.get("purpose")?,
        user: row.get("user")?,
        ends_at: row.get("ends_at")?,
    })
}

/// The link of a token's hash.
pub fn by_hash(tx: &ReadTx, hash: &KeyHash) -> Result<Option<Pass>> {
    tx.first(sql!("select {COLUMNS} from passes where token_hash = :hash"), named_params! { ":hash": hash }, from_row)
}

/// Adds a link.
pub fn insert(tx: &WriteTx, pass: &Pass) -> Result<()> {
    tx.run(
        "insert into passes (token_hash, purpose, user, ends_at) values (:hash, :purpose, :user, :ends_at)",
        named_params! {
            ":hash": pass.hash,
            ":purpose": pass.purpose,
            ":user": pass.user,
            ":ends_at": pass.ends_at,
        },
    )?;
    Ok(())
}

/// Uses a link up.
pub fn delete(tx: &WriteTx, hash: &KeyHash) -> Result<()> {
    tx.run("delete from passes where token_hash = :hash", named_params! { ":hash": hash })?;
    Ok(())
}

/// Forgets the links of a purpose, used or not; `until` spares those that end later.
pub fn delete_ended(tx: &WriteTx, purpose: Purpose, until: Timestamp) -> Result<()> {
    tx.run(
        "delete from passes where purpose = :purpose and ends_at <= :until",
        named_params! { ":purpose": purpose, ":until": until },
    )?;
    Ok(())
}
