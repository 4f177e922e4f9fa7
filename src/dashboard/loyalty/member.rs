//! Members: search, a new one, and a member's ledger, where something is recorded, redeemed or undone.

use actix_web::http::StatusCode;
use actix_web::web;
use askama::Template;

use super::{EntryRow, SECTION, Tab, amount, cause_badge, note, signed, tabs};
use crate::dashboard::door::{Answer, Form, Visit, go_to, page, page_with};
use crate::dashboard::erasure;
use crate::dashboard::flaw::Flaw;
use crate::dashboard::kit::{Choice, Confirm, Field, Pager};
use crate::dashboard::links;
use crate::dashboard::shell::Shell;
use crate::dashboard::show::{self, Moment};
use crate::domain::customers::Customer;
use crate::domain::loyalty::{Campaign, Cause};
use crate::domain::{EmailAddress, Error, OrNotFound, Result, Site};
use crate::http::params::Params;
use crate::ops::customers::{self, NewMember};
use crate::ops::listing::{Listed, Wanted};
use crate::ops::loyalty::{self, NewEntry};
use crate::ops::sessions::SignedIn;
use crate::store::ReadTx;
use crate::store::loyalty::NamedEntry;

const PATH: &str = "/dashboard/loyalty/members";
const ROWS: i64 = 50;
/// Fields of a new member, as errors name them.
const FIELDS: [&str; 6] = ["code", "email", "card_number", "first_name", "last_name", "phone"];

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/loyalty/members", web::get().to(list))
        .route("/loyalty/members/new", web::get().to(new))
        .route("/loyalty/members/new", web::post().to(add))
        .route("/loyalty/members/{id}", web::get().to(show_it))
        .route("/loyalty/members/{id}/erase", web::post().to(erase))
        .route("/loyalty/members/{id}/entries", web::post().to(record))
        .route("/loyalty/members/{id}/reverse", web::post().to(reverse));
}

struct MemberRow {
    id: String,
    name: String,
    code: String,
    email: String,
    since: Moment,
}

#[derive(Template)]
#[template(path = "loyalty/members.html")]
struct ListPage {
    shell: Shell,
    tabs: Vec<Tab>,
    search: Field,
    rows: Vec<MemberRow>,
    pager: Pager,
    asked: bool,
    may_change: bool,
}

/// What a member is called: the name, else what else is known.
fn name_of(customer: &Customer) -> String {
    let name: Vec<&str> =
        [&customer.first_name, &customer.last_name].into_iter().flatten().map(String::as_str).collect();
    match (name.is_empty(), &customer.email, &customer.code) {
        (false, _, _) => name.join(" "),
        (true, Some(email), _) => email.shown().to_owned(),
        (true, None, code) => code.clone().unwrap_or_default(),
    }
}

async fn list(visit: Visit) -> Answer {
    let text = visit.query.get("q").map(|text| text.trim().to_owned());
    let after = visit.query.get("after").map(str::to_owned);
    let (wanted, from) = (text.clone(), after.clone());
    let (rows, next, said) = visit
        .read(move |tx, who| match wanted {
            Some(text) => {
                let limit = usize::try_from(ROWS).unwrap_or(0);
                let found = customers::search_members(tx, &who.site, &text, limit)?;
                let said = match (found.members.len() >= limit, found.has_older) {
                    (true, _) => "The first that fit".to_owned(),
                    (false, true) => format!(
                        "Beginnings are found among all members, parts among the {} who came last",
                        show::count(customers::NEWEST)
                    ),
                    (false, false) => String::new(),
                };
                Ok((found.members, None, said))
            }
            None => {
                let wanted = Wanted::from(ROWS, from);
                let listed = loyalty::list_members(tx, &who.site, None, &wanted)?;
                let next = listed.rows.last().filter(|_| listed.has_more).map(|(_, last)| last.id.clone());
                let rows = listed.rows.into_iter().map(|(_, customer)| customer).collect();
                Ok((rows, next, show::counted(listed.total_count, "member", "members")))
            }
        })
        .await?;
    let site = &visit.who.site;
    let row = |customer: &Customer| MemberRow {
        id: customer.id.clone(),
        name: name_of(customer),
        code: customer.code.clone().unwrap_or_default(),
        email: customer.email.as_ref().map_or(String::new(), |email| email.shown().to_owned()),
        since: show::moment(&site.zone, customer.created_at),
    };
    page(&ListPage {
        shell: visit.shell("Members", SECTION)?,
        tabs: tabs(PATH),
        search: Field::new("q", "Name, address, number or card").kind("search").value(text.clone().unwrap_or_default()),
        rows: rows.iter().map(row).collect(),
        pager: Pager {
            first: after.map(|_| PATH.to_owned()),
            next: next.map(|id| links::with(PATH, &[("after", &id)])),
            said,
        },
        asked: text.is_some(),
        may_change: visit.may("POST", SECTION),
    })
}

