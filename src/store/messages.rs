//! Letters, what they said, and the evidence about them.

pub mod board;
mod list;

use rusqlite::{Row, named_params};

use super::cells::Cells;
use super::tx::inserted;
use super::{ReadTx, WriteTx};
use crate::domain::carts::Class;
use crate::domain::letters::Fates;
use crate::domain::messages::{Event, Marks, Message};
use crate::domain::{Currency, EmailAddress, Result, SiteNo, Timestamp};

pub use list::{Filter, Said, count, page, said, shown};

const COLUMNS: &str = "no, id, cart, sequence_id, step, email, subject, status, created_at, due_at, attempts, sent_at, \
    detail, opened, clicked, bounced, complained, unsubscribed";

fn from_row(row: &Row) -> rusqlite::Result<Message> {
    read(&mut Cells::of(row))
}

fn read(cells: &mut Cells) -> rusqlite::Result<Message> {
    Ok(Message {
        no: cells.get("no")?,
        id: cells.get("id")?,
        cart: cells.get("cart")?,
        sequence_id: cells.get("sequence_id")?,
        step: cells.get("step")?,
        email: cells.get("email")?,
        subject: cells.get("subject")?,
        status: cells.get("status")?,
        created_at: cells.get("created_at")?,
        due_at: cells.get("due_at")?,
        attempts: cells.get("attempts")?,
        sent_at: cells.get("sent_at")?,
        detail: cells.get("detail")?,
        marks: marks_from(cells)?,
    })
}

/// A row that begins with its site.
fn with_site(row: &Row) -> rusqlite::Result<(SiteNo, Message)> {
    let mut cells = Cells::of(row);
    Ok((cells.get("site")?, read(&mut cells)?))
}

fn marks_from(cells: &mut Cells) -> rusqlite::Result<Marks> {
    Ok(Marks {
        opened: cells.get("opened")?,
        clicked: cells.get("clicked")?,
        bounced: cells.get("bounced")?,
        complained: cells.get("complained")?,
        unsubscribed: cells.get("unsubscribed")?,
    })
}

const EVENT_COLUMNS: &str = "kind, at, class, rule, evidence";

fn event_from_row(row: &Row) -> rusqlite::Result<Event> {
    event_read(&mut Cells::of(row))
}

fn event_read(cells: &mut Cells) -> rusqlite::Result<Event> {
    Ok(Event {
        kind: cells.get("kind")?,
        at: cells.get("at")?,
        class: cells.get("class")?,
        rule: cells.get("rule")?,
        evidence: cells.get("evidence")?,
    })
}

/// A site's letter by its public id.
pub fn by_id(tx: &ReadTx, site: SiteNo, id: &str) -> Result<Option<Message>> {
    tx.first(
        sql!("select {COLUMNS} from messages where site = :site and id = :id"),
        named_params! { ":site": site, ":id": id },
        from_row,
    )
}

/// A site's letter by our own number.
pub fn by_no(tx: &ReadTx, site: SiteNo, no: i64) -> Result<Option<Message>> {
    tx.first(
        sql!("select {COLUMNS} from messages where no = :no and site = :site"),
        named_params! { ":site": site, ":no": no },
        from_row,
    )
}

/// The letters that were sent about a cart, the newest first.
pub fn sent_about(tx: &ReadTx, cart: i64) -> Result<Vec<Message>> {
    tx.all(
        sql!("select {COLUMNS} from messages where cart = :cart and status = 'sent' order by sent_at desc, no desc"),
        named_params! { ":cart": cart },
        from_row,
    )
}

/// Our own numbers of letters about a cart that somebody opened, or clicked in. The index has them, so no letter is read.
pub fn opened_about(tx: &ReadTx, cart: i64) -> Result<Vec<i64>> {
    tx.all(
        "select no from messages indexed by messages_engaged where cart = :cart and (opened = 1 or clicked = 1)",
        named_params! { ":cart": cart },
        |row| row.get(0),
    )
}

/// Those that somebody clicked in.
pub fn clicked_about(tx: &ReadTx, cart: i64) -> Result<Vec<i64>> {
    tx.all(
        "select no from messages indexed by messages_engaged where cart = :cart and clicked = 1",
        named_params! { ":cart": cart },
        |row| row.get(0),
    )
}

/// Our own number of a site's letter.
pub fn no_by_id(tx: &ReadTx, site: SiteNo, id: &str) -> Result<Option<i64>> {
    tx.first(
        "select no from messages where site = :site and id = :id",
        named_params! { ":site": site, ":id": id },
        |row| row.get("no"),
    )
}

/// Adds a letter and returns our own number.
pub fn insert(tx: &WriteTx, site: SiteNo, message: &Message) -> Result<i64> {
    inserted(insert_new(tx, site, message)?)
}

