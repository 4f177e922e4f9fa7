//! The second reading of an archive: its lines against the store. A line of a known id must say what is stored, apart
//! from what a purchase or the clock has done since; what a line names must be in the archive or in the store.

use std::path::Path;

use super::lines::{CartLine, DecisionLine, Kind, Line, LoyaltyEntryLine, PurchaseLine, RefundLine, SiteLine};
use super::names::{digest, identity, named_by, once_only};
use super::notes::{NoteReader, Noted, number};
use super::survey::{Problems, Surveyed, named};
use super::values::As;
use super::written::{self, PurchaseNames};
use super::{Counts, coupons, export, read, rows, webhooks};
use crate::domain::carts::{CartStatus, Class};
use crate::domain::loyalty::presumed_cause;
use crate::domain::{Error, Result, Site, SiteNo, Timestamp};
use crate::store::sorted::Sorter;
use crate::store::{
    ReadTx, carts, consents, coupons as coupon_rows, customers, decisions, keys, loyalty, messages, purchases,
    sequences, sites, stats, suppressions, users,
};
use crate::store::{subscribers, webhooks as webhook_rows};

/// The site that an archive is for: the stored one, else the one that its line would make.
pub fn site(tx: &ReadTx, survey: &Surveyed, site_id: &str) -> Result<Site> {
    match (sites::by_site_id(tx, site_id)?, &survey.site) {
        (Some(site), _) => Ok(site),
        (None, Some(line)) => rows::site(line, [0; 32], tx.now()),
        (None, None) => Err(Error::refused(
            "site",
            format!("`{site_id}` is not here and the archive has no site line; `cartwright site add` adds one"),
        )),
    }
}

/// Picks the lines that a check has to look at.
pub struct Picker<'a> {
    notes: NoteReader<'a>,
    /// The shop is here, and what is stored may be at odds with any line.
    all: bool,
}

impl Picker<'_> {
    /// What is noted for a line that has to be looked at. Lines must be asked for in their order. The survey said everything about one that
    /// it found wrong, and about most lines for a shop that is not here: no others are at odds with them, and nothing is stored.
    pub fn pick(&mut self, number: u64, content: &[u8]) -> Result<Option<Noted>> {
        let noted = self.notes.of(number)?;
        let may_be_wrong = self.all || !noted.is_harmless() || read::kind_again(content).is_none_or(needs_more);
        Ok(Some(noted).filter(|noted| may_be_wrong && !noted.wrong))
    }
}

/// Whether lines of a type can be wrong although their shop is not here and no other line is at odds with them: keys are of all
/// shops, refunds are added up, and a suppression may need the key of its shop.
fn needs_more(kind: Kind) -> bool {
    matches!(kind, Kind::Site | Kind::Key | Kind::Refund | Kind::Suppression)
}

/// A refund: the digest of its purchase, the number of its line, what it gives back, what was given back and paid before.
const REFUND: usize = 16 + 8 + 8 + 8 + 8;

/// Checks lines, and keeps what it found.
pub struct Check<'a> {
    tx: &'a ReadTx<'a>,
    site: &'a Site,
    survey: &'a Surveyed,
    /// Lines that would be written, and lines that are there: at first all are of the former.
    counts: Counts,
    /// What is wrong.
    problems: Problems,
    /// Refunds of the archive that are not stored, by purchase.
    refunds: Sorter<REFUND>,
}

impl<'a> Check<'a> {
    /// Begins, with the site that [`site`] gave. Of the refunds so many are held in memory, and the others in a folder.
    pub fn new(tx: &'a ReadTx<'a>, site: &'a Site, survey: &'a Surveyed, (folder, held): (&Path, usize)) -> Self {
        let refunds = Sorter::new(folder, held);
        Check { tx, site, survey, counts: survey.counts.clone(), problems: Problems::default(), refunds }
    }