#[derive(Template)]
#[template(path = "loyalty/new_member.html")]
struct NewPage {
    shell: Shell,
    fields: Vec<Field>,
    problem: String,
}

async fn new(visit: Visit) -> Answer {
    show_new(&visit, StatusCode::OK, &Params::default(), &Flaw::default())
}

fn show_new(visit: &Visit, status: StatusCode, typed: &Params, flaw: &Flaw) -> Answer {
    let labels = ["Member's number", "E-mail address", "Card number", "First name", "Last name", "Phone"];
    let fields = FIELDS
        .into_iter()
        .zip(labels)
        .map(|(name, label)| {
            let field = Field::new(name, label).value(typed.typed(name)).error(flaw.at(name)).autocomplete("off");
            if name == "code" { field.hint("Blank: 16 digits are made.") } else { field }
        })
        .collect();
    let page = NewPage { shell: visit.shell("A new member", SECTION)?, fields, problem: flaw.beside(&FIELDS) };
    page_with(status, &page)
}

async fn add(form: Form) -> Answer {
    let text = |name: &str| form.fields.get(name).map(|value| value.trim().to_owned());
    let email = match text("email").map(|email| EmailAddress::parse(&email)).transpose() {
        Ok(email) => email,
        Err(e) => {
            let flaw = Flaw::of(e.in_field("email"))?;
            return show_new(&form, StatusCode::UNPROCESSABLE_ENTITY, &form.fields, &flaw);
        }
    };
    let member = NewMember {
        code: text("code"),
        email,
        card_number: text("card_number"),
        first_name: text("first_name"),
        last_name: text("last_name"),
        phone: text("phone"),
        ..NewMember::default()
    };
    match form.write(move |tx, who| customers::add_member(tx, &who.site, member)).await {
        Ok((_, customer)) => Ok(go_to(&format!("{PATH}/{}?done=member", customer.id))),
        Err(e) => show_new(&form, StatusCode::UNPROCESSABLE_ENTITY, &form.fields, &Flaw::of(e)?),
    }
}

struct Balance {
    campaign: String,
    shown: String,
    active: bool,
}

#[derive(Template)]
#[template(path = "loyalty/member.html")]
struct MemberPage {
    shell: Shell,
    id: String,
    facts: Vec<(String, String)>,
    since: Moment,
    balances: Vec<Balance>,
    rows: Vec<LedgerRow>,
    pager: Pager,
    campaign: Choice,
    act: Choice,
    amount: Field,
    note: Field,
    problem: String,
    may_change: bool,
    has_active: bool,
    erase: Option<Confirm>,
}

struct LedgerRow {
    entry: EntryRow,
    expires: Option<Moment>,
    undo: Option<Confirm>,
}

/// Everything about a member that somebody may see.
struct Member {
    customer: Customer,
    campaigns: Vec<Campaign>,
    balances: Vec<i64>,
    entries: Listed<NamedEntry>,
}

fn gather(tx: &ReadTx, who: &SignedIn, id: &str, after: Option<String>) -> Result<Member> {
    let (no, customer) = customers::find(tx, &who.site, id)?;
    let campaigns = loyalty::visible_campaigns(tx, &who.site, &who.user.campaigns())?;
    let balances = loyalty::balances(tx, &who.site, &campaigns, no)?.into_iter().map(|(_, balance)| balance).collect();
    let wanted = Wanted::from(ROWS, after);
    let mut entries = loyalty::list_entries(tx, &who.site, (None, Some(no)), &wanted)?;
    entries.rows.retain(|one| campaigns.iter().any(|campaign| campaign.id == one.campaign_id));
    Ok(Member { customer, campaigns, balances, entries })
}

