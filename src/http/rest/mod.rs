//! What every call of the REST interface has in common, whichever dialect owns its path: bearer key and scope, rate limit,
//! JSON body, query, envelope of errors. The conventions are those of `contracts/stateset.md`, sections 1, 3 and 4.

pub(crate) mod door;
pub(crate) mod errors;
pub(crate) mod input;
pub(crate) mod list;
pub(crate) mod query;
pub(crate) mod reference;
pub(crate) mod viewer;

use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, Resource, web};

use errors::{Code, Problem};

/// Answers every other method of a path in the envelope, naming those that there are.
pub(crate) fn closed(resource: Resource, allowed: &'static str) -> Resource {
    resource.default_service(web::to(move |request: HttpRequest| async move {
        let problem = Problem::new(Code::MethodNotAllowed, format!("This path takes {allowed}."));
        let mut answer = door::refuse(&request, problem);
        answer.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
        answer
    }))
}

/// The answer to a path under `/v1/` that nobody has.
pub(crate) fn unknown(request: &HttpRequest) -> HttpResponse {
    let problem = Problem::new(Code::ResourceNotFound, "There is nothing at this path.".into());
    let answer = door::refuse(request, problem);
    debug_assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    answer
}
