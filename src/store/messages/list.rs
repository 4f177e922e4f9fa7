//! Letters as lists show them.

use rusqlite::{Row, named_params};

use super::{COLUMNS, from_row};
use crate::domain::messages::{Message, MessageStatus};
use crate::domain::{Result, SiteNo, Timestamp};
use crate::store::ReadTx;
use crate::store::listing::{Conditions, Page};

/// Which letters a list is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Public id of the cart that they are about.
    pub cart_id: Option<String>,
    /// Where they stand.
    pub status: Option<MessageStatus>,
    /// 1 for the first of its sequence.
    pub step: Option<i64>,
    /// Matched address.
    pub address: Option<String>,
    /// Written later than this.
    pub created_after: Option<Timestamp>,
    /// Written earlier than this.
    pub created_before: Option<Timestamp>,
}

impl Filter {
    fn conditions(&self, site: SiteNo) -> Conditions<'_> {
        Conditions::default()
            .with(":site", site)
            .when(
                self.cart_id.as_ref(),
                ":cart_id",
                "cart = (select no from carts where site = :site and id = :cart_id)",
            )
            .when(self.status, ":status", "status = :status")
            .when(self.step, ":step", "step = :step")
            .when(self.address.as_ref(), ":address", "address = :address")
            .when(self.created_after, ":after", "created_at > :after")
            .when(self.created_before, ":before", "created_at < :before")
    }
}

pub(super) const CART_ID: &str = "(select id from carts where no = messages.cart) as cart_id";

pub(super) fn with_cart_id(row: &Row) -> rusqlite::Result<(Message, Option<String>)> {
    Ok((from_row(row)?, row.get("cart_id")?))
}

/// One page of a site's letters, each with its cart's public id.
pub fn page(tx: &ReadTx, site: SiteNo, filter: &Filter, page: &Page) -> Result<Vec<(Message, Option<String>)>> {
    let conditions = filter.conditions(site).of(page, "created_at", "id");
    let (more, direction) = (&conditions.text, page.direction());
    let sql = format!(
        "select {COLUMNS}, {CART_ID} from messages where site = :site{more}
         order by created_at {direction}, id {direction} limit :limit offset :offset"
    );
    tx.all_made(&sql, conditions.bind().as_slice(), with_cart_id)
}

/// How many letters match.
pub fn count(tx: &ReadTx, site: SiteNo, filter: &Filter) -> Result<i64> {
    let conditions = filter.conditions(site);
    let sql = format!("select count(*) as count from messages where site = :site{}", conditions.text);
    tx.one_made(&sql, conditions.bind().as_slice(), |row| row.get("count"))
}

/// A site's letter by its public id, with its cart's.
pub fn shown(tx: &ReadTx, site: SiteNo, id: &str) -> Result<Option<(Message, Option<String>)>> {
    tx.first(
        sql!("select {COLUMNS}, {CART_ID} from messages where site = :site and id = :id"),
        named_params! { ":site": site, ":id": id },
        with_cart_id,
    )
}

/// What a letter said; what is absent was never kept, or is gone.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Said {
    /// The header lines, one a line.
    pub headers: Option<String>,
    /// For programs that show HTML.
    pub html: Option<String>,
    /// For those that do not.
    pub text: Option<String>,
}

/// What a letter said, with its headers.
pub fn said(tx: &ReadTx, message: i64) -> Result<Said> {
    let found = tx.first(
        "select headers, html, text from message_bodies where message = :message",
        named_params! { ":message": message },
        |row| Ok(Said { headers: row.get("headers")?, html: row.get("html")?, text: row.get("text")? }),
    )?;
    Ok(found.unwrap_or_default())
}
