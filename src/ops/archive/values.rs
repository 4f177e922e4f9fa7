//! What stands in the fields of a line: texts that are checked as they are read, whole numbers within bounds, objects.
//! An error here says what would be right; the reader adds on which line and in which field.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use data_encoding::HEXLOWER;
use rust_decimal::Decimal;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::ser::{SerializeSeq, Serializer};
use serde::{Deserialize, Serialize};

use crate::domain::carts::{CartStatus, Channel, Class, MAX_QUANTITY};
use crate::domain::coupons::CouponType;
use crate::domain::keys::Scopes;
use crate::domain::letters::{Outcome, Why};
use crate::domain::loyalty::{CampaignKind, Cause};
use crate::domain::messages::{EventKind, MessageStatus};
use crate::domain::money::MAX_MINOR;
use crate::domain::purchases::FirstReply;
use crate::domain::sites::SiteStatus;
use crate::domain::subscribers::Phone;
use crate::domain::suppressions::{Reason, Source};
use crate::domain::users::{Campaigns, Role};
use crate::domain::webhooks::{Events, Format};
use crate::domain::{Currency, Day, EmailAddress, Error, Result, Timestamp, Zone, time};

/// A value that an archive spells as text.
pub trait Text: Sized {
    /// Reads it, or says what would be right.
    fn read(text: &str) -> Result<Self>;
    /// Spells it, in one way.
    fn written(&self) -> String;
}

/// A field of that kind.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct As<T>(pub T);

impl<T: Text> Serialize for As<T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&self.0.written())
    }
}

impl<'de, T: Text> Deserialize<'de> for As<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Reader<T>(PhantomData<T>);
        impl<T: Text> Visitor<'_> for Reader<T> {
            type Value = As<T>;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("text")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<As<T>, E> {
                T::read(text).map(As).map_err(|e| E::custom(reason(e)))
            }
        }
        from.deserialize_str(Reader(PhantomData))
    }
}

/// The part of an error that says what would be right; which field it is about is known elsewhere.
pub(super) fn reason(error: Error) -> String {
    match error {
        Error::Invalid { reason, .. } => reason,
        other => other.to_string(),
    }
}

impl Text for Timestamp {
    fn read(text: &str) -> Result<Self> {
        Timestamp::parse_rfc3339(text)
    }
    fn written(&self) -> String {
        self.rfc3339()
    }
}

impl Text for EmailAddress {
    fn read(text: &str) -> Result<Self> {
        EmailAddress::parse(text)
    }
    fn written(&self) -> String {
        self.shown().to_owned()
    }
}

impl Text for Phone {
    fn read(text: &str) -> Result<Self> {
        Phone::parse(text)
    }
    fn written(&self) -> String {
        self.shown().to_owned()
    }
}

impl Text for Currency {
    fn read(text: &str) -> Result<Self> {
        Currency::parse(text)
    }
    fn written(&self) -> String {
        self.code().to_owned()
    }
}

impl Text for Zone {
    fn read(text: &str) -> Result<Self> {
        Zone::parse(text)
    }
    fn written(&self) -> String {
        self.name().to_owned()
    }
}

impl Text for Day {
    fn read(text: &str) -> Result<Self> {
        time::parse_day(text)
    }
    fn written(&self) -> String {
        self.to_string()
    }
}

/// A hash or a secret of 32 bytes.
impl Text for [u8; 32] {
    fn read(text: &str) -> Result<Self> {
        let flaw = || Error::malformed("hash", "must be 64 lower-case hexadecimal digits");
        let bytes = HEXLOWER.decode(text.as_bytes()).map_err(|_| flaw())?;
        bytes.try_into().map_err(|_| flaw())
    }
    fn written(&self) -> String {
        HEXLOWER.encode(self)
    }
}

macro_rules! written_as_words {
    ($($name:ty),+ $(,)?) => {$(
        impl Text for $name {
            fn read(text: &str) -> Result<Self> {
                text.parse()
            }
            fn written(&self) -> String {
                self.as_str().to_owned()
            }
        }
    )+};
}

written_as_words!(
    CampaignKind,
    Cause,
    CartStatus,
    Channel,
    Class,
    CouponType,
    EventKind,
    FirstReply,
    Format,
    MessageStatus,
    Reason,
    Role,
    SiteStatus,
    Source,
    Outcome,
    Why
);

impl Text for Events {
    fn read(text: &str) -> Result<Self> {
        Events::parse(text)
    }
    fn written(&self) -> String {
        self.to_string()
    }
}

/// A public id: opaque, at most 256 bytes, not empty.
#[derive(Clone, Debug, PartialEq)]
pub struct Id(pub String);

impl Text for Id {
    fn read(text: &str) -> Result<Self> {
        if (1..=256).contains(&text.len()) && !text.chars().any(char::is_control) {
            Ok(Id(text.to_owned()))
        } else {
            Err(Error::refused("id", "must be 1 to 256 bytes without control characters"))
        }
    }
    fn written(&self) -> String {
        self.0.clone()
    }
}

/// A decimal number of at least 0, kept as it is spelled.
#[derive(Clone, Debug, PartialEq)]
pub struct Ratio(pub String);

impl Text for Ratio {
    fn read(text: &str) -> Result<Self> {
        let number = Decimal::from_str_exact(text).ok().filter(|number| !number.is_sign_negative());
        match number {
            Some(_) => Ok(Ratio(text.to_owned())),
            None => Err(Error::malformed("ratio", "must be a decimal number as text, such as \"1.5\"")),
        }
    }
    fn written(&self) -> String {
        self.0.clone()
    }
}

/// A whole number within bounds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Whole<const LEAST: i64, const MOST: i64>(pub i64);

