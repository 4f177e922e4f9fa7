//! Loyalty campaigns and their ledger. Voided entries and what voids them are left out wherever people look.

use rusqlite::{Row, named_params};

use super::{ReadTx, WriteTx};
use crate::domain::customers::Customer;
use crate::domain::loyalty::{Campaign, Entry};
use crate::domain::{Result, SiteNo, Timestamp};

const CAMPAIGN_COLUMNS: &str = "no, id, name, kind, active, created_at, points_ratio, reward_ratio, earned_per_event, \
    earns_from_purchases";

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
        earns_from_purchases: row.get("earns_from_purchases")?,
    })
}

/// Every campaign of a site, by id.
pub fn campaigns(tx: &ReadTx, site: SiteNo) -> Result<Vec<Campaign>> {
    tx.all(
        &format!("select {CAMPAIGN_COLUMNS} from loyalty_campaigns where site = :site order by id"),
        named_params! { ":site": site },
        campaign_from_row,
    )
}

/// A site's campaign by its public id.
pub fn campaign_by_id(tx: &ReadTx, site: SiteNo, id: &str) -> Result<Option<Campaign>> {
    tx.first(
        &format!("select {CAMPAIGN_COLUMNS} from loyalty_campaigns where site = :site and id = :id"),
        named_params! { ":site": site, ":id": id },
        campaign_from_row,
    )
}

/// Adds a campaign and returns our own number.
pub fn insert_campaign(tx: &WriteTx, site: SiteNo, campaign: &Campaign) -> Result<i64> {
    tx.insert(
        "insert into loyalty_campaigns
             (site, id, name, kind, active, created_at, points_ratio, reward_ratio, earned_per_event,
              earns_from_purchases)
         values
             (:site, :id, :name, :kind, :active, :created_at, :points_ratio, :reward_ratio, :earned_per_event,
              :earns_from_purchases)",
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
            ":earns_from_purchases": campaign.earns_from_purchases,
        },
    )
}

/// Makes a campaign active or not. Returns whether there is such a campaign.
pub fn set_active(tx: &WriteTx, site: SiteNo, id: &str, active: bool) -> Result<bool> {
    let changed = tx.run(
        "update loyalty_campaigns set active = :active where site = :site and id = :id",
        named_params! { ":site": site, ":id": id, ":active": active },
    )?;
    Ok(changed > 0)
}

const ENTRY_COLUMNS: &str =
    "no, id, campaign, customer, at, amount, redeemed, delta, item, description, user, reverses, purchase";

fn entry_from_row(row: &Row) -> rusqlite::Result<Entry> {
    Ok(Entry {
        id: row.get("id")?,
        campaign: row.get("campaign")?,
        customer: row.get("customer")?,
        at: row.get("at")?,
        amount: row.get("amount")?,
        redeemed: row.get("redeemed")?,
        item: row.get("item")?,
        description: row.get("description")?,
        user: row.get("user")?,
        reverses: row.get("reverses")?,
        purchase: row.get("purchase")?,
    })
}

