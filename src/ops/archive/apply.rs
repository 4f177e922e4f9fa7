//! The third reading of an archive: its lines become rows. Every call is a bounded piece of one of the phases, in an
//! order in which what a line names is there before it; a line whose id is there already is passed over. Open carts are
//! held back from the clock until all is in: a shop may be served meanwhile, or between an import and its repetition.

use std::collections::{BTreeMap, HashMap};

use super::lines::{CartLine, Kind, Line, LoyaltyEntryLine, MessageLine, PurchaseLine, SiteLine, SuppressionLine};
use super::names::{Digest, digest};
use super::notes::{Fate, number};
use super::{Counts, coupons, rows, webhooks};
use crate::domain::carts::{Cart, CartStatus, Class};
use crate::domain::letters::Why;
use crate::domain::loyalty::Entry;
use crate::domain::messages::MessageStatus;
use crate::domain::purchases::Refund;
use crate::domain::stats::Figures;
use crate::domain::suppressions::{Reason, Suppression};
use crate::domain::{Currency, Day, Error, OrNotFound, Result, Site, Timestamp};
use crate::ops::{carts as cart_ops, consents as consent_ops, ids, messages as letters, purchases as purchase_ops};
use crate::ops::{sites as site_ops, stats as figures};
use crate::store::counts::bulk;
use crate::store::{
    WriteTx, carts, consents, coupons as coupon_rows, customers, decisions, items, keys, loyalty, messages, purchases,
    sequences, sites, stats, subscribers, suppressions, users,
};

/// How many phases there are; each is a walk over the file.
pub const PHASES: u8 = 7;

/// Whether lines of this type have their turn in a phase.
pub fn belongs(kind: Kind, phase: u8) -> bool {
    match kind {
        Kind::Site | Kind::Key | Kind::User | Kind::Customer | Kind::LoyaltyCampaign | Kind::Daily => phase == 0,
        Kind::Sequence | Kind::Subscriber | Kind::Coupon | Kind::Webhook => phase == 0,
        Kind::CouponCode => phase == 1,
        Kind::Cart => phase == 2,
        Kind::Message => phase == 3,
        Kind::Purchase => phase == 4,
        Kind::Refund | Kind::Suppression | Kind::Consent | Kind::Decision => phase == 5,
        // An entry that undoes another, or says what a refund took back, comes after all that it could name.
        Kind::LoyaltyEntry => phase == 5 || phase == 6,
    }
}

/// A purchase whose cart or verdict the rules are asked for, in the order in which they are: by time, then by id,
/// never by place in the file.
#[derive(Clone, Copy, Debug)]
pub struct Unsettled {
    at: Timestamp,
    id: Digest,
    no: i64,
}

impl Unsettled {
    /// As bytes, which are in that order.
    pub fn record(self) -> [u8; 32] {
        let mut record = [0; 32];
        record[..8].copy_from_slice(&(self.at.secs() - Timestamp::MIN.secs()).to_be_bytes());
        record[8..24].copy_from_slice(&self.id.to_be_bytes());
        record[24..].copy_from_slice(&self.no.to_be_bytes());
        record
    }

    /// Our number of the purchase that a record stands for.
    pub fn purchase(record: [u8; 32]) -> i64 {
        number(&record[24..]) as i64
    }
}

/// A line, with what it needs to know of the others.
pub struct Ready {
    /// The line.
    pub line: Line,
    /// What becomes of this cart; of no matter for other types.
    pub fate: Fate,
}

/// Lines that have their turn, in their order.
pub trait Queue {
    /// The next one; none where no more are at hand.
    fn front(&mut self) -> Option<&Ready>;
    /// Takes the one that stands in front.
    fn take(&mut self) -> Option<&Ready>;
}

/// What was applied so far.
#[derive(Debug, Default)]
pub struct Applied {
    /// Lines written, and lines passed over.
    pub counts: Counts,
    /// Purchases to be looked at once all lines are in.
    pub unsettled: Vec<Unsettled>,
    /// Carts of the archive that are open, and that a stored purchase may claim.
    pub open_carts: Vec<i64>,
    /// A purchase came without its cart, and may be the one that claims.
    pub has_purchase_without_cart: bool,
}

