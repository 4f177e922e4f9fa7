//! Customers.

mod list;

use rusqlite::{Row, named_params};

use super::counts::{self, Hourly};
use super::tx::inserted;
use super::{ReadTx, WriteTx};
use crate::domain::customers::{Custom, Customer};
use crate::domain::{Result, SiteNo, Timestamp};

pub use list::{Filter, count, delete, is_in_ledger, members_beginning, page};

const COLUMNS: &str = "no, id, email, code, card_number, first_name, last_name, phone, custom, created_at";

pub(super) fn from_row(row: &Row) -> rusqlite::Result<Customer> {
    Ok(Customer {
        id: row.get("id")?,
        email: row.get("email")?,
        code: row.get("code")?,
        card_number: row.get("card_number")?,
        first_name: row.get("first_name")?,
        last_name: row.get("last_name")?,
        phone: row.get("phone")?,
        custom: custom_from(row.get("custom")?)?,
        created_at: row.get("created_at")?,
    })
}

/// A JSON object of texts.
fn custom_from(text: Option<String>) -> rusqlite::Result<Custom> {
    match text {
        Some(text) => serde_json::from_str(&text).map_err(|e| rusqlite::types::FromSqlError::other(e).into()),
        None => Ok(Custom::new()),
    }
}

fn custom_text(custom: &Custom) -> Option<String> {
    (!custom.is_empty()).then(|| serde_json::json!(custom).to_string())
}

/// By public id, with our own number.
pub fn by_id(tx: &ReadTx, site: SiteNo, id: &str) -> Result<Option<(i64, Customer)>> {
    tx.first(
        sql!("select {COLUMNS} from customers where site = :site and id = :id"),
        named_params! { ":site": site, ":id": id },
        |row| Ok((row.get("no")?, from_row(row)?)),
    )
}

/// Our own number of a site's customer.
pub fn no_by_id(tx: &ReadTx, site: SiteNo, id: &str) -> Result<Option<i64>> {
    tx.first(
        "select no from customers where site = :site and id = :id",
        named_params! { ":site": site, ":id": id },
        |row| row.get("no"),
    )
}

/// Whether a code is taken on this site.
pub fn code_is_taken(tx: &ReadTx, site: SiteNo, code: &str) -> Result<bool> {
    tx.one(
        "select exists (select 1 from customers where site = :site and code = :code) as taken",
        named_params! { ":site": site, ":code": code },
        |row| row.get("taken"),
    )
}

/// Adds a customer and returns our own number.
pub fn insert(tx: &WriteTx, site: SiteNo, customer: &Customer) -> Result<i64> {
    inserted(insert_new(tx, site, customer)?)
}

/// The same unless there is one of this id.
pub fn insert_new(tx: &WriteTx, site: SiteNo, customer: &Customer) -> Result<Option<i64>> {
    tx.insert_new(
        "insert into customers (site, id, email, address, code, card_number, first_name, last_name, phone, custom,
                                created_at)
         values (:site, :id, :email, :address, :code, :card_number, :first_name, :last_name, :phone, :custom,
                 :created_at)
         on conflict (site, id) do nothing",
        named_params! {
            ":site": site,
            ":id": customer.id,
            ":email": customer.email,
            ":address": customer.email.as_ref().map(|email| email.matched()),
            ":code": customer.code,
            ":card_number": customer.card_number,
            ":first_name": customer.first_name,
            ":last_name": customer.last_name,
            ":phone": customer.phone,
            ":custom": custom_text(&customer.custom),
            ":created_at": customer.created_at,
        },
    )
}

/// Writes what can change of a customer: everything but its id and since when it is known.
pub fn update(tx: &WriteTx, site: SiteNo, no: i64, customer: &Customer) -> Result<()> {
    tx.run(
        "update customers
         set email = :email, address = :address, code = :code, card_number = :card_number, first_name = :first_name,
             last_name = :last_name, phone = :phone, custom = :custom
         where site = :site and no = :no",
        named_params! {
            ":site": site,
            ":no": no,
            ":email": customer.email,
            ":address": customer.email.as_ref().map(|email| email.matched()),
            ":code": customer.code,
            ":card_number": customer.card_number,
            ":first_name": customer.first_name,
            ":last_name": customer.last_name,
            ":phone": customer.phone,
            ":custom": custom_text(&customer.custom),
        },
    )?;
    Ok(())
}

