//! What is kept about people, over all tables: the rows that are about somebody (`reach.rs`), what a copy of them shows and
//! what makes them name nobody (`nouns.rs`), texts that name somebody in rows of others (`texts.rs`), and the bytes that
//! SQLite leaves behind (`scrub.rs`). It stands together, not with each noun, so that the whole reach is read at once.

mod nouns;
mod old;
mod reach;
mod scrub;
mod texts;

use rusqlite::types::{ToSql, ValueRef};

use super::{ReadTx, WriteTx};
use crate::domain::suppressions::AddressHash;
use crate::domain::{Result, SiteNo};
pub use old::old;
pub use reach::{Reach, of_address};
pub use scrub::Scrubbed;
pub use texts::{
    ANSWER_KEYS, ANSWERS, DELIVERIES, Mention, REFERENCES, mentions, rename_answer, rename_reference, strip,
};

/// A value as it stands in a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Nothing.
    Null,
    /// A number: an amount in minor units, or an instant in seconds since 1970.
    Number(i64),
    /// A text.
    Text(String),
}

/// A row: column names with values.
pub type Facts = Vec<(String, Cell)>;

/// What statements of this module may be bound to; each is given what it names.
struct Bound<'a> {
    site: SiteNo,
    reach: &'a Reach,
    address: Option<&'a str>,
}

impl Bound<'_> {
    /// Hands what a statement names to `f`.
    fn with<T>(&self, sql: &str, f: impl FnOnce(&[(&'static str, &dyn ToSql)]) -> Result<T>) -> Result<T> {
        let Reach { carts, letters, sales, members } = self.reach;
        let lists = [carts, letters, sales, members].map(|list| serde_json::json!(list).to_string());
        let all: [(&'static str, &dyn ToSql); 6] = [
            (":site", &self.site),
            (":address", &self.address),
            (":carts", &lists[0]),
            (":letters", &lists[1]),
            (":sales", &lists[2]),
            (":members", &lists[3]),
        ];
        let named: Vec<_> = all.into_iter().filter(|(name, _)| sql.contains(name)).collect();
        f(&named)
    }
}

/// All rows about a person, noun by noun; a noun without any is left out. `address` is the matched one.
pub fn kept(tx: &ReadTx, site: SiteNo, reach: &Reach, address: &str) -> Result<Vec<(&'static str, Vec<Facts>)>> {
    let bound = Bound { site, reach, address: Some(address) };
    let mut all = Vec::new();
    for noun in nouns::OF_ROWS.iter().chain(nouns::OF_ADDRESS) {
        let rows = bound.with(noun.kept, |params| all_facts(tx, noun.kept, params))?;
        if !rows.is_empty() {
            all.push((noun.name, rows));
        }
    }
    Ok(all)
}

/// The suppressions of an address, also those of which only the hash is left.
pub fn suppressions(tx: &ReadTx, site: SiteNo, hash: &AddressHash) -> Result<Vec<Facts>> {
    let sql = "select email, reason, source, at, ended_at from suppressions where site = :site and address_hash = :hash
               order by at, no";
    all_facts(tx, sql, &[(":site", &site), (":hash", hash)])
}

fn all_facts(tx: &ReadTx, sql: &'static str, params: &[(&'static str, &dyn ToSql)]) -> Result<Vec<Facts>> {
    let mut rows = Vec::new();
    tx.walk(sql, params, |row| {
        rows.push(facts(row)?);
        Ok(())
    })?;
    Ok(rows)
}

fn facts(row: &rusqlite::Row) -> Result<Facts> {
    let names = row.as_ref().column_names();
    let mut facts = Vec::with_capacity(names.len());
    for (at, name) in names.into_iter().enumerate() {
        let cell = match row.get_ref(at)? {
            ValueRef::Integer(number) => Cell::Number(number),
            ValueRef::Text(text) => Cell::Text(String::from_utf8_lossy(text).into_owned()),
            ValueRef::Null | ValueRef::Real(_) | ValueRef::Blob(_) => Cell::Null,
        };
        facts.push((name.to_owned(), cell));
    }
    Ok(facts)
}

/// Makes these rows name nobody, but carts, whose skeletons the shop's own deletion makes, and orders' numbers.
pub fn forget_rows(tx: &WriteTx, site: SiteNo, reach: &Reach) -> Result<()> {
    run_all(tx, nouns::OF_ROWS, &Bound { site, reach, address: None })
}

/// The same for what is kept by address alone, and the suppressions' addresses. The hashes stay.
pub fn forget_address(tx: &WriteTx, site: SiteNo, address: &str, hash: &AddressHash) -> Result<()> {
    run_all(tx, nouns::OF_ADDRESS, &Bound { site, reach: &Reach::default(), address: Some(address) })?;
    let sql = "update suppressions set email = null where site = :site and address_hash = :hash and email is not null";
    tx.run(sql, &[(":site", &site as &dyn ToSql), (":hash", hash)])?;
    Ok(())
}

fn run_all(tx: &WriteTx, nouns: &[nouns::Noun], bound: &Bound) -> Result<()> {
    for sql in nouns.iter().flat_map(|noun| noun.forget) {
        bound.with(sql, |params| tx.run(sql, params))?;
    }
    Ok(())
}

/// The orders' numbers of sales, with our own number of each.
pub fn order_ids(tx: &ReadTx, site: SiteNo, reach: &Reach) -> Result<Vec<(i64, String)>> {
    let sql = "select no, order_id from purchases
               where +site = :site and no in (select value from json_each(:sales)) and order_id is not null";
    let bound = Bound { site, reach, address: None };
    bound.with(sql, |params| tx.all(sql, params, |row| Ok((row.get("no")?, row.get("order_id")?))))
}

/// Puts another name in the place of an order's number.
pub fn rename_order(tx: &WriteTx, site: SiteNo, sale: i64, name: &str) -> Result<()> {
    let sql = "update purchases set order_id = :name where site = :site and no = :no";
    tx.run(sql, &[(":site", &site as &dyn ToSql), (":no", &sale), (":name", &name)])?;
    Ok(())
}
