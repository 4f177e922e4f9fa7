//! A cart: its lines, its sums, and what the clock alone does to it.

use super::money::MAX_MINOR;
use super::{Currency, EmailAddress, Error, Result, Timestamp, words};

/// The most lines that a cart can have.
pub const MAX_ITEMS: usize = 500;

/// The largest quantity of one line.
pub const MAX_QUANTITY: i64 = 1_000_000;

words! {
    /// Where a cart stands. Active and abandoned carts are open.
    CartStatus, "status" {
        Active = "active",
        Abandoned = "abandoned",
        Converted = "converted",
        Expired = "expired",
    }
}

impl CartStatus {
    /// Whether the cart can still change and be bought.
    pub fn is_open(self) -> bool {
        matches!(self, CartStatus::Active | CartStatus::Abandoned)
    }
}

words! {
    /// Through which channel the shopper came.
    Channel, "channel" {
        Web = "web",
        Mobile = "mobile",
        Pos = "pos",
        Api = "api",
    }
}

words! {
    /// Who made it: a cart, an open, a click. What a machine made is in no figure.
    Class, "class" {
        Human = "human",
        Machine = "machine",
        Unknown = "unknown",
    }
}

/// A line of a cart.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// Public id, unique in its cart.
    pub id: String,
    /// The shop's name of the product.
    pub product_id: String,
    /// The shop's name of the variant.
    pub variant_id: Option<String>,
    /// For people.
    pub name: Option<String>,
    /// Stock-keeping unit.
    pub sku: Option<String>,
    /// At least 1.
    pub quantity: i64,
    /// Minor units of the cart's currency.
    pub unit_price: i64,
    /// Picture for letters.
    pub image_url: Option<String>,
    /// Product page for letters.
    pub url: Option<String>,
    /// Free text.
    pub notes: Option<String>,
    /// JSON object as text, opaque to us.
    pub metadata: Option<String>,
}

/// A cart without its lines.
#[derive(Clone, Debug, PartialEq)]
pub struct Cart {
    /// Our own number; 0 before it is stored.
    pub no: i64,
    /// Public id, opaque.
    pub id: String,
    /// The shopper's address, where known.
    pub email: Option<EmailAddress>,
    /// Whether an address is or was known.
    pub identified: bool,
    /// The shop's own name of the shopper.
    pub customer_id: Option<String>,
    /// The visit.
    pub session_id: Option<String>,
    /// The browser, by our script's id of it.
    pub visitor: Option<String>,
    /// Where it came from.
    pub channel: Channel,
    /// Of every amount here.
    pub currency: Currency,
    /// Language and region, such as `en-US`.
    pub locale: Option<String>,
    /// Sum of the lines, minor units.
    pub subtotal: i64,
    /// Taken off, minor units.
    pub discount: i64,
    /// Added, minor units.
    pub tax: i64,
    /// Added, minor units.
    pub shipping: i64,
    /// What the shopper would pay, minor units.
    pub total: i64,
    /// Sum of quantities.
    pub item_count: i64,
    /// Number of lines.
    pub unique_item_count: i64,
    /// First seen.
    pub created_at: Timestamp,
    /// Last write.
    pub updated_at: Timestamp,
    /// Last act of the shopper.
    pub last_activity: Timestamp,
    /// Last change of the lines.
    pub items_changed_at: Timestamp,
    /// Dates the figures.
    pub first_abandoned_at: Option<Timestamp>,
    /// Times the letters.
    pub abandoned_at: Option<Timestamp>,
    /// Where it stands.
    pub status: CartStatus,
    /// When it expires if nothing else happens.
    pub expires_at: Timestamp,
    /// Where the shop restores it.
    pub restore_url: Option<String>,
    /// Who made it.
    pub class: Class,
    /// The shop's order number, known before the purchase.
    pub order_id: Option<String>,
    /// JSON object as text, opaque to us.
    pub shipping_address: Option<String>,
    /// JSON object as text, opaque to us.
    pub metadata: Option<String>,
    /// Whether a letter about it was sent.
    pub emailed: bool,
    /// Whether a purchase recovered it.
    pub recovered: bool,
    /// Whether an archive brought it and its shopper did nothing here since.
    pub imported: bool,
    /// When the shop deleted it, which left a skeleton.
    pub deleted_at: Option<Timestamp>,
}

/// What a list shows of a cart: less than half of it. Lists are asked for more than anything else.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    /// Public id, opaque.
    pub id: String,
    /// The shopper's address, where known.
    pub email: Option<EmailAddress>,
    /// The shop's own name of the shopper.
    pub customer_id: Option<String>,
    /// Where it came from.
    pub channel: Channel,
    /// Of every amount here.
    pub currency: Currency,
    /// Sum of the lines, minor units.
    pub subtotal: i64,
    /// What the shopper would pay, minor units.
    pub total: i64,
    /// Sum of quantities.
    pub item_count: i64,
    /// First seen.
    pub created_at: Timestamp,
    /// Last act of the shopper.
    pub last_activity: Timestamp,
    /// Dates the figures.
    pub first_abandoned_at: Option<Timestamp>,
    /// Times the letters.
    pub abandoned_at: Option<Timestamp>,
    /// Where it stands.
    pub status: CartStatus,
    /// Whether a letter about it was sent.
    pub emailed: bool,
    /// Whether a purchase recovered it.
    pub recovered: bool,
}

