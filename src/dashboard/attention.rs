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

/// What the process has for letters to real people.
#[derive(Clone, Copy, Debug)]
pub(super) struct Post {
    /// Whether letters really leave, rather than being captured.
    pub(super) is_real: bool,
    /// Whether the process knows its public address.
    pub(super) has_public_url: bool,
}

/// What is to be done for a site, the most urgent first.
pub(super) fn of(tx: &ReadTx, who: &SignedIn, post: Post) -> Result<Vec<Item>> {
    let site = &who.site;
    let mut items = Vec::new();
    if outbox::breaker_is_open(tx, site)? {
        let text = "Too many of the last ones came back or were called unwanted. Find out why, then let them leave again \
                    with `cartwright mail resume`.";
        items.push(Item { title: "Letters are held back", text: text.to_owned(), link: None });
    }
    if let Some(text) = bounces(tx, site)? {
        items.push(Item { title: "More letters come back", text, link: None });
    }
    let may_set = policy::may(who.user.role, "GET", "/dashboard/settings");
    items.extend(unset(site, post).map(|(title, text, href)| Item {
        title,
        text: text.to_owned(),
        link: href.filter(|_| may_set).map(|href| (href, "To the settings")),
    }));
    Ok(items)
}

type Unset = (&'static str, &'static str, Option<&'static str>);

/// What is not set up, or switched off: title, text, and where that can be changed.
fn unset(site: &Site, post: Post) -> impl Iterator<Item = Unset> {
    const SENDER: Option<&str> = Some("/dashboard/settings#sender");
    const LETTERS: Option<&str> = Some("/dashboard/settings#letters");
    const PAGES: Option<&str> = Some("/dashboard/settings#tracking");
    let settings = &site.settings;
    let captured =
        "They are written and kept, and nobody gets them, until a mail server is configured (mail.transport).";
    let all: [(bool, Unset); 7] = [
        (
            !settings.letters(),
            ("Letters are switched off", "No reminder is written while the setting letters is off.", LETTERS),
        ),
        (
            !settings.get("test_addresses").is_empty(),
            ("Test mode is on", "Only the test addresses are tracked and written to.", LETTERS),
        ),
        (!post.is_real, ("Letters are only captured", captured, None)),
        (
            !post.has_public_url && post.is_real,
            ("No public address", "Links in letters would lead nowhere, so nothing is sent. Set public_url.", None),
        ),
        (
            settings.postal_address().is_none(),
            (
                "No postal address",
                "The law asks for one in each letter, so nothing is sent to real people without it.",
                SENDER,
            ),
        ),
        (
            settings.sender().is_none(),
            ("No sender", "Say which address letters come from; without it nothing is sent to real people.", SENDER),
        ),
        (
            settings.origins().is_empty(),
            (
                "The shop's pages are not heard",
                "Name their origins, so that the script on them may tell of carts.",
                PAGES,
            ),
        ),
    ];
    all.into_iter().filter(|(holds, _)| *holds).map(|(_, item)| item)
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
