//! Loyalty: campaigns with what happened in them, members, and a member's ledger. Whoever may see some campaigns only sees
//! no others here either.

mod campaign;
mod member;

use actix_web::web;
use askama::Template;

use super::chart::{Chart, Series};
use super::door::{Answer, Visit, page};
use super::kit::{Badge, Tone, badge};
use super::shell::Shell;
use super::show::{self, Moment};
use crate::domain::loyalty::{Campaign, CampaignKind, Cause, Entry};
use crate::domain::{Currency, Day, Site};
use crate::ops::loyalty::{self, Activity};
use crate::store::loyalty::Transaction;

const SECTION: &str = "/dashboard/loyalty";
/// Days of the chart.
const DAYS: i64 = 30;
/// Transactions on the first page.
const NEWEST: i64 = 8;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.route("/loyalty", web::get().to(show_it));
    campaign::routes(config);
    member::routes(config);
}

/// A link of the row of tabs.
struct Tab {
    name: &'static str,
    href: &'static str,
    is_current: bool,
}

fn tabs(current: &str) -> Vec<Tab> {
    [("Campaigns", SECTION), ("Members", "/dashboard/loyalty/members")]
        .into_iter()
        .map(|(name, href)| Tab { name, href, is_current: href == current })
        .collect()
}

#[derive(Template)]
#[template(path = "loyalty/campaigns.html")]
struct Page {
    shell: Shell,
    tabs: Vec<Tab>,
    campaigns: Vec<CampaignRow>,
    chart: Option<Chart>,
    newest: Vec<EntryRow>,
    may_change: bool,
}

struct CampaignRow {
    id: String,
    name: String,
    kind: &'static str,
    rule: String,
    state: Badge,
    transactions: String,
}

/// An entry of the ledger in a table.
struct EntryRow {
    who: String,
    /// The page of who it is about; absent where the row stands on it.
    page: Option<String>,
    campaign: String,
    what: Badge,
    amount: String,
    note: String,
    at: Moment,
}

async fn show_it(visit: Visit) -> Answer {
    let (campaigns, activity, newest) = visit
        .read(|tx, who| {
            let campaigns = loyalty::visible_campaigns(tx, &who.site, &who.user.campaigns())?;
            let activity = loyalty::activity(tx, &who.site, &who.site.zone, &campaigns, DAYS)?;
            let newest = loyalty::newest_transactions(tx, &who.site, &campaigns, NEWEST)?;
            Ok((campaigns, activity, newest))
        })
        .await?;
    let site = &visit.who.site;
    page(&Page {
        shell: visit.shell("Loyalty", SECTION)?,
        tabs: tabs(SECTION),
        campaigns: campaigns.iter().map(|campaign| campaign_row(site, campaign, &activity)).collect(),
        chart: chart(&activity),
        newest: newest.iter().map(|one| newest_row(site, &campaigns, one)).collect(),
        may_change: visit.may("POST", SECTION),
    })
}

/// A kind in words.
fn kind_words(kind: CampaignKind) -> &'static str {
    match kind {
        CampaignKind::Points => "Points",
        CampaignKind::Giftcard => "Gift card",
        CampaignKind::Events => "Visits",
        CampaignKind::Earned => "Money earned",
        CampaignKind::Buyx => "Buy some, get one",
    }
}

/// An amount of a campaign, with what it counts.
fn amount(currency: Currency, kind: CampaignKind, amount: i64) -> String {
    match kind {
        CampaignKind::Giftcard | CampaignKind::Earned => show::money(currency, amount),
        CampaignKind::Points => show::counted(amount, "point", "points"),
        CampaignKind::Events => show::counted(amount, "visit", "visits"),
        CampaignKind::Buyx => show::counted(amount, "piece", "pieces"),
    }
}

fn campaign_row(site: &Site, campaign: &Campaign, activity: &[Activity]) -> CampaignRow {
    let of = activity.iter().find(|one| one.campaign.id == campaign.id);
    let transactions: i64 = of.map_or(0, |one| one.days.iter().map(|(_, count)| count).sum());
    let rule = match campaign.kind {
        CampaignKind::Points => {
            format!("{} a {}", campaign.points_ratio.as_deref().unwrap_or("1"), site.currency)
        }
        CampaignKind::Earned => {
            campaign.earned_per_event.map_or(String::new(), |each| format!("{} each", show::money(site.currency, each)))
        }
        CampaignKind::Buyx => format!("{} buy one", campaign.pieces_for_one()),
        CampaignKind::Giftcard | CampaignKind::Events => String::new(),
    };
    CampaignRow {
        id: campaign.id.clone(),
        name: campaign.name.clone(),
        kind: kind_words(campaign.kind),
        rule,
        state: if campaign.active { badge(Tone::Good, "Active") } else { badge(Tone::Plain, "Ended") },
        transactions: show::count(transactions),
    }
}

/// Transactions a day of all campaigns together.
fn chart(activity: &[Activity]) -> Option<Chart> {
    let days: Vec<Day> = activity.first()?.days.iter().map(|(day, _)| *day).collect();
    let sum = |at: usize| activity.iter().filter_map(|one| one.days.get(at)).map(|(_, count)| count).sum();
    let values = (0..days.len()).map(sum).collect();
    let series = Series { name: "Transactions", values };
    Some(Chart::new("Transactions of the last 30 days", *days.first()?, series, None, show::count))
}

/// What an entry did.
fn cause_badge(entry: &Entry) -> Badge {
    match entry.cause {
        Cause::Earn => badge(Tone::Good, "Earned"),
        Cause::Redeem => badge(Tone::Info, "Redeemed"),
        Cause::Reverse => badge(Tone::Warn, "Undone"),
        Cause::Expire => badge(Tone::Plain, "Expired"),
        Cause::Refund => badge(Tone::Warn, "Taken back"),
    }
}

fn note(entry: &Entry) -> String {
    let parts = [entry.item.as_deref(), entry.description.as_deref()];
    parts.into_iter().flatten().filter(|part| !part.trim().is_empty()).collect::<Vec<_>>().join(": ")
}

/// An entry's amount with its sign.
fn signed(site: &Site, campaign: Option<&Campaign>, entry: &Entry) -> String {
    let Some(campaign) = campaign else { return show::count(entry.amount) };
    let sign = if entry.redeemed { "−" } else { "+" };
    format!("{sign}{}", amount(site.currency, campaign.kind, entry.amount))
}

fn newest_row(site: &Site, campaigns: &[Campaign], one: &Transaction) -> EntryRow {
    let campaign = campaigns.iter().find(|campaign| campaign.no == one.entry.campaign);
    let name =
        [one.first_name.as_deref(), one.last_name.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" ");
    let code = one.code.clone().unwrap_or_default();
    EntryRow {
        who: if name.is_empty() { code } else { name },
        page: Some(format!("/dashboard/loyalty/members/{}", one.member)),
        campaign: campaign.map(|campaign| campaign.name.clone()).unwrap_or_default(),
        what: cause_badge(&one.entry),
        amount: signed(site, campaign, &one.entry),
        note: note(&one.entry),
        at: show::moment(&site.zone, one.entry.at),
    }
}
