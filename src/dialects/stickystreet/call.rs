//! From parameters to fields: who calls, whether the call is well put, and which one it is. The first check that
//! fails is the answer, in the order of the contract.

use super::auth::{self, Refusal};
use super::dashboard::Dashboard;
use super::output;
use crate::domain::Result;
use crate::http::params::Params;
use crate::http::tree::Field;
use crate::store::ReadTx;

/// Versions of the interface that a call may say it was written for.
const VERSIONS: [&str; 2] = ["1.5", "1.6"];

/// Answers a call from one snapshot. The outer error is ours, the inner one the caller's.
pub(super) fn answer(
    tx: &ReadTx,
    access_key: Option<&str>,
    params: &Params,
) -> Result<std::result::Result<Vec<Field>, Refusal>> {
    let (site, user) = match auth::caller(tx, access_key, params)? {
        Ok(caller) => caller,
        Err(refusal) => return Ok(Err(refusal)),
    };
    match read(params) {
        Ok(dashboard) => dashboard.answer(tx, &site, &user).map(Ok),
        Err(refusal) => Ok(Err(refusal)),
    }
}

/// The call that the parameters make. Only the dashboard insists on a version.
fn read(params: &Params) -> std::result::Result<Dashboard, Refusal> {
    let is_dashboard = params.get("type") == Some("dashboard");
    if is_dashboard && !params.get("API").is_some_and(|version| VERSIONS.contains(&version)) {
        return Err(Refusal::VersionNotValid);
    }
    output::check(params)?;
    if !is_dashboard {
        return Err(Refusal::ActionUndefined);
    }
    Dashboard::read(params)
}
