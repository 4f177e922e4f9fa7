//! What needs somebody: why letters wait or do not arrive, and what endangers the data.

use super::{policy, show};
use crate::app::App;
use crate::app::disk::{Disk, MB, Room};
use crate::app::health::Copies;
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

/// What the process has: for letters to real people, and for the data.
#[derive(Clone, Copy, Debug)]
pub(super) struct Process {
    /// Whether letters really leave, rather than being captured.
    pub(super) is_real: bool,
    /// Whether it is a demo, in which capturing letters is the point.
    pub(super) is_demo: bool,
    /// Whether the process knows its public address.
    pub(super) has_public_url: bool,
    /// The room that is left, where that is known.
    pub(super) disk: Option<Disk>,
    /// Copies of the database.
    pub(super) copies: Copies,
}

impl Process {
    /// Looks at a process, its disk included.
    pub(super) fn of(app: &App) -> Self {
        Process {
            is_real: app.mailer.is_real(),
            is_demo: app.demo.is_some(),
            has_public_url: app.config.public_url.is_some(),
            disk: app.disk(),
            copies: app.copies(),
        }
    }
}

/// What is to be done for a site, the most urgent first.
pub(super) fn of(tx: &ReadTx, who: &SignedIn, process: Process) -> Result<Vec<Item>> {
    let site = &who.site;
    let mut items: Vec<Item> = room(process.disk).into_iter().chain(copies(process.copies)).collect();
    if outbox::breaker_is_open(tx, site)? {
        let text = "Too many of the last ones came back or were called unwanted. Find out why, then let them leave again \
                    with `cartwright mail resume`.";
        items.push(Item { title: "Letters are held back", text: text.to_owned(), link: None });
    }
    if let Some(text) = bounces(tx, site)? {
        items.push(Item { title: "More letters come back", text, link: None });
    }
    let may_set = policy::may(who.user.role, "GET", "/dashboard/settings");
    items.extend(unset(site, process).map(|(title, text, href)| Item {
        title,
        text: text.to_owned(),
        link: href.filter(|_| may_set).map(|href| (href, "To the settings")),
    }));
    Ok(items)
}

/// Whether what is written will still find room.
fn room(disk: Option<Disk>) -> Option<Item> {
    let disk = disk?;
    let free = show::count(i64::try_from(disk.free / MB).unwrap_or(i64::MAX));
    let (title, text) = match disk.room() {
        Room::Enough => return None,
        Room::Little => ("The disk is filling up", "A copy of the data and its journal want more. Make room soon."),
        Room::None => ("The disk is full", "Carts and purchases are about to be refused. Make room now."),
    };
    Some(Item { title, text: format!("{free} MB are free. {text}"), link: None })
}

/// Whether a broken disk would take everything.
fn copies(copies: Copies) -> Option<Item> {
    let (title, found) = match copies {
        Copies::Old { age_secs } => {
            let days = age_secs / 86_400;
            let age = if days > 0 {
                show::counted(days, "day", "days")
            } else {
                show::counted(age_secs / 3_600, "hour", "hours")
            };
            ("Copies of the data are late", format!("The newest is {age} old."))
        }
        Copies::Missing => ("There is no copy of the data", "None was made since the start.".to_owned()),
        Copies::Off | Copies::Fresh { .. } | Copies::Awaited => return None,
    };
    let text = format!("{found} The log says why; `cartwright backup` makes one at once.");
    Some(Item { title, text, link: None })
}

type Unset = (&'static str, &'static str, Option<&'static str>);

/// What is not set up, or switched off: title, text, and where that can be changed.
fn unset(site: &Site, process: Process) -> impl Iterator<Item = Unset> {
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
        (!process.is_real && !process.is_demo, ("Letters are only captured", captured, None)),
        (
            !process.has_public_url && process.is_real,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_that_fills_up_is_told_before_it_is_full() {
        let told =
            |free, database| room(Some(Disk { free: free * MB, database: database * MB })).map(|item| item.title);
        assert_eq!(told(50, 10), Some("The disk is full"));
        assert_eq!(told(4_000, 2_000), Some("The disk is filling up"));
        assert_eq!(told(50_000, 2_000), None);
        assert!(room(None).is_none());
    }

    #[test]
    fn a_copy_that_is_late_or_missing_is_told_with_its_age() {
        let text = |found| copies(found).map(|item| item.text).unwrap_or_default();
        assert!(text(Copies::Old { age_secs: 3 * 86_400 + 5 }).starts_with("The newest is 3 days old."));
        assert!(text(Copies::Old { age_secs: 7_200 }).starts_with("The newest is 2 hours old."));
        assert!(text(Copies::Missing).starts_with("None was made"));
        for fine in [Copies::Off, Copies::Awaited, Copies::Fresh { age_secs: 90 }] {
            assert!(copies(fine).is_none(), "{fine:?}");
        }
    }
}
