//! A demo's history, told in order: what is due next is taken from the visitors who come and from a heap of what
//! earlier ones left behind, and done by the operations that real traffic uses, at its own instant. Only what is
//! pending is held, so a million carts need no more memory than a thousand.

use std::cmp::{Ordering, Reverse};
use std::collections::{BinaryHeap, HashMap, HashSet};
use std::sync::Arc;

use rand::RngExt;

use super::dice::{Topic, dice};
use super::members::{Members, Undoable};
use super::plan::{Ending, Visit, people, visit};
use super::rhythm::{Arrival, Arrivals};
use super::words::{Person, person};
use super::{Scenario, letters};
use crate::domain::letters::{Outcome, Why};
use crate::domain::messages::{Event, EventKind};
use crate::domain::suppressions::Reason;
use crate::domain::users::Campaigns;
use crate::domain::{Currency, Error, Result, Site, Timestamp};
use crate::mail::letters::Reminder;
use crate::ops::carts::{self, FullCart, NewItem};
use crate::ops::purchases::{self, Confirmation, Stated};
use crate::ops::{clockwork, loyalty, messages, sites, suppressions};
use crate::store::{Store, WriteTx};

/// Deeds of one transaction: enough that its fsync does not matter, few enough to stop soon when told to.
const BATCH: usize = 4_000;

/// The clock's doings are written this often; operations settle what they touch by themselves.
const SWEEP_SECS: i64 = 60;
const SWEEP: i64 = 1_000;

/// Letters that keep their text, about: the newest.
const TEXTS: u64 = 1_000;

/// An address gets no second letter within this.
const LETTER_PAUSE_SECS: i64 = 6 * 3_600;

/// Fills a shop with its history. `progress` hears after every transaction how many carts there are, and says whether
/// to go on. Returns whether history was told to its end.
pub fn fill(store: &Store, site: &Site, scenario: &Scenario, mut progress: impl FnMut(u64) -> bool) -> Result<bool> {
    let campaigns = store.read(|tx| loyalty::visible_campaigns(tx, site, &Campaigns::All))?;
    // The story tells of letters itself; the outbox takes over where it ends.
    let quiet = switch_letters(store, site, "off")?;
    let mut story = Story::new(&quiet, scenario, Members::new(scenario, campaigns));
    loop {
        // The story travels to the writer's thread and back: it is one value, and nobody waits for a lock.
        let (told, more) = store.write(move |tx| {
            let more = story.go_on(tx)?;
            Ok((story, more))
        })?;
        story = told;
        if !progress(story.carts) {
            return Ok(false);
        }
        if !more {
            switch_letters(store, &quiet, "")?;
            return Ok(true);
        }
    }
}

fn switch_letters(store: &Store, site: &Site, value: &'static str) -> Result<Site> {
    let site = site.clone();
    store.write(move |tx| sites::set(tx, &site, "letters", value))
}

/// A visitor once the cart is made.
#[derive(Debug)]
struct Guest {
    number: u64,
    person: u64,
    known: Option<Person>,
    cart_id: String,
}

#[derive(Debug)]
enum Deed {
    PutIn(Arc<Guest>, Box<NewItem>),
    Buy(Arc<Guest>),
    Write(Arc<Guest>, i64),
    Notice(Arc<Guest>, String, Box<Event>),
    Refund { purchase_id: String, amount: i64, earned: Option<Undoable> },
    Join(u64),
    Till(u64),
    Undo(Undoable),
}

/// A deed and its time. Equal times go by the order in which they were thought of.
#[derive(Debug)]
struct Pending {
    at: Timestamp,
    order: u64,
    deed: Deed,
}

impl Ord for Pending {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.at, self.order).cmp(&(other.at, other.order))
    }
}

impl PartialOrd for Pending {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Pending {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Pending {}

struct Story {
    site: Site,
    scenario: Scenario,
    arrivals: Arrivals,
    pending: BinaryHeap<Reverse<Pending>>,
    order: u64,
    carts: u64,
    purchases: u64,
    members: Members,
    /// People who are not written to any more.
    silenced: HashSet<u64>,
    /// When people were last written to; those of long ago are forgotten.
    written: HashMap<u64, Timestamp>,
    swept: Timestamp,
    texts_from: Timestamp,
}

impl Story {
    fn new(site: &Site, scenario: &Scenario, members: Members) -> Self {
        let length = scenario.until.secs() - scenario.begins().secs();
        // There are about five letters for four carts.
        let kept = i64::try_from(TEXTS.saturating_mul(length.unsigned_abs()) / (scenario.carts * 5 / 4).max(TEXTS))
            .unwrap_or(length);
        let mut story = Story {
            site: site.clone(),
            scenario: scenario.clone(),
            arrivals: Arrivals::new(scenario, &site.zone),
            pending: BinaryHeap::new(),
            order: 0,
            carts: 0,
            purchases: 0,
            members,
            silenced: HashSet::new(),
            written: HashMap::new(),
            swept: scenario.begins(),
            texts_from: scenario.until.plus(-kept),
        };
        for (at, member) in Members::joining(scenario) {
            story.plan(at, Deed::Join(member));
        }
        story
    }

