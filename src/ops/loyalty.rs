//! The loyalty ledger: campaigns, earning, redeeming, undoing. Whoever writes to a member's balance first lets expire what
//! fell due, so that nobody redeems what is over.

mod balances;
mod earning;
mod expiry;
mod figures;
mod lists;

use super::ids;
use super::privacy::REFERENCE;
use crate::domain::loyalty::{Campaign, CampaignKind, Cause, Entry, Lots};
use crate::domain::privacy::erased_name;
use crate::domain::users::Campaigns;
use crate::domain::{Error, OrNotFound, Result, Site};
use crate::store::loyalty::Transaction;
use crate::store::{ReadTx, WriteTx, loyalty};

pub use balances::{Wrong, balance, balances, balances_in, history, rebuild, verify};
pub(super) use earning::{cart_was_bought, purchase_earns, take_back};
pub use expiry::{announced, settle_due};
pub use figures::{
    Activity, Months, activity, customers_between, customers_by_month, customers_of_all_time, most_active,
    newest_customers, newest_transactions, transactions, transactions_by_month,
};
pub use lists::{list_campaigns, list_entries, list_members, named_entry};

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
    /// The product that is collected, by `product_id` or SKU.
    pub product: Option<String>,
    /// How many pieces of it buy a free one.
    pub buy_quantity: Option<i64>,
    /// Seconds after which what is earned expires.
    pub expires_after_secs: Option<i64>,
    /// Whether confirmed purchases earn in it.
    pub earns_from_purchases: bool,
}

impl NewCampaign {
    /// A campaign of which nothing is known but its name and kind.
    pub fn named(name: impl Into<String>, kind: CampaignKind) -> Self {
        NewCampaign {
            name: name.into(),
            kind,
            points_ratio: None,
            reward_ratio: None,
            earned_per_event: None,
            product: None,
            buy_quantity: None,
            expires_after_secs: None,
            earns_from_purchases: false,
        }
    }
}

/// Sets a campaign up, active.
pub fn add_campaign(tx: &WriteTx, site: &Site, new: NewCampaign) -> Result<Campaign> {
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
        product: new.product,
        buy_quantity: new.buy_quantity,
        expires_after_secs: new.expires_after_secs,
        earns_from_purchases: new.earns_from_purchases,
    };
    campaign.check()?;
    campaign.no = loyalty::insert_campaign(tx, site.no, &campaign)?;
    Ok(campaign)
}

/// A campaign of a site by its public id.
pub fn campaign(tx: &ReadTx, site: &Site, id: &str) -> Result<Campaign> {
    loyalty::campaign_by_id(tx, site.no, id)?.or_not_found("campaign", id)
}

/// Changes a campaign. What was earned before keeps the day on which it expires; what is earned from now on follows the
/// new setting.
pub fn change_campaign(tx: &WriteTx, site: &Site, id: &str, change: impl FnOnce(&mut Campaign)) -> Result<Campaign> {
    let before = campaign(tx, site, id)?;
    let mut changed = before.clone();
    change(&mut changed);
    changed.check()?;
    let campaign =
        Campaign { no: before.no, id: before.id, kind: before.kind, created_at: before.created_at, ..changed };
    loyalty::update_campaign(tx, site.no, &campaign)?;
    Ok(campaign)
}

