//! A shop's settings: their names, defaults, what they accept, and typed access to them.

mod list;

use std::collections::BTreeMap;

use super::engagement::network_of;
use super::origins::{self, Origin};
use super::time::{format_duration, parse_duration};
use super::{EmailAddress, Error, Result, Timestamp, words};

pub use super::quiet_hours::QuietHours;
pub use list::ALL;

words! {
    /// What must have happened to a letter before a purchase counts as recovered by it.
    Requires, "attribution.requires" {
        Open = "open",
        Click = "click",
        Sent = "sent",
    }
}

words! {
    /// On what basis an address may be written to.
    Consent, "consent" {
        Required = "required",
        SoftOptIn = "soft_opt_in",
        NotRequired = "not_required",
    }
}

/// What values a setting takes.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// A length of time, within bounds in seconds.
    Duration(i64, i64),
    /// One of a few words.
    Words(fn() -> String),
    /// A whole number of at least 0.
    Count,
    /// `on` or `off`.
    Switch,
    /// A time of day and another, such as `21:00-08:00`.
    Hours,
    /// Origins of web pages between commas, such as `https://shop.example`.
    Origins,
    /// Any text of at most 1 000 characters, without control characters.
    Text,
    /// The same, and shown to nobody.
    Secret,
    /// An address that letters come from or go back to.
    Address,
    /// An instant, RFC 3339.
    Instant,
}

/// One setting of a shop.
#[derive(Debug)]
pub struct Setting {
    /// As `site set` takes it.
    pub name: &'static str,
    /// In force until something else is set.
    pub default: &'static str,
    /// What it accepts.
    pub kind: Kind,
    /// One sentence for the owner.
    pub meaning: &'static str,
}

/// The settings of one shop: what was set, over the defaults.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings(BTreeMap<String, String>);

impl Settings {
    /// Takes names and values, checking each.
    pub fn from_pairs(pairs: impl IntoIterator<Item = (String, String)>) -> Result<Self> {
        let mut settings = Settings::default();
        for (name, value) in pairs {
            settings.set(&name, &value)?;
        }
        Ok(settings)
    }

    /// What was set, in order of name.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Sets one. An unknown name is refused with the nearest known one, a bad value with what would be right. A
    /// blank value goes back to the default.
    pub fn set(&mut self, name: &str, value: &str) -> Result<()> {
        let setting = find(name)?;
        let value = value.trim();
        if value.is_empty() {
            self.0.remove(name);
            return Ok(());
        }
        setting.kind.check(value).map_err(|e| e.in_field(name))?;
        self.0.insert(name.to_owned(), value.to_owned());
        Ok(())
    }

    /// The value in force: what was set, else the default.
    pub fn get(&self, name: &str) -> &str {
        let default = ALL.iter().find(|s| s.name == name).map_or("", |s| s.default);
        self.0.get(name).map_or(default, String::as_str)
    }

    /// Seconds of idleness after which a cart is abandoned.
    pub fn abandon_after(&self) -> i64 {
        self.seconds("abandon_after")
    }

    /// Seconds from creation to expiry.
    pub fn cart_expires_after(&self) -> i64 {
        self.seconds("cart_expires_after")
    }

    /// What a letter needs before a purchase is its doing.
    pub fn attribution_requires(&self) -> Requires {
        self.get("attribution.requires").parse().unwrap_or(Requires::Open)
    }

    /// Seconds between that and the purchase, at most.
    pub fn attribution_window(&self) -> i64 {
        self.seconds("attribution.window")
    }

    /// Seconds within which an equal confirmation is a repeat.
    pub fn repeat_window(&self) -> i64 {
        self.seconds("confirmation.repeat_window")
    }

    /// Seconds within which a browser's and a server's confirmation are one sale.
    pub fn pair_window(&self) -> i64 {
        self.seconds("confirmation.pair_window")
    }

    /// Calls a minute for one key, where the shop has a limit of its own.
    pub fn per_key_per_minute(&self) -> Option<u32> {
        self.get("limits.per_key_per_minute").parse().ok()
    }

    /// Calls a minute for one network address, where the shop has a limit of its own.
    pub fn per_address_per_minute(&self) -> Option<u32> {
        self.get("limits.per_address_per_minute").parse().ok()
    }

    /// Whether letters are written at all.
    pub fn letters(&self) -> bool {
        self.get("letters") == "on"
    }

    /// Seconds within which an address gets no second letter.
    pub fn cap_gap(&self) -> i64 {
        self.seconds("letters.cap_gap")
    }

    /// Seconds within which an address that bought gets no letter.
    pub fn cap_after_purchase(&self) -> i64 {
        self.seconds("letters.cap_after_purchase")
    }

    /// Letters to an address in 30 days at most.
    pub fn cap_per_30_days(&self) -> i64 {
        self.get("letters.cap_per_30_days").parse().unwrap_or(0)
    }

    /// Seconds by which a letter may be late.
    pub fn too_old_after(&self) -> i64 {
        self.seconds("letters.too_old_after")
    }

    /// Hours in which no letter leaves.
    pub fn quiet_hours(&self) -> Option<QuietHours> {
        QuietHours::parse(self.get("letters.quiet_hours")).ok()
    }

    /// How many percent of letters may come back.
    pub fn breaker_bounces_percent(&self) -> i64 {
        self.get("breaker.bounces_percent").parse().unwrap_or(0)
    }

