//! Customers: recording them, looking them up, and what they have in a campaign.

use super::auth::{Caller, Refusal};
use super::call::{Answer, Fault};
use super::input;
use super::output::is_on;
use super::views::{self, CUSTOM};
use crate::domain::customers::{Custom, Customer};
use crate::http::params::Params;
use crate::http::tree::{Field, Node, text};
use crate::ops::customers::{self, NewMember};
use crate::ops::loyalty;
use crate::store::customers::Known;
use crate::store::{ReadTx, WriteTx};

/// Customers of one reply at most.
const MOST: usize = 1_000;

/// `type=record_customer`.
pub(super) fn record(tx: &WriteTx, caller: &Caller, params: &Params) -> Answer {
    match params.get("customer_action").map(str::trim) {
        Some("new" | "register") => add(tx, caller, params),
        Some("edit" | "update") => edit(tx, caller, params),
        _ => Err(Refusal::ActionUndefined.into()),
    }
}

fn add(tx: &WriteTx, caller: &Caller, params: &Params) -> Answer {
    let reference = input::reference(params)?;
    if let Some(made) = caller.made_before(tx, "record_customer", reference.as_deref())? {
        let (_, customer) = customers::find(tx, &caller.site, &made)?;
        return Ok(answer(caller, &customer));
    }
    let said = Said::read(params)?;
    if let Some(card_number) = &said.card_number {
        card_is_free(tx, caller, card_number, None)?;
    }
    let new = NewMember {
        code: input::text(params, &["code"])?,
        email: said.email,
        card_number: said.card_number,
        first_name: said.first_name,
        last_name: said.last_name,
        phone: said.phone,
        custom: said.custom,
    };
    let (_, customer) = customers::add_member(tx, &caller.site, new)?;
    caller.remember(tx, "record_customer", reference.as_deref(), &customer.id)?;
    Ok(answer(caller, &customer))
}

/// Changes what is said and keeps the rest.
fn edit(tx: &WriteTx, caller: &Caller, params: &Params) -> Answer {
    let said = Said::read(params)?;
    let (no, before) = input::customer_to_edit(tx, caller, params)?;
    if let Some(card_number) = &said.card_number {
        card_is_free(tx, caller, card_number, Some(no))?;
    }
    let customer = customers::change(tx, &caller.site, no, &before, |customer| said.put_into(customer))?;
    Ok(answer(caller, &customer))
}

/// A card that two had would find neither of them.
fn card_is_free(tx: &ReadTx, caller: &Caller, card_number: &str, own: Option<i64>) -> std::result::Result<(), Fault> {
    let by = Known { card_number: Some(card_number.to_owned()), ..Known::default() };
    match customers::known(tx, &caller.site, &by)?.iter().any(|(no, _)| Some(*no) != own) {
        true => Err(Refusal::Other("The card number is another customer's.".into()).into()),
        false => Ok(()),
    }
}

/// What a call says of a customer.
struct Said {
    email: Option<crate::domain::EmailAddress>,
    card_number: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    phone: Option<String>,
    custom: Custom,
}

impl Said {
    fn read(params: &Params) -> std::result::Result<Self, Refusal> {
        let email = input::email(params);
        if params.get("email").is_some() && email.is_none() {
            return Err(Refusal::Other("The email address is not valid.".into()));
        }
        let text = |name: &'static str| input::text(params, &[name]);
        let custom = params.all().into_iter().filter(|(name, _)| is_custom(name));
        Ok(Said {
            email,
            card_number: text("card_number")?,
            first_name: text("first_name")?,
            last_name: text("last_name")?,
            phone: text("phone")?,
            custom: custom.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        })
    }

    fn put_into(self, customer: &mut Customer) {
        customer.email = self.email.or(customer.email.take());
        customer.card_number = self.card_number.or(customer.card_number.take());
        customer.first_name = self.first_name.or(customer.first_name.take());
        customer.last_name = self.last_name.or(customer.last_name.take());
        customer.phone = self.phone.or(customer.phone.take());
        customer.custom.extend(self.custom);
    }
}

/// Whether a parameter is a further text: one of the vendor's names, or `custom_field_` with what the shop numbers it by.
fn is_custom(name: &str) -> bool {
    let numbered = |number: &str| {
        (1..=32).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    };
    CUSTOM.contains(&name) || name.strip_prefix("custom_field_").is_some_and(numbered)
}

fn answer(caller: &Caller, customer: &Customer) -> Vec<Field> {
    vec![Field::One("customer", Node::Fields(views::customer(customer, caller.zone())))]
}

