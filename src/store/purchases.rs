//! Sales and refunds.

mod list;

use rusqlite::{Row, named_params};

use super::cells::Cells;
use super::counts::{self, Hourly};
use super::tx::inserted;
use super::{ReadTx, WriteTx};
use crate::domain::purchases::{Purchase, Refund};
use crate::domain::{Currency, EmailAddress, Result, SiteNo, Timestamp};

pub use list::{Filter, Shown, count, page, shown};

const COLUMNS: &str = "no, id, order_id, email, cart, currency, total, at, source, verified, paired, reply, last_cart, recovered_cart, \
     message";

fn from_row(row: &Row) -> rusqlite::Result<Purchase> {
    read(&mut Cells::of(row))
}

fn read(cells: &mut Cells) -> rusqlite::Result<Purchase> {
    Ok(Purchase {
        no: cells.get("no")?,
        id: cells.get("id")?,
        order_id: cells.get("order_id")?,
        email: cells.get("email")?,
        cart: cells.get("cart")?,
        currency: cells.get("currency")?,
        total: cells.get("total")?,
        at: cells.get("at")?,
        source: cells.get("source")?,
        verified: cells.get("verified")?,
        paired: cells.get("paired")?,
        reply: cells.get("reply")?,
        last_cart: cells.get("last_cart")?,
        recovered_cart: cells.get("recovered_cart")?,
        message: cells.get("message")?,
    })
}

/// A site's purchase by its public id.
pub fn by_id(tx: &ReadTx, site: SiteNo, id: &str) -> Result<Option<Purchase>> {
    tx.first(
        sql!("select {COLUMNS} from purchases where site = :site and id = :id"),
        named_params! { ":site": site, ":id": id },
        from_row,
    )
}

/// A site's purchase by our own number.
pub fn by_no(tx: &ReadTx, site: SiteNo, no: i64) -> Result<Option<Purchase>> {
    tx.first(
        sql!("select {COLUMNS} from purchases where no = :no and site = :site"),
        named_params! { ":site": site, ":no": no },
        from_row,
    )
}

/// A site's purchase by the shop's order number.
pub fn by_order_id(tx: &ReadTx, site: SiteNo, order_id: &str) -> Result<Option<Purchase>> {
    tx.first(
        sql!("select {COLUMNS} from purchases where site = :site and order_id = :order_id"),
        named_params! { ":site": site, ":order_id": order_id },
        from_row,
    )
}

/// The purchase that a cart became.
pub fn of_cart(tx: &ReadTx, site: SiteNo, cart: i64) -> Result<Option<Purchase>> {
    tx.first(
        sql!("select {COLUMNS} from purchases where cart = :cart and site = :site order by no limit 1"),
        named_params! { ":site": site, ":cart": cart },
        from_row,
    )
}

/// The sale that won a cart back.
pub fn recovering(tx: &ReadTx, site: SiteNo, cart: i64) -> Result<Option<Purchase>> {
    tx.first(
        sql!("select {COLUMNS} from purchases where recovered_cart = :cart and site = :site"),
        named_params! { ":site": site, ":cart": cart },
        from_row,
    )
}

/// Whether the site has any sale.
pub fn any(tx: &ReadTx, site: SiteNo) -> Result<bool> {
    tx.one(
        "select exists (select 1 from purchases where site = :site) as there",
        named_params! { ":site": site },
        |row| row.get("there"),
    )
}

/// The purchases of a matched address since an instant, the newest first.
pub fn of_address_since(tx: &ReadTx, site: SiteNo, address: &str, since: Timestamp) -> Result<Vec<Purchase>> {
    tx.all(
        sql!(
            "select {COLUMNS} from purchases
             where site = :site and address = :address and at >= :since
             order by at desc, no desc"
        ),
        named_params! { ":site": site, ":address": address, ":since": since },
        from_row,
    )
}

/// The purchases of a browser's carts since an instant, the newest first.
pub fn of_visitor_since(tx: &ReadTx, site: SiteNo, visitor: &str, since: Timestamp) -> Result<Vec<Purchase>> {
    tx.all(
        sql!(
            "select {COLUMNS} from purchases
             where site = :site and at >= :since
               and cart in (select no from carts where site = :site and visitor = :visitor)
             order by at desc, no desc"
        ),
        named_params! { ":site": site, ":visitor": visitor, ":since": since },
        from_row,
    )
}

