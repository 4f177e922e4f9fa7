//! Loyalty members: the shop's customers who have a code.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::domain::customers::Customer;
use crate::domain::keys::Scope;
use crate::domain::users::Campaigns;
use crate::domain::{EmailAddress, Error, Result, Site};
use crate::http::body::Body;
use crate::http::rest::door::Door;
use crate::http::rest::input::Fields;
use crate::http::rest::list::{List, OrderParams, PageParams, wanted};
use crate::http::rest::query;
use crate::ops::customers::{self, NewMember};
use crate::ops::loyalty;
use crate::store::ReadTx;

pub(super) const PATH: &str = "/v1/loyalty/members";

/// A member as it is shown.
#[derive(Serialize, ToSchema)]
#[schema(as = LoyaltyMember)]
pub(super) struct View {
    id: String,
    #[schema(value_type = String)]
    object: &'static str,
    code: Option<String>,
    email: Option<String>,
    card_number: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    phone: Option<String>,
    /// Further texts that a till keeps, by name.
    custom: BTreeMap<String, String>,
    created_at: String,
}

impl From<Customer> for View {
    fn from(customer: Customer) -> Self {
        View {
            id: customer.id,
            object: "loyalty_member",
            code: customer.code,
            email: customer.email.map(|email| email.shown().to_owned()),
            card_number: customer.card_number,
            first_name: customer.first_name,
            last_name: customer.last_name,
            phone: customer.phone,
            custom: customer.custom,
            created_at: customer.created_at.rfc3339(),
        }
    }
}

/// A member with what there is in each campaign.
#[derive(Serialize, ToSchema)]
#[schema(as = LoyaltyMemberWithBalances)]
pub(super) struct Full {
    #[serde(flatten)]
    member: View,
    balances: Vec<BalanceView>,
}

/// What a member has in a campaign.
#[derive(Serialize, ToSchema)]
#[schema(as = LoyaltyBalance)]
pub(super) struct BalanceView {
    campaign_id: String,
    /// Points, minor units, visits or pieces.
    balance: i64,
    /// What is announced to expire, the soonest first.
    expiring: Vec<ExpiryView>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = LoyaltyExpiry)]
pub(super) struct ExpiryView {
    at: String,
    amount: i64,
}

fn full(tx: &ReadTx, site: &Site, (no, customer): (i64, Customer)) -> Result<Full> {
    let campaigns = loyalty::visible_campaigns(tx, site, &Campaigns::All)?;
    let mut balances = Vec::new();
    for (campaign, balance) in loyalty::balances(tx, site, &campaigns, no)? {
        if !campaign.active && balance == 0 {
            continue;
        }
        let expiring = loyalty::announced(tx, site, campaign.no, no)?;
        let expiring = expiring.into_iter().map(|(at, amount)| ExpiryView { at: at.rfc3339(), amount }).collect();
        balances.push(BalanceView { campaign_id: campaign.id.clone(), balance, expiring });
    }
    Ok(Full { member: customer.into(), balances })
}

#[utoipa::path(
    get, path = "/v1/loyalty/members", tag = "loyalty", operation_id = "members",
    params(PageParams, OrderParams, ("email" = Option<String>, Query, description = "Exactly this address")),
    responses((status = 200, description = "A page", body = List<View>)),
)]
/// List members
///
/// Scope `loyalty:read`.
pub(super) async fn list(door: Door) -> HttpResponse {
    let params = door.query();
    door.read(Scope::LoyaltyRead, move |tx, site| {
        let address = query::address(&params)?.map(|email| email.matched());
        let listed = loyalty::list_members(tx, site, address.as_deref(), &wanted(&params)?)?;
        Ok(List::of(listed, PATH, |(_, customer)| View::from(customer)))
    })
    .await
}

#[utoipa::path(
    get, path = "/v1/loyalty/members/{id}", tag = "loyalty", operation_id = "member",
    params(("id" = String, Path)),
    responses((status = 200, description = "The member", body = Full)),
)]
/// Read a member with the balances
///
/// Scope `loyalty:read`.
pub(super) async fn get(door: Door, id: web::Path<String>) -> HttpResponse {
    door.read(Scope::LoyaltyRead, move |tx, site| full(tx, site, customers::find(tx, site, &id)?)).await
}

#[utoipa::path(
    post, path = "/v1/loyalty/members", tag = "loyalty", operation_id = "add_member",
    request_body = MemberBody,
    responses((status = 201, description = "The member", body = View)),
)]
/// Add a member
///
/// Scope `loyalty:write`.
pub(super) async fn create(door: Door, body: Body) -> HttpResponse {
    door.write(Scope::LoyaltyWrite, Some(body), new_member, customers::add_member, |(_, customer)| {
        (StatusCode::CREATED, View::from(customer))
    })
    .await
}

fn new_member(body: &Value) -> Result<NewMember> {
    let fields = Fields::of_body(body)?;
    Ok(NewMember {
        code: fields.text("code")?,
        email: fields.parsed("email", EmailAddress::parse)?,
        card_number: fields.text("card_number")?,
        first_name: fields.text("first_name")?,
        last_name: fields.text("last_name")?,
        phone: fields.text("phone")?,
        custom: custom(&fields)?.unwrap_or_default(),
    })
}

/// An object of texts.
fn custom(fields: &Fields) -> Result<Option<BTreeMap<String, String>>> {
    let malformed = || Error::malformed(fields.path("custom"), "must be an object of texts");
    match fields.raw("custom") {
        None => Ok(None),
        Some(Value::Object(map)) => {
            let text = |(name, value): (&String, &Value)| {
                value.as_str().map(|value| (name.clone(), value.to_owned())).ok_or_else(malformed)
            };
            map.iter().map(text).collect::<Result<_>>().map(Some)
        }
        Some(_) => Err(malformed()),
    }
}

#[utoipa::path(
    patch, path = "/v1/loyalty/members/{id}", tag = "loyalty", operation_id = "change_member",
    params(("id" = String, Path)),
    request_body = MemberBody,
    responses((status = 200, description = "The member", body = View)),
)]
/// Change a member
///
/// What is absent stays. Scope `loyalty:write`.
pub(super) async fn change(door: Door, id: web::Path<String>, body: Body) -> HttpResponse {
    door.write(
        Scope::LoyaltyWrite,
        Some(body),
        new_member,
        move |tx, site, said: NewMember| {
            let (no, before) = customers::find(tx, site, &id)?;
            customers::change(tx, site, no, &before, |customer| put(said, customer))
        },
        |customer| (StatusCode::OK, View::from(customer)),
    )
    .await
}

/// What is absent stays; further texts are put over those that are there.
fn put(said: NewMember, customer: &mut Customer) {
    customer.code = said.code.or(customer.code.take());
    customer.email = said.email.or(customer.email.take());
    customer.card_number = said.card_number.or(customer.card_number.take());
    customer.first_name = said.first_name.or(customer.first_name.take());
    customer.last_name = said.last_name.or(customer.last_name.take());
    customer.phone = said.phone.or(customer.phone.take());
    customer.custom.extend(said.custom);
}

/// What is known of a member.
#[derive(ToSchema)]
#[schema(as = NewLoyaltyMember)]
#[allow(dead_code, reason = "describes what `new_member` reads")]
pub(super) struct MemberBody {
    /// The member's number; absent, 16 digits are made.
    #[schema(max_length = 64)]
    code: Option<String>,
    email: Option<String>,
    card_number: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    phone: Option<String>,
    /// Further texts by name.
    custom: Option<BTreeMap<String, String>>,
}
