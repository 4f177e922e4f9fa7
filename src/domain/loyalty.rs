//! Loyalty campaigns, each kind with its own arithmetic, and the entries of their ledger. All of it is integers: points,
//! visits and pieces are whole, money is minor units.

mod lots;

use rust_decimal::Decimal;

use super::money::{MAX_MINOR, decimal, ratio_half_up};
use super::{Currency, Error, Result, Timestamp, words};

pub use lots::{Booked, Lot, Lots};

words! {
    /// What a campaign counts.
    CampaignKind, "kind" {
        Points = "points",
        Giftcard = "giftcard",
        Events = "events",
        Earned = "earned",
        Buyx = "buyx",
    }
}

words! {
    /// What an entry did.
    Cause, "cause" {
        /// Put in.
        Earn = "earn",
        /// Taken out by its owner.
        Redeem = "redeem",
        /// Undoes another entry.
        Reverse = "reverse",
        /// Taken out because its time was over.
        Expire = "expire",
        /// Taken out because the purchase that had earned it was given back.
        Refund = "refund",
    }
}

impl CampaignKind {
    /// Whether its amounts are money; all other kinds count whole things.
    pub fn is_money(self) -> bool {
        matches!(self, CampaignKind::Giftcard | CampaignKind::Earned)
    }

    /// An amount as the loyalty interface shows it: whole things as an integer, money in major units with two
    /// decimals, which is the vendor's format whatever the currency. `decimals` are the currency's; a third one is
    /// rounded half up.
    pub fn shown(self, amount: i64, decimals: u32) -> String {
        if !self.is_money() {
            return amount.to_string();
        }
        let hundredths = match decimals {
            0 => amount.saturating_mul(100),
            1 => amount.saturating_mul(10),
            more => ratio_half_up(amount, 10_i64.pow(more - 2), 1),
        };
        decimal(hundredths, 2)
    }
}

/// A decimal of at least 0 as units of `10^-scale`, and that scale. Text that a ratio cannot be is none.
fn ratio(text: &str) -> Option<(i128, u32)> {
    let number = Decimal::from_str_exact(text.trim()).ok()?;
    (!number.is_sign_negative()).then(|| (number.mantissa(), number.scale()))
}

/// Checks a ratio that a shop sets: a decimal above 0, of at most a million, with at most six decimals.
pub fn check_ratio(field: &'static str, text: &str) -> Result<String> {
    match ratio(text) {
        Some((units, scale)) if scale <= 6 && units > 0 && units <= 1_000_000 * 10_i128.pow(scale) => {
            Ok(text.trim().to_owned())
        }
        Some(_) => Err(Error::refused(field, "must be above 0, at most 1000000, with at most six decimals")),
        None => Err(Error::malformed(field, "must be a decimal number such as 1.5")),
    }
}

/// `minor` units of a currency with so many decimals, times a ratio per major unit: rounded down, or up. What is larger
/// than an amount can be becomes the largest.
fn converted(minor: i64, decimals: u32, ratio_text: Option<&str>, up: bool) -> i64 {
    let (units, scale) = match ratio_text {
        None => (1, 0),
        // An archive's ratio has been read before; should it be none, it is worth nothing.
        Some(text) => ratio(text).unwrap_or((0, 0)),
    };
    let Some(product) = units.checked_mul(i128::from(minor.max(0))) else { return MAX_MINOR };
    let divisor = 10_i128.pow(scale + decimals);
    let whole = product / divisor + i128::from(up && product % divisor != 0);
    i64::try_from(whole).unwrap_or(MAX_MINOR).min(MAX_MINOR)
}

/// A campaign.
#[derive(Clone, Debug, PartialEq)]
pub struct Campaign {
    /// Our own number; 0 before it is stored.
    pub no: i64,
    /// Public id, opaque.
    pub id: String,
    /// For people.
    pub name: String,
    /// What it counts.
    pub kind: CampaignKind,
    /// Whether members can earn and redeem in it now.
    pub active: bool,
    /// When it was set up.
    pub created_at: Timestamp,
    /// Points per major unit spent, a decimal text.
    pub points_ratio: Option<String>,
    /// Points per major unit of reward, a decimal text.
    pub reward_ratio: Option<String>,
    /// Minor units granted for each event.
    pub earned_per_event: Option<i64>,
    /// The product that a `buyx` campaign collects, by `product_id` or SKU of a cart's lines.
    pub product: Option<String>,
    /// How many pieces of it buy a free one.
    pub buy_quantity: Option<i64>,
    /// Seconds after which what is earned from now on expires.
    pub expires_after_secs: Option<i64>,
    /// Whether confirmed purchases earn in it.
    pub earns_from_purchases: bool,
}

/// The shortest and the longest time after which something expires, seconds.
const EXPIRY_SECS: std::ops::RangeInclusive<i64> = 3_600..=3_650 * 86_400;

/// The most pieces that buy a free one.
const MOST_PIECES: i64 = 10_000;

/// How many pieces buy a free one when nothing is said.
pub const USUAL_BUY_QUANTITY: i64 = 10;

/// A purchase as far as campaigns look at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bought {
    /// Minor units.
    pub total: i64,
    /// Of `total`.
    pub currency: Currency,
    /// How many pieces of the campaign's product were in its cart.
    pub pieces: i64,
}

