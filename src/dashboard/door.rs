//! How a request comes to a page: who it is, whether they may, and for a form whether it is one of ours. A page's handler
//! takes a [`Visit`], a [`Form`], or before signing in a [`Guest`] or [`GuestForm`], and gives an [`Answer`].

use std::fmt;
use std::ops::Deref;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_SECURITY_POLICY, HOST, HeaderValue, LOCATION, RETRY_AFTER};
use actix_web::{FromRequest, HttpRequest, HttpResponse, ResponseError};
use askama::Template;
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::shell::{Shell, notice};
use super::{cookies, policy, protect};
use crate::domain::{Error, Result, Timestamp};
use crate::http::body::Body;
use crate::http::params::Params;
use crate::http::{AppData, read, render};
use crate::ops::sessions::{self, SignedIn};
use crate::store::{ReadTx, WriteTx};

/// What a page's handler gives.
pub(super) type Answer = Result<HttpResponse, Trouble>;

/// Somebody who is signed in and may see this page.
pub(super) struct Visit {
    pub(super) app: AppData,
    /// Who, and of which site.
    pub(super) who: SignedIn,
    /// Now, by the process's clock.
    pub(super) now: Timestamp,
    /// Parameters of the query.
    pub(super) query: Params,
    token: String,
    /// Scheme and host by which this browser came here.
    came_by: String,
}

impl Visit {
    /// Where the world reaches this process, else where this browser did; without a slash at its end.
    pub(super) fn base(&self) -> String {
        self.app.config.public_url.clone().unwrap_or_else(|| self.came_by.clone())
    }

    /// The frame of a page in a section of the navigation.
    pub(super) fn shell(&self, title: impl Into<String>, section: &'static str) -> Result<Shell> {
        Ok(Shell {
            title: title.into(),
            section,
            site_name: self.who.site.name.clone(),
            user_id: self.who.user.user_id.clone(),
            role: self.who.user.role,
            csrf: self.csrf()?,
            notice: notice(self.query.get("done")),
        })
    }

    /// What each form of a page carries in a field `csrf`.
    pub(super) fn csrf(&self) -> Result<String> {
        cookies::form_token(&self.token)
    }

    /// Whether this user may send a request, for buttons that would be refused.
    pub(super) fn may(&self, method: &str, path: &str) -> bool {
        policy::may(self.who.user.role, method, path)
    }

    /// Reads, off the event loop.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        f: impl FnOnce(&ReadTx, &SignedIn) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let who = self.who.clone();
        read(&self.app, move |tx| f(tx, &who)).await
    }

    /// Writes in one transaction.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        f: impl FnOnce(&WriteTx, &SignedIn) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let who = self.who.clone();
        self.app.store.write_async(move |tx| f(tx, &who)).await
    }
}

/// A form of ours, sent by somebody who may.
pub(super) struct Form {
    visit: Visit,
    /// Its fields.
    pub(super) fields: Params,
}

impl Deref for Form {
    type Target = Visit;

    fn deref(&self) -> &Visit {
        &self.visit
    }
}

/// Somebody who is not signed in, or need not be.
pub(super) struct Guest {
    pub(super) app: AppData,
    /// Parameters of the query.
    pub(super) query: Params,
    /// Ties the page's form to this browser.
    pub(super) token: String,
}

impl Guest {
    /// What the page's form carries in a field `csrf`.
    pub(super) fn csrf(&self) -> Result<String> {
        cookies::form_token(&self.token)
    }

    /// A page with the cookie that its form needs.
    pub(super) fn page(&self, status: StatusCode, template: &impl Template) -> Answer {
        let mut answer = page_with(status, template)?;
        answer.add_cookie(&cookies::keep(&self.app.config, &self.token)).map_err(Error::internal)?;
        Ok(answer)
    }

