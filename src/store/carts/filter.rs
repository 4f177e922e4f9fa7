//! What a list of carts can be about, and that as conditions of a statement.

use rusqlite::ToSql;

use crate::domain::carts::{CartStatus, Channel};
use crate::domain::{SiteNo, Timestamp};

/// Which carts a list is about. Carts made by machines and those that were deleted are in none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Filter {
    /// The shop's own name of the shopper, exactly.
    pub customer_id: Option<String>,
    /// The visit, exactly.
    pub session_id: Option<String>,
    /// Where the cart stands.
    pub status: Option<CartStatus>,
    /// Where it came from.
    pub channel: Option<Channel>,
    /// Created later than this.
    pub created_after: Option<Timestamp>,
    /// Created earlier than this.
    pub created_before: Option<Timestamp>,
    /// Written later than this.
    pub updated_after: Option<Timestamp>,
    /// With an address, or without.
    pub has_email: Option<bool>,
    /// Won back by a letter, or not.
    pub recovered: Option<bool>,
    /// Total of at least this, minor units.
    pub min_total: Option<i64>,
}

impl Filter {
    /// Whether the kept counts know what it matches: it looks at nothing but status, channel and address.
    pub fn is_counted(&self) -> bool {
        *self == Filter { status: self.status, channel: self.channel, has_email: self.has_email, ..Filter::default() }
    }

    /// Whether a range of some order's index holds all that it matches.
    pub(super) fn has_range(&self) -> bool {
        self.updated_after.is_some()
            || self.created_after.is_some()
            || self.created_before.is_some()
            || self.min_total.is_some()
    }

    /// Whether it is about one shopper or one visit.
    pub(super) fn is_of_one_shopper(&self) -> bool {
        self.customer_id.is_some() || self.session_id.is_some()
    }
}

/// Conditions of a statement with the values that they name.
pub(super) struct Conditions<'a> {
    pub(super) text: String,
    pub(super) params: Vec<(&'static str, Box<dyn ToSql + 'a>)>,
}

impl<'a> Conditions<'a> {
    pub(super) fn of(site: SiteNo, filter: &'a Filter) -> Self {
        let mut all = Conditions {
            text: "site = :site and class <> 'machine' and deleted_at is null".into(),
            params: Vec::new(),
        };
        all.params.push((":site", Box::new(site)));
        all.when(filter.customer_id.as_ref(), "customer_id = :customer_id", ":customer_id");
        all.when(filter.session_id.as_ref(), "session_id = :session_id", ":session_id");
        all.when(filter.status, "status = :status", ":status");
        all.when(filter.channel, "channel = :channel", ":channel");
        all.when(filter.created_after, "created_at > :created_after", ":created_after");
        all.when(filter.created_before, "created_at < :created_before", ":created_before");
        all.when(filter.updated_after, "updated_at > :updated_after", ":updated_after");
        all.when(filter.recovered, "recovered = :recovered", ":recovered");
        all.when(filter.min_total, "total >= :min_total", ":min_total");
        match filter.has_email {
            Some(true) => all.text.push_str(" and has_email = 1"),
            Some(false) => all.text.push_str(" and has_email = 0"),
            None => {}
        }
        all
    }

    fn when(&mut self, value: Option<impl ToSql + 'a>, condition: &str, name: &'static str) {
        if let Some(value) = value {
            self.text.push_str(" and ");
            self.text.push_str(condition);
            self.params.push((name, Box::new(value)));
        }
    }

    pub(super) fn bind(&self) -> Vec<(&'static str, &dyn ToSql)> {
        self.params.iter().map(|(name, value)| (*name, value.as_ref())).collect()
    }
}
