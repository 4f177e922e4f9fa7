//! Coupons and their codes in an archive, in both directions, and what carts and letters have of them.

use super::lines::{CartLine, CouponCodeLine, CouponLine, Line, MessageLine, PurchaseLine, TakenLine};
use super::values::{As, Id, Tag, Whole};
use crate::domain::coupons::{Code, Coupon, matched, parse_code};
use crate::domain::messages::Message;
use crate::domain::{Error, OrNotFound, Result, Site, Timestamp};
use crate::store::coupons::Taken;
use crate::store::{ReadTx, WriteTx, coupons};

/// A coupon.
pub fn coupon(line: &CouponLine) -> Result<Coupon> {
    let coupon = Coupon {
        no: 0,
        id: line.id.0.0.clone(),
        name: line.name.clone(),
        kind: line.kind.0,
        value: line.value.0,
        currency: line.currency.map(|As(currency)| currency),
        minimum: line.minimum.map_or(0, |amount| amount.0),
        starts_at: line.starts_at.map(|As(at)| at),
        ends_at: line.ends_at.map(|As(at)| at),
        code_life_secs: line.code_life_secs.map(|secs| secs.0),
        use_limit: line.use_limit.map(|limit| limit.0),
        uses: line.uses.map_or(0, |uses| uses.0),
        active: line.active.unwrap_or(true),
        pooled: line.pooled.unwrap_or(false),
        created_at: line.created_at.0,
    };
    coupon.check()?;
    Ok(coupon)
}

/// A coupon as a line.
pub fn coupon_line(coupon: &Coupon) -> Line {
    Line::Coupon(CouponLine {
        tag: Tag,
        id: As(Id(coupon.id.clone())),
        name: coupon.name.clone(),
        kind: As(coupon.kind),
        value: Whole(coupon.value),
        currency: coupon.currency.map(As),
        minimum: Some(Whole(coupon.minimum)),
        starts_at: coupon.starts_at.map(As),
        ends_at: coupon.ends_at.map(As),
        code_life_secs: coupon.code_life_secs.map(Whole),
        use_limit: coupon.use_limit.map(Whole),
        uses: Some(Whole(coupon.uses)),
        active: Some(coupon.active),
        pooled: Some(coupon.pooled),
        created_at: As(coupon.created_at),
    })
}

/// A code.
pub fn code(line: &CouponCodeLine) -> Result<Code> {
    Ok(Code {
        no: 0,
        code: parse_code(&line.code)?,
        assigned_at: line.assigned_at.map(|As(at)| at),
        expires_at: line.expires_at.map(|As(at)| at),
        uses: line.uses.map_or(0, |uses| uses.0),
    })
}

/// A code as a line.
pub fn code_line(code: &Code, coupon_id: String) -> Line {
    Line::CouponCode(CouponCodeLine {
        tag: Tag,
        coupon_id: As(Id(coupon_id)),
        code: code.code.clone(),
        assigned_at: code.assigned_at.map(As),
        expires_at: code.expires_at.map(As),
        uses: Some(Whole(code.uses)),
    })
}

/// A stored code as its line.
pub(super) fn stored_code(tx: &ReadTx, site: &Site, text: &str) -> Result<Option<Line>> {
    let Some((owner, code)) = coupons::code_by_matched(tx, site.no, &matched(text))? else { return Ok(None) };
    let coupon = coupons::by_no(tx, site.no, owner)?.or_not_found("coupon", text)?;
    Ok(Some(code_line(&code, coupon.id)))
}

/// A coupon is used, and a code given away, after its line was written.
pub(super) fn coupon_as_it_went_on(line: &CouponLine, stored: &CouponLine) -> Result<Line> {
    let mut said = coupon(line)?;
    said.uses = said.uses.max(stored.uses.map_or(0, |uses| uses.0));
    Ok(coupon_line(&said))
}

/// The same for a code.
pub(super) fn code_as_it_went_on(line: &CouponCodeLine, stored: &CouponCodeLine) -> Result<Line> {
    let mut said = code(line)?;
    said.uses = said.uses.max(stored.uses.map_or(0, |uses| uses.0));
    if said.assigned_at.is_none() {
        said.assigned_at = stored.assigned_at.map(|As(at)| at);
        said.expires_at = stored.expires_at.map(|As(at)| at);
    }
    Ok(code_line(&said, line.coupon_id.0.0.clone()))
}

/// The codes that a stored cart took, as they stand inside its line.
pub(super) fn taken_lines(tx: &ReadTx, cart: i64) -> Result<Option<Vec<TakenLine>>> {
    let taken = coupons::of_cart(tx, cart)?;
    let line = |taken: &Taken| TakenLine {
        tag: Tag,
        code: As(Id(taken.code.code.clone())),
        discount: Whole(taken.discount),
        applied_at: As(taken.applied_at),
    };
    Ok((!taken.is_empty()).then(|| taken.iter().map(line).collect()))
}

