//! Suppressions as lists show them.

use rusqlite::named_params;

use super::{COLUMNS, from_row};
use crate::domain::suppressions::{AddressHash, Reason, Suppression};
use crate::domain::{Result, SiteNo, Timestamp};
use crate::store::ReadTx;
use crate::store::listing::{Conditions, Page};

/// Which suppressions a list is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of this address, by its keyed hash.
    pub address_hash: Option<AddressHash>,
    /// A part of the address, in lower case.
    pub part: Option<String>,
    /// Why.
    pub reason: Option<Reason>,
    /// In force, or ended.
    pub active: Option<bool>,
    /// Begun later than this.
    pub created_after: Option<Timestamp>,
    /// Begun earlier than this.
    pub created_before: Option<Timestamp>,
}

impl Filter {
    fn conditions(&self, site: SiteNo) -> Conditions<'_> {
        let conditions = Conditions::default()
            .with(":site", site)
            .when(self.address_hash, ":hash", "address_hash = :hash")
            .when(self.part.as_ref(), ":part", "instr(lower(email), :part) > 0")
            .when(self.reason, ":reason", "reason = :reason")
            .when(self.created_after, ":after", "at > :after")
            .when(self.created_before, ":before", "at < :before");
        match self.active {
            Some(true) => conditions.always("ended_at is null"),
            Some(false) => conditions.always("ended_at is not null"),
            None => conditions,
        }
    }
}

/// One page of a site's suppressions, in the order of their beginning; within a second, by address and reason.
pub fn page(
    tx: &ReadTx,
    site: SiteNo,
    filter: &Filter,
    page: &Page,
    after: Option<&Suppression>,
) -> Result<Vec<Suppression>> {
    let further = if page.descending { "<" } else { ">" };
    let conditions = filter
        .conditions(site)
        .of(page, "at", "no")
        .when(
            after.map(|last| last.at),
            ":at",
            &format!("(at, address_hash, reason) {further} (:at, :last_hash, :last_reason)"),
        )
        .with_some(":last_hash", after.map(|last| last.address_hash))
        .with_some(":last_reason", after.map(|last| last.reason));
    let (more, direction) = (&conditions.text, page.direction());
    let sql = format!(
        "select {COLUMNS} from suppressions where site = :site{more}
         order by at {direction}, address_hash {direction}, reason {direction}, no {direction}
         limit :limit offset :offset"
    );
    tx.all_made(&sql, conditions.bind().as_slice(), from_row)
}

/// How many suppressions match.
pub fn count(tx: &ReadTx, site: SiteNo, filter: &Filter) -> Result<i64> {
    let conditions = filter.conditions(site);
    let sql = format!("select count(*) as count from suppressions where site = :site{}", conditions.text);
    tx.one_made(&sql, conditions.bind().as_slice(), |row| row.get("count"))
}

/// The suppression of an address for a reason that began at an instant; of several, the one that is in force.
pub fn by_name(
    tx: &ReadTx,
    site: SiteNo,
    hash: &AddressHash,
    reason: Reason,
    at: Timestamp,
) -> Result<Option<Suppression>> {
    tx.first(
        sql!(
            "select {COLUMNS} from suppressions
             where site = :site and at = :at and address_hash = :hash and reason = :reason
             order by ended_at nulls first limit 1"
        ),
        named_params! { ":site": site, ":hash": hash, ":reason": reason, ":at": at },
        from_row,
    )
}
