//! Loyalty campaigns.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::domain::keys::Scope;
use crate::domain::loyalty::Campaign;
use crate::domain::{Error, Result};
use crate::http::body::Body;
use crate::http::rest::door::Door;
use crate::http::rest::input::Fields;
use crate::http::rest::list::{List, OrderParams, PageParams, wanted};
use crate::http::rest::query;
use crate::ops::loyalty::{self, NewCampaign};

pub(super) const PATH: &str = "/v1/loyalty/campaigns";

/// A campaign as it is shown.
#[derive(Serialize, ToSchema)]
#[schema(as = LoyaltyCampaign)]
pub(super) struct View {
    id: String,
    #[schema(value_type = String)]
    object: &'static str,
    name: String,
    /// `points`, `giftcard`, `events`, `earned` or `buyx`.
    #[schema(value_type = String)]
    kind: &'static str,
    active: bool,
    /// Points per major unit spent, a decimal text.
    points_ratio: Option<String>,
    /// Points per major unit of reward, a decimal text.
    reward_ratio: Option<String>,
    /// Minor units of the shop's currency.
    earned_per_event: Option<i64>,
    /// The product that is collected, by `product_id` or SKU.
    product: Option<String>,
    /// How many pieces of it buy a free one.
    buy_quantity: Option<i64>,
    /// Seconds after which what is earned expires.
    expires_after_secs: Option<i64>,
    earns_from_purchases: bool,
    created_at: String,
}

impl From<Campaign> for View {
    fn from(campaign: Campaign) -> Self {
        View {
            id: campaign.id,
            object: "loyalty_campaign",
            name: campaign.name,
            kind: campaign.kind.as_str(),
            active: campaign.active,
            points_ratio: campaign.points_ratio,
            reward_ratio: campaign.reward_ratio,
            earned_per_event: campaign.earned_per_event,
            product: campaign.product,
            buy_quantity: campaign.buy_quantity,
            expires_after_secs: campaign.expires_after_secs,
            earns_from_purchases: campaign.earns_from_purchases,
            created_at: campaign.created_at.rfc3339(),
        }
    }
}

#[utoipa::path(
    get, path = "/v1/loyalty/campaigns", tag = "loyalty", operation_id = "campaigns",
    params(PageParams, OrderParams, ("active" = Option<bool>, Query, description = "Active, or not")),
    responses((status = 200, description = "A page", body = List<View>)),
)]
/// List campaigns
///
/// Scope `loyalty:read`.
pub(super) async fn list(door: Door) -> HttpResponse {
    let params = door.query();
    door.read(Scope::LoyaltyRead, move |tx, site| {
        let active = query::flag(&params, "active")?;
        Ok(List::of(loyalty::list_campaigns(tx, site, active, &wanted(&params)?)?, PATH, View::from))
    })
    .await
}

#[utoipa::path(
    get, path = "/v1/loyalty/campaigns/{id}", tag = "loyalty", operation_id = "campaign",
    params(("id" = String, Path)),
    responses((status = 200, description = "The campaign", body = View)),
)]
/// Read a campaign
///
/// Scope `loyalty:read`.
pub(super) async fn get(door: Door, id: web::Path<String>) -> HttpResponse {
    door.read(Scope::LoyaltyRead, move |tx, site| Ok(View::from(loyalty::campaign(tx, site, &id)?))).await
}

#[utoipa::path(
    post, path = "/v1/loyalty/campaigns", tag = "loyalty", operation_id = "add_campaign",
    request_body = CampaignBody,
    responses((status = 201, description = "The campaign", body = View)),
)]
/// Add a campaign
///
/// Scope `loyalty:write`.
pub(super) async fn create(door: Door, body: Body) -> HttpResponse {
    door.write(Scope::LoyaltyWrite, Some(body), new_campaign, loyalty::add_campaign, |campaign| {
        (StatusCode::CREATED, View::from(campaign))
    })
    .await
}

fn new_campaign(body: &Value) -> Result<NewCampaign> {
    let fields = Fields::of_body(body)?;
    let kind = fields.parsed("kind", str::parse)?.ok_or_else(|| Error::missing("kind"))?;
    Ok(NewCampaign {
        points_ratio: fields.text("points_ratio")?,
        reward_ratio: fields.text("reward_ratio")?,
        earned_per_event: fields.integer("earned_per_event")?,
        product: fields.text("product")?,
        buy_quantity: fields.integer("buy_quantity")?,
        expires_after_secs: fields.integer("expires_after_secs")?,
        earns_from_purchases: fields.boolean("earns_from_purchases")?.unwrap_or(false),
        ..NewCampaign::named(fields.required_text("name")?, kind)
    })
}

