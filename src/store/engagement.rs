//! Evidence of opens and clicks that is judged again, and where a letter's links lead.

use rusqlite::named_params;

use super::{ReadTx, WriteTx};
use crate::domain::carts::Class;
use crate::domain::messages::Event;
use crate::domain::{Result, SiteNo};

/// The evidence about a letter with our own numbers, oldest first.
pub fn events(tx: &ReadTx, message: i64) -> Result<Vec<(i64, Event)>> {
    tx.all(
        "select no, kind, at, class, rule, evidence from message_events where message = :message order by at, no",
        named_params! { ":message": message },
        |row| {
            let event = Event {
                kind: row.get("kind")?,
                at: row.get("at")?,
                class: row.get("class")?,
                rule: row.get("rule")?,
                evidence: row.get("evidence")?,
            };
            Ok((row.get("no")?, event))
        },
    )
}

/// Writes another verdict on a piece of evidence.
pub fn set_verdict(tx: &WriteTx, event: i64, class: Class, rule: &str) -> Result<()> {
    tx.run(
        "update message_events set class = :class, rule = :rule where no = :no",
        named_params! { ":no": event, ":class": class, ":rule": rule },
    )?;
    Ok(())
}

/// Letters of a site that somebody opened or clicked, by number: the first few after one.
pub fn hit_letters_after(tx: &ReadTx, site: SiteNo, after: i64, limit: i64) -> Result<Vec<i64>> {
    tx.all(
        "select m.no from messages m
         where +m.site = :site and m.no > :after
           and exists (select 1 from message_events e where e.message = m.no and e.kind in ('open', 'click'))
         order by m.no limit :limit",
        named_params! { ":site": site, ":after": after, ":limit": limit },
        |row| row.get("no"),
    )
}

/// Replaces where a letter's links lead, each with its position.
pub fn replace_links(tx: &WriteTx, message: i64, links: &[(i64, String)]) -> Result<()> {
    tx.run("delete from message_links where message = :message", named_params! { ":message": message })?;
    for (position, url) in links {
        tx.run(
            "insert into message_links (message, position, url) values (:message, :position, :url)",
            named_params! { ":message": message, ":position": position, ":url": url },
        )?;
    }
    Ok(())
}

/// Where a letter's links lead, in order.
pub fn links(tx: &ReadTx, message: i64) -> Result<Vec<(i64, String)>> {
    tx.all(
        "select position, url from message_links where message = :message order by position",
        named_params! { ":message": message },
        |row| Ok((row.get("position")?, row.get("url")?)),
    )
}