/// The same unless there is one of this id.
pub fn insert_new(tx: &WriteTx, site: SiteNo, message: &Message) -> Result<Option<i64>> {
    tx.insert_new(
        "insert into messages
             (site, id, cart, sequence_id, step, email, address, subject, status, created_at, due_at, attempts,
              sent_at, detail, opened, clicked, bounced, complained, unsubscribed)
         values
             (:site, :id, :cart, :sequence_id, :step, :email, :address, :subject, :status, :created_at, :due_at,
              :attempts, :sent_at, :detail, :opened, :clicked, :bounced, :complained, :unsubscribed)
         on conflict (site, id) do nothing",
        named_params! {
            ":site": site,
            ":id": message.id,
            ":cart": message.cart,
            ":sequence_id": message.sequence_id,
            ":step": message.step,
            ":email": message.email,
            ":address": message.email.as_ref().map(|email| email.matched()),
            ":subject": message.subject,
            ":status": message.status,
            ":created_at": message.created_at,
            ":due_at": message.due_at,
            ":attempts": message.attempts,
            ":sent_at": message.sent_at,
            ":detail": message.detail,
            ":opened": message.marks.opened,
            ":clicked": message.marks.clicked,
            ":bounced": message.marks.bounced,
            ":complained": message.marks.complained,
            ":unsubscribed": message.marks.unsubscribed,
        },
    )
}

/// Writes where a letter stands and what it counts as.
pub fn update(tx: &WriteTx, message: &Message) -> Result<()> {
    tx.run(
        "update messages
         set status = :status, subject = :subject, due_at = :due_at, attempts = :attempts, sent_at = :sent_at,
             detail = :detail, opened = :opened, clicked = :clicked, bounced = :bounced,
             complained = :complained, unsubscribed = :unsubscribed
         where no = :no",
        named_params! {
            ":no": message.no,
            ":status": message.status,
            ":subject": message.subject,
            ":due_at": message.due_at,
            ":attempts": message.attempts,
            ":sent_at": message.sent_at,
            ":detail": message.detail,
            ":opened": message.marks.opened,
            ":clicked": message.marks.clicked,
            ":bounced": message.marks.bounced,
            ":complained": message.marks.complained,
            ":unsubscribed": message.marks.unsubscribed,
        },
    )?;
    Ok(())
}

/// The waiting letters to a matched address.
pub fn queued_to(tx: &ReadTx, site: SiteNo, address: &str) -> Result<Vec<Message>> {
    tx.all(
        sql!(
            "select {COLUMNS} from messages
             where site = :site and address = :address and status = 'queued' order by no"
        ),
        named_params! { ":site": site, ":address": address },
        from_row,
    )
}

/// Takes every waiting letter to a matched address out of the queue.
pub fn cancel_queued(tx: &WriteTx, site: SiteNo, address: &str, detail: &str) -> Result<usize> {
    tx.run(
        "update messages set status = 'cancelled', due_at = null, detail = :detail
         where site = :site and address = :address and status = 'queued'",
        named_params! { ":site": site, ":address": address, ":detail": detail },
    )
}

/// Takes every waiting letter about a cart out of the queue.
pub fn cancel_queued_about(tx: &WriteTx, cart: i64, detail: &str) -> Result<usize> {
    tx.run(
        "update messages set status = 'cancelled', due_at = null, detail = :detail
         where cart = :cart and status = 'queued'",
        named_params! { ":cart": cart, ":detail": detail },
    )
}

/// The letter of all sites that has waited longest for its time, with its site.
pub fn first_due(tx: &ReadTx, until: Timestamp) -> Result<Option<(SiteNo, Message)>> {
    tx.first(
        sql!(
            "select site, {COLUMNS} from messages
             where status = 'queued' and due_at <= :until order by due_at, no limit 1"
        ),
        named_params! { ":until": until },
        with_site,
    )
}

/// The next instant at which a letter falls due on any site.
pub fn next_due(tx: &ReadTx) -> Result<Option<Timestamp>> {
    tx.first(
        "select due_at from messages where status = 'queued' and due_at is not null order by due_at limit 1",
        [],
        |row| row.get("due_at"),
    )
}

/// Moves every letter of all sites that is due by an instant to a later one.
pub fn put_off(tx: &WriteTx, due: Timestamp, until: Timestamp) -> Result<usize> {
    tx.run(
        "update messages set due_at = :until where status = 'queued' and due_at <= :due",
        named_params! { ":due": due, ":until": until },
    )
}

/// A letter of any site that was claimed and not settled, with its site.
pub fn first_in_flight(tx: &ReadTx) -> Result<Option<(SiteNo, Message)>> {
    tx.first(sql!("select site, {COLUMNS} from messages where status = 'sending' order by no limit 1"), [], with_site)
}

