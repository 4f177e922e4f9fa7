//! Coupons: made, changed, filled with codes; given to letters, taken by carts, and counted when a cart is bought.
//! docs/adr/0006 says what was decided where the vendors are silent.

use super::carts::{self as cart_ops, FullCart};
use super::listing::{Listed, Wanted, unlisted};
use super::{ids, outbox};
use crate::domain::carts::{Cart, CartStatus, Item};
use crate::domain::coupons::{Code, Coupon, CouponType, matched, parse_code};
use crate::domain::letters::Why;
use crate::domain::messages::Message;
use crate::domain::purchases::Purchase;
use crate::domain::{Currency, Error, OrNotFound, Result, Site, Timestamp};
use crate::store::coupons::{Given, Taken};
use crate::store::{ReadTx, WriteTx, coupons, items};

/// The most codes that one import brings.
pub const MOST_CODES: usize = 10_000;

/// The most codes that a cart takes.
const MOST_OF_CART: usize = 10;

/// A coupon to be made.
#[derive(Clone, Debug)]
pub struct NewCoupon {
    /// Public id; absent, one is made up.
    pub id: Option<String>,
    /// The one code for all; absent, the coupon has a pool, which is empty still.
    pub code: Option<String>,
    /// For people.
    pub name: Option<String>,
    /// What the value counts.
    pub kind: CouponType,
    /// Per cent, or minor units.
    pub value: i64,
    /// Absent where one is needed, the site's.
    pub currency: Option<Currency>,
    /// Minor units.
    pub minimum: i64,
    /// From when on.
    pub starts_at: Option<Timestamp>,
    /// Up to when.
    pub ends_at: Option<Timestamp>,
    /// Seconds that a code of the pool lives.
    pub code_life_secs: Option<i64>,
    /// Purchases.
    pub use_limit: Option<i64>,
    /// Whether it is in force.
    pub active: bool,
}

/// A coupon with what is known of its codes.
#[derive(Clone, Debug, PartialEq)]
pub struct FullCoupon {
    /// The coupon.
    pub coupon: Coupon,
    /// The one code for all.
    pub code: Option<String>,
    /// How many codes there are.
    pub codes: i64,
    /// How many of a pool were not given to a letter.
    pub free: i64,
}

/// Makes a coupon.
pub fn add(tx: &WriteTx, site: &Site, new: NewCoupon) -> Result<FullCoupon> {
    let now = tx.now();
    let id = match new.id {
        Some(id) => check_id(id)?,
        None => ids::fresh("coup", now),
    };
    if coupons::by_id(tx, site.no, &id)?.is_some() {
        return Err(Error::Conflict(format!("coupon `{id}` exists already")));
    }
    let needs_currency = new.kind == CouponType::Fixed || new.minimum > 0;
    let mut coupon = Coupon {
        no: 0,
        id,
        name: new.name,
        kind: new.kind,
        value: new.value,
        currency: new.currency.or(needs_currency.then_some(site.currency)),
        minimum: new.minimum,
        starts_at: new.starts_at,
        ends_at: new.ends_at,
        code_life_secs: new.code_life_secs,
        use_limit: new.use_limit,
        uses: 0,
        active: new.active,
        pooled: new.code.is_none(),
        created_at: now,
    };
    coupon.check()?;
    coupon.no = coupons::insert(tx, site.no, &coupon)?;
    if let Some(code) = new.code {
        let code = parse_code(&code)?;
        if !coupons::insert_code(tx, site.no, coupon.no, &fresh_code(&code), &matched(&code))? {
            return Err(Error::Conflict(format!("the code `{code}` is another coupon's")));
        }
    }
    full(tx, site, coupon)
}

