//! The outbox: letters are planned in the transaction of their cause, looked at when they fall due, and settled when
//! the transport has spoken. A letter is claimed in the transaction that checked everything that could forbid it.

mod capture;
mod flight;

use super::coupons::{self, Shown};
use super::{messages as letters, sequences, sites};
use crate::domain::bounces::{Report, ReportKind, status_in};
use crate::domain::carts::{Cart, CartStatus, Class, Item};
use crate::domain::letters::{CAP_WINDOW, Decision, Facts, Fates, Outcome, Rules, Why, judge};
use crate::domain::links::is_web_link;
use crate::domain::messages::{Marks, Message, MessageStatus};
use crate::domain::sequences::{Sequence, Step, Words};
use crate::domain::suppressions::hash_address;
use crate::domain::{EmailAddress, Error, OrNotFound, Result, Site, SiteNo, Timestamp};
use crate::store::{
    ReadTx, WriteTx, carts, consents, decisions, engagement, go_lives, items, messages, purchases, suppressions,
};

use capture::Shop;
pub use capture::{Shops, capture};
pub use flight::{give_up_in_flight, release, release_in_flight};

/// How long after the transport's first refusal a letter is given up.
const GIVE_UP_AFTER: i64 = 3 * 86_400;
/// The first retry comes after this, each further one after twice as long.
const FIRST_RETRY: i64 = 5 * 60;
/// No retry waits longer than this.
const LONGEST_RETRY: i64 = 6 * 3_600;

/// Plans the next letter about an abandoned cart, after the one of a step (0: none yet). The letter itself is written
/// when its time has come: the cart may change until then.
pub(super) fn plan(tx: &WriteTx, site: &Site, cart: &Cart, after_step: i64) -> Result<()> {
    plan_in(tx, site, &sequences::of_site(tx, site)?, cart, after_step)
}

fn plan_in(tx: &WriteTx, site: &Site, sequence: &Sequence, cart: &Cart, after_step: i64) -> Result<()> {
    let Some(abandoned_at) = cart.abandoned_at.filter(|_| cart.status == CartStatus::Abandoned) else {
        return Ok(());
    };
    let Some(email) = cart.email.clone().filter(|_| site.settings.letters() && !cart.imported) else {
        return Ok(());
    };
    let Some(step) = sequence.after(after_step) else { return Ok(()) };
    let letter = Message {
        no: 0,
        id: super::ids::fresh("msg", tx.now()),
        cart: Some(cart.no),
        sequence_id: Some(sequence.id.clone()),
        step: step.number,
        email: Some(email),
        subject: String::new(),
        status: MessageStatus::Queued,
        created_at: tx.now(),
        due_at: Some(abandoned_at.plus(step.delay_secs)),
        attempts: 0,
        sent_at: None,
        detail: None,
        marks: Marks::default(),
    };
    messages::insert(tx, site.no, &letter)?;
    Ok(())
}

/// Takes the waiting letters about a cart out of the queue: its shopper came back.
pub(super) fn unplan(tx: &WriteTx, cart: &Cart) -> Result<()> {
    messages::cancel_queued_about(tx, cart.no, Why::CameBack.as_str())?;
    Ok(())
}

/// Plans again what a suppression that ended took out of the queue: the next letter about each cart of the address.
pub(super) fn plan_again(tx: &WriteTx, site: &Site, email: &EmailAddress) -> Result<()> {
    for cart in carts::open_by_address(tx, site.no, &email.matched())? {
        let newest = messages::about(tx, cart.no)?.pop();
        let silenced = newest.filter(|letter| {
            letter.status == MessageStatus::Cancelled && letter.detail.as_deref() == Some(Why::Suppressed.as_str())
        });
        if let Some(letter) = silenced {
            plan(tx, site, &cart, letter.step - 1)?;
        }
    }
    Ok(())
}

/// What the process can do for letters to real people.
#[derive(Clone, Copy, Debug)]
pub struct Means {
    /// Whether letters really leave, rather than being captured.
    pub real: bool,
    /// Whether the process knows its public address.
    pub public_url: bool,
    /// Until when no letter may leave, for so many left just now.
    pub busy_until: Option<Timestamp>,
}

