//! What is kept about one person: a copy of it, and its erasure. What is left names nobody: times, amounts, whether
//! identified, class, and keyed hashes: of an address that must not be written to, and of an order's number that may be told
//! again.

use std::collections::BTreeMap;

use super::{carts as cart_ops, suppressions};
use crate::domain::privacy::{erased_name, is_erased_name, names_address};
use crate::domain::suppressions::{Reason, hash_address};
use crate::domain::{EmailAddress, Result, Site};
use crate::store::privacy::{self, ANSWER_KEYS, ANSWERS, Cell, DELIVERIES, Facts, Mention, REFERENCES, Reach};
use crate::store::{ReadTx, WriteTx, carts, consents, suppressions as kept_suppressions};

/// What an order's number is hashed as.
pub const ORDER: &str = "order";
/// What the key of a marked write is hashed as.
pub const ANSWER: &str = "answer";
/// What a till's reference is hashed as.
pub const REFERENCE: &str = "reference";

/// What a shop keeps about a person.
#[derive(Debug, Default)]
pub struct Kept {
    /// Rows about the person, noun by noun.
    pub rows: Vec<(&'static str, Vec<Facts>)>,
    /// Texts that name the person in rows that are not: which column, and how many.
    pub named_in: BTreeMap<&'static str, usize>,
    /// The same, to be stripped.
    mentions: Vec<Mention>,
}

impl Kept {
    /// What an erasure would reach: what is kept, but suppressions of which only the hash is left.
    pub fn reached(&self) -> Vec<(&'static str, usize)> {
        let shown = |facts: &&Facts| facts.iter().any(|(name, cell)| name == "email" && *cell != Cell::Null);
        let rows = self.rows.iter().map(|(noun, rows)| match *noun {
            "suppressions" => (*noun, rows.iter().filter(shown).count()),
            _ => (*noun, rows.len()),
        });
        let texts = self.named_in.iter().map(|(what, count)| (*what, *count));
        rows.chain(texts).filter(|(_, count)| *count > 0).collect()
    }

    /// Ids of the letters, by which files of the mail folder are named.
    pub fn letters(&self) -> Vec<String> {
        self.texts("messages", "id")
    }

    fn texts(&self, noun: &str, column: &str) -> Vec<String> {
        let of_noun = self.rows.iter().filter(|(name, _)| *name == noun).flat_map(|(_, rows)| rows).flatten();
        of_noun
            .filter(|(name, _)| name == column)
            .filter_map(|(_, cell)| match cell {
                Cell::Text(text) if !text.is_empty() => Some(text.clone()),
                _ => None,
            })
            .collect()
    }
}

/// All that a shop keeps about an address. A suppression is among it also where only its hash is left. Texts are searched
/// through all that the shop has, so this takes a while where it has much; nobody who writes waits for it.
pub fn kept(tx: &ReadTx, site: &Site, email: &EmailAddress) -> Result<Kept> {
    let address = email.matched();
    let reach = privacy::of_address(tx, site.no, &address, email.shown())?;
    let mut kept = Kept { rows: privacy::kept(tx, site.no, &reach, &address)?, ..Kept::default() };
    let suppressions = privacy::suppressions(tx, site.no, &hash_address(site, email))?;
    if !suppressions.is_empty() {
        kept.rows.push(("suppressions", suppressions));
    }
    let names = Names::of(&kept, &address);
    let domain = address.rsplit('@').next().unwrap_or_default();
    let mentions = privacy::mentions(tx, site.no, domain, |what, text| names.are_in(what, text))?;
    for mention in mentions.iter().filter(|mention| !is_of(&reach, mention)) {
        *kept.named_in.entry(mention.what).or_default() += 1;
    }
    // What was told about the person is shown as such.
    if let Some(count) = kept.named_in.get_mut(DELIVERIES) {
        *count = count.saturating_sub(
            kept.rows.iter().filter(|(noun, _)| *noun == "webhook_deliveries").map(|(_, rows)| rows.len()).sum(),
        );
    }
    kept.named_in.retain(|_, count| *count > 0);
    kept.mentions = mentions;
    Ok(kept)
}

/// Whether a text stands in a row that is about the person anyway.
fn is_of(reach: &Reach, mention: &Mention) -> bool {
    match mention.what.split('.').next() {
        Some("carts" | "cart_items") => reach.carts.contains(&mention.row),
        Some("messages" | "message_bodies" | "message_links") => reach.letters.contains(&mention.row),
        Some("customers") => reach.members.contains(&mention.row),
        _ => false,
    }
}

/// What a person is known by in a text.
struct Names {
    address: String,
    /// Texts that stand in JSON as a whole: ids that the shop gave, a number that was dialled.
    whole: Vec<String>,
    /// Ids of ours, which stand nowhere by chance.
    ours: Vec<String>,
}

impl Names {
    fn of(kept: &Kept, address: &str) -> Self {
        let known = [("customers", "id"), ("customers", "phone"), ("subscribers", "id"), ("subscribers", "phone")];
        let whole = known.iter().flat_map(|(noun, column)| kept.texts(noun, column));
        let whole = whole.filter(|text| !is_erased_name(text)).map(|text| serde_json::json!(text).to_string());
        let ours = ["carts", "messages", "purchases"].iter().flat_map(|noun| kept.texts(noun, "id"));
        Names { address: address.to_owned(), whole: whole.collect(), ours: ours.collect() }
    }