/// Ends or resumes a campaign: in one that is not active nobody earns or redeems. What its ledger holds stays.
pub fn set_active(tx: &WriteTx, site: &Site, id: &str, active: bool) -> Result<()> {
    let mut campaign = campaign(tx, site, id)?;
    campaign.active = active;
    loyalty::update_campaign(tx, site.no, &campaign)
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

/// Puts something on a member's balance. It expires when the campaign says so on this day, whatever it says later.
pub fn earn(tx: &WriteTx, site: &Site, new: NewEntry) -> Result<Entry> {
    let campaign = active_campaign(tx, site, &new.campaign_id)?;
    append(tx, site, &campaign, new, Cause::Earn)
}

/// Takes something off a member's balance, which never goes below zero: the check and the entry are one transaction,
/// and there is one writer.
pub fn redeem(tx: &WriteTx, site: &Site, new: NewEntry) -> Result<Entry> {
    let campaign = active_campaign(tx, site, &new.campaign_id)?;
    let balance = settled_balance(tx, site, &campaign, new.customer)?;
    if new.amount > balance {
        return Err(Error::Conflict(format!("the balance is {balance}")));
    }
    append(tx, site, &campaign, new, Cause::Redeem)
}

/// A member's balance once what fell due has expired.
pub fn settled_balance(tx: &WriteTx, site: &Site, campaign: &Campaign, customer: i64) -> Result<i64> {
    expiry::settle(tx, site, campaign.no, customer)?;
    Ok(loyalty::balance(tx, site.no, campaign.no, customer)?.balance)
}

fn active_campaign(tx: &ReadTx, site: &Site, id: &str) -> Result<Campaign> {
    loyalty::campaign_by_id(tx, site.no, id)?.filter(|campaign| campaign.active).or_not_found("active campaign", id)
}

/// The most that a single entry books.
const MOST: i64 = crate::domain::money::MAX_MINOR;

fn append(tx: &WriteTx, site: &Site, campaign: &Campaign, new: NewEntry, cause: Cause) -> Result<Entry> {
    if !(1..=MOST).contains(&new.amount) {
        return Err(Error::refused("amount", format!("must be between 1 and {MOST}")));
    }
    let entry = Entry {
        item: new.item,
        description: new.description,
        user: new.user,
        ..blank(tx, campaign, new.customer, cause, new.amount)
    };
    loyalty::insert_entry(tx, site.no, &entry, entry.delta(None))?;
    Ok(entry)
}

/// An entry of now about which nothing else is known.
fn blank(tx: &ReadTx, campaign: &Campaign, customer: i64, cause: Cause, amount: i64) -> Entry {
    let earns = cause == Cause::Earn;
    Entry {
        id: ids::fresh("txn", tx.now()),
        campaign: campaign.no,
        customer,
        at: tx.now(),
        cause,
        amount,
        redeemed: !earns,
        expires_at: campaign.expires_at(tx.now()).filter(|_| earns),
        item: None,
        description: None,
        user: None,
        reverses: None,
        purchase: None,
        refund: None,
        shortfall: 0,
    }
}

/// Undoes an entry that earned or redeemed by another that names it, once. What was earned and is spent, expired, or taken
/// back by a refund in the meantime cannot be undone: a balance does not go below zero, and nothing is taken twice.
pub fn reverse(tx: &WriteTx, site: &Site, entry_id: &str, user: Option<String>) -> Result<Entry> {
    let (no, moved, undone) = loyalty::entry_by_id(tx, site.no, entry_id)?.or_not_found("entry", entry_id)?;
    if !matches!(undone.cause, Cause::Earn | Cause::Redeem) || loyalty::is_reversed(tx, no)? {
        return Err(Error::Conflict(format!("entry `{entry_id}` cannot be undone again")));
    }
    expiry::settle(tx, site, undone.campaign, undone.customer)?;
    if undone.cause == Cause::Earn {
        check_still_there(tx, site, no, &undone)?;
    }
    let entry = Entry {
        id: ids::fresh("txn", tx.now()),
        at: tx.now(),
        cause: Cause::Reverse,
        redeemed: !undone.redeemed,
        expires_at: None,
        user,
        reverses: Some(no),
        ..undone
    };
    loyalty::insert_entry(tx, site.no, &entry, entry.delta(Some(moved)))?;
    Ok(entry)
}

fn check_still_there(tx: &ReadTx, site: &Site, no: i64, earned: &Entry) -> Result<()> {
    let (campaign, customer) = (earned.campaign, earned.customer);
    if let Some(purchase) = earned.purchase
        && loyalty::was_refunded(tx, site.no, campaign, purchase)?
    {
        return Err(Error::Conflict("a refund took some of it back; refund the rest of the purchase instead".into()));
    }
    let lots = Lots::of(&loyalty::booked(tx, site.no, campaign, customer)?);
    if lots.of_entry(no).is_some_and(|lot| lot.expired > 0) {
        return Err(Error::Conflict("some of it has expired".into()));
    }
    let balance = loyalty::balance(tx, site.no, campaign, customer)?.balance;
    if earned.amount > balance {
        return Err(Error::Conflict(format!("the balance is {balance}: what was earned is spent")));
    }
    Ok(())
}

/// The campaigns that somebody may see, by id.
pub fn visible_campaigns(tx: &ReadTx, site: &Site, allowed: &Campaigns) -> Result<Vec<Campaign>> {
    let mut campaigns = loyalty::campaigns(tx, site.no)?;
    campaigns.retain(|campaign| allowed.contain(&campaign.id));
    Ok(campaigns)
}

/// An entry with its campaign and member, and what the balance was after it.
#[derive(Clone, Debug, PartialEq)]
pub struct Receipt {
    /// The entry and its member.
    pub transaction: Transaction,
    /// The campaign.
    pub campaign: Campaign,
    /// Points, minor units, visits or pieces.
    pub balance: i64,
}

/// What a till hands out about an entry.
pub fn receipt(tx: &ReadTx, site: &Site, entry_id: &str) -> Result<Receipt> {
    let (no, _, entry) = loyalty::entry_by_id(tx, site.no, entry_id)?.or_not_found("entry", entry_id)?;
    let (transaction, balance) = loyalty::transaction_by_no(tx, site.no, no)?.or_not_found("entry", entry_id)?;
    let campaign = loyalty::campaign_by_no(tx, site.no, entry.campaign)?.or_not_found("campaign", entry_id)?;
    Ok(Receipt { transaction, campaign, balance })
}

/// What a caller's call with a reference made before, by public id: a repeated call is answered from it.
pub fn made_before(tx: &ReadTx, site: &Site, (caller, call): (&str, &str), reference: &str) -> Result<Option<String>> {
    match loyalty::made(tx, site.no, caller, call, reference)? {
        Some(made) => Ok(Some(made)),
        // The reference itself may have named somebody who is erased.
        None => loyalty::made(tx, site.no, caller, call, &erased_name(site, REFERENCE, reference)),
    }
}

/// Remembers what a call with a reference made, in the transaction that made it.
pub fn remember(tx: &WriteTx, site: &Site, (caller, call): (&str, &str), reference: &str, made: &str) -> Result<()> {
    loyalty::remember(tx, site.no, caller, call, reference, made)
}
