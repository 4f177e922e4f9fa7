//! What needs somebody: why letters wait or do not arrive, and what endangers the data.

use super::policy;
use crate::domain::time::day_plus;
use crate::domain::{Result, Site};
use crate::ops::sessions::SignedIn;
use crate::ops::{dashboard, outbox};
use crate::store::ReadTx;

/// Bounces are worth a word from this many letters on, when they are more than this many of a hundred.
const LETTERS_TO_JUDGE: i64 = 50;
const BOUNCES_PERCENT: i64 = 3;

/// One thing to do.
pub(super) struct Item {
    pub(super) title: &'static str,
    pub(super) text: String,
    /// Where to do it, and what the link says; absent where this user may not, or it is done elsewhere.
    pub(super) link: Option<(&'static str, &'static str)>,
}

/// What is to be done for a site, the most urgent first.
pub(super) fn of(tx: &ReadTx, who: &SignedIn) -> Result<Vec<Item>> {
    let (site, settings) = (&who.site, &who.site.settings);
    let mut items = Vec::new();
    let to_settings =
        policy::may(who.user.role, "GET", "/dashboard/settings").then_some(("/dashboard/settings", "To the settings"));
    let mut add = |title, text: &str, link| items.push(Item { title, text: text.to_owned(), link });
    if outbox::breaker_is_open(tx, site)? {
        add(
            "Letters are held back",
            "Too many of the last ones came back or were called unwanted. Find out why, then let them leave again with `cartwright mail resume`.",
            None,
        );
    }
    if !settings.letters() {
        add("Letters are switched off", "No reminder is written while the setting letters is off.", to_settings);
    }
    if !settings.get("test_addresses").is_empty() {
        add("Test mode is on", "Only the test addresses are tracked and written to.", to_settings);
    }
    if settings.postal_address().is_none() {
        add(
            "No postal address",
            "The law asks for one in each letter, so nothing is sent to real people without it.",
            to_settings,
        );
    }
    if settings.sender().is_none() {
        add(
            "No sender",
            "Say which address letters come from; without it nothing is sent to real people.",
            to_settings,
        );
    }
    if settings.origins().is_empty() {
        add(
            "The shop's pages are not heard",
            "Name their origins, so that the script on them may tell of carts.",
            to_settings,
        );
    }
    if let Some(text) = bounces(tx, site)? {
        add("More letters come back", &text, None);
    }
    Ok(items)
}

/// Whether bounces of the last seven days are many, and more than in the seven before.
fn bounces(tx: &ReadTx, site: &Site) -> Result<Option<String>> {
    let today = site.day_of(tx.now());
    let now = dashboard::overview(tx, site, day_plus(today, -6), today, 0)?.total.all;
    let before = dashboard::overview(tx, site, day_plus(today, -13), day_plus(today, -7), 0)?.total.all;
    let many = now.sent >= LETTERS_TO_JUDGE && now.bounced * 100 > now.sent * BOUNCES_PERCENT;
    let more = now.bounced * before.sent.max(1) > before.bounced * now.sent;
    Ok((many && more).then(|| format!("{} of {} letters of the last seven days came back.", now.bounced, now.sent)))
}