async fn show_it(visit: Visit, id: web::Path<String>) -> Answer {
    show(&visit, StatusCode::OK, id.into_inner(), &Params::default(), &Flaw::default()).await
}

async fn show(visit: &Visit, status: StatusCode, id: String, typed: &Params, flaw: &Flaw) -> Answer {
    let after = visit.query.get("after").map(str::to_owned);
    let from = after.clone();
    let member = visit.read(move |tx, who| gather(tx, who, &id, from)).await?;
    let site = &visit.who.site;
    let (customer, campaigns) = (&member.customer, &member.campaigns);
    let shell = visit.shell(name_of(customer), SECTION)?;
    let path = format!("{PATH}/{}", customer.id);
    let may_change = visit.may("POST", SECTION);
    let undone: Vec<&str> = member.entries.rows.iter().filter_map(|one| one.reverses_id.as_deref()).collect();
    let row = |one: &NamedEntry| {
        let entry = &one.entry;
        let campaign = campaigns.iter().find(|campaign| campaign.id == one.campaign_id);
        let may_undo =
            may_change && matches!(entry.cause, Cause::Earn | Cause::Redeem) && !undone.contains(&entry.id.as_str());
        let shown = signed(site, campaign, entry);
        LedgerRow {
            undo: may_undo.then(|| {
                let question = format!("Undo {shown}? The entry stays, and another takes it back.");
                Confirm::new(&shell.csrf, format!("{path}/reverse"), "Undo", question, "Undo it")
                    .with("entry", &entry.id)
            }),
            expires: entry.expires_at.map(|at| show::moment(&site.zone, at)),
            entry: EntryRow {
                who: entry.user.clone().unwrap_or_default(),
                page: None,
                campaign: campaign.map(|campaign| campaign.name.clone()).unwrap_or_default(),
                what: cause_badge(entry),
                amount: shown,
                note: note(entry),
                at: show::moment(&site.zone, entry.at),
            },
        }
    };
    let active = campaigns.iter().filter(|campaign| campaign.active);
    let campaign =
        active.clone().fold(Choice::new("campaign", "Campaign", typed.typed("campaign")), |choice, campaign| {
            choice.option(&campaign.id, &campaign.name)
        });
    let next = member.entries.rows.last().filter(|_| member.entries.has_more);
    let page = MemberPage {
        facts: facts(customer),
        since: show::moment(&site.zone, customer.created_at),
        balances: campaigns
            .iter()
            .zip(&member.balances)
            .map(|(campaign, balance)| Balance {
                campaign: campaign.name.clone(),
                shown: amount(site.currency, campaign.kind, *balance),
                active: campaign.active,
            })
            .collect(),
        rows: member.entries.rows.iter().map(row).collect(),
        pager: Pager {
            first: after.map(|_| path.clone()),
            next: next.map(|last| links::with(&path, &[("after", &last.entry.id)])),
            said: show::counted(member.entries.total_count, "entry", "entries"),
        },
        campaign: campaign.error(flaw.at("campaign")),
        act: Choice::new("act", "What", typed.typed("act")).option("earn", "Record").option("redeem", "Redeem"),
        amount: Field::new("amount", "Amount")
            .value(typed.typed("amount"))
            .hint("Points, visits or pieces; money as 12.50.")
            .error(flaw.at("amount")),
        note: Field::new("description", "Note").value(typed.typed("description")).error(flaw.at("description")),
        problem: flaw.beside(&["campaign", "amount", "description"]),
        may_change,
        has_active: active.count() > 0,
        erase: (customer.email.is_some() && visit.may("POST", &format!("{path}/erase")))
            .then(|| erasure::button(&shell.csrf, &path)),
        id: customer.id.clone(),
        shell,
    };
    page_with(status, &page)
}