    /// Goes on with another token in the cookie: that of a new session.
    pub(super) fn enter(&self, path: &str, token: &str) -> Answer {
        let mut answer = go_to(path);
        answer.add_cookie(&cookies::keep(&self.app.config, token)).map_err(Error::internal)?;
        Ok(answer)
    }
}

/// A form of ours, sent by somebody who is not signed in.
pub(super) struct GuestForm {
    guest: Guest,
    /// Its fields.
    pub(super) fields: Params,
    /// Where from, for limits.
    pub(super) address: Option<std::net::IpAddr>,
}

impl Deref for GuestForm {
    type Target = Guest;

    fn deref(&self) -> &Guest {
        &self.guest
    }
}

/// Why a page is not shown.
#[derive(Debug)]
pub(super) enum Trouble {
    /// Nobody is signed in; where to go on afterwards.
    SignIn(String),
    /// This user may not.
    Forbidden,
    /// A form that no page of ours sent to this browser, or one from before signing in.
    Stale,
    /// Too often; seconds to wait.
    TooOften(u64),
    /// There is no such page or thing.
    NotFound(String),
    /// The request itself is wrong.
    Refused(String),
    /// Ours.
    Failed(String),
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a page of the dashboard was refused")
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        match error {
            Error::NotFound { what, id } => Trouble::NotFound(format!("There is no {what} {id} here.")),
            Error::Invalid { field, reason, .. } => Trouble::Refused(format!("{field} {reason}.")),
            Error::Conflict(text) => Trouble::Refused(format!("{text}.")),
            Error::Internal(_) => Trouble::Failed(error.chain()),
        }
    }
}

#[derive(Template)]
#[template(path = "trouble.html")]
struct TroublePage<'a> {
    title: &'a str,
    text: &'a str,
}

impl ResponseError for Trouble {
    fn status_code(&self) -> StatusCode {
        match self {
            Trouble::SignIn(_) => StatusCode::SEE_OTHER,
            Trouble::Forbidden | Trouble::Stale => StatusCode::FORBIDDEN,
            Trouble::TooOften(_) => StatusCode::TOO_MANY_REQUESTS,
            Trouble::NotFound(_) => StatusCode::NOT_FOUND,
            Trouble::Refused(_) => StatusCode::BAD_REQUEST,
            Trouble::Failed(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let (title, text) = match self {
            Trouble::SignIn(next) => {
                let next = utf8_percent_encode(next, NON_ALPHANUMERIC);
                return go_to(&format!("/dashboard/sign-in?next={next}"));
            }
            Trouble::Forbidden => ("Not for your role", "Ask an owner of the shop, or sign in as somebody else."),
            Trouble::Stale => (
                "This form is out of date",
                "Go back, load the page again, and send it once more. Nothing was changed.",
            ),
            Trouble::TooOften(_) => ("Too many tries", "Wait a minute, then try again."),
            Trouble::NotFound(text) => ("Not found", text.as_str()),
            Trouble::Refused(text) => ("That did not work", text.as_str()),
            Trouble::Failed(chain) => {
                log::error!("a page of the dashboard failed: {chain}");
                ("Something went wrong", "Nothing was changed. The log says what happened.")
            }
        };
        let mut answer = page_with(self.status_code(), &TroublePage { title, text })
            .unwrap_or_else(|_| HttpResponse::InternalServerError().finish());
        if let Trouble::TooOften(secs) = self {
            answer.headers_mut().insert(RETRY_AFTER, (*secs).into());
        }
        answer
    }
}

/// A page.
pub(super) fn page(template: &impl Template) -> Answer {
    page_with(StatusCode::OK, template)
}

/// A page with another status: 422 for a form that is shown again.
pub(super) fn page_with(status: StatusCode, template: &impl Template) -> Answer {
    let html = template.render().map_err(|e| Trouble::Failed(format!("a template: {e}")))?;
    Ok(render::bytes(status, "text/html; charset=utf-8", html))
}

/// A page that shows a letter in a frame.
pub(super) fn page_with_frame(status: StatusCode, template: &impl Template) -> Answer {
    let mut answer = page_with(status, template)?;
    let policy = HeaderValue::from_static(protect::POLICY_WITH_FRAME);
    answer.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    Ok(answer)
}

/// On to another page, by GET: what ends every form that did its work.
pub(super) fn go_to(path: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((LOCATION, path)).finish()
}

impl FromRequest for Visit {
    type Error = Trouble;
    type Future = LocalBoxFuture<'static, Result<Self, Trouble>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        visit(request).boxed_local()
    }
}

impl FromRequest for Form {
    type Error = Trouble;
    type Future = LocalBoxFuture<'static, Result<Self, Trouble>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, body) = (request.clone(), Body::from_request(request, payload));
        async move {
            let visit = visit(request.clone()).await?;
            let fields = fields(&request, body.into_inner(), &visit.app, &visit.token).await?;
            Ok(Form { visit, fields })
        }
        .boxed_local()
    }
}