    fn are_in(&self, what: &str, text: &str) -> bool {
        // Programs are told of rows by their ids, and what they are told of a row is about its person.
        let told = matches!(what, DELIVERIES | ANSWERS);
        names_address(text, &self.address)
            || told && self.whole.iter().chain(&self.ours).any(|name| text.contains(name.as_str()))
    }
}

/// Erases a person from a shop's rows. `kept` is what a snapshot showed shortly before: its texts are stripped; rows are found
/// anew. Said again, nothing changes.
pub fn erase(tx: &WriteTx, site: &Site, email: &EmailAddress, kept: &Kept) -> Result<()> {
    let (address, hash) = (email.matched(), hash_address(site, email));
    let found = |tx: &ReadTx| privacy::of_address(tx, site.no, &address, email.shown());
    // What fell due by now happens before: it plans letters and tells endpoints, which the person then goes from as well.
    for no in found(tx)?.carts {
        if let Some(mut cart) = carts::by_no(tx, site.no, no)? {
            cart_ops::settle(tx, site, &mut cart, tx.now())?;
        }
    }
    let declined = consents::newest(tx, site.no, &address)?.is_some_and(|consent| !consent.given);
    if declined && !kept_suppressions::is_suppressed(tx, site.no, &hash)? {
        suppressions::suppress_erased(tx, site, email, Reason::Manual, None)?;
    }
    forget(tx, site, &found(tx)?)?;
    privacy::forget_address(tx, site.no, &address, &hash)?;
    for mention in &kept.mentions {
        match mention.what {
            ANSWER_KEYS => {
                let name = erased_name(site, ANSWER, &mention.name);
                privacy::rename_answer(tx, site.no, &mention.name, &name)?;
            }
            REFERENCES => {
                let name = erased_name(site, REFERENCE, &mention.name);
                privacy::rename_reference(tx, site.no, &mention.name, &name)?;
            }
            _ => privacy::strip(tx, site.no, mention)?,
        }
    }
    Ok(())
}

/// Makes rows name nobody: letters, sales, customers, and carts by the shop's own deletion.
pub(super) fn forget(tx: &WriteTx, site: &Site, reach: &Reach) -> Result<()> {
    privacy::forget_rows(tx, site.no, reach)?;
    for (sale, order_id) in privacy::order_ids(tx, site.no, reach)? {
        if !is_erased_name(&order_id) {
            privacy::rename_order(tx, site.no, sale, &erased_name(site, ORDER, &order_id))?;
        }
    }
    for no in &reach.carts {
        if let Some(cart) = carts::by_no(tx, site.no, *no)?.filter(|cart| cart.deleted_at.is_none()) {
            cart_ops::delete(tx, site, &cart.id)?;
        }
    }
    Ok(())
}