/// By what somebody is known at the till. What is absent does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// The member's number, exactly.
    pub code: Option<String>,
    /// Number of the printed card, exactly.
    pub card_number: Option<String>,
    /// The matched address.
    pub address: Option<String>,
    /// As given.
    pub phone: Option<String>,
}

/// The customers whom everything that is known fits, the first known first; two at most, for more is too many anyway.
pub fn known(tx: &ReadTx, site: SiteNo, by: &Known) -> Result<Vec<(i64, Customer)>> {
    // One statement per first clue, each with its index.
    let first = match by {
        Known { code: Some(_), .. } => "code = :code",
        Known { card_number: Some(_), .. } => "card_number = :card_number",
        Known { address: Some(_), .. } => "address = :address",
        Known { phone: Some(_), .. } => "phone = :phone",
        _ => return Ok(Vec::new()),
    };
    tx.all_made(
        &format!(
            "select {COLUMNS} from customers
             where site = :site and {first}
               and (:code is null or code = :code)
               and (:card_number is null or card_number = :card_number)
               and (:address is null or address = :address)
               and (:phone is null or phone = :phone)
             order by +created_at, +id limit 2"
        ),
        named_params! {
            ":site": site,
            ":code": by.code,
            ":card_number": by.card_number,
            ":address": by.address,
            ":phone": by.phone,
        },
        |row| Ok((row.get("no")?, from_row(row)?)),
    )
}

/// The member with this matched address, by our own number; of several, whoever joined first. A contact without a code
/// is no member.
pub fn member_of_address(tx: &ReadTx, site: SiteNo, address: &str) -> Result<Option<i64>> {
    tx.first(
        "select no from customers where site = :site and address = :address and code is not null
         order by +created_at, +id limit 1",
        named_params! { ":site": site, ":address": address },
        |row| row.get("no"),
    )
}

/// Hands every customer of a site to `each`, the first known first, with our own number, until it says that it is enough.
pub fn search(tx: &ReadTx, site: SiteNo, mut each: impl FnMut(i64, Customer) -> Result<bool>) -> Result<()> {
    let mut enough = false;
    tx.walk(
        sql!("select {COLUMNS} from customers where site = :site order by created_at, id"),
        named_params! { ":site": site },
        |row| {
            if !enough {
                enough = each(row.get("no")?, from_row(row)?)?;
            }
            Ok(())
        },
    )
}

/// Customers who came from one instant up to and including another, the newest first, then id descending.
pub fn between(
    tx: &ReadTx,
    site: SiteNo,
    from: Timestamp,
    to: Timestamp,
    offset: i64,
    limit: i64,
) -> Result<Vec<Customer>> {
    tx.all(
        sql!(
            "select {COLUMNS} from customers where site = :site and created_at between :from and :to
             order by created_at desc, id desc limit :limit offset :offset"
        ),
        named_params! { ":site": site, ":from": from, ":to": to, ":limit": limit, ":offset": offset },
        from_row,
    )
}

/// How many customers the site knew at an instant.
pub fn count_until(tx: &ReadTx, site: SiteNo, until: Timestamp) -> Result<i64> {
    count_between(tx, site, Timestamp::MIN, until)
}

/// How many came from one instant up to and including another.
pub fn count_between(tx: &ReadTx, site: SiteNo, from: Timestamp, to: Timestamp) -> Result<i64> {
    counts::between(tx, site, (Hourly::Customers, "[0]"), (from, to), |from, to| {
        tx.one(
            "select count(*) as count from customers where site = :site and created_at between :from and :to",
            named_params! { ":site": site, ":from": from, ":to": to },
            |row| row.get("count"),
        )
    })
}

/// The newest customers, newest first, then id descending.
pub fn newest(tx: &ReadTx, site: SiteNo, limit: i64) -> Result<Vec<Customer>> {
    tx.all(
        sql!(
            "select {COLUMNS} from customers where site = :site and created_at <= :now
             order by created_at desc, id desc limit :limit"
        ),
        named_params! { ":site": site, ":now": tx.now(), ":limit": limit },
        from_row,
    )
}

/// Hands every customer of a site to `each`, by id.
pub fn walk(tx: &ReadTx, site: SiteNo, mut each: impl FnMut(Customer) -> Result<()>) -> Result<()> {
    tx.walk(
        sql!("select {COLUMNS} from customers where site = :site order by id"),
        named_params! { ":site": site },
        |row| each(from_row(row)?),
    )
}