impl FromRequest for Guest {
    type Error = Trouble;
    type Future = LocalBoxFuture<'static, Result<Self, Trouble>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        async move { guest(&request) }.boxed_local()
    }
}

impl FromRequest for GuestForm {
    type Error = Trouble;
    type Future = LocalBoxFuture<'static, Result<Self, Trouble>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, body) = (request.clone(), Body::from_request(request, payload));
        async move {
            let guest = guest(&request)?;
            let fields = fields(&request, body.into_inner(), &guest.app, &guest.token).await?;
            let address = crate::http::visitor::address(&request);
            Ok(GuestForm { guest, fields, address })
        }
        .boxed_local()
    }
}

fn app(request: &HttpRequest) -> Result<AppData, Trouble> {
    request.app_data::<AppData>().cloned().ok_or_else(|| Trouble::Failed("the process is missing".into()))
}

fn guest(request: &HttpRequest) -> Result<Guest, Trouble> {
    let app = app(request)?;
    let token = match cookies::token(&app.config, request) {
        Some(token) => token,
        None => cookies::fresh()?,
    };
    Ok(Guest { app, query: Params::of_query(request), token })
}

async fn visit(request: HttpRequest) -> Result<Visit, Trouble> {
    let app = app(&request)?;
    let is_get = matches!(request.method().as_str(), "GET" | "HEAD");
    // After a form only the section is shown again: what the form would have done is not done by a GET.
    let next = if is_get { request.uri().to_string() } else { "/dashboard".to_owned() };
    let Some(token) = cookies::token(&app.config, &request) else { return Err(Trouble::SignIn(next)) };
    let shown = token.clone();
    let Some(who) = read(&app, move |tx| sessions::find(tx, &shown)).await? else { return Err(Trouble::SignIn(next)) };
    if !policy::may(who.user.role, request.method().as_str(), request.path()) {
        return Err(Trouble::Forbidden);
    }
    let now = app.now();
    if who.session.is_stale(now) {
        let session = who.session.clone();
        if let Err(e) = app.store.write_async(move |tx| sessions::see(tx, &session)).await {
            // A disk that is full keeps nobody from reading.
            log::error!("a session's last request was not noted: {}", e.chain());
        }
    }
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    let came_by = format!("{}://{host}", app.config.scheme());
    Ok(Visit { app, who, now, query: Params::of_query(&request), token, came_by })
}

async fn fields(
    request: &HttpRequest,
    body: Result<Body, actix_web::Error>,
    app: &AppData,
    token: &str,
) -> Result<Params, Trouble> {
    if !protect::is_from_here(&app.config, request) {
        return Err(Trouble::Stale);
    }
    let body = body.map_err(|_| Trouble::Refused("The form could not be read.".into()))?;
    let fields =
        Params::of_form(request, body).await.map_err(|_| Trouble::Refused("The form could not be read.".into()))?;
    match fields.get("csrf") {
        Some(shown) if cookies::is_form_token(token, shown) => Ok(fields),
        _ => Err(Trouble::Stale),
    }
}
