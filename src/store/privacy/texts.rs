//! Free texts that may name somebody in rows that are not about them: a note on another's cart, what a shop's programs were
//! told. They are searched in a snapshot, which keeps no writer waiting, and stripped by what was found.

use rusqlite::named_params;
use rusqlite::types::ToSql;

use crate::domain::{Result, SiteNo};
use crate::store::{ReadTx, WriteTx};

/// Where the names of answers that are kept for repeats stand, and those of a till's calls. They get another name instead
/// of being emptied.
pub const ANSWER_KEYS: &str = "idempotency_keys.key";
/// The same of the loyalty interface's calls.
pub const REFERENCES: &str = "loyalty_references.reference";
/// What endpoints are told.
pub const DELIVERIES: &str = "webhook_deliveries.body";
/// What marked writes were answered.
pub const ANSWERS: &str = "idempotency_keys.body";

/// A column of texts. `find` names a row by `row`, or by `name`; `strip` empties it, or takes its row away.
struct Column {
    what: &'static str,
    find: &'static str,
    strip: &'static str,
}

/// A text that names somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mention {
    /// Table and column.
    pub what: &'static str,
    /// Our own number of its row, or of what its row hangs on.
    pub row: i64,
    /// The row's name, where it has no number.
    pub name: String,
}

/// Texts in rows that may be another's are looked at where they hold the address's domain: nobody encodes that.
const COLUMNS: &[Column] = &[
    Column {
        what: "carts.metadata",
        find: "select no as row, '' as name, metadata as text from carts
               where site = :site and instr(lower(metadata), :domain) > 0",
        strip: "update carts set metadata = null where site = :site and no = :row",
    },
    Column {
        what: "carts.shipping_address",
        find: "select no as row, '' as name, shipping_address as text from carts
               where site = :site and instr(lower(shipping_address), :domain) > 0",
        strip: "update carts set shipping_address = null where site = :site and no = :row",
    },
    Column {
        what: "carts.restore_url",
        find: "select no as row, '' as name, restore_url as text from carts
               where site = :site and instr(lower(restore_url), :domain) > 0",
        strip: "update carts set restore_url = null where site = :site and no = :row",
    },
    Column {
        what: "carts.customer_id",
        find: "select no as row, '' as name, customer_id as text from carts
               where site = :site and instr(lower(customer_id), :domain) > 0",
        strip: "update carts set customer_id = null where site = :site and no = :row",
    },
    Column {
        what: "carts.order_id",
        find: "select no as row, '' as name, order_id as text from carts
               where site = :site and instr(lower(order_id), :domain) > 0",
        strip: "update carts set order_id = null where site = :site and no = :row",
    },
    Column {
        what: "cart_items.metadata",
        find: "select i.cart as row, i.id as name, coalesce(i.metadata, '') || ' ' || coalesce(i.notes, '') || ' '
                   || coalesce(i.name, '') || ' ' || coalesce(i.url, '') || ' ' || coalesce(i.image_url, '') as text
               from cart_items i join carts c on c.no = i.cart
               where c.site = :site and (instr(lower(i.metadata), :domain) > 0 or instr(lower(i.notes), :domain) > 0
                   or instr(lower(i.name), :domain) > 0 or instr(lower(i.url), :domain) > 0
                   or instr(lower(i.image_url), :domain) > 0)",
        strip: "update cart_items set metadata = null, notes = null, name = null, url = null, image_url = null
                where cart = :row and id = :name",
    },
    Column {
        what: "customers.custom",
        find: "select no as row, '' as name, custom as text from customers
               where site = :site and instr(lower(custom), :domain) > 0",
        strip: "update customers set custom = null where site = :site and no = :row",
    },
    Column {
        what: "loyalty_entries.description",
        find: "select no as row, '' as name, coalesce(item, '') || ' ' || coalesce(description, '') as text
               from loyalty_entries
               where site = :site and (instr(lower(item), :domain) > 0 or instr(lower(description), :domain) > 0)",
        strip: "update loyalty_entries set item = null, description = null where site = :site and no = :row",
    },
    Column {
        what: "messages.detail",
        find: "select no as row, '' as name, coalesce(detail, '') || ' ' || subject as text from messages
               where site = :site and (instr(lower(detail), :domain) > 0 or instr(lower(subject), :domain) > 0)",
        strip: "update messages set detail = null, subject = '' where site = :site and no = :row",
    },
    Column {
        what: "message_bodies.html",
        find: "select b.message as row, '' as name, coalesce(b.html, '') || ' ' || coalesce(b.text, '') || ' '
                   || coalesce(b.headers, '') as text
               from messages m join message_bodies b on b.message = m.no
               where m.site = :site and (instr(lower(b.html), :domain) > 0 or instr(lower(b.text), :domain) > 0
                   or instr(lower(b.headers), :domain) > 0)",
        strip: "delete from message_bodies where message = :row",
    },
    Column {
        what: "message_links.url",
        find: "select l.message as row, '' as name, l.url as text
               from messages m join message_links l on l.message = m.no
               where m.site = :site and instr(lower(l.url), :domain) > 0",
        strip: "delete from message_links where message = :row",
    },
    Column {
        what: "message_events.evidence",
        find: "select e.no as row, '' as name, e.evidence as text
               from messages m join message_events e on e.message = m.no
               where m.site = :site and instr(lower(e.evidence), :domain) > 0",
        strip: "update message_events set evidence = null where no = :row",
    },
    Column {
        what: DELIVERIES,
        find: "select no as row, '' as name, body as text from webhook_deliveries where site = :site",
        strip: "delete from webhook_deliveries where site = :site and no = :row",
    },
    Column {
        what: ANSWERS,
        find: "select 0 as row, key as name, body as text from idempotency_keys
               where site = :site and body is not null",
        strip: "update idempotency_keys set body = null where site = :site and key = :name",
    },
    Column {
        what: ANSWER_KEYS,
        find: "select 0 as row, key as name, key as text from idempotency_keys
               where site = :site and instr(lower(key), :domain) > 0",
        strip: "",
    },
    Column {
        what: REFERENCES,
        find: "select 0 as row, reference as name, reference as text from loyalty_references
               where site = :site and instr(lower(reference), :domain) > 0",
        strip: "",
    },
];