/// A site's entry by its public id, with our own number and what it moved the balance by.
pub fn entry_by_id(tx: &ReadTx, site: SiteNo, id: &str) -> Result<Option<(i64, i64, Entry)>> {
    tx.first(
        &format!("select {ENTRY_COLUMNS} from loyalty_entries where site = :site and id = :id"),
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

/// A member's balance in a campaign: the sum of what every entry moved it by.
pub fn balance(tx: &ReadTx, campaign: i64, customer: i64) -> Result<i64> {
    tx.one(
        "select coalesce(sum(delta), 0) as balance from loyalty_entries
         where campaign = :campaign and customer = :customer",
        named_params! { ":campaign": campaign, ":customer": customer },
        |row| row.get("balance"),
    )
}

/// Adds an entry that moves the balance by `delta`, and returns our own number.
pub fn insert_entry(tx: &WriteTx, site: SiteNo, entry: &Entry, delta: i64) -> Result<i64> {
    tx.insert(
        "insert into loyalty_entries
             (site, id, campaign, customer, at, amount, redeemed, delta, item, description, user, reverses, purchase)
         values
             (:site, :id, :campaign, :customer, :at, :amount, :redeemed, :delta, :item, :description, :user,
              :reverses, :purchase)",
        named_params! {
            ":site": site,
            ":id": entry.id,
            ":campaign": entry.campaign,
            ":customer": entry.customer,
            ":at": entry.at,
            ":amount": entry.amount,
            ":redeemed": entry.redeemed,
            ":delta": delta,
            ":item": entry.item,
            ":description": entry.description,
            ":user": entry.user,
            ":reverses": entry.reverses,
            ":purchase": entry.purchase,
        },
    )
}

/// Campaigns, by our own numbers, as a statement takes them.
fn numbers(campaigns: &[Campaign]) -> String {
    let numbers: Vec<i64> = campaigns.iter().map(|campaign| campaign.no).collect();
    serde_json::json!(numbers).to_string()
}

/// How many transactions there were in these campaigns from one instant up to and including another.
pub fn count_transactions(
    tx: &ReadTx,
    site: SiteNo,
    campaigns: &[Campaign],
    from: Timestamp,
    to: Timestamp,
) -> Result<i64> {
    tx.one(
        "select count(*) as count from loyalty_entries e
         where e.site = :site and e.campaign in (select value from json_each(:campaigns))
           and e.at between :from and :to and e.reverses is null
           and not exists (select 1 from loyalty_entries r where r.reverses = e.no)",
        named_params! { ":site": site, ":campaigns": numbers(campaigns), ":from": from, ":to": to },
        |row| row.get("count"),
    )
}

/// Seconds of the pieces in which [`transactions_by_quarter`] counts. Every zone in use is off UTC by a multiple.
pub const QUARTER_SECS: i64 = 900;

/// Transactions in these campaigns from one instant up to and including another, counted per campaign and quarter
/// of an hour, so that the caller can cut days in any zone. Hands campaign, start of the quarter, and count to `each`.
pub fn transactions_by_quarter(
    tx: &ReadTx,
    site: SiteNo,
    campaigns: &[Campaign],
    from: Timestamp,
    to: Timestamp,
    mut each: impl FnMut(i64, Timestamp, i64) -> Result<()>,
) -> Result<()> {
    tx.walk(
        "select e.campaign, (e.at - :from) / :quarter * :quarter + :from as quarter, count(*) as count
         from loyalty_entries e
         where e.site = :site and e.campaign in (select value from json_each(:campaigns))
           and e.at between :from and :to and e.reverses is null
           and not exists (select 1 from loyalty_entries r where r.reverses = e.no)
         group by e.campaign, quarter",
        named_params! {
            ":site": site,
            ":campaigns": numbers(campaigns),
            ":from": from,
            ":to": to,
            ":quarter": QUARTER_SECS,
        },
        |row| each(row.get("campaign")?, row.get("quarter")?, row.get("count")?),
    )
}

/// The members with the most transactions in these campaigns, each with their number; ties go by code.
pub fn most_active(tx: &ReadTx, site: SiteNo, campaigns: &[Campaign], limit: i64) -> Result<Vec<(Customer, i64)>> {
    tx.all(
        "select c.id, c.email, c.code, c.card_number, c.first_name, c.last_name, c.phone, c.created_at,
                count(*) as transactions
         from loyalty_entries e join customers c on c.no = e.customer
         where e.site = :site and e.campaign in (select value from json_each(:campaigns))
           and e.at <= :now and e.reverses is null
           and not exists (select 1 from loyalty_entries r where r.reverses = e.no)
         group by e.customer
         order by transactions desc, c.code, c.id limit :limit",
        named_params! { ":site": site, ":campaigns": numbers(campaigns), ":now": tx.now(), ":limit": limit },
        |row| {
            let customer = Customer {
                id: row.get("id")?,
                email: row.get("email")?,
                code: row.get("code")?,
                card_number: row.get("card_number")?,
                first_name: row.get("first_name")?,
                last_name: row.get("last_name")?,
                phone: row.get("phone")?,
                created_at: row.get("created_at")?,
            };
            Ok((customer, row.get("transactions")?))
        },
    )
}

/// A transaction with the names of its member, as lists show it.
#[derive(Clone, Debug, PartialEq)]
pub struct Transaction {
    /// The ledger's entry.
    pub entry: Entry,
    /// The member's number.
    pub code: Option<String>,
    /// Number of the member's card.
    pub card_number: Option<String>,
    /// The member's given name.
    pub first_name: Option<String>,
    /// The member's family name.
    pub last_name: Option<String>,
}

/// The newest transactions in these campaigns, newest first, then id descending.
pub fn newest_transactions(tx: &ReadTx, site: SiteNo, campaigns: &[Campaign], limit: i64) -> Result<Vec<Transaction>> {
    tx.all(
        "select e.no, e.id, e.campaign, e.customer, e.at, e.amount, e.redeemed, e.item, e.description, e.user,
                e.reverses, e.purchase, c.code, c.card_number, c.first_name, c.last_name
         from loyalty_entries e join customers c on c.no = e.customer
         where e.site = :site and e.campaign in (select value from json_each(:campaigns))
           and e.at <= :now and e.reverses is null
           and not exists (select 1 from loyalty_entries r where r.reverses = e.no)
         order by e.at desc, e.id desc limit :limit",
        named_params! { ":site": site, ":campaigns": numbers(campaigns), ":now": tx.now(), ":limit": limit },
        |row| {
            Ok(Transaction {
                entry: entry_from_row(row)?,
                code: row.get("code")?,
                card_number: row.get("card_number")?,
                first_name: row.get("first_name")?,
                last_name: row.get("last_name")?,
            })
        },
    )
}

/// An entry as the archive writes it, with public ids in place of our own numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedEntry {
    /// The entry itself.
    pub entry: Entry,
    /// Public id of its campaign.
    pub campaign_id: String,
    /// Public id of its customer.
    pub customer_id: String,
    /// Public id of the entry that it reverses.
    pub reverses_id: Option<String>,
    /// Public id of the purchase that earned it.
    pub purchase_id: Option<String>,
}

const NAMED_ENTRIES: &str = "select e.no, e.id, e.campaign, e.customer, e.at, e.amount, e.redeemed, e.item, \
    e.description, e.user, e.reverses, e.purchase, g.id as campaign_id, c.id as customer_id, r.id as reverses_id, \
    p.id as purchase_id \
    from loyalty_entries e \
    join loyalty_campaigns g on g.no = e.campaign \
    join customers c on c.no = e.customer \
    left join loyalty_entries r on r.no = e.reverses \
    left join purchases p on p.no = e.purchase";

fn named_from_row(row: &Row) -> rusqlite::Result<NamedEntry> {
    Ok(NamedEntry {
        entry: entry_from_row(row)?,
        campaign_id: row.get("campaign_id")?,
        customer_id: row.get("customer_id")?,
        reverses_id: row.get("reverses_id")?,
        purchase_id: row.get("purchase_id")?,
    })
}

/// A site's entry by its public id, with the public ids around it.
pub fn named_entry_by_id(tx: &ReadTx, site: SiteNo, id: &str) -> Result<Option<NamedEntry>> {
    tx.first(
        &format!("{NAMED_ENTRIES} where e.site = :site and e.id = :id"),
        named_params! { ":site": site, ":id": id },
        named_from_row,
    )
}

/// Hands every entry of a site to `each`, by id.
pub fn walk_entries(tx: &ReadTx, site: SiteNo, mut each: impl FnMut(NamedEntry) -> Result<()>) -> Result<()> {
    tx.walk(&format!("{NAMED_ENTRIES} where e.site = :site order by e.id"), named_params! { ":site": site }, |row| {
        each(named_from_row(row)?)
    })
}
