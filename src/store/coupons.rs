//! Coupons, their codes, which letter shows which, and which cart took which.

use rusqlite::{Row, named_params};

use super::listing::{Conditions, Page};
use super::{ReadTx, WriteTx};
use crate::domain::coupons::{Code, Coupon};
use crate::domain::{EmailAddress, Result, SiteNo, Timestamp};

const COLUMNS: &str = "no, id, name, type, value, currency, minimum, starts_at, ends_at, code_life_secs, use_limit, uses, \
    active, pooled, created_at";

fn from_row(row: &Row) -> rusqlite::Result<Coupon> {
    Ok(Coupon {
        no: row.get("no")?,
        id: row.get("id")?,
        name: row.get("name")?,
        kind: row.get("type")?,
        value: row.get("value")?,
        currency: row.get("currency")?,
        minimum: row.get("minimum")?,
        starts_at: row.get("starts_at")?,
        ends_at: row.get("ends_at")?,
        code_life_secs: row.get("code_life_secs")?,
        use_limit: row.get("use_limit")?,
        uses: row.get("uses")?,
        active: row.get("active")?,
        pooled: row.get("pooled")?,
        created_at: row.get("created_at")?,
    })
}

const CODE_COLUMNS: &str = "no, code, assigned_at, expires_at, uses";

fn code_from_row(row: &Row) -> rusqlite::Result<Code> {
    Ok(Code {
        no: row.get("no")?,
        code: row.get("code")?,
        assigned_at: row.get("assigned_at")?,
        expires_at: row.get("expires_at")?,
        uses: row.get("uses")?,
    })
}

/// A site's coupon by its public id.
pub fn by_id(tx: &ReadTx, site: SiteNo, id: &str) -> Result<Option<Coupon>> {
    tx.first(
        sql!("select {COLUMNS} from coupons where site = :site and id = :id"),
        named_params! { ":site": site, ":id": id },
        from_row,
    )
}

/// A site's coupon by our own number.
pub fn by_no(tx: &ReadTx, site: SiteNo, no: i64) -> Result<Option<Coupon>> {
    tx.first(
        sql!("select {COLUMNS} from coupons where no = :no and site = :site"),
        named_params! { ":site": site, ":no": no },
        from_row,
    )
}

/// One page of a site's coupons.
pub fn page(tx: &ReadTx, site: SiteNo, page: &Page) -> Result<Vec<Coupon>> {
    let conditions = Conditions::default().with(":site", site).of(page, "created_at", "id");
    let (more, direction) = (&conditions.text, page.direction());
    let sql = format!(
        "select {COLUMNS} from coupons where site = :site{more}
         order by created_at {direction}, id {direction} limit :limit offset :offset"
    );
    tx.all_made(&sql, conditions.bind().as_slice(), from_row)
}

/// How many coupons a site has.
pub fn count(tx: &ReadTx, site: SiteNo) -> Result<i64> {
    tx.one("select count(*) as count from coupons where site = :site", named_params! { ":site": site }, |row| {
        row.get("count")
    })
}

/// Adds a coupon and returns our own number.
pub fn insert(tx: &WriteTx, site: SiteNo, coupon: &Coupon) -> Result<i64> {
    tx.insert(
        "insert into coupons
             (site, id, name, type, value, currency, minimum, starts_at, ends_at, code_life_secs, use_limit, uses, active,
              pooled, created_at)
         values
             (:site, :id, :name, :type, :value, :currency, :minimum, :starts_at, :ends_at, :code_life_secs, :use_limit,
              :uses, :active, :pooled, :created_at)",
        named_params! {
            ":site": site,
            ":id": coupon.id,
            ":name": coupon.name,
            ":type": coupon.kind,
            ":value": coupon.value,
            ":currency": coupon.currency,
            ":minimum": coupon.minimum,
            ":starts_at": coupon.starts_at,
            ":ends_at": coupon.ends_at,
            ":code_life_secs": coupon.code_life_secs,
            ":use_limit": coupon.use_limit,
            ":uses": coupon.uses,
            ":active": coupon.active,
            ":pooled": coupon.pooled,
            ":created_at": coupon.created_at,
        },
    )
}

/// Writes what a shop can change of a coupon.
pub fn update(tx: &WriteTx, site: SiteNo, coupon: &Coupon) -> Result<()> {
    tx.run(
        "update coupons
         set name = :name, type = :type, value = :value, currency = :currency, minimum = :minimum,
             starts_at = :starts_at, ends_at = :ends_at, code_life_secs = :code_life_secs, use_limit = :use_limit,
             active = :active
         where site = :site and no = :no",
        named_params! {
            ":site": site,
            ":no": coupon.no,
            ":name": coupon.name,
            ":type": coupon.kind,
            ":value": coupon.value,
            ":currency": coupon.currency,
            ":minimum": coupon.minimum,
            ":starts_at": coupon.starts_at,
            ":ends_at": coupon.ends_at,
            ":code_life_secs": coupon.code_life_secs,
            ":use_limit": coupon.use_limit,
            ":active": coupon.active,
        },
    )?;
    Ok(())
}

