//! Webhooks that go out: to whom, about what, how they are signed and when they are tried again. Signatures follow the
//! Standard Webhooks scheme (<https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use data_encoding::BASE64;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use url::{Host, Url};

use super::{Error, Result, Timestamp, words};

/// The most endpoints of a shop.
pub const MOST_ENDPOINTS: usize = 20;

/// The most characters of an endpoint's address.
const LONGEST_URL: usize = 2_000;

/// Seconds from an attempt to the next: ten attempts in three days. After the last one a delivery is a dead letter.
pub const RETRY_AFTER: [i64; 9] = [60, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 57_600, 86_400];

/// How long a delivery is kept that arrived, or that is a dead letter, in seconds.
pub const KEPT: i64 = 30 * 86_400;

words! {
    /// What an endpoint is told of.
    Event, "events" {
        /// The address of a cart's owner became known.
        EmailCaptured = "email.captured",
        /// A cart with an address was left.
        CartAbandoned = "cart.abandoned",
        /// A purchase recovered an abandoned cart.
        OrderRecovered = "order.recovered",
        /// An address wants no more letters.
        EmailUnsubscribed = "email.unsubscribed",
        /// A purchase was told of.
        PurchaseRecorded = "purchase.recorded",
        /// A letter left.
        MessageSent = "message.sent",
    }
}

words! {
    /// How a delivery's body is written.
    Format, "format" {
        /// A JSON object.
        Json = "json",
        /// The vendor's form.
        Form = "form",
    }
}

words! {
    /// Where a delivery stands.
    DeliveryStatus, "status" {
        /// It waits for its time.
        Queued = "queued",
        /// It is on its way.
        Sending = "sending",
        /// The endpoint took it.
        Delivered = "delivered",
        /// It was tried for three days, or its endpoint is not one that may be called: a dead letter.
        Dead = "dead",
    }
}

/// The events that an endpoint asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Events(Vec<Event>);

impl Events {
    /// Reads names between commas or blanks. None at all is an error: such an endpoint would hear nothing.
    pub fn parse(text: &str) -> Result<Self> {
        let words = text.split([',', ' ']).filter(|word| !word.is_empty());
        Events::of(words.map(str::parse).collect::<Result<Vec<Event>>>()?)
    }

    /// These, each once, in a fixed order.
    pub fn of(mut events: Vec<Event>) -> Result<Self> {
        events.sort_unstable();
        events.dedup();
        if events.is_empty() {
            return Err(Error::refused("events", format!("must name at least one of {}", Event::choices())));
        }
        Ok(Events(events))
    }

    /// The four that the vendor has.
    pub fn usual() -> Self {
        Events(vec![Event::EmailCaptured, Event::CartAbandoned, Event::OrderRecovered, Event::EmailUnsubscribed])
    }

    /// Whether this one was asked for.
    pub fn include(&self, event: Event) -> bool {
        self.0.contains(&event)
    }

    /// In a fixed order.
    pub fn iter(&self) -> impl Iterator<Item = Event> + '_ {
        self.0.iter().copied()
    }
}

impl std::fmt::Display for Events {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.iter().map(|event| event.as_str()).collect::<Vec<_>>().join(" "))
    }
}

/// An endpoint of a shop.
#[derive(Clone, Debug, PartialEq)]
pub struct Webhook {
    /// Our own number; 0 before it is stored.
    pub no: i64,
    /// Public id.
    pub id: String,
    /// Where it is called.
    pub url: String,
    /// How bodies are written.
    pub format: Format,
    /// What it is told of.
    pub events: Events,
    /// With what deliveries are signed.
    pub secret: [u8; 32],
    /// Whether anything is written for it and sent to it.
    pub active: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// Since when no delivery arrived and some failed; none: the last one arrived, or none was tried.
    pub failing_since: Option<Timestamp>,
}

/// One event on its way to one endpoint.
#[derive(Clone, Debug, PartialEq)]
pub struct Delivery {
    /// Our own number; 0 before it is stored.
    pub no: i64,
    /// Public id, which is the `webhook-id` of every attempt.
    pub id: String,
    /// What it tells of.
    pub event: Event,
    /// How its body is written, as its endpoint wanted it then.
    pub format: Format,
    /// The body, as it is sent.
    pub body: String,
    /// Where it stands.
    pub status: DeliveryStatus,
    /// When what it tells of happened here.
    pub created_at: Timestamp,
    /// When it is tried next, while it is queued.
    pub due_at: Option<Timestamp>,
    /// How often it was tried.
    pub attempts: i64,
    /// When it was tried last.
    pub tried_at: Option<Timestamp>,
    /// The status code of the last answer.
    pub answer: Option<i64>,
    /// What went wrong the last time.
    pub detail: Option<String>,
}

impl Delivery {
    /// When it is tried again after it failed now, for the `attempts`-th time; none: not any more.
    pub fn retry_at(attempts: i64, now: Timestamp) -> Option<Timestamp> {
        let waited = usize::try_from(attempts - 1).ok()?;
        RETRY_AFTER.get(waited).map(|secs| now.plus(*secs))
    }
}

/// Spells a secret as its receiver's library wants it: `whsec_` and base64.
pub fn spell_secret(secret: &[u8; 32]) -> String {
    format!("whsec_{}", BASE64.encode(secret))
}

