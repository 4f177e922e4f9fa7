//! Calls that confirmed purchases, or tried to.

use rusqlite::{Row, named_params};

use super::{ReadTx, WriteTx};
use crate::domain::confirmations::Call;
use crate::domain::{Result, SiteNo};

fn from_row(row: &Row) -> rusqlite::Result<Call> {
    Ok(Call {
        at: row.get("at")?,
        code: row.get("code")?,
        purchase_id: row.get("purchase_id")?,
        order_id: row.get("order_id")?,
    })
}

/// The newest calls, the newest first.
pub fn newest(tx: &ReadTx, site: SiteNo, limit: i64) -> Result<Vec<Call>> {
    tx.all(
        "select c.at, c.code, p.id as purchase_id, p.order_id
         from confirmation_calls c left join purchases p on p.no = c.purchase
         where c.site = :site order by c.no desc limit :limit",
        named_params! { ":site": site, ":limit": limit },
        from_row,
    )
}

/// Whether the newest refused call came within the same second and got the same code.
pub fn refused_now(tx: &ReadTx, site: SiteNo, code: i64) -> Result<bool> {
    tx.one(
        "select coalesce((
             select at = :now and code = :code from confirmation_calls
             where site = :site and refused = 1 order by no desc limit 1
         ), 0) as told",
        named_params! { ":site": site, ":now": tx.now(), ":code": code },
        |row| row.get("told"),
    )
}

/// Adds a call, with our own number of the purchase that it told of.
pub fn insert(tx: &WriteTx, site: SiteNo, code: i64, refused: bool, purchase: Option<i64>) -> Result<()> {
    tx.insert(
        "insert into confirmation_calls (site, at, code, refused, purchase)
         values (:site, :at, :code, :refused, :purchase)",
        named_params! { ":site": site, ":at": tx.now(), ":code": code, ":refused": refused, ":purchase": purchase },
    )?;
    Ok(())
}

/// Forgets all but the newest of one kind.
pub fn forget_beyond(tx: &WriteTx, site: SiteNo, refused: bool, kept: i64) -> Result<()> {
    tx.run(
        "delete from confirmation_calls
         where site = :site and refused = :refused and no <= (
             select no from confirmation_calls
             where site = :site and refused = :refused order by no desc limit 1 offset :kept
         )",
        named_params! { ":site": site, ":refused": refused, ":kept": kept },
    )?;
    Ok(())
}
