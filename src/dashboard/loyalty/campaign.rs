//! A campaign's form: a new one, or what may change of one that runs.

use actix_web::http::StatusCode;
use actix_web::web;
use askama::Template;

use super::{SECTION, kind_words};
use crate::dashboard::door::{Answer, Form, Trouble, Visit, go_to, page_with};
use crate::dashboard::flaw::Flaw;
use crate::dashboard::kit::{Choice, Confirm, Field};
use crate::dashboard::shell::Shell;
use crate::domain::loyalty::{Campaign, CampaignKind};
use crate::domain::time::{format_duration, parse_duration};
use crate::domain::{Error, Result, Site};
use crate::http::params::Params;
use crate::ops::loyalty::{self, NewCampaign};

const NEW: &str = "new";
/// Fields of the form, as errors name them.
const FIELDS: [&str; 8] = [
    "name",
    "kind",
    "points_ratio",
    "reward_ratio",
    "earned_per_event",
    "product",
    "buy_quantity",
    "expires_after_secs",
];

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/loyalty/campaigns/{id}", web::get().to(edit))
        .route("/loyalty/campaigns/{id}", web::post().to(save))
        .route("/loyalty/campaigns/{id}/active", web::post().to(activate));
}

/// What stands in the fields.
#[derive(Clone, Debug, Default)]
struct Draft {
    name: String,
    kind: String,
    points_ratio: String,
    reward_ratio: String,
    earned_per_event: String,
    product: String,
    buy_quantity: String,
    expires: String,
    earns: bool,
}

#[derive(Template)]
#[template(path = "loyalty/campaign.html")]
struct Page {
    shell: Shell,
    path: String,
    /// Absent for a new one, whose kind can be chosen.
    kind: Option<&'static str>,
    kinds: Choice,
    fields: Vec<Field>,
    earns: bool,
    may_earn: bool,
    problem: String,
    active: Option<Confirm>,
    may_change: bool,
}

impl Draft {
    fn of(site: &Site, campaign: &Campaign) -> Self {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        Draft {
            name: campaign.name.clone(),
            kind: campaign.kind.to_string(),
            points_ratio: text(&campaign.points_ratio),
            reward_ratio: text(&campaign.reward_ratio),
            earned_per_event: campaign.earned_per_event.map_or(String::new(), |minor| site.currency.major(minor)),
            product: text(&campaign.product),
            buy_quantity: campaign.buy_quantity.map_or(String::new(), |count| count.to_string()),
            expires: campaign.expires_after_secs.map_or(String::new(), format_duration),
            earns: campaign.earns_from_purchases,
        }
    }

    fn of_form(fields: &Params) -> Self {
        let typed = |name: &str| fields.typed(name).to_owned();
        Draft {
            name: typed("name"),
            kind: typed("kind"),
            points_ratio: typed("points_ratio"),
            reward_ratio: typed("reward_ratio"),
            earned_per_event: typed("earned_per_event"),
            product: typed("product"),
            buy_quantity: typed("buy_quantity"),
            expires: typed("expires_after_secs"),
            earns: fields.get("earns_from_purchases") == Some("on"),
        }
    }

    /// The campaign that these fields make, which the operation checks further.
    fn read(&self, site: &Site, kind: CampaignKind) -> Result<NewCampaign> {
        let text = |value: &String| Some(value.trim().to_owned()).filter(|value| !value.is_empty());
        let earned_per_event = text(&self.earned_per_event)
            .map(|text| {
                site.currency
                    .parse_major(&text)
                    .ok_or_else(|| Error::malformed("earned_per_event", "must be an amount"))
            })
            .transpose()?;
        let buy_quantity = text(&self.buy_quantity)
            .map(|text| text.parse().map_err(|_| Error::malformed("buy_quantity", "must be a whole number")))
            .transpose()?;
        let expires_after_secs = text(&self.expires)
            .map(|text| parse_duration(&text).map_err(|e| e.in_field("expires_after_secs")))
            .transpose()?;
        Ok(NewCampaign {
            points_ratio: text(&self.points_ratio),
            reward_ratio: text(&self.reward_ratio),
            earned_per_event,
            product: text(&self.product),
            buy_quantity,
            expires_after_secs,
            earns_from_purchases: self.earns,
            ..NewCampaign::named(self.name.clone(), kind)
        })
    }
}

async fn find(visit: &Visit, id: String) -> std::result::Result<Campaign, Trouble> {
    let found = visit
        .read(move |tx, who| {
            let allowed = who.user.campaigns();
            Ok(loyalty::campaign(tx, &who.site, &id).map(|campaign| allowed.contain(&campaign.id).then_some(campaign)))
        })
        .await??;
    found.ok_or_else(|| Trouble::NotFound("There is no such campaign here.".into()))
}

async fn edit(visit: Visit, id: web::Path<String>) -> Answer {
    let id = id.into_inner();
    if id == NEW {
        let draft = Draft { kind: "points".into(), points_ratio: "1".into(), earns: true, ..Draft::default() };
        return show(&visit, StatusCode::OK, None, &draft, &Flaw::default());
    }
    let campaign = find(&visit, id).await?;
    let draft = Draft::of(&visit.who.site, &campaign);
    show(&visit, StatusCode::OK, Some(&campaign), &draft, &Flaw::default())
}

