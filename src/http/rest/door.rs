//! How every call of the REST interface goes: bearer key, scope, rate limit, body, operation, answer with its headers.

use std::net::IpAddr;
use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use serde_json::{Map, Value};

use super::errors::{Code, Problem};
use crate::app::App;
use crate::domain::keys::Scope;
use crate::domain::{Error, Result, Site};
use crate::http::body::Body;
use crate::http::limits::{Allowance, RateLimits};
use crate::http::observe::RequestId;
use crate::http::params::content_type;
use crate::http::{self, AppData, render};
use crate::ops::access;
use crate::store::{ReadTx, WriteTx};

/// One call, before anything is known of its caller.
pub(crate) struct Door {
    app: AppData,
    limits: web::Data<RateLimits>,
    request_id: String,
    token: std::result::Result<String, Problem>,
    address: Option<IpAddr>,
    content_type: String,
}

impl Door {
    pub(crate) fn of(request: &HttpRequest, app: AppData, limits: web::Data<RateLimits>) -> Self {
        Door {
            app,
            limits,
            request_id: RequestId::of(request),
            token: bearer(request.headers()),
            address: request.peer_addr().map(|peer| peer.ip()),
            content_type: content_type(request.headers()),
        }
    }

    /// A call that reads: credentials and answer come from one snapshot.
    pub(crate) async fn read<V: Serialize + Send + 'static>(
        self,
        scope: Scope,
        f: impl FnOnce(&ReadTx, &Site) -> Result<V> + Send + 'static,
    ) -> HttpResponse {
        let (app, limits, token, address) =
            (Arc::clone(&self.app), self.limits.clone(), self.token.clone(), self.address);
        let answer = http::read(&self.app, move |tx| {
            let (site, allowance) = match admit(tx, &app, &limits, token, scope, address)? {
                Ok(admitted) => admitted,
                Err(problem) => return Ok(Err((problem, None))),
            };
            Ok(match f(tx, &site) {
                Ok(view) => Ok((view, allowance)),
                Err(e) => Err((e.into(), Some(allowance))),
            })
        });
        match answer.await {
            Ok(Ok((view, allowance))) => self.answer(StatusCode::OK, &view, Some(allowance)),
            Ok(Err((problem, allowance))) => self.problem(problem, allowance),
            Err(e) => self.problem(e.into(), None),
        }
    }

    /// A call that writes: the caller is known before the body is read, the body is understood before anything is
    /// written, and the answer follows the commit.
    pub(crate) async fn write<I: Send + 'static, T: Send + 'static, V: Serialize>(
        self,
        scope: Scope,
        body: Option<Body>,
        understand: impl FnOnce(&Value) -> Result<I>,
        f: impl FnOnce(&WriteTx, &Site, I) -> Result<T> + Send + 'static,
        answer: impl FnOnce(T) -> (StatusCode, V),
    ) -> HttpResponse {
        let (app, limits, token, address) =
            (Arc::clone(&self.app), self.limits.clone(), self.token.clone(), self.address);
        let admitted = http::read(&self.app, move |tx| admit(tx, &app, &limits, token, scope, address)).await;
        let (site, allowance) = match admitted {
            Ok(Ok(admitted)) => admitted,
            Ok(Err(problem)) => return self.problem(problem, None),
            Err(e) => return self.problem(e.into(), None),
        };
        let input = match self.understood(body, understand).await {
            Ok(input) => input,
            Err(problem) => return self.problem(problem, Some(allowance)),
        };
        match self.app.store.write_async(move |tx| f(tx, &site, input)).await {
            Ok(written) => {
                let (status, view) = answer(written);
                self.answer(status, &view, Some(allowance))
            }
            Err(e) => self.problem(e.into(), Some(allowance)),
        }
    }

    async fn understood<I>(
        &self,
        body: Option<Body>,
        understand: impl FnOnce(&Value) -> Result<I>,
    ) -> std::result::Result<I, Problem> {
        let value = match body {
            Some(body) => self.json(body).await?,
            None => Value::Object(Map::new()),
        };
        Ok(understand(&value)?)
    }

    /// The body as a JSON object.
    async fn json(&self, body: Body) -> std::result::Result<Value, Problem> {
        let kind = self.content_type.split(';').next().unwrap_or_default().trim();
        if !(kind.is_empty() || kind == "application/json" || kind.ends_with("+json")) {
            let text = "Send the body as application/json.".to_owned();
            return Err(Problem::new(Code::UnsupportedMediaType, text));
        }
        let bytes = body.read().await?;
        let value: Value = serde_json::from_slice(&bytes)
            .map_err(|e| Error::malformed("body", format!("must be a JSON object ({e})")))?;
        if !value.is_object() {
            return Err(Error::malformed("body", "must be a JSON object").into());
        }
        Ok(value)
    }

    fn answer(&self, status: StatusCode, view: &impl Serialize, allowance: Option<Allowance>) -> HttpResponse {
        let mut answer = render::json(status, view);
        add_headers(&mut answer, &self.app, allowance);
        answer
    }

    fn problem(&self, problem: Problem, allowance: Option<Allowance>) -> HttpResponse {
        refusal(&self.app, &self.request_id, problem, allowance)
    }
}