/// A letter that may leave now, with everything that it is written from.
#[derive(Clone, Debug)]
pub struct Claim {
    /// Whose letter it is.
    pub site: Site,
    /// The letter.
    pub message: Message,
    /// The cart that it is about.
    pub cart: Cart,
    /// The cart's lines.
    pub items: Vec<Item>,
    /// What the shop says in its own words.
    pub words: Words,
    /// The coupon that it shows.
    pub coupon: Option<Shown>,
    /// Positions of the lines, from 1, whose links pass through us; what is not here leads to the shop directly.
    pub tracked: Vec<i64>,
}

/// What became of looking at the outbox.
#[derive(Debug)]
pub enum Looked {
    /// Nothing is due.
    Nothing,
    /// A letter was due and does not leave now.
    Decided,
    /// A letter was claimed.
    Claimed(Box<Claim>),
}

/// Looks at the letter that has been due longest. It is claimed, put off, or struck, and the decision is kept.
pub fn claim(tx: &WriteTx, means: Means) -> Result<Looked> {
    let looked = look(tx, means, &mut Shops::default())?;
    if let Looked::Claimed(claim) = &looked {
        messages::update(tx, &claim.message)?;
    }
    Ok(looked)
}

/// The same, but that a claim is not yet written down.
fn look(tx: &WriteTx, means: Means, shops: &mut Shops) -> Result<Looked> {
    if let Some(until) = means.busy_until.filter(|until| *until > tx.now()) {
        messages::put_off(tx, tx.now(), until)?;
        return Ok(Looked::Nothing);
    }
    let Some((site_no, mut message)) = messages::first_due(tx, tx.now())? else { return Ok(Looked::Nothing) };
    let Shop { site, sequence } = shops.of(tx, site_no)?;
    let no = message.cart.ok_or_else(|| Error::internal("a queued letter is about no cart"))?;
    let mut cart = carts::by_no(tx, site.no, no)?.ok_or_else(|| Error::internal("a queued letter's cart is gone"))?;
    super::carts::settle(tx, site, &mut cart, tx.now())?;
    let step = sequence.step(message.step);
    let verdict = match facts(tx, site, step, &message, &cart, means)? {
        Some(facts) => judge(&facts, &rules(site)),
        None => (Outcome::Skip, Why::Undeliverable, None),
    };
    let ((outcome, why, until), coupon) = with_coupon(tx, site, &message, &cart, step, verdict)?;
    keep_decision(tx, site, &cart, &message, (outcome, why, until))?;
    match outcome {
        Outcome::Send => {
            message.status = MessageStatus::Sending;
            message.due_at = None;
            message.attempts += 1;
            let items = items::of_cart(tx, cart.no)?;
            let words = step.map(|step| step.words.clone()).unwrap_or_default();
            let tracked = keep_links(tx, site, &message, &items)?;
            let site = site.clone();
            return Ok(Looked::Claimed(Box::new(Claim { site, message, cart, items, words, coupon, tracked })));
        }
        Outcome::Wait => {
            message.due_at = until;
            messages::update(tx, &message)?;
        }
        Outcome::Skip => {
            message.status = MessageStatus::Cancelled;
            message.due_at = None;
            message.detail = Some(why.as_str().to_owned());
            messages::update(tx, &message)?;
            plan_in(tx, site, sequence, &cart, message.step)?;
        }
    }
    Ok(Looked::Decided)
}

/// What becomes of a letter, why, and until when, as `judge` says it.
type Judgement = (Outcome, Why, Option<Timestamp>);

/// The verdict on a letter once the coupon of its step was asked for: without it a letter leaves all the same, and says
/// so in its reason, unless its words need it.
fn with_coupon(
    tx: &WriteTx,
    site: &Site,
    message: &Message,
    cart: &Cart,
    step: Option<&Step>,
    verdict: Judgement,
) -> Result<(Judgement, Option<Shown>)> {
    let Some(step) = step.filter(|_| verdict.0 == Outcome::Send) else { return Ok((verdict, None)) };
    Ok(match coupons::for_letter(tx, site, message, cart, step.coupon_id.as_deref())? {
        Ok(coupon) => (verdict, coupon),
        Err(why) if step.words.need_coupon() => ((Outcome::Skip, why, None), None),
        Err(why) => ((Outcome::Send, why, None), None),
    })
}

