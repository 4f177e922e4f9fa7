//! How CartStack writes figures: every scalar a string, money with a symbol, percent with at most two decimals.

use serde::Serialize;

use crate::domain::money::{decimal, ratio_half_up};
use crate::domain::{Currency, Day, EmailAddress, Site};
use crate::ops::dashboard::Tally;
use crate::store::purchases::Recovery;

/// The vendor's ten figures, in its order and spelling.
#[derive(Serialize)]
pub(super) struct Ten {
    #[serde(rename = "Recovered Revenue")]
    recovered_revenue: String,
    #[serde(rename = "Abandon Carts")]
    abandon_carts: String,
    #[serde(rename = "Recovered Carts")]
    recovered_carts: String,
    #[serde(rename = "Conversion Rate")]
    conversion_rate: String,
    #[serde(rename = "Average Order")]
    average_order: String,
    #[serde(rename = "Email Sent")]
    email_sent: String,
    #[serde(rename = "Open Rate")]
    open_rate: String,
    #[serde(rename = "Click Rate")]
    click_rate: String,
    #[serde(rename = "Bounce Rate")]
    bounce_rate: String,
    #[serde(rename = "Unsubscribes")]
    unsubscribes: String,
}

impl Ten {
    /// Counts cover all currencies, money the site's own.
    pub(super) fn of(tally: &Tally, currency: Currency) -> Self {
        let (all, own) = (&tally.all, &tally.own);
        Ten {
            recovered_revenue: money(own.recovered_revenue, currency),
            abandon_carts: all.abandoned_identified.to_string(),
            recovered_carts: all.recovered.to_string(),
            conversion_rate: percent(all.recovered, all.abandoned_identified),
            average_order: money(ratio_half_up(own.recovered_revenue, own.recovered, 1), currency),
            email_sent: all.sent.to_string(),
            open_rate: percent(all.opened, all.sent),
            click_rate: percent(all.clicked, all.sent),
            bounce_rate: percent(all.bounced, all.sent),
            unsubscribes: all.unsubscribed.to_string(),
        }
    }
}

/// A recovered order, in the vendor's spelling.
#[derive(Serialize)]
pub(super) struct Recovered {
    #[serde(rename = "Email Address")]
    email: String,
    #[serde(rename = "Recovery Date")]
    date: String,
    #[serde(rename = "Order Amount")]
    amount: String,
}

impl Recovered {
    /// Dated in the site's zone, in the order's own currency.
    pub(super) fn of(site: &Site, recovery: &Recovery) -> Self {
        Recovered {
            email: address(recovery.email.as_ref()),
            date: date(site.day_of(recovery.at)),
            amount: money(recovery.total, recovery.currency),
        }
    }
}

/// An address as its owner spelled it; blank once it was erased.
pub(super) fn address(email: Option<&EmailAddress>) -> String {
    email.map_or(String::new(), |email| email.shown().to_owned())
}

/// An amount with the symbol of its currency, or its code where the vendor's symbols do not reach.
pub(super) fn money(minor: i64, currency: Currency) -> String {
    let sign = if minor < 0 { "-" } else { "" };
    let amount = decimal(minor.saturating_abs(), currency.decimals());
    match symbol(currency) {
        Some(symbol) => format!("{sign}{symbol}{amount}"),
        None => format!("{sign}{} {amount}", currency.code()),
    }
}

fn symbol(currency: Currency) -> Option<&'static str> {
    Some(match currency.code() {
        "USD" => "$",
        "EUR" => "€",
        "GBP" => "£",
        "JPY" => "¥",
        "INR" => "₹",
        "KRW" => "₩",
        "ILS" => "₪",
        "TRY" => "₺",
        "UAH" => "₴",
        _ => return None,
    })
}

/// A share in percent: two decimals at most, rounded half up, no trailing zeros, no leading zero below one.
pub(super) fn percent(part: i64, whole: i64) -> String {
    let text = decimal(ratio_half_up(part, whole, 10_000), 2);
    let trimmed = text.trim_end_matches('0').trim_end_matches('.');
    let shown = match trimmed.strip_prefix("0.") {
        Some(rest) => format!(".{rest}"),
        None => trimmed.to_owned(),
    };
    // "0.00" loses everything to the trimming but its zero.
    if shown.is_empty() { "0%".to_owned() } else { format!("{shown}%") }
}

/// `mm/dd/yyyy`.
pub(super) fn date(day: Day) -> String {
    day.strftime("%m/%d/%Y").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_written_as_the_vendor_writes_them() {
        let shown = [(1, 200), (1, 3), (10, 100), (0, 0), (0, 7), (7, 5), (1, 1), (1, 1_000_000), (2, 3)];
        let shown: Vec<String> = shown.iter().map(|(part, whole)| percent(*part, *whole)).collect();
        assert_eq!(shown, [".5%", "33.33%", "10%", "0%", "0%", "140%", "100%", "0%", "66.67%"]);
    }

    #[test]
    fn money_has_a_symbol_or_a_code_and_no_separators() {
        let money = |minor, code| money(minor, Currency::parse(code).unwrap());
        assert_eq!(money(50_000, "USD"), "$500.00");
        assert_eq!(money(500, "JPY"), "¥500");
        assert_eq!(money(-500, "USD"), "-$5.00");
        assert_eq!(money(1_200, "CHF"), "CHF 12.00");
        assert_eq!(money(1_234_567_890, "EUR"), "€12345678.90");
        assert_eq!(money(1_250, "KWD"), "KWD 1.250");
    }
}
