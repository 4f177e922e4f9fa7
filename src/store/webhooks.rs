//! Endpoints that a shop wants to be told at, and what is on its way to them.

use rusqlite::{Row, named_params, types::Type};

use super::listing::{Conditions, Page};
use super::{ReadTx, WriteTx};
use crate::domain::webhooks::{Delivery, DeliveryStatus, Events, Webhook};
use crate::domain::{Result, SiteNo, Timestamp};

const COLUMNS: &str = "no, id, url, format, events, secret, active, created_at, failing_since";

fn from_row(row: &Row) -> rusqlite::Result<Webhook> {
    let events = Events::parse(&row.get::<_, String>("events")?)
        .map_err(|e| rusqlite::Error::FromSqlConversionFailure(4, Type::Text, e.into()))?;
    Ok(Webhook {
        no: row.get("no")?,
        id: row.get("id")?,
        url: row.get("url")?,
        format: row.get("format")?,
        events,
        secret: row.get("secret")?,
        active: row.get("active")?,
        created_at: row.get("created_at")?,
        failing_since: row.get("failing_since")?,
    })
}

const DELIVERY_COLUMNS: &str =
    "no, id, event, format, body, status, created_at, due_at, attempts, tried_at, answer, detail";

fn delivery_from_row(row: &Row) -> rusqlite::Result<Delivery> {
    Ok(Delivery {
        no: row.get("no")?,
        id: row.get("id")?,
        event: row.get("event")?,
        format: row.get("format")?,
        body: row.get("body")?,
        status: row.get("status")?,
        created_at: row.get("created_at")?,
        due_at: row.get("due_at")?,
        attempts: row.get("attempts")?,
        tried_at: row.get("tried_at")?,
        answer: row.get("answer")?,
        detail: row.get("detail")?,
    })
}

/// A site's endpoints, oldest first.
pub fn all(tx: &ReadTx, site: SiteNo) -> Result<Vec<Webhook>> {
    tx.all(
        sql!("select {COLUMNS} from webhooks where site = :site order by created_at, id"),
        named_params! { ":site": site },
        from_row,
    )
}

/// One page of a site's endpoints.
pub fn page(tx: &ReadTx, site: SiteNo, page: &Page) -> Result<Vec<Webhook>> {
    let conditions = Conditions::default().with(":site", site).of(page, "created_at", "id");
    let (more, direction) = (&conditions.text, page.direction());
    let sql = format!(
        "select {COLUMNS} from webhooks where site = :site{more}
         order by created_at {direction}, id {direction} limit :limit offset :offset"
    );
    tx.all_made(&sql, conditions.bind().as_slice(), from_row)
}

/// How many endpoints a site has.
pub fn count(tx: &ReadTx, site: SiteNo) -> Result<i64> {
    tx.one("select count(*) as count from webhooks where site = :site", named_params! { ":site": site }, |row| {
        row.get("count")
    })
}

/// A site's endpoint by its public id.
pub fn by_id(tx: &ReadTx, site: SiteNo, id: &str) -> Result<Option<Webhook>> {
    tx.first(
        sql!("select {COLUMNS} from webhooks where site = :site and id = :id"),
        named_params! { ":site": site, ":id": id },
        from_row,
    )
}

/// A site's endpoint by our own number.
pub fn by_no(tx: &ReadTx, site: SiteNo, no: i64) -> Result<Option<Webhook>> {
    tx.first(
        sql!("select {COLUMNS} from webhooks where site = :site and no = :no"),
        named_params! { ":site": site, ":no": no },
        from_row,
    )
}

/// Adds an endpoint and returns our own number.
pub fn insert(tx: &WriteTx, site: SiteNo, webhook: &Webhook) -> Result<i64> {
    tx.insert(
        "insert into webhooks (site, id, url, format, events, secret, active, created_at, failing_since)
         values (:site, :id, :url, :format, :events, :secret, :active, :created_at, :failing_since)",
        named_params! {
            ":site": site,
            ":id": webhook.id,
            ":url": webhook.url,
            ":format": webhook.format,
            ":events": webhook.events.to_string(),
            ":secret": webhook.secret,
            ":active": webhook.active,
            ":created_at": webhook.created_at,
            ":failing_since": webhook.failing_since,
        },
    )
}

