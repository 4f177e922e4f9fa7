//! Settings: every one of the shop's, with its meaning, by groups. What is wrong is said beside its field, and nothing
//! of a group is kept until all of it is right.

use actix_web::http::StatusCode;
use actix_web::web;
use askama::Template;

use super::door::{Answer, Form, Trouble, Visit, go_to, page_with};
use super::kit::{Choice, Field};
use super::shell::Shell;
use crate::domain::Currency;
use crate::domain::settings::{ALL, Kind, Setting};
use crate::domain::{Error, Result, Site, Zone};
use crate::http::params::Params;
use crate::ops::sites;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.route("/settings", web::get().to(show)).route("/settings/{group}", web::post().to(save));
}

/// A part of the page with a form of its own. Settings that no group names are in the last.
struct Group {
    id: &'static str,
    title: &'static str,
    about: &'static str,
    /// Beginnings of the settings' names.
    names: &'static [&'static str],
}

const GROUPS: &[Group] = &[
    Group { id: "shop", title: "Shop", about: "Its name, and how money and days are shown.", names: &[] },
    Group {
        id: "sender",
        title: "Sender",
        about: "What each letter has to say about you. Nothing leaves for real people without these.",
        names: &["letters.from", "letters.return_path", "postal_address"],
    },
    Group {
        id: "letters",
        title: "Letters",
        about: "Who is written to, how often, and when.",
        names: &["consent", "letters", "test_addresses"],
    },
    Group {
        id: "recovery",
        title: "Carts and recovery",
        about: "When a cart counts as abandoned, and when a purchase counts as won back.",
        names: &["abandon_after", "cart_expires_after", "attribution.", "confirmation."],
    },
    Group {
        id: "tracking",
        title: "Pages and tracking",
        about: "Which pages are heard, and what is seen of letters.",
        names: &["origins", "respect_dnt", "track."],
    },
    Group {
        id: "more",
        title: "Limits and protection",
        about: "What protects your shop and its name as a sender.",
        names: &[],
    },
];

/// What a setting is called on the page; one that is not here goes by its name.
const LABELS: &[(&str, &str)] = &[
    ("abandon_after", "Abandoned after"),
    ("cart_expires_after", "Expired after"),
    ("attribution.requires", "Recovered needs"),
    ("attribution.window", "Recovered within"),
    ("confirmation.repeat_window", "Repeated confirmations within"),
    ("confirmation.pair_window", "Browser and server agree within"),
    ("consent", "Consent"),
    ("origins", "Origins of your pages"),
    ("respect_dnt", "Respect Do Not Track"),
    ("letters", "Letters"),
    ("letters.cap_gap", "Pause between letters"),
    ("letters.cap_after_purchase", "Pause after a purchase"),
    ("letters.cap_per_30_days", "Letters in 30 days"),
    ("letters.too_old_after", "Too late after"),
    ("letters.quiet_hours", "Quiet hours"),
    ("letters.from", "From"),
    ("letters.return_path", "Return path"),
    ("letters.dkim_selector", "DKIM selector"),
    ("breaker.bounces_percent", "Hold back at bounces (percent)"),
    ("breaker.complaints_per_mille", "Hold back at complaints (per mille)"),
    ("breaker.reset_at", "Count from"),
    ("bounces.mailgun_signing_key", "Mailgun's signing key"),
    ("bounces.sns_topic", "Topic of Amazon SNS"),
    ("postal_address", "Postal address"),
    ("test_addresses", "Test addresses"),
    ("track.clicks", "See clicks"),
    ("track.opens", "See opens"),
    ("track.own_networks", "Your own networks"),
    ("shopify_secret", "Shopify's secret"),
    ("retention.after", "Keep people for"),
    ("unsubscribe_api", "Opt-outs without a key"),
    ("limits.per_key_per_minute", "Calls a minute for a key"),
    ("limits.per_address_per_minute", "Calls a minute for an address"),
];

#[derive(Template)]
#[template(path = "settings.html")]
struct Page {
    shell: Shell,
    groups: Vec<Shown>,
}