/// Keeps where the links of a letter lead before anybody can follow one: the cart may change once it has left.
fn keep_links(tx: &WriteTx, site: &Site, message: &Message, items: &[Item]) -> Result<Vec<i64>> {
    let mut links = Vec::new();
    if site.settings.tracks_clicks() {
        let own = |item: &Item| item.url.clone().filter(|url| is_web_link(url));
        links.extend((1..).zip(items).filter_map(|(position, item)| Some((position, own(item)?))));
    }
    engagement::replace_links(tx, message.no, &links)?;
    Ok(links.into_iter().map(|(position, _)| position).collect())
}

fn site_of(tx: &ReadTx, no: SiteNo) -> Result<Site> {
    sites::by_no(tx, no)?.ok_or_else(|| Error::internal("a letter's site is gone"))
}

/// What can stand against a letter. `None`: its address is none that a letter can be sent to.
fn facts(
    tx: &ReadTx,
    site: &Site,
    step: Option<&Step>,
    message: &Message,
    cart: &Cart,
    means: Means,
) -> Result<Option<Facts>> {
    let Some(email) = message.email.as_ref().filter(|email| email.is_deliverable()) else { return Ok(None) };
    let now = tx.now();
    let address = email.matched();
    let (written_at, written) = messages::sent_to_since(tx, site.no, &address, now.plus(-CAP_WINDOW))?;
    let since = now.plus(-site.settings.cap_after_purchase()).min(cart.last_activity);
    let shopper = (cart.customer_id.as_deref(), cart.visitor.as_deref());
    let bought_at = purchases::newest_of_shopper(tx, site.no, &address, shopper, since)?;
    let newest = carts::open_by_address(tx, site.no, &address)?
        .into_iter()
        .find(|other| other.holds_something() && other.class != Class::Machine);
    let missing = missing(site, means).filter(|_| means.real);
    let due = cart.abandoned_at.zip(step).map(|(at, step)| at.plus(step.delay_secs));
    Ok(Some(Facts {
        now,
        // A retry is as late as its transport made it; only the plan is held against the clock.
        due_at: if message.attempts > 0 { now } else { due.or(message.due_at).unwrap_or(now) },
        status: cart.status,
        by_machine: cart.class == Class::Machine,
        imported: cart.imported,
        has_newer_cart: newest.is_some_and(|newest| newest.no != cart.no),
        bought_since: bought_at.is_some_and(|at| at >= cart.last_activity),
        total: cart.total,
        minimum: step.map_or(0, |step| step.minimum),
        suppressed: suppressions::is_suppressed(tx, site.no, &hash_address(site, email))?,
        consent_given: consents::newest(tx, site.no, &address)?.map(|consent| consent.given),
        bought_at,
        written_at,
        written_in_30_days: written,
        admitted: site.settings.admits(&address),
        missing,
        not_live: means.real && go_lives::newest(tx, site.no)?.is_none(),
        breaker_open: means.real && breaker_is_open(tx, site)?,
    }))
}

/// What letters to real people need and the shop has not.
fn missing(site: &Site, means: Means) -> Option<Why> {
    if site.settings.postal_address().is_none() {
        Some(Why::NoPostalAddress)
    } else if !means.public_url {
        Some(Why::NoPublicUrl)
    } else if site.settings.sender().is_none() {
        Some(Why::NoSender)
    } else {
        None
    }
}

/// Whether so many of the last letters came back that no more leave for now.
pub fn breaker_is_open(tx: &ReadTx, site: &Site) -> Result<bool> {
    let settings = &site.settings;
    let fates = messages::fates(tx, site.no, settings.breaker_reset_at(), Fates::WINDOW)?;
    Ok(fates.open_breaker(settings.breaker_bounces_percent(), settings.breaker_complaints_per_mille()))
}