/// The texts of a site that `names` says name somebody, of whom `domain` is the address's, in lower case.
pub fn mentions(
    tx: &ReadTx,
    site: SiteNo,
    domain: &str,
    names: impl Fn(&'static str, &str) -> bool,
) -> Result<Vec<Mention>> {
    let mut found = Vec::new();
    for Column { what, find, .. } in COLUMNS {
        let all: [(&'static str, &dyn ToSql); 2] = [(":site", &site), (":domain", &domain)];
        let named: Vec<_> = all.into_iter().filter(|(name, _)| find.contains(name)).collect();
        tx.walk(find, named.as_slice(), |row| {
            let text: String = row.get("text")?;
            if names(what, &text) {
                found.push(Mention { what, row: row.get("row")?, name: row.get("name")? });
            }
            Ok(())
        })?;
    }
    Ok(found)
}

/// Empties a text that was found, or takes its row away.
pub fn strip(tx: &WriteTx, site: SiteNo, mention: &Mention) -> Result<()> {
    let Some(column) = COLUMNS.iter().find(|column| column.what == mention.what) else { return Ok(()) };
    let all: [(&'static str, &dyn ToSql); 3] = [(":site", &site), (":row", &mention.row), (":name", &mention.name)];
    let named: Vec<_> = all.into_iter().filter(|(name, _)| column.strip.contains(name)).collect();
    tx.run(column.strip, named.as_slice())?;
    Ok(())
}

/// Gives a kept answer another key, so that a repeat still finds that it was there.
pub fn rename_answer(tx: &WriteTx, site: SiteNo, key: &str, name: &str) -> Result<()> {
    tx.run(
        "delete from idempotency_keys where site = :site and key = :name",
        named_params! { ":site": site, ":name": name },
    )?;
    tx.run(
        "update idempotency_keys set key = :name where site = :site and key = :key",
        named_params! { ":site": site, ":key": key, ":name": name },
    )?;
    Ok(())
}

/// The same for the reference of a till's call.
pub fn rename_reference(tx: &WriteTx, site: SiteNo, reference: &str, name: &str) -> Result<()> {
    tx.run(
        "delete from loyalty_references where site = :site and reference = :name",
        named_params! { ":site": site, ":name": name },
    )?;
    tx.run(
        "update loyalty_references set reference = :name where site = :site and reference = :reference",
        named_params! { ":site": site, ":reference": reference, ":name": name },
    )?;
    Ok(())
}
