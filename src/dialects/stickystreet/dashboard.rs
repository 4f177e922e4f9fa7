//! `type=dashboard`: counts and lists for a shop's front page, each on demand. Sections come in a fixed order
//! however they were asked for; those about campaigns know only the campaigns that the user may see.

use super::auth::Refusal;
use super::output::is_on;
use crate::domain::customers::Customer;
use crate::domain::loyalty::Campaign;
use crate::domain::users::User;
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
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Dashboard {
    most_active: i64,
    customer_count: bool,
    customers_by_month: bool,
    transactions_by_month: bool,
    active_campaigns: bool,
    activity_days: i64,
    last_transactions: i64,
    last_customers: i64,
}

impl Dashboard {
    /// Reads the parameters.
    pub(super) fn read(params: &Params) -> std::result::Result<Self, Refusal> {
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

    /// Looks everything up that was asked for.
    pub(super) fn answer(&self, tx: &ReadTx, site: &Site, user: &User) -> Result<Vec<Field>> {
        let zone = user.zone.as_ref().unwrap_or(&site.zone);
        let campaigns = loyalty::visible_campaigns(tx, site, &user.campaigns())?;
        let mut sections = Vec::new();
        if self.most_active > 0 {
            let members = loyalty::most_active(tx, site, &campaigns, self.most_active)?;
            let entries = members.iter().map(|(member, count)| active_member(member, *count)).collect();
            sections.push(Field::One("most_active", Node::List("customer", entries)));
        }
        sections.extend(self.total_customers(tx, site, zone)?);
        if self.transactions_by_month {
            let months = loyalty::transactions_by_month(tx, site, zone, &campaigns)?;
            sections.push(Field::One("total_transactions", Node::Fields(by_month(months))));
        }
        if self.active_campaigns {
            let active = campaigns.iter().filter(|campaign| campaign.active).count();
            sections.push(text("active_campaigns_count", active));
        }
        if self.activity_days > 0 {
            let activity = loyalty::activity(tx, site, zone, &campaigns, self.activity_days)?;
            let entries = activity.iter().map(active_campaign).collect();
            sections.push(Field::One("campaigns_per_day_activity", Node::List("campaign", entries)));
        }
        if self.last_transactions > 0 {
            let rows = loyalty::newest_transactions(tx, site, &campaigns, self.last_transactions)?;
            sections.push(last_transactions(&rows, site, zone, &campaigns));
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

/// A count of rows or days: decimal digits. Absent and 0 are off; more than there may be is cut, however much it is.
fn number(params: &Params, name: &str, most: i64) -> std::result::Result<i64, Refusal> {
    let Some(digits) = params.get(name).map(str::trim) else { return Ok(0) };
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Refusal::NumberNotValid);
    }
    // Digits alone fail to parse only when they are too many.
    Ok(digits.parse().map_or(most, |number: i64| number.min(most)))
}

fn by_month(months: Months) -> Vec<Field> {
    vec![
        text("this_month", months.this_month),
        text("last_month", months.last_month),
        text("same_period_last_month", months.same_period_last_month),
    ]
}

/// The four fields that say who a member is; what is not known is an empty element.
fn who(
    code: &Option<String>,
    card_number: &Option<String>,
    first_name: &Option<String>,
    last_name: &Option<String>,
) -> [Field; 4] {
    [
        optional("code", code),
        optional("card_number", card_number),
        optional("first_name", first_name),
        optional("last_name", last_name),
    ]
}

fn optional(name: &'static str, value: &Option<String>) -> Field {
    text(name, value.as_deref().unwrap_or_default())
}

fn who_is(customer: &Customer) -> [Field; 4] {
    who(&customer.code, &customer.card_number, &customer.first_name, &customer.last_name)
}

fn active_member(member: &Customer, transactions: i64) -> Node {
    let mut fields = Vec::from(who_is(member));
    fields.push(text("transactions", transactions));
    Node::Fields(fields)
}

fn new_customer(customer: &Customer, zone: &Zone) -> Node {
    let mut fields = Vec::from(who_is(customer));
    fields.push(text("time_stamp", zone.civil(customer.created_at).strftime("%Y-%m-%d %H:%M:%S")));
    Node::Fields(fields)
}

/// The three fields that say which campaign it is.
fn which(campaign: &Campaign) -> [Field; 3] {
    [text("campaign_id", &campaign.id), text("campaign_name", &campaign.name), text("campaign_type", campaign.kind)]
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
            Some(transaction(row, campaign, site, zone))
        })
        .collect();
    let fields = vec![text("transactions", entries.len()), Field::Many("transaction", entries)];
    Field::One("last_X_transactions", Node::Fields(fields))
}

fn transaction(row: &Transaction, campaign: &Campaign, site: &Site, zone: &Zone) -> Node {
    let entry = &row.entry;
    let mut fields = vec![text("transaction_id", &entry.id)];
    fields.extend(which(campaign));
    fields.extend(who(&row.code, &row.card_number, &row.first_name, &row.last_name));
    fields.extend([
        text("date", zone.day_of(entry.at)),
        text("amount", campaign.kind.shown(entry.amount, site.currency.decimals())),
        text("redeemed", if entry.redeemed { "Y" } else { "N" }),
        optional("item", &entry.item),
        optional("description", &entry.description),
        optional("user", &entry.user),
    ]);
    Node::Fields(fields)
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
