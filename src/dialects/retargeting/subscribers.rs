//! `subscriber-register`, `-unsubscribe` and `-status`. The vendor's clients wait one second for the whole call.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;

use super::{Fault, error, failed, fault, integration, success, too_many};
use crate::domain::subscribers::{LONGEST, Phone, check_name};
use crate::domain::{EmailAddress, Error, Flaw, Site};
use crate::http::params::Params;
use crate::http::{self, AppData, render};
use crate::ops::subscribers::{self, NewSubscriber, Registered};

/// What the evidence of a consent names as its source.
const SOURCE: &str = "subscriber-register";

/// Fields that are wrong.
type Faults = Vec<(&'static str, &'static str)>;

pub(super) async fn register(request: HttpRequest, app: AppData) -> HttpResponse {
    let params = Params::of_query(&request);
    if let Some(refused) = too_many(&request, params.get("k")) {
        return refused;
    }
    let mut faults = Faults::new();
    let (key, email) = who(&params, &mut faults);
    let name = params.get("name").and_then(|text| name(text, &mut faults));
    let phone = params.get("phone").and_then(|text| phone(text, &mut faults));
    let (Some(key), Some(email), true) = (key, email, faults.is_empty()) else {
        return fault(Fault::Validation(faults));
    };
    let site = match caller(&app, key).await {
        Ok(site) => site,
        Err(refused) => return refused,
    };
    let new = NewSubscriber { email, name, phone, wording: None, source: SOURCE };
    match app.store.write_async(move |tx| subscribers::register(tx, &site, new)).await {
        Ok(Registered::New(_)) => success(&()),
        Ok(Registered::Known) => error("Subscriber already exists!"),
        Ok(Registered::PhoneTaken) => error("Another subscriber has this phone number!"),
        Err(e) => failed(&e),
    }
}

pub(super) async fn unsubscribe(request: HttpRequest, app: AppData) -> HttpResponse {
    let params = Params::of_query(&request);
    if let Some(refused) = too_many(&request, params.get("k")) {
        return refused;
    }
    let mut faults = Faults::new();
    let (key, email) = who(&params, &mut faults);
    let phone = params.get("phone").and_then(|text| phone(text, &mut faults));
    let (Some(key), Some(email), true) = (key, email, faults.is_empty()) else {
        return fault(Fault::Validation(faults));
    };
    let site = match caller(&app, key).await {
        Ok(site) => site,
        Err(refused) => return refused,
    };
    match app.store.write_async(move |tx| subscribers::unsubscribe(tx, &site, &email, phone.as_ref())).await {
        Ok(true) => success(&()),
        Ok(false) => not_found(),
        Err(e) => failed(&e),
    }
}

pub(super) async fn status(request: HttpRequest, app: AppData) -> HttpResponse {
    let params = Params::of_query(&request);
    if let Some(refused) = too_many(&request, params.get("k")) {
        return refused;
    }
    let mut faults = Faults::new();
    let (Some(key), Some(email)) = who(&params, &mut faults) else { return fault(Fault::Validation(faults)) };
    let found = http::read(&app, move |tx| match integration::site(tx, &key)? {
        Ok(site) => subscribers::standing(tx, &site, &email).map(Ok),
        Err(refused) => Ok(Err(refused)),
    });
    let word = |subscribed| if subscribed { "subscribed" } else { "unsubscribed" };
    match found.await {
        Ok(Ok(Some(standing))) => success(&json!({ "email": word(standing.email), "sms": word(standing.sms) })),
        Ok(Ok(None)) => not_found(),
        Ok(Err(refused)) => fault(refused),
        Err(e) => failed(&e),
    }
}

/// Whose shop it is, found before anything waits for its turn to write.
async fn caller(app: &AppData, key: String) -> Result<Site, HttpResponse> {
    match http::read(app, move |tx| integration::site(tx, &key)).await {
        Ok(Ok(site)) => Ok(site),
        Ok(Err(refused)) => Err(fault(refused)),
        Err(e) => Err(failed(&e)),
    }
}

/// The vendor puts this text into `data`.
fn not_found() -> HttpResponse {
    render::json(StatusCode::OK, &json!({ "status": "error", "data": "Subscriber not found!" }))
}

/// Key and address of a call.
fn who(params: &Params, faults: &mut Faults) -> (Option<String>, Option<EmailAddress>) {
    let key = params.get("k").map(str::to_owned);
    if key.is_none() {
        faults.push(("k", "The k field is required."));
    }
    // Clients that do not encode an address send its `+` as it is.
    let email = match params.get_with_plus("email").map(EmailAddress::parse) {
        Some(Ok(email)) => Some(email),
        Some(Err(_)) => {
            faults.push(("email", "The email must be a valid email address."));
            None
        }
        None => {
            faults.push(("email", "The email field is required."));
            None
        }
    };
    (key, email)
}

fn name(text: &str, faults: &mut Faults) -> Option<String> {
    let flaw = match check_name(text) {
        Ok(name) if name.chars().count() >= 4 => return Some(name),
        Err(_) if text.trim().chars().count() > LONGEST => "The name must be at most 255 characters",
        Err(_) => "The name must have no control characters",
        Ok(_) => "The name must be at least 4 characters",
    };
    faults.push(("name", flaw));
    None
}

fn phone(text: &str, faults: &mut Faults) -> Option<Phone> {
    let flaw = match Phone::parse(text) {
        Ok(phone) => return Some(phone),
        Err(Error::Invalid { flaw: Flaw::Refused, .. }) => "The phone must be at least 9 characters",
        Err(_) => "The phone must be a number",
    };
    faults.push(("phone", flaw));
    None
}