/// A group as it is shown.
struct Shown {
    id: &'static str,
    title: &'static str,
    about: &'static str,
    rows: Vec<Row>,
    /// How many of its fields are wrong.
    wrong: usize,
}

/// A setting as it is shown: its name in the interface, its meaning, its field.
struct Row {
    name: &'static str,
    label: &'static str,
    meaning: String,
    input: Input,
}

enum Input {
    Field(Field),
    Choice(Choice),
}

/// What was typed into a group, and what is wrong with it.
struct Typed<'a> {
    group: &'a str,
    fields: &'a Params,
    errors: Vec<(&'static str, String)>,
}

async fn show(visit: Visit) -> Answer {
    answer(&visit, StatusCode::OK, None)
}

fn answer(visit: &Visit, status: StatusCode, typed: Option<&Typed>) -> Answer {
    let site = &visit.who.site;
    let groups = GROUPS.iter().map(|group| shown(site, group, typed.filter(|typed| typed.group == group.id)));
    let page = Page { groups: groups.collect(), shell: visit.shell("Settings", "/dashboard/settings")? };
    page_with(status, &page)
}

fn shown(site: &Site, group: &Group, typed: Option<&Typed>) -> Shown {
    let error = |name: &str| {
        typed
            .and_then(|typed| typed.errors.iter().find(|(wrong, _)| *wrong == name))
            .map_or("", |(_, text)| text.as_str())
    };
    let value =
        |name: &str, kept: &str| typed.map_or_else(|| kept.to_owned(), |typed| typed.fields.typed(name).to_owned());
    let mut rows = Vec::new();
    if group.id == "shop" {
        for (name, label, kept, meaning) in facts(site) {
            let field = Field::new(name, "").value(value(name, &kept)).error(error(name)).required();
            rows.push(Row { name, label, meaning: meaning.to_owned(), input: Input::Field(field) });
        }
    }
    rows.extend(members(group).map(|setting| row(site, setting, &value, error(setting.name))));
    Shown {
        id: group.id,
        title: group.title,
        about: group.about,
        rows,
        wrong: typed.map_or(0, |typed| typed.errors.len()),
    }
}

/// What is not a setting and can be changed: its field, label, value and meaning.
fn facts(site: &Site) -> [(&'static str, &'static str, String, &'static str); 3] {
    [
        ("name", "Name", site.name.clone(), "As your customers and the pages of letters see it."),
        (
            "currency",
            "Currency",
            site.currency.to_string(),
            "Of figures that have room for one. Carts and purchases may be in others.",
        ),
        (
            "timezone",
            "Time zone",
            site.zone.name().to_owned(),
            "In which days begin. Changing it cuts the kept days anew.",
        ),
    ]
}

/// The settings of a group.
fn members(group: &Group) -> impl Iterator<Item = &'static Setting> {
    let id = group.id;
    ALL.iter().filter(move |setting| group_of(setting.name) == id)
}

fn group_of(name: &str) -> &'static str {
    let fits = |known: &&str| name == *known || (known.ends_with('.') && name.starts_with(*known));
    // A whole name goes before a beginning.
    let named = GROUPS.iter().find(|group| group.names.contains(&name));
    let named = named.or_else(|| GROUPS.iter().find(|group| group.names.iter().any(fits)));
    match named {
        Some(group) => group.id,
        None if name.starts_with("letters.") => "letters",
        None => "more",
    }
}