fn check_id(id: String) -> Result<String> {
    let fine = (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
    if fine { Ok(id) } else { Err(Error::refused("id", "must be 1 to 64 of letters, digits, `.`, `_` and `-`")) }
}

fn fresh_code(code: &str) -> Code {
    Code { no: 0, code: code.to_owned(), assigned_at: None, expires_at: None, uses: 0 }
}

fn full(tx: &ReadTx, site: &Site, coupon: Coupon) -> Result<FullCoupon> {
    let (codes, free) = coupons::count_codes(tx, site.no, coupon.no)?;
    if coupon.pooled {
        return Ok(FullCoupon { coupon, code: None, codes, free });
    }
    let code = coupons::first_code(tx, site.no, coupon.no)?.map(|code| code.code);
    Ok(FullCoupon { coupon, code, codes, free: 0 })
}

/// A coupon by its public id.
pub fn get(tx: &ReadTx, site: &Site, id: &str) -> Result<FullCoupon> {
    full(tx, site, coupons::by_id(tx, site.no, id)?.or_not_found("coupon", id)?)
}

/// One page of a site's coupons, by when they were made.
pub fn list(tx: &ReadTx, site: &Site, wanted: &Wanted) -> Result<Listed<FullCoupon>> {
    let page = wanted.page(|id| Ok(coupons::by_id(tx, site.no, id)?.map(|coupon| coupon.created_at)))?;
    let rows = coupons::page(tx, site.no, &page)?;
    let rows = rows.into_iter().map(|coupon| full(tx, site, coupon)).collect::<Result<_>>()?;
    Ok(wanted.listed(rows, coupons::count(tx, site.no)?))
}

/// A change of a coupon; what is `None` stays, and `Some(None)` takes a value away. Carts that took a code follow with
/// their next change, letters with the next one that leaves.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Change {
    /// For people.
    pub name: Option<Option<String>>,
    /// Per cent, or minor units.
    pub value: Option<i64>,
    /// Minor units.
    pub minimum: Option<i64>,
    /// The currency of its carts.
    pub currency: Option<Option<Currency>>,
    /// From when on.
    pub starts_at: Option<Option<Timestamp>>,
    /// Up to when.
    pub ends_at: Option<Option<Timestamp>>,
    /// Seconds that a code of the pool lives, for codes that are assigned from now on.
    pub code_life_secs: Option<Option<i64>>,
    /// Purchases.
    pub use_limit: Option<Option<i64>>,
    /// Whether it is in force.
    pub active: Option<bool>,
}

/// Changes a coupon. What kind it is and which codes it has stays: it would be another coupon.
pub fn change(tx: &WriteTx, site: &Site, id: &str, change: Change) -> Result<FullCoupon> {
    let mut coupon = coupons::by_id(tx, site.no, id)?.or_not_found("coupon", id)?;
    coupon.name = change.name.unwrap_or(coupon.name);
    coupon.value = change.value.unwrap_or(coupon.value);
    coupon.minimum = change.minimum.unwrap_or(coupon.minimum);
    coupon.currency = change.currency.unwrap_or(coupon.currency);
    coupon.starts_at = change.starts_at.unwrap_or(coupon.starts_at);
    coupon.ends_at = change.ends_at.unwrap_or(coupon.ends_at);
    coupon.code_life_secs = change.code_life_secs.unwrap_or(coupon.code_life_secs);
    coupon.use_limit = change.use_limit.unwrap_or(coupon.use_limit);
    coupon.active = change.active.unwrap_or(coupon.active);
    if coupon.minimum > 0 {
        coupon.currency = coupon.currency.or(Some(site.currency));
    }
    coupon.check()?;
    coupons::update(tx, site.no, &coupon)?;
    full(tx, site, coupon)
}

