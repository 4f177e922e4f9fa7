//! `type=dashboard`: counts and lists for a shop's front page, each on demand. Sections come in a fixed order
//! however they were asked for; those about campaigns know only the campaigns that the user may see.

use super::auth::{Caller, Refusal};
use super::call::Answer;
use super::input;
use super::output::is_on;
use super::views::{self, which, who_is};
use crate::domain::customers::Customer;
use crate::domain::loyalty::Campaign;
use crate::domain::{Day, Result, Site, Zone};
use crate::http::params::Params;
use crate::http::tree::{Field, Node, text};
use crate::ops::loyalty::{self, Activity, Months};
use crate::store::ReadTx;
use crate::store::loyalty::Transaction;

/// At most so many rows of a list, and so many days.
const MAX_ROWS: i64 = 1_000;
const MAX_DAYS: i64 = 366;

/// Which sections are asked for; a number of 0 is none.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Dashboard {
    most_active: i64,
    customer_count: bool,
    customers_by_month: bool,
    transactions_by_month: bool,
    active_campaigns: bool,
    activity_days: i64,
    last_transactions: i64,
    last_customers: i64,
}

/// `type=dashboard`.
pub(super) fn answer(tx: &ReadTx, caller: &Caller, params: &Params) -> Answer {
    Ok(Dashboard::read(params)?.answer(tx, caller)?)
}

impl Dashboard {
    /// Reads the parameters.
    fn read(params: &Params) -> std::result::Result<Self, Refusal> {
        Ok(Dashboard {
            most_active: number(params, "most_active", MAX_ROWS)?,
            customer_count: is_on(params, "customer_count"),
            customers_by_month: is_on(params, "total_customers_this_month"),
            transactions_by_month: is_on(params, "total_transactions_this_month"),
            // The vendor's own sample in PHP has the singular.
            active_campaigns: is_on(params, "active_campaigns_count") || is_on(params, "active_campaign_count"),
            activity_days: number(params, "campaigns_per_day_activity", MAX_DAYS)?,
            last_transactions: number(params, "last_X_transactions", MAX_ROWS)?,
            last_customers: number(params, "last_X_customers", MAX_ROWS)?,
        })
    }

    /// Everything that was asked for, as it is at this second.
    fn answer(&self, tx: &ReadTx, caller: &Caller) -> Result<Vec<Field>> {
        let key = (caller.site.no, caller.user.no, tx.now(), self.clone());
        let sections = tx.remember("loyalty dashboard", key, |tx| self.look_up(tx, caller).map(Some))?;
        Ok(sections.unwrap_or_default())
    }

    fn look_up(&self, tx: &ReadTx, caller: &Caller) -> Result<Vec<Field>> {
        let (site, zone, campaigns) = (&caller.site, caller.zone(), &caller.campaigns);
        let mut sections = Vec::new();
        if self.most_active > 0 {
            let members = loyalty::most_active(tx, site, campaigns, self.most_active)?;
            let entries = members.iter().map(|(member, count)| active_member(member, *count)).collect();
            sections.push(Field::One("most_active", Node::List("customer", entries)));
        }
        sections.extend(self.total_customers(tx, site, zone)?);
        if self.transactions_by_month {
            let months = loyalty::transactions_by_month(tx, site, zone, campaigns)?;
            sections.push(Field::One("total_transactions", Node::Fields(by_month(months))));
        }
        if self.active_campaigns {
            let active = campaigns.iter().filter(|campaign| campaign.active).count();
            sections.push(text("active_campaigns_count", active));
        }
        if self.activity_days > 0 {
            let activity = loyalty::activity(tx, site, zone, campaigns, self.activity_days)?;
            let entries = activity.iter().map(active_campaign).collect();
            sections.push(Field::One("campaigns_per_day_activity", Node::List("campaign", entries)));
        }
        if self.last_transactions > 0 {
            let rows = loyalty::newest_transactions(tx, site, campaigns, self.last_transactions)?;
            sections.push(last_transactions(&rows, site, zone, campaigns));
        }
        if self.last_customers > 0 {
            let customers = loyalty::newest_customers(tx, site, self.last_customers)?;
            let entries = customers.iter().map(|customer| new_customer(customer, zone)).collect();
            sections.push(Field::One("last_X_customers", Node::List("customer", entries)));
        }
        Ok(sections)
    }

