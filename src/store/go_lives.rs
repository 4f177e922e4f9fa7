//! When letters were let out to real people.

use rusqlite::{Row, named_params};

use super::{ReadTx, WriteTx};
use crate::domain::go_lives::GoLive;
use crate::domain::{Result, SiteNo};

const COLUMNS: &str = "at, how, by, faults";

fn from_row(row: &Row) -> rusqlite::Result<GoLive> {
    Ok(GoLive { at: row.get("at")?, how: row.get("how")?, by: row.get("by")?, faults: row.get("faults")? })
}

/// Keeps that a shop's letters are let out.
pub fn insert(tx: &WriteTx, site: SiteNo, live: &GoLive) -> Result<()> {
    tx.insert(
        "insert into go_lives (site, at, how, by, faults) values (:site, :at, :how, :by, :faults)",
        named_params! {
            ":site": site,
            ":at": live.at,
            ":how": live.how,
            ":by": live.by,
            ":faults": live.faults,
        },
    )?;
    Ok(())
}

/// The last time that they were, if ever.
pub fn newest(tx: &ReadTx, site: SiteNo) -> Result<Option<GoLive>> {
    tx.first(
        sql!("select {COLUMNS} from go_lives where site = :site order by no desc limit 1"),
        named_params! { ":site": site },
        from_row,
    )
}
