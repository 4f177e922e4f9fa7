//! What a shop's page says about its visitor, and how much of it is believed. A browser can lie: everything here is
//! a claim, bounded before it is kept.

use super::carts::{Item, MAX_QUANTITY};
use super::money::{MAX_MINOR, ratio_half_up};
use super::settings::Consent;
use super::{Currency, EmailAddress, Error, Result, markup, words};

words! {
    /// What a page tells.
    Command, "command" {
        /// A cart, with an e-mail address.
        Tracking = "tracking",
        /// A cart whose owner's address is not known yet.
        TrackingCart = "tracking-cart",
        /// An e-mail address alone.
        Capture = "capture",
        /// The thank-you page: the cart was bought.
        Confirmation = "confirmation",
    }
}

/// A browser, by the random id that our script gave it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Visitor(String);

impl Visitor {
    /// Takes 16 to 64 letters, digits, dashes and underscores: too long to be guessed, too short to hold a story.
    pub fn parse(text: &str) -> Result<Self> {
        let plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
        if plain && (16..=64).contains(&text.len()) {
            return Ok(Visitor(text.to_owned()));
        }
        Err(Error::malformed("visitor", "must be 16 to 64 letters, digits, dashes and underscores"))
    }

    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An address that a browser gave: one that a letter can be sent to, or none. Anything else is a typing error or a
/// trick.
pub fn address(raw: &str) -> Option<EmailAddress> {
    let odd = raw.chars().any(char::is_control);
    EmailAddress::parse(raw).ok().filter(|email| !odd && email.is_deliverable())
}

/// A price or a total as the page said it. What it amounts to depends on the cart's currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Price(pub String);

impl Price {
    /// Minor units; unreadable and negative prices are none.
    pub fn minor(&self, currency: Currency) -> Option<i64> {
        markup::amount(&self.0, currency)
    }
}

/// Whether a browser's address may be stored: under `required` only with its owner's agreement, now or before.
pub fn may_keep(setting: Consent, given_now: Option<bool>, given_before: Option<bool>) -> bool {
    match setting {
        Consent::Required => given_now.or(given_before).unwrap_or(false),
        Consent::SoftOptIn | Consent::NotRequired => true,
    }
}

/// A quantity within bounds; `None` for none at all.
pub fn quantity(raw: i64) -> Option<i64> {
    (raw >= 1).then_some(raw.min(MAX_QUANTITY))
}

/// Makes unit prices of line totals, which WooCommerce sends in their place: when the lines add up to more than the
/// stated total by quantity times price, and not by price alone.
pub fn unit_prices(items: &mut [Item], total: i64) {
    let by_unit =
        items.iter().fold(0_i64, |sum, item| sum.saturating_add(item.unit_price.saturating_mul(item.quantity)));
    let by_line = items.iter().fold(0_i64, |sum, item| sum.saturating_add(item.unit_price));
    if by_unit > total && by_line <= total {
        for item in items {
            item.unit_price = ratio_half_up(item.unit_price, item.quantity, 1).clamp(0, MAX_MINOR);
        }
    }
}

/// What a browser calls itself, as far as it matters who made a cart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Agent {
    /// It does not say.
    #[default]
    Unnamed,
    /// It says that it is a crawler, or of its kind.
    Crawler,
    /// Anything else.
    Browser,
}

impl Agent {
    /// Of a `User-Agent` header.
    pub fn of(user_agent: Option<&str>) -> Self {
        let Some(text) = user_agent.map(str::as_bytes) else { return Agent::Unnamed };
        if (0..text.len()).any(|at| begins_with_crawler(&text[at..])) { Agent::Crawler } else { Agent::Browser }
    }
}

/// What tells a machine from a shopper.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Signs {
    /// How the browser calls itself.
    pub agent: Agent,
    /// Whether the script ever saw a key, a pointer or a finger that a person moved.
    pub human: bool,
    /// Whether the visitor calls faster than pages can be read.
    pub burst: bool,
}

/// Whether a text begins with what shop crawlers, price robots and page testers call themselves, in capitals or not. By the first
/// letter, so that a text is gone through once and not once for each of them.
fn begins_with_crawler(text: &[u8]) -> bool {
    let names: &[&str] = match text.first().map(u8::to_ascii_lowercase) {
        Some(b'b') => &["bot"],
        Some(b'c') => &["crawl", "curl/"],
        Some(b'f') => &["facebookexternalhit"],
        Some(b'g') => &["gtmetrix", "go-http-client"],
        Some(b'h') => &["headless"],
        Some(b'j') => &["java/"],
        Some(b'l') => &["lighthouse"],
        Some(b'm') => &["mediapartners"],
        Some(b'o') => &["okhttp"],
        Some(b'p') => &["phantomjs", "pingdom", "pricespider", "python-"],
        Some(b's') => &["scrapy", "slurp", "spider"],
        Some(b'w') => &["wget/"],
        _ => &[],
    };
    names.iter().any(|name| text.get(..name.len()).is_some_and(|head| head.eq_ignore_ascii_case(name.as_bytes())))
}

/// From the first word about a cart to its purchase, a person takes at least this long.
const FASTEST_CHECKOUT_SECS: i64 = 5;

/// The rule by which a machine made a cart; `None`: no rule says so. `checkout_secs` is how long after its beginning
/// the cart is said to be bought.
pub fn machine_rule(signs: &Signs, checkout_secs: Option<i64>) -> Option<&'static str> {
    match signs.agent {
        Agent::Unnamed => return Some("no_user_agent"),
        Agent::Crawler => return Some("known_crawler"),
        Agent::Browser => {}
    }
    if signs.burst {
        return Some("burst");
    }
    let fast = checkout_secs.is_some_and(|secs| secs < FASTEST_CHECKOUT_SECS);
    (fast && !signs.human).then_some("checkout_without_hands")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crawler_is_known_by_its_name_wherever_it_stands_and_in_capitals_or_not() {
        let names = "bot crawl curl/ facebookexternalhit gtmetrix go-http-client headless java/ lighthouse mediapartners okhttp \
                     phantomjs pingdom pricespider python- scrapy slurp spider wget/";
        for name in names.split(' ') {
            let capitals = name.to_uppercase();
            for text in [name, &capitals, &format!("Mozilla/5.0 (compatible; Good{name}1.0)"), &format!("x {capitals}")]
            {
                assert_eq!(Agent::of(Some(text)), Agent::Crawler, "{text}");
            }
            // Its beginning alone is nobody's name.
            assert_eq!(Agent::of(Some(&name[..name.len() - 1])), Agent::Browser, "{name} cut");
        }
        assert_eq!(Agent::of(Some("Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/140.0")), Agent::Browser);
        assert_eq!((Agent::of(Some("")), Agent::of(None)), (Agent::Browser, Agent::Unnamed));
    }
}
