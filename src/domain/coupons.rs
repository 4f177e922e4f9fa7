//! Coupons: what they take off, of which carts, and from when to when. A coupon has one code for all, or a pool of codes
//! that the shop imports and of which each letter gets its own.

use super::money::{MAX_MINOR, ratio_half_up};
use super::{Currency, Error, Result, Timestamp, words};

/// The longest code, in characters.
pub const LONGEST_CODE: usize = 64;

/// The longest time that a code of a pool lives after it was assigned: five years.
pub const LONGEST_LIFE: i64 = 5 * 365 * 86_400;

/// The most that a use limit can be.
pub const MOST_USES: i64 = 1_000_000_000;

words! {
    /// What a coupon's value counts.
    CouponType, "type" {
        /// Per cent of what the cart's lines add up to.
        Percent = "percent",
        /// Minor units of the coupon's currency.
        Fixed = "fixed",
    }
}

/// A coupon without its codes.
#[derive(Clone, Debug, PartialEq)]
pub struct Coupon {
    /// Our own number; 0 before it is stored.
    pub no: i64,
    /// Public id, opaque; the shop may choose it.
    pub id: String,
    /// What it is called, for people; absent, letters describe it by what it takes off.
    pub name: Option<String>,
    /// What the value counts.
    pub kind: CouponType,
    /// 1 to 100 for a percentage, minor units for a fixed amount.
    pub value: i64,
    /// The one currency of its carts; a fixed amount and a minimum need one. `None`: any.
    pub currency: Option<Currency>,
    /// The least that a cart's lines must add up to, minor units.
    pub minimum: i64,
    /// From when it can be used.
    pub starts_at: Option<Timestamp>,
    /// From when it cannot be used any more.
    pub ends_at: Option<Timestamp>,
    /// How long a code of the pool lives once it was assigned, seconds.
    pub code_life_secs: Option<i64>,
    /// How many purchases may use it, all its codes together.
    pub use_limit: Option<i64>,
    /// How many did.
    pub uses: i64,
    /// Switched off, no letter shows it and no cart takes it.
    pub active: bool,
    /// Whether it has a pool of codes rather than one for all.
    pub pooled: bool,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A code of a coupon.
#[derive(Clone, Debug, PartialEq)]
pub struct Code {
    /// Our own number; 0 before it is stored.
    pub no: i64,
    /// As the shop spells it.
    pub code: String,
    /// When it was given to a letter; always absent for a code for all.
    pub assigned_at: Option<Timestamp>,
    /// From when on this code alone cannot be used any more.
    pub expires_at: Option<Timestamp>,
    /// How many purchases used it.
    pub uses: i64,
}

words! {
    /// Why a code takes nothing off a cart.
    Unfit, "coupon" {
        /// It was switched off.
        Inactive = "inactive",
        /// Its time has not come.
        NotStarted = "not_started",
        /// Its time is over.
        Expired = "expired",
        /// It was used as often as it may be.
        UsedUp = "used_up",
        /// The cart is in another currency.
        WrongCurrency = "wrong_currency",
        /// The cart's lines add up to too little.
        BelowMinimum = "below_minimum",
    }
}

/// A code as it is matched: trimmed, without regard to letter case. People type them in.
pub fn matched(code: &str) -> String {
    code.trim().to_uppercase()
}

/// Reads a code as a shop spells it.
pub fn parse_code(text: &str) -> Result<String> {
    let code = text.trim();
    let printable = !code.chars().any(|c| c.is_control() || c.is_whitespace());
    if printable && (1..=LONGEST_CODE).contains(&code.chars().count()) {
        Ok(code.to_owned())
    } else {
        Err(Error::refused("code", format!("must be 1 to {LONGEST_CODE} characters without blanks")))
    }
}

impl Coupon {
    /// Checks what must be true of every coupon, whoever made it.
    pub fn check(&self) -> Result<()> {
        let most = match self.kind {
            CouponType::Percent => 100,
            CouponType::Fixed => MAX_MINOR,
        };
        within("value", self.value, 1, most)?;
        within("minimum", self.minimum, 0, MAX_MINOR)?;
        within("use_limit", self.use_limit.unwrap_or(1), 1, MOST_USES)?;
        within("code_life_secs", self.code_life_secs.unwrap_or(1), 1, LONGEST_LIFE)?;
        if self.currency.is_none() && (self.kind == CouponType::Fixed || self.minimum > 0) {
            return Err(Error::refused("currency", "is needed for a fixed amount and for a minimum"));
        }
        if self.code_life_secs.is_some() && !self.pooled {
            return Err(Error::refused("code_life_secs", "is for codes of a pool; a code for all ends with ends_at"));
        }
        if let (Some(starts), Some(ends)) = (self.starts_at, self.ends_at)
            && starts >= ends
        {
            return Err(Error::refused("ends_at", "must be later than starts_at"));
        }
        if self.name.as_ref().is_some_and(|name| name.chars().count() > 200 || name.contains(char::is_control)) {
            return Err(Error::refused("name", "must be one line of at most 200 characters"));
        }
        Ok(())
    }

