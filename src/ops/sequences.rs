//! Which letters a shop writes about abandoned carts. Templates are checked by whoever hands them in: this floor does
//! not know how letters are written.

use super::listing::{Listed, Wanted, unlisted};
use crate::domain::money::MAX_MINOR;
use crate::domain::sequences::{LONGEST_DELAY, MOST_STEPS, Sequence, Step, Words};
use crate::domain::{Error, OrNotFound, Result, Site};
use crate::store::{ReadTx, WriteTx, coupons, messages, sequences};

/// The sequence of a site: its own, else the one that is shipped.
pub fn of_site(tx: &ReadTx, site: &Site) -> Result<Sequence> {
    let steps = sequences::steps(tx, site.no)?;
    let shipped = Sequence::shipped();
    Ok(if steps.is_empty() { shipped } else { Sequence { steps, ..shipped } })
}

/// Writes a step, in the place of the one with its number. The first change of a site makes the shipped sequence its
/// own. Letters that wait keep the time at which they are looked at; what they say is read when they leave.
pub fn put(tx: &WriteTx, site: &Site, step: Step) -> Result<Sequence> {
    if !(1..=MOST_STEPS).contains(&step.number) {
        return Err(Error::refused("step", format!("must lie between 1 and {MOST_STEPS}")));
    }
    if !(0..=LONGEST_DELAY).contains(&step.delay_secs) {
        return Err(Error::refused("delay", "must be at most a year"));
    }
    if !(0..=MAX_MINOR).contains(&step.minimum) {
        return Err(Error::refused("minimum", format!("must lie between 0 and {MAX_MINOR} minor units")));
    }
    own(tx, site)?;
    write(tx, site, &step)?;
    of_site(tx, site)
}

fn write(tx: &WriteTx, site: &Site, step: &Step) -> Result<()> {
    if let Some(id) = &step.coupon_id
        && coupons::by_id(tx, site.no, id)?.is_none()
    {
        return Err(Error::refused("coupon", format!("`{id}` is no coupon of this shop")));
    }
    sequences::put(tx, site.no, step, tx.now())
}

/// What is said of a step; what is absent stays.
#[derive(Clone, Debug, Default)]
pub struct StepChange {
    /// Seconds after the abandonment; a new step needs it.
    pub delay_secs: Option<i64>,
    /// Whether it is written at all.
    pub active: Option<bool>,
    /// The least that a cart must be worth, minor units of its currency.
    pub minimum: Option<i64>,
    /// The coupon that its letters show.
    pub coupon_id: Option<String>,
    /// Whether it says what is shipped again, without a coupon, but for what is named here.
    pub as_shipped: bool,
    /// Templates.
    pub words: Words,
}

impl StepChange {
    fn applied(self, step: Step) -> Step {
        let before = if self.as_shipped { Words::default() } else { step.words.clone() };
        Step {
            delay_secs: self.delay_secs.unwrap_or(step.delay_secs),
            active: self.active.unwrap_or(step.active),
            minimum: self.minimum.unwrap_or(step.minimum),
            coupon_id: self.coupon_id.or(step.coupon_id.filter(|_| !self.as_shipped)),
            words: Words {
                subject: self.words.subject.or(before.subject),
                html: self.words.html.or(before.html),
                text: self.words.text.or(before.text),
            },
            ..step
        }
    }
}

/// The sequences of a site, of which there is one.
pub fn list(tx: &ReadTx, site: &Site, wanted: &Wanted) -> Result<Listed<Sequence>> {
    let sequence = of_site(tx, site)?;
    if wanted.after.as_ref().is_some_and(|id| *id != sequence.id) {
        return Err(unlisted());
    }
    let passed = wanted.offset > 0 || wanted.after.is_some();
    Ok(wanted.listed(if passed { Vec::new() } else { vec![sequence] }, 1))
}

/// A sequence of a site by its public id.
pub fn get(tx: &ReadTx, site: &Site, id: &str) -> Result<Sequence> {
    Some(of_site(tx, site)?).filter(|sequence| sequence.id == id).or_not_found("sequence", id)
}

/// Changes a step of a sequence, or adds one.
pub fn change(tx: &WriteTx, site: &Site, id: &str, number: i64, change: StepChange) -> Result<Sequence> {
    let step = match get(tx, site, id)?.step(number) {
        Some(step) => step.clone(),
        None if change.delay_secs.is_none() => return Err(Error::missing("delay_secs")),
        None => Step::new(number, 0),
    };
    put(tx, site, change.applied(step))
}

/// Replaces every step of a sequence.
pub fn replace(tx: &WriteTx, site: &Site, id: &str, steps: Vec<(i64, StepChange)>) -> Result<Sequence> {
    get(tx, site, id)?;
    sequences::clear(tx, site.no)?;
    for (number, change) in steps {
        write(tx, site, &change.applied(Step::new(number, 0)))?;
    }
    of_site(tx, site)
}

/// Makes a sequence the shipped one again.
pub fn reset(tx: &WriteTx, site: &Site, id: &str) -> Result<Sequence> {
    get(tx, site, id)?;
    sequences::clear(tx, site.no)?;
    of_site(tx, site)
}

/// Takes a step of a sequence out.
pub fn take_out(tx: &WriteTx, site: &Site, id: &str, number: i64) -> Result<Sequence> {
    get(tx, site, id)?;
    remove(tx, site, number)
}

/// Adds a step behind all others. What it is due after need not be later than they are: [`order`] puts that right.
pub fn add(tx: &WriteTx, site: &Site, step: Step) -> Result<Sequence> {
    let last = of_site(tx, site)?.steps.iter().map(|step| step.number).max().unwrap_or(0);
    if last >= MOST_STEPS {
        return Err(Error::Conflict(format!("a sequence has at most {MOST_STEPS} steps")));
    }
    put(tx, site, Step { number: last + 1, ..step })
}

/// Numbers the steps by their delays, from 1. Letters that wait go on as letters of the step that they were planned for;
/// those that left keep the number that they had.
pub fn order(tx: &WriteTx, site: &Site) -> Result<Sequence> {
    own(tx, site)?;
    let mut steps = sequences::steps(tx, site.no)?;
    sequences::clear(tx, site.no)?;
    steps.sort_by_key(|step| (step.delay_secs, step.number));
    let mut numbers = std::collections::BTreeMap::new();
    for (number, step) in (1..).zip(&mut steps) {
        numbers.insert(step.number.to_string(), number);
        step.number = number;
        sequences::put(tx, site.no, step, tx.now())?;
    }
    messages::renumber_queued(tx, site.no, &serde_json::json!(numbers).to_string())?;
    of_site(tx, site)
}

/// Takes a step out. The last one cannot be: a shop that wants no letters switches them off.
pub fn remove(tx: &WriteTx, site: &Site, number: i64) -> Result<Sequence> {
    own(tx, site)?;
    if sequences::steps(tx, site.no)?.len() == 1 {
        return Err(Error::Conflict("the last step stays; `site set … letters off` writes no letters".into()));
    }
    sequences::remove(tx, site.no, number)?.then_some(()).or_not_found("step", &number.to_string())?;
    of_site(tx, site)
}

/// Makes the shipped sequence the site's own where it has none.
fn own(tx: &WriteTx, site: &Site) -> Result<()> {
    if sequences::steps(tx, site.no)?.is_empty() {
        for step in Sequence::shipped().steps {
            sequences::put(tx, site.no, &step, tx.now())?;
        }
    }
    Ok(())
}