fn show(visit: &Visit, status: StatusCode, campaign: Option<&Campaign>, draft: &Draft, flaw: &Flaw) -> Answer {
    let shell = visit.shell(campaign.map_or("A new campaign", |campaign| &campaign.name), SECTION)?;
    let path = format!("{SECTION}/campaigns/{}", campaign.map_or(NEW, |campaign| &campaign.id));
    let may_change = visit.may("POST", SECTION);
    let kinds = CampaignKind::ALL
        .iter()
        .fold(Choice::new("kind", "What it counts", &draft.kind).error(flaw.at("kind")), |choice, kind| {
            choice.option(kind.as_str(), kind_words(*kind))
        });
    let active = campaign.filter(|_| may_change).map(|campaign| {
        let (label, question, to) = match campaign.active {
            true => ("End it", "Nobody earns or redeems in it until it is resumed. What members have stays.", "off"),
            false => ("Resume it", "Members earn and redeem in it again.", "on"),
        };
        Confirm::new(&shell.csrf, format!("{path}/active"), label, question, label).with("active", to)
    });
    page_with(
        status,
        &Page {
            path,
            kind: campaign.map(|campaign| kind_words(campaign.kind)),
            kinds,
            fields: fields(&visit.who.site, campaign.map(|campaign| campaign.kind), draft, flaw),
            earns: draft.earns,
            may_earn: campaign.is_none_or(|campaign| campaign.kind != CampaignKind::Giftcard),
            problem: flaw.beside(&FIELDS),
            active,
            may_change,
            shell,
        },
    )
}

/// The fields of a kind; a new campaign has those of all.
fn fields(site: &Site, kind: Option<CampaignKind>, draft: &Draft, flaw: &Flaw) -> Vec<Field> {
    let for_kind = |wanted: CampaignKind| kind.is_none_or(|kind| kind == wanted);
    let field = |name: &str, label: String, value: &String| Field::new(name, label).value(value).error(flaw.at(name));
    let currency = site.currency;
    let mut fields = vec![field("name", "Name".into(), &draft.name).required()];
    if for_kind(CampaignKind::Points) {
        let points = field("points_ratio", format!("Points for each {currency} spent"), &draft.points_ratio);
        fields.push(points.hint("For points. A decimal such as 1.5."));
        let reward = field("reward_ratio", format!("Points for a reward of one {currency}"), &draft.reward_ratio);
        fields.push(reward.hint("For points. Blank: points have no value in money."));
    }
    if for_kind(CampaignKind::Earned) {
        let each = field("earned_per_event", format!("Earned each time ({currency})"), &draft.earned_per_event);
        fields.push(each.hint("For money earned."));
    }
    if for_kind(CampaignKind::Buyx) {
        let product = field("product", "Product that is collected".into(), &draft.product);
        fields.push(product.hint("For buy some, get one: its product number or SKU."));
        let many = field("buy_quantity", "How many buy a free one".into(), &draft.buy_quantity);
        fields.push(many.hint("Blank: 10."));
    }
    let expires = field("expires_after_secs", "Expires after".into(), &draft.expires);
    fields.push(expires.hint("Such as 365d. Blank: never. What was earned before keeps its day."));
    fields
}

async fn save(form: Form, id: web::Path<String>) -> Answer {
    let id = id.into_inner();
    let draft = Draft::of_form(&form.fields);
    let campaign = if id == NEW { None } else { Some(find(&form, id).await?) };
    let again = |flaw: &Flaw| show(&form, StatusCode::UNPROCESSABLE_ENTITY, campaign.as_ref(), &draft, flaw);
    let kind = match &campaign {
        Some(campaign) => Ok(campaign.kind),
        None => draft.kind.parse(),
    };
    let new = match kind.and_then(|kind| draft.read(&form.who.site, kind)) {
        Ok(new) => new,
        Err(e) => return again(&Flaw::of(e)?),
    };
    let of = campaign.as_ref().map(|campaign| campaign.id.clone());
    let written = form
        .write(move |tx, who| match of {
            None => loyalty::add_campaign(tx, &who.site, new),
            Some(id) => loyalty::change_campaign(tx, &who.site, &id, |campaign| {
                campaign.name = new.name;
                campaign.points_ratio = new.points_ratio.or_else(|| campaign.points_ratio.take());
                campaign.reward_ratio = new.reward_ratio;
                campaign.earned_per_event = new.earned_per_event;
                campaign.product = new.product;
                campaign.buy_quantity = new.buy_quantity;
                campaign.expires_after_secs = new.expires_after_secs;
                campaign.earns_from_purchases = new.earns_from_purchases;
            }),
        })
        .await;
    match written {
        Ok(_) => Ok(go_to(&format!("{SECTION}?done=campaign"))),
        Err(e) => again(&Flaw::of(e)?),
    }
}

async fn activate(form: Form, id: web::Path<String>) -> Answer {
    let campaign = find(&form, id.into_inner()).await?;
    let active = form.fields.get("active") == Some("on");
    let id = campaign.id.clone();
    form.write(move |tx, who| loyalty::set_active(tx, &who.site, &id, active)).await?;
    Ok(go_to(&format!("{SECTION}/campaigns/{}?done={}", campaign.id, if active { "resumed" } else { "ended" })))
}