/// Puts codes into a coupon's pool. Returns how many were new; those that the pool has already are passed over, so an
/// import that was interrupted is repeated. A code of another coupon refuses them all.
pub fn import_codes(tx: &WriteTx, site: &Site, id: &str, codes: &[String]) -> Result<usize> {
    let coupon = coupons::by_id(tx, site.no, id)?.or_not_found("coupon", id)?;
    if !coupon.pooled {
        return Err(Error::Conflict(format!("coupon `{id}` has one code for all and no pool")));
    }
    if codes.len() > MOST_CODES {
        return Err(Error::refused("codes", format!("must not be more than {MOST_CODES} at once")));
    }
    let mut new = 0;
    for (position, code) in codes.iter().enumerate() {
        let at = || format!("codes[{position}]");
        let code = parse_code(code).map_err(|e| e.in_field(at()))?;
        let matched = matched(&code);
        if coupons::insert_code(tx, site.no, coupon.no, &fresh_code(&code), &matched)? {
            new += 1;
        } else if coupons::code_by_matched(tx, site.no, &matched)?.is_some_and(|(owner, _)| owner != coupon.no) {
            return Err(Error::refused(at(), format!("`{code}` is another coupon's")));
        }
    }
    Ok(new)
}

/// One page of a coupon's codes, in the order in which they came in or against it; the cursor is a code.
pub fn codes(tx: &ReadTx, site: &Site, id: &str, wanted: &Wanted) -> Result<Listed<Code>> {
    let coupon = coupons::by_id(tx, site.no, id)?.or_not_found("coupon", id)?;
    let after = match &wanted.after {
        Some(code) => {
            let found = coupons::code_by_matched(tx, site.no, &matched(code))?;
            Some(found.filter(|(of, _)| *of == coupon.no).ok_or_else(unlisted)?.1.no)
        }
        None => None,
    };
    let page = Wanted { after: None, ..wanted.clone() }.page(|_| Ok(None))?;
    let rows = coupons::codes(tx, site.no, coupon.no, after, &page)?;
    Ok(wanted.listed(rows, coupons::count_codes(tx, site.no, coupon.no)?.0))
}

/// A coupon as one letter shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// What it takes off.
    pub coupon: Coupon,
    /// The code for this reader.
    pub code: String,
    /// From when on the code cannot be used any more.
    pub expires_at: Option<Timestamp>,
}

/// The code that a letter shows: the one that it was given before, else the code for all, else the next of the pool, which
/// is its own from now on. The inner error says why there is none.
pub(super) fn for_letter(
    tx: &WriteTx,
    site: &Site,
    letter: &Message,
    cart: &Cart,
    coupon_id: Option<&str>,
) -> Result<std::result::Result<Option<Shown>, Why>> {
    let now = tx.now();
    if let Some((coupon, code, _)) = coupons::of_letter(tx, site.no, letter.no)? {
        let coupon = coupons::by_no(tx, site.no, coupon)?.or_not_found("coupon", &code.code)?;
        let fits = coupon.unfit_code(&code, now, cart.currency, cart.subtotal).is_none();
        return Ok(if fits { Ok(Some(shown(coupon, code))) } else { Err(Why::CouponNotValid) });
    }
    let Some(id) = coupon_id else { return Ok(Ok(None)) };
    let coupon = coupons::by_id(tx, site.no, id)?;
    let fits = |coupon: &Coupon| coupon.unfit(now, cart.currency, cart.subtotal).is_none();
    let Some(coupon) = coupon.filter(fits) else { return Ok(Err(Why::CouponNotValid)) };
    let code = match coupon.pooled {
        true => coupons::take_code(tx, site.no, coupon.no, now, coupon.code_expires_at(now))?,
        false => coupons::first_code(tx, site.no, coupon.no)?,
    };
    let Some(code) = code else {
        return Ok(Err(if coupon.pooled { Why::CouponPoolEmpty } else { Why::CouponNotValid }));
    };
    coupons::give(tx, site.no, letter.no, code.no, coupon.pooled, now)?;
    Ok(Ok(Some(shown(coupon, code))))
}

fn shown(coupon: Coupon, code: Code) -> Shown {
    let expires_at = if coupon.pooled { code.expires_at } else { coupon.ends_at };
    Shown { coupon, code: code.code, expires_at }
}

