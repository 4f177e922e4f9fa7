//! The loyalty ledger. Nothing of it is ever changed or deleted: an undo is an entry that names what it reverses.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::domain::keys::Scope;
use crate::domain::{Error, Result, Site, Timestamp};
use crate::http::body::Body;
use crate::http::params::Params;
use crate::http::rest::door::Door;
use crate::http::rest::input::Fields;
use crate::http::rest::list::{List, OrderParams, PageParams, wanted};
use crate::ops::customers;
use crate::ops::loyalty::{self, NewEntry};
use crate::store::loyalty::NamedEntry;
use crate::store::{ReadTx, WriteTx};

pub(super) const PATH: &str = "/v1/loyalty/entries";

/// An entry as it is shown.
#[derive(Serialize, ToSchema)]
#[schema(as = LoyaltyEntry)]
pub(super) struct View {
    id: String,
    #[schema(value_type = String)]
    object: &'static str,
    campaign_id: String,
    member_id: String,
    /// `earn`, `redeem`, `reverse`, `expire` or `refund`.
    #[schema(value_type = String)]
    cause: &'static str,
    /// Never negative: points, minor units, visits or pieces.
    amount: i64,
    /// Whether it was taken out.
    redeemed: bool,
    /// When what was earned expires.
    expires_at: Option<String>,
    item: Option<String>,
    description: Option<String>,
    /// Who recorded it at a till.
    user: Option<String>,
    /// The entry that this one undoes.
    reverses: Option<String>,
    purchase_id: Option<String>,
    refund_id: Option<String>,
    /// What a refund should have taken back and found spent.
    shortfall: i64,
    created_at: String,
}

impl From<NamedEntry> for View {
    fn from(named: NamedEntry) -> Self {
        let entry = named.entry;
        View {
            id: entry.id,
            object: "loyalty_entry",
            campaign_id: named.campaign_id,
            member_id: named.customer_id,
            cause: entry.cause.as_str(),
            amount: entry.amount,
            redeemed: entry.redeemed,
            expires_at: entry.expires_at.map(Timestamp::rfc3339),
            item: entry.item,
            description: entry.description,
            user: entry.user,
            reverses: named.reverses_id,
            purchase_id: named.purchase_id,
            refund_id: named.refund_id,
            shortfall: entry.shortfall,
            created_at: entry.at.rfc3339(),
        }
    }
}

/// An entry that was made just now.
#[derive(Serialize, ToSchema)]
#[schema(as = LoyaltyEntryMade)]
pub(super) struct Made {
    #[serde(flatten)]
    entry: View,
    /// What the member has in the campaign after it.
    balance: i64,
}

#[utoipa::path(
    get, path = "/v1/loyalty/entries", tag = "loyalty", operation_id = "entries",
    params(PageParams, OrderParams, ("campaign_id" = Option<String>, Query, description = "Of this campaign"), ("member_id" = Option<String>, Query, description = "Of this member")),
    responses((status = 200, description = "A page", body = List<View>),
        (status = 404, description = "There is no such campaign or member", body = Object)),
)]
/// List the entries of the ledger
///
/// Scope `loyalty:read`.
pub(super) async fn list(door: Door) -> HttpResponse {
    let params = door.query();
    door.read(Scope::LoyaltyRead, move |tx, site| answer(tx, site, &params)).await
}

fn answer(tx: &ReadTx, site: &Site, params: &Params) -> Result<List<View>> {
    let campaign = match params.get("campaign_id") {
        Some(id) => Some(loyalty::campaign(tx, site, id)?.no),
        None => None,
    };
    let member = match params.get("member_id") {
        Some(id) => Some(customers::find(tx, site, id)?.0),
        None => None,
    };
    let listed = loyalty::list_entries(tx, site, (campaign, member), &wanted(params)?)?;
    Ok(List::of(listed, PATH, View::from))
}

#[utoipa::path(
    get, path = "/v1/loyalty/entries/{id}", tag = "loyalty", operation_id = "entry",
    params(("id" = String, Path)),
    responses((status = 200, description = "The entry", body = View)),
)]
/// Read an entry
///
/// Scope `loyalty:read`.
pub(super) async fn get(door: Door, id: web::Path<String>) -> HttpResponse {
    door.read(Scope::LoyaltyRead, move |tx, site| Ok(View::from(loyalty::named_entry(tx, site, &id)?))).await
}

#[utoipa::path(
    post, path = "/v1/loyalty/entries", tag = "loyalty", operation_id = "add_entry",
    request_body = EntryBody,
    responses((status = 201, description = "The entry, and what the member has after it", body = Made),
        (status = 404, description = "There is no such campaign, member or entry", body = Object)),
)]
/// Earn, redeem, or undo
///
/// Nothing is ever taken below zero, and an entry is undone once. Scope `loyalty:write`.
pub(super) async fn create(door: Door, body: Body) -> HttpResponse {
    door.write(Scope::LoyaltyWrite, Some(body), Act::read, make, |made| (StatusCode::CREATED, made)).await
}

/// What is to be done.
enum Act {
    /// Put in, or take out.
    Book {
        redeem: bool,
        campaign_id: String,
        member_id: String,
        amount: i64,
        item: Option<String>,
        description: Option<String>,
    },
    /// Undo an entry.
    Reverse(String),
}

impl Act {
    fn read(body: &Value) -> Result<Self> {
        let fields = Fields::of_body(body)?;
        let redeem = match fields.required_text("cause")?.as_str() {
            "earn" => false,
            "redeem" => true,
            "reverse" => return Ok(Act::Reverse(fields.required_text("reverses")?)),
            _ => return Err(Error::refused("cause", "must be one of earn, redeem, reverse")),
        };
        Ok(Act::Book {
            redeem,
            campaign_id: fields.required_text("campaign_id")?,
            member_id: fields.required_text("member_id")?,
            amount: fields.integer("amount")?.ok_or_else(|| Error::missing("amount"))?,
            item: fields.text("item")?,
            description: fields.text("description")?,
        })
    }
}

fn make(tx: &WriteTx, site: &Site, act: Act) -> Result<Made> {
    let made = match act {
        Act::Reverse(id) => loyalty::reverse(tx, site, &id, None)?,
        Act::Book { redeem, campaign_id, member_id, amount, item, description } => {
            let (customer, _) = customers::find(tx, site, &member_id)?;
            let entry = NewEntry { campaign_id, customer, amount, item, description, user: None };
            if redeem { loyalty::redeem(tx, site, entry)? } else { loyalty::earn(tx, site, entry)? }
        }
    };
    let named = loyalty::named_entry(tx, site, &made.id)?;
    let campaign = loyalty::campaign(tx, site, &named.campaign_id)?;
    Ok(Made { entry: named.into(), balance: loyalty::balance(tx, site, &campaign, made.customer)? })
}

/// What is to be done.
#[derive(ToSchema)]
#[schema(as = NewLoyaltyEntry)]
#[allow(dead_code, reason = "describes what `Act` reads")]
pub(super) struct EntryBody {
    /// `earn`, `redeem`, or `reverse`, which undoes an entry.
    #[schema(pattern = "^(earn|redeem|reverse)$")]
    cause: String,
    /// For `earn` and `redeem`.
    campaign_id: Option<String>,
    /// For `earn` and `redeem`.
    member_id: Option<String>,
    /// Points, minor units, visits or pieces; for `earn` and `redeem`.
    amount: Option<i64>,
    item: Option<String>,
    description: Option<String>,
    /// The entry to undo; for `reverse`.
    reverses: Option<String>,
}
