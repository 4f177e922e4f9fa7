//! Parameters of a query, a form, or a multipart form, read alike: a blank one is absent, of one given twice the
//! last wins, names are case-sensitive. Bytes that are no UTF-8 become U+FFFD, which no id and no address contains.

use std::collections::BTreeMap;

use actix_multipart::Multipart;
use actix_web::HttpRequest;
use actix_web::http::header::{CONTENT_TYPE, HeaderMap};
use actix_web::web::Bytes;
use futures_util::{StreamExt, stream};
use percent_encoding::percent_decode;

use super::body::{Body, BodyError};

/// Parameters of one call, in the order in which they came.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Params(Vec<Param>);

#[derive(Clone, Debug, PartialEq)]
struct Param {
    name: String,
    value: String,
    /// The value with every `+` left as it came, where that makes a difference.
    with_plus: Option<String>,
}

impl Params {
    /// Those of the query.
    pub fn of_query(request: &HttpRequest) -> Self {
        Params::parse(request.query_string().as_bytes())
    }

    /// Those of the query and, going before them, of the body when it is a form. A body of another kind is ignored; one
    /// that does not say its kind is a form's, for some of the vendors' clients leave that out.
    pub async fn of_call(request: &HttpRequest, body: Body) -> Result<Self, BodyError> {
        let mut params = Params::of_query(request);
        params.0.extend(Params::of_form(request, body).await?.0);
        Ok(params)
    }

    /// Those of the body when it is a form, and of nothing else: a query is no form.
    pub async fn of_form(request: &HttpRequest, body: Body) -> Result<Self, BodyError> {
        let bytes = body.read().await?;
        let kind = content_type(request.headers());
        if kind.starts_with("multipart/form-data") {
            multipart(request.headers(), bytes).await
        } else if kind.is_empty() || kind.starts_with("application/x-www-form-urlencoded") {
            Ok(Params::parse(&bytes))
        } else {
            Ok(Params::default())
        }
    }

    /// Reads `a=1&b=2` with `+` and percent signs decoded.
    pub fn parse(text: &[u8]) -> Self {
        let raw = |part: &[u8]| String::from_utf8_lossy(&percent_decode(part).collect::<Vec<u8>>()).into_owned();
        let decode = |part: &[u8]| {
            let spaced: Vec<u8> = part.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
            raw(&spaced)
        };
        let pairs = text.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()).map(|pair| {
            let at = pair.iter().position(|byte| *byte == b'=');
            let (name, value) = at.map_or((pair, &[][..]), |at| (&pair[..at], &pair[at + 1..]));
            let with_plus = value.contains(&b'+').then(|| raw(trim_plus(value)));
            Param { name: decode(name), value: decode(value), with_plus }
        });
        Params(pairs.collect())
    }

    /// The value of a name: the last one given, unless it is blank.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.find(|candidate| candidate == name)
    }

    /// The same for a name in any letter case.
    pub fn get_any_case(&self, name: &str) -> Option<&str> {
        self.find(|candidate| candidate.eq_ignore_ascii_case(name))
    }

    /// The value of the first of several names that has one.
    pub fn first_of(&self, names: &[&'static str]) -> Option<(&'static str, &str)> {
        names.iter().find_map(|name| self.get(name).map(|value| (*name, value)))
    }

    /// Every name with its value, by name; of one given twice the last, and one that is blank not at all.
    pub fn all(&self) -> BTreeMap<&str, &str> {
        let mut all: BTreeMap<&str, &str> =
            self.0.iter().map(|param| (param.name.as_str(), param.value.as_str())).collect();
        all.retain(|_, value| !value.trim().is_empty());
        all
    }

    /// The value of a name as it was typed, blank or not; blank when it was not given.
    pub fn typed(&self, name: &str) -> &str {
        self.0.iter().rev().find(|param| param.name == name).map_or("", |param| param.value.as_str())
    }

    /// Every value of a name, in the order in which they came: what boxes were ticked.
    pub fn every(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |param| param.name == name).map(|param| param.value.as_str())
    }

    /// Whether the name was given at all, blank or not.
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|param| param.name == name)
    }

    /// Every name with its value, in the order in which they came, blank or not.
    pub fn pairs(&self) -> impl DoubleEndedIterator<Item = (&str, &str)> {
        self.0.iter().map(|param| (param.name.as_str(), param.value.as_str()))
    }

    /// The value of a name with `+` taken for itself: clients that do not encode an address send it so.
    pub fn get_with_plus(&self, name: &str) -> Option<&str> {
        let param = self.last(|candidate| candidate == name)?;
        Some(param.with_plus.as_deref().unwrap_or(&param.value))
    }

    fn find(&self, matches: impl Fn(&str) -> bool) -> Option<&str> {
        self.last(matches).map(|param| param.value.as_str())
    }

    /// The last parameter whose name matches, unless it is blank.
    fn last(&self, matches: impl Fn(&str) -> bool) -> Option<&Param> {
        self.0.iter().rev().find(|param| matches(&param.name)).filter(|param| !param.value.trim().is_empty())
    }
}

/// A `+` at either end is a blank of a form, and no part of an address that a client forgot to encode.
fn trim_plus(mut value: &[u8]) -> &[u8] {
    while let [b'+', rest @ ..] | [rest @ .., b'+'] = value {
        value = rest;
    }
    value
}

/// The content type in lower case, blank when there is none.
pub fn content_type(headers: &HeaderMap) -> String {
    headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("").trim().to_ascii_lowercase()
}

async fn multipart(headers: &HeaderMap, bytes: Bytes) -> Result<Params, BodyError> {
    if bytes.is_empty() {
        return Ok(Params::default());
    }
    let mut form = Multipart::new(headers, stream::once(async move { Ok(bytes) }));
    let mut params = Vec::new();
    while let Some(field) = form.next().await {
        let mut field = field.map_err(|_| BodyError::Broken)?;
        let name = field.name().unwrap_or_default().to_owned();
        let mut value = Vec::new();
        while let Some(chunk) = field.next().await {
            value.extend_from_slice(&chunk.map_err(|_| BodyError::Broken)?);
        }
        params.push(Param { name, value: String::from_utf8_lossy(&value).into_owned(), with_plus: None });
    }
    Ok(Params(params))
}