/// The code that a letter showed, where it showed one.
pub fn of_letter(tx: &ReadTx, site: &Site, letter: &Message) -> Result<Option<String>> {
    Ok(coupons::of_letter(tx, site.no, letter.no)?.map(|(_, code, _)| code.code))
}

/// The codes that letters got from one instant up to, but not at, another, each with its coupon; at most so many.
pub fn given_between(
    tx: &ReadTx,
    site: &Site,
    from: Timestamp,
    to: Timestamp,
    limit: i64,
) -> Result<Vec<(Given, Coupon)>> {
    let mut known: std::collections::BTreeMap<i64, Coupon> = std::collections::BTreeMap::new();
    let mut found = Vec::new();
    for given in coupons::given_between(tx, site.no, from, to, limit)? {
        let coupon = match known.get(&given.coupon) {
            Some(coupon) => coupon.clone(),
            None => coupons::by_no(tx, site.no, given.coupon)?.or_not_found("coupon", &given.code.code)?,
        };
        known.entry(given.coupon).or_insert_with(|| coupon.clone());
        found.push((given, coupon));
    }
    Ok(found)
}

/// A code that a cart took, with its coupon.
#[derive(Clone, Debug, PartialEq)]
pub struct Applied {
    /// The code, and what it takes off.
    pub taken: Taken,
    /// Its coupon.
    pub coupon: Coupon,
}

/// The codes that a cart took.
pub(super) fn of_cart(tx: &ReadTx, site: &Site, cart: &Cart) -> Result<Vec<Applied>> {
    coupons::of_cart(tx, cart.no)?
        .into_iter()
        .map(|taken| {
            let coupon = coupons::by_no(tx, site.no, taken.coupon)?.or_not_found("coupon", &taken.code.code)?;
            Ok(Applied { taken, coupon })
        })
        .collect()
}

/// Sums a cart up with what its codes take off its lines as they are now. A code that does not fit any more takes nothing
/// off, and does again once it fits.
pub(super) fn reprice(tx: &WriteTx, site: &Site, cart: &mut Cart, lines: &[Item]) -> Result<Vec<Applied>> {
    let applied = of_cart(tx, site, cart)?;
    price(tx, cart, lines, applied)
}

fn price(tx: &WriteTx, cart: &mut Cart, lines: &[Item], mut applied: Vec<Applied>) -> Result<Vec<Applied>> {
    let before: Vec<i64> = applied.iter().map(|one| one.taken.discount).collect();
    let sum_before: i64 = before.iter().sum();
    // What came off besides, as an archive has it, stays.
    cart.discount = (cart.discount - sum_before).max(0);
    cart.sum_up(lines)?;
    let mut left = cart.subtotal - cart.discount;
    for Applied { taken, coupon } in &mut applied {
        let fits = coupon.unfit_code(&taken.code, tx.now(), cart.currency, cart.subtotal).is_none();
        taken.discount = if fits { coupon.discount(cart.subtotal, left) } else { 0 };
        left -= taken.discount;
        cart.discount += taken.discount;
    }
    cart.sum_up(lines)?;
    if applied.iter().map(|one| one.taken.discount).ne(before) {
        let taken: Vec<Taken> = applied.iter().map(|one| one.taken.clone()).collect();
        coupons::replace_of_cart(tx, cart.no, &taken)?;
    }
    Ok(applied)
}

