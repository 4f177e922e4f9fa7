//! The first reading of an archive, without a store: every line by itself, and what it has to do with the others. Of the lines
//! themselves nothing is kept; what they say is put in order by `notes`.

use std::path::Path;

use super::lines::{Kind, Line, SiteLine};
use super::names::{content_hash, digest, identity, named_by, once_only};
use super::notes::{Facts, Notes, Said};
use super::read::{self, Problem};
use super::values::reason;
use super::{Counts, coupons, rows, webhooks};
use crate::domain::carts::Class;
use crate::domain::{Error, Result, Timestamp};

/// How many problems are kept to be shown.
pub const SHOWN: usize = 20;

/// Problems found so far: the first few in full, the rest as a number.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Problems {
    /// The first [`SHOWN`].
    pub shown: Vec<Problem>,
    /// How many more there are.
    pub more: u64,
}

impl Problems {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.shown.is_empty()
    }

    pub(super) fn add(&mut self, line: u64, field: impl Into<String>, reason: impl Into<String>) {
        let problem = Problem { line, field: field.into(), reason: reason.into() };
        // Most are found in the order of their lines.
        let place = self.shown.partition_point(|shown| shown.line <= line);
        self.shown.insert(place, problem);
        self.more += self.shown.len().saturating_sub(SHOWN) as u64;
        self.shown.truncate(SHOWN);
    }

    /// These and others, in the order of their lines.
    pub fn and(mut self, others: Problems) -> Problems {
        self.shown.extend(others.shown);
        self.shown.sort_by_key(|problem| problem.line);
        self.more += others.more + self.shown.len().saturating_sub(SHOWN) as u64;
        self.shown.truncate(SHOWN);
        self
    }
}

/// Takes the lines of an archive.
pub struct Survey {
    problems: Problems,
    /// The first one, with the number of its line.
    site: Option<(u64, SiteLine)>,
    counts: Counts,
    lines: u64,
    /// Whether the id of a wrong line is not known.
    wrong_without_id: bool,
    facts: Facts,
}

/// What an archive holds.
#[derive(Debug, Default)]
pub struct Surveyed {
    /// What is wrong with lines by themselves.
    pub problems: Problems,
    /// Its `site` line.
    pub site: Option<SiteLine>,
    /// Lines per type, those that are given twice too.
    pub counts: Counts,
    /// What each line is to know of the others.
    pub notes: Notes,
    /// All lines that are not blank, wrong ones too.
    lines: u64,
}

impl Survey {
    /// Begins. Of what the lines say of each other so many records are held in memory, and the others in a folder.
    pub fn new(folder: &Path, held: usize) -> Self {
        let (problems, counts) = Default::default();
        Survey { problems, site: None, counts, lines: 0, wrong_without_id: false, facts: Facts::new(folder, held) }
    }

    /// Looks at one line; `None` is one that is too long. `site_id` is the site that the archive must be of.
    pub fn take(&mut self, number: u64, content: Option<&[u8]>, site_id: &str) -> Result<()> {
        let Some(content) = content else {
            self.lines += 1;
            self.problems.add(number, "", format!("is longer than {} bytes", read::MAX_LINE));
            return self.note_wrong(number, &[]);
        };
        self.lines += 1;
        let sound = read::parse(content).and_then(|line| match check(&line, site_id) {
            Ok(()) => Ok(line),
            Err(e) => Err(named(line.kind(), e)),
        });
        match sound {
            Ok(line) => self.note(number, &line),
            Err((field, reason)) => {
                self.problems.add(number, field, reason);
                self.note_wrong(number, content)
            }
        }
    }

    fn note_wrong(&mut self, number: u64, content: &[u8]) -> Result<()> {
        #[derive(serde::Deserialize)]
        struct Named {
            id: String,
        }
        self.facts.wrong(number)?;
        match (read::kind_of(content), serde_json::from_slice::<Named>(content)) {
            (Ok(kind), Ok(named)) => self.facts.say(digest(kind, &named.id), Said::WrongId, number, 0),
            _ => {
                self.wrong_without_id = true;
                Ok(())
            }
        }
    }

    fn note(&mut self, number: u64, line: &Line) -> Result<()> {
        let kind = line.kind();
        if let Line::Site(site) = line {
            self.site.get_or_insert_with(|| (number, site.clone()));
        }
        self.counts.add(kind, 1, 0);
        let half = |hash: u128| (hash >> 64) as i64;
        let (_, id) = identity(line);
        let id = digest(kind, &id);
        self.facts.say(id, Said::Id, number, half(content_hash(line)))?;
        for (_, taken) in once_only(line) {
            self.facts.say(taken, Said::Once, number, half(id))?;
        }
        let facts = &mut self.facts;
        let sent = matches!(line, Line::Message(line) if rows::is_sent(line));
        named_by(line, &mut |kind, _, id| {
            facts.say(digest(kind, id), Said::Named, number, (sent && kind == Kind::Cart).into())
        })?;
        self.relate(number, line)
    }