/// The `webhook-signature` of a delivery: `v1,` and the base64 of HMAC-SHA-256 over id, time and body.
pub fn sign(secret: &[u8], id: &str, at: Timestamp, body: &[u8]) -> String {
    // HMAC takes keys of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret) else { return String::new() };
    mac.update(format!("{id}.{}.", at.secs()).as_bytes());
    mac.update(body);
    format!("v1,{}", BASE64.encode(&mac.finalize().into_bytes()))
}

/// Checks where an endpoint is: an address of the web, without a user in it. A host that is an address of this machine or
/// of a private network is refused here; a name is looked at each time that it is called.
pub fn check_url(text: &str, allow_private: bool) -> Result<String> {
    let text = text.trim();
    let flaw = || Error::malformed("url", "must be an address such as https://shop.example/hooks");
    let too_long = || Error::refused("url", format!("must be at most {LONGEST_URL} characters"));
    if text.chars().count() > LONGEST_URL {
        return Err(too_long());
    }
    let mut url = Url::parse(text).map_err(|_| flaw())?;
    if !["http", "https"].contains(&url.scheme()) {
        return Err(flaw());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Error::refused("url", "must not hold a user or a password"));
    }
    let public = match url.host() {
        Some(Host::Ipv4(address)) => is_public(IpAddr::V4(address)),
        Some(Host::Ipv6(address)) => is_public(IpAddr::V6(address)),
        Some(Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            name != "localhost" && !name.ends_with(".localhost") && !name.ends_with(".internal")
        }
        None => return Err(flaw()),
    };
    if !public && !allow_private {
        let reason =
            "must not lead to this machine or a private network (the operator's webhooks.allow_private allows it)";
        return Err(Error::refused("url", reason));
    }
    url.set_fragment(None);
    // Spelled out it may be longer, and what is kept has to be taken again from an archive.
    if url.as_str().len() > LONGEST_URL { Err(too_long()) } else { Ok(url.into()) }
}

/// Whether an address is of the internet, and not of this machine, a private network, or set aside for something else
/// (<https://www.iana.org/assignments/iana-ipv4-special-registry>, and the same for version 6).
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let set_aside = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || address.is_multicast()
        || a == 0
        || a >= 240
        // Shared by a provider's customers; protocols; measuring of networks; relays of old.
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && (b == 18 || b == 19))
        || (a == 192 && b == 88 && c == 99);
    !set_aside
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let parts = address.segments();
    let inner = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    match parts {
        // An address of version 4 in one of its disguises: mapped, translated (RFC 6052), 6to4.
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => {
            inner(high, low)
        }
        // Teredo, benchmarking, documentation and the like.
        [0x2001, second, ..] if second < 0x200 || second == 0xdb8 => false,
        [0x3fff, second, ..] if second < 0x1000 => false,
        // What is given out to the internet at all is below this prefix.
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_that_of_the_published_test_vector() {
        // From the scheme's reference implementations.
        let secret = BASE64.decode(b"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").expect("base64");
        let at = Timestamp::from_secs(1_614_265_330);
        let signature = sign(&secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", at, br#"{"test": 2432232314}"#);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn retries_take_three_days() {
        let total: i64 = RETRY_AFTER.iter().sum();
        assert!((total - 3 * 86_400).abs() < 7_200, "{total}");
        let now = Timestamp::from_secs(0);
        assert_eq!(Delivery::retry_at(1, now), Some(now.plus(60)));
        assert_eq!(Delivery::retry_at(9, now), Some(now.plus(86_400)));
        assert_eq!(Delivery::retry_at(10, now), None);
    }

    #[test]
    fn private_addresses_are_known_in_every_spelling() {
        let private = [
            "http://127.0.0.1/",
            "http://2130706433/",
            "http://0x7f.1/",
            "http://0177.0.0.1/",
            "http://localhost:80/",
            "http://a.localhost/",
            "http://10.1.2.3/",
            "http://172.16.0.1/",
            "http://192.168.1.1/",
            "http://169.254.169.254/",
            "http://100.64.0.1/",
            "http://0.0.0.0/",
            "http://[::1]/",
            "http://[::]/",
            "http://[::ffff:10.0.0.1]/",
            "http://[fc00::1]/",
            "http://[fe80::1]/",
            "http://[64:ff9b::7f00:1]/",
            "http://[2002:7f00:1::]/",
            "http://[2001:db8::1]/",
            "http://224.0.0.1/",
            "http://255.255.255.255/",
            "http://198.18.0.1/",
            "http://metadata.google.internal/",
        ];
        for url in private {
            assert!(check_url(url, false).is_err(), "{url}");
            assert!(check_url(url, true).is_ok(), "{url}");
        }
        for url in ["https://shop.example/hooks?a=1", "http://93.184.216.34/", "http://[2606:4700::1]/"] {
            assert!(check_url(url, false).is_ok(), "{url}");
        }
    }

    #[test]
    fn only_addresses_of_the_web_are_endpoints() {
        for url in
            ["", "shop.example", "ftp://shop.example/", "file:///etc/passwd", "https://u:p@shop.example/", "https://"]
        {
            assert!(check_url(url, true).is_err(), "{url}");
        }
        assert_eq!(check_url(" https://shop.example#top ", false).expect("an address"), "https://shop.example/");
    }
}
