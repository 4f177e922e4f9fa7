//! JSON that pages write by hand, as it is asked for by name: any value may stand anywhere. What stands in the body stays there, and
//! nothing is put into a table that is asked two dozen times and thrown away.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Number;

/// Members that an object mostly has at most.
const USUAL: usize = 12;

/// Any value.
#[derive(Debug)]
pub(super) enum Loose<'a> {
    Null,
    Truth(bool),
    Number(Number),
    Text(Cow<'a, str>),
    List(Vec<Loose<'a>>),
    Object(Object<'a>),
}

impl<'a> Loose<'a> {
    pub(super) fn as_text(&self) -> Option<&str> {
        if let Loose::Text(text) = self { Some(text) } else { None }
    }

    pub(super) fn as_truth(&self) -> Option<bool> {
        if let Loose::Truth(truth) = self { Some(*truth) } else { None }
    }

    pub(super) fn as_list(&self) -> Option<&[Loose<'a>]> {
        if let Loose::List(list) = self { Some(list) } else { None }
    }

    pub(super) fn as_object(&self) -> Option<&Object<'a>> {
        if let Loose::Object(object) = self { Some(object) } else { None }
    }

    /// A text that is not blank, or a number as it is written.
    pub(super) fn spelled(&self) -> Option<Cow<'_, str>> {
        match self {
            Loose::Text(text) => Some(Cow::Borrowed(&**text)).filter(|text| !text.trim().is_empty()),
            Loose::Number(number) => Some(Cow::Owned(number.to_string())),
            _ => None,
        }
    }
}

/// An object as it was written, with every member. Of several of one name the last one counts.
#[derive(Debug)]
pub(super) struct Object<'a>(Vec<(Cow<'a, str>, Loose<'a>)>);

impl<'a> Object<'a> {
    /// What stands under a name.
    pub(super) fn get(&self, name: &str) -> Option<&Loose<'a>> {
        self.0.iter().rfind(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// The names in the order in which they came first, each with what counts.
    pub(super) fn members(&self) -> impl Iterator<Item = (&str, &Loose<'a>)> {
        let mut places: HashMap<&str, usize> = HashMap::with_capacity(self.0.len());
        let mut members: Vec<(&str, &Loose<'a>)> = Vec::with_capacity(self.0.len());
        for (name, value) in &self.0 {
            let place = *places.entry(name).or_insert(members.len());
            match members.get_mut(place) {
                Some(member) => member.1 = value,
                None => members.push((name, value)),
            }
        }
        members.into_iter()
    }
}

impl<'de> Deserialize<'de> for Loose<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Anything)
    }
}

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Loose::deserialize(deserializer)? {
            Loose::Object(object) => Ok(object),
            _ => Err(serde::de::Error::custom("not an object")),
        }
    }
}

/// A name, which is copied only where it is written with escapes.
#[derive(serde::Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

struct Anything;

impl<'de> Visitor<'de> for Anything {
    type Value = Loose<'de>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_unit<E>(self) -> Result<Loose<'de>, E> {
        Ok(Loose::Null)
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Loose<'de>, E> {
        Ok(Loose::Truth(truth))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Loose<'de>, E> {
        Ok(Loose::Number(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Loose<'de>, E> {
        Ok(Loose::Number(number.into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Loose<'de>, E> {
        Ok(Number::from_f64(number).map_or(Loose::Null, Loose::Number))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Loose<'de>, E> {
        Ok(Loose::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Loose<'de>, E> {
        Ok(Loose::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Loose<'de>, A::Error> {
        let mut list = Vec::new();
        while let Some(value) = values.next_element()? {
            list.push(value);
        }
        Ok(Loose::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Loose<'de>, A::Error> {
        let mut object = Vec::with_capacity(USUAL);
        while let Some((Name(name), value)) = members.next_entry()? {
            object.push((name, value));
        }
        Ok(Loose::Object(Object(object)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Map, Value};

    use super::*;

    fn read(text: &str) -> Object<'_> {
        serde_json::from_str(text).expect("an object")
    }

    #[test]
    fn of_members_of_one_name_the_last_counts_where_the_first_stood() {
        let object = read(r#"{"a":1,"b":"two","a":"\u0041 three"}"#);
        assert_eq!(object.get("a").and_then(Loose::as_text), Some("A three"));
        assert_eq!(object.members().map(|(name, _)| name).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(object.members().next().and_then(|(_, value)| value.as_text()), Some("A three"));
    }

    #[test]
    fn only_an_object_is_one() {
        for text in ["[]", "1", "null", "\"a\"", "{\"a\":}", "{\"a\":1", "{} {}"] {
            assert!(serde_json::from_str::<Object>(text).is_err(), "{text}");
        }
    }

    fn as_value(loose: &Loose) -> Value {
        match loose {
            Loose::Null => Value::Null,
            Loose::Truth(truth) => (*truth).into(),
            Loose::Number(number) => number.clone().into(),
            Loose::Text(text) => text.as_ref().into(),
            Loose::List(list) => list.iter().map(as_value).collect(),
            Loose::Object(object) => {
                object.members().map(|(name, value)| (name.to_owned(), as_value(value))).collect::<Map<_, _>>().into()
            }
        }
    }

    fn anything() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            Just("null".to_owned()),
            any::<bool>().prop_map(|truth| truth.to_string()),
            any::<i64>().prop_map(|number| number.to_string()),
            any::<f64>().prop_filter("finite", |number| number.is_finite()).prop_map(|number| format!("{number:e}")),
            any::<String>().prop_map(|text| Value::from(text).to_string()),
        ];
        leaf.prop_recursive(4, 32, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(|list| format!("[{}]", list.join(","))),
                prop::collection::vec(("[ab\"\\\\é]{0,2}", inner), 0..6).prop_map(|members| {
                    let member = |(name, value): (String, String)| format!("{}:{value}", Value::from(name));
                    format!("{{{}}}", members.into_iter().map(member).collect::<Vec<_>>().join(", "))
                }),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_read_is_what_another_reader_reads(text in anything()) {
            let ours: Loose = serde_json::from_str(&text).expect("a value");
            prop_assert_eq!(as_value(&ours), serde_json::from_str::<Value>(&text).expect("a value"));
        }
    }
}
