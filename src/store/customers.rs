//! Customers.

use rusqlite::{Row, named_params};

use super::{ReadTx, WriteTx};
use crate::domain::customers::Customer;
use crate::domain::{Result, SiteNo, Timestamp};

const COLUMNS: &str = "no, id, email, code, card_number, first_name, last_name, phone, created_at";

fn from_row(row: &Row) -> rusqlite::Result<Customer> {
    Ok(Customer {
        id: row.get("id")?,
        email: row.get("email")?,
        code: row.get("code")?,
        card_number: row.get("card_number")?,
        first_name: row.get("first_name")?,
        last_name: row.get("last_name")?,
        phone: row.get("phone")?,
        created_at: row.get("created_at")?,
    })
}

/// By public id, with our own number.
pub fn by_id(tx: &ReadTx, site: SiteNo, id: &str) -> Result<Option<(i64, Customer)>> {
    tx.first(
        &format!("select {COLUMNS} from customers where site = :site and id = :id"),
        named_params! { ":site": site, ":id": id },
        |row| Ok((row.get("no")?, from_row(row)?)),
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
    tx.insert(
        "insert into customers (site, id, email, address, code, card_number, first_name, last_name, phone, created_at)
         values (:site, :id, :email, :address, :code, :card_number, :first_name, :last_name, :phone, :created_at)",
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
            ":created_at": customer.created_at,
        },
    )
}

/// How many customers the site knew at an instant.
pub fn count_until(tx: &ReadTx, site: SiteNo, until: Timestamp) -> Result<i64> {
    tx.one(
        "select count(*) as count from customers where site = :site and created_at <= :until",
        named_params! { ":site": site, ":until": until },
        |row| row.get("count"),
    )
}

/// How many came from one instant up to and including another.
pub fn count_between(tx: &ReadTx, site: SiteNo, from: Timestamp, to: Timestamp) -> Result<i64> {
    tx.one(
        "select count(*) as count from customers where site = :site and created_at between :from and :to",
        named_params! { ":site": site, ":from": from, ":to": to },
        |row| row.get("count"),
    )
}

/// The newest customers, newest first, then id descending.
pub fn newest(tx: &ReadTx, site: SiteNo, limit: i64) -> Result<Vec<Customer>> {
    tx.all(
        &format!(
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
        &format!("select {COLUMNS} from customers where site = :site order by id"),
        named_params! { ":site": site },
        |row| each(from_row(row)?),
    )
}