/// Makes the archive's site where it is not there.
pub fn site(tx: &WriteTx, line: Option<&SiteLine>, site_id: &str) -> Result<(Site, Applied)> {
    let mut applied = Applied::default();
    if let Some(site) = sites::by_site_id(tx, site_id)? {
        applied.counts.add(Kind::Site, 0, line.is_some().into());
        return Ok((site, applied));
    }
    let line = line.or_not_found("site", site_id)?;
    let mut site = rows::site(line, ids::secret()?, tx.now())?;
    if sites::by_account_id(tx, &site.account_id)?.is_some() {
        return Err(Error::Conflict(format!("account `{}` exists already", site.account_id)));
    }
    site.no = sites::insert(tx, &site)?;
    applied.counts.add(Kind::Site, 1, 0);
    Ok((site, applied))
}

/// Applies lines of one phase from the front until `enough` says so, or no more are at hand; at least one, so that there is progress.
pub fn lines(
    tx: &WriteTx,
    site_id: &str,
    phase: u8,
    queue: &mut impl Queue,
    mut enough: impl FnMut() -> bool,
) -> Result<Applied> {
    // Asked anew each time: a setting can change while an import runs.
    let site = site_ops::find(tx, site_id)?;
    let mut work = Work {
        tx,
        site: &site,
        applied: Applied::default(),
        figures: BTreeMap::new(),
        carts: HashMap::new(),
        campaigns: HashMap::new(),
        members: HashMap::new(),
    };
    let together = queue.front().is_some_and(|ready| only_adds(phase, &ready.line));
    let mut apply = || {
        // Only lines that all add rows can be counted together.
        while queue.front().is_some_and(|ready| only_adds(phase, &ready.line) == together)
            && let Some(ready) = queue.take()
        {
            if let Some(is_new) = work.line(&ready.line, ready.fate, phase)? {
                work.applied.counts.add(ready.line.kind(), is_new.into(), (!is_new).into());
            }
            if enough() {
                break;
            }
        }
        Ok(())
    };
    if together {
        bulk::adding(tx, site.no, apply)?
    } else {
        apply()?
    }
    work.finish()
}

/// Whether a line only adds a row that can be counted with others, and changes none.
fn only_adds(phase: u8, line: &Line) -> bool {
    match phase {
        0..=2 => true,
        5 => line.kind() == Kind::LoyaltyEntry,
        _ => false,
    }
}

struct Work<'a> {
    tx: &'a WriteTx<'a>,
    site: &'a Site,
    applied: Applied,
    /// What the lines count, by day: many fall on few days, and are written once, in the same transaction.
    figures: BTreeMap<(Day, Currency), Figures>,
    /// Carts, campaigns and members that lines of this transaction named: a cart's letters stand together, campaigns are few, and
    /// members come back.
    carts: HashMap<String, carts::Named>,
    campaigns: HashMap<String, i64>,
    members: HashMap<String, i64>,
}

