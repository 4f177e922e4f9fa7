//! One's own account: who one is, and the password.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, web};
use askama::Template;

use super::door::{Answer, Form, Trouble, Visit, go_to, page_with};
use super::kit::Field;
use super::passwords;
use super::shell::Shell;
use crate::domain::users::{LEAST_PASSWORD, check_password};
use crate::domain::{Error, Result};
use crate::http::limits::RateLimits;
use crate::http::visitor;
use crate::ops::sessions;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config.route("/account", web::get().to(show)).route("/account", web::post().to(change));
}

#[derive(Template)]
#[template(path = "account.html")]
struct Page {
    shell: Shell,
    zone: String,
    /// For the browser's password manager, which wants to know whose password changes.
    user: String,
    current: Field,
    new: Field,
    has_password: bool,
}

async fn show(visit: Visit) -> Answer {
    answer(&visit, StatusCode::OK, "", "")
}

fn answer(visit: &Visit, status: StatusCode, current_error: &str, new_error: &str) -> Answer {
    let (site, user) = (&visit.who.site, &visit.who.user);
    let page = Page {
        shell: visit.shell("Your account", "/dashboard/account")?,
        zone: user.zone.as_ref().unwrap_or(&site.zone).name().to_owned(),
        user: user.user_id.clone(),
        current: Field::new("current", "Current password")
            .kind("password")
            .autocomplete("current-password")
            .error(current_error)
            .required(),
        new: Field::new("new", "New password")
            .kind("password")
            .autocomplete("new-password")
            .hint(format!(
                "At least {LEAST_PASSWORD} characters. Three or four words that do not belong together are a good one."
            ))
            .error(new_error)
            .required(),
        has_password: user.password_hash.is_some(),
    };
    page_with(status, &page)
}

async fn change(form: Form, request: HttpRequest, limits: web::Data<RateLimits>) -> Answer {
    // Whoever sits at somebody's open browser does not get to guess the password.
    let account = format!("{}\n{}", form.who.site.site_id, form.who.user.user_id);
    limits
        .admit_sign_in(visitor::address(&request), &account)
        .map_err(|exceeded| Trouble::TooOften(exceeded.retry_after_secs))?;
    let kept = form.who.user.password_hash.clone();
    if kept.is_some() {
        let proven = passwords::verify(form.fields.typed("current").to_owned(), kept).await?;
        if !proven {
            return answer(&form, StatusCode::UNPROCESSABLE_ENTITY, "This is not your current password.", "");
        }
    }
    let new = form.fields.typed("new").to_owned();
    if let Err(e) = check_password(&new) {
        return answer(&form, StatusCode::UNPROCESSABLE_ENTITY, "", &sentence(e)?);
    }
    let hash = passwords::hash(new).await?;
    form.write(move |tx, who| sessions::change_password(tx, who, &hash)).await?;
    Ok(go_to("/dashboard/account?done=password"))
}

/// What is wrong with a field, as a sentence below it. What is no fault of a field goes on as it is.
pub(super) fn sentence(error: Error) -> Result<String, Trouble> {
    match error {
        Error::Invalid { reason, .. } => Ok(format!("It {reason}.")),
        other => Err(other.into()),
    }
}
