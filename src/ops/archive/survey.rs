//! The first reading of an archive, without a store: every line by itself, and the lines against each other. What it
//! keeps of millions of lines are hashes, never lines.

use std::collections::{HashMap, HashSet};

use sha2::{Digest as _, Sha256};

use super::lines::{Kind, Line, SiteLine};
use super::read::{self, Flawed, Problem};
use super::values::{As, Id, reason};
use super::{Counts, coupons, rows, webhooks};
use crate::domain::carts::Class;
use crate::domain::coupons::matched;
use crate::domain::{Error, Result, Timestamp};

/// How many problems are kept to be shown.
pub const SHOWN: usize = 20;

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
fn content_hash(line: &Line) -> Digest {
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

/// Problems found so far: the first few in full, the rest as a number.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Problems {
    /// The first [`SHOWN`].
    pub shown: Vec<Problem>,
    /// How many more there are.
    pub more: u64,
}

impl Problems {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.shown.is_empty()
    }

    pub(super) fn add(&mut self, line: u64, field: impl Into<String>, reason: impl Into<String>) {
        if self.shown.len() < SHOWN {
            self.shown.push(Problem { line, field: field.into(), reason: reason.into() });
        } else {
            self.more += 1;
        }
    }

    /// These and others, in the order of their lines.
    pub fn and(mut self, others: Problems) -> Problems {
        self.shown.extend(others.shown);
        self.shown.sort_by_key(|problem| problem.line);
        self.more += others.more + self.shown.len().saturating_sub(SHOWN) as u64;
        self.shown.truncate(SHOWN);
        self
    }
}

/// What an archive holds, as far as one line needs to know of the others.
#[derive(Debug, Default)]
pub struct Survey {
    /// What is wrong with it.
    pub problems: Problems,
    /// Its `site` line.
    pub site: Option<SiteLine>,
    /// Lines per type.
    pub counts: Counts,
    /// All lines that are not blank, wrong ones too.
    lines: u64,
    /// Lines that are wrong, by number.
    wrong: HashSet<u64>,
    /// Their ids: other lines may name them, and are not wrong for that.
    wrong_ids: HashSet<Digest>,
    /// Whether the id of a wrong line is not known.
    wrong_without_id: bool,
    /// Every id, with a hash of its line's content.
    ids: HashMap<Digest, u64>,
    /// Carts that purchases name, with the time of the earliest.
    bought: HashMap<Digest, Timestamp>,
    /// Totals of purchases, which refunds must not exceed.
    totals: HashMap<Digest, i64>,
    /// Carts that a machine made.
    machines: HashSet<Digest>,
    /// Ledger entries that undo another.
    reversals: HashSet<Digest>,
    /// What may occur once besides ids: order numbers, codes, key hashes, recovered carts, undone entries.
    unique: HashSet<Digest>,
}

impl Survey {
    /// Looks at one line; `None` is one that is too long. `site_id` is the site that the archive must be of.
    pub fn take(&mut self, number: u64, content: Option<&[u8]>, site_id: &str) {
        let Some(content) = content else {
            self.lines += 1;
            self.problems.add(number, "", format!("is longer than {} bytes", read::MAX_LINE));
            self.note_wrong(number, &[]);
            return;
        };
        self.take_read(number, content, read::parse(content), site_id);
    }

    /// The same for a line that was read already.
    pub fn take_read(&mut self, number: u64, content: &[u8], line: Flawed<Line>, site_id: &str) {
        self.lines += 1;
        if let Err((field, reason)) = line.and_then(|line| self.note(line, site_id)) {
            self.problems.add(number, field, reason);
            self.note_wrong(number, content);
        }
    }

    fn note_wrong(&mut self, number: u64, content: &[u8]) {
        #[derive(serde::Deserialize)]
        struct Named {
            id: String,
        }
        self.wrong.insert(number);
        match (read::kind_of(content), serde_json::from_slice::<Named>(content)) {
            (Ok(kind), Ok(named)) => drop(self.wrong_ids.insert(digest(kind, &named.id))),
            _ => self.wrong_without_id = true,
        }
    }

    /// Whether the line of this number was found to be wrong.
    pub fn is_wrong(&self, number: u64) -> bool {
        self.wrong.contains(&number)
    }

    fn note(&mut self, line: Line, site_id: &str) -> Flawed<()> {
        let kind = line.kind();
        let flaw = |field: &str, reason: &str| (format!("{kind}.{field}"), reason.to_owned());
        check_alone(&line).map_err(|e| named(kind, e))?;
        if let Line::Site(site) = &line {
            if site.site_id != site_id {
                return Err(flaw("site_id", &format!("is `{}`, and the import is for `{site_id}`", site.site_id)));
            }
            self.site.get_or_insert_with(|| site.clone());
        }
        let (field, id) = identity(&line);
        // Half of a hash of the content: a line given twice is no error, another line of the same id is.
        let content = (content_hash(&line) >> 64) as u64;
        match self.ids.insert(digest(kind, &id), content) {
            None => {}
            Some(known) if known == content => {
                self.counts.add(kind, 0, 1);
                return Ok(());
            }
            Some(_) => return Err(flaw(field, &format!("`{id}` is the id of another line with other content"))),
        }
        self.counts.add(kind, 1, 0);
        for (field, taken) in once_only(&line) {
            if !self.unique.insert(hash(&format!("{kind}.{field}"), &taken)) {
                return Err(flaw(field, "is that of another line already"));
            }
        }
        self.relate(&line);
        Ok(())
    }

