//! The error envelope: every code of the contract, its status and type, and how our kinds of errors become them.

use actix_web::http::StatusCode;
use serde_json::{Value, json};

use crate::domain::{Error, Flaw, Timestamp};
use crate::http::body::BodyError;
use crate::http::limits::Exceeded;
use crate::ops::access::Refusal;

/// A code of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Code {
    MissingAuthHeader,
    InvalidTokenFormat,
    InvalidApiKey,
    ExpiredApiKey,
    InactiveAccount,
    InsufficientPermissions,
    ResourceNotFound,
    ResourceConflict,
    ValidationError,
    MissingRequiredField,
    InvalidFieldFormat,
    MethodNotAllowed,
    PayloadTooLarge,
    UnsupportedMediaType,
    RateLimitExceeded,
    RequestTimeout,
    InternalError,
}

impl Code {
    /// The code as it is written, its status, and its type.
    fn parts(self) -> (&'static str, StatusCode, &'static str) {
        const AUTHENTICATION: &str = "authentication_error";
        const REQUEST: &str = "invalid_request_error";
        match self {
            Code::MissingAuthHeader => ("MISSING_AUTH_HEADER", StatusCode::UNAUTHORIZED, AUTHENTICATION),
            Code::InvalidTokenFormat => ("INVALID_TOKEN_FORMAT", StatusCode::UNAUTHORIZED, AUTHENTICATION),
            Code::InvalidApiKey => ("INVALID_API_KEY", StatusCode::UNAUTHORIZED, AUTHENTICATION),
            Code::ExpiredApiKey => ("EXPIRED_API_KEY", StatusCode::UNAUTHORIZED, AUTHENTICATION),
            Code::InactiveAccount => ("INACTIVE_ACCOUNT", StatusCode::UNAUTHORIZED, AUTHENTICATION),
            Code::InsufficientPermissions => ("INSUFFICIENT_PERMISSIONS", StatusCode::FORBIDDEN, "permission_error"),
            Code::ResourceNotFound => ("RESOURCE_NOT_FOUND", StatusCode::NOT_FOUND, "not_found_error"),
            Code::ResourceConflict => ("RESOURCE_CONFLICT", StatusCode::CONFLICT, "conflict_error"),
            Code::ValidationError => ("VALIDATION_ERROR", StatusCode::BAD_REQUEST, REQUEST),
            Code::MissingRequiredField => ("MISSING_REQUIRED_FIELD", StatusCode::BAD_REQUEST, REQUEST),
            Code::InvalidFieldFormat => ("INVALID_FIELD_FORMAT", StatusCode::BAD_REQUEST, REQUEST),
            Code::MethodNotAllowed => ("METHOD_NOT_ALLOWED", StatusCode::METHOD_NOT_ALLOWED, REQUEST),
            Code::PayloadTooLarge => ("PAYLOAD_TOO_LARGE", StatusCode::PAYLOAD_TOO_LARGE, REQUEST),
            Code::UnsupportedMediaType => ("UNSUPPORTED_MEDIA_TYPE", StatusCode::UNSUPPORTED_MEDIA_TYPE, REQUEST),
            Code::RateLimitExceeded => ("RATE_LIMIT_EXCEEDED", StatusCode::TOO_MANY_REQUESTS, "rate_limit_error"),
            // Ours: the contract has no word for a client that does not finish its sentence.
            Code::RequestTimeout => ("REQUEST_TIMEOUT", StatusCode::REQUEST_TIMEOUT, REQUEST),
            Code::InternalError => ("INTERNAL_ERROR", StatusCode::INTERNAL_SERVER_ERROR, "api_error"),
        }
    }

