//! Reading JSON bodies field by field, so that every error names its field by path. Null and blank text are absent,
//! fields that nobody asks for are ignored.

use serde_json::{Map, Value};

use crate::domain::{Error, Result, Timestamp};

/// The longest text that a field takes, in characters.
const LONGEST_TEXT: usize = 2_048;

/// How many levels of objects and lists an object of the shop's may have. An archive holds it inside of other objects, and
/// no reader of JSON follows them without end.
const DEEPEST_OBJECT: usize = 32;

/// A JSON object with the path at which it stands.
pub(crate) struct Fields<'a> {
    path: String,
    map: &'a Map<String, Value>,
}

impl<'a> Fields<'a> {
    /// The body itself.
    pub(crate) fn of_body(body: &'a Value) -> Result<Self> {
        Fields::at(String::new(), body)
    }

    fn at(path: String, value: &'a Value) -> Result<Self> {
        match value {
            Value::Object(map) => Ok(Fields { path, map }),
            _ => Err(Error::malformed(if path.is_empty() { "body".into() } else { path }, "must be an object")),
        }
    }

    /// The full path of a field.
    pub(crate) fn path(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    fn value(&self, name: &str) -> Option<&'a Value> {
        self.map.get(name).filter(|value| !value.is_null())
    }

    /// A text.
    pub(crate) fn text(&self, name: &str) -> Result<Option<String>> {
        self.long_text(name, LONGEST_TEXT)
    }

    /// A text of up to so many characters.
    pub(crate) fn long_text(&self, name: &str, longest: usize) -> Result<Option<String>> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::String(text)) if text.trim().is_empty() => Ok(None),
            Some(Value::String(text)) if text.chars().count() > longest => {
                Err(Error::refused(self.path(name), format!("must be at most {longest} characters")))
            }
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(Error::malformed(self.path(name), "must be a text")),
        }
    }

    /// A text that must be there.
    pub(crate) fn required_text(&self, name: &str) -> Result<String> {
        self.text(name)?.ok_or_else(|| Error::missing(self.path(name)))
    }

    /// A text that a constructor of the domain reads.
    pub(crate) fn parsed<T>(&self, name: &str, parse: impl FnOnce(&str) -> Result<T>) -> Result<Option<T>> {
        self.text(name)?.map(|text| parse(&text).map_err(|e| e.in_field(self.path(name)))).transpose()
    }

    /// An integer. A number with a fraction, and a number in a text, are of the wrong type.
    pub(crate) fn integer(&self, name: &str) -> Result<Option<i64>> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::Number(number)) => match number.as_i64() {
                Some(integer) => Ok(Some(integer)),
                None if number.as_u64().is_some() => {
                    Err(Error::refused(self.path(name), "is larger than an amount can be"))
                }
                None => Err(Error::malformed(self.path(name), "must be an integer")),
            },
            Some(_) => Err(Error::malformed(self.path(name), "must be an integer")),
        }
    }

    /// An integer within bounds.
    pub(crate) fn integer_within(&self, name: &str, least: i64, most: i64) -> Result<Option<i64>> {
        match self.integer(name)? {
            Some(number) if !(least..=most).contains(&number) => {
                Err(Error::refused(self.path(name), format!("must lie between {least} and {most}")))
            }
            number => Ok(number),
        }
    }

    /// True or false.
    pub(crate) fn boolean(&self, name: &str) -> Result<Option<bool>> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(_) => Err(Error::malformed(self.path(name), "must be true or false")),
        }
    }

    /// An instant.
    pub(crate) fn instant(&self, name: &str) -> Result<Option<Timestamp>> {
        self.parsed(name, |text| Timestamp::parse_iso8601(text).map(|(instant, _)| instant))
    }

    /// An object that is kept as it is.
    pub(crate) fn opaque(&self, name: &str) -> Result<Option<String>> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::Object(map)) if map.is_empty() => Ok(None),
            Some(object) if is_deeper(object, DEEPEST_OBJECT) => Err(Error::refused(
                self.path(name),
                format!("must not be nested more than {DEEPEST_OBJECT} levels deep"),
            )),
            Some(object @ Value::Object(_)) => Ok(Some(object.to_string())),
            Some(_) => Err(Error::malformed(self.path(name), "must be an object")),
        }
    }

    /// A field of a change that is read like `read`: absent it stays, null takes its value away.
    pub(crate) fn or_null<T>(
        &self,
        name: &str,
        read: impl FnOnce(&Self, &str) -> Result<Option<T>>,
    ) -> Result<Option<Option<T>>> {
        if self.map.contains_key(name) { read(self, name).map(Some) } else { Ok(None) }
    }

    /// Refuses fields of a change that cannot be changed: to pass them over would be a wish that nobody heard.
    pub(crate) fn fixed(&self, names: &[&str], instead: &str) -> Result<()> {
        match names.iter().find(|name| self.map.contains_key(**name)) {
            Some(name) => Err(Error::refused(self.path(name), format!("cannot be changed; {instead}"))),
            None => Ok(()),
        }
    }

    /// A list of texts.
    pub(crate) fn texts(&self, name: &str) -> Result<Option<Vec<String>>> {
        let Some(value) = self.value(name) else { return Ok(None) };
        let Value::Array(values) = value else {
            return Err(Error::malformed(self.path(name), "must be a list of texts"));
        };
        let text = |(position, value): (usize, &Value)| {
            let text = value.as_str().map(str::to_owned);
            text.ok_or_else(|| Error::malformed(format!("{}[{position}]", self.path(name)), "must be a text"))
        };
        values.iter().enumerate().map(text).collect::<Result<_>>().map(Some)
    }

    /// An object whose fields are read.
    pub(crate) fn object(&self, name: &str) -> Result<Option<Fields<'a>>> {
        self.value(name).map(|value| Fields::at(self.path(name), value)).transpose()
    }

    /// A field as it came, for those that have more than one form.
    pub(crate) fn raw(&self, name: &str) -> Option<&'a Value> {
        self.value(name)
    }

    /// A list of objects; absent, an empty one.
    pub(crate) fn list(&self, name: &str) -> Result<Vec<Fields<'a>>> {
        match self.value(name) {
            None => Ok(Vec::new()),
            Some(Value::Array(values)) => (0..)
                .zip(values)
                .map(|(position, value): (usize, _)| Fields::at(format!("{}[{position}]", self.path(name)), value))
                .collect(),
            Some(_) => Err(Error::malformed(self.path(name), "must be a list")),
        }
    }
}

/// Whether a value has more levels of objects and lists than `levels`.
fn is_deeper(value: &Value, levels: usize) -> bool {
    match value {
        Value::Object(_) | Value::Array(_) if levels == 0 => true,
        Value::Object(map) => map.values().any(|inner| is_deeper(inner, levels - 1)),
        Value::Array(values) => values.iter().any(|inner| is_deeper(inner, levels - 1)),
        _ => false,
    }
}
