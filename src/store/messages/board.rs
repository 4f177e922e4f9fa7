//! Letters as a shop's people look at them: what waits, what can be read, and what became of them by step.

use rusqlite::named_params;

use super::list::{CART_ID, with_cart_id};
use super::{COLUMNS, COUNTED};
use crate::domain::messages::Message;
use crate::domain::{Currency, Result, SiteNo, Timestamp};
use crate::store::ReadTx;

/// The letters that wait, those that leave first before the others, after one that is due at an instant.
pub fn waiting(
    tx: &ReadTx,
    site: SiteNo,
    after: Option<(Timestamp, i64)>,
    limit: i64,
) -> Result<Vec<(Message, Option<String>)>> {
    let (at, no) = after.unwrap_or((Timestamp::MIN, 0));
    tx.all(
        sql!(
            "select {COLUMNS}, {CART_ID} from messages
             where site = :site and status = 'queued' and due_at is not null and due_at >= :at
               and (due_at, no) > (:at, :no)
             order by due_at, no limit :limit"
        ),
        named_params! { ":site": site, ":at": at, ":no": no, ":limit": limit },
        with_cart_id,
    )
}

/// How many letters wait.
pub fn count_waiting(tx: &ReadTx, site: SiteNo) -> Result<i64> {
    tx.one(
        "select count(*) as count from messages where site = :site and status = 'queued' and due_at is not null",
        named_params! { ":site": site },
        |row| row.get("count"),
    )
}

/// The letters that were sent last and whose text is kept, the newest first, before one that was sent at an instant.
pub fn readable(
    tx: &ReadTx,
    site: SiteNo,
    address: Option<&str>,
    before: Option<(Timestamp, i64)>,
    limit: i64,
) -> Result<Vec<(Message, Option<String>)>> {
    let (at, no) = before.unwrap_or((tx.now(), i64::MAX));
    let first = if address.is_some() { "address = :address and" } else { "" };
    tx.all_made(
        &format!(
            "select {COLUMNS}, {CART_ID} from messages
             where site = :site and {first} sent_at <= :at and (sent_at, no) < (:at, :no) and status = 'sent'
               and (:address is null or address = :address)
               and exists (select 1 from message_bodies b where b.message = messages.no)
             order by sent_at desc, no desc limit :limit"
        ),
        named_params! { ":site": site, ":address": address, ":at": at, ":no": no, ":limit": limit },
        with_cart_id,
    )
}

/// What became of the letters of a step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OfStep {
    /// 1 for the first.
    pub step: i64,
    /// Letters sent.
    pub sent: i64,
    /// Of those, opened by somebody who is no machine.
    pub opened: i64,
    /// Clicked likewise.
    pub clicked: i64,
    /// Came back.
    pub bounced: i64,
    /// Led to an unsubscribe.
    pub unsubscribed: i64,
}

/// What became of the letters that were sent between two instants, both included, by step.
pub fn by_step(tx: &ReadTx, site: SiteNo, from: Timestamp, to: Timestamp) -> Result<Vec<OfStep>> {
    tx.all(
        sql!(
            "select m.step, count(*) as sent, sum(m.opened) as opened, sum(m.clicked) as clicked,
                    sum(m.bounced) as bounced, sum(m.unsubscribed) as unsubscribed
             from messages m left join carts c on c.no = m.cart
             where m.site = :site and m.sent_at between :from and :to and {COUNTED}
             group by m.step order by m.step"
        ),
        named_params! { ":site": site, ":from": from, ":to": to },
        |row| {
            Ok(OfStep {
                step: row.get("step")?,
                sent: row.get("sent")?,
                opened: row.get("opened")?,
                clicked: row.get("clicked")?,
                bounced: row.get("bounced")?,
                unsubscribed: row.get("unsubscribed")?,
            })
        },
    )
}

/// What the letters that were sent between two instants, both included, won back: step, currency, purchases, and their
/// totals less their refunds.
pub fn won_by_step(
    tx: &ReadTx,
    site: SiteNo,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<(i64, Currency, i64, i64)>> {
    tx.all(
        "select m.step, p.currency, count(*) as recovered,
                sum(p.total - coalesce((select sum(r.amount) from refunds r where r.purchase = p.no), 0)) as revenue
         from purchases p join messages m on m.no = p.message
         where p.site = :site and p.at >= :from and p.recovered_cart is not null
           and m.site = :site and m.sent_at between :from and :to
         group by m.step, p.currency order by m.step, p.currency",
        named_params! { ":site": site, ":from": from, ":to": to },
        |row| Ok((row.get("step")?, row.get("currency")?, row.get("recovered")?, row.get("revenue")?)),
    )
}
