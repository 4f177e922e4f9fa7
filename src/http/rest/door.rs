//! How every call of the REST interface goes: bearer key, scope, rate limit, body, operation, answer with its headers. A
//! write that came with an `Idempotency-Key` is answered in the transaction that it is written in.

use std::borrow::Cow;
use std::future::{Ready, ready};
use std::net::IpAddr;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::error::ErrorInternalServerError;
use actix_web::http::StatusCode;
use actix_web::http::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use serde::Serialize;
use serde_json::{Map, Value};

use super::errors::{Code, Problem};
use crate::app::App;
use crate::domain::idempotency::{self as marks, Marked};
use crate::domain::keys::Scope;
use crate::domain::{Error, Result, Site};
use crate::http::body::Body;
use crate::http::limits::{Allowance, RateLimits};
use crate::http::observe::RequestId;
use crate::http::params::{Params, content_type};
use crate::http::{self, AppData, render};
use crate::ops::{access, idempotency};
use crate::store::{ReadTx, WriteTx};

/// One call, before anything is known of its caller.
pub(crate) struct Door {
    app: AppData,
    limits: web::Data<RateLimits>,
    request_id: String,
    token: std::result::Result<String, Problem>,
    address: Option<IpAddr>,
    content_type: String,
    method: String,
    target: String,
    /// The header by which a caller says that two writes are one.
    mark: Option<Vec<u8>>,
    /// Whether no body at all is taken for an empty object.
    needs_body: bool,
    /// What of an answer is said once and not kept under the mark.
    said_once: Option<&'static str>,
}

/// What a write was answered.
struct Answered {
    status: StatusCode,
    body: String,
    /// Whether it was answered so before.
    replayed: bool,
}

impl FromRequest for Door {
    type Error = actix_web::Error;
    type Future = Ready<std::result::Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        // Every service of ours has both; without them there is nobody to speak for.
        let process = request.app_data::<AppData>().zip(request.app_data::<web::Data<RateLimits>>());
        let door = process.map(|(app, limits)| Door {
            app: app.clone(),
            limits: limits.clone(),
            request_id: RequestId::of(request),
            token: bearer(request.headers()),
            address: crate::http::visitor::address(request),
            content_type: content_type(request.headers()),
            method: request.method().to_string(),
            target: request.uri().to_string(),
            mark: request.headers().get(IDEMPOTENCY_KEY).map(|value| value.as_bytes().trim_ascii().to_vec()),
            needs_body: true,
            said_once: None,
        });
        ready(door.ok_or_else(|| ErrorInternalServerError("this service has no process")))
    }
}

impl Door {
    /// The process.
    pub(crate) fn app(&self) -> &App {
        &self.app
    }

    /// The parameters of the query.
    pub(crate) fn query(&self) -> Params {
        Params::parse(self.target.split_once('?').map_or("", |(_, query)| query).as_bytes())
    }

    /// The same for a call whose body may be left out.
    pub(crate) fn with_optional_body(self) -> Self {
        Door { needs_body: false, ..self }
    }

    /// The same for a call whose answer holds a secret: it is in the first answer, and neither kept nor said again.
    pub(crate) fn saying_once(self, field: &'static str) -> Self {
        Door { said_once: Some(field), ..self }
    }

