//! `type=reports`: rows straight under the response, newest first.

use super::auth::{Caller, Refusal};
use super::call::Answer;
use super::{input, views};
use crate::domain::time::day_plus;
use crate::domain::{Day, Timestamp};
use crate::http::params::Params;
use crate::http::tree::{Field, Node, text};
use crate::ops::loyalty;
use crate::store::ReadTx;
use crate::store::loyalty::Span;

/// Rows of one reply at most; `offset` leads to the rest.
const MOST: i64 = 10_000;

/// The names under which callers say the first and the last day.
const FIRST: &[&str] = &["date_start", "start_date", "date_from", "from"];
const LAST: &[&str] = &["date_end", "end_date", "date_to", "to"];

/// Which part of a report is wanted.
struct Part {
    from: Timestamp,
    to: Timestamp,
    offset: i64,
    limit: i64,
}

impl Part {
    fn read(
        caller: &Caller,
        params: &Params,
        now: Timestamp,
        usual_first: Option<Day>,
    ) -> std::result::Result<Self, Refusal> {
        let limit = input::count(params, "limit", MOST)?.filter(|limit| *limit > 0).unwrap_or(MOST);
        let offset = input::count(params, "offset", i64::MAX)?.unwrap_or(0);
        let (first, last) = (input::day(params, FIRST)?, input::day(params, LAST)?);
        if let (Some(first), Some(last)) = (first, last)
            && first > last
        {
            return Err(Refusal::DateNotValid);
        }
        let zone = caller.zone();
        let usual_first = if last.is_none() { usual_first } else { None };
        Ok(Part {
            from: first.or(usual_first).map_or(Timestamp::MIN, |day| zone.start_of(day)),
            to: last.map_or(now, |day| zone.start_of(day_plus(day, 1)).plus(-1)).min(now),
            offset,
            limit,
        })
    }
}

/// Answers a report.
pub(super) fn answer(tx: &ReadTx, caller: &Caller, params: &Params) -> Answer {
    match params.get("report").map(str::trim) {
        Some("transactions_all") => transactions(tx, caller, params, None),
        Some("transactions_redeemed") => transactions(tx, caller, params, Some(true)),
        Some("customers_all") => customers(tx, caller, params, false),
        Some("customers_new") => customers(tx, caller, params, true),
        Some("customers_balances") => balances(tx, caller, params),
        _ => Err(Refusal::ActionUndefined.into()),
    }
}

fn transactions(tx: &ReadTx, caller: &Caller, params: &Params, redeemed: Option<bool>) -> Answer {
    let Part { from, to, offset, limit } = Part::read(caller, params, tx.now(), None)?;
    let campaigns = caller.chosen(params)?;
    let (site, zone) = (&caller.site, caller.zone());
    let span = Span { from, to, redeemed, offset, limit };
    let rows = loyalty::transactions(tx, site, &campaigns, &span)?;
    let nodes = rows
        .iter()
        .filter_map(|row| {
            let campaign = campaigns.iter().find(|campaign| campaign.no == row.entry.campaign)?;
            let mut fields = views::transaction(row, campaign, site, zone);
            fields.push(text("time_stamp", views::stamp(zone, row.entry.at)));
            Some(Node::Fields(fields))
        })
        .collect();
    Ok(vec![Field::Many("transaction", nodes)])
}

/// The account's customers; `new` are those of this month when no day is said.
fn customers(tx: &ReadTx, caller: &Caller, params: &Params, new: bool) -> Answer {
    let zone = caller.zone();
    let this_month = zone.day_of(tx.now()).first_of_month();
    let Part { from, to, offset, limit } = Part::read(caller, params, tx.now(), new.then_some(this_month))?;
    let rows = loyalty::customers_between(tx, &caller.site, (from, to), (offset, limit))?;
    let nodes = rows.iter().map(|customer| Node::Fields(views::customer(customer, zone))).collect();
    Ok(vec![Field::Many("customer", nodes)])
}

/// Who ever took part in a campaign, with the balance.
fn balances(tx: &ReadTx, caller: &Caller, params: &Params) -> Answer {
    let Part { offset, limit, .. } = Part::read(caller, params, tx.now(), None)?;
    let campaign = caller.campaign(params)?;
    let rows = loyalty::balances_in(tx, &caller.site, campaign, (offset, limit))?;
    let nodes = rows
        .iter()
        .map(|(customer, balance)| {
            let mut fields = views::customer(customer, caller.zone());
            fields.push(text("balance", views::shown(campaign, *balance, &caller.site)));
            Node::Fields(fields)
        })
        .collect();
    Ok(vec![Field::Many("customer", nodes)])
}
