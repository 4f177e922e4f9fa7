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
    Item { name: "Letters", path: "/dashboard/letters", icon: "M2.5 4.5h15v11h-15zm0 1 7.5 6 7.5-6" },
];

const SET_UP: &[Item] = &[];

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