    /// Picks the lines that have to be looked at again.
    pub fn picker(&self) -> Result<Picker<'a>> {
        Ok(Picker { notes: self.survey.notes.read()?, all: self.site.no != SiteNo(0) })
    }

    /// Checks one line, with what is noted for it.
    pub fn take(&mut self, number: u64, line: &Line, noted: &Noted) -> Result<()> {
        let kind = line.kind();
        match contradiction(line, noted).and_then(|()| self.line(number, line, noted)) {
            Ok(true) => {}
            Ok(false) => self.counts.pass_over(kind),
            Err(e @ Error::Invalid { .. }) => {
                let (field, reason) = named(kind, e);
                self.problems.add(number, field, reason);
            }
            Err(other) => return Err(other),
        }
        Ok(())
    }

    /// Says what was found, once there are no more lines: refunds of one purchase may be anywhere among them.
    pub fn finish(mut self) -> Result<(Counts, Problems)> {
        let (mut of, mut sum) = (None, 0_i64);
        for record in self.refunds.sorted().walk()? {
            let record = record.map_err(Error::internal)?;
            let purchase = number(&record[..16]);
            let [amount, given, total] = [24, 32, 40].map(|at| number(&record[at..at + 8]) as i64);
            if of.replace(purchase) != Some(purchase) {
                sum = given;
            }
            sum = sum.saturating_add(amount);
            if sum > total {
                let reason = format!("gives back more than the {total} minor units that were paid");
                self.problems.add(number(&record[16..24]) as u64, format!("{}.amount", Kind::Refund), reason);
            }
        }
        Ok((self.counts, self.problems))
    }

    /// Whether the line is new.
    fn line(&mut self, number: u64, line: &Line, noted: &Noted) -> Result<bool> {
        if noted.again {
            return Ok(false);
        }
        if !noted.missing.is_empty() {
            named_by(line, &mut |kind, field, id| self.named(noted, kind, field, id))?;
        }
        self.key_of_hash(line)?;
        if let Some(stored) = self.stored(line)? {
            let said = self.completed(line, &stored, noted)?;
            return same(&said, &stored).map(|()| false);
        }
        self.newcomer(number, line, noted)?;
        Ok(!self.says_nothing_new(line)?)
    }

    /// A hash of an address is worth nothing without the key that it was made with: a site that would get a new one could
    /// never find it.
    fn key_of_hash(&self, line: &Line) -> Result<()> {
        let Line::Suppression(line) = line else { return Ok(()) };
        let is_stored = self.site.no != SiteNo(0);
        let brings_key = self.survey.site.as_ref().is_some_and(|site| site.suppression_key.is_some());
        if line.email_hash.is_some() && !is_stored && !brings_key {
            return Err(Error::refused("email_hash", "needs the site's suppression_key"));
        }
        Ok(())
    }

    /// Whether the line suppresses an address that is suppressed for that reason already, from another time on, or is a decision
    /// that is kept.
    fn says_nothing_new(&self, line: &Line) -> Result<bool> {
        match line {
            Line::Suppression(line) if line.ended_at.is_none() => {
                let (_, hash) = rows::suppressed(line, self.site)?;
                Ok(suppressions::in_force(self.tx, self.site.no, &hash, line.reason.0)?.is_some())
            }
            Line::Decision(line) => self.is_kept(line),
            _ => Ok(false),
        }
    }

    fn is_kept(&self, line: &DecisionLine) -> Result<bool> {
        let (tx, no) = (self.tx, self.site.no);
        let Some(cart) = carts::named(tx, no, &line.cart_id.0.0)? else { return Ok(false) };
        let message = match &line.message_id {
            Some(id) => messages::no_by_id(tx, no, &id.0.0)?,
            None => None,
        };
        // A letter that is not here yet was decided on by none that is.
        let knows_letter = message.is_some() == line.message_id.is_some();
        Ok(knows_letter && decisions::is_kept(tx, no, cart.no, &rows::decision(line, message))?)
    }

    /// What is stored under the line's id, as a line.
    fn stored(&self, line: &Line) -> Result<Option<Line>> {
        let (tx, no) = (self.tx, self.site.no);
        if no == SiteNo(0) && !matches!(line, Line::Site(_)) {
            // Of a site that is not there, nothing is.
            return Ok(None);
        }
        Ok(match line {
            Line::Site(line) => sites::by_site_id(tx, &line.site_id)?.map(|site| written::site(&site)),
            Line::Key(line) => keys::by_id(tx, no, &line.id.0.0)?.map(|key| written::key(&key)),
            Line::User(line) => users::by_user_id(tx, no, &line.user_id)?.map(|user| written::user(&user)),
            Line::Customer(line) => customers::by_id(tx, no, &line.id.0.0)?.map(|(_, found)| written::customer(&found)),
            Line::Cart(line) => match carts::by_id(tx, no, &line.id.0.0)? {
                Some(cart) => Some(export::cart_line(tx, &cart)?),
                None => None,
            },
            Line::Message(line) => match messages::by_id(tx, no, &line.id.0.0)? {
                Some(message) => Some(export::message_line(tx, self.site, &message)?),
                None => None,
            },
            Line::Purchase(line) => match purchases::by_id(tx, no, &line.id.0.0)? {
                Some(found) => Some(written::purchase(&found, export::purchase_names(tx, self.site, &found)?)),
                None => None,
            },
            Line::Refund(line) => {
                purchases::refund_by_id(tx, no, &line.id.0.0)?.map(|(refund, of)| written::refund(&refund, &of))
            }
            Line::Suppression(line) => {
                let (_, hash) = rows::suppressed(line, self.site)?;
                let ended_at = line.ended_at.map(|As(end)| end);
                match suppressions::begun_at(tx, no, &hash, line.reason.0, line.at.0, ended_at)? {
                    Some(found) => Some(export::suppression_line(tx, self.site, &found)?),
                    None => None,
                }
            }
            Line::LoyaltyCampaign(line) => {
                loyalty::campaign_by_id(tx, no, &line.id.0.0)?.map(|campaign| written::loyalty_campaign(&campaign))
            }
            Line::LoyaltyEntry(line) => {
                loyalty::named_entry_by_id(tx, no, &line.id.0.0)?.map(|entry| written::loyalty_entry(&entry))
            }
            Line::Daily(line) => stats::one(tx, no, line.day.0, line.currency.0)?
                .filter(|kept| kept.sealed)
                .map(|kept| written::daily(&kept)),
            Line::Webhook(line) => {
                webhook_rows::by_id(tx, no, &line.id.0.0)?.map(|found| webhooks::webhook_line(&found))
            }
            Line::Sequence(_) => {
                let steps = sequences::steps(tx, no)?;
                (!steps.is_empty()).then(|| written::sequence(&steps))
            }
            Line::Subscriber(line) => {
                subscribers::by_id(tx, no, &line.id.0.0)?.map(|found| written::subscriber(&found))
            }
            Line::Coupon(line) => coupon_rows::by_id(tx, no, &line.id.0.0)?.map(|coupon| coupons::coupon_line(&coupon)),
            Line::CouponCode(line) => coupons::stored_code(tx, self.site, &line.code)?,
            // A decision is found by all that it says, and one that says something else is another.
            Line::Decision(_) => None,
            Line::Consent(line) => {
                let consent = rows::consent(line);
                consents::is_kept(tx, no, &consent)?.then(|| written::consent(&consent))
            }
        })
    }

    /// The line with its defaults, in the form of an export, and with what happened to the stored row since.
    fn completed(&self, line: &Line, stored: &Line, noted: &Noted) -> Result<Line> {
        Ok(match (line, stored) {
            (Line::Site(line), Line::Site(stored)) => Line::Site(site_as_stored(line, stored)?),
            (Line::Webhook(line), _) => webhooks::webhook_line(&webhooks::webhook(line)?),
            (Line::Key(line), _) => written::key(&rows::key(line, self.site.no)?),
            (Line::User(line), Line::User(stored)) => {
                let added = stored.created_at.map_or(Timestamp::MIN, |As(at)| at);
                written::user(&rows::user(line, self.site.no, added)?)
            }
            (Line::Customer(line), _) => written::customer(&rows::customer(line)?),
            // What was deleted here stays deleted, whatever an older archive has of it.
            (Line::Cart(_), Line::Cart(kept)) if kept.deleted_at.is_some() => stored.clone(),
            (Line::Cart(line), Line::Cart(stored)) => {
                let (cart, items) = rows::cart(line, self.site, noted.fate)?;
                let said = written::cart(&cart, &items, coupons::as_stored(self.tx, self.site, line)?)?;
                let Line::Cart(said) = said else { return Ok(Line::Cart(line.clone())) };
                Line::Cart(Box::new(as_it_went_on(*said, stored)))
            }
            (Line::Message(line), _) => {
                let (message, events) = rows::message(line)?;
                let cart_id = line.cart_id.as_ref().map(|id| id.0.0.clone());
                let body = (line.html.clone(), line.text.clone());
                let coupon = coupons::of_letter_as_stored(self.tx, self.site, line, &message)?;
                written::message(&message, cart_id, body, coupon, &events)?
            }
            (Line::Purchase(line), Line::Purchase(stored)) => Line::Purchase(purchase_as_stored(line, stored)?),
            (Line::Suppression(line), Line::Suppression(stored)) => {
                let (email, _) = rows::suppressed(line, self.site)?;
                let mut said = line.clone();
                // The address may have been erased since; the hash, by which the row was found, says it is the same.
                said.email = email.map(As).filter(|_| stored.email.is_some());
                said.email_hash = stored.email_hash;
                Line::Suppression(said)
            }
            (Line::LoyaltyCampaign(line), _) => written::loyalty_campaign(&rows::loyalty_campaign(line)),
            (Line::LoyaltyEntry(line), _) => {
                let redeemed = line.redeemed.unwrap_or(false);
                let presumed = presumed_cause(redeemed, line.reverses.is_some());
                Line::LoyaltyEntry(LoyaltyEntryLine {
                    redeemed: Some(redeemed),
                    cause: line.cause.filter(|As(cause)| *cause != presumed),
                    shortfall: line.shortfall.filter(|shortfall| shortfall.0 > 0),
                    ..line.clone()
                })
            }
            (Line::Subscriber(line), Line::Subscriber(stored)) => {
                let mut said = rows::subscriber(line)?;
                // Who was subscribed to text messages when the line was written may have left since.
                said.sms_ended_at = said.sms_ended_at.or(stored.sms_ended_at.map(|As(at)| at));
                written::subscriber(&said)
            }
            (Line::Coupon(line), Line::Coupon(stored)) => coupons::coupon_as_it_went_on(line, stored)?,
            (Line::CouponCode(line), Line::CouponCode(stored)) => coupons::code_as_it_went_on(line, stored)?,
            (Line::Sequence(line), _) => written::sequence(&rows::sequence(line)?),
            (Line::Daily(line), _) => written::daily(&rows::daily(line)),
            // A refund has no defaults, and a consent was found by all that it says.
            _ => match line {
                Line::Consent(_) => stored.clone(),
                other => other.clone(),
            },
        })
    }

    /// What a line names and the archive has not must be stored.
    fn named(&self, noted: &Noted, kind: Kind, field: &str, id: &str) -> Result<()> {
        if !noted.missing.contains(&digest(kind, id)) {
            return Ok(());
        }
        let (tx, no) = (self.tx, self.site.no);
        let stored = match kind {
            Kind::Cart => carts::by_id(tx, no, id)?.is_some(),
            Kind::Message => messages::by_id(tx, no, id)?.is_some(),
            Kind::Purchase => purchases::by_id(tx, no, id)?.is_some(),
            Kind::Refund => purchases::refund_by_id(tx, no, id)?.is_some(),
            Kind::Customer => customers::by_id(tx, no, id)?.is_some(),
            Kind::LoyaltyCampaign => loyalty::campaign_by_id(tx, no, id)?.is_some(),
            Kind::LoyaltyEntry => loyalty::entry_by_id(tx, no, id)?.is_some(),
            Kind::Coupon => coupon_rows::by_id(tx, no, id)?.is_some(),
            Kind::CouponCode => coupon_rows::code_by_matched(tx, no, id)?.is_some(),
            _ => true,
        };
        if stored { Ok(()) } else { Err(Error::refused(field, format!("names `{id}`, which is nowhere"))) }
    }

    /// Whether a line that is not stored can be.
    fn newcomer(&mut self, number: u64, line: &Line, noted: &Noted) -> Result<()> {
        let (tx, no) = (self.tx, self.site.no);
        let taken = |is: bool, field: &str| {
            if is { Err(Error::refused(field, "is taken in the store already")) } else { Ok(()) }
        };
        match line {
            Line::Site(line) => taken(sites::by_account_id(tx, &line.account_id)?.is_some(), "account_id"),
            Line::Key(line) => taken(keys::by_hash(tx, &line.key_hash.0)?.is_some(), "key_hash"),
            Line::Customer(line) => match &line.code {
                Some(code) => taken(customers::code_is_taken(tx, no, code)?, "code"),
                None => Ok(()),
            },
            Line::Message(line) => taken(coupons::is_anothers(tx, self.site, line)?, "coupon_code")
                .map_err(|_| Error::refused("coupon_code", "is another letter's already")),
            Line::Purchase(line) => {
                if let Some(order_id) = &line.order_id {
                    taken(purchases::by_order_id(tx, no, order_id)?.is_some(), "order_id")?;
                }
                self.recovery(line, noted)
            }
            Line::Subscriber(line) => {
                taken(subscribers::by_address(tx, no, &line.email.0.matched())?.is_some(), "email")?;
                match &line.phone {
                    Some(As(phone)) => taken(subscribers::phone_is_taken(tx, no, &phone.matched())?, "phone"),
                    None => Ok(()),
                }
            }
            Line::Refund(line) => self.refund(number, line, noted),
            Line::Suppression(line) => rows::suppressed(line, self.site).map(drop),
            Line::LoyaltyEntry(line) => self.reversal(line, noted),
            Line::Daily(line) => {
                let kept = stats::one(tx, no, line.day.0, line.currency.0)?;
                if kept.is_none() {
                    return Ok(());
                }
                Err(Error::refused("day", "has figures of its own in the store, which are not sealed"))
            }
            _ => Ok(()),
        }
    }

    /// A cart is recovered once, and not when a machine made it: that is in no figure.
    fn recovery(&self, line: &PurchaseLine, noted: &Noted) -> Result<()> {
        let Some(id) = line.recovered_cart_id.as_ref().filter(|id| !id.is_empty()) else { return Ok(()) };
        let cart = carts::by_id(self.tx, self.site.no, id)?;
        if noted.machine || cart.as_ref().is_some_and(|cart| cart.class == Class::Machine) {
            return Err(Error::refused("recovered_cart_id", "names a cart that a machine made"));
        }
        if cart.is_some_and(|cart| cart.recovered) {
            return Err(Error::refused("recovered_cart_id", "names a cart that another purchase recovered"));
        }
        Ok(())
    }

    /// Notes what is given back: with that of other lines, which may come later, it must not be more than was paid.
    fn refund(&mut self, number: u64, line: &RefundLine, noted: &Noted) -> Result<()> {
        let id = &line.purchase_id.0.0;
        let stored = purchases::by_id(self.tx, self.site.no, id)?;
        let given = match &stored {
            Some(purchase) => purchases::refunded(self.tx, purchase.no)?,
            None => 0,
        };
        // Of a purchase whose line is wrong, nobody knows what was paid.
        let Some(total) = stored.map(|purchase| purchase.total).or(noted.total) else { return Ok(()) };
        let mut record = [0; REFUND];
        record[..16].copy_from_slice(&digest(Kind::Purchase, id).to_be_bytes());
        record[16..24].copy_from_slice(&number.to_be_bytes());
        for (at, amount) in [(24, line.amount.0), (32, given), (40, total)] {
            record[at..at + 8].copy_from_slice(&amount.to_be_bytes());
        }
        self.refunds.push(record)
    }

    fn reversal(&self, line: &LoyaltyEntryLine, noted: &Noted) -> Result<()> {
        if let Some(As(refund)) = &line.refund_id {
            let (campaign, customer) = (&line.campaign_id.0.0, &line.customer_id.0.0);
            if loyalty::is_taken_back(self.tx, self.site.no, &refund.0, campaign, customer)? {
                return Err(Error::refused("refund_id", "names a refund that another entry of this member is about"));
            }
        }
        let Some(As(id)) = &line.reverses else { return Ok(()) };
        let stored = loyalty::entry_by_id(self.tx, self.site.no, &id.0)?;
        let reverses = stored.as_ref().is_some_and(|(_, _, entry)| entry.reverses.is_some());
        if reverses || noted.reversal {
            return Err(Error::refused("reverses", "must not name an entry that itself undoes another"));
        }
        match stored {
            Some((no, _, _)) if loyalty::is_reversed(self.tx, no)? => {
                Err(Error::refused("reverses", "names an entry that is undone already"))
            }
            _ => Ok(()),
        }
    }
}

