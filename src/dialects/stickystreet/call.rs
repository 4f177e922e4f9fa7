//! From parameters to fields: who calls, whether the call is well put, which one it is, and whether the caller may make
//! it. The first check that fails is the answer, in the order of the contract.

use super::auth::{self, Caller, Refusal};
use super::{activity, campaigns, customers, dashboard, output, people, reports};
use crate::domain::users::Role;
use crate::domain::{Error, Result};
use crate::http::params::Params;
use crate::http::tree::Field;
use crate::store::{ReadTx, WriteTx};

/// Versions of the interface that a call may say it was written for.
const VERSIONS: [&str; 2] = ["1.5", "1.6"];

/// Why a call is not answered: the caller's doing, or ours.
#[derive(Debug)]
pub(super) enum Fault {
    Refused(Refusal),
    Failed(Error),
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        Fault::Refused(refusal)
    }
}

impl From<Error> for Fault {
    /// What an operation refuses is said in its own words; a failure of ours is none of the caller's.
    fn from(error: Error) -> Self {
        match error {
            Error::Internal(_) => Fault::Failed(error),
            Error::Conflict(_) | Error::NotFound { .. } | Error::Invalid { .. } => {
                Fault::Refused(Refusal::Other(sentence(&error)))
            }
        }
    }
}

/// A field keeps its name as callers spell it; anything else begins as a sentence does.
fn sentence(error: &Error) -> String {
    if let Error::Invalid { field, reason, .. } = error {
        return format!("{field} {reason}.");
    }
    let text = error.to_string();
    let mut letters = text.chars();
    let begin = letters.next().map(|first| first.to_uppercase().collect::<String>()).unwrap_or_default();
    format!("{begin}{}.", letters.as_str())
}

/// The fields of a success, or why there are none.
pub(super) type Answer = std::result::Result<Vec<Field>, Fault>;

/// What a call needs of its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Needs {
    /// To be a user.
    Reading,
    /// To be more than an observer. Campaigns that are not allowed are looked at by the call itself.
    Recording,
    /// To be an administrator or an owner.
    Managing,
    /// To be an owner.
    Owning,
}

impl Needs {
    fn check(self, role: Role) -> std::result::Result<(), Refusal> {
        match (self, role) {
            (Needs::Reading, _) | (_, Role::Owner) => Ok(()),
            (Needs::Owning, _) => Err(Refusal::OwnersOnly),
            (Needs::Recording, Role::Admin | Role::Manager) | (Needs::Managing, Role::Admin) => Ok(()),
            (Needs::Recording | Needs::Managing, _) => Err(Refusal::NoPermission),
        }
    }
}

#[derive(Clone, Copy)]
enum Work {
    Read(fn(&ReadTx, &Caller, &Params) -> Answer),
    Write(fn(&WriteTx, &Caller, &Params) -> Answer),
}

/// Every call: its `type`, what it needs, and what it does.
const CALLS: &[(&str, Needs, Work)] = &[
    ("dashboard", Needs::Reading, Work::Read(dashboard::answer)),
    ("record_customer", Needs::Recording, Work::Write(customers::record)),
    ("customer_info", Needs::Reading, Work::Read(customers::info)),
    ("customer_search", Needs::Reading, Work::Read(customers::search)),
    ("customer_balance", Needs::Reading, Work::Read(customers::balance)),
    ("campaign_new", Needs::Managing, Work::Write(campaigns::add)),
    ("campaign_update", Needs::Recording, Work::Write(campaigns::update)),
    ("campaign_deactivate", Needs::Recording, Work::Write(campaigns::deactivate)),
    ("campaign_reactivate", Needs::Recording, Work::Write(campaigns::reactivate)),
    ("campaigns_list", Needs::Reading, Work::Read(campaigns::list)),
    ("campaign_users", Needs::Owning, Work::Read(people::campaign_users)),
    ("record_activity", Needs::Recording, Work::Write(activity::record)),
    ("redeem", Needs::Recording, Work::Write(activity::redeem)),
    ("transaction_delete", Needs::Recording, Work::Write(activity::delete)),
    ("reports", Needs::Reading, Work::Read(reports::answer)),
    ("account_info", Needs::Owning, Work::Read(people::account)),
    ("users_list", Needs::Owning, Work::Read(people::list)),
    ("user_new", Needs::Owning, Work::Write(people::add)),
    ("user_update", Needs::Owning, Work::Write(people::update)),
    ("user_delete", Needs::Owning, Work::Write(people::remove)),
];

fn find(params: &Params) -> Option<&'static (&'static str, Needs, Work)> {
    let name = params.get("type")?;
    CALLS.iter().find(|(known, _, _)| *known == name)
}

/// Whether the call that the parameters make changes anything.
pub(super) fn writes(params: &Params) -> bool {
    matches!(find(params), Some((_, _, Work::Write(_))))
}

/// What is left of a fault for the door: the outer error is ours, the inner one the caller's. A failure of ours undoes what
/// the call wrote.
fn told(answer: Answer) -> Result<std::result::Result<Vec<Field>, Refusal>> {
    match answer {
        Ok(fields) => Ok(Ok(fields)),
        Err(Fault::Refused(refusal)) => Ok(Err(refusal)),
        Err(Fault::Failed(e)) => Err(e),
    }
}

/// Checks a call up to its own parameters, before anybody is kept busy with it.
pub(super) fn check(
    tx: &ReadTx,
    access_key: Option<&str>,
    params: &Params,
) -> Result<std::result::Result<Vec<Field>, Refusal>> {
    told(admit(tx, access_key, params).map(|_| Vec::new()))
}

/// Answers a call that reads, from one snapshot.
pub(super) fn read(
    tx: &ReadTx,
    access_key: Option<&str>,
    params: &Params,
) -> Result<std::result::Result<Vec<Field>, Refusal>> {
    told(admit(tx, access_key, params).and_then(|(caller, work)| match work {
        Work::Read(f) => f(tx, &caller, params),
        Work::Write(_) => Err(Refusal::ActionUndefined.into()),
    }))
}

/// Answers a call that writes. The caller is looked at again, in the transaction that writes.
pub(super) fn write(
    tx: &WriteTx,
    access_key: Option<&str>,
    params: &Params,
) -> Result<std::result::Result<Vec<Field>, Refusal>> {
    told(admit(tx, access_key, params).and_then(|(caller, work)| match work {
        Work::Read(f) => f(tx, &caller, params),
        Work::Write(f) => f(tx, &caller, params),
    }))
}

fn admit(tx: &ReadTx, access_key: Option<&str>, params: &Params) -> std::result::Result<(Caller, Work), Fault> {
    let caller = auth::caller(tx, access_key, params)??;
    // Only the dashboard insists on a version.
    let is_dashboard = params.get("type") == Some("dashboard");
    if is_dashboard && !params.get("API").is_some_and(|version| VERSIONS.contains(&version)) {
        return Err(Refusal::VersionNotValid.into());
    }
    output::check(params)?;
    let (_, needs, work) = find(params).ok_or(Refusal::ActionUndefined)?;
    needs.check(caller.user.role)?;
    Ok((caller, *work))
}