/// Writes what can change of an endpoint.
pub fn update(tx: &WriteTx, site: SiteNo, webhook: &Webhook) -> Result<()> {
    tx.run(
        "update webhooks
         set url = :url, format = :format, events = :events, secret = :secret, active = :active,
             failing_since = :failing_since
         where site = :site and no = :no",
        named_params! {
            ":site": site,
            ":no": webhook.no,
            ":url": webhook.url,
            ":format": webhook.format,
            ":events": webhook.events.to_string(),
            ":secret": webhook.secret,
            ":active": webhook.active,
            ":failing_since": webhook.failing_since,
        },
    )?;
    Ok(())
}

/// Removes an endpoint with everything that is on its way to it.
pub fn delete(tx: &WriteTx, site: SiteNo, no: i64) -> Result<()> {
    tx.run(
        "delete from webhook_deliveries where site = :site and webhook = :no",
        named_params! { ":site": site, ":no": no },
    )?;
    tx.run("delete from webhooks where site = :site and no = :no", named_params! { ":site": site, ":no": no })?;
    Ok(())
}

/// Puts a delivery into the queue. `address` is the matched address that it is about.
pub fn enqueue(tx: &WriteTx, site: SiteNo, webhook: i64, delivery: &Delivery, address: Option<&str>) -> Result<()> {
    tx.insert(
        "insert into webhook_deliveries
             (site, webhook, id, event, format, body, address, status, created_at, due_at, attempts)
         values
             (:site, :webhook, :id, :event, :format, :body, :address, :status, :created_at, :due_at, :attempts)",
        named_params! {
            ":site": site,
            ":webhook": webhook,
            ":id": delivery.id,
            ":event": delivery.event,
            ":format": delivery.format,
            ":body": delivery.body,
            ":address": address,
            ":status": delivery.status,
            ":created_at": delivery.created_at,
            ":due_at": delivery.due_at,
            ":attempts": delivery.attempts,
        },
    )?;
    Ok(())
}

/// The delivery that has been due longest, of all shops' endpoints that are called and have none on its way: so an
/// endpoint that does not answer holds up its own deliveries and no others. Comes with its site and its endpoint.
pub fn first_due(tx: &ReadTx, now: Timestamp) -> Result<Option<(SiteNo, i64, Delivery)>> {
    tx.first(
        "select d.site, d.webhook, d.no, d.id, d.event, d.format, d.body, d.status, d.created_at, d.due_at, d.attempts,
                d.tried_at, d.answer, d.detail
         from webhooks w join webhook_deliveries d on d.no = (
             select q.no from webhook_deliveries q
             where q.webhook = w.no and q.status = 'queued' and q.due_at <= :now
             order by q.due_at, q.no limit 1
         )
         where w.active = 1 and not exists (
             select 1 from webhook_deliveries s where s.webhook = w.no and s.status = 'sending'
         )
         order by d.due_at, d.no limit 1",
        named_params! { ":now": now },
        |row| Ok((row.get("site")?, row.get("webhook")?, delivery_from_row(row)?)),
    )
}

/// When the next delivery falls due that could leave then: one behind another that is on its way waits for that.
pub fn next_due(tx: &ReadTx) -> Result<Option<Timestamp>> {
    tx.one(
        "select min((
             select q.due_at from webhook_deliveries q
             where q.webhook = w.no and q.status = 'queued'
             order by q.due_at, q.no limit 1
         )) as due_at
         from webhooks w where w.active = 1 and not exists (
             select 1 from webhook_deliveries s where s.webhook = w.no and s.status = 'sending'
         )",
        [],
        |row| row.get("due_at"),
    )
}

/// Writes where a delivery stands.
pub fn update_delivery(tx: &WriteTx, site: SiteNo, delivery: &Delivery) -> Result<()> {
    tx.run(
        "update webhook_deliveries
         set status = :status, due_at = :due_at, attempts = :attempts, tried_at = :tried_at, answer = :answer,
             detail = :detail
         where site = :site and no = :no",
        named_params! {
            ":site": site,
            ":no": delivery.no,
            ":status": delivery.status,
            ":due_at": delivery.due_at,
            ":attempts": delivery.attempts,
            ":tried_at": delivery.tried_at,
            ":answer": delivery.answer,
            ":detail": delivery.detail,
        },
    )?;
    Ok(())
}

/// A delivery by our own number.
pub fn delivery_by_no(tx: &ReadTx, site: SiteNo, no: i64) -> Result<Option<Delivery>> {
    tx.first(
        sql!("select {DELIVERY_COLUMNS} from webhook_deliveries where site = :site and no = :no"),
        named_params! { ":site": site, ":no": no },
        delivery_from_row,
    )
}