impl Work<'_> {
    fn count(&mut self, at: Timestamp, currency: Currency, change: Figures) {
        *self.figures.entry((self.site.day_of(at), currency)).or_default() += change;
    }

    /// Writes what was counted.
    fn finish(self) -> Result<Applied> {
        for ((day, currency), change) in &self.figures {
            stats::add(self.tx, self.site.no, *day, *currency, change)?;
        }
        Ok(self.applied)
    }

    /// Whether the line was new; `None` when it has its turn in another phase, or had it.
    fn line(&mut self, line: &Line, fate: Fate, phase: u8) -> Result<Option<bool>> {
        let (tx, site, no) = (self.tx, self.site, self.site.no);
        Ok(Some(match line {
            Line::Site(_) => return Ok(None),
            Line::Key(line) => {
                once(keys::by_id(tx, no, &line.id.0.0)?, || keys::insert(tx, &rows::key(line, no)?).map(drop))?
            }
            Line::User(line) => once(users::by_user_id(tx, no, &line.user_id)?, || {
                users::insert(tx, &rows::user(line, no, tx.now())?).map(drop)
            })?,
            Line::Customer(line) => customers::insert_new(tx, no, &rows::customer(line)?)?.is_some(),
            Line::LoyaltyCampaign(line) => once(loyalty::campaign_by_id(tx, no, &line.id.0.0)?, || {
                loyalty::insert_campaign(tx, no, &rows::loyalty_campaign(line)).map(drop)
            })?,
            Line::Daily(line) => once(stats::one(tx, no, line.day.0, line.currency.0)?, || {
                stats::add(tx, no, line.day.0, line.currency.0, &rows::daily(line).figures)?;
                stats::seal(tx, no, line.day.0, line.currency.0)
            })?,
            Line::Cart(line) => self.new_cart(line, fate)?,
            Line::Message(line) => self.message(line)?,
            Line::Purchase(line) => self.purchase(line)?,
            Line::Refund(line) => once(purchases::refund_by_id(tx, no, &line.id.0.0)?, || {
                let refund = Refund { id: line.id.0.0.clone(), amount: line.amount.0, at: line.at.0 };
                purchase_ops::keep_refund(tx, site, &line.purchase_id.0.0, &refund).map(drop)
            })?,
            Line::Suppression(line) => self.suppression(line)?,
            Line::Consent(line) => {
                let consent = rows::consent(line);
                let kept = consents::is_kept(tx, no, &consent)?;
                consent_ops::record(tx, site, consent)?;
                !kept
            }
            Line::Coupon(line) => once(coupon_rows::by_id(tx, no, &line.id.0.0)?, || {
                coupon_rows::insert(tx, no, &coupons::coupon(line)?).map(drop)
            })?,
            Line::CouponCode(line) => coupons::insert_code(tx, site, line)?,
            Line::Webhook(line) => webhooks::insert(tx, site, line)?,
            Line::Sequence(line) => once(sequences::steps(tx, no)?.into_iter().next(), || {
                rows::sequence(line)?.into_iter().try_for_each(|step| sequences::put(tx, no, &step, tx.now()))
            })?,
            Line::Subscriber(line) => once(subscribers::by_id(tx, no, &line.id.0.0)?, || {
                subscribers::insert(tx, no, &rows::subscriber(line)?)
            })?,
            Line::Decision(line) => {
                let cart = carts::named(tx, no, &line.cart_id.0.0)?.or_not_found("cart", &line.cart_id.0.0)?.no;
                let message = match &line.message_id {
                    Some(id) => Some(messages::no_by_id(tx, no, &id.0.0)?.or_not_found("message", &id.0.0)?),
                    None => None,
                };
                let decision = rows::decision(line, message);
                let is_new = !decisions::is_kept(tx, no, cart, &decision)?;
                if is_new {
                    decisions::insert(tx, no, cart, &decision)?;
                }
                is_new
            }
            Line::LoyaltyEntry(line) if (line.reverses.is_some() || line.refund_id.is_some()) != (phase == 6) => {
                return Ok(None);
            }
            Line::LoyaltyEntry(line) => self.entry(line)?,
        }))
    }

    fn new_cart(&mut self, line: &CartLine, fate: Fate) -> Result<bool> {
        let (tx, site) = (self.tx, self.site);
        let (mut cart, lines) = match rows::cart(line, site, fate) {
            Ok(made) => made,
            // What is stored need not be what the line would make today.
            Err(e) => return if self.is_stored(line)? { Ok(false) } else { Err(e) },
        };
        // Held: were it due, a clock that runs beside would expire it before its purchase is in and can claim it.
        let Some(no) = carts::insert_new(tx, site.no, &cart, None)? else {
            self.is_stored(line)?;
            return Ok(false);
        };
        cart.no = no;
        items::add(tx, no, &lines)?;
        coupons::take(tx, site, no, line)?;
        self.note_open(&cart);
        if let Some(at) = cart.first_abandoned_at.filter(|_| cart.counts()) {
            let change = Figures { abandoned: 1, abandoned_identified: cart.identified.into(), ..Figures::default() };
            self.count(at, cart.currency, change);
        }
        Ok(true)
    }

    /// Whether the cart of a line is there already.
    fn is_stored(&mut self, line: &CartLine) -> Result<bool> {
        let stored = carts::by_id(self.tx, self.site.no, &line.id.0.0)?;
        if let Some(stored) = &stored {
            self.note_open(stored);
        }
        Ok(stored.is_some())
    }

    fn note_open(&mut self, cart: &Cart) {
        self.applied.open_carts.extend(purchase_ops::can_be_claimed(cart).then_some(cart.no));
    }

    fn message(&mut self, line: &MessageLine) -> Result<bool> {
        let (tx, site) = (self.tx, self.site);
        let (mut message, events) = rows::message(line)?;
        let cart_id = line.cart_id.as_ref().map(|id| id.0.0.as_str());
        let cart = self.cart(cart_id)?;
        message.cart = cart.map(|cart| cart.no);
        let Some(no) = messages::insert_new(tx, site.no, &message)? else { return Ok(false) };
        message.no = no;
        if line.html.is_some() || line.text.is_some() {
            messages::insert_body(tx, message.no, None, line.html.as_deref(), line.text.as_deref())?;
        }
        coupons::give(tx, site, message.no, line)?;
        for event in &events {
            messages::insert_event(tx, message.no, event)?;
        }
        if message.status == MessageStatus::Sent {
            if let Some(at) = message.sent_at.filter(|_| cart.is_none_or(|cart| cart.class != Class::Machine)) {
                self.count(at, cart.map_or(site.currency, |cart| cart.currency), figures::letter(message.marks));
            }
            if let Some(cart) = cart.filter(|cart| !cart.emailed) {
                carts::mark_emailed(tx, site.no, cart.no)?;
                if let Some(known) = cart_id.and_then(|id| self.carts.get_mut(id)) {
                    known.emailed = true;
                }
            }
        }
        Ok(true)
    }

    fn purchase(&mut self, line: &PurchaseLine) -> Result<bool> {
        let (tx, site) = (self.tx, self.site);
        let id = &line.id.0.0;
        let asks = line.recovered_cart_id.is_none() && line.message_id.is_none();
        let mut purchase = rows::purchase(line)?;
        let cart = self.cart(line.cart_id.as_ref().map(|id| id.0.0.as_str()))?;
        let recovered = self.cart(line.recovered_cart_id.as_deref().filter(|id| !id.is_empty()))?;
        (purchase.cart, purchase.recovered_cart) = (cart.map(|cart| cart.no), recovered.map(|cart| cart.no));
        purchase.message = match &line.message_id {
            Some(id) => Some(messages::no_by_id(tx, site.no, &id.0.0)?.or_not_found("message", &id.0.0)?),
            None => None,
        };
        let made = purchases::insert_new(tx, site.no, &purchase)?;
        let no = match made {
            None => purchases::by_id(tx, site.no, id)?.or_not_found("purchase", id)?.no,
            Some(no) => {
                coupons::note(tx, site, no, line)?;
                let counted = figures::purchase(purchase.total, recovered.is_some());
                self.count(purchase.at, purchase.currency, counted);
                self.close(cart, purchase.at, false)?;
                self.close(recovered, purchase.at, true)?;
                no
            }
        };
        self.applied.has_purchase_without_cart |= cart.is_none();
        if asks {
            self.applied.unsettled.push(Unsettled { at: line.at.0, id: digest(Kind::Purchase, id), no });
        }
        Ok(made.is_some())
    }

    /// A cart that a purchase names is bought: converted if it was open.
    fn close(&mut self, cart: Option<carts::Named>, at: Timestamp, recovered: bool) -> Result<()> {
        let (tx, site) = (self.tx, self.site);
        let Some(named) = cart.filter(|cart| cart.status.is_open() || (recovered && !cart.recovered)) else {
            return Ok(());
        };
        // What is remembered of it is no longer so.
        self.carts.clear();
        if !named.status.is_open() {
            return carts::mark_recovered(tx, site.no, named.no);
        }
        let Some(mut cart) = carts::by_no(tx, site.no, named.no)? else { return Ok(()) };
        if cart.status.is_open() {
            cart_ops::settle(tx, site, &mut cart, at)?;
            cart.status = CartStatus::Converted;
            cart.updated_at = cart.updated_at.max(at);
        }
        cart.recovered |= recovered;
        cart_ops::save(tx, site, &cart)
    }

    fn suppression(&self, line: &SuppressionLine) -> Result<bool> {
        let (tx, site) = (self.tx, self.site);
        let (email, address_hash) = rows::suppressed(line, site)?;
        let (reason, at) = (line.reason.0, line.at.0);
        let ended_at = line.ended_at.map(|end| end.0);
        let known = suppressions::begun_at(tx, site.no, &address_hash, reason, at, ended_at)?.is_some();
        // One that is in force already, from another time on, says the same.
        if known || (ended_at.is_none() && suppressions::in_force(tx, site.no, &address_hash, reason)?.is_some()) {
            return Ok(false);
        }
        let mut message = match &line.message_id {
            Some(id) => Some(messages::by_id(tx, site.no, &id.0.0)?.or_not_found("message", &id.0.0)?),
            None => None,
        };
        if let Some(email) = email.as_ref().filter(|_| ended_at.is_none()) {
            letters::cancel_queued(tx, site, email, Why::Suppressed)?;
        }
        let no = message.as_ref().map(|message| message.no);
        let source = line.source.map(|source| source.0);
        let suppression = Suppression { email, address_hash, reason, source, message: no, at, ended_at };
        suppressions::insert(tx, site.no, &suppression)?;
        if reason == Reason::Unsubscribe {
            letters::count_unsubscribe(tx, site, message.as_mut(), at)?;
        }
        Ok(true)
    }

    /// Whether the entry was new.
    fn entry(&mut self, line: &LoyaltyEntryLine) -> Result<bool> {
        let (tx, no) = (self.tx, self.site.no);
        let (campaign, customer) = (&line.campaign_id.0.0, &line.customer_id.0.0);
        let reversed = match &line.reverses {
            Some(id) => Some(loyalty::entry_by_id(tx, no, &id.0.0)?.or_not_found("entry", &id.0.0)?),
            None => None,
        };
        let purchase = match &line.purchase_id {
            Some(id) => Some(purchases::by_id(tx, no, &id.0.0)?.or_not_found("purchase", &id.0.0)?.no),
            None => None,
        };
        let refund = match &line.refund_id {
            Some(id) => Some(purchases::refund_no(tx, no, &id.0.0)?.or_not_found("refund", &id.0.0)?),
            None => None,
        };
        let entry = Entry {
            id: line.id.0.0.clone(),
            campaign: self.campaign(campaign)?,
            customer: self.member(customer)?,
            at: line.at.0,
            cause: rows::cause(line)?,
            amount: line.amount.0,
            redeemed: line.redeemed.unwrap_or(false),
            expires_at: line.expires_at.map(|at| at.0),
            item: line.item.clone(),
            description: line.description.clone(),
            user: line.user.clone(),
            reverses: reversed.as_ref().map(|(no, _, _)| *no),
            purchase,
            refund,
            shortfall: line.shortfall.map_or(0, |shortfall| shortfall.0),
        };
        Ok(loyalty::keep_entry(tx, no, &entry, entry.delta(reversed.map(|(_, moved, _)| moved)))?.is_some())
    }

    fn campaign(&mut self, id: &str) -> Result<i64> {
        let (tx, no) = (self.tx, self.site.no);
        remembered(&mut self.campaigns, id, || loyalty::campaign_no(tx, no, id)?.or_not_found("campaign", id))
    }

    fn member(&mut self, id: &str) -> Result<i64> {
        let (tx, no) = (self.tx, self.site.no);
        remembered(&mut self.members, id, || customers::no_by_id(tx, no, id)?.or_not_found("customer", id))
    }

    fn cart(&mut self, id: Option<&str>) -> Result<Option<carts::Named>> {
        let (tx, no) = (self.tx, self.site.no);
        let named = |id| remembered(&mut self.carts, id, || carts::named(tx, no, id)?.or_not_found("cart", id));
        id.map(named).transpose()
    }
}

/// What is known of an id, else what is found out.
fn remembered<T: Copy>(known: &mut HashMap<String, T>, id: &str, find: impl FnOnce() -> Result<T>) -> Result<T> {
    if let Some(found) = known.get(id) {
        return Ok(*found);
    }
    let found = find()?;
    known.insert(id.to_owned(), found);
    Ok(found)
}

/// Runs `insert` where nothing was found, and says whether it did.
fn once<T>(found: Option<T>, insert: impl FnOnce() -> Result<()>) -> Result<bool> {
    match found {
        Some(_) => Ok(false),
        None => insert().map(|()| true),
    }
}