    /// Every code.
    pub(crate) const ALL: &'static [Code] = &[
        Code::MissingAuthHeader,
        Code::InvalidTokenFormat,
        Code::InvalidApiKey,
        Code::ExpiredApiKey,
        Code::InactiveAccount,
        Code::InsufficientPermissions,
        Code::ResourceNotFound,
        Code::ResourceConflict,
        Code::ValidationError,
        Code::MissingRequiredField,
        Code::InvalidFieldFormat,
        Code::MethodNotAllowed,
        Code::PayloadTooLarge,
        Code::UnsupportedMediaType,
        Code::RateLimitExceeded,
        Code::RequestTimeout,
        Code::InternalError,
    ];

    /// As it is written.
    pub(crate) fn as_str(self) -> &'static str {
        self.parts().0
    }

    pub(crate) fn status(self) -> StatusCode {
        self.parts().1
    }

    /// The `type` of its envelope.
    pub(crate) fn kind(self) -> &'static str {
        self.parts().2
    }

    /// What it means and what to do, for the reference.
    pub(crate) fn meaning(self) -> &'static str {
        match self {
            Code::MissingAuthHeader => {
                "The call has no Authorization header. Send the key as Authorization: Bearer KEY."
            }
            Code::InvalidTokenFormat => "The Authorization header does not read Bearer KEY.",
            Code::InvalidApiKey => "Nobody has this key, or it was taken back. Make one with cartwright key create.",
            Code::ExpiredApiKey => "The time of this key is over. Make another.",
            Code::InactiveAccount => "The shop's account is inactive or closed.",
            Code::InsufficientPermissions => {
                "The key is good and lacks the scope that this call needs; the message names it."
            }
            Code::ResourceNotFound => "There is no such thing in this shop, or nothing at this path.",
            Code::ResourceConflict => {
                "The call is fine and the state of things forbids it: a converted cart is changed, an id is taken, an \
                 Idempotency-Key came with another call before. Nothing was written."
            }
            Code::ValidationError => {
                "A field or parameter can be read and is not acceptable: out of range, unknown, or impossible together with \
                 another. details.param names it. Nothing was written."
            }
            Code::MissingRequiredField => "A required field is absent, null or blank. details.param names it.",
            Code::InvalidFieldFormat => {
                "A field, a parameter or the body cannot be read, or is of the wrong type. details.param names it."
            }
            Code::MethodNotAllowed => "The path does not take this method; the Allow header names those that it takes.",
            Code::PayloadTooLarge => "The body is larger than limits.body_bytes.",
            Code::UnsupportedMediaType => "The body is not JSON. Send it as application/json.",
            Code::RateLimitExceeded => "Too many calls in a minute. Wait for as many seconds as Retry-After says.",
            Code::RequestTimeout => "The body did not come in time. Send it again.",
            Code::InternalError => {
                "Something failed on our side, and nothing was written. The log has the cause beside the request_id."
            }
        }
    }
}

/// What is wrong with a call.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    pub(crate) code: Code,
    message: String,
    param: Option<String>,
    /// Set when the caller made too many calls.
    pub(crate) exceeded: Option<Exceeded>,
}

impl Problem {
    pub(crate) fn new(code: Code, message: String) -> Self {
        Problem { code, message, param: None, exceeded: None }
    }

    /// The envelope.
    pub(crate) fn envelope(&self, request_id: &str, now: Timestamp) -> Value {
        let (code, _, kind) = self.code.parts();
        let details = self.param.as_ref().map_or(json!({}), |param| json!({ "param": param }));
        json!({ "error": {
            "code": code,
            "message": self.message,
            "type": kind,
            "details": details,
            "request_id": request_id,
            "timestamp": now.rfc3339(),
            "documentation_url": format!("/docs/errors#{code}"),
        }})
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::NotFound { what, id } => Problem::new(Code::ResourceNotFound, format!("There is no {what} {id}.")),
            Error::Invalid { field, flaw, reason } => {
                let code = match flaw {
                    Flaw::Missing => Code::MissingRequiredField,
                    Flaw::Malformed => Code::InvalidFieldFormat,
                    Flaw::Refused => Code::ValidationError,
                };
                Problem { param: Some(field.clone()), ..Problem::new(code, format!("{field} {reason}.")) }
            }
            Error::Conflict(text) => {
                let mut letters = text.chars();
                let sentence = letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>());
                Problem::new(Code::ResourceConflict, format!("{}.", sentence.unwrap_or_default()))
            }
            Error::Internal(_) => {
                log::error!("a call of the REST interface failed: {}", error.chain());
                Problem::new(Code::InternalError, "Something went wrong on our side.".into())
            }
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::UnknownKey => Problem::new(Code::InvalidApiKey, "This key is not known.".into()),
            Refusal::ExpiredKey => Problem::new(Code::ExpiredApiKey, "This key has expired.".into()),
            Refusal::ClosedAccount { .. } => Problem::new(Code::InactiveAccount, "This account is not active.".into()),
            Refusal::MissingScope(scope) => {
                Problem::new(Code::InsufficientPermissions, format!("This key lacks the scope {scope}."))
            }
        }
    }
}

impl From<BodyError> for Problem {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::TooLarge => Problem::new(Code::PayloadTooLarge, "The request body is too large.".into()),
            BodyError::TooSlow => Problem::new(Code::RequestTimeout, "The request body came too slowly.".into()),
            BodyError::Broken => Problem::new(Code::InvalidFieldFormat, "The request body could not be read.".into()),
        }
    }
}

impl From<Exceeded> for Problem {
    fn from(exceeded: Exceeded) -> Self {
        let text = format!("More than {} calls in a minute. Retry-After says when to go on.", exceeded.limit);
        Problem { exceeded: Some(exceeded), ..Problem::new(Code::RateLimitExceeded, text) }
    }
}
