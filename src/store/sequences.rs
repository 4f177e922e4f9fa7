//! The steps of a shop's own sequence.

use rusqlite::{Row, named_params};

use super::{ReadTx, WriteTx};
use crate::domain::sequences::{Step, Words};
use crate::domain::{Result, SiteNo, Timestamp};

const COLUMNS: &str = "step, delay_secs, active, minimum, coupon_id, subject, html, text";

fn from_row(row: &Row) -> rusqlite::Result<Step> {
    Ok(Step {
        number: row.get("step")?,
        delay_secs: row.get("delay_secs")?,
        active: row.get("active")?,
        minimum: row.get("minimum")?,
        coupon_id: row.get("coupon_id")?,
        words: Words { subject: row.get("subject")?, html: row.get("html")?, text: row.get("text")? },
    })
}

/// The steps of a site's own sequence, in order; none where the site has the one that is shipped.
pub fn steps(tx: &ReadTx, site: SiteNo) -> Result<Vec<Step>> {
    tx.all(
        sql!("select {COLUMNS} from sequence_steps where site = :site order by step"),
        named_params! { ":site": site },
        from_row,
    )
}

/// Writes a step, in the place of the one with its number.
pub fn put(tx: &WriteTx, site: SiteNo, step: &Step, at: Timestamp) -> Result<()> {
    tx.run(
        "insert into sequence_steps (site, step, delay_secs, active, minimum, coupon_id, subject, html, text, updated_at)
         values (:site, :step, :delay_secs, :active, :minimum, :coupon_id, :subject, :html, :text, :at)
         on conflict (site, step) do update set
             delay_secs = excluded.delay_secs, active = excluded.active, minimum = excluded.minimum,
             coupon_id = excluded.coupon_id, subject = excluded.subject, html = excluded.html, text = excluded.text,
             updated_at = excluded.updated_at",
        named_params! {
            ":site": site,
            ":step": step.number,
            ":delay_secs": step.delay_secs,
            ":active": step.active,
            ":minimum": step.minimum,
            ":coupon_id": step.coupon_id,
            ":subject": step.words.subject,
            ":html": step.words.html,
            ":text": step.words.text,
            ":at": at,
        },
    )?;
    Ok(())
}

/// Takes every step out: the site has the shipped sequence again.
pub fn clear(tx: &WriteTx, site: SiteNo) -> Result<()> {
    tx.run("delete from sequence_steps where site = :site", named_params! { ":site": site })?;
    Ok(())
}

/// Takes a step out. Returns whether there was one.
pub fn remove(tx: &WriteTx, site: SiteNo, step: i64) -> Result<bool> {
    let changed = tx.run(
        "delete from sequence_steps where site = :site and step = :step",
        named_params! { ":site": site, ":step": step },
    )?;
    Ok(changed > 0)
}