/// Counts a purchase that used a code, with the code and with its coupon.
pub fn count_use(tx: &WriteTx, site: SiteNo, code: i64) -> Result<()> {
    tx.run(
        "update coupon_codes set uses = uses + 1 where site = :site and no = :code",
        named_params! { ":site": site, ":code": code },
    )?;
    tx.run(
        "update coupons set uses = uses + 1
         where site = :site and no = (select coupon from coupon_codes where site = :site and no = :code)",
        named_params! { ":site": site, ":code": code },
    )?;
    Ok(())
}

/// A site's code, by how it is matched, with its coupon's number.
pub fn code_by_matched(tx: &ReadTx, site: SiteNo, matched: &str) -> Result<Option<(i64, Code)>> {
    tx.first(
        sql!("select coupon, {CODE_COLUMNS} from coupon_codes where site = :site and matched = :matched"),
        named_params! { ":site": site, ":matched": matched },
        |row| Ok((row.get("coupon")?, code_from_row(row)?)),
    )
}

/// One page of a coupon's codes, in the order in which they came in or against it; `after`: those behind the code of
/// this number.
pub fn codes(tx: &ReadTx, site: SiteNo, coupon: i64, after: Option<i64>, page: &Page) -> Result<Vec<Code>> {
    let further = if page.descending { "no < :after" } else { "no > :after" };
    let conditions = Conditions::default()
        .with(":site", site)
        .with(":coupon", coupon)
        .when(after, ":after", further)
        .with(":limit", page.limit)
        .with(":offset", page.offset);
    let (more, direction) = (&conditions.text, page.direction());
    let sql = format!(
        "select {CODE_COLUMNS} from coupon_codes where coupon = :coupon and site = :site{more}
         order by no {direction} limit :limit offset :offset"
    );
    tx.all_made(&sql, conditions.bind().as_slice(), code_from_row)
}

/// The code of a coupon that came in first, which is its one code where it has no pool.
pub fn first_code(tx: &ReadTx, site: SiteNo, coupon: i64) -> Result<Option<Code>> {
    tx.first(
        sql!("select {CODE_COLUMNS} from coupon_codes where coupon = :coupon and site = :site order by no limit 1"),
        named_params! { ":site": site, ":coupon": coupon },
        code_from_row,
    )
}

/// How many codes a coupon has, and how many of them were not given to a letter.
pub fn count_codes(tx: &ReadTx, site: SiteNo, coupon: i64) -> Result<(i64, i64)> {
    tx.one(
        "select count(*) as count, count(*) - count(assigned_at) as free from coupon_codes
         where coupon = :coupon and site = :site",
        named_params! { ":site": site, ":coupon": coupon },
        |row| Ok((row.get("count")?, row.get("free")?)),
    )
}

/// Adds a code. Returns whether it was new to the site.
pub fn insert_code(tx: &WriteTx, site: SiteNo, coupon: i64, code: &Code, matched: &str) -> Result<bool> {
    let changed = tx.run(
        "insert into coupon_codes (site, coupon, code, matched, assigned_at, expires_at, uses)
         values (:site, :coupon, :code, :matched, :assigned_at, :expires_at, :uses)
         on conflict (site, matched) do nothing",
        named_params! {
            ":site": site,
            ":coupon": coupon,
            ":code": code.code,
            ":matched": matched,
            ":assigned_at": code.assigned_at,
            ":expires_at": code.expires_at,
            ":uses": code.uses,
        },
    )?;
    Ok(changed > 0)
}

/// Takes the first free code out of a coupon's pool. `None`: there is none left.
pub fn take_code(
    tx: &WriteTx,
    site: SiteNo,
    coupon: i64,
    at: Timestamp,
    expires_at: Option<Timestamp>,
) -> Result<Option<Code>> {
    tx.first(
        sql!(
            "update coupon_codes set assigned_at = :at, expires_at = :expires_at
             where site = :site and no = (
                 select no from coupon_codes
                 where coupon = :coupon and assigned_at is null and site = :site order by no limit 1)
             returning {CODE_COLUMNS}"
        ),
        named_params! { ":site": site, ":coupon": coupon, ":at": at, ":expires_at": expires_at },
        code_from_row,
    )
}

/// Notes which code a letter shows.
pub fn give(tx: &WriteTx, site: SiteNo, message: i64, code: i64, single: bool, at: Timestamp) -> Result<()> {
    tx.run(
        "insert into message_coupons (site, message, code, single, at) values (:site, :message, :code, :single, :at)",
        named_params! { ":site": site, ":message": message, ":code": code, ":single": single, ":at": at },
    )?;
    Ok(())
}

/// Whether a letter shows a code.
pub fn is_given(tx: &ReadTx, site: SiteNo, code: i64) -> Result<bool> {
    tx.one(
        "select exists (select 1 from message_coupons where code = :code and +site = :site) as given",
        named_params! { ":site": site, ":code": code },
        |row| row.get("given"),
    )
}

