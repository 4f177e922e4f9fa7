//! Rows that are older than a shop wants to keep people for. What was stripped already is not among them.

use rusqlite::named_params;

use super::Reach;
use crate::domain::{Result, SiteNo, Timestamp};
use crate::store::ReadTx;

/// Up to `limit` rows of each noun that were touched last before an instant: carts by their last change, letters by when they
/// were written, sales by when they were bought, and customers who joined before it, whose last entry, purchase and cart lie
/// before it, and who have no balance.
pub fn old(tx: &ReadTx, site: SiteNo, before: Timestamp, limit: i64) -> Result<Reach> {
    let no = |row: &rusqlite::Row| row.get("no");
    let carts = tx.all(
        "select no from carts
         where site = :site and updated_at < :before and deleted_at is null
         order by updated_at limit :limit",
        named_params! { ":site": site, ":before": before, ":limit": limit },
        no,
    )?;
    let letters = tx.all(
        "select no from messages
         where site = :site and created_at < :before and address is not null and status not in ('queued', 'sending')
         order by created_at limit :limit",
        named_params! { ":site": site, ":before": before, ":limit": limit },
        no,
    )?;
    let sales = tx.all(
        "select no from purchases
         where site = :site and at < :before
           and (address is not null or (order_id is not null and substr(order_id, 1, 7) <> 'erased_'))
         order by at limit :limit",
        named_params! { ":site": site, ":before": before, ":limit": limit },
        no,
    )?;
    let members = tx.all(
        "select c.no from customers c
         where c.site = :site and c.created_at < :before and substr(c.id, 1, 7) <> 'erased_'
           and not exists (select 1 from loyalty_entries e where e.customer = c.no and e.at >= :before)
           and not exists (select 1 from loyalty_balances b where b.customer = c.no and b.balance <> 0)
           and not exists (select 1 from purchases p
                           where p.site = :site and p.address = c.address and p.at >= :before)
           and not exists (select 1 from carts k
                           where k.site = :site and k.address = c.address and k.last_activity >= :before)
           and not exists (select 1 from carts k
                           where k.site = :site and k.customer_id = c.id and k.last_activity >= :before)
         order by c.created_at limit :limit",
        named_params! { ":site": site, ":before": before, ":limit": limit },
        no,
    )?;
    Ok(Reach { carts, letters, sales, members })
}
