//! The loyalty ledger: campaigns, earning, redeeming, undoing, and what its dashboard shows.

use std::collections::BTreeMap;

use super::ids;
use crate::domain::customers::Customer;
use crate::domain::loyalty::{Campaign, CampaignKind, Entry};
use crate::domain::time::day_plus;
use crate::domain::users::Campaigns;
use crate::domain::{Day, Error, OrNotFound, Result, Site, Timestamp, Zone};
use crate::store::loyalty::Transaction;
use crate::store::{ReadTx, WriteTx, customers, loyalty};

/// A campaign to be set up.
#[derive(Clone, Debug)]
pub struct NewCampaign {
    /// For people.
    pub name: String,
    /// What it counts.
    pub kind: CampaignKind,
    /// Points per major unit spent, a decimal text.
    pub points_ratio: Option<String>,
    /// Points per major unit of reward, a decimal text.
    pub reward_ratio: Option<String>,
    /// Minor units granted for each event.
    pub earned_per_event: Option<i64>,
}

/// Sets a campaign up, active.
pub fn add_campaign(tx: &WriteTx, site: &Site, new: NewCampaign) -> Result<Campaign> {
    if new.name.trim().is_empty() {
        return Err(Error::missing("name"));
    }
    let mut campaign = Campaign {
        no: 0,
        id: ids::fresh("camp", tx.now()),
        name: new.name,
        kind: new.kind,
        active: true,
        created_at: tx.now(),
        points_ratio: new.points_ratio,
        reward_ratio: new.reward_ratio,
        earned_per_event: new.earned_per_event,
        earns_from_purchases: false,
    };
    campaign.no = loyalty::insert_campaign(tx, site.no, &campaign)?;
    Ok(campaign)
}

/// Ends or resumes a campaign: in one that is not active nobody earns or redeems. What its ledger holds stays.
pub fn set_active(tx: &WriteTx, site: &Site, id: &str, active: bool) -> Result<()> {
    loyalty::set_active(tx, site.no, id, active)?.then_some(()).or_not_found("campaign", id)
}

/// An entry to be made.
#[derive(Clone, Debug)]
pub struct NewEntry {
    /// Public id of the campaign, which must be active.
    pub campaign_id: String,
    /// Our own number of the member.
    pub customer: i64,
    /// More than 0: points, minor units, visits or pieces.
    pub amount: i64,
    /// What was earned or handed out.
    pub item: Option<String>,
    /// Free text.
    pub description: Option<String>,
    /// Who records it.
    pub user: Option<String>,
}

/// Puts something on a member's balance.
pub fn earn(tx: &WriteTx, site: &Site, new: NewEntry) -> Result<Entry> {
    let campaign = active_campaign(tx, site, &new.campaign_id)?;
    append(tx, site, &campaign, new, false)
}

/// Takes something off a member's balance, which never goes below zero: the check and the entry are one transaction,
/// and there is one writer.
pub fn redeem(tx: &WriteTx, site: &Site, new: NewEntry) -> Result<Entry> {
    let campaign = active_campaign(tx, site, &new.campaign_id)?;
    let balance = loyalty::balance(tx, campaign.no, new.customer)?;
    if new.amount > balance {
        return Err(Error::Conflict(format!("the balance is {balance}")));
    }
    append(tx, site, &campaign, new, true)
}

fn active_campaign(tx: &ReadTx, site: &Site, id: &str) -> Result<Campaign> {
    loyalty::campaign_by_id(tx, site.no, id)?.filter(|campaign| campaign.active).or_not_found("active campaign", id)
}

fn append(tx: &WriteTx, site: &Site, campaign: &Campaign, new: NewEntry, redeemed: bool) -> Result<Entry> {
    if new.amount < 1 {
        return Err(Error::refused("amount", "must be more than 0"));
    }
    let entry = Entry {
        id: ids::fresh("txn", tx.now()),
        campaign: campaign.no,
        customer: new.customer,
        at: tx.now(),
        amount: new.amount,
        redeemed,
        item: new.item,
        description: new.description,
        user: new.user,
        reverses: None,
        purchase: None,
    };
    loyalty::insert_entry(tx, site.no, &entry, entry.delta(None))?;
    Ok(entry)
}

/// Undoes an entry by another that names it. It can be done once, and not to an undoing itself.
pub fn reverse(tx: &WriteTx, site: &Site, entry_id: &str, user: Option<String>) -> Result<Entry> {
    let (no, moved, undone) = loyalty::entry_by_id(tx, site.no, entry_id)?.or_not_found("entry", entry_id)?;
    if undone.reverses.is_some() || loyalty::is_reversed(tx, no)? {
        return Err(Error::Conflict(format!("entry `{entry_id}` cannot be undone again")));
    }
    let entry = Entry {
        id: ids::fresh("txn", tx.now()),
        at: tx.now(),
        redeemed: !undone.redeemed,
        user,
        reverses: Some(no),
        ..undone
    };
    loyalty::insert_entry(tx, site.no, &entry, entry.delta(Some(moved)))?;
    Ok(entry)
}

