//! What a line is known by, what only one line can have, and what it names: by hashes, of which millions can be kept.

use sha2::{Digest as _, Sha256};

use super::lines::{Kind, Line};
use super::values::{As, Id};
use crate::domain::Result;
use crate::domain::coupons::matched;

/// 16 bytes of a hash: enough that two of millions of ids never share them.
pub type Digest = u128;

/// Stands for an id among all ids of its type.
pub fn digest(kind: Kind, id: &str) -> Digest {
    hash(kind.as_str(), id)
}

fn hash(space: &str, id: &str) -> Digest {
    shortened(Sha256::new().chain_update(space).chain_update([0]).chain_update(id))
}

fn shortened(hash: Sha256) -> Digest {
    let mut bytes = [0_u8; 16];
    bytes.copy_from_slice(&hash.finalize()[..16]);
    u128::from_be_bytes(bytes)
}

/// The same for everything that a line says, whatever its spelling. It is written to the hash and to nowhere else.
pub(super) fn content_hash(line: &Line) -> Digest {
    struct Hashed(Sha256);
    impl std::io::Write for Hashed {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.update(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    // The reader of a line gives it fields in one order. Small pieces are collected, for each costs a call.
    let mut hashed = std::io::BufWriter::with_capacity(1_024, Hashed(Sha256::new().chain_update("content")));
    match serde_json::to_writer(&mut hashed, line).map_err(drop).and_then(|()| hashed.into_inner().map_err(drop)) {
        Ok(Hashed(hash)) => shortened(hash),
        // A struct of ours can always be written.
        Err(()) => hash("content", &line.text()),
    }
}

/// By what a line is the same as another, and which field that is.
pub(super) fn identity(line: &Line) -> (&'static str, String) {
    match line {
        Line::Site(site) => ("site_id", site.site_id.clone()),
        Line::Key(key) => ("id", key.id.0.0.clone()),
        Line::User(user) => ("user_id", user.user_id.clone()),
        Line::Customer(customer) => ("id", customer.id.0.0.clone()),
        Line::Cart(cart) => ("id", cart.id.0.0.clone()),
        Line::Message(message) => ("id", message.id.0.0.clone()),
        Line::Purchase(purchase) => ("id", purchase.id.0.0.clone()),
        Line::Refund(refund) => ("id", refund.id.0.0.clone()),
        Line::Suppression(_) | Line::Consent(_) | Line::Decision(_) => ("at", line.text()),
        Line::LoyaltyCampaign(campaign) => ("id", campaign.id.0.0.clone()),
        Line::LoyaltyEntry(entry) => ("id", entry.id.0.0.clone()),
        Line::Sequence(sequence) => ("id", sequence.id.0.0.clone()),
        Line::Subscriber(subscriber) => ("id", subscriber.id.0.0.clone()),
        Line::Coupon(coupon) => ("id", coupon.id.0.0.clone()),
        Line::Webhook(webhook) => ("id", webhook.id.0.0.clone()),
        Line::CouponCode(code) => ("code", matched(&code.code)),
        Line::Daily(daily) => ("day", format!("{} {}", daily.day.0, daily.currency.0)),
    }
}

/// What besides its id only one line can have: the field, and a digest of what is in it.
pub(super) fn once_only(line: &Line) -> impl Iterator<Item = (&'static str, Digest)> {
    let kind = line.kind();
    taken(line).into_iter().map(move |(field, taken)| (field, hash(&format!("{kind}.{field}"), &taken)))
}

fn taken(line: &Line) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    match line {
        Line::Key(key) => found.push(("key_hash", data_encoding::HEXLOWER.encode(&key.key_hash.0))),
        Line::Customer(customer) => found.extend(customer.code.clone().map(|code| ("code", code))),
        Line::Purchase(purchase) => {
            found.extend(purchase.order_id.clone().map(|order| ("order_id", order)));
            let recovered = purchase.recovered_cart_id.clone().filter(|id| !id.is_empty());
            found.extend(recovered.map(|cart| ("recovered_cart_id", cart)));
        }
        Line::Suppression(suppression) if suppression.ended_at.is_none() => {
            let whose = match (&suppression.email, &suppression.email_hash) {
                (Some(email), _) => email.0.matched(),
                (None, hash) => hash.map(|hash| data_encoding::HEXLOWER.encode(&hash.0)).unwrap_or_default(),
            };
            found.push(("email", format!("{whose} {}", suppression.reason.0)));
        }
        Line::Subscriber(subscriber) => {
            found.push(("email", subscriber.email.0.matched()));
            found.extend(subscriber.phone.as_ref().map(|phone| ("phone", phone.0.matched())));
        }
        Line::LoyaltyEntry(entry) => {
            found.extend(entry.reverses.clone().map(|id| ("reverses", id.0.0)));
            let taken = |refund: &As<Id>| format!("{} {} {}", refund.0.0, entry.campaign_id.0.0, entry.customer_id.0.0);
            found.extend(entry.refund_id.as_ref().map(|refund| ("refund_id", taken(refund))));
        }
        _ => {}
    }
    found
}

/// Hands on whatever a line names that must be in the archive or in the store: its type, the field that names it, and
/// its id.
pub fn named_by(line: &Line, each: &mut dyn FnMut(Kind, &'static str, &str) -> Result<()>) -> Result<()> {
    let mut name = |kind, field, id: Option<&str>| id.map_or(Ok(()), |id| each(kind, field, id));
    match line {
        Line::Decision(line) => {
            name(Kind::Cart, "cart_id", Some(&line.cart_id.0.0))?;
            name(Kind::Message, "message_id", line.message_id.as_ref().map(|id| id.0.0.as_str()))
        }
        Line::Message(line) => {
            name(Kind::Cart, "cart_id", line.cart_id.as_ref().map(|id| id.0.0.as_str()))?;
            let code = line.coupon_code.as_ref().map(|code| matched(&code.0.0));
            name(Kind::CouponCode, "coupon_code", code.as_deref())
        }
        Line::Cart(line) => line
            .coupons
            .iter()
            .flatten()
            .try_for_each(|taken| name(Kind::CouponCode, "coupons", Some(&matched(&taken.code.0.0)))),
        Line::CouponCode(line) => name(Kind::Coupon, "coupon_id", Some(&line.coupon_id.0.0)),
        Line::Sequence(line) => line
            .steps
            .iter()
            .flatten()
            .try_for_each(|step| name(Kind::Coupon, "steps", step.coupon_id.as_ref().map(|id| id.0.0.as_str()))),
        Line::Purchase(line) => {
            name(Kind::Cart, "cart_id", line.cart_id.as_ref().map(|id| id.0.0.as_str()))?;
            let recovered = line.recovered_cart_id.as_deref().filter(|id| !id.is_empty());
            name(Kind::Cart, "recovered_cart_id", recovered)?;
            let codes = line.codes.iter().flatten();
            codes.map(|code| matched(&code.0.0)).try_for_each(|code| name(Kind::CouponCode, "codes", Some(&code)))?;
            name(Kind::Message, "message_id", line.message_id.as_ref().map(|id| id.0.0.as_str()))
        }
        Line::Refund(line) => name(Kind::Purchase, "purchase_id", Some(&line.purchase_id.0.0)),
        Line::Suppression(line) => {
            name(Kind::Message, "message_id", line.message_id.as_ref().map(|id| id.0.0.as_str()))
        }
        Line::LoyaltyEntry(line) => {
            name(Kind::LoyaltyCampaign, "campaign_id", Some(&line.campaign_id.0.0))?;
            name(Kind::Customer, "customer_id", Some(&line.customer_id.0.0))?;
            name(Kind::LoyaltyEntry, "reverses", line.reverses.as_ref().map(|id| id.0.0.as_str()))?;
            name(Kind::Purchase, "purchase_id", line.purchase_id.as_ref().map(|id| id.0.0.as_str()))?;
            name(Kind::Refund, "refund_id", line.refund_id.as_ref().map(|id| id.0.0.as_str()))
        }
        _ => Ok(()),
    }
}