/// `type=customer_info`: the customer, and the balances in campaigns that the user may see.
pub(super) fn info(tx: &ReadTx, caller: &Caller, params: &Params) -> Answer {
    let (no, customer) = input::customer(tx, caller, params)?;
    let mut fields = views::customer(&customer, caller.zone());
    fields.push(balances(tx, caller, no)?);
    Ok(vec![Field::One("customer", Node::Fields(fields))])
}

/// Balances in active campaigns, and in ended ones where something is left.
fn balances(tx: &ReadTx, caller: &Caller, customer: i64) -> crate::domain::Result<Field> {
    let balances = loyalty::balances(tx, &caller.site, &caller.campaigns, customer)?;
    let entries = balances
        .into_iter()
        .filter(|(campaign, balance)| campaign.active || *balance != 0)
        .map(|(campaign, balance)| views::with_balance(campaign, balance, &caller.site))
        .collect();
    Ok(Field::One("campaigns", Node::List("campaign", entries)))
}

/// `type=customer_search`: who has these texts in these fields; part of each will do, in any letter case, unless it is to be
/// exact.
pub(super) fn search(tx: &ReadTx, caller: &Caller, params: &Params) -> Answer {
    let exact = params.get("exact_match").map(|word| word.trim().to_ascii_lowercase());
    let wanted: Vec<(&str, &str)> = params.all().into_iter().filter(|(name, _)| is_searched(name)).collect();
    let fits = |kept: &str, wanted: &str| match exact.as_deref() {
        Some("sensitive") => kept == wanted,
        Some(_) => kept.to_lowercase() == wanted.to_lowercase(),
        None => kept.to_lowercase().contains(&wanted.to_lowercase()),
    };
    let found = customers::search(tx, &caller.site, MOST, |customer| {
        wanted.iter().all(|(name, text)| kept(customer, name).is_some_and(|kept| fits(kept, text.trim())))
    })?;
    if found.is_empty() {
        return Err(Refusal::NoCustomer.into());
    }
    let with_balances = is_on(params, "include_balances");
    let mut entries = Vec::with_capacity(found.len());
    for (no, customer) in &found {
        let mut fields = views::customer(customer, caller.zone());
        if with_balances {
            fields.push(balances(tx, caller, *no)?);
        }
        entries.push(Node::Fields(fields));
    }
    Ok(vec![Field::One("customers", Node::List("customer", entries))])
}

fn is_searched(name: &str) -> bool {
    ["code", "card_number", "first_name", "last_name", "email", "phone"].contains(&name) || is_custom(name)
}

fn kept<'a>(customer: &'a Customer, name: &str) -> Option<&'a str> {
    match name {
        "code" => customer.code.as_deref(),
        "card_number" => customer.card_number.as_deref(),
        "first_name" => customer.first_name.as_deref(),
        "last_name" => customer.last_name.as_deref(),
        "email" => customer.email.as_ref().map(|email| email.shown()),
        "phone" => customer.phone.as_deref(),
        custom => customer.custom.get(custom).map(String::as_str),
    }
}

/// `type=customer_balance`: a balance, its history, and what of it is announced to expire.
pub(super) fn balance(tx: &ReadTx, caller: &Caller, params: &Params) -> Answer {
    let rows = input::count(params, "transactions_number", i64::MAX)?.unwrap_or(i64::MAX);
    let campaign = caller.campaign(params)?;
    let (no, customer) = input::customer(tx, caller, params)?;
    let (site, zone) = (&caller.site, caller.zone());
    let mut fields = views::customer(&customer, zone);
    let balance = loyalty::balance(tx, site, campaign, no)?;
    fields.push(text("balance", views::shown(campaign, balance, site)));
    let expiring: Vec<Node> = loyalty::announced(tx, site, campaign.no, no)?
        .into_iter()
        .map(|(at, amount)| {
            let amount = text("amount", views::shown(campaign, amount, site));
            Node::Fields(vec![text("time_stamp", views::stamp(zone, at)), amount])
        })
        .collect();
    if !expiring.is_empty() {
        fields.push(Field::One("expiring", Node::List("expiry", expiring)));
    }
    let history = loyalty::history(tx, site, campaign, no, rows)?;
    let history = history.iter().map(|entry| views::history(entry, campaign, site, zone)).collect();
    fields.push(Field::One("transactions", Node::List("transaction", history)));
    let whole = vec![
        text("campaign_id", &campaign.id),
        text("campaign_type", campaign.kind),
        text("campaign_name", &campaign.name),
        Field::One("customer", Node::Fields(fields)),
    ];
    Ok(vec![Field::One("campaign", Node::Fields(whole))])
}