/// When somebody bought last, since an instant and by a server's word: by this address, or through a cart of the same
/// customer or browser, whatever address that one had.
pub fn newest_of_shopper(
    tx: &ReadTx,
    site: SiteNo,
    address: &str,
    (customer_id, visitor): (Option<&str>, Option<&str>),
    since: Timestamp,
) -> Result<Option<Timestamp>> {
    tx.one(
        "select max(at) as at from (
             select at from purchases
             where site = :site and address = :address and at >= :since and verified = 1
             union all
             select p.at from carts c join purchases p on p.cart = c.no
             where c.site = :site and c.customer_id = :customer_id and p.at >= :since and p.verified = 1
             union all
             select p.at from carts c join purchases p on p.cart = c.no
             where c.site = :site and c.visitor = :visitor and p.at >= :since and p.verified = 1
         )",
        named_params! {
            ":site": site,
            ":address": address,
            ":customer_id": customer_id,
            ":visitor": visitor,
            ":since": since,
        },
        |row| row.get("at"),
    )
}

/// Adds a purchase and returns our own number.
pub fn insert(tx: &WriteTx, site: SiteNo, purchase: &Purchase) -> Result<i64> {
    inserted(insert_new(tx, site, purchase)?)
}

/// The same unless there is one of this id.
pub fn insert_new(tx: &WriteTx, site: SiteNo, purchase: &Purchase) -> Result<Option<i64>> {
    tx.insert_new(
        "insert into purchases
             (site, id, order_id, email, address, cart, currency, total, at, source, verified, paired, reply,
              last_cart, recovered_cart, message)
         values
             (:site, :id, :order_id, :email, :address, :cart, :currency, :total, :at, :source, :verified, :paired, :reply,
              :last_cart, :recovered_cart, :message)
         on conflict (site, id) do nothing",
        named_params! {
            ":site": site,
            ":id": purchase.id,
            ":order_id": purchase.order_id,
            ":email": purchase.email,
            ":address": purchase.email.as_ref().map(|email| email.matched()),
            ":cart": purchase.cart,
            ":currency": purchase.currency,
            ":total": purchase.total,
            ":at": purchase.at,
            ":source": purchase.source,
            ":verified": purchase.verified,
            ":paired": purchase.paired,
            ":reply": purchase.reply,
            ":last_cart": purchase.last_cart,
            ":recovered_cart": purchase.recovered_cart,
            ":message": purchase.message,
        },
    )
}

/// Writes what can still become known of a purchase.
pub fn update(tx: &WriteTx, purchase: &Purchase) -> Result<()> {
    tx.run(
        "update purchases
         set order_id = :order_id, cart = :cart, total = :total, source = :source, verified = :verified,
             paired = :paired, reply = :reply, recovered_cart = :recovered_cart, message = :message
         where no = :no",
        named_params! {
            ":no": purchase.no,
            ":order_id": purchase.order_id,
            ":cart": purchase.cart,
            ":total": purchase.total,
            ":source": purchase.source,
            ":verified": purchase.verified,
            ":reply": purchase.reply,
            ":paired": purchase.paired,
            ":recovered_cart": purchase.recovered_cart,
            ":message": purchase.message,
        },
    )?;
    Ok(())
}

/// How many recovered carts were bought from one instant up to and including another.
pub fn count_recovered(tx: &ReadTx, site: SiteNo, from: Timestamp, to: Timestamp) -> Result<i64> {
    counts::between(tx, site, (Hourly::Recovered, "[0]"), (from, to), |from, to| {
        tx.one(
            "select count(*) as count from purchases
             where site = :site and at between :from and :to and recovered_cart is not null",
            named_params! { ":site": site, ":from": from, ":to": to },
            |row| row.get("count"),
        )
    })
}

/// A recovery, as lists show it.
#[derive(Clone, Debug, PartialEq)]
pub struct Recovery {
    /// The buyer; absent once erased.
    pub email: Option<EmailAddress>,
    /// When it was bought.
    pub at: Timestamp,
    /// As ordered, minor units; refunds do not change it.
    pub total: i64,
    /// Of `total`.
    pub currency: Currency,
    /// Public id of the cart that came back.
    pub cart: Option<String>,
}

/// The newest recoveries from one instant up to and including another, the newest first.
pub fn newest_recoveries(
    tx: &ReadTx,
    site: SiteNo,
    from: Timestamp,
    to: Timestamp,
    limit: i64,
) -> Result<Vec<Recovery>> {
    tx.all(
        "select email, at, total, currency, (select id from carts where no = recovered_cart) as cart from purchases
         where site = :site and at between :from and :to and recovered_cart is not null
         order by at desc, no desc limit :limit",
        named_params! { ":site": site, ":from": from, ":to": to, ":limit": limit },
        |row| {
            Ok(Recovery {
                email: row.get("email")?,
                at: row.get("at")?,
                total: row.get("total")?,
                currency: row.get("currency")?,
                cart: row.get("cart")?,
            })
        },
    )
}

