//! People who work for the shop: who may do what, and how they get in. A password is its owner's alone: others only make
//! links by which it is chosen.

use actix_web::http::StatusCode;
use actix_web::web;
use askama::Template;

use super::door::{Answer, Form, Trouble, Visit, go_to, page_with};
use super::kit::{Badge, Choice, Confirm, Field, Tone, badge};
use super::shell::Shell;
use super::show;
use crate::domain::users::{Campaigns, Role, User};
use crate::domain::{Error, Result};
use crate::http::params::Params;
use crate::ops::passes;
use crate::ops::users::{self, Changes, NewUser};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/users", web::get().to(list))
        .route("/users", web::post().to(add))
        .route("/users/{id}/role", web::post().to(change_role))
        .route("/users/{id}/link", web::post().to(link))
        .route("/users/{id}/remove", web::post().to(remove));
}

#[derive(Template)]
#[template(path = "users.html")]
struct Page {
    shell: Shell,
    /// What was just made, and is shown this once.
    made: Option<Made>,
    rows: Vec<Row>,
    user: Field,
    role: Choice,
    campaigns: Field,
    problem: String,
}

/// A link and a key of a user.
struct Made {
    user_id: String,
    link: String,
    /// Of the loyalty interface; absent where the user was there before.
    key: Option<String>,
}

/// A user in the list.
struct Row {
    user_id: String,
    is_self: bool,
    role: Role,
    campaigns: String,
    signs_in: Badge,
    since: String,
    acts: Vec<Confirm>,
    /// Where a change of the role posts to; absent for oneself.
    role_action: Option<String>,
}

async fn list(visit: Visit) -> Answer {
    answer(&visit, StatusCode::OK, None, &Params::default(), None).await
}

async fn answer(visit: &Visit, status: StatusCode, made: Option<Made>, typed: &Params, error: Option<Error>) -> Answer {
    let people = visit.read(|tx, who| users::list(tx, &who.site)).await?;
    let csrf = visit.csrf()?;
    let (mut wrong, mut why, mut problem) = (String::new(), String::new(), String::new());
    match error {
        Some(Error::Invalid { field, reason, .. }) => (wrong, why) = (field, format!("It {reason}.")),
        Some(Error::Conflict(text)) => problem = format!("{text}."),
        Some(other) => return Err(other.into()),
        None => {}
    }
    let error_of = |name: &str| if wrong == name { why.clone() } else { String::new() };
    let role = Choice::new("role", "Role", typed.get("role").unwrap_or("manager"))
        .hint("Owners and admins may do everything. Managers work with carts, letters and points. Observers look.");
    let page = Page {
        made,
        rows: people.iter().map(|user| row(visit, user, &csrf)).collect(),
        user: Field::new("user_id", "User name")
            .value(typed.typed("user_id"))
            .hint("Up to 20 letters, digits or underscores.")
            .error(error_of("user_id"))
            .required(),
        role: Role::ALL.iter().fold(role, |role, one| role.option(one.as_str(), one.as_str())),
        campaigns: Field::new("campaigns", "Loyalty campaigns")
            .value(if typed.has("campaigns") { typed.typed("campaigns") } else { "all" })
            .hint("all, none, or campaign ids between commas.")
            .error(error_of("campaigns")),
        problem,
        shell: visit.shell("Users", "/dashboard/users")?,
    };
    page_with(status, &page)
}

fn row(visit: &Visit, user: &User, csrf: &str) -> Row {
    let is_self = user.no == visit.who.user.no;
    let base = format!("/dashboard/users/{}", user.user_id);
    let signs_in = match (&user.password_hash, &user.key_hash) {
        (Some(_), _) => badge(Tone::Good, "Password"),
        (None, Some(_)) => badge(Tone::Plain, "Loyalty key only"),
        (None, None) => badge(Tone::Warn, "Not yet"),
    };
    let mut acts = vec![Confirm::new(
        csrf,
        format!("{base}/link"),
        "Password link",
        "Makes a link by which this user chooses a new password. It works once, for a day. The old password stays until then.",
        "Make the link",
    )];
    if !is_self {
        let question = "This user is signed out everywhere and cannot sign in any more. What they recorded stays.";
        acts.push(Confirm::new(csrf, format!("{base}/remove"), "Remove", question, "Remove this user").destroys());
    }
    Row {
        user_id: user.user_id.clone(),
        is_self,
        role: user.role,
        campaigns: match user.campaigns() {
            Campaigns::All => "all".to_owned(),
            Campaigns::None => "none".to_owned(),
            Campaigns::Some(ids) => show::counted(ids.len() as i64, "campaign", "campaigns"),
        },
        signs_in,
        since: show::day(visit.who.site.day_of(user.created_at)),
        acts,
        role_action: (!is_self).then(|| format!("{base}/role")),
    }
}

async fn add(form: Form) -> Answer {
    let new = match asked(&form.fields) {
        Ok(new) => new,
        Err(e) => return answer(&form, StatusCode::UNPROCESSABLE_ENTITY, None, &form.fields, Some(e)).await,
    };
    let added = form
        .write(move |tx, who| {
            let (user, key) = users::add(tx, &who.site, new)?;
            let token = passes::for_password(tx, &who.site, &user.user_id)?;
            Ok((user.user_id, key, token))
        })
        .await;
    match added {
        Ok((user_id, key, token)) => {
            let made = Made { user_id, link: address(&form, &token), key: Some(key) };
            answer(&form, StatusCode::OK, Some(made), &Params::default(), None).await
        }
        Err(e) => answer(&form, StatusCode::UNPROCESSABLE_ENTITY, None, &form.fields, Some(e)).await,
    }
}

fn asked(fields: &Params) -> Result<NewUser> {
    Ok(NewUser {
        user_id: fields.typed("user_id").trim().to_owned(),
        role: fields.typed("role").parse()?,
        zone: None,
        campaigns: Campaigns::parse(fields.typed("campaigns"))?,
        key: None,
    })
}

/// The address of a link: where the world reaches this process, else where this browser did.
fn address(visit: &Visit, token: &str) -> String {
    format!("{}/dashboard/password/{token}", visit.base())
}

async fn link(form: Form, path: web::Path<String>) -> Answer {
    let user_id = path.into_inner();
    let of = user_id.clone();
    let token = form.write(move |tx, who| passes::for_password(tx, &who.site, &of)).await?;
    let made = Made { user_id, link: address(&form, &token), key: None };
    answer(&form, StatusCode::OK, Some(made), &Params::default(), None).await
}

async fn change_role(form: Form, path: web::Path<String>) -> Answer {
    let user_id = path.into_inner();
    not_oneself(&form, &user_id)?;
    let role: Role = form.fields.typed("role").parse().map_err(Trouble::from)?;
    form.write(move |tx, who| {
        users::change(tx, &who.site, &user_id, Changes { role: Some(role), ..Changes::default() })
    })
    .await?;
    Ok(go_to("/dashboard/users?done=role"))
}

async fn remove(form: Form, path: web::Path<String>) -> Answer {
    let user_id = path.into_inner();
    not_oneself(&form, &user_id)?;
    form.write(move |tx, who| users::remove(tx, &who.site, &user_id)).await?;
    Ok(go_to("/dashboard/users?done=removed"))
}

/// Whoever is signed in stays an owner or administrator, so that a shop always has one.
fn not_oneself(form: &Form, user_id: &str) -> Result<(), Trouble> {
    if form.who.user.user_id == user_id {
        return Err(Trouble::Refused("Another owner has to do this to you.".into()));
    }
    Ok(())
}