    /// Two questions share one element.
    fn total_customers(&self, tx: &ReadTx, site: &Site, zone: &Zone) -> Result<Option<Field>> {
        let mut counts = Vec::new();
        if self.customer_count {
            counts.push(text("all_time", loyalty::customers_of_all_time(tx, site)?));
        }
        if self.customers_by_month {
            counts.extend(by_month(loyalty::customers_by_month(tx, site, zone)?));
        }
        let asked = !counts.is_empty();
        Ok(asked.then_some(Field::One("total_customers", Node::Fields(counts))))
    }
}

/// A count of rows or days. Absent and 0 are off; more than there may be is cut, however much it is.
fn number(params: &Params, name: &str, most: i64) -> std::result::Result<i64, Refusal> {
    Ok(input::count(params, name, most)?.unwrap_or(0))
}

fn by_month(months: Months) -> Vec<Field> {
    vec![
        text("this_month", months.this_month),
        text("last_month", months.last_month),
        text("same_period_last_month", months.same_period_last_month),
    ]
}

fn active_member(member: &Customer, transactions: i64) -> Node {
    let mut fields = Vec::from(who_is(member));
    fields.push(text("transactions", transactions));
    Node::Fields(fields)
}

fn new_customer(customer: &Customer, zone: &Zone) -> Node {
    let mut fields = Vec::from(who_is(customer));
    fields.push(text("time_stamp", views::stamp(zone, customer.created_at)));
    Node::Fields(fields)
}

fn active_campaign(activity: &Activity) -> Node {
    let day = |(day, quantity): &(Day, i64)| Node::Fields(vec![text("date", day), text("quantity", quantity)]);
    let mut fields = Vec::from(which(&activity.campaign));
    fields.push(Field::Many("day", activity.days.iter().map(day).collect()));
    Node::Fields(fields)
}

/// The rows, after how many they are.
fn last_transactions(rows: &[Transaction], site: &Site, zone: &Zone, campaigns: &[Campaign]) -> Field {
    let entries: Vec<Node> = rows
        .iter()
        .filter_map(|row| {
            let campaign = campaigns.iter().find(|campaign| campaign.no == row.entry.campaign)?;
            Some(Node::Fields(views::transaction(row, campaign, site, zone)))
        })
        .collect();
    let fields = vec![text("transactions", entries.len()), Field::Many("transaction", entries)];
    Field::One("last_X_transactions", Node::Fields(fields))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> std::result::Result<Dashboard, Refusal> {
        Dashboard::read(&Params::parse(query.as_bytes()))
    }

    #[test]
    fn numbers_are_cut_to_what_there_may_be() {
        let rows =
            read("most_active=1001&last_X_transactions=1000&last_X_customers=99999999999999999999").expect("rows");
        assert_eq!((rows.most_active, rows.last_transactions, rows.last_customers), (1_000, 1_000, 1_000));
        assert_eq!(read("campaigns_per_day_activity=367").expect("days").activity_days, 366);
        assert_eq!(read("campaigns_per_day_activity=7").expect("days").activity_days, 7);
    }

    #[test]
    fn whatever_is_no_whole_number_is_refused_and_nothing_is_off() {
        for name in ["most_active", "campaigns_per_day_activity", "last_X_transactions", "last_X_customers"] {
            for bad in ["-1", "-0", "x", "1.0", "1e3", "0x10", "1,000", "1 0", "\u{663}"] {
                assert_eq!(read(&format!("{name}={bad}")), Err(Refusal::NumberNotValid), "{name}={bad}");
            }
            for off in ["", "0", "000", "%20"] {
                assert_eq!(read(&format!("{name}={off}")), read(""), "{name}={off}");
            }
        }
    }
}
