//! Transactions as people look at them: entries that earned or redeemed and were not voided. What voids them, what
//! expired, and what refunds took back is in none of these lists.

use rusqlite::{Row, named_params};

use super::{ENTRY_COLUMNS, entry_from_row};
use crate::domain::customers::Customer;
use crate::domain::loyalty::{Campaign, Entry};
use crate::domain::{Result, SiteNo, Timestamp};
use crate::store::counts::{self, Hourly};
use crate::store::{ReadTx, customers};

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
    let campaigns = numbers(campaigns);
    counts::between(tx, site, (Hourly::Transactions, &campaigns), (from, to), |from, to| {
        tx.one(
            "select count(*) as count from loyalty_entries e
             where e.site = :site and e.campaign in (select value from json_each(:campaigns))
               and e.at between :from and :to and e.cause in ('earn', 'redeem')
               and not exists (select 1 from loyalty_entries r where r.reverses = e.no)",
            named_params! { ":site": site, ":campaigns": campaigns, ":from": from, ":to": to },
            |row| row.get("count"),
        )
    })
}

/// Transactions in these campaigns from one instant up to and including another, counted per campaign and hour. Hands
/// campaign, an instant in the hour, and count to `each`. What is left at the ends is counted by the quarter.
pub fn transactions_by_hour(
    tx: &ReadTx,
    site: SiteNo,
    campaigns: &[Campaign],
    (from, to): (Timestamp, Timestamp),
    mut each: impl FnMut(i64, Timestamp, i64) -> Result<()>,
) -> Result<()> {
    let listed = numbers(campaigns);
    let ends = counts::by_hour(tx, site, (Hourly::Transactions, &listed), (from, to), &mut each)?;
    ends.into_iter().try_for_each(|(from, to)| transactions_by_quarter(tx, site, campaigns, from, to, &mut each))
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
           and e.at between :from and :to and e.cause in ('earn', 'redeem')
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

/// The members with the most transactions in these campaigns, each with their number; ties go by code. `all` says that
/// the site has no other campaigns.
pub fn most_active(
    tx: &ReadTx,
    site: SiteNo,
    campaigns: &[Campaign],
    all: bool,
    limit: i64,
) -> Result<Vec<(Customer, i64)>> {
    if all && !has_entries_after(tx, site, tx.now())? {
        return most_active_of_all(tx, site, limit);
    }
    tx.all(
        "select c.no, c.id, c.email, c.code, c.card_number, c.first_name, c.last_name, c.phone, c.custom, c.created_at,
                count(*) as transactions
         from loyalty_entries e join customers c on c.no = e.customer
         where e.site = :site and e.campaign in (select value from json_each(:campaigns))
           and e.at <= :now and e.cause in ('earn', 'redeem')
           and not exists (select 1 from loyalty_entries r where r.reverses = e.no)
         group by e.customer
         order by transactions desc, c.code, c.id limit :limit",
        named_params! { ":site": site, ":campaigns": numbers(campaigns), ":now": tx.now(), ":limit": limit },
        active_member,
    )
}

/// The same in all campaigns, from the kept counts. First it is found out how many transactions the last of the list
/// has, so that only those with as many are put in order.
fn most_active_of_all(tx: &ReadTx, site: SiteNo, limit: i64) -> Result<Vec<(Customer, i64)>> {
    tx.all(
        "select c.no, c.id, c.email, c.code, c.card_number, c.first_name, c.last_name, c.phone, c.custom, c.created_at,
                m.transactions
         from member_counts m join customers c on c.no = m.customer
         where m.site = :site and m.transactions >= max(1, coalesce(
             (select transactions from member_counts where site = :site order by transactions desc limit 1 offset :limit - 1), 1))
         order by m.transactions desc, c.code, c.id limit :limit",
        named_params! { ":site": site, ":limit": limit },
        active_member,
    )
}

fn active_member(row: &Row) -> rusqlite::Result<(Customer, i64)> {
    Ok((customers::from_row(row)?, row.get("transactions")?))
}

/// Whether there are entries of a time to come, as after a clock was set back.
fn has_entries_after(tx: &ReadTx, site: SiteNo, now: Timestamp) -> Result<bool> {
    tx.one(
        "select exists (select 1 from loyalty_entries where site = :site and at > :now) as found",
        named_params! { ":site": site, ":now": now },
        |row| row.get("found"),
    )
}

/// A transaction with the names of its member, as lists show it.
#[derive(Clone, Debug, PartialEq)]
pub struct Transaction {
    /// The ledger's entry.
    pub entry: Entry,
    /// The member's public id.
    pub member: String,
    /// The member's number.
    pub code: Option<String>,
    /// Number of the member's card.
    pub card_number: Option<String>,
    /// The member's given name.
    pub first_name: Option<String>,
    /// The member's family name.
    pub last_name: Option<String>,
}

/// An entry joined with its member.
const TRANSACTIONS: &str = "select e.no, e.id, e.campaign, e.customer, e.at, e.cause, e.amount, e.redeemed, e.expires_at, \
    e.item, e.description, e.user, e.reverses, e.purchase, e.refund, e.shortfall, c.code, c.card_number, c.first_name, \
    c.last_name, c.id as member \
    from loyalty_entries e join customers c on c.no = e.customer";

fn transaction_from_row(row: &Row) -> rusqlite::Result<Transaction> {
    Ok(Transaction {
        entry: entry_from_row(row)?,
        member: row.get("member")?,
        code: row.get("code")?,
        card_number: row.get("card_number")?,
        first_name: row.get("first_name")?,
        last_name: row.get("last_name")?,
    })
}

/// The newest transactions in these campaigns, newest first, then id descending.
pub fn newest_transactions(tx: &ReadTx, site: SiteNo, campaigns: &[Campaign], limit: i64) -> Result<Vec<Transaction>> {
    let span = Span { from: Timestamp::MIN, to: tx.now(), redeemed: None, offset: 0, limit };
    transactions_between(tx, site, campaigns, &span)
}

/// Which transactions a report wants.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    /// From this instant on.
    pub from: Timestamp,
    /// Up to and including this one.
    pub to: Timestamp,
    /// Only those that redeemed, or that earned.
    pub redeemed: Option<bool>,
    /// Rows to pass over.
    pub offset: i64,
    /// Rows at most.
    pub limit: i64,
}