impl From<Cart> for Listed {
    fn from(cart: Cart) -> Self {
        Listed {
            id: cart.id,
            email: cart.email,
            customer_id: cart.customer_id,
            channel: cart.channel,
            currency: cart.currency,
            subtotal: cart.subtotal,
            total: cart.total,
            item_count: cart.item_count,
            created_at: cart.created_at,
            last_activity: cart.last_activity,
            first_abandoned_at: cart.first_abandoned_at,
            abandoned_at: cart.abandoned_at,
            status: cart.status,
            emailed: cart.emailed,
            recovered: cart.recovered,
        }
    }
}

/// What the clock did to a cart when it was settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Elapsed {
    /// It was abandoned, for the first time or again.
    Abandoned {
        /// Whether it never was before: then the figures move.
        first: bool,
    },
    /// It expired.
    Expired,
}

impl Cart {
    /// Whether there is anything in it that could be left behind.
    pub fn holds_something(&self) -> bool {
        self.item_count > 0 || self.total > 0
    }

    /// The next instant at which the clock alone changes this cart: abandonment (with something in it, once it was
    /// idle for `abandon_after` seconds), else expiry. `None` for a closed cart.
    pub fn due_at(&self, abandon_after: i64) -> Option<Timestamp> {
        match self.status {
            CartStatus::Active if self.holds_something() => {
                Some(self.last_activity.plus(abandon_after).min(self.expires_at))
            }
            CartStatus::Active | CartStatus::Abandoned => Some(self.expires_at),
            CartStatus::Converted | CartStatus::Expired => None,
        }
    }

    /// Applies everything that fell due up to and including `now`, in order, each at the instant at which it fell
    /// due and not when somebody looked.
    pub fn settle(&mut self, now: Timestamp, abandon_after: i64) -> Vec<Elapsed> {
        let mut happened = Vec::new();
        while let Some(due) = self.due_at(abandon_after).filter(|due| *due <= now) {
            self.updated_at = self.updated_at.max(due);
            if due >= self.expires_at {
                self.status = CartStatus::Expired;
                happened.push(Elapsed::Expired);
            } else {
                happened.push(Elapsed::Abandoned { first: self.first_abandoned_at.is_none() });
                self.status = CartStatus::Abandoned;
                self.abandoned_at = Some(due);
                self.first_abandoned_at.get_or_insert(due);
            }
        }
        happened
    }

    /// The shopper did something: an abandoned cart is active again.
    pub fn touch(&mut self, now: Timestamp) {
        self.last_activity = now;
        self.updated_at = now;
        self.imported = false;
        if self.status == CartStatus::Abandoned {
            self.status = CartStatus::Active;
        }
    }

    /// Leaves a skeleton that names nobody, so that figures stand: times, amounts, whether identified, class. Its lines
    /// are deleted by the caller.
    pub fn strip(&mut self, now: Timestamp) {
        if self.status.is_open() {
            self.status = CartStatus::Expired;
            self.expires_at = self.expires_at.min(now);
        }
        self.email = None;
        (self.item_count, self.unique_item_count) = (0, 0);
        for told in [
            &mut self.customer_id,
            &mut self.session_id,
            &mut self.visitor,
            &mut self.locale,
            &mut self.restore_url,
            &mut self.order_id,
            &mut self.shipping_address,
            &mut self.metadata,
        ] {
            *told = None;
        }
        self.updated_at = self.updated_at.max(now);
        self.deleted_at = Some(now);
    }

    /// Sets counts and sums from the lines. Refuses what would not fit in an amount.
    pub fn sum_up(&mut self, items: &[Item]) -> Result<()> {
        let too_much = || Error::refused("items", "add up to more than an amount can hold");
        let mut subtotal: i64 = 0;
        let mut count: i64 = 0;
        for item in items {
            let line = item.unit_price.checked_mul(item.quantity).ok_or_else(too_much)?;
            subtotal = subtotal.checked_add(line).ok_or_else(too_much)?;
            count = count.checked_add(item.quantity).ok_or_else(too_much)?;
        }
        let total = subtotal
            .checked_sub(self.discount)
            .and_then(|sum| sum.checked_add(self.tax))
            .and_then(|sum| sum.checked_add(self.shipping))
            .ok_or_else(too_much)?
            .max(0);
        if subtotal > MAX_MINOR || total > MAX_MINOR {
            return Err(too_much());
        }
        (self.subtotal, self.total) = (subtotal, total);
        (self.item_count, self.unique_item_count) = (count, items.len() as i64);
        Ok(())
    }

    /// Takes the shop's word on what the shopper would pay, which goes before what the lines add up to.
    pub fn state_total(&mut self, total: i64) {
        (self.subtotal, self.total) = (total, total);
        (self.discount, self.tax, self.shipping) = (0, 0, 0);
    }

    /// Whether it is in the figures once it was abandoned: whatever a machine made is not.
    pub fn counts(&self) -> bool {
        self.class != Class::Machine
    }
}

/// Checks one line's numbers.
pub fn check_item(item: &Item) -> Result<()> {
    if !(1..=MAX_QUANTITY).contains(&item.quantity) {
        return Err(Error::refused("quantity", format!("must lie between 1 and {MAX_QUANTITY}")));
    }
    if !(0..=MAX_MINOR).contains(&item.unit_price) {
        return Err(Error::refused("unit_price", format!("must lie between 0 and {MAX_MINOR} minor units")));
    }
    Ok(())
}
