//! People whom a shop registered for its letters and text messages.

use rusqlite::{Row, named_params};

use super::listing::{Conditions, Page};
use super::{ReadTx, WriteTx};
use crate::domain::subscribers::Subscriber;
use crate::domain::{Result, SiteNo, Timestamp};

const COLUMNS: &str = "no, id, email, name, phone, created_at, sms_ended_at";

fn from_row(row: &Row) -> rusqlite::Result<Subscriber> {
    Ok(Subscriber {
        id: row.get("id")?,
        email: row.get("email")?,
        name: row.get("name")?,
        phone: row.get("phone")?,
        created_at: row.get("created_at")?,
        sms_ended_at: row.get("sms_ended_at")?,
    })
}

/// By public id.
pub fn by_id(tx: &ReadTx, site: SiteNo, id: &str) -> Result<Option<Subscriber>> {
    tx.first(
        sql!("select {COLUMNS} from subscribers where site = :site and id = :id"),
        named_params! { ":site": site, ":id": id },
        from_row,
    )
}

/// By matched address.
pub fn by_address(tx: &ReadTx, site: SiteNo, address: &str) -> Result<Option<Subscriber>> {
    tx.first(
        sql!("select {COLUMNS} from subscribers where site = :site and address = :address"),
        named_params! { ":site": site, ":address": address },
        from_row,
    )
}

/// Whether a matched phone number is somebody's.
pub fn phone_is_taken(tx: &ReadTx, site: SiteNo, matched: &str) -> Result<bool> {
    tx.one(
        "select exists (select 1 from subscribers where site = :site and phone_matched = :matched) as taken",
        named_params! { ":site": site, ":matched": matched },
        |row| row.get("taken"),
    )
}

/// Which subscribers a list is about.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Matched address.
    pub address: Option<String>,
    /// Registered later than this.
    pub created_after: Option<Timestamp>,
    /// Registered earlier than this.
    pub created_before: Option<Timestamp>,
}

impl Filter {
    fn conditions(&self, site: SiteNo) -> Conditions<'_> {
        Conditions::default()
            .with(":site", site)
            .when(self.address.as_ref(), ":address", "address = :address")
            .when(self.created_after, ":after", "created_at > :after")
            .when(self.created_before, ":before", "created_at < :before")
    }
}

/// One page of a site's subscribers.
pub fn page(tx: &ReadTx, site: SiteNo, filter: &Filter, page: &Page) -> Result<Vec<Subscriber>> {
    let conditions = filter.conditions(site).of(page, "created_at", "id");
    let (more, direction) = (&conditions.text, page.direction());
    let sql = format!(
        "select {COLUMNS} from subscribers where site = :site{more}
         order by created_at {direction}, id {direction} limit :limit offset :offset"
    );
    tx.all_made(&sql, conditions.bind().as_slice(), from_row)
}

/// How many subscribers match.
pub fn count(tx: &ReadTx, site: SiteNo, filter: &Filter) -> Result<i64> {
    let conditions = filter.conditions(site);
    let sql = format!("select count(*) as count from subscribers where site = :site{}", conditions.text);
    tx.one_made(&sql, conditions.bind().as_slice(), |row| row.get("count"))
}

/// Adds a subscriber.
pub fn insert(tx: &WriteTx, site: SiteNo, subscriber: &Subscriber) -> Result<()> {
    tx.insert(
        "insert into subscribers (site, id, email, address, name, phone, phone_matched, created_at, sms_ended_at)
         values (:site, :id, :email, :address, :name, :phone, :phone_matched, :created_at, :sms_ended_at)",
        named_params! {
            ":site": site,
            ":id": subscriber.id,
            ":email": subscriber.email,
            ":address": subscriber.email.matched(),
            ":name": subscriber.name,
            ":phone": subscriber.phone,
            ":phone_matched": subscriber.phone.as_ref().map(|phone| phone.matched()),
            ":created_at": subscriber.created_at,
            ":sms_ended_at": subscriber.sms_ended_at,
        },
    )?;
    Ok(())
}

/// Writes down that somebody left text messages, once.
pub fn end_sms(tx: &WriteTx, site: SiteNo, id: &str, at: Timestamp) -> Result<()> {
    tx.run(
        "update subscribers set sms_ended_at = :at where site = :site and id = :id and sms_ended_at is null",
        named_params! { ":site": site, ":id": id, ":at": at },
    )?;
    Ok(())
}

/// Hands every subscriber of a site to `each`, by id.
pub fn walk(tx: &ReadTx, site: SiteNo, mut each: impl FnMut(Subscriber) -> Result<()>) -> Result<()> {
    tx.walk(
        sql!("select {COLUMNS} from subscribers where site = :site order by id"),
        named_params! { ":site": site },
        |row| each(from_row(row)?),
    )
}