/// Transactions in these campaigns within a span, newest first, then id descending.
pub fn transactions_between(
    tx: &ReadTx,
    site: SiteNo,
    campaigns: &[Campaign],
    span: &Span,
) -> Result<Vec<Transaction>> {
    tx.all(
        sql!(
            "{TRANSACTIONS}
             where e.site = :site and e.campaign in (select value from json_each(:campaigns))
               and e.at between :from and :to and e.cause in ('earn', 'redeem')
               and (:redeemed is null or e.redeemed = :redeemed)
               and not exists (select 1 from loyalty_entries r where r.reverses = e.no)
             order by e.at desc, e.id desc limit :limit offset :offset"
        ),
        named_params! {
            ":site": site,
            ":campaigns": numbers(campaigns),
            ":from": span.from,
            ":to": span.to,
            ":redeemed": span.redeemed,
            ":limit": span.limit,
            ":offset": span.offset,
        },
        transaction_from_row,
    )
}

/// A site's entry by our own number, with its member and what the balance was after it: what it is now, less what came
/// later. A receipt is mostly asked for at once, when nothing did, and a member's ledger only grows.
pub fn transaction_by_no(tx: &ReadTx, site: SiteNo, no: i64) -> Result<Option<(Transaction, i64)>> {
    tx.first(
        "select e.no, e.id, e.campaign, e.customer, e.at, e.cause, e.amount, e.redeemed, e.expires_at, e.item,
                e.description, e.user, e.reverses, e.purchase, e.refund, e.shortfall, c.code, c.card_number, c.first_name,
                c.last_name, c.id as member,
                coalesce((select b.balance from loyalty_balances b
                          where b.campaign = e.campaign and b.customer = e.customer), 0)
                - coalesce((select sum(later.delta) from loyalty_entries later
                            where later.campaign = e.campaign and later.customer = e.customer and later.no > e.no), 0)
                as balance
         from loyalty_entries e join customers c on c.no = e.customer
         where e.no = :no and e.site = :site",
        named_params! { ":site": site, ":no": no },
        |row| Ok((transaction_from_row(row)?, row.get("balance")?)),
    )
}

/// What moved a member's balance in a campaign and was not voided, newest first: transactions, and what expired or was
/// taken back, so that the rows add up.
pub fn booked_of_member(tx: &ReadTx, site: SiteNo, campaign: i64, customer: i64, limit: i64) -> Result<Vec<Entry>> {
    tx.all(
        sql!(
            "select {ENTRY_COLUMNS} from loyalty_entries e
             where e.campaign = :campaign and e.customer = :customer and +e.site = :site and e.cause <> 'reverse'
               and not exists (select 1 from loyalty_entries r where r.reverses = e.no)
             order by e.at desc, e.id desc limit :limit"
        ),
        named_params! { ":site": site, ":campaign": campaign, ":customer": customer, ":limit": limit },
        entry_from_row,
    )
}
