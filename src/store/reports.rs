//! When reports were given that are given once in a while.

use rusqlite::named_params;

use super::{ReadTx, WriteTx};
use crate::domain::{Result, SiteNo, Timestamp};

/// When the weekly report was given last.
pub fn last_weekly(tx: &ReadTx, site: SiteNo) -> Result<Option<Timestamp>> {
    tx.first("select at from weekly_reports where site = :site", named_params! { ":site": site }, |row| row.get("at"))
}

/// Keeps that it is given now.
pub fn set_last_weekly(tx: &WriteTx, site: SiteNo) -> Result<()> {
    tx.run(
        "insert into weekly_reports (site, at) values (:site, :now) on conflict (site) do update set at = :now",
        named_params! { ":site": site, ":now": tx.now() },
    )?;
    Ok(())
}
