//! The body of a capture: JSON in which every value may be a number, a text, or nonsense, for pages are written by
//! many hands. What can be used is cleaned and bounded; what cannot is left out.

use std::borrow::Cow;

use super::loose::{Loose, Object};
use crate::domain::capture::{self, Command, Price, Signs, Visitor};
use crate::domain::origins::{Origin, own_link};
use crate::domain::{Currency, Error, Result, markup};
use crate::ops::capture::{Line, MAX_DATA, Told};

/// The most characters of a name, of a value for letters, of a product's id, and of a consent's wording.
const LONGEST_NAME: usize = 250;
const LONGEST_VALUE: usize = 500;
const LONGEST_ID: usize = 100;
const LONGEST_WORDING: usize = 1_000;

/// Names under which `setDataItem` gives the address that restores a cart.
const RESTORE: &[&str] = &["returnurl", "restoreurl", "restore_url"];

/// A body that was read and not cleaned yet.
#[derive(Debug)]
pub(super) struct Spoken<'a> {
    /// The public id of the site.
    pub(super) site: String,
    /// Whose page.
    pub(super) visitor: Visitor,
    /// Whether the script ever saw a person's hand.
    pub(super) human: bool,
    command: Command,
    object: Object<'a>,
}

impl<'a> Spoken<'a> {
    /// Reads a body: an object with at least `site`, `visitor` and `command`.
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self> {
        let object: Object =
            serde_json::from_slice(bytes).map_err(|_| Error::malformed("body", "must be a JSON object"))?;
        let text = |name: &str| object.get(name).and_then(Loose::as_text).ok_or_else(|| Error::missing(name));
        Ok(Spoken {
            site: text("site")?.to_owned(),
            visitor: Visitor::parse(text("visitor")?)?,
            human: object.get("human").and_then(Loose::as_truth) == Some(true),
            command: text("command")?.parse()?,
            object,
        })
    }
}

/// What is left of a body once everything that a browser could lie with is out of it.
/// `own` are the origins of the shop's pages, `page` the one that speaks.
pub(super) fn clean(spoken: Spoken, own: &[Origin], page: &Origin, signs: Signs) -> Result<Told> {
    let object = &spoken.object;
    let links = Links { page, own };
    let data = pairs(object, "data");
    let restore = data.iter().find(|(name, _)| RESTORE.contains(&name.to_lowercase().as_str()));
    let restore = text(object, &["restore_url"]).or(restore.map(|(_, value)| value.clone()));
    let items = object.get("items").and_then(Loose::as_list);
    let lines = items.map(|items| items.iter().filter_map(|item| line(item.as_object()?, &links)).collect());
    let consent = object.get("consent").and_then(Loose::as_object).and_then(|consent| {
        let wording = text(consent, &["wording"]).and_then(|wording| markup::plain(&wording, LONGEST_WORDING));
        Some((consent.get("given")?.as_truth()?, wording))
    });
    Ok(Told {
        email: object.get("email").and_then(Loose::as_text).and_then(capture::address),
        consent,
        currency: text(object, &["currency"]).and_then(|code| Currency::parse(code.trim()).ok()),
        total: price(object, &["total"]),
        lines,
        restore_url: restore.and_then(|link| links.own(&link)),
        data: values(pairs(object, "attributes").into_iter().chain(data), &links),
        signs,
        visitor: spoken.visitor,
        command: spoken.command,
    })
}

/// The links that may stand in a cart.
struct Links<'a> {
    page: &'a Origin,
    own: &'a [Origin],
}

impl Links<'_> {
    fn own(&self, raw: &str) -> Option<String> {
        own_link(raw, self.page, self.own)
    }
}

/// A line, by our names or the vendor's. Without a product there is none, and without a quantity it is one.
fn line(item: &Object, links: &Links) -> Option<Line> {
    let plain = |names: &[&str], most| text(item, names).and_then(|value| markup::plain(&value, most));
    let name = plain(&["name", "productName"], LONGEST_NAME);
    let quantity = match text(item, &["quantity"]) {
        Some(text) => capture::quantity(text.trim().parse::<f64>().ok()? as i64)?,
        None => 1,
    };
    Some(Line {
        product_id: plain(&["id", "productID", "productId"], LONGEST_ID).or_else(|| name.clone())?,
        variant_id: plain(&["variant", "variantID"], LONGEST_ID),
        sku: plain(&["sku", "productSKU"], LONGEST_ID),
        quantity,
        price: price(item, &["price", "productPrice"]),
        image_url: text(item, &["image", "productImageURL"]).and_then(|link| links.own(&link)),
        url: text(item, &["url", "productURL"]).and_then(|link| links.own(&link)),
        name,
    })
}

/// The first of some names that has a value, as text. A number is what it is written as.
fn text<'a>(object: &'a Object, names: &[&str]) -> Option<Cow<'a, str>> {
    let value = names.iter().find_map(|name| object.get(name).filter(|value| !matches!(value, Loose::Null)))?;
    value.spelled()
}

fn price(object: &Object, names: &[&str]) -> Option<Price> {
    text(object, names).map(|text| Price(text.into_owned()))
}

/// The texts and numbers of an object inside.
fn pairs<'a>(object: &'a Object, name: &str) -> Vec<(&'a str, Cow<'a, str>)> {
    let inner = object.get(name).and_then(Loose::as_object);
    let members = inner.into_iter().flat_map(Object::members);
    members.filter_map(|(name, value)| Some((name, value.spelled()?))).collect()
}

/// Values for letters: plain text, or a link that leads to the shop. The cart's restore address has a place of its own.
fn values<'a>(pairs: impl Iterator<Item = (&'a str, Cow<'a, str>)>, links: &Links) -> Vec<(String, String)> {
    let named = pairs.filter(|(name, _)| {
        let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b));
        plain && (1..=64).contains(&name.len()) && !RESTORE.contains(&name.to_lowercase().as_str())
    });
    let cleaned = named.filter_map(|(name, value)| {
        let link = value.contains("://").then(|| links.own(&value)).flatten();
        Some((name.to_owned(), link.or_else(|| markup::plain(&value, LONGEST_VALUE))?))
    });
    cleaned.take(MAX_DATA).collect()
}
