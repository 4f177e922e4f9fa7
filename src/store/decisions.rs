//! Why letters were sent or not.

use rusqlite::{Row, named_params};

use super::{ReadTx, WriteTx};
use crate::domain::letters::Decision;
use crate::domain::{Result, SiteNo};

const COLUMNS: &str = "no, sequence_id, step, at, outcome, reason, until, message";

fn from_row(row: &Row) -> rusqlite::Result<Decision> {
    Ok(Decision {
        sequence_id: row.get("sequence_id")?,
        step: row.get("step")?,
        at: row.get("at")?,
        outcome: row.get("outcome")?,
        reason: row.get("reason")?,
        until: row.get("until")?,
        message: row.get("message")?,
    })
}

/// Keeps a decision about a cart.
pub fn insert(tx: &WriteTx, site: SiteNo, cart: i64, decision: &Decision) -> Result<()> {
    tx.insert(
        "insert into decisions (site, cart, sequence_id, step, at, outcome, reason, until, message)
         values (:site, :cart, :sequence_id, :step, :at, :outcome, :reason, :until, :message)",
        named_params! {
            ":site": site,
            ":cart": cart,
            ":sequence_id": decision.sequence_id,
            ":step": decision.step,
            ":at": decision.at,
            ":outcome": decision.outcome,
            ":reason": decision.reason,
            ":until": decision.until,
            ":message": decision.message,
        },
    )?;
    Ok(())
}

/// Whether the very same decision is already kept.
pub fn is_kept(tx: &ReadTx, site: SiteNo, cart: i64, decision: &Decision) -> Result<bool> {
    Ok(about(tx, site, cart)?.contains(decision))
}

/// Hands every decision of a site to `each`, by cart and time, with the public ids of cart and letter.
pub fn walk(
    tx: &ReadTx,
    site: SiteNo,
    mut each: impl FnMut(Decision, String, Option<String>) -> Result<()>,
) -> Result<()> {
    tx.walk(
        "select d.no, d.sequence_id, d.step, d.at, d.outcome, d.reason, d.until, d.message,
                c.id as cart_id, m.id as message_id
         from decisions d
         join carts c on c.no = d.cart
         left join messages m on m.no = d.message
         where d.site = :site
         order by c.id, d.at, d.step, d.no",
        named_params! { ":site": site },
        |row| each(from_row(row)?, row.get("cart_id")?, row.get("message_id")?),
    )
}

/// The decisions about a cart, oldest first. The `+` keeps SQLite from going through all of the site's in order of time.
pub fn about(tx: &ReadTx, site: SiteNo, cart: i64) -> Result<Vec<Decision>> {
    tx.all(
        sql!("select {COLUMNS} from decisions where cart = :cart and +site = :site order by at, no"),
        named_params! { ":site": site, ":cart": cart },
        from_row,
    )
}

/// The newest decision about a cart.
pub fn newest(tx: &ReadTx, site: SiteNo, cart: i64) -> Result<Option<Decision>> {
    tx.first(
        sql!("select {COLUMNS} from decisions where cart = :cart and +site = :site order by at desc, no desc limit 1"),
        named_params! { ":site": site, ":cart": cart },
        from_row,
    )
}