    /// Keeps a deed for its time. What would lie in the future is left to whoever uses the demo.
    fn plan(&mut self, at: Timestamp, deed: Deed) {
        if at <= self.scenario.until {
            self.order += 1;
            self.pending.push(Reverse(Pending { at, order: self.order, deed }));
        }
    }

    /// Tells the next part. Returns whether there is more.
    fn go_on(&mut self, tx: &WriteTx) -> Result<bool> {
        for _ in 0..BATCH {
            let arriving = self.arrivals.peek();
            let pending = self.pending.peek().map(|Reverse(pending)| pending.at);
            let Some(at) = arriving.into_iter().chain(pending).min() else {
                self.sweep(tx, self.scenario.until)?;
                return Ok(false);
            };
            if at >= self.swept.plus(SWEEP_SECS) {
                self.sweep(tx, at)?;
            }
            let tx = tx.at(at);
            if arriving == Some(at) {
                if let Some(arrival) = self.arrivals.next() {
                    self.arrive(&tx, arrival)?;
                }
            } else if let Some(Reverse(pending)) = self.pending.pop() {
                self.act(&tx, pending.deed)?;
            }
        }
        Ok(true)
    }

    fn sweep(&mut self, tx: &WriteTx, at: Timestamp) -> Result<()> {
        while clockwork::settle_due(&tx.at(at), SWEEP, || false)? {}
        self.swept = at;
        self.written.retain(|_, last| last.plus(LETTER_PAUSE_SECS) > at);
        Ok(())
    }

    fn act(&mut self, tx: &WriteTx, deed: Deed) -> Result<()> {
        match deed {
            Deed::PutIn(guest, item) => self.put_in(tx, &guest, *item),
            Deed::Buy(guest) => self.buy(tx, &guest),
            Deed::Write(guest, step) => self.write(tx, guest, step),
            Deed::Notice(guest, message_id, event) => self.notice(tx, &guest, &message_id, *event),
            Deed::Refund { purchase_id, amount, earned } => {
                purchases::refund(tx, &self.site, &purchase_id, amount)?;
                earned.map_or(Ok(()), |earned| self.members.undo(tx, &self.site, &earned))
            }
            Deed::Join(member) => {
                let next = self.members.join(tx, &self.site, member)?;
                self.plan(next, Deed::Till(member));
                Ok(())
            }
            Deed::Till(member) => {
                let (next, wrong) = self.members.visit(tx, &self.site, member)?;
                self.plan(next, Deed::Till(member));
                if let Some(wrong) = wrong {
                    self.plan(tx.now().plus(240), Deed::Undo(wrong));
                }
                Ok(())
            }
            Deed::Undo(wrong) => self.members.undo(tx, &self.site, &wrong),
        }
    }

    /// Somebody begins a cart; what else the visit brings is planned.
    fn arrive(&mut self, tx: &WriteTx, arrival: Arrival) -> Result<()> {
        let visit = visit(&self.scenario, arrival.number, arrival.present)?;
        let last_change = tx.now().plus(visit.last_change());
        let Visit { number, person, cart, later, ending, gets_letters, known } = visit;
        let leaves_something = !cart.items.is_empty();
        let made = carts::create(tx, &self.site, cart)?;
        self.carts += 1;
        let guest = Arc::new(Guest { number, person, known, cart_id: made.cart.id });
        for (after, item) in later {
            self.plan(tx.now().plus(after), Deed::PutIn(guest.clone(), Box::new(item)));
        }
        if let Ending::Bought(after) | Ending::CameBack(after) | Ending::AtTheTill(after) = ending {
            self.plan(last_change.plus(after), Deed::Buy(guest.clone()));
        }
        if gets_letters && leaves_something && !matches!(ending, Ending::Bought(_)) {
            let at = last_change.plus(self.site.settings.abandon_after() + due_after(&guest, Reminder::First));
            self.plan(at, Deed::Write(guest, 1));
        }
        Ok(())
    }

    fn put_in(&mut self, tx: &WriteTx, guest: &Guest, item: NewItem) -> Result<()> {
        match carts::add_items(tx, &self.site, &guest.cart_id, vec![(item, false)]) {
            // Another cart of the same person was bought in the meantime, and this one with it.
            Err(Error::Conflict(_)) => Ok(()),
            added => added.map(drop),
        }
    }

