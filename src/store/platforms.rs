//! What platforms call carts, which of their messages were taken, and refunds that came before their orders.

use rusqlite::{Row, named_params};

use super::{ReadTx, WriteTx};
use crate::domain::platforms::ToldRefund;
use crate::domain::{Result, SiteNo, Timestamp};

/// What a platform's name stands for here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Named {
    /// Our own number of the cart.
    pub cart: Option<i64>,
    /// Our own number of the sale.
    pub purchase: Option<i64>,
    /// The newest word under this name: milliseconds since 1970.
    pub told_ms: i64,
}

/// What a name stands for.
pub fn named(tx: &ReadTx, site: SiteNo, name: &str) -> Result<Option<Named>> {
    tx.first(
        "select cart, purchase, told_ms from platform_names where site = :site and name = :name",
        named_params! { ":site": site, ":name": name },
        |row| Ok(Named { cart: row.get("cart")?, purchase: row.get("purchase")?, told_ms: row.get("told_ms")? }),
    )
}

/// Keeps what a name stands for. What is absent stays as it was; the newest word counts.
pub fn name(tx: &WriteTx, site: SiteNo, name: &str, named: Named) -> Result<()> {
    tx.run(
        "insert into platform_names (site, name, cart, purchase, told_ms)
         values (:site, :name, :cart, :purchase, :told_ms)
         on conflict (site, name) do update
         set cart = coalesce(excluded.cart, cart), purchase = coalesce(excluded.purchase, purchase),
             told_ms = max(excluded.told_ms, told_ms)",
        named_params! {
            ":site": site,
            ":name": name,
            ":cart": named.cart,
            ":purchase": named.purchase,
            ":told_ms": named.told_ms,
        },
    )?;
    Ok(())
}

/// Keeps that a message was taken now. Returns whether it is new.
pub fn take(tx: &WriteTx, site: SiteNo, id: &str) -> Result<bool> {
    let inserted = tx.run(
        "insert into taken_messages (site, id, at) values (:site, :id, :now) on conflict (site, id) do nothing",
        named_params! { ":site": site, ":id": id, ":now": tx.now() },
    )?;
    Ok(inserted > 0)
}

/// Forgets messages that were taken before an instant, a few at a time.
pub fn forget_taken(tx: &WriteTx, site: SiteNo, before: Timestamp) -> Result<()> {
    tx.run(
        "delete from taken_messages
         where site = :site and id in (
             select id from taken_messages where site = :site and at < :before order by at limit 50
         )",
        named_params! { ":site": site, ":before": before },
    )?;
    Ok(())
}

fn refund_from_row(row: &Row) -> rusqlite::Result<ToldRefund> {
    Ok(ToldRefund {
        id: row.get("id")?,
        order_id: row.get("order_id")?,
        amount: row.get("amount")?,
        currency: row.get("currency")?,
    })
}

/// Lets a refund wait for its order.
pub fn let_wait(tx: &WriteTx, site: SiteNo, refund: &ToldRefund) -> Result<()> {
    tx.run(
        "insert into waiting_refunds (site, id, order_id, amount, currency, at)
         values (:site, :id, :order_id, :amount, :currency, :now)
         on conflict (site, id) do nothing",
        named_params! {
            ":site": site,
            ":id": refund.id,
            ":order_id": refund.order_id,
            ":amount": refund.amount,
            ":currency": refund.currency,
            ":now": tx.now(),
        },
    )?;
    Ok(())
}

/// The refunds that wait for an order.
pub fn waiting_for(tx: &ReadTx, site: SiteNo, order_id: &str) -> Result<Vec<ToldRefund>> {
    tx.all(
        "select id, order_id, amount, currency from waiting_refunds
         where site = :site and order_id = :order_id order by id",
        named_params! { ":site": site, ":order_id": order_id },
        refund_from_row,
    )
}

/// Ends the waiting for an order, and of whatever has waited since before an instant.
pub fn end_waiting(tx: &WriteTx, site: SiteNo, order_id: &str, before: Timestamp) -> Result<()> {
    tx.run(
        "delete from waiting_refunds where site = :site and (order_id = :order_id or at < :before)",
        named_params! { ":site": site, ":order_id": order_id, ":before": before },
    )?;
    Ok(())
}
