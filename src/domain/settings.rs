//! A shop's settings: their names, defaults, what they accept, and typed access to them.

use std::collections::BTreeMap;

use super::origins::{self, Origin};
use super::time::{day_plus, format_duration, parse_duration};
use super::{Error, Result, Timestamp, Zone, words};

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

/// Every setting of a shop. Those of the limits have their default in the configuration of the process.
pub const ALL: &[Setting] = &[
    Setting {
        name: "abandon_after",
        default: "30m",
        kind: Kind::Duration(60, 30 * 86_400),
        meaning: "How long a cart is idle before it counts as abandoned.",
    },
    Setting {
        name: "cart_expires_after",
        default: "30d",
        kind: Kind::Duration(3_600, 3_650 * 86_400),
        meaning: "How long after its creation an open cart expires.",
    },
    Setting {
        name: "attribution.requires",
        default: "open",
        kind: Kind::Words(Requires::choices),
        meaning: "What must happen to a letter before a purchase counts as recovered: open (or click), click, or sent.",
    },
    Setting {
        name: "attribution.window",
        default: "30d",
        kind: Kind::Duration(3_600, 365 * 86_400),
        meaning: "How long after that the purchase may follow.",
    },
    Setting {
        name: "confirmation.repeat_window",
        default: "24h",
        kind: Kind::Duration(0, 30 * 86_400),
        meaning: "Within it, a confirmation of the same address and total is a repeat.",
    },
    Setting {
        name: "confirmation.pair_window",
        default: "30m",
        kind: Kind::Duration(0, 86_400),
        meaning: "Within it, a browser's and a server's confirmation are one sale.",
    },
    Setting {
        name: "consent",
        default: "soft_opt_in",
        kind: Kind::Words(Consent::choices),
        meaning: "On what basis an address may be written to: required, soft_opt_in or not_required.",
    },
    Setting {
        name: "origins",
        default: "",
        kind: Kind::Origins,
        meaning: "Origins of the shop's pages between commas, such as https://shop.example; the script is heard from there only.",
    },
    Setting {
        name: "respect_dnt",
        default: "on",
        kind: Kind::Switch,
        meaning: "Whether browsers that ask not to be tracked (DNT, Global Privacy Control) are left alone: on or off.",
    },
    Setting {
        name: "letters",
        default: "on",
        kind: Kind::Switch,
        meaning: "Whether letters are written about abandoned carts: on or off.",
    },
    Setting {
        name: "letters.cap_gap",
        default: "6h",
        kind: Kind::Duration(0, 30 * 86_400),
        meaning: "No second letter to an address within this time.",
    },
    Setting {
        name: "letters.cap_after_purchase",
        default: "72h",
        kind: Kind::Duration(0, 365 * 86_400),
        meaning: "No letter to an address within this time of a purchase.",
    },
    Setting {
        name: "letters.cap_per_30_days",
        default: "6",
        kind: Kind::Count,
        meaning: "Letters to an address in 30 days at most; 0: none at all.",
    },
    Setting {
        name: "letters.too_old_after",
        default: "2d",
        kind: Kind::Duration(60, 365 * 86_400),
        meaning: "A letter that is late by more than this is not sent any more.",
    },
    Setting {
        name: "letters.quiet_hours",
        default: "",
        kind: Kind::Hours,
        meaning: "Hours in the shop's zone in which no letter leaves, such as 21:00-08:00; it leaves afterwards.",
    },
    Setting { name: "letters.from", default: "", kind: Kind::Text, meaning: "The address that letters come from." },
    Setting {
        name: "postal_address",
        default: "",
        kind: Kind::Text,
        meaning: "Where the shop can be found by post; without it nothing is sent to real people.",
    },
    Setting {
        name: "test_addresses",
        default: "",
        kind: Kind::Text,
        meaning: "Addresses between commas: while there are any, nobody else is tracked or written to.",
    },
    Setting {
        name: "limits.per_key_per_minute",
        default: "",
        kind: Kind::Count,
        meaning: "Calls that one key of this shop may make in a minute; 0 is off. Default: the configuration's.",
    },
    Setting {
        name: "limits.per_address_per_minute",
        default: "",
        kind: Kind::Count,
        meaning: "Calls that one network address may make on this shop in a minute; 0 is off. Default: the configuration's.",
    },
];

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

    /// On what basis addresses are written to.
    pub fn consent(&self) -> Consent {
        self.get("consent").parse().unwrap_or(Consent::Required)
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
            Kind::Text if value.chars().count() > 1_000 || value.chars().any(|c| c.is_control() && c != '\n') => {
                Err(Error::refused("value", "must be at most 1000 characters, without control characters"))
            }
            Kind::Text => Ok(()),
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

/// A time of day and another, in minutes after midnight; over midnight where the second is earlier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuietHours {
    from: i64,
    to: i64,
}

impl QuietHours {
    /// Reads `21:00-08:00`.
    pub fn parse(text: &str) -> Result<Self> {
        let minutes = |time: &str| -> Option<i64> {
            let (hours, minutes) = time.trim().split_once(':')?;
            let (hours, minutes): (i64, i64) = (hours.parse().ok()?, minutes.parse().ok()?);
            ((0..24).contains(&hours) && (0..60).contains(&minutes)).then_some(hours * 60 + minutes)
        };
        text.split_once('-')
            .and_then(|(from, to)| Some(QuietHours { from: minutes(from)?, to: minutes(to)? }))
            .filter(|hours| hours.from != hours.to)
            .ok_or_else(|| Error::malformed("hours", "must be two times of day such as 21:00-08:00"))
    }

    /// When the quiet that reigns at an instant ends, in a zone. `None` when it does not reign.
    pub fn end(self, now: Timestamp, zone: &Zone) -> Option<Timestamp> {
        let here = zone.civil(now);
        let minute = i64::from(here.hour()) * 60 + i64::from(here.minute());
        let over_midnight = self.from > self.to;
        let quiet = if over_midnight {
            minute >= self.from || minute < self.to
        } else {
            (self.from..self.to).contains(&minute)
        };
        let day = if over_midnight && minute >= self.from { day_plus(here.date(), 1) } else { here.date() };
        let (hour, minute) = (self.to / 60, self.to % 60);
        let end = day.at(i8::try_from(hour).ok()?, i8::try_from(minute).ok()?, 0, 0);
        // Where the clocks skip that time, the instant of the skip is already behind it.
        quiet.then(|| zone.instant_of(end).max(now.plus(1)))
    }
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