    /// How many of a thousand letters may be called unwanted.
    pub fn breaker_complaints_per_mille(&self) -> i64 {
        self.get("breaker.complaints_per_mille").parse().unwrap_or(0)
    }

    /// From when on the breaker counts.
    pub fn breaker_reset_at(&self) -> Timestamp {
        Timestamp::parse_rfc3339(self.get("breaker.reset_at")).unwrap_or(Timestamp::MIN)
    }

    /// The address that letters come from, where it is one that they can come from.
    pub fn sender(&self) -> Option<EmailAddress> {
        EmailAddress::parse(self.get("letters.from")).ok().filter(EmailAddress::is_deliverable)
    }

    /// On what basis addresses are written to.
    pub fn consent(&self) -> Consent {
        self.get("consent").parse().unwrap_or(Consent::Required)
    }

    /// Whether links in letters pass through us.
    pub fn tracks_clicks(&self) -> bool {
        self.get("track.clicks") == "on"
    }

    /// Whether letters carry a picture that says that they were shown.
    pub fn tracks_opens(&self) -> bool {
        self.get("track.opens") == "on"
    }

    /// Networks of the shop's own people. What is no address is passed over.
    pub fn own_networks(&self) -> Vec<String> {
        self.get("track.own_networks").split(',').filter_map(|text| text.trim().parse().ok().map(network_of)).collect()
    }

    /// Seconds after which rows about people are stripped; absent: they are kept until somebody is erased.
    pub fn retention_after(&self) -> Option<i64> {
        parse_duration(self.get("retention.after")).ok().filter(|secs| *secs > 0)
    }

    /// Whether the call that needs no key takes opt-outs.
    pub fn unsubscribe_api(&self) -> bool {
        self.get("unsubscribe_api") == "on"
    }

    /// Where the shop can be found by post.
    pub fn postal_address(&self) -> Option<&str> {
        Some(self.get("postal_address")).filter(|text| !text.is_empty())
    }

    /// Origins of the shop's pages.
    pub fn origins(&self) -> Vec<Origin> {
        origins::list(self.get("origins")).unwrap_or_default()
    }

    /// Whether browsers that ask not to be tracked are left alone.
    pub fn respects_dnt(&self) -> bool {
        self.get("respect_dnt") == "on"
    }

    /// Whether a cart with this address, or without one, may be tracked under test mode. Without test addresses
    /// every cart may.
    pub fn tracks(&self, matched_address: Option<&str>) -> bool {
        self.get("test_addresses").is_empty() || matched_address.is_some_and(|address| self.admits(address))
    }

    /// Whether somebody may be tracked and written to under test mode. Without test addresses everybody may.
    pub fn admits(&self, matched_address: &str) -> bool {
        let list = self.get("test_addresses");
        list.is_empty() || list.split(',').any(|address| address.trim().to_lowercase() == matched_address)
    }

    // Values were checked when they were set and the defaults are checked by a test, so 0 is never seen.
    fn seconds(&self, name: &str) -> i64 {
        parse_duration(self.get(name)).unwrap_or(0)
    }
}

impl Kind {
    fn check(self, value: &str) -> Result<()> {
        match self {
            Kind::Duration(least, most) => {
                let secs = parse_duration(value)?;
                if (least..=most).contains(&secs) {
                    return Ok(());
                }
                let (least, most) = (format_duration(least), format_duration(most));
                Err(Error::refused("value", format!("must lie between {least} and {most}")))
            }
            Kind::Words(choices) => {
                let choices = choices();
                if choices.split(", ").any(|word| word == value) {
                    return Ok(());
                }
                Err(Error::refused("value", format!("must be one of {choices}")))
            }
            Kind::Switch if matches!(value, "on" | "off") => Ok(()),
            Kind::Switch => Err(Error::refused("value", "must be on or off")),
            Kind::Hours => QuietHours::parse(value).map(drop),
            Kind::Origins => origins::list(value).map(drop),
            Kind::Address if EmailAddress::parse(value).is_ok_and(|address| address.is_deliverable()) => Ok(()),
            Kind::Address => Err(Error::malformed("value", "must be an address such as shop@example.com")),
            Kind::Instant => Timestamp::parse_rfc3339(value).map(drop).map_err(|e| e.in_field("value")),
            Kind::Text | Kind::Secret
                if value.chars().count() > 1_000 || value.chars().any(|c| c.is_control() && c != '\n') =>
            {
                Err(Error::refused("value", "must be at most 1000 characters, without control characters"))
            }
            Kind::Text | Kind::Secret => Ok(()),
            Kind::Count => value
                .parse::<u32>()
                .map(drop)
                .map_err(|_| Error::malformed("value", "must be a whole number, 0 or more")),
        }
    }
}

fn find(name: &str) -> Result<&'static Setting> {
    ALL.iter().find(|s| s.name == name).ok_or_else(|| {
        let hint =
            nearest(name, ALL.iter().map(|s| s.name)).map_or(String::new(), |near| format!("; did you mean `{near}`?"));
        Error::refused(name, format!("is not a setting{hint}"))
    })
}

/// The most similar of the known names, where one is similar enough to be meant.
pub fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        .map(|candidate| (strsim::jaro_winkler(name, candidate), candidate))
        .filter(|(likeness, _)| *likeness > 0.7)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_is_a_value_that_the_setting_accepts() {
        for setting in ALL.iter().filter(|s| !s.default.is_empty()) {
            assert!(setting.kind.check(setting.default).is_ok(), "{}", setting.name);
        }
    }
}
