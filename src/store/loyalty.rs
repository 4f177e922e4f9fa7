//! Loyalty campaigns and their ledger. An entry and the balance that it moves are written together, here and nowhere
//! else.

mod balances;
mod lists;
mod named;
mod references;
mod transactions;

use rusqlite::{Row, named_params};

use super::tx::inserted;
use super::{ReadTx, WriteTx};
use crate::domain::loyalty::{Booked, Campaign, Cause, Entry, Lots};
use crate::domain::{Result, SiteNo};

pub use balances::{
    Kept, balance, balances_of_campaign, balances_of_member, due, expect_expiries, expect_expiry, next_due,
    rebuild_balances, walk_balances,
};
pub use lists::{campaigns_page, count_campaigns, count_entries, count_members, entries_page, members_page};
pub use named::{NamedEntry, named_entry_by_id, walk_entries};
pub use references::{made, remember};
pub use transactions::{
    QUARTER_SECS, Span, Transaction, booked_of_member, count_transactions, most_active, newest_transactions,
    transaction_by_no, transactions_between, transactions_by_hour, transactions_by_quarter,
};

const CAMPAIGN_COLUMNS: &str = "no, id, name, kind, active, created_at, points_ratio, reward_ratio, earned_per_event, \
    product, buy_quantity, expires_after_secs, earns_from_purchases";

fn campaign_from_row(row: &Row) -> rusqlite::Result<Campaign> {
    Ok(Campaign {
        no: row.get("no")?,
        id: row.get("id")?,
        name: row.get("name")?,
        kind: row.get("kind")?,
        active: row.get("active")?,
        created_at: row.get("created_at")?,
        points_ratio: row.get("points_ratio")?,
        reward_ratio: row.get("reward_ratio")?,
        earned_per_event: row.get("earned_per_event")?,
        product: row.get("product")?,
        buy_quantity: row.get("buy_quantity")?,
        expires_after_secs: row.get("expires_after_secs")?,
        earns_from_purchases: row.get("earns_from_purchases")?,
    })
}

/// Every campaign of a site, by id.
pub fn campaigns(tx: &ReadTx, site: SiteNo) -> Result<Vec<Campaign>> {
    tx.all(
        sql!("select {CAMPAIGN_COLUMNS} from loyalty_campaigns where site = :site order by id"),
        named_params! { ":site": site },
        campaign_from_row,
    )
}

/// A site's campaign by its public id.
pub fn campaign_by_id(tx: &ReadTx, site: SiteNo, id: &str) -> Result<Option<Campaign>> {
    tx.first(
        sql!("select {CAMPAIGN_COLUMNS} from loyalty_campaigns where site = :site and id = :id"),
        named_params! { ":site": site, ":id": id },
        campaign_from_row,
    )
}

/// Our own number of a site's campaign.
pub fn campaign_no(tx: &ReadTx, site: SiteNo, id: &str) -> Result<Option<i64>> {
    tx.first(
        "select no from loyalty_campaigns where site = :site and id = :id",
        named_params! { ":site": site, ":id": id },
        |row| row.get("no"),
    )
}

/// A site's campaign by our own number.
pub fn campaign_by_no(tx: &ReadTx, site: SiteNo, no: i64) -> Result<Option<Campaign>> {
    tx.first(
        sql!("select {CAMPAIGN_COLUMNS} from loyalty_campaigns where no = :no and site = :site"),
        named_params! { ":site": site, ":no": no },
        campaign_from_row,
    )
}

/// The active campaigns in which purchases earn, by id.
pub fn campaigns_earning(tx: &ReadTx, site: SiteNo) -> Result<Vec<Campaign>> {
    tx.all(
        sql!(
            "select {CAMPAIGN_COLUMNS} from loyalty_campaigns
             where site = :site and active = 1 and earns_from_purchases = 1 order by id"
        ),
        named_params! { ":site": site },
        campaign_from_row,
    )
}

