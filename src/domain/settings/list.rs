//! The settings themselves: name, default, what each takes, and what it means.

use super::{Consent, Kind, Requires, Setting};

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
    Setting {
        name: "letters.dkim_selector",
        default: "",
        kind: Kind::Text,
        meaning: "Selector under which the mail server signs (DKIM), so that doctor can look its key up.",
    },
    Setting {
        name: "letters.from",
        default: "",
        kind: Kind::Address,
        meaning: "The address that letters come from; without it nothing is sent to real people.",
    },
    Setting {
        name: "letters.return_path",
        default: "",
        kind: Kind::Address,
        meaning: "Where letters come back to, as mailbox+token@domain. Default: bounce at the domain of letters.from.",
    },
    Setting {
        name: "breaker.bounces_percent",
        default: "5",
        kind: Kind::Count,
        meaning: "Sending pauses when more of the last 500 letters came back; counted from 100 letters on.",
    },
    Setting {
        name: "breaker.complaints_per_mille",
        default: "3",
        kind: Kind::Count,
        meaning: "Sending pauses when more of the last 500 letters were called unwanted; counted from 100 letters on.",
    },
    Setting {
        name: "breaker.reset_at",
        default: "",
        kind: Kind::Instant,
        meaning: "The breaker counts letters from here on (`cartwright mail resume` sets it to now).",
    },
    Setting {
        name: "bounces.mailgun_signing_key",
        default: "",
        kind: Kind::Secret,
        meaning: "With it, reports of Mailgun must be signed.",
    },
    Setting {
        name: "shopify_secret",
        default: "",
        kind: Kind::Secret,
        meaning: "With what Shopify signs what it tells (`site set --shopify-secret-stdin`); without it nothing is taken from it.",
    },
    Setting {
        name: "bounces.sns_topic",
        default: "",
        kind: Kind::Text,
        meaning: "With it, reports of Amazon SNS are taken from the topic of this ARN alone.",
    },
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
        name: "track.clicks",
        default: "on",
        kind: Kind::Switch,
        meaning: "Whether links in letters pass through us, so that clicks are seen: on or off.",
    },
    Setting {
        name: "track.opens",
        default: "off",
        kind: Kind::Switch,
        meaning: "Whether letters carry a picture that says that they were shown: on or off.",
    },
    Setting {
        name: "track.own_networks",
        default: "",
        kind: Kind::Text,
        meaning: "Network addresses of the shop's own people between commas; clicks from their networks are not counted.",
    },
    Setting {
        name: "unsubscribe_api",
        default: "on",
        kind: Kind::Switch,
        meaning: "Whether unsubscribe-api.php, which needs no key, takes opt-outs: on or off.",
    },
    Setting {
        name: "limits.per_key_per_minute",
        default: "",
        kind: Kind::Count,
        meaning: "Calls of the REST interface that one key may make in a minute; 0 is off. Default: the configuration's.",
    },
    Setting {
        name: "limits.per_address_per_minute",
        default: "",
        kind: Kind::Count,
        meaning: "The same for one network address; 0 is off. Default: the configuration's.",
    },
];