/// One last look right before a claimed letter is handed over: what forbids it by now, if anything does.
pub fn still_stands(tx: &ReadTx, claim: &Claim, means: Means) -> Result<Option<Why>> {
    let site = site_of(tx, claim.site.no)?;
    let Some(mut cart) = carts::by_no(tx, site.no, claim.cart.no)? else { return Ok(Some(Why::Expired)) };
    if messages::by_no(tx, site.no, claim.message.no)?.is_none_or(|letter| letter.email.is_none()) {
        // Its reader was erased since.
        return Ok(Some(Why::Undeliverable));
    }
    cart.settle(tx.now(), site.settings.abandon_after());
    let sequence = sequences::of_site(tx, &site)?;
    let step = sequence.step(claim.message.step);
    Ok(match facts(tx, &site, step, &claim.message, &cart, means)?.map(|facts| judge(&facts, &rules(&site))) {
        Some((Outcome::Skip, why, _)) => Some(why),
        Some(_) => None,
        None => Some(Why::Undeliverable),
    })
}

/// Strikes a claimed letter that was not handed over, and keeps why.
pub fn withdraw(tx: &WriteTx, claim: &Claim, why: Why) -> Result<()> {
    let Claim { site, cart, .. } = claim;
    let mut message = messages::by_no(tx, site.no, claim.message.no)?.or_not_found("message", &claim.message.id)?;
    if message.status != MessageStatus::Sending {
        return Ok(());
    }
    keep_decision(tx, site, cart, &message, (Outcome::Skip, why, None))?;
    message.status = MessageStatus::Cancelled;
    message.detail = Some(why.as_str().to_owned());
    messages::update(tx, &message)?;
    plan_after(tx, site, &message)
}

fn rules(site: &Site) -> Rules {
    let settings = &site.settings;
    Rules {
        letters: settings.letters(),
        consent: settings.consent(),
        too_old_after: settings.too_old_after(),
        cap_after_purchase: settings.cap_after_purchase(),
        cap_gap: settings.cap_gap(),
        cap_per_30_days: settings.cap_per_30_days(),
        quiet_hours: settings.quiet_hours(),
        zone: site.zone.clone(),
    }
}

/// Keeps a decision, unless the same was the last one about this letter.
fn keep_decision(
    tx: &WriteTx,
    site: &Site,
    cart: &Cart,
    message: &Message,
    (outcome, reason, until): (Outcome, Why, Option<Timestamp>),
) -> Result<()> {
    let decision = Decision { until, ..Decision::about(message, tx.now(), outcome, reason) };
    let same = |last: Decision| Decision { at: decision.at, ..last } == decision;
    if decisions::newest(tx, site.no, cart.no)?.is_some_and(same) {
        return Ok(());
    }
    decisions::insert(tx, site.no, cart.no, &decision)
}

/// A letter as it leaves.
#[derive(Clone, Debug, Default)]
pub struct Written {
    /// One line.
    pub subject: String,
    /// The header lines, one a line.
    pub headers: String,
    /// For programs that show HTML.
    pub html: String,
    /// For those that do not.
    pub text: String,
}

/// What the transport said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It took the letter.
    Taken,
    /// Not now: a temporary failure, before the letter was handed over.
    NotNow(String),
    /// Never, for a reason that is not the address.
    Refused(String),
    /// Never, for there is no such address.
    NoSuchAddress(String),
    /// The connection was lost after the letter was handed over: it may have been taken.
    Unknown(String),
}