/// The codes of a cart's line as they are stored, for a line may spell them otherwise.
pub(super) fn as_stored(tx: &ReadTx, site: &Site, line: &CartLine) -> Result<Option<Vec<TakenLine>>> {
    let Some(lines) = line.coupons.as_ref().filter(|lines| !lines.is_empty()) else { return Ok(None) };
    let spelled =
        |taken: &TakenLine| Ok(TakenLine { code: As(Id(spelling(tx, site, &taken.code.0.0)?)), ..taken.clone() });
    lines.iter().map(spelled).collect::<Result<_>>().map(Some)
}

/// The code of a letter's line as it is stored, and when the letter got it.
pub(super) fn of_letter_as_stored(
    tx: &ReadTx,
    site: &Site,
    line: &MessageLine,
    message: &Message,
) -> Result<Option<(String, Timestamp)>> {
    let Some(As(Id(text))) = &line.coupon_code else { return Ok(None) };
    let at = line.coupon_at.map_or(message.created_at, |As(at)| at);
    Ok(Some((spelling(tx, site, text)?, at)))
}

/// Whether the code of a new letter's line is one of a pool that another letter has.
pub(super) fn is_anothers(tx: &ReadTx, site: &Site, line: &MessageLine) -> Result<bool> {
    let Some(As(Id(text))) = &line.coupon_code else { return Ok(false) };
    let Some((owner, code)) = coupons::code_by_matched(tx, site.no, &matched(text))? else { return Ok(false) };
    let pooled = coupons::by_no(tx, site.no, owner)?.is_some_and(|coupon| coupon.pooled);
    Ok(pooled && coupons::is_given(tx, site.no, code.no)?)
}

fn spelling(tx: &ReadTx, site: &Site, text: &str) -> Result<String> {
    let stored = coupons::code_by_matched(tx, site.no, &matched(text))?;
    Ok(stored.map_or_else(|| text.to_owned(), |(_, code)| code.code))
}

/// Adds a code to its coupon. Returns whether it was new.
pub(super) fn insert_code(tx: &WriteTx, site: &Site, line: &CouponCodeLine) -> Result<bool> {
    let owner = coupons::by_id(tx, site.no, &line.coupon_id.0.0)?.or_not_found("coupon", &line.coupon_id.0.0)?;
    let code = code(line)?;
    coupons::insert_code(tx, site.no, owner.no, &code, &matched(&code.code))
}

/// Gives a new cart the codes of its line.
pub(super) fn take(tx: &WriteTx, site: &Site, cart: i64, line: &CartLine) -> Result<()> {
    let Some(lines) = line.coupons.as_ref().filter(|lines| !lines.is_empty()) else { return Ok(()) };
    let taken = lines
        .iter()
        .map(|line| {
            let (coupon, code) = find(tx, site, &line.code.0.0)?;
            Ok(Taken { coupon, code, discount: line.discount.0, applied_at: line.applied_at.0 })
        })
        .collect::<Result<Vec<_>>>()?;
    coupons::replace_of_cart(tx, cart, &taken)
}

/// Notes which code a new letter shows.
pub(super) fn give(tx: &WriteTx, site: &Site, message: i64, line: &MessageLine) -> Result<()> {
    let Some(As(Id(text))) = &line.coupon_code else { return Ok(()) };
    let (owner, code) = find(tx, site, text)?;
    let pooled = coupons::by_no(tx, site.no, owner)?.is_some_and(|coupon| coupon.pooled);
    // As `check` reads it: without a time of its own, when the letter was written.
    let at = line.coupon_at.or(line.created_at).or(line.sent_at).map_or(tx.now(), |As(at)| at);
    coupons::give(tx, site.no, message, code.no, pooled, at)
}

/// Notes which codes were counted for a new sale; their lines say how often they were used, this one included.
pub(super) fn note(tx: &WriteTx, site: &Site, purchase: i64, line: &PurchaseLine) -> Result<()> {
    for As(Id(text)) in line.codes.as_deref().unwrap_or_default() {
        coupons::note_of_purchase(tx, purchase, find(tx, site, text)?.1.no)?;
    }
    Ok(())
}

/// The codes of a sale's line as they are stored: those that were told since are no difference.
pub(super) fn of_purchase_as_stored(line: &PurchaseLine, stored: &PurchaseLine) -> Vec<String> {
    let texts =
        |line: &PurchaseLine| -> Vec<String> { line.codes.iter().flatten().map(|As(Id(text))| text.clone()).collect() };
    let (said, stored) = (texts(line), texts(stored));
    let holds = |text: &String| stored.iter().any(|other| matched(other) == matched(text));
    if said.iter().all(holds) { stored } else { said }
}

fn find(tx: &ReadTx, site: &Site, text: &str) -> Result<(i64, Code)> {
    coupons::code_by_matched(tx, site.no, &matched(text))?.or_not_found("coupon", text)
}

/// Two lines of one cart cannot take the same code.
pub(super) fn check_taken(line: &CartLine) -> Result<()> {
    let mut seen = std::collections::HashSet::new();
    for taken in line.coupons.as_deref().unwrap_or_default() {
        if !seen.insert(matched(&taken.code.0.0)) {
            return Err(Error::refused("coupons", "must name each code once"));
        }
    }
    Ok(())
}