    /// A call that reads: credentials and answer come from one snapshot.
    pub(crate) async fn read<V: Serialize + Send + 'static>(
        self,
        scope: Scope,
        f: impl FnOnce(&ReadTx, &Site) -> Result<V> + Send + 'static,
    ) -> HttpResponse {
        let answer = http::read(&self.app, self.reading(scope, f)).await;
        self.was_read(answer)
    }

    /// The same for what is often found at once, when it need not leave the event loop: see [`http::read_briefly`].
    pub(crate) async fn read_where_fit<V, F>(
        self,
        scope: Scope,
        is_brief: impl FnOnce(&ReadTx, &Site) -> Result<bool> + Send + 'static,
        f: F,
    ) -> HttpResponse
    where
        V: Serialize + Send + 'static,
        F: FnOnce(&ReadTx, &Site) -> Result<V> + Send + 'static,
    {
        let (app, limits, token, address) =
            (Arc::clone(&self.app), self.limits.clone(), self.token.clone(), self.address);
        let begun = http::read_briefly(&self.app, move |tx| {
            let (site, allowance) = match admit(tx, &app, &limits, token, scope, address)? {
                Ok(admitted) => admitted,
                Err(problem) => return Ok(Begun::Read(Err((problem, None)))),
            };
            if is_brief(tx, &site)? {
                return Ok(Begun::Read(viewed(f(tx, &site), allowance)));
            }
            Ok(Begun::Admitted(f, Box::new(site), allowance))
        });
        let answer = match begun.await {
            Ok(Begun::Read(answer)) => Ok(answer),
            Ok(Begun::Admitted(f, site, allowance)) => {
                http::read(&self.app, move |tx| Ok(viewed(f(tx, &site), allowance))).await
            }
            Err(e) => Err(e),
        };
        self.was_read(answer)
    }

    fn reading<V: 'static>(
        &self,
        scope: Scope,
        f: impl FnOnce(&ReadTx, &Site) -> Result<V> + Send + 'static,
    ) -> impl FnOnce(&ReadTx) -> Result<WasRead<V>> + Send + 'static {
        let (app, limits, token, address) =
            (Arc::clone(&self.app), self.limits.clone(), self.token.clone(), self.address);
        move |tx| {
            let (site, allowance) = match admit(tx, &app, &limits, token, scope, address)? {
                Ok(admitted) => admitted,
                Err(problem) => return Ok(Err((problem, None))),
            };
            Ok(viewed(f(tx, &site), allowance))
        }
    }

    fn was_read<V: Serialize>(&self, answer: Result<WasRead<V>>) -> HttpResponse {
        match answer {
            Ok(Ok((view, allowance))) => self.answer(StatusCode::OK, &view, Some(allowance)),
            Ok(Err((problem, allowance))) => self.problem(problem, allowance),
            Err(e) => self.problem(e.into(), None),
        }
    }

    /// A call that writes: the caller is known before the body is read, the body is understood before anything is
    /// written, and the answer follows the commit. A refusal writes nothing, so it is not kept under a key either.
    pub(crate) async fn write<I: Send + 'static, T: Send + 'static, V: Serialize>(
        self,
        scope: Scope,
        body: Option<Body>,
        understand: impl FnOnce(&Value) -> Result<I>,
        f: impl FnOnce(&WriteTx, &Site, I) -> Result<T> + Send + 'static,
        answer: impl FnOnce(T) -> (StatusCode, V) + Send + 'static,
    ) -> HttpResponse {
        let (app, limits, token, address) =
            (Arc::clone(&self.app), self.limits.clone(), self.token.clone(), self.address);
        let admitted = http::read_briefly(&self.app, move |tx| admit(tx, &app, &limits, token, scope, address)).await;
        let (site, allowance) = match admitted {
            Ok(Ok(admitted)) => admitted,
            Ok(Err(problem)) => return self.problem(problem, None),
            Err(e) => return self.problem(e.into(), None),
        };
        let (input, marked) = match self.understood(body, understand).await {
            Ok(understood) => understood,
            Err(problem) => return self.problem(problem, Some(allowance)),
        };
        let answered = match marked {
            None => self
                .app
                .store
                .write_async(move |tx| f(tx, &site, input))
                .await
                .and_then(|written| fresh(answer(written))),
            Some(marked) => {
                let said_once = self.said_once;
                let once = move |tx: &WriteTx| {
                    if let Some((status, body)) = idempotency::replay(tx, &site, &marked)? {
                        let status = StatusCode::from_u16(status).map_err(Error::internal)?;
                        return Ok(Answered { status, body, replayed: true });
                    }
                    let answered = fresh(answer(f(tx, &site, input)?))?;
                    let body = without(&answered.body, said_once)?;
                    idempotency::keep(tx, &site, &marked, answered.status.as_u16(), &body)?;
                    Ok(answered)
                };
                self.app.store.write_async(once).await
            }
        };
        match answered {
            Ok(Answered { status, body, replayed }) => {
                let mut response = render::bytes(status, render::JSON, body);
                if replayed {
                    response.headers_mut().insert(IDEMPOTENCY_REPLAYED, HeaderValue::from_static("true"));
                }
                add_headers(&mut response, &self.app, Some(allowance));
                response
            }
            Err(e) => self.problem(e.into(), Some(allowance)),
        }
    }

    /// What the body asks for, and the mark of the call, where it has one.
    async fn understood<I>(
        &self,
        body: Option<Body>,
        understand: impl FnOnce(&Value) -> Result<I>,
    ) -> std::result::Result<(I, Option<Marked>), Problem> {
        let key = match self.mark.as_deref() {
            None | Some(b"") => None,
            Some(bytes) => {
                let key = String::from_utf8_lossy(bytes).into_owned();
                marks::check(&key)?;
                Some(key)
            }
        };
        let (value, bytes) = match body {
            Some(body) => self.json(body).await?,
            None => (Value::Object(Map::new()), Bytes::new()),
        };
        let input = understand(&value)?;
        let fingerprint = |key| Marked { key, fingerprint: marks::fingerprint(&self.method, &self.target, &bytes) };
        Ok((input, key.map(fingerprint)))
    }

    /// The body as a JSON object, with its bytes.
    async fn json(&self, body: Body) -> std::result::Result<(Value, Bytes), Problem> {
        let kind = self.content_type.split(';').next().unwrap_or_default().trim();
        if !(kind.is_empty() || kind == "application/json" || kind.ends_with("+json")) {
            let text = "Send the body as application/json.".to_owned();
            return Err(Problem::new(Code::UnsupportedMediaType, text));
        }
        let bytes = body.read().await?;
        if bytes.is_empty() && !self.needs_body {
            return Ok((Value::Object(Map::new()), bytes));
        }
        let value: Value = serde_json::from_slice(&bytes)
            .map_err(|e| Error::malformed("body", format!("must be a JSON object ({e})")))?;
        if !value.is_object() {
            return Err(Error::malformed("body", "must be a JSON object").into());
        }
        Ok((value, bytes))
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

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const IDEMPOTENCY_REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// An answer that is given for the first time.
fn fresh<V: Serialize>((status, view): (StatusCode, V)) -> Result<Answered> {
    Ok(Answered { status, body: serde_json::to_string(&view).map_err(Error::internal)?, replayed: false })
}

/// An answer as it is kept.
fn without<'a>(body: &'a str, said_once: Option<&str>) -> Result<Cow<'a, str>> {
    let Some(field) = said_once else { return Ok(Cow::Borrowed(body)) };
    let mut value: Map<String, Value> = serde_json::from_str(body).map_err(Error::internal)?;
    // The others keep their order.
    value.shift_remove(field);
    serde_json::to_string(&value).map(Cow::Owned).map_err(Error::internal)
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

/// A view, or what was wrong; either with what the caller has left, where that is known.
type WasRead<V> = std::result::Result<(V, Allowance), (Problem, Option<Allowance>)>;

/// A call that was begun where it came in: read, or admitted and to be read elsewhere.
enum Begun<V, F> {
    Read(WasRead<V>),
    Admitted(F, Box<Site>, Allowance),
}

fn viewed<V>(view: Result<V>, allowance: Allowance) -> WasRead<V> {
    view.map(|view| (view, allowance)).map_err(|e| (e.into(), Some(allowance)))
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
