//! What surrounds a page: its title, the navigation, who is signed in, and a notice of what was just done.

use crate::domain::users::Role;

/// The frame's side of a page; every template that extends `page.html` has one as `shell`.
pub(super) struct Shell {
    pub(super) title: String,
    /// Path of the page's entry in the navigation.
    pub(super) section: &'static str,
    pub(super) site_name: String,
    pub(super) user_id: String,
    pub(super) role: Role,
    /// For each form of the page, in a field `csrf`.
    pub(super) csrf: String,
    pub(super) notice: Option<&'static str>,
}

/// A part of the navigation.
pub(super) struct Group {
    pub(super) title: Option<&'static str>,
    pub(super) items: Vec<&'static Item>,
}

/// An entry of the navigation.
pub(super) struct Item {
    pub(super) name: &'static str,
    pub(super) path: &'static str,
    /// Path data of a stroke on a field of 20 by 20.
    pub(super) icon: &'static str,
}

const SHOP: &[Item] = &[
    Item { name: "Overview", path: "/dashboard", icon: "M3 17V9m4.7 8V4m4.6 13v-6M17 17V7" },
    Item { name: "Carts", path: "/dashboard/carts", icon: "M2 3h2l2.2 9.2h8.6L17 6H5M7.5 16.5h.01M13.5 16.5h.01" },
    Item { name: "Letters", path: "/dashboard/letters", icon: "M2.5 4.5h15v11h-15zm0 1 7.5 6 7.5-6" },
    Item { name: "Purchases", path: "/dashboard/purchases", icon: "M4 6.5h12l1 11H3zM7 9V5.5a3 3 0 0 1 6 0V9" },
    Item {
        name: "Loyalty",
        path: "/dashboard/loyalty",
        icon: "m10 3 2.1 4.4 4.9.7-3.5 3.4.8 4.8-4.3-2.3-4.3 2.3.8-4.8L3 8.1l4.9-.7z",
    },
    Item {
        name: "Subscribers",
        path: "/dashboard/subscribers",
        icon: "M10 10a3 3 0 1 0 0-6 3 3 0 0 0 0 6zm-6 6.5c.5-3 3-4.5 6-4.5s5.500 1.500 6 4.5",
    },
];

const SET_UP: &[Item] = &[
    Item { name: "Get started", path: "/dashboard/start", icon: "M5 17V4h9.5L13 7.2l1.5 3.3H5" },
    Item {
        name: "Settings",
        path: "/dashboard/settings",
        icon: "M3 6h7m4 0h3M3 14h2.5m4 0H17M12 4a2 2 0 1 0 0 4 2 2 0 0 0 0-4zM7.5 12a2 2 0 1 0 0 4 2 2 0 0 0 0-4z",
    },
    Item {
        name: "Keys",
        path: "/dashboard/keys",
        icon: "M13 3.5a3.5 3.5 0 1 1-2.6 5.8L4 15.7V17h2.5v-1.8h1.8v-1.8l2-2",
    },
    Item {
        name: "Users",
        path: "/dashboard/users",
        icon: "M8 9.5a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM2.5 16.5c.4-3 2.7-4.5 5.5-4.5s5.1 1.5 5.5 4.5M13 4a2.8 2.8 0 0 1 0 5.2M15 12.4c1.5.7 2.4 2.1 2.6 4.1",
    },
    Item {
        name: "Webhooks",
        path: "/dashboard/webhooks",
        icon: "M7.500 8.500a3 3 0 1 1 4.300-.6l2.400 4.100m-6.500.5H13m-1.600 3.300a3 3 0 1 0 3-5m-9 .2a3 3 0 1 0 4.200 3.700l2.300-4.200",
    },
];

/// Notices by the word after `?done=`. A word that is not here says nothing, so nobody can put words into our mouth.
const NOTICES: &[(&str, &str)] = &[
    ("password", "Your password is changed. You are signed out everywhere else."),
    ("step-saved", "The step is saved. Letters that leave from now on say this."),
    ("step-on", "The step is on."),
    ("step-off", "The step is off: its letters are not written."),
    ("step-removed", "The step is removed."),
    ("steps-ordered", "The steps are in order of their delay."),
    ("letter-again", "The letter is back in the queue. Everything that could forbid it is looked at again."),
    ("suppressed", "Nothing is written to this address any more."),
    ("suppressed-already", "This address was suppressed already."),
    ("lifted", "The suppression is lifted."),
    ("stopped", "No further letter about this cart leaves."),
    ("gone-on", "The next letter is planned again."),
    ("send-now", "The next letter is looked at in a moment. Load this page again to see what became of it."),
    ("bought", "The cart is marked as bought, and the figures count it."),
    ("settings", "The settings are saved."),
    ("revoked", "The key is revoked. Whatever calls with it is refused."),
    ("role", "The role is changed."),
    ("removed", "The user is removed and signed out everywhere."),
    ("campaign", "The campaign is saved."),
    ("ended", "The campaign is ended: nobody earns or redeems in it."),
    ("resumed", "The campaign is active again."),
    ("member", "The member is added."),
    ("erased", "The person is erased. Copies that were made earlier still hold the person."),
    ("entry", "It is in the ledger."),
    ("undone", "The entry is undone by another."),
    ("refund", "The refund is noted."),
    ("subscriber", "The subscriber is added."),
    ("unsubscribed", "No letter goes to this address any more."),
    ("webhook", "The webhook is added. Give its secret to the program that is called."),
    ("webhook-changed", "The webhook is changed."),
    ("webhook-removed", "The webhook is removed."),
    ("replayed", "It goes out again in a moment."),
];

impl Shell {
    /// The navigation, with what this user may open.
    pub(super) fn groups(&self) -> Vec<Group> {
        let allowed = |item: &&'static Item| super::policy::may(self.role, "GET", item.path);
        [(None, SHOP), (Some("Set up"), SET_UP)]
            .into_iter()
            .map(|(title, items)| Group { title, items: items.iter().filter(allowed).collect() })
            .filter(|group| !group.items.is_empty())
            .collect()
    }
}

/// The notice of a word.
pub(super) fn notice(word: Option<&str>) -> Option<&'static str> {
    let word = word?;
    NOTICES.iter().find(|(known, _)| *known == word).map(|(_, text)| *text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where a form leads to a notice, the notice is there: a word that nobody knows says nothing.
    #[test]
    fn every_word_that_a_page_leads_to_has_its_sentence() {
        let pages = [
            include_str!("account.rs"),
            include_str!("cart.rs"),
            include_str!("keys.rs"),
            include_str!("settings.rs"),
            include_str!("users.rs"),
        ];
        let mut found = 0;
        for page in pages {
            let words = page.split("?done=").skip(1).filter_map(|rest| rest.split('"').next());
            let backs = page.split("back(&id, \"").skip(1).filter_map(|rest| rest.split('"').next());
            for word in words.chain(backs).filter(|word| !word.starts_with('{')) {
                found += 1;
                assert!(notice(Some(word)).is_some(), "{word}");
            }
        }
        assert!(found >= 8, "only {found}");
    }
}
