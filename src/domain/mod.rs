//! Entities, values, rules and errors. Pure functions of values: no I/O, no wire format, no clock is read here.

pub mod bounces;
pub mod capture;
pub mod carts;
pub mod confirmations;
pub mod coupons;
pub mod customers;
pub mod email;
pub mod engagement;
pub mod error;
pub mod go_lives;
pub mod idempotency;
pub mod keys;
pub mod letters;
pub mod links;
pub mod loyalty;
pub mod markup;
pub mod messages;
pub mod money;
pub mod origins;
pub mod passes;
pub mod platforms;
pub mod privacy;
pub mod purchases;
pub mod quiet_hours;
pub mod reports;
pub mod sequences;
pub mod sessions;
pub mod settings;
pub mod sites;
pub mod stats;
pub mod subscribers;
pub mod suppressions;
pub mod time;
pub mod tokens;
pub mod users;
pub mod webhooks;

pub use email::EmailAddress;
pub use error::{Error, Flaw, OrNotFound, Result};
pub use money::Currency;
pub use sites::{Site, SiteNo};
pub use time::{Clock, Day, Timestamp, Zone};

/// Defines an enum whose variants have one text each, used alike in the store, in the archive and at the doors.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident, $what:literal { $($(#[$vmeta:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$vmeta])* #[doc = concat!("`", $text, "`")] $variant,)+
        }

        impl $name {
            /// Every variant, in the order of declaration.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];

            /// The one text that stands for this value everywhere.
            pub fn as_str(self) -> &'static str {
                match self { $($name::$variant => $text),+ }
            }

            /// Every text, for messages that list the choices.
            pub fn choices() -> String {
                Self::ALL.iter().map(|v| v.as_str()).collect::<Vec<_>>().join(", ")
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::domain::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::ALL.iter().copied().find(|v| v.as_str() == text).ok_or_else(|| {
                    $crate::domain::Error::refused($what, format!("must be one of {}", Self::choices()))
                })
            }
        }
    };
}
pub(crate) use words;