    fn relate(&mut self, line: &Line) {
        match line {
            Line::Cart(cart) if cart.class.is_some_and(|class| class.0 == Class::Machine) => {
                self.machines.insert(digest(Kind::Cart, &cart.id.0.0));
            }
            Line::Purchase(purchase) => {
                self.totals.insert(digest(Kind::Purchase, &purchase.id.0.0), purchase.total.0);
                let named = purchase.cart_id.as_ref().map(|id| &id.0.0).into_iter().chain(&purchase.recovered_cart_id);
                for id in named {
                    let at = self.bought.entry(digest(Kind::Cart, id)).or_insert(purchase.at.0);
                    *at = (*at).min(purchase.at.0);
                }
            }
            Line::LoyaltyEntry(entry) if entry.reverses.is_some() => {
                self.reversals.insert(digest(Kind::LoyaltyEntry, &entry.id.0.0));
            }
            _ => {}
        }
    }

    /// A later walk over the same archive must see as many lines: fewer or more are another file.
    pub fn has_lines(&self, walked: u64) -> Result<()> {
        match walked == self.lines {
            true => Ok(()),
            false => Err(Error::malformed(
                "file",
                format!("changed while it was read: it had {} lines, and then {walked}", self.lines),
            )),
        }
    }

    /// Whether the archive has a line of this type and id, or may have: a wrong line could be it.
    pub fn holds(&self, kind: Kind, id: &str) -> bool {
        let digest = digest(kind, id);
        self.wrong_without_id || self.ids.contains_key(&digest) || self.wrong_ids.contains(&digest)
    }

    /// When the earliest purchase of the archive that names this cart was made.
    pub fn bought(&self, cart_id: &str) -> Option<Timestamp> {
        self.bought.get(&digest(Kind::Cart, cart_id)).copied()
    }

    /// The total of one of the archive's purchases.
    pub fn total(&self, purchase_id: &str) -> Option<i64> {
        self.totals.get(&digest(Kind::Purchase, purchase_id)).copied()
    }

    /// Whether a machine made one of the archive's carts.
    pub fn is_machine(&self, cart_id: &str) -> bool {
        self.machines.contains(&digest(Kind::Cart, cart_id))
    }

    /// Whether one of the archive's ledger entries undoes another.
    pub fn is_reversal(&self, entry_id: &str) -> bool {
        self.reversals.contains(&digest(Kind::LoyaltyEntry, entry_id))
    }
}

/// An error about a line's value as field and reason.
pub(super) fn named(kind: Kind, error: Error) -> (String, String) {
    let field = match &error {
        Error::Invalid { field, .. } => format!("{kind}.{field}"),
        _ => kind.as_str().to_owned(),
    };
    (field, reason(error))
}

/// Everything about a line that needs neither its site nor another line.
fn check_alone(line: &Line) -> Result<()> {
    match line {
        Line::Site(site) => rows::site(site, [0; 32], Timestamp::MIN).map(drop),
        Line::User(user) => rows::user(user, crate::domain::SiteNo(0), Timestamp::MIN).map(drop),
        Line::Customer(customer) => rows::customer(customer).map(drop),
        Line::Message(message) => rows::message(message).map(drop),
        Line::Cart(cart) => coupons::check_taken(cart),
        Line::Purchase(purchase) => rows::purchase(purchase).map(drop),
        Line::Sequence(sequence) => rows::sequence(sequence).map(drop),
        Line::Subscriber(subscriber) => rows::subscriber(subscriber).map(drop),
        Line::Coupon(coupon) => coupons::coupon(coupon).map(drop),
        Line::Webhook(webhook) => webhooks::webhook(webhook).map(drop),
        Line::CouponCode(code) => coupons::code(code).map(drop),
        Line::Suppression(suppression) if suppression.email.is_none() && suppression.email_hash.is_none() => {
            Err(Error::missing("email"))
        }
        Line::LoyaltyEntry(entry) if entry.reverses.as_ref() == Some(&entry.id) => {
            Err(Error::refused("reverses", "must name another entry"))
        }
        Line::LoyaltyEntry(entry) => rows::cause(entry).map(drop),
        _ => Ok(()),
    }
}

/// By what a line is the same as another, and which field that is.
fn identity(line: &Line) -> (&'static str, String) {
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

/// What besides its id only one line can have.
fn once_only(line: &Line) -> Vec<(&'static str, String)> {
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