    /// Why it is of no use to a cart of these lines now, whatever its code; `None` when nothing stands against it.
    pub fn unfit(&self, now: Timestamp, currency: Currency, subtotal: i64) -> Option<Unfit> {
        let against = [
            (!self.active, Unfit::Inactive),
            (self.starts_at.is_some_and(|at| now < at), Unfit::NotStarted),
            (self.ends_at.is_some_and(|at| now >= at), Unfit::Expired),
            (self.use_limit.is_some_and(|limit| self.uses >= limit), Unfit::UsedUp),
            (self.currency.is_some_and(|own| own != currency), Unfit::WrongCurrency),
            (subtotal < self.minimum, Unfit::BelowMinimum),
        ];
        against.into_iter().find_map(|(holds, why)| holds.then_some(why))
    }

    /// The same for one of its codes, which may be over or used before the coupon is.
    pub fn unfit_code(&self, code: &Code, now: Timestamp, currency: Currency, subtotal: i64) -> Option<Unfit> {
        if code.expires_at.is_some_and(|at| now >= at) {
            return Some(Unfit::Expired);
        }
        if self.pooled && code.uses > 0 {
            return Some(Unfit::UsedUp);
        }
        self.unfit(now, currency, subtotal)
    }

    /// What it takes off lines that add up to `subtotal`, of which `left` is not taken off yet: never more than that.
    pub fn discount(&self, subtotal: i64, left: i64) -> i64 {
        let off = match self.kind {
            CouponType::Percent => ratio_half_up(subtotal, 100, self.value),
            CouponType::Fixed => self.value,
        };
        off.clamp(0, left.max(0))
    }

    /// From when on a code that is assigned now cannot be used any more.
    pub fn code_expires_at(&self, now: Timestamp) -> Option<Timestamp> {
        let own = self.code_life_secs.map(|life| now.plus(life));
        own.into_iter().chain(self.ends_at).min()
    }
}

fn within(field: &str, number: i64, least: i64, most: i64) -> Result<()> {
    if (least..=most).contains(&number) {
        return Ok(());
    }
    Err(Error::refused(field, format!("must lie between {least} and {most}")))
}

impl Unfit {
    /// As the end of a sentence that begins with the code.
    pub fn sentence(self) -> &'static str {
        match self {
            Unfit::Inactive => "is not active",
            Unfit::NotStarted => "is not valid yet",
            Unfit::Expired => "has expired",
            Unfit::UsedUp => "is used up",
            Unfit::WrongCurrency => "is for another currency than the cart's",
            Unfit::BelowMinimum => "needs a cart that is worth more",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn coupon(kind: CouponType, value: i64) -> Coupon {
        Coupon {
            no: 1,
            id: "spring".into(),
            name: None,
            kind,
            value,
            currency: Some(Currency::parse("USD").unwrap()),
            minimum: 1_000,
            starts_at: Some(Timestamp::from_secs(100)),
            ends_at: Some(Timestamp::from_secs(200)),
            code_life_secs: None,
            use_limit: Some(2),
            uses: 0,
            active: true,
            pooled: false,
            created_at: Timestamp::from_secs(0),
        }
    }

    #[test]
    fn a_discount_is_rounded_half_up_and_never_more_than_what_is_left() {
        assert_eq!(coupon(CouponType::Percent, 10).discount(1_005, 1_005), 101);
        assert_eq!(coupon(CouponType::Percent, 100).discount(1_005, 1_005), 1_005);
        assert_eq!(coupon(CouponType::Fixed, 5_000).discount(1_005, 1_005), 1_005);
        assert_eq!(coupon(CouponType::Fixed, 500).discount(1_005, 300), 300);
    }

    #[test]
    fn a_coupon_fits_from_its_beginning_up_to_its_end() {
        let (usd, eur) = (Currency::parse("USD").unwrap(), Currency::parse("EUR").unwrap());
        let coupon = coupon(CouponType::Percent, 10);
        let at = |secs: i64| coupon.unfit(Timestamp::from_secs(secs), usd, 1_000);
        assert_eq!([at(99), at(100), at(199), at(200)], [Some(Unfit::NotStarted), None, None, Some(Unfit::Expired)]);
        let now = Timestamp::from_secs(150);
        assert_eq!(coupon.unfit(now, eur, 1_000), Some(Unfit::WrongCurrency));
        assert_eq!(coupon.unfit(now, usd, 999), Some(Unfit::BelowMinimum));
        assert_eq!(Coupon { uses: 2, ..coupon.clone() }.unfit(now, usd, 1_000), Some(Unfit::UsedUp));
        assert_eq!(Coupon { active: false, ..coupon }.unfit(now, usd, 1_000), Some(Unfit::Inactive));
    }

    #[test]
    fn a_coupon_that_cannot_be_is_refused() {
        let fine = coupon(CouponType::Percent, 10);
        fine.check().unwrap();
        for wrong in [
            Coupon { value: 0, ..fine.clone() },
            Coupon { value: 101, ..fine.clone() },
            Coupon { currency: None, ..fine.clone() },
            Coupon { ends_at: fine.starts_at, ..fine.clone() },
            Coupon { code_life_secs: Some(60), ..fine.clone() },
            Coupon { use_limit: Some(0), ..fine.clone() },
            Coupon { name: Some("a\nb".into()), ..fine.clone() },
        ] {
            assert!(wrong.check().is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn a_code_is_matched_as_people_type_it() {
        assert_eq!(matched(" welcome-ü10 "), "WELCOME-Ü10");
        assert!(parse_code("two words").is_err() && parse_code("").is_err() && parse_code("a\u{7}").is_err());
        assert!(parse_code(&"x".repeat(65)).is_err());
    }
}