/// Settles a claimed letter by what the transport said. A letter that was settled meanwhile is left as it is.
pub fn settle(tx: &WriteTx, claim: &Claim, written: &Written, verdict: Verdict) -> Result<Message> {
    let site = &claim.site;
    let mut message = messages::by_no(tx, site.no, claim.message.no)?.or_not_found("message", &claim.message.id)?;
    if message.status != MessageStatus::Sending {
        return Ok(message);
    }
    if message.email.is_none() {
        return flight::settle_erased(tx, site, message, &verdict);
    }
    keep_written(tx, &mut message, written)?;
    match verdict {
        Verdict::Taken => {
            letters::taken(tx, site, &mut message)?;
            plan_after(tx, site, &message)?;
        }
        Verdict::NotNow(said) => put_off(tx, site, &mut message, said)?,
        Verdict::Refused(said) => {
            message.status = MessageStatus::Failed;
            message.detail = Some(said);
            messages::update(tx, &message)?;
            plan_after(tx, site, &message)?;
        }
        Verdict::NoSuchAddress(said) => {
            message.status = MessageStatus::Failed;
            message.detail = Some(said.clone());
            messages::update(tx, &message)?;
            let report = Report {
                kind: ReportKind::Bounce,
                permanent: true,
                status: status_in(&said).map(str::to_owned),
                names: vec![message.id.clone()],
                email: None,
                at: None,
                source: "the receiving server",
                detail: Some(said),
            };
            super::bounces::record(tx, site, &report)?;
        }
        Verdict::Unknown(said) => become_unknown(tx, site, &mut message, &said)?,
    }
    Ok(message)
}

/// Keeps what a letter says.
fn keep_written(tx: &WriteTx, message: &mut Message, written: &Written) -> Result<()> {
    message.subject.clone_from(&written.subject);
    let Written { headers, html, text, .. } = written;
    messages::insert_body(tx, message.no, Some(headers), Some(html), Some(text))
}

/// The transport is asked again later, or not any more.
fn put_off(tx: &WriteTx, site: &Site, message: &mut Message, said: String) -> Result<()> {
    message.detail = Some(said);
    // Counted from the first refusal: a third letter is written down days before it is due.
    let waited: i64 = (1..message.attempts).map(retry_after).sum();
    if waited >= GIVE_UP_AFTER {
        message.status = MessageStatus::Failed;
        messages::update(tx, message)?;
        return plan_after(tx, site, message);
    }
    message.status = MessageStatus::Queued;
    message.due_at = Some(tx.now().plus(retry_after(message.attempts)));
    messages::update(tx, message)
}

/// Seconds from an attempt, 1 for the first, to the next.
fn retry_after(attempt: i64) -> i64 {
    let doublings = u32::try_from(attempt - 1).unwrap_or(0).min(10);
    (FIRST_RETRY << doublings).min(LONGEST_RETRY)
}

/// The letter may have been taken: it counts as written for the caps, and is not sent again by itself.
fn become_unknown(tx: &WriteTx, site: &Site, message: &mut Message, said: &str) -> Result<()> {
    message.status = MessageStatus::Unknown;
    message.sent_at = Some(tx.now());
    message.detail = Some(said.to_owned());
    messages::update(tx, message)?;
    plan_after(tx, site, message)
}

fn plan_after(tx: &WriteTx, site: &Site, message: &Message) -> Result<()> {
    match message.cart.map(|no| carts::by_no(tx, site.no, no)).transpose()?.flatten() {
        Some(cart) => plan(tx, site, &cart, message.step),
        None => Ok(()),
    }
}

/// Puts a letter of unknown fate, or one that failed, back into the queue: somebody decided that it shall be tried
/// again. Everything that could forbid it is looked at as for any letter.
pub fn retry(tx: &WriteTx, site: &Site, id: &str) -> Result<Message> {
    let mut message = messages::by_id(tx, site.no, id)?.or_not_found("letter", id)?;
    if !matches!(message.status, MessageStatus::Unknown | MessageStatus::Failed) {
        return Err(Error::Conflict(format!(
            "the letter is {}; only an unknown or failed one is tried again",
            message.status
        )));
    }
    message.status = MessageStatus::Queued;
    message.sent_at = None;
    message.due_at = Some(tx.now());
    messages::update(tx, &message)?;
    Ok(message)
}

/// Why a cart's shopper was written to or not, oldest first, with the letters about it: what is kept, and not what this
/// transaction's clock would make of it, for a command line may run beside a process whose clock was set by hand.
pub fn explain(tx: &ReadTx, site: &Site, cart_id: &str) -> Result<(Cart, Vec<Decision>, Vec<Message>)> {
    let cart = carts::by_id(tx, site.no, cart_id)?.or_not_found("cart", cart_id)?;
    let decisions = decisions::about(tx, site.no, cart.no)?;
    let letters = messages::about(tx, cart.no)?;
    Ok((cart, decisions, letters))
}
