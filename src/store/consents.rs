//! What the owners of addresses agreed to or declined.

use rusqlite::{Row, named_params};

use super::{ReadTx, WriteTx};
use crate::domain::suppressions::Consent;
use crate::domain::{Result, SiteNo};

const COLUMNS: &str = "no, email, given, wording, at, source";

fn from_row(row: &Row) -> rusqlite::Result<Consent> {
    Ok(Consent {
        email: row.get("email")?,
        given: row.get("given")?,
        wording: row.get("wording")?,
        at: row.get("at")?,
        source: row.get("source")?,
    })
}

/// Keeps a word on consent. Rows are evidence: they are added, never changed.
pub fn insert(tx: &WriteTx, site: SiteNo, consent: &Consent) -> Result<()> {
    tx.insert(
        "insert into consents (site, email, address, given, wording, at, source)
         values (:site, :email, :address, :given, :wording, :at, :source)",
        named_params! {
            ":site": site,
            ":email": consent.email,
            ":address": consent.email.matched(),
            ":given": consent.given,
            ":wording": consent.wording,
            ":at": consent.at,
            ":source": consent.source,
        },
    )?;
    Ok(())
}

/// Whether the very same word is already kept.
pub fn is_kept(tx: &ReadTx, site: SiteNo, consent: &Consent) -> Result<bool> {
    tx.one(
        "select exists (
             select 1 from consents
             where site = :site and address = :address and at = :at
               and given = :given and source = :source and wording is :wording
         ) as kept",
        named_params! {
            ":site": site,
            ":address": consent.email.matched(),
            ":at": consent.at,
            ":given": consent.given,
            ":source": consent.source,
            ":wording": consent.wording,
        },
        |row| row.get("kept"),
    )
}

/// The newest word of a matched address's owner.
pub fn newest(tx: &ReadTx, site: SiteNo, address: &str) -> Result<Option<Consent>> {
    tx.first(
        sql!(
            "select {COLUMNS} from consents
             where site = :site and address = :address order by at desc, no desc limit 1"
        ),
        named_params! { ":site": site, ":address": address },
        from_row,
    )
}

/// Hands every consent of a site to `each`, by address and time.
pub fn walk(tx: &ReadTx, site: SiteNo, mut each: impl FnMut(Consent) -> Result<()>) -> Result<()> {
    tx.walk(
        sql!("select {COLUMNS} from consents where site = :site order by address, at, given, source, wording"),
        named_params! { ":site": site },
        |row| each(from_row(row)?),
    )
}
