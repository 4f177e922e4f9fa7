//! Addresses that are not written to.

mod list;

use rusqlite::{Row, named_params};

use super::{ReadTx, WriteTx};
use crate::domain::suppressions::{AddressHash, Reason, Source, Suppression};
use crate::domain::{EmailAddress, Result, SiteNo, Timestamp};

pub use list::{Filter, by_name, count, page};

const COLUMNS: &str = "no, email, address_hash, reason, source, message, at, ended_at";

fn from_row(row: &Row) -> rusqlite::Result<Suppression> {
    Ok(Suppression {
        email: row.get("email")?,
        address_hash: row.get("address_hash")?,
        reason: row.get("reason")?,
        source: row.get("source")?,
        message: row.get("message")?,
        at: row.get("at")?,
        ended_at: row.get("ended_at")?,
    })
}

/// The suppression of an address for a reason that is in force.
pub fn in_force(tx: &ReadTx, site: SiteNo, hash: &AddressHash, reason: Reason) -> Result<Option<Suppression>> {
    tx.first(
        sql!(
            "select {COLUMNS} from suppressions
             where site = :site and address_hash = :hash and reason = :reason and ended_at is null"
        ),
        named_params! { ":site": site, ":hash": hash, ":reason": reason },
        from_row,
    )
}

/// Whether an address is suppressed for any reason.
pub fn is_suppressed(tx: &ReadTx, site: SiteNo, hash: &AddressHash) -> Result<bool> {
    tx.one(
        "select exists (
             select 1 from suppressions where site = :site and address_hash = :hash and ended_at is null
         ) as suppressed",
        named_params! { ":site": site, ":hash": hash },
        |row| row.get("suppressed"),
    )
}

/// The suppression of an address for a reason that began at one instant and ended at another. One that is in force and
/// one that ended are two, even where they began in the same second.
pub fn begun_at(
    tx: &ReadTx,
    site: SiteNo,
    hash: &AddressHash,
    reason: Reason,
    at: Timestamp,
    ended_at: Option<Timestamp>,
) -> Result<Option<Suppression>> {
    tx.first(
        sql!(
            "select {COLUMNS} from suppressions
             where site = :site and at = :at and address_hash = :hash and reason = :reason and ended_at is :ended_at"
        ),
        named_params! { ":site": site, ":hash": hash, ":reason": reason, ":at": at, ":ended_at": ended_at },
        from_row,
    )
}

/// Adds a suppression.
pub fn insert(tx: &WriteTx, site: SiteNo, suppression: &Suppression) -> Result<()> {
    tx.insert(
        "insert into suppressions (site, email, address_hash, reason, source, message, at, ended_at)
         values (:site, :email, :address_hash, :reason, :source, :message, :at, :ended_at)",
        named_params! {
            ":site": site,
            ":email": suppression.email,
            ":address_hash": suppression.address_hash,
            ":reason": suppression.reason,
            ":source": suppression.source,
            ":message": suppression.message,
            ":at": suppression.at,
            ":ended_at": suppression.ended_at,
        },
    )?;
    Ok(())
}

/// Ends the suppression of an address for a reason that began at an instant.
pub fn end(tx: &WriteTx, site: SiteNo, hash: &AddressHash, reason: Reason, begun_at: Timestamp) -> Result<()> {
    tx.run(
        "update suppressions set ended_at = :now
         where site = :site and address_hash = :hash and reason = :reason and at = :at and ended_at is null",
        named_params! { ":site": site, ":hash": hash, ":reason": reason, ":at": begun_at, ":now": tx.now() },
    )?;
    Ok(())
}

/// The suppressions in force that came through a door between two instants, both included, oldest first.
pub fn in_force_from(
    tx: &ReadTx,
    site: SiteNo,
    source: Source,
    since: Timestamp,
    until: Timestamp,
) -> Result<Vec<Suppression>> {
    tx.all(
        sql!(
            "select {COLUMNS} from suppressions
             where site = :site and at between :since and :until and source = :source and ended_at is null
             order by at, no"
        ),
        named_params! { ":site": site, ":source": source, ":since": since, ":until": until },
        from_row,
    )
}

/// The addresses that unsubscribed between two instants, both included, and are still unsubscribed; oldest first.
pub fn unsubscribed_between(tx: &ReadTx, site: SiteNo, from: Timestamp, to: Timestamp) -> Result<Vec<EmailAddress>> {
    tx.all(
        "select email from suppressions
         where site = :site and at between :from and :to and reason = 'unsubscribe' and ended_at is null
           and email is not null
         order by at, no",
        named_params! { ":site": site, ":from": from, ":to": to },
        |row| row.get("email"),
    )
}

/// The unsubscribes in force that began between two instants, both included, the newest first.
pub fn list_unsubscribes(tx: &ReadTx, site: SiteNo, since: Timestamp, until: Timestamp) -> Result<Vec<Suppression>> {
    tx.all(
        sql!(
            "select {COLUMNS} from suppressions
             where site = :site and at between :since and :until and reason = 'unsubscribe' and ended_at is null
             order by at desc, no desc"
        ),
        named_params! { ":site": site, ":since": since, ":until": until },
        from_row,
    )
}

/// Hands the time of every unsubscribe that came without a letter to `each`: those count on their own day.
pub fn walk_unsubscribes_without_letter(
    tx: &ReadTx,
    site: SiteNo,
    mut each: impl FnMut(Timestamp) -> Result<()>,
) -> Result<()> {
    tx.walk(
        "select at from suppressions where site = :site and reason = 'unsubscribe' and message is null",
        named_params! { ":site": site },
        |row| each(row.get("at")?),
    )
}

/// Hands every suppression of a site to `each`, by time and address hash.
pub fn walk(tx: &ReadTx, site: SiteNo, mut each: impl FnMut(Suppression) -> Result<()>) -> Result<()> {
    tx.walk(
        sql!("select {COLUMNS} from suppressions where site = :site order by at, address_hash, reason, ended_at, no"),
        named_params! { ":site": site },
        |row| each(from_row(row)?),
    )
}