/// Minor units.
pub type Amount = Whole<0, MAX_MINOR>;
/// Minor units, at least one.
pub type Given = Whole<1, MAX_MINOR>;
/// How many of a product.
pub type Quantity = Whole<1, MAX_QUANTITY>;
/// Seconds of something's life.
pub type Lifetime = Whole<1, 1_000_000_000>;
/// A place in a sequence.
pub type Step = Whole<1, 1_000_000>;
/// How many of something a day saw.
pub type Count = Whole<0, 1_000_000_000_000>;
/// Revenue of a day, minor units; below zero where more was given back than paid. Sums of years of such days stay exact.
pub type Revenue = Whole<-1_000_000_000_000_000, 1_000_000_000_000_000>;

impl<'de, const LEAST: i64, const MOST: i64> Deserialize<'de> for Whole<LEAST, MOST> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Reader<const LEAST: i64, const MOST: i64>;
        impl<const LEAST: i64, const MOST: i64> Visitor<'_> for Reader<LEAST, MOST> {
            type Value = Whole<LEAST, MOST>;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                write!(f, "a whole number from {LEAST} to {MOST}")
            }
            fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Self::Value, E> {
                if (LEAST..=MOST).contains(&number) {
                    return Ok(Whole(number));
                }
                Err(E::custom(format!("must be a whole number from {LEAST} to {MOST}, not {number}")))
            }
            fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Self::Value, E> {
                match i64::try_from(number) {
                    Ok(number) => self.visit_i64(number),
                    Err(_) => Err(E::custom(format!("must be a whole number from {LEAST} to {MOST}, not {number}"))),
                }
            }
        }
        from.deserialize_i64(Reader)
    }
}

/// A JSON object that is opaque to us.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Object(pub serde_json::Map<String, serde_json::Value>);

impl Object {
    /// Reads one from a column.
    pub fn stored(text: &str) -> Result<Self> {
        serde_json::from_str(text).map(Object).map_err(Error::internal)
    }

    /// As a column holds it.
    pub fn text(&self) -> String {
        serde_json::Value::Object(self.0.clone()).to_string()
    }
}

/// A part of a line, which must be an object: a reader of structs takes a list of their fields as well.
struct Part<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Part<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Reader<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Reader<T> {
            type Value = Part<T>;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a map")
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Part<T>, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(Part)
            }
        }
        from.deserialize_map(Reader(PhantomData))
    }
}

/// Reads a list of objects, or null.
pub(super) fn objects<'de, T: Deserialize<'de>, D: Deserializer<'de>>(from: D) -> Result<Option<Vec<T>>, D::Error> {
    let parts: Option<Vec<Part<T>>> = Option::deserialize(from)?;
    Ok(parts.map(|parts| parts.into_iter().map(|Part(part)| part).collect()))
}

/// Reads an object of settings, each at most once, or null.
pub(super) fn settings<'de, D: Deserializer<'de>>(from: D) -> Result<Option<BTreeMap<String, String>>, D::Error> {
    Ok(Option::<Settings>::deserialize(from)?.map(|Settings(settings)| settings))
}

struct Settings(BTreeMap<String, String>);

impl<'de> Deserialize<'de> for Settings {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Settings;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a map")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Settings, A::Error> {
                let mut settings = BTreeMap::new();
                while let Some((name, value)) = map.next_entry::<String, String>()? {
                    if settings.contains_key(&name) {
                        return Err(A::Error::custom(format!("sets `{name}` twice")));
                    }
                    settings.insert(name, value);
                }
                Ok(Settings(settings))
            }
        }
        from.deserialize_map(Reader)
    }
}

/// The field `type`, which the reader has looked at already and the writer puts in front.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Tag;

impl<'de> Deserialize<'de> for Tag {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(from).map(|_| Tag)
    }
}

/// Reads one text or a list of texts.
struct Words;

impl<'de> Visitor<'de> for Words {
    type Value = Result<String, Vec<String>>;
    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("text or a list of texts")
    }
    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Ok(text.to_owned()))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut words = Vec::new();
        while let Some(word) = list.next_element()? {
            words.push(word);
        }
        Ok(Err(words))
    }
}

/// Scopes of a key: a list, or text with blanks between.
#[derive(Clone, Debug, PartialEq)]
pub struct ScopeList(pub Scopes);

impl Serialize for ScopeList {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut list = to.serialize_seq(None)?;
        for scope in self.0.iter() {
            list.serialize_element(scope.as_str())?;
        }
        list.end()
    }
}

impl<'de> Deserialize<'de> for ScopeList {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = from.deserialize_any(Words)?.unwrap_or_else(|list| list.join(" "));
        Scopes::parse(&text).map(ScopeList).map_err(|e| D::Error::custom(reason(e)))
    }
}

/// Loyalty campaigns that a user may see: `"all"`, `"none"`, or a list of ids.
#[derive(Clone, Debug, PartialEq)]
pub struct CampaignList(pub Campaigns);

impl Serialize for CampaignList {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Campaigns::All => to.serialize_str("all"),
            Campaigns::None => to.serialize_str("none"),
            Campaigns::Some(ids) => ids.serialize(to),
        }
    }
}

impl<'de> Deserialize<'de> for CampaignList {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match from.deserialize_any(Words)? {
            Ok(text) if text == "all" => Ok(CampaignList(Campaigns::All)),
            Ok(text) if text == "none" => Ok(CampaignList(Campaigns::None)),
            Ok(_) => Err(D::Error::custom("must be \"all\", \"none\" or a list of campaign ids")),
            Err(ids) => Ok(CampaignList(Campaigns::listed(ids.into_iter()))),
        }
    }
}
