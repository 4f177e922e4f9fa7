//! The figures of a day: what is counted. docs/definitions.md says how.

use std::ops::AddAssign;

/// Counts and sums of one day, site and currency; also a change of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Carts first abandoned, with or without an address.
    pub abandoned: i64,
    /// Those with an address.
    pub abandoned_identified: i64,
    /// Purchases that recovered a cart.
    pub recovered: i64,
    /// Their totals less their refunds, minor units.
    pub recovered_revenue: i64,
    /// All purchases.
    pub purchases: i64,
    /// Their totals less their refunds, minor units.
    pub revenue: i64,
    /// Letters sent.
    pub sent: i64,
    /// Letters opened, once each, not by machines.
    pub opened: i64,
    /// Letters clicked, once each, not by machines.
    pub clicked: i64,
    /// Letters that came back.
    pub bounced: i64,
    /// Letters reported as unwanted.
    pub complained: i64,
    /// Letters that led to an unsubscribe, and unsubscribes without a letter.
    pub unsubscribed: i64,
}

impl AddAssign for Figures {
    /// Adds up as far as a number goes: figures that an archive brought are no reason to stop.
    fn add_assign(&mut self, other: Figures) {
        for ((_, sum), (_, change)) in self.named_mut().into_iter().zip(other.named()) {
            *sum = sum.saturating_add(change);
        }
    }
}

impl Figures {
    /// Names and values in one fixed order, for comparisons and listings.
    pub fn named(&self) -> [(&'static str, i64); 12] {
        [
            ("abandoned", self.abandoned),
            ("abandoned_identified", self.abandoned_identified),
            ("recovered", self.recovered),
            ("recovered_revenue", self.recovered_revenue),
            ("purchases", self.purchases),
            ("revenue", self.revenue),
            ("sent", self.sent),
            ("opened", self.opened),
            ("clicked", self.clicked),
            ("bounced", self.bounced),
            ("complained", self.complained),
            ("unsubscribed", self.unsubscribed),
        ]
    }

    /// What a figure counts, in words; docs/definitions.md has all of it.
    pub fn definition(name: &str) -> &'static str {
        match name {
            "abandoned" => {
                "Carts abandoned for the first time, with or without an address, on the day of that abandonment."
            }
            "abandoned_identified" => "Those of them whose address is or was known.",
            "recovered" => {
                "Purchases that recovered an abandoned cart after a letter about it engaged, on the day of the purchase."
            }
            "recovered_revenue" => "Totals of those purchases less their refunds.",
            "purchases" => "Purchases, whoever caused them, on their day.",
            "revenue" => "Totals of all purchases less their refunds, on the day of the purchase.",
            "sent" => "Letters that the transport took, on the day of sending.",
            "opened" => "Letters opened at least once by somebody who is no machine, on the day of sending.",
            "clicked" => {
                "Letters with a link followed at least once by somebody who is no machine, on the day of sending."
            }
            "bounced" => "Letters that came back, on the day of sending.",
            "complained" => "Letters that were reported as unwanted, on the day of sending.",
            "unsubscribed" => {
                "Letters that led to an unsubscribe, on the day of sending, and unsubscribes without a letter, on their own."
            }
            _ => "",
        }
    }

    /// Whether a figure is money, in minor units, rather than a count.
    pub fn is_money(name: &str) -> bool {
        matches!(name, "recovered_revenue" | "revenue")
    }

    /// The same names, each with its field to be set.
    pub fn named_mut(&mut self) -> [(&'static str, &mut i64); 12] {
        [
            ("abandoned", &mut self.abandoned),
            ("abandoned_identified", &mut self.abandoned_identified),
            ("recovered", &mut self.recovered),
            ("recovered_revenue", &mut self.recovered_revenue),
            ("purchases", &mut self.purchases),
            ("revenue", &mut self.revenue),
            ("sent", &mut self.sent),
            ("opened", &mut self.opened),
            ("clicked", &mut self.clicked),
            ("bounced", &mut self.bounced),
            ("complained", &mut self.complained),
            ("unsubscribed", &mut self.unsubscribed),
        ]
    }
}