fn row(site: &Site, setting: &'static Setting, value: &impl Fn(&str, &str) -> String, error: &str) -> Row {
    let label = LABELS.iter().find(|(name, _)| *name == setting.name).map_or(setting.name, |(_, label)| label);
    let kept = site.settings.pairs().find(|(name, _)| *name == setting.name).map_or("", |(_, value)| value);
    let default = if setting.default.is_empty() { String::new() } else { format!("As shipped: {}.", setting.default) };
    let input = match setting.kind {
        Kind::Switch => choice(setting, &value(setting.name, site.settings.get(setting.name)), error, "on, off"),
        Kind::Words(choices) => {
            choice(setting, &value(setting.name, site.settings.get(setting.name)), error, &choices())
        }
        Kind::Secret => {
            let hint = if kept.is_empty() {
                "None is set."
            } else {
                "One is set. Type another to replace it, or a dash to remove it."
            };
            Input::Field(Field::new(setting.name, "").kind("password").autocomplete("off").hint(hint).error(error))
        }
        Kind::Text => Input::Field(
            Field::new(setting.name, "").kind("textarea").value(value(setting.name, kept)).hint(default).error(error),
        ),
        _ => Input::Field(Field::new(setting.name, "").value(value(setting.name, kept)).hint(default).error(error)),
    };
    Row { name: setting.name, label, meaning: setting.meaning.to_owned(), input }
}

fn choice(setting: &Setting, value: &str, error: &str, words: &str) -> Input {
    let choice = Choice::new(setting.name, "", value).error(error);
    let choice = words.split(", ").fold(choice, |choice, word| {
        let usual = if word == setting.default { " (as shipped)" } else { "" };
        choice.option(word, format!("{}{usual}", word.replace('_', " ")))
    });
    Input::Choice(choice)
}

async fn save(form: Form, path: web::Path<String>) -> Answer {
    let id = path.into_inner();
    let Some(group) = GROUPS.iter().find(|group| group.id == id) else {
        return Err(Trouble::NotFound("There is no such group of settings.".into()));
    };
    let changes = changes(&form.who.site, group, &form.fields);
    let mut errors = Vec::new();
    for (name, value) in &changes {
        if let Err(e) = check(&form.who.site, name, value) {
            errors.push((*name, super::account::sentence(e)?));
        }
    }
    if !errors.is_empty() {
        let typed = Typed { group: group.id, fields: &form.fields, errors };
        return answer(&form, StatusCode::UNPROCESSABLE_ENTITY, Some(&typed));
    }
    form.write(move |tx, who| {
        // As it is now: another owner may have changed something since the page was made.
        let mut site = sites::find(tx, &who.site.site_id)?;
        for (name, value) in changes {
            site = sites::set(tx, &site, name, &value)?;
        }
        Ok(())
    })
    .await?;
    Ok(go_to("/dashboard/settings?done=settings"))
}

/// What a form changes: only what differs from what is in force, so that a default that is left alone stays a default.
fn changes(site: &Site, group: &Group, fields: &Params) -> Vec<(&'static str, String)> {
    let mut changes = Vec::new();
    if group.id == "shop" {
        let typed = |(name, _, kept, _): (&'static str, _, String, _)| {
            let value = fields.typed(name).trim().to_owned();
            (fields.has(name) && value != kept).then_some((name, value))
        };
        changes.extend(facts(site).into_iter().filter_map(typed));
    }
    for setting in members(group).filter(|setting| fields.has(setting.name)) {
        let typed = fields.typed(setting.name).replace("\r\n", "\n").trim().to_owned();
        let kept = site.settings.pairs().find(|(name, _)| *name == setting.name).map_or("", |(_, value)| value);
        let is_secret = matches!(setting.kind, Kind::Secret);
        let value = match typed.as_str() {
            "" if is_secret => continue,
            "-" if is_secret => String::new(),
            word if word == setting.default => String::new(),
            _ => typed,
        };
        if value != kept {
            changes.push((setting.name, value));
        }
    }
    changes
}

/// Whether a change would be taken.
fn check(site: &Site, name: &str, value: &str) -> Result<()> {
    match name {
        "name" if value.is_empty() => Err(Error::missing("name")),
        "name" => Ok(()),
        "currency" => Currency::parse(value).map(drop),
        "timezone" => Zone::parse(value).map(drop),
        setting => site.settings.clone().set(setting, value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_is_in_one_group_and_has_a_label() {
        for setting in ALL {
            let groups = GROUPS.iter().filter(|group| members(group).any(|one| one.name == setting.name)).count();
            assert_eq!(groups, 1, "{}", setting.name);
            assert!(LABELS.iter().any(|(name, _)| *name == setting.name), "{} has no label", setting.name);
        }
    }
}