/// Whether the line is at odds with another one of the archive.
fn contradiction(line: &Line, noted: &Noted) -> Result<()> {
    if noted.conflict {
        let (field, id) = identity(line);
        return Err(Error::refused(field, format!("`{id}` is the id of another line with other content")));
    }
    if noted.again || noted.taken.is_empty() {
        return Ok(());
    }
    match once_only(line).find(|(_, taken)| noted.taken.contains(taken)) {
        Some((field, _)) => Err(Error::refused(field, "is that of another line already")),
        None => Ok(()),
    }
}

/// Only what a site's line says is compared: the rest is the store's affair, and so is when the site was added.
fn site_as_stored(line: &SiteLine, stored: &SiteLine) -> Result<SiteLine> {
    let Line::Site(said) = written::site(&rows::site(line, [0; 32], Timestamp::MIN)?) else { return Ok(line.clone()) };
    Ok(SiteLine {
        name: line.name.clone().or(stored.name.clone()),
        currency: line.currency.or(stored.currency),
        timezone: line.timezone.clone().or(stored.timezone.clone()),
        status: line.status.or(stored.status),
        settings: line.settings.as_ref().and(said.settings).or(stored.settings.clone()),
        suppression_key: line.suppression_key.or(stored.suppression_key),
        created_at: stored.created_at,
        ..line.clone()
    })
}

