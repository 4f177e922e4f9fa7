//! How a letter shows a coupon: what it takes off, its code, and until when it can be used.

use super::letters::{escape, price};
use crate::domain::coupons::{Coupon, CouponType};
use crate::domain::{Timestamp, Zone};

/// A coupon in the words of a letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// As the reader types it.
    pub code: String,
    /// One line: the coupon's name, else what it takes off.
    pub description: String,
    /// `31 March 2026`, or with a time of day where it ends within one; absent for a code without an end.
    pub expires: Option<String>,
}

impl Offer {
    /// A coupon with the code for one reader, in the zone in which the shop's days are cut.
    pub fn of(coupon: &Coupon, code: &str, expires_at: Option<Timestamp>, zone: &Zone) -> Self {
        Offer {
            code: code.to_owned(),
            description: coupon.name.clone().unwrap_or_else(|| described(coupon)),
            expires: expires_at.map(|at| last_moment(at, zone)),
        }
    }

    /// The same coupon with a code that nobody can use, for a letter that is only looked at.
    pub fn sample(coupon: &Coupon, now: Timestamp, zone: &Zone) -> Self {
        Offer::of(coupon, "SAMPLE-CODE", coupon.code_expires_at(now), zone)
    }

    pub(super) fn html(&self) -> String {
        let until = self.expires.as_ref().map_or(String::new(), |at| format!(", until {}", escape(at)));
        format!(
            "<tr><td style=\"padding:4px 32px 12px\"><table role=\"presentation\" width=\"100%\" cellpadding=\"0\" \
             cellspacing=\"0\" style=\"border:2px dashed #5d6b4e;background:#f6f8f2\"><tr>\
             <td align=\"center\" style=\"padding:16px 12px;font-size:15px;line-height:22px\">\
             <strong>{description}</strong><br><span style=\"display:inline-block;padding:8px 0;\
             font-family:Consolas,Menlo,monospace;font-size:22px;line-height:28px;letter-spacing:2px;\
             word-break:break-all\">{code}</span><br><span style=\"font-size:13px;color:#6f6a60\">\
             Enter this code at the checkout{until}.</span></td></tr></table></td></tr>\n",
            description = escape(&self.description),
            code = escape(&self.code),
        )
    }

    pub(super) fn text(&self) -> String {
        let until = self.expires.as_ref().map_or(String::new(), |at| format!(", until {at}"));
        format!("\n{}: {}\nEnter this code at the checkout{until}.\n", self.description, self.code)
    }
}

/// `10% off`, `$5.00 off orders from $50.00`.
fn described(coupon: &Coupon) -> String {
    let amount = |minor: i64| coupon.currency.map_or(minor.to_string(), |currency| price(currency, minor));
    let off = match coupon.kind {
        CouponType::Percent => format!("{}% off", coupon.value),
        CouponType::Fixed => format!("{} off", amount(coupon.value)),
    };
    if coupon.minimum > 0 { format!("{off} orders from {}", amount(coupon.minimum)) } else { off }
}

/// The last day of what ends at midnight, else day and minute.
fn last_moment(end: Timestamp, zone: &Zone) -> String {
    let civil = zone.civil(end);
    if (civil.hour(), civil.minute(), civil.second()) == (0, 0, 0) {
        return zone.civil(end.plus(-1)).strftime("%-d %B %Y").to_string();
    }
    civil.strftime("%-d %B %Y, %H:%M").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Currency;

    fn coupon(kind: CouponType, value: i64, minimum: i64) -> Coupon {
        Coupon {
            no: 1,
            id: "spring".into(),
            name: None,
            kind,
            value,
            currency: Some(Currency::parse("EUR").unwrap()),
            minimum,
            starts_at: None,
            ends_at: None,
            code_life_secs: Some(3_600),
            use_limit: None,
            uses: 0,
            active: true,
            pooled: true,
            created_at: Timestamp::from_secs(0),
        }
    }

    #[test]
    fn a_coupon_without_a_name_says_what_it_takes_off() {
        assert_eq!(described(&coupon(CouponType::Percent, 10, 0)), "10% off");
        assert_eq!(described(&coupon(CouponType::Fixed, 500, 5_000)), "€5.00 off orders from €50.00");
    }

    #[test]
    fn the_end_is_told_by_the_shops_calendar() {
        let zone = Zone::parse("Europe/Paris").unwrap();
        let at = |text: &str| last_moment(Timestamp::parse_rfc3339(text).unwrap(), &zone);
        assert_eq!(at("2026-03-31T22:00:00Z"), "31 March 2026");
        assert_eq!(at("2026-03-31T21:30:00Z"), "31 March 2026, 23:30");
    }

    #[test]
    fn whatever_stands_in_a_code_or_a_name_is_escaped() {
        let named = Coupon { name: Some("<b>Spring</b>".into()), ..coupon(CouponType::Percent, 10, 0) };
        let offer = Offer::of(&named, "A<B>&\"", None, &Zone::UTC);
        assert!(offer.html().contains("&lt;b&gt;Spring&lt;/b&gt;") && offer.html().contains("A&lt;B&gt;&amp;&quot;"));
        assert_eq!(offer.text(), "\n<b>Spring</b>: A<B>&\"\nEnter this code at the checkout.\n");
    }
}
