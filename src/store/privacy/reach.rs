//! The rows that are about somebody, by our own numbers: they are read once and then stay the same while what they were found
//! by goes.

use rusqlite::named_params;

use crate::domain::{Result, SiteNo};
use crate::store::ReadTx;

/// Rows, by our own numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// Carts.
    pub carts: Vec<i64>,
    /// Letters.
    pub letters: Vec<i64>,
    /// Purchases.
    pub sales: Vec<i64>,
    /// Customers.
    pub members: Vec<i64>,
}

impl Reach {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        *self == Reach::default()
    }
}

/// The rows about an address, `matched`; `shown` is how it was spelled now. A cart, letter or sale without an address is
/// somebody's by its cart, and a cart by its customer, or by the browser or visit that it shares with one that has the
/// address.
pub fn of_address(tx: &ReadTx, site: SiteNo, matched: &str, shown: &str) -> Result<Reach> {
    let no = |row: &rusqlite::Row| row.get("no");
    let members = tx.all(
        "select no from customers where site = :site and address = :address
         union select no from customers where site = :site and id in (:address, :shown) and address is null",
        named_params! { ":site": site, ":address": matched, ":shown": shown },
        no,
    )?;
    let carts: Vec<i64> = tx.all(
        "select no from carts where site = :site and address = :address
         union select no from carts where site = :site and customer_id in (:address, :shown) and address is null
         union select no from carts where site = :site and address is null and customer_id in (
             select id from customers where +site = :site and no in (select value from json_each(:members)))
         union select no from carts where site = :site and address is null and visitor in (
             select visitor from carts where site = :site and address = :address and visitor is not null)
         union select no from carts where site = :site and address is null and session_id in (
             select session_id from carts where site = :site and address = :address and session_id is not null)",
        named_params! {
            ":site": site,
            ":address": matched,
            ":shown": shown,
            ":members": serde_json::json!(members).to_string(),
        },
        no,
    )?;
    let of_carts = serde_json::json!(carts).to_string();
    let letters = tx.all(
        "select no from messages where site = :site and address = :address
         union select no from messages
             where +site = :site and address is null and cart in (select value from json_each(:carts))",
        named_params! { ":site": site, ":address": matched, ":carts": of_carts },
        no,
    )?;
    let sales = tx.all(
        "select no from purchases where site = :site and address = :address
         union select no from purchases
             where +site = :site and address is null and cart in (select value from json_each(:carts))",
        named_params! { ":site": site, ":address": matched, ":carts": of_carts },
        no,
    )?;
    Ok(Reach { carts, letters, sales, members })
}