/// A cart that was open when its line was written may since have been abandoned, expired or bought.
fn as_it_went_on(mut said: CartLine, stored: &CartLine) -> CartLine {
    let open = said.status.is_some_and(|status| status.0.is_open());
    let later = said.updated_at.map(|at| at.0) <= stored.updated_at.map(|at| at.0);
    if open && later && said.status != stored.status && stored.status != Some(As(CartStatus::Active)) {
        said.status = stored.status;
        said.updated_at = stored.updated_at;
        said.first_abandoned_at = said.first_abandoned_at.or(stored.first_abandoned_at);
        said.abandoned_at = stored.abandoned_at;
    }
    said
}

/// A purchase that came without a cart or without a verdict may have got them by the rules.
fn purchase_as_stored(line: &PurchaseLine, stored: &PurchaseLine) -> Result<PurchaseLine> {
    let cart_id = line.cart_id.as_ref().or(stored.cart_id.as_ref()).map(|id| id.0.0.clone());
    let (recovered, message) = match &line.recovered_cart_id {
        None => (stored.recovered_cart_id.clone(), stored.message_id.clone()),
        Some(id) => (Some(id.clone()).filter(|id| !id.is_empty()), line.message_id.clone()),
    };
    let message_id = message.map(|id| id.0.0);
    let codes = coupons::of_purchase_as_stored(line, stored);
    let names = PurchaseNames { cart_id, recovered_cart_id: recovered, message_id, codes };
    match written::purchase(&rows::purchase(line)?, names) {
        Line::Purchase(said) => Ok(said),
        _ => Ok(line.clone()),
    }
}

/// The first field in which two lines differ is an error.
fn same(said: &Line, stored: &Line) -> Result<()> {
    let (said, stored) = (said.fields(), stored.fields());
    let differing = said.keys().chain(stored.keys()).find(|name| said.get(*name) != stored.get(*name));
    match differing {
        None => Ok(()),
        Some(name) => Err(Error::refused(name.clone(), "is not what is stored under this id")),
    }
}