async fn erase(form: Form, id: web::Path<String>) -> Answer {
    let id = id.into_inner();
    let email = form.read(move |tx, who| Ok(customers::find(tx, &who.site, &id)?.1.email)).await?;
    erasure::erase(&form, email, &format!("{PATH}?done=erased")).await
}

/// What is known of a member, further texts of a till included.
fn facts(customer: &Customer) -> Vec<(String, String)> {
    let email = customer.email.as_ref().map(|email| email.shown().to_owned());
    let known = [
        ("Number", customer.code.clone()),
        ("E-mail address", email),
        ("Card", customer.card_number.clone()),
        ("Phone", customer.phone.clone()),
    ];
    let known = known.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    known.chain(customer.custom.iter().map(|(name, value)| (name.clone(), value.clone()))).collect()
}

/// An amount as it is typed for a campaign.
fn parse_amount(site: &Site, campaign: &Campaign, text: &str) -> Result<i64> {
    let amount = match campaign.kind.is_money() {
        true => site.currency.parse_major(text),
        false => text.trim().parse().ok(),
    };
    amount
        .filter(|amount| *amount > 0)
        .ok_or_else(|| Error::malformed("amount", "must be more than 0, such as 5 or 12.50"))
}

async fn record(form: Form, id: web::Path<String>) -> Answer {
    let id = id.into_inner();
    let (of, typed) = (id.clone(), form.fields.clone());
    let written = form
        .write(move |tx, who| {
            let (customer, _) = customers::find(tx, &who.site, &of)?;
            let campaigns = loyalty::visible_campaigns(tx, &who.site, &who.user.campaigns())?;
            let wanted = typed.get("campaign").unwrap_or_default();
            let campaign = campaigns.into_iter().find(|campaign| campaign.id == wanted);
            let campaign = campaign.ok_or_else(|| Error::refused("campaign", "must be one of these"))?;
            let text = |name: &str| typed.get(name).map(|value| value.trim().to_owned());
            let entry = NewEntry {
                campaign_id: campaign.id.clone(),
                customer,
                amount: parse_amount(&who.site, &campaign, typed.typed("amount"))?,
                item: None,
                description: text("description"),
                user: Some(who.user.user_id.clone()),
            };
            match typed.get("act") {
                Some("redeem") => redeem(tx, &who.site, &campaign, entry),
                _ => loyalty::earn(tx, &who.site, entry).map(drop),
            }
        })
        .await;
    match written {
        Ok(()) => Ok(go_to(&format!("{PATH}/{id}?done=entry"))),
        Err(e) => {
            let flaw = Flaw::of(e)?;
            show(&form, StatusCode::UNPROCESSABLE_ENTITY, id, &form.fields, &flaw).await
        }
    }
}

/// Redeems, and says what is there in the words of the page where it is not enough.
fn redeem(tx: &crate::store::WriteTx, site: &Site, campaign: &Campaign, entry: NewEntry) -> Result<()> {
    let balance = loyalty::settled_balance(tx, site, campaign, entry.customer)?;
    if entry.amount > balance {
        let there = amount(site.currency, campaign.kind, balance);
        return Err(Error::refused("amount", format!("is more than there is: {there}")));
    }
    loyalty::redeem(tx, site, entry).map(drop)
}

async fn reverse(form: Form, id: web::Path<String>) -> Answer {
    let id = id.into_inner();
    let (of, entry) = (id.clone(), form.fields.get("entry").unwrap_or_default().to_owned());
    let written = form
        .write(move |tx, who| {
            let found = loyalty::named_entry(tx, &who.site, &entry)?;
            let allowed = found.customer_id == of && who.user.campaigns().contain(&found.campaign_id);
            allowed.then_some(()).or_not_found("entry", &entry)?;
            loyalty::reverse(tx, &who.site, &entry, Some(who.user.user_id.clone()))
        })
        .await;
    match written {
        Ok(_) => Ok(go_to(&format!("{PATH}/{id}?done=undone"))),
        Err(e) => {
            let flaw = Flaw::of(e)?;
            show(&form, StatusCode::UNPROCESSABLE_ENTITY, id, &Params::default(), &flaw).await
        }
    }
}