/// A site's delivery by its public id, with its endpoint's number.
pub fn delivery_by_id(tx: &ReadTx, site: SiteNo, id: &str) -> Result<Option<(i64, Delivery)>> {
    tx.first(
        sql!("select webhook, {DELIVERY_COLUMNS} from webhook_deliveries where site = :site and id = :id"),
        named_params! { ":site": site, ":id": id },
        |row| Ok((row.get("webhook")?, delivery_from_row(row)?)),
    )
}

/// The deliveries to an endpoint, all or those of one status.
fn deliveries<'a>(site: SiteNo, webhook: i64, status: Option<DeliveryStatus>) -> Conditions<'a> {
    Conditions::default().with(":site", site).with(":webhook", webhook).when(status, ":status", "status = :status")
}

/// One page of the deliveries to an endpoint, all or those of one status.
pub fn deliveries_page(
    tx: &ReadTx,
    site: SiteNo,
    webhook: i64,
    status: Option<DeliveryStatus>,
    page: &Page,
) -> Result<Vec<Delivery>> {
    let conditions = deliveries(site, webhook, status).of(page, "created_at", "id");
    let (more, direction) = (&conditions.text, page.direction());
    let sql = format!(
        "select {DELIVERY_COLUMNS} from webhook_deliveries where webhook = :webhook and site = :site{more}
         order by created_at {direction}, id {direction} limit :limit offset :offset"
    );
    tx.all_made(&sql, conditions.bind().as_slice(), delivery_from_row)
}

/// How many deliveries that is in all.
pub fn count_deliveries(tx: &ReadTx, site: SiteNo, webhook: i64, status: Option<DeliveryStatus>) -> Result<i64> {
    let conditions = deliveries(site, webhook, status);
    let sql = format!(
        "select count(*) as count from webhook_deliveries where webhook = :webhook and site = :site{}",
        conditions.text
    );
    tx.one_made(&sql, conditions.bind().as_slice(), |row| row.get("count"))
}

/// How many deliveries to an endpoint wait or are on their way, and how many are dead letters.
pub fn count_open(tx: &ReadTx, site: SiteNo, webhook: i64) -> Result<(i64, i64)> {
    tx.one(
        "select coalesce(sum(status <> 'dead'), 0) as waiting, coalesce(sum(status = 'dead'), 0) as dead
         from webhook_deliveries
         where site = :site and webhook = :webhook and status in ('queued', 'sending', 'dead')",
        named_params! { ":site": site, ":webhook": webhook },
        |row| Ok((row.get("waiting")?, row.get("dead")?)),
    )
}

/// Puts every dead letter of an endpoint back into the queue, now. Returns how many there were.
pub fn revive(tx: &WriteTx, site: SiteNo, webhook: i64) -> Result<usize> {
    tx.run(
        "update webhook_deliveries set status = 'queued', due_at = :now, attempts = 0
         where site = :site and webhook = :webhook and status = 'dead'",
        named_params! { ":site": site, ":webhook": webhook, ":now": tx.now() },
    )
}

/// What an earlier process had on its way waits again: a receiver knows a delivery by its id.
pub fn requeue_in_flight(tx: &WriteTx) -> Result<usize> {
    tx.run(
        "update webhook_deliveries set status = 'queued', due_at = :now where status = 'sending'",
        named_params! { ":now": tx.now() },
    )
}

/// Forgets deliveries to an endpoint that ended before an instant, a few at a time.
pub fn forget(tx: &WriteTx, site: SiteNo, webhook: i64, before: Timestamp) -> Result<()> {
    tx.run(
        "delete from webhook_deliveries
         where +site = :site and no in (
             select no from webhook_deliveries
             where webhook = :webhook and created_at < :before and status in ('delivered', 'dead')
             order by created_at limit 50
         )",
        named_params! { ":site": site, ":webhook": webhook, ":before": before },
    )?;
    Ok(())
}

/// Forgets every delivery that is about a matched address. Returns how many there were.
pub fn forget_about(tx: &WriteTx, site: SiteNo, address: &str) -> Result<usize> {
    tx.run(
        "delete from webhook_deliveries where site = :site and address = :address",
        named_params! { ":site": site, ":address": address },
    )
}
