//! Parts of replies that several calls share. What is not known is an empty element.

use crate::domain::customers::Customer;
use crate::domain::loyalty::{Campaign, Entry};
use crate::domain::time::format_duration;
use crate::domain::{Site, Timestamp, Zone};
use crate::http::tree::{Field, Node, text};
use crate::store::loyalty::Transaction;

pub(super) fn optional(name: &'static str, value: &Option<String>) -> Field {
    text(name, value.as_deref().unwrap_or_default())
}

/// An instant in somebody's zone, `YYYY-MM-DD HH:MM:SS`.
pub(super) fn stamp(zone: &Zone, at: Timestamp) -> String {
    zone.civil(at).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// `Y` or `N`.
pub(super) fn yes_or_no(flag: bool) -> &'static str {
    if flag { "Y" } else { "N" }
}

/// The four fields that say who a member is.
fn who(
    code: &Option<String>,
    card_number: &Option<String>,
    first_name: &Option<String>,
    last_name: &Option<String>,
) -> [Field; 4] {
    [
        optional("code", code),
        optional("card_number", card_number),
        optional("first_name", first_name),
        optional("last_name", last_name),
    ]
}

pub(super) fn who_is(customer: &Customer) -> [Field; 4] {
    who(&customer.code, &customer.card_number, &customer.first_name, &customer.last_name)
}

/// Further texts that have an element of their own; those with a number are listed by name.
pub(super) const CUSTOM: [&str; 8] =
    ["street1", "street2", "city", "state", "postal_code", "country", "custom_date", "custom_field"];

/// Everything that is kept of a customer.
pub(super) fn customer(customer: &Customer, zone: &Zone) -> Vec<Field> {
    let mut fields = Vec::from(who_is(customer));
    fields.push(text("email", customer.email.as_ref().map(|email| email.shown()).unwrap_or_default()));
    fields.push(optional("phone", &customer.phone));
    fields.extend(CUSTOM.iter().filter_map(|name| Some(text(name, customer.custom.get(*name)?))));
    let numbered: Vec<Node> = customer
        .custom
        .iter()
        .filter(|(name, _)| !CUSTOM.contains(&name.as_str()))
        .map(|(name, value)| Node::Fields(vec![text("name", name), text("value", value)]))
        .collect();
    if !numbered.is_empty() {
        fields.push(Field::One("custom_fields", Node::List("custom_field", numbered)));
    }
    fields.push(text("created_stamp", stamp(zone, customer.created_at)));
    fields
}

/// The three fields that say which campaign it is.
pub(super) fn which(campaign: &Campaign) -> [Field; 3] {
    [text("campaign_id", &campaign.id), text("campaign_name", &campaign.name), text("campaign_type", campaign.kind)]
}

/// An amount as its campaign shows it.
pub(super) fn shown(campaign: &Campaign, amount: i64, site: &Site) -> String {
    campaign.kind.shown(amount, site.currency.decimals())
}

/// A campaign with its balance.
pub(super) fn with_balance(campaign: &Campaign, balance: i64, site: &Site) -> Node {
    let mut fields = Vec::from(which(campaign));
    fields.push(text("balance", shown(campaign, balance, site)));
    Node::Fields(fields)
}

/// Everything that is kept of a campaign.
pub(super) fn campaign(campaign: &Campaign, site: &Site, zone: &Zone) -> Node {
    let money = |amount: Option<i64>| amount.map(|minor| site.currency.major(minor));
    Node::Fields(vec![
        text("id", &campaign.id),
        text("name", &campaign.name),
        text("type", campaign.kind),
        text("active", yes_or_no(campaign.active)),
        optional("points_ratio", &campaign.points_ratio),
        optional("reward_ratio", &campaign.reward_ratio),
        optional("earned_per_event", &money(campaign.earned_per_event)),
        optional("product", &campaign.product),
        optional("buy_quantity", &campaign.buy_quantity.map(|pieces| pieces.to_string())),
        optional("expires_after", &campaign.expires_after_secs.map(format_duration)),
        text("earns_from_purchases", yes_or_no(campaign.earns_from_purchases)),
        text("created_stamp", stamp(zone, campaign.created_at)),
    ])
}

/// What every list says of an entry after whose it is.
fn booked(entry: &Entry, campaign: &Campaign, site: &Site, zone: &Zone) -> [Field; 6] {
    [
        text("date", zone.day_of(entry.at)),
        text("amount", shown(campaign, entry.amount, site)),
        text("redeemed", yes_or_no(entry.redeemed)),
        optional("item", &entry.item),
        optional("description", &entry.description),
        optional("user", &entry.user),
    ]
}

/// A transaction with its campaign and its member.
pub(super) fn transaction(row: &Transaction, campaign: &Campaign, site: &Site, zone: &Zone) -> Vec<Field> {
    let mut fields = vec![text("transaction_id", &row.entry.id)];
    fields.extend(which(campaign));
    fields.extend(who(&row.code, &row.card_number, &row.first_name, &row.last_name));
    fields.extend(booked(&row.entry, campaign, site, zone));
    fields
}

/// A line of a member's history: also what expired, and what a refund took back.
pub(super) fn history(entry: &Entry, campaign: &Campaign, site: &Site, zone: &Zone) -> Node {
    let mut fields = vec![text("transaction_id", &entry.id)];
    fields.extend(booked(entry, campaign, site, zone));
    fields.push(text("cause", entry.cause));
    fields.push(text("time_stamp", stamp(zone, entry.at)));
    Node::Fields(fields)
}