/// The campaigns that somebody may see, by id.
pub fn visible_campaigns(tx: &ReadTx, site: &Site, allowed: &Campaigns) -> Result<Vec<Campaign>> {
    let mut campaigns = loyalty::campaigns(tx, site.no)?;
    campaigns.retain(|campaign| allowed.contain(&campaign.id));
    Ok(campaigns)
}

/// Counts of this month so far, all of the last one, and the last one up to the same day and time of day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Months {
    /// From its first instant up to now.
    pub this_month: i64,
    /// The whole of it.
    pub last_month: i64,
    /// From its first instant to where this month is now; in a shorter month, to its last day.
    pub same_period_last_month: i64,
}

/// Customers of the whole account per month.
pub fn customers_by_month(tx: &ReadTx, site: &Site, zone: &Zone) -> Result<Months> {
    by_month(tx.now(), zone, |from, to| customers::count_between(tx, site.no, from, to))
}

/// Customers of the whole account up to now.
pub fn customers_of_all_time(tx: &ReadTx, site: &Site) -> Result<i64> {
    customers::count_until(tx, site.no, tx.now())
}

/// Transactions in these campaigns per month.
pub fn transactions_by_month(tx: &ReadTx, site: &Site, zone: &Zone, campaigns: &[Campaign]) -> Result<Months> {
    by_month(tx.now(), zone, |from, to| loyalty::count_transactions(tx, site.no, campaigns, from, to))
}

fn by_month(now: Timestamp, zone: &Zone, count: impl Fn(Timestamp, Timestamp) -> Result<i64>) -> Result<Months> {
    let here = zone.civil(now);
    let this = zone.start_of(here.date().first_of_month());
    // Subtracting a month clamps the day: a month before 31 March is the last day of February.
    let a_month_ago = here.saturating_sub(jiff::Span::new().months(1));
    let last = zone.start_of(a_month_ago.date().first_of_month());
    Ok(Months {
        this_month: count(this, now)?,
        last_month: count(last, this.plus(-1))?,
        same_period_last_month: count(last, zone.instant_of(a_month_ago).min(this.plus(-1)))?,
    })
}

/// Transactions per day of one campaign.
#[derive(Clone, Debug, PartialEq)]
pub struct Activity {
    /// The campaign.
    pub campaign: Campaign,
    /// Every day asked for, ascending, those without any included.
    pub days: Vec<(Day, i64)>,
}

/// Transactions per day of the last `days` days in a zone, today included, of each campaign that is active or had
/// one in them.
pub fn activity(tx: &ReadTx, site: &Site, zone: &Zone, campaigns: &[Campaign], days: i64) -> Result<Vec<Activity>> {
    let today = zone.day_of(tx.now());
    let first = day_plus(today, 1 - days);
    let mut counts: BTreeMap<(i64, Day), i64> = BTreeMap::new();
    loyalty::transactions_by_quarter(tx, site.no, campaigns, zone.start_of(first), tx.now(), |campaign, at, count| {
        *counts.entry((campaign, zone.day_of(at))).or_default() += count;
        Ok(())
    })?;
    let of = |campaign: &Campaign| -> Vec<(Day, i64)> {
        (0..days)
            .map(|offset| day_plus(first, offset))
            .map(|day| (day, counts.get(&(campaign.no, day)).copied().unwrap_or(0)))
            .collect()
    };
    Ok(campaigns
        .iter()
        .map(|campaign| Activity { campaign: campaign.clone(), days: of(campaign) })
        .filter(|activity| activity.campaign.active || activity.days.iter().any(|(_, count)| *count > 0))
        .collect())
}

/// The members with the most transactions in these campaigns.
pub fn most_active(tx: &ReadTx, site: &Site, campaigns: &[Campaign], limit: i64) -> Result<Vec<(Customer, i64)>> {
    loyalty::most_active(tx, site.no, campaigns, limit)
}

/// The newest transactions in these campaigns.
pub fn newest_transactions(tx: &ReadTx, site: &Site, campaigns: &[Campaign], limit: i64) -> Result<Vec<Transaction>> {
    loyalty::newest_transactions(tx, site.no, campaigns, limit)
}

/// The newest customers of the whole account.
pub fn newest_customers(tx: &ReadTx, site: &Site, limit: i64) -> Result<Vec<Customer>> {
    customers::newest(tx, site.no, limit)
}