/// A purchase's refunds in the order in which they were given, each with our own number.
pub fn refunds_of(tx: &ReadTx, site: SiteNo, purchase: i64) -> Result<Vec<(i64, Refund)>> {
    tx.all(
        "select no, id, amount, at from refunds where purchase = :purchase and site = :site order by no",
        named_params! { ":site": site, ":purchase": purchase },
        |row| Ok((row.get("no")?, Refund { id: row.get("id")?, amount: row.get("amount")?, at: row.get("at")? })),
    )
}

/// Adds a refund of a purchase and returns our own number.
pub fn insert_refund(tx: &WriteTx, site: SiteNo, purchase: i64, refund: &Refund) -> Result<i64> {
    tx.insert(
        "insert into refunds (site, id, purchase, amount, at) values (:site, :id, :purchase, :amount, :at)",
        named_params! {
            ":site": site,
            ":id": refund.id,
            ":purchase": purchase,
            ":amount": refund.amount,
            ":at": refund.at,
        },
    )
}

/// A site's refund by its public id, with the id of its purchase.
pub fn refund_by_id(tx: &ReadTx, site: SiteNo, id: &str) -> Result<Option<(Refund, String)>> {
    tx.first(
        "select r.id, r.amount, r.at, p.id as purchase_id
         from refunds r join purchases p on p.no = r.purchase
         where r.site = :site and r.id = :id",
        named_params! { ":site": site, ":id": id },
        refund_from_row,
    )
}

/// Our own number of a site's refund.
pub fn refund_no(tx: &ReadTx, site: SiteNo, id: &str) -> Result<Option<i64>> {
    tx.first(
        "select no from refunds where site = :site and id = :id",
        named_params! { ":site": site, ":id": id },
        |row| row.get("no"),
    )
}

/// What was given back of a purchase so far, minor units.
pub fn refunded(tx: &ReadTx, purchase: i64) -> Result<i64> {
    tx.one(
        "select coalesce(sum(amount), 0) as amount from refunds where purchase = :purchase",
        named_params! { ":purchase": purchase },
        |row| row.get("amount"),
    )
}

/// What a purchase says for the figures: when, currency, total less refunds, whether it recovered a cart.
const FIGURES: &str = "p.at, p.currency, p.recovered_cart is not null as recovered, \
     p.total - (select coalesce(sum(r.amount), 0) from refunds r where r.purchase = p.no) as net";

/// Hands every purchase of a site to `each`, for the figures: when, currency, total less refunds, whether recovered.
pub fn walk_figures(
    tx: &ReadTx,
    site: SiteNo,
    mut each: impl FnMut(Timestamp, Currency, i64, bool) -> Result<()>,
) -> Result<()> {
    tx.walk(sql!("select {FIGURES} from purchases p where p.site = :site"), named_params! { ":site": site }, |row| {
        each(row.get("at")?, row.get("currency")?, row.get("net")?, row.get("recovered")?)
    })
}

/// The same for those from one instant up to and including another, without the instant.
pub fn walk_figures_between(
    tx: &ReadTx,
    site: SiteNo,
    (from, to): (Timestamp, Timestamp),
    mut each: impl FnMut(Currency, i64, bool) -> Result<()>,
) -> Result<()> {
    tx.walk(
        sql!("select {FIGURES} from purchases p where p.site = :site and p.at between :from and :to"),
        named_params! { ":site": site, ":from": from, ":to": to },
        |row| each(row.get("currency")?, row.get("net")?, row.get("recovered")?),
    )
}

/// Hands every purchase of a site to `each`, by id.
pub fn walk(tx: &ReadTx, site: SiteNo, mut each: impl FnMut(Purchase) -> Result<()>) -> Result<()> {
    tx.walk(
        sql!("select {COLUMNS} from purchases where site = :site order by id"),
        named_params! { ":site": site },
        |row| each(from_row(row)?),
    )
}

/// Hands every refund of a site to `each`, by id, with the id of its purchase.
pub fn walk_refunds(tx: &ReadTx, site: SiteNo, mut each: impl FnMut(Refund, String) -> Result<()>) -> Result<()> {
    tx.walk(
        "select r.id, r.amount, r.at, p.id as purchase_id
         from refunds r join purchases p on p.no = r.purchase
         where r.site = :site order by r.id",
        named_params! { ":site": site },
        |row| {
            let (refund, purchase_id) = refund_from_row(row)?;
            each(refund, purchase_id)
        },
    )
}

fn refund_from_row(row: &Row) -> rusqlite::Result<(Refund, String)> {
    let refund = Refund { id: row.get("id")?, amount: row.get("amount")?, at: row.get("at")? };
    Ok((refund, row.get("purchase_id")?))
}
