//! What calls with a reference made, so that a repeated one is answered from the first.

use rusqlite::named_params;

use crate::domain::{Result, SiteNo};
use crate::store::{ReadTx, WriteTx};

/// What a caller's call with this reference made, by its public id.
pub fn made(tx: &ReadTx, site: SiteNo, caller: &str, call: &str, reference: &str) -> Result<Option<String>> {
    tx.first(
        "select made from loyalty_references
         where site = :site and caller = :caller and call = :call and reference = :reference",
        named_params! { ":site": site, ":caller": caller, ":call": call, ":reference": reference },
        |row| row.get("made"),
    )
}

/// Remembers what it made.
pub fn remember(tx: &WriteTx, site: SiteNo, caller: &str, call: &str, reference: &str, made: &str) -> Result<()> {
    tx.run(
        "insert into loyalty_references (site, caller, call, reference, made, at)
         values (:site, :caller, :call, :reference, :made, :at)",
        named_params! {
            ":site": site,
            ":caller": caller,
            ":call": call,
            ":reference": reference,
            ":made": made,
            ":at": tx.now(),
        },
    )?;
    Ok(())
}
