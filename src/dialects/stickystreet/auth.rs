//! Who is calling, and the vendor's words for whatever is wrong with a call.

use actix_web::http::header::HeaderMap;

use crate::domain::sites::SiteStatus;
use crate::domain::users::User;
use crate::domain::{Result, Site};
use crate::http::params::Params;
use crate::ops::access;
use crate::store::ReadTx;

/// Why a call is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    MissingUsername,
    NoPassword,
    NoAccount,
    /// Unknown account, unknown user and wrong key alike, so that nobody learns which of them exists.
    Mismatch,
    Suspended,
    VersionNotValid,
    OutputNotValid,
    CallbackNotValid,
    ActionUndefined,
    NumberNotValid,
}

impl Refusal {
    /// As the vendor says it; `API version`, `Output` and `Callback` are ours.
    pub(super) fn text(self) -> &'static str {
        match self {
            Refusal::MissingUsername => "Missing username",
            Refusal::NoPassword => "No password provided",
            Refusal::NoAccount => "No Account ID.",
            Refusal::Mismatch => "The password submitted does not match the one on record.",
            Refusal::Suspended => "This account has been suspended",
            Refusal::VersionNotValid => "API version not valid.",
            Refusal::OutputNotValid => "Output not valid.",
            Refusal::CallbackNotValid => "Callback not valid.",
            Refusal::ActionUndefined => "Action Undefined",
            Refusal::NumberNotValid => "Not a valid number.",
        }
    }
}

/// The key in the header `api_access_key`, unless it is blank. Bytes that are no UTF-8 make a key that nobody has,
/// rather than none: a header that is there is the only key that counts.
pub(super) fn access_key(headers: &HeaderMap) -> Option<String> {
    let value = headers.get_all("api_access_key").last()?;
    Some(String::from_utf8_lossy(value.as_bytes()).trim().to_owned()).filter(|key| !key.is_empty())
}

/// The user who calls, with the shop. The outer error is ours, the inner one the caller's.
pub(super) fn caller(
    tx: &ReadTx,
    access_key: Option<&str>,
    params: &Params,
) -> Result<std::result::Result<(Site, User), Refusal>> {
    let Some(user_id) = params.get("user_id") else { return Ok(Err(Refusal::MissingUsername)) };
    let in_body = || params.first_of(&["user_api_key", "user_password"]).map(|(_, key)| key);
    let Some(key) = access_key.or_else(in_body) else { return Ok(Err(Refusal::NoPassword)) };
    let Some(account_id) = params.get("account_id") else { return Ok(Err(Refusal::NoAccount)) };
    let Some((site, user)) = access::by_user(tx, account_id, user_id, key)? else {
        return Ok(Err(Refusal::Mismatch));
    };
    Ok(match site.status {
        SiteStatus::Paid | SiteStatus::PaymentError => Ok((site, user)),
        SiteStatus::Suspended | SiteStatus::Inactive | SiteStatus::Closed => Err(Refusal::Suspended),
    })
}