/// The code that a letter shows, with its coupon's number and when it was given.
pub fn of_letter(tx: &ReadTx, site: SiteNo, message: i64) -> Result<Option<(i64, Code, Timestamp)>> {
    tx.first(
        "select k.coupon, k.no, k.code, k.assigned_at, k.expires_at, k.uses, m.at
         from message_coupons m join coupon_codes k on k.no = m.code
         where m.message = :message and m.site = :site",
        named_params! { ":site": site, ":message": message },
        |row| Ok((row.get("coupon")?, code_from_row(row)?, row.get("at")?)),
    )
}

/// A code that a letter showed, to whom, and when.
#[derive(Clone, Debug, PartialEq)]
pub struct Given {
    /// To whom; absent once erased.
    pub email: Option<EmailAddress>,
    /// When the letter got it.
    pub at: Timestamp,
    /// Our own number of the coupon.
    pub coupon: i64,
    /// The code.
    pub code: Code,
}

/// The codes that letters got from one instant up to, but not at, another; at most so many.
pub fn given_between(tx: &ReadTx, site: SiteNo, from: Timestamp, to: Timestamp, limit: i64) -> Result<Vec<Given>> {
    tx.all(
        "select k.coupon, k.no, k.code, k.assigned_at, k.expires_at, k.uses, g.at, m.email
         from message_coupons g
         join coupon_codes k on k.no = g.code
         join messages m on m.no = g.message
         where g.site = :site and g.at >= :from and g.at < :to
         order by g.at, g.message limit :limit",
        named_params! { ":site": site, ":from": from, ":to": to, ":limit": limit },
        |row| {
            let (email, at, coupon) = (row.get("email")?, row.get("at")?, row.get("coupon")?);
            Ok(Given { email, at, coupon, code: code_from_row(row)? })
        },
    )
}

/// A code that a cart took.
#[derive(Clone, Debug, PartialEq)]
pub struct Taken {
    /// Our own number of the coupon.
    pub coupon: i64,
    /// The code.
    pub code: Code,
    /// What it takes off the lines as they are, minor units.
    pub discount: i64,
    /// When the cart took it.
    pub applied_at: Timestamp,
}

/// The codes that a cart took, in that order.
pub fn of_cart(tx: &ReadTx, cart: i64) -> Result<Vec<Taken>> {
    tx.all(
        "select k.coupon, k.no, k.code, k.assigned_at, k.expires_at, k.uses, t.discount, t.applied_at
         from cart_coupons t join coupon_codes k on k.no = t.code
         where t.cart = :cart order by t.position",
        named_params! { ":cart": cart },
        |row| {
            let (coupon, discount, applied_at) = (row.get("coupon")?, row.get("discount")?, row.get("applied_at")?);
            Ok(Taken { coupon, code: code_from_row(row)?, discount, applied_at })
        },
    )
}

/// Replaces the codes that a cart took by these, in this order.
pub fn replace_of_cart(tx: &WriteTx, cart: i64, taken: &[Taken]) -> Result<()> {
    tx.run("delete from cart_coupons where cart = :cart", named_params! { ":cart": cart })?;
    for (position, taken) in (0_i64..).zip(taken) {
        tx.run(
            "insert into cart_coupons (cart, code, position, discount, applied_at)
             values (:cart, :code, :position, :discount, :applied_at)",
            named_params! {
                ":cart": cart,
                ":code": taken.code.no,
                ":position": position,
                ":discount": taken.discount,
                ":applied_at": taken.applied_at,
            },
        )?;
    }
    Ok(())
}

/// Notes that a code was counted for a sale. Returns whether it was not yet.
pub fn note_of_purchase(tx: &WriteTx, purchase: i64, code: i64) -> Result<bool> {
    let changed = tx.run(
        "insert into purchase_coupons (purchase, code) values (:purchase, :code) on conflict do nothing",
        named_params! { ":purchase": purchase, ":code": code },
    )?;
    Ok(changed > 0)
}

/// The codes that were counted for a sale because the shop told of them.
pub fn of_purchase(tx: &ReadTx, purchase: i64) -> Result<Vec<Code>> {
    tx.all(
        "select k.no, k.code, k.assigned_at, k.expires_at, k.uses
         from purchase_coupons p join coupon_codes k on k.no = p.code
         where p.purchase = :purchase order by k.matched",
        named_params! { ":purchase": purchase },
        code_from_row,
    )
}

/// Hands every coupon of a site to `each`, by id.
pub fn walk(tx: &ReadTx, site: SiteNo, mut each: impl FnMut(Coupon) -> Result<()>) -> Result<()> {
    tx.walk(
        sql!("select {COLUMNS} from coupons where site = :site order by id"),
        named_params! { ":site": site },
        |row| each(from_row(row)?),
    )
}

/// Hands every code of a site to `each`, in the order in which they came in, with its coupon's public id.
pub fn walk_codes(tx: &ReadTx, site: SiteNo, mut each: impl FnMut(Code, String) -> Result<()>) -> Result<()> {
    tx.walk(
        "select k.no, k.code, k.assigned_at, k.expires_at, k.uses, c.id as coupon_id
         from coupon_codes k join coupons c on c.no = k.coupon
         where k.site = :site order by k.no",
        named_params! { ":site": site },
        |row| each(code_from_row(row)?, row.get("coupon_id")?),
    )
}