/// Adds a campaign and returns our own number.
pub fn insert_campaign(tx: &WriteTx, site: SiteNo, campaign: &Campaign) -> Result<i64> {
    tx.insert(
        "insert into loyalty_campaigns
             (site, id, name, kind, active, created_at, points_ratio, reward_ratio, earned_per_event,
              product, buy_quantity, expires_after_secs, earns_from_purchases)
         values
             (:site, :id, :name, :kind, :active, :created_at, :points_ratio, :reward_ratio, :earned_per_event,
              :product, :buy_quantity, :expires_after_secs, :earns_from_purchases)",
        named_params! {
            ":site": site,
            ":id": campaign.id,
            ":name": campaign.name,
            ":kind": campaign.kind,
            ":active": campaign.active,
            ":created_at": campaign.created_at,
            ":points_ratio": campaign.points_ratio,
            ":reward_ratio": campaign.reward_ratio,
            ":earned_per_event": campaign.earned_per_event,
            ":product": campaign.product,
            ":buy_quantity": campaign.buy_quantity,
            ":expires_after_secs": campaign.expires_after_secs,
            ":earns_from_purchases": campaign.earns_from_purchases,
        },
    )
}

/// Writes what can change of a campaign: everything but its id, its kind and when it was set up.
pub fn update_campaign(tx: &WriteTx, site: SiteNo, campaign: &Campaign) -> Result<()> {
    tx.run(
        "update loyalty_campaigns
         set name = :name, active = :active, points_ratio = :points_ratio, reward_ratio = :reward_ratio,
             earned_per_event = :earned_per_event, product = :product, buy_quantity = :buy_quantity,
             expires_after_secs = :expires_after_secs, earns_from_purchases = :earns_from_purchases
         where site = :site and no = :no",
        named_params! {
            ":site": site,
            ":no": campaign.no,
            ":name": campaign.name,
            ":active": campaign.active,
            ":points_ratio": campaign.points_ratio,
            ":reward_ratio": campaign.reward_ratio,
            ":earned_per_event": campaign.earned_per_event,
            ":product": campaign.product,
            ":buy_quantity": campaign.buy_quantity,
            ":expires_after_secs": campaign.expires_after_secs,
            ":earns_from_purchases": campaign.earns_from_purchases,
        },
    )?;
    Ok(())
}

const ENTRY_COLUMNS: &str = "no, id, campaign, customer, at, cause, amount, redeemed, delta, expires_at, item, description, user, reverses, \
     purchase, refund, shortfall";

fn entry_from_row(row: &Row) -> rusqlite::Result<Entry> {
    Ok(Entry {
        id: row.get("id")?,
        campaign: row.get("campaign")?,
        customer: row.get("customer")?,
        at: row.get("at")?,
        cause: row.get("cause")?,
        amount: row.get("amount")?,
        redeemed: row.get("redeemed")?,
        expires_at: row.get("expires_at")?,
        item: row.get("item")?,
        description: row.get("description")?,
        user: row.get("user")?,
        reverses: row.get("reverses")?,
        purchase: row.get("purchase")?,
        refund: row.get("refund")?,
        shortfall: row.get("shortfall")?,
    })
}

/// A site's entry by its public id, with our own number and what it moved the balance by.
pub fn entry_by_id(tx: &ReadTx, site: SiteNo, id: &str) -> Result<Option<(i64, i64, Entry)>> {
    tx.first(
        sql!("select {ENTRY_COLUMNS} from loyalty_entries where site = :site and id = :id"),
        named_params! { ":site": site, ":id": id },
        |row| Ok((row.get("no")?, row.get("delta")?, entry_from_row(row)?)),
    )
}

/// Whether an entry was undone.
pub fn is_reversed(tx: &ReadTx, entry: i64) -> Result<bool> {
    tx.one(
        "select exists (select 1 from loyalty_entries where reverses = :entry) as reversed",
        named_params! { ":entry": entry },
        |row| row.get("reversed"),
    )
}

/// What a purchase earned, and what its refunds took back, in the order of the ledger; each with our own number.
pub fn entries_of_purchase(tx: &ReadTx, site: SiteNo, purchase: i64) -> Result<Vec<(i64, Entry)>> {
    tx.all(
        sql!(
            "select {ENTRY_COLUMNS} from loyalty_entries
             where purchase = :purchase and site = :site and cause in ('earn', 'refund') order by no"
        ),
        named_params! { ":site": site, ":purchase": purchase },
        |row| Ok((row.get("no")?, entry_from_row(row)?)),
    )
}