#[utoipa::path(
    patch, path = "/v1/loyalty/campaigns/{id}", tag = "loyalty", operation_id = "change_campaign",
    params(("id" = String, Path)),
    request_body = CampaignChangeBody,
    responses((status = 200, description = "The campaign", body = View)),
)]
/// Change a campaign
///
/// What is absent stays, null takes a value away. Scope `loyalty:write`.
pub(super) async fn change(door: Door, id: web::Path<String>, body: Body) -> HttpResponse {
    door.write(
        Scope::LoyaltyWrite,
        Some(body),
        Change::read,
        move |tx, site, change: Change| loyalty::change_campaign(tx, site, &id, |campaign| change.put_into(campaign)),
        |campaign| (StatusCode::OK, View::from(campaign)),
    )
    .await
}

/// What is to change: absent stays, null takes a value away.
struct Change {
    name: Option<String>,
    active: Option<bool>,
    points_ratio: Option<Option<String>>,
    reward_ratio: Option<Option<String>>,
    earned_per_event: Option<Option<i64>>,
    product: Option<Option<String>>,
    buy_quantity: Option<Option<i64>>,
    expires_after_secs: Option<Option<i64>>,
    earns_from_purchases: Option<bool>,
}

impl Change {
    fn read(body: &Value) -> Result<Self> {
        let fields = Fields::of_body(body)?;
        fields.fixed(&["id", "kind"], "make another campaign")?;
        Ok(Change {
            name: fields.text("name")?,
            active: fields.boolean("active")?,
            points_ratio: fields.or_null("points_ratio", Fields::text)?,
            reward_ratio: fields.or_null("reward_ratio", Fields::text)?,
            earned_per_event: fields.or_null("earned_per_event", Fields::integer)?,
            product: fields.or_null("product", Fields::text)?,
            buy_quantity: fields.or_null("buy_quantity", Fields::integer)?,
            expires_after_secs: fields.or_null("expires_after_secs", Fields::integer)?,
            earns_from_purchases: fields.boolean("earns_from_purchases")?,
        })
    }

    fn put_into(self, campaign: &mut Campaign) {
        campaign.name = self.name.unwrap_or(std::mem::take(&mut campaign.name));
        campaign.active = self.active.unwrap_or(campaign.active);
        campaign.points_ratio = self.points_ratio.unwrap_or(campaign.points_ratio.take());
        campaign.reward_ratio = self.reward_ratio.unwrap_or(campaign.reward_ratio.take());
        campaign.earned_per_event = self.earned_per_event.unwrap_or(campaign.earned_per_event);
        campaign.product = self.product.unwrap_or(campaign.product.take());
        campaign.buy_quantity = self.buy_quantity.unwrap_or(campaign.buy_quantity);
        campaign.expires_after_secs = self.expires_after_secs.unwrap_or(campaign.expires_after_secs);
        campaign.earns_from_purchases = self.earns_from_purchases.unwrap_or(campaign.earns_from_purchases);
    }
}

/// A campaign to be added.
#[derive(ToSchema)]
#[schema(as = NewLoyaltyCampaign)]
#[allow(dead_code, reason = "describes what `new_campaign` reads")]
pub(super) struct CampaignBody {
    name: String,
    /// `points`, `giftcard`, `events`, `earned` or `buyx`.
    #[schema(pattern = "^(points|giftcard|events|earned|buyx)$")]
    kind: String,
    /// Points per major unit spent, a decimal text.
    points_ratio: Option<String>,
    /// Points per major unit of reward, a decimal text.
    reward_ratio: Option<String>,
    /// Minor units of the shop's currency.
    earned_per_event: Option<i64>,
    /// The product that is collected, by `product_id` or SKU.
    product: Option<String>,
    /// How many pieces of it buy a free one.
    buy_quantity: Option<i64>,
    /// Seconds after which what is earned expires.
    expires_after_secs: Option<i64>,
    earns_from_purchases: Option<bool>,
}

/// A change of a campaign.
#[derive(ToSchema)]
#[schema(as = LoyaltyCampaignChange)]
#[allow(dead_code, reason = "describes what `Change` reads")]
pub(super) struct CampaignChangeBody {
    name: Option<String>,
    active: Option<bool>,
    /// Points per major unit spent, a decimal text.
    points_ratio: Option<String>,
    /// Points per major unit of reward, a decimal text.
    reward_ratio: Option<String>,
    /// Minor units of the shop's currency.
    earned_per_event: Option<i64>,
    /// The product that is collected, by `product_id` or SKU.
    product: Option<String>,
    /// How many pieces of it buy a free one.
    buy_quantity: Option<i64>,
    /// Seconds after which what is earned expires.
    expires_after_secs: Option<i64>,
    earns_from_purchases: Option<bool>,
}