/// What became of the letters of the last `window` decisions to send since an instant, each letter once.
pub fn fates(tx: &ReadTx, site: SiteNo, since: Timestamp, window: i64) -> Result<Fates> {
    tx.one(
        "select count(*) as letters,
                coalesce(sum(m.bounced or m.status = 'failed'), 0) as bounced,
                coalesce(sum(m.complained), 0) as complained
         from (select distinct message from (
                   select message from decisions
                   where site = :site and outcome = 'send' and at >= :since
                   order by at desc limit :window)) d
         join messages m on m.no = d.message
         where m.site = :site and m.status in ('sent', 'failed', 'unknown')",
        named_params! { ":site": site, ":since": since, ":window": window },
        |row| {
            Ok(Fates { letters: row.get("letters")?, bounced: row.get("bounced")?, complained: row.get("complained")? })
        },
    )
}

/// When the newest letter to a matched address left, and how many left since an instant. Letters of unknown fate
/// count: they may have arrived.
pub fn sent_to_since(tx: &ReadTx, site: SiteNo, address: &str, since: Timestamp) -> Result<(Option<Timestamp>, i64)> {
    tx.one(
        "select max(sent_at) as newest, count(*) as count from messages
         where site = :site and address = :address and sent_at >= :since and status in ('sent', 'unknown')",
        named_params! { ":site": site, ":address": address, ":since": since },
        |row| Ok((row.get("newest")?, row.get("count")?)),
    )
}

/// The letter to a matched address that was handed over last.
pub fn newest_to(tx: &ReadTx, site: SiteNo, address: &str) -> Result<Option<Message>> {
    tx.first(
        sql!(
            "select {COLUMNS} from messages
             where site = :site and address = :address and sent_at is not null order by sent_at desc, no desc limit 1"
        ),
        named_params! { ":site": site, ":address": address },
        from_row,
    )
}

/// Gives waiting letters the numbers that their steps have from now on: `numbers` is JSON, new by old.
pub fn renumber_queued(tx: &WriteTx, site: SiteNo, numbers: &str) -> Result<usize> {
    tx.run(
        "update messages set step = coalesce((select value from json_each(:numbers) where key = cast(step as text)), step)
         where site = :site and status = 'queued' and due_at is not null",
        named_params! { ":site": site, ":numbers": numbers },
    )
}

/// The letters about a cart, in the order in which they were written.
pub fn about(tx: &ReadTx, cart: i64) -> Result<Vec<Message>> {
    tx.all(
        sql!("select {COLUMNS} from messages where cart = :cart order by created_at, no"),
        named_params! { ":cart": cart },
        from_row,
    )
}

/// Keeps what a letter said.
pub fn insert_body(
    tx: &WriteTx,
    message: i64,
    headers: Option<&str>,
    html: Option<&str>,
    text: Option<&str>,
) -> Result<()> {
    tx.run(
        "insert into message_bodies (message, headers, html, text)
         values (:message, :headers, :html, :text)
         on conflict (message) do update set headers = excluded.headers, html = excluded.html, text = excluded.text",
        named_params! { ":message": message, ":headers": headers, ":html": html, ":text": text },
    )?;
    Ok(())
}

/// What a letter said, as HTML and as text.
pub fn body(tx: &ReadTx, message: i64) -> Result<(Option<String>, Option<String>)> {
    let found = tx.first(
        "select html, text from message_bodies where message = :message",
        named_params! { ":message": message },
        |row| Ok((row.get("html")?, row.get("text")?)),
    )?;
    Ok(found.unwrap_or_default())
}

/// Keeps a piece of evidence.
pub fn insert_event(tx: &WriteTx, message: i64, event: &Event) -> Result<()> {
    tx.insert(
        "insert into message_events (message, kind, at, class, rule, evidence)
         values (:message, :kind, :at, :class, :rule, :evidence)",
        named_params! {
            ":message": message,
            ":kind": event.kind,
            ":at": event.at,
            ":class": event.class,
            ":rule": event.rule,
            ":evidence": event.evidence,
        },
    )?;
    Ok(())
}

/// The evidence about a letter, oldest first.
pub fn events(tx: &ReadTx, message: i64) -> Result<Vec<Event>> {
    tx.all(
        sql!("select {EVENT_COLUMNS} from message_events where message = :message order by at, no"),
        named_params! { ":message": message },
        event_from_row,
    )
}

