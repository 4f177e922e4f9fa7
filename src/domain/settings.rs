//! A shop's settings: their names, defaults, what they accept, and typed access to them.

use std::collections::BTreeMap;

use super::time::{format_duration, parse_duration};
use super::{Error, Result, words};

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