/// Whether refunds took back something of what a purchase earned in a campaign.
pub fn was_refunded(tx: &ReadTx, site: SiteNo, campaign: i64, purchase: i64) -> Result<bool> {
    tx.one(
        "select exists (
             select 1 from loyalty_entries
             where purchase = :purchase and site = :site and campaign = :campaign and cause = 'refund'
         ) as refunded",
        named_params! { ":site": site, ":campaign": campaign, ":purchase": purchase },
        |row| row.get("refunded"),
    )
}

/// A member's entries in a campaign as their lots are worked out from: in the order in which they were made, which is that
/// of their times, and within a second of their ids.
pub fn booked(tx: &ReadTx, site: SiteNo, campaign: i64, customer: i64) -> Result<Vec<Booked>> {
    tx.all(
        "select no, at, cause, amount, expires_at, reverses, purchase from loyalty_entries
         where campaign = :campaign and customer = :customer and +site = :site
         order by at, id",
        named_params! { ":site": site, ":campaign": campaign, ":customer": customer },
        |row| {
            Ok(Booked {
                no: row.get("no")?,
                at: row.get("at")?,
                cause: row.get("cause")?,
                amount: row.get("amount")?,
                expires_at: row.get("expires_at")?,
                reverses: row.get("reverses")?,
                purchase: row.get("purchase")?,
            })
        },
    )
}

/// Whether an entry says what a refund took back of a member's balance; all three by public id.
pub fn is_taken_back(tx: &ReadTx, site: SiteNo, refund: &str, campaign: &str, customer: &str) -> Result<bool> {
    tx.one(
        "select exists (
             select 1 from refunds f join loyalty_entries e on e.refund = f.no
             where f.site = :site and f.id = :refund
               and e.campaign = (select no from loyalty_campaigns where site = :site and id = :campaign)
               and e.customer = (select no from customers where site = :site and id = :customer)
         ) as taken",
        named_params! { ":site": site, ":refund": refund, ":campaign": campaign, ":customer": customer },
        |row| row.get("taken"),
    )
}

/// Adds an entry that moves the balance by `delta`, moves it, and returns our own number. The clock will see to what expires.
pub fn insert_entry(tx: &WriteTx, site: SiteNo, entry: &Entry, delta: i64) -> Result<i64> {
    let no = inserted(keep_entry(tx, site, entry, delta)?)?;
    let (campaign, customer) = (entry.campaign, entry.customer);
    match (entry.cause, entry.expires_at) {
        (Cause::Earn, Some(at)) => balances::expect_expiry_by(tx, site, campaign, customer, at)?,
        (Cause::Reverse, _) => {
            // What comes back may have to expire earlier than anything that is there.
            let lots = Lots::of(&booked(tx, site, campaign, customer)?);
            balances::expect_expiry(tx, site, campaign, customer, lots.next())?;
        }
        _ => {}
    }
    Ok(no)
}

/// The same for an archive's entry, of which nothing expires until [`expect_expiries`], unless there is one of this id.
pub fn keep_entry(tx: &WriteTx, site: SiteNo, entry: &Entry, delta: i64) -> Result<Option<i64>> {
    let no = tx.insert_new(
        "insert into loyalty_entries
             (site, id, campaign, customer, at, cause, amount, redeemed, delta, expires_at, item, description, user,
              reverses, purchase, refund, shortfall)
         values
             (:site, :id, :campaign, :customer, :at, :cause, :amount, :redeemed, :delta, :expires_at, :item, :description,
              :user, :reverses, :purchase, :refund, :shortfall)
         on conflict (site, id) do nothing",
        named_params! {
            ":site": site,
            ":id": entry.id,
            ":campaign": entry.campaign,
            ":customer": entry.customer,
            ":at": entry.at,
            ":cause": entry.cause,
            ":amount": entry.amount,
            ":redeemed": entry.redeemed,
            ":delta": delta,
            ":expires_at": entry.expires_at,
            ":item": entry.item,
            ":description": entry.description,
            ":user": entry.user,
            ":reverses": entry.reverses,
            ":purchase": entry.purchase,
            ":refund": entry.refund,
            ":shortfall": entry.shortfall,
        },
    )?;
    // Without triggers all is counted at the end, the balance too (counts/bulk.rs).
    if no.is_some() && tx.has_triggers()? {
        balances::add(tx, site, entry, delta)?;
    }
    Ok(no)
}