/// Where a letter is counted: its cart's currency (absent: the letter is about no cart) and whether at all.
pub fn cart_of(tx: &ReadTx, message: &Message) -> Result<Option<(Currency, Class)>> {
    let Some(cart) = message.cart else { return Ok(None) };
    tx.first("select currency, class from carts where no = :cart", named_params! { ":cart": cart }, |row| {
        Ok((row.get("currency")?, row.get("class")?))
    })
}

/// What a sent letter says for the figures, and which letters count: a machine's do not.
const SENT: &str = "m.sent_at, c.currency, m.opened, m.clicked, m.bounced, m.complained, m.unsubscribed \
     from messages m left join carts c on c.no = m.cart";
const COUNTED: &str = "m.status = 'sent' and m.sent_at is not null and (c.class is null or c.class <> 'machine')";

fn sent_from_row(row: &Row) -> rusqlite::Result<(Timestamp, Option<Currency>, Marks)> {
    let mut cells = Cells::of(row);
    Ok((cells.get("sent_at")?, cells.get("currency")?, marks_from(&mut cells)?))
}

/// Hands every letter that counts to `each`: when it was sent, its cart's currency, and its marks.
pub fn walk_sent(
    tx: &ReadTx,
    site: SiteNo,
    mut each: impl FnMut(Timestamp, Option<Currency>, Marks) -> Result<()>,
) -> Result<()> {
    tx.walk(sql!("select {SENT} where m.site = :site and {COUNTED}"), named_params! { ":site": site }, |row| {
        let (at, currency, marks) = sent_from_row(row)?;
        each(at, currency, marks)
    })
}

/// The same for those sent from one instant up to and including another, without the instant.
pub fn walk_sent_between(
    tx: &ReadTx,
    site: SiteNo,
    (from, to): (Timestamp, Timestamp),
    mut each: impl FnMut(Option<Currency>, Marks) -> Result<()>,
) -> Result<()> {
    tx.walk(
        sql!("select {SENT} where m.site = :site and m.sent_at between :from and :to and {COUNTED}"),
        named_params! { ":site": site, ":from": from, ":to": to },
        |row| {
            let (_, currency, marks) = sent_from_row(row)?;
            each(currency, marks)
        },
    )
}

/// Hands every letter of a site to `each`, by id.
pub fn walk(tx: &ReadTx, site: SiteNo, mut each: impl FnMut(Message) -> Result<()>) -> Result<()> {
    tx.walk(
        sql!("select {COLUMNS} from messages where site = :site order by id"),
        named_params! { ":site": site },
        |row| each(from_row(row)?),
    )
}

/// A letter as a shop's reports list it.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    /// To whom; absent once erased.
    pub email: Option<EmailAddress>,
    /// 1 for the first of its sequence.
    pub step: i64,
    /// As it was sent; blank before.
    pub subject: String,
    /// When it was sent, or falls due.
    pub at: Timestamp,
    /// Whether somebody opened it.
    pub opened: bool,
    /// Whether somebody followed a link.
    pub clicked: bool,
    /// What its cart is worth now, in minor units of a currency.
    pub cart: Option<(i64, Currency)>,
}

const LISTED: &str = "m.email, m.step, m.subject, m.due_at, m.sent_at, m.opened, m.clicked, c.total, c.currency";

fn listed_from_row(row: &Row) -> rusqlite::Result<Listed> {
    let (sent_at, due_at): (Option<Timestamp>, Option<Timestamp>) = (row.get("sent_at")?, row.get("due_at")?);
    let cart: (Option<i64>, Option<Currency>) = (row.get("total")?, row.get("currency")?);
    Ok(Listed {
        email: row.get("email")?,
        step: row.get("step")?,
        subject: row.get("subject")?,
        at: sent_at.or(due_at).unwrap_or(Timestamp::MIN),
        opened: row.get("opened")?,
        clicked: row.get("clicked")?,
        cart: cart.0.zip(cart.1),
    })
}

/// The letters that wait for their time, the next one first.
pub fn list_waiting(tx: &ReadTx, site: SiteNo) -> Result<Vec<Listed>> {
    tx.all(
        sql!(
            "select {LISTED} from messages m left join carts c on c.no = m.cart
             where m.site = :site and m.status = 'queued' and m.due_at is not null
             order by m.due_at, m.no"
        ),
        named_params! { ":site": site },
        listed_from_row,
    )
}

/// The letters that were sent between two instants, both included, the newest first.
pub fn list_sent(tx: &ReadTx, site: SiteNo, since: Timestamp, until: Timestamp) -> Result<Vec<Listed>> {
    tx.all(
        sql!(
            "select {LISTED} from messages m left join carts c on c.no = m.cart
             where m.site = :site and m.sent_at between :since and :until and m.status = 'sent'
             order by m.sent_at desc, m.no desc"
        ),
        named_params! { ":site": site, ":since": since, ":until": until },
        listed_from_row,
    )
}