    /// Sends a reminder if everything still speaks for it, and plans what becomes of it and the next one.
    fn write(&mut self, tx: &WriteTx, guest: Arc<Guest>, step: i64) -> Result<()> {
        let (Some(reminder), Some(to)) = (Reminder::of_step(step), &guest.known) else { return Ok(()) };
        let about = carts::get(tx, &self.site, &guest.cart_id)?;
        if !about.cart.status.is_open() || self.silenced.contains(&guest.person) {
            return Ok(());
        }
        let left_at = self.left_at(&about);
        let due = left_at.plus(due_after(&guest, reminder));
        let rested = self.written.get(&guest.person).map_or(due, |last| last.plus(LETTER_PAUSE_SECS));
        let due = due.max(rested);
        let takes = 2 + i64::try_from(guest.number % 7).unwrap_or(0);
        let sent = tx.now().plus(takes);
        if due > tx.now() || sent > self.scenario.until {
            self.plan(due.max(tx.now().plus(1)), Deed::Write(guest, step));
            return Ok(());
        }
        let with_text = tx.now() >= self.texts_from;
        let letter = letters::write(&self.site, &self.scenario.base_url, reminder, to, &about, with_text)?;
        let letter = messages::enqueue(tx, &self.site, letter)?;
        if with_text {
            messages::decide(tx, &self.site, &letter, Outcome::Send, Why::Clear)?;
        }
        messages::mark_sent(&tx.at(sent), &self.site, &letter.id)?;
        self.written.insert(guest.person, sent);
        let fate = letters::fate(self.scenario.seed, guest.number, step, sent);
        for event in fate.events {
            self.plan(event.at, Deed::Notice(guest.clone(), letter.id.clone(), Box::new(event)));
        }
        if let Some(at) = fate.buys {
            self.plan(at, Deed::Buy(guest.clone()));
        }
        if let Some(next) = Reminder::of_step(step + 1) {
            self.plan(left_at.plus(due_after(&guest, next)), Deed::Write(guest, step + 1));
        }
        Ok(())
    }

    /// When a cart was left, or will have been if nothing more happens.
    fn left_at(&self, about: &FullCart) -> Timestamp {
        let idle = about.cart.last_activity.plus(self.site.settings.abandon_after());
        about.cart.abandoned_at.filter(|at| *at >= about.cart.last_activity).unwrap_or(idle)
    }

    /// Keeps evidence about a letter, with what follows for its address.
    fn notice(&mut self, tx: &WriteTx, guest: &Guest, message_id: &str, event: Event) -> Result<()> {
        let kind = event.kind;
        messages::record_event(tx, &self.site, message_id, event)?;
        let reason = match kind {
            EventKind::Open | EventKind::Click | EventKind::SoftBounce => return Ok(()),
            EventKind::Bounce => Reason::Bounce,
            EventKind::Complaint => Reason::Complaint,
            EventKind::Unsubscribe => Reason::Unsubscribe,
        };
        if let Some(person) = &guest.known {
            suppressions::suppress(tx, &self.site, &person.email, reason, Some(message_id))?;
            self.silenced.insert(guest.person);
        }
        Ok(())
    }

    /// The shop's server says that somebody bought.
    fn buy(&mut self, tx: &WriteTx, guest: &Guest) -> Result<()> {
        let cart = carts::get(tx, &self.site, &guest.cart_id)?.cart;
        if !cart.status.is_open() {
            return Ok(());
        }
        let mut dice = dice(self.scenario.seed, Topic::Purchase, guest.number);
        let (email, total) = match &guest.known {
            // A fifth pays for delivery on top of what is in the cart.
            Some(person) if dice.random_bool(0.2) => (person.email.clone(), cart.total + delivery(cart.currency)),
            Some(person) => (person.email.clone(), cart.total),
            None => {
                let stranger = person(self.scenario.seed, people(self.scenario.carts) + guest.number)?;
                // Without a cart of that address the amount counts as the shop's own currency.
                (stranger.email, if cart.currency == self.site.currency { cart.total } else { 4_900 })
            }
        };
        let order = format!("LL-{}", 10_000 + self.purchases);
        let source = if dice.random_bool(0.85) { "cartstack" } else { "retargeting" };
        let order_id = (source == "retargeting" || dice.random_bool(0.6)).then(|| order.clone());
        let told = Confirmation { email, order_id, total: Stated::Minor(total), codes: Vec::new(), source };
        let confirmed = purchases::confirm(tx, &self.site, told)?;
        if confirmed.repeated {
            return Ok(());
        }
        self.purchases += 1;
        let bought = confirmed.purchase;
        let described = format!("Order {order}");
        let sum = (bought.total, bought.currency);
        let earned = self.members.bought(tx, &self.site, guest.person, sum, &described)?;
        if bought.total > 0 && dice.random_bool(0.035) {
            let whole = dice.random_bool(0.6);
            let amount = if whole { bought.total } else { (bought.total / 3).max(1) };
            let at = tx.now().plus(dice.random_range(20..14 * 24) * 3_600 + dice.random_range(0..3_600));
            let earned = earned.filter(|_| whole);
            self.plan(at, Deed::Refund { purchase_id: bought.id, amount, earned });
        }
        Ok(())
    }
}

/// Seconds from abandonment to a reminder. Senders look once a minute or so, hence the odd seconds.
fn due_after(guest: &Guest, reminder: Reminder) -> i64 {
    reminder.delay_secs() + i64::try_from(guest.number % 83).unwrap_or(0)
}

fn delivery(currency: Currency) -> i64 {
    if currency.decimals() == 0 { 800 } else { 595 }
}
