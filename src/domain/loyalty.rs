//! Loyalty campaigns and the entries of their ledger.

use super::money::{decimal, ratio_half_up};
use super::{Timestamp, words};

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
    /// Whether confirmed purchases earn in it.
    pub earns_from_purchases: bool,
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
    /// Never negative: points, minor units, visits or pieces.
    pub amount: i64,
    /// Taken out rather than put in.
    pub redeemed: bool,
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