/// Takes a code for a cart, which is an act of its shopper. One that the cart has already is taken once. `only_look`
/// changes nothing and says what it would make of the cart.
pub fn apply(tx: &WriteTx, site: &Site, cart_id: &str, code: &str, only_look: bool) -> Result<FullCart> {
    let now = tx.now();
    let mut cart = cart_ops::find(tx, site, cart_id)?;
    let (owner, code) = coupons::code_by_matched(tx, site.no, &matched(code))?.or_not_found("coupon", code.trim())?;
    let coupon = coupons::by_no(tx, site.no, owner)?.or_not_found("coupon", &code.code)?;
    let lines = items::of_cart(tx, cart.no)?;
    cart_ops::settle(tx, site, &mut cart, now)?;
    if !cart.status.is_open() {
        return Err(Error::Conflict(format!("the cart is {} and cannot be changed", cart.status)));
    }
    let mut applied = of_cart(tx, site, &cart)?;
    if let Some(unfit) = coupon.unfit_code(&code, now, cart.currency, cart.subtotal) {
        return Err(Error::refused("code", unfit.sentence()));
    }
    if !applied.iter().any(|one| one.taken.code.no == code.no) {
        if applied.iter().any(|one| one.coupon.no == coupon.no) {
            return Err(Error::refused("code", "is of a coupon that this cart has taken with another code"));
        }
        if applied.len() >= MOST_OF_CART {
            return Err(Error::refused("code", format!("would be more than {MOST_OF_CART} codes on one cart")));
        }
        let taken = Taken { coupon: coupon.no, code, discount: 0, applied_at: now };
        applied.push(Applied { taken, coupon });
    }
    if only_look {
        return look(cart, lines, applied, tx);
    }
    // Written before it is priced: pricing writes only what moved, and a code may take nothing off an empty cart.
    let taken: Vec<Taken> = applied.iter().map(|one| one.taken.clone()).collect();
    coupons::replace_of_cart(tx, cart.no, &taken)?;
    let applied = price(tx, &mut cart, &lines, applied)?;
    if cart.status == CartStatus::Abandoned {
        outbox::unplan(tx, &cart)?;
    }
    cart.touch(now);
    cart_ops::save(tx, site, &cart)?;
    Ok(FullCart { cart, items: lines, coupons: applied })
}

/// What a cart would be with these codes. Its own rows are put back as they were.
fn look(mut cart: Cart, lines: Vec<Item>, applied: Vec<Applied>, tx: &WriteTx) -> Result<FullCart> {
    let before = coupons::of_cart(tx, cart.no)?;
    let applied = price(tx, &mut cart, &lines, applied)?;
    coupons::replace_of_cart(tx, cart.no, &before)?;
    Ok(FullCart { cart, items: lines, coupons: applied })
}

/// Takes every code off a cart. The caller sums it up and writes it.
pub(super) fn take_off_all(tx: &WriteTx, cart: &mut Cart) -> Result<()> {
    let sum: i64 = coupons::of_cart(tx, cart.no)?.iter().map(|taken| taken.discount).sum();
    cart.discount = (cart.discount - sum).max(0);
    coupons::replace_of_cart(tx, cart.no, &[])
}

/// Counts the codes with which a shop says that it sold, each once for a sale, whichever doors tell of it. Those that its
/// cart had taken here count with the cart already, and one that is not ours is the shop's own affair.
pub(super) fn count_told(tx: &WriteTx, site: &Site, purchase: &Purchase, told: &[String]) -> Result<()> {
    if told.is_empty() {
        return Ok(());
    }
    let taken = purchase.cart.map(|cart| coupons::of_cart(tx, cart)).transpose()?.unwrap_or_default();
    let with_cart: Vec<i64> = taken.iter().filter(|taken| taken.discount > 0).map(|taken| taken.code.no).collect();
    for text in told.iter().take(MOST_OF_CART) {
        let Some((_, code)) = coupons::code_by_matched(tx, site.no, &matched(text))? else { continue };
        if !with_cart.contains(&code.no) && coupons::note_of_purchase(tx, purchase.no, code.no)? {
            coupons::count_use(tx, site.no, code.no)?;
        }
    }
    Ok(())
}

/// Counts the codes that took something off a cart which was bought just now. A cart is bought once.
pub(super) fn count_uses(tx: &WriteTx, site: &Site, cart: &Cart) -> Result<()> {
    for taken in coupons::of_cart(tx, cart.no)?.iter().filter(|taken| taken.discount > 0) {
        coupons::count_use(tx, site.no, taken.code.no)?;
    }
    Ok(())
}
