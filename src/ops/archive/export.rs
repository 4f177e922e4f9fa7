//! A shop as lines, in one order: by type, then by id. What is written is one snapshot, and no more than a row of it
//! is held at a time.

use std::io::Write;

use super::lines::Line;
use super::written::{self, PurchaseNames};
use super::{Counts, coupons, read, webhooks};
use crate::domain::carts::Cart;
use crate::domain::messages::Message;
use crate::domain::purchases::Purchase;
use crate::domain::suppressions::Suppression;
use crate::domain::{Error, Result, Site};
use crate::ops::purchases as purchase_ops;
use crate::store::{
    ReadTx, carts, consents, coupons as coupon_rows, customers, decisions, items, keys, loyalty, messages, purchases,
    sequences, stats, subscribers, suppressions, users, webhooks as webhook_rows,
};

/// Writes a shop's archive and says how many lines of each type it has.
pub fn export(tx: &ReadTx, site: &Site, out: &mut dyn Write) -> Result<Counts> {
    let mut lines = Lines { out, counts: Counts::default() };
    lines.put(&written::site(site))?;
    let mut all_keys = keys::all(tx, site.no)?;
    all_keys.sort_by(|a, b| a.id.cmp(&b.id));
    all_keys.iter().try_for_each(|key| lines.put(&written::key(key)))?;
    users::all(tx, site.no)?.iter().try_for_each(|user| lines.put(&written::user(user)))?;
    customers::walk(tx, site.no, |customer| lines.put(&written::customer(&customer)))?;
    carts::walk(tx, site.no, |cart| lines.put(&cart_line(tx, &cart)?))?;
    messages::walk(tx, site.no, |message| lines.put(&message_line(tx, site, &message)?))?;
    purchases::walk(tx, site.no, |purchase| {
        let mut names = purchase_names(tx, site, &purchase)?;
        if names.recovered_cart_id.is_none() && purchase_ops::would_recover(tx, site, &purchase)? {
            names.recovered_cart_id = Some(String::new());
        }
        lines.put(&written::purchase(&purchase, names))
    })?;
    purchases::walk_refunds(tx, site.no, |refund, purchase_id| lines.put(&written::refund(&refund, &purchase_id)))?;
    suppressions::walk(tx, site.no, |suppression| lines.put(&suppression_line(tx, site, &suppression)?))?;
    for campaign in loyalty::campaigns(tx, site.no)? {
        lines.put(&written::loyalty_campaign(&campaign))?;
    }
    loyalty::walk_entries(tx, site.no, |entry| lines.put(&written::loyalty_entry(&entry)))?;
    for kept in stats::all(tx, site.no)?.into_iter().filter(|kept| kept.sealed) {
        lines.put(&written::daily(&kept))?;
    }
    consents::walk(tx, site.no, |consent| lines.put(&written::consent(&consent)))?;
    decisions::walk(tx, site.no, |decision, cart_id, message_id| {
        lines.put(&written::decision(&decision, cart_id, message_id))
    })?;
    coupon_rows::walk(tx, site.no, |coupon| lines.put(&coupons::coupon_line(&coupon)))?;
    coupon_rows::walk_codes(tx, site.no, |code, coupon_id| lines.put(&coupons::code_line(&code, coupon_id)))?;
    let steps = sequences::steps(tx, site.no)?;
    if !steps.is_empty() {
        lines.put(&written::sequence(&steps))?;
    }
    subscribers::walk(tx, site.no, |subscriber| lines.put(&written::subscriber(&subscriber)))?;
    for webhook in webhook_rows::all(tx, site.no)? {
        lines.put(&webhooks::webhook_line(&webhook))?;
    }
    Ok(lines.counts)
}

struct Lines<'a> {
    out: &'a mut dyn Write,
    counts: Counts,
}

impl Lines<'_> {
    fn put(&mut self, line: &Line) -> Result<()> {
        self.counts.add(line.kind(), 1, 0);
        let text = line.text();
        if text.len() > read::MAX_LINE {
            log::warn!("a {} line of {} bytes is longer than an import takes", line.kind(), text.len());
        }
        writeln!(self.out, "{text}").map_err(|e| Error::internal(format!("the archive cannot be written: {e}")))
    }
}

/// A stored cart as its line.
pub(super) fn cart_line(tx: &ReadTx, cart: &Cart) -> Result<Line> {
    written::cart(cart, &items::of_cart(tx, cart.no)?, coupons::taken_lines(tx, cart.no)?)
}

/// A stored letter as its line.
pub(super) fn message_line(tx: &ReadTx, site: &Site, message: &Message) -> Result<Line> {
    let cart_id = cart_id(tx, site, message.cart)?;
    let coupon = coupon_rows::of_letter(tx, site.no, message.no)?.map(|(_, code, at)| (code.code, at));
    written::message(message, cart_id, messages::body(tx, message.no)?, coupon, &messages::events(tx, message.no)?)
}

/// The public ids around a stored purchase.
pub(super) fn purchase_names(tx: &ReadTx, site: &Site, purchase: &Purchase) -> Result<PurchaseNames> {
    Ok(PurchaseNames {
        cart_id: cart_id(tx, site, purchase.cart)?,
        recovered_cart_id: cart_id(tx, site, purchase.recovered_cart)?,
        message_id: message_id(tx, site, purchase.message)?,
        codes: coupon_rows::of_purchase(tx, purchase.no)?.into_iter().map(|code| code.code).collect(),
    })
}

/// A stored suppression as its line.
pub(super) fn suppression_line(tx: &ReadTx, site: &Site, suppression: &Suppression) -> Result<Line> {
    Ok(written::suppression(suppression, message_id(tx, site, suppression.message)?))
}

fn cart_id(tx: &ReadTx, site: &Site, no: Option<i64>) -> Result<Option<String>> {
    Ok(no.map(|no| carts::by_no(tx, site.no, no)).transpose()?.flatten().map(|cart| cart.id))
}

fn message_id(tx: &ReadTx, site: &Site, no: Option<i64>) -> Result<Option<String>> {
    Ok(no.map(|no| messages::by_no(tx, site.no, no)).transpose()?.flatten().map(|message| message.id))
}
