//! The first visit: a one-time link makes the first user with a password, the shop, and its keys, which are shown once.

use actix_web::http::StatusCode;
use actix_web::web;
use askama::Template;

use super::cookies;
use super::door::{Answer, Guest, GuestForm, Trouble, page};
use super::kit::{Choice, Field};
use super::passwords;
use crate::domain::settings::Settings;
use crate::domain::sites::SiteStatus;
use crate::domain::users::{LEAST_PASSWORD, check_password};
use crate::domain::{Currency, Error, Result, Zone};
use crate::http::params::Params;
use crate::http::read;
use crate::ops::passes;
use crate::ops::set_up::{self, Made, Shop};
use crate::ops::sites::{self, NewSite};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.route("/set-up/{token}", web::get().to(show)).route("/set-up/{token}", web::post().to(make));
}

#[derive(Template)]
#[template(path = "set_up.html")]
struct Page {
    csrf: String,
    action: String,
    problem: String,
    /// The shops that the command line made; without any, one is made here.
    shop: Option<Choice>,
    name: Field,
    currency: Field,
    zone: Field,
    site_id: Field,
    account_id: Field,
    user: Field,
    password: Field,
}

#[derive(Template)]
#[template(path = "set_up_done.html")]
struct Done {
    made: Made,
}

async fn show(guest: Guest, path: web::Path<String>) -> Answer {
    let token = path.into_inner();
    let shops = open(&guest, &token).await?;
    guest.page(StatusCode::OK, &form(&guest, &token, &shops, &Params::default(), None)?)
}

/// The shops that are there, where the link opens the set-up.
async fn open(guest: &Guest, token: &str) -> Result<Vec<(String, String)>, Trouble> {
    let token = token.to_owned();
    let shops = read(&guest.app, move |tx| {
        if !passes::opens_set_up(tx, &token)? {
            return Ok(None);
        }
        let shops = sites::all(tx)?.into_iter().filter(|site| !site.status.is_closed());
        Ok(Some(shops.map(|site| (site.site_id, site.name)).collect()))
    });
    shops.await?.ok_or_else(|| {
        let text = "This link was used, or is older than half an hour. Start cartwright again for a fresh one; \
                    if you have a password, sign in instead.";
        Trouble::NotFound(text.into())
    })
}

fn form(
    guest: &Guest,
    token: &str,
    shops: &[(String, String)],
    typed: &Params,
    error: Option<Error>,
) -> Result<Page, Trouble> {
    let (wrong, why, problem) = match error {
        Some(Error::Invalid { field, reason, .. }) => (field, format!("It {reason}."), String::new()),
        Some(Error::Conflict(text)) => (String::new(), String::new(), format!("{text}.")),
        Some(other) => return Err(other.into()),
        None => Default::default(),
    };
    let field = |name: &str, label: &str| {
        let error = if wrong == name { why.clone() } else { String::new() };
        Field::new(name, label).value(typed.typed(name)).error(error)
    };
    let shop = (!shops.is_empty()).then(|| {
        let choice = Choice::new("shop", "Shop", typed.typed("shop"));
        shops.iter().fold(choice, |choice, (id, name)| choice.option(id, format!("{name} ({id})")))
    });
    Ok(Page {
        csrf: guest.csrf()?,
        action: format!("/dashboard/set-up/{token}"),
        problem,
        shop,
        name: field("name", "Name of your shop").required(),
        currency: field("currency", "Currency").hint("Three letters, such as EUR or USD.").required(),
        zone: field("timezone", "Time zone").hint("Where your days begin, such as Europe/Paris.").required(),
        site_id: field("site_id", "Site id").hint("Blank: made from the name."),
        account_id: field("account_id", "Account id")
            .hint("5 to 20 letters, digits or underscores. Blank: made from the name."),
        user: field("user_id", "Your user name")
            .hint("Up to 20 letters, digits or underscores.")
            .autocomplete("username")
            .required(),
        password: field("password", "Password")
            .kind("password")
            // Nobody's password goes back to the page.
            .value("")
            .hint(format!(
                "At least {LEAST_PASSWORD} characters; a few words that do not belong together are a good one."
            ))
            .autocomplete("new-password")
            .required(),
    })
}

async fn make(form_sent: GuestForm, path: web::Path<String>) -> Answer {
    let token = path.into_inner();
    let shops = open(&form_sent, &token).await?;
    let made = match checked(&form_sent.fields, &shops) {
        Ok((shop, user_id, password)) => {
            let hash = passwords::hash(password).await?;
            let link = token.clone();
            form_sent.app.store.write_async(move |tx| set_up::run(tx, &link, shop, &user_id, &hash)).await
        }
        Err(e) => Err(e),
    };
    match made {
        Ok(made) => {
            let cookie = cookies::keep(&form_sent.app.config, &made.token);
            let mut answer = page(&Done { made })?;
            answer.add_cookie(&cookie).map_err(Error::internal)?;
            Ok(answer)
        }
        Err(e) => {
            let page = form(&form_sent, &token, &shops, &form_sent.fields, Some(e))?;
            form_sent.page(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
    }
}

/// What the form asks for: shop, user, password.
fn checked(fields: &Params, shops: &[(String, String)]) -> Result<(Shop, String, String)> {
    let shop = match fields.get("shop").filter(|id| shops.iter().any(|(known, _)| known == id)) {
        Some(id) => Shop::Existing(id.to_owned()),
        None => Shop::New(Box::new(new_site(fields)?)),
    };
    let password = fields.typed("password").to_owned();
    check_password(&password)?;
    Ok((shop, fields.typed("user_id").trim().to_owned(), password))
}

fn new_site(fields: &Params) -> Result<NewSite> {
    let name = fields.get("name").map(str::trim).ok_or_else(|| Error::missing("name"))?;
    let slug = slug(name);
    let id = |field: &str, made: String| fields.get(field).map_or(made, |typed| typed.trim().to_owned());
    Ok(NewSite {
        site_id: id("site_id", slug.clone()),
        account_id: id("account_id", account_of(&slug)),
        name: name.to_owned(),
        currency: Currency::parse(fields.typed("currency").trim()).map_err(|e| e.in_field("currency"))?,
        zone: Zone::parse(fields.typed("timezone").trim()).map_err(|e| e.in_field("timezone"))?,
        status: SiteStatus::Paid,
        settings: Settings::default(),
    })
}

/// A name in small letters, digits and single dashes, at most 40 characters.
fn slug(name: &str) -> String {
    let plain: String = name.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let parts: Vec<&str> = plain.split('-').filter(|part| !part.is_empty()).collect();
    let slug: String = parts.join("-").chars().take(40).collect();
    if slug.is_empty() { "shop".to_owned() } else { slug.trim_end_matches('-').to_owned() }
}

/// The same as an account id: 5 to 20 letters, digits and underscores.
fn account_of(slug: &str) -> String {
    let account: String = slug.replace('-', "_").chars().take(20).collect();
    if account.len() < 5 { format!("{account}_shop") } else { account }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::sites::{check_account_id, check_site_id};

    #[test]
    fn whatever_a_shop_is_called_its_ids_are_some() {
        for name in ["Larch & Linen", "A", "çedilla", "日本", "-", "x--y", &"long name ".repeat(30)] {
            let slug = slug(name);
            assert!(check_site_id(&slug).is_ok(), "{slug}");
            assert!(check_account_id(&account_of(&slug)).is_ok(), "{slug}");
        }
        assert_eq!(slug("Larch & Linen"), "larch-linen");
    }
}