impl Campaign {
    /// Checks what a shop may set, and spells the ratios out.
    pub fn check(&mut self) -> Result<()> {
        self.name = self.name.trim().to_owned();
        if self.name.is_empty() {
            return Err(Error::missing("name"));
        }
        if self.name.chars().count() > 200 {
            return Err(Error::refused("name", "must be at most 200 characters"));
        }
        if let Some(text) = &self.points_ratio {
            self.points_ratio = Some(check_ratio("points_ratio", text)?);
        }
        if let Some(text) = &self.reward_ratio {
            self.reward_ratio = Some(check_ratio("reward_ratio", text)?);
        }
        let within = |field: &'static str, value: Option<i64>, least: i64, most: i64| match value {
            Some(value) if !(least..=most).contains(&value) => {
                Err(Error::refused(field, format!("must be between {least} and {most}")))
            }
            _ => Ok(()),
        };
        within("earned_per_event", self.earned_per_event, 1, MAX_MINOR)?;
        within("buy_quantity", self.buy_quantity, 1, MOST_PIECES)?;
        within("expires_after_secs", self.expires_after_secs, *EXPIRY_SECS.start(), *EXPIRY_SECS.end())?;
        if self.product.as_ref().is_some_and(|product| product.chars().count() > 200) {
            return Err(Error::refused("product", "must be at most 200 characters"));
        }
        let lacks = match self.kind {
            CampaignKind::Giftcard => Some("cannot be on for a gift card: what is bought is no money on it"),
            CampaignKind::Earned if self.earned_per_event.is_none() => Some("needs earned_per_event"),
            CampaignKind::Buyx if self.product.is_none() => Some("needs the product that is collected"),
            _ => None,
        };
        match lacks {
            Some(reason) if self.earns_from_purchases => Err(Error::refused("earns_from_purchases", reason)),
            _ => Ok(()),
        }
    }

    /// Points for money spent, rounded down: a point is earned when it is paid for. Without a ratio one major unit is one
    /// point.
    pub fn points_for(&self, minor: i64, decimals: u32) -> i64 {
        converted(minor, decimals, self.points_ratio.as_deref(), false)
    }

    /// Points that a reward of so much money costs, rounded up. `None` where points have no value in money.
    pub fn points_worth(&self, minor: i64, decimals: u32) -> Option<i64> {
        self.reward_ratio.as_deref().map(|ratio| converted(minor, decimals, Some(ratio), true))
    }

    /// How many pieces buy a free one.
    pub fn pieces_for_one(&self) -> i64 {
        self.buy_quantity.unwrap_or(USUAL_BUY_QUANTITY)
    }

    /// What a purchase earns. Points are counted in the shop's currency `own`, since nobody told us what another is
    /// worth; a visit is a visit in any.
    pub fn earned_by(&self, own: Currency, bought: &Bought) -> i64 {
        match self.kind {
            CampaignKind::Points if bought.currency == own => self.points_for(bought.total, own.decimals()),
            CampaignKind::Points | CampaignKind::Giftcard => 0,
            CampaignKind::Events => 1,
            CampaignKind::Earned => self.earned_per_event.unwrap_or(0),
            CampaignKind::Buyx => bought.pieces,
        }
    }

    /// When what is earned at an instant expires.
    pub fn expires_at(&self, earned: Timestamp) -> Option<Timestamp> {
        self.expires_after_secs.map(|secs| earned.plus(secs))
    }
}

/// How much of what a purchase earned is to be taken back once `refunded` of its `total` was given back: in proportion,
/// rounded down, and so all of it exactly when all was given back, in however many parts.
pub fn taken_back(earned: i64, refunded: i64, total: i64) -> i64 {
    if total <= 0 {
        return 0;
    }
    let share = i128::from(earned) * i128::from(refunded.clamp(0, total)) / i128::from(total);
    i64::try_from(share).unwrap_or(earned)
}

/// An entry of the ledger, as it is added.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Public id, opaque.
    pub id: String,
    /// The campaign's own number.
    pub campaign: i64,
    /// The customer's own number.
    pub customer: i64,
    /// When.
    pub at: Timestamp,
    /// What it did.
    pub cause: Cause,
    /// Never negative: points, minor units, visits or pieces.
    pub amount: i64,
    /// Taken out rather than put in.
    pub redeemed: bool,
    /// When what was earned expires.
    pub expires_at: Option<Timestamp>,
    /// What was earned or handed out.
    pub item: Option<String>,
    /// Free text.
    pub description: Option<String>,
    /// Who recorded it.
    pub user: Option<String>,
    /// The entry that this one undoes, by its own number.
    pub reverses: Option<i64>,
    /// The purchase that earned it, by its own number.
    pub purchase: Option<i64>,
    /// The refund that took it back, by its own number.
    pub refund: Option<i64>,
    /// What the refund should have taken and found spent.
    pub shortfall: i64,
}

impl Entry {
    /// What a balance moves by. `reversed` is what the undone entry had moved it by.
    pub fn delta(&self, reversed: Option<i64>) -> i64 {
        match reversed {
            Some(moved) if moved < 0 => self.amount,
            Some(_) => -self.amount,
            None if self.redeemed => -self.amount,
            None => self.amount,
        }
    }
}

/// What an entry did that does not say so, as in an archive from elsewhere.
pub fn presumed_cause(redeemed: bool, reverses: bool) -> Cause {
    match (reverses, redeemed) {
        (true, _) => Cause::Reverse,
        (false, true) => Cause::Redeem,
        (false, false) => Cause::Earn,
    }
}
