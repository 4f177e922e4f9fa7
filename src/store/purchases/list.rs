//! Purchases as lists show them, with what was given back and the public ids of what they name.

use rusqlite::{Row, named_params};

use super::from_row;
use crate::domain::purchases::Purchase;
use crate::domain::{Currency, Result, SiteNo, Timestamp};
use crate::store::ReadTx;
use crate::store::listing::{Conditions, Page};

/// Which purchases a list is about.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Matched address.
    pub address: Option<String>,
    /// The shop's order number, exactly.
    pub order_id: Option<String>,
    /// Public id of the cart that was bought.
    pub cart_id: Option<String>,
    /// Of the total.
    pub currency: Option<Currency>,
    /// Whether somebody with a key said so.
    pub verified: Option<bool>,
    /// Whether it recovered a cart.
    pub recovered: Option<bool>,
    /// Bought later than this.
    pub created_after: Option<Timestamp>,
    /// Bought earlier than this.
    pub created_before: Option<Timestamp>,
}

impl Filter {
    fn conditions(&self, site: SiteNo) -> Conditions<'_> {
        let conditions = Conditions::default()
            .with(":site", site)
            .when(self.address.as_ref(), ":address", "address = :address")
            .when(self.order_id.as_ref(), ":order_id", "order_id = :order_id")
            .when(
                self.cart_id.as_ref(),
                ":cart_id",
                "cart = (select no from carts where site = :site and id = :cart_id)",
            )
            .when(self.currency, ":currency", "currency = :currency")
            .when(self.verified, ":verified", "verified = :verified")
            .when(self.created_after, ":after", "at > :after")
            .when(self.created_before, ":before", "at < :before");
        match self.recovered {
            Some(true) => conditions.always("recovered_cart is not null"),
            Some(false) => conditions.always("recovered_cart is null"),
            None => conditions,
        }
    }
}

/// A purchase as it is shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// The purchase.
    pub purchase: Purchase,
    /// What was given back of it, minor units.
    pub refunded: i64,
    /// Public id of the cart that was bought.
    pub cart_id: Option<String>,
    /// Public id of the cart that it recovered.
    pub recovered_cart_id: Option<String>,
    /// Public id of the letter that did it.
    pub message_id: Option<String>,
}

/// Columns of a shown purchase behind its own.
const SHOWN: &str = "(select coalesce(sum(amount), 0) from refunds where purchase = purchases.no) as refunded,
    (select id from carts where no = purchases.cart) as cart_id,
    (select id from carts where no = purchases.recovered_cart) as recovered_cart_id,
    (select id from messages where no = purchases.message) as message_id";

fn shown_from_row(row: &Row) -> rusqlite::Result<Shown> {
    Ok(Shown {
        purchase: from_row(row)?,
        refunded: row.get("refunded")?,
        cart_id: row.get("cart_id")?,
        recovered_cart_id: row.get("recovered_cart_id")?,
        message_id: row.get("message_id")?,
    })
}

/// One page of a site's purchases.
pub fn page(tx: &ReadTx, site: SiteNo, filter: &Filter, page: &Page) -> Result<Vec<Shown>> {
    let conditions = filter.conditions(site).of(page, "at", "id");
    let (columns, more, direction) = (super::COLUMNS, &conditions.text, page.direction());
    let sql = format!(
        "select {columns}, {SHOWN} from purchases where site = :site{more}
         order by at {direction}, id {direction} limit :limit offset :offset"
    );
    tx.all_made(&sql, conditions.bind().as_slice(), shown_from_row)
}

/// How many purchases match.
pub fn count(tx: &ReadTx, site: SiteNo, filter: &Filter) -> Result<i64> {
    let conditions = filter.conditions(site);
    let sql = format!("select count(*) as count from purchases where site = :site{}", conditions.text);
    tx.one_made(&sql, conditions.bind().as_slice(), |row| row.get("count"))
}

/// A site's purchase by its public id, as it is shown.
pub fn shown(tx: &ReadTx, site: SiteNo, id: &str) -> Result<Option<Shown>> {
    let columns = super::COLUMNS;
    tx.first_made(
        &format!("select {columns}, {SHOWN} from purchases where site = :site and id = :id"),
        named_params! { ":site": site, ":id": id },
        shown_from_row,
    )
}
