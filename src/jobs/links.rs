//! The links of a letter, as its reader gets them: each with a token of its own use. `dialects/native/letters.rs`
//! answers them.

use crate::domain::Timestamp;
use crate::domain::carts::Item;
use crate::domain::tokens::{Use, spell};
use crate::ops::outbox::Claim;

/// How long a letter's links work, other than the one that ends letters.
const LIVE_FOR: i64 = 30 * 86_400;

/// All of them.
pub(super) struct Links {
    /// Ends letters to the address.
    pub(super) unsubscribe: String,
    /// Back to the cart.
    pub(super) restore: String,
    /// No reader sees it; there while clicks are looked at.
    pub(super) honeypot: Option<String>,
    /// The picture that says that the letter was shown, where the shop wants it.
    pub(super) pixel: Option<String>,
    /// The cart's lines, with links that pass through us where they are tracked.
    pub(super) items: Vec<Item>,
}

impl Links {
    /// Spells the links of a claimed letter, which begin with our public address.
    pub(super) fn of(claim: &Claim, now: Timestamp, base: &str) -> Self {
        let (site, letter) = (&claim.site, &claim.message.id);
        let token = |purpose: Use| spell(site, purpose, letter, Some(now.plus(LIVE_FOR)));
        let click = token(Use::Click);
        let numbered = |(position, item): (i64, &Item)| {
            let mut item = item.clone();
            if claim.tracked.contains(&position) {
                item.url = Some(format!("{base}/c/{click}/{position}"));
            }
            item
        };
        Links {
            unsubscribe: format!("{base}/u/{}", spell(site, Use::Unsubscribe, letter, None)),
            restore: format!("{base}/r/{}", token(Use::Restore)),
            honeypot: site.settings.tracks_clicks().then(|| format!("{base}/c/{click}/0")),
            pixel: site.settings.tracks_opens().then(|| format!("{base}/o/{}.gif", token(Use::Open))),
            items: (1..).zip(&claim.items).map(numbered).collect(),
        }
    }
}