    fn relate(&mut self, number: u64, line: &Line) -> Result<()> {
        let facts = &mut self.facts;
        match line {
            Line::Cart(cart) if cart.class.is_some_and(|class| class.0 == Class::Machine) => {
                facts.say(digest(Kind::Cart, &cart.id.0.0), Said::Machine, number, 0)
            }
            Line::Purchase(purchase) => {
                facts.say(digest(Kind::Purchase, &purchase.id.0.0), Said::Total, number, purchase.total.0)?;
                let recovered = purchase.recovered_cart_id.as_ref().map(|id| digest(Kind::Cart, id));
                if let Some(cart) = recovered {
                    facts.say(cart, Said::Recovered, number, 0)?;
                }
                let bought = purchase.cart_id.as_ref().map(|id| digest(Kind::Cart, &id.0.0));
                let mut named = bought.into_iter().chain(recovered.filter(|cart| Some(*cart) != bought));
                named.try_for_each(|cart| facts.say(cart, Said::Bought, number, purchase.at.0.secs()))
            }
            Line::Refund(refund) => {
                facts.say(digest(Kind::Purchase, &refund.purchase_id.0.0), Said::Refunded, number, 0)
            }
            Line::LoyaltyEntry(entry) => {
                let Some(undone) = &entry.reverses else { return Ok(()) };
                facts.say(digest(Kind::LoyaltyEntry, &entry.id.0.0), Said::Reversal, number, 0)?;
                facts.say(digest(Kind::LoyaltyEntry, &undone.0.0), Said::Undone, number, 0)
            }
            _ => Ok(()),
        }
    }

    /// Takes what another one took, of other lines of the same archive.
    pub fn append(&mut self, other: Survey) -> Result<()> {
        self.problems = std::mem::take(&mut self.problems).and(other.problems);
        self.site = [self.site.take(), other.site].into_iter().flatten().min_by_key(|(number, _)| *number);
        self.counts.add_all(&other.counts);
        self.lines += other.lines;
        self.wrong_without_id |= other.wrong_without_id;
        self.facts.append(other.facts)
    }

    /// No more lines are to come.
    pub fn finish(self) -> Result<Surveyed> {
        let Survey { problems, site, counts, lines, wrong_without_id, facts } = self;
        let site = site.map(|(_, site)| site);
        // A wrong line of which no id is known could be whatever is named.
        Ok(Surveyed { problems, site, counts, lines, notes: facts.notes(wrong_without_id)? })
    }
}

impl Surveyed {
    /// A later walk over the same archive must see as many lines: fewer or more are another file.
    pub fn has_lines(&self, walked: u64) -> Result<()> {
        match walked == self.lines {
            true => Ok(()),
            false => Err(Error::malformed(
                "file",
                format!("changed while it was read: it had {} lines, and then {walked}", self.lines),
            )),
        }
    }
}

/// An error about a line's value as field and reason.
pub(super) fn named(kind: Kind, error: Error) -> (String, String) {
    let field = match &error {
        Error::Invalid { field, .. } => format!("{kind}.{field}"),
        _ => kind.as_str().to_owned(),
    };
    (field, reason(error))
}

/// Everything about a line that needs no other line and no store.
fn check(line: &Line, site_id: &str) -> Result<()> {
    check_alone(line)?;
    match line {
        Line::Site(site) if site.site_id != site_id => {
            Err(Error::refused("site_id", format!("is `{}`, and the import is for `{site_id}`", site.site_id)))
        }
        _ => Ok(()),
    }
}

/// Everything about a line that needs neither its site nor another line.
fn check_alone(line: &Line) -> Result<()> {
    match line {
        Line::Site(site) => rows::site(site, [0; 32], Timestamp::MIN).map(drop),
        Line::User(user) => rows::user(user, crate::domain::SiteNo(0), Timestamp::MIN).map(drop),
        Line::Customer(customer) => rows::customer(customer).map(drop),
        Line::Message(message) => rows::message(message).map(drop),
        Line::Cart(cart) => rows::check_cart(cart).and_then(|()| coupons::check_taken(cart)),
        Line::Purchase(purchase) => rows::purchase(purchase).map(drop),
        Line::Sequence(sequence) => rows::sequence(sequence).map(drop),
        Line::Subscriber(subscriber) => rows::subscriber(subscriber).map(drop),
        Line::Coupon(coupon) => coupons::coupon(coupon).map(drop),
        Line::Webhook(webhook) => webhooks::webhook(webhook).map(drop),
        Line::CouponCode(code) => coupons::code(code).map(drop),
        Line::Suppression(suppression) if suppression.email.is_none() && suppression.email_hash.is_none() => {
            Err(Error::missing("email"))
        }
        Line::LoyaltyEntry(entry) if entry.reverses.as_ref() == Some(&entry.id) => {
            Err(Error::refused("reverses", "must name another entry"))
        }
        Line::LoyaltyEntry(entry) => rows::cause(entry).map(drop),
        _ => Ok(()),
    }
}