/// The bearer token, or what is wrong with the header.
fn bearer(headers: &HeaderMap) -> std::result::Result<String, Problem> {
    let header = headers.get(AUTHORIZATION).map(|value| value.to_str().unwrap_or("?").trim()).unwrap_or_default();
    if header.is_empty() {
        let text = "Send the key as Authorization: Bearer KEY.".to_owned();
        return Err(Problem::new(Code::MissingAuthHeader, text));
    }
    match header.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") && !token.trim().is_empty() => {
            Ok(token.trim().to_owned())
        }
        _ => Err(Problem::new(Code::InvalidTokenFormat, "The header must read Authorization: Bearer KEY.".into())),
    }
}

type Admitted = std::result::Result<(Site, Allowance), Problem>;

/// Key, account, scope, then rate: a caller who may not call learns nothing about limits.
fn admit(
    tx: &ReadTx,
    app: &App,
    limits: &RateLimits,
    token: std::result::Result<String, Problem>,
    scope: Scope,
    address: Option<IpAddr>,
) -> Result<Admitted> {
    let token = match token {
        Ok(token) => token,
        Err(problem) => return Ok(Err(problem)),
    };
    let caller = match access::by_key(tx, &token, scope)? {
        Ok(caller) => caller,
        Err(refusal) => return Ok(Err(refusal.into())),
    };
    Ok(match limits.admit(app, &caller, address) {
        Ok(allowance) => Ok((caller.site, allowance)),
        Err(exceeded) => Err(exceeded.into()),
    })
}

/// Refuses a request that no handler took.
pub(crate) fn refuse(request: &HttpRequest, problem: Problem) -> HttpResponse {
    match request.app_data::<AppData>() {
        Some(app) => refusal(app, &RequestId::of(request), problem, None),
        // Every service of ours has the process; without it there is nobody to speak for.
        None => HttpResponse::InternalServerError().finish(),
    }
}

fn refusal(app: &App, request_id: &str, problem: Problem, allowance: Option<Allowance>) -> HttpResponse {
    let mut answer = render::json(problem.code.status(), &problem.envelope(request_id, app.now()));
    let allowance = match problem.exceeded {
        Some(exceeded) => {
            answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(exceeded.retry_after_secs));
            Some(Allowance { limit: exceeded.limit, remaining: 0, reset_secs: exceeded.retry_after_secs })
        }
        None => allowance,
    };
    add_headers(&mut answer, app, allowance);
    answer
}

/// Puts the rate limit into the headers. A caller who is not known yet has all of the usual one; where the limit is
/// off there is nothing to say.
fn add_headers(answer: &mut HttpResponse, app: &App, allowance: Option<Allowance>) {
    let usual = app.config.limits.per_key_per_minute;
    let allowance = allowance.unwrap_or(Allowance { limit: usual, remaining: usual, reset_secs: 0 });
    if allowance.limit == 0 {
        return;
    }
    let reset = app.now().secs().unsigned_abs() + allowance.reset_secs;
    let headers = answer.headers_mut();
    headers.insert(HeaderName::from_static("x-ratelimit-limit"), HeaderValue::from(allowance.limit));
    headers.insert(HeaderName::from_static("x-ratelimit-remaining"), HeaderValue::from(allowance.remaining));
    headers.insert(HeaderName::from_static("x-ratelimit-reset"), HeaderValue::from(reset));
}
